//! Marks around selections: put there, taken away, replaced by others.

use super::Editor;
use super::change::Transaction;
use super::edit;
use super::objects::{closest, pair, surrounding};
use super::selection::{Range, Selection};

/// `ms`: puts marks around each range.
pub fn add(editor: &mut Editor, c: char) {
    let (open, close) = pair(c);
    let Some(doc) = editor.doc_mut() else { return };
    edit::replace(doc, |_, old| format!("{open}{old}{close}"));
    edit::finish(editor);
}

/// `md` and `mr`: takes the marks around each cursor away, or puts others there. `false`: there are none.
pub fn change(editor: &mut Editor, old: char, new: Option<char>, n: usize) -> bool {
    let Some(doc) = editor.doc_mut() else {
        return false;
    };
    let text = doc.text().clone();
    let mut marks: Vec<(usize, bool)> = Vec::new();
    for r in doc.selection.ranges() {
        let found = match old {
            'm' => closest(&text, *r),
            c => surrounding(&text, r.cursor(&text), c, n),
        };
        marks.extend(
            found
                .into_iter()
                .flat_map(|(open, close)| [(open, true), (close, false)]),
        );
    }
    marks.sort_unstable();
    marks.dedup();
    if marks.is_empty() {
        return false;
    }
    let edits = marks.iter().map(|(at, opens)| {
        let put = new.map(|c| if *opens { pair(c).0 } else { pair(c).1 });
        (*at, at + 1, put.map(String::from).unwrap_or_default())
    });
    let transaction = Transaction::new(&text, edits.collect());
    // Marks are one character each: what lies behind so many removed ones moves by as many.
    let gone = |at: usize| {
        if new.is_some() {
            0
        } else {
            marks.iter().filter(|(m, _)| *m < at).count()
        }
    };
    let ranges = doc.selection.ranges().iter();
    let moved = ranges.map(|r| Range::new(r.anchor - gone(r.anchor), r.head - gone(r.head)));
    let selection = Selection::new(moved.collect(), doc.selection.primary_index());
    doc.edit(transaction, Some(selection));
    edit::finish(editor);
    true
}
