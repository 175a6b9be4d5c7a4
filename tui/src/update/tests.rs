//! The view of tests: which there are, running them in a program of their own, and what can be done about one.
//!
//! The shell runs them and hands on what is said; nothing here waits for it.

use super::{actions, files, image, typed};
use crate::commands::Cmd;
use crate::state::tests::{self, Detail, TestRow, TestState};
use crate::state::{Action, Effect, Link, Popup, PromptKind, State, Tone};
use serde_json::Value;
use std::path::PathBuf;

/// What a search for the tests of the project is called.
pub const SCAN: &str = "tests of the project";

/// Looks through the texts for tests.
pub fn scan(state: &mut State, out: &mut Vec<Effect>) {
    if let Ok(regex) = regex::Regex::new(r#"^\s*test\s*"(?:[^"\\]|\\.)*"\s*="#) {
        typed::search_with(state, regex, SCAN, out);
    }
}

/// What the search has found.
pub fn scanned(state: &mut State, found: Vec<(PathBuf, usize, String)>) {
    let whole = found.len() < crate::disk::MOST_FOUND;
    let is_source = |path: &PathBuf| path.extension().is_some_and(|e| e == "nos");
    let named = found
        .into_iter()
        .filter(|(path, ..)| is_source(path))
        .filter_map(|(path, line, text)| Some((path, line + 1, tests::title(&text)?)));
    state.tests.scanned(named.collect(), whole);
}

/// A file was saved.
pub fn saved(state: &mut State, out: &mut Vec<Effect>) {
    scan(state, out);
    if state.settings.test_on_save {
        run(state, Vec::new(), out);
    }
}

/// After every event: results of before an edit are marked.
pub fn follow(state: &mut State) {
    let now: Vec<(usize, u64)> = state
        .editor
        .docs
        .iter()
        .filter(|d| d.path.extension().is_some_and(|e| e == "nos"))
        .map(|d| (d.id, d.version()))
        .collect();
    let tests = &mut state.tests;
    if now != tests.texts {
        let before = std::mem::replace(&mut tests.texts, now);
        let mut each = tests.texts.iter();
        let known = |id: usize| before.iter().find(|(of, _)| *of == id);
        if each.any(|(id, version)| known(*id).is_some_and(|(_, v)| v != version)) {
            tests.edited();
        }
    }
}

/// Runs tests with these titles, or all.
pub fn run(state: &mut State, titles: Vec<String>, out: &mut Vec<Effect>) {
    state.tests.begin(titles.clone(), state.now);
    let unsaved = state.unsaved().count() as u64;
    if unsaved > 0 {
        let files = crate::text::count(unsaved, "file");
        state.say(
            Tone::Plain,
            format!("the tests run as saved; {files} not saved"),
        );
    }
    out.push(Effect::RunTests {
        run: state.tests.number,
        titles,
        limit: state.settings.test_limit,
    });
}

/// Something was said of a run.
pub fn said(state: &mut State, number: u32, said: &Value) {
    if number == state.tests.number && state.tests.run.is_some() {
        state.tests.take(said, state.now);
    }
}

/// A run has ended. `why`: before it was done.
pub fn over(state: &mut State, number: u32, why: Option<String>) {
    if number != state.tests.number || state.tests.run.is_none() {
        return;
    }
    // What could not begin has said why.
    let why = why.filter(|_| state.tests.wrong.is_empty());
    // What is said is of this run; the view has the results of before, too.
    let (passed, failed) = state.tests.over(why.as_deref());
    let took = state
        .tests
        .took
        .map_or(String::new(), |t| format!("  {}", crate::text::micros(t)));
    if let Some((first, place)) = state.tests.wrong.first().cloned() {
        let place = place.map_or(String::new(), |p| format!("{}: ", state.place(&p)));
        let first = first.lines().next().unwrap_or_default().to_owned();
        state.say(Tone::Bad, format!("no tests ran: {place}{first}"));
    } else if failed > 0 {
        state.say(
            Tone::Bad,
            format!("tests: {failed} failed, {passed} passed{took}"),
        );
    } else if passed == 0 {
        let words = "no test ran: none of that name in the files as they are saved";
        state.say(Tone::Bad, words.to_owned());
    } else {
        state.say(Tone::Good, format!("tests: {passed} passed{took}"));
    }
}

