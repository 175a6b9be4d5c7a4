//! Which of several definitions a name means: by arity, by annotated parameter types, by the receiver's traits.

use super::Infer;
use crate::db::{fn_module, project_scope};
use crate::hir::Span;
use crate::raw::Name;
use crate::resolve::{self, Levels};
use crate::scope::FnHead;
use crate::signature::{header, impl_table, trait_info};
use crate::ty::{FnId, TraitId, Ty};
use std::sync::Arc;

/// What is known of an argument before its call is decided.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Its type, perhaps with variables.
    Ty(Ty),
    /// A lambda of so many parameters, not looked at yet.
    Lambda(usize),
    /// Not looked at yet.
    Unknown,
}

/// How well an argument goes with a parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fit {
    No,
    Maybe,
    Yes,
}

/// The outcome of choosing among functions.
pub(super) enum Choice {
    /// This one.
    One(FnHead),
    /// More must be known of the arguments.
    Later,
    /// None takes so many arguments.
    Arity,
    /// None takes such arguments.
    None,
    /// Several do, none is more specific.
    Ambiguous,
}

impl<'db> Infer<'db> {
    /// Chooses by nearness, then arity, then types. `exact`: all parameters must be given.
    pub(super) fn choose(
        &mut self,
        levels: &Levels<FnHead>,
        shapes: &[Shape],
        names: &[Name],
        exact: bool,
    ) -> Choice {
        let count = (shapes.len() + names.len()) as u32;
        let mut arity_met = false;
        for level in levels {
            let mut best = Vec::new();
            for head in level {
                if head.value
                    || count > head.arity
                    || count < if exact { head.arity } else { head.required }
                {
                    continue;
                }
                if !names.is_empty() && !self.has_params(head.id, names) {
                    continue;
                }
                arity_met = true;
                match self.fit(head.id, shapes) {
                    Fit::No => {}
                    fit => best.push((head, fit)),
                }
            }
            // `(k, v) => …` splats a pair only where nothing takes two arguments.
            if best.len() > 1
                && best
                    .iter()
                    .any(|(head, _)| self.lambdas_fit(head.id, shapes))
            {
                best.retain(|(head, _)| self.lambdas_fit(head.id, shapes));
            }
            match best.as_slice() {
                [] => continue,
                [(head, _)] => return Choice::One((*head).clone()),
                several => {
                    if several.iter().any(|(_, fit)| *fit == Fit::Maybe) {
                        return Choice::Later;
                    }
                    let best: Vec<&FnHead> = several
                        .iter()
                        .map(|(head, _)| *head)
                        .filter(|a| {
                            several.iter().all(|(b, _)| {
                                a.id == b.id || self.at_least_as_specific(a.id, b.id, shapes.len())
                            })
                        })
                        .collect();
                    return match best.as_slice() {
                        [head] => Choice::One((*head).clone()),
                        // The same text in several places (a default makes two arities one): the first.
                        [head, ..]
                            if best
                                .iter()
                                .all(|b| b.arity != head.arity || b.id == head.id) =>
                        {
                            Choice::One((*head).clone())
                        }
                        _ => Choice::Ambiguous,
                    };
                }
            }
        }
        if arity_met {
            Choice::None
        } else {
            Choice::Arity
        }
    }

