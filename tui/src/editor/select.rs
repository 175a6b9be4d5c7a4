//! Commands on selections: splitting, keeping, aligning, rotating them, and growing them along the syntax tree.
//!
//! Patterns come in as regexes, the tree from the document; text is changed only by `&` and by rotating contents.

use super::change::Transaction;
use super::document::Document;
use super::edit::{self, whole_lines};
use super::motion::{self, line_of};
use super::selection::{Range, Selection};
use super::{Editor, Mode, objects};
use crate::commands::Cmd;
use regex::Regex;
use ropey::Rope;

/// What a typed pattern does to the selection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// Its matches become the selection.
    Matches,
    /// What is between its matches.
    Between,
    /// Ranges that match stay.
    Keep,
    /// Ranges that match go.
    Drop,
}

/// Applies a pattern; `None`: nothing would be left.
pub fn by_regex(text: &Rope, from: &Selection, regex: &Regex, pick: Pick) -> Option<Selection> {
    let mut out = Vec::new();
    for r in from.ranges() {
        let slice = text.slice(r.from()..r.to()).to_string();
        let at = |byte: usize| r.from() + slice[..byte].chars().count();
        match pick {
            Pick::Matches => out.extend(
                regex
                    .find_iter(&slice)
                    .filter(|m| !m.is_empty())
                    .map(|m| Range::new(at(m.start()), at(m.end()))),
            ),
            Pick::Between => {
                let mut start = 0;
                for m in regex.find_iter(&slice).filter(|m| !m.is_empty()) {
                    if m.start() > start {
                        out.push(Range::new(at(start), at(m.start())));
                    }
                    start = m.end();
                }
                if start < slice.len() {
                    out.push(Range::new(at(start), r.to()));
                }
            }
            Pick::Keep | Pick::Drop => {
                if regex.is_match(&slice) == (pick == Pick::Keep) {
                    out.push(*r);
                }
            }
        }
    }
    let last = out.len().checked_sub(1)?;
    Some(Selection::new(out, last))
}

