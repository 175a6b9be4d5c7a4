//! The debugger: why it stopped, frames, variables, mailbox, breakpoints.

use super::Caret;
use super::pen::Pen;
use crate::layout::Layout;
use crate::state::{Breakpoint, Link, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

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
    let until = state.debugging.until.as_ref().filter(|u| u.pid == pid);
    let reason = match (stop.moving, until) {
        (true, Some(until)) => format!("running on to {}", until.shape),
        (true, None) => "running on".to_owned(),
        (false, _) => stop.reason.clone(),
    };
    x = pen.put(x, y, &reason, bold);
    x = pen.put(x, y, " in ", theme.dim());
    x = pen.put(x, y, &format!("<{pid}> "), theme.text());
    x = pen.put(x, y, &state.called(pid), theme.accent());
    if let (true, Some(until)) = (stop.moving, until) {
        let passed = text::count(until.passed, "other message");
        x = pen.put(x, y, &format!("  {passed}"), theme.dim());
    }
    let between = format!(" {} ", glyphs.between);
    if let Some(hit) = stop.hit.filter(|_| !stop.moving) {
        x = pen.put(x, y, &format!("  hit {hit}"), theme.dim());
    }
    if !stop.text.is_empty() && stop.text != stop.reason {
        let (word, value) = match (stop.received(), stop.text.strip_prefix("Sends ")) {
            (Some(value), _) => ("message ", value),
            (None, Some(value)) => ("sends ", value),
            (None, None) => ("", stop.text.as_str()),
        };
        x = pen.put(x, y, &format!("{between}{word}"), theme.dim());
        x = pen.value(x, y, area.right().saturating_sub(x + 1), value);
    }
    if stop.here().is_some_and(|f| f.stale) {
        x = pen.put(x, y, &between, theme.dim());
        x = pen.put(x, y, "old code", theme.warn());
        x = pen.put(x, y, ", ", theme.dim());
        x = pen.put(x, y, "r", theme.good().add_modifier(Modifier::BOLD));
        x = pen.put(x, y, " runs it again in the new", theme.dim());
    }
    let waiting = waiting(state);
    if let Some(first) = waiting.first() {
        let more = match waiting.len() {
            1 => format!("{between}<{first}> waits for it"),
            n => format!("{between}{n} wait for it: <{first}> ..."),
        };
        x = pen.put(x, y, &more, theme.warn());
    }
    let others = state.stops.len() - 1;
    let rest = if others > 0 {
        format!("{between}{others} more stopped")
    } else {
        format!("{between}others keep running")
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
        let word = if waits { "waiting" } else { word };
        let style = match word {
            "running" => theme.good(),
            "stopped" => theme.warn(),
            _ => theme.dim(),
        };
        pen.put(area.x + 1, y, word, style);
        let mut x = pen.put(area.x + 10, y, &format!("<{other}> "), theme.text());
        x = pen.put(x, y, &state.called(*other), theme.accent());
        if waits {
            pen.put(x, y, "  for you", theme.warn());
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
        let room = area.right().saturating_sub(place_x);
        let x = pen.put_cut(place_x, y, room, &place, theme.dim());
        if frame.stale {
            pen.put(x + 2, y, "old code", theme.warn());
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
    let received = stop(state).and_then(|s| s.received());
    if let Some(message) = received.filter(|_| area.height > 1) {
        // It is no longer in the mailbox, and what this is about.
        pen.dot(area.x + 1, y, state.glyphs.here, theme.warn());
        pen.value(area.x + 2, y, area.width.saturating_sub(3), message);
        y += 1;
    }
    for m in detail.iter().flat_map(|d| &d.messages) {
        if y >= area.bottom() {
            break;
        }
        let end = pen.value(area.x + 2, y, area.width.saturating_sub(3), &m.value);
        let shapes = detail.iter().flat_map(|d| &d.shapes);
        if shapes.into_iter().any(|s| s.refused && s.is_of(m)) && end + 10 < area.right() {
            let x = (area.x + 20).max(end + 2);
            pen.put(x, y, "no match", theme.bad().add_modifier(Modifier::BOLD));
        }
        y += 1;
    }
    if y == area.y + 1 && state.debugged.is_some() {
        pen.put(area.x + 2, y, "empty", theme.dim());
    }
}

/// The mark of a breakpoint.
pub fn mark(state: &State, b: &Breakpoint) -> (char, Style) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    if b.off {
        (glyphs.pending, theme.dim())
    } else if !b.log.is_empty() {
        (glyphs.log, theme.warn())
    } else if !b.verified {
        (glyphs.pending, theme.bad())
    } else if !(b.condition.is_empty() && b.hits.is_empty()) {
        (glyphs.conditional, theme.bad())
    } else {
        (glyphs.breakpoint, theme.bad())
    }
}

/// All breakpoints in a line.
pub fn foot(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let y = area.y + area.height.saturating_sub(1);
    let mut x = pen.put(area.x + 1, y, "breakpoints", theme.dim()) + 2;
    let lines = state.breakpoints.iter().flat_map(|(path, list)| {
        list.iter()
            .map(move |b| (format!("{}:{}", state.short(path), b.line + 1), b))
    });
    let named = state.named_breaks.iter().map(|(name, b)| (name.clone(), b));
    let data = state.debugging.data.iter();
    let data = data.map(|d| (format!("change of {}", d.label), &d.bp));
    let mut first = true;
    let mut next = |pen: &mut Pen<'_>, x: u16| {
        if std::mem::take(&mut first) {
            return x;
        }
        pen.put(x + 2, y, &format!("{} ", glyphs.between), theme.dim())
    };
    for (label, b) in lines.chain(named).chain(data) {
        x = next(pen, x);
        let (glyph, style) = mark(state, b);
        x = pen.dot(x, y, glyph, style) + 1;
        x = pen.put(x, y, &label, if b.off { theme.dim() } else { theme.text() });
        for (word, text) in [(" if ", &b.condition), (" hits ", &b.hits)] {
            if !text.is_empty() {
                x = pen.put(x, y, word, theme.dim());
                x = pen.value(x, y, 30, text);
            }
        }
        let words = match (b.off, !b.log.is_empty(), b.verified) {
            (true, ..) => " off",
            (false, true, _) => " log",
            (false, false, false) => " not taken",
            (false, false, true) => "",
        };
        x = pen.put(x, y, words, theme.dim());
        if b.seen > 0 {
            x = pen.put(x, y, &format!(" hit {}", b.seen), theme.dim());
        }
    }
    for f in state.debugging.filters.iter().filter(|f| f.on) {
        x = next(pen, x);
        let (glyph, style) = match f.condition.is_empty() {
            true => (glyphs.breakpoint, theme.bad()),
            false => (glyphs.conditional, theme.bad()),
        };
        x = pen.dot(x, y, glyph, style) + 1;
        x = pen.put(x, y, &f.label, theme.text());
        if !f.condition.is_empty() {
            x = pen.put(x, y, " if ", theme.dim());
            x = pen.value(x, y, 30, &f.condition);
        }
    }
    if first {
        x = pen.put(x, y, "none", theme.dim());
    }
    let others: Vec<String> = state
        .stops
        .keys()
        .filter(|p| Some(**p) != state.debugged)
        .map(|p| format!("<{p}>"))
        .collect();
    if !others.is_empty() {
        let text = format!("  {} also stopped ", glyphs.between);
        x = pen.put(x, y, &text, theme.dim());
        pen.put(x, y, &others.join(" "), theme.warn());
    }
}
