//! Loads can be taken back: the texts that ran before are kept, and given to the image again. Files and open texts stay as they are.

use super::image::{self, ask};
use crate::proto::{self, Reload};
use crate::state::{Again, Ask, DebugAsk, Effect, Load, State, Tone};
use ropey::Rope;
use serde_json::{Value, json};
use std::path::PathBuf;

/// How many loads can be taken back.
const KEPT: usize = 20;

/// New texts run: what ran before is kept.
pub fn loaded(state: &mut State, reload: &Reload, docs: &[(usize, usize)]) {
    let texts: Vec<(PathBuf, Rope)> = state
        .editor
        .docs
        .iter()
        .filter(|d| docs.iter().any(|(id, _)| *id == d.id))
        .filter_map(|d| {
            let running = d.running()?;
            (Some(running) != d.sent.as_ref().map(|(_, text)| text))
                .then(|| (d.path.clone(), running.clone()))
        })
        .collect();
    if !reload.changed.is_empty() {
        state.debugging.told = state.debugging.told.max(reload.version);
    }
    let swapped = std::mem::take(&mut state.debugging.swapped) || !reload.changed.is_empty();
    let again = state.debugging.again.as_ref().map(|a| a.version);
    let before = again.unwrap_or(reload.version.saturating_sub(1));
    let debugging = &mut state.debugging;
    if swapped || debugging.again.is_some() {
        debugging.again = None;
    }
    debugging.pending = None;
    if texts.is_empty() {
        return;
    }
    let load = Load {
        before,
        version: reload.version,
        texts,
    };
    if !swapped {
        debugging.pending = Some(load);
        return;
    }
    debugging.loads.push(load);
    if debugging.loads.len() > KEPT {
        debugging.loads.remove(0);
    }
}

/// The answer to a load: if the image's watcher was quicker with what was saved, its words are what there is to tell.
pub fn answered(state: &State, mut reload: Reload) -> Reload {
    let before = state.image.reload.as_ref().map(|(r, _)| r);
    let before = before.filter(|r| r.ok && r.version == reload.version && state.debugging.swapped);
    if let (true, true, Some(before)) = (reload.ok, reload.changed.is_empty(), before) {
        reload.changed.clone_from(&before.changed);
        reload.unchanged = before.unchanged;
    }
    reload
}

/// The image tells of a load, whoever asked for it. False: it was asked for here, and the answer has come before this.
pub fn swapped(state: &mut State, reload: &Reload) -> bool {
    if reload.ok && reload.version <= state.debugging.told {
        return false;
    }
    if reload.ok && !reload.changed.is_empty() {
        let debugging = &mut state.debugging;
        debugging.again = None;
        match debugging.pending.take_if(|l| l.version == reload.version) {
            Some(load) => debugging.loads.push(load),
            None => debugging.swapped = true,
        }
    }
    true
}

/// Is this document being loaded from here? Then the answer tells what runs.
fn loads(state: &State, id: usize) -> bool {
    let mut asked = state.image.in_flight.iter();
    asked.any(|ask| match ask {
        Ask::Reload(docs) => docs.iter().any(|(doc, _)| *doc == id),
        Ask::Debug(DebugAsk::RollBack) => true,
        _ => false,
    })
}

/// Somebody else has loaded something: the image is asked what runs now of the texts that are open.
pub fn look(state: &mut State, reload: &Reload, out: &mut Vec<Effect>) {
    if !reload.ok {
        return;
    }
    let open: Vec<(usize, String)> = state
        .editor
        .docs
        .iter()
        .filter(|d| d.path.extension().is_some_and(|e| e == "nos") && !loads(state, d.id))
        .map(|d| (d.id, d.path.display().to_string()))
        .collect();
    for (id, path) in open {
        let what = Ask::Debug(DebugAsk::Runs(id, reload.version));
        let arguments = json!({ "source": { "path": path } });
        ask(state, what, "source", arguments, out);
    }
}

/// What runs of a document since somebody else has loaded it. That can be taken back, too.
pub fn runs(state: &mut State, id: usize, version: u64, body: &Value) {
    let (Some(text), false) = (body["content"].as_str(), loads(state, id)) else {
        return;
    };
    let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) else {
        return;
    };
    let text = Rope::from_str(text);
    let Some(old) = doc.running().filter(|old| **old != text).cloned() else {
        return;
    };
    let path = doc.path.clone();
    doc.runs(text);
    let all = &mut state.debugging.loads;
    match all.last_mut().filter(|load| load.version == version) {
        Some(load) => load.texts.push((path, old)),
        None => all.push(Load {
            before: version.saturating_sub(1),
            version,
            texts: vec![(path, old)],
        }),
    }
    if all.len() > KEPT {
        all.remove(0);
    }
}

/// Lets what ran before the last load run again.
pub fn back(state: &mut State, out: &mut Vec<Effect>) {
    let mut asked = state.image.in_flight.iter();
    if asked.any(|ask| matches!(ask, Ask::Reload(_) | Ask::Debug(DebugAsk::RollBack))) {
        return state.say(Tone::Plain, "a load is under way");
    }
    let Some(load) = state.debugging.loads.last() else {
        return state.say(Tone::Plain, "nothing was loaded that could be taken back");
    };
    let files: Vec<Value> = load
        .texts
        .iter()
        .map(|(path, text)| json!({ "path": path.display().to_string(), "text": text.to_string() }))
        .collect();
    state.say(Tone::Plain, format!("back to v{}", load.before));
    ask(
        state,
        Ask::Debug(DebugAsk::RollBack),
        "nostos/reload",
        json!({ "files": files }),
        out,
    );
}

/// The image has taken older texts, or not.
pub fn done(state: &mut State, body: &Value, out: &mut Vec<Effect>) {
    let reload = proto::reload(body);
    if !reload.ok {
        return image::reloaded(state, reload, out);
    }
    let Some(load) = state.debugging.loads.pop() else {
        return;
    };
    for doc in &mut state.editor.docs {
        if let Some((_, text)) = load.texts.iter().find(|(path, _)| *path == doc.path) {
            doc.runs(text.clone());
        }
    }
    let file = state
        .debugging
        .again
        .as_ref()
        .map_or(load.version, |a| a.file);
    let again = Again {
        version: load.before,
        file,
    };
    let text = format!(
        "v{} live again, file is v{}; ^s loads what is here, space R goes further back",
        again.version, again.file
    );
    let took = crate::text::micros(reload.micros);
    state.debugging.told = state.debugging.told.max(reload.version);
    image::reloaded(state, reload, out);
    state.debugging.swapped = false;
    state.debugging.again = Some(again);
    state.say(Tone::Good, format!("{text}  {took}"));
}
