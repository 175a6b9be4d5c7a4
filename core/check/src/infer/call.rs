//! Calls: arguments in the order of parameters with their names, defaults and splats; calls of functions, of values and of what the library calls so.
//! Absent: which function a name is (`name`, `method`) and at which types it is used (`instance`).

use super::expr::wrap_patterns;
use super::method::{Choice, Shape};
use super::{Binding, Goal, Hole, Infer};
use crate::hir::{Callee, Expr, ExprKind, Pat, PatKind, Span, Stmt};
use crate::raw::{self, ExprKind as Raw, Name};
use crate::resolve::{self, Levels};
use crate::scope::FnHead;
use crate::signature::{DefaultFn, ParamSig};
use crate::ty::Ty;
use std::sync::Arc;

/// An argument on its way.
pub(super) enum Arg<'r> {
    /// Typed already.
    Done(Expr),
    /// Waits for the type of its parameter.
    Raw(&'r raw::Expr),
}

/// Arguments: positional ones, then those by name.
pub(super) struct Args<'r> {
    pub positional: Vec<Arg<'r>>,
    pub named: Vec<(Name, Arg<'r>)>,
}

impl Arg<'_> {
    pub(super) fn span(&self) -> Span {
        match self {
            Arg::Done(e) => e.span,
            Arg::Raw(e) => e.span,
        }
    }
}

pub(super) fn is_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

impl<'db> Infer<'db> {
    /// `callee(args)`
    pub(super) fn call(
        &mut self,
        callee: &raw::Expr,
        types: &[raw::TypeExpr],
        args: &[raw::Arg],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let Raw::Name(name) = &callee.kind else {
            if let Raw::Field(base, name, name_span) = &callee.kind {
                return self.method_call(base, name, *name_span, types, args, expected, span);
            }
            let callee = self.infer(callee, None);
            return self.value_call(callee, args, span);
        };
        match self.lookup(name) {
            Some((Binding::LocalFn(id), _)) => {
                let (callee, params, result) = self.instantiate_local(id, span);
                let args = self.raw_args(args);
                return self.apply(name, callee, params, result, args, span);
            }
            // `self()` is the process, also where `self` is a receiver.
            Some((Binding::Local(_), _)) if &**name == "self" && args.is_empty() => {}
            Some((Binding::Local(local), _)) => {
                let callee = self.read_local(local, callee.span);
                return self.value_call(callee, args, span);
            }
            Some((value @ Binding::LocalValue(_), _)) => {
                let callee = self.bound_value(value, callee.span);
                return self.value_call(callee, args, span);
            }
            None => {}
        }
        if is_upper(name) {
            let ctors = resolve::ctors(self.db, self.project, self.module, name.clone());
            if !ctors.is_empty() {
                return self.ctor_call(name, &ctors, args, expected, span);
            }
        }
        let levels = resolve::values(self.db, self.project, self.module, name.clone());
        if levels.is_empty() {
            if &**name == "throw" && args.len() == 1 {
                return self.throw(&args[0].value, span);
            }
            if let ("async", [arg]) = (&**name, args) {
                return self.infer(&crate::lower::task(arg.value.clone(), span), expected);
            }
            if let Some(out) = self.static_by_type(name, args, expected, span) {
                return out;
            }
            // A trait's method may be called as a function.
            if !args.is_empty()
                && crate::signature::impl_table(self.db, self.project)
                    .methods
                    .contains_key(name)
            {
                let receiver = self.infer(&args[0].value, None);
                let rest = self.raw_args(&args[1..]);
                return self.dot_call(receiver, name, callee.span, types, rest, span);
            }
            args.iter()
                .for_each(|arg| drop(self.infer(&arg.value, None)));
            return self.unknown_name(name, callee.span, true);
        }
        if &**name == "throw" && args.len() == 1 && self.in_library(&levels[0][0]) {
            return self.throw(&args[0].value, span);
        }
        if levels[0].iter().all(|h| h.value) {
            let callee = self.global(&levels[0][0].clone(), callee.span);
            return self.value_call(callee, args, span);
        }
        self.function_call(name, &levels, types, args, span, callee.span)
    }

