//! Heap snapshots and the way through them: types, the objects of one, an object with its parts and with who refers to it; two snapshots beside each other.
//!
//! Types are kept here for as long as a snapshot is in the list, so they and differences are there even when the image has forgotten it or is gone.
//! Objects are asked of the image when they are looked at.

use super::{Cursor, State};
use crate::proto::live::{Made, Object, Report, Step, TypeRow};
use crate::proto::{Pid, Place};

/// Objects of a type that are looked through at most.
pub const MOST_OBJECTS: usize = 2000;

/// What types are sorted by.
pub const SORTS: &[&str] = &["retained", "shallow", "count", "name"];

/// A snapshot.
#[derive(Clone, Debug, Default)]
pub struct Snap {
    /// Its number here.
    pub id: usize,
    /// Its name, if it was given one.
    pub name: String,
    /// Whose heap; `None`: of all.
    pub of: Option<Pid>,
    /// How that process was called.
    pub called: String,
    /// When, in milliseconds since this program began.
    pub at: u64,
    /// What the image said of it.
    pub made: Made,
    /// Living objects by type.
    pub types: Vec<TypeRow>,
    /// How many types there are.
    pub total: u64,
    /// The image has it no more: its objects cannot be looked at.
    pub gone: bool,
}

/// What is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Page {
    /// Types of a snapshot.
    Types(usize),
    /// What changed from one to another.
    Diff(usize, usize),
    /// The objects of a type.
    Objects(usize, String),
    /// One object.
    Object(usize, u64),
}

/// A page, where its cursor is, and what the image said for it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What.
    pub page: Page,
    /// The row.
    pub cursor: Cursor,
    /// Objects of a type, and how many there are.
    pub objects: (Vec<Object>, u64),
    /// How many were asked for.
    pub asked: usize,
    /// All about an object.
    pub report: Option<Report>,
    /// Why there is nothing.
    pub refused: Option<String>,
}

impl Opened {
    /// A page of which nothing is known yet.
    pub fn new(page: Page) -> Opened {
        Opened {
            page,
            cursor: Cursor::default(),
            objects: (Vec::new(), 0),
            asked: 0,
            report: None,
            refused: None,
        }
    }
}

/// What follows when a snapshot has been taken.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Then {
    /// It is shown.
    Show,
    /// This type of it is opened.
    Open(String),
    /// It is compared with this one.
    Compare(usize),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Heaps {
    /// The newest last.
    pub snaps: Vec<Snap>,
    /// How many have been taken.
    pub taken: usize,
    /// The way to what is looked at; empty: the heap as it is.
    pub pages: Vec<Opened>,
    /// The list of snapshots, the newest first.
    pub list: Cursor,
    /// The one others are compared with.
    pub marked: Option<usize>,
    /// Which column sorts types.
    pub sort: usize,
    /// Part of the names that are shown.
    pub filter: String,
    /// One is being taken since this time.
    pub taking: Option<u64>,
    /// Made by the image, its types are awaited.
    pub half: Option<Snap>,
}

/// A row of types.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TypeLine {
    /// The type.
    pub name: String,
    /// Count, own and retained bytes.
    pub sums: [u64; 3],
    /// The same before, of a difference.
    pub before: Option<[u64; 3]>,
    /// What it retains is known.
    pub retains: bool,
}

impl TypeLine {
    /// How much more it is than before.
    pub fn growth(&self, column: usize) -> i64 {
        let before = self.before.unwrap_or(self.sums)[column];
        self.sums[column] as i64 - before as i64
    }

    /// What became of it, in a word.
    pub fn word(&self) -> &'static str {
        let before = self.before.unwrap_or_default();
        match (before[0], self.sums[0], self.growth(1) + self.growth(0)) {
            (0, _, _) => "new",
            (_, 0, _) => "gone",
            (_, _, 0) => "",
            (_, _, more) if more > 0 => "grown",
            _ => "shrunk",
        }
    }
}

/// A row about an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ObjectRow {
    /// The name of a section, and how much is in it.
    Section(&'static str, String),
    /// A part, a step, a referrer.
    Part {
        /// Its name.
        name: String,
        /// It.
        value: String,
        /// The object it is.
        object: Option<u64>,
        /// Its type and what it retains.
        facts: Option<(String, u64)>,
        /// Where it is in the source.
        place: Option<Place>,
    },
}

