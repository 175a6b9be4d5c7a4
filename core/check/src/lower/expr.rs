//! Lowers expressions and statements.

use super::{Lower, are_overloads, fn_name, text};
use crate::hir::Span;
use crate::raw::*;
use nostos_syntax::ast;
use nostos_syntax::{Kind, Node, literal};
use std::sync::Arc;

impl Lower {
    fn boxed(self, node: Node<'_>, expr: Option<ast::Expr<'_>>) -> Box<Expr> {
        Box::new(expr.map_or_else(|| self.no_expr(node), |e| self.expr(e)))
    }

    fn optional(self, expr: Option<ast::Expr<'_>>) -> Option<Box<Expr>> {
        expr.map(|e| Box::new(self.expr(e)))
    }

    pub(super) fn expr(self, expr: ast::Expr<'_>) -> Expr {
        let node = expr.node();
        let span = self.span(node);
        let kind = match expr {
            ast::Expr::Name(name) => ExprKind::Name(text(name.name())),
            ast::Expr::Literal(value) => value.value().map_or(ExprKind::Error, |value| {
                ExprKind::Literal(super::pattern::lit(value, false))
            }),
            ast::Expr::String(string) => self.string(string),
            ast::Expr::Atom(atom) => ExprKind::Literal(Lit::Atom(text(atom.name()))),
            ast::Expr::Paren(paren) => {
                return match paren.inner() {
                    Some(inner) => self.expr(inner),
                    None => self.no_expr(node),
                };
            }
            ast::Expr::Tuple(tuple) => {
                let elements: Vec<Expr> = tuple.elements().map(|e| self.expr(e)).collect();
                match elements.len() {
                    0 => ExprKind::Literal(Lit::Unit),
                    _ => ExprKind::Tuple(elements),
                }
            }
            ast::Expr::List(list) => {
                let written: Vec<ast::Expr> = list.elements().collect();
                match (written.as_slice(), list.tail()) {
                    // The range is the list; a list of one such list has a list within.
                    ([range @ ast::Expr::Range(_)], None) => return self.expr(*range),
                    (elements, tail) => ExprKind::List(
                        elements.iter().map(|e| self.expr(*e)).collect(),
                        self.optional(tail),
                    ),
                }
            }
            ast::Expr::Range(range) => ExprKind::Range(
                self.boxed(node, range.start()),
                self.boxed(node, range.end()),
            ),
            ast::Expr::Map(map) => ExprKind::Map(
                map.entries()
                    .map(|entry| {
                        (
                            *self.boxed(node, entry.key()),
                            *self.boxed(node, entry.value()),
                        )
                    })
                    .collect(),
            ),
            ast::Expr::Set(set) => ExprKind::Set(set.elements().map(|e| self.expr(e)).collect()),
            ast::Expr::Block(block) => self.block(block),
            ast::Expr::If(e) => ExprKind::If(
                self.boxed(node, e.condition()),
                self.boxed(node, e.then_branch()),
                self.optional(e.else_branch()),
            ),
            ast::Expr::Match(e) => ExprKind::Match(
                self.boxed(node, e.scrutinee()),
                e.arms().map(|arm| self.arm(arm)).collect(),
            ),
            ast::Expr::Receive(e) => ExprKind::Receive(
                e.arms().map(|arm| self.arm(arm)).collect(),
                e.after().map(|after| {
                    Box::new((
                        *self.boxed(node, after.timeout()),
                        *self.boxed(node, after.body()),
                    ))
                }),
            ),
            ast::Expr::Try(e) => ExprKind::Try(
                Box::new(self.opt_block(node, e.body())),
                e.catch().map_or_else(Vec::new, |catch| {
                    catch.arms().map(|arm| self.arm(arm)).collect()
                }),
                e.finally()
                    .map(|finally| Box::new(self.opt_block(node, finally.body()))),
            ),
            ast::Expr::Lambda(lambda) => ExprKind::Lambda(Arc::new(Lambda {
                params: lambda.params().map(|p| self.param(p)).collect(),
                result: lambda.return_type().map(|ty| self.ty(ty)),
                body: *self.boxed(node, lambda.body()),
            })),
            ast::Expr::While(e) => ExprKind::While(
                self.boxed(node, e.condition()),
                Box::new(self.opt_block(node, e.body())),
            ),
            ast::Expr::For(e) => {
                let pattern = Box::new(e.pattern().map_or(
                    Pat {
                        kind: PatKind::Error,
                        span,
                    },
                    |p| self.pat(p),
                ));
                let body = Box::new(self.opt_block(node, e.body()));
                match e.head() {
                    ast::ForHead::Range { from, to } => ExprKind::ForRange(
                        pattern,
                        self.boxed(node, from),
                        self.boxed(node, to),
                        body,
                    ),
                    ast::ForHead::In(iterable) => {
                        ExprKind::ForIn(pattern, self.boxed(node, iterable), body)
                    }
                }
            }
            ast::Expr::Break(e) => ExprKind::Break(self.optional(e.value())),
            ast::Expr::Continue(_) => ExprKind::Continue,
            ast::Expr::Return(e) => ExprKind::Return(self.optional(e.value())),
            ast::Expr::Spawn(e) => self.spawn(e),
            ast::Expr::Async(e) => return super::task(*self.boxed(node, e.operand()), span),
            ast::Expr::Unsafe(e) => ExprKind::Unsafe(Box::new(self.opt_block(node, e.body()))),
            ast::Expr::Unary(e) => self.unary(e),
            ast::Expr::Binary(e) => self.binary(e),
            ast::Expr::Call(e) => ExprKind::Call(
                self.boxed(node, e.callee()),
                e.type_args().map(|ty| self.ty(ty)).collect(),
                e.args().map(|arg| self.arg(arg)).collect(),
            ),
            ast::Expr::MethodCall(e) => ExprKind::MethodCall(
                self.boxed(node, e.receiver()),
                text(e.name()),
                e.name().map_or(span, |name| self.span(name)),
                e.type_args().map(|ty| self.ty(ty)).collect(),
                e.args().map(|arg| self.arg(arg)).collect(),
            ),
            ast::Expr::Field(e) => ExprKind::Field(
                self.boxed(node, e.receiver()),
                text(e.name()),
                e.name().map_or(span, |name| self.span(name)),
            ),
            ast::Expr::TupleField(e) => match e.index() {
                Some(index) => ExprKind::Element(self.boxed(node, e.receiver()), index as u32),
                None => ExprKind::Error,
            },
            ast::Expr::Index(e) => {
                ExprKind::Index(self.boxed(node, e.base()), self.boxed(node, e.index()))
            }
            ast::Expr::TypeApp(e) => ExprKind::TypeApp(
                self.boxed(node, e.base()),
                e.type_args().map(|ty| self.ty(ty)).collect(),
            ),
            ast::Expr::Question(e) => ExprKind::Question(self.boxed(node, e.operand())),
            ast::Expr::Quote(quote) => self.quote(quote),
            ast::Expr::Splice(splice) => ExprKind::Splice(self.boxed(node, splice.operand())),
            ast::Expr::Bind(_) | ast::Expr::Assign(_) => {
                ExprKind::Block(self.stmt(expr).into_iter().collect())
            }
            ast::Expr::Error(_) => ExprKind::Error,
        };
        Expr { kind, span }
    }

