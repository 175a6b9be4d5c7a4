//! The questions of editors about the style: a document or a part of it in, the fewest edits out. A text with mistakes is left as it is: its
//! diagnostics say why.

use crate::Server;
use lsp_types as lsp;
use nostos_format::Edit;
use serde_json::{Value, json};

type Answer = Result<Value, (i32, String)>;

impl Server<'_> {
    pub(crate) fn formatting(&self, params: &Value) -> Answer {
        let range: Option<lsp::Range> = match params.get("range") {
            Some(range) => Some(
                serde_json::from_value(range.clone())
                    .map_err(|error| (-32602, error.to_string()))?,
            ),
            None => None,
        };
        self.with_document(params, |_, analysis, open| {
            let Some(text) = analysis.text(&open.name) else {
                return Ok(Value::Null);
            };
            let found = match range {
                Some(range) => {
                    // Whole lines; an end at the start of a line does not mean that line.
                    let before = range.end.character == 0 && range.end.line > range.start.line;
                    let last = range.end.line - u32::from(before);
                    let start = line_start(&text, range.start.line);
                    let end = line_start(&text, last.saturating_add(1));
                    let lines = start..end.saturating_sub(1).max(start);
                    nostos_format::edits_in(&text, &[lines])
                }
                None => nostos_format::edits(&text),
            };
            Ok(found.map_or(Value::Null, |edits| rows(&text, &edits)))
        })
    }
}

/// The byte at which a line starts; the end of the text for one that is not there.
fn line_start(text: &str, line: u32) -> usize {
    let lines = text.split_inclusive('\n');
    lines.take(line as usize).map(str::len).sum()
}

/// Edits in order as LSP has them: lines and UTF-16 columns.
fn rows(text: &str, edits: &[Edit]) -> Value {
    let (mut line, mut column, mut at) = (0u32, 0u32, 0);
    let mut position = |to: usize| {
        for c in text[at..to].chars() {
            if c == '\n' {
                (line, column) = (line + 1, 0);
            } else {
                column += c.len_utf16() as u32;
            }
        }
        at = to;
        json!({ "line": line, "character": column })
    };
    let rows = edits.iter().map(|edit| {
        let start = position(edit.range.start);
        let end = position(edit.range.end);
        json!({ "range": { "start": start, "end": end }, "newText": edit.text })
    });
    rows.collect()
}
