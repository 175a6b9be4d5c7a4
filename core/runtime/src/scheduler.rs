//! Workers: threads that run processes, and sleep when there is nothing to do. Whose turn it is: [`turns`].
//!
//! A process that a running one wakes goes into that worker's `next` place, so that a conversation stays on one core; more than
//! one waiting process wakes another worker. Everything that decides about a process after it has left happens here, once it is off its stack.

mod turns;

use crate::core::Core;
use crate::debug;
use crate::dispatch;
use crate::gate::{Gate, Inside};
use crate::idle::{Bell, Idle, Sleeper};
use crate::mail::Chunks;
use crate::mailbox::Parked;
use crate::message::Scratch;
use crate::mutex::Mutex;
use crate::net::Ear;
use crate::order::Order;
use crate::outside::{Outside, SPARES};
use crate::park;
use crate::process::{Own, Process, Resume, State, attention};
use crate::shim::{self, Leave};
use crate::stack::{Stack, Stacks};
use crate::stay::Stay;
use crossbeam_deque::{Injector, Stealer, Worker as Deque};
use mio::Waker;
use nostos_abi::process::SLICE;
use std::cell::{Cell, RefCell};
use std::ops::{Deref, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// A process in a queue. Blocks live as long as the image's core, which every holder keeps alive.
#[derive(Clone, Copy)]
pub(crate) struct Ptr(*const Process);

// SAFETY: a `Process` may be shared between threads; the pointer is just that.
unsafe impl Send for Ptr {}

impl From<&Process> for Ptr {
    fn from(process: &Process) -> Self {
        Ptr(process)
    }
}

impl Deref for Ptr {
    type Target = Process;
    fn deref(&self) -> &Process {
        // SAFETY: made from a reference to a block of the table, which is dropped after all workers and pool threads have let go of the core.
        unsafe { &*self.0 }
    }
}

/// Where a worker queues processes in order, and new ones above that.
pub(crate) type Queues = [Deque<Ptr>; 2];

/// What the workers share.
pub(crate) struct Scheduler {
    pub(crate) injector: Injector<Ptr>,
    /// Of each worker: those it has queued in order, and the new ones above that.
    stealers: Vec<[Stealer<Ptr>; 2]>,
    slots: Vec<Slot>,
    /// Workers; the others are spare ones.
    workers: usize,
    /// Workers and spare ones that have been started.
    reach: AtomicUsize,
    pub(crate) outside: Outside,
    idle: Idle<Waker>,
    stopping: AtomicBool,
    gate: Gate,
}

/// What others see of one worker. It writes here at every switch, so no other worker's shares a line of the cache, nor the line beside.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Slot {
    inside: Inside,
    /// See [`crate::outside`].
    pub(crate) stay: Stay,
    /// The words of the stack of the process it has left for a while, and the places that process's last exception came by.
    left: (AtomicUsize, AtomicUsize),
    left_trace: Mutex<Vec<usize>>,
    /// The process it runs, 0 for none.
    pub(crate) running: AtomicU64,
    pub(crate) switches: AtomicU64,
    pub(crate) steals: AtomicU64,
    pub(crate) sleeps: AtomicU64,
    /// Since when it has had nothing to do, in nanoseconds since the image began, 0 while it has; and for how long before that altogether.
    pub(crate) asleep: AtomicU64,
    pub(crate) slept: AtomicU64,
    pub(crate) reductions: AtomicU64,
    /// Processes it has begun, and those that ended on it.
    pub(crate) spawned: AtomicU64,
    pub(crate) ended: AtomicU64,
}

impl Bell for Waker {
    fn ring(&self) {
        self.wake().expect("a file of ours takes eight bytes");
    }
}

