//! The view of collections: how many, how long, how often; pauses by length and by second; who collects most; the last ones.

use super::Caret;
use super::pen::Pen;
use crate::layout::Layout;
use crate::proto::GcSum;
use crate::proto::live::{CLASSES, Second};
use crate::state::live::{each_second, shorter_than};
use crate::state::{Link, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// A pause that is worth a warning.
const LONG: u64 = 5_000_000;

/// How much of a thousand passed bytes lives on.
fn survival(state: &State) -> Option<u64> {
    let (freed, promoted) = state.image.gc.moved;
    (promoted * 1000).checked_div(freed + promoted)
}

fn seconds(state: &State, count: usize) -> Vec<Second> {
    let gc = &state.image.gc;
    each_second(&gc.seconds, gc.now_ms / 1000, count)
}

pub fn head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head else { return };
    let theme = state.theme;
    let (dim, gc, live) = (theme.dim(), &state.image.gc, &state.live);
    if area.height < 3 {
        let line = format!(
            "minor {}  major {}  max {}",
            text::grouped(gc.minor.count),
            text::grouped(gc.major.count),
            text::nanos(gc.minor.max_nanos.max(gc.major.max_nanos)),
        );
        pen.put(area.x + 1, area.y, &line, dim);
        return;
    }
    let chart = match area.width {
        140.. => 30,
        70..140 => 16,
        _ => 0,
    };
    let row =
        |pen: &mut Pen<'_>, y: u16, name: &str, sum: &GcSum, rate: u64, of: fn(&Second) -> u64| {
            let mut x = pen.put(area.x + 1, y, name, theme.strong()).max(area.x + 8);
            if chart > 0 {
                let past = seconds(state, usize::from(chart));
                x = pen.spark(x, y, chart, past.iter().map(of), theme.data()) + 1;
            }
            pen.put_right(x + 8, y, &text::grouped(sum.count), theme.text());
            x += 9;
            if area.width >= 50 {
                pen.put_right(x + 7, y, &format!("{}/s", text::short(rate)), dim);
                x += 9;
            }
            if sum.count == 0 {
                return;
            }
            let below = |thousandths| shorter_than(&sum.pauses, thousandths);
            let facts = [
                ("p50 <", below(500).filter(|_| area.width >= 50)),
                ("p99 <", below(990)),
                ("max ", Some(sum.max_nanos)),
                ("total ", Some(sum.total_nanos)),
            ];
            for (what, value) in facts {
                let Some(value) = value else { continue };
                x = pen.put(x, y, what, dim);
                let style = if value > LONG && what != "total " {
                    theme.warn().add_modifier(Modifier::BOLD)
                } else {
                    theme.text()
                };
                x = pen.put(x, y, &text::nanos(value), style) + 2;
            }
        };
    row(pen, area.y, "minor", &gc.minor, live.rates[0], |s| s.minor);
    row(pen, area.y + 1, "major", &gc.major, live.rates[1], |s| {
        s.major
    });
    let y = area.y + 2;
    let mut x = pen
        .put(area.x + 1, y, "heap", theme.strong())
        .max(area.x + 8);
    if chart > 0 {
        let most = live.heap.iter().copied().max().unwrap_or(0) * 3 / 2;
        x = pen.spark_of(x, y, chart, live.heap.iter().copied(), most) + 1;
    }
    let heap = live.census.as_ref().map_or(0, |c| c.heap);
    pen.put_right(x + 8, y, &text::bytes(heap), theme.text());
    x += 10;
    let mut facts = vec![format!("{}/s freed", text::bytes(live.rates[2]))];
    if let Some(thousandths) = survival(state) {
        let (whole, part) = (thousandths / 10, thousandths % 10);
        let rate = text::bytes(live.rates[3]);
        facts.push(format!("{rate}/s promoted, {whole}.{part}% survive"));
    }
    facts.push(format!(
        "{} ms/s paused",
        (live.rates[4] + 500_000) / 1_000_000
    ));
    let (count, bytes) = gc.blobs;
    let blobs = text::count(count, "blob");
    facts.push(format!("{blobs} {}", text::bytes(bytes)));
    // What does not fit whole is left out.
    let mut between = String::new();
    for fact in facts {
        let words = format!("{between}{fact}");
        if usize::from(x) + words.chars().count() >= usize::from(area.right()) {
            break;
        }
        x = pen.put(x, y, &words, dim);
        between = format!(" {} ", state.glyphs.between);
    }
}

