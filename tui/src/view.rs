//! The screen as a function of the model.
//!
//! [`view`] draws a state into a buffer and says where the cursor is. Everything is clipped: any size is fine, down to one cell. Row 0
//! has the views and the health of the image, the last row the keys of the focused panel, made from the key table.

mod code;
mod debug;
mod gc;
mod guide;
mod heap;
mod inspect;
mod lang;
mod mailbox;
mod panels;
mod past;
mod pen;
mod popup;
mod processes;
mod repl;
mod schedulers;
mod tests;
mod tree;
pub mod variables;

use crate::commands::{self, Ctx};
use crate::editor::document::Severity;
use crate::editor::select::Pick;
use crate::editor::{Mode, motion};
use crate::keys;
use crate::layout::Layout;
use crate::state::{Link, Panel, PromptKind, State, Tone, VIEWS, View};
use crate::text;
use pen::Pen;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

pub use guide::strip_height;
pub use heap::above as heap_above;
pub use inspect::rows as inspector_rows;
pub use lang::choice_rows;
pub use popup::picker_rows;

/// Where the terminal's cursor goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caret {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// A bar between characters; else a block on one.
    pub bar: bool,
}

/// Draws the state.
pub fn view(state: &State, buf: &mut Buffer) -> Option<Caret> {
    let area = buf.area;
    if area.is_empty() {
        return None;
    }
    buf.set_style(area, state.theme.base());
    let layout = Layout::of(state);
    let mut pen = Pen::new(buf, state);
    let mut caret = None;
    for column in layout.column.into_iter().chain(layout.column_right) {
        pen.column(column);
    }
    if let Some(tabs) = layout.tabs {
        code::tabs(state, &mut pen, tabs);
    }
    match state.view {
        View::Processes => processes::head(state, &mut pen, &layout),
        View::Gc => gc::head(state, &mut pen, &layout),
        View::Schedulers => schedulers::head(state, &mut pen, &layout),
        View::Debug => debug::head(state, &mut pen, &layout),
        View::Tests => tests::head(state, &mut pen, &layout),
        View::Code | View::Heap | View::Repl => {}
    }
    for slot in &layout.slots {
        let focused = slot.panel == state.panel();
        if let Some(title) = slot.title {
            panel_title(state, &mut pen, &layout, slot.panel, title, focused);
        }
        let mut inner = pen.within(slot.area);
        let found = match slot.panel {
            Panel::Editor => code::editor(state, &mut inner, slot.area),
            Panel::Tree => tree::draw(state, &mut inner, slot.area, focused),
            Panel::Repl => repl::draw(
                state,
                &state.repl,
                "nos",
                &mut inner,
                slot.area,
                state.view == View::Code,
            ),
            Panel::Console => {
                repl::draw(state, &state.console, "dbg", &mut inner, slot.area, false)
            }
            Panel::Processes if state.view == View::Heap => {
                heap::list(state, &mut inner, slot.area, focused)
            }
            Panel::Snapshots => heap::snapshots(state, &mut inner, slot.area, focused),
            Panel::Collectors => gc::collectors(state, &mut inner, slot.area, focused),
            Panel::Pauses => gc::pauses(state, &mut inner, slot.area),
            Panel::Processes => processes::list(state, &mut inner, slot.area, focused),
            Panel::Mailbox => mailbox::draw(state, &mut inner, slot.area, focused),
            Panel::Stack => processes::stack(state, &mut inner, slot.area, focused),
            Panel::Heap if state.view == View::Heap => {
                heap::draw(state, &mut inner, slot.area, focused)
            }
            Panel::Heap => heap::section(state, &mut inner, slot.area, focused),
            Panel::Collections => gc::collections(state, &mut inner, slot.area, focused),
            Panel::Workers => schedulers::workers(state, &mut inner, slot.area, focused),
            Panel::Outline | Panel::Side | Panel::Findings => {
                panels::draw(state, &mut inner, slot.area, slot.panel, focused)
            }
            Panel::Frames => debug::frames(state, &mut inner, slot.area, focused),
            Panel::Past => past::draw(state, &mut inner, slot.area, focused),
            Panel::Locals => {
                variables::draw(state, &mut inner, slot.area, focused, slot.title.is_none())
            }
            Panel::Tests => tests::draw(state, &mut inner, slot.area),
        };
        if focused {
            caret = found;
        }
    }
    if layout.windows.len() > 1 {
        code::windows(state, &mut pen, &layout);
    }
    match (state.view, layout.side) {
        (View::Processes, Some((source, links))) => processes::side(state, &mut pen, source, links),
        (View::Schedulers, Some((area, _))) => schedulers::states(state, &mut pen, area),
        (View::Debug, Some((mailbox, links))) => {
            debug::side(state, &mut pen, mailbox);
            debug::links(state, &mut pen, links);
        }
        _ => {}
    }
    if let Some(foot) = layout.foot {
        debug::foot(state, &mut pen, foot);
    }
    if let Some(bar) = layout.bar {
        draw_bar(state, &mut pen, bar);
    }
    if let Some(lesson) = layout.lesson {
        guide::strip(state, &mut pen, lesson);
    }
    if let Some(status) = layout.status {
        caret = draw_status(state, &mut pen, status).or(caret);
    }
    if let Some(keys) = layout.keys {
        draw_keys(state, &mut pen, keys);
    }
    if state.popup.is_some()
        || !state.pending.is_empty()
        || state.prompt.is_some()
        || state.wants_char.is_some()
    {
        caret = popup::draw(state, &mut pen, &layout).unwrap_or(caret);
    } else if let (Panel::Editor, Some(caret)) = (state.panel(), caret) {
        lang::draw(state, &mut pen, caret);
    }
    caret.filter(|c| c.x < area.width && c.y < area.height)
}

