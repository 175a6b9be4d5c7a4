//! The language's reference, `docs/language/reference.md`, runs: every code sample of its sections 1 to 5 stands verbatim in a program of `tests/page/`,
//! which is run; every name of section 7 is in the library.
//!
//! A wrapping begins with lines that say which samples it runs: `=== SAMPLE` (where the page has `…`, anything may stand), `==* SAMPLE` (a list whose
//! parts are all there), `==- SAMPLE · REASON` (no piece of a program). The program follows, its answers in `# out:` lines, further files behind
//! `+++ PATH`. What does not run yet is in `not-yet.wrap` and is not run.

#![forbid(unsafe_code)]

use nostos_tests::{MODES, check_all, compare, expected, run, workspace};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One program, and the samples it runs.
struct Wrapping {
    file: String,
    line: usize,
    samples: Vec<(Kind, String)>,
    files: Vec<(String, String)>,
    runs: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Verbatim,
    Parts,
    Apart,
}

fn page() -> String {
    std::fs::read_to_string(workspace().join("docs/language/reference.md"))
        .expect("the reference can be read")
}

/// The page's sections, by their numbers.
fn sections(page: &str) -> Vec<(u32, &str)> {
    page.split("\n## ")
        .skip(1)
        .map(|section| {
            let number = section.split('.').next().and_then(|n| n.parse().ok());
            (number.expect("sections are numbered"), section)
        })
        .collect()
}

