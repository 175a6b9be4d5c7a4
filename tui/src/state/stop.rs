//! A stopped process: its frames, its variables as rows, what has changed since the last stop.

use crate::proto::{Frame, Variable};
use std::collections::{HashMap, HashSet};

/// The path of what is watched.
pub const WATCH: &str = "watch/";
/// Stands among what is open when that is not.
pub const WATCH_SHUT: &str = "watch shut";

/// A stopped process.
#[derive(Debug, Default)]
pub struct Stop {
    /// Why: breakpoint, step, pause, exception.
    pub reason: String,
    /// In words.
    pub text: String,
    /// The stack.
    pub frames: Vec<Frame>,
    /// The frame looked at.
    pub frame: usize,
    /// Its scopes.
    pub scopes: Vec<(String, u64)>,
    /// What is watched, with its value here.
    pub watches: Vec<Variable>,
    /// Values already asked for, by handle.
    pub values: HashMap<u64, Vec<Variable>>,
    /// Open nodes of the tree, by path.
    pub open: HashSet<String>,
    /// Values at the last stop, by path, to mark what changed.
    pub before: HashMap<String, String>,
    /// Definitions that were loaded anew since it stopped.
    pub stale: Vec<String>,
    /// The number of the hit of the breakpoint it stopped at.
    pub hit: Option<u64>,
    /// A step is under way: what is shown is the place it began at.
    pub moving: bool,
}

/// One row of the tree of variables.
#[derive(Debug, Clone)]
pub struct VarRow {
    /// Depth in the tree.
    pub depth: usize,
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The type.
    pub ty: String,
    /// The handle of its parts.
    pub reference: u64,
    /// The handle of what it is part of; 0: none.
    pub parent: u64,
    /// Whether it is open.
    pub open: bool,
    /// Its path in the tree.
    pub path: String,
    /// What it was at the last stop, if that differs.
    pub was: Option<String>,
}

impl Stop {
    /// The visible rows of the tree of variables.
    pub fn rows(&self) -> Vec<VarRow> {
        let mut out = Vec::new();
        for (i, (name, reference)) in self.scopes.iter().enumerate() {
            let path = format!("{name}/");
            let open = self.open.contains(&path);
            out.push(VarRow {
                depth: 0,
                name: name.clone(),
                value: String::new(),
                ty: String::new(),
                reference: *reference,
                parent: 0,
                open,
                path: path.clone(),
                was: None,
            });
            if open {
                self.push_rows(*reference, 1, &path, &mut out);
            }
            if i == 0 {
                self.push_watches(&mut out);
            }
        }
        if self.scopes.is_empty() {
            self.push_watches(&mut out);
        }
        out
    }

    /// What is watched stands below the first scope, the locals.
    fn push_watches(&self, out: &mut Vec<VarRow>) {
        if !self.watches.is_empty() {
            let open = !self.open.contains(WATCH_SHUT);
            out.push(VarRow {
                depth: 0,
                name: "Watch".to_owned(),
                value: String::new(),
                ty: String::new(),
                reference: 0,
                parent: 0,
                open,
                path: WATCH.to_owned(),
                was: None,
            });
            if open {
                self.push_all(&self.watches, (0, 1), WATCH, out);
            }
        }
    }

    fn push_rows(&self, reference: u64, depth: usize, above: &str, out: &mut Vec<VarRow>) {
        // A value that contains itself through handles must not hang the screen.
        if depth > 40 || out.len() > 5_000 {
            return;
        }
        if let Some(values) = self.values.get(&reference) {
            self.push_all(values, (reference, depth), above, out);
        }
    }

    fn push_all(
        &self,
        values: &[Variable],
        (parent, depth): (u64, usize),
        above: &str,
        out: &mut Vec<VarRow>,
    ) {
        for v in values {
            let path = format!("{above}{}/", v.name);
            let open = v.reference != 0 && self.open.contains(&path);
            let was = self.before.get(&path).filter(|b| **b != v.value).cloned();
            out.push(VarRow {
                depth,
                name: v.name.clone(),
                value: v.value.clone(),
                ty: v.ty.clone(),
                reference: v.reference,
                parent,
                open,
                path: path.clone(),
                was,
            });
            if open {
                self.push_rows(v.reference, depth + 1, &path, out);
            }
        }
    }

    /// The values of all rows, to compare with after the next step.
    pub fn snapshot(&self) -> HashMap<String, String> {
        self.rows()
            .into_iter()
            .filter(|r| r.depth > 0)
            .map(|r| (r.path, r.value))
            .collect()
    }

    /// The message it stopped at, if it has just received one.
    pub fn received(&self) -> Option<&str> {
        self.text.strip_prefix("Received ")
    }

    /// Definitions were loaded anew: the frames of these go on in the old code.
    pub fn outdated(&mut self, changed: &[String]) {
        let bare = |name: &str| -> String {
            let name = name.split('/').next().unwrap_or(name);
            name.rsplit('.').next().unwrap_or(name).to_owned()
        };
        let changed: HashSet<String> = changed.iter().map(|n| bare(n)).collect();
        for frame in &mut self.frames {
            let name = bare(&frame.name);
            if frame.place.is_some() && changed.contains(&name) {
                frame.stale = true;
                if !self.stale.contains(&name) {
                    self.stale.push(name);
                }
            }
        }
    }

    /// The frame looked at.
    pub fn here(&self) -> Option<&Frame> {
        self.frames.get(self.frame)
    }
}
