//! Patterns against the type of the value: names, literals, ranges, lists, prefixes, maps, sets, alternatives. Constructors and records are in
//! `ctor_pattern`; whether a match leaves something out is asked elsewhere, when all types are known.

use super::{Binding, Infer};
use crate::hir::{self, Expr, ExprKind, LocalId, Pat, PatKind, Span};
use crate::raw::{self, CtorArgs, Lit, Name, PatKind as Raw};
use crate::ty::Ty;

/// The names a pattern binds.
pub(super) struct Names {
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

    pub(super) fn wild(&self, ty: &Ty, span: Span) -> Pat {
        Pat {
            kind: PatKind::Wild,
            ty: ty.clone(),
            span,
        }
    }

    pub(super) fn pat(&mut self, pat: &raw::Pat, ty: &Ty, names: &mut Names) -> Pat {
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
pub(super) fn alternatives<'p>(pat: &'p raw::Pat, out: &mut Vec<&'p raw::Pat>) {
    match &pat.kind {
        Raw::Or(items) => items.iter().for_each(|item| alternatives(item, out)),
        Raw::As(inner, _) => alternatives(inner, out),
        _ => out.push(pat),
    }
}
