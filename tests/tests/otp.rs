//! What OTP's documentation says of links, monitors, exit signals, names and supervisors, and what ours says of tasks, servers and channels: a case each in
//! `tests/otp`, run in every mode. `docs/otp.md` lists them; `BLESS=1` rewrites it, and the answers.
#![forbid(unsafe_code)]

use nostos_tests::{MODES, blessing, corpus, programs, workspace};
use std::fmt::Write as _;

#[test]
fn one_worker() {
    corpus("otp", MODES[0]);
}

#[test]
fn two_workers() {
    corpus("otp", MODES[1]);
}

#[test]
fn stressed_collector() {
    corpus("otp", MODES[2]);
}

#[test]
fn stressed_stack() {
    corpus("otp", MODES[3]);
}

#[test]
fn interpreted() {
    corpus("otp", MODES[4]);
}

/// The page's part above its tables is written by hand.
#[test]
fn the_page_lists_the_cases() {
    let file = workspace().join("docs/otp.md");
    let page = std::fs::read_to_string(&file).expect("the page can be read");
    let (head, _) = page.split_once("\n## Links\n").expect("it has tables");
    let wanted = format!("{head}\n{}", tables());
    if blessing() {
        std::fs::write(&file, wanted).expect("the page can be written");
    } else {
        assert!(
            page == wanted,
            "docs/otp.md is not what tests/otp says; BLESS=1 rewrites it"
        );
    }
}

/// A table for each folder, with a line for each program: its first two comments.
fn tables() -> String {
    let root = workspace().join("tests/otp");
    let mut text = String::new();
    let mut count = 0;
    for folder in [
        "links",
        "signals",
        "monitors",
        "names",
        "supervisors",
        "servers",
        "tasks",
        "channels",
    ] {
        let title = format!("{}{}", folder[..1].to_uppercase(), &folder[1..]);
        _ = write!(text, "## {title}\n\n| case | OTP | file |\n|---|---|---|\n");
        for program in programs(&format!("otp/{folder}")) {
            let source = std::fs::read_to_string(&program).expect("a program can be read");
            let mut lines = source.lines();
            let case = lines.next().and_then(|line| line.strip_prefix("# "));
            let rule = lines.next().and_then(|line| line.strip_prefix("# OTP: "));
            let path = program.strip_prefix(&root).expect("it is in the folder");
            let path = path.display();
            let (Some(case), Some(rule)) = (case, rule) else {
                panic!("{path} does not begin with its case and OTP's rule");
            };
            let cell = |text: &str| text.replace('|', "\\|");
            _ = writeln!(
                text,
                "| {} | {} | [{path}](../tests/otp/{path}) |",
                cell(case),
                cell(rule)
            );
            count += 1;
        }
        text.push('\n');
    }
    _ = writeln!(text, "{count} cases.");
    text
}
