//! Diagnostics as text for people: the sentence, the place, an excerpt with the place marked, the hint. Absent: files; the caller has the texts.

use crate::diagnostic::{Diagnostic, Severity};
use std::fmt::Write;
use std::ops::Range;

/// With escape codes for a terminal, or without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Bare text.
    Plain,
    /// ANSI colours.
    Ansi,
}

/// A file as the renderer needs it.
pub struct Source<'a> {
    /// Path for people.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Longest piece of a line that is shown, in characters; of longer lines the part around the mark is.
const WIDTH: usize = 100;
/// How many lines of a long span are marked before it is cut.
const LINES: usize = 4;
const TAB: &str = "    ";

/// Renders one diagnostic; `source` gives the file of a place. Ends with a newline.
pub fn render<'a>(
    diagnostic: &Diagnostic,
    source: &dyn Fn(crate::ty::FileId) -> Source<'a>,
    style: Style,
) -> String {
    let paint = Paint(style);
    let (word, colour) = match diagnostic.severity {
        Severity::Error => ("Error", RED),
        Severity::Warning => ("Warning", YELLOW),
    };
    let mut out = format!(
        "{}: {}\n",
        paint.with(colour, word),
        paint.with(BOLD, &diagnostic.message)
    );
    excerpt(
        &mut out,
        &source(diagnostic.file),
        &diagnostic.range,
        "",
        colour,
        paint,
    );
    for (file, range, note) in &diagnostic.related {
        excerpt(&mut out, &source(*file), range, note, BLUE, paint);
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(out, "  {}: {hint}", paint.with(GREEN, "hint"));
    }
    out
}

const BOLD: &str = "1";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const GREEN: &str = "1;32";
const BLUE: &str = "1;34";
const DIM: &str = "2";

#[derive(Clone, Copy)]
struct Paint(Style);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            Style::Plain => text.into(),
            Style::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

fn excerpt(
    out: &mut String,
    source: &Source<'_>,
    range: &Range<u32>,
    note: &str,
    colour: &str,
    paint: Paint,
) {
    let text = source.text;
    let start = floor_boundary(text, range.start as usize);
    let end = floor_boundary(text, (range.end as usize).max(start));
    let first = text[..start].matches('\n').count() + 1;
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let column = text[line_start..start].chars().count() + 1;
    let _ = writeln!(
        out,
        " {} {}:{first}:{column}",
        paint.with(DIM, "-->"),
        source.path
    );
    let last_shown = first + text[start..end].matches('\n').count().min(LINES - 1);
    let margin = last_shown.to_string().len();
    let mut at = line_start;
    for number in first..=last_shown {
        let stop = text[at..]
            .find('\n')
            .map_or(text.len(), |length| at + length);
        let line = text[at..stop].trim_end_matches('\r');
        let from = start.clamp(at, at + line.len()) - at;
        let to = end.clamp(at, at + line.len()) - at;
        let (shown, before, marked) = window(line, from, to);
        let _ = writeln!(
            out,
            " {} {shown}",
            paint.with(DIM, &format!("{number:>margin$} |"))
        );
        let note = if number == first && !note.is_empty() {
            format!(" {note}")
        } else {
            String::new()
        };
        let mark = paint.with(colour, &format!("{}{note}", "^".repeat(marked.max(1))));
        let _ = writeln!(
            out,
            " {} {}{mark}",
            paint.with(DIM, &format!("{:>margin$} |", "")),
            " ".repeat(before)
        );
        at = (stop + 1).min(text.len());
    }
}

/// The part of a line to show, how far in the mark begins and how long it is, in columns. Tabs become blanks, other controls a dot.
fn window(line: &str, from: usize, to: usize) -> (String, usize, usize) {
    let (before, marked, after) = (&line[..from], &line[from..to], &line[to..]);
    let lead = before.chars().count();
    // A long line is cut so that the mark stays in sight.
    let skip = if lead + marked.chars().count() > WIDTH {
        lead.saturating_sub(WIDTH / 4)
    } else {
        0
    };
    let before: String = before.chars().skip(skip).collect();
    let marked: String = marked.chars().take(WIDTH - WIDTH / 4).collect();
    let room = WIDTH.saturating_sub(before.chars().count() + marked.chars().count());
    let cut = after.chars().count() > room;
    let after: String = after.chars().take(room).collect();
    let (before, marked, after) = (visible(&before), visible(&marked), visible(&after));
    let head = if skip > 0 { "…" } else { "" };
    let tail = if cut { "…" } else { "" };
    let columns = head.chars().count() + before.chars().count();
    (
        format!("{head}{before}{marked}{after}{tail}"),
        columns,
        marked.chars().count(),
    )
}

fn visible(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '\t' => out.push_str(TAB),
            c if c.is_control() => out.push('·'),
            c => out.push(c),
        }
        out
    })
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ty::FileId;

    fn text(source: &str, range: Range<u32>, hint: Option<&str>) -> String {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            file: FileId(0),
            range,
            message: "type mismatch".into(),
            hint: hint.map(Into::into),
            related: vec![],
        };
        render(
            &diagnostic,
            &|_| Source {
                path: "main.nos",
                text: source,
            },
            Style::Plain,
        )
    }

    #[test]
    fn the_place_is_marked() {
        let shown = text(
            "a = 1\nb =\t\"é\" + 2\n",
            10..14,
            Some("both sides must be numbers"),
        );
        let expected = "Error: type mismatch\n --> main.nos:2:5\n 2 | b =    \"é\" + 2\n   |        ^^^\n  hint: both sides must be numbers\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_end_of_the_text_an_empty_range_and_a_range_past_it_are_shown() {
        assert!(text("a", 1..1, None).ends_with(" 1 | a\n   |  ^\n"));
        assert!(text("a", 7..9, None).ends_with(" 1 | a\n   |  ^\n"));
        assert!(text("", 0..0, None).ends_with(" 1 | \n   | ^\n"));
        assert!(text("é", 1..1, None).ends_with(" 1 | é\n   | ^\n"));
    }

    #[test]
    fn many_lines_are_cut() {
        let shown = text("{\na\nb\nc\nd\ne\n}", 0..13, None);
        assert_eq!(shown.matches('^').count(), 4);
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let source = format!("{}oops{}", "x".repeat(10_000), "y".repeat(10_000));
        let shown = text(&source, 10_000..10_004, None);
        assert!(
            shown.lines().all(|line| line.chars().count() < 130),
            "{shown}"
        );
        assert!(
            shown.contains("…") && shown.contains("oops") && shown.contains("^^^^\n"),
            "{shown}"
        );
    }
}
