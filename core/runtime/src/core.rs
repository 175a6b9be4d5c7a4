//! What all parts of a living image share. [`crate::image::Image`] is its face; workers hold it while they run.

use crate::blob::Blobs;
use crate::blocking::Pool;
use crate::code::publish::{CodeMemory, Entries};
use crate::code::registry::{Mapped, Registry};
use crate::config::{Config, Stream};
use crate::debug::{Debug, Event, StopReason};
use crate::exit::{ExitReason, ExitStatus, Finished};
use crate::foreign::Foreign;
use crate::heap::Policy;
use crate::heap::collect::Tools;
use crate::heap::held::Held;
use crate::heap::stats::Totals;
use crate::heap::trace::Traces;
use crate::interrupt::Interruption;
use crate::look::Standing;
use crate::mailbox::Parked;
use crate::message::{Fragment, Scratch};
use crate::mutex::{Condvar, Mutex, RwLock};
use crate::net::Net;
use crate::process::{Own, Process, Resume, State, attention};
use crate::resource::Resource;
use crate::scheduler::{Ptr, Scheduler, Worker};
use crate::shared::Shared;
use crate::shim::{self, Leave};
use crate::stack::{Stack, Stacks};
use crate::table::Table;
use crate::timer::Timers;
use crate::{builtin, dispatch, interrupt, park, throw};
use nostos_abi::code::CellId;
use nostos_abi::desc::{DescTable, Signals};
use nostos_abi::object::HEADER_STATIC;
use nostos_abi::object::header;
use rustc_hash::{FxHashMap, FxHashSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Stacks in use before parked processes give theirs up: enough that conversations of a few hundred processes never copy.
const HOT_STACKS: usize = 1024;

/// Blocks of processes that are made, or handed to a worker, at a time: 28 of them fill a size of which the allocator has pieces, 32 would leave a tenth unused.
const BLOCKS: usize = 28;

/// Compiles and publishes the cell's code.
pub type Compiler = Box<dyn Fn(CellId) -> Result<(), String> + Send + Sync>;

/// Compiles hot cells' code better and publishes it; it may do nothing.
pub type Improver = Box<dyn Fn(CellId) + Send + Sync>;

/// See the module.
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) scheduler: Scheduler,
    pub(crate) table: Table,
    pub(crate) registry: Registry,
    pub(crate) code: Mutex<CodeMemory>,
    pub(crate) traces: Traces,
    pub(crate) descs: RwLock<DescTable>,
    /// Which kinds of boxes may hold values of another's type, as far as somebody asked.
    pub(crate) fits: RwLock<FxHashMap<(u32, u32), bool>>,
    pub(crate) totals: Totals,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) stacks: Stacks,
    pub(crate) timers: Timers,
    pub(crate) pool: Pool,
    pub(crate) names: Mutex<FxHashMap<String, u64>>,
    /// Module-level values by number: addresses of immortal boxes, 0 for none yet.
    globals: RwLock<Vec<u64>>,
    pub(crate) free_blocks: Mutex<Vec<Ptr>>,
    pub(crate) debug: Debug,
    pub(crate) compiler: OnceLock<Compiler>,
    pub(crate) improver: OnceLock<Improver>,
    pub(crate) signals: OnceLock<Signals>,
    pub(crate) shared: Shared,
    pub(crate) foreign: Foreign,
    pub(crate) net: Net,
    compiling: (Mutex<FxHashSet<CellId>>, Condvar),
    waiting: Mutex<FxHashMap<u64, Sender<Finished>>>,
    next_ref: AtomicU64,
    main: AtomicU64,
    ended: (Mutex<Option<ExitStatus>>, Condvar),
    /// Processes that were begun from outside of workers; those count their own.
    spawned: AtomicU64,
    pub(crate) interruption: Interruption,
    /// Who runs the program has ended it: nobody is to be told.
    pub(crate) dismissed: AtomicBool,
    /// What the next random number is made of, with a seed.
    random: AtomicU64,
}

