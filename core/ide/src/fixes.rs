//! Edits that do what a diagnostic's hint says, where that is certain enough to be done by one key.
//!
//! In come diagnostics as they are told, out go edits of the same file. What cannot be done without thinking has no fix.

use crate::{Analysis, Diagnostic, Position};
use std::ops::Range;

/// What can be done about a diagnostic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fix {
    /// In words: ``write `retry` ``.
    pub title: String,
    /// What is replaced in the diagnostic's file, and by what.
    pub edits: Vec<(Range<Position>, String)>,
}

impl Analysis {
    /// What can be done about a diagnostic of a file.
    pub(crate) fn fix(&self, path: &str, found: &Diagnostic) -> Option<Fix> {
        let hint = found.hint.as_deref()?;
        if let Some(name) = between(hint, "did you mean `", "`?") {
            return self.replaced(path, found, name);
        }
        if let Some(name) = between(hint, "say which: `", "`") {
            let last = name.rsplit('.').next()?;
            let (at, _) = self.word(path, &found.range, |word| word == last)?;
            return Some(Fix {
                title: format!("write `{name}`"),
                edits: vec![(at, name.to_owned())],
            });
        }
        if let Some(name) = between(hint, "declare it `var ", " = …`") {
            let text = self.text(path)?;
            let lines: Vec<&str> = text.lines().collect();
            let here = found.range.start;
            let indent = |line: &str| line.len() - line.trim_start().len();
            let deepest = indent(lines.get(here.line as usize)?);
            // The first statement of this function that begins with the name; what is taken apart, or a parameter, is no `var`.
            let function = lines[..here.line as usize]
                .iter()
                .rposition(|l| !l.is_empty() && indent(l) == 0);
            let binds = |line: &str| {
                let rest = line.trim_start().strip_prefix(name);
                let rest = rest.map(str::trim_start).unwrap_or_default();
                (rest.starts_with('=') && !rest.starts_with("==")) || rest.starts_with(':')
            };
            let line = (function? + 1..here.line as usize).find(|line| {
                let text = lines[*line];
                indent(text) <= deepest && binds(text)
            })?;
            let character = indent(lines[line]) as u32;
            let at = Position {
                line: line as u32,
                character,
            };
            return Some(Fix {
                title: format!("declare `{name}` as `var`"),
                edits: vec![(at..at, "var ".to_owned())],
            });
        }
        None
    }

    /// Another name in place of the one the message speaks of.
    fn replaced(&self, path: &str, found: &Diagnostic, name: &str) -> Option<Fix> {
        // The message names what is wrong before it says where.
        let mut quoted = found.message.split('`').skip(1).step_by(2);
        let (at, _) = quoted.find_map(|q| {
            let last = q.rsplit('.').next()?;
            self.word(path, &found.range, |word| word != name && word == last)
        })?;
        Some(Fix {
            title: format!("write `{name}`"),
            edits: vec![(at, name.to_owned())],
        })
    }

    /// The only word of a marked place that is meant.
    fn word(
        &self,
        path: &str,
        marked: &Range<Position>,
        meant: impl Fn(&str) -> bool,
    ) -> Option<(Range<Position>, String)> {
        if marked.start.line != marked.end.line {
            return None;
        }
        let text = self.text(path)?;
        let line = text.lines().nth(marked.start.line as usize)?;
        let (mut words, mut units): (Vec<(Range<u32>, String)>, u32) = (Vec::new(), 0);
        let mut open = false;
        for c in line.chars() {
            let here = units;
            units += c.len_utf16() as u32;
            if !(c.is_alphanumeric() || c == '_') {
                open = false;
            } else if let (true, Some((range, word))) = (open, words.last_mut()) {
                range.end = units;
                word.push(c);
            } else {
                open = true;
                words.push((here..units, c.to_string()));
            }
        }
        let inside = |r: &Range<u32>| {
            marked.start.character <= r.start && r.end <= marked.end.character.max(r.start)
        };
        let mut found = words
            .into_iter()
            .filter(|(range, word)| inside(range) && meant(word));
        let (range, word) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let at = |character| Position {
            line: marked.start.line,
            character,
        };
        Some((at(range.start)..at(range.end), word))
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after the first fix.
    fn fixed(text: &str) -> Option<(String, String)> {
        let mut analysis = Analysis::new();
        analysis.set_file("main.nos", text);
        analysis.set_file("money.nos", "pub double(n: Int) -> Int = n * 2\n");
        let fix = analysis
            .diagnostics("main.nos")
            .into_iter()
            .find_map(|d| d.fix)?;
        let [(range, new)] = fix.edits.as_slice() else {
            return None;
        };
        let byte = |at: Position| {
            let lines: usize = text
                .split_inclusive('\n')
                .take(at.line as usize)
                .map(str::len)
                .sum();
            let line = &text[lines..];
            let mut units = 0;
            let end = line.char_indices().find(|(_, c)| {
                let here = units >= at.character;
                units += c.len_utf16() as u32;
                here
            });
            lines + end.map_or(line.len(), |(i, _)| i)
        };
        let out = format!(
            "{}{new}{}",
            &text[..byte(range.start)],
            &text[byte(range.end)..]
        );
        Some((fix.title, out))
    }

    #[test]
    fn hints_that_are_certain_become_edits() {
        for (before, after) in [
            (
                "retry(n) = n\nmain() = retyr(1)\n",
                "retry(n) = n\nmain() = retry(1)\n",
            ),
            (
                "main() = {\n  amount = 1\n  println(\"\u{1f600}${amuont}\")\n}\n",
                "main() = {\n  amount = 1\n  println(\"\u{1f600}${amount}\")\n}\n",
            ),
            ("f(a: Itn) = a\n", "f(a: Int) = a\n"),
            (
                "type Box = { width: Int }\nf(b: Box) = b.wdith\n",
                "type Box = { width: Int }\nf(b: Box) = b.width\n",
            ),
            ("use mony.*\nmain() = 1\n", "use money.*\nmain() = 1\n"),
            (
                "use money.duoble\nmain() = 1\n",
                "use money.double\nmain() = 1\n",
            ),
            ("main() = [1].mpa(x => x)\n", "main() = [1].map(x => x)\n"),
            (
                "main() = {\n  x = 1\n  x = 2\n  x\n}\n",
                "main() = {\n  var x = 1\n  x = 2\n  x\n}\n",
            ),
            (
                "f(x) = match x { Soem(n) -> n\n  None -> 0 }\n",
                "f(x) = match x { Some(n) -> n\n  None -> 0 }\n",
            ),
        ] {
            let found = fixed(before).map(|(_, text)| text);
            assert_eq!(found.as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn what_is_not_certain_has_no_fix() {
        for text in [
            "f(a) = { a = 2\n a }\n",
            "main() = {\n  (p, q) = (1, 2)\n  q = 3\n}\n",
            "main() = nothing_like_it_here(1)\n",
            "main() = 1 + \"a\"\n",
        ] {
            assert_eq!(fixed(text), None, "{text}");
        }
    }
}
