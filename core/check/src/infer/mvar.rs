//! `mvar`s: reads and writes are calls of the library; a function that does both holds the cell's lock from its start to its end.

use super::Infer;
use crate::hir::{Callee, Expr, ExprKind, FnInst, Literal, Span, Stmt};
use crate::raw::{self, ExprKind as Raw, Name};
use crate::resolve::{self, Target};
use crate::scope::FnHead;
use crate::ty::{FnId, Ty};
use std::sync::Arc;

/// What the function at hand does with an `mvar`.
#[derive(Clone, Copy)]
pub(super) struct MvarUse {
    of: FnId,
    read: bool,
    written: bool,
}

impl<'db> Infer<'db> {
    /// The `mvar` that a name, perhaps behind a module's, means here.
    pub(super) fn mvar_at(&mut self, target: &raw::Expr) -> Option<FnHead> {
        let only = |heads: &[FnHead]| match heads {
            [head] if head.mvar => Some(head.clone()),
            _ => None,
        };
        match &target.kind {
            Raw::Name(name) => self.mvar_named(name),
            Raw::Field(base, name, _) => {
                let path = self.module_path(base)?;
                let target = resolve::find_module(self.db, self.project, self.module, &path)?;
                let hidden = resolve::hidden_module(self.db, self.project, self.module, target);
                match target {
                    Target::Module(of) if hidden.is_none() => {
                        let heads = resolve::module_values(self.db, self.project, of, name.clone());
                        only(&heads)
                            .filter(|h| h.public || resolve::can_see(self.db, self.module, of))
                    }
                    Target::Module(_) | Target::Prelude => None,
                }
            }
            _ => None,
        }
    }

    /// The `mvar` that a name means here.
    pub(super) fn mvar_named(&self, name: &Name) -> Option<FnHead> {
        if self.lookup(name).is_some() {
            return None;
        }
        let levels = resolve::values(self.db, self.project, self.module, name.clone());
        match levels.first()?.as_slice() {
            [head] if head.mvar => Some(head.clone()),
            _ => None,
        }
    }

    fn note_mvar(&mut self, of: FnId, read: bool) {
        let Some(uses) = self.me().mvar_uses.last_mut() else {
            return;
        };
        let at = uses.iter().position(|u| u.of == of).unwrap_or_else(|| {
            uses.push(MvarUse {
                of,
                read: false,
                written: false,
            });
            uses.len() - 1
        });
        uses[at].read |= read;
        uses[at].written |= !read;
    }

    /// Its number in the running program, and the function that gives its first value.
    fn mvar_parts(&mut self, head: &FnHead, span: Span) -> (Expr, Expr, Ty) {
        let (inst, _, ty) = self.instantiate_fn(head, "", span);
        let key = key_of(inst.id, span);
        let init = Expr {
            kind: ExprKind::FnValue(Callee::Fn(FnInst {
                id: inst.id,
                args: [].into(),
            })),
            ty: Ty::Fn([].into(), Arc::new(ty.clone())),
            span,
        };
        (key, init, ty)
    }

    /// Its value.
    pub(super) fn mvar_read(&mut self, head: &FnHead, span: Span) -> Expr {
        self.note_mvar(head.id, true);
        let (key, init, _) = self.mvar_parts(head, span);
        self.library_call("mvarRead", vec![key, init], span)
    }

    /// The type of its values.
    pub(super) fn mvar_type(&mut self, head: &FnHead, span: Span) -> Ty {
        self.mvar_parts(head, span).2
    }

    /// `n = value`
    pub(super) fn mvar_write(&mut self, head: &FnHead, value: Expr, span: Span) -> Expr {
        self.note_mvar(head.id, false);
        let (key, _, ty) = self.mvar_parts(head, span);
        self.expect(&ty, &value.ty, value.span);
        self.library_call("mvarWrite", vec![key, value], span)
    }

    /// `n.update(f)`
    pub(super) fn mvar_update(&mut self, head: &FnHead, f: &raw::Expr, span: Span) -> Expr {
        let (key, init, ty) = self.mvar_parts(head, span);
        let wanted = Ty::Fn([ty.clone()].into(), Arc::new(ty));
        let f = self.check(f, &wanted);
        self.library_call("mvarUpdate", vec![key, init, f], span)
    }

    /// An assignment that may read what it writes: nobody comes in between.
    pub(super) fn mvar_assignment(&mut self, head: &FnHead, write: Expr) -> Expr {
        self.locked(&[head.id], write)
    }

    /// The body of a function or lambda; holds the locks of what it reads and writes.
    pub(super) fn with_mvars(&mut self, body: impl FnOnce(&mut Self) -> Expr) -> Expr {
        self.me().mvar_uses.push(Vec::new());
        let body = body(self);
        let uses = self.me().mvar_uses.pop().unwrap_or_default();
        let mut both: Vec<FnId> = uses
            .iter()
            .filter(|u| u.read && u.written)
            .map(|u| u.of)
            .collect();
        // `main` runs once; what it waits for may need the cells that it sets up and reads.
        if both.is_empty() || (self.me().depth == 0 && self.is_main()) {
            return body;
        }
        // All take them in one order.
        both.sort();
        self.locked(&both, body)
    }

    fn is_main(&self) -> bool {
        self.members[self.at]
            .owner
            .is_some_and(|owner| *self.db.ids().fn_key(owner).name == *"main")
    }

    fn locked(&mut self, cells: &[FnId], body: Expr) -> Expr {
        let (ty, span) = (body.ty.clone(), body.span);
        let all = |cx: &mut Self, function: &str| -> Vec<Stmt> {
            let calls = cells.iter().map(|of| {
                let key = key_of(*of, span);
                Stmt::Expr(cx.library_call(function, vec![key], span))
            });
            calls.collect()
        };
        let stmts = all(self, "mvarLock");
        let end = Span {
            start: span.end,
            end: span.end,
        };
        let unlock = Expr {
            kind: ExprKind::Block(all(self, "mvarUnlock"), Box::new(self.unit(end))),
            ty: Ty::Unit,
            span: end,
        };
        let held = Expr {
            kind: ExprKind::Try {
                body: Box::new(body),
                arms: Vec::new(),
                finally: Some(Box::new(unlock)),
            },
            ty: ty.clone(),
            span,
        };
        Expr {
            kind: ExprKind::Block(stmts, Box::new(held)),
            ty,
            span,
        }
    }
}

/// The number of an `mvar` in the running program.
fn key_of(id: FnId, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Literal(Literal::Int(i64::from(id.0))),
        ty: Ty::INT,
        span,
    }
}
