//! Rows on the screen made from lines of text: folds take lines away, soft wrap cuts long ones into several rows.
//!
//! A place is a line and a row of it, `(line, part)`. Without folds and wrap every line is one row. Nothing is drawn here.

use super::change::{Moves, Side};
use super::motion::{self, line_of};
use super::selection::Range;
use ropey::Rope;

/// Lines longer than this are not wrapped: cutting them takes too long.
const LONGEST: usize = 100_000;

/// What is folded in one text: from the start of the line that stays to a place on the last one that does not.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Folds(Vec<(usize, usize)>);

impl Folds {
    /// Whether nothing is folded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Folds the lines behind `first` up to `last`.
    pub fn close(&mut self, text: &Rope, first: usize, last: usize) {
        let last = last.min(motion::line_count(text).saturating_sub(1));
        if last > first {
            let fold = (text.line_to_char(first), text.line_to_char(last));
            if !self.0.contains(&fold) {
                self.0.push(fold);
            }
        }
    }

    /// Opens every fold that hides a line, or begins at it. `false`: there is none.
    pub fn open(&mut self, text: &Rope, line: usize, at_start: bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(from, to)| {
            let (first, last) = (line_of(text, *from), line_of(text, *to));
            !(first < line && line <= last || at_start && first == line)
        });
        self.0.len() != before
    }

    /// Opens all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Moves along with an edit; what has become one line is no fold any more.
    pub fn follow(&mut self, moves: &Moves) {
        for (from, to) in &mut self.0 {
            *from = moves.moved(*from, Side::After);
            *to = moves.moved(*to, Side::After);
        }
        self.0.retain(|(from, to)| from < to);
    }

    /// First and last hidden lines, sorted, those inside others left out.
    fn hidden(&self, text: &Rope) -> Vec<(usize, usize)> {
        let mut all: Vec<(usize, usize)> = self
            .0
            .iter()
            .map(|(from, to)| (line_of(text, *from) + 1, line_of(text, *to)))
            .collect();
        all.retain(|(first, last)| first <= last);
        all.sort_unstable();
        let mut out: Vec<(usize, usize)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match out
                .last_mut()
                .filter(|l| first <= l.1 + 1 && first > l.0 || first == l.0)
            {
                Some(l) => l.1 = l.1.max(last),
                None => out.push((first, last)),
            }
        }
        out
    }
}

/// One row of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its line.
    pub line: usize,
    /// Which part of the line it is.
    pub part: usize,
    /// First character.
    pub from: usize,
    /// Behind its last character, without the break.
    pub to: usize,
    /// The column of `from` in the line.
    pub column: usize,
    /// No part follows.
    pub last: bool,
}

/// The rows of one text in one window.
pub struct Rows<'a> {
    text: &'a Rope,
    hidden: Vec<(usize, usize)>,
    wrap: Option<usize>,
    /// What is shown before characters, sorted by these.
    hints: &'a [(usize, String)],
}

/// Columns of what is shown before a character.
fn width_of(hint: &str) -> usize {
    hint.chars().map(|c| motion::width_at(c, 0)).sum()
}

