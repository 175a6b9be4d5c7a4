//! Breakpoints: at lines, of functions and of messages, with conditions, counts and texts to log.

use super::{image::ask, typed};
use crate::state::{Action, Ask, Breakpoint, Effect, Item, Mark, Panel, PromptKind, State, Tone};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Sets or clears the breakpoint on a line.
pub fn toggle(state: &mut State, path: PathBuf, line: usize, out: &mut Vec<Effect>) {
    let list = state.breakpoints.entry(path.clone()).or_default();
    match list.iter().position(|b| b.line == line) {
        Some(i) => {
            list.remove(i);
        }
        None => {
            list.push(Breakpoint {
                line,
                ..Breakpoint::default()
            });
            list.sort_by_key(|b| b.line);
        }
    }
    send(state, path, out);
}

/// What makes a breakpoint a special one, as the protocol has it.
pub fn wishes(b: &Breakpoint) -> Map<String, Value> {
    let all = [
        ("condition", &b.condition),
        ("hitCondition", &b.hits),
        ("logMessage", &b.log),
    ];
    all.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), json!(text)))
        .collect()
}

/// Tells the image the breakpoints of a file.
pub fn send(state: &mut State, path: PathBuf, out: &mut Vec<Effect>) {
    let lines: Vec<Value> = state
        .breakpoints
        .get(&path)
        .into_iter()
        .flatten()
        .filter(|b| !b.off)
        .map(|b| {
            let mut wish = wishes(b);
            wish.insert("line".to_owned(), json!(b.line + 1));
            Value::Object(wish)
        })
        .collect();
    if state.breakpoints.get(&path).is_some_and(Vec::is_empty) {
        state.breakpoints.remove(&path);
    }
    let arguments =
        json!({ "source": { "path": path.display().to_string() }, "breakpoints": lines });
    ask(
        state,
        Ask::Breakpoints(path),
        "setBreakpoints",
        arguments,
        out,
    );
}

/// Tells the image the breakpoints of functions and messages.
pub fn send_named(state: &mut State, out: &mut Vec<Effect>) {
    let all = state.named_breaks.iter().filter(|(_, b)| !b.off);
    let all = all.map(|(name, b)| {
        let mut wish = wishes(b);
        wish.insert("name".to_owned(), json!(name));
        Value::Object(wish)
    });
    let arguments = json!({ "breakpoints": all.collect::<Vec<_>>() });
    ask(
        state,
        Ask::NamedBreaks,
        "setFunctionBreakpoints",
        arguments,
        out,
    );
}

/// Takes over what the image says of those it was told of.
pub fn take_all<'a>(told: impl Iterator<Item = &'a mut Breakpoint>, body: &Value) {
    let answers = body["breakpoints"].as_array().cloned().unwrap_or_default();
    for (bp, answer) in told.filter(|b| !b.off).zip(&answers) {
        take(bp, answer);
    }
}

/// Takes over what the image says of a breakpoint.
pub fn take(bp: &mut Breakpoint, answer: &Value) {
    bp.verified = answer["verified"].as_bool().unwrap_or(false);
    bp.id = answer["id"].as_u64().or(bp.id);
    bp.message = answer["message"].as_str().map(str::to_owned);
    if let (true, Some(line)) = (bp.verified, answer["line"].as_u64().filter(|l| *l > 0)) {
        bp.line = line as usize - 1;
    }
}

/// Says why the newest named breakpoint was not taken.
pub fn complain(state: &mut State) {
    let last = state.named_breaks.last().filter(|(_, b)| !b.verified);
    if let Some(text) = last.and_then(|(name, b)| Some(format!("{name}: {}", b.message.as_ref()?)))
    {
        state.say(Tone::Bad, text);
    }
}

/// Clears all of them.
pub fn clear(state: &mut State, out: &mut Vec<Effect>) {
    for path in state.breakpoints.keys().cloned().collect::<Vec<_>>() {
        state.breakpoints.insert(path.clone(), Vec::new());
        send(state, path, out);
    }
    if !std::mem::take(&mut state.named_breaks).is_empty() {
        send_named(state, out);
    }
    super::traps::clear(state, out);
}

