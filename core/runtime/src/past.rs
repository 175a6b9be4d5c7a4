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
    /// From 1, without gaps.
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
pub(crate) struct Pasts {
    rings: Mutex<FxHashMap<u64, Ring>>,
}

impl Pasts {
    /// Keeps what happens to a process, or no longer; what was kept goes then. False: too many are traced.
    fn turn(&self, pid: u64, on: bool) -> (bool, bool) {
        let mut rings = self.rings.lock();
        if !on {
            rings.remove(&pid);
        } else if rings.len() >= MOST && !rings.contains_key(&pid) {
            return (false, true);
        } else {
            rings.entry(pid).or_default().on = true;
        }
        (true, rings.values().any(|ring| ring.on))
    }

    fn is_traced(&self, pid: u64) -> bool {
        self.rings.lock().get(&pid).is_some_and(|ring| ring.on)
    }

    fn note(&self, pid: u64, at: u64, what: Happened, text: String, other: Option<u64>) {
        let mut rings = self.rings.lock();
        let Some(ring) = rings.get_mut(&pid).filter(|ring| ring.on) else {
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
        let (done, any) = self.debug.pasts.turn(pid, on);
        self.debug.trace(any);
        done
    }

    /// Traces nobody any more.
    pub(crate) fn trace_nobody(&self) {
        self.debug.pasts.rings.lock().clear();
        self.debug.trace(false);
    }

    /// The events of a process from behind a number on; whether it is traced still; none: it was not.
    pub(crate) fn past(&self, pid: u64, since: u64) -> Option<(Vec<PastEvent>, bool)> {
        let rings = self.debug.pasts.rings.lock();
        let ring = rings.get(&pid)?;
        let new = ring.events.iter().filter(|event| event.number > since);
        Some((new.cloned().collect(), ring.on))
    }

    /// A process has ended, and somebody is traced.
    #[cold]
    pub(crate) fn past_ends(&self, pid: u64, reason: &dyn std::fmt::Display) {
        if self.debug.pasts.is_traced(pid) {
            let now = self.timers.now();
            let text = reason.to_string();
            self.debug.pasts.note(pid, now, Happened::Ended, text, None);
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

    #[test]
    fn a_ring_forgets_its_oldest_and_ends_with_its_process() {
        let pasts = Pasts::default();
        pasts.note(7, 1, Happened::Sent, "lost".into(), Some(2));
        assert_eq!(pasts.turn(7, true), (true, true));
        for i in 0..RING as u64 + 10 {
            pasts.note(7, i, Happened::Received, "x".repeat(TEXT + 5), None);
        }
        pasts.note(7, 999, Happened::Ended, "Normal".into(), None);
        pasts.note(7, 1000, Happened::Sent, "a ghost's".into(), None);
        {
            let rings = pasts.rings.lock();
            let ring = &rings[&7];
            assert_eq!((ring.events.len(), ring.on), (RING, false));
            assert_eq!(ring.events[0].number, 12);
            assert_eq!(ring.events[0].text.chars().count(), TEXT + 1);
            let last = ring.events.back().expect("it is full");
            assert_eq!((last.number, last.what), (511, Happened::Ended));
        }
        assert_eq!(pasts.turn(8, true), (true, true));
        assert_eq!(pasts.turn(8, false), (true, false));
    }
}
