//! Numbers under the cursors, counted up and down.

use super::change::Transaction;
use super::document::Document;
use super::motion::line_of;
use super::selection::{Range, Selection};
use ropey::Rope;

/// Adds to the number under each cursor; ranges without one stay as they are.
pub fn add(doc: &mut Document, by: i64) {
    let text = doc.text().clone();
    let mut edits = Vec::new();
    for r in doc.selection.ranges() {
        if let Some((from, to)) = number_at(&text, r.cursor(&text))
            && edits.last().is_none_or(|(_, end, _)| *end <= from)
        {
            let old = text.slice(from..to).to_string();
            edits.extend(sum(&old, by).map(|new| (from, to, new)));
        }
    }
    let transaction = Transaction::new(&text, edits);
    let mut shift = 0isize;
    let mut changes = transaction.changes().iter().peekable();
    let ranges = doc.selection.ranges().iter().map(|r| {
        let cursor = r.cursor(&text);
        let mut hit = None;
        while let Some(c) = changes.next_if(|c| c.at <= cursor) {
            let (old, new) = (c.removed.chars().count(), c.inserted.chars().count());
            if cursor < c.at + old {
                let from = c.at.saturating_add_signed(shift);
                hit = Some(Range::new(from, from + new));
            }
            shift += new as isize - old as isize;
        }
        hit.unwrap_or_else(|| {
            Range::new(
                r.anchor.saturating_add_signed(shift),
                r.head.saturating_add_signed(shift),
            )
        })
    });
    let selection = Selection::new(ranges.collect(), doc.selection.primary_index());
    doc.edit(transaction, Some(selection));
}

/// The digits under a position, with their sign or `0x`.
fn number_at(text: &Rope, at: usize) -> Option<(usize, usize)> {
    let line = line_of(text, at);
    let (start, end) = (text.line_to_char(line), super::motion::line_end(text, line));
    let word = |i: usize| {
        text.get_char(i)
            .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let here = if text.get_char(at) == Some('-') {
        at + 1
    } else {
        at
    };
    if here >= end || !word(here) {
        return None;
    }
    let mut from = here;
    while from > start && word(from - 1) {
        from -= 1;
    }
    let mut to = here;
    while to < end && word(to) {
        to += 1;
    }
    let first = text.char(from).is_ascii_digit();
    // A minus behind a name or a number is an operator.
    let signed = from > start
        && text.char(from - 1) == '-'
        && (from - 1 == start || !word(from - 2) && !matches!(text.char(from - 2), ')' | ']'));
    first.then_some((from - usize::from(signed), to))
}

fn sum(old: &str, by: i64) -> Option<String> {
    let plain = old.replace('_', "");
    if let Some(hex) = plain.strip_prefix("0x") {
        let n = i64::from_str_radix(hex, 16).ok()?.checked_add(by)?;
        return (n >= 0).then(|| format!("0x{n:0width$x}", width = hex.len()));
    }
    let n = plain.parse::<i64>().ok()?.checked_add(by)?;
    Some(n.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        assert_eq!(sum("9", 1).as_deref(), Some("10"));
        assert_eq!(sum("-1", 1).as_deref(), Some("0"));
        assert_eq!(sum("0x0f", 1).as_deref(), Some("0x10"));
        assert_eq!(sum("12a", 1), None);
    }
}
