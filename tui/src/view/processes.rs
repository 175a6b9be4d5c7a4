//! The processes: summary, list, and one in detail (mailbox, stack, heap, links).

use super::Caret;
use super::pen::Pen;
use crate::layout::Layout;
use crate::proto::{Process, RunState};
use crate::state::{Link, SORTS, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

pub fn head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head else { return };
    let (theme, glyphs) = (state.theme, state.glyphs);
    let image = &state.image;
    let count =
        |f: &dyn Fn(&Process) -> bool| image.processes.iter().filter(|p| f(p)).count() as u64;
    // What the image counts is true of all; the list may have but the first.
    let census = state.live.census.as_ref();
    let y = area.y;
    let mut x = pen.put(area.x + 1, y, &text::grouped(image.total), theme.strong());
    x = pen.put(x, y, " procs  ", theme.dim());
    x = pen.put(
        x,
        y,
        &text::grouped(
            census.map_or_else(|| count(&|p| p.state == RunState::Running), |c| c.states[0]),
        ),
        theme.good(),
    );
    x = pen.put(x, y, " run  ", theme.dim());
    let blocked = census.map_or(0, |c| c.states[4]);
    if blocked > 0 {
        x = pen.put(x, y, &text::grouped(blocked), theme.warn());
        x = pen.put(x, y, " blocked  ", theme.dim());
    }
    let stopped = state.stops.len() as u64;
    if stopped > 0 {
        x = pen.put(
            x,
            y,
            &stopped.to_string(),
            theme.warn().add_modifier(Modifier::BOLD),
        );
        x = pen.put(x, y, " stopped  ", theme.dim());
    }
    let full = census.map_or_else(|| count(&|p| p.mailbox > 1000), |c| c.long_mailboxes);
    if full > 0 {
        x = pen.put(
            x,
            y,
            &full.to_string(),
            theme.bad().add_modifier(Modifier::BOLD),
        );
        x = pen.put(x, y, " mailbox>1k  ", theme.dim());
    }
    let findings = state.findings().len() as u64;
    if findings > 0 {
        x = pen.dot(x, y, glyphs.warning, theme.warn()) + 1;
        x = pen.put(x, y, &text::count(findings, "finding"), theme.warn()) + 2;
    }
    if state.size.0 >= 90 && !image.rates.is_empty() {
        x = pen.put(x, y, "red/s ", theme.dim());
        x = pen.spark(x, y, 12, image.rates.iter().copied(), theme.data()) + 1;
        x = pen.put(
            x,
            y,
            &text::short(image.rates.back().copied().unwrap_or(0)),
            theme.text(),
        ) + 2;
    }
    let listed = || image.processes.iter().map(|p| p.heap).sum();
    let heap: u64 = census.map_or_else(listed, |c| c.heap);
    x = pen.put(x, y, "heap ", theme.dim());
    x = pen.put(x, y, &text::bytes(heap), theme.text()) + 2;
    if let Some(census) = census.filter(|_| state.size.0 >= 120) {
        x = pen.put(x, y, &text::short(census.messages), theme.text());
        pen.put(x, y, " messages wait", theme.dim());
    }
    if area.height < 2 {
        return;
    }
    let y = area.y + 1;
    let mut x = pen.put(area.x + 1, y, "/ ", theme.dim());
    x = if state.filter.is_empty() {
        pen.put(x, y, "all", theme.dim())
    } else {
        pen.put(x, y, &state.filter, theme.text())
    };
    let shown = state.process_rows() as u64;
    let known = image.processes.len() as u64;
    // A filter looks through those that were asked for.
    let of = if known < image.total && !state.filter.is_empty() && !state.served() {
        format!(
            "the first {} of {}",
            text::grouped(known),
            text::grouped(image.total)
        )
    } else {
        text::grouped(image.total)
    };
    x = pen.put(
        x,
        y,
        &format!(
            "  {} {} of {} {} {}",
            glyphs.between,
            text::grouped(shown),
            of,
            glyphs.between,
            if state.as_tree { "" } else { "sort " }
        ),
        theme.dim(),
    );
    if state.as_tree {
        x = pen.put(x, y, "tree", theme.strong());
    } else {
        x = pen.put(x, y, SORTS[state.sort], theme.strong());
        x = pen.put(x, y, &format!(" {}", glyphs.down), theme.text());
    }
    let frozen = match (&image.link, state.frozen) {
        (Link::Lost(_), _) => Some("the image ended; this is the last that was known".to_owned()),
        (_, Some(at)) => Some(format!(
            "frozen {} ago; . thaws",
            text::seconds(state.now.saturating_sub(at))
        )),
        (Link::Live | Link::Off | Link::Starting, None) => None,
    };
    match frozen {
        Some(why) => pen.put(x, y, &format!("  {} {why}", glyphs.freeze), theme.warn()),
        None => pen.put(x, y, &format!(" {} 1 s", glyphs.between), theme.dim()),
    };
    if area.height > 2 {
        pen.put(
            area.x,
            area.y + 2,
            &glyphs.rule.to_string().repeat(usize::from(area.width)),
            theme.dim(),
        );
    }
}

