//! Where everything is on the screen, for drawing and for the mouse alike.
//!
//! From the size and the view come rectangles; nothing is drawn here. Small screens lose, in this order: sidebars, rules and the
//! REPL strip, the tabs, the keys, the bar of views, the status line.

use crate::editor::document::Document;
use crate::editor::motion;
use crate::editor::windows::Cells;
use crate::state::{Panel, State, View};
use ratatui::layout::Rect;

/// A panel on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which.
    pub panel: Panel,
    /// The row of its title, if it has one.
    pub title: Option<Rect>,
    /// Its content.
    pub area: Rect,
}

/// The screen, cut up.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Row 0: views and health.
    pub bar: Option<Rect>,
    /// Tabs of open files.
    pub tabs: Option<Rect>,
    /// Summary lines of the view.
    pub head: Option<Rect>,
    /// The panels.
    pub slots: Vec<Slot>,
    /// All windows of the editor when there are several: number, row of the name, text.
    pub windows: Vec<(usize, Rect, Rect)>,
    /// The line between columns.
    pub column: Option<Rect>,
    /// The line before the panels at the right.
    pub column_right: Option<Rect>,
    /// Facts beside the panels: links, source, mailbox of the stopped process.
    pub side: Option<(Rect, Rect)>,
    /// Breakpoints, below the debugger.
    pub foot: Option<Rect>,
    /// Position, diagnostics, messages, prompts.
    pub status: Option<Rect>,
    /// Keys of the focused panel.
    pub keys: Option<Rect>,
    /// What the tutorial says.
    pub lesson: Option<Rect>,
    /// The detail panels are behind one another.
    pub tabbed: bool,
}

/// Takes rows from the top of a rectangle.
fn top(rows: u16, area: &mut Rect) -> Rect {
    let rows = rows.min(area.height);
    let out = Rect {
        height: rows,
        ..*area
    };
    area.y += rows;
    area.height -= rows;
    out
}

fn bottom(rows: u16, area: &mut Rect) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect {
        y: area.y + area.height,
        height: rows,
        ..*area
    }
}

fn left(cols: u16, area: &mut Rect) -> Rect {
    let cols = cols.min(area.width);
    let out = Rect {
        width: cols,
        ..*area
    };
    area.x += cols;
    area.width -= cols;
    out
}

fn right(cols: u16, area: &mut Rect) -> Rect {
    let cols = cols.min(area.width);
    area.width -= cols;
    Rect {
        x: area.x + area.width,
        width: cols,
        ..*area
    }
}

impl Layout {
    /// Cuts the screen of a state.
    pub fn of(state: &State) -> Layout {
        let (width, height) = state.size;
        let mut rest = Rect::new(0, 0, width, height);
        let mut out = Layout::default();
        if height >= 5 {
            out.bar = Some(top(1, &mut rest));
        }
        if height >= 7 {
            out.keys = Some(bottom(1, &mut rest));
        }
        if height >= 2 {
            out.status = Some(bottom(1, &mut rest));
        }
        let lesson = crate::view::strip_height(state);
        if lesson > 0 {
            out.lesson = Some(bottom(lesson, &mut rest));
        }
        let roomy = height >= 12;
        let focus = state.panel();
        if state.zoom
            && !matches!(
                state.view,
                View::Gc | View::Schedulers | View::Tests | View::Repl
            )
        {
            out.slot(focus, rest, roomy);
            return out;
        }
        match state.view {
            View::Code => out.code(state, rest, roomy, focus),
            View::Processes => out.processes(state, rest, roomy, focus),
            View::Heap => out.heap(state, rest, roomy, focus),
            View::Debug => out.debug(state, rest, roomy, focus),
            View::Gc => out.gc(state, rest, roomy, focus),
            View::Schedulers => out.schedulers(state, rest, roomy),
            View::Tests => {
                out.head = Some(top(if roomy { 2 } else { 1 }, &mut rest));
                out.slot(Panel::Tests, rest, false);
            }
            View::Repl => out.slot(Panel::Repl, rest, false),
        }
        out
    }

    fn slot(&mut self, panel: Panel, mut area: Rect, titled: bool) {
        let title = (titled && area.height > 1).then(|| top(1, &mut area));
        self.slots.push(Slot { panel, title, area });
    }

