//! Files: opening, saving, closing; and what follows from edits (parsing, analysis, breakpoints that move along).

use super::{format, image, session};
use crate::editor::document::{Document, Stamp};
use crate::editor::edit;
use crate::state::{Action, AfterSave, Effect, Panel, Popup, State, Tone, View, WriteError};
use ropey::Rope;
use std::path::PathBuf;

/// Shows a file, reading it if need be, with the cursor at a line and column from 0.
pub fn goto(state: &mut State, path: PathBuf, at: Option<(usize, usize)>, out: &mut Vec<Effect>) {
    match state.doc_of(&path) {
        Some(i) => {
            state.editor.show(i);
            arrive(state, at);
        }
        None => out.push(Effect::Read {
            path,
            goto: at,
            revert: false,
        }),
    }
}

fn arrive(state: &mut State, at: Option<(usize, usize)>) {
    if state.view != View::Debug {
        state.view = View::Code;
        state.focus.insert(View::Code, Panel::Editor);
    }
    if let (Some((line, column)), Some(doc)) = (at, state.editor.doc()) {
        let at = doc.position(line, column);
        state.editor.goto(at);
    }
}

pub fn read(
    state: &mut State,
    path: PathBuf,
    at: Option<(usize, usize)>,
    result: Result<(Rope, Option<Stamp>), String>,
    revert: bool,
    out: &mut Vec<Effect>,
) {
    let name = state.short(&path).into_owned();
    let again = state.opening.contains(&path);
    let (text, stamp) = match result {
        // What the last session had open and is gone is not made anew.
        Ok((_, None)) if again => return session::arrived(state, &path),
        Ok(read) => read,
        Err(why) => {
            session::arrived(state, &path);
            return state.say(Tone::Bad, format!("{name}: {why}"));
        }
    };
    if let Some(i) = state.doc_of(&path) {
        if revert {
            let old = &state.editor.docs[i];
            let (line, id) = (old.line(), old.id);
            let mut doc = Document::new(id, path, name.clone(), text, stamp);
            doc.scroll = old.scroll;
            doc.loaded = None;
            // The parser must not take the new text's version 0 for an older one.
            doc.restart_versions(old.version() + 1);
            state.editor.docs[i] = doc;
            state.editor.current = i;
            arrive(state, Some((line, 0)));
            state.say(Tone::Good, format!("{name} taken from disk"));
        } else {
            state.editor.show(i);
            arrive(state, at);
        }
        return;
    }
    let id = state.editor.fresh_id();
    if stamp.is_none() {
        state.say(Tone::Plain, format!("{name} is a new file"));
    }
    out.push(Effect::FindSwap(path.clone()));
    state
        .editor
        .docs
        .push(Document::new(id, path.clone(), name, text, stamp));
    let last = state.editor.docs.len() - 1;
    state.editor.show(last);
    state.editor.current = last;
    state.editor.mode = state.editor.base_mode();
    if state.editor.mode == crate::editor::Mode::Insert {
        state.editor.goto(0);
    }
    let keep_view = at.is_none() && state.view != View::Code;
    if !keep_view {
        arrive(state, at);
    }
    session::arrived(state, &path);
}

/// Saves one document; `force` writes over whatever is on disk.
pub fn write(state: &mut State, id: usize, then: AfterSave, force: bool, out: &mut Vec<Effect>) {
    if state.settings.format {
        format::and_write(state, id, then, force, out);
    } else {
        write_now(state, id, then, force, out);
    }
}

/// Saves one document as it is.
pub fn write_now(
    state: &mut State,
    id: usize,
    then: AfterSave,
    force: bool,
    out: &mut Vec<Effect>,
) {
    let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
        return;
    };
    doc.commit();
    if state.settings.trim {
        edit::trim_lines(doc);
    }
    let expected = if force { None } else { doc.disk };
    out.push(Effect::Write {
        doc: id,
        path: doc.path.clone(),
        text: doc.text().clone(),
        revision: doc.revision(),
        expected,
        then,
    });
}

pub fn written(
    state: &mut State,
    id: usize,
    revision: usize,
    then: AfterSave,
    result: Result<Stamp, WriteError>,
    out: &mut Vec<Effect>,
) {
    let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
        return;
    };
    let name = doc.name.clone();
    match result {
        Ok(stamp) => {
            state.sources.remove(&doc.path);
            doc.set_saved(revision, Some(stamp));
            session::settled(state, id, out);
            super::tests::saved(state, out);
            match then {
                AfterSave::Stay => match format::refusal(state, id) {
                    Some(why) => state.say(Tone::Plain, format!("{name} saved as it is: {why}")),
                    None => state.say(Tone::Good, format!("{name} saved")),
                },
                AfterSave::Load => image::load(state, &[id], out),
                AfterSave::Quit => {
                    state.quitting.remove(&id);
                    if state.quitting.is_empty() {
                        session::leave(state, out);
                    }
                }
            }
        }
        Err(WriteError::ChangedOnDisk) => {
            state.quitting.clear();
            state.popup = Some(Popup::Question {
                text: format!("{name} was changed on disk by somebody else."),
                answers: vec![
                    ('w', "write over it", Action::Overwrite(id, then)),
                    ('r', "take theirs, lose mine", Action::Revert(id)),
                ],
            });
        }
        Err(WriteError::Failed(why)) => {
            state.quitting.clear();
            state.say(Tone::Bad, format!("{name} is not saved: {why}"));
        }
    }
}

