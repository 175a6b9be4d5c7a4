//! The command line itself: what it says when asked, and what it leaves to the program.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::{Command, Output};

fn nostos(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nostos"));
    command.args(args).output().expect("nostos starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A source file that goes away with the test.
struct Source(PathBuf);

impl Source {
    fn new(name: &str, text: &str) -> Source {
        let name = format!("nostos-cli-{name}-{}.nos", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("a temporary file");
        Source(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Left behind when it cannot be removed; the system clears its temporary folder.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn help_and_version() {
    let help = nostos(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for verb in ["run", "check"] {
        assert!(text(&help.stdout).contains(verb), "{}", text(&help.stdout));
    }
    let version = nostos(&["--version"]);
    assert!(text(&version.stdout).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn unknown_words_are_refused() {
    let outcome = nostos(&["rnu", "x.nos"]);
    assert_eq!(outcome.status.code(), Some(2));
    assert!(text(&outcome.stderr).contains("rnu"));
}

#[test]
fn all_behind_the_file_is_the_programs() {
    let source = Source::new("args", "main(args: List[String]) = args\n");
    let outcome = nostos(&["run", source.path(), "--workers", "-x", "--", "y z"]);
    assert_eq!(
        text(&outcome.stdout),
        "[\"--workers\", \"-x\", \"--\", \"y z\"]\n"
    );
    assert_eq!(outcome.status.code(), Some(0));
}

#[test]
fn checking_runs_nothing() {
    let source = Source::new("check", "main() = println(\"ran\")\n");
    let outcome = nostos(&["check", source.path()]);
    assert_eq!(
        (outcome.status.code(), text(&outcome.stdout)),
        (Some(0), String::new())
    );
}

#[test]
fn workers_are_counted_from_one() {
    let source = Source::new("workers", "main() = 1\n");
    assert_eq!(
        nostos(&["run", "--workers", "0", source.path()])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        nostos(&["run", "--workers", "3", source.path()])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn a_debug_socket_has_a_usual_place() {
    let source = Source::new("inspect", "main(args: List[String]) = args\n");
    let outcome = nostos(&["run", "--inspect", source.path(), "--inspect"]);
    let printed = (outcome.status.code(), text(&outcome.stdout));
    assert_eq!(printed, (Some(0), "[\"--inspect\"]\n".to_owned()));
    assert!(
        text(&outcome.stderr).contains(".sock"),
        "{}",
        text(&outcome.stderr)
    );
}

#[test]
fn expanding_prints_the_program_without_macros() {
    let source = Source::new(
        "expand",
        "macro unless(c, body) = quote { if !(~c) then ~body else () }\nmain() = {\n  # kept\n  unless(1 == 2, println(\"x\"))\n}\n",
    );
    let outcome = nostos(&["expand", source.path()]);
    let printed = text(&outcome.stdout);
    assert!(
        printed
            .ends_with("main() = {\n  # kept\n  if !((1 == 2)) then println(\"x\") else ()\n}\n"),
        "{printed}"
    );
    assert_eq!(outcome.status.code(), Some(0));
}
