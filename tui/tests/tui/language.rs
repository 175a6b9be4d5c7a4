//! The language features with the real analysis: what appears when, what is dropped, what renaming does to files; and their screens.

use crate::driver::Driver;
use nostos_tui::analysis::Ide;

fn driver(name: &str, size: (u16, u16)) -> Driver {
    let mut driver = Driver::new(name, size);
    driver.analyser = Some(Ide::new(driver.root.clone()));
    driver
}

fn said(driver: &Driver) -> String {
    let message = driver.state.message.as_ref();
    message.map(|(_, m)| m.clone()).unwrap_or_default()
}

/// The names in the list, the best first.
fn offered(driver: &Driver) -> Vec<String> {
    let choices = driver.state.lang.choices.as_ref();
    choices.map_or_else(Vec::new, |c| {
        c.shown.iter().map(|i| c.all[*i].label.clone()).collect()
    })
}

#[test]
fn late_answers_are_taken_only_for_the_word_that_is_still_typed() {
    let mut d = driver("late", (80, 24));
    d.slow = true;
    d.keys("Gotr");
    assert_eq!(d.late.len(), 1);
    d.keys("an");
    d.answers();
    assert!(
        offered(&d).contains(&"transfer".to_owned()),
        "{:?}",
        offered(&d)
    );
    // What was typed on belongs to another word, or the editor is elsewhere.
    for keys in [
        "Gotr x",
        "Gotr<esc>",
        "Gotr<left>",
        "Gotr<bs>",
        "Gotr<esc>gg",
    ] {
        d.keys("<esc><esc>");
        d.slow = true;
        d.keys(keys);
        assert!(!d.late.is_empty());
        d.answers();
        assert_eq!(offered(&d), [""; 0], "{keys}");
    }
}

#[test]
fn texts_and_comments_are_left_alone() {
    let mut d = driver("calm", (80, 24));
    d.keys("Go# tra");
    assert_eq!(offered(&d), [""; 0]);
    d.keys("<esc>oconst a = \"tra");
    assert_eq!(offered(&d), [""; 0]);
    d.keys("<esc>o12tra");
    assert_eq!(offered(&d), [""; 0]);
}

#[test]
fn without_modes_a_completion_is_one_step_of_undo() {
    let mut d = driver("modeless", (80, 24));
    d.keys(":keys standard<ret><c-end>f() = trans<tab><ret>");
    assert!(d.text().ends_with("f() = transfer"), "{}", d.text());
    d.keys("<c-z>");
    assert!(d.text().ends_with("f() = trans"), "{}", d.text());
}

#[test]
fn a_rename_reaches_files_that_are_not_open() {
    let mut d = driver("rename", (80, 24));
    d.keys("/transfer<ret>:rename move_money<ret>");
    assert!(
        d.screen()
            .contains("transfer → move_money: 2 places in 2 files"),
        "{}",
        d.screen()
    );
    d.keys("y");
    assert!(
        said(&d).contains("2 places in 2 files renamed"),
        "{}",
        said(&d)
    );
    assert!(d.text().contains("pub move_money("));
    let main = d
        .state
        .doc_of(&d.root.join("main.nos"))
        .expect("it is open");
    let doc = &mut d.state.editor.docs[main];
    assert!(
        doc.is_changed()
            && doc
                .text()
                .to_string()
                .contains("move_money(alice, bob, 30)")
    );
    assert!(doc.undo() && !doc.undo());
    assert!(!doc.is_changed());
    // Each file has its own step; this one's is not undone by the other's.
    assert!(d.text().contains("pub move_money("));
    d.keys("u");
    assert!(d.text().contains("pub transfer("));
    let on_disk = std::fs::read_to_string(d.root.join("main.nos")).expect("it is there");
    assert!(
        on_disk.contains("transfer(alice"),
        "nothing is saved by itself"
    );
}

#[test]
fn a_rename_knows_a_file_whose_changes_were_thrown_away_as_it_is_on_disk() {
    let mut d = driver("thrown", (80, 24));
    d.keys(":open main.nos<ret>ggO# thrown away<esc>:bc!<ret>");
    assert!(d.state.doc_of(&d.root.join("main.nos")).is_none());
    d.keys("gg/transfer<ret>:rename move_money<ret>y");
    let main = d.state.doc_of(&d.root.join("main.nos"));
    let main = &d.state.editor.docs[main.expect("it is renamed in")];
    let text = main.text().to_string();
    assert!(
        text.contains("move_money(") && !text.contains("thrown away"),
        "{text}"
    );
}

