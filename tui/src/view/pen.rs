//! Drawing with clipping: a pen knows its rectangle and never leaves it.

use crate::editor::syntax::Role;
use crate::input::Input;
use crate::state::{Panel, State};
use crate::theme::{Glyphs, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Draws inside a rectangle of the buffer.
pub struct Pen<'a> {
    buf: &'a mut Buffer,
    clip: Rect,
    pub theme: Theme,
    pub glyphs: Glyphs,
}

impl<'a> Pen<'a> {
    pub fn new(buf: &'a mut Buffer, state: &State) -> Pen<'a> {
        let clip = buf.area;
        Pen {
            buf,
            clip,
            theme: state.theme,
            glyphs: state.glyphs,
        }
    }

    /// A pen for a part of the rectangle.
    pub fn within(&mut self, area: Rect) -> Pen<'_> {
        let clip = self.clip.intersection(area);
        Pen {
            buf: self.buf,
            clip,
            theme: self.theme,
            glyphs: self.glyphs,
        }
    }

    /// The column behind the last one it may draw in.
    pub fn right(&self) -> u16 {
        self.clip.right()
    }

    /// Draws text from a cell on; gives the column behind it.
    pub fn put(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let end = self.clip.right();
        if x < self.clip.x || x >= end || y < self.clip.y || y >= self.clip.bottom() {
            return x.saturating_add(text.width() as u16);
        }
        let (next, _) = self
            .buf
            .set_stringn(x, y, text, usize::from(end - x), style);
        next.max(x)
    }

    /// Draws text that ends before a column.
    pub fn put_right(&mut self, end: u16, y: u16, text: &str, style: Style) {
        self.put(end.saturating_sub(text.width() as u16), y, text, style);
    }

    /// Draws text cut to a width, with a mark where it was cut.
    pub fn put_cut(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let cut = cut(text, usize::from(width), self.glyphs.more);
        self.put(x, y, &cut, style)
    }

    /// One character.
    pub fn dot(&mut self, x: u16, y: u16, c: char, style: Style) -> u16 {
        self.put(x, y, c.encode_utf8(&mut [0; 4]), style)
    }

    /// Sets the style of cells.
    pub fn fill(&mut self, area: Rect, style: Style) {
        let area = self.clip.intersection(area);
        self.buf.set_style(area, style);
    }

    /// Blanks cells.
    pub fn clear(&mut self, area: Rect, style: Style) {
        for y in area.y..area.bottom() {
            self.put(
                area.x,
                y,
                &" ".repeat(usize::from(area.width)),
                Style::reset(),
            );
        }
        self.fill(area, style);
    }

    /// The line between two columns of panels.
    pub fn column(&mut self, area: Rect) {
        let (c, style) = (self.glyphs.column, self.theme.dim());
        for y in area.y..area.bottom() {
            self.dot(area.x, y, c, style);
        }
    }

    /// A rule with a name at the left and facts at the right.
    pub fn rule(&mut self, area: Rect, title: &str, facts: &str, focused: bool) {
        let (c, dim) = (self.glyphs.rule, self.theme.dim());
        self.put(
            area.x,
            area.y,
            &c.to_string().repeat(usize::from(area.width)),
            dim,
        );
        let room = area.width.saturating_sub(4);
        let facts_len = facts.width() as u16;
        if !title.is_empty() && room > 0 {
            let style = if focused {
                self.theme.accent().add_modifier(Modifier::BOLD)
            } else {
                dim
            };
            let short = cut(title, usize::from(room), self.glyphs.more);
            self.put(area.x + 1, area.y, &format!(" {short} "), style);
        }
        if !facts.is_empty() && (title.width() as u16) + facts_len + 8 < area.width {
            self.put_right(
                area.right().saturating_sub(1),
                area.y,
                &format!(" {facts} "),
                dim,
            );
        }
    }

