//! What is under the cursor: the innermost expression or pattern of a typed body at an offset.

use nostos_check::hir::visit::{self, Part};
use nostos_check::hir::{
    Body, Callee, Expansion, Expr, ExprKind, LocalId, Pat, PatKind, Span, told,
};
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
    let mut search = Search {
        offset,
        expansions: &body.expansions,
        best: None,
    };
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
    expansions: &'a [Expansion],
    best: Option<(Found<'a>, Span)>,
}

impl<'a> Search<'a> {
    fn offer(&mut self, span: Span, found: impl FnOnce() -> Option<Found<'a>>) {
        // What a macro made stands where the call does.
        let span = told(self.expansions, span);
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
        visit::parts(expr, &mut |part| self.part(part));
    }

    fn pat(&mut self, pat: &'a Pat) {
        match &pat.kind {
            PatKind::Bind(local, _) => self.offer(pat.span, || Some(Found::Local(*local))),
            PatKind::Wild
            | PatKind::Literal(_)
            | PatKind::Range(..)
            | PatKind::Tuple(_)
            | PatKind::Ctor(..)
            | PatKind::Or(_) => self.offer(pat.span, || Some(Found::Value(&pat.ty))),
            PatKind::Test(..) | PatKind::View(..) => {}
        }
        visit::pat_parts(pat, &mut |part| self.part(part));
    }

    fn part(&mut self, part: Part<'a>) {
        match part {
            Part::Expr(expr) => self.expr(expr),
            Part::Pat(pat) => self.pat(pat),
            // Their bodies have been looked at.
            Part::LocalFn(_) => {}
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
