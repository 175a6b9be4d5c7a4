//! Lines of text: the prompts at the bottom, the REPL and the console.

use super::{actions, breaks, debug, files, heaps, image, moves, offers, session, traps};
use crate::commands::{COMMANDS, Cmd, TYPED, by_name};
use crate::editor::selection::{Range, Selection};
use crate::editor::{Mode, Preset, edit, replace, select};
use crate::filter::Filter;
use crate::input::Input;
use crate::options;
use crate::state::{Ask, Effect, Entry, Link, Panel, Prompt, PromptKind, State, Tone};
use serde_json::json;

pub fn open(state: &mut State, kind: PromptKind, text: &str) {
    let origin = state.editor.doc().map_or(0, |d| d.cursor());
    state.prompt = Some(Prompt {
        kind,
        input: Input::new(text),
        origin,
        at: None,
        saved: state.editor.doc().map(|d| d.selection.clone()),
    });
}

/// Begins a command that takes an argument.
pub fn begin(state: &mut State, name: &str) {
    open(state, PromptKind::Command, &format!("{name} "));
}

fn searches(kind: PromptKind) -> bool {
    matches!(
        kind,
        PromptKind::Search | PromptKind::SearchBack | PromptKind::Pick(_)
    )
}

pub fn cancel(state: &mut State) {
    if let Some(prompt) = state.prompt.take().filter(|p| searches(p.kind)) {
        put_back(state, prompt.saved);
    }
}

fn put_back(state: &mut State, saved: Option<Selection>) {
    if let (Some(saved), Some(doc)) = (saved, state.editor.doc_mut()) {
        doc.selection = saved;
        state.editor.follow = true;
    }
}

/// A search is shown while it is typed.
pub fn preview(state: &mut State) {
    let Some(prompt) = state.prompt.as_ref().filter(|p| searches(p.kind)) else {
        return;
    };
    let (kind, saved, pattern) = (
        prompt.kind,
        prompt.saved.clone(),
        prompt.input.text().to_owned(),
    );
    let origin = prompt.origin;
    put_back(state, saved);
    if !pattern.is_empty() && set_search(state, &pattern) {
        find(state, kind, origin);
    }
}

/// Shows what the pattern of a prompt finds. `false`: nothing.
fn find(state: &mut State, kind: PromptKind, origin: usize) -> bool {
    let PromptKind::Pick(pick) = kind else {
        return state
            .editor
            .search_from(origin, kind == PromptKind::SearchBack);
    };
    let (Some(regex), Some(doc)) = (state.editor.search.clone(), state.editor.doc_mut()) else {
        return false;
    };
    match select::by_regex(doc.text(), &doc.selection, &regex, pick) {
        Some(selection) => {
            doc.selection = selection;
            state.editor.follow = true;
            true
        }
        None => false,
    }
}

/// Sets the pattern: without capitals it matches both cases; one that is no regex is taken as it stands.
pub fn set_search(state: &mut State, pattern: &str) -> bool {
    let fold = !pattern.chars().any(char::is_uppercase);
    let build = |p: &str| {
        regex::RegexBuilder::new(p)
            .case_insensitive(fold)
            .multi_line(true)
            .build()
    };
    match build(pattern).or_else(|_| build(&regex::escape(pattern))) {
        Ok(regex) => {
            state.editor.search = Some(regex);
            state.editor.registers.write('/', vec![pattern.to_owned()]);
            true
        }
        Err(_) => {
            state.say(Tone::Bad, "this pattern is too large");
            false
        }
    }
}

pub fn walk(state: &mut State, back: bool) {
    let Some(prompt) = state
        .prompt
        .as_mut()
        .filter(|p| p.kind == PromptKind::Command)
    else {
        return;
    };
    let history = &state.command_history;
    let next = match (prompt.at, back) {
        (None, true) => history.len().checked_sub(1),
        (None, false) => None,
        (Some(i), true) => Some(i.saturating_sub(1)),
        (Some(i), false) => Some(i + 1).filter(|i| *i < history.len()),
    };
    prompt.at = next;
    prompt.input.set(next.map_or("", |i| history[i].as_str()));
}

