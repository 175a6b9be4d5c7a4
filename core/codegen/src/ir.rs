//! The typed monomorphic program, one function at a time: what `lower` makes and `emit` turns into CLIF.
//!
//! Every type is concrete (a [`TyId`] of [`crate::layout::Layouts`]), every callee is a cell, a helper or a closure, captures are explicit, and
//! matches are decision trees over variables. A tree walk over this is an interpreter of the language; absent are words, registers and addresses.

use crate::layout::TyId;
use nostos_abi::builtin::{Fault, Leaf, Op};
use nostos_abi::code::{CellId, Made};
use nostos_check::hir::{self, Expansion, MADE, PrimOp, Span};
use nostos_check::ty::FileId;
use std::sync::Arc;

/// Index in [`Function::vars`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct VarId(pub u32);

/// A variable of a function.
#[derive(Clone, Debug)]
pub struct Var {
    /// Source name; empty for made-up ones, which the debugger does not show.
    pub name: Arc<str>,
    /// Type of its value.
    pub ty: TyId,
    /// It lives in a cell object shared with closures; the variable itself is the reference to the cell.
    pub shared: bool,
    /// It is given a value in more than one place.
    pub multi: bool,
    /// Byte offset of its binding in the file.
    pub at: u32,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// For people.
    pub name: String,
    /// Where its text is; `None` for glue.
    pub file: Option<FileId>,
    /// Byte offset of its definition in the file.
    pub at: u32,
    /// Where its definition begins.
    pub start: u32,
    /// Where the whole definition begins, also of what is inside of one.
    pub base: u32,
    /// The text it was made of.
    pub made: Made,
    /// What macros made of calls in its definition: places from [`MADE`] on are in these.
    pub expansions: Arc<Vec<Expansion>>,
    /// Parameters the source shows.
    pub arity: u32,
    /// All parameters, in order; a shared one is passed as the reference to its cell.
    pub params: Vec<VarId>,
    /// When called through a closure object (which is then an additional first parameter): what to load from it, in order.
    pub closure: Option<Vec<VarId>>,
    /// All variables.
    pub vars: Vec<Var>,
    /// Result type.
    pub result: TyId,
    /// Cells whose calls are never tail calls, so that a trace names this function: the library's that take no functions, and so cannot call back.
    pub kept: Vec<CellId>,
    /// The body.
    pub body: Expr,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it does.
    pub kind: Kind,
    /// Its type.
    pub ty: TyId,
    /// Byte offset in the file.
    pub at: u32,
}

/// What an expression does.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `()`
    Unit,
    /// Bits of a one-word constant: integers, booleans, characters, atoms.
    Word(i64),
    /// A double's bits.
    Float(u64),
    /// A string.
    String(Arc<str>),
    /// A variable's value.
    Var(VarId),
    /// Gives a variable its first value (for a shared one: makes its cell). Unit.
    Let(VarId, Box<Expr>),
    /// Gives a variable a new value. Unit.
    Assign(VarId, Box<Expr>),
    /// The constant closure of code that captures nothing, with its name for people.
    Function(CellId, Arc<str>),
    /// A new closure; captured shared variables are captured by reference.
    Closure(CellId, Arc<str>, Vec<VarId>),
    /// Calls a cell's code.
    Call(CellId, Vec<Arg>),
    /// Calls a closure.
    CallValue(Box<Expr>, Vec<Expr>),
    /// Calls a helper that may suspend, collect or throw; the value is its results' lanes.
    Op(Op, Vec<Expr>),
    /// Calls a pure helper.
    Leaf(Leaf, Vec<Expr>),
    /// A machine operation; the operands' types say the width.
    Prim(PrimOp, Vec<Expr>),
    /// A value of `ty` by its constructor (0 for tuples and records).
    Make(u32, Vec<Expr>),
    /// `Make(ctor, item ++ [Make(ctor, … tail)])`: nested in the last field, kept flat because literals may be long. All items, then the tail, are evaluated in order.
    Chain(u32, Vec<Vec<Expr>>, Box<Expr>),
    /// Field of a value that is known to be of this constructor.
    Get(Box<Expr>, u32, u32),
    /// Assigns a field of a mutable record. Unit.
    Set(Box<Expr>, u32, Box<Expr>),
    /// The constructor's number.
    Tag(Box<Expr>),
    /// Condition, then, otherwise.
    If(Box<[Expr; 3]>),
    /// A place to stop at. Unit.
    Site,
    /// All of them in order; the last one's value.
    Block(Vec<Expr>),
    /// Takes subjects (each bound to its variable first) apart; what no leaf takes is a fault.
    Match(Box<Match>),
    /// Condition, body, step (also after `Continue`).
    While(Box<[Expr; 3]>),
    /// Leaves the innermost loop.
    Break(Option<Box<Expr>>),
    /// Goes to the innermost loop's step.
    Continue,
    /// Leaves the function.
    Return(Option<Box<Expr>>),
    /// The value in an object of its own ([`TyId::BOX`]).
    Box(Box<Expr>),
    /// The value (of type `ty`) in a box.
    Unbox(Box<Expr>),
    /// Throws a box.
    Throw(Box<Expr>),
    /// Throws one of the runtime's own errors, with two details.
    Fault(Fault, Box<[Expr; 2]>),
    /// `try`.
    Try(Box<Try>),
    /// `receive`.
    Receive(Box<Receive>),
    /// A mutable array of so many elements with this value (without one: zeroed, for empty ones).
    ArrayMake(Box<Expr>, Option<Box<Expr>>),
    /// Its length.
    ArrayLength(Box<Expr>),
    /// Element at an index; out of bounds throws.
    ArrayGet(Box<[Expr; 2]>),
    /// Array, index, value. Unit.
    ArraySet(Box<[Expr; 3]>),
    /// A copy of it.
    ArrayCopy(Box<Expr>),
}