    /// A rule with the names of panels that are behind one another.
    pub fn tabbed_rule(
        &mut self,
        area: Rect,
        title: &str,
        names: &[(Panel, &str)],
        on: Panel,
        focused: bool,
    ) {
        let (c, dim) = (self.glyphs.rule, self.theme.dim());
        self.put(
            area.x,
            area.y,
            &c.to_string().repeat(usize::from(area.width)),
            dim,
        );
        let total: usize = names.iter().map(|(_, n)| n.len() + 2).sum();
        let start = area.right().saturating_sub(total as u16 + 1);
        let room = start.saturating_sub(area.x + 4);
        if !title.is_empty() && room > 4 {
            let short = cut(title, usize::from(room), self.glyphs.more);
            self.put(
                area.x + 1,
                area.y,
                &format!(" {short} "),
                self.theme.accent().add_modifier(Modifier::BOLD),
            );
        }
        let mut x = start.max(area.x);
        for (panel, name) in names {
            let style = match (*panel == on, focused) {
                (true, true) => self.theme.accent().add_modifier(Modifier::BOLD),
                (true, false) => self.theme.strong(),
                (false, _) => dim,
            };
            x = self.put(x, area.y, &format!(" {name} "), style);
        }
    }

    /// A typed line in a field; gives the column of its cursor.
    pub fn input(&mut self, x: u16, y: u16, width: u16, input: &Input, style: Style) -> u16 {
        let before = &input.text()[..input.cursor()];
        let width = usize::from(width.max(1));
        // The cursor stays in the field: what is too far left is left away.
        let mut from = 0;
        while before[from..].width() >= width {
            from += before[from..].chars().next().map_or(1, char::len_utf8);
        }
        self.put(x, y, &input.text()[from..], style);
        x + before[from..].width() as u16
    }

    /// Marks a row as selected: with a background, a mark at the left, and bold where there are no colours.
    pub fn selected_row(&mut self, area: Rect, y: u16, focused: bool) {
        if y >= area.bottom() {
            return;
        }
        self.fill(
            Rect {
                y,
                height: 1,
                ..area
            },
            self.theme.row(),
        );
        let style = if focused {
            self.theme.accent()
        } else {
            self.theme.dim()
        };
        self.dot(area.x, y, self.glyphs.mark, style.patch(self.theme.row()));
    }

    /// A bar of a chart, `share` of `width` cells.
    pub fn bar(&mut self, x: u16, y: u16, width: u16, share: f64, style: Style) -> u16 {
        let eighths = (f64::from(width) * 8.0 * share.clamp(0.0, 1.0)).round() as usize;
        let mut text = self.glyphs.bars[8].to_string().repeat(eighths / 8);
        if !eighths.is_multiple_of(8) {
            text.push(self.glyphs.bars[eighths % 8]);
        }
        self.put(x, y, &text, style)
    }

    /// A bar with what it could be behind it.
    pub fn track(&mut self, x: u16, y: u16, width: u16, share: f64) {
        let (rest, style) = (self.glyphs.track, self.theme.dim());
        self.put(x, y, &rest.to_string().repeat(usize::from(width)), style);
        let data = self.theme.data();
        self.bar(x, y, width, share, data);
    }

    /// A chart of several rows, a column for each of the last values: how high each is of `most`, and in which style.
    pub fn chart(&mut self, area: Rect, values: &[(u64, Style)], most: u64) {
        let from = values.len().saturating_sub(usize::from(area.width));
        let steps = u64::from(area.height) * 8;
        for (x, (value, style)) in (area.x..).zip(&values[from..]) {
            let filled = (value.saturating_mul(steps))
                .div_ceil(most.max(1))
                .min(steps);
            for row in 0..area.height {
                let here = filled.saturating_sub(u64::from(row) * 8).min(8);
                if here > 0 {
                    let glyph = self.glyphs.spark[here as usize - 1];
                    self.dot(x, area.bottom() - 1 - row, glyph, *style);
                }
            }
        }
    }

    /// A small chart of the last values as shares of `most`; where nothing is known yet there is nothing.
    pub fn spark_of(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        values: impl DoubleEndedIterator<Item = u64>,
        most: u64,
    ) -> u16 {
        let mut last: Vec<u64> = values.rev().take(usize::from(width)).collect();
        last.reverse();
        let step = |v: &u64| (v.saturating_mul(7).div_ceil(most.max(1)) as usize).min(7);
        let mut text = " ".repeat(usize::from(width).saturating_sub(last.len()));
        text.extend(last.iter().map(|v| self.glyphs.spark[step(v)]));
        let style = self.theme.data();
        self.put(x, y, &text, style)
    }

