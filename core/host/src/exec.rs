//! Other programs: run to their end, or started and talked to. Arguments come as one text, each followed by a NUL.
//!
//! In: what a process asks of a program. Out: its answer, or what has to come before asking again makes sense. Pipes never block here: the runtime waits
//! for them with everything else it hears of, the interpreter asks from time to time.

use crate::file::trim_end;
use crate::handles::Handles;
use crate::{Failure, Outcome, Value, done, failed, text, too_long};
use nostos_abi::builtin::Op;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most bytes one attempt reads, so that a program that writes for ever holds up nobody.
const READ_MOST: usize = 4 << 20;

/// How long to wait where the system does not tell of a program's end.
pub const LOOK_AGAIN_MILLIS: u64 = 2;

/// The parts have locks of their own: one process may wait for the next line while another writes or kills. No lock is held while anybody waits.
#[derive(Clone)]
struct Started {
    name: String,
    child: Arc<Mutex<Child>>,
    input: Arc<Mutex<Option<Input>>>,
    output: Arc<Mutex<Output>>,
    /// When its standard error is not this program's.
    errors: Option<Arc<Mutex<Output>>>,
}

struct Input {
    pipe: ChildStdin,
    /// What it is given before its input ends, and how much of that it has.
    all: Vec<u8>,
    given: usize,
}

struct Output {
    /// `None` behind the end.
    pipe: Option<Box<dyn Pipe>>,
    bytes: Vec<u8>,
    /// So many of them have been taken.
    taken: usize,
    /// No line that has not been taken ends before this byte.
    looked: usize,
    /// Readable while `bytes` holds what another reader has left; made when somebody waits.
    left: Option<OwnedFd>,
}

trait Pipe: Read + AsFd + Send {}
impl<T: Read + AsFd + Send> Pipe for T {}

static STARTED: Handles<Started> = Handles::new("program");

/// Programs that nobody has any more and that run on: their ends are taken note of when the next one starts.
static LEFT: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// An answer, or what to wait for.
pub enum Attempt {
    /// The results.
    Done(Vec<Value>),
    /// One of these must be ready first; when there is none, some time must pass, see [`LOOK_AGAIN_MILLIS`].
    Later(Vec<Awaited>),
}

/// A pipe, or the end of a program.
#[derive(Debug)]
pub struct Awaited {
    /// A descriptor of its own: it stays open however the program fares.
    pub fd: OwnedFd,
    /// Ready when it can be written to; else, when it can be read.
    pub writes: bool,
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

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

/// A program whose standard error is caught and whose input is given as a whole; see [`Op::ExecFinish`].
pub(crate) fn begin(name: &str, args: &str, input: &str) -> Outcome {
    let mut command = command(name, args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    });
    spawn(name, &mut command, input.as_bytes().to_vec())
}

