//! The standing panels beside the code, and the findings below the processes.

use super::Caret;
use super::pen::Pen;
use crate::editor::document::Document;
use crate::state::tests::TestState;
use crate::state::{Panel, StandingRow, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// Draws the rows of a standing panel.
pub fn draw(
    state: &State,
    pen: &mut Pen<'_>,
    area: Rect,
    panel: Panel,
    focused: bool,
) -> Option<Caret> {
    let panels = &state.guide.panels;
    let (rows, cursor) = match panel {
        Panel::Outline => (state.outline_rows(), panels.outline),
        Panel::Findings => {
            let all = state.findings().into_iter();
            (all.map(StandingRow::Finding).collect(), panels.findings)
        }
        _ => (state.side_rows(), panels.side),
    };
    let shown = rows.iter().enumerate().skip(cursor.top);
    for (y, (i, row)) in (area.y..area.bottom()).zip(shown) {
        if focused && i == cursor.row {
            pen.selected_row(area, y, true);
        }
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        draw_row(state, pen, line, panel, row);
    }
    None
}

fn draw_row(state: &State, pen: &mut Pen<'_>, line: Rect, panel: Panel, row: &StandingRow) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let (x, y, end) = (line.x + 1, line.y, line.right().saturating_sub(1));
    match row {
        StandingRow::Title(title, _) if panel == Panel::Outline => {
            pen.put(x, y, title, theme.strong());
        }
        StandingRow::Title(title, facts) => pen.rule(line, title, facts, false),
        StandingRow::Blank => {}
        StandingRow::Words(words) => {
            pen.put_cut(x + 2, y, end.saturating_sub(x + 2), words, theme.dim());
        }
        StandingRow::Symbol(i) => {
            let Some(doc) = state.editor.doc() else {
                return;
            };
            let Some(symbol) = doc.known.symbols.get(*i) else {
                return;
            };
            let at = doc.cursor();
            let here = (symbol.from..symbol.to).contains(&at);
            let style = match symbol.kind {
                "fn" => theme.syntax(crate::editor::syntax::Role::Function),
                "test" => theme.text(),
                _ => theme.syntax(crate::editor::syntax::Role::Constructor),
            };
            let style = if here {
                style.add_modifier(Modifier::BOLD)
            } else {
                style
            };
            let kind = match symbol.kind {
                "fn" => "",
                kind => kind,
            };
            if here {
                pen.dot(x, y, glyphs.mark, theme.accent());
            }
            let mut end = end;
            if symbol.kind == "test" {
                let line = doc.text().try_char_to_line(symbol.at).unwrap_or(0);
                if let Some((mark, style)) = super::tests::gutter(state, doc, line) {
                    pen.dot(end.saturating_sub(1), y, mark, style);
                    end = end.saturating_sub(2);
                }
            }
            let mut x = x + 2;
            if !kind.is_empty() {
                x = pen.put(x, y, kind, theme.dim()) + 1;
            }
            pen.put_cut(x, y, end.saturating_sub(x), &symbol.name, style);
        }
        StandingRow::Changed(_, _, name, callers) => {
            pen.dot(x + 2, y, '~', theme.warn());
            let name_style = theme.syntax(crate::editor::syntax::Role::Function);
            let after = pen.put_cut(x + 4, y, end.saturating_sub(x + 14), name, name_style);
            let words = match callers {
                Some(n) => text::count(*n as u64, "caller"),
                None => String::new(),
            };
            pen.put(after + 2, y, &words, theme.dim());
        }
        StandingRow::Hot(pid) => {
            let Some(p) = state.image.processes.iter().find(|p| p.id == *pid) else {
                return;
            };
            let rate = state.image.tracks.get(pid).map_or(0, |t| t.rate);
            let name = p.name.clone().unwrap_or_else(|| format!("<{pid}>"));
            pen.put_cut(
                x,
                y,
                15,
                &name,
                theme.syntax(crate::editor::syntax::Role::Function),
            );
            let room = line.width.saturating_sub(36);
            pen.put_cut(x + 16, y, room, &p.function, theme.dim());
            pen.put_right(end.saturating_sub(9), y, &text::short(rate), theme.text());
            pen.put_right(end, y, &text::bytes(p.heap), theme.dim());
        }
        StandingRow::Mailbox(pid) => {
            let Some(p) = state.image.processes.iter().find(|p| p.id == *pid) else {
                return;
            };
            let name = p.name.clone().unwrap_or_else(|| format!("<{pid}>"));
            pen.put_cut(
                x,
                y,
                15,
                &name,
                theme.syntax(crate::editor::syntax::Role::Function),
            );
            let (full, past) = match state.image.tracks.get(pid) {
                Some(track) => (p.mailbox >= 1000, Some(&track.mailbox)),
                None => (false, None),
            };
            let style = if full {
                theme.bad().add_modifier(Modifier::BOLD)
            } else {
                theme.text()
            };
            pen.put_right(x + 26, y, &text::grouped(p.mailbox), style);
            let Some(past) = past else { return };
            let after = pen.spark(x + 28, y, 8, past.iter().copied(), theme.data());
            let (first, last) = (past.front().copied(), past.back().copied());
            let seconds = (past.len() as u64).saturating_sub(1) * state.settings.poll / 1000;
            if let (Some(first), Some(last), true) = (first, last, seconds > 0) {
                let (sign, by) = if last >= first {
                    ('+', last - first)
                } else {
                    ('-', first - last)
                };
                let words = format!("{sign}{}/s", text::grouped(by / seconds));
                pen.put(after + 2, y, &words, theme.dim());
            }
        }
        StandingRow::Worker(i) => {
            let Some(worker) = state.image.workers.get(*i) else {
                return;
            };
            let rate = |id| state.image.worker_rates.get(&id).map_or(0, |r| r.2);
            let most = state.image.workers.iter().map(|w| rate(w.id)).max();
            let mine = rate(worker.id);
            pen.put_right(x + 2, y, &worker.id.to_string(), theme.dim());
            let chart = line.width.saturating_sub(24);
            let told = state.live.workers.get(&worker.id);
            // How much of the second it worked, where the image tells it.
            let (share, number) = match told.filter(|_| worker.slept.is_some()) {
                Some(of) => {
                    let share = of.busy as f64 / 1000.0;
                    (share, format!("{:.0}%", share * 100.0))
                }
                None => {
                    let share = mine as f64 / most.unwrap_or(0).max(1) as f64;
                    (share, format!("{} red/s", text::short(mine)))
                }
            };
            pen.track(x + 3, y, chart, share);
            pen.put_right(end.saturating_sub(7), y, &number, theme.text());
            pen.put_right(end, y, &format!("q {}", worker.queue), theme.dim());
        }
        StandingRow::Gc(kind) => {
            let gc = &state.image.gc;
            let sum = if *kind == "minor" { gc.minor } else { gc.major };
            pen.put(x, y, kind, theme.dim());
            let pauses = gc.collections.iter().rev().filter(|c| c.kind == *kind);
            let after = pen.spark(x + 6, y, 16, pauses.map(|c| c.pause_nanos), theme.data());
            pen.put_right(after + 9, y, &text::grouped(sum.count), theme.text());
            let words = format!("longest {}", text::nanos(sum.max_nanos));
            pen.put(after + 11, y, &words, theme.dim());
        }
        StandingRow::Heap => {
            pen.put(x, y, "heap", theme.dim());
            let heaps = &state.guide.panels.heaps;
            let after = pen.spark(x + 6, y, 16, heaps.iter().copied(), theme.data());
            let now = heaps.back().copied().unwrap_or(0);
            pen.put_right(after + 9, y, &text::bytes(now), theme.text());
        }
        StandingRow::Tests => {
            let count = |f: &dyn Fn(&TestState) -> bool| {
                state.tests.all.iter().filter(|t| f(&t.state)).count()
            };
            let passed = count(&|s| *s == TestState::Passed);
            let failed = count(&|s| matches!(s, TestState::Failed(_)));
            let running = count(&|s| matches!(s, TestState::Running(_)));
            let mut x = pen.put(x, y, &format!("{passed} passed"), theme.good()) + 2;
            if failed > 0 {
                let style = theme.bad().add_modifier(Modifier::BOLD);
                x = pen.put(x, y, &format!("{} {failed} failed", glyphs.error), style) + 2;
            }
            if running > 0 {
                pen.put(
                    x,
                    y,
                    &format!("{} {running} running", glyphs.pending),
                    theme.dim(),
                );
            }
        }
        StandingRow::Failed(i) => {
            let Some(test) = state.tests.all.get(*i) else {
                return;
            };
            pen.dot(x, y, glyphs.error, theme.bad());
            let place = state.place(&test.place());
            let room = end.saturating_sub(x + 4 + place.chars().count() as u16);
            pen.put_cut(x + 2, y, room, &test.name, theme.text());
            pen.put_right(end, y, &place, theme.dim());
        }
        StandingRow::Finding(finding) => {
            pen.dot(x, y, glyphs.warning, theme.warn());
            let room = end.saturating_sub(x + 2);
            if panel == Panel::Findings && room > 40 {
                let keys = "o opens  m mutes";
                let after = pen.put_cut(x + 2, y, room - 18, &finding.text, theme.text());
                pen.put(after + 2, y, keys, theme.dim());
            } else {
                let first = finding.text.split("; ").next().unwrap_or_default();
                pen.put_cut(x + 2, y, room, first, theme.text());
            }
        }
    }
}

/// Who runs the function that a line defines.
pub fn note(state: &State, doc: &Document, line: usize) -> Option<String> {
    let symbols = &doc.known.symbols;
    if symbols.is_empty() {
        return None;
    }
    let (from, to) = (
        doc.text().try_line_to_char(line).ok()?,
        doc.text().try_line_to_char(line + 1).ok()?,
    );
    let next = symbols.partition_point(|s| s.at < from);
    let symbol = symbols.get(next).filter(|s| s.at < to && s.kind == "fn")?;
    let last = doc.text().len_chars();
    state.who_runs(doc, symbol.from.min(last), symbol.to.min(last))
}
