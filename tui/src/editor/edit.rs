//! The editor's commands: what each does to a document.
//!
//! In come a command, a count and a document; out comes the changed document. Files, screens and the image are absent; what needs
//! them (`save`, `definition`) is handled in `update`.

use super::change::Transaction;
use super::document::Document;
use super::motion::{self, Size, Word, line_of};
use super::selection::{Range, Selection, next_grapheme, prev_grapheme};
use super::{Editor, Mode};
use crate::commands::Cmd;
use ropey::Rope;

/// One step of indentation.
pub const STEP: &str = "  ";

/// Runs an editing or moving command. `false`: it is none of the editor's.
pub fn run(editor: &mut Editor, cmd: Cmd, count: Option<usize>) -> bool {
    let n = count.unwrap_or(1).min(100_000);
    let mode = editor.mode;
    let rows = editor.rows.max(1);
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return false;
    };
    let extend = mode == Mode::Select;
    let block = mode != Mode::Insert;
    if moves(doc, cmd, n, count, rows, extend, block) {
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
        Cmd::Delete | Cmd::Change => {
            yank(editor);
            cut(editor);
            if cmd == Cmd::Change {
                enter_insert(editor);
            } else {
                finish(editor);
            }
        }
        Cmd::Yank => {
            yank(editor);
            editor.mode = editor.base_mode();
        }
        Cmd::PasteAfter => paste(editor, true, n),
        Cmd::PasteBefore => paste(editor, false, n),
        Cmd::ReplaceYanked => {
            let register = editor.register.clone();
            let doc = &mut editor.docs[editor.current];
            replace(doc, |i, _| {
                register
                    .get(i.min(register.len().saturating_sub(1)))
                    .cloned()
                    .unwrap_or_default()
            });
            finish(editor);
        }
        Cmd::SwitchCase => {
            replace(doc, |_, old| old.chars().map(switched).collect());
            finish(editor);
        }
        Cmd::Undo | Cmd::Redo => {
            for _ in 0..n {
                let moved = if cmd == Cmd::Undo {
                    doc.undo()
                } else {
                    doc.redo()
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
            let text = doc.text().clone();
            if doc.selection.ranges().iter().all(|r| r.is_empty()) {
                doc.selection = doc.selection.map(|r| whole_lines(&text, r));
            }
            yank(editor);
            if cmd == Cmd::CutLine {
                cut(editor);
                finish(editor);
            }
        }
        _ => return false,
    }
    editor.follow = true;
    true
}

fn moves(
    doc: &mut Document,
    cmd: Cmd,
    n: usize,
    count: Option<usize>,
    rows: usize,
    extend: bool,
    block: bool,
) -> bool {
    let text = doc.text().clone();
    let by = n as isize;
    let word = |word, size| {
        let text = text.clone();
        move |r: Range| {
            let moved = motion::word(&text, r, n, word, size);
            if extend {
                motion::place(&text, r, moved.cursor(&text), true, block)
            } else if block {
                moved
            } else {
                Range::point(moved.head)
            }
        }
    };
    let to = |f: &dyn Fn(Range) -> usize| {
        doc.selection
            .map(|r| motion::place(&text, r, f(r), extend, block))
    };
    let at = |r: Range| if block { r.cursor(&text) } else { r.head };
    let line = |r: Range| line_of(&text, at(r));
    let page = rows.saturating_sub(2).max(1) as isize;
    let vertical = |by: isize| {
        doc.selection
            .map(|r| motion::vertical(&text, r, by, extend, block))
    };
    doc.selection = match cmd {
        Cmd::Left => doc
            .selection
            .map(|r| motion::horizontal(&text, r, -by, extend, block)),
        Cmd::Right => doc
            .selection
            .map(|r| motion::horizontal(&text, r, by, extend, block)),
        Cmd::SelectLeft => doc
            .selection
            .map(|r| motion::horizontal(&text, r, -by, true, block)),
        Cmd::SelectRight => doc
            .selection
            .map(|r| motion::horizontal(&text, r, by, true, block)),
        Cmd::SelectUp => doc
            .selection
            .map(|r| motion::vertical(&text, r, -by, true, block)),
        Cmd::SelectDown => doc
            .selection
            .map(|r| motion::vertical(&text, r, by, true, block)),
        Cmd::Up => vertical(-by),
        Cmd::Down => vertical(by),
        Cmd::PageDown => vertical(by * page),
        Cmd::PageUp => vertical(-by * page),
        Cmd::HalfDown => vertical(by * (page / 2).max(1)),
        Cmd::HalfUp => vertical(-by * (page / 2).max(1)),
        Cmd::WordNext => doc.selection.map(word(Word::Next, Size::Short)),
        Cmd::WordEnd => doc.selection.map(word(Word::End, Size::Short)),
        Cmd::WordBack => doc.selection.map(word(Word::Back, Size::Short)),
        Cmd::LongWordNext => doc.selection.map(word(Word::Next, Size::Long)),
        Cmd::LongWordEnd => doc.selection.map(word(Word::End, Size::Long)),
        Cmd::LongWordBack => doc.selection.map(word(Word::Back, Size::Long)),
        Cmd::LineStart => to(&|r| text.line_to_char(line(r))),
        Cmd::LineText => to(&|r| motion::first_nonblank(&text, line(r))),
        Cmd::LineFinish => to(&|r| {
            let end = motion::line_end(&text, line(r));
            if block {
                prev_grapheme(&text, end).max(text.line_to_char(line(r)))
            } else {
                end
            }
        }),
        Cmd::FileStart => {
            let line = count.unwrap_or(1).clamp(1, motion::line_count(&text)) - 1;
            to(&|_| text.line_to_char(line))
        }
        Cmd::FileEnd => {
            let line = count.map_or(motion::line_count(&text), |c| {
                c.clamp(1, motion::line_count(&text))
            }) - 1;
            to(&|_| text.line_to_char(line))
        }
        Cmd::ScreenTop | Cmd::ScreenMiddle | Cmd::ScreenBottom => {
            let last = motion::line_count(&text) - 1;
            let row = match cmd {
                Cmd::ScreenTop => 0,
                Cmd::ScreenMiddle => rows / 2,
                _ => rows - 1,
            };
            let line = (doc.scroll.0 + row).min(last);
            to(&|_| motion::first_nonblank(&text, line))
        }
        Cmd::Matching => to(&|r| motion::matching(&text, at(r)).unwrap_or(at(r))),
        Cmd::SelectLine => doc.selection.map(|r| {
            let mut range = whole_lines(&text, r);
            let more = if range.from() == r.from() && range.to() == r.to() {
                n
            } else {
                n - 1
            };
            for _ in 0..more {
                let next = line_of(&text, range.to());
                range = Range::new(
                    range.from(),
                    text.line_to_char((next + 1).min(text.len_lines())),
                );
            }
            range
        }),
        Cmd::SelectAll => Selection::single(Range::new(0, text.len_chars())),
        Cmd::Collapse => doc.selection.map(|r| {
            if block {
                Range::block(&text, r.cursor(&text))
            } else {
                Range::point(r.head)
            }
        }),
        Cmd::Flip => doc.selection.map(|r| Range::new(r.head, r.anchor)),
        Cmd::KeepPrimary => Selection::single(doc.selection.primary()),
        Cmd::CursorBelow | Cmd::CursorAbove => {
            let step = if cmd == Cmd::CursorBelow { 1 } else { -1 };
            let primary = doc.selection.primary();
            let moved = motion::vertical(&text, primary, step, false, block);
            if line_of(&text, moved.from()) == line(primary) {
                doc.selection.clone()
            } else {
                doc.selection.with(moved)
            }
        }
        Cmd::ViewTop => return scroll(doc, |line, _| line, rows),
        Cmd::ViewCenter => return scroll(doc, |line, rows| line.saturating_sub(rows / 2), rows),
        Cmd::ViewBottom => return scroll(doc, |line, rows| (line + 1).saturating_sub(rows), rows),
        Cmd::ScrollDown | Cmd::ScrollUp => {
            let last = motion::line_count(&text) - 1;
            let by = if cmd == Cmd::ScrollDown { by } else { -by };
            doc.scroll.0 = doc.scroll.0.saturating_add_signed(by).min(last);
            keep_cursor_visible(doc, rows, extend, block);
            return true;
        }
        _ => return false,
    };
    true
}

fn scroll(doc: &mut Document, f: impl Fn(usize, usize) -> usize, rows: usize) -> bool {
    doc.scroll.0 = f(doc.line(), rows);
    true
}

/// After scrolling without moving: the cursor comes along.
pub fn keep_cursor_visible(doc: &mut Document, rows: usize, extend: bool, block: bool) {
    let (top, line) = (doc.scroll.0, doc.line());
    let by = if line < top {
        (top - line) as isize
    } else if line >= top + rows {
        -((line + 1 - top - rows) as isize)
    } else {
        return;
    };
    let text = doc.text().clone();
    doc.selection = doc
        .selection
        .map(|r| motion::vertical(&text, r, by, extend, block));
}

/// Moves the window so that the cursor is in it, with some lines around it.
pub fn follow_cursor(doc: &mut Document, rows: usize, cols: usize) {
    let margin = (rows / 5).min(4);
    let line = doc.line();
    if line < doc.scroll.0 + margin {
        doc.scroll.0 = line.saturating_sub(margin);
    }
    if line + margin + 1 > doc.scroll.0 + rows {
        doc.scroll.0 = line + margin + 1 - rows;
    }
    let col = motion::column(doc.text(), doc.cursor());
    if col < doc.scroll.1 {
        doc.scroll.1 = col.saturating_sub(8);
    } else if cols > 0 && col >= doc.scroll.1 + cols {
        doc.scroll.1 = (col + 8).saturating_sub(cols);
    }
}

/// The range widened to whole lines, with their last line break.
fn whole_lines(text: &Rope, range: Range) -> Range {
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

fn enter_insert(editor: &mut Editor) {
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
fn finish(editor: &mut Editor) {
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
    editor.register = doc
        .selection
        .ranges()
        .iter()
        .map(|r| doc.text().slice(r.from()..r.to()).to_string())
        .collect();
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
fn replace(doc: &mut Document, f: impl Fn(usize, &str) -> String) {
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

/// Types text at every cursor, over what is selected.
pub fn type_text(editor: &mut Editor, typed: &str) {
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let edits = doc
        .selection
        .ranges()
        .iter()
        .map(|r| (r.from(), r.to(), typed.to_owned()))
        .collect();
    let transaction = Transaction::new(doc.text(), edits);
    let ranges = landing(doc, &transaction);
    doc.edit(transaction, Some(ranges));
}

/// Cursors behind what a transaction inserts at each range.
fn landing(doc: &Document, transaction: &Transaction) -> Selection {
    doc.selection.map(|r| {
        let change = transaction.changes().iter().find(|c| c.at == r.from());
        let typed = change.map_or(0, |c| c.inserted.chars().count());
        Range::point(transaction.moved(r.from(), super::change::Side::Before) + typed)
    })
}

/// Pasted text from the terminal, in any mode.
pub fn paste_text(editor: &mut Editor, pasted: &str) {
    let clean = pasted.replace("\r\n", "\n").replace('\r', "\n");
    if editor.mode == Mode::Insert {
        type_text(editor, &clean);
    } else {
        let kept = std::mem::replace(&mut editor.register, vec![clean]);
        paste(editor, true, 1);
        editor.register = kept;
    }
}

fn paste(editor: &mut Editor, after: bool, n: usize) {
    if editor.register.is_empty() {
        return;
    }
    let register = editor.register.clone();
    let bar = editor.mode == Mode::Insert;
    let doc = &mut editor.docs[editor.current];
    let text = doc.text().clone();
    let linewise = register.iter().all(|r| r.ends_with('\n'));
    let mut edits = Vec::new();
    let mut ranges = Vec::new();
    let mut shift = 0isize;
    for (i, r) in doc.selection.ranges().iter().enumerate() {
        let mut piece = register[i.min(register.len() - 1)].repeat(n);
        let (from, to) = if bar {
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

fn erase(editor: &mut Editor, f: impl Fn(&Rope, usize) -> usize) {
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

fn indent_of(text: &Rope, line: usize) -> String {
    text.line(line)
        .chars()
        .take_while(|c| *c == ' ' || *c == '\t')
        .collect()
}

/// Whether a line leaves something open that its next line is indented for.
fn opens(before: &str) -> bool {
    let code = before.trim_end();
    [
        "{", "(", "[", "=", "->", "=>", "then", "else", "do", "receive",
    ]
    .iter()
    .any(|end| {
        code.ends_with(end)
            && (!end.ends_with(char::is_alphabetic)
                || code.len() == end.len()
                || code[..code.len() - end.len()].ends_with([' ', '\t', '}', ')']))
    }) && !code.ends_with("==")
}

fn newline(editor: &mut Editor) {
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return;
    };
    let text = doc.text().clone();
    let mut edits = Vec::new();
    let mut back = Vec::new();
    for r in doc.selection.ranges() {
        let line = line_of(&text, r.from());
        let start = text.line_to_char(line);
        let before = text.slice(start..r.from()).to_string();
        let mut indent: String = before
            .chars()
            .take_while(|c| *c == ' ' || *c == '\t')
            .collect();
        let outer = indent.clone();
        if opens(&before) {
            indent.push_str(STEP);
        }
        let next = text.get_char(r.to());
        let between = before.trim_end().ends_with(['{', '(', '['])
            && next.is_some_and(|c| matches!(c, '}' | ')' | ']'));
        let mut inserted = format!("\n{indent}");
        if between {
            inserted.push('\n');
            inserted.push_str(&outer);
            back.push(outer.chars().count() + 1);
        } else {
            back.push(0);
        }
        edits.push((r.from(), r.to(), inserted));
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

fn open_line(editor: &mut Editor, above: bool, n: usize) {
    let doc = &mut editor.docs[editor.current];
    doc.commit();
    let text = doc.text().clone();
    let mut edits = Vec::new();
    let mut cursors = Vec::new();
    let mut shift = 0;
    for r in doc.selection.ranges() {
        let line = line_of(&text, r.cursor(&text));
        let indent = indent_of(&text, line);
        if above {
            let start = text.line_to_char(line);
            let piece = format!("{indent}\n").repeat(n);
            cursors.push(Range::point(start + shift + indent.chars().count()));
            shift += piece.chars().count();
            edits.push((start, start, piece));
        } else {
            let end = motion::line_end(&text, line);
            let mut inner = indent.clone();
            if opens(&text.slice(text.line_to_char(line)..end).to_string()) {
                inner.push_str(STEP);
            }
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
fn touched(doc: &Document) -> Vec<usize> {
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
fn lines(editor: &mut Editor, f: impl Fn(&str) -> Option<(usize, String)>) {
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

fn comment(editor: &mut Editor) {
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

fn join(editor: &mut Editor) {
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
