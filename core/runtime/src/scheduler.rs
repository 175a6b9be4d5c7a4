//! Workers: threads that run processes, and sleep when there is nothing to do. Whose turn it is: [`turns`].
//!
//! A process that a running one wakes goes into that worker's `next` place, so that a conversation stays on one core; more than
//! one waiting process wakes another worker. Everything that decides about a process after it has left happens here, once it is off its stack.

mod turns;

use crate::core::Core;
use crate::debug;
use crate::dispatch;
use crate::mail::Chunks;
use crate::mailbox::Parked;
use crate::message::Scratch;
use crate::mutex::{Condvar, Mutex};
use crate::net::Ear;
use crate::order::Order;
use crate::outside::{Outside, SPARES};
use crate::process::{Own, Process, Resume, State, attention};
use crate::shim::{self, Leave};
use crate::stack::{Stack, Stacks};
use crossbeam_deque::{Injector, Stealer, Worker as Deque};
use mio::Waker;
use nostos_abi::process::SLICE;
use std::cell::{Cell, RefCell};
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
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
    idle: Mutex<Vec<usize>>,
    idle_count: AtomicUsize,
    stopping: AtomicBool,
    pausing: AtomicBool,
    pause: Mutex<()>,
    resumed: (Mutex<()>, Condvar),
    /// Wakes the worker that listens to the system.
    waker: OnceLock<Waker>,
}

/// What others see of one worker. It writes here at every switch, so no other worker's shares a line of the cache, nor the line beside.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Slot {
    /// It may be running generated code.
    inside: AtomicBool,
    /// How often it has gone outside and come back, see [`crate::outside`]; odd: it is there.
    stay: AtomicU64,
    /// The words of the stack of the process it has left for a while, and the places that process's last exception came by.
    left: (AtomicUsize, AtomicUsize),
    left_trace: Mutex<Vec<usize>>,
    /// The process it runs, 0 for none.
    pub(crate) running: AtomicU64,
    pub(crate) switches: AtomicU64,
    pub(crate) steals: AtomicU64,
    pub(crate) sleeps: AtomicU64,
    pub(crate) reductions: AtomicU64,
    /// Processes it has begun, and those that ended on it.
    pub(crate) spawned: AtomicU64,
    pub(crate) ended: AtomicU64,
    sleep: Mutex<Sleep>,
    wake: Condvar,
}

/// How a worker sleeps.
#[derive(Default)]
struct Sleep {
    woken: bool,
    /// It listens to the system meanwhile, and so does not hear its condition variable.
    listens: bool,
}

/// One worker; lives on its thread.
pub(crate) struct Worker {
    pub(crate) core: Arc<Core>,
    pub(crate) index: usize,
    /// No stress, no limit of mailboxes, not inspected.
    plain: bool,
    local: Deque<Ptr>,
    /// New processes when many wait: the newest first, so that a tree of processes is made branch by branch and not level by level.
    fresh: Deque<Ptr>,
    /// How long the oldest of those have waited, in turns.
    fresh_waits: Cell<u32>,
    /// How often one has been looked for there; see [`Worker::owes`].
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
            idle: Mutex::new(Vec::new()),
            idle_count: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            pausing: AtomicBool::new(false),
            pause: Mutex::new(()),
            resumed: (Mutex::new(()), Condvar::new()),
            waker: OnceLock::new(),
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

    /// Wakes a sleeping worker, if there is one.
    pub(crate) fn wake_one(&self) {
        // What was queued before must be seen by a worker that entered the list after our look at it.
        std::sync::atomic::fence(Ordering::SeqCst);
        if self.idle_count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let index = self.idle.lock().pop();
        if let Some(index) = index {
            self.idle_count.fetch_sub(1, Ordering::SeqCst);
            self.wake(index);
        }
    }

    /// Wakes this worker, if it sleeps.
    pub(crate) fn wake(&self, index: usize) {
        let slot = &self.slots[index];
        let mut sleep = slot.sleep.lock();
        sleep.woken = true;
        if !sleep.listens {
            slot.wake.notify_one();
        } else if let Some(waker) = self.waker.get() {
            waker.wake().expect("a file of ours takes eight bytes");
        }
    }

    /// From now on workers may sleep where this wakes them.
    pub(crate) fn set_waker(&self, waker: Waker) {
        assert!(self.waker.set(waker).is_ok(), "an image has one reactor");
    }

    /// Asks all workers to end, at the latest when the running processes' slices are over.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for index in 0..self.slots.len() {
            self.wake(index);
        }
        self.outside.wake_up();
    }

    /// Runs `f` while no worker runs generated code. Workers that are compiling or collecting count as soon as they are done; slices are short.
    pub(crate) fn paused<T>(&self, f: impl FnOnce() -> T) -> T {
        let _one = self.pause.lock();
        self.pausing.store(true, Ordering::SeqCst);
        while self.slots.iter().any(|s| s.inside.load(Ordering::SeqCst)) {
            std::thread::sleep(Duration::from_micros(10));
        }
        let result = f();
        self.pausing.store(false, Ordering::SeqCst);
        let _hold = self.resumed.0.lock();
        self.resumed.1.notify_all();
        result
    }

    fn await_resumed(&self) {
        let mut hold = self.resumed.0.lock();
        while self.pausing.load(Ordering::SeqCst) {
            self.resumed.1.wait(&mut hold);
        }
    }
}

