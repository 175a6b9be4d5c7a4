//! What a name in a text refers to: exactly, by the checker's resolution, never by its letters alone.

use crate::ask::Ask;
use crate::body::{Meaning, Meanings, canonical};
use nostos_check::db::{self, Db as _, fn_module, fn_place};
use nostos_check::hir::Span;
use nostos_check::ids::ModuleId;
use nostos_check::query;
use nostos_check::raw::Name;
use nostos_check::resolve::{self, Target};
use nostos_check::ty::{FileId, FnId, TraitId, TypeId};
use nostos_syntax::ast;
use nostos_syntax::{Kind, Node, Parse};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// What a name refers to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Symbol {
    /// A local, parameter or local function, by the byte where it is bound.
    Local(FileId, u32),
    /// A type parameter, by the byte where it is declared.
    TypeParam(FileId, u32),
    /// A function, method or module-level value. A method of an implementation is that of its trait.
    Fn(FnId),
    Type(TypeId),
    /// A constructor with a name of its own: a record's is its type's.
    Ctor(TypeId, u32),
    Field(TypeId, Name),
    Trait(TraitId),
    Module(ModuleId),
}

/// The names of one file, while a question is answered.
pub(crate) struct Names<'a> {
    ask: &'a Ask<'a>,
    pub file: FileId,
    pub parse: Parse,
    bodies: HashMap<u32, Rc<(Meanings, u32, FnId)>>,
}

