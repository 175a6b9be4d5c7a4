//! The debugger: why it stopped, frames, variables, mailbox, breakpoints.

use super::Caret;
use super::pen::Pen;
use crate::layout::Layout;
use crate::state::{Link, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

pub fn head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head else { return };
    let (theme, glyphs) = (state.theme, state.glyphs);
    let y = area.y;
    let Some((pid, stop)) = state
        .debugged
        .and_then(|pid| state.stops.get(&pid).map(|s| (pid, s)))
    else {
        let (what, keys): (&str, &[(&str, &str)]) = match &state.image.link {
            Link::Live => (
                "nothing is stopped",
                &[
                    ("F9", "sets a breakpoint"),
                    ("F6", "pauses the selected process"),
                ],
            ),
            Link::Starting => ("the image is starting", &[]),
            Link::Off | Link::Lost(_) => ("no image runs", &[("^r", "starts it")]),
        };
        let mut x = pen.put(area.x + 1, y, what, theme.dim()) + 2;
        for (key, does) in keys {
            x = pen.put(x, y, key, theme.good().add_modifier(Modifier::BOLD)) + 1;
            x = pen.put(x, y, does, theme.dim()) + 2;
        }
        return;
    };
    let bold = theme.warn().add_modifier(Modifier::BOLD);
    let mut x = pen.dot(area.x + 1, y, glyphs.stop, bold) + 1;
    let reason = if stop.moving {
        "running on"
    } else {
        stop.reason.as_str()
    };
    x = pen.put(x, y, reason, bold);
    x = pen.put(x, y, " in ", theme.dim());
    x = pen.put(x, y, &format!("<{pid}> "), theme.text());
    x = pen.put(x, y, &state.called(pid), theme.accent());
    if !stop.text.is_empty() && stop.text != stop.reason {
        x = pen.put(x, y, &format!("  {} ", glyphs.between), theme.dim());
        x = pen.value(x, y, area.right().saturating_sub(x + 1), &stop.text);
    }
    let waiting = waiting(state);
    if let Some(first) = waiting.first() {
        let more = match waiting.len() {
            1 => format!("  {} <{first}> waits for it", glyphs.between),
            n => format!("  {} {n} wait for it: <{first}> ...", glyphs.between),
        };
        x = pen.put(x, y, &more, theme.warn());
    }
    let others = state.stops.len() - 1;
    let rest = if others > 0 {
        format!("  {} {others} more stopped", glyphs.between)
    } else {
        format!("  {} others keep running", glyphs.between)
    };
    pen.put(x, y, &rest, theme.dim());
}

/// Who waits for the process the debugger shows.
fn waiting(state: &State) -> Vec<u64> {
    let all = state.image.waits.iter();
    all.filter(|(_, on)| Some(*on) == state.debugged)
        .map(|(pid, _)| *pid)
        .collect()
}

/// Who the stopped process is linked to, and who waits for it.
pub fn links(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let Some(pid) = state.debugged.filter(|_| area.height > 1) else {
        return;
    };
    let theme = state.theme;
    pen.rule(Rect { height: 1, ..area }, "Linked processes", "", false);
    let waiting = waiting(state);
    let process = state.image.processes.iter().find(|p| p.id == pid);
    let links = process.map(|p| p.links.clone()).unwrap_or_default();
    let known = |pid: &u64| state.image.processes.iter().find(|p| p.id == *pid);
    let mut y = area.y + 1;
    let linked = links.iter().filter(|l| !waiting.contains(l));
    for other in waiting
        .iter()
        .chain(linked)
        .take(usize::from(area.height) - 1)
    {
        let waits = waiting.contains(other);
        let word = known(other).map_or("", |p| p.state.word());
        pen.put(
            area.x + 1,
            y,
            if waits { "waiting" } else { word },
            theme.dim(),
        );
        let mut x = pen.put(area.x + 10, y, &format!("<{other}> "), theme.text());
        x = pen.put(x, y, &state.called(*other), theme.accent());
        if waits {
            pen.put(x, y, "  for this one", theme.warn());
        }
        y += 1;
    }
    if y == area.y + 1 {
        pen.put(area.x + 1, y, "linked to nobody", theme.dim());
    }
}

fn stop(state: &State) -> Option<&crate::state::Stop> {
    state.stops.get(&state.debugged?)
}

