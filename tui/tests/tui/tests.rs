//! The view of tests: finding them, running them, what is shown of one that failed, and debugging one.

use crate::driver::Driver;
use nostos_tui::state::tests::TestState;
use nostos_tui::state::{Event, View};
use serde_json::json;

fn said(d: &Driver) -> String {
    d.state
        .message
        .clone()
        .map_or_else(String::new, |(_, text)| text)
}

fn words(d: &Driver) -> Vec<&'static str> {
    d.state.tests.all.iter().map(|t| t.word()).collect()
}

fn bank(name: &str) -> Driver {
    let mut d = Driver::new(name, (120, 40));
    d.with_tests();
    d
}

#[test]
fn the_tests_of_the_project_are_listed_before_any_has_run() {
    let mut d = bank("listed");
    d.keys("<a-7>");
    assert_eq!(d.state.view, View::Tests);
    assert_eq!(words(&d), ["not run"; 4]);
    assert!(
        d.screen().contains("an empty account refuses"),
        "{}",
        d.screen()
    );
    assert!(d.runs.is_empty());
}

#[test]
fn all_are_run_and_failures_show_values_places_and_output() {
    let mut d = bank("all");
    d.keys("<space>T");
    assert_eq!(d.runs, [(1, vec![])]);
    assert_eq!(words(&d), ["passed", "failed", "failed", "failed"]);
    assert_eq!(said(&d), "tests: 3 failed, 1 passed  16 ms");
    d.keys("<a-7>");
    let screen = d.screen();
    for shown in [
        "expected  70",
        "actual    100",
        "bank_test.nos:9",
        "denied: short by 30",
        "io_error: no bank",
        "bank.nos:20",
        "Withdraw(<pid 4>, 31)",
    ] {
        assert!(screen.contains(shown), "{shown}\n{screen}");
    }
    assert!(!screen.contains("std/prelude.nos"), "{screen}");
}

#[test]
fn a_failure_is_opened_where_it_happened() {
    let mut d = bank("place");
    d.keys("<space>T<a-7>ggjjo");
    let doc = d.state.editor.doc().unwrap();
    assert_eq!((doc.name.as_str(), doc.line() + 1), ("bank_test.nos", 9));
    assert_eq!(d.state.view, View::Code);
    // Its details are closed and opened; the place below opens too.
    d.keys("<a-7><ret>");
    assert!(!d.screen().contains("expected  70"));
    d.keys("<ret>jjj<ret>");
    assert_eq!(d.state.editor.doc().unwrap().line() + 1, 9);
    d.keys("<a-7>Gkk<ret>");
    assert_eq!(d.state.editor.doc().unwrap().name, "bank.nos");
}

#[test]
fn the_test_under_the_cursor_runs_alone() {
    let mut d = bank("here");
    d.keys("<space>t");
    assert_eq!(said(&d), "the cursor is in no test; space T runs all");
    d.open("bank_test.nos");
    d.keys(":7<ret><space>t");
    let title = "a transfer keeps the total".to_owned();
    assert_eq!(d.runs, [(1, vec![title.clone()])]);
    d.keys("<a-7>ggjjt");
    assert_eq!(d.runs[1].1, [title]);
    // On a file: its tests. Those that failed again: three.
    d.keys("ggt");
    assert_eq!(d.runs[2].1.len(), 4);
    d.keys("r");
    assert_eq!(d.runs[3].1.len(), 3);
}

#[test]
fn results_stay_when_texts_change_and_are_marked() {
    let mut d = bank("stale");
    d.keys("<space>T");
    d.keys("ggix<esc>");
    assert_eq!(words(&d)[..2], ["passed, stale", "failed, stale"]);
    d.keys("<a-7>");
    assert!(d.screen().contains("4 stale"), "{}", d.screen());
    // What was not saved is said, and a run shows what is saved.
    d.keys("T");
    assert_eq!(words(&d)[0], "passed");
    // What is typed while they run makes what comes then stale, too.
    d.tested = None;
    d.keys("T<a-1>iy<esc>");
    let mut all = crate::fake::tested(&d.root);
    let last = all.pop();
    for said in all {
        d.event(Event::Tested(d.state.tests.number, said));
    }
    assert_eq!(words(&d)[0], "passed, stale");
    assert!(last.is_some());
}

#[test]
fn they_run_on_save_when_that_is_set() {
    let mut d = bank("save-runs");
    d.keys("ix<esc><c-s>");
    assert!(d.runs.is_empty());
    d.keys("<a-7>w");
    assert!(d.screen().contains("on save"), "{}", d.screen());
    d.keys("<a-1>iy<esc><c-s>");
    assert_eq!(d.runs, [(1, vec![])]);
    assert_eq!(words(&d)[0], "passed");
}

#[test]
fn a_run_is_shown_while_it_goes_on_and_can_be_stopped() {
    let mut d = bank("stop");
    d.tested = None;
    d.keys("<a-7>T");
    assert!(d.screen().contains("compiling"), "{}", d.screen());
    let all = crate::fake::tested(&d.root);
    let run = d.state.tests.number;
    for said in &all[..5] {
        d.event(Event::Tested(run, said.clone()));
    }
    assert!(d.screen().contains("4 running"), "{}", d.screen());
    assert_eq!(words(&d)[0], "running");
    d.keys("x");
    assert_eq!((d.stopped, words(&d)[0]), (1, "not run"));
    // What a run that is not wanted says late is not heard.
    d.event(Event::Tested(run, all[5].clone()));
    d.event(Event::TestsOver(run, Some("it was killed".to_owned())));
    assert_eq!(words(&d)[0], "not run");
    d.keys("x");
    assert_eq!(said(&d), "no tests run");
}

