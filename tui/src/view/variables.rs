//! The variables of a stopped process: locals, what is watched, and what else its frame has, as one list in sections.

use super::Caret;
use super::pen::Pen;
use crate::state::{State, VarRow, WATCH};
use ratatui::layout::Rect;

/// Rows of the screen the list wants, with blank lines between its sections.
pub fn wanted(rows: &[VarRow]) -> u16 {
    let sections = rows.iter().filter(|r| is_section(r)).count();
    (rows.len() + sections.saturating_sub(1)) as u16
}

/// Which row of the list each line of the screen shows, from its first row on the screen on.
pub fn lines(rows: &[VarRow], top: usize, height: u16, ruled: bool) -> Vec<Option<usize>> {
    let airy = ruled && height >= wanted(rows);
    let mut out = Vec::new();
    for (i, row) in rows.iter().enumerate().skip(top) {
        if airy && i > 0 && is_section(row) {
            out.push(None);
        }
        out.push(Some(i));
    }
    out.truncate(usize::from(height));
    out
}

/// A part of the list with a rule above it.
fn is_section(row: &VarRow) -> bool {
    row.depth == 0 && (row.open || row.path == WATCH)
}

pub fn draw(
    state: &State,
    pen: &mut Pen<'_>,
    area: Rect,
    focused: bool,
    ruled: bool,
) -> Option<Caret> {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let stop = state.debugged.and_then(|pid| state.stops.get(&pid));
    let rows = stop.map(|s| s.rows()).unwrap_or_default();
    let mut y = area.y;
    if rows.is_empty() {
        if ruled {
            pen.rule(Rect { height: 1, ..area }, "Locals", "", focused);
            y += 1;
        }
        let why = match stop {
            Some(_) => "asking",
            None => "variables appear when a process stops",
        };
        pen.put(area.x + 2, y, why, theme.dim());
        return None;
    }
    let names = rows
        .iter()
        .filter(|r| r.depth > 0)
        .map(|r| r.depth * 2 + r.name.chars().count())
        .max()
        .unwrap_or(8);
    let value_x = area.x + 3 + (names as u16).clamp(6, (area.width / 3).max(6)) + 2;
    let lines = lines(&rows, state.locals.top, area.height, ruled);
    for (y, i) in (area.y..).zip(lines) {
        let Some(i) = i else { continue };
        let row = &rows[i];
        let section = ruled && is_section(row);
        let here = focused && i == state.locals.row;
        if section {
            let facts = match row.path.as_str() {
                WATCH => "w adds".to_owned(),
                _ if i == 0 => format!("{} expand", glyphs.closed),
                _ => String::new(),
            };
            let line = Rect {
                y,
                height: 1,
                ..area
            };
            pen.rule(line, &row.name, &facts, here || focused && i == 0);
            if here {
                pen.dot(area.x, y, glyphs.mark, theme.accent());
            }
            continue;
        }
        if here {
            pen.selected_row(area, y, true);
        }
        value(state, pen, area, y, row, value_x);
    }
    None
}

/// One row of it.
fn value(state: &State, pen: &mut Pen<'_>, area: Rect, y: u16, row: &VarRow, value_x: u16) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let x = area.x + 1 + row.depth.saturating_sub(1) as u16 * 2;
    if row.reference != 0 || row.depth == 0 {
        let mark = if row.open { glyphs.open } else { glyphs.closed };
        pen.dot(x, y, mark, theme.accent());
    }
    if row.depth == 0 {
        let style = if row.open {
            theme.strong()
        } else {
            theme.dim()
        };
        pen.put(x + 2, y, &row.name, style);
        return;
    }
    let room = value_x.saturating_sub(x + 3);
    pen.put_cut(x + 2, y, room, &row.name, theme.data());
    let room = area.right().saturating_sub(value_x + 1);
    let mut x = pen.value(value_x, y, room, &row.value) + 2;
    if let Some(was) = &row.was {
        // In a column of its own where values are short.
        x = x.max(value_x + 12);
        x = pen.put(x, y, "was ", theme.warn());
        x = pen.value(x, y, area.right().saturating_sub(x), was) + 2;
    }
    if x + (row.ty.len() as u16) < area.right() && !row.ty.is_empty() {
        pen.put_right(area.right().saturating_sub(1), y, &row.ty, theme.dim());
    }
}
