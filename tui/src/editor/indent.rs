//! How far a new line is indented: by the grammar's query where the text around it is whole, else by the shape of its lines.
//!
//! Comes in: a text with its tree and a place. Goes out: the line of what is open there, or the blanks of the line to be. No text is changed here.

use super::motion::line_of;
use super::syntax::Language;
use ropey::Rope;
use tree_sitter::Tree;

/// One step of indentation.
pub const STEP: &str = "  ";

/// Above this many bytes a text is not parsed for a new line; the tree of a moment ago serves.
const SMALL: usize = 256 << 10;

/// How far back the shape of lines is looked at.
const LINES: usize = 400;

/// What is known about the text that gets a new line.
pub struct Indenter<'a> {
    text: &'a Rope,
    language: Option<&'a Language>,
    fresh: Option<Tree>,
    shifted: Option<&'a Tree>,
}

impl<'a> Indenter<'a> {
    /// For a text and the tree it had a moment ago, shifted along.
    pub fn new(
        text: &'a Rope,
        language: Option<&'a Language>,
        shifted: Option<&'a Tree>,
    ) -> Indenter<'a> {
        let fresh = match (language, shifted) {
            (Some(language), Some(old)) if text.len_bytes() <= SMALL => {
                language.parse(text, Some(old))
            }
            _ => None,
        };
        Indenter {
            text,
            language,
            fresh,
            shifted,
        }
    }

    /// The blanks of a line that begins behind character `at`; what follows on the line of `at` goes there.
    pub fn after(&self, at: usize) -> String {
        let line = line_of(self.text, at);
        let start = self.text.line_to_char(line);
        let before = self.text.slice(start..at).to_string();
        let own: String = before.chars().take_while(|c| is_blank(*c)).collect();
        let rest = self.text.slice(at..self.text.len_chars());
        let rest: String = rest.chars().take_while(|c| *c != '\n').take(40).collect();
        if before.trim().is_empty() && rest.trim().is_empty() {
            return own;
        }
        if let Some(word) = closer(&rest) {
            return self.closing(at, word).unwrap_or(own);
        }
        if opens(&before) {
            return own + STEP;
        }
        // A chain goes on.
        if before.trim_start().starts_with(['.', '|']) {
            return own;
        }
        match self.open_line(at) {
            Some(outer) => indent_of(self.text, outer) + STEP,
            None => own,
        }
    }

    /// The blanks of a line that begins before line `line`.
    pub fn above(&self, line: usize) -> String {
        let start = self.text.line_to_char(line);
        let own = indent_of(self.text, line);
        // The first line of something belongs to what is around it, its last line to it.
        let is_closer = closer(&self.text.line(line).to_string()).is_some();
        match self.open_line(start) {
            Some(outer) if is_closer => indent_of(self.text, outer) + STEP,
            _ => own,
        }
    }

    /// The blanks of a line that now begins with what closes something, if it stands too far in.
    pub fn outdented(&self, line: usize) -> Option<String> {
        let start = self.text.line_to_char(line);
        let outer = match closer(&self.text.line(line).to_string())? {
            "}" | ")" | "]" => self.open_line(start)?,
            // Words close by the grammar alone.
            "end" => self.by_tree(start)??,
            _ => return None,
        };
        let (own, outer) = (indent_of(self.text, line), indent_of(self.text, outer));
        (outer.len() < own.len()).then_some(outer)
    }

    /// The blanks of a line that begins with `}`, `end`, `else`, which stands at `at`.
    fn closing(&self, at: usize, word: &str) -> Option<String> {
        let outer = self.open_line(at)?;
        let line = indent_of(self.text, outer);
        // `else` stands below its `if`, or behind the brace of its block.
        (word != "else").then_some(line)
    }

    /// The line of the innermost thing that is open at a character.
    fn open_line(&self, at: usize) -> Option<usize> {
        match self.by_tree(at) {
            Some(found) => found,
            None => open_by_shape(self.text, at),
        }
    }

    fn by_tree(&self, at: usize) -> Option<Option<usize>> {
        let (language, tree) = (self.language?, self.fresh.as_ref().or(self.shifted)?);
        let byte = self.text.char_to_byte(at);
        language.open_row(tree, self.text, byte)
    }
}

/// The blanks a line begins with.
pub fn indent_of(text: &Rope, line: usize) -> String {
    text.line(line)
        .chars()
        .take_while(|c| is_blank(*c))
        .collect()
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// What closes something, at the start of a line.
fn closer(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(is_blank);
    if rest.starts_with(['}', ')', ']']) {
        return Some(&rest[..1]);
    }
    let word = rest
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()?;
    matches!(word, "end" | "else" | "catch" | "finally").then_some(word)
}

/// Whether a line leaves something open that its next line is indented for.
fn opens(before: &str) -> bool {
    const SIGNS: &[&str] = &[
        "{", "(", "[", "=", "->", "=>", "<-", "|>", "&&", "||", "<", ">", "<=", ">=", "++", "::",
        "+", "-", "*", "/", "%",
    ];
    const WORDS: &[&str] = &["then", "else", "do", "receive", "try", "catch", "finally"];
    let code = code_of(before).trim_end();
    let word = |end: &&str| {
        code.strip_suffix(*end)
            .is_some_and(|c| c.is_empty() || c.ends_with([' ', '\t', '}', ')']))
    };
    // `use m.*` is whole.
    let sign = SIGNS.iter().any(|end| code.ends_with(end)) && !code.ends_with(".*");
    sign || WORDS.iter().any(word)
}

/// A line without the comment behind it.
fn code_of(line: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') if !line[at + 1..].starts_with('{') => return &line[..at],
            _ => {}
        }
    }
    line
}

/// By brackets alone, from the last line before that looks like the start of a definition.
fn open_by_shape(text: &Rope, at: usize) -> Option<usize> {
    let line = line_of(text, at);
    let starts = |l: usize| {
        let first = text.line(l).get_char(0);
        first.is_some_and(|c| c.is_alphabetic() || c == '@')
    };
    let lines = (line.saturating_sub(LINES)..=line).rev();
    let first = lines.into_iter().find(|l| starts(*l)).unwrap_or(0);
    let mut open: Vec<usize> = Vec::new();
    for l in first..=line {
        let end = if l == line {
            at
        } else {
            text.line_to_char(l + 1)
        };
        let piece = text.slice(text.line_to_char(l)..end).to_string();
        let code = code_of(&piece);
        let mut quote = None;
        let mut escaped = false;
        for c in code.chars() {
            match (quote, c) {
                _ if escaped => escaped = false,
                (Some(_), '\\') => escaped = true,
                (Some(q), c) if q == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '{' | '(' | '[') => open.push(l),
                (None, '}' | ')' | ']') => {
                    open.pop();
                }
                _ => {}
            }
        }
    }
    open.pop()
}
