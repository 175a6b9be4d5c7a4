//! What takes long: many messages, and a program that does everything at once for minutes while it is changed and looked into.
//!
//! `NOSTOS_MESSAGES=1000000 cargo test -p nostos-tests --test soak` sends ten times so many messages (else fewer);
//! `NOSTOS_PROCESSES=1000000 cargo test --release -p nostos-tests --test soak crowd -- --nocapture` makes so many processes and asks for the 50 with most mail;
//! `NOSTOS_SOAK_MINUTES=30 cargo test --release -p nostos-tests --test soak -- --ignored --nocapture` is the soak, of ten minutes if it is not said.
//! Code is swapped 30 times a minute, or `NOSTOS_SOAK_SWAPS` times. In one of sixteen processes every allocation is a collection.
#![forbid(unsafe_code)]

use nostos_tests::dap::Client;
use nostos_tests::running::Running;
use nostos_tests::{MODES, finish, nostos, workspace};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn every_message_of_ten_senders_arrives_once_and_in_order() {
    let count = std::env::var("NOSTOS_MESSAGES").unwrap_or_else(|_| "10000".into());
    for mode in &MODES[..2] {
        let mut command = Command::new(nostos());
        command
            .args(["run", "--workers", &mode.workers.to_string()])
            .arg(workspace().join("tests/soak/senders.nos"))
            .arg(&count);
        let outcome = finish(command);
        assert_eq!(outcome.out, "true\nno more\n", "{outcome:?}");
    }
}

