//! The first start and the tutorial, on the model.

use crate::driver::Driver;
use nostos_tui::editor::Preset;
use nostos_tui::state::{
    Event, Mouse, MouseKind, PROJECT, Panel, Tutor, View, lessons, welcome_rows,
};

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

fn first(name: &str, size: (u16, u16)) -> Driver {
    let mut driver = Driver::new(name, size);
    driver.state.config = Some(driver.root.join("config/tui.toml"));
    nostos_tui::update::welcome(&mut driver.state);
    driver
}

fn settings(driver: &Driver) -> Option<String> {
    std::fs::read_to_string(driver.root.join("config/tui.toml")).ok()
}

#[test]
fn the_first_choice_is_tried_at_once_and_kept() {
    let mut d = first("welcome-keep", (120, 40));
    d.keys("<down><ret>");
    assert_eq!(d.state.editor.preset, Preset::Standard);
    d.keys("<down><down><ret>");
    assert_eq!(d.state.theme.name, "latte");
    assert_eq!(settings(&d), None, "nothing is written yet");
    d.keys("b");
    assert_eq!(
        settings(&d).as_deref(),
        Some("keys = \"standard\"\ntheme = \"latte\"\n")
    );
    assert!(d.state.popup.is_none() && !d.tutor);
}

#[test]
fn enter_alone_leads_into_the_tutorial() {
    let mut d = first("welcome-enter", (120, 40));
    d.keys("<ret><down><down><ret><ret>");
    assert!(d.tutor && d.quit);
    assert_eq!(
        settings(&d).as_deref(),
        Some("keys = \"helix\"\ntheme = \"latte\"\n")
    );
}

#[test]
fn nothing_is_written_when_the_first_choice_is_put_off() {
    let mut d = first("welcome-esc", (80, 24));
    d.keys("sl<esc>");
    assert_eq!(settings(&d), None);
    assert_eq!(d.state.editor.preset, Preset::Helix);
    assert_eq!(d.state.theme.name, "mocha");
    assert!(d.screen().contains(":welcome asks again"));
    d.keys(":welcome<ret>");
    assert!(d.screen().contains("begin with the tutorial"));
}

#[test]
fn the_first_choice_is_made_with_the_mouse_too() {
    let mut d = first("welcome-mouse", (80, 24));
    let click = |d: &mut Driver, row: usize| {
        let (y, _) = welcome_rows((80, 24))[row];
        d.event(Event::Mouse(Mouse {
            kind: MouseKind::Press,
            x: 10,
            y,
        }));
    };
    click(&mut d, 1);
    click(&mut d, 3);
    click(&mut d, 7);
    assert_eq!(
        settings(&d).as_deref(),
        Some("keys = \"standard\"\ntheme = \"mocha\"\n")
    );
}

#[test]
fn colours_follow_the_terminal_unless_they_were_chosen() {
    let mut d = Driver::new("ground", (80, 24));
    d.event(Event::Ground(true));
    assert_eq!(d.state.theme.name, "latte");
    d.event(Event::Ground(false));
    assert_eq!(d.state.theme.name, "mocha");
    d.keys(":set theme dusk<ret>");
    d.event(Event::Ground(true));
    assert_eq!(d.state.theme.name, "dusk");
    d.keys(":set theme auto<ret>");
    assert_eq!(d.state.theme.name, "latte");
}

#[test]
fn the_first_choice_in_all_sizes() {
    for size in SIZES {
        let mut d = first(&format!("welcome-{}", size.0), size);
        d.keys("<down>");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("welcome_{}x{}", size.0, size.1), d.screen());
        });
    }
}

/// The tutorial's project with a scripted image.
fn tutor(name: &str, size: (u16, u16), keys: Preset) -> Driver {
    let root = crate::driver::project(name);
    for (file, text) in PROJECT {
        std::fs::write(root.join(file), text).expect("it is writable");
    }
    let mut d = Driver::bare(root, size);
    d.state.guide.tutor = Some(Tutor {
        enters: true,
        ..Tutor::default()
    });
    nostos_tui::update::preset(&mut d.state, keys);
    d.open("main.nos");
    d.start();
    d
}

fn at(d: &Driver) -> (usize, usize) {
    let tutor = d.state.guide.tutor.as_ref().expect("it is taken");
    (tutor.lesson + 1, tutor.step)
}

#[test]
fn the_tutorial_sees_what_is_done() {
    let mut d = tutor("tutor-helix", (120, 40), Preset::Helix);
    assert!(d.screen().contains("Where things are"), "{}", d.screen());
    assert_eq!(at(&d), (1, 0));
    d.keys("?");
    assert_eq!(at(&d), (1, 1));
    d.keys("<esc><a-2>");
    assert_eq!(at(&d), (1, 3));
    d.keys("<a-1>");
    assert_eq!(at(&d), (2, 0));
    assert_eq!(d.lesson, Some(1));
    assert!(d.screen().contains("practice.txt"), "{}", d.screen());
    d.keys("jjw/MISTAKE<ret>gegg");
    assert_eq!(at(&d), (3, 0), "{}", d.screen());
    d.keys("ohello<esc>");
    assert_eq!(at(&d), (3, 3), "{}", d.screen());
    d.keys("/MISTAKE<ret>d");
    assert_eq!(at(&d), (3, 4));
    d.keys("u/one too many<ret>xd<c-s>");
    assert_eq!(at(&d), (4, 0), "{}", d.screen());
    d.keys("<c-p>main.nos<ret>");
    assert_eq!(at(&d), (4, 2), "{}", d.screen());
    d.keys("<space>sprice<ret>");
    assert_eq!(at(&d), (4, 4), "{}", d.screen());
    d.keys("/cost = <ret>");
    assert_eq!(at(&d), (4, 5), "{}", d.screen());
    d.keys("fpl");
    d.keys("gd");
    assert_eq!(at(&d).0, 5, "{}", d.screen());
}

