//! The end of an inference: generalisation, then variables and holes are replaced, captures found, matches looked at.

use super::doubts;
use super::unify::in_range;
use super::uses::Uses;
use super::{Goal, Hole, Infer, has_error};
use crate::exhaustive;
use crate::hir::{
    Arm, Body, Callee, Expr, ExprKind, FnInst, Lambda, LocalId, Pat, PatKind, Span, Stmt,
};
use crate::ids::{Container, Part};
use crate::infer::group::FnResult;
use crate::query::Probe;
use crate::signature::{Header, ParamSig, Signature};
use crate::traits::implements;
use crate::ty::{FnId, TraitId, Ty};
use crate::types::{Finding, type_info};
use std::sync::Arc;

/// A member's body before variables are replaced: member, parameters, value, result, parameter types.
pub(super) type Open = (usize, Vec<LocalId>, Expr, Ty, Vec<Ty>);

/// Closes a group. `rigid` parameters are declared; `declared`: the signature is, too.
pub(super) fn group(
    cx: &mut Infer<'_>,
    group: &[FnId],
    heads: &[Option<Arc<Header>>],
    mut results: Vec<Open>,
    rigid: u32,
    declared: bool,
) -> Vec<FnResult> {
    cx.table.level = 0;
    raise_levels(cx);
    cx.settle(0);
    arm_types(cx, &results);
    for (at, _, _, result, _) in &results {
        called_by_nobody(cx, *at, group[*at], result);
    }
    let mut free = Vec::new();
    if !declared {
        // Uses fix what values are first: it may say what functions beside them are.
        let mut fixed = Vec::new();
        for (at, _, _, result, _) in &results {
            cx.enter(*at);
            let value = heads[*at].as_ref().is_some_and(|h| h.value);
            if value && cx.uses == Uses::Fix && !cx.plain_global(group[*at]) {
                super::uses::fix(cx, group[*at], result);
                fixed.push(*at);
            }
        }
        for (at, _, _, result, types) in &results {
            if fixed.contains(at) {
                continue;
            }
            cx.enter(*at);
            types.iter().for_each(|ty| cx.table.free(ty, &mut free));
            cx.table.free(result, &mut free);
        }
        if !free.is_empty() {
            cx.grow_by_constraints(&mut free, 0);
        }
    }
    for (at, var) in free.iter().enumerate() {
        cx.table.bind(*var, Ty::Param(rigid + at as u32));
    }
    let count = rigid + free.len() as u32;
    let mut constraints = cx.take_constraints(None, &|i| i >= rigid && i < super::LOCAL_PARAMS);
    if !declared && group.len() == 1 {
        let bounds = heads[0]
            .as_ref()
            .map_or_else(Vec::new, |h| h.bounds.clone());
        constraints.splice(
            0..0,
            bounds
                .into_iter()
                .map(|(ty, of)| crate::signature::Constraint::Trait(ty, of)),
        );
        let args = heads[0].as_ref().map_or(&[][..], |h| &h.bound_args);
        constraints.extend(crate::signature::args_constraints(args));
    }
    cx.force();
    open_statics(cx);
    default_rest(cx);
    if cx.table.too_large() && cx.members.iter().all(|m| m.findings.is_empty()) {
        cx.enter(0);
        let def = crate::db::function(cx.db, cx.project, crate::db::main_part(cx.db, group[0]));
        let span = def.map_or_else(Span::default, |def| def.name_span);
        cx.report(span, super::TOO_LARGE);
    }
    let mut out = Vec::with_capacity(group.len());
    for (at, id) in group.iter().enumerate() {
        cx.enter(at);
        let head = heads[at].as_ref();
        let open = results.iter().position(|(member, ..)| *member == at);
        let open = open.map(|place| results.swap_remove(place));
        let signature = match cx.group.get(id).cloned() {
            Some(mono) => Signature {
                type_params: count,
                params: exact(mono.params.into_iter().map(|p| ParamSig {
                    ty: closed_once(cx, &p.ty),
                    ..p
                })),
                result: closed_once(cx, &mono.result),
                constraints: constraints.clone(),
                value: mono.value,
                names: head.map_or_else(Vec::new, |h| {
                    h.names.iter().take(rigid as usize).cloned().collect()
                }),
            },
            None => (*cx.signature_of(*id)).clone(),
        };
        let mut warnings = Vec::new();
        let body = open.map(|(_, params, value, result, _)| {
            let count = signature.type_params;
            finish_body(cx, *id, count, params, value, result, &mut warnings)
        });
        if let Some(head) = head {
            let own = head.findings.clone();
            cx.me().findings.splice(0..0, own);
        }
        let mut findings = std::mem::take(&mut cx.me().findings);
        dedup(&mut findings);
        let probe = cx.me().probe.take().map(|probe| {
            let closed = |ty: &Ty| closed_once(cx, ty);
            let locals = probe.locals.iter();
            let locals = locals.map(|(name, ty)| (name.clone(), ty.as_ref().map(closed)));
            Arc::new(Probe {
                receiver: probe.receiver.as_ref().map(closed),
                locals: locals.collect(),
            })
        });
        let body = body.map(Arc::new);
        let (body, sketch) = match findings.is_empty() {
            true => (body, None),
            false => (None, body),
        };
        out.push(FnResult {
            id: *id,
            signature: Arc::new(signature),
            body,
            sketch,
            probe,
            findings,
            warnings,
        });
    }
    out
}

