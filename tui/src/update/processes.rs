//! What can be done about processes: the tree and the flat list, more rows, ending one.

use super::image;
use crate::proto::Pid;
use crate::state::{Action, Ask, Effect, Link, Popup, ROWS, State, Tone};
use serde_json::json;

/// How many rows the image is asked for at most.
const MOST: u64 = 20_000;
/// Rows asked for while a filter looks through them.
const FILTERED: u64 = 5_000;

/// Turns the list into a tree, or back.
pub fn turn(state: &mut State, out: &mut Vec<Effect>) {
    state.as_tree = !state.as_tree;
    state.image.in_flight.remove(&Ask::Processes);
    image::poll_now(state, out);
}

/// Whoever comes near the end of the rows gets more of them.
pub fn want_rows(state: &mut State, out: &mut Vec<Effect>) {
    let filtered = if state.filter.is_empty() { 0 } else { FILTERED };
    let near = state.processes.row as u64 + ROWS / 2;
    let want = (near.div_ceil(ROWS) * ROWS).clamp(ROWS, MOST).max(filtered);
    if want > state.rows_asked && state.image.total > state.rows_asked {
        state.rows_asked = want;
        image::poll_now(state, out);
    }
}

/// Opens or closes the processes below the selected one; closing a closed one goes to who started it.
pub fn fold(state: &mut State, open: bool) {
    let Some(pid) = state.selected else { return };
    if open {
        state.folded.remove(&pid);
    } else if state.has_children(pid) && state.folded.insert(pid) {
    } else if let Some(parent) = state.selected_process().and_then(|p| p.parent) {
        let row = state.shown_processes().iter().position(|p| p.id == parent);
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
