//! What definitions say about themselves in their heads: headers of functions, traits, impls; and the signatures that callers see.

use crate::db::FnNode;
use crate::db::ImplNode;
use crate::db::TraitNode;
use crate::db::{
    Db, Project, fn_module, function, impl_item, main_part, members, project_scope, trait_item,
};
use crate::ids::{Container, FnKey, ImplId, ModuleId, Part};
use crate::raw::{FunctionKind, Name, TraitRef, TypeExpr, TypeKind, TypeParam};
use crate::resolve::{self, Target};
use crate::ty::{FileId, FnId, TraitId, Ty};
use crate::types::{Finding, TypeLower, Variables, known};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What must hold of the types a function is used at.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Constraint {
    /// The type implements the trait.
    Trait(Ty, TraitId),
    /// `args[0].name(args…)`, also `name(args…)`, means something in the scope of `owner` and gives `result`. `[]` is indexing.
    Dot {
        name: Name,
        args: Vec<Ty>,
        result: Ty,
        owner: FnId,
    },
    /// The type implements a trait of several parameters at these.
    TraitArgs(Ty, TraitId, Vec<Ty>),
    /// The record has this field.
    Field {
        base: Ty,
        name: Name,
        result: Ty,
        owner: FnId,
    },
}

/// The function without parameters that gives a default, called anew at each call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DefaultFn {
    /// Of a definition.
    Fn(FnId),
    /// Of a local function.
    Local(crate::hir::LocalFnId),
}

/// A parameter as callers see it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ParamSig {
    /// For named arguments.
    pub name: Option<Name>,
    /// Its type.
    pub ty: Ty,
    /// The function that gives its default.
    pub default: Option<DefaultFn>,
}

/// A function as callers see it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// `Param(i)` occurs for `i <` this.
    pub type_params: u32,
    /// Parameters.
    pub params: Vec<ParamSig>,
    /// Result.
    pub result: Ty,
    /// What must hold.
    pub constraints: Vec<Constraint>,
    /// A module-level value.
    pub value: bool,
    /// Names of the declared type parameters, for messages.
    pub names: Vec<Name>,
}

/// A parameter as its definition writes it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ParamHead {
    /// For named arguments.
    pub name: Option<Name>,
    /// Its annotated type.
    pub ty: Option<Ty>,
    /// The function that gives its default.
    pub default: Option<FnId>,
}

/// The head of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Type parameters: the container's, declared ones, then lower-case names.
    pub type_params: u32,
    /// How many of them are declared, and so rigid.
    pub declared: u32,
    /// Their names.
    pub names: Vec<Name>,
    /// Parameters.
    pub params: Vec<ParamHead>,
    /// Annotated result.
    pub result: Option<Ty>,
    /// Declared bounds.
    pub bounds: Vec<(Ty, TraitId)>,
    /// What the parameters of traits among them stand for.
    pub bound_args: Vec<BoundArgs>,
    /// A module-level value.
    pub value: bool,
    /// What it stands in.
    pub container: Container,
    /// Where names in its body are looked up.
    pub module: ModuleId,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What `Self` is in it.
    pub self_ty: Option<Ty>,
}

impl Header {
    /// Everything is annotated with declared types: callers need not look into the body.
    pub fn complete(&self) -> bool {
        self.type_params == self.declared
            && self.result.is_some()
            && self.params.iter().all(|p| p.ty.is_some())
    }
}

/// A type, a trait it implements, and what the trait's own parameters are then. A type implements a trait at most once, so it tells them.
pub type BoundArgs = (Ty, TraitId, Vec<Ty>);