    fn code(&mut self, state: &State, mut rest: Rect, roomy: bool, focus: Panel) {
        if !roomy {
            if rest.height >= 7 {
                self.tabs = Some(top(1, &mut rest));
            }
            let panel = if focus == Panel::Repl || focus == Panel::Tree {
                focus
            } else {
                Panel::Editor
            };
            return self.slot(panel, rest, false);
        }
        if state.tree_shown() {
            // Where there is no room beside the text, the files take its place while they have the focus.
            if state.size.0 < 80 {
                if focus == Panel::Tree {
                    return self.slot(Panel::Tree, rest, true);
                }
            } else {
                let side = left(if state.size.0 >= 160 { 28 } else { 22 }, &mut rest);
                self.column = Some(left(1, &mut rest));
                let mut side = side;
                if state.outline_shown() {
                    // The files have as much as they need, but no more than half.
                    let files = state.tree.rows(&state.files).len().min(1000);
                    let need = files as u16 + 2;
                    let low = bottom(side.height - need.clamp(5, side.height / 2), &mut side);
                    self.slot(Panel::Tree, side, true);
                    self.slot(Panel::Outline, low, true);
                } else {
                    self.slot(Panel::Tree, side, true);
                }
            }
        }
        if state.side_shown() {
            let width = (state.size.0 * 3 / 10).clamp(46, 60);
            let side = right(width, &mut rest);
            self.column_right = Some(right(1, &mut rest));
            self.slot(Panel::Side, side, false);
        }
        self.tabs = Some(top(2, &mut rest));
        let rows = match (state.size.1, focus == Panel::Repl) {
            (..30, false) => 1,
            (h, false) => h / 7,
            (h, true) => (h / 3).max(4),
        };
        let strip = bottom(rows + 1, &mut rest);
        self.editor(state, rest);
        self.slot(Panel::Repl, strip, true);
    }

    /// The windows of the editor.
    fn editor(&mut self, state: &State, rest: Rect) {
        let windows = &state.editor.windows;
        if windows.count() == 1 || rest.height < 2 {
            return self.slot(Panel::Editor, rest, false);
        }
        let area = Cells {
            x: rest.x,
            y: rest.y,
            width: rest.width,
            height: rest.height,
        };
        for (id, c) in windows.cut(area) {
            let mut area = Rect::new(c.x, c.y, c.width, c.height);
            let title = top(1, &mut area);
            self.windows.push((id, title, area));
            if id == windows.focus {
                self.slots.push(Slot {
                    panel: Panel::Editor,
                    title: None,
                    area,
                });
            }
        }
    }

    fn processes(&mut self, state: &State, mut rest: Rect, roomy: bool, focus: Panel) {
        let head = match state.size.1 {
            ..12 => 0,
            12..20 => 1,
            _ => 3,
        };
        if head > 0 {
            self.head = Some(top(head, &mut rest));
        }
        if !roomy || state.size.0 < 60 || rest.height < 12 {
            return self.slot(focus, rest, roomy && focus != Panel::Processes);
        }
        if state.findings_shown() {
            let rows = (state.findings().len() as u16).min(4) + 1;
            let low = bottom(rows, &mut rest);
            self.slot(Panel::Findings, low, true);
        }
        let wide = state.size.0 >= 100 && rest.height >= 20;
        let rows = u16::try_from(state.image.processes.len() + 2).unwrap_or(u16::MAX);
        let list = top(
            rows.clamp(7, (rest.height * if wide { 45 } else { 55 } / 100).max(7)),
            &mut rest,
        );
        self.slot(Panel::Processes, list, false);
        if !wide {
            self.tabbed = true;
            let panel = if focus == Panel::Processes {
                last_detail(state)
            } else {
                focus
            };
            return self.slot(panel, rest, true);
        }
        // A row for the title of the process stands above both columns.
        let tall = rest.height;
        let mut west = left(rest.width / 2, &mut rest);
        self.column = Some(left(1, &mut rest));
        let heap = bottom((tall * 2 / 5).max(6), &mut west);
        self.slot(Panel::Mailbox, west, true);
        let frames = state.detail.frames.len() as u16 + 2;
        let stack = top(frames.clamp(5, (tall * 2 / 5).max(5)), &mut rest);
        self.slot(Panel::Stack, stack, true);
        // The past takes the place of the heap while it is looked at.
        let low = if focus == Panel::Past {
            focus
        } else {
            Panel::Heap
        };
        self.slot(low, heap, true);
        let source = top(rest.height.saturating_sub(5), &mut rest);
        self.side = Some((source, rest));
    }

    fn heap(&mut self, state: &State, mut rest: Rect, roomy: bool, focus: Panel) {
        if !roomy || state.size.0 < 60 {
            return self.slot(focus, rest, roomy);
        }
        if state.size.0 >= 100 {
            let mut west = left((rest.width * 2 / 5).clamp(40, 64), &mut rest);
            self.column = Some(left(1, &mut rest));
            let snaps = state.heaps.snaps.len() as u16 + 2;
            let snaps = bottom(snaps.clamp(4, (west.height / 3).max(4)), &mut west);
            self.slot(Panel::Processes, west, true);
            self.slot(Panel::Heap, rest, true);
            self.slot(Panel::Snapshots, snaps, true);
        } else {
            let rows = (state.image.processes.len().min(1000) as u16 + 1).max(4);
            let list = top(rows.min(rest.height / 3), &mut rest);
            self.slot(Panel::Processes, list, false);
            self.tabbed = true;
            let panel = if focus == Panel::Processes {
                Panel::Heap
            } else {
                focus
            };
            self.slot(panel, rest, true);
        }
    }

