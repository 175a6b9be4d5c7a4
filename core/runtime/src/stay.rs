//! Who is outside, and the thread that looks at them, which sleeps while there is nobody. For [`crate::outside`].
//!
//! Who goes outside says so first and looks then whether the thread sleeps; the thread says that it sleeps first and looks then once more for somebody
//! outside. One of the two sees the other. `tests/model/tests/stay.rs` tries all interleavings of this source.

use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex, Ordering};

/// How often a worker has gone outside and come back; odd: it is there. The worker alone writes it.
#[derive(Default)]
pub(crate) struct Stay(AtomicU64);

impl Stay {
    /// The worker goes outside.
    #[inline]
    pub(crate) fn begin(&self) {
        // Sequentially consistent: the next thing the worker reads is whether anybody looks.
        let stay = self.0.load(Ordering::Relaxed);
        self.0.store(stay + 1, Ordering::SeqCst);
    }

    /// The worker is back.
    #[inline]
    pub(crate) fn end(&self) {
        let stay = self.0.load(Ordering::Relaxed);
        self.0.store(stay + 1, Ordering::Release);
    }

    /// The count.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Is the worker outside?
    pub(crate) fn is_outside(&self) -> bool {
        !self.count().is_multiple_of(2)
    }
}

/// How the thread that looks sleeps.
pub(crate) struct Lookout {
    /// Nobody looks: who goes outside says so.
    asleep: AtomicBool,
    woken: (Mutex<bool>, Condvar),
}

impl Default for Lookout {
    fn default() -> Self {
        Lookout {
            asleep: AtomicBool::new(true),
            woken: Default::default(),
        }
    }
}

impl Lookout {
    /// Does nobody look? Asked by who has gone outside.
    #[inline]
    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::SeqCst)
    }

    /// Somebody has gone outside while nobody looked.
    pub(crate) fn look_again(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.wake_up();
        }
    }

    /// The thread has something to do, if only to end.
    pub(crate) fn wake_up(&self) {
        *self.woken.0.lock() = true;
        self.woken.1.notify_one();
    }

    /// The thread has seen nobody for a while, and sleeps until somebody goes outside or all is over.
    pub(crate) fn sleep(&self, is_anybody_outside: impl Fn() -> bool, is_over: impl Fn() -> bool) {
        self.asleep.store(true, Ordering::SeqCst);
        // Who went outside before that has not woken us.
        if is_anybody_outside() {
            self.asleep.store(false, Ordering::SeqCst);
            return;
        }
        while self.asleep.load(Ordering::SeqCst) && !is_over() {
            let mut woken = self.woken.0.lock();
            while !*woken {
                self.woken.1.wait(&mut woken);
            }
            *woken = false;
        }
    }
}
