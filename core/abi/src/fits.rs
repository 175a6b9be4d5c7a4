//! Which of two types a value may have at once, where some parts of its own type nothing has fixed.

use crate::desc::{DescTable, ShapeId, ShapeKind, fixed};

/// Types nested deeper fit only themselves.
const DEPTH_MAX: u32 = 500;

/// A type taken apart.
struct Parts<'t> {
    /// The declared type's number; tuples have none.
    declared: Option<u32>,
    /// Its arguments, or the tuple's fields.
    parts: &'t [ShapeId],
}

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
        let (Some(have), Some(want)) = (self.parts(have), self.parts(want)) else {
            return false;
        };
        have.declared == want.declared
            && have.parts.len() == want.parts.len()
            && have.parts.iter().zip(want.parts).all(|(have, want)| {
                have.0 == fixed::SHAPE_UNIT
                    || want.0 == fixed::SHAPE_NEVER
                    || self.fits_below(*have, *want, depth + 1)
            })
    }

    /// What a type is made of, if values of another type can be of it, too: an instance of a declared type, or a tuple.
    fn parts(&self, shape: ShapeId) -> Option<Parts<'_>> {
        let shape = self.shapes.get(shape.0 as usize)?;
        match (&shape.instance, &shape.kind) {
            (Some(instance), _) => Some(Parts {
                declared: Some(instance.declared),
                parts: &instance.args,
            }),
            (None, ShapeKind::Tuple { fields, .. }) => Some(Parts {
                declared: None,
                parts: fields,
            }),
            (None, _) => None,
        }
    }

    /// Whether another type's values might be of this one, too.
    pub fn is_open(&self, want: ShapeId) -> bool {
        self.is_open_below(want, 0)
    }

    fn is_open_below(&self, want: ShapeId, depth: u32) -> bool {
        if want.0 == fixed::SHAPE_NEVER || depth > DEPTH_MAX {
            return true;
        }
        let Some(Parts { declared, parts }) = self.parts(want) else {
            return false;
        };
        declared.is_some() && !parts.is_empty()
            || parts
                .iter()
                .any(|part| self.is_open_below(*part, depth + 1))
    }
}

#[cfg(test)]
mod tests {
    use crate::desc::{DescTable, Instance, Shape, ShapeId, ShapeKind, fixed};

    const UNIT: ShapeId = ShapeId(fixed::SHAPE_UNIT);
    const INT: ShapeId = ShapeId(fixed::SHAPE_INT);
    const STRING: ShapeId = ShapeId(fixed::SHAPE_STRING);
    const NEVER: ShapeId = ShapeId(fixed::SHAPE_NEVER);

    fn made(table: &mut DescTable, declared: Option<u32>, args: &[ShapeId]) -> ShapeId {
        let args = args.to_vec();
        let (instance, kind) = match declared {
            Some(declared) => (Some(Instance { declared, args }), ShapeKind::Opaque),
            None => (
                None,
                ShapeKind::Tuple {
                    fields: args,
                    boxed: None,
                },
            ),
        };
        table.shapes.push(Shape {
            name: "same".into(),
            instance,
            lanes: Vec::new(),
            kind,
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
