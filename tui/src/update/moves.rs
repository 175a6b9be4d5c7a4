//! Ways to move a stopped process besides steps, and what is done where it stands: to the next message, to another statement, into
//! its function anew, one instruction; giving variables values, evaluating, editing.

use super::image::ask;
use super::{breaks, debug, files, pickers, typed};
use crate::editor::motion;
use crate::proto::Pid;
use crate::state::{
    Action, Ask, DebugAsk, Effect, Item, Panel, PromptKind, State, Tone, Until, VarRow, View,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The stopped process the debugger shows; says so if there is none.
fn stopped(state: &mut State) -> Option<Pid> {
    let pid = state.debugged.filter(|p| state.stops.contains_key(p));
    if pid.is_none() {
        state.say(
            Tone::Plain,
            "no process is stopped; F9 sets a breakpoint, F6 pauses the selected process",
        );
    }
    pid
}

/// The handle of the frame that is looked at.
pub fn frame(state: &State) -> Option<u64> {
    state.stops.get(&state.debugged?)?.here()?.id
}

/// The selected row of the variables, if they have the focus.
pub fn row(state: &State) -> Option<VarRow> {
    let stop = state.stops.get(&state.debugged?)?;
    let at = state.locals.row;
    let rows = stop.rows();
    rows.into_iter()
        .nth(at)
        .filter(|_| state.panel() == Panel::Locals)
}

/// What a row is, as an expression over the frame: `xs[3]`, `user.name`.
pub fn expression(row: &VarRow) -> String {
    let inside = row.path.split_once('/').map_or("", |(_, rest)| rest);
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    if row.depth == 1 {
        return row.name.clone();
    }
    inside.split('/').fold(String::new(), |all, part| {
        let dot = if all.is_empty() || part.starts_with('[') {
            ""
        } else {
            "."
        };
        format!("{all}{dot}{part}")
    })
}

/// The name under the editor's cursor.
pub fn name_under(state: &State) -> Option<String> {
    let doc = state.editor.doc()?;
    let (from, to) = motion::name_at(doc.text(), doc.cursor())?;
    Some(doc.text().slice(from..to).to_string())
}

/// Sends a process on its way with a request that ends in a stop.
fn send(
    state: &mut State,
    pid: Pid,
    command: &'static str,
    arguments: Value,
    out: &mut Vec<Effect>,
) {
    super::past::note(state, pid);
    if let Some(stop) = state.stops.get_mut(&pid) {
        if !stop.moving {
            stop.before = stop.snapshot();
        }
        stop.moving = true;
    }
    ask(state, Ask::Move(pid, command), command, arguments, out);
}

/// Lets the process run until it has received a message.
pub fn next_message(state: &mut State, out: &mut Vec<Effect>) {
    if let Some(pid) = stopped(state) {
        state.debugging.until = None;
        send(
            state,
            pid,
            "nostos/nextMessage",
            json!({ "threadId": pid }),
            out,
        );
    }
}

/// Lets it run until it has received one of the same shape as the last; without one, as the first that waits.
pub fn next_of_shape(state: &mut State, out: &mut Vec<Effect>) {
    let Some(pid) = stopped(state) else { return };
    let last = state.stops.get(&pid).and_then(|s| s.received());
    let waiting = Some(&state.detail)
        .filter(|d| d.pid == pid)
        .and_then(|d| d.messages.first())
        .map(|m| m.value.as_str());
    let Some(shape) = last.or(waiting).map(breaks::pattern) else {
        return state.say(
            Tone::Plain,
            "it has received no message, and none waits; n runs to one",
        );
    };
    state.say(
        Tone::Plain,
        format!("running on to {shape}; F6 stops it before"),
    );
    state.debugging.until = Some(Until {
        pid,
        shape,
        passed: 0,
    });
    send(
        state,
        pid,
        "nostos/nextMessage",
        json!({ "threadId": pid }),
        out,
    );
}

/// A process has stopped: whether it is one that runs on to another message, and went on.
pub fn passes(state: &mut State, pid: Pid, body: &Value, out: &mut Vec<Effect>) -> bool {
    let Some(until) = state.debugging.until.as_mut().filter(|u| u.pid == pid) else {
        return false;
    };
    let text = body["text"].as_str().unwrap_or_default();
    let received = text.strip_prefix("Received ").map(breaks::pattern);
    let other = received.is_some_and(|shape| shape != until.shape);
    if !other || body["reason"] != "step" {
        state.debugging.until = None;
        return false;
    }
    until.passed += 1;
    ask(
        state,
        Ask::Move(pid, "nostos/nextMessage"),
        "nostos/nextMessage",
        json!({ "threadId": pid }),
        out,
    );
    true
}

/// One step to where code can stop next, in the library too.
pub fn instruction(state: &mut State, out: &mut Vec<Effect>) {
    if let Some(pid) = stopped(state) {
        let arguments =
            json!({ "threadId": pid, "singleThread": true, "granularity": "instruction" });
        send(state, pid, "stepIn", arguments, out);
    }
}

/// Enters the function of the frame that is looked at anew.
pub fn restart(state: &mut State, out: &mut Vec<Effect>) {
    let Some(pid) = stopped(state) else { return };
    match frame(state) {
        Some(id) => send(state, pid, "restartFrame", json!({ "frameId": id }), out),
        None => state.say(Tone::Plain, "this frame cannot be entered anew"),
    }
}

/// Asks where in the cursor's line the process can go.
pub fn go_to_line(state: &mut State, out: &mut Vec<Effect>) {
    let Some(pid) = stopped(state) else { return };
    let Some((path, line)) = state.editor.doc().map(|d| (d.path.clone(), d.line())) else {
        return;
    };
    let arguments = json!({ "source": { "path": path.display().to_string() }, "line": line + 1 });
    let what = DebugAsk::Targets(pid);
    ask(state, Ask::Debug(what), "gotoTargets", arguments, out);
}

/// The places were found.
pub fn targets(state: &mut State, pid: Pid, body: &Value, out: &mut Vec<Effect>) {
    let all: Vec<(u64, String)> = body["targets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|t| {
            let label = t["label"].as_str().unwrap_or_default();
            Some((t["id"].as_u64()?, label.to_owned()))
        })
        .collect();
    match all.as_slice() {
        [] => state.say(
            Tone::Plain,
            format!("<{pid}> cannot be sent to this line from where it stands"),
        ),
        [(id, _)] => go_to(state, pid, *id, out),
        _ => {
            let items = all.into_iter().map(|(id, label)| Item {
                label,
                detail: String::new(),
                action: Action::GoTo(pid, id),
            });
            pickers::pick(state, "statements", items.collect());
        }
    }
}

