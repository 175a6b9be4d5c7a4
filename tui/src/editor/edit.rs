//! The editor's commands: what each does to a document.
//!
//! In come a command, a count and a document; out comes the changed document. Files, screens and the image are absent; what needs
//! them (`save`, `definition`) is handled in `update`.

mod lines;
mod moves;
mod typing;

use super::change::Transaction;
use super::document::Document;
use super::motion::{self, Size, Word, line_of};
use super::selection::{Range, Selection, next_grapheme, prev_grapheme};
use super::{Editor, Mode, folds, numbers, select};
use crate::commands::Cmd;
use lines::{comment, join, lines, newline, open_line};
use ropey::Rope;
use typing::{erase, paste};

pub use lines::trim_lines;
pub use moves::{follow_cursor, keep_cursor_visible};
pub use typing::{outdent, paste_text, type_pieces, type_text};

pub use super::indent::STEP;

/// Runs an editing or moving command. `false`: it is none of the editor's.
pub fn run(editor: &mut Editor, cmd: Cmd, count: Option<usize>) -> bool {
    let n = count.unwrap_or(1).min(100_000);
    let mode = editor.mode;
    let rows = editor.rows.max(1);
    let wrap = editor.wrap_at();
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return false;
    };
    let extend = mode == Mode::Select;
    let block = mode != Mode::Insert;
    if moves::moves(doc, cmd, n, count, rows, wrap, extend, block) {
        editor.follow = !matches!(
            cmd,
            Cmd::ViewTop | Cmd::ViewCenter | Cmd::ViewBottom | Cmd::ScrollDown | Cmd::ScrollUp
        );
        return true;
    }
    match cmd {
        Cmd::NormalMode => normal(editor),
        Cmd::SelectMode => editor.mode = if extend { Mode::Normal } else { Mode::Select },
        Cmd::Insert => insert_at(editor, |_, r| r.from()),
        Cmd::Append => {
            insert_at(editor, |text, r| {
                if r.is_empty() {
                    r.to()
                } else {
                    r.to().min(text.len_chars())
                }
            });
            editor.step_back = true;
        }
        Cmd::InsertLine => insert_at(editor, |text, r| {
            motion::first_nonblank(text, line_of(text, r.cursor(text)))
        }),
        Cmd::AppendLine => {
            insert_at(editor, |text, r| {
                motion::line_end(text, line_of(text, r.cursor(text)))
            });
            editor.step_back = true;
        }
        Cmd::OpenBelow | Cmd::OpenAbove => open_line(editor, cmd == Cmd::OpenAbove, n),
        Cmd::Delete | Cmd::Change | Cmd::DeleteKeep | Cmd::ChangeKeep => {
            if matches!(cmd, Cmd::Delete | Cmd::Change) {
                yank(editor);
            } else {
                editor.registers.take_name();
            }
            cut(editor);
            if matches!(cmd, Cmd::Change | Cmd::ChangeKeep) {
                enter_insert(editor);
            } else {
                finish(editor);
            }
        }
        Cmd::Yank => {
            yank(editor);
            editor.mode = editor.base_mode();
        }
        Cmd::PasteAfter | Cmd::PasteBefore => {
            let register = editor.chosen();
            paste(editor, &register, cmd == Cmd::PasteAfter, n);
        }
        Cmd::ReplaceYanked => {
            let register = editor.chosen();
            let doc = &mut editor.docs[editor.current];
            replace(doc, |i, _| {
                register
                    .get(i.min(register.len().saturating_sub(1)))
                    .cloned()
                    .unwrap_or_default()
            });
            finish(editor);
        }
        Cmd::SwitchCase | Cmd::LowerCase | Cmd::UpperCase => {
            replace(doc, |_, old| match cmd {
                Cmd::LowerCase => old.to_lowercase(),
                Cmd::UpperCase => old.to_uppercase(),
                _ => old.chars().map(switched).collect(),
            });
            finish(editor);
        }
        Cmd::Increment | Cmd::Decrement => {
            let by = if cmd == Cmd::Increment { 1 } else { -1 };
            numbers::add(doc, by * n as i64);
            finish(editor);
        }
        Cmd::FoldToggle | Cmd::FoldAll | Cmd::FoldNone => {
            let language = editor.language.clone();
            folds::run(&mut editor.docs[editor.current], language.as_deref(), cmd);
        }
        Cmd::LineBelow | Cmd::LineAbove => {
            lines::blank_line(doc, cmd == Cmd::LineAbove, n);
            finish(editor);
        }
        Cmd::Undo | Cmd::Redo | Cmd::Earlier | Cmd::Later => {
            for _ in 0..n {
                let moved = match cmd {
                    Cmd::Undo => doc.undo(),
                    Cmd::Redo => doc.redo(),
                    Cmd::Earlier => doc.travel_by(-1),
                    _ => doc.travel_by(1),
                };
                if !moved {
                    break;
                }
            }
            let text = doc.text().clone();
            doc.selection = doc.selection.map(|r| if block { r.wide(&text) } else { r });
        }
        Cmd::Indent => lines(editor, |line| {
            if line.trim().is_empty() {
                None
            } else {
                Some((0, STEP.to_owned()))
            }
        }),
        Cmd::Unindent => lines(editor, |line| {
            let spaces = line
                .chars()
                .take_while(|c| *c == ' ')
                .count()
                .min(STEP.len());
            let drop = if spaces == 0 && line.starts_with('\t') {
                1
            } else {
                spaces
            };
            (drop > 0).then(|| (drop, String::new()))
        }),
        Cmd::Comment => comment(editor),
        Cmd::Join => join(editor),
        Cmd::InsertNewline => newline(editor),
        Cmd::InsertTab if doc.selection.ranges().iter().all(|r| !r.is_empty()) => {
            return run(editor, Cmd::Indent, None);
        }
        Cmd::InsertTab => type_text(editor, STEP),
        Cmd::DeleteBack => erase(editor, |text, at| {
            let start = text.line_to_char(line_of(text, at));
            let blank = text.slice(start..at).chars().all(|c| c == ' ');
            if at > start && blank && (at - start).is_multiple_of(STEP.len()) {
                at - STEP.len()
            } else {
                prev_grapheme(text, at)
            }
        }),
        Cmd::DeleteForward => erase(editor, next_grapheme),
        Cmd::DeleteWordBack => {
            erase(editor, |text, at| {
                motion::word(text, Range::point(at), 1, Word::Back, Size::Short).head
            });
        }
        Cmd::DeleteToStart => erase(editor, |text, at| text.line_to_char(line_of(text, at))),
        Cmd::DeleteToEnd => erase(editor, |text, at| motion::line_end(text, line_of(text, at))),
        Cmd::CutLine | Cmd::CopyLine => {
            let (text, before) = (doc.text().clone(), doc.selection.clone());
            if before.ranges().iter().all(|r| r.is_empty()) {
                doc.selection = before.map(|r| whole_lines(&text, r));
            }
            yank(editor);
            if cmd == Cmd::CutLine {
                cut(editor);
                finish(editor);
            } else if let Some(doc) = editor.doc_mut() {
                doc.selection = before;
            }
        }
        _ => {
            if !select::run(editor, cmd, n) {
                return false;
            }
        }
    }
    editor.follow = true;
    true
}