impl<'a> Rows<'a> {
    /// The rows with these folds, wrapped at so many columns.
    pub fn new(text: &'a Rope, folds: &Folds, wrap: Option<usize>) -> Rows<'a> {
        let hidden = if folds.is_empty() {
            Vec::new()
        } else {
            folds.hidden(text)
        };
        Rows {
            text,
            hidden,
            wrap: wrap.filter(|w| *w >= 8),
            hints: &[],
        }
    }

    /// With what is shown before characters, though it does not stand there; sorted.
    pub fn with_hints(mut self, hints: &'a [(usize, String)]) -> Rows<'a> {
        self.hints = hints;
        self
    }

    /// What is shown in front of the characters from one to another.
    pub fn hints(&self, from: usize, to: usize) -> &'a [(usize, String)] {
        let first = self.hints.partition_point(|(at, _)| *at < from);
        let last = self.hints.partition_point(|(at, _)| *at <= to);
        &self.hints[first..last.max(first)]
    }

    /// The column of a character on the screen, from the start of its row.
    pub fn screen_column(&self, row: &Row, at: usize) -> usize {
        let shown = self.hints(row.from, at).iter().map(|(_, h)| width_of(h));
        motion::column(self.text, at).saturating_sub(row.column) + shown.sum::<usize>()
    }

    /// Whether every line is one row.
    pub fn is_plain(&self) -> bool {
        self.hidden.is_empty() && self.wrap.is_none()
    }

    fn fold_over(&self, line: usize) -> Option<(usize, usize)> {
        let i = self.hidden.partition_point(|(first, _)| *first <= line);
        self.hidden[..i]
            .last()
            .copied()
            .filter(|(_, last)| line <= *last)
    }

    /// The line that is seen in place of a line: itself, or where its fold begins.
    pub fn seen(&self, line: usize) -> usize {
        self.fold_over(line).map_or(line, |(first, _)| first - 1)
    }

    /// How many lines are folded away behind a line.
    pub fn folded(&self, line: usize) -> usize {
        self.fold_over(line + 1)
            .filter(|(first, _)| *first == line + 1)
            .map_or(0, |(first, last)| last + 1 - first)
    }

    fn line_after(&self, line: usize) -> Option<usize> {
        let next = line + 1 + self.folded(line);
        (next < motion::line_count(self.text)).then_some(next)
    }

    fn line_before(&self, line: usize) -> Option<usize> {
        Some(self.seen(line.checked_sub(1)?))
    }

    /// The rows of a line.
    pub fn of_line(&self, line: usize) -> Vec<Row> {
        let (start, end) = (
            self.text.line_to_char(line),
            motion::line_end(self.text, line),
        );
        let whole = Row {
            line,
            part: 0,
            from: start,
            to: end,
            column: 0,
            last: true,
        };
        let Some(width) = self.wrap.filter(|w| {
            let hints = self.hints(start, end).iter().map(|(_, h)| h.len());
            let len = end - start;
            len + hints.sum::<usize>() > *w / 2 && len < LONGEST
        }) else {
            return vec![whole];
        };
        let mut out = Vec::new();
        let (mut from, mut from_column, mut column) = (start, 0, 0);
        // Columns of hints in this row.
        let mut more = 0;
        // Behind the last blank of the row, and its column: there a row is best cut.
        let mut blank: Option<(usize, usize)> = None;
        for (i, c) in self.text.slice(start..end).chars().enumerate() {
            let at = start + i;
            let w = motion::width_at(c, column);
            let before = self.hints(at, at).iter().map(|(_, h)| width_of(h));
            more += before.sum::<usize>();
            if column + more + w - from_column > width && at > from {
                let (cut, cut_column) = blank.filter(|(b, _)| *b > from).unwrap_or((at, column));
                let kept = self.hints(cut, at).iter().map(|(_, h)| width_of(h));
                more = kept.sum();
                out.push(Row {
                    line,
                    part: out.len(),
                    from,
                    to: cut,
                    column: from_column,
                    last: false,
                });
                (from, from_column, blank) = (cut, cut_column, None);
            }
            column += w;
            if c == ' ' || c == '\t' {
                blank = Some((at + 1, column));
            }
        }
        out.push(Row {
            line,
            part: out.len(),
            from,
            to: end,
            column: from_column,
            last: true,
        });
        out
    }

    /// The row a character is on.
    pub fn row_of(&self, at: usize) -> Row {
        let line = line_of(self.text, at);
        let seen = self.seen(line.min(motion::line_count(self.text) - 1));
        let rows = self.of_line(seen);
        if seen != line {
            return rows[0];
        }
        let found = rows.iter().find(|r| at < r.to || r.last);
        *found.unwrap_or(&rows[0])
    }

    /// Rows from a place on.
    pub fn from(&self, top: (usize, usize)) -> impl Iterator<Item = Row> + '_ {
        let first = self.seen(top.0.min(motion::line_count(self.text) - 1));
        let lines = std::iter::successors(Some(first), |l| self.line_after(*l));
        let skip = if first == top.0 { top.1 } else { 0 };
        lines
            .flat_map(|l| self.of_line(l))
            .skip(skip.min(self.of_line(first).len() - 1))
    }

    /// The place so many rows further down; the last row if there are not that many.
    pub fn ahead(&self, place: (usize, usize), rows: usize) -> (usize, usize) {
        let (mut line, mut part) = (self.seen(place.0), place.1);
        let mut left = rows;
        while left > 0 {
            let parts = if self.wrap.is_some() {
                self.of_line(line).len()
            } else {
                1
            };
            if part + left < parts {
                return (line, part + left);
            }
            match self.line_after(line) {
                Some(next) => {
                    left -= (parts - part).min(left);
                    (line, part) = (next, 0);
                }
                None => return (line, parts - 1),
            }
        }
        (line, part)
    }

    /// The place so many rows further up.
    pub fn back(&self, place: (usize, usize), rows: usize) -> (usize, usize) {
        let (mut line, mut part) = (self.seen(place.0), place.1);
        let mut left = rows;
        while left > 0 {
            if left <= part {
                return (line, part - left);
            }
            match self.line_before(line) {
                Some(before) => {
                    left -= part + 1;
                    line = before;
                    part = if self.wrap.is_some() {
                        self.of_line(line).len() - 1
                    } else {
                        0
                    };
                }
                None => return (line, 0),
            }
        }
        (line, part)
    }

