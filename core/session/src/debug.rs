//! What a debugger asks of the living image, as plain data in and out; faces translate it to their protocols.
//!
//! In: process numbers, lines, places handed out earlier. Out: rows, frames, variables, events. Places refer to memory of a
//! *stopped* process and die when it resumes: whoever keeps them keeps the number of the stop with them.
//! Absent: any protocol, and any knowledge of who asks.

mod bridge;
pub mod debugger;
mod described;
mod expansions;
pub mod gdb;
mod heaps;
mod hits;
mod machine;
mod memory;
mod numbers;
pub mod perf;
mod quick;
pub mod symbols;
pub mod told;
mod values;

pub use heaps::{HeapObject, HeapReport, HeapStep, HeapType, Heaps, Snapshot};

pub use numbers::{Census, Collection, GcStats, GcSum, Heap, OwnGc, Second, Worker};

/// The number of a process.
pub type Pid = u64;

/// A line of a source file.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Location {
    /// Absolute path of a project's file; `std/…` for the embedded library.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0: not known.
    pub column: u32,
}

/// What a process does right now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// On a worker.
    Running,
    /// Wants a worker.
    Runnable,
    /// In `receive`.
    Waiting,
    /// In `sleep`.
    Sleeping,
    /// Stopped by a debugger.
    Stopped,
    /// In a blocking call.
    Blocked,
    /// Ended.
    Exited,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Runnable => "runnable",
            State::Waiting => "waiting",
            State::Sleeping => "sleeping",
            State::Stopped => "stopped",
            State::Blocked => "blocked",
            State::Exited => "exited",
        }
    }
}

/// One row of the list of processes.
#[derive(Clone, PartialEq, Debug)]
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// Its registered name.
    pub name: Option<String>,
    /// The function it was started with.
    pub function: String,
    /// What it does.
    pub state: State,
    /// Messages waiting.
    pub mailbox: u64,
    /// Reductions since it began.
    pub reductions: u64,
    /// Bytes its heap uses.
    pub heap_bytes: u64,
    /// Those of them in the old generation.
    pub old_bytes: u64,
    /// Collections so far.
    pub gc_count: u64,
    /// Nanoseconds spent in them.
    pub gc_nanos: u64,
    /// Linked processes.
    pub links: Vec<Pid>,
    /// Who spawned it.
    pub parent: Option<Pid>,
    /// Where it is, when that is known without stopping it.
    pub at: Option<Location>,
    /// It looks after others' ends.
    pub supervises: bool,
}

impl Process {
    /// What people call it: its name, or what it runs.
    pub fn what(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.function.clone())
    }
}

/// One frame of a stack, the innermost first.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    /// `bank.account`.
    pub name: String,
    /// The line it is at.
    pub at: Option<Location>,
    /// Of the library or glue rather than of the project.
    pub subtle: bool,
    /// The address of the instruction it is at.
    pub pc: u64,
    /// What it has called, when that is not the frame above it: that function's frame has made way for what it called at its end.
    pub tail: Option<String>,
}

/// What a scope of a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    /// Named values of the function.
    Locals,
    /// What a lambda took along.
    Captured,
    /// The process: number, name, state, counters, links.
    Process,
    /// The messages waiting.
    Mailbox,
    /// Processes it is linked to, and its parent.
    Links,
    /// How large its heap is, and what is in it.
    Heap,
    /// The message it is stopped for.
    Message,
}

/// One scope.
#[derive(Clone, PartialEq, Debug)]
pub struct Scope {
    /// What it holds.
    pub kind: ScopeKind,
    /// How many named parts.
    pub named: usize,
    /// How many numbered parts.
    pub indexed: usize,
}

/// Something of a stopped process that can be expanded into variables.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// A scope of the frame with this number.
    Locals(usize),
    /// See [`ScopeKind::Captured`].
    Captured(usize),
    /// See [`ScopeKind::Process`].
    Process,
    /// See [`ScopeKind::Mailbox`].
    Mailbox,
    /// See [`ScopeKind::Links`].
    Links,
    /// See [`ScopeKind::Heap`].
    Heap,
    /// A part of a process's heap, as a snapshot shows it.
    HeapPart(HeapPlace),
    /// See [`ScopeKind::Message`].
    Message,
    /// A value of the type with this shape number, by its lanes.
    Value {
        /// The shape.
        shape: u32,
        /// The words.
        lanes: Vec<u64>,
        /// The place in the mailbox of the message it is a part of; `None`: it is in the heap.
        message: Option<usize>,
        /// The stop in which it was found in the heap: it cannot be told to be there in another.
        standing: Option<nostos_runtime::Standing>,
    },
    /// A part of a value that an expression had, by its lanes.
    Answer {
        /// The number under which the value is kept.
        number: u64,
        /// The shape.
        shape: u32,
        /// The words.
        lanes: Vec<u64>,
    },
}

