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
    /// Which of those that were noted in the image, from 1; 0 of those of one process.
    pub number: u64,
}

/// Sums of one kind of collection.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GcSum {
    /// How many.
    pub count: u64,
    /// Nanoseconds together.
    pub total_nanos: u64,
    /// The longest.
    pub max_nanos: u64,
    /// How many pauses were shorter than a microsecond, than two, than four and so on; the last number has all that are longer.
    pub pauses: Vec<u64>,
}

/// The pauses of one second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Second {
    /// Which, from the image's beginning.
    pub at: u64,
    /// The longest pause of a minor collection.
    pub minor_nanos: u64,
    /// And of a major one.
    pub major_nanos: u64,
    /// All together, over all processes.
    pub pause_nanos: u64,
}

/// What the collector did in one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OwnGc {
    /// Minor collections.
    pub minor: u64,
    /// Major ones.
    pub major: u64,
    /// Time it stood still for them.
    pub pause_nanos: u64,
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
    /// Of the process that was asked about.
    pub own: Option<OwnGc>,
    /// Bytes found to be garbage.
    pub reclaimed: u64,
    /// Bytes moved to old spaces.
    pub promoted: u64,
    /// How many collections have been noted.
    pub noted: u64,
    /// The last seconds in which there was one, oldest first.
    pub seconds: Vec<Second>,
    /// Count and bytes of blobs.
    pub blobs: (u64, u64),
    /// Milliseconds since the image began.
    pub now_ms: u64,
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
    /// How often it has begun to run a process.
    pub switches: u64,
    /// For how long it has had nothing to do, altogether.
    pub slept_nanos: u64,
}

/// The processes, counted by what they are at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// How many there are.
    pub processes: u64,
    /// By state: its name and how many.
    pub states: Vec<(&'static str, u64)>,
    /// Of the blocked ones: those that wait for a thread of the system, and those that wait for a socket, a program or the like.
    pub blocked: (u64, u64),
    /// Messages that wait.
    pub messages: u64,
    /// Mailboxes with more than a thousand.
    pub long_mailboxes: u64,
    /// Bytes of all heaps.
    pub heap: u64,
    /// Deadlines that processes wait for.
    pub timers: u64,
    /// Processes made so far.
    pub spawned: u64,
}