impl Report {
    /// Its rows.
    pub fn rows(&self) -> Vec<ObjectRow> {
        let step = |step: &Step| match step {
            Step::Root(words, place) => ObjectRow::Part {
                name: "root".to_owned(),
                value: words.clone(),
                object: None,
                facts: None,
                place: place.clone(),
            },
            Step::Object(o, part) => ObjectRow::Part {
                name: part.clone(),
                value: o.value.clone(),
                object: Some(o.object).filter(|n| *n != self.object.object),
                facts: Some((o.ty.clone(), o.retained)),
                place: None,
            },
        };
        let mut rows = vec![ObjectRow::Section("Parts", self.total.to_string())];
        rows.extend(
            self.fields
                .iter()
                .map(|(name, value, object)| ObjectRow::Part {
                    name: name.clone(),
                    value: value.clone(),
                    object: *object,
                    facts: None,
                    place: None,
                }),
        );
        let few = |shown: usize, all: u64| match shown as u64 {
            n if n < all => format!("{n} of {all}"),
            n => n.to_string(),
        };
        rows[0] = ObjectRow::Section("Parts", few(self.fields.len(), self.total));
        let referrers = few(self.referrers.len(), self.referred);
        rows.push(ObjectRow::Section("Referred to by", referrers));
        rows.extend(self.referrers.iter().map(step));
        if let Some(above) = self.above {
            // All ways lead through it, so it is on this one, unless that is too long.
            let on_it = |s: &&Step| matches!(s, Step::Object(o, _) if o.object == above);
            let row = self.path.iter().find(on_it).map(step);
            rows.push(ObjectRow::Section("Retained by", String::new()));
            rows.push(row.unwrap_or_else(|| ObjectRow::Part {
                name: String::new(),
                value: format!("object {above}"),
                object: Some(above),
                facts: None,
                place: None,
            }));
        }
        let path = if self.path.is_empty() {
            "nothing keeps it alive any more"
        } else {
            ""
        };
        rows.push(ObjectRow::Section("Path from the root", path.to_owned()));
        rows.extend(self.path.iter().map(step));
        rows
    }
}

impl Heaps {
    /// A snapshot by its number here.
    pub fn snap(&self, id: usize) -> Option<&Snap> {
        self.snaps.iter().find(|s| s.id == id)
    }

    /// The last one of a process, or of all.
    pub fn last_of(&self, of: Option<Pid>) -> Option<&Snap> {
        self.snaps.iter().rev().find(|s| s.of == of)
    }

    /// The one in the list under the cursor.
    pub fn chosen(&self) -> Option<&Snap> {
        self.snaps.iter().rev().nth(self.list.row)
    }

    /// What one is compared with: the marked one, else the one before of the same heap.
    pub fn before(&self, id: usize) -> Option<usize> {
        let snap = self.snap(id)?;
        let marked = self.marked.filter(|m| *m != id && self.snap(*m).is_some());
        marked.or_else(|| {
            let older = self.snaps.iter().rev().filter(|s| s.id < id);
            older.into_iter().find(|s| s.of == snap.of).map(|s| s.id)
        })
    }

    /// The numbers of a type in a snapshot.
    fn sums(&self, id: usize) -> Vec<TypeLine> {
        let types = self.snap(id).map_or(&[][..], |s| &s.types);
        let line = |t: &TypeRow| TypeLine {
            name: t.name.clone(),
            sums: t.sums,
            before: None,
            retains: true,
        };
        types.iter().map(line).collect()
    }

    fn difference(&self, from: usize, to: usize) -> Vec<TypeLine> {
        let mut before: std::collections::BTreeMap<String, [u64; 3]> = self
            .sums(from)
            .into_iter()
            .map(|l| (l.name, l.sums))
            .collect();
        let mut lines = self.sums(to);
        for line in &mut lines {
            line.before = Some(before.remove(&line.name).unwrap_or_default());
        }
        lines.extend(before.into_iter().map(|(name, sums)| TypeLine {
            name,
            sums: [0; 3],
            before: Some(sums),
            retains: true,
        }));
        lines.retain(|l| l.before != Some(l.sums));
        lines
    }
}

