//! Looking into values: answers of the REPL, messages, parts of parts.

use super::{image, typed};
use crate::keys::{Code, Key};
use crate::proto::{self, Pid, Variable};
use crate::state::inspect::{self, Inspector, PAGE, Row};
use crate::state::{Ask, Effect, Entry, Link, Panel, Popup, State, Tone};
use serde_json::{Value, json};

/// Shows a value, and asks for its parts.
pub fn open(state: &mut State, title: String, value: Variable, out: &mut Vec<Effect>) {
    let mut inspector = Inspector::new(title, value);
    fetch(state, &mut inspector, out);
    state.popup = Some(Popup::Inspect(Box::new(inspector)));
}

/// Shows the answer that is chosen in the transcript, or the last one.
pub fn answer(state: &mut State, out: &mut Vec<Effect>) {
    let console = state.panel() == Panel::Console;
    let repl = if console { &state.console } else { &state.repl };
    let is_value = |i: &usize| matches!(repl.entries.get(*i), Some(Entry::Value { .. }));
    let at = repl.chosen.filter(is_value);
    let at = at.or_else(|| (0..repl.entries.len()).rev().find(is_value));
    let Some(at) = at else {
        return state.say(Tone::Plain, "there is no answer to open");
    };
    let Entry::Value {
        text,
        ty,
        reference,
        parts,
        ..
    } = repl.entries[at].clone()
    else {
        return;
    };
    let typed = repl.entries[..at].iter().rev().find_map(|e| match e {
        Entry::Typed(line) => Some(line.clone()),
        _ => None,
    });
    match console {
        true => state.console.chosen = None,
        false => state.repl.chosen = None,
    }
    if let Some(pid) = inspect::pid(&text) {
        return show(state, pid, out);
    }
    let value = Variable {
        name: String::new(),
        value: text,
        ty,
        reference,
        parts,
    };
    open(
        state,
        typed.unwrap_or_default().replace('\n', " "),
        value,
        out,
    );
}

/// Shows a process, if it is still there.
fn show(state: &mut State, pid: Pid, out: &mut Vec<Effect>) {
    typed::show_process(state, pid, out);
    if !state.image.processes.iter().any(|p| p.id == pid) {
        state.say(
            Tone::Plain,
            format!("<{pid}> is not among the processes that are shown"),
        );
    }
}

/// Asks for a message as a value.
pub fn message(state: &mut State, process: Pid, index: u64, out: &mut Vec<Effect>) {
    let arguments = json!({ "process": process, "index": index });
    let ask = Ask::Message(process, index);
    image::ask(state, ask, "nostos/message", arguments, out);
}

/// A message has come.
pub fn take_message(
    state: &mut State,
    process: Pid,
    index: u64,
    body: &Value,
    out: &mut Vec<Effect>,
) {
    // Who has gone on meanwhile is not to be disturbed.
    if state.popup.is_some() || state.prompt.is_some() {
        return;
    }
    let value = proto::variable(body);
    let title = format!("message {index} of {}", state.called(process));
    open(state, title, value, out);
}

/// Asks for what is open and not there yet.
fn fetch(state: &mut State, inspector: &mut Inspector, out: &mut Vec<Effect>) {
    let wanted: Vec<(u64, u64)> = inspector
        .rows()
        .into_iter()
        .filter_map(|row| match row {
            Row::Value(_, value, true, _) if !inspector.parts.contains_key(&value.reference) => {
                Some((value.reference, 0))
            }
            _ => None,
        })
        .collect();
    for (reference, start) in wanted {
        ask(state, inspector, reference, start, out);
    }
}

