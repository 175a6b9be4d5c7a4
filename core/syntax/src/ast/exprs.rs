//! Views of expressions, statements and their parts.

use super::{
    AssignOp, BinaryOp, ErrorNode, FnDef, Guard, Item, Param, Pat, SpawnKind, Token, TypeExpr,
    UnaryOp, View, choices, is_word, many, many_in, nth, one, one_after, views,
};
use crate::kind::Kind;
use crate::literal::{self, Literal};
use crate::tree::Node;

choices! {
    /// An expression. Bindings and assignments are among them: they stand in blocks, branches, arms and bodies, and give unit.
    Expr {
        Name(NameExpr),
        Literal(LiteralExpr),
        String(StringExpr),
        Atom(AtomExpr),
        Paren(ParenExpr),
        Tuple(TupleExpr),
        List(ListExpr),
        Range(RangeExpr),
        Map(MapExpr),
        Set(SetExpr),
        Block(Block),
        If(IfExpr),
        Match(MatchExpr),
        Receive(ReceiveExpr),
        Try(TryExpr),
        Lambda(LambdaExpr),
        While(WhileExpr),
        For(ForExpr),
        Break(BreakExpr),
        Continue(ContinueExpr),
        Return(ReturnExpr),
        Spawn(SpawnExpr),
        Async(AsyncExpr),
        Unsafe(UnsafeExpr),
        Unary(UnaryExpr),
        Binary(BinaryExpr),
        Call(CallExpr),
        MethodCall(MethodCallExpr),
        Field(FieldExpr),
        TupleField(TupleFieldExpr),
        Index(IndexExpr),
        TypeApp(TypeAppExpr),
        Question(QuestionExpr),
        Quote(QuoteExpr),
        Splice(SpliceExpr),
        Bind(BindExpr),
        Assign(AssignExpr),
        Error(ErrorNode),
    }
}

views! {
    /// A name: of a value, function, constructor, module or type.
    NameExpr = NameExpr;
    /// A number, char or bool.
    LiteralExpr = LiteralExpr;
    /// A string with or without interpolation; also `'…'` of two or more characters.
    StringExpr = StringExpr;
    /// `:name`.
    AtomExpr = AtomExpr;
    /// `(e)`.
    ParenExpr = ParenExpr;
    /// `(a, b)`, `()`, `{:ok, x}`.
    TupleExpr = TupleExpr;
    /// `[1, 2]`, `[h | t]`, `[a..b]`.
    ListExpr = ListExpr;
    /// `a..b`, inside a list.
    RangeExpr = RangeExpr;
    /// `%{"k": v}`.
    MapExpr = MapExpr;
    /// `"k": v`.
    MapEntry = MapEntry;
    /// `#{1, 2}`.
    SetExpr = SetExpr;
    /// `{ … }`, `do … end`.
    Block = Block;
    /// `if`.
    IfExpr = IfExpr;
    /// `match`.
    MatchExpr = MatchExpr;
    /// `p when g -> e`.
    Arm = Arm;
    /// `receive`.
    ReceiveExpr = ReceiveExpr;
    /// `after ms -> e`.
    AfterClause = AfterClause;
    /// `try`.
    TryExpr = TryExpr;
    /// `catch { p -> e }`.
    CatchClause = CatchClause;
    /// `finally { … }`.
    FinallyClause = FinallyClause;
    /// `x => e`, `(x: Int, y) -> Int => e`, `x -> e`.
    LambdaExpr = LambdaExpr;
    /// `while c { … }`.
    WhileExpr = WhileExpr;
    /// `for i = a to b { … }`, `for x in xs { … }`.
    ForExpr = ForExpr;
    /// `break`, `break e`.
    BreakExpr = BreakExpr;
    /// `continue`.
    ContinueExpr = ContinueExpr;
    /// `return`, `return e`.
    ReturnExpr = ReturnExpr;
    /// `spawn { … }`, `spawn_link(f)`, `spawn_monitor(f)`.
    SpawnExpr = SpawnExpr;
    /// `async e`.
    AsyncExpr = AsyncExpr;
    /// `unsafe { … }`.
    UnsafeExpr = UnsafeExpr;
    /// `-x`, `!x`, `not x`.
    UnaryExpr = UnaryExpr;
    /// `a + b` and every other infix operator.
    BinaryExpr = BinaryExpr;
    /// `f(a)`, `f[T](a)`, `Point(x: 1)`, `Sq{side: 1.0}`.
    CallExpr = CallExpr;
    /// `x.f(a)`, `m.f(a)`, `Chan.new()`.
    MethodCallExpr = MethodCallExpr;
    /// The arguments of a call.
    ArgList = ArgList;
    /// `e`, `name: e`.
    Arg = Arg;
    /// `x.name`.
    FieldExpr = FieldExpr;
    /// `t.0`.
    TupleFieldExpr = TupleFieldExpr;
    /// `xs[i]`.
    IndexExpr = IndexExpr;
    /// `Array[Int]` without a call behind it.
    TypeAppExpr = TypeAppExpr;
    /// `e?`.
    QuestionExpr = QuestionExpr;
    /// `quote(e)`, `quote { … }`.
    QuoteExpr = QuoteExpr;
    /// `~x`.
    SpliceExpr = SpliceExpr;
    /// `p = e`, `x: T = e`, `var x = e`.
    BindExpr = BindExpr;
    /// `xs[i] = e`, `p.x = e`, `n += e`.
    AssignExpr = AssignExpr;
}

