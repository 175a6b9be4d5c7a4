//! What the analysis knows about one text, besides what is wrong with it: definitions, uses of a name, what is left out.
//!
//! Places move along with edits until the next answer comes. Nothing is asked and nothing is drawn here.

use super::change::{Moves, Side};
use std::ops::Range;

/// Something a text defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is: `fn`, `type`.
    pub kind: &'static str,
    /// How deep it is inside others.
    pub depth: usize,
    /// First character.
    pub from: usize,
    /// Behind its last character.
    pub to: usize,
    /// Where its name is.
    pub at: usize,
}

/// What is known.
#[derive(Clone, Default, Debug)]
pub struct Known {
    /// Definitions, outer before inner, in the order of the text.
    pub symbols: Vec<Symbol>,
    /// The version they were found in.
    pub symbols_of: Option<u64>,
    /// Places that mean the same as what the cursor is on.
    pub uses: Vec<(usize, usize)>,
    /// What is shown before characters, though it does not stand there.
    pub hints: Vec<(usize, String)>,
    /// The version and the lines that was found for.
    pub hints_of: Option<(u64, Range<usize>)>,
}

impl Known {
    /// Moves along with an edit.
    pub fn follow(&mut self, moves: &Moves) {
        self.uses.clear();
        for symbol in &mut self.symbols {
            symbol.from = moves.moved(symbol.from, Side::After);
            symbol.at = moves.moved(symbol.at, Side::After);
            symbol.to = moves.moved(symbol.to, Side::Before).max(symbol.from);
        }
        // What is said inside of changed text is not true any more.
        self.hints.retain(|(at, _)| !moves.is_within(*at));
        for (at, _) in &mut self.hints {
            *at = moves.moved(*at, Side::Before);
        }
    }

    /// The definitions around a character, the outermost first.
    pub fn around(&self, at: usize) -> impl Iterator<Item = &Symbol> {
        self.symbols
            .iter()
            .filter(move |s| s.from <= at && at < s.to.max(s.from + 1))
    }
}
