//! `nostos-lsp`: the language server on stdin and stdout.
#![forbid(unsafe_code)]

fn main() {
    std::process::exit(nostos_lsp::run());
}
