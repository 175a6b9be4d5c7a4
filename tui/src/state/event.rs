//! What happens and what is to be done about it: events come in, effects go out, questions to the image wait for their answers.

use super::Files;
use crate::analysis::Definition;
use crate::analysis::question::{Answer, Question};
use crate::client::Incoming;
use crate::editor::document::{Diag, Stamp};
use crate::keys::Key;
use crate::proto::Pid;
use crate::state::formatting::{Formatted, Formatting};
use crate::state::heaps::Then;
use ropey::Rope;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use tree_sitter::Tree;

/// What a request was for; comes back with the reply.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Ask {
    /// The greeting.
    Initialize,
    /// The attachment.
    Attach,
    /// The end of the configuration.
    Configured,
    /// Breakpoints of one file.
    Breakpoints(PathBuf),
    /// The list of processes.
    Processes,
    /// A mailbox.
    Mailbox(Pid),
    /// The shapes in a mailbox that a finding is about.
    Shapes(Pid),
    /// A stack.
    Stack(Pid),
    /// A heap.
    Heap(Pid),
    /// Collections.
    Gc,
    /// Workers.
    Workers,
    /// Collections of one process.
    GcOf(Pid),
    /// A heap snapshot, of a process or of all, and what follows.
    HeapSnapshot(Option<Pid>, Then),
    /// Its types.
    HeapTypes(u64, Then),
    /// Objects of one type in it.
    HeapObjects(u64, String),
    /// One object in it.
    HeapObject(u64, u64),
    /// It is to be forgotten.
    HeapForget(u64),
    /// The frames of a stopped process.
    StackTrace(Pid),
    /// The scopes of a frame.
    Scopes(Pid, usize),
    /// A watched expression, by its place among them.
    Watch(Pid, usize),
    /// Who waits for stopped processes.
    Waits,
    /// The parts of a value.
    Variables(Pid, u64),
    /// Continue or a step; the word is for messages.
    Move(Pid, &'static str),
    /// A page of the parts of a value that is looked into, by its handle.
    Parts(u64, u64),
    /// A message as a value: its process, its place.
    Message(Pid, u64),
    /// What completes the line of the REPL, or of the console; the line.
    Complete(bool, String),
    /// Breakpoints of functions and messages.
    NamedBreaks,
    /// What the debugger asks.
    Debug(super::DebugAsk),
    /// The end of a process.
    Kill(Pid),
    /// A pause.
    Pause(Pid),
    /// An evaluation in the REPL.
    Repl,
    /// An evaluation in the console.
    Console,
    /// A value under the cursor.
    Hover(String),
    /// Loading: the documents and their revisions.
    Reload(Vec<(usize, usize)>),
    /// The end.
    Bye,
}

/// What happens.
#[derive(Debug)]
pub enum Event {
    /// A key.
    Key(Key),
    /// The mouse.
    Mouse(Mouse),
    /// Pasted text.
    Paste(String),
    /// A new size of the screen.
    Resize(u16, u16),
    /// The time in milliseconds since the start.
    Tick(u64),
    /// The image was reached.
    Connected,
    /// The image could not be started or reached.
    NoImage(String),
    /// Something from the image.
    Image(Incoming<Ask>),
    /// A line the image's process wrote besides the protocol.
    ImageSays(String),
    /// A file was read.
    FileRead {
        /// Which.
        path: PathBuf,
        /// Where to put the cursor: line and column from 0.
        goto: Option<(usize, usize)>,
        /// Its text, or why not.
        result: Result<(Rope, Option<Stamp>), String>,
        /// It replaces the text that is open.
        revert: bool,
    },
    /// A file was read only to be shown.
    Peeked(PathBuf, Option<Rope>),
    /// Unsaved text of a file was found: of a program that was killed, or of one that still runs.
    SwapFound {
        /// The file.
        path: PathBuf,
        /// The text.
        text: Rope,
        /// How old it is, in seconds.
        age: u64,
        /// The process that wrote it, if it still runs.
        running: Option<u32>,
    },
    /// Lines of the project that match: file, line, text.
    Grepped(&'static str, Vec<(PathBuf, usize, String)>),
    /// What the last session left.
    Session(String),
    /// The files on disk that are open here: how they are now; `None`: gone.
    Stamps(Vec<(usize, Option<Stamp>)>),
    /// A file was written, or not.
    FileWritten {
        /// The document.
        doc: usize,
        /// Its revision at that time.
        revision: usize,
        /// What to do next.
        then: AfterSave,
        /// The new stamp, or why not.
        result: Result<Stamp, WriteError>,
    },
    /// What is looked for in a picker was found, or more of it.
    Found,
    /// The files of the project, relative.
    Files(Arc<Files>),
    /// A tree is ready.
    Parsed {
        /// Document.
        doc: usize,
        /// Version of its text.
        version: u64,
        /// The tree.
        tree: Tree,
    },
    /// A text was formatted, or not.
    Formatted(Formatted),
    /// The analyser has spoken.
    Diagnosed {
        /// Document.
        doc: usize,
        /// Version of its text.
        version: u64,
        /// All it has to say.
        diagnostics: Vec<Diag>,
    },
    /// Where a name is defined.
    Defined {
        /// The name.
        name: String,
        /// Where, if that is known.
        place: Option<Definition>,
    },
    /// The analyser has answered a question.
    Answered(Answer),
    /// What is known about the place under the cursor.
    Hovered(Option<String>),
    /// The terminal's background is light, or dark.
    Ground(bool),
    /// Something was said of a run of tests: its number, the object.
    Tested(u32, Value),
    /// A run of tests is over; why, if it was not done.
    TestsOver(u32, Option<String>),
    /// A background thread failed; the terminal still works.
    Trouble(String),
}

/// What the mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
}

