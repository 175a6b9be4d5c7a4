//! What the image tells of itself from second to second: the census, the workers, the collections, with the past that trends and rates
//! are made of.
//!
//! Everything here is bounded: a minute of the past, a thousand collections. Who freezes keeps it as it is.

use super::{State, View};
use crate::proto::live::{CLASSES, Census, Second};
use crate::proto::{self, Collection, GcStats, Pid};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};

/// Answers of the past that are kept: a minute.
pub const PAST: usize = 60;
/// With more processes they are not counted every second.
const MANY: u64 = 100_000;
/// Collections that are kept.
const COLLECTIONS: usize = 1000;

/// One answer about collections, for rates.
#[derive(Clone, Debug, Default)]
struct Moment {
    at: u64,
    minor: u64,
    major: u64,
    freed: u64,
    promoted: u64,
    stood: u64,
    pauses: [[u64; CLASSES]; 2],
}

/// Of one worker: how it was used.
#[derive(Clone, Debug, Default)]
pub struct WorkerPast {
    at: u64,
    now_nanos: u64,
    slept: u64,
    counts: [u64; 3],
    /// Thousandths of the last second it was at work.
    pub busy: u64,
    /// Those of the past, the newest last.
    pub past: VecDeque<u64>,
    /// Per second: reductions, steals, processes begun.
    pub rates: [u64; 3],
}

/// See the module.
#[derive(Debug, Default)]
pub struct Live {
    /// How many processes are at what, once the image has said so.
    pub census: Option<Census>,
    /// When it did.
    census_at: u64,
    /// Bytes of all heaps in the past.
    pub heap: VecDeque<u64>,
    /// Past of each worker.
    pub workers: HashMap<u64, WorkerPast>,
    moments: VecDeque<Moment>,
    /// Per second: minor, major collections, bytes freed, bytes promoted, nanoseconds in pauses.
    pub rates: [u64; 5],
    /// Bytes promoted per second in the past.
    pub promoted: VecDeque<u64>,
    /// Collections of the process that is looked at alone.
    pub own: Option<(Pid, GcStats)>,
    /// Only the collections of the selected process are shown.
    pub alone: bool,
    /// Pauses are shown since the start, not of the last minute.
    pub since_start: bool,
}

impl Live {
    /// How many pauses of each class there were in the last minute, as far as that is known: minor, major; and for how long that is.
    pub fn last_pauses(&self, gc: &GcStats) -> ([[u64; CLASSES]; 2], u64) {
        let now = [gc.minor.pauses, gc.major.pauses];
        let (Some(first), Some(last)) = (self.moments.front(), self.moments.back()) else {
            return (now, 0);
        };
        let mut out = now;
        for (out, before) in out.iter_mut().zip(&first.pauses) {
            for (n, before) in out.iter_mut().zip(before) {
                *n = n.saturating_sub(*before);
            }
        }
        (out, last.at.saturating_sub(first.at))
    }

    fn take_gc(&mut self, gc: &GcStats, now: u64) {
        let moment = Moment {
            at: now,
            minor: gc.minor.count,
            major: gc.major.count,
            freed: gc.moved.0,
            promoted: gc.moved.1,
            stood: gc.minor.total_nanos + gc.major.total_nanos,
            pauses: [gc.minor.pauses, gc.major.pauses],
        };
        if let Some(last) = self.moments.back() {
            let elapsed = now.saturating_sub(last.at);
            if elapsed < 200 {
                return;
            }
            let rate = |now: u64, before: u64| now.saturating_sub(before) * 1000 / elapsed;
            self.rates = [
                rate(moment.minor, last.minor),
                rate(moment.major, last.major),
                rate(moment.freed, last.freed),
                rate(moment.promoted, last.promoted),
                rate(moment.stood, last.stood),
            ];
            push(&mut self.promoted, self.rates[3]);
        }
        if self.moments.len() > PAST {
            self.moments.pop_front();
        }
        self.moments.push_back(moment);
    }
}

fn push(past: &mut VecDeque<u64>, value: u64) {
    if past.len() >= PAST {
        past.pop_front();
    }
    past.push_back(value);
}

/// The last so many seconds up to `now`, one each, those without a collection too.
pub fn each_second(seconds: &[Second], now: u64, count: usize) -> Vec<Second> {
    let first = (now + 1).saturating_sub(count as u64);
    (first..=now)
        .map(|at| {
            let known = seconds.iter().find(|s| s.at == at).copied();
            known.unwrap_or(Second {
                at,
                ..Second::default()
            })
        })
        .collect()
}

/// The pause that so many of a thousand are shorter than, by class: its upper end in nanoseconds.
pub fn shorter_than(pauses: &[u64; CLASSES], thousandths: u64) -> Option<u64> {
    let all: u64 = pauses.iter().sum();
    let want = (all * thousandths).div_ceil(1000).max(1);
    let mut seen = 0;
    pauses.iter().enumerate().find_map(|(i, n)| {
        seen += n;
        (all > 0 && seen >= want).then(|| 1000 << i)
    })
}

/// A process that collects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collector {
    /// Which.
    pub pid: Pid,
    /// Nanoseconds per second it stands still for it.
    pub rate: u64,
    /// Collections so far, and nanoseconds; 0 when they are not known.
    pub sums: (u64, u64),
    /// Of those collections that are known: the longest pause, and bytes promoted.
    pub noted: (u64, u64),
}

