//! What only a live image has: processes as a tree, ending them, breakpoints of messages, what a reload did, findings.

use crate::driver::Driver;
use serde_json::json;

fn said(d: &Driver) -> String {
    d.state
        .message
        .clone()
        .map_or_else(String::new, |(_, text)| text)
}

fn shown(d: &Driver) -> Vec<u64> {
    d.state.shown_processes().iter().map(|p| p.id).collect()
}

#[test]
fn the_tree_folds_and_a_filter_keeps_who_stands_above() {
    let mut d = Driver::new("tree", (120, 40));
    d.keys("<space>2t");
    d.wait(1000);
    assert_eq!(shown(&d), [1, 2, 3, 4, 5]);
    assert!(d.screen().contains("supervisor"), "{}", d.screen());
    d.keys("gg<left>");
    assert_eq!(shown(&d), [1]);
    assert!(d.screen().contains("4 below"), "{}", d.screen());
    d.keys("<right>G<left>");
    assert_eq!(d.state.selected, Some(1), "a leaf's left is who started it");
    d.keys("/bob<ret>");
    assert_eq!(shown(&d), [1, 3]);
    d.keys("<esc>t");
    d.wait(1000);
    assert_eq!(d.state.selected_process().map(|p| p.depth), Some(0));
}

#[test]
fn who_waits_for_a_stopped_process_is_marked_in_the_tree() {
    let mut d = Driver::new("waits", (120, 40));
    d.keys("8G<f9><c-r>");
    d.wait(1000);
    d.keys("<a-2>t");
    d.wait(1000);
    assert!(d.screen().contains("for <2>"), "{}", d.screen());
}

#[test]
fn a_process_is_ended_when_the_question_is_answered_and_not_before() {
    let mut d = Driver::new("kill", (120, 40));
    d.keys("<space>2K");
    assert!(
        d.screen().contains("End <2> alice? Its end reaches <1>"),
        "{}",
        d.screen()
    );
    d.keys("<esc>");
    assert!(d.world.ended.is_empty());
    d.keys("Kk");
    assert_eq!(d.world.ended, [2]);
    assert_eq!(said(&d), "<2> was ended");
    assert!(!shown(&d).contains(&2));
}

#[test]
fn a_breakpoint_of_messages_is_made_from_the_selected_message() {
    let mut d = Driver::new("message", (120, 40));
    d.keys("<space>2<tab>jb");
    assert!(
        d.screen().contains(":break-on receive Withdraw(_, _)"),
        "{}",
        d.screen()
    );
    d.keys("<ret>");
    assert_eq!(d.world.named, [json!({ "name": "receive Withdraw(_, _)" })]);
    d.keys(":break-on nobody<ret>");
    assert_eq!(said(&d), "nobody: no function is called so");
    // The same again takes it away; an image that is started anew is told what is left.
    d.keys(":break-on nobody<ret><c-r>");
    assert_eq!(d.world.named, [json!({ "name": "receive Withdraw(_, _)" })]);
}

