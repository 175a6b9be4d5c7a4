//! Which receives take only messages that bear a certain reference: one that lay in the mailbox when the reference was made need not be looked at.
//!
//! Every arm has to compare a part of the message with a variable bound before the receive, and before that ask nothing that could be noticed: a guard
//! that throws must throw for old messages, too.

use crate::ir::{Expr, Kind, Tree, Typed, VarId};
use crate::layout::TyId;
use nostos_check::hir::PrimOp;

/// The variables with the references, one of which each message that is taken bears; none: there are other messages, too.
pub(super) fn references(
    groups: &[Typed],
    is_ref: impl Fn(TyId) -> bool,
    is_fixed: impl Fn(VarId) -> bool,
) -> Vec<VarId> {
    let mut search = Search {
        is_ref: &is_ref,
        is_fixed: &is_fixed,
        parts: Vec::new(),
        found: Vec::new(),
    };
    let all = groups.iter().all(|group| {
        search.parts.push(group.subject);
        group.ty.is_some() && search.compares(&group.tree)
    });
    if all { search.found } else { Vec::new() }
}

struct Search<'a> {
    is_ref: &'a dyn Fn(TyId) -> bool,
    /// Is the variable bound once and for all before the receive, if it is not one of the message's parts?
    is_fixed: &'a dyn Fn(VarId) -> bool,
    /// Variables that are parts of the message.
    parts: Vec<VarId>,
    found: Vec<VarId>,
}

/// What a condition says.
enum Says {
    /// True: the message bears the reference.
    Bears,
    /// To ask it cannot be noticed.
    Nothing,
    /// It calls something, or may throw.
    Anything,
}

impl Search<'_> {
    /// Is there a comparison on the way to each arm?
    fn compares(&mut self, tree: &Tree) -> bool {
        match tree {
            Tree::Fail => true,
            Tree::Arm(_) => false,
            Tree::Let(var, value, then) => {
                if !self.is_part(value) {
                    return false;
                }
                self.parts.push(*var);
                self.compares(then)
            }
            Tree::Test(test, then, otherwise) => match self.says(test) {
                Says::Bears => self.compares(otherwise),
                Says::Nothing => self.compares(then) && self.compares(otherwise),
                Says::Anything => false,
            },
            Tree::Ctor(_, cases, otherwise) => {
                cases.iter().all(|case| self.compares(&case.1)) && self.compares(otherwise)
            }
            Tree::Word(_, cases, otherwise) => {
                cases.iter().all(|case| self.compares(&case.1)) && self.compares(otherwise)
            }
            Tree::First(trees) => trees.iter().all(|tree| self.compares(tree)),
        }
    }

    fn says(&mut self, test: &Expr) -> Says {
        match &test.kind {
            Kind::Prim(PrimOp::Eq, sides) => {
                if let [a, b] = sides.as_slice()
                    && (self.is_ref)(a.ty)
                    && let Some(var) = self.reference(a, b).or_else(|| self.reference(b, a))
                {
                    if !self.found.contains(&var) {
                        self.found.push(var);
                    }
                    return Says::Bears;
                }
                self.says_little(sides)
            }
            Kind::Prim(
                PrimOp::Ne | PrimOp::Lt | PrimOp::Le | PrimOp::Gt | PrimOp::Ge | PrimOp::Not,
                sides,
            ) => self.says_little(sides),
            // `a && b`
            Kind::If(parts) if matches!(parts[2].kind, Kind::Word(0)) => {
                match self.says(&parts[0]) {
                    Says::Nothing => self.says(&parts[1]),
                    said => said,
                }
            }
            Kind::Var(_) if test.ty == TyId::BOOL => Says::Nothing,
            _ => Says::Anything,
        }
    }

    fn says_little(&self, sides: &[Expr]) -> Says {
        if sides.iter().all(is_plain) {
            Says::Nothing
        } else {
            Says::Anything
        }
    }

    /// The variable of the second expression, if that is a reference of before and the first is of the message.
    fn reference(&self, part: &Expr, other: &Expr) -> Option<VarId> {
        match other.kind {
            Kind::Var(var) if !self.parts.contains(&var) && (self.is_fixed)(var) => {
                self.is_part(part).then_some(var)
            }
            _ => None,
        }
    }

    fn is_part(&self, e: &Expr) -> bool {
        match &e.kind {
            Kind::Var(var) => self.parts.contains(var),
            Kind::Get(of, ..) => self.is_part(of),
            _ => false,
        }
    }
}