/// Runs a command on the selection. `false`: it is none of these.
pub fn run(editor: &mut Editor, cmd: Cmd, n: usize) -> bool {
    let language = editor.language.clone();
    let extend = editor.mode == Mode::Select;
    let Some(doc) = editor.docs.get_mut(editor.current) else {
        return false;
    };
    let text = doc.text().clone();
    let old = doc.selection.clone();
    let ranges = old.ranges().to_vec();
    let primary = old.primary_index();
    doc.selection = match cmd {
        Cmd::SplitLines => split_lines(&text, &old),
        Cmd::MergeAll => {
            let (from, to) = (ranges[0].from(), ranges[ranges.len() - 1].to());
            Selection::single(Range::new(from, to))
        }
        Cmd::MergeTouching => {
            let mut out: Vec<Range> = Vec::new();
            for r in &ranges {
                match out.last_mut().filter(|last| last.to() == r.from()) {
                    Some(last) => *last = Range::new(last.from(), r.to()),
                    None => out.push(Range::new(r.from(), r.to())),
                }
            }
            let cursor = old.primary().cursor(&text);
            let main = out
                .iter()
                .position(|r| r.from() <= cursor && cursor < r.to().max(r.from() + 1));
            Selection::new(out, main.unwrap_or(0))
        }
        Cmd::Trim => trim(&text, &old),
        Cmd::RotateForward => Selection::new(ranges.clone(), (primary + n) % ranges.len()),
        Cmd::RotateBack => {
            let back = n % ranges.len();
            Selection::new(
                ranges.clone(),
                (primary + ranges.len() - back) % ranges.len(),
            )
        }
        Cmd::DropPrimary => {
            if ranges.len() == 1 {
                return true;
            }
            let mut rest = ranges.clone();
            rest.remove(primary);
            Selection::new(rest.clone(), primary.min(rest.len() - 1))
        }
        Cmd::Forward => old.map(|r| Range::new(r.from(), r.to())),
        Cmd::ToLines => old.map(|r| {
            let lines = whole_lines(&text, r);
            if r.head < r.anchor {
                Range::new(lines.to(), lines.from())
            } else {
                lines
            }
        }),
        Cmd::InLines => old.map(|r| in_lines(&text, r)),
        Cmd::AlignColumns => {
            align(doc);
            edit::finish(editor);
            return true;
        }
        Cmd::RotateContents | Cmd::RotateContentsBack => {
            let mut pieces: Vec<String> = ranges
                .iter()
                .map(|r| text.slice(r.from()..r.to()).to_string())
                .collect();
            let by = n % pieces.len();
            if cmd == Cmd::RotateContents {
                pieces.rotate_right(by)
            } else {
                pieces.rotate_left(by)
            }
            edit::replace(doc, |i, _| pieces[i].clone());
            edit::finish(editor);
            return true;
        }
        Cmd::ExpandNode => {
            let wider = old.map(|r| objects::wider(doc, r).unwrap_or(r));
            if wider != old {
                doc.expansions.push(old);
            }
            wider
        }
        Cmd::ShrinkNode => match doc.expansions.pop() {
            Some(before) if contains(&old, &before) => before,
            _ => {
                doc.expansions.clear();
                old.map(|r| objects::first_child(doc, r).unwrap_or(r))
            }
        },
        Cmd::NodeNext => old.map(|r| objects::sibling(doc, r, true).unwrap_or(r)),
        Cmd::NodeBack => old.map(|r| objects::sibling(doc, r, false).unwrap_or(r)),
        Cmd::NodeSiblings | Cmd::NodeChildren => {
            let inner = cmd == Cmd::NodeChildren;
            let all: Vec<Range> = ranges
                .iter()
                .flat_map(|r| objects::family(doc, *r, inner))
                .collect();
            if all.is_empty() {
                old
            } else {
                Selection::new(all, 0)
            }
        }
        Cmd::FunctionNext
        | Cmd::FunctionBack
        | Cmd::TypeNext
        | Cmd::TypeBack
        | Cmd::TestNext
        | Cmd::TestBack
        | Cmd::ParameterNext
        | Cmd::ParameterBack
        | Cmd::CommentNext
        | Cmd::CommentBack => {
            let (capture, ahead) = match cmd {
                Cmd::FunctionNext => ("function.around", true),
                Cmd::FunctionBack => ("function.around", false),
                Cmd::TypeNext => ("class.around", true),
                Cmd::TypeBack => ("class.around", false),
                Cmd::TestNext => ("test.around", true),
                Cmd::TestBack => ("test.around", false),
                Cmd::ParameterNext => ("parameter.inside", true),
                Cmd::ParameterBack => ("parameter.inside", false),
                Cmd::CommentNext => ("comment.around", true),
                _ => ("comment.around", false),
            };
            let Some(language) = language else {
                return true;
            };
            old.map(|r| {
                let mut here = r;
                for _ in 0..n {
                    here = objects::neighbour(doc, &language, here, capture, ahead).unwrap_or(here);
                }
                if extend { join(r, here) } else { here }
            })
        }
        Cmd::ParagraphNext | Cmd::ParagraphBack => old.map(|r| {
            let here = paragraph(&text, r, n, cmd == Cmd::ParagraphNext);
            if extend { join(r, here) } else { here }
        }),
        Cmd::LastChange => match doc.last_change() {
            Some(at) => Selection::single(Range::block(&text, at)),
            None => old,
        },
        _ => return false,
    };
    true
}

fn join(old: Range, new: Range) -> Range {
    if new.head >= old.anchor {
        Range::new(old.from(), new.to())
    } else {
        Range::new(old.to(), new.from())
    }
}

fn contains(outer: &Selection, inner: &Selection) -> bool {
    let holds = |r: &Range| {
        outer
            .ranges()
            .iter()
            .any(|o| o.from() <= r.from() && r.to() <= o.to())
    };
    inner.ranges().iter().all(holds)
}