pub fn title(state: &State) -> (String, String) {
    let facts = match (state.frozen, &state.image.link) {
        (Some(_), _) => "frozen; . thaws".to_owned(),
        (None, Link::Lost(_)) => "the image ended; this is the last that was known".to_owned(),
        _ => "newest first".to_owned(),
    };
    if !state.live.alone {
        return ("Collections".to_owned(), facts);
    }
    let name = super::processes::called(state);
    let own = state.live.own.as_ref().and_then(|(_, gc)| gc.own);
    let all = own.map_or(String::new(), |(minor, major, nanos)| {
        format!("{minor} minor, {major} major, {}", text::nanos(nanos))
    });
    (format!("Collections of {name}"), all)
}

pub fn pauses_title(state: &State) -> (String, String) {
    let (_, window) = state.live.last_pauses(&state.image.gc);
    let shown = if state.live.since_start || window == 0 {
        "since the start; w: the last minute".to_owned()
    } else {
        format!("last {}; w: since the start", text::seconds(window))
    };
    let of = if state.live.alone {
        "of all processes, "
    } else {
        ""
    };
    ("Pauses".to_owned(), format!("{of}{shown}"))
}

/// Pauses by length, and by second.
pub fn pauses(state: &State, pen: &mut Pen<'_>, area: Rect) -> Option<Caret> {
    let beside = area.width >= 60;
    if !beside && area.height < 10 {
        histogram(state, pen, area);
        return None;
    }
    let (west, east) = if beside {
        let half = area.width / 2;
        let west = Rect {
            width: half,
            ..area
        };
        let east = Rect {
            x: area.x + half,
            width: area.width - half,
            ..area
        };
        (west, east)
    } else {
        let half = area.height / 2;
        let west = Rect {
            height: half,
            ..area
        };
        let east = Rect {
            y: area.y + half,
            height: area.height - half,
            ..area
        };
        (west, east)
    };
    histogram(state, pen, west);
    time_line(state, pen, east);
    None
}

fn histogram(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    let dim = theme.dim();
    let gc = &state.image.gc;
    let (last, window) = state.live.last_pauses(gc);
    let [minor, major] = if state.live.since_start || window == 0 {
        [gc.minor.pauses, gc.major.pauses]
    } else {
        last
    };
    let all: Vec<u64> = minor.iter().zip(&major).map(|(a, b)| a + b).collect();
    let y = area.y;
    let (edge, minors, majors) = (area.x + 10, area.x + 19, area.x + 27);
    pen.put_right(edge, y, "PAUSE", dim);
    pen.put_right(minors, y, "MINOR", dim);
    pen.put_right(majors, y, "MAJOR", dim);
    let rows = usize::from(area.height.saturating_sub(1));
    let used = |i: &usize| all[*i] > 0;
    let (Some(first), Some(end)) = ((0..CLASSES).find(used), (0..CLASSES).rfind(used)) else {
        if rows > 0 {
            let why = match state.image.link {
                Link::Live if gc.minor.count + gc.major.count == 0 => {
                    "nothing has been collected yet"
                }
                Link::Live => "none in this time",
                _ => "no image runs; ^r starts it",
            };
            pen.put(area.x + 2, y + 1, why, dim);
        }
        return;
    };
    // Where there is no room for all, the shortest go together.
    let from = first.max((end + 1).saturating_sub(rows));
    let sum = |of: &[u64; CLASSES], i: usize| -> u64 {
        if i == from {
            of[..=i].iter().sum()
        } else {
            of[i]
        }
    };
    let most = (from..=end).map(|i| sum(&minor, i) + sum(&major, i)).max();
    let most = most.unwrap_or(0).max(1);
    let bar = area.right().saturating_sub(majors + 4);
    for (y, i) in (y + 1..).zip(from..=end) {
        let (a, b) = (sum(&minor, i), sum(&major, i));
        // The last class has no end.
        let words = if i + 1 == CLASSES {
            format!("> {}", text::nanos(1000 << (i - 1)))
        } else {
            format!("< {}", text::nanos(1000 << i))
        };
        let long = 1000u64 << i > LONG;
        let style = if long { theme.warn() } else { theme.text() };
        pen.put_right(edge, y, &words, style);
        for (x, n) in [(minors, a), (majors, b)] {
            let style = if n > 0 { theme.text() } else { dim };
            pen.put_right(x, y, &text::short(n), style);
        }
        // Something is never drawn as nothing.
        let share = ((a + b) as f64 / most as f64).max(0.125 / f64::from(bar.max(1)));
        let share = if a + b == 0 { 0.0 } else { share };
        pen.bar(majors + 2, y, bar, share, theme.data());
    }
}

