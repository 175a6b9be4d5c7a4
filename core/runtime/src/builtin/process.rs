//! Processes: spawn, send, receive, names, ends.

use crate::config::WhenFull;
use crate::debug;
use crate::dispatch::{Ctx, Flow, Halt};
use crate::exit::ExitReason;
use crate::heap::collect;
use crate::heap::stats::Reason;
use crate::mailbox::{self, Parked, Plain, Wanted};
use crate::message::Fragment;
use crate::past::{self, Happened};
use crate::process::{Own, Process, Resume, attention};
use crate::scheduler::Worker;
use crate::shim::Leave;
use nostos_abi::builtin::{Fault, Op};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How a new process hangs together with its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    None,
    Link,
    Monitor,
}

impl Ctx<'_> {
    /// The next message this receive has not refused.
    #[inline(always)]
    fn peek(&mut self) -> Option<u32> {
        let chunks = &self.worker.chunks;
        let me = self.process.pid();
        self.own.queue.peek(&self.process.mail, me, chunks)
    }

    /// Sends the boxed value of argument word `i`. True: the receiver waits, and the caller must schedule it.
    #[inline(always)]
    fn post(&self, receiver: &Process, pid: u64, i: usize) -> bool {
        let copy = (&self.core.traces, &self.worker.scratch);
        let chunks = &self.worker.chunks;
        let parties = (pid, self.process.pid());
        if self.core.config.inspect {
            let stamp = self.core.stamp_here(self.process);
            self.core.debug.sent_to.lock().insert(parties.1, pid);
            // SAFETY: as below.
            return unsafe {
                mailbox::post_stamped(&receiver.mail, chunks, parties, copy, self.arg(i), stamp)
            };
        }
        // SAFETY: messages are boxed, and the word is a live ref of this process's heap, which this worker owns.
        unsafe { mailbox::post_copy(&receiver.mail, chunks, parties, copy, self.arg(i)) }
    }

    /// Copies the value of argument word `i` out of the heap.
    pub(crate) fn copy_out(&mut self, i: usize) -> Fragment {
        let mut scratch = self.worker.scratch.borrow_mut();
        // SAFETY: the word is a live ref of this process's heap, which this worker owns.
        unsafe { Fragment::copy(&self.core.traces, &mut scratch, self.arg(i)) }
    }

    /// The same without blobs: their bytes are copied.
    fn copy_whole(&mut self, i: usize) -> Fragment {
        let mut scratch = self.worker.scratch.borrow_mut();
        // SAFETY: as above.
        unsafe { Fragment::copy_whole(&self.core.traces, &mut scratch, self.arg(i)) }
    }

    /// Now plus so many milliseconds, in the scheduler's nanoseconds.
    pub(crate) fn deadline(&self, millis: i64) -> u64 {
        let nanos = (millis.max(0) as u64).saturating_mul(1_000_000);
        let now = self.core.timers.now();
        now.saturating_add(nanos).min(u64::MAX - 1)
    }

    /// Collects if a copied value of this size would not fit. A small one may as well fill the nursery as anything else; a large one goes to the old
    /// space, which then may be due.
    pub(crate) fn make_room(&mut self, bytes: usize) -> Flow {
        let tools = self.core.tools(self.process);
        let small = bytes < crate::heap::LARGE_BYTES;
        let room = if small && bytes > 0 {
            collect::reserve(tools, self.process, self.own, bytes)
        } else if bytes > 0 && self.own.heap.wants_major() {
            collect::collect(tools, self.process, self.own, Reason::OldSpaceGrown, 0)
        } else {
            Ok(())
        };
        room.map_err(|_| crate::dispatch::fault(Fault::OutOfMemory as u64, 0, 0))
    }

    /// Collects if blobs of so many bytes are reason to: a process that only takes and forgets them fills no nursery.
    #[cold]
    pub(crate) fn expect_blobs(&mut self, bytes: usize) -> Flow {
        if !self.own.heap.wants_major_for(bytes) {
            return Ok(());
        }
        let tools = self.core.tools(self.process);
        collect::collect(tools, self.process, self.own, Reason::OldSpaceGrown, 0)
            .map_err(|_| crate::dispatch::fault(Fault::OutOfMemory as u64, 0, 0))
    }
}

