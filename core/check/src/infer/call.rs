//! Names, calls and constructors.

use super::expr::wrap_patterns;
use super::method::{Choice, Shape};
use super::unify::instantiate;
use super::{Binding, Goal, Hole, Infer, Pending};
use crate::hir::{
    self, Callee, Expr, ExprKind, FnInst, LocalFnId, MethodRef, Pat, PatKind, Span, Stmt,
};
use crate::items::FnHead;
use crate::raw::{self, ExprKind as Raw, Name};
use crate::resolve::{self, Levels, Target};
use crate::signature::{Constraint, ParamSig, trait_info};
use crate::ty::{FnId, TraitId, Ty, TypeId};
use crate::types::type_info;
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
    fn span(&self) -> Span {
        match self {
            Arg::Done(e) => e.span,
            Arg::Raw(e) => e.span,
        }
    }
}

fn is_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

impl<'db> Infer<'db> {
    /// A name as a value.
    pub(super) fn name(&mut self, name: &Name, expected: Option<&Ty>, span: Span) -> Expr {
        if let Some((binding, _)) = self.lookup(name) {
            return self.bound_value(binding, span);
        }
        if is_upper(name) {
            let ctors = resolve::ctors(self.db, self.project, self.module, name.clone());
            if !ctors.is_empty() {
                return self.ctor_value(&ctors, expected, span);
            }
        }
        let levels = resolve::values(self.db, self.project, self.module, name.clone());
        if levels.is_empty() {
            return self.unknown_name(name, span, false);
        }
        self.function_value(name, &levels, expected, span)
    }

    fn unknown_name(&mut self, name: &Name, span: Span, called: bool) -> Expr {
        let mut names: Vec<Name> = self.members[self.at]
            .names
            .iter()
            .map(|(name, _, _)| name.clone())
            .collect();
        names.extend(resolve::visible_values(self.db, self.project, self.module));
        if is_upper(name) {
            names.extend(resolve::visible_ctors(self.db, self.project, self.module));
        }
        let hint = resolve::did_you_mean(name, names.iter().map(|n| &**n))
            .map(|n| format!("did you mean `{n}`?"));
        let what = match (is_upper(name), called) {
            (true, _) => "unknown constructor",
            (false, true) => "unknown function",
            (false, false) => "unknown variable",
        };
        self.report_hint(span, format!("{what} `{name}`"), hint);
        self.error_expr(span)
    }

    /// A function (or module-level value) as a value.
    fn function_value(
        &mut self,
        name: &Name,
        levels: &Levels<FnHead>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let form = expected.map(|ty| self.known_form(ty));
        let nearest = &levels[0];
        if nearest.len() > 1 && nearest.iter().all(|h| h.value) {
            self.ambiguous(name, nearest, span);
            return self.error_expr(span);
        }
        let head = match (nearest.as_slice(), form) {
            ([only], _) if only.value || levels.len() == 1 => Some(only.clone()),
            (_, Some(Ty::Fn(params, _))) => {
                let shapes: Vec<Shape> = params.iter().cloned().map(Shape::Ty).collect();
                match self.choose(levels, &shapes, &[], true) {
                    Choice::One(head) => Some(head),
                    Choice::Later => {
                        let result = self.fresh();
                        return self.later_value(name, params.to_vec(), result, span);
                    }
                    Choice::Arity | Choice::None | Choice::Ambiguous => Some(nearest[0].clone()),
                }
            }
            ([only], _) => Some(only.clone()),
            (several, _) => {
                let arity = several[0].arity;
                if several.iter().all(|h| h.arity == arity) {
                    let params = (0..arity).map(|_| self.fresh()).collect();
                    let result = self.fresh();
                    return self.later_value(name, params, result, span);
                }
                None
            }
        };
        let Some(head) = head else {
            self.report(
                span,
                format!("Type annotation required: several functions are called `{name}`"),
            );
            return self.error_expr(span);
        };
        if head.value {
            return self.global(&head, span);
        }
        let (inst, params, result) = self.instantiate_fn(&head, name, span);
        let ty = Ty::Fn(params.into_iter().map(|p| p.ty).collect(), Arc::new(result));
        Expr {
            kind: ExprKind::FnValue(Callee::Fn(inst)),
            ty,
            span,
        }
    }

