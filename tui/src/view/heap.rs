//! The view of heaps: processes by size, snapshots, and what one is made of: types, objects, one object with what keeps it alive.

use super::Caret;
use super::pen::Pen;
use super::processes::{absent, called, known};
use crate::layout::Layout;
use crate::proto::Heap;
use crate::proto::live::Object;
use crate::state::heaps::{ObjectRow, Opened, Page, Snap, TypeLine};
use crate::state::{Link, Panel, State, View};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Rows above the list in the heap's panel.
pub fn above(state: &State) -> usize {
    let slot = Layout::of(state).find(Panel::Heap);
    let height = slot.map_or(0, |s| s.area.height);
    usize::from(rows_above(state, height))
}

fn rows_above(state: &State, height: u16) -> u16 {
    if state.view != View::Heap {
        return 1;
    }
    match state.heaps.pages.last().map(|p| &p.page) {
        None => match height {
            0..6 => 1,
            6..12 => 2,
            _ => 6,
        },
        Some(Page::Object(..)) => 2.min(height.saturating_sub(1)),
        Some(_) if height < 5 => 1,
        Some(_) => 2,
    }
}

/// The processes by size.
pub fn list(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let dim = theme.dim();
    let (y, end) = (area.y, area.right().saturating_sub(1));
    let trend = if area.width >= 44 {
        end - 18
    } else {
        end.saturating_sub(9)
    };
    pen.put_right(area.x + 6, y, "PID", dim);
    pen.put(area.x + 8, y, "NAME", dim);
    if area.width >= 44 {
        pen.put(trend, y, "trend", dim);
    }
    pen.put_right(end, y, "HEAP", dim);
    let rows = state.shown_processes();
    if rows.is_empty() {
        absent(state, pen, Rect { y: y + 1, ..area }, "no processes");
        return None;
    }
    let height = usize::from(area.height.saturating_sub(1));
    for (i, p) in rows
        .iter()
        .enumerate()
        .skip(state.processes.top)
        .take(height)
    {
        let y = area.y + 1 + (i - state.processes.top) as u16;
        let selected = state.selected == Some(p.id);
        if selected {
            pen.selected_row(area, y, focused);
        }
        let style = if selected {
            theme.strong()
        } else {
            theme.text()
        };
        pen.put_right(area.x + 6, y, &format!("<{}>", p.id), style);
        let room = trend.saturating_sub(area.x + 9);
        match &p.name {
            Some(name) => pen.put_cut(area.x + 8, y, room, name, theme.accent()),
            None => pen.put_cut(area.x + 8, y, room, &p.function, theme.text()),
        };
        if area.width >= 44
            && let Some(track) = state.image.tracks.get(&p.id)
        {
            let most = headroom(&track.heap);
            pen.spark_of(trend, y, 8, track.heap.iter().copied(), most);
        }
        pen.put_right(end, y, &text::bytes(p.heap), theme.text());
    }
    None
}

/// What a trend of sizes is drawn as a share of: one that stays the same is no wall.
fn headroom(sizes: &std::collections::VecDeque<u64>) -> u64 {
    sizes.iter().copied().max().unwrap_or(0) * 3 / 2
}

fn ago(state: &State, at: u64) -> String {
    format!("{} ago", text::seconds(state.now.saturating_sub(at)))
}

fn named(snap: &Snap) -> String {
    if snap.name.is_empty() {
        format!("#{}", snap.id)
    } else {
        format!("#{} {}", snap.id, snap.name)
    }
}

/// The list of snapshots.
pub fn snapshots(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let dim = theme.dim();
    let end = area.right().saturating_sub(1);
    let heaps = &state.heaps;
    if heaps.snaps.is_empty() {
        let why = if heaps.taking.is_some() {
            "being taken"
        } else {
            "none yet: n takes one of the process, N of all"
        };
        pen.put_cut(area.x + 2, area.y, area.width.saturating_sub(3), why, dim);
        return None;
    }
    let wide = area.width >= 40;
    pen.put(area.x + 2, area.y, "SNAPSHOT OF", dim);
    if wide {
        pen.put_right(end - 11, area.y, "AGE", dim);
    }
    pen.put_right(end, area.y, "ALIVE", dim);
    let height = usize::from(area.height.saturating_sub(1));
    let rows = heaps.snaps.iter().rev().enumerate();
    for (i, snap) in rows.skip(heaps.list.top).take(height) {
        let y = area.y + 1 + (i - heaps.list.top) as u16;
        if i == heaps.list.row {
            pen.selected_row(area, y, focused);
        }
        let style = if snap.gone { dim } else { theme.strong() };
        let room = end.saturating_sub(area.x + if wide { 22 } else { 12 });
        let x = pen.put_cut(area.x + 2, y, room, &named(snap), style);
        let left = room.saturating_sub(x - area.x);
        if heaps.marked == Some(snap.id) {
            pen.dot(area.x + 1, y, state.glyphs.here, theme.warn());
        }
        let mark = if snap.gone {
            format!("{}, types only", snap.called)
        } else {
            snap.called.clone()
        };
        if left > 3 {
            pen.put_cut(x + 1, y, left, &mark, theme.accent());
        }
        if wide {
            let age = text::seconds(state.now.saturating_sub(snap.at));
            pen.put_right(end - 11, y, &age, dim);
        }
        pen.put_right(end, y, &text::bytes(snap.made.alive.1), theme.text());
    }
    None
}

