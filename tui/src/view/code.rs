//! The editor on the screen: tabs, gutter, coloured text, diagnostics at their lines, values at the stopped line.

use super::Caret;
use super::pen::Pen;
use crate::editor::document::{Diag, Document, Severity};
use crate::editor::rows::Row;
use crate::editor::selection::Selection;
use crate::editor::syntax::Role;
use crate::editor::{Mode, motion};
use crate::layout;
use crate::state::{Link, PromptKind, State};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Where the tabs are: columns and index of the document.
pub fn tab_hits(state: &State) -> Vec<(u16, u16, usize)> {
    let mut out = Vec::new();
    let area = layout::Layout::of(state).tabs.unwrap_or_default();
    let mut x = area.x + 1;
    // The current tab must be visible: tabs before it go when there is no room.
    let lens: Vec<u16> = state
        .editor
        .docs
        .iter()
        .map(|d| d.name.chars().count() as u16 + if d.is_changed() { 2 } else { 0 } + 3)
        .collect();
    let mut first = 0;
    while first < state.editor.current
        && lens[first..=state.editor.current].iter().sum::<u16>() > area.width
    {
        first += 1;
    }
    for (i, len) in lens.iter().enumerate().skip(first) {
        out.push((x, x + len - 3, i));
        x += len;
    }
    out
}

pub fn tabs(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    let mut last = area.x + 1;
    for (x, _, i) in tab_hits(state) {
        let doc = &state.editor.docs[i];
        let style = if i == state.editor.current {
            theme.strong()
        } else {
            theme.dim()
        };
        let end = pen.put(x, area.y, &doc.name, style);
        if doc.is_changed() {
            pen.dot(end + 1, area.y, state.glyphs.dot, theme.warn());
        }
        last = end + 2;
    }
    super::lang::breadcrumb(state, pen, area, last);
    if state.editor.docs.is_empty() {
        pen.put(1, area.y, "no file is open", theme.dim());
    }
    if area.height > 1 {
        pen.put(
            area.x,
            area.y + 1,
            &state
                .glyphs
                .rule
                .to_string()
                .repeat(usize::from(area.width)),
            theme.dim(),
        );
    }
}

/// What the image runs of this file, in words.
pub fn loaded(state: &State) -> String {
    let glyph = state.glyphs.load;
    let Some(doc) = state.editor.doc() else {
        return String::new();
    };
    match state.image.link {
        Link::Live => {}
        Link::Off | Link::Starting | Link::Lost(_) => {
            return if doc.is_changed() {
                "not saved".to_owned()
            } else {
                "saved".to_owned()
            };
        }
    }
    let version = state.image.version;
    if let Some(again) = &state.debugging.again {
        return format!(
            "{glyph} v{} live again, file is v{}; ^s loads what is here",
            again.version, again.file
        );
    }
    if doc.is_changed() {
        return format!("{glyph} v{version} live, this is ahead of it; ^s saves and loads");
    }
    let last = state
        .image
        .reload
        .as_ref()
        .map(|(r, _)| match (r.ok, r.changed.len()) {
            (false, _) => ", the last load was refused".to_owned(),
            (true, n @ 1..=3) => {
                let took = crate::text::micros(r.micros);
                let names = r.changed.join(", ");
                format!(", {n} fn changed: {names}  {took}")
            }
            (true, n) => format!(", {n} fn changed; space l tells which"),
        });
    format!("{glyph} v{version} live{}", last.unwrap_or_default())
}

/// Without a file: what one can do.
fn nothing(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let theme = state.theme;
    let rows = [
        ("space f", "find a file"),
        (":open", "a new one"),
        ("^p", "find any command"),
        ("?", "the keys that work here"),
        ("^q", "quit"),
    ];
    for (i, (key, what)) in rows.iter().enumerate() {
        let y = area.y + area.height / 4 + i as u16;
        let x = area.x + area.width / 4;
        pen.put_right(x + 8, y, key, theme.good().add_modifier(Modifier::BOLD));
        pen.put(x + 10, y, what, theme.dim());
    }
}

