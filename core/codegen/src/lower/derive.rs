//! Equality, order, hash, show and copy of data: one function per type, made of the parts' own.

use super::Ctx;
use crate::ir::{Arg, Expr, Kind, Match, Tree, VarId};
use crate::layout::{Data, Form, TyId};
use crate::mono::Synth;
use nostos_abi::builtin::{Leaf, Op};
use nostos_check::hir::{Derived, PrimOp, Selected};
use nostos_check::ty::{IntTy, Ty};

impl Ctx<'_> {
    /// A built-in method at a concrete type: the user's implementation, or the derived one.
    pub(super) fn call_part(
        &mut self,
        derived: Derived,
        of: &Ty,
        args: Vec<Expr>,
        at: u32,
    ) -> Expr {
        match self.world.meaning.select_builtin(derived, of) {
            Selected::Derived(derived, of) => self.call_derived(derived, &of, args, at),
            selected @ (Selected::Fn(_)
            | Selected::Prim(_)
            | Selected::FieldCall(_)
            | Selected::Splat(..)
            | Selected::WithDefaults(..)) => {
                let ty = match derived {
                    Derived::Eq
                    | Derived::Ne
                    | Derived::Lt
                    | Derived::Le
                    | Derived::Gt
                    | Derived::Ge => TyId::BOOL,
                    Derived::Compare | Derived::Hash => TyId::INT,
                    Derived::Show | Derived::ShowInside => TyId::STRING,
                    Derived::Copy => args[0].ty,
                };
                self.call_selected(&selected, args, ty, at)
            }
        }
    }

    pub(super) fn call_derived(
        &mut self,
        derived: Derived,
        of: &Ty,
        mut args: Vec<Expr>,
        at: u32,
    ) -> Expr {
        match derived {
            Derived::Eq => self.equal(of, args, at),
            Derived::Ne => {
                let equal = self.call_part(Derived::Eq, of, args, at);
                self.prim(PrimOp::Not, vec![equal], TyId::BOOL, at)
            }
            Derived::Compare => self.order(of, args, at),
            Derived::Lt => self.ordered(PrimOp::Lt, of, args, at),
            Derived::Le => self.ordered(PrimOp::Le, of, args, at),
            Derived::Gt => self.ordered(PrimOp::Gt, of, args, at),
            Derived::Ge => self.ordered(PrimOp::Ge, of, args, at),
            Derived::Show => match of {
                Ty::String => args.remove(0),
                Ty::Char => Expr::new(Kind::Op(Op::CharToString, args), TyId::STRING, at),
                _ => self.shown(of, args, at),
            },
            Derived::ShowInside => self.shown(of, args, at),
            Derived::Hash => self.hashed(of, args.remove(0), at),
            Derived::Copy => self.copied(of, args, at),
        }
    }

    pub(super) fn lower_synth(&mut self, synth: Synth, of: &Ty) {
        let ty = self.ty(of);
        self.name = format!(
            "{}.{synth:?}",
            self.world.layouts.type_name(self.world.meaning, of)
        );
        if synth == Synth::JsonDecode {
            let json = self.json_ty();
            let json = self.ty(&json);
            let json = self.temp(json);
            let body = self.json_decode_body(of, json);
            let name = self.name.clone();
            self.finish(self.cell, name, 1, vec![json], None, ty, body);
            return;
        }
        let a = self.temp(ty);
        let mut params = vec![a];
        let (result, body) = match synth {
            Synth::Eq => {
                let b = self.temp(ty);
                params.push(b);
                (TyId::BOOL, self.equal_body(ty, a, b))
            }
            Synth::Compare => {
                let b = self.temp(ty);
                params.push(b);
                (TyId::INT, self.order_body(ty, a, b))
            }
            Synth::Hash => (TyId::INT, self.hash_body(ty, a)),
            Synth::ShowInto => (TyId::UNIT, self.show_body(ty, a)),
            Synth::Show => {
                let value = self.read(a, 0);
                let push = self.push_shown(of, value, 0);
                (TyId::STRING, self.built(vec![], vec![push], 0))
            }
            Synth::Copy => (ty, self.copy_body(ty, a)),
            Synth::JsonEncode => self.json_encode_body(of, a),
            Synth::JsonDecode => unreachable!("its parameter is of another type"),
        };
        let name = self.name.clone();
        let arity = params.len() as u32;
        self.finish(self.cell, name, arity, params, None, result, body);
    }

    pub(super) fn synth(
        &mut self,
        synth: Synth,
        of: &Ty,
        args: Vec<Expr>,
        ty: TyId,
        at: u32,
    ) -> Expr {
        let cell = self.synth_cell(synth, of);
        Expr::new(
            Kind::Call(cell, args.into_iter().map(Arg::Value).collect()),
            ty,
            at,
        )
    }

    fn bool(&self, value: bool) -> Expr {
        Expr::word(i64::from(value), TyId::BOOL, 0)
    }

    fn part(&self, value: VarId, ctor: u32, field: usize, ty: TyId) -> Expr {
        Expr::new(
            Kind::Get(Box::new(self.read(value, 0)), ctor, field as u32),
            ty,
            0,
        )
    }

    // Equality.

    fn equal(&mut self, of: &Ty, args: Vec<Expr>, at: u32) -> Expr {
        match of {
            Ty::Fn(..) => self.fail("functions have no equality".into(), TyId::BOOL, at),
            Ty::Adt(..) if !matches!(self.world.layouts.get(args[0].ty).form, Form::Data(_)) => {
                self.prim(PrimOp::Eq, args, TyId::BOOL, at)
            }
            Ty::Tuple(_) | Ty::Adt(..) | Ty::Array(_) => {
                self.synth(Synth::Eq, of, args, TyId::BOOL, at)
            }
            _ => self.prim(PrimOp::Eq, args, TyId::BOOL, at),
        }
    }

    fn equal_body(&mut self, ty: TyId, a: VarId, b: VarId) -> Expr {
        if let Form::Array(item, _) = self.world.layouts.get(ty).form {
            return self.equal_arrays(item, a, b);
        }
        let data = self.world.layouts.data(ty);
        if data.ctors.len() == 1 {
            return self.equal_fields(&data, 0, a, b);
        }
        let mut cases = Vec::new();
        let mut arms = vec![self.bool(false)];
        for ctor in 0..data.ctors.len() as u32 {
            let same = Tree::Arm(arms.len() as u32);
            arms.push(self.equal_fields(&data, ctor, a, b));
            cases.push((
                ctor,
                Tree::Ctor(b, vec![(ctor, same)], Box::new(Tree::Arm(0))),
            ));
        }
        self.decided(
            Tree::Ctor(a, cases, Box::new(Tree::Arm(0))),
            arms,
            TyId::BOOL,
        )
    }

    fn equal_fields(&mut self, data: &Data, ctor: u32, a: VarId, b: VarId) -> Expr {
        let fields = &data.ctors[ctor as usize].fields;
        let mut result: Option<Expr> = None;
        // The last field's comparison is in tail position, so that long lists compare in constant stack.
        for (i, (_, field)) in fields.iter().enumerate().rev() {
            let args = vec![self.part(a, ctor, i, *field), self.part(b, ctor, i, *field)];
            let of = self.ty_of(*field);
            let equal = self.call_part(Derived::Eq, &of, args, 0);
            result = Some(match result {
                None => equal,
                Some(others) => Expr::new(
                    Kind::If(Box::new([equal, others, self.bool(false)])),
                    TyId::BOOL,
                    0,
                ),
            });
        }
        result.unwrap_or_else(|| self.bool(true))
    }

    fn equal_arrays(&mut self, item: TyId, a: VarId, b: VarId) -> Expr {
        let of = self.ty_of(item);
        let length = |ctx: &Self, array: VarId| {
            Expr::new(
                Kind::ArrayLength(Box::new(ctx.read(array, 0))),
                TyId::INT,
                0,
            )
        };
        let same_length = self.prim(
            PrimOp::Eq,
            vec![length(self, a), length(self, b)],
            TyId::BOOL,
            0,
        );
        let body = |ctx: &mut Self, i: VarId| {
            let args = vec![ctx.element(a, i, item), ctx.element(b, i, item)];
            let equal = ctx.call_part(Derived::Eq, &of, args, 0);
            let no = ctx.bool(false);
            let leave = Expr::new(Kind::Return(Some(Box::new(no))), TyId::NEVER, 0);
            Expr::new(
                Kind::If(Box::new([equal, Expr::unit(0), leave])),
                TyId::UNIT,
                0,
            )
        };
        let loop_ = self.each_index(a, body);
        let yes = self.bool(true);
        let all = Expr::new(Kind::Block(vec![loop_, yes]), TyId::BOOL, 0);
        let no = self.bool(false);
        Expr::new(Kind::If(Box::new([same_length, all, no])), TyId::BOOL, 0)
    }

    // Order.

    fn ordered(&mut self, op: PrimOp, of: &Ty, args: Vec<Expr>, at: u32) -> Expr {
        if matches!(
            of,
            Ty::Int(_) | Ty::Float | Ty::Float32 | Ty::Bool | Ty::Char | Ty::String
        ) {
            return self.prim(op, args, TyId::BOOL, at);
        }
        let order = self.call_part(Derived::Compare, of, args, at);
        let zero = Expr::word(0, TyId::INT, at);
        self.prim(op, vec![order, zero], TyId::BOOL, at)
    }

    fn order(&mut self, of: &Ty, args: Vec<Expr>, at: u32) -> Expr {
        match of {
            Ty::String => Expr::new(Kind::Leaf(Leaf::StringCompare, args), TyId::INT, at),
            // By their names: their numbers depend on which the compiler met first.
            Ty::Atom => {
                let name =
                    |atom| Expr::new(Kind::Op(Op::AtomToString, vec![atom]), TyId::STRING, at);
                let names = args.into_iter().map(name).collect();
                Expr::new(Kind::Leaf(Leaf::StringCompare, names), TyId::INT, at)
            }
            Ty::Unit => {
                let mut items = args;
                items.push(Expr::word(0, TyId::INT, at));
                Expr::new(Kind::Block(items), TyId::INT, at)
            }
            Ty::Fn(..) => self.fail("functions have no order".into(), TyId::INT, at),
            Ty::Tuple(_) | Ty::Adt(..) | Ty::Array(_) => {
                self.synth(Synth::Compare, of, args, TyId::INT, at)
            }
            _ => {
                // (a > b) - (a < b)
                let mut items = Vec::new();
                let hoisted: Vec<Expr> = args
                    .into_iter()
                    .map(|a| self.hoist(a, &mut items))
                    .collect();
                let greater = self.prim(PrimOp::Gt, hoisted.clone(), TyId::INT, at);
                let less = self.prim(PrimOp::Lt, hoisted, TyId::INT, at);
                items.push(self.prim(PrimOp::Sub, vec![greater, less], TyId::INT, at));
                Expr::new(Kind::Block(items), TyId::INT, at)
            }
        }
    }

    fn order_body(&mut self, ty: TyId, a: VarId, b: VarId) -> Expr {
        if let Form::Array(item, _) = self.world.layouts.get(ty).form {
            let of = self.ty_of(item);
            let body = |ctx: &mut Self, i: VarId| {
                let length = Expr::new(Kind::ArrayLength(Box::new(ctx.read(b, 0))), TyId::INT, 0);
                let longer = ctx.prim(PrimOp::Ge, vec![ctx.read(i, 0), length], TyId::BOOL, 0);
                let one = Expr::word(1, TyId::INT, 0);
                let leave = Expr::new(Kind::Return(Some(Box::new(one))), TyId::NEVER, 0);
                let check = Expr::new(
                    Kind::If(Box::new([longer, leave, Expr::unit(0)])),
                    TyId::UNIT,
                    0,
                );
                let args = vec![ctx.element(a, i, item), ctx.element(b, i, item)];
                let order = ctx.call_part(Derived::Compare, &of, args, 0);
                let mut items = vec![check];
                let order = ctx.hoist(order, &mut items);
                items.push(ctx.leave_unless_zero(order));
                Expr::new(Kind::Block(items), TyId::UNIT, 0)
            };
            let loop_ = self.each_index(a, body);
            let length = |ctx: &Self, array: VarId| {
                Expr::new(
                    Kind::ArrayLength(Box::new(ctx.read(array, 0))),
                    TyId::INT,
                    0,
                )
            };
            let end = self.order(&Ty::INT, vec![length(self, a), length(self, b)], 0);
            return Expr::new(Kind::Block(vec![loop_, end]), TyId::INT, 0);
        }
        let data = self.world.layouts.data(ty);
        if data.ctors.len() == 1 {
            return self.order_fields(&data, 0, a, b);
        }
        let tag =
            |ctx: &Self, v: VarId| Expr::new(Kind::Tag(Box::new(ctx.read(v, 0))), TyId::INT, 0);
        let difference = self.prim(PrimOp::Sub, vec![tag(self, a), tag(self, b)], TyId::INT, 0);
        let mut cases = Vec::new();
        let mut arms = vec![difference];
        for ctor in 0..data.ctors.len() as u32 {
            let same = Tree::Arm(arms.len() as u32);
            arms.push(self.order_fields(&data, ctor, a, b));
            cases.push((
                ctor,
                Tree::Ctor(b, vec![(ctor, same)], Box::new(Tree::Arm(0))),
            ));
        }
        self.decided(
            Tree::Ctor(a, cases, Box::new(Tree::Arm(0))),
            arms,
            TyId::INT,
        )
    }

    fn order_fields(&mut self, data: &Data, ctor: u32, a: VarId, b: VarId) -> Expr {
        let fields = &data.ctors[ctor as usize].fields;
        let mut result: Option<Expr> = None;
        for (i, (_, field)) in fields.iter().enumerate().rev() {
            let args = vec![self.part(a, ctor, i, *field), self.part(b, ctor, i, *field)];
            let of = self.ty_of(*field);
            let order = self.call_part(Derived::Compare, &of, args, 0);
            result = Some(match result {
                None => order,
                Some(others) => {
                    let mut items = Vec::new();
                    let order = self.hoist(order, &mut items);
                    let zero = Expr::word(0, TyId::INT, 0);
                    let same = self.prim(PrimOp::Eq, vec![order.clone(), zero], TyId::BOOL, 0);
                    items.push(Expr::new(
                        Kind::If(Box::new([same, others, order])),
                        TyId::INT,
                        0,
                    ));
                    Expr::new(Kind::Block(items), TyId::INT, 0)
                }
            });
        }
        result.unwrap_or_else(|| Expr::word(0, TyId::INT, 0))
    }

    fn leave_unless_zero(&mut self, order: Expr) -> Expr {
        let zero = Expr::word(0, TyId::INT, 0);
        let same = self.prim(PrimOp::Eq, vec![order.clone(), zero], TyId::BOOL, 0);
        let leave = Expr::new(Kind::Return(Some(Box::new(order))), TyId::NEVER, 0);
        Expr::new(
            Kind::If(Box::new([same, Expr::unit(0), leave])),
            TyId::UNIT,
            0,
        )
    }

    // Hash.

    fn hashed(&mut self, of: &Ty, value: Expr, at: u32) -> Expr {
        let mix = |value: Expr| Expr::new(Kind::Leaf(Leaf::IntHash, vec![value]), TyId::INT, at);
        match of {
            Ty::String => Expr::new(Kind::Leaf(Leaf::StringHash, vec![value]), TyId::INT, at),
            Ty::Float | Ty::Float32 => {
                // Adding zero makes the two zeros, which are equal, hash alike.
                let zero = Expr::new(Kind::Float(0), value.ty, at);
                let sum = self.prim(PrimOp::Add, vec![value, zero], TyId::FLOAT, at);
                mix(self.prim(PrimOp::FloatBits, vec![sum], TyId::INT, at))
            }
            Ty::Unit => Expr::new(
                Kind::Block(vec![value, Expr::word(0, TyId::INT, at)]),
                TyId::INT,
                at,
            ),
            Ty::Fn(..) => self.fail("functions have no hash".into(), TyId::INT, at),
            Ty::Adt(..) if !matches!(self.world.layouts.get(value.ty).form, Form::Data(_)) => {
                mix(value)
            }
            Ty::Tuple(_) | Ty::Adt(..) | Ty::Array(_) => {
                self.synth(Synth::Hash, of, vec![value], TyId::INT, at)
            }
            _ => mix(value),
        }
    }

    fn hash_body(&mut self, ty: TyId, a: VarId) -> Expr {
        if let Form::Array(item, _) = self.world.layouts.get(ty).form {
            let of = self.ty_of(item);
            let sum = self.temp(TyId::INT);
            self.fun.vars[sum.0 as usize].multi = true;
            let start = self.let_(sum, Expr::word(17, TyId::INT, 0));
            let body = |ctx: &mut Self, i: VarId| {
                let element = ctx.element(a, i, item);
                let hash = ctx.call_part(Derived::Hash, &of, vec![element], 0);
                let mixed = ctx.mixed(ctx.read(sum, 0), hash);
                ctx.assign(sum, mixed)
            };
            let loop_ = self.each_index(a, body);
            let end = self.read(sum, 0);
            return Expr::new(Kind::Block(vec![start, loop_, end]), TyId::INT, 0);
        }
        let data = self.world.layouts.data(ty);
        let mut arms = Vec::new();
        let mut cases = Vec::new();
        for (ctor, layout) in data.ctors.iter().enumerate() {
            let mut hash = Expr::word(ctor as i64 + 17, TyId::INT, 0);
            for (i, (_, field)) in layout.fields.iter().enumerate() {
                let of = self.ty_of(*field);
                let part = self.part(a, ctor as u32, i, *field);
                let part = self.call_part(Derived::Hash, &of, vec![part], 0);
                hash = self.mixed(hash, part);
            }
            cases.push((ctor as u32, Tree::Arm(ctor as u32)));
            arms.push(hash);
        }
        self.by_ctor_of(a, cases, arms, TyId::INT)
    }

    fn mixed(&mut self, sum: Expr, part: Expr) -> Expr {
        let scaled = self.prim(
            PrimOp::Mul,
            vec![
                sum,
                Expr::word(0x9E37_79B9_7F4A_7C15_u64 as i64, TyId::INT, 0),
            ],
            TyId::INT,
            0,
        );
        let both = self.prim(PrimOp::Xor, vec![scaled, part], TyId::INT, 0);
        Expr::new(Kind::Leaf(Leaf::IntHash, vec![both]), TyId::INT, 0)
    }

    // Show.

    fn shown(&mut self, of: &Ty, mut args: Vec<Expr>, at: u32) -> Expr {
        let op = |op: Op, args: Vec<Expr>| Expr::new(Kind::Op(op, args), TyId::STRING, at);
        match of {
            Ty::Int(IntTy::U64) => op(Op::UIntToString, args),
            Ty::Int(_) => op(Op::IntToString, args),
            Ty::Float => op(Op::FloatToString, args),
            Ty::Float32 => op(Op::Float32ToString, args),
            Ty::String => op(Op::StringQuote, args),
            Ty::Char => op(Op::CharQuote, args),
            Ty::Atom => op(Op::AtomToString, args),
            Ty::Bool => {
                let (yes, no) = (self.string("true", at), self.string("false", at));
                Expr::new(
                    Kind::If(Box::new([args.remove(0), yes, no])),
                    TyId::STRING,
                    at,
                )
            }
            _ => self.synth(Synth::Show, of, args, TyId::STRING, at),
        }
    }

    /// Appends to the innermost builder, as inside data.
    fn push_shown(&mut self, of: &Ty, value: Expr, at: u32) -> Expr {
        let push = |op: Op, value: Expr| Expr::new(Kind::Op(op, vec![value]), TyId::UNIT, at);
        let selected = self.world.meaning.select_builtin(Derived::ShowInside, of);
        if !matches!(selected, Selected::Derived(..)) {
            let text = self.call_selected(&selected, vec![value], TyId::STRING, at);
            return push(Op::BuilderPush, text);
        }
        let text = |ctx: &Self, text: &str| push(Op::BuilderPush, ctx.string(text, at));
        match of {
            Ty::Int(IntTy::U64) | Ty::Float32 | Ty::Char | Ty::Atom | Ty::Bool => {
                let string = self.shown(of, vec![value], at);
                push(Op::BuilderPush, string)
            }
            Ty::Int(_) => push(Op::BuilderPushInt, value),
            Ty::Float => push(Op::BuilderPushFloat, value),
            Ty::String => push(Op::BuilderPushQuoted, value),
            Ty::Unit => self.in_order(vec![value, text(self, "()")]),
            Ty::Pid | Ty::Ref => {
                let open = text(
                    self,
                    if matches!(of, Ty::Pid) {
                        "<pid "
                    } else {
                        "<ref "
                    },
                );
                let number = push(Op::BuilderPushInt, value);
                let close = text(self, ">");
                self.in_order(vec![open, number, close])
            }
            Ty::Fn(..) => self.in_order(vec![value, text(self, "<function>")]),
            Ty::Adt(..) if !matches!(self.world.layouts.get(value.ty).form, Form::Data(_)) => {
                let name = self.world.layouts.type_name(self.world.meaning, of);
                self.in_order(vec![value, text(self, &format!("<{name}>"))])
            }
            Ty::Tuple(_) | Ty::Adt(..) | Ty::Array(_) => {
                self.synth(Synth::ShowInto, of, vec![value], TyId::UNIT, at)
            }
            Ty::Never | Ty::Param(_) | Ty::Infer(_) | Ty::Error => self.in_order(vec![value]),
        }
    }

    fn in_order(&self, mut items: Vec<Expr>) -> Expr {
        items.push(Expr::unit(0));
        Expr::new(Kind::Block(items), TyId::UNIT, 0)
    }

    fn show_body(&mut self, ty: TyId, a: VarId) -> Expr {
        let text = |ctx: &Self, text: &str| {
            Expr::new(
                Kind::Op(Op::BuilderPush, vec![ctx.string(text, 0)]),
                TyId::UNIT,
                0,
            )
        };
        if let Form::Array(item, _) = self.world.layouts.get(ty).form {
            let of = self.ty_of(item);
            let body = |ctx: &mut Self, i: VarId| {
                let zero = Expr::word(0, TyId::INT, 0);
                let later = ctx.prim(PrimOp::Gt, vec![ctx.read(i, 0), zero], TyId::BOOL, 0);
                let comma = text(ctx, ", ");
                let comma = Expr::new(
                    Kind::If(Box::new([later, comma, Expr::unit(0)])),
                    TyId::UNIT,
                    0,
                );
                let element = ctx.element(a, i, item);
                let push = ctx.push_shown(&of, element, 0);
                ctx.in_order(vec![comma, push])
            };
            let items = vec![text(self, "["), self.each_index(a, body), text(self, "]")];
            return self.in_order(items);
        }
        let data = self.world.layouts.data(ty);
        let mut arms = Vec::new();
        let mut cases = Vec::new();
        for (ctor, layout) in data.ctors.iter().enumerate() {
            let (open, close) = match (data.record, layout.fields.is_empty()) {
                (true, _) => ("{", "}"),
                (false, true) => ("", ""),
                (false, false) => ("(", ")"),
            };
            let mut items = vec![text(self, &format!("{}{open}", layout.name))];
            for (i, (name, field)) in layout.fields.iter().enumerate() {
                let mut label = if i > 0 {
                    ", ".to_string()
                } else {
                    String::new()
                };
                if data.record {
                    label = format!("{label}{name}: ");
                }
                if !label.is_empty() {
                    items.push(text(self, &label));
                }
                let of = self.ty_of(*field);
                let value = self.part(a, ctor as u32, i, *field);
                items.push(self.push_shown(&of, value, 0));
            }
            if !close.is_empty() {
                items.push(text(self, close));
            }
            cases.push((ctor as u32, Tree::Arm(ctor as u32)));
            arms.push(self.in_order(items));
        }
        self.by_ctor_of(a, cases, arms, TyId::UNIT)
    }

    // Copy.

    fn copied(&mut self, of: &Ty, mut args: Vec<Expr>, at: u32) -> Expr {
        let ty = args[0].ty;
        if self.is_mutable(ty, &mut Vec::new()) {
            return self.synth(Synth::Copy, of, args, ty, at);
        }
        args.remove(0)
    }

    /// May something in a value of this type change?
    fn is_mutable(&self, ty: TyId, seen: &mut Vec<TyId>) -> bool {
        if seen.contains(&ty) {
            return false;
        }
        seen.push(ty);
        match &self.world.layouts.get(ty).form {
            Form::Plain | Form::Function => false,
            Form::Array(..) => true,
            Form::Data(data) => {
                data.mutable || {
                    let mut fields = data.ctors.iter().flat_map(|c| &c.fields);
                    fields.any(|(_, field)| self.is_mutable(*field, seen))
                }
            }
        }
    }

    fn copy_body(&mut self, ty: TyId, a: VarId) -> Expr {
        if let Form::Array(item, _) = self.world.layouts.get(ty).form {
            let copy = self.temp(ty);
            let fresh = Expr::new(Kind::ArrayCopy(Box::new(self.read(a, 0))), ty, 0);
            let mut items = vec![self.let_(copy, fresh)];
            if self.is_mutable(item, &mut Vec::new()) {
                let of = self.ty_of(item);
                let body = |ctx: &mut Self, i: VarId| {
                    let element = ctx.element(copy, i, item);
                    let element = ctx.call_part(Derived::Copy, &of, vec![element], 0);
                    let set = [ctx.read(copy, 0), ctx.read(i, 0), element];
                    Expr::new(Kind::ArraySet(Box::new(set)), TyId::UNIT, 0)
                };
                items.push(self.each_index(copy, body));
            }
            items.push(self.read(copy, 0));
            return Expr::new(Kind::Block(items), ty, 0);
        }
        let data = self.world.layouts.data(ty);
        let mut arms = Vec::new();
        let mut cases = Vec::new();
        for (ctor, layout) in data.ctors.iter().enumerate() {
            let mut fields = Vec::new();
            for (i, (_, field)) in layout.fields.iter().enumerate() {
                let of = self.ty_of(*field);
                let value = self.part(a, ctor as u32, i, *field);
                fields.push(self.call_part(Derived::Copy, &of, vec![value], 0));
            }
            cases.push((ctor as u32, Tree::Arm(ctor as u32)));
            arms.push(Expr::new(Kind::Make(ctor as u32, fields), ty, 0));
        }
        self.by_ctor_of(a, cases, arms, ty)
    }

    // Pieces.

    pub(super) fn by_ctor_of(
        &mut self,
        a: VarId,
        cases: Vec<(u32, Tree)>,
        mut arms: Vec<Expr>,
        ty: TyId,
    ) -> Expr {
        if arms.len() == 1 {
            return arms.remove(0);
        }
        self.decided(Tree::Ctor(a, cases, Box::new(Tree::Fail)), arms, ty)
    }

    fn decided(&self, tree: Tree, arms: Vec<Expr>, ty: TyId) -> Expr {
        let made = Match {
            subjects: vec![],
            tree,
            arms,
        };
        Expr::new(Kind::Match(Box::new(made)), ty, 0)
    }

    fn element(&self, array: VarId, i: VarId, item: TyId) -> Expr {
        let get = [self.read(array, 0), self.read(i, 0)];
        Expr::new(Kind::ArrayGet(Box::new(get)), item, 0)
    }

    /// Runs the body for every index of an array.
    fn each_index(&mut self, array: VarId, body: impl FnOnce(&mut Self, VarId) -> Expr) -> Expr {
        let i = self.temp(TyId::INT);
        self.fun.vars[i.0 as usize].multi = true;
        let start = self.let_(i, Expr::word(0, TyId::INT, 0));
        let length = Expr::new(
            Kind::ArrayLength(Box::new(self.read(array, 0))),
            TyId::INT,
            0,
        );
        let more = self.prim(PrimOp::Lt, vec![self.read(i, 0), length], TyId::BOOL, 0);
        let body = body(self, i);
        let one = Expr::word(1, TyId::INT, 0);
        let next = self.prim(PrimOp::Add, vec![self.read(i, 0), one], TyId::INT, 0);
        let step = self.assign(i, next);
        let loop_ = Expr::new(Kind::While(Box::new([more, body, step])), TyId::UNIT, 0);
        Expr::new(Kind::Block(vec![start, loop_]), TyId::UNIT, 0)
    }
}
