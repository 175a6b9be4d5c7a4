//! Small functions of the library in the place of calls to them: `a[i]`, `sqrt(x)`, `println(x)` are a builtin behind a name.
//!
//! Only std, which no edit of the program changes, so that nothing has to be recompiled for it; and only bodies that use each parameter
//! exactly once and in order, so that arguments are evaluated as before. Such calls leave no frame in traces, which then begin at the program's own line.

use super::Ctx;
use crate::ir::Expr;
use nostos_check::hir::{
    self, Body, Callee, ExprKind, FnDef, FnInst, FnKind, LocalId, MethodRef, Selected,
};
use nostos_check::ty::{FnId, Ty};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Nodes of a body that is still small.
const SMALL: usize = 8;
/// Calls within inlined calls.
const DEEP: u32 = 6;

/// The functions looked at so far, and the bodies of those that are inlined.
#[derive(Default)]
pub struct Templates {
    known: FxHashMap<FnId, Option<Arc<Body>>>,
}

impl Ctx<'_> {
    /// The call with the function's body in its place, if it is one of those.
    pub(super) fn inlined(
        &mut self,
        inst: &FnInst,
        def: &FnDef,
        args: Vec<Expr>,
        at: u32,
    ) -> Result<Expr, Vec<Expr>> {
        let Some(body) = self.template(inst.id, def) else {
            return Err(args);
        };
        if body.params.len() != args.len() || self.inlining >= DEEP {
            return Err(args);
        }
        let mut args: FxHashMap<LocalId, Expr> = body.params.iter().copied().zip(args).collect();
        let outer = std::mem::replace(&mut self.subst, inst.args.to_vec());
        self.inlining += 1;
        let value = self.instantiated(&body.value, &mut args, at);
        self.inlining -= 1;
        self.subst = outer;
        Ok(value)
    }

    fn template(&mut self, id: FnId, def: &FnDef) -> Option<Arc<Body>> {
        if let Some(known) = self.world.templates.known.get(&id) {
            return known.clone();
        }
        // A module-level value is evaluated once, wherever it is used.
        let in_std = matches!(def.kind, FnKind::Nostos)
            && def.file.0 != u32::MAX
            && self.world.meaning.path(def.file).starts_with("std/");
        let body = if in_std {
            self.world.meaning.body(id)
        } else {
            None
        };
        let body = body.filter(|body| {
            let mut used = Vec::new();
            let mut size = 0;
            is_template(&body.value, id, &mut used, &mut size) && used == body.params
        });
        self.world.templates.known.insert(id, body.clone());
        body
    }

    /// What [`is_template`] lets through, lowered with arguments for parameters.
    fn instantiated(
        &mut self,
        e: &hir::Expr,
        args: &mut FxHashMap<LocalId, Expr>,
        at: u32,
    ) -> Expr {
        let ty = self.ty(&e.ty);
        match &e.kind {
            ExprKind::Local(local) => args.remove(local).expect("used once"),
            ExprKind::Literal(literal) => self.literal(literal, ty, at),
            ExprKind::Prim(op, operands) => {
                let operands = operands
                    .iter()
                    .map(|o| self.instantiated(o, args, at))
                    .collect();
                self.prim(*op, operands, ty, at)
            }
            ExprKind::Call(callee, operands) => {
                let selected = match callee {
                    Callee::Fn(inst) => Some(Selected::Fn(FnInst {
                        id: inst.id,
                        args: inst.args.iter().map(|t| self.concrete(t)).collect(),
                    })),
                    Callee::Method(method) => {
                        let method = MethodRef {
                            of: method.of,
                            name: method.name.clone(),
                            self_ty: self.concrete(&method.self_ty),
                            args: method.args.iter().map(|t| self.concrete(t)).collect(),
                        };
                        self.world.meaning.select_method(&method)
                    }
                    Callee::Local(..) | Callee::Dot(_) | Callee::Value(_) => None,
                };
                let operands: Vec<Expr> = operands
                    .iter()
                    .map(|o| self.instantiated(o, args, at))
                    .collect();
                match selected {
                    Some(selected) => self.call_selected(&selected, operands, ty, at),
                    None => self.fail("no such method".into(), ty, at),
                }
            }
            _ => panic!("not let through"),
        }
    }
}

/// Literals, operations and calls over parameters; notes the parameters as they are evaluated.
fn is_template(e: &hir::Expr, own: FnId, used: &mut Vec<LocalId>, size: &mut usize) -> bool {
    *size += 1;
    if *size > SMALL || matches!(e.ty, Ty::Never) {
        return false;
    }
    match &e.kind {
        ExprKind::Local(local) => {
            used.push(*local);
            true
        }
        ExprKind::Literal(_) => true,
        ExprKind::Prim(_, operands) => operands.iter().all(|o| is_template(o, own, used, size)),
        ExprKind::Call(Callee::Fn(FnInst { id, .. }), operands) if *id != own => {
            operands.iter().all(|o| is_template(o, own, used, size))
        }
        ExprKind::Call(Callee::Method(_), operands) => {
            operands.iter().all(|o| is_template(o, own, used, size))
        }
        _ => false,
    }
}