#[test]
fn messages_by_shape_say_which_no_receive_matches() {
    let mut d = Driver::new("shapes", (120, 40));
    d.keys("<space>2");
    d.wait(1000);
    let screen = d.screen();
    let row = |of: &str| {
        screen
            .lines()
            .find(|l| l.contains(of))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(row("Msg.Audit").contains("332 "), "{screen}");
    assert!(row("Msg.Audit").contains("no receive matches"), "{screen}");
    assert!(!row("Msg.Deposit").contains("no receive"), "{screen}");
    let marked = screen.lines().filter(|l| l.contains("no match")).count();
    let audits = screen.lines().filter(|l| l.contains("s   Audit")).count();
    assert!(marked > 0 && marked == audits, "{screen}");
}

#[test]
fn a_million_rows_are_known_where_they_are_looked_at() {
    let mut d = Driver::bare(crate::driver::project("million"), (80, 24));
    d.world.crowd = 1_000_000 - 5;
    d.start();
    d.wait(1000);
    d.keys("<a-2>");
    let known = |d: &Driver| (d.state.first_row(), d.state.image.processes.len());
    assert_eq!(known(&d), (0, 500));
    d.keys("G");
    assert_eq!(d.state.selected, Some(1_000_004));
    assert_eq!(known(&d), (999_749, 251));
    assert!(d.screen().contains("<1000004>"), "{}", d.screen());
    // The way up again asks for what is above before it is reached.
    for _ in 0..30 {
        d.keys("<pgup>");
        assert_eq!(d.state.selected, Some(d.state.processes.row as u64 + 5));
        assert!(!d.screen().contains("\n     \u{2026}"), "{}", d.screen());
    }
    assert_eq!(known(&d).1, 500);
    d.keys("gg");
    assert_eq!((d.state.selected, known(&d)), (Some(1), (0, 500)));
}

#[test]
fn a_filter_is_asked_of_the_image() {
    let mut d = Driver::bare(crate::driver::project("asked"), (80, 24));
    d.world.crowd = 10_000 - 5;
    d.start();
    d.wait(1000);
    d.keys("<a-2>/mbox=299<ret>");
    assert_eq!(d.state.process_rows(), 33, "{:?}", d.state.image.window);
    assert!(d.screen().contains("33 of 10,000"), "{}", d.screen());
    assert_eq!(d.state.selected, Some(304));
    d.keys("G");
    assert_eq!(d.state.selected, Some(299 + 32 * 300 + 5));
    d.keys("/<c-u>nobody<ret>");
    assert!(d.screen().contains("no process passes"), "{}", d.screen());
    d.keys("/<c-u><ret>G");
    assert_eq!(d.state.selected, Some(10_004));
}

#[test]
fn who_says_nothing_new_is_asked_less_often() {
    let mut d = Driver::bare(crate::driver::project("still"), (80, 24));
    d.world.crowd = 10_000;
    d.start();
    let polls = |d: &Driver| d.state.next_poll - d.state.now;
    // The scripted image counts on with each answer.
    d.wait(1000);
    assert_eq!(polls(&d), 1000);
    d.world.quiet = true;
    let mut all = Vec::new();
    for _ in 0..7 {
        let pause = polls(&d);
        d.wait(pause);
        all.push(polls(&d));
    }
    assert_eq!(all[1..], [2000, 4000, 8000, 16_000, 32_000, 32_000]);
    d.keys("j");
    assert_eq!(polls(&d), 1000);
}

#[test]
fn a_breakpoint_has_a_condition_a_count_and_a_text() {
    let mut d = Driver::new("conditions", (120, 40));
    d.keys("8G<space>bfn <gt> 10<ret>");
    assert_eq!(d.world.lines, json!([{ "line": 8, "condition": "n > 10" }]));
    d.keys("<space>bh% 10<ret><space>btshort by {n}<ret>");
    let all = json!([{ "line": 8, "condition": "n > 10", "hitCondition": "% 10", "logMessage": "short by {n}" }]);
    assert_eq!(d.world.lines, all);
    // The prompt begins with what there is.
    d.keys("<space>bf");
    assert!(d.screen().contains(":break-if n > 10"), "{}", d.screen());
    d.keys("<c-u>break-if<ret><space>bl");
    assert!(
        d.screen()
            .contains("bank.nos:8 hits % 10 logs short by {n}"),
        "{}",
        d.screen()
    );
}

/// Lines of the screen that have the mark of a definition the image does not run.
fn marked(d: &Driver) -> Vec<usize> {
    let screen = d.screen();
    let marked = screen
        .lines()
        .filter(|l| l.chars().skip(5).take(3).any(|c| c == '▎'));
    let number = |l: &str| {
        l.chars()
            .take(6)
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    marked.filter_map(|l| number(l).parse().ok()).collect()
}

#[test]
fn functions_the_image_does_not_run_as_they_are_here_are_marked() {
    let mut d = Driver::new("marks", (120, 40));
    assert!(marked(&d).is_empty());
    d.keys("7GA # a comment<esc>");
    d.keys("4GA + 0<esc>");
    assert_eq!(marked(&d), [4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    d.keys("7Gglu");
    d.keys("<c-s>");
    assert!(marked(&d).is_empty(), "{}", d.screen());
    // What is refused is not run.
    d.keys("4GA retyr<esc><c-s>");
    assert_eq!(marked(&d), [4]);
    d.keys("<c-r>");
    assert!(marked(&d).is_empty(), "a new image reads what is saved");
}

#[test]
fn the_last_load_is_told_with_what_was_swapped_or_why_not() {
    let mut d = Driver::new("load", (120, 40));
    d.keys("<space>l");
    assert_eq!(
        said(&d),
        "nothing was loaded since the image started; ^s does"
    );
    d.keys("4GA + 0<esc><c-s><space>l");
    let screen = d.screen();
    assert!(
        screen.contains("v2 runs: 1 definition swapped, 11 as before"),
        "{screen}"
    );
    d.keys("<down><ret>");
    assert_eq!(d.state.editor.doc().map(|d| d.line()), Some(18), "transfer");
    d.keys("4GA retyr<esc><c-s><space>l");
    let screen = d.screen();
    assert!(screen.contains("refused; v2 runs on"), "{screen}");
    assert!(
        screen.contains("bank.nos:4  unknown function `retyr`"),
        "{screen}"
    );
}

#[test]
fn what_is_watched_is_shown_where_a_process_stops_and_what_changed() {
    let mut d = Driver::new("watch", (120, 40));
    d.keys(":watch balance - n<ret>:watch nope<ret>8G<f9><c-r>");
    d.wait(1000);
    let row = |d: &Driver, of: &str| {
        let screen = d.screen();
        let found = screen.lines().rfind(|l| l.contains(of));
        found.unwrap_or_else(|| panic!("{screen}")).to_owned()
    };
    assert!(row(&d, "nope").contains("unknown variable"));
    assert!(row(&d, "balance - n").contains("-18"));
    d.keys("<f10>");
    let now = row(&d, "balance - n");
    assert!(now.contains("12") && now.contains("was -18"), "{now}");
    // On a variable `w` begins with it; the same again is not watched any more.
    d.keys("ggjjjjjjw<ret>");
    assert_eq!(d.state.watches, ["nope"]);
    d.keys("ggjjjjj<left>");
    assert!(!d.screen().contains("nope"), "{}", d.screen());
}

#[test]
fn who_waits_for_the_stopped_process_is_said() {
    let mut d = Driver::new("waiting", (120, 40));
    d.keys("8G<f9><c-r>");
    d.wait(1000);
    d.wait(1000);
    let screen = d.screen();
    assert!(screen.contains("<5> waits for it"), "{screen}");
    assert!(
        screen.contains("waiting  <5> bank.audit/0  for you"),
        "{screen}"
    );
}

#[test]
fn conditions_watches_and_the_tree_come_back_with_the_session() {
    let mut d = Driver::new("session-live", (120, 40));
    d.keys("8G<space>bfn <gt> 10<ret>:watch n<ret>:break-on receive Audit<ret><space>2t<a-1>");
    d.keys(":q!<ret>");
    let kept = d.session.clone().expect("the session is kept");
    let mut again = Driver::bare(d.root.clone(), (120, 40));
    again.event(nostos_tui::state::Event::Session(kept));
    let b = again
        .state
        .breakpoints
        .values()
        .flatten()
        .next()
        .expect("there is one");
    assert_eq!((b.line, b.condition.as_str()), (7, "n > 10"));
    assert_eq!(again.state.watches, ["n"]);
    assert_eq!(again.state.named_breaks[0].0, "receive Audit");
    assert!(again.state.as_tree);
}

#[test]
fn what_is_probably_wrong_is_found_with_its_evidence_and_can_be_muted() {
    let mut d = Driver::new("findings", (120, 40));
    d.keys("<space>n");
    assert_eq!(said(&d), "nothing is found wrong with what the image tells");
    d.keys("<space>2");
    for _ in 0..6 {
        d.wait(1000);
    }
    let texts = |d: &Driver| {
        d.state
            .findings()
            .iter()
            .map(|f| f.text.clone())
            .collect::<Vec<_>>()
    };
    let found = texts(&d);
    let grows = "the mailbox of alice grows ";
    assert!(
        found[0].starts_with(grows) && found[0].contains("no receive matches 332 of Msg.Audit"),
        "{found:?}"
    );
    assert!(
        found.iter().any(|t| t.starts_with("<4> is blocked for 6")),
        "{found:?}"
    );
    assert!(d.screen().contains("2 findings"), "{}", d.screen());
    d.keys("<space>ngrows<ret>");
    assert!(d.screen().contains(grows), "{}", d.screen());
    d.keys("m");
    assert_eq!(texts(&d).len(), 1);
    d.keys("<space>n<ret>p");
    assert_eq!(d.state.selected, Some(4));
    d.keys(":unmute<ret>");
    assert_eq!(texts(&d).len(), 2);
}

#[test]
fn restarts_and_long_pauses_are_findings() {
    let mut d = Driver::new("storm", (120, 40));
    d.keys("<space>2");
    for i in 0..4u64 {
        d.wait(1000);
        let row = |id: u64| json!({ "id": id, "name": "worker", "function": "w/0", "state": "running", "mailbox": 0, "reductions": i });
        d.state
            .take_processes(&json!({ "processes": [row(50 + i)], "total": 1 }));
    }
    d.state.image.gc.collections[0].pause_nanos = 62_000_000;
    let found: Vec<String> = d.state.findings().into_iter().map(|f| f.text).collect();
    assert!(
        found
            .iter()
            .any(|t| t == "worker was started 3 times in 10 s"),
        "{found:?}"
    );
    assert!(found.iter().any(|t| t.contains("62 ms")), "{found:?}");
}
