//! What lies over the screen: keys after a prefix, help, pickers, questions, completions of the command line.

use super::Caret;
use super::pen::Pen;
use crate::commands::{self, Cmd, PREFIXES};
use crate::editor::objects::OBJECTS;
use crate::keys;
use crate::layout::Layout;
use crate::state::{Action, Popup, PromptKind, State};
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// Rows a picker shows.
pub fn picker_rows(size: (u16, u16)) -> usize {
    usize::from(size.1.saturating_sub(6).clamp(1, 24))
}

/// Draws it; the outer `Some` says that the cursor belongs to the popup.
pub fn draw(state: &State, pen: &mut Pen<'_>, layout: &Layout) -> Option<Option<Caret>> {
    if !state.pending.is_empty() {
        prefix(state, pen);
        // The cursor would shine through the menu.
        return Some(None);
    }
    if let Some((title, rows)) = awaited(state) {
        keyed(state, pen, title, &rows);
        return Some(None);
    }
    match &state.popup {
        Some(Popup::Help { top }) => help(state, pen, *top),
        Some(Popup::Welcome(ask)) => super::guide::welcome(state, pen, ask),
        Some(Popup::Inspect(inspector)) => super::inspect::draw(state, pen, inspector),
        Some(Popup::Info { title, text }) => info(state, pen, title, text),
        Some(Popup::Question { text, answers }) => {
            let mut rows = vec![(String::new(), text.clone())];
            rows.extend(
                answers
                    .iter()
                    .map(|(c, words, _)| (c.to_string(), (*words).to_owned())),
            );
            rows.push(("esc".to_owned(), "back".to_owned()));
            keyed(state, pen, "?", &rows);
        }
        Some(Popup::Picker {
            title,
            items,
            finder,
            query,
            cursor,
        }) => {
            let chosen = finder.hit(cursor.row);
            // Where there is room, what is chosen from is seen beside the list.
            let preview = state.size.0 >= 100
                && chosen
                    .as_ref()
                    .is_some_and(|i| target(state, &i.action).is_some());
            let wide = u16::try_from(items.width() + 6).unwrap_or(u16::MAX);
            let most = if preview {
                state.size.0.saturating_sub(6)
            } else {
                110
            };
            let width = if preview { most } else { wide.clamp(40, most) };
            let width = width.min(state.size.0.saturating_sub(4)).max(8);
            let rows = if preview {
                picker_rows(state.size)
            } else {
                picker_rows(state.size).min(items.len().max(1))
            };
            let area = frame(state, pen, title, width, rows as u16 + 2);
            let theme = state.theme;
            let mut area = area;
            if preview {
                let list = area.width * 2 / 5;
                let side = Rect {
                    x: area.x + list + 1,
                    y: area.y,
                    width: area.width - list - 1,
                    height: area.height,
                };
                pen.column(Rect {
                    x: area.x + list,
                    width: 1,
                    ..side
                });
                if let Some((text, line)) = chosen.as_ref().and_then(|i| target(state, &i.action)) {
                    super::processes::excerpt(state, &mut pen.within(side), side, text, line);
                }
                area.width = list;
            }
            let mut inner = pen.within(area);
            let x = inner.put(
                area.x + 1,
                area.y,
                &format!("{} ", state.glyphs.prompt),
                theme.keyword(),
            );
            let at = inner.input(
                x,
                area.y,
                area.width.saturating_sub(14),
                query,
                theme.text(),
            );
            inner.put_right(
                area.right().saturating_sub(1),
                area.y,
                &format!("{} of {}", finder.count(), items.len()),
                theme.dim(),
            );
            for row in cursor.top..cursor.top + rows {
                let Some(item) = finder.hit(row) else { break };
                let y = area.y + 2 + (row - cursor.top) as u16;
                if row == cursor.row {
                    inner.selected_row(area, y, true);
                }
                let detail = item.detail.chars().count() as u16;
                inner.put_cut(
                    area.x + 2,
                    y,
                    area.width.saturating_sub(detail + 5),
                    &item.label,
                    if row == cursor.row {
                        theme.strong()
                    } else {
                        theme.text()
                    },
                );
                inner.put_right(area.right().saturating_sub(1), y, &item.detail, theme.dim());
            }
            if finder.count() == 0 {
                inner.put(area.x + 2, area.y + 2, "nothing matches", theme.dim());
            }
            return Some(Some(Caret {
                x: at,
                y: area.y,
                bar: true,
            }));
        }
        None => {
            candidates(state, pen, layout);
            return None;
        }
    }
    Some(None)
}

