//! What the tests share: the `nostos` program, built once; running it with a time limit; the corpus on disk and the answers in its files.
//!
//! Absent: any knowledge of the compiler. A program under test is a text, and what it writes is compared.
#![forbid(unsafe_code)]

pub mod dap;
pub mod live;
pub mod running;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long any one program may take. Far above what the slowest needs; it only keeps a hanging one from blocking the rest.
const PATIENCE: Duration = Duration::from_secs(240);

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("tests/ is in the workspace")
        .to_path_buf()
}

/// The `nostos` program, of the profile the tests were built with, or what `NOSTOS_BIN` names.
pub fn nostos() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| match std::env::var_os("NOSTOS_BIN") {
        Some(path) => PathBuf::from(path),
        None => binaries().join("nostos"),
    })
}

/// The folder with `nostos`, `nostos-dap` and `nostos-lsp`, of the profile the tests were built with.
///
/// `cargo test --workspace` builds all that have tests of their own. Only when one is missing or a source is newer (tests of this package alone were
/// asked for), they are built here: a build of its own selects other features of the dependencies, which costs minutes.
pub fn binaries() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let test = std::env::current_exe().expect("a test has a path");
        let profile_dir = test
            .parent()
            .and_then(Path::parent)
            .expect("tests lie in <target>/<profile>/deps");
        let mut names = ["nostos", "nostos-dap", "nostos-lsp"].iter();
        if names.all(|name| is_newer_than_sources(&profile_dir.join(name))) {
            return profile_dir.to_path_buf();
        }
        let target = profile_dir.parent().expect("profiles lie in <target>");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(workspace())
            .args(["build", "--quiet", "--workspace", "--bins"]);
        cargo.arg("--target-dir").arg(target);
        if profile_dir.file_name().is_some_and(|p| p == "release") {
            cargo.arg("--release");
        }
        let status = cargo.status().expect("cargo runs");
        assert!(status.success(), "building the programs failed");
        profile_dir.to_path_buf()
    })
}

/// Puts a package of npm and what it needs into `home`; none of their install scripts is run. The registry is a distant machine: three times are tried.
pub fn npm_install(home: &Path, package: &str) {
    std::fs::create_dir_all(home).expect("a folder");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
    npm.arg("--prefix").arg(home).arg(package);
    let mut told = String::new();
    for _ in 0..3 {
        let output = npm.output().expect("npm runs");
        if output.status.success() {
            return;
        }
        told = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    panic!("npm cannot install {package}: {told}");
}

fn is_newer_than_sources(program: &Path) -> bool {
    let Ok(built) = std::fs::metadata(program).and_then(|m| m.modified()) else {
        return false;
    };
    let mut todo: Vec<PathBuf> = ["core", "std", "cli", "dap-server", "lsp-server"]
        .iter()
        .map(|room| workspace().join(room))
        .collect();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            // What only tests read does not count.
            if path.file_name().is_some_and(|name| name == "tests") {
                continue;
            }
            let entries = std::fs::read_dir(&path).expect("sources can be read");
            todo.extend(entries.map(|entry| entry.expect("sources can be read").path()));
        } else if path
            .extension()
            .is_some_and(|e| e == "rs" || e == "nos" || e == "toml")
        {
            let changed = std::fs::metadata(&path).and_then(|m| m.modified());
            if changed.expect("sources have a time") > built {
                return false;
            }
        }
    }
    true
}

/// What a program did.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status; `None` when a signal or the time limit ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The time limit ended it.
    pub timed_out: bool,
}

/// One way of running `nostos`.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// For messages.
    pub name: &'static str,
    /// `--workers`.
    pub workers: u32,
    /// Environment variables.
    pub env: &'static [(&'static str, &'static str)],
    /// Programs run with their smaller arguments.
    pub stress: bool,
    /// Interpreted, not compiled.
    pub interpret: bool,
}

/// The ways every program must run alike.
pub const MODES: [Mode; 7] = [
    Mode {
        name: "one worker",
        workers: 1,
        env: &[],
        stress: false,
        interpret: false,
    },
    Mode {
        name: "two workers",
        workers: 2,
        env: &[],
        stress: false,
        interpret: false,
    },
    Mode {
        name: "NOSTOS_GC=stress",
        workers: 2,
        env: &[("NOSTOS_GC", "stress")],
        stress: true,
        interpret: false,
    },
    Mode {
        name: "NOSTOS_STACK=stress",
        workers: 2,
        env: &[("NOSTOS_STACK", "stress")],
        stress: true,
        interpret: false,
    },
    Mode {
        name: "interpreted",
        workers: 1,
        env: &[],
        stress: true,
        interpret: true,
    },
    // Few functions are called often enough under stress to reach the optimiser by themselves.
    Mode {
        name: "NOSTOS_GC=stress NOSTOS_TIERS=best",
        workers: 2,
        env: &[("NOSTOS_GC", "stress"), ("NOSTOS_TIERS", "best")],
        stress: true,
        interpret: false,
    },
    Mode {
        name: "NOSTOS_STACK=stress NOSTOS_TIERS=best",
        workers: 2,
        env: &[("NOSTOS_STACK", "stress"), ("NOSTOS_TIERS", "best")],
        stress: true,
        interpret: false,
    },
];

