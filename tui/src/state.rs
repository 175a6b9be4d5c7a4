//! The model: everything the screen shows and the keys work on.
//!
//! No clock, no files, no sockets: time comes in with events, the world is asked by effects. `update` changes it, `view` draws it.

mod debugging;
pub mod diff;
mod event;
mod files;
mod finder;
mod findings;
pub mod formatting;
mod guide;
pub mod heaps;
pub mod inspect;
mod lang;
pub mod live;
mod panels;
mod past;
mod processes;
mod repl;
mod session;
mod stop;
pub mod tests;
mod tree;
mod tutor;

pub use debugging::{Again, DataBreak, DebugAsk, Debugging, Filter, Load, Mark, Until};
pub use event::{AfterSave, Ask, Effect, Event, Mouse, MouseKind, WriteError};
pub use files::Files;
pub use finder::{Finder, Rows, Waker};
pub use findings::Finding;
pub use guide::{CHOICES, Guide, Standing, Welcome, welcome_rows};
pub use lang::{Choices, Lang};
pub use panels::StandingRow;
pub use past::{Changes, Past};
pub use processes::Window;
pub use repl::{Entry, Offers, Repl, is_open};
pub use session::{Saved, Session};
pub use stop::{Stop, VarRow, WATCH, WATCH_SHUT};
pub use tree::{Tree, TreeRow};
pub use tutor::{CHECKS, Lesson, PROJECT, Step, Tutor, lessons, pieces as tutor_pieces};

use crate::commands::{Cmd, Ctx};
use crate::editor::document::Document;
use crate::editor::select::Pick;
use crate::editor::selection::Selection;
use crate::editor::{Editor, Mode, Preset};
use crate::input::Input;
use crate::keys::Key;
use crate::proto::{Frame, GcStats, Heap, Message, Pid, Place, Process, Reload, Shape, Worker};
use crate::theme::{Glyphs, Theme};
use ropey::Rope;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The screens, in the order of the bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum View {
    /// The editor.
    Code,
    /// All processes, and one in detail.
    Processes,
    /// The heap of one process.
    Heap,
    /// Garbage collections.
    Gc,
    /// Worker threads.
    Schedulers,
    /// The debugger.
    Debug,
    /// The tests.
    Tests,
    /// The REPL.
    Repl,
}

/// Digit, command, long and short name of each view.
pub const VIEWS: &[(char, View, Cmd, &str, &str)] = &[
    ('1', View::Code, Cmd::ViewCode, "Code", "Code"),
    (
        '2',
        View::Processes,
        Cmd::ViewProcesses,
        "Processes",
        "Proc",
    ),
    ('3', View::Heap, Cmd::ViewHeap, "Heap", "Heap"),
    ('4', View::Gc, Cmd::ViewGc, "GC", "GC"),
    (
        '5',
        View::Schedulers,
        Cmd::ViewSchedulers,
        "Schedulers",
        "Sched",
    ),
    ('6', View::Debug, Cmd::ViewDebug, "Debug", "Debug"),
    ('7', View::Tests, Cmd::ViewTests, "Tests", "Test"),
    ('8', View::Repl, Cmd::ViewRepl, "REPL", "REPL"),
];

/// The parts of a screen that can have the focus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Panel {
    /// The text editor.
    Editor,
    /// The files of the project.
    Tree,
    /// The REPL: a strip below the code, or a whole screen.
    Repl,
    /// The list of processes.
    Processes,
    /// A process's mailbox.
    Mailbox,
    /// A process's stack.
    Stack,
    /// A process's heap.
    Heap,
    /// The heap snapshots.
    Snapshots,
    /// The list of collections.
    Collections,
    /// Who collects most.
    Collectors,
    /// How long collections took.
    Pauses,
    /// The list of workers.
    Workers,
    /// The frames of the stopped process.
    Frames,
    /// Its variables.
    Locals,
    /// The line that evaluates in the frame.
    Console,
    /// The list of tests.
    Tests,
    /// What has happened to a process.
    Past,
    /// What the file defines, and what is not loaded.
    Outline,
    /// The standing panels at the right.
    Side,
    /// What is probably wrong.
    Findings,
}