/// Closes a text of its own.
pub(super) fn expression(
    cx: &mut Infer<'_>,
    owner: FnId,
    params: Vec<LocalId>,
    value: Expr,
    ty: Ty,
) -> Result<Body, Vec<Finding>> {
    raise_levels(cx);
    cx.settle(0);
    arm_types(cx, &[]);
    cx.force();
    open_statics(cx);
    default_rest(cx);
    let mut warnings = Vec::new();
    let body = finish_body(cx, owner, 0, params, value, ty, &mut warnings);
    let mut findings = std::mem::take(&mut cx.me().findings);
    dedup(&mut findings);
    if findings.is_empty() {
        Ok(body)
    } else {
        Err(findings)
    }
}

/// Variables of the outermost level belong to the group as well.
fn raise_levels(cx: &mut Infer<'_>) {
    cx.table.raise();
}

fn dedup(findings: &mut Vec<Finding>) {
    let mut seen: Vec<(Span, String)> = Vec::new();
    findings.retain(|f| {
        let key = (f.span, f.message.clone());
        if seen.contains(&key) {
            return false;
        }
        seen.push(key);
        true
    });
}

/// Decides what receive arms take whose type nothing has fixed; those of catch before them.
fn arm_types(cx: &mut Infer<'_>, results: &[Open]) {
    for at in 0..cx.members.len() {
        cx.enter(at);
        cx.catch_types(0);
    }
    cx.solve();
    for at in 0..cx.members.len() {
        cx.enter(at);
        let mut fixed = Vec::new();
        for (_, _, _, result, types) in results {
            types.iter().for_each(|ty| cx.table.free(ty, &mut fixed));
            cx.table.free(result, &mut fixed);
        }
        for arm in cx.me().arms.clone().into_iter().filter(|arm| !arm.catch) {
            let mut free = Vec::new();
            cx.table.free(&arm.ty, &mut free);
            free.retain(|var| !fixed.contains(var));
            if free.is_empty() {
                continue;
            }
            if let (Ty::Infer(var), Some(bare)) = (cx.table.shallow(&arm.ty), arm.bare) {
                let used = bare.is_some_and(|local| cx.me().used.contains(&local));
                if !used {
                    // Takes anything; see `finish_arm`.
                    cx.table.bind(var, Ty::Never);
                    continue;
                }
            }
            // A part that nobody looks at may be anything.
            for var in free.clone() {
                if arm.bare.is_none() && cx.unseen(var) {
                    cx.table.bind(var, Ty::Never);
                    free.retain(|other| *other != var);
                }
            }
            // A part of a message that is only shown, compared or passed on is a text.
            if arm.bare.is_none() && free.iter().all(|var| only_traits(cx, *var)) {
                for var in free {
                    let number = needs_num(cx, var);
                    let ty = if number { Ty::INT } else { Ty::String };
                    doubts::part(cx, arm.span, var, &ty);
                    cx.table.bind(var, ty);
                }
                continue;
            }
            cx.report_hint(
                arm.span,
                "Type annotation required: nothing says which messages this arm takes",
                Some("annotate it: `(x: Int)`".into()),
            );
            for var in free {
                cx.table.bind(var, Ty::Error);
            }
        }
    }
}

