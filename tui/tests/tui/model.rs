//! What keys, the image and the disk do to the model.

use crate::driver::{Driver, project};
use crate::fake;
use nostos_tui::state::{Event, Link, Mouse, MouseKind, Panel, Popup, View};
use serde_json::json;
use std::fs;

fn click(driver: &mut Driver, x: u16, y: u16) {
    driver.event(Event::Mouse(Mouse {
        kind: MouseKind::Press,
        x,
        y,
    }));
}

fn said(driver: &Driver) -> String {
    driver
        .state
        .message
        .as_ref()
        .map(|(_, m)| m.clone())
        .unwrap_or_default()
}

#[test]
fn save_writes_the_file_and_loads_it() {
    let mut d = Driver::new("save", (80, 24));
    d.keys("ggi# new<ret><esc><c-s>");
    assert!(
        fs::read_to_string(d.root.join("bank.nos"))
            .unwrap()
            .starts_with("# new\n")
    );
    assert_eq!(said(&d), "loaded v2: bank.transfer  4.1 ms");
    assert!(!d.state.editor.doc().unwrap().is_changed());
    assert_eq!(d.state.image.version, 2);
}

#[test]
fn a_refused_load_says_where_and_the_old_code_runs_on() {
    let mut d = Driver::new("refused", (100, 24));
    d.keys("ggiretyr<esc><c-s>");
    assert_eq!(
        said(&d),
        "1 error, the old code runs on: bank.nos:1 unknown function `retyr`"
    );
    assert_eq!(d.state.image.version, 1);
    let screen = d.screen();
    assert!(
        screen.contains("✗1") && screen.contains("└ unknown function `retyr`"),
        "{screen}"
    );
    d.keys("ggx]d");
    d.keys("d<c-s>");
    assert!(d.state.editor.doc().unwrap().refused.is_empty());
}

#[test]
fn a_file_changed_on_disk_is_not_overwritten_unasked() {
    let mut d = Driver::new("foreign", (80, 24));
    fs::write(d.root.join("bank.nos"), "# theirs, and longer\n").unwrap();
    d.keys("ix<esc><c-s>");
    assert!(d.screen().contains("changed on disk"), "{}", d.screen());
    assert_eq!(
        fs::read_to_string(d.root.join("bank.nos")).unwrap(),
        "# theirs, and longer\n"
    );
    d.keys("r");
    assert_eq!(d.text(), "# theirs, and longer\n");
    assert!(!d.state.editor.doc().unwrap().is_changed());
}

#[test]
fn quitting_asks_when_something_would_be_lost() {
    let mut d = Driver::new("quit-ask", (80, 24));
    d.keys("ix<esc>:q<ret>");
    assert!(!d.quit && matches!(d.state.popup, Some(Popup::Question { .. })));
    d.keys("<esc>");
    assert!(!d.quit && d.state.popup.is_none());
    d.keys("<c-q>s");
    assert!(d.quit);
    assert!(
        fs::read_to_string(d.root.join("bank.nos"))
            .unwrap()
            .starts_with("x#")
    );
    let mut d = Driver::new("quit-clean", (80, 24));
    d.keys(":q<ret>");
    assert!(d.quit);
}

#[test]
fn files_that_cannot_be_edited_are_named_with_the_reason() {
    let root = project("bad");
    fs::write(root.join("binary.nos"), b"\x7fELF\0\0\0").unwrap();
    fs::write(root.join("latin.nos"), b"ok\ngr\xfcn\n").unwrap();
    fs::create_dir(root.join("folder.nos")).unwrap();
    fs::File::create(root.join("huge.nos"))
        .unwrap()
        .set_len(200 << 20)
        .unwrap();
    let mut d = Driver::bare(root, (80, 24));
    for (file, why) in [
        ("binary.nos", "binary.nos: is a binary file"),
        (
            "latin.nos",
            "latin.nos: is not UTF-8: the first bad byte is in line 2",
        ),
        ("folder.nos", "folder.nos: is a directory"),
        (
            "huge.nos",
            "huge.nos: is too large: 200 MB; up to 64 MB can be edited",
        ),
    ] {
        d.keys(&format!(":open {file}<ret>"));
        assert_eq!(said(&d), why);
        assert!(d.state.editor.doc().is_none());
    }
    d.keys(":open new.nos<ret>");
    assert_eq!(said(&d), "new.nos is a new file");
    d.keys("ix<esc>:save<ret>");
    assert_eq!(fs::read_to_string(d.root.join("new.nos")).unwrap(), "x");
}

