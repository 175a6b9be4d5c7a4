//! The recent past of a process: what it received, sent, began and ended.

use super::Caret;
use super::pen::Pen;
use crate::state::{Changes, State};
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// What stands in the rule above.
pub fn title(state: &State) -> (String, String) {
    let past = state.past_of().and_then(|p| state.debugging.past.get(&p));
    let facts = match past {
        Some(p) if !p.events.is_empty() && state.glyphs.ascii => "left right step through the past",
        Some(p) if !p.events.is_empty() => "← → step through the past",
        Some(p) if p.traced => "x ends it",
        _ => "x traces it",
    };
    ("Time line of this process".to_owned(), facts.to_owned())
}

pub fn draw(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let Some(pid) = state.past_of() else {
        pen.put(area.x + 1, area.y, "no process is chosen", theme.dim());
        return None;
    };
    let past = state.debugging.past.get(&pid);
    let events = state.past_events();
    if events.is_empty() {
        let x = area.x + 1;
        if past.is_some_and(|p| p.traced) {
            pen.put(x, area.y, "nothing has happened since", theme.dim());
        } else {
            let x = pen.put(x, area.y, "x", theme.good().add_modifier(Modifier::BOLD));
            let text = format!(" traces <{pid}>: what it receives, sends, begins and ends");
            pen.put(x, area.y, &text, theme.dim());
        }
        return None;
    }
    let now = state.changes(pid).zip(state.message_before(pid));
    for (i, event) in events.iter().enumerate().skip(state.past.top) {
        let y = area.y + (i - state.past.top) as u16;
        if y >= area.bottom() {
            break;
        }
        if focused && i == state.past.row {
            pen.selected_row(area, y, true);
        }
        let mut x = pen.put(area.x + 1, y, &clock(event.at), theme.dim()) + 2;
        let style = match event.kind.as_str() {
            "exit" => theme.bad(),
            _ => theme.data(),
        };
        x = pen.put(x, y, &format!("{:<5}", event.kind), style);
        let room = area.right().saturating_sub(x + 1);
        x = pen.value(x, y, room, &event.text);
        let other = |n: u64| format!("<{n}>");
        if let Some(n) = event.other.filter(|_| event.kind != "recv") {
            let word = if event.kind == "send" { " to " } else { " " };
            x = pen.put(x, y, word, theme.dim());
            x = pen.put(x, y, &other(n), theme.text());
        }
        let changes: Option<&Changes> = match &now {
            Some((changes, number)) if *number == event.number => Some(changes),
            _ => past.and_then(|p| p.notes.get(&event.number)),
        };
        for (name, was, is) in changes.into_iter().flatten() {
            let from = (x + 2).max(area.x + 40);
            let len = |v: &str| v.chars().count().min(16) as u16;
            // What does not fit is left away.
            if from + len(name) + len(was) + len(is) + 12 > area.right() {
                continue;
            }
            x = pen.put(from, y, &format!("{name} "), theme.dim());
            x = pen.value(x, y, 16, was);
            x = pen.put(x, y, &format!(" {} ", state.glyphs.gives), theme.dim());
            x = pen.value(x, y, 16, is);
        }
        if i + 1 == events.len() && state.stops.contains_key(&pid) {
            x = pen.dot(x + 2, y, state.glyphs.now, theme.warn());
            pen.put(x, y, " now", theme.warn().add_modifier(Modifier::BOLD));
        }
    }
    None
}

/// Milliseconds since the image began, as a clock shows them.
fn clock(ms: u64) -> String {
    let s = ms / 1000;
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        s / 3600,
        s / 60 % 60,
        s % 60,
        ms % 1000
    )
}
