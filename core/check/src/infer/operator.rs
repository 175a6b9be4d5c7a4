//! Operators. Numbers of known type are machine operations, with `Int` promoted to `Float` where both occur; everything else goes through traits.

use super::call::{Arg, Args};
use super::{Goal, Hole, Infer};
use crate::hir::{self, Callee, Expr, ExprKind, FnInst, MethodRef, PrimOp, Span};
use crate::raw::{self, BinaryOp, ExprKind as Raw};
use crate::resolve;
use crate::signature::intrinsic_fn;
use crate::ty::{IntTy, TraitId, Ty};

/// How the operands of an operator are brought together.
pub(super) struct Operands {
    /// The type both have then.
    ty: Ty,
    /// Conversion of the left one.
    left: Option<Conversion>,
    /// Conversion of the right one.
    right: Option<Conversion>,
}

/// How an Int becomes another number.
#[derive(Clone, Copy)]
enum Conversion {
    Prim(PrimOp),
    /// This function of the library.
    Library(&'static str),
}

/// What is known of an operator's operands.
pub(super) enum Decision {
    Operands(Operands),
    Later,
    Mismatch,
}

fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Rem
            | BinaryOp::Pow
    )
}

impl<'db> Infer<'db> {
    /// A chain of left-associative operators, walked in a loop.
    pub(super) fn binary_chain(&mut self, e: &raw::Expr, expected: Option<&Ty>) -> Expr {
        let mut chain = Vec::new();
        let mut at = e;
        while let Raw::Binary(op, lhs, rhs) = &at.kind {
            chain.push((*op, &**rhs, at.span));
            at = lhs;
            if matches!(op, BinaryOp::Cons) {
                break;
            }
        }
        let first_expected = expected.filter(|_| {
            chain
                .iter()
                .all(|(op, _, _)| is_arithmetic(*op) || *op == BinaryOp::Concat)
        });
        let first_expected = first_expected
            .map(|ty| self.table.shallow(ty))
            .filter(|ty| matches!(ty, Ty::Adt(..) | Ty::String));
        let item;
        let first_expected = match (chain.last(), expected.map(|ty| self.table.shallow(ty))) {
            (Some((BinaryOp::Cons, _, _)), Some(Ty::Adt(id, args)))
                if id == self.known.list && chain.len() == 1 =>
            {
                item = Some(args[0].clone());
                item
            }
            _ => first_expected,
        };
        let mut lhs = self.infer(at, first_expected.as_ref());
        while let Some((op, rhs, span)) = chain.pop() {
            lhs = self.binary_step(op, lhs, rhs, span);
        }
        lhs
    }

