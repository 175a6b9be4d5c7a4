//! Channels, and waiting for what is not a message.

use crate::channel::{Attempt, Channel};
use crate::dispatch::{Ctx, Flow, Halt};
use crate::mailbox::Parked;
use crate::message::View;
use crate::process::Resume;
use crate::resource::{self, Resource};
use crate::shared::Taken;
use crate::shim::Leave;
use nostos_abi::builtin::Op;
use std::sync::Arc;

/// What a receive tells: see [`Op::ChanReceive`].
const GOT: i64 = 1;
const LATE: i64 = 0;
const CLOSED: i64 = -1;

impl Ctx<'_> {
    /// Leaves until somebody nudges the process or the deadline passes; then the op runs again.
    pub(crate) fn wait_for_resource(&mut self, op: Op, deadline: u64) -> Flow {
        self.own.parking = Parked::Resource;
        self.own.deadline = deadline;
        self.own.resume = Resume::Again(op);
        Err(Halt::Leave(Leave::Wait))
    }

    /// About to wait for others: they may have this process's locks meanwhile.
    #[inline(always)]
    pub(crate) fn lend_locks(&mut self) {
        if self.own.uses_locks && !self.own.lends() {
            self.lend_locks_now();
        }
    }

    #[inline(never)]
    fn lend_locks_now(&mut self) {
        let (mut lent, next) = self.core.shared.lend(self.process.pid());
        lent.reverse();
        self.own.rare().lent = lent;
        for pid in next {
            self.core.nudge(Some(self.worker), pid);
        }
    }

    /// Takes lent locks back; false: one is held by another process, which will wake this one.
    pub(crate) fn take_locks_back(&mut self) -> Flow<bool> {
        while let Some(&(key, depth)) = self.own.rare().lent.last() {
            match self.core.shared.take_back(key, depth, self.process.pid()) {
                Taken::Yes => self.own.rare().lent.pop(),
                Taken::Wait => return Ok(false),
                Taken::Deadlock => {
                    self.own.rare().lent.clear();
                    return Err(deadlock());
                }
            };
        }
        Ok(true)
    }

    /// The same for an op that runs again; false: it has to leave once more.
    fn back_with_locks(&mut self) -> Flow<bool> {
        if !self.own.lends() {
            return Ok(true);
        }
        if self.take_locks_back()? {
            let put_off = std::mem::take(&mut self.own.rare().put_off);
            if put_off != 0 {
                self.own.deadline = put_off;
            }
            return Ok(true);
        }
        let deadline = self.own.deadline;
        let rare = self.own.rare();
        if rare.put_off == 0 {
            rare.put_off = deadline;
        }
        Ok(false)
    }

    /// The deadline of the op that is running, which may have waited before; `None`: its time is up.
    pub(crate) fn patience(&mut self, millis: i64) -> Option<u64> {
        let deadline = match std::mem::take(&mut self.own.deadline) {
            0 if millis < 0 => return Some(u64::MAX),
            0 => self.deadline(millis),
            known => known,
        };
        (millis != 0 && (deadline == u64::MAX || self.core.timers.now() < deadline))
            .then_some(deadline)
    }

    /// The resource of the handle in argument word `i`.
    pub(crate) fn resource(&self, i: usize) -> Arc<Resource> {
        // SAFETY: the argument is a live ref.
        unsafe { resource::resource_at(self.arg(i)) }
    }

    /// Puts a handle as result word 0.
    pub(crate) fn put_shared_handle(&mut self, resource: Arc<Resource>) -> Flow {
        let words = resource::handle_words(resource);
        let at = self.allocate(words[0], words.len() * 8)?;
        // SAFETY: `allocate` gave room for the header and one word.
        unsafe { at.add(1).write(words[1]) };
        self.own.heap.held.push_handle(at as usize);
        self.put(0, at as u64);
        Ok(())
    }

    /// No longer waiting for the channel it had been noted at, if any.
    fn back_from_channel(&mut self) {
        if let Some(resource) = self.own.waits_for.take()
            && let Resource::Channel(channel) = &*resource
        {
            channel.forget(self.core, self.worker, self.process.pid(), false);
        }
    }

    /// An op that waited is given up.
    pub(crate) fn wait_no_more(&mut self) {
        self.own.deadline = 0;
        self.own.progress = 0;
        let me = self.process.pid();
        let waited = self.own.waits_for.take();
        let rare = self.own.rare();
        rare.put_off = 0;
        rare.lent.clear();
        for resource in std::mem::take(&mut rare.watched).into_iter().chain(waited) {
            if let Resource::Channel(channel) = &*resource {
                channel.forget(self.core, self.worker, me, true);
            }
        }
    }

    /// Copies a value in transit into this heap; gives its ref.
    #[inline(always)]
    pub(crate) fn load(&mut self, value: View) -> Flow<u64> {
        let bytes = value.bytes();
        if bytes == 0 && !value.holds() {
            return Ok(value.root());
        }
        if value.has_blobs() {
            self.expect_blobs(value.new_blob_bytes(&self.own.heap.held))?;
        }
        let policy = self.core.policy(self.process);
        if policy.stress || !self.own.heap.has_room(self.process, bytes) {
            self.make_room(bytes)?;
        }
        let at = self.own.heap.room_for(self.process, bytes, policy);
        // SAFETY: the heap made room for the value's bytes.
        let root = unsafe {
            value.load(
                &self.core.traces,
                at.address,
                at.bits,
                &mut self.own.heap.held,
            )
        };
        Ok(root)
    }
}