/// Sends the process to another statement.
pub fn go_to(state: &mut State, pid: Pid, target: u64, out: &mut Vec<Effect>) {
    let arguments = json!({ "threadId": pid, "targetId": target });
    send(state, pid, "goto", arguments, out);
}

/// Asks for the code of the frame that is looked at.
pub fn disassemble(state: &mut State, out: &mut Vec<Effect>) {
    if stopped(state).is_none() {
        return;
    }
    let stop = state.debugged.and_then(|p| state.stops.get(&p));
    match stop.and_then(|s| s.here()).and_then(|f| f.code.clone()) {
        Some(at) => ask(
            state,
            Ask::Debug(DebugAsk::Code),
            "disassemble",
            json!({ "memoryReference": at, "instructionOffset": -12, "instructionCount": 60 }),
            out,
        ),
        None => state.say(Tone::Plain, "this frame has no code of its own"),
    }
}

/// The code, as a list; choosing an instruction goes to its line.
pub fn code(state: &mut State, body: &Value) {
    let stop = state.debugged.and_then(|p| state.stops.get(&p));
    let here = stop.and_then(|s| s.here()).and_then(|f| f.code.clone());
    let rows = body["instructions"].as_array().into_iter().flatten();
    let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
    let items = rows
        .filter(|r| r["presentationHint"] != "invalid")
        .map(|r| {
            let path = r["location"]["path"].as_str().map(|p| state.absolute(p));
            let line = r["line"].as_u64().filter(|l| *l > 0);
            let at = text(r, "address");
            let mark = if Some(&at) == here.as_ref() {
                state.glyphs.here
            } else {
                ' '
            };
            let symbol = text(r, "symbol");
            let place = line.map(|l| format!(":{l}")).unwrap_or_default();
            Item {
                label: format!("{mark} {at}  {}", text(r, "instruction")),
                detail: format!("{symbol}{place}"),
                action: match (path, line) {
                    (Some(path), Some(l)) => Action::Open(path, Some(l as usize - 1)),
                    _ => Action::Nothing,
                },
            }
        });
    let items: Vec<Item> = items.collect();
    pickers::pick(state, "code", items);
}

