//! What the analysis adds to the editor's screen: what could be typed, the call that is being written, where in the text one is.

use super::Caret;
use super::pen::{Pen, cut};
use crate::analysis::question::Candidate;
use crate::editor::syntax::Role;
use crate::layout::Layout;
use crate::state::{Choices, Panel, State};
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// Rows of the list of what could be typed.
const ROWS: u16 = 8;

/// Rows the list has on this screen.
pub fn choice_rows(state: &State) -> usize {
    let (above, below) = room(state);
    usize::from(ROWS.min(above.max(below).saturating_sub(2)).max(1))
}

/// Rows of the editor above and below the cursor's row.
fn room(state: &State) -> (u16, u16) {
    let Some(slot) = Layout::of(state).find(Panel::Editor) else {
        return (0, 0);
    };
    let row = state.editor.doc().map_or(0, |d| {
        let wrap = state.editor.wrap_at();
        let rows = d.rows(wrap);
        let here = rows.row_of(d.cursor());
        rows.from(d.top(wrap))
            .take(usize::from(slot.area.height))
            .position(|r| (r.line, r.part) == (here.line, here.part))
            .unwrap_or(0) as u16
    });
    let y = slot.area.y + row;
    // A list may cover what is below the editor, but not the row where messages stand.
    let end = state.size.1.saturating_sub(2).max(y + 1);
    (y.saturating_sub(slot.area.y), end - y - 1)
}

/// Draws what hangs on the cursor.
pub fn draw(state: &State, pen: &mut Pen<'_>, caret: Caret) {
    let (above, below) = room(state);
    let list = state.lang.list();
    let rows = list.map_or(0, |c| c.shown.len().min(usize::from(ROWS)) as u16);
    // The list goes where there is more room, the signature to the other side.
    let down = list.is_none() || below >= rows + 2 || below >= above;
    if let Some(choices) = list {
        let height = rows.min(if down { below } else { above }.saturating_sub(2));
        if height > 0 {
            let y = if down {
                caret.y + 1
            } else {
                caret.y - height - 2
            };
            draw_choices(state, pen, choices, caret.x, y, height);
        }
    }
    if state.lang.signature.is_some() {
        let over = list.is_none_or(|_| down);
        let y = if over && above > 0 {
            caret.y - 1
        } else if list.is_none() && below > 0 || !over {
            caret.y + 1
        } else {
            return;
        };
        draw_signature(state, pen, caret.x, y);
    }
}

fn draw_choices(state: &State, pen: &mut Pen<'_>, choices: &Choices, x: u16, y: u16, height: u16) {
    let theme = state.theme;
    let (screen, _) = state.size;
    let shown: Vec<&Candidate> = choices
        .shown
        .iter()
        .skip(choices.cursor.top)
        .take(usize::from(height))
        .map(|i| &choices.all[*i])
        .collect();
    let longest = |f: &dyn Fn(&Candidate) -> usize, least: usize, most: usize| {
        let all = choices.shown.iter().map(|i| f(&choices.all[*i]));
        all.max().unwrap_or(0).clamp(least, most) as u16
    };
    let name = longest(&|c| c.label.chars().count(), 8, 28);
    let kind = longest(&|c| c.kind.len(), 2, 6);
    let detail = longest(&|c| c.detail.chars().count(), 0, 40);
    let fixed = name + kind + 5;
    let width = (fixed + detail + u16::from(detail > 0)).min(screen.saturating_sub(2));
    // The names stand below the word.
    let word = state
        .editor
        .doc()
        .map_or(0, |d| d.cursor().saturating_sub(choices.from)) as u16;
    let left = x
        .saturating_sub(word + 2)
        .min(screen.saturating_sub(width + 2));
    let outer = Rect::new(left, y, width + 2, height + 2);
    let area = boxed(state, pen, outer);
    let mut inner = pen.within(area);
    for (row, candidate) in shown.iter().enumerate() {
        let y = area.y + row as u16;
        let on = choices.chosen && choices.cursor.top + row == choices.cursor.row;
        if on {
            inner.selected_row(area, y, true);
        }
        let label = cut(&candidate.label, usize::from(name), state.glyphs.more);
        inner.put(
            area.x + 1,
            y,
            &label,
            if on { theme.strong() } else { theme.text() },
        );
        let at = area.x + 1 + name + 2;
        inner.put(at, y, candidate.kind, theme.dim());
        let at = at + kind + 2;
        if candidate.kind != "word" && area.right() > at + 3 {
            inner.value(at, y, area.right() - at, &signature_only(candidate));
        }
    }
    if choices.shown.len() > usize::from(height) {
        let more = format!(
            " {} of {} ",
            if choices.chosen {
                choices.cursor.row + 1
            } else {
                0
            }
            .max(1),
            choices.shown.len()
        );
        let end = outer.right().saturating_sub(1);
        pen.put_right(end, outer.bottom() - 1, &more, theme.dim());
    }
    docs(state, pen, choices, outer);
}

