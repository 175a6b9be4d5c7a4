//! Methods of traits that have no `self`: `Int.zero()`, `T.zero()`, and `zero()` where the type that is wanted says whose.

use super::call::{Args, is_upper};
use super::{Goal, Infer};
use crate::hir::{Callee, Expr, MethodRef, Span};
use crate::raw::{self, ExprKind as Raw, Name, TypeExpr, TypeKind};
use crate::resolve;
use crate::signature::{TraitMethod, header, impl_table, trait_info};
use crate::ty::{TraitId, Ty};

impl<'db> Infer<'db> {
    /// The traits with a method of this name that has no `self`.
    fn static_traits(&self, name: &str) -> Vec<(TraitId, TraitMethod)> {
        let table = impl_table(self.db, self.project);
        let traits = table.methods.get(name).into_iter().flatten();
        traits
            .filter_map(|of| {
                let info = trait_info(self.db, self.project, *of);
                let method = info.methods.iter().find(|m| *m.name == *name)?.clone();
                let head = header(self.db, self.project, method.id)?;
                let first = head.params.first().and_then(|p| p.name.as_deref());
                (first != Some("self")).then_some((*of, method))
            })
            .collect()
    }

    /// `T.name(args)` for a type or type parameter; nothing where that is something else.
    pub(super) fn static_call(
        &mut self,
        receiver: &raw::Expr,
        name: &Name,
        args: &[raw::Arg],
        span: Span,
    ) -> Option<Expr> {
        let traits = match &receiver.kind {
            Raw::Name(of) if is_upper(of) && self.lookup(of).is_none() => self.static_traits(name),
            Raw::TypeApp(..) => self.static_traits(name),
            _ => return None,
        };
        if traits.is_empty() {
            return None;
        }
        let written = self.as_type(receiver)?;
        let ty = self.lower_type(&written);
        let (of, method) = traits
            .iter()
            .find(|(of, _)| self.may_implement(&ty, *of))
            .or(traits.first())?
            .clone();
        let args = self.raw_args(args);
        Some(self.static_method(of, &method, ty, args, span))
    }

    /// `name(args)` where nothing else has this name: whose method it is, the types say.
    pub(super) fn static_by_type(
        &mut self,
        name: &Name,
        args: &[raw::Arg],
        expected: Option<&Ty>,
        span: Span,
    ) -> Option<Expr> {
        let (of, method) = self.static_traits(name).first()?.clone();
        let ty = self.fresh();
        self.me().statics.push((ty.clone(), name.clone(), span));
        let args = self.raw_args(args);
        let out = self.static_method(of, &method, ty, args, span);
        if let Some(expected) = expected {
            self.expect(expected, &out.ty, span);
        }
        Some(out)
    }

    fn static_method(
        &mut self,
        of: TraitId,
        method: &TraitMethod,
        ty: Ty,
        args: Args<'_>,
        span: Span,
    ) -> Expr {
        let info = trait_info(self.db, self.project, of);
        let mut given = vec![ty.clone()];
        given.extend((0..info.params).map(|_| self.fresh()));
        let (inst, params, result) =
            self.instantiate_method(method.id, &ty, &given, &method.name, span);
        let goal = Goal::Trait { ty: ty.clone(), of };
        self.later(goal, span, None);
        let rest = inst.args.get(1..);
        let callee = Callee::Method(Box::new(MethodRef {
            of,
            name: method.name.clone(),
            self_ty: ty,
            args: rest.unwrap_or_default().into(),
        }));
        self.apply(&method.name, callee, params, result, args, span)
    }

    /// An expression before a dot as a type, if it names one.
    fn as_type(&mut self, e: &raw::Expr) -> Option<TypeExpr> {
        let kind = match &e.kind {
            Raw::Name(name) if &**name == "Self" && self.self_ty.is_some() => TypeKind::SelfType,
            Raw::Name(name) => {
                let known = self.type_names.iter().any(|(other, _)| other == name)
                    || resolve::builtin_type(name).is_some()
                    || resolve::type_named(self.db, self.project, self.module, name.clone())
                        .is_some();
                if !known {
                    return None;
                }
                TypeKind::Path(vec![name.clone()], Vec::new())
            }
            Raw::TypeApp(base, args) => match &base.kind {
                Raw::Name(name) => TypeKind::Path(vec![name.clone()], args.clone()),
                _ => return None,
            },
            _ => return None,
        };
        Some(TypeExpr { kind, span: e.span })
    }
}
