//! Screens as text and as style, per view and size. `INSTA_UPDATE=always` takes new ones over; look at them before.

use crate::driver::Driver;
use nostos_tui::theme::Theme;
use ratatui::buffer::{Buffer, Cell};
use std::fmt::Write;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

/// Draws one scene in all sizes; its style in the themes that have least to show it with.
fn scene(name: &str, act: impl Fn(&mut Driver)) {
    for size in SIZES {
        let mut driver = Driver::new(&format!("{name}-{}", size.0), size);
        act(&mut driver);
        let screen = driver.screen();
        let mut style = String::new();
        for (name, theme) in [("mono", Theme::mono()), ("ansi", Theme::ansi())] {
            driver.state.theme = theme;
            let (buffer, _) = driver.draw();
            let _ = writeln!(style, "{name}\n{}", styles(&buffer));
        }
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), screen);
            insta::assert_snapshot!(format!("style_{name}_{}x{}", size.0, size.1), style);
        });
    }
}

/// The style of each row as runs of a letter and a length, without the plain end of the row; then what the letters mean.
fn styles(buffer: &Buffer) -> String {
    let mut known = vec![look(&Cell::default())];
    let mut out = String::new();
    for row in buffer.content.chunks(buffer.area.width.into()) {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for cell in row {
            let look = look(cell);
            let at = known.iter().position(|k| *k == look).unwrap_or_else(|| {
                known.push(look);
                known.len() - 1
            });
            match runs.last_mut() {
                Some((last, length)) if *last == at => *length += 1,
                _ => runs.push((at, 1)),
            }
        }
        if runs.last().is_some_and(|run| run.0 == 0) {
            runs.pop();
        }
        let runs: Vec<String> = runs
            .iter()
            .map(|(at, length)| format!("{}{length}", letter(*at)))
            .collect();
        let _ = writeln!(out, "{}", runs.join(" "));
    }
    for (at, look) in known.iter().enumerate().skip(1) {
        let _ = writeln!(out, "{} {look}", letter(at));
    }
    out
}

fn letter(at: usize) -> char {
    let letters = ('a'..='z').chain('A'..='Z');
    let mut all = std::iter::once('.').chain(letters);
    all.nth(at).expect("a screen has fewer styles than letters")
}

fn look(cell: &Cell) -> String {
    format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier)
}

fn stop_in_bank(driver: &mut Driver) {
    driver.keys("8G<f9>");
    driver.keys("<c-r>");
    driver.wait(1000);
}

#[test]
fn code() {
    scene("code", |d| d.keys("/retyr<esc>6Gwww"));
}

#[test]
fn code_with_an_error() {
    scene("code_error", |d| {
        d.keys("/from <lt>-<ret>ciretyr(<esc>gh");
        d.keys(":eval 1 + 2<ret>");
    });
}

#[test]
fn splits_and_files() {
    scene("splits", |d| {
        d.keys("<c-w>v<c-w>s:open main.nos<ret>");
        d.keys("<c-w>e");
    });
}

#[test]
fn folds_and_wrapped_lines() {
    scene("folds", |d| {
        d.keys("6GzaA # (a long line that goes on and on)<esc>zw");
    });
}

#[test]
fn objects_to_choose_from() {
    scene("inside", |d| d.keys("mi"));
}

#[test]
fn a_search_through_all_files() {
    scene("grep", |d| d.keys("<space>/transfer<ret><down>"));
}

#[test]
fn definitions_of_the_project() {
    scene("definitions", |d| d.keys("<space>Slo"));
}

#[test]
fn processes() {
    scene("processes", |d| {
        d.keys("<space>2");
        d.wait(1000);
        d.wait(1000);
    });
}

#[test]
fn processes_as_a_tree() {
    scene("tree", |d| {
        d.keys("<space>2t");
        d.wait(1000);
        d.wait(1000);
    });
}

#[test]
fn heap() {
    scene("heap", |d| {
        d.keys("<space>3");
        d.wait(1000);
    });
}

#[test]
fn collections() {
    scene("gc", |d| {
        d.keys("<space>4");
        d.wait(1000);
    });
}

#[test]
fn schedulers() {
    scene("schedulers", |d| {
        d.keys("<space>5");
        d.wait(1000);
        d.wait(1000);
    });
}

#[test]
fn a_heap_snapshot_and_a_difference() {
    scene("heap-types", |d| {
        d.keys("<space>3");
        d.wait(1000);
        d.keys("nN");
    });
    scene("heap-diff", |d| {
        d.keys("<space>3n");
        d.wait(3000);
        d.keys("nd");
    });
    scene("heap-object", |d| d.keys("<space>3n<ret><ret>"));
    scene("heap-snapshots", |d| d.keys("<space>3nN<tab>jm"));
}