/// The rows of the list of breakpoints.
pub fn items(state: &State) -> Vec<Item> {
    let detail = |b: &Breakpoint| {
        b.message.clone().unwrap_or_else(|| {
            if b.off {
                String::new()
            } else if b.verified {
                seen(b)
            } else {
                "not taken yet".to_owned()
            }
        })
    };
    let lines = state.breakpoints.iter().flat_map(|(path, list)| {
        list.iter().map(move |b| Item {
            label: format!("{}:{}{}", state.short(path), b.line + 1, b.words()),
            detail: detail(b),
            action: Action::Mark(Mark::Line(path.clone(), b.line)),
        })
    });
    let named = state.named_breaks.iter().map(|(name, b)| Item {
        label: format!("{name}{}", b.words()),
        detail: detail(b),
        action: Action::Mark(Mark::Named(name.clone())),
    });
    lines
        .chain(named)
        .chain(super::traps::items(state))
        .collect()
}

/// How often a process was seen stopped there.
pub fn seen(b: &Breakpoint) -> String {
    match b.seen {
        0 => String::new(),
        1 => "hit once".to_owned(),
        n => format!("hit {n} times"),
    }
}

/// A process has stopped at these: the number of the last one's hit, and its words.
pub fn hit(state: &mut State, ids: &Value) -> Option<u64> {
    let ids: Vec<u64> = ids.as_array()?.iter().filter_map(Value::as_u64).collect();
    let lines = state.breakpoints.values_mut().flatten();
    let named = state.named_breaks.iter_mut().map(|(_, b)| b);
    let data = state.debugging.data.iter_mut().map(|d| &mut d.bp);
    let all = lines.chain(named).chain(data);
    let hit = all.filter(|b| b.id.is_some_and(|id| ids.contains(&id)));
    hit.map(|b| {
        b.seen += 1;
        b.seen
    })
    .last()
}

/// Begins to type what one of the commands about the breakpoint of this line wants, with what it has now.
pub fn ask_for(state: &mut State, command: &'static str) {
    let now = here(state).map(|b| match command {
        "break-if" => b.condition.clone(),
        "break-hits" => b.hits.clone(),
        _ => b.log.clone(),
    });
    let now = now.filter(|_| command != "break-on").unwrap_or_default();
    typed::open(state, PromptKind::Command, &format!("{command} {now}"));
}

/// The breakpoint of the cursor's line.
fn here(state: &State) -> Option<&Breakpoint> {
    let doc = state.editor.doc()?;
    let list = state.breakpoints.get(&doc.path)?;
    list.iter().find(|b| b.line == doc.line())
}

/// Changes the breakpoint of the cursor's line, or sets one.
pub fn change(state: &mut State, command: &str, text: &str, out: &mut Vec<Effect>) {
    let Some((path, line)) = state.editor.doc().map(|d| (d.path.clone(), d.line())) else {
        return state.say(Tone::Plain, "no file is open");
    };
    let list = state.breakpoints.entry(path.clone()).or_default();
    let at = list.iter().position(|b| b.line == line).unwrap_or_else(|| {
        let at = list.partition_point(|b| b.line < line);
        list.insert(
            at,
            Breakpoint {
                line,
                ..Breakpoint::default()
            },
        );
        at
    });
    let b = &mut list[at];
    let field = match command {
        "break-if" => &mut b.condition,
        "break-hits" => &mut b.hits,
        _ => &mut b.log,
    };
    text.clone_into(field);
    let text = format!("breakpoint{}", b.words());
    state.say(Tone::Good, text);
    send(state, path, out);
}

/// Switches a breakpoint off, or on again.
pub fn switch(state: &mut State, mark: &Mark, out: &mut Vec<Effect>) {
    let flip = |b: &mut Breakpoint| {
        b.off = !b.off;
        b.verified = false;
        b.off
    };
    let off = match mark {
        Mark::Line(path, line) => {
            let list = state.breakpoints.get_mut(path);
            list.and_then(|l| l.iter_mut().find(|b| b.line == *line))
                .map(flip)
        }
        Mark::Named(name) => {
            let found = state.named_breaks.iter_mut().find(|(n, _)| n == name);
            found.map(|(_, b)| flip(b))
        }
        Mark::Data(data) => {
            let found = state.debugging.data.iter_mut().find(|d| d.data == *data);
            found.map(|d| flip(&mut d.bp))
        }
        Mark::Thrown(id) => return super::traps::toggle(state, id, None, out),
    };
    let Some(off) = off else {
        return state.say(
            Tone::Plain,
            "there is no breakpoint on this line; b sets one",
        );
    };
    match mark {
        Mark::Line(path, _) => send(state, path.clone(), out),
        Mark::Named(_) => send_named(state, out),
        Mark::Data(_) | Mark::Thrown(_) => super::traps::send_data(state, out),
    }
    let words = if off { "off; it is kept" } else { "on again" };
    state.say(Tone::Plain, format!("breakpoint {words}"));
}

