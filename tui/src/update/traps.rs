//! What stops processes besides lines and names: exceptions and data; and what can be done about a breakpoint of any kind.

use super::breaks;
use super::image::ask;
use super::{files, pickers, typed};
use crate::state::{
    Action, Ask, Breakpoint, DataBreak, DebugAsk, Effect, Item, Mark, Popup, PromptKind, State,
    Tone,
};
use serde_json::{Value, json};

/// The image says at what it can stop when something is thrown.
pub fn learn(state: &mut State, body: &Value) {
    for f in body["exceptionBreakpointFilters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let text = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
        let known = &mut state.debugging.filters;
        if let Some(known) = known.iter_mut().find(|k| k.id == text("filter")) {
            (known.label, known.about) = (text("label").to_lowercase(), text("description"));
        }
    }
}

/// Tells the image at what thrown things to stop.
pub fn send(state: &mut State, out: &mut Vec<Effect>) {
    let wanted = state.debugging.filters.iter().filter(|f| f.on);
    let (some, plain): (Vec<_>, Vec<_>) = wanted.partition(|f| !f.condition.is_empty());
    let plain: Vec<&String> = plain.iter().map(|f| &f.id).collect();
    let some: Vec<Value> = some
        .iter()
        .map(|f| json!({ "filterId": f.id, "condition": f.condition }))
        .collect();
    let arguments = json!({ "filters": plain, "filterOptions": some });
    ask(
        state,
        Ask::Debug(DebugAsk::Filters),
        "setExceptionBreakpoints",
        arguments,
        out,
    );
}

/// Stops where something is thrown, or no longer; a condition sets it.
pub fn toggle(state: &mut State, id: &str, condition: Option<&str>, out: &mut Vec<Effect>) {
    let Some(f) = state.debugging.filters.iter_mut().find(|f| f.id == id) else {
        let all: Vec<&str> = state
            .debugging
            .filters
            .iter()
            .map(|f| f.id.as_str())
            .collect();
        let text = format!("`{id}` is none of {}", all.join(", "));
        return state.say(Tone::Bad, text);
    };
    match condition {
        Some(text) => {
            f.on = true;
            text.clone_into(&mut f.condition);
        }
        None => f.on = !f.on,
    }
    let condition = Some(&f.condition).filter(|c| !c.is_empty());
    let more = condition.map(|c| format!(" if {c}")).unwrap_or_default();
    let text = match f.on {
        true => format!("stops at {}{more}", f.label),
        false => format!("no longer stops at {}", f.label),
    };
    state.say(Tone::Good, text);
    send(state, out);
}

/// `:break-throw uncaught if CONDITION`
pub fn typed(state: &mut State, text: &str, out: &mut Vec<Effect>) {
    match text.split_once(" if ") {
        Some((id, condition)) => toggle(state, id.trim(), Some(condition.trim()), out),
        None => toggle(state, text.trim(), None, out),
    }
}

/// The list of what can be stopped at when something is thrown.
pub fn choose(state: &mut State) {
    let items = state.debugging.filters.iter().map(|f| {
        let condition = Some(&f.condition).filter(|c| !c.is_empty());
        let more = condition.map(|c| format!(" if {c}")).unwrap_or_default();
        Item {
            label: format!(
                "{} {}{more}  {}",
                if f.on { "on " } else { "off" },
                f.label,
                f.about
            ),
            detail: String::new(),
            action: Action::OnMark(Mark::Thrown(f.id.clone()), 'z'),
        }
    });
    let items = items.collect();
    pickers::pick(state, "exceptions", items);
}

/// Begins to watch over the selected variable, or over what is named under the cursor.
pub fn ask_data(state: &mut State, out: &mut Vec<Effect>) {
    let row = super::moves::row(state).filter(|r| r.depth > 0);
    match row {
        Some(row) if row.parent != 0 => data_info(
            state,
            (super::moves::expression(&row), false),
            json!({ "variablesReference": row.parent, "name": row.name }),
            out,
        ),
        Some(row) => data(state, &row.name, out),
        None => {
            let name = super::moves::name_under(state).unwrap_or_default();
            typed::open(state, PromptKind::Command, &format!("break-data {name}"));
        }
    }
}