/// Whether nothing but traits is asked of a variable.
fn only_traits(cx: &Infer<'_>, var: u32) -> bool {
    cx.pending.iter().all(|pending| {
        let on: &[Ty] = match &pending.goal {
            Goal::Trait { .. } | Goal::Binary { .. } => &[],
            Goal::Dot { args, .. } => args,
            Goal::TraitArgs { ty, .. } => std::slice::from_ref(ty),
            Goal::Field { base, .. } | Goal::Record { base, .. } => std::slice::from_ref(base),
            Goal::Question { operand, .. } => std::slice::from_ref(operand),
        };
        let mut free = Vec::new();
        on.iter().for_each(|ty| cx.table.free(ty, &mut free));
        !free.contains(&var)
    })
}

fn needs_num(cx: &Infer<'_>, var: u32) -> bool {
    cx.pending.iter().any(|pending| match &pending.goal {
        Goal::Trait { ty, of } => *of == cx.known.num && cx.table.shallow(ty) == Ty::Infer(var),
        _ => false,
    })
}

/// No caller says what type `main` and tests give.
fn called_by_nobody(cx: &mut Infer<'_>, at: usize, id: FnId, result: &Ty) {
    let key = cx.db.ids().fn_key(id);
    let is_test = crate::db::function(cx.db, cx.project, id)
        .is_some_and(|def| matches!(def.kind, crate::raw::FunctionKind::Test(_)));
    let is_main = *key.name == *"main" && matches!(key.container, Container::Module(_));
    if key.part != Part::Main || !(is_test || is_main) {
        return;
    }
    cx.enter(at);
    open_statics_here(cx);
    if key.arity == 0
        && let Ty::Infer(var) = cx.table.shallow(result)
        && !cx.table.is_literal(var)
    {
        cx.table.bind(var, Ty::Unit);
    }
}

/// Reports calls of methods without `self` of which nothing says for what type.
fn open_statics(cx: &mut Infer<'_>) {
    for at in 0..cx.members.len() {
        cx.enter(at);
        open_statics_here(cx);
    }
}

fn open_statics_here(cx: &mut Infer<'_>) {
    for (ty, name, span) in std::mem::take(&mut cx.me().statics) {
        if let Ty::Infer(var) = cx.table.shallow(&ty)
            && !cx.table.is_literal(var)
        {
            let message =
                format!("Type annotation required: nothing says of what type this `{name}` is");
            cx.report(span, message);
            cx.table.bind(var, Ty::Error);
        }
    }
}

/// Variables that nothing depends on: any type does that implements what they must.
fn default_rest(cx: &mut Infer<'_>) {
    let mut wanted: Vec<(u32, Vec<TraitId>)> = Vec::new();
    for pending in &cx.pending {
        if let Goal::Trait { ty, of } = &pending.goal
            && let Ty::Infer(var) = cx.table.shallow(ty)
        {
            match wanted.iter_mut().find(|(other, _)| *other == var) {
                Some((_, traits)) => traits.push(*of),
                None => wanted.push((var, vec![*of])),
            }
        }
    }
    for (var, traits) in wanted {
        let ty = any_implementor(cx, &traits);
        cx.table.bind(var, ty);
    }
    cx.force();
}

/// A type that implements these traits: unit where nothing speaks against it, and where nothing implements them all, so that this is said.
fn any_implementor(cx: &Infer<'_>, traits: &[TraitId]) -> Ty {
    let (db, project) = (cx.db, cx.project);
    let table = crate::signature::impl_table(db, project);
    let declared = traits
        .iter()
        .filter_map(|of| table.by_trait.get(of))
        .flatten()
        .map(|id| crate::signature::impl_info(db, project, *id))
        .filter(|info| info.params.is_empty())
        .map(|info| info.target.clone());
    [Ty::Unit, Ty::INT, Ty::String]
        .into_iter()
        .chain(declared)
        .find(|ty| traits.iter().all(|of| implements(db, project, ty, *of)))
        .unwrap_or(if traits.contains(&cx.known.num) {
            Ty::INT
        } else {
            Ty::Unit
        })
}