/// What can be opened below [`Place::Heap`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum HeapPlace {
    /// The living objects by type: a snapshot is taken, if there is none of this stop.
    Types,
    /// How they have grown since the snapshot before.
    Growth,
    /// The objects of a type.
    Type {
        /// The snapshot.
        snapshot: u64,
        /// The type.
        name: String,
    },
    /// An object, and its parts.
    Object {
        /// The snapshot.
        snapshot: u64,
        /// The object's number in it.
        object: u64,
    },
    /// What keeps it alive, step by step.
    Path {
        /// The snapshot.
        snapshot: u64,
        /// The object's number in it.
        object: u64,
    },
}

/// A stretch of numbered parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// First.
    pub start: usize,
    /// How many; 0: all (the answerer may still bound it).
    pub count: usize,
}

impl Page {
    /// Everything.
    pub const ALL: Page = Page { start: 0, count: 0 };

    /// As a range below `len`.
    pub fn of(self, len: usize) -> std::ops::Range<usize> {
        let start = self.start.min(len);
        let end = match self.count {
            0 => len,
            count => start.saturating_add(count).min(len),
        };
        start..end
    }
}

/// A value with a name, rendered on one line.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    /// Its name, a field's name, or an index.
    pub name: String,
    /// Bounded text.
    pub value: String,
    /// Its type as written in source.
    pub ty: String,
    /// How many named parts.
    pub named: usize,
    /// How many numbered parts.
    pub indexed: usize,
    /// How to get the parts, if it has any.
    pub place: Option<Place>,
    /// The address of the object it is, if it is one.
    pub address: Option<u64>,
}

impl Variable {
    /// One without parts.
    pub fn plain(name: impl Into<String>, value: impl Into<String>, ty: &str) -> Variable {
        Variable {
            name: name.into(),
            value: value.into(),
            ty: ty.into(),
            named: 0,
            indexed: 0,
            place: None,
            address: None,
        }
    }
}

/// How a stopped process goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Until something stops it.
    Continue,
    /// To the next statement of this function, or of its caller.
    Over,
    /// To the next statement anywhere.
    In,
    /// To the next statement of the caller.
    Out,
}

/// What a step is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Unit {
    /// A statement.
    #[default]
    Statement,
    /// All statements of a line.
    Line,
    /// What is between two places where code can stop, the library's too.
    Instruction,
    /// All there is before the first statement of a function that is entered anew.
    Restart,
    /// All there is before a statement that a frame was sent to.
    Goto,
}

/// How a stopped process goes on, in full.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Go {
    /// Where to.
    pub how: How,
    /// By what.
    pub unit: Unit,
    /// The call to step into, from [`Target::step_in_targets`].
    pub target: Option<u64>,
    /// The others stay stopped, if they are.
    pub alone: bool,
}

impl Default for Go {
    fn default() -> Self {
        Go {
            how: How::Continue,
            unit: Unit::Statement,
            target: None,
            alone: false,
        }
    }
}

/// What came of letting a process go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gone {
    /// Have all others gone on with it?
    pub all: bool,
    /// Which time it was that anything was let go on: stops with a smaller number are over.
    pub turn: u64,
}

/// How a value is touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Read.
    Read,
    /// Given another value.
    Write,
    /// Either.
    Both,
}

/// A wish for a breakpoint at data.
#[derive(Clone, PartialEq, Debug)]
pub struct DataWish {
    /// The name of the value, from [`Target::data_breakpoint`].
    pub data: String,
    /// What stops.
    pub access: Access,
    /// Condition and count.
    pub wish: Wish,
}

/// An instruction of generated code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Where it is.
    pub address: u64,
    /// Its bytes; none: there is no instruction there.
    pub bytes: Vec<u8>,
    /// It as text.
    pub text: String,
    /// The function that begins here.
    pub symbol: Option<String>,
    /// The place in the source that it belongs to, if the one before it belongs to another.
    pub at: Option<Location>,
}

