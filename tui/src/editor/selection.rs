//! Selections: what is selected in one text, as ranges between characters, any number of them.
//!
//! Positions are character indexes of gaps. A block cursor sits on the last character of a range (Helix's model), so that in
//! normal mode every range is at least one grapheme wide. Nothing here changes text.

use ropey::Rope;
use unicode_segmentation::UnicodeSegmentation;

/// A directed range; `head` is the end that moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// The end that stays.
    pub anchor: usize,
    /// The end that moves.
    pub head: usize,
    /// The display column vertical motions try to keep.
    pub goal: Option<usize>,
}

impl Range {
    /// A range from `anchor` to `head`.
    pub fn new(anchor: usize, head: usize) -> Range {
        Range {
            anchor,
            head,
            goal: None,
        }
    }

    /// An empty range.
    pub fn point(at: usize) -> Range {
        Range::new(at, at)
    }

    /// The block cursor on the character at `at`.
    pub fn block(text: &Rope, at: usize) -> Range {
        Range::new(at, next_grapheme(text, at))
    }

    /// The smaller end.
    pub fn from(self) -> usize {
        self.anchor.min(self.head)
    }

    /// The larger end.
    pub fn to(self) -> usize {
        self.anchor.max(self.head)
    }

    /// Whether it selects nothing.
    pub fn is_empty(self) -> bool {
        self.anchor == self.head
    }

    /// Where the block cursor is drawn.
    pub fn cursor(self, text: &Rope) -> usize {
        if self.head > self.anchor {
            prev_grapheme(text, self.head)
        } else {
            self.head
        }
    }

    /// Moves the block cursor to `at`; with `extend` the anchor's character stays selected.
    pub fn put_cursor(self, text: &Rope, at: usize, extend: bool) -> Range {
        if !extend {
            return Range::block(text, at);
        }
        let anchor = if self.head >= self.anchor && at < self.anchor {
            next_grapheme(text, self.anchor)
        } else if self.head < self.anchor && at >= self.anchor {
            prev_grapheme(text, self.anchor)
        } else {
            self.anchor
        };
        if anchor <= at {
            Range::new(anchor, next_grapheme(text, at))
        } else {
            Range::new(anchor, at)
        }
    }

    /// At least one grapheme wide, unless at the end of the text.
    pub fn wide(self, text: &Rope) -> Range {
        if self.is_empty() {
            Range {
                goal: self.goal,
                ..Range::block(text, self.head)
            }
        } else {
            self
        }
    }
}

/// One or more ranges, sorted and not overlapping. Invariant: `ranges` is not empty and `primary` indexes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    ranges: Vec<Range>,
    primary: usize,
}

impl Selection {
    /// A selection of one range.
    pub fn single(range: Range) -> Selection {
        Selection {
            ranges: vec![range],
            primary: 0,
        }
    }

    /// Sorts and merges; overlapping ranges become one in the direction of the later one. Empty input gives a cursor at 0.
    pub fn new(ranges: Vec<Range>, primary: usize) -> Selection {
        let mut tagged: Vec<(Range, bool)> = ranges
            .into_iter()
            .enumerate()
            .map(|(i, r)| (r, i == primary))
            .collect();
        if tagged.is_empty() {
            return Selection::single(Range::point(0));
        }
        tagged.sort_by_key(|(r, _)| (r.from(), r.to()));
        let mut out: Vec<(Range, bool)> = Vec::with_capacity(tagged.len());
        for (range, is_primary) in tagged {
            match out.last_mut() {
                Some((last, p)) if range.from() < last.to() || range.from() == last.from() => {
                    let (from, to) = (last.from().min(range.from()), last.to().max(range.to()));
                    *last = if range.head < range.anchor {
                        Range::new(to, from)
                    } else {
                        Range::new(from, to)
                    };
                    *p |= is_primary;
                }
                _ => out.push((range, is_primary)),
            }
        }
        let primary = out.iter().position(|(_, p)| *p).unwrap_or(0);
        Selection {
            ranges: out.into_iter().map(|(r, _)| r).collect(),
            primary,
        }
    }

    /// The range the screen follows.
    pub fn primary(&self) -> Range {
        self.ranges[self.primary]
    }

    /// The index of the primary range.
    pub fn primary_index(&self) -> usize {
        self.primary
    }

    /// All ranges in order of the text.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Every range changed by `f`, then normalised.
    pub fn map(&self, f: impl FnMut(Range) -> Range) -> Selection {
        Selection::new(self.ranges.iter().copied().map(f).collect(), self.primary)
    }

    /// With one more range, which becomes the primary.
    pub fn with(&self, range: Range) -> Selection {
        let mut ranges = self.ranges.clone();
        ranges.push(range);
        let primary = ranges.len() - 1;
        Selection::new(ranges, primary)
    }
}

/// The gap after the grapheme that starts at `at`.
pub fn next_grapheme(text: &Rope, at: usize) -> usize {
    let len = text.len_chars();
    if at >= len {
        return len;
    }
    let first = text.char(at);
    if at + 1 >= len {
        return len;
    }
    let second = text.char(at + 1);
    if first == '\r' && second == '\n' {
        return at + 2;
    }
    if first.is_ascii() && second.is_ascii() {
        return at + 1;
    }
    let window: String = text.slice(at..(at + 32).min(len)).chars().collect();
    at + window
        .graphemes(true)
        .next()
        .map_or(1, |g| g.chars().count())
}

/// The gap before the grapheme that ends at `at`.
pub fn prev_grapheme(text: &Rope, at: usize) -> usize {
    let at = at.min(text.len_chars());
    if at <= 1 {
        return 0;
    }
    let (second, first) = (text.char(at - 1), text.char(at - 2));
    if first == '\r' && second == '\n' {
        return at - 2;
    }
    if first.is_ascii() && second.is_ascii() {
        return at - 1;
    }
    let window: String = text.slice(at.saturating_sub(32)..at).chars().collect();
    at - window
        .graphemes(true)
        .next_back()
        .map_or(1, |g| g.chars().count())
}