pub fn frames(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let Some(stop) = stop(state) else {
        pen.put(
            area.x + 2,
            area.y,
            "frames appear when a process stops",
            theme.dim(),
        );
        return None;
    };
    if stop.frames.is_empty() {
        pen.put(area.x + 2, area.y, "asking", theme.dim());
    }
    let names = stop
        .frames
        .iter()
        .map(|f| f.name.chars().count())
        .max()
        .unwrap_or(0) as u16;
    let place_x = area.x + 5 + names.min(area.width * 3 / 5) + 2;
    for (i, frame) in stop
        .frames
        .iter()
        .enumerate()
        .skip(state.frames.top)
        .take(usize::from(area.height))
    {
        let y = area.y + (i - state.frames.top) as u16;
        let here = i == stop.frame;
        if here && focused {
            pen.selected_row(area, y, true);
        }
        if here {
            pen.dot(area.x + 1, y, state.glyphs.closed, theme.accent());
        }
        pen.put_right(
            area.x + 4,
            y,
            &i.to_string(),
            if here { theme.strong() } else { theme.dim() },
        );
        pen.put_cut(
            area.x + 5,
            y,
            place_x.saturating_sub(area.x + 6),
            &frame.name,
            theme.accent(),
        );
        let place = frame
            .place
            .as_ref()
            .map_or_else(|| "runtime".to_owned(), |p| state.place(p));
        pen.put_cut(
            place_x,
            y,
            area.right().saturating_sub(place_x),
            &place,
            theme.dim(),
        );
    }
    None
}

pub fn locals(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let rows = stop(state).map(|s| s.rows()).unwrap_or_default();
    if rows.is_empty() {
        let why = if stop(state).is_some() {
            "asking"
        } else {
            "variables appear when a process stops"
        };
        pen.put(area.x + 2, area.y, why, theme.dim());
        return None;
    }
    let names = rows
        .iter()
        .filter(|r| r.depth > 0)
        .map(|r| r.depth * 2 + r.name.chars().count())
        .max()
        .unwrap_or(8);
    let value_x = area.x + 3 + (names as u16).clamp(6, (area.width / 3).max(6)) + 2;
    for (i, row) in rows
        .iter()
        .enumerate()
        .skip(state.locals.top)
        .take(usize::from(area.height))
    {
        let y = area.y + (i - state.locals.top) as u16;
        if focused && i == state.locals.row {
            pen.selected_row(area, y, true);
        }
        let x = area.x + 1 + row.depth.saturating_sub(1) as u16 * 2;
        if row.reference != 0 {
            pen.dot(
                x,
                y,
                if row.open { glyphs.open } else { glyphs.closed },
                theme.accent(),
            );
        }
        if row.depth == 0 {
            pen.put(x + 2, y, &row.name, theme.strong());
            continue;
        }
        pen.put_cut(
            x + 2,
            y,
            value_x.saturating_sub(x + 3),
            &row.name,
            theme.data(),
        );
        let mut x = pen.value(
            value_x,
            y,
            area.right().saturating_sub(value_x + 1),
            &row.value,
        ) + 2;
        if let Some(was) = &row.was {
            x = pen.put(x, y, "was ", theme.warn());
            x = pen.value(x, y, area.right().saturating_sub(x), was) + 2;
        }
        if x + (row.ty.len() as u16) < area.right() && !row.ty.is_empty() {
            pen.put_right(area.right().saturating_sub(1), y, &row.ty, theme.dim());
        }
    }
    None
}

/// The mailbox of the stopped process.
pub fn side(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    let detail = Some(&state.detail).filter(|d| state.debugged == Some(d.pid));
    let facts = detail.map(|d| text::grouped(d.total)).unwrap_or_default();
    pen.rule(Rect { height: 1, ..area }, "Mailbox", &facts, false);
    let mut y = area.y + 1;
    for m in detail.iter().flat_map(|d| &d.messages) {
        if y >= area.bottom() {
            break;
        }
        pen.value(area.x + 2, y, area.width.saturating_sub(3), &m.value);
        y += 1;
    }
    if y == area.y + 1 && state.debugged.is_some() {
        pen.put(area.x + 2, y, "empty", theme.dim());
    }
}

/// All breakpoints in a line.
pub fn foot(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let y = area.y + area.height.saturating_sub(2);
    let mut x = pen.put(area.x + 1, y, "breakpoints", theme.dim()) + 2;
    let mut any = false;
    for (path, list) in &state.breakpoints {
        for b in list {
            any = true;
            x = pen.dot(
                x,
                y,
                if b.verified {
                    glyphs.breakpoint
                } else {
                    glyphs.pending
                },
                theme.bad(),
            ) + 1;
            x = pen.put(
                x,
                y,
                &format!("{}:{}", state.short(path), b.line + 1),
                theme.text(),
            );
            x = pen.put(x, y, &b.words(), theme.dim()) + 2;
        }
    }
    for (name, b) in &state.named_breaks {
        any = true;
        let mark = if b.verified {
            glyphs.breakpoint
        } else {
            glyphs.pending
        };
        x = pen.dot(x, y, mark, theme.bad()) + 1;
        x = pen.put(x, y, name, theme.text()) + 2;
    }
    if !any {
        x = pen.put(x, y, "none", theme.dim()) + 2;
    }
    let others: Vec<String> = state
        .stops
        .keys()
        .filter(|p| Some(**p) != state.debugged)
        .map(|p| format!("<{p}>"))
        .collect();
    if !others.is_empty() {
        x = pen.put(
            x,
            y,
            &format!("{} also stopped ", glyphs.between),
            theme.dim(),
        );
        pen.put(x, y, &others.join(" "), theme.warn());
    }
}
