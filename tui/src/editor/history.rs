//! The undo tree of one text.
//!
//! A revision holds the transactions of one user action (a whole insertion is one). Undo and redo give back the transactions to
//! apply; branches are kept: after undo and a new edit the old branch still hangs on its parent.

use super::change::{Change, Transaction};
use super::selection::{Range, Selection};
use serde_json::{Value, json};

struct Revision {
    parent: usize,
    last_child: Option<usize>,
    steps: Vec<Transaction>,
    before: Selection,
    after: Selection,
    /// When it was made, in milliseconds of the session's clock.
    at: u64,
}

/// One revision as people see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its number, in order of time.
    pub revision: usize,
    /// The revision it was made from.
    pub parent: usize,
    /// When it was made, in milliseconds of the session's clock.
    pub at: u64,
    /// What it took out and put in, shortened.
    pub words: String,
    /// Where its first change is.
    pub place: usize,
}

/// All revisions of a text. Revision 0 is the text as it was opened.
pub struct History {
    revisions: Vec<Revision>,
    current: usize,
    open: Option<(Vec<Transaction>, Selection)>,
    /// The time of the next revision.
    pub clock: u64,
}

impl Default for History {
    fn default() -> History {
        let nowhere = Selection::single(super::selection::Range::point(0));
        let root = Revision {
            parent: 0,
            last_child: None,
            steps: Vec::new(),
            before: nowhere.clone(),
            after: nowhere,
            at: 0,
        };
        History {
            revisions: vec![root],
            current: 0,
            open: None,
            clock: 0,
        }
    }
}

impl History {
    /// Notes a transaction that was applied; it joins the open revision or opens one.
    pub fn record(&mut self, transaction: Transaction, before: &Selection) {
        self.open
            .get_or_insert_with(|| (Vec::new(), before.clone()))
            .0
            .push(transaction);
    }

    /// Ends the open revision, if there is one.
    pub fn commit(&mut self, after: &Selection) {
        if let Some((steps, before)) = self.open.take() {
            let new = self.revisions.len();
            self.revisions.push(Revision {
                parent: self.current,
                last_child: None,
                steps,
                before,
                after: after.clone(),
                at: self.clock,
            });
            self.revisions[self.current].last_child = Some(new);
            self.current = new;
        }
    }

    /// The current revision; equal numbers mean equal text.
    pub fn revision(&self) -> usize {
        if self.open.is_some() {
            usize::MAX
        } else {
            self.current
        }
    }

    /// What to apply to go back one revision, and the selection then.
    pub fn undo(&mut self) -> Option<(Vec<Transaction>, Selection)> {
        if self.current == 0 {
            return None;
        }
        let revision = &self.revisions[self.current];
        let steps = revision
            .steps
            .iter()
            .rev()
            .map(Transaction::inverse)
            .collect();
        let selection = revision.before.clone();
        self.current = revision.parent;
        Some((steps, selection))
    }

    /// What to apply to go forward along the newest branch.
    pub fn redo(&mut self) -> Option<(Vec<Transaction>, Selection)> {
        let child = self.revisions[self.current].last_child?;
        self.current = child;
        let revision = &self.revisions[child];
        Some((revision.steps.clone(), revision.after.clone()))
    }

    /// What to apply to get to any revision: back to where the branches part, then forward.
    pub fn travel(&mut self, target: usize) -> Option<(Vec<Transaction>, Selection)> {
        if target >= self.revisions.len() || target == self.current {
            return None;
        }
        let line = |mut at: usize| {
            let mut out = vec![at];
            while at != 0 {
                at = self.revisions[at].parent;
                out.push(at);
            }
            out
        };
        let (here, there) = (line(self.current), line(target));
        let fork = here.iter().copied().find(|r| there.contains(r))?;
        let mut steps: Vec<Transaction> = Vec::new();
        for r in here.iter().take_while(|r| **r != fork) {
            steps.extend(
                self.revisions[*r]
                    .steps
                    .iter()
                    .rev()
                    .map(Transaction::inverse),
            );
        }
        let down: Vec<usize> = there.iter().copied().take_while(|r| *r != fork).collect();
        let selection = match down.first() {
            Some(last) => self.revisions[*last].after.clone(),
            None => self.revisions[*here.iter().take_while(|r| **r != fork).last()?]
                .before
                .clone(),
        };
        for r in down.iter().rev() {
            steps.extend(self.revisions[*r].steps.iter().cloned());
            let parent = self.revisions[*r].parent;
            self.revisions[parent].last_child = Some(*r);
        }
        self.current = target;
        Some((steps, selection))
    }

    /// The revision made so many revisions earlier (or later), whatever branch it is on.
    pub fn in_time(&self, by: isize) -> usize {
        self.current
            .saturating_add_signed(by)
            .min(self.revisions.len() - 1)
    }

