//! What codegen asks the checker: definitions, bodies, and which function a method call means once its types are concrete.

use nostos_check::hir::{Body, Derived, FnDef, MethodRef, Selected, TypeDef};
use nostos_check::ty::{FileId, FnId, Ty, TypeId};
use std::sync::Arc;

/// The checked program, as far as codegen looks at it.
pub trait Meaning {
    /// What a function is.
    fn fn_def(&self, id: FnId) -> Arc<FnDef>;
    /// Its body; `None` when it has errors or none.
    fn body(&self, id: FnId) -> Option<Arc<Body>>;
    /// What a declared type is.
    fn type_def(&self, id: TypeId) -> Arc<TypeDef>;
    /// The implementation of a method at concrete types.
    fn select_method(&self, method: &MethodRef) -> Option<Selected>;
    /// The meaning of `x.name(…)` at concrete types.
    fn select_dot(&self, owner: FnId, name: &str, args: &[Ty]) -> Option<Selected>;
    /// The implementation of a built-in method at a concrete type: the user's, or `Selected::Derived`.
    fn select_builtin(&self, method: Derived, ty: &Ty) -> Selected;
    /// The prelude's `List`.
    fn list(&self) -> TypeId;
    /// Path of a file, as the project knows it.
    fn path(&self, file: FileId) -> Arc<str>;
    /// Line and column (from 1) of a byte of a file.
    fn position(&self, file: FileId, byte: u32) -> (u32, u32);
}
