//! Workers that are outside: in a C function, writing to somebody who reads slowly, or in other work that does not come to safepoints.
//!
//! A worker says when it goes outside and when it is back. A thread looks at all of them every millisecond; for each one that has been outside since
//! its last look, a spare worker runs, which takes what the one outside has queued. So nobody waits for a C function but who called it, with one
//! worker as well, and a short call costs a few stores. Why it is so: docs/decisions/012-outside.md. Absent: with a seed calls are done in place,
//! since the order of turns must not depend on how long they take.

use crate::core::Core;
use crate::mutex::Mutex;
use crate::scheduler::{Queues, Worker};
use crate::stay::Lookout;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// How many workers can be outside for long before others wait for them.
pub(crate) const SPARES: usize = 64;

/// How long a worker is outside before a spare one runs, at least; and at most twice that.
const TICK: Duration = Duration::from_millis(1);
/// So many looks that find nobody outside, and the thread sleeps until somebody goes.
const IDLE_TICKS: u32 = 16;

/// What the image knows of it.
pub(crate) struct Outside {
    /// The spare workers' queues, the first one last; taken as they are started.
    queues: Mutex<Vec<Queues>>,
    /// How many spare workers are to run.
    wanted: AtomicUsize,
    lookout: Lookout,
    watcher: OnceLock<bool>,
}

impl Outside {
    /// With the queues of the spare workers, in order.
    pub(crate) fn new(mut queues: Vec<Queues>) -> Self {
        queues.reverse();
        Outside {
            queues: Mutex::new(queues),
            wanted: AtomicUsize::new(0),
            lookout: Lookout::default(),
            watcher: OnceLock::new(),
        }
    }

    /// Is the spare worker of this number to run?
    pub(crate) fn wants(&self, spare: usize) -> bool {
        spare < self.wanted.load(Ordering::SeqCst)
    }

    /// Somebody goes outside, and has said so.
    #[inline]
    pub(crate) fn begins(&self, core: &Arc<Core>) {
        if self.lookout.is_asleep() {
            self.look_again(core);
        }
    }

    #[cold]
    fn look_again(&self, core: &Arc<Core>) {
        let runs = self.watcher.get_or_init(|| {
            let core = Arc::downgrade(core);
            let thread = std::thread::Builder::new().name("nostos-outside".into());
            // Without the thread others wait until the call is over.
            thread.spawn(move || watch(&core)).is_ok()
        });
        if *runs {
            self.lookout.look_again();
        }
    }

    /// The watching thread has something to do, if only to end.
    pub(crate) fn wake_up(&self) {
        self.lookout.wake_up();
    }
}

fn watch(image: &Weak<Core>) {
    // Who was outside at the last look, by which of its stays.
    let mut stays: Vec<u64> = Vec::new();
    let mut idle = 0;
    loop {
        std::thread::sleep(TICK);
        let Some(core) = image.upgrade() else { return };
        let scheduler = &core.scheduler;
        let outside = &scheduler.outside;
        if scheduler.is_stopping() {
            return;
        }
        let (mut long, mut any) = (0, false);
        let slots = scheduler.slots();
        stays.resize(slots.len(), 0);
        for (slot, seen) in slots.iter().zip(&mut stays) {
            let stay = slot.stay.count();
            let is_outside = !stay.is_multiple_of(2);
            any |= is_outside;
            long += usize::from(is_outside && stay == *seen);
            *seen = stay;
        }
        want(&core, long.min(SPARES));
        idle = if any { 0 } else { idle + 1 };
        if idle < IDLE_TICKS {
            continue;
        }
        idle = 0;
        outside.lookout.sleep(
            || scheduler.slots().iter().any(|s| s.stay.is_outside()),
            || scheduler.is_stopping(),
        );
    }
}

/// So many spare workers are to run from now on.
fn want(core: &Arc<Core>, wanted: usize) {
    let scheduler = &core.scheduler;
    let outside = &scheduler.outside;
    let before = outside.wanted.swap(wanted, Ordering::SeqCst);
    if before == wanted {
        return;
    }
    let first = scheduler.workers();
    for spare in before.min(wanted)..before.max(wanted) {
        if first + spare < scheduler.slots().len() {
            scheduler.wake(first + spare);
            continue;
        }
        let mut queues = outside.queues.lock();
        let Some(queue) = queues.pop() else { return };
        let index = scheduler.add_spare();
        let of_thread = core.clone();
        let spawned = std::thread::Builder::new()
            .name(format!("nostos-spare-{spare}"))
            .stack_size(crate::image::COMPILER_STACK)
            .spawn(move || Worker::new(of_thread, index, queue).run());
        if spawned.is_err() {
            // The system has no more threads: those that are there must do.
            queues.clear();
            return;
        }
    }
}
