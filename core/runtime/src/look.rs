//! Looking into a living image. Nothing here stops a process for longer than its next safepoint and a bounded look.

use crate::code::Code;
use crate::core::Core;
use crate::debug::StopReason;
use crate::exit::Finished;
use crate::heap::space::Mark;
use crate::heap::stats::Collection;
use crate::mailbox::Parked;
use crate::process::{Own, Process, State, attention};
use crate::value::{self, Lists, Memory, Origin, Reading, Value};
use crate::walk;
use nostos_abi::desc::{DescTable, View};
use nostos_abi::object::{HEADER_DESC_MASK, HEADER_SHARED};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// One line of the process list.
#[derive(Clone, Debug)]
pub struct ProcessLine {
    /// Its number.
    pub pid: u64,
    /// Its registered name.
    pub name: Option<String>,
    /// What it does.
    pub state: State,
    /// It waits for what a thread of the system does for it, and not for its own C function.
    pub waits_for_job: bool,
    /// Messages it has not received yet.
    pub mailbox: usize,
    /// Reductions it has used.
    pub reductions: u64,
    /// Bytes of its heap after its last collection or message.
    pub heap_bytes: usize,
    /// How many processes it is linked to.
    pub links: usize,
}

/// An order of processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rank {
    /// By number.
    Pid,
    /// Most messages first.
    Messages,
    /// Most reductions first.
    Reductions,
    /// Largest heap first.
    Heap,
    /// The named and the stopped, then most reductions first.
    Busy,
    /// By state: the stopped and the running first.
    State,
    /// Most links first.
    Links,
}

/// Some processes of an order.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Those of the range.
    pub lines: Vec<ProcessLine>,
    /// How many were let through.
    pub matched: usize,
    /// How many there are.
    pub total: usize,
}

/// More about one process.
#[derive(Clone, Debug)]
pub struct ProcessDetail {
    /// As in the list.
    pub line: ProcessLine,
    /// Bytes of heap in use now, and reserved.
    pub heap_used: usize,
    /// See `heap_used`.
    pub heap_reserved: usize,
    /// Bytes of stack in use.
    pub stack_used: usize,
    /// Linked processes.
    pub links: Vec<u64>,
    /// It looks after others' ends.
    pub supervises: bool,
    /// Used and reserved bytes of the nursery.
    pub young: (usize, usize),
    /// And of the old space.
    pub old: (usize, usize),
    /// Count and bytes of large objects.
    pub large: (usize, usize),
    /// Count and bytes of those large objects that others have, too: other processes, messages, module-level variables.
    pub shared: (usize, usize),
    /// Minor and major collections so far.
    pub collections: (u64, u64),
    /// Time it stood still for them.
    pub gc_pause: Duration,
    /// Who spawned it; 0 for nobody.
    pub parent: u64,
    /// The last ones, oldest first.
    pub last_collections: Vec<Collection>,
    /// Why it is stopped.
    pub stopped: Option<StopReason>,
}

/// One frame. `fp` is an address, good until the process runs again.
#[derive(Clone, Debug)]
pub struct FrameLine {
    /// The function version.
    pub code: Arc<Code>,
    /// Where in it: the return address as an offset.
    pub offset: u32,
    /// The line.
    pub line: u32,
    /// Frame pointer, which locals' offsets count from.
    pub fp: usize,
    /// Stack pointer.
    pub sp: usize,
}

/// Where a value of a stopped process is that can be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// Its lanes are at this address in a frame.
    Frame(usize),
    /// Its cell is what the word at this address refers to.
    Cell(usize),
    /// An element of the array at this address.
    Element {
        /// The array.
        array: u64,
        /// Which.
        index: usize,
    },
}