/// Beside the list, where there is room: all of the chosen one.
fn docs(state: &State, pen: &mut Pen<'_>, choices: &Choices, list: Rect) {
    const LEAST: u16 = 24;
    const MOST: u16 = 56;
    let Some(candidate) = choices.current().filter(|_| choices.chosen) else {
        return;
    };
    let (screen, bottom) = state.size;
    let right = screen.saturating_sub(list.right());
    let (x, room) = if right >= LEAST + 2 || right >= list.x {
        (list.right(), right)
    } else {
        (list.x.saturating_sub(MOST + 2), list.x.min(MOST + 2))
    };
    if room < LEAST + 4 {
        return;
    }
    let width = usize::from((room - 4).min(MOST));
    let mut rows: Vec<(String, bool)> = Vec::new();
    if candidate.detail.chars().count() > 40 || candidate.docs.is_empty() {
        rows.extend(
            folded(&candidate.detail, width)
                .into_iter()
                .map(|l| (l, true)),
        );
    }
    for line in candidate.docs.lines() {
        rows.extend(
            folded(line.trim_end(), width)
                .into_iter()
                .map(|l| (l, false)),
        );
    }
    rows.truncate(usize::from(bottom.saturating_sub(list.y + 4)).min(12));
    if rows.iter().all(|(l, _)| l.is_empty()) || candidate.docs.is_empty() && rows.len() < 2 {
        return;
    }
    let wide = rows
        .iter()
        .map(|(l, _)| l.chars().count())
        .max()
        .unwrap_or(1) as u16;
    let outer = Rect::new(x, list.y, wide + 4, rows.len() as u16 + 2);
    let area = boxed(state, pen, outer);
    let mut inner = pen.within(area);
    for (y, (line, code)) in (area.y..area.bottom()).zip(&rows) {
        if *code {
            inner.value(area.x + 1, y, wide, line);
        } else {
            inner.put(area.x + 1, y, line, state.theme.text());
        }
    }
}

