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
fn more_rows_are_asked_for_when_the_end_comes_near() {
    let mut d = Driver::bare(crate::driver::project("million"), (80, 24));
    d.world.crowd = 1_000_000 - 5;
    d.start();
    d.wait(1000);
    d.keys("<a-2>");
    assert_eq!(
        (d.state.image.processes.len(), d.state.image.total),
        (500, 1_000_000)
    );
    d.keys("G");
    assert_eq!(d.state.image.processes.len(), 1000);
    d.keys("/mbox<gt>100<ret>");
    assert_eq!(d.state.image.processes.len(), 5000);
    assert!(
        d.screen().contains("of the first 5,000 of 1,000,000"),
        "{}",
        d.screen()
    );
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
