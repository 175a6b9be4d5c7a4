//! What macros made, as sources of their own: texts by numbers, and the lines in them that code belongs to.
//!
//! In: code objects, which carry the texts their calls of macros became. Out: a number for each text, which stays the same as long as its definition makes
//! the same text of the same call, so that breakpoints and open windows outlive a swap; the text as a person reads it. Texts stay known when no code is
//! left, as somebody may still look at them; the oldest of very many go.

use nostos_abi::code::{Expanded, Expansion};
use nostos_check::expand::render::readable_places;
use nostos_runtime::Code;
use nostos_syntax::LineIndex;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the names of such sources begin with, before the number.
const PREFIX: &str = "expansion:";
/// Texts that are remembered.
const MOST: usize = 10_000;

/// All texts.
#[derive(Default)]
pub(super) struct Expansions {
    last: u32,
    known: BTreeMap<u32, Text>,
    numbers: FxHashMap<Key, u32>,
}

/// File, definition, macro, text, and how many equal ones stand before it.
type Key = (String, String, String, String, usize);

/// A line of one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The number of the text.
    pub text: u32,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

struct Text {
    key: Key,
    name: String,
    shown: String,
    /// Places of the text as it came, and where they are in it without marks.
    places: Vec<(u32, u32)>,
    lines: LineIndex,
    /// Lines left out at the beginning, and bytes at the beginning of each.
    skipped: u32,
    indents: Vec<u32>,
}

/// The number in the name of a source that a macro made.
pub(super) fn number_of(path: &str) -> Option<u32> {
    let rest = path.strip_prefix(PREFIX)?;
    rest.split('/').next()?.parse().ok()
}

impl Spot {
    /// The name of the text, as far as it must be known.
    pub fn name(self) -> String {
        format!("{PREFIX}{}", self.text)
    }
}

impl Expansions {
    /// What is of expansions in a code, from each offset on.
    pub(super) fn spots(&mut self, code: &Code) -> Vec<(u32, Option<Spot>)> {
        let object = &code.object;
        let mut numbers = Vec::new();
        for (i, expansion) in object.expansions.iter().enumerate() {
            let same = |other: &&Arc<Expansion>| {
                (&other.by, &other.text) == (&expansion.by, &expansion.text)
            };
            let before = object.expansions[..i].iter().filter(same).count();
            numbers.push(self.number(&object.file, expansion, before));
        }
        let spot = |(offset, within): &Expanded| {
            let spot = within.and_then(|(which, byte)| {
                let number = numbers[which as usize];
                Some(self.known.get(&number)?.spot(number, byte))
            });
            (*offset, spot)
        };
        object.expanded.iter().map(spot).collect()
    }

    fn number(&mut self, file: &str, expansion: &Expansion, before: usize) -> u32 {
        let key = (
            file.to_owned(),
            expansion.of.clone(),
            expansion.by.clone(),
            expansion.text.clone(),
            before,
        );
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        self.last += 1;
        self.numbers.insert(key.clone(), self.last);
        self.known.insert(self.last, Text::new(key, expansion));
        if self.known.len() > MOST
            && let Some((_, oldest)) = self.known.pop_first()
        {
            self.numbers.remove(&oldest.key);
        }
        self.last
    }

    /// The name of a text, by its number.
    pub(super) fn path(&self, number: u32) -> String {
        let name = self.known.get(&number).map_or("", |text| &text.name);
        format!("{PREFIX}{number}/{name}")
    }

    /// The text itself.
    pub(super) fn text(&self, number: u32) -> Option<String> {
        Some(self.known.get(&number)?.shown.clone())
    }
}

impl Text {
    fn new(key: Key, expansion: &Expansion) -> Text {
        let kept = expansion.kept.iter().map(|name| name.as_str().into());
        let (text, places) = readable_places(&expansion.text, &kept.collect());
        let is_blank = |line: &&str| line.trim().is_empty();
        let skipped = text.lines().take_while(is_blank).count();
        let all: Vec<&str> = text.lines().skip(skipped).collect();
        // Where the quote stands in the macro says nothing here.
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let first = all.first().map_or(0, |line| indent(line));
        let rest = all.iter().skip(1).filter(|line| !is_blank(line));
        let common = rest.map(|line| indent(line)).min().unwrap_or(0);
        // A text that begins in the middle of a line belongs where the others of its block are.
        let closes = |line: &&&str| line.trim_start().starts_with(['}', ')', ']']);
        let last = all.iter().rev().find(|line| !is_blank(line)).filter(closes);
        let common = last.map_or(common, |line| indent(line).min(common));
        let indents: Vec<u32> = all
            .iter()
            .enumerate()
            .map(|(i, line)| match i {
                0 => first as u32,
                _ => common.min(indent(line)) as u32,
            })
            .collect();
        let mut shown = String::new();
        for (line, indent) in all.iter().zip(&indents) {
            shown += line[*indent as usize..].trim_end();
            shown.push('\n');
        }
        let number = expansion.number + 1;
        let name = match expansion.number {
            0 => format!("{} in {}", expansion.by, expansion.of),
            _ => format!("{} in {} #{number}", expansion.by, expansion.of),
        };
        Text {
            key,
            name,
            shown,
            places,
            lines: LineIndex::new(&text),
            skipped: skipped as u32,
            indents,
        }
    }

    fn spot(&self, text: u32, byte: u32) -> Spot {
        let after = self.places.partition_point(|place| place.0 <= byte);
        let at = match after.checked_sub(1) {
            Some(i) => self.places[i].1 + (byte - self.places[i].0),
            None => byte,
        };
        let place = self.lines.line_col(at);
        let line = place.line.saturating_sub(self.skipped);
        let indent = self.indents.get(line as usize).copied().unwrap_or(0);
        Spot {
            text,
            line: line + 1,
            column: place.col.saturating_sub(indent) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_text_that_is_shown() {
        let text = "\n    a = 1\n    if a > 0 then {\n      b\n    }";
        let expansion = Expansion {
            by: "m".into(),
            of: "f".into(),
            number: 1,
            text: text.into(),
            kept: Vec::new(),
            line: 7,
        };
        let mut known = Expansions::default();
        let number = known.number("main.nos", &expansion, 0);
        assert_eq!(known.path(number), "expansion:1/m in f #2");
        assert_eq!(number_of(&known.path(number)), Some(1));
        let shown = known.text(number);
        assert_eq!(shown.as_deref(), Some("a = 1\nif a > 0 then {\n  b\n}\n"));
        let spot = |what: &str| {
            let at = text.find(what).map(|at| at as u32);
            known.known[&number].spot(number, at.unwrap_or(0))
        };
        let found = ["a = 1", "if a", "b\n", "}"].map(|what| (spot(what).line, spot(what).column));
        assert_eq!(found, [(1, 1), (2, 1), (3, 3), (4, 1)]);
        assert_eq!(known.number("main.nos", &expansion, 0), number);
    }
}