/// The way to what is looked at, and what it is sorted by.
pub fn title(state: &State) -> (String, String) {
    let heaps = &state.heaps;
    let name = |id: usize| heaps.snap(id).map_or_else(String::new, named);
    let of = |id: usize| heaps.snap(id).map_or("", |s| s.called.as_str());
    let mut way: Vec<String> = Vec::new();
    for opened in &heaps.pages {
        way.push(match &opened.page {
            Page::Types(id) => format!("{} {}", of(*id), name(*id)),
            Page::Diff(from, to) => {
                format!(
                    "{} {} {} {}",
                    of(*to),
                    name(*from),
                    state.glyphs.gives,
                    name(*to)
                )
            }
            Page::Objects(_, ty) => ty.clone(),
            Page::Object(_, object) => {
                let report = opened.report.as_ref();
                report.map_or_else(|| format!("object {object}"), |r| r.object.ty.clone())
            }
        });
    }
    // Of a long way the beginning and where one is.
    if way.len() > 4 {
        let hidden = way.len() - 3;
        way.splice(1..1 + hidden, [state.glyphs.more.to_string()]);
    }
    if way.is_empty() {
        way.push(format!("{}  now", called(state)));
    }
    let mut facts = match heaps.pages.last().map(|p| &p.page) {
        None | Some(Page::Types(_) | Page::Diff(..)) => {
            format!("by {}", state.types_by())
        }
        Some(Page::Objects(..)) => "by retained".to_owned(),
        Some(Page::Object(..)) => String::new(),
    };
    if !heaps.filter.is_empty() && !facts.is_empty() {
        facts = format!("/ {}  {facts}", heaps.filter);
    }
    if state.frozen.is_some() && heaps.pages.is_empty() {
        facts = "frozen; . thaws".to_owned();
    }
    if heaps.taking.is_some() {
        facts = format!("{} being taken", state.glyphs.pending);
    }
    (way.join(&format!(" {} ", state.glyphs.prompt)), facts)
}

/// What the heap is made of.
pub fn draw(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let above = rows_above(state, area.height).min(area.height);
    let body = Rect {
        y: area.y + above,
        height: area.height - above,
        ..area
    };
    let head = Rect {
        height: above,
        ..area
    };
    match state.heaps.pages.last() {
        None => {
            let Some(heap) = known(state).and_then(|d| d.heap.as_ref()) else {
                absent(state, pen, area, "nothing is known of its heap");
                return None;
            };
            now(state, pen, head, heap);
            let lines = state.type_lines();
            types(state, pen, head, body, &lines, state.heap, focused);
            if lines.is_empty() && body.height > 0 {
                let why = if heap.by_type.is_empty()
                    && !state.selected.is_none_or(|p| state.counts_types(p))
                {
                    "too large to be counted every second; n takes a snapshot"
                } else if heap.by_type.is_empty() {
                    "there is nothing in it"
                } else {
                    "no type passes the filter; esc clears it"
                };
                pen.put_cut(
                    body.x + 2,
                    body.y,
                    body.width.saturating_sub(3),
                    why,
                    state.theme.dim(),
                );
            }
        }
        Some(opened) => match &opened.page {
            Page::Types(id) => {
                if above > 1 {
                    about(state, pen, head, *id);
                }
                let lines = state.type_lines();
                types(state, pen, head, body, &lines, opened.cursor, focused);
            }
            Page::Diff(from, to) => {
                if above > 1 {
                    difference(state, pen, head, *from, *to);
                }
                let lines = state.type_lines();
                types(state, pen, head, body, &lines, opened.cursor, focused);
                if lines.is_empty() && body.height > 0 {
                    pen.put(body.x + 2, body.y, "nothing has changed", state.theme.dim());
                }
            }
            Page::Objects(id, _) => objects(state, pen, head, body, opened, *id, focused),
            Page::Object(..) => object(state, pen, head, body, opened, focused),
        },
    }
    None
}

