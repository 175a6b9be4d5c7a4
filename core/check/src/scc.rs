//! Which unannotated definitions must be inferred together: strongly connected components over the names that bodies mention.
//!
//! A mention counts wherever it might lead to a function whose signature is not written: too many edges cost generality, too few would be a cycle
//! of queries.

use crate::db::FnNode;
use crate::db::{Db, Origin, Project, fn_module, function, main_part, type_item};
use crate::ids::{ModuleId, Part};
use crate::lower::outline::whole;
use crate::raw::{Arm, Expr, ExprKind, Field, Function, Name, Pat, PatKind, Stmt, TypeBody};
use crate::resolve::{self, Target};
use crate::scope::FnHead;
use crate::signature::{header, impl_table, trait_info};
use crate::ty::{FnId, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The functions that are inferred together with `id`, in a fixed order.
pub fn group_of(db: &dyn Db, _: Project, id: FnId) -> Arc<[FnId]> {
    group_of_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn group_of_at(db: &dyn Db, node: FnNode) -> Arc<[FnId]> {
    let (project, id) = (db.project(), node.id(db));
    if !needs_inference(db, project, id) {
        return [id].into();
    }
    // Read first: it says for how long the answer of the next line holds.
    project.groups_version(db);
    let groups = db.known_groups().unwrap_or_else(|| all_groups(db, project));
    groups.of.get(&id).cloned().unwrap_or_else(|| [id].into())
}

/// Whether callers must look into the body.
pub(crate) fn needs_inference(db: &dyn Db, project: Project, id: FnId) -> bool {
    let key = db.ids().fn_key(id);
    if let crate::ids::Container::Impl(_) = key.container
        && key.part == Part::Main
    {
        return false;
    }
    header(db, project, id).is_some_and(|h| !h.complete())
}

/// Unannotated functions that the body of `id` might call.
pub(crate) fn dependencies(db: &dyn Db, _: Project, id: FnId) -> Arc<Vec<FnId>> {
    dependencies_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn dependencies_at(db: &dyn Db, node: FnNode) -> Arc<Vec<FnId>> {
    let (project, id) = (db.project(), node.id(db));
    let Some(def) = function(db, project, main_part(db, id)) else {
        return Arc::default();
    };
    let Some((module, _)) = fn_module(db, project, id) else {
        return Arc::default();
    };
    let mentions = match (db.ids().fn_key(id).part, &def.left_out) {
        (Part::Default(at), _) => Mentions::of_default(&whole(&def), at),
        (_, Some(left)) if let Some(known) = &left.mentions => known.clone(),
        (Part::Main | Part::Intrinsic | Part::Entry, _) => Mentions::of(&whole(&def)),
    };
    let table = impl_table(db, project);
    let mut out: FxHashSet<FnId> = FxHashSet::default();
    let mut add = |head: &FnHead| {
        let mut one = |id| {
            if needs_inference(db, project, id) {
                out.insert(id);
            }
        };
        one(head.id);
        if head.required < head.arity
            && let Some(header) = header(db, project, head.id)
        {
            header.params.iter().filter_map(|p| p.default).for_each(one);
        }
    };
    for name in mentions.plain() {
        resolve::values(db, project, module, name.clone())
            .iter()
            .flatten()
            .for_each(&mut add);
        for (ty, _) in resolve::ctors(db, project, module, name.clone())
            .iter()
            .flatten()
        {
            field_defaults(db, project, *ty).iter().for_each(&mut add);
        }
    }
    for (path, name) in mentions.qualified() {
        let path: Vec<Name> = path.split(BEHIND).map(|part| db.ids().name(part)).collect();
        let (target, name) = (
            resolve::find_module(db, project, module, &path),
            db.ids().name(name),
        );
        if let Some(target) = target {
            for (ty, _) in resolve::module_ctors(db, project, target, &name).0 {
                field_defaults(db, project, ty).iter().for_each(&mut add);
            }
        }
        if let Some(Target::Module(of)) = target {
            resolve::module_values(db, project, of, name.clone())
                .iter()
                .for_each(&mut add);
        }
    }
    for name in mentions.plain() {
        for of in table.methods.get(name).into_iter().flatten() {
            for method in trait_info(db, project, *of)
                .methods
                .iter()
                .filter(|m| m.name == *name)
            {
                let module = ModuleId(0);
                add(&FnHead {
                    id: method.id,
                    module,
                    arity: method.arity,
                    required: 0,
                    value: false,
                    mvar: false,
                    foreign: false,
                    public: true,
                });
            }
        }
    }
    let mut out: Vec<FnId> = out.into_iter().collect();
    out.sort();
    Arc::new(out)
}

/// The functions that give the defaults of a type's fields.
fn field_defaults(db: &dyn Db, project: Project, ty: TypeId) -> Vec<FnHead> {
    let Some((item, module, _)) = type_item(db, project, ty) else {
        return Vec::new();
    };
    let fields: Vec<&Field> = match &item.body {
        TypeBody::Record(fields) => fields.iter().collect(),
        TypeBody::Variants(variants) => variants.iter().flat_map(|v| &v.fields).collect(),
        TypeBody::Alias(_) | TypeBody::Empty => Vec::new(),
    };
    let names = fields.iter().filter_map(|field| field.default.clone());
    names
        .flat_map(|name| resolve::module_values(db, project, module, name).to_vec())
        .collect()
}

/// All groups.
#[derive(Clone, PartialEq, Default)]
pub struct Groups {
    /// The group of each function that needs inference.
    of: FxHashMap<FnId, Arc<[FnId]>>,
    /// The first member of each group, those that others depend on first: asked in this order, inference never recurses deeply.
    pub order: Vec<FnId>,
}

/// All groups of the project. Each of the library's functions is one by itself: nearly all are annotated (a test says what that means), so nothing of
/// them is looked at before somebody needs it.
#[salsa::tracked(returns(clone))]
pub fn all_groups(db: &dyn Db, project: Project) -> Arc<Groups> {
    let mut nodes = Vec::new();
    for (_, file) in project.files(db).iter() {
        if file.origin(db) == Origin::Std {
            continue;
        }
        for id in &crate::db::file_scope(db, *file).fns {
            if needs_inference(db, project, *id) {
                nodes.push(*id);
            }
            if let Some(header) = header(db, project, *id) {
                nodes.extend(header.params.iter().filter_map(|p| p.default));
            }
        }
    }
    let mut tarjan = Tarjan {
        db,
        project,
        index: FxHashMap::default(),
        low: FxHashMap::default(),
        stack: Vec::new(),
        out: Groups::default(),
    };
    for node in nodes {
        tarjan.visit(node);
    }
    Arc::new(tarjan.out)
}

/// Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972), with its own stack.
struct Tarjan<'a> {
    db: &'a dyn Db,
    project: Project,
    index: FxHashMap<FnId, u32>,
    low: FxHashMap<FnId, u32>,
    stack: Vec<FnId>,
    out: Groups,
}

impl Tarjan<'_> {
    fn open(&mut self, node: FnId) -> (FnId, Arc<Vec<FnId>>, usize) {
        let number = self.index.len() as u32;
        self.index.insert(node, number);
        self.low.insert(node, number);
        self.stack.push(node);
        (node, dependencies(self.db, self.project, node), 0)
    }

    fn visit(&mut self, root: FnId) {
        if self.index.contains_key(&root) {
            return;
        }
        let mut work = vec![self.open(root)];
        while let Some((node, edges, at)) = work.pop() {
            if let Some(next) = edges.get(at).copied() {
                work.push((node, edges, at + 1));
                if !self.index.contains_key(&next) {
                    work.push(self.open(next));
                } else if !self.out.of.contains_key(&next) {
                    let low = self.low[&node].min(self.index[&next]);
                    self.low.insert(node, low);
                }
                continue;
            }
            if let Some((parent, _, _)) = work.last() {
                let low = self.low[parent].min(self.low[&node]);
                self.low.insert(*parent, low);
            }
            if self.low[&node] == self.index[&node] {
                let start = self
                    .stack
                    .iter()
                    .position(|other| *other == node)
                    .expect("an open node is on the stack");
                let mut group: Vec<FnId> = self.stack.split_off(start);
                group.sort();
                let group: Arc<[FnId]> = group.into();
                self.out.order.push(group[0]);
                for member in group.iter() {
                    self.out.of.insert(*member, group.clone());
                }
            }
        }
    }
}

/// What stands for a dot between the names of a path; names that a macro marked have dots in them.
const BEHIND: &str = "\n";

/// Names that a body mentions.
#[derive(Clone, Debug)]
pub struct Mentions {
    /// What stands behind a dot together with what is before it.
    names: Arc<[Name]>,
}

impl Mentions {
    /// Those of a function, which has its bodies.
    pub(crate) fn of(def: &Function) -> Mentions {
        let mut found = Collect::default();
        found.function(def);
        found.done()
    }

    /// Those of one of its defaults.
    fn of_default(def: &Function, at: u32) -> Mentions {
        let mut found = Collect::default();
        let params = def.clauses.iter().filter_map(|c| c.params.get(at as usize));
        for default in params.filter_map(|param| param.default.as_ref()) {
            found.expr(default);
        }
        found.done()
    }

    /// The same, with names that are allocated once for all.
    pub(crate) fn interned(&self, ids: &crate::ids::Ids) -> Mentions {
        Mentions {
            names: self.names.iter().map(|name| ids.name(name)).collect(),
        }
    }

    fn plain(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().filter(|name| !name.contains(BEHIND))
    }

    fn qualified(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .filter_map(|name| name.rsplit_once(BEHIND))
    }
}

#[derive(Default)]
struct Collect {
    names: FxHashSet<Name>,
}

impl Collect {
    fn done(self) -> Mentions {
        Mentions {
            names: self.names.into_iter().collect(),
        }
    }

    fn name(&mut self, name: &Name) {
        if !self.names.contains(name) {
            self.names.insert(name.clone());
        }
    }

    fn function(&mut self, def: &Function) {
        for clause in &def.clauses {
            clause.params.iter().for_each(|p| self.pat(&p.pattern));
            clause.guard.iter().for_each(|e| self.expr(e));
            clause.body.iter().for_each(|e| self.expr(e));
        }
    }

    fn dotted(&mut self, base: &Expr, name: &Name) {
        let mut path: Vec<&str> = vec![name];
        let mut at = base;
        loop {
            match &at.kind {
                ExprKind::Name(name) => {
                    path.push(name);
                    break;
                }
                ExprKind::Field(inner, name, _) => {
                    path.push(name);
                    at = inner;
                }
                ExprKind::TypeApp(inner, _) => at = inner,
                _ => return,
            }
        }
        path.reverse();
        self.names.insert(path.join(BEHIND).into());
    }

    fn arms(&mut self, arms: &[Arm]) {
        for arm in arms {
            self.pat(&arm.pattern);
            arm.guard.iter().for_each(|e| self.expr(e));
            self.expr(&arm.body);
        }
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Error
            | ExprKind::Unsupported(_)
            | ExprKind::Code(_)
            | ExprKind::Literal(_)
            | ExprKind::Quote(_)
            | ExprKind::Splice(_)
            | ExprKind::Continue => {}
            ExprKind::Name(name) => self.name(name),
            ExprKind::Interpolation(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                items.iter().for_each(|e| self.expr(e))
            }
            ExprKind::List(items, tail) => {
                items.iter().for_each(|e| self.expr(e));
                tail.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Range(a, b) | ExprKind::Index(a, b) | ExprKind::While(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Binary(..) => {
                let mut at = e;
                while let ExprKind::Binary(_, a, b) = &at.kind {
                    self.expr(b);
                    at = a;
                }
                self.expr(at);
            }
            ExprKind::Map(entries) => entries.iter().for_each(|(k, v)| {
                self.expr(k);
                self.expr(v);
            }),
            ExprKind::Block(stmts) => stmts.iter().for_each(|s| self.stmt(s)),
            ExprKind::If(a, b, c) => {
                self.expr(a);
                self.expr(b);
                c.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Match(e, arms) => {
                self.expr(e);
                self.arms(arms);
            }
            ExprKind::Receive(arms, after) => {
                self.arms(arms);
                if let Some(after) = after {
                    self.expr(&after.0);
                    self.expr(&after.1);
                }
            }
            ExprKind::Try(body, arms, finally) => {
                self.expr(body);
                self.arms(arms);
                finally.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Lambda(lambda) => {
                lambda.params.iter().for_each(|p| self.pat(&p.pattern));
                self.expr(&lambda.body);
            }
            ExprKind::ForRange(p, a, b, c) => {
                self.pat(p);
                [a, b, c].into_iter().for_each(|e| self.expr(e));
            }
            ExprKind::ForIn(p, a, b) => {
                self.pat(p);
                [a, b].into_iter().for_each(|e| self.expr(e));
            }
            ExprKind::Break(e) | ExprKind::Return(e) => e.iter().for_each(|e| self.expr(e)),
            ExprKind::Spawn(_, e)
            | ExprKind::Unsafe(e)
            | ExprKind::Neg(e)
            | ExprKind::Not(e)
            | ExprKind::Element(e, _)
            | ExprKind::TypeApp(e, _)
            | ExprKind::Question(e) => self.expr(e),
            ExprKind::Call(callee, _, args) => {
                self.expr(callee);
                args.iter().for_each(|a| self.expr(&a.value));
            }
            ExprKind::MethodCall(base, name, _, _, args) => {
                self.name(name);
                let plain: Name = crate::expand::plain(name).into();
                if plain != *name {
                    self.name(&plain);
                }
                self.dotted(base, &plain);
                self.expr(base);
                args.iter().for_each(|a| self.expr(&a.value));
            }
            ExprKind::Field(base, name, _) => {
                self.name(name);
                self.dotted(base, name);
                self.expr(base);
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr(e) => self.expr(e),
            Stmt::Bind { pattern, value, .. } => {
                self.pat(pattern);
                self.expr(value);
            }
            Stmt::Assign { target, value, .. } => {
                self.expr(target);
                self.expr(value);
            }
            Stmt::LocalFn(def) => self.function(def),
        }
    }

    fn pat(&mut self, pat: &Pat) {
        match &pat.kind {
            PatKind::Error
            | PatKind::Wild
            | PatKind::Name(_)
            | PatKind::Literal(_)
            | PatKind::Range(..) => {}
            PatKind::Pin(name) => self.name(name),
            PatKind::Ctor(path, args) => {
                // It may be a constant.
                if let [name] = path.as_slice() {
                    self.name(name);
                }
                match args {
                    crate::raw::CtorArgs::Bare => {}
                    crate::raw::CtorArgs::Positional(items) => {
                        items.iter().for_each(|p| self.pat(p))
                    }
                    crate::raw::CtorArgs::Named(items, _) => {
                        items.iter().for_each(|(_, p)| self.pat(p))
                    }
                }
            }
            PatKind::Tuple(items) | PatKind::Set(items) | PatKind::Or(items) => {
                items.iter().for_each(|p| self.pat(p))
            }
            PatKind::List(items, tail) => {
                items.iter().for_each(|p| self.pat(p));
                tail.iter().for_each(|p| self.pat(p));
            }
            PatKind::Record(items, _) => items.iter().for_each(|(_, p)| self.pat(p)),
            PatKind::Map(entries) => entries.iter().for_each(|(k, v)| {
                self.pat(k);
                self.pat(v);
            }),
            PatKind::As(inner, _) | PatKind::Typed(inner, _) => self.pat(inner),
        }
    }
}
