//! Views of patterns.

use super::{
    ErrorNode, Expr, Path, Token, TypeExpr, choices, is_word, many, name_token, nth, one,
    one_after, views,
};
use crate::kind::Kind;
use crate::literal::{self, Literal};
use crate::tree::Node;

choices! {
    /// A pattern.
    Pat {
        Wild(WildPat),
        Name(NamePat),
        Literal(LiteralPat),
        Atom(AtomPat),
        Range(RangePat),
        Tuple(TuplePat),
        Paren(ParenPat),
        List(ListPat),
        Ctor(CtorPat),
        Record(RecordPat),
        Map(MapPat),
        Set(SetPat),
        Or(OrPat),
        Pin(PinPat),
        As(AsPat),
        Typed(TypedPat),
        Splice(SplicePat),
        Error(ErrorNode),
    }
}

views! {
    /// `_`.
    WildPat = WildPat;
    /// A name to bind; also `self`. Where the page says so, a bound name is compared instead.
    NamePat = NamePat;
    /// A number (perhaps negative), string, char or bool.
    LiteralPat = LiteralPat;
    /// `:name`.
    AtomPat = AtomPat;
    /// `1..10`, `'a'..='z'`.
    RangePat = RangePat;
    /// `(a, b)`, `()`, `{:stop, why}`.
    TuplePat = TuplePat;
    /// `(p)`.
    ParenPat = ParenPat;
    /// `[a, b | t]`.
    ListPat = ListPat;
    /// `Some(x)`, `Sq{side: s}`, `M.None`.
    CtorPat = CtorPat;
    /// `{x: p, y, _}`.
    RecordPat = RecordPat;
    /// `x: p` or `y`, inside a record or constructor pattern.
    FieldPat = FieldPat;
    /// `%{"k": p}`.
    MapPat = MapPat;
    /// `"k": p`.
    MapPatEntry = MapPatEntry;
    /// `#{1, 2}`.
    SetPat = SetPat;
    /// `p | q`.
    OrPat = OrPat;
    /// `^x`.
    PinPat = PinPat;
    /// `p @ x`.
    AsPat = AsPat;
    /// `p: T` inside a larger pattern.
    TypedPat = TypedPat;
    /// `~p` inside a quote.
    SplicePat = SplicePat;
}

impl<'t> NamePat<'t> {
    /// The name.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }
}

impl<'t> LiteralPat<'t> {
    /// The number, char or bool token, or the `StringExpr` node.
    pub fn literal(self) -> Option<Node<'t>> {
        self.node()
            .children()
            .find(|child| !child.kind().is_trivia() && child.kind() != Kind::Minus)
    }

    /// `-1`.
    pub fn is_negative(self) -> bool {
        self.node().token(Kind::Minus).is_some()
    }

    /// What it stands for, the sign not applied; `None` when malformed (reported already).
    pub fn value(self) -> Option<Literal> {
        literal::value(self.literal()?)
    }
}

impl<'t> AtomPat<'t> {
    /// The name without the colon.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }
}

impl<'t> RangePat<'t> {
    /// The first value.
    pub fn start(self) -> Option<Pat<'t>> {
        nth(self.node(), 0)
    }

    /// The last value.
    pub fn end(self) -> Option<Pat<'t>> {
        nth(self.node(), 1)
    }

    /// `..=` rather than `..`.
    pub fn is_inclusive(self) -> bool {
        self.node().token(Kind::DotDotEq).is_some()
    }
}

impl<'t> TuplePat<'t> {
    /// The elements; none for unit.
    pub fn elements(self) -> impl Iterator<Item = Pat<'t>> {
        many(self.node())
    }

    /// `{a, :b}`.
    pub fn is_brace(self) -> bool {
        self.node().token(Kind::LBrace).is_some()
    }
}

impl<'t> ParenPat<'t> {
    /// The pattern inside.
    pub fn inner(self) -> Option<Pat<'t>> {
        one(self.node())
    }
}

