//! Numbers of the image: heaps, collections, workers.

use super::Pid;

/// The heap of one process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heap {
    /// Used and capacity of the nursery, bytes.
    pub young: (u64, u64),
    /// Used and capacity of the old space, bytes.
    pub old: (u64, u64),
    /// Count and bytes of large objects.
    pub large: (u64, u64),
    /// Of those: what other processes or messages have, too.
    pub shared: (u64, u64),
    /// Type, count, bytes; the largest first.
    pub by_type: Vec<(String, u64, u64)>,
}

/// One collection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection {
    /// Whose heap.
    pub pid: Pid,
    /// Of the old space too?
    pub major: bool,
    /// Why.
    pub reason: String,
    /// How long the process stood still.
    pub pause_nanos: u64,
    /// Bytes in use before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// Bytes moved to the old space.
    pub promoted: u64,
    /// Milliseconds since the image began.
    pub at_ms: u64,
}

/// Sums of one kind of collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GcSum {
    /// How many.
    pub count: u64,
    /// Nanoseconds together.
    pub total_nanos: u64,
    /// The longest.
    pub max_nanos: u64,
}

/// What the collectors did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GcStats {
    /// The last ones, newest first.
    pub collections: Vec<Collection>,
    /// All minor ones.
    pub minor: GcSum,
    /// All major ones.
    pub major: GcSum,
}

/// One worker thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Worker {
    /// Its number.
    pub id: usize,
    /// What it runs now.
    pub running: Option<Pid>,
    /// Processes in its queue.
    pub queue: usize,
    /// Reductions it has seen.
    pub reductions: u64,
    /// Processes it took from others.
    pub steals: u64,
    /// Has it nothing to do?
    pub idle: bool,
}
