//! Deadlines of parked processes, in nanoseconds since the image began. Workers look at the earliest one; idle ones sleep until it.
//!
//! They lie in a hierarchical timing wheel (Varghese and Lauck 1987; the levels as in Tokio's): a deadline's level is the highest group of bits in which it
//! differs from the wheel's time, its slot the bits of that group. So all of a level come before all of the next, and to add and to take out are a few
//! steps whatever there is. A process has at most one entry; a later deadline leaves it where it is until it is due (see
//! [`crate::mailbox::Inbox::timer_at`]), and it goes when the process ends or waits without a deadline.

use crate::mutex::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The image's timers.
pub(crate) struct Timers {
    start: Instant,
    wheel: Mutex<Wheel>,
    /// No deadline is earlier; `u64::MAX` when there is none.
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
            wheel: Mutex::default(),
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
        if let Some(own) = &self.own {
            let earliest = self.wheel.lock().earliest(usize::MAX);
            if earliest != u64::MAX {
                own.fetch_max(earliest, Ordering::Relaxed);
            }
        }
    }

    /// The worker has waited for the outside: at least as much time has passed as since the image began.
    pub(crate) fn slept(&self) {
        if let Some(own) = &self.own {
            own.fetch_max(self.start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
    }

    /// No deadline is earlier than this; `u64::MAX` when there is none.
    #[inline]
    pub(crate) fn earliest(&self) -> u64 {
        self.earliest.load(Ordering::Acquire)
    }

    /// How many entries there are.
    pub(crate) fn pending(&self) -> usize {
        self.wheel.lock().used
    }

    /// Adds an entry.
    pub(crate) fn add(&self, at: u64, pid: u64) -> Entry {
        let mut wheel = self.wheel.lock();
        let entry = wheel.add(at, pid);
        if at < self.earliest.load(Ordering::Relaxed) {
            self.earliest.store(at, Ordering::Release);
        }
        entry
    }

    /// Takes an entry out, unless it was due meanwhile.
    pub(crate) fn cancel(&self, entry: Entry, at: u64, pid: u64) {
        let mut wheel = self.wheel.lock();
        if wheel.cancel(entry, at, pid) && wheel.is_empty() {
            self.earliest.store(u64::MAX, Ordering::Release);
        }
    }

    /// Takes the entries that are due, earliest first.
    pub(crate) fn due(&self, now: u64, into: &mut Vec<(u64, u64)>) {
        if self.earliest() > now {
            return;
        }
        let mut wheel = self.wheel.lock();
        wheel.due(now, into);
        self.earliest
            .store(wheel.earliest(GLANCE), Ordering::Release);
        drop(wheel);
        into.sort_unstable();
    }
}

/// A slot of so many entries is looked through for its earliest; that of more is said to begin when the slot does.
const GLANCE: usize = 16;

/// Where an entry lies. It says nothing once the entry was due, as others may lie there then: hence [`Timers::cancel`] compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry(u32);

/// A tick is 1,024 nanoseconds, and what is in one slot of the lowest level; entries in it are told apart by their deadlines.
const TICK_BITS: u32 = 10;
const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// So many that any number of nanoseconds has a place.
const LEVELS: usize = (u64::BITS - TICK_BITS).div_ceil(SLOT_BITS) as usize;
const NONE: u32 = u32::MAX;

/// Invariant: every used node is in the list of the slot that [`Wheel::place`] gives for its deadline and `ticks`; `occupied` tells which lists are not empty.
struct Wheel {
    /// The wheel's time. No deadline's tick was before it when it was added; such a deadline is as good as now.
    ticks: u64,
    nodes: Vec<Node>,
    /// Unused nodes, linked by `next`.
    free: u32,
    used: usize,
    occupied: [u64; LEVELS],
    heads: [[u32; SLOTS]; LEVELS],
}

#[derive(Clone, Copy)]
struct Node {
    at: u64,
    /// 0: unused.
    pid: u64,
    next: u32,
    /// The node before, or where the list is headed, above [`HEAD`].
    prev: u32,
}

/// With this bit, a number is a slot's: level and slot.
const HEAD: u32 = 1 << 31;

impl Default for Wheel {
    fn default() -> Self {
        Wheel {
            ticks: 0,
            nodes: Vec::new(),
            free: NONE,
            used: 0,
            occupied: [0; LEVELS],
            heads: [[NONE; SLOTS]; LEVELS],
        }
    }
}

impl Wheel {
    fn is_empty(&self) -> bool {
        self.used == 0
    }

    fn add(&mut self, at: u64, pid: u64) -> Entry {
        let node = Node {
            at,
            pid,
            next: NONE,
            prev: NONE,
        };
        let index = self.free;
        let index = if index == NONE {
            self.nodes.push(node);
            self.nodes.len() as u32 - 1
        } else {
            self.free = self.nodes[index as usize].next;
            self.nodes[index as usize] = node;
            index
        };
        self.used += 1;
        self.link(index);
        Entry(index)
    }

    fn cancel(&mut self, entry: Entry, at: u64, pid: u64) -> bool {
        let same = |node: &Node| node.pid == pid && node.at == at;
        let known = self.nodes.get(entry.0 as usize).is_some_and(same);
        if known {
            self.unlink(entry.0);
            self.forget(entry.0);
        }
        known
    }

    /// Level and slot of a deadline.
    fn place(&self, at: u64) -> (usize, usize) {
        let tick = (at >> TICK_BITS).max(self.ticks);
        let differs = (tick ^ self.ticks) | 1;
        let level = differs.ilog2() / SLOT_BITS;
        let slot = (tick >> (level * SLOT_BITS)) as usize % SLOTS;
        (level as usize, slot)
    }

    fn link(&mut self, index: u32) {
        let (level, slot) = self.place(self.nodes[index as usize].at);
        let next = std::mem::replace(&mut self.heads[level][slot], index);
        self.occupied[level] |= 1 << slot;
        if next != NONE {
            self.nodes[next as usize].prev = index;
        }
        let node = &mut self.nodes[index as usize];
        node.next = next;
        node.prev = HEAD | (level * SLOTS + slot) as u32;
    }

    fn unlink(&mut self, index: u32) {
        let Node { next, prev, .. } = self.nodes[index as usize];
        if next != NONE {
            self.nodes[next as usize].prev = prev;
        }
        if prev & HEAD == 0 {
            self.nodes[prev as usize].next = next;
            return;
        }
        let (level, slot) = (
            (prev & !HEAD) as usize / SLOTS,
            (prev & !HEAD) as usize % SLOTS,
        );
        self.heads[level][slot] = next;
        if next == NONE {
            self.occupied[level] &= !(1 << slot);
        }
    }

    /// The node is in no list and unused from now on.
    fn forget(&mut self, index: u32) {
        let node = &mut self.nodes[index as usize];
        node.pid = 0;
        node.next = self.free;
        self.free = index;
        self.used -= 1;
    }

    /// The slot whose entries come first, and the tick at which it begins.
    fn first(&self) -> Option<(usize, usize, u64)> {
        let level = self.occupied.iter().position(|slots| *slots != 0)?;
        let slot = self.occupied[level].trailing_zeros() as usize;
        let below = level as u32 * SLOT_BITS;
        let above = self.ticks.checked_shr(below + SLOT_BITS).unwrap_or(0);
        let above = above.checked_shl(below + SLOT_BITS).unwrap_or(0);
        Some((level, slot, above | (slot as u64) << below))
    }

    fn entries(&self, level: usize, slot: usize) -> impl Iterator<Item = u32> {
        let head = self.heads[level][slot];
        let some = |index: u32| (index != NONE).then_some(index);
        std::iter::successors(some(head), move |i| some(self.nodes[*i as usize].next))
    }

    /// No deadline is earlier; exact if its slot has at most so many entries.
    fn earliest(&self, glance: usize) -> u64 {
        let Some((level, slot, begin)) = self.first() else {
            return u64::MAX;
        };
        let some = glance.saturating_add(1);
        let mut ats = self.entries(level, slot).take(some);
        let (count, least) = ats.by_ref().fold((0, u64::MAX), |(count, least), i| {
            (count + 1, least.min(self.nodes[i as usize].at))
        });
        if count > glance {
            // Deadlines that were past when they were added lie in the slot of that time.
            return least.min(begin << TICK_BITS);
        }
        least
    }

    fn due(&mut self, now: u64, into: &mut Vec<(u64, u64)>) {
        while let Some((level, slot, begin)) = self.first() {
            if begin > now >> TICK_BITS {
                break;
            }
            self.ticks = self.ticks.max(begin);
            let mut next = self.heads[level][slot];
            if level > 0 {
                // The slot begins now: its entries differ from the wheel's time in lower bits only.
                self.heads[level][slot] = NONE;
                self.occupied[level] &= !(1 << slot);
                while next != NONE {
                    let index = next;
                    next = self.nodes[index as usize].next;
                    self.link(index);
                }
                continue;
            }
            while next != NONE {
                let index = next;
                let Node {
                    at,
                    pid,
                    next: behind,
                    ..
                } = self.nodes[index as usize];
                next = behind;
                if at <= now {
                    self.unlink(index);
                    self.forget(index);
                    into.push((at, pid));
                }
            }
            if self.occupied[0] & 1 << slot != 0 {
                // Later in this tick.
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Any sequence of steps against an ordered map.
    #[test]
    fn it_gives_what_an_ordered_map_would() {
        let mut state = 1u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 20) % below
        };
        for _ in 0..if cfg!(miri) { 2 } else { 60 } {
            let (timers, mut map, mut now) = (Timers::new(false), BTreeMap::new(), 1u64);
            let mut most = 0;
            for pid in 1..if cfg!(miri) { 60 } else { 2000 } {
                // From nanoseconds to years, some of them past already.
                let far = 1 << random(58);
                let at = (now + random(far)).saturating_sub(random(3000));
                map.insert((at, pid), timers.add(at, pid));
                most = most.max(map.len());
                if random(3) == 0 {
                    let n = random(map.len() as u64) as usize;
                    let (&(at, pid), &entry) = map.iter().nth(n).expect("there are so many");
                    map.remove(&(at, pid));
                    timers.cancel(entry, at, pid);
                    // What is gone stays gone.
                    timers.cancel(entry, at, pid);
                }
                let first = map.keys().next().map_or(u64::MAX, |(at, _)| *at);
                assert!(timers.earliest() <= first);
                assert_eq!(timers.wheel.lock().earliest(usize::MAX), first);
                if random(4) == 0 {
                    now = match random(3) {
                        0 if first != u64::MAX => now.max(first),
                        1 => {
                            let far = 1 << random(40);
                            now + random(far)
                        }
                        _ => now + random(2000),
                    };
                    let (mut due, mut wanted) = (Vec::new(), Vec::new());
                    timers.due(now, &mut due);
                    while let Some(first) = map.first_entry()
                        && first.key().0 <= now
                    {
                        wanted.push(first.remove_entry().0);
                    }
                    assert_eq!(due, wanted, "at {now}");
                    let first = map.keys().next().map_or(u64::MAX, |(at, _)| *at);
                    assert!(timers.earliest() <= first);
                }
            }
            let wheel = timers.wheel.lock();
            assert!(wheel.used == map.len() && wheel.nodes.len() <= most);
        }
    }

    #[test]
    fn deadlines_that_never_come_leave_nothing() {
        let timers = Timers::new(false);
        for pid in 1..if cfg!(miri) { 100 } else { 1_000_000 } {
            let entry = timers.add(pid * 1_000_000, pid);
            timers.cancel(entry, pid * 1_000_000, pid);
        }
        assert!(timers.wheel.lock().nodes.len() == 1 && timers.earliest() == u64::MAX);
    }

    #[test]
    fn a_leap_goes_to_the_next_deadline_however_many_there_are() {
        let timers = Timers::new(true);
        for pid in 1..=100 {
            timers.add(5_000_000_000 + pid, pid);
        }
        let mut due = Vec::new();
        timers.leap();
        timers.due(timers.now(), &mut due);
        assert_eq!(due, [(5_000_000_001, 1)]);
    }
}
