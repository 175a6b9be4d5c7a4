//! What happens to processes that are traced: the last events of each, in a ring.
//!
//! In: sends, receives, spawns, links and ends, from where they happen. Out: events with numbers. Who is not traced costs nothing: while
//! nobody is, the flags that send messages the long way round for a debugger are down, and no other branch is taken.

use crate::core::Core;
use crate::dispatch::Ctx;
use crate::mutex::Mutex;
use crate::value::{self, Memory};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::time::Duration;

/// Events that are kept of each process.
const RING: usize = 500;
/// Processes that are traced at once, and those that have ended since.
const MOST: usize = 256;
/// Characters of a text that are kept.
const TEXT: usize = 400;

/// What has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happened {
    /// It has taken a message out of its mailbox.
    Received,
    /// It has sent a message.
    Sent,
    /// It has begun another process.
    Spawned,
    /// It has linked itself to another process.
    Linked,
    /// It watches the end of another process.
    Monitored,
    /// It has ended.
    Ended,
}

/// An event of a traced process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastEvent {
    /// Rises by one with every event of the process, also when it was not traced for a while.
    pub number: u64,
    /// When, since the image began.
    pub at: Duration,
    /// What.
    pub what: Happened,
    /// The message, or the reason of the end.
    pub text: String,
    /// The other process.
    pub other: Option<u64>,
}

/// The events of one process.
#[derive(Default, Debug)]
struct Ring {
    /// It is traced still.
    on: bool,
    last: u64,
    events: VecDeque<PastEvent>,
}

/// The events of all that are traced.
#[derive(Default, Debug)]
struct Rings {
    of: FxHashMap<u64, Ring>,
    /// The highest number in a ring that is gone. Who has read that one asks for what comes behind it.
    highest: u64,
}

impl Rings {
    fn any(&self) -> bool {
        self.of.values().any(|ring| ring.on)
    }

    fn forget(&mut self, gone: impl Fn(u64, &Ring) -> bool) {
        let highest = &mut self.highest;
        self.of.retain(|&pid, ring| {
            let stays = !gone(pid, ring);
            if !stays {
                *highest = ring.last.max(*highest);
            }
            stays
        });
    }
}

/// The events of all that are traced.
#[derive(Default, Debug)]
pub(crate) struct Pasts {
    rings: Mutex<Rings>,
}

impl Pasts {
    /// Keeps what happens to a process, or no longer; what was kept goes then. False: too many are traced. `flag` is told whether any are, in the order in
    /// which that changes.
    fn turn(&self, pid: u64, on: bool, flag: impl FnOnce(bool)) -> bool {
        let mut rings = self.rings.lock();
        if !on {
            rings.forget(|other, _| other == pid);
        } else if !rings.of.contains_key(&pid) {
            if rings.of.len() >= MOST {
                rings.forget(|_, ring| !ring.on);
            }
            if rings.of.len() >= MOST {
                return false;
            }
            let last = rings.highest;
            let new = Ring {
                on: true,
                last,
                ..Ring::default()
            };
            rings.of.insert(pid, new);
        }
        flag(rings.any());
        true
    }

    /// A process has ended; `flag` as above.
    fn ended(&self, pid: u64, at: u64, reason: String, flag: impl FnOnce(bool)) {
        self.note(pid, at, Happened::Ended, reason, None);
        let rings = self.rings.lock();
        flag(rings.any());
    }

    fn is_traced(&self, pid: u64) -> bool {
        self.rings.lock().of.get(&pid).is_some_and(|ring| ring.on)
    }