impl Instruction {
    /// No instruction.
    pub(crate) fn none(address: u64) -> Instruction {
        Instruction {
            address,
            bytes: Vec::new(),
            text: String::from("??"),
            symbol: None,
            at: None,
        }
    }
}

/// A wish for a breakpoint at an instruction.
#[derive(Clone, PartialEq, Debug)]
pub struct InstructionWish {
    /// Its address.
    pub address: u64,
    /// Condition and count.
    pub wish: Wish,
}

/// A call that one can step into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepTarget {
    /// Its number, for [`Go::target`].
    pub id: u64,
    /// What is called.
    pub label: String,
    /// Line and column of its first character, from 1.
    pub start: (u32, u32),
    /// And behind its last.
    pub end: (u32, u32),
}

/// Why a process stopped.
#[derive(Clone, PartialEq, Debug)]
pub enum Why {
    /// Breakpoints with these numbers.
    Breakpoint(Vec<u64>),
    /// Breakpoints of functions with these numbers.
    Function(Vec<u64>),
    /// Breakpoints of instructions with these numbers.
    Instruction(Vec<u64>),
    /// Breakpoints of data with these numbers.
    Data {
        /// The breakpoints.
        ids: Vec<u64>,
        /// What was touched.
        text: String,
        /// It was read, rather than given another value.
        reads: bool,
    },
    /// A message that breakpoints with these numbers are about.
    Message {
        /// The breakpoints; none: it was asked for the next one.
        ids: Vec<u64>,
        /// It is about to be sent, rather than just received.
        sent: bool,
        /// The message.
        text: String,
    },
    /// It is about to end, and breakpoints with these numbers are about that.
    Ending {
        /// The breakpoints.
        ids: Vec<u64>,
        /// Why it ends.
        text: String,
    },
    /// A step is done.
    Step,
    /// It has entered a function anew.
    Restarted,
    /// It was sent to this statement.
    Gone,
    /// It was asked to.
    Pause,
    /// It stopped for the sake of others, later than they were told of.
    Together,
    /// The first statement of `main`.
    Entry,
    /// An exception.
    Exception(Thrown),
}

/// An exception that stopped a process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Thrown {
    /// Why it stopped for it.
    pub filter: Filter,
    /// What kind it is: the first of a pair of strings, the constructor or the type of another value.
    pub kind: String,
    /// Its text.
    pub text: String,
    /// Where it comes from, when it is another process's: that process's end, and the end that caused it, and so on.
    pub cause: Option<Box<Thrown>>,
    /// Where it was thrown, innermost first, as lines for people.
    pub trace: Vec<String>,
}

/// Which exceptions stop a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub enum Filter {
    /// Those that nobody catches.
    #[default]
    Uncaught,
    /// All that are thrown.
    All,
    /// The end of a linked process that ends this one too.
    LinkedExit,
}

/// A wish to stop at exceptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExceptionWish {
    /// At which.
    pub filter: Filter,
    /// Only when this expression is true; `exception` in it is what was thrown.
    pub condition: Option<String>,
}

/// A word that can stand where somebody writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What is written.
    pub label: String,
    /// Its type or signature.
    pub detail: String,
    /// `variable`, `function`, `field`, `module`, `keyword`.
    pub kind: &'static str,
}

/// A wish for a breakpoint.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wish {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: Option<u32>,
    /// Stop only when this expression is true.
    pub condition: Option<String>,
    /// Instead of stopping, print this; `{e}` is replaced by the value of `e`.
    pub log: Option<String>,
    /// Stop only at hits for which this holds: `5` (from the fifth on), `== 5`, `% 5`, `> 5`, ….
    pub hits: Option<String>,
}

/// A logical breakpoint: it stays while code comes and goes.
#[derive(Clone, PartialEq, Debug)]
pub struct Breakpoint {
    /// Unique in the image.
    pub id: u64,
    /// Does code answer to it?
    pub verified: bool,
    /// Where it is now: the next line with code, when its own has none.
    pub at: Location,
    /// Why it is not verified.
    pub message: Option<String>,
}

