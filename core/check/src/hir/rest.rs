//! What is left of a function from one of its statements on. In: a typed body. Out: another, whose parameters are the locals that are still needed.
//!
//! Only statements of blocks whose value is the function's are looked at: of all others, what comes after the block would have to be left too. So a
//! statement in a loop, in a `try` or in a part of an expression has no rest.

use super::visit::{Part, parts, pat_parts};
use super::{Body, Callee, Expr, ExprKind, LocalId, Pat, PatKind, Span, Stmt};
use crate::ty::Ty;
use std::collections::BTreeSet;

/// A statement of a function, and all that comes after it.
#[derive(Clone, Copy, Debug)]
pub struct Rest<'a> {
    /// Where the body starts of the function, lambda or local function it is a statement of.
    pub root: u32,
    /// The statement; of an empty range: there is nothing to stop at.
    pub span: Span,
    /// The whole body: which function it is of.
    pub of: &'a Expr,
    result: &'a Ty,
    stmts: &'a [Stmt],
    value: &'a Expr,
    ty: &'a Ty,
}

/// Gives the rests of a definition and of the lambdas and local functions in it. Local functions with type parameters of their own are left out.
pub fn rests<'a>(body: &'a Body, each: &mut impl FnMut(Rest<'a>)) {
    function(&body.value, &body.result, each);
    for local in body.local_fns.iter().filter(|f| f.type_params == 0) {
        function(&local.value, &local.result, each);
    }
}

fn function<'a>(value: &'a Expr, result: &'a Ty, each: &mut impl FnMut(Rest<'a>)) {
    let whole = Rest {
        root: value.span.start,
        span: value.span,
        of: value,
        result,
        stmts: &[],
        value,
        ty: &value.ty,
    };
    if !matches!(value.kind, ExprKind::Block(..)) {
        each(whole);
    }
    tail(whole, each);
    lambdas(value, each);
}

/// The statements of blocks whose value is that of the function.
fn tail<'a>(outer: Rest<'a>, each: &mut impl FnMut(Rest<'a>)) {
    let inner = |value: &'a Expr, each: &mut _| {
        if value.ty == outer.value.ty {
            tail(Rest { value, ..outer }, each);
        }
    };
    match &outer.value.kind {
        ExprKind::Block(stmts, value) => {
            for (at, stmt) in stmts.iter().enumerate() {
                let span = match stmt {
                    Stmt::Expr(e) => e.span,
                    Stmt::Let { span, .. } => *span,
                    Stmt::LocalFn(_) => continue,
                };
                each(Rest {
                    span,
                    stmts: &stmts[at..],
                    value,
                    ..outer
                });
            }
            if !matches!(value.kind, ExprKind::Block(..)) {
                each(Rest {
                    span: value.span,
                    value,
                    ..outer
                });
            }
            inner(value, each);
        }
        ExprKind::If {
            then, otherwise, ..
        } => {
            inner(then, each);
            inner(otherwise, each);
        }
        ExprKind::Match { arms, .. } => {
            for arm in arms {
                inner(&arm.body, each);
            }
        }
        _ => {}
    }
}

/// The lambdas in an expression, those in lambdas too.
fn lambdas<'a>(e: &'a Expr, each: &mut impl FnMut(Rest<'a>)) {
    if let (ExprKind::Lambda(lambda), Ty::Fn(_, result)) = (&e.kind, &e.ty) {
        return function(&lambda.body, result, each);
    }
    parts(e, &mut |part| lambdas_of(part, each));
}

fn lambdas_of<'a>(part: Part<'a>, each: &mut impl FnMut(Rest<'a>)) {
    match part {
        Part::Expr(e) => lambdas(e, each),
        Part::Pat(pat) => pat_parts(pat, &mut |part| lambdas_of(part, each)),
        Part::LocalFn(_) => {}
    }
}

impl Rest<'_> {
    /// The locals that are needed and that it does not bind itself, in order.
    pub fn needs(&self, body: &Body) -> Vec<LocalId> {
        let walk = self.walk(body);
        walk.used.difference(&walk.bound).copied().collect()
    }

    fn walk<'a>(&self, body: &'a Body) -> Walk<'a> {
        let mut walk = Walk {
            body,
            bound: BTreeSet::new(),
            used: BTreeSet::new(),
        };
        walk.block(self.stmts, self.value);
        walk
    }

    /// It as a body of its own, that is given what it needs and, so that they can still be seen, these if it does not bind them.
    pub fn body(&self, body: &Body, more: &[LocalId]) -> Body {
        let walk = self.walk(body);
        let mut params = walk.used.clone();
        params.extend(more);
        Body {
            owner: body.owner,
            type_params: body.type_params,
            locals: body.locals.clone(),
            params: params.difference(&walk.bound).copied().collect(),
            result: self.result.clone(),
            local_fns: body.local_fns.clone(),
            expansions: body.expansions.clone(),
            value: Expr {
                kind: ExprKind::Block(self.stmts.to_vec(), Box::new(self.value.clone())),
                ty: self.ty.clone(),
                span: self.span,
            },
        }
    }
}

struct Walk<'a> {
    body: &'a Body,
    bound: BTreeSet<LocalId>,
    used: BTreeSet<LocalId>,
}

impl Walk<'_> {
    fn block(&mut self, stmts: &[Stmt], value: &Expr) {
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

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Local(local) | ExprKind::Assign(local, _) => _ = self.used.insert(*local),
            ExprKind::Call(Callee::Local(id, _), _) | ExprKind::FnValue(Callee::Local(id, _)) => {
                let captures = &self.body.local_fns[id.0 as usize].captures;
                self.used.extend(captures);
            }
            // What it binds inside is no business of the function around it.
            ExprKind::Lambda(lambda) => {
                self.used.extend(&lambda.captures);
                return;
            }
            ExprKind::ForRange { local, .. } | ExprKind::ForList { local, .. } => {
                _ = self.bound.insert(*local);
            }
            _ => {}
        }
        parts(e, &mut |part| self.part(part));
    }

    fn pat(&mut self, pat: &Pat) {
        match &pat.kind {
            PatKind::Bind(local, _) | PatKind::Test(local, _) | PatKind::View(local, ..) => {
                _ = self.bound.insert(*local);
            }
            PatKind::Wild
            | PatKind::Literal(_)
            | PatKind::Range(..)
            | PatKind::Tuple(_)
            | PatKind::Ctor(..)
            | PatKind::Or(_) => {}
        }
        pat_parts(pat, &mut |part| self.part(part));
    }

    fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Expr(e) => self.expr(e),
            Part::Pat(pat) => self.pat(pat),
            Part::LocalFn(_) => {}
        }
    }
}
