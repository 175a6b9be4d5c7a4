//! Goals: trying them, deciding what is left over, turning them into constraints of a scheme.

use super::call::{Arg, Args};
use super::method::{Choice, Shape};
use super::operator::Decision;
use super::{Goal, Hole, Infer, Pending, has_error};
use crate::hir::{Callee, Expr, ExprKind, FnInst, PrimOp, Span};
use crate::raw::Name;
use crate::signature::{DefaultFn, ParamSig, trait_info};
use crate::traits::{Implementation, implementation, impls_for};
use crate::ty::{FnId, TraitId, Ty};
use std::sync::Arc;

/// The function that a name means for some arguments.
pub(super) struct SelectedFn {
    pub inst: FnInst,
    /// Arguments to be passed through a function first.
    pub splats: Vec<(u32, FnInst)>,
    /// What gives the arguments behind.
    pub defaults: Vec<FnInst>,
}

/// The outcome of trying a goal.
pub(super) enum Tried {
    Done,
    Stuck,
}

/// What an impl says of a trait's parameters, and its conditions.
type Known = (Vec<Ty>, Vec<(Ty, TraitId)>);

/// How many uses of functions may bring each other, and how many there may be in one inference.
const DEEPEST: u32 = 60;
const MOST: u32 = 20_000;

