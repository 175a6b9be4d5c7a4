//! Nothing is lost: unsaved text is kept beside, sessions come back, files that others change are noticed.

use crate::editor::change::Transaction;
use crate::editor::document::Stamp;
use crate::state::{Action, Effect, Popup, Session, State, Tone};
use ropey::Rope;
use std::path::{Path, PathBuf};

/// How old unsaved text may become before it is kept, in milliseconds.
const DELAY: u64 = 500;

/// After every event: whether something is to be kept beside, and when.
pub fn keep(state: &mut State, out: &mut Vec<Effect>) {
    if !state.settings.swap {
        state.wake = None;
        return;
    }
    let due = state.wake.is_some_and(|at| at <= state.now);
    let mut waiting = false;
    for doc in state
        .editor
        .docs
        .iter_mut()
        .filter(|d| d.swapped != d.version())
    {
        if !doc.is_changed() {
            // Undone or saved: what was kept is stale.
            doc.swapped = doc.version();
            out.push(Effect::Unswap(doc.path.clone()));
        } else if due {
            doc.swapped = doc.version();
            out.push(Effect::Swap {
                path: doc.path.clone(),
                text: doc.text().clone(),
            });
        } else {
            waiting = true;
        }
    }
    state.wake = match (waiting, state.wake) {
        (false, _) => None,
        (true, Some(at)) if !due => Some(at),
        (true, _) => Some(state.now + DELAY),
    };
}

/// A document is saved or closed: nothing of it is unsaved.
pub fn settled(state: &mut State, id: usize, out: &mut Vec<Effect>) {
    if let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) {
        doc.warned = None;
        if !doc.is_changed() {
            doc.swapped = doc.version();
        }
        out.push(Effect::Unswap(doc.path.clone()));
    }
}

/// The way out: the session is kept, what is given up is forgotten.
pub fn leave(state: &mut State, out: &mut Vec<Effect>) {
    if state.settings.session {
        out.push(Effect::KeepSession(Session::write(state)));
    }
    for doc in &state.editor.docs {
        out.push(Effect::Unswap(doc.path.clone()));
    }
    out.push(Effect::Quit);
}

/// Unsaved text was found.
pub fn found(state: &mut State, path: &Path, text: Rope, age: u64, running: Option<u32>) {
    let Some(doc) = state.doc_of(path).map(|i| &state.editor.docs[i]) else {
        return;
    };
    if *doc.text() == text {
        return;
    }
    let (id, name) = (doc.id, doc.name.clone());
    if let Some(pid) = running {
        return state.say(
            Tone::Bad,
            format!("{name} is being edited in another nostos-tui, process {pid}"),
        );
    }
    let lines = doc.text().len_lines().abs_diff(text.len_lines());
    let more = match lines {
        0 => String::new(),
        1 => ", 1 line more or less".to_owned(),
        n => format!(", {n} lines more or less"),
    };
    state.popup = Some(Popup::Question {
        text: format!(
            "{name} was not saved {} ago, when nostos-tui ended{more}.",
            crate::text::seconds(age * 1000)
        ),
        answers: vec![
            ('r', "recover the unsaved text", Action::Recover(id, text)),
            ('d', "drop it, keep what is on disk", Action::DropSwap(id)),
        ],
    });
}

/// Takes over unsaved text, as a change that can be undone.
pub fn recover(state: &mut State, id: usize, text: &Rope) {
    let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
        return;
    };
    let transaction = Transaction::between(doc.text(), text);
    doc.edit(transaction, None);
    doc.commit();
    let (name, text) = (doc.name.clone(), doc.text().clone());
    doc.selection = doc.selection.map(|r| r.wide(&text));
    state.say(
        Tone::Good,
        format!("{name} is as it was; ^s saves it, u goes back"),
    );
}

/// Opens what the last session had open; `given`: what was asked for this time is shown above all.
pub fn restore(state: &mut State, text: &str, out: &mut Vec<Effect>) {
    let Some(session) = Session::read(text).filter(|_| state.settings.session) else {
        return;
    };
    session.begin(state);
    for file in &session.files {
        out.push(Effect::Read {
            path: file.path.clone(),
            goto: None,
            revert: false,
        });
    }
    state.opening = session.files.iter().map(|f| f.path.clone()).collect();
    state.restoring = (!session.files.is_empty()).then_some(session);
}

/// A file of the session was read, or not.
pub fn arrived(state: &mut State, path: &PathBuf) {
    let Some(session) = state.restoring.clone() else {
        return;
    };
    if let Some(i) = state.doc_of(path) {
        session.place(&mut state.editor.docs[i]);
    }
    state.opening.retain(|p| p != path);
    if state.opening.is_empty() {
        session.finish(state);
        state.restoring = None;
    }
}

/// How the open files are on disk now: what others changed is said once, and taken over where nothing is lost by it.
pub fn stamps(state: &mut State, all: Vec<(usize, Option<Stamp>)>, out: &mut Vec<Effect>) {
    for (id, now) in all {
        let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
            continue;
        };
        if doc.disk.is_none() || doc.disk == now || doc.warned == Some(now) {
            continue;
        }
        doc.warned = Some(now);
        let name = doc.name.clone();
        match now {
            None => state.say(
                Tone::Bad,
                format!("{name} was removed from the disk; ^s writes it again"),
            ),
            Some(_) if doc.is_changed() => {
                state.say(
                    Tone::Bad,
                    format!("{name} was changed on disk by somebody else; saving will ask"),
                );
            }
            Some(_) => out.push(Effect::Read {
                path: doc.path.clone(),
                goto: None,
                revert: true,
            }),
        }
    }
}
