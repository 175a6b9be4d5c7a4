//! The mouse: a click focuses and selects, the wheel scrolls what is under it, the gutter toggles breakpoints.

use super::{actions, breaks, lists};
use crate::editor::selection::{Range, Selection};
use crate::editor::{Mode, edit, motion};
use crate::layout::{self, Layout, Slot};
use crate::state::{Effect, Mouse, MouseKind, Panel, State};

pub fn mouse(state: &mut State, mouse: Mouse, out: &mut Vec<Effect>) {
    if let (Some(crate::state::Popup::Welcome(_)), MouseKind::Press) = (&state.popup, mouse.kind) {
        return super::guide::welcome_click(state, mouse.y, out);
    }
    if state.popup.is_some() || state.prompt.is_some() {
        return wheel_popup(state, mouse);
    }
    let layout = Layout::of(state);
    if mouse.kind == MouseKind::Press {
        if layout.lesson.is_some_and(|l| l.y == mouse.y) {
            return actions::run(state, crate::commands::Cmd::TutorNext, None, out);
        }
        if layout.bar.is_some_and(|b| b.y == mouse.y) {
            let (x, hit) = (mouse.x, crate::view::bar_hits(state));
            if let Some((_, _, view)) = hit
                .into_iter()
                .find(|(from, to, _)| (*from..*to).contains(&x))
            {
                actions::switch(state, view, out);
            }
            return;
        }
        if layout.tabs.is_some_and(|t| t.y == mouse.y) {
            let hits = crate::view::tab_hits(state);
            if let Some((_, _, i)) = hits
                .into_iter()
                .find(|(from, to, _)| (*from..*to).contains(&mouse.x))
            {
                state.editor.show(i);
            }
            return;
        }
    }
    if let Some((id, ..)) = layout.windows.iter().find(|(_, title, area)| {
        let at = (mouse.x, mouse.y).into();
        area.contains(at) || title.contains(at)
    }) && mouse.kind != MouseKind::Drag
    {
        state.editor.focus_window(*id);
    }
    let layout = Layout::of(state);
    let Some(slot) = layout.hit(mouse.x, mouse.y) else {
        return;
    };
    match mouse.kind {
        MouseKind::Press => {
            state.message = None;
            state.focus.insert(state.view, slot.panel);
            if slot.area.contains((mouse.x, mouse.y).into()) {
                press(state, slot, mouse, out);
            }
        }
        MouseKind::Drag => {
            if slot.panel == Panel::Editor && state.panel() == Panel::Editor {
                drag(state, slot, mouse);
            }
        }
        MouseKind::WheelUp => wheel(state, slot, -3, out),
        MouseKind::WheelDown => wheel(state, slot, 3, out),
    }
}

fn wheel_popup(state: &mut State, mouse: Mouse) {
    let by: isize = match mouse.kind {
        MouseKind::WheelUp => -3,
        MouseKind::WheelDown => 3,
        MouseKind::Press | MouseKind::Drag => return,
    };
    match &mut state.popup {
        Some(crate::state::Popup::Help { top }) => *top = top.saturating_add_signed(by),
        Some(crate::state::Popup::Picker { finder, cursor, .. }) => {
            let hits = finder.count();
            cursor.row = cursor.row.saturating_add_signed(by);
            cursor.fit(hits, crate::view::picker_rows(state.size));
        }
        _ => {}
    }
}

/// The position in the text under a cell; `None` in the gutter.
fn text_at(state: &State, slot: Slot, mouse: Mouse) -> Option<(usize, Option<usize>)> {
    let doc = state.editor.doc()?;
    let wrap = state.editor.wrap_at();
    let rows = doc.rows(wrap);
    let Some(row) = rows
        .from(doc.top(wrap))
        .nth(usize::from(mouse.y - slot.area.y))
    else {
        let last = motion::line_count(doc.text()) - 1;
        return Some((last, Some(motion::line_end(doc.text(), last))));
    };
    let line = row.line;
    let x = mouse.x - slot.area.x;
    let gutter = layout::gutter(doc, slot.area.width);
    let left = if wrap.is_some() { 0 } else { doc.scroll.1 };
    let at = (x >= gutter).then(|| rows.at(row, left + usize::from(x - gutter)));
    Some((line, at))
}