/// A type without variables: those left over are unit.
fn closed(cx: &Infer<'_>, ty: &Ty) -> Ty {
    let literal = |var: u32| {
        if cx.table.is_literal(var) {
            Ty::INT
        } else {
            Ty::Unit
        }
    };
    let ty = cx.table.deep(ty);
    ty.replaced(&mut |leaf| match leaf {
        Ty::Infer(var) => Some(literal(*var)),
        _ => None,
    })
    .unwrap_or(ty)
}

/// The same, for what stays.
fn closed_once(cx: &Infer<'_>, ty: &Ty) -> Ty {
    cx.db.ids().ty_once(closed(cx, ty))
}

/// Replaces variables.
pub(super) fn close(ty: &Ty, by: &dyn Fn(u32) -> Ty) -> Ty {
    ty.replaced(&mut |leaf| match leaf {
        Ty::Infer(var) => Some(by(*var)),
        _ => None,
    })
    .unwrap_or_else(|| ty.clone())
}

/// Renumbers the parameters of local functions: they follow those of what is around them.
fn renumber(ty: &Ty, map: &[(u32, u32, u32)]) -> Ty {
    ty.replaced(&mut |leaf| {
        let Ty::Param(i) = leaf else { return None };
        let own = |(first, count, _): &&(u32, u32, u32)| (*first..first + count).contains(i);
        let (first, _, to) = map.iter().find(own)?;
        Some(Ty::Param(i - first + to))
    })
    .unwrap_or_else(|| ty.clone())
}

fn finish_body(
    cx: &mut Infer<'_>,
    owner: FnId,
    type_params: u32,
    params: Vec<LocalId>,
    value: Expr,
    result: Ty,
    warnings: &mut Vec<Finding>,
) -> Body {
    let me = cx.at;
    let mut map = Vec::new();
    let mut ends: Vec<u32> = Vec::new();
    for at in 0..cx.members[me].local_fns.len() {
        let scheme = &cx.members[me].local_schemes[at];
        let first =
            cx.members[me].local_parents[at].map_or(type_params, |parent| ends[parent.0 as usize]);
        map.push((scheme.first, scheme.count, first));
        ends.push(first + scheme.count);
        let local = &mut cx.members[me].local_fns[at];
        local.first_param = first;
        local.type_params = ends[at] - first;
    }
    let mut finish = Finish {
        map,
        type_params,
        matches: Vec::new(),
        locals_never: Vec::new(),
    };
    let value = finish.expr(cx, value);
    let mut local_fns = std::mem::take(&mut cx.members[me].local_fns);
    for (at, local) in local_fns.iter_mut().enumerate() {
        local.result = finish.ty(cx, &local.result);
        let empty = Expr {
            kind: ExprKind::Literal(crate::hir::Literal::Unit),
            ty: Ty::Unit,
            span: local.span,
        };
        local.value = finish.expr(cx, std::mem::replace(&mut local.value, empty));
        debug_assert!(at < finish.map.len());
    }
    let mut locals = std::mem::take(&mut cx.members[me].locals);
    locals.shrink_to_fit();
    local_fns.shrink_to_fit();
    for local in &mut locals {
        local.ty = finish.ty(cx, &local.ty);
        local.name = cx.db.ids().name(&local.name);
    }
    for (value, ty, span) in std::mem::take(&mut cx.me().literals) {
        if let Ty::Int(width) = closed(cx, &ty)
            && !in_range(value, width)
        {
            let message = format!(
                "type mismatch: {value} is out of range of `{}`",
                crate::print::int_name(width)
            );
            cx.report(span, message);
        }
    }
    let result = finish.ty(cx, &result);
    let mut body = Body {
        owner,
        type_params,
        locals,
        params,
        result,
        local_fns,
        value,
        expansions: crate::expand::calls::expansions(cx.db, cx.project, owner),
    };
    if cx.me().findings.is_empty() {
        check_matches(cx, &finish.matches, warnings);
        warnings.append(&mut cx.me().doubts);
        crate::captures::mark(&mut body);
    }
    body
}

/// A list without room for more: bodies stay, and many of their lists have one or two elements.
fn exact<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.shrink_to_fit();
    items
}

/// A match to be looked at: scrutinee type, patterns with guards, place.
type Cases = (Ty, Vec<(Pat, bool)>, Span);