/// One line of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stmt<'t> {
    /// A clause of a local function.
    Fn(FnDef<'t>),
    /// Something that otherwise stands at item level; meant for quotes.
    Item(Item<'t>),
    /// Anything else.
    Expr(Expr<'t>),
}

impl<'t> View<'t> for Stmt<'t> {
    fn cast(node: Node<'t>) -> Option<Self> {
        if let Some(function) = FnDef::cast(node) {
            Some(Stmt::Fn(function))
        } else if let Some(expr) = Expr::cast(node) {
            Some(Stmt::Expr(expr))
        } else {
            Item::cast(node).map(Stmt::Item)
        }
    }

    fn node(self) -> Node<'t> {
        match self {
            Stmt::Fn(function) => function.node(),
            Stmt::Item(item) => item.node(),
            Stmt::Expr(expr) => expr.node(),
        }
    }
}

super::common!(Stmt);

/// A piece of a string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StringPart<'t> {
    /// Text, escapes as written; [`literal::unescape`] decodes it.
    Text(Token<'t>),
    /// The expression inside `${…}`.
    Interp(Expr<'t>),
}

/// What a `for` runs over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForHead<'t> {
    /// `i = from to to`, `to` excluded.
    Range {
        /// The first value.
        from: Option<Expr<'t>>,
        /// One past the last value.
        to: Option<Expr<'t>>,
    },
    /// `x in xs`.
    In(Option<Expr<'t>>),
}

impl<'t> Expr<'t> {
    /// Without the parentheses around it.
    pub fn without_parens(self) -> Expr<'t> {
        let mut expr = self;
        while let Expr::Paren(paren) = expr {
            let Some(inner) = paren.inner() else { break };
            expr = inner;
        }
        expr
    }
}

impl<'t> NameExpr<'t> {
    /// The name. `self`, `Self`, `to`, `from`, `test` and the spawn words come here too when used as values.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().next()
    }

    /// A constructor, constant, module or type.
    pub fn is_upper(self) -> bool {
        self.name()
            .is_some_and(|name| matches!(name.kind(), Kind::UpperIdent | Kind::SelfTypeKw))
    }
}

impl<'t> LiteralExpr<'t> {
    /// The one token.
    pub fn token(self) -> Option<Token<'t>> {
        self.node().tokens().next()
    }

    /// What it stands for; `None` when malformed (reported already).
    pub fn value(self) -> Option<Literal> {
        literal::value(self.token()?)
    }
}

