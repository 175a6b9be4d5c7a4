//! Dot calls: through modules, fields, traits and functions whose first parameter takes the receiver.

use super::call::{Arg, Args, is_upper};
use super::method::{Choice, Shape};
use super::{Goal, Infer};
use crate::hir::{Callee, Expr, ExprKind, FnInst, MethodRef, Span};
use crate::raw::{self, ExprKind as Raw, Name};
use crate::resolve::{self, Levels};
use crate::scope::FnHead;
use crate::signature::{ParamSig, trait_info};
use crate::ty::{FnId, TraitId, Ty};
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// `receiver.name(args)`, also `M.name(args)`.
    #[allow(clippy::too_many_arguments, reason = "the parts of one expression")]
    pub(super) fn method_call(
        &mut self,
        receiver: &raw::Expr,
        name: &Name,
        name_span: Span,
        types: &[raw::TypeExpr],
        args: &[raw::Arg],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let (seen, name) = (name, &Name::from(crate::expand::plain(name)));
        if let Some(out) = self.static_call(receiver, name, args, span) {
            return out;
        }
        if let Some(path) = self.module_path(receiver) {
            if is_upper(name)
                && let Some(ctors) = self.qualified_ctors(&path, name, name_span)
            {
                return self.ctor_call(name, &ctors, args, expected, span);
            }
            let Some(levels) = self.module_functions(&path, name, name_span) else {
                args.iter()
                    .for_each(|arg| drop(self.infer(&arg.value, None)));
                return self.error_expr(span);
            };
            if levels[0].iter().all(|h| h.value) {
                let callee = self.global(&levels[0][0].clone(), name_span);
                return self.value_call(callee, args, span);
            }
            let written;
            let types = match &receiver.kind {
                // `Array[Int].make(3)` gives the type arguments of `make`.
                Raw::TypeApp(_, given) if types.is_empty() => {
                    written = given.clone();
                    &written
                }
                _ => types,
            };
            return self.function_call(name, &levels, types, args, span, name_span);
        }
        if let ("update", [raw::Arg { name: None, value }]) = (&**name, args)
            && let Some(head) = self.mvar_at(receiver)
        {
            return self.mvar_update(&head, value, span);
        }
        if let Raw::Name(of) = &receiver.kind
            && is_upper(of)
            && !self.is_known(of)
        {
            args.iter()
                .for_each(|arg| drop(self.infer(&arg.value, None)));
            let hint = Some(format!("there is no module or type `{of}`"));
            let span = receiver.span;
            self.report_hint(span, format!("unknown function `{of}.{name}`"), hint);
            return self.error_expr(span);
        }
        let receiver = self.infer(receiver, None);
        let args = self.raw_args(args);
        self.dot_call(receiver, seen, name_span, types, args, span)
    }

    /// Whether an upper-case name means anything.
    fn is_known(&self, name: &Name) -> bool {
        let (db, project, module) = (self.db, self.project, self.module);
        self.lookup(name).is_some()
            || !resolve::ctors(db, project, module, name.clone()).is_empty()
            || !resolve::values(db, project, module, name.clone()).is_empty()
            || resolve::type_named(db, project, module, name.clone()).is_some()
    }

    /// A dot call on a typed receiver with typed arguments.
    pub(super) fn dot_call_done(
        &mut self,
        receiver: Expr,
        name: &str,
        name_span: Span,
        args: Vec<Expr>,
        span: Span,
    ) -> Expr {
        let args = Args {
            positional: args.into_iter().map(Arg::Done).collect(),
            named: Vec::new(),
        };
        self.dot_call(receiver, &name.into(), name_span, &[], args, span)
    }

    /// A dot call on a typed receiver.
    pub(super) fn dot_call(
        &mut self,
        receiver: Expr,
        name: &Name,
        name_span: Span,
        types: &[raw::TypeExpr],
        mut args: Args<'_>,
        span: Span,
    ) -> Expr {
        // A name of a macro's quote: a function is looked for where the macro stands.
        let (seen, name) = (name, &Name::from(crate::expand::plain(name)));
        if **name == *crate::query::PROBE {
            self.note_probe(Some(receiver.ty));
            self.report(name_span, "no method here");
            self.type_rest(args);
            return self.error_expr(span);
        }
        let mut form = self.known_form(&receiver.ty);
        if let Ty::Infer(var) = form {
            if !self.table.is_literal(var) {
                args.positional.insert(0, Arg::Done(receiver));
                return self.call_later(name, args, true, span);
            }
            // A method of a bare number literal is a method of Int.
            self.expect(&Ty::INT, &receiver.ty, span);
            form = Ty::INT;
        }
        if form == Ty::Error {
            self.type_rest(args);
            return self.error_expr(span);
        }
        if let Some((index, field)) = self.find_field(&form, name)
            && let Ty::Fn(..) | Ty::Infer(_) = self.table.shallow(&field)
        {
            self.check_private_field(&form, index, name, name_span);
            let callee = Expr {
                kind: ExprKind::Field(Box::new(receiver), index),
                ty: field.clone(),
                span,
            };
            return self.call_field(name, callee, &field, args, span);
        }
        let traits = self.traits_with_method(&form, name);
        if let Some(of) = traits.first().copied() {
            if traits.len() > 1 {
                let names: Vec<String> = traits
                    .iter()
                    .map(|t| format!("`{}`", trait_info(self.db, self.project, *t).name))
                    .collect();
                self.report(
                    name_span,
                    format!(
                        "several traits of `{}` have a method `{name}`: {}",
                        self.show(&form),
                        names.join(", ")
                    ),
                );
            }
            return self.trait_call(of, name, receiver, types, args, span);
        }
        let levels = self.functions_for(seen, None, &form);
        args.positional.insert(0, Arg::Done(receiver));
        if !levels.iter().flatten().any(|h| !h.value) {
            self.type_rest(args);
            self.no_method(&form, name, name_span);
            return self.error_expr(span);
        }
        let count = (args.positional.len() + args.named.len()) as u32;
        let takes_receiver = self.receivers(&levels, &form);
        if takes_receiver.is_empty() {
            self.type_rest(args);
            self.no_method(&form, name, name_span);
            return self.error_expr(span);
        }
        if !takes_receiver
            .iter()
            .flatten()
            .any(|h| h.required <= count && count <= h.arity)
        {
            self.type_rest(args);
            let mut counts: Vec<String> = takes_receiver
                .iter()
                .flatten()
                .map(|h| (h.arity - 1).to_string())
                .collect();
            counts.sort();
            counts.dedup();
            let message = format!(
                "Wrong number of arguments: `.{name}` takes {}, found {}",
                counts.join(" or "),
                count - 1
            );
            self.report(span, message);
            return self.error_expr(span);
        }
        self.function_call_with(name, &takes_receiver, types, args, span, name_span)
    }

    /// Those functions whose first parameter accepts the receiver.
    pub(super) fn receivers(&mut self, levels: &Levels<FnHead>, form: &Ty) -> Levels<FnHead> {
        let mut out: Levels<FnHead> = Vec::new();
        for level in levels {
            let mut kept = Vec::new();
            for head in level {
                if head.value || head.arity == 0 {
                    continue;
                }
                let one = vec![vec![FnHead {
                    arity: 1,
                    required: 1,
                    ..head.clone()
                }]];
                if !matches!(
                    self.choose(&one, &[Shape::Ty(form.clone())], &[], false),
                    Choice::None | Choice::Arity
                ) {
                    kept.push(head.clone());
                }
            }
            if !kept.is_empty() {
                out.push(kept);
            }
        }
        out
    }

    pub(super) fn call_field(
        &mut self,
        name: &Name,
        callee: Expr,
        field: &Ty,
        args: Args<'_>,
        span: Span,
    ) -> Expr {
        let (params, result) = match self.table.shallow(field) {
            Ty::Fn(params, result) => (params.to_vec(), (*result).clone()),
            _ => {
                let params: Vec<Ty> = args.positional.iter().map(|_| self.fresh()).collect();
                let result = self.fresh();
                let ty = Ty::Fn(params.clone().into(), Arc::new(result.clone()));
                self.expect(field, &ty, span);
                (params, result)
            }
        };
        let params = params
            .into_iter()
            .map(|ty| ParamSig {
                name: None,
                ty,
                default: None,
            })
            .collect();
        self.apply(
            name,
            Callee::Value(Box::new(callee)),
            params,
            result,
            args,
            span,
        )
    }

    pub(super) fn no_method(&mut self, form: &Ty, name: &str, span: Span) {
        if name == "[in]" {
            let message = format!("type mismatch: `{}` cannot be looped over", self.show(form));
            self.report(span, message);
            return;
        }
        if super::method::operator_function(name).is_some() {
            let message = format!("type mismatch: `{}` cannot be indexed", self.show(form));
            self.report(span, message);
            return;
        }
        if let Some((_, field)) = self.find_field(form, name) {
            let message = format!(
                "no method `{name}` on type `{}`: expected function, the field `{name}` is `{}`",
                self.show(form),
                self.show(&field)
            );
            self.report(span, message);
            return;
        }
        let table = crate::signature::impl_table(self.db, self.project);
        if let Some(of) = table.methods.get(name).and_then(|traits| traits.first()) {
            let of = trait_info(self.db, self.project, *of).name.clone();
            let ty = self.show(form);
            let hint = match form {
                Ty::Param(_) => Some(format!("the bound says so: [{ty}: {of}]")),
                _ => Some(format!("implement it: `{ty}: {of} … end`")),
            };
            self.report_hint(
                span,
                format!("no method `{name}` on type `{ty}`: `{ty}` does not implement {of}"),
                hint,
            );
            return;
        }
        let names = resolve::visible_values(self.db, self.project, self.module);
        let candidates = names.iter().chain(table.methods.keys()).map(|n| &**n);
        let hint = resolve::did_you_mean(name, candidates).map(|n| format!("did you mean `{n}`?"));
        let message = format!("no method `{name}` on type `{}`", self.show(form));
        self.report_hint(span, message, hint);
    }

    /// A call of a trait's method on a receiver.
    pub(super) fn trait_call(
        &mut self,
        of: TraitId,
        name: &Name,
        receiver: Expr,
        types: &[raw::TypeExpr],
        mut args: Args<'_>,
        span: Span,
    ) -> Expr {
        let info = trait_info(self.db, self.project, of);
        let Some(method) = info.methods.iter().find(|m| m.name == *name).cloned() else {
            return self.error_expr(span);
        };
        let self_ty = receiver.ty.clone();
        let mut given = vec![self_ty.clone()];
        given.extend((0..info.params).map(|_| self.fresh()));
        given.extend(types.iter().map(|t| self.lower_type(t)));
        let before = self.pending.len();
        let (inst, params, result) =
            self.instantiate_method(method.id, &self_ty, &given, name, span);
        // That `Self` implements the trait is asked here, with a better place.
        self.pending.truncate(before.max(self.pending.len()));
        self.later(
            Goal::Trait {
                ty: self_ty.clone(),
                of,
            },
            span,
            None,
        );
        let rest: Arc<[Ty]> = inst.args.get(1..).unwrap_or_default().into();
        let callee = Callee::Method(Box::new(MethodRef {
            of,
            name: name.clone(),
            self_ty,
            args: rest,
        }));
        args.positional.insert(0, Arg::Done(receiver));
        self.apply(name, callee, params, result, args, span)
    }

    /// A trait's method at a type, also while its default body is being inferred.
    pub(super) fn instantiate_method(
        &mut self,
        id: FnId,
        self_ty: &Ty,
        given: &[Ty],
        name: &str,
        span: Span,
    ) -> (FnInst, Vec<ParamSig>, Ty) {
        let (mut inst, params, result) = self.instantiate_id(id, name, span, given);
        if inst.args.is_empty() {
            inst.args = [self_ty.clone()].into();
        }
        (inst, params, result)
    }
}
