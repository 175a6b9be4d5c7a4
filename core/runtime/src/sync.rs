//! What the lock-free parts are made of. A model that tries all interleavings puts its own in this place (`core/runtime/model`).

pub(crate) use crate::mutex::{Condvar, Mutex};
pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

/// Is this a model?
pub(crate) const MODEL: bool = false;
/// Sizes of the chunks that letters lie in.
pub(crate) const CHUNK_WORDS: [usize; 4] = [64, 512, 2048, 4096];
/// How often a reader looks whether an unfinished letter is there.
pub(crate) const SPINS: u32 = 100;

/// Time passes.
pub(crate) fn spin() {
    std::hint::spin_loop();
}

/// More time passes.
pub(crate) fn moment() {
    std::thread::sleep(std::time::Duration::from_micros(10));
}
