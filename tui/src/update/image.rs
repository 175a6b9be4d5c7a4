//! The image: the conversation over the debug protocol, from the greeting to the end.
//!
//! When the image is gone everything it told stays in the model; nothing is asked any more until it is started again.

use super::{
    asked, breaks, debug, heaps, inspect, moves, offers, past, processes, rollback, traps,
};
use crate::client::Incoming;
use crate::editor::document::{Diag, Severity};
use crate::editor::{Mode, motion};
use crate::proto::{self, Pid, Reload};
use crate::state::{Ask, Breakpoint, Effect, Entry, Link, Panel, State, Stop, Tone, View};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The image may spend one part of so many on being asked.
const WORTH: u64 = 5;

pub fn ask(
    state: &mut State,
    ask: Ask,
    command: &'static str,
    arguments: Value,
    out: &mut Vec<Effect>,
) {
    if state.image.link == Link::Live {
        state.image.in_flight.insert(ask.clone());
        out.push(Effect::Request(ask, command, arguments));
    }
}

/// Starts the image, or starts it again.
pub fn start(state: &mut State, out: &mut Vec<Effect>) {
    state.image.link = Link::Starting;
    state.image.exit = None;
    state.image.was_live = false;
    state.image.in_flight.clear();
    state.image.tracks.clear();
    state.image.worker_rates.clear();
    state.image.renamed.clear();
    state.image.gc = Default::default();
    state.live = Default::default();
    heaps::image_gone(state);
    state.stops.clear();
    state.debugged = None;
    state.detail = Default::default();
    state.repl.waiting = false;
    state.console.waiting = false;
    // Another image gives the numbers anew.
    state.repl.forget_handles();
    state.console.forget_handles();
    if matches!(state.popup, Some(crate::state::Popup::Inspect(_))) {
        state.popup = None;
    }
    state.image.reload = None;
    state.tests.debugged = None;
    asked::start(state);
    for doc in &mut state.editor.docs {
        doc.image_starts();
    }
    for bp in state.breakpoints.values_mut().flatten() {
        bp.verified = false;
    }
    out.push(Effect::StartImage);
}

pub fn connected(state: &mut State, out: &mut Vec<Effect>) {
    state.image.link = Link::Live;
    state.image.was_live = true;
    state.image.version = state.image.version.max(1);
    let arguments = json!({
        "clientID": "nostos-tui", "clientName": "nostos-tui", "adapterID": "nostos",
        "linesStartAt1": true, "columnsStartAt1": true, "pathFormat": "path", "supportsVariableType": true,
    });
    ask(state, Ask::Initialize, "initialize", arguments, out);
}

/// The image is gone. The first line of `why` is the reason, the others are what it last said.
pub fn lost(state: &mut State, why: String) {
    if matches!(state.image.link, Link::Live | Link::Starting) {
        let (first, last_words) = why.split_once('\n').unwrap_or((&why, ""));
        if !state.image.was_live && !last_words.is_empty() {
            // What it said before it could be reached has not come as output.
            state.repl.print(true, &format!("{last_words}\n"));
        }
        let (tone, reason) = match state.image.exit {
            Some(0) => (Tone::Good, "the program has ended".to_owned()),
            Some(code) => (Tone::Bad, format!("the program ended with status {code}")),
            None => (Tone::Bad, first.to_owned()),
        };
        let again = if state.image.was_live {
            "runs it again"
        } else {
            "starts it"
        };
        state.say(tone, format!("{reason}; ^r {again}"));
        // That `main` has ended stands there already.
        if state.image.exit.is_none() {
            state.repl.push(Entry::Note(reason.clone()));
        }
        state.image.link = Link::Lost(reason);
    }
    state.image.in_flight.clear();
    state.repl.waiting = false;
    state.console.waiting = false;
    heaps::image_gone(state);
}

pub fn says(state: &mut State, line: &str) {
    state.repl.print(true, &format!("{line}\n"));
}

/// Milliseconds until the image is asked again: longer where the answers say nothing new, and as long as an answer is worth.
fn pause(state: &State) -> u64 {
    let doublings = match state.view {
        View::Code | View::Repl => 5,
        _ => 2,
    };
    let period = state.settings.poll << state.image.still.min(doublings);
    period.max(state.image.cost * WORTH / 1000)
}

