//! Where the cursor goes: motions over a rope, as functions from a range to a range.
//!
//! No text is changed here. Words are runs of letters, digits and `_`, or runs of other marks, as in Helix.

use super::selection::{Range, next_grapheme, prev_grapheme};
use ropey::Rope;
use unicode_width::UnicodeWidthChar;

/// Columns a tabulator stands for.
pub const TAB: usize = 4;

/// The word targets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// Start of the next word.
    Next,
    /// End of this or the next word.
    End,
    /// Start of this or the previous word.
    Back,
}

/// What counts as one word: `w` stops at marks, `W` only at blanks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Stops where the kind of character changes.
    Short,
    /// Stops at blanks.
    Long,
}

/// The line a position is on.
pub fn line_of(text: &Rope, at: usize) -> usize {
    text.char_to_line(at.min(text.len_chars()))
}

/// The gap before the line break of `line` (its end, if it has none).
pub fn line_end(text: &Rope, line: usize) -> usize {
    let start = text.line_to_char(line);
    let slice = text.line(line);
    let mut len = slice.len_chars();
    while len > 0 && matches!(slice.char(len - 1), '\n' | '\r') {
        len -= 1;
    }
    start + len
}

/// Number of lines a user sees: a final line break does not begin another one, but an empty text has one line.
pub fn line_count(text: &Rope) -> usize {
    let lines = text.len_lines();
    if lines > 1 && text.line(lines - 1).len_chars() == 0 {
        lines - 1
    } else {
        lines
    }
}

/// The position of a line and a column in UTF-16 units, both from 0, clamped into the text.
pub fn from_utf16(text: &Rope, line: usize, column: usize) -> usize {
    let line = line.min(text.len_lines().saturating_sub(1));
    let (start, end) = (text.line_to_char(line), line_end(text, line));
    let mut units = 0;
    let mut at = start;
    while at < end && units < column {
        units += text.char(at).len_utf16();
        at += 1;
    }
    at
}

/// First character of a line that is not blank (its end, if all are).
pub fn first_nonblank(text: &Rope, line: usize) -> usize {
    let (start, end) = (text.line_to_char(line), line_end(text, line));
    (start..end)
        .find(|i| !text.char(*i).is_whitespace())
        .unwrap_or(end)
}

/// Columns a character takes when it stands at column `col`.
pub fn width_at(c: char, col: usize) -> usize {
    if c == '\t' {
        TAB - col % TAB
    } else {
        c.width().unwrap_or(1)
    }
}

/// The display column of a position in its line.
pub fn column(text: &Rope, at: usize) -> usize {
    let start = text.line_to_char(line_of(text, at));
    text.slice(start..at.max(start))
        .chars()
        .fold(0, |col, c| col + width_at(c, col))
}

/// The position in `line` whose display column is nearest to `col` from the left.
pub fn at_column(text: &Rope, line: usize, col: usize) -> usize {
    let (start, end) = (text.line_to_char(line), line_end(text, line));
    let mut here = 0;
    let mut at = start;
    while at < end {
        let next = next_grapheme(text, at);
        let width: usize = text
            .slice(at..next)
            .chars()
            .map(|c| width_at(c, here))
            .sum();
        if here + width > col {
            break;
        }
        here += width;
        at = next;
    }
    at.min(end)
}

/// Left or right by graphemes, across lines.
pub fn horizontal(text: &Rope, range: Range, by: isize, extend: bool, block: bool) -> Range {
    let mut at = if block {
        range.cursor(text)
    } else {
        range.head
    };
    for _ in 0..by.unsigned_abs() {
        at = if by < 0 {
            prev_grapheme(text, at)
        } else {
            next_grapheme(text, at)
        };
    }
    if block && by > 0 && at >= text.len_chars() {
        at = prev_grapheme(text, text.len_chars()).max(range.cursor(text).min(at));
    }
    place(text, range, at, extend, block)
}

/// Puts the cursor somewhere, as a block (normal mode) or as a bar (insertion).
pub fn place(text: &Rope, range: Range, at: usize, extend: bool, block: bool) -> Range {
    if block {
        range.put_cursor(text, at, extend)
    } else if extend {
        Range::new(range.anchor, at)
    } else {
        Range::point(at)
    }
}

