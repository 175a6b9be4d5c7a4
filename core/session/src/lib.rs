//! The living image: sources, code and processes, held together. Owns the project's files, the build, swaps, evaluation and the debugger's view.
#![forbid(unsafe_code)]

pub mod build;
pub mod debug;
pub mod eval;
pub mod expand;
pub mod interpret;
pub mod live;
pub mod project;
pub mod report;
pub mod test;
pub mod watch;

use nostos_check::deep::deep;
use nostos_check::query;
pub use nostos_check::render::Style;
pub use nostos_codegen::Options;
pub use nostos_runtime::{
    Config, Interrupts, NOT_READ, Stream, WhenFull, check_environment, mailbox_limit, print, size,
};
use std::path::Path;

/// What runs macros for an editor's analysis.
pub fn expander() -> std::sync::Arc<dyn nostos_check::expand::Expander> {
    expand::Macros::quiet()
}

/// Checks a program without running it. For a process that ends then: what was found out about the program is not freed, which would take a tenth
/// of the time.
pub fn check(path: &Path, style: Style) -> Result<report::Found, project::OpenError> {
    let project = project::Project::open(path)?;
    Ok(deep(|| {
        let db = build::database(&project.files);
        let found = report::found(&db, &query::project_diagnostics(&db), style);
        std::mem::forget(db);
        found
    }))
}

/// The sources of a program with all macros expanded, and what is wrong with it. A program of several files: each under its name.
pub fn expand(path: &Path, style: Style) -> Result<(String, report::Found), project::OpenError> {
    let project = project::Project::open(path)?;
    Ok(deep(|| {
        let db = build::database(&project.files);
        let mut out = String::new();
        for name in project.files.keys() {
            let Some(file) = db.file_id(name) else {
                continue;
            };
            if project.files.len() > 1 {
                out += &format!("# {name}\n");
            }
            out += &nostos_check::expand::print::expanded_source(&db, file);
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
        let found = report::found(&db, &query::project_diagnostics(&db), style);
        (out, found)
    }))
}

/// The paths of the library's files, in an order that stays.
pub fn library() -> impl Iterator<Item = &'static str> {
    nostos_std::FILES.iter().map(|(path, _)| *path)
}
