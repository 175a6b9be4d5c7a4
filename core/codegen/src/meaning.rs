//! What codegen asks the checker: definitions, bodies, and which function a method call means once its types are concrete.

use nostos_check::hir::{Body, Derived, FnDef, MethodRef, Selected, TypeDef};
use nostos_check::query::{self, Database, names};
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
    /// The library's `Down`, `Exit` and `ExitReason`, if there is one.
    fn signals(&self) -> Option<[TypeId; 3]>;
    /// The library's `Opaque`, if there is one: a reference to something of the runtime's.
    fn opaque(&self) -> Option<TypeId>;
    /// Whether something in a value of this type can be changed in place: arrays, `var` records, what closures share.
    fn holds_mutable(&self, ty: &Ty) -> bool;
    /// The library's type of this name.
    fn library_type(&self, _name: &str) -> Option<TypeId> {
        None
    }
    /// The library's public function of this name; the first, when there are several.
    fn library_fn(&self, _name: &str) -> Option<FnId> {
        None
    }
    /// Path of a file, as the project knows it.
    fn path(&self, file: FileId) -> Arc<str>;
    /// Line and column (from 1) of a byte of a file.
    fn position(&self, file: FileId, byte: u32) -> (u32, u32);
}

impl Meaning for Database {
    fn fn_def(&self, id: FnId) -> Arc<FnDef> {
        query::fn_def(self, id)
    }

    fn body(&self, id: FnId) -> Option<Arc<Body>> {
        query::body(self, id)
    }

    fn type_def(&self, id: TypeId) -> Arc<TypeDef> {
        query::type_def(self, id)
    }

    fn holds_mutable(&self, ty: &Ty) -> bool {
        query::holds_mutable(self, ty)
    }

    fn select_method(&self, method: &MethodRef) -> Option<Selected> {
        query::select_method(self, method)
    }

    fn select_dot(&self, owner: FnId, name: &str, args: &[Ty]) -> Option<Selected> {
        query::select_dot(self, owner, name, args)
    }

    fn select_builtin(&self, method: Derived, ty: &Ty) -> Selected {
        let (of, name) = match method {
            Derived::Eq => (names::eq(self), "=="),
            Derived::Ne => (names::eq(self), "!="),
            Derived::Compare => (names::ord(self), "compare"),
            Derived::Lt => (names::ord(self), "<"),
            Derived::Le => (names::ord(self), "<="),
            Derived::Gt => (names::ord(self), ">"),
            Derived::Ge => (names::ord(self), ">="),
            Derived::Show | Derived::ShowInside => (names::show(self), "show"),
            Derived::Hash => (names::hash(self), "hash"),
            Derived::Copy => (names::copy(self), "copy"),
        };
        let method_ref = MethodRef {
            of,
            name: name.into(),
            self_ty: ty.clone(),
            args: [].into(),
        };
        match query::select_method(self, &method_ref) {
            // `show` alone does not say whether it is for inside of data.
            Some(Selected::Derived(..)) | None => Selected::Derived(method, ty.clone()),
            Some(selected) => selected,
        }
    }

    fn list(&self) -> TypeId {
        names::list(self)
    }

    fn signals(&self) -> Option<[TypeId; 3]> {
        names::signals(self)
    }

    fn opaque(&self) -> Option<TypeId> {
        names::opaque(self)
    }

    fn library_type(&self, name: &str) -> Option<TypeId> {
        names::library_type(self, name)
    }

    fn library_fn(&self, name: &str) -> Option<FnId> {
        names::library_fn(self, name)
    }

    fn path(&self, file: FileId) -> Arc<str> {
        Database::path(self, file)
    }

    fn position(&self, file: FileId, byte: u32) -> (u32, u32) {
        let index = self.line_index(file);
        let at = index.line_col(byte);
        (at.line + 1, at.col + 1)
    }
}