struct Finish {
    map: Vec<(u32, u32, u32)>,
    type_params: u32,
    matches: Vec<Cases>,
    locals_never: Vec<LocalId>,
}

impl Finish {
    fn ty(&self, cx: &Infer<'_>, ty: &Ty) -> Ty {
        let ty = closed(cx, ty);
        let ty = if self.map.iter().all(|(_, count, _)| *count == 0) {
            ty
        } else {
            renumber(&ty, &self.map)
        };
        cx.db.ids().ty_once(ty)
    }

    fn tys(&self, cx: &Infer<'_>, tys: &[Ty]) -> Arc<[Ty]> {
        if tys.is_empty() {
            return Arc::default();
        }
        let types = tys.iter().map(|ty| self.ty(cx, ty)).collect();
        cx.db.ids().types_once(types)
    }

    fn callee(&mut self, cx: &mut Infer<'_>, callee: Callee) -> Callee {
        match callee {
            Callee::Fn(inst) => Callee::Fn(self.inst(cx, inst)),
            Callee::Local(id, args) => {
                let (_, count, first) = self.map[id.0 as usize];
                let args = if args.is_empty() {
                    (0..count).map(|i| Ty::Param(first + i)).collect()
                } else {
                    self.tys(cx, &args)
                };
                Callee::Local(id, args)
            }
            Callee::Method(mut method) => {
                method.self_ty = self.ty(cx, &method.self_ty);
                method.args = self.tys(cx, &method.args);
                method.name = cx.db.ids().name(&method.name);
                Callee::Method(method)
            }
            Callee::Dot(name) => Callee::Dot(cx.db.ids().name(&name)),
            Callee::Value(value) => Callee::Value(Box::new(self.expr(cx, *value))),
        }
    }

    fn inst(&mut self, cx: &Infer<'_>, inst: FnInst) -> FnInst {
        // A function of the group is called at the group's own parameters.
        let args = if cx.group.contains_key(&inst.id) {
            let params: Vec<Ty> = (0..self.type_params).map(Ty::Param).collect();
            self.tys(cx, &params)
        } else {
            self.tys(cx, &inst.args)
        };
        FnInst { id: inst.id, args }
    }

    #[allow(clippy::boxed_local, reason = "the tree holds boxes")]
    fn boxed(&mut self, cx: &mut Infer<'_>, e: Box<Expr>) -> Box<Expr> {
        Box::new(self.expr(cx, *e))
    }

    fn list(&mut self, cx: &mut Infer<'_>, items: Vec<Expr>) -> Vec<Expr> {
        exact(items.into_iter().map(|e| self.expr(cx, e)))
    }

