//! Definitions as written, names not yet resolved: what lowering makes of the syntax tree and inference reads.
//!
//! Every [`Span`] is relative to the start of its definition, so that two equal texts give equal trees wherever they stand. Already gone:
//! parentheses, pipes, comments. Nothing here knows another file.

use crate::hir::Span;
use crate::ty::IntTy;
use std::sync::Arc;

/// A name.
pub type Name = Arc<str>;

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The value of an integer literal, in two words: an `i128` would align every expression to 16 bytes, and lengthen it by as much.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wide {
    high: i64,
    low: u64,
}

impl Wide {
    /// The value.
    pub fn get(self) -> i128 {
        i128::from(self.high) << 64 | i128::from(self.low)
    }
}

impl From<i128> for Wide {
    fn from(value: i128) -> Wide {
        Wide {
            high: (value >> 64) as i64,
            low: value as u64,
        }
    }
}

impl std::fmt::Debug for Wide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.get())
    }
}

/// A literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Lit {
    /// No suffix; larger than 64 bits is refused in inference.
    Int(Wide),
    /// `1u8`
    Sized(Wide, IntTy),
    /// Bits of the double.
    Float(u64),
    /// Bits of the double.
    Float32(u64),
    /// `true`
    Bool(bool),
    /// `'c'`
    Char(char),
    /// `"s"`
    String(Name),
    /// `:a`
    Atom(Name),
    /// `()`
    Unit,
    /// `1n`: decimal digits, with a sign when negative.
    BigInt(Name),
    /// `1.5d`, with a sign when negative.
    Decimal(Name),
}

/// Operators of two operands that inference types.
#[allow(missing_docs, reason = "the operators' usual names")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    Send,
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
    Concat,
    Cons,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Pow,
}

impl BinaryOp {
    /// As written; also the method's name.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Send => "<-",
            BinaryOp::Or => "||",
            BinaryOp::And => "&&",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Gt => ">",
            BinaryOp::Le => "<=",
            BinaryOp::Ge => ">=",
            BinaryOp::Concat => "++",
            BinaryOp::Cons => "::",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Pow => "**",
        }
    }
}

/// How a process is spawned.
#[allow(missing_docs, reason = "the keywords")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpawnKind {
    Plain,
    Link,
    Monitor,
}

/// What stands in place of an argument's value.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    Assignment,
    Definition,
    Pattern,
    Wildcard,
    /// A decorated function in a block: the statement behind this, with its decorators.
    Decorated,
}

/// What an expression is.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// Reported by the parser.
    Error,
    Unsupported(&'static str),
    /// An argument that is no expression: only a macro can take it.
    Code(Code),
    Literal(Lit),
    /// Parts are literals or expressions to be shown.
    Interpolation(Vec<Expr>),
    Name(Name),
    Tuple(Vec<Expr>),
    List(Vec<Expr>, Option<Box<Expr>>),
    /// Inclusive.
    Range(Box<Expr>, Box<Expr>),
    Map(Vec<(Expr, Expr)>),
    Set(Vec<Expr>),
    Block(Vec<Stmt>),
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    Match(Box<Expr>, Vec<Arm>),
    Receive(Vec<Arm>, Option<Box<(Expr, Expr)>>),
    Try(Box<Expr>, Vec<Arm>, Option<Box<Expr>>),
    Lambda(Arc<Lambda>),
    While(Box<Expr>, Box<Expr>),
    ForRange(Box<Pat>, Box<Expr>, Box<Expr>, Box<Expr>),
    ForIn(Box<Pat>, Box<Expr>, Box<Expr>),
    Break(Option<Box<Expr>>),
    Continue,
    Return(Option<Box<Expr>>),
    /// The operand is a function of no parameters; a block has become a lambda.
    Spawn(SpawnKind, Box<Expr>),
    Unsafe(Box<Expr>),
    Neg(Box<Expr>),
    Not(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Vec<TypeExpr>, Vec<Arg>),
    /// The name's span is beside it.
    MethodCall(Box<Expr>, Name, Span, Vec<TypeExpr>, Vec<Arg>),
    Field(Box<Expr>, Name, Span),
    Element(Box<Expr>, u32),
    Index(Box<Expr>, Box<Expr>),
    TypeApp(Box<Expr>, Vec<TypeExpr>),
    Question(Box<Expr>),
    /// `quote(…)`, `quote { … }`; gone when inference sees the function.
    Quote(Vec<QuotePart>),
    /// `~e` outside of a quote; gone when inference sees the function.
    Splice(Box<Expr>),
}

/// A part of a quote.
#[derive(Clone, PartialEq, Debug)]
pub enum QuotePart {
    /// Code as written, names marked.
    Text(String),
    /// `~e`, and the kind of place it fills (see `expand::render`).
    Splice(char, Expr),
    /// `~comptime(e)`
    Value(char, Expr),
    /// `~if c { … } else { … }`
    If(Box<Expr>, Vec<QuotePart>, Vec<QuotePart>),
}