/// Kinds of mouse events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// It moved with the button down.
    Drag,
    /// The wheel up.
    WheelUp,
    /// The wheel down.
    WheelDown,
}

/// What follows a save.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterSave {
    /// Load it.
    Load,
    /// Nothing.
    Stay,
    /// Load it and leave.
    Quit,
}

/// Why a file was not written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WriteError {
    /// Somebody else changed it.
    ChangedOnDisk,
    /// The system refused.
    Failed(String),
}

/// What the shell is asked to do.
#[derive(Debug)]
pub enum Effect {
    /// Start the image, ending the one that runs.
    StartImage,
    /// End the image.
    StopImage,
    /// Start the image with the test of this title instead of `main`, ending the one that runs.
    StartTest(String),
    /// Run the tests with these titles, or all, in a program of their own, ending the run that goes on.
    RunTests {
        /// The run's number.
        run: u32,
        /// The titles.
        titles: Vec<String>,
        /// Seconds a test may take.
        limit: u64,
    },
    /// End the tests that run.
    StopTests,
    /// Ask the image.
    Request(Ask, &'static str, Value),
    /// Read a file.
    Read {
        /// Which.
        path: PathBuf,
        /// Where to put the cursor.
        goto: Option<(usize, usize)>,
        /// It replaces the text that is open.
        revert: bool,
    },
    /// Read a file only to show it.
    Peek(PathBuf),
    /// Write a file.
    Write {
        /// Document.
        doc: usize,
        /// Where to.
        path: PathBuf,
        /// What.
        text: Rope,
        /// The document's revision.
        revision: usize,
        /// What the file should be now; `None`: whatever.
        expected: Option<Stamp>,
        /// What to do next.
        then: AfterSave,
    },
    /// Search the files of the project.
    Grep {
        /// For this.
        regex: regex::Regex,
        /// Texts that are open, which are searched instead of their files.
        open: Vec<(PathBuf, Rope)>,
        /// What the found lines are called.
        title: &'static str,
    },
    /// Keep unsaved text beside.
    Swap {
        /// The file.
        path: PathBuf,
        /// Its text here.
        text: Rope,
    },
    /// There is nothing unsaved any more.
    Unswap(PathBuf),
    /// Look for unsaved text of a file.
    FindSwap(PathBuf),
    /// Keep the session.
    KeepSession(String),
    /// Look whether files were changed by others: document, path.
    Stat(Vec<(usize, PathBuf)>),
    /// List the project.
    ListFiles,
    /// Parse a text.
    Parse {
        /// Document.
        doc: usize,
        /// Version.
        version: u64,
        /// Text.
        text: Rope,
        /// The shifted old tree.
        old: Option<Tree>,
    },
    /// Free a tree, where it may take its time.
    Discard(Tree),
    /// Format a text.
    Format(Formatting),
    /// Ask the analyser about a text.
    Analyse {
        /// Document.
        doc: usize,
        /// Path.
        path: PathBuf,
        /// Version.
        version: u64,
        /// Text.
        text: Rope,
    },
    /// Tell the analyser that a text is open no longer.
    Closed {
        /// Document.
        doc: usize,
        /// Path.
        path: PathBuf,
    },
    /// Ask the analyser where a name is defined.
    Define {
        /// Path.
        path: PathBuf,
        /// Text.
        text: Rope,
        /// Position in characters.
        at: usize,
        /// The name there.
        name: String,
    },
    /// Ask the analyser a question.
    Question(Question),
    /// Ask the analyser what is under the cursor.
    Hover {
        /// Path.
        path: PathBuf,
        /// Text.
        text: Rope,
        /// Position in characters.
        at: usize,
    },
    /// Put text into the clipboard.
    Copy(String),
    /// Write settings into the user's file: which file, names and values.
    Configure(PathBuf, Vec<(&'static str, String)>),
    /// Remember where somebody is in the tutorial.
    KeepLesson(usize),
    /// Give way to the tutorial when this program ends.
    Tutor,
    /// Suspend to the shell.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
}