pub(crate) fn spawn(ctx: &mut Ctx, relation: Relation) -> Flow {
    let closure = ctx.copy_out(0);
    let block = ctx.worker.take_block();
    let parent = ctx.process.pid();
    let Some(pid) = ctx.core.create(Some(ctx.worker), block, &closure, |_| {}) else {
        ctx.worker.give_block(block);
        return Err(Halt::error("Panic", "too many processes"));
    };
    block
        .parent
        .store(parent, std::sync::atomic::Ordering::Relaxed);
    ctx.put(0, pid);
    if ctx.core.debug.watches(debug::TRACED) {
        past::relation(ctx, Happened::Spawned, pid);
    }
    match relation {
        Relation::None => {}
        Relation::Link => {
            ctx.core.link(ctx.process, pid);
        }
        Relation::Monitor => {
            let reference = watch(ctx, pid);
            ctx.put(1, reference);
        }
    }
    ctx.worker.schedule_new(block, ctx.process);
    Ok(())
}

/// A module-level value has been evaluated.
pub(crate) fn global_set(ctx: &mut Ctx) -> Flow {
    let number = ctx.arg(0);
    let value = ctx.copy_whole(1);
    match ctx.core.set_global(number, &value) {
        Ok(shared) => {
            ctx.put(0, shared);
            Ok(())
        }
        Err(e) => Err(Halt::error("OutOfMemory", e.to_string())),
    }
}

pub(crate) fn send(ctx: &mut Ctx) -> Flow {
    if ctx.core.debug.watches(debug::SENT) {
        debug::sends(ctx, Op::Send, ctx.arg(1))?;
    }
    let pid = ctx.arg(0);
    let Some(receiver) = ctx.core.table.get(pid).filter(|r| r.pid() == pid) else {
        return Ok(());
    };
    if let Some((limit, when_full)) = ctx.core.config.mailbox_limit {
        // It may have waited before.
        ctx.own.deadline = 0;
        if receiver.messages() >= limit && !admitted(ctx, pid, limit, when_full)? {
            return Ok(());
        }
    }
    if ctx.core.debug.watches(debug::TRACED) {
        past::message(ctx, Happened::Sent, ctx.arg(1), Some(pid));
    }
    if ctx.post(receiver, pid, 1) {
        ctx.worker.schedule_woken(receiver.into());
    }
    Ok(())
}

/// As above, where mailboxes have no limit.
#[inline(always)]
pub(crate) fn send_plain(worker: &Worker, process: &Process) {
    let core = &*worker.core;
    let pid = process.args[0].get();
    let Some(receiver) = core.table.get(pid).filter(|r| r.pid() == pid) else {
        return;
    };
    let copy = (&core.traces, &worker.scratch);
    let parties = (pid, process.pid());
    let (mail, chunks, value) = (&receiver.mail, &worker.chunks, process.args[1].get());
    // SAFETY: messages are boxed, and the word is a live ref of this process's heap, which this worker owns.
    if unsafe { mailbox::post_copy(mail, chunks, parties, copy, value) } {
        worker.schedule_woken(receiver.into());
    }
}

/// A receive that takes the first message of one kind, when that is the next one and small, without stress.
#[inline(always)]
pub(crate) fn receive_plain(
    worker: &Worker,
    process: &Process,
    own: &mut Own,
    desc: u32,
) -> Option<u64> {
    let (mail, chunks, me) = (&process.mail, &worker.chunks, process.pid());
    // SAFETY: the words are copied before the letter goes.
    let root = match unsafe { own.queue.next_plain(mail, me, desc, chunks) }? {
        Plain::Constant(root) => root,
        Plain::Flat(words) => {
            let bytes = words.len() * 8;
            if !own.heap.has_room(process, bytes) {
                return None;
            }
            let to = own.heap.bump(process, bytes);
            for (i, word) in words.iter().enumerate() {
                // SAFETY: the heap has just given room for all words.
                unsafe { to.add(i).write(*word) };
            }
            to as u64
        }
    };
    own.queue.pass_plain();
    Some(root)
}

