//! A program that runs while the test does something else: its lines as they come.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a line or the end may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A started program; it is killed when this is dropped.
pub struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
    err_seen: Vec<String>,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> Running {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = lines(child.stdout.take().expect("stdout is piped"));
        let err = lines(child.stderr.take().expect("stderr is piped"));
        Running {
            child,
            out,
            err,
            err_seen: Vec::new(),
        }
    }

    /// The next line of standard output; `None`: none came in time, or it is at its end.
    pub fn line(&self) -> Option<String> {
        self.out.recv_timeout(PATIENCE).ok()
    }

    /// The same, not waiting longer than that.
    pub fn line_within(&self, patience: Duration) -> Option<String> {
        self.out.recv_timeout(patience).ok()
    }

    /// Waits for a line of standard error that contains the text; lines before it are passed over for good.
    pub fn error_with(&mut self, text: &str) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        let from = self.err_seen.len();
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match self.err.recv_timeout(left) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.err_seen.push(line);
                    if found {
                        return Ok(());
                    }
                }
                Err(_) => break,
            }
        }
        Err(format!(
            "no line of standard error has `{text}` in it; there came\n  {}",
            self.err_seen[from..].join("\n  ")
        ))
    }

    /// All of standard error so far.
    pub fn errors(&mut self) -> &[String] {
        self.err_seen.extend(self.err.try_iter());
        &self.err_seen
    }

    /// Sends it SIGINT.
    pub fn interrupt(&self) {
        let mut kill = Command::new("kill");
        let sent = kill.args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it still runs");
    }

    /// Has it not ended?
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The memory it has, in kilobytes.
    pub fn resident_kb(&self) -> f64 {
        let file = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or(0.0)
    }

    /// Waits for the end. The exit status, unless a signal or our impatience ended it.
    pub fn end(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
