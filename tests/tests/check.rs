//! Wrong programs: every diagnostic stands where the program's comments say, and nothing else is reported.
//!
//! Under a wrong line, `#    ^ error: TEXT` says that a diagnostic which covers the column of `^` contains TEXT; `#! error: TEXT` leaves the
//! column open, and `#! near error: TEXT` the line. The message and its hint both count.
#![forbid(unsafe_code)]

use nostos_check::query::{self, Database, Origin};
use nostos_tests::{check_all, programs};
use std::path::Path;

#[test]
fn wrong_programs_are_refused() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let chosen: Vec<_> = programs("check")
        .into_iter()
        .filter(|p| p.to_string_lossy().contains(&only))
        .collect();
    check_all("wrong programs", &chosen, |program| check(program));
}

/// The library, the examples and the language corpus have no mistakes.
#[test]
fn right_programs_are_accepted() {
    let mut chosen = programs("lang");
    let examples = nostos_tests::workspace().join("examples");
    for entry in std::fs::read_dir(&examples).expect("examples can be read") {
        chosen.push(entry.expect("examples can be read").path());
    }
    check_all("right programs", &chosen, |program| {
        let found = found(program);
        match found.is_empty() {
            true => Ok(()),
            false => Err(format!("{}\n{}", program.display(), lines(&found))),
        }
    });
}

/// What is expected of a line.
struct Wanted {
    file: String,
    /// From 1; none: anywhere in the file.
    line: Option<usize>,
    /// From 0.
    column: Option<usize>,
    text: String,
}

struct Found {
    file: String,
    line: usize,
    columns: std::ops::Range<usize>,
    text: String,
}

fn lines(found: &[Found]) -> String {
    found
        .iter()
        .map(|f| {
            format!(
                "  {}:{}:{}: {}",
                f.file,
                f.line,
                f.columns.start + 1,
                f.text
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn check(program: &Path) -> Result<(), String> {
    let mut wanted = Vec::new();
    for (name, text) in sources(program) {
        wanted.extend(expectations(&name, &text));
    }
    let mut found = found(program);
    let mut missing = Vec::new();
    for want in wanted {
        let hit = found.iter().position(|f| {
            f.file == want.file
                && want.line.is_none_or(|line| line == f.line)
                && want.column.is_none_or(|column| f.columns.contains(&column))
                && f.text.contains(&want.text)
        });
        match hit {
            Some(hit) => {
                found.remove(hit);
            }
            None => missing.push(format!(
                "  {}:{}:{}: {}",
                want.file,
                want.line.map_or("?".to_owned(), |l| l.to_string()),
                want.column.map_or("?".to_owned(), |c| (c + 1).to_string()),
                want.text
            )),
        }
    }
    if missing.is_empty() && found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "--- {}\nnot reported:\n{}\nreported beyond what is expected:\n{}",
        program.display(),
        missing.join("\n"),
        lines(&found)
    ))
}

fn expectations(file: &str, text: &str) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    let mut above = 0;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let Some(comment) = trimmed.strip_prefix('#') else {
            above = number + 1;
            continue;
        };
        let Some((mark, text)) = comment.split_once("error: ") else {
            continue;
        };
        let (line_wanted, column) = match mark.trim() {
            "^" => (Some(above), line.find('^')),
            "!" => (Some(above), None),
            "! near" => (None, None),
            _ => continue,
        };
        wanted.push(Wanted {
            file: file.to_owned(),
            line: line_wanted,
            column,
            text: text.trim().to_owned(),
        });
    }
    wanted
}

/// The program's files: paths within the program, and texts.
fn sources(program: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    if program.is_dir() {
        collect(program, program, &mut files);
        files.sort();
    } else {
        let name = program
            .file_name()
            .expect("a program has a name")
            .to_string_lossy()
            .into_owned();
        files.push((
            name,
            std::fs::read_to_string(program).expect("programs can be read"),
        ));
    }
    files
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).expect("programs can be read") {
        let path = entry.expect("programs can be read").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|e| e == "nos") {
            let name = path
                .strip_prefix(root)
                .expect("below the root")
                .to_string_lossy()
                .into_owned();
            files.push((
                name,
                std::fs::read_to_string(&path).expect("programs can be read"),
            ));
        }
    }
}

fn found(program: &Path) -> Vec<Found> {
    let mut db = Database::new();
    db.set_expander(nostos_session::expander());
    for (path, text) in nostos_std::FILES {
        db.set_file(path, text, Origin::Std);
    }
    for (path, text) in sources(program) {
        db.set_file(&path, &text, Origin::Project);
    }
    query::diagnostics(&db)
        .into_iter()
        .filter(|d| d.severity == nostos_check::diagnostic::Severity::Error)
        .map(|d| {
            let text = db.text(d.file);
            let index = nostos_syntax::LineIndex::new(&text);
            let (start, end) = (index.line_col(d.range.start), index.line_col(d.range.end));
            // A range over several lines covers the rest of its first one.
            let last = if end.line == start.line {
                end.col.max(start.col + 1)
            } else {
                u32::MAX
            };
            Found {
                file: db.path(d.file).to_string(),
                line: start.line as usize + 1,
                columns: start.col as usize..last as usize,
                text: match &d.hint {
                    Some(hint) => format!("{} ({hint})", d.message),
                    None => d.message.clone(),
                },
            }
        })
        .collect()
}