/// The sizes of a heap as it is: trend, young, old, large.
fn now(state: &State, pen: &mut Pen<'_>, area: Rect, heap: &Heap) {
    if area.height < 2 {
        return;
    }
    trend(state, pen, area, if area.width >= 60 { 24 } else { 10 });
    if area.height < 5 {
        return;
    }
    let theme = state.theme;
    let mut y = area.y + 1;
    let room = area.width.saturating_sub(40).clamp(4, 30);
    for (name, (used, capacity)) in [("young", heap.young), ("old", heap.old)] {
        let share = used as f64 / capacity.max(1) as f64;
        pen.put(area.x + 1, y, name, theme.dim());
        pen.put_right(area.x + 16, y, &text::bytes(used), theme.text());
        pen.track(area.x + 18, y, room, share);
        let of = format!("of {}", text::bytes(capacity));
        pen.put(area.x + 19 + room, y, &of, theme.dim());
        y += 1;
    }
    pen.put(area.x + 1, y, "large", theme.dim());
    pen.put_right(area.x + 16, y, &text::bytes(heap.large.1), theme.text());
    let mut facts = text::count(heap.large.0, "object");
    if heap.shared.0 > 0 {
        let (shared, bytes) = (heap.shared.0, text::bytes(heap.shared.1));
        facts = format!("{facts}; others have {shared} of them too: {bytes}");
    }
    let left = area.width.saturating_sub(19);
    pen.put_cut(area.x + 18, y, left, &facts, theme.dim());
}

/// One row: how the selected process's heap has grown, how often it is collected.
fn trend(state: &State, pen: &mut Pen<'_>, area: Rect, width: u16) {
    let theme = state.theme;
    let Some(p) = state.selected_process() else {
        return;
    };
    let track = state.image.tracks.get(&p.id);
    let y = area.y;
    let mut x = area.x + 1;
    if let Some(track) = track {
        let most = headroom(&track.heap);
        x = pen.spark_of(x, y, width, track.heap.iter().copied(), most) + 1;
    }
    x = pen.put(x, y, &text::bytes(p.heap), theme.strong()) + 2;
    x = pen.put(x, y, "GC ", theme.dim());
    let (minute, rate) = track.map_or((0, 0), |t| (t.gc_minute, t.gc_rate));
    x = pen.put(x, y, &format!("{}/min", text::short(minute)), theme.text()) + 2;
    let busy = rate >= 5_000_000;
    let style = if busy { theme.warn() } else { theme.text() };
    x = pen.put(x, y, &format!("{:.1} ms/s", rate as f64 / 1e6), style) + 2;
    if p.gc_count > 0 {
        let all = format!("{} since it began", text::grouped(p.gc_count));
        if usize::from(x) + all.len() < usize::from(pen.right()) {
            pen.put(x, y, &all, theme.dim());
        }
    }
}

/// The heap in the detail of a process: trend, then types.
pub fn section(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let Some(heap) = known(state).and_then(|d| d.heap.as_ref()) else {
        absent(state, pen, area, "nothing is known of its heap");
        return None;
    };
    trend(state, pen, area, if area.width >= 50 { 14 } else { 8 });
    let mut lines = state.live_types();
    lines.sort_by_key(|l| std::cmp::Reverse(l.sums[1]));
    let most = lines.first().map_or(1, |l| l.sums[1].max(1));
    let longest = lines.iter().map(|l| l.name.chars().count()).max();
    let names = (longest.unwrap_or(0) as u16).clamp(4, 24.min(area.width / 2));
    let room = area.width.saturating_sub(names + 34).clamp(4, 40);
    if lines.is_empty() {
        let why = if heap.young.0 + heap.old.0 == 0 {
            "empty"
        } else {
            "too large to be counted every second; h, n takes a snapshot"
        };
        pen.put_cut(
            area.x + 1,
            area.y + 1,
            area.width.saturating_sub(2),
            why,
            theme.dim(),
        );
    }
    let rows = usize::from(area.height.saturating_sub(1));
    for (i, line) in lines.iter().enumerate().skip(state.heap.top).take(rows) {
        let y = area.y + 1 + (i - state.heap.top) as u16;
        if focused && i == state.heap.row {
            pen.selected_row(area, y, true);
        }
        pen.put_cut(area.x + 1, y, names, &line.name, theme.warn());
        let share = line.sums[1] as f64 / most as f64;
        let x = pen.bar(area.x + 2 + names, y, room, share, theme.data());
        let x = pen.put(x + 1, y, &text::bytes(line.sums[1]), theme.text());
        if line.retains {
            let sign = state.glyphs.prompt;
            // Since that snapshot it may have grown.
            let last = state.selected.and_then(|p| state.heaps.last_of(Some(p)));
            let id = last.map_or(0, |s| s.id);
            let words = format!("retains {} in #{id} {sign}", text::bytes(line.sums[2]));
            pen.put(x + 2, y, &words, theme.dim());
        } else {
            pen.put(x + 2, y, &text::count(line.sums[0], "object"), theme.dim());
        }
    }
    None
}