    fn binary_step(&mut self, op: BinaryOp, lhs: Expr, rhs: &raw::Expr, span: Span) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.expect(&Ty::Bool, &lhs.ty, lhs.span);
                let rhs = self.check(rhs, &Ty::Bool);
                let constant = |value| Expr {
                    kind: ExprKind::Literal(hir::Literal::Bool(value)),
                    ty: Ty::Bool,
                    span,
                };
                let (then, otherwise) = if op == BinaryOp::And {
                    (rhs, constant(false))
                } else {
                    (constant(true), rhs)
                };
                let kind = ExprKind::If {
                    condition: Box::new(lhs),
                    then: Box::new(then),
                    otherwise: Box::new(otherwise),
                };
                Expr {
                    kind,
                    ty: Ty::Bool,
                    span,
                }
            }
            BinaryOp::Send => {
                self.expect(&Ty::Pid, &lhs.ty, lhs.span);
                let message = self.infer(rhs, None);
                let inst = FnInst {
                    id: intrinsic_fn(self.db, "send"),
                    args: [message.ty.clone()].into(),
                };
                Expr {
                    kind: ExprKind::Call(Callee::Fn(inst), vec![lhs, message]),
                    ty: Ty::Unit,
                    span,
                }
            }
            BinaryOp::Cons => {
                let ty = self.known.list_of(lhs.ty.clone());
                let tail = self.check(rhs, &ty);
                Expr {
                    kind: ExprKind::Construct {
                        ctor: 1,
                        fields: vec![lhs, tail],
                    },
                    ty,
                    span,
                }
            }
            _ => {
                // What the left side is helps to type the right one, but a number may be promoted.
                let hint = match self.table.shallow(&lhs.ty) {
                    ty @ (Ty::Adt(..) | Ty::Tuple(_) | Ty::String) => Some(ty),
                    Ty::Int(width) if width != IntTy::I64 => Some(Ty::Int(width)),
                    Ty::Float32 => Some(Ty::Float32),
                    _ => None,
                };
                let rhs = match (&rhs.kind, hint) {
                    // Only a literal takes a hint that need not hold.
                    (
                        Raw::Literal(_)
                        | Raw::List(..)
                        | Raw::Name(_)
                        | Raw::Tuple(_)
                        | Raw::Call(..),
                        Some(hint),
                    ) => self.infer(rhs, Some(&hint)),
                    _ => self.infer(rhs, None),
                };
                self.binary(op, lhs, rhs, span)
            }
        }
    }

    /// An operator on typed operands.
    pub(super) fn binary(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Expr {
        // The library's numbers have their own power, with an Int behind.
        if op == BinaryOp::Pow && self.wide(&self.table.shallow(&lhs.ty)).is_some() {
            let levels = resolve::prelude_values(self.db, self.project, "pow".into());
            let args = Args {
                positional: vec![Arg::Done(lhs), Arg::Done(rhs)],
                named: Vec::new(),
            };
            let levels = vec![levels.to_vec()];
            return self.function_call_with(&"pow".into(), &levels, &[], args, span, span);
        }
        let decision = match self.decide(op, &lhs.ty, &rhs.ty, false) {
            Decision::Later => {
                self.solve();
                self.decide(op, &lhs.ty, &rhs.ty, false)
            }
            decided => decided,
        };
        match decision {
            Decision::Operands(operands) => self.make_binary(op, lhs, rhs, operands, span),
            Decision::Mismatch => {
                self.operand_mismatch(op, &lhs.ty, &rhs.ty, span);
                let ty = if is_arithmetic(op) || op == BinaryOp::Concat {
                    Ty::Error
                } else {
                    Ty::Bool
                };
                Expr {
                    ty,
                    ..self.error_expr(span)
                }
            }
            Decision::Later => {
                let result = if is_arithmetic(op) {
                    self.fresh()
                } else {
                    Ty::Bool
                };
                let goal = Goal::Binary {
                    op,
                    lhs: lhs.ty.clone(),
                    rhs: rhs.ty.clone(),
                    result: result.clone(),
                };
                let (hole, out) = self.hole(
                    Hole::Binary {
                        op,
                        lhs,
                        rhs,
                        ty: result.clone(),
                        span,
                    },
                    result,
                    span,
                );
                self.later(goal, span, Some(hole));
                out
            }
        }
    }

    /// What the operands of an operator become. With `force`, unknown ones are taken to be of one type.
    pub(super) fn decide(&mut self, op: BinaryOp, l: &Ty, r: &Ty, force: bool) -> Decision {
        let (l, r) = (self.table.shallow(l), self.table.shallow(r));
        let literal =
            |cx: &Self, ty: &Ty| matches!(ty, Ty::Infer(var) if cx.table.is_literal(*var));
        let plain = |ty: Ty| {
            Decision::Operands(Operands {
                ty,
                left: None,
                right: None,
            })
        };
        let promotes = op != BinaryOp::Concat;
        match (&l, &r) {
            (Ty::Error, _) | (_, Ty::Error) => plain(Ty::Error),
            (Ty::Int(IntTy::I64), Ty::Float | Ty::Float32) if promotes => self.promoted(&r, true),
            (Ty::Float | Ty::Float32, Ty::Int(IntTy::I64)) if promotes => self.promoted(&l, false),
            (Ty::Infer(_), Ty::Float | Ty::Float32) if promotes && literal(self, &l) => {
                let _ = self.table.unify(&l, &Ty::INT);
                self.promoted(&r, true)
            }
            (Ty::Float | Ty::Float32, Ty::Infer(_)) if promotes && literal(self, &r) => {
                let _ = self.table.unify(&r, &Ty::INT);
                self.promoted(&l, false)
            }
            (Ty::Int(IntTy::I64), Ty::Adt(..)) if promotes && self.wide(&r).is_some() => {
                self.promoted(&r, true)
            }
            (Ty::Adt(..), Ty::Int(IntTy::I64)) if promotes && self.wide(&l).is_some() => {
                self.promoted(&l, false)
            }
            (Ty::Infer(_), Ty::Adt(..))
                if promotes && literal(self, &l) && self.wide(&r).is_some() =>
            {
                let _ = self.table.unify(&l, &Ty::INT);
                self.promoted(&r, true)
            }
            (Ty::Adt(..), Ty::Infer(_))
                if promotes && literal(self, &r) && self.wide(&l).is_some() =>
            {
                let _ = self.table.unify(&r, &Ty::INT);
                self.promoted(&l, false)
            }
            (Ty::Infer(a), Ty::Infer(b))
                if !force && a != b && promotes && (!literal(self, &l) || !literal(self, &r)) =>
            {
                Decision::Later
            }
            (Ty::Infer(_), other) | (other, Ty::Infer(_))
                if !force
                    && promotes
                    && (super::expr::is_number(other) || self.wide(other).is_some())
                    && !literal(self, &l)
                    && !literal(self, &r) =>
            {
                Decision::Later
            }
            _ => match self.table.unify(&l, &r) {
                Ok(()) => plain(l),
                Err(_) => Decision::Mismatch,
            },
        }
    }

    /// The library function that makes an Int of a wider number of the library.
    fn wide(&self, ty: &Ty) -> Option<&'static str> {
        match ty {
            Ty::Adt(id, _) if *id == self.known.big_int => Some("toBigInt"),
            Ty::Adt(id, _) if *id == self.known.decimal => Some("toDecimal"),
            _ => None,
        }
    }

    fn promoted(&self, to: &Ty, left: bool) -> Decision {
        let conversion = Some(match self.wide(to) {
            Some(function) => Conversion::Library(function),
            None if *to == Ty::Float32 => Conversion::Prim(PrimOp::ToFloat32),
            None => Conversion::Prim(PrimOp::ToFloat),
        });
        let (left, right) = if left {
            (conversion, None)
        } else {
            (None, conversion)
        };
        Decision::Operands(Operands {
            ty: to.clone(),
            left,
            right,
        })
    }

    pub(super) fn operand_mismatch(&mut self, op: BinaryOp, l: &Ty, r: &Ty, span: Span) {
        let (l, r) = (self.table.deep(l), self.table.deep(r));
        if super::has_error(&l) || super::has_error(&r) {
            return;
        }
        let of = self.operator_trait(op);
        // `"a" + 1` is a string's mistake before it is one of unequal operands.
        for ty in [&l, &r] {
            if !matches!(ty, Ty::Infer(_))
                && !crate::traits::head_implements(self.db, self.project, ty, of)
                && !matches!(ty, Ty::Param(_))
            {
                let of = crate::signature::trait_info(self.db, self.project, of)
                    .name
                    .clone();
                let message = format!(
                    "type mismatch: `{}` takes two of one type, and `{}` does not implement {of}",
                    op.symbol(),
                    self.show(ty)
                );
                let hint = match ty {
                    Ty::String if of == "Num".into() => {
                        Some("`++` joins strings; \"${…}\" makes text of a value".to_string())
                    }
                    _ => None,
                };
                self.report_hint(span, message, hint);
                return;
            }
        }
        let message = format!(
            "type mismatch: `{}` takes two of one type, found `{}` and `{}`",
            op.symbol(),
            self.show(&l),
            self.show(&r)
        );
        self.report(span, message);
    }

    pub(super) fn operator_trait(&self, op: BinaryOp) -> TraitId {
        match op {
            BinaryOp::Eq | BinaryOp::Ne => self.known.eq,
            BinaryOp::Lt | BinaryOp::Gt | BinaryOp::Le | BinaryOp::Ge => self.known.ord,
            BinaryOp::Concat => self.known.concat,
            _ => self.known.num,
        }
    }

    fn converted(&mut self, e: Expr, by: Option<Conversion>, ty: &Ty) -> Expr {
        let span = e.span;
        match by {
            Some(Conversion::Prim(op)) => Expr {
                kind: ExprKind::Prim(op, vec![e]),
                ty: ty.clone(),
                span,
            },
            Some(Conversion::Library(function)) => {
                let levels = resolve::prelude_values(self.db, self.project, function.into());
                let args = Args {
                    positional: vec![Arg::Done(e)],
                    named: Vec::new(),
                };
                let levels = vec![levels.to_vec()];
                self.function_call_with(&function.into(), &levels, &[], args, span, span)
            }
            None => e,
        }
    }

    /// The operation on operands brought to one type.
    pub(super) fn make_binary(
        &mut self,
        op: BinaryOp,
        lhs: Expr,
        rhs: Expr,
        operands: Operands,
        span: Span,
    ) -> Expr {
        let ty = operands.ty;
        let lhs = self.converted(lhs, operands.left, &ty);
        let rhs = self.converted(rhs, operands.right, &ty);
        let of = self.operator_trait(op);
        let result = if is_arithmetic(op) || op == BinaryOp::Concat {
            ty.clone()
        } else {
            Ty::Bool
        };
        if let Some(out) = self.machine_op(op, &lhs, &rhs, &ty, span) {
            return out;
        }
        if op == BinaryOp::Pow {
            self.later(
                Goal::Binary {
                    op,
                    lhs: ty.clone(),
                    rhs: ty.clone(),
                    result: ty.clone(),
                },
                span,
                None,
            );
        }
        self.later(Goal::Trait { ty: ty.clone(), of }, span, None);
        self.hole(
            Hole::Binary {
                op,
                lhs,
                rhs,
                ty: result.clone(),
                span,
            },
            result,
            span,
        )
        .1
    }

    fn machine_op(
        &self,
        op: BinaryOp,
        lhs: &Expr,
        rhs: &Expr,
        ty: &Ty,
        span: Span,
    ) -> Option<Expr> {
        let ty = self.table.shallow(ty);
        let prim = machine(op, &ty)?;
        let args = vec![lhs.clone(), rhs.clone()];
        Some(match prim {
            Machine::Concat => Expr {
                kind: ExprKind::Concat(args),
                ty: Ty::String,
                span,
            },
            Machine::Op(prim) => {
                let result = if is_arithmetic(op) { ty } else { Ty::Bool };
                Expr {
                    kind: ExprKind::Prim(prim, args),
                    ty: result,
                    span,
                }
            }
        })
    }

    /// An operator whose operands' type is settled.
    pub(super) fn settled_binary(
        &self,
        op: BinaryOp,
        lhs: Expr,
        rhs: Expr,
        ty: Ty,
        span: Span,
    ) -> Expr {
        let operand = lhs.ty.clone();
        if let Some(Machine::Op(prim)) = machine(op, &operand) {
            return Expr {
                kind: ExprKind::Prim(prim, vec![lhs, rhs]),
                ty,
                span,
            };
        }
        if let Some(Machine::Concat) = machine(op, &operand) {
            return Expr {
                kind: ExprKind::Concat(vec![lhs, rhs]),
                ty,
                span,
            };
        }
        let of = self.operator_trait(op);
        let name = if op == BinaryOp::Ne {
            "=="
        } else {
            op.symbol()
        };
        let method = MethodRef {
            of,
            name: name.into(),
            self_ty: operand,
            args: [].into(),
        };
        let call = Expr {
            kind: ExprKind::Call(Callee::Method(Box::new(method)), vec![lhs, rhs]),
            ty,
            span,
        };
        match op {
            BinaryOp::Ne => Expr {
                kind: ExprKind::Prim(PrimOp::Not, vec![call]),
                ty: Ty::Bool,
                span,
            },
            _ => call,
        }
    }

    /// `a == b`, for patterns.
    pub(super) fn equality(&mut self, a: Expr, b: Expr, span: Span) -> Expr {
        self.expect(&a.ty, &b.ty, span);
        self.binary(BinaryOp::Eq, a, b, span)
    }
}

