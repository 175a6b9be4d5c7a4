//! Keys: sequences are collected until the key table knows them; popups, prompts and insertion take the rest.

use super::{actions, files, moves, pickers, processes, session, tests, traps, typed};
use crate::commands::{Cmd, Ctx, Found, find};
use crate::editor::{Mode, Preset, edit, objects, surround};
use crate::keys::{self, Code, Key};
use crate::state::{Action, Effect, Panel, Popup, State, Tone};

/// How deep macros may call macros.
const DEEPEST: usize = 8;

/// A key from the terminal: it is done, and remembered for macros and repetition.
pub fn key(state: &mut State, key: Key, out: &mut Vec<Effect>) {
    let recording = state.recording.is_some();
    state.run.0.push(key);
    press(state, key, out);
    let meant = state.lang.instead.take();
    if let Some(keys) = &meant {
        state.run.0.pop();
        state.run.0.extend(keys);
    }
    // The key that ends a recording is not part of it.
    if let (true, Some((_, keys))) = (recording, &mut state.recording) {
        keys.extend(meant.unwrap_or_else(|| vec![key]));
    }
    let editing = state.panel() == Panel::Editor && state.editor.preset == Preset::Helix;
    state.run.1 |= editing && state.editor.mode == Mode::Insert;
    let waits = state.editor.mode == Mode::Insert && editing
        || !state.pending.is_empty()
        || state.count.is_some()
        || state.wants_char.is_some()
        || state.prompt.is_some()
        || state.popup.is_some()
        || state.editor.registers.chosen.is_some();
    if !waits {
        let (keys, inserts) = std::mem::take(&mut state.run);
        if inserts {
            state.insertion = keys;
        }
    }
}

/// Does keys again, as if they were typed.
pub fn play(state: &mut State, keys: &[Key], times: usize, out: &mut Vec<Effect>) {
    if state.playing >= DEEPEST {
        return state.say(Tone::Bad, "these keys play themselves; stopped");
    }
    state.playing += 1;
    for _ in 0..times.min(10_000) {
        for key in keys {
            press(state, *key, out);
        }
    }
    state.playing -= 1;
}

/// The character a command has waited for.
fn wanted(state: &mut State, cmd: Cmd, key: Key) {
    let c = match key.code {
        Code::Enter => Some('\n'),
        Code::Tab => Some('\t'),
        _ => key.typed(),
    };
    let n = state.count.take().unwrap_or(1);
    let first = state.first_char.take();
    let Some(c) = c else { return };
    state.editor.follow = true;
    match (cmd, first) {
        (Cmd::ReplaceChar, _) => edit::replace_char(&mut state.editor, c),
        (Cmd::ChooseRegister, _) => state.editor.registers.chosen = Some(c),
        (Cmd::InsertRegister, _) => {
            let pieces = state.editor.register(c);
            edit::type_pieces(&mut state.editor, &pieces);
        }
        (Cmd::SelectInside | Cmd::SelectAround, _) => {
            let language = state.editor.language.clone();
            let Some(doc) = state.editor.doc_mut() else {
                return;
            };
            let around = cmd == Cmd::SelectAround;
            let mut any = false;
            let found = doc.selection.map(|r| {
                let object = objects::object(doc, language.as_deref(), r, c, around);
                any |= object.is_some();
                object.unwrap_or(r)
            });
            doc.selection = found;
            if !any {
                let name = objects::OBJECTS
                    .iter()
                    .find(|(k, _)| *k == c)
                    .map_or("object", |(_, n)| n);
                state.say(Tone::Plain, format!("there is no {name} here"));
            }
        }
        (Cmd::SurroundAdd, _) => surround::add(&mut state.editor, c),
        (Cmd::SurroundDrop, _) => {
            if !surround::change(&mut state.editor, c, None, n) {
                state.say(Tone::Plain, format!("no {c} is around the cursor"));
            }
        }
        (Cmd::SurroundChange, None) => {
            state.first_char = Some(c);
            state.wants_char = Some(cmd);
        }
        (Cmd::SurroundChange, Some(old)) => {
            if !surround::change(&mut state.editor, old, Some(c), n) {
                state.say(Tone::Plain, format!("no {old} is around the cursor"));
            }
        }
        _ => edit::find_char(&mut state.editor, cmd, c, n),
    }
}

