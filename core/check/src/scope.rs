//! The names of a file's modules: from its items, what other definitions may depend on without depending on bodies or places.

use crate::hir::Span;
use crate::ids::{Container, ImplId, ModuleId};
use crate::items::FileItems;
use crate::raw::{self, FunctionKind, Name, TypeBody};
use crate::ty::{FnId, TraitId, TypeId};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A function as seen by name lookup.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FnHead {
    /// Which.
    pub id: FnId,
    /// The module it is in.
    pub module: ModuleId,
    /// Its number of parameters.
    pub arity: u32,
    /// How many of them have no default.
    pub required: u32,
    /// A module-level value, or an `mvar`.
    pub value: bool,
    /// An `mvar`.
    pub mvar: bool,
    /// A C function: `extern … from` anything but the runtime.
    pub foreign: bool,
    /// `pub`
    pub public: bool,
}

/// The names of a module.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ModuleScope {
    /// Its own name.
    pub name: Name,
    /// The module around it.
    pub parent: Option<ModuleId>,
    /// `pub`
    pub public: bool,
    /// Its `use` lines, spans cleared.
    pub uses: Vec<raw::Use>,
    /// Functions and values.
    pub values: BTreeMap<Name, Vec<FnHead>>,
    /// Types.
    pub types: BTreeMap<Name, (TypeId, bool)>,
    /// Constructors: type, number, visible elsewhere.
    pub ctors: BTreeMap<Name, Vec<(TypeId, u32, bool)>>,
    /// Traits.
    pub traits: BTreeMap<Name, (TraitId, bool)>,
    /// Inline modules.
    pub modules: BTreeMap<Name, (ModuleId, bool)>,
}

impl ModuleScope {
    /// Whether these are the items inside of a function: they are items of a module that text cannot name.
    pub fn is_body(&self) -> bool {
        self.name.ends_with(')')
    }
}

/// The names of a file's modules, the file's own first, and its impls.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FileScope {
    /// Modules.
    pub modules: Vec<(ModuleId, Arc<ModuleScope>)>,
    /// Implementations.
    pub impls: Vec<ImplId>,
    /// Traits.
    pub traits: Vec<TraitId>,
    /// All functions with bodies to check, in the order of the file.
    pub fns: Vec<FnId>,
    /// Types, in the order of the file.
    pub types: Vec<TypeId>,
}

/// What of a file's items others may depend on.
pub fn file_scope(items: &FileItems) -> FileScope {
    let mut scopes: Vec<(ModuleId, ModuleScope)> = items
        .modules
        .iter()
        .map(|module| {
            let mut uses = module.uses.clone();
            for item in &mut uses {
                item.span = Span::default();
                if let raw::UseWhat::Names(names) = &mut item.what {
                    names.iter_mut().for_each(|name| name.2 = Span::default());
                }
            }
            let name = module.name.clone();
            (
                module.id,
                ModuleScope {
                    name,
                    parent: module.parent,
                    public: module.public,
                    uses,
                    ..ModuleScope::default()
                },
            )
        })
        .collect();
    let index: FxHashMap<ModuleId, usize> = scopes
        .iter()
        .enumerate()
        .map(|(at, (id, _))| (*id, at))
        .collect();
    for module in &items.modules {
        if let Some(parent) = module.parent {
            scopes[index[&parent]]
                .1
                .modules
                .insert(module.name.clone(), (module.id, module.public));
        }
    }
    for (entry, container) in items.fns.iter().zip(&items.containers) {
        // A function with items of its own is inside of a module of these, but its name is not.
        let Container::Module(module) = *container else {
            continue;
        };
        if matches!(entry.def.kind, FunctionKind::Test(_)) {
            continue;
        }
        let params = entry
            .def
            .clauses
            .first()
            .map_or(&[][..], |clause| &clause.params);
        let head = FnHead {
            id: entry.id,
            module,
            arity: params.len() as u32,
            required: params.iter().filter(|p| p.default.is_none()).count() as u32,
            value: matches!(entry.def.kind, FunctionKind::Value | FunctionKind::Mvar),
            mvar: entry.def.kind == FunctionKind::Mvar,
            foreign: matches!(&entry.def.kind, FunctionKind::Extern(from) if **from != *"nostos"),
            public: entry.public,
        };
        scopes[index[&module]]
            .1
            .values
            .entry(entry.def.name.clone())
            .or_default()
            .push(head);
    }
    for entry in &items.types {
        let scope = &mut scopes[index[&entry.module]].1;
        scope
            .types
            .insert(entry.def.name.clone(), (entry.id, entry.public));
        let mut ctor = |name: &Name, number| {
            scope
                .ctors
                .entry(name.clone())
                .or_default()
                .push((entry.id, number, entry.public))
        };
        match &entry.def.body {
            TypeBody::Record(_) => ctor(&entry.def.name, 0),
            TypeBody::Variants(variants) => variants
                .iter()
                .enumerate()
                .for_each(|(at, v)| ctor(&v.name, at as u32)),
            TypeBody::Alias(_) | TypeBody::Empty => {}
        }
    }
    for entry in &items.traits {
        scopes[index[&entry.module]]
            .1
            .traits
            .insert(entry.def.name.clone(), (entry.id, entry.public));
    }
    FileScope {
        modules: scopes
            .into_iter()
            .map(|(id, scope)| (id, Arc::new(scope)))
            .collect(),
        impls: items.impls.iter().map(|entry| entry.id).collect(),
        traits: items.traits.iter().map(|entry| entry.id).collect(),
        fns: items.fns.iter().map(|entry| entry.id).collect(),
        types: items.types.iter().map(|entry| entry.id).collect(),
    }
}
