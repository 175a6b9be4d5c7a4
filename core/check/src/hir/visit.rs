//! The parts of an expression or pattern, each once, in the order in which they run: for walks over bodies that care about few kinds of nodes.

use super::{Callee, Expr, ExprKind, LocalFnId, Pat, PatKind, Stmt};

macro_rules! parts {
    ($doc:literal, $part:ident, $of_expr:ident, $of_pat:ident, $($mutable:ident)?) => {
        #[doc = $doc]
        #[allow(missing_docs, reason = "each is what its name says")]
        #[derive(Debug)]
        pub enum $part<'a> {
            Expr(&'a $($mutable)? Expr),
            Pat(&'a $($mutable)? Pat),
            /// The place where a local function is declared; its body stands beside the definition's.
            LocalFn(LocalFnId),
        }

        /// Gives the direct parts of an expression to `each`.
        pub fn $of_expr<'a>(e: &'a $($mutable)? Expr, each: &mut impl FnMut($part<'a>)) {
            match &$($mutable)? e.kind {
                ExprKind::Hole(_)
                | ExprKind::Literal(_)
                | ExprKind::Local(_)
                | ExprKind::Global(_)
                | ExprKind::Continue => {}
                ExprKind::FnValue(callee) => {
                    if let Callee::Value(value) = callee {
                        each($part::Expr(value));
                    }
                }
                ExprKind::Call(callee, args) => {
                    if let Callee::Value(value) = callee {
                        each($part::Expr(value));
                    }
                    for arg in args {
                        each($part::Expr(arg));
                    }
                }
                ExprKind::Prim(_, items)
                | ExprKind::Concat(items)
                | ExprKind::Tuple(items)
                | ExprKind::Construct { fields: items, .. } => {
                    for item in items {
                        each($part::Expr(item));
                    }
                }
                ExprKind::Field(e, _)
                | ExprKind::DotField(e, _)
                | ExprKind::Element(e, _)
                | ExprKind::Assign(_, e)
                | ExprKind::Throw(e) => each($part::Expr(e)),
                ExprKind::Lambda(lambda) => each($part::Expr(&$($mutable)? lambda.body)),
                ExprKind::Update(base, fields) => {
                    each($part::Expr(base));
                    for (_, e) in fields {
                        each($part::Expr(e));
                    }
                }
                ExprKind::If {
                    condition,
                    then,
                    otherwise,
                } => {
                    each($part::Expr(condition));
                    each($part::Expr(then));
                    each($part::Expr(otherwise));
                }
                ExprKind::Block(stmts, value) => {
                    for stmt in stmts {
                        match stmt {
                            Stmt::Expr(e) => each($part::Expr(e)),
                            Stmt::Let { pattern, value, .. } => {
                                each($part::Pat(pattern));
                                each($part::Expr(value));
                            }
                            Stmt::LocalFn(id) => each($part::LocalFn(*id)),
                        }
                    }
                    each($part::Expr(value));
                }
                ExprKind::AssignField(a, _, b) => {
                    each($part::Expr(a));
                    each($part::Expr(b));
                }
                ExprKind::While { condition, body } => {
                    each($part::Expr(condition));
                    each($part::Expr(body));
                }
                ExprKind::ForRange { from, to, body, .. } => {
                    each($part::Expr(from));
                    each($part::Expr(to));
                    each($part::Expr(body));
                }
                ExprKind::ForList { list, body, .. } => {
                    each($part::Expr(list));
                    each($part::Expr(body));
                }
                ExprKind::Break(value) | ExprKind::Return(value) => {
                    if let Some(e) = value {
                        each($part::Expr(e));
                    }
                }
                ExprKind::Match { scrutinee, arms } => {
                    each($part::Expr(scrutinee));
                    parts!(arms of arms, each, $part);
                }
                ExprKind::Try {
                    body,
                    arms,
                    finally,
                } => {
                    each($part::Expr(body));
                    parts!(arms of arms, each, $part);
                    if let Some(e) = finally {
                        each($part::Expr(e));
                    }
                }
                ExprKind::Receive { arms, after } => {
                    parts!(arms of arms, each, $part);
                    if let Some(after) = after {
                        let (wait, late) = &$($mutable)? **after;
                        each($part::Expr(wait));
                        each($part::Expr(late));
                    }
                }
            }
        }

        /// Gives the direct parts of a pattern to `each`.
        pub fn $of_pat<'a>(pat: &'a $($mutable)? Pat, each: &mut impl FnMut($part<'a>)) {
            match &$($mutable)? pat.kind {
                PatKind::Wild | PatKind::Literal(_) | PatKind::Range(..) => {}
                PatKind::Bind(_, inner) => {
                    if let Some(pat) = inner {
                        each($part::Pat(pat));
                    }
                }
                PatKind::Tuple(items) | PatKind::Ctor(_, items) | PatKind::Or(items) => {
                    for pat in items {
                        each($part::Pat(pat));
                    }
                }
                PatKind::Test(_, test) => each($part::Expr(test)),
                PatKind::View(_, value, inner) => {
                    each($part::Expr(value));
                    each($part::Pat(inner));
                }
            }
        }
    };
    (arms of $arms:ident, $each:ident, $part:ident) => {
        for arm in $arms {
            $each($part::Pat(parts!(@field arm.pattern, $part)));
            if let Some(guard) = parts!(@field arm.guard, $part) {
                $each($part::Expr(guard));
            }
            $each($part::Expr(parts!(@field arm.body, $part)));
        }
    };
    (@field $arm:ident.$field:ident, Part) => { &$arm.$field };
    (@field $arm:ident.$field:ident, PartMut) => { &mut $arm.$field };
}

parts!(
    "A part of an expression or pattern.",
    Part,
    parts,
    pat_parts,
);
parts!(
    "A part of an expression or pattern, to be changed.",
    PartMut,
    parts_mut,
    pat_parts_mut,
    mut
);