impl Core {
    pub(crate) fn new(config: Config, scheduler: Scheduler) -> io::Result<Self> {
        let registry = Registry::new();
        registry.insert(shim::mapped_stubs().into_iter().map(|(address, span)| {
            let mapped = Mapped {
                code: None,
                span,
                roots: Box::default(),
                handler: None,
            };
            (address, mapped)
        }));
        let descs = DescTable::new();
        let traces = Traces::new();
        for desc in &descs.descs {
            traces.push(desc);
        }
        let code = CodeMemory::new(Entries {
            shim: shim::shim_address(),
            hook: shim::hook_address(),
            compile: shim::compile_address(),
            leaf: builtin::leaf::address,
        })?;
        let seeded = config.seed.is_some();
        Ok(Core {
            // Under stress every process that parks gives its stack up.
            stacks: Stacks::new(
                config.stack_limit,
                if config.stack_stress { 0 } else { HOT_STACKS },
            )?,
            config,
            scheduler,
            table: Table::new(),
            registry,
            code: Mutex::new(code),
            traces,
            descs: RwLock::new(descs),
            fits: RwLock::default(),
            totals: Totals::default(),
            blobs: Arc::default(),
            timers: Timers::new(seeded),
            pool: Pool::new(),
            names: Mutex::default(),
            globals: RwLock::default(),
            free_blocks: Mutex::default(),
            debug: Debug::default(),
            compiler: OnceLock::new(),
            improver: OnceLock::new(),
            signals: OnceLock::new(),
            shared: Shared::default(),
            foreign: Foreign::default(),
            net: Net::default(),
            compiling: Default::default(),
            waiting: Mutex::default(),
            next_ref: AtomicU64::new(1),
            main: AtomicU64::new(0),
            ended: Default::default(),
            spawned: AtomicU64::new(0),
            interruption: Interruption::default(),
            dismissed: AtomicBool::new(false),
            random: AtomicU64::new(0),
        })
    }

    pub(crate) fn policy(&self, process: &Process) -> Policy {
        let some = self.config.gc_stress_some as u64;
        let place = std::ptr::from_ref(process) as u64;
        let is_one = some != 0 && crate::order::mixed(place).is_multiple_of(some);
        Policy {
            stress: self.config.gc_stress || is_one,
            limit: self.config.heap_limit,
        }
    }

