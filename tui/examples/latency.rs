//! How long from a key to its frame: types into the middle of a long file and prints percentiles, per size of the screen.
//! `cargo run --release -p nostos-tui --example latency [LINES]`. The parser runs between the keys on a
//! thread of its own and is not counted.
#![forbid(unsafe_code)]

use nostos_tui::grammar;
use nostos_tui::keys;
use nostos_tui::state::{Effect, Event, State};
use nostos_tui::update::update;
use nostos_tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ropey::Rope;
use std::time::Instant;

const PIECE: &str = "loop(balance: Int, log: List[Int]) = receive {\n  Deposit(n) -> loop(balance + n, n :: log)\n  Withdraw(c, n) when n <= balance -> {\n    c <- Ok(n)\n    loop(balance - n, n :: log)\n  }\n  Withdraw(c, n) -> c <- Err(\"short by ${n - balance}\")\n}\n\n";

fn main() {
    let lines: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(50_000);
    let text = Rope::from_str(&PIECE.repeat(lines / 9 + 1));
    println!(
        "{} lines, {}",
        text.len_lines(),
        nostos_tui::text::bytes(text.len_bytes() as u64)
    );
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut state = State::new("/".into(), size);
        state.editor.language = grammar::language();
        let mut queue = update(
            &mut state,
            Event::FileRead {
                path: "/long.nos".into(),
                goto: None,
                result: Ok((text.clone(), None)),
                revert: false,
            },
        );
        let mut times = Vec::new();
        let script = format!("{}Gi", lines / 2)
            + &"let x = f(1) # a note<ret>".repeat(12)
            + "<esc>"
            + &"jjwwbkx".repeat(12);
        for key in keys::parse(&script).expect("the script is written right") {
            parse(&mut state, std::mem::take(&mut queue));
            let begun = Instant::now();
            queue = update(&mut state, Event::Key(key));
            let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
            view(&state, &mut buffer);
            times.push(begun.elapsed().as_micros());
        }
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "{}x{}: p50 {} µs  p95 {} µs  p99 {} µs  of {} keys",
            size.0,
            size.1,
            at(0.5),
            at(0.95),
            at(0.99),
            times.len()
        );
    }
}

/// Parses on a thread of its own and waits for the tree, so that the next key finds it, as after a pause in typing.
fn parse(state: &mut State, effects: Vec<Effect>) {
    for effect in effects {
        let Effect::Parse {
            doc,
            version,
            text,
            old,
        } = effect
        else {
            continue;
        };
        let language = state.editor.language.clone();
        let tree = std::thread::spawn(move || language?.parse(&text, old.as_ref())).join();
        if let Ok(Some(tree)) = tree {
            let old = update(state, Event::Parsed { doc, version, tree });
            // As in the program, the thread that draws does not free trees.
            let _ = std::thread::spawn(move || drop(old)).join();
        }
    }
}
