//! Transcripts with a line to type into: the REPL, its strip below the code, the debugger's console.

use super::Caret;
use super::pen::{Pen, cut, pieces};
use crate::state::{Entry, Panel, Repl, State};
use crate::text;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Rows of an answer that are shown: the rest is seen when it is looked into.
const TALLEST: usize = 8;

type Row = Vec<(String, Style)>;

/// Draws a transcript; `strip`: in one row, the last exchange is shown while nothing is typed.
pub fn draw(
    state: &State,
    repl: &Repl,
    word: &str,
    pen: &mut Pen<'_>,
    area: Rect,
    strip: bool,
) -> Option<Caret> {
    if area.is_empty() {
        return None;
    }
    let theme = state.theme;
    let prompt = format!("{word}{} ", state.glyphs.prompt);
    let focused = matches!(state.panel(), Panel::Repl | Panel::Console);
    if strip && area.height == 1 && !focused && repl.input.text().is_empty() {
        last_exchange(state, repl, &prompt, pen, area);
        return None;
    }
    let wide = usize::from(area.width.saturating_sub(2)).max(1);
    let mut rows: Vec<Row> = Vec::new();
    let wanted = usize::from(area.height) + repl.scroll;
    for (i, entry) in repl.entries.iter().enumerate().rev() {
        let mut row = entry_row(state, entry, &prompt);
        if focused && repl.chosen == Some(i) {
            row[0] = (format!("{} ", state.glyphs.mark), theme.accent());
            row.push(("  enter opens it".to_owned(), theme.dim()));
        }
        let mut entry_rows = wrap(row, wide);
        if matches!(entry, Entry::Value { .. }) && entry_rows.len() > TALLEST {
            let left = entry_rows.len() - TALLEST + 1;
            let rest = text::count(left as u64, "more row");
            let words = format!("{} {rest}; enter opens it", state.glyphs.more);
            entry_rows.truncate(TALLEST - 1);
            entry_rows.push(vec![(words, theme.dim())]);
        }
        entry_rows.reverse();
        rows.extend(entry_rows);
        if rows.len() > wanted {
            break;
        }
    }
    // Few lines stand at the top, as in a terminal; many push the oldest out.
    let most = usize::from(area.height) - 1;
    let above = repl.above.len().min(most);
    let offers = repl.offered();
    let offered = offers.len().min(5).min((most - above) / 2);
    let room = most - above - offered;
    let skip = repl.scroll.min(rows.len().saturating_sub(room));
    let mut shown: Vec<Row> = rows.into_iter().skip(skip).take(room).collect();
    shown.reverse();
    let mut y = area.y;
    for row in &shown {
        let mut x = area.x + 1;
        for (piece, style) in row {
            x = pen.put(x, y, piece, *style);
        }
        y += 1;
    }
    if shown.is_empty() && room > 1 && !strip {
        let about = if word == "dbg" {
            "Expressions are evaluated in the stopped frame."
        } else {
            "Expressions are evaluated in the running image; names of the project are in scope."
        };
        pen.put_cut(
            area.x + 1,
            area.y,
            area.width.saturating_sub(2),
            about,
            theme.dim(),
        );
        y += 1;
    }
    if repl.waiting {
        let x = pen.put(area.x + 1, y, &prompt, theme.keyword());
        let x = pen.put(x, y, "running", theme.warn());
        pen.put(x + 2, y, "^c stops waiting", theme.dim());
        return None;
    }
    y = offer_rows(state, repl, pen, area, y, offered);
    let before = &repl.above[repl.above.len() - above..];
    for (i, line) in before.iter().enumerate() {
        let first = i == 0 && above == repl.above.len();
        let mut x = pen.put(area.x + 1, y, &lead(state, &prompt, first), theme.keyword());
        for (piece, role) in pieces(line) {
            x = pen.put(x, y, piece, theme.syntax(role));
        }
        y += 1;
    }
    let prompt = lead(state, &prompt, repl.above.is_empty());
    let x = pen.put(area.x + 1, y, &prompt, theme.keyword());
    if skip > 0 {
        pen.put_right(
            area.right().saturating_sub(1),
            y,
            &format!("{skip} rows below; pgdn"),
            theme.dim(),
        );
    }
    let start = x;
    let at = pen.input(
        x,
        y,
        area.right().saturating_sub(x + 1),
        &repl.input,
        theme.text(),
    );
    let mut x = start;
    if at < area.right().saturating_sub(2)
        && usize::from(area.right().saturating_sub(start)) > repl.input.text().chars().count()
    {
        for (piece, role) in pieces(repl.input.text()) {
            x = pen.put(x, y, piece, theme.syntax(role));
        }
    }
    Some(Caret {
        x: at,
        y,
        bar: true,
    })
}

