//! Diagnostics: what a person is told about their program. Data; the faces render it.

use crate::ty::FileId;

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Severity {
    /// The program does not run.
    Error,
    /// It runs.
    Warning,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// The file.
    pub file: FileId,
    /// Bytes of the marked place in the file.
    pub range: std::ops::Range<u32>,
    /// The sentence.
    pub message: String,
    /// What to do about it, where known.
    pub hint: Option<String>,
    /// Other places that matter, each with a note.
    pub related: Vec<(FileId, std::ops::Range<u32>, String)>,
}