fn press(state: &mut State, key: Key, out: &mut Vec<Effect>) {
    state.message = None;
    if state.popup.is_some() && state.pending.is_empty() {
        return popup(state, key, out);
    }
    if let Some(cmd) = state.wants_char.take() {
        return wanted(state, cmd, key);
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
            // A chosen register is for one command.
            if cmd != Cmd::ChooseRegister && state.wants_char.is_none() {
                state.editor.registers.chosen = None;
            }
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
                edit::outdent(&mut state.editor);
                state.lang.typed = (state.playing == 0).then_some(c);
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
        query.insert(text);
        return super::pickers::look(state);
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
        Popup::Welcome(ask) => return super::guide::welcome_key(state, ask.clone(), key, out),
        Popup::Inspect(_) => {
            if let Popup::Inspect(inspector) = popup {
                super::inspect::key(state, inspector, key, out);
            }
            return;
        }
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
            finder,
            query,
            cursor,
            ..
        } => {
            match key.code {
                Code::Esc => return,
                Code::Char('c') if key.ctrl => return,
                _ if up => cursor.row = cursor.row.saturating_sub(1),
                _ if down => cursor.row += 1,
                Code::Tab => cursor.row += 1,
                Code::PageDown => cursor.row += rows / 2,
                Code::PageUp => cursor.row = cursor.row.saturating_sub(rows / 2),
                Code::Enter => {
                    let chosen = finder.hit(cursor.row).map(|i| i.action);
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
            finder.look(query.text(), state.patience);
            cursor.fit(finder.count(), crate::view::picker_rows(state.size));
        }
    }
    state.popup = Some(popup);
}

/// Says that a key does nothing here.
pub fn unbound(state: &mut State, key: Key) {
    state.say(Tone::Plain, format!("{key} does nothing here"));
}

/// Does what was chosen.
pub fn act(state: &mut State, action: Action, out: &mut Vec<Effect>) {
    match action {
        Action::Run(cmd) => actions::run(state, cmd, None, out),
        Action::Open(path, line) => {
            state.editor.mark_jump();
            files::goto(state, path, line.map(|l| (l, 0)), out);
        }
        Action::Spot(path, line, column) => {
            state.editor.mark_jump();
            files::goto(state, path, Some((line, column)), out);
        }
        Action::Rename => super::lang::rename_now(state),
        Action::Show(doc, at) => {
            state.editor.mark_jump();
            state.view = crate::state::View::Code;
            if let Some(i) = state.editor.docs.iter().position(|d| d.id == doc) {
                state.editor.show(i);
                state.editor.goto(at);
            }
        }
        Action::Revision(doc, revision) => {
            if let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == doc) {
                doc.travel_to(revision);
                let text = doc.text().clone();
                doc.selection = doc.selection.map(|r| r.wide(&text));
                state.editor.follow = true;
            }
        }
        Action::Paste(name) => {
            state.editor.registers.chosen = Some(name);
            actions::run(state, Cmd::PasteAfter, None, out);
            state.editor.registers.chosen = None;
        }
        Action::Process(pid) => typed::show_process(state, pid, out),
        Action::Mark(mark) => traps::ask_about(state, mark),
        Action::OnMark(mark, what) => traps::act(state, &mark, what, out),
        Action::GoTo(pid, target) => moves::go_to(state, pid, target, out),
        Action::Seek(name) => pickers::seek(state, &name, out),
        Action::Finding(key, pid, text) => pickers::finding(state, key, pid, text),
        Action::Mute(key) => {
            state.muted.insert(key);
            state.say(Tone::Plain, "muted; :unmute shows all again");
        }
        Action::SourceOf(pid) => {
            typed::show_process(state, pid, out);
            super::lists::open_source(state, out);
        }
        Action::Recall(line) => {
            if let Some(repl) = actions::repl(state) {
                repl.set(&line);
            }
        }
        Action::DebugTest(title) => tests::debug(state, title, out),
        Action::Kill(pid) => processes::kill(state, pid, out),
        Action::Set(name) => typed::begin(state, &format!("set {name}")),
        Action::Type(name) => typed::begin(state, name),
        Action::SaveAllAndQuit => files::save_all_and_quit(state, out),
        Action::QuitAnyway => session::leave(state, out),
        Action::Overwrite(doc, then) => files::write(state, doc, then, true, out),
        Action::Revert(doc) => files::revert(state, doc, out),
        Action::CloseAnyway(doc) => files::close(state, doc, out),
        Action::Recover(doc, text) => session::recover(state, doc, &text),
        Action::DropSwap(doc) => session::settled(state, doc, out),
        Action::Nothing => {}
    }
}
