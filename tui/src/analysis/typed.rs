//! What could be typed on where somebody types an expression that stands in no file: the REPL, the debugger's console.
//!
//! The analysis is asked about the module's text with the expression put into it, in a function of its own or, where a process has stopped,
//! before the line of its frame, so that what is known there is known here. After that the module has its own text again.

use super::Ide;
use super::answer::candidate;
use super::question::{Candidate, Typed};
use nostos_ide::Position;
use std::path::Path;

/// The function around the expression; nobody writes this name.
const AROUND: &str = "nostosTyped__";

impl Ide {
    /// What could stand at the end of what is typed, in the module of a file.
    pub(super) fn typed(&mut self, path: &Path, typed: &Typed) -> Vec<Candidate> {
        self.load();
        let name = self.name(path);
        let own = self.analysis.text(&name);
        let text = own.as_deref().unwrap_or_default();
        let inside = typed.line.and_then(|line| before_line(text, line, typed));
        let behind = (format!("{text}\n\n{AROUND}() = {{\n"), "\n}\n".to_owned());
        let mut found = Vec::new();
        for (before, after) in inside.into_iter().chain([behind]) {
            found = self.at_the_end(&name, before + &typed.before, &after);
            if !found.is_empty() {
                break;
            }
        }
        match own {
            Some(text) => self.analysis.set_file(&name, &text),
            None => self.analysis.remove_file(&name),
        }
        let word = word_of(&typed.before);
        found.retain(|c| c.label.starts_with(word) && c.label != AROUND);
        found
    }

    /// What could stand between two texts.
    fn at_the_end(&mut self, name: &str, before: String, after: &str) -> Vec<Candidate> {
        let last = before.rsplit('\n').next().unwrap_or_default();
        let at = Position {
            line: before.matches('\n').count() as u32,
            character: last.encode_utf16().count() as u32,
        };
        self.analysis.set_file(name, &(before + after));
        let found = self.analysis.completion(name, at).into_iter();
        found.map(candidate).collect()
    }
}

/// The text before and after an expression that stands before an indented line.
fn before_line(text: &str, line: usize, typed: &Typed) -> Option<(String, String)> {
    let mut lines = text.split_inclusive('\n');
    let before: String = lines.by_ref().take(line.checked_sub(1)?).collect();
    let after: String = lines.collect();
    let indent: String = after.chars().take_while(|c| *c == ' ').collect();
    let alone = !indent.is_empty() && !typed.before.contains('\n');
    alone.then(|| (before + &indent, format!("\n{after}")))
}

/// The word at the end of a text.
fn word_of(text: &str) -> &str {
    let start = text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    &text[start.len()..]
}
