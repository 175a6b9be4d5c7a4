//! The formatter: the text of a file to the same program in the one style.
//!
//! Comes in: source text. Goes out: source text, or the edits that make it; or why not. Absent: files, settings, and any change to the program:
//! what comes out is read again and compared, with all comments, before it is given.
//!
//! The style: two spaces of indentation, one space around operators, lines of 100 columns where they can be broken, at most one empty line.
//! Strings and comments stay as they are.
#![forbid(unsafe_code)]

mod doc;
mod edits;
mod gaps;
mod rules;
mod same;

pub use edits::{Edit, applied, edits, edits_in};

use nostos_syntax::{Tree, parse};

/// The width that lines keep to where they can.
pub const WIDTH: usize = 100;

/// Why a text was left as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It has mistakes; the first one, with its place.
    Mistakes {
        /// Its byte.
        at: u32,
        /// Its line, from 1.
        line: u32,
        /// Its column, from 1, in characters.
        column: u32,
        /// What is wrong there.
        message: String,
        /// How many there are.
        count: usize,
    },
    /// A mistake of the formatter's: what it made is not the same program.
    Unsure,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Mistakes {
                message, count: 1, ..
            } => f.write_str(message),
            Refused::Mistakes { message, count, .. } => {
                write!(f, "{message} (and {} more)", count - 1)
            }
            Refused::Unsure => f.write_str(
                "the formatter would have changed what this means: a mistake of its own",
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// How deep a tree may be for the rules to run on the caller's stack.
const DEEP: u32 = 100;
/// For all others: the parser lets nothing be deeper than 4,000.
const STACK: usize = 256 << 20;

fn is_deep(tree: &Tree) -> bool {
    let mut ends = Vec::new();
    tree.root().descendants().any(|node| {
        let range = node.range();
        while ends.last().is_some_and(|end| *end <= range.start) {
            ends.pop();
        }
        if !node.kind().is_token() {
            ends.push(range.end);
        }
        ends.len() as u32 > DEEP
    })
}

/// The text in the one style.
pub fn format(text: &str) -> Result<String, Refused> {
    let before = parse(text);
    if let Some(first) = before.errors().first() {
        let count = before.errors().len();
        let before = &text[..first.range.start as usize];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        return Err(Refused::Mistakes {
            at: first.range.start,
            line: before.matches('\n').count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
            message: first.message.clone(),
            count,
        });
    }
    let end_of_line = match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    };
    let lay_out = || doc::print(&rules::document(before.tree()), WIDTH, end_of_line);
    let formatted = if is_deep(before.tree()) {
        // The rules call each other; what is deep gets a stack of its own.
        std::thread::scope(|scope| {
            let large = std::thread::Builder::new().stack_size(STACK);
            let made = large
                .spawn_scoped(scope, lay_out)
                .map(|thread| thread.join());
            match made {
                Ok(Ok(formatted)) => Ok(formatted),
                _ => Err(Refused::Unsure),
            }
        })?
    } else {
        lay_out()
    };
    if formatted == text {
        return Ok(formatted);
    }
    let after = parse(&formatted);
    if after.errors().is_empty() && same::same(before.tree(), after.tree()) {
        Ok(formatted)
    } else {
        Err(Refused::Unsure)
    }
}
