//! Literals and what is written like them: numbers, texts with parts, tuples, lists, maps, sets. In: the literal and the type that is expected.
//! Out: the typed expression, of a type of the library where a literal of that name has been declared.

use super::{Goal, Infer};
use crate::hir::{self, Callee, Expr, ExprKind, FnInst, Span};
use crate::raw::{self, ExprKind as Raw, Lit};
use crate::signature::intrinsic_fn;
use crate::ty::Ty;

impl<'db> Infer<'db> {
    pub(super) fn literal(&mut self, lit: &Lit, expected: Option<&Ty>, span: Span) -> Expr {
        if let Some(library) = self.library_literal(lit, span) {
            return library;
        }
        let expected = expected.map(|ty| self.table.shallow(ty));
        let (kind, ty) = self.literal_value(lit, expected, span);
        Expr {
            kind: kind.map_or(ExprKind::Literal(hir::Literal::Unit), ExprKind::Literal),
            ty,
            span,
        }
    }

    /// A literal and its type; `expected` may choose among number types.
    pub(super) fn literal_value(
        &mut self,
        lit: &Lit,
        expected: Option<Ty>,
        span: Span,
    ) -> (Option<hir::Literal>, Ty) {
        match lit {
            Lit::Int(value) => {
                let ty = match expected {
                    Some(ty @ Ty::Int(_)) => ty,
                    _ => self.table.fresh_literal(),
                };
                self.me().literals.push((value.get(), ty.clone(), span));
                (Some(hir::Literal::Int(value.get() as i64)), ty)
            }
            Lit::Sized(value, width) => {
                self.me()
                    .literals
                    .push((value.get(), Ty::Int(*width), span));
                (Some(hir::Literal::Int(value.get() as i64)), Ty::Int(*width))
            }
            Lit::Float(bits) => {
                let ty = if expected == Some(Ty::Float32) {
                    Ty::Float32
                } else {
                    Ty::Float
                };
                (Some(hir::Literal::Float(*bits)), ty)
            }
            Lit::Float32(bits) => (Some(hir::Literal::Float(*bits)), Ty::Float32),
            Lit::Bool(b) => (Some(hir::Literal::Bool(*b)), Ty::Bool),
            Lit::Char(c) => (Some(hir::Literal::Char(*c)), Ty::Char),
            Lit::String(s) => (Some(hir::Literal::String(s.clone())), Ty::String),
            Lit::Atom(a) => (Some(hir::Literal::Atom(a.clone())), Ty::Atom),
            Lit::Unit => (Some(hir::Literal::Unit), Ty::Unit),
            Lit::BigInt(_) | Lit::Decimal(_) => {
                self.report(span, "type mismatch: a range is of integers or characters");
                (None, Ty::Error)
            }
        }
    }

    /// A literal that the library reads: `1n`, `1.5d`.
    pub(super) fn library_literal(&mut self, lit: &Lit, span: Span) -> Option<Expr> {
        let (function, digits) = match lit {
            Lit::BigInt(digits) => ("bigIntLiteral", digits),
            Lit::Decimal(digits) => ("decimalLiteral", digits),
            _ => return None,
        };
        let digits = Expr {
            kind: ExprKind::Literal(hir::Literal::String(digits.clone())),
            ty: Ty::String,
            span,
        };
        Some(self.library_call(function, vec![digits], span))
    }

    pub(super) fn interpolation(&mut self, parts: &[raw::Expr], span: Span) -> Expr {
        let mut out = Vec::new();
        for part in parts {
            if let Raw::Literal(Lit::String(text)) = &part.kind {
                out.push(Expr {
                    kind: ExprKind::Literal(hir::Literal::String(text.clone())),
                    ty: Ty::String,
                    span: part.span,
                });
                continue;
            }
            let value = self.infer(part, None);
            out.push(self.shown(value, "show"));
        }
        Expr {
            kind: ExprKind::Concat(out),
            ty: Ty::String,
            span,
        }
    }

    /// `show(value)` or `showInside(value)`.
    pub(super) fn shown(&mut self, value: Expr, how: &str) -> Expr {
        let span = value.span;
        let of = self.known.show;
        self.later(
            Goal::Trait {
                ty: value.ty.clone(),
                of,
            },
            span,
            None,
        );
        let inst = FnInst {
            id: intrinsic_fn(self.db, how),
            args: [value.ty.clone()].into(),
        };
        Expr {
            kind: ExprKind::Call(Callee::Fn(inst), vec![value]),
            ty: Ty::String,
            span,
        }
    }

    pub(super) fn tuple(&mut self, items: &[raw::Expr], expected: Option<&Ty>, span: Span) -> Expr {
        let expected = match expected.map(|ty| self.table.shallow(ty)) {
            Some(Ty::Tuple(types)) if types.len() == items.len() => Some(types),
            _ => None,
        };
        let items: Vec<Expr> = match expected {
            Some(types) => items
                .iter()
                .zip(types.iter())
                .map(|(item, ty)| self.check(item, ty))
                .collect(),
            None => items.iter().map(|item| self.infer(item, None)).collect(),
        };
        let ty = Ty::Tuple(items.iter().map(|item| item.ty.clone()).collect());
        Expr {
            kind: ExprKind::Tuple(items),
            ty,
            span,
        }
    }

    pub(super) fn list(
        &mut self,
        items: &[raw::Expr],
        tail: Option<&raw::Expr>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let item = match expected.map(|ty| self.table.shallow(ty)) {
            Some(Ty::Adt(id, args)) if id == self.known.list => args[0].clone(),
            _ => self.fresh(),
        };
        let ty = self.known.list_of(item.clone());
        let items: Vec<Expr> = items.iter().map(|e| self.check(e, &item)).collect();
        let tail = match tail {
            Some(tail) => self.check(tail, &ty),
            None => Expr {
                kind: ExprKind::Construct {
                    ctor: 0,
                    fields: Vec::new(),
                },
                ty: ty.clone(),
                span,
            },
        };
        items.into_iter().rev().fold(tail, |tail, head| Expr {
            kind: ExprKind::Construct {
                ctor: 1,
                fields: vec![head, tail],
            },
            ty: ty.clone(),
            span,
        })
    }

    pub(super) fn map_literal(
        &mut self,
        entries: &[(raw::Expr, raw::Expr)],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let (key, value) = match expected.map(|ty| self.table.shallow(ty)) {
            Some(Ty::Adt(id, args)) if id == self.known.map && args.len() == 2 => {
                (args[0].clone(), args[1].clone())
            }
            _ => (self.fresh(), self.fresh()),
        };
        let ty = Ty::Adt(self.known.map, [key.clone(), value.clone()].into());
        let mut out = self.library_call("mapEmpty", Vec::new(), span);
        self.expect(&ty, &out.ty, span);
        for (k, v) in entries {
            let k = self.check(k, &key);
            let v = self.check(v, &value);
            out = self.library_call("mapInsert", vec![out, k, v], span);
        }
        out
    }

    pub(super) fn set_literal(
        &mut self,
        items: &[raw::Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let item = match expected.map(|ty| self.table.shallow(ty)) {
            Some(Ty::Adt(id, args)) if id == self.known.set && args.len() == 1 => args[0].clone(),
            _ => self.fresh(),
        };
        let ty = Ty::Adt(self.known.set, [item.clone()].into());
        let mut out = self.library_call("setEmpty", Vec::new(), span);
        self.expect(&ty, &out.ty, span);
        for e in items {
            let e = self.check(e, &item);
            out = self.library_call("setInsert", vec![out, e], span);
        }
        out
    }
}
