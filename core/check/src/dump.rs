//! Typed bodies as text, for tests and for people who look for a mistake in the compiler.

use crate::hir::{Arm, Body, Callee, Expr, ExprKind, Literal, LocalId, Pat, PatKind, Stmt};
use crate::query::{Database, fn_def, render_ty, type_def};
use crate::ty::Ty;
use std::fmt::Write;

/// The body as an outline: one line per expression, its type behind it.
pub fn body(db: &Database, body: &Body) -> String {
    let mut dump = Dump {
        db,
        body,
        out: String::new(),
    };
    let params: Vec<String> = body.params.iter().map(|p| dump.bound(*p)).collect();
    let _ = writeln!(
        dump.out,
        "({}) -> {}",
        params.join(", "),
        render_ty(db, &body.result)
    );
    dump.expr(&body.value, 1);
    for (at, local) in body.local_fns.iter().enumerate() {
        let params: Vec<String> = local.params.iter().map(|p| dump.bound(*p)).collect();
        let captures: Vec<String> = local.captures.iter().map(|c| dump.name(*c)).collect();
        let _ = writeln!(
            dump.out,
            "local {at} {}[{} + {}]({}) -> {} captures [{}]",
            local.name,
            local.first_param,
            local.type_params,
            params.join(", "),
            render_ty(db, &local.result),
            captures.join(", ")
        );
        dump.expr(&local.value, 1);
    }
    dump.out
}

struct Dump<'a> {
    db: &'a Database,
    body: &'a Body,
    out: String,
}

