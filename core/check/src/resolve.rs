//! Names to definitions: own module, modules around it, imports by name, imports by `*`, the library. Nearer ones come first.

use crate::db::TypeNode;
use crate::db::{Db, Project, module_scope, project_scope, type_item};
use crate::ids::ModuleId;
use crate::raw::{Name, TypeBody, TypeKind, Use, UseWhat};
use crate::scope::{FnHead, ModuleScope};
use crate::ty::{TraitId, TypeId};
use std::sync::Arc;

/// A name of a quote that means what it means in the module of its macro: the name and that module.
fn marked(db: &dyn Db, name: &str) -> Option<(Name, ModuleId)> {
    let (plain, module) = crate::expand::marked(name)?;
    Some((plain.into(), db.ids().module(module)))
}

/// What a module path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A module of the project or the library.
    Module(ModuleId),
    /// The library's names: `stdlib.…`.
    Prelude,
}

/// Definitions by nearness: the first level shadows the ones behind it where it is applicable.
pub type Levels<T> = Vec<Vec<T>>;

/// Whether code in `from` may use private names of `of`.
pub fn can_see(db: &dyn Db, from: ModuleId, of: ModuleId) -> bool {
    from == of || {
        let (from, of) = (db.ids().module_path(from), db.ids().module_path(of));
        from.strip_prefix(&*of)
            .is_some_and(|rest| rest.starts_with('.'))
    }
}

/// The module on the way to `of` that `from` may not see into, and the one around it. Within a file all modules are seen.
pub fn hidden_module(
    db: &dyn Db,
    project: Project,
    from: ModuleId,
    of: Target,
) -> Option<(ModuleId, ModuleId)> {
    let Target::Module(mut of) = of else {
        return None;
    };
    let outermost = |mut module| {
        while let Some(parent) = module_scope(db, project, module).parent {
            module = parent;
        }
        module
    };
    if outermost(from) == outermost(of) {
        return None;
    }
    loop {
        let scope = module_scope(db, project, of);
        let parent = scope.parent?;
        if !scope.public && !can_see(db, from, parent) {
            return Some((of, parent));
        }
        of = parent;
    }
}

/// The module that `path` names in `from`.
pub fn find_module(db: &dyn Db, project: Project, from: ModuleId, path: &[Name]) -> Option<Target> {
    let (first, rest) = path.split_first()?;
    if let Some((plain, there)) = marked(db, first) {
        let path: Vec<Name> = std::iter::once(plain).chain(rest.iter().cloned()).collect();
        return find_module(db, project, there, &path);
    }
    // Inline modules of this module and of those around it.
    let mut at = Some(from);
    while let Some(module) = at {
        let scope = module_scope(db, project, module);
        if let Some((inner, _)) = scope.modules.get(first)
            && let Some(found) = descend(db, project, *inner, rest)
        {
            return Some(Target::Module(found));
        }
        for item in &scope.uses {
            let brought = match &item.what {
                UseWhat::Itself(here) if here == first && item.path.as_slice() != path => {
                    absolute(db, project, &item.path)
                }
                UseWhat::Names(names) => {
                    names
                        .iter()
                        .find(|(_, here, _)| here == first)
                        .and_then(|(there, _, _)| {
                            let mut path = item.path.clone();
                            path.push(there.clone());
                            absolute(db, project, &path)
                        })
                }
                UseWhat::All => absolute(db, project, &item.path).and_then(|target| match target {
                    Target::Module(module) => module_scope(db, project, module)
                        .modules
                        .get(first)
                        .filter(|m| m.1)
                        .map(|m| Target::Module(m.0)),
                    Target::Prelude => None,
                }),
                UseWhat::Itself(_) => None,
            };
            if let Some(target) = brought {
                match target {
                    Target::Module(module) => {
                        if let Some(found) = descend(db, project, module, rest) {
                            return Some(Target::Module(found));
                        }
                    }
                    Target::Prelude if rest.is_empty() => return Some(Target::Prelude),
                    Target::Prelude => {}
                }
            }
        }
        at = scope.parent;
    }
    absolute(db, project, path)
}

fn descend(db: &dyn Db, project: Project, module: ModuleId, rest: &[Name]) -> Option<ModuleId> {
    rest.iter().try_fold(module, |module, name| {
        module_scope(db, project, module)
            .modules
            .get(name)
            .map(|m| m.0)
    })
}

