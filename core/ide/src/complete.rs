//! What could stand at a place: names in scope, members behind a dot, types, modules, keywords.
//!
//! The text is checked once with a made-up name at the cursor ([`query::PROBE`]), so that what is half written is no obstacle: inference notes the
//! locals it knows there and the type of what stands before the dot.

use crate::ask::Ask;
use crate::names::{Names, dotted};
use crate::{Analysis, Position};
use nostos_check::db::{self, Db as _, fn_module, fn_place};
use nostos_check::ids::ModuleId;
use nostos_check::query::{self, PROBE, Probe};
use nostos_check::raw::Name;
use nostos_check::resolve::{self, Target};
use nostos_check::scope::{FnHead, ModuleScope};
use nostos_check::signature::{header, impl_info, impl_table, trait_info};
use nostos_check::ty::{FileId, FnId, Ty};
use nostos_check::types::type_info;
use nostos_syntax::{Kind, Node, ast};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// What kind of thing a completion is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum CompletionKind {
    Field,
    Local,
    Method,
    Function,
    Value,
    Constructor,
    Type,
    Trait,
    Module,
    Keyword,
}

/// Something that could stand at the cursor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Completion {
    /// Its name: what is inserted.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Its type or signature.
    pub detail: Option<String>,
    /// The `##` lines of its definition.
    pub documentation: Option<String>,
    /// Nearer things come first.
    pub rank: u8,
    /// What the name replaces.
    pub range: Range<Position>,
}

const KEYWORDS: &[&str] = &[
    "after",
    "break",
    "catch",
    "const",
    "continue",
    "do",
    "else",
    "end",
    "extern",
    "false",
    "finally",
    "for",
    "if",
    "import",
    "macro",
    "match",
    "module",
    "mvar",
    "not",
    "private",
    "pub",
    "quote",
    "receive",
    "return",
    "spawn",
    "spawn_link",
    "spawn_monitor",
    "template",
    "test",
    "then",
    "throw",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "var",
    "when",
    "while",
];

/// Found things, before they are told.
pub(crate) struct Found {
    pub label: String,
    pub kind: CompletionKind,
    pub detail: Option<String>,
    pub of: Option<FnId>,
    pub rank: u8,
}

impl Analysis {
    pub(crate) fn completions(&mut self, path: &str, at: Position) -> Option<Vec<Completion>> {
        let file = self.db.file_id(path)?;
        let (text, offset) = (self.db.text(file), Ask { db: &self.db }.offset(file, at)?);
        let (start, end) = word_around(&text, offset);
        let typed = text.get(start..offset as usize)?.to_owned();
        if typed.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let range = Ask { db: &self.db }.range(file, &(start as u32..end as u32));
        let mut found =
            self.probed(path, &text, start..end, |ask, file, at| ask.found(file, at))?;
        let typed: Vec<char> = typed.to_lowercase().chars().collect();
        found.retain(|found| matches(&found.label, &typed));
        let mut seen = BTreeSet::new();
        let db = &self.db;
        let mut out: Vec<Completion> = found
            .into_iter()
            .filter(|found| {
                seen.insert((
                    found.label.clone(),
                    found.kind,
                    found.detail.clone(),
                    found.of,
                ))
            })
            .map(|found| Completion {
                detail: found
                    .detail
                    .or_else(|| Some(query::render_signature(db, found.of?))),
                documentation: found
                    .of
                    .and_then(|id| fn_place(db, db.project(), id)?.doc)
                    .map(|doc| doc.to_string()),
                label: found.label,
                kind: found.kind,
                rank: found.rank,
                range: range.clone(),
            })
            .collect();
        out.sort_by(|a, b| {
            (a.rank, &a.label, a.kind, &a.detail).cmp(&(b.rank, &b.label, b.kind, &b.detail))
        });
        out.dedup_by(|a, b| a.label == b.label && a.detail == b.detail);
        Some(out)
    }