#[test]
fn a_program_that_dies_has_failed_the_test_that_ran() {
    let mut d = bank("dies");
    d.tested = None;
    d.keys("<a-7>T");
    let run = d.state.tests.number;
    for said in &crate::fake::tested(&d.root)[..5] {
        d.event(Event::Tested(run, said.clone()));
    }
    let why = "the program was killed by signal 11".to_owned();
    d.event(Event::TestsOver(run, Some(why)));
    assert_eq!(words(&d), ["failed", "not run", "not run", "not run"]);
    assert!(d.screen().contains("killed by signal 11"), "{}", d.screen());
}

#[test]
fn a_program_that_is_wrong_says_where_and_keeps_what_is_known() {
    let mut d = bank("wrong");
    d.keys("<space>T<a-7>");
    let finding = json!({ "path": d.root.join("bank.nos").display().to_string(), "message": "unknown function `retyr`", "severity": "error",
        "range": { "start": { "line": 6, "character": 2 }, "end": { "line": 6, "character": 7 } } });
    d.tested = Some(vec![
        json!({ "event": "wrong", "message": "Error: unknown", "findings": [finding] }),
    ]);
    d.keys("T");
    assert_eq!(
        said(&d),
        "no tests ran: bank.nos:7: unknown function `retyr`"
    );
    assert!(
        d.screen().contains("bank.nos:7  unknown function"),
        "{}",
        d.screen()
    );
    assert_eq!(words(&d)[1], "failed");
}

#[test]
fn the_list_is_filtered_by_words_of_title_file_and_state() {
    let mut d = bank("filtered");
    d.keys("<space>T<a-7>/failed order<ret>");
    let screen = d.screen();
    assert!(
        screen.contains("the log is in order") && !screen.contains("deposit is kept"),
        "{screen}"
    );
    d.keys("<esc>");
    assert!(d.screen().contains("a deposit is kept"));
    d.keys("ggh");
    assert!(
        !d.screen().contains("a deposit is kept"),
        "a file is folded"
    );
    d.keys("l/nothing like it<ret>");
    assert!(d.screen().contains("no test matches the filter"));
}

#[test]
fn a_test_is_debugged_in_an_image_of_its_own_after_a_question() {
    let mut d = bank("debugged");
    d.keys("<a-7>ggjjd");
    assert!(
        d.screen().contains("The program that runs ends"),
        "{}",
        d.screen()
    );
    d.keys("<esc>");
    assert_eq!(d.debugged, None);
    d.keys("dd");
    assert_eq!(d.debugged.as_deref(), Some("a transfer keeps the total"));
    assert_eq!(d.world.launched["stopOnEntry"], json!(true));
    // The program is there again as it was.
    d.keys("<c-r>");
    assert!(d.state.tests.debugged.is_none() && d.world.launched.is_null());
}

#[test]
fn a_test_says_its_state_at_its_line() {
    let mut d = bank("gutter");
    d.open("bank_test.nos");
    d.keys("<space>T");
    let screen = d.screen();
    let line = |text: &str| {
        screen
            .lines()
            .find(|l| l.contains(text))
            .unwrap()
            .to_owned()
    };
    assert!(line("test \"a deposit").starts_with('✓'), "{screen}");
    assert!(line("test \"a transfer").starts_with('✗'), "{screen}");
    assert!(matches!(d.state.tests.all[1].state, TestState::Failed(_)));
}

#[test]
fn real_tests_run_beside_the_image_loop_without_end_and_are_debugged() {
    let root = crate::driver::project("tty-tests");
    std::fs::remove_file(root.join("bank.nos")).unwrap();
    let source = r#"double(x: Int) -> Int = x * 2

main() = sleep(1_000_000)

test "it doubles" = {
  four = double(2)
  assert_eq(4, four)
}
test "it is wrong" = assert_eq(70, double(50))
test "it loops" = { f(x: Int) -> Int = f(x + 1); f(0) }
"#;
    std::fs::write(root.join("main.nos"), source).unwrap();
    let mut t = crate::tty::Terminal::start(&[root.to_str().unwrap()], (120, 40));
    t.shows("1 proc");
    t.send(" T\x1b7");
    t.shows("expected  70");
    t.shows("actual    100");
    // The one that does not end holds nothing up.
    t.shows("1 running");
    t.send("x");
    t.shows("the tests were stopped");
    t.shows("1 proc");
    // A value that opens.
    t.send("\x1b8");
    t.shows("evaluated in the running image");
    t.send("[(1, 2), (3, 4)]\r");
    t.shows("[(1, 2), (3, 4)]  : List");
    t.send("\r");
    t.shows("0  (1, 2)");
    t.send("q\x1b7");
    t.shows("it doubles");
    // Debugged: an image of its own stops at the first line.
    t.send("ggjd");
    t.shows("The program that runs ends");
    t.send("d");
    t.shows("test it doubles");
    t.shows("stopped");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}