fn absolute(db: &dyn Db, project: Project, path: &[Name]) -> Option<Target> {
    let scope = project_scope(db, project);
    let joined = path.join(".");
    let id = db.ids().module(&joined);
    if scope.modules.contains_key(&id) {
        return Some(if scope.std.contains(&id) {
            Target::Prelude
        } else {
            Target::Module(id)
        });
    }
    if let Some((inner, _)) = scope.prelude.modules.get(path.first()?)
        && let Some(found) = descend(db, project, *inner, &path[1..])
    {
        return Some(Target::Module(found));
    }
    matches!(&**path.first()?, "stdlib" | "std").then_some(Target::Prelude)
}

fn scope_of(db: &dyn Db, project: Project, target: Target) -> Arc<ModuleScope> {
    match target {
        Target::Module(module) => module_scope(db, project, module),
        Target::Prelude => project_scope(db, project).prelude.clone(),
    }
}

/// What a `use` leads to: the module, or the module around the item it names.
pub fn use_target(
    db: &dyn Db,
    project: Project,
    from: ModuleId,
    item: &Use,
) -> Option<(Target, Option<Name>)> {
    // A use cannot lead through itself, so imports are not consulted but for inline modules.
    let direct = |path: &[Name]| {
        let mut at = Some(from);
        while let Some(module) = at {
            let scope = module_scope(db, project, module);
            if let Some((first, rest)) = path.split_first()
                && let Some((inner, _)) = scope.modules.get(first)
                && let Some(found) = descend(db, project, *inner, rest)
            {
                return Some(Target::Module(found));
            }
            at = scope.parent;
        }
        absolute(db, project, path)
    };
    if let UseWhat::Itself(_) = item.what {
        let (last, parent) = item.path.split_last()?;
        if parent.is_empty() {
            return direct(&item.path).map(|target| (target, None));
        }
        if let Some(target @ Target::Module(_)) = direct(&item.path) {
            return Some((target, None));
        }
        return direct(parent).map(|target| (target, Some(last.clone())));
    }
    direct(&item.path).map(|target| (target, None))
}

/// Reads one kind of name from a scope; only public ones if asked so.
type Read<'a, T> = &'a dyn Fn(&ModuleScope, &str, bool) -> Vec<T>;

fn levels<T>(
    db: &dyn Db,
    project: Project,
    from: ModuleId,
    name: &str,
    read: Read<'_, T>,
) -> Levels<T> {
    let mut out = Vec::new();
    let mut push = |found: Vec<T>| {
        if !found.is_empty() {
            out.push(found);
        }
    };
    let mut at = Some(from);
    let mut named = Vec::new();
    let mut all = Vec::new();
    while let Some(module) = at {
        let scope = module_scope(db, project, module);
        push(read(&scope, name, false));
        for item in &scope.uses {
            imports(
                db, project, module, item, name, read, 0, &mut named, &mut all,
            );
        }
        // What a function imports is nearer than what is around the function.
        if scope.is_body() {
            push(std::mem::take(&mut named));
            push(std::mem::take(&mut all));
        }
        at = scope.parent;
    }
    push(named);
    push(all);
    push(read(&project_scope(db, project).prelude, name, true));
    out
}

#[allow(
    clippy::too_many_arguments,
    reason = "a recursive walk over `use` lines"
)]
fn imports<T>(
    db: &dyn Db,
    project: Project,
    from: ModuleId,
    item: &Use,
    name: &str,
    read: Read<'_, T>,
    depth: u32,
    named: &mut Vec<T>,
    all: &mut Vec<T>,
) {
    let Some((target, of)) = use_target(db, project, from, item) else {
        return;
    };
    if target == Target::Prelude && matches!(item.what, UseWhat::All) {
        return;
    }
    let public = match target {
        Target::Module(module) => !can_see(db, from, module),
        Target::Prelude => true,
    };
    match &item.what {
        UseWhat::All => all.extend(inside(db, project, target, name, read, true, depth)),
        UseWhat::Names(names) => {
            for (there, here, _) in names {
                if &**here == name {
                    named.extend(inside(db, project, target, there, read, public, depth));
                }
            }
        }
        UseWhat::Itself(here) => {
            if let Some(there) = of
                && &**here == name
            {
                named.extend(inside(db, project, target, &there, read, public, depth));
            }
        }
    }
}

