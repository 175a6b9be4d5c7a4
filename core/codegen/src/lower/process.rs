//! `try` and `receive`: arms are grouped by the type they take, in order.

use super::Ctx;
use crate::ir::{Expr, Kind, Receive, Tree, Try, Typed};
use crate::layout::TyId;
use nostos_check::hir::{self, Arm};

impl Ctx<'_> {
    pub(super) fn try_(
        &mut self,
        body: &hir::Expr,
        arms: &[Arm],
        finally: Option<&hir::Expr>,
        ty: TyId,
        at: u32,
    ) -> Expr {
        let body = self.body_expr(body);
        let (catch, bodies) = self.typed_arms(arms);
        let finally = finally.map(|f| self.body_expr(f));
        let try_ = Try {
            body,
            catch,
            arms: bodies,
            finally,
        };
        Expr::new(Kind::Try(Box::new(try_)), ty, at)
    }

    pub(super) fn receive(
        &mut self,
        arms: &[Arm],
        after: Option<&(hir::Expr, hir::Expr)>,
        ty: TyId,
        at: u32,
    ) -> Expr {
        let after = after.map(|(time, then)| {
            let time = self.expr(time);
            (time, self.body_expr(then))
        });
        let (groups, bodies) = self.typed_arms(arms);
        let receive = Receive {
            groups,
            arms: bodies,
            after,
        };
        Expr::new(Kind::Receive(Box::new(receive)), ty, at)
    }

    /// Neighbouring arms of one type share a tree.
    fn typed_arms(&mut self, arms: &[Arm]) -> (Vec<Typed>, Vec<Expr>) {
        let mut groups = Vec::new();
        let mut first = 0;
        while first < arms.len() {
            let key = self.arm_type(&arms[first]);
            let mut last = first + 1;
            while last < arms.len() && self.arm_type(&arms[last]) == key {
                last += 1;
            }
            let subject = self.temp(key.unwrap_or(TyId::UNIT));
            let numbered = (first..last).map(|i| (i as u32, &arms[i]));
            let tree = if key.is_some() {
                self.arms_tree(vec![subject], numbered)
            } else {
                self.any_tree(numbered)
            };
            groups.push(Typed {
                ty: key,
                subject,
                tree,
            });
            first = last;
        }
        let bodies = arms.iter().map(|arm| self.body_expr(&arm.body)).collect();
        (groups, bodies)
    }

    fn arm_type(&mut self, arm: &Arm) -> Option<TyId> {
        if arm.any {
            None
        } else {
            Some(self.ty(&arm.pattern.ty))
        }
    }

    fn any_tree<'b>(&mut self, arms: impl Iterator<Item = (u32, &'b Arm)>) -> Tree {
        let mut alternatives = Vec::new();
        for (number, arm) in arms {
            alternatives.push(match &arm.guard {
                None => Tree::Arm(number),
                Some(guard) => {
                    let guard = self.expr(guard);
                    Tree::Test(
                        Box::new(guard),
                        Box::new(Tree::Arm(number)),
                        Box::new(Tree::Fail),
                    )
                }
            });
        }
        Tree::First(alternatives)
    }
}