    /// Asks something of the text with the made-up name in place of a stretch.
    pub(crate) fn probed<T: Send>(
        &mut self,
        path: &str,
        text: &str,
        word: Range<usize>,
        question: impl FnOnce(&Ask<'_>, FileId, u32) -> Option<T> + Send,
    ) -> Option<T> {
        let probed = format!("{}{PROBE}{}", &text[..word.start], &text[word.end..]);
        let origin = match path.starts_with("std/") {
            true => return None,
            false => query::Origin::Project,
        };
        self.db.set_file(path, &probed, origin);
        // Whatever happens, the text is that of the editor again.
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.ask(path, |ask, file| question(ask, file, word.start as u32))
        }));
        self.db.set_file(path, text, origin);
        found.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Ask<'_> {
    /// What could stand where the made-up name is.
    fn found(&self, file: FileId, at: u32) -> Option<Vec<Found>> {
        let mut names = Names::new(self, file)?;
        let parse = names.parse.clone();
        let token = parse.tree().token_at(at)?;
        if token.text() != PROBE || !matches!(token.kind(), Kind::Ident | Kind::UpperIdent) {
            // In a comment, a text, a number.
            return None;
        }
        let parent = token.parent()?;
        let module = names.module_at(token)?;
        let probe = self.probe_at(&mut names, at);
        let mut out = Vec::new();
        match parent.kind() {
            Kind::FieldExpr | Kind::MethodCallExpr => {
                self.behind_dot(token, parent, module, probe.as_deref(), &mut out);
            }
            Kind::PathType => {
                let path = ast::PathType::cast(parent)?;
                let segments: Vec<Name> = path.segments().map(|s| s.text().into()).collect();
                match segments.split_last()? {
                    (_, []) => self.types(module, &mut out),
                    (_, of) => {
                        let target = resolve::find_module(self.db, self.db.project(), module, of)?;
                        self.members(module, target, &mut out);
                        out.retain(|f| {
                            matches!(
                                f.kind,
                                CompletionKind::Type
                                    | CompletionKind::Trait
                                    | CompletionKind::Module
                            )
                        });
                    }
                }
            }
            Kind::UseName => {
                let decl = parent.ancestors().find_map(ast::UseDecl::cast)?;
                let path: Vec<Name> = decl.path()?.segments().map(|s| s.text().into()).collect();
                let target = resolve::find_module(self.db, self.db.project(), module, &path)?;
                self.members(module, target, &mut out);
            }
            Kind::Path => {
                let path = ast::Path::cast(parent)?;
                let segments: Vec<Name> = path.segments().map(|s| s.text().into()).collect();
                let of: Vec<Name> = segments
                    .iter()
                    .take_while(|s| &***s != PROBE)
                    .cloned()
                    .collect();
                match of.as_slice() {
                    [] if parent.parent()?.kind() == Kind::UseDecl => {
                        self.modules(module, &mut out)
                    }
                    [] => self.constructors(module, &mut out),
                    of => {
                        let target = resolve::find_module(self.db, self.db.project(), module, of)?;
                        self.members(module, target, &mut out);
                    }
                }
            }
            Kind::NamePat => {
                // What begins like a pattern at the start of a line may become anything.
                self.constructors(module, &mut out);
                if !in_arm(parent) {
                    self.expressions(module, probe.as_deref(), &mut out);
                }
            }
            Kind::FieldPat | Kind::TypeParam | Kind::Field | Kind::Variant => return None,
            _ => self.expressions(module, probe.as_deref(), &mut out),
        }
        Some(out)
    }

    /// What the receiver before the made-up name has.
    pub fn receiver_members(&self, file: FileId, at: u32, out: &mut Vec<Found>) {
        let Some(mut names) = Names::new(self, file) else {
            return;
        };
        let parse = names.parse.clone();
        if let Some(token) = parse.tree().token_at(at)
            && let Some(module) = names.module_at(token)
            && let Some(probe) = self.probe_at(&mut names, at)
            && let Some(receiver) = &probe.receiver
        {
            self.members_of(receiver, module, out);
        }
    }

    /// What inference knows at the made-up name.
    fn probe_at(&self, names: &mut Names<'_>, at: u32) -> Option<Arc<Probe>> {
        let project = self.db.project();
        let _ = names.body_at(at)?;
        let all = query::functions_of_file(self.db, names.file);
        let here = all.into_iter().filter(|id| {
            fn_place(self.db, project, *id)
                .is_some_and(|place| place.start <= at && at < place.start + place.len)
        });
        here.flat_map(|id| {
            let defaults = header(self.db, project, id).map_or_else(Vec::new, |head| {
                head.params.iter().filter_map(|p| p.default).collect()
            });
            std::iter::once(id).chain(defaults)
        })
        .find_map(|id| query::probe(self.db, id))
    }

    fn behind_dot(
        &self,
        token: Node<'_>,
        expr: Node<'_>,
        module: ModuleId,
        probe: Option<&Probe>,
        out: &mut Vec<Found>,
    ) {
        if let Some(receiver) = probe.and_then(|probe| probe.receiver.as_ref()) {
            self.members_of(receiver, module, out);
            return;
        }
        let path = dotted(expr, token);
        if let Some((_, of)) = path.as_deref().and_then(<[Name]>::split_last)
            && let Some(target) = resolve::find_module(self.db, self.db.project(), module, of)
        {
            self.members(module, target, out);
        }
    }

    /// Fields, methods and functions that a value of a type has behind a dot.
    pub fn members_of(&self, ty: &Ty, module: ModuleId, out: &mut Vec<Found>) {
        let (db, project) = (self.db, self.db.project());
        if let Ty::Adt(id, args) = ty {
            let info = type_info(db, project, *id);
            if let [ctor] = info.def.ctors.as_slice() {
                let private = info.private.first();
                for (at, (name, field)) in ctor.fields.iter().enumerate() {
                    let hidden = private.and_then(|p| p.get(at)).copied().unwrap_or(false)
                        && !resolve::can_see(db, module, info.module);
                    if !name.is_empty() && !hidden {
                        out.push(Found {
                            label: name.to_string(),
                            kind: CompletionKind::Field,
                            detail: Some(query::render_ty(db, &field.substitute(args))),
                            of: None,
                            rank: 0,
                        });
                    }
                }
            }
        }
        let table = impl_table(db, project);
        for (of, impls) in &table.by_trait {
            let fits = impls
                .iter()
                .any(|id| same_head(&impl_info(db, project, *id).target, ty));
            if !fits {
                continue;
            }
            for method in &trait_info(db, project, *of).methods {
                if method.name.starts_with(|c: char| c.is_alphabetic()) {
                    out.push(Found {
                        label: method.name.to_string(),
                        kind: CompletionKind::Method,
                        detail: None,
                        of: Some(method.id),
                        rank: 1,
                    });
                }
            }
        }
        for name in distinct(resolve::visible_values(db, project, module)) {
            for head in resolve::values(db, project, module, name.clone())
                .iter()
                .flatten()
            {
                if head.value || head.arity == 0 {
                    continue;
                }
                let library =
                    fn_place(db, project, head.id).is_none_or(|p| self.is_library(p.file));
                let first = match library {
                    // These say their types; to infer the others would take long.
                    true => header(db, project, head.id)
                        .and_then(|head| head.params.first().and_then(|p| p.ty.clone())),
                    false => query::fn_def(db, head.id).params.first().cloned(),
                };
                let Some(first) = first else { continue };
                let any = matches!(first, Ty::Param(_));
                if same_head(&first, ty) && (!any || !library) {
                    out.push(self.value(&name, head, if any { 3 } else { 2 }));
                }
            }
        }
    }

    fn value(&self, name: &str, head: &FnHead, rank: u8) -> Found {
        Found {
            label: name.to_owned(),
            kind: match head.value {
                true => CompletionKind::Value,
                false => CompletionKind::Function,
            },
            detail: None,
            of: Some(head.id),
            rank,
        }
    }

    /// What a module shows to another.
    fn members(&self, from: ModuleId, target: Target, out: &mut Vec<Found>) {
        let (db, project) = (self.db, self.db.project());
        let (scope, all): (Arc<ModuleScope>, bool) = match target {
            Target::Module(of) => (
                db::module_scope(db, project, of),
                resolve::can_see(db, from, of),
            ),
            Target::Prelude => (db::project_scope(db, project).prelude.clone(), false),
        };
        for (name, heads) in &scope.values {
            let seen = heads.iter().filter(|head| head.public || all);
            out.extend(
                seen.filter(|_| is_name(name))
                    .map(|head| self.value(name, head, 1)),
            );
        }
        let types = scope.types.iter().filter(|(_, (_, public))| *public || all);
        out.extend(types.map(|(name, _)| named(name, CompletionKind::Type, 1)));
        for (name, ctors) in &scope.ctors {
            for (ty, at, _) in ctors.iter().filter(|ctor| ctor.2 || all) {
                out.push(self.constructor(name, *ty, *at, 1));
            }
        }
        let traits = scope
            .traits
            .iter()
            .filter(|(_, (_, public))| *public || all);
        out.extend(traits.map(|(name, _)| named(name, CompletionKind::Trait, 1)));
        let modules = scope
            .modules
            .iter()
            .filter(|(_, (_, public))| *public || all);
        let modules = modules.filter(|(name, _)| !name.ends_with(')'));
        out.extend(modules.map(|(name, _)| named(name, CompletionKind::Module, 1)));
    }

    fn constructor(&self, name: &str, ty: nostos_check::ty::TypeId, at: u32, rank: u8) -> Found {
        let def = query::type_def(self.db, ty);
        let fields = def
            .ctors
            .get(at as usize)
            .map_or(&[][..], |ctor| &ctor.fields);
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, ty)| match name.is_empty() {
                true => query::render_ty(self.db, ty),
                false => format!("{name}: {}", query::render_ty(self.db, ty)),
            })
            .collect();
        let fields = match fields.is_empty() {
            true => String::new(),
            false => format!("({})", fields.join(", ")),
        };
        Found {
            label: name.to_owned(),
            kind: CompletionKind::Constructor,
            detail: Some(format!("{name}{fields}: {}", def.name)),
            of: None,
            rank,
        }
    }

    fn constructors(&self, module: ModuleId, out: &mut Vec<Found>) {
        let (db, project) = (self.db, self.db.project());
        for name in distinct(resolve::visible_ctors(db, project, module)) {
            for (ty, at) in resolve::ctors(db, project, module, name.clone())
                .iter()
                .flatten()
            {
                let own = !self.is_library(db.ids().type_key(*ty).file);
                out.push(self.constructor(&name, *ty, *at, if own { 2 } else { 4 }));
            }
        }
    }

    fn types(&self, module: ModuleId, out: &mut Vec<Found>) {
        let (db, project) = (self.db, self.db.project());
        for name in distinct(resolve::visible_types(db, project, module)) {
            out.push(named(&name, CompletionKind::Type, 2));
        }
        for name in distinct(resolve::visible_traits(db, project, module)) {
            out.push(named(&name, CompletionKind::Trait, 3));
        }
        self.modules(module, out);
    }

    fn modules(&self, module: ModuleId, out: &mut Vec<Found>) {
        let (db, project) = (self.db, self.db.project());
        let scope = db::project_scope(db, project);
        let own = db::module_scope(db, project, module);
        let inner = own.modules.keys().filter(|name| !name.ends_with(')'));
        out.extend(inner.map(|name| named(name, CompletionKind::Module, 2)));
        for id in scope.modules.keys() {
            let path = db.ids().module_path(*id);
            let first = path.split('.').next().unwrap_or_default();
            let known = !scope.std.contains(id) && !path.ends_with(')');
            if known && !first.is_empty() && *id != module {
                out.push(named(first, CompletionKind::Module, 3));
            }
        }
        let library = scope
            .prelude
            .modules
            .iter()
            .filter(|(_, (_, public))| *public);
        out.extend(library.map(|(name, _)| named(name, CompletionKind::Module, 4)));
    }

    /// What may begin an expression.
    fn expressions(&self, module: ModuleId, probe: Option<&Probe>, out: &mut Vec<Found>) {
        let (db, project) = (self.db, self.db.project());
        let mut seen = BTreeSet::new();
        for (name, ty) in probe.map_or(&[][..], |probe| &probe.locals) {
            if is_name(name) && seen.insert(name.clone()) {
                out.push(Found {
                    label: name.to_string(),
                    kind: CompletionKind::Local,
                    detail: ty.as_ref().map(|ty| query::render_ty(db, ty)),
                    of: None,
                    rank: 0,
                });
            }
        }
        for name in distinct(resolve::visible_values(db, project, module)) {
            let levels = resolve::values(db, project, module, name.clone());
            for head in levels.iter().flatten().filter(|_| is_name(&name)) {
                let own = fn_module(db, project, head.id).is_some_and(|(of, _)| of == module);
                let library =
                    fn_place(db, project, head.id).is_none_or(|p| self.is_library(p.file));
                out.push(self.value(
                    &name,
                    head,
                    if own {
                        1
                    } else if library {
                        4
                    } else {
                        2
                    },
                ));
            }
        }
        self.constructors(module, out);
        self.modules(module, out);
        out.extend(
            KEYWORDS
                .iter()
                .map(|word| named(word, CompletionKind::Keyword, 5)),
        );
    }
}

