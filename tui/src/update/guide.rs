//! The choice at the first start, the colours that follow the terminal, the way into the tutorial and out of it.

use super::keys;
use crate::keys::{Code, Key};
use crate::options;
use crate::proto::{Pid, Shape};
use crate::state::{CHOICES, Effect, Popup, State, Tone, Welcome};

/// Asks for keys and colours.
pub fn welcome(state: &mut State) {
    let before = (state.editor.preset, state.theme, state.guide.follow);
    let row = CHOICES
        .iter()
        .position(|(_, value, ..)| *value == options::value(state, "keys"))
        .unwrap_or(0);
    state.popup = Some(Popup::Welcome(Welcome { row, before }));
}

/// A key while it is asked; the popup was taken from the state.
pub fn welcome_key(state: &mut State, mut ask: Welcome, key: Key, out: &mut Vec<Effect>) {
    let last = CHOICES.len() - 1;
    match key.code {
        Code::Esc => return give_up(state, &ask),
        Code::Char('c' | 'q') if key.ctrl => return give_up(state, &ask),
        Code::Up | Code::Char('k') => ask.row = ask.row.saturating_sub(1),
        Code::Down | Code::Char('j') | Code::Tab => ask.row = (ask.row + 1).min(last),
        Code::Enter | Code::Char(' ') => return choose(state, ask, out),
        Code::Char(c) => match CHOICES.iter().position(|(_, _, letter, ..)| *letter == c) {
            Some(row) => {
                ask.row = row;
                return choose(state, ask, out);
            }
            None => {
                state.popup = Some(Popup::Welcome(ask));
                return keys::unbound(state, key);
            }
        },
        _ => {}
    }
    state.popup = Some(Popup::Welcome(ask));
}

/// A click on a row.
pub fn welcome_click(state: &mut State, y: u16, out: &mut Vec<Effect>) {
    let Some(Popup::Welcome(ask)) = &state.popup else {
        return;
    };
    let rows = crate::state::welcome_rows(state.size);
    let Some((_, row)) = rows.into_iter().find(|(at, _)| *at == y) else {
        return;
    };
    let ask = Welcome { row, ..ask.clone() };
    choose(state, ask, out);
}

fn give_up(state: &mut State, ask: &Welcome) {
    let (preset, theme, follow) = ask.before;
    super::preset(state, preset);
    (state.theme, state.guide.follow) = (theme, follow);
    state.popup = None;
    state.say(Tone::Plain, "nothing is written; :welcome asks again");
}

/// Takes the row: a setting is tried at once, and the next question comes; a way on keeps what was chosen.
fn choose(state: &mut State, mut ask: Welcome, out: &mut Vec<Effect>) {
    let (setting, value, ..) = CHOICES[ask.row];
    if !setting.is_empty() {
        // These are values that the settings have.
        let _ = options::set(state, setting, value);
        let next = CHOICES.iter().skip(ask.row);
        let next = next.take_while(|(s, ..)| *s == setting).count();
        ask.row += next;
        state.popup = Some(Popup::Welcome(ask));
        return;
    }
    state.popup = None;
    let kept = ["keys", "theme"].map(|name| (name, options::value(state, name)));
    match state.config.clone() {
        Some(path) => {
            state.say(Tone::Good, format!("kept in {}", path.display()));
            out.push(Effect::Configure(path, kept.to_vec()));
        }
        None => state.say(Tone::Plain, "there is no home to keep settings in"),
    }
    if value == "tutor" {
        tutor(state, out);
    }
}

/// To the tutorial: this program gives way to it and comes back.
pub fn tutor(state: &mut State, out: &mut Vec<Effect>) {
    if state.guide.tutor.is_some() {
        return state.say(Tone::Plain, "this is the tutorial; :tutor-leave leaves it");
    }
    let unsaved: Vec<String> = state.unsaved().map(|d| d.name.clone()).collect();
    if !unsaved.is_empty() {
        return state.say(
            Tone::Bad,
            format!("save {} first; then :tutor", unsaved.join(", ")),
        );
    }
    out.push(Effect::Tutor);
    super::session::leave(state, out);
}

/// The terminal has said what its background is.
pub fn ground(state: &mut State, light: bool) {
    state.guide.light = Some(light);
    if state.guide.follow {
        state.theme = state.guide.suited();
    }
}

/// Leaves the tutorial; where it was is remembered.
pub fn leave_tutor(state: &mut State, out: &mut Vec<Effect>) {
    if state.guide.tutor.is_none() {
        return state.say(Tone::Plain, "no tutorial is taken; :tutor begins it");
    }
    // Its project is thrown away: nothing in it needs saving.
    super::session::leave(state, out);
}

/// Processes with the longest mailboxes: their messages are asked by shape, so that a finding about one can name it.
pub fn suspects(state: &mut State) -> Vec<Pid> {
    const MOST: usize = 3;
    const LONG: u64 = 20;
    let found = state.longest_mailboxes(MOST);
    let found: Vec<Pid> = found
        .into_iter()
        .filter_map(|(n, pid)| (n >= LONG).then_some(pid))
        .collect();
    state.guide.shapes.retain(|pid, _| found.contains(pid));
    found
}

/// Takes over what waits for a process. While it runs nothing is known to be refused: what was, and has not become less, still is.
pub fn take_shapes(state: &mut State, pid: Pid, mut shapes: Vec<Shape>) {
    let before = state.guide.shapes.remove(&pid).unwrap_or_default();
    for shape in &mut shapes {
        let still = |old: &Shape| old.refused && old.name == shape.name && old.count <= shape.count;
        shape.refused |= before.iter().any(still);
    }
    state.guide.shapes.insert(pid, shapes);
}
