//! Collections and workers.

use super::Caret;
use super::pen::Pen;
use crate::layout::Layout;
use crate::proto::GcSum;
use crate::state::{Link, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The longest pause of `share` of the collections of a kind that are known.
fn percentile(state: &State, kind: &str, share: f64) -> Option<u64> {
    let mut pauses: Vec<u64> = state
        .image
        .gc
        .collections
        .iter()
        .filter(|c| c.kind == kind)
        .map(|c| c.pause_nanos)
        .collect();
    pauses.sort_unstable();
    let at = (pauses.len() as f64 * share).ceil() as usize;
    pauses.get(at.saturating_sub(1)).copied()
}

pub fn gc_head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head else { return };
    let theme = state.theme;
    let gc = &state.image.gc;
    let chart = if area.width >= 100 {
        40
    } else if area.width >= 70 {
        16
    } else {
        0
    };
    let row = |pen: &mut Pen<'_>, y: u16, name: &str, sum: GcSum| {
        pen.put(area.x + 1, y, name, theme.strong());
        let pauses = gc
            .collections
            .iter()
            .rev()
            .filter(|c| c.kind == name)
            .map(|c| c.pause_nanos);
        let x = if chart > 0 {
            pen.spark(area.x + 8, y, chart, pauses, theme.data()) + 2
        } else {
            area.x + 8
        };
        pen.put_right(x + 7, y, &text::grouped(sum.count), theme.text());
        let mut x = x + 9;
        let typical = percentile(state, name, 0.5);
        let facts = [
            ("p50", typical),
            ("p99", percentile(state, name, 0.99)),
            ("max", Some(sum.max_nanos)),
            ("total", Some(sum.total_nanos)),
        ];
        for (what, value) in facts {
            let Some(value) = value.filter(|_| sum.count > 0) else {
                continue;
            };
            x = pen.put(x, y, what, theme.dim()) + 1;
            x = pen.put(
                x,
                y,
                &text::nanos(value),
                if value > 5_000_000 && what != "total" {
                    theme.warn()
                } else {
                    theme.text()
                },
            ) + 2;
        }
    };
    if area.height < 4 {
        let line = format!(
            "minor {}  major {}",
            text::grouped(gc.minor.count),
            text::grouped(gc.major.count)
        );
        pen.put(area.x + 1, area.y, &line, theme.dim());
        return;
    }
    row(pen, area.y, "minor", gc.minor);
    row(pen, area.y + 1, "major", gc.major);
    let recent = &gc.collections;
    if let (Some(new), Some(old)) = (recent.first(), recent.last()) {
        let freed: u64 = recent
            .iter()
            .map(|c| c.before.saturating_sub(c.after))
            .sum();
        let promoted: u64 = recent.iter().map(|c| c.promoted).sum();
        let window = new.at_ms.saturating_sub(old.at_ms).max(1);
        let stood: u64 = recent.iter().map(|c| c.pause_nanos).sum();
        let facts = format!(
            "last {}: {} freed, {} promoted, {:.2}% of {} in pauses",
            text::count(recent.len() as u64, "collection"),
            text::bytes(freed),
            text::bytes(promoted),
            stood as f64 / 1e4 / window as f64,
            text::seconds(window),
        );
        pen.put(area.x + 1, area.y + 2, &facts, theme.dim());
    }
    let facts = match (state.frozen, &state.image.link) {
        (Some(_), _) => "frozen; . thaws",
        (None, Link::Lost(_)) => "the image ended; this is the last that was known",
        _ => "newest first",
    };
    pen.rule(
        Rect {
            y: area.y + 4,
            height: 1,
            ..area
        },
        "Collections",
        facts,
        true,
    );
}