/// One worker; lives on its thread.
pub(crate) struct Worker {
    pub(crate) core: Arc<Core>,
    pub(crate) index: usize,
    /// No stress, no limit of mailboxes, not inspected.
    plain: bool,
    /// As above, but that some processes are under the collector's stress.
    stresses_some: bool,
    local: Deque<Ptr>,
    /// New processes when many wait: the newest first, so that a tree of processes is made branch by branch and not level by level.
    fresh: Deque<Ptr>,
    /// How long the oldest of those have waited, in turns.
    fresh_waits: Cell<u32>,
    /// How many have been taken from there by this worker; see [`Worker::owes`].
    fresh_taken: Cell<u64>,
    /// Numbers for new processes: the next one, and where they end.
    numbers: Cell<(u64, u64)>,
    next: Cell<Option<Ptr>>,
    /// How often in a row `next` has been preferred to the queue.
    favoured: Cell<u32>,
    tick: Cell<u32>,
    pub(crate) scratch: RefCell<Scratch>,
    /// Memory for messages.
    pub(crate) chunks: RefCell<Chunks>,
    pub(crate) free: RefCell<Vec<Ptr>>,
    /// Stacks nobody uses, hot in this core's cache.
    stacks: RefCell<Vec<Stack>>,
    /// With a seed: whose turn it is.
    order: Option<Order>,
    /// Due timer entries, kept for its capacity.
    due: RefCell<Vec<(u64, u64)>>,
    /// Processes whose sockets have something to do, kept for its capacity.
    heard: RefCell<Vec<u64>>,
    /// What is read lies here until it is a value.
    pub(crate) room: RefCell<Vec<u8>>,
}

/// Numbers that a worker takes at a time: so its processes' places in the table are in lines of its own.
const NUMBERS: u64 = 64;
const LOCAL_FREE: usize = 256;
const LOCAL_STACKS: usize = 16;

impl Scheduler {
    /// The shared part and the workers' queues.
    pub(crate) fn new(workers: usize) -> (Self, Vec<Queues>) {
        let all = workers + SPARES;
        let pair = |_| [Deque::new_fifo(), Deque::new_lifo()];
        let mut queues: Vec<Queues> = (0..all).map(pair).collect();
        let stealers = |queues: &Queues| queues.each_ref().map(Deque::stealer);
        let scheduler = Scheduler {
            injector: Injector::new(),
            stealers: queues.iter().map(stealers).collect(),
            slots: (0..all).map(|_| Slot::default()).collect(),
            workers,
            reach: AtomicUsize::new(workers),
            outside: Outside::new(queues.split_off(workers)),
            idle: Idle::new(all),
            stopping: AtomicBool::new(false),
            gate: Gate::default(),
        };
        (scheduler, queues)
    }

    /// What others see of the workers, spare ones among them that have been started.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots[..self.reach.load(Ordering::SeqCst)]
    }

    /// Their queues.
    pub(crate) fn stealers(&self) -> &[[Stealer<Ptr>; 2]] {
        &self.stealers[..self.reach.load(Ordering::SeqCst)]
    }

    /// How many workers there are without spare ones.
    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    /// One more spare worker is started; its index.
    pub(crate) fn add_spare(&self) -> usize {
        self.reach.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Wakes a sleeping worker, if there is one. What it is to find has been queued before.
    #[inline]
    pub(crate) fn wake_one(&self) {
        self.idle.wake_one();
    }

    /// Wakes this worker, if it sleeps.
    pub(crate) fn wake(&self, index: usize) {
        self.idle.wake(index);
    }

    /// From now on workers may sleep where this wakes them.
    pub(crate) fn set_waker(&self, waker: Waker) {
        self.idle.set_bell(waker);
    }

    /// Asks all workers to end, at the latest when the running processes' slices are over.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.idle.wake_all();
        self.outside.wake_up();
    }

    /// Runs `f` while no worker runs generated code. Workers that are compiling or collecting count as soon as they are done; slices are short.
    pub(crate) fn paused<T>(&self, f: impl FnOnce() -> T) -> T {
        let workers = self.slots.iter().map(|slot| &slot.inside);
        self.gate.closed(workers, f)
    }
}

impl Slot {
    /// Where the process may go on that the worker holds while it is outside: the words of its stack, and addresses besides.
    pub(crate) fn outside(&self) -> (Range<usize>, Vec<usize>) {
        let (from, to) = &self.left;
        let words = from.load(Ordering::SeqCst)..to.load(Ordering::SeqCst);
        (words, self.left_trace.lock().clone())
    }
}

