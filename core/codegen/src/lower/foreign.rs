//! Calls of C functions: arguments become register words, a helper of the runtime calls on the worker's stack.
//!
//! The checker has seen to it that the types pass and that there are at most six words and eight floats.

use super::Ctx;
use crate::ir::{Expr, Kind};
use crate::layout::TyId;
use nostos_abi::builtin::Op;
use nostos_check::hir::PrimOp;
use nostos_check::ty::{IntTy, Ty};

/// Registers for words, and for floats.
const WORDS: usize = 6;
const FLOATS: usize = 8;

impl Ctx<'_> {
    pub(super) fn foreign(
        &mut self,
        symbol: &str,
        library: &str,
        args: Vec<Expr>,
        ty: TyId,
        at: u32,
    ) -> Expr {
        let op = |op: Op, args: Vec<Expr>, ty: TyId| Expr::new(Kind::Op(op, args), ty, at);
        let int = |e: Expr, prim: PrimOp| Expr::new(Kind::Prim(prim, vec![e]), TyId::INT, at);
        let mut items = Vec::new();
        let (mut words, mut floats) = (Vec::new(), Vec::new());
        // Which floats C takes at half the width.
        let mut narrow = 0;
        for arg in args {
            let of = self.ty_of(arg.ty);
            let arg = self.hoist(arg, &mut items);
            match of {
                Ty::Float => floats.push(int(arg, PrimOp::FloatBits)),
                Ty::Float32 => {
                    narrow |= 1 << floats.len();
                    floats.push(int(arg, PrimOp::FloatBits));
                }
                Ty::String => {
                    let copy = op(Op::CString, vec![arg], TyId::INT);
                    words.push(self.hoist(copy, &mut items));
                }
                Ty::Int(IntTy::I64 | IntTy::U64) => words.push(Expr {
                    ty: TyId::INT,
                    ..arg
                }),
                Ty::Int(_) => words.push(int(arg, PrimOp::ToInt(IntTy::I64))),
                _ => words.push(Expr {
                    ty: TyId::INT,
                    ..arg
                }),
            }
        }
        words.resize_with(WORDS, || Expr::word(0, TyId::INT, at));
        floats.resize_with(FLOATS, || Expr::word(0, TyId::INT, at));
        let names = vec![self.string(library, at), self.string(symbol, at)];
        let address = op(Op::ForeignSymbol, names, TyId::INT);
        let address = self.hoist(address, &mut items);
        let gives = self.ty_of(ty);
        let kind = match gives {
            Ty::Float => 1,
            Ty::Float32 => 2,
            _ => 0,
        };
        let kind = kind | narrow << 8;
        let mut all = vec![address, Expr::word(kind, TyId::INT, at)];
        all.extend(words);
        all.extend(floats);
        let call = op(Op::ForeignCall, all, TyId::INT);
        let result = match gives {
            Ty::Unit => {
                items.push(call);
                Expr::unit(at)
            }
            Ty::Float | Ty::Float32 => {
                Expr::new(Kind::Prim(PrimOp::FloatFromBits, vec![call]), ty, at)
            }
            Ty::String => op(Op::CText, vec![call], ty),
            Ty::Int(width) if !matches!(width, IntTy::I64 | IntTy::U64) => {
                Expr::new(Kind::Prim(PrimOp::ToInt(width), vec![call]), ty, at)
            }
            // A C `bool` is the low byte.
            Ty::Bool => {
                let byte = Expr::word(255, TyId::INT, at);
                let low = Expr::new(Kind::Prim(PrimOp::And, vec![call, byte]), TyId::INT, at);
                let zero = Expr::word(0, TyId::INT, at);
                Expr::new(Kind::Prim(PrimOp::Ne, vec![low, zero]), TyId::BOOL, at)
            }
            _ => Expr { ty, ..call },
        };
        items.push(result);
        Expr::new(Kind::Block(items), ty, at)
    }
}
