//! Checks files with the library of this repository: `cargo run -p nostos-check --example check -- [--hir] FILE…`. Prints signatures and findings.

use nostos_check::query::{self, Database, Origin};

fn main() {
    let handle = std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(run)
        .expect("a thread");
    handle.join().expect("the checker does not panic");
}

fn run() {
    if std::env::args().any(|a| a == "--each") {
        return each();
    }
    let mut db = Database::new();
    let std = concat!(env!("CARGO_MANIFEST_DIR"), "/../../std");
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let hir = args.iter().any(|a| a == "--hir");
    let all = args.iter().any(|a| a == "--all");
    args.retain(|a| !a.starts_with("--"));
    let mut files: Vec<_> = std::fs::read_dir(std)
        .expect("the library is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "nos"))
        .collect();
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
    let mut ids = Vec::new();
    for path in &args {
        let name = std::path::Path::new(path)
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .to_string();
        let name = if args.len() == 1 {
            "main.nos".to_string()
        } else {
            name
        };
        ids.push(db.set_file(
            &name,
            &std::fs::read_to_string(path).expect("readable"),
            Origin::Project,
        ));
    }
    let start = std::time::Instant::now();
    let diagnostics = if all || ids.is_empty() {
        query::diagnostics(&db)
    } else {
        ids.iter()
            .flat_map(|id| query::file_diagnostics(&db, *id))
            .collect()
    };
    eprintln!("{} findings in {:?}", diagnostics.len(), start.elapsed());
    for d in &diagnostics {
        let text = db.text(d.file);
        let line = text[..(d.range.start as usize).min(text.len())]
            .matches('\n')
            .count()
            + 1;
        println!(
            "{}:{line}: {:?}: {} {}",
            db.path(d.file),
            d.severity,
            d.message,
            d.hint
                .as_deref()
                .map(|h| format!("({h})"))
                .unwrap_or_default()
        );
    }
    if !ids.is_empty() && !all {
        for id in query::functions(&db) {
            println!("{}", query::render_signature(&db, id));
            if hir {
                println!("{:#?}", query::body(&db, id));
            }
        }
        if let Some(main) = query::main_fn(&db) {
            query::entry(&db, main);
        }
    }
}

/// Checks each file (or directory) as a program of its own; prints the findings.
fn each() {
    let std = concat!(env!("CARGO_MANIFEST_DIR"), "/../../std");
    let mut db = Database::new();
    for entry in std::fs::read_dir(std)
        .expect("the library is there")
        .flatten()
    {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "nos") {
            db.set_file(
                &entry.file_name().to_string_lossy(),
                &std::fs::read_to_string(&path).expect("readable"),
                Origin::Std,
            );
        }
    }
    for path in std::env::args().skip(1).filter(|a| !a.starts_with("--")) {
        let mut names = Vec::new();
        if std::path::Path::new(&path).is_dir() {
            let mut dirs = vec![std::path::PathBuf::from(&path)];
            while let Some(dir) = dirs.pop() {
                for entry in std::fs::read_dir(&dir).expect("a directory").flatten() {
                    let inner = entry.path();
                    if inner.is_dir() {
                        dirs.push(inner);
                    } else if inner.extension().is_some_and(|e| e == "nos") {
                        let name = inner
                            .strip_prefix(&path)
                            .expect("inside")
                            .to_string_lossy()
                            .to_string();
                        names.push((name, std::fs::read_to_string(&inner).expect("readable")));
                    }
                }
            }
        } else {
            names.push((
                "main.nos".to_string(),
                std::fs::read_to_string(&path).expect("readable"),
            ));
        }
        let ids: Vec<_> = names
            .iter()
            .map(|(name, text)| db.set_file(name, text, Origin::Project))
            .collect();
        let mut bad = 0;
        for id in &ids {
            for d in query::file_diagnostics(&db, *id) {
                let text = db.text(d.file);
                let line = text[..(d.range.start as usize).min(text.len())]
                    .matches('\n')
                    .count()
                    + 1;
                println!(
                    "{path} {}:{line}: {:?}: {} {}",
                    db.path(d.file),
                    d.severity,
                    d.message,
                    d.hint
                        .as_deref()
                        .map(|h| format!("({h})"))
                        .unwrap_or_default()
                );
                bad += usize::from(d.severity == nostos_check::diagnostic::Severity::Error);
            }
        }
        for id in query::functions(&db) {
            query::fn_def(&db, id);
            let body = query::body(&db, id);
            assert!(
                bad > 0
                    || query::is_declaration(&db, id)
                    || body.is_some()
                    || !matches!(
                        query::fn_def(&db, id).kind,
                        nostos_check::hir::FnKind::Nostos
                    ),
                "{path}: no body and no findings"
            );
        }
        if bad == 0 {
            match query::main_fn(&db) {
                Some(main) => drop(query::entry(&db, main)),
                None => println!("{path}: no main"),
            }
        }
        for (name, _) in names {
            db.remove_file(&name);
        }
    }
}