/// What a window shows of a text.
#[derive(Clone, Copy)]
struct Pane<'a> {
    doc: &'a Document,
    selection: &'a Selection,
    scroll: (usize, usize),
    focused: bool,
}

pub fn editor(state: &State, pen: &mut Pen<'_>, area: Rect) -> Option<Caret> {
    let Some(doc) = state.editor.doc() else {
        nothing(state, pen, area);
        return None;
    };
    let pane = Pane {
        doc,
        selection: &doc.selection,
        scroll: doc.scroll,
        focused: true,
    };
    draw_pane(state, pen, area, pane)
}

/// The windows without the focus, and the names of all.
pub fn windows(state: &State, pen: &mut Pen<'_>, layout: &layout::Layout) {
    let windows = &state.editor.windows;
    for (id, title, area) in &layout.windows {
        let parked = windows.parked.get(id);
        let doc = match parked {
            Some(p) => state.editor.docs.iter().find(|d| d.id == p.doc),
            None => state.editor.doc(),
        };
        let name = doc.map_or("", |d| &d.name);
        let focused = *id == windows.focus && state.panel() == crate::state::Panel::Editor;
        pen.rule(*title, name, "", focused);
        if let (Some(doc), Some(p)) = (doc, parked) {
            let pane = Pane {
                doc,
                selection: &p.selection,
                scroll: p.scroll,
                focused: false,
            };
            draw_pane(state, &mut pen.within(*area), *area, pane);
        }
        // A line to the window at the right, where there is one.
        if layout
            .windows
            .iter()
            .any(|(_, other, _)| other.x == title.right() + 1)
        {
            let rows = Rect {
                x: title.right(),
                y: title.y,
                width: 1,
                height: area.height + 1,
            };
            pen.column(rows);
        }
    }
}

fn draw_pane(state: &State, pen: &mut Pen<'_>, area: Rect, pane: Pane<'_>) -> Option<Caret> {
    let doc = pane.doc;
    let text = doc.text();
    let gutter = layout::gutter(doc, area.width);
    let room = area.width.saturating_sub(gutter);
    let wrap = state.editor.wrap.then_some(usize::from(room));
    let rows = doc.rows(wrap);
    let (top, left) = match wrap {
        Some(_) => (pane.scroll, 0),
        None => ((pane.scroll.0, 0), pane.scroll.1),
    };
    let shown: Vec<Row> = rows.from(top).take(usize::from(area.height)).collect();
    let paint = Paint::new(state, pane, &shown);
    let stop = stopped_line(state, doc);
    let cursor = pane.selection.primary().cursor(text);
    let cursor_line = motion::line_of(text, cursor);
    let mut caret = None;
    // What is said about the cursor's line and did not fit there, and how many lines ago that was.
    let (mut rest, mut waited) = (Vec::new(), 0);
    for (y, row) in (area.y..area.bottom()).zip(&shown) {
        let line = row.line;
        let here = stop.as_ref().is_some_and(|(l, _)| *l == line);
        let lit = line == cursor_line && pane.focused || here;
        if lit {
            let row = Rect {
                y,
                height: 1,
                ..area
            };
            pen.fill(row, state.theme.row());
        }
        if row.part == 0 {
            let number = match state.settings.relative && line != cursor_line {
                true => line.abs_diff(cursor_line),
                false => line + 1,
            };
            gutter_marks(state, doc, pen, area, gutter, y, line, number, lit, here);
        }
        let content = Rect {
            x: area.x + gutter,
            y,
            width: room,
            height: 1,
        };
        let hints = rows.hints(row.from, row.to);
        let end = paint.line(pen, content, row, left, hints);
        if row.last {
            let mut x = end + 2;
            let folded = rows.folded(line);
            if folded > 0 {
                let more = format!("{} {folded} lines", state.glyphs.more);
                x = pen.put(end + 1, y, &more, state.theme.accent()) + 2;
            }
            if let Some((_, values)) = stop.as_ref().filter(|(l, _)| *l == line) {
                for (name, value) in values {
                    // What does not fit is left away rather than cut to something that looks like a value.
                    let wide = name.chars().count() + value.chars().count().min(24) + 2;
                    if usize::from(x) + wide >= usize::from(pen.right()) {
                        break;
                    }
                    x = pen.put(x, y, &format!("{name}: "), state.theme.dim());
                    x = pen.value(x, y, 24, value) + 2;
                }
            }
            // The signature lies over the lines beside the cursor's: what would look out behind it is left away.
            let hidden = state.lang.signature.is_some() && line.abs_diff(cursor_line) <= 1;
            if let Some(note) = super::panels::note(state, doc, line).filter(|_| !hidden) {
                x = pen.put(x, y, &note, state.theme.dim()) + 2;
            }
            let free = !rest.is_empty() && worst_on(doc, line).is_none();
            if waited > 2 || free && rest_of_line(state, pen, x - 2, y, &mut rest) {
                rest.clear();
            }
            waited += 1;
            let more = end_of_line(state, doc, pen, x, y, line, line == cursor_line);
            if line == cursor_line && pane.focused {
                (rest, waited) = (more, 0);
            }
        }
        if line == cursor_line && row.from <= cursor && (cursor < row.to || row.last) {
            let column = rows.screen_column(row, cursor);
            let x = area.x + gutter + (column.saturating_sub(left)) as u16;
            if column >= left && x < area.right() {
                caret = Some(Caret {
                    x,
                    y,
                    bar: state.editor.mode == Mode::Insert,
                });
            }
        }
    }
    if state.view == crate::state::View::Debug && state.panel() != crate::state::Panel::Editor {
        return None;
    }
    caret
}

