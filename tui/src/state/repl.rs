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
        /// The handle of its parts; 0: none.
        reference: u64,
        /// How many parts.
        parts: u64,
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

/// What a word could become.
#[derive(Default, Debug)]
pub struct Offers {
    /// Names and what they are.
    pub all: Vec<(String, String)>,
    /// What the analysis knows, while the image is asked.
    pub known: Vec<(String, String)>,
    /// The one that is in the line.
    pub at: Option<usize>,
    /// The line they are for.
    pub line: String,
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
    /// The lines before this one, of what is not complete yet.
    pub above: Vec<String>,
    /// The answer that is chosen, among the entries.
    pub chosen: Option<usize>,
    /// What the word before the cursor could become, what of that is in the line, and for which line that was found.
    pub offers: Offers,
    /// The last printed line has no end yet.
    unfinished: Option<bool>,
}

impl Repl {
    /// What was shown cannot be opened any more.
    pub fn forget_handles(&mut self) {
        for entry in &mut self.entries {
            if let Entry::Value { reference, .. } = entry {
                *reference = 0;
            }
        }
    }

    /// How many values it has shown.
    pub fn answers(&self) -> usize {
        let values = self.entries.iter();
        values.filter(|e| matches!(e, Entry::Value { .. })).count()
    }

    /// Adds an entry; the oldest go.
    pub fn push(&mut self, entry: Entry) {
        const KEEP: usize = 5_000;
        self.unfinished = None;
        self.chosen = None;
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
        self.set(&line);
    }

    /// Puts a text of one or more lines where one types.
    pub fn set(&mut self, text: &str) {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let last = lines.pop().unwrap_or_default();
        self.above = lines;
        self.input.set(&last);
    }

    /// All that is typed.
    pub fn typed(&self) -> String {
        let mut out = self.above.join("\n");
        if !self.above.is_empty() {
            out.push('\n');
        }
        out + self.input.text()
    }

    /// The offers, if they are for the line as it is.
    pub fn offered(&self) -> &[(String, String)] {
        match self.offers.line == self.input.text() {
            true => &self.offers.all,
            false => &[],
        }
    }

    /// Chooses an answer, the next older or newer one.
    pub fn choose(&mut self, older: bool) {
        let is_value = |i: &usize| matches!(self.entries[*i], Entry::Value { .. });
        let from = self.chosen.unwrap_or(self.entries.len());
        let next = match older {
            true => (0..from).rev().find(is_value),
            false => (from + 1..self.entries.len()).find(is_value),
        };
        self.chosen = next.or(self.chosen.filter(|_| older));
    }
}

/// Are brackets or a string open at the end of what is typed?
pub fn is_open(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped, mut comment) = (0_i64, false, false, false);
    for c in text.chars() {
        match c {
            '\n' => {
                comment = false;
                escaped = false;
            }
            _ if comment => {}
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '#' => comment = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    // A string does not go over the end of its line by itself.
    depth > 0 && !quoted
}
