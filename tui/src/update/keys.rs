//! Keys: sequences are collected until the key table knows them; popups, prompts and insertion take the rest.

use super::{actions, files, typed};
use crate::commands::{Cmd, Ctx, Found, find};
use crate::editor::{Mode, edit};
use crate::keys::{self, Code, Key};
use crate::state::{Action, Effect, Panel, Popup, State, Tone, matching};

pub fn key(state: &mut State, key: Key, out: &mut Vec<Effect>) {
    state.message = None;
    if state.popup.is_some() && state.pending.is_empty() {
        return popup(state, key, out);
    }
    if let Some(cmd) = state.wants_char.take() {
        let c = match key.code {
            Code::Enter => Some('\n'),
            Code::Tab => Some('\t'),
            _ => key.typed(),
        };
        let n = state.count.take().unwrap_or(1);
        match c {
            Some(c) if cmd == Cmd::ReplaceChar => edit::replace_char(&mut state.editor, c),
            Some(c) => edit::find_char(&mut state.editor, cmd, c, n),
            None => {}
        }
        state.editor.follow = true;
        return;
    }
    let contexts = state.contexts();
    let counting = state.pending.is_empty() && contexts.contains(&Ctx::Normal);
    if let (true, Some(c)) = (counting, key.typed())
        && let Some(digit) = c.to_digit(10).filter(|d| *d > 0 || state.count.is_some())
    {
        state.count = Some((state.count.unwrap_or(0) * 10 + digit as usize).min(1_000_000));
        return;
    }
    state.pending.push(key);
    match find(&contexts, &state.pending) {
        Found::Command(cmd) => {
            state.pending.clear();
            let count = state.count.take();
            actions::run(state, cmd, count, out);
        }
        Found::Prefix => {}
        Found::Nothing => {
            let sequence = std::mem::take(&mut state.pending);
            state.count = None;
            let closes = key.code == Code::Esc;
            if sequence.len() > 1 {
                if !closes {
                    state.say(
                        Tone::Plain,
                        format!(
                            "{} is not bound here; ? shows what is",
                            keys::show(&sequence)
                        ),
                    );
                }
            } else if !type_key(state, key, out) && !closes {
                state.say(
                    Tone::Plain,
                    format!("{key} is not bound here; ? shows what is"),
                );
            }
        }
    }
}

/// A key that is no command types its character, where text is typed.
fn type_key(state: &mut State, key: Key, out: &mut Vec<Effect>) -> bool {
    if let Some(prompt) = &mut state.prompt {
        let done = prompt.input.typed(key);
        typed::preview(state);
        return done;
    }
    match state.panel() {
        Panel::Editor if state.editor.mode == Mode::Insert => match key.typed() {
            Some(c) => {
                if state.editor.doc().is_none() {
                    state.say(Tone::Plain, "no file is open");
                    return true;
                }
                edit::type_text(&mut state.editor, c.encode_utf8(&mut [0; 4]));
                state.editor.follow = true;
                true
            }
            None => false,
        },
        Panel::Repl => state.repl.input.typed(key),
        Panel::Console => state.console.input.typed(key),
        _ => {
            let _ = out;
            false
        }
    }
}

pub fn paste(state: &mut State, text: &str) {
    if let Some(Popup::Picker { query, .. }) = &mut state.popup {
        return query.insert(text);
    }
    if state.popup.is_some() {
        return;
    }
    if let Some(prompt) = &mut state.prompt {
        prompt.input.insert(text);
        return typed::preview(state);
    }
    match state.panel() {
        Panel::Editor => {
            edit::paste_text(&mut state.editor, text);
            state.editor.follow = true;
        }
        Panel::Repl => state.repl.input.insert(text.trim_end()),
        Panel::Console => state.console.input.insert(text.trim_end()),
        _ => {}
    }
}

fn popup(state: &mut State, key: Key, out: &mut Vec<Effect>) {
    let rows = usize::from(state.size.1);
    let Some(mut popup) = state.popup.take() else {
        return;
    };
    let up =
        matches!(key.code, Code::Up) || (key.ctrl && matches!(key.code, Code::Char('p' | 'k')));
    let down =
        matches!(key.code, Code::Down) || (key.ctrl && matches!(key.code, Code::Char('n' | 'j')));
    match &mut popup {
        Popup::Help { top } => match key.code {
            Code::Down | Code::Char('j') => *top += 1,
            Code::Up | Code::Char('k') => *top = top.saturating_sub(1),
            Code::PageDown | Code::Char(' ') => *top += rows / 2,
            Code::PageUp => *top = top.saturating_sub(rows / 2),
            _ => return,
        },
        Popup::Info { .. } => return,
        Popup::Question { answers, .. } => {
            let chosen = match key.code {
                Code::Esc => Some(Action::Nothing),
                _ => answers
                    .iter()
                    .find(|(c, _, _)| key.typed() == Some(*c))
                    .map(|(_, _, a)| a.clone()),
            };
            if let Some(action) = chosen {
                return act(state, action, out);
            }
        }
        Popup::Picker {
            items,
            query,
            cursor,
            ..
        } => {
            let hits = matching(items, query.text());
            match key.code {
                Code::Esc => return,
                Code::Char('c') if key.ctrl => return,
                _ if up => cursor.row = cursor.row.saturating_sub(1),
                _ if down => cursor.row += 1,
                Code::Tab => cursor.row += 1,
                Code::PageDown => cursor.row += rows / 2,
                Code::PageUp => cursor.row = cursor.row.saturating_sub(rows / 2),
                Code::Enter => {
                    let chosen = hits.get(cursor.row).map(|i| items[*i].action.clone());
                    return act(state, chosen.unwrap_or(Action::Nothing), out);
                }
                _ => {
                    let line = match find(&[Ctx::Prompt], &[key]) {
                        Found::Command(cmd) => query.run(cmd),
                        Found::Prefix | Found::Nothing => query.typed(key),
                    };
                    if line {
                        cursor.row = 0;
                    }
                }
            }
            let hits = matching(items, query.text()).len();
            cursor.fit(hits, crate::view::picker_rows(state.size));
        }
    }
    state.popup = Some(popup);
}

/// Does what was chosen.
pub fn act(state: &mut State, action: Action, out: &mut Vec<Effect>) {
    match action {
        Action::Run(cmd) => actions::run(state, cmd, None, out),
        Action::Open(path, line) => {
            state.editor.mark_jump();
            files::goto(state, path, line.map(|l| (l, 0)), out);
        }
        Action::Show(doc, at) => {
            state.editor.mark_jump();
            state.view = crate::state::View::Code;
            if let Some(i) = state.editor.docs.iter().position(|d| d.id == doc) {
                state.editor.show(i);
                state.editor.goto(at);
            }
        }
        Action::Type(name) => typed::begin(state, name),
        Action::SaveAllAndQuit => files::save_all_and_quit(state, out),
        Action::QuitAnyway => out.push(Effect::Quit),
        Action::Overwrite(doc, then) => files::write(state, doc, then, true, out),
        Action::Revert(doc) => files::revert(state, doc, out),
        Action::CloseAnyway(doc) => files::close(state, doc),
        Action::Nothing => {}
    }
}