/// The range widened to whole lines, with their last line break.
pub fn whole_lines(text: &Rope, range: Range) -> Range {
    let first = line_of(text, range.from());
    let last = line_of(
        text,
        if range.to() > range.from() {
            range.to() - 1
        } else {
            range.to()
        },
    );
    Range::new(
        text.line_to_char(first),
        text.line_to_char((last + 1).min(text.len_lines())),
    )
}

fn switched(c: char) -> char {
    let mut other = if c.is_uppercase() {
        c.to_lowercase().collect::<Vec<_>>()
    } else {
        c.to_uppercase().collect()
    };
    if other.len() == 1 { other.remove(0) } else { c }
}

fn normal(editor: &mut Editor) {
    let was = editor.mode;
    if editor.base_mode() == Mode::Insert {
        return;
    }
    editor.mode = Mode::Normal;
    let back = std::mem::take(&mut editor.step_back);
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    doc.commit();
    let text = doc.text().clone();
    if was == Mode::Insert {
        doc.selection = doc.selection.map(|r| {
            let start = text.line_to_char(line_of(&text, r.head));
            let at = if back && r.head > start {
                prev_grapheme(&text, r.head)
            } else {
                r.head
            };
            Range::block(&text, at)
        });
    }
}

pub fn enter_insert(editor: &mut Editor) {
    editor.mode = Mode::Insert;
    editor.step_back = false;
    points(editor);
}

