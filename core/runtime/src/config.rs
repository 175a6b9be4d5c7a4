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

/// What happens when a message comes to a mailbox that is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenFull {
    /// Its process ends.
    End,
    /// The message is lost.
    Drop,
    /// The sender waits until there is room, unless it is the receiver itself.
    Wait,
}

/// See the fields. [`Config::from_env`] gives the usual one.
#[derive(Clone)]
pub struct Config {
    /// Threads that run processes.
    pub workers: usize,
    /// Collect at every allocation, move everything, poison and verify.
    pub gc_stress: bool,
    /// The same in one of so many processes, whichever; 0: in none.
    pub gc_stress_some: usize,
    /// After every swap all code is freed that can be, however little it is.
    pub code_stress: bool,
    /// Move the stack at every entry into the runtime and poison the old place.
    pub stack_stress: bool,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Bytes a process's stack may take, at most 1 GiB.
    pub stack_limit: usize,
    /// Bytes a process's heap may take.
    pub heap_limit: usize,
    /// Messages a process may have waiting, and what happens with more; signals do not count.
    pub mailbox_limit: Option<(usize, WhenFull)>,
    /// Bytes the heaps and waiting messages of all processes may take together.
    pub memory_limit: Option<usize>,
    /// Schedule by this number, with one worker and a clock of the image's own, so that a program does the same each time.
    pub seed: Option<u64>,
    /// Where output goes.
    pub output: OutputSink,
    /// A debugger may come: events are kept and sites may be armed.
    pub inspect: bool,
}

impl Config {
    /// One worker per core, limits that let a million frames and most programs live, output to the standard streams;
    /// `NOSTOS_GC=stress` (`stress/16`: in a sixteenth of the processes), `NOSTOS_STACK=stress`, `NOSTOS_CODE=stress`, `NOSTOS_WORKERS`,
    /// `NOSTOS_HEAP_LIMIT`, `NOSTOS_MEMORY_LIMIT` and `NOSTOS_STACK_LIMIT` (`64M`), `NOSTOS_MAILBOX_LIMIT` (`10000:drop`) are heeded.
    pub fn from_env() -> Self {
        let stress = |name: &str| std::env::var(name).is_ok_and(|v| v == "stress");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = std::env::var("NOSTOS_WORKERS")
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(cores);
        let bytes = |name: &str| std::env::var(name).ok().and_then(|text| size(&text));
        Config {
            workers: workers.max(1),
            gc_stress: stress("NOSTOS_GC"),
            gc_stress_some: std::env::var("NOSTOS_GC")
                .ok()
                .and_then(|text| stress_some(&text))
                .unwrap_or(0),
            code_stress: stress("NOSTOS_CODE"),
            stack_stress: stress("NOSTOS_STACK"),
            args: Vec::new(),
            stack_limit: bytes("NOSTOS_STACK_LIMIT")
                .map_or(512 << 20, |n| n.clamp(1 << 20, 1 << 30)),
            heap_limit: bytes("NOSTOS_HEAP_LIMIT").map_or(4 << 30, |n| n.max(1 << 20)),
            mailbox_limit: std::env::var("NOSTOS_MAILBOX_LIMIT")
                .ok()
                .and_then(|text| mailbox_limit(&text).ok()),
            memory_limit: bytes("NOSTOS_MEMORY_LIMIT"),
            seed: None,
            output: Arc::new(to_standard_streams),
            inspect: false,
        }
    }
}

/// What is wrong with the variables of the environment that [`Config::from_env`] heeds, or the whole image does.
///
/// # Errors
/// A sentence for the person who set them.
pub fn check_environment() -> Result<(), String> {
    environment_problem(|name| std::env::var(name).ok()).map_or(Ok(()), Err)
}

fn environment_problem(value_of: impl Fn(&str) -> Option<String>) -> Option<String> {
    let bytes = |text: &str| match size(text) {
        Some(1..) => Ok(()),
        _ => Err("it is a number of bytes, or of K, M or G, as in `64M`".to_string()),
    };
    let one_of = |words: &'static [&'static str]| {
        move |text: &str| match words.contains(&text) {
            true => Ok(()),
            false => Err(format!("it is `{}` or nothing", words.join("` or `"))),
        }
    };
    type Check<'a> = &'a dyn Fn(&str) -> Result<(), String>;
    let number = |text: &str| match text.parse::<u32>() {
        Ok(1..) => Ok(()),
        _ => Err("it is a number from 1 on".to_string()),
    };
    let checks: [(&str, Check); 13] = [
        ("NOSTOS_GC", &|text| match text {
            "stress" => Ok(()),
            some if stress_some(some).is_some() => Ok(()),
            _ => Err("it is `stress`, `stress/16` or nothing".to_string()),
        }),
        ("NOSTOS_STACK", &one_of(&["stress"])),
        ("NOSTOS_CODE", &one_of(&["stress"])),
        ("NOSTOS_PERF", &one_of(&["jitdump"])),
        ("NOSTOS_TIERS", &one_of(&["best", "quick"])),
        ("NOSTOS_SITES", &one_of(&["none"])),
        ("NOSTOS_WORKERS", &|text| match text.parse() {
            Ok(1..=1024_u16) => Ok(()),
            _ => Err("it is a number from 1 to 1024".to_string()),
        }),
        ("NOSTOS_MACRO_TIME", &number),
        ("NOSTOS_MACRO_MEMORY", &number),
        ("NOSTOS_STACK_LIMIT", &bytes),
        ("NOSTOS_HEAP_LIMIT", &bytes),
        ("NOSTOS_MEMORY_LIMIT", &bytes),
        ("NOSTOS_MAILBOX_LIMIT", &|text| {
            mailbox_limit(text).map(drop)
        }),
    ];
    checks.iter().find_map(|(name, check)| {
        let text = value_of(name).filter(|text| !text.is_empty())?;
        let why = check(&text).err()?;
        Some(format!("{name} is `{text}`: {why}"))
    })
}

