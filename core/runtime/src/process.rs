//! A process's control block: the words generated code knows, what other threads may touch, and what only its owner may.
//!
//! Blocks are never freed while the image lives; a block is recycled for another process under another number. So a stale pointer
//! is harmless: whoever holds one locks the inbox and compares the number.

use crate::exit::ExitReason;
use crate::heap::Heap;
use crate::mail::Mail;
use crate::mailbox::{Inbox, Parked, Queue};
use crate::message::Fragment;
use crate::mutex::Mutex;
use crate::park::{self, Owner};
use crate::resource::{Guard, Resource};
use crate::scheduler::Worker;
use crate::stack::{Frozen, Stack};
use nostos_abi::builtin::Op;
use nostos_abi::process as abi;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::ffi::CString;
use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// See the module. Invariant: `Cell`s and `own` are accessed by the holder of `owner` alone.
#[repr(C, align(64))]
pub(crate) struct Process {
    pub(crate) heap_top: Cell<usize>,
    pub(crate) heap_limit: Cell<usize>,
    pub(crate) stack_limit: AtomicUsize,
    pub(crate) reductions: Cell<i64>,
    pub(crate) saved_sp: Cell<usize>,
    pub(crate) worker_sp: Cell<usize>,
    pub(crate) dispatch: Cell<usize>,
    pub(crate) throw_pc: Cell<usize>,
    pub(crate) throw_fp: Cell<usize>,
    pub(crate) throw_sp: Cell<usize>,
    pub(crate) throw_payload: Cell<u64>,
    pub(crate) scratch: Cell<u64>,
    pub(crate) args: [Cell<u64>; abi::ARG_WORDS],
    /// Its number, 0 while the block is free.
    pub(crate) pid: AtomicU64,

    /// The worker that runs it.
    pub(crate) worker: Cell<*const Worker>,
    /// Who may touch the owner's part.
    pub(crate) owner: Owner,
    /// For people; see [`State`].
    pub(crate) state: AtomicU8,
    /// It has been told that it began, or that it stopped; so it is to be told when it ends.
    pub(crate) told: AtomicBool,
    /// Bits of [`attention`].
    pub(crate) attention: AtomicU32,
    /// Messages that have arrived.
    pub(crate) mail: Mail,
    /// Where the frames end that it left when it went to wait; whoever wakes it asks for that memory ahead.
    pub(crate) hot: AtomicUsize,
    /// Reductions of finished slices.
    pub(crate) reductions_done: AtomicU64,
    /// Bytes of its heap at the last collection.
    pub(crate) heap_bytes: AtomicUsize,
    /// Messages when it left its worker last: exactly, if they had all been looked at.
    pub(crate) queued: AtomicUsize,
    own: UnsafeCell<Own>,
    /// When its turn is again: the worker on which it made processes (its number and one, 0: none) above 48 bits of how many new ones that worker
    /// will have begun, since those run first.
    pub(crate) after: AtomicU64,
    /// Who spawned it, 0 for nobody.
    pub(crate) parent: AtomicU64,
    pub(crate) inbox: Mutex<Inbox>,
}

const _: () = {
    assert!(offset_of!(Process, heap_top) == abi::HEAP_TOP as usize);
    assert!(offset_of!(Process, heap_limit) == abi::HEAP_LIMIT as usize);
    assert!(offset_of!(Process, stack_limit) == abi::STACK_LIMIT as usize);
    assert!(offset_of!(Process, reductions) == abi::REDUCTIONS as usize);
    assert!(offset_of!(Process, saved_sp) == abi::SAVED_SP as usize);
    assert!(offset_of!(Process, worker_sp) == abi::WORKER_SP as usize);
    assert!(offset_of!(Process, dispatch) == abi::DISPATCH as usize);
    assert!(offset_of!(Process, throw_pc) == abi::THROW_PC as usize);
    assert!(offset_of!(Process, throw_fp) == abi::THROW_FP as usize);
    assert!(offset_of!(Process, throw_sp) == abi::THROW_SP as usize);
    assert!(offset_of!(Process, throw_payload) == abi::THROW_PAYLOAD as usize);
    assert!(offset_of!(Process, scratch) == abi::SCRATCH as usize);
    assert!(offset_of!(Process, args) == abi::ARGS as usize);
    assert!(offset_of!(Process, pid) == abi::PID as usize);
    assert!(offset_of!(Process, worker) == abi::PRIVATE as usize);
};

