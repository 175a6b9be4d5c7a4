//! Patterns.

use super::{Binding, Infer};
use crate::hir::{self, Expr, ExprKind, LocalId, Pat, PatKind, Span};
use crate::raw::{self, CtorArgs, Lit, Name, PatKind as Raw};
use crate::resolve::{self, Levels, Target};
use crate::ty::{Ty, TypeId};
use crate::types::type_info;

/// The names a pattern binds.
struct Names {
    /// Compare names that are bound already, as `match`, `receive` and `catch` do.
    compare: bool,
    /// They are `var`s.
    mutable: bool,
    bound: Vec<(Name, LocalId)>,
    /// Names bound by the first alternative of an or-pattern, which the others bind again.
    again: Vec<(Name, LocalId)>,
}

impl<'db> Infer<'db> {
    /// A pattern for a value of type `ty`. Its names come into scope.
    pub(super) fn pattern(&mut self, pat: &raw::Pat, ty: &Ty, compare: bool, mutable: bool) -> Pat {
        let mut names = Names {
            compare,
            mutable,
            bound: Vec::new(),
            again: Vec::new(),
        };
        let out = self.pat(pat, ty, &mut names);
        for (name, local) in names.bound {
            self.bind_name(name, Binding::Local(local));
        }
        out
    }

    fn wild(&self, ty: &Ty, span: Span) -> Pat {
        Pat {
            kind: PatKind::Wild,
            ty: ty.clone(),
            span,
        }
    }

    fn pat(&mut self, pat: &raw::Pat, ty: &Ty, names: &mut Names) -> Pat {
        let span = pat.span;
        let kind = match &pat.kind {
            Raw::Error | Raw::Wild => PatKind::Wild,
            Raw::Name(name) => self.name_pat(name, ty, names, span),
            Raw::Literal(lit) => match self.library_literal(lit, span) {
                Some(value) => self.equal_to(value, ty, span),
                None => {
                    let expected = self.table.shallow(ty);
                    let (literal, found) = self.literal_value(lit, Some(expected), span);
                    self.expect(ty, &found, span);
                    literal.map_or(PatKind::Wild, PatKind::Literal)
                }
            },
            Raw::Range(from, to, inclusive) => self.range_pat(from, to, *inclusive, ty, span),
            Raw::Tuple(items) => {
                let types: Vec<Ty> = match self.known_form(ty) {
                    Ty::Tuple(types) if types.len() == items.len() => types.to_vec(),
                    _ => {
                        let types: Vec<Ty> = items.iter().map(|_| self.fresh()).collect();
                        self.expect(ty, &Ty::Tuple(types.clone().into()), span);
                        types
                    }
                };
                PatKind::Tuple(
                    items
                        .iter()
                        .zip(&types)
                        .map(|(item, ty)| self.pat(item, ty, names))
                        .collect(),
                )
            }
            Raw::List(items, tail) => {
                return self.list_pat(items, tail.as_deref(), ty, names, span);
            }
            Raw::Ctor(path, args) => self.ctor_pat(path, args, ty, names, span),
            Raw::Record(fields, _) => self.record_pat(fields, ty, names, span),
            Raw::Map(entries) => self.map_pat(entries, ty, names, span),
            Raw::Set(items) => self.set_pat(items, ty, names, span),
            Raw::Or(alternatives) => self.or_pat(alternatives, ty, names, span),
            Raw::Pin(name) => match self.lookup(name) {
                Some((binding, _)) => self.same_as(binding, ty, span),
                None => {
                    self.report(span, format!("unknown variable `{name}`"));
                    PatKind::Wild
                }
            },
            Raw::As(inner, name) => {
                let inner = self.pat(inner, ty, names);
                match self.new_name(name, ty, names, span) {
                    Some(local) => PatKind::Bind(local, Some(Box::new(inner))),
                    None => inner.kind,
                }
            }
            Raw::Typed(inner, written) => {
                let written_ty = self.lower_type(written);
                self.expect(&written_ty, ty, written.span);
                return self.pat(inner, ty, names);
            }
        };
        Pat {
            kind,
            ty: ty.clone(),
            span,
        }
    }