/// Resolves the traits behind a colon.
fn bound(
    db: &dyn Db,
    project: Project,
    module: ModuleId,
    written: &TraitRef,
    findings: &mut Vec<Finding>,
) -> Option<TraitId> {
    let TraitRef { path, span, .. } = written;
    let (name, modules) = path.split_last()?;
    let found = if modules.is_empty() {
        resolve::trait_named(db, project, module, name.clone())
    } else {
        let target = resolve::find_module(db, project, module, modules);
        let private =
            target.and_then(|target| crate::types::hidden_module(db, project, module, target));
        if let Some(private) = private {
            findings.push(Finding::new(*span, private));
            return None;
        }
        match target.and_then(|target| {
            resolve::module_trait(db, project, target, name).map(|found| (target, found))
        }) {
            Some((target, (id, public))) => {
                if !public
                    && !matches!(target, Target::Module(of) if resolve::can_see(db, module, of))
                {
                    findings.push(Finding::new(
                        *span,
                        format!("`{name}` is private in module `{}`", modules.join(".")),
                    ));
                }
                Some(id)
            }
            None => None,
        }
    };
    let Some(found) = found else {
        let visible = resolve::visible_traits(db, project, module);
        findings.push(Finding {
            span: *span,
            message: format!("unknown trait `{}`", path.join(".")),
            hint: resolve::did_you_mean(name, visible.iter().map(|n| &**n))
                .map(|n| format!("did you mean `{n}`?")),
        });
        return None;
    };
    let params = trait_params(db, project, found).len();
    if params != written.args.len() {
        findings.push(Finding::new(
            *span,
            format!(
                "Wrong number of type arguments: the trait `{name}` takes {params}, found {}",
                written.args.len()
            ),
        ));
    }
    Some(found)
}

/// The names of a trait's own parameters.
fn trait_params(db: &dyn Db, project: Project, id: TraitId) -> Vec<Name> {
    let item = trait_item(db, project, id);
    item.map_or_else(Vec::new, |(item, ..)| {
        item.params.iter().map(|p| p.name.clone()).collect()
    })
}

fn bounds(
    db: &dyn Db,
    project: Project,
    module: ModuleId,
    params: &[TypeParam],
    lower: &mut TypeLower<'_>,
) -> (Vec<(Ty, TraitId)>, Vec<BoundArgs>) {
    let (mut out, mut with_args) = (Vec::new(), Vec::new());
    for param in params {
        let Some((_, ty)) = lower
            .names
            .iter()
            .find(|(name, _)| *name == param.name)
            .cloned()
        else {
            lower.findings.push(Finding::new(
                param.span,
                format!("unknown type parameter `{}`", param.name),
            ));
            continue;
        };
        for path in &param.bounds {
            if let Some(of) = bound(db, project, module, path, &mut lower.findings) {
                out.push((ty.clone(), of));
                if !path.args.is_empty() {
                    let args = path.args.iter().map(|arg| lower.lower(arg)).collect();
                    with_args.push((ty.clone(), of, args));
                }
            }
        }
    }
    (out, with_args)
}

