//! Where something was thrown: the frames up to the one that handles it, as the compiled program's traces have them.

use crate::process::{Process, Wait};
use nostos_codegen::ir::Function;
use nostos_codegen::meaning::Meaning;

/// Frames of a trace that are kept at each end.
const ENDS: usize = 24;

/// A line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A frame: function, file, line.
    Frame(String, String, u32),
    /// So many frames left out.
    Omitted(usize),
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Line::Frame(name, file, line) => write!(f, "  at {name} ({file}:{line})"),
            Line::Omitted(count) => write!(f, "  … {count} more …"),
        }
    }
}

/// The frames from a place in the function at hand outwards, to the first that handles what is thrown.
pub(crate) fn taken(meaning: &dyn Meaning, process: &Process<'_>, at: u32) -> Vec<Line> {
    let mut frames: Vec<(&Function, u32)> = vec![(process.function, at)];
    for wait in process.waits.iter().rev() {
        match wait {
            Wait::Caller { function, at, .. } => frames.push((function, *at)),
            Wait::Catch(..) | Wait::Finally(..) => break,
            _ => {}
        }
    }
    let mut lines = Vec::new();
    let left_out = frames.len().saturating_sub(2 * ENDS);
    for (i, (function, at)) in frames.iter().enumerate() {
        if left_out > 0 && i == ENDS {
            push(&mut lines, Line::Omitted(left_out));
        }
        if (left_out == 0 || i < ENDS || i >= ENDS + left_out)
            && let Some(line) = frame(meaning, function, *at)
        {
            push(&mut lines, line);
        }
    }
    lines
}

/// What people read of a frame; nothing for glue.
fn frame(meaning: &dyn Meaning, function: &Function, at: u32) -> Option<Line> {
    let file = function.file?;
    let at = if at == 0 { function.at } else { at };
    let line = meaning.position(file, function.told(at)).0;
    let path = meaning.path(file).to_string();
    Some(Line::Frame(function.name.clone(), path, line))
}

/// Adds a line; a recursion's many equal ones become two with a count between them.
fn push(lines: &mut Vec<Line>, line: Line) {
    let more = match (&lines[..], &line) {
        ([.., Line::Frame(..), Line::Omitted(_)], Line::Omitted(n)) => *n,
        ([.., last, Line::Omitted(_)], same) if last == same => 1,
        ([.., before, last], same) if before == last && last == same => {
            let last = lines.len() - 1;
            lines[last] = Line::Omitted(1);
            1
        }
        _ => 0,
    };
    match lines.last_mut() {
        Some(Line::Omitted(n)) if more > 0 => *n += more,
        _ => lines.push(line),
    }
}
