//! How long a key takes until its frame is there, in one process: `cargo run --release -p nostos-tui --example latency [LINES]`.
//!
//! Types, moves, scrolls, undoes in the middle of a long file, and chooses among 100,000 files. The parser runs between the keys on a
//! thread of its own. Times are the drawing thread's processor time where the system tells it, so that a busy machine disturbs them little.
#![forbid(unsafe_code)]

use nostos_tui::grammar;
use nostos_tui::keys;
use nostos_tui::state::{Effect, Event, Files, State};
use nostos_tui::update::update;
use nostos_tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ropey::Rope;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PIECE: &str = "loop(balance: Int, log: List[Int]) = receive {\n  Deposit(n) -> loop(balance + n, n :: log)\n  Withdraw(c, n) when n <= balance -> {\n    c <- Ok(n)\n    loop(balance - n, n :: log)\n  }\n  Withdraw(c, n) -> c <- Err(\"short by ${n - balance}\")\n}\n\n";

/// Processor time of this thread in microseconds; else the clock.
fn spent(begun: Instant) -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    first.map_or_else(|| begun.elapsed().as_secs_f64() * 1e6, |n| n / 1e3)
}

fn main() {
    let lines: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(50_000);
    let text = Rope::from_str(&PIECE.repeat(lines / 9 + 1));
    let bytes = nostos_tui::text::bytes(text.len_bytes() as u64);
    println!("{} lines, {bytes}; microseconds", text.len_lines());
    println!("| what | p50 | p95 | p99 | max | of that, at p50: update, view, diff | keys |");
    println!("|---|---|---|---|---|---|---|");
    let middle = format!("{}Gi", lines / 2);
    let typed = "let x = f(1) # a note<ret>".repeat(20);
    let files: Vec<String> = (0..100_000)
        .map(|i| format!("src/module{}/part{}/file{i}.nos", i / 1000, i / 100))
        .collect();
    for size in [(80, 24), (200, 50)] {
        let parts = [
            ("typing", middle.clone(), typed.clone()),
            ("moving", format!("{}G", lines / 2), "jjwwbklh".repeat(30)),
            (
                "page down and up",
                format!("{}G", lines / 2),
                "<pgdn><pgdn><pgup>".repeat(60),
            ),
            (
                "undo and redo",
                format!("{middle}{typed}<esc>"),
                "uU".repeat(20),
            ),
            (
                "undo of single keys",
                format!("{}G{}", lines / 2, "x".repeat(30)),
                "u".repeat(20) + &"U".repeat(20),
            ),
            (
                "choosing among 100,000 files",
                String::new(),
                "<space>ffile77<esc>".repeat(10),
            ),
        ];
        for (what, first, keys) in parts {
            let mut state = State::new("/".into(), size);
            state.editor.language = grammar::language();
            state.patience = Duration::from_millis(2);
            update(
                &mut state,
                Event::Files(Arc::new(Files::from(files.clone()))),
            );
            let read = Event::FileRead {
                path: "/long.nos".into(),
                goto: None,
                result: Ok((text.clone(), None)),
                revert: false,
            };
            let mut queue = update(&mut state, read);
            for key in keys::parse(&first).expect("the script is written right") {
                queue.extend(update(&mut state, Event::Key(key)));
            }
            let mut shown = Buffer::empty(Rect::new(0, 0, size.0, size.1));
            let mut times: Vec<[f64; 4]> = Vec::new();
            for key in keys::parse(&keys).expect("the script is written right") {
                parse(&mut state, std::mem::take(&mut queue));
                let clock = Instant::now();
                let begun = spent(clock);
                queue = update(&mut state, Event::Key(key));
                let updated = spent(clock);
                let mut buffer = Buffer::empty(shown.area);
                view(&state, &mut buffer);
                let viewed = spent(clock);
                std::hint::black_box(shown.diff(&buffer).len());
                let end = spent(clock);
                shown = buffer;
                times.push([end - begun, updated - begun, viewed - updated, end - viewed]);
            }
            let at = |part: usize, share: f64| {
                let mut all: Vec<f64> = times.iter().map(|t| t[part]).collect();
                all.sort_by(f64::total_cmp);
                all[((all.len() - 1) as f64 * share) as usize]
            };
            println!(
                "| {}x{} {what} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0}, {:.0}, {:.0} | {} |",
                size.0,
                size.1,
                at(0, 0.5),
                at(0, 0.95),
                at(0, 0.99),
                at(0, 1.0),
                at(1, 0.5),
                at(2, 0.5),
                at(3, 0.5),
                times.len()
            );
        }
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
