//! All processes of a program, one of which runs at a time: round robin, a slice each, so that a program always does the same.
//!
//! Time is virtual: a slice takes a moment, asking for the time takes a moment, and when every process waits it is at once as late as the earliest wants.

use crate::code::Code;
use crate::machine::Halt;
use crate::op::Answer;
use crate::process::{Message, Next, Process, Reason};
use crate::relations::{Relations, Signals};
use crate::resource::Locks;
use crate::value::{Value, deep_copy};
use nostos_abi::code::CellId;
use nostos_codegen::Codegen;
use nostos_codegen::ir::Function;
use nostos_codegen::meaning::Meaning;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What a program is run with.
pub struct Config<'o> {
    /// Its arguments.
    pub args: Vec<String>,
    /// Takes its output.
    pub output: &'o mut dyn FnMut(Stream, &str),
    /// Values an array may have.
    pub words: usize,
    /// Slices it may take altogether; then it is ended.
    pub slices: u64,
}

impl<'o> Config<'o> {
    /// Without arguments and with limits that programs for people do not meet.
    pub fn new(output: &'o mut dyn FnMut(Stream, &str)) -> Config<'o> {
        Config {
            args: Vec::new(),
            output,
            words: 1 << 28,
            slices: u64::MAX,
        }
    }
}

/// Between two questions to the outside.
const POLL: Duration = Duration::from_micros(200);
/// Nanoseconds a slice takes.
const SLICE_NANOS: u64 = 10_000;
/// Nanoseconds it takes to ask for the time.
const ASK_NANOS: u64 = 1_000;

/// See the module.
pub(crate) struct World<'w> {
    pub(crate) meaning: &'w dyn Meaning,
    pub(crate) codegen: &'w mut Codegen,
    pub(crate) code: &'w Code,
    pub(crate) config: Config<'w>,
    /// All but the one that runs.
    pub(crate) processes: FxHashMap<u64, Process<'w>>,
    queue: VecDeque<u64>,
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    pub(crate) names: FxHashMap<String, u64>,
    pub(crate) globals: FxHashMap<i64, Value>,
    /// Boxes of module-level variables.
    pub(crate) shared: FxHashMap<i64, Value>,
    pub(crate) locks: Locks,
    /// Polls in a row without anything else done.
    polls: usize,
    last_pid: u64,
    last_ref: i64,
    pub(crate) now: u64,
    pub(crate) began_millis: i64,
    /// The process that runs; 0: none does.
    pub(crate) running: u64,
    /// Messages for the one that runs, until what it does is done.
    pub(crate) posted: Vec<Message>,
    pub(crate) relations: FxHashMap<u64, Relations>,
    pub(crate) signals: Option<Signals>,
    /// Processes whose end is being told.
    pub(crate) ends: Vec<(u64, Relations, Reason)>,
    /// Why the one that runs is to end, when what it did came back over a link.
    pub(crate) doomed: Option<Reason>,
    pub(crate) main: u64,
    /// How the main process ended.
    pub(crate) ended: Option<Reason>,
}

