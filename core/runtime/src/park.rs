//! The words by which workers and others agree whose a process is: who owns it, what is asked of it, and how it comes to rest.
//!
//! A process that waits is queued by exactly one: who ends its wait in its mail word. Its worker writes that it waits before it gives the process free, so
//! who ends the wait may find it owned still, for a moment ([`Owner::acquire_to_run`] is tried again). What is asked of it before its worker wrote
//! that it waits nobody wakes it for, so its worker looks once more. `tests/model/tests/park.rs` tries all interleavings of this source.
//! Absent: the mail word itself ([`crate::mail`]); waiting for anything but mail, which the inbox's lock makes sure of.

use crate::sync::{AtomicU8, AtomicU32, AtomicUsize, Ordering};

const FREE: u8 = 0;
const WORKER: u8 = 1;
const LOOKER: u8 = 2;

/// Who may touch the owner's part of a process.
#[derive(Default)]
pub(crate) struct Owner(AtomicU8);

impl Owner {
    /// Becomes the owner, to run the process.
    #[inline]
    pub(crate) fn acquire_to_run(&self) -> bool {
        self.acquire(WORKER)
    }

    /// Becomes the owner, to look at the process.
    pub(crate) fn acquire_to_look(&self) -> bool {
        self.acquire(LOOKER)
    }

    #[inline]
    fn acquire(&self, who: u8) -> bool {
        self.0
            .compare_exchange(FREE, who, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Does a worker own it?
    pub(crate) fn is_worker(&self) -> bool {
        self.0.load(Ordering::Acquire) == WORKER
    }

    /// Gives ownership up.
    #[inline]
    pub(crate) fn release(&self) {
        self.0.store(FREE, Ordering::Release);
    }
}

/// Asks a process to leave the fast path at its next safepoint, where it compares its stack's limit. Who asks a process that may wait ends its wait then.
pub(crate) fn ask(attention: &AtomicU32, limit: &AtomicUsize, bits: u32) {
    attention.fetch_or(bits, Ordering::SeqCst);
    limit.store(usize::MAX, Ordering::SeqCst);
}

/// The real stack limit again, unless something is asked of the process.
pub(crate) fn set_limit(attention: &AtomicU32, limit: &AtomicUsize, real: usize) {
    limit.store(real, Ordering::SeqCst);
    if attention.load(Ordering::SeqCst) != 0 {
        limit.store(usize::MAX, Ordering::SeqCst);
    }
}

/// The owner gives a process free that is to wait for mail. `wait` writes that it waits, unless there is some. `is_called` tells whether something else
/// than mail is there already, and `wake` ends the wait. True: the caller must queue the process. If not, it may be another's already.
#[inline]
pub(crate) fn come_to_rest(
    owner: &Owner,
    wait: impl FnOnce() -> bool,
    is_called: impl FnOnce() -> bool,
    wake: impl FnOnce() -> bool,
) -> bool {
    let waits = wait();
    owner.release();
    !waits || (is_called() && wake())
}