/// Somebody sits here: what is shown is asked for as often as the settings say.
pub fn attend(state: &mut State) {
    state.image.still = 0;
    state.next_poll = state.next_poll.min(state.now + pause(state));
}

/// Asks for what the screen shows, once a period.
pub fn poll(state: &mut State, out: &mut Vec<Effect>) {
    if state.now < state.next_poll || state.image.link != Link::Live || state.frozen.is_some() {
        return;
    }
    state.next_poll = state.now + pause(state);
    // Those that every view of the running image needs, so that all freeze at one moment.
    let mut want = vec![Ask::Processes, Ask::Workers, Ask::Gc];
    match state.view {
        View::Processes => {
            want.extend(state.selected.map(Ask::Mailbox));
            want.extend(state.selected.map(Ask::Stack));
            want.extend(state.selected.map(Ask::Heap));
        }
        View::Heap => want.extend(state.selected.map(Ask::Heap)),
        View::Gc if state.live.alone => want.extend(state.selected.map(Ask::GcOf)),
        View::Gc | View::Schedulers => {}
        View::Debug => {
            want.extend(state.debugged.map(Ask::Mailbox));
            want.extend(state.debugged.map(|_| Ask::Waits));
        }
        View::Code | View::Repl | View::Tests => {}
    }
    past::poll(state, out);
    want.extend(super::guide::suspects(state).into_iter().map(Ask::Shapes));
    for question in want {
        // An image that is slow to answer is not asked again meanwhile.
        if state.image.in_flight.contains(&question) {
            continue;
        }
        let (command, arguments) = match &question {
            Ask::Processes => processes::wish(state),
            Ask::Mailbox(pid) => (
                "nostos/mailbox",
                json!({ "process": pid, "start": 0, "count": 200 }),
            ),
            Ask::Shapes(pid) => (
                "nostos/mailbox",
                json!({ "process": pid, "start": 0, "count": 1 }),
            ),
            Ask::Stack(pid) => ("nostos/stack", json!({ "process": pid })),
            Ask::Heap(pid) => {
                let types = state.counts_types(*pid);
                ("nostos/heap", json!({ "process": pid, "types": types }))
            }
            Ask::Gc => ("nostos/gcStats", json!({ "after": state.image.gc.noted })),
            Ask::GcOf(pid) => ("nostos/gcStats", json!({ "process": pid })),
            Ask::Waits => ("nostos/tree", json!({ "limit": 1000 })),
            _ => {
                let census = state.counts_processes();
                ("nostos/scheduler", json!({ "census": census }))
            }
        };
        ask(state, question, command, arguments, out);
    }
}

/// Asks at once, because something else is looked at.
pub fn poll_now(state: &mut State, out: &mut Vec<Effect>) {
    state.next_poll = 0;
    poll(state, out);
}

pub fn incoming(state: &mut State, incoming: Incoming<Ask>, out: &mut Vec<Effect>) {
    match incoming {
        Incoming::Reply {
            tag,
            result,
            micros,
        } => {
            state.image.in_flight.remove(&tag);
            state.image.answers += 1;
            reply(state, tag, result, micros, out);
        }
        Incoming::Event { name, body } => event(state, &name, &body, out),
        Incoming::Lost(why) => lost(state, why),
    }
}

