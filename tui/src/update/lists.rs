//! Lists and inspectors: moving in them, opening, closing and copying their rows, going to the source they are about.

use super::{debug as debugger, files, heaps, image, inspect, processes, tests};
use crate::layout::Layout;
use crate::proto::Place;
use crate::state::{Effect, Link, Panel, Popup, State, Tone, View, WATCH, WATCH_SHUT};

/// Moves in the focused list.
pub fn walk(state: &mut State, by: isize, out: &mut Vec<Effect>) {
    let step = |row: usize, rows: usize| row.saturating_add_signed(by).min(rows.saturating_sub(1));
    match state.panel() {
        Panel::Processes => {
            state.processes.row = step(state.processes.row, state.process_rows());
            processes::want_rows(state, out);
            let selected = state.process_at(state.processes.row);
            if selected != state.selected {
                state.selected = selected;
                image::poll_now(state, out);
            }
        }
        Panel::Tree => {
            let rows = state.tree.rows(&state.files).len();
            state.tree.cursor.row = step(state.tree.cursor.row, rows);
        }
        Panel::Mailbox => state.mailbox.row = step(state.mailbox.row, state.detail.messages.len()),
        Panel::Stack => state.stack.row = step(state.stack.row, state.detail.frames.len()),
        Panel::Heap | Panel::Snapshots if state.view == View::Heap => heaps::walk(state, by, out),
        Panel::Heap => {
            state.heap.row = step(
                state.heap.row,
                state.detail.heap.as_ref().map_or(0, |h| h.by_type.len()),
            )
        }
        Panel::Collections => {
            state.collections.row = step(state.collections.row, state.shown_collections().len())
        }
        Panel::Collectors => {
            state.collectors.row = step(state.collectors.row, state.collectors().len())
        }
        Panel::Workers => state.workers.row = step(state.workers.row, state.image.workers.len()),
        Panel::Frames => {
            let Some(stop) = state.debugged.and_then(|p| state.stops.get_mut(&p)) else {
                return;
            };
            let row = step(stop.frame, stop.frames.len());
            if row != stop.frame {
                stop.frame = row;
                state.frames.row = row;
                debugger::look_at_frame(state, out);
            }
        }
        Panel::Locals => {
            let rows = state
                .debugged
                .and_then(|p| state.stops.get(&p))
                .map_or(0, |s| s.rows().len());
            state.locals.row = step(state.locals.row, rows);
        }
        Panel::Tests => {
            let rows = state.tests.rows(&state.root).len();
            state.tests.cursor.row = step(state.tests.cursor.row, rows);
        }
        Panel::Past => super::past::walk(state, by),
        Panel::Snapshots | Panel::Pauses => {}
        Panel::Outline | Panel::Side | Panel::Findings => {
            let panel = state.panel();
            super::panels::walk(state, panel, by);
        }
        Panel::Editor | Panel::Repl | Panel::Console => {}
    }
}

pub fn open_row(state: &mut State, out: &mut Vec<Effect>) {
    match state.panel() {
        Panel::Heap | Panel::Snapshots if state.view == View::Heap => heaps::open_row(state, out),
        Panel::Heap => heaps::open_from_detail(state, out),
        Panel::Collections | Panel::Collectors | Panel::Workers => open_process(state, out),
        Panel::Processes if state.view == View::Heap => {
            state.focus.insert(View::Heap, Panel::Heap);
        }
        Panel::Processes => match state.selected.filter(|p| state.stops.contains_key(p)) {
            Some(pid) => debug(state, pid, out),
            None => {
                let panel = crate::layout::last_detail(state);
                state.focus.insert(View::Processes, panel);
            }
        },
        Panel::Mailbox => {
            let found = state.detail.messages.get(state.mailbox.row);
            if let Some(m) = found.cloned() {
                match state.image.link {
                    // What it was stays readable.
                    Link::Lost(_) => {
                        state.popup = Some(Popup::Info {
                            title: format!("message {} : {}", m.index, m.ty),
                            text: m.value,
                        });
                    }
                    _ => inspect::message(state, state.detail.pid, m.index, out),
                }
            }
        }
        Panel::Locals => toggle_value(state, None, out),
        Panel::Tests => tests::open(state, out),
        Panel::Past => {
            if let Some(e) = state.past_events().get(state.past.row) {
                state.popup = Some(Popup::Info {
                    title: e.kind.clone(),
                    text: e.text.clone(),
                });
            }
        }
        Panel::Tree => open_tree_row(state, None, out),
        Panel::Frames => debugger::look_at_frame(state, out),
        panel @ (Panel::Outline | Panel::Side | Panel::Findings) => {
            super::panels::open(state, panel, out)
        }
        _ => open_source(state, out),
    }
}

