//! Questions and answers in one file: `tests/format/*.nos` of the workspace hold a source, a line `# ---- formatted ----`, and what the formatter
//! makes of it, or `# error: …`. `BLESS=1` rewrites the answers. And what holds for every program, damaged ones too.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

use nostos_format::{Refused, applied, edits, edits_in, format};
use nostos_syntax::{Kind, parse};
use nostos_tests::workspace;

const MARK: &str = "# ---- formatted ----\n";

#[test]
fn cases() {
    let mut files = Vec::new();
    collect(&workspace().join("tests/format"), &mut files);
    assert!(files.len() > 5, "the cases are found");
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a case can be read");
        let (question, answer) = text.split_once(MARK).unwrap_or((&text, ""));
        let found = match format(question) {
            Ok(formatted) => formatted,
            Err(refused) => format!("# error: {refused}\n"),
        };
        if found == answer {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let text = format!("{question}{MARK}{found}");
            std::fs::write(&file, text).expect("a case can be written");
        } else {
            wrong.push(format!("{}:\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn code(text: &str) -> Vec<String> {
    let parsed = parse(text);
    let tokens = parsed.tree().tokens();
    let words = tokens.filter(|t| {
        !t.kind().is_trivia() && !matches!(t.kind(), Kind::Comma | Kind::Semicolon | Kind::Pipe)
    });
    words.map(|t| t.text().to_owned()).collect()
}

/// Formatting what is formatted changes nothing, the edits make what `format` makes, and no comment is lost.
fn check(name: &str, text: &str) {
    let formatted = match format(text) {
        Ok(formatted) => formatted,
        Err(Refused::Mistakes { .. }) => return,
        Err(Refused::Unsure) => panic!("{name}: another program\n{text}"),
    };
    match format(&formatted) {
        Ok(again) => assert_eq!(again, formatted, "{name}: formatted twice\n{text}"),
        Err(refused) => panic!("{name}: formatted twice: {refused}\n{text}"),
    }
    let all = edits(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let edited = applied(text, &all);
    // Part of it is the same program too, or is not given.
    let part = |from, to| text.len() * from / 12..text.len() * to / 12;
    for parts in [&[part(4, 6)][..], &[part(7, 9), part(1, 4), part(2, 3)]] {
        if let Ok(some) = edits_in(text, parts) {
            assert_eq!(code(text), code(&applied(text, &some)), "{name}: a part");
            let touched = |e: &&nostos_format::Edit| {
                let touches =
                    |r: &std::ops::Range<usize>| e.range.start <= r.end && e.range.end >= r.start;
                parts.iter().any(touches)
            };
            let wanted: Vec<_> = all.iter().filter(touched).cloned().collect();
            assert_eq!(some, wanted, "{name}: a part");
        }
    }
    assert_eq!(edited, formatted, "{name}: by its edits");
    let comments = |text: &str| {
        let parsed = parse(text);
        let is_comment = |kind| {
            matches!(
                kind,
                Kind::LineComment | Kind::DocComment | Kind::BlockComment
            )
        };
        parsed
            .tree()
            .tokens()
            .filter(|t| is_comment(t.kind()))
            .count()
    };
    assert_eq!(comments(text), comments(&formatted), "{name}: comments");
    assert_eq!(code(text), code(&formatted), "{name}: words");
}

#[test]
fn every_program_of_ours() {
    for file in programs() {
        let text = std::fs::read_to_string(&file).expect("a program can be read");
        check(&file.display().to_string(), &text);
    }
}

/// Blanks and ends of lines at random places, tokens lost and doubled: what still is a program stays that program.
#[test]
fn damaged_programs() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let files = programs();
    let mut formatted = 0;
    for round in 0..400 {
        let file = &files[next(files.len())];
        let text = std::fs::read_to_string(file).expect("a program can be read");
        let parsed = parse(&text);
        let mut tokens: Vec<String> = parsed.tree().tokens().map(|t| t.text().into()).collect();
        for _ in 0..1 + next(4) {
            let at = next(tokens.len());
            match next(6) {
                0 => drop(tokens.remove(at.min(tokens.len() - 1))),
                1 => tokens.insert(at, tokens[next(tokens.len())].clone()),
                2 => tokens.insert(at, "\n".into()),
                3 => tokens.insert(at, "  ".into()),
                4 => tokens.insert(at, " # a comment\n".into()),
                _ => tokens.insert(at, " #* a\ncomment *# ".into()),
            }
        }
        let damaged = tokens.concat();
        formatted += usize::from(format(&damaged).is_ok());
        check(&format!("round {round}, {}", file.display()), &damaged);
    }
    assert!(formatted > 50, "only {formatted} could be formatted");
}

#[test]
fn mistakes_are_left_alone() {
    let text = "f( = 1\n";
    let Err(Refused::Mistakes { at, message, .. }) = format(text) else {
        panic!("a mistake is said");
    };
    assert!(at > 0 && !message.is_empty());
}

#[test]
fn what_is_deep_is_formatted() {
    for (name, open, close) in [
        ("parentheses", "(", ")"),
        ("lists", "[1, ", "]"),
        ("calls in calls", "f(1, x => ", ")"),
        ("blocks", "{ a; ", " }"),
        ("matches", "match a { b -> ", " }"),
        ("conditions", "if (if a then ", " else b) then 1 else 2"),
    ] {
        let deep = format!("x = {}1{}\n", open.repeat(240), close.repeat(240));
        check(name, &deep);
        let broken = format!("x = {}1{}\n", open.repeat(60), close.repeat(60));
        check(name, &broken.replace(", ", ",\n").replace("; ", "\n"));
    }
    let long = format!("x = 1{}\n", " + 1".repeat(3000));
    check("a sum", &long);
    let calls = format!("x = f{}\n", ".g(1)".repeat(1000));
    check("calls", &calls);
    let ifs = format!("f(x) = {}0\n", "if x then 1 else ".repeat(1000));
    check("else if", &ifs);
}

fn programs() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["std", "examples", "tests", "bench", "docs"] {
        collect(&workspace().join(folder), &mut files);
    }
    assert!(files.len() > 1000, "the corpus is found");
    files
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(dir).expect("sources can be read");
    let mut paths: Vec<_> = entries
        .map(|e| e.expect("sources can be read").path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "nos") {
            files.push(path);
        }
    }
}