/// How the image is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Link {
    /// Nobody asked for it.
    Off,
    /// It is being started.
    Starting,
    /// It answers.
    Live,
    /// It is gone; what was known stays on the screen.
    Lost(String),
}

/// A breakpoint as the user set it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breakpoint {
    /// The image's number for it.
    pub id: Option<u64>,
    /// The line, from 0.
    pub line: usize,
    /// Whether the image took it.
    pub verified: bool,
    /// What the image said.
    pub message: Option<String>,
    /// It stops only if this holds.
    pub condition: String,
    /// It stops only at these hits.
    pub hits: String,
    /// This is printed instead of stopping.
    pub log: String,
    /// It is kept, but the image is not told of it.
    pub off: bool,
    /// How often a process was seen stopped at it.
    pub seen: u64,
}

impl Breakpoint {
    /// What makes it a special one, in words: ` if n > 10`.
    pub fn words(&self) -> String {
        let all = [
            ("if", &self.condition),
            ("hits", &self.hits),
            ("logs", &self.log),
        ];
        all.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(word, text)| format!(" {word} {text}"))
            .chain(self.off.then(|| " off".to_owned()))
            .collect()
    }
}

/// The past of one process, for rates and trends.
#[derive(Clone, Default, Debug)]
pub struct Track {
    reductions: u64,
    at: u64,
    /// Reductions per second.
    pub rate: u64,
    /// Lengths of the mailbox, the newest last.
    pub mailbox: VecDeque<u64>,
    /// Since when it is in a blocking call.
    pub blocked_at: Option<u64>,
    /// Nanoseconds of collection per second.
    pub gc_rate: u64,
    gc_nanos: u64,
    gc_count: u64,
    /// Collections per minute.
    pub gc_minute: u64,
    /// Sizes of the heap, the newest last.
    pub heap: VecDeque<u64>,
}

/// What was found, of which answer, and whether everything was frozen then.
type Found = ((u64, Option<u64>), Vec<Finding>);

/// What is known of the image.
#[derive(Debug)]
pub struct Image {
    /// How it is reached.
    pub link: Link,
    /// The version of the code that runs.
    pub version: u64,
    /// What came of the last load, and when.
    pub reload: Option<(Reload, u64)>,
    /// It has answered since it was started last.
    pub was_live: bool,
    /// Exit code of `main`, once it has ended.
    pub exit: Option<i64>,
    /// The processes asked for.
    pub processes: Vec<Process>,
    /// How many there are.
    pub total: u64,
    /// Which of all rows these are.
    pub window: Window,
    /// How many answers in a row have said nothing new.
    pub still: u32,
    /// What the last list has cost, in microseconds.
    pub cost: u64,
    /// What was found, and for which answer.
    pub found: std::cell::RefCell<Found>,
    /// Counts answers, and what else changes what is found.
    pub answers: u64,
    /// Their past.
    pub tracks: HashMap<Pid, Track>,
    /// The workers.
    pub workers: Vec<Worker>,
    /// Reductions per second of each worker, and the past of their sum.
    pub worker_rates: HashMap<u64, (u64, u64, u64)>,
    /// Past reductions per second.
    pub rates: VecDeque<u64>,
    /// The collections.
    pub gc: GcStats,
    /// Questions not answered yet.
    pub in_flight: HashSet<Ask>,
    /// Which processes had a name, and from when on.
    pub renamed: HashMap<String, VecDeque<(u64, Pid)>>,
    /// Who waits for which stopped process.
    pub waits: Vec<(Pid, Pid)>,
    /// When the workers were last asked.
    pub workers_at: u64,
}

