//! The REPL as one types into it, and values that are looked into.

use crate::driver::Driver;
use nostos_tui::state::{Popup, View};

fn repl(name: &str) -> Driver {
    let mut d = Driver::new(name, (120, 40));
    d.keys("<a-8>");
    d
}

fn line(d: &Driver) -> &str {
    d.state.repl.input.text()
}

#[test]
fn an_answer_is_opened_page_by_page() {
    let mut d = repl("pages");
    d.keys("entries<ret>");
    d.keys("<ret>");
    let screen = d.screen();
    assert!(
        screen.contains("Entry(3)") && screen.contains("entries"),
        "{screen}"
    );
    // What is below is fetched when one goes on there.
    d.keys("G");
    assert!(d.screen().contains("100 more of 150"), "{}", d.screen());
    d.keys("<ret>G<ret>G");
    assert!(d.screen().contains("Entry(249)"), "{}", d.screen());
    // Parts of parts; h closes, then goes to what it is part of.
    d.keys("gjl");
    assert!(d.screen().contains("amount"), "{}", d.screen());
    d.keys("jh");
    d.keys("h");
    assert!(!d.screen().contains("amount"), "{}", d.screen());
    d.keys("y");
    assert_eq!(d.copied, ["Entry(0)"]);
    d.keys("<esc>");
    assert!(d.state.popup.is_none() && d.state.view == View::Repl);
}

#[test]
fn an_older_answer_is_chosen_and_a_process_is_gone_to() {
    let mut d = repl("older");
    d.keys("entries<ret>find(alice)<ret>1 + 2<ret>");
    d.keys("<a-up><a-up><a-up><a-i>");
    assert!(
        matches!(d.state.popup, Some(Popup::Inspect(_))),
        "{}",
        d.screen()
    );
    // A process in a value, and one that is the value.
    d.keys("jljj<ret>");
    assert_eq!((d.state.view, d.state.selected), (View::Processes, Some(5)));
    d.keys("<a-8><a-up><ret>");
    assert!(d.screen().contains('3'));
    d.keys("<esc><a-up><a-up><ret>");
    assert_eq!((d.state.view, d.state.selected), (View::Processes, Some(2)));
}

#[test]
fn a_message_is_opened_as_a_value() {
    let mut d = Driver::new("opened", (120, 40));
    d.keys("<a-2><tab>j<ret>");
    let screen = d.screen();
    assert!(
        screen.contains("message 1 of alice") && screen.contains("amount"),
        "{screen}"
    );
    d.keys("<esc>");
    d.kill();
    d.keys("<ret>");
    assert!(
        matches!(d.state.popup, Some(Popup::Info { .. })),
        "what was known stays readable"
    );
}

#[test]
fn words_are_completed_from_the_image() {
    let mut d = repl("words");
    d.keys("1 + ba<tab>");
    assert_eq!(line(&d), "1 + balance");
    d.keys("<c-u>tr<tab>");
    assert_eq!(line(&d), "trans");
    assert!(d.screen().contains("translate  function"), "{}", d.screen());
    d.keys("<tab><tab>");
    assert_eq!(line(&d), "translate");
    d.keys("<tab>(");
    assert_eq!(line(&d), "transfer(");
    assert!(!d.screen().contains("translate"), "{}", d.screen());
    d.keys("<c-u>xyz<tab>");
    assert_eq!(line(&d), "xyz");
    // What is asked of a line that was changed meanwhile comes too late: nothing happens to the line.
    d.kill();
    d.keys("<c-u>tr<tab>");
    assert_eq!(line(&d), "tr");
}

#[test]
fn open_brackets_go_on_in_the_next_line() {
    let mut d = repl("brackets");
    d.keys("balance(<ret>");
    assert!(
        d.state
            .repl
            .entries
            .iter()
            .all(|e| !format!("{e:?}").contains("Typed"))
    );
    d.keys("alice)<ret>");
    assert!(d.screen().contains("105"), "{}", d.screen());
    // It comes back as it was, and a deleted line begin joins lines.
    d.keys("<up>");
    assert_eq!((d.state.repl.above.len(), line(&d)), (1, "alice)"));
    d.keys("<home><bs>");
    assert_eq!((d.state.repl.above.len(), line(&d)), (0, "balance(alice)"));
    d.keys("<c-c>f(<ret><c-c>");
    assert!(d.state.repl.above.is_empty() && line(&d).is_empty());
    for (text, open) in [
        ("f(1", true),
        ("f(\"(\")", false),
        ("{ # }", true),
        ("x = 1 # (", false),
        ("\"(", false),
        (")", false),
    ] {
        assert_eq!(nostos_tui::state::is_open(text), open, "{text}");
    }
}

#[test]
fn an_older_line_is_found_by_its_letters() {
    let mut d = repl("found");
    d.keys("1 + 2<ret>find(alice)<ret>hello<ret><a-r>fnd");
    assert!(d.screen().contains("find(alice)"), "{}", d.screen());
    d.keys("<ret>");
    assert_eq!(line(&d), "find(alice)");
}