/// A receive that takes the first message of one kind and has no deadline, when there is none at all. False: this way is not for it.
#[inline(always)]
pub(crate) fn waits_plain(process: &Process, own: &mut Own) -> bool {
    let forever = (process.args[0].get() as i64) < 0;
    if !forever || own.uses_locks || !own.queue.is_bare(&process.mail) {
        return false;
    }
    let desc = process.args[1].get() as u32;
    own.queue.start(u64::MAX, Wanted::one(desc), true);
    own.parking = Parked::Receive;
    own.resume = Resume::Received;
    true
}

/// Is a message to go into a full mailbox all the same?
fn admitted(ctx: &mut Ctx, to: u64, limit: usize, when_full: WhenFull) -> Flow<bool> {
    /// How long a sender waits before it looks again: whoever empties a mailbox does not know who waits for that.
    const PAUSE_NANOS: u64 = 500_000;
    match when_full {
        WhenFull::Drop => Ok(false),
        WhenFull::Wait if to == ctx.process.pid() => Ok(true),
        WhenFull::Wait => {
            let again = ctx.core.timers.now() + PAUSE_NANOS;
            ctx.wait_for_resource(Op::Send, again)?;
            Ok(false)
        }
        WhenFull::End => {
            let why = format!("MailboxFull: {limit} messages wait");
            ctx.core.end_offender(Some(ctx.worker), to, why);
            attend(ctx)?;
            Ok(false)
        }
    }
}

/// The answer to a question that may have been given up: who has taken its monitor back wants it no more.
pub(crate) fn send_watched(ctx: &mut Ctx) -> Flow {
    let (pid, reference) = (ctx.arg(0), ctx.arg(1));
    ctx.core
        .send_watched(ctx.worker, pid, reference, |receiver| {
            ctx.post(receiver, pid, 2)
        });
    Ok(())
}

pub(crate) fn receive_first(ctx: &mut Ctx) -> Flow {
    receive_start(ctx, Wanted::ANY, false)
}

pub(crate) fn receive_of(ctx: &mut Ctx) -> Flow {
    let wanted = Wanted::packed(ctx.arg(1), ctx.arg(2));
    receive_start(ctx, wanted, false)
}

pub(crate) fn receive_since(ctx: &mut Ctx) -> Flow {
    let (a, b, reference) = (ctx.arg(1), ctx.arg(2), ctx.arg(3));
    let wanted = if (a, b) == (u64::MAX, u64::MAX) {
        Wanted::ANY
    } else {
        Wanted::packed(a, b)
    };
    let deadline = receive_deadline(ctx);
    let queue = &mut ctx.own.queue;
    queue.start(deadline, wanted, false);
    let (mail, chunks) = (&ctx.process.mail, &ctx.worker.chunks);
    queue.start_since(reference, mail, ctx.process.pid(), chunks);
    receive_next(ctx)
}

pub(crate) fn receive_only(ctx: &mut Ctx) -> Flow {
    let wanted = Wanted::one(ctx.arg(1) as u32);
    receive_start(ctx, wanted, true)
}

#[inline(always)]
fn receive_start(ctx: &mut Ctx, wanted: Wanted, takes: bool) -> Flow {
    let deadline = receive_deadline(ctx);
    ctx.own.queue.start(deadline, wanted, takes);
    receive_next(ctx)
}

/// When a receive with this timeout in its first argument gives up.
#[inline(always)]
fn receive_deadline(ctx: &Ctx) -> u64 {
    let timeout = ctx.arg(0) as i64;
    if timeout < 0 {
        u64::MAX
    } else {
        ctx.deadline(timeout)
    }
}

/// A reference unlike any other. How far the mailbox is filled is asked before: who makes a greater one can have sent that only later.
pub(crate) fn make_ref(ctx: &mut Ctx) -> Flow {
    let filled = ctx.own.queue.filled(&ctx.process.mail);
    let reference = ctx.core.fresh_ref();
    ctx.own.queue.mark(reference, filled);
    ctx.put(0, reference);
    Ok(())
}

/// Watches another process, under a new reference.
fn watch(ctx: &mut Ctx, other: u64) -> u64 {
    let filled = ctx.own.queue.filled(&ctx.process.mail);
    let reference = ctx.core.monitor(ctx.worker, ctx.process, other);
    ctx.own.queue.mark(reference, filled);
    reference
}