impl Dump<'_> {
    fn name(&self, local: LocalId) -> String {
        let info = &self.body.locals[local.0 as usize];
        let shared = if info.captured && info.mutable {
            "*"
        } else {
            ""
        };
        if info.name.is_empty() {
            format!("_{}{shared}", local.0)
        } else {
            format!("{}{shared}", info.name)
        }
    }

    fn bound(&self, local: LocalId) -> String {
        let ty = render_ty(self.db, &self.body.locals[local.0 as usize].ty);
        format!("{}: {ty}", self.name(local))
    }

    fn types(&self, types: &[Ty]) -> String {
        if types.is_empty() {
            return String::new();
        }
        format!(
            "[{}]",
            types
                .iter()
                .map(|t| render_ty(self.db, t))
                .collect::<Vec<_>>()
                .join(", ")
        )
    }

    fn line(&mut self, depth: usize, text: &str, ty: &Ty) {
        let ty = render_ty(self.db, ty);
        let _ = writeln!(self.out, "{}{text} : {ty}", "  ".repeat(depth));
    }

    fn word(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(depth));
    }

    fn callee(&self, callee: &Callee) -> String {
        match callee {
            Callee::Fn(inst) => format!(
                "{}{}",
                fn_def(self.db, inst.id).name,
                self.types(&inst.args)
            ),
            Callee::Local(id, args) => format!("local {}{}", id.0, self.types(args)),
            Callee::Method(method) => {
                format!(
                    "{}.{}{}",
                    render_ty(self.db, &method.self_ty),
                    method.name,
                    self.types(&method.args)
                )
            }
            Callee::Dot(name) => format!("?.{name}"),
            Callee::Value(_) => "value".into(),
        }
    }

    fn ctor(&self, ty: &Ty, ctor: u32) -> String {
        match ty {
            Ty::Adt(id, _) => type_def(self.db, *id)
                .ctors
                .get(ctor as usize)
                .map_or("?".into(), |c| c.name.to_string()),
            _ => "?".into(),
        }
    }

    fn all(&mut self, items: &[Expr], depth: usize) {
        items.iter().for_each(|e| self.expr(e, depth));
    }

    fn arms(&mut self, arms: &[Arm], depth: usize) {
        for arm in arms {
            let any = if arm.any { "any " } else { "" };
            let text = format!("{any}{} ->", self.pat(&arm.pattern));
            self.line(depth, &text, &arm.pattern.ty);
            if let Some(guard) = &arm.guard {
                self.word(depth + 1, "when");
                self.expr(guard, depth + 2);
            }
            self.expr(&arm.body, depth + 1);
        }
    }

    fn expr(&mut self, e: &Expr, depth: usize) {
        let ty = &e.ty;
        match &e.kind {
            ExprKind::Hole(number) => self.line(depth, &format!("hole {number}"), ty),
            ExprKind::Literal(literal) => self.line(depth, &text(literal), ty),
            ExprKind::Local(local) => self.line(depth, &self.name(*local), ty),
            ExprKind::Global(id) => {
                self.line(depth, &format!("global {}", fn_def(self.db, *id).name), ty)
            }
            ExprKind::FnValue(callee) => {
                self.line(depth, &format!("function {}", self.callee(callee)), ty)
            }
            ExprKind::Call(callee, args) => {
                self.line(depth, &format!("call {}", self.callee(callee)), ty);
                if let Callee::Value(value) = callee {
                    self.expr(value, depth + 1);
                }
                self.all(args, depth + 1);
            }
            ExprKind::Prim(op, args) => {
                self.line(depth, &format!("{op:?}"), ty);
                self.all(args, depth + 1);
            }
            ExprKind::Concat(items) => {
                self.line(depth, "concat", ty);
                self.all(items, depth + 1);
            }
            ExprKind::Construct { ctor, fields } => {
                self.line(depth, &self.ctor(ty, *ctor), ty);
                self.all(fields, depth + 1);
            }
            ExprKind::Tuple(items) => {
                self.line(depth, "tuple", ty);
                self.all(items, depth + 1);
            }
            ExprKind::Field(base, index) | ExprKind::Element(base, index) => {
                self.line(depth, &format!("field {index}"), ty);
                self.expr(base, depth + 1);
            }
            ExprKind::DotField(base, name) => {
                self.line(depth, &format!("field ?.{name}"), ty);
                self.expr(base, depth + 1);
            }
            ExprKind::Update(base, fields) => {
                self.line(depth, "update", ty);
                self.expr(base, depth + 1);
                for (index, e) in fields {
                    self.word(depth + 1, &format!("{index} ="));
                    self.expr(e, depth + 2);
                }
            }
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => {
                self.line(depth, "if", ty);
                self.expr(condition, depth + 1);
                self.expr(then, depth + 1);
                self.expr(otherwise, depth + 1);
            }
            ExprKind::Match { scrutinee, arms } => {
                self.line(depth, "match", ty);
                self.expr(scrutinee, depth + 1);
                self.arms(arms, depth + 1);
            }
            ExprKind::Block(stmts, value) => {
                self.line(depth, "block", ty);
                for stmt in stmts {
                    match stmt {
                        Stmt::Expr(e) => self.expr(e, depth + 1),
                        Stmt::Let { pattern, value, .. } => {
                            let text = format!("let {} =", self.pat(pattern));
                            self.word(depth + 1, &text);
                            self.expr(value, depth + 2);
                        }
                        Stmt::LocalFn(id) => self.word(depth + 1, &format!("local {}", id.0)),
                    }
                }
                self.expr(value, depth + 1);
            }
            ExprKind::Assign(local, value) => {
                self.word(depth, &format!("{} =", self.name(*local)));
                self.expr(value, depth + 1);
            }
            ExprKind::AssignField(base, index, value) => {
                self.word(depth, &format!("field {index} ="));
                self.expr(base, depth + 1);
                self.expr(value, depth + 1);
            }
            ExprKind::While { condition, body } => {
                self.line(depth, "while", ty);
                self.expr(condition, depth + 1);
                self.expr(body, depth + 1);
            }
            ExprKind::ForRange {
                local,
                from,
                to,
                body,
            } => {
                self.word(depth, &format!("for {} from, to", self.bound(*local)));
                self.expr(from, depth + 1);
                self.expr(to, depth + 1);
                self.expr(body, depth + 1);
            }
            ExprKind::ForList { local, list, body } => {
                self.word(depth, &format!("for {} in", self.bound(*local)));
                self.expr(list, depth + 1);
                self.expr(body, depth + 1);
            }
            ExprKind::Break(value) => self.leave(depth, "break", value.as_deref()),
            ExprKind::Continue => self.word(depth, "continue"),
            ExprKind::Return(value) => self.leave(depth, "return", value.as_deref()),
            ExprKind::Lambda(lambda) => {
                let params: Vec<String> = lambda.params.iter().map(|p| self.bound(*p)).collect();
                let captures: Vec<String> = lambda.captures.iter().map(|c| self.name(*c)).collect();
                self.line(
                    depth,
                    &format!(
                        "lambda ({}) captures [{}]",
                        params.join(", "),
                        captures.join(", ")
                    ),
                    ty,
                );
                self.expr(&lambda.body, depth + 1);
            }
            ExprKind::Throw(value) => self.leave(depth, "throw", Some(value)),
            ExprKind::Try {
                body,
                arms,
                finally,
            } => {
                self.line(depth, "try", ty);
                self.expr(body, depth + 1);
                self.arms(arms, depth + 1);
                if let Some(finally) = finally {
                    self.leave(depth, "finally", Some(finally));
                }
            }
            ExprKind::Receive { arms, after } => {
                self.line(depth, "receive", ty);
                self.arms(arms, depth + 1);
                if let Some(after) = after {
                    self.word(depth + 1, "after");
                    self.expr(&after.0, depth + 2);
                    self.expr(&after.1, depth + 2);
                }
            }
        }
    }

    fn leave(&mut self, depth: usize, word: &str, value: Option<&Expr>) {
        self.word(depth, word);
        if let Some(value) = value {
            self.expr(value, depth + 1);
        }
    }

    fn pat(&self, pat: &Pat) -> String {
        let list = |items: &[Pat], by: &str| {
            items
                .iter()
                .map(|p| self.pat(p))
                .collect::<Vec<_>>()
                .join(by)
        };
        match &pat.kind {
            PatKind::Wild => "_".into(),
            PatKind::Bind(local, None) => self.name(*local),
            PatKind::Bind(local, Some(inner)) => {
                format!("{} @ {}", self.pat(inner), self.name(*local))
            }
            PatKind::Literal(literal) => text(literal),
            PatKind::Range(from, to, inclusive) => {
                format!("{from}..{}{to}", if *inclusive { "=" } else { "" })
            }
            PatKind::Tuple(items) => format!("({})", list(items, ", ")),
            PatKind::Ctor(ctor, items) if items.is_empty() => self.ctor(&pat.ty, *ctor),
            PatKind::Ctor(ctor, items) => {
                format!("{}({})", self.ctor(&pat.ty, *ctor), list(items, ", "))
            }
            PatKind::Or(items) => list(items, " | "),
            PatKind::Test(local, test) => format!("{} if {}", self.name(*local), self.inline(test)),
            PatKind::View(local, value, inner) => {
                format!(
                    "{} with {} as {}",
                    self.name(*local),
                    self.inline(value),
                    self.pat(inner)
                )
            }
        }
    }

    /// An expression inside a pattern, on one line.
    fn inline(&self, e: &Expr) -> String {
        let mut dump = Dump {
            db: self.db,
            body: self.body,
            out: String::new(),
        };
        dump.expr(e, 0);
        dump.out
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn text(literal: &Literal) -> String {
    match literal {
        Literal::Int(value) => value.to_string(),
        Literal::Float(bits) => format!("{:?}", f64::from_bits(*bits)),
        Literal::Bool(value) => value.to_string(),
        Literal::Char(c) => format!("{c:?}"),
        Literal::String(s) => format!("{s:?}"),
        Literal::Atom(name) => format!(":{name}"),
        Literal::Unit => "()".into(),
    }
}
