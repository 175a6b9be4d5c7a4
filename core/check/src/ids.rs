//! Numbers for definitions: the same key gives the same number for the life of the database, whatever happens to the text.

use crate::raw::Name;
use crate::ty::{FileId, FnId, TraitId, Ty, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex};

/// A module: a file or an inline module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ModuleId(pub u32);

/// An `impl`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ImplId(pub u32);

/// What a definition stands in.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Container {
    /// A module.
    Module(ModuleId),
    /// A trait.
    Trait(TraitId),
    /// An `impl`.
    Impl(ImplId),
}

/// Which part of a definition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// The function itself.
    Main,
    /// The default of parameter number `.0`.
    Default(u32),
    /// A function known to codegen that no file declares.
    Intrinsic,
    /// A text checked by `expression`, or the synthesised entry.
    Entry,
}

/// What a [`FnId`] stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FnKey {
    /// The file.
    pub file: FileId,
    /// What it stands in.
    pub container: Container,
    /// Its name.
    pub name: Name,
    /// Its number of parameters.
    pub arity: u32,
    /// Tells overloads of one name and arity apart: the parameter types as written.
    pub overload: Name,
    /// Which part.
    pub part: Part,
}

/// What a [`TypeId`] or [`TraitId`] stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ItemKey {
    /// The file.
    pub file: FileId,
    /// The module.
    pub module: ModuleId,
    /// The name.
    pub name: Name,
}

struct Table<K> {
    numbers: FxHashMap<K, u32>,
    keys: Vec<K>,
}

impl<K: Hash + Eq + Clone> Table<K> {
    fn new() -> Self {
        Table {
            numbers: FxHashMap::default(),
            keys: Vec::new(),
        }
    }

    fn number(&mut self, key: K) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.keys.len() as u32;
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        number
    }
}

struct Tables {
    files: Table<Name>,
    modules: Table<Name>,
    functions: Table<FnKey>,
    types: Table<ItemKey>,
    traits: Table<ItemKey>,
    impls: Table<(ItemKey, u32)>,
}

/// The numbering. Append-only, so queries may use it without being recorded: an answer never changes.
#[derive(Clone)]
pub struct Ids(
    Arc<Mutex<Tables>>,
    Arc<Mutex<crate::db::Nodes>>,
    Arc<Mutex<Once>>,
);

/// What is allocated once, however often it occurs.
#[derive(Default)]
struct Once {
    names: FxHashSet<Name>,
    types: FxHashSet<Ty>,
    lists: FxHashSet<Arc<[Ty]>>,
}

impl Ids {
    /// Empty.
    pub fn new() -> Ids {
        let tables = Arc::new(Mutex::new(Tables {
            files: Table::new(),
            modules: Table::new(),
            functions: Table::new(),
            types: Table::new(),
            traits: Table::new(),
            impls: Table::new(),
        }));
        Ids(tables, Arc::default(), Arc::default())
    }

    /// The name, allocated once however often it is asked for.
    pub fn name(&self, name: &str) -> Name {
        self.once(|once| match once.names.get(name) {
            Some(known) => known.clone(),
            None => {
                let name: Name = name.into();
                once.names.insert(name.clone());
                name
            }
        })
    }

    fn once<R>(&self, act: impl FnOnce(&mut Once) -> R) -> R {
        act(&mut self.2.lock().unwrap_or_else(|broken| broken.into_inner()))
    }

    /// The type, its parts allocated once however often it is asked for.
    pub fn ty_once(&self, ty: Ty) -> Ty {
        if !matches!(ty, Ty::Tuple(_) | Ty::Adt(..) | Ty::Fn(..) | Ty::Array(_)) {
            return ty;
        }
        self.once(|once| match once.types.get(&ty) {
            Some(known) => known.clone(),
            None => {
                once.types.insert(ty.clone());
                ty
            }
        })
    }

    /// The same for several types.
    pub fn types_once(&self, types: Arc<[Ty]>) -> Arc<[Ty]> {
        self.once(|once| match once.lists.get(&types) {
            Some(known) => known.clone(),
            None => {
                once.lists.insert(types.clone());
                types
            }
        })
    }

    /// The handles of numbers.
    pub(crate) fn node<R>(&self, act: impl FnOnce(&mut crate::db::Nodes) -> R) -> R {
        act(&mut self.1.lock().unwrap_or_else(|broken| broken.into_inner()))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Tables) -> R) -> R {
        // A panic inside leaves the tables whole: they only grow by single pushes.
        act(&mut self.0.lock().unwrap_or_else(|broken| broken.into_inner()))
    }

    /// The number of a path.
    pub fn file(&self, path: &str) -> FileId {
        FileId(self.with(|t| t.files.number(path.into())))
    }

    /// The path of a file; empty for what stands in none (the synthesised entry).
    pub fn file_path(&self, file: FileId) -> Name {
        self.with(|t| {
            t.files
                .keys
                .get(file.0 as usize)
                .cloned()
                .unwrap_or_default()
        })
    }

    /// The number of a dotted module path.
    pub fn module(&self, path: &str) -> ModuleId {
        ModuleId(self.with(|t| t.modules.number(path.into())))
    }

    /// The dotted path of a module.
    pub fn module_path(&self, module: ModuleId) -> Name {
        self.with(|t| t.modules.keys[module.0 as usize].clone())
    }

    /// The number of a function.
    pub fn function(&self, key: FnKey) -> FnId {
        FnId(self.with(|t| t.functions.number(key)))
    }

    /// What a function's number stands for.
    pub fn fn_key(&self, id: FnId) -> FnKey {
        self.with(|t| t.functions.keys[id.0 as usize].clone())
    }

    /// The number of a type.
    pub fn ty(&self, key: ItemKey) -> TypeId {
        TypeId(self.with(|t| t.types.number(key)))
    }

    /// What a type's number stands for.
    pub fn type_key(&self, id: TypeId) -> ItemKey {
        self.with(|t| t.types.keys[id.0 as usize].clone())
    }

    /// The number of a trait.
    pub fn of_trait(&self, key: ItemKey) -> TraitId {
        TraitId(self.with(|t| t.traits.number(key)))
    }

    /// What a trait's number stands for.
    pub fn trait_key(&self, id: TraitId) -> ItemKey {
        self.with(|t| t.traits.keys[id.0 as usize].clone())
    }

    /// The number of an `impl`: its header as written, and which of several equal ones in its module.
    pub fn of_impl(&self, key: ItemKey, repeat: u32) -> ImplId {
        ImplId(self.with(|t| t.impls.number((key, repeat))))
    }

    /// What an impl's number stands for.
    pub fn impl_key(&self, id: ImplId) -> ItemKey {
        self.with(|t| t.impls.keys[id.0 as usize].0.clone())
    }
}

impl Default for Ids {
    fn default() -> Self {
        Ids::new()
    }
}