#[inline(always)]
pub(crate) fn receive_next(ctx: &mut Ctx) -> Flow {
    let mut found = ctx.peek();
    if found.is_none() {
        let deadline = ctx.own.queue.deadline;
        let late = deadline != u64::MAX && deadline <= ctx.core.timers.now();
        // What arrives after the glance above is seen here, or when the process is to wait.
        if late {
            found = ctx.peek();
        }
        if found.is_none() && !late {
            ctx.lend_locks();
            ctx.own.parking = Parked::Receive;
            ctx.own.resume = Resume::Received;
            return Err(Halt::Leave(Leave::Wait));
        }
    }
    if !ctx.own.queue.takes {
        ctx.put(0, found.map_or(u64::MAX, u64::from));
        return Ok(());
    }
    if found.is_some() {
        return receive_taken(ctx);
    }
    ctx.put(0, 0);
    Ok(())
}

#[inline(always)]
pub(crate) fn receive_load(ctx: &mut Ctx) -> Flow {
    // SAFETY: it stays in the queue until we are done with it.
    let Some(message) = (unsafe { ctx.own.queue.current() }) else {
        return Err(Halt::error("Panic", "no message was peeked"));
    };
    let root = ctx.load(message.value)?;
    ctx.put(0, root);
    Ok(())
}

pub(crate) fn box_fits(ctx: &mut Ctx) -> Flow {
    let pair = (ctx.arg(0) as u32, ctx.arg(1) as u32);
    let known = ctx.core.fits.read().get(&pair).copied();
    let fits = known.unwrap_or_else(|| {
        let fits = crate::fit::fits(&ctx.core.descs.read(), pair.0, pair.1);
        ctx.core.fits.write().insert(pair, fits);
        fits
    });
    ctx.put(0, u64::from(fits));
    Ok(())
}

pub(crate) fn box_as(ctx: &mut Ctx) -> Flow {
    let want = ctx.arg(1) as u32;
    let value = ctx.copy_out(0);
    let made = crate::fit::convert(&ctx.core.descs.read(), &value, want);
    let Some(made) = made else {
        ctx.put(0, 0);
        return Ok(());
    };
    let root = ctx.load(made.view())?;
    ctx.put(0, root);
    Ok(())
}

#[inline(always)]
pub(crate) fn receive_take(ctx: &mut Ctx) -> Flow {
    if ctx.core.debug.watches(debug::RECEIVED | debug::TRACED) {
        receive_load(ctx)?;
        return take_watched(ctx);
    }
    ctx.own.queue.take(&ctx.worker.chunks);
    Ok(())
}

/// The message has been copied; a debugger may want to see it.
#[cold]
fn take_watched(ctx: &mut Ctx) -> Flow {
    ctx.own.queue.take(&ctx.worker.chunks);
    if ctx.core.debug.watches(debug::TRACED) {
        past::message(ctx, Happened::Received, ctx.arg(0), None);
    }
    match ctx.core.debug.watches(debug::RECEIVED) {
        true => debug::received(ctx, ctx.arg(0)),
        false => Ok(()),
    }
}

pub(crate) fn receive_taken(ctx: &mut Ctx) -> Flow {
    receive_load(ctx)?;
    if ctx.core.debug.watches(debug::RECEIVED | debug::TRACED) {
        return take_watched(ctx);
    }
    ctx.own.queue.take(&ctx.worker.chunks);
    Ok(())
}

/// A parked process runs again: it goes on with its receive. Who was woken from sleep before its time, by a debugger say, sleeps on.
pub(crate) fn received(ctx: &mut Ctx) -> Flow {
    if ctx.own.parking != Parked::Sleep {
        if ctx.own.lends() && !ctx.take_locks_back()? {
            ctx.own.parking = Parked::Resource;
            ctx.own.deadline = u64::MAX;
            ctx.own.resume = Resume::Received;
            return Err(Halt::Leave(Leave::Wait));
        }
        ctx.own.deadline = 0;
        return receive_next(ctx);
    }
    if ctx.core.timers.now() < ctx.own.queue.deadline {
        ctx.own.resume = Resume::Received;
        return Err(Halt::Leave(Leave::Wait));
    }
    Ok(())
}