    /// A small chart of the last values.
    pub fn spark(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        values: impl DoubleEndedIterator<Item = u64>,
        style: Style,
    ) -> u16 {
        let mut last: Vec<u64> = values.rev().take(usize::from(width)).collect();
        last.reverse();
        let max = last.iter().copied().max().unwrap_or(0).max(1);
        let text: String = last
            .iter()
            .map(|v| self.glyphs.spark[(v.saturating_mul(7).div_ceil(max) as usize).min(7)])
            .collect();
        let pad = usize::from(width).saturating_sub(last.len());
        let x = self.put(x, y, &self.glyphs.spark[0].to_string().repeat(pad), style);
        self.put(x, y, &text, style)
    }

    /// A value with its parts coloured; gives the column behind it.
    pub fn value(&mut self, x: u16, y: u16, width: u16, text: &str) -> u16 {
        let flat: String = text
            .chars()
            .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
            .collect();
        let shown = cut(&flat, usize::from(width), self.glyphs.more);
        let mut x = x;
        for (piece, role) in pieces(&shown) {
            let style = self.theme.syntax(role);
            x = self.put(x, y, piece, style);
        }
        x
    }
}

/// Cuts text to columns; a mark stands for what is gone.
pub fn cut(text: &str, width: usize, more: char) -> String {
    if text.len() <= width || text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        used += w;
        out.push(c);
    }
    if width > 0 {
        out.push(more);
    }
    out
}

/// The pieces of a shown value or a typed expression.
pub fn pieces(text: &str) -> Vec<(&str, Role)> {
    const WORDS: &[&str] = &[
        "if", "then", "else", "match", "receive", "spawn", "var", "while", "for", "in", "try",
        "catch", "throw", "return", "when", "and", "or", "not", "self", "let",
    ];
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = |f: &dyn Fn(char) -> bool| rest.find(|c| !f(c)).unwrap_or(rest.len());
        let (len, role) = if c == '"' || c == '\'' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, d)| {
                let ends = *d == c && !escaped;
                escaped = *d == '\\' && !escaped;
                ends
            });
            (
                end.map_or(rest.len(), |(i, d)| i + d.len_utf8()),
                Role::Text,
            )
        } else if c.is_ascii_digit() {
            (
                run(&|c| c.is_alphanumeric() || c == '_' || c == '.'),
                Role::Number,
            )
        } else if c.is_uppercase() {
            (run(&|c| c.is_alphanumeric() || c == '_'), Role::Constructor)
        } else if c.is_alphabetic() || c == '_' {
            let len = run(&|c| c.is_alphanumeric() || c == '_');
            let word = &rest[..len];
            let role = if matches!(word, "true" | "false") {
                Role::Number
            } else if WORDS.contains(&word) {
                Role::Keyword
            } else if rest[len..].starts_with('(') {
                Role::Function
            } else {
                Role::Plain
            };
            (len, role)
        } else {
            (
                run(&|c| !(c.is_alphanumeric() || matches!(c, '_' | '"' | '\''))),
                Role::Plain,
            )
        };
        out.push((&rest[..len], role));
        rest = &rest[len..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_pieces() {
        let found: Vec<(&str, Role)> = pieces("Ok(30, \"a\\\"b\")").into_iter().collect();
        assert_eq!(
            found,
            [
                ("Ok", Role::Constructor),
                ("(", Role::Plain),
                ("30", Role::Number),
                (", ", Role::Plain),
                ("\"a\\\"b\"", Role::Text),
                (")", Role::Plain)
            ]
        );
        for odd in ["\"open", "ünï 'x", "1..2", "<pid 3>"] {
            assert_eq!(pieces(odd).iter().map(|p| p.0).collect::<String>(), odd);
        }
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("abcdef", 4, '…'), "abc…");
        assert_eq!(cut("世界世界", 5, '…'), "世界…");
        assert_eq!(cut("abc", 3, '…'), "abc");
        assert_eq!(cut("abc", 0, '…'), "");
    }
}