/// Watches over what a name or `xs[3]` means in the frame that is looked at; `reads NAME`: over an mvar, who reads it stops, too.
pub fn data(state: &mut State, text: &str, out: &mut Vec<Effect>) {
    let (name, reads) = match text.strip_prefix("reads ") {
        Some(name) => (name.trim(), true),
        None => (text.trim(), false),
    };
    let mut arguments = json!({ "name": name });
    if let Some(frame) = super::moves::frame(state) {
        arguments["frameId"] = json!(frame);
    }
    data_info(state, (name.to_owned(), reads), arguments, out);
}

fn data_info(
    state: &mut State,
    (name, reads): (String, bool),
    arguments: Value,
    out: &mut Vec<Effect>,
) {
    let what = DebugAsk::DataInfo(name, reads);
    ask(
        state,
        Ask::Debug(what),
        "dataBreakpointInfo",
        arguments,
        out,
    );
}

/// What a name is, as data; a second time it is no longer watched over.
pub fn found(state: &mut State, name: String, reads: bool, body: &Value, out: &mut Vec<Effect>) {
    let said = body["description"].as_str().unwrap_or_default();
    let Some(data) = body["dataId"].as_str().map(str::to_owned) else {
        return state.say(Tone::Bad, format!("{name}: {said}"));
    };
    let known = &mut state.debugging.data;
    match known
        .iter()
        .position(|d| d.data == data && d.reads == reads)
    {
        Some(i) => {
            known.remove(i);
            state.say(Tone::Plain, format!("no longer stops who changes {name}"));
        }
        None => {
            known.retain(|d| d.data != data);
            known.push(DataBreak {
                data,
                label: name.clone(),
                reads,
                bp: Breakpoint::default(),
            });
            let or = if reads { "reads or changes" } else { "changes" };
            state.say(Tone::Good, format!("stops who {or} {name}"));
        }
    }
    send_data(state, out);
}

/// Tells the image over what data to watch.
pub fn send_data(state: &mut State, out: &mut Vec<Effect>) {
    let wanted = state.debugging.data.iter().filter(|d| !d.bp.off);
    let all = wanted.map(|d| {
        let mut wish = breaks::wishes(&d.bp);
        wish.insert("dataId".to_owned(), json!(d.data));
        let access = if d.reads { "readWrite" } else { "write" };
        wish.insert("accessType".to_owned(), json!(access));
        Value::Object(wish)
    });
    let arguments = json!({ "breakpoints": all.collect::<Vec<_>>() });
    ask(
        state,
        Ask::Debug(DebugAsk::Data),
        "setDataBreakpoints",
        arguments,
        out,
    );
}

/// The image says how it is with them.
pub fn data_set(state: &mut State, body: &Value) {
    breaks::take_all(state.debugging.data.iter_mut().map(|d| &mut d.bp), body);
    let mut refused = state
        .debugging
        .data
        .iter()
        .filter(|d| !d.bp.off && !d.bp.verified);
    let text = refused
        .next_back()
        .and_then(|d| Some(format!("{}: {}", d.label, d.bp.message.as_ref()?)));
    if let Some(text) = text {
        state.say(Tone::Bad, text);
    }
}

/// A breakpoint is no more, as what it was about is gone.
pub fn gone(state: &mut State, id: u64) {
    let data = &mut state.debugging.data;
    if let Some(i) = data.iter().position(|d| d.bp.id == Some(id)) {
        let d = data.remove(i);
        state.say(
            Tone::Plain,
            format!("{} is gone, and its breakpoint with it", d.label),
        );
    }
}

/// All of these are taken away.
pub fn clear(state: &mut State, out: &mut Vec<Effect>) {
    if !std::mem::take(&mut state.debugging.data).is_empty() {
        send_data(state, out);
    }
    if state.debugging.filters.iter().any(|f| f.on) {
        for f in &mut state.debugging.filters {
            f.on = false;
        }
        send(state, out);
    }
}