fn press(state: &mut State, slot: Slot, mouse: Mouse, out: &mut Vec<Effect>) {
    let row = usize::from(mouse.y - slot.area.y);
    match slot.panel {
        Panel::Editor => match text_at(state, slot, mouse) {
            Some((_, Some(at))) => {
                if state.editor.mode == Mode::Select {
                    state.editor.mode = Mode::Normal;
                }
                state.editor.goto(at);
            }
            Some((line, None)) => {
                if let Some(path) = state.editor.doc().map(|d| d.path.clone()) {
                    breaks::toggle(state, path, line, out);
                }
            }
            None => {}
        },
        Panel::Processes => {
            // The first row is the heading.
            let target = (state.processes.top + row).saturating_sub(1);
            let by = target as isize - state.processes.row as isize;
            lists::walk(state, by, out);
        }
        Panel::Tree => {
            state.tree.cursor.row = state.tree.cursor.top + row;
            actions::run(state, crate::commands::Cmd::ListOpen, None, out);
        }
        Panel::Mailbox => state.mailbox.row = (state.mailbox.top + row).saturating_sub(1),
        Panel::Stack => state.stack.row = state.stack.top + row,
        Panel::Heap => {
            let above = crate::view::heap_above(state);
            let cursor = state.heap_cursor();
            let (again, at) = (cursor.row, cursor.top + row.saturating_sub(above));
            if row >= above {
                cursor.row = at;
                if again == at {
                    actions::run(state, crate::commands::Cmd::ListOpen, None, out);
                }
            }
        }
        Panel::Snapshots => state.heaps.list.row = (state.heaps.list.top + row).saturating_sub(1),
        Panel::Collectors => state.collectors.row = (state.collectors.top + row).saturating_sub(1),
        Panel::Workers => state.workers.row = (state.workers.top + row).saturating_sub(1),
        Panel::Collections => {
            state.collections.row = (state.collections.top + row).saturating_sub(1)
        }
        Panel::Frames => {
            let by = (state.frames.top + row) as isize - state.frames.row as isize;
            lists::walk(state, by, out);
        }
        Panel::Locals => {
            let stop = state.debugged.and_then(|p| state.stops.get(&p));
            let rows = stop.map(|s| s.rows()).unwrap_or_default();
            let (top, ruled) = (state.locals.top, slot.title.is_none());
            let lines = crate::view::variables::lines(&rows, top, slot.area.height, ruled);
            let Some(Some(at)) = lines.get(row).copied() else {
                return;
            };
            let again = state.locals.row == at;
            state.locals.row = at;
            if again {
                actions::run(state, crate::commands::Cmd::ListOpen, None, out);
            }
        }
        Panel::Tests => {
            let at = state.tests.cursor.top + row;
            let again = std::mem::replace(&mut state.tests.cursor.row, at) == at;
            if again {
                actions::run(state, crate::commands::Cmd::ListOpen, None, out);
            }
        }
        Panel::Past => state.past.row = state.past.top + row,
        Panel::Outline | Panel::Side | Panel::Findings => {
            super::panels::click(state, slot.panel, row, out);
        }
        Panel::Pauses | Panel::Repl | Panel::Console => {}
    }
}

fn drag(state: &mut State, slot: Slot, mouse: Mouse) {
    if let Some((_, Some(at))) = text_at(state, slot, mouse) {
        let block = state.editor.mode != Mode::Insert;
        if let Some(doc) = state.editor.doc_mut() {
            let text = doc.text().clone();
            let range = motion::place(&text, doc.selection.primary(), at, true, block);
            doc.selection = Selection::single(Range {
                goal: None,
                ..range
            });
        }
    }
}

fn wheel(state: &mut State, slot: Slot, by: isize, out: &mut Vec<Effect>) {
    match slot.panel {
        Panel::Editor => {
            let rows = usize::from(slot.area.height);
            let (extend, block) = (
                state.editor.mode == Mode::Select,
                state.editor.mode != Mode::Insert,
            );
            let wrap = state.editor.wrap_at();
            if let Some(doc) = state.editor.doc_mut() {
                doc.scroll_by(by, wrap);
                edit::keep_cursor_visible(doc, rows.max(1), wrap, extend, block);
            }
        }
        Panel::Repl => {
            state.repl.scroll = state
                .repl
                .scroll
                .saturating_add_signed(-by)
                .min(state.repl.entries.len())
        }
        Panel::Console => {
            state.console.scroll = state
                .console
                .scroll
                .saturating_add_signed(-by)
                .min(state.console.entries.len())
        }
        panel => {
            let focus = state.panel();
            state.focus.insert(state.view, panel);
            lists::walk(state, by, out);
            state.focus.insert(state.view, focus);
        }
    }
}
