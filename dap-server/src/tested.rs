//! The tests of a program for tools: what [`nostos_session::test`] says, one JSON object a line, on standard output.
//!
//! `docs/testing.md` says what the objects are. What the program writes comes as objects, too, so that nothing else is on the stream.

use nostos_session::project::Project;
use nostos_session::test::{Failed, Said, Test, Wanted, run};
use nostos_session::{Config, Stream, Style};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Runs the tests that are wanted; the status for the shell.
pub fn json(program: &Path, wanted: &Wanted) -> i32 {
    let wrong = |message: String, findings: Vec<Value>| {
        line(&json!({ "event": "wrong", "message": message, "findings": findings }));
        1
    };
    let project = match Project::open(program) {
        Ok(project) => project,
        Err(error) => return wrong(error.to_string(), Vec::new()),
    };
    let config = Config {
        output: Arc::new(|stream, text: &str| {
            let stream = match stream {
                Stream::Out => "stdout",
                Stream::Err => "stderr",
            };
            line(&json!({ "event": "output", "stream": stream, "text": text }));
        }),
        ..Config::from_env()
    };
    let tested = run(project, config, Style::Plain, wanted, |said| {
        line(&object(&said));
    });
    match tested {
        Ok(summary) => i32::from(summary.failed > 0),
        Err(unfit) => {
            let findings = unfit.findings.iter().map(crate::protocol::finding);
            wrong(unfit.text, findings.collect())
        }
    }
}

/// The same by arguments: `[--exact] [--list] [--limit SECONDS] [--with-parent=PID] FILE|DIR [TITLE…]`.
pub fn test_main(args: Vec<String>) -> i32 {
    let mut wanted = Wanted::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--exact" => wanted.exact = true,
            "--list" => wanted.only_list = true,
            "--limit" => match args.next().and_then(|seconds| seconds.parse().ok()) {
                Some(seconds) => wanted.limit = Some(Duration::from_secs(seconds)),
                None => return usage(),
            },
            _ => match arg.strip_prefix("--with-parent=").map(str::parse) {
                Some(Ok(pid)) => end_with(pid),
                Some(Err(_)) => return usage(),
                None => {
                    wanted.titles = args.collect();
                    return json(Path::new(&arg), &wanted);
                }
            },
        }
    }
    usage()
}

fn usage() -> i32 {
    eprintln!("usage: [--exact] [--list] [--limit SECONDS] FILE|DIR [TITLE…]");
    2
}

/// Ends this process with the one that has started it: nobody else would end a test that does not end.
fn end_with(parent: i32) {
    let watch = move || {
        while rustix::process::Pid::as_raw(rustix::process::getppid()) == parent {
            std::thread::sleep(Duration::from_millis(100));
        }
        std::process::exit(143);
    };
    // Without the thread it ends when it writes next.
    let _ = std::thread::Builder::new()
        .name("parent".into())
        .spawn(watch);
}

fn line(object: &Value) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{object}").and_then(|()| out.flush());
    if written.is_err() {
        std::process::exit(nostos_session::NOT_READ);
    }
}

fn object(said: &Said<'_>) -> Value {
    match said {
        Said::Found(test) => of(test, "discovered", None),
        Said::Began(test) => of(test, "started", None),
        Said::Skipped(test) => of(test, "skipped", None),
        Said::Passed(test, took) => of(test, "passed", Some(*took)),
        Said::Failed(test, took, why) => {
            let mut object = of(test, "failed", Some(*took));
            explain(&mut object, why);
            object
        }
        Said::Done(summary, took) => json!({
            "event": "done",
            "passed": summary.passed,
            "failed": summary.failed,
            "skipped": summary.left_out,
            "ms": millis(*took),
        }),
    }
}

fn of(test: &Test, event: &str, took: Option<Duration>) -> Value {
    let mut object =
        json!({ "event": event, "file": test.path, "line": test.line, "name": &*test.title });
    if let Some(took) = took {
        object["ms"] = json!(millis(took));
    }
    object
}

fn explain(object: &mut Value, why: &Failed) {
    object["message"] = json!(cut(&why.message));
    if let Some((left, right)) = &why.values {
        object["left"] = json!(cut(left));
        object["right"] = json!(cut(right));
    }
    let each = why.trace.iter();
    let trace = each.map(|step| {
        json!({ "function": step.function, "file": step.path, "line": step.line, "own": step.own })
    });
    object["trace"] = trace.collect();
}

/// With a thousandth of a thousandth.
fn millis(took: Duration) -> f64 {
    took.as_micros() as f64 / 1000.0
}

/// What is shown of a value or a message, with what is left out at its end.
fn cut(text: &str) -> String {
    const MOST: usize = 256 << 10;
    let end = text.floor_char_boundary(MOST);
    match text.len() - end {
        0 => text.to_owned(),
        left => format!("{}… {left} more bytes", &text[..end]),
    }
}