/// The head of a function, method, value or default.
pub fn header(db: &dyn Db, _: Project, id: FnId) -> Option<Arc<Header>> {
    header_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn header_at(db: &dyn Db, node: FnNode) -> Option<Arc<Header>> {
    let (project, id) = (db.project(), node.id(db));
    let key = db.ids().fn_key(id);
    if key.part == Part::Intrinsic {
        return intrinsic(db, project, &key.name).map(Arc::new);
    }
    let def = function(db, project, main_part(db, id))?;
    let (module, _) = fn_module(db, project, id)?;
    if let Part::Default(at) = key.part {
        // A default is a function of its own; it does not know the type parameters around it.
        let around = header(db, project, main_part(db, id));
        let written = around
            .as_ref()
            .and_then(|h| h.params.get(at as usize)?.ty.clone());
        return Some(Arc::new(Header {
            type_params: 0,
            declared: 0,
            names: Vec::new(),
            params: Vec::new(),
            result: written.filter(|ty| !ty.is_open() && *ty != Ty::Error),
            bounds: Vec::new(),
            bound_args: Vec::new(),
            value: false,
            container: key.container.clone(),
            module,
            findings: Vec::new(),
            self_ty: None,
        }));
    }
    let mut lower = TypeLower::new(db, project, module, Variables::Lower);
    let (mut inherited, mut inherited_args) = (Vec::new(), Vec::new());
    match &key.container {
        Container::Module(_) => {}
        Container::Trait(of) => {
            let self_ty = lower.declare("Self".into());
            inherited.push((self_ty.clone(), *of));
            lower.self_ty = Some(self_ty.clone());
            let names = trait_params(db, project, *of);
            if !names.is_empty() {
                let args = names.into_iter().map(|name| lower.declare(name)).collect();
                inherited_args.push((self_ty, *of, args));
            }
        }
        Container::Impl(of) => {
            let info = impl_info(db, project, *of);
            for name in &info.params {
                lower.declare(name.clone());
            }
            lower.self_ty = Some(info.target.clone());
            inherited.extend(info.conditions.iter().cloned());
            inherited_args.extend(info.condition_args.iter().cloned());
        }
    }
    for param in &def.type_params {
        lower.declare(param.name.clone());
    }
    let (mut bounds, mut bound_args) = bounds(db, project, module, &def.type_params, &mut lower);
    bounds.splice(0..0, inherited);
    bound_args.splice(0..0, inherited_args);
    let declared = lower.next;
    let default_of = |at: usize| {
        db.ids().function(FnKey {
            part: Part::Default(at as u32),
            ..key.clone()
        })
    };
    let mut params = Vec::new();
    let mut result;
    let is_extern = matches!(def.kind, FunctionKind::Extern(_));
    if let Some(TypeExpr {
        kind: TypeKind::Fn(types, written),
        ..
    }) = def
        .signature
        .as_ref()
        .filter(|_| def.kind == FunctionKind::Function)
    {
        if types.len() != def.arity() {
            lower.findings.push(Finding::new(
                def.name_span,
                format!(
                    "Wrong number of arguments: the signature of `{}` has {}, the definition {}",
                    def.name,
                    types.len(),
                    def.arity()
                ),
            ));
        }
        for (at, param) in def.clauses[0].params.iter().enumerate() {
            let ty = types.get(at).map(|ty| lower.lower(ty));
            params.push(ParamHead {
                name: param.name().cloned(),
                ty,
                default: param.default.is_some().then(|| default_of(at)),
            });
        }
        result = Some(lower.lower(written));
    } else {
        for at in 0..def.arity() {
            let written = def
                .clauses
                .iter()
                .find_map(|clause| clause.params.get(at)?.ty.as_ref());
            let name = def
                .clauses
                .iter()
                .find_map(|clause| clause.params.get(at)?.name())
                .cloned();
            let ty = match written {
                Some(written) => Some(lower.lower(written)),
                None if name.as_deref() == Some("self") && lower.self_ty.is_some() => {
                    lower.self_ty.clone()
                }
                None => None,
            };
            let has_default = def
                .clauses
                .iter()
                .any(|clause| clause.params.get(at).is_some_and(|p| p.default.is_some()));
            params.push(ParamHead {
                name,
                ty,
                default: has_default.then(|| default_of(at)),
            });
        }
        let written = def.clauses.iter().find_map(|clause| clause.result.as_ref());
        result = match (written, &def.signature) {
            (Some(written), _) => Some(lower.lower(written)),
            (None, Some(signature)) => Some(lower.lower(signature)),
            (None, None) if is_extern => Some(Ty::Unit),
            (None, None) => None,
        };
    }
    if let (Container::Trait(_), None) = (&key.container, def.clauses[0].body.as_ref()) {
        // No body can tell the types of a method that is only declared.
        for (param, raw) in params.iter_mut().zip(&def.clauses[0].params) {
            if param.ty.is_none() {
                lower.findings.push(Finding::new(
                    raw.pattern.span,
                    "Type annotation required for a method of a trait",
                ));
                param.ty = Some(Ty::Error);
            }
        }
        if result.is_none() {
            result = Some(Ty::Unit);
        }
    }
    if is_extern {
        for (param, raw) in params.iter_mut().zip(&def.clauses[0].params) {
            if param.ty.is_none() {
                lower.findings.push(Finding::new(
                    raw.pattern.span,
                    "Type annotation required for a parameter of an extern function",
                ));
                param.ty = Some(Ty::Error);
            }
        }
    }
    if let FunctionKind::Extern(library) = &def.kind
        && **library != *"nostos"
    {
        foreign_types(&def, &params, result.as_ref(), &mut lower.findings);
    }
    params.shrink_to_fit();
    // Lower-case variables of what has no body to be inferred from are parameters like declared ones.
    let bodiless = is_extern || def.clauses[0].body.is_none();
    let declared = if bodiless { lower.next } else { declared };
    Some(Arc::new(Header {
        type_params: lower.next,
        declared,
        names: lower.names.iter().map(|(name, _)| name.clone()).collect(),
        params,
        result,
        bounds,
        bound_args,
        value: matches!(def.kind, FunctionKind::Value | FunctionKind::Mvar)
            && key.part == Part::Main,
        container: key.container.clone(),
        module,
        findings: lower.findings,
        self_ty: lower.self_ty,
    }))
}

/// What can be passed to C: integers, `Float`, `Float32`, `Bool`, `Char`, texts (as copies that end with NUL); addresses are `Int`s.
fn foreign_types(
    def: &crate::raw::Function,
    params: &[ParamHead],
    result: Option<&Ty>,
    findings: &mut Vec<Finding>,
) {
    let passes = |ty: &Ty| {
        matches!(
            ty,
            Ty::Int(_) | Ty::Float | Ty::Float32 | Ty::Bool | Ty::Char | Ty::String | Ty::Error
        )
    };
    for (param, raw) in params.iter().zip(&def.clauses[0].params) {
        if param.ty.as_ref().is_some_and(|ty| !passes(ty)) {
            findings.push(Finding::new(
                raw.pattern.span,
                "type mismatch: C functions take integers, floats, Bool, Char and String (addresses are Ints)",
            ));
        }
    }
    let floats = params
        .iter()
        .filter(|p| matches!(p.ty, Some(Ty::Float | Ty::Float32)))
        .count();
    if floats > 8 || params.len() - floats > 6 {
        findings.push(Finding::new(
            def.name_span,
            "Wrong number of arguments: at most 6 that are no Floats and 8 Floats can be passed to C",
        ));
    }
    if result.is_some_and(|ty| !passes(ty) && *ty != Ty::Unit) {
        findings.push(Finding::new(
            def.name_span,
            "type mismatch: C functions give an integer, a float, Bool, Char, String or ()",
        ));
    }
}

/// Functions of codegen that the checker itself calls.
fn intrinsic(db: &dyn Db, project: Project, name: &str) -> Option<Header> {
    let known = known(db, project);
    let t = Ty::Param(0);
    let thunk = Ty::Fn([].into(), Arc::new(t.clone()));
    let (type_params, params, result, bounds) = match name {
        "show" | "showInside" => (1, vec![t.clone()], Ty::String, vec![(t, known.show)]),
        "send" => (1, vec![Ty::Pid, t], Ty::Unit, vec![]),
        "spawn" | "spawn_link" => (1, vec![thunk], Ty::Pid, vec![]),
        "spawn_monitor" => (1, vec![thunk], Ty::Tuple([Ty::Pid, Ty::Ref].into()), vec![]),
        "printlnString" => (0, vec![Ty::String], Ty::Unit, vec![]),
        _ => return None,
    };
    let module = db.ids().module("");
    Some(Header {
        type_params,
        declared: type_params,
        names: vec!["T".into(); type_params as usize],
        params: params
            .into_iter()
            .map(|ty| ParamHead {
                name: None,
                ty: Some(ty),
                default: None,
            })
            .collect(),
        result: Some(result),
        bounds,
        bound_args: Vec::new(),
        value: false,
        container: Container::Module(module),
        module,
        findings: Vec::new(),
        self_ty: None,
    })
}

/// The number of an intrinsic.
pub fn intrinsic_fn(db: &dyn Db, name: &str) -> FnId {
    let arity = if name == "send" { 2 } else { 1 };
    db.ids().function(FnKey {
        file: FileId(u32::MAX),
        container: Container::Module(db.ids().module("")),
        name: name.into(),
        arity,
        overload: "".into(),
        part: Part::Intrinsic,
    })
}

/// The signature of a function whose head says everything.
pub fn declared_signature(header: &Header) -> Signature {
    Signature {
        type_params: header.type_params,
        params: header
            .params
            .iter()
            .map(|p| ParamSig {
                name: p.name.clone(),
                ty: p.ty.clone().unwrap_or(Ty::Error),
                default: p.default.map(DefaultFn::Fn),
            })
            .collect(),
        result: header.result.clone().unwrap_or(Ty::Error),
        constraints: header
            .bounds
            .iter()
            .map(|(ty, of)| Constraint::Trait(ty.clone(), *of))
            .chain(args_constraints(&header.bound_args))
            .collect(),
        value: header.value,
        names: header.names.clone(),
    }
}

/// Bounds with arguments as constraints.
pub fn args_constraints(bounds: &[BoundArgs]) -> impl Iterator<Item = Constraint> + '_ {
    bounds
        .iter()
        .map(|(ty, of, args)| Constraint::TraitArgs(ty.clone(), *of, args.clone()))
}