#[allow(clippy::too_many_arguments)]
fn gutter_marks(
    state: &State,
    doc: &Document,
    pen: &mut Pen<'_>,
    area: Rect,
    gutter: u16,
    y: u16,
    line: usize,
    number: usize,
    lit: bool,
    here: bool,
) {
    let (theme, glyphs) = (state.theme, state.glyphs);
    let over = if lit { theme.row() } else { Style::new() };
    let bp = state
        .breakpoints
        .get(&doc.path)
        .and_then(|list| list.iter().find(|b| b.line == line));
    let worst = worst_on(doc, line).map(|d| match d.severity {
        Severity::Error => (glyphs.error, theme.bad()),
        Severity::Warning => (glyphs.warning, theme.warn()),
        Severity::Note => (glyphs.between, theme.dim()),
    });
    let tested = super::tests::gutter(state, doc, line);
    let set = bp.map(|b| super::debug::mark(state, b));
    let stopped = here.then_some((glyphs.here, theme.warn()));
    let current = (lit && !here && theme.is_plain()).then_some((glyphs.mark, theme.text()));
    // Two columns of marks where there is room: what is set or wrong, then where it stands.
    let marks = if gutter >= 8 {
        [
            set.or(worst).or(tested).or(current),
            stopped
                .or(worst.filter(|_| set.is_some()))
                .or(tested.filter(|_| set.or(worst).is_some())),
        ]
    } else {
        [stopped.or(set).or(worst).or(tested).or(current), None]
    };
    for (x, (glyph, style)) in (area.x..).zip(marks).filter_map(|(x, m)| Some((x, m?))) {
        pen.dot(x, y, glyph, style.patch(over));
    }
    let live = state.image.link == Link::Live;
    let ahead = live && doc.unloaded.iter().any(|lines| lines.contains(&line));
    if ahead && gutter >= 8 {
        let style = theme.warn().patch(over);
        pen.dot(area.x + gutter - 2, y, glyphs.mark, style);
    }
    if gutter > 2 {
        let style = if lit { theme.strong() } else { theme.dim() };
        let after = if gutter >= 8 { 2 } else { 1 };
        pen.put_right(
            area.x + gutter - after,
            y,
            &number.to_string(),
            style.patch(over),
        );
    }
}