/// The name and the facts in the rule above a panel.
fn panel_title(
    state: &State,
    pen: &mut Pen<'_>,
    layout: &Layout,
    panel: Panel,
    area: Rect,
    focused: bool,
) {
    if layout.tabbed && !matches!(panel, Panel::Editor | Panel::Processes | Panel::Pauses) {
        let names: &[(Panel, &str)] = match state.view {
            View::Debug => &[
                (Panel::Locals, "Variables"),
                (Panel::Frames, "Frames"),
                (Panel::Console, "Console"),
                (Panel::Past, "Past"),
            ],
            View::Heap => &[(Panel::Heap, "Heap"), (Panel::Snapshots, "Snapshots")],
            View::Gc => &[
                (Panel::Collections, "Collections"),
                (Panel::Collectors, "Who collects"),
            ],
            _ => &[
                (Panel::Mailbox, "Mailbox"),
                (Panel::Stack, "Stack"),
                (Panel::Heap, "Heap"),
                (Panel::Past, "Trace"),
            ],
        };
        let title = match state.view {
            View::Processes => processes::called(state),
            View::Heap => heap::title(state).0,
            _ => String::new(),
        };
        return pen.tabbed_rule(area, &title, names, panel, focused);
    }
    let (title, facts) = match panel {
        Panel::Editor => (
            state
                .editor
                .doc()
                .map_or_else(|| "no file".to_owned(), |d| d.name.clone()),
            String::new(),
        ),
        Panel::Tree => (state.name.clone(), String::new()),
        Panel::Repl => ("REPL".to_owned(), state.name.clone()),
        Panel::Console => {
            let frame = state
                .debugged
                .and_then(|p| state.stops.get(&p))
                .map(|s| format!("evaluates in frame {}", s.frame));
            ("Console".to_owned(), frame.unwrap_or_default())
        }
        Panel::Processes if state.view == View::Heap => {
            ("Processes".to_owned(), "by heap".to_owned())
        }
        Panel::Processes => ("Processes".to_owned(), String::new()),
        Panel::Mailbox => (processes::mailbox_title(state), String::new()),
        Panel::Stack => (
            "Stack".to_owned(),
            state
                .selected_process()
                .map(|p| p.state.word().to_owned())
                .unwrap_or_default(),
        ),
        Panel::Heap if state.view == View::Heap => heap::title(state),
        Panel::Heap => processes::heap_title(state),
        Panel::Snapshots => ("Snapshots".to_owned(), String::new()),
        Panel::Collections => gc::title(state),
        Panel::Collectors => (
            "Who collects most".to_owned(),
            "now, then by all".to_owned(),
        ),
        Panel::Pauses => gc::pauses_title(state),
        Panel::Workers => schedulers::title(state),
        Panel::Tests => ("Tests".to_owned(), tests::when(state).to_owned()),
        Panel::Outline => ("Outline".to_owned(), String::new()),
        Panel::Side => (String::new(), String::new()),
        Panel::Findings => ("Findings".to_owned(), state.findings().len().to_string()),
        Panel::Frames => ("Frames".to_owned(), String::new()),
        Panel::Past => past::title(state),
        Panel::Locals => (
            "Variables".to_owned(),
            format!("{} expand", state.glyphs.closed),
        ),
    };
    // The name of a process is what the panels below it are about.
    pen.rule(area, &title, &facts, focused || title.starts_with('<'));
}

