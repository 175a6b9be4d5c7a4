//! Questions an editor asks about source text: plain data in, plain data out. Pure: no files, no image, no protocol.
//!
//! An [`Analysis`] holds the texts of one project as they stand in the editor. So far it knows their syntax. Positions are lines and UTF-16 columns from 0,
//! as editors count them.
#![forbid(unsafe_code)]

use nostos_syntax::{LineCol, LineIndex, SyntaxError};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A place between two characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PartialOrd, Ord)]
pub struct Position {
    /// From 0.
    pub line: u32,
    /// In UTF-16 units, from 0.
    pub character: u32,
}

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Severity {
    /// The program does not run.
    Error,
    /// It runs.
    Warning,
}

/// A stretch of a file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// As it was given to [`Analysis::set_file`]; `std/…` for the library.
    pub path: String,
    /// From where to where.
    pub range: Range<Position>,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    /// Where.
    pub range: Range<Position>,
    /// How bad.
    pub severity: Severity,
    /// The sentence.
    pub message: String,
    /// What to do about it, where known.
    pub hint: Option<String>,
    /// Other places that matter, each with a note.
    pub related: Vec<(Place, String)>,
}

/// The texts of a project and what is wrong with them.
#[derive(Default)]
pub struct Analysis {
    files: BTreeMap<String, Arc<str>>,
}

impl Analysis {
    /// Without files.
    pub fn new() -> Self {
        Analysis::default()
    }

    /// Adds a file or changes its text. `path` is relative to the project's folder, with `/` between names: it says which module the file is.
    pub fn set_file(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.into());
    }

    /// The file is gone.
    pub fn remove_file(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        self.files.get(path).cloned()
    }

    /// What is wrong with a file, in order. Empty for a file that is not there.
    pub fn diagnostics(&self, path: &str) -> Vec<Diagnostic> {
        let Some(text) = self.files.get(path) else {
            return Vec::new();
        };
        let index = LineIndex::new(text);
        let parsed = nostos_syntax::parse(text);
        let mut found: Vec<Diagnostic> = parsed
            .errors()
            .iter()
            .map(|error| diagnostic(&index, error))
            .collect();
        found.sort_by_key(|diagnostic| diagnostic.range.start);
        found
    }
}

fn diagnostic(index: &LineIndex, error: &SyntaxError) -> Diagnostic {
    let at = |offset| position(index, offset);
    Diagnostic {
        range: at(error.range.start)..at(error.range.end),
        severity: Severity::Error,
        message: error.message.clone(),
        hint: error.hint.clone(),
        related: Vec::new(),
    }
}

fn position(index: &LineIndex, offset: u32) -> Position {
    let LineCol { line, col } = index.line_col_utf16(offset);
    Position {
        line,
        character: col,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_text_changes_what_is_wrong() {
        let mut analysis = Analysis::new();
        analysis.set_file("main.nos", "main() = 1\n");
        assert_eq!(analysis.diagnostics("main.nos"), []);
        // The column is in UTF-16 units: the character before the mark takes two.
        analysis.set_file("main.nos", "main() = 1\nf() = \"\u{1f600}\" )\n");
        let found = analysis.diagnostics("main.nos");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].range.start,
            Position {
                line: 1,
                character: 11
            }
        );
        analysis.remove_file("main.nos");
        assert_eq!(analysis.diagnostics("main.nos"), []);
    }
}
