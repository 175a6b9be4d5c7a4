//! One line of typed text: prompts, the REPL, the filter of a picker.

use crate::commands::Cmd;
use crate::keys::Key;

/// A line and its cursor. Invariant: `cursor` is a character boundary of `text`.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Input {
    text: String,
    cursor: usize,
}

impl Input {
    /// A line with the cursor at its end.
    pub fn new(text: &str) -> Input {
        Input {
            text: text.to_owned(),
            cursor: text.len(),
        }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Replaces everything.
    pub fn set(&mut self, text: &str) {
        *self = Input::new(text);
    }

    /// Takes the text out.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Inserts at the cursor; line breaks become blanks.
    pub fn insert(&mut self, text: &str) {
        let clean: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    /// Types a key. `false`: it types nothing.
    pub fn typed(&mut self, key: Key) -> bool {
        match key.typed() {
            Some(c) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
                true
            }
            None => false,
        }
    }

    /// Runs a line command. `false`: it is another kind of command.
    pub fn run(&mut self, cmd: Cmd) -> bool {
        let before = &self.text[..self.cursor];
        match cmd {
            Cmd::LineLeft => self.cursor = before.char_indices().next_back().map_or(0, |(i, _)| i),
            Cmd::LineRight => {
                self.cursor += self.text[self.cursor..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8)
            }
            Cmd::LineHome => self.cursor = 0,
            Cmd::LineEnd => self.cursor = self.text.len(),
            Cmd::LineBackspace => {
                let from = before.char_indices().next_back().map_or(0, |(i, _)| i);
                self.cut(from);
            }
            Cmd::LineDelete => {
                let len = self.text[self.cursor..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
                self.text.drain(self.cursor..self.cursor + len);
            }
            Cmd::LineKillWord => {
                let kept = before
                    .trim_end()
                    .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
                let from = if kept.len() == before.trim_end().len() {
                    kept.char_indices().next_back().map_or(0, |(i, _)| i)
                } else {
                    kept.len()
                };
                self.cut(from);
            }
            Cmd::LineKill => self.cut(0),
            _ => return false,
        }
        true
    }

    fn cut(&mut self, from: usize) {
        self.text.drain(from..self.cursor);
        self.cursor = from;
    }
}

/// A score for how well `query` matches `text` as a scattered subsequence; `None` if it does not. Higher is better.
pub fn fuzzy(query: &str, text: &str) -> Option<i32> {
    let mut score = 0;
    let mut last: Option<usize> = None;
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    for q in query.chars().filter(|c| !c.is_whitespace()) {
        let smart = |c: char| {
            if q.is_uppercase() {
                c == q
            } else {
                c.to_lowercase().eq(q.to_lowercase())
            }
        };
        let hit = (at..chars.len()).find(|i| smart(chars[*i]))?;
        let starts = hit == 0 || !chars[hit - 1].is_alphanumeric();
        score += if starts { 8 } else { 1 };
        score += if last.is_some_and(|l| l + 1 == hit) {
            8
        } else {
            0
        };
        last = Some(hit);
        at = hit + 1;
    }
    Some(score * 4 - chars.len() as i32 / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keeps_boundaries() {
        let mut line = Input::new("grün ja");
        for _ in 0..4 {
            line.run(Cmd::LineLeft);
        }
        line.run(Cmd::LineBackspace);
        assert_eq!((line.text(), line.cursor()), ("grn ja", 2));
        line.run(Cmd::LineEnd);
        line.run(Cmd::LineKillWord);
        assert_eq!(line.text(), "grn ");
        line.insert("a\nb");
        assert_eq!(line.text(), "grn a b");
    }

    #[test]
    fn word_starts_and_runs_win() {
        assert!(fuzzy("gl", "global_list").is_some());
        assert!(fuzzy("xy", "yx").is_none());
        assert!(fuzzy("main", "src/main.nos") > fuzzy("main", "my_apples_in.nos"));
    }
}
