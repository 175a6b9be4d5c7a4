//! Goals: trying them, deciding what is left over, turning them into constraints of a scheme.

use super::operator::Decision;
use super::{Goal, Hole, Infer, Pending, has_error};
use crate::hir::{Callee, Expr, ExprKind, Span};
use crate::raw::Name;
use crate::signature::trait_info;
use crate::traits::{Implementation, implementation, impls_for};
use crate::ty::{TraitId, Ty};

/// The outcome of trying a goal.
pub(super) enum Tried {
    Done,
    Stuck,
}

/// What an impl says of a trait's parameters, and its conditions.
type Known = (Vec<Ty>, Vec<(Ty, TraitId)>);

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
