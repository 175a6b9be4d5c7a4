//! What `core/runtime/src/sync.rs` is to the runtime: the same names, made of loom's atomics and locks, so that all interleavings are tried.
//!
//! Loom knows sequential consistency of fences only. So each sequentially consistent store and exchange is followed by such a fence here, which is what
//! the processors this is made for do (an exchange with a locked bus); loads have none, as there.

use loom::sync::atomic as inner;
pub use loom::sync::atomic::{Ordering, fence};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// Is this a model?
pub const MODEL: bool = true;
/// Sizes of the chunks that letters lie in: for one or two letters, so that every way through is met.
pub const CHUNK_WORDS: [usize; 3] = [6, 10, 16];
/// How often a reader looks whether an unfinished letter is there.
pub const SPINS: u32 = 1;

/// Time passes.
pub fn spin() {
    loom::thread::yield_now();
}

/// More time passes.
pub fn moment() {
    loom::thread::yield_now();
}

fn settle(order: Ordering) {
    if order == Ordering::SeqCst {
        fence(order);
    }
}

macro_rules! atomic {
    ($name:ident, $of:ty, $($op:ident),*) => {
        /// As that of the standard library.
        #[derive(Debug, Default)]
        pub struct $name(inner::$name);

        #[allow(missing_docs)]
        impl $name {
            pub fn new(value: $of) -> Self {
                $name(inner::$name::new(value))
            }

            pub fn load(&self, order: Ordering) -> $of {
                self.0.load(order)
            }

            pub fn store(&self, value: $of, order: Ordering) {
                self.0.store(value, order);
                settle(order);
            }

            pub fn swap(&self, value: $of, order: Ordering) -> $of {
                let before = self.0.swap(value, order);
                settle(order);
                before
            }

            pub fn compare_exchange(
                &self,
                old: $of,
                new: $of,
                order: Ordering,
                failed: Ordering,
            ) -> Result<$of, $of> {
                let result = self.0.compare_exchange(old, new, order, failed);
                settle(order);
                result
            }

            $(pub fn $op(&self, value: $of, order: Ordering) -> $of {
                let before = self.0.$op(value, order);
                settle(order);
                before
            })*
        }
    };
}

atomic!(AtomicBool, bool, fetch_or);
atomic!(AtomicU8, u8, fetch_or);
atomic!(AtomicU32, u32, fetch_or, fetch_and);
atomic!(AtomicU64, u64, fetch_add);
atomic!(AtomicUsize, usize, fetch_add, fetch_sub);

/// As that of the runtime: its guards come without a question.
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

/// See [`Mutex`].
pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    /// Unlocked.
    pub fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().expect("no model goes on after a panic")))
    }

    /// Takes the lock if nobody has it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(|guard| MutexGuard(Some(guard)))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is taken only while it waits")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("it is taken only while it waits")
    }
}

/// As that of the runtime. Nobody waits in vain here, so no wait ends by its time.
#[derive(Debug, Default)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    /// Nobody waits.
    pub fn new() -> Self {
        Condvar::default()
    }

    /// Waits until it is notified.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.0.take().expect("a guard holds its lock");
        let held = self.0.wait(held).expect("no model goes on after a panic");
        guard.0 = Some(held);
    }

    /// As [`Condvar::wait`].
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _most: Duration) {
        self.wait(guard);
    }

    /// Wakes one who waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all who wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}
