//! gdb on a running program: a breakpoint in a file that is compiled while the program runs, the backtrace through to Rust, the locals.
#![forbid(unsafe_code)]

use nostos_tests::{finish, nostos, workspace};
use std::process::Command;

#[test]
fn gdb_stops_at_a_line_and_shows_frames_and_locals() {
    let bank = workspace().join("examples/bank");
    let text = std::fs::read_to_string(bank.join("account.nos")).expect("the example");
    let line = 1 + text
        .lines()
        .position(|line| line.contains("Done(balance - amount)"))
        .expect("a withdrawal");
    let mut command = Command::new("gdb");
    command.args(["--batch", "-nx"]);
    for step in [
        "set pagination off",
        "set confirm off",
        "set debuginfod enabled off",
        "set breakpoint pending on",
        &format!("break account.nos:{line}"),
        "run",
        "bt",
        "info args",
        "info locals",
        "next",
        "delete",
        "continue",
    ] {
        command.args(["-ex", step]);
    }
    // One worker: what gdb calls a thread is a worker, and with several a process may go on under another one in the middle of a step.
    let run = ["run", "--workers", "1"];
    command.arg("--args").arg(nostos()).args(run).arg(&bank);
    let outcome = finish(command);
    let out = &outcome.out;
    for expected in [
        &format!("account.nos:{line}"),
        "#0  account.serve (",
        "run_process",
        "balance = 1000",
        "amount = 250",
        // The step.
        &format!("\n{}\t", line + 1),
        "together    5,000",
        "exited normally",
    ] {
        assert!(
            out.contains(expected),
            "no `{expected}` in\n{out}\n{}",
            outcome.err
        );
    }
}
