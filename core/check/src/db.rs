//! The database: sources in, queries over them. A definition is the unit; what others may depend on is cut off from bodies and places.

#![allow(
    clippy::drop_non_drop,
    reason = "made by salsa's macros for keys without destructors"
)]

use crate::edits::{self, Known};
use crate::expand::Expander;
use crate::ids::{Container, FnKey, Ids, ImplId, ModuleId, Part};
use crate::items::{self, Entry, FileItems, Place};
use crate::raw;
use crate::scope::{self, FileScope, ModuleScope};
use crate::ty::{FileId, FnId, TraitId, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
use salsa::{Durability, Setter};
use std::sync::{Arc, Mutex};

/// Where a file comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// The library: its `pub` items are visible everywhere.
    Std,
    /// The program.
    Project,
}

/// A file's text.
#[salsa::input]
pub struct SourceFile {
    /// Its number.
    #[returns(copy)]
    pub id: FileId,
    /// Its text.
    #[returns(clone)]
    pub text: Arc<str>,
    /// Where it comes from.
    #[returns(copy)]
    pub origin: Origin,
}

/// All files, in the order they were added.
#[salsa::input]
pub struct Project {
    /// The files.
    #[returns(clone)]
    pub files: Arc<Vec<(FileId, SourceFile)>>,
    /// The same by number.
    #[returns(clone)]
    pub by_id: Arc<Vec<Option<SourceFile>>>,
    /// Counts the times that what is known about all groups was forgotten.
    #[returns(copy)]
    pub groups_version: u32,
}

