//! The typed bodies of a function by place: what each exact stretch of its text means.

use nostos_check::hir::visit::{self, Part};
use nostos_check::hir::{
    Body, Callee, Expr, ExprKind, LocalId, Pat, PatKind, Span, Stmt, expansion_at,
};
use nostos_check::ids::{Container, FnKey};
use nostos_check::query::{self, Database};
use nostos_check::ty::{FnId, Ty, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// What a stretch of text means.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Meaning {
    /// A local, by where it is bound.
    Local(Span),
    Fn(FnId),
    Ctor(TypeId, u32),
    /// By number, of the first constructor.
    Field(TypeId, u32),
}

/// What the stretches of a function's text mean.
#[derive(Default)]
pub(crate) struct Meanings {
    by_place: HashMap<(u32, u32), Vec<Meaning>>,
    /// The bodies have no errors.
    pub sound: bool,
}

impl Meanings {
    /// Of functions that stand in one place.
    pub fn of(db: &Database, functions: &[FnId]) -> Meanings {
        let mut out = Meanings {
            sound: true,
            ..Meanings::default()
        };
        for id in functions {
            let project = db.project();
            let header = nostos_check::signature::header(db, project, *id);
            let defaults = header.iter().flat_map(|head| &head.params);
            let defaults: Vec<FnId> = defaults.filter_map(|param| param.default).collect();
            for part in std::iter::once(*id).chain(defaults) {
                if query::body(db, part).is_none() && !query::is_declaration(db, part) {
                    out.sound = false;
                }
                let Some(body) = query::sketch(db, part) else {
                    continue;
                };
                let mut walk = Walk {
                    db,
                    body: &body,
                    out: &mut out,
                };
                for (at, local) in body.locals.iter().enumerate() {
                    if !local.name.is_empty() {
                        let meaning = walk.local(LocalId(at as u32));
                        walk.note(local.span, meaning);
                    }
                }
                for local_fn in &body.local_fns {
                    walk.note(local_fn.span, Some(Meaning::Local(local_fn.span)));
                    walk.expr(&local_fn.value);
                }
                walk.expr(&body.value);
            }
        }
        out
    }

    /// What exactly this stretch means.
    pub fn at(&self, start: u32, end: u32) -> &[Meaning] {
        self.by_place.get(&(start, end)).map_or(&[], Vec::as_slice)
    }
}

struct Walk<'a> {
    db: &'a Database,
    body: &'a Body,
    out: &'a mut Meanings,
}

impl Walk<'_> {
    fn note(&mut self, span: Span, meaning: Option<Meaning>) {
        let Some(meaning) = meaning else { return };
        // What a macro made stands in no text that a person wrote.
        if self.is_made(span) || matches!(meaning, Meaning::Local(bound) if self.is_made(bound)) {
            return;
        }
        let here = self.out.by_place.entry((span.start, span.end)).or_default();
        if !here.contains(&meaning) {
            here.push(meaning);
        }
    }

    fn is_made(&self, span: Span) -> bool {
        expansion_at(&self.body.expansions, span.start).is_some()
    }

    fn local(&self, id: LocalId) -> Option<Meaning> {
        let local = self.body.locals.get(id.0 as usize)?;
        (!local.name.is_empty()).then_some(Meaning::Local(local.span))
    }

    fn callee(&self, callee: &Callee) -> Option<Meaning> {
        match callee {
            Callee::Fn(inst) => Some(Meaning::Fn(inst.id)),
            Callee::Local(id, _) => {
                let of = self.body.local_fns.get(id.0 as usize)?;
                Some(Meaning::Local(of.span))
            }
            Callee::Method(method) => {
                let project = self.db.project();
                let info = nostos_check::signature::trait_info(self.db, project, method.of);
                let found = info.methods.iter().find(|m| m.name == method.name)?;
                Some(Meaning::Fn(found.id))
            }
            Callee::Dot(_) | Callee::Value(_) => None,
        }
    }

    fn field(&self, base: &Expr, index: u32) -> Option<Meaning> {
        match &base.ty {
            Ty::Adt(id, _) => Some(Meaning::Field(*id, index)),
            _ => None,
        }
    }

    fn expr(&mut self, expr: &Expr) {
        let meaning = match &expr.kind {
            ExprKind::Local(id) | ExprKind::Assign(id, _) => self.local(*id),
            ExprKind::Global(id) => Some(Meaning::Fn(*id)),
            ExprKind::FnValue(callee) | ExprKind::Call(callee, _) => self.callee(callee),
            ExprKind::Construct { ctor, .. } => match &expr.ty {
                Ty::Adt(id, _) => Some(Meaning::Ctor(*id, *ctor)),
                _ => None,
            },
            ExprKind::Update(..) => match &expr.ty {
                Ty::Adt(id, _) => Some(Meaning::Ctor(*id, 0)),
                _ => None,
            },
            ExprKind::Field(base, index) | ExprKind::AssignField(base, index, _) => {
                self.field(base, *index)
            }
            _ => None,
        };
        self.note(expr.span, meaning);
        if let ExprKind::Block(stmts, _) = &expr.kind {
            for stmt in stmts {
                if let Stmt::LocalFn(id) = stmt
                    && let Some(of) = self.body.local_fns.get(id.0 as usize)
                {
                    self.note(of.span, Some(Meaning::Local(of.span)));
                }
            }
        }
        visit::parts(expr, &mut |part| self.part(part));
    }

    fn pat(&mut self, pat: &Pat) {
        let meaning = match (&pat.kind, &pat.ty) {
            (PatKind::Bind(local, _), _) => self.local(*local),
            (PatKind::Ctor(ctor, _), Ty::Adt(id, _)) => Some(Meaning::Ctor(*id, *ctor)),
            _ => None,
        };
        self.note(pat.span, meaning);
        visit::pat_parts(pat, &mut |part| self.part(part));
    }

    fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Expr(expr) => self.expr(expr),
            Part::Pat(pat) => self.pat(pat),
            // Their bodies have been looked at.
            Part::LocalFn(_) => {}
        }
    }
}

/// The method of a trait that a method of an implementation implements; any other function is itself.
pub(crate) fn canonical(db: &Database, id: FnId) -> FnId {
    use nostos_check::db::Db as _;
    let key: FnKey = db.ids().fn_key(id);
    let Container::Impl(of) = key.container else {
        return id;
    };
    let project = db.project();
    let info = nostos_check::signature::impl_info(db, project, of);
    let methods = info.traits.iter().flat_map(|of| {
        let info: Arc<_> = nostos_check::signature::trait_info(db, project, *of);
        info.methods.clone()
    });
    let mut methods = methods.filter(|method| method.name == key.name);
    methods.next().map_or(id, |method| method.id)
}
