//! Names in `extern … from "nostos"`: rows of the builtin table, machine operations, and what only the compiler can do.

use super::Ctx;
use crate::ir::{Expr, Kind};
use crate::layout::TyId;
use nostos_abi::builtin::{Leaf, Op};
use nostos_check::hir::{Derived, PrimOp};
use nostos_check::ty::{IntTy, Ty};

impl Ctx<'_> {
    pub(super) fn builtin(&mut self, name: &str, mut args: Vec<Expr>, ty: TyId, at: u32) -> Expr {
        if !name.starts_with('%') {
            if let Some(op) = Op::by_name(name) {
                return Expr::new(Kind::Op(op, args), ty, at);
            }
            if let Some(leaf) = Leaf::by_name(name) {
                return Expr::new(Kind::Leaf(leaf, args), ty, at);
            }
        }
        if let Some(op) = name.strip_prefix("prim").and_then(prim_named) {
            return self.prim(op, args, ty, at);
        }
        let op = |op: Op, args: Vec<Expr>| Expr::new(Kind::Op(op, args), ty, at);
        let derived = |ctx: &mut Self, derived: Derived, args: Vec<Expr>| {
            let of = ctx.ty_of(args[0].ty);
            ctx.call_part(derived, &of, args, at)
        };
        match name {
            "show" => derived(self, Derived::Show, args),
            "showInside" => derived(self, Derived::ShowInside, args),
            "hash" => derived(self, Derived::Hash, args),
            "equals" => derived(self, Derived::Eq, args),
            "compare" => derived(self, Derived::Compare, args),
            "copy" => derived(self, Derived::Copy, args),
            "throw" => {
                let value = args.remove(0);
                self.throw(value, at)
            }
            "panic" => {
                let message = args.remove(0);
                let pair = vec![self.string("Panic", at), message];
                let pair = Expr::new(Kind::Make(0, pair), TyId::ERROR_PAIR, at);
                self.throw(pair, at)
            }
            "spawn" => op(Op::Spawn, args),
            "spawn_link" => op(Op::SpawnLink, args),
            "spawn_monitor" => op(Op::SpawnMonitor, args),
            "send" => {
                let message = args.remove(1);
                let pid = args.remove(0);
                let boxed = self.boxed(message, at);
                Expr::new(Kind::Op(Op::Send, vec![pid, boxed]), TyId::UNIT, at)
            }
            "sendWatched" => {
                args[2] = self.boxed(args[2].clone(), at);
                Expr::new(Kind::Op(Op::SendWatched, args), TyId::UNIT, at)
            }
            "mvarGet" => {
                let boxed = Expr::new(Kind::Op(Op::MvarGet, args), TyId::BOX, at);
                Expr::new(Kind::Unbox(Box::new(boxed)), ty, at)
            }
            "mvarSet" => {
                args[1] = self.boxed(args[1].clone(), at);
                op(Op::MvarSet, args)
            }
            "register" => op(Op::Register, args),
            "whereis" => {
                let mut items = Vec::new();
                let found = Expr::new(Kind::Op(Op::Whereis, args), TyId::PID, at);
                let found = self.hoist(found, &mut items);
                let none = Expr::word(0, TyId::PID, at);
                let is = Expr::new(
                    Kind::Prim(PrimOp::Ne, vec![found.clone(), none]),
                    TyId::BOOL,
                    at,
                );
                self.option(items, is, found, ty, at)
            }
            "envGet" => {
                let mut items = Vec::new();
                let pair = self.ty(&Ty::Tuple([Ty::Bool, Ty::String].into()));
                let found = Expr::new(Kind::Op(Op::EnvGet, args), pair, at);
                let found = self.hoist(found, &mut items);
                let get = |field: u32, ty: TyId| {
                    Expr::new(Kind::Get(Box::new(found.clone()), 0, field), ty, at)
                };
                self.option(items, get(0, TyId::BOOL), get(1, TyId::STRING), ty, at)
            }
            "printlnString" => op(Op::Println, args),
            "eprintlnString" => op(Op::Eprintln, args),
            "exitWith" => {
                args[0] = self.boxed(args[0].clone(), at);
                Expr::new(Kind::Op(Op::ExitWith, args), TyId::NEVER, at)
            }
            "chanSend" => {
                args[1] = self.boxed(args[1].clone(), at);
                Expr::new(Kind::Op(Op::ChanSend, args), ty, at)
            }
            "signalSubscribe" => {
                args[1] = self.boxed(args[1].clone(), at);
                Expr::new(Kind::Op(Op::SignalSubscribe, args), ty, at)
            }
            "taken" => {
                let boxed = Expr::new(Kind::Op(Op::Taken, args), TyId::BOX, at);
                Expr::new(Kind::Unbox(Box::new(boxed)), ty, at)
            }
            "throwCaught" => {
                let thrown = Box::new(args.remove(0));
                Expr::new(Kind::Throw(thrown), TyId::NEVER, at)
            }
            "exitSignal" => {
                args[1] = self.boxed(args[1].clone(), at);
                Expr::new(Kind::Op(Op::ExitSignal, args), ty, at)
            }
            "arrayMake" => {
                let value = Box::new(args.remove(1));
                Expr::new(
                    Kind::ArrayMake(Box::new(args.remove(0)), Some(value)),
                    ty,
                    at,
                )
            }
            "arrayEmpty" => {
                let none = Expr::word(0, TyId::INT, at);
                Expr::new(Kind::ArrayMake(Box::new(none), None), ty, at)
            }
            "arrayLength" => Expr::new(Kind::ArrayLength(Box::new(args.remove(0))), ty, at),
            "arrayGet" => Expr::new(Kind::ArrayGet(pair(args)), ty, at),
            "arraySet" => {
                let args: [Expr; 3] = args.try_into().expect("arraySet takes three arguments");
                Expr::new(Kind::ArraySet(Box::new(args)), ty, at)
            }
            "arrayCopy" => Expr::new(Kind::ArrayCopy(Box::new(args.remove(0))), ty, at),
            "jsonEncode" => self.json_encode(args.remove(0), at),
            "jsonDecode" => {
                let of = self.ty_of(ty);
                self.json_decode(args.remove(0), &of, at)
            }
            "tagOf" => self.tag_of(args.remove(0), at),
            "typeName" => {
                let of = self.ty_of(args[0].ty);
                let name = self.world.layouts.type_name(self.world.meaning, &of);
                let text = self.string(&name, at);
                args.push(text);
                Expr::new(Kind::Block(args), ty, at)
            }
            _ => self.fail(format!("there is no builtin {name}"), ty, at),
        }
    }

    pub(super) fn throw(&mut self, value: Expr, at: u32) -> Expr {
        let boxed = self.boxed(value, at);
        Expr::new(Kind::Throw(Box::new(boxed)), TyId::NEVER, at)
    }

    pub(super) fn boxed(&mut self, value: Expr, at: u32) -> Expr {
        Expr::new(Kind::Box(Box::new(value)), TyId::BOX, at)
    }

    /// `Some(value)` when it is, else `None`, after `items`.
    fn option(&mut self, mut items: Vec<Expr>, is: Expr, value: Expr, ty: TyId, at: u32) -> Expr {
        let data = self.world.layouts.data(ty);
        let numbered = |name: &str| {
            let found = data.ctors.iter().position(|c| &*c.name == name);
            found.unwrap_or_else(|| panic!("Option has no {name}")) as u32
        };
        let some = Expr::new(Kind::Make(numbered("Some"), vec![value]), ty, at);
        let none = Expr::new(Kind::Make(numbered("None"), vec![]), ty, at);
        items.push(Expr::new(Kind::If(Box::new([is, some, none])), ty, at));
        Expr::new(Kind::Block(items), ty, at)
    }
}

