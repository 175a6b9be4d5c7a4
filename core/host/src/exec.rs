//! Other programs: run to their end, or started and talked to. Arguments come as one text, each followed by a NUL.

use crate::file::trim_end;
use crate::handles::Handles;
use crate::{Failure, Outcome, Value, done, failed, text};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The parts have locks of their own: one process may wait for the next line while another writes or kills.
#[derive(Clone)]
struct Started {
    name: String,
    child: Arc<Mutex<Child>>,
    input: Arc<Mutex<Option<ChildStdin>>>,
    output: Arc<Mutex<BufReader<ChildStdout>>>,
}

static STARTED: Handles<Started> = Handles::new("program");

fn command(name: &str, args: &str) -> Command {
    let mut command = Command::new(name);
    let args = args.strip_suffix('\0').map(|all| all.split('\0'));
    command.args(args.into_iter().flatten());
    command
}

/// As shells say it: 128 and the signal when one ended it.
fn status_of(status: ExitStatus) -> i64 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + i64::from(signal);
    }
    status.code().map_or(-1, i64::from)
}

/// → `status length\n`, `length` bytes of standard output, the rest standard error. What is not UTF-8 is replaced.
pub(crate) fn run(name: &str, args: &str, input: &str) -> Outcome {
    let mut command = command(name, args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    });
    let mut child = command.spawn().map_err(|e| failed(name, &e))?;
    let output = std::thread::scope(|scope| {
        if let Some(mut to) = child.stdin.take() {
            // A program that does not read all of its input is no error.
            scope.spawn(move || to.write_all(input.as_bytes()));
        }
        child.wait_with_output()
    });
    let output = output.map_err(|e| failed(name, &e))?;
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let status = status_of(output.status);
    text(format!("{status} {}\n{out}{err}", out.len()))
}

/// Its standard error is ours.
pub(crate) fn start(name: &str, args: &str) -> Outcome {
    let mut command = command(name, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(name, &e))?;
    let input = child.stdin.take();
    let Some(output) = child.stdout.take() else {
        return Err(Failure {
            kind: "io_error",
            message: format!("{name}: no output"),
        });
    };
    let started = Started {
        name: name.to_string(),
        child: Arc::new(Mutex::new(child)),
        input: Arc::new(Mutex::new(input)),
        output: Arc::new(Mutex::new(BufReader::new(output))),
    };
    Ok(vec![Value::Int(STARTED.add(started))])
}

/// Its pipes are closed. Its end is waited for, or it would stay in the system's table.
pub(crate) fn forget(handle: i64) {
    let Ok(started) = STARTED.remove(handle) else {
        return;
    };
    let child = {
        let started = started.lock().unwrap_or_else(PoisonError::into_inner);
        started.child.clone()
    };
    drop(started);
    let ended = |child: &Mutex<Child>| {
        let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(child.try_wait(), Ok(None))
    };
    if !ended(&child) {
        // Without a thread for it, it stays there until this program ends.
        let _ = std::thread::Builder::new()
            .name("nostos-waiting".into())
            .spawn(move || {
                let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
                child.wait()
            });
    }
}

fn started(handle: i64) -> Result<Started, Failure> {
    STARTED.with(handle, |started| Ok(started.clone()))
}

/// Whether there is a line, and it without its end.
pub(crate) fn read_line(handle: i64) -> Outcome {
    let started = started(handle)?;
    let mut bytes = Vec::new();
    let mut output = started
        .output
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let read = output.read_until(b'\n', &mut bytes);
    read.map_err(|e| failed(&started.name, &e))?;
    let mut line = String::from_utf8_lossy(&bytes).into_owned();
    trim_end(&mut line);
    Ok(vec![
        Value::Int(i64::from(!bytes.is_empty())),
        Value::Text(line),
    ])
}

pub(crate) fn write(handle: i64, data: &str) -> Outcome {
    let started = started(handle)?;
    let mut input = started.input.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *input {
        Some(to) => done(
            to.write_all(data.as_bytes()).and_then(|()| to.flush()),
            &started.name,
        ),
        None => Err(Failure {
            kind: "io_error",
            message: format!("{}: its input is closed", started.name),
        }),
    }
}

pub(crate) fn close_input(handle: i64) -> Outcome {
    let started = started(handle)?;
    let mut input = started.input.lock().unwrap_or_else(PoisonError::into_inner);
    *input = None;
    Ok(Vec::new())
}

/// Closes its input and waits for its end.
pub(crate) fn wait(handle: i64) -> Outcome {
    close_input(handle)?;
    let started = started(handle)?;
    // Not under the lock all the time: another process may want to kill it.
    loop {
        let mut child = started.child.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = child.try_wait().map_err(|e| failed(&started.name, &e))?;
        drop(child);
        if let Some(status) = ended {
            return Ok(vec![Value::Int(status_of(status))]);
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

pub(crate) fn kill(handle: i64) -> Outcome {
    let started = started(handle)?;
    let mut child = started.child.lock().unwrap_or_else(PoisonError::into_inner);
    done(child.kill(), &started.name)
}