/// Its standard error is ours.
pub(crate) fn start(name: &str, args: &str) -> Outcome {
    let mut command = command(name, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    spawn(name, &mut command, Vec::new())
}

fn spawn(name: &str, command: &mut Command, input: Vec<u8>) -> Outcome {
    lock(&LEFT).retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    let mut child = command.spawn().map_err(|e| failed(name, &e))?;
    let mut parts = || {
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let errors = child.stderr.take();
        for fd in [
            to.as_ref().map(AsFd::as_fd),
            from.as_ref().map(AsFd::as_fd),
            errors.as_ref().map(AsFd::as_fd),
        ]
        .into_iter()
        .flatten()
        {
            fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?;
        }
        Ok::<_, std::io::Error>((to, from, errors))
    };
    let parts: (Option<ChildStdin>, Option<ChildStdout>, _) = match parts() {
        Ok(parts) => parts,
        Err(e) => {
            // Its pipes are closed; it ends by itself.
            lock(&LEFT).push(child);
            return Err(failed(name, &e));
        }
    };
    let (to, from, errors) = parts;
    let input = to.map(|pipe| Input {
        pipe,
        all: input,
        given: 0,
    });
    let started = Started {
        name: name.to_string(),
        child: Arc::new(Mutex::new(child)),
        input: Arc::new(Mutex::new(input)),
        output: Arc::new(Mutex::new(Output::of(from))),
        errors: errors.map(|pipe| Arc::new(Mutex::new(Output::of(Some(pipe))))),
    };
    Ok(vec![Value::Int(STARTED.add(started))])
}

/// Its pipes are closed. Its end is taken note of at some time, or it would stay in the system's table.
pub(crate) fn forget(handle: i64) {
    let Ok(started) = STARTED.remove(handle) else {
        return;
    };
    let child = lock(&started).child.clone();
    drop(started);
    // Whoever else has it at the moment is asking for its end.
    if let Ok(child) = Arc::try_unwrap(child) {
        let mut child = child.into_inner().unwrap_or_else(PoisonError::into_inner);
        if matches!(child.try_wait(), Ok(None)) {
            lock(&LEFT).push(child);
        }
    }
}

fn started(handle: i64) -> Result<Started, Failure> {
    STARTED.with(handle, |started| Ok(started.clone()))
}

/// Asks a program once. `progress` is 0 at first; the same is given again when it was too early. What it says is not to have more than `most` bytes.
pub fn attempt(
    op: Op,
    handle: i64,
    bytes: &[u8],
    progress: &mut usize,
    most: usize,
) -> Result<Attempt, Failure> {
    let started = started(handle)?;
    let attempt = match op {
        Op::ExecReadLine => started.read_line(most)?,
        Op::ExecWrite => started.write(bytes, progress)?,
        Op::ExecWait => started.wait(),
        Op::ExecFinish => started.finish(most)?,
        _ => return Err(crate::missing(op)),
    };
    attempt.map_err(|e| failed(&started.name, &e))
}

pub(crate) fn close_input(handle: i64) -> Outcome {
    started(handle)?.close_input();
    Ok(Vec::new())
}

pub(crate) fn kill(handle: i64) -> Outcome {
    let started = started(handle)?;
    let mut child = lock(&started.child);
    done(child.kill(), &started.name)
}

impl Started {
    fn close_input(&self) {
        *lock(&self.input) = None;
    }

    /// Whether there is a line, and it without its end. Of one that is too long what was read is gone.
    fn read_line(&self, most: usize) -> Result<std::io::Result<Attempt>, Failure> {
        let mut output = lock(&self.output);
        let end = match output.line_end() {
            None => {
                // Once only: a program that writes for ever holds up nobody but who reads it.
                if let Err(e) = output.read() {
                    return Ok(Err(e));
                }
                output.line_end()
            }
            found => found,
        };
        if end.is_none() && output.bytes.len() - output.taken > most {
            output.drop_all();
            return Err(too_long(&self.name, most));
        }
        Ok(output.line(end))
    }

    fn write(&self, bytes: &[u8], from: &mut usize) -> Result<std::io::Result<Attempt>, Failure> {
        let mut input = lock(&self.input);
        let Some(input) = &mut *input else {
            return Err(Failure {
                kind: "io_error",
                message: format!("{}: its input is closed", self.name),
            });
        };
        Ok(match input.pipe.write_on(bytes, from) {
            Ok(true) => Ok(Attempt::Done(Vec::new())),
            Ok(false) => awaited(&input.pipe, true).map(|a| Attempt::Later(vec![a])),
            Err(e) => Err(e),
        })
    }

    /// Closes its input and waits for its end.
    fn wait(&self) -> std::io::Result<Attempt> {
        self.close_input();
        let ended = self.ended()?;
        Ok(ended.map_or_else(Attempt::Later, |status| {
            Attempt::Done(vec![Value::Int(status)])
        }))
    }

    /// Its status, or what tells of its end.
    fn ended(&self) -> std::io::Result<Result<i64, Vec<Awaited>>> {
        let mut child = lock(&self.child);
        if let Some(status) = child.try_wait()? {
            return Ok(Ok(status_of(status)));
        }
        // As its end has not been taken note of, its number is nobody else's.
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let fd = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        let awaited = fd.map(|fd| Awaited { fd, writes: false });
        Ok(Err(awaited.into_iter().collect()))
    }

    /// As [`Started::finished`], for a program that does not write too much.
    fn finish(&self, most: usize) -> Result<std::io::Result<Attempt>, Failure> {
        let attempt = self.finished();
        let outputs = || {
            [Some(&self.output), self.errors.as_ref()]
                .into_iter()
                .flatten()
        };
        if outputs()
            .map(|output| lock(output).bytes.len())
            .sum::<usize>()
            <= most
        {
            return Ok(attempt);
        }
        // It hears of it when it writes on.
        for output in outputs() {
            let mut output = lock(output);
            output.drop_all();
            output.pipe = None;
        }
        Err(too_long(&self.name, most))
    }

    /// → `status length\n`, `length` bytes of standard output, the rest standard error. What is not UTF-8 is replaced.
    fn finished(&self) -> std::io::Result<Attempt> {
        let mut on = Vec::new();
        {
            let mut input = lock(&self.input);
            if let Some(Input { pipe, all, given }) = &mut *input {
                // A program that does not read all of its input is no error.
                match pipe.write_on(all, given) {
                    Ok(false) => on.push(awaited(pipe, true)?),
                    Ok(true) | Err(_) => *input = None,
                }
            }
        }
        let mut ended = true;
        for output in [Some(&self.output), self.errors.as_ref()]
            .into_iter()
            .flatten()
        {
            let mut output = lock(output);
            output.read()?;
            if let Some(pipe) = &output.pipe {
                on.push(awaited(pipe, false)?);
                ended = false;
            }
        }
        if !ended {
            return Ok(Attempt::Later(on));
        }
        // It may read on when it has closed its output.
        let status = match self.ended()? {
            Ok(status) => status,
            Err(end) if end.is_empty() => return Ok(Attempt::Later(end)),
            Err(end) => return Ok(Attempt::Later(on.into_iter().chain(end).collect())),
        };
        self.close_input();
        let taken = |output: &Mutex<Output>| {
            let mut output = lock(output);
            let all = output.bytes.len();
            let bytes = output.take(all);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let out = taken(&self.output);
        let err = self.errors.as_deref().map(taken).unwrap_or_default();
        let all = text(format!("{status} {}\n{out}{err}", out.len()));
        Ok(Attempt::Done(all.unwrap_or_default()))
    }
}

fn awaited(pipe: &impl AsFd, writes: bool) -> std::io::Result<Awaited> {
    let fd = pipe.as_fd().try_clone_to_owned()?;
    Ok(Awaited { fd, writes })
}

trait WriteOn {
    /// Writes from this byte on as long as there is room. True: that was all.
    fn write_on(&mut self, bytes: &[u8], from: &mut usize) -> std::io::Result<bool>;
}

impl WriteOn for ChildStdin {
    fn write_on(&mut self, bytes: &[u8], from: &mut usize) -> std::io::Result<bool> {
        while *from < bytes.len() {
            match self.write(&bytes[*from..]) {
                Ok(n) => *from += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }
}

impl Output {
    fn of(pipe: Option<impl Pipe + 'static>) -> Output {
        Output {
            pipe: pipe.map(|pipe| Box::new(pipe) as Box<dyn Pipe>),
            bytes: Vec::new(),
            taken: 0,
            looked: 0,
            left: None,
        }
    }

    /// Where the next line ends, if it is there.
    fn line_end(&mut self) -> Option<usize> {
        let new = &self.bytes[self.looked..];
        match new.iter().position(|b| *b == b'\n') {
            Some(at) => Some(self.looked + at + 1),
            None if self.pipe.is_none() => Some(self.bytes.len()),
            None => {
                self.looked = self.bytes.len();
                None
            }
        }
    }

    /// What comes before this byte as an answer, or what tells that there is more.
    fn line(&mut self, end: Option<usize>) -> std::io::Result<Attempt> {
        let Some(end) = end else {
            return self.later();
        };
        let bytes = self.take(end);
        self.tell_others()?;
        let mut line = String::from_utf8_lossy(&bytes).into_owned();
        trim_end(&mut line);
        Ok(Attempt::Done(vec![
            Value::Int(i64::from(!bytes.is_empty())),
            Value::Text(line),
        ]))
    }

    fn drop_all(&mut self) {
        self.bytes = Vec::new();
        self.taken = 0;
        self.looked = 0;
    }

    /// What comes before this byte.
    fn take(&mut self, end: usize) -> Vec<u8> {
        let bytes = self.bytes[self.taken..end].to_vec();
        self.taken = end;
        // Moved together when that is no more work than what has been taken.
        if self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        self.looked = self.taken;
        bytes
    }

    /// Reads what there is, up to [`READ_MOST`] bytes. True: something was read, or it has ended.
    fn read(&mut self) -> std::io::Result<bool> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(true);
        };
        let before = self.bytes.len();
        match pipe
            .by_ref()
            .take(READ_MOST as u64)
            .read_to_end(&mut self.bytes)
        {
            Ok(n) if n < READ_MOST => self.pipe = None,
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
        Ok(self.pipe.is_none() || self.bytes.len() > before)
    }

    /// Others who wait for lines do not hear from the pipe of what has been read with this one.
    fn tell_others(&self) -> std::io::Result<()> {
        let Some(left) = &self.left else {
            return Ok(());
        };
        let told = if self.taken == self.bytes.len() {
            rustix::io::read(left, &mut [0; 8])
        } else {
            rustix::io::write(left, &1_u64.to_ne_bytes())
        };
        match told {
            // It says so already.
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn later(&mut self) -> std::io::Result<Attempt> {
        let left = match self.left.take() {
            Some(left) => left,
            None => eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?,
        };
        // What has been left is no whole line, as the caller has just seen.
        let _ = rustix::io::read(&left, &mut [0; 8]);
        let left = self.left.insert(left);
        let mut on = vec![awaited(left, false)?];
        if let Some(pipe) = &self.pipe {
            on.push(awaited(pipe, false)?);
        }
        Ok(Attempt::Later(on))
    }
}