fn named(name: &str, kind: CompletionKind, rank: u8) -> Found {
    Found {
        label: name.to_owned(),
        kind,
        detail: None,
        of: None,
        rank,
    }
}

/// A pattern of an arm or parameter, where no expression can stand.
fn in_arm(node: Node<'_>) -> bool {
    node.ancestors().skip(1).find_map(|node| match node.kind() {
        Kind::Arm | Kind::Param | Kind::CtorPat | Kind::TuplePat | Kind::ListPat | Kind::OrPat => {
            Some(true)
        }
        kind if kind == Kind::BindExpr || ast::Item::cast(node).is_some() => Some(false),
        _ => None,
    }) == Some(true)
}

/// Whether a value of the second type could be one of the first, by what it is at the outside.
fn same_head(of: &Ty, ty: &Ty) -> bool {
    match (of, ty) {
        (Ty::Param(_), _) => true,
        (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
        (Ty::Tuple(a), Ty::Tuple(b)) => a.len() == b.len(),
        (Ty::Fn(..), Ty::Fn(..)) | (Ty::Array(_), Ty::Array(_)) => true,
        (a, b) => a == b && *a != Ty::Error,
    }
}

fn distinct(mut names: Vec<Name>) -> Vec<Name> {
    names.sort();
    names.dedup();
    names
}

/// Not one that only the library's own text can name.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && name != PROBE
}

/// Whether what is typed could be meant to become the name: its letters in order, the first one first.
fn matches(name: &str, typed: &[char]) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    match typed.split_first() {
        None => true,
        Some((first, rest)) => {
            letters.next() == Some(*first) && rest.iter().all(|c| letters.any(|other| other == *c))
        }
    }
}

/// The word around an offset.
pub(crate) fn word_around(text: &str, offset: u32) -> (usize, usize) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = text[..offset].chars().rev().take_while(|c| is_word(*c));
    let start = offset - before.map(char::len_utf8).sum::<usize>();
    let after = text[offset..].chars().take_while(|c| is_word(*c));
    (start, offset + after.map(char::len_utf8).sum::<usize>())
}
