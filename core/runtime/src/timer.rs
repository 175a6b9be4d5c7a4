//! Deadlines of parked processes, in nanoseconds since the image began. Workers look at the earliest one; idle ones sleep until it.
//! A process has at most a few entries; a later deadline re-uses the entry it has (see [`crate::mailbox::Inbox::timer_at`]).

use crate::mutex::Mutex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The image's timers.
pub(crate) struct Timers {
    start: Instant,
    heap: Mutex<BinaryHeap<Reverse<(u64, u64)>>>,
    /// The earliest deadline, `u64::MAX` when there is none.
    earliest: AtomicU64,
    /// The image's own time, when it does not go by the system's.
    own: Option<AtomicU64>,
}

/// Nanoseconds a reduction takes by the image's own clock, and a turn beside that.
const REDUCTION: u64 = 5;
const TURN: u64 = 500;

impl Timers {
    /// With a clock of its own, time passes only as it is told.
    pub(crate) fn new(own: bool) -> Self {
        Timers {
            own: own.then(|| AtomicU64::new(1)),
            start: Instant::now(),
            heap: Mutex::new(BinaryHeap::new()),
            earliest: AtomicU64::new(u64::MAX),
        }
    }

    /// Nanoseconds since the image began; never 0.
    pub(crate) fn now(&self) -> u64 {
        if let Some(own) = &self.own {
            return own.load(Ordering::Relaxed);
        }
        self.start.elapsed().as_nanos() as u64 + 1
    }

    /// A process has used so many reductions: time passes by the image's own clock.
    pub(crate) fn pass(&self, reductions: u64) {
        if let Some(own) = &self.own {
            own.fetch_add(TURN + REDUCTION * reductions, Ordering::Relaxed);
        }
    }

    /// The earliest deadline comes at once, by the image's own clock.
    pub(crate) fn leap(&self) {
        if let Some(own) = &self.own
            && self.earliest() != u64::MAX
        {
            own.fetch_max(self.earliest(), Ordering::Relaxed);
        }
    }

    /// The worker has waited for the outside: at least as much time has passed as since the image began.
    pub(crate) fn slept(&self) {
        if let Some(own) = &self.own {
            own.fetch_max(self.start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
    }

    /// The earliest deadline, `u64::MAX` when there is none.
    #[inline]
    pub(crate) fn earliest(&self) -> u64 {
        self.earliest.load(Ordering::Acquire)
    }

    /// Adds an entry; says whether it is the earliest now.
    pub(crate) fn add(&self, at: u64, pid: u64) -> bool {
        let mut heap = self.heap.lock();
        heap.push(Reverse((at, pid)));
        let earliest = at < self.earliest.load(Ordering::Relaxed);
        if earliest {
            self.earliest.store(at, Ordering::Release);
        }
        earliest
    }

    /// Takes the entries that are due.
    pub(crate) fn due(&self, now: u64, into: &mut Vec<(u64, u64)>) {
        if self.earliest() > now {
            return;
        }
        let mut heap = self.heap.lock();
        while let Some(Reverse((at, pid))) = heap.peek().copied() {
            if at > now {
                break;
            }
            heap.pop();
            into.push((at, pid));
        }
        let earliest = heap.peek().map_or(u64::MAX, |Reverse((at, _))| *at);
        self.earliest.store(earliest, Ordering::Release);
    }
}
