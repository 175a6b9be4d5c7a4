//! Branches, loops, what leaves them, and what comes by message or exception.

use super::call::{Arg, Args};
use super::expr::wrap_patterns;
use super::{Infer, Loop};
use crate::hir::{self, Callee, Expr, ExprKind, FnInst, LocalId, Pat, PatKind, Span, Stmt};
use crate::raw::{self, ExprKind as Raw, Lit, SpawnKind};
use crate::signature::intrinsic_fn;
use crate::ty::Ty;
use std::sync::Arc;

impl<'db> Infer<'db> {
    pub(super) fn if_else(
        &mut self,
        c: &raw::Expr,
        t: &raw::Expr,
        e: Option<&raw::Expr>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let condition = self.check(c, &Ty::Bool);
        let (then, otherwise, ty) = match e {
            Some(e) => {
                let ty = expected.cloned().unwrap_or_else(|| self.fresh());
                let then = self.check(t, &ty);
                let otherwise = self.check(e, &ty);
                (then, otherwise, ty)
            }
            None => {
                let then = self.infer(t, None);
                (
                    self.dropped(then),
                    self.unit(Span {
                        start: span.end,
                        end: span.end,
                    }),
                    Ty::Unit,
                )
            }
        };
        Expr {
            kind: ExprKind::If {
                condition: Box::new(condition),
                then: Box::new(then),
                otherwise: Box::new(otherwise),
            },
            ty,
            span,
        }
    }

    pub(super) fn match_expr(
        &mut self,
        scrutinee: &raw::Expr,
        arms: &[raw::Arm],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let scrutinee = self.infer(scrutinee, None);
        let ty = expected.cloned().unwrap_or_else(|| self.fresh());
        self.texts_or_lists(&scrutinee.ty, &mut arms.iter().map(|arm| &arm.pattern));
        let patterns: Vec<&raw::Pat> = arms.iter().map(|arm| &arm.pattern).collect();
        self.shared_constructors(&scrutinee.ty, &patterns);
        let arms = arms
            .iter()
            .map(|arm| self.arm(arm, &scrutinee.ty, &ty).0)
            .collect();
        Expr {
            kind: ExprKind::Match {
                scrutinee: Box::new(scrutinee),
                arms,
            },
            ty,
            span,
        }
    }

    /// An arm, and the local it binds when its pattern is a bare name (`Some(None)` when it is wild).
    pub(super) fn arm(
        &mut self,
        arm: &raw::Arm,
        of: &Ty,
        ty: &Ty,
    ) -> (hir::Arm, Option<Option<LocalId>>) {
        self.scoped(|cx| {
            let pattern = cx.pattern(&arm.pattern, of, true, false);
            let bare = match &pattern.kind {
                PatKind::Wild => Some(None),
                PatKind::Bind(local, None) => Some(Some(*local)),
                _ => None,
            };
            let guard = arm.guard.as_ref().map(|g| Box::new(cx.check(g, &Ty::Bool)));
            let body = cx.check(&arm.body, ty);
            (
                hir::Arm {
                    pattern,
                    any: false,
                    guard,
                    body,
                },
                bare,
            )
        })
    }

    pub(super) fn message_arms(
        &mut self,
        arms: &[raw::Arm],
        ty: &Ty,
        catch: bool,
    ) -> Vec<hir::Arm> {
        arms.iter()
            .map(|arm| {
                let of = self.fresh();
                let (out, bare) = self.arm(arm, &of, ty);
                self.me().arms.push(super::ArmType {
                    ty: of,
                    span: arm.pattern.span,
                    catch,
                    bare,
                });
                out
            })
            .collect()
    }

    pub(super) fn receive(
        &mut self,
        arms: &[raw::Arm],
        after: Option<&(raw::Expr, raw::Expr)>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let ty = expected.cloned().unwrap_or_else(|| self.fresh());
        let arms = self.message_arms(arms, &ty, false);
        let after = after.map(|(timeout, body)| {
            let timeout = self.check(timeout, &Ty::INT);
            Box::new((timeout, self.check(body, &ty)))
        });
        Expr {
            kind: ExprKind::Receive { arms, after },
            ty,
            span,
        }
    }

    pub(super) fn try_expr(
        &mut self,
        body: &raw::Expr,
        arms: &[raw::Arm],
        finally: Option<&raw::Expr>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let ty = expected.cloned().unwrap_or_else(|| self.fresh());
        let body = Box::new(self.check(body, &ty));
        let arms = self.message_arms(arms, &ty, true);
        let finally = finally.map(|e| {
            let e = self.infer(e, None);
            Box::new(self.dropped(e))
        });
        Expr {
            kind: ExprKind::Try {
                body,
                arms,
                finally,
            },
            ty,
            span,
        }
    }