    fn opt_block(self, node: Node<'_>, block: Option<ast::Block<'_>>) -> Expr {
        match block {
            Some(block) => Expr {
                kind: self.block(block),
                span: self.span(block.node()),
            },
            None => self.no_expr(node),
        }
    }

    fn string(self, string: ast::StringExpr<'_>) -> ExprKind {
        if let Some(literal::Literal::Char(c)) = literal::value(string.node()) {
            return ExprKind::Literal(Lit::Char(c));
        }
        if let Some(plain) = string.plain_value() {
            return ExprKind::Literal(Lit::String(plain.into()));
        }
        let parts = string
            .parts()
            .map(|part| match part {
                ast::StringPart::Text(token) => Expr {
                    kind: literal::unescape(token.text()).map_or(ExprKind::Error, |text| {
                        ExprKind::Literal(Lit::String(text.into()))
                    }),
                    span: self.span(token),
                },
                ast::StringPart::Interp(e) => self.expr(e),
            })
            .collect();
        ExprKind::Interpolation(parts)
    }

    fn arm(self, arm: ast::Arm<'_>) -> Arm {
        let node = arm.node();
        let span = self.span(node);
        Arm {
            pattern: arm.pattern().map_or(
                Pat {
                    kind: PatKind::Error,
                    span,
                },
                |p| self.pat(p),
            ),
            guard: arm.guard().and_then(|g| g.expr()).map(|e| self.expr(e)),
            body: *self.boxed(node, arm.body()),
            span,
        }
    }

    fn arg(self, arg: ast::Arg<'_>) -> Arg {
        Arg {
            name: arg.name().map(|name| name.text().into()),
            value: match (arg.value(), arg.code()) {
                (Some(ast::Expr::Bind(_) | ast::Expr::Assign(_)) | None, Some(code)) => Expr {
                    kind: ExprKind::Code(match code.kind() {
                        Kind::BindExpr | Kind::AssignExpr => Code::Assignment,
                        Kind::WildPat => Code::Wildcard,
                        _ if ast::Pat::cast(code).is_some() => Code::Pattern,
                        _ => Code::Definition,
                    }),
                    span: self.span(code),
                },
                (value, _) => *self.boxed(arg.node(), value),
            },
        }
    }

