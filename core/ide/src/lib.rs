//! Questions an editor asks about source text: plain data in, plain data out. Pure: no files, no image, no protocol.
//!
//! An [`Analysis`] holds the texts of one project as they stand in the editor, and the library. Positions are lines and UTF-16 columns from 0,
//! as editors count them.
#![forbid(unsafe_code)]

mod ask;
mod body;
mod calls;
mod complete;
mod cursor;
mod fixes;
mod hints;
mod names;
mod references;
mod symbols;

pub use calls::{Signature, SignatureHelp};
pub use complete::{Completion, CompletionKind};
pub use fixes::Fix;
pub use hints::InlayHint;
pub use references::{Edit, Renaming};
pub use symbols::{DocumentSymbol, SymbolKind, WorkspaceSymbol};

use ask::Ask;

use cursor::Found;
use nostos_check::deep::deep;
use nostos_check::expand::render::readable;
use nostos_check::hir::{Body, FnDef, Span};
use nostos_check::query::{self, Database, Origin};
use nostos_check::ty::FileId;
use nostos_syntax::{LineCol, LineIndex};
use std::ops::Range;

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
    /// What does it, where that is certain.
    pub fix: Option<Fix>,
    /// Other places that matter, each with a note.
    pub related: Vec<(Place, String)>,
}

/// What is told of the thing under the cursor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Hover {
    /// The thing.
    pub range: Range<Position>,
    /// Markdown.
    pub text: String,
}

/// The texts of a project and what they mean.
pub struct Analysis {
    db: Database,
    expander: Option<std::sync::Arc<dyn nostos_check::expand::Expander>>,
}

impl Default for Analysis {
    fn default() -> Self {
        Analysis::new()
    }
}

impl Analysis {
    /// As [`Analysis::new`], with something to run macros by.
    pub fn with_macros(expander: std::sync::Arc<dyn nostos_check::expand::Expander>) -> Self {
        let mut analysis = Analysis::new();
        analysis.db.set_expander(expander.clone());
        analysis.expander = Some(expander);
        analysis
    }

    /// The library and nothing else.
    pub fn new() -> Self {
        let mut db = Database::new();
        for (path, text) in nostos_std::FILES {
            db.set_file(path, text, Origin::Std);
        }
        Analysis { db, expander: None }
    }

    /// Adds a file or changes its text. `path` is relative to the project's folder, with `/` between names: it says which module the file is.
    pub fn set_file(&mut self, path: &str, text: &str) {
        self.db.set_file(path, text, Origin::Project);
    }

    /// The file is gone.
    pub fn remove_file(&mut self, path: &str) {
        self.db.remove_file(path);
    }

    /// The text of a file, of the library too.
    pub fn text(&self, path: &str) -> Option<std::sync::Arc<str>> {
        self.db.file_id(path).map(|file| self.db.text(file))
    }

    /// What is wrong with a file. Empty for a file that is not there.
    pub fn diagnostics(&self, path: &str) -> Vec<Diagnostic> {
        let Some(file) = self.db.file_id(path) else {
            return Vec::new();
        };
        // The text may be nested as deeply as it likes, and whoever asks may have a small stack. The clone is gone before anything is set.
        let db = self.db.clone();
        let mut found: Vec<Diagnostic> = deep(move || query::file_diagnostics(&db, file))
            .into_iter()
            .filter(|diagnostic| diagnostic.file == file)
            .map(|diagnostic| self.diagnostic(&diagnostic))
            .collect();
        for found in &mut found {
            found.fix = self.fix(path, found);
        }
        found.sort_by_key(|diagnostic| diagnostic.range.start);
        found
    }

    /// The type of what is at a place: of a local with its name, of a function its signature.
    pub fn hover(&self, path: &str, at: Position) -> Option<Hover> {
        self.with_found(path, at, |def, body, found, span| {
            let text = match found {
                // What a macro made, where nothing of its call is meant.
                _ if made_of(body, span).is_some() => made_of(body, span)?,
                Found::Local(local) => {
                    let local = &body.locals[local.0 as usize];
                    format!("{}: {}", local.name, query::render_ty(&self.db, &local.ty))
                }
                Found::Function(id) => query::render_signature(&self.db, id),
                Found::Value(ty) => query::render_ty(&self.db, ty),
            };
            let range = def.start + span.start..def.start + span.end;
            Some(Hover {
                range: self.place(def.file, &range).range,
                text: format!("```nostos\n{text}\n```"),
            })
        })
    }

    /// Where the thing at a place is defined.
    pub fn definition(&self, path: &str, at: Position) -> Option<Place> {
        self.ask(path, |ask, file| ask.definition(file, at))
    }