    fn name_pat(&mut self, name: &Name, ty: &Ty, names: &mut Names, span: Span) -> PatKind {
        if names.compare
            && !names.again.iter().any(|(other, _)| other == name)
            && !names.bound.iter().any(|(other, _)| other == name)
            && let Some((bound, depth)) = self.lookup(name)
            && depth == self.me().depth
            && match bound {
                Binding::Local(local) => !self.me().locals[local.0 as usize].mutable,
                Binding::LocalValue(_) => true,
                Binding::LocalFn(_) => false,
            }
        {
            return self.same_as(bound, ty, span);
        }
        match self.new_name(name, ty, names, span) {
            Some(local) => PatKind::Bind(local, None),
            None => PatKind::Wild,
        }
    }

    fn new_name(&mut self, name: &Name, ty: &Ty, names: &mut Names, span: Span) -> Option<LocalId> {
        if names.bound.iter().any(|(other, _)| other == name) {
            self.report(span, format!("`{name}` is bound twice in this pattern"));
            return None;
        }
        if let Some((_, local)) = names.again.iter().find(|(other, _)| other == name).cloned() {
            let first = self.me().locals[local.0 as usize].ty.clone();
            self.expect(&first, ty, span);
            names.bound.push((name.clone(), local));
            return Some(local);
        }
        let local = self.new_local(name.clone(), ty.clone(), names.mutable, span);
        names.bound.push((name.clone(), local));
        Some(local)
    }

    /// Takes values equal to what is bound already.
    fn same_as(&mut self, binding: Binding, ty: &Ty, span: Span) -> PatKind {
        let value = self.bound_value(binding, span);
        self.equal_to(value, ty, span)
    }

    fn equal_to(&mut self, value: Expr, ty: &Ty, span: Span) -> PatKind {
        let local = self.temp(ty.clone(), span);
        let scrutinee = Expr {
            kind: ExprKind::Local(local),
            ty: ty.clone(),
            span,
        };
        let test = self.equality(scrutinee, value, span);
        PatKind::Test(local, Box::new(test))
    }

    fn range_pat(&mut self, from: &Lit, to: &Lit, inclusive: bool, ty: &Ty, span: Span) -> PatKind {
        let bound = |lit: &Lit| match lit {
            Lit::Int(value) | Lit::Sized(value, _) => i64::try_from(value.get()).ok(),
            Lit::Char(c) => Some(i64::from(u32::from(*c))),
            _ => None,
        };
        let expected = self.table.shallow(ty);
        let (_, a) = self.literal_value(from, Some(expected.clone()), span);
        let (_, b) = self.literal_value(to, Some(expected), span);
        self.expect(ty, &a, span);
        self.expect(ty, &b, span);
        match (bound(from), bound(to)) {
            (Some(from), Some(to)) => PatKind::Range(from, to, inclusive),
            _ => {
                self.report(span, "a range pattern is of integers or characters");
                PatKind::Wild
            }
        }
    }