fn ask(
    state: &mut State,
    inspector: &mut Inspector,
    reference: u64,
    start: u64,
    out: &mut Vec<Effect>,
) {
    let parts = inspector.parts.entry(reference).or_default();
    if parts.asked {
        return;
    }
    if state.image.link != Link::Live {
        parts.refused = Some("the image is gone, and the value with it".to_owned());
        return;
    }
    parts.asked = true;
    // Named parts come with the first page.
    let mut arguments = json!({ "variablesReference": reference, "start": start, "count": PAGE });
    if start > 0 {
        arguments["filter"] = json!("indexed");
    }
    image::ask(
        state,
        Ask::Parts(reference, start),
        "variables",
        arguments,
        out,
    );
}

/// Parts have come, or not.
pub fn take(state: &mut State, reference: u64, start: u64, result: Result<&Value, String>) {
    let Some(Popup::Inspect(inspector)) = &mut state.popup else {
        return;
    };
    let parts = inspector.parts.entry(reference).or_default();
    parts.asked = false;
    match result {
        Ok(body) => {
            parts.known.truncate(start as usize);
            parts.known.extend(proto::variables(body));
        }
        Err(why) => parts.refused = Some(why),
    }
}

/// A key while a value is shown.
pub fn key(state: &mut State, mut inspector: Box<Inspector>, key: Key, out: &mut Vec<Effect>) {
    let page = isize::try_from(state.size.1 / 2).unwrap_or(10).max(1);
    let by = match key.code {
        Code::Char('j') | Code::Down => 1,
        Code::Char('k') | Code::Up => -1,
        Code::PageDown => page,
        Code::PageUp => -page,
        Code::Char('G') | Code::End => isize::MAX / 2,
        Code::Char('g') | Code::Home => isize::MIN / 2,
        _ => 0,
    };
    let rows = inspector.rows();
    let last = rows.len().saturating_sub(1);
    let at = inspector.cursor.row.saturating_add_signed(by).min(last);
    let row = rows.into_iter().nth(at);
    let turn = match key.code {
        Code::Enter | Code::Char(' ') => Some(None),
        Code::Char('l') | Code::Right => Some(Some(true)),
        Code::Char('h') | Code::Left => Some(Some(false)),
        _ => None,
    };
    match (row, turn) {
        _ if matches!(key.code, Code::Esc | Code::Char('q')) => return,
        _ if key.ctrl && key.code == Code::Char('c') => return,
        (Some(Row::Value(_, value, ..)), None) if key.code == Code::Char('y') => {
            out.push(Effect::Copy(value.value.clone()));
            state.say(Tone::Good, "copied");
        }
        (Some(Row::Value(_, value, ..)), Some(None)) if inspect::pid(&value.value).is_some() => {
            if let Some(pid) = inspect::pid(&value.value) {
                return show(state, pid, out);
            }
        }
        (Some(Row::Value(_, value, open, path)), Some(wanted)) if value.reference != 0 => {
            if wanted != Some(open) {
                if !inspector.open.remove(&path) {
                    inspector.open.insert(path);
                }
            } else if !open {
                // Closing what is closed goes to what it is a part of.
                inspector.cursor.row = above(&inspector, &path).unwrap_or(at);
                state.popup = Some(Popup::Inspect(inspector));
                return;
            }
        }
        (Some(Row::Value(_, _, _, path)), Some(Some(false))) => {
            inspector.cursor.row = above(&inspector, &path).unwrap_or(at);
            state.popup = Some(Popup::Inspect(inspector));
            return;
        }
        (Some(Row::More(_, reference, start, _)), Some(_)) => {
            ask(state, &mut inspector, reference, start, out);
        }
        _ => {}
    }
    inspector.cursor.row = at;
    fetch(state, &mut inspector, out);
    let rows = inspector.rows().len();
    inspector
        .cursor
        .fit(rows, crate::view::inspector_rows(state.size));
    state.popup = Some(Popup::Inspect(inspector));
}

fn above(inspector: &Inspector, path: &str) -> Option<usize> {
    let (above, _) = path.rsplit_once('/')?;
    let mut rows = inspector.rows().into_iter();
    rows.position(|row| matches!(row, Row::Value(_, _, _, of) if of == above))
}
