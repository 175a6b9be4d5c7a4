//! One open text: rope, undo tree, selection, colours, diagnostics, what is on disk.
//!
//! Every change goes through [`Document::apply`], which keeps all of these in step. No file is read or written here.

use super::change::{Side, Transaction};
use super::history::History;
use super::known::Known;
use super::motion;
use super::rows::{Folds, Rows};
use super::selection::{Range, Selection};
use super::syntax::Syntax;
use ropey::Rope;
use std::path::PathBuf;
use tree_sitter::{InputEdit, Point};

/// How bad a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Severity {
    /// Code that cannot be loaded.
    Error,
    /// Code that is probably wrong.
    Warning,
    /// Anything else worth saying.
    Note,
}

/// Something to say about a place of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diag {
    /// First character.
    pub from: usize,
    /// Behind the last character.
    pub to: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
    /// From, to, what comes instead: it does what the hint says.
    pub fix: Vec<(usize, usize, String)>,
}

/// When the file was written and how long it is, to notice that somebody else changed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Nanoseconds since the epoch.
    pub modified: u128,
    /// Bytes.
    pub len: u64,
}

/// One open text.
pub struct Document {
    /// Its number for as long as the program runs.
    pub id: usize,
    /// The absolute path.
    pub path: PathBuf,
    /// The path as shown, relative to the project.
    pub name: String,
    text: Rope,
    version: u64,
    history: History,
    saved: usize,
    /// What is selected.
    pub selection: Selection,
    /// First line and first column on the screen.
    pub scroll: (usize, usize),
    /// What is folded.
    pub folds: Folds,
    /// The syntax tree.
    pub syntax: Syntax,
    /// What the analyser says.
    pub diagnostics: Vec<Diag>,
    /// What the analyser knows besides.
    pub known: Known,
    /// What the image said when it refused to load this file.
    pub refused: Vec<Diag>,
    /// The file on disk as last read or written; `None` if it is new.
    pub disk: Option<Stamp>,
    /// The revision the image runs, if it was loaded from here.
    pub loaded: Option<usize>,
    /// The text of that, as far as it is known.
    running: Option<Rope>,
    /// The text the file holds.
    saved_text: Rope,
    /// The revision and text the image was given last and has not answered about.
    pub sent: Option<(usize, Rope)>,
    /// Lines of definitions that are not as the image runs them.
    pub unloaded: Vec<std::ops::Range<usize>>,
    /// The version that was found out for.
    compared: Option<u64>,
    /// The version last given to the parser and the analyser.
    pub asked: Option<u64>,
    /// Selections from which the syntax tree was climbed, to go back down.
    pub expansions: Vec<Selection>,
    /// The version kept beside.
    pub swapped: u64,
    /// The file was changed or removed by somebody else, and that was said.
    pub warned: Option<Option<Stamp>>,
    /// Why the last save did not format it, and whether that was said.
    pub unformatted: Option<(String, bool)>,
    /// What was applied since somebody last looked, for positions that are kept elsewhere.
    pub passed: Vec<Transaction>,
    /// Where lines came or went since somebody last looked: line, lines removed, lines inserted.
    pub line_shifts: Vec<(usize, usize, usize)>,
}

impl Document {
    /// A text as it was read.
    pub fn new(
        id: usize,
        path: PathBuf,
        name: String,
        text: Rope,
        disk: Option<Stamp>,
    ) -> Document {
        let first = if text.len_chars() == 0 {
            Range::point(0)
        } else {
            Range::block(&text, 0)
        };
        Document {
            id,
            path,
            name,
            running: Some(text.clone()),
            saved_text: text.clone(),
            sent: None,
            unloaded: Vec::new(),
            compared: None,
            text,
            version: 0,
            history: History::default(),
            saved: 0,
            selection: Selection::single(first),
            scroll: (0, 0),
            folds: Folds::default(),
            syntax: Syntax::default(),
            diagnostics: Vec::new(),
            known: Known::default(),
            refused: Vec::new(),
            disk,
            loaded: Some(0),
            asked: None,
            expansions: Vec::new(),
            swapped: 0,
            warned: None,
            unformatted: None,
            passed: Vec::new(),
            line_shifts: Vec::new(),
        }
    }

    /// The text.
    pub fn text(&self) -> &Rope {
        &self.text
    }

    /// Counts changes.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Begins counting at `version`, so that answers about an earlier text of this document are told from those about this one.
    pub fn restart_versions(&mut self, version: u64) {
        self.version = version;
    }

