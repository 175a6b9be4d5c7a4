//! Types as every room below the checker sees them: structural, cheap to clone, comparable.

use std::fmt;
use std::sync::Arc;

/// Widths of integers. `Int` is [`IntTy::I64`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum IntTy {
    /// `Int8`
    I8,
    /// `Int16`
    I16,
    /// `Int32`
    I32,
    /// `Int`, `Int64`
    I64,
    /// `UInt8`
    U8,
    /// `UInt16`
    U16,
    /// `UInt32`
    U32,
    /// `UInt64`
    U64,
}

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// An integer.
    Int(IntTy),
    /// 64-bit float.
    Float,
    /// 32-bit float.
    Float32,
    /// `Bool`
    Bool,
    /// `Char`
    Char,
    /// `String`
    String,
    /// `Atom`
    Atom,
    /// `()`
    Unit,
    /// `Pid`
    Pid,
    /// `Ref`
    Ref,
    /// The type of `throw(…)`, `return` and the like: fits everywhere. A value of it never exists.
    Never,
    /// `(A, B)`, two or more.
    Tuple(Arc<[Ty]>),
    /// `(A, B) -> C`
    Fn(Arc<[Ty]>, Arc<Ty>),
    /// A declared type (records, variants, newtypes, opaque), with its arguments. `List`, `Option`, `Result`, `Map`, `Set` are declared in std.
    Adt(TypeId, Arc<[Ty]>),
    /// `Array[T]`: mutable, fixed length.
    Array(Arc<Ty>),
    /// Type parameter `i` of the definition at hand.
    Param(u32),
    /// A variable of inference. Absent from everything that leaves the checker.
    Infer(u32),
    /// Stands where a diagnostic has been given; absent from definitions that are handed to codegen.
    Error,
}

impl Ty {
    /// `Int`
    pub const INT: Ty = Ty::Int(IntTy::I64);

    /// Whether a parameter or variable is in it.
    pub fn is_open(&self) -> bool {
        match self {
            Ty::Param(_) | Ty::Infer(_) => true,
            Ty::Tuple(items) | Ty::Adt(_, items) => items.iter().any(Ty::is_open),
            Ty::Fn(params, result) => params.iter().any(Ty::is_open) || result.is_open(),
            Ty::Array(item) => item.is_open(),
            _ => false,
        }
    }

    /// Replaces `Param(i)` by `args[i]`.
    pub fn substitute(&self, args: &[Ty]) -> Ty {
        if args.is_empty() {
            return self.clone();
        }
        self.replaced(&mut |leaf| match leaf {
            Ty::Param(i) => Some(args[*i as usize].clone()),
            _ => None,
        })
        .unwrap_or_else(|| self.clone())
    }

    /// The type with the leaves replaced for which `by` has something else; nothing when there are none, so that what stays as it is is shared.
    pub fn replaced(&self, by: &mut dyn FnMut(&Ty) -> Option<Ty>) -> Option<Ty> {
        match self {
            Ty::Tuple(items) => Some(Ty::Tuple(all_replaced(items, by)?)),
            Ty::Adt(id, args) => Some(Ty::Adt(*id, all_replaced(args, by)?)),
            Ty::Fn(params, result) => {
                let (new_params, new_result) = (all_replaced(params, by), result.replaced(by));
                if new_params.is_none() && new_result.is_none() {
                    return None;
                }
                Some(Ty::Fn(
                    new_params.unwrap_or_else(|| params.clone()),
                    new_result.map_or_else(|| result.clone(), Arc::new),
                ))
            }
            Ty::Array(item) => Some(Ty::Array(Arc::new(item.replaced(by)?))),
            Ty::Int(_)
            | Ty::Float
            | Ty::Float32
            | Ty::Bool
            | Ty::Char
            | Ty::String
            | Ty::Atom
            | Ty::Unit
            | Ty::Pid
            | Ty::Ref
            | Ty::Never
            | Ty::Param(_)
            | Ty::Infer(_)
            | Ty::Error => by(self),
        }
    }
}

fn all_replaced(types: &[Ty], by: &mut dyn FnMut(&Ty) -> Option<Ty>) -> Option<Arc<[Ty]>> {
    let (at, new) = types
        .iter()
        .enumerate()
        .find_map(|(at, ty)| Some((at, ty.replaced(by)?)))?;
    let mut out = Vec::with_capacity(types.len());
    out.extend_from_slice(&types[..at]);
    out.push(new);
    for ty in &types[at + 1..] {
        out.push(ty.replaced(by).unwrap_or_else(|| ty.clone()));
    }
    Some(out.into())
}

/// A declared type. A plain number, so that types compare without a database; the database knows what it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A function, method, default body, module-level value or `extern`. Stable across edits of the text: the same path, name, arity and
/// (for overloads and impls) signature give the same number for the life of the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FnId(pub u32);

/// A declared or built-in trait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraitId(pub u32);

/// A source file of the project or of std.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

macro_rules! debug_id {
    ($($id:ident = $prefix:literal),*) => { $(impl fmt::Debug for $id {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!($prefix, "{}"), self.0) }
    })* };
}
debug_id!(
    TypeId = "type#",
    FnId = "fn#",
    TraitId = "trait#",
    FileId = "file#"
);