#[test]
fn a_rename_is_refused_in_words() {
    let mut d = driver("refused", (80, 24));
    d.keys("/Deposit<ret>:rename Audit<ret>");
    assert!(d.state.popup.is_none());
    assert!(said(&d).contains("Audit"), "{}", said(&d));
    d.keys(":rename Two words<ret>");
    assert!(d.state.popup.is_none() && !said(&d).is_empty());
    d.keys("gg:rename x<ret>");
    assert!(!said(&d).is_empty());
    // The text changes between question and answer.
    d.keys("/transfer<ret>:rename pay<ret>");
    assert!(d.state.popup.is_some());
    let other = d
        .state
        .editor
        .docs
        .iter_mut()
        .find(|x| x.name == "bank.nos");
    let doc = other.expect("it is open");
    let edit = vec![(0, 0, "#\n".to_owned())];
    let transaction = nostos_tui::editor::change::Transaction::new(doc.text(), edit);
    doc.edit(transaction, None);
    d.keys("y");
    assert!(said(&d).contains("nothing is renamed"), "{}", said(&d));
}

#[test]
fn files_changed_by_others_are_read_again() {
    let mut d = driver("others", (80, 24));
    d.keys("/transfer<ret>gr");
    assert!(d.screen().contains("2 of 2"), "{}", d.screen());
    let text =
        "use bank.*\nmain() = {\n  transfer(self(), self(), 1)\n  transfer(self(), self(), 2)\n}\n";
    std::fs::write(d.root.join("main.nos"), text).expect("it can be written");
    std::fs::write(d.root.join("more.nos"), text.replace("main", "more"))
        .expect("it can be written");
    d.keys("<esc>gr");
    assert!(d.screen().contains("5 of 5"), "{}", d.screen());
    std::fs::remove_file(d.root.join("more.nos")).expect("it can be removed");
    d.keys("<esc>gr");
    assert!(d.screen().contains("3 of 3"), "{}", d.screen());
}

#[test]
fn uses_are_marked_when_the_cursor_rests() {
    let mut d = driver("uses", (80, 24));
    d.keys("/amount<ret>");
    let uses = |d: &Driver| d.state.editor.doc().expect("it is open").known.uses.len();
    assert_eq!(uses(&d), 0);
    d.wait(200);
    assert_eq!(uses(&d), 3);
    // Nothing is left to be waited for.
    assert_eq!(d.state.lang.wake, None);
    d.keys("gg");
    d.wait(200);
    assert_eq!(uses(&d), 0);
    d.keys(":set mark-uses off<ret>/amount<ret>");
    d.wait(200);
    assert_eq!(uses(&d), 0);
}

#[test]
fn the_row_of_files_says_where_one_is() {
    let mut d = driver("where", (80, 24));
    d.keys("/Audit<ret>");
    d.wait(200);
    assert!(
        d.screen().contains("mod bank › Msg › Audit"),
        "{}",
        d.screen()
    );
    d.keys("/amount<ret>");
    assert!(d.screen().contains("mod bank › transfer"), "{}", d.screen());
    d.keys("<space>strans");
    assert!(d.screen().contains("fn     transfer"), "{}", d.screen());
}

#[test]
fn a_call_shows_its_parameters() {
    let mut d = driver("call", (80, 24));
    d.keys("Gof() = transfer(");
    assert!(
        d.screen()
            .contains("transfer(from: Pid, to: Pid, amount: Int)"),
        "{}",
        d.screen()
    );
    let active = |d: &Driver| {
        let s = d.state.lang.signature.as_ref().expect("it is shown");
        s.label[s.active.clone().expect("there is one")].to_owned()
    };
    assert_eq!(active(&d), "from: Pid");
    d.keys("self(), ");
    assert_eq!(active(&d), "to: Pid");
    d.keys("<esc>");
    assert!(d.state.lang.signature.is_none());
    d.keys(":set signature off<ret>Gog() = transfer(");
    assert!(d.state.lang.signature.is_none());
}

#[test]
fn words_that_are_not_of_the_language_are_left_alone() {
    let mut d = driver("plain", (80, 24));
    std::fs::write(d.root.join("notes.txt"), "transfer\n").expect("it can be written");
    d.open("notes.txt");
    d.keys("itransf");
    assert_eq!(offered(&d), [""; 0]);
    d.keys("<esc>gr");
    assert!(said(&d).contains("not of the language"), "{}", said(&d));
}

/// The rows of the screen that hold some text.
fn row(driver: &Driver, text: &str) -> String {
    let screen = driver.screen();
    let found = screen.lines().find(|l| l.contains(text));
    found
        .unwrap_or_else(|| panic!("{text}: {screen}"))
        .to_owned()
}

