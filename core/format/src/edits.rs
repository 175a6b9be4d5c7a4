//! The fewest edits that make one text of another: only what stands between words changes, so cursors in words stay.

use std::ops::Range;

use nostos_syntax::{Kind, Tree, parse};

use crate::Refused;
use crate::same::{is_separator, same};

/// Replaces a range of bytes of the old text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What goes.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
}

/// What [`crate::format`] would change, in the order of the text; ranges do not touch.
pub fn edits(text: &str) -> Result<Vec<Edit>, Refused> {
    let formatted = crate::format(text)?;
    if formatted == text {
        return Ok(Vec::new());
    }
    let (before, after) = (parse(text), parse(&formatted));
    let (old, new) = (words(before.tree()), words(after.tree()));
    if old.len() != new.len() {
        return Err(Refused::Unsure);
    }
    let mut edits = Vec::new();
    let (mut old_end, mut new_end) = (0, 0);
    let ends = (text.len()..text.len(), formatted.len()..formatted.len());
    for (was, is) in old.into_iter().zip(new).chain([ends]) {
        let (gap, made) = (&text[old_end..was.start], &formatted[new_end..is.start]);
        if gap != made {
            edits.push(narrowed(old_end, gap, made));
        }
        (old_end, new_end) = (was.end, is.end);
    }
    Ok(checked(text, edits, &formatted))
}

/// The edits, or one of the whole text if they would not make what was formatted: where a word has moved past another.
fn checked(text: &str, edits: Vec<Edit>, formatted: &str) -> Vec<Edit> {
    if applied(text, &edits) == formatted {
        return edits;
    }
    vec![narrowed(0, text, formatted)]
}

/// Those of the [`edits`] that touch one of the ranges of bytes; they too make the same program.
pub fn edits_in(text: &str, ranges: &[Range<usize>]) -> Result<Vec<Edit>, Refused> {
    let mut ranges = ranges.to_vec();
    ranges.sort_by_key(|range| (range.start, range.end));
    // What is covered by those that begin before; edits are in order, so each range is looked at once.
    let (mut next, mut covered) = (0, None);
    let mut all = edits(text)?;
    all.retain(|edit| {
        while let Some(range) = ranges.get(next).filter(|r| r.start <= edit.range.end) {
            covered = covered.max(Some(range.end));
            next += 1;
        }
        covered.is_some_and(|end| edit.range.start <= end)
    });
    let made = applied(text, &all);
    let (before, after) = (parse(text), parse(&made));
    if after.errors().is_empty() && same(before.tree(), after.tree()) {
        Ok(all)
    } else {
        Err(Refused::Unsure)
    }
}

/// The text with the edits made.
pub fn applied(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for edit in edits {
        out.push_str(&text[end..edit.range.start]);
        out.push_str(&edit.text);
        end = edit.range.end;
    }
    out.push_str(&text[end..]);
    out
}

/// The ranges of everything that stays: code and comments without the blanks behind them.
fn words(tree: &Tree) -> Vec<Range<usize>> {
    tree.tokens()
        .filter(|token| {
            !matches!(token.kind(), Kind::Whitespace | Kind::Newline) && !is_separator(*token)
        })
        .map(|token| {
            let start = token.range().start as usize;
            let text = match token.kind() {
                Kind::LineComment | Kind::DocComment | Kind::BlockComment => {
                    token.text().trim_end()
                }
                _ => token.text(),
            };
            start..start + text.len()
        })
        .collect()
}

/// Without what both begin and end with.
fn narrowed(at: usize, old: &str, new: &str) -> Edit {
    let prefix: usize = old
        .chars()
        .zip(new.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let suffix: usize = old
        .chars()
        .rev()
        .zip(new.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    Edit {
        range: at + prefix..at + prefix + old.len() - suffix,
        text: new[..new.len() - suffix].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_moved_are_one_edit() {
        let (text, formatted) = ("f( ) = g # why\n", "f() = # why\ng\n");
        let wrong = vec![Edit {
            range: 2..3,
            text: String::new(),
        }];
        let whole = checked(text, wrong, formatted);
        assert_eq!(applied(text, &whole), formatted);
        let right = edits(text).expect("no mistakes");
        assert_eq!(
            checked(
                text,
                right.clone(),
                &crate::format(text).expect("no mistakes")
            ),
            right
        );
    }
}