fn reply(
    state: &mut State,
    tag: Ask,
    result: Result<Value, String>,
    micros: u64,
    out: &mut Vec<Effect>,
) {
    if let Ask::Debug(what) = tag {
        return asked::reply(state, what, result, out);
    }
    // What was asked before everything was frozen is too late.
    let live = matches!(
        tag,
        Ask::Processes | Ask::Workers | Ask::Gc | Ask::Mailbox(_) | Ask::Stack(_) | Ask::Heap(_)
    );
    if live && state.frozen.is_some() {
        return;
    }
    let body = match result {
        Ok(body) => body,
        Err(why) => match tag {
            Ask::Watch(pid, i) => return debug::watched(state, pid, i, Err(why)),
            Ask::Parts(reference, start) => {
                return inspect::take(state, reference, start, Err(why));
            }
            Ask::Hover(_) => return debug::look_up(state, out),
            _ => return refused(state, tag, why),
        },
    };
    match tag {
        Ask::Initialize => {
            traps::learn(state, &body);
            let test = state.tests.debugged.is_some();
            let word = if test { "launch" } else { "attach" };
            let arguments = json!({ "stopOnEntry": test });
            ask(state, Ask::Attach, word, arguments, out);
        }
        Ask::NamedBreaks => {
            let told = state.named_breaks.iter_mut().map(|(_, b)| b);
            breaks::take_all(told, &body);
            breaks::complain(state);
        }
        Ask::Kill(pid) => {
            state.say(Tone::Good, format!("<{pid}> was ended"));
            poll_now(state, out);
        }
        Ask::Attach | Ask::Move(..) | Ask::Pause(_) | Ask::Bye | Ask::Debug(_) => {}
        Ask::Configured => poll_now(state, out),
        Ask::Breakpoints(path) => {
            let mine = state.breakpoints.entry(path).or_default();
            breaks::take_all(mine.iter_mut(), &body);
            mine.dedup_by_key(|b| b.line);
        }
        Ask::Processes => {
            if state.frozen.is_none() {
                let before = state.selected;
                state.take_processes(&body);
                state.image.cost = micros;
                processes::want_rows(state, out);
                if before != state.selected {
                    poll_now(state, out);
                }
            }
        }
        Ask::Mailbox(pid) => {
            let detail = detail(state, pid);
            (detail.messages, detail.total) = proto::mailbox(&body);
            detail.shapes = proto::shapes(&body);
        }
        Ask::Shapes(pid) => {
            super::guide::take_shapes(state, pid, proto::shapes(&body));
        }
        Ask::Watch(pid, i) => debug::watched(state, pid, i, Ok(&body)),
        Ask::Parts(reference, start) => inspect::take(state, reference, start, Ok(&body)),
        Ask::Message(pid, index) => inspect::take_message(state, pid, index, &body, out),
        Ask::Complete(console, line) => offers::offered(state, console, &line, &body),
        Ask::Waits => {
            let (rows, _) = proto::processes(&body);
            let waits = rows.iter().filter_map(|p| Some((p.id, p.waits_for?)));
            state.image.waits = waits.collect();
        }
        Ask::Stack(pid) => detail(state, pid).frames = proto::frames(&body),
        Ask::Heap(pid) => detail(state, pid).heap = Some(proto::heap(&body)),
        Ask::Gc => state.take_gc(&body),
        Ask::GcOf(pid) => heaps::own_gc(state, pid, &body),
        Ask::Workers => state.take_scheduler(&body),
        Ask::HeapSnapshot(of, then) => heaps::made(state, of, then, &body, out),
        Ask::HeapTypes(number, then) => heaps::types(state, number, then, &body, out),
        Ask::HeapObjects(..) => heaps::objects(state, &tag, &body),
        Ask::HeapObject(..) => heaps::report(state, &tag, &body),
        Ask::HeapForget(_) => {}
        Ask::StackTrace(pid) => {
            let frames = proto::frames(&body);
            let Some(stop) = state.stops.get_mut(&pid) else {
                return;
            };
            stop.frames = frames;
            stop.frame = stop
                .frames
                .iter()
                .position(|f| f.place.is_some())
                .unwrap_or(0);
            if state.debugged == Some(pid) {
                state.frames.row = state.stops[&pid].frame;
                debug::look_at_frame(state, out);
            }
        }
        Ask::Scopes(pid, frame) => {
            let Some(stop) = state.stops.get_mut(&pid).filter(|s| s.frame == frame) else {
                return;
            };
            let first = stop.scopes.is_empty() && stop.open.is_empty();
            stop.scopes = proto::scopes(&body);
            // The locals come first, whatever else there is.
            stop.scopes.sort_by_key(|(name, _)| name != "Locals");
            if first {
                stop.open
                    .extend(stop.scopes.first().map(|(name, _)| format!("{name}/")));
            }
            debug::fetch_open(state, pid, out);
        }
        Ask::Variables(pid, reference) => {
            let Some(stop) = state.stops.get_mut(&pid) else {
                return;
            };
            stop.values.insert(reference, proto::variables(&body));
            debug::fetch_open(state, pid, out);
        }
        Ask::Repl | Ask::Console => {
            let repl = if tag == Ask::Repl {
                &mut state.repl
            } else {
                &mut state.console
            };
            repl.waiting = false;
            let text = body["result"].as_str().unwrap_or_default().to_owned();
            let ty = body["type"].as_str().unwrap_or_default().to_owned();
            let parts = |key: &str| body[key].as_u64().unwrap_or(0);
            repl.push(Entry::Value {
                text,
                ty,
                micros,
                reference: parts("variablesReference"),
                parts: parts("namedVariables") + parts("indexedVariables"),
            });
            state.next_poll = 0;
        }
        Ask::Hover(name) => {
            let value = body["result"].as_str().unwrap_or_default();
            let ty = body["type"]
                .as_str()
                .filter(|t| !t.is_empty())
                .map(|t| format!(" : {t}"))
                .unwrap_or_default();
            state.say(Tone::Plain, format!("{name}{ty} = {value}"));
        }
        Ask::Reload(docs) => {
            let reload = rollback::answered(state, proto::reload(&body));
            if reload.ok {
                rollback::loaded(state, &reload, &docs);
                for (id, revision) in docs {
                    if let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == id) {
                        doc.image_runs(revision);
                    }
                }
            }
            reloaded(state, reload, out);
        }
    }
}

