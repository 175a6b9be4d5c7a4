//! The debugger of a living image: breakpoints that stay while code comes and goes, stops, and what can be seen of a process.
//!
//! Runtime events come in on a thread of their own; there it is decided whether a breakpoint really stops (condition, hits, log),
//! and everyone who listens is told. Breakpoints are logical: after each publication they are looked up anew.

use super::bridge::Known;
use super::symbols::{Function, Symbols};
use super::{
    Breakpoint, Edit, Event, Frame, How, Location, Order, Page, Pid, Place, Process, Refusal,
    Reload, State, Target, Variable, Why, Wish, hits, values,
};
use crate::live::Session;
use nostos_abi::code::CodeObject;
use nostos_check::hir::{FnInst, FnKind};
use nostos_check::query;
use nostos_codegen::dwarf::{self, Placed};
use nostos_runtime as runtime;
use parking_lot::{Condvar, Mutex};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

mod target;

/// Length of a breakpoint site on x86-64. DWARF says where it starts, the runtime knows it by where it ends.
const SITE_BYTES: u64 = 5;
/// Frames of a stack that is asked for.
const MAX_FRAMES: usize = 100_000;
/// Frames that are looked at for a row of the list.
const LOOK_FRAMES: usize = 64;
/// Rows for which each process is looked at; of longer lists the rest tells what is known without.
const LOOK_ROWS: usize = 500;