/// What is known of the process the lists have selected.
#[derive(Default, Debug)]
pub struct Detail {
    /// The process.
    pub pid: Pid,
    /// The first messages.
    pub messages: Vec<Message>,
    /// How many there are.
    pub total: u64,
    /// Its messages by shape.
    pub shapes: Vec<Shape>,
    /// The stack.
    pub frames: Vec<Frame>,
    /// The heap.
    pub heap: Option<Heap>,
    /// What the image refused, per question.
    pub refused: Option<String>,
}

/// A list with a selected row.
#[derive(Default, Clone, Copy, Debug)]
pub struct Cursor {
    /// The row.
    pub row: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl Cursor {
    /// Keeps the row inside the list and on the screen.
    pub fn fit(&mut self, rows: usize, height: usize) {
        self.row = self.row.min(rows.saturating_sub(1));
        self.top = self
            .top
            .min(self.row)
            .max((self.row + 1).saturating_sub(height.max(1)));
        self.top = self.top.min(rows.saturating_sub(height.max(1)));
    }
}

/// What a prompt is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PromptKind {
    /// `:`
    Command,
    /// `/` in the editor.
    Search,
    /// The same, backwards.
    SearchBack,
    /// A pattern that changes the selection.
    Pick(Pick),
    /// `/` in the list of processes.
    Filter,
}

/// A line typed at the bottom.
#[derive(Debug)]
pub struct Prompt {
    /// What for.
    pub kind: PromptKind,
    /// The line.
    pub input: Input,
    /// Cursor and scroll before a search, to return to.
    pub origin: usize,
    /// Which line of the history is shown.
    pub at: Option<usize>,
    /// The selection before, to return to.
    pub saved: Option<Selection>,
}

/// What choosing something does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Run a command.
    Run(Cmd),
    /// Open a file, perhaps at a line (from 0).
    Open(PathBuf, Option<usize>),
    /// Open a file at a line and column (from 0).
    Spot(PathBuf, usize, usize),
    /// Rename as it was shown.
    Rename,
    /// Show a document at a position.
    Show(usize, usize),
    /// Begin a typed command.
    Type(&'static str),
    /// Go to a revision of a document.
    Revision(usize, usize),
    /// Show a process.
    Process(Pid),
    /// Put an older line into the REPL.
    Recall(String),
    /// End a process.
    Kill(Pid),
    /// Debug the test with this title.
    DebugTest(String),
    /// What can be done about a breakpoint.
    Mark(Mark),
    /// Do it.
    OnMark(Mark, char),
    /// Send a stopped process to another statement: the number the image has for it.
    GoTo(Pid, u64),
    /// Look for a definition.
    Seek(String),
    /// What can be done about a finding: its key, its process, its words.
    Finding(String, Pid, String),
    /// Show a finding no more.
    Mute(String),
    /// Go to where a process is.
    SourceOf(Pid),
    /// Begin to change a setting.
    Set(&'static str),
    /// Paste a register.
    Paste(char),
    /// Save all, then leave.
    SaveAllAndQuit,
    /// Leave without saving.
    QuitAnyway,
    /// Write over what is on disk.
    Overwrite(usize, AfterSave),
    /// Take what is on disk.
    Revert(usize),
    /// Close a document and lose its changes.
    CloseAnyway(usize),
    /// Take over the unsaved text of a program that was killed.
    Recover(usize, Rope),
    /// Forget that text.
    DropSwap(usize),
    /// Nothing.
    Nothing,
}

/// One row of a picker.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is matched.
    pub label: String,
    /// What stands at the right.
    pub detail: String,
    /// What it does.
    pub action: Action,
}

