//! Tests on the screen: the list with what failed and why, the mark beside a test's first line, and all of it in a few rows.

use super::Caret;
use super::pen::{Pen, cut};
use crate::editor::document::Document;
use crate::layout::Layout;
use crate::state::diff::{Line, Side};
use crate::state::tests::{Detail, Test, TestRow, TestState};
use crate::state::{Link, State};
use crate::text;
use crate::theme::{Glyphs, Theme};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// The mark of a test and how it is drawn.
fn mark(glyphs: &Glyphs, theme: &Theme, test: &Test) -> (char, Style) {
    let (glyph, style) = match test.state {
        TestState::New => (glyphs.between, theme.dim()),
        TestState::Running(_) => (glyphs.pending, theme.warn()),
        TestState::Passed => (glyphs.ok, theme.good()),
        TestState::Failed(_) => (glyphs.error, theme.bad()),
    };
    (glyph, if test.stale { theme.dim() } else { style })
}

/// The mark for a line of a text, if a test that has run begins there.
pub fn gutter(state: &State, doc: &Document, line: usize) -> Option<(char, Style)> {
    if state.tests.all.is_empty() {
        return None;
    }
    let text = doc.text().get_line(line)?;
    // Most lines are told by their first letters.
    let mut chars = text.chars().skip_while(|c| *c == ' ');
    if !"test".chars().all(|c| chars.next() == Some(c)) {
        return None;
    }
    let test = state.tests.on_line(&doc.path, &text.to_string())?;
    let ran = !matches!(test.state, TestState::New);
    ran.then(|| mark(&state.glyphs, &state.theme, test))
}

/// Passed, failed, running and how long it took, from a cell on; the column behind it.
fn counts(state: &State, pen: &mut Pen<'_>, x: u16, y: u16) -> u16 {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let (passed, failed, stale) = state.tests.counts();
    if state.tests.all.is_empty() && state.tests.run.is_none() {
        return pen.put(x, y, "no tests", theme.dim());
    }
    let mut x = pen.put(
        x,
        y,
        &format!("{} {passed} passed", glyphs.ok),
        theme.good(),
    );
    if failed > 0 {
        let bad = theme.bad().add_modifier(Modifier::BOLD);
        x = pen.put(x + 2, y, &format!("{} {failed} failed", glyphs.error), bad);
    }
    if let Some(run) = &state.tests.run {
        let word = match state.tests.left() {
            Some(left) => format!("{} {left} running", glyphs.pending),
            None => format!("{} compiling", glyphs.pending),
        };
        x = pen.put(x + 2, y, &word, theme.warn());
        let since = state.now.saturating_sub(run.since);
        if since >= 1000 {
            x = pen.put(x + 2, y, &text::seconds(since), theme.dim());
        }
    } else if let Some(took) = state.tests.took {
        x = pen.put(x + 2, y, &text::micros(took), theme.dim());
    }
    if stale > 0 && state.tests.run.is_none() {
        x = pen.put(x + 2, y, &format!("{stale} stale"), theme.dim());
    }
    x
}

/// When they run, in words.
pub fn when(state: &State) -> &'static str {
    match state.settings.test_on_save {
        true => "on save",
        false => "when asked",
    }
}

/// The row above the list.
pub fn head(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(area) = layout.head else { return };
    let theme = state.theme;
    let end = counts(state, pen, area.x + 1, area.y);
    let mut facts = when(state).to_owned();
    if !state.tests.filter.is_empty() {
        facts = format!("/{}  {facts}", state.tests.filter);
    }
    if usize::from(end) + facts.len() + 3 < usize::from(area.right()) {
        pen.put_right(area.right().saturating_sub(1), area.y, &facts, theme.dim());
    }
    if area.height > 1 {
        let name = state.glyphs.rule.to_string();
        let rule = name.repeat(usize::from(area.width));
        pen.put(area.x, area.y + 1, &rule, theme.dim());
    }
}

/// The list.
pub fn draw(state: &State, pen: &mut Pen<'_>, area: Rect) -> Option<Caret> {
    let theme = state.theme;
    let tests = &state.tests;
    let mut area = area;
    for (message, place) in tests.wrong.iter().take(usize::from(area.height) / 2) {
        let place = place
            .as_ref()
            .map_or(String::new(), |p| format!("{}  ", state.place(p)));
        let x = pen.dot(area.x + 1, area.y, state.glyphs.error, theme.bad()) + 1;
        let x = pen.put(x, area.y, &place, theme.dim());
        let first = message.lines().next().unwrap_or_default();
        pen.put_cut(
            x,
            area.y,
            area.right().saturating_sub(x),
            first,
            theme.bad(),
        );
        area.y += 1;
        area.height -= 1;
    }
    let rows = tests.rows(&state.root);
    if rows.is_empty() {
        let words = match (tests.filter.is_empty(), &state.image.link) {
            (false, _) => "no test matches the filter",
            (true, Link::Starting) => "looking for tests",
            (true, _) => "no tests in the project: test \"a title\" = { assert_eq(3, 1 + 2) }",
        };
        pen.put_cut(
            area.x + 1,
            area.y,
            area.width.saturating_sub(2),
            words,
            theme.dim(),
        );
    }
    for (y, (i, row)) in (area.y..area.bottom()).zip(rows.iter().enumerate().skip(tests.cursor.top))
    {
        if i == tests.cursor.row {
            pen.selected_row(area, y, true);
        }
        match row {
            TestRow::Module(path, open, all, failed) => {
                let glyph = if *open {
                    state.glyphs.open
                } else {
                    state.glyphs.closed
                };
                pen.dot(area.x + 1, y, glyph, theme.dim());
                let end = pen.put(area.x + 3, y, &state.short(path), theme.strong());
                let x = pen.put(end + 2, y, &text::count(*all as u64, "test"), theme.dim());
                if *failed > 0 {
                    pen.put(x + 2, y, &format!("{failed} failed"), theme.bad());
                }
            }
            TestRow::Test(i, open) => test_row(state, pen, area, y, &tests.all[*i], *open),
            TestRow::Detail(_, detail) => detail_row(state, pen, area, y, detail),
        }
    }
    None
}