/// Names a command line could become, for completion and for the row above it.
pub fn candidates(state: &State) -> Vec<(String, &'static str)> {
    let Some(prompt) = state
        .prompt
        .as_ref()
        .filter(|p| p.kind == PromptKind::Command)
    else {
        return Vec::new();
    };
    let text = prompt.input.text();
    if let Some((name, word)) = text.split_once(' ') {
        if name == "set" || options::SETTINGS.iter().any(|s| s.name == name) {
            return settings(name, word);
        }
        let named: Vec<&str> = match name {
            "open" | "o" => state
                .files
                .iter()
                .map(String::as_str)
                .filter(|f| f.contains(word))
                .take(50)
                .collect(),
            _ => Vec::new(),
        };
        let found = named
            .into_iter()
            .filter(|n| (name == "open" || name == "o") || n.starts_with(word));
        return found.map(|n| (format!("{name} {n}"), "")).collect();
    }
    let typed = TYPED
        .iter()
        .filter(|(n, _, _)| n.starts_with(text))
        .map(|(n, argument, title)| {
            (
                if argument.is_empty() {
                    (*n).to_owned()
                } else {
                    format!("{n} ")
                },
                *title,
            )
        });
    let plain = COMMANDS
        .iter()
        .filter(|(_, n, _)| n.starts_with(text))
        .map(|(_, n, title)| ((*n).to_owned(), *title));
    typed.chain(plain).collect()
}

/// Names of settings, then their values.
fn settings(name: &str, word: &str) -> Vec<(String, &'static str)> {
    let (setting, value, before) = match (name, word.split_once(' ')) {
        ("set", None) => {
            let all = options::SETTINGS
                .iter()
                .filter(|s| s.name.starts_with(word));
            return all.map(|s| (format!("set {} ", s.name), s.about)).collect();
        }
        ("set", Some((setting, value))) => (setting, value, format!("set {setting}")),
        (name, _) => (name, word, name.to_owned()),
    };
    let all = options::SETTINGS
        .iter()
        .filter(|s| s.name == setting)
        .flat_map(|s| s.values());
    all.filter(|v| v.starts_with(value))
        .map(|v| (format!("{before} {v}"), ""))
        .collect()
}

pub fn complete(state: &mut State, out: &mut Vec<Effect>) {
    if state.prompt.is_none() {
        return offers::complete(state, out);
    }
    let all = candidates(state);
    let Some(prompt) = state.prompt.as_mut() else {
        return;
    };
    let Some((first, _)) = all.first() else {
        return;
    };
    let mut common = first.clone();
    for (name, _) in &all {
        let same = common
            .chars()
            .zip(name.chars())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        common.truncate(same);
    }
    if common.len() > prompt.input.text().len() {
        prompt.input.set(&common);
    } else {
        prompt.input.set(first);
    }
}

/// `enter` in a line.
pub fn run_line(state: &mut State, out: &mut Vec<Effect>) {
    if let Some(mut prompt) = state.prompt.take() {
        let line = prompt.input.take();
        return match prompt.kind {
            PromptKind::Command => command(state, line.trim(), out),
            PromptKind::Search | PromptKind::SearchBack | PromptKind::Pick(_) => {
                // Nothing typed takes the last pattern again.
                if line.is_empty() && state.editor.search.is_none() {
                    return;
                }
                put_back(state, prompt.saved);
                if matches!(prompt.kind, PromptKind::Search | PromptKind::SearchBack) {
                    state.editor.mark_jump();
                }
                if !find(state, prompt.kind, prompt.origin) {
                    state.say(Tone::Bad, format!("`{line}` is not found"));
                }
            }
            PromptKind::Filter if state.view == crate::state::View::Tests => {
                super::tests::filter(state, &line);
            }
            PromptKind::Filter => filter(state, &line, out),
        };
    }
    let panel = state.panel();
    let repl = if panel == Panel::Console {
        &mut state.console
    } else {
        &mut state.repl
    };
    let line = repl.typed().trim().to_owned();
    if line.is_empty() {
        return super::inspect::answer(state, out);
    }
    if crate::state::is_open(&line) {
        let line = repl.input.take();
        return repl.above.push(line);
    }
    if repl.waiting {
        return state.say(
            Tone::Plain,
            "the last evaluation still runs; ^c stops waiting for it",
        );
    }
    repl.input.take();
    repl.above.clear();
    evaluate(state, panel, &line, out);
}

fn filter(state: &mut State, line: &str, out: &mut Vec<Effect>) {
    if heaps::is_here(state) {
        return heaps::filter(state, line);
    }
    match Filter::parse(line) {
        Ok(_) => {
            state.filter = line.trim().to_owned();
            state.processes = Default::default();
            state.selected = state.shown_processes().first().map(|p| p.id);
            state.image.in_flight.remove(&crate::state::Ask::Processes);
            image::poll_now(state, out);
        }
        Err(why) => state.say(Tone::Bad, why),
    }
}

