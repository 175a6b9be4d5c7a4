//! Programs of unusual sizes, as generators write them: each answers, or is refused with a clear message. What takes more than about linear time does not
//! end within the time limit of a program, which is far above what these need.
#![forbid(unsafe_code)]

use nostos_tests::{finish, nostos, run_nostos};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// A source file that goes away with the test.
struct Source(PathBuf);

impl Source {
    fn new(name: &str, text: &str) -> Source {
        let path = std::env::temp_dir().join(format!("nostos-{name}-{}.nos", std::process::id()));
        std::fs::write(&path, text).expect("a temporary file");
        Source(path)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Left behind when it cannot be removed; the system clears its temporary folder.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn answers(name: &str, text: &str, out: &str) {
    let source = Source::new(name, text);
    let outcome = run_nostos(&["run", "--workers", "1", &source.0.display().to_string()]);
    assert_eq!(outcome.out, out, "{name}: {}", outcome.err);
    assert_eq!(outcome.status, Some(0), "{name}: {}", outcome.err);
}

/// Each number's part of a text.
fn each(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

fn list(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_match_of_5000_integers() {
    let arms = each(5000, |i| format!("  {} -> {i}\n", i * 7));
    let text = format!(
        "f(n) = match n {{\n{arms}  _ -> -1\n}}\nmain() = println(\"${{f(7)}} ${{f(8)}} ${{f(34993)}}\")\n"
    );
    answers("integers", &text, "1 -1 4999\n");
}

#[test]
fn a_match_of_5000_strings() {
    let arms = each(5000, |i| format!("  \"key{i}\" -> {i}\n"));
    let text = format!(
        "f(s) = match s {{\n{arms}  _ -> -1\n}}\nmain() = println(\"${{f(\"key1\")}} ${{f(\"x\")}} ${{f(\"key4999\")}}\")\n"
    );
    answers("strings", &text, "1 -1 4999\n");
}

#[test]
fn a_record_of_2000_fields() {
    let (types, values) = (
        list(2000, |i| format!("f{i}: Int")),
        list(2000, |i| i.to_string()),
    );
    let text = format!(
        "type R = {{ {types} }}\nmain() = {{\n  r = R({values})\n  s = R(r, f5: 1000)\n  println(\"${{s.f5}} ${{s.f1999}} ${{r == s}}\")\n}}\n"
    );
    answers("fields", &text, "1000 1999 false\n");
}

#[test]
fn a_type_of_500_constructors() {
    let types: Vec<String> = (0..500).map(|i| format!("C{i}(Int)")).collect();
    let arms = each(500, |i| format!("  C{i}(n) -> n + {i}\n"));
    let text = format!(
        "type T = {}\nf(t) = match t {{\n{arms}}}\nmain() = println(\"${{f(C3(1))}} ${{f(C499(1))}} ${{C7(1)}} ${{C1(1) < C2(0)}}\")\n",
        types.join(" | ")
    );
    answers("constructors", &text, "4 500 C7(1) true\n");
}

#[test]
fn lists_10000_deep_are_refused() {
    let text = format!(
        "main() = {{\n  x = {}1{}\n}}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let source = Source::new("deep", &text);
    let outcome = run_nostos(&["check", &source.0.display().to_string()]);
    assert_eq!(outcome.status, Some(1), "{}", outcome.err);
    assert!(outcome.err.contains("nested too deeply"), "{}", outcome.err);
}

#[test]
fn a_list_of_100000_elements() {
    let elements = list(100_000, |i| i.to_string());
    let text = format!(
        "main() = {{\n  xs = [{elements}]\n  println(\"${{xs.length()}} ${{xs.sum()}}\")\n}}\n"
    );
    answers("elements", &text, "100000 4999950000\n");
}

#[test]
fn a_function_of_2000_lines() {
    let mut text = String::from("main() = {\n  var x = 0\n");
    for i in 0..1_000 {
        write!(text, "  x = x + {i}\n  y{i} = x * {i}\n").expect("a string takes it");
    }
    text.push_str("  println(\"${x} ${y999}\")\n}\n");
    answers("lines", &text, "499500 499000500\n");
}

#[test]
fn a_function_of_20000_calls() {
    let calls = "  x = f(x)\n".repeat(20_000);
    let text = format!("f(x) = x + 1\nmain() = {{\n  var x = 0\n{calls}  println(show(x))\n}}\n");
    answers("calls", &text, "20000\n");
}

#[test]
fn a_file_of_100000_lines() {
    let functions = each(50_000, |i| format!("f{i}(x: Int) -> Int = x + {i}\n\n"));
    answers(
        "file",
        &format!("{functions}main() = println(show(f7(1)))\n"),
        "8\n",
    );
}

#[test]
fn chains_of_10000_inferred_functions() {
    let down = each(10_000, |i| format!("f{}(x) = f{i}(x)\n", i + 1));
    answers(
        "down",
        &format!("f0(x) = x\n{down}main() = println(show(f10000(3)))\n"),
        "3\n",
    );
    let up = each(10_000, |i| format!("f{i}(x) = f{}(x)\n", i + 1));
    answers(
        "up",
        &format!("{up}f10000(x) = x\nmain() = println(show(f0(3)))\n"),
        "3\n",
    );
}

#[test]
fn a_group_of_2000_functions() {
    let functions = each(2000, |i| {
        format!(
            "f{i}(x) = if x == 0 then {i} else f{}(x - 1)\n",
            (i + 1) % 2000
        )
    });
    answers(
        "group",
        &format!("{functions}main() = println(show(f0(10)))\n"),
        "10\n",
    );
}

/// The items are not all alive at once.
#[test]
fn a_list_of_12000_calls() {
    let calls = list(12_000, |i| format!("f({i})"));
    let text = format!("f(x: Int) = x + 1\nmain() = println([{calls}].sum())\n");
    answers("long-list", &text, "72006000\n");
}

/// Frames larger than a small stack, one on the other: a process moves to a stack that has room for the first, and the last ends in an error, not in
/// somebody else's memory.
#[test]
fn large_frames_overflow_in_order() {
    let locals = each(4200, |i| format!("  v{i} = f(n + {i})\n"));
    let sums = each(4200, |i| format!("  s = s + v{i}\n"));
    let text = format!(
        "f(x: Int) = x + 1\ng(n: Int) -> Int = {{\n{locals}  below = if n == 0 then 0 else g(n - 1)\n  var s = below\n{sums}  s\n}}\nmain() = {{\n  println(g(2))\n  println(try {{ g(1000000) }} catch {{ e -> -1 }})\n}}\n"
    );
    let source = Source::new("large-frames", &text);
    let mut command = Command::new(nostos());
    command
        .args(["run", "--workers", "1"])
        .arg(&source.0)
        .env("NOSTOS_STACK_LIMIT", "8M");
    let outcome = finish(command);
    assert_eq!(outcome.out, "26478900\n-1\n", "{}", outcome.err);
    assert_eq!(outcome.status, Some(0), "{}", outcome.err);
}