/// The text and line an action leads to, if it is known.
fn target<'a>(state: &'a State, action: &Action) -> Option<(&'a ropey::Rope, usize)> {
    match action {
        Action::Open(..) | Action::Spot(..) => {
            let (path, line) = match action {
                Action::Open(path, line) => (path, line.unwrap_or(0)),
                Action::Spot(path, line, _) => (path, *line),
                _ => return None,
            };
            let open = state.doc_of(path).map(|i| state.editor.docs[i].text());
            let text = open.or_else(|| state.sources.get(path)?.as_ref())?;
            Some((text, line))
        }
        Action::Show(id, at) => {
            let doc = state.editor.docs.iter().find(|d| d.id == *id)?;
            Some((doc.text(), crate::editor::motion::line_of(doc.text(), *at)))
        }
        _ => None,
    }
}

/// A box in the middle, lower half first, so that the text above stays visible; gives its inside.
pub fn frame(state: &State, pen: &mut Pen<'_>, title: &str, width: u16, height: u16) -> Rect {
    // What the tutorial says stays visible.
    let strip = match super::strip_height(state) {
        0 => 0,
        rows => rows + 2,
    };
    let (screen_w, screen_h) = (state.size.0, state.size.1.saturating_sub(strip).max(3));
    let theme = state.theme;
    let width = (width + 2).min(screen_w);
    let height = (height + 2).min(screen_h);
    let outer = Rect::new(
        (screen_w - width) / 2,
        screen_h
            .saturating_sub(height + 2)
            .min((screen_h - height) * 2 / 3),
        width,
        height,
    );
    pen.clear(outer, theme.popup());
    let [tl, tr, bl, br, side] = state.glyphs.corners;
    let rule = state
        .glyphs
        .rule
        .to_string()
        .repeat(usize::from(width.saturating_sub(2)));
    let dim = theme.dim();
    pen.put(outer.x, outer.y, &format!("{tl}{rule}{tr}"), dim);
    let last = outer.bottom().saturating_sub(1);
    pen.put(outer.x, last, &format!("{bl}{rule}{br}"), dim);
    for y in outer.y + 1..last {
        pen.dot(outer.x, y, side, dim);
        pen.dot(outer.right() - 1, y, side, dim);
    }
    if width > 6 {
        pen.within(Rect {
            width: width - 2,
            ..outer
        })
        .put(
            outer.x + 2,
            outer.y,
            &format!(" {title} "),
            theme.accent().add_modifier(Modifier::BOLD),
        );
    }
    Rect {
        x: outer.x + 1,
        y: outer.y + 1,
        width: width.saturating_sub(2),
        height: height.saturating_sub(2),
    }
}

/// Rows of a key and words, in as many columns as fit.
fn keyed(state: &State, pen: &mut Pen<'_>, title: &str, rows: &[(String, String)]) -> Rect {
    let theme = state.theme;
    let key = rows
        .iter()
        .map(|(k, _)| k.chars().count())
        .max()
        .unwrap_or(1) as u16;
    let longest = rows
        .iter()
        .map(|(_, w)| w.chars().count())
        .max()
        .unwrap_or(1) as u16;
    // One long row does not make the whole box wide, unless it is the only column.
    let longest = if rows.len() > 12 {
        longest.min(36)
    } else {
        longest
    };
    let room = state.size.0.saturating_sub(4).max(1);
    let tall = state.size.1.saturating_sub(6).max(1);
    // Columns as many as the height asks for and the width allows; long words are cut.
    let wanted = (rows.len() as u16).div_ceil(tall.min(12)).max(1);
    let columns = (room / (key + 24)).clamp(1, 3).min(wanted);
    let column = (key + longest + 6).min(room / columns);
    let per = (rows.len() as u16).div_ceil(columns);
    let area = frame(state, pen, title, (column * columns).min(room), per);
    let mut inner = pen.within(area);
    for (i, (k, words)) in rows.iter().enumerate() {
        let (c, y) = (i as u16 / per, area.y + i as u16 % per);
        let x = area.x + 2 + c * column;
        inner.put(
            x,
            y,
            &state.glyphs.key(k),
            theme.good().add_modifier(Modifier::BOLD),
        );
        let start = if k.is_empty() { x } else { x + key + 2 };
        inner.put_cut(
            start,
            y,
            (area.x + (c + 1) * column).saturating_sub(start + 1),
            words,
            theme.text(),
        );
    }
    area
}

