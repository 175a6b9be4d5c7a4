//! Edits that stay inside of bodies, seen before any query runs. In: the text of a file before and after. Out: which bodies differ, or that more may.
//!
//! Salsa would find out the same by asking every definition of the program whether what it depends on has changed, which takes longer the
//! larger the program is. Here the edited file's definitions are compared: as long as names, heads, mentions and inferred signatures stay, no
//! other definition can tell the difference, and a check is that of the edited bodies. Whatever is not certain counts as changing anything.

use crate::cycles::needs;
use crate::db::{Database, SourceFile, file_items, file_scope};
use crate::diagnostic::Diagnostic;
use crate::infer::{infer_group, signature};
use crate::items::{Entry, FileItems};
use crate::query::Origin;
use crate::raw::FunctionKind;
use crate::scc::{Groups, all_groups, dependencies, group_of};
use crate::signature::{Header, Signature, header};
use crate::ty::{FileId, FnId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// What is known about the whole project. Shared by all handles of one database.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    /// Right until an edit forgets them.
    groups: Option<Arc<Groups>>,
    /// Everything has been inferred, but for the edits in it.
    checked: Option<Checked>,
    /// Types of values depended on bodies that use them: then an edit of a body may change more than what depends on its signature.
    open_values: bool,
    /// How many checks found something changed.
    version: u64,
    /// Which bodies may have changed in which version; all of them in those before the first.
    steps: Vec<(u64, Vec<FnId>)>,
}

/// How many steps are remembered at most.
const STEPS: usize = 1000;

#[derive(Default)]
struct Checked {
    /// Findings at hand.
    files: FxHashMap<FileId, Arc<Vec<Diagnostic>>>,
    /// Functions whose bodies were edited since.
    edited: Vec<Edited>,
}

/// A function whose body was edited, as it was before.
#[derive(Clone)]
struct Edited {
    id: FnId,
    signature: Arc<Signature>,
    /// See [`needs`].
    needs: Arc<Vec<FnId>>,
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic leaves whole values: nothing is computed under the lock.
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// The groups, when they are at hand.
    pub(crate) fn groups(&self) -> Option<Arc<Groups>> {
        self.lock().groups.clone()
    }

    /// See [`Shared::open_values`].
    pub(crate) fn note_open_value(&self) {
        self.lock().open_values = true;
    }

    /// Forgets everything. → Whether queries may have seen the groups.
    pub(crate) fn forget(&self) -> bool {
        let mut shared = self.lock();
        shared.checked = None;
        shared.groups.take().is_some()
    }
}

/// The functions whose bodies a new text of a file changes; `None` when it may change more than bodies.
fn edited_bodies(before: &FileItems, after: &FileItems) -> Option<Vec<FnId>> {
    fn same<I: PartialEq, D: PartialEq>(a: &[Entry<I, D>], b: &[Entry<I, D>]) -> bool {
        let one = |a: &Entry<I, D>, b: &Entry<I, D>| {
            a.id == b.id && a.module == b.module && a.public == b.public && a.def == b.def
        };
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| one(a, b))
    }
    let same_items = before.fns.len() == after.fns.len()
        && before.containers == after.containers
        && same(&before.types, &after.types)
        && same(&before.traits, &after.traits)
        && same(&before.impls, &after.impls);
    if !same_items {
        return None;
    }
    let mut out = Vec::new();
    for (a, b) in before.fns.iter().zip(&after.fns) {
        if (a.id, a.module, a.public) != (b.id, b.module, b.public) {
            return None;
        }
        if a.def != b.def {
            if a.def.kind != b.def.kind || a.def.kind != FunctionKind::Function {
                return None;
            }
            out.push(a.id);
        }
    }
    Some(out)
}

/// A function or default, and what others and the order of inference see of it besides the signature.
type Outside = (FnId, Option<Arc<Header>>, Arc<Vec<FnId>>);

fn outside(db: &Database, fns: &[FnId]) -> Vec<Outside> {
    let project = db.project();
    let mut out = Vec::new();
    for id in fns {
        let head = header(db, project, *id);
        let params = head.iter().flat_map(|head| &head.params);
        let defaults: Vec<FnId> = params.filter_map(|param| param.default).collect();
        out.push((*id, head, dependencies(db, project, *id)));
        out.extend(
            defaults
                .iter()
                .map(|id| (*id, None, dependencies(db, project, *id))),
        );
    }
    out
}

