//! A use of a function: its signature at fresh types, the conditions on them as goals, and the place where the instance is filled in later.

use super::unify::instantiate;
use super::{Goal, Infer, Pending};
use crate::hir::{Callee, FnInst, LocalFnId, Span};
use crate::scope::FnHead;
use crate::signature::{Constraint, ParamSig};
use crate::ty::{FnId, Ty};
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// Fresh types for the type parameters of a function; its constraints become goals.
    pub(super) fn instantiate_fn(
        &mut self,
        head: &FnHead,
        name: &str,
        span: Span,
    ) -> (FnInst, Vec<ParamSig>, Ty) {
        self.check_foreign(head, span);
        self.instantiate_id(head.id, name, span, &[])
    }

    /// C may break everything; who calls it says so.
    pub(super) fn check_foreign(&mut self, head: &FnHead, span: Span) {
        if head.foreign && self.me().unsafe_depth == 0 {
            let name = self.db.ids().fn_key(head.id).name;
            let hint = Some(format!("write `unsafe {{ {name}(…) }}`"));
            self.report_hint(
                span,
                format!("`{name}` is a C function: it is called inside `unsafe {{ … }}` only"),
                hint,
            );
        }
    }

    pub(super) fn instantiate_id(
        &mut self,
        id: FnId,
        name: &str,
        span: Span,
        given: &[Ty],
    ) -> (FnInst, Vec<ParamSig>, Ty) {
        if let Some(mono) = self.group.get(&id).cloned() {
            // The same parameters as ours, which are counted at the end: see `finish`.
            return (
                FnInst {
                    id,
                    args: [].into(),
                },
                mono.params,
                mono.result,
            );
        }
        let signature = self.signature_of(id);
        let mut args: Vec<Ty> = given.to_vec();
        while args.len() < signature.type_params as usize {
            args.push(self.table.fresh());
        }
        let params = signature
            .params
            .iter()
            .map(|p| ParamSig {
                name: p.name.clone(),
                ty: instantiate(&p.ty, 0, &args),
                default: p.default,
            })
            .collect();
        let result = instantiate(&signature.result, 0, &args);
        for constraint in &signature.constraints {
            self.goal_of(constraint, 0, &args, name, span);
        }
        (
            FnInst {
                id,
                args: args.into(),
            },
            params,
            result,
        )
    }

    /// What callers see of a function.
    pub(super) fn signature_of(&self, id: FnId) -> Arc<crate::signature::Signature> {
        match &self.taken {
            Some((of, signature)) if *of == id => signature.clone(),
            _ => super::group::signature_where(self.db, id, self.uses),
        }
    }

    /// The goal that a constraint of a scheme makes at this instance.
    pub(super) fn goal_of(
        &mut self,
        constraint: &Constraint,
        first: u32,
        args: &[Ty],
        via: &str,
        span: Span,
    ) {
        let at = |ty: &Ty| instantiate(ty, first, args);
        let goal = match constraint {
            Constraint::Trait(ty, of) => Goal::Trait {
                ty: at(ty),
                of: *of,
            },
            Constraint::Dot {
                name,
                args,
                result,
                owner,
            } => Goal::Dot {
                name: name.clone(),
                args: args.iter().map(at).collect(),
                result: at(result),
                owner: *owner,
                dot: true,
            },
            Constraint::TraitArgs(ty, of, args) => Goal::TraitArgs {
                ty: at(ty),
                of: *of,
                args: args.iter().map(at).collect(),
            },
            Constraint::Field {
                base,
                name,
                result,
                owner,
            } => Goal::Field {
                base: at(base),
                name: name.clone(),
                result: at(result),
                owner: *owner,
            },
        };
        let member = self.at;
        self.pending.push(Pending {
            goal,
            span,
            member,
            hole: None,
            via: (!via.is_empty()).then(|| via.into()),
            depth: self.depth,
        });
    }

    /// A local function at fresh types.
    pub(super) fn instantiate_local(
        &mut self,
        id: LocalFnId,
        span: Span,
    ) -> (Callee, Vec<ParamSig>, Ty) {
        let scheme = self.me().local_schemes[id.0 as usize].clone();
        let args: Vec<Ty> = (0..scheme.count).map(|_| self.fresh()).collect();
        let name = self.me().local_fns[id.0 as usize].name.clone();
        for constraint in &scheme.constraints {
            self.goal_of(constraint, scheme.first, &args, &name, span);
        }
        let params = scheme
            .params
            .iter()
            .map(|p| ParamSig {
                name: p.name.clone(),
                ty: instantiate(&p.ty, scheme.first, &args),
                default: p.default,
            })
            .collect();
        let result = instantiate(&scheme.result, scheme.first, &args);
        (Callee::Local(id, args.into()), params, result)
    }
}