/// Words of a line in rows of a width.
fn folded(line: &str, width: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in line.split(' ') {
        let row = rows.last_mut().expect("there is one");
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > width {
            rows.push(word.to_owned());
        } else {
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
    }
    rows
}

/// What follows the name in a signature.
fn signature_only(candidate: &Candidate) -> String {
    let detail = candidate.detail.lines().next().unwrap_or_default();
    match detail.strip_prefix(&candidate.label) {
        Some(rest) if rest.starts_with(['(', '[', ':']) => rest.trim_start_matches(": ").to_owned(),
        _ => detail.to_owned(),
    }
}

/// A small box; gives its inside.
fn boxed(state: &State, pen: &mut Pen<'_>, outer: Rect) -> Rect {
    let dim = state.theme.dim();
    pen.clear(outer, state.theme.popup());
    let [tl, tr, bl, br, side] = state.glyphs.corners;
    let rule = state
        .glyphs
        .rule
        .to_string()
        .repeat(usize::from(outer.width.saturating_sub(2)));
    let last = outer.bottom().saturating_sub(1);
    pen.put(outer.x, outer.y, &format!("{tl}{rule}{tr}"), dim);
    pen.put(outer.x, last, &format!("{bl}{rule}{br}"), dim);
    for y in outer.y + 1..last {
        pen.dot(outer.x, y, side, dim);
        pen.dot(outer.right() - 1, y, side, dim);
    }
    Rect {
        x: outer.x + 1,
        y: outer.y + 1,
        width: outer.width.saturating_sub(2),
        height: outer.height.saturating_sub(2),
    }
}

/// The call that is being written, its parameter marked.
fn draw_signature(state: &State, pen: &mut Pen<'_>, x: u16, y: u16) {
    let Some(signature) = &state.lang.signature else {
        return;
    };
    let theme = state.theme;
    let label: String = signature.label.lines().next().unwrap_or_default().into();
    let more = match signature.others {
        0 => String::new(),
        n => format!("  or {n} more"),
    };
    let screen = usize::from(state.size.0);
    // What is far from the parameter is left away where there is no room.
    let active = signature.active.clone().filter(|a| a.end <= label.len());
    let chars = |s: &str| s.chars().count();
    let mut from = 0;
    if let Some(active) = &active {
        while chars(&label[from..active.end]) + 4 > screen && from < active.start {
            from += label[from..].chars().next().map_or(1, char::len_utf8);
        }
    }
    let width = (chars(&label[from..]) + chars(&more) + 2).min(screen) as u16;
    let left = x.saturating_sub(1).min(state.size.0.saturating_sub(width));
    let area = Rect::new(left, y, width, 1);
    pen.clear(area, theme.popup());
    let mut inner = pen.within(area);
    let mut x = left + 1;
    let mut byte = 0;
    for (piece, role) in super::pen::pieces(&label) {
        // Pieces are names and signs; a parameter begins and ends with one.
        for (start, c) in piece.char_indices() {
            let at = byte + start;
            if at < from {
                continue;
            }
            let style = match &active {
                Some(a) if a.contains(&at) => theme
                    .accent()
                    .add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                _ if role == Role::Plain => theme.dim(),
                _ => theme.syntax(role),
            };
            x = inner.dot(x, y, c, style);
        }
        byte += piece.len();
    }
    inner.put(x, y, &more, theme.dim());
}

/// Where in the text the cursor is, at the right of the names of the files: `mod bank › transfer`.
pub fn breadcrumb(state: &State, pen: &mut Pen<'_>, area: Rect, after: u16) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let at = doc.cursor();
    let names: Vec<_> = doc.known.around(at).collect();
    let Some(last) = names.len().checked_sub(1) else {
        return;
    };
    let theme = state.theme;
    let module = doc.name.trim_end_matches(".nos").replace('/', ".");
    let sign = format!(" {} ", state.glyphs.prompt);
    let mut parts = vec![("mod ".to_owned(), theme.dim()), (module, theme.text())];
    for (i, symbol) in names.iter().enumerate() {
        parts.push((sign.clone(), theme.dim()));
        let style = if i == last && matches!(symbol.kind, "fn" | "method" | "macro") {
            theme.syntax(Role::Function)
        } else {
            theme.text()
        };
        let name = cut(&symbol.name, 40, state.glyphs.more);
        parts.push((name, style));
    }
    let len: usize = parts.iter().map(|(t, _)| t.chars().count()).sum();
    let start = usize::from(area.right()).saturating_sub(len + 1);
    if start < usize::from(after) + 2 {
        return;
    }
    let mut x = start as u16;
    for (text, style) in parts {
        x = pen.put(x, area.y, &text, style);
    }
}
