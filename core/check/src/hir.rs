//! The typed program: what the checker hands to codegen, one definition at a time.
//!
//! Every name is resolved, every expression has a type (possibly with `Ty::Param`), every call says whom it calls or which method to select
//! once the types are concrete. Already gone: named and default arguments (put in order, evaluated left to right as written), pipes, operators
//! on user types, interpolation, clauses, `for`, destructuring parameters, index syntax, `?`. Still there: patterns, closures, processes.

pub mod rest;
pub mod visit;

use crate::ty::{FnId, IntTy, Ty, TypeId};
use std::sync::Arc;

/// A byte range, relative to the start of the definition's text, so that moving a definition does not change its body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// Places from here on are in the text of an [`Expansion`].
pub const MADE: u32 = 1 << 30;

/// What a macro made of a call, or of an item: a text with places of its own, for what in it does not come from the text a person wrote.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Expansion {
    /// The place of its first byte: [`MADE`] and the lengths of those before.
    pub start: u32,
    /// The macro.
    pub by: Arc<str>,
    /// The text as it came; names in it may be marked.
    pub text: Arc<str>,
    /// The names whose marks tell them apart.
    pub kept: Vec<Arc<str>>,
    /// The call, or the decorators; of a call in an expansion, a place in that.
    pub call: Span,
}

/// The expansion that a place is in.
pub fn expansion_at(expansions: &[Expansion], place: u32) -> Option<&Expansion> {
    if place < MADE {
        return None;
    }
    let after = expansions.partition_point(|expansion| expansion.start <= place);
    expansions.get(after.checked_sub(1)?)
}

/// Where a span stands in the text that a person wrote: of what was made, the call.
pub fn told(expansions: &[Expansion], mut span: Span) -> Span {
    while let Some(expansion) = expansion_at(expansions, span.start) {
        span = expansion.call;
    }
    span
}

/// Index in [`Body::locals`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// Index in [`Body::local_fns`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LocalFnId(pub u32);

/// A named or made-up local of a body (parameters, bindings, pattern variables, also those inside its lambdas and local functions).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Local {
    /// Its name; empty for one the compiler made (not shown by the debugger).
    pub name: Arc<str>,
    /// Its type.
    pub ty: Ty,
    /// Declared with `var`.
    pub mutable: bool,
    /// A lambda or local function other than the one that declares it uses it. Together with `mutable`: it lives in a shared cell.
    pub captured: bool,
    /// Where it is bound.
    pub span: Span,
}

/// A definition's typed body.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Body {
    /// Whose.
    pub owner: FnId,
    /// `Ty::Param(i)` occurs for `i <` this.
    pub type_params: u32,
    /// All locals.
    pub locals: Vec<Local>,
    /// The parameters, in order; plain locals (patterns are taken apart in `value`).
    pub params: Vec<LocalId>,
    /// Result type.
    pub result: Ty,
    /// Local functions and `let`-polymorphic lambdas, called by [`Callee::Local`].
    pub local_fns: Vec<LocalFn>,
    /// The body.
    pub value: Expr,
    /// What macros made of calls in it, in order of their places.
    pub expansions: Arc<Vec<Expansion>>,
}

/// A function declared inside a body. Its own type parameters follow the owner's: `Param(owner.type_params ..)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LocalFn {
    /// Its name.
    pub name: Arc<str>,
    /// How many type parameters it adds (after those of the enclosing definition and enclosing local functions).
    pub type_params: u32,
    /// `Param` number of its first own type parameter.
    pub first_param: u32,
    /// Parameters.
    pub params: Vec<LocalId>,
    /// Result type.
    pub result: Ty,
    /// Outer locals it uses, itself or through other local functions it calls.
    pub captures: Vec<LocalId>,
    /// Body.
    pub value: Expr,
    /// The whole definition.
    pub span: Span,
}

/// An expression.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Expr {
    /// What it does.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Ty,
    /// Where it stands.
    pub span: Span,
}

/// A function with type arguments for its own type parameters (in terms of the parameters of the body at hand).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FnInst {
    /// Which.
    pub id: FnId,
    /// One per type parameter.
    pub args: Arc<[Ty]>,
}

