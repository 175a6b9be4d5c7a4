//! The library's lists, cell by cell: a long one is walked once, with memory read by the window, and every so many cells are remembered,
//! so that a page anywhere in it is a short walk.

use super::{Child, Memory, Value, ctor_fields, desc_index};
use crate::mutex::Mutex;
use crate::value;
use nostos_abi::desc::{Ctor, DescTable, View};
use nostos_abi::object::HEADER_DESC_MASK;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

/// Cells between two that are remembered.
const STRIDE: usize = 1 << 10;
/// Cells that are counted; more than this fits into no heap, so a longer list is a circle of nonsense.
const CELLS_MAX: usize = 1 << 28;
/// Words that are read at once: the first time, at least and at most.
const WINDOW: (usize, usize, usize) = (1 << 8, 1 << 4, 1 << 13);

/// Lists of a stopped process that have been walked. What is in here is wrong as soon as the process goes on.
#[derive(Default)]
pub struct Lists(Mutex<FxHashMap<u64, Arc<Marks>>>);

/// How long a list is, and every [`STRIDE`]th of its cells.
struct Marks {
    total: usize,
    cells: Vec<u64>,
}

/// How many elements a list has, and a page of them.
pub(super) fn page(
    table: &DescTable,
    memory: Memory,
    lists: &Lists,
    ctors: &[Ctor],
    value: &Value,
    range: Range<usize>,
) -> (usize, Vec<Child>) {
    let Some(&first) = value.lanes.first() else {
        return (0, Vec::new());
    };
    let mut walk = Walk::new(table, memory, ctors);
    let marks = match memory {
        Memory::Live => {
            let known = lists.0.lock().get(&first).cloned();
            known.unwrap_or_else(|| {
                let marks = Arc::new(walk.marks(first));
                lists.0.lock().insert(first, Arc::clone(&marks));
                marks
            })
        }
        // Addresses in messages are each message's own, and those in a survey what they were then.
        Memory::Message(_) | Memory::Survey(_) => Arc::new(walk.marks(first)),
    };
    let mut all = Vec::new();
    let range = range.start.min(marks.total)..range.end.min(marks.total);
    if let Some(&cell) = marks.cells.get(range.start / STRIDE) {
        let skipped = range.start / STRIDE * STRIDE;
        walk.each(cell, range.end - skipped, |i, _, ctor, words| {
            let index = skipped + i;
            if index >= range.start {
                // The head is the first of a cell's two fields.
                let fields = ctor_fields(table, ctor, words).into_iter().take(1);
                all.extend(fields.map(|head| Child {
                    name: index.to_string(),
                    value: head.value,
                }));
            }
        });
    }
    (marks.total, all)
}

/// The first elements of a list, and whether there are more.
pub(super) fn first(
    table: &DescTable,
    memory: Memory,
    ctors: &[Ctor],
    value: &Value,
    limit: usize,
) -> (Vec<Child>, bool) {
    let mut all = Vec::new();
    let mut walk = Walk::new(table, memory, ctors);
    // A short window: this is done for every list that is shown on a line.
    walk.size = 64;
    walk.most = 64;
    let first = value.lanes.first().copied().unwrap_or(1);
    let seen = walk.each(first, limit + 1, |i, _, ctor, words| {
        if i < limit {
            all.extend(ctor_fields(table, ctor, words).into_iter().take(1));
        }
    });
    (all, seen > limit)
}

/// Follows the tails of cells.
struct Walk<'a> {
    table: &'a DescTable,
    memory: Memory<'a>,
    ctors: &'a [Ctor],
    /// The descriptor of the cells, and the constructor it stands for.
    known: Option<(u32, &'a Ctor)>,
    window: Vec<u64>,
    base: u64,
    /// Words of the next window, and of the largest.
    size: usize,
    most: usize,
    /// Words of the window that have been looked at.
    used: usize,
}

impl<'a> Walk<'a> {
    fn new(table: &'a DescTable, memory: Memory<'a>, ctors: &'a [Ctor]) -> Self {
        Walk {
            table,
            memory,
            ctors,
            known: None,
            window: Vec::new(),
            base: 0,
            size: WINDOW.0,
            most: WINDOW.2,
            used: 0,
        }
    }