    /// Whether the text differs from the file.
    pub fn is_changed(&self) -> bool {
        self.history.revision() != self.saved
    }

    /// The revision, to be remembered with a save or a load.
    pub fn revision(&self) -> usize {
        self.history.revision()
    }

    /// Notes that `revision` is what the file holds.
    pub fn set_saved(&mut self, revision: usize, disk: Option<Stamp>) {
        if revision == self.revision() {
            self.saved_text = self.text.clone();
        }
        self.saved = revision;
        self.disk = disk;
    }

    /// An image starts with what the file holds.
    pub fn image_starts(&mut self) {
        self.loaded = (!self.is_changed()).then(|| self.revision());
        self.running = Some(self.saved_text.clone());
        (self.sent, self.compared) = (None, None);
        self.refused.clear();
    }

    /// The image runs a revision it was sent.
    pub fn image_runs(&mut self, revision: usize) {
        self.loaded = Some(revision);
        if let Some((_, text)) = self.sent.take_if(|(r, _)| *r == revision) {
            (self.running, self.compared) = (Some(text), None);
        }
    }

    /// The text the image runs.
    pub fn running(&self) -> Option<&Rope> {
        self.running.as_ref()
    }

    /// The image runs another text than the one here.
    pub fn runs(&mut self, text: Rope) {
        self.loaded = None;
        (self.running, self.compared) = (Some(text), None);
    }

    /// Finds out which definitions the image does not run as they are here.
    pub fn compare(&mut self) {
        if self.compared == Some(self.version) {
            return;
        }
        self.compared = Some(self.version);
        let running = self.running.as_ref();
        self.unloaded = running.map_or_else(Vec::new, |r| super::unloaded::changed(r, &self.text));
    }

    /// Changes the text and everything that hangs on it; the selection moves along unless given.
    pub fn edit(&mut self, transaction: Transaction, selection: Option<Selection>) {
        if transaction.is_empty() {
            if let Some(selection) = selection {
                self.selection = selection;
            }
            return;
        }
        let before = self.selection.clone();
        self.apply(&transaction);
        self.selection =
            selection.unwrap_or_else(|| transaction.moved_selection(&before, Side::After));
        self.history.record(transaction, &before);
    }

    /// Ends the undo step.
    pub fn commit(&mut self) {
        self.history.commit(&self.selection);
    }

    /// Takes back one step.
    pub fn undo(&mut self) -> bool {
        self.commit();
        let step = self.history.undo();
        self.travel(step)
    }

    /// Does one step again.
    pub fn redo(&mut self) -> bool {
        self.commit();
        let step = self.history.redo();
        self.travel(step)
    }

    /// Goes so many revisions back or forth in time, over all branches.
    pub fn travel_by(&mut self, by: isize) -> bool {
        self.commit();
        let target = self.history.in_time(by);
        self.travel_to(target)
    }

    /// Goes to a revision.
    pub fn travel_to(&mut self, revision: usize) -> bool {
        self.commit();
        let step = self.history.travel(revision);
        self.travel(step)
    }

    /// All revisions.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Takes over the revisions of an earlier session, whose newest text is this one.
    pub fn restore_history(&mut self, history: History) {
        self.saved = history.revision();
        self.loaded = Some(self.saved);
        self.history = history;
    }

    /// Tells the time, for the revisions to come.
    pub fn set_clock(&mut self, now: u64) {
        self.history.clock = now;
    }

    /// Where the newest change is.
    pub fn last_change(&self) -> Option<usize> {
        self.history
            .last_change()
            .map(|at| at.min(self.text.len_chars()))
    }

    fn travel(&mut self, step: Option<(Vec<Transaction>, Selection)>) -> bool {
        let Some((transactions, selection)) = step else {
            return false;
        };
        for transaction in &transactions {
            self.apply(transaction);
        }
        let len = self.text.len_chars();
        self.selection = selection.map(|r| Range::new(r.anchor.min(len), r.head.min(len)));
        true
    }

