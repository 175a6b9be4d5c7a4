//! Whose turn it is when a program is scheduled by a seed: any of those that can run, for any part of a slice. The same seed gives the same turns.

use crate::scheduler::Ptr;
use nostos_abi::process::SLICE;
use std::cell::{Cell, RefCell};

/// The shortest slice: long enough that a program gets on.
const SHORTEST: i64 = 50;

/// The only worker's run queue, and the state of its numbers.
pub(crate) struct Order {
    state: Cell<u64>,
    runnable: RefCell<Vec<Ptr>>,
}

impl Order {
    pub(crate) fn new(seed: u64) -> Self {
        Order {
            state: Cell::new(seed),
            runnable: RefCell::default(),
        }
    }

    /// A process can run.
    pub(crate) fn push(&self, process: Ptr) {
        self.runnable.borrow_mut().push(process);
    }

    /// Takes one that can run.
    pub(crate) fn pop(&self) -> Option<Ptr> {
        let mut runnable = self.runnable.borrow_mut();
        let count = runnable.len() as u64;
        if count == 0 {
            return None;
        }
        let at = if count == 1 { 0 } else { self.next() % count };
        Some(runnable.swap_remove(at as usize))
    }

    /// Reductions of the next slice.
    pub(crate) fn slice(&self) -> i64 {
        SHORTEST + (self.next() % (SLICE - SHORTEST) as u64) as i64
    }

    /// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
    fn next(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        mixed(state)
    }
}

/// A number none of whose bits says much of the one it was made of.
pub(crate) fn mixed(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
