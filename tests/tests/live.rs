//! Live change: every script of `tests/live` does what it says. See `nostos_tests::live` for their form.
//!
//! `ONLY=text` restricts them; with `--nocapture` one sees what took how long.
#![forbid(unsafe_code)]

use nostos_tests::{check_all, live, workspace};
use std::path::PathBuf;

#[test]
fn scripts() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let dir = workspace().join("tests/live");
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("tests/live can be read")
        .map(|entry| entry.expect("tests/live can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "live"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no scripts in tests/live");
    check_all("live change", &found, |path| live::run(path));
}
