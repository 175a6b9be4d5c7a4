//! Module-level values whose own text leaves their type open, `cache = Map.new()`, `mvar log = []`: their uses say what it is, as ML's weak variables do.
//!
//! A value is evaluated once, so it has one type, and may not be generalised. All that depends on it is inferred with it, just to see what its
//! type becomes; with this type it is inferred again for good, and so are its users, each by itself. What the first look needs of others it
//! takes from inferences that leave values open, so that no question comes back to where it began.

use super::group::infer_members;
use super::{Infer, has_error, unify};
use crate::db::{Db, FnNode, Origin, file_scope};
use crate::scc::dependencies;
use crate::signature::header;
use crate::ty::{FnId, Ty};
use rustc_hash::{FxHashMap, FxHashSet};

/// What becomes of a value's open type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Uses {
    /// Its uses fix it.
    Fix,
    /// It stays open: each use may see it differently. For a first look only.
    Open,
}

/// How much is looked at to find a value's type: what is nearest to it says most.
const MOST: usize = 300;

/// Makes the type of a value what its uses say.
pub(super) fn fix(cx: &mut Infer<'_>, id: FnId, ty: &Ty) {
    let mut free = Vec::new();
    cx.table.free(ty, &mut free);
    if free.is_empty() || has_error(&cx.table.deep(ty)) {
        return;
    }
    cx.db.note_open_value();
    let Some((fixed, open)) = fixed(cx.db, cx.db.fn_node(id)) else {
        return;
    };
    let rest: Vec<Ty> = (0..open).map(|_| cx.fresh()).collect();
    let _ = cx.table.unify(ty, &unify::instantiate(&fixed, 0, &rest));
}

/// A value's type as its uses say, and how many parts of it are still open: these are parameters.
#[salsa::tracked(returns(clone))]
fn fixed(db: &dyn Db, node: FnNode) -> Option<(Ty, u32)> {
    let id = node.id(db);
    let group = users(db, id);
    let mut inferred = infer_members(db, db.project(), &group, Uses::Open, None);
    let cx = &mut inferred.cx;
    cx.table.level = 0;
    cx.table.raise();
    cx.settle(0);
    let ty = cx.table.deep(&cx.group.get(&id)?.result);
    if has_error(&ty) {
        return None;
    }
    let mut free = Vec::new();
    cx.table.free(&ty, &mut free);
    for (at, var) in free.iter().enumerate() {
        cx.table.bind(*var, Ty::Param(at as u32));
    }
    Some((cx.table.deep(&ty), free.len() as u32))
}

/// The value, and what depends on it: what is nearest first.
fn users(db: &dyn Db, id: FnId) -> Vec<FnId> {
    let project = db.project();
    let mut users: FxHashMap<FnId, Vec<FnId>> = FxHashMap::default();
    for (_, file) in project.files(db).iter() {
        if file.origin(db) == Origin::Std {
            continue;
        }
        for user in &file_scope(db, *file).fns {
            let defaults = header(db, project, *user);
            let defaults = defaults.iter().flat_map(|head| &head.params);
            let defaults: Vec<FnId> = defaults.filter_map(|param| param.default).collect();
            for user in [*user].into_iter().chain(defaults) {
                for needs in dependencies(db, project, user).iter() {
                    users.entry(*needs).or_default().push(user);
                }
            }
        }
    }
    let mut out = vec![id];
    let mut seen: FxHashSet<FnId> = out.iter().copied().collect();
    let mut at = 0;
    while at < out.len() && out.len() < MOST {
        let more = users.get(&out[at]).into_iter().flatten();
        out.extend(more.filter(|user| seen.insert(**user)));
        at += 1;
    }
    out
}
