//! Types with leftovers: whether a message or exception of one type may be seen as one of another, and its value as that type's.
//!
//! `Ok(5)` says nothing of errors: where nothing does, they are `()`, and such a value may be received as any `Result[Int, E]`. What an arm does not
//! look at is `Never`, and has no lanes. In: descriptors of boxes, copied values. Out: copied values. Absent: heaps.

use crate::message::Fragment;
use crate::value::{self, Memory};
use nostos_abi::desc::{Ctor, DescTable, Layout, ShapeId, ShapeKind, View, fixed};
use nostos_abi::object::immediate;

/// Deeper values are not converted.
const DEPTH_MAX: usize = 4000;

/// Whether values in one kind of box may be values of another's type.
pub(crate) fn fits(table: &DescTable, have: u32, want: u32) -> bool {
    match (shape_of(table, have), shape_of(table, want)) {
        (Some(have), Some(want)) => table.fits(have, want),
        _ => false,
    }
}

fn shape_of(table: &DescTable, desc: u32) -> Option<ShapeId> {
    match &table.descs.get(desc as usize)?.view {
        View::Boxed(shape) | View::Ctor { shape, .. } => Some(*shape),
        _ => None,
    }
}

/// The boxed value in a box of another type, if it is a value of that type.
pub(crate) fn convert(table: &DescTable, from: &Fragment, want: u32) -> Option<Fragment> {
    let memory = Memory::Message(from.view());
    let have = value::unbox(table, memory, from.root())?;
    let shape = shape_of(table, want)?;
    let mut made = Maker {
        table,
        memory,
        first: from.bytes() / 8,
        words: Vec::new(),
    };
    let lanes = made.value(have.shape, &have.lanes, shape, 0)?;
    let own_box = match &table.shapes.get(shape.0 as usize)?.kind {
        ShapeKind::Tuple { boxed, .. } | ShapeKind::Record { boxed, .. } => *boxed == Some(want),
        _ => false,
    };
    let root = if own_box {
        *lanes.first()?
    } else {
        made.object(want, lanes)?
    };
    Some(from.extended(&made.words, root))
}

/// Objects that are added to a block.
struct Maker<'a> {
    table: &'a DescTable,
    memory: Memory<'a>,
    /// Words of the block before.
    first: usize,
    words: Vec<u64>,
}

