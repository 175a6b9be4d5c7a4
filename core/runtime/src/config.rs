//! What an image is started with.

use std::io::Write;
use std::sync::Arc;

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Takes the program's output, one call for each `print`; called on workers, so it must not block for long.
pub type OutputSink = Arc<dyn Fn(Stream, &str) + Send + Sync>;

/// See the fields. [`Config::from_env`] gives the usual one.
#[derive(Clone)]
pub struct Config {
    /// Threads that run processes.
    pub workers: usize,
    /// Collect at every allocation, move everything, poison and verify.
    pub gc_stress: bool,
    /// Move the stack at every entry into the runtime and poison the old place.
    pub stack_stress: bool,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Bytes a process's stack may take, at most 1 GiB.
    pub stack_limit: usize,
    /// Bytes a process's heap may take.
    pub heap_limit: usize,
    /// Where output goes.
    pub output: OutputSink,
    /// A debugger may come: events are kept and sites may be armed.
    pub inspect: bool,
}

impl Config {
    /// One worker per core, limits that let a million frames and most programs live, output to the standard streams;
    /// `NOSTOS_GC=stress`, `NOSTOS_STACK=stress` and `NOSTOS_WORKERS` are heeded.
    pub fn from_env() -> Self {
        let stress = |name: &str| std::env::var(name).is_ok_and(|v| v == "stress");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = std::env::var("NOSTOS_WORKERS")
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(cores);
        Config {
            workers: workers.max(1),
            gc_stress: stress("NOSTOS_GC"),
            stack_stress: stress("NOSTOS_STACK"),
            args: Vec::new(),
            stack_limit: 512 << 20,
            heap_limit: 4 << 30,
            output: Arc::new(to_standard_streams),
            inspect: false,
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("workers", &self.workers)
            .field("gc_stress", &self.gc_stress)
            .field("stack_stress", &self.stack_stress)
            .finish_non_exhaustive()
    }
}

/// Line by line, so that output appears when it is written, and in order with standard error.
fn to_standard_streams(stream: Stream, text: &str) {
    // A closed pipe is the reader's choice; the program goes on as if it were read.
    let _ = match stream {
        Stream::Out => std::io::stdout().lock().write_all(text.as_bytes()),
        Stream::Err => std::io::stderr().lock().write_all(text.as_bytes()),
    };
}