    fn list_pat(
        &mut self,
        items: &[raw::Pat],
        tail: Option<&raw::Pat>,
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> Pat {
        let mut form = self.known_form(ty);
        let is_text = |p: &raw::Pat| matches!(p.kind, Raw::Literal(Lit::String(_)));
        if let Ty::Infer(_) = form
            && tail.is_some()
            && !items.is_empty()
            && items.iter().all(is_text)
        {
            self.expect(&Ty::String, ty, span);
            form = Ty::String;
        }
        if form == Ty::String {
            let kind = self.prefix_pat(items, tail, ty, names, span);
            return Pat {
                kind,
                ty: ty.clone(),
                span,
            };
        }
        let item = self.fresh();
        let list = self.known.list_of(item.clone());
        self.expect(ty, &list, span);
        let heads: Vec<Pat> = items.iter().map(|p| self.pat(p, &item, names)).collect();
        let tail = match tail {
            Some(tail) => self.pat(tail, &list, names),
            None => Pat {
                kind: PatKind::Ctor(0, Vec::new()),
                ty: list.clone(),
                span,
            },
        };
        heads.into_iter().rev().fold(tail, |tail, head| {
            let span = Span {
                start: head.span.start,
                end: span.end,
            };
            Pat {
                kind: PatKind::Ctor(1, vec![head, tail]),
                ty: list.clone(),
                span,
            }
        })
    }

    /// List patterns that begin with literal strings are of a string where nothing says otherwise; the patterns beside them may say that they are of
    /// a list.
    pub(super) fn texts_or_lists(
        &mut self,
        ty: &Ty,
        patterns: &mut dyn Iterator<Item = &raw::Pat>,
    ) {
        let Ty::Infer(_) = self.known_form(ty) else {
            return;
        };
        let is_list = |pattern: &raw::Pat| match &pattern.kind {
            Raw::List(items, tail) => {
                tail.is_none()
                    || items
                        .iter()
                        .any(|p| !matches!(p.kind, Raw::Literal(Lit::String(_))))
            }
            _ => false,
        };
        for pattern in patterns {
            let mut at = pattern;
            while let Raw::As(inner, _) | Raw::Typed(inner, _) = &at.kind {
                at = inner;
            }
            let lists = match &at.kind {
                Raw::Or(items) => items.iter().any(is_list),
                _ => is_list(at),
            };
            if lists {
                let item = self.fresh();
                let list = self.known.list_of(item);
                self.expect(&list, ty, pattern.span);
                return;
            }
        }
    }

    /// Two types may share a constructor: all patterns for one value together say which type is meant.
    pub(super) fn shared_constructors(&mut self, ty: &Ty, patterns: &[&raw::Pat]) {
        let form = self.known_form(ty);
        let open = |cx: &Self, ty: &Ty| {
            let mut free = Vec::new();
            cx.table.free(ty, &mut free);
            !free.is_empty()
        };
        if !open(self, &form) {
            return;
        }
        let mut flat = Vec::new();
        patterns.iter().for_each(|pat| alternatives(pat, &mut flat));
        match &form {
            Ty::Infer(_) => {
                if let Some(id) = self.type_of_all(&flat) {
                    let count = type_info(self.db, self.project, id).def.params;
                    let found = Ty::Adt(id, (0..count).map(|_| self.fresh()).collect());
                    if self.table.unify(ty, &found).is_ok() {
                        self.shared_constructors(ty, patterns);
                    }
                } else if let Some(count) = flat.iter().find_map(|pat| match &pat.kind {
                    Raw::Tuple(items) => Some(items.len()),
                    _ => None,
                }) {
                    let types: Vec<Ty> = (0..count).map(|_| self.fresh()).collect();
                    if self.table.unify(ty, &Ty::Tuple(types.into())).is_ok() {
                        self.shared_constructors(ty, patterns);
                    }
                }
            }
            Ty::Tuple(types) => {
                for (at, ty) in types.iter().enumerate() {
                    let items: Vec<&raw::Pat> = flat
                        .iter()
                        .filter_map(|pat| match &pat.kind {
                            Raw::Tuple(items) if items.len() == types.len() => items.get(at),
                            _ => None,
                        })
                        .collect();
                    self.shared_constructors(ty, &items);
                }
            }
            Ty::Adt(_, args) if !args.is_empty() && form == self.known.list_of(args[0].clone()) => {
                let items: Vec<&raw::Pat> = flat
                    .iter()
                    .flat_map(|pat| match &pat.kind {
                        Raw::List(items, _) => items.as_slice(),
                        _ => &[],
                    })
                    .collect();
                self.shared_constructors(&args[0].clone(), &items);
            }
            Ty::Adt(id, args) => {
                let info = type_info(self.db, self.project, *id);
                for ctor in &info.def.ctors {
                    for (at, (_, field)) in ctor.fields.iter().enumerate() {
                        let items: Vec<&raw::Pat> = flat
                            .iter()
                            .filter_map(|pat| match &pat.kind {
                                Raw::Ctor(path, CtorArgs::Positional(items))
                                    if path.last() == Some(&ctor.name) =>
                                {
                                    items.get(at)
                                }
                                _ => None,
                            })
                            .collect();
                        if !items.is_empty() {
                            self.shared_constructors(&field.substitute(args), &items);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The nearest type that has all these constructors.
    fn type_of_all(&self, patterns: &[&raw::Pat]) -> Option<TypeId> {
        let mut possible: Option<Vec<TypeId>> = None;
        for pat in patterns {
            let Raw::Ctor(path, args) = &pat.kind else {
                continue;
            };
            let [name] = path.as_slice() else { continue };
            let takes = |(id, index): &(TypeId, u32)| {
                let info = type_info(self.db, self.project, *id);
                let fields = &info.def.ctors[*index as usize].fields;
                match args {
                    CtorArgs::Bare => fields.is_empty(),
                    CtorArgs::Positional(items) => items.len() == fields.len(),
                    CtorArgs::Named(items, _) => items
                        .iter()
                        .all(|(name, _)| fields.iter().any(|(field, _)| field == name)),
                }
            };
            let found = resolve::ctors(self.db, self.project, self.module, name.clone());
            let types = found.iter().flatten().filter(|c| takes(c)).map(|c| c.0);
            possible = Some(match possible {
                None => types.collect(),
                Some(before) => {
                    let types: Vec<TypeId> = types.collect();
                    before.into_iter().filter(|id| types.contains(id)).collect()
                }
            });
        }
        possible?.first().copied()
    }

    /// `["GET " | rest]` on a string.
    fn prefix_pat(
        &mut self,
        items: &[raw::Pat],
        tail: Option<&raw::Pat>,
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> PatKind {
        let mut prefix = String::new();
        for item in items {
            match &item.kind {
                Raw::Literal(Lit::String(text)) => prefix.push_str(text),
                Raw::Literal(Lit::Char(c)) => prefix.push(*c),
                _ => {
                    self.report(
                        item.span,
                        "a list pattern on a string begins with literal strings: [\"GET \" | rest]",
                    );
                    return PatKind::Wild;
                }
            }
        }
        let text = |s: String| Expr {
            kind: ExprKind::Literal(hir::Literal::String(s.into())),
            ty: Ty::String,
            span,
        };
        let Some(tail) = tail else {
            return PatKind::Literal(hir::Literal::String(prefix.into()));
        };
        let local = self.temp(ty.clone(), span);
        let scrutinee = Expr {
            kind: ExprKind::Local(local),
            ty: ty.clone(),
            span,
        };
        let rest = self.library_call("stripPrefix", vec![scrutinee, text(prefix)], span);
        let option = self.known.option_of(Ty::String);
        let tail = self.pat(tail, &Ty::String, names);
        let some = Pat {
            kind: PatKind::Ctor(0, vec![tail]),
            ty: option,
            span,
        };
        PatKind::View(local, Box::new(rest), Box::new(some))
    }

    fn ctor_candidates(&mut self, path: &[Name], span: Span) -> Option<Levels<(TypeId, u32)>> {
        let (name, modules) = path.split_last()?;
        if modules.is_empty() {
            let found = resolve::ctors(self.db, self.project, self.module, name.clone());
            return (!found.is_empty()).then(|| (*found).clone());
        }
        if let Some(target) = resolve::find_module(self.db, self.project, self.module, modules) {
            self.see_module(target, span);
            let (ctors, public) = resolve::module_ctors(self.db, self.project, target, name);
            if !public
                && !ctors.is_empty()
                && !matches!(target, Target::Module(of) if resolve::can_see(self.db, self.module, of))
            {
                self.report(
                    span,
                    format!("`{name}` is private in module `{}`", modules.join(".")),
                );
            }
            return (!ctors.is_empty()).then(|| vec![ctors]);
        }
        let ty = resolve::type_named(self.db, self.project, self.module, modules.last()?.clone())?;
        let info = type_info(self.db, self.project, ty);
        let index = info.def.ctors.iter().position(|c| c.name == *name)?;
        Some(vec![vec![(ty, index as u32)]])
    }

    fn ctor_pat(
        &mut self,
        path: &[Name],
        args: &CtorArgs,
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> PatKind {
        let shown = path.join(".");
        let Some(ctors) = self.ctor_candidates(path, span) else {
            return self.unknown_ctor_pat(path, args, ty, names, span);
        };
        let (id, index) = self.choose_ctor(&ctors, Some(ty));
        let info = type_info(self.db, self.project, id);
        let type_args: Vec<Ty> = match self.table.shallow(ty) {
            Ty::Adt(other, args) if other == id => args.to_vec(),
            _ => {
                let args: Vec<Ty> = (0..info.def.params).map(|_| self.fresh()).collect();
                self.expect(ty, &Ty::Adt(id, args.clone().into()), span);
                args
            }
        };
        let fields: Vec<(Name, Ty)> = info.def.ctors[index as usize]
            .fields
            .iter()
            .map(|(name, ty)| (name.clone(), ty.substitute(&type_args)))
            .collect();
        let typed = typed_args(args, &fields);
        let parts = match typed.as_ref().unwrap_or(args) {
            CtorArgs::Bare if fields.is_empty() => Vec::new(),
            CtorArgs::Positional(items) if items.len() == fields.len() => {
                let of = Ty::Adt(id, type_args.into());
                for (at, item) in items.iter().enumerate() {
                    if item.kind != Raw::Wild {
                        self.check_private_field(&of, at as u32, &fields[at].0, item.span);
                    }
                }
                items
                    .iter()
                    .zip(&fields)
                    .map(|(item, (_, ty))| self.pat(item, ty, names))
                    .collect()
            }
            CtorArgs::Named(items, _) => {
                self.fields_pat(items, &fields, &Ty::Adt(id, type_args.into()), names, span)
            }
            CtorArgs::Bare | CtorArgs::Positional(_) => {
                let found = if let CtorArgs::Positional(items) = args {
                    items.len()
                } else {
                    0
                };
                self.report(
                    span,
                    format!(
                        "Wrong number of arguments: `{shown}` takes {}, found {found}",
                        fields.len()
                    ),
                );
                if let CtorArgs::Positional(items) = args {
                    for item in items {
                        self.pat(item, &Ty::Error, names);
                    }
                }
                return PatKind::Wild;
            }
        };
        PatKind::Ctor(index, parts)
    }

    fn unknown_ctor_pat(
        &mut self,
        path: &[Name],
        args: &CtorArgs,
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> PatKind {
        // A constant stands for its value.
        if let ([name], CtorArgs::Bare) = (path, args) {
            let levels = resolve::values(self.db, self.project, self.module, name.clone());
            if self.lookup(name).is_some()
                || levels
                    .first()
                    .is_some_and(|level| level.iter().any(|h| h.value))
            {
                let local = self.temp(ty.clone(), span);
                let value = self.name(name, None, span);
                let scrutinee = Expr {
                    kind: ExprKind::Local(local),
                    ty: ty.clone(),
                    span,
                };
                let test = self.equality(scrutinee, value, span);
                return PatKind::Test(local, Box::new(test));
            }
        }
        let visible = resolve::visible_ctors(self.db, self.project, self.module);
        let shown = path.join(".");
        let hint = resolve::did_you_mean(&shown, visible.iter().map(|n| &**n))
            .map(|n| format!("did you mean `{n}`?"));
        self.report_hint(span, format!("unknown constructor `{shown}`"), hint);
        let items: Vec<&raw::Pat> = match args {
            CtorArgs::Bare => Vec::new(),
            CtorArgs::Positional(items) => items.iter().collect(),
            CtorArgs::Named(items, _) => items.iter().map(|(_, p)| p).collect(),
        };
        for item in items {
            self.pat(item, &Ty::Error, names);
        }
        PatKind::Wild
    }

    /// Patterns by field; fields that are not named take anything.
    fn fields_pat(
        &mut self,
        items: &[(Name, raw::Pat)],
        fields: &[(Name, Ty)],
        of: &Ty,
        names: &mut Names,
        span: Span,
    ) -> Vec<Pat> {
        let mut out: Vec<Pat> = fields.iter().map(|(_, ty)| self.wild(ty, span)).collect();
        for (name, item) in items {
            match fields.iter().position(|(field, _)| field == name) {
                Some(at) => {
                    self.check_private_field(of, at as u32, name, item.span);
                    out[at] = self.pat(item, &fields[at].1, names);
                }
                None => {
                    self.no_field(of, name, item.span);
                    self.pat(item, &Ty::Error, names);
                }
            }
        }
        out
    }

    fn record_pat(
        &mut self,
        items: &[(Name, raw::Pat)],
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> PatKind {
        let mut form = self.known_form(ty);
        if let Ty::Infer(_) = form
            && let Some(id) = self.record_with(items)
        {
            let params = type_info(self.db, self.project, id).def.params;
            form = Ty::Adt(id, (0..params).map(|_| self.fresh()).collect());
            self.expect(&form, ty, span);
        }
        if let Ty::Adt(id, args) = &form {
            let info = type_info(self.db, self.project, *id);
            if let [ctor] = info.def.ctors.as_slice() {
                let fields: Vec<(Name, Ty)> = ctor
                    .fields
                    .iter()
                    .map(|(n, f)| (n.clone(), f.substitute(args)))
                    .collect();
                return PatKind::Ctor(0, self.fields_pat(items, &fields, &form, names, span));
            }
        }
        match form {
            Ty::Error => {}
            Ty::Infer(_) => self.report(
                span,
                "Type annotation required: the record's type is not known here",
            ),
            other => {
                let message = format!(
                    "type mismatch: expected `{}`, found a record pattern",
                    self.show(&other)
                );
                self.report(span, message);
            }
        }
        for (_, item) in items {
            self.pat(item, &Ty::Error, names);
        }
        PatKind::Wild
    }

    /// The one record type in sight that has all these fields.
    fn record_with(&self, items: &[(Name, raw::Pat)]) -> Option<TypeId> {
        let mut found = None;
        for name in resolve::visible_types(self.db, self.project, self.module) {
            let Some(id) = resolve::type_named(self.db, self.project, self.module, name) else {
                continue;
            };
            let info = type_info(self.db, self.project, id);
            let [ctor] = info.def.ctors.as_slice() else {
                continue;
            };
            let has = |name: &Name| ctor.fields.iter().any(|(field, _)| field == name);
            if items.iter().all(|(name, _)| has(name)) && found != Some(id) {
                if found.is_some() {
                    return None;
                }
                found = Some(id);
            }
        }
        found
    }

    /// A pattern that stands for one value, as an expression.
    fn pat_value(&mut self, pat: &raw::Pat, ty: &Ty) -> Expr {
        let span = pat.span;
        match &pat.kind {
            Raw::Literal(lit) => {
                let expected = self.table.shallow(ty);
                let value = self.literal(lit, Some(&expected), span);
                self.expect(ty, &value.ty, span);
                value
            }
            Raw::Pin(name) | Raw::Name(name) if self.lookup(name).is_some() => {
                let (binding, _) = self.lookup(name).expect("just looked up");
                let value = self.bound_value(binding, span);
                self.expect(ty, &value.ty, span);
                value
            }
            Raw::Tuple(items) => {
                let types: Vec<Ty> = items.iter().map(|_| self.fresh()).collect();
                let tuple = Ty::Tuple(types.clone().into());
                self.expect(ty, &tuple, span);
                let items = items
                    .iter()
                    .zip(&types)
                    .map(|(item, ty)| self.pat_value(item, ty))
                    .collect();
                Expr {
                    kind: ExprKind::Tuple(items),
                    ty: tuple,
                    span,
                }
            }
            Raw::Ctor(path, CtorArgs::Bare) if path.len() == 1 => {
                let value = self.name(&path[0], Some(ty), span);
                self.expect(ty, &value.ty, span);
                value
            }
            _ => {
                self.report(
                    span,
                    "a key or element in a pattern is a literal or a bound name",
                );
                self.error_expr(span)
            }
        }
    }

    /// All keys must be there and their values match.
    fn map_pat(
        &mut self,
        entries: &[(raw::Pat, raw::Pat)],
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> PatKind {
        let (key, value) = (self.fresh(), self.fresh());
        let map = Ty::Adt(self.known.map, [key.clone(), value.clone()].into());
        self.expect(ty, &map, span);
        if entries.is_empty() {
            return PatKind::Wild;
        }
        let local = self.temp(ty.clone(), span);
        let option = self.known.option_of(value.clone());
        let (mut lookups, mut parts) = (Vec::new(), Vec::new());
        for (k, v) in entries {
            let k = self.pat_value(k, &key);
            let scrutinee = Expr {
                kind: ExprKind::Local(local),
                ty: ty.clone(),
                span,
            };
            lookups.push(self.library_call("mapLookup", vec![scrutinee, k], span));
            let v = self.pat(v, &value, names);
            let v_span = v.span;
            parts.push(Pat {
                kind: PatKind::Ctor(0, vec![v]),
                ty: option.clone(),
                span: v_span,
            });
        }
        if lookups.len() == 1 {
            return PatKind::View(
                local,
                Box::new(lookups.remove(0)),
                Box::new(parts.remove(0)),
            );
        }
        let tuple = Ty::Tuple(vec![option; lookups.len()].into());
        let looked = Expr {
            kind: ExprKind::Tuple(lookups),
            ty: tuple.clone(),
            span,
        };
        PatKind::View(
            local,
            Box::new(looked),
            Box::new(Pat {
                kind: PatKind::Tuple(parts),
                ty: tuple,
                span,
            }),
        )
    }

    fn set_pat(&mut self, items: &[raw::Pat], ty: &Ty, _names: &mut Names, span: Span) -> PatKind {
        let item = self.fresh();
        let set = Ty::Adt(self.known.set, [item.clone()].into());
        self.expect(ty, &set, span);
        let local = self.temp(ty.clone(), span);
        let mut test: Option<Expr> = None;
        for pat in items {
            let value = self.pat_value(pat, &item);
            let scrutinee = Expr {
                kind: ExprKind::Local(local),
                ty: ty.clone(),
                span,
            };
            let has = self.library_call("setContains", vec![scrutinee, value], span);
            test = Some(match test {
                None => has,
                Some(before) => {
                    let no = Expr {
                        kind: ExprKind::Literal(hir::Literal::Bool(false)),
                        ty: Ty::Bool,
                        span,
                    };
                    let kind = ExprKind::If {
                        condition: Box::new(before),
                        then: Box::new(has),
                        otherwise: Box::new(no),
                    };
                    Expr {
                        kind,
                        ty: Ty::Bool,
                        span,
                    }
                }
            });
        }
        match test {
            Some(test) => PatKind::Test(local, Box::new(test)),
            None => PatKind::Wild,
        }
    }

    fn or_pat(
        &mut self,
        alternatives: &[raw::Pat],
        ty: &Ty,
        names: &mut Names,
        span: Span,
    ) -> PatKind {
        let before = names.bound.len();
        let mut out = Vec::new();
        let outer_again = std::mem::take(&mut names.again);
        let mut first: Option<Vec<(Name, LocalId)>> = None;
        for alternative in alternatives {
            names.bound.truncate(before);
            names.again = first.clone().unwrap_or_else(|| outer_again.clone());
            out.push(self.pat(alternative, ty, names));
            let bound = names.bound[before..].to_vec();
            match &first {
                None => first = Some(bound),
                Some(first) => {
                    let same = first.len() == bound.len()
                        && first
                            .iter()
                            .all(|(name, _)| bound.iter().any(|(other, _)| other == name));
                    if !same {
                        self.report(span, "all alternatives of a pattern bind the same names");
                    }
                }
            }
        }
        names.bound.truncate(before);
        names.bound.extend(first.unwrap_or_default());
        names.again = outer_again;
        PatKind::Or(out)
    }
}

/// The patterns that a pattern consists of, if it is an or-pattern, without what only names or annotates.
fn alternatives<'p>(pat: &'p raw::Pat, out: &mut Vec<&'p raw::Pat>) {
    match &pat.kind {
        Raw::Or(items) => items.iter().for_each(|item| alternatives(item, out)),
        Raw::As(inner, _) => alternatives(inner, out),
        _ => out.push(pat),
    }
}

/// `Some(n: Int)`: names that are no fields of the constructor, with types.
fn typed_args(args: &CtorArgs, fields: &[(Name, Ty)]) -> Option<CtorArgs> {
    let CtorArgs::Named(items, false) = args else {
        return None;
    };
    let is_field = |name: &Name| fields.iter().any(|(field, _)| field == name);
    let positional = items.len() == fields.len() && !items.iter().any(|(name, _)| is_field(name));
    positional.then(|| {
        let typed = items
            .iter()
            .map(|(name, pat)| pat.clone().as_typed(name.clone()));
        CtorArgs::Positional(typed.collect())
    })
}