/// One waiting message.
#[derive(Clone, Debug)]
pub struct MessageLine {
    /// Who sent it.
    pub from: u64,
    /// Type as in source.
    pub type_name: String,
    /// The value, bounded.
    pub text: String,
    /// Bytes of its objects.
    pub bytes: usize,
    /// How long ago it was sent, if the image is inspected.
    pub age: Option<Duration>,
    /// File and line where it was sent, if the image is inspected and a process sent it.
    pub place: Option<(String, u32)>,
}

/// Objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapLine {
    /// Type, constructor or what it is.
    pub name: String,
    /// How many.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// What a worker does.
#[derive(Clone, Debug)]
pub struct WorkerLine {
    /// The process on it, if any.
    pub running: Option<u64>,
    /// How often it has begun to run a process.
    pub switches: u64,
    /// How often it has stolen.
    pub steals: u64,
    /// How often it has gone to sleep.
    pub sleeps: u64,
    /// Reductions used on it.
    pub reductions: u64,
    /// Processes that wait for it.
    pub queue: usize,
    /// For how long it has had nothing to do, altogether.
    pub slept: Duration,
}

/// The scheduler now.
#[derive(Clone, Debug)]
pub struct SchedulerStats {
    /// By worker.
    pub workers: Vec<WorkerLine>,
    /// Living processes.
    pub alive: usize,
    /// Processes made so far.
    pub spawned: usize,
    /// Bytes of machine code and of constants.
    pub code_bytes: (usize, usize),
}

/// What the processes of an image are at, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// Living processes.
    pub processes: usize,
    /// On a worker.
    pub running: usize,
    /// In a run queue.
    pub runnable: usize,
    /// In `receive`.
    pub waiting: usize,
    /// In `sleep`.
    pub sleeping: usize,
    /// Those that wait for a thread of the system to do something for them.
    pub jobs: usize,
    /// Those that wait for a socket, a program or something else of the outside world.
    pub outside: usize,
    /// Held by the debugger.
    pub stopped: usize,
    /// Messages that wait.
    pub messages: usize,
    /// Mailboxes with more than a thousand of them.
    pub long_mailboxes: usize,
    /// Bytes of all heaps, each after its last collection or message; what several have is counted once.
    pub heap: usize,
    /// Deadlines that processes wait for.
    pub timers: usize,
}

/// A mailbox is long with more messages.
const LONG: usize = 1000;

/// Bytes of a message beside its value, about.
const LETTER: usize = 40;

/// A process that stands still, in one of its stops: addresses in its frames and its heap are good until it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Standing {
    pid: u64,
    /// How often it had gone on before.
    stop: u64,
}

impl Standing {
    pub(crate) fn new(pid: u64, stop: u64) -> Standing {
        Standing { pid, stop }
    }

    /// Who stands still.
    pub fn pid(self) -> u64 {
        self.pid
    }
}

/// It is parked for a debugger, and nobody has woken it.
pub(crate) fn is_stopped(process: &Process) -> bool {
    process.inbox.lock().parked == Parked::Stop
}

impl Core {
    /// Calls `f` with the process as soon as nobody else holds it: at once if it does not run, else at its next safepoint.
    pub(crate) fn look<T>(&self, pid: u64, f: impl FnOnce(&Process, &mut Own) -> T) -> Option<T> {
        let process = self.table.get(pid)?;
        if process.inbox.lock().pid != pid {
            return None;
        }
        while !process.acquire_to_look() {
            process.ask(attention::LOOK);
            std::thread::sleep(Duration::from_micros(5));
        }
        process
            .attention
            .fetch_and(!attention::LOOK, Ordering::SeqCst);
        // Meanwhile it may have ended, and the block be another's.
        let same = process.pid() == pid;
        // SAFETY: acquired above; no other reference to the owner's part exists.
        let result = same.then(|| f(process, unsafe { process.own() }));
        process.release();
        result
    }

    /// The stop in which a process stands still; none: it does not.
    pub(crate) fn standing(&self, pid: u64) -> Option<Standing> {
        self.look(pid, |process, own| {
            let stop = own.rare_if_any().map_or(0, |rare| rare.went_on);
            is_stopped(process).then_some(Standing { pid, stop })
        })?
    }