/// Their rows in the list of breakpoints.
pub fn items(state: &State) -> impl Iterator<Item = Item> {
    let data = state.debugging.data.iter().map(|d| Item {
        label: format!("change of {}{}", d.label, d.bp.words()),
        detail: breaks::seen(&d.bp),
        action: Action::Mark(Mark::Data(d.data.clone())),
    });
    let thrown = state.debugging.filters.iter().filter(|f| f.on);
    data.chain(thrown.map(|f| {
        let condition = Some(&f.condition).filter(|c| !c.is_empty());
        let more = condition.map(|c| format!(" if {c}")).unwrap_or_default();
        Item {
            label: format!("{}{more}", f.label),
            detail: String::new(),
            action: Action::Mark(Mark::Thrown(f.id.clone())),
        }
    }))
}

/// Asks what is to be done about a breakpoint.
pub fn ask_about(state: &mut State, mark: Mark) {
    let (text, off) = match &mark {
        Mark::Line(path, line) => {
            let list = state.breakpoints.get(path);
            let b = list.and_then(|l| l.iter().find(|b| b.line == *line));
            let words = b.map(Breakpoint::words).unwrap_or_default();
            let text = format!("{}:{}{words}", state.short(path), line + 1);
            (text, b.is_some_and(|b| b.off))
        }
        Mark::Named(name) => {
            let b = state.named_breaks.iter().find(|(n, _)| n == name);
            let words = b.map(|(_, b)| b.words()).unwrap_or_default();
            (format!("{name}{words}"), b.is_some_and(|(_, b)| b.off))
        }
        Mark::Data(data) => {
            let d = state.debugging.data.iter().find(|d| d.data == *data);
            let text = d.map(|d| format!("change of {}{}", d.label, d.bp.words()));
            (text.unwrap_or_default(), d.is_some_and(|d| d.bp.off))
        }
        Mark::Thrown(id) => (id.clone(), false),
    };
    let switch = if off { "switch it on" } else { "switch it off" };
    let mut answers = Vec::new();
    if matches!(mark, Mark::Line(..)) {
        answers.push(('g', "go there", Action::OnMark(mark.clone(), 'g')));
    }
    answers.push(('z', switch, Action::OnMark(mark.clone(), 'z')));
    answers.push(('c', "its condition", Action::OnMark(mark.clone(), 'c')));
    if !matches!(mark, Mark::Thrown(_)) {
        answers.push(('x', "take it away", Action::OnMark(mark, 'x')));
    }
    state.popup = Some(Popup::Question { text, answers });
}

/// Does it.
pub fn act(state: &mut State, mark: &Mark, what: char, out: &mut Vec<Effect>) {
    match (what, mark) {
        ('g', Mark::Line(path, line)) => {
            state.editor.mark_jump();
            files::goto(state, path.clone(), Some((*line, 0)), out);
        }
        ('z', mark) => breaks::switch(state, mark, out),
        ('x', Mark::Line(path, line)) => breaks::toggle(state, path.clone(), *line, out),
        ('x', Mark::Named(name)) => breaks::toggle_named(state, name, out),
        ('x', Mark::Data(data)) => {
            state.debugging.data.retain(|d| d.data != *data);
            send_data(state, out);
        }
        ('c', Mark::Line(path, line)) => {
            files::goto(state, path.clone(), Some((*line, 0)), out);
            breaks::ask_for(state, "break-if");
        }
        ('c', Mark::Named(name)) => {
            let text = format!("break-on {name} if ");
            typed::open(state, PromptKind::Command, &text);
        }
        ('c', Mark::Data(data)) => {
            let d = state.debugging.data.iter().find(|d| d.data == *data);
            let text = format!("break-data-if {} if ", d.map_or("", |d| d.label.as_str()));
            typed::open(state, PromptKind::Command, &text);
        }
        ('c', Mark::Thrown(id)) => {
            let text = format!("break-throw {id} if ");
            typed::open(state, PromptKind::Command, &text);
        }
        _ => {}
    }
}

/// `:break-data-if NAME if CONDITION`
pub fn data_if(state: &mut State, text: &str, out: &mut Vec<Effect>) {
    let (name, condition) = text.split_once(" if ").unwrap_or((text, ""));
    let found = state
        .debugging
        .data
        .iter_mut()
        .find(|d| d.label == name.trim());
    match found {
        Some(d) => {
            condition.trim().clone_into(&mut d.bp.condition);
            send_data(state, out);
        }
        None => state.say(Tone::Bad, format!("`{name}` is not watched over; D does")),
    }
}
