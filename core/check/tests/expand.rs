//! Expansion without a compiler: an expander with prepared answers shows what is asked of it, and what becomes of its answers.
#![forbid(unsafe_code)]

use nostos_check::diagnostic::Diagnostic;
use nostos_check::expand::print::expanded_source;
use nostos_check::expand::render::{Naming, render};
use nostos_check::expand::{Expander, Failure, Request};
use nostos_check::query::{self, Database, Origin};
use std::sync::{Arc, Mutex};

/// Answers every request with the same code, and remembers what it was asked.
struct Prepared {
    answer: &'static str,
    asked: Mutex<Vec<Request>>,
}

impl Expander for Prepared {
    fn run(&self, request: &Request) -> Result<Arc<str>, Failure> {
        self.asked.lock().unwrap().push(request.clone());
        Ok(self.answer.into())
    }
}

fn library(db: &mut Database) {
    for (path, text) in nostos_std() {
        db.set_file(&path, &text, Origin::Std);
    }
}

fn nostos_std() -> Vec<(String, String)> {
    let std = concat!(env!("CARGO_MANIFEST_DIR"), "/../../std");
    let mut files: Vec<_> = std::fs::read_dir(std)
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "nos"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().to_string();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn project(text: &str, answer: &'static str) -> (Database, Arc<Prepared>) {
    let expander = Arc::new(Prepared {
        answer,
        asked: Mutex::default(),
    });
    let mut db = Database::new();
    db.set_expander(expander.clone());
    library(&mut db);
    db.set_file("main.nos", text, Origin::Project);
    (db, expander)
}

fn messages(db: &Database) -> Vec<String> {
    query::project_diagnostics(db)
        .iter()
        .map(|Diagnostic { message, .. }| message.clone())
        .collect()
}

const MACRO: &str = "helper(x) = x\nmacro m(e) = { helper(1); quote(~e) }\nother() = 3\n";

#[test]
fn a_request_carries_what_the_macro_mentions_and_nothing_else() {
    let (db, asked) = project(&format!("{MACRO}main() = m(2 + other())"), "1");
    assert_eq!(messages(&db), Vec::<String>::new());
    let asked = asked.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    let (path, text) = &asked[0].sources[0];
    assert_eq!(&**path, "main.nos");
    assert!(text.contains("helper(x) = x") && text.contains("macro m"));
    assert!(!text.contains("other() = 3") && !text.contains("main()"));
    assert!(asked[0].text.contains("2 + other()"));
}

#[test]
fn edits_elsewhere_run_nothing_again_and_edits_of_the_macro_do() {
    let (mut db, asked) = project(&format!("{MACRO}main() = m(2)\n"), "1");
    let runs = |db: &Database| {
        assert_eq!(messages(db), Vec::<String>::new());
        std::mem::take(&mut *asked.asked.lock().unwrap()).len()
    };
    assert_eq!(runs(&db), 1);
    let text = format!("{MACRO}main() = m(2)\n");
    db.set_file(
        "main.nos",
        &text.replace("= 3", "= {\n  4 + 5\n}"),
        Origin::Project,
    );
    assert_eq!(runs(&db), 0);
    db.set_file(
        "main.nos",
        &text.replace("helper(x) = x", "helper(x) = [x]"),
        Origin::Project,
    );
    assert_eq!(runs(&db), 1);
    db.set_file("main.nos", &text.replace("m(2)", "m(3)"), Origin::Project);
    assert_eq!(runs(&db), 1);
}

#[test]
fn without_macros_nothing_is_run() {
    let (db, asked) = project("f(x) = x\nmain() = f(1)", "1");
    assert_eq!(messages(&db), Vec::<String>::new());
    assert!(asked.asked.lock().unwrap().is_empty());
}

#[test]
fn where_nothing_may_run_the_call_says_so() {
    let mut db = Database::new();
    library(&mut db);
    db.set_file(
        "main.nos",
        "macro m(e) = quote(~e)\nmain() = m(1)",
        Origin::Project,
    );
    assert_eq!(
        messages(&db),
        ["the macro `m` cannot be run: no code may run here"]
    );
}

#[test]
fn a_bound_name_of_a_quote_is_not_the_users() {
    let text = "macro m(e) = quote(~e)\nmain() = { tmp = 1; m(2); tmp + 1 }";
    let (db, _) = project(text, "tmp\u{E000}main\u{E001} = \"text\"");
    assert_eq!(messages(&db), Vec::<String>::new());
    let file = db.file_id("main.nos").unwrap();
    assert!(
        expanded_source(&db, file).ends_with("main() = { tmp = 1; tmp_1 = \"text\"; tmp + 1 }")
    );
}

#[test]
fn a_free_name_of_a_quote_does_not_see_locals() {
    let text = "macro m(e) = quote(~e)\nmain() = { y = 1; m(2) + y }";
    let (db, _) = project(text, "y\u{E000}main\u{E001}");
    assert_eq!(messages(&db), ["unknown variable `y`"]);
}

#[test]
fn a_free_name_means_what_it_means_in_the_macros_module() {
    let text = "use lib.*\nsecret() = 1\nmain() = { s: String = m(2); s }";
    let (mut db, _) = project(text, "secret\u{E000}lib\u{E001}()");
    db.set_file(
        "lib.nos",
        "pub macro m(e) = quote(~e)\nsecret() = \"text\"",
        Origin::Project,
    );
    assert_eq!(messages(&db), Vec::<String>::new());
}

#[test]
fn names_without_conflict_lose_their_marks() {
    let text = "macro m(e) = quote(~e)\nmain() = m(2)";
    let (db, _) = project(
        text,
        "{ a\u{E000}main\u{E001} = 1; a\u{E000}main\u{E001} + 1 }",
    );
    assert_eq!(messages(&db), Vec::<String>::new());
    let main = query::main_fn(&db).unwrap();
    let body = query::body(&db, main).unwrap();
    assert_eq!(&*body.locals[0].name, "a");
    let file = db.file_id("main.nos").unwrap();
    assert!(expanded_source(&db, file).ends_with("main() = { a = 1; a + 1 }"));
}

fn rendered(encoded: &str) -> String {
    render(encoded, &Naming::default()).text
}

#[test]
fn splices_fill_their_places() {
    for (encoded, text) in [
        ("\u{E005}e1 + 2\u{E006} * 2", "(1 + 2) * 2"),
        ("\u{E005}ef(x).y[0]\u{E006} * 2", "f(x).y[0] * 2"),
        ("1 + \u{E005}ea = 1\u{E006}", "1 + { a = 1 }"),
        ("\u{E005}e\u{E007}te\"xt\u{E008}\u{E006}", "\"te\\\"xt\""),
        ("\u{E005}n\u{E007}text\u{E008}\u{E006}", "text"),
        ("1 + \u{E005}e\u{E009}-3\u{E00A}\u{E006}", "1 + (-3)"),
        ("f(\u{E005}aa + b\u{E006})", "f(a + b)"),
        (
            "f(1, \u{E005}a\u{E00B}a\u{E00C}b\u{E00C}\u{E00D}\u{E006})",
            "f(1, a, b)",
        ),
        ("f(1, \u{E005}a\u{E00B}\u{E00D}\u{E006})", "f(1)"),
        ("f(\u{E005}a\u{E00B}\u{E00D}\u{E006}, 1)", "f(1)"),
        (
            "f(\u{E005}a\u{E00B}\u{E009}1\u{E00A}\u{E00C}\u{E009}2\u{E00A}\u{E00C}\u{E00D}\u{E006})",
            "f([1, 2])",
        ),
        ("x: \u{E005}tA -> B\u{E006}", "x: (A -> B)"),
        ("\u{E005}p\u{E00E}n\u{E00F}n: Int\u{E010}\u{E006}", "n: Int"),
        (
            "1 + \u{E005}e\u{E00E}n\u{E00F}n: Int\u{E010}\u{E006}",
            "1 + n",
        ),
        (
            "v\u{E000}$<ref 7>\u{E001} + v\u{E000}$<ref 9>\u{E001}",
            "v__1 + v__2",
        ),
    ] {
        assert_eq!(rendered(encoded), text);
    }
}

#[test]
fn pieces_know_where_they_stood() {
    let rendered = render(
        "a + \u{E005}e\u{E002}40\u{E003}b * c\u{E004}\u{E006}",
        &Naming::default(),
    );
    assert_eq!(rendered.text, "a + (b * c)");
    let segment = rendered.segments[0];
    assert_eq!((segment.start, segment.end, segment.origin), (5, 10, 40));
}
