//! Changes of a text as data: a transaction is a sorted list of replacements against one version of a rope.
//!
//! It can be applied, inverted, and used to move positions along. Undo, syntax trees, breakpoints and selections are all kept in
//! step by it, so nothing else edits a rope.

use super::selection::{Range, Selection};
use ropey::Rope;

/// Replace `removed` at character `at` (of the old text) by `inserted`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Character index in the text before the transaction.
    pub at: usize,
    /// What stands there.
    pub removed: String,
    /// What comes instead.
    pub inserted: String,
}

/// Changes in order of position, not overlapping.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transaction {
    changes: Vec<Change>,
}

/// On which side of text inserted exactly there a position ends up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Stays before it.
    Before,
    /// Moves behind it.
    After,
}

/// Where the positions around a transaction go, counted once: with many changes, many positions are moved by this.
#[derive(Clone, Debug)]
pub struct Moves(Vec<Move>);

#[derive(Clone, Copy, Debug)]
struct Move {
    at: usize,
    end: usize,
    inserted: usize,
    /// How far the changes before it move what is behind them.
    shift: isize,
}

impl Moves {
    /// Where a position of the old text is in the new one; as [`Transaction::moved`].
    pub fn moved(&self, at: usize, side: Side) -> usize {
        let behind = |m: &Move| m.at < at || (m.at == at && side == Side::After && m.at == m.end);
        let Some(i) = self.0.partition_point(behind).checked_sub(1) else {
            return at;
        };
        let last = self.0[i];
        if at < last.end {
            let inserted = if side == Side::Before {
                0
            } else {
                last.inserted
            };
            return last.at.saturating_add_signed(last.shift) + inserted;
        }
        let change = last.inserted as isize - (last.end - last.at) as isize;
        at.saturating_add_signed(last.shift + change)
    }

    /// Whether a position is behind the first character of something that was replaced, or at its end.
    pub fn is_within(&self, at: usize) -> bool {
        let before = self.0.partition_point(|m| m.at < at).checked_sub(1);
        before.is_some_and(|i| self.0[i].at < self.0[i].end && at <= self.0[i].end)
    }

    /// A selection moved along.
    pub fn selection(&self, selection: &Selection, side: Side) -> Selection {
        selection.map(|r| Range::new(self.moved(r.anchor, side), self.moved(r.head, side)))
    }
}

impl Transaction {
    /// Replacements `(from, to, text)`; sorted here, overlaps are dropped, those which change nothing too.
    pub fn new(text: &Rope, mut edits: Vec<(usize, usize, String)>) -> Transaction {
        edits.sort_by_key(|(from, to, _)| (*from, *to));
        let mut changes: Vec<Change> = Vec::with_capacity(edits.len());
        let mut end = 0;
        for (from, to, inserted) in edits {
            let (from, to) = (from.max(end), to.min(text.len_chars()));
            if from > to || (from == to && inserted.is_empty()) {
                continue;
            }
            end = to;
            changes.push(Change {
                at: from,
                removed: text.slice(from..to).to_string(),
                inserted,
            });
        }
        Transaction { changes }
    }

    /// Changes that were taken out of a transaction.
    pub fn from_changes(changes: Vec<Change>) -> Transaction {
        Transaction { changes }
    }

    /// What makes one text of another, as one change of the part that differs.
    pub fn between(old: &Rope, new: &Rope) -> Transaction {
        let same = |(a, b): &(char, char)| a == b;
        let from = old.chars().zip(new.chars()).take_while(same).count();
        let most = old.len_chars().min(new.len_chars()) - from;
        let (mut a, mut b) = (old.chars_at(old.len_chars()), new.chars_at(new.len_chars()));
        let behind = (0..most).take_while(|_| a.prev() == b.prev()).count();
        let put = new.slice(from..new.len_chars() - behind).to_string();
        Transaction::new(old, vec![(from, old.len_chars() - behind, put)])
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Changes the rope.
    pub fn apply(&self, text: &mut Rope) {
        for change in self.changes.iter().rev() {
            let len = change.removed.chars().count();
            if len > 0 {
                text.remove(change.at..change.at + len);
            }
            if !change.inserted.is_empty() {
                text.insert(change.at, &change.inserted);
            }
        }
    }

    /// The transaction that takes the new text back to the old.
    pub fn inverse(&self) -> Transaction {
        let mut shift = 0isize;
        let changes = self
            .changes
            .iter()
            .map(|c| {
                let at = c.at.saturating_add_signed(shift);
                shift += c.inserted.chars().count() as isize - c.removed.chars().count() as isize;
                Change {
                    at,
                    removed: c.inserted.clone(),
                    inserted: c.removed.clone(),
                }
            })
            .collect();
        Transaction { changes }
    }

    /// What moves many positions.
    pub fn moves(&self) -> Moves {
        let mut shift = 0isize;
        let moves = self.changes.iter().map(|c| {
            let (removed, inserted) = (c.removed.chars().count(), c.inserted.chars().count());
            let before = shift;
            shift += inserted as isize - removed as isize;
            Move {
                at: c.at,
                end: c.at + removed,
                inserted,
                shift: before,
            }
        });
        Moves(moves.collect())
    }

    /// Where a position of the old text is in the new one.
    pub fn moved(&self, at: usize, side: Side) -> usize {
        let mut shift = 0isize;
        for c in &self.changes {
            let (removed, inserted) = (c.removed.chars().count(), c.inserted.chars().count());
            let end = c.at + removed;
            if at < c.at || (at == c.at && (side == Side::Before || removed > 0)) {
                break;
            }
            if at < end {
                return c.at.saturating_add_signed(shift)
                    + if side == Side::Before { 0 } else { inserted };
            }
            shift += inserted as isize - removed as isize;
        }
        at.saturating_add_signed(shift)
    }

    /// A selection moved along.
    pub fn moved_selection(&self, selection: &Selection, side: Side) -> Selection {
        self.moves().selection(selection, side)
    }
}