fn deadlock() -> Halt {
    let text = "processes wait for each other's module-level variables";
    Halt::error("Deadlock", text)
}

fn channel(resource: &Resource) -> Flow<&Channel> {
    match resource {
        Resource::Channel(channel) => Ok(channel),
        Resource::Socket(_) | Resource::Watch(_) | Resource::Guard(_) => {
            Err(Halt::error("Panic", "a socket is no channel"))
        }
    }
}

pub(crate) fn new(ctx: &mut Ctx) -> Flow {
    let capacity = ctx.arg(0) as i64;
    if capacity == 0 {
        return Err(Halt::error("Panic", "a channel holds at least one value"));
    }
    let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
    let id = ctx.core.fresh_ref();
    let channel = Resource::Channel(Channel::new(id, capacity));
    ctx.put_shared_handle(Arc::new(channel))
}

pub(crate) fn send(ctx: &mut Ctx) -> Flow {
    if !ctx.back_with_locks()? {
        return ctx.wait_for_resource(Op::ChanSend, u64::MAX);
    }
    ctx.own.deadline = 0;
    ctx.back_from_channel();
    let resource = ctx.resource(0);
    let channel = channel(&resource)?;
    let me = ctx.process.pid();
    let (core, worker) = (ctx.core, ctx.worker);
    match channel.send(core, worker, me, || ctx.copy_out(1)) {
        Attempt::Done(()) => Ok(()),
        Attempt::Closed => Err(Halt::error("ChannelClosed", "send on a closed channel")),
        Attempt::Wait => {
            ctx.own.waits_for = Some(resource);
            ctx.lend_locks();
            ctx.wait_for_resource(Op::ChanSend, u64::MAX)
        }
    }
}

pub(crate) fn receive(ctx: &mut Ctx) -> Flow {
    if !ctx.back_with_locks()? {
        return ctx.wait_for_resource(Op::ChanReceive, u64::MAX);
    }
    ctx.back_from_channel();
    let resource = ctx.resource(0);
    let channel = channel(&resource)?;
    let (millis, keep) = (ctx.arg(1) as i64, ctx.arg(2) != 0);
    let patience = ctx.patience(millis);
    let me = ctx.process.pid();
    let attempt = channel.receive(ctx.core, ctx.worker, me, keep, patience.is_some());
    let told = match (attempt, patience) {
        (Attempt::Done(value), _) => {
            ctx.own.rare().taken = Some(value);
            GOT
        }
        (Attempt::Closed, _) => CLOSED,
        (Attempt::Wait, None) => LATE,
        (Attempt::Wait, Some(deadline)) => {
            ctx.own.waits_for = Some(resource);
            ctx.lend_locks();
            return ctx.wait_for_resource(Op::ChanReceive, deadline);
        }
    };
    ctx.put(0, told as u64);
    Ok(())
}

pub(crate) fn watch(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let there = channel(&resource)?.watch(ctx.process.pid());
    if !there {
        ctx.own.rare().watched.push(resource);
    }
    ctx.put(0, u64::from(there));
    Ok(())
}