/// What lies over the screen.
#[derive(Debug)]
pub enum Popup {
    /// The keys that work here.
    Help {
        /// First row.
        top: usize,
    },
    /// A list to choose from by typing.
    Picker {
        /// Its name.
        title: &'static str,
        /// All rows.
        items: Rows,
        /// Which of them match.
        finder: Finder,
        /// What is typed.
        query: Input,
        /// The row among those that match.
        cursor: Cursor,
    },
    /// A question with answers of one key.
    Question {
        /// The question.
        text: String,
        /// Key, words, action.
        answers: Vec<(char, &'static str, Action)>,
    },
    /// The choice at the first start.
    Welcome(Welcome),
    /// A value that is looked into.
    Inspect(Box<inspect::Inspector>),
    /// Something to read.
    Info {
        /// Its name.
        title: String,
        /// The text.
        text: String,
    },
}

/// How loud a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// It went well.
    Good,
    /// Worth knowing.
    Plain,
    /// It did not go.
    Bad,
}

/// Processes asked for at once.
pub const ROWS: u64 = 500;

/// Columns the list of processes can be sorted by.
pub const SORTS: &[&str] = &[
    "mailbox",
    "reductions",
    "heap",
    "id",
    "name",
    "state",
    "links",
];

/// The model.
pub struct State {
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// Milliseconds since the start.
    pub now: u64,
    /// The screen.
    pub view: View,
    /// The panel with the focus, per view.
    pub focus: HashMap<View, Panel>,
    /// The focused panel has the whole screen.
    pub zoom: bool,
    /// What can be set.
    pub settings: crate::options::Settings,
    /// Unsaved text is to be kept beside at this time, in milliseconds since the start.
    pub wake: Option<u64>,
    /// When the open files were last looked at on disk.
    pub looked: u64,
    /// The user's settings file.
    pub config: Option<PathBuf>,
    /// What the last session left, until its files are open.
    pub restoring: Option<Session>,
    /// Colours.
    pub theme: Theme,
    /// Marks.
    pub glyphs: Glyphs,
    /// The project's directory.
    pub root: PathBuf,
    /// Its name.
    pub name: String,
    /// Its files, relative.
    pub files: Arc<Files>,
    /// Its files as a tree.
    pub tree: Tree,
    /// Open texts.
    pub editor: Editor,
    /// Questions to the analysis and what hangs on them.
    pub lang: Lang,
    /// The image.
    pub image: Image,
    /// The selected process.
    pub selected: Option<Pid>,
    /// What is known of it.
    pub detail: Detail,
    /// The list of processes.
    pub processes: Cursor,
    /// The mailbox.
    pub mailbox: Cursor,
    /// The stack.
    pub stack: Cursor,
    /// Types in the heap.
    pub heap: Cursor,
    /// The collections.
    pub collections: Cursor,
    /// Who collects most.
    pub collectors: Cursor,
    /// The workers.
    pub workers: Cursor,
    /// What the image tells of itself from second to second.
    pub live: live::Live,
    /// Heap snapshots and the way through them.
    pub heaps: heaps::Heaps,
    /// Which column sorts.
    pub sort: usize,
    /// The filter as typed.
    pub filter: String,
    /// Processes are below who started them.
    pub as_tree: bool,
    /// Processes in the tree whose own are not shown.
    pub folded: HashSet<Pid>,
    /// Findings that are not to be shown.
    pub muted: HashSet<String>,
    /// Live lists stand still.
    pub frozen: Option<u64>,
    /// Stopped processes.
    pub stops: BTreeMap<Pid, Stop>,
    /// The one the debugger shows.
    pub debugged: Option<Pid>,
    /// Expressions whose values are shown where a process stops.
    pub watches: Vec<String>,
    /// Which values were open when a process went on.
    pub open_values: HashSet<String>,
    /// The frames.
    pub frames: Cursor,
    /// The variables.
    pub locals: Cursor,
    /// The past of a process.
    pub past: Cursor,
    /// Texts that are shown but not open; `None`: asked for, or not readable.
    pub sources: HashMap<PathBuf, Option<Rope>>,
    /// Breakpoints by file.
    pub breakpoints: BTreeMap<PathBuf, Vec<Breakpoint>>,
    /// Those of functions, messages and ends, by what they are about.
    pub named_breaks: Vec<(String, Breakpoint)>,
    /// The tests.
    pub tests: tests::Tests,
    /// What else the debugger keeps.
    pub debugging: Debugging,
    /// The REPL.
    pub repl: Repl,
    /// The debugger's console.
    pub console: Repl,
    /// What is typed at the bottom.
    pub prompt: Option<Prompt>,
    /// Lines typed after `:`.
    pub command_history: Vec<String>,
    /// What lies over the screen.
    pub popup: Option<Popup>,
    /// Keys of an unfinished sequence.
    pub pending: Vec<Key>,
    /// The number typed before a command.
    pub count: Option<usize>,
    /// A command that waits for a character.
    pub wants_char: Option<Cmd>,
    /// The first of two characters a command waits for.
    pub first_char: Option<char>,
    /// The macro that is recorded: its register and its keys.
    pub recording: Option<(char, Vec<Key>)>,
    /// How deep macros and repetitions are in one another.
    pub playing: usize,
    /// Keys since the editor last waited for a command, and whether they inserted.
    pub run: (Vec<Key>, bool),
    /// Keys of the last insertion.
    pub insertion: Vec<Key>,
    /// What there is to say.
    pub message: Option<(Tone, String)>,
    /// When to ask the image next.
    pub next_poll: u64,
    /// What leads a newcomer.
    pub guide: Guide,
    /// Files that wait to be loaded into a tab in this order.
    pub opening: Vec<PathBuf>,
    /// Leave as soon as these documents are saved.
    pub quitting: HashSet<usize>,
    /// How long a key may wait for what other threads look for.
    pub patience: Duration,
    /// Tells the program that they have found more.
    pub waker: Waker,
}

