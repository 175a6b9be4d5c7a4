//! Which macros there are and which of them a name means. Reads the files as written, so that it can be asked while items are collected.

use crate::db::{Db, Origin, Project, SourceFile, module_path, parsed};
use crate::ids::Container;
use crate::lower::Lower;
use crate::raw::{Name, Use, UseWhat};
use crate::ty::{FileId, FnId};
use nostos_syntax::ast::{self, Item};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A macro or template as seen by its users.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MacroHead {
    /// Its name.
    pub name: Name,
    /// Dotted path of the module it is in.
    pub module: Name,
    /// The file.
    pub file: FileId,
    /// `pub`
    pub public: bool,
    /// How it is called: names of parameters.
    pub params: Vec<Name>,
    /// What it expands to may define macros.
    pub makes: bool,
    /// Where the item starts that a macro made this one of.
    pub maker: Option<u32>,
}

/// What of the program may be looked at. What makes macros is expanded before there is a table of all macros, and items before there are bodies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Layer {
    /// What is written.
    Written,
    /// Macros that macros made, too.
    Items,
    /// Everything that macros made.
    Bodies,
}

impl MacroHead {
    /// Its name with its module.
    pub fn qualified(&self) -> Name {
        format!("{}.{}", self.module, self.name).into()
    }
}

/// The macros of a file.
#[salsa::tracked(returns(clone))]
pub fn file_macros(db: &dyn Db, file: SourceFile) -> Arc<Vec<MacroHead>> {
    let text = file.text(db);
    if file.origin(db) == Origin::Std || !(text.contains("macro") || text.contains("template")) {
        return Arc::default();
    }
    let mut out = Vec::new();
    let parsed = parsed(db, file);
    let module = module_path(&db.ids().file_path(file.id(db)));
    collect(
        &parsed.parse.file().items().collect::<Vec<_>>(),
        &module,
        &mut |module, item| {
            out.extend(head(item, module, file.id(db)));
        },
    );
    Arc::new(out)
}

fn head(item: Item<'_>, module: &str, file: FileId) -> Option<MacroHead> {
    let Item::Macro(def) = item else {
        return None;
    };
    let body = def.body().map_or("", |body| body.text());
    Some(MacroHead {
        name: def.name()?.text().into(),
        module: module.into(),
        file,
        public: def.is_pub(),
        params: def
            .params()
            .map(|param| param.pattern().map_or("", |pattern| pattern.text()).into())
            .collect(),
        makes: body.contains("macro ") || body.contains("template "),
        maker: None,
    })
}

