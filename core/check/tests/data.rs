//! Programs with what the checker says about them: each file of `tests/data` ends with the signatures of its functions and the findings, and, where
//! its first line is `# hir`, with the typed bodies. `BLESS=1` rewrites the answers.
#![forbid(unsafe_code)]

use nostos_check::diagnostic::Severity;
use nostos_check::dump;
use nostos_check::query::{self, Database, Origin};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What separates a program from its answers.
const MARK: &str = "\n#= answers\n";

fn library(db: &mut Database) {
    let std = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../std");
    let mut files: Vec<PathBuf> = std::fs::read_dir(std)
        .expect("the library is there")
        .map(|e| e.expect("readable").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "nos"));
    files.sort();
    for path in files {
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .to_string();
        db.set_file(
            &name,
            &std::fs::read_to_string(&path).expect("readable"),
            Origin::Std,
        );
    }
}

fn answers(text: &str) -> String {
    let mut db = Database::new();
    library(&mut db);
    let file = db.set_file("main.nos", text, Origin::Project);
    let lines = db.line_index(file);
    let mut out = String::new();
    for d in query::file_diagnostics(&db, file) {
        let place = lines.line_col(d.range.start);
        let end = lines.line_col(d.range.end);
        let word = if d.severity == Severity::Error {
            "error"
        } else {
            "warning"
        };
        let end = if end.line == place.line {
            end.col.to_string()
        } else {
            "…".into()
        };
        let _ = writeln!(
            out,
            "# {}:{}-{end} {word}: {}",
            place.line + 1,
            place.col,
            d.message
        );
        if let Some(hint) = &d.hint {
            let _ = writeln!(out, "#     hint: {hint}");
        }
    }
    for id in query::functions(&db) {
        let _ = writeln!(out, "# {}", query::render_signature(&db, id));
        if text.starts_with("# hir")
            && let Some(body) = query::body(&db, id)
        {
            for line in dump::body(&db, &body).lines() {
                let _ = writeln!(out, "#   {line}");
            }
        }
    }
    out
}

#[test]
fn programs_and_their_answers() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("the data is there")
        .map(|e| e.expect("readable").path())
        .collect();
    files.sort();
    assert!(files.len() > 5, "the programs are there");
    let mut wrong = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("readable");
        let (program, wanted) = text
            .split_once(MARK)
            .unwrap_or((text.trim_end_matches('\n'), ""));
        let found = answers(program);
        if found == wanted {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, format!("{program}{MARK}{found}")).expect("writable");
        } else {
            let _ = writeln!(
                wrong,
                "{}:\nwanted:\n{wanted}found:\n{found}",
                path.display()
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_library_has_no_findings() {
    let mut db = Database::new();
    library(&mut db);
    let findings: Vec<String> = query::diagnostics(&db)
        .into_iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| format!("{}:{:?} {}", db.path(d.file), d.range, d.message))
        .collect();
    assert!(findings.is_empty(), "{findings:#?}");
}
