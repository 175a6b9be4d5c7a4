//! Whatever is edited, the findings, signatures and bodies are those of a database that never saw another text.
#![forbid(unsafe_code)]

use nostos_check::query::{self, Database, Origin};
use std::collections::BTreeMap;

const PROGRAM: [(&str, &str); 3] = [
    (
        "main.nos",
        "use shapes.{Shape, area, scale}\nuse tools.*\nmain() = {\n  s = scale(Shape(2, 3), 2)\n  println(show(area(s)))\n  twice(x => x + 1, 5)\n}\n",
    ),
    (
        "shapes.nos",
        "use tools.{twice}\npub type Shape = { w: Int, h: Int }\npub area(s) = s.w * s.h\npub scale(s: Shape, k = 1) = Shape(grow(s.w, k), grow(s.h, k))\ngrow(x, k) = x * k\neven(n) = if n == 0 then true else odd(n - 1)\nodd(n) = if n == 0 then false else even(n - 1)\n",
    ),
    (
        "tools.nos",
        "pub twice(f, x) = f(f(x))\npub limit = 10\npub clamp(x: Int) -> Int = if x > limit then limit else x\npub name(x) = show(x)\n",
    ),
];

/// File, what is replaced, by what. Each is made on top of those before it.
const EDITS: [(&str, &str, &str); 29] = [
    ("shapes.nos", "x * k", "x * k + 1"),
    ("shapes.nos", "x * k + 1", "\"no\""),
    ("shapes.nos", "\"no\"", "x * k"),
    ("shapes.nos", "s.w * s.h", "s.w * s.deep"),
    ("shapes.nos", "s.w * s.deep", "s.w"),
    ("tools.nos", "f(f(x))", "f(x)"),
    ("tools.nos", "f(x)", "(f(x), x)"),
    ("tools.nos", "(f(x), x)", "f(f(x))"),
    // A mention more and a mention less: other groups.
    ("shapes.nos", "else odd(n - 1)", "else n == 1"),
    ("shapes.nos", "else even(n - 1)", "else twice(odd, n)"),
    ("shapes.nos", "else twice(odd, n)", "else even(n - 1)"),
    ("shapes.nos", "else n == 1", "else odd(n - 1)"),
    // A value of another file that then needs itself.
    ("tools.nos", "show(x)\n", "show(x)\npub start = clamp(1)\n"),
    (
        "tools.nos",
        "if x > limit then limit else x",
        "if x > limit then start else x",
    ),
    (
        "tools.nos",
        "if x > limit then start else x",
        "if x > limit then limit else x",
    ),
    ("tools.nos", "limit = 10", "limit = \"ten\""),
    ("tools.nos", "limit = \"ten\"", "limit = 11"),
    ("shapes.nos", "k = 1)", "k = 3)"),
    ("shapes.nos", "k = 3)", "k = twice(x => x, 3))"),
    ("shapes.nos", "k = twice(x => x, 3))", "k = \"x\")"),
    ("shapes.nos", "k = \"x\")", "k = 1)"),
    ("tools.nos", "pub clamp(x: Int)", "pub clamp(x: String)"),
    ("tools.nos", "pub clamp(x: String)", "pub clamp(x: Int)"),
    ("tools.nos", "pub name(x)", "name(x)"),
    ("main.nos", "twice(x => x + 1, 5)", "twice(x => name(x), 5)"),
    (
        "main.nos",
        "twice(x => name(x), 5)",
        "twice(x => clamp(x), 5)",
    ),
    ("main.nos", "println(", "# a comment\n  println("),
    ("main.nos", "main() = {", "main() = {{"),
    ("main.nos", "main() = {{", "main() = {"),
];

/// Everything that others may ask, as text; numbers of definitions are those of the database and left out.
fn seen(db: &Database) -> Vec<String> {
    let mut out: Vec<String> = query::project_diagnostics(db)
        .iter()
        .map(|d| {
            format!(
                "{} {:?} {} {:?}",
                db.path(d.file),
                d.range,
                d.message,
                d.hint
            )
        })
        .collect();
    for id in query::functions(db) {
        let signature = query::render_signature(db, id);
        out.push(format!("{signature} {}", query::body(db, id).is_some()));
    }
    out
}

fn database(files: &BTreeMap<&str, String>) -> Database {
    let mut db = Database::recording();
    for (path, text) in files {
        db.set_file(path, text, Origin::Project);
    }
    db
}

#[test]
fn edits_one_by_one() {
    let mut files: BTreeMap<&str, String> = PROGRAM.map(|(p, t)| (p, t.to_string())).into();
    let mut db = database(&files);
    assert_eq!(seen(&db), seen(&database(&files)));
    for (path, old, new) in EDITS {
        let text = files.get_mut(path).expect("a file of the program");
        assert!(text.contains(old), "{path} has no {old}: {text}");
        *text = text.replacen(old, new, 1);
        db.set_file(path, text, Origin::Project);
        assert_eq!(seen(&db), seen(&database(&files)), "{path}: {old} → {new}");
    }
}

#[test]
fn several_edits_before_anybody_looks() {
    for step in 2..6 {
        let mut files: BTreeMap<&str, String> = PROGRAM.map(|(p, t)| (p, t.to_string())).into();
        let mut db = database(&files);
        for edits in EDITS.chunks(step) {
            for (path, old, new) in edits {
                let text = files.get_mut(path).expect("a file of the program");
                *text = text.replacen(old, new, 1);
                db.set_file(path, text, Origin::Project);
            }
            assert_eq!(seen(&db), seen(&database(&files)), "{edits:?}");
        }
    }
}

/// The queries that an edit of a body executes; the rest of the program is not even looked at.
#[test]
fn work_does_not_grow_with_the_program() {
    let work = |others: usize| {
        let mut files: BTreeMap<&str, String> = PROGRAM.map(|(p, t)| (p, t.to_string())).into();
        let more: String = (0..others)
            .map(|i| {
                format!(
                    "pub other{i}(x) = if x == 0 then limit else other{}(x - 1)\n",
                    i / 2
                )
            })
            .collect();
        files
            .get_mut("tools.nos")
            .expect("it is there")
            .push_str(&more);
        let mut db = database(&files);
        seen(&db);
        db.recorded_queries();
        let text = files["shapes.nos"].replace("x * k", "k * x");
        db.set_file("shapes.nos", &text, Origin::Project);
        let version = query::version(&db);
        query::project_diagnostics(&db);
        let changed = query::changed_since(&db, version).map(|changed| changed.len());
        assert_eq!(changed, Some(1));
        db.recorded_queries().len()
    };
    assert_eq!(work(10), work(500));
}
