//! Groups of definitions: set-up, generalisation, results; signatures; expressions by themselves.

use super::uses::Uses;
use super::{Infer, Member, MonoSig, finish, unify};
use crate::db::FnNode;
use crate::db::{Db, Project, fn_module, function, main_part};
use crate::hir::{Body, Expr, ExprKind, Span};
use crate::ids::{Container, FnKey, ModuleId, Part};
use crate::lower::outline::whole;
use crate::raw::{self, FunctionKind, Name};
use crate::scc::group_of;
use crate::signature::{
    Constraint, DefaultFn, Header, ParamSig, Signature, declared_signature, header, impl_info,
    trait_info,
};
use crate::ty::{FnId, Ty};
use crate::types::Finding;
use std::sync::Arc;

/// One function's outcome.
#[derive(Clone, PartialEq, Debug)]
pub struct FnResult {
    /// Which.
    pub id: FnId,
    /// What callers see.
    pub signature: Arc<Signature>,
    /// Its body; none when it has none or errors were found.
    pub body: Option<Arc<Body>>,
    /// What could be understood of a body in which errors were found, for editors: holes and [`Ty::Error`] may stand in it.
    pub sketch: Option<Arc<Body>>,
    /// What is known at the place that [`crate::query::PROBE`] marks, if it stands in the body.
    pub probe: Option<Arc<crate::query::Probe>>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is odd but runs.
    pub warnings: Vec<Finding>,
}

/// A group's outcome.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupResult {
    /// In the order of the group.
    pub fns: Vec<FnResult>,
}

/// Infers the group whose first member is `first`.
pub fn infer_group(db: &dyn Db, _: Project, first: FnId) -> Arc<GroupResult> {
    infer_group_at(db, db.fn_node(first))
}

#[salsa::tracked(returns(clone))]
fn infer_group_at(db: &dyn Db, node: FnNode) -> Arc<GroupResult> {
    let (project, first) = (db.project(), node.id(db));
    let group = group_of(db, project, first);
    Arc::new(GroupResult {
        fns: run(db, project, &group, Uses::Fix),
    })
}

/// The same, while it is found out what uses make of values.
#[salsa::tracked(returns(clone))]
fn infer_open_group_at(db: &dyn Db, node: FnNode) -> Arc<GroupResult> {
    let (project, first) = (db.project(), node.id(db));
    let group = group_of(db, project, first);
    Arc::new(GroupResult {
        fns: run(db, project, &group, Uses::Open),
    })
}

