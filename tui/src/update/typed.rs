//! Lines of text: the prompts at the bottom, the REPL and the console.

use super::{actions, files, image};
use crate::commands::{COMMANDS, Cmd, TYPED, by_name};
use crate::editor::{Mode, Preset, edit};
use crate::filter::Filter;
use crate::input::Input;
use crate::state::{Ask, Effect, Entry, Link, Panel, Prompt, PromptKind, State, Tone};
use crate::theme::{Glyphs, Theme};
use serde_json::json;

pub fn open(state: &mut State, kind: PromptKind, text: &str) {
    let origin = state.editor.doc().map_or(0, |d| d.cursor());
    state.prompt = Some(Prompt {
        kind,
        input: Input::new(text),
        origin,
        at: None,
    });
}

/// Begins a command that takes an argument.
pub fn begin(state: &mut State, name: &str) {
    open(state, PromptKind::Command, &format!("{name} "));
}

pub fn cancel(state: &mut State) {
    if let Some(prompt) = state.prompt.take().filter(|p| p.kind == PromptKind::Search) {
        state.editor.goto(prompt.origin);
    }
}

/// A search is shown while it is typed.
pub fn preview(state: &mut State) {
    let Some(prompt) = state
        .prompt
        .as_ref()
        .filter(|p| p.kind == PromptKind::Search)
    else {
        return;
    };
    let (origin, pattern) = (prompt.origin, prompt.input.text().to_owned());
    state.editor.goto(origin);
    if !pattern.is_empty() && set_search(state, &pattern) {
        state.editor.search_from(origin, false);
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
        let named: Vec<&str> = match name {
            "open" | "o" => state
                .files
                .iter()
                .map(String::as_str)
                .filter(|f| f.contains(word))
                .take(50)
                .collect(),
            "theme" => vec!["mocha", "latte", "ansi", "mono"],
            "keys" => vec!["helix", "standard"],
            "glyphs" => vec!["unicode", "ascii"],
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

pub fn complete(state: &mut State) {
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
            PromptKind::Search => {
                if line.is_empty() || state.editor.search.is_none() {
                    return;
                }
                state.editor.goto(prompt.origin);
                if !state.editor.search_from(prompt.origin, false) {
                    state.say(Tone::Bad, format!("`{line}` is not found"));
                }
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
    let line = repl.input.text().trim().to_owned();
    if line.is_empty() {
        return;
    }
    if repl.waiting {
        return state.say(
            Tone::Plain,
            "the last evaluation still runs; ^c stops waiting for it",
        );
    }
    repl.input.take();
    evaluate(state, panel, &line, out);
}

fn filter(state: &mut State, line: &str, out: &mut Vec<Effect>) {
    match Filter::parse(line) {
        Ok(_) => {
            state.filter = line.trim().to_owned();
            state.processes = Default::default();
            state.selected = state.shown_processes().first().map(|p| p.id);
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
        ("q", "") => files::quit(state, out),
        ("q!", "") => out.push(Effect::Quit),
        ("bc", "") => files::ask_close(state),
        ("bc!", "") => {
            if let Some(id) = state.editor.doc().map(|d| d.id) {
                files::close(state, id);
            }
        }
        ("reload!", "") => {
            if let Some(id) = state.editor.doc().map(|d| d.id) {
                files::revert(state, id, out);
            }
        }
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
            (Ok(n), Some(path)) if n > 0 => image::toggle_breakpoint(state, path, n - 1, out),
            _ => state.say(Tone::Bad, format!("`{n}` is not a line number")),
        },
        ("filter", expression) => filter(state, expression, out),
        ("pid", n) => match n.parse::<u64>() {
            Ok(pid) if state.image.processes.iter().any(|p| p.id == pid) => {
                state.filter.clear();
                state.selected = Some(pid);
                let row = state.shown_processes().iter().position(|p| p.id == pid);
                state.processes.row = row.unwrap_or(0);
                actions::switch(state, crate::state::View::Processes, out);
            }
            _ => state.say(Tone::Bad, format!("no process `{n}` is in the list")),
        },
        // Not in any list: it proves that the terminal is given back whatever happens.
        ("panic!", "") => panic!("asked for by :panic!"),
        ("theme", name) => match Theme::named(name) {
            Some(theme) => state.theme = theme,
            None => state.say(
                Tone::Bad,
                format!("no theme is called `{name}`; there are mocha, latte, ansi and mono"),
            ),
        },
        ("keys", name) => match name {
            "helix" => preset(state, Preset::Helix),
            "standard" => preset(state, Preset::Standard),
            _ => state.say(
                Tone::Bad,
                format!("no keys are called `{name}`; there are helix and standard"),
            ),
        },
        ("glyphs", name) => match name {
            "unicode" => state.glyphs = Glyphs::unicode(),
            "ascii" => state.glyphs = Glyphs::ascii(),
            _ => state.say(
                Tone::Bad,
                format!("no glyphs are called `{name}`; there are unicode and ascii"),
            ),
        },
        _ => state.say(
            Tone::Bad,
            format!("no command is called `{name}`; ^p finds one"),
        ),
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