/// Begins to type a new value of the selected variable.
pub fn ask_value(state: &mut State) {
    if stopped(state).is_none() {
        return;
    }
    let row = row(state).filter(|r| r.depth > 0);
    let text = match row {
        Some(row) => format!("assign {} = {}", expression(&row), row.value),
        None => match name_under(state) {
            Some(name) => format!("assign {name} = "),
            None => "assign ".to_owned(),
        },
    };
    typed::open(state, PromptKind::Command, &text);
}

/// `:assign NAME = EXPRESSION`
pub fn assign(state: &mut State, text: &str, out: &mut Vec<Effect>) {
    let Some(pid) = stopped(state) else { return };
    let Some((name, value)) = text.split_once('=') else {
        return state.say(Tone::Plain, "NAME = EXPRESSION");
    };
    let (name, value) = (name.trim().to_owned(), value.trim());
    let arguments = json!({ "expression": name, "value": value, "frameId": frame(state) });
    if let Some(stop) = state.stops.get_mut(&pid) {
        stop.before = stop.snapshot();
    }
    let what = DebugAsk::Assign(pid, name);
    ask(state, Ask::Debug(what), "setExpression", arguments, out);
}

/// A variable has another value: everything is looked at again.
pub fn assigned(state: &mut State, pid: Pid, name: &str, body: &Value, out: &mut Vec<Effect>) {
    let value = body["value"].as_str().unwrap_or_default();
    state.say(Tone::Good, format!("{name} = {value}"));
    if let Some(stop) = state.stops.get_mut(&pid) {
        stop.values.clear();
    }
    debug::look_at_frame(state, out);
}

/// Evaluates the selected variable, else what is selected in the text or the name there, in the frame.
pub fn evaluate_here(state: &mut State, out: &mut Vec<Effect>) {
    if stopped(state).is_none() {
        return;
    }
    let text = match row(state).filter(|r| r.depth > 0) {
        Some(row) => Some(expression(&row)),
        None => selected(state).or_else(|| name_under(state)),
    };
    if let Some(text) = text {
        typed::evaluate(state, Panel::Console, &text, out);
    }
}

fn selected(state: &State) -> Option<String> {
    let doc = state.editor.doc()?;
    let r = doc.selection.primary();
    (r.to() - r.from() > 1).then(|| doc.text().slice(r.from()..r.to()).to_string())
}

/// Goes to the text at the line it is stopped at, to change it there.
pub fn edit_here(state: &mut State, out: &mut Vec<Effect>) {
    let Some(pid) = stopped(state) else { return };
    let place: Option<(PathBuf, usize)> = state
        .stops
        .get(&pid)
        .and_then(|s| s.here())
        .and_then(|f| f.place.as_ref())
        .map(|p| (state.absolute(&p.path), p.line.saturating_sub(1)));
    let Some((path, line)) = place else {
        return state.say(Tone::Plain, "this frame has no text");
    };
    state.view = View::Debug;
    state.focus.insert(View::Debug, Panel::Editor);
    files::goto(state, path, Some((line, 0)), out);
    state.say(
        Tone::Plain,
        format!("^s saves and loads; <{pid}> stays where it is"),
    );
}

/// Lets a stopped process of the list run on, else stops it.
pub fn pause_or_go(state: &mut State, out: &mut Vec<Effect>) {
    match state.selected.filter(|p| state.stops.contains_key(p)) {
        Some(pid) => {
            debug::go_on(state, pid, out);
            state.say(Tone::Plain, format!("<{pid}> runs on"));
        }
        None => debug::pause(state, out),
    }
}