    /// Calls `f` with the process if it still stands in that stop, so that what was seen of its frames and heap holds.
    pub(crate) fn look_standing<T>(
        &self,
        standing: Standing,
        f: impl FnOnce(&Process, &mut Own) -> T,
    ) -> Option<T> {
        self.look(standing.pid, |process, own| {
            let stop = own.rare_if_any().map_or(0, |rare| rare.went_on);
            (is_stopped(process) && stop == standing.stop).then(|| f(process, own))
        })?
    }

    pub(crate) fn process_lines(&self) -> Vec<ProcessLine> {
        self.table.iter().filter_map(line_of).collect()
    }

    /// The first `limit` processes of an order, and how many there are.
    pub(crate) fn first_processes(&self, rank: Rank, limit: usize) -> (Vec<ProcessLine>, usize) {
        // The last of the first ones on top, so that it goes when a better one comes.
        let mut first = BinaryHeap::new();
        let mut total = 0;
        self.table.each(|process| {
            let pid = process.pid();
            if pid == 0 {
                return;
            }
            total += 1;
            let entry = (Reverse(rank_of(process, rank)), pid);
            if first.len() < limit {
                first.push(entry);
            } else if first.peek().is_some_and(|last| entry < *last) {
                first.pop();
                first.push(entry);
            }
        });
        let lines = first.into_sorted_vec().into_iter().filter_map(|(_, pid)| {
            let line = line_of(self.table.get(pid)?)?;
            (line.pid == pid).then_some(line)
        });
        (lines.collect(), total)
    }

    /// The processes in a range of an order, of those that are let through. Names are ordered here: those with one first.
    pub(crate) fn choose_processes(
        &self,
        by: Option<Rank>,
        range: Range<usize>,
        lets: Option<&dyn Fn(&ProcessLine) -> bool>,
    ) -> Chosen {
        let mut named = Vec::new();
        let mut keys = Vec::new();
        let mut total = 0;
        self.table.each(|process| {
            let pid = process.pid();
            if pid == 0 {
                return;
            }
            total += 1;
            if let Some(lets) = lets
                && !line_of(process).is_some_and(|line| lets(&line))
            {
                return;
            }
            match by {
                Some(rank) => keys.push((Reverse(rank_of(process, rank)), pid)),
                None => match process.inbox.lock().name() {
                    Some(name) => named.push((name.clone(), pid)),
                    None => keys.push((Reverse(0), pid)),
                },
            }
        });
        named.sort_unstable();
        let matched = named.len() + keys.len();
        let range = range.start.min(matched)..range.end.min(matched);
        let behind = |at: usize| at.saturating_sub(named.len());
        // Only the wanted ones are put in order, not the million around them.
        let (from, to) = (behind(range.start), behind(range.end));
        if from > 0 && from < keys.len() {
            keys.select_nth_unstable(from);
        }
        let tail = &mut keys[from.min(matched - named.len())..];
        if to - from < tail.len() && to > from {
            tail.select_nth_unstable(to - from - 1);
        }
        let wanted = &mut tail[..to - from];
        wanted.sort_unstable();
        let first = named[range.start.min(named.len())..range.end.min(named.len())]
            .iter()
            .map(|(_, pid)| *pid);
        let pids = first.chain(wanted.iter().map(|(_, pid)| *pid));
        let lines = pids.filter_map(|pid| {
            let line = line_of(self.table.get(pid)?)?;
            (line.pid == pid).then_some(line)
        });
        Chosen {
            lines: lines.collect(),
            matched,
            total,
        }
    }