/// Switches the breakpoint of the cursor's line.
pub fn switch_here(state: &mut State, out: &mut Vec<Effect>) {
    if let Some((path, line)) = state.editor.doc().map(|d| (d.path.clone(), d.line())) {
        switch(state, &Mark::Line(path, line), out);
    }
}

/// Sets a breakpoint of a function, a message or an end, or takes it away; ` if CONDITION` and ` hits COUNT` may follow.
pub fn toggle_named(state: &mut State, text: &str, out: &mut Vec<Effect>) {
    let (text, hits) = text.split_once(" hits ").unwrap_or((text, ""));
    let (name, condition) = text.split_once(" if ").unwrap_or((text, ""));
    let (name, condition, hits) = (name.trim(), condition.trim(), hits.trim());
    let same = state.named_breaks.iter_mut().find(|(n, _)| n == name);
    if let Some((_, b)) = same.filter(|_| !(condition.is_empty() && hits.is_empty())) {
        (b.condition, b.hits) = (condition.to_owned(), hits.to_owned());
        let words = b.words();
        state.say(Tone::Good, format!("stops at {name}{words}"));
        return send_named(state, out);
    }
    match state.named_breaks.iter().position(|(n, _)| n == name) {
        Some(i) => {
            state.named_breaks.remove(i);
            state.say(Tone::Plain, format!("no longer stops at {name}"));
        }
        None => {
            let bp = Breakpoint {
                condition: condition.to_owned(),
                hits: hits.to_owned(),
                ..Breakpoint::default()
            };
            state.say(Tone::Good, format!("stops at {name}{}", bp.words()));
            state.named_breaks.push((name.to_owned(), bp));
        }
    }
    send_named(state, out);
}

/// Begins a breakpoint of messages like the selected one.
pub fn ask_for_message(state: &mut State) {
    let known = Some(&state.detail).filter(|d| state.selected == Some(d.pid));
    let row = if state.panel() == Panel::Mailbox {
        state.mailbox.row
    } else {
        0
    };
    let message = known.and_then(|d| d.messages.get(row));
    let pattern = message.map(|m| pattern(&m.value)).unwrap_or_default();
    typed::open(
        state,
        PromptKind::Command,
        &format!("break-on receive {pattern}"),
    );
}

/// A pattern for messages of the same shape: `Withdraw(<pid 5>, 30)` gives `Withdraw(_, _)`.
pub fn pattern(value: &str) -> String {
    let end = value
        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
        .unwrap_or(value.len());
    let (head, rest) = value.split_at(end);
    if !rest.starts_with('(') {
        return match rest.is_empty() && head.starts_with(char::is_uppercase) {
            true => head.to_owned(),
            false => "_".to_owned(),
        };
    }
    let (mut depth, mut parts, mut quoted, mut escaped) = (0usize, 1, false, false);
    for c in rest.chars() {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => parts += 1,
            _ => {}
        }
    }
    format!("{head}({})", vec!["_"; parts].join(", "))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn a_pattern_has_the_shape_of_the_message() {
        for (value, expected) in [
            ("Withdraw(<pid 5>, 30)", "Withdraw(_, _)"),
            ("Audit", "Audit"),
            ("Put(\"a, (b\\\"\", [1, 2], (3, 4))", "Put(_, _, _)"),
            ("(1, 2)", "(_, _)"),
            ("17", "_"),
            ("\"text\"", "_"),
            ("", "_"),
        ] {
            assert_eq!(pattern(value), expected, "{value}");
        }
    }
}