/// What callers see of a function.
pub fn signature(db: &dyn Db, _: Project, id: FnId) -> Arc<Signature> {
    signature_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn signature_at(db: &dyn Db, node: FnNode) -> Arc<Signature> {
    find_signature(db, node, Uses::Fix)
}

#[salsa::tracked(returns(clone))]
fn open_signature_at(db: &dyn Db, node: FnNode) -> Arc<Signature> {
    find_signature(db, node, Uses::Open)
}

/// What callers see of a function; where uses are left open, values may have type parameters.
pub(super) fn signature_where(db: &dyn Db, id: FnId, uses: Uses) -> Arc<Signature> {
    match uses {
        Uses::Fix => signature_at(db, db.fn_node(id)),
        Uses::Open => open_signature_at(db, db.fn_node(id)),
    }
}

fn find_signature(db: &dyn Db, node: FnNode, uses: Uses) -> Arc<Signature> {
    let (project, id) = (db.project(), node.id(db));
    let Some(head) = header(db, project, id) else {
        return Arc::new(no_signature());
    };
    if let Some(of_trait) = trait_signature(db, project, id, &head, uses) {
        return of_trait;
    }
    if head.complete() {
        return Arc::new(declared_signature(&head));
    }
    let first = db.fn_node(group_of(db, project, id)[0]);
    let result = match uses {
        Uses::Fix => infer_group_at(db, first),
        Uses::Open => infer_open_group_at(db, first),
    };
    result
        .fns
        .iter()
        .find(|f| f.id == id)
        .map_or_else(|| Arc::new(no_signature()), |f| f.signature.clone())
}

fn no_signature() -> Signature {
    Signature {
        type_params: 0,
        params: Vec::new(),
        result: Ty::Error,
        constraints: Vec::new(),
        value: false,
        names: Vec::new(),
    }
}

/// The method of a trait that a method of an impl implements, the type, what the trait's parameters are, and how many the impl has.
fn implemented(db: &dyn Db, project: Project, id: FnId) -> Option<(FnId, Ty, Vec<Ty>, u32)> {
    let key = db.ids().fn_key(id);
    let Container::Impl(of) = key.container else {
        return None;
    };
    if key.part != Part::Main {
        return None;
    }
    let info = impl_info(db, project, of);
    info.traits.iter().find_map(|of| {
        let info_trait = trait_info(db, project, *of);
        let method = info_trait
            .methods
            .iter()
            .find(|m| m.name == key.name && m.arity == key.arity)?;
        let args = info.args_of(*of).to_vec();
        Some((
            method.id,
            info.target.clone(),
            args,
            info.params.len() as u32,
        ))
    })
}

/// `<` and its like in an impl of Ord, `!=` in one of Eq: not declared by the trait, but known.
fn own_operator(db: &dyn Db, project: Project, id: FnId, head: &Header) -> Option<Signature> {
    let key = db.ids().fn_key(id);
    let Container::Impl(of) = key.container else {
        return None;
    };
    let known = crate::types::known(db, project);
    let of_trait = match &*key.name {
        "<" | "<=" | ">" | ">=" => known.ord,
        "!=" => known.eq,
        _ => return None,
    };
    let info = impl_info(db, project, of);
    if key.part != Part::Main || key.arity != 2 || !info.traits.contains(&of_trait) {
        return None;
    }
    let param = |at: usize| ParamSig {
        name: head.params.get(at).and_then(|p| p.name.clone()),
        ty: info.target.clone(),
        default: None,
    };
    let conditions = info.conditions.iter();
    Some(Signature {
        type_params: info.params.len() as u32,
        params: vec![param(0), param(1)],
        result: Ty::Bool,
        constraints: conditions
            .map(|(ty, of)| Constraint::Trait(ty.clone(), *of))
            .collect(),
        value: false,
        names: info.params.clone(),
    })
}

/// A method of an impl has the type its trait gives it.
fn trait_signature(
    db: &dyn Db,
    project: Project,
    id: FnId,
    head: &Header,
    uses: Uses,
) -> Option<Arc<Signature>> {
    if let Some(operator) = own_operator(db, project, id, head) {
        return Some(Arc::new(operator));
    }
    let (method, target, trait_args, impl_params) = implemented(db, project, id)?;
    let of_trait = signature_where(db, method, uses);
    // `Self` becomes the target, the method's own parameters follow those of the impl.
    let mut args = vec![target];
    args.extend(trait_args);
    let outer = args.len() as u32;
    args.extend(
        (outer..of_trait.type_params.max(outer)).map(|i| Ty::Param(impl_params + i - outer)),
    );
    let at = |ty: &Ty| unify::instantiate(ty, 0, &args);
    let params = of_trait
        .params
        .iter()
        .enumerate()
        .map(|(i, p)| ParamSig {
            name: p.name.clone(),
            ty: at(&p.ty),
            default: head
                .params
                .get(i)
                .and_then(|own| own.default)
                .map(DefaultFn::Fn)
                .or(p.default),
        })
        .collect();
    let mut constraints: Vec<Constraint> = head
        .bounds
        .iter()
        .filter(|(ty, _)| matches!(ty, Ty::Param(i) if *i < impl_params))
        .map(|(ty, of)| Constraint::Trait(ty.clone(), *of))
        .collect();
    constraints.extend(
        crate::signature::args_constraints(&head.bound_args)
            .filter(|c| matches!(c, Constraint::TraitArgs(Ty::Param(i), ..) if *i < impl_params)),
    );
    for constraint in of_trait.constraints.iter().skip(1) {
        match constraint {
            Constraint::Trait(ty, of) => constraints.push(Constraint::Trait(at(ty), *of)),
            Constraint::TraitArgs(ty, of, args) if *ty != Ty::Param(0) => constraints.push(
                Constraint::TraitArgs(at(ty), *of, args.iter().map(at).collect()),
            ),
            _ => {}
        }
    }
    let mut names: Vec<Name> = head
        .names
        .iter()
        .take(impl_params as usize)
        .cloned()
        .collect();
    names.extend(of_trait.names.iter().skip(outer as usize).cloned());
    Some(Arc::new(Signature {
        type_params: impl_params + of_trait.type_params.saturating_sub(outer),
        params,
        result: at(&of_trait.result),
        constraints,
        value: false,
        names,
    }))
}

/// The raw function that is inferred for a number: for a default, its expression.
fn raw_of(db: &dyn Db, project: Project, id: FnId) -> Option<Arc<raw::Function>> {
    let def = whole(&function(db, project, main_part(db, id))?);
    let Part::Default(at) = db.ids().fn_key(id).part else {
        return Some(def);
    };
    let value = def
        .clauses
        .iter()
        .find_map(|clause| clause.params.get(at as usize)?.default.clone())?;
    let span = value.span;
    let clause = raw::Clause {
        params: Vec::new(),
        guard: None,
        result: None,
        body: Some(value),
        span,
    };
    Some(Arc::new(raw::Function {
        name: def.name.clone(),
        name_span: span,
        type_params: Vec::new(),
        signature: None,
        clauses: vec![clause],
        kind: FunctionKind::Function,
        span,
        left_out: None,
    }))
}

/// A group whose members have been looked at, but for what is left over.
pub(super) struct Inferred<'db> {
    pub cx: Infer<'db>,
    pub heads: Vec<Option<Arc<Header>>>,
    results: Vec<finish::Open>,
    rigid: u32,
    declared: bool,
}

