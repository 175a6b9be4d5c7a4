//! A small pool of threads for what would block a worker: files, for now. The process is parked meanwhile.

use crate::mutex::{Condvar, Mutex};
use crate::resource::Guard;
use crate::signals;
use nostos_abi::builtin::Op;
use nostos_host::Value;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a job does.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// At most so many bytes.
    ReadAll(String, usize),
    WriteAll(String, Vec<u8>),
    Append(String, Vec<u8>),
    Exists(String),
    Remove(String),
    List(String),
    CreateAll(String),
    Resolve(String),
    /// What the host crate does, with texts of at most so many bytes.
    Host(nostos_abi::builtin::Op, Vec<nostos_host::Value>, usize),
}

/// What a job gave.
pub(crate) enum Outcome {
    Text(String),
    Flag(bool),
    Done,
    Values(Vec<nostos_host::Value>),
    /// The number of something that is closed if nobody is there to take it.
    Opened(Guard),
    /// Throws this pair.
    Threw(nostos_host::Failure),
    /// The message of `("io_error", …)`.
    Failed(String),
}

impl Job {
    /// Does it, on the calling thread.
    pub(crate) fn run(&self) -> Outcome {
        let done = |r: io::Result<()>, path: &str| match r {
            Ok(()) => Outcome::Done,
            Err(e) => failed(path, &e),
        };
        match self {
            Job::ReadAll(path, most) => match nostos_host::read_all(path, *most) {
                Ok(text) => Outcome::Text(text),
                Err(failure) => Outcome::Threw(failure),
            },
            Job::WriteAll(path, bytes) => done(std::fs::write(path, bytes), path),
            Job::Append(path, bytes) => done(append(path, bytes), path),
            Job::Exists(path) => Outcome::Flag(std::path::Path::new(path).exists()),
            Job::Remove(path) => done(std::fs::remove_file(path), path),
            Job::List(path) => match list(path) {
                Ok(text) => Outcome::Text(text),
                Err(e) => failed(path, &e),
            },
            Job::Resolve(host) => match resolve(host) {
                Ok(address) => Outcome::Text(address),
                Err(e) => failed(host, &e),
            },
            Job::CreateAll(path) => done(std::fs::create_dir_all(path), path),
            Job::Host(op, args, most) => {
                let call = || nostos_host::call(*op, args, *most);
                let outcome = match op {
                    Op::ExecBegin | Op::ExecStart => signals::for_others(call),
                    _ => call(),
                };
                match outcome {
                    Ok(values) => match (nostos_host::opens(*op), values.as_slice()) {
                        (Some(thing), [Value::Int(number)]) => {
                            Outcome::Opened(Guard(thing, *number))
                        }
                        _ => Outcome::Values(values),
                    },
                    Err(failure) => Outcome::Threw(failure),
                }
            }
        }
    }
}

fn failed(path: &str, error: &io::Error) -> Outcome {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    Outcome::Failed(format!("{path}: {text}"))
}

/// The first address of a host, one of the older kind if there is one.
fn resolve(host: &str) -> io::Result<String> {
    use std::net::ToSocketAddrs;
    let all: Vec<_> = (host, 0).to_socket_addrs()?.collect();
    let first = all.iter().find(|a| a.is_ipv4()).or(all.first());
    first
        .map(|a| a.ip().to_string())
        .ok_or_else(|| io::Error::other("no address"))
}

fn append(path: &str, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(bytes)
}

fn list(path: &str) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join("\n"))
}

type Finish = Box<dyn FnOnce(Outcome) + Send>;

/// The pool. Threads are started when there is work and none is idle, up to [`MAX_THREADS`]; they end when the pool is dropped.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    /// Jobs that are not done.
    under_way: AtomicUsize,
    queue: Mutex<State>,
    wake: Condvar,
    idle: AtomicUsize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(Job, Finish)>,
    threads: usize,
    closed: bool,
}

const MAX_THREADS: usize = 8;

impl Pool {
    pub(crate) fn new() -> Self {
        Pool {
            shared: Arc::new(Shared {
                under_way: AtomicUsize::new(0),
                queue: Mutex::new(State::default()),
                wake: Condvar::new(),
                idle: AtomicUsize::new(0),
            }),
        }
    }

    /// Has it anything to do?
    pub(crate) fn is_busy(&self) -> bool {
        self.shared.under_way.load(Ordering::SeqCst) > 0
    }

    /// Does the job on some thread, then calls `finish` there.
    pub(crate) fn submit(&self, job: Job, finish: Finish) {
        self.shared.under_way.fetch_add(1, Ordering::SeqCst);
        let shared = self.shared.clone();
        let finish: Finish = Box::new(move |outcome| {
            finish(outcome);
            shared.under_way.fetch_sub(1, Ordering::SeqCst);
        });
        let mut state = self.shared.queue.lock();
        state.jobs.push_back((job, finish));
        let idle = self.shared.idle.load(Ordering::Relaxed);
        if idle < state.jobs.len() && state.threads < MAX_THREADS {
            let shared = self.shared.clone();
            let spawned = std::thread::Builder::new()
                .name("nostos-blocking".into())
                .spawn(move || serve(&shared));
            // Without a thread at all the job would wait for ever; with some, it just waits longer.
            match spawned {
                Ok(_) => state.threads += 1,
                Err(e) => assert!(state.threads > 0, "cannot start a thread for files: {e}"),
            }
        }
        drop(state);
        self.shared.wake.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

fn serve(shared: &Shared) {
    let mut state = shared.queue.lock();
    loop {
        if let Some((job, finish)) = state.jobs.pop_front() {
            drop(state);
            finish(job.run());
            state = shared.queue.lock();
        } else if state.closed {
            return;
        } else {
            shared.idle.fetch_add(1, Ordering::Relaxed);
            shared.wake.wait(&mut state);
            shared.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
