//! Processes: spawn, send, receive, names, ends.

use crate::dispatch::{Ctx, Flow, Halt};
use crate::exit::ExitReason;
use crate::heap::collect;
use crate::heap::stats::Reason;
use crate::mailbox::{Message, Parked};
use crate::message::Fragment;
use crate::process::Resume;
use crate::shim::Leave;
use nostos_abi::object::HEADER_DESC_MASK;
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
    /// Copies the value of argument word `i` out of the heap.
    fn copy_out(&mut self, i: usize) -> Fragment {
        let mut scratch = self.worker.scratch.borrow_mut();
        // SAFETY: the word is a live ref of this process's heap, which this worker owns.
        unsafe { Fragment::copy(&self.core.traces, &mut scratch, self.arg(i)) }
    }
}

pub(crate) fn spawn(ctx: &mut Ctx, relation: Relation) -> Flow {
    let closure = ctx.copy_out(0);
    let block = ctx.worker.take_block();
    let parent = ctx.process.pid();
    let Some(pid) = ctx.core.create(block, &closure, |_| {}) else {
        ctx.worker.give_block(block);
        return Err(Halt::error("Panic", "too many processes"));
    };
    block
        .parent
        .store(parent, std::sync::atomic::Ordering::Relaxed);
    ctx.put(0, pid);
    match relation {
        Relation::None => {}
        Relation::Link => {
            block.inbox.lock().links.push(parent);
            ctx.process.inbox.lock().links.push(pid);
        }
        Relation::Monitor => {
            let reference = ctx.core.fresh_ref();
            block.inbox.lock().monitors.push((parent, reference));
            ctx.put(1, reference);
        }
    }
    ctx.worker.schedule(block);
    Ok(())
}

/// A module-level value has been evaluated.
pub(crate) fn global_set(ctx: &mut Ctx) -> Flow {
    let number = ctx.arg(0);
    let value = ctx.copy_out(1);
    match ctx.core.set_global(number, &value) {
        Ok(shared) => {
            ctx.put(0, shared);
            Ok(())
        }
        Err(e) => Err(Halt::error("OutOfMemory", e.to_string())),
    }
}

pub(crate) fn send(ctx: &mut Ctx) -> Flow {
    let pid = ctx.arg(0);
    let Some(receiver) = ctx.core.table.get(pid) else {
        return Ok(());
    };
    let value = ctx.copy_out(1);
    let header = value.header().expect("messages are boxed");
    let message = Message {
        desc: (header & HEADER_DESC_MASK) as u32,
        from: ctx.process.pid(),
        value,
    };
    let mut inbox = receiver.inbox.lock();
    if inbox.pid != pid {
        // Dropped after the lock: freeing is no work for inside.
        drop(inbox);
        return Ok(());
    }
    inbox.messages.push(message);
    receiver.arrived.store(true, Ordering::Relaxed);
    let wakes = inbox.parked == Parked::Receive;
    if wakes {
        inbox.parked = Parked::No;
        inbox.deadline = 0;
    }
    drop(inbox);
    if wakes {
        ctx.worker.schedule(receiver.into());
    }
    Ok(())
}

/// Now plus so many milliseconds, in the scheduler's nanoseconds.
fn deadline(ctx: &Ctx, millis: i64) -> u64 {
    let nanos = (millis.max(0) as u64).saturating_mul(1_000_000);
    ctx.core
        .timers
        .now()
        .saturating_add(nanos)
        .min(u64::MAX - 1)
}

pub(crate) fn receive_start(ctx: &mut Ctx) -> Flow {
    let timeout = ctx.arg(0) as i64;
    let deadline = if timeout < 0 {
        u64::MAX
    } else {
        deadline(ctx, timeout)
    };
    ctx.own.queue.start(deadline);
    Ok(())
}

pub(crate) fn receive_peek(ctx: &mut Ctx) -> Flow {
    let mut found = ctx.own.queue.peek();
    // What arrives between this glance and the wait is seen by the wait, under the lock.
    if found.is_none() && ctx.process.arrived.load(Ordering::Relaxed) {
        let mut inbox = ctx.process.inbox.lock();
        ctx.process.arrived.store(false, Ordering::Relaxed);
        ctx.own.queue.accept(&mut inbox.messages);
        drop(inbox);
        found = ctx.own.queue.peek();
    }
    ctx.put(0, found.map_or(u64::MAX, u64::from));
    Ok(())
}

