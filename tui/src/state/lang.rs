//! What is under way between the editor and the analysis: questions asked, the list of completions, the call that is being written.

use crate::analysis::question::{Candidate, FileEdits, Signature, Topic};
use crate::commands::Ctx;
use crate::input::fuzzy;
use crate::keys::Key;
use crate::state::Cursor;

/// The list of what could be typed.
#[derive(Debug)]
pub struct Choices {
    /// The document.
    pub doc: usize,
    /// Where the word begins that is completed.
    pub from: usize,
    /// What of it was typed when the analysis was asked.
    pub asked: String,
    /// All that was found.
    pub all: Vec<Candidate>,
    /// Those that fit what is typed, the best first.
    pub shown: Vec<usize>,
    /// The row.
    pub cursor: Cursor,
    /// A row was chosen, so that `ret` means it.
    pub chosen: bool,
}

impl Choices {
    /// Keeps what fits a typed word; the row goes back to the first.
    pub fn fit(&mut self, word: &str) {
        self.shown = ranked(&self.all, word);
        self.cursor = Cursor::default();
    }

    /// The candidate of the row.
    pub fn current(&self) -> Option<&Candidate> {
        Some(&self.all[*self.shown.get(self.cursor.row)?])
    }
}

/// Candidates that fit a word, the best first: those that begin with it, then the nearer ones, then by how well the letters fit.
pub fn ranked(all: &[Candidate], word: &str) -> Vec<usize> {
    let lower = word.to_lowercase();
    let mut hits: Vec<_> = all
        .iter()
        .enumerate()
        .filter_map(|(i, c)| {
            let score = fuzzy(word, &c.label).filter(|_| begins_a_part(word, &c.label))?;
            let begins = match () {
                () if c.label.starts_with(word) => 0,
                () if c.label.to_lowercase().starts_with(&lower) => 1,
                () => 2,
            };
            let score = if word.is_empty() || begins < 2 {
                0
            } else {
                -score
            };
            Some(((begins, c.rank, score, i), i))
        })
        .collect();
    hits.sort_unstable();
    hits.into_iter().map(|(_, i)| i).collect()
}

/// Letters scattered over a name mean it only if the first one begins the name or a part of it.
fn begins_a_part(word: &str, label: &str) -> bool {
    let Some(first) = word.chars().next() else {
        return true;
    };
    let mut before = '_';
    label.chars().any(|c| {
        let starts = before == '_' || c.is_uppercase() && !before.is_uppercase();
        before = c;
        starts && c.to_lowercase().eq(first.to_lowercase())
    })
}

/// All of it.
#[derive(Debug, Default)]
pub struct Lang {
    /// Completions to choose from.
    pub choices: Option<Choices>,
    /// The call around the cursor.
    pub signature: Option<Signature>,
    /// The number of the newest question.
    pub number: u64,
    /// The newest question of each kind.
    pub wanted: Vec<(Topic, u64)>,
    /// The character this key has typed.
    pub typed: Option<char>,
    /// Document, version, cursor as of the last event.
    pub seen: Option<(usize, u64, usize)>,
    /// First and last line on the screen then.
    pub window: (usize, usize),
    /// When the cursor has rested long enough to ask about its place.
    pub wake: Option<u64>,
    /// The analysis has answered something.
    pub ready: bool,
    /// The list was asked for, it did not come by itself.
    pub by_hand: bool,
    /// What a key of the list stands for, for macros and repetition.
    pub instead: Option<Vec<Key>>,
    /// A rename that waits for a yes: the new name, the edits.
    pub renaming: Option<(String, Vec<FileEdits>)>,
}

impl Lang {
    /// The list, if there is anything in it.
    pub fn list(&self) -> Option<&Choices> {
        self.choices.as_ref().filter(|c| !c.shown.is_empty())
    }

    /// The keys that hold while there is a list.
    pub fn contexts(&self) -> Option<Ctx> {
        self.list().map(|c| match c.chosen {
            true => Ctx::Choice,
            false => Ctx::Offer,
        })
    }

    /// Whether an answer is to the newest question of its kind.
    pub fn is_newest(&self, topic: &Topic, number: u64) -> bool {
        self.wanted
            .iter()
            .any(|(t, n)| t.same_kind(topic) && *n == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_the_word_comes_first() {
        let all: Vec<Candidate> = [("to_list", 1), ("list", 3), ("Lister", 0), ("split", 0)]
            .map(|(label, rank)| Candidate {
                label: label.to_owned(),
                kind: "fn",
                detail: String::new(),
                docs: String::new(),
                rank,
            })
            .into();
        let names = |word: &str| -> Vec<String> {
            ranked(&all, word)
                .into_iter()
                .map(|i| all[i].label.clone())
                .collect()
        };
        assert_eq!(names("li"), ["list", "Lister", "to_list"]);
        assert_eq!(names("Li"), ["Lister"]);
        assert_eq!(names(""), ["Lister", "split", "to_list", "list"]);
    }
}
