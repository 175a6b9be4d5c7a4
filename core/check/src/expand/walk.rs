//! A walk over definitions as written that may change them. What a visitor does not override is walked through.

use crate::hir::Span;
use crate::raw::*;
use std::sync::Arc;

/// What a name is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It is bound here.
    Bind,
    /// It is looked up: a value, function, constructor or the first name of a module's path.
    Value,
    /// It is looked up among types or traits.
    Type,
    /// A field or label.
    Label,
    /// It is called behind a dot.
    Method,
}

/// See the module.
pub trait Visitor: Sized {
    /// An expression.
    fn expr(&mut self, e: &mut Expr) {
        expr(self, e);
    }
    /// The statements of a block.
    fn block(&mut self, stmts: &mut Vec<Stmt>) {
        block(self, stmts);
    }
    /// A place.
    fn span(&mut self, _span: &mut Span) {}
    /// A name.
    fn name(&mut self, _name: &mut Name, _role: Role) {}
}

fn changed<T: Clone>(shared: &mut Arc<T>, act: impl FnOnce(&mut T)) {
    act(Arc::make_mut(shared));
}

/// The parts of an expression.
pub fn expr<V: Visitor>(v: &mut V, e: &mut Expr) {
    v.span(&mut e.span);
    match &mut e.kind {
        ExprKind::Error
        | ExprKind::Unsupported(_)
        | ExprKind::Code(_)
        | ExprKind::Literal(_)
        | ExprKind::Continue => {}
        ExprKind::Name(name) => v.name(name, Role::Value),
        ExprKind::Interpolation(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter_mut().for_each(|e| v.expr(e));
        }
        ExprKind::List(items, tail) => {
            items.iter_mut().for_each(|e| v.expr(e));
            tail.iter_mut().for_each(|e| v.expr(e));
        }
        ExprKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            v.expr(key);
            v.expr(value);
        }),
        ExprKind::Block(stmts) => v.block(stmts),
        ExprKind::If(c, a, b) => {
            v.expr(c);
            v.expr(a);
            b.iter_mut().for_each(|e| v.expr(e));
        }
        ExprKind::Match(e, arms) => {
            v.expr(e);
            arms.iter_mut().for_each(|a| arm(v, a));
        }
        ExprKind::Receive(arms, after) => {
            arms.iter_mut().for_each(|a| arm(v, a));
            if let Some(after) = after {
                v.expr(&mut after.0);
                v.expr(&mut after.1);
            }
        }
        ExprKind::Try(e, arms, finally) => {
            v.expr(e);
            arms.iter_mut().for_each(|a| arm(v, a));
            finally.iter_mut().for_each(|e| v.expr(e));
        }
        ExprKind::Lambda(lambda) => changed(lambda, |lambda| {
            params(v, &mut lambda.params);
            lambda.result.iter_mut().for_each(|t| ty(v, t));
            v.expr(&mut lambda.body);
        }),
        ExprKind::ForRange(p, a, b, body) => {
            v.expr(a);
            v.expr(b);
            pat(v, p);
            v.expr(body);
        }
        ExprKind::ForIn(p, a, body) => {
            v.expr(a);
            pat(v, p);
            v.expr(body);
        }
        ExprKind::Break(value) | ExprKind::Return(value) => {
            value.iter_mut().for_each(|e| v.expr(e));
        }
        ExprKind::Spawn(_, e)
        | ExprKind::Unsafe(e)
        | ExprKind::Neg(e)
        | ExprKind::Not(e)
        | ExprKind::Element(e, _)
        | ExprKind::Question(e)
        | ExprKind::Splice(e) => v.expr(e),
        ExprKind::Range(a, b)
        | ExprKind::While(a, b)
        | ExprKind::Index(a, b)
        | ExprKind::Binary(_, a, b) => {
            v.expr(a);
            v.expr(b);
        }
        ExprKind::Call(callee, types, list) => {
            v.expr(callee);
            types.iter_mut().for_each(|t| ty(v, t));
            args(v, list);
        }
        ExprKind::MethodCall(receiver, name, span, types, list) => {
            v.expr(receiver);
            v.name(name, Role::Method);
            v.span(span);
            types.iter_mut().for_each(|t| ty(v, t));
            args(v, list);
        }
        ExprKind::Field(base, name, span) => {
            v.expr(base);
            v.name(name, Role::Label);
            v.span(span);
        }
        ExprKind::TypeApp(base, types) => {
            v.expr(base);
            types.iter_mut().for_each(|t| ty(v, t));
        }
        ExprKind::Quote(parts) => quote(v, parts),
    }
}

fn quote<V: Visitor>(v: &mut V, parts: &mut [QuotePart]) {
    for part in parts {
        match part {
            QuotePart::Text(_) => {}
            QuotePart::Splice(_, e) | QuotePart::Value(_, e) => v.expr(e),
            QuotePart::If(c, a, b) => {
                v.expr(c);
                quote(v, a);
                quote(v, b);
            }
        }
    }
}

fn args<V: Visitor>(v: &mut V, args: &mut [Arg]) {
    for arg in args {
        arg.name.iter_mut().for_each(|n| v.name(n, Role::Label));
        v.expr(&mut arg.value);
    }
}

fn arm<V: Visitor>(v: &mut V, arm: &mut Arm) {
    pat(v, &mut arm.pattern);
    arm.guard.iter_mut().for_each(|e| v.expr(e));
    v.expr(&mut arm.body);
    v.span(&mut arm.span);
}

