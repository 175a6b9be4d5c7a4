//! The program's types as text, for the scripts in editors/gdb: what `DescTable` says, line by line, fields parted by tabs.
//!
//! ```text
//! shape  NUMBER  LANES  KIND  NAME             then what it consists of:
//! field  NAME    SHAPE                         of a tuple, a record (boxed when KIND is `boxed-…`), an array
//! ctor   NAME                                  of a variant, in order
//! part   NAME    SHAPE  PLACES                 of the constructor before
//! object NUMBER  WHAT   SHAPE  CTOR            an object with this number in its header: `ctor`, `box`, `cell`, `array`
//! object NUMBER  WHAT   NAME                   `closure`, `other`
//! atom   NUMBER  NAME
//! ```

use nostos_abi::desc::{DescTable, Shape, ShapeKind, View};
use std::fmt::Write as _;

/// How far a table has been told.
#[derive(Default)]
pub(super) struct Told {
    descs: usize,
    shapes: usize,
    atoms: usize,
}

impl Told {
    /// What is new since the last time; empty when nothing is.
    pub(super) fn news(&mut self, table: &DescTable) -> String {
        let mut out = String::new();
        for (number, shape) in table.shapes.iter().enumerate().skip(self.shapes) {
            tell_shape(&mut out, number, shape);
        }
        for (number, desc) in table.descs.iter().enumerate().skip(self.descs) {
            let told = match &desc.view {
                View::Ctor { shape, ctor } => format!("ctor\t{}\t{ctor}", shape.0),
                View::Boxed(shape) => format!("box\t{}", shape.0),
                View::VarCell(shape) => format!("cell\t{}", shape.0),
                View::Array(shape) => format!("array\t{}", shape.0),
                View::Closure { name, .. } => format!("closure\t{name}"),
                View::StringBytes => "other\tbytes".into(),
                View::Internal(what) => format!("other\t{what}"),
            };
            line(&mut out, format_args!("object\t{number}\t{told}"));
        }
        for (number, name) in table.atoms.iter().enumerate().skip(self.atoms) {
            line(&mut out, format_args!("atom\t{number}\t{name}"));
        }
        *self = Told {
            descs: table.descs.len(),
            shapes: table.shapes.len(),
            atoms: table.atoms.len(),
        };
        out
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}

fn tell_shape(out: &mut String, number: usize, shape: &Shape) {
    let kind = match &shape.kind {
        ShapeKind::Unit => "unit",
        ShapeKind::Int(_) => "int",
        ShapeKind::UInt(_) => "uint",
        ShapeKind::Float | ShapeKind::Float32 => "float",
        ShapeKind::Bool => "bool",
        ShapeKind::Char => "char",
        ShapeKind::String => "string",
        ShapeKind::Atom => "atom",
        ShapeKind::Pid => "pid",
        ShapeKind::Ref => "ref",
        ShapeKind::Function => "function",
        ShapeKind::Tuple { boxed: None, .. } => "tuple",
        ShapeKind::Tuple { .. } => "boxed-tuple",
        ShapeKind::Record { boxed: None, .. } => "record",
        ShapeKind::Record { .. } => "boxed-record",
        ShapeKind::Variant { boxed: false, .. } => "variant",
        ShapeKind::Variant { .. } => "boxed-variant",
        ShapeKind::Array(_) => "array",
        ShapeKind::Opaque => "opaque",
    };
    let (lanes, name) = (shape.lanes.len(), &shape.name);
    line(
        out,
        format_args!("shape\t{number}\t{lanes}\t{kind}\t{name}"),
    );
    match &shape.kind {
        ShapeKind::Tuple { fields, .. } => {
            for (i, field) in fields.iter().enumerate() {
                line(out, format_args!("field\t{i}\t{}", field.0));
            }
        }
        ShapeKind::Record { fields, .. } => {
            for (name, field) in fields {
                line(out, format_args!("field\t{name}\t{}", field.0));
            }
        }
        ShapeKind::Array(element) => line(out, format_args!("field\t\t{}", element.0)),
        ShapeKind::Variant { ctors, .. } => {
            for ctor in ctors {
                line(out, format_args!("ctor\t{}", ctor.name));
                for ((name, shape), places) in ctor.fields.iter().zip(&ctor.places) {
                    let places: Vec<String> = places.iter().map(u32::to_string).collect();
                    let places = places.join(",");
                    line(out, format_args!("part\t{name}\t{}\t{places}", shape.0));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_told_once() {
        let mut table = DescTable::new();
        let mut told = Told::default();
        let first = told.news(&table);
        assert!(first.contains("shape\t5\t3\tstring\tString\n"), "{first}");
        assert!(
            first
                .contains("shape\t6\t1\tboxed-tuple\t(String, String)\nfield\t0\t5\nfield\t1\t5\n"),
            "{first}"
        );
        assert!(first.contains("object\t2\tbox\t5\n"), "{first}");
        assert_eq!(told.news(&table), "");
        table.atom("ready");
        assert_eq!(told.news(&table), "atom\t0\tready\n");
    }
}