impl State {
    /// Who collects most: by the time it stands still now, then by what it has stood altogether.
    pub fn collectors(&self) -> Vec<Collector> {
        let mut noted: HashMap<Pid, (u64, u64)> = HashMap::new();
        for c in &self.image.gc.collections {
            let of = noted.entry(c.process).or_default();
            of.0 = of.0.max(c.pause_nanos);
            of.1 += c.promoted;
        }
        let mut out: Vec<Collector> = Vec::new();
        for p in &self.image.processes {
            let noted = noted.remove(&p.id);
            if p.gc_count > 0 || noted.is_some() {
                out.push(Collector {
                    pid: p.id,
                    rate: self.image.tracks.get(&p.id).map_or(0, |t| t.gc_rate),
                    sums: (p.gc_count, p.gc_nanos),
                    noted: noted.unwrap_or_default(),
                });
            }
        }
        // Those that are not in the list of processes: they have ended, or there are too many.
        out.extend(noted.into_iter().map(|(pid, noted)| Collector {
            pid,
            rate: 0,
            sums: (0, 0),
            noted,
        }));
        out.sort_by_key(|c| std::cmp::Reverse((c.rate, c.sums.1, c.noted.0, c.pid)));
        out
    }

    /// The collections on the screen, the newest first.
    pub fn shown_collections(&self) -> &[Collection] {
        match &self.live.own {
            Some((pid, own)) if self.live.alone && self.selected == Some(*pid) => &own.collections,
            _ if self.live.alone => &[],
            _ => &self.image.gc.collections,
        }
    }

    /// Takes over what the image says of collections. It tells only those that are new.
    pub fn take_gc(&mut self, body: &Value) {
        let mut gc = proto::gc_stats(body);
        let before = std::mem::take(&mut self.image.gc);
        // Who looks at a row keeps it under the cursor.
        let held = match (self.live.alone, self.collections.row) {
            (true, _) | (_, 0) => None,
            (false, row) => Some(gc.collections.len()).filter(|_| row < before.collections.len()),
        };
        if gc.noted > 0 && gc.noted >= before.noted {
            let newest = before.collections.first().map_or(0, |c| c.number);
            gc.collections.retain(|c| c.number > newest);
            gc.collections.sort_by_key(|c| std::cmp::Reverse(c.number));
            let new = gc.collections.len();
            gc.collections.extend(before.collections);
            gc.collections.truncate(COLLECTIONS);
            if held.is_some() {
                self.collections.row += new;
                self.collections.top += new;
            }
        }
        self.live.take_gc(&gc, self.now);
        self.image.gc = gc;
    }

    /// Whether the image is to count its processes: where that is seen, and of very many not every second.
    pub fn counts_processes(&self) -> bool {
        let seen = matches!(
            self.view,
            View::Processes | View::Heap | View::Gc | View::Schedulers
        );
        let pause = if self.image.total > MANY { 5000 } else { 0 };
        seen && (self.live.census.is_none() || self.now >= self.live.census_at + pause)
    }

    /// Takes over what the image says of its workers and processes.
    pub fn take_scheduler(&mut self, body: &Value) {
        self.take_workers(body);
        let Some(now_nanos) = proto::live::now_nanos(body) else {
            return;
        };
        if body["states"].is_object() {
            let census = proto::live::census(body);
            if self.live.census.is_none() || self.now >= self.live.census_at + 200 {
                push(&mut self.live.heap, census.heap);
                self.live.census_at = self.now;
            }
            self.live.census = Some(census);
        }
        for w in &self.image.workers {
            let past = self.live.workers.entry(w.id).or_default();
            let slept = w.slept.unwrap_or(0);
            let counts = [w.reductions, w.steals, w.switches];
            let nanos = now_nanos.saturating_sub(past.now_nanos);
            if past.now_nanos > 0 && nanos >= 200_000_000 {
                let idle = slept.saturating_sub(past.slept) as u128 * 1000 / u128::from(nanos);
                past.busy = 1000u64.saturating_sub(idle as u64);
                let busy = past.busy;
                push(&mut past.past, busy);
                for ((rate, now), before) in past.rates.iter_mut().zip(counts).zip(past.counts) {
                    let more = u128::from(now.saturating_sub(before));
                    *rate = (more * 1_000_000_000 / u128::from(nanos)) as u64;
                }
            } else if past.now_nanos > 0 {
                continue;
            }
            (past.at, past.now_nanos) = (self.now, now_nanos);
            (past.slept, past.counts) = (slept, counts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_say_what_most_are_shorter_than() {
        let mut pauses = [0; CLASSES];
        assert_eq!(shorter_than(&pauses, 500), None);
        (pauses[3], pauses[5]) = (98, 2);
        assert_eq!(shorter_than(&pauses, 500), Some(8_000));
        assert_eq!(shorter_than(&pauses, 990), Some(32_000));
    }

    #[test]
    fn every_second_has_its_place() {
        let at = |at| Second {
            at,
            minor: 1,
            ..Second::default()
        };
        let all = each_second(&[at(3), at(5), at(90)], 6, 5);
        let found: Vec<(u64, u64)> = all.iter().map(|s| (s.at, s.minor)).collect();
        assert_eq!(found, [(2, 0), (3, 1), (4, 0), (5, 1), (6, 0)]);
    }
}
