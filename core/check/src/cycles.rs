//! Module-level values that need themselves to be evaluated.
//!
//! Followed are values that a body reads and functions that it calls by name, outside of lambdas; what methods, function values and lambdas do is
//! not looked at: such a cycle ends in a stack overflow of the process that asks first.

use crate::db::FnNode;
use crate::db::{Db, Project};
use crate::hir::{Body, Callee, Expr, ExprKind, LocalFnId, Pat, PatKind, Stmt};
use crate::raw::{FunctionKind, Name};
use crate::ty::FnId;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The names along which a value needs itself, itself first; empty when it does not.
pub fn value_cycle(db: &dyn Db, _: Project, id: FnId) -> Arc<Vec<Name>> {
    value_cycle_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn value_cycle_at(db: &dyn Db, node: FnNode) -> Arc<Vec<Name>> {
    let (project, id) = (db.project(), node.id(db));
    let is_value = crate::db::function(db, project, id)
        .is_some_and(|def| matches!(def.kind, FunctionKind::Value | FunctionKind::Mvar));
    if !is_value {
        return Arc::default();
    }
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
    body: &'b Body,
    local: FxHashSet<u32>,
    out: Vec<FnId>,
}

impl Needs<'_> {
    fn local_fn(&mut self, id: LocalFnId) {
        if self.local.insert(id.0) {
            let body = self.body;
            self.expr(&body.local_fns[id.0 as usize].value);
        }
    }

    fn exprs(&mut self, items: &[Expr]) {
        items.iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Hole(_)
            | ExprKind::Literal(_)
            | ExprKind::Local(_)
            | ExprKind::FnValue(_)
            | ExprKind::Continue
            | ExprKind::Lambda(_) => {}
            ExprKind::Global(id) => self.out.push(*id),
            ExprKind::Call(callee, args) => {
                match callee {
                    Callee::Fn(inst) => self.out.push(inst.id),
                    Callee::Local(id, _) => self.local_fn(*id),
                    Callee::Value(value) => self.expr(value),
                    Callee::Method(_) | Callee::Dot(_) => {}
                }
                self.exprs(args);
            }
            ExprKind::Prim(_, items) | ExprKind::Concat(items) | ExprKind::Tuple(items) => {
                self.exprs(items);
            }
            ExprKind::Construct { fields, .. } => self.exprs(fields),
            ExprKind::Field(e, _)
            | ExprKind::DotField(e, _)
            | ExprKind::Element(e, _)
            | ExprKind::Assign(_, e)
            | ExprKind::Throw(e) => self.expr(e),
            ExprKind::Update(base, fields) => {
                self.expr(base);
                fields.iter().for_each(|(_, e)| self.expr(e));
            }
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => {
                self.expr(condition);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Match { scrutinee, arms } => {
                self.expr(scrutinee);
                self.arms(arms);
            }
            ExprKind::Block(stmts, value) => {
                for stmt in stmts {
                    match stmt {
                        Stmt::Expr(e) => self.expr(e),
                        Stmt::Let { pattern, value, .. } => {
                            self.pat(pattern);
                            self.expr(value);
                        }
                        Stmt::LocalFn(_) => {}
                    }
                }
                self.expr(value);
            }
            ExprKind::AssignField(a, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::While { condition, body } => {
                self.expr(condition);
                self.expr(body);
            }
            ExprKind::ForRange { from, to, body, .. } => {
                self.expr(from);
                self.expr(to);
                self.expr(body);
            }
            ExprKind::ForList { list, body, .. } => {
                self.expr(list);
                self.expr(body);
            }
            ExprKind::Break(e) | ExprKind::Return(e) => e.iter().for_each(|e| self.expr(e)),
            ExprKind::Try {
                body,
                arms,
                finally,
            } => {
                self.expr(body);
                self.arms(arms);
                finally.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Receive { arms, after } => {
                self.arms(arms);
                if let Some(after) = after {
                    self.expr(&after.0);
                    self.expr(&after.1);
                }
            }
        }
    }

    fn arms(&mut self, arms: &[crate::hir::Arm]) {
        for arm in arms {
            self.pat(&arm.pattern);
            arm.guard.iter().for_each(|e| self.expr(e));
            self.expr(&arm.body);
        }
    }

    fn pat(&mut self, pat: &Pat) {
        match &pat.kind {
            PatKind::Wild | PatKind::Literal(_) | PatKind::Range(..) => {}
            PatKind::Bind(_, inner) => inner.iter().for_each(|p| self.pat(p)),
            PatKind::Tuple(items) | PatKind::Ctor(_, items) | PatKind::Or(items) => {
                items.iter().for_each(|p| self.pat(p));
            }
            PatKind::Test(_, test) => self.expr(test),
            PatKind::View(_, value, inner) => {
                self.expr(value);
                self.pat(inner);
            }
        }
    }
}