fn refused(state: &mut State, tag: Ask, why: String) {
    match tag {
        Ask::Repl | Ask::Console => {
            let repl = if tag == Ask::Repl {
                &mut state.repl
            } else {
                &mut state.console
            };
            repl.waiting = false;
            repl.push(Entry::Refused(why));
        }
        // What the analysis knows is offered all the same.
        Ask::Complete(console, line) => offers::offered(state, console, &line, &Value::Null),
        Ask::Mailbox(pid) | Ask::Stack(pid) | Ask::Heap(pid) => {
            detail(state, pid).refused = Some(why)
        }
        Ask::Move(pid, word) => {
            if let Some(stop) = state.stops.get_mut(&pid) {
                stop.moving = false;
            }
            let word = word.strip_prefix("nostos/").unwrap_or(word);
            state.say(Tone::Bad, format!("{word} of <{pid}>: {why}"));
        }
        Ask::Kill(pid) => state.say(Tone::Bad, format!("<{pid}> was not ended: {why}")),
        Ask::NamedBreaks => state.say(Tone::Bad, format!("breakpoints: {why}")),
        Ask::Message(..) => state.say(Tone::Plain, why),
        Ask::Pause(pid) => state.say(Tone::Bad, format!("pause of <{pid}>: {why}")),
        Ask::Reload(_) => state.say(Tone::Bad, format!("not loaded: {why}")),
        Ask::Breakpoints(path) => {
            let text = format!("breakpoints of {}: {why}", state.short(&path));
            state.say(Tone::Bad, text);
        }
        Ask::Initialize | Ask::Attach | Ask::Configured => {
            state.say(Tone::Bad, format!("the image refused: {why}"))
        }
        Ask::HeapSnapshot(..) | Ask::HeapTypes(..) | Ask::HeapObjects(..) | Ask::HeapObject(..) => {
            heaps::refused(state, &tag, why)
        }
        Ask::Processes
        | Ask::Shapes(_)
        | Ask::Gc
        | Ask::GcOf(_)
        | Ask::HeapForget(_)
        | Ask::Workers
        | Ask::StackTrace(_)
        | Ask::Watch(..)
        | Ask::Parts(..)
        | Ask::Waits
        | Ask::Scopes(..)
        | Ask::Variables(..)
        | Ask::Debug(_)
        | Ask::Hover(_)
        | Ask::Bye => {}
    }
}

/// The detail of a process; that of another one is forgotten.
fn detail(state: &mut State, pid: Pid) -> &mut crate::state::Detail {
    if state.detail.pid != pid {
        state.detail = crate::state::Detail {
            pid,
            ..Default::default()
        };
    }
    state.detail.refused = None;
    &mut state.detail
}