type Span = (String, Style);

/// Where the names of the views are in row 0.
pub fn bar_hits(state: &State) -> Vec<(u16, u16, View)> {
    let width = state.size.0;
    let mut x = if width < 40 {
        0
    } else {
        2 + state.glyphs.name.chars().count() as u16 + 1
    };
    let mut out = Vec::new();
    for (_, view, _, long, short) in VIEWS {
        let name = match width {
            ..60 if *view != state.view => "",
            ..100 => short,
            _ => long,
        };
        let len = 1 + name.chars().count() as u16;
        out.push((x, x + len, *view));
        x += len + 1;
    }
    out
}

fn draw_bar(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    pen.fill(area, theme.bar());
    let width = state.size.0;
    if width >= 40 {
        pen.put(1, area.y, state.glyphs.name, theme.keyword());
    }
    let mut end = 0;
    for ((from, to, view), (digit, ..)) in bar_hits(state).into_iter().zip(VIEWS) {
        let on = view == state.view;
        pen.put(
            from,
            area.y,
            &digit.to_string(),
            if on {
                theme.number().patch(theme.tab()).patch(theme.number())
            } else {
                theme.number()
            },
        );
        let name = VIEWS
            .iter()
            .find(|v| v.1 == view)
            .map_or("", |v| if width < 100 { v.4 } else { v.3 });
        let shown: String = name.chars().take(usize::from(to - from - 1)).collect();
        pen.put(
            from + 1,
            area.y,
            &shown,
            if on { theme.tab() } else { theme.dim() },
        );
        end = to;
    }
    let mut health = health(state);
    while !health.is_empty() {
        let len: usize = health.iter().map(|(t, _)| t.chars().count()).sum();
        if end as usize + 2 + len < width as usize {
            let mut x = width - 1 - len as u16;
            for (text, style) in &health {
                x = pen.put(x, area.y, text, *style);
            }
            break;
        }
        // Too narrow for all of it: the least important words go first.
        health.pop();
        // A mark whose words are gone says nothing beside others.
        if health.len() > 1
            && health
                .last()
                .is_some_and(|(t, _)| t.trim().chars().count() == 1)
        {
            health.pop();
        }
    }
}