/// Becomes the process's owner. Whoever has just parked it is about to let go; false: somebody looks at it.
#[inline]
fn acquire(process: &Process) -> bool {
    (0..100).any(|_| {
        let done = process.acquire_to_run();
        if !done {
            std::hint::spin_loop();
        }
        done
    })
}

impl Worker {
    pub(crate) fn new(core: Arc<Core>, index: usize, [local, fresh]: Queues) -> Self {
        let config = &core.config;
        let plain = !config.stack_stress
            && !config.gc_stress
            && !config.inspect
            && config.mailbox_limit.is_none();
        Worker {
            order: config.seed.map(Order::new),
            plain: plain && config.gc_stress_some == 0,
            stresses_some: plain && config.gc_stress_some != 0,
            core,
            index,
            local,
            fresh,
            fresh_waits: Cell::new(0),
            fresh_taken: Cell::new(0),
            numbers: Cell::new((0, 0)),
            next: Cell::new(None),
            favoured: Cell::new(0),
            tick: Cell::new(0),
            scratch: RefCell::default(),
            chunks: RefCell::default(),
            free: RefCell::default(),
            stacks: RefCell::default(),
            due: RefCell::default(),
            heard: RefCell::default(),
            room: RefCell::default(),
        }
    }

    fn slot(&self) -> &Slot {
        &self.core.scheduler.slots[self.index]
    }

    /// May messages of the process it runs take their short ways?
    #[inline(always)]
    pub(crate) fn is_plain(&self, process: &Process) -> bool {
        (self.plain || self.is_spared(process))
            && !self
                .core
                .debug
                .watches(debug::SENT | debug::RECEIVED | debug::TRACED)
    }

    /// Only some processes are under stress, and this one is not.
    #[cold]
    fn is_spared(&self, process: &Process) -> bool {
        self.stresses_some && !self.core.policy(process).stress
    }

    /// A number for a new process.
    pub(crate) fn number(&self) -> u64 {
        let (mut next, mut end) = self.numbers.get();
        if next == end {
            next = self.core.table.numbers(NUMBERS);
            end = next + NUMBERS;
        }
        self.numbers.set((next + 1, end));
        next
    }

