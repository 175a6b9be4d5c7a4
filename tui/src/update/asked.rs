//! Answers to what the debugger has asked.

use super::{image, moves, past, rollback, traps};
use crate::state::{DebugAsk, Effect, Entry, State, Tone};
use serde_json::Value;

/// The image is started anew: what was about the old one is gone.
pub fn start(state: &mut State) {
    let debugging = &mut state.debugging;
    debugging.data.clear();
    debugging.loads.clear();
    debugging.past.clear();
    (debugging.until, debugging.again) = (None, None);
    (debugging.swapped, debugging.told, debugging.pending) = (false, 0, None);
    for (_, bp) in &mut state.named_breaks {
        (bp.verified, bp.seen) = (false, 0);
    }
    for bp in state.breakpoints.values_mut().flatten() {
        bp.seen = 0;
    }
}

/// The image waits to hear where to stop.
pub fn configure(state: &mut State, out: &mut Vec<Effect>) {
    if state.debugging.filters.iter().any(|f| f.on) {
        traps::send(state, out);
    }
    if !state.debugging.data.is_empty() {
        traps::send_data(state, out);
    }
}

/// Definitions were loaded anew: what stands in them goes on in the old code, which is said.
pub fn outdated(state: &mut State, changed: &[String]) {
    let mut frames = Vec::new();
    for (pid, stop) in &mut state.stops {
        stop.outdated(changed);
        if let Some(name) = stop.stale.first() {
            frames.push((*pid, name.clone()));
        }
    }
    if let Some((pid, name)) = frames.first() {
        let loaded = state.message.as_ref().map(|(_, text)| text.clone());
        let loaded = loaded.unwrap_or_default();
        let text = format!(
            "{loaded}; <{pid}> stands in the old {name}: r runs the frame again in the new code"
        );
        state.say(Tone::Good, text);
    }
}

/// An answer.
pub fn reply(
    state: &mut State,
    what: DebugAsk,
    result: Result<Value, String>,
    out: &mut Vec<Effect>,
) {
    let body = match result {
        Ok(body) => body,
        Err(why) => return refused(state, &what, &why),
    };
    match what {
        DebugAsk::Filters => complain(state, &body),
        DebugAsk::DataInfo(name, reads) => traps::found(state, name, reads, &body, out),
        DebugAsk::Data => traps::data_set(state, &body),
        DebugAsk::Targets(pid) => moves::targets(state, pid, &body, out),
        DebugAsk::Code => moves::code(state, &body),
        DebugAsk::Assign(pid, name) => moves::assigned(state, pid, &name, &body, out),
        DebugAsk::RollBack => rollback::done(state, &body, out),
        DebugAsk::Runs(id, version) => rollback::runs(state, id, version, &body),
        DebugAsk::Thrown(pid) => thrown(state, pid, &body),
        DebugAsk::Trace(pid, on) => past::turned(state, pid, on, out),
        DebugAsk::Events(pid) => past::came(state, pid, &body),
    }
}

fn complain(state: &mut State, body: &Value) {
    let answers = body["breakpoints"].as_array().into_iter().flatten();
    let wrong = answers.filter(|a| a["verified"] == false);
    if let Some(text) = wrong.filter_map(|a| a["message"].as_str()).next_back() {
        state.say(Tone::Bad, text.to_owned());
    }
}

/// What was thrown goes to the console, with its trace and what caused it.
fn thrown(state: &mut State, pid: u64, body: &Value) {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let head = format!(
        "<{pid}> {}: {}",
        text(&body["exceptionId"]),
        text(&body["description"])
    );
    state.console.push(Entry::Refused(head));
    let mut details = &body["details"];
    let mut depth = 0;
    while details.is_object() && depth < 5 {
        for line in text(&details["stackTrace"]).lines().take(8) {
            state.console.push(Entry::Note(format!("  {line}")));
        }
        details = &details["innerException"][0];
        if details.is_object() {
            let caused = format!("because of {}", text(&details["message"]));
            state.console.push(Entry::Note(caused));
        }
        depth += 1;
    }
}

fn refused(state: &mut State, what: &DebugAsk, why: &str) {
    let about = match what {
        DebugAsk::Filters => "exceptions".to_owned(),
        DebugAsk::DataInfo(name, _) => name.clone(),
        DebugAsk::Data => "data".to_owned(),
        DebugAsk::Targets(pid) => format!("<{pid}> goes nowhere else"),
        DebugAsk::Code => "code".to_owned(),
        DebugAsk::Assign(_, name) => format!("{name} stays as it is"),
        DebugAsk::RollBack => "not taken back".to_owned(),
        DebugAsk::Trace(pid, _) => format!("trace of <{pid}>"),
        DebugAsk::Thrown(_) | DebugAsk::Events(_) | DebugAsk::Runs(..) => return,
    };
    state.say(Tone::Bad, format!("{about}: {why}"));
}

/// A process has stopped because something was thrown: what, and from where?
pub fn ask_thrown(state: &mut State, pid: u64, out: &mut Vec<Effect>) {
    let what = crate::state::Ask::Debug(DebugAsk::Thrown(pid));
    let arguments = serde_json::json!({ "threadId": pid });
    image::ask(state, what, "exceptionInfo", arguments, out);
}
