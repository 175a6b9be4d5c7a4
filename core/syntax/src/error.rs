//! What the parser has to say to the author of a file.

use crate::tree::TextRange;

/// A mistake in the text, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// The bytes to mark; empty when something is missing.
    pub range: TextRange,
    /// One line, in lower case, without a full stop.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

/// Past this many errors a file is not worth more words.
pub(crate) const MAX_ERRORS: usize = 200;