/// What happens in the image, told to everyone who listens.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A process stopped.
    Stopped {
        /// Which.
        pid: Pid,
        /// Why.
        why: Why,
        /// All others stand still, too.
        all: bool,
        /// How often anything had been let go on before.
        turn: u64,
    },
    /// It goes on.
    Resumed {
        /// Which.
        pid: Pid,
        /// See [`Gone::turn`].
        turn: u64,
    },
    /// It goes on, and all others with it.
    AllResumed {
        /// Which.
        pid: Pid,
        /// See [`Gone::turn`].
        turn: u64,
    },
    /// A process began.
    Started(Pid),
    /// A process ended.
    Exited(Pid),
    /// A breakpoint is verified now, or no longer, or at another line.
    Breakpoint(Breakpoint),
    /// A breakpoint is gone for good.
    BreakpointGone(Breakpoint),
    /// The program wrote something.
    Output {
        /// To stderr rather than stdout?
        error: bool,
        /// What.
        text: String,
        /// Who.
        pid: Option<Pid>,
    },
    /// A log point was passed.
    Log {
        /// The text with its values.
        text: String,
        /// Where.
        at: Location,
        /// Who.
        pid: Pid,
    },
    /// New code was loaded, or refused.
    Reloaded(Reload),
    /// The program ended.
    Ended {
        /// The status for the shell.
        status: i32,
    },
}

/// A message waiting in a mailbox.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Its place in the queue.
    pub index: usize,
    /// Its type.
    pub ty: String,
    /// Bounded text.
    pub value: String,
    /// Who sent it.
    pub from: Option<Pid>,
    /// How long it waits.
    pub age_ms: Option<u64>,
    /// Where it was sent.
    pub at: Option<Location>,
}

/// Something that has happened to a traced process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastEvent {
    /// From 1.
    pub number: u64,
    /// Milliseconds since the image began.
    pub at_ms: u64,
    /// `recv`, `send`, `spawn`, `link`, `monitor`, `exit`.
    pub kind: &'static str,
    /// The message, or the reason of the end.
    pub text: String,
    /// The other process.
    pub other: Option<Pid>,
}

/// Messages of one kind that wait in a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Their type, and the constructor when it has several: `Request.Withdraw`.
    pub name: String,
    /// How many.
    pub count: usize,
    /// The receive in which the process waits has looked at them and takes none.
    pub refused: bool,
}

/// A diagnostic with positions as editors count them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// Line and UTF-16 column of its first character, from 0.
    pub start: (u32, u32),
    /// And behind its last.
    pub end: (u32, u32),
    /// Does it keep the program from running?
    pub error: bool,
    /// The sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What came of loading code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reload {
    /// Does the new code run?
    pub ok: bool,
    /// The version that runs now.
    pub version: u64,
    /// Names of the functions that were compiled anew.
    pub changed: Vec<String>,
    /// How many compiled functions stayed.
    pub unchanged: usize,
    /// What is wrong, when it is not ok; warnings otherwise.
    pub findings: Vec<Finding>,
    /// From the request to the new code running.
    pub micros: u64,
}

/// Why a question has no answer: a sentence for a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(text: T) -> Self {
        Refusal(text.into())
    }
}

/// A text of a project's file that is not (or not yet) on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// The file.
    pub path: String,
    /// Its text; `None`: as on disk.
    pub text: Option<String>,
}

/// What an image runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// Absolute path of the directory that modules are relative to.
    pub root: String,
    /// The file with `main`, relative to it.
    pub main: String,
    /// The version of the sources that runs: 1, and one more for every reload that changed something.
    pub version: u64,
}

/// The order of a list of processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// By number.
    #[default]
    Id,
    /// Longest mailbox first.
    Mailbox,
    /// Busiest first.
    Reductions,
    /// Largest heap first.
    Heap,
    /// The named first, by name.
    Name,
    /// The stopped and the running first.
    State,
    /// Most links first.
    Links,
}

/// A process as a filter sees it.
pub struct Glance<'a> {
    /// Its number.
    pub pid: Pid,
    /// Its registered name.
    pub name: Option<&'a str>,
    /// What it does.
    pub state: State,
    /// Messages waiting.
    pub mailbox: u64,
    /// Reductions so far.
    pub reductions: u64,
    /// Bytes of heap after its last collection.
    pub heap_bytes: u64,
    /// How many it is linked to.
    pub links: u64,
    /// What it runs; to find that out takes longer than all else.
    pub function: &'a dyn Fn() -> String,
}

/// Says of a process whether it is wanted.
pub type Lets<'a> = dyn Fn(&Glance<'_>) -> bool + 'a;