impl Maker<'_> {
    /// The lanes of a value as one of another type.
    fn value(
        &mut self,
        have: ShapeId,
        lanes: &[u64],
        want: ShapeId,
        depth: usize,
    ) -> Option<Vec<u64>> {
        if have == want {
            return Some(lanes.to_vec());
        }
        if depth > DEPTH_MAX {
            return None;
        }
        if want.0 == fixed::SHAPE_NEVER {
            return Some(Vec::new());
        }
        let wanted = self.table.shapes.get(want.0 as usize)?;
        let known = self.table.shapes.get(have.0 as usize)?;
        match (&known.kind, &wanted.kind) {
            (
                ShapeKind::Tuple {
                    fields: from,
                    boxed: packed,
                },
                ShapeKind::Tuple { fields, boxed },
            ) => {
                let words = self.words_of(lanes, packed.is_some(), from.iter().copied())?;
                let parts = self.in_a_row(&words, from, fields, depth)?;
                self.packed(*boxed, parts)
            }
            (
                ShapeKind::Record {
                    fields: from,
                    boxed: packed,
                },
                ShapeKind::Record { fields, boxed },
            ) => {
                let from: Vec<ShapeId> = from.iter().map(|f| f.1).collect();
                let fields: Vec<ShapeId> = fields.iter().map(|f| f.1).collect();
                let words = self.words_of(lanes, packed.is_some(), from.iter().copied())?;
                let parts = self.in_a_row(&words, &from, &fields, depth)?;
                self.packed(*boxed, parts)
            }
            (
                ShapeKind::Variant {
                    ctors: from,
                    boxed: packed,
                },
                ShapeKind::Variant { ctors, boxed },
            ) => self.constructed((have, from, *packed), lanes, (want, ctors, *boxed), depth),
            _ => None,
        }
    }

    /// A constructor's value. A last field of the type itself, as of a list, is no deeper.
    fn constructed(
        &mut self,
        (have, from, packed): (ShapeId, &[Ctor], bool),
        lanes: &[u64],
        (want, to, boxed): (ShapeId, &[Ctor], bool),
        depth: usize,
    ) -> Option<Vec<u64>> {
        let mut chain = Vec::new();
        let mut lanes = lanes.to_vec();
        loop {
            let (ctor, words) = value::constructor(self.table, self.memory, from, packed, &lanes)?;
            let index = from.iter().position(|c| std::ptr::eq(c, ctor))?;
            let to = to.get(index).filter(|to| to.name == ctor.name)?;
            let more = match (ctor.fields.last(), to.fields.last()) {
                (Some((_, last)), Some((_, wanted))) if (*last, *wanted) == (have, want) => {
                    Some(places(&words, ctor.places.last()?)?)
                }
                _ => None,
            };
            chain.push((index, ctor, words, to));
            match more {
                Some(more) => lanes = more,
                None => break,
            }
        }
        let mut made: Option<Vec<u64>> = None;
        for (index, from, words, ctor) in chain.into_iter().rev() {
            if boxed && ctor.fields.is_empty() {
                made = Some(vec![immediate(index as u32)]);
                continue;
            }
            let width = if boxed { 0 } else { self.width(want) };
            let mut out = vec![0; width];
            if !boxed && to.len() > 1 {
                *out.first_mut()? = index as u64;
            }
            let last = ctor.fields.len().saturating_sub(1);
            for (at, ((_, have), (_, want))) in from.fields.iter().zip(&ctor.fields).enumerate() {
                let part = match made.take_if(|_| at == last) {
                    Some(part) => part,
                    None => {
                        let part = places(&words, &from.places[at])?;
                        self.value(*have, &part, *want, depth + 1)?
                    }
                };
                for (at, word) in ctor.places[at].iter().zip(part) {
                    let at = *at as usize;
                    if out.len() <= at {
                        out.resize(at + 1, 0);
                    }
                    out[at] = word;
                }
            }
            made = Some(match boxed {
                true => vec![self.object(ctor.desc?, out)?],
                false => out,
            });
        }
        made
    }

    /// The words of fields that lie one after the other.
    fn words_of(
        &self,
        lanes: &[u64],
        packed: bool,
        fields: impl Iterator<Item = ShapeId>,
    ) -> Option<Vec<u64>> {
        if !packed {
            return Some(lanes.to_vec());
        }
        let count = fields.map(|f| self.width(f)).sum();
        value::payload(self.memory, *lanes.first()?, count)
    }

    fn in_a_row(
        &mut self,
        words: &[u64],
        from: &[ShapeId],
        to: &[ShapeId],
        depth: usize,
    ) -> Option<Vec<u64>> {
        if from.len() != to.len() {
            return None;
        }
        let (mut at, mut out) = (0, Vec::new());
        for (have, want) in from.iter().zip(to) {
            let end = at + self.width(*have);
            out.extend(self.value(*have, words.get(at..end)?, *want, depth + 1)?);
            at = end;
        }
        Some(out)
    }

    fn packed(&mut self, desc: Option<u32>, words: Vec<u64>) -> Option<Vec<u64>> {
        match desc {
            Some(desc) => Some(vec![self.object(desc, words)?]),
            None => Some(words),
        }
    }

    /// A new object, as the block refers to it.
    fn object(&mut self, desc: u32, mut payload: Vec<u64>) -> Option<u64> {
        let Layout::Fixed(lanes) = &self.table.descs.get(desc as usize)?.layout else {
            return None;
        };
        payload.resize(lanes.len(), 0);
        let at = Fragment::offset(self.first + self.words.len());
        self.words.push(u64::from(desc));
        self.words.extend(payload);
        Some(at)
    }

    fn width(&self, shape: ShapeId) -> usize {
        self.table
            .shapes
            .get(shape.0 as usize)
            .map_or(0, |s| s.lanes.len())
    }
}

/// The words at these places.
fn places(words: &[u64], at: &[u32]) -> Option<Vec<u64>> {
    at.iter()
        .map(|at| words.get(*at as usize).copied())
        .collect()
}
