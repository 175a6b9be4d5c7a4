//! The recent past of processes: the image is asked to trace one, then for its events; walking through them.

use super::image::ask;
use crate::proto::{self, Pid};
use crate::state::{Ask, DebugAsk, Effect, Link, State, Tone};
use serde_json::{Value, json};

/// Events that are kept of one process.
const KEPT: usize = 1000;

/// Traces the process that is looked at, or no longer.
pub fn turn(state: &mut State, out: &mut Vec<Effect>) {
    let Some(pid) = state.past_of().filter(|_| state.image.link == Link::Live) else {
        return state.say(Tone::Plain, "there is no process to trace");
    };
    let on = state.debugging.past.get(&pid).is_none_or(|p| !p.traced);
    let what = DebugAsk::Trace(pid, on);
    let arguments = json!({ "process": pid, "on": on });
    ask(state, Ask::Debug(what), "nostos/trace", arguments, out);
}

/// The image traces it, or no longer.
pub fn turned(state: &mut State, pid: Pid, on: bool, out: &mut Vec<Effect>) {
    state.debugging.past.entry(pid).or_default().traced = on;
    let text = match on {
        true => "is traced: what it receives and sends, x ends it",
        false => "is no longer traced",
    };
    state.say(Tone::Good, format!("<{pid}> {text}"));
    fetch(state, pid, out);
}

/// Asks for what is new.
pub fn fetch(state: &mut State, pid: Pid, out: &mut Vec<Effect>) {
    let Some(past) = state.debugging.past.get(&pid).filter(|p| p.traced) else {
        return;
    };
    let since = past.events.last().map_or(0, |e| e.number);
    let question = Ask::Debug(DebugAsk::Events(pid));
    if !state.image.in_flight.contains(&question) {
        let arguments = json!({ "process": pid, "since": since });
        ask(state, question, "nostos/events", arguments, out);
    }
}

/// Once a period, of the process whose past is on the screen.
pub fn poll(state: &mut State, out: &mut Vec<Effect>) {
    if let Some(pid) = state.past_of() {
        fetch(state, pid, out);
    }
}

/// What is new. Whoever looks at the last event goes on looking at the last.
pub fn came(state: &mut State, pid: Pid, body: &Value) {
    let shown = state.past_of() == Some(pid);
    let past = state.debugging.past.entry(pid).or_default();
    let at_end = state.past.row + 1 >= past.events.len();
    let last = past.events.last().map_or(0, |e| e.number);
    let new = proto::past(body).into_iter().filter(|e| e.number > last);
    past.events.extend(new);
    let over = past.events.len().saturating_sub(KEPT);
    past.events.drain(..over);
    past.traced = body["traced"].as_bool().unwrap_or(past.traced);
    let len = past.events.len();
    if shown && at_end {
        state.past.row = len.saturating_sub(1);
    }
}

/// Walks through the past.
pub fn walk(state: &mut State, by: isize) {
    let len = state.past_events().len();
    let row = state.past.row.saturating_add_signed(by);
    state.past.row = row.min(len.saturating_sub(1));
}

/// The process moves on: what changed since the message before is kept with that.
pub fn note(state: &mut State, pid: Pid) {
    let Some(changes) = state.changes(pid) else {
        return;
    };
    let number = state.message_before(pid);
    if let (Some(past), Some(number)) = (state.debugging.past.get_mut(&pid), number) {
        past.notes.insert(number, changes);
    }
}