fn run(db: &dyn Db, project: Project, group: &[FnId], uses: Uses) -> Vec<FnResult> {
    let finished = |mut inferred: Inferred<'_>| {
        finish::group(
            &mut inferred.cx,
            group,
            &inferred.heads,
            inferred.results,
            inferred.rigid,
            inferred.declared,
        )
    };
    let first = finished(infer_members(db, project, group, uses, None));
    // Recursion at other types than its own is what a signature allows: its variables are parameters then, if that is right.
    if let [id] = group
        && first.iter().any(|f| !f.findings.is_empty())
        && let Some(written) = written_signature(db, project, *id)
    {
        let again = finished(infer_members(db, project, group, uses, Some(written)));
        if again.iter().all(|f| f.findings.is_empty()) {
            return again;
        }
    }
    first
}

/// The signature of a function all of whose types are written, with variables that no list declares.
fn written_signature(db: &dyn Db, project: Project, id: FnId) -> Option<Arc<Signature>> {
    let head = header(db, project, id)?;
    let all = head.result.is_some() && head.params.iter().all(|p| p.ty.is_some());
    (all && !head.complete() && !head.value).then(|| Arc::new(declared_signature(&head)))
}

/// Infers the bodies of a group.
pub(super) fn infer_members<'db>(
    db: &'db dyn Db,
    project: Project,
    group: &[FnId],
    uses: Uses,
    taken: Option<Arc<Signature>>,
) -> Inferred<'db> {
    let module = group
        .first()
        .and_then(|id| fn_module(db, project, *id))
        .map_or(db.ids().module(""), |m| m.0);
    let mut cx = Infer::new(db, project, module);
    cx.uses = uses;
    cx.taken = taken.clone().map(|signature| (group[0], signature));
    cx.members = Vec::new();
    let mut heads = Vec::new();
    for id in group {
        let head = header(db, project, *id);
        let module = head.as_ref().map(|h| h.module);
        cx.members.push(Member {
            owner: Some(*id),
            module,
            ..Member::default()
        });
        heads.push(head);
    }
    let single = group.len() == 1;
    let mut rigid = 0;
    let mut declared = Vec::new();
    for (at, (id, head)) in group.iter().zip(&heads).enumerate() {
        let Some(head) = head else { continue };
        cx.at = at;
        let known = trait_signature(db, project, *id, head, uses)
            .or_else(|| head.complete().then(|| Arc::new(declared_signature(head))))
            .or_else(|| taken.clone());
        let vars: Vec<Ty> = (0..head.type_params)
            .map(|i| {
                if known.is_some() || (single && i < head.declared) {
                    Ty::Param(i)
                } else {
                    cx.fresh()
                }
            })
            .collect();
        if known.is_none() {
            let ty = |ty: &Option<Ty>, cx: &mut Infer<'_>| match ty {
                Some(ty) => unify::instantiate(ty, 0, &vars),
                None => cx.fresh(),
            };
            let params: Vec<ParamSig> = head
                .params
                .iter()
                .map(|p| ParamSig {
                    name: p.name.clone(),
                    ty: ty(&p.ty, &mut cx),
                    default: p.default.map(DefaultFn::Fn),
                })
                .collect();
            let result = ty(&head.result, &mut cx);
            cx.group.insert(
                *id,
                MonoSig {
                    params,
                    result,
                    value: head.value,
                },
            );
        }
        if single {
            rigid = known.as_ref().map_or(head.declared, |k| k.type_params);
        }
        declared.push((vars, known));
    }
    let mut results = Vec::new();
    for (at, (id, head)) in group.iter().zip(&heads).enumerate() {
        cx.enter(at);
        let (Some(head), Some(raw)) = (head, raw_of(db, project, *id)) else {
            continue;
        };
        let (vars, known) = &declared[at];
        if raw.clauses.iter().all(|clause| clause.body.is_some()) {
            let (params, result) = match known {
                Some(known) => (known.params.clone(), known.result.clone()),
                None => {
                    let mono = cx.group[id].clone();
                    (mono.params, mono.result)
                }
            };
            cx.bounds = head.bounds.clone();
            cx.bound_args = head.bound_args.clone();
            if let Some(known) = known {
                cx.param_names = known.names.clone();
                cx.bounds
                    .extend(known.constraints.iter().filter_map(|c| match c {
                        Constraint::Trait(ty, of) => Some((ty.clone(), *of)),
                        _ => None,
                    }));
                cx.bound_args
                    .extend(known.constraints.iter().filter_map(|c| match c {
                        Constraint::TraitArgs(ty, of, args) => {
                            Some((ty.clone(), *of, args.clone()))
                        }
                        _ => None,
                    }));
            } else {
                cx.param_names = head
                    .names
                    .iter()
                    .take(head.declared as usize)
                    .cloned()
                    .collect();
                // Parameters that are variables in this group bring their bounds as goals.
                for (ty, of) in &head.bounds {
                    let ty = unify::instantiate(ty, 0, vars);
                    if matches!(ty, Ty::Infer(_)) {
                        cx.later(super::Goal::Trait { ty, of: *of }, raw.name_span, None);
                    }
                }
                for (ty, of, args) in &head.bound_args {
                    let at = |ty: &Ty| unify::instantiate(ty, 0, vars);
                    let (ty, args) = (at(ty), args.iter().map(at).collect());
                    if matches!(ty, Ty::Infer(_)) {
                        let goal = super::Goal::TraitArgs { ty, of: *of, args };
                        cx.later(goal, raw.name_span, None);
                    }
                }
            }
            cx.self_ty = head
                .self_ty
                .as_ref()
                .map(|ty| unify::instantiate(ty, 0, vars));
            cx.type_names = head
                .names
                .iter()
                .cloned()
                .zip(vars.iter().cloned())
                .collect();
            // An impl may name its method's type parameters as it likes.
            let types: Vec<Ty> = params.iter().map(|p| p.ty.clone()).collect();
            check_head(&mut cx, head, &types, &result, vars, &raw);
            let (params, value) = cx.clauses(&raw, &types, &result);
            results.push((at, params, value, result, types));
        }
    }
    let single_known = declared.first().is_some_and(|(_, known)| known.is_some());
    Inferred {
        cx,
        heads,
        results,
        rigid,
        declared: single && single_known,
    }
}

