//! Whose turn it is on a worker: where a process goes that can run, which one is taken next, and what is stolen from others.
//!
//! Absent: running it, and what becomes of it when it has left its stack.

use super::{Ptr, Worker};
use crate::order::Order;
use crate::process::Process;
use crossbeam_deque::Steal;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use std::sync::atomic::Ordering;

/// So many processes wait in the order in which they came.
const IN_ORDER: usize = 64;

/// So many turns later the oldest of the others has its turn all the same; a slice that was used up counts for more.
const FRESH_WAITS: u32 = 1024;

const FRESH_WAITS_SLICE: u32 = 128;

/// One in so many is the oldest, not the newest.
const FRESH_OLDEST: u64 = 256;

/// Asks for the memory that a waiting process touches first when it runs. In a conversation of many processes most of it is not in the nearest cache, and
/// until its turn comes there is time.
#[inline(always)]
fn ask_ahead(process: &Process) {
    let block = std::ptr::from_ref(process).cast::<i8>();
    let hot = process.hot.load(Ordering::Relaxed) as *const i8;
    for line in Process::FIRST_LINES {
        // SAFETY: to prefetch is never an access, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(block.wrapping_add(line * 64)) };
    }
    for line in 0..2 {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(hot.wrapping_add(line * 64)) };
    }
}

impl Worker {
    /// Queues a process that can run.
    #[inline]
    pub(crate) fn schedule(&self, process: Ptr) {
        if let Some(order) = &self.order {
            return order.push(process);
        }
        if self.next.get().is_none() {
            self.next.set(Some(process));
        } else {
            self.local.push(process);
            self.core.scheduler.wake_one();
        }
    }

    /// Queues a process that was waiting for the message just sent to it.
    #[inline]
    pub(crate) fn schedule_woken(&self, process: Ptr) {
        if self.next.get().is_none() && self.order.is_none() {
            ask_ahead(&process);
            self.next.set(Some(process));
        } else {
            self.schedule(process);
        }
    }

    /// Queues a process that has not begun, and who made it.
    #[inline]
    pub(crate) fn schedule_new(&self, process: Ptr, by: &Process) {
        if self.next.get().is_none() || self.order.is_some() || self.local.len() < IN_ORDER {
            return self.schedule(process);
        }
        self.fresh.push(process);
        let after = self.fresh_taken.get() + self.owes(by) + 1;
        let index = self.index as u64 + 1;
        by.after.store(index << 48 | after, Ordering::Relaxed);
        self.core.scheduler.wake_one();
    }

    /// How many new processes have their turn before a process that has made so many: else it would make them faster than they run.
    #[inline]
    fn owes(&self, process: &Process) -> u64 {
        let after = process.after.load(Ordering::Relaxed);
        if after >> 48 != self.index as u64 + 1 {
            return 0;
        }
        (after & ((1 << 48) - 1)).saturating_sub(self.fresh_taken.get())
    }

    /// Whether new processes are to run before this one. When there are none it owes nothing any more, whoever has taken them.
    #[inline]
    fn comes_later(&self, process: &Process) -> bool {
        if self.owes(process) == 0 {
            return false;
        }
        let later = !self.fresh.is_empty();
        if !later {
            process.after.store(0, Ordering::Relaxed);
        }
        later
    }

    /// The newest of the new processes that many others were before, and sometimes the oldest.
    #[inline]
    fn take_fresh(&self) -> Option<Ptr> {
        if (self.fresh_taken.get() + 1).is_multiple_of(FRESH_OLDEST) {
            return self.take_oldest();
        }
        let process = self.fresh.pop()?;
        self.count_fresh();
        Some(process)
    }

    #[cold]
    fn take_oldest(&self) -> Option<Ptr> {
        let [_, fresh] = &self.core.scheduler.stealers[self.index];
        let process = steal_from(|| fresh.steal())?;
        self.count_fresh();
        Some(process)
    }