/// The samples of a section: lines of its code blocks, and what stands between backquotes.
///
/// In blocks wide gaps separate, and what is behind `#` is about the code.
fn samples(section: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut prose = String::new();
    let mut in_block = false;
    for line in section.lines() {
        if line == "```" {
            in_block = !in_block;
        } else if in_block {
            let code = line.split("  #").next().unwrap_or_default().trim();
            found.extend(
                code.split("   ")
                    .map(|piece| piece.trim().to_owned())
                    .filter(|piece| !piece.is_empty()),
            );
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    let between = prose.split('`').skip(1).step_by(2);
    found.extend(between.map(|span| span.replace('\n', " ").trim().to_owned()));
    found
}

fn wrappings() -> Vec<Wrapping> {
    let mut all: Vec<Wrapping> = Vec::new();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(workspace().join("tests/page"))
        .expect("the wrappings can be read")
        .map(|entry| entry.expect("the wrappings can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "wrap"))
        .collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("the wrappings can be read");
        let file = path.file_name().expect("a file").to_string_lossy();
        let mut in_head = false;
        for (number, line) in text.lines().enumerate() {
            let sample = ["=== ", "==* ", "==- "]
                .into_iter()
                .zip([Kind::Verbatim, Kind::Parts, Kind::Apart])
                .find_map(|(mark, kind)| Some((kind, line.strip_prefix(mark)?)));
            if let Some((kind, sample)) = sample {
                if !in_head {
                    all.push(Wrapping {
                        file: file.to_string(),
                        line: number + 1,
                        samples: Vec::new(),
                        files: vec![("main.nos".to_owned(), String::new())],
                        runs: file != "not-yet.wrap",
                    });
                }
                in_head = true;
                let wrapping = all.last_mut().expect("one has begun");
                let sample = match kind {
                    Kind::Apart => sample.split(" · ").next().unwrap_or_default(),
                    _ => sample,
                };
                // Comments behind samples of blocks are about the code.
                let code = match sample.starts_with('#') {
                    true => sample,
                    false => sample.split("  #").next().unwrap_or_default(),
                };
                wrapping.samples.push((kind, code.trim().to_owned()));
                continue;
            }
            in_head = false;
            let Some(wrapping) = all.last_mut() else {
                continue;
            };
            match line.strip_prefix("+++ ") {
                Some(path) => wrapping.files.push((path.to_owned(), String::new())),
                None => {
                    let (_, text) = wrapping.files.last_mut().expect("there is main.nos");
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    all
}

/// Does the text hold the sample? `…` stands for anything.
fn holds(text: &str, sample: &str) -> bool {
    let mut rest = text;
    for part in sample.split('…').map(str::trim) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

fn spaced(sample: &str) -> String {
    sample.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_sample_has_a_program() {
    let page = page();
    let on_page: BTreeSet<String> = sections(&page)
        .into_iter()
        .filter(|(number, _)| *number <= 5)
        .flat_map(|(_, section)| samples(section))
        .map(|sample| spaced(&sample))
        .collect();
    let wrappings = wrappings();
    let wrapped: BTreeSet<String> = wrappings
        .iter()
        .flat_map(|w| w.samples.iter().map(|(_, sample)| spaced(sample)))
        .collect();
    let mut wrong: Vec<String> = Vec::new();
    for sample in on_page.difference(&wrapped) {
        wrong.push(format!("no program in tests/page runs `{sample}`"));
    }
    for sample in wrapped.difference(&on_page) {
        wrong.push(format!("the page has no `{sample}`"));
    }
    for wrapping in &wrappings {
        let text: String = wrapping.files.iter().map(|(_, t)| t.as_str()).collect();
        for (kind, sample) in &wrapping.samples {
            let there = match kind {
                Kind::Verbatim => holds(&text, sample),
                Kind::Parts => sample.split_whitespace().all(|part| holds(&text, part)),
                Kind::Apart => true,
            };
            if !there {
                let (file, line) = (&wrapping.file, wrapping.line);
                wrong.push(format!("{file}:{line}: the program lacks `{sample}`"));
            }
        }
    }
    assert!(on_page.len() > 200, "only {} samples", on_page.len());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_program_runs() {
    let place = std::env::temp_dir().join(format!("nostos-page-{}", std::process::id()));
    let chosen: Vec<Wrapping> = wrappings().into_iter().filter(|w| w.runs).collect();
    check_all("samples of the page", &chosen, |wrapping| {
        let name = format!("{}-{}", wrapping.file, wrapping.line);
        let folder = place.join(&name);
        let (mut answers, mut written) = (String::new(), Ok(()));
        for (path, text) in &wrapping.files {
            answers.push_str(text);
            let file = folder.join(path);
            written = written
                .and_then(|()| std::fs::create_dir_all(file.parent().expect("in the folder")))
                .and_then(|()| std::fs::write(&file, text));
        }
        written.map_err(|e| format!("{name}: {e}"))?;
        compare(&name, &expected(&answers), &run(MODES[1], &folder, &[]))
    });
    std::fs::remove_dir_all(&place).expect("the temporary folder can be removed");
}

/// Words of section 7's samples that are prose: a sample stands within another.
const PROSE: [&str; 5] = ["a", "give", "natural", "truncates", "v"];

/// Is it public in the library: a definition, or a constructor or field of a type?
fn in_library(library: &str, name: &str) -> bool {
    library.lines().any(|line| {
        let line = line.trim_start();
        let Some(public) = line.strip_prefix("pub ") else {
            return false;
        };
        let mut words = public
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty());
        let Some(kind) = words.next() else {
            return false;
        };
        match kind {
            "type" | "var" => words.any(|word| word == name),
            "extern" | "module" | "trait" | "const" | "mvar" | "macro" | "template" => {
                words.next() == Some(name)
            }
            _ => kind == name,
        }
    })
}

#[test]
fn every_name_of_the_library_is_there() {
    let page = page();
    let mut library = String::new();
    for (_, text) in nostos_std::FILES {
        // Types over several lines count as one.
        library.push_str(&text.replace("{\n", "{ ").replace("\n  | ", " | "));
        library.push('\n');
    }
    let section = sections(&page)
        .into_iter()
        .find(|(number, _)| *number == 7)
        .map(|(_, section)| samples(section))
        .expect("there is a section 7");
    let (mut seen, mut missing) = (0, BTreeSet::new());
    for sample in section {
        let mut depth = 0;
        let outside: String = sample
            .chars()
            .map(|c| {
                depth += i32::from(c == '(' || c == '[') - i32::from(c == ')' || c == ']');
                if depth > 0 || c == ')' || c == ']' {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        // What is behind `->` is a type.
        for part in outside.split(' ').filter(|part| !part.is_empty()) {
            for word in part.split(|c: char| !c.is_alphanumeric() && c != '_') {
                let skip = word.is_empty() || PROSE.contains(&word);
                if skip || word.chars().all(|c| c.is_ascii_digit()) {
                    continue;
                }
                seen += 1;
                if !in_library(&library, word) {
                    missing.insert(word.to_owned());
                }
            }
        }
    }
    assert!(seen > 200, "only {seen} names");
    assert!(missing.is_empty(), "not in the library: {missing:?}");
}