    fn spawn(self, spawn: ast::SpawnExpr<'_>) -> ExprKind {
        let how = match spawn.how() {
            ast::SpawnKind::Plain => SpawnKind::Plain,
            ast::SpawnKind::Link => SpawnKind::Link,
            ast::SpawnKind::Monitor => SpawnKind::Monitor,
        };
        let node = spawn.node();
        let operand = match (
            spawn.block(),
            spawn.arg_list().and_then(|list| list.args().next()),
        ) {
            (Some(_), _) => {
                let body = self.opt_block(node, spawn.block());
                let span = body.span;
                Expr {
                    kind: ExprKind::Lambda(Arc::new(Lambda {
                        params: Vec::new(),
                        result: None,
                        body,
                    })),
                    span,
                }
            }
            (None, Some(arg)) => *self.boxed(node, arg.value()),
            (None, None) => return ExprKind::Error,
        };
        ExprKind::Spawn(how, Box::new(operand))
    }

    fn unary(self, e: ast::UnaryExpr<'_>) -> ExprKind {
        match e.op() {
            ast::UnaryOp::Not => ExprKind::Not(self.boxed(e.node(), e.operand())),
            ast::UnaryOp::Neg => {
                // A signed literal is one literal, so that the smallest Int can be written.
                if let Some(ast::Expr::Literal(value)) = e.operand()
                    && let Some(value) = value.value()
                    && matches!(
                        value,
                        literal::Literal::Int(_)
                            | literal::Literal::Sized(..)
                            | literal::Literal::Float(_)
                            | literal::Literal::Float32(_)
                            | literal::Literal::BigInt { .. }
                            | literal::Literal::Decimal(_)
                    )
                {
                    return ExprKind::Literal(super::pattern::lit(value, true));
                }
                ExprKind::Neg(self.boxed(e.node(), e.operand()))
            }
        }
    }

    /// A chain of left-associative operators is as deep as it is long, so it is walked in a loop.
    fn binary(self, e: ast::BinaryExpr<'_>) -> ExprKind {
        let mut chain = vec![e];
        while let Some(ast::Expr::Binary(inner)) = chain[chain.len() - 1].lhs() {
            chain.push(inner);
        }
        let innermost = chain[chain.len() - 1];
        let mut lhs = *self.boxed(innermost.node(), innermost.lhs());
        while let Some(e) = chain.pop() {
            let kind = self.binary_step(e, lhs);
            lhs = Expr {
                kind,
                span: self.span(e.node()),
            };
        }
        lhs.kind
    }

    fn binary_step(self, e: ast::BinaryExpr<'_>, lhs: Expr) -> ExprKind {
        let op = match e.op() {
            Some(ast::BinaryOp::Pipe) => return self.pipe(e, lhs),
            Some(ast::BinaryOp::Send) => BinaryOp::Send,
            Some(ast::BinaryOp::Or) => BinaryOp::Or,
            Some(ast::BinaryOp::And) => BinaryOp::And,
            Some(ast::BinaryOp::Eq) => BinaryOp::Eq,
            Some(ast::BinaryOp::NotEq) => BinaryOp::Ne,
            Some(ast::BinaryOp::Lt) => BinaryOp::Lt,
            Some(ast::BinaryOp::Gt) => BinaryOp::Gt,
            Some(ast::BinaryOp::LtEq) => BinaryOp::Le,
            Some(ast::BinaryOp::GtEq) => BinaryOp::Ge,
            Some(ast::BinaryOp::Concat) => BinaryOp::Concat,
            Some(ast::BinaryOp::Cons) => BinaryOp::Cons,
            Some(ast::BinaryOp::Add) => BinaryOp::Add,
            Some(ast::BinaryOp::Sub) => BinaryOp::Sub,
            Some(ast::BinaryOp::Mul) => BinaryOp::Mul,
            Some(ast::BinaryOp::Div) => BinaryOp::Div,
            Some(ast::BinaryOp::Rem) => BinaryOp::Rem,
            Some(ast::BinaryOp::Pow) => BinaryOp::Pow,
            None => return ExprKind::Error,
        };
        ExprKind::Binary(op, Box::new(lhs), self.boxed(e.node(), e.rhs()))
    }

    /// `x |> f(a)` is `f(x, a)`.
    fn pipe(self, e: ast::BinaryExpr<'_>, lhs: Expr) -> ExprKind {
        let rhs = *self.boxed(e.node(), e.rhs());
        let first = Arg {
            name: None,
            value: lhs,
        };
        match rhs.kind {
            ExprKind::Call(callee, types, mut args) => {
                args.insert(0, first);
                ExprKind::Call(callee, types, args)
            }
            ExprKind::MethodCall(receiver, name, span, types, mut args) => {
                args.insert(0, first);
                ExprKind::MethodCall(receiver, name, span, types, args)
            }
            _ => ExprKind::Call(Box::new(rhs), Vec::new(), vec![first]),
        }
    }