    /// Every process and who started it; 0 for nobody.
    pub(crate) fn parents(&self) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        self.table.each(|process| match process.pid() {
            0 => {}
            pid => out.push((pid, process.parent.load(Ordering::Relaxed))),
        });
        out
    }

    pub(crate) fn process_detail(&self, pid: u64) -> Option<ProcessDetail> {
        self.look(pid, |process, own| {
            let [young, old, large] = own.heap.spaces(process);
            Some(ProcessDetail {
                young,
                old,
                large,
                shared: own.heap.shared(),
                gc_pause: own.heap.stats().pause,
                parent: process.parent.load(Ordering::Relaxed),
                line: line_of(process)?,
                heap_used: own.heap.used(process),
                heap_reserved: own.heap.reserved(),
                stack_used: match (&own.stack, &own.frozen) {
                    (Some(stack), _) => stack.used(process),
                    (None, Some(frozen)) => frozen.bytes(),
                    (None, None) => 0,
                },
                links: process.links(),
                supervises: {
                    let inbox = process.inbox.lock();
                    let relations = inbox.relations.as_ref();
                    relations.is_some_and(|relations| relations.supervises)
                },
                collections: (own.heap.stats().minor, own.heap.stats().major),
                last_collections: own.heap.stats().last.iter().copied().collect(),
                stopped: own.rare_if_any().and_then(|rare| rare.stopped),
            })
        })?
    }

    /// Frames, innermost first, at most `limit`.
    pub(crate) fn frame_lines(&self, pid: u64, limit: usize) -> Option<Vec<FrameLine>> {
        self.look(pid, |process, own| {
            let mut frames = Vec::new();
            if !self.ensure_frames(process, own) {
                return frames;
            }
            // SAFETY: we own the process, which is suspended in the shim as it has a stack and does not run.
            unsafe {
                walk::frames(&self.registry, process, |frame| {
                    if let Some(code) = &frame.mapped.code {
                        let offset = code.offset(frame.ret);
                        frames.push(FrameLine {
                            code: code.clone(),
                            offset,
                            line: code.line_at(offset),
                            fp: frame.fp,
                            sp: frame.sp,
                        });
                    }
                    frames.len() < limit
                });
            }
            frames
        })
    }

    pub(crate) fn message_lines(
        &self,
        pid: u64,
        range: Range<usize>,
    ) -> Option<(usize, Vec<MessageLine>)> {
        self.look(pid, |process, own| {
            let table = self.descs.read();
            own.queue.accept(&process.mail, pid, &RefCell::default());
            let total = own.queue.len();
            let lines = own
                .queue
                .iter()
                .skip(range.start)
                .take(range.len())
                .map(|message| {
                    let memory = Memory::Message(message.value);
                    let root = message.value.root();
                    MessageLine {
                        from: message.from,
                        type_name: desc_name(&table, message.desc),
                        text: value::render_boxed(&table, memory, root, false),
                        bytes: message.value.bytes(),
                        age: message.stamp.map(|stamp| {
                            let nanos = self.timers.now().saturating_sub(stamp.at);
                            Duration::from_nanos(nanos)
                        }),
                        place: message.stamp.and_then(|s| self.debug.places.get(s.place)),
                    }
                });
            (total, lines.collect())
        })
    }

    /// Looks at values of a process, see [`crate::Image::reading`].
    pub(crate) fn reading<T>(
        &self,
        pid: u64,
        origin: Origin,
        lists: &Lists,
        f: impl FnOnce(&Reading<'_>) -> T,
    ) -> Option<T> {
        let Origin::Message(index) = origin else {
            return Some(f(&Reading {
                table: &self.descs.read(),
                memory: Memory::Live,
                lists,
                root: None,
            }));
        };
        self.look(pid, |process, own| {
            own.queue.accept(&process.mail, pid, &RefCell::default());
            let message = own.queue.iter().nth(index)?;
            let table = self.descs.read();
            let memory = Memory::Message(message.value);
            Some(f(&Reading {
                table: &table,
                memory,
                lists,
                root: value::unbox(&table, memory, message.value.root()),
            }))
        })?
    }

    /// Puts the result of a call in the place of a stopped process's value; the error is a sentence.
    pub(crate) fn write_value(
        &self,
        standing: Standing,
        spot: Spot,
        shape: nostos_abi::desc::ShapeId,
        finished: &Finished,
    ) -> Result<(), String> {
        let result = finished.result.as_ref();
        let result = result.ok_or_else(|| finished.reason.to_string())?.view();
        let table = self.descs.read();
        let name = |shape: nostos_abi::desc::ShapeId| table.shapes.get(shape.0 as usize);
        let (Some(given), Some(wanted)) = (
            value::unbox(&table, Memory::Message(result), result.root()),
            name(shape),
        ) else {
            return Err("this value cannot be changed".into());
        };
        if name(given.shape).is_none_or(|given| given.name != wanted.name) {
            let given = name(given.shape).map_or("?", |shape| shape.name.as_str());
            return Err(format!("it is {}, and this is {given}", wanted.name));
        }
        let written = self.look_standing(standing, |process, own| {
            let mut root = result.root();
            if result.bytes() > 0 || result.holds() {
                let room = own
                    .heap
                    .room_for(process, result.bytes(), self.policy(process));
                let held = &mut own.heap.held;
                // SAFETY: the heap made this room.
                root = unsafe { result.load(&self.traces, room.address, room.bits, held) };
            }
            let lanes = value::unbox(&table, Memory::Live, root)?.lanes;
            let (at, owner) = match spot {
                Spot::Frame(address) => (address as u64, None),
                Spot::Cell(address) => {
                    let cell = Memory::Live.words(address as u64, 1)?[0];
                    (cell + 8, Some(cell))
                }
                Spot::Element { array, index } => {
                    let [header, len] = Memory::Live.words(array, 2)?[..] else {
                        return None;
                    };
                    // Others may have it, too.
                    let shared = header & HEADER_SHARED != 0;
                    if shared || index as u64 >= len {
                        return None;
                    }
                    (array + 16 + (index * lanes.len()) as u64 * 8, Some(array))
                }
            };
            for (i, lane) in lanes.iter().enumerate() {
                // SAFETY: the spot was found while the process stood in this stop, in the debug information of its frame, or in an array whose length
                // was just looked at; it has not run since, and its type is the value's, so all lanes have room.
                unsafe { (at as *mut u64).add(i).write(*lane) };
            }
            if let Some(owner) = owner {
                own.heap.remember(owner);
            }
            Some(())
        });
        written
            .ok_or("the process went on before the value was there")?
            .ok_or_else(|| "this value cannot be changed".into())
    }

    /// Bytes of the messages that wait for a process, and of the blobs they refer to.
    pub(crate) fn mailbox_bytes(&self, pid: u64) -> Option<(usize, usize)> {
        self.look(pid, |process, own| {
            own.queue.accept(&process.mail, pid, &RefCell::default());
            own.queue.iter().fold((0, 0), |(bytes, blobs), m| {
                let own = LETTER + m.value.bytes();
                (bytes + own, blobs + m.value.blob_bytes())
            })
        })
    }

    /// Objects by kind, largest first.
    pub(crate) fn heap_lines(&self, pid: u64) -> Option<Vec<HeapLine>> {
        let counts = self.look(pid, |process, own| {
            let mut counts: FxHashMap<u32, (usize, usize)> = FxHashMap::default();
            let mut count = |object: *mut u64| {
                // SAFETY: heap ranges hold whole objects one after the other; at a safepoint all of them are filled.
                let (header, bytes) =
                    unsafe { (*object, self.traces.bytes(*object, object.add(1))) };
                let entry = counts
                    .entry((header & HEADER_DESC_MASK) as u32)
                    .or_default();
                entry.0 += 1;
                entry.1 += bytes;
                bytes
            };
            let (mut at, end) = own.heap.young_range(process);
            while at < end {
                at += count(at as *mut u64);
            }
            let mut mark = Mark::START;
            while let Some(object) = own.heap.old().at(&mut mark) {
                mark.step(count(object));
            }
            for object in own.heap.large() {
                count(object);
            }
            counts
        })?;
        let table = self.descs.read();
        let mut lines: Vec<HeapLine> = counts
            .into_iter()
            .map(|(desc, (objects, bytes))| HeapLine {
                name: desc_name(&table, desc),
                objects,
                bytes,
            })
            .collect();
        lines.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        Some(lines)
    }

    /// One glance at each process, without a lock at most of them.
    pub(crate) fn census(&self) -> Census {
        let mut census = Census {
            timers: self.timers.pending(),
            ..Census::default()
        };
        self.table.each(|process| {
            if process.pid() == 0 {
                return;
            }
            census.processes += 1;
            let messages = process.messages();
            census.messages += messages;
            census.long_mailboxes += usize::from(messages > LONG);
            census.heap += process.heap_bytes.load(Ordering::Relaxed);
            let count = match process.state() {
                State::Running => &mut census.running,
                State::Runnable => &mut census.runnable,
                State::Waiting => &mut census.waiting,
                State::Sleeping => &mut census.sleeping,
                State::Stopped => &mut census.stopped,
                State::Blocked if process.inbox.lock().parked == Parked::Job => &mut census.jobs,
                State::Blocked => &mut census.outside,
                State::Dead => return,
            };
            *count += 1;
        });
        // Each heap says of blobs what it has of them; see `limits`.
        let often = self.blobs.reported().min(census.heap);
        census.heap = census.heap - often + self.blobs.bytes();
        census
    }

    pub(crate) fn scheduler_stats(&self) -> SchedulerStats {
        let now = self.totals.now().as_nanos() as u64;
        let workers = self
            .scheduler
            .slots()
            .iter()
            .zip(self.scheduler.stealers())
            .map(|(slot, queue)| {
                let running = slot.running.load(Ordering::Relaxed);
                let asleep = match slot.asleep.load(Ordering::Relaxed) {
                    0 => 0,
                    since => now.saturating_sub(since),
                };
                WorkerLine {
                    slept: Duration::from_nanos(slot.slept.load(Ordering::Relaxed) + asleep),
                    running: (running != 0).then_some(running),
                    switches: slot.switches.load(Ordering::Relaxed),
                    steals: slot.steals.load(Ordering::Relaxed),
                    sleeps: slot.sleeps.load(Ordering::Relaxed),
                    reductions: slot.reductions.load(Ordering::Relaxed),
                    queue: queue.iter().map(|q| q.len()).sum(),
                }
            });
        SchedulerStats {
            workers: workers.collect(),
            alive: self.alive() as usize,
            spawned: self.spawned() as usize,
            code_bytes: self.code.lock().arena.used(),
        }
    }

    /// A number about the image for `Runtime` of the library: 0 workers, 1 living processes, 2 processes made, 3 and 4 bytes of code and of constants,
    /// 5 and 6 blobs and their bytes; 10 to 15 of a worker: process on it, switches, steals, sleeps, reductions, queue; 20 to 27 collections: minor and major ones (count, pause,
    /// longest pause in nanoseconds), bytes reclaimed and promoted.
    pub(crate) fn runtime_word(&self, what: u64, worker: usize) -> u64 {
        if what >= 20 {
            let gc = self.totals.read();
            return match what {
                20 => gc.minor.count,
                21 => gc.minor.pause.as_nanos() as u64,
                22 => gc.minor.longest.as_nanos() as u64,
                23 => gc.major.count,
                24 => gc.major.pause.as_nanos() as u64,
                25 => gc.major.longest.as_nanos() as u64,
                26 => gc.reclaimed,
                _ => gc.promoted,
            };
        }
        match what {
            5 => return self.blobs.count() as u64,
            6 => return self.blobs.bytes() as u64,
            _ => {}
        }
        let stats = self.scheduler_stats();
        let of_worker = |f: fn(&WorkerLine) -> u64| stats.workers.get(worker).map_or(0, f);
        match what {
            0 => self.scheduler.workers() as u64,
            1 => stats.alive as u64,
            2 => stats.spawned as u64,
            3 => stats.code_bytes.0 as u64,
            4 => stats.code_bytes.1 as u64,
            10 => of_worker(|w| w.running.unwrap_or(0)),
            11 => of_worker(|w| w.switches),
            12 => of_worker(|w| w.steals),
            13 => of_worker(|w| w.sleeps),
            14 => of_worker(|w| w.reductions),
            _ => of_worker(|w| w.queue as u64),
        }
    }

    /// A local's value in a frame of a process that does not run meanwhile.
    pub(crate) fn read_value(
        &self,
        shape: nostos_abi::desc::ShapeId,
        address: usize,
        boxed_var: bool,
    ) -> Option<Value> {
        let table = self.descs.read();
        let lanes = table.shapes.get(shape.0 as usize)?.lanes.len();
        let memory = Memory::Live;
        if boxed_var {
            let cell = memory.words(address as u64, 1)?[0];
            let words = value::payload(memory, cell, lanes.max(1))?;
            return Some(Value {
                shape,
                lanes: words[..lanes].to_vec(),
            });
        }
        Some(Value {
            shape,
            lanes: memory.words(address as u64, lanes)?,
        })
    }
}