/// A method of a trait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraitMethod {
    /// Its name.
    pub name: Name,
    /// Its number of parameters, `self` included.
    pub arity: u32,
    /// Its declaration, and default body if it has one.
    pub id: FnId,
    /// It has a default body.
    pub has_body: bool,
}

/// A trait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraitInfo {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// How many type parameters it has besides `Self`.
    pub params: u32,
    /// Traits its implementors must implement.
    pub supertraits: Vec<TraitId>,
    /// Its methods.
    pub methods: Vec<TraitMethod>,
    /// What is wrong with its head.
    pub findings: Vec<Finding>,
}

/// The definition of a trait.
pub fn trait_info(db: &dyn Db, _: Project, id: TraitId) -> Arc<TraitInfo> {
    trait_info_at(db, db.trait_node(id))
}

#[salsa::tracked(returns(clone))]
fn trait_info_at(db: &dyn Db, node: TraitNode) -> Arc<TraitInfo> {
    let (project, id) = (db.project(), node.id(db));
    let key = db.ids().trait_key(id);
    let Some((item, module, _)) = trait_item(db, project, id) else {
        return Arc::new(TraitInfo {
            name: key.name,
            module: key.module,
            params: 0,
            supertraits: Vec::new(),
            methods: Vec::new(),
            findings: Vec::new(),
        });
    };
    let mut findings = Vec::new();
    let supertraits = item
        .supertraits
        .iter()
        .filter_map(|path| bound(db, project, module, path, &mut findings))
        .collect();
    let methods = members(db, project, Container::Trait(id))
        .iter()
        .map(|(name, arity, id)| TraitMethod {
            name: name.clone(),
            arity: *arity,
            id: *id,
            has_body: item
                .methods
                .iter()
                .any(|m| m.0 == *name && m.1 == *arity && m.2),
        })
        .collect();
    Arc::new(TraitInfo {
        name: item.name.clone(),
        module,
        params: item.params.len() as u32,
        supertraits,
        methods,
        findings,
    })
}