    /// Where functions of a name differ in the type of a number only, and nothing else will tell which is meant, the result's type does, or it is
    /// an Int's: `[].sum()`. Fixes what was open; answers whether it did.
    pub(super) fn number_decides(
        &mut self,
        levels: &Levels<FnHead>,
        args: &[Ty],
        result: &Ty,
    ) -> bool {
        let shapes: Vec<Shape> = args.iter().cloned().map(Shape::Ty).collect();
        let mut takers: Vec<(FnId, Vec<(u32, Ty)>)> = Vec::new();
        for level in levels {
            for head in level {
                if head.value
                    || head.arity as usize != args.len()
                    || self.fit(head.id, &shapes) == Fit::No
                {
                    continue;
                }
                let Some(header) = header(self.db, self.project, head.id) else {
                    return false;
                };
                let mut open = Vec::new();
                for (param, arg) in header.params.iter().zip(args) {
                    if let Some(ty) = &param.ty {
                        self.opened(ty, arg, &mut open);
                    }
                }
                takers.push((head.id, open));
            }
            if !takers.is_empty() {
                break;
            }
        }
        let (big, decimal) = (self.known.big_int, self.known.decimal);
        let number = |(_, ty): &(u32, Ty)| {
            super::expr::is_number(ty)
                || matches!(ty, Ty::Adt(id, _) if *id == big || *id == decimal)
        };
        if takers.len() < 2 || !takers.iter().all(|(_, open)| open.iter().all(number)) {
            return false;
        }
        let given = self.table.shallow(result);
        let by_result = takers.iter().position(|(id, _)| {
            !matches!(given, Ty::Infer(_))
                && header(self.db, self.project, *id).and_then(|h| h.result.clone())
                    == Some(given.clone())
        });
        let is_int = |open: &[(u32, Ty)]| open.iter().all(|(_, ty)| *ty == Ty::INT);
        let Some(at) = by_result.or_else(|| takers.iter().position(|(_, open)| is_int(open)))
        else {
            return false;
        };
        let mut moved = false;
        for (var, ty) in takers.swap_remove(at).1 {
            moved |= self.table.unify(&Ty::Infer(var), &ty).is_ok();
        }
        moved
    }