fn row(state: &State) -> Option<TestRow> {
    let rows = state.tests.rows(&state.root);
    rows.into_iter().nth(state.tests.cursor.row)
}

/// The title of the test the cursor of the editor is in.
fn under_cursor(state: &State) -> Option<String> {
    let doc = state.editor.doc()?;
    let text = doc.text();
    for line in (0..=doc.line()).rev() {
        let shown = text.get_line(line)?.to_string();
        if let Some(title) = tests::title(&shown) {
            return Some(title);
        }
        // Something else begins at the margin: it is not in a test.
        let begins = shown.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if begins {
            return None;
        }
    }
    None
}

/// The title of the test that is meant: of the row, or where the cursor of the editor is.
fn meant(state: &State) -> Option<String> {
    if state.view == crate::state::View::Tests {
        let row = row(state)?;
        return state.tests.of_row(&row).map(|t| t.name.clone());
    }
    under_cursor(state)
}

/// A command about tests.
pub fn command(state: &mut State, cmd: Cmd, out: &mut Vec<Effect>) {
    match cmd {
        Cmd::TestAll => run(state, Vec::new(), out),
        Cmd::TestHere => match meant(state) {
            Some(title) => run(state, vec![title], out),
            None => match row(state).filter(|_| state.view == crate::state::View::Tests) {
                Some(TestRow::Module(path, ..)) => {
                    let of_file = state.tests.all.iter().filter(|t| t.path == path);
                    let titles = of_file.map(|t| t.name.clone()).collect();
                    run(state, titles, out);
                }
                _ => state.say(Tone::Plain, "the cursor is in no test; space T runs all"),
            },
        },
        Cmd::TestFailed => {
            let failed = |t: &&tests::Test| matches!(t.state, TestState::Failed(_));
            let all = state.tests.all.iter().filter(failed);
            let titles: Vec<String> = all.map(|t| t.name.clone()).collect();
            match titles.is_empty() {
                true => state.say(Tone::Good, "no test has failed"),
                false => run(state, titles, out),
            }
        }
        Cmd::TestStop => match state.tests.run.is_some() {
            true => {
                state.tests.stopped();
                out.push(Effect::StopTests);
                state.say(Tone::Plain, "the tests were stopped");
            }
            false => state.say(Tone::Plain, "no tests run"),
        },
        Cmd::TestOnSave => {
            state.settings.test_on_save = !state.settings.test_on_save;
            let when = match state.settings.test_on_save {
                true => "the tests run whenever a file is saved",
                false => "the tests run when they are asked to",
            };
            state.say(Tone::Plain, when);
        }
        _ => match meant(state) {
            Some(title) => ask_debug(state, title, out),
            None => state.say(Tone::Plain, "there is no test here to debug"),
        },
    }
}

/// Debugs a test; a program that runs would end, so that is asked first.
fn ask_debug(state: &mut State, title: String, out: &mut Vec<Effect>) {
    let runs = state.image.link == Link::Live && state.image.exit.is_none();
    if !runs || state.tests.debugged.is_some() {
        return debug(state, title, out);
    }
    let text = format!(
        "Debug the test \"{title}\" in a new image? The program that runs ends; ^r starts it again."
    );
    let answers = vec![
        ('d', "debug", Action::DebugTest(title)),
        ('c', "cancel", Action::Nothing),
    ];
    state.popup = Some(Popup::Question { text, answers });
}

/// Starts an image that runs one test and stops at its first line.
pub fn debug(state: &mut State, title: String, out: &mut Vec<Effect>) {
    image::start(state, out);
    out.pop();
    state.say(Tone::Plain, format!("debugging \"{title}\""));
    state.tests.debugged = Some(title.clone());
    out.push(Effect::StartTest(title));
}

