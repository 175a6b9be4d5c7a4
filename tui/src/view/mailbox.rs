//! A mailbox: its messages by shape, and one by one.

use super::Caret;
use super::pen::Pen;
use super::processes::{absent, known};
use crate::state::{Detail, State};
use crate::text;
use ratatui::layout::Rect;

/// Shapes with their counts, and whether no receive takes them: as the image counts them, else of the messages that are known.
fn shapes(detail: &Detail) -> (Vec<(String, u64, bool)>, u64) {
    if !detail.shapes.is_empty() {
        let all = detail.shapes.iter().map(|s| s.count).sum();
        let each = detail.shapes.iter();
        let each = each.map(|s| (s.name.clone(), s.count, s.refused));
        return (each.collect(), all);
    }
    let mut out: Vec<(String, u64, bool)> = Vec::new();
    for m in &detail.messages {
        match out.iter_mut().find(|(n, ..)| *n == m.ty) {
            Some((_, n, _)) => *n += 1,
            None => out.push((m.ty.clone(), 1, false)),
        }
    }
    out.sort_by_key(|(_, n, _)| std::cmp::Reverse(*n));
    (out, detail.messages.len() as u64)
}

pub fn draw(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let theme = state.theme;
    let Some(detail) = known(state).filter(|d| !d.messages.is_empty()) else {
        absent(state, pen, area, "the mailbox is empty");
        return None;
    };
    let mut y = area.y;
    let (shapes, all) = shapes(detail);
    if area.height >= 9 {
        let oldest = detail.messages.iter().filter_map(|m| m.age_ms).max();
        let x = pen.put(
            area.x + 1,
            y,
            &text::count(detail.total, "message"),
            theme.strong(),
        );
        if let Some(age) = oldest {
            pen.put(
                x,
                y,
                &format!(" {} oldest {}", state.glyphs.between, text::seconds(age)),
                theme.dim(),
            );
        }
        y += 1;
        let names = shapes
            .iter()
            .take(3)
            .map(|(n, ..)| n.chars().count())
            .max()
            .unwrap_or(0)
            .min(20) as u16;
        let any = shapes.iter().any(|(.., refused)| *refused);
        for (name, n, refused) in shapes.iter().take(3) {
            let share = *n as f64 / all as f64;
            pen.put_cut(area.x + 2, y, names, name, theme.warn());
            let room = area
                .width
                .saturating_sub(names + if any { 38 } else { 22 })
                .clamp(4, 24);
            let x = pen.bar(area.x + 4 + names, y, room, share, theme.data());
            let of = if detail.total > all {
                format!(" of the first {}", text::grouped(all))
            } else {
                String::new()
            };
            let x = pen.put(x + 1, y, &text::grouped(*n), theme.text());
            let x = pen.put(
                x + 1,
                y,
                &format!(" {:.0}%{of}", share * 100.0),
                theme.dim(),
            );
            if *refused {
                pen.put(x + 2, y, "no receive matches", theme.bad());
            }
            y += 1;
        }
        y += 1;
    }
    let wide = area.width >= 44;
    if y + 1 < area.bottom() {
        pen.put_right(area.x + 5, y, "#", theme.dim());
        if wide {
            pen.put(area.x + 8, y, "from", theme.dim());
            pen.put_right(area.x + 22, y, "age", theme.dim());
        }
        pen.put(
            area.x + if wide { 25 } else { 8 },
            y,
            "message",
            theme.dim(),
        );
        y += 1;
    }
    let room = usize::from(area.bottom().saturating_sub(y));
    let top = state.mailbox.row.saturating_sub(room.saturating_sub(2));
    for (i, m) in detail.messages.iter().enumerate().skip(top) {
        if y >= area.bottom() {
            break;
        }
        let rest = detail.total.saturating_sub(i as u64);
        if y + 1 == area.bottom() && rest > 1 && i != state.mailbox.row {
            pen.put_right(area.x + 5, y, &state.glyphs.more.to_string(), theme.dim());
            pen.put(
                area.x + 8,
                y,
                &format!("{} more", text::grouped(rest)),
                theme.dim(),
            );
            break;
        }
        if focused && i == state.mailbox.row {
            pen.selected_row(area, y, true);
        }
        pen.put_right(area.x + 5, y, &m.index.to_string(), theme.dim());
        let mut x = area.x + 8;
        if wide {
            if let Some(from) = m.from {
                pen.put(x, y, &format!("<{from}>"), theme.text());
            }
            if let Some(age) = m.age_ms {
                pen.put_right(area.x + 22, y, &text::seconds(age), theme.dim());
            }
            x = area.x + 25;
        }
        let end = pen.value(x, y, area.right().saturating_sub(x), &m.value);
        let refused = detail.shapes.iter().any(|s| s.refused && s.is_of(m));
        if refused && end + 10 < area.right() {
            pen.put_right(area.right().saturating_sub(1), y, "no match", theme.bad());
        }
        y += 1;
    }
    None
}
