//! `nostos test`: the `test` items of a program, what is said of each, and the status.
#![forbid(unsafe_code)]

use nostos_tests::{Outcome, run_nostos};

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
fn a_wrong_program_is_not_tested() {
    let outcome = tested("wrong", "test \"t\" = 1 + \"a\"\n", &[]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.out.is_empty(), "{}", outcome.out);
    assert!(outcome.err.contains("type mismatch"), "{}", outcome.err);
}