fn pair(args: Vec<Expr>) -> Box<[Expr; 2]> {
    Box::new(args.try_into().expect("two arguments"))
}

/// The operation `prim<Variant>` names; conversions carry the width, as in `primToInt64`, `primToUInt8`.
fn prim_named(name: &str) -> Option<PrimOp> {
    use PrimOp::{
        Abs, Add, And, Ceil, Complement, Div, Eq, FloatBits, FloatFromBits, Floor, Ge, Gt, Le, Lt,
        Mul, Ne, Neg, Not, Or, Pow, Rem, Round, ShiftLeft, ShiftRight, ShiftRightLogical, Sqrt,
        Sub, ToChar, ToFloat, ToFloat32, ToInt, Trunc, Xor,
    };
    Some(match name {
        "Add" => Add,
        "Sub" => Sub,
        "Mul" => Mul,
        "Div" => Div,
        "Rem" => Rem,
        "Pow" => Pow,
        "Neg" => Neg,
        "Eq" => Eq,
        "Ne" => Ne,
        "Lt" => Lt,
        "Le" => Le,
        "Gt" => Gt,
        "Ge" => Ge,
        "Not" => Not,
        "And" => And,
        "Or" => Or,
        "Xor" => Xor,
        "Complement" => Complement,
        "ShiftLeft" => ShiftLeft,
        "ShiftRight" => ShiftRight,
        "ShiftRightLogical" => ShiftRightLogical,
        "ToInt" | "ToInt64" => ToInt(IntTy::I64),
        "ToInt32" => ToInt(IntTy::I32),
        "ToInt16" => ToInt(IntTy::I16),
        "ToInt8" => ToInt(IntTy::I8),
        "ToUInt64" => ToInt(IntTy::U64),
        "ToUInt32" => ToInt(IntTy::U32),
        "ToUInt16" => ToInt(IntTy::U16),
        "ToUInt8" => ToInt(IntTy::U8),
        "ToFloat" => ToFloat,
        "ToFloat32" => ToFloat32,
        "ToChar" => ToChar,
        "Abs" => Abs,
        "Sqrt" => Sqrt,
        "Floor" => Floor,
        "Ceil" => Ceil,
        "Round" => Round,
        "Trunc" => Trunc,
        "FloatBits" => FloatBits,
        "FloatFromBits" => FloatFromBits,
        _ => return None,
    })
}