/// An impl.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImplInfo {
    /// Names of its type parameters.
    pub params: Vec<Name>,
    /// The type, in terms of them.
    pub target: Ty,
    /// The traits.
    pub traits: Vec<TraitId>,
    /// What the parameters of each trait are.
    pub trait_args: Vec<Vec<Ty>>,
    /// What must hold.
    pub conditions: Vec<(Ty, TraitId)>,
    /// What the parameters of traits in the conditions are.
    pub condition_args: Vec<BoundArgs>,
    /// Its methods.
    pub methods: Vec<(Name, u32, FnId)>,
    /// Its module.
    pub module: ModuleId,
    /// What is wrong with its head.
    pub findings: Vec<Finding>,
}

impl ImplInfo {
    /// What the parameters of one of its traits are.
    pub fn args_of(&self, of: TraitId) -> &[Ty] {
        let at = self.traits.iter().position(|other| *other == of);
        at.map_or(&[], |at| &self.trait_args[at])
    }
}

/// The definition of an impl.
pub fn impl_info(db: &dyn Db, _: Project, id: ImplId) -> Arc<ImplInfo> {
    impl_info_at(db, db.impl_node(id))
}

#[salsa::tracked(returns(clone))]
fn impl_info_at(db: &dyn Db, node: ImplNode) -> Arc<ImplInfo> {
    let (project, id) = (db.project(), node.id(db));
    let key = db.ids().impl_key(id);
    let mut info = ImplInfo {
        params: Vec::new(),
        target: Ty::Error,
        traits: Vec::new(),
        trait_args: Vec::new(),
        conditions: Vec::new(),
        condition_args: Vec::new(),
        methods: Vec::new(),
        module: key.module,
        findings: Vec::new(),
    };
    let Some((item, module, _)) = impl_item(db, project, id) else {
        return Arc::new(info);
    };
    let mut lower = TypeLower::new(db, project, module, Variables::Any);
    for param in &item.conditions {
        if !lower.names.iter().any(|(name, _)| *name == param.name) {
            lower.declare(param.name.clone());
        }
    }
    info.target = lower.lower(&item.target);
    for path in &item.of {
        if let Some(of) = bound(db, project, module, path, &mut lower.findings) {
            info.traits.push(of);
            let mut args: Vec<Ty> = path.args.iter().map(|arg| lower.lower(arg)).collect();
            args.resize(trait_params(db, project, of).len(), Ty::Error);
            info.trait_args.push(args);
        }
    }
    (info.conditions, info.condition_args) =
        bounds(db, project, module, &item.conditions, &mut lower);
    if let Ty::Param(_) = info.target {
        lower.findings.push(Finding::new(
            item.target.span,
            "unknown type in an implementation",
        ));
        info.target = Ty::Error;
    }
    info.params = lower.names.iter().map(|(name, _)| name.clone()).collect();
    info.methods = members(db, project, Container::Impl(id)).to_vec();
    info.findings = lower.findings;
    Arc::new(info)
}

