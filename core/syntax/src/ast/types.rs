//! Views of type expressions.

use super::{ErrorNode, Expr, Token, choices, many, many_in, nth, one, views};
use crate::kind::Kind;

choices! {
    /// A type as written.
    TypeExpr {
        Path(PathType),
        List(ListType),
        Tuple(TupleType),
        Paren(ParenType),
        Fn(FnType),
        Splice(SpliceType),
        Error(ErrorNode),
    }
}

views! {
    /// `Int`, `List[Int]`, `M.T`, a type variable, `Self`. Also a trait where one is named.
    PathType = PathType;
    /// `[Int]`.
    ListType = ListType;
    /// `(A, B)`, `()`.
    TupleType = TupleType;
    /// `(A)`.
    ParenType = ParenType;
    /// `A -> B`, `(A, B) -> C`, `() -> C`.
    FnType = FnType;
    /// `~t` inside a quote.
    SpliceType = SpliceType;
}

impl<'t> PathType<'t> {
    /// The names between the dots.
    pub fn segments(self) -> impl Iterator<Item = Token<'t>> {
        self.node().tokens().filter(|token| {
            matches!(
                token.kind(),
                Kind::Ident | Kind::UpperIdent | Kind::SelfTypeKw
            )
        })
    }

    /// The last name.
    pub fn name(self) -> Option<Token<'t>> {
        self.segments().last()
    }

    /// The types in brackets.
    pub fn args(self) -> impl Iterator<Item = TypeExpr<'t>> {
        many_in(self.node(), Kind::TypeArgList)
    }

    /// One lower-case name: a type variable.
    pub fn is_variable(self) -> bool {
        let mut segments = self.segments();
        segments
            .next()
            .is_some_and(|name| name.kind() == Kind::Ident)
            && segments.next().is_none()
    }

    /// `Self`.
    pub fn is_self(self) -> bool {
        self.segments()
            .next()
            .is_some_and(|name| name.kind() == Kind::SelfTypeKw)
    }
}

impl<'t> ListType<'t> {
    /// The type of the elements.
    pub fn element(self) -> Option<TypeExpr<'t>> {
        one(self.node())
    }
}

impl<'t> TupleType<'t> {
    /// Two or more types, or none for unit.
    pub fn elements(self) -> impl Iterator<Item = TypeExpr<'t>> {
        many(self.node())
    }
}

impl<'t> ParenType<'t> {
    /// The type inside.
    pub fn inner(self) -> Option<TypeExpr<'t>> {
        one(self.node())
    }
}

impl<'t> FnType<'t> {
    /// The parameters: what stands in the parentheses before the arrow, else the one type before it.
    pub fn params(self) -> Vec<TypeExpr<'t>> {
        match nth(self.node(), 0) {
            Some(TypeExpr::Tuple(list)) => list.elements().collect(),
            Some(TypeExpr::Paren(list)) => list.inner().into_iter().collect(),
            Some(single) => vec![single],
            None => Vec::new(),
        }
    }

    /// The type behind the arrow.
    pub fn result(self) -> Option<TypeExpr<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> SpliceType<'t> {
    /// What is spliced.
    pub fn operand(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}