/// Up or down by lines, keeping the display column.
pub fn vertical(text: &Rope, range: Range, by: isize, extend: bool, block: bool) -> Range {
    let at = if block {
        range.cursor(text)
    } else {
        range.head
    };
    let goal = range.goal.unwrap_or_else(|| column(text, at));
    let last = if block {
        line_count(text)
    } else {
        text.len_lines()
    } - 1;
    let line = line_of(text, at).saturating_add_signed(by).min(last);
    let to = at_column(text, line, goal);
    Range {
        goal: Some(goal),
        ..place(text, range, to, extend, block)
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Break,
    Blank,
    Word,
    Mark,
}

fn kind(c: char) -> Kind {
    match c {
        '\n' | '\r' => Kind::Break,
        c if c.is_whitespace() => Kind::Blank,
        c if c.is_alphanumeric() || c == '_' => Kind::Word,
        _ => Kind::Mark,
    }
}

fn boundary(a: char, b: char, size: Size) -> bool {
    let (a, b) = (kind(a), kind(b));
    match size {
        Size::Short => a != b,
        Size::Long => {
            a != b
                && !(matches!(a, Kind::Word | Kind::Mark) && matches!(b, Kind::Word | Kind::Mark))
        }
    }
}

fn reached(word: Word, size: Size, prev: char, next: char) -> bool {
    boundary(prev, next, size)
        && match word {
            Word::Next => kind(next) != Kind::Blank,
            Word::End | Word::Back => !prev.is_whitespace() || kind(next) == Kind::Break,
        }
}

/// A word motion as Helix makes it: the result covers what was passed over.
pub fn word(text: &Rope, range: Range, count: usize, word: Word, size: Size) -> Range {
    let back = word == Word::Back;
    let len = text.len_chars();
    if (back && range.head == 0) || (!back && range.head >= len) {
        return range;
    }
    let forward = range.anchor < range.head;
    let mut range = match (back, forward) {
        (true, true) => Range::new(range.head, prev_grapheme(text, range.head)),
        (true, false) => Range::new(next_grapheme(text, range.head), range.head),
        (false, true) => Range::new(prev_grapheme(text, range.head), range.head),
        (false, false) => Range::new(range.head, next_grapheme(text, range.head)),
    };
    for _ in 0..count {
        let next = one_word(text, range, back, |a, b| reached(word, size, a, b));
        if next == range {
            break;
        }
        range = next;
    }
    range
}

fn one_word(text: &Rope, origin: Range, back: bool, reached: impl Fn(char, char) -> bool) -> Range {
    let len = text.len_chars();
    let ahead = |at: usize| -> Option<char> {
        if back {
            at.checked_sub(1).map(|i| text.char(i))
        } else {
            (at < len).then(|| text.char(at))
        }
    };
    let behind = |at: usize| -> Option<char> {
        if back {
            (at < len).then(|| text.char(at))
        } else {
            at.checked_sub(1).map(|i| text.char(i))
        }
    };
    let step = |at: usize| if back { at - 1 } else { at + 1 };
    let (mut anchor, mut head) = (origin.anchor, origin.head);
    let mut prev = behind(head);
    while let Some(c) = ahead(head).filter(|c| kind(*c) == Kind::Break) {
        prev = Some(c);
        head = step(head);
    }
    if prev.is_some_and(|c| kind(c) == Kind::Break) {
        anchor = head;
    }
    let start = head;
    while let Some(c) = ahead(head) {
        if prev.is_none_or(|p| reached(p, c)) {
            if head == start {
                anchor = head;
            } else {
                break;
            }
        }
        prev = Some(c);
        head = step(head);
    }
    Range::new(anchor, head)
}

/// The name under or directly before a position.
pub fn name_at(text: &Rope, at: usize) -> Option<(usize, usize)> {
    let len = text.len_chars();
    let is_name = |i: usize| i < len && kind(text.char(i)) == Kind::Word;
    let mut from = at;
    if !is_name(from) {
        from = from.checked_sub(1).filter(|i| is_name(*i))?;
    }
    while from > 0 && is_name(from - 1) {
        from -= 1;
    }
    let mut to = from;
    while is_name(to) {
        to += 1;
    }
    Some((from, to))
}

/// The bracket that belongs to the one at `at`, counting only brackets of its kind.
pub fn matching(text: &Rope, at: usize) -> Option<usize> {
    const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    let here = text.get_char(at)?;
    let (open, close) = *PAIRS.iter().find(|(o, c)| *o == here || *c == here)?;
    let mut depth = 0usize;
    if here == open {
        for (i, c) in text.chars_at(at).enumerate() {
            if c == open {
                depth += 1;
            } else if c == close {
                depth -= 1;
                if depth == 0 {
                    return Some(at + i);
                }
            }
        }
    } else {
        let mut i = at + 1;
        while i > 0 {
            i -= 1;
            let c = text.char(i);
            if c == close {
                depth += 1;
            } else if c == open {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_passed_over_as_in_helix() {
        let text = Rope::from_str("foo  bar(baz)\n\n  qux\n");
        let steps = |w: Word, mut r: Range, n: usize| -> Vec<String> {
            (0..n)
                .map(|_| {
                    r = word(&text, r, 1, w, Size::Short);
                    text.slice(r.from()..r.to()).to_string()
                })
                .collect()
        };
        assert_eq!(
            steps(Word::Next, Range::new(0, 1), 5),
            ["foo  ", "bar", "(", "baz", ")"]
        );
        assert_eq!(steps(Word::End, Range::new(0, 1), 3), ["foo", "  bar", "("]);
        let end = text.len_chars();
        assert_eq!(
            steps(Word::Back, Range::new(end - 1, end), 3),
            ["qux", "  ", ")"]
        );
    }

    #[test]
    fn columns_count_cells() {
        let text = Rope::from_str("a\tb世c\n");
        assert_eq!(column(&text, 2), 4);
        assert_eq!(column(&text, 4), 7);
        assert_eq!(at_column(&text, 0, 6), 3);
        assert_eq!(at_column(&text, 0, 99), 5);
    }

    #[test]
    fn brackets_match_over_nesting() {
        let text = Rope::from_str("f(a, (b), c)");
        assert_eq!(matching(&text, 1), Some(11));
        assert_eq!(matching(&text, 11), Some(1));
        assert_eq!(matching(&text, 0), None);
    }
}
