//! Questions of the language features and their answers, as data; both go to and from the thread that analyses.
//!
//! Places are characters of the text that comes with the question, or lines and columns of files.

use crate::editor::document::Stamp;
use crate::editor::known::Symbol;
use ropey::Rope;
use std::ops::Range;
use std::path::PathBuf;

/// A question about an open text.
#[derive(Clone, Debug)]
pub struct Question {
    /// Counts questions: an answer to an older one than the newest of its topic is stale.
    pub number: u64,
    /// The document.
    pub doc: usize,
    /// The version of its text.
    pub version: u64,
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: Rope,
    /// What is asked.
    pub topic: Topic,
    /// All open texts, where more than this one matters.
    pub open: Vec<(PathBuf, Rope)>,
}

/// What can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Topic {
    /// What could stand at a character.
    Complete(usize),
    /// What could be typed on at the end of an expression that stands in no file.
    Typed(Typed),
    /// What is called around a character.
    Signature(usize),
    /// Where the name at a character is used in this text.
    Uses(usize),
    /// Types and names left out in some lines.
    Hints(Range<usize>),
    /// What the text defines.
    Symbols,
    /// What the project defines.
    ProjectSymbols,
    /// Where the name at a character is used in the project.
    References(usize),
    /// The definitions that use it.
    Callers(usize),
    /// The edits that give it another name.
    Rename(usize, String),
}

/// An expression that is being typed where no file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typed {
    /// The text up to the cursor.
    pub before: String,
    /// In the debugger's console.
    pub console: bool,
    /// The line, from 1, before which it would stand in its file; none: at the end.
    pub line: Option<usize>,
}

impl Topic {
    /// Whether a newer question of the same kind makes this one idle.
    pub fn same_kind(&self, other: &Topic) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// Something that could be typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What is inserted.
    pub label: String,
    /// What it is: `fn`, `type`.
    pub kind: &'static str,
    /// Its type or signature; empty: not known.
    pub detail: String,
    /// What its author says about it.
    pub docs: String,
    /// Nearer things first.
    pub rank: u8,
}

/// A call that is being written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// All of it.
    pub label: String,
    /// Bytes of the label that are the parameter the cursor is in.
    pub active: Option<Range<usize>>,
    /// How many other functions it could be.
    pub others: usize,
}

/// A line of the project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The file.
    pub path: PathBuf,
    /// From 0.
    pub line: usize,
    /// In characters, from 0.
    pub column: usize,
    /// What the row of a list says.
    pub said: String,
    /// What stands at its right.
    pub detail: String,
}

/// New text of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileEdits {
    /// The file.
    pub path: PathBuf,
    /// The text the edits are for.
    pub text: Rope,
    /// The file on disk, if the text is from there.
    pub disk: Option<Stamp>,
    /// From, to, what comes instead.
    pub edits: Vec<(usize, usize, String)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Of the question.
    pub number: u64,
    /// Of the question.
    pub doc: usize,
    /// Of the question.
    pub version: u64,
    /// Of the question.
    pub topic: Topic,
    /// What was found.
    pub found: Found,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nobody who could answer.
    Nothing,
    /// What could stand there.
    Candidates(Vec<Candidate>),
    /// The call around the place.
    Signature(Option<Signature>),
    /// Places in the text.
    Uses(Vec<(usize, usize)>),
    /// Characters and what is shown before them.
    Hints(Vec<(usize, String)>),
    /// What the text defines, outer before inner.
    Symbols(Vec<Symbol>),
    /// Places in the project.
    Spots(Vec<Spot>),
    /// Edits of a rename: the old name and the files, or why not.
    Renamed(Result<(String, Vec<FileEdits>), String>),
}