impl Slot {
    /// Where the process may go on that the worker holds while it is outside: the words of its stack, and addresses besides.
    pub(crate) fn outside(&self) -> (Range<usize>, Vec<usize>) {
        let (from, to) = &self.left;
        let words = from.load(Ordering::SeqCst)..to.load(Ordering::SeqCst);
        (words, self.left_trace.lock().clone())
    }

    /// How often it has gone outside and come back; odd: it is there.
    pub(crate) fn stay(&self) -> u64 {
        self.stay.load(Ordering::SeqCst)
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
        Worker {
            order: config.seed.map(Order::new),
            plain: !config.stack_stress
                && !config.gc_stress
                && !config.inspect
                && config.mailbox_limit.is_none(),
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

    /// May messages take their short ways?
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        self.plain && !self.core.debug.watches(debug::SENT | debug::RECEIVED)
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
            if scheduler.pausing.load(Ordering::Relaxed) {
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
        loop {
            self.slot().inside.store(true, Ordering::SeqCst);
            if !self.core.scheduler.pausing.load(Ordering::SeqCst) {
                return;
            }
            self.step_out();
            self.core.scheduler.await_resumed();
        }
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
        self.slot().inside.store(false, Ordering::SeqCst);
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
            self.turn();
        }
        // Sequentially consistent, so that who looks for those outside sees us, or we see that nobody does.
        self.step_out();
        if self.order.is_none() {
            self.core.scheduler.outside.begins(&self.core);
        }
    }

    /// See [`Worker::go_outside`].
    #[inline]
    pub(crate) fn come_back(&self) {
        if self.order.is_none() {
            self.turn();
        }
        self.enter_again();
    }

    fn turn(&self) {
        // This thread is the only writer.
        let stay = &self.slot().stay;
        stay.store(stay.load(Ordering::Relaxed) + 1, Ordering::Release);
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
        let mut sleep = self.slot().sleep.lock();
        while !self.is_wanted() && !scheduler.is_stopping() {
            self.slot().wake.wait(&mut sleep);
        }
        sleep.woken = false;
        drop(sleep);
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
        let scheduler = &self.core.scheduler;
        let mut heard = self.heard.take();
        scheduler.idle.lock().push(self.index);
        scheduler.idle_count.fetch_add(1, Ordering::SeqCst);
        // Work may have come between our last look and our entry into the list; whoever queues after it wakes us.
        let nothing = scheduler.injector.is_empty()
            && scheduler.stealers().iter().flatten().all(Stealer::is_empty)
            && !scheduler.stopping.load(Ordering::SeqCst);
        self.step_out();
        if nothing {
            let slot = self.slot();
            slot.sleeps.fetch_add(1, Ordering::Relaxed);
            let mut sleep = slot.sleep.lock();
            if !sleep.woken {
                let earliest = self.core.timers.earliest();
                let wait = earliest.saturating_sub(self.core.timers.now());
                let wait = (earliest != u64::MAX).then_some(Duration::from_nanos(wait));
                if let Some(mut ear) = self.core.net.ear() {
                    sleep.listens = true;
                    drop(sleep);
                    ear.hear(&self.core, wait, &mut heard);
                    sleep = slot.sleep.lock();
                    sleep.listens = false;
                } else if let Some(wait) = wait {
                    slot.wake.wait_for(&mut sleep, wait);
                } else {
                    slot.wake.wait(&mut sleep);
                }
                if wait.is_some() {
                    self.core.timers.slept();
                }
            }
            sleep.woken = false;
        }
        let mut idle = scheduler.idle.lock();
        if let Some(at) = idle.iter().position(|i| *i == self.index) {
            idle.swap_remove(at);
            scheduler.idle_count.fetch_sub(1, Ordering::SeqCst);
        }
        drop(idle);
        self.enter();
        self.wake_heard(heard);
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
        let slice = self.order.as_ref().map_or(SLICE, Order::slice);
        process.reductions.set(slice);
        let how = std::mem::take(&mut own.resume);
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
        let waits = own.queue.wait(&process.mail, &self.chunks);
        process.release();
        // From here on another worker may run it, or have ended it: only its atomic parts are touched.
        if !waits {
            return self.schedule(ptr);
        }
        let late = deadline != u64::MAX && deadline <= self.core.timers.now();
        if (late || process.attention.load(Ordering::SeqCst) != 0) && process.mail.wake() {
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
