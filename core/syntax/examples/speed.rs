//! Parses a file ten times and prints the best speed: `cargo run --release -p nostos-syntax --example speed FILE`.

use std::time::Instant;

fn main() -> std::io::Result<()> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "/dev/stdin".into());
    let text = std::fs::read_to_string(path)?;
    let mut best = f64::INFINITY;
    let mut elements = 0;
    for _ in 0..10 {
        let start = Instant::now();
        elements = nostos_syntax::parse(&text).tree().len();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let lines = text.lines().count();
    println!(
        "{lines} lines, {} bytes, {elements} elements: {:.1} ms, {:.0} lines/s",
        text.len(),
        best * 1e3,
        lines as f64 / best
    );
    Ok(())
}