pub fn revert(state: &mut State, id: usize, out: &mut Vec<Effect>) {
    if let Some(doc) = state.editor.docs.iter().find(|d| d.id == id) {
        out.push(Effect::Read {
            path: doc.path.clone(),
            goto: None,
            revert: true,
        });
    }
}

pub fn save_all_and_quit(state: &mut State, out: &mut Vec<Effect>) {
    let ids: Vec<usize> = state.unsaved().map(|d| d.id).collect();
    if ids.is_empty() {
        return session::leave(state, out);
    }
    state.quitting = ids.iter().copied().collect();
    for id in ids {
        write(state, id, AfterSave::Quit, false, out);
    }
}

/// Leaves, or asks when something would be lost.
pub fn quit(state: &mut State, out: &mut Vec<Effect>) {
    let names: Vec<String> = state.unsaved().map(|d| d.name.clone()).collect();
    if names.is_empty() {
        return session::leave(state, out);
    }
    let what = match names.as_slice() {
        [one] => format!("{one} has unsaved changes."),
        many => format!(
            "{} files have unsaved changes: {}.",
            many.len(),
            many.join(", ")
        ),
    };
    state.popup = Some(Popup::Question {
        text: what,
        answers: vec![
            ('s', "save and quit", Action::SaveAllAndQuit),
            ('q', "quit and lose them", Action::QuitAnyway),
        ],
    });
}

/// Closes the current document, or asks.
pub fn ask_close(state: &mut State, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let id = doc.id;
    if doc.is_changed() {
        let text = format!("{} has unsaved changes.", doc.name);
        let answers = vec![('q', "close and lose them", Action::CloseAnyway(id))];
        state.popup = Some(Popup::Question { text, answers });
    } else {
        close(state, id, out);
    }
}

pub fn close(state: &mut State, id: usize, out: &mut Vec<Effect>) {
    session::settled(state, id, out);
    if let Some(i) = state.editor.docs.iter().position(|d| d.id == id) {
        let doc = state.editor.docs.remove(i);
        out.push(Effect::Closed {
            doc: id,
            path: doc.path,
        });
        state.editor.mode = state.editor.base_mode();
        if state.editor.current >= i && state.editor.current > 0 {
            state.editor.current -= 1;
        }
        state.editor.forget_in_windows(id);
        state.editor.follow = true;
    }
}

/// Parses and analyses what changed, and moves breakpoints with their lines.
pub fn follow_edits(state: &mut State, out: &mut Vec<Effect>) {
    for doc in &mut state.editor.docs {
        for transaction in std::mem::take(&mut doc.passed) {
            let moves = transaction.moves();
            state.editor.jumps.follow(&doc.path, &moves);
            state.editor.windows.follow(doc.id, &moves);
            doc.folds.follow(&moves);
        }
        for (first, removed, inserted) in std::mem::take(&mut doc.line_shifts) {
            state.editor.windows.shift(doc.id, first, removed, inserted);
            for bp in state.breakpoints.get_mut(&doc.path).into_iter().flatten() {
                if bp.line >= first {
                    bp.line = bp
                        .line
                        .saturating_sub(removed)
                        .max(first.saturating_sub(usize::from(removed > 0)))
                        + inserted;
                }
            }
        }
        if doc.asked == Some(doc.version()) {
            continue;
        }
        doc.asked = Some(doc.version());
        if doc.path.extension().is_some_and(|e| e == "nos") {
            let (id, version, text) = (doc.id, doc.version(), doc.text().clone());
            out.push(Effect::Parse {
                doc: id,
                version,
                text: text.clone(),
                old: doc.syntax.tree().cloned(),
            });
            out.push(Effect::Analyse {
                doc: id,
                path: doc.path.clone(),
                version,
                text,
            });
        }
    }
}

/// Reads the source of the selected process, to show it beside its stack.
pub fn peek(state: &mut State, out: &mut Vec<Effect>) {
    let chosen = match &state.popup {
        Some(Popup::Picker { finder, cursor, .. }) if state.size.0 >= 100 => {
            finder.hit(cursor.row).map(|i| i.action)
        }
        _ => None,
    };
    if let Some(Action::Open(path, _) | Action::Spot(path, ..)) = chosen
        && state.doc_of(&path).is_none()
        && !state.sources.contains_key(&path)
    {
        state.sources.insert(path.clone(), None);
        out.push(Effect::Peek(path));
    }
    if state.view != View::Processes {
        return;
    }
    if let Some(place) = state.source_place() {
        let path = state.absolute(&place.path);
        if state.doc_of(&path).is_none() && !state.sources.contains_key(&path) {
            state.sources.insert(path.clone(), None);
            out.push(Effect::Peek(path));
        }
    }
}