/// `enter` on a row.
pub fn open(state: &mut State, out: &mut Vec<Effect>) {
    match row(state) {
        Some(TestRow::Test(i, _)) if has_details(state, i) => turn(state, None),
        Some(TestRow::Module(..)) => turn(state, None),
        _ => source(state, out),
    }
}

fn has_details(state: &State, i: usize) -> bool {
    let test = &state.tests.all[i];
    matches!(test.state, TestState::Failed(_)) || !test.output.is_empty()
}

/// Opens or closes the row.
pub fn turn(state: &mut State, wanted: Option<bool>) {
    let Some(row) = row(state) else { return };
    let tests = &mut state.tests;
    match row {
        TestRow::Module(path, open, ..) => {
            if wanted == Some(open) {
                return;
            }
            if !tests.shut.remove(&path) {
                tests.shut.insert(path);
            }
        }
        TestRow::Test(i, _) | TestRow::Detail(i, _)
            if wanted != Some(tests.is_open(&tests.all[i])) =>
        {
            let test = &tests.all[i];
            let key = (test.path.clone(), test.name.clone());
            if !tests.turned.remove(&key) {
                tests.turned.insert(key);
            }
            // From a row that is gone to the one it belonged to.
            let rows = state.tests.rows(&state.root);
            let is_it = |row: &TestRow| matches!(row, TestRow::Test(of, _) if *of == i);
            if let Some(at) = rows.iter().position(is_it) {
                state.tests.cursor.row = at;
            }
        }
        TestRow::Test(i, _) | TestRow::Detail(i, _) => {
            // Closing what is closed goes to its file.
            if wanted == Some(false) {
                let path = tests.all[i].path.clone();
                let rows = state.tests.rows(&state.root);
                let is_it = |row: &TestRow| matches!(row, TestRow::Module(of, ..) if *of == path);
                if let Some(at) = rows.iter().position(is_it) {
                    state.tests.cursor.row = at;
                }
            }
        }
    }
}

/// Opens the line a row is about.
pub fn source(state: &mut State, out: &mut Vec<Effect>) {
    let place = match row(state) {
        Some(TestRow::Detail(_, Detail::At(_, place, _))) => Some(place),
        Some(row) => state.tests.of_row(&row).map(tests::Test::place),
        None => state
            .tests
            .wrong
            .iter()
            .find_map(|(_, place)| place.clone()),
    };
    let Some(place) = place else {
        return state.say(Tone::Plain, "there is no line to go to");
    };
    if place.path.starts_with("std/") {
        return state.say(Tone::Plain, "this is the library's; it is in no file");
    }
    let path = state.absolute(&place.path);
    state.editor.mark_jump();
    files::goto(state, path, Some((place.line.saturating_sub(1), 0)), out);
    if state.view != crate::state::View::Code {
        actions::switch(state, crate::state::View::Code, out);
    }
}

/// The row as text.
pub fn copied(state: &State) -> Option<String> {
    let row = row(state)?;
    Some(match &row {
        TestRow::Module(path, ..) => state.short(path).into_owned(),
        TestRow::Detail(_, Detail::Diff(line)) => line.text.clone(),
        TestRow::Detail(_, Detail::Message(text) | Detail::Wrote(_, text)) => text.clone(),
        TestRow::Detail(_, Detail::At(function, place, _)) => {
            format!("{function} {}", state.place(place))
        }
        TestRow::Detail(_, Detail::More(_)) | TestRow::Test(..) => {
            state.tests.of_row(&row)?.name.clone()
        }
    })
}

/// Begins to type what the list is restricted to.
pub fn ask_filter(state: &mut State) {
    let filter = state.tests.filter.clone();
    typed::open(state, PromptKind::Filter, &filter);
}

/// Restricts the list.
pub fn filter(state: &mut State, line: &str) {
    state.tests.filter = line.trim().to_owned();
    state.tests.cursor = Default::default();
}