fn state_style(state: &State, run: RunState) -> Style {
    match run {
        RunState::Running => state.theme.good(),
        RunState::Stopped => state.theme.warn().add_modifier(Modifier::BOLD),
        RunState::Blocked => state.theme.warn(),
        RunState::Exited => state.theme.bad(),
        RunState::Runnable => state.theme.text(),
        RunState::Waiting | RunState::Sleeping | RunState::Other => state.theme.dim(),
    }
}

/// What a process does; one the debugger holds is stopped whatever the last list said.
fn run_state(state: &State, p: &Process) -> RunState {
    if state.stops.get(&p.id).is_some_and(|s| !s.moving) {
        RunState::Stopped
    } else {
        p.state
    }
}

/// Indents a row of the tree, marks what opens, says how many are hidden. Gives where its name begins and its room.
fn branch(state: &State, pen: &mut Pen<'_>, p: &Process, x: u16, y: u16, room: u16) -> (u16, u16) {
    let depth = u16::try_from(p.depth).unwrap_or(u16::MAX);
    let indent = depth.saturating_mul(2).min(room / 2);
    let below = state.below(p.id);
    let folded = state.folded.contains(&p.id);
    if below > 0 {
        let mark = if folded {
            state.glyphs.closed
        } else {
            state.glyphs.open
        };
        pen.dot(x + indent, y, mark, state.theme.dim());
    }
    let mut facts = Vec::new();
    if p.supervisor {
        facts.push("supervisor".to_owned());
    }
    if folded && below > 0 {
        facts.push(format!("{} below", text::grouped(below as u64)));
    }
    let facts = facts.join(" ");
    let len = facts.chars().count() as u16 + 1;
    let mut left = room.saturating_sub(indent + 2);
    if len > 1 && left > len + 12 {
        left -= len;
        pen.put_right(x + room, y, &facts, state.theme.dim());
    }
    (x + indent + 2, left)
}