/// An argument.
#[derive(Clone, PartialEq, Debug)]
pub struct Arg {
    /// `name: value`
    pub name: Option<Name>,
    /// Its value.
    pub value: Expr,
}

/// A lambda.
#[derive(Clone, PartialEq, Debug)]
pub struct Lambda {
    /// Parameters.
    pub params: Vec<Param>,
    /// `-> T`
    pub result: Option<TypeExpr>,
    /// Body.
    pub body: Expr,
}

/// A parameter of a function or lambda.
#[derive(Clone, PartialEq, Debug)]
pub struct Param {
    /// Its pattern.
    pub pattern: Pat,
    /// `: T`
    pub ty: Option<TypeExpr>,
    /// `= e`
    pub default: Option<Arc<Expr>>,
}

impl Param {
    /// The name callers use for it.
    pub fn name(&self) -> Option<&Name> {
        match &self.pattern.kind {
            PatKind::Name(name) => Some(name),
            PatKind::As(_, name) => Some(name),
            _ => None,
        }
    }
}

/// A statement.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, PartialEq, Debug)]
pub enum Stmt {
    Expr(Expr),
    /// Also an assignment, when the name is a `var` in scope.
    Bind {
        var: bool,
        pattern: Pat,
        ty: Option<TypeExpr>,
        value: Expr,
        span: Span,
    },
    Assign {
        target: Expr,
        op: Option<BinaryOp>,
        value: Expr,
        span: Span,
    },
    LocalFn(Arc<Function>),
}

/// An arm of match, receive or catch.
#[derive(Clone, PartialEq, Debug)]
pub struct Arm {
    /// Its pattern.
    pub pattern: Pat,
    /// `when`
    pub guard: Option<Expr>,
    /// Its value.
    pub body: Expr,
    /// All of it.
    pub span: Span,
}

/// A pattern.
#[derive(Clone, PartialEq, Debug)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// Where.
    pub span: Span,
}

impl Pat {
    /// `name: p` where there is no such field: `name` with the type that the pattern looks like.
    pub fn as_typed(self, name: Name) -> Pat {
        let span = self.span;
        let Some(ty) = self.as_type() else {
            return self;
        };
        let name = Pat {
            kind: match &*name {
                "_" => PatKind::Wild,
                _ => PatKind::Name(name),
            },
            span,
        };
        Pat {
            kind: PatKind::Typed(Box::new(name), ty),
            span,
        }
    }

    fn as_type(&self) -> Option<TypeExpr> {
        let all = |items: &[Pat]| items.iter().map(Pat::as_type).collect::<Option<Vec<_>>>();
        let kind = match &self.kind {
            PatKind::Ctor(path, CtorArgs::Bare) => TypeKind::Path(path.clone(), Vec::new()),
            PatKind::Name(name) => TypeKind::Variable(name.clone()),
            PatKind::List(items, None) => match items.as_slice() {
                [item] => TypeKind::List(Box::new(item.as_type()?)),
                _ => return None,
            },
            PatKind::Tuple(items) => TypeKind::Tuple(all(items)?),
            PatKind::Literal(Lit::Unit) => TypeKind::Tuple(Vec::new()),
            _ => return None,
        };
        Some(TypeExpr {
            kind,
            span: self.span,
        })
    }
}

/// What a pattern is.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, PartialEq, Debug)]
pub enum PatKind {
    Error,
    Wild,
    Name(Name),
    Literal(Lit),
    Range(Lit, Lit, bool),
    Tuple(Vec<Pat>),
    List(Vec<Pat>, Option<Box<Pat>>),
    /// Path, arguments; `None` when written bare.
    Ctor(Vec<Name>, CtorArgs),
    Record(Vec<(Name, Pat)>, bool),
    Map(Vec<(Pat, Pat)>),
    Set(Vec<Pat>),
    Or(Vec<Pat>),
    Pin(Name),
    As(Box<Pat>, Name),
    Typed(Box<Pat>, TypeExpr),
}

/// Arguments of a constructor pattern.
#[allow(missing_docs, reason = "each is the form of its name")]
#[derive(Clone, PartialEq, Debug)]
pub enum CtorArgs {
    Bare,
    Positional(Vec<Pat>),
    /// Open when `.1`.
    Named(Vec<(Name, Pat)>, bool),
}

/// A type as written.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeKind,
    /// Where.
    pub span: Span,
}

/// What a type expression is.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, PartialEq, Debug)]
pub enum TypeKind {
    Error,
    Path(Vec<Name>, Vec<TypeExpr>),
    Variable(Name),
    SelfType,
    List(Box<TypeExpr>),
    Tuple(Vec<TypeExpr>),
    Fn(Vec<TypeExpr>, Box<TypeExpr>),
}

/// A trait as written: `Show`, `m.Conv[Int]`.
#[derive(Clone, PartialEq, Debug)]
pub struct TraitRef {
    /// Its path.
    pub path: Vec<Name>,
    /// What its type parameters stand for.
    pub args: Vec<TypeExpr>,
    /// Where.
    pub span: Span,
}