impl<'w> World<'w> {
    pub(crate) fn new(
        meaning: &'w dyn Meaning,
        codegen: &'w mut Codegen,
        code: &'w Code,
        config: Config<'w>,
    ) -> World<'w> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        World {
            meaning,
            codegen,
            code,
            config,
            processes: FxHashMap::default(),
            queue: VecDeque::new(),
            timers: BinaryHeap::new(),
            names: FxHashMap::default(),
            globals: FxHashMap::default(),
            shared: FxHashMap::default(),
            locks: Locks::default(),
            polls: 0,
            last_pid: 0,
            last_ref: 0,
            now: 1,
            began_millis: since.map_or(0, |since| since.as_millis() as i64),
            running: 0,
            posted: Vec::new(),
            relations: FxHashMap::default(),
            signals: None,
            ends: Vec::new(),
            doomed: None,
            main: 0,
            ended: None,
        }
    }

    /// Runs the program that the cell is the entry of, to the end of its main process.
    pub(crate) fn run(&mut self, entry: CellId) -> Result<Reason, String> {
        let function = self.function(entry)?;
        self.main = self.add(function, None);
        let mut slices = 0;
        loop {
            if let Some(reason) = self.ended.take() {
                return Ok(reason);
            }
            let Some(pid) = self.queue.pop_front() else {
                if self.wake_earliest() {
                    continue;
                }
                return Ok(self.stuck());
            };
            // It may have been killed while it was waiting for its turn.
            let Some(mut p) = self.processes.remove(&pid) else {
                continue;
            };
            slices += 1;
            if slices > self.config.slices {
                let why = "Panic: the interpreter's limit of steps was reached".to_string();
                return Ok(Reason::Failed(why, Vec::new()));
            }
            self.running = pid;
            p.slices += 1;
            p.state = 1;
            let halt = self.run_slice(&mut p);
            self.running = 0;
            self.now += SLICE_NANOS;
            match halt {
                Halt::Yielded => {
                    p.state = 0;
                    self.queue.push_back(pid);
                    self.processes.insert(pid, p);
                }
                Halt::Polled => {
                    self.polls += 1;
                    self.queue.push_back(pid);
                    self.processes.insert(pid, p);
                    if self.polls > self.queue.len() {
                        // Nobody does anything but wait for the outside.
                        self.polls = 0;
                        std::thread::sleep(POLL);
                        self.now += POLL.as_nanos() as u64;
                    }
                    self.wake_due();
                    continue;
                }
                Halt::Parked => {
                    if let Some(deadline) = p.deadline {
                        self.timers.push(Reverse((deadline, pid)));
                    }
                    p.state = match (p.receives, p.waiting) {
                        (true, _) => 2,
                        (false, true) => 4,
                        (false, false) => 3,
                    };
                    self.processes.insert(pid, p);
                }
                Halt::Ended(reason) => self.finish(p, reason),
            }
            self.polls = 0;
            self.wake_due();
        }
    }

    /// Lets a process that waits try again.
    pub(crate) fn nudge(&mut self, pid: Option<u64>) {
        let Some(pid) = pid else { return };
        if let Some(process) = self.processes.get_mut(&pid)
            && std::mem::take(&mut process.waiting)
        {
            process.deadline = None;
            self.queue.push_back(pid);
        }
    }

    /// The function of a cell; lowered when it is called first.
    pub(crate) fn function(&mut self, cell: CellId) -> Result<&'w Function, String> {
        let code = self.code;
        if let Some(known) = code.get(cell) {
            return Ok(known);
        }
        let lowered = self.codegen.lower(self.meaning, cell);
        for (cell, function) in lowered.map_err(|error| error.0)? {
            code.put(cell, function);
        }
        code.get(cell)
            .ok_or_else(|| format!("{cell:?} has no function"))
    }

    fn add(&mut self, function: &'w Function, closure: Option<&Value>) -> u64 {
        self.last_pid += 1;
        let pid = self.last_pid;
        let mut p = Process::new(pid, function);
        let closure = closure.map(Value::closure);
        self.enter(&mut p, function, std::iter::empty(), closure);
        p.next = Some(Next::Eval(&function.body));
        p.parent = self.running;
        self.relations.insert(pid, Relations::default());
        self.processes.insert(pid, p);
        self.queue.push_back(pid);
        pid
    }

    /// Starts a process that calls a copy of the closure.
    pub(crate) fn spawn(&mut self, closure: &Value) -> Result<u64, Answer> {
        let closure = deep_copy(closure);
        match self.function(closure.closure().cell) {
            Ok(function) => Ok(self.add(function, Some(&closure))),
            Err(why) => Err(Answer::Error("CompileError".into(), why)),
        }
    }

    /// Puts a message into a mailbox, and wakes who waits for one.
    pub(crate) fn deliver(&mut self, pid: u64, message: Message) {
        if pid == self.running {
            self.posted.push(message);
            return;
        }
        let Some(receiver) = self.processes.get_mut(&pid) else {
            return;
        };
        receiver.mailbox.push_back(message);
        if std::mem::take(&mut receiver.receives) {
            receiver.deadline = None;
            self.queue.push_back(pid);
        }
    }

    /// Tells people of an end that nobody expects.
    pub(crate) fn report(&mut self, pid: u64, reason: &Reason, is_main: bool) {
        let mut text = match reason {
            Reason::Failed(message, _) if is_main => format!("Runtime error: {message}\n"),
            Reason::Failed(message, _) => format!("Process <pid {pid}> ended: {message}\n"),
            Reason::Custom(why) if is_main && why.parse::<i32>().is_err() => {
                format!("Runtime error: exit: {why}\n")
            }
            Reason::Killed if is_main => "Runtime error: exit: Killed\n".to_string(),
            Reason::NoProcess if is_main => "Runtime error: exit: NoProcess\n".to_string(),
            Reason::Normal
            | Reason::Shutdown
            | Reason::Killed
            | Reason::NoProcess
            | Reason::Custom(_) => return,
        };
        if let Reason::Failed(_, trace) = reason {
            for line in trace {
                text.push_str(&format!("{line}\n"));
            }
        }
        (self.config.output)(Stream::Err, &text);
    }

    /// Every process waits for a message.
    fn stuck(&mut self) -> Reason {
        let why = "Panic: every process waits for a message, and nobody is left to send one";
        let reason = Reason::Failed(why.to_string(), Vec::new());
        self.report(0, &reason, true);
        reason
    }

    // Time.

    /// This many milliseconds from now.
    pub(crate) fn in_millis(&self, millis: u64) -> u64 {
        let nanos = millis.saturating_mul(1_000_000);
        self.now.saturating_add(nanos).min(u64::MAX - 1)
    }

    /// The time, for somebody who asks.
    pub(crate) fn tick(&mut self) -> u64 {
        self.now += ASK_NANOS;
        self.now
    }

    /// Nobody can run: it is as late as the first who waits for a time wants it to be. False: nobody does.
    fn wake_earliest(&mut self) -> bool {
        while let Some(Reverse((deadline, pid))) = self.timers.peek().copied() {
            let waits = self.processes.get(&pid);
            if waits.is_some_and(|p| p.deadline == Some(deadline)) {
                self.now = self.now.max(deadline);
                self.wake_due();
                return true;
            }
            self.timers.pop();
        }
        false
    }

    fn wake_due(&mut self) {
        while let Some(Reverse((deadline, pid))) = self.timers.peek().copied() {
            if deadline > self.now {
                return;
            }
            self.timers.pop();
            let Some(process) = self.processes.get_mut(&pid) else {
                continue;
            };
            // It may have been woken before, and wait for something else now.
            if process.deadline == Some(deadline) {
                process.deadline = None;
                process.receives = false;
                process.waiting = false;
                self.queue.push_back(pid);
            }
        }
    }

    // Numbers.

    pub(crate) fn fresh_ref(&mut self) -> i64 {
        self.last_ref += 1;
        self.last_ref
    }

    pub(crate) fn random(&mut self) -> i64 {
        // Each `RandomState` has keys of its own, seeded by the operating system.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(self.now);
        hasher.finish() as i64
    }
}
