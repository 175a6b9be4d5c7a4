//! A value as a tree, in a box over the screen.

use super::pen::Pen;
use super::popup::frame;
use crate::state::State;
use crate::state::inspect::{Inspector, PAGE, Row};
use crate::text;

/// Rows of the tree that fit.
pub fn rows(size: (u16, u16)) -> usize {
    usize::from(size.1.saturating_sub(8).clamp(1, 30))
}

pub fn draw(state: &State, pen: &mut Pen<'_>, inspector: &Inspector) {
    let theme = state.theme;
    let all = inspector.rows();
    let width = state.size.0.saturating_sub(8).clamp(8, 100);
    let height = rows(state.size).min(all.len()).max(1) as u16;
    let area = frame(state, pen, &inspector.title, width, height + 1);
    let mut inner = pen.within(area);
    let pen = &mut inner;
    let shown = all.iter().enumerate().skip(inspector.cursor.top);
    let last = area.bottom().saturating_sub(1);
    for (y, (i, row)) in (area.y..last).zip(shown) {
        if i == inspector.cursor.row {
            pen.selected_row(area, y, true);
        }
        let indent = |depth: usize| area.x + 1 + 2 * (depth.min(20) as u16);
        match row {
            Row::Value(depth, value, open, _) => {
                let mut x = indent(*depth);
                if value.reference != 0 {
                    let glyph = match open {
                        true => state.glyphs.open,
                        false => state.glyphs.closed,
                    };
                    pen.dot(x, y, glyph, theme.dim());
                }
                x += 2;
                if !value.name.is_empty() {
                    x = pen.put(x, y, &value.name, theme.data()) + 2;
                }
                let room = area.right().saturating_sub(x + 1);
                let ty = value.ty.as_str();
                let wide = room > 40 && !ty.is_empty();
                let of_type = if wide {
                    text_width(ty).min(room / 3) + 2
                } else {
                    0
                };
                pen.value(x, y, room.saturating_sub(of_type), &value.value);
                if wide {
                    let short = super::pen::cut(ty, usize::from(room / 3), state.glyphs.more);
                    pen.put_right(area.right().saturating_sub(1), y, &short, theme.dim());
                }
            }
            Row::More(depth, _, _, left) => {
                let next = (*left).min(PAGE);
                let words = match *left > PAGE {
                    true => format!("{next} more of {}", text::grouped(*left)),
                    false => format!("{left} more"),
                };
                pen.put(indent(*depth) + 2, y, &words, theme.accent());
            }
            Row::Note(depth, why) => {
                let x = indent(*depth) + 2;
                let room = area.right().saturating_sub(x + 1);
                pen.put_cut(x, y, room, why, theme.dim());
            }
        }
    }
    let keys = "enter opens  h closes  y copies  esc back";
    pen.put_cut(
        area.x + 1,
        last,
        area.width.saturating_sub(2),
        keys,
        theme.dim(),
    );
}

fn text_width(text: &str) -> u16 {
    text.chars().count().min(200) as u16
}