/// `NOSTOS_PROCESSES=1000000` makes so many; how long the answers take is printed.
#[test]
fn a_crowd_is_looked_through() {
    let count = std::env::var("NOSTOS_PROCESSES").unwrap_or_else(|_| "100000".into());
    let dir = std::env::temp_dir().join(format!("nostos-crowd-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    let socket = dir.join("socket");
    let mut command = Command::new(nostos());
    command
        .args(["run", "--workers", "2"])
        .arg(format!("--inspect={}", socket.display()))
        .arg(workspace().join("tests/soak/crowd.nos"))
        .arg(&count);
    let program = Running::start(command);
    assert_eq!(program.line().as_deref(), Some("ready"));
    let mut client = Client::attach(&socket).expect("the socket");
    let wanted: Vec<u64> = (51..=100).rev().collect();
    let mut took = Vec::new();
    for _ in 0..10 {
        let asked = Instant::now();
        let listed = client
            .request(
                "nostos/processes",
                json!({ "sort": "mailbox", "limit": 50 }),
            )
            .expect("a list");
        took.push(asked.elapsed().as_secs_f64() * 1000.0);
        let rows = listed["processes"].as_array().expect("rows");
        let messages: Vec<u64> = rows.iter().filter_map(|r| r["mailbox"].as_u64()).collect();
        assert_eq!(messages, wanted);
        let total = listed["total"].as_u64().expect("a number");
        assert_eq!(total, 1 + count.parse::<u64>().expect("a number"));
    }
    // What only the image can know: the last rows of any order, and one process in all of them.
    let mut asked_more = Vec::new();
    for (asked, first, matched) in [
        (
            json!({ "sort": "id", "start": total(&count) - 1, "limit": 50 }),
            None,
            total(&count),
        ),
        (
            json!({ "sort": "links", "start": total(&count) / 2, "limit": 50 }),
            None,
            total(&count),
        ),
        (
            json!({ "sort": "mailbox", "filter": "mbox>=99", "limit": 50 }),
            Some(100),
            2,
        ),
        (
            json!({ "filter": "fn:*wait* mbox=7", "limit": 50 }),
            Some(7),
            1,
        ),
    ] {
        let begun = Instant::now();
        let listed = client.request("nostos/processes", asked).expect("a list");
        asked_more.push(begun.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(listed["matched"].as_u64(), Some(matched));
        if let Some(mailbox) = first {
            assert_eq!(listed["processes"][0]["mailbox"], mailbox);
        }
        assert!(
            listed["processes"]
                .as_array()
                .is_some_and(|rows| !rows.is_empty())
        );
    }
    let begun = Instant::now();
    let tree = json!({ "start": total(&count) - 10, "limit": 50 });
    let listed = client.request("nostos/tree", tree).expect("a tree");
    asked_more.push(begun.elapsed().as_secs_f64() * 1000.0);
    assert_eq!(listed["processes"].as_array().map(Vec::len), Some(10));
    println!("ranges, filters, the end of the tree after {asked_more:.0?} ms");
    println!(
        "{count} processes, {:.0} MB, answers after {took:.0?} ms",
        program.resident_kb() / 1000.0
    );
    std::fs::remove_dir_all(&dir).expect("removed");
}

/// The crowd and who made it.
fn total(count: &str) -> u64 {
    1 + count.parse::<u64>().expect("a number")
}

/// How far memory may be at the end from what it was when all had been seen once, in parts of a hundred.
const FLAT: f64 = 5.0;

#[test]
#[ignore = "takes minutes"]
fn soak() {
    let minutes = std::env::var("NOSTOS_SOAK_MINUTES").ok();
    let minutes: f64 = minutes.map_or(10.0, |text| text.parse().expect("minutes"));
    let swaps_per_minute = std::env::var("NOSTOS_SOAK_SWAPS").ok();
    let swaps_per_minute: f64 = swaps_per_minute.map_or(30.0, |text| text.parse().expect("a rate"));
    let dir = std::env::temp_dir().join(format!("nostos-soak-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    for file in ["main.nos", "changing.nos"] {
        let from = workspace().join("tests/soak/town").join(file);
        std::fs::copy(from, dir.join(file)).expect("copied");
    }
    let socket = dir.join("socket");
    let mut command = Command::new(nostos());
    command
        .args(["run", "--workers", "2"])
        .arg(format!("--inspect={}", socket.display()))
        .arg(&dir)
        .env("NOSTOS_GC", "stress/16");
    let mut program = Running::start(command);
    let mut client = Client::attach(&socket).expect("the socket");
    let began = Instant::now();
    let length = Duration::from_secs_f64(minutes * 60.0);
    let mut random = Random(0x5eed);
    let (mut asked, mut swaps, mut rounds) = (0, 0_i32, 0);
    let mut memory: Vec<(f64, f64)> = Vec::new();
    let mut next_sample = Duration::ZERO;
    while began.elapsed() < length {
        look(&mut client, &mut random);
        asked += 1;
        if began.elapsed().as_secs_f64() >= f64::from(swaps) * 60.0 / swaps_per_minute {
            swaps += 1;
            swap(&mut client, &dir.join("changing.nos"), swaps);
        }
        client.forget_events();
        while let Some(line) = program.line_within(Duration::ZERO) {
            assert!(line.starts_with("round "), "{line}");
            rounds += 10;
        }
        assert!(program.runs(), "it has ended: {:?}", program.errors());
        if began.elapsed() >= next_sample {
            next_sample += length / 100;
            memory.push((began.elapsed().as_secs_f64(), program.resident_kb()));
            println!(
                "{:6.0} s: {rounds} rounds, {swaps} swaps, {asked} looks, {:.0} kB",
                began.elapsed().as_secs_f64(),
                program.resident_kb()
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let errors = program.errors();
    assert!(
        errors
            .iter()
            .all(|line| !line.contains("Runtime error") && !line.contains("panicked")),
        "{errors:?}"
    );
    // The second fifth has seen everything; the last one is the end.
    let mean = |part: &[(f64, f64)]| part.iter().map(|m| m.1).sum::<f64>() / part.len() as f64;
    let fifth = memory.len() / 5;
    let (early, late) = (
        mean(&memory[fifth..2 * fifth]),
        mean(&memory[memory.len() - fifth..]),
    );
    let grown = (late - early) / early * 100.0;
    println!("{rounds} rounds, {swaps} swaps; {early:.0} kB, then {late:.0} kB: {grown:+.1} %");
    assert!(rounds > 0, "it does something");
    assert!(grown < FLAT, "memory has grown by {grown:.1} %");
    std::fs::remove_dir_all(&dir).expect("removed");
}

/// Asks for something of the image. A process may have ended meanwhile; then the answer says so.
fn look(client: &mut Client, random: &mut Random) {
    let listed = client
        .request(
            "nostos/processes",
            json!({ "sort": "mailbox", "limit": 50 }),
        )
        .expect("a list");
    let rows = listed["processes"].as_array().expect("rows");
    // Before the program has begun there are none.
    if rows.is_empty() {
        return;
    }
    let pid = &rows[random.below(rows.len())]["id"];
    let answer = match random.below(6) {
        0 => client.request("nostos/stack", json!({ "process": pid })),
        1 => client.request("nostos/mailbox", json!({ "process": pid })),
        2 => client.request("nostos/heap", json!({ "process": pid })),
        3 => client.request("nostos/gcStats", json!({})),
        4 => client.request("stackTrace", json!({ "threadId": pid })),
        _ => client.request("nostos/scheduler", json!({})),
    };
    // Silence is wrong, and so is a question that the debugger does not know.
    if let Err(why) = answer {
        let wrong = ["no answer", "is no request", "missing field"];
        assert!(!wrong.iter().any(|text| why.contains(text)), "{why}");
    }
}

/// Gives the image new code.
fn swap(client: &mut Client, path: &std::path::Path, version: i32) {
    let text = format!(
        "# Version {version}\npub version() -> Int = {version}\npub mix(n: Int) -> Int = n * {} + {}\n",
        31 + version % 7,
        version % 100
    );
    let files = json!([{ "path": path, "text": text }]);
    let report: Value = client
        .request("nostos/reload", json!({ "files": files }))
        .expect("it is taken");
    assert!(
        report["diagnostics"].as_array().is_none_or(Vec::is_empty),
        "{report}"
    );
}

/// A generator of the simplest kind (Knuth's), so that a failure can be had again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % n.max(1)
    }
}
