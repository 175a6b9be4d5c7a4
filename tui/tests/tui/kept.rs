//! What is not lost: unsaved text, sessions, files that others change; and settings.

use crate::driver::{Driver, project};
use nostos_tui::options;
use nostos_tui::state::{Event, Popup, View};
use std::fs;

fn said(d: &Driver) -> String {
    d.state
        .message
        .as_ref()
        .map(|(_, m)| m.clone())
        .unwrap_or_default()
}

#[test]
fn unsaved_text_is_kept_within_a_second_and_dropped_when_saved() {
    let mut d = Driver::new("kept", (80, 24));
    let path = d.root.join("bank.nos");
    d.keys("ione");
    assert!(d.kept.is_empty());
    d.wait(400);
    d.keys("two");
    d.wait(200);
    assert!(d.kept[&path].starts_with("onetwo#"));
    // Nothing new, nothing to do: the loop may sleep.
    d.wait(5000);
    assert_eq!(d.state.wake, None);
    d.keys("<esc><c-s>");
    assert!(d.kept.is_empty());
    d.keys("ix<esc>");
    d.wait(600);
    assert_eq!(d.kept.len(), 1);
    d.keys("u");
    assert!(d.kept.is_empty());
    d.keys(":set swap off<ret>ix<esc>");
    d.wait(2000);
    assert!(d.kept.is_empty());
}

#[test]
fn unsaved_text_of_a_killed_program_is_offered() {
    for (answer, text) in [("r", "mine\n"), ("d", "theirs\n"), ("<esc>", "theirs\n")] {
        let root = project(&format!("recover-{}", answer.len()));
        fs::write(root.join("a.nos"), "theirs\n").unwrap();
        let mut d = Driver::bare(root, (80, 24));
        d.found.insert(d.root.join("a.nos"), "mine\n".to_owned());
        d.open("a.nos");
        assert!(
            d.screen().contains("a.nos was not saved 1m30s ago"),
            "{}",
            d.screen()
        );
        d.keys(answer);
        assert_eq!(
            (d.text().as_str(), d.found.is_empty()),
            (text, answer == "d")
        );
        assert_eq!(d.state.editor.doc().unwrap().is_changed(), answer == "r");
        if answer == "r" {
            d.keys("u");
            assert_eq!(d.text(), "theirs\n");
        }
    }
}

#[test]
fn a_session_comes_back() {
    let mut d = Driver::new("session", (120, 40));
    d.keys("10Gizzz<esc>ww<c-s><c-w>v:open main.nos<ret>4G<f9>");
    d.keys("<space>81 + 2<ret><a-1>:q<ret>");
    assert!(d.quit);
    let (kept, before) = (d.session.take().expect("it was kept"), d.text());
    let mut again = Driver::bare(d.root.clone(), (120, 40));
    again.event(Event::Session(kept));
    assert_eq!(again.text(), before);
    let state = &again.state;
    assert_eq!(
        (
            state.view,
            state.editor.docs.len(),
            state.editor.windows.count()
        ),
        (View::Code, 2, 2)
    );
    assert_eq!(state.editor.doc().unwrap().line(), 3);
    assert_eq!(state.repl.history, ["1 + 2"]);
    let lines: Vec<usize> = state
        .breakpoints
        .values()
        .flatten()
        .map(|b| b.line)
        .collect();
    assert_eq!(lines, [3]);
    // The other window is where it was, and undo goes on over the end of the program.
    again.keys("<c-w>h");
    assert_eq!(again.state.editor.doc().unwrap().line(), 9);
    assert!(!again.state.editor.doc().unwrap().is_changed());
    again.keys("u");
    assert!(!again.text().contains("zzz"), "{}", again.text());
    assert!(again.state.editor.doc().unwrap().is_changed());
    again.keys("U");
    assert!(!again.state.editor.doc().unwrap().is_changed());
}

#[test]
fn a_session_survives_files_that_are_gone_or_changed() {
    let mut d = Driver::new("session-gone", (80, 24));
    d.keys("Gox<esc><c-s>:open main.nos<ret>:q<ret>");
    let kept = d.session.take().expect("it was kept");
    fs::remove_file(d.root.join("main.nos")).unwrap();
    fs::write(d.root.join("bank.nos"), "short\n").unwrap();
    let mut again = Driver::bare(d.root.clone(), (80, 24));
    again.event(Event::Session(kept));
    assert_eq!(
        (again.state.editor.docs.len(), again.text().as_str()),
        (1, "short\n")
    );
    again.keys("u");
    assert_eq!(again.text(), "short\n");
    for broken in [
        "",
        "{}",
        "{\"version\":1}",
        "{\"version\":1,\"files\":[{}]}",
    ] {
        again.event(Event::Session(broken.to_owned()));
        again.draw();
    }
}

#[test]
fn files_that_others_change_or_remove_are_noticed() {
    let mut d = Driver::new("noticed", (80, 24));
    let path = d.root.join("bank.nos");
    // Nothing unsaved: it is taken over.
    fs::write(&path, "# theirs\n").unwrap();
    d.wait(3000);
    assert_eq!(d.text(), "# theirs\n");
    // Something unsaved: it is said, and nothing is lost.
    d.keys("imine <esc>");
    fs::write(&path, "# theirs again\n").unwrap();
    d.wait(3000);
    assert_eq!(
        said(&d),
        "bank.nos was changed on disk by somebody else; saving will ask"
    );
    assert_eq!(d.text(), "mine # theirs\n");
    d.keys("h");
    d.wait(3000);
    assert_eq!(said(&d), "", "it is said once");
    fs::remove_file(&path).unwrap();
    d.wait(3000);
    assert_eq!(
        said(&d),
        "bank.nos was removed from the disk; ^s writes it again"
    );
    d.keys("<c-s>");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine # theirs\n");
}

#[test]
fn settings_are_changed_while_it_runs() {
    let mut d = Driver::new("settings", (80, 24));
    d.keys(":set line-numbers relative<ret>5G");
    assert!(
        d.screen().contains("     4  # One account"),
        "{}",
        d.screen()
    );
    d.keys(":set theme nope<ret>");
    assert!(
        said(&d).starts_with("theme cannot be `nope`; it can be auto, mocha, latte"),
        "{}",
        said(&d)
    );
    d.keys(":set nope 1<ret>");
    assert!(
        said(&d).starts_with("no setting is called `nope`; there are theme,"),
        "{}",
        said(&d)
    );
    d.keys(":set poll<ret>");
    assert_eq!(said(&d), "poll is 1000; it can be 100 to 60000");
    d.keys(":set wr<tab>o<tab><ret>");
    d.keys(":set trim-on-save on<ret>ggO  <esc><c-s>");
    assert!(
        fs::read_to_string(d.root.join("bank.nos"))
            .unwrap()
            .starts_with("\n#")
    );
    d.keys(":set<ret>");
    assert!(matches!(d.state.popup, Some(Popup::Picker { .. })));
    for setting in options::SETTINGS {
        let shown = (setting.get)(&d.state);
        let values = setting.values();
        assert!(
            values.is_empty() || values.contains(&shown),
            "{} is {shown}",
            setting.name
        );
        for value in values {
            options::set(&mut d.state, setting.name, &value).unwrap();
            assert_eq!((setting.get)(&d.state), value, "{}", setting.name);
        }
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tui-reference.md");
    let wanted = options::reference();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/tui-reference.md is not what the program's tables say; BLESS=1 writes it"
    );
}
