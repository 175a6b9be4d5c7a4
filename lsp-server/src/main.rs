//! `nostos-lsp`: the language server on stdin and stdout.
#![forbid(unsafe_code)]

/// Checking makes and frees small things by the million: a third of its time was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    std::process::exit(nostos_lsp::run());
}
