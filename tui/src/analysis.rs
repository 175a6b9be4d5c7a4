//! Questions about source text: what is wrong with it, where is this defined, what is this.
//!
//! Whoever answers is behind [`Analyser`]; it lives on a thread of its own, so it may take its time.

mod answer;
pub mod question;
mod typed;

pub use answer::speaks;

use crate::disk;
use crate::editor::document::{Diag, Severity, Stamp};
use crate::editor::motion;
use question::{Found, Question};
use ropey::Rope;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where something is defined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Definition {
    /// In a file: path, line and column from 0.
    Here(PathBuf, usize, usize),
    /// In the library, which is no file: where, and the text from there on.
    Library(String, String),
}

/// Answers questions about texts that may differ from what is on disk.
pub trait Analyser: Send {
    /// What is wrong with a file.
    fn diagnostics(&mut self, path: &Path, text: &Rope) -> Vec<Diag>;
    /// Where the name at a character is defined.
    fn definition(&mut self, path: &Path, text: &Rope, at: usize) -> Option<Definition>;
    /// What is at a character, in words.
    fn hover(&mut self, path: &Path, text: &Rope, at: usize) -> Option<String>;
    /// A file is open no longer: what counts is what is on disk.
    fn closed(&mut self, _path: &Path) {}
    /// Anything else.
    fn answer(&mut self, _question: &Question) -> Found {
        Found::Nothing
    }
}

/// Knows only what definitions look like; for when nothing better can answer.
pub struct Textual {
    /// The project's directory.
    pub root: PathBuf,
}

impl Analyser for Textual {
    fn diagnostics(&mut self, _path: &Path, _text: &Rope) -> Vec<Diag> {
        Vec::new()
    }

    fn definition(&mut self, path: &Path, text: &Rope, at: usize) -> Option<Definition> {
        let (from, to) = motion::name_at(text, at)?;
        let name = text.slice(from..to).to_string();
        if let Some((line, column)) = defined_in(&text.to_string(), &name) {
            return Some(Definition::Here(path.to_owned(), line, column));
        }
        disk::list(&self.root)
            .into_iter()
            .filter(|f| f.ends_with(".nos"))
            .find_map(|file| {
                let path = self.root.join(file);
                let text = std::fs::read_to_string(&path).ok()?;
                defined_in(&text, &name).map(|(line, column)| Definition::Here(path, line, column))
            })
    }

    fn hover(&mut self, _path: &Path, _text: &Rope, _at: usize) -> Option<String> {
        None
    }
}

/// Asks the language's own analysis, and looks at the text where that has no answer yet.
pub struct Ide {
    analysis: nostos_ide::Analysis,
    textual: Textual,
    loaded: bool,
    /// The files that are known as they were on disk.
    stamps: HashMap<String, Stamp>,
}

impl Ide {
    /// For the project in a directory, which is read when the first question comes.
    pub fn new(root: PathBuf) -> Ide {
        Ide {
            analysis: nostos_ide::Analysis::with_macros(nostos_dap::expander()),
            textual: Textual { root },
            loaded: false,
            stamps: HashMap::new(),
        }
    }

    /// Takes a file from disk.
    fn read(&mut self, file: &str) {
        if let Ok((text, Some(stamp))) = disk::read(&self.textual.root.join(file)) {
            self.analysis.set_file(file, &text.to_string());
            self.stamps.insert(file.to_owned(), stamp);
        }
    }

    /// Tells the analysis about a text; the name it knows the file by.
    fn tell(&mut self, path: &Path, text: &Rope) -> String {
        self.load();
        let name = self.name(path);
        self.analysis.set_file(&name, &text.to_string());
        // It is not as on disk any more.
        self.stamps.remove(&name);
        name
    }

    /// Reads the project, once.
    fn load(&mut self) {
        if self.loaded {
            return;
        }
        self.loaded = true;
        let files = disk::list(&self.textual.root).into_iter();
        for file in files.filter(|f| f.ends_with(".nos")) {
            self.read(&file);
        }
    }

    /// What the analysis calls a file.
    fn name(&self, path: &Path) -> String {
        let name = path.strip_prefix(&self.textual.root).unwrap_or(path);
        name.to_string_lossy().into_owned()
    }
}

