//! What is decided when nothing more will be known: operators, literals, constraints of schemes, and what is left over.

use super::constraint::mentions;
use super::{Goal, Hole, Infer, Pending};
use crate::hir::{Callee, Expr, ExprKind, LocalFnId, Span};
use crate::signature::Constraint;
use crate::ty::Ty;

impl<'db> Infer<'db> {
    /// Decides operators on unknown operands and the types of literals, for variables made since `first_var` above the current level.
    pub(super) fn settle(&mut self, first_var: u32) {
        let level = self.table.level;
        // What deciding makes is as inner as what it decides.
        self.table.level += 1;
        loop {
            self.solve();
            self.sink(level);
            let inner = |cx: &Self, ty: &Ty| match cx.table.shallow(ty) {
                Ty::Infer(var) => cx.table.level_of(var) > level,
                _ => false,
            };
            // One operand known decides before none known; a literal is not known.
            let known = |cx: &Self, ty: &Ty| !matches!(cx.table.shallow(ty), Ty::Infer(_));
            let candidates: Vec<usize> = (0..self.pending.len())
                .filter(|at| match &self.pending[*at] {
                    Pending {
                        goal: Goal::Binary { lhs, rhs, .. },
                        hole: Some(_),
                        ..
                    } => inner(self, lhs) || inner(self, rhs),
                    _ => false,
                })
                .collect();
            let of = |cx: &Self, at: usize| match &cx.pending[at].goal {
                Goal::Binary { lhs, rhs, .. } => (lhs.clone(), rhs.clone()),
                _ => (Ty::Error, Ty::Error),
            };
            let chosen = candidates
                .iter()
                .copied()
                .find(|at| {
                    let (lhs, rhs) = of(self, *at);
                    known(self, &lhs) || known(self, &rhs)
                })
                .or(candidates.first().copied());
            let record =
                |p: &Pending| matches!(&p.goal, Goal::Record { base, .. } if inner(self, base));
            let chosen = chosen.or_else(|| self.pending.iter().position(record));
            let chosen = chosen.or_else(|| {
                (0..self.pending.len()).find(|at| {
                    let pending = self.pending[*at].clone();
                    matches!(&pending.goal, Goal::Dot { args, dot: true, .. } if args.first().is_some_and(|ty| inner(self, ty)))
                        && self.is_recursive(&pending)
                })
            });
            let Some(at) = chosen else { break };
            let pending = self.pending.remove(at);
            self.attempt(&pending, true);
        }
        for var in first_var..self.table.len() {
            let ty = Ty::Infer(var);
            if let Ty::Infer(free) = self.table.shallow(&ty)
                && free == var
                && self.table.is_literal(var)
                && self.table.level_of(var) > level
            {
                self.table.bind(var, Ty::INT);
            }
        }
        self.solve();
        self.check_traits();
        self.table.level = level;
    }

    /// What goals on outer variables alone will tell is no more this function's to choose than those variables are.
    fn sink(&mut self, level: u32) {
        loop {
            let mut sunk = false;
            for at in 0..self.pending.len() {
                let (on, tells): (Vec<Ty>, Vec<Ty>) = match &self.pending[at].goal {
                    Goal::Trait { .. } => continue,
                    Goal::Binary {
                        lhs, rhs, result, ..
                    } => (vec![lhs.clone(), rhs.clone()], vec![result.clone()]),
                    Goal::Dot { args, result, .. } => (args.clone(), vec![result.clone()]),
                    Goal::Field { base, result, .. } => (vec![base.clone()], vec![result.clone()]),
                    Goal::TraitArgs { ty, args, .. } => (vec![ty.clone()], args.clone()),
                    Goal::Question {
                        operand, result, ..
                    } => (vec![operand.clone()], vec![result.clone()]),
                    Goal::Record { base, open, .. } => (vec![base.clone()], vec![open.clone()]),
                };
                if self.any_above(&on, level) || !self.any_above(&tells, level) {
                    continue;
                }
                tells.iter().for_each(|ty| self.table.lower(ty, level));
                sunk = true;
            }
            if !sunk {
                return;
            }
        }
    }

    /// Whether a variable above a level is in one of the types.
    fn any_above(&self, types: &[Ty], level: u32) -> bool {
        let mut free = Vec::new();
        types.iter().for_each(|ty| self.table.free(ty, &mut free));
        free.iter().any(|var| self.table.level_of(*var) > level)
    }

    /// Catch arms take strings where nothing inside of the function says otherwise, also where callers could: an exception comes from anywhere.
    /// A pattern that binds nothing that is used takes anything. For variables above a level.
    pub(super) fn catch_types(&mut self, level: u32) {
        for arm in self.me().arms.clone().into_iter().filter(|arm| arm.catch) {
            let mut free = Vec::new();
            self.table.free(&arm.ty, &mut free);
            free.retain(|var| self.table.level_of(*var) > level);
            if let (Ty::Infer(var), Some(bare)) = (self.table.shallow(&arm.ty), arm.bare)
                && free.contains(&var)
                && !bare.is_some_and(|local| self.me().used.contains(&local))
            {
                // See `arm` in `finish`.
                self.table.bind(var, Ty::Never);
                continue;
            }
            for var in free {
                let of = if self.unseen(var) {
                    Ty::Never
                } else {
                    Ty::String
                };
                self.table.bind(var, of);
            }
        }
    }