/// How many hundredths of a doubling a pause is above another: they differ by powers of ten.
fn height_of(nanos: u64, base: u64) -> u64 {
    match nanos.checked_div(base) {
        None | Some(0) => u64::from(nanos > 0),
        Some(_) => ((nanos as f64 / base as f64).log2() * 100.0) as u64 + 1,
    }
}

fn time_line(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    let dim = theme.dim();
    if area.height < 3 || area.width < 12 {
        return;
    }
    let chart = Rect {
        x: area.x + 9,
        y: area.y + 1,
        width: area.width.saturating_sub(10).min(60),
        height: area.height - 2,
    };
    let mut past = seconds(state, usize::from(chart.width));
    // Now is at the right, also of an image that has just begun.
    let missing = usize::from(chart.width).saturating_sub(past.len());
    past.splice(0..0, (0..missing).map(|_| Second::default()));
    let longest = |s: &Second| s.minor.max(s.major);
    let most = past.iter().map(longest).max().unwrap_or(0);
    // The shortest ones are drawn, too: three doublings high.
    let least = past.iter().map(longest).filter(|n| *n > 0).min();
    let base = 1000 << (least.unwrap_or(0) / 8000).max(1).ilog2();
    let top = height_of(most, base).max(1);
    let wide = area.width >= 48;
    let what = match wide {
        true => "longest pause of each second, by powers of two",
        false => "longest pause of each second",
    };
    pen.put_cut(area.x + 1, area.y, area.width.saturating_sub(1), what, dim);
    pen.put_right(area.x + 8, chart.y, &text::nanos(most), theme.text());
    if chart.height > 2 {
        let base = text::nanos(base);
        pen.put_right(area.x + 8, chart.bottom() - 1, &base, dim);
    }
    let values: Vec<(u64, ratatui::style::Style)> = past
        .iter()
        .map(|s| {
            let style = if s.major > s.minor {
                theme.warn()
            } else {
                theme.data()
            };
            (height_of(longest(s), base), style)
        })
        .collect();
    pen.chart(chart, &values, top);
    // Which were major is said by a letter, too.
    for (x, s) in (chart.x..).zip(&past) {
        if s.major > 0 {
            pen.put(x, chart.bottom(), "M", theme.warn());
        }
    }
    if past.iter().all(|s| s.major == 0) {
        let words = format!("{} s ago", past.len());
        pen.put(chart.x, chart.bottom(), &words, dim);
        pen.put_right(chart.right(), chart.bottom(), "now", dim);
    }
}

