//! An edit re-checks what depends on it and nothing else: counted by the queries that salsa executes.
#![forbid(unsafe_code)]

use nostos_check::hir::{ExprKind, Literal};
use nostos_check::query::{self, Database, Origin};

const PROGRAM: &str = "\
one(x) = x + 1
two(x) = one(x) * 2
three(x: Int) -> Int = x
four() = three(2)
main() = two(3)
";

fn checked() -> Database {
    let mut db = Database::recording();
    db.set_file("main.nos", PROGRAM, Origin::Project);
    assert_eq!(query::diagnostics(&db), vec![]);
    db
}

/// How many groups of functions were inferred again after an edit.
fn inferred(db: &mut Database, text: &str) -> usize {
    db.set_file("main.nos", text, Origin::Project);
    db.recorded_queries();
    assert_eq!(query::diagnostics(db), vec![]);
    db.recorded_queries()
        .iter()
        .filter(|q| q.contains("infer_group"))
        .count()
}

#[test]
fn nothing_changed() {
    let mut db = checked();
    assert_eq!(inferred(&mut db, PROGRAM), 0);
}

#[test]
fn a_body_with_the_same_signature() {
    let mut db = checked();
    assert_eq!(inferred(&mut db, &PROGRAM.replace("x + 1", "x + 100")), 1);
}

#[test]
fn a_comment_moves_everything_and_changes_nothing() {
    let mut db = checked();
    let before: Vec<_> = query::functions(&db)
        .iter()
        .map(|id| (*id, query::body(&db, *id)))
        .collect();
    assert_eq!(inferred(&mut db, &format!("# a line more\n\n{PROGRAM}")), 0);
    for (id, body) in before {
        assert_eq!(query::body(&db, id), body);
    }
    let main = query::main_fn(&db).expect("main is there");
    assert_eq!(
        query::fn_def(&db, main).start,
        (PROGRAM.find("main").expect("it is") + "# a line more\n\n".len()) as u32
    );
}

#[test]
fn a_signature_rechecks_its_callers_until_nothing_changes() {
    let mut db = checked();
    // `one` gives a Float now, so `two` and `main` are inferred again; `three` and `four` are not.
    assert_eq!(
        inferred(
            &mut db,
            &PROGRAM
                .replace("x + 1", "x + 1.0")
                .replace("two(3)", "two(3.0)")
        ),
        3
    );
}

#[test]
fn an_annotated_body_does_not_reach_its_callers() {
    let mut db = checked();
    assert_eq!(
        inferred(&mut db, &PROGRAM.replace("-> Int = x", "-> Int = x * 1")),
        1
    );
}

#[test]
fn a_new_function_leaves_the_others_alone() {
    let mut db = checked();
    assert_eq!(inferred(&mut db, &format!("{PROGRAM}five() = 5\n")), 1);
}

#[test]
fn errors_come_and_go() {
    let mut db = checked();
    let file = db.set_file(
        "main.nos",
        &PROGRAM.replace("x + 1", "y + 1"),
        Origin::Project,
    );
    let found = query::file_diagnostics(&db, file);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("unknown variable `y`"));
    db.set_file("main.nos", PROGRAM, Origin::Project);
    assert_eq!(query::diagnostics(&db), vec![]);
}

#[test]
fn numbers_of_functions_survive_edits() {
    let mut db = checked();
    let before = query::functions(&db);
    db.set_file(
        "main.nos",
        &PROGRAM.replace("one(x) = x + 1\n", "one(x) = x - 1\n"),
        Origin::Project,
    );
    assert_eq!(query::functions(&db), before);
}

#[test]
fn texts_are_checked_against_a_file_and_locals() {
    let mut db = checked();
    let file = db.file_id("main.nos").expect("it is there");
    let locals = [("n".into(), nostos_check::ty::Ty::INT)];
    let body = query::expression(&db, file, &locals, "two(n) + 1").expect("it checks");
    assert_eq!(query::render_ty(&db, &body.result), "Int");
    assert_eq!(body.params.len(), 1);
    assert!(query::expression(&db, file, &[], "two(\"a\")").is_err());
    assert!(query::expression(&db, file, &[], "two(").is_err());
    let constant = query::expression(&db, file, &[], "7").expect("it checks");
    assert_eq!(constant.value.kind, ExprKind::Literal(Literal::Int(7)));
    db.remove_file("main.nos");
    assert_eq!(query::functions(&db), vec![]);
}
