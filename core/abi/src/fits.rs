//! Which of two types a value may have at once, where some parts of its own type nothing has fixed.

use crate::desc::{DescTable, ShapeId, fixed};

/// Types nested deeper fit only themselves.
const DEPTH_MAX: u32 = 500;

impl DescTable {
    /// Whether values of type `have` may be taken where `want` is, parts that nothing fixed (they are `()`) standing for anything, and parts that
    /// nobody looks at (`Never`) for everything.
    pub fn fits(&self, have: ShapeId, want: ShapeId) -> bool {
        self.fits_below(have, want, 0)
    }

    fn fits_below(&self, have: ShapeId, want: ShapeId, depth: u32) -> bool {
        if have == want {
            return true;
        }
        if depth > DEPTH_MAX {
            return false;
        }
        let made_of = |shape: ShapeId| self.shapes.get(shape.0 as usize)?.made_of.as_ref();
        let (Some(have), Some(want)) = (made_of(have), made_of(want)) else {
            return false;
        };
        have.declared == want.declared
            && have.args.len() == want.args.len()
            && have.args.iter().zip(&want.args).all(|(have, want)| {
                have.0 == fixed::SHAPE_UNIT
                    || want.0 == fixed::SHAPE_NEVER
                    || self.fits_below(*have, *want, depth + 1)
            })
    }

    /// Whether another type's values might be of this one, too.
    pub fn is_open(&self, want: ShapeId) -> bool {
        self.is_open_below(want, 0)
    }

    fn is_open_below(&self, want: ShapeId, depth: u32) -> bool {
        if want.0 == fixed::SHAPE_NEVER || depth > DEPTH_MAX {
            return true;
        }
        let Some(made_of) = &self.shapes[want.0 as usize].made_of else {
            return false;
        };
        let args = &made_of.args;
        made_of.declared.is_some() && !args.is_empty()
            || args.iter().any(|part| self.is_open_below(*part, depth + 1))
    }
}

#[cfg(test)]
mod tests {
    use crate::desc::{DescTable, MadeOf, Shape, ShapeId, ShapeKind, fixed};

    const UNIT: ShapeId = ShapeId(fixed::SHAPE_UNIT);
    const INT: ShapeId = ShapeId(fixed::SHAPE_INT);
    const STRING: ShapeId = ShapeId(fixed::SHAPE_STRING);
    const NEVER: ShapeId = ShapeId(fixed::SHAPE_NEVER);

    fn made(table: &mut DescTable, declared: Option<u32>, args: &[ShapeId]) -> ShapeId {
        table.shapes.push(Shape {
            name: "same".into(),
            made_of: Some(MadeOf {
                declared,
                args: args.to_vec(),
            }),
            lanes: Vec::new(),
            kind: ShapeKind::Opaque,
        });
        ShapeId(table.shapes.len() as u32 - 1)
    }

    #[test]
    fn leftovers_fit_anything() {
        let mut table = DescTable::new();
        let t = &mut table;
        let (result, option, other) = (Some(1), Some(2), Some(3));
        let ok = made(t, result, &[INT, UNIT]);
        let wanted = made(t, result, &[INT, STRING]);
        let wrong = made(t, result, &[STRING, STRING]);
        let some = made(t, option, &[INT]);
        let none = made(t, option, &[UNIT]);
        let same_name = made(t, other, &[INT]);
        let pair = made(t, None, &[INT, none]);
        let unseen = made(t, None, &[NEVER, some]);
        let three = made(t, None, &[NEVER, INT, INT]);
        let closed = made(t, None, &[INT, STRING]);
        for (have, want, answer) in [
            (INT, INT, true),
            (INT, STRING, false),
            (UNIT, INT, false),
            (ok, wanted, true),
            (ok, wrong, false),
            (some, none, false),
            (none, some, true),
            (none, same_name, false),
            (pair, unseen, true),
            (pair, three, false),
        ] {
            assert_eq!(table.fits(have, want), answer, "{have:?} as {want:?}");
        }
        assert!(table.is_open(unseen) && table.is_open(some) && !table.is_open(closed));
    }
}