/// What a module has under `name`, its re-exports included.
fn inside<T>(
    db: &dyn Db,
    project: Project,
    target: Target,
    name: &str,
    read: Read<'_, T>,
    public: bool,
    depth: u32,
) -> Vec<T> {
    let scope = scope_of(db, project, target);
    let mut found = read(&scope, name, public);
    if found.is_empty()
        && depth < 8
        && let Target::Module(module) = target
    {
        let mut more = Vec::new();
        for item in scope.uses.iter().filter(|item| item.public) {
            imports(
                db,
                project,
                module,
                item,
                name,
                read,
                depth + 1,
                &mut found,
                &mut more,
            );
        }
        found.extend(more);
    }
    found
}

fn read_values(scope: &ModuleScope, name: &str, public: bool) -> Vec<FnHead> {
    scope.values.get(name).map_or_else(Vec::new, |heads| {
        heads
            .iter()
            .filter(|h| h.public || !public)
            .cloned()
            .collect()
    })
}

fn read_type(scope: &ModuleScope, name: &str, public: bool) -> Vec<TypeId> {
    scope
        .types
        .get(name)
        .filter(|t| t.1 || !public)
        .map(|t| t.0)
        .into_iter()
        .collect()
}

fn read_trait(scope: &ModuleScope, name: &str, public: bool) -> Vec<TraitId> {
    scope
        .traits
        .get(name)
        .filter(|t| t.1 || !public)
        .map(|t| t.0)
        .into_iter()
        .collect()
}

fn read_ctors(scope: &ModuleScope, name: &str, public: bool) -> Vec<(TypeId, u32)> {
    scope.ctors.get(name).map_or_else(Vec::new, |c| {
        c.iter()
            .filter(|c| c.2 || !public)
            .map(|c| (c.0, c.1))
            .collect()
    })
}

/// The functions and values that `name` may mean in `from`.
#[salsa::tracked(returns(clone))]
pub fn values(db: &dyn Db, project: Project, from: ModuleId, name: Name) -> Arc<Levels<FnHead>> {
    if let Some((plain, there)) = marked(db, &name) {
        return values(db, project, there, plain);
    }
    Arc::new(levels(db, project, from, &name, &read_values))
}

/// The functions and values named `name` in a module, private ones too.
#[salsa::tracked(returns(clone))]
pub fn module_values(db: &dyn Db, project: Project, of: ModuleId, name: Name) -> Arc<Vec<FnHead>> {
    Arc::new(inside(
        db,
        project,
        Target::Module(of),
        &name,
        &read_values,
        false,
        0,
    ))
}

/// The library's functions of this name.
#[salsa::tracked(returns(clone))]
pub fn prelude_values(db: &dyn Db, project: Project, name: Name) -> Arc<Vec<FnHead>> {
    Arc::new(read_values(
        &project_scope(db, project).prelude,
        &name,
        true,
    ))
}

/// The type that `name` means in `from`.
#[salsa::tracked(returns(clone))]
pub fn type_named(db: &dyn Db, project: Project, from: ModuleId, name: Name) -> Option<TypeId> {
    if let Some((plain, there)) = marked(db, &name) {
        return type_named(db, project, there, plain);
    }
    levels(db, project, from, &name, &read_type)
        .first()
        .and_then(|level| level.first().copied())
}

/// The type of this name in a module, and whether it is public.
pub fn module_type(
    db: &dyn Db,
    project: Project,
    of: Target,
    name: &str,
) -> Option<(TypeId, bool)> {
    let any = inside(db, project, of, name, &read_type, false, 0)
        .first()
        .copied()?;
    Some((
        any,
        !inside(db, project, of, name, &read_type, true, 0).is_empty(),
    ))
}