/// See the module. One per image; clients share it.
pub struct Debugger {
    session: Arc<Session>,
    state: Mutex<Table>,
    gate: (Mutex<Gate>, Condvar),
    clients: AtomicUsize,
    /// The main process.
    main: Mutex<Option<Pid>>,
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
    stopped: FxHashSet<Pid>,
    /// Clients that want to see uncaught exceptions.
    uncaught: FxHashSet<u64>,
    /// The version of the sources whose lines the symbols tell, and where its definitions stand.
    lines_of: u64,
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
    /// The first statement of `main`, once.
    Entry,
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
            clients: AtomicUsize::new(0),
            main: Mutex::default(),
        });
        let events = session.image.events();
        let weak = Arc::downgrade(&debugger);
        std::thread::Builder::new()
            .name("debugger".into())
            .spawn(move || {
                for event in events {
                    let Some(debugger) = weak.upgrade() else {
                        return;
                    };
                    debugger.happened(event);
                }
            })?;
        let told = session.listen();
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
        session.build.lock().shown.push(Box::new(move || {
            if let Some(debugger) = weak.upgrade() {
                debugger.code_changed();
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
            self.session.image.kill(main);
        }
    }

    /// The program has ended: tells everyone.
    pub fn ended(&self, status: i32) {
        self.session.tell(&Event::Ended { status });
    }

    fn happened(&self, event: runtime::Event) {
        match event {
            runtime::Event::Started { pid } => self.session.tell(&Event::Started(pid)),
            runtime::Event::Exited { pid, .. } => {
                self.state.lock().stopped.remove(&pid);
                self.session.tell(&Event::Exited(pid));
            }
            runtime::Event::Stopped { pid, reason } => {
                // Whatever is decided below may want to look at it.
                self.state.lock().stopped.insert(pid);
                let next = match reason {
                    runtime::StopReason::Pause => Ok(Why::Pause),
                    // What a step comes by in the library is passed over.
                    runtime::StopReason::Step(_) if self.in_library(pid) => {
                        Err(runtime::How::StepOut)
                    }
                    runtime::StopReason::Step(_) => Ok(Why::Step),
                    runtime::StopReason::Uncaught => {
                        let reason = self.session.image.exit_reason(pid);
                        let text = reason.map(|reason| reason.to_string());
                        Ok(Why::Exception(text.unwrap_or_default()))
                    }
                    runtime::StopReason::Breakpoint(site) => {
                        self.reached(pid, site).ok_or(runtime::How::Continue)
                    }
                };
                match next {
                    Ok(why) => self.session.tell(&Event::Stopped { pid, why }),
                    Err(how) => {
                        self.state.lock().stopped.remove(&pid);
                        self.session.image.resume(pid, how);
                    }
                }
            }
        }
    }

    fn in_library(&self, pid: Pid) -> bool {
        let frames = self.frame_lines(pid, LOOK_FRAMES).unwrap_or_default();
        let file = frames.first().map(|frame| frame.code.object.file.as_str());
        file.is_some_and(|file| !self.session.is_own(file))
    }

    /// Does an armed site stop the process that has reached it?
    fn reached(&self, pid: Pid, site: usize) -> Option<Why> {
        let mut candidates = Vec::new();
        let mut entry = false;
        {
            let mut state = self.state.lock();
            for known in state
                .breakpoints
                .iter_mut()
                .filter(|known| known.sites.contains(&site))
            {
                match known.what {
                    What::Entry => entry = true,
                    What::Line(_) | What::Function(_) => {
                        candidates.push((known.id, known.wish.clone(), known.at.clone()));
                    }
                }
            }
            if entry {
                state
                    .breakpoints
                    .retain(|known| !matches!(known.what, What::Entry));
            }
        }
        if entry {
            self.arm();
        }
        let mut stops = Vec::new();
        for (id, wish, at) in candidates {
            if !self.holds(pid, &wish) {
                continue;
            }
            let hits = {
                let mut state = self.state.lock();
                let Some(known) = state.breakpoints.iter_mut().find(|known| known.id == id) else {
                    continue;
                };
                known.hits += 1;
                known.hits
            };
            if !wish
                .hits
                .as_deref()
                .is_none_or(|spec| hits::counts(spec, hits))
            {
                continue;
            }
            match (&wish.log, at) {
                (Some(log), Some(at)) => {
                    let text = self.log_text(pid, log);
                    self.session.tell(&Event::Log { text, at, pid });
                }
                _ => stops.push(id),
            }
        }
        match (stops.is_empty(), entry) {
            (false, _) => Some(Why::Breakpoint(stops)),
            (true, true) => Some(Why::Entry),
            (true, false) => None,
        }
    }

    /// A condition that cannot be evaluated stops: silence would hide the mistake.
    fn holds(&self, pid: Pid, wish: &Wish) -> bool {
        let Some(condition) = &wish.condition else {
            return true;
        };
        match self.evaluate(Some((pid, 0)), condition) {
            Ok(value) => value.value != "false",
            Err(refusal) => {
                let text = format!("the condition `{condition}` cannot be evaluated: {refusal}");
                let at = Location {
                    path: self.session.project.main.clone(),
                    line: 0,
                    column: 0,
                };
                self.session.tell(&Event::Log { text, at, pid });
                true
            }
        }
    }

    fn log_text(&self, pid: Pid, log: &str) -> String {
        let mut out = String::new();
        let mut rest = log;
        while let Some((before, tail)) = rest.split_once('{') {
            out += before;
            let Some((expression, after)) = tail.split_once('}') else {
                out.push('{');
                rest = tail;
                continue;
            };
            match self.evaluate(Some((pid, 0)), expression) {
                Ok(value) => out += &value.value,
                Err(refusal) => out += &format!("<{refusal}>"),
            }
            rest = after;
        }
        out + rest
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
        let lines = self.session.definition_lines();
        let mut state = self.state.lock();
        let state = &mut *state;
        state.lines_of = version;
        state.lines = lines;
        state.symbols.move_to(&state.lines);
    }

    fn read(&self, state: &mut Table, new: &[Arc<runtime::Code>]) {
        let placed: Vec<Placed> = new
            .iter()
            .map(|code| Placed {
                code: &code.object,
                address: code.address as u64,
                len: code.len as u64,
            })
            .collect();
        let image = &self.session.image;
        let elf = image.with_descs(|descs| dwarf::elf(&placed, descs, ""));
        let added = state.symbols.add(&elf);
        added.expect("our own debug information is readable");
    }

    fn code_changed(&self) {
        if self.state.lock().breakpoints.is_empty() {
            return;
        }
        let moved = self.resolve();
        self.arm();
        for breakpoint in moved {
            self.session.tell(&Event::Breakpoint(breakpoint));
        }
    }

    /// Looks all breakpoints up; gives those that are elsewhere now. Does not ask for the build: publishers call it, who hold it.
    fn resolve(&self) -> Vec<Breakpoint> {
        let mut state = self.state.lock();
        let state = &mut *state;
        self.refresh(state);
        let mut moved = Vec::new();
        for known in &mut state.breakpoints {
            let before = known.at.clone();
            let found = match &known.what {
                What::Line(file) => line_sites(
                    state.symbols.sites(file, known.wish.line),
                    file,
                    known.wish.line,
                    &state.lines,
                    &state.symbols,
                )
                .map(|(row, sites)| (self.location(file, row.line, row.column), sites)),
                What::Function(name) => {
                    first_sites(&state.symbols, name).map(|(function, row, sites)| {
                        (self.location(&function.file, row.line, row.column), sites)
                    })
                }
                What::Entry => continue,
            };
            (known.at, known.sites) = match found {
                Some((at, sites)) => {
                    let sites = sites
                        .iter()
                        .map(|start| (start + SITE_BYTES) as usize)
                        .collect();
                    (Some(at), sites)
                }
                None => (None, Vec::new()),
            };
            if known.at != before {
                moved.push(self.describe(known));
            }
        }
        moved
    }

    /// Makes the armed sites those of the breakpoints.
    fn arm(&self) {
        let (add, remove) = {
            let mut state = self.state.lock();
            let wanted: FxHashSet<usize> = state
                .breakpoints
                .iter()
                .flat_map(|known| known.sites.iter().copied())
                .collect();
            let add: Vec<usize> = wanted.difference(&state.armed).copied().collect();
            let remove: Vec<usize> = state.armed.difference(&wanted).copied().collect();
            state.armed = wanted;
            (add, remove)
        };
        if !add.is_empty() {
            self.session.image.arm(&add, true);
        }
        if !remove.is_empty() {
            self.session.image.arm(&remove, false);
        }
    }

    fn describe(&self, known: &Logical) -> Breakpoint {
        let wished = match &known.what {
            What::Line(file) => self.location(file, known.wish.line, 0),
            What::Function(_) | What::Entry => Location {
                path: String::new(),
                line: 0,
                column: 0,
            },
        };
        let message = match (&known.at, &known.what) {
            (Some(_), _) => None,
            (None, What::Line(_)) => Some(
                "there is no code there yet; a generic function has some when it is first called"
                    .into(),
            ),
            (None, What::Function(name)) => Some(format!("there is no code of `{name}` yet")),
            (None, What::Entry) => None,
        };
        Breakpoint {
            id: known.id,
            verified: known.at.is_some(),
            at: known.at.clone().unwrap_or(wished),
            message,
        }
    }

    fn location(&self, file: &str, line: u32, column: u32) -> Location {
        Location {
            path: self.session.path_of(file),
            line,
            column,
        }
    }

    fn replace(
        &self,
        client: u64,
        is_old: impl Fn(&What) -> bool,
        new: Vec<(What, Wish)>,
    ) -> Vec<Breakpoint> {
        let ids: Vec<u64> = {
            let mut state = self.state.lock();
            let mut kept: Vec<Logical> = Vec::new();
            let mut old: Vec<Logical> = Vec::new();
            for known in state.breakpoints.drain(..) {
                if known.client == client && is_old(&known.what) {
                    old.push(known)
                } else {
                    kept.push(known)
                }
            }
            state.breakpoints = kept;
            new.into_iter()
                .map(|(what, wish)| {
                    // The same wish keeps its number and its count: editors send all of a file's breakpoints whenever one changes.
                    let same = old
                        .iter()
                        .position(|known| known.wish == wish && known.what == what);
                    let (id, hits) = match same.map(|at| old.swap_remove(at)) {
                        Some(known) => (known.id, known.hits),
                        None => {
                            state.next += 1;
                            (state.next, 0)
                        }
                    };
                    state.breakpoints.push(Logical {
                        id,
                        client,
                        what,
                        wish,
                        hits,
                        at: None,
                        sites: Vec::new(),
                    });
                    id
                })
                .collect()
        };
        self.look_at_sources();
        self.resolve();
        self.arm();
        let state = self.state.lock();
        ids.iter()
            .filter_map(|id| state.breakpoints.iter().find(|known| known.id == *id))
            .map(|known| self.describe(known))
            .collect()
    }

    fn frame_lines(&self, pid: Pid, limit: usize) -> Result<Vec<runtime::FrameLine>, Refusal> {
        let frames = self
            .session
            .image
            .frames(pid, limit)
            .ok_or_else(|| nobody(pid))?;
        // Glue between functions has no source, and no name that says anything.
        Ok(frames
            .into_iter()
            .filter(|frame| !frame.code.object.file.is_empty())
            .collect())
    }

    fn frame_line(&self, pid: Pid, frame: usize) -> Result<runtime::FrameLine, Refusal> {
        if !self.state.lock().stopped.contains(&pid) {
            return Err(format!("process {pid} is not stopped").into());
        }
        let frames = self.frame_lines(pid, MAX_FRAMES)?;
        frames
            .into_iter()
            .nth(frame)
            .ok_or_else(|| "there is no such frame".into())
    }

    /// A row, with what only a look at the process tells, as long as there are few of them.
    fn row(&self, line: &runtime::ProcessLine, closely: bool) -> Process {
        let image = &self.session.image;
        let detail = closely.then(|| image.process(line.pid)).flatten();
        let frames = match closely {
            true => self.frame_lines(line.pid, LOOK_FRAMES).unwrap_or_default(),
            false => Vec::new(),
        };
        // A process is known by what it was started for, or has become by tail calls: its outermost function.
        let function = frames.last().map(|frame| frame.code.object.name.clone());
        let at = frames
            .iter()
            .find(|frame| !frame.code.object.file.starts_with("std/"));
        Process {
            pid: line.pid,
            name: line.name.clone(),
            function: function.unwrap_or_default(),
            state: word_of(line.state),
            mailbox: line.mailbox as u64,
            reductions: line.reductions,
            heap_bytes: detail
                .as_ref()
                .map_or(line.heap_bytes, |detail| detail.heap_used) as u64,
            old_bytes: detail.as_ref().map_or(0, |detail| detail.old.0) as u64,
            gc_count: detail
                .as_ref()
                .map_or(0, |detail| detail.collections.0 + detail.collections.1),
            gc_nanos: detail
                .as_ref()
                .map_or(0, |detail| detail.gc_pause.as_nanos() as u64),
            parent: detail
                .as_ref()
                .map(|detail| detail.parent)
                .filter(|parent| *parent != 0),
            links: detail.map(|detail| detail.links).unwrap_or_default(),
            at: at.map(|frame| self.location(&frame.code.object.file, frame.line, 0)),
        }
    }

    fn locals(&self, pid: Pid, frame: usize) -> Result<Vec<Variable>, Refusal> {
        let image = &self.session.image;
        let known = self.known(pid, frame)?.1;
        Ok(known
            .iter()
            .map(|local| values::variable(image, &local.name, &local.value))
            .collect())
    }

    /// The file of a frame and the values of its variables.
    fn known(&self, pid: Pid, frame: usize) -> Result<(String, Vec<Known>), Refusal> {
        let line = self.frame_line(pid, frame)?;
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let pc = pc_of(&line);
        let function = state
            .symbols
            .function(pc)
            .ok_or("this frame has no debug information")?;
        let image = &self.session.image;
        let mut known = Vec::new();
        for variable in function.visible(pc) {
            let address = (line.fp as i64 + variable.fp_offset) as usize;
            let shape = nostos_abi::desc::ShapeId(variable.shape);
            // What cannot be read is left out: there is nothing to say of it.
            if let Some(value) = image.read(shape, address, variable.in_cell) {
                known.push(Known {
                    name: variable.name.clone(),
                    value,
                });
            }
        }
        Ok((function.file.clone(), known))
    }

    fn process_variables(&self, pid: Pid) -> Result<Vec<Variable>, Refusal> {
        let detail = self.session.image.process(pid).ok_or_else(|| nobody(pid))?;
        let row = self.row(&detail.line, true);
        let plain = |name: &str, value: String, ty: &str| Variable {
            name: name.into(),
            value,
            ty: ty.into(),
            named: 0,
            indexed: 0,
            place: None,
        };
        let mut out = vec![plain("pid", format!("<pid {pid}>"), "Pid")];
        if let Some(name) = &row.name {
            out.push(plain("name", format!("{name:?}"), "String"));
        }
        out.push(plain("function", row.function.clone(), ""));
        if let Some(parent) = row.parent {
            out.push(plain("parent", format!("<pid {parent}>"), "Pid"));
        }
        let links: Vec<String> = row.links.iter().map(|pid| format!("<pid {pid}>")).collect();
        out.push(plain(
            "links",
            format!("[{}]", links.join(", ")),
            "List[Pid]",
        ));
        out.push(plain("mailbox", row.mailbox.to_string(), "Int"));
        out.push(plain("reductions", row.reductions.to_string(), "Int"));
        out.push(plain(
            "heap",
            format!("{} bytes of {}", detail.heap_used, detail.heap_reserved),
            "",
        ));
        out.push(plain("stack", format!("{} bytes", detail.stack_used), ""));
        let (minor, major) = detail.collections;
        out.push(plain(
            "collections",
            format!("{minor} minor, {major} major"),
            "",
        ));
        Ok(out)
    }

    /// Compiles what a breakpoint may be meant for: the functions of one instance that lie around this line, or the next one.
    fn compile_around(&self, file: &str, lines: &[u32]) {
        let mut build = self.session.build.lock();
        let Some(id) = build.db.file_id(file) else {
            return;
        };
        let index = build.db.line_index(id);
        let mut wanted: BTreeMap<u32, FnInst> = BTreeMap::new();
        for function in query::functions_of_file(&build.db, id) {
            let def = query::fn_def(&build.db, function);
            if def.kind == FnKind::Nostos && def.type_params == 0 {
                let end = index.line_col(def.start + def.len).line + 1;
                wanted.insert(
                    end,
                    FnInst {
                        id: function,
                        args: Arc::new([]),
                    },
                );
            }
        }
        for &line in lines {
            // The first function that ends at or behind the line holds it, or is the next with code.
            let Some((_, inst)) = wanted.range(line..).next() else {
                continue;
            };
            let cell = build.codegen.fn_cell(inst);
            if !self.session.image.has_code(cell) {
                // What does not compile has no code to stop in; whoever calls it is told why.
                let _ = build.compile(&self.session.image, cell);
            }
        }
    }

    fn compile_named(&self, name: &str) {
        let mut build = self.session.build.lock();
        let found = query::functions(&build.db).into_iter().find(|id| {
            let def = query::fn_def(&build.db, *id);
            def.kind == FnKind::Nostos && def.type_params == 0 && *def.name == *name
        });
        let Some(function) = found else { return };
        let cell = build.codegen.fn_cell(&FnInst {
            id: function,
            args: Arc::new([]),
        });
        if !self.session.image.has_code(cell) {
            let _ = build.compile(&self.session.image, cell);
        }
    }
}

impl PartialEq for What {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (What::Line(a), What::Line(b)) | (What::Function(a), What::Function(b)) => a == b,
            (What::Entry, What::Entry) => true,
            _ => false,
        }
    }
}

