//! Windows, folds, wrapped lines and the tree of files: what keys and the mouse do with them.

use crate::driver::Driver;
use nostos_tui::state::{Event, Mouse, MouseKind, Panel};

fn name(d: &Driver) -> String {
    d.state
        .editor
        .doc()
        .map(|doc| doc.name.clone())
        .unwrap_or_default()
}

fn line(d: &Driver) -> usize {
    d.state.editor.doc().expect("a file is open").line() + 1
}

#[test]
fn windows_keep_their_own_place_and_follow_edits() {
    let mut d = Driver::new("windows", (120, 40));
    d.keys("10G<c-w>v");
    assert_eq!((d.state.editor.windows.count(), line(&d)), (2, 10));
    // In the right window two lines come in above: the left one stays at its line of text.
    d.keys("ggO<esc>O<esc>");
    assert_eq!(line(&d), 1);
    d.keys("<c-w>h");
    assert_eq!(line(&d), 12);
    d.keys("<c-w>l:open main.nos<ret>");
    assert_eq!(name(&d), "main.nos");
    d.keys("<c-w>h");
    assert_eq!(name(&d), "bank.nos");
    d.keys("<c-w>w");
    assert_eq!(name(&d), "main.nos");
    d.keys("<c-w>q");
    assert_eq!(
        (d.state.editor.windows.count(), name(&d)),
        (1, "bank.nos".to_owned())
    );
    d.keys("<c-w>q");
    assert_eq!(d.state.editor.windows.count(), 1);
}

#[test]
fn a_window_goes_on_showing_what_it_shows() {
    let mut d = Driver::new("windows-scroll", (120, 24));
    d.keys("12Gzt<c-w>v");
    let before = d.state.editor.windows.parked[&0].scroll.0;
    assert!(before > 0);
    d.keys("ggO<esc>O<esc>");
    assert_eq!(d.state.editor.windows.parked[&0].scroll.0, before + 2);
    d.keys("<c-w>h");
    assert_eq!(line(&d), 14);
}

#[test]
fn closing_a_file_leaves_no_window_without_one() {
    let mut d = Driver::new("windows-close", (120, 40));
    d.keys("<c-w>s:open main.nos<ret><c-w>k");
    assert_eq!(name(&d), "bank.nos");
    d.keys("<c-w>x");
    assert_eq!(name(&d), "main.nos");
    d.keys("<c-w>j<c-w>x");
    assert_eq!(d.state.editor.windows.count(), 1);
    assert!(d.state.editor.doc().is_none());
    d.draw();
}

#[test]
fn a_click_goes_to_a_window() {
    let mut d = Driver::new("windows-click", (120, 40));
    d.keys("<c-w>v:open main.nos<ret>");
    d.event(Event::Mouse(Mouse {
        kind: MouseKind::Press,
        x: 20,
        y: 6,
    }));
    assert_eq!((name(&d), line(&d)), ("bank.nos".to_owned(), 3));
}

#[test]
fn a_fold_hides_its_lines_until_one_goes_there() {
    let mut d = Driver::new("folds", (80, 24));
    d.keys("8Gza");
    // The smallest thing around line 8 that has several lines begins there.
    assert_eq!(line(&d), 8);
    assert!(!d.screen().contains("c <- Ok(n)"), "{}", d.screen());
    d.keys("j");
    assert_eq!(line(&d), 12);
    d.keys("k");
    assert_eq!(line(&d), 8);
    // An edit above moves the fold along.
    d.keys("ggO<esc>");
    assert!(!d.screen().contains("c <- Ok(n)"), "{}", d.screen());
    d.keys("/Ok.n<ret>");
    assert!(d.screen().contains("c <- Ok(n)"), "{}", d.screen());
    d.keys("zM");
    assert!(d.screen().contains("… 10 lines"), "{}", d.screen());
    d.keys("zR");
    assert!(!d.screen().contains("…"), "{}", d.screen());
}

#[test]
fn wrapped_lines_are_walked_row_by_row() {
    let mut d = Driver::new("wrap", (60, 24));
    let long = "word ".repeat(40);
    d.keys(&format!("ggO{long}<esc>ggzw"));
    let screen = d.screen();
    assert!(screen.matches("word word word").count() >= 4, "{screen}");
    d.keys("j");
    assert_eq!(line(&d), 1);
    let caret = d.draw().1.expect("a cursor");
    assert_eq!(caret.y, 4);
    d.keys("jjj");
    assert_eq!(line(&d), 2);
    d.keys("zw");
    assert_eq!(
        d.screen()
            .lines()
            .filter(|l| l.contains("word word"))
            .count(),
        1
    );
}

#[test]
fn files_are_opened_from_the_tree() {
    let mut d = Driver::new("tree", (120, 40));
    std::fs::create_dir_all(d.root.join("lib/deep")).expect("it can be made");
    std::fs::write(d.root.join("lib/deep/x.nos"), "x() = 1\n").expect("it can be written");
    d.keys("<c-w>e");
    assert_eq!(d.state.panel(), Panel::Tree);
    d.keys("gg<ret>j<ret>j");
    let screen = d.screen();
    assert!(
        screen.contains("▾ lib") && screen.contains("x.nos"),
        "{screen}"
    );
    d.keys("<ret>");
    assert_eq!(
        (name(&d), d.state.panel()),
        ("lib/deep/x.nos".to_owned(), Panel::Editor)
    );
    d.keys("<c-w>h");
    assert_eq!(d.state.panel(), Panel::Tree);
    d.keys("hhhh");
    assert!(!d.screen().contains("▾ lib"), "{}", d.screen());
    d.keys("<c-w>t");
    assert_eq!(d.state.panel(), Panel::Editor);
}

#[test]
fn lists_to_choose_from_lead_to_their_places() {
    let mut d = Driver::new("lists", (120, 40));
    // Unsaved text is searched, not what is on disk.
    d.keys("ggO# needle here<esc><space>/needle<ret>");
    assert!(
        d.screen().contains("bank.nos:1  # needle here"),
        "{}",
        d.screen()
    );
    d.keys("<esc><space>/alice.*100<ret><ret>");
    assert_eq!((name(&d), line(&d)), ("main.nos".to_owned(), 4));
    d.keys("<space>Stransfer<ret>");
    assert_eq!((name(&d), line(&d)), ("bank.nos".to_owned(), 20));
    d.keys("<space>j");
    assert!(d.screen().contains("main.nos:4"), "{}", d.screen());
    d.keys("main<ret>");
    assert_eq!((name(&d), line(&d)), ("main.nos".to_owned(), 4));
    d.keys("<c-p>bank.nos<ret>");
    assert_eq!(name(&d), "bank.nos");
    d.keys("<a-2>");
    d.wait(1000);
    d.keys("<a-1><space>pbob<ret>");
    let bob = d.state.selected_process().and_then(|p| p.name.clone());
    assert_eq!(
        (d.state.view, bob.as_deref()),
        (nostos_tui::state::View::Processes, Some("bob"))
    );
    d.keys("<a-1>ix<esc>o<esc>iy<esc><space>u");
    assert!(
        d.screen().contains("+ x") && d.screen().contains("as it was opened"),
        "{}",
        d.screen()
    );
    d.keys("opened<ret>");
    assert!(!d.text().contains("needle"));
    d.keys("x\"ay<space>\"");
    assert!(d.screen().contains("registers"), "{}", d.screen());
}