/// Whom a call calls.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Callee {
    /// A known function (also an `extern`).
    Fn(FnInst),
    /// A local function, with arguments for its own type parameters.
    Local(LocalFnId, Arc<[Ty]>),
    /// A method of a trait, to be selected by the concrete type of `self_ty`: ask [`crate::query::select_method`].
    Method(Box<MethodRef>),
    /// `x.name(…)` on a value whose type is a parameter of this definition, or an operator on one: ask [`crate::query::select_dot`] with the concrete argument types.
    Dot(Arc<str>),
    /// A function value.
    Value(Box<Expr>),
}

/// A trait's method at a type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MethodRef {
    /// The trait.
    pub of: crate::ty::TraitId,
    /// The method's name.
    pub name: Arc<str>,
    /// The type it is selected by.
    pub self_ty: Ty,
    /// Arguments for the trait's own type parameters, then for those the method itself declares.
    pub args: Arc<[Ty]>,
}

/// What [`crate::query::select_method`] and [`crate::query::select_dot`] answer for concrete types.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Selected {
    /// Call this function.
    Fn(FnInst),
    /// The type derives the method: codegen makes it (equality, ordering, show, hash, copy of this type).
    Derived(Derived, Ty),
    /// A machine operation.
    Prim(PrimOp),
    /// The value's field of this number holds a function: call it with the remaining arguments.
    FieldCall(u32),
    /// Call the first with the given arguments and then the results of these functions, which have no parameters.
    WithDefaults(Box<Selected>, Vec<FnInst>),
    /// Call the first with the arguments of these numbers passed through these functions: a function of several parameters where one of a tuple is wanted.
    Splat(Box<Selected>, Vec<(u32, FnInst)>),
}

/// Methods the compiler derives for every data type without functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Derived {
    /// `(a, b) -> Bool`
    Eq,
    /// `(a, b) -> Bool`, the negation.
    Ne,
    /// `(a, b) -> Int`: negative, zero, positive.
    Compare,
    /// `(a, b) -> Bool`, by `Compare` (also for types whose `Compare` is user-written).
    Lt,
    /// See `Lt`.
    Le,
    /// See `Lt`.
    Gt,
    /// See `Lt`.
    Ge,
    /// `(a) -> String`, strings and characters at top level bare.
    Show,
    /// `(a) -> String`, strings and characters quoted: as inside data.
    ShowInside,
    /// `(a) -> Int`
    Hash,
    /// `(a) -> a`
    Copy,
}

/// Literals, also in patterns.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Literal {
    /// Bits of the integer, in the width of the expression's type.
    Int(i64),
    /// Bits of the double (`f64::to_bits`), also for Float32.
    Float(u64),
    /// `true`, `false`
    Bool(bool),
    /// A character.
    Char(char),
    /// A string.
    String(Arc<str>),
    /// `:name`, without the colon.
    Atom(Arc<str>),
    /// `()`
    Unit,
}