/// A declared type parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeParam {
    /// `T`
    pub name: Name,
    /// Traits behind the colon.
    pub bounds: Vec<TraitRef>,
    /// Where.
    pub span: Span,
}

/// A function, method, local function, module-level value, `extern` or test: clauses of one name.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Where the name stands in the first clause.
    pub name_span: Span,
    /// Declared type parameters (of the first clause that has some).
    pub type_params: Vec<TypeParam>,
    /// The type of a stand-alone signature before it.
    pub signature: Option<TypeExpr>,
    /// Its clauses; one without a body in traits and `extern`.
    pub clauses: Vec<Clause>,
    /// What kind of definition.
    pub kind: FunctionKind,
    /// All of it; starts at 0 for items.
    pub span: Span,
    /// What its guards, bodies and defaults are lowered from when they are not here: see [`crate::lower::outline`].
    pub left_out: Option<Arc<LeftOut>>,
}

/// What stands behind the heads of a function's clauses, as text.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// All clauses.
    pub text: Arc<str>,
    /// Where they stand.
    pub place: Place,
    /// The names in them, if they are known already.
    pub mentions: Option<crate::scc::Mentions>,
}

impl PartialEq for LeftOut {
    fn eq(&self, other: &Self) -> bool {
        // The text tells the rest.
        self.place == other.place && self.text == other.text
    }
}

/// What a function stands in, as far as the parser wants to know.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Module,
    Trait,
    Impl,
}

impl Function {
    /// The number of parameters.
    pub fn arity(&self) -> usize {
        self.clauses.first().map_or(0, |clause| clause.params.len())
    }
}

/// What kind of definition a [`Function`] is.
#[derive(Clone, PartialEq, Debug)]
pub enum FunctionKind {
    /// `f(x) = e`
    Function,
    /// `x = e`, `const X = e`
    Value,
    /// `mvar n = e`: a cell that all processes share; the definition gives its first value.
    Mvar,
    /// `extern … from "library"`
    Extern(Name),
    /// `test "title" = e`
    Test(Name),
}

/// A clause.
#[derive(Clone, PartialEq, Debug)]
pub struct Clause {
    /// Parameters.
    pub params: Vec<Param>,
    /// `when`
    pub guard: Option<Arc<Expr>>,
    /// `-> T`
    pub result: Option<TypeExpr>,
    /// Behind `=`.
    pub body: Option<Arc<Expr>>,
    /// All of it.
    pub span: Span,
}

/// The form of a declared type.
#[allow(missing_docs, reason = "each is the construct of its name")]
#[derive(Clone, PartialEq, Debug)]
pub enum TypeBody {
    Record(Vec<Field>),
    Variants(Vec<Variant>),
    Alias(TypeExpr),
    /// No values, or known to the runtime alone.
    Empty,
}

/// A field.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Empty when positional.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// `private`
    pub private: bool,
    /// `= e`: the name of the function that gives it, which stands in the type's module.
    pub default: Option<Name>,
}

/// A constructor.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Where its name stands.
    pub span: Span,
    /// Written with neither parentheses nor braces.
    pub bare: bool,
    /// Written with braces.
    pub braces: bool,
}

/// A declared type.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeItem {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<TypeParam>,
    /// `var type`
    pub mutable: bool,
    /// Its form.
    pub body: TypeBody,
    /// Where the name stands.
    pub name_span: Span,
}

/// A trait.
#[derive(Clone, PartialEq, Debug)]
pub struct TraitItem {
    /// Its name.
    pub name: Name,
    /// Its own type parameters.
    pub params: Vec<TypeParam>,
    /// The traits its implementors must also implement.
    pub supertraits: Vec<TraitRef>,
    /// Methods, with and without default bodies: names and arities (their definitions are items of their own).
    pub methods: Vec<(Name, u32, bool)>,
    /// Where the name stands.
    pub name_span: Span,
}

/// An implementation.
#[derive(Clone, PartialEq, Debug)]
pub struct ImplItem {
    /// The type.
    pub target: TypeExpr,
    /// The traits behind the colon.
    pub of: Vec<TraitRef>,
    /// `when T: Show`
    pub conditions: Vec<TypeParam>,
    /// Names and arities of its methods.
    pub methods: Vec<(Name, u32, Span)>,
}

/// `use`.
#[derive(Clone, PartialEq, Debug)]
pub struct Use {
    /// The path before `.*` or `.{…}`.
    pub path: Vec<Name>,
    /// What of it.
    pub what: UseWhat,
    /// `pub use`
    pub public: bool,
    /// Where, in the file.
    pub span: Span,
}

/// What a `use` brings.
#[derive(Clone, PartialEq, Debug)]
pub enum UseWhat {
    /// `.*`
    All,
    /// `.{a, b as c}`: name there, name here.
    Names(Vec<(Name, Name, Span)>),
    /// `use m.name`, `use m as n`: the path's last segment under this name.
    Itself(Name),
}