/// The trait that `name` means in `from`.
#[salsa::tracked(returns(clone))]
pub fn trait_named(db: &dyn Db, project: Project, from: ModuleId, name: Name) -> Option<TraitId> {
    if let Some((plain, there)) = marked(db, &name) {
        return trait_named(db, project, there, plain);
    }
    let found = levels(db, project, from, &name, &read_trait)
        .first()
        .and_then(|level| level.first().copied());
    // A program that declares a built-in trait again refers to the built-in one.
    match &*name {
        "Show" | "Eq" | "Ord" | "Num" | "Hash" | "Copy" | "Concat" => project_scope(db, project)
            .prelude
            .traits
            .get(&name)
            .map(|t| t.0)
            .or(found),
        _ => found,
    }
}

/// The trait of this name in a module, and whether it is public.
pub fn module_trait(
    db: &dyn Db,
    project: Project,
    of: Target,
    name: &str,
) -> Option<(TraitId, bool)> {
    let any = inside(db, project, of, name, &read_trait, false, 0)
        .first()
        .copied()?;
    Some((
        any,
        !inside(db, project, of, name, &read_trait, true, 0).is_empty(),
    ))
}

/// The constructors that `name` may mean in `from`.
#[salsa::tracked(returns(clone))]
pub fn ctors(
    db: &dyn Db,
    project: Project,
    from: ModuleId,
    name: Name,
) -> Arc<Levels<(TypeId, u32)>> {
    if let Some((plain, there)) = marked(db, &name) {
        return ctors(db, project, there, plain);
    }
    let mut found = levels(db, project, from, &name, &read_ctors);
    // `use m.{T}` brings the constructors of T under their own names.
    let mut brought = Vec::new();
    let mut at = Some(from);
    while let Some(module) = at {
        let scope = module_scope(db, project, module);
        for item in &scope.uses {
            let Some((target, of)) = use_target(db, project, module, item) else {
                continue;
            };
            let types: Vec<&Name> = match &item.what {
                UseWhat::Names(names) => names.iter().map(|(there, _, _)| there).collect(),
                UseWhat::Itself(_) => of.iter().collect(),
                UseWhat::All => Vec::new(),
            };
            for there in types {
                if let Some((ty, public)) = module_type(db, project, target, there)
                    && (public || matches!(target, Target::Module(of) if can_see(db, module, of)))
                {
                    brought.extend(
                        inside(db, project, target, &name, &read_ctors, false, 0)
                            .into_iter()
                            .filter(|c| c.0 == ty),
                    );
                }
            }
        }
        at = scope.parent;
    }
    if !brought.is_empty() {
        let behind = found.len()
            - usize::from(!read_ctors(&project_scope(db, project).prelude, &name, true).is_empty());
        found.insert(behind, brought);
    }
    for level in &mut found {
        level.retain(|(ty, _)| alias_of(db, project, *ty).is_none());
        level.dedup();
    }
    found.retain(|level| !level.is_empty());
    Arc::new(found)
}

/// The constructors of this name in a module, and whether they are public.
pub fn module_ctors(
    db: &dyn Db,
    project: Project,
    of: Target,
    name: &str,
) -> (Vec<(TypeId, u32)>, bool) {
    let mut any = inside(db, project, of, name, &read_ctors, false, 0);
    any.retain(|(ty, _)| alias_of(db, project, *ty).is_none());
    let public = !inside(db, project, of, name, &read_ctors, true, 0).is_empty();
    (any, public)
}

/// The name that a type of one bare variant is an alias of: `type A = B` where B is a type.
pub fn alias_of(db: &dyn Db, _: Project, ty: TypeId) -> Option<Name> {
    alias_of_at(db, db.type_node(ty))
}

#[salsa::tracked(returns(clone))]
fn alias_of_at(db: &dyn Db, node: TypeNode) -> Option<Name> {
    let (project, ty) = (db.project(), node.id(db));
    let (item, module, _) = type_item(db, project, ty)?;
    let name = match &item.body {
        TypeBody::Variants(variants) if variants.len() == 1 && variants[0].bare => {
            variants[0].name.clone()
        }
        TypeBody::Alias(alias) => match &alias.kind {
            TypeKind::Path(path, args) if path.len() == 1 && args.is_empty() => path[0].clone(),
            _ => return None,
        },
        _ => return None,
    };
    if name == item.name {
        return None;
    }
    (builtin_type(&name).is_some() || type_named(db, project, module, name.clone()).is_some())
        .then_some(name)
}