impl State {
    /// The model of a project before anything happened.
    pub fn new(root: PathBuf, size: (u16, u16)) -> State {
        let name = root.file_name().map_or_else(
            || root.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        );
        State {
            size,
            now: 0,
            view: View::Code,
            focus: HashMap::new(),
            zoom: false,
            settings: crate::options::Settings::default(),
            wake: None,
            looked: 0,
            config: None,
            restoring: None,
            theme: Theme::mocha(),
            glyphs: Glyphs::unicode(),
            root,
            name,
            files: Arc::default(),
            tree: Tree::default(),
            editor: Editor::default(),
            lang: Lang::default(),
            image: Image {
                link: Link::Off,
                version: 0,
                reload: None,
                was_live: false,
                exit: None,
                processes: Vec::new(),
                total: 0,
                window: Window::default(),
                still: 0,
                cost: 0,
                found: Default::default(),
                answers: 1,
                tracks: HashMap::new(),
                workers: Vec::new(),
                worker_rates: HashMap::new(),
                rates: VecDeque::new(),
                gc: GcStats::default(),
                in_flight: HashSet::new(),
                renamed: HashMap::new(),
                waits: Vec::new(),
                workers_at: 0,
            },
            selected: None,
            detail: Detail::default(),
            processes: Cursor::default(),
            mailbox: Cursor::default(),
            stack: Cursor::default(),
            heap: Cursor::default(),
            collections: Cursor::default(),
            collectors: Cursor::default(),
            workers: Cursor::default(),
            live: live::Live::default(),
            heaps: heaps::Heaps::default(),
            sort: 0,
            filter: String::new(),
            as_tree: false,
            folded: HashSet::new(),
            muted: HashSet::new(),
            frozen: None,
            stops: BTreeMap::new(),
            debugged: None,
            watches: Vec::new(),
            open_values: HashSet::new(),
            frames: Cursor::default(),
            locals: Cursor::default(),
            past: Cursor::default(),
            sources: HashMap::new(),
            breakpoints: BTreeMap::new(),
            named_breaks: Vec::new(),
            tests: tests::Tests::default(),
            debugging: Debugging::default(),
            repl: Repl::default(),
            console: Repl::default(),
            prompt: None,
            command_history: Vec::new(),
            popup: None,
            pending: Vec::new(),
            count: None,
            wants_char: None,
            first_char: None,
            recording: None,
            playing: 0,
            run: (Vec::new(), false),
            insertion: Vec::new(),
            message: None,
            next_poll: 0,
            guide: Guide::default(),
            opening: Vec::new(),
            quitting: HashSet::new(),
            // Without somebody to wake, everything is waited for.
            patience: Duration::from_secs(600),
            waker: Waker::default(),
        }
    }

