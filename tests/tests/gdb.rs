//! gdb and lldb on running programs: a breakpoint in a file that is compiled while the program runs, the backtrace through to Rust, the locals; values as the
//! scripts in editors/gdb show them.
#![forbid(unsafe_code)]

use nostos_tests::{finish, nostos, workspace};
use std::io::Read;
use std::process::{Command, Stdio};

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

/// The variables of tests/gdb/values.nos and what is to be seen of each; and the line to stop in.
fn wanted() -> (Vec<(String, String)>, usize) {
    let path = workspace().join("tests/gdb/values.nos");
    let text = std::fs::read_to_string(path).expect("the program");
    let stop = 1 + text
        .lines()
        .position(|line| line.contains("println(\"stop here"))
        .expect("the line");
    let values = text.lines().filter_map(|line| {
        let (definition, value) = line.split_once("#= ")?;
        let name = definition.split([':', '=']).next()?.trim();
        Some((name.trim_start_matches("var ").into(), value.into()))
    });
    (values.collect(), stop)
}

fn says(out: &str, expected: &str, err: &str) {
    assert!(out.contains(expected), "no `{expected}` in\n{out}\n{err}");
}

#[test]
fn gdb_shows_values_as_the_language_does() {
    let (values, stop) = wanted();
    let script = workspace().join("editors/gdb/nostos.py");
    let mut command = Command::new("gdb");
    command.args(["--batch", "-nx"]);
    // The function is compiled when it is called: until then the line is the next one that there is.
    for step in [
        "set pagination off",
        "set confirm off",
        "set debuginfod enabled off",
        &format!("source {}", script.display()),
        "break look",
        "run",
        &format!("tbreak values.nos:{stop}"),
        "continue",
        "nostos-backtrace",
        "info locals",
        "print xs",
        "delete",
        "continue",
    ] {
        command.args(["-ex", step]);
    }
    let run = ["run", "--workers", "1"];
    let program = workspace().join("tests/gdb/values.nos");
    command.arg("--args").arg(nostos()).args(run).arg(program);
    let outcome = finish(command);
    let out = format!("\n{}", outcome.out);
    for (name, value) in values {
        says(&out, &format!("\n{name} = {value}\n"), &outcome.err);
    }
    for expected in [
        "#0  look (n=42, name=\"Ann\", p=Point{x: 3, y: 4}, tree=Node(Leaf, 7, Node(Leaf, 8, Leaf))) at ",
        "\n$1 = [1, 2, 3]\n",
        "exited normally",
    ] {
        says(&out, expected, &outcome.err);
    }
}

#[test]
fn gdb_attaches_to_a_program_that_runs() {
    let bank = workspace().join("examples/bank");
    let script = workspace().join("editors/gdb/nostos.py");
    let mut image = Command::new(nostos());
    image
        .args(["run", "--workers", "1"])
        .arg(&bank)
        .arg("serve");
    image.env("NOSTOS_GDB", "1").stdout(Stdio::piped());
    let mut image = image.spawn().expect("the program starts");
    // All is compiled when the first teller has reported a balance; the bank says so when it is open.
    let mut first = [0; 1];
    let output = image.stdout.as_mut().expect("a pipe");
    output.read_exact(&mut first).expect("it says good morning");
    let mut command = Command::new("gdb");
    command.args(["--batch", "-nx", "-p", &image.id().to_string()]);
    for step in [
        "set pagination off",
        "set confirm off",
        "set debuginfod enabled off",
        &format!("source {}", script.display()),
        "break account.serve",
        "continue",
        "info args",
        "nostos-backtrace",
        "delete",
        "detach",
    ] {
        command.args(["-ex", step]);
    }
    let outcome = finish(command);
    let ended = image.try_wait().expect("it can be asked");
    // Both fail only when it has ended, which is looked at below.
    let _ = image.kill();
    let _ = image.wait();
    for expected in ["account.serve (name=\"", "account.nos:", "balance = "] {
        says(&outcome.out, expected, &outcome.err);
    }
    assert_eq!(ended, None, "the program runs on");
}

/// lldb with Python, or why there is none. Debian's looks for its own modules in the wrong place, so that is tried as well.
fn lldb() -> Result<Command, String> {
    let python = |folder: &str| {
        let below = std::fs::read_dir("/usr/lib")
            .into_iter()
            .flatten()
            .flatten();
        let versions =
            below.filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm-"));
        let libraries = versions.flat_map(|entry| {
            std::fs::read_dir(entry.path().join("lib"))
                .into_iter()
                .flatten()
        });
        let pythons = libraries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3."));
        pythons
            .map(|entry| entry.path().join(folder))
            .find(|path| path.is_dir())
    };
    let mut why = String::new();
    for path in [None, python("dist-packages"), python("site-packages")] {
        let make = || {
            let mut command = Command::new("lldb");
            command.args(["--batch", "--no-lldbinit"]);
            if let Some(path) = &path {
                command.env("PYTHONPATH", path);
            }
            command
        };
        match make().args(["-o", "script print(40 + 2)"]).output() {
            Ok(output) if String::from_utf8_lossy(&output.stdout).contains("\n42") => {
                return Ok(make());
            }
            Ok(output) => why = String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => return Err(format!("lldb is not installed ({error})")),
        }
    }
    Err(format!("lldb has no Python: {why}"))
}

#[test]
fn lldb_shows_values_as_the_language_does() {
    let mut command = match lldb() {
        Ok(command) => command,
        Err(why) => {
            eprintln!("not tested: {why}");
            return;
        }
    };
    let (values, stop) = wanted();
    // Stepping over what the runtime does is more than lldb knows how to do.
    let first = 9;
    let script = workspace().join("editors/gdb/nostos_lldb.py");
    for step in [
        &format!("command script import {}", script.display()),
        &format!("breakpoint set -f values.nos -l {stop}"),
        &format!("breakpoint set -o true -f values.nos -l {first}"),
        "run",
        "next",
        "continue",
        "frame variable",
        "bt 1",
        "continue",
    ] {
        command.args(["-o", step]);
    }
    let run = ["run", "--workers", "1"];
    let program = workspace().join("tests/gdb/values.nos");
    command.arg("--").arg(nostos()).args(run).arg(program);
    let outcome = finish(command);
    for (name, value) in values {
        says(&outcome.out, &format!(") {name} = {value}\n"), &outcome.err);
    }
    for expected in [
        "look(n=42, name=\"Ann\", p=Point{x: 3, y: 4}, tree=Node(Leaf, 7, Node(Leaf, 8, Leaf))) at values.nos",
        "stop reason = step over",
        "at values.nos:10:",
        "exited with status = 0",
    ] {
        says(&outcome.out, expected, &outcome.err);
    }
}