enum Machine {
    Op(PrimOp),
    Concat,
}

/// The machine's operation for an operator at a type, if it is one.
fn machine(op: BinaryOp, ty: &Ty) -> Option<Machine> {
    let number = super::expr::is_number(ty);
    let equal = number
        || matches!(
            ty,
            Ty::Bool | Ty::Char | Ty::String | Ty::Atom | Ty::Pid | Ty::Ref | Ty::Unit
        );
    let ordered = number || matches!(ty, Ty::Bool | Ty::Char | Ty::String);
    let prim = match op {
        BinaryOp::Add if number => PrimOp::Add,
        BinaryOp::Sub if number => PrimOp::Sub,
        BinaryOp::Mul if number => PrimOp::Mul,
        BinaryOp::Div if number => PrimOp::Div,
        BinaryOp::Rem if number => PrimOp::Rem,
        BinaryOp::Pow if number => PrimOp::Pow,
        BinaryOp::Eq if equal => PrimOp::Eq,
        BinaryOp::Ne if equal => PrimOp::Ne,
        BinaryOp::Lt if ordered => PrimOp::Lt,
        BinaryOp::Gt if ordered => PrimOp::Gt,
        BinaryOp::Le if ordered => PrimOp::Le,
        BinaryOp::Ge if ordered => PrimOp::Ge,
        BinaryOp::Concat if *ty == Ty::String => return Some(Machine::Concat),
        _ => return None,
    };
    Some(Machine::Op(prim))
}