/// `stress/16`: in one of how many processes.
fn stress_some(text: &str) -> Option<usize> {
    text.strip_prefix("stress/")?
        .parse()
        .ok()
        .filter(|some| *some > 0)
}

/// `10000`, `10000:end`, `10000:drop` or `10000:wait`; the first two mean the same.
///
/// # Errors
/// A sentence for the person who wrote it.
pub fn mailbox_limit(text: &str) -> Result<(usize, WhenFull), String> {
    let (number, policy) = text.split_once(':').unwrap_or((text, "end"));
    let policy = match policy {
        "end" => WhenFull::End,
        "drop" => WhenFull::Drop,
        "wait" => WhenFull::Wait,
        _ => return Err(format!("`{policy}` is none of `end`, `drop` and `wait`")),
    };
    match number.parse() {
        Ok(limit @ 1..) => Ok((limit, policy)),
        Ok(_) | Err(_) => Err(format!("`{number}` is no number of messages")),
    }
}

/// `64M` as bytes; also `K`, `G`, and plain numbers.
pub fn size(text: &str) -> Option<usize> {
    let (digits, shift) = match text
        .trim()
        .split_at_checked(text.trim().len().checked_sub(1)?)?
    {
        (digits, "K" | "k") => (digits, 10),
        (digits, "M" | "m") => (digits, 20),
        (digits, "G" | "g") => (digits, 30),
        _ => (text.trim(), 0),
    };
    digits.parse::<usize>().ok()?.checked_mul(1 << shift)
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

fn to_standard_streams(stream: Stream, text: &str) {
    if !print(stream, text) {
        std::process::exit(NOT_READ);
    }
}

/// The status of a program whose output nobody reads any more (`… | head`): it ends as one does that gets SIGPIPE.
pub const NOT_READ: i32 = 128 + libc::SIGPIPE;

/// Writes to a standard stream; line by line, so that output appears when it is written, and in order with standard error. False: nobody reads the
/// output any more. Any other failure of the stream is not the program's.
pub fn print(stream: Stream, text: &str) -> bool {
    let written = match stream {
        Stream::Out => std::io::stdout().lock().write_all(text.as_bytes()),
        Stream::Err => std::io::stderr().lock().write_all(text.as_bytes()),
    };
    let gone = written.is_err_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe);
    !(gone && stream == Stream::Out)
}

#[cfg(test)]
mod tests {
    use super::{environment_problem, size};

    #[test]
    fn what_the_environment_says_is_checked() {
        for (name, value, problem) in [
            ("NOSTOS_GC", "stress", None),
            ("NOSTOS_GC", "", None),
            ("NOSTOS_GC", "stress/16", None),
            (
                "NOSTOS_GC",
                "stress/0",
                Some("NOSTOS_GC is `stress/0`: it is `stress`, `stress/16` or nothing"),
            ),
            (
                "NOSTOS_GC",
                "on",
                Some("NOSTOS_GC is `on`: it is `stress`, `stress/16` or nothing"),
            ),
            (
                "NOSTOS_TIERS",
                "all",
                Some("NOSTOS_TIERS is `all`: it is `best` or `quick` or nothing"),
            ),
            ("NOSTOS_WORKERS", "2", None),
            (
                "NOSTOS_WORKERS",
                "0",
                Some("NOSTOS_WORKERS is `0`: it is a number from 1 to 1024"),
            ),
            ("NOSTOS_HEAP_LIMIT", "4G", None),
            (
                "NOSTOS_HEAP_LIMIT",
                "4 gigs",
                Some(
                    "NOSTOS_HEAP_LIMIT is `4 gigs`: it is a number of bytes, or of K, M or G, as in `64M`",
                ),
            ),
            ("NOSTOS_MAILBOX_LIMIT", "10:wait", None),
            (
                "NOSTOS_MAILBOX_LIMIT",
                "ten",
                Some("NOSTOS_MAILBOX_LIMIT is `ten`: `ten` is no number of messages"),
            ),
        ] {
            let found = environment_problem(|asked| (asked == name).then(|| value.to_string()));
            assert_eq!(found.as_deref(), problem, "{name}={value}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("64M", Some(64 << 20)),
            (" 2g ", Some(2 << 30)),
            ("512K", Some(512 << 10)),
            ("4096", Some(4096)),
            ("", None),
            ("M", None),
            ("-1K", None),
            ("99999999999999999999", None),
            ("18446744073709551615G", None),
        ] {
            assert_eq!(size(text), bytes, "{text:?}");
        }
    }
}