#[test]
fn the_tutorial_is_for_keys_without_modes_too() {
    let mut d = tutor("tutor-standard", (120, 40), Preset::Standard);
    d.keys("<f1><esc><a-2><a-1>");
    assert_eq!(at(&d), (2, 0), "{}", d.screen());
    d.keys("<down><down><s-right><s-right><c-f>MISTAKE<ret><c-end><c-home>");
    assert_eq!(at(&d), (3, 0), "{}", d.screen());
    d.keys("hello<c-f>MISTAKE<ret><del>");
    assert_eq!(at(&d), (3, 2), "{}", d.screen());
    d.keys("<c-z><c-f>one too many<ret>");
    d.keys("<left><c-x><c-s>");
    assert_eq!(at(&d), (4, 0), "{}", d.screen());
}

#[test]
fn steps_are_passed_over_and_the_tutorial_is_left() {
    let mut d = tutor("tutor-pass", (80, 24), Preset::Helix);
    let mut last = (0, 0);
    while at(&d).0 < lessons().len() {
        assert!(at(&d) > last, "{last:?}");
        last = at(&d);
        d.keys("<f8>");
        d.draw();
    }
    assert_eq!(d.lesson, Some(0), "who has seen it all begins anew");
    d.keys("<f8>");
    assert!(d.screen().contains("The end of the tutorial"));
    d.keys("<s-f8>");
    assert_eq!(at(&d).0, lessons().len() - 1);
    // Nothing in it is worth a question.
    d.keys("ix<esc>:q<ret>");
    assert!(d.quit && !d.tutor);
}

#[test]
fn the_tutorial_takes_no_unsaved_text_along() {
    let mut d = Driver::new("tutor-unsaved", (80, 24));
    d.keys("ix<esc>:tutor<ret>");
    assert!(!d.tutor && d.screen().contains("save bank.nos first"));
    d.keys("<c-s>:tutor<ret>");
    assert!(d.tutor && d.quit);
}

#[test]
fn the_tutorial_in_all_sizes() {
    for size in SIZES {
        let mut d = tutor(&format!("tutor-{}", size.0), size, Preset::Helix);
        d.keys("?<esc><a-2><a-1>jj");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("tutor_{}x{}", size.0, size.1), d.screen());
        });
        let (buffer, _) = {
            d.keys(":set theme mono<ret>");
            d.draw()
        };
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("tutor-style_{}x{}", size.0, size.1), format!("{buffer:?}"));
        });
    }
}

#[test]
fn standing_panels_lead_to_what_they_show() {
    let mut d = Driver::new("standing", (200, 50));
    d.wait(1000);
    d.wait(1000);
    let screen = d.screen();
    for box_ in ["Hot processes", "Mailboxes", "Schedulers", "Memory"] {
        assert!(screen.contains(box_), "{box_}\n{screen}");
    }
    // A row of a mailbox leads to its process.
    d.keys("<c-w>i");
    assert_eq!(d.state.panel(), Panel::Side);
    d.keys("<ret>");
    assert_eq!(d.state.view, View::Processes);
    d.keys("<a-1><c-w>p");
    assert!(!d.screen().contains("Hot processes"));
    d.keys("<c-w>p:set panels off<ret>");
    assert!(!d.screen().contains("Hot processes"));
    // By the mouse too.
    d.keys(":set panels on<ret>");
    let y = d
        .screen()
        .lines()
        .position(|l| l.contains("Mailboxes"))
        .expect("it is shown") as u16;
    d.event(Event::Mouse(Mouse {
        kind: MouseKind::Press,
        x: 160,
        y: y + 1,
    }));
    assert_eq!(d.state.view, View::Processes);
    let selected = d.state.selected_process().expect("it is there");
    let longest = d.state.image.processes.iter().map(|p| p.mailbox).max();
    assert_eq!(Some(selected.mailbox), longest);
}

#[test]
fn the_outline_knows_what_is_not_loaded() {
    let mut d = Driver::new("outline", (200, 50));
    d.analyser = Some(nostos_tui::analysis::Ide::new(d.root.clone()));
    d.keys("j");
    d.wait(1000);
    d.wait(1000);
    assert!(d.screen().contains("─ Outline ─"), "{}", d.screen());
    d.keys("/balance <lt>- <ret>");
    d.keys("/short by<ret>cless by<esc>");
    let screen = d.screen();
    assert!(screen.contains("Changed, not loaded"), "{screen}");
    assert!(screen.contains("~ loop  1 caller"), "{screen}");
    d.keys("gg<c-w>aG<ret>");
    assert_eq!(d.state.panel(), Panel::Editor);
    let doc = d.state.editor.doc().expect("it is open");
    assert_eq!(doc.line(), 5, "{}", d.screen());
    d.keys("<c-s>");
    assert!(!d.screen().contains("Changed, not loaded"));
}