#[test]
fn who_collects_and_how_long() {
    scene("gc-collectors", |d| {
        d.keys("<space>4");
        d.wait(1000);
        d.wait(1000);
        d.keys("<tab>");
    });
    scene("gc-pauses", |d| {
        d.keys("<space>4");
        d.wait(1000);
        d.keys("<tab><tab>");
    });
}

#[test]
fn debugger() {
    scene("debug", |d| {
        stop_in_bank(d);
        d.keys("<f10>");
    });
}

/// A stop with everything there is about it: breakpoints of all kinds, watches, the console, the past.
fn stop_with_all(d: &mut Driver) {
    d.keys("20G<f9>7G<f9><space>bz13G<space>btshort by {n}<ret>");
    d.keys(":watch balance - n<ret>8G<space>bfn <gt> 10<ret><c-r>");
    d.wait(1000);
    d.keys("x<f10><space>ibalance - n<ret>balance<ret><esc>");
    d.wait(1000);
}

#[test]
fn debugger_with_all_it_has() {
    scene("debug-full", stop_with_all);
}

#[test]
fn repl() {
    scene("repl", |d| {
        d.keys("<space>81 + 2<ret>hello<ret>nonsense<ret>trans")
    });
}

#[test]
fn tests() {
    scene("tests", |d| {
        d.with_tests();
        d.keys("<a-7>Tgg");
    });
}

#[test]
fn marks_of_tests() {
    scene("tests_code", |d| {
        d.with_tests();
        d.open("bank_test.nos");
        d.keys("<space>T");
    });
}

#[test]
fn a_value_looked_into() {
    scene("inspector", |d| d.keys("<space>8entries<ret><ret>j<ret>"));
}

#[test]
fn completion_in_the_repl() {
    scene("repl_complete", |d| {
        d.keys("<space>81 + 2<ret>f(<ret>tr<tab>")
    });
}

#[test]
fn space_menu() {
    scene("space", |d| d.keys("<space>"));
}

#[test]
fn help() {
    scene("help", |d| d.keys("?"));
}

#[test]
fn palette() {
    scene("palette", |d| d.keys("<c-p>brea"));
}

#[test]
fn command_line() {
    scene("command", |d| d.keys(":break"));
}

#[test]
fn quitting_with_changes() {
    scene("quit", |d| d.keys("ix<esc><c-q>"));
}

#[test]
fn the_image_is_gone() {
    scene("gone", |d| {
        d.keys("<space>2");
        d.wait(1000);
        d.kill();
    });
}

#[test]
fn every_small_size_is_drawn() {
    // Not the folder for temporary files itself: all of it would be listed, every time.
    let root = crate::driver::project("small-sizes");
    for view in 1..=8 {
        for (width, height) in [1, 2, 3, 4, 7, 12, 19, 29]
            .into_iter()
            .flat_map(|w| [(w, 5), (w, 1), (20, w), (2, w)])
        {
            let mut driver = Driver::bare(root.clone(), (width, height));
            driver.start();
            driver.keys(&format!("<a-{view}>"));
            driver.draw();
            driver.keys("<c-p>");
            driver.draw();
            driver.keys("<esc><f1>");
            driver.draw();
        }
    }
}

#[test]
fn a_tiny_terminal_still_edits() {
    let mut driver = Driver::new("tiny", (20, 5));
    driver.keys("ggihi <esc>");
    let screen = driver.screen();
    assert!(screen.contains("hi # One"), "{screen}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("tiny_20x5", screen);
    });
}

#[test]
fn themes_differ_in_style_only() {
    let texts: Vec<String> = nostos_tui::theme::names()
        .iter()
        .map(|theme| {
            let mut driver = Driver::new(&format!("theme-{theme}"), (80, 24));
            driver.keys(&format!(":theme {theme}<ret><space>2"));
            driver.wait(1000);
            driver.screen()
        })
        .collect();
    assert!(texts.windows(2).all(|w| w[0] == w[1]));
    let mut driver = Driver::new("theme-mono-style", (80, 24));
    driver.keys(":theme mono<ret><space>2");
    let (buffer, _) = driver.draw();
    let coloured = buffer
        .content
        .iter()
        .any(|c| c.fg != ratatui::style::Color::Reset || c.bg != ratatui::style::Color::Reset);
    assert!(!coloured, "mono has colours");
}

#[test]
fn ascii_glyphs_are_ascii() {
    let mut driver = Driver::new("ascii", (100, 30));
    driver.keys(":glyphs ascii<ret>");
    for view in [
        "<a-1>", "<a-2>", "<a-3>", "<a-4>", "<a-5>", "<a-6>", "<a-7>", "<a-8>",
    ] {
        driver.keys(view);
        driver.wait(1000);
        let screen = driver.screen();
        let odd: String = screen
            .chars()
            .filter(|c| !c.is_ascii() && *c != 'µ')
            .collect();
        assert!(odd.is_empty(), "{view}: {odd}\n{screen}");
    }
}
