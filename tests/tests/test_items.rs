//! `nostos test`: the `test` items of a program, what is said of each, and the status.
#![forbid(unsafe_code)]

use nostos_tests::{Outcome, run_nostos};
use serde_json::{Value, json};

fn objects(outcome: &Outcome) -> Vec<Value> {
    let each = outcome.out.lines().map(serde_json::from_str);
    each.collect::<Result<_, _>>().expect("JSON on each line")
}

fn tested(name: &str, program: &str, more: &[&str]) -> Outcome {
    let file = format!("nostos-tests-{name}-{}.nos", std::process::id());
    let path = std::env::temp_dir().join(file);
    std::fs::write(&path, program).expect("a temporary file");
    let path_text = path.display().to_string();
    let mut args = vec!["test", path_text.as_str()];
    args.extend(more);
    let outcome = run_nostos(&args);
    // Left behind when it cannot be removed; the system clears its temporary folder.
    let _ = std::fs::remove_file(&path);
    outcome
}

const PROGRAM: &str = r#"
double(x) = x * 2
limit = double(50)

test "double doubles" = {
  assert_eq(4, double(2))
  assert_eq(100, limit)
}
test "a value says so" = double(2) == 5
test "it throws" = {
  x = double(2)
  throw("no " ++ show(x))
}
test "an exit is no success" = exit("why")
test "a process of its own" = {
  me = self()
  spawn { me <- 5 }
  assert_eq(5, receive { n: Int -> n after 5000 -> 0 })
}
"#;

#[test]
fn each_test_runs_by_itself_and_failures_are_told() {
    let outcome = tested("all", PROGRAM, &[]);
    assert_eq!(outcome.status, Some(1), "{}{}", outcome.out, outcome.err);
    let heads: Vec<&str> = outcome
        .out
        .lines()
        .filter(|l| !l.starts_with(' '))
        .collect();
    assert_eq!(
        heads,
        [
            "ok      double doubles",
            "FAILED  a value says so",
            "FAILED  it throws",
            "FAILED  an exit is no success",
            "ok      a process of its own",
            "5 tests: 2 passed, 3 failed",
        ]
    );
    assert!(outcome.out.contains("gave false"), "{}", outcome.out);
    assert!(outcome.out.contains("no 4"), "{}", outcome.out);
}

#[test]
fn a_part_of_the_titles_chooses() {
    let outcome = tested("some", PROGRAM, &["process"]);
    assert_eq!(outcome.status, Some(0), "{}{}", outcome.out, outcome.err);
    assert_eq!(
        outcome.out,
        "ok      a process of its own\n1 test: 1 passed, 0 failed, 4 left out\n"
    );
}

#[test]
fn tools_are_told_of_each_test_by_an_object_a_line() {
    let outcome = tested("json", PROGRAM, &["--format", "json"]);
    assert_eq!(outcome.status, Some(1), "{}{}", outcome.out, outcome.err);
    let said: Vec<Value> = objects(&outcome);
    let events: Vec<String> = said
        .iter()
        .map(|o| format!("{} {}", o["event"], o["line"]).replace(['"', '\\'], ""))
        .collect();
    assert_eq!(
        events[..5],
        [
            "discovered 5",
            "discovered 9",
            "discovered 10",
            "discovered 14",
            "discovered 15"
        ]
    );
    assert_eq!(
        events[5..],
        [
            "started 5",
            "passed 5",
            "started 9",
            "failed 9",
            "started 10",
            "failed 10",
            "started 14",
            "failed 14",
            "started 15",
            "passed 15",
            "done null",
        ]
    );
    let done = said.last().expect("there are some");
    assert_eq!((&done["passed"], &done["failed"]), (&json!(2), &json!(3)));
    let thrown = &said[10];
    assert_eq!(thrown["name"], "it throws");
    assert_eq!(thrown["message"], "no 4");
    let place = &thrown["trace"][0];
    assert_eq!((&place["line"], &place["own"]), (&json!(12), &json!(true)));
    assert_eq!(place["file"], thrown["file"]);
}

#[test]
fn tools_get_values_and_output_as_text() {
    let program = r#"
test "values" = { println("a"); assert_eq("x != y", "z") }
test "others" = true
"#;
    let outcome = tested(
        "values",
        program,
        &["--format=json", "--exact", "values", "no such"],
    );
    let said = objects(&outcome);
    let event = |name: &str| {
        said.iter()
            .find(|o| o["event"] == name)
            .expect("it is said")
    };
    assert_eq!(event("output")["text"], "a\n");
    assert_eq!(event("skipped")["name"], "others");
    let failed = event("failed");
    assert_eq!(
        (&failed["left"], &failed["right"]),
        (&json!("\"x != y\""), &json!("\"z\""))
    );
    let listed = tested("values", program, &["--format=json", "--list"]);
    assert_eq!(listed.status, Some(0));
    assert!(objects(&listed).iter().all(|o| o["event"] != "started"));
    let wrong = tested("values", "test \"t\" = 1 + \"a\"\n", &["--format=json"]);
    let said = objects(&wrong);
    assert_eq!((said.len(), &said[0]["event"]), (1, &json!("wrong")));
    assert_eq!(said[0]["findings"][0]["range"]["start"]["line"], 0);
}

#[test]
fn one_that_does_not_end_fails_after_its_time() {
    let program = r#"
test "it loops" = { f(x: Int) -> Int = f(x + 1); f(0) }
test "the next one runs" = true
"#;
    let outcome = tested("limit", program, &["--limit", "1"]);
    assert_eq!(outcome.status, Some(1), "{}{}", outcome.out, outcome.err);
    let expected = "FAILED  it loops\n        it did not end within 1 s, so it was ended\nok      the next one runs\n2 tests: 1 passed, 1 failed\n";
    assert_eq!(outcome.out, expected);
}

#[test]
fn a_wrong_program_is_not_tested() {
    let outcome = tested("wrong", "test \"t\" = 1 + \"a\"\n", &[]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.out.is_empty(), "{}", outcome.out);
    assert!(outcome.err.contains("type mismatch"), "{}", outcome.err);
}