/// What an expression does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ExprKind {
    /// An expression that inference has not settled yet, by number. Absent from everything that leaves the checker, as [`Ty::Infer`] is.
    Hole(u32),
    /// A constant.
    Literal(Literal),
    /// The value of a local.
    Local(LocalId),
    /// A module-level value: evaluated once per image before its first use, then shared by all processes (immortal). `FnId` is its definition without parameters.
    Global(FnId),
    /// A function as a value.
    FnValue(Callee),
    /// A call. Arguments are evaluated left to right (the callee of `Callee::Value` first).
    Call(Callee, Vec<Expr>),
    /// An operation of the machine on operands of known primitive type. Division by zero throws.
    Prim(PrimOp, Vec<Expr>),
    /// Joins strings: interpolation and `++` on strings.
    Concat(Vec<Expr>),
    /// A value of the declared type `self.ty`: its constructor `ctor` (0 for records) with all fields in order. A list literal is nested `Cons`.
    Construct { ctor: u32, fields: Vec<Expr> },
    /// A tuple.
    Tuple(Vec<Expr>),
    /// A record's field, by index (of the only constructor).
    Field(Box<Expr>, u32),
    /// A record's field by name (a tuple's element by its number as text), where the type is a parameter of this definition.
    DotField(Box<Expr>, Arc<str>),
    /// A tuple's element.
    Element(Box<Expr>, u32),
    /// A copy of a record with some fields replaced.
    Update(Box<Expr>, Vec<(u32, Expr)>),
    /// `if`; without `else` the type is unit and `otherwise` is unit.
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// `match`; also clauses: then the scrutinee may be an [`ExprKind::Tuple`] of locals that need never be built. A value no arm takes throws `Non-exhaustive match`.
    Match {
        scrutinee: Box<Expr>,
        arms: Vec<Arm>,
    },
    /// Statements, then a value. Each statement, the value too, is a place to stop at.
    Block(Vec<Stmt>, Box<Expr>),
    /// Assigns a `var` local. Unit.
    Assign(LocalId, Box<Expr>),
    /// Assigns a field of a `var type` record. Unit.
    AssignField(Box<Expr>, u32, Box<Expr>),
    /// `while`; unit, or what `break` gives.
    While {
        condition: Box<Expr>,
        body: Box<Expr>,
    },
    /// `for i = from to to { body }`, `to` excluded, both evaluated once. `continue` goes on with the next `i`.
    ForRange {
        local: LocalId,
        from: Box<Expr>,
        to: Box<Expr>,
        body: Box<Expr>,
    },
    /// `for p in list { body }` over a `List`. Elements go to `local` (patterns are taken apart in `body`).
    ForList {
        local: LocalId,
        list: Box<Expr>,
        body: Box<Expr>,
    },
    /// Leaves the innermost loop.
    Break(Option<Box<Expr>>),
    /// Next round of the innermost loop.
    Continue,
    /// Leaves the innermost lambda, local function or definition.
    Return(Option<Box<Expr>>),
    /// A closure.
    Lambda(Box<Lambda>),
    /// Throws the value (of any type; codegen boxes it).
    Throw(Box<Expr>),
    /// `try`. An arm takes exceptions whose type is its pattern's type; `Arm::any` takes all. What no arm takes goes on. `finally` runs on every way out.
    Try {
        body: Box<Expr>,
        arms: Vec<Arm>,
        finally: Option<Box<Expr>>,
    },
    /// `receive`. An arm takes messages whose type is its pattern's type; `Arm::any` takes all.
    Receive {
        arms: Vec<Arm>,
        after: Option<Box<(Expr, Expr)>>,
    },
}

/// An arm of match, catch or receive.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Arm {
    /// Its pattern.
    pub pattern: Pat,
    /// The pattern is `_` or an unused bare name and nothing fixes its type: takes a message or exception of any type (`pattern` is then `Wild`).
    pub any: bool,
    /// Its guard; false goes on to the next arm.
    pub guard: Option<Box<Expr>>,
    /// Its value.
    pub body: Expr,
}

/// A statement of a block.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Stmt {
    /// Evaluated for what it does.
    Expr(Expr),
    /// A binding; when the pattern may fail, failure throws.
    Let {
        pattern: Pat,
        value: Expr,
        span: Span,
    },
    /// From here on the local function exists (nothing to do at run time unless its value is taken).
    LocalFn(LocalFnId),
}

/// A closure.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lambda {
    /// Parameters (patterns are taken apart in `body`).
    pub params: Vec<LocalId>,
    /// Outer locals it uses, itself or through local functions it calls.
    pub captures: Vec<LocalId>,
    /// Body.
    pub body: Expr,
}

/// A pattern, with the type of what it is matched against.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pat {
    /// What it takes.
    pub kind: PatKind,
    /// Type of the scrutinee.
    pub ty: Ty,
    /// Where it stands.
    pub span: Span,
}

/// What a pattern takes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PatKind {
    /// Anything.
    Wild,
    /// Anything, under this name; with a pattern: what that takes (`p as x`).
    Bind(LocalId, Option<Box<Pat>>),
    /// A value equal to the literal.
    Literal(Literal),
    /// Integers or characters from `.0` to `.1`; inclusive when `.2`.
    Range(i64, i64, bool),
    /// A tuple.
    Tuple(Vec<Pat>),
    /// Constructor `ctor` of the declared type `ty`, all fields in order (records: ctor 0). Lists are `Cons`/`Nil`.
    Ctor(u32, Vec<Pat>),
    /// Any of these; all bind the same locals.
    Or(Vec<Pat>),
    /// Binds the scrutinee to the (made-up) local, then takes it if the expression is true: pins, bound names, equality by user-written `Eq`, set elements.
    Test(LocalId, Box<Expr>),
    /// Binds the scrutinee to the (made-up) local, evaluates the expression and matches its value: map entries, string prefixes.
    View(LocalId, Box<Expr>, Box<Pat>),
}