/// The impls of every trait.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImplTable {
    /// By trait, in the order of files.
    pub by_trait: FxHashMap<TraitId, Vec<ImplId>>,
    /// Traits that have a method of this name.
    pub methods: FxHashMap<Name, Vec<TraitId>>,
}

/// All impls of the project and the library.
#[salsa::tracked(returns(clone))]
pub fn impl_table(db: &dyn Db, project: Project) -> Arc<ImplTable> {
    let mut table = ImplTable::default();
    for (_, file) in project.files(db).iter() {
        let scope = crate::db::file_scope(db, *file);
        for id in &scope.impls {
            for of in &impl_info(db, project, *id).traits {
                table.by_trait.entry(*of).or_default().push(*id);
            }
        }
        for id in &scope.traits {
            let info = trait_info(db, project, *id);
            if redeclares_builtin(db, project, *id) {
                continue;
            }
            for method in &info.methods {
                let traits = table.methods.entry(method.name.clone()).or_default();
                if !traits.contains(id) {
                    traits.push(*id);
                }
            }
        }
    }
    Arc::new(table)
}

/// The program declares a built-in trait again: its name means the library's.
pub fn redeclares_builtin(db: &dyn Db, project: Project, id: TraitId) -> bool {
    let key = db.ids().trait_key(id);
    matches!(
        &*key.name,
        "Show" | "Eq" | "Ord" | "Num" | "Hash" | "Copy" | "Concat"
    ) && project_scope(db, project)
        .prelude
        .traits
        .get(&key.name)
        .is_some_and(|t| t.0 != id)
}