    fn gc(&mut self, state: &State, mut rest: Rect, roomy: bool, focus: Panel) {
        self.head = Some(top(if roomy { 3 } else { 1 }, &mut rest));
        if !roomy || state.size.0 < 60 {
            return self.slot(focus, rest, roomy);
        }
        if state.size.0 >= 100 && rest.height >= 20 {
            let pauses = top((rest.height * 45 / 100).clamp(9, 16), &mut rest);
            self.slot(Panel::Pauses, pauses, true);
            let west = left((rest.width * 9 / 20).min(80), &mut rest);
            self.column = Some(left(1, &mut rest));
            self.slot(Panel::Collectors, west, true);
            self.slot(Panel::Collections, rest, true);
            return;
        }
        let both = rest.height >= 16;
        if both {
            let pauses = top(8, &mut rest);
            self.slot(Panel::Pauses, pauses, true);
        }
        self.tabbed = true;
        let panel = if both && focus == Panel::Pauses {
            Panel::Collections
        } else {
            focus
        };
        self.slot(panel, rest, true);
    }

    fn schedulers(&mut self, state: &State, mut rest: Rect, roomy: bool) {
        self.head = Some(top(if roomy { 2 } else { 0 }, &mut rest));
        if roomy && state.size.0 >= 60 && rest.height >= 12 {
            let rows = state.image.workers.len() as u16 + 3;
            let workers = top(
                rows.clamp(4, rest.height.saturating_sub(9).max(4)),
                &mut rest,
            );
            self.slot(Panel::Workers, workers, true);
            self.side = Some((rest, Rect::default()));
        } else {
            self.slot(Panel::Workers, rest, false);
        }
    }

    fn debug(&mut self, state: &State, mut rest: Rect, roomy: bool, focus: Panel) {
        if !roomy || state.size.0 < 60 {
            let titled = roomy && !matches!(focus, Panel::Editor | Panel::Locals);
            return self.slot(focus, rest, titled);
        }
        self.head = Some(top(1, &mut rest));
        if state.size.0 >= 100 && rest.height >= 20 {
            self.foot = Some(bottom(2, &mut rest));
            let mut west = left(rest.width * 62 / 100, &mut rest);
            self.column = Some(left(1, &mut rest));
            let events = state.past_events().len() as u16;
            let most = (west.height / 5).max(3);
            let past = bottom(events.clamp(1, most) + 1, &mut west);
            let console = bottom((west.height / 4).max(5), &mut west);
            self.slot(Panel::Editor, west, true);
            self.slot(Panel::Console, console, true);
            self.slot(Panel::Past, past, true);
            let stop = state.debugged.and_then(|p| state.stops.get(&p));
            let frames = stop.map_or(1, |s| s.frames.len()) as u16;
            let frames = top(frames.clamp(1, rest.height / 4) + 2, &mut rest);
            self.slot(Panel::Frames, frames, true);
            // The variables have as much as they want, but what is below has its few rows.
            let rows = stop.map(|s| s.rows()).unwrap_or_default();
            let wanted = crate::view::variables::wanted(&rows).max(3) + 1;
            let locals = top(wanted.min(rest.height.saturating_sub(11)), &mut rest);
            self.slots.push(Slot {
                panel: Panel::Locals,
                title: None,
                area: Rect {
                    height: locals.height.saturating_sub(1),
                    ..locals
                },
            });
            let waiting = Some(&state.detail).filter(|d| state.debugged == Some(d.pid));
            let waiting = waiting.map_or(0, |d| d.messages.len()) as u16;
            let most = (rest.height / 2).clamp(5, 12);
            let mut mailbox = top((waiting + 4).min(most), &mut rest);
            mailbox.height -= 1;
            self.side = Some((mailbox, rest));
        } else {
            self.tabbed = true;
            let low = bottom(rest.height * 11 / 20, &mut rest);
            self.slot(Panel::Editor, rest, false);
            let panel = if focus == Panel::Editor {
                Panel::Locals
            } else {
                focus
            };
            self.slot(panel, low, true);
        }
    }

    /// The slot of a panel, if it is on the screen.
    pub fn find(&self, panel: Panel) -> Option<Slot> {
        self.slots.iter().copied().find(|s| s.panel == panel)
    }

    /// The slot under a cell.
    pub fn hit(&self, x: u16, y: u16) -> Option<Slot> {
        self.slots.iter().copied().find(|s| {
            s.area.contains((x, y).into()) || s.title.is_some_and(|t| t.contains((x, y).into()))
        })
    }
}

/// The detail panel shown while the list has the focus.
pub fn last_detail(state: &State) -> Panel {
    if state.selected_process().is_some_and(|p| p.mailbox == 0) {
        Panel::Stack
    } else {
        Panel::Mailbox
    }
}

/// Columns of marks and line numbers before the text.
pub fn gutter(doc: &Document, width: u16) -> u16 {
    let digits = motion::line_count(doc.text()).max(1).ilog10() as u16 + 1;
    match width {
        ..24 => 1,
        24..60 => 2 + digits.max(2),
        _ => 5 + digits.max(3),
    }
}
