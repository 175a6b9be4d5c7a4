//! The tests of the project: which there are, what became of them, and the rows in which the list shows it.
//!
//! What comes in is what `nostos test --format json` says, one object at a time. Results stay when texts change, and are marked.

use super::Cursor;
use super::diff::{self, Line};
use crate::proto::Place;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines that are kept of what a test writes.
const OUTPUT: usize = 200;
/// Bytes of a title that a search may have cut.
const LONG: usize = 150;
/// Places of a trace that are shown.
const PLACES: usize = 12;

/// Why a test failed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failure {
    /// In words.
    pub message: String,
    /// What was expected and what was there, compared.
    pub compared: Vec<Arc<Line>>,
    /// The way to where it failed, the innermost first: function, place, whether it is the project's.
    pub trace: Vec<(String, Place, bool)>,
}

/// What is known of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TestState {
    /// It has not run.
    New,
    /// It runs, since then.
    Running(u64),
    /// It passed.
    Passed,
    /// It failed.
    Failed(Failure),
}

/// A test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// The file.
    pub path: PathBuf,
    /// The line it begins in, from 1.
    pub line: usize,
    /// Its title.
    pub name: String,
    /// What is known of it.
    pub state: TestState,
    /// How long it took.
    pub micros: u64,
    /// Something was changed since.
    pub stale: bool,
    /// What it wrote: to standard error, the line.
    pub output: Vec<(bool, String)>,
    /// It wrote more.
    pub cut: bool,
}

impl Test {
    fn new(path: PathBuf, line: usize, name: String) -> Test {
        Test {
            path,
            line,
            name,
            state: TestState::New,
            micros: 0,
            stale: false,
            output: Vec::new(),
            cut: false,
        }
    }

    /// The word for its state.
    pub fn word(&self) -> &'static str {
        match (&self.state, self.stale) {
            (TestState::New, _) => "not run",
            (TestState::Running(_), _) => "running",
            (TestState::Passed, false) => "passed",
            (TestState::Passed, true) => "passed, stale",
            (TestState::Failed(_), false) => "failed",
            (TestState::Failed(_), true) => "failed, stale",
        }
    }

    /// Where it failed: the innermost place of the project, else where it begins.
    pub fn place(&self) -> Place {
        let own = match &self.state {
            TestState::Failed(failure) => failure.trace.iter().find(|(.., own)| *own),
            _ => None,
        };
        own.map_or_else(
            || Place {
                path: self.path.display().to_string(),
                line: self.line,
            },
            |(_, place, _)| place.clone(),
        )
    }

    fn write(&mut self, error: bool, text: &str) {
        for line in text.lines() {
            if self.output.len() == OUTPUT {
                self.cut = true;
                return;
            }
            let shown = line.chars().filter(|c| !c.is_control()).take(2_000);
            self.output.push((error, shown.collect()));
        }
    }
}

/// A run of tests that goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// How many there are to run; not known before they are found.
    pub total: Option<usize>,
    /// How many are done.
    pub done: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Since when.
    pub since: u64,
    /// Those that were asked for; none: all.
    titles: Vec<String>,
    /// Texts have changed since.
    edited: bool,
}

/// A row of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TestRow {
    /// A file: its path, whether its tests are shown, how many there are and how many of them failed.
    Module(PathBuf, bool, usize, usize),
    /// A test, and whether what is known of it is shown.
    Test(usize, bool),
    /// What is known of it.
    Detail(usize, Detail),
}

/// A row below a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Why it failed.
    Message(String),
    /// A line of what was expected and what was there.
    Diff(Arc<Line>),
    /// A place on the way, with its function and whether it is the project's.
    At(String, Place, bool),
    /// What it wrote.
    Wrote(bool, String),
    /// More is not shown.
    More(&'static str),
}

