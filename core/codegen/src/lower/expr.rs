//! Expressions and blocks.

use super::Ctx;
use crate::ir::{Arg, Expr, Kind};
use crate::layout::TyId;
use nostos_abi::builtin::Op;
use nostos_check::hir::{self, ExprKind, Literal, PatKind, PrimOp, Stmt};
use nostos_check::ty::{IntTy, Ty};
use std::sync::Arc;

impl Ctx<'_> {
    /// A function's or lambda's body: its first expression is a place to stop at.
    pub(super) fn body_expr(&mut self, e: &hir::Expr) -> Expr {
        let value = self.expr(e);
        self.with_site(value, e)
    }

    /// Puts a place to stop at before an expression, unless it is a block, whose items have their own.
    pub(super) fn with_site(&mut self, value: Expr, e: &hir::Expr) -> Expr {
        if !self.world.sites || matches!(e.kind, ExprKind::Block(..)) || e.span.end == 0 {
            return value;
        }
        let at = self.at(e.span);
        let ty = value.ty;
        let site = Expr::new(Kind::Site, TyId::UNIT, at);
        Expr::new(Kind::Block(vec![site, value]), ty, at)
    }

    /// A branch gets a place to stop at when it stands on a line of its own.
    fn branch(&mut self, e: &hir::Expr, line: u32) -> Expr {
        let value = self.expr(e);
        let at = self.at(e.span);
        if self.world.sites && e.span.end > 0 && self.line(at) != line {
            return self.with_site(value, e);
        }
        value
    }

    pub(super) fn expr(&mut self, e: &hir::Expr) -> Expr {
        let at = self.at(e.span);
        let ty = self.ty(&e.ty);
        let kind = match &e.kind {
            ExprKind::Literal(literal) => return self.literal(literal, ty, at),
            ExprKind::Local(local) => Kind::Var(self.var(*local)),
            ExprKind::Global(id) => {
                let inst = hir::FnInst {
                    id: *id,
                    args: [].into(),
                };
                return self.call_selected(&hir::Selected::Fn(inst), vec![], ty, at);
            }
            ExprKind::FnValue(callee) => return self.fn_value(callee, &e.ty, at),
            ExprKind::Call(callee, args) => return self.call(callee, args, ty, at),
            ExprKind::Prim(op, args) => {
                let args = args.iter().map(|a| self.expr(a)).collect();
                return self.prim(*op, args, ty, at);
            }
            ExprKind::Concat(parts) => return self.concat(parts, at),
            ExprKind::Construct { ctor, fields } => {
                return self.construct(e, *ctor, fields, ty, at);
            }
            ExprKind::Tuple(items) => Kind::Make(0, items.iter().map(|i| self.expr(i)).collect()),
            ExprKind::Field(value, field) | ExprKind::Element(value, field) => {
                Kind::Get(Box::new(self.expr(value)), 0, *field)
            }
            ExprKind::DotField(value, name) => {
                let value = self.expr(value);
                let Some(field) = self.field_named(value.ty, name) else {
                    return self.fail(format!("no field {name}"), ty, at);
                };
                Kind::Get(Box::new(value), 0, field)
            }
            ExprKind::Update(value, changes) => return self.update(value, changes, ty, at),
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => {
                let line = self.line(at);
                let condition = self.expr(condition);
                let then = self.branch(then, line);
                let otherwise = self.branch(otherwise, line);
                Kind::If(Box::new([condition, then, otherwise]))
            }
            ExprKind::Match { scrutinee, arms } => return self.match_(scrutinee, arms, ty, at),
            ExprKind::Block(stmts, value) => return self.block(stmts, value, ty, at),
            ExprKind::Assign(local, value) => {
                let value = self.expr(value);
                Kind::Assign(self.var(*local), Box::new(value))
            }
            ExprKind::AssignField(record, field, value) => {
                let record = self.expr(record);
                Kind::Set(Box::new(record), *field, Box::new(self.expr(value)))
            }
            ExprKind::While { condition, body } => {
                let condition = self.expr(condition);
                let body = self.body_expr(body);
                Kind::While(Box::new([condition, body, Expr::unit(at)]))
            }
            ExprKind::ForRange {
                local,
                from,
                to,
                body,
            } => {
                return self.for_range(*local, from, to, body, ty, at);
            }
            ExprKind::ForList { local, list, body } => {
                return self.for_list(*local, list, body, ty, at);
            }
            ExprKind::Break(value) => Kind::Break(value.as_ref().map(|v| Box::new(self.expr(v)))),
            ExprKind::Continue => Kind::Continue,
            ExprKind::Return(value) => Kind::Return(value.as_ref().map(|v| Box::new(self.expr(v)))),
            ExprKind::Lambda(lambda) => return self.lambda(lambda, &e.ty, at),
            ExprKind::Throw(value) => {
                let value = self.expr(value);
                return self.throw(value, at);
            }
            ExprKind::Try {
                body,
                arms,
                finally,
            } => return self.try_(body, arms, finally.as_deref(), ty, at),
            ExprKind::Hole(_) => panic!("{}: an unfinished expression", self.name),
            ExprKind::Receive { arms, after } => {
                return self.receive(arms, after.as_deref(), ty, at);
            }
        };
        // `return` and the like have no value of their own, whatever the checker says of their type.
        let diverges = matches!(kind, Kind::Break(_) | Kind::Continue | Kind::Return(_));
        Expr::new(kind, if diverges { TyId::NEVER } else { ty }, at)
    }

    pub(super) fn literal(&mut self, literal: &Literal, ty: TyId, at: u32) -> Expr {
        let kind = match literal {
            Literal::Int(bits) => Kind::Word(match self.world.layouts.get(ty).ty {
                Ty::Int(width) => canonical(*bits, width),
                Ty::Float | Ty::Float32 => {
                    return Expr::new(Kind::Float((*bits as f64).to_bits()), ty, at);
                }
                _ => *bits,
            }),
            Literal::Float(bits) => Kind::Float(match self.world.layouts.get(ty).ty {
                Ty::Float32 => f64::from(f64::from_bits(*bits) as f32).to_bits(),
                _ => *bits,
            }),
            Literal::Bool(b) => Kind::Word(i64::from(*b)),
            Literal::Char(c) => Kind::Word(i64::from(u32::from(*c))),
            Literal::String(text) => Kind::String(text.clone()),
            Literal::Atom(name) => Kind::Word(i64::from(self.world.layouts.atom(name))),
            Literal::Unit => Kind::Unit,
        };
        Expr::new(kind, ty, at)
    }

    pub(super) fn string(&self, text: &str, at: u32) -> Expr {
        Expr::new(Kind::String(text.into()), TyId::STRING, at)
    }

    fn concat(&mut self, parts: &[hir::Expr], at: u32) -> Expr {
        let mut parts: Vec<Expr> = parts.iter().map(|p| self.expr(p)).collect();
        match parts.len() {
            0 => self.string("", at),
            1 => parts.remove(0),
            2 => Expr::new(Kind::Op(Op::StringConcat, parts), TyId::STRING, at),
            _ => {
                // All parts first: they may use builders themselves, or never return.
                let mut items = Vec::new();
                let mut pushes = Vec::new();
                for part in parts {
                    let part = self.hoist(part, &mut items);
                    pushes.push(Expr::new(
                        Kind::Op(Op::BuilderPush, vec![part]),
                        TyId::UNIT,
                        at,
                    ));
                }
                self.built(items, pushes, at)
            }
        }
    }

    /// Statements that push to a builder, between its start and its end.
    pub(super) fn built(&mut self, mut before: Vec<Expr>, pushes: Vec<Expr>, at: u32) -> Expr {
        let depth = self.temp(TyId::INT);
        let start = Expr::new(Kind::Op(Op::BuilderStart, vec![]), TyId::INT, at);
        before.push(self.let_(depth, start));
        before.extend(pushes);
        let depth = self.read(depth, at);
        before.push(Expr::new(
            Kind::Op(Op::BuilderFinish, vec![depth]),
            TyId::STRING,
            at,
        ));
        Expr::new(Kind::Block(before), TyId::STRING, at)
    }

    /// Evaluates now, to be used later.
    pub(super) fn hoist(&mut self, value: Expr, items: &mut Vec<Expr>) -> Expr {
        if matches!(
            value.kind,
            Kind::Unit | Kind::Word(_) | Kind::Float(_) | Kind::String(_)
        ) {
            return value;
        }
        let at = value.at;
        let var = self.temp(value.ty);
        items.push(self.let_(var, value));
        self.read(var, at)
    }

    fn construct(
        &mut self,
        e: &hir::Expr,
        ctor: u32,
        fields: &[hir::Expr],
        ty: TyId,
        at: u32,
    ) -> Expr {
        let nested = |last: Option<&hir::Expr>| match last.map(|l| (&l.kind, &l.ty)) {
            Some((ExprKind::Construct { ctor: c, fields: f }, t)) => {
                *c == ctor && f.len() == fields.len() && *t == e.ty
            }
            _ => false,
        };
        if !nested(fields.last()) {
            let fields = fields.iter().map(|f| self.expr(f)).collect();
            return Expr::new(Kind::Make(ctor, fields), ty, at);
        }
        let mut items = Vec::new();
        let mut fields = fields;
        loop {
            let (last, item) = fields.split_last().expect("nested has a last field");
            items.push(item.iter().map(|f| self.expr(f)).collect());
            match &last.kind {
                ExprKind::Construct { fields: inner, .. } if nested(Some(last)) => fields = inner,
                _ => {
                    let tail = self.expr(last);
                    return Expr::new(Kind::Chain(ctor, items, Box::new(tail)), ty, at);
                }
            }
        }
    }

    pub(super) fn field_named(&self, ty: TyId, name: &str) -> Option<u32> {
        // A tuple's element is named by its number.
        if let Ok(index) = name.parse() {
            return Some(index);
        }
        match &self.world.layouts.get(ty).form {
            crate::layout::Form::Data(data) if data.ctors.len() == 1 => {
                let mut fields = data.ctors[0].fields.iter();
                fields.position(|(n, _)| **n == *name).map(|i| i as u32)
            }
            _ => None,
        }
    }

    fn update(
        &mut self,
        value: &hir::Expr,
        changes: &[(u32, hir::Expr)],
        ty: TyId,
        at: u32,
    ) -> Expr {
        let value = self.expr(value);
        let mut items = Vec::new();
        let base = self.hoist(value, &mut items);
        let count = self.world.layouts.data(ty).ctors[0].fields.len();
        let mut fields: Vec<Option<Expr>> = vec![None; count];
        for (field, change) in changes {
            let change = self.expr(change);
            fields[*field as usize] = Some(self.hoist(change, &mut items));
        }
        let data = self.world.layouts.data(ty);
        let fields = fields
            .into_iter()
            .enumerate()
            .map(|(i, change)| match change {
                Some(change) => change,
                None => Expr::new(
                    Kind::Get(Box::new(base.clone()), 0, i as u32),
                    data.ctors[0].fields[i].1,
                    at,
                ),
            })
            .collect();
        items.push(Expr::new(Kind::Make(0, fields), ty, at));
        Expr::new(Kind::Block(items), ty, at)
    }

    fn block(&mut self, stmts: &[Stmt], value: &hir::Expr, ty: TyId, at: u32) -> Expr {
        let mut items = Vec::new();
        for stmt in stmts {
            match stmt {
                Stmt::Expr(e) => {
                    self.site(e.span, &mut items, &e.kind);
                    items.push(self.expr(e));
                }
                Stmt::Let {
                    pattern,
                    value,
                    span,
                } => {
                    self.site(*span, &mut items, &ExprKind::Continue);
                    self.bind(pattern, value, &mut items);
                }
                Stmt::LocalFn(_) => {}
            }
        }
        let made_up = matches!(value.kind, ExprKind::Literal(Literal::Unit))
            && value.span.end <= value.span.start;
        if !made_up {
            self.site(value.span, &mut items, &value.kind);
        }
        items.push(self.expr(value));
        Expr::new(Kind::Block(items), ty, at)
    }

    fn site(&mut self, span: hir::Span, items: &mut Vec<Expr>, kind: &ExprKind) {
        if self.world.sites && span.end > 0 && !matches!(kind, ExprKind::Block(..)) {
            items.push(Expr::new(Kind::Site, TyId::UNIT, self.at(span)));
        }
    }

    /// `pattern = value`
    fn bind(&mut self, pattern: &hir::Pat, value: &hir::Expr, items: &mut Vec<Expr>) {
        match &pattern.kind {
            PatKind::Wild => items.push(self.expr(value)),
            PatKind::Bind(local, None) => {
                let value = self.expr(value);
                let var = self.var(*local);
                items.push(self.let_(var, value));
            }
            _ => {
                let at = self.at(pattern.span);
                items.push(self.bind_match(pattern, value, at));
            }
        }
    }

    fn for_range(
        &mut self,
        local: hir::LocalId,
        from: &hir::Expr,
        to: &hir::Expr,
        body: &hir::Expr,
        ty: TyId,
        at: u32,
    ) -> Expr {
        let from = self.expr(from);
        let to = self.expr(to);
        let int = from.ty;
        let counter = self.temp(int);
        self.fun.vars[counter.0 as usize].multi = true;
        let mut items = vec![self.let_(counter, from)];
        let end = self.hoist(to, &mut items);
        let condition = self.prim(
            PrimOp::Lt,
            vec![self.read(counter, at), end],
            TyId::BOOL,
            at,
        );
        // The body sees its own copy, which closures may capture.
        let var = self.var(local);
        let start = self.let_(var, self.read(counter, at));
        let body = self.body_expr(body);
        let body = Expr::new(Kind::Block(vec![start, body]), TyId::UNIT, at);
        let one = Expr::word(1, int, at);
        let next = self.prim(PrimOp::Add, vec![self.read(counter, at), one], int, at);
        let step = self.assign(counter, next);
        items.push(Expr::new(
            Kind::While(Box::new([condition, body, step])),
            ty,
            at,
        ));
        Expr::new(Kind::Block(items), ty, at)
    }

    fn for_list(
        &mut self,
        local: hir::LocalId,
        list: &hir::Expr,
        body: &hir::Expr,
        ty: TyId,
        at: u32,
    ) -> Expr {
        const CONS: u32 = 1;
        let list = self.expr(list);
        let list_ty = list.ty;
        let element = self.world.layouts.data(list_ty).ctors[CONS as usize].fields[0].1;
        let rest = self.temp(list_ty);
        self.fun.vars[rest.0 as usize].multi = true;
        let mut items = vec![self.let_(rest, list)];
        let get = |field: u32, ty: TyId, rest: Expr| {
            Expr::new(Kind::Get(Box::new(rest), CONS, field), ty, at)
        };
        let tag = Expr::new(Kind::Tag(Box::new(self.read(rest, at))), TyId::INT, at);
        let condition = self.prim(
            PrimOp::Eq,
            vec![tag, Expr::word(i64::from(CONS), TyId::INT, at)],
            TyId::BOOL,
            at,
        );
        let var = self.var(local);
        let start = self.let_(var, get(0, element, self.read(rest, at)));
        let body = self.body_expr(body);
        let body = Expr::new(Kind::Block(vec![start, body]), TyId::UNIT, at);
        let step = self.assign(rest, get(1, list_ty, self.read(rest, at)));
        items.push(Expr::new(
            Kind::While(Box::new([condition, body, step])),
            ty,
            at,
        ));
        Expr::new(Kind::Block(items), ty, at)
    }

    fn lambda(&mut self, lambda: &hir::Lambda, ty: &Ty, at: u32) -> Expr {
        let concrete = self.concrete(ty);
        let Ty::Fn(_, result) = &concrete else {
            panic!("a lambda of type {ty:?}");
        };
        let cell = self.world.cells.inner(self.cell);
        let line = self.line(at);
        let name = format!("{}.lambda@{line}", self.name);
        let shown = Arc::from(name.as_str());
        self.inner(
            cell,
            name,
            &lambda.params,
            &lambda.captures,
            true,
            result,
            &lambda.body,
        );
        let captures: Vec<_> = lambda.captures.iter().map(|c| self.var(*c)).collect();
        let ty = self.ty(ty);
        let kind = if captures.is_empty() {
            Kind::Function(cell, shown)
        } else {
            Kind::Closure(cell, shown, captures)
        };
        Expr::new(kind, ty, at)
    }

    /// Captured variables of a local function as arguments.
    pub(super) fn capture_args(&mut self, captures: &[hir::LocalId]) -> Vec<Arg> {
        captures
            .iter()
            .map(|c| Arg::Capture(self.var(*c)))
            .collect()
    }
}

/// The bits of an integer as its lane holds them.
pub(super) fn canonical(bits: i64, width: IntTy) -> i64 {
    match width {
        IntTy::I8 => i64::from(bits as i8),
        IntTy::I16 => i64::from(bits as i16),
        IntTy::I32 => i64::from(bits as i32),
        IntTy::U8 => i64::from(bits as u8),
        IntTy::U16 => i64::from(bits as u16),
        IntTy::U32 => i64::from(bits as u32),
        IntTy::I64 | IntTy::U64 => bits,
    }
}

/// A name for people.
pub(super) fn joined(owner: &str, name: &Arc<str>) -> String {
    format!("{owner}.{name}")
}