/// What a command that waits for a character can take.
fn awaited(state: &State) -> Option<(&'static str, Vec<(String, String)>)> {
    let pairs = || {
        let all = OBJECTS.iter().filter(|(c, _)| !c.is_alphanumeric());
        all.map(|(c, what)| (c.to_string(), (*what).to_owned()))
    };
    let closest = || ("m".to_owned(), "closest pair".to_owned());
    Some(match state.wants_char? {
        Cmd::SelectInside | Cmd::SelectAround => {
            let title = if state.wants_char == Some(Cmd::SelectInside) {
                "inside"
            } else {
                "around"
            };
            (
                title,
                OBJECTS
                    .iter()
                    .map(|(c, what)| (c.to_string(), (*what).to_owned()))
                    .collect(),
            )
        }
        Cmd::SurroundAdd => ("surround with", pairs().collect()),
        Cmd::SurroundDrop => (
            "take away",
            std::iter::once(closest()).chain(pairs()).collect(),
        ),
        Cmd::SurroundChange => match state.first_char {
            None => (
                "replace",
                std::iter::once(closest()).chain(pairs()).collect(),
            ),
            Some(_) => ("by", pairs().collect()),
        },
        Cmd::ChooseRegister | Cmd::InsertRegister => {
            let mut rows: Vec<(String, String)> = state
                .editor
                .registers
                .list()
                .map(|(c, pieces)| {
                    (
                        c.to_string(),
                        pieces
                            .join(" ")
                            .replace('\n', "⏎")
                            .chars()
                            .take(40)
                            .collect(),
                    )
                })
                .collect();
            rows.extend(
                [
                    ("_", "nowhere"),
                    ("+", "clipboard"),
                    ("#", "numbers of the selections"),
                    (".", "what is selected"),
                    ("%", "name of the file"),
                ]
                .map(|(c, w)| (c.to_owned(), w.to_owned())),
            );
            let mut seen = std::collections::HashSet::new();
            rows.retain(|(c, _)| seen.insert(c.clone()));
            ("register", rows)
        }
        _ => return None,
    })
}

/// What may follow the keys typed so far.
fn prefix(state: &State, pen: &mut Pen<'_>) {
    let contexts = state.contexts();
    let n = state.pending.len();
    let mut rows: Vec<(String, String)> = Vec::new();
    for bind in commands::continuations(&contexts, &state.pending) {
        let next = bind.keys[n].to_string();
        if next.parse::<u8>().is_ok() {
            // One row stands for all views: their digits are in row 0.
            if !rows.iter().any(|(k, _)| k == "1-8") {
                rows.push(("1-8".to_owned(), "show a view".to_owned()));
            }
            continue;
        }
        let words = if bind.keys.len() > n + 1 {
            let title = PREFIXES
                .iter()
                .find(|(p, _)| keys::parse(p).is_ok_and(|k| k == bind.keys[..=n]))
                .map_or("more", |(_, t)| t);
            format!("{title} {}", state.glyphs.prompt)
        } else {
            commands::info(bind.cmd).1.to_owned()
        };
        if !rows.iter().any(|(k, _)| *k == next) {
            rows.push((next, words));
        }
    }
    let typed = keys::show(&state.pending);
    let title = PREFIXES
        .iter()
        .find(|(p, _)| keys::parse(p).is_ok_and(|k| k == state.pending))
        .map_or("", |(_, t)| t);
    let area = keyed(state, pen, format!("{typed} {title}").trim(), &rows);
    let number = commands::COMMANDS.len() + commands::TYPED.len();
    let words = format!(" : and text searches all {number} commands ");
    if rows.iter().any(|(k, _)| k == ":") && usize::from(area.width) > words.len() + 2 {
        pen.put(area.x + 1, area.bottom(), &words, state.theme.dim());
    }
}

