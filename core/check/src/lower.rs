//! Syntax tree in, [`crate::raw`] out: one definition at a time, spans relative to its start. Knows no names.
//!
//! What the parser could not understand becomes `Error`, silently: the parser has reported it.

mod expr;
pub mod outline;
mod pattern;
mod quote;

use crate::hir::Span;
use crate::raw::*;
use nostos_syntax::ast;
use nostos_syntax::{Kind, Node};
use std::sync::Arc;

/// Lowers the pieces of one definition.
#[derive(Clone, Copy)]
pub struct Lower {
    /// Where the definition starts in its file.
    pub base: u32,
}

/// A list without room for more.
fn exact<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.shrink_to_fit();
    items
}

fn text(node: Option<Node<'_>>) -> Name {
    node.map_or_else(|| "".into(), |token| token.text().into())
}

impl Lower {
    /// A lowering relative to the start of `node`.
    pub fn at(node: Node<'_>) -> Lower {
        Lower {
            base: node.range().start,
        }
    }

    fn span(self, node: Node<'_>) -> Span {
        let range = node.range();
        Span {
            start: range.start.saturating_sub(self.base),
            end: range.end.saturating_sub(self.base),
        }
    }

    fn no_expr(self, node: Node<'_>) -> Expr {
        Expr {
            kind: ExprKind::Error,
            span: self.span(node),
        }
    }