    /// Up or down by rows, keeping the column on the screen.
    pub fn vertical(&self, range: Range, by: isize, extend: bool, block: bool) -> Range {
        if self.is_plain() {
            return motion::vertical(self.text, range, by, extend, block);
        }
        let at = if block {
            range.cursor(self.text)
        } else {
            range.head
        };
        let row = self.row_of(at);
        let goal = range
            .goal
            .unwrap_or_else(|| motion::column(self.text, at).saturating_sub(row.column));
        let n = by.unsigned_abs();
        let (line, part) = if by < 0 {
            self.back((row.line, row.part), n)
        } else {
            self.ahead((row.line, row.part), n)
        };
        let rows = self.of_line(line);
        let target = rows[part.min(rows.len() - 1)];
        let to = self.at_text(target, goal);
        Range {
            goal: Some(goal),
            ..motion::place(self.text, range, to, extend, block)
        }
    }

    /// The character of a row at a column of the screen; what is shown before it counts as it.
    pub fn at(&self, row: Row, column: usize) -> usize {
        let hints = self.hints(row.from, row.to);
        let mut passed = 0;
        for (at, hint) in hints {
            let start = motion::column(self.text, *at).saturating_sub(row.column) + passed;
            let width = width_of(hint);
            if column < start {
                break;
            }
            if column < start + width {
                return *at;
            }
            passed += width;
        }
        self.at_text(row, column - passed)
    }

    /// The same for a column of the text.
    fn at_text(&self, row: Row, column: usize) -> usize {
        let at = motion::at_column(self.text, row.line, row.column + column);
        if row.last {
            at.min(row.to)
        } else {
            at.min(row.to.saturating_sub(1)).max(row.from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_have_no_rows() {
        let text = Rope::from_str("a\nb\nc\nd\ne\n");
        let mut folds = Folds::default();
        folds.close(&text, 1, 3);
        let rows = Rows::new(&text, &folds, None);
        let lines: Vec<usize> = rows.from((0, 0)).map(|r| r.line).collect();
        assert_eq!(lines, [0, 1, 4]);
        assert_eq!((rows.folded(1), rows.folded(0), rows.seen(3)), (2, 0, 1));
        assert_eq!(
            (rows.ahead((0, 0), 2), rows.back((4, 0), 1)),
            ((4, 0), (1, 0))
        );
        assert!(folds.open(&text, 2, false) && folds.is_empty());
    }

    #[test]
    fn what_is_shown_between_characters_moves_columns_of_the_screen_only() {
        let text = Rope::from_str("a = f(x)\nbb\n");
        let hints = [(1, ": Int".to_owned()), (6, "n: ".to_owned())];
        let folds = Folds::default();
        let rows = Rows::new(&text, &folds, None).with_hints(&hints);
        let row = rows.row_of(0);
        // a: Int = f(n: x)
        let columns: Vec<usize> = (0..9).map(|at| rows.screen_column(&row, at)).collect();
        assert_eq!(columns, [0, 6, 7, 8, 9, 10, 14, 15, 16]);
        let hit: Vec<usize> = (0..17).map(|x| rows.at(row, x)).collect();
        assert_eq!(hit, [0, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 7, 8]);
        // Wrapped, they take room.
        let rows = Rows::new(&text, &folds, Some(10)).with_hints(&hints);
        let pieces: Vec<String> = rows
            .of_line(0)
            .iter()
            .map(|r| text.slice(r.from..r.to).to_string())
            .collect();
        assert_eq!(pieces, ["a = ", "f(x)"]);
        let second = rows.of_line(0)[1];
        assert_eq!((rows.screen_column(&second, 6), rows.at(second, 5)), (5, 6));
    }

    #[test]
    fn long_lines_are_cut_at_blanks() {
        let text = Rope::from_str("one two three four\nx\n");
        let rows = Rows::new(&text, &Folds::default(), Some(10));
        let pieces: Vec<String> = rows
            .from((0, 0))
            .map(|r| text.slice(r.from..r.to).to_string())
            .collect();
        assert_eq!(pieces, ["one two ", "three four", "x"]);
        assert_eq!(rows.row_of(9).part, 1);
        assert_eq!(rows.ahead((0, 1), 1), (1, 0));
        assert_eq!(rows.back((1, 0), 2), (0, 0));
        let down = rows.vertical(Range::new(1, 2), 1, false, true);
        assert_eq!(down.cursor(&text), 9);
        let long = Rope::from_str(&"x".repeat(25));
        let rows = Rows::new(&long, &Folds::default(), Some(10));
        assert_eq!(
            rows.of_line(0)
                .iter()
                .map(|r| r.to - r.from)
                .collect::<Vec<_>>(),
            [10, 10, 5]
        );
    }
}
