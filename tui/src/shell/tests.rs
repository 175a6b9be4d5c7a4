//! Runs the tests of the project in a program of their own, and hands on what it says.
//!
//! The program is this one again with a hidden first argument. It ends with us; a test that does not end, or takes the whole program down, is the end of
//! that program only.

use super::Message;
use crate::launch::TEST;
use crate::state::Event;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

/// Objects about output between two others that are handed on: nobody reads more, and a test may write without end.
const OUTPUT: usize = 1_000;
/// Bytes of a line that are read.
const LONGEST: u64 = 4 << 20;

/// The tests that run.
pub struct Tester {
    project: PathBuf,
    messages: Sender<Message>,
    child: Arc<Mutex<Option<Child>>>,
}

impl Tester {
    pub fn new(project: PathBuf, messages: Sender<Message>) -> Tester {
        Tester {
            project,
            messages,
            child: Arc::default(),
        }
    }

    /// Ends what runs.
    pub fn stop(&mut self) {
        if let Some(mut child) = taken(&self.child) {
            // It may have ended by itself.
            let _ = child.kill();
            // One with much memory takes its time to go.
            std::thread::spawn(move || child.wait());
        }
        // Who still reads from it has nothing to wait for.
        self.child = Arc::default();
    }

    /// Runs tests, instead of those that run.
    pub fn run(&mut self, number: u32, titles: &[String], limit: u64) {
        self.stop();
        let over = |why: String| {
            // The loop may have ended; then nobody wants to know.
            let _ = self
                .messages
                .send(Message::Event(Event::TestsOver(number, Some(why))));
        };
        let program = match std::env::current_exe() {
            Ok(program) => program,
            Err(e) => return over(format!("this program is not found again: {e}")),
        };
        let mut command = Command::new(program);
        command
            .args([TEST, "--limit", &limit.to_string()])
            .arg(format!("--with-parent={}", std::process::id()));
        if !titles.is_empty() {
            command.arg("--exact");
        }
        command
            .arg(&self.project)
            .args(titles)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return over(format!("they cannot be started: {e}")),
        };
        let Some(said) = child.stdout.take() else {
            return over("they cannot be read".to_owned());
        };
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let (messages, child) = (self.messages.clone(), Arc::clone(&self.child));
        let work = move || {
            let whole = hear(said, |said| {
                messages
                    .send(Message::Event(Event::Tested(number, said)))
                    .is_ok()
            });
            let ended = taken(&child).and_then(|mut child| child.wait().ok());
            let why = (!whole).then(|| ended.map_or_else(|| "they were stopped".to_owned(), how));
            let _ = messages.send(Message::Event(Event::TestsOver(number, why)));
        };
        if let Err(e) = std::thread::Builder::new()
            .name("tests".to_owned())
            .spawn(work)
        {
            over(format!("no thread to read from them: {e}"));
            self.stop();
        }
    }
}

/// The lock is not held while somebody waits.
fn taken(child: &Mutex<Option<Child>>) -> Option<Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Drop for Tester {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Hands on each object until there are no more, or nobody wants them. Was the last one what comes last?
fn hear(said: impl Read, mut tell: impl FnMut(Value) -> bool) -> bool {
    let mut reader = BufReader::new(said);
    let mut line = Vec::new();
    let (mut whole, mut wrote) = (false, 0);
    loop {
        line.clear();
        match reader.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return whole,
            Ok(_) => {}
        }
        // The rest of one that is too long is no object either.
        let Ok(object) = serde_json::from_slice::<Value>(&line) else {
            continue;
        };
        let event = object["event"].as_str().unwrap_or_default();
        whole |= matches!(event, "done" | "wrong");
        wrote = if event == "output" { wrote + 1 } else { 0 };
        if wrote <= OUTPUT && !tell(object) {
            return whole;
        }
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (_, Some(signal)) => format!("the program was killed by signal {signal}"),
        (Some(code), _) => format!("the program ended with status {code}"),
        (None, None) => "the program ended".to_owned(),
    }
}

#[cfg(test)]
mod heard {
    use super::hear;

    #[test]
    fn a_flood_of_output_is_cut_and_what_is_no_object_passed_over() {
        let mut said = String::from("{\"event\":\"started\"}\nnonsense\n");
        said += &"{\"event\":\"output\"}\n".repeat(5_000);
        said += "{\"event\":\"passed\"}\n{\"event\":\"output\"}\n";
        let mut heard = 0;
        let whole = hear(said.as_bytes(), |_| {
            heard += 1;
            true
        });
        assert_eq!((heard, whole), (1 + super::OUTPUT + 2, false));
        assert!(hear(&b"{\"event\":\"done\"}\n"[..], |_| true));
    }
}
