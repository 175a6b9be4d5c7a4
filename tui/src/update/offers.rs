//! What could be typed on in the REPL and the console: first the analysis is asked, which knows the library and what types have, then the image,
//! which knows what was defined here and the values of a frame.

use super::{actions, image};
use crate::analysis::question::{Answer, Candidate, Found, Question, Topic, Typed};
use crate::analysis::speaks;
use crate::commands::Cmd;
use crate::input::Input;
use crate::proto::Frame;
use crate::state::{Ask, Effect, Link, Offers, Panel, Repl, State, Tone};
use ropey::Rope;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Completes the word before the cursor; once there are offers they are gone through.
pub fn complete(state: &mut State, out: &mut Vec<Effect>) {
    let console = state.panel() == Panel::Console;
    let place = frame(state, console).and_then(|f| f.place.clone());
    let Some(repl) = actions::repl(state) else {
        return;
    };
    if !repl.offered().is_empty() {
        let next = repl.offers.at.map_or(0, |at| at + 1) % repl.offers.all.len();
        repl.offers.at = Some(next);
        let name = repl.offers.all[next].0.clone();
        put_word(&mut repl.input, &name);
        repl.offers.line = repl.input.text().to_owned();
        return;
    }
    let typed = Typed {
        before: before(repl),
        console,
        line: place.as_ref().map(|p| p.line),
    };
    let path = match place {
        Some(place) => state.root.join(place.path),
        None => main_file(state),
    };
    let docs = state.editor.docs.iter().filter(|d| speaks(&d.path));
    let open = docs.map(|d| (d.path.clone(), d.text().clone())).collect();
    let topic = Topic::Typed(typed);
    state.lang.number += 1;
    let number = state.lang.number;
    out.push(Effect::Question(Question {
        number,
        doc: 0,
        version: 0,
        path,
        text: Rope::new(),
        topic: topic.clone(),
        open,
    }));
    state.lang.wanted.retain(|(t, _)| !t.same_kind(&topic));
    state.lang.wanted.push((topic, number));
}

/// The analysis has answered: what it knows is kept until the image has, too.
pub fn known(state: &mut State, answer: Answer, out: &mut Vec<Effect>) {
    let Topic::Typed(typed) = answer.topic else {
        return;
    };
    let id = frame(state, typed.console).and_then(|f| f.id);
    let repl = of(state, typed.console);
    if before(repl) != typed.before {
        return;
    }
    let all = match answer.found {
        Found::Candidates(all) => all,
        _ => Vec::new(),
    };
    repl.offers = Offers {
        known: all.into_iter().map(told).collect(),
        ..Offers::default()
    };
    let line = repl.input.text().to_owned();
    let before = &line[..repl.input.cursor()];
    let column = before.encode_utf16().count() + 1;
    let mut arguments = json!({ "text": before, "column": column });
    if let Some(id) = id {
        arguments["frameId"] = json!(id);
    }
    if state.image.link != Link::Live {
        return offered(state, typed.console, &line, &Value::Null);
    }
    let ask = Ask::Complete(typed.console, line);
    image::ask(state, ask, "completions", arguments, out);
}

/// What the image offers for a line.
pub fn offered(state: &mut State, console: bool, line: &str, body: &Value) {
    let repl = of(state, console);
    if repl.input.text() != line {
        return;
    }
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let targets = body["targets"].as_array().into_iter().flatten();
    let targets = targets.map(|t| {
        let detail = text(&t["detail"]);
        let kind = if detail.is_empty() {
            text(&t["type"])
        } else {
            detail
        };
        (text(&t["label"]), kind)
    });
    let mut all = std::mem::take(&mut repl.offers.known);
    all.extend(targets);
    // The analysis comes first, as it says more of a name.
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|a, b| a.0 == b.0);
    let Some((first, _)) = all.first() else {
        return state.say(Tone::Plain, "nothing is known that begins so");
    };
    let common: String = all.iter().skip(1).fold(first.clone(), |common, (name, _)| {
        let same = common.chars().zip(name.chars());
        same.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    let before = &line[..repl.input.cursor()];
    let typed = before
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .count();
    if common.chars().count() > typed || all.len() == 1 {
        put_word(&mut repl.input, &common);
    }
    if all.len() == 1 {
        all.clear();
    }
    repl.offers = Offers {
        all,
        line: repl.input.text().to_owned(),
        ..Offers::default()
    };
}

/// The frame that a console is in.
fn frame(state: &State, console: bool) -> Option<&Frame> {
    let debugged = state.debugged.filter(|_| console)?;
    state.stops.get(&debugged)?.here()
}

fn of(state: &mut State, console: bool) -> &mut Repl {
    match console {
        true => &mut state.console,
        false => &mut state.repl,
    }
}

/// All that is typed before the cursor.
fn before(repl: &Repl) -> String {
    let mut lines = repl.above.clone();
    lines.push(repl.input.text()[..repl.input.cursor()].to_owned());
    lines.join("\n")
}

/// The file whose module the REPL is in.
fn main_file(state: &State) -> PathBuf {
    let has = |name: &str| state.files.iter().any(|f| f == name);
    let source = state.files.iter().find(|f| f.ends_with(".nos"));
    let main = ["main.nos", "src/main.nos"].into_iter().find(|f| has(f));
    let main = main.or(source.map(String::as_str));
    state.root.join(main.unwrap_or("main.nos"))
}

/// A candidate as a row says it.
fn told(found: Candidate) -> (String, String) {
    let what = match (found.detail.as_str(), found.kind) {
        ("", "word") => "keyword".to_owned(),
        ("", kind) => kind.to_owned(),
        (detail, _) => detail.to_owned(),
    };
    (found.label, what)
}

/// Replaces the word before the cursor.
fn put_word(input: &mut Input, name: &str) {
    let before = &input.text()[..input.cursor()];
    let word = before
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .count();
    for _ in 0..word {
        input.run(Cmd::LineBackspace);
    }
    input.insert(name);
}
