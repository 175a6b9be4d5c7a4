//! Runs the `test` items of a program, each in a process of its own, one after the other in the order of their places.
//!
//! In go a checked program and what is wanted of its tests; out comes what is to be said of each, as data. A test fails when it throws, exits with a
//! reason, gives `false` or takes too long. Absent: any form of words, for people or for tools.

use crate::live::{Session, Unfit};
use crate::project::Project;
use nostos_abi::code::CellId;
use nostos_check::deep::deep;
use nostos_check::query;
use nostos_check::render::Style;
use nostos_check::ty::FnId;
use nostos_codegen::Options;
use nostos_runtime::{Config, ExitReason, Finished, TraceLine};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Which tests, and how long each may take.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// Those with one of these texts in their titles; none: all.
    pub titles: Vec<String>,
    /// The texts are whole titles, or `FILE:TITLE`.
    pub exact: bool,
    /// None is run.
    pub only_list: bool,
    /// One that takes longer is ended and has failed.
    pub limit: Option<Duration>,
}

impl Wanted {
    /// Is this one wanted?
    fn has(&self, test: &Test) -> bool {
        let is_meant = |text: &String| match self.exact {
            true => test.is_called(text),
            false => test.title.contains(text.as_str()),
        };
        !self.only_list && (self.titles.is_empty() || self.titles.iter().any(is_meant))
    }
}

/// A test of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its title.
    pub title: Arc<str>,
    /// The file's name in the project.
    pub file: String,
    /// The file on disk.
    pub path: String,
    /// The line it begins in, from 1.
    pub line: u32,
}

impl Test {
    /// Does a text name it: `TITLE` or `FILE:TITLE`?
    fn is_called(&self, text: &str) -> bool {
        let of_file = text.strip_prefix(&self.file);
        text == &*self.title || of_file.and_then(|t| t.strip_prefix(':')) == Some(&self.title)
    }
}

/// A place on the way to where a test failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The function.
    pub function: String,
    /// The file: on disk, or `std/…` for the library's.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// It is the project's.
    pub own: bool,
}

/// Why a test has failed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failed {
    /// In words.
    pub message: String,
    /// What was expected and what was there, if it was about that.
    pub values: Option<(String, String)>,
    /// Where, the innermost first.
    pub trace: Vec<Step>,
    /// The trace as people read it.
    pub lines: Vec<String>,
}