    fn block(self, block: ast::Block<'_>) -> ExprKind {
        ExprKind::Block(self.stmts(&block.stmts().collect::<Vec<_>>()))
    }

    fn stmts(self, stmts: &[ast::Stmt<'_>]) -> Vec<Stmt> {
        let mut out = Vec::new();
        let mut signature = None;
        let mut at = 0;
        while at < stmts.len() {
            match stmts[at] {
                ast::Stmt::Fn(first) => {
                    let decorated = first.decorators().next().map(|_| {
                        out.push(Stmt::Expr(Expr {
                            kind: ExprKind::Code(Code::Decorated),
                            span: self.span(first.node()),
                        }));
                        out.len() - 1
                    });
                    let mut clauses = vec![first];
                    while let Some(ast::Stmt::Fn(next)) = stmts.get(at + 1) {
                        if fn_name(*next) != fn_name(first)
                            || next.decorators().next().is_some()
                            || next.params().count() != first.params().count()
                            || are_overloads(first, *next)
                        {
                            break;
                        }
                        clauses.push(*next);
                        at += 1;
                    }
                    if let Some(decorated) = decorated
                        && let Stmt::Expr(e) = &mut out[decorated]
                    {
                        let last = clauses[clauses.len() - 1];
                        e.span.end = self.span(last.node()).end;
                    }
                    out.push(Stmt::LocalFn(Arc::new(
                        self.function(&clauses, signature.take()),
                    )));
                }
                ast::Stmt::Item(ast::Item::Signature(item)) => signature = Some(item),
                ast::Stmt::Item(ast::Item::Value(item)) => out.push(Stmt::Bind {
                    var: item.is_var(),
                    pattern: item.pattern().map_or(
                        Pat {
                            kind: PatKind::Error,
                            span: self.span(item.node()),
                        },
                        |p| self.pat(p),
                    ),
                    ty: item.ty().map(|ty| self.ty(ty)),
                    value: *self.boxed(item.node(), item.value()),
                    span: self.span(item.node()),
                }),
                ast::Stmt::Item(ast::Item::Const(item)) => out.push(Stmt::Bind {
                    var: false,
                    pattern: Pat {
                        kind: PatKind::Name(text(item.name())),
                        span: item
                            .name()
                            .map_or(self.span(item.node()), |name| self.span(name)),
                    },
                    ty: item.ty().map(|ty| self.ty(ty)),
                    value: *self.boxed(item.node(), item.value()),
                    span: self.span(item.node()),
                }),
                // Collected with the items of the file.
                ast::Stmt::Item(item) if crate::items::is_local(item.node().kind()) => {}
                ast::Stmt::Item(item) => out.push(Stmt::Expr(Expr {
                    kind: ExprKind::Unsupported("this item inside of a function"),
                    span: self.span(item.node()),
                })),
                ast::Stmt::Expr(expr) => out.extend(self.stmt(expr)),
            }
            at += 1;
        }
        out
    }

    fn stmt(self, expr: ast::Expr<'_>) -> Option<Stmt> {
        let span = self.span(expr.node());
        Some(match expr {
            ast::Expr::Bind(bind) => Stmt::Bind {
                var: bind.node().token(Kind::VarKw).is_some(),
                pattern: bind.pattern().map_or(
                    Pat {
                        kind: PatKind::Error,
                        span,
                    },
                    |p| self.pat(p),
                ),
                ty: bind.ty().map(|ty| self.ty(ty)),
                value: *self.boxed(bind.node(), bind.value()),
                span,
            },
            ast::Expr::Assign(assign) => Stmt::Assign {
                target: *self.boxed(assign.node(), assign.target()),
                op: match assign.op() {
                    ast::AssignOp::Set => None,
                    ast::AssignOp::Add => Some(BinaryOp::Add),
                    ast::AssignOp::Sub => Some(BinaryOp::Sub),
                    ast::AssignOp::Mul => Some(BinaryOp::Mul),
                    ast::AssignOp::Div => Some(BinaryOp::Div),
                },
                value: *self.boxed(assign.node(), assign.value()),
                span,
            },
            other => Stmt::Expr(self.expr(other)),
        })
    }

    /// A text that is a block's inside, for the REPL and the debugger.
    pub fn repl(self, stmts: &[ast::Stmt<'_>], span: Span) -> Expr {
        Expr {
            kind: ExprKind::Block(self.stmts(stmts)),
            span,
        }
    }
}
