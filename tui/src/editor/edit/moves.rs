//! Commands that move cursors, ranges and the window; no text is changed here.

use super::whole_lines;
use crate::commands::Cmd;
use crate::editor::document::Document;
use crate::editor::motion::{self, Size, Word, line_of};
use crate::editor::selection::{Range, Selection, prev_grapheme};

#[allow(clippy::too_many_arguments)]
pub fn moves(
    doc: &mut Document,
    cmd: Cmd,
    n: usize,
    count: Option<usize>,
    rows: usize,
    wrap: Option<usize>,
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
    let on_screen = doc.rows(wrap);
    let vertical = |by: isize| {
        doc.selection
            .map(|r| on_screen.vertical(r, by, extend, block))
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
            .map(|r| on_screen.vertical(r, -by, true, block)),
        Cmd::SelectDown => doc
            .selection
            .map(|r| on_screen.vertical(r, by, true, block)),
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
            // Without modes the end of the text is meant, not its last line.
            to(&|_| {
                if block {
                    text.line_to_char(line)
                } else {
                    text.len_chars()
                }
            })
        }
        Cmd::ScreenTop | Cmd::ScreenMiddle | Cmd::ScreenBottom => {
            let row = match cmd {
                Cmd::ScreenTop => 0,
                Cmd::ScreenMiddle => rows / 2,
                _ => rows - 1,
            };
            let line = on_screen.ahead(doc.top(wrap), row).0;
            to(&|_| motion::first_nonblank(&text, line))
        }
        Cmd::ColumnGoto => to(&|r| motion::at_column(&text, line(r), n - 1)),
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
            let mut selection = doc.selection.clone();
            for _ in 0..n {
                match copied(&text, selection.primary(), cmd == Cmd::CursorBelow) {
                    Some(range) => selection = selection.with(range),
                    None => break,
                }
            }
            selection
        }
        Cmd::ViewTop | Cmd::ViewCenter | Cmd::ViewBottom => {
            let below = match cmd {
                Cmd::ViewTop => 0,
                Cmd::ViewCenter => rows / 2,
                _ => rows.saturating_sub(1),
            };
            doc.put_cursor_row(below, wrap);
            return true;
        }
        Cmd::ScrollDown | Cmd::ScrollUp => {
            let by = if cmd == Cmd::ScrollDown { by } else { -by };
            doc.scroll_by(by, wrap);
            keep_cursor_visible(doc, rows, wrap, extend, block);
            return true;
        }
        _ => return false,
    };
    true
}

/// After scrolling without moving: the cursor comes along.
pub fn keep_cursor_visible(
    doc: &mut Document,
    rows: usize,
    wrap: Option<usize>,
    extend: bool,
    block: bool,
) {
    let on_screen = doc.rows(wrap);
    let top = doc.top(wrap);
    let last = on_screen.ahead(top, rows.saturating_sub(1));
    let row = on_screen.row_of(doc.cursor());
    let here = (row.line, row.part);
    let by: isize = if here < top {
        (1..)
            .find(|n| on_screen.ahead(here, *n as usize) >= top)
            .unwrap_or(1)
    } else if here > last {
        -(1..)
            .find(|n| on_screen.back(here, *n as usize) <= last)
            .unwrap_or(1)
    } else {
        return;
    };
    doc.selection = doc
        .selection
        .map(|r| on_screen.vertical(r, by, extend, block));
}

/// Moves the window so that the cursor is in it, with some lines around it.
pub fn follow_cursor(
    doc: &mut Document,
    rows: usize,
    cols: usize,
    wrap: Option<usize>,
    margin: usize,
) {
    let margin = (rows / 5).min(margin);
    let on_screen = doc.rows(wrap);
    let row = on_screen.row_of(doc.cursor());
    let here = (row.line, row.part);
    let top = doc.top(wrap);
    let highest = on_screen.back(here, margin);
    let lowest = on_screen.back(here, rows.saturating_sub(margin + 1));
    if top > highest {
        doc.put_cursor_row(margin, wrap);
    } else if top < lowest {
        doc.put_cursor_row(rows.saturating_sub(margin + 1), wrap);
    }
    if wrap.is_some() {
        return;
    }
    let col = doc.rows(None).screen_column(&row, doc.cursor());
    if col < doc.scroll.1 {
        doc.scroll.1 = col.saturating_sub(8);
    } else if cols > 0 && col >= doc.scroll.1 + cols {
        doc.scroll.1 = (col + 8).saturating_sub(cols);
    }
}

/// A range on the next line (or the one before) that reaches its column.
fn copied(text: &ropey::Rope, r: Range, below: bool) -> Option<Range> {
    let at = r.cursor(text);
    let goal = motion::column(text, at);
    let mut line = line_of(text, at);
    loop {
        line = if below {
            line + 1
        } else {
            line.checked_sub(1)?
        };
        if line >= motion::line_count(text) {
            return None;
        }
        let end = motion::line_end(text, line);
        if motion::column(text, end) >= goal {
            return Some(Range::block(text, motion::at_column(text, line, goal)));
        }
    }
}
