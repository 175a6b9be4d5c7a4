//! What can be done about processes: the tree and the flat list, more rows, ending one.

use super::image;
use crate::proto::Pid;
use crate::state::{Action, Ask, Effect, Link, Popup, ROWS, State, Tone};
use serde_json::{Value, json};

/// So many rows around the selected one are always known: more than a screen has.
const NEAR: usize = 120;

/// Turns the list into a tree, or back.
pub fn turn(state: &mut State, out: &mut Vec<Effect>) {
    state.as_tree = !state.as_tree;
    refresh(state, out);
}

/// What the image is asked: rows around the selected one, of those its filter lets through.
pub fn wish(state: &State) -> (&'static str, Value) {
    let row = state.processes.row as u64;
    let start = if row < ROWS * 3 / 5 {
        0
    } else {
        row - ROWS / 2
    };
    let mut wish = json!({ "filter": state.asked_filter(), "start": start, "limit": ROWS });
    if state.in_tree() {
        wish["folded"] = state.folded.iter().copied().collect();
        return ("nostos/tree", wish);
    }
    wish["sort"] = state.sorted_by().into();
    ("nostos/processes", wish)
}

fn refresh(state: &mut State, out: &mut Vec<Effect>) {
    state.image.in_flight.remove(&Ask::Processes);
    image::poll_now(state, out);
}

/// Whoever comes near the end of the rows that are known gets others.
pub fn want_rows(state: &mut State, out: &mut Vec<Effect>) {
    if !state.served() {
        return;
    }
    let (first, all) = (state.first_row(), state.process_rows());
    let last = first + state.image.processes.len();
    let row = state.processes.row.min(all.saturating_sub(1));
    let (above, below) = (row.saturating_sub(NEAR), (row + NEAR).min(all));
    if above < first || below > last {
        image::poll_now(state, out);
    }
}

/// Opens or closes the processes below the selected one; closing a closed one goes to who started it.
pub fn fold(state: &mut State, open: bool, out: &mut Vec<Effect>) {
    let Some(pid) = state.selected else { return };
    if open {
        if state.folded.remove(&pid) && state.served() {
            refresh(state, out);
        }
    } else if state.has_children(pid) && state.folded.insert(pid) {
        if state.served() {
            refresh(state, out);
        }
    } else if let Some(parent) = state.selected_process().and_then(|p| p.parent) {
        let row = state.row_of(parent);
        if let Some(row) = row {
            (state.processes.row, state.selected) = (row, Some(parent));
        }
    }
}

/// Asks whether the selected process is to be ended.
pub fn ask_kill(state: &mut State) {
    let Some(pid) = state.selected.filter(|_| state.image.link == Link::Live) else {
        return state.say(Tone::Plain, "there is no process to end");
    };
    let links = state
        .selected_process()
        .map(|p| p.links.clone())
        .unwrap_or_default();
    let mut text = format!("End <{pid}> {}?", state.called(pid));
    if !links.is_empty() {
        let some: Vec<String> = links
            .iter()
            .take(4)
            .map(|l| format!("<{l}> {}", state.called(*l)))
            .collect();
        let more = links.len().saturating_sub(4);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        text += &format!(" Its end reaches {}{more}.", some.join(", "));
    }
    state.popup = Some(Popup::Question {
        text,
        answers: vec![('k', "end it", Action::Kill(pid))],
    });
}

pub fn kill(state: &mut State, pid: Pid, out: &mut Vec<Effect>) {
    image::ask(
        state,
        Ask::Kill(pid),
        "terminateThreads",
        json!({ "threadIds": [pid] }),
        out,
    );
}