#[test]
fn breakpoints_are_set_by_key_and_by_click_and_move_with_their_lines() {
    let mut d = Driver::new("breakpoints", (80, 24));
    let lines = |d: &Driver| -> Vec<(usize, bool)> {
        d.state
            .breakpoints
            .values()
            .flatten()
            .map(|b| (b.line + 1, b.verified))
            .collect()
    };
    d.keys("7G<f9>");
    assert_eq!(lines(&d), [(7, true)]);
    // The gutter of the third line of text: refused by the image, but kept and shown as such.
    click(&mut d, 1, 5);
    assert_eq!(lines(&d), [(3, false), (7, true)]);
    d.keys("5Gonew<esc>");
    assert_eq!(lines(&d), [(3, false), (8, true)]);
    d.keys("u");
    assert_eq!(lines(&d), [(3, false), (7, true)]);
    d.keys("1Gxd");
    assert_eq!(lines(&d), [(2, false), (6, true)]);
    click(&mut d, 1, 4);
    d.keys("6G<f9>");
    assert_eq!(lines(&d), []);
}

#[test]
fn a_stop_shows_frames_and_values_and_steps_mark_what_changed() {
    let mut d = Driver::new("debug", (120, 40));
    d.keys("8G<f9><c-r>");
    assert_eq!(d.state.view, View::Debug);
    let screen = d.screen();
    for part in [
        "breakpoint in <2>",
        "bank.loop/2",
        "balance    12",
        "●▶   8",
        "breakpoints  ● bank.nos:8",
    ] {
        assert!(screen.contains(part), "{part} is missing\n{screen}");
    }
    d.keys("<f10>");
    let screen = d.screen();
    assert!(screen.contains("42          was 12"), "{screen}");
    assert!(screen.contains(" ▶   9"), "{screen}");
    // Expanding a value asks for its parts.
    d.keys("jjjj<ret>");
    assert!(d.screen().contains("[0]"), "{}", d.screen());
    d.keys("<f5>");
    assert!(d.state.stops.is_empty());
    assert!(d.screen().contains("nothing is stopped"), "{}", d.screen());
    d.keys("<f10>");
    assert!(said(&d).starts_with("no process is stopped"));
}

#[test]
fn the_console_evaluates_in_the_frame_and_the_repl_does_not() {
    let mut d = Driver::new("console", (120, 40));
    d.keys("8G<f9><c-r><space>ibalance - n<ret>");
    let screen = d.screen();
    assert!(
        screen.contains("dbg› balance - n") && screen.contains("→ -18"),
        "{screen}"
    );
    d.keys("<esc><a-8>balance<ret>");
    assert!(
        d.screen().contains("✗ unknown variable `balance`"),
        "{}",
        d.screen()
    );
    d.keys("<up><up>");
    assert_eq!(d.state.repl.input.text(), "balance");
}

#[test]
fn typing_is_not_interrupted_by_a_stop() {
    let mut d = Driver::new("typing", (80, 24));
    d.keys("8G<f9>ggi");
    d.event(Event::Image(nostos_tui::client::Incoming::Event {
        name: "stopped".to_owned(),
        body: json!({ "reason": "breakpoint", "threadId": 2, "allThreadsStopped": false }),
    }));
    assert_eq!(d.state.view, View::Code);
    d.keys("x");
    assert!(d.text().starts_with("x#"));
    assert!(d.screen().contains("■ 1 stopped"));
}

#[test]
fn the_image_may_die_and_be_started_again() {
    let mut d = Driver::new("die", (120, 40));
    d.keys("<a-2>");
    d.wait(1000);
    d.keys("<a-8>die<ret>");
    assert_eq!(
        d.state.image.link,
        Link::Lost("the image was killed by signal 9".to_owned())
    );
    assert!(said(&d).contains("^r runs it again"));
    d.keys("<a-2>");
    d.wait(5000);
    let screen = d.screen();
    for part in ["alice", "48,", "image ended", "the last that was known"] {
        assert!(screen.contains(part), "{part} is missing\n{screen}");
    }
    d.keys("<a-1>ix<esc><c-s>");
    assert!(said(&d).contains("no image runs"));
    d.keys("<c-r>");
    assert_eq!(d.state.image.link, Link::Live);
    d.keys("<a-8>1 + 2<ret>");
    assert!(d.screen().contains("→ 3"), "{}", d.screen());
}