macro_rules! nodes {
    ($($(#[$doc:meta])* $node:ident of $id:ident: $get:ident in $table:ident;)*) => {
        $($(#[$doc])*
        #[salsa::input]
        pub struct $node {
            /// The number.
            #[returns(copy)]
            pub id: $id,
        })*

        /// The handles made so far, by number.
        #[derive(Default)]
        pub(crate) struct Nodes {
            $($table: Vec<Option<$node>>,)*
        }

        /// What queries need besides salsa.
        #[salsa::db]
        pub trait Db: salsa::Database {
            /// The numbering of definitions.
            fn ids(&self) -> &Ids;
            /// All files.
            fn project(&self) -> Project;
            /// What runs macros, where something may.
            fn expander(&self) -> Option<&dyn Expander>;
            /// The groups of the whole project, if they are at hand: the same for the same [`Project::groups_version`], which has to be asked first.
            fn known_groups(&self) -> Option<Arc<crate::scc::Groups>>;
            /// Notes that the type of a value depends on the bodies that use it.
            fn note_open_value(&self);
            $(/// The handle of a number.
            fn $get(&self, id: $id) -> $node;)*
        }

        #[salsa::db]
        impl Db for Database {
            fn ids(&self) -> &Ids {
                &self.ids
            }

            fn project(&self) -> Project {
                Database::project(self)
            }

            fn expander(&self) -> Option<&dyn Expander> {
                self.expander.as_deref()
            }

            fn known_groups(&self) -> Option<Arc<crate::scc::Groups>> {
                self.known.groups()
            }

            fn note_open_value(&self) {
                self.known.note_open_value();
            }

            $(fn $get(&self, id: $id) -> $node {
                self.ids.node(|nodes| {
                    let at = id.0 as usize;
                    if nodes.$table.len() <= at {
                        nodes.$table.resize(at + 1, None);
                    }
                    *nodes.$table[at].get_or_insert_with(|| {
                        $node::builder(id).durability(Durability::NEVER_CHANGE).new(self)
                    })
                })
            })*
        }
    };
}

// Numbers of definitions as salsa's own handles: a query of one of these finds its memory by index, where one of several
// plain arguments has to look them up in a table first, which would be most of what small queries cost.
nodes! {
    /// A function's handle.
    FnNode of FnId: fn_node in fns;
    /// A type's handle.
    TypeNode of TypeId: type_node in types;
    /// A trait's handle.
    TraitNode of TraitId: trait_node in traits;
    /// An `impl`'s handle.
    ImplNode of ImplId: impl_node in impls;
    /// A module's handle.
    ModuleNode of ModuleId: module_node in modules;
}

/// The front end's memory. Used by one thread at a time.
#[salsa::db]
#[derive(Clone)]
pub struct Database {
    storage: salsa::Storage<Self>,
    ids: Ids,
    project: Option<Project>,
    files: FxHashMap<FileId, SourceFile>,
    log: Arc<Mutex<Vec<String>>>,
    known: Known,
    /// Files of the project whose text may define or use macros.
    macros: FxHashSet<FileId>,
    expander: Option<Arc<dyn Expander>>,
}

#[salsa::db]
impl salsa::Database for Database {}

impl Default for Database {
    fn default() -> Self {
        Database::new()
    }
}

impl Database {
    /// Without files.
    pub fn new() -> Self {
        Database::with(salsa::Storage::new(None), Arc::default())
    }

    /// Without files; notes which queries are executed, for tests of incrementality.
    pub fn recording() -> Self {
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = log.clone();
        let on_event = move |event: salsa::Event| {
            if let salsa::EventKind::WillExecute { database_key } = event.kind
                && let Ok(mut log) = sink.lock()
            {
                log.push(format!("{database_key:?}"));
            }
        };
        Database::with(salsa::Storage::new(Some(Box::new(on_event))), log)
    }

    fn with(storage: salsa::Storage<Self>, log: Arc<Mutex<Vec<String>>>) -> Self {
        let mut db = Database {
            storage,
            ids: Ids::new(),
            project: None,
            files: FxHashMap::default(),
            log,
            known: Known::default(),
            macros: FxHashSet::default(),
            expander: None,
        };
        db.project = Some(Project::new(&db, Arc::default(), Arc::default(), 0));
        db
    }

    /// Sets what runs macros. To be called before anything is asked.
    pub fn set_expander(&mut self, expander: Arc<dyn Expander>) {
        self.expander = Some(expander);
    }

    /// All files as one value for queries.
    pub fn project(&self) -> Project {
        self.project.expect("a database is made with a project")
    }

    /// Adds a file or changes its text. `path` is relative to the project's (or the library's) folder.
    pub fn set_file(&mut self, path: &str, text: &str, origin: Origin) -> FileId {
        let path = path.strip_prefix("./").unwrap_or(path);
        let id = self.ids.file(&match origin {
            Origin::Std => format!("std/{}", path.strip_prefix("std/").unwrap_or(path)),
            Origin::Project => path.to_string(),
        });
        match self.files.get(&id).copied() {
            Some(file) => {
                if *file.text(self) != *text {
                    self.note_macros(id, text, origin);
                    let anything = edits::set_text(self, file, text, |db| {
                        file.set_text(db).to(text.into());
                    });
                    if anything {
                        self.forget();
                    }
                }
            }
            None => {
                let durability = match origin {
                    Origin::Std => Durability::HIGH,
                    Origin::Project => Durability::LOW,
                };
                let file = SourceFile::builder(id, text.into(), origin)
                    .durability(durability)
                    .new(self);
                self.files.insert(id, file);
                self.note_macros(id, text, origin);
                let mut files = (*self.project().files(self)).clone();
                files.push((id, file));
                self.set_files(files);
            }
        }
        id
    }

    /// Forgets a file.
    pub fn remove_file(&mut self, path: &str) {
        let id = self.ids.file(path.strip_prefix("./").unwrap_or(path));
        if self.files.remove(&id).is_some() {
            self.macros.remove(&id);
            let project = self.project();
            let files = project
                .files(self)
                .iter()
                .filter(|(other, _)| *other != id)
                .copied()
                .collect();
            self.set_files(files);
        }
    }

    fn set_files(&mut self, files: Vec<(FileId, SourceFile)>) {
        let size = files.iter().map(|(id, _)| id.0 as usize + 1).max();
        let mut by_id = vec![None; size.unwrap_or(0)];
        for (id, file) in &files {
            by_id[id.0 as usize] = Some(*file);
        }
        let project = self.project();
        project.set_files(self).to(Arc::new(files));
        project.set_by_id(self).to(Arc::new(by_id));
        self.forget();
    }

    fn note_macros(&mut self, id: FileId, text: &str, origin: Origin) {
        let may = origin == Origin::Project
            && (text.contains("macro")
                || text.contains("template")
                || text.contains("eval(")
                || text.contains(['@', '~']));
        if may {
            self.macros.insert(id);
        } else {
            self.macros.remove(&id);
        }
    }

    /// Whether the project may define or use macros.
    pub(crate) fn has_macros(&self) -> bool {
        !self.macros.is_empty()
    }

    /// What is known about the whole project.
    pub(crate) fn known(&self) -> Known {
        self.known.clone()
    }

    fn forget(&mut self) {
        if self.known.forget() {
            let project = self.project();
            let version = project.groups_version(self) + 1;
            project.set_groups_version(self).to(version);
        }
    }

    /// The file with this path, if it is there.
    pub fn file_id(&self, path: &str) -> Option<FileId> {
        let id = self.ids.file(path.strip_prefix("./").unwrap_or(path));
        self.files.contains_key(&id).then_some(id)
    }

    /// The path of a file, as it was added.
    pub fn path(&self, file: FileId) -> Arc<str> {
        self.ids.file_path(file)
    }

    /// The text of a file; empty for one that is gone.
    pub fn text(&self, file: FileId) -> Arc<str> {
        self.files
            .get(&file)
            .map_or_else(|| "".into(), |file| file.text(self))
    }

    /// The starts of lines of a file.
    pub fn line_index(&self, file: FileId) -> Arc<nostos_syntax::LineIndex> {
        match self.files.get(&file) {
            Some(file) => line_index(self, *file),
            None => Arc::new(nostos_syntax::LineIndex::new("")),
        }
    }

    /// The input behind a file.
    pub fn source(&self, file: FileId) -> Option<SourceFile> {
        self.files.get(&file).copied()
    }

    /// The queries executed since the last call.
    pub fn recorded_queries(&self) -> Vec<String> {
        self.log
            .lock()
            .map(|mut log| std::mem::take(&mut *log))
            .unwrap_or_default()
    }
}

/// A parsed file.
pub struct Parsed {
    /// Its tree and the parser's findings.
    pub parse: nostos_syntax::Parse,
}

#[salsa::tracked(returns(clone), no_eq)]
fn line_index(db: &dyn Db, file: SourceFile) -> Arc<nostos_syntax::LineIndex> {
    Arc::new(nostos_syntax::LineIndex::new(&file.text(db)))
}

/// The syntax tree of a file.
#[salsa::tracked(returns(clone), no_eq)]
pub fn parsed(db: &dyn Db, file: SourceFile) -> Arc<Parsed> {
    Arc::new(Parsed {
        parse: nostos_syntax::parse(&file.text(db)),
    })
}

/// The definitions of a file, with bodies and places. Changes with every edit; ask the queries below instead.
#[salsa::tracked(returns(clone), no_eq)]
pub fn file_items(db: &dyn Db, file: SourceFile) -> Arc<FileItems> {
    Arc::new(items_of(db, file.id(db), &file.text(db)))
}

/// The definitions a file with this text has. The tree is not kept: it is the largest of what is made of a text, and only editors look at it again.
pub(crate) fn items_of(db: &dyn Db, file: FileId, text: &str) -> FileItems {
    let parse = nostos_syntax::parse(text);
    let path = module_path(&db.ids().file_path(file));
    let source = nostos_syntax::ast::SourceFile::cast(parse.tree().root())
        .expect("the root of a tree is a source file");
    let project = db.project();
    let expand = crate::expand::items::Items {
        db,
        project,
        file,
        layer: crate::expand::table::Layer::Items,
        earlier: std::cell::RefCell::default(),
    };
    let is_std = source_of(db, project, file).is_some_and(|f| f.origin(db) == Origin::Std);
    let bodies = match () {
        // A body with a mistake in it may look otherwise when it is parsed alone.
        () if !parse.errors().is_empty() => items::Bodies::Kept,
        () if is_std => items::Bodies::Unread,
        () => items::Bodies::Read,
    };
    let expand = (!is_std).then_some(&expand);
    let mut items = items::file_items(db.ids(), file, &path, source, expand, bodies);
    items.syntax_errors = parse.errors().to_vec();
    items
}

/// The dotted module path of a file.
pub fn module_path(path: &str) -> String {
    let path = path.strip_suffix(".nos").unwrap_or(path);
    // A file outside of any project is a module by its name.
    let path = if path.starts_with('/') {
        path.rsplit('/').next().unwrap_or(path)
    } else {
        path
    };
    path.replace('/', ".")
}

/// What of a file other definitions may depend on.
#[salsa::tracked(returns(clone))]
pub fn file_scope(db: &dyn Db, file: SourceFile) -> Arc<FileScope> {
    Arc::new(scope::file_scope(&file_items(db, file)))
}

/// All modules and where they are; the names the library gives to everyone.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ProjectScope {
    /// Every module.
    pub modules: FxHashMap<ModuleId, Arc<ModuleScope>>,
    /// The library's modules (of files), whose `pub` names are the prelude.
    pub std: Vec<ModuleId>,
    /// The prelude as one module.
    pub prelude: Arc<ModuleScope>,
    /// The modules of project files.
    pub roots: Vec<ModuleId>,
    /// The file that `main` is looked for in.
    pub root: Option<FileId>,
}

/// The project's names.
#[salsa::tracked(returns(clone))]
pub fn project_scope(db: &dyn Db, project: Project) -> Arc<ProjectScope> {
    let mut scope = ProjectScope::default();
    let mut prelude = ModuleScope::default();
    let files = project.files(db);
    let mut project_files = Vec::new();
    for (id, file) in files.iter() {
        let names = file_scope(db, *file);
        scope.modules.extend(names.modules.iter().cloned());
        let Some((module, own)) = names.modules.first() else {
            continue;
        };
        match file.origin(db) {
            Origin::Project => {
                scope.roots.push(*module);
                project_files.push(*id);
            }
            Origin::Std => {
                scope.std.push(*module);
                for (name, heads) in &own.values {
                    prelude
                        .values
                        .entry(name.clone())
                        .or_default()
                        .extend(heads.iter().filter(|h| h.public).cloned());
                }
                for (name, ctors) in &own.ctors {
                    prelude
                        .ctors
                        .entry(name.clone())
                        .or_default()
                        .extend(ctors.iter().filter(|c| c.2).copied());
                }
                prelude.types.extend(
                    own.types
                        .iter()
                        .filter(|(_, t)| t.1)
                        .map(|(n, t)| (n.clone(), *t)),
                );
                prelude.traits.extend(
                    own.traits
                        .iter()
                        .filter(|(_, t)| t.1)
                        .map(|(n, t)| (n.clone(), *t)),
                );
                prelude.modules.extend(
                    own.modules
                        .iter()
                        .filter(|(_, m)| m.1)
                        .map(|(n, m)| (n.clone(), *m)),
                );
            }
        }
    }
    scope.root = project_files
        .iter()
        .copied()
        .find(|id| {
            let path = db.ids().file_path(*id);
            *path == *"main.nos" || path.ends_with("/main.nos") && project_files.len() == 1
        })
        .or((project_files.len() == 1).then(|| project_files[0]));
    scope.prelude = Arc::new(prelude);
    Arc::new(scope)
}

/// The input behind a file number.
pub fn source_of(db: &dyn Db, project: Project, file: FileId) -> Option<SourceFile> {
    *project.by_id(db).get(file.0 as usize)?
}

/// Reads a function's entry. For queries that cut off what does not change.
pub(crate) fn fn_entry<R>(
    db: &dyn Db,
    project: Project,
    id: FnId,
    read: impl FnOnce(&items::FnEntry) -> R,
) -> Option<R> {
    let key = db.ids().fn_key(id);
    let items = file_items(db, source_of(db, project, key.file)?);
    let at = *items.fn_index.get(&id)?;
    Some(read(&items.fns[at]))
}

/// A function as written, calls of macros included, perhaps without its body (see [`crate::lower::outline`]). Equal texts are equal wherever they stand.
pub fn written(db: &dyn Db, _: Project, id: FnId) -> Option<Arc<raw::Function>> {
    function_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn function_at(db: &dyn Db, node: FnNode) -> Option<Arc<raw::Function>> {
    let (project, id) = (db.project(), node.id(db));
    fn_entry(db, project, id, |entry| entry.def.clone())
}

pub use crate::expand::calls::function;

/// Where a function stands. For a default, where its function stands.
pub fn fn_place(db: &dyn Db, _: Project, id: FnId) -> Option<Place> {
    fn_place_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn fn_place_at(db: &dyn Db, node: FnNode) -> Option<Place> {
    let (project, id) = (db.project(), node.id(db));
    fn_entry(db, project, main_part(db, id), |entry| entry.place.clone())
}

/// Whether a function is `pub`, and its module.
pub fn fn_module(db: &dyn Db, _: Project, id: FnId) -> Option<(ModuleId, bool)> {
    fn_module_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(copy))]
fn fn_module_at(db: &dyn Db, node: FnNode) -> Option<(ModuleId, bool)> {
    let (project, id) = (db.project(), node.id(db));
    fn_entry(db, project, main_part(db, id), |entry| {
        (entry.module, entry.public)
    })
}

/// The function that a part belongs to.
pub fn main_part(db: &dyn Db, id: FnId) -> FnId {
    let key = db.ids().fn_key(id);
    match key.part {
        Part::Default(_) => db.ids().function(FnKey {
            part: Part::Main,
            ..key
        }),
        Part::Main | Part::Intrinsic | Part::Entry => id,
    }
}

fn find<Id: PartialEq, Def>(
    entries: &[Entry<Id, Def>],
    id: Id,
) -> Option<(Arc<Def>, ModuleId, bool)> {
    entries
        .iter()
        .find(|entry| entry.id == id)
        .map(|entry| (entry.def.clone(), entry.module, entry.public))
}

/// A declared type as written, its module, whether it is `pub`.
pub fn type_item(
    db: &dyn Db,
    _: Project,
    id: TypeId,
) -> Option<(Arc<raw::TypeItem>, ModuleId, bool)> {
    type_item_at(db, db.type_node(id))
}

#[salsa::tracked(returns(clone))]
fn type_item_at(db: &dyn Db, node: TypeNode) -> Option<(Arc<raw::TypeItem>, ModuleId, bool)> {
    let (project, id) = (db.project(), node.id(db));
    let file = source_of(db, project, db.ids().type_key(id).file)?;
    find(&file_items(db, file).types, id)
}

/// Where a type stands.
#[salsa::tracked(returns(clone))]
pub fn type_place(db: &dyn Db, project: Project, id: TypeId) -> Option<Place> {
    let file = source_of(db, project, db.ids().type_key(id).file)?;
    file_items(db, file)
        .types
        .iter()
        .find(|entry| entry.id == id)
        .map(|entry| entry.place.clone())
}

/// A declared trait as written, its module, whether it is `pub`.
#[salsa::tracked(returns(clone))]
pub fn trait_item(
    db: &dyn Db,
    project: Project,
    id: TraitId,
) -> Option<(Arc<raw::TraitItem>, ModuleId, bool)> {
    let file = source_of(db, project, db.ids().trait_key(id).file)?;
    find(&file_items(db, file).traits, id)
}

/// Where a trait stands.
#[salsa::tracked(returns(clone))]
pub fn trait_place(db: &dyn Db, project: Project, id: TraitId) -> Option<Place> {
    let file = source_of(db, project, db.ids().trait_key(id).file)?;
    file_items(db, file)
        .traits
        .iter()
        .find(|entry| entry.id == id)
        .map(|entry| entry.place.clone())
}

/// An impl as written and its module.
#[salsa::tracked(returns(clone))]
pub fn impl_item(
    db: &dyn Db,
    project: Project,
    id: ImplId,
) -> Option<(Arc<raw::ImplItem>, ModuleId, bool)> {
    let file = source_of(db, project, db.ids().impl_key(id).file)?;
    find(&file_items(db, file).impls, id)
}

/// Where an impl stands.
#[salsa::tracked(returns(clone))]
pub fn impl_place(db: &dyn Db, project: Project, id: ImplId) -> Option<Place> {
    let file = source_of(db, project, db.ids().impl_key(id).file)?;
    file_items(db, file)
        .impls
        .iter()
        .find(|entry| entry.id == id)
        .map(|entry| entry.place.clone())
}

/// The methods of an impl or trait: names, arities, functions.
#[salsa::tracked(returns(clone))]
pub fn members(
    db: &dyn Db,
    project: Project,
    container: Container,
) -> Arc<Vec<(raw::Name, u32, FnId)>> {
    let file = match &container {
        Container::Module(_) => None,
        Container::Trait(id) => Some(db.ids().trait_key(*id).file),
        Container::Impl(id) => Some(db.ids().impl_key(*id).file),
    };
    let Some(file) = file.and_then(|file| source_of(db, project, file)) else {
        return Arc::default();
    };
    let items = file_items(db, file);
    let methods = items
        .fns
        .iter()
        .zip(&items.containers)
        .filter(|(_, c)| **c == container)
        .map(|(entry, _)| (entry.def.name.clone(), entry.def.arity() as u32, entry.id));
    Arc::new(methods.collect())
}

/// The names of a module; empty for one that is not there.
pub fn module_scope(db: &dyn Db, _: Project, module: ModuleId) -> Arc<ModuleScope> {
    module_scope_at(db, db.module_node(module))
}

#[salsa::tracked(returns(clone))]
fn module_scope_at(db: &dyn Db, node: ModuleNode) -> Arc<ModuleScope> {
    let (project, module) = (db.project(), node.id(db));
    project_scope(db, project)
        .modules
        .get(&module)
        .cloned()
        .unwrap_or_default()
}