impl<'a> Names<'a> {
    pub fn new(ask: &'a Ask<'a>, file: FileId) -> Option<Names<'a>> {
        Some(Names {
            ask,
            file,
            parse: ask.parse(file)?,
            bodies: HashMap::new(),
        })
    }

    /// The functions that stand at an offset, innermost, and what their text means.
    pub fn body_at(&mut self, offset: u32) -> Option<Rc<(Meanings, u32, FnId)>> {
        let db = self.ask.db;
        let project = db.project();
        let places = query::functions_of_file(db, self.file);
        let places = places.into_iter().filter_map(|id| {
            let place = fn_place(db, project, id)?;
            let holds = place.start <= offset && offset < place.start + place.len;
            (holds && place.file == self.file).then_some((place.start, place.len, id))
        });
        let places: Vec<(u32, u32, FnId)> = places.collect();
        let (start, len, first) = *places.iter().min_by_key(|(_, len, _)| *len)?;
        let found = self.bodies.entry(start).or_insert_with(|| {
            let here = places.iter().filter(|(s, l, _)| (*s, *l) == (start, len));
            let here: Vec<FnId> = here.map(|(_, _, id)| *id).collect();
            Rc::new((Meanings::of(db, &here), start, first))
        });
        Some(found.clone())
    }

    /// The module whose names are seen at a node.
    pub fn module_at(&mut self, node: Node<'_>) -> Option<ModuleId> {
        let db = self.ask.db;
        let project = db.project();
        if let Some(body) = self.body_at(node.range().start)
            && let Some((module, _)) = fn_module(db, project, body.2)
        {
            return Some(module);
        }
        let file = db::file_scope(db, self.ask.source(self.file)?);
        let mut path = db.ids().module_path(file.modules.first()?.0).to_string();
        let around: Vec<ast::ModuleDef<'_>> =
            node.ancestors().filter_map(ast::ModuleDef::cast).collect();
        for module in around.iter().rev() {
            let Some(name) = module.path() else { continue };
            // The name of a module is not inside of it.
            if name.node().range().covers(node.range()) {
                continue;
            }
            for segment in name.segments() {
                path = format!("{path}.{}", segment.text());
            }
        }
        Some(db.ids().module(&path))
    }

    /// What the name that is this token refers to. Several things for a `use` of overloads and for a field's name that binds a local.
    pub fn resolve(&mut self, token: Node<'_>) -> Vec<Symbol> {
        let found = self.find(token);
        let db = self.ask.db;
        let same = |symbol: Symbol| match symbol {
            Symbol::Fn(id) => Symbol::Fn(canonical(db, db::main_part(db, id))),
            Symbol::Ctor(ty, at) => match query::type_def(db, ty) {
                def if def.record && at == 0 => Symbol::Type(ty),
                _ => Symbol::Ctor(ty, at),
            },
            other => other,
        };
        let mut out: Vec<Symbol> = Vec::new();
        for symbol in found.into_iter().map(same) {
            if !out.contains(&symbol) {
                out.push(symbol);
            }
        }
        out
    }

    fn find(&mut self, token: Node<'_>) -> Vec<Symbol> {
        let Some(parent) = token.parent() else {
            return Vec::new();
        };
        match parent.kind() {
            Kind::FnDef | Kind::ExternDef | Kind::ConstDef | Kind::MvarDef | Kind::MacroDef => {
                self.definition_of_fn(token, parent)
            }
            Kind::Signature => self.signature(token),
            Kind::TypeDef => self.own_type(token).map(Symbol::Type).into_iter().collect(),
            Kind::Variant => self.own_variant(token).into_iter().collect(),
            Kind::Field => self.own_field(token, parent).into_iter().collect(),
            Kind::TraitDef => {
                let module = self.module_at(parent);
                let scope = module.map(|m| db::module_scope(self.ask.db, self.project(), m));
                let found = scope.and_then(|scope| scope.traits.get(token.text()).copied());
                found.map(|(id, _)| Symbol::Trait(id)).into_iter().collect()
            }
            Kind::TypeParam => vec![Symbol::TypeParam(self.file, token.range().start)],
            Kind::PathType => self.path_type(token, parent),
            Kind::Path => self.path(token, parent),
            Kind::UseName => self.use_name(token, parent),
            Kind::NamePat | Kind::AsPat | Kind::PinPat => self.binding(token, parent),
            Kind::FieldPat => {
                let mut out: Vec<Symbol> =
                    self.field_of_around(token, parent).into_iter().collect();
                if ast::FieldPat::cast(parent).is_some_and(|field| field.pattern().is_none()) {
                    out.extend(self.local_at(token.range().start, token.range().end));
                }
                out
            }
            Kind::Arg => self.label(token, parent),
            Kind::NameExpr => self.name(token, parent),
            Kind::FieldExpr | Kind::MethodCallExpr => self.behind_dot(token, parent),
            _ => Vec::new(),
        }
    }

    fn project(&self) -> db::Project {
        self.ask.db.project()
    }

    /// The functions whose own name this is.
    fn definition_of_fn(&mut self, token: Node<'_>, def: Node<'_>) -> Vec<Symbol> {
        let Some(items) = self.ask.items(self.file) else {
            return Vec::new();
        };
        let at = token.range();
        let own = items.fns.iter().filter(|entry| {
            let place = &entry.place;
            *entry.def.name == *token.text()
                && entry.def.arity() as u32 == arity(def)
                && place.start <= at.start
                && at.end <= place.start + place.len
                && (place.start <= def.range().start)
        });
        let is_local = def
            .ancestors()
            .skip(1)
            .take_while(|node| {
                ast::Item::cast(*node).is_none() || ast::ModuleDef::cast(*node).is_some()
            })
            .any(|node| node.kind() == Kind::Block)
            || def
                .parent()
                .is_some_and(|parent| parent.kind() == Kind::Block);
        if is_local {
            // A clause of a local function: the function is where its first clause is.
            let Some(body) = self.body_at(at.start) else {
                return Vec::new();
            };
            let found = self.local_fn_around(&body, def);
            return found.into_iter().collect();
        }
        own.min_by_key(|entry| entry.place.len)
            .map(|entry| Symbol::Fn(entry.id))
            .into_iter()
            .collect()
    }

    fn local_fn_around(&self, body: &(Meanings, u32, FnId), def: Node<'_>) -> Option<Symbol> {
        let (meanings, base, id) = body;
        let sketch = query::sketch(self.ask.db, *id)?;
        let start = def.range().start.checked_sub(*base)?;
        let name = ast::FnDef::cast(def).and_then(|def| def.name())?.text();
        let _ = meanings;
        let found = sketch
            .local_fns
            .iter()
            .find(|of| *of.name == *name && of.span.start <= start && start < of.span.end)?;
        Some(Symbol::Local(self.file, base + found.span.start))
    }

    fn signature(&mut self, token: Node<'_>) -> Vec<Symbol> {
        let parent = token.parent().and_then(|signature| signature.parent());
        let Some(around) = parent else {
            return Vec::new();
        };
        let next = around.child_nodes().find(|node| {
            node.range().start > token.range().start
                && node.kind() != Kind::Signature
                && ast::Item::cast(*node).is_some()
        });
        let name = next.and_then(|node| ast::Item::cast(node)?.name());
        match name.filter(|name| name.text() == token.text()) {
            Some(name) => self.find(name),
            None => Vec::new(),
        }
    }

    fn own_type(&self, inside: Node<'_>) -> Option<TypeId> {
        let at = inside.range();
        let items = self.ask.items(self.file)?;
        let mut found = items.types.iter().filter(|entry| {
            entry.place.start <= at.start && at.end <= entry.place.start + entry.place.len
        });
        found.next().map(|entry| entry.id)
    }

    fn own_variant(&self, token: Node<'_>) -> Option<Symbol> {
        let ty = self.own_type(token)?;
        // `type A = B`, where B is a type, is an alias.
        if let Some(alias) = resolve::alias_of(self.ask.db, self.project(), ty) {
            let (_, module, _) = db::type_item(self.ask.db, self.project(), ty)?;
            let of = resolve::type_named(self.ask.db, self.project(), module, alias)?;
            return Some(Symbol::Type(of));
        }
        let def = query::type_def(self.ask.db, ty);
        let at = def
            .ctors
            .iter()
            .position(|ctor| *ctor.name == *token.text())?;
        Some(Symbol::Ctor(ty, at as u32))
    }

    fn own_field(&self, token: Node<'_>, field: Node<'_>) -> Option<Symbol> {
        let is_name = ast::Field::cast(field)?.name()?.range() == token.range();
        let ty = self.own_type(token)?;
        is_name.then(|| Symbol::Field(ty, token.text().into()))
    }

    /// A segment of a type's path.
    fn path_type(&mut self, token: Node<'_>, parent: Node<'_>) -> Vec<Symbol> {
        let Some(path) = ast::PathType::cast(parent) else {
            return Vec::new();
        };
        let segments: Vec<Node<'_>> = path.segments().collect();
        let Some(at) = segments.iter().position(|s| s.range() == token.range()) else {
            return Vec::new();
        };
        if segments.len() == 1
            && let Some(param) = type_param(token)
        {
            return vec![Symbol::TypeParam(self.file, param)];
        }
        let Some(module) = self.module_at(parent) else {
            return Vec::new();
        };
        let names: Vec<Name> = segments[..=at].iter().map(|s| s.text().into()).collect();
        if at + 1 < segments.len() {
            return self.module_named(module, &names);
        }
        let is_trait = match parent.parent().map(|node| (node.kind(), node)) {
            Some((Kind::TypeParam | Kind::TraitDef, _)) => true,
            Some((Kind::ImplDef, of)) => ast::ImplDef::cast(of)
                .and_then(|of| of.target())
                .is_none_or(|target| target.node().range() != parent.range()),
            _ => {
                // The list of an implementation's traits may be a node of its own.
                let around: Vec<Kind> =
                    parent.ancestors().skip(1).take(2).map(Node::kind).collect();
                let is_type = |kind: &Kind| {
                    matches!(
                        kind,
                        Kind::PathType
                            | Kind::FnType
                            | Kind::TupleType
                            | Kind::ListType
                            | Kind::ParenType
                    )
                };
                matches!(around.as_slice(), [first, Kind::ImplDef | Kind::TraitDef | Kind::TypeParam] if !is_type(first))
            }
        };
        let (db, project) = (self.ask.db, self.project());
        let name = names[at].clone();
        if at == 0 {
            return match is_trait {
                true => resolve::trait_named(db, project, module, name).map(Symbol::Trait),
                false => resolve::type_named(db, project, module, name).map(Symbol::Type),
            }
            .into_iter()
            .collect();
        }
        let Some(target) = resolve::find_module(db, project, module, &names[..at]) else {
            return Vec::new();
        };
        match is_trait {
            true => resolve::module_trait(db, project, target, &name).map(|t| Symbol::Trait(t.0)),
            false => resolve::module_type(db, project, target, &name).map(|t| Symbol::Type(t.0)),
        }
        .into_iter()
        .collect()
    }

    pub fn module_named(&self, from: ModuleId, path: &[Name]) -> Vec<Symbol> {
        match resolve::find_module(self.ask.db, self.project(), from, path) {
            Some(Target::Module(id)) => vec![Symbol::Module(id)],
            Some(Target::Prelude) | None => Vec::new(),
        }
    }

    /// A segment of the path of a `use`, a module, a constructor pattern, a decorator.
    fn path(&mut self, token: Node<'_>, path: Node<'_>) -> Vec<Symbol> {
        let segments: Vec<Node<'_>> =
            ast::Path::cast(path).map_or_else(Vec::new, |path| path.segments().collect());
        let (Some(at), Some(around)) = (
            segments.iter().position(|s| s.range() == token.range()),
            path.parent(),
        ) else {
            return Vec::new();
        };
        let names: Vec<Name> = segments[..=at].iter().map(|s| s.text().into()).collect();
        let last = at + 1 == segments.len();
        let Some(module) = self.module_at(path) else {
            return Vec::new();
        };
        let (db, project) = (self.ask.db, self.project());
        match around.kind() {
            Kind::ModuleDef => {
                let mut of = db.ids().module_path(module).to_string();
                names.iter().for_each(|name| of = format!("{of}.{name}"));
                vec![Symbol::Module(db.ids().module(&of))]
            }
            Kind::UseDecl => {
                let found = self.module_named(module, &names);
                let plain =
                    ast::UseDecl::cast(around).is_some_and(|u| !u.is_all() && !u.has_list());
                if !(last && plain && found.is_empty()) {
                    return found;
                }
                match resolve::find_module(db, project, module, &names[..at]) {
                    Some(of) => self.members_named(of, &names[at]),
                    None => Vec::new(),
                }
            }
            Kind::CtorPat if last => {
                if let Some(found) = self.meaning(around, |meaning| match meaning {
                    Meaning::Ctor(ty, at) => Some(Symbol::Ctor(*ty, *at)),
                    _ => None,
                }) {
                    return vec![found];
                }
                if let Some(def) = around.parent().filter(|node| node.kind() == Kind::ValueDef) {
                    return self.definition_of_fn(token, def);
                }
                let ctors = resolve::ctors(db, project, module, names[at].clone());
                match ctors.first().map(Vec::as_slice) {
                    Some([(ty, at)]) if segments.len() == 1 => vec![Symbol::Ctor(*ty, *at)],
                    _ => self.values_named(module, &names[at]),
                }
            }
            Kind::Decorator if last => self.values_named(module, &names[at]),
            _ => self.module_named(module, &names),
        }
    }

    fn use_name(&mut self, token: Node<'_>, parent: Node<'_>) -> Vec<Symbol> {
        let Some(of) = ast::UseName::cast(parent) else {
            return Vec::new();
        };
        let decl = parent.ancestors().find_map(ast::UseDecl::cast);
        let path: Vec<Name> = decl
            .and_then(|decl| decl.path())
            .map_or_else(Vec::new, |path| {
                path.segments().map(|s| s.text().into()).collect()
            });
        // The other name for it means the same.
        let (Some(name), Some(module)) = (of.name(), self.module_at(parent)) else {
            return Vec::new();
        };
        let _ = token;
        let (db, project) = (self.ask.db, self.project());
        let mut out = match resolve::find_module(db, project, module, &path) {
            Some(target) => self.members_named(target, &name.text().into()),
            None => Vec::new(),
        };
        if out.is_empty() {
            let whole: Vec<Name> = path.into_iter().chain([name.text().into()]).collect();
            out = self.module_named(module, &whole);
        }
        out
    }

    /// Everything of this name in a module.
    pub fn members_named(&self, of: Target, name: &Name) -> Vec<Symbol> {
        let (db, project) = (self.ask.db, self.project());
        let values = match of {
            Target::Module(of) => resolve::module_values(db, project, of, name.clone()),
            Target::Prelude => resolve::prelude_values(db, project, name.clone()),
        };
        let mut out: Vec<Symbol> = values.iter().map(|head| Symbol::Fn(head.id)).collect();
        out.extend(resolve::module_type(db, project, of, name).map(|t| Symbol::Type(t.0)));
        out.extend(resolve::module_trait(db, project, of, name).map(|t| Symbol::Trait(t.0)));
        let ctors = resolve::module_ctors(db, project, of, name).0;
        out.extend(ctors.into_iter().map(|(ty, at)| Symbol::Ctor(ty, at)));
        out
    }

    /// A name that a pattern binds, or compares with.
    fn binding(&mut self, token: Node<'_>, parent: Node<'_>) -> Vec<Symbol> {
        let own = self.local_at(token.range().start, token.range().end);
        if own.is_some() {
            return own.into_iter().collect();
        }
        let range = parent.range();
        let around = self.local_at(range.start, range.end);
        if around.is_some() {
            return around.into_iter().collect();
        }
        // A module-level value, or a name bound to something that needs no evaluation.
        let mut at = parent;
        while let Some(up) = at.parent() {
            match up.kind() {
                Kind::ValueDef => return self.definition_of_fn(token, up),
                Kind::BindExpr => {
                    let range = up.range();
                    let found = self.local_at(range.start, range.end);
                    let Some(module) = found.is_none().then(|| self.module_at(up)).flatten() else {
                        return found.into_iter().collect();
                    };
                    return self.values_named(module, &token.text().into());
                }
                Kind::FieldPat
                | Kind::CtorPat
                | Kind::TuplePat
                | Kind::ListPat
                | Kind::TypedPat
                | Kind::ParenPat => at = up,
                _ => break,
            }
        }
        Vec::new()
    }

    /// The local that exactly this stretch is.
    fn local_at(&mut self, start: u32, end: u32) -> Option<Symbol> {
        let body = self.body_at(start)?;
        let (meanings, base, _) = &*body;
        let found = meanings.at(start.checked_sub(*base)?, end.checked_sub(*base)?);
        let local = found.iter().find_map(|meaning| match meaning {
            Meaning::Local(span) => Some(*span),
            _ => None,
        });
        local.map(|span| Symbol::Local(self.file, base + span.start))
    }

    /// What exactly this node means, of a kind.
    fn meaning<T>(&mut self, node: Node<'_>, wanted: impl Fn(&Meaning) -> Option<T>) -> Option<T> {
        let range = node.range();
        let body = self.body_at(range.start)?;
        let (meanings, base, _) = &*body;
        let found = meanings.at(
            range.start.checked_sub(*base)?,
            range.end.checked_sub(*base)?,
        );
        found.iter().find_map(wanted)
    }

    /// The field that a pattern or argument names, of what is around it.
    fn field_of_around(&mut self, token: Node<'_>, inner: Node<'_>) -> Option<Symbol> {
        for around in inner.ancestors().skip(1).take(3) {
            let found = self.meaning(around, |meaning| match meaning {
                Meaning::Ctor(ty, _) => Some(*ty),
                _ => None,
            });
            if let Some(ty) = found {
                let def = query::type_def(self.ask.db, ty);
                let mut fields = def.ctors.iter().flat_map(|ctor| &ctor.fields);
                return fields
                    .any(|(name, _)| **name == *token.text())
                    .then(|| Symbol::Field(ty, token.text().into()));
            }
        }
        None
    }

    /// The name of an argument: a field or a parameter.
    fn label(&mut self, token: Node<'_>, arg: Node<'_>) -> Vec<Symbol> {
        if let Some(field) = self.field_of_around(token, arg) {
            return vec![field];
        }
        for around in arg.ancestors().skip(1).take(3) {
            let found = self.meaning(around, |meaning| match meaning {
                Meaning::Fn(id) => Some(*id),
                _ => None,
            });
            if let Some(id) = found
                && let Some(param) = self.parameter(id, token.text())
            {
                return vec![param];
            }
        }
        Vec::new()
    }

    fn parameter(&self, id: FnId, name: &str) -> Option<Symbol> {
        let (db, project) = (self.ask.db, self.project());
        let def = db::written(db, project, id)?;
        let place = fn_place(db, project, id)?;
        let params = &def.clauses.first()?.params;
        let param = params
            .iter()
            .find(|p| p.name().is_some_and(|n| **n == *name))?;
        let Span { start, .. } = param.pattern.span;
        Some(Symbol::Local(place.file, place.start + start))
    }

    /// A name as an expression.
    fn name(&mut self, token: Node<'_>, expr: Node<'_>) -> Vec<Symbol> {
        if let Some(found) = self.head_meaning(token, expr) {
            return vec![found];
        }
        if token.ancestors().any(|node| node.kind() == Kind::QuoteExpr) {
            return Vec::new();
        }
        let Some(module) = self.module_at(expr) else {
            return Vec::new();
        };
        let name: Name = token.text().into();
        // What stands before a dot may be a module.
        let before_dot = expr.parent().is_some_and(|up| {
            matches!(up.kind(), Kind::FieldExpr | Kind::MethodCallExpr)
                && up.range().start == expr.range().start
        });
        if before_dot {
            let found = self.module_named(module, std::slice::from_ref(&name));
            if !found.is_empty() {
                return found;
            }
        }
        self.values_named(module, &name)
    }

    /// What a name at the head of an expression means by the typed body: of its own, or of the call it is called by.
    fn head_meaning(&mut self, token: Node<'_>, expr: Node<'_>) -> Option<Symbol> {
        let mut node = expr;
        loop {
            let range = node.range();
            let body = self.body_at(range.start)?;
            let (meanings, base, owner) = &*body;
            let here = meanings.at(
                range.start.checked_sub(*base)?,
                range.end.checked_sub(*base)?,
            );
            for meaning in here {
                if let Some(symbol) = self.named_so(meaning, token, *base, *owner) {
                    return Some(symbol);
                }
            }
            let up = node.parent()?;
            let is_head = match up.kind() {
                Kind::CallExpr
                | Kind::TypeAppExpr
                | Kind::BindExpr
                | Kind::AssignExpr
                | Kind::FieldExpr
                | Kind::MethodCallExpr
                    if up.kind() != Kind::FieldExpr && up.kind() != Kind::MethodCallExpr
                        || node.kind() != Kind::NameExpr =>
                {
                    up.range().start == range.start
                }
                Kind::BinaryExpr => ast::BinaryExpr::cast(up).is_some_and(|binary| {
                    binary.op() == Some(ast::BinaryOp::Pipe)
                        && binary.rhs().is_some_and(|rhs| rhs.node().range() == range)
                }),
                Kind::ParenExpr => true,
                _ => false,
            };
            if !is_head {
                return None;
            }
            node = up;
        }
    }

    /// The meaning as a symbol, if the token can be its name.
    fn named_so(
        &self,
        meaning: &Meaning,
        token: Node<'_>,
        base: u32,
        owner: FnId,
    ) -> Option<Symbol> {
        let (db, project) = (self.ask.db, self.project());
        let text = token.text();
        match meaning {
            Meaning::Local(span) => {
                let start = base + span.start;
                let all = db.text(self.file);
                let rest = all.get(start as usize..)?;
                let rest = rest.strip_prefix("var ").map_or(rest, str::trim_start);
                let named = rest.strip_prefix(text).is_some_and(|rest| {
                    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                // `p @ x` is bound where its pattern starts.
                let inside = || {
                    let place = all.get(start as usize..(base + span.end) as usize);
                    place.is_some_and(|place| place.trim_end().ends_with(text))
                };
                (named || inside()).then_some(Symbol::Local(self.file, start))
            }
            Meaning::Fn(id) => {
                let key = db.ids().fn_key(*id);
                let known = *key.name == *text || {
                    let (module, _) = fn_module(db, project, owner)?;
                    let levels = resolve::values(db, project, module, text.into());
                    levels.iter().flatten().any(|head| head.id == *id)
                };
                known.then_some(Symbol::Fn(*id))
            }
            Meaning::Ctor(ty, at) => {
                let def = query::type_def(db, *ty);
                let ctor = def.ctors.get(*at as usize)?;
                let known = *ctor.name == *text || {
                    let (module, _) = fn_module(db, project, owner)?;
                    let levels = resolve::ctors(db, project, module, text.into());
                    levels.iter().flatten().any(|found| found == &(*ty, *at))
                };
                known.then_some(Symbol::Ctor(*ty, *at))
            }
            Meaning::Field(ty, index) => {
                let def = query::type_def(db, *ty);
                let (name, _) = def.ctors.first()?.fields.get(*index as usize)?;
                (**name == *text).then(|| Symbol::Field(*ty, name.clone()))
            }
        }
    }

    /// A name behind a dot: a field, a method, a function, or something of a module.
    fn behind_dot(&mut self, token: Node<'_>, expr: Node<'_>) -> Vec<Symbol> {
        if let Some(found) = self.head_meaning(token, expr) {
            return vec![found];
        }
        let Some(path) = dotted(expr, token) else {
            return Vec::new();
        };
        let Some(module) = self.module_at(expr) else {
            return Vec::new();
        };
        let found = self.module_named(module, &path);
        if !found.is_empty() {
            return found;
        }
        let Some((name, of)) = path.split_last() else {
            return Vec::new();
        };
        let (db, project) = (self.ask.db, self.project());
        match resolve::find_module(db, project, module, of) {
            // A value of several functions: the body has to say which.
            Some(target) => match self.members_named(target, name) {
                found if found.len() == 1 => found,
                _ => Vec::new(),
            },
            None => Vec::new(),
        }
    }

    /// The function, value or constructor of a name that means only one there.
    fn values_named(&self, module: ModuleId, name: &Name) -> Vec<Symbol> {
        let (db, project) = (self.ask.db, self.project());
        if name.starts_with(char::is_uppercase)
            && let Some([(ty, at)]) = resolve::ctors(db, project, module, name.clone())
                .first()
                .map(Vec::as_slice)
        {
            return vec![Symbol::Ctor(*ty, *at)];
        }
        match resolve::values(db, project, module, name.clone())
            .first()
            .map(Vec::as_slice)
        {
            Some([head]) => vec![Symbol::Fn(head.id)],
            _ => Vec::new(),
        }
    }

    /// Whether what the text around an offset means is known completely.
    pub fn sound_at(&mut self, offset: u32) -> bool {
        self.body_at(offset).is_none_or(|body| body.0.sound)
    }
}

impl Ask<'_> {
    /// Where a symbol is defined, its name. A method of a trait: in the trait.
    pub fn place_of(&self, symbol: &Symbol) -> Option<(FileId, Range<u32>)> {
        let (db, project) = (self.db, self.db.project());
        match symbol {
            Symbol::Local(file, start) | Symbol::TypeParam(file, start) => {
                let text = db.text(*file);
                let rest = text.get(*start as usize..)?;
                let skipped = rest
                    .strip_prefix("var ")
                    .map_or(0, |inner| rest.len() - inner.trim_start().len());
                let start = *start + skipped as u32;
                let word = text.get(start as usize..)?;
                let len = word
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(word.len());
                Some((*file, start..start + len as u32))
            }
            Symbol::Fn(id) => {
                let place = fn_place(db, project, *id)?;
                let span = db::written(db, project, *id)?.name_span;
                Some((place.file, place.start + span.start..place.start + span.end))
            }
            Symbol::Type(id) => {
                let place = db::type_place(db, project, *id)?;
                let span = db::type_item(db, project, *id)?.0.name_span;
                Some((place.file, place.start + span.start..place.start + span.end))
            }
            Symbol::Ctor(id, at) => {
                let place = db::type_place(db, project, *id)?;
                let nostos_check::raw::TypeBody::Variants(variants) =
                    &db::type_item(db, project, *id)?.0.body
                else {
                    return self.place_of(&Symbol::Type(*id));
                };
                let variant = variants.get(*at as usize)?;
                let start = place.start + variant.span.start;
                Some((place.file, start..start + variant.name.len() as u32))
            }
            Symbol::Field(id, name) => {
                let place = db::type_place(db, project, *id)?;
                let parse = self.parse(place.file)?;
                let mut fields = parse.tree().root().descendants().filter(|node| {
                    place.start <= node.range().start && node.range().end <= place.start + place.len
                });
                let field = fields.find_map(|node| {
                    let found = ast::Field::cast(node)?.name()?;
                    (found.text() == &**name).then_some(found)
                })?;
                Some((place.file, field.range().start..field.range().end))
            }
            Symbol::Trait(id) => {
                let place = db::trait_place(db, project, *id)?;
                let span = db::trait_item(db, project, *id)?.0.name_span;
                Some((place.file, place.start + span.start..place.start + span.end))
            }
            Symbol::Module(id) => {
                let (path, mut found) = (db.ids().module_path(*id), None);
                for (file, source) in project.files(db).iter() {
                    let scope = db::file_scope(db, *source);
                    if let Some(at) = scope.modules.iter().position(|(module, _)| module == id) {
                        found = Some((*file, at));
                        break;
                    }
                }
                let (file, at) = found?;
                if at == 0 {
                    return Some((file, 0..0));
                }
                let parse = self.parse(file)?;
                let last = path.rsplit('.').next()?;
                let name = parse.tree().root().descendants().find_map(|node| {
                    let path = ast::ModuleDef::cast(node)?.path()?;
                    path.segments().find(|segment| segment.text() == last)
                })?;
                Some((file, name.range().start..name.range().end))
            }
        }
    }

    /// Whether a function is a macro or template, by its text.
    pub fn is_macro(&self, id: FnId) -> bool {
        let place = fn_place(self.db, self.db.project(), id);
        let Some((place, parse)) = place.and_then(|p| Some((p.clone(), self.parse(p.file)?)))
        else {
            return false;
        };
        parse
            .tree()
            .root()
            .descendants()
            .any(|node| node.kind() == Kind::MacroDef && node.range().start == place.start)
    }
}

