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
        let pause = collection.pause * self.stands_for(&collection);
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

    /// For how many collections it stands: itself, and small ones that were not noted.
    pub(crate) fn stands_for(&self, collection: &Collection) -> u32 {
        let stands_for_others = !collection.major && collection.before <= SMALL && self.minor > 0;
        if stands_for_others { NOTED as u32 } else { 1 }
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
    pauses: [AtomicU64; PAUSES],
}

/// Classes of pauses: shorter than a microsecond, than two, than four and so on; the last one has all that are longer.
pub const PAUSES: usize = 22;

fn class_of(pause: Duration) -> usize {
    let micros = pause.as_micros() as u64;
    (u64::BITS - micros.leading_zeros()).min(PAUSES as u32 - 1) as usize
}

impl Sum {
    fn read(&self) -> GcSum {
        GcSum {
            count: self.count.load(Ordering::Relaxed),
            pause: Duration::from_nanos(self.pause_nanos.load(Ordering::Relaxed)),
            longest: Duration::from_nanos(self.longest_nanos.load(Ordering::Relaxed)),
            pauses: self.pauses.each_ref().map(|n| n.load(Ordering::Relaxed)),
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
    /// How many pauses there were of each class, see [`PAUSES`]; a small collection that was not noted counts where the one that stands for it does.
    pub pauses: [u64; PAUSES],
}

/// The pauses of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Which: seconds since the image's start.
    pub at: u64,
    /// The longest pause of a minor collection.
    pub minor: Duration,
    /// And of a major one.
    pub major: Duration,
    /// All of them together, over all processes.
    pub pause: Duration,
}

/// Totals of an image.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    minor: Sum,
    major: Sum,
    reclaimed: AtomicU64,
    promoted: AtomicU64,
    last: crate::mutex::Mutex<Last>,
    began: Began,
}

/// What is known of the last collections.
#[derive(Debug, Default)]
struct Last {
    recent: VecDeque<Collection>,
    /// How many have been noted.
    noted: u64,
    /// Those seconds in which there was one.
    seconds: VecDeque<Second>,
}

impl Last {
    fn record(&mut self, collection: Collection, pause: Duration) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.noted += 1;
        let at = collection.at.as_secs();
        self.recent.push_back(collection);
        // Others may have been quicker, and be in the next one already.
        let known = self.seconds.iter().rposition(|second| second.at == at);
        let second = match known {
            Some(i) => &mut self.seconds[i],
            None => {
                if self.seconds.len() == SECONDS {
                    self.seconds.pop_front();
                }
                self.seconds.push_back(Second {
                    at,
                    ..Second::default()
                });
                self.seconds.back_mut().expect("one was just added")
            }
        };
        let longest = if collection.major {
            &mut second.major
        } else {
            &mut second.minor
        };
        *longest = (*longest).max(collection.pause);
        second.pause += pause;
    }
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
    /// How many were noted; the last one of `recent` has this number.
    pub noted: u64,
    /// The last seconds in which there was one, oldest first.
    pub seconds: Vec<Second>,
    /// Time since the image's start.
    pub now: Duration,
}

const RECENT: usize = 256;
/// Seconds that are known.
const SECONDS: usize = 60;

impl Totals {
    /// Notes a collection, which stands for so many.
    pub(crate) fn record(&self, collection: Collection, stands_for: u32) {
        let pause = collection.pause * stands_for;
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
        sum.pauses[class_of(collection.pause)].fetch_add(u64::from(stands_for), Ordering::Relaxed);
        self.last.lock().record(collection, pause);
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
            now: self.now(),
            ..self.read_last()
        }
    }

    fn read_last(&self) -> GcStats {
        let last = self.last.lock();
        GcStats {
            recent: last.recent.iter().copied().collect(),
            noted: last.noted,
            seconds: last.seconds.iter().copied().collect(),
            ..GcStats::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(major: bool, micros: u64, at: u64) -> Collection {
        Collection {
            pid: 1,
            reason: Reason::NurseryFull,
            major,
            pause: Duration::from_micros(micros),
            before: 100,
            after: 40,
            promoted: 10,
            at: Duration::from_secs(at),
        }
    }

    #[test]
    fn pauses_are_counted_by_class_and_second() {
        let totals = Totals::default();
        totals.record(collection(false, 0, 3), 16);
        totals.record(collection(false, 3, 3), 1);
        totals.record(collection(true, 70, 3), 1);
        totals.record(collection(true, u64::from(u32::MAX), 5), 1);
        let stats = totals.read();
        assert_eq!((stats.minor.pauses[0], stats.minor.pauses[2]), (16, 1));
        assert_eq!(
            (stats.major.pauses[7], stats.major.pauses[PAUSES - 1]),
            (1, 1)
        );
        let micros = Duration::from_micros;
        let third = Second {
            at: 3,
            minor: micros(3),
            major: micros(70),
            pause: micros(73),
        };
        assert_eq!((stats.noted, stats.seconds[0]), (4, third));
        for at in 0..200 {
            totals.record(collection(false, 1, at), 1);
        }
        assert_eq!(totals.read().seconds.len(), SECONDS);
    }
}
