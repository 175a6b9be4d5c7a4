//! The gate to generated code: while somebody holds it closed no worker is inside. For swaps, breakpoints and the freeing of code.
//!
//! Who enters says so first and looks at the gate then; who closes it does so first and looks at the workers then. One of the two sees the other.
//! `tests/model/tests/gate.rs` tries all interleavings of this source. Absent: what is done meanwhile.

use crate::sync::{AtomicBool, Condvar, Mutex, Ordering, moment};

/// See the module.
#[derive(Default)]
pub(crate) struct Gate {
    closed: AtomicBool,
    /// One at a time closes it.
    one: Mutex<()>,
    opened: (Mutex<()>, Condvar),
}

/// A worker may be running generated code.
#[derive(Default)]
pub(crate) struct Inside(AtomicBool);

impl Inside {
    /// From here on it runs no generated code.
    #[inline]
    pub(crate) fn step_out(&self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Gate {
    /// Is it closed, or about to be? A worker that is inside should step out soon.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// From here on the worker may run generated code; waits while the gate is closed.
    #[inline]
    pub(crate) fn enter(&self, inside: &Inside) {
        loop {
            inside.0.store(true, Ordering::SeqCst);
            if !self.closed.load(Ordering::SeqCst) {
                return;
            }
            inside.step_out();
            self.await_opened();
        }
    }

    #[cold]
    fn await_opened(&self) {
        let mut hold = self.opened.0.lock();
        while self.closed.load(Ordering::SeqCst) {
            self.opened.1.wait(&mut hold);
        }
    }

    /// Runs `f` while none of the workers is inside.
    pub(crate) fn closed<'a, T>(
        &self,
        workers: impl Iterator<Item = &'a Inside> + Clone,
        f: impl FnOnce() -> T,
    ) -> T {
        let _one = self.one.lock();
        self.closed.store(true, Ordering::SeqCst);
        while workers.clone().any(|w| w.0.load(Ordering::SeqCst)) {
            moment();
        }
        let result = f();
        self.closed.store(false, Ordering::SeqCst);
        let _hold = self.opened.0.lock();
        self.opened.1.notify_all();
        result
    }
}