    fn later_value(&mut self, name: &Name, params: Vec<Ty>, result: Ty, span: Span) -> Expr {
        let ty = Ty::Fn(params.clone().into(), Arc::new(result.clone()));
        let (hole, out) = self.hole(
            Hole::Value {
                ty: ty.clone(),
                span,
            },
            ty,
            span,
        );
        let owner = self.owner();
        self.later(
            Goal::Dot {
                name: name.clone(),
                args: params,
                result,
                owner,
                dot: false,
            },
            span,
            Some(hole),
        );
        out
    }

    fn global(&mut self, head: &FnHead, span: Span) -> Expr {
        let (inst, _, result) = self.instantiate_fn(head, "", span);
        Expr {
            kind: ExprKind::Global(inst.id),
            ty: result,
            span,
        }
    }

    /// Fresh types for the type parameters of a function; its constraints become goals.
    pub(super) fn instantiate_fn(
        &mut self,
        head: &FnHead,
        name: &str,
        span: Span,
    ) -> (FnInst, Vec<ParamSig>, Ty) {
        self.instantiate_id(head.id, name, span, &[])
    }

    pub(super) fn instantiate_id(
        &mut self,
        id: FnId,
        name: &str,
        span: Span,
        given: &[Ty],
    ) -> (FnInst, Vec<ParamSig>, Ty) {
        if let Some(mono) = self.group.get(&id).cloned() {
            // The same parameters as ours, which are counted at the end: see `finish`.
            return (
                FnInst {
                    id,
                    args: [].into(),
                },
                mono.params,
                mono.result,
            );
        }
        let signature = super::group::signature(self.db, self.project, id);
        let mut args: Vec<Ty> = given.to_vec();
        while args.len() < signature.type_params as usize {
            args.push(self.table.fresh());
        }
        let params = signature
            .params
            .iter()
            .map(|p| ParamSig {
                name: p.name.clone(),
                ty: instantiate(&p.ty, 0, &args),
                default: p.default,
            })
            .collect();
        let result = instantiate(&signature.result, 0, &args);
        for constraint in &signature.constraints {
            self.goal_of(constraint, 0, &args, name, span);
        }
        (
            FnInst {
                id,
                args: args.into(),
            },
            params,
            result,
        )
    }

    /// The goal that a constraint of a scheme makes at this instance.
    pub(super) fn goal_of(
        &mut self,
        constraint: &Constraint,
        first: u32,
        args: &[Ty],
        via: &str,
        span: Span,
    ) {
        let at = |ty: &Ty| instantiate(ty, first, args);
        let goal = match constraint {
            Constraint::Trait(ty, of) => Goal::Trait {
                ty: at(ty),
                of: *of,
            },
            Constraint::Dot {
                name,
                args,
                result,
                owner,
            } => Goal::Dot {
                name: name.clone(),
                args: args.iter().map(at).collect(),
                result: at(result),
                owner: *owner,
                dot: true,
            },
            Constraint::Field {
                base,
                name,
                result,
                owner,
            } => Goal::Field {
                base: at(base),
                name: name.clone(),
                result: at(result),
                owner: *owner,
            },
        };
        let member = self.at;
        self.pending.push(Pending {
            goal,
            span,
            member,
            hole: None,
            via: (!via.is_empty()).then(|| via.into()),
        });
    }

