//! Processes do not disturb each other: not by taking the processor, not by taking memory. Programs in `tests/isolation`.
//!
//! Figures are printed (`cargo test -p nostos-tests --test isolation -- --nocapture`); what is asserted is far from them, so that a busy machine does not fail.
#![forbid(unsafe_code)]

use nostos_tests::{Outcome, finish, nostos, workspace};
use std::process::Command;

fn run(program: &str, workers: u32, args: &[&str], env: &[(&str, &str)]) -> Outcome {
    let mut command = Command::new(nostos());
    command
        .args(["run", "--workers", &workers.to_string()])
        .arg(workspace().join("tests/isolation").join(program))
        .args(args)
        .envs(env.iter().copied());
    finish(command)
}

/// The lines of a program that must have ended well.
fn lines(outcome: &Outcome) -> Vec<&str> {
    assert_eq!(
        (outcome.status, outcome.timed_out),
        (Some(0), false),
        "{outcome:?}"
    );
    outcome.out.lines().collect()
}

#[test]
fn a_timer_is_on_time_beside_processes_that_never_wait() {
    for workers in [1, 2] {
        let outcome = run("ticks.nos", workers, &["300"], &[]);
        let micros: Vec<i64> = lines(&outcome)
            .iter()
            .map(|line| line.parse().expect("a number"))
            .collect();
        let [p50, p99, max] = micros[..] else {
            panic!("three figures: {outcome:?}");
        };
        println!(
            "lateness of a 1 ms timer, {workers} workers, 4 busy processes: p50 {p50} us, p99 {p99} us, max {max} us"
        );
        assert!(p50 < 20_000, "{p50} us late in the middle");
    }
}

#[test]
fn memory_runs_out_for_the_one_that_takes_it() {
    for workers in [1, 2] {
        let outcome = run("greedy.nos", workers, &[], &[("NOSTOS_HEAP_LIMIT", "64M")]);
        assert_eq!(lines(&outcome), ["true", "true", "9999900000"]);
        let ended = outcome
            .err
            .lines()
            .filter(|line| line.contains("OutOfMemory"));
        assert_eq!(ended.count(), 2, "{}", outcome.err);
        assert!(outcome.err.contains("greedy.nos:2"), "{}", outcome.err);
    }
}

#[test]
fn a_tail_loop_takes_constant_memory() {
    let peak = |turns: &str| -> u64 {
        let outcome = run("tail_loop.nos", 1, &[turns], &[]);
        let lines = lines(&outcome);
        assert_eq!(lines[0], "true");
        lines[1].parse().expect("kilobytes")
    };
    let (short, long) = (peak("10000"), peak("100000000"));
    println!("10^4 turns take {short} kB at their peak, 10^8 turns {long} kB");
    assert!(long < short + 65_536, "{short} kB, then {long} kB");
}

#[test]
fn memory_is_given_back_by_processes_that_end() {
    let outcome = run("coming_and_going.nos", 2, &["100"], &[]);
    let few: u64 = lines(&outcome)[0].parse().expect("kilobytes");
    let outcome = run("coming_and_going.nos", 2, &["20000"], &[]);
    let many: u64 = lines(&outcome)[0].parse().expect("kilobytes");
    println!(
        "100 processes, one after the other, take {few} kB at their peak, 20,000 take {many} kB"
    );
    assert!(many < few + 65_536, "{few} kB, then {many} kB");
}
