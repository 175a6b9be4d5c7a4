//! The one style: a text, or what is selected of it, formatted as one step of undo; and before a save.
//!
//! Only the blanks and line ends between words change, so cursors stay in their words. A text with mistakes stays as it is. What takes longer than
//! a key may is done elsewhere: a save waits for it, and edits of a text that is not there any more are not made.

use crate::analysis::speaks;
use crate::editor::change::{Side, Transaction};
use crate::editor::document::Document;
use crate::editor::selection::Range;
use crate::editor::{Mode, edit};
use crate::state::formatting::{AT_ONCE, Formatted, Formatting, Saving};
use crate::state::{AfterSave, Effect, State, Tone};
use nostos_format::Edit;

/// Formats the text on the screen, or the lines of the selection.
pub fn run(state: &mut State, selection: bool, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return state.say(Tone::Plain, "no file is open");
    };
    if !speaks(&doc.path) {
        return state.say(Tone::Plain, "only files of the language have a style");
    }
    let ranges = selection.then(|| lines_selected(doc));
    let wanted = formatting(doc, ranges, None);
    if wanted.text.len_bytes() > AT_ONCE {
        state.say(Tone::Plain, "formatting");
    }
    begin(state, wanted, out);
}

/// Saves a text, formatted if it can be. One with mistakes is saved as it is; [`refusal`] says so once.
pub fn and_write(
    state: &mut State,
    id: usize,
    then: AfterSave,
    force: bool,
    out: &mut Vec<Effect>,
) {
    let doc = state.editor.docs.iter().find(|d| d.id == id);
    let Some(doc) = doc.filter(|d| speaks(&d.path)) else {
        return super::files::write_now(state, id, then, force, out);
    };
    let saving = Saving {
        then,
        force,
        again: false,
    };
    let wanted = formatting(doc, None, Some(saving));
    begin(state, wanted, out);
}

/// Why the last save did not format a text, if that was not said yet.
pub fn refusal(state: &mut State, id: usize) -> Option<String> {
    let doc = state.editor.docs.iter_mut().find(|d| d.id == id)?;
    let (why, was_said) = doc.unformatted.as_mut()?;
    (!std::mem::replace(was_said, true)).then(|| why.clone())
}

/// Makes the edits, if they are for the text that is there, and goes on with the save that waits for them.
pub fn formatted(state: &mut State, done: Formatted, out: &mut Vec<Effect>) {
    let id = done.doc;
    let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
        return;
    };
    let is_late = doc.version() != done.version;
    let Some(saving) = done.saving else {
        return shown(state, id, is_late, done.edits);
    };
    if is_late && !saving.again {
        let saving = Saving {
            again: true,
            ..saving
        };
        let wanted = formatting(doc, None, Some(saving));
        return begin(state, wanted, out);
    }
    let was_said = doc.unformatted.take().is_some_and(|(_, was_said)| was_said);
    match done.edits {
        _ if is_late => {
            let why = "it was changed while it was formatted";
            doc.unformatted = Some((why.to_owned(), false));
        }
        Ok(edits) => {
            let is_block = state.editor.mode != Mode::Insert;
            apply(doc, edits, is_block);
        }
        Err(why) => doc.unformatted = Some((why, was_said)),
    }
    super::files::write_now(state, id, saving.then, saving.force, out);
}

fn shown(state: &mut State, id: usize, is_late: bool, edits: Result<Vec<Edit>, String>) {
    match edits {
        _ if is_late => state.say(Tone::Plain, "not formatted: the text was changed meanwhile"),
        Err(why) => state.say(Tone::Bad, format!("not formatted: {why}")),
        Ok(edits) if edits.is_empty() => state.say(Tone::Plain, "it is in the style already"),
        Ok(edits) => {
            let is_block = state.editor.mode != Mode::Insert;
            if let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) {
                apply(doc, edits, is_block);
            }
            let is_current = state.editor.doc().is_some_and(|d| d.id == id);
            if is_current && is_block {
                edit::finish(&mut state.editor);
            }
            state.editor.follow |= is_current;
            state.say(Tone::Good, "formatted");
        }
    }
}

fn formatting(
    doc: &Document,
    ranges: Option<Vec<std::ops::Range<usize>>>,
    saving: Option<Saving>,
) -> Formatting {
    Formatting {
        doc: doc.id,
        version: doc.version(),
        text: doc.text().clone(),
        ranges,
        saving,
    }
}

fn begin(state: &mut State, wanted: Formatting, out: &mut Vec<Effect>) {
    if wanted.text.len_bytes() > AT_ONCE {
        out.push(Effect::Format(wanted));
    } else {
        formatted(state, wanted.run(), out);
    }
}

/// The bytes of the lines that are selected, without the last line end.
fn lines_selected(doc: &Document) -> Vec<std::ops::Range<usize>> {
    let rope = doc.text();
    let lines = doc.selection.ranges().iter().map(|r| {
        let last = if r.is_empty() { r.to() } else { r.to() - 1 };
        let first = rope.char_to_line(r.from());
        let behind = rope.char_to_line(last.min(rope.len_chars())) + 1;
        let start = rope.line_to_byte(first);
        let end = rope.line_to_byte(behind.min(rope.len_lines()));
        start..end.saturating_sub(1).max(start)
    });
    lines.collect()
}

/// Makes the edits as one step of undo. `is_block`: a cursor is on a character, so one whose blank has gone goes to the next.
fn apply(doc: &mut Document, edits: Vec<Edit>, is_block: bool) {
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
    let moves = transaction.moves();
    // Blanks that come in at either end of what is selected stay outside.
    let selection = doc.selection.map(|r| {
        let from = moves.moved(r.from(), Side::After);
        let to = moves.moved(r.to(), Side::Before).max(from);
        match r.head == r.from() {
            _ if r.is_empty() => Range::point(from),
            true => Range::new(to, from),
            false => Range::new(from, to),
        }
    });
    doc.edit(transaction, Some(selection));
    if is_block {
        let text = doc.text().clone();
        doc.selection = doc.selection.map(|r| r.wide(&text));
    }
    doc.commit();
}
