//! Prints the tree and the errors of a file: `cargo run -p nostos-syntax --example dump FILE`.

fn main() -> std::io::Result<()> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "/dev/stdin".into());
    let text = std::fs::read_to_string(path)?;
    let parse = nostos_syntax::parse(&text);
    print!("{:?}", parse.tree());
    let index = nostos_syntax::LineIndex::new(&text);
    for error in parse.errors() {
        let place = index.line_col(error.range.start);
        let hint = error
            .hint
            .as_deref()
            .map(|hint| format!(" ({hint})"))
            .unwrap_or_default();
        println!(
            "{}:{}: {}{hint}",
            place.line + 1,
            place.col + 1,
            error.message
        );
    }
    Ok(())
}