impl<'t> StringExpr<'t> {
    /// Text and interpolated expressions in order.
    pub fn parts(self) -> impl Iterator<Item = StringPart<'t>> {
        self.node()
            .children()
            .filter_map(|child| match child.kind() {
                Kind::StringText | Kind::RawString => Some(StringPart::Text(child)),
                _ => Expr::cast(child).map(StringPart::Interp),
            })
    }

    /// The decoded text when nothing is interpolated.
    pub fn plain_value(self) -> Option<String> {
        match literal::value(self.node())? {
            Literal::String(text) => Some(text),
            _ => None,
        }
    }
}

impl<'t> AtomExpr<'t> {
    /// The name without the colon.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }
}

impl<'t> ParenExpr<'t> {
    /// The expression inside.
    pub fn inner(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> TupleExpr<'t> {
    /// The elements; none for unit.
    pub fn elements(self) -> impl Iterator<Item = Expr<'t>> {
        many(self.node())
    }

    /// `{a, :b}`.
    pub fn is_brace(self) -> bool {
        self.node().token(Kind::LBrace).is_some()
    }
}

impl<'t> ListExpr<'t> {
    /// The elements in front of `|`.
    pub fn elements(self) -> impl Iterator<Item = Expr<'t>> {
        self.node()
            .children()
            .take_while(|child| child.kind() != Kind::Pipe)
            .filter_map(Expr::cast)
    }

    /// The list behind `|`.
    pub fn tail(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Pipe)
    }
}

impl<'t> RangeExpr<'t> {
    /// The first value.
    pub fn start(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// The last value, included.
    pub fn end(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> MapExpr<'t> {
    /// Keys with values.
    pub fn entries(self) -> impl Iterator<Item = MapEntry<'t>> {
        many(self.node())
    }
}

impl<'t> MapEntry<'t> {
    /// The key.
    pub fn key(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// The value.
    pub fn value(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> SetExpr<'t> {
    /// The elements.
    pub fn elements(self) -> impl Iterator<Item = Expr<'t>> {
        many(self.node())
    }
}

impl<'t> Block<'t> {
    /// Its statements, in order.
    pub fn stmts(self) -> impl Iterator<Item = Stmt<'t>> {
        many(self.node())
    }
}

impl<'t> IfExpr<'t> {
    /// The condition.
    pub fn condition(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// What holds when it is true.
    pub fn then_branch(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }

    /// What holds otherwise; another `IfExpr` for `else if`.
    pub fn else_branch(self) -> Option<Expr<'t>> {
        nth(self.node(), 2)
    }
}

impl<'t> MatchExpr<'t> {
    /// The value to look at.
    pub fn scrutinee(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// The arms, top to bottom.
    pub fn arms(self) -> impl Iterator<Item = Arm<'t>> {
        many(self.node())
    }
}

impl<'t> Arm<'t> {
    /// What it takes.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }

    /// `when e`.
    pub fn guard(self) -> Option<Guard<'t>> {
        one(self.node())
    }

    /// What stands behind the arrow.
    pub fn body(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Arrow)
    }
}

impl<'t> ReceiveExpr<'t> {
    /// The arms, top to bottom.
    pub fn arms(self) -> impl Iterator<Item = Arm<'t>> {
        many(self.node())
    }

    /// The timeout.
    pub fn after(self) -> Option<AfterClause<'t>> {
        one(self.node())
    }
}

impl<'t> AfterClause<'t> {
    /// Milliseconds.
    pub fn timeout(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// What holds when they have passed.
    pub fn body(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> TryExpr<'t> {
    /// What may throw.
    pub fn body(self) -> Option<Block<'t>> {
        one(self.node())
    }

    /// The handlers.
    pub fn catch(self) -> Option<CatchClause<'t>> {
        one(self.node())
    }

    /// What always runs.
    pub fn finally(self) -> Option<FinallyClause<'t>> {
        one(self.node())
    }
}

impl<'t> CatchClause<'t> {
    /// The arms, top to bottom.
    pub fn arms(self) -> impl Iterator<Item = Arm<'t>> {
        many(self.node())
    }
}

impl<'t> FinallyClause<'t> {
    /// What always runs.
    pub fn body(self) -> Option<Block<'t>> {
        one(self.node())
    }
}