/// Operations on primitive operands. Operand types say the width and kind; all but comparisons and conversions give the operand type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PrimOp {
    /// Wrapping.
    Add,
    /// Wrapping.
    Sub,
    /// Wrapping.
    Mul,
    /// Truncating; by zero throws (integers).
    Div,
    /// The dividend's sign; by zero throws (integers).
    Rem,
    /// `**`
    Pow,
    /// Prefix `-`
    Neg,
    /// On numbers, Bool, Char, String, Atom, Pid, Ref, unit.
    Eq,
    /// See `Eq`.
    Ne,
    /// On numbers, Bool, Char, String.
    Lt,
    /// See `Lt`.
    Le,
    /// See `Lt`.
    Gt,
    /// See `Lt`.
    Ge,
    /// On Bool. (`&&` and `||` are `If`.)
    Not,
    /// Bits.
    And,
    /// Bits.
    Or,
    /// Bits.
    Xor,
    /// Bits.
    Complement,
    /// Modulo the width.
    ShiftLeft,
    /// Arithmetic for signed, logical for unsigned.
    ShiftRight,
    /// Logical.
    ShiftRightLogical,
    /// To an integer of this width: from integers (wraps), floats (truncates, saturates), Char, Bool.
    ToInt(IntTy),
    /// From integers and Float32.
    ToFloat,
    /// From integers and Float.
    ToFloat32,
    /// From Int; the checker's std guards the range.
    ToChar,
    /// Absolute value (wrapping).
    Abs,
    /// Floats.
    Sqrt,
    /// Floats; gives a float.
    Floor,
    /// Floats; gives a float.
    Ceil,
    /// Floats, half away from zero; gives a float.
    Round,
    /// Floats; gives a float.
    Trunc,
    /// Floats: the bits as Int.
    FloatBits,
    /// Int to the float with these bits.
    FloatFromBits,
}

/// A declared type's definition, for layouts and names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TypeDef {
    /// Which.
    pub id: TypeId,
    /// Name for people; qualified by module unless it is std's prelude or the main module.
    pub name: Arc<str>,
    /// Number of type parameters.
    pub params: u32,
    /// Records are one constructor with named fields; opaque types have none.
    pub ctors: Vec<CtorDef>,
    /// Declared `{ … }`: shown as `Point{x: 1}`.
    pub record: bool,
    /// `var type`: fields assignable, so always boxed and compared by contents.
    pub mutable: bool,
}

/// A constructor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CtorDef {
    /// Name.
    pub name: Arc<str>,
    /// Field names (empty when positional) and types, in terms of the type's parameters.
    pub fields: Vec<(Arc<str>, Ty)>,
}

/// What a function is, without its body.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FnDef {
    /// Which.
    pub id: FnId,
    /// Name for people: `main`, `bank.transfer`, `std.list.map`, `Circle.area`.
    pub name: Arc<str>,
    /// How it is implemented.
    pub kind: FnKind,
    /// Number of type parameters (declared and inferred).
    pub type_params: u32,
    /// Parameter types.
    pub params: Vec<Ty>,
    /// Result type.
    pub result: Ty,
    /// Its file.
    pub file: crate::ty::FileId,
    /// Start of its text in the file, in bytes: what its body's [`Span`]s are relative to.
    pub start: u32,
    /// Length of its text in bytes.
    pub len: u32,
}

/// How a function is implemented.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum FnKind {
    /// By a [`Body`].
    Nostos,
    /// A module-level value; a body without parameters.
    Global,
    /// `extern … from "nostos"`: a row of the runtime's builtin table or an intrinsic of codegen.
    Builtin(Arc<str>),
    /// `extern … from "lib"`.
    Foreign { symbol: Arc<str>, library: Arc<str> },
}
