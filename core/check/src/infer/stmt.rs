//! Blocks, bindings, assignments, local functions.

use super::call::{Arg, Args};
use super::{Binding, Infer, LocalScheme};
use crate::hir::{self, Expr, ExprKind, LocalFnId, Pat, PatKind, Span, Stmt};
use crate::raw::{self, BinaryOp, CtorArgs, ExprKind as Raw, Name, PatKind as RawPat};
use crate::resolve;
use crate::signature::{DefaultFn, ParamSig};
use crate::ty::Ty;
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// A block's inside; its names are the caller's to drop.
    pub(super) fn block(&mut self, stmts: &[raw::Stmt], expected: Option<&Ty>, span: Span) -> Expr {
        let mut out = Vec::new();
        let mut value = None;
        let mut at = 0;
        while at < stmts.len() {
            let last = at + 1 == stmts.len();
            match &stmts[at] {
                raw::Stmt::Expr(e) if last => value = Some(self.infer(e, expected)),
                raw::Stmt::Expr(e) => {
                    let e = self.infer(e, None);
                    out.push(Stmt::Expr(e));
                }
                raw::Stmt::Bind {
                    var,
                    pattern,
                    ty,
                    value,
                    span,
                } => self.bind(*var, pattern, ty.as_ref(), value, *span, &mut out),
                raw::Stmt::Assign {
                    target,
                    op,
                    value,
                    span,
                } => {
                    let e = self.assign(target, *op, value, *span);
                    out.push(Stmt::Expr(e));
                }
                raw::Stmt::LocalFn(_) => {
                    let mut functions = Vec::new();
                    while let Some(raw::Stmt::LocalFn(function)) = stmts.get(at) {
                        functions.push(function.clone());
                        at += 1;
                    }
                    self.local_functions(&functions, &mut out);
                    continue;
                }
            }
            at += 1;
        }
        let end = Span {
            start: span.end.saturating_sub(1).max(span.start),
            end: span.end,
        };
        let value = value.unwrap_or_else(|| self.unit(end));
        let ty = value.ty.clone();
        if out.is_empty() {
            return value;
        }
        Expr {
            kind: ExprKind::Block(out, Box::new(value)),
            ty,
            span,
        }
    }

    fn bind(
        &mut self,
        var: bool,
        pattern: &raw::Pat,
        ty: Option<&raw::TypeExpr>,
        value: &raw::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        if let (false, None, RawPat::Name(name)) = (var, ty, &pattern.kind) {
            if let Some((Binding::Local(local), _)) = self.lookup(name)
                && self.me().locals[local.0 as usize].mutable
            {
                let of = self.me().locals[local.0 as usize].ty.clone();
                let value = self.check(value, &of);
                out.push(Stmt::Expr(Expr {
                    kind: ExprKind::Assign(local, Box::new(value)),
                    ty: Ty::Unit,
                    span,
                }));
                return;
            }
            if let Some(head) = self.mvar_named(name) {
                let of = self.mvar_type(&head, span);
                let value = self.check(value, &of);
                let write = self.mvar_write(&head, value, span);
                let write = self.mvar_assignment(&head, write);
                out.push(Stmt::Expr(write));
                return;
            }
            if !self.rebinds(pattern) {
                if let Raw::Lambda(lambda) = &value.kind {
                    self.bound_lambda(name, lambda, pattern.span, span, out);
                    return;
                }
                if self.bind_plain(name, value, pattern.span, span, out) {
                    return;
                }
            }
        } else if self.is_constant(pattern) {
            self.infer(value, None);
            return;
        } else {
            self.rebinds(pattern);
        }
        let value = match ty {
            Some(written) => {
                let ty = self.lower_type(written);
                let mut value = self.check(value, &ty);
                value.ty = ty;
                value
            }
            None => {
                let value = self.infer(value, None);
                self.default_literals(&value.ty);
                value
            }
        };
        let pattern = self.pattern(pattern, &value.ty.clone(), false, var);
        out.push(Stmt::Let {
            pattern,
            value,
            span,
        });
    }

    /// Reports `N = e` for a constant, which otherwise would be compared with it.
    fn is_constant(&mut self, pattern: &raw::Pat) -> bool {
        let RawPat::Ctor(path, CtorArgs::Bare) = &pattern.kind else {
            return false;
        };
        let [name] = path.as_slice() else {
            return false;
        };
        let (db, project) = (self.db, self.project);
        let known = self.lookup(name).is_some()
            || resolve::ctors(db, project, self.module, name.clone()).is_empty()
                && !resolve::values(db, project, self.module, name.clone()).is_empty();
        if known {
            let message = format!("cannot reassign immutable variable `{name}`");
            self.report(pattern.span, message);
        }
        known
    }

    /// Nothing said otherwise where the literals stand: they are Ints.
    fn default_literals(&mut self, ty: &Ty) {
        let mut free = Vec::new();
        self.table.free(ty, &mut free);
        for var in free {
            if self.table.is_literal(var) {
                self.table.bind(var, Ty::INT);
            }
        }
    }

    /// Reports names of a binding that this function has bound already.
    fn rebinds(&mut self, pattern: &raw::Pat) -> bool {
        let mut names = Vec::new();
        pattern_names(pattern, &mut names);
        let depth = self.me().depth;
        let mut found = false;
        for (name, span) in names {
            if let Some((binding, at)) = self.lookup(&name)
                && at == depth
            {
                let mutable = matches!(binding, Binding::Local(local) if self.me().locals[local.0 as usize].mutable);
                if !mutable {
                    let hint = Some(format!(
                        "declare it `var {name} = …` where it is bound first, or choose another name"
                    ));
                    self.report_hint(
                        span,
                        format!("cannot reassign immutable variable `{name}`"),
                        hint,
                    );
                    found = true;
                }
            }
        }
        found
    }

    fn assign(
        &mut self,
        target: &raw::Expr,
        op: Option<BinaryOp>,
        value: &raw::Expr,
        span: Span,
    ) -> Expr {
        let mvar = match &target.kind {
            Raw::Index(base, _) => self.mvar_at(base),
            _ => self.mvar_at(target),
        };
        if let Some(head) = mvar {
            let write = self.assign_plain(target, op, value, span);
            return self.mvar_assignment(&head, write);
        }
        self.assign_plain(target, op, value, span)
    }

    fn assign_plain(
        &mut self,
        target: &raw::Expr,
        op: Option<BinaryOp>,
        value: &raw::Expr,
        span: Span,
    ) -> Expr {
        match op {
            None => {
                let hint = match &target.kind {
                    Raw::Name(name) => match self.lookup(name) {
                        Some((Binding::Local(local), _)) => {
                            Some(self.me().locals[local.0 as usize].ty.clone())
                        }
                        _ => None,
                    },
                    _ => None,
                };
                let value = match &hint {
                    Some(ty) => self.check(value, ty),
                    None => self.infer(value, None),
                };
                self.store(target, value, span)
            }
            Some(op) => {
                let old = self.infer(target, None);
                let value = self.infer(value, None);
                let value = self.binary(op, old, value, span);
                self.store(target, value, span)
            }
        }
    }

    /// Puts a value where `target` says.
    fn store(&mut self, target: &raw::Expr, value: Expr, span: Span) -> Expr {
        if let Some(head) = self.mvar_at(target) {
            return self.mvar_write(&head, value, span);
        }
        match &target.kind {
            Raw::Name(name) => match self.lookup(name) {
                Some((Binding::Local(local), _)) => {
                    let info = self.me().locals[local.0 as usize].clone();
                    if !info.mutable {
                        let hint = Some(format!("declare it `var {name} = …`"));
                        self.report_hint(
                            target.span,
                            format!("cannot reassign immutable variable `{name}`"),
                            hint,
                        );
                        return self.error_expr(span);
                    }
                    self.expect(&info.ty, &value.ty, value.span);
                    Expr {
                        kind: ExprKind::Assign(local, Box::new(value)),
                        ty: Ty::Unit,
                        span,
                    }
                }
                Some((Binding::LocalFn(_) | Binding::LocalValue(_), _)) => {
                    self.report(
                        target.span,
                        format!("cannot reassign immutable variable `{name}`"),
                    );
                    self.error_expr(span)
                }
                None => {
                    let levels = resolve::values(self.db, self.project, self.module, name.clone());
                    let message = match levels.is_empty() {
                        true => format!("unknown variable `{name}`"),
                        false => format!("cannot reassign immutable variable `{name}`"),
                    };
                    self.report(target.span, message);
                    self.error_expr(span)
                }
            },
            Raw::Field(base, name, name_span) => {
                let base = self.infer(base, None);
                let form = self.known_form(&base.ty);
                if let Ty::Adt(id, _) = &form
                    && let Some((index, ty)) = self.find_field(&form, name)
                {
                    self.check_private_field(&form, index, name, *name_span);
                    let info = crate::types::type_info(self.db, self.project, *id);
                    if !info.def.mutable {
                        let hint = Some(format!(
                            "declare it `var type {}`, or make a changed copy: `{}(x, {name}: …)`",
                            info.def.name, info.def.name
                        ));
                        self.report_hint(
                            span,
                            format!(
                                "cannot assign the field `{name}` of the immutable type `{}`",
                                info.def.name
                            ),
                            hint,
                        );
                    }
                    self.expect(&ty, &value.ty, value.span);
                    return Expr {
                        kind: ExprKind::AssignField(Box::new(base), index, Box::new(value)),
                        ty: Ty::Unit,
                        span,
                    };
                }
                match form {
                    Ty::Error => {}
                    Ty::Infer(_) => self.report(
                        *name_span,
                        "Type annotation required: the record's type is not known here",
                    ),
                    form => self.no_field(&form, name, *name_span),
                }
                self.error_expr(span)
            }
            Raw::Index(base, index) => {
                let old = self.infer(base, None);
                let mut form = self.known_form(&old.ty);
                // What cannot be rebound must be changed in place.
                if let (Ty::Infer(_), ExprKind::Local(local)) = (&form, &old.kind)
                    && !self.me().locals[local.0 as usize].mutable
                {
                    form = Ty::Array(Arc::new(self.fresh()));
                    self.expect(&form, &old.ty, base.span);
                }
                let index = self.infer(index, None);
                let old_ty = old.ty.clone();
                let args = [old, index, value].into_iter().map(Arg::Done).collect();
                let new = self.operator_call(
                    "[]=",
                    Args {
                        positional: args,
                        named: Vec::new(),
                    },
                    span,
                );
                if let Ty::Array(_) | Ty::Error = form {
                    return self.dropped(new);
                }
                self.expect(&old_ty, &new.ty, span);
                self.store(base, new, span)
            }
            Raw::Error => self.error_expr(span),
            _ => {
                self.report(
                    target.span,
                    "only a variable, a field or an element can be assigned",
                );
                self.error_expr(span)
            }
        }
    }

    /// `f = x => e`: a local function, so that it may be used at several types.
    fn bound_lambda(
        &mut self,
        name: &Name,
        lambda: &Arc<raw::Lambda>,
        name_span: Span,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let function = raw::Function {
            name: name.clone(),
            name_span,
            type_params: Vec::new(),
            signature: None,
            clauses: vec![raw::Clause {
                params: lambda.params.clone(),
                guard: None,
                result: lambda.result.clone(),
                body: Some(Arc::new(lambda.body.clone())),
                span,
            }],
            kind: raw::FunctionKind::Function,
            span,
            left_out: None,
        };
        self.local_group(&[Arc::new(function)], false, out);
    }

    fn local_functions(&mut self, functions: &[Arc<raw::Function>], out: &mut Vec<Stmt>) {
        self.local_group(functions, true, out);
    }

    /// Local functions next to each other know each other; a bound lambda does not know itself.
    pub(super) fn local_group(
        &mut self,
        functions: &[Arc<raw::Function>],
        recursive: bool,
        out: &mut Vec<Stmt>,
    ) {
        let defaults: Vec<Vec<Option<LocalFnId>>> = functions
            .iter()
            .map(|function| self.local_defaults(function, out))
            .collect();
        let first_var = self.table.len();
        self.table.level += 1;
        let outer_types = self.type_names.len();
        let first_id = self.me().local_fns.len() as u32;
        let parent = self.me().local_stack.last().copied();
        for (function, defaults) in functions.iter().zip(&defaults) {
            for param in &function.type_params {
                let ty = self.fresh();
                self.type_names.push((param.name.clone(), ty));
            }
            let params: Vec<ParamSig> = (0..function.arity())
                .map(|at| {
                    let raw = &function.clauses[0].params[at];
                    let ty = self.fresh();
                    ParamSig {
                        name: raw.name().cloned(),
                        ty,
                        default: defaults[at].map(DefaultFn::Local),
                    }
                })
                .collect();
            let result = self.fresh();
            if let Some(written) = &function.signature {
                let ty = self.lower_type(written);
                let own = Ty::Fn(
                    params.iter().map(|p| p.ty.clone()).collect(),
                    Arc::new(result.clone()),
                );
                self.expect(&ty, &own, function.name_span);
            }
            let me = self.me();
            let id = LocalFnId(me.local_fns.len() as u32);
            me.local_schemes.push(LocalScheme {
                first: 0,
                count: 0,
                params,
                result: result.clone(),
                constraints: Vec::new(),
            });
            me.local_parents.push(parent);
            me.local_fns.push(hir::LocalFn {
                name: crate::expand::plain(&function.name).into(),
                type_params: 0,
                first_param: 0,
                params: Vec::new(),
                result,
                captures: Vec::new(),
                value: Expr {
                    kind: ExprKind::Literal(hir::Literal::Unit),
                    ty: Ty::Unit,
                    span: function.span,
                },
                span: function.span,
            });
            if recursive {
                let depth = self.me().depth;
                if self
                    .lookup(&function.name)
                    .is_some_and(|(_, at)| at == depth)
                {
                    let name = &function.name;
                    self.report(
                        function.name_span,
                        format!("cannot reassign immutable variable `{name}`"),
                    );
                }
                self.bind_name(function.name.clone(), Binding::LocalFn(id));
            }
        }
        for (at, function) in functions.iter().enumerate() {
            let id = LocalFnId(first_id + at as u32);
            let scheme = self.me().local_schemes[id.0 as usize].clone();
            self.me().local_stack.push(id);
            let types: Vec<Ty> = scheme.params.iter().map(|p| p.ty.clone()).collect();
            self.me().depth += 1;
            let loops = std::mem::take(&mut self.me().loops);
            let (params, value) = self.clauses(function, &types, &scheme.result);
            self.me().loops = loops;
            self.me().depth -= 1;
            self.me().local_stack.pop();
            let local = &mut self.me().local_fns[id.0 as usize];
            local.params = params;
            local.value = value;
        }
        self.type_names.truncate(outer_types);
        self.table.level -= 1;
        let ids: Vec<LocalFnId> = (0..functions.len())
            .map(|at| LocalFnId(first_id + at as u32))
            .collect();
        self.generalise_local(&ids, first_var);
        for (id, function) in ids.into_iter().zip(functions) {
            if !recursive {
                self.bind_name(function.name.clone(), Binding::LocalFn(id));
            }
            out.push(Stmt::LocalFn(id));
        }
    }

    /// Defaults are local functions without parameters, so that they are evaluated at each call and leave the parameter's type open.
    fn local_defaults(
        &mut self,
        function: &raw::Function,
        out: &mut Vec<Stmt>,
    ) -> Vec<Option<LocalFnId>> {
        let mut ids = Vec::new();
        for at in 0..function.arity() {
            let written = function
                .clauses
                .iter()
                .find_map(|clause| clause.params.get(at)?.default.as_ref());
            ids.push(written.map(|value| {
                let clause = raw::Clause {
                    params: Vec::new(),
                    guard: None,
                    result: None,
                    body: Some(value.clone()),
                    span: value.span,
                };
                let default = raw::Function {
                    name: format!("{}'s default {at}", function.name).into(),
                    name_span: value.span,
                    type_params: Vec::new(),
                    signature: None,
                    clauses: vec![clause],
                    kind: raw::FunctionKind::Function,
                    span: value.span,
                    left_out: None,
                };
                let id = LocalFnId(self.me().local_fns.len() as u32);
                self.local_group(&[Arc::new(default)], false, out);
                id
            }));
        }
        ids
    }

    /// The clauses of a function: its parameters as locals, and a body that takes them apart.
    pub(super) fn clauses(
        &mut self,
        function: &raw::Function,
        types: &[Ty],
        result: &Ty,
    ) -> (Vec<hir::LocalId>, Expr) {
        self.me().returns.push(result.clone());
        for clause in &function.clauses {
            self.twice_bound(&clause.params);
        }
        let mut params = Vec::new();
        let body = self.with_mvars(|cx| {
            cx.scoped(|cx| {
                let (locals, body) = match function.clauses.as_slice() {
                    [clause] if clause.guard.is_none() => {
                        let (locals, patterns) = cx.bind_params(&clause.params, types, None);
                        let body = cx.clause_body(clause, result);
                        (locals, super::expr::wrap_patterns(patterns, body))
                    }
                    clauses => cx.clause_match(clauses, types, result, function.span),
                };
                params = locals;
                body
            })
        });
        self.me().returns.pop();
        (params, body)
    }

    /// Reports parameters of one name.
    pub(super) fn twice_bound(&mut self, params: &[raw::Param]) {
        let mut names = Vec::new();
        params
            .iter()
            .for_each(|p| pattern_names(&p.pattern, &mut names));
        for (at, (name, span)) in names.iter().enumerate() {
            // Within one pattern, the pattern itself says so.
            if names[..at].iter().any(|(other, _)| other == name)
                && params.iter().any(|p| p.pattern.span == *span)
            {
                self.report(
                    *span,
                    format!("`{name}` is bound twice in these parameters"),
                );
            }
        }
    }

    fn clause_body(&mut self, clause: &raw::Clause, result: &Ty) -> Expr {
        if let Some(written) = &clause.result {
            let ty = self.lower_type(written);
            self.expect(&ty, result, written.span);
        }
        match &clause.body {
            Some(body) => self.check(body, result),
            None => self.error_expr(clause.span),
        }
    }

    fn clause_match(
        &mut self,
        clauses: &[raw::Clause],
        types: &[Ty],
        result: &Ty,
        span: Span,
    ) -> (Vec<hir::LocalId>, Expr) {
        for (at, ty) in types.iter().enumerate() {
            let patterns: Vec<&raw::Pat> = clauses
                .iter()
                .filter_map(|c| Some(&c.params.get(at)?.pattern))
                .collect();
            self.texts_or_lists(ty, &mut patterns.iter().copied());
            self.shared_constructors(ty, &patterns);
        }
        // Where all clauses use one name for a parameter, the debugger shows it.
        let params: Vec<hir::LocalId> = types
            .iter()
            .enumerate()
            .map(|(at, ty)| {
                self.temp(
                    ty.clone(),
                    clauses[0].params.get(at).map_or(span, |p| p.pattern.span),
                )
            })
            .collect();
        let read = |local: &hir::LocalId, ty: &Ty| Expr {
            kind: ExprKind::Local(*local),
            ty: ty.clone(),
            span,
        };
        let tuple_ty = Ty::Tuple(types.iter().cloned().collect());
        let (scrutinee, scrutinee_ty) = match (params.as_slice(), types) {
            ([one], [ty]) => (read(one, ty), ty.clone()),
            ([], _) => (self.unit(span), Ty::Unit),
            _ => {
                let items = params
                    .iter()
                    .zip(types)
                    .map(|(local, ty)| read(local, ty))
                    .collect();
                (
                    Expr {
                        kind: ExprKind::Tuple(items),
                        ty: tuple_ty.clone(),
                        span,
                    },
                    tuple_ty,
                )
            }
        };
        let mut arms = Vec::new();
        for clause in clauses {
            let arm = self.scoped(|cx| {
                let mut items = Vec::new();
                for (param, ty) in clause.params.iter().zip(types) {
                    if let Some(written) = &param.ty {
                        let written_ty = cx.lower_type(written);
                        cx.expect(&written_ty, ty, written.span);
                    }
                    items.push(cx.pattern(&param.pattern, ty, false, false));
                }
                let head = clause
                    .params
                    .iter()
                    .fold(clause.span, |_, p| p.pattern.span);
                let pattern = match items.len() {
                    0 => Pat {
                        kind: PatKind::Wild,
                        ty: Ty::Unit,
                        span: clause.span,
                    },
                    1 => items.remove(0),
                    _ => {
                        let start = items[0].span.start;
                        Pat {
                            kind: PatKind::Tuple(items),
                            ty: scrutinee_ty.clone(),
                            span: Span {
                                start,
                                end: head.end,
                            },
                        }
                    }
                };
                let guard = clause.guard.as_ref();
                let guard = guard.map(|g| Box::new(cx.check(g, &Ty::Bool)));
                let body = cx.clause_body(clause, result);
                hir::Arm {
                    pattern,
                    any: false,
                    guard,
                    body,
                }
            });
            arms.push(arm);
        }
        let body = Expr {
            kind: ExprKind::Match {
                scrutinee: Box::new(scrutinee),
                arms,
            },
            ty: result.clone(),
            span,
        };
        (params, body)
    }
}