    /// The newest revision that is at least so many milliseconds older than now (`back`), or younger than the current one.
    pub fn at_time(&self, ms: u64, back: bool) -> usize {
        let here = if self.current == 0 {
            0
        } else {
            self.revisions[self.current].at
        };
        if back {
            let Some(limit) = self.clock.max(here).checked_sub(ms) else {
                return 0;
            };
            let old = |r: &usize| self.revisions[*r].at <= limit;
            (0..self.revisions.len()).rev().find(old).unwrap_or(0)
        } else {
            let limit = here.saturating_add(ms);
            let old = |r: &usize| self.revisions[*r].at <= limit;
            (self.current..self.revisions.len())
                .rev()
                .find(old)
                .unwrap_or(self.current)
        }
    }

    /// All revisions but the first, the oldest first.
    pub fn rows(&self) -> Vec<Row> {
        let short = |s: &str| {
            s.trim()
                .chars()
                .take(40)
                .collect::<String>()
                .replace('\n', "⏎")
        };
        let rows = self.revisions.iter().enumerate().skip(1);
        rows.map(|(revision, r)| {
            let changes: Vec<_> = r.steps.iter().flat_map(Transaction::changes).collect();
            // An insertion is typed letter by letter: together they are what was done.
            let put: String = changes.iter().map(|c| c.inserted.as_str()).collect();
            let out: String = changes.iter().map(|c| c.removed.as_str()).collect();
            let words = match (out.trim().is_empty(), put.trim().is_empty()) {
                (true, true) => "blanks".to_owned(),
                (true, false) => format!("+ {}", short(&put)),
                (false, true) => format!("- {}", short(&out)),
                (false, false) => format!("- {}  + {}", short(&out), short(&put)),
            };
            let place = changes.first().map_or(0, |c| c.at);
            Row {
                revision,
                parent: r.parent,
                at: r.at,
                words,
                place,
            }
        })
        .collect()
    }

    /// Where the newest change of the current revision is.
    pub fn last_change(&self) -> Option<usize> {
        let steps = match &self.open {
            Some((steps, _)) => steps,
            None => &self.revisions[self.current].steps,
        };
        let change = steps.last()?.changes().last()?;
        Some(change.at + change.inserted.chars().count())
    }

    /// All as JSON, for the next session; `None` if it is too much to keep.
    pub fn to_json(&self) -> Option<Value> {
        const MOST: usize = 1 << 20;
        let all = |s: &Selection| json!({"ranges": s.ranges().iter().map(|r| [r.anchor, r.head]).collect::<Vec<_>>(), "main": s.primary_index()});
        let mut size = 0;
        let mut rows = Vec::new();
        for r in &self.revisions {
            let mut steps = Vec::new();
            for t in &r.steps {
                let changes = t.changes().iter();
                size += changes
                    .clone()
                    .map(|c| c.removed.len() + c.inserted.len() + 16)
                    .sum::<usize>();
                steps.push(
                    changes
                        .map(|c| json!([c.at, c.removed, c.inserted]))
                        .collect::<Vec<_>>(),
                );
            }
            if size > MOST {
                return None;
            }
            rows.push(json!({"parent": r.parent, "child": r.last_child, "before": all(&r.before), "after": all(&r.after), "steps": steps}));
        }
        Some(json!({"current": self.current, "revisions": rows}))
    }

    /// What [`History::to_json`] gave; `None` if it is not well formed.
    pub fn from_json(value: &Value) -> Option<History> {
        let number = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        let selection = |v: &Value| {
            let ranges: Option<Vec<Range>> = v["ranges"]
                .as_array()?
                .iter()
                .map(|r| Some(Range::new(number(&r[0])?, number(&r[1])?)))
                .collect();
            Some(Selection::new(ranges?, number(&v["main"])?))
        };
        let rows = value["revisions"].as_array()?;
        let mut revisions = Vec::new();
        for (i, r) in rows.iter().enumerate() {
            let mut steps = Vec::new();
            for step in r["steps"].as_array()? {
                let changes: Option<Vec<Change>> = step
                    .as_array()?
                    .iter()
                    .map(|c| {
                        Some(Change {
                            at: number(&c[0])?,
                            removed: c[1].as_str()?.to_owned(),
                            inserted: c[2].as_str()?.to_owned(),
                        })
                    })
                    .collect();
                steps.push(Transaction::from_changes(changes?));
            }
            let parent = number(&r["parent"])?;
            let child = number(&r["child"]);
            if parent > i
                || parent == i && i > 0
                || child.is_some_and(|c| c <= i || c >= rows.len())
            {
                return None;
            }
            revisions.push(Revision {
                parent,
                last_child: child,
                steps,
                before: selection(&r["before"])?,
                after: selection(&r["after"])?,
                at: 0,
            });
        }
        let current = number(&value["current"])?;
        (current < revisions.len()).then_some(History {
            revisions,
            current,
            open: None,
            clock: 0,
        })
    }
}