// SAFETY: the parts that are not atomics or locks are touched only by the thread that won `owner`, which orders its accesses by acquire and release.
unsafe impl Sync for Process {}
// SAFETY: as above; nothing in it belongs to a particular thread.
unsafe impl Send for Process {}

/// What only the owner touches. First what every stay on a worker touches, so that it lies in few lines of the cache.
#[repr(C)]
pub(crate) struct Own {
    pub(crate) queue: Queue,
    pub(crate) stack: Option<Stack>,
    /// What to do when it runs next.
    pub(crate) resume: Resume,
    /// Which words of the argument area are refs now.
    pub(crate) arg_roots: u32,
    /// What it waits for when it leaves to wait.
    pub(crate) parking: Parked,
    /// Its inbox holds a deadline of a receive.
    pub(crate) timed: bool,
    /// It has come from waiting, and not collected since: so far there is no haste.
    pub(crate) calm: bool,
    /// It may hold locks of module-level variables.
    pub(crate) uses_locks: bool,
    /// Its boxed result is wanted.
    pub(crate) wants_result: bool,
    /// It computes something for a debugger that waits: no debugger stops it.
    pub(crate) unhindered: bool,
    /// Its end is nothing to be reported: it was wanted, or comes of another's that has been.
    pub(crate) quiet: bool,
    rare: Option<Box<Rare>>,
    /// Set when it ends otherwise than by returning.
    pub(crate) exit: Option<Box<ExitReason>>,
    pub(crate) heap: Heap,
    /// Its frames, when it has no stack but has begun.
    pub(crate) frozen: Option<Frozen>,
    /// Until when it waits for a resource, in the scheduler's nanoseconds; 0: it has not begun.
    pub(crate) deadline: u64,
    /// How far an op that waits has come.
    pub(crate) progress: usize,
    /// The channel where it is noted as waiting, or the connection it is making.
    pub(crate) waits_for: Option<Arc<Resource>>,
    /// The payload last thrown; a root.
    pub(crate) thrown: u64,
}

/// A million processes that wait are a million of these, and to touch memory for the first time is most of what making one costs.
const _: () = assert!(size_of::<Process>() <= 576);

/// What most processes never need, made when one does.
#[derive(Default)]
pub(crate) struct Rare {
    /// A copy of its boxed result.
    pub(crate) result: Option<Arc<Fragment>>,
    /// The channels where it is noted as waiting for any of them.
    pub(crate) watched: Vec<Arc<Resource>>,
    /// What the last receive from a channel got.
    pub(crate) taken: Option<Fragment>,
    /// The locks it lends while it waits for others: number and depth, the last one to be taken back first.
    pub(crate) lent: Vec<(u64, u64)>,
    /// The deadline of an op that waits for such a lock.
    pub(crate) put_off: u64,
    /// Its own copies of module-level values, by number; roots.
    pub(crate) locals: Vec<(u64, u64)>,
    /// Texts its next foreign call may read.
    pub(crate) c_strings: Vec<CString>,
    /// Open string builders, innermost last.
    pub(crate) builders: Vec<String>,
    /// Where the payload last thrown was thrown.
    pub(crate) trace: Vec<usize>,
    /// How the debugger wants it to go on.
    pub(crate) step: Step,
    /// What a job of the blocking pool is to do; taken by the worker when the process has left.
    pub(crate) job: Option<crate::blocking::Job>,
    /// Why and where it was stopped.
    pub(crate) stopped: Option<crate::debug::StopReason>,
    /// The message it was stopped for, good until it goes on; 0: none.
    pub(crate) message: u64,
    /// How often it has gone on after a stop.
    pub(crate) went_on: u64,
    /// What it has opened and not made a handle of yet; closed with its end.
    pub(crate) unguarded: Vec<Guard>,
    /// The function it is to enter anew.
    pub(crate) restart: Option<crate::restart::Restart>,
    /// Values of its that a debugger watches, or has asked about.
    pub(crate) watches: Vec<crate::watch::Watch>,
    /// It has been stopped at its end.
    pub(crate) told_end: bool,
}