fn worst_on(doc: &Document, line: usize) -> Option<&Diag> {
    let text = doc.text();
    doc.all_diagnostics()
        .filter(|d| motion::line_of(text, d.from) == line)
        .min_by_key(|d| (d.severity, d.from))
}

type Piece = (String, Style);

/// The message of the worst diagnostic of a line, behind its text; on the cursor's line with what helps. Gives back what did not fit.
fn end_of_line(
    state: &State,
    doc: &Document,
    pen: &mut Pen<'_>,
    x: u16,
    y: u16,
    line: usize,
    with_hint: bool,
) -> Vec<Piece> {
    let theme = state.theme;
    let Some(diag) = worst_on(doc, line) else {
        let list = state.breakpoints.get(&doc.path);
        let b = list.and_then(|l| l.iter().find(|b| b.line == line));
        if b.is_some_and(|b| !b.log.is_empty() && !b.off) {
            let x = pen.dot(x + 2, y, state.glyphs.log, theme.warn()) + 1;
            pen.put(x, y, "logs, does not stop", theme.dim());
        }
        return Vec::new();
    };
    let style = match diag.severity {
        Severity::Error => theme.bad(),
        Severity::Warning => theme.warn(),
        Severity::Note => theme.dim(),
    }
    .add_modifier(Modifier::BOLD);
    let first = diag.message.lines().next().unwrap_or_default();
    let x = pen.dot(
        x,
        y,
        state.glyphs.elbow,
        style.remove_modifier(Modifier::BOLD),
    ) + 1;
    let room = usize::from(pen.right().saturating_sub(x));
    let mut rest = Vec::new();
    let shown = super::pen::cut(first, room, state.glyphs.more);
    if shown.len() < first.len() {
        let told = shown.chars().count().saturating_sub(1);
        let more: String = first.chars().skip(told).collect();
        rest.push((format!("{}{more}", state.glyphs.more), style));
    }
    let x = pen.put(x, y, &shown, style) + 2;
    if !with_hint {
        return Vec::new();
    }
    let mut help: Vec<Piece> = Vec::new();
    for (i, piece) in diag.hint.iter().flat_map(|h| h.split('`')).enumerate() {
        // What is between backquotes is code.
        let style = if i % 2 == 1 {
            theme.syntax(Role::Function)
        } else {
            theme.dim()
        };
        help.push((piece.to_owned(), style));
    }
    if !diag.fix.is_empty() {
        let key = if state.can_fix() { "  a" } else { "  space a" };
        help.push((key.to_owned(), theme.good().add_modifier(Modifier::BOLD)));
        help.push((" fix".to_owned(), theme.dim()));
    }
    let fits = usize::from(x) + length(&help) <= usize::from(pen.right());
    if rest.is_empty() && fits {
        draw_pieces(pen, x, y, &help);
        return Vec::new();
    }
    if !(rest.is_empty() || help.is_empty()) {
        rest.push(("  ".to_owned(), theme.dim()));
    }
    rest.extend(help);
    rest
}

fn length(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(t, _)| t.chars().count()).sum()
}

fn draw_pieces(pen: &mut Pen<'_>, mut x: u16, y: u16, pieces: &[Piece]) {
    for (text, style) in pieces {
        x = pen.put(x, y, text, *style);
    }
}