/// What stands before a line: the prompt, or that it goes on.
fn lead(state: &State, prompt: &str, first: bool) -> String {
    if first {
        return prompt.to_owned();
    }
    let wide = prompt.chars().count().saturating_sub(2);
    format!("{}{} ", " ".repeat(wide), state.glyphs.between)
}

/// What the word could become, above the line; the row below.
fn offer_rows(
    state: &State,
    repl: &Repl,
    pen: &mut Pen<'_>,
    area: Rect,
    mut y: u16,
    rows: usize,
) -> u16 {
    let theme = state.theme;
    let offers = repl.offered();
    let at = repl.offers.at;
    let from = at.map_or(0, |at| (at + 1).saturating_sub(rows));
    let wide = offers.iter().map(|(name, _)| name.chars().count()).max();
    let column = area.x + 3 + wide.unwrap_or(0).min(40) as u16 + 2;
    for (i, (name, what)) in offers.iter().enumerate().skip(from).take(rows) {
        let on = at == Some(i);
        if on {
            pen.selected_row(area, y, true);
        }
        let style = if on { theme.strong() } else { theme.text() };
        pen.put_cut(area.x + 3, y, 40, name, style);
        let room = area.right().saturating_sub(column + 1);
        pen.put_cut(column, y, room, what, theme.dim());
        y += 1;
    }
    y
}

fn entry_row(state: &State, entry: &Entry, prompt: &str) -> Row {
    let theme = state.theme;
    match entry {
        Entry::Typed(line) => {
            let mut row = vec![(prompt.to_owned(), theme.keyword())];
            row.extend(
                pieces(line)
                    .into_iter()
                    .map(|(p, role)| (p.to_owned(), theme.syntax(role))),
            );
            row
        }
        Entry::Value {
            text, ty, micros, ..
        } => {
            let mut row = vec![(format!("{} ", state.glyphs.gives), theme.dim())];
            row.extend(
                pieces(text)
                    .into_iter()
                    .map(|(p, role)| (p.to_owned(), theme.syntax(role))),
            );
            let ty = if ty.is_empty() {
                String::new()
            } else {
                format!("  : {ty}")
            };
            row.push((format!("{ty}  {}", text::micros(*micros)), theme.dim()));
            row
        }
        Entry::Refused(why) => vec![
            (format!("{} ", state.glyphs.error), theme.bad()),
            (why.clone(), theme.bad()),
        ],
        Entry::Printed { error, text } => vec![(
            text.clone(),
            if *error { theme.warn() } else { theme.text() },
        )],
        Entry::Note(text) => vec![(format!("{} {text}", state.glyphs.between), theme.dim())],
    }
}

/// Breaks coloured pieces into rows; line breaks inside values are kept.
fn wrap(row: Row, width: usize) -> Vec<Row> {
    let mut out: Vec<Row> = vec![Vec::new()];
    let mut used = 0;
    for (piece, style) in row {
        let mut current = String::new();
        for c in piece.chars() {
            let w = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            if c == '\n' || used + w > width {
                out.last_mut()
                    .expect("there is a row")
                    .push((std::mem::take(&mut current), style));
                out.push(Vec::new());
                used = 0;
            }
            if c != '\n' {
                current.push(if c == '\t' { ' ' } else { c });
                used += w;
            }
        }
        out.last_mut()
            .expect("there is a row")
            .push((current, style));
    }
    out
}

/// One row that says what was asked last and what came of it.
fn last_exchange(state: &State, repl: &Repl, prompt: &str, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    let y = area.y;
    let mut x = pen.put(area.x + 1, y, prompt, theme.keyword());
    let typed = repl
        .entries
        .iter()
        .rposition(|e| matches!(e, Entry::Typed(_)));
    let Some(at) = typed else {
        let printed = repl.entries.iter().rev().find_map(|e| match e {
            Entry::Printed { text, error } => Some((text, *error)),
            _ => None,
        });
        if let Some((text, error)) = printed {
            pen.put_cut(
                x,
                y,
                area.right().saturating_sub(x + 1),
                text,
                if error { theme.warn() } else { theme.dim() },
            );
        } else {
            pen.put(x, y, "space i evaluates here", theme.dim());
        }
        return;
    };
    if let Entry::Typed(line) = &repl.entries[at] {
        let half = (area.width / 2).max(8);
        for (piece, role) in pieces(&cut(line, usize::from(half), state.glyphs.more)) {
            x = pen.put(x, y, piece, theme.syntax(role));
        }
    }
    x += 3;
    let answer = repl.entries[at + 1..]
        .iter()
        .find(|e| matches!(e, Entry::Value { .. } | Entry::Refused(_)));
    match answer {
        Some(entry) => {
            for (piece, style) in entry_row(state, entry, prompt) {
                let first = piece.lines().next().unwrap_or_default().to_owned();
                x = pen.put(x, y, &first, style);
            }
        }
        None if repl.waiting => {
            pen.put(x, y, "running", theme.warn());
        }
        None => {}
    }
}
