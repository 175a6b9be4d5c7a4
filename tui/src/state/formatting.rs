//! What is to be formatted and what came of it: text in, edits out, the same on the thread that draws and on one of its own.

use super::AfterSave;
use nostos_format::{Edit, Refused, edits, edits_in};
use ropey::Rope;
use std::ops::Range;

/// Texts of up to so many bytes are formatted before the next key; longer ones on a thread of their own.
pub const AT_ONCE: usize = 16_384;

/// A save that waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Saving {
    /// What follows.
    pub then: AfterSave,
    /// Over whatever is on disk.
    pub force: bool,
    /// The text was changed while it was formatted before.
    pub again: bool,
}

/// What is to be formatted.
#[derive(Debug)]
pub struct Formatting {
    /// Document.
    pub doc: usize,
    /// Version of its text.
    pub version: u64,
    /// The text.
    pub text: Rope,
    /// Bytes; `None`: all.
    pub ranges: Option<Vec<Range<usize>>>,
    /// The save; `None`: it was asked for by itself.
    pub saving: Option<Saving>,
}

/// What came of it.
#[derive(Debug)]
pub struct Formatted {
    /// Document.
    pub doc: usize,
    /// Version of the text the edits are for.
    pub version: u64,
    /// The save that waits.
    pub saving: Option<Saving>,
    /// What changes, or why nothing does.
    pub edits: Result<Vec<Edit>, String>,
}

impl Formatting {
    /// Does it; this takes its time.
    pub fn run(self) -> Formatted {
        let text = self.text.to_string();
        let found = match &self.ranges {
            Some(ranges) => edits_in(&text, ranges),
            None => edits(&text),
        };
        Formatted {
            doc: self.doc,
            version: self.version,
            saving: self.saving,
            edits: found.map_err(|why| match &why {
                Refused::Mistakes { line, .. } => format!("line {line}: {why}"),
                Refused::Unsure => why.to_string(),
            }),
        }
    }
}