fn help(state: &State, pen: &mut Pen<'_>, top: usize) {
    let theme = state.theme;
    let mut groups: Vec<(&'static str, Vec<String>)> = Vec::new();
    for (keys, title) in crate::update::help_rows(state) {
        match groups.iter_mut().find(|(t, _)| *t == title) {
            Some((_, all)) => all.push(keys),
            None => groups.push((title, vec![keys])),
        }
    }
    let room = state.size.1.saturating_sub(6).max(1);
    let columns = if state.size.0 >= 100 { 2 } else { 1 };
    let width = state.size.0.saturating_sub(6).clamp(1, 56 * columns);
    let per = (groups.len() as u16).div_ceil(columns);
    let height = room.min(per);
    let area = frame(state, pen, "keys that work here", width, height);
    let top = top.min(usize::from(per.saturating_sub(height)));
    let column = area.width / columns;
    let mut inner = pen.within(area);
    for c in 0..columns {
        let rows = groups
            .iter()
            .skip(usize::from(per * c))
            .take(usize::from(per))
            .skip(top);
        for (y, (title, keys)) in (area.y..area.bottom()).zip(rows) {
            let x = area.x + 1 + c * column;
            inner.put_cut(
                x,
                y,
                15,
                &state.glyphs.key(&keys.join(", ")),
                theme.good().add_modifier(Modifier::BOLD),
            );
            inner.put_cut(x + 16, y, column.saturating_sub(17), title, theme.text());
        }
    }
    if per > height {
        let more = format!(
            " {}-{} of {per}; j k scroll ",
            top + 1,
            top + usize::from(height)
        );
        pen.put_right(
            area.right().saturating_sub(1),
            area.bottom(),
            &more,
            theme.dim(),
        );
    }
}

fn info(state: &State, pen: &mut Pen<'_>, title: &str, text: &str) {
    let room = usize::from(state.size.0.saturating_sub(6).clamp(1, 90));
    let mut rows = Vec::new();
    for line in text.lines() {
        let chars: Vec<char> = line.chars().collect();
        if chars.is_empty() {
            rows.push(String::new());
        }
        rows.extend(chars.chunks(room).map(|c| c.iter().collect::<String>()));
        if rows.len() > 200 {
            break;
        }
    }
    let width = rows
        .iter()
        .map(|r| r.chars().count())
        .max()
        .unwrap_or(1)
        .max(title.chars().count() + 4) as u16;
    let height = (rows.len() as u16).clamp(1, state.size.1.saturating_sub(6).max(1));
    let area = frame(state, pen, title, width + 2, height);
    let mut inner = pen.within(area);
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        inner.value(area.x + 1, y, area.width, &row);
    }
}

/// Above a command line: what it could become.
fn candidates(state: &State, pen: &mut Pen<'_>, layout: &Layout) {
    let Some(status) = layout.status else { return };
    if state
        .prompt
        .as_ref()
        .is_none_or(|p| p.kind != PromptKind::Command)
    {
        return;
    }
    let theme = state.theme;
    let all = crate::update::candidates(state);
    let rows = all
        .len()
        .min(8)
        .min(usize::from(status.y.saturating_sub(3)));
    let width = state.size.0.min(64);
    for (i, (name, title)) in all.iter().take(rows).enumerate() {
        let y = status.y - rows as u16 + i as u16;
        let area = Rect::new(0, y, width, 1);
        pen.clear(area, theme.popup());
        let mut inner = pen.within(area);
        inner.put(2, y, name, theme.text());
        let x = (width * 2 / 5).min(26).max(name.chars().count() as u16 + 4);
        inner.put_cut(x, y, width.saturating_sub(x + 1), title, theme.dim());
    }
}
