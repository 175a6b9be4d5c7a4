//! What the library needs of the outside world or of a well-kept crate: regular expressions, open files, directories, other programs.
//!
//! In: a row of the builtin table and its arguments as plain values. Out: its results as plain values, or the error it throws. Absent: processes,
//! heaps and parking; the runtime calls what waits for a disk on a thread of its own and asks other programs when it hears from them, the interpreter
//! calls everything on the spot.
#![forbid(unsafe_code)]

mod dir;
mod exec;
mod file;
mod handles;
mod pattern;

pub use exec::{Attempt, Awaited, LOOK_AGAIN_MILLIS, attempt};
pub use file::read_all;
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;

/// An argument or a result.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Three lanes.
    Text(String),
    /// A raw lane: numbers, `Bool`s, handles.
    Int(i64),
    /// A float lane.
    Float(f64),
}

/// The pair of strings that is thrown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// `io_error`, say.
    pub kind: &'static str,
    /// What happened.
    pub message: String,
}

/// What a call gives.
pub type Outcome = Result<Vec<Value>, Failure>;

/// How long a call may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waits {
    /// It only computes.
    No,
    /// For a disk.
    Briefly,
    /// For another program: as long as that likes. [`attempt`] does not wait.
    Long,
}

/// How the arguments of a row group into values: for each, whether it is a text and how many lanes it has.
pub fn values_of(lanes: &[Lane]) -> impl Iterator<Item = (usize, Lane)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let lane = *lanes.get(at)?;
        let start = at;
        at += if lane == Lane::Ref { 3 } else { 1 };
        Some((start, lane))
    })
}

/// Whether a row is done here, and how long it may take.
pub fn waits(op: Op) -> Option<Waits> {
    Some(match op {
        Op::RegexProblem | Op::RegexSpans | Op::RegexReplace | Op::RegexGroupNames => Waits::No,
        Op::FileOpen
        | Op::FileRead
        | Op::FileReadLine
        | Op::FileWrite
        | Op::FileFlush
        | Op::FileClose
        | Op::FileSeek
        | Op::FileSize
        | Op::FileRename
        | Op::FileCopy
        | Op::FileReadBinary
        | Op::FileWriteBinary
        | Op::FileModified
        | Op::FileKind
        | Op::DirCreate
        | Op::DirRemove
        | Op::DirRemoveAll
        | Op::ExecBegin
        | Op::ExecStart
        | Op::ExecKill => Waits::Briefly,
        Op::HostVersion | Op::EnvTempDir | Op::EnvAll | Op::ExecCloseInput => Waits::No,
        Op::ExecFinish | Op::ExecReadLine | Op::ExecWrite | Op::ExecWait => Waits::Long,
        _ => return None,
    })
}

/// What the number is that a row gives: something that stays open until it is forgotten.
pub fn opens(op: Op) -> Option<Thing> {
    match op {
        Op::FileOpen => Some(Thing::File),
        Op::ExecBegin | Op::ExecStart => Some(Thing::Program),
        _ => None,
    }
}

/// Does it. Rows that are not done here, or wait long, fail; so do those whose text would be longer than `most` bytes.
pub fn call(op: Op, args: &[Value], most: usize) -> Outcome {
    let a = Args(args);
    match op {
        Op::RegexProblem => pattern::problem(a.text(0)),
        Op::RegexSpans => pattern::spans(a.text(0), a.text(1), a.int(2)),
        Op::RegexReplace => pattern::replace(a.text(0), a.text(1), a.text(2), a.int(3)),
        Op::RegexGroupNames => pattern::group_names(a.text(0)),
        Op::FileOpen => file::open(a.text(0), a.text(1)),
        Op::FileRead => file::read(a.int(0), a.int(1), most),
        Op::FileReadLine => file::read_line(a.int(0), most),
        Op::FileWrite => file::write(a.int(0), a.text(1)),
        Op::FileFlush => file::flush(a.int(0)),
        Op::FileClose => file::close(a.int(0)),
        Op::FileSeek => file::seek(a.int(0), a.int(1), a.int(2)),
        Op::FileSize => file::size(a.text(0)),
        Op::FileRename => file::rename(a.text(0), a.text(1)),
        Op::FileCopy => file::copy(a.text(0), a.text(1)),
        Op::FileReadBinary => file::read_binary(a.text(0), most),
        Op::FileWriteBinary => file::write_binary(a.text(0), a.text(1)),
        Op::FileModified => file::modified(a.text(0)),
        Op::FileKind => Ok(vec![Value::Int(file::kind(a.text(0)))]),
        Op::DirCreate => dir::create(a.text(0)),
        Op::DirRemove => dir::remove(a.text(0)),
        Op::DirRemoveAll => dir::remove_all(a.text(0)),
        Op::HostVersion => text(format!(
            "{}\n{}\n{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::ARCH,
            std::env::consts::OS
        )),
        Op::EnvTempDir => text(std::env::temp_dir().to_string_lossy().into_owned()),
        Op::EnvAll => text(dir::variables()),
        Op::ExecBegin => exec::begin(a.text(0), a.text(1), a.text(2)),
        Op::ExecStart => exec::start(a.text(0), a.text(1)),
        Op::ExecCloseInput => exec::close_input(a.int(0)),
        Op::ExecKill => exec::kill(a.int(0)),
        _ => Err(missing(op)),
    }
}

fn missing(op: Op) -> Failure {
    Failure {
        kind: "Panic",
        message: format!("the host has no {}", op.info().name),
    }
}

/// What a program has open by number, see [`forget`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thing {
    /// Of `FileOpen`.
    File,
    /// Of `ExecStart` or `ExecBegin`.
    Program,
}

/// Nobody uses the thing of this number any more: it is closed, if it has not been. A program runs on.
pub fn forget(thing: Thing, number: i64) {
    match thing {
        Thing::File => file::forget(number),
        Thing::Program => exec::forget(number),
    }
}

/// Arguments by position; the builtin table says of which kind they are.
struct Args<'a>(&'a [Value]);

impl Args<'_> {
    fn text(&self, i: usize) -> &str {
        match self.0.get(i) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    fn int(&self, i: usize) -> i64 {
        match self.0.get(i) {
            Some(Value::Int(n)) => *n,
            _ => 0,
        }
    }
}

fn text(text: String) -> Outcome {
    Ok(vec![Value::Text(text)])
}

/// What is read there has more bytes than whoever asked may have in its heap.
pub(crate) fn too_long(what: &str, most: usize) -> Failure {
    Failure {
        kind: "OutOfMemory",
        message: format!("{what}: more than {most} bytes in one piece"),
    }
}

/// What went wrong with a file or program of this name.
fn failed(what: &str, error: &std::io::Error) -> Failure {
    let said = error.to_string();
    let said = said.split(" (os error").next().unwrap_or(&said);
    Failure {
        kind: "io_error",
        message: format!("{what}: {said}"),
    }
}

/// Nothing, or what went wrong.
fn done(result: std::io::Result<()>, what: &str) -> Outcome {
    result.map(|()| Vec::new()).map_err(|e| failed(what, &e))
}
