//! `nostos fmt` as a program: what it writes, what it leaves alone, what it says.
#![forbid(unsafe_code)]

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const UGLY: &str = "main( )=1+2\n";
const NICE: &str = "main() = 1 + 2\n";
const WRONG: &str = "main( = 1\n";

fn fresh(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("nostos-fmt-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(dir.join("inner/.hidden")).expect("a folder");
    for (file, text) in [
        ("a.nos", UGLY),
        ("inner/b.nos", NICE),
        ("inner/c.nos", UGLY),
        ("inner/.hidden/d.nos", UGLY),
        ("notes.txt", UGLY),
    ] {
        std::fs::write(dir.join(file), text).expect("a file");
    }
    dir
}

fn fmt(dir: &Path, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(nostos_tests::nostos())
        .arg("fmt")
        .args(words)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nostos runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("nostos ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).expect("a file")
}

#[test]
fn a_directory() {
    let dir = fresh("directory");
    let found = fmt(&dir, &["--check"], "");
    assert_eq!(text(&found.stdout), "a.nos\ninner/c.nos\n");
    assert_eq!(found.status.code(), Some(1));
    assert_eq!(read(dir.join("a.nos")), UGLY, "only looked at");

    let before = std::fs::metadata(dir.join("inner/b.nos")).expect("a file");
    let done = fmt(&dir, &[], "");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(text(&done.stdout), "");
    assert_eq!(read(dir.join("a.nos")), NICE);
    assert_eq!(read(dir.join("inner/c.nos")), NICE);
    assert_eq!(read(dir.join("inner/.hidden/d.nos")), UGLY);
    assert_eq!(read(dir.join("notes.txt")), UGLY);
    let after = std::fs::metadata(dir.join("inner/b.nos")).expect("a file");
    assert_eq!(before.ino(), after.ino(), "not touched");
    assert_eq!(fmt(&dir, &["--check"], "").status.code(), Some(0));
    let names = std::fs::read_dir(&dir).expect("a folder").count();
    assert_eq!(names, 3, "nothing is left over");
    std::fs::remove_dir_all(dir).expect("a folder");
}

#[test]
fn mistakes_stop_nothing_else() {
    let dir = fresh("mistakes");
    std::fs::write(dir.join("Wrong.nos"), WRONG).expect("a file");
    let done = fmt(&dir, &["."], "");
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stderr);
    assert!(said.starts_with("Error: Wrong.nos:1:"), "{said}");
    assert_eq!(read(dir.join("Wrong.nos")), WRONG);
    assert_eq!(read(dir.join("a.nos")), NICE);
    let none = fmt(&dir, &["nowhere.nos"], "");
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("nowhere.nos"));
    std::fs::remove_dir_all(dir).expect("a folder");
}

#[test]
fn standard_input() {
    let dir = fresh("input");
    let done = fmt(&dir, &["-"], UGLY);
    assert_eq!(text(&done.stdout), NICE);
    assert_eq!(done.status.code(), Some(0));
    let wrong = fmt(&dir, &["-"], WRONG);
    assert_eq!(text(&wrong.stdout), WRONG, "it comes back as it was");
    assert_eq!(wrong.status.code(), Some(1));
    let looked = fmt(&dir, &["-", "--check"], UGLY);
    assert_eq!(looked.status.code(), Some(1));
    std::fs::remove_dir_all(dir).expect("a folder");
}

#[test]
fn links_and_modes_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = fresh("links");
    std::fs::set_permissions(dir.join("a.nos"), PermissionsExt::from_mode(0o750)).expect("a mode");
    symlink("a.nos", dir.join("link.nos")).expect("a link");
    assert_eq!(fmt(&dir, &["link.nos"], "").status.code(), Some(0));
    let link = std::fs::symlink_metadata(dir.join("link.nos")).expect("a link");
    assert!(link.is_symlink());
    let meta = std::fs::metadata(dir.join("a.nos")).expect("a file");
    assert_eq!(meta.mode() & 0o777, 0o750);
    assert_eq!(read(dir.join("a.nos")), NICE);
    std::fs::remove_dir_all(dir).expect("a folder");
}

#[test]
fn highlighted_on_a_terminal_only() {
    let dir = fresh("highlight");
    let run = |words: &[&str]| {
        let mut command = Command::new(nostos_tests::nostos());
        let command = command.arg("highlight").args(words).current_dir(&dir);
        command.output().expect("nostos runs")
    };
    // This is a pipe.
    assert_eq!(text(&run(&["inner/b.nos"]).stdout), NICE);
    let always = text(&run(&["inner/b.nos", "--color", "always"]).stdout);
    assert!(always.contains("\x1b[34mmain\x1b[0m"), "{always:?}");
    let page = text(&run(&["inner/b.nos", "--html"]).stdout);
    assert!(page.contains("<title>b.nos</title>"), "{page}");
    assert!(
        page.contains("<span class=\"function\">main</span>"),
        "{page}"
    );
    let none = run(&["nowhere.nos"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).starts_with("Error: nowhere.nos: "));
    std::fs::remove_dir_all(dir).expect("a folder");
}

#[test]
fn a_reader_may_have_seen_enough() {
    let dir = fresh("closed");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let done = Command::new(nostos_tests::nostos())
        .args(["fmt", "--check"])
        .current_dir(&dir)
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("nostos runs");
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert_eq!(text(&done.stderr), "");
    std::fs::remove_dir_all(dir).expect("a folder");
}
