//! The view of schedulers: how much each worker does and what waits for it; how many processes are at what.

use super::Caret;
use super::pen::Pen;
use crate::layout::Layout;
use crate::proto::live::STATES;
use crate::state::{Link, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

pub fn head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head.filter(|a| a.height > 0) else {
        return;
    };
    let theme = state.theme;
    let dim = theme.dim();
    let image = &state.image;
    let told = image.workers.iter().any(|w| w.slept.is_some());
    let busy = if told {
        let sum: u64 = state.live.workers.values().map(|w| w.busy).sum();
        format!("{:.1}", sum as f64 / 1000.0)
    } else {
        image.workers.iter().filter(|w| !w.idle).count().to_string()
    };
    let known = format!("{busy} of {}", image.workers.len());
    let mut x = pen.put(area.x + 1, area.y, &known, theme.strong());
    x = pen.put(x, area.y, " workers at work  red/s ", dim);
    let width = if area.width >= 80 { 30 } else { 8 };
    let now = image.rates.back().copied().unwrap_or(0);
    x = pen.spark(x, area.y, width, image.rates.iter().copied(), theme.data()) + 1;
    x = pen.put(x, area.y, &text::short(now), theme.text()) + 2;
    let (mut steals, mut begun) = (0, 0);
    for past in state.live.workers.values() {
        steals += past.rates[1];
        begun += past.rates[2];
    }
    if area.width >= 80 {
        let words = format!(
            "{}/s begun  {}/s stolen",
            text::short(begun),
            text::short(steals)
        );
        pen.put(x, area.y, &words, dim);
    }
    let Some(census) = state.live.census.as_ref().filter(|_| area.height > 1) else {
        return;
    };
    let y = area.y + 1;
    let mut x = area.x + 1;
    let timers = match census.timers {
        1 => "timer pending",
        _ => "timers pending",
    };
    let facts = [
        (census.processes, "procs", theme.strong()),
        (census.states[1], "in run queues", theme.text()),
        (census.timers, timers, theme.text()),
        (census.blocked.0, "in blocking calls", theme.text()),
        (census.blocked.1, "wait for I/O", theme.text()),
        (census.spawned, "spawned so far", theme.text()),
    ];
    for (n, what, style) in facts {
        let len = text::grouped(n).len() + what.len() + 3;
        if x + len as u16 > area.right() {
            break;
        }
        let style = if n == 0 { dim } else { style };
        x = pen.put(x, y, &text::grouped(n), style);
        x = pen.put(x, y, &format!(" {what}  "), dim);
    }
}

pub fn title(state: &State) -> (String, String) {
    let facts = match (state.frozen, &state.image.link) {
        (Some(_), _) => "frozen; . thaws".to_owned(),
        (None, Link::Lost(_)) => "the last that was known".to_owned(),
        _ => String::new(),
    };
    ("Workers".to_owned(), facts)
}

pub fn workers(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
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
    let told = list.iter().any(|w| w.slept.is_some());
    let reductions = |id: u64| state.image.worker_rates.get(&id).map_or(0, |r| r.2);
    let most = list
        .iter()
        .map(|w| reductions(w.id))
        .max()
        .unwrap_or(0)
        .max(1);
    let dim = theme.dim();
    let width = area.width;
    // What there is room for besides: the trend, switches and steals, what runs.
    let (trend, more, runs) = (width >= 60, width >= 70, width >= 100);
    let fixed = 29 + u16::from(trend) * 10 + u16::from(more) * 18 + u16::from(runs) * 24;
    // A longer past where there is room for it.
    let long = if width >= 150 { 22 } else { 0 };
    let chart = width.saturating_sub(fixed + long).clamp(6, 44);
    let y = area.y;
    let mut x = area.x + 6 + chart;
    let percent = x + 6;
    let past = percent + 2;
    if trend {
        x += 10 + long;
    }
    let (red, queue) = (x + 14, x + 21);
    let (steals, begun) = (queue + 9, queue + 18);
    pen.put_right(area.x + 4, y, "#", dim);
    let heading = if told { "at work" } else { "reductions" };
    pen.put_cut(area.x + 6, y, chart, heading, dim);
    if trend {
        pen.put(past, y, "trend", dim);
    }
    pen.put_right(red, y, "RED/s", dim);
    pen.put_right(queue, y, "QUEUE", dim);
    if more {
        pen.put_right(steals, y, "STEALS/s", dim);
        pen.put_right(begun, y, "BEGUN/s", dim);
    }
    if runs {
        pen.put(begun + 2, y, "RUNS", dim);
    }
    let rows = usize::from(area.height.saturating_sub(1));
    for (i, w) in list.iter().enumerate().skip(state.workers.top).take(rows) {
        let y = area.y + 1 + (i - state.workers.top) as u16;
        if i == state.workers.row {
            pen.selected_row(area, y, focused);
        }
        let of = state.live.workers.get(&w.id);
        let share = match of {
            Some(of) if told => of.busy as f64 / 1000.0,
            _ => reductions(w.id) as f64 / most as f64,
        };
        pen.put_right(area.x + 4, y, &w.id.to_string(), dim);
        pen.track(area.x + 6, y, chart, share);
        if told {
            let style = match share {
                0.9.. => theme.strong(),
                0.005.. => theme.text(),
                _ => dim,
            };
            pen.put_right(percent, y, &format!("{:.0}%", share * 100.0), style);
        }
        if let Some(of) = of.filter(|_| trend) {
            pen.spark_of(past, y, 8 + long, of.past.iter().copied(), 1000);
        }
        pen.put_right(red, y, &text::short(reductions(w.id)), theme.text());
        let style = match w.queue {
            0 => dim,
            1..100 => theme.text(),
            _ => theme.warn().add_modifier(Modifier::BOLD),
        };
        pen.put_right(queue, y, &text::grouped(w.queue), style);
        if more {
            let rates = of.map_or([0; 3], |of| of.rates);
            for (x, n) in [(steals, rates[1]), (begun, rates[2])] {
                let style = if n > 0 { theme.text() } else { dim };
                pen.put_right(x, y, &text::short(n), style);
            }
        }
        if !runs {
            continue;
        }
        match w.running {
            Some(pid) => {
                let x = pen.put(begun + 2, y, &format!("<{pid}> "), theme.text());
                let left = area.right().saturating_sub(x);
                pen.put_cut(x, y, left, &state.called(pid), theme.accent());
            }
            None => {
                pen.put(begun + 2, y, if w.idle { "idle" } else { "" }, dim);
            }
        }
    }
    None
}

