//! Random sequences of keys against what must hold whatever is typed.

use crate::driver::Driver;
use nostos_tui::editor::change::{Side, Transaction};
use nostos_tui::editor::document::Document;
use nostos_tui::editor::history::History;
use nostos_tui::state::Event;
use proptest::prelude::*;
use ropey::Rope;

fn edits() -> impl Strategy<Value = (String, Vec<(usize, usize, String)>)> {
    (
        "[a-c\n é世]{0,40}",
        prop::collection::vec((0usize..45, 0usize..6, "[xy\n]{0,3}"), 0..5),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// A transaction does to a rope what replacing strings from the end does, and its inverse takes it back.
    #[test]
    fn transactions_agree_with_strings((text, wanted) in edits()) {
        let mut rope = Rope::from_str(&text);
        let len = rope.len_chars();
        let clean: Vec<_> = wanted.into_iter().map(|(at, n, s)| (at.min(len), (at + n).min(len), s)).collect();
        let transaction = Transaction::new(&rope, clean);
        let mut chars: Vec<char> = text.chars().collect();
        for c in transaction.changes().iter().rev() {
            chars.splice(c.at..c.at + c.removed.chars().count(), c.inserted.chars());
        }
        transaction.apply(&mut rope);
        prop_assert_eq!(rope.to_string(), chars.into_iter().collect::<String>());
        let moves = transaction.moves();
        for at in 0..=len + 2 {
            for side in [Side::Before, Side::After] {
                prop_assert_eq!(moves.moved(at, side), transaction.moved(at, side), "{} {:?}", at, side);
            }
            let within = transaction.changes().iter().any(|c| {
                let end = c.at + c.removed.chars().count();
                c.at < at && at <= end
            });
            prop_assert_eq!(moves.is_within(at), within, "{}", at);
        }
        for at in 0..=len {
            prop_assert!(transaction.moved(at, Side::Before) <= transaction.moved(at, Side::After));
            prop_assert!(transaction.moved(at, Side::After) <= rope.len_chars());
        }
        transaction.inverse().apply(&mut rope);
        prop_assert_eq!(rope.to_string(), text);
    }

    /// The undo tree is a list of texts, each with the one it came from and the child last gone to.
    #[test]
    fn the_undo_tree_agrees_with_a_list_of_texts(ops in prop::collection::vec((0u8..6, 0usize..12), 0..60)) {
        let mut doc = Document::new(1, "/a".into(), "a".into(), Rope::from_str("ab\n"), None);
        let mut texts = vec![("ab\n".to_owned(), 0usize)];
        let mut child: Vec<Option<usize>> = vec![None];
        let mut here = 0;
        for (op, n) in ops {
            match op {
                0 | 1 => {
                    let len = doc.text().len_chars();
                    let at = n.min(len);
                    let edit = if op == 0 { (at, at, "xé".to_owned()) } else { (at, (at + 1).min(len), String::new()) };
                    let transaction = Transaction::new(doc.text(), vec![edit]);
                    let empty = transaction.is_empty();
                    doc.edit(transaction, None);
                    doc.commit();
                    if !empty {
                        texts.push((doc.text().to_string(), here));
                        child.push(None);
                        child[here] = Some(texts.len() - 1);
                        here = texts.len() - 1;
                    }
                }
                2 => {
                    prop_assert_eq!(doc.undo(), here != 0);
                    here = texts[here].1;
                }
                3 => {
                    prop_assert_eq!(doc.redo(), child[here].is_some());
                    here = child[here].unwrap_or(here);
                }
                _ => {
                    let by = if op == 4 { -(n as isize) } else { n as isize };
                    doc.travel_by(by);
                    let target = here.saturating_add_signed(by).min(texts.len() - 1);
                    let line = |mut r: usize| { let mut out = vec![r]; while r != 0 { r = texts[r].1; out.push(r); } out };
                    let back = line(here);
                    // From where the branches part, the way down is the one redo takes from now on.
                    for r in line(target).into_iter().take_while(|r| !back.contains(r)) {
                        child[texts[r].1] = Some(r);
                    }
                    here = target;
                }
            }
            prop_assert_eq!(&doc.text().to_string(), &texts[here].0);
            prop_assert_eq!(doc.revision(), here);
            prop_assert!(doc.selection.ranges().iter().all(|r| r.to() <= doc.text().len_chars()));
        }
        let kept = doc.history().to_json().expect("it is small");
        let read = History::from_json(&kept).and_then(|h| h.to_json());
        prop_assert_eq!(read, Some(kept));
    }

    /// Whatever is typed, nothing panics, selections stay inside the text, any screen size can be drawn, and undo gets back to the start.
    #[test]
    fn no_sequence_of_keys_breaks_the_model(script in prop::collection::vec(0usize..KEYS.len(), 0..60), size in (1u16..130, 1u16..45)) {
        let root = std::env::temp_dir().join(format!("nostos-tui-random-{}", std::process::id()));
        std::fs::create_dir_all(&root).expect("the temporary directory is writable");
        let mut driver = Driver::bare(root.clone(), size);
        let text = "f(a) = {\n  a + 1\n}\n\ng(世, é) = \"x\"\n";
        let rope = Rope::from_str(text);
        driver.event(Event::FileRead { path: root.join("random.nos"), goto: None, result: Ok((rope, None)), revert: false });
        for k in script {
            driver.keys(KEYS[k]);
            let doc = driver.state.editor.doc();
            if let Some(doc) = doc {
                let len = doc.text().len_chars();
                prop_assert!(doc.selection.ranges().iter().all(|r| r.to() <= len), "{:?}", doc.selection);
                prop_assert!(doc.selection.ranges().windows(2).all(|w| w[0].to() <= w[1].from()), "{:?}", doc.selection);
            }
            driver.draw();
        }
        driver.keys("<esc><esc><esc>");
        driver.keys("<a-1>");
        driver.state.popup = None;
        driver.state.focus.clear();
        driver.keys("<esc>");
        // Other files may have been opened on the way.
        driver.state.editor.show(0);
        if driver.state.editor.doc().is_some() {
            driver.keys(":earlier 9999<ret>");
            prop_assert_eq!(driver.text(), text);
        }
    }
}

const KEYS: &[&str] = &[
    "h",
    "j",
    "k",
    "l",
    "w",
    "b",
    "e",
    "W",
    "B",
    "E",
    "0",
    "$",
    "gg",
    "G",
    "ge",
    "x",
    "d",
    "c",
    "y",
    "p",
    "P",
    "o",
    "O",
    "i",
    "a",
    "A",
    "I",
    "u",
    "U",
    "v",
    ";",
    ",",
    "C",
    "<a-C>",
    "%",
    "J",
    ">",
    "<lt>",
    "~",
    "rz",
    "R",
    "<esc>",
    "<ret>",
    "<tab>",
    "<bs>",
    "<del>",
    "x",
    "é",
    "世",
    " ",
    "{",
    "<c-w>",
    "<c-u>",
    "<c-c>",
    "/a<ret>",
    "n",
    "N",
    "*",
    "mm",
    "fa",
    "t ",
    "3",
    "<space>",
    "<a-2>",
    "<a-6>",
    "<a-8>",
    "<a-1>",
    "?",
    "<c-p>",
    "<up>",
    "<down>",
    "<left>",
    "<right>",
    "<home>",
    "<end>",
    "<pgup>",
    "<pgdn>",
    "zz",
    "zt",
    "zb",
    "<f9>",
    "<f5>",
    ":12<ret>",
    "<c-d>",
    "<c-o>",
    "gd",
    "]j",
    "s[a-z]<ret>",
    "S <ret>",
    "<a-s>",
    "<a-->",
    "_",
    "&",
    ")",
    "<a-)>",
    "<a-,>",
    "X",
    "<a-x>",
    "<a-o>",
    "<a-i>",
    "<a-n>",
    "<a-a>",
    "<a-I>",
    "miw",
    "maf",
    "mi(",
    "ma\"",
    "ms(",
    "mdm",
    "mr([",
    "]f",
    "[f",
    "]p",
    "[p",
    "]<space>",
    "\"a",
    "\"_",
    ".",
    "Q",
    "q",
    "<c-a>",
    "<c-x>",
    "`",
    "<a-d>",
    "<a-c>",
    "<a-u>",
    "<a-U>",
    ":s/a/bb/<ret>",
    ":earlier 3<ret>",
    "<c-r>a",
    "<c-w>v",
    "<c-w>s",
    "<c-w>w",
    "<c-w>q",
    "<c-w>h",
    "<c-w>j",
    "<c-w>o",
    "<c-w>+",
    "<c-w>t",
    "<c-w>e",
    "za",
    "zM",
    "zR",
    "zw",
    "zj",
];