/// The annotations of an impl's method agree with its trait.
fn check_head(
    cx: &mut Infer<'_>,
    head: &Header,
    types: &[Ty],
    result: &Ty,
    vars: &[Ty],
    raw: &raw::Function,
) {
    if !matches!(head.container, Container::Impl(_)) {
        return;
    }
    for ((param, ty), written) in head.params.iter().zip(types).zip(&raw.clauses[0].params) {
        if let Some(own) = &param.ty {
            let own = unify::instantiate(own, 0, vars);
            cx.expect(ty, &own, written.pattern.span);
        }
    }
    if let Some(own) = &head.result {
        let own = unify::instantiate(own, 0, vars);
        cx.expect(result, &own, raw.name_span);
    }
}

/// Checks a text against a module's names and some locals. For the REPL, the debugger and the entry.
pub fn expression(
    db: &dyn Db,
    project: Project,
    module: ModuleId,
    owner: FnId,
    locals: &[(Name, Ty)],
    value: &raw::Expr,
    shown: bool,
) -> Result<Body, Vec<Finding>> {
    let mut cx = Infer::new(db, project, module);
    cx.members[0].owner = Some(owner);
    cx.members[0].module = Some(module);
    let params: Vec<crate::hir::LocalId> = locals
        .iter()
        .map(|(name, ty)| {
            let local = cx.new_local(name.clone(), ty.clone(), false, Span::default());
            cx.bind_name(name.clone(), super::Binding::Local(local));
            local
        })
        .collect();
    // A text may bind names that are there already.
    cx.me().depth = 1;
    let result = cx.fresh();
    cx.me().returns.push(result.clone());
    let mut body = cx.check(value, &result);
    if shown {
        cx.solve();
        if !matches!(cx.table.shallow(&body.ty), Ty::Unit | Ty::Error) {
            body = cx.shown(body, "showInside");
        }
    }
    let ty = body.ty.clone();
    finish::expression(&mut cx, owner, params, body, ty)
}