    fn expr(&mut self, cx: &mut Infer<'_>, e: Expr) -> Expr {
        let (ty, span) = (self.ty(cx, &e.ty), e.span);
        let kind = match e.kind {
            ExprKind::Hole(number) => return self.hole(cx, number, span),
            kind @ (ExprKind::Literal(_)
            | ExprKind::Local(_)
            | ExprKind::Global(_)
            | ExprKind::Continue) => kind,
            ExprKind::FnValue(callee) => ExprKind::FnValue(self.callee(cx, callee)),
            ExprKind::Call(callee, args) => {
                let callee = self.callee(cx, callee);
                ExprKind::Call(callee, self.list(cx, args))
            }
            ExprKind::Prim(op, args) => ExprKind::Prim(op, self.list(cx, args)),
            ExprKind::Concat(items) => ExprKind::Concat(self.flat_concat(cx, items)),
            ExprKind::Construct { ctor, fields } => ExprKind::Construct {
                ctor,
                fields: self.list(cx, fields),
            },
            ExprKind::Tuple(items) => ExprKind::Tuple(self.list(cx, items)),
            ExprKind::Field(base, index) => ExprKind::Field(self.boxed(cx, base), index),
            ExprKind::DotField(base, name) => ExprKind::DotField(self.boxed(cx, base), name),
            ExprKind::Element(base, index) => ExprKind::Element(self.boxed(cx, base), index),
            ExprKind::Update(base, fields) => {
                let base = self.boxed(cx, base);
                let fields = fields.into_iter().map(|(at, e)| (at, self.expr(cx, e)));
                ExprKind::Update(base, exact(fields))
            }
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => ExprKind::If {
                condition: self.boxed(cx, condition),
                then: self.boxed(cx, then),
                otherwise: self.boxed(cx, otherwise),
            },
            ExprKind::Match { scrutinee, arms } => {
                let scrutinee = self.boxed(cx, scrutinee);
                let arms = exact(arms.into_iter().map(|arm| self.arm(cx, arm)));
                let cases = arms
                    .iter()
                    .map(|arm| (arm.pattern.clone(), arm.guard.is_some()))
                    .collect();
                self.matches.push((scrutinee.ty.clone(), cases, span));
                ExprKind::Match { scrutinee, arms }
            }
            ExprKind::Block(stmts, value) => {
                let stmts = exact(stmts.into_iter().map(|stmt| self.stmt(cx, stmt)));
                ExprKind::Block(stmts, self.boxed(cx, value))
            }
            ExprKind::Assign(local, value) => ExprKind::Assign(local, self.boxed(cx, value)),
            ExprKind::AssignField(base, index, value) => {
                let base = self.boxed(cx, base);
                ExprKind::AssignField(base, index, self.boxed(cx, value))
            }
            ExprKind::While { condition, body } => ExprKind::While {
                condition: self.boxed(cx, condition),
                body: self.boxed(cx, body),
            },
            ExprKind::ForRange {
                local,
                from,
                to,
                body,
            } => ExprKind::ForRange {
                local,
                from: self.boxed(cx, from),
                to: self.boxed(cx, to),
                body: self.boxed(cx, body),
            },
            ExprKind::ForList { local, list, body } => ExprKind::ForList {
                local,
                list: self.boxed(cx, list),
                body: self.boxed(cx, body),
            },
            ExprKind::Break(value) => ExprKind::Break(value.map(|v| self.boxed(cx, v))),
            ExprKind::Return(value) => ExprKind::Return(value.map(|v| self.boxed(cx, v))),
            ExprKind::Lambda(lambda) => {
                let Lambda {
                    params,
                    captures,
                    body,
                } = *lambda;
                ExprKind::Lambda(Box::new(Lambda {
                    params,
                    captures,
                    body: self.expr(cx, body),
                }))
            }
            ExprKind::Throw(value) => ExprKind::Throw(self.boxed(cx, value)),
            ExprKind::Try {
                body,
                arms,
                finally,
            } => ExprKind::Try {
                body: self.boxed(cx, body),
                arms: exact(arms.into_iter().map(|arm| {
                    let arm = self.arm(cx, arm);
                    doubts::catch(cx, &arm.pattern);
                    arm
                })),
                finally: finally.map(|e| self.boxed(cx, e)),
            },
            ExprKind::Receive { arms, after } => ExprKind::Receive {
                arms: exact(arms.into_iter().map(|arm| self.arm(cx, arm))),
                after: after
                    .map(|after| Box::new((self.expr(cx, after.0), self.expr(cx, after.1)))),
            },
        };
        Expr { kind, ty, span }
    }

    /// A chain of `++` joins once.
    fn flat_concat(&mut self, cx: &mut Infer<'_>, items: Vec<Expr>) -> Vec<Expr> {
        let mut out = Vec::new();
        for item in items {
            let item = self.expr(cx, item);
            match item.kind {
                ExprKind::Concat(inner) => out.extend(inner),
                _ => out.push(item),
            }
        }
        out.shrink_to_fit();
        out
    }

    fn hole(&mut self, cx: &mut Infer<'_>, number: u32, span: Span) -> Expr {
        let done = Hole::Done(Expr {
            kind: ExprKind::Literal(crate::hir::Literal::Unit),
            ty: Ty::Error,
            span,
        });
        match std::mem::replace(&mut cx.holes[number as usize], done) {
            Hole::Done(e) => self.expr(cx, e),
            Hole::Binary {
                op,
                lhs,
                rhs,
                ty,
                span,
            } => {
                let lhs = self.expr(cx, lhs);
                let rhs = self.expr(cx, rhs);
                let ty = self.ty(cx, &ty);
                cx.settled_binary(op, lhs, rhs, ty, span)
            }
            // Reported where it could not be decided.
            Hole::Call { ty, span, .. }
            | Hole::Value { ty, span }
            | Hole::Question { ty, span, .. }
            | Hole::Record { ty, span, .. }
            | Hole::Field { ty, span, .. } => {
                let ty = self.ty(cx, &ty);
                // What is no code has been reported by the parser, what is wrong beside it for its owner.
                let told = cx.members.iter().any(|m| !m.findings.is_empty());
                if !told && !has_error(&ty) {
                    cx.report(
                        span,
                        "Type annotation required: what this means is not known",
                    );
                }
                Expr {
                    kind: ExprKind::Literal(crate::hir::Literal::Unit),
                    ty,
                    span,
                }
            }
        }
    }