/// What is said while tests run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said<'a> {
    /// It is there. All are told of before the first begins.
    Found(&'a Test),
    /// It begins.
    Began(&'a Test),
    /// It has passed.
    Passed(&'a Test, Duration),
    /// It has failed.
    Failed(&'a Test, Duration, Failed),
    /// It was not asked for.
    Skipped(&'a Test),
    /// All is over.
    Done(Summary, Duration),
}

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

/// Runs the tests that are wanted, and tells `say` of each, and at last of all together.
pub fn run(
    project: Project,
    config: Config,
    style: Style,
    wanted: &Wanted,
    mut say: impl FnMut(Said<'_>),
) -> Result<Summary, Unfit> {
    let session = Session::without_main(project, Options::default(), config, style)?;
    let tests = session.tests();
    for (test, _) in &tests {
        say(Said::Found(test));
    }
    let mut summary = Summary::default();
    let begin = Instant::now();
    for (test, id) in &tests {
        if !wanted.has(test) {
            summary.left_out += 1;
            say(Said::Skipped(test));
            continue;
        }
        say(Said::Began(test));
        let began = Instant::now();
        match failure(&session, *id, wanted.limit) {
            None => {
                summary.passed += 1;
                say(Said::Passed(test, began.elapsed()));
            }
            Some(why) => {
                summary.failed += 1;
                say(Said::Failed(test, began.elapsed(), why));
            }
        }
    }
    say(Said::Done(summary, begin.elapsed()));
    // Taken apart with the process; see `run` of an image.
    std::mem::forget(session);
    Ok(summary)
}

impl Session {
    /// The tests of the program, in the order of their places.
    fn tests(&self) -> Vec<(Test, FnId)> {
        deep(|| {
            let build = self.build.lock();
            let db = &build.db;
            let each = query::tests(db).into_iter();
            each.map(|(title, id)| {
                let def = query::fn_def(db, id);
                let file = db.path(def.file).to_string();
                let line = db.line_index(def.file).line_col(def.start).line + 1;
                let path = self.project.absolute(&file).to_string_lossy().into_owned();
                let test = Test {
                    title,
                    file,
                    path,
                    line,
                };
                (test, id)
            })
            .collect()
        })
    }

    /// The test with this title, or `FILE:TITLE`.
    pub(crate) fn test_called(&self, name: &str) -> Option<FnId> {
        let mut all = self.tests().into_iter();
        all.find(|(test, _)| test.is_called(name)).map(|(_, id)| id)
    }

    /// The cell that runs a test.
    pub(crate) fn test_cell(&self, test: FnId) -> Result<CellId, String> {
        deep(|| {
            let mut build = self.build.lock();
            let body = query::entry(&build.db, test);
            let cell = build.codegen.entry_cell(body);
            build.compile(&self.image, cell).map(|()| cell)
        })
    }
}

fn failure(session: &Session, test: FnId, limit: Option<Duration>) -> Option<Failed> {
    let answer = session.test_cell(test).and_then(|cell| {
        let called = session.image.call(cell);
        called.map_err(|error| format!("cannot start a process: {error}"))
    });
    let (pid, answer) = match answer {
        Ok(called) => called,
        Err(why) => return Some(in_words(why)),
    };
    let finished = match limit {
        None => answer.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(limit) => answer.recv_timeout(limit),
    };
    match (finished, limit) {
        (Ok(finished), _) => verdict(session, &finished),
        (Err(RecvTimeoutError::Timeout), Some(limit)) => {
            session.image.kill(pid);
            let seconds = limit.as_secs_f64();
            Some(in_words(format!(
                "it did not end within {seconds} s, so it was ended"
            )))
        }
        (Err(_), _) => Some(in_words("the image has ended".into())),
    }
}

fn in_words(message: String) -> Failed {
    Failed {
        message,
        ..Failed::default()
    }
}

fn verdict(session: &Session, finished: &Finished) -> Option<Failed> {
    match &finished.reason {
        ExitReason::Normal => {
            let gave = session.image.render_result(finished, true);
            (gave.as_deref() == Some("false")).then(|| in_words("gave false".into()))
        }
        ExitReason::Failed(failure) => {
            let each = failure.trace.iter();
            let trace = each.filter_map(|line| match line {
                TraceLine::Frame { name, file, line } if !file.is_empty() => Some(Step {
                    function: name.clone(),
                    path: session.path_of(file),
                    line: *line,
                    own: session.is_own(file),
                }),
                _ => None,
            });
            Some(Failed {
                message: failure.message.clone(),
                values: values(&failure.message),
                trace: trace.collect(),
                lines: failure.trace.iter().map(ToString::to_string).collect(),
            })
        }
        other => Some(in_words(format!("exit: {other}"))),
    }
}

/// What `assert_eq` expected and what it got: the two values of its message, parted where `!=` stands in neither of them.
fn values(message: &str) -> Option<(String, String)> {
    const SIGN: &str = " != ";
    let (_, both) = message.split_once("Assertion failed: ")?;
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut outside = None;
    for (at, c) in both.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && both[at..].starts_with(SIGN) => {
                outside = Some(at);
                break;
            }
            _ => {}
        }
    }
    // A type's own `show` may write anything.
    let at = outside.or_else(|| both.find(SIGN))?;
    Some((both[..at].to_owned(), both[at + SIGN.len()..].to_owned()))
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

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn the_two_values_are_parted_where_neither_says_so() {
        for (message, expected) in [
            ("Panic: Assertion failed: 1 != 2", Some(("1", "2"))),
            (
                r#"Panic: Assertion failed: "a != b" != "c""#,
                Some((r#""a != b""#, r#""c""#)),
            ),
            (
                r#"Panic: Assertion failed: [Odd( != ), "\" != "] != []"#,
                Some((r#"[Odd( != ), "\" != "]"#, "[]")),
            ),
            (
                "Panic: Assertion failed: ) != ( != )",
                Some((")", "( != )")),
            ),
            ("Panic: Assertion failed: no money", None),
            ("Panic: Assertion failed", None),
            ("1 != 2", None),
        ] {
            let expected = expected.map(|(a, b): (&str, &str)| (a.to_owned(), b.to_owned()));
            assert_eq!(values(message), expected, "{message}");
        }
    }
}