impl Own {
    /// The rare part, to be changed.
    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// The rare part, if there is one.
    #[inline]
    pub(crate) fn rare_if_any(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    /// The rare part goes.
    pub(crate) fn take_rare(&mut self) -> Option<Box<Rare>> {
        self.rare.take()
    }

    /// Does it lend locks?
    #[inline]
    pub(crate) fn lends(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.lent.is_empty())
    }

    /// The roots a collection needs beside the heap: the payload last thrown and its copies of module-level values.
    pub(crate) fn roots(&mut self) -> (&mut Heap, &mut u64, &mut [(u64, u64)]) {
        let locals = match &mut self.rare {
            Some(rare) => rare.locals.as_mut_slice(),
            None => &mut [],
        };
        (&mut self.heap, &mut self.thrown, locals)
    }

    /// The owner's part of a free block.
    pub(crate) fn new() -> Self {
        Own {
            heap: Heap::new(),
            calm: false,
            stack: None,
            frozen: None,
            queue: Queue::default(),
            parking: Parked::No,
            deadline: 0,
            timed: false,
            progress: 0,
            waits_for: None,
            uses_locks: false,
            arg_roots: 0,
            resume: Resume::Go,
            thrown: 0,
            wants_result: false,
            unhindered: false,
            exit: None,
            quiet: false,
            rare: None,
        }
    }
}

/// What to do with a suspended process when it runs next.
#[derive(Default)]
pub(crate) enum Resume {
    /// Go on; results are in place or there are none.
    #[default]
    Go,
    /// A receive waited: say whether its time is up.
    Received,
    /// The op could not go on: now it runs again, with the same arguments.
    Again(Op),
    /// The program is being interrupted: whatever it waited for, it throws.
    Interrupted,
    /// It was stopped where it threw, and throws now.
    Throw,
    /// It was stopped, and enters a function anew.
    Restart,
    /// A job of the blocking pool has been done.
    Job(Box<crate::blocking::Outcome>),
}

/// How a resumed process goes on before it stops again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Step {
    /// Until a breakpoint.
    #[default]
    None,
    /// To the next site.
    In,
    /// To the next site in this frame or a caller's; the depth is counted from the base.
    Over { depth: usize },
    /// To the next site in a caller's frame.
    Out { depth: usize },
}

/// What a process does, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum State {
    /// In a run queue.
    Runnable,
    /// On a worker.
    Running,
    /// In `receive`.
    Waiting,
    /// In `sleep`.
    Sleeping,
    /// Waits for the outside world.
    Blocked,
    /// Held by the debugger.
    Stopped,
    /// Ended.
    Dead,
}

impl State {
    fn from_byte(byte: u8) -> State {
        match byte {
            0 => State::Runnable,
            1 => State::Running,
            2 => State::Waiting,
            3 => State::Sleeping,
            4 => State::Blocked,
            5 => State::Stopped,
            _ => State::Dead,
        }
    }
}

/// Reasons to leave the fast path at the next safepoint.
pub(crate) mod attention {
    /// Somebody wants to look at it.
    pub(crate) const LOOK: u32 = 1;
    /// The debugger wants it to stop.
    pub(crate) const STOP: u32 = 2;
    /// It has been killed.
    pub(crate) const KILL: u32 = 4;
    /// The program has been interrupted.
    pub(crate) const INTERRUPT: u32 = 8;
}

