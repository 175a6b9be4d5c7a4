//! Values that need no evaluation: their type may be generalised, as in ML (Wright, "Simple imperative polymorphism", 1995).
//!
//! Such a local is a function without parameters whose every use calls it; such a module-level value has one evaluation per type it is used at.

use super::call::is_upper;
use super::{Binding, Infer};
use crate::hir::{Pat, PatKind, Span, Stmt};
use crate::raw::{self, ExprKind as Raw, Lit, Name};
use crate::resolve;
use crate::ty::FnId;
use crate::types::type_info;
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// Whether a module-level definition is a value that needs no evaluation.
    pub(super) fn plain_global(&self, id: FnId) -> bool {
        crate::db::function(self.db, self.project, id).is_some_and(|def| {
            def.kind == raw::FunctionKind::Value
                && def.clauses.iter().all(|clause| {
                    clause
                        .body
                        .as_ref()
                        .is_some_and(|value| self.plain_value(value))
                })
        })
    }

    /// Whether an expression is a value as it stands: nothing is called, no cell read, nothing made that may be changed.
    fn plain_value(&self, e: &raw::Expr) -> bool {
        let all = |items: &[raw::Expr]| items.iter().all(|e| self.plain_value(e));
        match &e.kind {
            Raw::Literal(lit) => !matches!(lit, Lit::BigInt(_) | Lit::Decimal(_)),
            Raw::Lambda(_) => true,
            Raw::Name(name) => match self.lookup(name) {
                Some((Binding::Local(local), _)) => {
                    !self.members[self.at].locals[local.0 as usize].mutable
                }
                Some(_) => true,
                None => self.mvar_named(name).is_none(),
            },
            Raw::Tuple(items) => all(items),
            Raw::List(items, tail) => {
                all(items) && tail.as_ref().is_none_or(|t| self.plain_value(t))
            }
            Raw::Map(entries) => entries.is_empty(),
            Raw::Set(items) => items.is_empty(),
            Raw::Block(stmts) => match stmts.as_slice() {
                [raw::Stmt::Expr(e)] => self.plain_value(e),
                _ => false,
            },
            Raw::Call(callee, types, args) => {
                let Raw::Name(name) = &callee.kind else {
                    return false;
                };
                // A field that is left out is evaluated.
                types.is_empty()
                    && self.makes_immutable(name, args.len())
                    && args.iter().all(|arg| self.plain_value(&arg.value))
            }
            _ => false,
        }
    }

    /// Whether a name means constructors with so many fields, all of immutable types.
    fn makes_immutable(&self, name: &Name, count: usize) -> bool {
        if !is_upper(name) || self.lookup(name).is_some() {
            return false;
        }
        let ctors = resolve::ctors(self.db, self.project, self.module, name.clone());
        !ctors.is_empty()
            && ctors.iter().flatten().all(|(id, index)| {
                let info = type_info(self.db, self.project, *id);
                !info.def.mutable && info.def.ctors[*index as usize].fields.len() == count
            })
    }

    /// Whether there is a part in a value that may be of several types: an empty collection, a constructor or a lambda.
    fn may_be_general(&self, e: &raw::Expr) -> bool {
        let any = |items: &[raw::Expr]| items.iter().any(|e| self.may_be_general(e));
        match &e.kind {
            Raw::Lambda(_) => true,
            Raw::Name(name) => self.lookup(name).is_none() || self.plain_binding(name).is_some(),
            Raw::Tuple(items) => any(items),
            Raw::List(items, tail) => {
                items.is_empty()
                    || any(items)
                    || tail.as_ref().is_some_and(|t| self.may_be_general(t))
            }
            Raw::Map(entries) => entries.is_empty(),
            Raw::Set(items) => items.is_empty(),
            Raw::Block(stmts) => stmts
                .iter()
                .any(|s| matches!(s, raw::Stmt::Expr(e) if self.may_be_general(e))),
            // The type's other parameters are open.
            Raw::Call(..) => true,
            _ => false,
        }
    }

    fn plain_binding(&self, name: &Name) -> Option<Binding> {
        match self.lookup(name)?.0 {
            Binding::Local(_) => None,
            general => Some(general),
        }
    }

    /// `name = value` where the value needs no evaluation and may be of several types. False: it is to be bound as any other.
    pub(super) fn bind_plain(
        &mut self,
        name: &Name,
        value: &raw::Expr,
        name_span: Span,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> bool {
        if !self.plain_value(value) || !self.may_be_general(value) {
            return false;
        }
        let function = raw::Function {
            name: name.clone(),
            name_span,
            type_params: Vec::new(),
            signature: None,
            clauses: vec![raw::Clause {
                params: Vec::new(),
                guard: None,
                result: None,
                body: Some(Arc::new(value.clone())),
                span,
            }],
            kind: raw::FunctionKind::Value,
            span,
            left_out: None,
        };
        self.local_group(&[Arc::new(function)], false, out);
        let Some(Stmt::LocalFn(id)) = out.last().cloned() else {
            return true;
        };
        let scheme = self.me().local_schemes[id.0 as usize].clone();
        if scheme.count > 0 {
            self.bind_name(name.clone(), Binding::LocalValue(id));
            return true;
        }
        // Of one type after all: a local as others are, which the debugger shows.
        out.pop();
        let ty = scheme.result;
        let unit = self.unit(span);
        let local_fn = &mut self.me().local_fns[id.0 as usize];
        let value = std::mem::replace(&mut local_fn.value, unit);
        let local = self.new_local(name.clone(), ty.clone(), false, name_span);
        self.bind_name(name.clone(), Binding::Local(local));
        out.push(Stmt::Let {
            pattern: Pat {
                kind: PatKind::Bind(local, None),
                ty,
                span: name_span,
            },
            value,
            span,
        });
        true
    }
}