/// A row about a snapshot.
fn about(state: &State, pen: &mut Pen<'_>, area: Rect, id: usize) {
    let Some(snap) = state.heaps.snap(id) else {
        return;
    };
    let theme = state.theme;
    let made = &snap.made;
    let mut x = pen.put(
        area.x + 1,
        area.y,
        &text::bytes(made.alive.1),
        theme.strong(),
    );
    x = pen.put(x, area.y, " in ", theme.dim());
    x = pen.put(
        x,
        area.y,
        &text::count(made.alive.0, "object"),
        theme.text(),
    );
    let mut facts = Vec::new();
    if made.processes.0 < made.processes.1 {
        facts.push(format!(
            "{} of {} processes",
            text::grouped(made.processes.0),
            text::grouped(made.processes.1)
        ));
    } else if snap.of.is_none() {
        facts.push(text::count(made.processes.0, "process").replace("processs", "processes"));
    }
    facts.push(ago(state, snap.at));
    if made.garbage.1 > 0 {
        facts.push(format!("{} garbage", text::bytes(made.garbage.1)));
    }
    facts.push(format!("held {} at most", text::nanos(made.held.2)));
    if made.left_out > 0 {
        facts.push(format!("{} left out", text::count(made.left_out, "ref")));
    }
    if snap.total > snap.types.len() as u64 {
        facts.push(format!("{} of {} types", snap.types.len(), snap.total));
    }
    let between = format!(" {} ", state.glyphs.between);
    let words = format!("{between}{}", facts.join(&between));
    let left = area.right().saturating_sub(x + 1);
    pen.put_cut(x, area.y, left, &words, theme.dim());
}

fn difference(state: &State, pen: &mut Pen<'_>, area: Rect, from: usize, to: usize) {
    let (Some(from), Some(to)) = (state.heaps.snap(from), state.heaps.snap(to)) else {
        return;
    };
    let theme = state.theme;
    let (before, after) = (from.made.alive, to.made.alive);
    let bytes = after.1 as i64 - before.1 as i64;
    let objects = after.0 as i64 - before.0 as i64;
    let x = pen.put(
        area.x + 1,
        area.y,
        &signed_bytes(bytes),
        grown(state, bytes),
    );
    let between = state.glyphs.between;
    let words = format!(
        "  {} {between} {} {} {} {between} {} apart",
        signed(objects, "object"),
        text::bytes(before.1),
        state.glyphs.gives,
        text::bytes(after.1),
        text::seconds(to.at.saturating_sub(from.at)),
    );
    pen.put_cut(
        x,
        area.y,
        area.right().saturating_sub(x + 1),
        &words,
        theme.dim(),
    );
}

fn signed_bytes(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "+" };
    format!("{sign}{}", text::bytes(n.unsigned_abs()))
}

fn signed(n: i64, thing: &str) -> String {
    let sign = if n < 0 { "-" } else { "+" };
    if thing.is_empty() {
        return format!("{sign}{}", text::grouped(n.unsigned_abs()));
    }
    format!("{sign}{}", text::count(n.unsigned_abs(), thing))
}

fn grown(state: &State, n: i64) -> Style {
    match n {
        1.. => state.theme.warn().add_modifier(Modifier::BOLD),
        ..0 => state.theme.good(),
        0 => state.theme.dim(),
    }
}

