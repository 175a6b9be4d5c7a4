//! Which macros there are and which of them a name means. Reads the files as written, so that it can be asked while items are collected.

use crate::db::{Db, Origin, Project, SourceFile, module_path, parsed};
use crate::lower::Lower;
use crate::raw::{Name, Use, UseWhat};
use crate::ty::FileId;
use nostos_syntax::ast::{self, Item};
use rustc_hash::FxHashMap;
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
            if let Item::Macro(def) = item
                && let Some(name) = def.name()
            {
                out.push(MacroHead {
                    name: name.text().into(),
                    module: module.into(),
                    file: file.id(db),
                    public: def.is_pub(),
                    params: def
                        .params()
                        .map(|param| param.pattern().map_or("", |pattern| pattern.text()).into())
                        .collect(),
                });
            }
        },
    );
    Arc::new(out)
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

/// All macros of the project by name.
#[salsa::tracked(returns(clone))]
pub fn macro_table(db: &dyn Db, project: Project) -> Arc<FxHashMap<Name, Vec<MacroHead>>> {
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

/// Whether functions of a file may need expansion at all.
#[salsa::tracked(returns(copy))]
pub fn may_expand(db: &dyn Db, project: Project, file: SourceFile) -> bool {
    if file.origin(db) == Origin::Std {
        return false;
    }
    let text = file.text(db);
    !macro_table(db, project).is_empty()
        || text.contains('~')
        || text.contains("quote")
        || text.contains("eval(")
}

/// The macro that a path of names means in a module.
pub fn resolve(db: &dyn Db, project: Project, from: &str, path: &[Name]) -> Option<MacroHead> {
    let table = macro_table(db, project);
    if table.is_empty() {
        return None;
    }
    let (last, prefix) = path.split_last()?;
    let (last, from) = match super::marked(last) {
        Some((plain, module)) if prefix.is_empty() => (Name::from(plain), module.to_string()),
        _ => (last.clone(), from.to_string()),
    };
    let prefix: Vec<&str> = prefix.iter().map(|name| super::plain(name)).collect();
    let in_module = |name: &str, module: &str| {
        table
            .get(name)?
            .iter()
            .find(|head| *head.module == *module && (head.public || sees(&from, module)))
            .cloned()
    };
    // Modules from the inside out: the own names first, then what they bring in.
    let around: Vec<&str> = std::iter::successors(Some(from.as_str()), |module| {
        module.rsplit_once('.').map(|(outer, _)| outer)
    })
    .collect();
    if !prefix.is_empty() {
        let joined = prefix.join(".");
        let nested = around
            .iter()
            .find_map(|module| in_module(&last, &format!("{module}.{joined}")));
        if let Some(found) = nested.or_else(|| in_module(&last, &joined)) {
            return Some(found);
        }
    } else if let Some(found) = around.iter().find_map(|module| in_module(&last, module)) {
        return Some(found);
    }
    let file = project.files(db).iter().find_map(|(id, file)| {
        let module = module_path(&db.ids().file_path(*id));
        around.contains(&module.as_str()).then_some(*file)
    })?;
    let uses = file_uses(db, file);
    for module in &around {
        for item in uses.get(*module).into_iter().flatten() {
            let path = item.path.join(".");
            let nested = format!("{module}.{path}");
            let targets = [nested.as_str(), path.as_str()];
            let found = match &item.what {
                UseWhat::All if prefix.is_empty() => {
                    targets.iter().find_map(|target| in_module(&last, target))
                }
                UseWhat::Names(names) if prefix.is_empty() => names
                    .iter()
                    .filter(|(_, here, _)| *here == last)
                    .find_map(|(there, _, _)| {
                        targets.iter().find_map(|target| in_module(there, target))
                    }),
                UseWhat::Itself(here) if prefix.is_empty() && *here == last => {
                    let (there, module) = item.path.split_last()?;
                    in_module(there, &module.join("."))
                }
                UseWhat::Itself(here) if prefix.len() == 1 && **here == *prefix[0] => {
                    targets.iter().find_map(|target| in_module(&last, target))
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
    }
    None
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
