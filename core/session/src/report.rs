//! Diagnostics of a project for people and for editors.

use crate::debug::{Finding, Reload};
use crate::project::Project;
use nostos_check::diagnostic::{Diagnostic, Severity};
use nostos_check::query::Database;
use nostos_check::render::{Source, Style, render};
use std::path::Path;

/// What checking a program found.
pub struct Found {
    /// All diagnostics as text, and a last line that counts them when there are any.
    pub text: String,
    /// How many of them are errors.
    pub errors: usize,
}

/// Renders all diagnostics.
pub fn found(db: &Database, diagnostics: &[Diagnostic], style: Style) -> Found {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text += &one(db, diagnostic, style);
        text.push('\n');
    }
    let errors = diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .count();
    Found { text, errors }
}

fn one(db: &Database, diagnostic: &Diagnostic, style: Style) -> String {
    let mut files = vec![diagnostic.file];
    files.extend(diagnostic.related.iter().map(|(file, ..)| *file));
    let texts: Vec<_> = files
        .iter()
        .map(|&file| (file, db.path(file), db.text(file)))
        .collect();
    let source = |file| {
        let (_, path, text) = texts
            .iter()
            .find(|(known, ..)| *known == file)
            .expect("every place's file was looked up");
        Source { path, text }
    };
    render(diagnostic, &source, style)
}

/// One reload for whoever reads the image's standard error; empty when there is nothing to say.
pub fn reload(reload: &Reload) -> String {
    if !reload.ok {
        let mut text = String::from("not loaded, the old code runs on:\n");
        for found in &reload.findings {
            let (line, column) = (found.start.0 + 1, found.start.1 + 1);
            text += &format!("  {}:{line}:{column}: {}\n", found.path, found.message);
            if let Some(hint) = &found.hint {
                text += &format!("    hint: {hint}\n");
            }
        }
        return text;
    }
    if reload.changed.is_empty() {
        return String::new();
    }
    let names = reload.changed.join(", ");
    let millis = reload.micros as f64 / 1000.0;
    format!(
        "loaded version {}: {names} ({} unchanged) in {millis:.1} ms\n",
        reload.version, reload.unchanged
    )
}

/// A diagnostic with positions as editors count them and a path they can open.
pub fn finding(db: &Database, project: &Project, diagnostic: &Diagnostic) -> Finding {
    let text = db.text(diagnostic.file);
    let path = db.path(diagnostic.file);
    let path = match Path::new(&*path).starts_with("std") && !project.files.contains_key(&*path) {
        true => path.to_string(),
        false => project.absolute(&path).to_string_lossy().into_owned(),
    };
    Finding {
        path,
        start: position(&text, diagnostic.range.start as usize),
        end: position(&text, diagnostic.range.end as usize),
        error: diagnostic.severity == Severity::Error,
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
    }
}

/// Line and UTF-16 column, from 0.
fn position(text: &str, offset: usize) -> (u32, u32) {
    let offset = (0..=offset.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() as u32,
        before[line_start..].encode_utf16().count() as u32,
    )
}
