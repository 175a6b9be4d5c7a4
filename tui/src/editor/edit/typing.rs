//! Text that comes in or goes: typed, pasted, erased around the cursors.

use super::{finish, whole_lines};
use crate::editor::change::{Side, Transaction};
use crate::editor::document::Document;
use crate::editor::indent::{Indenter, indent_of};
use crate::editor::motion::line_of;
use crate::editor::selection::{Range, Selection};
use crate::editor::{Editor, Mode};
use ropey::Rope;

/// Types text at every cursor, over what is selected.
pub fn type_text(editor: &mut Editor, typed: &str) {
    type_pieces(editor, &[typed.to_owned()]);
}

/// Lines that begin with what was just typed, and it closes something, go back to where that began.
pub fn outdent(editor: &mut Editor) {
    let language = editor.language.clone();
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let closes = |at: usize| {
        let line = line_of(&text, at);
        let before = text.slice(text.line_to_char(line)..at).to_string();
        let is_closer = matches!(before.trim_start(), "}" | ")" | "]" | "end");
        (is_closer && before.starts_with([' ', '\t'])).then_some(line)
    };
    let ranges = doc.selection.ranges().iter();
    let lines: Vec<usize> = ranges.filter_map(|r| closes(r.head)).collect();
    // Nothing is parsed for other keys.
    if lines.is_empty() || doc.syntax.tree().is_none() {
        return;
    }
    let indenter = Indenter::new(&text, language.as_deref(), doc.syntax.tree());
    let edit = |line: usize| {
        let start = text.line_to_char(line);
        let own = indent_of(&text, line).chars().count();
        let put = indenter.outdented(line)?;
        Some((start, start + own, put))
    };
    let edits = lines.into_iter().filter_map(edit).collect();
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, None);
}

/// Types one piece at each cursor; the last one serves all that are left.
pub fn type_pieces(editor: &mut Editor, pieces: &[String]) {
    let Some(last) = pieces.len().checked_sub(1) else {
        return;
    };
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let edits = doc
        .selection
        .ranges()
        .iter()
        .enumerate()
        .map(|(i, r)| (r.from(), r.to(), pieces[i.min(last)].clone()))
        .collect();
    let transaction = Transaction::new(doc.text(), edits);
    let ranges = landing(doc, &transaction);
    doc.edit(transaction, Some(ranges));
}

/// Cursors behind what a transaction inserts at each range.
pub fn landing(doc: &Document, transaction: &Transaction) -> Selection {
    doc.selection.map(|r| {
        let change = transaction.changes().iter().find(|c| c.at == r.from());
        let typed = change.map_or(0, |c| c.inserted.chars().count());
        Range::point(transaction.moved(r.from(), Side::Before) + typed)
    })
}

/// Pasted text from the terminal, in any mode.
pub fn paste_text(editor: &mut Editor, pasted: &str) {
    let clean = pasted.replace("\r\n", "\n").replace('\r', "\n");
    if editor.mode == Mode::Insert {
        type_text(editor, &clean);
    } else {
        paste(editor, &[clean], true, 1);
    }
}

pub fn paste(editor: &mut Editor, register: &[String], after: bool, n: usize) {
    if register.is_empty() || editor.doc().is_none() {
        return;
    }
    let bar = editor.mode == Mode::Insert;
    let doc = &mut editor.docs[editor.current];
    let text = doc.text().clone();
    let linewise = register.iter().all(|r| r.ends_with('\n'));
    let mut edits = Vec::new();
    let mut ranges = Vec::new();
    let mut shift = 0isize;
    for (i, r) in doc.selection.ranges().iter().enumerate() {
        let mut piece = register[i.min(register.len() - 1)].repeat(n);
        let (from, to) = if bar && linewise && r.is_empty() {
            let at = whole_lines(&text, *r).from();
            (at, at)
        } else if bar {
            (r.from(), r.to())
        } else if linewise {
            let lines = whole_lines(&text, *r);
            let at = if after { lines.to() } else { lines.from() };
            if after && at == text.len_chars() && at > 0 && text.char(at - 1) != '\n' {
                piece = format!("\n{}", piece.trim_end_matches('\n'));
            }
            (at, at)
        } else {
            let at = if after { r.to() } else { r.from() };
            (at, at)
        };
        let len = piece.chars().count();
        let start = from.saturating_add_signed(shift);
        ranges.push(if bar {
            Range::point(start + len)
        } else {
            Range::new(start, start + len)
        });
        shift += len as isize - (to - from) as isize;
        edits.push((from, to, piece));
    }
    let selection = Selection::new(ranges, doc.selection.primary_index());
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, Some(selection));
    finish(editor);
}

pub fn erase(editor: &mut Editor, f: impl Fn(&Rope, usize) -> usize) {
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let edits = doc
        .selection
        .ranges()
        .iter()
        .map(|r| {
            if !r.is_empty() {
                return (r.from(), r.to(), String::new());
            }
            let to = f(&text, r.head);
            (r.head.min(to), r.head.max(to), String::new())
        })
        .collect();
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, None);
    doc.selection = doc.selection.map(|r| Range::point(r.head));
}