impl Drop for Process {
    fn drop(&mut self) {
        let own = self.own.get_mut();
        own.queue.clear(&self.mail, &RefCell::default());
    }
}

impl Process {
    /// A free block.
    pub(crate) fn new() -> Self {
        Process {
            heap_top: Cell::new(0),
            heap_limit: Cell::new(0),
            stack_limit: AtomicUsize::new(0),
            reductions: Cell::new(0),
            saved_sp: Cell::new(0),
            worker_sp: Cell::new(0),
            dispatch: Cell::new(0),
            throw_pc: Cell::new(0),
            throw_fp: Cell::new(0),
            throw_sp: Cell::new(0),
            throw_payload: Cell::new(0),
            scratch: Cell::new(0),
            args: [const { Cell::new(0) }; abi::ARG_WORDS],
            worker: Cell::new(std::ptr::null()),
            pid: AtomicU64::new(0),
            owner: Owner::default(),
            state: AtomicU8::new(State::Dead as u8),
            told: AtomicBool::new(false),
            attention: AtomicU32::new(0),
            reductions_done: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            heap_bytes: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            after: AtomicU64::new(0),
            mail: Mail::default(),
            hot: AtomicUsize::new(0),
            inbox: Mutex::new(Inbox::default()),
            own: UnsafeCell::new(Own::new()),
        }
    }

    /// The lines of the cache that a process touches when it runs, but those with its mail word, which its sender has touched.
    pub(crate) const FIRST_LINES: [usize; 7] = {
        // Argument words that most ops do not have lie between.
        assert!(offset_of!(Process, mail) / 64 == 3 && offset_of!(Process, own) / 64 == 4);
        [0, 1, 4, 5, 6, 7, 8]
    };

    /// Where the words begin that a list of processes shows.
    pub(crate) const SHOWN: usize = offset_of!(Process, pid);

    /// How many messages it has. Of a running process, how many about when it left its worker last.
    pub(crate) fn messages(&self) -> usize {
        if self.mail.is_open() && self.acquire_to_look() {
            // SAFETY: just acquired.
            let queue = unsafe { &mut self.own().queue };
            queue.accept(&self.mail, self.pid(), &RefCell::default());
            self.queued.store(queue.len(), Ordering::Relaxed);
            self.release();
        }
        self.queued.load(Ordering::Relaxed)
    }

    /// Its number now.
    #[inline]
    pub(crate) fn pid(&self) -> u64 {
        self.pid.load(Ordering::Relaxed)
    }

    /// Becomes the owner, to run it.
    #[inline]
    pub(crate) fn acquire_to_run(&self) -> bool {
        self.owner.acquire_to_run()
    }

    /// Becomes the owner, to look at it.
    pub(crate) fn acquire_to_look(&self) -> bool {
        self.owner.acquire_to_look()
    }

    /// Does a worker own it?
    pub(crate) fn is_on_worker(&self) -> bool {
        self.owner.is_worker()
    }

    /// Gives ownership up.
    #[inline]
    pub(crate) fn release(&self) {
        self.owner.release();
    }

    /// The processes it is linked to.
    pub(crate) fn links(&self) -> Vec<u64> {
        let inbox = self.inbox.lock();
        let relations = inbox.relations.as_ref();
        relations.map_or_else(Vec::new, |r| r.links.clone())
    }

    /// What it does.
    pub(crate) fn state(&self) -> State {
        State::from_byte(self.state.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// Asks it to leave the fast path at its next safepoint.
    pub(crate) fn ask(&self, bits: u32) {
        park::ask(&self.attention, &self.stack_limit, bits);
    }

    /// The owner's part.
    ///
    /// # Safety
    /// The caller owns the process (see [`Process::acquire_to_run`]), and no other reference from this function is alive.
    #[allow(clippy::mut_from_ref)]
    #[inline]
    pub(crate) unsafe fn own(&self) -> &mut Own {
        // SAFETY: as the caller promises.
        unsafe { &mut *self.own.get() }
    }
}
