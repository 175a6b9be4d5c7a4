//! Operators and other small choices that tokens make.

use crate::kind::Kind;

/// Infix operators, loosest first.
#[allow(missing_docs, reason = "the operators' usual names")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    Send,
    Pipe,
    Or,
    And,
    Eq,
    NotEq,
    Lt,
    Gt,
    LtEq,
    GtEq,
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
    /// The operator that this token is.
    pub fn from_kind(kind: Kind) -> Option<BinaryOp> {
        Some(match kind {
            Kind::SendArrow => BinaryOp::Send,
            Kind::PipeGt => BinaryOp::Pipe,
            Kind::PipePipe => BinaryOp::Or,
            Kind::AmpAmp => BinaryOp::And,
            Kind::EqEq => BinaryOp::Eq,
            Kind::NotEq => BinaryOp::NotEq,
            Kind::Lt => BinaryOp::Lt,
            Kind::Gt => BinaryOp::Gt,
            Kind::LtEq => BinaryOp::LtEq,
            Kind::GtEq => BinaryOp::GtEq,
            Kind::PlusPlus => BinaryOp::Concat,
            Kind::ColonColon => BinaryOp::Cons,
            Kind::Plus => BinaryOp::Add,
            Kind::Minus => BinaryOp::Sub,
            Kind::Star => BinaryOp::Mul,
            Kind::Slash => BinaryOp::Div,
            Kind::Percent => BinaryOp::Rem,
            Kind::StarStar => BinaryOp::Pow,
            _ => return None,
        })
    }

    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Send => "<-",
            BinaryOp::Pipe => "|>",
            BinaryOp::Or => "||",
            BinaryOp::And => "&&",
            BinaryOp::Eq => "==",
            BinaryOp::NotEq => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Gt => ">",
            BinaryOp::LtEq => "<=",
            BinaryOp::GtEq => ">=",
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

    /// How tightly it binds; larger is tighter.
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOp::Send => 1,
            BinaryOp::Pipe => 2,
            BinaryOp::Or => 3,
            BinaryOp::And => 4,
            BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::Lt
            | BinaryOp::Gt
            | BinaryOp::LtEq
            | BinaryOp::GtEq => 5,
            BinaryOp::Concat => 6,
            BinaryOp::Cons => 7,
            BinaryOp::Add | BinaryOp::Sub => 8,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 9,
            BinaryOp::Pow => 10,
        }
    }

    /// Whether a trait may have it as the name of a method.
    pub fn is_method(self) -> bool {
        !matches!(
            self,
            BinaryOp::Send | BinaryOp::Pipe | BinaryOp::Or | BinaryOp::And | BinaryOp::Cons
        )
    }

    /// `a op b op c` is `a op (b op c)`.
    pub fn is_right_associative(self) -> bool {
        matches!(self, BinaryOp::Cons | BinaryOp::Pow)
    }
}

/// Prefix operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!` and `not`
    Not,
}

/// Assignment operators.
#[allow(missing_docs, reason = "the operators' usual names")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AssignOp {
    Set,
    Add,
    Sub,
    Mul,
    Div,
}

/// The three ways to start a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SpawnKind {
    /// `spawn`
    Plain,
    /// `spawn_link`
    Link,
    /// `spawn_monitor`
    Monitor,
}
