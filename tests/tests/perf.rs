//! What a program writes down for Linux's perf: all code it has run, with names, lines and bytes, in perf's own format.
#![forbid(unsafe_code)]

use nostos_tests::{finish, nostos, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("nostos-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    /// The one dump in it.
    fn dump(&self) -> PathBuf {
        let entries = std::fs::read_dir(&self.0).expect("the folder");
        let mut dumps = entries
            .map(|entry| entry.expect("a file").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "dump")
            });
        let dump = dumps.next().expect("a dump");
        assert!(dumps.next().is_none(), "one program, one dump");
        dump
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the way of nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct Function {
    name: String,
    size: usize,
    /// Offsets from its beginning, lines, files.
    lines: Vec<(u64, u32, String)>,
}

/// Reads a dump as perf does.
fn read(path: &Path) -> Vec<Function> {
    let bytes = std::fs::read(path).expect("the dump");
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
    let text_at = |at: usize| {
        let len = bytes[at..]
            .iter()
            .position(|byte| *byte == 0)
            .expect("it ends");
        String::from_utf8(bytes[at..at + len].to_vec()).expect("text")
    };
    let head = [0, 4, 8, 12].map(u32_at);
    assert_eq!(
        head,
        [0x4a69_5444, 1, 40, 62],
        "magic, version, size, x86-64"
    );
    let pid = u32_at(20);
    let (mut found, mut lines, mut at, mut time) = (Vec::new(), (0, Vec::new()), 40, 0);
    while at < bytes.len() {
        let (kind, size) = (u32_at(at), u32_at(at + 4) as usize);
        assert!(u64_at(at + 8) >= time, "time goes on");
        time = u64_at(at + 8);
        let own = at + 16;
        match kind {
            0 => {
                assert_eq!([u32_at(own), u32_at(own + 4)], [pid, pid]);
                let (address, len) = (u64_at(own + 16), u64_at(own + 24) as usize);
                assert_eq!(u64_at(own + 32), found.len() as u64, "numbers in order");
                let name = text_at(own + 40);
                assert!(
                    40 + name.len() + 1 + len + 16 <= size,
                    "the bytes are there"
                );
                let (of, rows) = std::mem::take(&mut lines);
                assert!(of == 0 || of == address, "lines come before their code");
                found.push(Function {
                    name,
                    size: len,
                    lines: rows,
                });
            }
            2 => {
                let (address, mut next) = (u64_at(own), own + 16);
                lines.0 = address;
                for _ in 0..u64_at(own + 8) {
                    let file = text_at(next + 16);
                    let (offset, line) = (u64_at(next) - address, u32_at(next + 8));
                    next += 16 + file.len() + 1;
                    lines.1.push((offset, line, file));
                }
            }
            other => panic!("a record of kind {other}"),
        }
        at += size;
    }
    assert_eq!(at, bytes.len());
    found
}

fn bank(folder: &Folder) -> Command {
    let mut command = Command::new(nostos());
    command.arg("run").arg(workspace().join("examples/bank"));
    command
        .env("NOSTOS_PERF", "jitdump")
        .env("JITDUMPDIR", &folder.0);
    command
}

#[test]
fn a_dump_has_the_names_the_lines_and_the_bytes_of_what_ran() {
    let folder = Folder::new("jitdump");
    let outcome = finish(bank(&folder));
    assert_eq!(outcome.status, Some(0), "{}", outcome.err);
    let found = read(&folder.dump());
    let file = workspace().join("examples/bank/account.nos");
    let text = std::fs::read_to_string(&file).expect("the example");
    let line = 1 + text
        .lines()
        .position(|line| line.starts_with("serve("))
        .expect("the server") as u32;
    let serve = found
        .iter()
        .find(|function| function.name == "account.serve");
    let serve = serve.expect("its code");
    let rows = &serve.lines;
    assert!(rows.iter().all(|row| Path::new(&row.2) == file), "{rows:?}");
    assert_eq!(rows[0].0, 0);
    assert_eq!(rows.last().map(|row| row.0), Some(serve.size as u64));
    assert!(rows.is_sorted_by_key(|row| row.0), "{rows:?}");
    // Both the receive and the withdrawal below it.
    assert!(rows.iter().any(|row| row.1 == line), "{rows:?}");
    assert!(rows.iter().any(|row| row.1 == line + 8), "{rows:?}");
}

#[test]
fn perf_knows_the_functions_of_a_program() {
    let folder = Folder::new("perf");
    let data = folder.0.join("perf.data");
    let mut command = Command::new("perf");
    command
        .args(["record", "-q", "-k", "mono", "-o"])
        .arg(&data);
    let program = folder.0.join("fib.nos");
    let text = "fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2)\nmain() = fib(32)\n";
    std::fs::write(&program, text).expect("a program");
    command.arg(nostos()).arg("run").arg(&program);
    command
        .env("NOSTOS_PERF", "jitdump")
        .env("JITDUMPDIR", &folder.0);
    // It may be absent, or have no leave to measure.
    match command.output() {
        Ok(output) if output.status.success() => {}
        other => return eprintln!("not tested: perf does not record: {other:?}"),
    }
    let injected = folder.0.join("perf.jit.data");
    let mut command = Command::new("perf");
    command
        .args(["inject", "--jit", "-i"])
        .arg(&data)
        .arg("-o")
        .arg(&injected);
    let outcome = finish(command);
    assert_eq!(outcome.status, Some(0), "{}{}", outcome.out, outcome.err);
    let mut command = Command::new("perf");
    command
        .args(["report", "--stdio", "-F", "sym,dso", "-i"])
        .arg(&injected);
    let outcome = finish(command);
    let line = outcome.out.lines().find(|line| line.contains("[.] fib"));
    assert!(
        line.is_some_and(|line| line.contains("jitted-")),
        "{}",
        outcome.out
    );
}