impl<'t> LambdaExpr<'t> {
    /// The parameters.
    pub fn params(self) -> impl Iterator<Item = Param<'t>> {
        many_in(self.node(), Kind::ParamList)
    }

    /// Whether the parameters stand in parentheses.
    pub fn has_parens(self) -> bool {
        self.node()
            .child(Kind::ParamList)
            .is_some_and(|list| list.token(Kind::LParen).is_some())
    }

    /// The annotated type of the result.
    pub fn return_type(self) -> Option<TypeExpr<'t>> {
        one(self.node().child(Kind::RetType)?)
    }

    /// What it computes.
    pub fn body(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> WhileExpr<'t> {
    /// The condition.
    pub fn condition(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// What is repeated.
    pub fn body(self) -> Option<Block<'t>> {
        nth::<Expr>(self.node(), 1).and_then(|body| Block::cast(body.node()))
    }
}

impl<'t> ForExpr<'t> {
    /// The loop variable.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }

    /// What it runs over.
    pub fn head(self) -> ForHead<'t> {
        if self.node().token(Kind::Eq).is_some() {
            let mut values = self.exprs();
            ForHead::Range {
                from: values.next(),
                to: values.next(),
            }
        } else {
            ForHead::In(self.exprs().next())
        }
    }

    /// What is repeated.
    pub fn body(self) -> Option<Block<'t>> {
        self.exprs()
            .last()
            .and_then(|body| Block::cast(body.node()))
    }

    /// The expressions behind the pattern, the body last.
    fn exprs(self) -> impl Iterator<Item = Expr<'t>> {
        let pattern = self.pattern().map(|pattern| pattern.id());
        many(self.node()).filter(move |expr: &Expr| Some(expr.id()) != pattern)
    }
}

impl<'t> BreakExpr<'t> {
    /// The value of the loop.
    pub fn value(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> ReturnExpr<'t> {
    /// The value of the function.
    pub fn value(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> SpawnExpr<'t> {
    /// Which of the three.
    pub fn how(self) -> SpawnKind {
        match self.node().tokens().next().map(Node::kind) {
            Some(Kind::SpawnLinkKw) => SpawnKind::Link,
            Some(Kind::SpawnMonitorKw) => SpawnKind::Monitor,
            _ => SpawnKind::Plain,
        }
    }

    /// `spawn { … }`.
    pub fn block(self) -> Option<Block<'t>> {
        one(self.node())
    }

    /// `spawn(f)`. With neither, the word stands as a function value.
    pub fn arg_list(self) -> Option<ArgList<'t>> {
        one(self.node())
    }
}

impl<'t> AsyncExpr<'t> {
    /// What the task computes.
    pub fn operand(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> UnsafeExpr<'t> {
    /// The block.
    pub fn body(self) -> Option<Block<'t>> {
        one(self.node())
    }
}

impl<'t> UnaryExpr<'t> {
    /// The operator.
    pub fn op(self) -> UnaryOp {
        match self.node().token(Kind::Minus) {
            Some(_) => UnaryOp::Neg,
            None => UnaryOp::Not,
        }
    }

    /// The operand.
    pub fn operand(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> BinaryExpr<'t> {
    /// The left operand.
    pub fn lhs(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// The operator's token.
    pub fn op_token(self) -> Option<Token<'t>> {
        self.node()
            .tokens()
            .find(|token| BinaryOp::from_kind(token.kind()).is_some())
    }

    /// The operator.
    pub fn op(self) -> Option<BinaryOp> {
        BinaryOp::from_kind(self.op_token()?.kind())
    }

    /// The right operand.
    pub fn rhs(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> CallExpr<'t> {
    /// What is called.
    pub fn callee(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// `f[T](…)`.
    pub fn type_args(self) -> impl Iterator<Item = TypeExpr<'t>> {
        many_in(self.node(), Kind::TypeArgList)
    }

    /// The arguments with their brackets.
    pub fn arg_list(self) -> Option<ArgList<'t>> {
        one(self.node())
    }

    /// The arguments.
    pub fn args(self) -> impl Iterator<Item = Arg<'t>> {
        many_in(self.node(), Kind::ArgList)
    }