/// How many processes are in which state.
pub fn states(state: &State, pen: &mut Pen<'_>, area: Rect) {
    if area.height < 2 {
        return;
    }
    let theme = state.theme;
    let rule = Rect { height: 1, ..area };
    let Some(census) = &state.live.census else {
        pen.rule(rule, "Processes by state", "", false);
        pen.put(
            area.x + 2,
            area.y + 1,
            "the image does not tell",
            theme.dim(),
        );
        return;
    };
    let facts = format!("{} messages wait", text::grouped(census.messages));
    pen.rule(rule, "Processes by state", &facts, false);
    let most = census.states.iter().copied().max().unwrap_or(0).max(1);
    let bar = area.width.saturating_sub(60).clamp(8, 60);
    let about = [
        "on a worker",
        "in a run queue",
        "in receive",
        "until a deadline",
        "in a blocking call, or for I/O",
        "held by the debugger",
    ];
    for (y, i) in (area.y + 1..area.bottom()).zip(0..STATES.len()) {
        let n = census.states[i];
        let style = if n > 0 { theme.text() } else { theme.dim() };
        pen.put(area.x + 2, y, STATES[i], style);
        pen.put_right(area.x + 21, y, &text::grouped(n), style);
        pen.bar(area.x + 23, y, bar, n as f64 / most as f64, theme.data());
        let mut words = about[i].to_owned();
        if i == 4 && n > 0 {
            let (jobs, outside) = census.blocked;
            words = format!("{jobs} in blocking calls, {outside} for I/O");
        }
        pen.put(area.x + 25 + bar, y, &words, theme.dim());
    }
    let rest = Rect {
        y: area.y + 8,
        height: area.height.saturating_sub(8),
        ..area
    };
    reductions(state, pen, rest);
}

/// What all workers together did in the last minute.
fn reductions(state: &State, pen: &mut Pen<'_>, area: Rect) {
    if area.height < 5 {
        return;
    }
    let theme = state.theme;
    let rates = &state.image.rates;
    let rule = Rect { height: 1, ..area };
    pen.rule(rule, "Reductions per second", "last minute", false);
    let most = rates.iter().copied().max().unwrap_or(0);
    let wide = if area.width >= 140 { 2 } else { 1 };
    let chart = Rect {
        x: area.x + 9,
        y: area.y + 1,
        width: (area.width - 10).min(60 * wide),
        height: (area.height - 2).min(8 * wide),
    };
    pen.put_right(area.x + 8, chart.y, &text::short(most), theme.text());
    pen.put_right(area.x + 8, chart.bottom() - 1, "0", theme.dim());
    let each = rates.iter().flat_map(|n| (0..wide).map(|_| *n));
    let mut values: Vec<_> = each.map(|n| (n, theme.data())).collect();
    // The newest is at the right, whatever is known before.
    let missing = usize::from(chart.width).saturating_sub(values.len());
    values.splice(0..0, (0..missing).map(|_| (0, theme.data())));
    pen.chart(chart, &values, most);
    pen.put(chart.x, chart.bottom(), "60 s ago", theme.dim());
    pen.put_right(chart.right(), chart.bottom(), "now", theme.dim());
}