fn split_lines(text: &Rope, old: &Selection) -> Selection {
    let mut out = Vec::new();
    for r in old.ranges() {
        let last = line_of(text, if r.is_empty() { r.to() } else { r.to() - 1 });
        for line in line_of(text, r.from())..=last {
            let from = r.from().max(text.line_to_char(line));
            let to = r.to().min(motion::line_end(text, line));
            // A blank line has nothing but its break to select.
            out.push(if from < to {
                Range::new(from, to)
            } else {
                Range::block(text, from)
            });
        }
    }
    let last = out.len() - 1;
    Selection::new(out, last)
}

fn trim(text: &Rope, old: &Selection) -> Selection {
    let blank = |i: usize| text.char(i).is_whitespace();
    let mut out = Vec::new();
    for r in old.ranges() {
        let (mut from, mut to) = (r.from(), r.to());
        while from < to && blank(from) {
            from += 1;
        }
        while to > from && blank(to - 1) {
            to -= 1;
        }
        if from < to {
            out.push(if r.head < r.anchor {
                Range::new(to, from)
            } else {
                Range::new(from, to)
            });
        }
    }
    if out.is_empty() {
        let cursor = old.primary().cursor(text);
        return Selection::single(Range::block(text, cursor));
    }
    let last = out.len() - 1;
    Selection::new(out, old.primary_index().min(last))
}

/// The whole lines inside a range; the range itself where there is none.
fn in_lines(text: &Rope, r: Range) -> Range {
    let first = line_of(text, r.from());
    let from = if text.line_to_char(first) == r.from() {
        r.from()
    } else {
        text.line_to_char((first + 1).min(text.len_lines()))
    };
    let to = text.line_to_char(line_of(text, r.to()));
    if from >= to {
        return r;
    }
    if r.head < r.anchor {
        Range::new(to, from)
    } else {
        Range::new(from, to)
    }
}

/// Blanks before each range, so that the ranges of all lines stand below one another.
fn align(doc: &mut Document) {
    let text = doc.text().clone();
    let mut rows: Vec<(usize, Vec<Range>)> = Vec::new();
    for r in doc.selection.ranges() {
        let line = line_of(&text, r.from());
        match rows.last_mut().filter(|(l, _)| *l == line) {
            Some((_, all)) => all.push(*r),
            None => rows.push((line, vec![*r])),
        }
    }
    let columns = rows.iter().map(|(_, all)| all.len()).max().unwrap_or(0);
    let mut edits = Vec::new();
    let mut pushed = vec![0usize; rows.len()];
    for column in 0..columns {
        let at = |i: usize, r: &Range| motion::column(&text, r.from()) + pushed[i];
        let widest = rows
            .iter()
            .enumerate()
            .filter_map(|(i, (_, all))| all.get(column).map(|r| at(i, r)))
            .max()
            .unwrap_or(0);
        for (i, (_, all)) in rows.iter().enumerate() {
            if let Some(r) = all.get(column) {
                let gap = widest - (motion::column(&text, r.from()) + pushed[i]);
                pushed[i] += gap;
                edits.push((r.from(), r.from(), " ".repeat(gap)));
            }
        }
    }
    let transaction = Transaction::new(&text, edits);
    doc.edit(transaction, None);
}

fn paragraph(text: &Rope, r: Range, n: usize, ahead: bool) -> Range {
    let count = motion::line_count(text);
    let blank = |l: usize| text.line(l).chars().all(char::is_whitespace);
    let at = r.cursor(text);
    let mut line = line_of(text, at);
    for _ in 0..n {
        if ahead {
            while line < count && !blank(line) {
                line += 1;
            }
            while line < count && blank(line) {
                line += 1;
            }
        } else {
            while line > 0 && blank(line - 1) {
                line -= 1;
            }
            while line > 0 && !blank(line - 1) {
                line -= 1;
            }
        }
    }
    let to = text.line_to_char(line.min(text.len_lines()));
    if ahead {
        Range::new(at, to)
    } else {
        Range::new(
            motion::line_end(text, line_of(text, at))
                .min(at + 1)
                .max(at),
            to,
        )
    }
}