    /// One of the new processes has its turn.
    #[inline]
    fn count_fresh(&self) {
        self.fresh_taken.set(self.fresh_taken.get() + 1);
        self.fresh_waits.set(0);
    }

    /// Queues a process behind all others.
    pub(super) fn schedule_last(&self, process: Ptr) {
        if let Some(order) = &self.order {
            return order.push(process);
        }
        self.local.push(process);
        self.fresh_waits
            .set(self.fresh_waits.get() + FRESH_WAITS_SLICE);
        if self.next.get().is_some() || self.local.len() > 1 {
            self.core.scheduler.wake_one();
        }
    }

    #[inline]
    pub(super) fn find(&self, tick: u32) -> Option<Ptr> {
        const FAVOURS: u32 = 64;
        if let Some(order) = &self.order {
            return self.find_in(order);
        }
        // Work from outside and new processes must not wait for a long queue here.
        if tick.is_multiple_of(8)
            && let Some(process) = self.find_kept_waiting()
        {
            return Some(process);
        }
        if self.favoured.get() < FAVOURS
            && let Some(process) = self.next.take()
        {
            if !self.comes_later(&process) {
                self.favoured.set(self.favoured.get() + 1);
                return Some(process);
            }
            self.local.push(process);
        }
        self.favoured.set(0);
        if let Some(process) = self.local.pop().or_else(|| self.next.take()) {
            if !self.comes_later(&process) {
                return Some(process);
            }
            self.local.push(process);
        }
        if let Some(process) = self.take_fresh() {
            return Some(process);
        }
        if let Some(process) = self.take_injected() {
            return Some(process);
        }
        self.fire_timers();
        self.listen();
        if let Some(process) = self.next.take() {
            return Some(process);
        }
        self.steal()
    }

    /// Every eighth turn.
    #[inline]
    fn find_kept_waiting(&self) -> Option<Ptr> {
        let waits = if self.fresh.is_empty() {
            0
        } else {
            self.fresh_waits.get() + 8
        };
        self.fresh_waits.set(waits);
        if waits >= FRESH_WAITS
            && let Some(process) = self.take_oldest()
        {
            return Some(process);
        }
        if self.core.scheduler.injector.is_empty() {
            return None;
        }
        self.take_injected()
    }

    /// The next one by the seed. When nobody can run, it is as late as the first who waits for a time wants it to be.
    fn find_in(&self, order: &Order) -> Option<Ptr> {
        let core = &self.core;
        loop {
            match core.scheduler.injector.steal() {
                Steal::Success(process) => order.push(process),
                Steal::Empty => break,
                Steal::Retry => {}
            }
        }
        self.fire_timers();
        self.listen();
        if let Some(process) = order.pop() {
            return Some(process);
        }
        // What comes from outside takes the time it takes.
        if core.pool.is_busy() || core.net.is_open() {
            return None;
        }
        core.timers.leap();
        self.fire_timers();
        order.pop()
    }

    fn take_injected(&self) -> Option<Ptr> {
        let injector = &self.core.scheduler.injector;
        steal_from(|| injector.steal_batch_and_pop(&self.local))
    }

    fn steal(&self) -> Option<Ptr> {
        let stealers = self.core.scheduler.stealers();
        for k in 1..stealers.len() {
            let [local, fresh] = &stealers[(self.index + k) % stealers.len()];
            // The oldest new process is the one that most others will come of.
            let stolen = steal_from(|| fresh.steal())
                .or_else(|| steal_from(|| local.steal_batch_and_pop(&self.local)));
            if stolen.is_some() {
                self.slot().steals.fetch_add(1, Ordering::Relaxed);
                return stolen;
            }
        }
        None
    }
}

fn steal_from(mut steal: impl FnMut() -> Steal<Ptr>) -> Option<Ptr> {
    loop {
        match steal() {
            Steal::Success(process) => return Some(process),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