/// The sites found for a line, unless the line is in a definition that has no code yet: then those of the next one are not what is meant.
fn line_sites(
    found: Option<(super::symbols::Row, Vec<u64>)>,
    file: &str,
    line: u32,
    lines: &BTreeMap<(String, String), (u32, u32)>,
    symbols: &Symbols,
) -> Option<(super::symbols::Row, Vec<u64>)> {
    let (row, sites) = found?;
    let around = lines
        .iter()
        .filter(|((known, _), (first, last))| known == file && (*first..=*last).contains(&line));
    for (_, (first, last)) in around {
        let own = symbols.sites(file, *first);
        let has_code = own.is_some_and(|(own, _)| own.line <= *last);
        if !has_code && row.line > *last {
            return None;
        }
    }
    Some((row, sites))
}

/// The first statement of a function: of each of its instances.
fn first_sites<'a>(
    symbols: &'a Symbols,
    name: &'a str,
) -> Option<(&'a Function, super::symbols::Row, Vec<u64>)> {
    let first: Vec<_> = symbols
        .named(name)
        .filter_map(|function| Some((function, function.sites().min_by_key(|row| row.address)?)))
        .collect();
    let (function, row) = *first.first()?;
    Some((
        function,
        row,
        first.iter().map(|(_, row)| row.address).collect(),
    ))
}

