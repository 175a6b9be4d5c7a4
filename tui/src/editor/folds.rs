//! Folding commands: what a fold at the cursor would hide, by the grammar, else by indentation.

use super::document::Document;
use super::motion;
use super::selection::{Range, Selection};
use super::syntax::Language;
use crate::commands::Cmd;

/// Folds, unfolds, or does either with everything.
pub fn run(doc: &mut Document, language: Option<&Language>, cmd: Cmd) {
    let text = doc.text().clone();
    let line = doc.line();
    match cmd {
        Cmd::FoldNone => doc.folds.clear(),
        Cmd::FoldAll => {
            let mut end = None;
            let mut all = ranges(doc, language, 0, motion::line_count(&text) - 1);
            all.sort_unstable_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
            for (first, last) in all {
                // Only what is in nothing else that is folded.
                if end.is_none_or(|e| first > e) {
                    doc.folds.close(&text, first, last);
                    end = Some(last);
                }
            }
            let seen = doc.rows(None).seen(line);
            put_cursor(doc, seen);
        }
        _ => {
            if doc.folds.open(&text, line, true) {
                return;
            }
            let all = ranges(doc, language, line, line);
            let here = all
                .iter()
                .filter(|(first, _)| *first == line)
                .max_by_key(|r| r.1);
            let around = all
                .iter()
                .filter(|(first, last)| *first < line && line <= *last)
                .max_by_key(|r| r.0);
            if let Some((first, last)) = here.or(around).copied() {
                doc.folds.close(&text, first, last);
                put_cursor(doc, first);
            }
        }
    }
}

/// A cursor that would be hidden goes to the line that stays.
fn put_cursor(doc: &mut Document, line: usize) {
    if line != doc.line() {
        let at = motion::first_nonblank(doc.text(), line);
        doc.selection = Selection::single(Range::block(doc.text(), at));
    }
}

/// First and last lines of what can be folded and touches some lines.
fn ranges(
    doc: &Document,
    language: Option<&Language>,
    from: usize,
    to: usize,
) -> Vec<(usize, usize)> {
    let text = doc.text();
    if let (Some(tree), Some(language)) = (doc.syntax.tree(), language) {
        let end = text.line_to_byte((to + 1).min(text.len_lines()));
        return language.folds(
            tree,
            text,
            text.line_to_byte(from),
            end.max(text.line_to_byte(from) + 1),
        );
    }
    (from..=to)
        .filter_map(|line| by_indent(doc, line))
        .collect()
}

fn by_indent(doc: &Document, line: usize) -> Option<(usize, usize)> {
    let text = doc.text();
    let blank = |l: usize| text.line(l).chars().all(char::is_whitespace);
    let indent = |l: usize| motion::first_nonblank(text, l) - text.line_to_char(l);
    if blank(line) {
        return None;
    }
    let deeper = |l: &usize| blank(*l) || indent(*l) > indent(line);
    let last = (line + 1..motion::line_count(text))
        .take_while(deeper)
        .filter(|l| !blank(*l))
        .last()?;
    Some((line, last))
}