    /// What a file defines, in the order of its text. Empty for a file that is not there.
    pub fn document_symbols(&self, path: &str) -> Vec<DocumentSymbol> {
        self.ask(path, |ask, file| Some(ask.document_symbols(file)))
            .unwrap_or_default()
    }

    /// What the project defines whose name has these letters in this order.
    pub fn workspace_symbols(&self, letters: &str) -> Vec<WorkspaceSymbol> {
        let db = self.db.clone();
        deep(move || Ask { db: &db }.workspace_symbols(letters))
    }

    /// All places of the project that refer to what the name at a place refers to; with `definition`, where it is defined too.
    pub fn references(&self, path: &str, at: Position, definition: bool) -> Vec<Place> {
        self.ask(path, |ask, file| ask.references(file, at, definition))
            .unwrap_or_default()
    }

    /// The same within the file.
    pub fn highlight(&self, path: &str, at: Position) -> Vec<Range<Position>> {
        self.ask(path, |ask, file| ask.highlight(file, at))
            .unwrap_or_default()
    }

    /// The name at a place, if it can be renamed.
    ///
    /// # Errors
    /// A sentence that says why it cannot.
    pub fn prepare_rename(&self, path: &str, at: Position) -> Result<Renaming, String> {
        self.ask(path, |ask, file| Some(ask.prepare_rename(file, at)))
            .unwrap_or_else(|| Err(references::NOTHING.to_owned()))
    }

    /// The edits that give what the name at a place refers to another name, everywhere.
    ///
    /// # Errors
    /// A sentence that says why it cannot have it.
    pub fn rename(&self, path: &str, at: Position, new: &str) -> Result<Vec<Edit>, String> {
        self.checked_rename(path, at, new)
    }

    /// What could stand at a place, nearest first.
    pub fn completion(&mut self, path: &str, at: Position) -> Vec<Completion> {
        self.completions(path, at).unwrap_or_default()
    }

    /// The signatures of what is called around a place.
    pub fn signature_help(&mut self, path: &str, at: Position) -> Option<SignatureHelp> {
        self.signatures(path, at)
    }

    /// The types that some lines of a file leave out.
    pub fn inlay_hints(&self, path: &str, lines: Range<u32>) -> Vec<InlayHint> {
        self.ask(path, |ask, file| ask.inlay_hints(file, &lines))
            .unwrap_or_default()
    }

    /// First and last lines of what can be folded.
    pub fn folding_ranges(&self, path: &str) -> Vec<(u32, u32)> {
        self.ask(path, |ask, file| ask.folds(file))
            .unwrap_or_default()
    }

    /// The stretches around a place, each larger than the one before.
    pub fn selection_ranges(&self, path: &str, at: Position) -> Vec<Range<Position>> {
        self.ask(path, |ask, file| ask.selections(file, at))
            .unwrap_or_default()
    }

