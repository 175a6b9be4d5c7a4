//! Edits of whole lines: breaking, opening, joining, indenting, commenting.

use super::typing::landing;
use super::{STEP, enter_insert, finish};
use crate::editor::change::{Side, Transaction};
use crate::editor::document::Document;
use crate::editor::indent::{Indenter, indent_of};
use crate::editor::motion::{self, line_of};
use crate::editor::selection::{Range, Selection};
use crate::editor::{Editor, Mode};

pub fn newline(editor: &mut Editor) {
    let language = editor.language.clone();
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let indenter = Indenter::new(&text, language.as_deref(), doc.syntax.tree());
    let mut edits = Vec::new();
    let mut back = Vec::new();
    for r in doc.selection.ranges() {
        let line = line_of(&text, r.from());
        let start = text.line_to_char(line);
        let before = text.slice(start..r.from()).to_string();
        let outer = indent_of(&text, line);
        let next = text.get_char(r.to());
        let between = before.trim_end().ends_with(['{', '(', '['])
            && next.is_some_and(|c| matches!(c, '}' | ')' | ']'));
        let indent = if between {
            format!("{outer}{STEP}")
        } else {
            indenter.after(r.from())
        };
        let mut inserted = format!("\n{indent}");
        if between {
            inserted.push('\n');
            inserted.push_str(&outer);
            back.push(outer.chars().count() + 1);
        } else {
            back.push(0);
        }
        // What closes goes to its place, not its blanks too.
        let blanks = text.slice(r.to()..text.len_chars());
        let blanks = blanks.chars().take_while(|c| *c == ' ').count();
        let closes = !before.trim().is_empty()
            && matches!(text.get_char(r.to() + blanks), Some('}' | ')' | ']'));
        let to = r.to() + if closes { blanks } else { 0 };
        edits.push((r.from(), to, inserted));
    }
    let transaction = Transaction::new(&text, edits);
    let landed = landing(doc, &transaction);
    let mut i = 0;
    let landed = landed.map(|r| {
        let at = r.head - back.get(i).copied().unwrap_or(0);
        i += 1;
        Range::point(at)
    });
    doc.edit(transaction, Some(landed));
}

pub fn open_line(editor: &mut Editor, above: bool, n: usize) {
    let language = editor.language.clone();
    let doc = &mut editor.docs[editor.current];
    doc.commit();
    let text = doc.text().clone();
    let indenter = Indenter::new(&text, language.as_deref(), doc.syntax.tree());
    let mut edits = Vec::new();
    let mut cursors = Vec::new();
    let mut shift = 0;
    for r in doc.selection.ranges() {
        let line = line_of(&text, r.cursor(&text));
        if above {
            let indent = indenter.above(line);
            let start = text.line_to_char(line);
            let piece = format!("{indent}\n").repeat(n);
            cursors.push(Range::point(start + shift + indent.chars().count()));
            shift += piece.chars().count();
            edits.push((start, start, piece));
        } else {
            let end = motion::line_end(&text, line);
            let inner = indenter.after(end);
            let piece = format!("\n{inner}").repeat(n);
            cursors.push(Range::point(end + shift + 1 + inner.chars().count()));
            shift += piece.chars().count();
            edits.push((end, end, piece));
        }
    }
    let selection = Selection::new(cursors, doc.selection.primary_index());
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, Some(selection));
    enter_insert(editor);
}

/// The lines the selection touches, each once.
pub fn touched(doc: &Document) -> Vec<usize> {
    let text = doc.text();
    let mut out = Vec::new();
    for r in doc.selection.ranges() {
        let last = if r.is_empty() { r.to() } else { r.to() - 1 };
        for line in line_of(text, r.from())..=line_of(text, last) {
            if out.last() != Some(&line) {
                out.push(line);
            }
        }
    }
    out
}

/// Edits the start of each touched line: drop so many characters, put this instead.
pub fn lines(editor: &mut Editor, f: impl Fn(&str) -> Option<(usize, String)>) {
    let insert = editor.mode == Mode::Insert;
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let edits = touched(doc)
        .into_iter()
        .filter_map(|line| {
            let (drop, put) = f(&text.line(line).to_string())?;
            let start = text.line_to_char(line);
            Some((start, start + drop, put))
        })
        .collect();
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, None);
    if !insert {
        finish(editor);
    }
}

pub fn comment(editor: &mut Editor) {
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let full: Vec<usize> = touched(doc)
        .into_iter()
        .filter(|l| !text.line(*l).to_string().trim().is_empty())
        .collect();
    let first = |line: usize| motion::first_nonblank(&text, line);
    let commented = full.iter().all(|l| text.char(first(*l)) == '#');
    let column = full
        .iter()
        .map(|l| first(*l) - text.line_to_char(*l))
        .min()
        .unwrap_or(0);
    let edits = full
        .iter()
        .map(|l| {
            if commented {
                let at = first(*l);
                let space = text.get_char(at + 1) == Some(' ');
                (at, at + 1 + usize::from(space), String::new())
            } else {
                let at = text.line_to_char(*l) + column;
                (at, at, "# ".to_owned())
            }
        })
        .collect();
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, None);
    finish(editor);
}

pub fn join(editor: &mut Editor) {
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let mut edits = Vec::new();
    for r in doc.selection.ranges() {
        let first = line_of(&text, r.from());
        let last = line_of(&text, if r.is_empty() { r.to() } else { r.to() - 1 }).max(first + 1);
        for line in first..last.min(motion::line_count(&text) - 1) {
            let end = motion::line_end(&text, line);
            let start = motion::first_nonblank(&text, line + 1);
            let space = if start == motion::line_end(&text, line + 1) {
                ""
            } else {
                " "
            };
            edits.push((end, start, space.to_owned()));
        }
    }
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, None);
    finish(editor);
}

/// Blank lines below or above each line of the selection; the cursors stay where they are.
pub fn blank_line(doc: &mut Document, above: bool, n: usize) {
    let text = doc.text().clone();
    let edits = doc.selection.ranges().iter().map(|r| {
        if above {
            let at = text.line_to_char(line_of(&text, r.from()));
            (at, at, "\n".repeat(n))
        } else {
            let last = if r.is_empty() { r.to() } else { r.to() - 1 };
            let at = motion::line_end(&text, line_of(&text, last));
            (at, at, "\n".repeat(n))
        }
    });
    let transaction = Transaction::new(&text, edits.collect());
    let side = if above { Side::After } else { Side::Before };
    let selection = transaction.moved_selection(&doc.selection, side);
    doc.edit(transaction, Some(selection));
}

/// Takes the blanks at the ends of all lines away.
pub fn trim_lines(doc: &mut Document) {
    let text = doc.text().clone();
    let edits = (0..motion::line_count(&text)).filter_map(|line| {
        let (start, end) = (text.line_to_char(line), motion::line_end(&text, line));
        let mut from = end;
        while from > start && matches!(text.char(from - 1), ' ' | '\t') {
            from -= 1;
        }
        (from < end).then(|| (from, end, String::new()))
    });
    let transaction = Transaction::new(&text, edits.collect());
    doc.edit(transaction, None);
    doc.commit();
}