/// An argument of a direct call.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A value.
    Value(Expr),
    /// A captured variable of a local function: its value, or the reference to its cell when shared.
    Capture(VarId),
}

/// A match.
#[derive(Clone, Debug)]
pub struct Match {
    /// What is matched.
    pub subjects: Vec<(VarId, Expr)>,
    /// How.
    pub tree: Tree,
    /// Bodies, by number.
    pub arms: Vec<Expr>,
}

/// A decision tree. It ends in an arm or fails.
#[derive(Clone, Debug)]
pub enum Tree {
    /// Nothing here takes the value.
    Fail,
    /// This arm takes it.
    Arm(u32),
    /// Binds a variable, then goes on.
    Let(VarId, Box<Expr>, Box<Tree>),
    /// Goes on with the first when the expression is true, with the second otherwise.
    Test(Box<Expr>, Box<Tree>, Box<Tree>),
    /// By the constructor of a variable.
    Ctor(VarId, Vec<(u32, Tree)>, Box<Tree>),
    /// By the bits of a one-word variable.
    Word(VarId, Vec<(i64, Tree)>, Box<Tree>),
    /// The first that does not fail.
    First(Vec<Tree>),
}

/// Arms that take values of one type (`None`: of any; then nothing is bound).
#[derive(Clone, Debug)]
pub struct Typed {
    /// The type.
    pub ty: Option<TyId>,
    /// Bound to the value.
    pub subject: VarId,
    /// What to do with it.
    pub tree: Tree,
}

/// A `try`.
#[derive(Clone, Debug)]
pub struct Try {
    /// The guarded expression.
    pub body: Expr,
    /// Catch arms, tried in order.
    pub catch: Vec<Typed>,
    /// Their bodies.
    pub arms: Vec<Expr>,
    /// Runs on every way out.
    pub finally: Option<Expr>,
}

/// A `receive`.
#[derive(Clone, Debug)]
pub struct Receive {
    /// Arms, tried in order for each message.
    pub groups: Vec<Typed>,
    /// Their bodies, run once the message has left the mailbox.
    pub arms: Vec<Expr>,
    /// Milliseconds (evaluated first), and what to do when they have passed.
    pub after: Option<(Expr, Expr)>,
}

impl Function {
    /// Where a place stands in the file: of what a macro made, the call.
    pub fn told(&self, at: u32) -> u32 {
        told(&self.expansions, self.base, at)
    }
}

/// Where a place of a definition that begins at `base` stands in the file: of what a macro made, the call.
pub fn told(expansions: &[Expansion], base: u32, at: u32) -> u32 {
    if at < MADE {
        return at;
    }
    let span = Span { start: at, end: at };
    base + hir::told(expansions, span).start
}

impl Expr {
    /// An expression.
    pub fn new(kind: Kind, ty: TyId, at: u32) -> Expr {
        Expr { kind, ty, at }
    }

    /// `()`
    pub fn unit(at: u32) -> Expr {
        Expr::new(Kind::Unit, TyId::UNIT, at)
    }

    /// A constant of a one-word type.
    pub fn word(bits: i64, ty: TyId, at: u32) -> Expr {
        Expr::new(Kind::Word(bits), ty, at)
    }

    /// Can it be evaluated again without effect or cost?
    pub fn is_trivial(&self) -> bool {
        matches!(
            self.kind,
            Kind::Unit | Kind::Word(_) | Kind::Float(_) | Kind::String(_) | Kind::Var(_)
        )
    }
}
