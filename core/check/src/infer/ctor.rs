//! Constructors, and records with changed fields.

use super::Infer;
use super::call::Arg;
use crate::hir::{self, Callee, Expr, ExprKind, Span};
use crate::raw::{self, Name, TypeBody};
use crate::resolve::{self, Levels, Target};
use crate::signature::{DefaultFn, ParamSig};
use crate::ty::{Ty, TypeId};
use crate::types::type_info;
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// Constructors that a module or a type has under a name.
    pub(super) fn qualified_ctors(
        &mut self,
        path: &[Name],
        name: &Name,
        span: Span,
    ) -> Option<Levels<(TypeId, u32)>> {
        if let Some(target) = resolve::find_module(self.db, self.project, self.module, path) {
            let (ctors, public) = resolve::module_ctors(self.db, self.project, target, name);
            if ctors.is_empty() {
                return None;
            }
            self.see_module(target, span);
            if !public
                && !matches!(target, Target::Module(of) if resolve::can_see(self.db, self.module, of))
            {
                self.report(
                    span,
                    format!("`{name}` is private in module `{}`", path.join(".")),
                );
            }
            return Some(vec![ctors]);
        }
        let ty = resolve::type_named(self.db, self.project, self.module, path.last()?.clone())?;
        let info = type_info(self.db, self.project, ty);
        let index = info.def.ctors.iter().position(|c| c.name == *name)?;
        Some(vec![vec![(ty, index as u32)]])
    }

    /// The constructor among candidates that fits what is expected.
    pub(super) fn choose_ctor(
        &mut self,
        ctors: &Levels<(TypeId, u32)>,
        expected: Option<&Ty>,
    ) -> (TypeId, u32) {
        if let Some(Ty::Adt(id, _)) = expected.map(|ty| self.known_form(ty))
            && let Some(found) = ctors.iter().flatten().find(|(ty, _)| *ty == id)
        {
            return *found;
        }
        ctors[0][0]
    }

    pub(super) fn ctor_type(&mut self, id: TypeId, expected: Option<&Ty>) -> Ty {
        if let Some(ty @ Ty::Adt(..)) = expected.map(|ty| self.table.shallow(ty))
            && matches!(&ty, Ty::Adt(other, _) if *other == id)
        {
            return ty;
        }
        let count = type_info(self.db, self.project, id).def.params;
        Ty::Adt(id, (0..count).map(|_| self.fresh()).collect())
    }

    /// A constructor without arguments: a value if it has no fields, else a function.
    pub(super) fn ctor_value(
        &mut self,
        ctors: &Levels<(TypeId, u32)>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let wanted = match expected.map(|ty| self.known_form(ty)) {
            Some(Ty::Fn(_, result)) => Some((*result).clone()),
            other => other,
        };
        let (id, index) = self.choose_ctor(ctors, wanted.as_ref());
        let ty = self.ctor_type(id, wanted.as_ref());
        let info = type_info(self.db, self.project, id);
        let Ty::Adt(_, args) = &ty else {
            return self.error_expr(span);
        };
        let fields: Vec<Ty> = info.def.ctors[index as usize]
            .fields
            .iter()
            .map(|(_, f)| f.substitute(args))
            .collect();
        if fields.is_empty() {
            return Expr {
                kind: ExprKind::Construct {
                    ctor: index,
                    fields: Vec::new(),
                },
                ty,
                span,
            };
        }
        self.check_constructible(&info, index, span);
        let params: Vec<hir::LocalId> = fields.iter().map(|f| self.temp(f.clone(), span)).collect();
        let values = params
            .iter()
            .zip(&fields)
            .map(|(local, ty)| Expr {
                kind: ExprKind::Local(*local),
                ty: ty.clone(),
                span,
            })
            .collect();
        let body = Expr {
            kind: ExprKind::Construct {
                ctor: index,
                fields: values,
            },
            ty: ty.clone(),
            span,
        };
        let lambda = hir::Lambda {
            params,
            captures: Vec::new(),
            body,
        };
        let ty = Ty::Fn(fields.into(), Arc::new(ty));
        Expr {
            kind: ExprKind::Lambda(Box::new(lambda)),
            ty,
            span,
        }
    }

    pub(super) fn check_constructible(
        &mut self,
        info: &crate::types::TypeInfo,
        index: u32,
        span: Span,
    ) {
        let private = info
            .private
            .get(index as usize)
            .is_some_and(|fields| fields.contains(&true));
        if private && !resolve::can_see(self.db, self.module, info.module) {
            let module = self.module_name(info.module);
            self.report(
                span,
                format!(
                    "a field of `{}` is private in module `{module}`",
                    info.def.name
                ),
            );
        }
    }

    /// `Circle(3.0)`, `Point(x: 1, y: 2)`, `Point(p, x: 3)`.
    pub(super) fn ctor_call(
        &mut self,
        name: &Name,
        ctors: &Levels<(TypeId, u32)>,
        args: &[raw::Arg],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let fits = |cx: &Self, (id, index): (TypeId, u32)| {
            let info = type_info(cx.db, cx.project, id);
            let fields = &info.def.ctors[index as usize].fields;
            args.len() <= fields.len()
                && args.iter().all(|arg| {
                    arg.name
                        .as_ref()
                        .is_none_or(|name| fields.iter().any(|(field, _)| field == name))
                })
                && args
                    .iter()
                    .zip(fields)
                    .all(|(arg, (_, field))| arg.name.is_some() || literal_fits(&arg.value, field))
        };
        let (mut id, mut index) = self.choose_ctor(ctors, expected);
        let decided = expected.is_some_and(|ty| matches!(self.known_form(ty), Ty::Adt(..)));
        if !decided
            && !fits(self, (id, index))
            && let Some(other) = ctors
                .iter()
                .flatten()
                .copied()
                .find(|ctor| fits(self, *ctor))
        {
            (id, index) = other;
        }
        let ty = self.ctor_type(id, expected);
        let info = type_info(self.db, self.project, id);
        let Ty::Adt(_, type_args) = ty.clone() else {
            return self.error_expr(span);
        };
        let ctor = &info.def.ctors[index as usize];
        let fields: Vec<(Name, Ty)> = ctor
            .fields
            .iter()
            .map(|(n, f)| (n.clone(), f.substitute(&type_args)))
            .collect();
        self.check_constructible(&info, index, span);
        let mut args = self.raw_args(args);
        if let ([Arg::Raw(first)], false) = (args.positional.as_slice(), args.named.is_empty())
            && info.def.ctors.len() == 1
        {
            let first = self.infer(first, None);
            if matches!(self.known_form(&first.ty), Ty::Adt(other, _) if other == id) {
                return self.update(first, &ty, &fields, args.named, span);
            }
            if let Ty::Infer(var) = self.table.shallow(&first.ty)
                && !self.table.is_literal(var)
            {
                return self.record_of(first, &ty, &fields, args.named, span);
            }
            args.positional = vec![Arg::Done(first)];
        }
        let defaults = self.field_defaults(id, index);
        let params: Vec<ParamSig> = fields
            .into_iter()
            .enumerate()
            .map(|(at, (name, ty))| ParamSig {
                name: (!name.is_empty()).then_some(name),
                ty,
                default: defaults.get(at).copied().flatten(),
            })
            .collect();
        // The callee only carries the arguments through; what comes out is a construction.
        let callee = Callee::Dot("".into());
        let mut out = self.apply(name, callee, params, ty, args, span);
        let inner = match &mut out.kind {
            ExprKind::Block(_, value) => &mut value.kind,
            kind => kind,
        };
        if let ExprKind::Call(_, fields) = inner {
            *inner = ExprKind::Construct {
                ctor: index,
                fields: std::mem::take(fields),
            };
        }
        out
    }

    /// The functions that give the fields of a constructor which are left out.
    fn field_defaults(&self, id: TypeId, ctor: u32) -> Vec<Option<DefaultFn>> {
        let Some((item, module, _)) = crate::db::type_item(self.db, self.project, id) else {
            return Vec::new();
        };
        let fields = match &item.body {
            TypeBody::Record(fields) => fields,
            TypeBody::Variants(variants) => &variants[ctor as usize].fields,
            TypeBody::Alias(_) | TypeBody::Empty => return Vec::new(),
        };
        let function = |name: &Name| {
            let heads = resolve::module_values(self.db, self.project, module, name.clone());
            heads.first().map(|head| DefaultFn::Fn(head.id))
        };
        fields
            .iter()
            .map(|field| field.default.as_ref().and_then(function))
            .collect()
    }

    /// `R(base, f: v)` with a `base` of unknown type: an update, or a construction that names all fields but one.
    fn record_of(
        &mut self,
        base: Expr,
        ty: &Ty,
        fields: &[(Name, Ty)],
        named: Vec<(Name, Arg<'_>)>,
        span: Span,
    ) -> Expr {
        let is_named = |field: &Name| named.iter().any(|(name, _)| name == field);
        let open: Vec<usize> = (0..fields.len())
            .filter(|at| !is_named(&fields[*at].0))
            .collect();
        let ([open], true) = (open.as_slice(), named.len() + 1 == fields.len()) else {
            return self.update(base, ty, fields, named, span);
        };
        let open = (*open as u32, fields[*open].1.clone());
        let values = self.named_fields(ty, fields, named);
        self.record_later(base, open, values, ty.clone(), span)
    }

    /// The values of fields given by name.
    fn named_fields(
        &mut self,
        ty: &Ty,
        fields: &[(Name, Ty)],
        named: Vec<(Name, Arg<'_>)>,
    ) -> Vec<(u32, Expr)> {
        let mut out = Vec::new();
        for (name, arg) in named {
            let Some(at) = fields.iter().position(|(field, _)| *field == name) else {
                self.no_field(ty, &name, arg.span());
                continue;
            };
            self.check_private_field(ty, at as u32, &name, arg.span());
            if let Arg::Raw(e) = arg {
                out.push((at as u32, self.check(e, &fields[at].1)));
            }
        }
        out
    }

    pub(super) fn update(
        &mut self,
        base: Expr,
        ty: &Ty,
        fields: &[(Name, Ty)],
        named: Vec<(Name, Arg<'_>)>,
        span: Span,
    ) -> Expr {
        self.expect(ty, &base.ty, base.span);
        let updates = self.named_fields(ty, fields, named);
        Expr {
            kind: ExprKind::Update(Box::new(base), updates),
            ty: ty.clone(),
            span,
        }
    }
}

/// Whether an argument may be a field's value, as far as a literal tells.
fn literal_fits(arg: &raw::Expr, field: &Ty) -> bool {
    let raw::ExprKind::Literal(lit) = &arg.kind else {
        return true;
    };
    match (lit, field) {
        (_, Ty::Param(_) | Ty::Error) => true,
        (raw::Lit::Int(_), ty) => matches!(ty, Ty::Int(_)),
        (raw::Lit::Float(_), ty) => *ty == Ty::Float,
        (raw::Lit::Bool(_), ty) => *ty == Ty::Bool,
        (raw::Lit::Char(_), ty) => *ty == Ty::Char,
        (raw::Lit::String(_), ty) => *ty == Ty::String,
        _ => true,
    }
}