/// Sets a text by `set`. → Whether anything may have changed, and not only bodies that [`check`] will look at.
pub(crate) fn set_text(
    db: &mut Database,
    file: SourceFile,
    text: &str,
    set: impl FnOnce(&mut Database),
) -> bool {
    let watched = file.origin(db) == Origin::Project && db.known().lock().checked.is_some();
    // An expansion may look into any body.
    if !watched || db.has_macros() || db.known().lock().open_values {
        set(db);
        return true;
    }
    let before = (file_items(db, file), file_scope(db, file));
    let after = crate::db::items_of(db, file.id(db), text);
    let Some(fns) = edited_bodies(&before.0, &after) else {
        set(db);
        return true;
    };
    let project = db.project();
    let seen = outside(db, &fns);
    let edited: Vec<Edited> = seen
        .iter()
        .map(|(id, ..)| Edited {
            id: *id,
            signature: signature(db, project, *id),
            needs: needs(db, project, *id),
        })
        .collect();
    set(db);
    if *file_scope(db, file) != *before.1 || outside(db, &fns) != seen {
        return true;
    }
    if let Some(checked) = &mut db.known().lock().checked {
        checked.files.remove(&file.id(db));
        let known: FxHashSet<FnId> = checked.edited.iter().map(|e| e.id).collect();
        let new = edited.into_iter().filter(|e| !known.contains(&e.id));
        checked.edited.extend(new);
    }
    false
}

fn files_with_values(db: &Database) -> Vec<FileId> {
    let is_value = |kind: &FunctionKind| matches!(kind, FunctionKind::Value | FunctionKind::Mvar);
    let files = db.project().files(db);
    files
        .iter()
        .filter(|(_, file)| {
            let items = file_items(db, *file);
            items.fns.iter().any(|entry| is_value(&entry.def.kind))
        })
        .map(|(id, _)| *id)
        .collect()
}

/// After this everything has been inferred, in an order in which inference never recurses deeply.
pub(crate) fn check(db: &Database) {
    let project = db.project();
    let known = db.known();
    let edited = known.lock().checked.as_ref().map(|c| c.edited.clone());
    if let Some(edited) = edited {
        let stays = edited.iter().all(|old| {
            infer_group(db, project, group_of(db, project, old.id)[0]);
            signature(db, project, old.id) == old.signature
        });
        // What a function needs, values that need it are told by name.
        let other_needs = |old: &Edited| needs(db, project, old.id) != old.needs;
        let values = if stays && edited.iter().any(other_needs) {
            files_with_values(db)
        } else {
            Vec::new()
        };
        let mut shared = known.lock();
        if stays && let Some(checked) = &mut shared.checked {
            checked.edited.clear();
            for file in values {
                checked.files.remove(&file);
            }
            if !edited.is_empty() {
                shared.version += 1;
                let step = (shared.version, edited.into_iter().map(|e| e.id).collect());
                shared.steps.push(step);
                if shared.steps.len() > STEPS {
                    shared.steps.drain(..STEPS / 2);
                }
            }
            return;
        }
    }
    let groups = known.groups().unwrap_or_else(|| {
        let groups = all_groups(db, project);
        known.lock().groups = Some(groups.clone());
        groups
    });
    for first in &groups.order {
        infer_group(db, project, *first);
    }
    let mut shared = known.lock();
    shared.checked = Some(Checked::default());
    shared.version += 1;
    shared.steps.clear();
}

/// The findings of a file, by `find` if they are not at hand. After [`check`].
pub(crate) fn findings(
    db: &Database,
    file: FileId,
    find: impl FnOnce() -> Vec<Diagnostic>,
) -> Arc<Vec<Diagnostic>> {
    let at_hand = |shared: &Shared| shared.checked.as_ref()?.files.get(&file).cloned();
    if let Some(found) = at_hand(&db.known().lock()) {
        return found;
    }
    let found = Arc::new(find());
    if let Some(checked) = &mut db.known().lock().checked {
        checked.files.insert(file, found.clone());
    }
    found
}

/// The version of the bodies that the last check looked at.
pub(crate) fn version(db: &Database) -> u64 {
    db.known().lock().version
}

/// The functions whose bodies may have changed since a version; `None`: any.
pub(crate) fn changed_since(db: &Database, version: u64) -> Option<FxHashSet<FnId>> {
    let known = db.known();
    let shared = known.lock();
    if shared.checked.as_ref()?.edited.is_empty() {
        let first = shared.version - shared.steps.len() as u64;
        let steps = shared.steps.iter().filter(|step| step.0 > version);
        return (version >= first).then(|| steps.flat_map(|step| &step.1).copied().collect());
    }
    None
}