    /// Clauses of one function (an item, method or local function), the first of which starts the definition.
    pub fn function(
        self,
        clauses: &[ast::FnDef<'_>],
        signature: Option<ast::Signature<'_>>,
    ) -> Function {
        let first = clauses[0];
        let end = self.span(clauses[clauses.len() - 1].node()).end;
        Function {
            name: fn_name(first),
            name_span: fn_name_token(first)
                .map_or(self.span(first.node()), |token| self.span(token)),
            type_params: clauses
                .iter()
                .map(|clause| {
                    clause
                        .type_params()
                        .map(|p| self.type_param(p))
                        .collect::<Vec<_>>()
                })
                .find(|params| !params.is_empty())
                .unwrap_or_default(),
            signature: signature.and_then(|s| s.ty()).map(|ty| self.ty(ty)),
            clauses: clauses.iter().map(|clause| self.clause(*clause)).collect(),
            kind: FunctionKind::Function,
            span: Span {
                start: self.span(first.node()).start,
                end,
            },
            left_out: None,
        }
    }

    fn clause(self, def: ast::FnDef<'_>) -> Clause {
        Clause {
            params: def.params().map(|p| self.param(p)).collect(),
            guard: def
                .guard()
                .and_then(|g| g.expr())
                .map(|e| Arc::new(self.expr(e))),
            result: def.return_type().map(|ty| self.ty(ty)),
            body: def.body().map(|e| Arc::new(self.expr(e))),
            span: self.span(def.node()),
        }
    }

    fn param(self, param: ast::Param<'_>) -> Param {
        let (pattern, ty) = self.param_head(param);
        Param {
            pattern,
            ty,
            default: param.default().map(|e| Arc::new(self.expr(e))),
        }
    }

    fn param_head(self, param: ast::Param<'_>) -> (Pat, Option<TypeExpr>) {
        let node = param.node();
        let mut pattern = param.pattern().map(|p| self.pat(p)).unwrap_or(Pat {
            kind: PatKind::Error,
            span: self.span(node),
        });
        let mut ty = param.ty().map(|ty| self.ty(ty));
        // The parser may give `x: T` as a typed pattern.
        if let (PatKind::Typed(inner, written), None) = (&pattern.kind, &ty) {
            ty = Some(written.clone());
            pattern = (**inner).clone();
        }
        (pattern, ty)
    }

    fn type_param(self, param: ast::TypeParam<'_>) -> TypeParam {
        TypeParam {
            name: text(param.name()),
            bounds: param.bounds().map(|bound| self.trait_path(bound)).collect(),
            span: self.span(param.node()),
        }
    }

    fn trait_path(self, path: ast::PathType<'_>) -> TraitRef {
        TraitRef {
            path: path.segments().map(|s| s.text().into()).collect(),
            args: path.args().map(|a| self.ty(a)).collect(),
            span: self.span(path.node()),
        }
    }

    /// `name: T = e`
    pub fn value(
        self,
        node: Node<'_>,
        name: Option<Node<'_>>,
        ty: Option<ast::TypeExpr<'_>>,
        value: Option<ast::Expr<'_>>,
    ) -> Function {
        let span = self.span(node);
        Function {
            name: text(name),
            name_span: name.map_or(span, |token| self.span(token)),
            type_params: Vec::new(),
            signature: None,
            clauses: vec![Clause {
                params: Vec::new(),
                guard: None,
                result: ty.map(|ty| self.ty(ty)),
                body: Some(Arc::new(
                    value.map_or_else(|| self.no_expr(node), |e| self.expr(e)),
                )),
                span,
            }],
            kind: FunctionKind::Value,
            span,
            left_out: None,
        }
    }

    /// `f = x => e` is the function `f(x) = e`, which may be used at several types; with a written type only where that shows a function.
    pub fn lambda_as_function(self, mut def: Function) -> Function {
        let clause = &def.clauses[0];
        let Some(ExprKind::Lambda(lambda)) = clause.body.as_ref().map(|body| &body.kind) else {
            return def;
        };
        let lambda = lambda.clone();
        let written = clause.result.clone().or(def.signature.clone());
        let shows = |ty: &TypeExpr| match &ty.kind {
            TypeKind::Fn(params, _) => params.len() == lambda.params.len(),
            _ => false,
        };
        if written.as_ref().is_some_and(|ty| !shows(ty)) {
            return def;
        }
        def.signature = written;
        def.kind = FunctionKind::Function;
        def.clauses = vec![Clause {
            params: lambda.params.clone(),
            guard: None,
            result: lambda.result.clone(),
            body: Some(Arc::new(lambda.body.clone())),
            span: def.span,
        }];
        def
    }

    /// `(a, b) = e` at module level: the value, under a name that cannot be written, and one value for each name in the pattern.
    pub fn pattern_values(
        self,
        node: Node<'_>,
        pattern: ast::Pat<'_>,
        ty: Option<ast::TypeExpr<'_>>,
        value: Option<ast::Expr<'_>>,
    ) -> (Function, Vec<Function>) {
        let pattern = self.pat(pattern);
        let mut whole = self.value(node, None, ty, value);
        let mut names = Vec::new();
        crate::infer::pattern_names(&pattern, &mut names);
        let listed: Vec<&str> = names.iter().map(|(name, _)| &**name).collect();
        whole.name = format!("({})", listed.join(", ")).into();
        whole.name_span = pattern.span;
        let parts = names
            .iter()
            .map(|(name, name_span)| {
                let name_expr = |name: &Name| Expr {
                    kind: ExprKind::Name(name.clone()),
                    span: *name_span,
                };
                let bind = Stmt::Bind {
                    var: false,
                    pattern: pattern.clone(),
                    ty: None,
                    value: name_expr(&whole.name),
                    span: pattern.span,
                };
                let body = Expr {
                    kind: ExprKind::Block(vec![bind, Stmt::Expr(name_expr(name))]),
                    span: whole.span,
                };
                let mut part = self.value(node, None, None, None);
                part.name = name.clone();
                part.name_span = *name_span;
                part.clauses[0].body = Some(Arc::new(body));
                part
            })
            .collect();
        (whole, parts)
    }

    /// `extern`
    pub fn foreign(self, def: ast::ExternDef<'_>) -> Function {
        let span = self.span(def.node());
        let list = def.node().child(Kind::TypeParamList);
        Function {
            name: text(def.name()),
            name_span: def.name().map_or(span, |token| self.span(token)),
            type_params: list
                .into_iter()
                .flat_map(|list| list.child_nodes().filter_map(ast::TypeParam::cast))
                .map(|p| self.type_param(p))
                .collect(),
            signature: None,
            clauses: vec![Clause {
                params: def.params().map(|p| self.param(p)).collect(),
                guard: None,
                result: def.return_type().map(|ty| self.ty(ty)),
                body: None,
                span,
            }],
            kind: FunctionKind::Extern(
                def.library()
                    .and_then(|s| s.plain_value())
                    .unwrap_or_default()
                    .into(),
            ),
            span,
            left_out: None,
        }
    }

    /// `test "title" = e`
    pub fn test(self, def: ast::TestDef<'_>) -> Function {
        let title: Name = def
            .title()
            .and_then(|s| s.plain_value())
            .unwrap_or_default()
            .into();
        let mut function = self.value(def.node(), def.title().map(|t| t.node()), None, def.body());
        function.name = format!("test {title}").into();
        function.kind = FunctionKind::Test(title);
        function
    }

    /// `type`
    pub fn type_item(self, def: ast::TypeDef<'_>) -> TypeItem {
        let body = match def.body() {
            ast::TypeBody::Record(fields) => {
                TypeBody::Record(fields.fields().map(|f| self.field(def.name(), f)).collect())
            }
            ast::TypeBody::Variants(list) => TypeBody::Variants(
                list.variants()
                    .map(|variant| Variant {
                        name: text(variant.name()),
                        fields: variant
                            .fields()
                            .map(|f| self.field(variant.name(), f))
                            .collect(),
                        span: self.span(variant.node()),
                        bare: !variant.has_braces() && !variant.has_parens(),
                        braces: variant.has_braces(),
                    })
                    .collect(),
            ),
            ast::TypeBody::Alias(ty) => TypeBody::Alias(self.ty(ty)),
            ast::TypeBody::Empty => TypeBody::Empty,
        };
        TypeItem {
            name: text(def.name()),
            params: def.type_params().map(|p| self.type_param(p)).collect(),
            mutable: def.is_var(),
            body,
            name_span: def
                .name()
                .map_or(self.span(def.node()), |token| self.span(token)),
        }
    }

    /// The functions that give the defaults of a type's fields.
    pub fn field_defaults(self, def: ast::TypeDef<'_>) -> Vec<Function> {
        let mut out = Vec::new();
        let mut fields = |ctor: Option<Node<'_>>, list: Vec<ast::Field<'_>>| {
            for field in list {
                if let Some(value) = field.default() {
                    let mut function = self.value(def.node(), None, None, Some(value));
                    function.name = default_name(ctor, field);
                    function.name_span = self.span(field.node());
                    function.kind = FunctionKind::Function;
                    out.push(function);
                }
            }
        };
        match def.body() {
            ast::TypeBody::Record(list) => fields(def.name(), list.fields().collect()),
            ast::TypeBody::Variants(list) => list
                .variants()
                .for_each(|variant| fields(variant.name(), variant.fields().collect())),
            ast::TypeBody::Alias(_) | ast::TypeBody::Empty => {}
        }
        out
    }

    fn field(self, ctor: Option<Node<'_>>, field: ast::Field<'_>) -> Field {
        Field {
            default: field.default().map(|_| default_name(ctor, field)),
            name: text(field.name()),
            ty: field.ty().map(|ty| self.ty(ty)).unwrap_or(TypeExpr {
                kind: TypeKind::Error,
                span: self.span(field.node()),
            }),
            private: field.is_private(),
        }
    }

    /// `trait`
    pub fn trait_item(self, def: ast::TraitDef<'_>) -> TraitItem {
        TraitItem {
            name: text(def.name()),
            params: def.type_params().map(|p| self.type_param(p)).collect(),
            supertraits: def.supertraits().map(|t| self.trait_path(t)).collect(),
            methods: def
                .members()
                .filter_map(|member| match member {
                    ast::Item::Fn(method) => Some((
                        fn_name(method),
                        method.params().count() as u32,
                        method.body().is_some(),
                    )),
                    _ => None,
                })
                .collect(),
            name_span: def
                .name()
                .map_or(self.span(def.node()), |token| self.span(token)),
        }
    }

    /// `T: Trait … end`
    pub fn impl_item(self, def: ast::ImplDef<'_>) -> ImplItem {
        ImplItem {
            target: def.target().map(|ty| self.ty(ty)).unwrap_or(TypeExpr {
                kind: TypeKind::Error,
                span: self.span(def.node()),
            }),
            of: def.traits().map(|t| self.trait_path(t)).collect(),
            conditions: def.conditions().map(|p| self.type_param(p)).collect(),
            methods: def
                .members()
                .filter_map(|member| match member {
                    ast::Item::Fn(method) => Some((
                        fn_name(method),
                        method.params().count() as u32,
                        self.span(fn_name_token(method).unwrap_or(method.node())),
                    )),
                    _ => None,
                })
                .collect(),
        }
    }

    /// `use`
    pub fn use_item(self, def: ast::UseDecl<'_>) -> Option<Use> {
        let path: Vec<Name> = def.path()?.segments().map(|s| s.text().into()).collect();
        let what = if def.is_all() {
            UseWhat::All
        } else if def.has_list() {
            UseWhat::Names(
                def.names()
                    .map(|name| {
                        let there = text(name.name());
                        let here = name
                            .alias()
                            .map_or_else(|| there.clone(), |alias| alias.text().into());
                        (there, here, self.span(name.node()))
                    })
                    .collect(),
            )
        } else {
            UseWhat::Itself(def.alias().map_or_else(
                || path.last().cloned().unwrap_or_else(|| "".into()),
                |alias| alias.text().into(),
            ))
        };
        Some(Use {
            path,
            what,
            public: def.is_pub(),
            span: self.span(def.node()),
        })
    }

    /// A type expression.
    pub fn ty(self, ty: ast::TypeExpr<'_>) -> TypeExpr {
        let span = self.span(ty.node());
        let error = || TypeExpr {
            kind: TypeKind::Error,
            span,
        };
        let kind = match ty {
            ast::TypeExpr::Path(path) if path.is_self() => TypeKind::SelfType,
            ast::TypeExpr::Path(path) if path.is_variable() => {
                TypeKind::Variable(text(path.name()))
            }
            ast::TypeExpr::Path(path) => TypeKind::Path(
                exact(path.segments().map(|s| s.text().into())),
                exact(path.args().map(|a| self.ty(a))),
            ),
            ast::TypeExpr::List(list) => {
                TypeKind::List(Box::new(list.element().map_or_else(error, |e| self.ty(e))))
            }
            ast::TypeExpr::Tuple(tuple) => {
                TypeKind::Tuple(exact(tuple.elements().map(|e| self.ty(e))))
            }
            ast::TypeExpr::Paren(paren) => {
                return paren.inner().map_or_else(error, |inner| self.ty(inner));
            }
            ast::TypeExpr::Fn(function) => TypeKind::Fn(
                function.params().into_iter().map(|p| self.ty(p)).collect(),
                Box::new(function.result().map_or_else(error, |r| self.ty(r))),
            ),
            ast::TypeExpr::Splice(_) | ast::TypeExpr::Error(_) => TypeKind::Error,
        };
        TypeExpr { kind, span }
    }
}

/// The name of the function that gives a field's default; it cannot be written.
fn default_name(ctor: Option<Node<'_>>, field: ast::Field<'_>) -> Name {
    format!("{}.{}", text(ctor), text(field.name())).into()
}

/// The token that names a function: a word, or in traits and impls an operator.
pub fn fn_name_token(def: ast::FnDef<'_>) -> Option<Node<'_>> {
    def.name().or_else(|| {
        def.node().tokens().find(|token| {
            matches!(
                token.kind(),
                Kind::EqEq
                    | Kind::NotEq
                    | Kind::Lt
                    | Kind::Gt
                    | Kind::LtEq
                    | Kind::GtEq
                    | Kind::Plus
                    | Kind::PlusPlus
                    | Kind::Minus
                    | Kind::Star
                    | Kind::StarStar
                    | Kind::Slash
                    | Kind::Percent
            )
        })
    })
}

/// The name of a function.
pub fn fn_name(def: ast::FnDef<'_>) -> Name {
    text(fn_name_token(def))
}

/// Whether two neighbouring definitions of one name and arity are overloads rather than clauses: some parameter is annotated in both, differently;
/// or in one alone, where the first takes everything, so that the second as a clause would never be reached.
pub fn are_overloads(a: ast::FnDef<'_>, b: ast::FnDef<'_>) -> bool {
    let takes_all = a.guard().is_none() && a.params().all(takes_all);
    a.params()
        .zip(b.params())
        .any(|(a, b)| match (param_type(a), param_type(b)) {
            (Some(a), Some(b)) => a.text() != b.text(),
            (None, None) => false,
            _ => takes_all,
        })
}

/// Whether a parameter is a bare name or `_`, perhaps with a type.
fn takes_all(param: ast::Param<'_>) -> bool {
    let mut pattern = param.pattern();
    if let Some(ast::Pat::Typed(typed)) = pattern {
        pattern = typed.pattern();
    }
    matches!(pattern, Some(ast::Pat::Name(_) | ast::Pat::Wild(_)))
}

/// The annotated type of a parameter.
pub fn param_type(param: ast::Param<'_>) -> Option<ast::TypeExpr<'_>> {
    param.ty().or_else(|| match param.pattern()? {
        ast::Pat::Typed(typed) => typed.ty(),
        _ => None,
    })
}

/// `async e`: a call of the library's function that starts a task, with `e` as a function.
pub fn task(e: Expr, span: Span) -> Expr {
    let lambda = Lambda {
        params: Vec::new(),
        result: None,
        body: e,
    };
    let value = Expr {
        kind: ExprKind::Lambda(Arc::new(lambda)),
        span,
    };
    let callee = Expr {
        kind: ExprKind::Name("taskAsync".into()),
        span,
    };
    Expr {
        kind: ExprKind::Call(
            Box::new(callee),
            Vec::new(),
            vec![Arg { name: None, value }],
        ),
        span,
    }
}