fn event(state: &mut State, name: &str, body: &Value, out: &mut Vec<Effect>) {
    match name {
        "initialized" => {
            let paths: Vec<PathBuf> = state.breakpoints.keys().cloned().collect();
            for path in paths {
                breaks::send(state, path, out);
            }
            if !state.named_breaks.is_empty() {
                breaks::send_named(state, out);
            }
            asked::configure(state, out);
            ask(state, Ask::Configured, "configurationDone", json!({}), out);
        }
        "stopped" => stopped(state, body, out),
        "continued" => {
            // A step says so too; its stop is kept for comparison until the next one.
            let pid = body["threadId"].as_u64();
            if let Some(pid) = pid.filter(|p| state.stops.get(p).is_some_and(|s| !s.moving)) {
                went_on(state, pid);
            }
        }
        "thread" => {
            if let (Some("exited"), Some(pid)) =
                (body["reason"].as_str(), body["threadId"].as_u64())
            {
                went_on(state, pid);
            }
        }
        "output" => {
            let text = body["output"].as_str().unwrap_or_default();
            state
                .repl
                .print(body["category"].as_str() == Some("stderr"), text);
        }
        "breakpoint" => {
            let answer = &body["breakpoint"];
            if let ("removed", Some(id)) =
                (body["reason"].as_str().unwrap_or(""), answer["id"].as_u64())
            {
                traps::gone(state, id);
            }
            let path = answer["source"]["path"].as_str().map(|p| state.absolute(p));
            let (id, line) = (answer["id"].as_u64(), answer["line"].as_u64());
            let all = state
                .breakpoints
                .iter_mut()
                .filter(|(p, _)| path.is_none() || path.as_ref() == Some(*p));
            let same = |b: &&mut Breakpoint| {
                if id.is_some() {
                    b.id == id
                } else {
                    line == Some(b.line as u64 + 1)
                }
            };
            if let Some(bp) = all.flat_map(|(_, list)| list).find(same) {
                breaks::take(bp, answer);
            }
        }
        "exited" => {
            state.image.exit = body["exitCode"].as_i64();
            let code = state.image.exit.unwrap_or(0);
            state
                .repl
                .push(Entry::Note(format!("main has ended with status {code}")));
        }
        "terminated" if state.image.exit.is_none() => state
            .repl
            .push(Entry::Note("the program has ended".to_owned())),
        "nostos/reloaded" => {
            let reload = proto::reload(body);
            if rollback::swapped(state, &reload) {
                rollback::look(state, &reload, out);
                reloaded(state, reload, out);
            }
        }
        _ => {}
    }
}

fn stopped(state: &mut State, body: &Value, out: &mut Vec<Effect>) {
    let Some(pid) = body["threadId"].as_u64() else {
        return;
    };
    if moves::passes(state, pid, body, out) {
        return;
    }
    let reason = body["reason"].as_str().unwrap_or("stopped").to_owned();
    // Of these the description says no more than the reason.
    let plain = matches!(
        reason.as_str(),
        "breakpoint" | "step" | "pause" | "goto" | "restart" | "entry"
    );
    let said = body["description"].as_str().filter(|_| !plain);
    let text = body["text"]
        .as_str()
        .or(said)
        .unwrap_or_default()
        .to_owned();
    let old = state.stops.remove(&pid);
    let mut stop = Stop {
        reason: reason.clone(),
        text,
        hit: breaks::hit(state, &body["hitBreakpointIds"]),
        ..Stop::default()
    };
    if let Some(old) = old {
        stop.before = old.before;
        stop.open = old.open;
    } else {
        stop.open = state.open_values.clone();
    }
    state.stops.insert(pid, stop);
    // A step of one process must not pull the debugger away from another that is looked at.
    let takes_over = state
        .debugged
        .is_none_or(|p| p == pid || !state.stops.contains_key(&p));
    if takes_over {
        state.debugged = Some(pid);
        state.locals = Default::default();
    }
    let typing = state.editor.mode == Mode::Insert && state.panel() == Panel::Editor;
    let busy = typing
        || state.prompt.is_some()
        || state.popup.is_some()
        || !state.repl.input.text().is_empty();
    if takes_over && !busy && matches!(state.view, View::Code | View::Repl | View::Tests) {
        state.view = View::Debug;
    }
    let called = state.called(pid);
    let what = if reason == "breakpoint" || reason == "step" {
        String::new()
    } else {
        format!(" ({reason})")
    };
    state.say(Tone::Plain, format!("{called} <{pid}> stopped{what}"));
    past::fetch(state, pid, out);
    if reason == "exception" {
        asked::ask_thrown(state, pid, out);
    }
    ask(
        state,
        Ask::StackTrace(pid),
        "stackTrace",
        json!({ "threadId": pid, "startFrame": 0, "levels": 200 }),
        out,
    );
    if takes_over {
        poll_now(state, out);
    }
}

/// A process runs again, or is gone: the handles of its stop are dead.
pub fn went_on(state: &mut State, pid: Pid) {
    let Some(stop) = state.stops.remove(&pid) else {
        return;
    };
    if state.debugged == Some(pid) {
        state.debugged = state.stops.keys().next().copied();
        state.locals = Default::default();
        if let Some(next) = state.debugged {
            state.frames.row = state.stops[&next].frame;
        }
    }
    state.open_values = stop.open;
}