pub(crate) fn sleep(ctx: &mut Ctx) -> Flow {
    let millis = ctx.arg(0) as i64;
    if millis <= 0 {
        return Err(Halt::Leave(Leave::Yield));
    }
    // A sleep inside of a receive's guard would move that receive's deadline; guards cannot sleep.
    ctx.own.queue.deadline = ctx.deadline(millis);
    ctx.own.parking = Parked::Sleep;
    ctx.own.resume = Resume::Received;
    Err(Halt::Leave(Leave::Wait))
}

pub(crate) fn register(ctx: &mut Ctx) -> Flow {
    let name = ctx.owned_text(0);
    let pid = ctx.arg(3);
    let mut names = ctx.core.names.lock();
    let taken = names.contains_key(&name);
    let mut done = false;
    if !taken && let Some(process) = ctx.core.table.get(pid) {
        let mut inbox = process.inbox.lock();
        if inbox.pid == pid && inbox.name().is_none() {
            inbox.relations().name = Some(name.clone());
            names.insert(name, pid);
            done = true;
        }
    }
    drop(names);
    ctx.put(0, u64::from(done));
    Ok(())
}

pub(crate) fn unregister(ctx: &mut Ctx) -> Flow {
    let pid = ctx.core.names.lock().remove(ctx.text(0));
    if let Some(pid) = pid
        && let Some(process) = ctx.core.table.get(pid)
    {
        let mut inbox = process.inbox.lock();
        if inbox.pid == pid {
            inbox.relations().name = None;
        }
    }
    ctx.put(0, u64::from(pid.is_some()));
    Ok(())
}

pub(crate) fn whereis(ctx: &mut Ctx) -> Flow {
    let pid = ctx.core.names.lock().get(ctx.text(0)).copied();
    ctx.put(0, pid.unwrap_or(0));
    Ok(())
}

pub(crate) fn is_alive(ctx: &mut Ctx) -> Flow {
    let pid = ctx.arg(0);
    let alive = ctx
        .core
        .table
        .get(pid)
        .is_some_and(|p| p.inbox.lock().pid == pid);
    ctx.put(0, u64::from(alive));
    Ok(())
}

pub(crate) fn exit_with(ctx: &mut Ctx) -> Flow {
    // SAFETY: the first argument is a box, which the argument area keeps alive.
    let reason = unsafe { ctx.core.reason_of(ctx.arg(0), ctx.text(1)) };
    ctx.own.exit = Some(reason.into());
    ctx.own.quiet = true;
    Err(Halt::Leave(Leave::Exit))
}

pub(crate) fn link(ctx: &mut Ctx) -> Flow {
    let other = ctx.arg(0);
    if ctx.core.debug.watches(debug::TRACED) {
        past::relation(ctx, Happened::Linked, other);
    }
    if ctx.core.link(ctx.process, other) {
        return Ok(());
    }
    let reason = ExitReason::NoProcess;
    let me = ctx.process.pid();
    ctx.core
        .exit_signal(Some(ctx.worker), me, other, &reason, false);
    attend(ctx)
}

/// A process may have sent a signal to itself: then it heeds it now.
pub(crate) fn attend(ctx: &mut Ctx) -> Flow {
    if ctx.process.attention.load(Ordering::SeqCst) & attention::KILL != 0
        && let Some(leave) = ctx.core.attend(ctx.process, ctx.own)
    {
        return Err(Halt::Leave(leave));
    }
    Ok(())
}

pub(crate) fn unlink(ctx: &mut Ctx) -> Flow {
    ctx.core.unlink(ctx.process, ctx.arg(0));
    Ok(())
}

pub(crate) fn monitor(ctx: &mut Ctx) -> Flow {
    if ctx.core.debug.watches(debug::TRACED) {
        past::relation(ctx, Happened::Monitored, ctx.arg(0));
    }
    let reference = watch(ctx, ctx.arg(0));
    ctx.put(0, reference);
    Ok(())
}

pub(crate) fn demonitor(ctx: &mut Ctx) -> Flow {
    let reference = ctx.arg(0);
    if ctx.core.demonitor(ctx.process, reference) {
        return Ok(());
    }
    let Some(signals) = ctx.core.signals.get() else {
        return Ok(());
    };
    let chunks = &ctx.worker.chunks;
    let me = ctx.process.pid();
    ctx.own.queue.accept(&ctx.process.mail, me, chunks);
    ctx.own.queue.discard_since(reference, chunks, |message| {
        message.desc == signals.down_box && message.value.down_reference() == Some(reference)
    });
    Ok(())
}