/// See the module.
#[derive(Default, Debug)]
pub struct Tests {
    /// All of them, in the order of files and lines.
    pub all: Vec<Test>,
    /// The run that goes on.
    pub run: Option<Run>,
    /// The number of the newest run.
    pub number: u32,
    /// How long the last one took, in microseconds.
    pub took: Option<u64>,
    /// Why there were no results: what is said, and where if that is known.
    pub wrong: Vec<(String, Option<Place>)>,
    /// The row.
    pub cursor: Cursor,
    /// What the list is restricted to.
    pub filter: String,
    /// Files whose tests are not shown.
    pub shut: HashSet<PathBuf>,
    /// Tests that are open or shut otherwise than they would be.
    pub turned: HashSet<(PathBuf, String)>,
    /// Texts as they were: document, version.
    pub texts: Vec<(usize, u64)>,
    /// The test that the image runs for the debugger.
    pub debugged: Option<String>,
    /// What the program says there is, while it says it.
    found: Vec<(PathBuf, usize, String)>,
}

impl Tests {
    /// A run begins.
    pub fn begin(&mut self, titles: Vec<String>, now: u64) {
        self.stopped();
        self.number += 1;
        self.wrong.clear();
        self.found.clear();
        self.run = Some(Run {
            total: None,
            done: 0,
            failed: 0,
            since: now,
            titles,
            edited: false,
        });
    }