/// Visits the items of a file and of its inline modules.
pub(super) fn collect<'t>(
    items: &[Item<'t>],
    module: &str,
    visit: &mut impl FnMut(&str, Item<'t>),
) {
    for item in items {
        visit(module, *item);
        if let Item::Module(def) = item {
            let inner = def
                .path()
                .map(|path| {
                    let names: Vec<&str> = path.segments().map(|s| s.text()).collect();
                    names.join(".")
                })
                .unwrap_or_default();
            let items: Vec<Item<'t>> = def.items().collect();
            collect(&items, &format!("{module}.{inner}"), visit);
        }
    }
}

/// The macros that calls and decorators of macros make.
#[salsa::tracked(returns(clone))]
fn made_macros(db: &dyn Db, project: Project) -> Arc<Vec<MacroHead>> {
    let mut out = Vec::new();
    let written = written_macros(db, project);
    if !written.values().flatten().any(|head| head.makes) {
        return Arc::default();
    }
    let makes = |module: &str, path: &[Name]| {
        resolve_in(db, project, module, path, Layer::Written).is_some_and(|head| head.makes)
    };
    for (id, file) in project.files(db).iter() {
        if file.origin(db) == Origin::Std {
            continue;
        }
        let expand = super::items::Items {
            db,
            project,
            file: *id,
            layer: Layer::Written,
            earlier: std::cell::RefCell::default(),
        };
        let parsed = parsed(db, *file);
        let module = module_path(&db.ids().file_path(*id));
        let items: Vec<Item<'_>> = parsed.parse.file().items().collect();
        collect(&items, &module, &mut |module, item| {
            let made = match item {
                Item::Expr(call) => match call.expr() {
                    Some(ast::Expr::Call(e))
                        if e.callee()
                            .and_then(path_of)
                            .is_some_and(|path| makes(module, &path)) =>
                    {
                        expand.call(module, call)
                    }
                    _ => None,
                },
                decorated => decorated
                    .decorators()
                    .filter_map(|decorator| decorator.path())
                    .any(|path| {
                        let path: Vec<Name> = path.segments().map(|s| s.text().into()).collect();
                        makes(module, &path)
                    })
                    .then(|| expand.decorated(module, &[decorated]))
                    .flatten(),
            };
            let Some(made) = made else {
                return;
            };
            let parse = nostos_syntax::parse_expansion(&made.text, nostos_syntax::Entry::File);
            let items: Vec<Item<'_>> = parse.file().items().collect();
            collect(&items, module, &mut |module, item| {
                out.extend(head(item, module, *id).map(|head| MacroHead {
                    name: super::plain(&head.name).into(),
                    maker: Some(made.range.start),
                    ..head
                }));
            });
        });
    }
    Arc::new(out)
}

/// All macros of the project by name.
#[salsa::tracked(returns(clone))]
pub fn macro_table(db: &dyn Db, project: Project) -> Arc<FxHashMap<Name, Vec<MacroHead>>> {
    let written = written_macros(db, project);
    let made = made_macros(db, project);
    if made.is_empty() {
        return written;
    }
    let mut out = (*written).clone();
    for head in made.iter() {
        out.entry(head.name.clone()).or_default().push(head.clone());
    }
    Arc::new(out)
}

/// The macros that may be looked at.
pub fn known(db: &dyn Db, project: Project, layer: Layer) -> Arc<FxHashMap<Name, Vec<MacroHead>>> {
    match layer {
        Layer::Written => written_macros(db, project),
        Layer::Items | Layer::Bodies => macro_table(db, project),
    }
}

/// The macros of the project that are written as such, by name.
#[salsa::tracked(returns(clone))]
fn written_macros(db: &dyn Db, project: Project) -> Arc<FxHashMap<Name, Vec<MacroHead>>> {
    let mut out: FxHashMap<Name, Vec<MacroHead>> = FxHashMap::default();
    for (_, file) in project.files(db).iter() {
        for head in file_macros(db, *file).iter() {
            out.entry(head.name.clone()).or_default().push(head.clone());
        }
    }
    Arc::new(out)
}

/// The `use` lines of a file by module. Asked only where there are macros.
#[salsa::tracked(returns(clone))]
fn file_uses(db: &dyn Db, file: SourceFile) -> Arc<FxHashMap<Name, Vec<Use>>> {
    let mut out: FxHashMap<Name, Vec<Use>> = FxHashMap::default();
    let parsed = parsed(db, file);
    let module = module_path(&db.ids().file_path(file.id(db)));
    collect(
        &parsed.parse.file().items().collect::<Vec<_>>(),
        &module,
        &mut |module, item| {
            if let Item::Use(def) = item
                && let Some(mut item) = Lower::at(def.node()).use_item(def)
            {
                item.span = crate::hir::Span::default();
                if let UseWhat::Names(names) = &mut item.what {
                    names.iter_mut().for_each(|name| name.2 = item.span);
                }
                out.entry(module.into()).or_default().push(item);
            }
        },
    );
    Arc::new(out)
}

/// The names that `use … as` lines give.
#[salsa::tracked(returns(clone))]
fn new_names(db: &dyn Db, project: Project) -> Arc<FxHashSet<Name>> {
    let mut out = FxHashSet::default();
    for (_, file) in project.files(db).iter() {
        if file.origin(db) == Origin::Std || !file.text(db).contains(" as ") {
            continue;
        }
        for item in file_uses(db, *file).values().flatten() {
            let mut name = |there: &Name, here: &Name| {
                if there != here {
                    out.insert(here.clone());
                }
            };
            match &item.what {
                UseWhat::All => {}
                UseWhat::Names(names) => {
                    names.iter().for_each(|(there, here, _)| name(there, here))
                }
                UseWhat::Itself(here) => item
                    .path
                    .iter()
                    .last()
                    .into_iter()
                    .for_each(|there| name(there, here)),
            }
        }
    }
    Arc::new(out)
}

/// Whether a function is a macro or a template.
pub fn is_macro(db: &dyn Db, project: Project, id: FnId) -> bool {
    let table = macro_table(db, project);
    let key = db.ids().fn_key(id);
    let Container::Module(module) = key.container else {
        return false;
    };
    table.get(&key.name).is_some_and(|heads| {
        let module = db.ids().module_path(module);
        heads.iter().any(|head| {
            head.file == key.file
                && head.module == module
                && head.params.len() == key.arity as usize
        })
    })
}

/// Whether functions of a file may need expansion at all.
#[salsa::tracked(returns(copy))]
pub fn may_expand(db: &dyn Db, project: Project, file: SourceFile) -> bool {
    file.origin(db) != Origin::Std
        && (!written_macros(db, project).is_empty() || is_marked(db, file))
}

/// A query of its own, so that edits do not concern every function of a file.
#[salsa::tracked(returns(copy))]
fn is_marked(db: &dyn Db, file: SourceFile) -> bool {
    let text = file.text(db);
    text.contains('~') || text.contains("quote") || text.contains("eval(")
}

/// The macro that a path of names means in a module.
pub fn resolve(db: &dyn Db, project: Project, from: &str, path: &[Name]) -> Option<MacroHead> {
    resolve_in(db, project, from, path, Layer::Bodies)
}

/// The same, where perhaps only some macros are known.
pub fn resolve_in(
    db: &dyn Db,
    project: Project,
    from: &str,
    path: &[Name],
    layer: Layer,
) -> Option<MacroHead> {
    let table = known(db, project, layer);
    if table.is_empty() {
        return None;
    }
    let (last, prefix) = path.split_last()?;
    let (last, from) = match super::marked(last) {
        Some((plain, module)) if prefix.is_empty() => (Name::from(plain), module.to_string()),
        _ => (super::plain(last).into(), from.to_string()),
    };
    if !table.contains_key(&last) && !new_names(db, project).contains(&last) {
        return None;
    }
    let prefix: Vec<&str> = prefix.iter().map(|name| super::plain(name)).collect();
    let look = Look {
        db,
        project,
        table: &table,
        from: &from,
    };
    // Modules from the inside out: the own names first, then what they bring in.
    if !prefix.is_empty() {
        let joined = prefix.join(".");
        let found = within(&from, &joined).find_map(|module| look.inside(&module, &last, 0));
        if found.is_some() {
            return found;
        }
    } else if let Some(found) = around(&from).find_map(|module| look.own(module, &last)) {
        return Some(found);
    }
    around(&from).find_map(|module| look.brought(module, &prefix, &last, false, 0))
}

/// The names of all methods of traits.
#[salsa::tracked(returns(clone))]
fn trait_methods(db: &dyn Db, project: Project) -> Arc<FxHashSet<Name>> {
    let mut out = FxHashSet::default();
    for (_, file) in project.files(db).iter() {
        let items = crate::db::file_items(db, *file);
        for (entry, container) in items.fns.iter().zip(&items.containers) {
            if matches!(container, Container::Trait(_)) {
                out.insert(entry.def.name.clone());
            }
        }
    }
    Arc::new(out)
}

/// The macro that `x.name(…)` calls: one of this name, where nothing else that is called behind a dot has it.
pub fn behind_dot(db: &dyn Db, project: Project, from: &str, name: &Name) -> Option<MacroHead> {
    let head = resolve(db, project, from, std::slice::from_ref(name))?;
    let plain = Name::from(super::plain(name));
    let is_method = trait_methods(db, project).contains(&plain);
    let module = db.ids().module(from);
    let levels = crate::resolve::values(db, project, module, name.clone());
    let is_function = levels
        .iter()
        .flatten()
        .any(|other| !is_macro(db, project, other.id));
    (!is_method && !is_function).then_some(head)
}

/// A module and those around it.
fn around(module: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(module), |module| {
        module.rsplit_once('.').map(|(outer, _)| outer)
    })
}

