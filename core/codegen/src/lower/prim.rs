//! Machine operations, and those that look like one but are a helper's work (strings, powers, float remainders).

use super::Ctx;
use crate::ir::{Expr, Kind};
use crate::layout::TyId;
use nostos_abi::builtin::Leaf;
use nostos_check::hir::PrimOp;
use nostos_check::ty::{IntTy, Ty};

impl Ctx<'_> {
    pub(super) fn prim(&mut self, op: PrimOp, args: Vec<Expr>, ty: TyId, at: u32) -> Expr {
        use PrimOp::{Eq, Ge, Gt, Le, Lt, Ne, Pow, Rem};
        let operand = self.ty_of(args[0].ty);
        let leaf =
            |leaf: Leaf, args: Vec<Expr>, ty: TyId| Expr::new(Kind::Leaf(leaf, args), ty, at);
        match (op, operand) {
            (Eq, Ty::String) => leaf(Leaf::StringEq, args, TyId::BOOL),
            (Ne, Ty::String) => {
                let equal = leaf(Leaf::StringEq, args, TyId::BOOL);
                Expr::new(Kind::Prim(PrimOp::Not, vec![equal]), TyId::BOOL, at)
            }
            (Lt | Le | Gt | Ge, Ty::String) => {
                let order = leaf(Leaf::StringCompare, args, TyId::INT);
                let zero = Expr::word(0, TyId::INT, at);
                Expr::new(Kind::Prim(op, vec![order, zero]), TyId::BOOL, at)
            }
            (Eq | Ne, Ty::Unit) => {
                let mut items = args;
                items.push(Expr::word(i64::from(op == Eq), TyId::BOOL, at));
                Expr::new(Kind::Block(items), TyId::BOOL, at)
            }
            (Pow, Ty::Float) => leaf(Leaf::FloatPow, args, ty),
            (Pow, Ty::Float32) => {
                let wide = leaf(Leaf::FloatPow, args, TyId::FLOAT);
                Expr::new(Kind::Prim(PrimOp::ToFloat32, vec![wide]), ty, at)
            }
            (Rem, Ty::Float | Ty::Float32) => leaf(Leaf::FloatRem, args, ty),
            (Pow, Ty::Int(IntTy::I64 | IntTy::U64)) => leaf(Leaf::IntPow, args, ty),
            (Pow, Ty::Int(width)) => {
                let wide = leaf(Leaf::IntPow, args, TyId::INT);
                Expr::new(Kind::Prim(PrimOp::ToInt(width), vec![wide]), ty, at)
            }
            _ => Expr::new(Kind::Prim(op, args), ty, at),
        }
    }
}
