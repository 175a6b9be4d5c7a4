//! What people get wrong: each mistake gives a clear message and exit status 1, never a panic.
#![forbid(unsafe_code)]

use nostos_tests::{Outcome, run_nostos};
use std::path::{Path, PathBuf};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("nostos-bad-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind when it cannot be removed; the system clears its temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn refused(path: &Path, phrases: &[&str]) {
    for verb in ["check", "run"] {
        let outcome = run_nostos(&[verb, &path.display().to_string()]);
        assert_eq!(
            outcome.status,
            Some(1),
            "{verb} {}: {}",
            path.display(),
            brief(&outcome)
        );
        for phrase in phrases {
            assert!(
                outcome.err.contains(phrase),
                "{verb}: no `{phrase}` in {}",
                brief(&outcome)
            );
        }
        assert!(
            !outcome.err.contains("panicked at"),
            "{verb}: {}",
            brief(&outcome)
        );
    }
}

fn brief(outcome: &Outcome) -> String {
    format!(
        "{:?}\n{}",
        outcome.status,
        outcome.err.chars().take(1500).collect::<String>()
    )
}

#[test]
fn a_missing_file() {
    refused(Path::new("no/such/program.nos"), &["no/such/program.nos"]);
}

#[test]
fn a_folder_without_main() {
    let folder = Folder::new("no-main");
    folder.file("helper.nos", "pub one() = 1\n");
    refused(&folder.0, &["main"]);
}

#[test]
fn a_file_without_main() {
    let folder = Folder::new("no-main-function");
    let file = folder.file("a.nos", "one() = 1\n").display().to_string();
    let outcome = run_nostos(&["run", &file]);
    assert_eq!(outcome.status, Some(1), "{}", brief(&outcome));
    assert!(outcome.err.contains("main"), "{}", brief(&outcome));
    // To check a file that is meant to be used by others is fine.
    assert_eq!(run_nostos(&["check", &file]).status, Some(0));
}

#[test]
fn invalid_utf8() {
    let folder = Folder::new("utf8");
    let file = folder.file("a.nos", b"main() = \"\xff\xfe\"\n");
    refused(&file, &["UTF-8"]);
}

#[test]
fn an_unterminated_string() {
    let folder = Folder::new("string");
    let file = folder.file("a.nos", "main() = println(\"hello)\n");
    refused(&file, &["Error", "a.nos"]);
}

#[test]
fn ten_thousand_nested_brackets() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
        let folder = Folder::new("brackets");
        let text = format!(
            "main() = {}1{}\n",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        let file = folder.file("a.nos", text);
        let outcome = run_nostos(&["check", &file.display().to_string()]);
        // Either it is a program or it is refused with a sentence.
        assert!(
            matches!(outcome.status, Some(0 | 1)),
            "{open}: {}",
            brief(&outcome)
        );
        if outcome.status == Some(1) {
            assert!(
                outcome.err.contains("nested"),
                "{open}: {}",
                brief(&outcome)
            );
        }
    }
}

#[test]
fn brackets_that_never_close() {
    let folder = Folder::new("open-brackets");
    let file = folder.file("a.nos", format!("main() = {}\n", "(".repeat(10_000)));
    refused(&file, &["Error"]);
}

#[test]
fn a_source_file_of_five_megabytes() {
    let folder = Folder::new("big");
    let mut text = String::new();
    let mut i = 0;
    while text.len() < 5_000_000 {
        text.push_str(&format!(
            "# Number {i}, so that there is something to read and nothing to check.\n"
        ));
        if i % 100 == 0 {
            text.push_str(&format!("f{i}(x: Int) -> Int = x + {i}\n"));
        }
        i += 1;
    }
    text.push_str("main() = println(f100(1))\n");
    let file = folder.file("a.nos", text);
    let outcome = run_nostos(&["run", &file.display().to_string()]);
    assert_eq!(
        (outcome.status, outcome.out.as_str()),
        (Some(0), "101\n"),
        "{}",
        brief(&outcome)
    );
}

#[test]
fn a_module_that_is_not_there() {
    let folder = Folder::new("use");
    folder.file("main.nos", "use nowhere.*\n\nmain() = println(1)\n");
    refused(&folder.0, &["nowhere", "main.nos"]);
}

#[test]
fn modules_that_use_each_other_are_fine() {
    let folder = Folder::new("cycle");
    folder.file(
        "main.nos",
        "use even.isEven\n\nmain() = println(isEven(10))\n",
    );
    folder.file("even.nos", "use odd.isOddNumber\n\npub isEven(n: Int) -> Bool = if n == 0 then true else isOddNumber(n - 1)\n");
    folder.file("odd.nos", "use even.isEven\n\npub isOddNumber(n: Int) -> Bool = if n == 0 then false else isEven(n - 1)\n");
    let outcome = run_nostos(&["run", &folder.0.display().to_string()]);
    assert_eq!(
        (outcome.status, outcome.out.as_str()),
        (Some(0), "true\n"),
        "{}",
        brief(&outcome)
    );
}

#[test]
fn all_mistakes_of_a_run_are_reported() {
    let folder = Folder::new("several");
    let file = folder.file(
        "a.nos",
        "f() = 1 + \"a\"\n\ng() = unheardOf(2)\n\nmain() = println(3)\n",
    );
    refused(&file, &["a.nos:1", "a.nos:3", "unheardOf"]);
}
