//! The list of processes: its rows flat or as a tree, their rates and trends from one answer of the image to the next.

use super::{Cursor, SORTS, State, Track, View};
use crate::proto::{self, Pid, Process};
use serde_json::Value;
use std::collections::HashSet;

/// Sizes of a heap that are kept.
const TREND: usize = 30;

impl State {
    /// The processes the filter lets through, in order.
    pub fn shown_processes(&self) -> Vec<&Process> {
        let filter = crate::filter::Filter::parse(&self.filter).unwrap_or_default();
        if self.as_tree && self.view != View::Heap {
            return self.shown_tree(&filter);
        }
        let mut out: Vec<&Process> = self
            .image
            .processes
            .iter()
            .filter(|p| filter.takes(p))
            .collect();
        match self.sorted_by() {
            "mailbox" => out.sort_by_key(|p| (std::cmp::Reverse(p.mailbox), p.id)),
            "reductions" => out.sort_by_key(|p| (std::cmp::Reverse(p.reductions), p.id)),
            "heap" => out.sort_by_key(|p| (std::cmp::Reverse(p.heap), p.id)),
            _ => out.sort_by_key(|p| p.id),
        }
        out
    }

    /// What the list is sorted by; where heaps are looked at it is by their size.
    pub fn sorted_by(&self) -> &'static str {
        if self.view == View::Heap {
            "heap"
        } else {
            SORTS[self.sort]
        }
    }

    /// The tree's rows: what the filter lets through with those above it, without what is folded.
    fn shown_tree(&self, filter: &crate::filter::Filter) -> Vec<&Process> {
        // From the end, as whoever stands above comes before: `need` is what the last kept row hangs on.
        let mut need = 0;
        let mut kept: Vec<&Process> = Vec::new();
        for p in self.image.processes.iter().rev() {
            if p.depth < need || filter.takes(p) {
                need = p.depth;
                kept.push(p);
            }
        }
        kept.reverse();
        let mut hidden = u64::MAX;
        kept.retain(|p| {
            if p.depth > hidden {
                return false;
            }
            hidden = if self.folded.contains(&p.id) {
                p.depth
            } else {
                u64::MAX
            };
            true
        });
        kept
    }

    /// How many processes stand below one in the tree.
    pub fn below(&self, pid: Pid) -> usize {
        let rows = &self.image.processes;
        let Some(at) = rows.iter().position(|p| p.id == pid) else {
            return 0;
        };
        let after = rows[at + 1..].iter();
        after.take_while(|p| p.depth > rows[at].depth).count()
    }

    /// Whether a process has started others that still are.
    pub fn has_children(&self, pid: Pid) -> bool {
        self.below(pid) > 0
    }

    /// Takes over a list of processes, with rates and trends.
    pub fn take_processes(&mut self, body: &Value) {
        let (rows, total) = proto::processes(body);
        let now = self.now;
        let mut tracks = std::mem::take(&mut self.image.tracks);
        for p in &rows {
            let track = tracks.entry(p.id).or_insert_with(|| Track {
                reductions: p.reductions,
                at: now,
                gc_nanos: p.gc_nanos,
                gc_count: p.gc_count,
                ..Track::default()
            });
            let elapsed = now.saturating_sub(track.at);
            if elapsed >= 200 {
                track.rate = p.reductions.saturating_sub(track.reductions) * 1000 / elapsed;
                track.gc_rate = p.gc_nanos.saturating_sub(track.gc_nanos) * 1000 / elapsed;
                track.gc_minute = p.gc_count.saturating_sub(track.gc_count) * 60_000 / elapsed;
                (track.reductions, track.gc_nanos, track.at) = (p.reductions, p.gc_nanos, now);
                track.gc_count = p.gc_count;
                track.heap.push_back(p.heap);
                track.mailbox.push_back(p.mailbox);
            } else if track.mailbox.is_empty() {
                track.mailbox.push_back(p.mailbox);
                track.heap.push_back(p.heap);
            }
            while track.heap.len() > TREND {
                track.heap.pop_front();
            }
            while track.mailbox.len() > 8 {
                track.mailbox.pop_front();
            }
        }
        let alive: HashSet<Pid> = rows.iter().map(|p| p.id).collect();
        tracks.retain(|id, _| alive.contains(id));
        self.image.tracks = tracks;
        self.note_past(&rows);
        // The selected process keeps its row on the screen: the list moves around it.
        let offset = self.processes.row.saturating_sub(self.processes.top);
        self.image.processes = rows;
        self.image.total = total;
        self.note_heaps();
        let shown: Vec<Pid> = self.shown_processes().iter().map(|p| p.id).collect();
        match self
            .selected
            .and_then(|pid| shown.iter().position(|p| *p == pid))
        {
            Some(row) => {
                self.processes = Cursor {
                    row,
                    top: row.saturating_sub(offset),
                }
            }
            None => {
                self.processes.row = self.processes.row.min(shown.len().saturating_sub(1));
                self.selected = shown.get(self.processes.row).copied();
            }
        }
    }

    /// Takes over the workers, with rates.
    pub fn take_workers(&mut self, body: &Value) {
        let workers = proto::workers(body);
        let mut sum = 0;
        let mut known = false;
        for w in &workers {
            let entry = self
                .image
                .worker_rates
                .entry(w.id)
                .or_insert((w.reductions, self.now, 0));
            let elapsed = self.now.saturating_sub(entry.1);
            if elapsed >= 200 {
                *entry = (
                    w.reductions,
                    self.now,
                    w.reductions.saturating_sub(entry.0) * 1000 / elapsed,
                );
                known = true;
            }
            sum += entry.2;
        }
        if known {
            self.image.rates.push_back(sum);
            while self.image.rates.len() > 60 {
                self.image.rates.pop_front();
            }
        }
        self.image.workers = workers;
    }
}
