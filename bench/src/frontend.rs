//! The compiler's own speed: lines per second of one thread for each stage on a generated project, and memory per line.
//!
//! Times are the thread's processor time, not the clock's: a busy machine disturbs them little.

use crate::generate;
use nostos_check::deep::deep;
use nostos_check::query;
use nostos_session::build::{Build, database, errors};
use nostos_session::{Config, Options, project::Project};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Processor time of this thread in seconds.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    first.unwrap_or(0) as f64 / 1e9
}

/// A line of `/proc/self/status` in bytes.
fn memory(what: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(what)?.strip_prefix(':'))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<usize>().ok())
        .map_or(0, |kilobytes| kilobytes * 1024)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = cpu();
    let done = work();
    (done, cpu() - begin)
}

/// Writes the generated project of so many lines to a folder.
pub fn write(folder: &Path, lines: usize) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for (path, text) in generate::project(lines) {
        let path = folder.join(path);
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// Measures all stages on a generated project of `lines` lines, or on the one in `folder`, and prints them.
pub fn report(lines: usize, folder: Option<&PathBuf>) -> Result<(), String> {
    let project = match folder {
        Some(folder) => Project::open(folder).map_err(|e| e.to_string())?,
        None => Project {
            root: PathBuf::from("/"),
            main: "main.nos".into(),
            single: false,
            files: generate::project(lines),
        },
    };
    deep(|| stages(&project))
}

fn stages(project: &Project) -> Result<(), String> {
    let lines: usize = project.files.values().map(|t| generate::count(t)).sum();
    let files = project.files.len();
    println!("{lines} lines in {files} files");
    let rate = |what: &str, seconds: f64| {
        let rate = lines as f64 / seconds / 1000.0;
        println!("{what:<34} {seconds:>7.3} s {rate:>8.0} k lines/s");
    };
    let (_, parse) = timed(|| {
        for text in project.files.values() {
            std::hint::black_box(nostos_syntax::parse(text));
        }
    });
    rate("parse", parse);

    let (_, empty) = timed(|| {
        let main = BTreeMap::from([("main.nos".to_string(), "main() = ()\n".to_string())]);
        errors(&database(&main)).len()
    });
    println!("{:<34} {empty:>7.3} s", "check an empty program");

    let options = Options::default();
    let mut build = Build::new(project, options);
    let before = memory("VmRSS");
    let (wrong, check) = timed(|| build.errors());
    if let Some(first) = wrong.first() {
        let path = build.db.path(first.file);
        return Err(format!("{path}: {}", first.message));
    }
    rate("check, cold", check);
    let per_line = |bytes: usize| bytes / lines;
    println!(
        "{:<34} {:>7} bytes per line, {} at most",
        "memory after it",
        per_line(memory("VmRSS").saturating_sub(before)),
        per_line(memory("VmHWM"))
    );

    let (path, text) = match project.files.contains_key("mod0.nos") {
        true => generate::edit(&project.files),
        false => return Err("the project is not a generated one".into()),
    };
    let old = project.files[&path].clone();
    let mut best = f64::MAX;
    for text in [&text, &old, &text, &old] {
        let (wrong, seconds) = timed(|| {
            build.db.set_file(&path, text, query::Origin::Project);
            build.errors().len()
        });
        if wrong > 0 {
            return Err("the edited project has errors".into());
        }
        best = best.min(seconds);
    }
    println!(
        "{:<34} {:>7.3} ms",
        "check after an edit in one body",
        best * 1e3
    );

    let image = nostos_runtime::Image::new(Config::from_env()).map_err(|e| e.to_string())?;
    let (cells, code) = timed(|| build.compile_all(&image));
    let cells = cells?;
    rate("machine code of everything", code);
    let codes = image.codes();
    let bytes: usize = codes.iter().map(|code| code.len).sum();
    rate("source to machine code", check + code);
    println!("{:<34} {cells:>7} functions, {bytes} bytes", "");
    println!(
        "{:<34} {:>7} bytes per line at most",
        "memory after it",
        per_line(memory("VmHWM"))
    );
    Ok(())
}