    fn note(&self, pid: u64, at: u64, what: Happened, text: String, other: Option<u64>) {
        let mut rings = self.rings.lock();
        let Some(ring) = rings.of.get_mut(&pid).filter(|ring| ring.on) else {
            return;
        };
        ring.last += 1;
        if ring.events.len() == RING {
            ring.events.pop_front();
        }
        ring.on = what != Happened::Ended;
        ring.events.push_back(PastEvent {
            number: ring.last,
            at: Duration::from_nanos(at),
            what,
            text: cut(text),
            other,
        });
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TEXT) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Core {
    /// See [`crate::Image::trace`].
    pub(crate) fn trace(&self, pid: u64, on: bool) -> bool {
        self.debug.pasts.turn(pid, on, |any| self.debug.trace(any))
    }

    /// Traces nobody any more.
    pub(crate) fn trace_nobody(&self) {
        let mut rings = self.debug.pasts.rings.lock();
        rings.forget(|_, _| true);
        self.debug.trace(false);
    }

    /// The events of a process from behind a number on; whether it is traced still; none: it was not.
    pub(crate) fn past(&self, pid: u64, since: u64) -> Option<(Vec<PastEvent>, bool)> {
        let rings = self.debug.pasts.rings.lock();
        let ring = rings.of.get(&pid)?;
        let new = ring.events.iter().filter(|event| event.number > since);
        Some((new.cloned().collect(), ring.on))
    }

    /// A process has ended, and somebody is traced.
    #[cold]
    pub(crate) fn past_ends(&self, pid: u64, reason: &dyn std::fmt::Display) {
        if self.debug.pasts.is_traced(pid) {
            let now = self.timers.now();
            let text = reason.to_string();
            let flag = |any| self.debug.trace(any);
            self.debug.pasts.ended(pid, now, text, flag);
        }
    }
}

/// The process has taken a message, or is sending one to another; somebody is traced.
#[cold]
pub(crate) fn message(ctx: &Ctx, what: Happened, root: u64, other: Option<u64>) {
    let pid = ctx.process.pid();
    if !ctx.core.debug.pasts.is_traced(pid) {
        return;
    }
    let text = value::render_boxed(&ctx.core.descs.read(), Memory::Live, root, false);
    let now = ctx.core.timers.now();
    ctx.core.debug.pasts.note(pid, now, what, text, other);
}

/// It has something to do with another process; somebody is traced.
#[cold]
pub(crate) fn relation(ctx: &Ctx, what: Happened, other: u64) {
    let now = ctx.core.timers.now();
    let pid = ctx.process.pid();
    ctx.core
        .debug
        .pasts
        .note(pid, now, what, String::new(), Some(other));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(pasts: &Pasts, pid: u64, on: bool) -> (bool, Option<bool>) {
        let mut flag = None;
        (pasts.turn(pid, on, |any| flag = Some(any)), flag)
    }

    #[test]
    fn a_ring_forgets_its_oldest_and_ends_with_its_process() {
        let pasts = Pasts::default();
        pasts.note(7, 1, Happened::Sent, "lost".into(), Some(2));
        assert_eq!(turn(&pasts, 7, true), (true, Some(true)));
        for i in 0..RING as u64 + 10 {
            pasts.note(7, i, Happened::Received, "x".repeat(TEXT + 5), None);
        }
        let mut flag = None;
        pasts.ended(7, 999, "Normal".into(), |any| flag = Some(any));
        assert_eq!(flag, Some(false));
        pasts.note(7, 1000, Happened::Sent, "a ghost's".into(), None);
        {
            let rings = pasts.rings.lock();
            let ring = &rings.of[&7];
            assert_eq!((ring.events.len(), ring.on), (RING, false));
            assert_eq!(ring.events[0].number, 12);
            assert_eq!(ring.events[0].text.chars().count(), TEXT + 1);
            let last = ring.events.back().expect("it is full");
            assert_eq!((last.number, last.what), (511, Happened::Ended));
        }
        assert_eq!(turn(&pasts, 8, true), (true, Some(true)));
        assert_eq!(turn(&pasts, 8, false), (true, Some(false)));
    }

    #[test]
    fn numbers_go_on_when_a_process_is_traced_again() {
        let pasts = Pasts::default();
        turn(&pasts, 7, true);
        for i in 0..3 {
            pasts.note(7, i, Happened::Sent, String::new(), None);
        }
        turn(&pasts, 7, false);
        turn(&pasts, 7, true);
        pasts.note(7, 9, Happened::Sent, String::new(), None);
        let rings = pasts.rings.lock();
        let numbers: Vec<u64> = rings.of[&7].events.iter().map(|e| e.number).collect();
        assert_eq!(numbers, [4]);
    }

    #[test]
    fn who_has_ended_makes_room_for_others() {
        let pasts = Pasts::default();
        for pid in 0..MOST as u64 {
            assert!(turn(&pasts, pid, true).0);
        }
        assert!(!turn(&pasts, 1000, true).0);
        pasts.ended(5, 1, String::new(), |any| assert!(any));
        assert!(turn(&pasts, 1000, true).0);
        assert!(!turn(&pasts, 1001, true).0);
    }
}