    /// The panel with the focus.
    pub fn panel(&self) -> Panel {
        let panels = self.panels();
        let wanted = self.focus.get(&self.view).copied();
        wanted.filter(|p| panels.contains(p)).unwrap_or(panels[0])
    }

    /// Whether the tree of files is on the screen.
    pub fn tree_shown(&self) -> bool {
        self.tree.shown.unwrap_or(self.size.0 >= 160)
    }

    /// The panels of this view, in order of `Tab`.
    pub fn panels(&self) -> &'static [Panel] {
        match self.view {
            View::Code => match (self.tree_shown(), self.outline_shown(), self.side_shown()) {
                (false, _, false) => &[Panel::Editor, Panel::Repl],
                (false, _, true) => &[Panel::Editor, Panel::Repl, Panel::Side],
                (true, false, false) => &[Panel::Editor, Panel::Repl, Panel::Tree],
                (true, true, false) => &[Panel::Editor, Panel::Repl, Panel::Tree, Panel::Outline],
                (true, false, true) => &[Panel::Editor, Panel::Repl, Panel::Tree, Panel::Side],
                (true, true, true) => &[
                    Panel::Editor,
                    Panel::Repl,
                    Panel::Tree,
                    Panel::Outline,
                    Panel::Side,
                ],
            },
            View::Processes if self.findings_shown() => &[
                Panel::Processes,
                Panel::Mailbox,
                Panel::Stack,
                Panel::Heap,
                Panel::Past,
                Panel::Findings,
            ],
            View::Processes => &[
                Panel::Processes,
                Panel::Mailbox,
                Panel::Stack,
                Panel::Heap,
                Panel::Past,
            ],
            View::Heap => &[Panel::Processes, Panel::Heap, Panel::Snapshots],
            View::Gc => &[Panel::Collections, Panel::Collectors, Panel::Pauses],
            View::Schedulers => &[Panel::Workers],
            View::Debug => &[
                Panel::Locals,
                Panel::Editor,
                Panel::Frames,
                Panel::Console,
                Panel::Past,
            ],
            View::Tests => &[Panel::Tests],
            View::Repl => &[Panel::Repl],
        }
    }

    /// The contexts of the key table that hold now, the most special first.
    pub fn contexts(&self) -> Vec<Ctx> {
        let mut out = Vec::new();
        if self.prompt.is_some() {
            return vec![Ctx::Prompt];
        }
        out.extend(self.lang.contexts());
        match self.panel() {
            Panel::Editor if self.editor.preset == Preset::Standard => {
                out.extend([Ctx::Standard, Ctx::Insert])
            }
            Panel::Editor if self.editor.mode == Mode::Insert => out.push(Ctx::Insert),
            Panel::Editor => {
                out.extend(self.can_fix().then_some(Ctx::Fix));
                out.extend([Ctx::Normal, Ctx::Calm]);
            }
            Panel::Repl | Panel::Console => out.extend([Ctx::Line, Ctx::Prompt]),
            Panel::Processes if self.view == View::Heap => {
                out.extend([Ctx::Heap, Ctx::Processes, Ctx::List, Ctx::Digits, Ctx::Calm])
            }
            Panel::Processes => out.extend([Ctx::Processes, Ctx::List, Ctx::Digits, Ctx::Calm]),
            Panel::Past if self.view == View::Processes => {
                out.extend([Ctx::Mailbox, Ctx::List, Ctx::Digits, Ctx::Calm])
            }
            Panel::Frames | Panel::Locals | Panel::Past => {
                out.extend([Ctx::Debug, Ctx::List, Ctx::Digits, Ctx::Calm])
            }
            Panel::Tests => out.extend([Ctx::Tests, Ctx::List, Ctx::Digits, Ctx::Calm]),
            Panel::Mailbox => out.extend([Ctx::Mailbox, Ctx::List, Ctx::Digits, Ctx::Calm]),
            Panel::Heap | Panel::Snapshots if self.view == View::Heap => {
                out.extend([Ctx::Heap, Ctx::List, Ctx::Digits, Ctx::Calm])
            }
            Panel::Collections | Panel::Collectors | Panel::Pauses => {
                out.extend([Ctx::Gc, Ctx::List, Ctx::Digits, Ctx::Calm])
            }
            Panel::Tree
            | Panel::Stack
            | Panel::Heap
            | Panel::Snapshots
            | Panel::Workers
            | Panel::Outline
            | Panel::Side
            | Panel::Findings => {
                out.extend([Ctx::List, Ctx::Digits, Ctx::Calm]);
            }
        }
        out.push(Ctx::Always);
        out
    }

    /// Whether the cursor is on something one key can mend.
    pub fn can_fix(&self) -> bool {
        let doc = self.editor.doc();
        doc.and_then(|d| d.fixable(d.cursor()))
            .is_some_and(|(_, under)| under)
    }

    /// The contexts by which the last row is made; like [`State::contexts`] but without what only the prompt knows.
    pub fn shown_contexts(&self) -> Vec<Ctx> {
        let mut out = self.contexts();
        if self.prompt.is_none() {
            out.retain(|c| *c != Ctx::Prompt);
        }
        out
    }

    /// A path of the image as an absolute one.
    pub fn absolute(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        if path.is_absolute() {
            path.to_owned()
        } else {
            self.root.join(path)
        }
    }

    /// A path as it is shown.
    pub fn short<'a>(&self, path: &'a Path) -> std::borrow::Cow<'a, str> {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
    }

    /// A place as it is shown.
    pub fn place(&self, place: &Place) -> String {
        format!("{}:{}", self.short(&self.absolute(&place.path)), place.line)
    }

    /// The open document of a path.
    pub fn doc_of(&self, path: &Path) -> Option<usize> {
        self.editor.docs.iter().position(|d| d.path == path)
    }

    /// Documents with unsaved changes.
    pub fn unsaved(&self) -> impl Iterator<Item = &Document> {
        self.editor.docs.iter().filter(|d| d.is_changed())
    }

    /// The selected process, if it is in the list.
    pub fn selected_process(&self) -> Option<&Process> {
        let pid = self.selected?;
        self.image.processes.iter().find(|p| p.id == pid)
    }

    /// The line the selected process, or the selected one of its frames, is at.
    pub fn source_place(&self) -> Option<Place> {
        let row = if self.panel() == Panel::Stack {
            self.stack.row
        } else {
            0
        };
        let known = Some(&self.detail).filter(|d| self.selected == Some(d.pid));
        let frame = known.and_then(|d| d.frames.iter().skip(row).find_map(|f| f.place.clone()));
        frame.or_else(|| self.selected_process().and_then(|p| p.place.clone()))
    }

    /// How a process is called: its name, else its function.
    pub fn called(&self, pid: Pid) -> String {
        match self.image.processes.iter().find(|p| p.id == pid) {
            Some(Process {
                name: Some(name), ..
            }) => name.clone(),
            Some(p) => p.function.clone(),
            None => format!("<{pid}>"),
        }
    }

    /// Says something in the status line.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.message = Some((tone, text.into()));
    }
}
