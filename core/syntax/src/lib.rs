//! Text to a lossless tree and typed views of it. Never fails, sees one file, knows no names.
//!
//! Comes in: the text of a file. Goes out: a [`Tree`] that keeps every byte, [`ast`] views that name its pieces, and the errors.
//! Absent: what names mean, types, files, formatting by meaning.
#![forbid(unsafe_code)]

pub mod ast;
mod brackets;
mod error;
pub mod kind;
mod lexer;
pub mod line_index;
pub mod literal;
mod parse;
mod parser;
pub mod tree;

pub use error::SyntaxError;
pub use kind::Kind;
pub use lexer::{MARK, MARK_END};
pub use line_index::{LineCol, LineIndex};
pub use parse::{Parse, parse, parse_as, parse_expansion};
pub use parser::Entry;
pub use tree::{Node, NodeId, TextRange, Tree};