/// The address of the instruction a frame is in: of the call or the site, not of what comes after it.
fn pc_of(frame: &runtime::FrameLine) -> u64 {
    frame.code.address as u64 + u64::from(frame.offset) - 1
}

fn nobody(pid: Pid) -> Refusal {
    Refusal(format!("there is no process {pid}"))
}

fn word_of(state: runtime::State) -> State {
    match state {
        runtime::State::Running => State::Running,
        runtime::State::Runnable => State::Runnable,
        runtime::State::Waiting => State::Waiting,
        runtime::State::Sleeping => State::Sleeping,
        runtime::State::Blocked => State::Blocked,
        runtime::State::Stopped => State::Stopped,
        runtime::State::Dead => State::Exited,
    }
}

impl Debugger {
    fn break_at_entry(&self) {
        let name = {
            let build = self.session.build.lock();
            query::main_fn(&build.db).map(|main| query::fn_def(&build.db, main).name.to_string())
        };
        let Some(name) = name else { return };
        self.compile_named(&name);
        {
            let mut state = self.state.lock();
            let state = &mut *state;
            self.refresh(state);
            let Some((_, _, sites)) = first_sites(&state.symbols, &name) else {
                return;
            };
            state.next += 1;
            state.breakpoints.push(Logical {
                id: state.next,
                client: 0,
                what: What::Entry,
                wish: Wish::default(),
                hits: 0,
                at: None,
                sites: sites
                    .iter()
                    .map(|start| (start + SITE_BYTES) as usize)
                    .collect(),
            });
        }
        self.arm();
    }
}

