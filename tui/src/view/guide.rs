//! The choice at the first start, and the strip of the tutorial below every view.

use super::pen::Pen;
use crate::state::{CHOICES, State, Tutor, Welcome, lessons, tutor_pieces, welcome_rows};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// The whole screen: what to choose from, tried at once.
pub fn welcome(state: &State, pen: &mut Pen<'_>, ask: &Welcome) {
    let (width, height) = state.size;
    let (theme, glyphs) = (state.theme, state.glyphs);
    let area = Rect::new(0, 0, width, height);
    pen.clear(area, theme.base());
    let rows = welcome_rows(state.size);
    let x = if width >= 100 { (width - 88) / 2 } else { 2 };
    let roomy = height >= 20;
    let top = if roomy { height / 8 } else { 0 };
    let after = pen.put(x, top, glyphs.name, theme.keyword()) + 2;
    pen.put(
        after,
        top,
        if width < 60 {
            "keys and colours"
        } else {
            "keys and colours, and you are in"
        },
        theme.strong(),
    );
    if roomy {
        let words = "What you choose is tried at once. :welcome asks again, :set changes it.";
        pen.put(x, top + 1, words, theme.dim());
    }
    let mut group = "";
    for (y, row) in rows {
        let (setting, value, letter, name, words) = CHOICES[row];
        if setting != group {
            let heading = match setting {
                "keys" => "Keys",
                "theme" => "Colours",
                _ => "",
            };
            pen.put(x, y.saturating_sub(1), heading, theme.strong());
            group = setting;
        }
        let line = Rect::new(
            x.saturating_sub(1),
            y,
            width.saturating_sub(2 * x).min(90) + 2,
            1,
        );
        if row == ask.row {
            pen.selected_row(line, y, true);
        }
        let chosen = !setting.is_empty() && crate::options::value(state, setting) == value;
        let mark = if chosen { glyphs.dot } else { ' ' };
        pen.dot(x + 1, y, mark, theme.good());
        let key = theme.good().add_modifier(Modifier::BOLD);
        pen.put(x + 3, y, &letter.to_string(), key);
        let style = if chosen || row == ask.row {
            theme.strong()
        } else {
            theme.text()
        };
        let end = pen.put(x + 6, y, name, style);
        if width >= 60 {
            pen.put(end.max(x + 31), y, words, theme.dim());
        }
    }
    let last = welcome_rows(state.size).last().map_or(0, |(y, _)| *y);
    if height > last + 9 {
        sample(state, pen, x, last + 2, width.saturating_sub(2 * x));
    }
    let y = height - 1;
    pen.fill(Rect::new(0, y, width, 1), theme.bar());
    let mut at = 1;
    for (key, words) in [
        ("enter", "choose"),
        ("up down", "move"),
        ("esc", "not now: nothing is written"),
    ] {
        at = pen.put(at, y, key, theme.good().add_modifier(Modifier::BOLD)) + 1;
        at = pen.put(at, y, words, theme.dim()) + 2;
    }
}

/// How code looks in the colours chosen.
fn sample(state: &State, pen: &mut Pen<'_>, x: u16, y: u16, width: u16) {
    let theme = state.theme;
    let facts = if state.guide.follow {
        match state.guide.light {
            Some(true) => "the terminal says it is light".to_owned(),
            Some(false) => "the terminal says it is dark".to_owned(),
            None => "the terminal does not say what it is".to_owned(),
        }
    } else {
        theme.name.to_owned()
    };
    pen.rule(Rect::new(x, y, width, 1), "so code looks", &facts, false);
    let lines = [
        "loop(balance: Int) = receive {",
        "  Deposit(n) -> loop(balance + n)",
        "  Withdraw(c, n) -> c <- Err(\"short by ${n - balance}\")",
        "}",
    ];
    for (row, line) in (y + 1..).zip(lines) {
        pen.value(x + 1, row, width, line);
    }
}

/// A word of the strip and how it looks.
type Word = (String, Style);

/// The rows of the tutorial's strip, without its rule.
fn strip_rows(state: &State, tutor: &Tutor, width: u16) -> Vec<Vec<Word>> {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let keys = state.editor.preset;
    let Some(lesson) = lessons().get(tutor.lesson) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let key = theme.good().add_modifier(Modifier::BOLD);
    let steps = lesson.steps(keys);
    let narrow = width < 60;
    if !narrow || steps.is_empty() {
        wrap(
            &mut out,
            &lesson.say(keys),
            state,
            width,
            (theme.dim(), key),
            None,
        );
    }
    if let Some(step) = steps.get(tutor.step) {
        let mark = Some((glyphs.here, theme.accent()));
        wrap(
            &mut out,
            &step.words,
            state,
            width,
            (theme.text(), key),
            mark,
        );
    }
    out
}

fn wrap(
    out: &mut Vec<Vec<Word>>,
    text: &str,
    state: &State,
    width: u16,
    (plain, key): (Style, Style),
    mark: Option<(char, Style)>,
) {
    let room = usize::from(width.saturating_sub(6)).max(8);
    let mut line: Vec<Word> = match mark {
        Some((glyph, style)) => vec![(format!("{glyph} "), style)],
        None => vec![("  ".to_owned(), plain)],
    };
    let mut used = 0;
    for (text, is_key) in tutor_pieces(text, state.editor.preset) {
        if is_key {
            let len = text.chars().count();
            if used + len > room && used > 0 {
                out.push(std::mem::replace(&mut line, vec![("  ".to_owned(), plain)]));
                used = 0;
            }
            line.push((state.glyphs.key(&text), key));
            used += len;
            continue;
        }
        for word in text.split_inclusive(' ') {
            let len = word.trim_end().chars().count();
            if used + len > room && used > 0 {
                out.push(std::mem::replace(&mut line, vec![("  ".to_owned(), plain)]));
                used = 0;
            }
            used += word.chars().count();
            line.push((word.to_owned(), plain));
        }
    }
    out.push(line);
}

/// How high the strip is, with its rule.
pub fn strip_height(state: &State) -> u16 {
    let Some(tutor) = &state.guide.tutor else {
        return 0;
    };
    let rows = strip_rows(state, tutor, state.size.0).len() as u16;
    (rows + 1).min(state.size.1 / 3)
}

/// Draws the strip.
pub fn strip(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let Some(tutor) = &state.guide.tutor else {
        return;
    };
    let Some(lesson) = lessons().get(tutor.lesson) else {
        return;
    };
    let steps = lesson.steps(state.editor.preset).len();
    let title = format!(
        "Tutorial {}/{}  {}",
        tutor.lesson + 1,
        lessons().len(),
        lesson.title
    );
    let mut facts = if steps > 0 {
        format!("{} of {steps} done", tutor.step.min(steps))
    } else {
        String::new()
    };
    if area.width >= 80 {
        let skips = tutor_pieces("{tutor-next} passes over", state.editor.preset);
        let skips: String = skips.into_iter().map(|(t, _)| t).collect();
        facts = format!("{facts}  {skips}  :tutor-leave leaves");
    }
    let rule = Rect { height: 1, ..area };
    pen.rule(rule, &title, facts.trim(), true);
    let rows = strip_rows(state, tutor, area.width);
    // Where not all of it has room, what to do is shown before what it is about.
    let room = usize::from(area.height.saturating_sub(1));
    let from = rows.len().saturating_sub(room);
    for (y, row) in (area.y + 1..area.bottom()).zip(&rows[from..]) {
        let mut x = area.x + 1;
        for (text, style) in row {
            x = pen.put(x, y, text, *style);
        }
    }
}