impl Analyser for Ide {
    fn diagnostics(&mut self, path: &Path, text: &Rope) -> Vec<Diag> {
        let name = self.tell(path, text);
        let at = |p: nostos_ide::Position| {
            motion::from_utf16(text, p.line as usize, p.character as usize)
        };
        let found = self.analysis.diagnostics(&name).into_iter();
        found
            .map(|d| Diag {
                from: at(d.range.start),
                to: at(d.range.end),
                severity: match d.severity {
                    nostos_ide::Severity::Error => Severity::Error,
                    nostos_ide::Severity::Warning => Severity::Warning,
                },
                message: d.message,
                hint: d.hint,
                fix: d.fix.map_or_else(Vec::new, |fix| {
                    let edits = fix.edits.into_iter();
                    edits
                        .map(|(r, new)| (at(r.start), at(r.end), new))
                        .collect()
                }),
            })
            .collect()
    }

    fn closed(&mut self, path: &Path) {
        if !self.loaded {
            return;
        }
        let name = self.name(path);
        match path.is_file() {
            true => self.read(&name),
            false => self.analysis.remove_file(&name),
        }
    }

    fn definition(&mut self, path: &Path, text: &Rope, at: usize) -> Option<Definition> {
        const LINES: usize = 30;
        let name = self.tell(path, text);
        let Some(place) = self.analysis.definition(&name, position(text, at)) else {
            return self.textual.definition(path, text, at);
        };
        let (line, column) = (
            place.range.start.line as usize,
            place.range.start.character as usize,
        );
        let file = self.textual.root.join(&place.path);
        if file.is_file() {
            return Some(Definition::Here(file, line, column));
        }
        let library = self.analysis.text(&place.path)?;
        // What is said above a definition belongs to it.
        let lines: Vec<&str> = library.lines().collect();
        let said = lines[..line.min(lines.len())]
            .iter()
            .rev()
            .take_while(|l| l.starts_with('#'))
            .count();
        let shown = lines.iter().skip(line - said).take(said + LINES);
        let end = shown
            .clone()
            .skip(said + 1)
            .position(|l| l.is_empty())
            .map_or(said + LINES, |n| n + said + 1);
        let text: Vec<&str> = shown.take(end).copied().collect();
        Some(Definition::Library(
            format!("{}:{}", place.path, line + 1),
            text.join("\n"),
        ))
    }

    fn hover(&mut self, path: &Path, text: &Rope, at: usize) -> Option<String> {
        let name = self.tell(path, text);
        let hover = self.analysis.hover(&name, position(text, at))?;
        let lines = hover.text.lines().filter(|l| !l.starts_with("```"));
        Some(lines.collect::<Vec<_>>().join("\n"))
    }

    fn answer(&mut self, question: &Question) -> Found {
        self.answered(question)
    }
}

fn position(text: &Rope, at: usize) -> nostos_ide::Position {
    let line = motion::line_of(text, at);
    let units: usize = text
        .slice(text.line_to_char(line)..at.min(text.len_chars()))
        .chars()
        .map(char::len_utf16)
        .sum();
    nostos_ide::Position {
        line: line as u32,
        character: units as u32,
    }
}

/// The first line that looks like the definition of a name.
fn defined_in(text: &str, name: &str) -> Option<(usize, usize)> {
    const BEFORE: &[&str] = &[
        "pub ",
        "private ",
        "type ",
        "trait ",
        "module ",
        "macro ",
        "const ",
        "var ",
        "mvar ",
        "template ",
        "extern ",
    ];
    for (n, line) in text.lines().enumerate() {
        let mut rest = line.trim_start();
        let indented = rest.len() < line.len();
        let mut said = false;
        while let Some(tail) = BEFORE.iter().find_map(|b| rest.strip_prefix(b)) {
            rest = tail.trim_start();
            said = true;
        }
        let Some(tail) = rest.strip_prefix(name) else {
            continue;
        };
        let next = tail.trim_start().chars().next();
        let joined = tail.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        // `name(…) =`, `name = …`, `name: T = …`; a call stands alone, so inside a block an `=` is wanted.
        let equals = tail.contains('=') && !tail.trim_start().starts_with("==");
        let defines = said
            || (!indented && matches!(next, Some('(' | '=' | ':' | '[')))
            || (indented && matches!(next, Some('(')) && equals);
        if !joined && defines {
            return Some((n, line.len() - rest.len()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_told_from_uses() {
        let text =
            "main() = run(1)\n\npub run(n) =\n  helper(n)\n\nhelper(n) = n\ntype Msg = Stop\n";
        assert_eq!(defined_in(text, "run"), Some((2, 4)));
        assert_eq!(defined_in(text, "helper"), Some((5, 0)));
        assert_eq!(defined_in(text, "Msg"), Some((6, 5)));
        assert_eq!(defined_in(text, "n"), None);
    }
}
