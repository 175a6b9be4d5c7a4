//! Runs the `test` items of a program, each in a process of its own, one after the other in the order of their places.
//!
//! In go a checked program and part of the titles wanted; out come lines for people. A test fails when it throws, exits with a reason or gives `false`.

use crate::live::{Session, Unfit};
use crate::project::Project;
use nostos_check::deep::deep;
use nostos_check::query;
use nostos_check::render::Style;
use nostos_codegen::Options;
use nostos_runtime::{Config, ExitReason, Finished};
use std::sync::Arc;

/// What became of the tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many were not asked for.
    pub left_out: usize,
}

/// Runs the tests whose title has `filter` in it, and tells `line` of each, and at last of all together.
pub fn run(
    project: Project,
    config: Config,
    style: Style,
    filter: &str,
    mut line: impl FnMut(&str),
) -> Result<Summary, Unfit> {
    let session = Session::without_main(project, Options::default(), config, style)?;
    let mut summary = Summary::default();
    let tests = deep(|| query::tests(&session.build.lock().db));
    for (title, test) in tests {
        if !title.contains(filter) {
            summary.left_out += 1;
            continue;
        }
        match failure(&session, test) {
            None => {
                summary.passed += 1;
                line(&format!("ok      {title}"));
            }
            Some(why) => {
                summary.failed += 1;
                line(&format!("FAILED  {title}"));
                for part in why.lines() {
                    line(&format!("        {part}"));
                }
            }
        }
    }
    line(&summary.to_string());
    // Taken apart with the process; see `run` of an image.
    std::mem::forget(session);
    Ok(summary)
}

fn failure(session: &Arc<Session>, test: nostos_check::ty::FnId) -> Option<String> {
    let cell = deep(|| {
        let mut build = session.build.lock();
        let body = query::entry(&build.db, test);
        let cell = build.codegen.entry_cell(body);
        build.compile(&session.image, cell).map(|()| cell)
    });
    let answer = match cell {
        Ok(cell) => session.image.call(cell),
        Err(why) => return Some(why),
    };
    let finished = match answer {
        Ok((_, answer)) => answer.recv(),
        Err(error) => return Some(format!("cannot start a process: {error}")),
    };
    match finished {
        Ok(finished) => verdict(session, &finished),
        Err(_) => Some("the image has ended".into()),
    }
}

fn verdict(session: &Session, finished: &Finished) -> Option<String> {
    match &finished.reason {
        ExitReason::Normal => {
            let gave = session.image.render_result(finished, true);
            (gave.as_deref() == Some("false")).then(|| "gave false".to_string())
        }
        ExitReason::Failed(failure) => {
            let mut text = failure.message.clone();
            for line in &failure.trace {
                text.push_str(&format!("\n{line}"));
            }
            Some(text)
        }
        other => Some(format!("exit: {other}")),
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = self.passed + self.failed;
        let s = if all == 1 { "" } else { "s" };
        write!(
            f,
            "{all} test{s}: {} passed, {} failed",
            self.passed, self.failed
        )?;
        if self.left_out > 0 {
            write!(f, ", {} left out", self.left_out)?;
        }
        Ok(())
    }
}