pub fn list(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    if area.is_empty() {
        return None;
    }
    let width = area.width;
    let wide = width >= 96;
    // Right edges of the columns, from the right.
    let end = area.right().saturating_sub(1);
    let (gc, links, heap, red, trend, mbox) = if wide {
        (end, end - 9, end - 17, end - 27, end - 46, end - 47)
    } else if width >= 50 {
        (0, 0, end, end.saturating_sub(10), 0, end.saturating_sub(20))
    } else {
        (0, 0, 0, 0, 0, end)
    };
    let status = mbox.saturating_sub(if wide { 17 } else { 16 });
    let status = if width >= 40 {
        status
    } else {
        mbox.saturating_sub(6)
    };
    let name_x = area.x + 8;
    let y = area.y;
    let dim = theme.dim();
    pen.put_right(area.x + 6, y, "PID", dim);
    pen.put(
        name_x,
        y,
        if wide { "NAME / FUNCTION" } else { "NAME" },
        dim,
    );
    if width >= 40 {
        pen.put(status, y, "STATE", dim);
    }
    pen.put_right(mbox, y, "MBOX", dim);
    if wide {
        pen.put(trend + 1, y, "trend", dim);
        pen.put_right(links, y, "LINKS", dim);
        pen.put_right(gc, y, "GC ms/s", dim);
    }
    if red > 0 {
        pen.put_right(red, y, "RED/s", dim);
        pen.put_right(heap, y, "HEAP", dim);
    }
    let rows = state.shown_processes();
    if rows.is_empty() {
        let why = match (&state.image.link, state.filter.is_empty()) {
            (Link::Live, true) => "no processes",
            (Link::Live, false) => "no process passes the filter; / changes it, esc clears it",
            _ => "no image runs; ^r starts it",
        };
        pen.put(area.x + 2, area.y + 1, why, dim);
        return None;
    }
    let (first, all) = (state.first_row(), state.process_rows());
    for (y, i) in (area.y + 1..area.bottom()).zip(state.processes.top..all) {
        let Some(p) = i.checked_sub(first).and_then(|i| rows.get(i)) else {
            // The image has been asked for it.
            pen.dot(area.x + 5, y, state.glyphs.more, dim);
            continue;
        };
        let selected = state.selected == Some(p.id);
        if selected {
            pen.selected_row(area, y, focused);
        }
        let run = run_state(state, p);
        let style = state_style(state, run);
        pen.put_right(
            area.x + 6,
            y,
            &format!("<{}>", p.id),
            if selected {
                theme.strong()
            } else {
                theme.text()
            },
        );
        let room = (if width >= 40 {
            status
        } else {
            mbox.saturating_sub(6)
        })
        .saturating_sub(name_x + 1);
        let (name_x, room) = if state.as_tree {
            branch(state, pen, p, name_x, y, room)
        } else {
            (name_x, room)
        };
        match &p.name {
            Some(name) => {
                let x = pen.put_cut(name_x, y, room, name, theme.accent());
                let left = room.saturating_sub(x - name_x + 1);
                if left > 4 {
                    pen.put_cut(x + 1, y, left, &p.function, dim);
                }
            }
            None => {
                pen.put_cut(name_x, y, room, &p.function, theme.text());
            }
        }
        if width >= 40 {
            match p.waits_for {
                Some(other) => pen.put(status, y, &format!("for <{other}>"), theme.warn()),
                None => pen.put(status, y, run.word(), style),
            };
        }
        let mailbox = if p.mailbox > 1000 {
            theme.bad().add_modifier(Modifier::BOLD)
        } else if p.mailbox > 0 {
            theme.text()
        } else {
            dim
        };
        pen.put_right(mbox, y, &text::grouped(p.mailbox), mailbox);
        let track = state.image.tracks.get(&p.id);
        if red > 0 {
            let rate = track.map_or(0, |t| t.rate);
            pen.put_right(
                red,
                y,
                &text::short(rate),
                if rate > 0 { theme.text() } else { dim },
            );
            pen.put_right(heap, y, &text::bytes(p.heap), theme.text());
        }
        if wide {
            if let Some(track) = track {
                pen.spark(trend + 1, y, 8, track.mailbox.iter().copied(), theme.data());
            }
            pen.put_right(
                links,
                y,
                &p.links.len().to_string(),
                if p.links.is_empty() {
                    dim
                } else {
                    theme.text()
                },
            );
            let gc_ms = track.map_or(0.0, |t| t.gc_rate as f64 / 1e6);
            pen.put_right(
                gc,
                y,
                &format!("{gc_ms:.1}"),
                if gc_ms >= 5.0 { theme.warn() } else { dim },
            );
        }
    }
    None
}

/// How the selected process is called in titles.
pub fn called(state: &State) -> String {
    match state.selected_process() {
        Some(p) => format!("<{}> {}", p.id, p.name.as_deref().unwrap_or(&p.function)),
        None => state
            .selected
            .map(|p| format!("<{p}> ended"))
            .unwrap_or_default(),
    }
}

pub fn mailbox_title(state: &State) -> String {
    let name = called(state);
    if name.is_empty() {
        "Mailbox".to_owned()
    } else {
        format!("{name}  Mailbox")
    }
}

pub fn heap_title(state: &State) -> (String, String) {
    let facts = known(state).and_then(|d| d.heap.as_ref()).map(|h| {
        format!(
            "young {}  old {}",
            text::bytes(h.young.0),
            text::bytes(h.old.0)
        )
    });
    ("Heap".to_owned(), facts.unwrap_or_default())
}

/// The detail, if it is that of the selected process.
pub fn known(state: &State) -> Option<&crate::state::Detail> {
    Some(&state.detail).filter(|d| state.selected == Some(d.pid))
}

