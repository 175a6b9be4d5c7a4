//! How a process ended.

use crate::message::Fragment;
use std::sync::Arc;

/// Why a process ended.
#[derive(Clone, Debug)]
pub enum ExitReason {
    /// Its function returned.
    Normal,
    /// It was told to end, in order.
    Shutdown,
    /// Another process or the debugger killed it.
    Killed,
    /// It was not there: what a link to or a monitor of a dead process says.
    NoProcess,
    /// It called `exit` with this reason.
    Custom(String),
    /// It threw what nobody caught.
    Failed(Box<Failure>),
}

/// An exception nobody caught.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The thrown value as people read it: `Panic: stack overflow` for a pair of strings.
    pub message: String,
    /// Where it was thrown, innermost first.
    pub trace: Vec<TraceLine>,
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceLine {
    /// A frame.
    Frame {
        /// Function.
        name: String,
        /// File as the project knows it, empty for glue.
        file: String,
        /// Line in it.
        line: u32,
    },
    /// So many frames left out.
    Omitted(usize),
}

impl ExitReason {
    /// Does the end of such a process end those it is linked to?
    pub fn is_abnormal(&self) -> bool {
        !matches!(self, ExitReason::Normal)
    }
}

impl ExitReason {
    /// The status of a program whose main process ended so: that of `exit(3)` is 3.
    pub fn status(&self) -> i32 {
        match self {
            ExitReason::Normal | ExitReason::Shutdown => 0,
            ExitReason::Custom(text) => text.parse().unwrap_or(1),
            ExitReason::Killed | ExitReason::NoProcess | ExitReason::Failed(_) => 1,
        }
    }
}

impl std::fmt::Display for ExitReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExitReason::Normal => write!(f, "Normal"),
            ExitReason::Shutdown => write!(f, "Shutdown"),
            ExitReason::Killed => write!(f, "Killed"),
            ExitReason::NoProcess => write!(f, "NoProcess"),
            ExitReason::Custom(text) => write!(f, "Custom({text:?})"),
            ExitReason::Failed(failure) => write!(f, "{}", failure.message),
        }
    }
}

impl std::fmt::Display for TraceLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TraceLine::Frame { name, file, line } if file.is_empty() => {
                write!(f, "  at {name} (line {line})")
            }
            TraceLine::Frame { name, file, line } => write!(f, "  at {name} ({file}:{line})"),
            TraceLine::Omitted(n) => write!(f, "  … {n} more …"),
        }
    }
}

/// How an image's program ended.
#[derive(Clone, Debug)]
pub struct ExitStatus {
    /// See [`ExitReason::status`].
    pub code: i32,
    /// Its reason.
    pub reason: ExitReason,
}

/// The result of a process that ran for a host, e.g. an evaluated expression.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Why it ended.
    pub reason: ExitReason,
    /// Its boxed result when it ended normally.
    pub(crate) result: Option<Arc<Fragment>>,
}
