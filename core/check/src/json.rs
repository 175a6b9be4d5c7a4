//! JSON by type: which of the library's functions writes and reads a type, and which types are taken apart instead. For codegen and the interpreter alike.
//!
//! The library has a pair of functions for each type named here: `jsonOf<Name>[args](value) -> Json` and `jsonTo<Name>[args](json) -> value`.
//! Every other type is made of parts (see [`Codec::Parts`]): tuples by `jsonOfItems` and `jsonToItems`, records by `jsonOfRecord` and `jsonToFields`,
//! variants by `jsonOfVariant`, `jsonToTag`, `jsonToParts` and `jsonUnknownTag`.

use crate::ty::{IntTy, Ty, TypeId};

/// How a type is written and read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Codec {
    /// The library's functions for this name, at these types.
    Library(&'static str, Vec<Ty>),
    /// As an `Int`, between these bounds.
    Sized(IntTy, i64, i64),
    /// As a `Float`.
    Float32,
    /// By its constructors.
    Parts,
    /// It has no JSON form.
    None,
}

/// Types declared in the library that have functions of their own.
const DECLARED: [&str; 8] = [
    "Json", "Option", "List", "Map", "Set", "BigInt", "Decimal", "Bytes",
];

/// How a type is written and read; `library` finds the library's types by name.
pub fn codec(ty: &Ty, library: impl Fn(&str) -> Option<TypeId>) -> Codec {
    match ty {
        Ty::Int(IntTy::I64) => Codec::Library("Int", vec![]),
        Ty::Int(width) => {
            let (low, high) = match width {
                IntTy::I8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
                IntTy::I16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
                IntTy::I32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
                IntTy::U8 => (0, i64::from(u8::MAX)),
                IntTy::U16 => (0, i64::from(u16::MAX)),
                IntTy::U32 => (0, i64::from(u32::MAX)),
                IntTy::U64 => (0, i64::MAX),
                IntTy::I64 => (i64::MIN, i64::MAX),
            };
            Codec::Sized(*width, low, high)
        }
        Ty::Float => Codec::Library("Float", vec![]),
        Ty::Float32 => Codec::Float32,
        Ty::Bool => Codec::Library("Bool", vec![]),
        Ty::Char => Codec::Library("Char", vec![]),
        Ty::String => Codec::Library("String", vec![]),
        Ty::Unit => Codec::Library("Unit", vec![]),
        Ty::Array(item) => Codec::Library("Array", vec![(**item).clone()]),
        Ty::Adt(id, args) => {
            let known = DECLARED.into_iter().find(|name| library(name) == Some(*id));
            known.map_or(Codec::Parts, |name| Codec::Library(name, args.to_vec()))
        }
        Ty::Tuple(_) => Codec::Parts,
        Ty::Atom
        | Ty::Pid
        | Ty::Ref
        | Ty::Never
        | Ty::Fn(..)
        | Ty::Param(_)
        | Ty::Infer(_)
        | Ty::Error => Codec::None,
    }
}