/// Shows gdb or lldb the program's code, when the operating-system process is traced or `NOSTOS_GDB` is set.
pub fn show_gdb(session: &Arc<Session>) {
    let asked =
        std::env::var_os("NOSTOS_GDB").is_some_and(|value| !value.is_empty() && value != "0");
    if !asked && !is_traced() {
        return;
    }
    let image = Arc::downgrade(&session.image);
    let root = session.project.root.to_string_lossy().into_owned();
    let mut loaded = FxHashSet::default();
    let shown: crate::build::Show = Box::new(move || {
        let Some(image) = image.upgrade() else { return };
        let new: Vec<_> = image
            .codes()
            .into_iter()
            .filter(|code| loaded.insert(code.address))
            .collect();
        let mut placed: Vec<Placed> = new
            .iter()
            .map(|code| Placed {
                code: &code.object,
                address: code.address as u64,
                len: code.len as u64,
            })
            .collect();
        // Calls of the runtime go through these; a debugger that does not know them cannot tell such a call from a jump.
        let jump = CodeObject {
            name: "nostos_jump".into(),
            ..CodeObject::default()
        };
        for (address, len) in image.jumps() {
            if loaded.insert(address) {
                let (address, len) = (address as u64, len as u64);
                placed.push(Placed {
                    code: &jump,
                    address,
                    len,
                });
            }
        }
        runtime::register_elf(&image.with_descs(|descs| dwarf::elf(&placed, descs, &root)));
    });
    session.build.lock().shown.push(shown);
}

/// Linux says who traces a process.
fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim() != "0")
}