/// The base type of this name.
pub fn builtin_type(name: &str) -> Option<crate::ty::Ty> {
    use crate::ty::{IntTy, Ty};
    Some(match name {
        "Int" | "Int64" => Ty::INT,
        "Int8" => Ty::Int(IntTy::I8),
        "Int16" => Ty::Int(IntTy::I16),
        "Int32" => Ty::Int(IntTy::I32),
        "UInt8" => Ty::Int(IntTy::U8),
        "UInt16" => Ty::Int(IntTy::U16),
        "UInt32" => Ty::Int(IntTy::U32),
        "UInt64" => Ty::Int(IntTy::U64),
        "Float" | "Float64" => Ty::Float,
        "Float32" => Ty::Float32,
        "Bool" => Ty::Bool,
        "Char" => Ty::Char,
        "String" => Ty::String,
        "Atom" => Ty::Atom,
        "Pid" => Ty::Pid,
        "Ref" => Ty::Ref,
        _ => return None,
    })
}

/// The visible name most like `name`, if one is close.
pub fn did_you_mean<'n>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Option<String> {
    let limit = name.chars().count() / 3 + usize::from(name.chars().count() > 2).max(1) - 1;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit.max(1) && *distance < name.chars().count())
        .min()
        .map(|(_, candidate)| candidate.to_string())
}

/// Edits (insert, delete, replace, swap of neighbours) between two names, without regard to case of the first letters.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (row[j - 1] + 1)
                .min(rows[i - 1][j] + 1)
                .min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// All names of functions and values visible in `from`.
pub fn visible_values(db: &dyn Db, project: Project, from: ModuleId) -> Vec<Name> {
    let mut names = Vec::new();
    let mut at = Some(from);
    while let Some(module) = at {
        let scope = module_scope(db, project, module);
        names.extend(scope.values.keys().cloned());
        for item in &scope.uses {
            match (&item.what, use_target(db, project, module, item)) {
                (UseWhat::All, Some((target @ Target::Module(_), _))) => {
                    let of = scope_of(db, project, target);
                    names.extend(
                        of.values
                            .iter()
                            .filter(|(_, heads)| heads.iter().any(|h| h.public))
                            .map(|(n, _)| n.clone()),
                    );
                }
                (UseWhat::Names(list), _) => {
                    names.extend(list.iter().map(|(_, here, _)| here.clone()))
                }
                _ => {}
            }
        }
        at = scope.parent;
    }
    names.extend(project_scope(db, project).prelude.values.keys().cloned());
    names
}

/// All names of types visible in `from`.
pub fn visible_types(db: &dyn Db, project: Project, from: ModuleId) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    let mut at = Some(from);
    while let Some(module) = at {
        let scope = module_scope(db, project, module);
        names.extend(scope.types.keys().cloned());
        for item in &scope.uses {
            match (&item.what, use_target(db, project, module, item)) {
                (UseWhat::All, Some((target @ Target::Module(_), _))) => {
                    let of = scope_of(db, project, target);
                    names.extend(of.types.iter().filter(|(_, t)| t.1).map(|(n, _)| n.clone()));
                }
                (UseWhat::Names(list), _) => {
                    names.extend(list.iter().map(|(_, here, _)| here.clone()));
                }
                (UseWhat::Itself(here), _) => names.push(here.clone()),
                (UseWhat::All, _) => {}
            }
        }
        at = scope.parent;
    }
    names.extend(project_scope(db, project).prelude.types.keys().cloned());
    let base = [
        "Int", "Float", "Bool", "Char", "String", "Atom", "Pid", "Ref",
    ];
    names.extend(base.into_iter().map(Name::from));
    names
}

/// All names of traits visible in `from`.
pub fn visible_traits(db: &dyn Db, project: Project, from: ModuleId) -> Vec<Name> {
    let mut names: Vec<Name> = module_scope(db, project, from)
        .traits
        .keys()
        .cloned()
        .collect();
    names.extend(project_scope(db, project).prelude.traits.keys().cloned());
    names
}

/// All names of constructors visible in `from`.
pub fn visible_ctors(db: &dyn Db, project: Project, from: ModuleId) -> Vec<Name> {
    let mut names: Vec<Name> = module_scope(db, project, from)
        .ctors
        .keys()
        .cloned()
        .collect();
    names.extend(project_scope(db, project).prelude.ctors.keys().cloned());
    names
}
