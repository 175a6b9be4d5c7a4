//! Search and replace: `s/pattern/with/` over the selection or the whole text, as one change.

use super::Editor;
use super::change::Transaction;
use super::edit;
use super::selection::{Range, Selection};

/// A replacement as it was typed.
#[derive(Debug)]
pub struct Replacement {
    regex: regex::Regex,
    with: String,
}

/// Reads `/pattern/with/flags`; the first character separates, `\` before it takes it as it stands. Flags: `i` both cases,
/// `l` the pattern is literal text.
pub fn parse(typed: &str) -> Result<Replacement, String> {
    let mut chars = typed.chars();
    let separator = chars
        .next()
        .ok_or("what shall be replaced? :s/pattern/with/")?;
    if separator.is_alphanumeric() || separator.is_whitespace() {
        return Err("a replacement is written s/pattern/with/".to_owned());
    }
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in chars {
        let last = parts.last_mut().expect("there is one");
        if escaped {
            if c != separator {
                last.push('\\');
            }
            last.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == separator {
            parts.push(String::new());
        } else {
            last.push(c);
        }
    }
    if escaped {
        parts.last_mut().expect("there is one").push('\\');
    }
    let [pattern, with] = [parts.first(), parts.get(1)].map(|p| p.cloned().unwrap_or_default());
    let flags = parts.get(2).cloned().unwrap_or_default();
    if pattern.is_empty() {
        return Err("the pattern is empty".to_owned());
    }
    if let Some(odd) = flags.chars().find(|c| !matches!(c, 'i' | 'l' | 'g')) {
        return Err(format!(
            "`{odd}` is no flag; there are i (both cases) and l (literal)"
        ));
    }
    let literal = flags.contains('l');
    let pattern = if literal {
        regex::escape(&pattern)
    } else {
        pattern
    };
    let regex = regex::RegexBuilder::new(&pattern)
        .case_insensitive(flags.contains('i'))
        .multi_line(true)
        .build()
        .map_err(|e| {
            e.to_string()
                .lines()
                .last()
                .unwrap_or("not a pattern")
                .trim()
                .to_owned()
        })?;
    let with = if literal {
        with.replace('$', "$$")
    } else {
        unescaped(&with)
    };
    Ok(Replacement { regex, with })
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

/// Replaces in each range that is more than a cursor, else in the whole text; selects what came in. Gives how often.
pub fn run(editor: &mut Editor, replacement: &Replacement) -> usize {
    let Some(doc) = editor.doc_mut() else {
        return 0;
    };
    let text = doc.text().clone();
    let wide: Vec<Range> = doc
        .selection
        .ranges()
        .iter()
        .copied()
        .filter(|r| r.to() - r.from() > 1)
        .collect();
    let places = if wide.is_empty() {
        vec![Range::new(0, text.len_chars())]
    } else {
        wide
    };
    let mut edits = Vec::new();
    for place in places {
        let slice = text.slice(place.from()..place.to()).to_string();
        let mut at = (0, place.from());
        for found in replacement.regex.captures_iter(&slice) {
            let whole = found.get(0).expect("the whole match is there");
            let mut put = String::new();
            found.expand(&replacement.with, &mut put);
            // Counted on from the last match: a long text is walked once.
            let from = at.1 + slice[at.0..whole.start()].chars().count();
            let to = from + whole.as_str().chars().count();
            at = (whole.end(), to);
            edits.push((from, to, put));
        }
    }
    let n = edits.len();
    if n > 0 {
        let transaction = Transaction::new(&text, edits);
        let mut shift = 0isize;
        let ranges = transaction.changes().iter().map(|c| {
            let from = c.at.saturating_add_signed(shift);
            let len = c.inserted.chars().count();
            shift += len as isize - c.removed.chars().count() as isize;
            Range::new(from, from + len)
        });
        let selection = Selection::new(ranges.take(1000).collect(), 0);
        doc.edit(transaction, Some(selection));
        edit::finish(editor);
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_are_read() {
        let ok = parse(r"/a\/b/c\/$1/i").expect("it is well written");
        assert_eq!((ok.regex.as_str(), ok.with.as_str()), ("a/b", "c/$1"));
        assert!(
            parse("//x/").is_err()
                && parse("/(/x/").is_err()
                && parse("/a/b/z").is_err()
                && parse("").is_err()
        );
    }
}