/// Runs the programs of a folder of `tests/` in a mode: each writes what its comments say.
///
/// `ONLY=text` restricts the corpus to programs whose path contains the text.
pub fn corpus(folder: &str, mode: Mode) {
    let only = std::env::var("ONLY").unwrap_or_default();
    let chosen: Vec<_> = programs(folder)
        .into_iter()
        .filter(|p| p.to_string_lossy().contains(&only))
        .collect();
    check_all(mode.name, &chosen, |program| {
        let file = answers_of(program);
        let text =
            std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let wanted = expected(&text);
        if mode.stress && wanted.skip_stress && !mode.interpret {
            return Ok(());
        }
        // Foreign calls need `unsafe` code, which the interpreter has none of.
        if mode.interpret && text.lines().any(|line| line == "# interpret: skip") {
            return Ok(());
        }
        let args = match &wanted.stress_args {
            Some(args) if mode.stress => args,
            _ => &wanted.args,
        };
        let outcome = run(mode, program, args);
        if blessing() && mode.workers == 1 && !mode.interpret && !outcome.timed_out {
            return std::fs::write(&file, blessed(&text, &outcome)).map_err(|e| e.to_string());
        }
        let label = format!("{} ({})", program.display(), mode.name);
        compare(&label, &wanted, &outcome)
    });
}

/// `nostos run` in a mode, from the workspace's folder.
pub fn run(mode: Mode, path: &Path, args: &[String]) -> Outcome {
    let mut command = Command::new(nostos());
    command.arg("run");
    if mode.interpret {
        command.arg("--interpret");
    } else {
        command.arg("--workers").arg(mode.workers.to_string());
    }
    command.arg(path).args(args);
    for (name, value) in mode.env {
        command.env(name, value);
    }
    finish(command)
}

/// `nostos` with any arguments.
pub fn run_nostos(args: &[&str]) -> Outcome {
    let mut command = Command::new(nostos());
    command.args(args);
    finish(command)
}

/// Runs a command to its end, or to the end of the tests' patience.
pub fn finish(command: Command) -> Outcome {
    finish_with(command, "")
}

/// Runs a command as [`finish`] does, with this text on its standard input.
pub fn finish_with(mut command: Command, input: &str) -> Outcome {
    command
        .current_dir(workspace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.as_bytes().to_vec();
    // Who ends before having read all of it does so in its own right.
    std::thread::spawn(move || stdin.write_all(&input));
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let mut stderr = child.stderr.take().expect("stderr is piped");
    // Both pipes are emptied side by side, or a full one would block the program.
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.read_to_end(&mut bytes);
        (read.is_ok(), bytes)
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stderr.read_to_end(&mut bytes);
        (read.is_ok(), bytes)
    });
    let started = Instant::now();
    let mut timed_out = false;
    let status = loop {
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break status,
            None if started.elapsed() > PATIENCE => {
                timed_out = true;
                child.kill().expect("the program can be killed");
                break child.wait().expect("the program can be waited for");
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let text = |handle: std::thread::JoinHandle<(bool, Vec<u8>)>| {
        let (_, bytes) = handle.join().expect("readers do not panic");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Outcome {
        status: status.code(),
        out: text(out),
        err: text(err),
        timed_out,
    }
}

/// All `.nos` programs below a folder of `tests/`, in order: single files, and folders with a `main.nos`.
pub fn programs(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&workspace().join("tests").join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "no programs in tests/{folder}");
    found
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    if dir.join("main.nos").exists() {
        found.push(dir.to_path_buf());
        return;
    }
    let entries = std::fs::read_dir(dir).expect("the corpus can be read");
    for entry in entries {
        let path = entry.expect("the corpus can be read").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "nos") {
            found.push(path);
        }
    }
}