pub fn collections(state: &State, pen: &mut Pen<'_>, area: Rect) -> Option<Caret> {
    let theme = state.theme;
    let list = &state.image.gc.collections;
    if list.is_empty() {
        let why = if state.image.link == Link::Live {
            "nothing has been collected yet"
        } else {
            "no image runs; ^r starts it"
        };
        pen.put(area.x + 2, area.y, why, theme.dim());
        return None;
    }
    let wide = area.width >= 70;
    // Right edges.
    let (at, pid, pause) = (
        area.x + 10,
        area.x + 18,
        area.x + if wide { 37 } else { 36 },
    );
    let y = area.y;
    let dim = theme.dim();
    pen.put_right(at, y, "AT", dim);
    pen.put_right(pid, y, "PID", dim);
    pen.put(pid + 2, y, "KIND", dim);
    pen.put_right(pause, y, "PAUSE", dim);
    if wide {
        pen.put_right(pause + 11, y, "BEFORE", dim);
        pen.put_right(pause + 22, y, "AFTER", dim);
        pen.put_right(pause + 33, y, "PROMOTED", dim);
        pen.put(pause + 36, y, "REASON", dim);
    }
    for (i, c) in list
        .iter()
        .enumerate()
        .skip(state.collections.top)
        .take(usize::from(area.height.saturating_sub(1)))
    {
        let y = area.y + 1 + (i - state.collections.top) as u16;
        if i == state.collections.row {
            pen.selected_row(area, y, true);
        }
        pen.put_right(at, y, &text::seconds(c.at_ms), dim);
        pen.put_right(pid, y, &format!("<{}>", c.process), theme.text());
        let major = c.kind == "major";
        pen.put(pid + 2, y, &c.kind, if major { theme.warn() } else { dim });
        let style = if c.pause_nanos > 5_000_000 {
            theme.bad().add_modifier(Modifier::BOLD)
        } else {
            theme.text()
        };
        pen.put_right(pause, y, &text::nanos(c.pause_nanos), style);
        if wide {
            pen.put_right(pause + 11, y, &text::bytes(c.before), theme.text());
            pen.put_right(pause + 22, y, &text::bytes(c.after), theme.text());
            pen.put_right(
                pause + 33,
                y,
                &text::bytes(c.promoted),
                if c.promoted > 0 { theme.text() } else { dim },
            );
            let x = pen.put(pause + 36, y, &c.reason, dim);
            if area.width >= 110 {
                pen.put(x + 2, y, &state.called(c.process), theme.accent());
            }
        }
    }
    None
}

pub fn scheduler_head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head.filter(|a| a.height > 0) else {
        return;
    };
    let theme = state.theme;
    let busy = state.image.workers.iter().filter(|w| !w.idle).count();
    let mut x = pen.put(
        area.x + 1,
        area.y,
        &format!("{busy} of {}", state.image.workers.len()),
        theme.strong(),
    );
    x = pen.put(x, area.y, " workers busy  red/s ", theme.dim());
    x = pen.spark(
        x,
        area.y,
        if area.width >= 80 { 30 } else { 12 },
        state.image.rates.iter().copied(),
        theme.data(),
    ) + 1;
    pen.put(
        x,
        area.y,
        &text::short(state.image.rates.back().copied().unwrap_or(0)),
        theme.text(),
    );
    pen.rule(
        Rect {
            y: area.y + 1,
            height: 1,
            ..area
        },
        "Workers",
        "",
        true,
    );
}

pub fn workers(state: &State, pen: &mut Pen<'_>, area: Rect) -> Option<Caret> {
    let theme = state.theme;
    let list = &state.image.workers;
    if list.is_empty() {
        let why = if state.image.link == Link::Live {
            "the image tells nothing of its workers yet"
        } else {
            "no image runs; ^r starts it"
        };
        pen.put(area.x + 2, area.y, why, theme.dim());
        return None;
    }
    let rates = |id: u64| state.image.worker_rates.get(&id).map_or(0, |r| r.2);
    let most = list.iter().map(|w| rates(w.id)).max().unwrap_or(0).max(1);
    let chart = area.width.saturating_sub(56).min(40);
    let y = area.y;
    let dim = theme.dim();
    let after = area.x + 6 + chart;
    pen.put_right(area.x + 4, y, "#", dim);
    pen.put_right(after + 7, y, "RED/s", dim);
    pen.put_right(after + 15, y, "QUEUE", dim);
    pen.put_right(after + 24, y, "STEALS", dim);
    pen.put(after + 27, y, "RUNS", dim);
    for (i, w) in list
        .iter()
        .enumerate()
        .take(usize::from(area.height.saturating_sub(1)))
    {
        let y = area.y + 1 + i as u16;
        let rate = rates(w.id);
        pen.put_right(area.x + 4, y, &w.id.to_string(), dim);
        pen.bar(
            area.x + 6,
            y,
            chart,
            rate as f64 / most as f64,
            theme.data(),
        );
        pen.put_right(after + 7, y, &text::short(rate), theme.text());
        pen.put_right(
            after + 15,
            y,
            &text::grouped(w.queue),
            if w.queue > 0 { theme.text() } else { dim },
        );
        pen.put_right(
            after + 24,
            y,
            &text::short(w.steals),
            if w.steals > 0 { theme.text() } else { dim },
        );
        match w.running {
            Some(pid) => {
                let x = pen.put(after + 27, y, &format!("<{pid}> "), theme.text());
                pen.put(x, y, &state.called(pid), theme.accent());
            }
            None => {
                pen.put(after + 27, y, if w.idle { "idle" } else { "" }, dim);
            }
        }
    }
    None
}
