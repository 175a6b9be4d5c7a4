//! How far a mailbox was filled when references were made, so that a receive which wants a message with a certain reference need not look at older ones.
//!
//! References are numbers that grow over the whole image, and a message can only bear one that has been made: what lay in the mailbox when this process
//! made `r` bears neither `r` nor any greater one, whoever made that. So any subset of the marks is right, and only says less.

use crate::mail::Place;

/// How many marks there are. Of a nested call or two, or of some made in turns, each has its own.
const MOST: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    reference: u64,
    /// So many of the messages kept were there before; good once `ahead` is nowhere.
    kept: usize,
    /// All before this place were, which the reader has not reached yet.
    ahead: Place,
}

/// Invariant: their references and positions ascend; those that the reader has not reached come last.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    list: [Mark; MOST],
    len: usize,
    /// The first place that the reader has not reached.
    next: Place,
}

/// Where a receive may begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begin {
    /// Behind so many of the messages kept.
    Kept(usize),
    /// At this place, which the reader has not reached.
    Ahead(Place),
}

impl Marks {
    /// When `reference` was made there were so many messages kept, and unread ones up to this place.
    pub(crate) fn note(&mut self, reference: u64, kept: usize, ahead: Place) {
        let mark = Mark {
            reference,
            kept,
            ahead,
        };
        if let Some(last) = self.list[..self.len].last() {
            let same = if last.ahead.is_somewhere() {
                last.ahead == ahead
            } else {
                !ahead.is_somewhere() && last.kept == kept
            };
            // An older reference says the same.
            if same {
                return;
            }
        }
        if self.len == MOST {
            self.thin_out();
        }
        self.list[self.len] = mark;
        self.len += 1;
        if !self.next.is_somewhere() {
            self.next = ahead;
        }
    }

    /// One of the older half goes: that whose neighbours are nearest to each other.
    #[cold]
    fn thin_out(&mut self) {
        let position = |i: usize| match self.list[i] {
            mark if mark.ahead.is_somewhere() => usize::MAX,
            mark => mark.kept,
        };
        let gap = |i: &usize| match *i {
            // It says nothing any more.
            0 if position(0) == 0 => 0,
            0 => position(1),
            i => position(i + 1) - position(i - 1),
        };
        let goes = (0..MOST / 2).min_by_key(gap).unwrap_or(0);
        self.list.copy_within(goes + 1.., goes);
        self.len -= 1;
        let left = &self.list[..self.len];
        let ahead = left.iter().find(|mark| mark.ahead.is_somewhere());
        self.next = ahead.map_or(Place::default(), |mark| mark.ahead);
    }

    /// Is there a place that the reader is still to reach?
    #[inline]
    pub(crate) fn awaits(&self) -> bool {
        self.next.is_somewhere()
    }

    /// The reader has gone over a letter and is at this place; so many messages are kept.
    #[inline]
    pub(crate) fn reached(&mut self, place: Place, kept: usize) {
        if self.next == place {
            self.settle(kept);
        }
    }

    #[cold]
    fn settle(&mut self, kept: usize) {
        let place = std::mem::take(&mut self.next);
        for mark in &mut self.list[..self.len] {
            if mark.ahead == place {
                mark.ahead = Place::default();
                mark.kept = kept;
            } else if mark.ahead.is_somewhere() {
                self.next = mark.ahead;
                break;
            }
        }
    }

    /// Of the messages kept, this one goes.
    #[inline]
    pub(crate) fn removed(&mut self, index: usize) {
        for mark in &mut self.list[..self.len] {
            mark.kept -= usize::from(!mark.ahead.is_somewhere() && mark.kept > index);
        }
    }

    /// Where messages begin that may bear this reference.
    pub(crate) fn begin(&self, reference: u64) -> Begin {
        let older = |mark: &&Mark| mark.reference <= reference;
        match self.list[..self.len].iter().rev().find(older) {
            None => Begin::Kept(0),
            Some(mark) if mark.ahead.is_somewhere() => Begin::Ahead(mark.ahead),
            Some(mark) => Begin::Kept(mark.kept),
        }
    }
}