/// The process that a row of another list is about.
fn open_process(state: &mut State, out: &mut Vec<Effect>) {
    let pid = match state.panel() {
        Panel::Collections => {
            let shown = state.shown_collections();
            shown.get(state.collections.row).map(|c| c.process)
        }
        Panel::Collectors => state.collectors().get(state.collectors.row).map(|c| c.pid),
        _ => state
            .image
            .workers
            .get(state.workers.row)
            .and_then(|w| w.running),
    };
    match pid.filter(|pid| state.image.processes.iter().any(|p| p.id == *pid)) {
        Some(pid) => super::typed::show_process(state, pid, out),
        None => state.say(Tone::Plain, "this process is not in the list"),
    }
}

pub fn debug(state: &mut State, pid: u64, out: &mut Vec<Effect>) {
    state.debugged = Some(pid);
    state.view = View::Debug;
    state.frames.row = state.stops.get(&pid).map_or(0, |s| s.frame);
    debugger::look_at_frame(state, out);
    image::poll_now(state, out);
}

pub fn sideways(state: &mut State, right: bool, out: &mut Vec<Effect>) {
    match state.panel() {
        Panel::Locals => toggle_value(state, Some(right), out),
        Panel::Tests => tests::turn(state, Some(right)),
        Panel::Tree => open_tree_row(state, Some(right), out),
        Panel::Heap | Panel::Snapshots if state.view == View::Heap => {
            if right {
                heaps::open_row(state, out);
            } else {
                heaps::back(state);
            }
        }
        Panel::Past if !state.past_events().is_empty() => {
            super::past::walk(state, if right { 1 } else { -1 });
        }
        Panel::Processes if state.as_tree => processes::fold(state, right, out),
        _ if Layout::of(state).tabbed => {
            let tabs: Vec<Panel> = state
                .panels()
                .iter()
                .copied()
                .filter(|p| !matches!(p, Panel::Processes | Panel::Editor))
                .collect();
            let Some(at) = tabs.iter().position(|p| *p == state.panel()) else {
                return;
            };
            let next = if right {
                (at + 1).min(tabs.len() - 1)
            } else {
                at.saturating_sub(1)
            };
            state.focus.insert(state.view, tabs[next]);
        }
        _ => {}
    }
}

/// Opens or closes the selected value; closing a closed one goes to the value it is part of.
fn toggle_value(state: &mut State, open: Option<bool>, out: &mut Vec<Effect>) {
    let Some(pid) = state.debugged else { return };
    let row_at = state.locals.row;
    let Some(stop) = state.stops.get_mut(&pid) else {
        return;
    };
    let rows = stop.rows();
    let Some(row) = rows.get(row_at) else { return };
    let open = open.unwrap_or(!row.open);
    if row.path == WATCH {
        if open {
            stop.open.remove(WATCH_SHUT);
        } else {
            stop.open.insert(WATCH_SHUT.to_owned());
        }
        return;
    }
    if open && row.reference == 0 {
        if row.value.chars().count() > 30 {
            state.popup = Some(Popup::Info {
                title: format!("{} : {}", row.name, row.ty),
                text: row.value.clone(),
            });
        }
        return;
    }
    if open {
        stop.open.insert(row.path.clone());
        debugger::fetch_open(state, pid, out);
    } else if row.open {
        stop.open.remove(&row.path);
    } else if let Some(parent) = rows[..row_at].iter().rposition(|r| r.depth < row.depth) {
        state.locals.row = parent;
    }
}