    /// Answers a question about a file, with a deep stack: the text may be nested as deeply as it likes.
    fn ask<T: Send>(
        &self,
        path: &str,
        question: impl FnOnce(&Ask<'_>, FileId) -> Option<T> + Send,
    ) -> Option<T> {
        let file = self.db.file_id(path)?;
        let db = self.db.clone();
        deep(move || {
            query::check(&db);
            question(&Ask { db: &db }, file)
        })
    }

    fn with_found<T>(
        &self,
        path: &str,
        at: Position,
        f: impl FnOnce(
            &FnDef,
            &nostos_check::hir::Body,
            Found<'_>,
            nostos_check::hir::Span,
        ) -> Option<T>,
    ) -> Option<T> {
        let file = self.db.file_id(path)?;
        let db = self.db.clone();
        deep(move || query::check(&db));
        let index = self.db.line_index(file);
        let at = LineCol {
            line: at.line,
            col: at.character,
        };
        let offset = index.offset_utf16(at)?;
        let holds = |def: &FnDef| def.start <= offset && offset < def.start + def.len;
        let def = query::functions_of_file(&self.db, file)
            .into_iter()
            .map(|id| query::fn_def(&self.db, id))
            .filter(|def| holds(def))
            .min_by_key(|def| def.len)?;
        let body = query::body(&self.db, def.id)?;
        let (found, span) = cursor::find(&body, offset - def.start)?;
        f(&def, &body, found, span)
    }

    fn diagnostic(&self, from: &nostos_check::diagnostic::Diagnostic) -> Diagnostic {
        let related = from
            .related
            .iter()
            .map(|(file, range, note)| (self.place(*file, range), note.clone()))
            .collect();
        Diagnostic {
            range: self.place(from.file, &from.range).range,
            severity: match from.severity {
                nostos_check::diagnostic::Severity::Error => Severity::Error,
                nostos_check::diagnostic::Severity::Warning => Severity::Warning,
            },
            message: from.message.clone(),
            hint: from.hint.clone(),
            fix: None,
            related,
        }
    }

    fn place(&self, file: FileId, range: &Range<u32>) -> Place {
        let index = self.db.line_index(file);
        Place {
            path: self.db.path(file).to_string(),
            range: position(&index, range.start)..position(&index, range.end),
        }
    }
}

/// The text that a macro made of the call that stands there.
fn made_of(body: &Body, span: Span) -> Option<String> {
    let mut made = body.expansions.iter();
    let made = made.find(|made| made.call == span)?;
    let kept = made.kept.iter().cloned().collect();
    let text = readable(&made.text, &kept);
    // Where its quote stands in the macro says nothing here.
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let written = text.trim().lines().filter(|line| !line.trim().is_empty());
    let common = written.skip(1).map(indent).min().unwrap_or(0);
    let lines = text.trim().lines();
    let lines: Vec<&str> = lines
        .map(|line| &line[common.min(indent(line))..])
        .collect();
    Some(lines.join("\n"))
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
        analysis.set_file("main.nos", "main() = helper(1)\n");
        let found = analysis.diagnostics("main.nos");
        assert_eq!(found.len(), 1, "{found:?}");
        let at = |line, character| Position { line, character };
        assert_eq!(found[0].range, at(0, 9)..at(0, 15));
        assert!(found[0].message.contains("helper"), "{found:?}");
        analysis.set_file("main.nos", "main() = helper(1)\nhelper(n) = n + 1\n");
        assert_eq!(analysis.diagnostics("main.nos"), []);
        // Columns are UTF-16 units: the character before the mark takes two.
        analysis.set_file("main.nos", "main() = 1\nf() = \"\u{1f600}\" )\n");
        assert_eq!(analysis.diagnostics("main.nos")[0].range.start, at(1, 11));
        analysis.remove_file("main.nos");
        assert_eq!(analysis.diagnostics("main.nos"), []);
    }

    #[test]
    fn a_name_that_is_missing_behind_a_dot_is_told_once() {
        let mut analysis = Analysis::new();
        let text = "use std.list\ntype P = { x: Int }\nf(p: P) = p.\nmain() = {\n  a = list.\n  P(1).\n  a\n}\n";
        analysis.set_file("main.nos", text);
        let found = analysis.diagnostics("main.nos");
        assert_eq!(found.len(), 3, "{found:?}");
        for diagnostic in found {
            let message = diagnostic.message;
            assert!(
                message.starts_with("expected a field or method name"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_change_in_one_file_is_seen_from_another() {
        let mut analysis = Analysis::new();
        analysis.set_file("main.nos", "use money.double\nmain() = double(2)\n");
        analysis.set_file("money.nos", "pub double(n: Int) -> Int = n * 2\n");
        assert_eq!(analysis.diagnostics("main.nos"), []);
        analysis.set_file("money.nos", "pub double(n: String) -> String = n ++ n\n");
        let found = analysis.diagnostics("main.nos");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].severity, Severity::Error);
        assert_eq!(analysis.diagnostics("money.nos"), []);
    }

    #[test]
    fn the_cursor_knows_types_and_definitions() {
        let mut analysis = Analysis::new();
        analysis.set_file(
            "main.nos",
            "use money.double\nmain() = {\n  n = 3\n  total = double(n)\n  total + 1\n}\n",
        );
        analysis.set_file("money.nos", "# Money.\npub double(n: Int) -> Int = n * 2\n");
        let at = |line, character| Position { line, character };
        let hover = |place| analysis.hover("main.nos", place).map(|hover| hover.text);
        assert_eq!(
            hover(at(4, 3)).as_deref(),
            Some("```nostos\ntotal: Int\n```")
        );
        assert!(hover(at(3, 12)).is_some_and(|text| text.contains("double(n: Int) -> Int")));
        assert_eq!(hover(at(5, 0)), None);
        let definition = |place| analysis.definition("main.nos", place);
        let n = definition(at(3, 17)).expect("a local");
        assert_eq!((n.path.as_str(), n.range), ("main.nos", at(2, 2)..at(2, 3)));
        let double = definition(at(3, 12)).expect("a function");
        assert_eq!(
            (double.path.as_str(), double.range.start.line),
            ("money.nos", 1)
        );
    }
}