fn points(editor: &mut Editor) {
    let doc = &mut editor.docs[editor.current];
    doc.selection = doc.selection.map(|r| Range::point(r.head));
}

fn insert_at(editor: &mut Editor, f: impl Fn(&Rope, Range) -> usize) {
    let doc = &mut editor.docs[editor.current];
    doc.commit();
    let text = doc.text().clone();
    doc.selection = doc.selection.map(|r| Range::point(f(&text, r)));
    enter_insert(editor);
}

/// Ends a command that changed text in normal mode.
pub fn finish(editor: &mut Editor) {
    editor.mode = editor.base_mode();
    let block = editor.mode != Mode::Insert;
    let doc = &mut editor.docs[editor.current];
    let text = doc.text().clone();
    if block {
        doc.selection = doc.selection.map(|r| r.wide(&text));
    }
    doc.commit();
}

fn yank(editor: &mut Editor) {
    let doc = &editor.docs[editor.current];
    let pieces = doc
        .selection
        .ranges()
        .iter()
        .map(|r| doc.text().slice(r.from()..r.to()).to_string())
        .collect();
    let name = editor.registers.take_name();
    editor.registers.write(name, pieces);
}

fn cut(editor: &mut Editor) {
    let doc = &mut editor.docs[editor.current];
    let edits = doc
        .selection
        .ranges()
        .iter()
        .map(|r| (r.from(), r.to(), String::new()))
        .collect();
    let transaction = Transaction::new(doc.text(), edits);
    doc.edit(transaction, None);
    doc.selection = doc.selection.map(|r| Range::point(r.head));
}

/// Replaces each range and selects what came in.
pub fn replace(doc: &mut Document, f: impl Fn(usize, &str) -> String) {
    let mut ranges = Vec::new();
    let mut edits = Vec::new();
    let mut shift = 0isize;
    for (i, r) in doc.selection.ranges().iter().enumerate() {
        let old = doc.text().slice(r.from()..r.to()).to_string();
        let new = f(i, &old);
        let from = r.from().saturating_add_signed(shift);
        let len = new.chars().count();
        ranges.push(Range::new(from, from + len));
        shift += len as isize - (r.to() - r.from()) as isize;
        edits.push((r.from(), r.to(), new));
    }
    let selection = Selection::new(ranges, doc.selection.primary_index());
    let transaction = Transaction::new(doc.text(), edits);
    doc.edit(transaction, Some(selection));
}

/// Replaces every selected character but line breaks by `c`.
pub fn replace_char(editor: &mut Editor, c: char) {
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    replace(doc, |_, old| {
        old.chars()
            .map(|o| if matches!(o, '\n' | '\r') { o } else { c })
            .collect()
    });
    finish(editor);
}

/// `f`, `t`, `F`, `T`.
pub fn find_char(editor: &mut Editor, cmd: Cmd, c: char, n: usize) {
    editor.last_find = Some((cmd, c));
    let extend = editor.mode == Mode::Select;
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    doc.selection = doc.selection.map(|r| {
        let at = r.cursor(&text);
        let till = matches!(cmd, Cmd::TillChar | Cmd::TillCharBack);
        let found = if matches!(cmd, Cmd::FindChar | Cmd::TillChar) {
            let from = at + if till { 2 } else { 1 };
            let mut hits = (from..text.len_chars()).filter(|i| text.char(*i) == c);
            hits.nth(n - 1).map(|i| if till { i - 1 } else { i })
        } else {
            let end = at.saturating_sub(usize::from(till));
            let mut hits = (0..end).rev().filter(|i| text.char(*i) == c);
            hits.nth(n - 1).map(|i| if till { i + 1 } else { i })
        };
        match found {
            None => r,
            Some(to) if extend => r.put_cursor(&text, to, true),
            Some(to) => Range::block(&text, at).put_cursor(&text, to, true),
        }
    });
}
