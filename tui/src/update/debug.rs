//! The debugger: looking at frames and values, going on and stepping, what is watched.

use super::files;
use super::image::{ask, start, went_on};
use super::typed;
use crate::editor::Mode;
use crate::proto::{Pid, Variable};
use crate::state::{Ask, Effect, Link, Panel, PromptKind, State, Tone, View, WATCH};
use serde_json::{Value, json};

/// Shows the frame that is selected: its source, its variables.
pub fn look_at_frame(state: &mut State, out: &mut Vec<Effect>) {
    let Some(pid) = state.debugged else { return };
    let Some(stop) = state.stops.get(&pid) else {
        return;
    };
    let index = stop.frame;
    let Some(frame) = stop.here() else { return };
    let place = frame
        .place
        .as_ref()
        .map(|p| (state.absolute(&p.path), p.line.saturating_sub(1)));
    let handle = frame.id;
    if let Some(id) = handle {
        ask(
            state,
            Ask::Scopes(pid, index),
            "scopes",
            json!({ "frameId": id }),
            out,
        );
        ask_watches(state, pid, id, out);
    }
    let typing = state.editor.mode == Mode::Insert && state.panel() == Panel::Editor;
    if let (Some((path, line)), false) = (place, typing)
        && matches!(state.view, View::Debug | View::Code)
    {
        files::goto(state, path, Some((line, 0)), out);
    }
}

/// Asks for the parts of open values that are not known yet.
pub fn fetch_open(state: &mut State, pid: Pid, out: &mut Vec<Effect>) {
    let Some(stop) = state.stops.get(&pid) else {
        return;
    };
    let missing: Vec<u64> = stop
        .rows()
        .iter()
        .filter(|r| r.open && r.reference != 0 && !stop.values.contains_key(&r.reference))
        .map(|r| r.reference)
        .collect();
    for reference in missing {
        let question = Ask::Variables(pid, reference);
        if !state.image.in_flight.contains(&question) {
            ask(
                state,
                question,
                "variables",
                json!({ "variablesReference": reference, "start": 0, "count": 100 }),
                out,
            );
        }
    }
}

/// Continue or a step of the debugged process.
pub fn go(state: &mut State, command: &'static str, out: &mut Vec<Effect>) {
    let Some(pid) = state.debugged.filter(|p| state.stops.contains_key(p)) else {
        let text = match &state.image.link {
            Link::Live => {
                "no process is stopped; F9 sets a breakpoint, F6 pauses the selected process"
            }
            Link::Starting => "the image is starting",
            Link::Off | Link::Lost(_) => return start(state, out),
        };
        return state.say(Tone::Plain, text);
    };
    super::past::note(state, pid);
    if let Some(stop) = state.stops.get_mut(&pid) {
        stop.before = stop.snapshot();
    }
    ask(
        state,
        Ask::Move(pid, command),
        command,
        json!({ "threadId": pid, "singleThread": true }),
        out,
    );
    state.debugging.until = None;
    if command == "continue" {
        went_on(state, pid);
    } else if let Some(stop) = state.stops.get_mut(&pid) {
        // The handles die when it moves; the old values stay on the screen until the new ones are there.
        stop.moving = true;
    }
}

/// Lets one process run on.
pub fn go_on(state: &mut State, pid: Pid, out: &mut Vec<Effect>) {
    ask(
        state,
        Ask::Move(pid, "continue"),
        "continue",
        json!({ "threadId": pid, "singleThread": true }),
        out,
    );
    went_on(state, pid);
}

pub fn go_all(state: &mut State, out: &mut Vec<Effect>) {
    let pids: Vec<Pid> = state.stops.keys().copied().collect();
    for pid in pids {
        go_on(state, pid, out);
    }
}

pub fn pause(state: &mut State, out: &mut Vec<Effect>) {
    let pid = if state.view == View::Debug {
        state.debugged.or(state.selected)
    } else {
        state.selected
    };
    match pid.filter(|_| state.image.link == Link::Live) {
        Some(pid) => ask(
            state,
            Ask::Pause(pid),
            "pause",
            json!({ "threadId": pid }),
            out,
        ),
        None => state.say(Tone::Plain, "there is no process to pause"),
    }
}

/// Evaluates all that is watched in a frame.
fn ask_watches(state: &mut State, pid: Pid, frame: u64, out: &mut Vec<Effect>) {
    let all = state.watches.clone();
    if let Some(stop) = state.stops.get_mut(&pid) {
        let blank = |name: &String| Variable {
            name: name.clone(),
            value: String::new(),
            ty: String::new(),
            reference: 0,
            parts: 0,
        };
        stop.watches = all.iter().map(blank).collect();
    }
    for (i, expression) in all.into_iter().enumerate() {
        let arguments = json!({ "expression": expression, "frameId": frame, "context": "watch" });
        ask(state, Ask::Watch(pid, i), "evaluate", arguments, out);
    }
}

/// The value of what is watched, or why there is none.
pub fn watched(state: &mut State, pid: Pid, i: usize, result: Result<&Value, String>) {
    let watch = state.stops.get_mut(&pid).and_then(|s| s.watches.get_mut(i));
    let Some(watch) = watch else { return };
    match result {
        Ok(body) => {
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            (watch.value, watch.ty) = (text("result"), text("type"));
            watch.reference = body["variablesReference"].as_u64().unwrap_or(0);
        }
        Err(why) => (watch.value, watch.reference) = (why, 0),
    }
}

/// Begins to type what is to be watched; on a variable, or something watched, with that.
pub fn ask_watch(state: &mut State) {
    let stop = state.debugged.and_then(|p| state.stops.get(&p));
    let rows = stop.map(|s| s.rows()).unwrap_or_default();
    let row = rows
        .get(state.locals.row)
        .filter(|r| r.depth == 1 && state.panel() == Panel::Locals)
        .filter(|r| r.path.starts_with("Locals/") || r.path.starts_with(WATCH));
    let name = row.map(|r| r.name.clone()).unwrap_or_default();
    typed::open(state, PromptKind::Command, &format!("watch {name}"));
}

/// Watches an expression, or no longer.
pub fn watch(state: &mut State, expression: &str, out: &mut Vec<Effect>) {
    match state.watches.iter().position(|w| w == expression) {
        Some(i) => {
            state.watches.remove(i);
        }
        None => state.watches.push(expression.to_owned()),
    }
    let stop = state.debugged.and_then(|p| Some((p, state.stops.get(&p)?)));
    match stop.and_then(|(pid, s)| Some((pid, s.here()?.id?))) {
        Some((pid, frame)) => ask_watches(state, pid, frame, out),
        None => state.say(
            Tone::Good,
            format!("{} watched where a process stops", state.watches.len()),
        ),
    }
}

/// What is under the cursor has no value in the frame: the analyser may know it.
pub fn look_up(state: &State, out: &mut Vec<Effect>) {
    if let Some(doc) = state.editor.doc() {
        out.push(Effect::Hover {
            path: doc.path.clone(),
            text: doc.text().clone(),
            at: doc.cursor(),
        });
    }
}

/// Watches nothing.
pub fn unwatch(state: &mut State) {
    state.watches.clear();
    for stop in state.stops.values_mut() {
        stop.watches.clear();
    }
}
