//! The list of processes: its rows flat or as a tree, their rates and trends from one answer of the image to the next.

use super::{Cursor, SORTS, State, Track, View};
use crate::proto::{self, Pid, Process};
use serde_json::Value;
use std::collections::HashSet;

/// Sizes of a heap that are kept.
const TREND: usize = 30;
/// Which of all rows are known.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// The place of the first one among those the filter lets through.
    pub first: usize,
    /// How many it lets through; `None`: the image does not filter.
    pub matched: Option<usize>,
    /// The order and the filter they were asked for with.
    pub of: (String, String),
}

impl Window {
    fn read(body: &Value) -> Window {
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| Some(body[key].as_u64()? as usize);
        Window {
            first: number("start").unwrap_or(0),
            matched: number("matched"),
            of: (text("sort"), text("filter")),
        }
    }
}

impl State {
    /// Whether the rows are as the image has sorted and filtered them.
    pub fn served(&self) -> bool {
        let window = &self.image.window;
        let order = match self.in_tree() {
            true => "tree",
            false => self.sorted_by(),
        };
        window.matched.is_some() && window.of.0 == order && window.of.1 == self.asked_filter()
    }

    /// The filter of the list, where there is one: other views name processes it would leave out.
    pub fn asked_filter(&self) -> &str {
        match self.view {
            View::Processes | View::Heap => &self.filter,
            _ => "",
        }
    }

    /// Whether the list is a tree.
    pub fn in_tree(&self) -> bool {
        self.as_tree && self.view != View::Heap
    }

    /// How many rows the list has, also those that are not known here.
    pub fn process_rows(&self) -> usize {
        let window = &self.image.window;
        match window.matched.filter(|_| self.served()) {
            Some(all) => {
                let known = self.image.processes.len();
                // What was folded since is there, but not shown.
                let folded = known - self.shown_processes().len();
                all.max(window.first + known) - folded
            }
            None => self.shown_processes().len(),
        }
    }

    /// The row of the first process in [`State::shown_processes`].
    pub fn first_row(&self) -> usize {
        match self.served() {
            true => self.image.window.first,
            false => 0,
        }
    }

    /// The process in a row, if it is known.
    pub fn process_at(&self, row: usize) -> Option<Pid> {
        let at = row.checked_sub(self.first_row())?;
        Some(self.shown_processes().get(at)?.id)
    }

    /// The row of a process, if it is known.
    pub fn row_of(&self, pid: Pid) -> Option<usize> {
        let shown = self.shown_processes();
        let at = shown.iter().position(|p| p.id == pid)?;
        Some(self.first_row() + at)
    }

    /// The known processes the filter lets through, in order.
    pub fn shown_processes(&self) -> Vec<&Process> {
        if self.served() {
            let mut rows = self.image.processes.iter().collect();
            if self.in_tree() {
                self.hide_folded(&mut rows);
            }
            return rows;
        }
        let filter = crate::filter::Filter::parse(&self.filter).unwrap_or_default();
        if self.in_tree() {
            return self.shown_tree(&filter);
        }
        let mut out: Vec<&Process> = self
            .image
            .processes
            .iter()
            .filter(|p| crate::filter::takes(&filter, p))
            .collect();
        match self.sorted_by() {
            "mailbox" => out.sort_by_key(|p| (std::cmp::Reverse(p.mailbox), p.id)),
            "reductions" => out.sort_by_key(|p| (std::cmp::Reverse(p.reductions), p.id)),
            "heap" => out.sort_by_key(|p| (std::cmp::Reverse(p.heap), p.id)),
            "name" => out.sort_by(|a, b| {
                let key = |p: &Process| (p.name.is_none(), p.name.clone(), p.id);
                key(a).cmp(&key(b))
            }),
            "state" => out.sort_by_key(|p| (p.state, p.id)),
            "links" => out.sort_by_key(|p| (std::cmp::Reverse(p.links.len()), p.id)),
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
            if p.depth < need || crate::filter::takes(filter, p) {
                need = p.depth;
                kept.push(p);
            }
        }
        kept.reverse();
        self.hide_folded(&mut kept);
        kept
    }

    fn hide_folded(&self, rows: &mut Vec<&Process>) {
        let mut hidden = u64::MAX;
        rows.retain(|p| {
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
    }

    /// How many processes stand below one in the tree.
    pub fn below(&self, pid: Pid) -> usize {
        let rows = &self.image.processes;
        let Some(at) = rows.iter().position(|p| p.id == pid) else {
            return 0;
        };
        if let Some(below) = rows[at].below {
            return below as usize;
        }
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
        self.image.answers += 1;
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
        let window = Window::read(body);
        let same = self.image.total == total
            && self.image.window == window
            && self.image.processes == rows;
        self.image.still = if same { self.image.still + 1 } else { 0 };
        (self.image.processes, self.image.total, self.image.window) = (rows, total, window);
        self.note_heaps();
        match self.selected.and_then(|pid| self.row_of(pid)) {
            Some(row) => {
                self.processes = Cursor {
                    row,
                    top: row.saturating_sub(offset),
                }
            }
            None => {
                let last = self.process_rows().saturating_sub(1);
                self.processes.row = self.processes.row.min(last);
                self.selected = self.process_at(self.processes.row);
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