/// A nudge is a hint: who is woken looks at its channels again.
pub(crate) fn park(ctx: &mut Ctx) -> Flow {
    if !ctx.back_with_locks()? {
        return ctx.wait_for_resource(Op::ChanPark, u64::MAX);
    }
    let patience = ctx.patience(ctx.arg(0) as i64);
    let parked = std::mem::take(&mut ctx.own.progress) != 0;
    if !parked && let Some(deadline) = patience {
        ctx.own.progress = 1;
        ctx.lend_locks();
        return ctx.wait_for_resource(Op::ChanPark, deadline);
    }
    for resource in std::mem::take(&mut ctx.own.rare().watched) {
        if let Resource::Channel(channel) = &*resource {
            channel.forget(ctx.core, ctx.worker, ctx.process.pid(), true);
        }
    }
    ctx.put(0, u64::from(patience.is_some()));
    Ok(())
}

/// The value that the last receive got.
pub(crate) fn taken(ctx: &mut Ctx) -> Flow {
    let value = ctx.own.rare().taken.take().expect("a receive got a value");
    let root = ctx.load(value.view())?;
    ctx.put(0, root);
    Ok(())
}

pub(crate) fn close(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let channel = channel(&resource)?;
    channel.close(ctx.core, Some(ctx.worker));
    Ok(())
}

pub(crate) fn close_with(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    ctx.core.close_with(ctx.worker, ctx.arg(1), resource);
    Ok(())
}

pub(crate) fn word(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let channel = channel(&resource)?;
    let word = match ctx.arg(1) {
        0 => channel.id,
        1 => channel.len() as u64,
        _ => u64::from(channel.is_closed()),
    };
    ctx.put(0, word);
    Ok(())
}

/// The value last thrown in this process.
pub(crate) fn caught(ctx: &mut Ctx) -> Flow {
    let thrown = ctx.own.thrown;
    ctx.put(0, thrown);
    Ok(())
}

pub(crate) fn shared_lock(ctx: &mut Ctx) -> Flow {
    ctx.own.uses_locks = true;
    ctx.own.deadline = 0;
    match ctx.core.shared.lock(ctx.arg(0), ctx.process.pid()) {
        Taken::Yes => Ok(()),
        Taken::Wait => ctx.wait_for_resource(Op::MvarLock, u64::MAX),
        Taken::Deadlock => Err(deadlock()),
    }
}

pub(crate) fn shared_unlock(ctx: &mut Ctx) -> Flow {
    if let Some(next) = ctx.core.shared.unlock(ctx.arg(0), ctx.process.pid()) {
        ctx.core.nudge(Some(ctx.worker), next);
    }
    Ok(())
}

pub(crate) fn shared_is_set(ctx: &mut Ctx) -> Flow {
    let set = ctx.core.shared.get(ctx.arg(0)).is_some();
    ctx.put(0, u64::from(set));
    Ok(())
}

pub(crate) fn shared_get(ctx: &mut Ctx) -> Flow {
    let value = ctx.core.shared.get(ctx.arg(0));
    let value = value.expect("the compiler asks for what is set");
    let key = ctx.arg(0);
    let root = ctx.load(value.view())?;
    ctx.put(0, root);
    ctx.core.debug.shared(ctx.own, key, false)
}

pub(crate) fn shared_set(ctx: &mut Ctx) -> Flow {
    let value = ctx.copy_out(1);
    ctx.core.shared.set(ctx.arg(0), value);
    ctx.core.debug.shared(ctx.own, ctx.arg(0), true)
}

pub(crate) fn local_get(ctx: &mut Ctx) -> Flow {
    let key = ctx.arg(0);
    let known = ctx.own.rare_if_any().map_or(&[][..], |rare| &rare.locals);
    let found = known.iter().find(|(known, _)| *known == key);
    let word = found.map_or(0, |(_, word)| *word);
    ctx.put(0, word);
    Ok(())
}

pub(crate) fn local_set(ctx: &mut Ctx) -> Flow {
    let (key, value) = (ctx.arg(0), ctx.arg(1));
    let locals = &mut ctx.own.rare().locals;
    match locals.iter_mut().find(|(known, _)| *known == key) {
        Some((_, word)) => *word = value,
        None => locals.push((key, value)),
    }
    Ok(())
}