    pub(super) fn while_loop(
        &mut self,
        condition: &raw::Expr,
        body: &raw::Expr,
        span: Span,
    ) -> Expr {
        let forever = matches!(&condition.kind, Raw::Literal(Lit::Bool(true)));
        let condition = self.check(condition, &Ty::Bool);
        let value = if forever { self.fresh() } else { Ty::Unit };
        let body = self.loop_body(body, value.clone());
        let ty = value;
        Expr {
            kind: ExprKind::While {
                condition: Box::new(condition),
                body: Box::new(body),
            },
            ty,
            span,
        }
    }

    pub(super) fn loop_body(&mut self, body: &raw::Expr, value: Ty) -> Expr {
        self.me().loops.push(Loop { value });
        let body = self.infer(body, None);
        let body = self.dropped(body);
        self.me().loops.pop();
        body
    }

    pub(super) fn for_range(
        &mut self,
        pattern: &raw::Pat,
        from: &raw::Expr,
        to: &raw::Expr,
        body: &raw::Expr,
        span: Span,
    ) -> Expr {
        let from = self.infer(from, None);
        let to = self.check(to, &from.ty.clone());
        self.known_form(&from.ty);
        let ty = self.table.shallow(&from.ty);
        match ty {
            Ty::Int(_) | Ty::Error => {}
            Ty::Infer(_) => {
                self.expect(&Ty::INT, &ty, from.span);
            }
            _ => {
                self.expect(&Ty::INT, &ty, from.span);
            }
        }
        self.scoped(|cx| {
            let (local, stmts) = cx.loop_pattern(pattern, &from.ty);
            let body = cx.loop_body(body, Ty::Unit);
            let body = wrap_patterns(stmts, body);
            let kind = ExprKind::ForRange {
                local,
                from: Box::new(from),
                to: Box::new(to),
                body: Box::new(body),
            };
            Expr {
                kind,
                ty: Ty::Unit,
                span,
            }
        })
    }

    pub(super) fn loop_pattern(&mut self, pattern: &raw::Pat, ty: &Ty) -> (LocalId, Vec<Stmt>) {
        let param = raw::Param {
            pattern: pattern.clone(),
            ty: None,
            default: None,
        };
        let (locals, stmts) = self.bind_params(&[param], std::slice::from_ref(ty), None);
        (locals[0], stmts)
    }

    pub(super) fn for_in(
        &mut self,
        pattern: &raw::Pat,
        over: &raw::Expr,
        body: &raw::Expr,
        span: Span,
    ) -> Expr {
        let mut list = self.infer(over, None);
        let item = self.fresh();
        let list_ty = self.known.list_of(item.clone());
        match self.known_form(&list.ty) {
            Ty::Adt(id, _) if id == self.known.list => {}
            Ty::Error => {}
            // What it goes over is known when the type is, perhaps at each call.
            Ty::Infer(_) => {
                let over_span = list.span;
                let args = Args {
                    positional: vec![Arg::Done(list)],
                    named: Vec::new(),
                };
                list = self.operator_call("[in]", args, over_span);
            }
            _ => {
                let over_span = list.span;
                list = self.dot_call_done(list, "toList", over_span, Vec::new(), over_span);
            }
        }
        self.expect(&list_ty, &list.ty, list.span);
        self.scoped(|cx| {
            let (local, stmts) = cx.loop_pattern(pattern, &item);
            let body = cx.loop_body(body, Ty::Unit);
            let body = wrap_patterns(stmts, body);
            Expr {
                kind: ExprKind::ForList {
                    local,
                    list: Box::new(list),
                    body: Box::new(body),
                },
                ty: Ty::Unit,
                span,
            }
        })
    }

    pub(super) fn break_loop(&mut self, value: Option<&raw::Expr>, span: Span) -> Expr {
        let Some(of) = self.me().loops.last().map(|l| l.value.clone()) else {
            self.report(span, "`break` outside of a loop");
            return self.error_expr(span);
        };
        let value = match value {
            Some(value) => {
                let found = self.infer(value, Some(&of));
                if self.table.shallow(&of) == Ty::Unit
                    && !matches!(self.table.shallow(&found.ty), Ty::Unit | Ty::Error)
                {
                    self.report_hint(
                        found.span,
                        "type mismatch: a loop that may end without `break` gives no value",
                        Some("only `while true { … }` can be left with a value".into()),
                    );
                } else {
                    self.expect(&of, &found.ty, found.span);
                }
                Some(Box::new(found))
            }
            None => {
                self.expect(&of, &Ty::Unit, span);
                None
            }
        };
        let ty = self.fresh();
        Expr {
            kind: ExprKind::Break(value),
            ty,
            span,
        }
    }