/// Evaluates in the image; the answer goes to the transcript of the panel.
pub fn evaluate(state: &mut State, panel: Panel, expression: &str, out: &mut Vec<Effect>) {
    if expression.is_empty() {
        return;
    }
    let console = panel == Panel::Console;
    let frame = state
        .debugged
        .and_then(|p| state.stops.get(&p))
        .and_then(|s| s.here())
        .and_then(|f| f.id);
    let live = state.image.link == Link::Live;
    let repl = if console {
        &mut state.console
    } else {
        &mut state.repl
    };
    repl.scroll = 0;
    repl.at = None;
    if repl.history.last().is_none_or(|l| l != expression) {
        repl.history.push(expression.to_owned());
    }
    repl.push(Entry::Typed(expression.to_owned()));
    if !live {
        return repl.push(Entry::Refused("no image runs; ^r starts it".to_owned()));
    }
    repl.waiting = true;
    let mut arguments = json!({ "expression": expression, "context": "repl" });
    if let (true, Some(id)) = (console, frame) {
        arguments["frameId"] = json!(id);
    }
    out.push(Effect::Request(
        if console { Ask::Console } else { Ask::Repl },
        "evaluate",
        arguments,
    ));
}

/// A line typed after `:`.
fn command(state: &mut State, line: &str, out: &mut Vec<Effect>) {
    if line.is_empty() {
        return;
    }
    state.command_history.push(line.to_owned());
    state.editor.registers.write(':', vec![line.to_owned()]);
    let whole = line.strip_prefix('%');
    if let Some(typed) = whole
        .unwrap_or(line)
        .strip_prefix('s')
        .filter(|t| t.starts_with(|c: char| !c.is_alphanumeric() && !c.is_whitespace() && c != '-'))
    {
        return substitute(state, typed, whole.is_some());
    }
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    if let Ok(n) = name.parse::<usize>() {
        return edit_line(state, n);
    }
    if let Some(cmd) = by_name(name).filter(|_| rest.is_empty()) {
        return actions::run(state, cmd, None, out);
    }
    match (name, rest) {
        ("open" | "o", "") => actions::run(state, Cmd::FindFile, None, out),
        ("open" | "o", file) => {
            let path = state.absolute(file);
            state.editor.mark_jump();
            files::goto(state, path, None, out);
        }
        ("w" | "write", "") => actions::run(state, Cmd::Save, None, out),
        ("wq" | "x", "") => files::save_all_and_quit(state, out),
        ("q", "") => actions::run(state, Cmd::Quit, None, out),
        ("q!", "") => session::leave(state, out),
        ("bc", "") => files::ask_close(state, out),
        ("bc!", "") => {
            if let Some(id) = state.editor.doc().map(|d| d.id) {
                files::close(state, id, out);
            }
        }
        ("reload!", "") => {
            if let Some(id) = state.editor.doc().map(|d| d.id) {
                files::revert(state, id, out);
            }
        }
        ("s", typed) => substitute(state, typed, false),
        ("earlier" | "later", by) => travel(state, by, name == "earlier"),
        ("line", n) => match n.parse() {
            Ok(n) => edit_line(state, n),
            Err(_) => state.say(Tone::Bad, format!("`{n}` is not a line number")),
        },
        ("eval", "") => state.say(Tone::Plain, "what shall be evaluated?"),
        ("eval", expression) => evaluate(state, Panel::Repl, expression, out),
        ("break", n) => match (
            n.parse::<usize>(),
            state.editor.doc().map(|d| d.path.clone()),
        ) {
            (Ok(n), Some(path)) if n > 0 => breaks::toggle(state, path, n - 1, out),
            _ => state.say(Tone::Bad, format!("`{n}` is not a line number")),
        },
        ("break-if" | "break-hits" | "break-log", text) => breaks::change(state, name, text, out),
        ("break-on", "") => state.say(
            Tone::Plain,
            "a function, `receive PATTERN`, `send PATTERN` or `exit of NAME`",
        ),
        ("break-on", text) => breaks::toggle_named(state, text, out),
        ("break-data", "") => actions::run(state, Cmd::BreakData, None, out),
        ("break-data", text) => traps::data(state, text, out),
        ("break-data-if", text) => traps::data_if(state, text, out),
        ("break-throw", "") => traps::choose(state),
        ("break-throw", text) => traps::typed(state, text, out),
        ("assign", text) => moves::assign(state, text, out),
        ("watch", "") => state.say(Tone::Plain, "what shall be watched?"),
        ("watch", expression) => debug::watch(state, expression, out),
        ("unwatch", "") => debug::unwatch(state),
        ("snapshot-name", name) => heaps::name(state, name),
        ("unmute", "") => state.muted.clear(),
        ("filter", expression) => filter(state, expression, out),
        ("pid", n) => match n.parse::<u64>() {
            Ok(pid) if state.image.processes.iter().any(|p| p.id == pid) => {
                show_process(state, pid, out);
            }
            _ => state.say(Tone::Bad, format!("no process `{n}` is in the list")),
        },
        // Not in any list: it proves that the terminal is given back whatever happens.
        ("panic!", "") => panic!("asked for by :panic!"),
        ("grep", "") => state.say(Tone::Plain, "what shall be searched for?"),
        ("rename", new) => super::lang::rename(state, new, out),
        ("grep", pattern) => search_files(state, pattern, out),
        ("set", "") => actions::run(state, Cmd::Settings, None, out),
        ("set", rest) => set(state, rest),
        ("theme" | "keys" | "glyphs", value) => set(state, &format!("{name} {value}")),
        _ => state.say(
            Tone::Bad,
            format!("no command is called `{name}`; ^p finds one"),
        ),
    }
}

