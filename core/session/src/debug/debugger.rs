//! The debugger of a living image: breakpoints that stay while code comes and goes, stops, and what can be seen of a process.
//!
//! Runtime events come in on a thread of their own; there it is decided whether a breakpoint really stops (condition, hits, log),
//! and everyone who listens is told. Breakpoints are logical: after each publication they are looked up anew.

use super::bridge::Known;
use super::expansions::{Expansions, number_of};
use super::gdb::placed;
use super::quick::{self, Quick, Slot};
use super::symbols::{Function, Symbols};
use super::{
    Access, Breakpoint, Cancel, Completion, Edit, Event, ExceptionWish, Filter, Frame, How,
    Location, Order, Page, Pid, Place, Process, Refusal, Reload, State, Target, Thrown, Variable,
    Why, Wish, hits, memory, values,
};
use crate::build::Build;
use crate::live::Session;
use nostos_check::hir::{FnInst, FnKind};
use nostos_check::query;
use nostos_codegen::dwarf;
use nostos_runtime as runtime;
use parking_lot::{Condvar, Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

mod breakpoints;
mod change;
mod code;
mod complete;
mod data;
mod exceptions;
mod goals;
mod heap;
mod look;
mod messages;
mod steps;
mod target;
mod tree;
mod world;

use look::{nobody, not_standing, pc_of};
use messages::Way;

/// Length of a breakpoint site on x86-64. DWARF says where it starts, the runtime knows it by where it ends.
const SITE_BYTES: u64 = 5;
/// Frames of a stack that is asked for.
const MAX_FRAMES: usize = 100_000;
/// Frames that are looked at for a row of the list.
const LOOK_FRAMES: usize = 64;
/// Rows for which each process is looked at; of longer lists the rest tells what is known without.
const LOOK_ROWS: usize = 500;
/// A filter learns of so many processes what they run: to look at a million stacks takes seconds.
const LOOK_FUNCTIONS: usize = 20_000;
/// Lists up to this are found without a word for each process.
const SHORT_LIST: usize = 2_000;

/// See the module. One per image; clients share it.
pub struct Debugger {
    session: Arc<Session>,
    state: Mutex<Table>,
    gate: (Mutex<Gate>, Condvar),
    /// How many listen.
    listeners: AtomicUsize,
    /// What is to be done when the launcher leaves the program to itself.
    when_left: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// The main process.
    main: Mutex<Option<Pid>>,
    /// Conditions that can be decided where a site is reached, by the site: all of its breakpoints have one, and nothing else depends on it.
    quick: Arc<RwLock<FxHashMap<usize, Vec<Quick>>>>,
    /// Who arms, by the table as it is then: two at once could leave a site as the slower one found it.
    arming: Mutex<()>,
    /// Sites whose breakpoints the runtime decides by compiled conditions.
    decided: Mutex<FxHashSet<usize>>,
    /// Lists of stopped processes that somebody has looked at.
    lists: Mutex<FxHashMap<runtime::Standing, Arc<runtime::Lists>>>,
    /// Who stands still for the sake of others.
    world: Mutex<world::World>,
    /// Steps that are more than one of the runtime's.
    steps: Mutex<FxHashMap<Pid, steps::Stepping>>,
    /// Values that can be watched.
    data: Mutex<data::Known>,
    /// Functions that were offered to be stepped into.
    targets: Mutex<steps::Targets>,
    /// Statements that were offered to be gone to.
    goals: Mutex<goals::Offered>,
    /// What macros made.
    expansions: Mutex<Expansions>,
    heaps: super::Heaps,
}

#[derive(Default)]
struct Table {
    symbols: Symbols,
    /// Addresses of code whose symbols are known.
    loaded: FxHashSet<usize>,
    breakpoints: Vec<Logical>,
    next: u64,
    /// Armed sites, by the address the runtime knows them by.
    armed: FxHashSet<usize>,
    stopped: FxHashMap<Pid, world::Stop>,
    /// At which exceptions clients want processes to stop.
    exceptions: Vec<(u64, ExceptionWish)>,
    /// The version of the sources whose lines the symbols tell, and where its definitions stand.
    lines_of: u64,
    /// See [`Build::edits`].
    lines_edit: u64,
    lines: BTreeMap<(String, String), (u32, u32)>,
}

/// What the client wants, and what came of it.
struct Logical {
    id: u64,
    client: u64,
    what: What,
    wish: Wish,
    hits: u64,
    /// Where code answers to it.
    at: Option<Location>,
    sites: Vec<usize>,
}

enum What {
    /// A line of this file, by its name in the project.
    Line(String),
    /// The first statement of this function.
    Function(String),
    /// The value of this name, when it is touched so.
    Data(String, Access),
    /// The instruction at this address, or the next one where code can stop.
    Instruction(u64),
    /// The first statement of `main`, once.
    Entry,
    /// Messages of this way that match this pattern.
    Message(Way, String),
    /// The next message this process receives.
    Next(Pid),
    /// The first statement of this function, when this process comes there.
    Into(Pid, String),
    /// The end of a process: with this number, of this name, or that was started with this function.
    Exit(String),
}

/// Has the program begun?
#[derive(Default)]
struct Gate {
    released: bool,
    ended: bool,
}

impl Debugger {
    /// Makes the debugger of a session; the image must have been made with `inspect`.
    ///
    /// # Errors
    /// When no thread can be made.
    pub fn new(session: &Arc<Session>) -> std::io::Result<Arc<Debugger>> {
        let debugger = Arc::new(Debugger {
            session: Arc::clone(session),
            state: Mutex::default(),
            gate: Default::default(),
            listeners: AtomicUsize::new(0),
            when_left: OnceLock::new(),
            main: Mutex::default(),
            lists: Mutex::default(),
            arming: Mutex::default(),
            decided: Mutex::default(),
            world: Mutex::default(),
            steps: Mutex::default(),
            data: Mutex::default(),
            targets: Mutex::default(),
            goals: Mutex::default(),
            expansions: Mutex::default(),
            heaps: super::Heaps::new(Arc::clone(&session.image)),
            quick: Arc::default(),
        });
        let quick = Arc::clone(&debugger.quick);
        session
            .image
            .set_stop_filter(Box::new(move |_, site, frame| {
                let quick = quick.read();
                let conditions = quick.get(&site);
                !conditions.is_some_and(|all| all.iter().all(|one| one.is_false(frame)))
            }));
        let events = session.image.events();
        let weak = Arc::downgrade(&debugger);
        std::thread::Builder::new()
            .name("debugger".into())
            .spawn(move || {
                if let Some(debugger) = weak.upgrade() {
                    let here = std::thread::current().id();
                    let first = debugger.session.hears.set(here);
                    assert!(first.is_ok(), "a session has one debugger");
                }
                for event in events {
                    let Some(debugger) = weak.upgrade() else {
                        return;
                    };
                    debugger.happened(event);
                }
            })?;
        let told = session.listen();
        told.wish().no_output();
        let weak = Arc::downgrade(&debugger);
        std::thread::Builder::new()
            .name("breakpoints".into())
            .spawn(move || {
                for event in told {
                    let Some(debugger) = weak.upgrade() else {
                        return;
                    };
                    // What did not change may stand on other lines now.
                    if matches!(event, Event::Reloaded(_)) {
                        debugger.look_at_sources();
                        debugger.code_changed();
                    }
                }
            })?;
        let weak = Arc::downgrade(&debugger);
        // A breakpoint in code that is compiled when it is first called must be there at that call.
        session.build.lock().shown.push(Box::new(move |build| {
            if let Some(debugger) = weak.upgrade() {
                debugger.look_at_edits(build);
                debugger.code_changed();
            }
        }));
        let weak = Arc::downgrade(&debugger);
        session.build.lock().forgotten.push(Box::new(move |freed| {
            if let Some(debugger) = weak.upgrade() {
                debugger.code_gone(freed);
            }
        }));
        Ok(debugger)
    }

    /// Waits until a client lets `main` start. False: the program is to end before it has begun.
    pub fn await_release(&self) -> bool {
        let mut gate = self.gate.0.lock();
        while !gate.released && !gate.ended {
            self.gate.1.wait(&mut gate);
        }
        !gate.ended
    }

    /// Says what is to be done, once, when the launcher leaves the program to itself.
    pub fn when_left(&self, then: Box<dyn Fn() + Send + Sync>) {
        // There is one launcher, and it says so before the first client comes.
        let _ = self.when_left.set(then);
    }

    /// The program has begun, in this process.
    pub fn began(&self, main: Pid) {
        *self.main.lock() = Some(main);
        let ended = {
            let mut gate = self.gate.0.lock();
            gate.released = true;
            gate.ended
        };
        if ended {
            // Somebody was quicker.
            self.session.image.dismiss(main);
        }
    }

    /// The program has ended: tells everyone.
    pub fn ended(&self, status: i32) {
        self.session.tell(&Event::Ended { status });
    }

    fn happened(&self, event: runtime::Event) {
        match event {
            runtime::Event::Started { pid } => {
                self.session.tell(&Event::Started(pid));
                self.hold_new(pid);
            }
            runtime::Event::Exited { pid, .. } => {
                self.end_step(pid);
                self.has_ended(pid);
                self.end_data_of(pid);
                self.session.tell(&Event::Exited(pid));
            }
            runtime::Event::Stopped {
                pid,
                standing,
                reason,
            } => {
                if !self.has_stopped(pid, standing) {
                    return;
                }
                let next = match reason {
                    runtime::StopReason::Pause => self.was_asked(pid),
                    runtime::StopReason::Changed(id) => self.data_touched(pid, Some(id), None),
                    runtime::StopReason::Lost(id) => self.data_lost(pid, id),
                    runtime::StopReason::Shared { key, writes } => {
                        self.data_touched(pid, None, Some((key, writes)))
                    }
                    runtime::StopReason::Ending => self.ending(pid),
                    // What a step comes by in the library is passed over.
                    runtime::StopReason::Step(_)
                        if !self.steps_by_instruction(pid) && self.in_library(pid) =>
                    {
                        Err(runtime::How::StepOut)
                    }
                    runtime::StopReason::Step(_) => self.stepped(pid),
                    runtime::StopReason::Uncaught => self.exception(pid, Filter::Uncaught),
                    runtime::StopReason::Thrown => self.exception(pid, Filter::All),
                    runtime::StopReason::Linked => self.exception(pid, Filter::LinkedExit),
                    runtime::StopReason::Received(_) => self.message(pid, Way::Received, reason),
                    runtime::StopReason::Sent(_) => self.message(pid, Way::Sent, reason),
                    runtime::StopReason::Breakpoint(site) => {
                        self.reached(pid, site).ok_or(runtime::How::AsBefore)
                    }
                    // The step ends here even if the breakpoint only counts, prints, or does not hold.
                    runtime::StopReason::StepOnto(_) if self.is_sent(pid) => self.stepped(pid),
                    runtime::StopReason::StepOnto(site) => match self.reached(pid, site) {
                        Some(why) => Ok(why),
                        None => self.stepped(pid),
                    },
                };
                self.decided(pid, standing, next);
            }
        }
    }

    /// Reads the debug information of code that was published since.
    fn refresh(&self, state: &mut Table) {
        let new: Vec<_> = self
            .session
            .image
            .codes()
            .into_iter()
            .filter(|code| state.loaded.insert(code.address))
            .collect();
        if !new.is_empty() {
            self.read(state, &new);
            state.symbols.move_to(&state.lines);
        }
    }

    /// Looks where definitions stand, if the sources are others than before. Asks for the build, so the table must not be held.
    fn look_at_sources(&self) {
        let version = self.session.version();
        if self.state.lock().lines_of == version {
            return;
        }
        let build = self.session.build.lock();
        self.look_at_lines(&build);
        self.state.lock().lines_of = version;
    }

    /// The same for code that is about to run, of sources that have been edited: a breakpoint is on its line at the first call.
    fn look_at_edits(&self, build: &Build) {
        let is_asked = {
            let state = self.state.lock();
            state.lines_edit != build.edits && !state.breakpoints.is_empty()
        };
        if is_asked {
            self.look_at_lines(build);
        }
    }

    fn look_at_lines(&self, build: &Build) {
        let lines = Session::definition_lines(build);
        let mut state = self.state.lock();
        let state = &mut *state;
        state.lines_edit = build.edits;
        state.lines = lines;
        state.symbols.move_to(&state.lines);
    }

    fn read(&self, state: &mut Table, new: &[Arc<runtime::Code>]) {
        let placed = placed(new);
        let image = &self.session.image;
        let elf = image.with_descs(|descs| dwarf::elf(&placed, descs, ""));
        let is_rest = |address: u64| {
            let of = |code: &&Arc<runtime::Code>| code.address as u64 == address;
            new.iter()
                .find(of)
                .is_some_and(|code| code.object.made.rest)
        };
        let added = state.symbols.add_with(&elf, &is_rest);
        added.expect("our own debug information is readable");
        let mut expansions = self.expansions.lock();
        for code in new.iter().filter(|code| !code.object.expansions.is_empty()) {
            let spots = expansions.spots(code);
            state.symbols.expand(code.address as u64, &spots);
        }
    }

    /// There is no code at these addresses any more. The runtime has forgotten its breakpoints.
    fn code_gone(&self, freed: &[Range<usize>]) {
        let mut state = self.state.lock();
        for code in freed {
            state.loaded.remove(&code.start);
            state.symbols.remove(code.start as u64..code.end as u64);
        }
        let is_gone = |site: &usize| freed.iter().any(|code| code.contains(&(site - 1)));
        state.armed.retain(|site| !is_gone(site));
        for known in &mut state.breakpoints {
            known.sites.retain(|site| !is_gone(site));
        }
        // What comes to lie at such an address is another instruction.
        let its = |known: &mut Logical| match known.what {
            What::Instruction(address) => {
                let address = address as usize;
                freed.iter().any(|code| code.contains(&address))
            }
            _ => false,
        };
        let lost: Vec<Logical> = state.breakpoints.extract_if(.., its).collect();
        for known in &lost {
            self.session.tell(&Event::BreakpointGone(Breakpoint {
                verified: false,
                message: Some("the code at this address has been replaced and is gone".into()),
                ..self.describe(known)
            }));
        }
    }

    fn location(&self, file: &str, line: u32, column: u32) -> Location {
        let made = number_of(file).map(|number| self.expansions.lock().path(number));
        Location {
            path: made.unwrap_or_else(|| self.session.path_of(file)),
            line,
            column,
        }
    }
}