impl State {
    /// The rows of the page of types that is looked at: of the process as it is, of a snapshot, of two.
    pub fn type_lines(&self) -> Vec<TypeLine> {
        let heaps = &self.heaps;
        let mut lines = match heaps.pages.last().map(|p| &p.page) {
            None => self.live_types(),
            Some(Page::Types(id)) => heaps.sums(*id),
            Some(Page::Diff(from, to)) => heaps.difference(*from, *to),
            Some(Page::Objects(..) | Page::Object(..)) => Vec::new(),
        };
        let filter = heaps.filter.to_lowercase();
        lines.retain(|l| filter.is_empty() || l.name.to_lowercase().contains(&filter));
        let differ = lines.first().is_some_and(|l| l.before.is_some());
        let by = |column: usize| {
            move |l: &TypeLine| -> (i64, String) {
                let key = if differ {
                    l.growth(column)
                } else {
                    l.sums[column] as i64
                };
                (-key, l.name.clone())
            }
        };
        match self.types_by() {
            "retained" => lines.sort_by_key(by(2)),
            "shallow" => lines.sort_by_key(by(1)),
            "count" => lines.sort_by_key(by(0)),
            _ => lines.sort_by(|a, b| a.name.cmp(&b.name)),
        }
        lines
    }

    /// What types are sorted by: where it is not known what they retain, by what they are themselves.
    pub fn types_by(&self) -> &'static str {
        match SORTS[self.heaps.sort] {
            "retained" if self.heaps.pages.is_empty() => {
                let known = self
                    .selected
                    .is_some_and(|p| self.heaps.last_of(Some(p)).is_some());
                if known { "retained" } else { "shallow" }
            }
            by => by,
        }
    }

    /// Types of the selected process as it is; what they retain is as the last snapshot of it knows.
    pub fn live_types(&self) -> Vec<TypeLine> {
        let heap = Some(&self.detail)
            .filter(|d| self.selected == Some(d.pid))
            .and_then(|d| d.heap.as_ref());
        let last = self.selected.and_then(|pid| self.heaps.last_of(Some(pid)));
        let retained = |name: &str| {
            let found = last?.types.iter().find(|t| t.name == name)?;
            Some(found.sums[2])
        };
        let types = heap.map_or(&[][..], |h| &h.by_type);
        types
            .iter()
            .map(|(name, count, bytes)| {
                let known = retained(name);
                TypeLine {
                    name: name.clone(),
                    sums: [*count, *bytes, known.unwrap_or(0)],
                    before: None,
                    retains: known.is_some(),
                }
            })
            .collect()
    }

    /// How many rows the heap's panel has.
    pub fn heap_rows(&self) -> usize {
        match self.heaps.pages.last() {
            Some(opened) => match &opened.page {
                Page::Objects(..) => opened.objects.0.len(),
                Page::Object(..) => opened.report.as_ref().map_or(0, |r| r.rows().len()),
                Page::Types(_) | Page::Diff(..) => self.type_lines().len(),
            },
            None => self.type_lines().len(),
        }
    }

    /// The cursor of the heap's panel.
    pub fn heap_cursor(&mut self) -> &mut Cursor {
        match self.heaps.pages.last_mut() {
            Some(opened) if self.view == super::View::Heap => &mut opened.cursor,
            _ => &mut self.heap,
        }
    }
}

/// Bytes of a heap up to which its objects are counted by type again and again: every one of them is looked at meanwhile.
pub const COUNTED: u64 = 64 << 20;

impl State {
    /// Whether a process's objects are counted by type while it is looked at.
    pub fn counts_types(&self, pid: Pid) -> bool {
        let known = self.image.processes.iter().find(|p| p.id == pid);
        known.is_none_or(|p| p.heap <= COUNTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, sums: [u64; 3]) -> TypeRow {
        TypeRow {
            name: name.to_owned(),
            sums,
        }
    }

    #[test]
    fn a_difference_has_what_is_new_gone_and_grown() {
        let snap = |id, types| Snap {
            id,
            types,
            ..Snap::default()
        };
        let heaps = Heaps {
            snaps: vec![
                snap(
                    1,
                    vec![
                        row("A", [1, 10, 20]),
                        row("B", [2, 8, 8]),
                        row("E", [1, 1, 1]),
                    ],
                ),
                snap(
                    2,
                    vec![
                        row("B", [3, 12, 12]),
                        row("C", [1, 5, 5]),
                        row("E", [1, 1, 1]),
                    ],
                ),
            ],
            ..Heaps::default()
        };
        let mut lines = heaps.difference(1, 2);
        lines.sort_by(|a, b| a.name.cmp(&b.name));
        let told: Vec<_> = lines
            .iter()
            .map(|l| (l.name.as_str(), l.word(), l.growth(0), l.growth(1)))
            .collect();
        assert_eq!(
            told,
            [
                ("A", "gone", -1, -10),
                ("B", "grown", 1, 4),
                ("C", "new", 1, 5)
            ]
        );
        assert_eq!((heaps.before(2), heaps.before(1)), (Some(1), None));
    }
}