/// A variable, a constant, or a field of one.
fn is_plain(e: &Expr) -> bool {
    match &e.kind {
        Kind::Var(_) | Kind::Word(_) | Kind::Float(_) | Kind::String(_) | Kind::Unit => true,
        Kind::Get(of, ..) => is_plain(of),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nostos_abi::code::CellId;

    const REF: TyId = TyId(100);
    /// Variables: two references of before, one that changes, the message.
    const A: VarId = VarId(0);
    const B: VarId = VarId(1);
    const CHANGING: VarId = VarId(2);
    const MESSAGE: VarId = VarId(3);
    /// Parts of the message.
    const FIELD: VarId = VarId(4);
    const NAME: VarId = VarId(5);

    fn var(var: VarId) -> Expr {
        Expr::new(Kind::Var(var), REF, 0)
    }

    fn same(a: VarId, b: VarId) -> Expr {
        Expr::new(Kind::Prim(PrimOp::Eq, vec![var(a), var(b)]), TyId::BOOL, 0)
    }

    /// `n > 4`, and a call.
    fn small() -> Expr {
        let sides = [Kind::Var(MESSAGE), Kind::Word(4)].map(|side| Expr::new(side, TyId::INT, 0));
        Expr::new(Kind::Prim(PrimOp::Gt, sides.into()), TyId::BOOL, 0)
    }

    fn called() -> Expr {
        Expr::new(Kind::Call(CellId(1), vec![]), TyId::BOOL, 0)
    }

    fn both(a: Expr, b: Expr) -> Expr {
        let no = Expr::word(0, TyId::BOOL, 0);
        Expr::new(Kind::If(Box::new([a, b, no])), TyId::BOOL, 0)
    }

    fn either(a: Expr, b: Expr) -> Expr {
        let yes = Expr::word(1, TyId::BOOL, 0);
        Expr::new(Kind::If(Box::new([a, yes, b])), TyId::BOOL, 0)
    }

    /// The arm behind this guard, with the message's parts bound.
    fn guarded(guard: Expr) -> Tree {
        let test = Tree::Test(
            Box::new(guard),
            Box::new(Tree::Arm(0)),
            Box::new(Tree::Fail),
        );
        let field = Kind::Get(Box::new(var(MESSAGE)), 0, 0);
        let named = Tree::Let(NAME, Box::new(var(FIELD)), Box::new(test));
        Tree::Let(FIELD, Box::new(Expr::new(field, REF, 0)), Box::new(named))
    }

    fn of(trees: Vec<Tree>) -> Vec<VarId> {
        let group = |tree| Typed {
            ty: Some(TyId(101)),
            subject: MESSAGE,
            tree,
        };
        let groups: Vec<Typed> = trees.into_iter().map(group).collect();
        references(&groups, |ty| ty == REF, |var| var != CHANGING)
    }

    #[test]
    fn a_comparison_with_what_was_bound_before_is_found() {
        assert_eq!(of(vec![guarded(same(NAME, A))]), [A]);
        assert_eq!(of(vec![guarded(same(B, FIELD))]), [B]);
        // Several arms, with several references.
        let arms = vec![guarded(same(NAME, A)), guarded(same(NAME, B))];
        assert_eq!(of(vec![Tree::First(arms.clone())]), [A, B]);
        assert_eq!(of(arms), [A, B]);
        // More is asked afterwards, or nothing that could be noticed before.
        assert_eq!(of(vec![guarded(both(same(NAME, A), called()))]), [A]);
        assert_eq!(of(vec![guarded(both(small(), same(NAME, A)))]), [A]);
        let cases = vec![(0, guarded(same(NAME, A))), (2, guarded(same(NAME, A)))];
        let tree = Tree::Ctor(MESSAGE, cases, Box::new(Tree::Fail));
        assert_eq!(of(vec![tree]), [A]);
    }

    #[test]
    fn what_takes_other_messages_is_not() {
        let none: [VarId; 0] = [];
        // Of two that are not the message's, or both its own; of one that changes.
        for (a, b) in [(A, B), (NAME, FIELD), (NAME, CHANGING)] {
            assert_eq!(of(vec![guarded(same(a, b))]), none, "{a:?} {b:?}");
        }
        assert_eq!(of(vec![guarded(either(same(NAME, A), small()))]), none);
        assert_eq!(of(vec![guarded(both(called(), same(NAME, A)))]), none);
        assert_eq!(of(vec![guarded(small())]), none);
        assert_eq!(of(vec![guarded(same(NAME, A)), Tree::Arm(1)]), none);
        let one = vec![(0, guarded(same(NAME, A))), (1, Tree::Arm(1))];
        let tree = Tree::Ctor(MESSAGE, one, Box::new(Tree::Fail));
        assert_eq!(of(vec![tree]), none);
        // What a call makes of the message may have come from elsewhere.
        let test = Tree::Test(
            Box::new(same(NAME, A)),
            Box::new(Tree::Arm(0)),
            Box::new(Tree::Fail),
        );
        assert_eq!(
            of(vec![Tree::Let(NAME, Box::new(called()), Box::new(test))]),
            none
        );
    }
}