    /// Whether nothing is asked of a part of an arm's type, and no name that has it is used.
    pub(super) fn unseen(&mut self, var: u32) -> bool {
        let has = |cx: &Self, ty: &Ty| {
            let mut free = Vec::new();
            cx.table.free(ty, &mut free);
            free.contains(&var)
        };
        let asked = self.pending.iter().any(|pending| match &pending.goal {
            Goal::Trait { ty, .. } | Goal::TraitArgs { ty, .. } => has(self, ty),
            Goal::Binary {
                lhs, rhs, result, ..
            } => has(self, lhs) || has(self, rhs) || has(self, result),
            Goal::Dot { args, result, .. } => {
                has(self, result) || args.iter().any(|ty| has(self, ty))
            }
            Goal::Field { base, result, .. } => has(self, base) || has(self, result),
            Goal::Record { base, .. } => has(self, base),
            Goal::Question { operand, .. } => has(self, operand),
        });
        let me = self.me();
        let used: Vec<Ty> = me
            .used
            .iter()
            .filter_map(|local| Some(me.locals.get(local.0 as usize)?.ty.clone()))
            .collect();
        !asked && !used.iter().any(|ty| has(self, ty))
    }

    /// Makes parameters of what local functions leave open.
    pub(super) fn generalise_local(&mut self, ids: &[LocalFnId], first_var: u32) {
        self.settle(first_var);
        self.catch_types(self.table.level);
        self.settle(first_var);
        let level = self.table.level;
        let mut free = Vec::new();
        for id in ids {
            let scheme = self.me().local_schemes[id.0 as usize].clone();
            scheme
                .params
                .iter()
                .for_each(|p| self.table.free(&p.ty, &mut free));
            self.table.free(&scheme.result, &mut free);
        }
        self.grow_by_constraints(&mut free, level);
        free.retain(|var| self.table.level_of(*var) > level);
        let first = self.next_local_param;
        self.next_local_param += free.len() as u32;
        for (at, var) in free.iter().enumerate() {
            self.table.bind(*var, Ty::Param(first + at as u32));
        }
        let last = self.next_local_param;
        let member = self.at;
        let constraints = self.take_constraints(Some(member), &|i| (first..last).contains(&i));
        for id in ids {
            let scheme = &mut self.me().local_schemes[id.0 as usize];
            scheme.first = first;
            scheme.count = last - first;
            scheme.constraints = constraints.clone();
            let params: Vec<_> = scheme.params.clone();
            let result = scheme.result.clone();
            let params = params
                .into_iter()
                .map(|p| crate::signature::ParamSig {
                    ty: self.table.deep(&p.ty),
                    ..p
                })
                .collect();
            let result = self.table.deep(&result);
            let scheme = &mut self.me().local_schemes[id.0 as usize];
            scheme.params = params;
            scheme.result = result;
        }
    }

    /// Adds variables that a goal on one of `free` will tell.
    pub(super) fn grow_by_constraints(&self, free: &mut Vec<u32>, level: u32) {
        loop {
            let before = free.len();
            for pending in &self.pending {
                let (from, more): (Vec<&Ty>, Vec<&Ty>) = match &pending.goal {
                    Goal::Dot { args, result, .. } => {
                        (args.iter().collect(), args.iter().chain([result]).collect())
                    }
                    Goal::Field { base, result, .. } => (vec![base], vec![result]),
                    Goal::TraitArgs { ty, args, .. } => (vec![ty], args.iter().collect()),
                    Goal::Question {
                        operand, result, ..
                    } => (vec![operand], vec![result]),
                    Goal::Trait { .. } | Goal::Binary { .. } | Goal::Record { .. } => continue,
                };
                let mut on = Vec::new();
                from.iter().for_each(|ty| self.table.free(ty, &mut on));
                if on
                    .iter()
                    .any(|var| free.contains(var) && self.table.level_of(*var) > level)
                {
                    more.iter().for_each(|ty| self.table.free(ty, free));
                }
            }
            if free.len() == before {
                return;
            }
        }
    }