    fn marks(&mut self, first: u64) -> Marks {
        let mut cells = Vec::new();
        let total = self.each(first, CELLS_MAX, |i, cell, _, _| {
            if i % STRIDE == 0 {
                cells.push(cell);
            }
        });
        Marks { total, cells }
    }

    /// Visits at most `limit` cells: number, cell, constructor, payload. Gives how many there were.
    fn each(
        &mut self,
        mut cell: u64,
        limit: usize,
        mut visit: impl FnMut(usize, u64, &Ctor, &[u64]),
    ) -> usize {
        for i in 0..limit {
            // `Nil` is a word that points to nothing.
            if cell & 1 == 1 {
                return i;
            }
            let Some((ctor, words)) = self.cell(cell) else {
                return i;
            };
            let Some(tail) = ctor.places.get(1).and_then(|places| places.first()) else {
                return i;
            };
            let Some(next) = words.get(*tail as usize).copied() else {
                return i;
            };
            visit(i, cell, ctor, words);
            cell = next;
        }
        limit
    }

    /// A cell's constructor and payload.
    fn cell(&mut self, address: u64) -> Option<(&'a Ctor, &[u64])> {
        let len = match self.known {
            Some((_, ctor)) => 1 + payload_words(ctor),
            None => {
                let desc = desc_index(self.memory, address)?;
                let view = &self.table.descs.get(desc as usize)?.view;
                let View::Ctor { ctor, .. } = view else {
                    return None;
                };
                let ctor = self.ctors.get(*ctor as usize)?;
                self.known = Some((desc, ctor));
                1 + payload_words(ctor)
            }
        };
        let (desc, ctor) = self.known?;
        let words = self.words(address, len)?;
        // All cells of a list are of one kind.
        ((words[0] & HEADER_DESC_MASK) as u32 == desc).then_some((ctor, &words[1..]))
    }

    fn words(&mut self, address: u64, len: usize) -> Option<&[u64]> {
        let at = address.wrapping_sub(self.base) / 8;
        if address < self.base || at as usize + len > self.window.len() {
            self.turn_to(address, len)?;
        }
        self.used += len;
        let at = ((address - self.base) / 8) as usize;
        self.window.get(at..at + len)
    }

    /// Reads the window that holds these words. Cells made one after the other lie one after the other, upwards or downwards; those that lie
    /// anywhere are not worth a large one.
    fn turn_to(&mut self, address: u64, len: usize) -> Option<()> {
        if !matches!(self.memory, Memory::Live) {
            (self.base, self.window) = (address, self.memory.words(address, len)?);
            return Some(());
        }
        let (_, least, _) = WINDOW;
        if !self.window.is_empty() {
            self.size = match self.used >= self.window.len() / 8 {
                true => (self.size * 2).min(self.most),
                false => (self.size / 2).max(least),
            };
        }
        let size = self.size.max(len);
        let bytes = |words: usize| words as u64 * 8;
        let end = self.base + bytes(self.window.len());
        let below = (self.base.saturating_sub(bytes(size))..self.base).contains(&address);
        let above = (self.base..end.saturating_add(bytes(size))).contains(&address);
        let from = match (below, above) {
            (true, _) => (address + bytes(len)).saturating_sub(bytes(size)),
            (_, true) => address,
            _ => address.saturating_sub(bytes(size / 2)),
        };
        self.used = 0;
        self.window.resize(size, 0);
        if value::read_live(from, &mut self.window).is_some() {
            self.base = from;
            return Some(());
        }
        // Beyond is nothing that can be read.
        self.window.truncate(len);
        self.base = address;
        let read = value::read_live(address, &mut self.window);
        if read.is_none() {
            self.window.clear();
        }
        read
    }
}

fn payload_words(ctor: &Ctor) -> usize {
    let last = ctor.places.iter().flatten().max();
    last.map_or(0, |last| *last as usize + 1)
}
