//! What ends a program or a process from outside: SIGINT, and the limits of mailboxes and memory. And the seed that makes a program do the same again.
//! Programs in `tests/limits`.
#![forbid(unsafe_code)]

use nostos_tests::running::Running;
use nostos_tests::{Outcome, finish, finish_with, nostos, workspace};
use std::process::Command;

fn command(program: &str, options: &[&str]) -> Command {
    let mut command = Command::new(nostos());
    command
        .arg("run")
        .args(options)
        .arg(workspace().join("tests/limits").join(program));
    command
}

fn run(program: &str, options: &[&str]) -> Outcome {
    finish(command(program, options))
}

/// Whoever started the tests may have told them to ignore SIGINT, and programs inherit that.
fn interrupts_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("there is a /proc");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let bits = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    bits.is_some_and(|bits| bits & 2 != 0)
}

#[test]
fn an_interrupted_program_ends_in_order() {
    if interrupts_are_ignored() {
        return;
    }
    for workers in ["1", "2"] {
        let mut program = Running::start(command("interrupted.nos", &["--workers", workers]));
        assert_eq!(program.line().as_deref(), Some("up"));
        program.interrupt();
        assert_eq!(program.end(), Some(130));
        let mut lines: Vec<String> = std::iter::from_fn(|| program.line()).collect();
        // The last ones hear of it together.
        lines[5..].sort();
        assert_eq!(
            lines,
            [
                "d told",
                "c told",
                "b told",
                "a told",
                "main: finally",
                "busy: finally",
                "trapper: Shutdown",
                "worker: finally",
            ]
        );
        assert!(program.errors().is_empty(), "{:?}", program.errors());
    }
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    if interrupts_are_ignored() {
        return;
    }
    let mut program = Running::start(command("stubborn.nos", &[]));
    assert_eq!(program.line().as_deref(), Some("up"));
    program.interrupt();
    assert_eq!(program.line().as_deref(), Some("no"));
    program.interrupt();
    assert_eq!(program.end(), Some(130));
}

#[test]
fn who_traps_exits_decides() {
    if interrupts_are_ignored() {
        return;
    }
    let mut program = Running::start(command("trapping.nos", &[]));
    assert_eq!(program.line().as_deref(), Some("up"));
    program.interrupt();
    assert_eq!(program.line().as_deref(), Some("told: Shutdown"));
    assert_eq!(program.end(), Some(0));
}

#[test]
fn a_full_mailbox() {
    for workers in ["1", "2"] {
        let told = |limit: &str| {
            let outcome = run(
                "full.nos",
                &["--workers", workers, "--mailbox-limit", limit],
            );
            assert_eq!(outcome.status, Some(0), "{outcome:?}");
            (outcome.out, outcome.err)
        };
        let (out, err) = told("1000");
        assert_eq!(out, "Failed(\"MailboxFull: 1000 messages wait\")\n");
        assert!(err.contains("ended: MailboxFull"), "{err}");
        assert!(err.contains("full.nos:4"), "{err}");
        assert_eq!(told("1000:drop").0, "1000 wait\n");
        assert_eq!(told("5000").0, "3000 wait\n");
        let out = run("slow_receiver.nos", &["--mailbox-limit", "100:wait"]).out;
        assert_eq!(out, "5000\ntrue\n");
    }
}

#[test]
fn who_goes_beyond_its_own_limits_ends_with_a_trace() {
    for workers in ["1", "2"] {
        let mut command = command("own_limits.nos", &["--workers", workers]);
        command
            .env("NOSTOS_STACK_LIMIT", "1M")
            .env("NOSTOS_HEAP_LIMIT", "16M");
        let outcome = finish(command);
        assert_eq!(
            outcome.out,
            "Failed(\"Panic: stack overflow\")\nFailed(\"OutOfMemory: Out of memory\")\n\
             caught OutOfMemory\nNormal\nalive\n"
        );
        for part in ["at deep (own_limits.nos:2)", "at greedy (own_limits.nos:3)"] {
            assert!(outcome.err.contains(part), "{}", outcome.err);
        }
    }
}

#[test]
fn who_reads_without_end_hears_of_it() {
    let most = 16 << 20;
    let mut command = command("endless_reads.nos", &[]);
    command.env("NOSTOS_HEAP_LIMIT", "16M");
    let outcome = finish_with(command, &("x".repeat(2 * most + 1000) + "\nlast\n"));
    let told = |what: &str| format!("OutOfMemory: {what}: more than {most} bytes in one piece\n");
    let zero = told("/dev/zero");
    let expected = [
        zero.as_str(),
        &zero,
        &zero,
        "10 characters\n",
        &told("cat").repeat(2),
        &told("sh"),
        &told("standard input").repeat(2),
        "998 characters\n",
        "4 characters\n",
    ];
    assert_eq!(outcome.out, expected.concat(), "{}", outcome.err);
}

#[test]
fn the_largest_offender_is_ended() {
    let outcome = run("hoard.nos", &["--memory-limit", "20M"]);
    assert_eq!(outcome.out, "true\n[true, true, true]\n");
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.err.contains("hoard.nos"), "{}", outcome.err);
}

#[test]
fn a_seed_makes_a_program_do_the_same_again() {
    let with = |seed: &str| {
        let outcome = run("racy.nos", &["--workers", "1", "--seed", seed]);
        assert_eq!(outcome.status, Some(0), "{outcome:?}");
        outcome.out
    };
    let first = with("1");
    assert_eq!(first, with("1"));
    assert_eq!(first, with("1"));
    assert!((2..6).any(|seed| with(&seed.to_string()) != first));
}

/// What is set but cannot be read is told, not passed over.
#[test]
fn a_limit_in_the_environment_that_is_none_is_an_error() {
    for (name, value, said) in [
        (
            "NOSTOS_HEAP_LIMIT",
            "lots",
            "Error: NOSTOS_HEAP_LIMIT is `lots`: it is a number of bytes, or of K, M or G, as in `64M`\n",
        ),
        (
            "NOSTOS_WORKERS",
            "many",
            "Error: NOSTOS_WORKERS is `many`: it is a number from 1 to 1024\n",
        ),
    ] {
        let mut program = command("own_limits.nos", &[]);
        program.env(name, value);
        let outcome = finish(program);
        assert_eq!((outcome.status, outcome.err.as_str()), (Some(1), said));
    }
}