/// What a path of modules may mean in a module.
fn within(module: &str, path: &str) -> impl Iterator<Item = String> {
    let nested = around(module).map(move |outer| format!("{outer}.{path}"));
    nested.chain(std::iter::once(path.to_string()))
}

/// Looks for a macro on behalf of the code of a module.
struct Look<'a> {
    db: &'a dyn Db,
    project: Project,
    table: &'a FxHashMap<Name, Vec<MacroHead>>,
    from: &'a str,
}

impl Look<'_> {
    /// The macro of this name that stands in a module.
    fn own(&self, module: &str, name: &str) -> Option<MacroHead> {
        self.table
            .get(name)?
            .iter()
            .find(|head| *head.module == *module && (head.public || sees(self.from, module)))
            .cloned()
    }

    /// The macro of this name in a module, or one that it passes on.
    fn inside(&self, module: &str, name: &str, depth: u32) -> Option<MacroHead> {
        let own = self.own(module, name);
        if own.is_some() || depth == 8 {
            return own;
        }
        self.brought(module, &[], name, true, depth + 1)
    }

    /// What the `use` lines of a module bring: all of them, or those that pass names on.
    fn brought(
        &self,
        module: &str,
        prefix: &[&str],
        last: &str,
        passed_on: bool,
        depth: u32,
    ) -> Option<MacroHead> {
        let files = self.project.files(self.db);
        let file = files.iter().find_map(|(id, file)| {
            let path = module_path(&self.db.ids().file_path(*id));
            (file.origin(self.db) == Origin::Project && sees(module, &path)).then_some(*file)
        })?;
        let uses = file_uses(self.db, file);
        for item in uses.get(module)? {
            if passed_on && !item.public {
                continue;
            }
            let path = item.path.join(".");
            let from = |path: &str, name: &str| {
                within(module, path).find_map(|target| self.inside(&target, name, depth))
            };
            let found = match &item.what {
                UseWhat::All if prefix.is_empty() => from(&path, last),
                UseWhat::Names(names) if prefix.is_empty() => names
                    .iter()
                    .filter(|(_, here, _)| **here == *last)
                    .find_map(|(there, _, _)| from(&path, there)),
                UseWhat::Names(names) => names
                    .iter()
                    .filter(|(_, here, _)| **here == *prefix[0])
                    .find_map(|(there, _, _)| {
                        let behind = [path.as_str(), there]
                            .into_iter()
                            .chain(prefix[1..].iter().copied());
                        from(&behind.collect::<Vec<_>>().join("."), last)
                    }),
                UseWhat::Itself(here) if prefix.is_empty() && **here == *last => {
                    let (there, module) = item.path.split_last()?;
                    from(&module.join("."), there)
                }
                UseWhat::Itself(here) if !prefix.is_empty() && **here == *prefix[0] => {
                    let behind = std::iter::once(&*path).chain(prefix[1..].iter().copied());
                    from(&behind.collect::<Vec<_>>().join("."), last)
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

fn sees(from: &str, of: &str) -> bool {
    from == of
        || from
            .strip_prefix(of)
            .is_some_and(|rest| rest.starts_with('.'))
}

/// The path that an expression before a call's arguments spells.
pub(super) fn path_of(e: ast::Expr<'_>) -> Option<Vec<Name>> {
    match e {
        ast::Expr::Name(name) => Some(vec![name.name()?.text().into()]),
        ast::Expr::Field(field) => {
            let mut path = path_of(field.receiver()?)?;
            path.push(field.name()?.text().into());
            Some(path)
        }
        _ => None,
    }
}