/// Loads documents into the image as they are on the screen.
pub fn load(state: &mut State, ids: &[usize], out: &mut Vec<Effect>) {
    let names: Vec<&str> = state
        .editor
        .docs
        .iter()
        .filter(|d| ids.contains(&d.id))
        .map(|d| d.name.as_str())
        .collect();
    let saved = names.join(", ");
    match state.image.link {
        Link::Live => {}
        // It did not start with what was there before: this may be the remedy.
        Link::Lost(_) if !state.image.was_live => {
            start(state, out);
            return state.say(Tone::Plain, format!("{saved} saved, starting the image"));
        }
        Link::Off | Link::Starting | Link::Lost(_) => {
            return state.say(
                Tone::Plain,
                format!("{saved} saved; no image runs, ^r starts it"),
            );
        }
    }
    let source = |d: &&crate::editor::document::Document| {
        ids.contains(&d.id) && d.path.extension().is_some_and(|e| e == "nos")
    };
    let docs: Vec<_> = state.editor.docs.iter().filter(source).collect();
    if docs.is_empty() && !ids.is_empty() {
        return state.say(Tone::Good, format!("{saved} saved"));
    }
    let files: Vec<Value> = docs
        .iter()
        .map(|d| json!({ "path": d.path.display().to_string(), "text": d.text().to_string() }))
        .collect();
    let revisions: Vec<(usize, usize)> = docs.iter().map(|d| (d.id, d.revision())).collect();
    let arguments = if ids.is_empty() {
        json!({})
    } else {
        json!({ "files": files })
    };
    for doc in &mut state.editor.docs {
        if revisions.contains(&(doc.id, doc.revision())) {
            doc.sent = Some((doc.revision(), doc.text().clone()));
        }
    }
    state.say(Tone::Plain, format!("{saved} saved, loading"));
    ask(
        state,
        Ask::Reload(revisions),
        "nostos/reload",
        arguments,
        out,
    );
}

pub fn reloaded(state: &mut State, reload: Reload, out: &mut Vec<Effect>) {
    if reload.version > 0 {
        state.image.version = reload.version;
    }
    let root = state.root.clone();
    for doc in &mut state.editor.docs {
        let text = doc.text().clone();
        let here = reload
            .diagnostics
            .iter()
            .filter(|d| root.join(&d.path) == doc.path);
        let found = here
            .map(|d| Diag {
                from: motion::from_utf16(&text, d.start.0, d.start.1),
                to: motion::from_utf16(&text, d.end.0, d.end.1),
                severity: match d.severity.as_str() {
                    "error" | "1" => Severity::Error,
                    "warning" | "2" => Severity::Warning,
                    _ => Severity::Note,
                },
                message: d.message.clone(),
                hint: d.hint.clone(),
                fix: Vec::new(),
            })
            .collect();
        doc.refused = found;
    }
    let errors = reload
        .diagnostics
        .iter()
        .filter(|d| d.severity == "error" || d.severity == "1")
        .count();
    if reload.ok {
        let what = match reload.changed.as_slice() {
            [] => "nothing changed".to_owned(),
            names if names.len() <= 3 => names.join(", "),
            names => format!("{} and {} more", names[..2].join(", "), names.len() - 2),
        };
        state.say(
            Tone::Good,
            format!(
                "loaded v{}: {what}  {}",
                reload.version,
                crate::text::micros(reload.micros)
            ),
        );
        asked::outdated(state, &reload.changed);
        let paths: Vec<PathBuf> = state.breakpoints.keys().cloned().collect();
        for path in paths {
            breaks::send(state, path, out);
        }
    } else {
        let first = reload.diagnostics.first().map(|d| {
            let place = format!(
                "{}:{}",
                state.short(&state.absolute(&d.path)),
                d.start.0 + 1
            );
            format!(": {place} {}", d.message)
        });
        let n = if errors == 1 {
            "1 error".to_owned()
        } else {
            format!("{errors} errors")
        };
        state.say(
            Tone::Bad,
            format!("{n}, the old code runs on{}", first.unwrap_or_default()),
        );
    }
    state.image.reload = Some((reload, state.now));
}