/// The statements of a block.
pub fn block<V: Visitor>(v: &mut V, stmts: &mut [Stmt]) {
    for stmt in stmts {
        match stmt {
            Stmt::Expr(e) => v.expr(e),
            Stmt::Bind {
                pattern,
                ty: written,
                value,
                span,
                ..
            } => {
                v.expr(value);
                pat(v, pattern);
                written.iter_mut().for_each(|t| ty(v, t));
                v.span(span);
            }
            Stmt::Assign {
                target,
                value,
                span,
                ..
            } => {
                v.expr(target);
                v.expr(value);
                v.span(span);
            }
            Stmt::LocalFn(def) => changed(def, |def| function(v, def)),
        }
    }
}

fn params<V: Visitor>(v: &mut V, params: &mut [Param]) {
    for param in params {
        pat(v, &mut param.pattern);
        param.ty.iter_mut().for_each(|t| ty(v, t));
        if let Some(default) = &mut param.default {
            changed(default, |e| v.expr(e));
        }
    }
}

/// A function with all its clauses.
pub fn function<V: Visitor>(v: &mut V, def: &mut Function) {
    v.name(&mut def.name, Role::Bind);
    v.span(&mut def.name_span);
    v.span(&mut def.span);
    type_params(v, &mut def.type_params);
    def.signature.iter_mut().for_each(|t| ty(v, t));
    for clause in &mut def.clauses {
        params(v, &mut clause.params);
        clause
            .guard
            .iter_mut()
            .for_each(|e| changed(e, |e| v.expr(e)));
        clause.result.iter_mut().for_each(|t| ty(v, t));
        clause
            .body
            .iter_mut()
            .for_each(|e| changed(e, |e| v.expr(e)));
        v.span(&mut clause.span);
    }
}

/// Declared type parameters.
pub fn type_params<V: Visitor>(v: &mut V, params: &mut [TypeParam]) {
    for param in params {
        v.name(&mut param.name, Role::Bind);
        param.bounds.iter_mut().for_each(|of| trait_ref(v, of));
        v.span(&mut param.span);
    }
}

/// A trait.
pub fn trait_ref<V: Visitor>(v: &mut V, of: &mut TraitRef) {
    if let Some(first) = of.path.first_mut() {
        v.name(first, Role::Type);
    }
    of.args.iter_mut().for_each(|t| ty(v, t));
    v.span(&mut of.span);
}

/// A written type.
pub fn ty<V: Visitor>(v: &mut V, t: &mut TypeExpr) {
    v.span(&mut t.span);
    match &mut t.kind {
        TypeKind::Error | TypeKind::SelfType => {}
        TypeKind::Path(path, args) => {
            if let Some(first) = path.first_mut() {
                v.name(first, Role::Type);
            }
            args.iter_mut().for_each(|t| ty(v, t));
        }
        TypeKind::Variable(name) => v.name(name, Role::Type),
        TypeKind::List(inner) => ty(v, inner),
        TypeKind::Tuple(items) => items.iter_mut().for_each(|t| ty(v, t)),
        TypeKind::Fn(params, result) => {
            params.iter_mut().for_each(|t| ty(v, t));
            ty(v, result);
        }
    }
}

/// A pattern.
pub fn pat<V: Visitor>(v: &mut V, p: &mut Pat) {
    v.span(&mut p.span);
    let fields = |v: &mut V, fields: &mut [(Name, Pat)]| {
        for (name, p) in fields {
            v.name(name, Role::Label);
            pat(v, p);
        }
    };
    match &mut p.kind {
        PatKind::Error | PatKind::Wild | PatKind::Literal(_) | PatKind::Range(..) => {}
        PatKind::Name(name) => v.name(name, Role::Bind),
        PatKind::Tuple(items) | PatKind::Set(items) | PatKind::Or(items) => {
            items.iter_mut().for_each(|p| pat(v, p));
        }
        PatKind::List(items, tail) => {
            items.iter_mut().for_each(|p| pat(v, p));
            tail.iter_mut().for_each(|p| pat(v, p));
        }
        PatKind::Ctor(path, args) => {
            if let Some(first) = path.first_mut() {
                v.name(first, Role::Value);
            }
            match args {
                CtorArgs::Bare => {}
                CtorArgs::Positional(items) => items.iter_mut().for_each(|p| pat(v, p)),
                CtorArgs::Named(items, _) => fields(v, items),
            }
        }
        PatKind::Record(items, _) => fields(v, items),
        PatKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            pat(v, key);
            pat(v, value);
        }),
        PatKind::Pin(name) => v.name(name, Role::Value),
        PatKind::As(inner, name) => {
            pat(v, inner);
            v.name(name, Role::Bind);
        }
        PatKind::Typed(inner, written) => {
            pat(v, inner);
            ty(v, written);
        }
    }
}

/// A field of a declared type.
pub fn field<V: Visitor>(v: &mut V, field: &mut Field) {
    v.name(&mut field.name, Role::Label);
    ty(v, &mut field.ty);
}

/// Moves every place.
pub struct Spans<F: FnMut(Span) -> Span>(pub F);

impl<F: FnMut(Span) -> Span> Visitor for Spans<F> {
    fn span(&mut self, span: &mut Span) {
        *span = (self.0)(*span);
    }
}
