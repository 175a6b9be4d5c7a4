//! Constructs that wait for the type of an operand: `e?`, and `R(x, f: v)`, which makes or changes a record.

use super::constraint::Tried;
use super::{Goal, Hole, Infer, Pending};
use crate::hir::{Expr, ExprKind, Span};
use crate::ty::Ty;

impl<'db> Infer<'db> {
    /// `e?` on a value of a type that is not known yet.
    pub(super) fn question_later(&mut self, operand: Expr, returns: Ty, span: Span) -> Expr {
        let ty = self.fresh();
        let goal = Goal::Question {
            operand: operand.ty.clone(),
            result: ty.clone(),
            returns,
        };
        let hole = Hole::Question {
            operand,
            ty: ty.clone(),
            span,
        };
        let (hole, out) = self.hole(hole, ty, span);
        self.later(goal, span, Some(hole));
        out
    }

    pub(super) fn try_question(&mut self, pending: &Pending, force: bool) -> Tried {
        let Goal::Question {
            operand,
            result,
            returns,
        } = &pending.goal
        else {
            return Tried::Stuck;
        };
        let (option, either) = (self.known.option, self.known.result);
        if let Ty::Infer(_) = self.table.shallow(operand) {
            // What the function gives is of the kind that `?` takes apart.
            let like = match self.table.shallow(returns) {
                Ty::Adt(id, _) if id == option => {
                    let item = self.fresh();
                    self.known.option_of(item)
                }
                Ty::Adt(id, args) if id == either => {
                    Ty::Adt(either, [self.fresh(), args[1].clone()].into())
                }
                Ty::Error => Ty::Error,
                _ if force => {
                    self.report(
                        pending.span,
                        "Type annotation required: `?` works on an Option or a Result",
                    );
                    let _ = self.table.unify(result, &Ty::Error);
                    return Tried::Done;
                }
                _ => return Tried::Stuck,
            };
            let _ = self.table.unify(operand, &like);
        }
        let Some(hole) = pending.hole else {
            return Tried::Done;
        };
        if let Hole::Question { operand, ty, span } = self.take_hole(hole, pending.span) {
            let out = self.question_known(operand, returns.clone(), span);
            self.expect(&ty, &out.ty, span);
            self.holes[hole as usize] = Hole::Done(out);
        }
        Tried::Done
    }

    /// `R(base, f: v)` where `base` may be an `R` to be changed or the field `open`, the one that is not named.
    pub(super) fn record_later(
        &mut self,
        base: Expr,
        (open, open_ty): (u32, Ty),
        fields: Vec<(u32, Expr)>,
        ty: Ty,
        span: Span,
    ) -> Expr {
        let goal = Goal::Record {
            base: base.ty.clone(),
            open: open_ty,
            result: ty.clone(),
        };
        let hole = Hole::Record {
            base,
            open,
            fields,
            ty: ty.clone(),
            span,
        };
        let (hole, out) = self.hole(hole, ty, span);
        self.later(goal, span, Some(hole));
        out
    }

    pub(super) fn try_record(&mut self, pending: &Pending, force: bool) -> Tried {
        let Goal::Record { base, open, result } = &pending.goal else {
            return Tried::Stuck;
        };
        let form = self.table.shallow(base);
        let changes = match (&form, self.table.shallow(result)) {
            (Ty::Infer(var), _) if self.table.is_literal(*var) => false,
            (Ty::Infer(_), _) if !force => return Tried::Stuck,
            // Nothing says which: the form of an update is the more usual one.
            (Ty::Infer(_), _) => true,
            (Ty::Adt(id, _), Ty::Adt(of, _)) => *id == of,
            _ => false,
        };
        let wanted = if changes { result } else { open };
        self.expect(wanted, base, pending.span);
        let Some(hole) = pending.hole else {
            return Tried::Done;
        };
        if let Hole::Record {
            base,
            open,
            fields,
            ty,
            span,
        } = self.take_hole(hole, pending.span)
        {
            let out = if changes {
                Expr {
                    kind: ExprKind::Update(Box::new(base), fields),
                    ty,
                    span,
                }
            } else {
                let mut written = vec![(open, base)];
                written.extend(fields);
                let positions: Vec<(usize, usize)> = written
                    .iter()
                    .enumerate()
                    .map(|(order, (at, _))| (order, *at as usize))
                    .collect();
                written.sort_by_key(|(at, _)| *at);
                let values = written.into_iter().map(|(_, e)| e).collect();
                self.in_written_order(values, &positions, |fields| Expr {
                    kind: ExprKind::Construct { ctor: 0, fields },
                    ty,
                    span,
                })
            };
            self.holes[hole as usize] = Hole::Done(out);
        }
        Tried::Done
    }
}