/// Says why there is nothing to show.
pub fn absent(state: &State, pen: &mut Pen<'_>, area: Rect, thing: &str) {
    let why = match (
        known(state).and_then(|d| d.refused.as_ref()),
        &state.image.link,
    ) {
        (Some(why), _) => why.clone(),
        (None, _) if state.frozen.is_some() => {
            "it was not looked at when all was frozen; . thaws".to_owned()
        }
        (None, Link::Live) if state.selected.is_none() => "no process is selected".to_owned(),
        _ => thing.to_owned(),
    };
    pen.put(area.x + 2, area.y, &why, state.theme.dim());
}

pub fn stack(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let Some(detail) = known(state).filter(|d| !d.frames.is_empty()) else {
        absent(state, pen, area, "no stack is known");
        return None;
    };
    let place_x = area.x + (area.width * 3 / 5).clamp(12, 40);
    for (i, frame) in detail
        .frames
        .iter()
        .enumerate()
        .skip(state.stack.top)
        .take(usize::from(area.height))
    {
        let y = area.y + (i - state.stack.top) as u16;
        if focused && i == state.stack.row {
            pen.selected_row(area, y, true);
        }
        if i == 0 {
            pen.dot(area.x + 1, y, state.glyphs.closed, theme.accent());
        }
        pen.put_cut(
            area.x + 3,
            y,
            place_x.saturating_sub(area.x + 4),
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

/// Some lines of a text around one of them.
pub fn excerpt(state: &State, pen: &mut Pen<'_>, area: Rect, text: &ropey::Rope, middle: usize) {
    let theme = state.theme;
    let first = middle.saturating_sub(usize::from(area.height) / 2);
    for (y, line) in (area.y..area.bottom()).zip(first..crate::editor::motion::line_count(text)) {
        let here = line == middle;
        if here {
            pen.fill(
                Rect {
                    y,
                    height: 1,
                    ..area
                },
                theme.row(),
            );
            pen.dot(area.x, y, state.glyphs.here, theme.warn());
        }
        pen.put_right(
            area.x + 6,
            y,
            &(line + 1).to_string(),
            if here { theme.strong() } else { theme.dim() },
        );
        let source = text.line(line).to_string();
        let (code, comment) = source.trim_end().split_at(
            source
                .find('#')
                .filter(|i| !source[i + 1..].starts_with('{'))
                .unwrap_or(source.trim_end().len())
                .min(source.trim_end().len()),
        );
        let x = pen.value(area.x + 8, y, area.width.saturating_sub(8), code);
        pen.put(x, y, comment, theme.dim());
    }
}

/// Right of the heap: the source around the process's line, and who it is linked to.
pub fn side(state: &State, pen: &mut Pen<'_>, source: Rect, links: Rect) {
    let theme = state.theme;
    let place = state.source_place();
    let title = place.as_ref().map(|p| state.place(p)).unwrap_or_default();
    pen.rule(
        Rect {
            height: 1,
            ..source
        },
        if title.is_empty() { "Source" } else { &title },
        "",
        false,
    );
    let area = Rect {
        y: source.y + 1,
        height: source.height.saturating_sub(1),
        ..source
    };
    if let Some(place) = &place {
        let path = state.absolute(&place.path);
        let open = state.doc_of(&path).map(|i| state.editor.docs[i].text());
        if let Some(text) = open.or_else(|| state.sources.get(&path)?.as_ref()) {
            excerpt(state, pen, area, text, place.line.saturating_sub(1));
        }
    }
    if links.height < 2 {
        return;
    }
    pen.rule(Rect { height: 1, ..links }, "Links", "", false);
    let Some(p) = state.selected_process() else {
        return;
    };
    let mut y = links.y + 1;
    let mut row = |pen: &mut Pen<'_>, what: &str, pid: u64| {
        if y < links.bottom() {
            pen.put(links.x + 1, y, what, theme.dim());
            pen.put(links.x + 9, y, &format!("<{pid}>"), theme.text());
            pen.put(links.x + 16, y, &state.called(pid), theme.accent());
            y += 1;
        }
    };
    if let Some(parent) = p.parent {
        row(pen, "parent", parent);
    }
    for link in &p.links {
        row(pen, "link", *link);
    }
    if p.parent.is_none() && p.links.is_empty() {
        pen.put(links.x + 1, links.y + 1, "linked to nobody", theme.dim());
    }
}
