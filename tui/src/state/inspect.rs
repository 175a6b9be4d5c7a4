//! A value that is looked into: its parts as a tree, fetched page by page as they are opened.

use super::Cursor;
use crate::proto::{Pid, Variable};
use std::collections::{HashMap, HashSet};

/// Parts asked for at once.
pub const PAGE: u64 = 100;
/// Rows of the tree, at most.
const ROWS: usize = 20_000;

/// What is known of the parts of a value.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Those that have come.
    pub known: Vec<Variable>,
    /// Some are asked for.
    pub asked: bool,
    /// Why there are none.
    pub refused: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub struct Inspector {
    /// What it is of.
    pub title: String,
    /// The value.
    pub root: Variable,
    /// Parts by the handles of the values.
    pub parts: HashMap<u64, Parts>,
    /// Values that are open, by their paths.
    pub open: HashSet<String>,
    /// The row.
    pub cursor: Cursor,
}

/// A row of the tree.
#[derive(Clone, Debug)]
pub enum Row<'a> {
    /// A value: depth, it, whether it is open, its path.
    Value(usize, &'a Variable, bool, String),
    /// So many parts of the value with this handle are not fetched; the next begins here.
    More(usize, u64, u64, u64),
    /// Something is said instead of parts.
    Note(usize, String),
}

impl Inspector {
    /// A value whose parts are shown at once.
    pub fn new(title: String, root: Variable) -> Inspector {
        Inspector {
            title,
            root,
            parts: HashMap::new(),
            open: HashSet::from([String::new()]),
            cursor: Cursor::default(),
        }
    }

    /// The tree, row by row.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let mut out = Vec::new();
        self.push(&self.root, 0, String::new(), &mut out);
        out
    }

    fn push<'a>(&'a self, value: &'a Variable, depth: usize, path: String, out: &mut Vec<Row<'a>>) {
        let open = value.reference != 0 && self.open.contains(&path);
        out.push(Row::Value(depth, value, open, path.clone()));
        // A value may refer to itself by handles.
        if !open || out.len() > ROWS || depth > 60 {
            return;
        }
        let below = depth + 1;
        let Some(parts) = self.parts.get(&value.reference) else {
            return out.push(Row::Note(below, "asking".to_owned()));
        };
        for (i, part) in parts.known.iter().enumerate() {
            self.push(part, below, format!("{path}/{i}"), out);
        }
        let known = parts.known.len() as u64;
        if let Some(why) = &parts.refused {
            out.push(Row::Note(below, why.clone()));
        } else if known < value.parts {
            let left = value.parts - known;
            out.push(Row::More(below, value.reference, known, left));
        } else if parts.asked {
            out.push(Row::Note(below, "asking".to_owned()));
        }
    }
}

/// The process a shown value is: `<pid 7>`.
pub fn pid(shown: &str) -> Option<Pid> {
    let inside = shown.trim().strip_prefix("<pid ")?.strip_suffix('>')?;
    inside.parse().ok()
}