/// The names a pattern binds.
pub(crate) fn pattern_names(pat: &raw::Pat, out: &mut Vec<(Name, Span)>) {
    match &pat.kind {
        RawPat::Name(name) => out.push((name.clone(), pat.span)),
        RawPat::As(inner, name) => {
            out.push((name.clone(), pat.span));
            pattern_names(inner, out);
        }
        RawPat::Typed(inner, _) => pattern_names(inner, out),
        RawPat::Tuple(items) | RawPat::Set(items) => {
            items.iter().for_each(|p| pattern_names(p, out))
        }
        RawPat::List(items, tail) => {
            items.iter().for_each(|p| pattern_names(p, out));
            if let Some(tail) = tail {
                pattern_names(tail, out);
            }
        }
        RawPat::Ctor(_, CtorArgs::Positional(items)) => {
            items.iter().for_each(|p| pattern_names(p, out))
        }
        RawPat::Ctor(_, CtorArgs::Named(items, _)) | RawPat::Record(items, _) => {
            items.iter().for_each(|(_, p)| pattern_names(p, out))
        }
        RawPat::Map(entries) => entries.iter().for_each(|(_, p)| pattern_names(p, out)),
        RawPat::Or(items) => {
            if let Some(first) = items.first() {
                pattern_names(first, out);
            }
        }
        RawPat::Error
        | RawPat::Wild
        | RawPat::Literal(_)
        | RawPat::Range(..)
        | RawPat::Ctor(_, CtorArgs::Bare)
        | RawPat::Pin(_) => {}
    }
}
