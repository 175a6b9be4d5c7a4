//! The recent past of a process: what it received, sent, began and ended, as the image has kept it.

use super::{Panel, State, View};
use crate::proto::{PastEvent, Pid};
use std::collections::HashMap;

/// What is known of the past of a process.
#[derive(Debug, Default)]
pub struct Past {
    /// The image keeps its events.
    pub traced: bool,
    /// They, the oldest first.
    pub events: Vec<PastEvent>,
    /// What changed by a message: variable, before, after; by the number of its event.
    pub notes: HashMap<u64, Changes>,
}

/// Variables with their values before and after.
pub type Changes = Vec<(String, String, String)>;

impl State {
    /// The process whose past this view shows.
    pub fn past_of(&self) -> Option<Pid> {
        match self.view {
            View::Debug => self.debugged.or(self.selected),
            _ => self.selected,
        }
    }

    /// Its events.
    pub fn past_events(&self) -> &[PastEvent] {
        let past = self.past_of().and_then(|p| self.debugging.past.get(&p));
        past.map_or(&[], |p| &p.events)
    }

    /// Variables of a stopped process that were different at its last stop.
    pub fn changes(&self, pid: Pid) -> Option<Changes> {
        let stop = self.stops.get(&pid).filter(|s| !s.moving)?;
        let rows = stop.rows().into_iter();
        let rows = rows.filter(|r| r.depth == 1 && r.path.starts_with("Locals/"));
        let all: Changes = rows
            .filter_map(|r| Some((r.name, r.was?, r.value)))
            .take(3)
            .collect();
        (!all.is_empty()).then_some(all)
    }

    /// The message that changed what a stopped process has now: the last it received, but not one it has only just taken.
    pub fn message_before(&self, pid: Pid) -> Option<u64> {
        let stop = self.stops.get(&pid)?;
        let past = self.debugging.past.get(&pid)?;
        let mut received = past.events.iter().rev().filter(|e| e.kind == "recv");
        let skip = usize::from(stop.received().is_some());
        received.nth(skip).map(|e| e.number)
    }

    /// Whether the events of the past are on the screen with the focus.
    pub fn walks_past(&self) -> bool {
        self.panel() == Panel::Past
    }
}
