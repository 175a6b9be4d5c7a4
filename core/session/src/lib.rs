//! The living image: sources, code and processes, held together. Owns the project's files, the build, swaps, evaluation and the debugger's view.
#![forbid(unsafe_code)]

pub mod build;
pub mod debug;
pub mod eval;
pub mod interpret;
pub mod live;
pub mod project;
pub mod report;
pub mod watch;

use nostos_check::deep::deep;
use nostos_check::query;
pub use nostos_check::render::Style;
pub use nostos_codegen::Options;
pub use nostos_runtime::{Config, Stream};
use std::path::Path;

/// Checks a program without running it.
pub fn check(path: &Path, style: Style) -> Result<report::Found, project::OpenError> {
    let project = project::Project::open(path)?;
    Ok(deep(|| {
        let db = build::database(&project.files);
        report::found(&db, &query::project_diagnostics(&db), style)
    }))
}