fn test_row(state: &State, pen: &mut Pen<'_>, area: Rect, y: u16, test: &Test, open: bool) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let (glyph, style) = mark(&glyphs, &theme, test);
    let has_more = matches!(test.state, TestState::Failed(_)) || !test.output.is_empty();
    let mut x = area.x + 3;
    pen.dot(x, y, glyph, style.add_modifier(Modifier::BOLD));
    x += 2;
    let wide = area.width >= 60;
    let mut end = area.right().saturating_sub(1);
    let word = test.word();
    if wide {
        pen.put(end.saturating_sub(13), y, word, style);
        end = end.saturating_sub(15);
        match test.state {
            TestState::Passed | TestState::Failed(_) => {
                pen.put_right(end, y, &text::micros(test.micros), theme.dim());
            }
            TestState::Running(since) if state.now >= since + 1000 => {
                pen.put_right(end, y, &text::seconds(state.now - since), theme.dim());
            }
            TestState::Running(_) | TestState::New => {}
        }
        end = end.saturating_sub(9);
        if area.width >= 80 {
            let place = state.place(&test.place());
            let room = usize::from(area.width / 4);
            let short = cut(&place, room, glyphs.more);
            pen.put_right(end, y, &short, theme.dim());
            end = end.saturating_sub(short.chars().count() as u16 + 2);
        }
    } else {
        let word = word.split(',').next().unwrap_or(word);
        pen.put_right(end, y, word, style);
        end = end.saturating_sub(word.len() as u16 + 2);
    }
    let style = match test.state {
        TestState::Failed(_) => theme.strong(),
        TestState::New => theme.dim(),
        TestState::Running(_) | TestState::Passed => theme.text(),
    };
    let hidden = has_more && !open;
    let room = end.saturating_sub(x + if hidden { 2 } else { 0 });
    let x = pen.put_cut(x, y, room, &test.name, style);
    if hidden {
        pen.dot(x + 1, y, glyphs.closed, theme.dim());
    }
}

fn detail_row(state: &State, pen: &mut Pen<'_>, area: Rect, y: u16, detail: &Detail) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let x = area.x + 7;
    let room = area.right().saturating_sub(x + 1);
    match detail {
        Detail::Message(text) => {
            pen.put_cut(x, y, room, text, theme.bad());
        }
        Detail::Diff(line) => diff_row(state, pen, x, y, room, line),
        Detail::At(function, place, own) => {
            let style = if *own { theme.text() } else { theme.dim() };
            let place = state.place(place);
            let end = pen.put_cut(x, y, room, &place, style);
            let name = format!("  {function}");
            let room = area.right().saturating_sub(end + 1);
            pen.put_cut(end, y, room, &name, theme.dim());
        }
        Detail::Wrote(error, line) => {
            let at = pen.dot(x, y, glyphs.column, theme.dim()) + 1;
            let style = if *error { theme.warn() } else { theme.text() };
            pen.put_cut(at, y, room.saturating_sub(2), line, style);
        }
        Detail::More(word) => {
            pen.put(x, y, &format!("{} {word}", glyphs.more), theme.dim());
        }
    }
}

/// A line of a comparison: what differs is bold and underlined, too, for who sees no colours.
fn diff_row(state: &State, pen: &mut Pen<'_>, x: u16, y: u16, room: u16, line: &Line) {
    let theme = state.theme;
    let (word, style) = match line.side {
        Side::Expected => ("expected", theme.good()),
        Side::Actual => ("actual", theme.bad()),
        Side::Same => ("", theme.dim()),
        Side::Cut(n) => {
            let words = format!(
                "{} {} more",
                state.glyphs.more,
                text::count(n as u64, "line")
            );
            pen.put(x + 10, y, &words, theme.dim());
            return;
        }
        Side::Gap(n) => {
            let words = format!(
                "{} {}",
                state.glyphs.more,
                text::count(n as u64, "equal line")
            );
            pen.put(x + 10, y, &words, theme.dim());
            return;
        }
    };
    pen.put(x, y, word, theme.dim());
    let end = x + room;
    let mut at = x + 10;
    let differs = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let (from, to) = (line.differs.start, line.differs.end);
    let parts = [
        (&line.text[..from], theme.text()),
        (&line.text[from..to], differs),
        (&line.text[to..], theme.text()),
    ];
    for (part, style) in parts {
        let style = if line.side == Side::Same {
            theme.dim()
        } else {
            style
        };
        at = pen.put_cut(at, y, end.saturating_sub(at), part, style);
    }
}