    pub(super) fn throw(&mut self, value: &raw::Expr, span: Span) -> Expr {
        let value = self.infer(value, None);
        let ty = self.fresh();
        Expr {
            kind: ExprKind::Throw(Box::new(value)),
            ty,
            span,
        }
    }

    pub(super) fn raw_args<'r>(&mut self, args: &'r [raw::Arg]) -> Args<'r> {
        let mut out = Args {
            positional: Vec::new(),
            named: Vec::new(),
        };
        for arg in args {
            match &arg.name {
                Some(name) => {
                    if out.named.iter().any(|(other, _)| other == name) {
                        self.report(
                            arg.value.span,
                            format!("the argument `{name}` is given twice"),
                        );
                    }
                    out.named.push((name.clone(), Arg::Raw(&arg.value)));
                }
                None if !out.named.is_empty() => {
                    self.report(
                        arg.value.span,
                        "positional arguments stand before named ones",
                    );
                }
                None => out.positional.push(Arg::Raw(&arg.value)),
            }
        }
        out
    }

    /// Whether an argument is better typed after the function is chosen.
    pub(super) fn waits(&self, e: &raw::Expr) -> Option<Shape> {
        match &e.kind {
            Raw::Lambda(lambda) => Some(Shape::Lambda(lambda.params.len())),
            Raw::Name(name) if self.lookup(name).is_none() => {
                if is_upper(name) {
                    let ctors = resolve::ctors(self.db, self.project, self.module, name.clone());
                    return (ctors.iter().map(Vec::len).sum::<usize>() > 1)
                        .then_some(Shape::Unknown);
                }
                let levels = resolve::values(self.db, self.project, self.module, name.clone());
                // An overloaded function's own type depends on what is expected of it.
                (levels.iter().map(Vec::len).sum::<usize>() > 1 && !levels[0][0].value)
                    .then_some(Shape::Unknown)
            }
            Raw::Call(callee, _, _) => match &callee.kind {
                Raw::Name(name) if is_upper(name) => {
                    let ctors = resolve::ctors(self.db, self.project, self.module, name.clone());
                    (ctors.iter().map(Vec::len).sum::<usize>() > 1).then_some(Shape::Unknown)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Types the arguments that do not wait; answers what is known of all.
    pub(super) fn shapes(&mut self, args: &mut Args<'_>) -> Vec<Shape> {
        let mut out = Vec::new();
        for arg in &mut args.positional {
            if let Arg::Raw(e) = arg {
                match self.waits(e) {
                    Some(shape) => {
                        out.push(shape);
                        continue;
                    }
                    None => *arg = Arg::Done(self.infer(e, None)),
                }
            }
            if let Arg::Done(e) = arg {
                out.push(Shape::Ty(e.ty.clone()));
            }
        }
        out
    }

    /// A call of one of several functions of a name.
    pub(super) fn function_call(
        &mut self,
        name: &Name,
        levels: &Levels<FnHead>,
        types: &[raw::TypeExpr],
        args: &[raw::Arg],
        span: Span,
        name_span: Span,
    ) -> Expr {
        let args = self.raw_args(args);
        self.function_call_with(name, levels, types, args, span, name_span)
    }

    pub(super) fn function_call_with(
        &mut self,
        name: &Name,
        levels: &Levels<FnHead>,
        types: &[raw::TypeExpr],
        mut args: Args<'_>,
        span: Span,
        name_span: Span,
    ) -> Expr {
        let count = (args.positional.len() + args.named.len()) as u32;
        let mut takers = levels
            .iter()
            .flatten()
            .filter(|h| !h.value && h.required <= count && count <= h.arity);
        let (first, second) = (takers.next().cloned(), takers.next());
        let is_method = !args.positional.is_empty()
            && crate::signature::impl_table(self.db, self.project)
                .methods
                .contains_key(name);
        if let (Some(only), None, false) = (&first, second, is_method) {
            return self.call_head(name, only, types, args, span);
        }
        let shapes = self.shapes(&mut args);
        let names: Vec<Name> = args.named.iter().map(|(name, _)| name.clone()).collect();
        let choice = self.choose(levels, &shapes, &names, false);
        // Where no function fits, a trait's method may.
        if let (true, Choice::None | Choice::Arity, Some(Shape::Ty(receiver))) =
            (is_method, &choice, shapes.first())
        {
            let form = self.known_form(&receiver.clone());
            if !self.traits_with_method(&form, name).is_empty()
                && let Arg::Done(receiver) = args.positional.remove(0)
            {
                return self.dot_call(receiver, name, name_span, types, args, span);
            }
        }
        match choice {
            Choice::One(head) => self.call_head(name, &head, types, args, span),
            Choice::Later => {
                self.solve();
                match self.choose(levels, &shapes, &names, false) {
                    Choice::One(head) => self.call_head(name, &head, types, args, span),
                    _ => self.call_later(name, args, false, span),
                }
            }
            Choice::Ambiguous => {
                self.ambiguous(name, &levels.concat(), span);
                self.error_expr(span)
            }
            Choice::Arity => {
                self.type_rest(args);
                self.wrong_count(name, levels, count as usize, name_span);
                self.error_expr(span)
            }
            Choice::None => match first {
                // With one function of this many parameters, say which argument is wrong.
                Some(only)
                    if levels
                        .iter()
                        .flatten()
                        .filter(|h| h.required <= count && count <= h.arity)
                        .count()
                        == 1 =>
                {
                    self.call_head(name, &only, types, args, span)
                }
                _ => {
                    let types = self.type_rest(args);
                    self.no_function_fits(name, levels, &types, span);
                    self.error_expr(span)
                }
            },
        }
    }

    pub(super) fn type_rest(&mut self, args: Args<'_>) -> Vec<Ty> {
        let named = args.named.into_iter().map(|(_, arg)| arg);
        args.positional
            .into_iter()
            .chain(named)
            .map(|arg| match arg {
                Arg::Done(e) => e.ty,
                Arg::Raw(e) => self.infer(e, None).ty,
            })
            .collect()
    }

    pub(super) fn wrong_count(
        &mut self,
        name: &str,
        levels: &Levels<FnHead>,
        found: usize,
        span: Span,
    ) {
        let mut counts: Vec<String> = levels
            .first()
            .map_or(&[][..], |level| level)
            .iter()
            .filter(|h| !h.value)
            .map(|h| {
                if h.required == h.arity {
                    h.arity.to_string()
                } else {
                    format!("{} to {}", h.required, h.arity)
                }
            })
            .collect();
        counts.sort();
        counts.dedup();
        self.report(
            span,
            format!(
                "Wrong number of arguments: `{name}` takes {}, found {found}",
                counts.join(" or ")
            ),
        );
    }

    pub(super) fn call_head(
        &mut self,
        name: &Name,
        head: &FnHead,
        types: &[raw::TypeExpr],
        args: Args<'_>,
        span: Span,
    ) -> Expr {
        self.check_foreign(head, span);
        let given: Vec<Ty> = types.iter().map(|t| self.lower_type(t)).collect();
        let (inst, params, result) = self.instantiate_id(head.id, name, span, &given);
        // What these read is of the type that is wanted of them.
        if matches!(&**name, "fromJson" | "jsonToType") && self.in_library(head) {
            let wanted = (result.clone(), name.clone(), span);
            self.me().statics.push(wanted);
        }
        self.apply(name, Callee::Fn(inst), params, result, args, span)
    }

    /// A call whose function is chosen when more is known.
    pub(super) fn call_later(
        &mut self,
        name: &Name,
        args: Args<'_>,
        dot: bool,
        span: Span,
    ) -> Expr {
        if !args.named.is_empty()
            && let Some(Arg::Done(receiver)) = args.positional.first()
            && dot
        {
            // With a single function that has parameters of these names there is nothing to wait for.
            let names: Vec<Name> = args.named.iter().map(|(name, _)| name.clone()).collect();
            let (levels, receiver) = (self.functions_named(name, None), receiver.ty.clone());
            let methods = &crate::signature::impl_table(self.db, self.project).methods;
            let count = (args.positional.len() + names.len()) as u32;
            let takers: Vec<FnHead> = levels
                .iter()
                .flatten()
                .filter(|h| !h.value && h.required <= count && count <= h.arity)
                .filter(|h| self.has_params(h.id, &names))
                .cloned()
                .collect();
            if let ([only], false, Ty::Infer(_)) = (
                &takers[..],
                methods.contains_key(name),
                self.table.shallow(&receiver),
            ) {
                return self.call_head(name, only, &[], args, span);
            }
        }
        if let Some((_, arg)) = args.named.first() {
            let at = arg.span();
            self.report(
                at,
                format!(
                    "Type annotation required: named arguments of `{name}` need a known function"
                ),
            );
            return self.error_expr(span);
        }
        let args: Vec<Expr> = args
            .positional
            .into_iter()
            .map(|arg| match arg {
                Arg::Done(e) => e,
                Arg::Raw(e) => self.infer(e, None),
            })
            .collect();
        self.call_later_done(name, args, dot, span)
    }

    pub(super) fn call_later_done(
        &mut self,
        name: &Name,
        args: Vec<Expr>,
        dot: bool,
        span: Span,
    ) -> Expr {
        let ty = self.fresh();
        let types: Vec<Ty> = args.iter().map(|e| e.ty.clone()).collect();
        let (hole, out) = self.hole(
            Hole::Call {
                args,
                ty: ty.clone(),
                span,
            },
            ty.clone(),
            span,
        );
        let owner = self.owner();
        self.later(
            Goal::Dot {
                name: name.clone(),
                args: types,
                result: ty,
                owner,
                dot,
            },
            span,
            Some(hole),
        );
        out
    }

    /// A call of a known function: puts arguments in order, fills in defaults, checks types.
    pub(super) fn apply(
        &mut self,
        name: &str,
        callee: Callee,
        params: Vec<ParamSig>,
        result: Ty,
        args: Args<'_>,
        span: Span,
    ) -> Expr {
        let Args { positional, named } = args;
        let given = positional.len() + named.len();
        let mut slots: Vec<Option<(usize, Arg<'_>)>> = params.iter().map(|_| None).collect();
        let mut order = 0;
        let by_name: Vec<Option<usize>> = named
            .iter()
            .map(|(name, _)| params.iter().position(|p| p.name.as_ref() == Some(name)))
            .collect();
        let taken = |at: usize| by_name.contains(&Some(at));
        let mut left = positional.len();
        let mut required = (0..params.len())
            .filter(|at| params[*at].default.is_none() && !taken(*at))
            .count();
        let mut positional = positional.into_iter();
        for (at, param) in params.iter().enumerate() {
            if taken(at) {
                continue;
            }
            if param.default.is_some() && left <= required {
                continue;
            }
            required -= usize::from(param.default.is_none());
            if let Some(arg) = positional.next() {
                left -= 1;
                slots[at] = Some((order, arg));
                order += 1;
            }
        }
        let extra = positional.next().is_some();
        let mut unknown = false;
        for ((arg_name, arg), at) in named.into_iter().zip(by_name) {
            match at {
                Some(at) if slots[at].is_none() => {
                    slots[at] = Some((order, arg));
                    order += 1;
                }
                Some(_) => {
                    self.report(
                        arg.span(),
                        format!("the argument `{arg_name}` is given twice"),
                    );
                    unknown = true;
                }
                None => {
                    let hint = resolve::did_you_mean(
                        &arg_name,
                        params.iter().filter_map(|p| p.name.as_deref()),
                    )
                    .map(|n| format!("did you mean `{n}`?"));
                    let what = if is_upper(name) { "field" } else { "parameter" };
                    let message = format!("`{name}` has no {what} `{arg_name}`");
                    self.report_hint(arg.span(), message, hint);
                    unknown = true;
                }
            }
        }
        let missing = slots
            .iter()
            .zip(&params)
            .any(|(slot, param)| slot.is_none() && param.default.is_none());
        if extra || (missing && !unknown) {
            let least = params.iter().filter(|p| p.default.is_none()).count();
            let takes = if least == params.len() {
                least.to_string()
            } else {
                format!("{least} to {}", params.len())
            };
            self.report(
                span,
                format!("Wrong number of arguments: `{name}` takes {takes}, found {given}"),
            );
        }
        if extra || missing || unknown {
            for (_, arg) in slots.into_iter().flatten() {
                if let Arg::Raw(e) = arg {
                    self.infer(e, None);
                }
            }
            return Expr {
                ty: Ty::Error,
                ..self.error_expr(span)
            };
        }
        // Those that wait are typed last, when the others have said what the type parameters are.
        let mut values: Vec<Option<Expr>> = slots.iter().map(|_| None).collect();
        let mut positions = Vec::new();
        let mut waiting = Vec::new();
        for (at, slot) in slots.into_iter().enumerate() {
            let Some((order, arg)) = slot else { continue };
            positions.push((order, at));
            match arg {
                Arg::Done(e) => values[at] = Some(self.accept(&params[at].ty, e)),
                Arg::Raw(e) if self.waits(e).is_some() => waiting.push((at, e)),
                Arg::Raw(e) => values[at] = Some(self.check(e, &params[at].ty)),
            }
        }
        for (at, e) in waiting {
            values[at] = Some(self.check(e, &params[at].ty));
        }
        for (at, param) in params.iter().enumerate() {
            if let (None, Some(default)) = (&values[at], param.default) {
                let (callee, ty) = match default {
                    DefaultFn::Fn(id) => {
                        let (inst, _, ty) = self.instantiate_id(id, "", span, &[]);
                        (Callee::Fn(inst), ty)
                    }
                    DefaultFn::Local(id) => {
                        let (callee, _, ty) = self.instantiate_local(id, span);
                        (callee, ty)
                    }
                };
                self.expect(&param.ty, &ty, span);
                values[at] = Some(Expr {
                    kind: ExprKind::Call(callee, Vec::new()),
                    ty,
                    span,
                });
            }
        }
        positions.sort();
        let values: Vec<Expr> = values.into_iter().flatten().collect();
        self.in_written_order(values, &positions, |values| Expr {
            kind: ExprKind::Call(callee, values),
            ty: result,
            span,
        })
    }

    /// Evaluates arguments in the order they were written where that is not the order of parameters.
    pub(super) fn in_written_order(
        &mut self,
        mut values: Vec<Expr>,
        positions: &[(usize, usize)],
        make: impl FnOnce(Vec<Expr>) -> Expr,
    ) -> Expr {
        if positions.windows(2).all(|pair| pair[0].1 < pair[1].1) {
            return make(values);
        }
        let mut stmts = Vec::new();
        for (_, at) in positions {
            let value = &mut values[*at];
            let (ty, span) = (value.ty.clone(), value.span);
            let local = self.temp(ty.clone(), span);
            let read = Expr {
                kind: ExprKind::Local(local),
                ty: ty.clone(),
                span,
            };
            let value = std::mem::replace(value, read);
            stmts.push(Stmt::Let {
                pattern: Pat {
                    kind: PatKind::Bind(local, None),
                    ty,
                    span,
                },
                value,
                span,
            });
        }
        let out = make(values);
        wrap_patterns(stmts, out)
    }

    /// A call of a function value.
    pub(super) fn value_call(&mut self, callee: Expr, args: &[raw::Arg], span: Span) -> Expr {
        if let Some(arg) = args.iter().find(|arg| arg.name.is_some()) {
            self.report(arg.value.span, "a function value has no parameter names");
        }
        match self.known_form(&callee.ty) {
            Ty::Fn(params, result) => {
                if params.len() != args.len() {
                    let message = format!(
                        "Wrong number of arguments: the function takes {}, found {}",
                        params.len(),
                        args.len()
                    );
                    args.iter()
                        .for_each(|arg| drop(self.infer(&arg.value, None)));
                    self.report(span, message);
                    return Expr {
                        ty: (*result).clone(),
                        ..self.error_expr(span)
                    };
                }
                let mut values: Vec<Option<Expr>> = args.iter().map(|_| None).collect();
                for lambdas in [false, true] {
                    for (at, arg) in args.iter().enumerate() {
                        if self.waits(&arg.value).is_some() == lambdas && values[at].is_none() {
                            values[at] = Some(self.check(&arg.value, &params[at]));
                        }
                    }
                }
                let values = values.into_iter().flatten().collect();
                Expr {
                    kind: ExprKind::Call(Callee::Value(Box::new(callee)), values),
                    ty: (*result).clone(),
                    span,
                }
            }
            Ty::Infer(var) if !self.table.is_literal(var) => {
                let values: Vec<Expr> = args
                    .iter()
                    .map(|arg| self.infer(&arg.value, None))
                    .collect();
                let result = self.fresh();
                let ty = Ty::Fn(
                    values.iter().map(|e| e.ty.clone()).collect(),
                    Arc::new(result.clone()),
                );
                self.expect(&callee.ty, &ty, span);
                Expr {
                    kind: ExprKind::Call(Callee::Value(Box::new(callee)), values),
                    ty: result,
                    span,
                }
            }
            Ty::Error => {
                args.iter()
                    .for_each(|arg| drop(self.infer(&arg.value, None)));
                self.error_expr(span)
            }
            other => {
                args.iter()
                    .for_each(|arg| drop(self.infer(&arg.value, None)));
                let message = format!("expected function, found `{}`", self.show(&other));
                self.report(callee.span, message);
                self.error_expr(span)
            }
        }
    }

    /// Calls a library function that syntax stands for.
    pub(super) fn library_call(&mut self, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        let heads = resolve::prelude_values(self.db, self.project, name.into());
        let Some(head) = heads
            .iter()
            .find(|h| h.arity as usize == args.len())
            .cloned()
        else {
            self.report(span, format!("the library has no `{name}`"));
            return self.error_expr(span);
        };
        let (inst, params, result) = self.instantiate_fn(&head, name, span);
        for (arg, param) in args.iter().zip(&params) {
            self.expect(&param.ty, &arg.ty, arg.span);
        }
        Expr {
            kind: ExprKind::Call(Callee::Fn(inst), args),
            ty: result,
            span,
        }
    }

    /// `base[index]`
    pub(super) fn index(&mut self, base: Expr, index: Expr, span: Span) -> Expr {
        let args = Args {
            positional: vec![Arg::Done(base), Arg::Done(index)],
            named: Vec::new(),
        };
        self.operator_call("[]", args, span)
    }

    /// Index syntax, as a call of the library.
    pub(super) fn operator_call(&mut self, name: &str, mut args: Args<'_>, span: Span) -> Expr {
        let name: Name = name.into();
        let levels = self.functions_named(&name, None);
        if let Some(Arg::Done(base)) = args.positional.first() {
            let ty = base.ty.clone();
            self.known_form(&ty);
        }
        let shapes = self.shapes(&mut args);
        match self.choose(&levels, &shapes, &[], true) {
            Choice::One(head) => self.call_head(&name, &head, &[], args, span),
            Choice::Later => self.call_later(&name, args, false, span),
            Choice::None | Choice::Arity | Choice::Ambiguous => {
                let types = self.type_rest(args);
                self.no_function_fits(&name, &levels, &types, span);
                self.error_expr(span)
            }
        }
    }
}
