//! Regular expressions: compiled once, found again by their text.

use crate::{Failure, Outcome, Value, text};
use regex::{NoExpand, Regex};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Most compiled patterns kept; when there are more, all are forgotten.
const KEPT: usize = 256;

static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);

fn compiled(pattern: &str) -> Result<Regex, Failure> {
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(pattern) {
        return Ok(found.clone());
    }
    let made = Regex::new(pattern).map_err(|e| Failure {
        kind: "RegexError",
        message: last_line(&e.to_string()),
    })?;
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(pattern.to_string(), made.clone());
    Ok(made)
}

/// The crate draws the pattern with the place marked; the reason stands in its last line.
fn last_line(said: &str) -> String {
    let line = said.lines().last().unwrap_or(said);
    line.strip_prefix("error: ").unwrap_or(line).to_string()
}

/// Empty, or what is wrong with the pattern.
pub(crate) fn problem(pattern: &str) -> Outcome {
    text(match compiled(pattern) {
        Ok(_) => String::new(),
        Err(why) => why.message,
    })
}

/// Byte offsets of at most `limit` matches (negative: all): start and end of every group, `-1,-1` for absent ones, matches separated by `;`.
pub(crate) fn spans(pattern: &str, subject: &str, limit: i64) -> Outcome {
    let regex = compiled(pattern)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut out = String::new();
    for found in regex.captures_iter(subject).take(limit) {
        if !out.is_empty() {
            out.push(';');
        }
        for (i, group) in found.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = match group {
                Some(m) => write!(out, "{comma}{},{}", m.start(), m.end()),
                None => write!(out, "{comma}-1,-1"),
            };
        }
    }
    text(out)
}

/// With at most `limit` matches replaced (0: all); `$1` and `$name` stand for groups, `$$` for a dollar sign.
pub(crate) fn replace(pattern: &str, subject: &str, with: &str, limit: i64) -> Outcome {
    let regex = compiled(pattern)?;
    let limit = usize::try_from(limit).unwrap_or(0);
    let out = if with.contains('$') {
        regex.replacen(subject, limit, with)
    } else {
        regex.replacen(subject, limit, NoExpand(with))
    };
    text(out.into_owned())
}

/// Names of the groups, one a line; the whole match and groups without names have empty lines.
pub(crate) fn group_names(pattern: &str) -> Outcome {
    let regex = compiled(pattern)?;
    let names: Vec<&str> = regex
        .capture_names()
        .map(Option::unwrap_or_default)
        .collect();
    Ok(vec![Value::Text(names.join("\n"))])
}