/// The body that runs `main`: calls it with the arguments if it takes them, prints its result unless that is unit.
pub fn entry(db: &dyn Db, project: Project, main: FnId) -> Result<Body, Vec<Finding>> {
    let sig = signature(db, project, main);
    let module = fn_module(db, project, main).map_or(db.ids().module(""), |m| m.0);
    let mut cx = Infer::new(db, project, module);
    let owner = db.ids().function(FnKey {
        part: Part::Entry,
        ..db.ids().fn_key(main)
    });
    cx.members[0].owner = Some(owner);
    let span = Span::default();
    let mut args = Vec::new();
    if sig.params.len() == 1 && sig.params[0].default.is_none() {
        let levels = crate::db::module_scope(db, project, db.ids().module("std.env.Env"));
        let head = levels
            .values
            .get("args")
            .and_then(|heads| heads.first())
            .cloned()
            .or_else(|| {
                let target = crate::resolve::find_module(db, project, module, &["Env".into()])?;
                let crate::resolve::Target::Module(env) = target else {
                    return None;
                };
                crate::resolve::module_values(db, project, env, "args".into())
                    .first()
                    .cloned()
            })
            .ok_or_else(|| vec![Finding::new(span, "the library has no `Env.args`")])?;
        let (inst, _, result) = cx.instantiate_fn(&head, "args", span);
        args.push(Expr {
            kind: ExprKind::Call(crate::hir::Callee::Fn(inst), Vec::new()),
            ty: result,
            span,
        });
    }
    let (inst, params, result) = cx.instantiate_id(main, "main", span, &[]);
    for (param, arg) in params.iter().zip(&args) {
        cx.expect(&param.ty, &arg.ty, span);
    }
    let call = Expr {
        kind: ExprKind::Call(crate::hir::Callee::Fn(inst), args),
        ty: result.clone(),
        span,
    };
    cx.solve();
    let is_test =
        function(db, project, main).is_some_and(|def| matches!(def.kind, FunctionKind::Test(_)));
    let value = match cx.table.shallow(&result) {
        Ty::Bool if is_test => {
            return finish::expression(&mut cx, owner, Vec::new(), call, Ty::Bool);
        }
        _ if is_test => cx.dropped(call),
        Ty::Unit | Ty::Infer(_) => cx.dropped(call),
        _ => {
            let text = cx.shown(call, "showInside");
            let print = crate::hir::FnInst {
                id: crate::signature::intrinsic_fn(db, "printlnString"),
                args: [].into(),
            };
            Expr {
                kind: ExprKind::Call(crate::hir::Callee::Fn(print), vec![text]),
                ty: Ty::Unit,
                span,
            }
        }
    };
    finish::expression(&mut cx, owner, Vec::new(), value, Ty::Unit)
}
