//! Every program of ours parses without error: the library, the examples, the corpus.
#![forbid(unsafe_code)]

use nostos_syntax::{LineIndex, parse};
use nostos_tests::workspace;
use std::path::{Path, PathBuf};

#[test]
fn every_program_parses() {
    let mut files = Vec::new();
    for folder in ["std", "examples", "tests/lang"] {
        collect(&workspace().join(folder), &mut files);
    }
    assert!(files.len() > 30, "only {} programs found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("sources can be read");
        let index = LineIndex::new(&text);
        for error in parse(&text).errors() {
            let place = index.line_col(error.range.start);
            wrong.push(format!(
                "{}:{}:{}: {}",
                file.display(),
                place.line + 1,
                place.col + 1,
                error.message
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("sources can be read") {
        let path = entry.expect("sources can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "nos") {
            files.push(path);
        }
    }
}