/// What did not fit behind the line above, at the right of this one; `false`: there is no room here either.
fn rest_of_line(state: &State, pen: &mut Pen<'_>, x: u16, y: u16, pieces: &mut Vec<Piece>) -> bool {
    const LEAST: usize = 24;
    const WORDS: usize = 16;
    let room = usize::from(pen.right().saturating_sub(x + 3));
    if length(pieces) > room && room < LEAST {
        return false;
    }
    // The words about it are cut, the key is not.
    while length(pieces) > room {
        let over = length(pieces) - room;
        let Some((text, _)) = pieces.first_mut() else {
            return true;
        };
        let len = text.chars().count();
        if len > over + WORDS {
            *text = super::pen::cut(text, len - over, state.glyphs.more);
            break;
        }
        pieces.remove(0);
    }
    let start = usize::from(pen.right()) - length(pieces) - 1;
    draw_pieces(pen, start as u16, y, pieces);
    true
}

/// The line a stopped process is at in this text, and the values of the names on it.
fn stopped_line(state: &State, doc: &Document) -> Option<(usize, Vec<(String, String)>)> {
    let stop = state.stops.get(&state.debugged?)?;
    let place = stop.here()?.place.as_ref()?;
    if state.absolute(&place.path) != doc.path {
        return None;
    }
    let line = place.line.saturating_sub(1);
    let source = doc.text().get_line(line)?.to_string();
    let names: Vec<&str> = source
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let rows = stop
        .rows()
        .into_iter()
        .filter(|r| r.depth == 1 && names.contains(&r.name.as_str()));
    Some((line, rows.take(6).map(|r| (r.name, r.value)).collect()))
}

/// Everything that colours characters, for the visible lines.
struct Paint<'a> {
    state: &'a State,
    pane: Pane<'a>,
    /// Roles of the bytes from `start` on.
    start: usize,
    roles: Vec<Role>,
    found: Vec<(usize, usize)>,
    /// Where diagnostics are underlined: on their first line.
    marked: Vec<(usize, usize, Severity)>,
}