pub fn open_source(state: &mut State, out: &mut Vec<Effect>) {
    if heaps::is_here(state) {
        return heaps::open_source(state, out);
    }
    if state.panel() == Panel::Tests {
        return tests::source(state, out);
    }
    if let panel @ (Panel::Outline | Panel::Side | Panel::Findings) = state.panel() {
        return super::panels::open_source(state, panel, out);
    }
    let place: Option<Place> = match state.panel() {
        Panel::Processes => state
            .selected_process()
            .and_then(|p| p.place.clone())
            .or_else(|| state.detail.frames.iter().find_map(|f| f.place.clone())),
        Panel::Stack | Panel::Mailbox | Panel::Heap => {
            let row = if state.panel() == Panel::Stack {
                state.stack.row
            } else {
                0
            };
            state
                .detail
                .frames
                .iter()
                .skip(row)
                .find_map(|f| f.place.clone())
        }
        Panel::Frames | Panel::Locals => state
            .debugged
            .and_then(|p| state.stops.get(&p))
            .and_then(|s| s.here())
            .and_then(|f| f.place.clone()),
        _ => None,
    };
    match place {
        Some(place) => {
            state.editor.mark_jump();
            let path = state.absolute(&place.path);
            state.view = View::Code;
            files::goto(state, path, Some((place.line.saturating_sub(1), 0)), out);
        }
        None => state.say(Tone::Plain, "there is no source line to open"),
    }
}

pub fn copy_row(state: &mut State, out: &mut Vec<Effect>) {
    let stop = state.debugged.and_then(|p| state.stops.get(&p));
    let text = match state.panel() {
        Panel::Processes => state
            .selected_process()
            .map(|p| format!("<{}> {} {}", p.id, p.function, p.state.word())),
        Panel::Mailbox => state
            .detail
            .messages
            .get(state.mailbox.row)
            .map(|m| m.value.clone()),
        Panel::Stack => state
            .detail
            .frames
            .get(state.stack.row)
            .map(|f| f.name.clone()),
        Panel::Locals => stop.and_then(|s| s.rows().get(state.locals.row).map(|r| r.value.clone())),
        Panel::Past => state
            .past_events()
            .get(state.past.row)
            .map(|e| e.text.clone()),
        Panel::Frames => stop.and_then(|s| s.here()).map(|f| f.name.clone()),
        Panel::Heap | Panel::Snapshots => heaps::row_text(state),
        Panel::Tests => tests::copied(state),
        _ => None,
    };
    if let Some(text) = text {
        out.push(Effect::Copy(text));
        state.say(Tone::Good, "copied");
    }
}

/// The row of the tree: a file is opened, a folder too.
fn open_tree_row(state: &mut State, open: Option<bool>, out: &mut Vec<Effect>) {
    let rows = state.tree.rows(&state.files);
    let at = state.tree.cursor.row;
    let Some(row) = rows.get(at) else { return };
    match row.folder {
        None if open.is_none() => {
            state.editor.mark_jump();
            files::goto(state, state.root.join(&row.path), None, out);
        }
        Some(is) if open.unwrap_or(!is) && !is => {
            state.tree.open.insert(row.path.clone());
        }
        Some(true) if open != Some(true) => {
            state.tree.open.remove(&row.path);
        }
        _ if open == Some(false) => {
            let parent = rows[..at].iter().rposition(|r| r.depth < row.depth);
            state.tree.cursor.row = parent.unwrap_or(at);
        }
        _ => {}
    }
}