impl<'t> ListPat<'t> {
    /// The heads.
    pub fn elements(self) -> impl Iterator<Item = Pat<'t>> {
        self.node()
            .children()
            .take_while(|child| child.kind() != Kind::Pipe)
            .filter_map(Pat::cast)
    }

    /// The pattern behind `|`.
    pub fn tail(self) -> Option<Pat<'t>> {
        one_after(self.node(), Kind::Pipe)
    }
}

impl<'t> CtorPat<'t> {
    /// The constructor, perhaps qualified.
    pub fn path(self) -> Option<Path<'t>> {
        one(self.node())
    }

    /// The constructor's own name, the last of the path.
    pub fn name(self) -> Option<Token<'t>> {
        self.path()?.segments().last()
    }

    /// The positional arguments.
    pub fn elements(self) -> impl Iterator<Item = Pat<'t>> {
        many(self.node())
    }

    /// The arguments by field.
    pub fn fields(self) -> impl Iterator<Item = FieldPat<'t>> {
        many(self.node())
    }

    /// Whether other fields may exist: `Sq{side: s, _}`.
    pub fn is_open(self) -> bool {
        self.node().child(Kind::RestPat).is_some()
    }

    /// `None()`: parentheses, perhaps empty.
    pub fn has_parens(self) -> bool {
        self.node().token(Kind::LParen).is_some()
    }

    /// `Sq{…}`.
    pub fn has_braces(self) -> bool {
        self.node().token(Kind::LBrace).is_some()
    }
}

impl<'t> RecordPat<'t> {
    /// The fields it names.
    pub fn fields(self) -> impl Iterator<Item = FieldPat<'t>> {
        many(self.node())
    }

    /// Whether it ends in `_`: other fields may exist.
    pub fn is_open(self) -> bool {
        self.node().child(Kind::RestPat).is_some()
    }
}

impl<'t> FieldPat<'t> {
    /// The field.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }

    /// The pattern behind the colon; without one the field's name is bound.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }
}

impl<'t> MapPat<'t> {
    /// The keys that must be there, with patterns for their values.
    pub fn entries(self) -> impl Iterator<Item = MapPatEntry<'t>> {
        many(self.node())
    }
}

impl<'t> MapPatEntry<'t> {
    /// The key.
    pub fn key(self) -> Option<Pat<'t>> {
        nth(self.node(), 0)
    }

    /// The pattern of its value.
    pub fn value(self) -> Option<Pat<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> SetPat<'t> {
    /// The elements that must be there.
    pub fn elements(self) -> impl Iterator<Item = Pat<'t>> {
        many(self.node())
    }
}

impl<'t> OrPat<'t> {
    /// The alternatives, two or more.
    pub fn alternatives(self) -> impl Iterator<Item = Pat<'t>> {
        many(self.node())
    }
}

impl<'t> PinPat<'t> {
    /// The variable whose value is compared.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }
}

impl<'t> AsPat<'t> {
    /// The name for the whole value: the side that is a bare name, the right one when both are.
    pub fn name(self) -> Option<Token<'t>> {
        self.sides().1
    }

    /// The pattern that the value must also match.
    pub fn pattern(self) -> Option<Pat<'t>> {
        self.sides().0
    }

    fn sides(self) -> (Option<Pat<'t>>, Option<Token<'t>>) {
        match (nth(self.node(), 0), nth(self.node(), 1)) {
            (left, Some(Pat::Name(right))) => (left, right.name()),
            (Some(Pat::Name(left)), right) => (right, left.name()),
            (left, _) => (left, None),
        }
    }
}

impl<'t> TypedPat<'t> {
    /// The pattern.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }

    /// Its type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        one_after(self.node(), Kind::Colon)
    }
}

impl<'t> SplicePat<'t> {
    /// What is spliced.
    pub fn operand(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> super::UseName<'t> {
    /// The name in the other module.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// `b as c`: the name here.
    pub fn alias(self) -> Option<Token<'t>> {
        super::items::alias(self.node())
    }
}