/// Where a process stands in an order; the greatest is the first.
fn rank_of(process: &Process, rank: Rank) -> u64 {
    match rank {
        Rank::Pid => 0,
        Rank::Messages => process.messages() as u64,
        Rank::Reductions => process.reductions_done.load(Ordering::Relaxed),
        Rank::Heap => process.heap_bytes.load(Ordering::Relaxed) as u64,
        Rank::Busy => {
            let done = process.reductions_done.load(Ordering::Relaxed);
            let stopped = process.state() == State::Stopped;
            match stopped || process.inbox.lock().name().is_some() {
                true => u64::MAX,
                false => done,
            }
        }
        Rank::State => match process.state() {
            State::Stopped => 6,
            State::Running => 5,
            State::Runnable => 4,
            State::Blocked => 3,
            State::Waiting => 2,
            State::Sleeping => 1,
            State::Dead => 0,
        },
        Rank::Links => {
            let inbox = process.inbox.lock();
            inbox.relations.as_ref().map_or(0, |r| r.links.len() as u64)
        }
    }
}

fn line_of(process: &Process) -> Option<ProcessLine> {
    let inbox = process.inbox.lock();
    if inbox.pid == 0 {
        return None;
    }
    Some(ProcessLine {
        pid: inbox.pid,
        name: inbox.name().cloned(),
        state: process.state(),
        waits_for_job: inbox.parked == Parked::Job,
        mailbox: process.messages(),
        reductions: process.reductions_done.load(Ordering::Relaxed),
        heap_bytes: process.heap_bytes.load(Ordering::Relaxed),
        links: inbox.relations.as_ref().map_or(0, |r| r.links.len()),
    })
}

/// What an object with this descriptor is, for people.
pub(crate) fn desc_name(table: &DescTable, desc: u32) -> String {
    let shape = |id: nostos_abi::desc::ShapeId| {
        table
            .shapes
            .get(id.0 as usize)
            .map_or("?", |s| s.name.as_str())
    };
    match table.descs.get(desc as usize).map(|d| &d.view) {
        Some(View::Ctor { shape: id, .. }) | Some(View::Boxed(id)) => shape(*id).to_string(),
        Some(View::VarCell(id)) => format!("var {}", shape(*id)),
        Some(View::Array(id)) => format!("Array[{}]", shape(*id)),
        Some(View::StringBytes) => "String".to_string(),
        Some(View::Closure { name, .. }) => format!("function {name}"),
        Some(View::Internal(what)) => (*what).to_string(),
        None => "?".to_string(),
    }
}