/// How the image is, the most important first.
fn health(state: &State) -> Vec<Span> {
    let (theme, glyphs) = (state.theme, state.glyphs);
    match &state.image.link {
        Link::Off => vec![("no image".to_owned(), theme.dim())],
        Link::Starting => vec![(format!("{} starting", glyphs.pending), theme.warn())],
        Link::Lost(_) => {
            let (word, does) = match state.image.exit {
                Some(0) => (
                    (format!("{} main has ended", glyphs.pending), theme.dim()),
                    " runs it again",
                ),
                _ => (
                    (
                        format!("{} image ended", glyphs.error),
                        theme.bad().add_modifier(Modifier::BOLD),
                    ),
                    " restarts",
                ),
            };
            vec![
                word,
                ("  ^r".to_owned(), theme.good().add_modifier(Modifier::BOLD)),
                (does.to_owned(), theme.dim()),
            ]
        }
        Link::Live => {
            let stopped = state.stops.len() as u64;
            if stopped > 0 {
                let rest = state.image.total.saturating_sub(stopped);
                return vec![
                    (
                        format!("{} {} stopped", glyphs.stop, stopped),
                        theme.warn().add_modifier(Modifier::BOLD),
                    ),
                    (
                        format!(" {} {} run on", glyphs.between, text::grouped(rest)),
                        theme.dim(),
                    ),
                ];
            }
            let mut out = Vec::new();
            let findings = state.findings().len() as u64;
            // The view of processes says it below.
            if findings > 0 && state.view != View::Processes {
                let what = text::count(findings, "finding");
                out.push((format!("{} {what}  ", glyphs.warning), theme.warn()));
            }
            out.push((format!("{} ", glyphs.dot), theme.good()));
            match state.image.exit {
                Some(code) => out.push((format!("main ended {code}"), theme.dim())),
                None => out.push((
                    format!("{} proc", text::grouped(state.image.total)),
                    theme.dim(),
                )),
            }
            out.push((format!("  v{}", state.live_version()), theme.dim()));
            out
        }
    }
}

