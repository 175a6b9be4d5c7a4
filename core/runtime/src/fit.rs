//! Types with leftovers: whether a message or exception of one type may be seen as one of another, and its value as that type's.
//!
//! `Ok(5)` says nothing of errors: where nothing does, they are `()`, and such a value may be received as any `Result[Int, E]`. What an arm does not
//! look at is `Never`, and has no lanes. In: descriptors of boxes, copied values. Out: copied values. Absent: heaps.

use crate::message::Fragment;
use crate::value::{self, Memory};
use nostos_abi::desc::{Ctor, DescTable, Layout, ShapeId, ShapeKind, View};
use nostos_abi::names;
use nostos_abi::object::immediate;

/// Deeper values are not converted.
const DEPTH_MAX: usize = 4000;

/// Whether values in one kind of box may be values of another's type.
pub(crate) fn fits(table: &DescTable, have: u32, want: u32) -> bool {
    let name = |desc: u32| {
        let shape = shape_of(table, desc)?;
        Some(&*table.shapes.get(shape.0 as usize)?.name)
    };
    match (name(have), name(want)) {
        (Some(have), Some(want)) => names::fits(have, want),
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
    let memory = Memory::Message(from);
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
        let wanted = self.table.shapes.get(want.0 as usize)?;
        if wanted.name == names::UNSEEN {
            return Some(Vec::new());
        }
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
            ) => {
                let (ctor, words) =
                    value::constructor(self.table, self.memory, from, *packed, lanes)?;
                let index = from.iter().position(|c| std::ptr::eq(c, ctor))?;
                let to = ctors.get(index).filter(|to| to.name == ctor.name)?;
                self.constructed(
                    index,
                    ctor,
                    &words,
                    to,
                    *boxed,
                    ctors.len(),
                    wanted.lanes.len(),
                    depth,
                )
            }
            _ => None,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "both sides of one constructor")]
    fn constructed(
        &mut self,
        index: usize,
        from: &Ctor,
        words: &[u64],
        to: &Ctor,
        boxed: bool,
        ctors: usize,
        lanes: usize,
        depth: usize,
    ) -> Option<Vec<u64>> {
        if boxed && to.fields.is_empty() {
            return Some(vec![immediate(index as u32)]);
        }
        let mut out = vec![0; if boxed { 0 } else { lanes }];
        if !boxed && ctors > 1 {
            *out.first_mut()? = index as u64;
        }
        let fields = from
            .fields
            .iter()
            .zip(&from.places)
            .zip(to.fields.iter().zip(&to.places));
        for (((_, have), places), ((_, want), to)) in fields {
            let part: Option<Vec<u64>> = places
                .iter()
                .map(|at| words.get(*at as usize).copied())
                .collect();
            let part = self.value(*have, &part?, *want, depth + 1)?;
            for (at, word) in to.iter().zip(part) {
                let at = *at as usize;
                if out.len() <= at {
                    out.resize(at + 1, 0);
                }
                out[at] = word;
            }
        }
        if boxed {
            return Some(vec![self.object(to.desc?, out)?]);
        }
        Some(out)
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