/// Looks for a pattern in all files of the project.
fn search_files(state: &mut State, pattern: &str, out: &mut Vec<Effect>) {
    if set_search(state, pattern)
        && let Some(regex) = state.editor.search.clone()
    {
        search_with(state, regex, "lines", out);
    }
}

/// Looks through all files, in open ones as they are here.
pub fn search_with(
    state: &mut State,
    regex: regex::Regex,
    title: &'static str,
    out: &mut Vec<Effect>,
) {
    let open = state
        .editor
        .docs
        .iter()
        .map(|d| (d.path.clone(), d.text().clone()));
    out.push(Effect::Grep {
        regex,
        open: open.collect(),
        title,
    });
}

/// Shows a process among the others.
pub fn show_process(state: &mut State, pid: u64, out: &mut Vec<Effect>) {
    state.filter.clear();
    state.selected = Some(pid);
    let row = state.row_of(pid);
    state.processes.row = row.unwrap_or(0);
    actions::switch(state, crate::state::View::Processes, out);
}

/// `NAME VALUE` changes a setting, `NAME` shows it.
fn set(state: &mut State, typed: &str) {
    let (name, value) = typed.split_once([' ', '=']).unwrap_or((typed, ""));
    let shown = options::SETTINGS
        .iter()
        .find(|s| s.name == name)
        .filter(|_| value.is_empty());
    match shown {
        Some(s) => state.say(
            Tone::Plain,
            format!("{name} is {}; it can be {}", (s.get)(state), s.allowed()),
        ),
        None => {
            if let Err(why) = options::set(state, name.trim(), value.trim()) {
                state.say(Tone::Bad, why);
            }
        }
    }
}

/// Replaces what matches; `whole`: in the file, whatever is selected.
fn substitute(state: &mut State, typed: &str, whole: bool) {
    let replacement = match replace::parse(typed) {
        Ok(replacement) => replacement,
        Err(why) => return state.say(Tone::Bad, why),
    };
    if whole && let Some(doc) = state.editor.doc_mut() {
        doc.selection = Selection::single(Range::point(doc.cursor()));
    }
    match replace::run(&mut state.editor, &replacement) {
        0 => state.say(Tone::Bad, "nothing matches"),
        n => state.say(
            Tone::Good,
            format!(
                "{} replaced",
                crate::text::count(n as u64, "match").replace("matchs", "matches")
            ),
        ),
    }
    state.editor.follow = true;
}

/// `:earlier 3`, `:later 30s`.
fn travel(state: &mut State, by: &str, back: bool) {
    let by = if by.is_empty() { "1" } else { by };
    let unit = match by.chars().last() {
        Some('s') => Some(1_000),
        Some('m') => Some(60_000),
        Some('h') => Some(3_600_000),
        _ => None,
    };
    let digits = by.trim_end_matches(['s', 'm', 'h']);
    let (Ok(n), Some(doc)) = (digits.parse::<u64>(), state.editor.doc_mut()) else {
        return state.say(
            Tone::Bad,
            format!("`{by}` is neither a number nor a time such as 30s"),
        );
    };
    doc.commit();
    let target = match unit {
        Some(ms) => doc.history().at_time(n.saturating_mul(ms), back),
        None => {
            let n = isize::try_from(n).unwrap_or(isize::MAX);
            doc.history().in_time(if back { -n } else { n })
        }
    };
    let moved = doc.travel_to(target);
    let text = doc.text().clone();
    doc.selection = doc.selection.map(|r| r.wide(&text));
    state.editor.follow = true;
    if !moved {
        state.say(Tone::Plain, "there is no other change");
    }
}

/// Changes the keys of the editor.
pub fn preset(state: &mut State, preset: Preset) {
    state.editor.preset = preset;
    edit::run(&mut state.editor, Cmd::NormalMode, None);
    state.editor.mode = state.editor.base_mode();
    if state.editor.mode == Mode::Insert
        && let Some(at) = state.editor.doc().map(|d| d.cursor())
    {
        state.editor.goto(at);
    }
}

fn edit_line(state: &mut State, n: usize) {
    state.editor.mark_jump();
    let at = state
        .editor
        .doc()
        .map(|d| d.position(n.saturating_sub(1), 0));
    if let Some(at) = at {
        state.editor.goto(at);
    }
}
