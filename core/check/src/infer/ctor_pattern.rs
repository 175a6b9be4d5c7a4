//! Patterns of constructors and records: which type's they are, from the path, the value's type or the other patterns beside them; and their fields.

use super::Infer;
use super::pattern::{Names, alternatives};
use crate::hir::{Expr, ExprKind, Pat, PatKind, Span};
use crate::raw::{self, CtorArgs, Name, PatKind as Raw};
use crate::resolve::{self, Levels, Target};
use crate::ty::{Ty, TypeId};
use crate::types::type_info;

impl<'db> Infer<'db> {
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

    pub(super) fn ctor_pat(
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

    pub(super) fn record_pat(
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