pub(crate) fn receive_load(ctx: &mut Ctx) -> Flow {
    let tools = ctx.core.tools();
    let bytes = match ctx.own.queue.current() {
        Some(message) => message.value.bytes(),
        None => return Err(Halt::error("Panic", "no message was peeked")),
    };
    // A small message may as well fill the nursery as anything else; a large one goes to the old space, which then may be due.
    let small = bytes < crate::heap::LARGE_BYTES;
    let room = if small && bytes > 0 {
        collect::reserve(tools, ctx.process, ctx.own, bytes)
    } else if bytes > 0 && ctx.own.heap.wants_major() {
        collect::collect(tools, ctx.process, ctx.own, Reason::OldSpaceGrown, 0)
    } else {
        Ok(())
    };
    if room.is_err() {
        return Err(crate::dispatch::fault(
            nostos_abi::builtin::Fault::OutOfMemory as u64,
            0,
            0,
        ));
    }
    let own = &mut *ctx.own;
    let at = own.heap.room_for(ctx.process, bytes, ctx.core.policy());
    let message = own.queue.current().expect("it was there a moment ago");
    // SAFETY: the heap made room for the message's bytes.
    let root = unsafe { message.value.load(&ctx.core.traces, at.address, at.bits) };
    ctx.put(0, root);
    Ok(())
}

pub(crate) fn receive_take(ctx: &mut Ctx) -> Flow {
    ctx.own.queue.take();
    Ok(())
}

pub(crate) fn receive_wait(ctx: &mut Ctx) -> Flow {
    let deadline = ctx.own.queue.deadline;
    if deadline != u64::MAX && deadline <= ctx.core.timers.now() {
        let late = ctx.process.inbox.lock().messages.is_empty();
        ctx.put(0, u64::from(late));
        return Ok(());
    }
    ctx.own.sleeping = false;
    ctx.own.resume = Resume::Received;
    Err(Halt::Leave(Leave::Wait))
}

/// A parked process runs again: 1 when its time is up and nothing has arrived. Who was woken from sleep before its time, by a debugger say, sleeps on.
pub(crate) fn received(ctx: &mut Ctx) -> Flow {
    if ctx.own.sleeping {
        if ctx.core.timers.now() < ctx.own.queue.deadline {
            ctx.own.resume = Resume::Received;
            return Err(Halt::Leave(Leave::Wait));
        }
        ctx.own.sleeping = false;
        return Ok(());
    }
    let deadline = ctx.own.queue.deadline;
    let late = deadline != u64::MAX
        && deadline <= ctx.core.timers.now()
        && ctx.process.inbox.lock().messages.is_empty();
    ctx.put(0, u64::from(late));
    Ok(())
}

pub(crate) fn sleep(ctx: &mut Ctx) -> Flow {
    let millis = ctx.arg(0) as i64;
    if millis <= 0 {
        return Err(Halt::Leave(Leave::Yield));
    }
    // A sleep inside of a receive's guard would move that receive's deadline; guards cannot sleep.
    ctx.own.queue.deadline = deadline(ctx, millis);
    ctx.own.sleeping = true;
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
        if inbox.pid == pid && inbox.name.is_none() {
            inbox.name = Some(name.clone());
            names.insert(name, pid);
            done = true;
        }
    }
    drop(names);
    ctx.put(0, u64::from(done));
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
    ctx.own.exit = Some(ExitReason::Custom(ctx.owned_text(0)));
    Err(Halt::Leave(Leave::Exit))
}

pub(crate) fn kill(ctx: &mut Ctx) -> Flow {
    let pid = ctx.arg(0);
    if pid == ctx.process.pid() {
        ctx.own.exit = Some(ExitReason::Killed);
        return Err(Halt::Leave(Leave::Exit));
    }
    ctx.core.kill(Some(ctx.worker), pid, ExitReason::Killed);
    Ok(())
}

/// The process's function has returned. Its result is looked at only when a host asked for it: of a spawned function the register holds anything.
pub(crate) fn exit(ctx: &mut Ctx) -> Flow {
    if ctx.own.wants_result {
        let result = ctx.copy_out(0);
        ctx.own.result = Some(Arc::new(result));
    }
    ctx.own.exit = Some(ExitReason::Normal);
    Err(Halt::Leave(Leave::Exit))
}