    /// A local function at fresh types.
    pub(super) fn instantiate_local(
        &mut self,
        id: LocalFnId,
        span: Span,
    ) -> (Callee, Vec<ParamSig>, Ty) {
        let scheme = self.me().local_schemes[id.0 as usize].clone();
        let args: Vec<Ty> = (0..scheme.count).map(|_| self.fresh()).collect();
        let name = self.me().local_fns[id.0 as usize].name.clone();
        for constraint in &scheme.constraints {
            self.goal_of(constraint, scheme.first, &args, &name, span);
        }
        let params = scheme
            .params
            .iter()
            .map(|p| ParamSig {
                name: p.name.clone(),
                ty: instantiate(&p.ty, scheme.first, &args),
                default: p.default,
            })
            .collect();
        let result = instantiate(&scheme.result, scheme.first, &args);
        (Callee::Local(id, args.into()), params, result)
    }

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

    fn throw(&mut self, value: &raw::Expr, span: Span) -> Expr {
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
    fn waits(&self, e: &raw::Expr) -> Option<Shape> {
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
    fn shapes(&mut self, args: &mut Args<'_>) -> Vec<Shape> {
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
    fn function_call(
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

    fn function_call_with(
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
        if let (Some(only), None) = (&first, second) {
            return self.call_head(name, only, types, args, span);
        }
        let shapes = self.shapes(&mut args);
        let names: Vec<Name> = args.named.iter().map(|(name, _)| name.clone()).collect();
        match self.choose(levels, &shapes, &names, false) {
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

    /// Reports that a name has several meanings which nothing tells apart.
    fn ambiguous(&mut self, name: &str, heads: &[FnHead], span: Span) {
        let mut modules: Vec<Name> = heads.iter().map(|h| self.module_name(h.module)).collect();
        modules.sort();
        modules.dedup();
        if modules.len() > 1 {
            let list: Vec<String> = modules.iter().map(|m| format!("`{m}`")).collect();
            let hint = Some(format!("say which: `{}.{name}`", modules[0]));
            self.report_hint(
                span,
                format!(
                    "`{name}` is ambiguous: modules {} have it",
                    list.join(" and ")
                ),
                hint,
            );
        } else {
            self.report(
                span,
                format!("Type annotation required: several `{name}` take these arguments"),
            );
        }
    }

    fn type_rest(&mut self, args: Args<'_>) -> Vec<Ty> {
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

    fn call_head(
        &mut self,
        name: &Name,
        head: &FnHead,
        types: &[raw::TypeExpr],
        args: Args<'_>,
        span: Span,
    ) -> Expr {
        let given: Vec<Ty> = types.iter().map(|t| self.lower_type(t)).collect();
        let (inst, params, result) = self.instantiate_id(head.id, name, span, &given);
        self.apply(name, Callee::Fn(inst), params, result, args, span)
    }

    /// A call whose function is chosen when more is known.
    fn call_later(&mut self, name: &Name, args: Args<'_>, dot: bool, span: Span) -> Expr {
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
                    self.report_hint(
                        arg.span(),
                        format!("`{name}` has no parameter `{arg_name}`"),
                        hint,
                    );
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
                Arg::Done(e) => {
                    self.expect(&params[at].ty, &e.ty, e.span);
                    values[at] = Some(e);
                }
                Arg::Raw(e) if self.waits(e).is_some() => waiting.push((at, e)),
                Arg::Raw(e) => values[at] = Some(self.check(e, &params[at].ty)),
            }
        }
        for (at, e) in waiting {
            values[at] = Some(self.check(e, &params[at].ty));
        }
        for (at, param) in params.iter().enumerate() {
            if let (None, Some(default)) = (&values[at], param.default) {
                let (inst, _, ty) = self.instantiate_id(default, "", span, &[]);
                self.expect(&param.ty, &ty, span);
                values[at] = Some(Expr {
                    kind: ExprKind::Call(Callee::Fn(inst), Vec::new()),
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
    fn in_written_order(
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
    fn value_call(&mut self, callee: Expr, args: &[raw::Arg], span: Span) -> Expr {
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
            Ty::Infer(_) => {
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

    /// The module that an expression before a dot names.
    pub(super) fn module_path(&mut self, e: &raw::Expr) -> Option<Vec<Name>> {
        let mut path = Vec::new();
        let mut at = e;
        loop {
            match &at.kind {
                Raw::Name(name) => {
                    if self.lookup(name).is_some() {
                        return None;
                    }
                    path.push(name.clone());
                    break;
                }
                Raw::Field(base, name, _) => {
                    path.push(name.clone());
                    at = base;
                }
                Raw::TypeApp(base, _) => at = base,
                _ => return None,
            }
        }
        path.reverse();
        let found = resolve::find_module(self.db, self.project, self.module, &path).is_some();
        let is_type = path.len() == 1
            && is_upper(&path[0])
            && resolve::type_named(self.db, self.project, self.module, path[0].clone()).is_some()
            && resolve::ctors(self.db, self.project, self.module, path[0].clone()).is_empty();
        (found || is_type).then_some(path)
    }

    /// Functions of a module under a name, as one level; reports private and unknown ones.
    fn module_functions(
        &mut self,
        path: &[Name],
        name: &Name,
        span: Span,
    ) -> Option<Levels<FnHead>> {
        let shown = path.join(".");
        let target = resolve::find_module(self.db, self.project, self.module, path);
        let heads = match target {
            Some(Target::Module(of)) => {
                let all = resolve::module_values(self.db, self.project, of, name.clone());
                let visible: Vec<FnHead> = all
                    .iter()
                    .filter(|h| h.public || resolve::can_see(self.db, self.module, of))
                    .cloned()
                    .collect();
                if visible.is_empty() && !all.is_empty() {
                    let module = self.module_name(of);
                    let hint = Some("`pub` before its definition makes it visible".to_string());
                    self.report_hint(
                        span,
                        format!("`{name}` is private in module `{module}`"),
                        hint,
                    );
                    return None;
                }
                visible
            }
            Some(Target::Prelude) => {
                resolve::prelude_values(self.db, self.project, name.clone()).to_vec()
            }
            None => Vec::new(),
        };
        if heads.is_empty() {
            let hint = match target {
                Some(Target::Module(of)) => {
                    let scope = crate::db::module_scope(self.db, self.project, of);
                    resolve::did_you_mean(name, scope.values.keys().map(|n| &**n))
                        .map(|n| format!("did you mean `{n}`?"))
                }
                _ => None,
            };
            self.report_hint(
                span,
                format!("unknown function `{name}` in module `{shown}`"),
                hint,
            );
            return None;
        }
        Some(vec![heads])
    }

    /// Constructors that a module or a type has under a name.
    fn qualified_ctors(
        &mut self,
        path: &[Name],
        name: &Name,
        span: Span,
    ) -> Option<Levels<(TypeId, u32)>> {
        if let Some(target) = resolve::find_module(self.db, self.project, self.module, path) {
            let (ctors, public) = resolve::module_ctors(self.db, self.project, target, name);
            if ctors.is_empty() {
                return None;
            }
            if !public
                && !matches!(target, Target::Module(of) if resolve::can_see(self.db, self.module, of))
            {
                self.report(
                    span,
                    format!("`{name}` is private in module `{}`", path.join(".")),
                );
            }
            return Some(vec![ctors]);
        }
        let ty = resolve::type_named(self.db, self.project, self.module, path.last()?.clone())?;
        let info = type_info(self.db, self.project, ty);
        let index = info.def.ctors.iter().position(|c| c.name == *name)?;
        Some(vec![vec![(ty, index as u32)]])
    }

    /// `M.name` as a value.
    pub(super) fn qualified_name(
        &mut self,
        path: &[Name],
        name: &Name,
        name_span: Span,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        if is_upper(name)
            && let Some(ctors) = self.qualified_ctors(path, name, name_span)
        {
            return self.ctor_value(&ctors, expected, span);
        }
        match self.module_functions(path, name, name_span) {
            Some(levels) => self.function_value(name, &levels, expected, span),
            None => self.error_expr(span),
        }
    }

    /// `receiver.name(args)`, also `M.name(args)`.
    #[allow(clippy::too_many_arguments, reason = "the parts of one expression")]
    pub(super) fn method_call(
        &mut self,
        receiver: &raw::Expr,
        name: &Name,
        name_span: Span,
        types: &[raw::TypeExpr],
        args: &[raw::Arg],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        if let Some(path) = self.module_path(receiver) {
            if is_upper(name)
                && let Some(ctors) = self.qualified_ctors(&path, name, name_span)
            {
                return self.ctor_call(name, &ctors, args, expected, span);
            }
            let Some(levels) = self.module_functions(&path, name, name_span) else {
                args.iter()
                    .for_each(|arg| drop(self.infer(&arg.value, None)));
                return self.error_expr(span);
            };
            if levels[0].iter().all(|h| h.value) {
                let callee = self.global(&levels[0][0].clone(), name_span);
                return self.value_call(callee, args, span);
            }
            let written;
            let types = match &receiver.kind {
                // `Array[Int].make(3)` gives the type arguments of `make`.
                Raw::TypeApp(_, given) if types.is_empty() => {
                    written = given.clone();
                    &written
                }
                _ => types,
            };
            return self.function_call(name, &levels, types, args, span, name_span);
        }
        let receiver = self.infer(receiver, None);
        let args = self.raw_args(args);
        self.dot_call(receiver, name, name_span, types, args, span)
    }

    /// A dot call on a typed receiver with typed arguments.
    pub(super) fn dot_call_done(
        &mut self,
        receiver: Expr,
        name: &str,
        name_span: Span,
        args: Vec<Expr>,
        span: Span,
    ) -> Expr {
        let args = Args {
            positional: args.into_iter().map(Arg::Done).collect(),
            named: Vec::new(),
        };
        self.dot_call(receiver, &name.into(), name_span, &[], args, span)
    }

    /// A dot call on a typed receiver.
    pub(super) fn dot_call(
        &mut self,
        receiver: Expr,
        name: &Name,
        name_span: Span,
        types: &[raw::TypeExpr],
        mut args: Args<'_>,
        span: Span,
    ) -> Expr {
        let mut form = self.known_form(&receiver.ty);
        if let Ty::Infer(var) = form {
            if !self.table.is_literal(var) {
                args.positional.insert(0, Arg::Done(receiver));
                return self.call_later(name, args, true, span);
            }
            // A method of a bare number literal is a method of Int.
            self.expect(&Ty::INT, &receiver.ty, span);
            form = Ty::INT;
        }
        if form == Ty::Error {
            self.type_rest(args);
            return self.error_expr(span);
        }
        if let Some((index, field)) = self.find_field(&form, name)
            && let Ty::Fn(..) | Ty::Infer(_) = self.table.shallow(&field)
        {
            self.check_private_field(&form, index, name, name_span);
            let callee = Expr {
                kind: ExprKind::Field(Box::new(receiver), index),
                ty: field.clone(),
                span,
            };
            return self.call_field(name, callee, &field, args, span);
        }
        let traits = self.traits_with_method(&form, name);
        if let Some(of) = traits.first().copied() {
            if traits.len() > 1 {
                let names: Vec<String> = traits
                    .iter()
                    .map(|t| format!("`{}`", trait_info(self.db, self.project, *t).name))
                    .collect();
                self.report(
                    name_span,
                    format!(
                        "several traits of `{}` have a method `{name}`: {}",
                        self.show(&form),
                        names.join(", ")
                    ),
                );
            }
            return self.trait_call(of, name, receiver, types, args, span);
        }
        let levels = self.functions_named(name, None);
        args.positional.insert(0, Arg::Done(receiver));
        if !levels.iter().flatten().any(|h| !h.value) {
            self.type_rest(args);
            self.no_method(&form, name, name_span);
            return self.error_expr(span);
        }
        let count = (args.positional.len() + args.named.len()) as u32;
        let takes_receiver = self.receivers(&levels, &form);
        if takes_receiver.is_empty() {
            self.type_rest(args);
            self.no_method(&form, name, name_span);
            return self.error_expr(span);
        }
        if !takes_receiver
            .iter()
            .flatten()
            .any(|h| h.required <= count && count <= h.arity)
        {
            self.type_rest(args);
            let mut counts: Vec<String> = takes_receiver
                .iter()
                .flatten()
                .map(|h| (h.arity - 1).to_string())
                .collect();
            counts.sort();
            counts.dedup();
            let message = format!(
                "Wrong number of arguments: `.{name}` takes {}, found {}",
                counts.join(" or "),
                count - 1
            );
            self.report(span, message);
            return self.error_expr(span);
        }
        self.function_call_with(name, &takes_receiver, types, args, span, name_span)
    }

    /// Those functions whose first parameter accepts the receiver.
    fn receivers(&mut self, levels: &Levels<FnHead>, form: &Ty) -> Levels<FnHead> {
        let mut out: Levels<FnHead> = Vec::new();
        for level in levels {
            let mut kept = Vec::new();
            for head in level {
                if head.value || head.arity == 0 {
                    continue;
                }
                let one = vec![vec![FnHead {
                    arity: 1,
                    required: 1,
                    ..head.clone()
                }]];
                if !matches!(
                    self.choose(&one, &[Shape::Ty(form.clone())], &[], false),
                    Choice::None | Choice::Arity
                ) {
                    kept.push(head.clone());
                }
            }
            if !kept.is_empty() {
                out.push(kept);
            }
        }
        out
    }

    fn call_field(
        &mut self,
        name: &Name,
        callee: Expr,
        field: &Ty,
        args: Args<'_>,
        span: Span,
    ) -> Expr {
        let (params, result) = match self.table.shallow(field) {
            Ty::Fn(params, result) => (params.to_vec(), (*result).clone()),
            _ => {
                let params: Vec<Ty> = args.positional.iter().map(|_| self.fresh()).collect();
                let result = self.fresh();
                let ty = Ty::Fn(params.clone().into(), Arc::new(result.clone()));
                self.expect(field, &ty, span);
                (params, result)
            }
        };
        let params = params
            .into_iter()
            .map(|ty| ParamSig {
                name: None,
                ty,
                default: None,
            })
            .collect();
        self.apply(
            name,
            Callee::Value(Box::new(callee)),
            params,
            result,
            args,
            span,
        )
    }

    pub(super) fn no_method(&mut self, form: &Ty, name: &str, span: Span) {
        if super::method::operator_function(name).is_some() {
            let message = format!("type mismatch: `{}` cannot be indexed", self.show(form));
            self.report(span, message);
            return;
        }
        let table = crate::signature::impl_table(self.db, self.project);
        if let Some(of) = table.methods.get(name).and_then(|traits| traits.first()) {
            let of = trait_info(self.db, self.project, *of).name.clone();
            let ty = self.show(form);
            let hint = match form {
                Ty::Param(_) => Some(format!("the bound says so: [{ty}: {of}]")),
                _ => Some(format!("implement it: `{ty}: {of} … end`")),
            };
            self.report_hint(
                span,
                format!("no method `{name}` on type `{ty}`: `{ty}` does not implement {of}"),
                hint,
            );
            return;
        }
        let names = resolve::visible_values(self.db, self.project, self.module);
        let candidates = names.iter().chain(table.methods.keys()).map(|n| &**n);
        let hint = resolve::did_you_mean(name, candidates).map(|n| format!("did you mean `{n}`?"));
        let message = format!("no method `{name}` on type `{}`", self.show(form));
        self.report_hint(span, message, hint);
    }

    /// A call of a trait's method on a receiver.
    pub(super) fn trait_call(
        &mut self,
        of: TraitId,
        name: &Name,
        receiver: Expr,
        types: &[raw::TypeExpr],
        mut args: Args<'_>,
        span: Span,
    ) -> Expr {
        let info = trait_info(self.db, self.project, of);
        let Some(method) = info.methods.iter().find(|m| m.name == *name).cloned() else {
            return self.error_expr(span);
        };
        let self_ty = receiver.ty.clone();
        let mut given = vec![self_ty.clone()];
        given.extend(types.iter().map(|t| self.lower_type(t)));
        let before = self.pending.len();
        let (inst, params, result) =
            self.instantiate_method(method.id, &self_ty, &given, name, span);
        // That `Self` implements the trait is asked here, with a better place.
        self.pending.truncate(before.max(self.pending.len()));
        self.later(
            Goal::Trait {
                ty: self_ty.clone(),
                of,
            },
            span,
            None,
        );
        let rest: Arc<[Ty]> = inst.args.get(1..).unwrap_or_default().into();
        let callee = Callee::Method(MethodRef {
            of,
            name: name.clone(),
            self_ty,
            args: rest,
        });
        args.positional.insert(0, Arg::Done(receiver));
        self.apply(name, callee, params, result, args, span)
    }

    /// A trait's method at a type, also while its default body is being inferred.
    fn instantiate_method(
        &mut self,
        id: FnId,
        self_ty: &Ty,
        given: &[Ty],
        name: &str,
        span: Span,
    ) -> (FnInst, Vec<ParamSig>, Ty) {
        let (mut inst, params, result) = self.instantiate_id(id, name, span, given);
        if inst.args.is_empty() {
            inst.args = [self_ty.clone()].into();
        }
        (inst, params, result)
    }

    /// The constructor among candidates that fits what is expected.
    pub(super) fn choose_ctor(
        &mut self,
        ctors: &Levels<(TypeId, u32)>,
        expected: Option<&Ty>,
    ) -> (TypeId, u32) {
        if let Some(Ty::Adt(id, _)) = expected.map(|ty| self.known_form(ty))
            && let Some(found) = ctors.iter().flatten().find(|(ty, _)| *ty == id)
        {
            return *found;
        }
        ctors[0][0]
    }

    fn ctor_type(&mut self, id: TypeId, expected: Option<&Ty>) -> Ty {
        if let Some(ty @ Ty::Adt(..)) = expected.map(|ty| self.table.shallow(ty))
            && matches!(&ty, Ty::Adt(other, _) if *other == id)
        {
            return ty;
        }
        let count = type_info(self.db, self.project, id).def.params;
        Ty::Adt(id, (0..count).map(|_| self.fresh()).collect())
    }

    /// A constructor without arguments: a value if it has no fields, else a function.
    pub(super) fn ctor_value(
        &mut self,
        ctors: &Levels<(TypeId, u32)>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let wanted = match expected.map(|ty| self.known_form(ty)) {
            Some(Ty::Fn(_, result)) => Some((*result).clone()),
            other => other,
        };
        let (id, index) = self.choose_ctor(ctors, wanted.as_ref());
        let ty = self.ctor_type(id, wanted.as_ref());
        let info = type_info(self.db, self.project, id);
        let Ty::Adt(_, args) = &ty else {
            return self.error_expr(span);
        };
        let fields: Vec<Ty> = info.def.ctors[index as usize]
            .fields
            .iter()
            .map(|(_, f)| f.substitute(args))
            .collect();
        if fields.is_empty() {
            return Expr {
                kind: ExprKind::Construct {
                    ctor: index,
                    fields: Vec::new(),
                },
                ty,
                span,
            };
        }
        self.check_constructible(&info, index, span);
        let params: Vec<hir::LocalId> = fields.iter().map(|f| self.temp(f.clone(), span)).collect();
        let values = params
            .iter()
            .zip(&fields)
            .map(|(local, ty)| Expr {
                kind: ExprKind::Local(*local),
                ty: ty.clone(),
                span,
            })
            .collect();
        let body = Expr {
            kind: ExprKind::Construct {
                ctor: index,
                fields: values,
            },
            ty: ty.clone(),
            span,
        };
        let lambda = hir::Lambda {
            params,
            captures: Vec::new(),
            body,
        };
        let ty = Ty::Fn(fields.into(), Arc::new(ty));
        Expr {
            kind: ExprKind::Lambda(Box::new(lambda)),
            ty,
            span,
        }
    }

    fn check_constructible(&mut self, info: &crate::types::TypeInfo, index: u32, span: Span) {
        let private = info
            .private
            .get(index as usize)
            .is_some_and(|fields| fields.contains(&true));
        if private && !resolve::can_see(self.db, self.module, info.module) {
            let module = self.module_name(info.module);
            self.report(
                span,
                format!(
                    "a field of `{}` is private in module `{module}`",
                    info.def.name
                ),
            );
        }
    }

    /// `Circle(3.0)`, `Point(x: 1, y: 2)`, `Point(p, x: 3)`.
    fn ctor_call(
        &mut self,
        name: &Name,
        ctors: &Levels<(TypeId, u32)>,
        args: &[raw::Arg],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let fits = |cx: &Self, (id, index): (TypeId, u32)| {
            let info = type_info(cx.db, cx.project, id);
            let fields = &info.def.ctors[index as usize].fields;
            args.len() <= fields.len()
                && args.iter().all(|arg| {
                    arg.name
                        .as_ref()
                        .is_none_or(|name| fields.iter().any(|(field, _)| field == name))
                })
        };
        let (mut id, mut index) = self.choose_ctor(ctors, expected);
        if !fits(self, (id, index))
            && let Some(other) = ctors
                .iter()
                .flatten()
                .copied()
                .find(|ctor| fits(self, *ctor))
        {
            (id, index) = other;
        }
        let ty = self.ctor_type(id, expected);
        let info = type_info(self.db, self.project, id);
        let Ty::Adt(_, type_args) = ty.clone() else {
            return self.error_expr(span);
        };
        let ctor = &info.def.ctors[index as usize];
        let fields: Vec<(Name, Ty)> = ctor
            .fields
            .iter()
            .map(|(n, f)| (n.clone(), f.substitute(&type_args)))
            .collect();
        self.check_constructible(&info, index, span);
        let mut args = self.raw_args(args);
        if let ([Arg::Raw(first)], false) = (args.positional.as_slice(), args.named.is_empty())
            && info.def.ctors.len() == 1
        {
            let first = self.infer(first, None);
            if matches!(self.known_form(&first.ty), Ty::Adt(other, _) if other == id) {
                return self.update(first, &ty, &fields, args.named, span);
            }
            args.positional = vec![Arg::Done(first)];
        }
        let params: Vec<ParamSig> = fields
            .into_iter()
            .map(|(name, ty)| ParamSig {
                name: (!name.is_empty()).then_some(name),
                ty,
                default: None,
            })
            .collect();
        // The callee only carries the arguments through; what comes out is a construction.
        let callee = Callee::Dot("".into());
        let mut out = self.apply(name, callee, params, ty, args, span);
        let inner = match &mut out.kind {
            ExprKind::Block(_, value) => &mut value.kind,
            kind => kind,
        };
        if let ExprKind::Call(_, fields) = inner {
            *inner = ExprKind::Construct {
                ctor: index,
                fields: std::mem::take(fields),
            };
        }
        out
    }

    fn update(
        &mut self,
        base: Expr,
        ty: &Ty,
        fields: &[(Name, Ty)],
        named: Vec<(Name, Arg<'_>)>,
        span: Span,
    ) -> Expr {
        self.expect(ty, &base.ty, base.span);
        let mut updates = Vec::new();
        for (name, arg) in named {
            let Some(at) = fields.iter().position(|(field, _)| *field == name) else {
                self.no_field(ty, &name, arg.span());
                continue;
            };
            self.check_private_field(ty, at as u32, &name, arg.span());
            if let Arg::Raw(e) = arg {
                updates.push((at as u32, self.check(e, &fields[at].1)));
            }
        }
        Expr {
            kind: ExprKind::Update(Box::new(base), updates),
            ty: ty.clone(),
            span,
        }
    }
}