/// What a program's comments say about it.
///
/// `# out: TEXT` a line of standard output, in order · `# error: TEXT` standard error contains it · `# exit: N` the exit status, else 0 ·
/// `# args: A B` its arguments · `# stress-args: A B` its arguments in stress modes · `# stress: skip` not run in them ·
/// `# interpret: skip` not interpreted.
#[derive(Debug, Default)]
pub struct Expected {
    /// Standard output.
    pub out: String,
    /// Parts of standard error.
    pub errors: Vec<String>,
    /// Exit status.
    pub status: i32,
    /// Arguments.
    pub args: Vec<String>,
    /// Arguments in stress modes, where they differ.
    pub stress_args: Option<Vec<String>>,
    /// Not run in stress modes.
    pub skip_stress: bool,
}

/// The file that holds a program's answers.
pub fn answers_of(program: &Path) -> PathBuf {
    if program.is_dir() {
        program.join("main.nos")
    } else {
        program.to_path_buf()
    }
}

/// Reads the answers out of a program's text.
pub fn expected(text: &str) -> Expected {
    let mut expected = Expected::default();
    for line in text.lines() {
        if let Some(out) = line.strip_prefix("# out:") {
            expected.out.push_str(out.strip_prefix(' ').unwrap_or(out));
            expected.out.push('\n');
        } else if let Some(error) = line.strip_prefix("# error: ") {
            expected.errors.push(error.to_owned());
        } else if let Some(status) = line.strip_prefix("# exit: ") {
            expected.status = status
                .trim()
                .parse()
                .expect("`# exit:` is followed by a number");
        } else if let Some(args) = line.strip_prefix("# args: ") {
            expected.args = args.split_whitespace().map(str::to_owned).collect();
        } else if let Some(args) = line.strip_prefix("# stress-args: ") {
            expected.stress_args = Some(args.split_whitespace().map(str::to_owned).collect());
        } else if line == "# stress: skip" {
            expected.skip_stress = true;
        }
    }
    expected
}

/// The text with what the program did as its answers, for `BLESS=1`.
pub fn blessed(text: &str, outcome: &Outcome) -> String {
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("# out:") && !line.starts_with("# exit: "))
        .collect();
    let mut new = kept.join("\n").trim_end().to_owned();
    new.push('\n');
    if !kept.last().is_some_and(|line| line.starts_with("# ")) {
        new.push('\n');
    }
    for line in outcome.out.lines() {
        let space = if line.is_empty() { "" } else { " " };
        new.push_str(&format!("# out:{space}{line}\n"));
    }
    match outcome.status {
        Some(0) => {}
        Some(status) => new.push_str(&format!("# exit: {status}\n")),
        None => new.push_str("# exit: 256\n"),
    }
    new
}

/// Are answers to be rewritten?
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|v| v == "1")
}

/// Asks `question` of every item, on all cores, and reports everything that is wrong at once.
pub fn check_all<T: Sync>(
    what: &str,
    items: &[T],
    question: impl Fn(&T) -> Result<(), String> + Sync,
) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut failures = Vec::new();
                    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(failure) = question(item) {
                            failures.push(failure);
                        }
                    }
                    failures
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().expect("questions do not panic"))
            .collect()
    });
    let mut stdout = std::io::stdout();
    for failure in &failures {
        // A closed pipe must not hide the verdict below.
        let _ = writeln!(stdout, "{failure}\n");
    }
    assert!(
        failures.is_empty(),
        "{what}: {} of {} failed (see above)",
        failures.len(),
        items.len()
    );
}

/// Says where an outcome differs from what was expected.
pub fn compare(label: &str, expected: &Expected, outcome: &Outcome) -> Result<(), String> {
    let mut wrong = Vec::new();
    if outcome.timed_out {
        wrong.push(format!("took longer than {PATIENCE:?}"));
    }
    if outcome.status != Some(expected.status) {
        wrong.push(format!(
            "exit status {:?}, expected {}",
            outcome.status, expected.status
        ));
    }
    if outcome.out != expected.out {
        wrong.push(difference(&expected.out, &outcome.out));
    }
    for part in &expected.errors {
        if !outcome.err.contains(part.as_str()) {
            wrong.push(format!("standard error lacks `{part}`"));
        }
    }
    if outcome.err.contains("panicked at") {
        wrong.push("a panic of ours".to_owned());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let err: Vec<&str> = outcome.err.lines().take(20).collect();
    Err(format!(
        "--- {label}\n{}\nstandard error:\n  {}",
        wrong.join("\n"),
        err.join("\n  ")
    ))
}

fn difference(expected: &str, found: &str) -> String {
    let mut text = String::from("standard output differs (- expected, + found):");
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    text.push_str(&format!("\n  {same} lines agree, then"));
    for line in old.iter().skip(same).take(12) {
        text.push_str(&format!("\n- {line}"));
    }
    for line in new.iter().skip(same).take(12) {
        text.push_str(&format!("\n+ {line}"));
    }
    text
}
