//! What is under the cursor: the innermost expression or pattern of a typed body at an offset.

use nostos_check::hir::{Arm, Body, Callee, Expr, ExprKind, LocalId, Pat, PatKind, Span, Stmt};
use nostos_check::ty::{FnId, Ty};

/// It.
pub(crate) enum Found<'a> {
    /// A local, used or bound.
    Local(LocalId),
    /// A function, called or named.
    Function(FnId),
    /// A value of this type.
    Value(&'a Ty),
}

/// The innermost thing at an offset that a person could ask about, and its place. Offsets count from the start of the definition.
pub(crate) fn find(body: &Body, offset: u32) -> Option<(Found<'_>, Span)> {
    let mut search = Search { offset, best: None };
    for local_fn in &body.local_fns {
        search.expr(&local_fn.value);
    }
    search.expr(&body.value);
    for (i, local) in body.locals.iter().enumerate() {
        // Parameters are bound outside of any expression.
        if !local.name.is_empty() {
            search.offer(local.span, || Some(Found::Local(LocalId(i as u32))));
        }
    }
    search.best
}

struct Search<'a> {
    offset: u32,
    best: Option<(Found<'a>, Span)>,
}

impl<'a> Search<'a> {
    fn offer(&mut self, span: Span, found: impl FnOnce() -> Option<Found<'a>>) {
        let holds = span.start <= self.offset && self.offset < span.end;
        let size = |span: Span| span.end - span.start;
        // Of equal places the later one wins: sugar has the place of what it was made of, and its parts come after it.
        let smaller = self
            .best
            .as_ref()
            .is_none_or(|(_, best)| size(span) <= size(*best));
        if holds
            && smaller
            && let Some(found) = found()
        {
            self.best = Some((found, span));
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        self.offer(expr.span, || about(expr));
        match &expr.kind {
            ExprKind::Hole(_)
            | ExprKind::Literal(_)
            | ExprKind::Local(_)
            | ExprKind::Global(_)
            | ExprKind::Continue => {}
            ExprKind::FnValue(callee) => self.callee(callee),
            ExprKind::Call(callee, args) => {
                self.callee(callee);
                self.all(args);
            }
            ExprKind::Prim(_, parts)
            | ExprKind::Concat(parts)
            | ExprKind::Tuple(parts)
            | ExprKind::Construct { fields: parts, .. } => self.all(parts),
            ExprKind::Field(of, _)
            | ExprKind::DotField(of, _)
            | ExprKind::Element(of, _)
            | ExprKind::Assign(_, of)
            | ExprKind::Throw(of) => self.expr(of),
            ExprKind::Update(of, fields) => {
                self.expr(of);
                fields.iter().for_each(|(_, field)| self.expr(field));
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
                        Stmt::Expr(expr) => self.expr(expr),
                        Stmt::Let { pattern, value, .. } => {
                            self.pat(pattern);
                            self.expr(value);
                        }
                        Stmt::LocalFn(_) => {}
                    }
                }
                self.expr(value);
            }
            ExprKind::AssignField(of, _, value) => {
                self.expr(of);
                self.expr(value);
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
            ExprKind::Break(value) | ExprKind::Return(value) => {
                value.iter().for_each(|value| self.expr(value));
            }
            ExprKind::Lambda(lambda) => self.expr(&lambda.body),
            ExprKind::Try {
                body,
                arms,
                finally,
            } => {
                self.expr(body);
                self.arms(arms);
                finally.iter().for_each(|finally| self.expr(finally));
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

    fn all(&mut self, exprs: &'a [Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn callee(&mut self, callee: &'a Callee) {
        if let Callee::Value(value) = callee {
            self.expr(value);
        }
    }

    fn arms(&mut self, arms: &'a [Arm]) {
        for arm in arms {
            self.pat(&arm.pattern);
            arm.guard.iter().for_each(|guard| self.expr(guard));
            self.expr(&arm.body);
        }
    }

    fn pat(&mut self, pat: &'a Pat) {
        match &pat.kind {
            PatKind::Bind(local, inner) => {
                self.offer(pat.span, || Some(Found::Local(*local)));
                inner.iter().for_each(|inner| self.pat(inner));
            }
            PatKind::Wild | PatKind::Literal(_) | PatKind::Range(..) => {
                self.offer(pat.span, || Some(Found::Value(&pat.ty)));
            }
            PatKind::Tuple(parts) | PatKind::Ctor(_, parts) | PatKind::Or(parts) => {
                self.offer(pat.span, || Some(Found::Value(&pat.ty)));
                parts.iter().for_each(|part| self.pat(part));
            }
            PatKind::Test(_, expr) => self.expr(expr),
            PatKind::View(_, expr, inner) => {
                self.expr(expr);
                self.pat(inner);
            }
        }
    }
}

fn about(expr: &Expr) -> Option<Found<'_>> {
    match &expr.kind {
        ExprKind::Local(local) | ExprKind::Assign(local, _) => Some(Found::Local(*local)),
        ExprKind::Global(id) => Some(Found::Function(*id)),
        ExprKind::Call(Callee::Fn(inst), _) | ExprKind::FnValue(Callee::Fn(inst)) => {
            Some(Found::Function(inst.id))
        }
        ExprKind::Literal(_)
        | ExprKind::Call(..)
        | ExprKind::FnValue(_)
        | ExprKind::Prim(..)
        | ExprKind::Concat(_)
        | ExprKind::Construct { .. }
        | ExprKind::Tuple(_)
        | ExprKind::Field(..)
        | ExprKind::DotField(..)
        | ExprKind::Element(..)
        | ExprKind::Update(..) => Some(Found::Value(&expr.ty)),
        // Between the parts of these there is nothing but white space and keywords.
        ExprKind::Hole(_)
        | ExprKind::If { .. }
        | ExprKind::Match { .. }
        | ExprKind::Block(..)
        | ExprKind::AssignField(..)
        | ExprKind::While { .. }
        | ExprKind::ForRange { .. }
        | ExprKind::ForList { .. }
        | ExprKind::Break(_)
        | ExprKind::Continue
        | ExprKind::Return(_)
        | ExprKind::Lambda(_)
        | ExprKind::Throw(_)
        | ExprKind::Try { .. }
        | ExprKind::Receive { .. } => None,
    }
}