/// Who collects most.
pub fn collectors(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let dim = theme.dim();
    let rows = state.collectors();
    if rows.is_empty() {
        absent(state, pen, area);
        return None;
    }
    let end = area.right().saturating_sub(1);
    let wide = area.width >= 52;
    // Right edges, from the right.
    let (count, longest, rate) = if wide {
        (end, end - 9, end - 19)
    } else {
        (0, end, end.saturating_sub(9))
    };
    pen.put_right(area.x + 6, area.y, "PID", dim);
    pen.put(area.x + 8, area.y, "NAME", dim);
    pen.put_right(rate, area.y, "GC ms/s", dim);
    pen.put_right(longest, area.y, "LONGEST", dim);
    if wide {
        pen.put_right(count, area.y, "COUNT", dim);
    }
    let height = usize::from(area.height.saturating_sub(1));
    for (i, c) in rows
        .iter()
        .enumerate()
        .skip(state.collectors.top)
        .take(height)
    {
        let y = area.y + 1 + (i - state.collectors.top) as u16;
        if i == state.collectors.row {
            pen.selected_row(area, y, focused);
        }
        pen.put_right(area.x + 6, y, &format!("<{}>", c.pid), theme.text());
        let room = rate.saturating_sub(area.x + 17);
        let known = state.image.processes.iter().any(|p| p.id == c.pid);
        let name = if known {
            state.called(c.pid)
        } else {
            "ended, or not listed".to_owned()
        };
        let style = if known { theme.accent() } else { dim };
        pen.put_cut(area.x + 8, y, room, &name, style);
        let hot = c.rate >= LONG;
        let style = if hot {
            theme.warn().add_modifier(Modifier::BOLD)
        } else {
            theme.text()
        };
        pen.put_right(rate, y, &format!("{:.1}", c.rate as f64 / 1e6), style);
        if c.noted.0 > 0 {
            let style = if c.noted.0 > LONG {
                theme.warn()
            } else {
                theme.text()
            };
            pen.put_right(longest, y, &text::nanos(c.noted.0), style);
        }
        if wide {
            pen.put_right(count, y, &text::grouped(c.sums.0), dim);
        }
    }
    None
}

fn absent(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let why = match state.image.link {
        Link::Live if state.live.alone => "this process has collected nothing yet",
        Link::Live => "nothing has been collected yet",
        _ => "no image runs; ^r starts it",
    };
    pen.put(area.x + 2, area.y, why, state.theme.dim());
}

/// The last collections.
pub fn collections(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let list = state.shown_collections();
    if list.is_empty() {
        absent(state, pen, area);
        return None;
    }
    let dim = theme.dim();
    let (sizes, reason) = (area.width >= 60, area.width >= 84);
    let (at, pid) = (area.x + 8, area.x + 16);
    let pause = area.x + 34;
    let y = area.y;
    pen.put_right(at, y, "AT", dim);
    pen.put_right(pid, y, "PID", dim);
    pen.put(pid + 2, y, "KIND", dim);
    pen.put_right(pause, y, "PAUSE", dim);
    if sizes {
        pen.put_right(pause + 9, y, "BEFORE", dim);
        pen.put_right(pause + 18, y, "AFTER", dim);
        if area.width >= 64 {
            pen.put_right(pause + 28, y, "PROMOTED", dim);
        }
    }
    if reason {
        pen.put(pause + 31, y, "REASON", dim);
    }
    let height = usize::from(area.height.saturating_sub(1));
    for (i, c) in list
        .iter()
        .enumerate()
        .skip(state.collections.top)
        .take(height)
    {
        let y = area.y + 1 + (i - state.collections.top) as u16;
        if i == state.collections.row {
            pen.selected_row(area, y, focused);
        }
        pen.put_right(at, y, &text::seconds(c.at_ms), dim);
        pen.put_right(pid, y, &format!("<{}>", c.process), theme.text());
        let major = c.kind == "major";
        pen.put(pid + 2, y, &c.kind, if major { theme.warn() } else { dim });
        let style = if c.pause_nanos > LONG {
            theme.bad().add_modifier(Modifier::BOLD)
        } else {
            theme.text()
        };
        pen.put_right(pause, y, &text::nanos(c.pause_nanos), style);
        if sizes {
            pen.put_right(pause + 9, y, &text::bytes(c.before), theme.text());
            pen.put_right(pause + 18, y, &text::bytes(c.after), theme.text());
            if area.width >= 64 {
                let style = if c.promoted > 0 { theme.text() } else { dim };
                pen.put_right(pause + 28, y, &text::bytes(c.promoted), style);
            }
        }
        if reason {
            let x = pen.put(pause + 31, y, &c.reason, dim).max(pause + 46);
            if area.width >= 108 {
                let left = area.right().saturating_sub(x + 3);
                if state.image.processes.iter().any(|p| p.id == c.process) {
                    pen.put_cut(x + 2, y, left, &state.called(c.process), theme.accent());
                } else {
                    pen.put_cut(x + 2, y, left, "ended, or not listed", dim);
                }
            }
        }
    }
    None
}
