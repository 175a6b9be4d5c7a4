//! Findings: what is probably wrong in the running program, each with its evidence.
//!
//! They are made from what the image tells anyway: the list of processes, its past, and the collections. What went away is found no
//! more; what was muted is not shown.

use super::{State, Track};
use crate::proto::{Pid, Process, RunState};
use crate::text;
use std::collections::HashSet;

/// A blocking call of this many milliseconds is told.
const BLOCKED: u64 = 2_000;
/// So is a collection of this many nanoseconds.
const PAUSE: u64 = 50_000_000;
/// And a name that passed from process to process this often within [`STORM`] milliseconds.
const RESTARTS: usize = 3;
/// See [`RESTARTS`].
const STORM: u64 = 10_000;

/// Something that is probably wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What kind of thing it is, of whom: what muting remembers.
    pub key: String,
    /// The process.
    pub pid: Pid,
    /// The evidence in words.
    pub text: String,
}

impl State {
    /// What is probably wrong, and not muted. It is looked for once an answer.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = self.image.found.borrow_mut();
        let of = (self.image.answers, self.frozen);
        if found.0 != of {
            *found = (of, self.look_for_findings());
        }
        let muted = |f: &&Finding| !self.muted.contains(&f.key);
        found.1.iter().filter(muted).cloned().collect()
    }

    fn look_for_findings(&self) -> Vec<Finding> {
        // What stands still is told as it was then.
        let now = self.frozen.unwrap_or(self.now);
        let mut out = Vec::new();
        for p in &self.image.processes {
            let called = || p.name.clone().unwrap_or_else(|| format!("<{}>", p.id));
            let who = &std::cell::LazyCell::new(called);
            let track = self.image.tracks.get(&p.id);
            let mut add = |kind: &str, text: String| {
                out.push(Finding {
                    key: format!("{kind} {}", **who),
                    pid: p.id,
                    text,
                })
            };
            if let Some(text) = track.and_then(|t| self.mailbox_finding(p, t, &|| (**who).clone()))
            {
                add("mailbox", text);
            }
            let since = track.and_then(|t| t.blocked_at);
            if let Some(ms) = since
                .map(|at| now.saturating_sub(at))
                .filter(|ms| *ms >= BLOCKED)
            {
                add(
                    "blocked",
                    format!(
                        "{} is blocked for {} in {}",
                        **who,
                        text::seconds(ms),
                        p.function
                    ),
                );
            }
        }
        for (name, changes) in &self.image.renamed {
            let times = changes
                .iter()
                .filter(|(at, _)| *at > 0 && at + STORM >= now)
                .count();
            if times >= RESTARTS {
                let pid = changes.back().map_or(0, |(_, pid)| *pid);
                out.push(Finding {
                    key: format!("restarts {name}"),
                    pid,
                    text: format!(
                        "{name} was started {times} times in {}",
                        text::seconds(STORM)
                    ),
                });
            }
        }
        let mut told = HashSet::new();
        for c in self
            .image
            .gc
            .collections
            .iter()
            .filter(|c| c.pause_nanos >= PAUSE)
        {
            if told.insert(c.process) {
                let (pause, kind, why) = (text::nanos(c.pause_nanos), &c.kind, &c.reason);
                out.push(Finding {
                    key: format!("pause <{}>", c.process),
                    pid: c.process,
                    text: format!(
                        "a {kind} collection held {} for {pause}: {why}",
                        self.called(c.process)
                    ),
                });
            }
        }
        out
    }

    /// A mailbox that grows, or messages in the mailbox of one that waits and does nothing.
    fn mailbox_finding(
        &self,
        p: &Process,
        track: &Track,
        who: &dyn Fn() -> String,
    ) -> Option<String> {
        let past = &track.mailbox;
        let (first, last) = (*past.front()?, *past.back()?);
        let steady = past.len() >= 4 && past.iter().zip(past.iter().skip(1)).all(|(a, b)| a <= b);
        let seconds = (past.len() as u64 - 1) * self.settings.poll / 1000;
        let count = text::count(last, "message");
        let known = Some(&self.detail).filter(|d| d.pid == p.id);
        let refused = [self.guide.shapes.get(&p.id), known.map(|d| &d.shapes)]
            .into_iter()
            .flatten()
            .find_map(|shapes| shapes.iter().find(|s| s.refused));
        let because = refused.map_or_else(String::new, |s| {
            format!(
                "; no receive matches {} of {}",
                text::grouped(s.count),
                s.short()
            )
        });
        if steady && last >= 100 && last >= first + 50 {
            let rate = text::grouped((last - first) / seconds.max(1));
            return Some(format!(
                "the mailbox of {} grows {rate}/s, {count}{because}",
                who()
            ));
        }
        // It has looked at all of them before it waits.
        let idle = p.state == RunState::Waiting && track.rate == 0 && past.len() >= 3;
        let of = refused.map_or_else(String::new, |s| format!(": {}", s.short()));
        let stuck = idle && past.iter().all(|n| *n > 0);
        stuck.then(|| format!("{} waits with {count} that no receive matches{of}", who()))
    }

    /// Remembers since when processes are blocked, and who has which name.
    pub(super) fn note_past(&mut self, rows: &[Process]) {
        let now = self.now;
        for p in rows {
            let Some(track) = self.image.tracks.get_mut(&p.id) else {
                continue;
            };
            track.blocked_at = match p.state {
                RunState::Blocked => track.blocked_at.or(Some(now)),
                _ => None,
            };
        }
        for (name, pid) in rows.iter().filter_map(|p| Some((p.name.clone()?, p.id))) {
            let past = self.image.renamed.entry(name).or_default();
            match past.back() {
                Some((_, last)) if *last == pid => {}
                // The first one was there when somebody looked, and not started then.
                None => past.push_back((0, pid)),
                Some(_) => past.push_back((now.max(1), pid)),
            }
            while past.len() > 20 {
                past.pop_front();
            }
        }
    }
}