#[test]
fn an_image_that_does_not_start_leaves_an_editor() {
    let mut d = Driver::bare(project("broken"), (80, 24));
    d.broken = Some("the image ended with status 2: no main".to_owned());
    d.open("bank.nos");
    d.start();
    let screen = d.screen();
    assert!(
        screen.contains("the image ended with status 2: no main; ^r starts it"),
        "{screen}"
    );
    d.keys("ix<esc>");
    assert!(d.text().starts_with("x#"));
    d.broken = None;
    // A save may be what it needed.
    d.keys("<c-s>");
    assert_eq!(d.state.image.link, Link::Live);
}

#[test]
fn lists_are_filtered_sorted_and_frozen() {
    let mut d = Driver::new("lists", (120, 40));
    d.world.crowd = 300;
    d.keys("<a-2>");
    d.wait(1000);
    assert_eq!(d.state.shown_processes().len(), 305);
    d.keys("/mbox<gt>100<ret>".replace("<gt>", ">").as_str());
    let names: Vec<u64> = d.state.shown_processes().iter().map(|p| p.id).collect();
    assert_eq!(names, [2, 3, 4]);
    d.keys("/<c-u>size:3<ret>");
    assert!(said(&d).contains("none of mbox"));
    d.keys("<esc>");
    assert_eq!(d.state.shown_processes().len(), 305);
    d.keys("ss");
    assert_eq!(d.state.shown_processes()[0].id, 2);
    d.keys("s");
    assert_eq!(d.state.shown_processes()[0].id, 1);
    d.keys(".");
    let before = d.screen();
    for _ in 0..5 {
        d.wait(1000);
    }
    let rows = |s: &str| s.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&before), rows(&d.screen()));
}

#[test]
fn the_selected_process_keeps_its_place_when_the_order_changes() {
    let mut d = Driver::new("keeps", (120, 40));
    d.keys("<a-2>");
    d.wait(1000);
    d.keys("jj");
    let chosen = d.state.selected;
    d.keys("s");
    d.wait(1000);
    d.state.selected = chosen;
    d.wait(1000);
    d.wait(1000);
    let row = d
        .state
        .shown_processes()
        .iter()
        .position(|p| Some(p.id) == chosen)
        .unwrap();
    assert_eq!(d.state.processes.row, row);
}

#[test]
fn definitions_and_the_way_back() {
    let mut d = Driver::new("definition", (80, 24));
    d.keys(":open main.nos<ret>/transfer<ret>;gd");
    let doc = d.state.editor.doc().unwrap();
    assert_eq!((doc.name.as_str(), doc.line() + 1), ("bank.nos", 19));
    d.keys("<c-o>");
    assert_eq!(d.state.editor.doc().unwrap().name, "main.nos");
    d.keys("ggw");
    d.keys(";gd");
    assert!(said(&d).contains("no definition of"), "{}", said(&d));
}

#[test]
fn the_mouse_places_cursors_and_the_wheel_scrolls() {
    let mut d = Driver::new("mouse", (80, 24));
    click(&mut d, 8 + 4, 3 + 3);
    let doc = d.state.editor.doc().unwrap();
    assert_eq!(
        (doc.line(), doc.cursor() - doc.text().line_to_char(3)),
        (3, 4)
    );
    d.event(Event::Mouse(Mouse {
        kind: MouseKind::Drag,
        x: 8 + 11,
        y: 6,
    }));
    assert_eq!(
        d.state.editor.doc().unwrap().selection.primary().to()
            - d.state.editor.doc().unwrap().selection.primary().from(),
        8
    );
    d.event(Event::Mouse(Mouse {
        kind: MouseKind::WheelDown,
        x: 20,
        y: 8,
    }));
    assert_eq!(d.state.editor.doc().unwrap().scroll.0, 3);
    // The bar of views.
    click(&mut d, 16, 0);
    assert_eq!(d.state.view, View::Processes);
    click(&mut d, 10, 6);
    assert_eq!(d.state.selected, Some(3));
}