/// Types with count, own and retained bytes, or how much these have grown.
fn types(
    state: &State,
    pen: &mut Pen<'_>,
    head: Rect,
    area: Rect,
    lines: &[TypeLine],
    cursor: crate::state::Cursor,
    focused: bool,
) {
    let theme = state.theme;
    let dim = theme.dim();
    let y = head.bottom().saturating_sub(1);
    let width = area.width;
    let differ = lines.first().is_some_and(|l| l.before.is_some());
    let any_retained = lines.iter().any(|l| l.retains);
    // Of narrow panels the less important columns go.
    let with_retained = any_retained || differ;
    let (with_count, with_bar) = (width >= 52, width >= 66);
    let with_shallow = width >= 38 || !with_retained;
    let numbers = [(with_count, 0), (with_shallow, 1), (with_retained, 2)];
    let columns: Vec<usize> = numbers.iter().filter(|c| c.0).map(|c| c.1).collect();
    let tail = if with_bar { 12 } else { 1 };
    let longest = lines.iter().map(|l| l.name.chars().count()).max();
    let most = width.saturating_sub(3 + 11 * columns.len() as u16 + tail);
    let names = (longest.unwrap_or(4) as u16).clamp(6.min(most), most);
    // The bars take what is left.
    let bar_x = area.x + 2 + names + 11 * columns.len() as u16 + 2;
    let bar = area.right().saturating_sub(bar_x + 1).min(40);
    let heading = ["COUNT", "SHALLOW", "RETAINED"];
    pen.put(area.x + 2, y, "TYPE", dim);
    let edge = |i: usize| area.x + 2 + names + 11 * (i as u16 + 1);
    for (i, column) in columns.iter().enumerate() {
        let sorted = state.types_by() == heading[*column].to_lowercase();
        let style = if sorted { theme.strong() } else { dim };
        pen.put_right(edge(i), y, heading[*column], style);
    }
    let key = if any_retained { 2 } else { 1 };
    let size = |l: &TypeLine| {
        if differ {
            l.growth(key).unsigned_abs()
        } else {
            l.sums[key]
        }
    };
    let largest = lines.iter().map(size).max().unwrap_or(0).max(1);
    let height = usize::from(area.height);
    for (i, line) in lines.iter().enumerate().skip(cursor.top).take(height) {
        let y = area.y + (i - cursor.top) as u16;
        if i == cursor.row {
            pen.selected_row(area, y, focused);
        }
        pen.put_cut(area.x + 2, y, names, &line.name, theme.warn());
        for (at, column) in columns.iter().enumerate() {
            let n = line.sums[*column];
            let (words, style) = match (differ, *column) {
                (true, 0) => (signed(line.growth(0), ""), grown(state, line.growth(0))),
                (true, c) => (signed_bytes(line.growth(c)), grown(state, line.growth(c))),
                (false, 0) => (text::grouped(n), theme.text()),
                (false, 2) if !line.retains => (String::new(), dim),
                (false, _) => (text::bytes(n), theme.text()),
            };
            pen.put_right(edge(at), y, &words, style);
        }
        if !with_bar {
            continue;
        }
        if differ {
            let style = match line.word() {
                "new" | "grown" => theme.warn(),
                _ => theme.good(),
            };
            pen.put(bar_x, y, line.word(), style);
            if bar > 20 {
                let share = size(line) as f64 / largest as f64;
                pen.bar(bar_x + 8, y, bar - 8, share, theme.data());
            }
        } else {
            pen.bar(
                bar_x,
                y,
                bar,
                size(line) as f64 / largest as f64,
                theme.data(),
            );
        }
    }
}