    fn arm(&mut self, cx: &mut Infer<'_>, arm: Arm) -> Arm {
        let mut pattern = self.pat(cx, arm.pattern);
        let guard = arm.guard.map(|g| self.boxed(cx, g));
        let body = self.expr(cx, arm.body);
        let any = arm.any || pattern.ty == Ty::Never;
        if any {
            if let PatKind::Bind(local, _) = pattern.kind {
                self.locals_never.push(local);
            }
            pattern.kind = PatKind::Wild;
        }
        Arm {
            pattern,
            any,
            guard,
            body,
        }
    }

    fn stmt(&mut self, cx: &mut Infer<'_>, stmt: Stmt) -> Stmt {
        match stmt {
            Stmt::Expr(e) => Stmt::Expr(self.expr(cx, e)),
            Stmt::Let {
                pattern,
                value,
                span,
            } => {
                let value = self.expr(cx, value);
                Stmt::Let {
                    pattern: self.pat(cx, pattern),
                    value,
                    span,
                }
            }
            Stmt::LocalFn(id) => Stmt::LocalFn(id),
        }
    }

    fn pat(&mut self, cx: &mut Infer<'_>, pat: Pat) -> Pat {
        let ty = self.ty(cx, &pat.ty);
        let kind = match pat.kind {
            kind @ (PatKind::Wild | PatKind::Literal(_) | PatKind::Range(..)) => kind,
            // A part of a message that nobody looks at.
            PatKind::Bind(local, None) if ty == Ty::Never => {
                self.locals_never.push(local);
                PatKind::Wild
            }
            PatKind::Bind(local, inner) => {
                PatKind::Bind(local, inner.map(|p| Box::new(self.pat(cx, *p))))
            }
            PatKind::Tuple(items) => {
                PatKind::Tuple(exact(items.into_iter().map(|p| self.pat(cx, p))))
            }
            PatKind::Ctor(ctor, items) => {
                PatKind::Ctor(ctor, exact(items.into_iter().map(|p| self.pat(cx, p))))
            }
            PatKind::Or(items) => PatKind::Or(exact(items.into_iter().map(|p| self.pat(cx, p)))),
            PatKind::Test(local, test) => PatKind::Test(local, self.boxed(cx, test)),
            PatKind::View(local, value, inner) => {
                let value = self.boxed(cx, value);
                PatKind::View(local, value, Box::new(self.pat(cx, *inner)))
            }
        };
        Pat {
            kind,
            ty,
            span: pat.span,
        }
    }
}

fn check_matches(cx: &mut Infer<'_>, matches: &[Cases], warnings: &mut Vec<Finding>) {
    let (db, project) = (cx.db, cx.project);
    let def = |id| type_info(db, project, id).def.clone();
    let types = exhaustive::Types {
        def: &def,
        list: Some(cx.known.list),
    };
    for (ty, cases, span) in matches {
        if has_error(ty) {
            continue;
        }
        let rows: Vec<exhaustive::Row<'_>> = cases
            .iter()
            .map(|(pattern, guarded)| exhaustive::Row {
                pattern,
                guarded: *guarded,
            })
            .collect();
        let report = exhaustive::analyse(&types, ty, &rows);
        if let Some(missing) = report.missing {
            // Mark the head, not the whole of it.
            let end = cases.first().map_or(span.end, |(pattern, _)| {
                pattern.span.start.max(span.start + 1)
            });
            let marked = Span {
                start: span.start,
                end: end.min(span.end).max(span.start + 1),
            };
            cx.report_hint(
                marked,
                "non-exhaustive match",
                Some(format!("missing: {missing}")),
            );
        }
        for index in report.redundant {
            warnings.push(Finding::new(
                cases[index].0.span,
                "this case is never reached",
            ));
        }
    }
}
