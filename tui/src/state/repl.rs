//! What was typed at the image and what it said.

use crate::input::Input;

/// One entry of a transcript.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// What was typed.
    Typed(String),
    /// What it gave.
    Value {
        /// The value.
        text: String,
        /// Its type.
        ty: String,
        /// How long it took.
        micros: u64,
    },
    /// Why it gave nothing.
    Refused(String),
    /// What the program printed.
    Printed {
        /// To standard error.
        error: bool,
        /// One line.
        text: String,
    },
    /// What this program has to say.
    Note(String),
}

/// A transcript with a line to type into.
#[derive(Default, Debug)]
pub struct Repl {
    /// What happened.
    pub entries: Vec<Entry>,
    /// The line.
    pub input: Input,
    /// Lines typed before.
    pub history: Vec<String>,
    /// Which of them is in the line.
    pub at: Option<usize>,
    /// Rows scrolled up from the end.
    pub scroll: usize,
    /// An evaluation runs.
    pub waiting: bool,
    /// The last printed line has no end yet.
    unfinished: Option<bool>,
}

impl Repl {
    /// How many values it has shown.
    pub fn answers(&self) -> usize {
        let values = self.entries.iter();
        values.filter(|e| matches!(e, Entry::Value { .. })).count()
    }

    /// Adds an entry; the oldest go.
    pub fn push(&mut self, entry: Entry) {
        const KEEP: usize = 5_000;
        self.unfinished = None;
        self.entries.push(entry);
        if self.entries.len() > KEEP + 500 {
            self.entries.drain(..500);
        }
    }

    /// Adds printed text, line by line.
    pub fn print(&mut self, error: bool, printed: &str) {
        for piece in printed.split_inclusive('\n') {
            let line: String = piece
                .trim_end_matches(['\n', '\r'])
                .chars()
                .filter(|c| !c.is_control() || *c == '\t')
                .collect();
            match self.entries.last_mut() {
                Some(Entry::Printed { text, .. }) if self.unfinished == Some(error) => {
                    text.push_str(&line)
                }
                _ => self.push(Entry::Printed { error, text: line }),
            }
            self.unfinished = (!piece.ends_with('\n')).then_some(error);
        }
    }

    /// Walks the history.
    pub fn walk(&mut self, back: bool) {
        let len = self.history.len();
        let next = match (self.at, back) {
            (None, true) => len.checked_sub(1),
            (None, false) => None,
            (Some(i), true) => Some(i.saturating_sub(1)),
            (Some(i), false) => Some(i + 1).filter(|i| *i < len),
        };
        if back && next.is_none() {
            return;
        }
        self.at = next;
        let line = next.map(|i| self.history[i].clone()).unwrap_or_default();
        self.input.set(&line);
    }
}
