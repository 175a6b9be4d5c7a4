//! Questions and answers in files: a project's texts with a mark `<|>` where the question is asked, and what is told.
#![forbid(unsafe_code)]
#![allow(clippy::expect_used, reason = "tests")]

use nostos_ide::{Analysis, DocumentSymbol, Place, Position};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

const MARK: &str = "<|>";

struct Case {
    question: String,
    files: Vec<(String, String)>,
    path: String,
    at: Position,
}

impl Case {
    fn of(question: &str, body: &str) -> Case {
        let (mut files, mut path, mut at) = (Vec::new(), String::new(), Position::default());
        for part in body.split("\n--- ").skip(1) {
            let (name, text) = part.split_once('\n').unwrap_or((part, ""));
            if name == "answer" {
                break;
            }
            let mut text = format!("{text}\n");
            if let Some(mark) = text.find(MARK) {
                let before = &text[..mark];
                let line = before.rsplit('\n').next().unwrap_or(before);
                at = Position {
                    line: before.matches('\n').count() as u32,
                    character: line.encode_utf16().count() as u32,
                };
                path = name.to_owned();
                text = text.replacen(MARK, "", 1);
            } else if path.is_empty() && files.is_empty() {
                path = name.to_owned();
            }
            files.push((name.to_owned(), text));
        }
        Case {
            question: question.to_owned(),
            files,
            path,
            at,
        }
    }

    fn answer(&self, analysis: &mut Analysis) -> String {
        let out = self.answer_of(analysis);
        for (path, _) in &self.files {
            analysis.remove_file(path);
        }
        out
    }

    fn answer_of(&self, analysis: &mut Analysis) -> String {
        for (path, text) in &self.files {
            analysis.set_file(path, text);
        }
        let (kind, rest) = self
            .question
            .split_once(' ')
            .unwrap_or((&self.question, ""));
        let (path, at) = (self.path.as_str(), self.at);
        let mut out = String::new();
        match kind {
            "symbols" => {
                for symbol in analysis.document_symbols(path) {
                    outline(&mut out, &symbol, 0);
                }
            }
            "workspace" => {
                for symbol in analysis.workspace_symbols(rest) {
                    let place = shown(&symbol.place);
                    writeln!(
                        out,
                        "{:?} {} in `{}` {place}",
                        symbol.kind, symbol.name, symbol.container
                    )
                    .expect("text");
                }
            }
            "references" => {
                for place in analysis.references(path, at, true) {
                    writeln!(out, "{}", self.line(&place)).expect("text");
                }
            }
            "highlight" => {
                for range in analysis.highlight(path, at) {
                    writeln!(out, "{}", span(&range)).expect("text");
                }
            }
            "definition" => match analysis.definition(path, at) {
                Some(place) => writeln!(out, "{}", shown(&place)).expect("text"),
                None => out += "nothing\n",
            },
            "rename" => match analysis.rename(path, at, rest) {
                Ok(edits) => {
                    for (path, text) in &self.files {
                        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                        let own = edits.iter().filter(|edit| edit.place.path == *path);
                        for edit in own.rev() {
                            let Range { start, end } = &edit.place.range;
                            let line = &mut lines[start.line as usize];
                            line.replace_range(
                                start.character as usize..end.character as usize,
                                &edit.text,
                            );
                        }
                        let changed = lines.iter().zip(text.lines()).filter(|(a, b)| *a != b);
                        for (line, _) in changed {
                            writeln!(out, "{path}: {line}").expect("text");
                        }
                    }
                }
                Err(why) => writeln!(out, "refused: {why}").expect("text"),
            },
            "complete" => {
                let found = analysis.completion(path, at);
                // What the library and the language add would drown the rest.
                let own = found.iter().filter(|found| found.rank < 4 || rest == "all");
                for found in own {
                    let detail = found.detail.as_deref().unwrap_or_default();
                    let doc = found.documentation.as_deref().unwrap_or_default();
                    writeln!(
                        out,
                        "{:?} {} | {detail} | {}",
                        found.kind,
                        found.label,
                        doc.replace('\n', " ")
                    )
                    .expect("text");
                }
            }
            "signature" => match analysis.signature_help(path, at) {
                Some(help) => {
                    for (at, signature) in help.signatures.iter().enumerate() {
                        let mark = if at == help.active { "*" } else { " " };
                        let param = signature.params.get(help.param).map_or("-", String::as_str);
                        writeln!(out, "{mark} {} | {param}", signature.label).expect("text");
                    }
                }
                None => out += "nothing\n",
            },
            "hints" => {
                for (line, text) in self.files[0].1.lines().enumerate() {
                    let mut line_text = text.to_owned();
                    let hints = analysis.inlay_hints(path, line as u32..line as u32 + 1);
                    for hint in hints.iter().rev() {
                        line_text
                            .insert_str(hint.at.character as usize, &format!("«{}»", hint.text));
                    }
                    writeln!(out, "{line_text}").expect("text");
                }
            }
            "folds" => {
                for (start, end) in analysis.folding_ranges(path) {
                    writeln!(out, "{start}-{end}").expect("text");
                }
            }
            "selections" => {
                for range in analysis.selection_ranges(path, at) {
                    writeln!(out, "{}", span(&range)).expect("text");
                }
            }
            other => panic!("no question `{other}`"),
        }
        out
    }

    /// The place with its line, the name marked.
    fn line(&self, place: &Place) -> String {
        let text = self.files.iter().find(|(path, _)| *path == place.path);
        let line = text.and_then(|(_, text)| text.lines().nth(place.range.start.line as usize));
        let mut line = line.unwrap_or_default().to_owned();
        if line.is_ascii() {
            line.insert(place.range.end.character as usize, ']');
            line.insert(place.range.start.character as usize, '[');
        }
        format!("{}:{} {line}", place.path, place.range.start.line)
    }
}

fn outline(out: &mut String, symbol: &DocumentSymbol, depth: usize) {
    let indent = "  ".repeat(depth);
    let (range, name) = (span(&symbol.range), span(&symbol.name_range));
    writeln!(
        out,
        "{indent}{:?} {} {range} name {name}",
        symbol.kind, symbol.name
    )
    .expect("text");
    for inner in &symbol.inner {
        outline(out, inner, depth + 1);
    }
}

fn span(range: &Range<Position>) -> String {
    let Range { start, end } = range;
    format!(
        "{}:{}-{}:{}",
        start.line, start.character, end.line, end.character
    )
}

fn shown(place: &Place) -> String {
    format!("{} {}", place.path, span(&place.range))
}

#[test]
fn answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    let mut analysis = Analysis::new();
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a text");
        let mut blessed = String::new();
        for case in text.split("=== ").skip(1) {
            let (question, body) = case.split_once('\n').expect("a question");
            let body = format!("\n{body}");
            let (asked, expected) = body
                .split_once("\n--- answer\n")
                .unwrap_or((body.trim_end(), ""));
            let answer = Case::of(question, asked).answer(&mut analysis);
            if answer.trim_end() != expected.trim_end() {
                writeln!(
                    wrong,
                    "{}: {question}{asked}\n--- expected\n{expected}\n--- got\n{answer}",
                    path.display()
                )
                .expect("text");
            }
            writeln!(blessed, "=== {question}{asked}\n--- answer\n{answer}").expect("text");
        }
        if bless {
            std::fs::write(&path, blessed).expect("written");
        }
    }
    assert!(bless || wrong.is_empty(), "{wrong}");
}
