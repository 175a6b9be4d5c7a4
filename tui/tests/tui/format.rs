//! The one style: asked for, and when saving.

use crate::driver::Driver;
use nostos_tui::state::Event;
use nostos_tui::state::formatting::{AT_ONCE, Formatting, Saving};
use nostos_tui::state::{AfterSave, Effect};
use nostos_tui::update::update;

fn opened(name: &str, text: &str) -> Driver {
    let mut d = Driver::new(name, (80, 24));
    std::fs::write(d.root.join("a.nos"), text).expect("a file");
    d.open("a.nos");
    d
}

fn on_disk(d: &Driver) -> String {
    std::fs::read_to_string(d.root.join("a.nos")).expect("a file")
}

#[test]
fn saving_formats_if_that_is_wanted() {
    let mut d = opened("format-save", "f( )=1\n");
    d.keys("ix<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xf( )=1\n", "not unless asked for");
    d.keys(":set format-on-save on<ret>iy<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xyf() = 1\n");
    assert_eq!(d.text(), "xyf() = 1\n");
    assert!(d.screen().contains("a.nos saved"), "{}", d.screen());
    d.keys("u");
    assert_eq!(d.text(), "xyf( )=1\n", "one step of undo");
    d.keys("u");
    assert_eq!(d.text(), "xf( )=1\n");
}

#[test]
fn what_has_mistakes_is_saved_as_it_is_and_said_once() {
    let mut d = opened("format-mistakes", "f( )=(1\n");
    d.keys(":set format-on-save on<ret>ix<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xf( )=(1\n");
    assert!(
        d.screen().contains("a.nos saved as it is: line 1"),
        "{}",
        d.screen()
    );
    d.keys("iy<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xyf( )=(1\n");
    assert!(!d.screen().contains("as it is"), "{}", d.screen());
    // Mended and broken again, it is said again.
    d.keys("geA)<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xyf() = (1)\n");
    d.keys("gegld:save<ret>");
    assert!(d.screen().contains("as it is"), "{}", d.screen());
}

#[test]
fn what_is_asked_for_is_answered() {
    let mut d = opened("format-asked", "f() = (1\n");
    d.keys(":format<ret>");
    assert!(
        d.screen().contains("not formatted: line 1"),
        "{}",
        d.screen()
    );
    let mut d = opened("format-fine", "f() = 1\n");
    d.keys(":format<ret>");
    assert!(
        d.screen().contains("in the style already"),
        "{}",
        d.screen()
    );
    std::fs::write(d.root.join("a.txt"), "f( )\n").expect("a file");
    d.open("a.txt");
    d.keys("=");
    assert!(
        d.screen().contains("only files of the language"),
        "{}",
        d.screen()
    );
    assert_eq!(d.text(), "f( )\n");
}

/// A text that is not formatted before the next key.
fn large() -> (String, String) {
    let lines = |line: &str| line.repeat(AT_ONCE / 4);
    (lines("f( )=1\n"), lines("f() = 1\n"))
}

#[test]
fn what_is_large_is_formatted_elsewhere() {
    let (ugly, nice) = large();
    let mut d = opened("format-large", &ugly);
    d.keys(":set format-on-save on<ret>:save<ret>");
    assert_eq!(on_disk(&d), nice);
    assert!(d.screen().contains("a.nos saved"), "{}", d.screen());
    d.keys("u");
    assert_eq!(d.text(), ugly, "one step of undo");
    d.keys(":format<ret>");
    assert_eq!(d.text(), nice);
    d.keys("uge%s\\(<ret>=");
    assert_eq!(d.text(), nice, "with a cursor in each line");
}

#[test]
fn what_was_changed_meanwhile_is_formatted_again_and_saved() {
    let mut d = opened("format-late", "f( )=1\n");
    let doc = d.state.editor.doc().expect("a file");
    let late = |saving| Formatting {
        doc: doc.id,
        version: doc.version(),
        text: doc.text().clone(),
        ranges: None,
        saving,
    };
    let saving = |again| {
        Some(Saving {
            then: AfterSave::Stay,
            force: false,
            again,
        })
    };
    let (shown, first, second) = (late(None), late(saving(false)), late(saving(true)));
    d.keys("ix<esc>");
    let out = update(&mut d.state, Event::Formatted(shown.run()));
    assert!(!out.iter().any(|e| matches!(e, Effect::Write { .. })));
    assert_eq!(d.text(), "xf( )=1\n");
    assert!(d.screen().contains("changed meanwhile"), "{}", d.screen());
    let written = |out: Vec<Effect>| {
        let text = out.into_iter().find_map(|e| match e {
            Effect::Write { text, .. } => Some(text.to_string()),
            _ => None,
        });
        text.expect("it is saved")
    };
    // Whoever types on all the time has it saved as it is.
    let out = update(&mut d.state, Event::Formatted(second.run()));
    assert_eq!(written(out), "xf( )=1\n");
    let out = update(&mut d.state, Event::Formatted(first.run()));
    assert_eq!(written(out), "xf() = 1\n");
}

#[test]
fn a_cursor_whose_blank_goes_is_on_the_next_character() {
    let mut d = opened("format-cursor", "f( )=1\n");
    d.keys(":set format-on-save on<ret>ll:save<ret>");
    assert_eq!(d.text(), "f() = 1\n");
    let r = d.state.editor.doc().expect("a file").selection.primary();
    assert_eq!((r.from(), r.to()), (2, 3));
}
