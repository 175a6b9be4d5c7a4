//! Goals of `receiver.name(…)` whose receiver's type was not known where it stands: tried again when it is, decided by a trait when it never will be.

use super::call::{Arg, Args};
use super::constraint::Tried;
use super::method::{Choice, Shape};
use super::{Goal, Hole, Infer, Pending};
use crate::hir::{Callee, Expr, ExprKind, FnInst, PrimOp, Span};
use crate::raw::Name;
use crate::signature::{DefaultFn, ParamSig, trait_info};
use crate::traits::impls_for;
use crate::ty::{FnId, TraitId, Ty};
use std::sync::Arc;

/// How many uses of functions may bring each other, and how many there may be in one inference.
const DEEPEST: u32 = 60;
const MOST: u32 = 20_000;

/// The function that a name means for some arguments.
pub(super) struct SelectedFn {
    pub inst: FnInst,
    /// Arguments to be passed through a function first.
    pub splats: Vec<(u32, FnInst)>,
    /// What gives the arguments behind.
    pub defaults: Vec<FnInst>,
}

impl<'db> Infer<'db> {
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