    /// What a parameter's type says of the variables of an argument's.
    fn opened(&self, param: &Ty, arg: &Ty, out: &mut Vec<(u32, Ty)>) {
        let all = |xs: &[Ty], ys: &[Ty], out: &mut Vec<(u32, Ty)>| {
            xs.iter().zip(ys).for_each(|(x, y)| self.opened(x, y, out));
        };
        match (param, &self.table.shallow(arg)) {
            (Ty::Param(_) | Ty::Error, _) => {}
            (ty, Ty::Infer(var)) => out.push((*var, ty.clone())),
            (Ty::Tuple(xs), Ty::Tuple(ys)) => all(xs, ys, out),
            (Ty::Adt(_, xs), Ty::Adt(_, ys)) => all(xs, ys, out),
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) => {
                all(xs, ys, out);
                self.opened(x, y, out);
            }
            (Ty::Array(x), Ty::Array(y)) => self.opened(x, y, out),
            _ => {}
        }
    }

    /// Whether every lambda has as many parameters as the function it is given for takes.
    fn lambdas_fit(&self, id: FnId, shapes: &[Shape]) -> bool {
        let Some(header) = header(self.db, self.project, id) else {
            return false;
        };
        let mut params = header.params.iter();
        shapes.iter().all(|shape| match (shape, params.next()) {
            (Shape::Lambda(count), Some(param)) => {
                !matches!(&param.ty, Some(Ty::Fn(params, _)) if params.len() != *count)
            }
            _ => true,
        })
    }

    pub(super) fn has_params(&self, id: FnId, names: &[Name]) -> bool {
        header(self.db, self.project, id).is_some_and(|h| {
            names
                .iter()
                .all(|name| h.params.iter().any(|p| p.name.as_ref() == Some(name)))
        })
    }

    fn fit(&mut self, id: FnId, shapes: &[Shape]) -> Fit {
        let Some(header) = header(self.db, self.project, id) else {
            return Fit::No;
        };
        let mut fit = Fit::Yes;
        // Leading defaults shift positional arguments; types decide only where the numbers agree.
        if shapes.len() != header.params.len()
            && header.params.first().is_some_and(|p| p.default.is_some())
        {
            return Fit::Yes;
        }
        for (shape, param) in shapes.iter().zip(&header.params) {
            let Some(ty) = &param.ty else { continue };
            let this = match shape {
                Shape::Ty(arg) => self.fits(ty, arg),
                Shape::Lambda(count) => match ty {
                    Ty::Fn(params, _) if params.len() == *count || params.len() == 1 => Fit::Yes,
                    Ty::Param(_) => Fit::Yes,
                    _ => Fit::No,
                },
                Shape::Unknown => Fit::Yes,
            };
            fit = fit.min(this);
            if fit == Fit::No {
                return Fit::No;
            }
        }
        // The same parameter of the signature at two known, different types.
        fit
    }

    fn fits(&self, param: &Ty, arg: &Ty) -> Fit {
        let arg = self.table.shallow(arg);
        match (param, &arg) {
            (Ty::Param(_) | Ty::Error, _) | (_, Ty::Error) => Fit::Yes,
            (_, Ty::Param(_)) if self.open_params => Fit::Maybe,
            (Ty::Int(width), Ty::Infer(var)) if self.table.is_literal(*var) => {
                if *width == super::expr::INT {
                    Fit::Yes
                } else {
                    Fit::Maybe
                }
            }
            (_, Ty::Infer(var)) if self.table.is_literal(*var) => Fit::No,
            (_, Ty::Infer(_)) => Fit::Maybe,
            (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => self.fits_all(xs, ys),
            (Ty::Adt(x, xs), Ty::Adt(y, ys)) if x == y => self.fits_all(xs, ys),
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) if xs.len() == ys.len() => {
                self.fits_all(xs, ys).min(self.fits(x, y))
            }
            // A function of several parameters does where one of a tuple is wanted.
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) if xs.len() == 1 && ys.len() > 1 => match &xs[0] {
                Ty::Tuple(items) if items.len() == ys.len() => {
                    self.fits_all(items, ys).min(self.fits(x, y))
                }
                Ty::Param(_) => self.fits(x, y),
                _ => Fit::No,
            },
            (Ty::Array(x), Ty::Array(y)) => self.fits(x, y),
            (a, b) if a == b => Fit::Yes,
            _ => Fit::No,
        }
    }

    fn fits_all(&self, xs: &[Ty], ys: &[Ty]) -> Fit {
        xs.iter()
            .zip(ys)
            .map(|(x, y)| self.fits(x, y))
            .min()
            .unwrap_or(Fit::Yes)
    }

    /// Whether everything `a` takes, `b` takes too.
    fn at_least_as_specific(&self, a: FnId, b: FnId, count: usize) -> bool {
        let (Some(a), Some(b)) = (
            header(self.db, self.project, a),
            header(self.db, self.project, b),
        ) else {
            return false;
        };
        let bounded = |h: &crate::signature::Header, ty: &Ty| h.bounds.iter().any(|(t, _)| t == ty);
        (0..count).all(|at| {
            match (
                a.params.get(at).and_then(|p| p.ty.as_ref()),
                b.params.get(at).and_then(|p| p.ty.as_ref()),
            ) {
                (_, None) => true,
                (None, Some(ty)) => matches!(ty, Ty::Param(_)),
                (Some(x @ Ty::Param(_)), Some(y @ Ty::Param(_))) => {
                    bounded(&a, x) || !bounded(&b, y)
                }
                (Some(x), Some(y)) => covers(y, x),
            }
        })
    }

    /// The traits with a method `name` that `form` could implement.
    pub(super) fn traits_with_method(&mut self, form: &Ty, name: &str) -> Vec<TraitId> {
        let table = impl_table(self.db, self.project);
        let Some(traits) = table.methods.get(name) else {
            return Vec::new();
        };
        traits
            .iter()
            .copied()
            .filter(|of| self.may_implement(form, *of))
            .collect()
    }

    pub(super) fn may_implement(&self, form: &Ty, of: TraitId) -> bool {
        if let Ty::Param(_) = form {
            return self
                .bounds
                .iter()
                .any(|(ty, bound)| ty == form && self.is_or_extends(*bound, of, 0));
        }
        crate::traits::head_implements(self.db, self.project, form, of)
    }

    /// Whether implementing `this` means implementing `of`.
    pub(super) fn is_or_extends(&self, this: TraitId, of: TraitId, depth: u32) -> bool {
        this == of
            || depth < 32
                && trait_info(self.db, self.project, this)
                    .supertraits
                    .iter()
                    .any(|above| self.is_or_extends(*above, of, depth + 1))
    }

    /// Functions `name` as seen from this module, or from the module of the function that brought a constraint.
    pub(super) fn functions_named(&self, name: &Name, owner: Option<FnId>) -> Arc<Levels<FnHead>> {
        if let Some(library) = operator_function(name) {
            let heads = resolve::prelude_values(self.db, self.project, library.into());
            return Arc::new(vec![heads.to_vec()]);
        }
        let module = owner
            .and_then(|owner| fn_module(self.db, self.project, owner))
            .map_or(self.module, |m| m.0);
        resolve::values(self.db, self.project, module, name.clone())
    }

    /// Functions `name` for a call on a receiver: those seen from here, then those of the module that declares its type. What the library has for
    /// the receiver's type comes before what was written for anything, or for other types.
    pub(super) fn functions_for(
        &mut self,
        name: &Name,
        owner: Option<FnId>,
        receiver: &Ty,
    ) -> Arc<Levels<FnHead>> {
        let levels = self.functions_named(name, owner);
        let home = match receiver {
            Ty::Infer(_) | Ty::Param(_) | Ty::Error => return levels,
            Ty::Adt(id, _) => {
                let home = crate::types::type_info(self.db, self.project, *id).module;
                let library = project_scope(self.db, self.project).std.contains(&home);
                (!library).then_some(home)
            }
            _ => None,
        };
        let Some(home) = home else {
            return self.library_first(levels, receiver);
        };
        if home == self.module {
            return levels;
        }
        let more: Vec<FnHead> = resolve::module_values(self.db, self.project, home, name.clone())
            .iter()
            .filter(|h| h.public && !h.value && !levels.iter().flatten().any(|l| l.id == h.id))
            .cloned()
            .collect();
        if more.is_empty() {
            return levels;
        }
        let mut levels = (*levels).clone();
        // Before the library's, which takes anything.
        let behind = levels.len()
            - usize::from(
                levels
                    .last()
                    .is_some_and(|l| l.iter().all(|h| self.in_library(h))),
            );
        levels.insert(behind, more);
        Arc::new(levels)
    }

    /// For a receiver of a library type: own functions for just this type, then the library's, then all others.
    fn library_first(&mut self, levels: Arc<Levels<FnHead>>, receiver: &Ty) -> Arc<Levels<FnHead>> {
        let Some((library, own)) = levels.split_last() else {
            return levels;
        };
        let is_library = library.iter().all(|head| self.in_library(head));
        if own.is_empty() || !is_library || !library.iter().any(|h| self.is_for(h, receiver)) {
            return levels;
        }
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for level in own {
            let (first, rest): (Vec<FnHead>, Vec<FnHead>) = level
                .iter()
                .cloned()
                .partition(|head| self.in_library(head) || self.is_for(head, receiver));
            near.push(first);
            far.push(rest);
        }
        near.push(library.clone());
        near.extend(far);
        near.retain(|level| !level.is_empty());
        Arc::new(near)
    }

    /// Whether the first parameter is of the receiver's type, not of any type. Inferred parameters count.
    fn is_for(&mut self, head: &FnHead, receiver: &Ty) -> bool {
        if head.value || head.arity == 0 {
            return false;
        }
        let written = header(self.db, self.project, head.id)
            .and_then(|header| header.params.first().and_then(|param| param.ty.clone()));
        let ty = match (written, self.group.get(&head.id)) {
            (Some(ty), _) => Some(ty),
            (None, Some(mono)) => mono.params.first().map(|param| self.table.deep(&param.ty)),
            (None, None) => super::group::signature(self.db, self.project, head.id)
                .params
                .first()
                .map(|param| param.ty.clone()),
        };
        match ty {
            None | Some(Ty::Param(_) | Ty::Infer(_) | Ty::Error) => false,
            Some(ty) => self.fits(&ty, receiver) != Fit::No,
        }
    }

    /// Reports that nothing of this name takes these arguments.
    pub(super) fn no_function_fits(
        &mut self,
        name: &str,
        levels: &Levels<FnHead>,
        types: &[Ty],
        span: Span,
    ) {
        if types.iter().any(|t| super::has_error(&self.table.deep(t))) {
            return;
        }
        let shown: Vec<String> = types.iter().map(|t| self.show(t)).collect();
        if let ("[in]", Some(over)) = (name, shown.first()) {
            let message = format!("type mismatch: `{over}` cannot be looped over");
            self.report(span, message);
            return;
        }
        if operator_function(name).is_some() {
            let base = shown.first().map_or("", |s| s);
            let by = shown.get(1).map_or("", |s| s);
            let what = if name == "[]=" {
                "has no elements to assign"
            } else {
                "cannot be indexed"
            };
            self.report(span, format!("type mismatch: `{base}` {what} by `{by}`"));
            return;
        }
        let mut lines = Vec::new();
        for head in levels
            .iter()
            .flatten()
            .filter(|h| h.arity as usize == types.len())
            .take(6)
        {
            if let Some(h) = header(self.db, self.project, head.id) {
                let params: Vec<String> = h
                    .params
                    .iter()
                    .map(|p| {
                        p.ty.as_ref()
                            .map_or("_".into(), |ty| self.show_with(ty, &h.names))
                    })
                    .collect();
                lines.push(format!("{name}({})", params.join(", ")));
            }
        }
        lines.sort();
        lines.dedup();
        let hint = (!lines.is_empty()).then(|| format!("there is {}", lines.join(", ")));
        self.report_hint(
            span,
            format!("type mismatch: no `{name}` takes ({})", shown.join(", ")),
            hint,
        );
    }

    fn show_with(&self, ty: &Ty, names: &[Name]) -> String {
        crate::print::Printer {
            db: self.db,
            project: self.project,
            params: names,
            literal: &|_| false,
        }
        .ty(ty)
    }

    /// Whether the function is one of the library.
    pub(super) fn in_library(&self, head: &FnHead) -> bool {
        project_scope(self.db, self.project)
            .std
            .contains(&head.module)
    }
}

/// The library function behind syntax: indexes, and loops over what is not known where they stand.
pub(super) fn operator_function(name: &str) -> Option<&'static str> {
    match name {
        "[]" => Some("index"),
        "[]=" => Some("setIndex"),
        "[in]" => Some("toList"),
        _ => None,
    }
}

/// Whether every value of `specific` is one of `general`, parameters of `general` standing for anything.
fn covers(general: &Ty, specific: &Ty) -> bool {
    match (general, specific) {
        (Ty::Param(_), _) => true,
        (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => {
            xs.iter().zip(ys.iter()).all(|(x, y)| covers(x, y))
        }
        (Ty::Adt(x, xs), Ty::Adt(y, ys)) if x == y => {
            xs.iter().zip(ys.iter()).all(|(x, y)| covers(x, y))
        }
        (Ty::Fn(xs, x), Ty::Fn(ys, y)) if xs.len() == ys.len() => {
            xs.iter().zip(ys.iter()).all(|(x, y)| covers(x, y)) && covers(x, y)
        }
        (Ty::Array(x), Ty::Array(y)) => covers(x, y),
        (a, b) => a == b,
    }
}
