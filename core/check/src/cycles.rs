//! Module-level values that need themselves to be evaluated.
//!
//! Followed are values that a body reads, functions and methods that it calls, and functions that it passes to one whose parameter is a function.
//! What is kept in data and called later, or found out for each instance only, is not: such a cycle ends in a stack overflow of the process that
//! asks first.

use crate::db::FnNode;
use crate::db::{Db, Project};
use crate::hir::visit::{self, Part};
use crate::hir::{Body, Callee, Expr, ExprKind, Selected};
use crate::infer::select;
use crate::raw::{FunctionKind, Name};
use crate::ty::{FnId, Ty};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The names along which a value needs itself, itself first; empty when it does not.
pub fn value_cycle(db: &dyn Db, project: Project, id: FnId) -> Arc<Vec<Name>> {
    let is_value = crate::db::function(db, project, id)
        .is_some_and(|def| matches!(def.kind, FunctionKind::Value | FunctionKind::Mvar));
    if is_value {
        value_cycle_at(db, db.fn_node(id))
    } else {
        Arc::default()
    }
}

#[salsa::tracked(returns(clone))]
fn value_cycle_at(db: &dyn Db, node: FnNode) -> Arc<Vec<Name>> {
    let (project, id) = (db.project(), node.id(db));
    let mut seen = FxHashSet::default();
    let mut path = vec![(id, needs(db, project, id), 0)];
    while let Some((_, edges, at)) = path.last_mut() {
        let Some(next) = edges.get(*at).copied() else {
            path.pop();
            continue;
        };
        *at += 1;
        if next == id {
            let names = path.iter().map(|(id, _, _)| db.ids().fn_key(*id).name);
            return Arc::new(names.collect());
        }
        if seen.insert(next) {
            path.push((next, needs(db, project, next), 0));
        }
    }
    Arc::default()
}

/// The values and functions that the evaluation of a body may need, as far as names say.
pub(crate) fn needs(db: &dyn Db, _: Project, id: FnId) -> Arc<Vec<FnId>> {
    needs_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn needs_at(db: &dyn Db, node: FnNode) -> Arc<Vec<FnId>> {
    let (project, id) = (db.project(), node.id(db));
    let Some(body) = crate::query::fn_body(db, project, id) else {
        return Arc::default();
    };
    let mut found = Needs {
        db,
        body: &body,
        local: FxHashSet::default(),
        out: Vec::new(),
    };
    found.expr(&body.value);
    found.out.sort();
    found.out.dedup();
    Arc::new(found.out)
}

struct Needs<'b> {
    db: &'b dyn Db,
    body: &'b Body,
    local: FxHashSet<u32>,
    out: Vec<FnId>,
}

impl<'b> Needs<'b> {
    /// What the evaluation of `e` runs.
    fn expr(&mut self, e: &'b Expr) {
        match &e.kind {
            // What is made here runs when it is called: see `called`.
            ExprKind::Lambda(_) => return,
            ExprKind::Global(id) => self.out.push(*id),
            ExprKind::Call(callee, args) => {
                if let Callee::Value(function) = callee {
                    self.called(function);
                }
                self.callee(callee);
                for at in self.functions_of(callee) {
                    args.get(at).into_iter().for_each(|arg| self.called(arg));
                }
            }
            _ => {}
        }
        visit::parts(e, &mut |part| self.part(part));
    }

    fn part(&mut self, part: Part<'b>) {
        match part {
            Part::Expr(e) => self.expr(e),
            Part::Pat(pat) => visit::pat_parts(pat, &mut |part| self.part(part)),
            Part::LocalFn(_) => {}
        }
    }

    fn callee(&mut self, callee: &'b Callee) {
        match callee {
            Callee::Fn(inst) => self.out.push(inst.id),
            Callee::Local(id, _) => {
                if self.local.insert(id.0) {
                    self.expr(&self.body.local_fns[id.0 as usize].value);
                }
            }
            Callee::Method(method)
                if !method.self_ty.is_open() && !method.args.iter().any(Ty::is_open) =>
            {
                let selected = select::method(self.db, self.db.project(), method);
                self.selected(selected.as_ref());
            }
            // Which ones these are is decided for each instance.
            Callee::Method(_) | Callee::Dot(_) => {}
            Callee::Value(_) => {}
        }
    }

    fn selected(&mut self, selected: Option<&Selected>) {
        match selected {
            Some(Selected::Fn(inst)) => self.out.push(inst.id),
            Some(Selected::WithDefaults(inner, defaults)) => {
                self.out.extend(defaults.iter().map(|inst| inst.id));
                self.selected(Some(inner));
            }
            Some(Selected::Splat(inner, _)) => self.selected(Some(inner)),
            Some(Selected::Derived(..) | Selected::Prim(_) | Selected::FieldCall(_)) | None => {}
        }
    }

    /// A function that is called, or passed to one that may call it.
    fn called(&mut self, function: &'b Expr) {
        match &function.kind {
            ExprKind::Lambda(lambda) => self.expr(&lambda.body),
            ExprKind::FnValue(callee) => self.callee(callee),
            _ => {}
        }
    }

    /// The arguments that a function can only take to call them; what it takes of any type it can just keep.
    fn functions_of(&self, callee: &Callee) -> Vec<usize> {
        let Callee::Fn(inst) = callee else {
            return Vec::new();
        };
        let signature = crate::infer::signature(self.db, self.db.project(), inst.id);
        let params = signature.params.iter().enumerate();
        params
            .filter(|(_, param)| matches!(param.ty, Ty::Fn(..)))
            .map(|(at, _)| at)
            .collect()
    }
}
