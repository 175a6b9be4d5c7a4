//! The project's files: their names, best first, and the order in which a tree shows them.
//!
//! Made where the folders are read, as sorting many names takes its time; shared from then on.

use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};

/// The names of all files, relative to the project.
#[derive(Debug, Default)]
pub struct Files {
    names: Vec<String>,
    /// Indexes of the names: folders before files, each by name, what is in a folder together.
    order: Vec<u32>,
    /// Columns of the widest name.
    widest: usize,
    /// No other list has it; 0: the empty one.
    stamp: u64,
}

impl From<Vec<String>> for Files {
    fn from(names: Vec<String>) -> Files {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by(|a, b| compare(&names[*a as usize], &names[*b as usize]));
        Files {
            widest: names.iter().map(|n| n.chars().count()).max().unwrap_or(0),
            names,
            order,
            stamp: NEXT.fetch_add(1, Atomic::Relaxed),
        }
    }
}

impl Deref for Files {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.names
    }
}

impl Files {
    /// Columns of the widest name.
    pub fn widest(&self) -> usize {
        self.widest
    }

    /// What tells this list from others.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The n-th file as a tree shows them.
    pub fn in_tree(&self, n: usize) -> Option<&str> {
        let at = *self.order.get(n)?;
        Some(&self.names[at as usize])
    }

    /// The first file in the tree's order, from `n` on, that is not in a folder; `n` is in it.
    pub fn behind(&self, n: usize, folder: &str) -> usize {
        let inside = |at: &u32| {
            let rest = self.names[*at as usize].strip_prefix(folder);
            rest.is_some_and(|r| r.starts_with('/'))
        };
        n + self.order[n..].partition_point(inside)
    }
}

/// Folders before files, each by name.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (a.split_once('/'), b.split_once('/')) {
            (Some((x, rest)), Some((y, other))) => match x.cmp(y) {
                Ordering::Equal => (a, b) = (rest, other),
                unequal => return unequal,
            },
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => return a.cmp(b),
        }
    }
}