fn objects(
    state: &State,
    pen: &mut Pen<'_>,
    head: Rect,
    area: Rect,
    opened: &Opened,
    id: usize,
    focused: bool,
) {
    let theme = state.theme;
    let dim = theme.dim();
    let (rows, total) = &opened.objects;
    if waits(state, pen, head, opened, rows.is_empty()) {
        return;
    }
    let of_all = state.heaps.snap(id).is_some_and(|s| s.of.is_none());
    let end = area.right().saturating_sub(1);
    if head.height > 1 {
        let few = if (rows.len() as u64) < *total {
            format!(
                ", the {} that retain most",
                text::grouped(rows.len() as u64)
            )
        } else {
            String::new()
        };
        let words = format!("{}{few}", text::count(*total, "object"));
        pen.put(head.x + 1, head.y, &words, dim);
    }
    let y = head.bottom().saturating_sub(1);
    pen.put(area.x + 2, y, "OBJECT", dim);
    let shallow = (area.width >= 40).then(|| end.saturating_sub(10));
    if let Some(x) = shallow {
        pen.put_right(x, y, "SHALLOW", dim);
    }
    pen.put_right(end, y, "RETAINED", dim);
    let right = shallow.unwrap_or(end).saturating_sub(10);
    let process = (of_all && area.width >= 56).then_some(right);
    if let Some(x) = process {
        pen.put_right(x, y, "PROCESS", dim);
    }
    let room = process.map_or(right, |x| x - 10).saturating_sub(area.x + 2);
    let height = usize::from(area.height);
    let shown = rows.iter().enumerate().skip(opened.cursor.top).take(height);
    for (i, o) in shown {
        let y = area.y + (i - opened.cursor.top) as u16;
        if i == opened.cursor.row {
            pen.selected_row(area, y, focused);
        }
        pen.value(area.x + 2, y, room, &o.value);
        if let Some(x) = process {
            pen.put_right(x, y, &format!("<{}>", o.process), dim);
        }
        if let Some(x) = shallow {
            pen.put_right(x, y, &text::bytes(o.bytes), theme.text());
        }
        pen.put_right(end, y, &text::bytes(o.retained), theme.text());
    }
}

/// Says why there is nothing yet, or never.
fn waits(state: &State, pen: &mut Pen<'_>, area: Rect, opened: &Opened, empty: bool) -> bool {
    if let Some(why) = &opened.refused {
        pen.put_cut(
            area.x + 2,
            area.y,
            area.width.saturating_sub(3),
            why,
            state.theme.warn(),
        );
        return true;
    }
    if empty {
        let why = if state.image.link == Link::Live {
            "the image is asked"
        } else {
            "no image runs"
        };
        pen.put(area.x + 2, area.y, why, state.theme.dim());
    }
    empty
}

fn object(
    state: &State,
    pen: &mut Pen<'_>,
    head: Rect,
    area: Rect,
    opened: &Opened,
    focused: bool,
) {
    let theme = state.theme;
    let Some(report) = &opened.report else {
        waits(state, pen, head, opened, true);
        return;
    };
    pen.value(
        head.x + 1,
        head.y,
        head.width.saturating_sub(2),
        &report.object.value,
    );
    if head.height > 1 {
        facts(state, pen, head.x + 1, head.y + 1, &report.object);
    }
    let rows = report.rows();
    let names = rows.iter().map(|row| match row {
        ObjectRow::Part { name, .. } => name.chars().count(),
        ObjectRow::Section(..) => 0,
    });
    let names = (names.max().unwrap_or(0) as u16).clamp(4, (area.width / 3).max(4));
    let end = area.right().saturating_sub(1);
    let height = usize::from(area.height);
    for (i, row) in rows.iter().enumerate().skip(opened.cursor.top).take(height) {
        let y = area.y + (i - opened.cursor.top) as u16;
        if i == opened.cursor.row {
            pen.selected_row(area, y, focused);
        }
        match row {
            ObjectRow::Section(name, count) => {
                let x = pen.put(area.x + 1, y, name, theme.strong());
                pen.put(x + 1, y, count, theme.dim());
            }
            ObjectRow::Part {
                name,
                value,
                object,
                facts,
                place,
            } => {
                pen.put_cut(area.x + 3, y, names, name, theme.accent());
                let right = match (facts, place) {
                    (Some((ty, retained)), _) if area.width >= 46 => {
                        let words = format!("{ty}  {}", text::bytes(*retained));
                        super::pen::cut(&words, usize::from(area.width / 3), state.glyphs.more)
                    }
                    (Some((_, retained)), _) => text::bytes(*retained),
                    (None, Some(place)) => state.place(place),
                    (None, None) => String::new(),
                };
                let right = match object {
                    Some(_) => format!("{right} {}", state.glyphs.prompt),
                    None => right,
                };
                let taken = right.chars().count() as u16 + 1;
                let x = area.x + 4 + names;
                pen.value(x, y, end.saturating_sub(x + taken), value);
                pen.put_right(end, y, &right, theme.dim());
            }
        }
    }
}

fn facts(state: &State, pen: &mut Pen<'_>, x: u16, y: u16, object: &Object) {
    let theme = state.theme;
    let x = pen.put(x, y, &object.ty, theme.warn());
    let x = pen.put(
        x,
        y,
        &format!("  {} itself, retains ", text::bytes(object.bytes)),
        theme.dim(),
    );
    pen.put(x, y, &text::bytes(object.retained), theme.strong());
}
