//! The files of the project beside the text: folders, unsaved files, counts of what is wrong in them.

use super::Caret;
use super::pen::Pen;
use crate::editor::document::Severity;
use crate::state::State;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

pub fn draw(state: &State, pen: &mut Pen<'_>, area: Rect, focused: bool) -> Option<Caret> {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let rows = state.tree.rows(&state.files);
    if rows.is_empty() {
        pen.put(area.x + 1, area.y, "no files", theme.dim());
    }
    let shown = rows.iter().enumerate().skip(state.tree.cursor.top);
    for (y, (i, row)) in (area.y..area.bottom()).zip(shown) {
        if i == state.tree.cursor.row && focused {
            pen.selected_row(area, y, true);
        }
        let x = area.x + 1 + 2 * row.depth as u16;
        let doc = match row.folder {
            Some(open) => {
                pen.dot(
                    x,
                    y,
                    if open { glyphs.open } else { glyphs.closed },
                    theme.dim(),
                );
                None
            }
            None => state
                .doc_of(&state.root.join(&row.path))
                .map(|i| &state.editor.docs[i]),
        };
        let current = doc.is_some_and(|d| state.editor.doc().is_some_and(|c| c.id == d.id));
        let style = match (current, row.folder.is_some() || row.name.ends_with(".nos")) {
            (true, _) => theme.strong(),
            (false, true) => theme.text(),
            (false, false) => theme.dim(),
        };
        if doc.is_some_and(|d| d.is_changed()) {
            pen.dot(x, y, glyphs.dot, theme.warn());
        }
        let count = |severity| {
            doc.map_or(0, |d| {
                d.all_diagnostics()
                    .filter(|d| d.severity == severity)
                    .count()
            })
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let mut end = area.right().saturating_sub(1);
        if errors > 0 {
            let mark = format!("{}{errors}", glyphs.error);
            pen.put_right(end, y, &mark, theme.bad().add_modifier(Modifier::BOLD));
            end = end.saturating_sub(mark.chars().count() as u16 + 1);
        } else if warnings > 0 {
            let mark = format!("{}{warnings}", glyphs.warning);
            pen.put_right(end, y, &mark, theme.warn());
            end = end.saturating_sub(mark.chars().count() as u16 + 1);
        }
        pen.put_cut(x + 2, y, end.saturating_sub(x + 2), &row.name, style);
    }
    None
}