#[test]
fn what_one_key_mends_is_said_where_there_is_room() {
    let mut d = driver("mend", (80, 24));
    d.keys("/loop\\(start<ret>cloop(strat<esc>");
    let line = row(&d, "account(start");
    assert!(line.contains("unknown variable `strat`"), "{line}");
    // It does not fit behind the message, so it stands below; the key is the one that works here.
    assert!(
        d.screen().contains("did you mean start?  space a fix"),
        "{}",
        d.screen()
    );
    d.keys("b");
    assert!(
        d.screen().contains("did you mean start?  a fix"),
        "{}",
        d.screen()
    );
    assert!(
        d.screen()
            .lines()
            .last()
            .is_some_and(|_| d.screen().contains(" a fix "))
    );
    d.keys("a");
    assert!(d.text().contains("loop(start, [])"), "{}", d.text());
    d.keys("gg<space>a");
    assert!(said(&d).contains("nothing on this line"), "{}", said(&d));
}

#[test]
fn what_is_left_out_takes_columns_of_the_screen_only() {
    let mut d = driver("hints", (80, 24));
    d.keys("Gof() = {<ret>n = 1<ret>m = n + n<ret>}<esc>zi");
    d.wait(200);
    assert!(row(&d, "m: Int = n + n").ends_with("m: Int = n + n"));
    // The cursor stands where the character is drawn; the status line counts the text.
    d.keys("kge<esc>k/n \\+<ret>;");
    let caret = |d: &Driver| d.draw().1.expect("there is a cursor");
    let line = row(&d, "m: Int = n + n");
    let before: usize = line[..line.find("= n").expect("it is there")]
        .chars()
        .count()
        + 4;
    d.keys("<esc>k0jfn;");
    let here = caret(&d);
    assert_eq!(usize::from(here.x), before - 2, "{}", d.screen());
    // A click on the text behind a hint finds it, one on the hint the character it stands before.
    let click = |d: &mut Driver, x: u16| {
        d.event(nostos_tui::state::Event::Mouse(nostos_tui::state::Mouse {
            kind: nostos_tui::state::MouseKind::Press,
            x,
            y: here.y,
        }));
        let doc = d.state.editor.doc().expect("it is open");
        doc.text().char(doc.cursor())
    };
    assert_eq!(click(&mut d, here.x), 'n');
    assert_eq!(click(&mut d, here.x - 2), '=');
    assert_eq!(click(&mut d, here.x - 5), ' ');
    assert_eq!(click(&mut d, here.x - 9), 'm');
    d.keys("zi");
    assert!(!d.screen().contains("m: Int"));
}

#[test]
fn mending() {
    scene("fix", |d| {
        d.keys("/println<ret>cprintl<esc>b");
    });
}

#[test]
fn inlay_hints() {
    scene("hints", |d| {
        d.keys("Gof() = {<ret>n = 1<ret>total = [n, n].map(x => x + 1)<ret>total<ret>}<esc>zi");
        d.wait(200);
    });
}

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

#[test]
fn the_repl_knows_the_library_and_what_values_have() {
    let mut d = driver("typed", (100, 30));
    d.keys("<space>8");
    let mut offers = |line: &str| {
        d.keys(line);
        d.keys("<tab>");
        let repl = &d.state.repl;
        let typed = repl.input.text().to_owned();
        let offered = repl.offered().iter().map(|(name, _)| name.clone());
        let offered: Vec<String> = offered.collect();
        d.keys("<c-u>");
        (typed, offered)
    };
    // The library's and the project's, in what is not complete, too.
    assert_eq!(offers("printl").0, "println");
    assert_eq!(offers("f(1, [2, rang").0, "f(1, [2, range");
    // The image knows `translate`, the analysis `transfer`.
    let (_, both) = offers("tra");
    assert!(both.contains(&"transfer".to_owned()), "{both:?}");
    assert!(both.contains(&"translate".to_owned()), "{both:?}");
    // Behind a dot, what the value has.
    let (_, methods) = offers("[1, 2].ma");
    assert!(methods.contains(&"map".to_owned()), "{methods:?}");
    assert!(!methods.iter().any(|m| !m.starts_with("ma")), "{methods:?}");
    assert_eq!(offers("\"a\".start").0, "\"a\".startsWith");
    assert_eq!(offers("nonsen"), ("nonsen".to_owned(), Vec::new()));
    d.keys("nonsen<tab>");
    assert_eq!(said(&d), "nothing is known that begins so");
}

/// Draws one scene in all sizes.
fn scene(name: &str, act: impl Fn(&mut Driver)) {
    for size in SIZES {
        let mut driver = driver(&format!("{name}-{}", size.0), size);
        act(&mut driver);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), driver.screen());
        });
    }
}

#[test]
fn completion() {
    scene("completion", |d| {
        d.keys("/println<ret>cpri<tab>");
    });
}

#[test]
fn signature() {
    scene("signature", |d| {
        d.keys("ge");
        d.keys("of() = transfer(self(), ");
    });
}

#[test]
fn references() {
    scene("references", |d| {
        d.keys("/transfer<ret>gr<down>");
    });
}