#[test]
fn pasted_text_is_text_in_every_mode() {
    let mut d = Driver::new("paste", (80, 24));
    d.keys("ggi");
    d.event(Event::Paste("a\r\nb".to_owned()));
    assert!(d.text().starts_with("a\nb# One"));
    d.keys("<esc>u");
    assert_eq!(d.text(), fake::BANK);
    d.keys(":");
    d.event(Event::Paste("line 3\n".to_owned()));
    d.keys("<ret>");
    assert_eq!(d.state.editor.doc().unwrap().line(), 2);
}

#[test]
fn standard_keys_edit_without_modes() {
    let mut d = Driver::new("standard", (80, 24));
    d.keys(":keys standard<ret>abc<c-z>");
    assert_eq!(d.text(), fake::BANK);
    d.keys("<s-right><s-right><c-x><end><c-v>");
    assert!(
        d.text()
            .starts_with("One account: the balance is the state of the loop.# \n"),
        "{}",
        d.text()
    );
    d.keys("<c-a><bs>x<c-s>");
    assert_eq!(fs::read_to_string(d.root.join("bank.nos")).unwrap(), "x");
}

#[test]
fn every_command_is_bound_or_in_the_palette_and_every_binding_is_in_the_help() {
    use nostos_tui::commands::{COMMANDS, table};
    let mut d = Driver::new("reachable", (80, 24));
    d.keys("<c-p>");
    let Some(Popup::Picker { items, .. }) = &d.state.popup else {
        panic!("no palette")
    };
    for (_, name, title) in COMMANDS {
        assert!(
            items
                .iter()
                .any(|i| i.label.contains(name) && i.label.contains(title)),
            "{name} is not in the palette"
        );
    }
    d.keys("<esc>");
    // In every place of the program the help has everything that is bound there.
    let places = [
        "",
        "i",
        "<esc>Gof() = tra",
        "<tab>",
        "<esc><esc>u/println<ret>cprintl<esc>b",
        "<a-2>",
        "<tab>",
        "<tab><tab>",
        "<a-3>",
        "<a-4>",
        "<a-5>",
        "<a-6>",
        "<tab>",
        "<a-7>",
        "<a-8>",
        "<a-1><esc><c-w>e",
        "<esc>:keys standard<ret>",
    ];
    let mut seen = std::collections::HashSet::new();
    d.analyser = Some(nostos_tui::analysis::Ide::new(d.root.clone()));
    for place in places {
        d.keys(place);
        let rows = nostos_tui::update::help_rows(&d.state);
        let contexts = d.state.contexts();
        for bind in table().iter().filter(|b| contexts.contains(&b.ctx)) {
            let title = nostos_tui::commands::info(bind.cmd).1;
            seen.insert(bind.ctx);
            // A key that a more special place takes is shown for what it does there.
            let hidden = table().iter().any(|b| {
                b.keys == bind.keys
                    && contexts.iter().position(|c| *c == b.ctx)
                        < contexts.iter().position(|c| *c == bind.ctx)
                    && contexts.contains(&b.ctx)
            });
            assert!(
                hidden || rows.iter().any(|(_, t)| *t == title),
                "{title} is not in the help"
            );
        }
    }
    let missed: Vec<_> = table()
        .iter()
        .map(|b| b.ctx)
        .filter(|c| !seen.contains(c))
        .collect();
    assert!(missed.is_empty(), "never been in {missed:?}");
}

#[test]
fn panels_take_the_focus_in_turn() {
    let mut d = Driver::new("focus", (120, 40));
    assert_eq!(d.state.panel(), Panel::Editor);
    d.keys("<tab>");
    assert_eq!(d.state.panel(), Panel::Repl);
    d.keys("1 + 2<ret><esc>");
    assert_eq!(d.state.panel(), Panel::Editor);
    d.keys("<a-2><tab><tab>");
    assert_eq!(d.state.panel(), Panel::Stack);
    d.keys("<esc><esc>");
    assert_eq!((d.state.view, d.state.panel()), (View::Code, Panel::Editor));
}

#[test]
fn output_of_the_program_is_kept_line_by_line() {
    let mut d = Driver::new("output", (80, 24));
    d.keys("<a-8>hello<ret>");
    let screen = d.screen();
    assert!(screen.contains("\n hello, world\n and more\n"), "{screen}");
}