impl<'a> Paint<'a> {
    fn new(state: &'a State, pane: Pane<'a>, shown: &[Row]) -> Paint<'a> {
        // A line of a megabyte is shown plain rather than slowly.
        const LIMIT: usize = 256 << 10;
        let doc = pane.doc;
        let text = doc.text();
        let start = text.char_to_byte(shown.first().map_or(0, |r| r.from));
        let end = text.char_to_byte(shown.last().map_or(0, |r| r.to));
        let mut roles = Vec::new();
        if let (Some(tree), Some(language), true) = (
            doc.syntax.tree(),
            &state.editor.language,
            end - start < LIMIT,
        ) {
            roles = vec![Role::Plain; end - start];
            for (from, to, role) in language.spans(tree, text, start, end) {
                let (from, to) = (from.max(start), to.min(end));
                if from < to {
                    roles[from - start..to - start].fill(role);
                }
            }
        }
        let searching = state
            .prompt
            .as_ref()
            .is_some_and(|p| p.kind == PromptKind::Search && !p.input.text().is_empty());
        let mut found = Vec::new();
        if let (true, Some(regex), true) = (searching, &state.editor.search, end - start < LIMIT) {
            let visible = text.byte_slice(start..end).to_string();
            let hits = regex.find_iter(&visible).take(500);
            found = hits
                .map(|m| {
                    (
                        text.byte_to_char(start + m.start()),
                        text.byte_to_char(start + m.end()),
                    )
                })
                .collect();
        }
        let (first, end) = (text.byte_to_char(start), text.byte_to_char(end));
        let marked = doc
            .all_diagnostics()
            .filter(|d| first <= d.from && d.from <= end)
            .map(|d| {
                (
                    d.from,
                    d.to.max(d.from + 1)
                        .min(motion::line_end(text, motion::line_of(text, d.from)).max(d.from + 1)),
                    d.severity,
                )
            })
            .collect();
        Paint {
            state,
            pane,
            start: text.char_to_byte(first),
            roles,
            found,
            marked,
        }
    }

    /// Draws a line from a column on; gives the screen column behind its last character.
    fn line(
        &self,
        pen: &mut Pen<'_>,
        area: Rect,
        row: &Row,
        left: usize,
        hints: &[(usize, String)],
    ) -> u16 {
        let (state, text, theme) = (self.state, self.pane.doc.text(), self.state.theme);
        let (first, end) = (row.from, row.to);
        let left = row.column + left;
        let mut byte = text.char_to_byte(first);
        let mut column = row.column;
        // Columns of what is shown between the characters.
        let mut more = 0;
        let mut x = area.x;
        let ranges = self.pane.selection.ranges();
        let primary = self.pane.selection.primary_index();
        let insert = state.editor.mode == Mode::Insert;
        let selected = |at: usize| -> Option<Style> {
            let (i, r) = ranges.iter().enumerate().find(|(_, r)| {
                (r.from() <= at && at < r.to()) || (r.head == at && r.cursor(text) == at)
            })?;
            let is_cursor = r.cursor(text) == at;
            if is_cursor && !self.pane.focused {
                return (i == primary).then(|| theme.row());
            }
            if is_cursor && i != primary {
                return Some(theme.cursor());
            }
            // One selected character is just the cursor.
            let only = r.to() - r.from() <= 1 || (insert && r.is_empty());
            (!only).then(|| theme.select())
        };
        let past = if row.last { end + 1 } else { end };
        for at in first..past {
            if usize::from(area.right()) <= usize::from(x) {
                break;
            }
            let (c, at_end) = if at == end {
                (' ', true)
            } else {
                (text.char(at), false)
            };
            let width = motion::width_at(c, column);
            // A cut line shows what stands before its first character in the row of that.
            for (_, hint) in hints
                .iter()
                .filter(|(h, _)| *h == at && (at < end || row.last))
            {
                for c in hint.chars() {
                    if column + more >= left {
                        x = pen.dot(x, area.y, c, theme.dim().add_modifier(Modifier::ITALIC));
                    }
                    more += motion::width_at(c, 0);
                }
            }
            let role = self
                .roles
                .get(byte.wrapping_sub(self.start))
                .copied()
                .unwrap_or(Role::Plain);
            if column + more >= left {
                let mut style = theme.syntax(role);
                if self
                    .found
                    .iter()
                    .any(|(from, to)| (*from..*to).contains(&at))
                {
                    style = style.patch(theme.found());
                }
                let used = |(from, to): &(usize, usize)| (*from..*to).contains(&at);
                if self.pane.focused && self.pane.doc.known.uses.iter().any(used) {
                    style = style.patch(theme.used());
                }
                if let Some(over) = selected(at) {
                    style = style.patch(over);
                }
                if !at_end
                    && let Some((_, _, severity)) = self
                        .marked
                        .iter()
                        .find(|(from, to, _)| (*from..*to).contains(&at))
                {
                    style = match severity {
                        Severity::Error => {
                            style.patch(theme.bad()).add_modifier(Modifier::UNDERLINED)
                        }
                        Severity::Warning => {
                            style.patch(theme.warn()).add_modifier(Modifier::UNDERLINED)
                        }
                        Severity::Note => style.add_modifier(Modifier::UNDERLINED),
                    };
                }
                if at_end {
                    if let Some(over) = selected(at) {
                        pen.put(x, area.y, " ", over);
                    }
                    break;
                }
                match c {
                    '\t' => x = pen.put(x, area.y, &" ".repeat(width), style),
                    c if c.is_control() => x = pen.dot(x, area.y, '·', theme.dim()),
                    c if width == 0 => {
                        let _ = c;
                    }
                    c => {
                        // Marks that combine with this character stay with it.
                        let mut cluster = String::from(c);
                        let more = (at + 1..end)
                            .map(|i| text.char(i))
                            .take_while(|c| !c.is_ascii() && motion::width_at(*c, 0) == 0);
                        cluster.extend(more.take(8));
                        x = pen.put(x, area.y, &cluster, style);
                    }
                }
            } else if column + more + width > left {
                let rest = column + more + width - left;
                x = pen.put(x, area.y, &" ".repeat(rest), Style::new());
            }
            column += width;
            byte += c.len_utf8();
        }
        x
    }
}