    /// A process has been begun here.
    pub(crate) fn count_spawned(&self) {
        let spawned = &self.slot().spawned;
        // This thread is the only writer, here and below.
        spawned.store(spawned.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A process has ended here.
    pub(crate) fn count_ended(&self) {
        let ended = &self.slot().ended;
        ended.store(ended.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Runs processes until the image ends.
    pub(crate) fn run(&self) {
        let scheduler = &self.core.scheduler;
        self.enter();
        while !scheduler.stopping.load(Ordering::Relaxed) {
            if scheduler.gate.is_closed() {
                self.leave();
                self.enter();
            }
            if self.index >= scheduler.workers && !self.is_wanted() {
                self.rest();
                continue;
            }
            let tick = self.tick.get().wrapping_add(1);
            self.tick.set(tick);
            if tick.is_multiple_of(32) {
                self.fire_timers();
                self.listen();
            }
            match self.find(tick) {
                Some(process) => self.run_process(process),
                None => self.sleep(),
            }
        }
        self.leave();
    }

    /// From here on this thread may run generated code; waits while there is a pause.
    pub(crate) fn enter(&self) {
        self.core.scheduler.gate.enter(&self.slot().inside);
    }

    /// As [`Worker::leave`], in the middle of an op of a process, whose stack stays as it is until [`Worker::enter_again`].
    pub(crate) fn leave_with(&self, process: &Process, own: &Own) {
        self.tell_stack(process, own);
        self.leave();
    }

    /// The end of [`Worker::leave_with`].
    pub(crate) fn enter_again(&self) {
        self.enter();
        let slot = self.slot();
        // The trace may stay: an address that is kept too long does no harm.
        slot.left.0.store(0, Ordering::Relaxed);
        slot.left.1.store(0, Ordering::Relaxed);
    }

    /// Who frees code must know where the process goes on that this worker holds while it is not inside.
    #[inline]
    fn tell_stack(&self, process: &Process, own: &Own) {
        let slot = self.slot();
        if let Some(stack) = &own.stack {
            slot.left.0.store(process.saved_sp.get(), Ordering::Relaxed);
            slot.left.1.store(stack.top(), Ordering::Relaxed);
        }
        if let Some(rare) = own.rare_if_any()
            && !rare.trace.is_empty()
        {
            slot.left_trace.lock().clone_from(&rare.trace);
        }
    }

    /// From here on this thread runs no generated code, possibly for long: an idle one listens to the system meanwhile.
    pub(crate) fn leave(&self) {
        self.step_out();
        if self.core.net.is_open() {
            self.core.scheduler.wake_one();
        }
    }

    fn step_out(&self) {
        self.slot().inside.step_out();
    }

    /// From here on this thread does what may take long: others take what it has queued. Until [`Worker::come_back`] it runs no generated code.
    #[inline]
    pub(crate) fn go_outside(&self, process: &Process, own: &Own) {
        self.tell_stack(process, own);
        if self.order.is_none() {
            if let Some(next) = self.next.take() {
                self.local.push(next);
                self.core.scheduler.wake_one();
            }
            self.slot().stay.begin();
        }
        self.step_out();
        if self.order.is_none() {
            self.core.scheduler.outside.begins(&self.core);
        }
    }

    /// See [`Worker::go_outside`].
    #[inline]
    pub(crate) fn come_back(&self) {
        if self.order.is_none() {
            self.slot().stay.end();
        }
        self.enter_again();
    }

    /// Is this spare worker to run?
    fn is_wanted(&self) -> bool {
        let scheduler = &self.core.scheduler;
        scheduler.outside.wants(self.index - scheduler.workers)
    }

    /// This spare worker waits until it is wanted; others take what it has.
    #[cold]
    fn rest(&self) {
        let scheduler = &self.core.scheduler;
        let queued = || self.next.take().or_else(|| self.local.pop());
        while let Some(process) = queued().or_else(|| self.fresh.pop()) {
            scheduler.injector.push(process);
        }
        // It may have been woken in another's place.
        scheduler.wake_one();
        self.step_out();
        let is_over = || self.is_wanted() || scheduler.is_stopping();
        self.falls_asleep();
        scheduler.idle.rest_until(self.index, is_over);
        self.wakes_up();
        self.enter();
    }

    /// Wakes processes whose sockets have something to do.
    #[inline]
    fn listen(&self) {
        if let Some(ear) = self.core.net.ear() {
            self.listen_by(ear);
        }
    }

    #[inline(never)]
    fn listen_by(&self, mut ear: Ear<'_>) {
        let mut heard = self.heard.take();
        ear.hear(&self.core, Some(Duration::ZERO), &mut heard);
        drop(ear);
        self.wake_heard(heard);
    }

    fn wake_heard(&self, mut heard: Vec<u64>) {
        for pid in heard.drain(..) {
            self.core.nudge(Some(self), pid);
        }
        self.heard.replace(heard);
    }

    /// Sleeps until there is work or a deadline passes.
    fn sleep(&self) {
        let mut night = Night {
            worker: self,
            heard: self.heard.take(),
            timed: Cell::new(false),
        };
        self.core.scheduler.idle.sleep(self.index, &mut night);
        self.wakes_up();
        let Night { heard, timed, .. } = night;
        if timed.get() {
            self.core.timers.slept();
        }
        self.enter();
        self.wake_heard(heard);
    }

    /// From here on it has nothing to do.
    fn falls_asleep(&self) {
        let now = self.core.totals.now().as_nanos() as u64;
        self.slot().asleep.store(now.max(1), Ordering::Relaxed);
    }

    /// It may have something to do again, if it had nothing.
    fn wakes_up(&self) {
        let slot = self.slot();
        let since = slot.asleep.load(Ordering::Relaxed);
        if since != 0 {
            let now = self.core.totals.now().as_nanos() as u64;
            // This thread is the only writer.
            let slept = slot.slept.load(Ordering::Relaxed) + now.saturating_sub(since);
            slot.slept.store(slept, Ordering::Relaxed);
            slot.asleep.store(0, Ordering::Relaxed);
        }
    }

    /// Wakes processes whose deadline has passed.
    #[inline]
    fn fire_timers(&self) {
        let timers = &self.core.timers;
        if timers.earliest() == u64::MAX {
            return;
        }
        let now = timers.now();
        if timers.earliest() > now {
            return;
        }
        let mut due = self.due.take();
        timers.due(now, &mut due);
        for (at, pid) in due.drain(..) {
            let Some(process) = self.core.table.get(pid) else {
                continue;
            };
            let mut inbox = process.inbox.lock();
            if inbox.pid != pid {
                continue;
            }
            if inbox.timer_at == at {
                inbox.timer_at = 0;
            }
            if inbox.deadline == 0 {
                continue;
            }
            if inbox.deadline <= now {
                inbox.deadline = 0;
                let parked = matches!(inbox.parked, Parked::Sleep | Parked::Resource);
                if parked {
                    inbox.parked = Parked::No;
                }
                // One that is only about to wait for a message sees itself that it is late.
                let wakes = parked || process.mail.wake();
                drop(inbox);
                if wakes {
                    self.schedule(process.into());
                }
            } else {
                let deadline = inbox.deadline;
                inbox.set_deadline(timers, deadline);
            }
        }
        self.due.replace(due);
    }

    /// Runs another process until it leaves, in the middle of an op of the one at hand.
    pub(crate) fn run_within(&self, process: &Process, other: Ptr) {
        self.run_process(other);
        self.slot().running.store(process.pid(), Ordering::Relaxed);
    }

    #[inline]
    fn run_process(&self, ptr: Ptr) {
        let process: &Process = &ptr;
        let asked = process.attention.load(Ordering::Acquire);
        if asked & attention::LOOK != 0 || !acquire(process) {
            // Somebody looks at it; that is over soon.
            self.core.scheduler.injector.push(ptr);
            std::thread::yield_now();
            return;
        }
        process.worker.set(self);
        // SAFETY: just acquired, and this is the only reference until the process is resumed.
        let own = unsafe { process.own() };
        process.set_state(State::Running);
        let slot = self.slot();
        slot.running.store(process.pid(), Ordering::Relaxed);
        // This thread is the only writer.
        slot.switches
            .store(slot.switches.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let leave = self.resume(process, own, asked, slot);
        slot.running.store(0, Ordering::Relaxed);
        // SAFETY: the process has left, and the reference above is no longer used.
        let own = unsafe { process.own() };
        process
            .queued
            .store(own.queue.estimate(), Ordering::Relaxed);
        own.heap.publish(process);
        match leave {
            Leave::Yield => {
                process.set_state(State::Runnable);
                process.release();
                self.fire_timers();
                self.schedule_last(ptr);
            }
            Leave::Wait => self.park(ptr, own),
            Leave::Job => self.hand_to_pool(ptr, own),
            Leave::Stop => self.core.commit_stop(process, own),
            Leave::Exit if self.core.debug.stops_at_end(process, own) => {
                self.core.commit_stop(process, own);
            }
            Leave::Exit => self.core.finish(self, process, own),
        }
    }

    /// Lets the process run; what it had been waiting for is settled first.
    #[inline]
    fn resume(&self, process: &Process, own: &mut Own, asked: u32, slot: &Slot) -> Leave {
        if asked & (attention::KILL | attention::STOP) != 0
            && let Some(leave) = self.core.attend(process, own)
        {
            return leave;
        }
        if own.exit.is_some() {
            // It was stopped for a debugger on its way out.
            return Leave::Exit;
        }
        let interrupted = asked & attention::INTERRUPT != 0;
        if interrupted {
            process
                .attention
                .fetch_and(!attention::INTERRUPT, Ordering::SeqCst);
            if own.stack.is_none() && own.frozen.is_none() {
                // It has not begun.
                own.exit = Some(crate::exit::ExitReason::Shutdown.into());
                own.quiet = true;
                return Leave::Exit;
            }
            own.resume = Resume::Interrupted;
        }
        if own.stack.is_none() {
            match self.take_stack() {
                Ok(stack) => self.core.put_on(process, own, stack),
                Err(_) => {
                    own.exit = Some(
                        crate::exit::ExitReason::Custom("out of process stacks".into()).into(),
                    );
                    return Leave::Exit;
                }
            }
        } else if process.stack_limit.load(Ordering::Relaxed) == usize::MAX {
            self.core.reset_limit(process, own);
        }
        let how = std::mem::take(&mut own.resume);
        let slice = match (&self.order, &how) {
            (Some(order), _) => order.slice(),
            // Who has just waited has no mail to speak of.
            (None, Resume::Received) => SLICE,
            (None, _) => SLICE << longer_by(own.queue.unread_words()),
        };
        process.reductions.set(slice);
        own.calm = matches!(how, Resume::Received);
        let throw = match dispatch::settle(self, process, own, how) {
            shim::CONTINUE => false,
            shim::THROW => true,
            code => return Leave::from_code(code),
        };
        // SAFETY: we own the process, which is suspended in the shim or fresh, or whose throw words were just set.
        let leave = unsafe { shim::resume(process, throw) };
        let used = (slice - process.reductions.get()).max(0) as u64;
        let done = process.reductions_done.load(Ordering::Relaxed);
        process
            .reductions_done
            .store(done + used, Ordering::Relaxed);
        if self.order.is_some() {
            self.core.timers.pass(used);
        }
        slot.reductions.store(
            slot.reductions.load(Ordering::Relaxed) + used,
            Ordering::Relaxed,
        );
        leave
    }

    /// The process waits for a message or its deadline, unless that has come meanwhile.
    #[inline]
    fn park(&self, ptr: Ptr, own: &mut Own) {
        if own.parking != Parked::Receive {
            return self.park_otherwise(ptr, own);
        }
        let process: &Process = &ptr;
        if own.queue.is_behind(&process.mail) {
            process.set_state(State::Runnable);
            process.release();
            return self.schedule(ptr);
        }
        let deadline = own.queue.deadline;
        if deadline != u64::MAX || own.timed {
            own.timed = deadline != u64::MAX;
            let mut inbox = process.inbox.lock();
            inbox.set_deadline(&self.core.timers, deadline);
        }
        self.freeze(process, own);
        process.hot.store(process.saved_sp.get(), Ordering::Relaxed);
        process.set_state(State::Waiting);
        let wait = || own.queue.wait(&process.mail, &self.chunks);
        // When it is free another worker may run it, or have ended it: only its atomic parts are touched.
        let is_called = || {
            let late = deadline != u64::MAX && deadline <= self.core.timers.now();
            late || process.attention.load(Ordering::SeqCst) != 0
        };
        if park::come_to_rest(&process.owner, wait, is_called, || process.mail.wake()) {
            self.schedule(ptr);
        }
    }

    /// The process sleeps or waits for something of the image's.
    fn park_otherwise(&self, ptr: Ptr, own: &mut Own) {
        let process: &Process = &ptr;
        let parked = own.parking;
        let deadline = match parked {
            Parked::Resource => own.deadline,
            _ => own.queue.deadline,
        };
        let mut inbox = process.inbox.lock();
        let arrived = parked == Parked::Resource && std::mem::take(&mut inbox.nudged);
        if arrived || process.attention.load(Ordering::SeqCst) != 0 {
            drop(inbox);
            process.set_state(State::Runnable);
            process.release();
            self.schedule(ptr);
            return;
        }
        own.timed = deadline != u64::MAX;
        inbox.set_deadline(&self.core.timers, deadline);
        let state = match parked {
            Parked::Sleep => State::Sleeping,
            _ => State::Blocked,
        };
        self.freeze(process, own);
        inbox.parked = parked;
        process.set_state(state);
        process.release();
    }

    /// A process that leaves to wait gives its stack up when stacks are short.
    #[inline(always)]
    fn freeze(&self, process: &Process, own: &mut Own) {
        if self.core.stacks.is_short() && self.stacks.borrow().is_empty() {
            self.freeze_now(process, own);
        }
    }

    #[inline(never)]
    fn freeze_now(&self, process: &Process, own: &mut Own) {
        if let Some(stack) = &own.stack
            && let Some(frozen) =
                Stacks::freeze(process, stack, &mut own.heap, self.core.policy(process))
        {
            own.frozen = Some(frozen);
            if let Some(stack) = own.stack.take() {
                self.give_stack(stack);
            }
        }
    }

    /// A stack, from this worker's few if there is one.
    fn take_stack(&self) -> std::io::Result<Stack> {
        let cached = self.stacks.borrow_mut().pop();
        match cached {
            Some(stack) => Ok(stack),
            None => self.core.stacks.take(),
        }
    }

    /// Takes a stack back.
    pub(crate) fn give_stack(&self, stack: Stack) {
        let mut stacks = self.stacks.borrow_mut();
        if stacks.len() < LOCAL_STACKS && stack.is_plain() {
            stacks.push(stack);
        } else {
            drop(stacks);
            self.core.stacks.give(stack);
        }
    }

    fn hand_to_pool(&self, ptr: Ptr, own: &mut Own) {
        let process: &Process = &ptr;
        let job = own
            .rare()
            .job
            .take()
            .expect("who leaves for a job brings one");
        process.set_state(State::Blocked);
        process.inbox.lock().parked = Parked::Job;
        process.release();
        let core = Arc::downgrade(&self.core);
        let finish = move |outcome| {
            let Some(core) = core.upgrade() else {
                return;
            };
            let process: &Process = &ptr;
            core.with_owned(process, |own| own.resume = Resume::Job(Box::new(outcome)));
            process.inbox.lock().parked = Parked::No;
            core.schedule_outside(ptr);
        };
        self.core.pool.submit(job, Box::new(finish));
    }

    /// A block for a new process.
    pub(crate) fn take_block(&self) -> Ptr {
        let mut free = self.free.borrow_mut();
        if free.is_empty() {
            self.core.take_blocks(&mut free);
        }
        free.pop().expect("blocks have been taken")
    }

    /// Takes the block of an ended process back.
    pub(crate) fn give_block(&self, block: Ptr) {
        let mut free = self.free.borrow_mut();
        if free.len() < LOCAL_FREE {
            free.push(block);
        } else {
            drop(free);
            self.core.free_blocks.lock().push(block);
        }
    }
}

/// How often the slice of a process with so many words of unread mail is doubled. Against several senders one in turns with them would fall behind, and its
/// mail would grow into memory that is in no cache.
#[inline]
fn longer_by(unread_words: usize) -> u32 {
    const MUCH: usize = 8 << 10;
    match unread_words / MUCH {
        0 => 0,
        1 => 1,
        2..4 => 2,
        _ => 3,
    }
}

/// A worker that has nothing to do.
struct Night<'a> {
    worker: &'a Worker,
    heard: Vec<u64>,
    /// It sleeps until a deadline at most.
    timed: Cell<bool>,
}

impl<'a> Sleeper for Night<'a> {
    type Ear = Ear<'a>;

    fn has_nothing(&self) -> bool {
        let scheduler = &self.worker.core.scheduler;
        let nothing = scheduler.injector.is_empty()
            && scheduler.stealers().iter().flatten().all(Stealer::is_empty)
            && !scheduler.is_stopping();
        if nothing {
            let sleeps = &self.worker.slot().sleeps;
            sleeps.fetch_add(1, Ordering::Relaxed);
            self.worker.falls_asleep();
        }
        nothing
    }

    fn steps_out(&self) {
        self.worker.step_out();
    }

    fn how_long(&self) -> Option<Duration> {
        let timers = &self.worker.core.timers;
        let earliest = timers.earliest();
        let wait = earliest.saturating_sub(timers.now());
        self.timed.set(earliest != u64::MAX);
        self.timed.get().then_some(Duration::from_nanos(wait))
    }

    fn ear(&self) -> Option<Ear<'a>> {
        self.worker.core.net.ear()
    }

    fn hear(&mut self, mut ear: Ear<'a>, wait: Option<Duration>) {
        ear.hear(&self.worker.core, wait, &mut self.heard);
    }
}