    fn apply(&mut self, transaction: &Transaction) {
        self.version += 1;
        for change in transaction.changes().iter().rev() {
            let start_byte = self.text.char_to_byte(change.at);
            let start_position = self.point(change.at);
            let end = change.at + change.removed.chars().count();
            let old_end_position = self.point(end);
            self.text.remove(change.at..end);
            self.text.insert(change.at, &change.inserted);
            let breaks = |s: &str| s.matches('\n').count();
            let (removed, inserted) = (breaks(&change.removed), breaks(&change.inserted));
            if removed != inserted {
                // A break inserted at the start of a line moves that line too.
                let first = start_position.row + usize::from(start_position.column > 0);
                self.line_shifts.push((first, removed, inserted));
            }
            let new_end = change.at + change.inserted.chars().count();
            self.syntax.edit(
                self.version,
                InputEdit {
                    start_byte,
                    old_end_byte: start_byte + change.removed.len(),
                    new_end_byte: start_byte + change.inserted.len(),
                    start_position,
                    old_end_position,
                    new_end_position: self.point(new_end),
                },
            );
        }
        self.passed.push(transaction.clone());
        self.expansions.clear();
        let moves = transaction.moves();
        self.known.follow(&moves);
        for diag in self.diagnostics.iter_mut().chain(&mut self.refused) {
            diag.from = moves.moved(diag.from, Side::After);
            diag.to = moves.moved(diag.to, Side::Before).max(diag.from);
            // What was meant there has been written, or something else has.
            let touches = |from: usize, to: usize| {
                let mut all = transaction.changes().iter();
                all.any(|c| c.at <= to && c.at + c.removed.chars().count() >= from)
            };
            if diag.fix.iter().any(|(from, to, _)| touches(*from, *to)) {
                diag.fix.clear();
            }
            for (from, to, _) in &mut diag.fix {
                *from = moves.moved(*from, Side::After);
                *to = moves.moved(*to, Side::Before).max(*from);
            }
        }
    }

    fn point(&self, at: usize) -> Point {
        let row = self.text.char_to_line(at);
        let column = self.text.char_to_byte(at) - self.text.line_to_byte(row);
        Point { row, column }
    }

    /// The block cursor's position.
    pub fn cursor(&self) -> usize {
        self.selection.primary().cursor(&self.text)
    }

    /// The cursor's line, from 0.
    pub fn line(&self) -> usize {
        motion::line_of(&self.text, self.cursor())
    }

    /// The rows its lines make on the screen.
    pub fn rows(&self, wrap: Option<usize>) -> Rows<'_> {
        Rows::new(&self.text, &self.folds, wrap).with_hints(&self.known.hints)
    }

    /// The first row on the screen: line and part of it.
    pub fn top(&self, wrap: Option<usize>) -> (usize, usize) {
        (
            self.scroll.0,
            if wrap.is_some() { self.scroll.1 } else { 0 },
        )
    }

    fn set_top(&mut self, top: (usize, usize), wrap: Option<usize>) {
        self.scroll.0 = top.0;
        if wrap.is_some() {
            self.scroll.1 = top.1;
        }
    }

    /// Puts the row of the cursor so many rows below the top of the window.
    pub fn put_cursor_row(&mut self, below: usize, wrap: Option<usize>) {
        let rows = self.rows(wrap);
        let row = rows.row_of(self.cursor());
        let top = rows.back((row.line, row.part), below);
        self.set_top(top, wrap);
    }

    /// Scrolls by rows; the last line stays on the screen.
    pub fn scroll_by(&mut self, by: isize, wrap: Option<usize>) {
        let (rows, top) = (self.rows(wrap), self.top(wrap));
        let n = by.unsigned_abs();
        let top = if by < 0 {
            rows.back(top, n)
        } else {
            rows.ahead(top, n)
        };
        self.set_top(top, wrap);
    }

    /// All diagnostics, the worst first where they are at one place.
    pub fn all_diagnostics(&self) -> impl Iterator<Item = &Diag> {
        let fresh = self
            .refused
            .iter()
            .filter(|r| !self.diagnostics.iter().any(|d| d.message == r.message));
        self.diagnostics.iter().chain(fresh)
    }

    /// A diagnostic under a character that one key can mend; else one of its line.
    pub fn fixable(&self, at: usize) -> Option<(&Diag, bool)> {
        let line = motion::line_of(&self.text, at.min(self.text.len_chars()));
        let mut all = self.all_diagnostics().filter(|d| !d.fix.is_empty());
        let under = |d: &Diag| d.from <= at && at < d.to.max(d.from + 1);
        let mut there = None;
        let found = all.find(|d| {
            if motion::line_of(&self.text, d.from) == line && there.is_none() {
                there = Some(*d);
            }
            under(d)
        });
        found.map(|d| (d, true)).or(there.map(|d| (d, false)))
    }

    /// A position for a line and a column in characters, both from 0, clamped into the text.
    pub fn position(&self, line: usize, column: usize) -> usize {
        let line = line.min(self.text.len_lines().saturating_sub(1));
        (self.text.line_to_char(line) + column).min(motion::line_end(&self.text, line))
    }
}
