//! The one style: a text, or what is selected of it, formatted as one step of undo; and before a save.
//!
//! Only the blanks and line ends between words change, so cursors stay in their words. A text with mistakes stays as it is.

use crate::editor::change::{Side, Transaction};
use crate::editor::document::Document;
use crate::editor::selection::Range;
use crate::editor::{Mode, edit};
use crate::state::{State, Tone};
use nostos_format::{Edit, Refused, edits, edits_in};

/// Formats the text on the screen, or the lines of the selection.
pub fn run(state: &mut State, selection: bool) {
    let Some(doc) = state.editor.doc_mut() else {
        return state.say(Tone::Plain, "no file is open");
    };
    if !speaks(doc) {
        return state.say(Tone::Plain, "only files of the language have a style");
    }
    let text = doc.text().to_string();
    let found = if selection {
        of_selection(doc, &text)
    } else {
        edits(&text)
    };
    match found {
        Err(why) => {
            let why = said(&why);
            state.say(Tone::Bad, format!("not formatted: {why}"));
        }
        Ok(edits) if edits.is_empty() => state.say(Tone::Plain, "it is in the style already"),
        Ok(edits) => {
            apply(doc, edits);
            if state.editor.mode != Mode::Insert {
                edit::finish(&mut state.editor);
            }
            state.editor.follow = true;
            state.say(Tone::Good, "formatted");
        }
    }
}

/// Formats a text that is about to be saved. One with mistakes is saved as it is; [`refusal`] says so once.
pub fn before_save(state: &mut State, id: usize) {
    let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
        return;
    };
    if !speaks(doc) {
        return;
    }
    match edits(&doc.text().to_string()) {
        Ok(edits) => {
            doc.unformatted = None;
            apply(doc, edits);
        }
        Err(why) => {
            let was = doc.unformatted.take().is_some_and(|(_, was_said)| was_said);
            doc.unformatted = Some((said(&why), was));
        }
    }
}

/// Why the last save did not format a text, if that was not said yet.
pub fn refusal(state: &mut State, id: usize) -> Option<String> {
    let doc = state.editor.docs.iter_mut().find(|d| d.id == id)?;
    let (why, was_said) = doc.unformatted.as_mut()?;
    (!std::mem::replace(was_said, true)).then(|| why.clone())
}

fn speaks(doc: &Document) -> bool {
    doc.path.extension().is_some_and(|e| e == "nos")
}

fn said(why: &Refused) -> String {
    match why {
        Refused::Mistakes { line, .. } => format!("line {line}: {why}"),
        Refused::Unsure => why.to_string(),
    }
}

/// The edits of the lines that are selected, each once.
fn of_selection(doc: &Document, text: &str) -> Result<Vec<Edit>, Refused> {
    let rope = doc.text();
    let mut all: Vec<Edit> = Vec::new();
    for r in doc.selection.ranges() {
        let last = if r.is_empty() { r.to() } else { r.to() - 1 };
        let first = rope.char_to_line(r.from());
        let behind = rope.char_to_line(last.min(rope.len_chars())) + 1;
        let start = rope.line_to_byte(first);
        let end = rope.line_to_byte(behind.min(rope.len_lines()));
        for edit in edits_in(text, start..end.saturating_sub(1).max(start))? {
            if !all.contains(&edit) {
                all.push(edit);
            }
        }
    }
    all.sort_by_key(|edit| edit.range.start);
    Ok(all)
}

fn apply(doc: &mut Document, edits: Vec<Edit>) {
    if edits.is_empty() {
        return;
    }
    doc.commit();
    let text = doc.text();
    let edits = edits.into_iter().map(|edit| {
        let from = text.byte_to_char(edit.range.start);
        (from, text.byte_to_char(edit.range.end), edit.text)
    });
    let transaction = Transaction::new(text, edits.collect());
    // Blanks that come in at either end of what is selected stay outside.
    let selection = doc.selection.map(|r| {
        let from = transaction.moved(r.from(), Side::After);
        let to = transaction.moved(r.to(), Side::Before).max(from);
        match r.head == r.from() {
            _ if r.is_empty() => Range::point(from),
            true => Range::new(to, from),
            false => Range::new(from, to),
        }
    });
    doc.edit(transaction, Some(selection));
    doc.commit();
}