    /// Takes the goals on the given parameters out of the list, as constraints; the holes that waited become calls to be selected later.
    pub(super) fn take_constraints(
        &mut self,
        member: Option<usize>,
        ours: &dyn Fn(u32) -> bool,
    ) -> Vec<Constraint> {
        let mut out: Vec<Constraint> = Vec::new();
        let mut kept = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            if member.is_some_and(|member| member != pending.member) {
                kept.push(pending);
                continue;
            }
            let constraint = match &pending.goal {
                Goal::Trait { ty, of } => {
                    let ty = self.table.deep(ty);
                    mentions(&ty, ours).then_some(Constraint::Trait(ty, *of))
                }
                Goal::TraitArgs { ty, of, args } => {
                    let ty = self.table.deep(ty);
                    let args = args.iter().map(|arg| self.table.deep(arg)).collect();
                    mentions(&ty, ours).then_some(Constraint::TraitArgs(ty, *of, args))
                }
                Goal::Dot {
                    name,
                    args,
                    result,
                    owner,
                    ..
                } => {
                    let args: Vec<Ty> = args.iter().map(|t| self.table.deep(t)).collect();
                    if args.iter().any(|t| mentions(t, ours)) {
                        self.fill(&pending, Callee::Dot(name.clone()));
                        Some(Constraint::Dot {
                            name: name.clone(),
                            args,
                            result: self.table.deep(result),
                            owner: *owner,
                        })
                    } else {
                        None
                    }
                }
                Goal::Field {
                    base,
                    name,
                    result,
                    owner,
                } => {
                    let base_ty = self.table.deep(base);
                    if mentions(&base_ty, ours) {
                        if let Some(hole) = pending.hole
                            && let Hole::Field {
                                base,
                                name,
                                ty,
                                span,
                            } = &self.holes[hole as usize]
                        {
                            let kind = ExprKind::DotField(Box::new(base.clone()), name.clone());
                            self.holes[hole as usize] = Hole::Done(Expr {
                                kind,
                                ty: ty.clone(),
                                span: *span,
                            });
                        }
                        Some(Constraint::Field {
                            base: base_ty,
                            name: name.clone(),
                            result: self.table.deep(result),
                            owner: *owner,
                        })
                    } else {
                        None
                    }
                }
                Goal::Binary { .. } | Goal::Question { .. } | Goal::Record { .. } => None,
            };
            match constraint {
                Some(constraint) => {
                    if !out.contains(&constraint) {
                        out.push(constraint);
                    }
                }
                None => kept.push(pending),
            }
        }
        self.pending = kept;
        out
    }

    /// The goals that nothing will decide any more: a function of one meaning is taken, the rest is reported.
    pub(super) fn force(&mut self) {
        for _ in 0..1000 {
            self.solve();
            let Some(at) = self
                .pending
                .iter()
                .position(|p| !matches!(p.goal, Goal::Trait { .. }))
            else {
                break;
            };
            let pending = self.pending.remove(at);
            let before = self.enter(pending.member);
            self.force_one(&pending);
            self.enter(before);
        }
        self.check_traits();
    }

    pub(super) fn force_one(&mut self, pending: &Pending) {
        match &pending.goal {
            Goal::Dot {
                name, dot, result, ..
            } => {
                if *dot && &**name == "negate" {
                    let Goal::Dot { args, .. } = &pending.goal else {
                        return;
                    };
                    let _ = self.table.unify(&args[0], &Ty::INT);
                    self.attempt(pending, true);
                    return;
                }
                if let ("[in]", Goal::Dot { args, .. }) = (&**name, &pending.goal) {
                    let item = self.fresh();
                    let list = self.known.list_of(item);
                    let _ = self.table.unify(&args[0], &list);
                }
                if let (true, Some(receiver)) = (*dot, self.dot_receiver(pending)) {
                    // Several meanings of a method are told apart by the receiver alone.
                    let levels = self.functions_named(name, None);
                    let one = levels.iter().flatten().count() == 1;
                    let has_trait = crate::signature::impl_table(self.db, self.project)
                        .methods
                        .contains_key(name);
                    if !one || has_trait {
                        self.report(receiver, format!("Type annotation required: the type on which `{name}` is called is not known"));
                        let _ = self.table.unify(result, &Ty::Error);
                        return;
                    }
                }
                self.attempt(pending, true);
            }
            Goal::Field { name, result, .. } => {
                self.report(
                    pending.span,
                    format!(
                        "Type annotation required: the record with field `{name}` is not known"
                    ),
                );
                let _ = self.table.unify(result, &Ty::Error);
            }
            Goal::Question { .. } | Goal::Record { .. } => {
                self.attempt(pending, true);
            }
            Goal::Binary { lhs, .. } => {
                if pending.hole.is_none() {
                    let _ = self.table.unify(lhs, &Ty::INT);
                }
                self.attempt(pending, true);
            }
            Goal::TraitArgs { .. } => drop(self.attempt(pending, true)),
            Goal::Trait { .. } => {}
        }
    }

    pub(super) fn dot_receiver(&self, pending: &Pending) -> Option<Span> {
        let Goal::Dot { args, .. } = &pending.goal else {
            return None;
        };
        matches!(self.table.shallow(args.first()?), Ty::Infer(_)).then_some(pending.span)
    }
}
