//! Settles the marks of names once a definition is expanded.
//!
//! A name bound in a quote is told apart from all others by its mark; where nothing else has its spelling the mark is not needed and goes. A free
//! name of a quote means what it means where the macro is defined: where that is what it means here too, the mark goes; else it stays, and
//! [`crate::resolve`] looks the name up in the module that the mark names.

use super::walk::{self, Role, Visitor};
use super::{marked, plain};
use crate::db::{Db, Project};
use crate::ids::ModuleId;
use crate::raw::{Expr, Function, Name};
use crate::resolve;
use nostos_syntax::MARK_END;
use rustc_hash::{FxHashMap, FxHashSet};

#[derive(Default)]
struct Names {
    bound: FxHashSet<Name>,
    /// Every name that is bound or looked up, by spelling.
    spelled: FxHashMap<Name, FxHashSet<Name>>,
    /// What is called behind a dot and has a mark.
    methods: FxHashSet<Name>,
    any: bool,
}

impl Visitor for Names {
    fn name(&mut self, name: &mut Name, role: Role) {
        self.any |= name.ends_with(MARK_END);
        if role == Role::Label {
            return;
        }
        if role == Role::Method {
            if name.ends_with(MARK_END) {
                self.methods.insert(name.clone());
            }
            return;
        }
        if role == Role::Bind {
            self.bound.insert(name.clone());
        }
        self.spelled
            .entry(plain(name).into())
            .or_default()
            .insert(name.clone());
    }
}

/// The names that a function binds, its own left out.
pub fn bound(def: &mut Function) -> FxHashSet<Name> {
    let mut names = Names::default();
    walk::function(&mut names, def);
    names.bound.remove(&def.name);
    names.bound
}

/// The names that an expression mentions and does not bind.
pub fn free(e: &mut Expr) -> FxHashSet<Name> {
    let mut names = Names::default();
    names.expr(e);
    let Names { bound, spelled, .. } = names;
    let mentioned = spelled.into_values().flatten();
    mentioned.filter(|name| !bound.contains(name)).collect()
}

struct Rename<'a> {
    new: &'a FxHashMap<Name, Name>,
    /// What keeps its mark behind a dot.
    methods: &'a FxHashSet<Name>,
}

impl Visitor for Rename<'_> {
    fn name(&mut self, name: &mut Name, role: Role) {
        let is_bare = match role {
            Role::Label => true,
            Role::Method => !self.methods.contains(name),
            Role::Bind | Role::Value | Role::Type => false,
        };
        if is_bare && name.ends_with(MARK_END) {
            *name = plain(name).into();
        } else if role != Role::Method
            && let Some(new) = self.new.get(name)
        {
            *name = new.clone();
        }
    }
}

/// Settles the marks in a function of `module`; answers the bound names that keep theirs.
pub fn settle(
    db: &dyn Db,
    project: Project,
    module: ModuleId,
    def: &mut Function,
) -> FxHashSet<Name> {
    let mut names = Names::default();
    walk::function(&mut names, def);
    let mut kept = FxHashSet::default();
    if !names.any {
        return kept;
    }
    let own = db.ids().module_path(module);
    let mut new = FxHashMap::default();
    for (spelling, all) in &names.spelled {
        for name in all {
            let Some((_, from)) = marked(name) else {
                continue;
            };
            let others = all.iter().any(|other| other != name);
            let bare = if names.bound.contains(name) {
                if others {
                    kept.insert(name.clone());
                }
                !others
            } else {
                let captured = others && all.iter().any(|other| names.bound.contains(other));
                let there = db.ids().module(from);
                match (captured, *own == *from) {
                    (false, true) => true,
                    (false, false) => means_the_same(db, project, module, there, spelling),
                    (true, _) => false,
                }
            };
            if bare {
                new.insert(name.clone(), spelling.clone());
            }
        }
    }
    // Behind a dot only functions are looked up where the macro stands; fields and methods have no place.
    names.methods.retain(|name| {
        marked(name).is_some_and(|(spelling, from)| {
            let (there, name) = (db.ids().module(from), Name::from(spelling));
            let meant = resolve::values(db, project, there, name.clone());
            !meant.is_empty() && meant != resolve::values(db, project, module, name)
        })
    });
    let methods = &names.methods;
    walk::function(&mut Rename { new: &new, methods }, def);
    kept
}

fn means_something(db: &dyn Db, project: Project, module: ModuleId, name: &Name) -> bool {
    !resolve::values(db, project, module, name.clone()).is_empty()
        || !resolve::ctors(db, project, module, name.clone()).is_empty()
        || resolve::type_named(db, project, module, name.clone()).is_some()
        || resolve::trait_named(db, project, module, name.clone()).is_some()
        || resolve::find_module(db, project, module, std::slice::from_ref(name)).is_some()
}

fn means_the_same(
    db: &dyn Db,
    project: Project,
    here: ModuleId,
    there: ModuleId,
    name: &Name,
) -> bool {
    let path = std::slice::from_ref(name);
    !means_something(db, project, there, name)
        || (resolve::values(db, project, here, name.clone())
            == resolve::values(db, project, there, name.clone())
            && resolve::ctors(db, project, here, name.clone())
                == resolve::ctors(db, project, there, name.clone())
            && resolve::type_named(db, project, here, name.clone())
                == resolve::type_named(db, project, there, name.clone())
            && resolve::trait_named(db, project, here, name.clone())
                == resolve::trait_named(db, project, there, name.clone())
            && resolve::find_module(db, project, here, path)
                == resolve::find_module(db, project, there, path))
}

/// Takes the marks off names that belong to the module they stand in: for types, traits and implementations, which bind nothing.
pub struct Own<'a>(pub &'a str);

impl Visitor for Own<'_> {
    fn name(&mut self, name: &mut Name, role: Role) {
        let strip = marked(name).is_some_and(|(_, from)| {
            from == self.0 || matches!(role, Role::Label | Role::Method | Role::Bind)
        });
        if strip {
            *name = plain(name).into();
        }
    }
}
