//! Expressions, one kind after the other, and what the expected type does to them: conversion to `()`, splats, lambdas. Calls, literals, fields,
//! control and operators have rooms of their own.

use super::{Binding, Infer};
use crate::hir::{self, Callee, Expr, ExprKind, FnInst, LocalId, Pat, PatKind, PrimOp, Span, Stmt};
use crate::raw::{self, ExprKind as Raw, Name};
use crate::ty::{IntTy, Ty};
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// An expression that must have this type.
    pub(super) fn check(&mut self, e: &raw::Expr, ty: &Ty) -> Expr {
        let out = self.infer(e, Some(ty));
        self.accept(ty, out)
    }

    /// An expression where one of this type is wanted. A function of several parameters becomes one of a tuple where that is wanted.
    pub(super) fn accept(&mut self, ty: &Ty, e: Expr) -> Expr {
        match self.splat(ty, &e.ty, e.span) {
            Some(inst) => self.splatted(inst, ty, e),
            None => {
                let e = self.without_value(ty, e);
                self.expect(ty, &e.ty, e.span);
                e
            }
        }
    }

    /// A function that gives something, where one is wanted that gives nothing: one that calls it and drops what it gives.
    fn without_value(&mut self, wanted: &Ty, e: Expr) -> Expr {
        let (Ty::Fn(params, nothing), Ty::Fn(found, gives)) =
            (self.table.shallow(wanted), self.table.shallow(&e.ty))
        else {
            return e;
        };
        let drops = self.table.shallow(&nothing) == Ty::Unit
            && !matches!(
                self.table.shallow(&gives),
                Ty::Unit | Ty::Infer(_) | Ty::Error
            );
        if !drops || params.len() != found.len() {
            return e;
        }
        let span = e.span;
        let read = |local, ty: &Ty| Expr {
            kind: ExprKind::Local(local),
            ty: ty.clone(),
            span,
        };
        let bind = |local, ty: &Ty| Pat {
            kind: PatKind::Bind(local, None),
            ty: ty.clone(),
            span,
        };
        let function = self.temp(e.ty.clone(), span);
        let locals: Vec<LocalId> = found.iter().map(|ty| self.temp(ty.clone(), span)).collect();
        let args = locals
            .iter()
            .zip(&*found)
            .map(|(local, ty)| read(*local, ty));
        let callee = Callee::Value(Box::new(read(function, &e.ty)));
        let call = Expr {
            kind: ExprKind::Call(callee, args.collect()),
            ty: (*gives).clone(),
            span,
        };
        let body = self.dropped(call);
        let lambda = Expr {
            kind: ExprKind::Lambda(Box::new(hir::Lambda {
                params: locals,
                captures: Vec::new(),
                body,
            })),
            ty: Ty::Fn(found.clone(), Arc::new(Ty::Unit)),
            span,
        };
        let ty = lambda.ty.clone();
        let pattern = bind(function, &e.ty);
        let stmt = Stmt::Let {
            pattern,
            value: e,
            span,
        };
        Expr {
            kind: ExprKind::Block(vec![stmt], Box::new(lambda)),
            ty,
            span,
        }
    }

    /// The library function that makes what is wanted of a function of several parameters, if that is what is found.
    pub(super) fn splat(&mut self, wanted: &Ty, found: &Ty, span: Span) -> Option<FnInst> {
        let (Ty::Fn(one, result), Ty::Fn(several, gives)) =
            (self.table.shallow(wanted), self.table.shallow(found))
        else {
            return None;
        };
        let ([one], 2..=5) = (&*one, several.len()) else {
            return None;
        };
        let fits = match self.table.shallow(one) {
            Ty::Infer(var) => !self.table.is_literal(var),
            Ty::Tuple(items) => items.len() == several.len(),
            _ => false,
        };
        let name: Name = format!("splat{}", several.len()).into();
        let head = crate::resolve::prelude_values(self.db, self.project, name)
            .first()
            .cloned()
            .filter(|_| fits)?;
        self.expect(one, &Ty::Tuple(several.clone()), span);
        self.expect(&result, &gives, span);
        let mut args = several.to_vec();
        args.push((*gives).clone());
        Some(FnInst {
            id: head.id,
            args: args.into(),
        })
    }

    /// The function passed through what [`splat`](Self::splat) found.
    pub(super) fn splatted(&mut self, inst: FnInst, ty: &Ty, e: Expr) -> Expr {
        let span = e.span;
        Expr {
            kind: ExprKind::Call(Callee::Fn(inst), vec![e]),
            ty: ty.clone(),
            span,
        }
    }

    /// An expression; `expected` is what the caller will unify its type with.
    pub(super) fn infer(&mut self, e: &raw::Expr, expected: Option<&Ty>) -> Expr {
        let span = e.span;
        match &e.kind {
            Raw::Error => self.error_expr(span),
            // Expansion has made code of the one and reported the other.
            Raw::Quote(_) | Raw::Splice(_) => self.error_expr(span),
            Raw::Unsupported(what) => {
                self.report(span, format!("{what} is not supported yet"));
                self.error_expr(span)
            }
            Raw::Code(code) => {
                let (message, hint) = match code {
                    raw::Code::Assignment => (
                        "an assignment has no value",
                        "a named argument is written `name: value`; only macros take statements",
                    ),
                    raw::Code::Definition => (
                        "a definition has no value",
                        "only macros take definitions; `x => …` is a function",
                    ),
                    raw::Code::Pattern => ("a pattern has no value", "only macros take patterns"),
                    raw::Code::Wildcard => ("`_` has no value", "it stands only in patterns"),
                    raw::Code::Decorated => ("this is not expanded", "macros cannot run here"),
                };
                self.report_hint(span, message, Some(hint.into()));
                self.error_expr(span)
            }
            Raw::Literal(lit) => self.literal(lit, expected, span),
            Raw::Interpolation(parts) => self.interpolation(parts, span),
            Raw::Name(name) => self.name(name, expected, span),
            Raw::Tuple(items) => self.tuple(items, expected, span),
            Raw::List(items, tail) => self.list(items, tail.as_deref(), expected, span),
            Raw::Range(from, to) => {
                let from = self.check(from, &Ty::INT);
                let to = self.check(to, &Ty::INT);
                self.library_call("rangeInclusive", vec![from, to], span)
            }
            Raw::Map(entries) => self.map_literal(entries, expected, span),
            Raw::Set(items) => self.set_literal(items, expected, span),
            Raw::Block(stmts) => self.scoped(|cx| cx.block(stmts, expected, span)),
            Raw::If(c, t, e) => self.if_else(c, t, e.as_deref(), expected, span),
            Raw::Match(scrutinee, arms) => self.match_expr(scrutinee, arms, expected, span),
            Raw::Receive(arms, after) => self.receive(arms, after.as_deref(), expected, span),
            Raw::Try(body, arms, finally) => {
                self.try_expr(body, arms, finally.as_deref(), expected, span)
            }
            Raw::Lambda(lambda) => self.lambda(lambda, expected, span),
            Raw::While(condition, body) => self.while_loop(condition, body, span),
            Raw::ForRange(pattern, from, to, body) => self.for_range(pattern, from, to, body, span),
            Raw::ForIn(pattern, over, body) => self.for_in(pattern, over, body, span),
            Raw::Break(value) => self.break_loop(value.as_deref(), span),
            Raw::Continue => {
                if self.me().loops.is_empty() {
                    self.report(span, "`continue` outside of a loop");
                    return self.error_expr(span);
                }
                let ty = self.fresh();
                Expr {
                    kind: ExprKind::Continue,
                    ty,
                    span,
                }
            }
            Raw::Return(value) => self.return_expr(value.as_deref(), span),
            Raw::Spawn(kind, operand) => self.spawn(*kind, operand, span),
            Raw::Unsafe(inner) => {
                self.me().unsafe_depth += 1;
                let out = self.infer(inner, expected);
                self.me().unsafe_depth -= 1;
                out
            }
            Raw::Neg(operand) => self.negate(operand, expected, span),
            Raw::Not(operand) => {
                let operand = self.check(operand, &Ty::Bool);
                Expr {
                    kind: ExprKind::Prim(PrimOp::Not, vec![operand]),
                    ty: Ty::Bool,
                    span,
                }
            }
            Raw::Binary(..) => self.binary_chain(e, expected),
            Raw::Call(callee, types, args) => self.call(callee, types, args, expected, span),
            Raw::MethodCall(receiver, name, name_span, types, args) => {
                self.method_call(receiver, name, *name_span, types, args, expected, span)
            }
            Raw::Field(base, name, name_span) => self.field(base, name, *name_span, expected, span),
            Raw::Element(base, index) => self.element(base, *index, span),
            Raw::Index(base, index) => {
                let base = self.infer(base, None);
                let index = self.infer(index, None);
                self.index(base, index, span)
            }
            Raw::TypeApp(base, types) => self.type_app(base, types, span),
            Raw::Question(operand) => self.question(operand, span),
        }
    }

    pub(super) fn unit(&self, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Literal(hir::Literal::Unit),
            ty: Ty::Unit,
            span,
        }
    }

    /// The expression for what it does: its value is not used, the type is unit.
    pub(super) fn dropped(&mut self, e: Expr) -> Expr {
        if e.ty == Ty::Unit {
            return e;
        }
        let span = e.span;
        let end = Span {
            start: span.end,
            end: span.end,
        };
        Expr {
            kind: ExprKind::Block(vec![Stmt::Expr(e)], Box::new(self.unit(end))),
            ty: Ty::Unit,
            span,
        }
    }

    pub(super) fn lambda(
        &mut self,
        lambda: &raw::Lambda,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let expected = match expected.map(|ty| self.known_form(ty)) {
            Some(Ty::Fn(params, result)) => Some((params, result)),
            _ => None,
        };
        let count = lambda.params.len();
        // A lambda of several parameters where one is expected takes a tuple apart.
        let splat = count > 1
            && expected
                .as_ref()
                .is_some_and(|(params, _)| match &**params {
                    [one] => match self.table.shallow(one) {
                        Ty::Infer(_) | Ty::Error => true,
                        Ty::Tuple(items) => items.len() == count,
                        _ => false,
                    },
                    _ => false,
                });
        let param_types: Vec<Ty> = match &expected {
            Some((params, _)) if splat => match self.table.shallow(&params[0]) {
                Ty::Tuple(items) if items.len() == count => items.to_vec(),
                _ => (0..count).map(|_| self.fresh()).collect(),
            },
            Some((params, _)) if params.len() == count => params.to_vec(),
            _ => (0..count).map(|_| self.fresh()).collect(),
        };
        let result = match &expected {
            Some((_, result)) => (**result).clone(),
            None => self.fresh(),
        };
        let tuple = Ty::Tuple(param_types.iter().cloned().collect());
        if let (true, Some((params, _))) = (splat, &expected) {
            self.expect(&params[0], &tuple, span);
        }
        let (params, body) = self.scoped(|cx| {
            cx.me().depth += 1;
            cx.me().returns.push(result.clone());
            let loops = std::mem::take(&mut cx.me().loops);
            let (params, patterns) =
                cx.bind_params(&lambda.params, &param_types, splat.then_some(&tuple));
            if let Some(written) = &lambda.result {
                let ty = cx.lower_type(written);
                cx.expect(&ty, &result, written.span);
            }
            // Where nothing is wanted of a lambda, what it gives is dropped.
            let body = cx.with_mvars(|cx| {
                if cx.table.shallow(&result) == Ty::Unit && lambda.result.is_none() {
                    let body = cx.infer(&lambda.body, None);
                    cx.dropped(body)
                } else {
                    cx.check(&lambda.body, &result)
                }
            });
            let body = wrap_patterns(patterns, body);
            cx.me().loops = loops;
            cx.me().returns.pop();
            cx.me().depth -= 1;
            (params, body)
        });
        let types: Vec<Ty> = if splat { vec![tuple] } else { param_types };
        let ty = Ty::Fn(types.into(), Arc::new(result));
        Expr {
            kind: ExprKind::Lambda(Box::new(hir::Lambda {
                params,
                captures: Vec::new(),
                body,
            })),
            ty,
            span,
        }
    }

    /// Binds parameters; patterns come back as statements that take them apart. With `splat`, one parameter holds them all.
    pub(super) fn bind_params(
        &mut self,
        params: &[raw::Param],
        types: &[Ty],
        splat: Option<&Ty>,
    ) -> (Vec<LocalId>, Vec<Stmt>) {
        let mut locals = Vec::new();
        let mut stmts = Vec::new();
        let mut items = Vec::new();
        for (param, ty) in params.iter().zip(types) {
            if let Some(written) = &param.ty {
                let written_ty = self.lower_type(written);
                self.expect(&written_ty, ty, written.span);
            }
            let pattern = self.pattern(&param.pattern, ty, false, false);
            if splat.is_some() {
                items.push(pattern);
                continue;
            }
            match pattern.kind {
                PatKind::Bind(local, None) => locals.push(local),
                PatKind::Wild => locals.push(self.temp(ty.clone(), pattern.span)),
                _ => {
                    let local = self.temp(ty.clone(), pattern.span);
                    locals.push(local);
                    let span = pattern.span;
                    let value = Expr {
                        kind: ExprKind::Local(local),
                        ty: ty.clone(),
                        span,
                    };
                    stmts.push(Stmt::Let {
                        pattern,
                        value,
                        span,
                    });
                }
            }
        }
        if let Some(tuple) = splat {
            let span = params.iter().fold(params[0].pattern.span, |a, p| Span {
                start: a.start,
                end: p.pattern.span.end,
            });
            let local = self.temp(tuple.clone(), span);
            locals.push(local);
            let value = Expr {
                kind: ExprKind::Local(local),
                ty: tuple.clone(),
                span,
            };
            let pattern = Pat {
                kind: PatKind::Tuple(items),
                ty: tuple.clone(),
                span,
            };
            stmts.push(Stmt::Let {
                pattern,
                value,
                span,
            });
        }
        (locals, stmts)
    }

    pub(super) fn negate(
        &mut self,
        operand: &raw::Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let operand = self.infer(operand, expected);
        // `-x` is `0 - x` for types of the program, but a machine operation for numbers.
        match self.known_form(&operand.ty) {
            Ty::Int(_) | Ty::Float | Ty::Float32 | Ty::Error => {}
            Ty::Infer(_) => {
                if let Ty::Infer(var) = self.table.shallow(&operand.ty)
                    && self.table.is_literal(var)
                {
                    let ty = operand.ty.clone();
                    return Expr {
                        kind: ExprKind::Prim(PrimOp::Neg, vec![operand]),
                        ty,
                        span,
                    };
                }
                let ty = operand.ty.clone();
                let out = self.call_later_done(&"negate".into(), vec![operand], true, span);
                self.expect(&ty, &out.ty, span);
                return out;
            }
            other if self.has_negate(&other) => {
                let operand_ty = operand.ty.clone();
                let out = self.dot_call_done(operand, "negate", span, Vec::new(), span);
                self.expect(&operand_ty, &out.ty, span);
                return out;
            }
            other => {
                let message = format!(
                    "`{}` does not implement Num: prefix `-` takes a number (type mismatch)",
                    self.show(&other)
                );
                self.report(span, message);
                return self.error_expr(span);
            }
        }
        let ty = operand.ty.clone();
        Expr {
            kind: ExprKind::Prim(PrimOp::Neg, vec![operand]),
            ty,
            span,
        }
    }

    /// Whether a type that is no machine number has a function or method `negate`.
    fn has_negate(&mut self, form: &Ty) -> bool {
        let levels = self.functions_named(&"negate".into(), None);
        matches!(form, Ty::Adt(..) | Ty::Param(_))
            && (!self.traits_with_method(form, "negate").is_empty()
                || !self.receivers(&levels, form).is_empty())
    }

    pub(super) fn type_app(
        &mut self,
        base: &raw::Expr,
        types: &[raw::TypeExpr],
        span: Span,
    ) -> Expr {
        let out = self.infer(base, None);
        let types: Vec<Ty> = types.iter().map(|t| self.lower_type(t)).collect();
        if let ExprKind::FnValue(Callee::Fn(inst)) = &out.kind {
            for (arg, ty) in inst.args.clone().iter().zip(&types) {
                self.expect(ty, arg, span);
            }
        } else if !has(&out.ty) {
            self.report(span, "type arguments belong to a function");
        }
        out
    }

    /// A local's value.
    pub(super) fn read_local(&mut self, local: LocalId, span: Span) -> Expr {
        self.me().used.insert(local);
        let ty = self.me().locals[local.0 as usize].ty.clone();
        Expr {
            kind: ExprKind::Local(local),
            ty,
            span,
        }
    }

    /// What a bound name stands for, as a value.
    pub(super) fn bound_value(&mut self, binding: Binding, span: Span) -> Expr {
        match binding {
            Binding::Local(local) => self.read_local(local, span),
            Binding::LocalValue(id) => {
                let (callee, _, ty) = self.instantiate_local(id, span);
                Expr {
                    kind: ExprKind::Call(callee, Vec::new()),
                    ty,
                    span,
                }
            }
            Binding::LocalFn(id) => {
                let (callee, params, result) = self.instantiate_local(id, span);
                let types: Vec<Ty> = params.into_iter().map(|p| p.ty).collect();
                let ty = Ty::Fn(types.into(), Arc::new(result));
                Expr {
                    kind: ExprKind::FnValue(callee),
                    ty,
                    span,
                }
            }
        }
    }
}

fn has(ty: &Ty) -> bool {
    super::has_error(ty)
}

/// Statements before a body.
pub(super) fn wrap_patterns(stmts: Vec<Stmt>, body: Expr) -> Expr {
    if stmts.is_empty() {
        return body;
    }
    let (ty, span) = (body.ty.clone(), body.span);
    Expr {
        kind: ExprKind::Block(stmts, Box::new(body)),
        ty,
        span,
    }
}

/// Whether a type is a number of the machine.
pub(super) fn is_number(ty: &Ty) -> bool {
    matches!(ty, Ty::Int(_) | Ty::Float | Ty::Float32)
}

/// `Int`, as a width.
pub(super) const INT: IntTy = IntTy::I64;