impl<'db> Infer<'db> {
    /// Tries goals that may tell types until none moves.
    pub(super) fn solve(&mut self) {
        loop {
            let mut moved = false;
            let goals = std::mem::take(&mut self.pending);
            for pending in goals {
                if matches!(pending.goal, Goal::Trait { .. }) {
                    self.pending.push(pending);
                    continue;
                }
                match self.attempt(&pending, false) {
                    Tried::Done => moved = true,
                    Tried::Stuck => self.pending.push(pending),
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// Tries the goals that only check: that types implement traits. Those on variables stay.
    pub(super) fn check_traits(&mut self) {
        let mut stuck = Vec::new();
        while let Some(pending) = self.pending.pop() {
            match &pending.goal {
                Goal::Trait { ty, of } => {
                    let (ty, of) = (ty.clone(), *of);
                    let at = self.enter(pending.member);
                    let tried = self.try_trait(&ty, of, &pending, 0);
                    self.enter(at);
                    if let Tried::Stuck = tried {
                        stuck.push(pending);
                    }
                }
                _ => stuck.push(pending),
            }
        }
        stuck.reverse();
        self.pending = stuck;
    }

    pub(super) fn attempt(&mut self, pending: &Pending, force: bool) -> Tried {
        let at = self.enter(pending.member);
        let depth = std::mem::replace(&mut self.depth, pending.depth + 1);
        let tried = match &pending.goal {
            Goal::Trait { .. } => Tried::Stuck,
            Goal::Dot { .. } => self.try_dot(pending, force),
            Goal::Field {
                base, name, result, ..
            } => self.try_field(base, name, result, pending),
            Goal::Binary { .. } => self.try_binary(pending, force),
            Goal::TraitArgs { ty, of, args } => self.try_trait_args(ty, *of, args, pending, force),
            Goal::Question { .. } => self.try_question(pending, force),
            Goal::Record { .. } => self.try_record(pending, force),
        };
        self.depth = depth;
        self.enter(at);
        tried
    }

    pub(super) fn try_trait(
        &mut self,
        ty: &Ty,
        of: TraitId,
        pending: &Pending,
        depth: u32,
    ) -> Tried {
        let form = self.table.shallow(ty);
        match &form {
            Ty::Error | Ty::Never => Tried::Done,
            Ty::Infer(var) => {
                if self.table.is_literal(*var) && (self.known.derivable(of) || of == self.known.num)
                {
                    return Tried::Done;
                }
                if depth == 0 {
                    return Tried::Stuck;
                }
                self.pending.push(Pending {
                    goal: Goal::Trait { ty: form, of },
                    ..pending.clone()
                });
                Tried::Done
            }
            Ty::Param(i) => {
                let holds = self
                    .bounds
                    .iter()
                    .any(|(ty, bound)| *ty == form && self.is_or_extends(*bound, of, 0));
                if !holds && *i < super::LOCAL_PARAMS {
                    self.not_implemented(&form, of, pending.via.clone(), pending.span);
                }
                Tried::Done
            }
            _ => {
                let deep = self.table.deep(&form);
                if self.proven.contains(&(deep.clone(), of)) || has_error(&deep) {
                    return Tried::Done;
                }
                let mut free = Vec::new();
                self.table.free(&deep, &mut free);
                let reported_before = self.me().findings.len();
                if free.is_empty() {
                    self.proven.insert((deep.clone(), of));
                }
                if depth > 60 {
                    self.report(pending.span, "type mismatch: the type grows without end");
                    return Tried::Done;
                }
                match implementation(self.db, self.project, &deep, of) {
                    None => self.not_implemented(&deep, of, pending.via.clone(), pending.span),
                    Some(Implementation::Base) => {}
                    Some(Implementation::Derived(parts)) => {
                        let failed_before = self.me().findings.len();
                        let known_before = self.assumed.len();
                        self.assumed.push((deep.clone(), of));
                        for part in parts {
                            if !self.assumed.contains(&(part.clone(), of)) {
                                self.try_trait(&part, of, pending, depth + 1);
                            }
                        }
                        self.assumed.truncate(known_before);
                        // One report for the type that was asked about.
                        if depth == 0 && self.me().findings.len() > failed_before {
                            let inner = self.me().findings.split_off(failed_before).remove(0);
                            let name = trait_info(self.db, self.project, of).name.clone();
                            let message =
                                format!("`{}` does not implement {name}", self.show(&deep));
                            self.report_hint(
                                pending.span,
                                message,
                                Some(format!("{}: {}", "a part of it does not", inner.message)),
                            );
                        }
                    }
                    Some(Implementation::Impl(info, args)) => {
                        for (condition, of) in &info.conditions {
                            self.try_trait(&condition.substitute(&args), *of, pending, depth + 1);
                        }
                    }
                }
                // What fails is said at every place.
                if self.me().findings.len() > reported_before {
                    self.proven.remove(&(deep, of));
                }
                Tried::Done
            }
        }
    }

    /// The impl of a trait for a type tells what the trait's own parameters are; where there are several, these tell which it is.
    fn try_trait_args(
        &mut self,
        ty: &Ty,
        of: TraitId,
        args: &[Ty],
        pending: &Pending,
        force: bool,
    ) -> Tried {
        let span = pending.span;
        let form = self.table.shallow(ty);
        let mut known: Vec<Known> = match &form {
            Ty::Infer(var) if !self.table.is_literal(*var) => return Tried::Stuck,
            Ty::Infer(_) => {
                let _ = self.table.unify(&form, &Ty::INT);
                return self.try_trait_args(&Ty::INT, of, args, pending, force);
            }
            Ty::Param(_) => self
                .bound_args
                .iter()
                .filter(|(ty, other, _)| *ty == form && *other == of)
                .map(|(_, _, args)| (args.clone(), Vec::new()))
                .collect(),
            _ => {
                let deep = self.table.deep(&form);
                impls_for(self.db, self.project, &deep, of)
                    .into_iter()
                    .map(|(info, at)| {
                        let conditions = info.conditions.iter();
                        (
                            info.args_of(of)
                                .iter()
                                .map(|arg| arg.substitute(&at))
                                .collect(),
                            conditions
                                .map(|(ty, of)| (ty.substitute(&at), *of))
                                .collect(),
                        )
                    })
                    .collect()
            }
        };
        if known.is_empty() {
            // That it does not implement the trait is said elsewhere.
            args.iter()
                .for_each(|arg| drop(self.table.unify(arg, &Ty::Error)));
            return Tried::Done;
        }
        // A bound may come from a head and from its signature.
        for at in (1..known.len()).rev() {
            if known[..at].contains(&known[at]) {
                known.remove(at);
            }
        }
        let several = known.len() > 1;
        if several {
            let all = known.clone();
            known.retain(|(has, _)| has.iter().zip(args).all(|(has, arg)| self.may_be(has, arg)));
            if known.is_empty() {
                known = all[..1].to_vec();
            }
        }
        if known.len() > 1 {
            if force {
                let name = trait_info(self.db, self.project, of).name.clone();
                let message = format!(
                    "Type annotation required: `{}` implements {name} in several ways",
                    self.show(&form)
                );
                self.report(span, message);
                args.iter()
                    .for_each(|arg| drop(self.table.unify(arg, &Ty::Error)));
                return Tried::Done;
            }
            return Tried::Stuck;
        }
        let (has, conditions) = known.swap_remove(0);
        for (has, arg) in has.iter().zip(args) {
            self.expect(has, arg, span);
        }
        // Those of the first impl are asked for where the type is.
        if several {
            for (ty, of) in conditions {
                self.later(Goal::Trait { ty, of }, span, None);
            }
        }
        Tried::Done
    }

    /// Whether a type may become what an impl says.
    fn may_be(&self, has: &Ty, arg: &Ty) -> bool {
        let (has, arg) = (self.table.shallow(has), self.table.shallow(arg));
        let all = |xs: &[Ty], ys: &[Ty]| {
            xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| self.may_be(x, y))
        };
        match (&has, &arg) {
            (other, Ty::Infer(var)) | (Ty::Infer(var), other) => {
                !self.table.is_literal(*var) || matches!(other, Ty::Int(_) | Ty::Infer(_))
            }
            (Ty::Tuple(xs), Ty::Tuple(ys)) => all(xs, ys),
            (Ty::Adt(x, xs), Ty::Adt(y, ys)) => x == y && all(xs, ys),
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) => all(xs, ys) && self.may_be(x, y),
            (Ty::Array(x), Ty::Array(y)) => self.may_be(x, y),
            (a, b) => a == b,
        }
    }

    pub(super) fn not_implemented(&mut self, ty: &Ty, of: TraitId, via: Option<Name>, span: Span) {
        if has_error(ty) {
            return;
        }
        let of = trait_info(self.db, self.project, of).name.clone();
        let shown = self.show(ty);
        let hint = match (ty, via) {
            (Ty::Param(_), _) => Some(format!("the bound says so: [{shown}: {of}]")),
            (_, Some(via)) => Some(format!("`{via}` needs it")),
            (Ty::Adt(..), None) => Some(format!("implement it: `{shown}: {of} … end`")),
            _ => None,
        };
        self.report_hint(span, format!("`{shown}` does not implement {of}"), hint);
    }

    pub(super) fn try_field(
        &mut self,
        base: &Ty,
        name: &Name,
        result: &Ty,
        pending: &Pending,
    ) -> Tried {
        match self.table.shallow(base) {
            Ty::Infer(_) => Tried::Stuck,
            Ty::Error => {
                let _ = self.table.unify(result, &Ty::Error);
                Tried::Done
            }
            form => {
                match self.find_field(&form, name) {
                    Some((index, ty)) => {
                        self.check_private_field(&form, index, name, pending.span);
                        self.expect(result, &ty, pending.span);
                        self.fill_field(pending, index, matches!(form, Ty::Tuple(_)));
                    }
                    None => {
                        self.no_field(&form, name, pending.span);
                        let _ = self.table.unify(result, &Ty::Error);
                    }
                }
                Tried::Done
            }
        }
    }

    pub(super) fn fill_field(&mut self, pending: &Pending, index: u32, tuple: bool) {
        let Some(hole) = pending.hole else { return };
        let slot = &mut self.holes[hole as usize];
        if let Hole::Field { base, ty, span, .. } = slot {
            let base = Box::new(base.clone());
            let kind = if tuple {
                ExprKind::Element(base, index)
            } else {
                ExprKind::Field(base, index)
            };
            *slot = Hole::Done(Expr {
                kind,
                ty: ty.clone(),
                span: *span,
            });
        }
    }

    pub(super) fn try_binary(&mut self, pending: &Pending, force: bool) -> Tried {
        let Goal::Binary {
            op,
            lhs,
            rhs,
            result,
        } = &pending.goal
        else {
            return Tried::Stuck;
        };
        let Some(hole) = pending.hole else {
            // `**` has no method: only numbers have it.
            return match self.table.shallow(lhs) {
                Ty::Infer(_) => Tried::Stuck,
                Ty::Int(_) | Ty::Float | Ty::Float32 | Ty::Error => Tried::Done,
                other => {
                    let message = format!(
                        "type mismatch: `**` takes numbers, found `{}`",
                        self.show(&other)
                    );
                    self.report(pending.span, message);
                    Tried::Done
                }
            };
        };
        match self.decide(*op, lhs, rhs, force) {
            Decision::Later => Tried::Stuck,
            Decision::Mismatch => {
                self.operand_mismatch(*op, lhs, rhs, pending.span);
                let _ = self.table.unify(result, &Ty::Error);
                Tried::Done
            }
            Decision::Operands(operands) => {
                let slot = self.take_hole(hole, pending.span);
                if let Hole::Binary {
                    op,
                    lhs,
                    rhs,
                    ty,
                    span,
                } = slot
                {
                    let out = self.make_binary(op, lhs, rhs, operands, span);
                    self.expect(&ty, &out.ty, span);
                    self.holes[hole as usize] = Hole::Done(out);
                }
                Tried::Done
            }
        }
    }

    pub(super) fn try_dot(&mut self, pending: &Pending, force: bool) -> Tried {
        let Goal::Dot {
            name,
            args,
            result,
            owner,
            dot,
        } = &pending.goal
        else {
            return Tried::Stuck;
        };
        let span = pending.span;
        if let ("[in]", Some(over)) = (&**name, args.first())
            && self.has_own_list(over, *owner)
        {
            let mut pending = pending.clone();
            if let Goal::Dot { name, dot, .. } = &mut pending.goal {
                (*name, *dot) = ("toList".into(), true);
            }
            return self.try_dot(&pending, force);
        }
        if let Some(receiver) = args.first() {
            let mut form = self.table.shallow(receiver);
            if *dot || super::method::operator_function(name).is_some() {
                if let Ty::Infer(var) = form {
                    if !(self.table.is_literal(var) && *dot) {
                        if !force {
                            return Tried::Stuck;
                        }
                    } else {
                        let _ = self.table.unify(&form, &Ty::INT);
                        form = Ty::INT;
                    }
                }
                if form == Ty::Error {
                    let _ = self.table.unify(result, &Ty::Error);
                    return Tried::Done;
                }
            }
            if *dot && !matches!(form, Ty::Infer(_)) {
                if &**name == "negate" && super::expr::is_number(&form) {
                    self.expect(result, &form, span);
                    self.fill_call(pending, |args| ExprKind::Prim(PrimOp::Neg, args));
                    return Tried::Done;
                }
                if let Some((index, field)) = self.find_field(&form, name)
                    && matches!(self.table.shallow(&field), Ty::Fn(..) | Ty::Infer(_))
                {
                    let ty = Ty::Fn(args[1..].into(), Arc::new(result.clone()));
                    self.expect(&field, &ty, span);
                    self.fill_call(pending, |mut args| {
                        let base = args.remove(0);
                        let span = base.span;
                        let callee = Expr {
                            kind: ExprKind::Field(Box::new(base), index),
                            ty: field,
                            span,
                        };
                        ExprKind::Call(Callee::Value(Box::new(callee)), args)
                    });
                    return Tried::Done;
                }
                if let Some(of) = self.traits_with_method(&form, name).first().copied() {
                    return self.dot_trait(pending, of);
                }
                if let (Ty::Param(_), None) = (&form, pending.hole) {
                    // Any type may stand for the parameter, also one that has such a field or method of its own.
                    self.no_method(&form, name, span);
                    let _ = self.table.unify(result, &Ty::Error);
                    return Tried::Done;
                }
            }
        }
        let owner = (pending.hole.is_none()).then_some(*owner);
        let receiver = args
            .first()
            .filter(|_| *dot)
            .map_or(Ty::Error, |ty| self.table.shallow(ty));
        let levels = self.functions_for(name, owner, &receiver);
        let shapes: Vec<Shape> = args.iter().cloned().map(Shape::Ty).collect();
        let value = pending
            .hole
            .is_some_and(|hole| matches!(self.holes[hole as usize], Hole::Value { .. }));
        // A constraint is looked at again when rigid parameters are known: what they might choose then must not differ.
        self.open_params = pending.hole.is_none();
        let choice = self.choose(&levels, &shapes, &[], value);
        self.open_params = false;
        if pending.hole.is_none() && self.goes_on_for_ever(pending) {
            let message = format!(
                "Type annotation required: using `{name}` here takes using `{name}` without end"
            );
            self.report(span, message);
            let _ = self.table.unify(result, &Ty::Error);
            return Tried::Done;
        }
        match choice {
            Choice::One(head) if head.arity as usize > args.len() => {
                self.dot_with_defaults(pending, &head)
            }
            Choice::One(head) => {
                let (inst, params, found) = self.instantiate_fn(&head, name, span);
                for (at, (param, arg)) in params.iter().zip(args).enumerate() {
                    match self.splat(&param.ty, arg, span) {
                        Some(splat) => self.splat_argument(pending, at, splat, &param.ty),
                        None => drop(self.expect(&param.ty, arg, span)),
                    }
                }
                self.expect(result, &found, span);
                self.fill(pending, Callee::Fn(inst));
                Tried::Done
            }
            Choice::Later if !force => Tried::Stuck,
            Choice::Later if self.number_decides(&levels, args, result) => {
                self.try_dot(pending, force)
            }
            Choice::Later => {
                let shown = if &**name == "[]" { "index" } else { name };
                self.report(
                    span,
                    format!("Type annotation required: `{shown}` has several meanings here"),
                );
                let _ = self.table.unify(result, &Ty::Error);
                Tried::Done
            }
            Choice::Arity | Choice::None | Choice::Ambiguous => {
                if let (false, Some(receiver), Choice::Arity | Choice::None) =
                    (*dot, args.first(), &choice)
                {
                    let form = self.table.shallow(receiver);
                    if let Some(of) = self.traits_with_method(&form, name).first().copied() {
                        return self.dot_trait(pending, of);
                    }
                }
                match args.first() {
                    Some(receiver) if *dot => {
                        let form = self.table.deep(receiver);
                        self.no_method(&form, name, span);
                        if let Some(via) = &pending.via {
                            self.say_via(via.clone());
                        }
                    }
                    _ => self.no_function_fits(name, &levels, args, span),
                }
                let _ = self.table.unify(result, &Ty::Error);
                Tried::Done
            }
        }
    }

    /// Whether one call brings the next, for longer than any program means to.
    fn goes_on_for_ever(&mut self, pending: &Pending) -> bool {
        self.brought += 1;
        pending.depth > DEEPEST || self.brought > MOST
    }

    /// A dot call in a function on a value of which nothing is known, of the function itself or one that is inferred together with it: recursion,
    /// and no call that each use of the function chooses for itself.
    pub(super) fn is_recursive(&mut self, pending: &Pending) -> bool {
        let Goal::Dot {
            name,
            args,
            dot: true,
            ..
        } = &pending.goal
        else {
            return false;
        };
        let table = crate::signature::impl_table(self.db, self.project);
        if pending.hole.is_none() || self.group.is_empty() || table.methods.contains_key(name) {
            return false;
        }
        let at = self.enter(pending.member);
        let levels = self.functions_named(name, None);
        self.enter(at);
        let count = args.len();
        let mut fitting = levels.iter().flatten().filter(|head| {
            !head.value && head.required as usize <= count && count <= head.arity as usize
        });
        let first = fitting.next();
        first.is_some_and(|head| self.group.contains_key(&head.id)) && fitting.next().is_none()
    }

    /// Whether a type that is looped over is one of the program's, with a `toList` of its own.
    pub(super) fn has_own_list(&mut self, over: &Ty, owner: FnId) -> bool {
        let form = self.table.shallow(over);
        let Ty::Adt(id, _) = &form else { return false };
        let module = crate::types::type_info(self.db, self.project, *id).module;
        if crate::db::project_scope(self.db, self.project)
            .std
            .contains(&module)
        {
            return false;
        }
        let name: Name = "toList".into();
        let levels = self.functions_for(&name, Some(owner), &form);
        !self.traits_with_method(&form, &name).is_empty()
            || levels.iter().flatten().any(|head| !self.in_library(head))
    }

    /// Passes an argument of a waiting call through a function.
    fn splat_argument(&mut self, pending: &Pending, at: usize, inst: FnInst, ty: &Ty) {
        let Some(hole) = pending.hole else { return };
        let mut slot = self.take_hole(hole, pending.span);
        if let Hole::Call { args, .. } = &mut slot {
            let dummy = self.error_expr(pending.span);
            let arg = std::mem::replace(&mut args[at], dummy);
            args[at] = self.splatted(inst, ty, arg);
        }
        self.holes[hole as usize] = slot;
    }

    /// Adds to the last finding which function needed it.
    pub(super) fn say_via(&mut self, via: Name) {
        if let Some(last) = self.me().findings.last_mut()
            && last.hint.is_none()
        {
            last.hint = Some(format!("`{via}` needs it"));
        }
    }

    /// A call that was waiting, of a function whose defaults fill in what was not given.
    pub(super) fn dot_with_defaults(
        &mut self,
        pending: &Pending,
        head: &crate::scope::FnHead,
    ) -> Tried {
        let Goal::Dot {
            name, args, result, ..
        } = &pending.goal
        else {
            return Tried::Stuck;
        };
        let (inst, params, found) = self.instantiate_fn(head, name, pending.span);
        let Some(hole) = pending.hole else {
            // What is selected per instance can only add arguments at the end.
            if !defaults_behind(&params, args.len()) {
                self.report(
                    pending.span,
                    format!("Wrong number of arguments: `{name}` takes {}", params.len()),
                );
                let _ = self.table.unify(result, &Ty::Error);
                return Tried::Done;
            }
            for (param, arg) in params.iter().zip(args) {
                self.expect(&param.ty, arg, pending.span);
            }
            self.trailing_defaults(&params, args.len(), pending.span);
            self.expect(result, &found, pending.span);
            return Tried::Done;
        };
        let slot = self.take_hole(hole, pending.span);
        if let Hole::Call { args, ty, span } = slot {
            let args = Args {
                positional: args.into_iter().map(Arg::Done).collect(),
                named: Vec::new(),
            };
            let out = self.apply(name, Callee::Fn(inst), params, found, args, span);
            self.expect(&ty, &out.ty, span);
            self.holes[hole as usize] = Hole::Done(out);
        }
        Tried::Done
    }

    /// The functions that give the parameters from `given` on, at the types these parameters have.
    pub(super) fn trailing_defaults(
        &mut self,
        params: &[ParamSig],
        given: usize,
        span: Span,
    ) -> Vec<FnInst> {
        let mut out = Vec::new();
        for param in params.iter().skip(given) {
            let Some(DefaultFn::Fn(default)) = param.default else {
                continue;
            };
            let (inst, _, ty) = self.instantiate_id(default, "", span, &[]);
            self.expect(&param.ty, &ty, span);
            out.push(inst);
        }
        out
    }

    pub(super) fn dot_trait(&mut self, pending: &Pending, of: TraitId) -> Tried {
        let Goal::Dot {
            name, args, result, ..
        } = &pending.goal
        else {
            return Tried::Stuck;
        };
        let span = pending.span;
        if pending.hole.is_none() {
            let info = trait_info(self.db, self.project, of);
            let method = info.methods.iter().find(|m| m.name == *name).map(|m| m.id);
            let params = method.map_or_else(Vec::new, |id| {
                super::group::signature_where(self.db, id, self.uses)
                    .params
                    .clone()
            });
            let rigid = matches!(self.table.shallow(&args[0]), Ty::Param(_));
            let traits = crate::signature::impl_table(self.db, self.project)
                .methods
                .get(name)
                .map_or(0, Vec::len);
            if params.len() > args.len() && !defaults_behind(&params, args.len()) {
                self.report(
                    span,
                    format!(
                        "Wrong number of arguments: `.{name}` takes {}",
                        params.len() - 1
                    ),
                );
                let _ = self.table.unify(result, &Ty::Error);
                return Tried::Done;
            }
            let form = self.table.deep(&args[0]);
            if info.params > 0 && impls_for(self.db, self.project, &form, of).len() > 1 {
                let message = format!(
                    "Type annotation required: `{}` implements {} in several ways",
                    self.show(&form),
                    info.name
                );
                self.report(span, message);
                let _ = self.table.unify(result, &Ty::Error);
                return Tried::Done;
            }
            if rigid && traits > 1 {
                self.report(
                    span,
                    format!("Type annotation required: several traits have a method `{name}`"),
                );
                let _ = self.table.unify(result, &Ty::Error);
                return Tried::Done;
            }
        }
        let taken = pending.hole.map(|hole| self.take_hole(hole, span));
        let dummy = |ty: &Ty| Expr {
            kind: ExprKind::Literal(crate::hir::Literal::Unit),
            ty: ty.clone(),
            span,
        };
        let mut values: Vec<Expr> = match &taken {
            Some(Hole::Call { args, .. }) => args.clone(),
            _ => args.iter().map(dummy).collect(),
        };
        let receiver = values.remove(0);
        let rest = Args {
            positional: values.into_iter().map(Arg::Done).collect(),
            named: Vec::new(),
        };
        let out = self.trait_call(of, name, receiver, &[], rest, span);
        self.expect(result, &out.ty, span);
        match (taken, pending.hole) {
            (Some(Hole::Value { ty, span }), Some(hole)) => {
                let kind = match out.kind {
                    ExprKind::Call(callee, _) => ExprKind::FnValue(callee),
                    other => other,
                };
                self.holes[hole as usize] = Hole::Done(Expr { kind, ty, span });
            }
            (Some(_), Some(hole)) => self.holes[hole as usize] = Hole::Done(out),
            _ => {}
        }
        Tried::Done
    }

    pub(super) fn take_hole(&mut self, hole: u32, span: Span) -> Hole {
        let done = Hole::Done(self.error_expr(span));
        std::mem::replace(&mut self.holes[hole as usize], done)
    }

    pub(super) fn fill(&mut self, pending: &Pending, callee: Callee) {
        let Some(hole) = pending.hole else { return };
        let slot = self.take_hole(hole, pending.span);
        let done = match slot {
            Hole::Call { args, ty, span } => Expr {
                kind: ExprKind::Call(callee, args),
                ty,
                span,
            },
            Hole::Value { ty, span } => Expr {
                kind: ExprKind::FnValue(callee),
                ty,
                span,
            },
            other => {
                self.holes[hole as usize] = other;
                return;
            }
        };
        self.holes[hole as usize] = Hole::Done(done);
    }

    pub(super) fn fill_call(
        &mut self,
        pending: &Pending,
        make: impl FnOnce(Vec<Expr>) -> ExprKind,
    ) {
        let Some(hole) = pending.hole else { return };
        let slot = &mut self.holes[hole as usize];
        if let Hole::Call { args, ty, span } = slot {
            let (args, ty, span) = (std::mem::take(args), ty.clone(), *span);
            *slot = Hole::Done(Expr {
                kind: make(args),
                ty,
                span,
            });
        }
    }

    /// The function that a name means for these argument types, and the defaults that follow them.
    pub(super) fn select_dot_fn(&mut self, name: &Name, args: &[Ty]) -> Option<SelectedFn> {
        let receiver = args.first().map_or(Ty::Error, |ty| self.table.shallow(ty));
        let levels = self.functions_for(name, None, &receiver);
        let shapes: Vec<Shape> = args.iter().cloned().map(Shape::Ty).collect();
        let Choice::One(head) = self.choose(&levels, &shapes, &[], false) else {
            return None;
        };
        let (inst, params, _) = self.instantiate_fn(&head, name, Span::default());
        let mut splats = Vec::new();
        for (at, (param, arg)) in params.iter().zip(args).enumerate() {
            match self.splat(&param.ty, arg, Span::default()) {
                Some(splat) => splats.push((at as u32, splat)),
                None => self.table.unify(&param.ty, arg).ok()?,
            }
        }
        let defaults = self.trailing_defaults(&params, args.len(), Span::default());
        Some(SelectedFn {
            inst,
            splats,
            defaults,
        })
    }
}

/// Whether everything behind the given arguments has a default.
fn defaults_behind(params: &[ParamSig], given: usize) -> bool {
    params.iter().skip(given).all(|p| p.default.is_some())
}

/// Whether a parameter that `ours` accepts occurs in a type.
pub(super) fn mentions(ty: &Ty, ours: &dyn Fn(u32) -> bool) -> bool {
    match ty {
        Ty::Param(i) => ours(*i),
        Ty::Tuple(items) | Ty::Adt(_, items) => items.iter().any(|t| mentions(t, ours)),
        Ty::Fn(params, result) => {
            params.iter().any(|t| mentions(t, ours)) || mentions(result, ours)
        }
        Ty::Array(item) => mentions(item, ours),
        _ => false,
    }
}