    /// What a collection of this process's heap needs.
    pub(crate) fn tools(&self, process: &Process) -> Tools<'_> {
        Tools {
            traces: &self.traces,
            registry: &self.registry,
            totals: &self.totals,
            blobs: &self.blobs,
            policy: self.policy(process),
        }
    }

    pub(crate) fn fresh_ref(&self) -> u64 {
        self.next_ref.fetch_add(1, Ordering::Relaxed)
    }

    /// A free block.
    fn take_block(&self) -> Ptr {
        let mut free = self.free_blocks.lock();
        if free.is_empty() {
            free.extend(self.make_blocks());
        }
        free.pop().expect("blocks have been made")
    }

    /// Gives a worker free blocks, from the common pool or new ones.
    pub(crate) fn take_blocks(&self, into: &mut Vec<Ptr>) {
        let mut free = self.free_blocks.lock();
        let kept = free.len().saturating_sub(BLOCKS);
        into.extend(free.drain(kept..));
        drop(free);
        if into.is_empty() {
            into.extend(self.make_blocks());
        }
    }

    fn make_blocks(&self) -> impl Iterator<Item = Ptr> {
        let blocks: Box<[Process]> = (0..BLOCKS).map(|_| Process::new()).collect();
        let blocks = self.table.add_blocks(blocks);
        blocks.iter().map(|block| {
            block.dispatch.set(dispatch::dispatch as *const () as usize);
            block.into()
        })
    }

    /// Makes a process of a free block. Its closure comes as a fragment, or as a constant's address.
    pub(crate) fn create(
        &self,
        worker: Option<&Worker>,
        block: Ptr,
        closure: &Fragment,
        own_setup: impl FnOnce(&mut Own),
    ) -> Option<u64> {
        let pid = self.create_untold(worker, block, closure, own_setup)?;
        let told = self.debug.tells_starts();
        block.told.store(told, Ordering::Relaxed);
        if told {
            self.debug.emit(|| Event::Started { pid });
        }
        Some(pid)
    }

    /// Starts a process for the runtime itself, of which nobody is told; it is not scheduled.
    pub(crate) fn start_quietly(
        &self,
        worker: &Worker,
        closure: &Fragment,
        wants: Sender<Finished>,
    ) -> Option<u64> {
        let block = worker.free.borrow_mut().pop();
        let block = block.unwrap_or_else(|| self.take_block());
        let pid = self.create_untold(Some(worker), block, closure, |own| {
            own.wants_result = true;
            own.unhindered = true;
        })?;
        block.told.store(false, Ordering::Relaxed);
        self.waiting.lock().insert(pid, wants);
        Some(pid)
    }

    fn create_untold(
        &self,
        worker: Option<&Worker>,
        block: Ptr,
        closure: &Fragment,
        own_setup: impl FnOnce(&mut Own),
    ) -> Option<u64> {
        let process: &Process = &block;
        // A freed block may still be looked at for a moment by somebody who came by its old number.
        let pid = self.with_owned(process, |own| {
            own_setup(own);
            process.reductions_done.store(0, Ordering::Relaxed);
            process.after.store(0, Ordering::Relaxed);
            process.parent.store(0, Ordering::Relaxed);
            process.queued.store(0, Ordering::Relaxed);
            process.attention.store(0, Ordering::Relaxed);
            process.set_state(State::Runnable);
            let at = own
                .heap
                .room_for(process, closure.bytes(), self.policy(process));
            // SAFETY: the heap made this room, and the block is ours.
            let root = unsafe {
                let held = &mut own.heap.held;
                closure.load(&self.traces, at.address, at.bits, held)
            };
            process.args[0].set(root);
            own.arg_roots = 1;
            let number = || match worker {
                Some(worker) => worker.number(),
                None => self.table.numbers(1),
            };
            self.table.enter(process, number, |pid| {
                process.pid.store(pid, Ordering::Relaxed);
                process.inbox.lock().pid = pid;
            })
        })?;
        match worker {
            Some(worker) => worker.count_spawned(),
            None => _ = self.spawned.fetch_add(1, Ordering::Relaxed),
        }
        Some(pid)
    }

    /// Starts a process that calls the cell; for hosts.
    pub(crate) fn start(&self, cell: CellId, wants: Option<Sender<Finished>>) -> io::Result<u64> {
        let closure = self.code.lock().static_closure(cell)?;
        self.start_closure(&Fragment::plain(closure as u64), wants, false)
    }

    /// Starts a process that calls the cell through a closure of this descriptor and these captured lanes, values of the process `owner`.
    pub(crate) fn start_with(
        &self,
        cell: CellId,
        desc: u32,
        lanes: &[u64],
        owner: Standing,
        wants: Sender<Finished>,
        unhindered: bool,
    ) -> io::Result<u64> {
        let address = self.code.lock().ensure_cell(cell)?;
        let mut closure = vec![header(desc), address as u64];
        closure.extend_from_slice(lanes);
        let copy = self.look_standing(owner, |_, _| {
            let mut scratch = Scratch::default();
            // SAFETY: the closure is laid out as its descriptor says; what its lanes refer to is in the heap that was acquired, of a process that has not
            // run since they were read.
            unsafe { Fragment::copy(&self.traces, &mut scratch, closure.as_mut_ptr() as u64) }
        });
        let copy = copy.ok_or_else(|| io::Error::other("the process it is about went on"))?;
        self.start_closure(&copy, Some(wants), unhindered)
    }

    fn start_closure(
        &self,
        closure: &Fragment,
        wants: Option<Sender<Finished>>,
        unhindered: bool,
    ) -> io::Result<u64> {
        let block = self.take_block();
        let wants_result = wants.is_some();
        let mut waiting = self.waiting.lock();
        let pid = self
            .create(None, block, closure, |own| {
                own.wants_result = wants_result;
                own.unhindered = unhindered;
            })
            .ok_or_else(|| io::Error::other("too many processes"))?;
        if let Some(sender) = wants {
            waiting.insert(pid, sender);
        }
        drop(waiting);
        Ok(pid)
    }

    /// Processes that have been begun.
    pub(crate) fn spawned(&self) -> u64 {
        let slots = self.scheduler.slots().iter();
        let own: u64 = slots.map(|s| s.spawned.load(Ordering::Relaxed)).sum();
        self.spawned.load(Ordering::Relaxed) + own
    }

    /// Processes that live.
    pub(crate) fn alive(&self) -> u64 {
        // First those that have ended: of none of them it is told then that it lives.
        let slots = self.scheduler.slots().iter();
        let ended: u64 = slots.map(|s| s.ended.load(Ordering::Acquire)).sum();
        self.spawned().saturating_sub(ended)
    }

    /// Lets a created process run, from any thread.
    pub(crate) fn schedule_outside(&self, process: Ptr) {
        self.scheduler.injector.push(process);
        self.scheduler.wake_one();
    }

    /// Lets the process run, on the worker when called on one.
    pub(crate) fn schedule(&self, worker: Option<&Worker>, process: Ptr) {
        match worker {
            Some(worker) => worker.schedule(process),
            None => self.schedule_outside(process),
        }
    }

    /// The box of a module-level value, or 0.
    pub(crate) fn global(&self, number: u64) -> u64 {
        let globals = self.globals.read();
        globals.get(number as usize).copied().unwrap_or(0)
    }

    /// Makes the value what all processes see under this number, unless there is one: the first wins.
    pub(crate) fn set_global(&self, number: u64, value: &Fragment) -> io::Result<u64> {
        let index = number as usize;
        let mut globals = self.globals.write();
        if globals.len() <= index {
            globals.resize(index + 1, 0);
        }
        if globals[index] == 0 {
            let words = value.bytes() / 8;
            let at = self.code.lock().arena.take_static(words.max(1))?;
            // Constants stay for ever, and so do the handles in them. Blobs have been copied.
            let mut held = Held::default();
            debug_assert!(!value.view().has_blobs());
            // SAFETY: the words were just taken from the constants, and nobody else knows them yet.
            globals[index] =
                unsafe { value.load(&self.traces, at as *mut u64, HEADER_STATIC, &mut held) };
        }
        Ok(globals[index])
    }

    pub(crate) fn set_main(&self, pid: u64) {
        self.main.store(pid, Ordering::SeqCst);
    }

    /// Waits until the main process has ended.
    pub(crate) fn await_end(&self) -> ExitStatus {
        let mut ended = self.ended.0.lock();
        loop {
            if let Some(status) = ended.as_ref()
                && !self.interruption.is_under_way()
            {
                return status.clone();
            }
            self.ended.1.wait(&mut ended);
        }
    }

    /// The interrupted program is over, whether the main process has ended or not.
    pub(crate) fn end_interrupted(&self) {
        self.end(interrupt::STATUS);
    }

    /// The program has ended, whatever its processes do.
    pub(crate) fn end(&self, code: i32) {
        let mut ended = self.ended.0.lock();
        self.interruption.is_over();
        ended.get_or_insert(ExitStatus {
            code,
            reason: ExitReason::Shutdown,
        });
        self.ended.1.notify_all();
    }

    /// The main process, 0 before it is started.
    pub(crate) fn main(&self) -> u64 {
        self.main.load(Ordering::SeqCst)
    }

    /// Random bits: of the system, or by the seed.
    pub(crate) fn random_bits(&self) -> Option<u64> {
        let seed = self.config.seed?;
        let turn = self.random.fetch_add(1, Ordering::Relaxed);
        Some(crate::order::mixed(seed ^ crate::order::mixed(turn + 1)))
    }

    /// Has the main process ended?
    pub(crate) fn end_status(&self) -> Option<ExitStatus> {
        self.ended.0.lock().clone()
    }

    /// Calls `f` with the owner's part, once nobody else owns the process. Never called by a worker for the process it runs.
    pub(crate) fn with_owned<T>(&self, process: &Process, f: impl FnOnce(&mut Own) -> T) -> T {
        let mut spins = 0u32;
        while !process.acquire_to_look() {
            spins += 1;
            if spins.is_multiple_of(64) {
                std::thread::sleep(Duration::from_micros(20));
            } else {
                std::hint::spin_loop();
            }
        }
        // SAFETY: just acquired; no other reference exists.
        let result = f(unsafe { process.own() });
        process.release();
        result
    }

    /// Gives the process a stack, with its frames if it has some.
    pub(crate) fn put_on(&self, process: &Process, own: &mut Own, stack: Stack) {
        match own.frozen.take() {
            Some(frozen) => Stacks::thaw(process, frozen, &stack),
            None => self.stacks.start(process, &stack),
        }
        own.stack = Some(stack);
        self.reset_limit(process, own);
    }

    /// Puts frozen frames back on a stack, where their addresses say; it is given up again when the process parks next.
    /// False: there are no frames, as it has not begun.
    pub(crate) fn ensure_frames(&self, process: &Process, own: &mut Own) -> bool {
        if own.stack.is_none()
            && own.frozen.is_some()
            && let Ok(stack) = self.stacks.take()
        {
            self.put_on(process, own, stack);
        }
        own.stack.is_some()
    }

    /// The real stack limit again, unless somebody wants attention.
    pub(crate) fn reset_limit(&self, process: &Process, own: &Own) {
        let stack = own.stack.as_ref().expect("a running process has a stack");
        let real = self.stacks.soft_limit(stack);
        park::set_limit(&process.attention, &process.stack_limit, real);
    }

    /// Does what others want of the process; gives how it has to leave for that.
    pub(crate) fn attend(&self, process: &Process, own: &mut Own) -> Option<Leave> {
        let asked = process.attention.load(Ordering::SeqCst);
        if asked & attention::KILL != 0 {
            let (killed, offends) = {
                let mut inbox = process.inbox.lock();
                (inbox.killed.take(), std::mem::take(&mut inbox.offends))
            };
            let mut reason = killed.unwrap_or_else(|| ExitReason::Killed.into());
            own.quiet = !offends;
            if offends
                && let ExitReason::Failed(failure) = &mut *reason
                && self.ensure_frames(process, own)
            {
                failure.trace = throw::trace_of(self, process);
            }
            own.exit = Some(reason);
            if self.debug.stops_linked(process.pid()) {
                process
                    .attention
                    .fetch_and(!attention::KILL, Ordering::SeqCst);
                own.rare().stopped = Some(StopReason::Linked);
                return Some(Leave::Stop);
            }
            return Some(Leave::Exit);
        }
        if asked & attention::STOP != 0 {
            process
                .attention
                .fetch_and(!attention::STOP, Ordering::SeqCst);
            own.rare().stopped = Some(StopReason::Pause);
            return Some(Leave::Stop);
        }
        None
    }

    /// The process has left for the debugger.
    pub(crate) fn commit_stop(&self, process: &Process, own: &mut Own) {
        let pid = process.pid();
        let reason = own.rare().stopped.unwrap_or(StopReason::Pause);
        let standing = Standing::new(pid, own.rare().went_on);
        let mut inbox = process.inbox.lock();
        if inbox.killed.is_some() {
            // Whoever killed it found it running, so nobody else lets it end.
            drop(inbox);
            process.set_state(State::Runnable);
            process.release();
            self.schedule_outside(process.into());
            return;
        }
        inbox.parked = Parked::Stop;
        process.set_state(State::Stopped);
        process.told.store(true, Ordering::Relaxed);
        process.release();
        drop(inbox);
        self.debug.emit(|| Event::Stopped {
            pid,
            standing,
            reason,
        });
    }

    /// The process has ended: everything it held is given back, everyone who asked is told.
    pub(crate) fn finish(&self, worker: &Worker, process: &Process, own: &mut Own) {
        let pid = process.pid();
        let reason = own.exit.take().map_or(ExitReason::Normal, |reason| *reason);
        let is_main = pid == self.main.load(Ordering::Relaxed);
        let waiter = if own.wants_result {
            self.waiting.lock().remove(&pid)
        } else {
            None
        };
        // A failure that came over a link has been reported where it happened; who calls `exit` says nothing.
        let heard = waiter.is_some() || (own.quiet && !is_main);
        own.quiet = false;
        if !heard {
            self.report(pid, is_main, &reason);
        }
        if self.config.inspect {
            self.debug.sent_to.lock().remove(&pid);
        }
        own.heap.reset(process, self.policy(process));
        own.thrown = 0;
        own.arg_roots = 0;
        own.wants_result = false;
        own.unhindered = false;
        own.parking = Parked::No;
        own.deadline = 0;
        own.timed = false;
        own.progress = 0;
        if let Some(resource) = own.waits_for.take()
            && let Resource::Channel(channel) = &*resource
        {
            channel.forget(self, worker, pid, true);
        }
        if std::mem::take(&mut own.uses_locks) {
            self.leave_locks(worker, pid);
        }
        if crate::watch::is_watching(own) {
            worker.leave();
            self.count_watching(true, false);
            worker.enter();
        }
        let mut rare = own.take_rare();
        let result = rare.as_mut().and_then(|rare| rare.result.take());
        if let Some(rare) = &rare
            && rare.step != crate::process::Step::None
        {
            // Patching waits until no worker is inside, so this one must not be.
            worker.leave();
            self.end_step(rare.step);
            worker.enter();
        }
        for resource in rare.iter().flat_map(|rare| &rare.watched) {
            if let Resource::Channel(channel) = &**resource {
                channel.forget(self, worker, pid, true);
            }
        }
        drop(rare);
        own.resume = Resume::Go;
        if let Some(stack) = own.stack.take() {
            worker.give_stack(stack);
        }
        own.frozen = None;
        process.saved_sp.set(0);
        process.set_state(State::Dead);
        let relations = {
            let mut inbox = process.inbox.lock();
            inbox.cancel_timer(&self.timers);
            inbox.pid = 0;
            inbox.deadline = 0;
            inbox.killed = None;
            inbox.offends = false;
            inbox.parked = Parked::No;
            inbox.nudged = false;
            inbox.relations.take()
        };
        process.pid.store(0, Ordering::Relaxed);
        own.queue.clear(&process.mail, &worker.chunks);
        self.table.leave(pid);
        worker.count_ended();
        if let Some(mut relations) = relations {
            if let Some(name) = relations.name.take() {
                let mut names = self.names.lock();
                if names.get(&name) == Some(&pid) {
                    names.remove(&name);
                }
            }
            self.tell_end(worker, pid, *relations, &reason);
        }
        if self.debug.watches(crate::debug::TRACED) {
            self.past_ends(pid, &reason);
        }
        if process.told.load(Ordering::Relaxed) {
            self.debug.emit(|| Event::Exited {
                pid,
                reason: reason.clone(),
            });
        }
        process.release();
        worker.give_block(process.into());
        if let Some(waiter) = waiter {
            // Nobody waits any more: then nobody misses the answer.
            let _ = waiter.send(Finished {
                reason: reason.clone(),
                result,
            });
        }
        if is_main {
            let normal = matches!(reason, ExitReason::Normal);
            let code = if self.interruption.has_begun() && !normal {
                interrupt::STATUS
            } else {
                reason.status()
            };
            *self.ended.0.lock() = Some(ExitStatus { code, reason });
            self.ended.1.notify_all();
        }
    }

    /// Sites of code that nothing can call yet: armed if all are, or if they are breakpoints already.
    pub(crate) fn patch_new(&self, codes: &[Arc<crate::code::Code>]) {
        if self.config.inspect {
            self.patch(codes);
        }
    }

    /// Tells people of an uncaught exception.
    fn report(&self, pid: u64, is_main: bool, reason: &ExitReason) {
        let mut text = match reason {
            ExitReason::Failed(failure) if is_main => {
                format!("Runtime error: {}\n", failure.message)
            }
            ExitReason::Failed(failure) => {
                format!("Process <pid {pid}> ended: {}\n", failure.message)
            }
            ExitReason::Custom(why) if is_main && why.parse::<i32>().is_err() => {
                format!("Runtime error: exit: {why}\n")
            }
            ExitReason::Killed if self.dismissed.load(Ordering::SeqCst) => return,
            ExitReason::Killed | ExitReason::NoProcess if is_main => {
                format!("Runtime error: exit: {reason}\n")
            }
            _ => return,
        };
        if let ExitReason::Failed(failure) = reason {
            for line in &failure.trace {
                text.push_str(&format!("{line}\n"));
            }
        }
        (self.config.output)(Stream::Err, &text);
    }

    /// Quickly made code of the cell has been called often.
    pub(crate) fn improve(&self, cell: CellId) {
        if let Some(improver) = self.improver.get() {
            improver(cell);
        }
    }

    /// Where calls of the cell go, if it has code.
    pub(crate) fn code_of(&self, cell: CellId) -> Option<usize> {
        let code = self.code.lock();
        code.cells.target(&code.arena, cell)
    }

    /// Compiles a cell if it has no code. One thread compiles a cell, others that need it wait.
    pub(crate) fn compile(&self, cell: CellId) -> Result<(), String> {
        let known = || self.code_of(cell);
        let mut compiling = self.compiling.0.lock();
        loop {
            if known().is_some() {
                return Ok(());
            }
            if compiling.insert(cell) {
                break;
            }
            self.compiling.1.wait(&mut compiling);
        }
        drop(compiling);
        let result = match self.compiler.get() {
            Some(compiler) => compiler(cell),
            None => Err("there is no compiler".to_string()),
        };
        let known = known().is_some();
        self.compiling.0.lock().remove(&cell);
        self.compiling.1.notify_all();
        match result {
            _ if known => Ok(()),
            Ok(()) => Err(format!("cell {} was not published", cell.0)),
            Err(why) => Err(why),
        }
    }
}