    /// `Sq{side: 1.0}`.
    pub fn has_braces(self) -> bool {
        self.arg_list()
            .is_some_and(|list| list.node().token(Kind::LBrace).is_some())
    }
}

impl<'t> MethodCallExpr<'t> {
    /// The value in front of the dot; a module or type when its name says so.
    pub fn receiver(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// The method.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }

    /// `x.f[T](…)`.
    pub fn type_args(self) -> impl Iterator<Item = TypeExpr<'t>> {
        many_in(self.node(), Kind::TypeArgList)
    }

    /// The arguments with their brackets.
    pub fn arg_list(self) -> Option<ArgList<'t>> {
        one(self.node())
    }

    /// The arguments.
    pub fn args(self) -> impl Iterator<Item = Arg<'t>> {
        many_in(self.node(), Kind::ArgList)
    }

    /// `m.Sq{side: 1.0}`.
    pub fn has_braces(self) -> bool {
        self.arg_list()
            .is_some_and(|list| list.node().token(Kind::LBrace).is_some())
    }
}

impl<'t> ArgList<'t> {
    /// The arguments.
    pub fn args(self) -> impl Iterator<Item = Arg<'t>> {
        many(self.node())
    }
}

impl<'t> Arg<'t> {
    /// The parameter or field it is for.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }

    /// The value.
    pub fn value(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// What stands for the value: an expression, or a statement, definition or pattern, which only a macro can take.
    pub fn code(self) -> Option<Node<'t>> {
        self.node().child_nodes().next()
    }
}

impl<'t> FieldExpr<'t> {
    /// The value in front of the dot; a module or type when its name says so.
    pub fn receiver(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// The field.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().tokens().find(|token| is_word(*token))
    }
}

impl<'t> TupleFieldExpr<'t> {
    /// The tuple.
    pub fn receiver(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// The number's token.
    pub fn index_token(self) -> Option<Token<'t>> {
        self.node().token(Kind::Int)
    }

    /// The position, from 0.
    pub fn index(self) -> Option<usize> {
        self.index_token()?.text().parse().ok()
    }
}

impl<'t> IndexExpr<'t> {
    /// What is indexed.
    pub fn base(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// The index or key.
    pub fn index(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }
}

impl<'t> TypeAppExpr<'t> {
    /// What gets the types.
    pub fn base(self) -> Option<Expr<'t>> {
        one(self.node())
    }

    /// The types.
    pub fn type_args(self) -> impl Iterator<Item = TypeExpr<'t>> {
        many_in(self.node(), Kind::TypeArgList)
    }
}

impl<'t> QuestionExpr<'t> {
    /// The option or result.
    pub fn operand(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> QuoteExpr<'t> {
    /// A `ParenExpr` or a `Block`.
    pub fn body(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> SpliceExpr<'t> {
    /// What is spliced.
    pub fn operand(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> BindExpr<'t> {
    /// `var`.
    pub fn is_var(self) -> bool {
        self.node().token(Kind::VarKw).is_some()
    }

    /// What is bound; when it is a bare name that is a `var` or `mvar` already, this is an assignment.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }

    /// The annotated type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        super::items::annotation(self.node())
    }

    /// The value.
    pub fn value(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Eq)
    }
}

impl<'t> AssignExpr<'t> {
    /// A name, field or index expression.
    pub fn target(self) -> Option<Expr<'t>> {
        nth(self.node(), 0)
    }

    /// The operator.
    pub fn op(self) -> AssignOp {
        self.node()
            .tokens()
            .find_map(|token| match token.kind() {
                Kind::PlusEq => Some(AssignOp::Add),
                Kind::MinusEq => Some(AssignOp::Sub),
                Kind::StarEq => Some(AssignOp::Mul),
                Kind::SlashEq => Some(AssignOp::Div),
                _ => None,
            })
            .unwrap_or(AssignOp::Set)
    }

    /// The value.
    pub fn value(self) -> Option<Expr<'t>> {
        nth(self.node(), 1)
    }
}