    /// Passed, failed, and results that are older than the texts.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |f: &dyn Fn(&Test) -> bool| self.all.iter().filter(|t| f(t)).count();
        (
            count(&|t| t.state == TestState::Passed),
            count(&|t| matches!(t.state, TestState::Failed(_))),
            count(&|t| t.stale),
        )
    }

    /// How many of a run are still to be done.
    pub fn left(&self) -> Option<usize> {
        let run = self.run.as_ref()?;
        Some(run.total?.saturating_sub(run.done))
    }

    /// A text was changed: what is known is of before.
    pub fn edited(&mut self) {
        for test in &mut self.all {
            test.stale |= !matches!(test.state, TestState::New | TestState::Running(_));
        }
        if let Some(run) = &mut self.run {
            run.edited = true;
        }
    }

    /// The tests that texts show, for as long as no run has said which there are: of a file that has tests in the list, lines that moved are taken over.
    /// What a search does not look at (`whole`: it came to its end) may still be there.
    pub fn scanned(&mut self, found: Vec<(PathBuf, usize, String)>, whole: bool) {
        if self.run.is_none() {
            let seen: HashSet<PathBuf> = found.iter().map(|(path, ..)| path.clone()).collect();
            let mut left = self.merge(found);
            left.retain(|t| !whole || !seen.contains(&t.path) || t.name.len() > LONG);
            self.all.append(&mut left);
            self.sort();
        }
    }

    /// Takes over which tests there are; gives back those that are not among them.
    fn merge(&mut self, found: Vec<(PathBuf, usize, String)>) -> Vec<Test> {
        let key = |test: &Test| (test.path.clone(), test.name.clone());
        let old = std::mem::take(&mut self.all);
        let mut known: HashMap<_, _> = old.into_iter().map(|t| (key(&t), t)).collect();
        for (path, line, name) in found {
            let test = known.remove(&(path.clone(), name.clone()));
            let mut test = test.unwrap_or_else(|| Test::new(path, line, name));
            test.line = line;
            self.all.push(test);
        }
        self.sort();
        known.into_values().collect()
    }

    fn sort(&mut self) {
        self.all
            .sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    }

    /// Takes what a run says.
    pub fn take(&mut self, said: &Value, now: u64) {
        let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        let event = text("event");
        let line = said["line"].as_u64().unwrap_or(0) as usize;
        let (path, name) = (PathBuf::from(text("file")), text("name"));
        if event == "discovered" {
            return self.found.push((path, line, name));
        }
        if !self.found.is_empty() {
            let found = std::mem::take(&mut self.found);
            self.begin_found(found);
        }
        let edited = self.run.as_ref().is_some_and(|run| run.edited);
        let mut all = self.all.iter_mut();
        let test = match event.as_str() {
            "output" => all.find(|t| matches!(t.state, TestState::Running(_))),
            _ => all.find(|t| t.line == line && t.name == name && t.path == path),
        };
        match (event.as_str(), test) {
            ("started", Some(test)) => {
                test.state = TestState::Running(now);
                test.output.clear();
                (test.cut, test.stale) = (false, false);
            }
            ("output", Some(test)) => test.write(said["stream"] == "stderr", &text("text")),
            ("passed" | "failed", Some(test)) => {
                test.micros = (said["ms"].as_f64().unwrap_or(0.0) * 1000.0) as u64;
                test.stale = edited;
                test.state = match event == "passed" {
                    true => TestState::Passed,
                    false => TestState::Failed(failure(said)),
                };
                if let Some(run) = &mut self.run {
                    run.done += 1;
                    run.failed += usize::from(event == "failed");
                }
            }
            ("done", _) => {
                self.took = said["ms"].as_f64().map(|ms| (ms * 1000.0) as u64);
            }
            ("wrong", _) => self.take_wrong(said),
            _ => {}
        }
    }

    fn begin_found(&mut self, found: Vec<(PathBuf, usize, String)>) {
        // Who is not there any more has no result either.
        drop(self.merge(found));
        let all = &self.all;
        if let Some(run) = &mut self.run {
            let meant = |t: &&Test| run.titles.is_empty() || run.titles.contains(&t.name);
            run.total = Some(all.iter().filter(meant).count());
        }
    }

    fn take_wrong(&mut self, said: &Value) {
        let findings = said["findings"].as_array().into_iter().flatten();
        self.wrong = findings
            .map(|found| {
                let line = found["range"]["start"]["line"].as_u64().unwrap_or(0) as usize + 1;
                let path = found["path"].as_str().unwrap_or_default().to_owned();
                let message = found["message"].as_str().unwrap_or_default().to_owned();
                (message, Some(Place { path, line }))
            })
            .collect();
        if self.wrong.is_empty() {
            let message = said["message"].as_str().unwrap_or_default();
            self.wrong.push((message.trim().to_owned(), None));
        }
    }

    /// A run is over. `why`: it ended before it was done, for this reason. How many of it passed and failed.
    pub fn over(&mut self, why: Option<&str>) -> (usize, usize) {
        if !self.found.is_empty() {
            let found = std::mem::take(&mut self.found);
            self.begin_found(found);
        }
        if let Some(why) = why {
            let (mut any, mut failed) = (false, 0);
            for test in &mut self.all {
                if matches!(test.state, TestState::Running(_)) {
                    any = true;
                    failed += 1;
                    test.state = TestState::Failed(Failure {
                        message: format!("the tests ended while it ran: {why}"),
                        ..Failure::default()
                    });
                }
            }
            if let Some(run) = &mut self.run {
                run.done += failed;
                run.failed += failed;
            }
            if !any && self.wrong.is_empty() {
                self.wrong.push((format!("the tests ended: {why}"), None));
            }
        }
        let run = self.run.as_ref();
        let counts = run.map_or((0, 0), |run| (run.done - run.failed, run.failed));
        self.stopped();
        counts
    }

    /// The run is not wanted any more: who runs has no result.
    pub fn stopped(&mut self) {
        for test in &mut self.all {
            if matches!(test.state, TestState::Running(_)) {
                test.state = TestState::New;
            }
        }
        self.run = None;
    }

    /// The test whose line this is, by its title: lines move while one types.
    pub fn on_line(&self, path: &Path, line: &str) -> Option<&Test> {
        let name = title(line)?;
        self.all.iter().find(|t| t.path == path && t.name == name)
    }

    /// Is what is known of a test shown?
    pub fn is_open(&self, test: &Test) -> bool {
        let usual = matches!(test.state, TestState::Failed(_));
        usual
            != self
                .turned
                .contains(&(test.path.clone(), test.name.clone()))
    }

    fn is_shown(&self, test: &Test, short: &str) -> bool {
        let has = |word: &str| {
            let word = word.to_lowercase();
            test.word().contains(&word)
                || test.name.to_lowercase().contains(&word)
                || short.to_lowercase().contains(&word)
        };
        self.filter.split_whitespace().all(has)
    }

    /// The rows of the list.
    pub fn rows(&self, root: &Path) -> Vec<TestRow> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < self.all.len() {
            let path = &self.all[at].path;
            let of_file = self.all[at..]
                .iter()
                .take_while(|t| t.path == *path)
                .count();
            let short = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
            let shown: Vec<usize> = (at..at + of_file)
                .filter(|i| self.is_shown(&self.all[*i], &short))
                .collect();
            at += of_file;
            if shown.is_empty() {
                continue;
            }
            let open = !self.shut.contains(path);
            let bad = |i: &&usize| matches!(self.all[**i].state, TestState::Failed(_));
            let failed = shown.iter().filter(bad).count();
            out.push(TestRow::Module(path.clone(), open, shown.len(), failed));
            for i in shown.into_iter().filter(|_| open) {
                let open = self.is_open(&self.all[i]);
                out.push(TestRow::Test(i, open));
                if open {
                    let details = details(&self.all[i]).into_iter();
                    out.extend(details.map(|detail| TestRow::Detail(i, detail)));
                }
            }
        }
        out
    }

    /// The test a row is about.
    pub fn of_row(&self, row: &TestRow) -> Option<&Test> {
        match row {
            TestRow::Module(..) => None,
            TestRow::Test(i, _) | TestRow::Detail(i, _) => self.all.get(*i),
        }
    }
}