/// Some processes of an order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Chosen {
    /// Those of the range.
    pub rows: Vec<Process>,
    /// How many were let through.
    pub matched: usize,
    /// How many there are.
    pub total: usize,
}

/// Somebody does not want an answer any more.
#[derive(Default, Debug)]
pub struct Cancel(std::sync::atomic::AtomicBool);

impl Cancel {
    /// From now on it is not wanted.
    pub fn now(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Release);
    }

    /// Is it wanted no more?
    pub fn is_asked(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Acquire)
    }
}

/// A living image, or something that behaves like one in a test: all that a debug protocol needs.
///
/// Every method may be called from any thread. What is asked of a process that runs is answered at its next safepoint, without stopping it for longer.
pub trait Target: Send + Sync {
    /// What program this is.
    fn program(&self) -> Program;
    /// At most `limit` rows (0: all) in this order, and how many there are in total.
    fn processes(&self, order: Order, limit: usize) -> (Vec<Process>, usize);
    /// The processes in a range of an order, of those that are let through.
    fn choose(
        &self,
        order: Order,
        range: std::ops::Range<usize>,
        lets: Option<&Lets<'_>>,
    ) -> Chosen;
    /// Every process and who started it.
    fn parents(&self) -> Vec<(Pid, Option<Pid>)>;
    /// One row.
    fn process(&self, pid: Pid) -> Option<Process>;
    /// The stack of a process.
    fn frames(&self, pid: Pid) -> Result<Vec<Frame>, Refusal>;
    /// At most so many processes: the named and the stopped, then the busiest; each with the name of what it runs.
    fn threads(&self, limit: usize) -> Vec<(Pid, String)>;
    /// Ends a process.
    fn kill(&self, pid: Pid) -> Result<(), Refusal>;
    /// The scopes of a frame of a stopped process.
    fn scopes(&self, pid: Pid, frame: usize) -> Result<Vec<Scope>, Refusal>;
    /// The named parts of a place of a stopped process; with `page`, the numbered ones of that stretch.
    fn variables(
        &self,
        pid: Pid,
        place: &Place,
        page: Option<Page>,
    ) -> Result<Vec<Variable>, Refusal>;
    /// The value of an expression, in a frame of a stopped process or in the module of `main`; `cancel` ends what takes too long.
    fn evaluate(
        &self,
        frame: Option<(Pid, usize)>,
        text: &str,
        cancel: &Cancel,
    ) -> Result<Variable, Refusal>;
    /// Gives what has this name in a place the value of an expression; in a scope, `name[3]` is an element. What it is now.
    fn change(&self, pid: Pid, place: &Place, name: &str, text: &str) -> Result<Variable, Refusal>;
    /// The value as a text that could stand in a program, with little left out.
    fn whole(&self, pid: Pid, place: &Place) -> Result<String, Refusal>;
    /// What can be written behind this beginning of an expression.
    fn complete(&self, frame: Option<(Pid, usize)>, text: &str) -> Vec<Completion>;
    /// The source files of the program: those of the project, and those of the library that it uses.
    fn sources(&self) -> Vec<String>;
    /// The text of a source, by the path that locations have.
    fn source(&self, path: &str) -> Result<String, Refusal>;
    /// Bytes of memory from an address on: fewer than asked for where no more can be read.
    fn memory(&self, address: u64, count: usize) -> Vec<u8>;
    /// Messages waiting: how many, and those of a page.
    fn mailbox(&self, pid: Pid, page: Page) -> Result<(usize, Vec<Message>), Refusal>;
    /// The messages waiting by kind, the most numerous first; of a long mailbox those of its beginning.
    fn shapes(&self, pid: Pid) -> Result<Vec<Shape>, Refusal>;
    /// Keeps what happens to a process, or no longer.
    fn trace(&self, pid: Pid, on: bool) -> Result<(), Refusal>;
    /// What has happened to it behind the event of this number, and whether it is traced still.
    fn past(&self, pid: Pid, since: u64) -> (Vec<PastEvent>, bool);
    /// The heap of a process; its objects by type, for which all are looked at, only if they are wanted.
    fn heap(&self, pid: Pid, types: bool) -> Result<Heap, Refusal>;
    /// Snapshots of heaps, if there are any to be had.
    fn heaps(&self) -> Option<&Heaps> {
        None
    }
    /// Collections, of one process or of all.
    fn gc_stats(&self, pid: Option<Pid>) -> GcStats;
    /// The workers.
    fn scheduler(&self) -> Vec<Worker>;
    /// How many processes are at what.
    fn census(&self) -> Census;
    /// Nanoseconds since the image began.
    fn now_nanos(&self) -> u64;
    /// Sets the breakpoints of one client in one file, instead of those it had there.
    fn set_breakpoints(&self, client: u64, path: &str, wishes: &[Wish]) -> Vec<Breakpoint>;
    /// Where in these lines a breakpoint can be.
    fn breakpoint_locations(&self, path: &str, lines: (u32, u32)) -> Vec<Location>;
    /// Sets the breakpoints of one client at the first statement of functions, instead of those it had.
    fn set_function_breakpoints(&self, client: u64, wishes: &[(String, Wish)]) -> Vec<Breakpoint>;
    /// Sets the breakpoints of one client at instructions, instead of those it had.
    fn set_instruction_breakpoints(
        &self,
        client: u64,
        wishes: &[InstructionWish],
    ) -> Vec<Breakpoint>;
    /// The name by which a part of a place, or a variable or element of a frame, or else an `mvar`, can be watched; it in words; can reading it be watched?
    fn data_breakpoint(
        &self,
        place: Option<(Pid, &Place)>,
        name: &str,
    ) -> Result<(String, String, bool), Refusal>;
    /// Sets the breakpoints of one client at data, instead of those it had.
    fn set_data_breakpoints(&self, client: u64, wishes: &[DataWish]) -> Vec<Breakpoint>;
    /// `count` instructions around an address of generated code, from the one that many before or behind it.
    fn disassemble(
        &self,
        address: u64,
        offset: i64,
        count: usize,
    ) -> Result<Vec<Instruction>, Refusal>;
    /// Sets at which exceptions processes stop for one client, instead of what it wanted before.
    fn stop_on(&self, client: u64, wishes: &[ExceptionWish]);
    /// Lets a stopped process go on.
    fn go(&self, pid: Pid, go: &Go) -> Result<Gone, Refusal>;
    /// This client debugs the program, rather than only look: what it has stopped waits till it goes on, or the last of its kind has left.
    fn attach(&self, client: u64);
    /// For this client, all processes are to stop and go on together, or no longer.
    fn stop_together(&self, client: u64, on: bool);
    /// Which processes stand still by themselves, and why.
    fn standing(&self) -> Vec<(Pid, Why)>;
    /// Enters the function of a frame of a stopped process anew, with the arguments it has now; it stops at its first statement.
    fn restart_frame(&self, pid: Pid, frame: usize) -> Result<Gone, Refusal>;
    /// The statements of a line of a file, from a column on if one is given, to which some stopped process can be sent.
    fn goto_targets(
        &self,
        path: &str,
        line: u32,
        column: Option<u32>,
    ) -> Result<Vec<StepTarget>, Refusal>;
    /// Sends a stopped process to such a statement: it stops there, and what is between is not run.
    fn goto(&self, pid: Pid, target: u64) -> Result<Gone, Refusal>;
    /// The calls in the statement a frame is at.
    fn step_in_targets(&self, pid: Pid, frame: usize) -> Result<Vec<StepTarget>, Refusal>;
    /// Processes that wait for stopped ones: who, and for whom.
    fn waits(&self) -> Vec<(Pid, Pid)>;
    /// Lets a stopped process go on until it receives a message.
    fn next_message(&self, pid: Pid) -> Result<Gone, Refusal>;
    /// Stops a process at its next statement; when it waits, where it waits.
    fn pause(&self, pid: Pid) -> Result<(), Refusal>;
    /// Loads new code: these files, or all that changed on disk.
    fn reload(&self, edits: &[Edit]) -> Reload;
    /// Listens. A receiver that is dropped hears no more.
    fn listen(&self) -> told::Told;
    /// Lets `main` start, when the image was told to wait. `stop`: at its first statement.
    fn release(&self, stop: bool);
    /// Ends the program.
    fn terminate(&self);
    /// Who launched the program leaves it to itself: it goes on, and what it writes, nobody reads.
    fn leave(&self);
    /// A client has gone: its breakpoints go too, and when it was the last that had attached, what stands still goes on, unless it `stays` so.
    fn forget(&self, client: u64, stays: bool);
}