    pub(super) fn return_expr(&mut self, value: Option<&raw::Expr>, span: Span) -> Expr {
        let Some(of) = self.me().returns.last().cloned() else {
            self.report(span, "`return` outside of a function");
            return self.error_expr(span);
        };
        let value = match value {
            Some(value) => Some(Box::new(self.check(value, &of))),
            None => {
                self.expect(&of, &Ty::Unit, span);
                None
            }
        };
        let ty = self.fresh();
        Expr {
            kind: ExprKind::Return(value),
            ty,
            span,
        }
    }

    pub(super) fn spawn(&mut self, kind: SpawnKind, operand: &raw::Expr, span: Span) -> Expr {
        let result = self.fresh();
        let thunk = Ty::Fn([].into(), Arc::new(result.clone()));
        let operand = self.check(operand, &thunk);
        let (name, ty) = match kind {
            SpawnKind::Plain => ("spawn", Ty::Pid),
            SpawnKind::Link => ("spawn_link", Ty::Pid),
            SpawnKind::Monitor => ("spawn_monitor", Ty::Tuple([Ty::Pid, Ty::Ref].into())),
        };
        let inst = FnInst {
            id: intrinsic_fn(self.db, name),
            args: [result].into(),
        };
        Expr {
            kind: ExprKind::Call(Callee::Fn(inst), vec![operand]),
            ty,
            span,
        }
    }

    /// `e?`: the value inside, or an early return of what is not one.
    pub(super) fn question(&mut self, operand: &raw::Expr, span: Span) -> Expr {
        let operand = self.infer(operand, None);
        let form = self.known_form(&operand.ty);
        let Some(returns) = self.me().returns.last().cloned() else {
            self.report(span, "`?` outside of a function");
            return self.error_expr(span);
        };
        if let Ty::Infer(_) = form {
            return self.question_later(operand, returns, span);
        }
        self.question_known(operand, returns, span)
    }

    /// `e?` on a value of a known type.
    pub(super) fn question_known(&mut self, operand: Expr, returns: Ty, span: Span) -> Expr {
        let (option, result) = (self.known.option, self.known.result);
        match self.table.shallow(&operand.ty) {
            Ty::Adt(id, args) if id == option => {
                let inner = args[0].clone();
                let other = self.fresh();
                let out_ty = self.known.option_of(other);
                self.expect(&returns, &out_ty, span);
                let none = Expr {
                    kind: ExprKind::Construct {
                        ctor: 1,
                        fields: Vec::new(),
                    },
                    ty: out_ty,
                    span,
                };
                self.question_match(operand, inner, (0, 1), None, none, span)
            }
            Ty::Adt(id, args) if id == result => {
                let (inner, error) = (args[0].clone(), args[1].clone());
                let other = self.fresh();
                let out_ty = Ty::Adt(result, [other, error.clone()].into());
                self.expect(&returns, &out_ty, span);
                let local = self.temp(error.clone(), span);
                let value = Expr {
                    kind: ExprKind::Local(local),
                    ty: error.clone(),
                    span,
                };
                let err = Expr {
                    kind: ExprKind::Construct {
                        ctor: 1,
                        fields: vec![value],
                    },
                    ty: out_ty,
                    span,
                };
                self.question_match(operand, inner, (0, 1), Some((local, error)), err, span)
            }
            Ty::Error => self.error_expr(span),
            other => {
                let message = format!(
                    "type mismatch: `?` works on an Option or a Result, found `{}`",
                    self.show(&other)
                );
                self.report(span, message);
                self.error_expr(span)
            }
        }
    }

    pub(super) fn question_match(
        &mut self,
        operand: Expr,
        inner: Ty,
        (good, bad): (u32, u32),
        error: Option<(LocalId, Ty)>,
        early: Expr,
        span: Span,
    ) -> Expr {
        let local = self.temp(inner.clone(), span);
        let pat = |kind, ty: &Ty| Pat {
            kind,
            ty: ty.clone(),
            span,
        };
        let of = operand.ty.clone();
        let good = hir::Arm {
            pattern: pat(
                PatKind::Ctor(good, vec![pat(PatKind::Bind(local, None), &inner)]),
                &of,
            ),
            any: false,
            guard: None,
            body: Expr {
                kind: ExprKind::Local(local),
                ty: inner.clone(),
                span,
            },
        };
        let fields = error
            .map(|(local, ty)| pat(PatKind::Bind(local, None), &ty))
            .into_iter()
            .collect();
        let bad = hir::Arm {
            pattern: pat(PatKind::Ctor(bad, fields), &of),
            any: false,
            guard: None,
            body: Expr {
                kind: ExprKind::Return(Some(Box::new(early))),
                ty: inner.clone(),
                span,
            },
        };
        Expr {
            kind: ExprKind::Match {
                scrutinee: Box::new(operand),
                arms: vec![good, bad],
            },
            ty: inner,
            span,
        }
    }
}