/// What is known of a test, below its row.
fn details(test: &Test) -> Vec<Detail> {
    let mut out = Vec::new();
    if let TestState::Failed(failure) = &test.state {
        out.extend(failure.compared.iter().cloned().map(Detail::Diff));
        if failure.compared.is_empty() {
            let lines = failure.message.lines().take(OUTPUT);
            out.extend(lines.map(|line| Detail::Message(line.to_owned())));
        }
        // The library's own places below the first of the project's say how it works, not what is wrong.
        let first = failure.trace.iter().position(|(.., own)| *own).unwrap_or(0);
        let places = failure.trace.iter().skip(first);
        out.extend(
            places
                .clone()
                .take(PLACES)
                .map(|(function, place, own)| Detail::At(function.clone(), place.clone(), *own)),
        );
        if places.count() > PLACES {
            out.push(Detail::More("more places"));
        }
    }
    let wrote = test.output.iter();
    out.extend(wrote.map(|(error, line)| Detail::Wrote(*error, line.clone())));
    if test.cut {
        out.push(Detail::More("it wrote more"));
    }
    out
}

fn failure(said: &Value) -> Failure {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let steps = said["trace"].as_array().into_iter().flatten();
    let values = text(&said["left"]).zip(text(&said["right"]));
    // Once, when it comes: the rows are made anew at every key.
    let compared = values.map_or_else(Vec::new, |(left, right)| diff::of(&left, &right));
    Failure {
        message: text(&said["message"]).unwrap_or_default(),
        compared: compared.into_iter().map(Arc::new).collect(),
        trace: steps
            .map(|step| {
                let place = Place {
                    path: text(&step["file"]).unwrap_or_default(),
                    line: step["line"].as_u64().unwrap_or(0) as usize,
                };
                let own = step["own"].as_bool().unwrap_or(false);
                (text(&step["function"]).unwrap_or_default(), place, own)
            })
            .collect(),
    }
}

/// The title in the first line of a test.
pub fn title(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("test")?.trim_start();
    let inside = rest.strip_prefix('"')?;
    let mut out = String::new();
    let mut escaped = false;
    for c in inside.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                out.push(match c {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
            }
            '\\' => escaped = true,
            '"' => return Some(out),
            c => out.push(c),
        }
    }
    None
}