/// The prompt, or position, counts and what there is to say.
fn draw_status(state: &State, pen: &mut Pen<'_>, area: Rect) -> Option<Caret> {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let y = area.y;
    if let Some(prompt) = &state.prompt {
        let sign = match prompt.kind {
            PromptKind::Command => ":",
            PromptKind::Search => "/",
            PromptKind::SearchBack => "back /",
            PromptKind::Pick(Pick::Matches) => "select ",
            PromptKind::Pick(Pick::Between) => "split at ",
            PromptKind::Pick(Pick::Keep) => "keep ",
            PromptKind::Pick(Pick::Drop) => "remove ",
            PromptKind::Filter => "filter /",
        };
        let x = pen.put(1, y, sign, theme.keyword());
        let at = pen.input(
            x,
            y,
            state.size.0.saturating_sub(x + 1),
            &prompt.input,
            theme.text(),
        );
        return Some(Caret {
            x: at,
            y,
            bar: true,
        });
    }
    let mut x = 1;
    if let Some(doc) = state
        .editor
        .doc()
        .filter(|_| matches!(state.view, View::Code | View::Debug))
    {
        let (mode, style) = match (state.editor.preset, state.editor.mode) {
            (crate::editor::Preset::Standard, _) => ("", theme.text()),
            (_, Mode::Normal) => ("NOR", theme.bad()),
            (_, Mode::Insert) => ("INS", theme.good()),
            (_, Mode::Select) => ("SEL", theme.keyword()),
        };
        if !mode.is_empty() {
            x = pen.put(x, y, mode, style.add_modifier(Modifier::BOLD)) + 1;
        }
        let at = doc.cursor();
        let line = motion::line_of(doc.text(), at);
        let column = motion::column(doc.text(), at) + 1;
        let short = state.size.0 < 60;
        let name = if short {
            doc.name.rsplit('/').next().unwrap_or(&doc.name)
        } else {
            &doc.name
        };
        let ranges = doc.selection.ranges().len();
        let many = if ranges > 1 {
            format!(" ({ranges} cursors)")
        } else {
            String::new()
        };
        x = pen.put(
            x,
            y,
            &format!("{name} {}:{column}{many}", line + 1),
            theme.dim(),
        ) + 2;
        let count = |severity| {
            doc.all_diagnostics()
                .filter(|d| d.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if errors > 0 {
            x = pen.put(
                x,
                y,
                &format!("{}{errors}", glyphs.error),
                theme.bad().add_modifier(Modifier::BOLD),
            ) + 1;
        }
        if warnings > 0 {
            x = pen.put(x, y, &format!("{}{warnings}", glyphs.warning), theme.warn()) + 1;
        }
        x += u16::from(errors + warnings > 0);
    }
    if let Some((name, keys)) = &state.recording {
        x = pen.put(x, y, &format!("rec {name} {}", keys.len()), theme.bad()) + 2;
    }
    if let Some((tone, message)) = &state.message {
        let style = match tone {
            Tone::Good => theme.good(),
            Tone::Plain => theme.text(),
            Tone::Bad => theme.bad(),
        };
        pen.put(x, y, message, style);
        return None;
    }
    if let Some(count) = state.count {
        pen.put(x, y, &count.to_string(), theme.number());
    } else if let Some(cmd) = state.wants_char {
        pen.put(x, y, commands::info(cmd).1, theme.dim());
    } else if matches!(state.view, View::Code) {
        pen.put(x, y, &code::loaded(state), theme.dim());
    } else if let (Link::Lost(why), true) = (&state.image.link, state.view != View::Tests) {
        pen.put(
            x,
            y,
            &format!("{why}; what is shown is the last that was known"),
            theme.dim(),
        );
    }
    None
}

/// The keys of the focused panel.
fn draw_keys(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    pen.fill(area, theme.bar());
    let contexts = state.shown_contexts();
    let mut items: Vec<(String, &str)> = Vec::new();
    let stopped = !state.stops.is_empty();
    let debugging = state.view == View::Debug && stopped;
    let is_step = |hint: &str| matches!(hint, "go" | "over" | "into" | "out");
    let hints = |ctx: Ctx| {
        commands::table()
            .iter()
            .filter(move |b| b.ctx == ctx && !b.hint.is_empty())
    };
    let add = |items: &mut Vec<(String, &'static str)>, key: String, hint: &'static str| {
        let key = state.glyphs.key(&key);
        if !items.iter().any(|(k, h)| *h == hint || *k == key) {
            items.push((key, hint));
        }
    };
    if debugging {
        for b in hints(Ctx::Always).filter(|b| is_step(b.hint)) {
            add(&mut items, keys::show(&b.keys), b.hint);
        }
    }
    if contexts.contains(&Ctx::Calm) {
        add(&mut items, "space".to_owned(), "menu");
    }
    if contexts.contains(&Ctx::Normal) {
        add(&mut items, "g".to_owned(), "goto");
    }
    let mut order = contexts.clone();
    order.retain(|c| *c != Ctx::Calm);
    for ctx in order
        .into_iter()
        .chain(contexts.contains(&Ctx::Calm).then_some(Ctx::Calm))
    {
        for b in hints(ctx) {
            let typing_only =
                state.panel() != Panel::Editor && matches!(b.hint, "save+load" | "break");
            if !(typing_only || is_step(b.hint)) {
                add(&mut items, keys::show(&b.keys), b.hint);
            }
        }
    }
    // Help is always in reach: it is drawn even where the rest does not fit.
    let help = if contexts.contains(&Ctx::Calm) {
        ("?".to_owned(), "help")
    } else {
        ("F1".to_owned(), "help")
    };
    items.retain(|(_, hint)| *hint != "help");
    let width = state.size.0 as usize;
    let len = |(k, h): &(String, &str)| k.chars().count() + 1 + h.chars().count() + 2;
    let mut used = 1 + len(&help);
    let mut shown = Vec::new();
    for item in items {
        if used + len(&item) > width {
            break;
        }
        used += len(&item);
        shown.push(item);
    }
    shown.push(help);
    let mut x = 1;
    for (key, hint) in shown {
        x = pen.put(x, area.y, &key, theme.good().add_modifier(Modifier::BOLD));
        x = pen.put(x + 1, area.y, hint, theme.dim()) + 2;
    }
    let name = match state.editor.preset {
        crate::editor::Preset::Helix => "helix keys",
        crate::editor::Preset::Standard => "standard keys",
    };
    let facts = if state.view == View::Code {
        name
    } else {
        state.name.as_str()
    };
    let start = (state.size.0).saturating_sub(facts.chars().count() as u16 + 1);
    if start > x + 2 {
        pen.put(start, area.y, facts, theme.dim());
    }
}

/// Where the tabs of the open files are.
pub fn tab_hits(state: &State) -> Vec<(u16, u16, usize)> {
    code::tab_hits(state)
}