/// The declared type parameter that a name is, by its place: of the items around it.
fn type_param(token: Node<'_>) -> Option<u32> {
    token.ancestors().find_map(|node| {
        if !matches!(
            node.kind(),
            Kind::FnDef | Kind::TypeDef | Kind::TraitDef | Kind::ImplDef | Kind::ExternDef
        ) {
            return None;
        }
        let mut params = node.descendants().filter_map(ast::TypeParam::cast);
        let found = params.find_map(|param| param.name().filter(|n| n.text() == token.text()))?;
        Some(found.range().start)
    })
}

/// The names before and at a token behind a dot, when there is nothing else: `a.b.c`.
pub(crate) fn dotted(expr: Node<'_>, token: Node<'_>) -> Option<Vec<Name>> {
    let receiver = match expr.kind() {
        Kind::FieldExpr => ast::FieldExpr::cast(expr)?.receiver()?,
        _ => ast::MethodCallExpr::cast(expr)?.receiver()?,
    };
    let mut out = match receiver {
        ast::Expr::Name(name) => vec![Name::from(name.name()?.text())],
        ast::Expr::Field(field) => dotted(field.node(), field.name()?)?,
        _ => return None,
    };
    out.push(token.text().into());
    Some(out)
}

fn arity(def: Node<'_>) -> u32 {
    let params = match def.kind() {
        Kind::FnDef => ast::FnDef::cast(def).map(|def| def.params().count()),
        Kind::ExternDef => ast::ExternDef::cast(def).map(|def| def.params().count()),
        Kind::MacroDef => ast::MacroDef::cast(def).map(|def| def.params().count()),
        _ => Some(0),
    };
    params.unwrap_or_default() as u32
}
