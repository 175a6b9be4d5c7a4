//! What every collection did: the last ones of each process in a ring, and totals for the image.
//!
//! To read the clock and to note all that costs more than a small collection itself. So of a process's small ones only each sixteenth is noted, and stands for
//! those since the one before in the sum of the pauses; they are all counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Why a collection was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The nursery was full.
    NurseryFull,
    /// The old space had grown to twice what it was.
    OldSpaceGrown,
    /// The program asked for it.
    Asked,
    /// `NOSTOS_GC=stress`.
    Stress,
}

/// One collection.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// Number of the process.
    pub pid: u64,
    /// Why.
    pub reason: Reason,
    /// The old space was collected as well.
    pub major: bool,
    /// How long the process stood still.
    pub pause: Duration,
    /// Bytes in use before.
    pub before: usize,
    /// Bytes in use after.
    pub after: usize,
    /// Bytes moved from the nursery to the old space.
    pub promoted: usize,
    /// When it was over, counted from the image's start.
    pub at: Duration,
}

const KEPT: usize = 16;
/// Up to here, in bytes before it, a minor collection is a small one.
const SMALL: usize = 16 << 10;
/// Of the small ones, one in so many is noted.
const NOTED: u64 = 16;

/// A process's last collections and their totals.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    pub(crate) last: VecDeque<Collection>,
    pub(crate) minor: u64,
    pub(crate) major: u64,
    pub(crate) pause: Duration,
}

impl Ring {
    /// Of no collection.
    pub(crate) const EMPTY: Ring = Ring {
        last: VecDeque::new(),
        minor: 0,
        major: 0,
        pause: Duration::ZERO,
    };

    /// Is the next collection to be timed and noted?
    #[inline]
    pub(crate) fn is_noted(&self, before: usize) -> bool {
        before > SMALL || self.minor.is_multiple_of(NOTED)
    }

    /// Notes a collection.
    pub(crate) fn record(&mut self, collection: Collection) {
        let pause = self.pause_of(&collection);
        if collection.major {
            self.major += 1;
        } else {
            self.minor += 1;
        }
        self.pause += pause;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(collection);
    }

    /// For how long the process stood still in the collection, and in those small ones that it stands for.
    pub(crate) fn pause_of(&self, collection: &Collection) -> Duration {
        let stands_for_others = !collection.major && collection.before <= SMALL && self.minor > 0;
        collection.pause * if stands_for_others { NOTED as u32 } else { 1 }
    }

    /// Counts a collection that is not noted.
    #[inline]
    pub(crate) fn count_one(&mut self) {
        self.minor += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.minor + self.major
    }
}

#[derive(Debug, Default)]
struct Sum {
    count: AtomicU64,
    pause_nanos: AtomicU64,
    longest_nanos: AtomicU64,
}

impl Sum {
    fn read(&self) -> GcSum {
        GcSum {
            count: self.count.load(Ordering::Relaxed),
            pause: Duration::from_nanos(self.pause_nanos.load(Ordering::Relaxed)),
            longest: Duration::from_nanos(self.longest_nanos.load(Ordering::Relaxed)),
        }
    }
}

/// Collections of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct GcSum {
    /// How many.
    pub count: u64,
    /// Time all processes together stood still for them.
    pub pause: Duration,
    /// The longest of these pauses.
    pub longest: Duration,
}

/// Totals of an image.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    minor: Sum,
    major: Sum,
    reclaimed: AtomicU64,
    promoted: AtomicU64,
    recent: crate::mutex::Mutex<VecDeque<Collection>>,
    began: Began,
}

#[derive(Debug)]
struct Began(Instant);

impl Default for Began {
    fn default() -> Self {
        Began(Instant::now())
    }
}

/// The image's collections so far.
#[derive(Clone, Debug, Default)]
pub struct GcStats {
    /// Minor ones.
    pub minor: GcSum,
    /// Major ones.
    pub major: GcSum,
    /// Bytes found to be garbage.
    pub reclaimed: u64,
    /// Bytes moved from nurseries to old spaces.
    pub promoted: u64,
    /// The last ones, oldest first.
    pub recent: Vec<Collection>,
}

const RECENT: usize = 256;

impl Totals {
    /// Notes a collection, which stands for pauses of so much in all.
    pub(crate) fn record(&self, collection: Collection, pause: Duration) {
        let sum = if collection.major {
            &self.major
        } else {
            &self.minor
        };
        let garbage = collection.before.saturating_sub(collection.after);
        self.count_one(collection.major, garbage, collection.promoted);
        sum.pause_nanos
            .fetch_add(pause.as_nanos() as u64, Ordering::Relaxed);
        let nanos = collection.pause.as_nanos() as u64;
        sum.longest_nanos.fetch_max(nanos, Ordering::Relaxed);
        let mut recent = self.recent.lock();
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(collection);
    }

    /// Counts a collection, which found so many bytes to be garbage and moved so many.
    #[inline]
    pub(crate) fn count_one(&self, major: bool, garbage: usize, promoted: usize) {
        let sum = if major { &self.major } else { &self.minor };
        sum.count.fetch_add(1, Ordering::Relaxed);
        self.reclaimed.fetch_add(garbage as u64, Ordering::Relaxed);
        if promoted > 0 {
            self.promoted.fetch_add(promoted as u64, Ordering::Relaxed);
        }
    }

    /// Time since the image's start.
    pub(crate) fn now(&self) -> Duration {
        self.began.0.elapsed()
    }

    pub(crate) fn read(&self) -> GcStats {
        GcStats {
            minor: self.minor.read(),
            major: self.major.read(),
            reclaimed: self.reclaimed.load(Ordering::Relaxed),
            promoted: self.promoted.load(Ordering::Relaxed),
            recent: self.recent.lock().iter().copied().collect(),
        }
    }
}