pub(crate) fn trap_exit(ctx: &mut Ctx) -> Flow {
    let traps = ctx.arg(0) != 0;
    ctx.process.inbox.lock().relations().traps_exits = traps;
    Ok(())
}

pub(crate) fn supervises(ctx: &mut Ctx) -> Flow {
    ctx.process.inbox.lock().relations().supervises = true;
    Ok(())
}

pub(crate) fn exit_signal(ctx: &mut Ctx) -> Flow {
    // SAFETY: the second argument is a box, which the argument area keeps alive.
    let reason = unsafe { ctx.core.reason_of(ctx.arg(1), ctx.text(2)) };
    let me = ctx.process.pid();
    ctx.core
        .exit_signal(Some(ctx.worker), ctx.arg(0), me, &reason, false);
    attend(ctx)
}

pub(crate) fn process_after(ctx: &mut Ctx) -> Flow {
    let pid = ctx.core.table.after(ctx.arg(0));
    ctx.put(0, pid);
    Ok(())
}

pub(crate) fn process_word(ctx: &mut Ctx) -> Flow {
    let (pid, which) = (ctx.arg(0), ctx.arg(1));
    let word = ctx.core.table.get(pid).and_then(|process| {
        let inbox = process.inbox.lock();
        if inbox.pid != pid {
            return None;
        }
        let relations = inbox.relations.as_ref();
        Some(match which {
            0 => process.state() as u64,
            // Those of the asking process are counted as they are now.
            1 if pid == ctx.process.pid() => {
                let chunks = &ctx.worker.chunks;
                ctx.own.queue.accept(&process.mail, pid, chunks);
                ctx.own.queue.len() as u64
            }
            1 => process.messages() as u64,
            2 => process.reductions_done.load(Ordering::Relaxed),
            3 => process.heap_bytes.load(Ordering::Relaxed) as u64,
            4 => process.parent.load(Ordering::Relaxed),
            5 => u64::from(relations.is_some_and(|r| r.traps_exits)),
            6 => relations.map_or(0, |r| r.links.len() as u64),
            7 => relations.map_or(0, |r| r.monitors.len() as u64),
            _ => u64::from(relations.is_some_and(|r| r.supervises)),
        })
    });
    ctx.put(0, word.unwrap_or(u64::MAX));
    Ok(())
}

pub(crate) fn process_parent(ctx: &mut Ctx) -> Flow {
    let pid = ctx.arg(0);
    let process = ctx.core.table.get(pid).filter(|p| p.pid() == pid);
    let parent = process.map_or(0, |p| p.parent.load(Ordering::Relaxed));
    ctx.put(0, parent);
    Ok(())
}

pub(crate) fn process_link(ctx: &mut Ctx) -> Flow {
    let (pid, i) = (ctx.arg(0), ctx.arg(1) as usize);
    let process = ctx.core.table.get(pid).filter(|p| p.pid() == pid);
    let link = process.and_then(|p| p.links().get(i).copied());
    ctx.put(0, link.unwrap_or(0));
    Ok(())
}

pub(crate) fn process_name(ctx: &mut Ctx) -> Flow {
    let pid = ctx.arg(0);
    let name = ctx.core.table.get(pid).and_then(|process| {
        let inbox = process.inbox.lock();
        inbox.name().filter(|_| inbox.pid == pid).cloned()
    });
    ctx.put_text(0, &name.unwrap_or_default())
}

pub(crate) fn kill(ctx: &mut Ctx) -> Flow {
    let pid = ctx.arg(0);
    if pid == ctx.process.pid() {
        ctx.own.exit = Some(ExitReason::Killed.into());
        ctx.own.quiet = true;
        return Err(Halt::Leave(Leave::Exit));
    }
    ctx.core.kill(Some(ctx.worker), pid, ExitReason::Killed);
    Ok(())
}

/// The process's function has returned. Its result is looked at only when a host asked for it: of a spawned function the register holds anything.
pub(crate) fn exit(ctx: &mut Ctx) -> Flow {
    if ctx.own.wants_result {
        let result = ctx.copy_out(0);
        ctx.own.rare().result = Some(Arc::new(result));
    }
    ctx.own.exit = None;
    Err(Halt::Leave(Leave::Exit))
}
