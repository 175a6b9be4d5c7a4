//! Workers that sleep, and who wakes them. In: what is asked of a worker that lies down, [`Sleeper`]. Out: whoever has queued something and then called
//! [`Idle::wake_one`] can rely on it that a worker looks at it, if one sleeps.
//!
//! A worker enters the list before it looks a last time whether there is something to do; who brings work looks at the list after having queued it. One of
//! the two sees the other. Who takes a worker out of the list wakes it by its own lock, whether it hears its condition variable or the system.
//! `tests/model/tests/idle.rs` tries all interleavings of this source. Absent: what is queued and where.

use crate::sync::{AtomicUsize, Condvar, Mutex, Ordering, fence};
use std::sync::OnceLock;
use std::time::Duration;

/// What a worker that lies down is asked, and does meanwhile.
pub(crate) trait Sleeper {
    /// The right to listen to the system, which one at a time has.
    type Ear;
    /// Is there nothing to do? Asked when whoever brings work sees this worker already.
    fn has_nothing(&self) -> bool;
    /// From here on it runs nothing.
    fn steps_out(&self);
    /// For how long it may sleep, if not for ever. Asked once it is certain that it sleeps.
    fn how_long(&self) -> Option<Duration>;
    /// The right to listen, if there is something to listen to and nobody else does.
    fn ear(&self) -> Option<Self::Ear>;
    /// Listens until the system tells something, or so long, or until the bell rings; gives the right back.
    fn hear(&mut self, ear: Self::Ear, wait: Option<Duration>);
}

/// Wakes the worker that listens to the system, or the next one that does.
pub(crate) trait Bell {
    /// Rings.
    fn ring(&self);
}

/// See the module.
pub(crate) struct Idle<B> {
    list: Mutex<Vec<usize>>,
    /// Its length, for a glance without the lock.
    count: AtomicUsize,
    beds: Vec<Bed>,
    bell: OnceLock<B>,
}

/// Where one worker sleeps; on lines of the cache of its own.
#[derive(Default)]
#[repr(align(128))]
struct Bed {
    sleep: Mutex<Sleep>,
    wake: Condvar,
}

#[derive(Default)]
struct Sleep {
    woken: bool,
    /// It listens to the system meanwhile, and so does not hear its condition variable.
    listens: bool,
}

impl<B: Bell> Idle<B> {
    /// For so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        Idle {
            list: Mutex::default(),
            count: AtomicUsize::new(0),
            beds: (0..workers).map(|_| Bed::default()).collect(),
            bell: OnceLock::new(),
        }
    }

    /// From now on workers may sleep where this wakes them.
    pub(crate) fn set_bell(&self, bell: B) {
        assert!(self.bell.set(bell).is_ok(), "an image has one reactor");
    }

    /// Wakes a sleeping worker, if there is one.
    #[inline]
    pub(crate) fn wake_one(&self) {
        // What was queued before must be seen by a worker that entered the list after our look at it.
        fence(Ordering::SeqCst);
        if self.count.load(Ordering::SeqCst) != 0 {
            self.wake_listed();
        }
    }

    fn wake_listed(&self) {
        let index = self.list.lock().pop();
        if let Some(index) = index {
            self.count.fetch_sub(1, Ordering::SeqCst);
            self.wake(index);
        }
    }

    /// Wakes this worker, if it sleeps; if not, it does not sleep the next time.
    pub(crate) fn wake(&self, index: usize) {
        let bed = &self.beds[index];
        let mut sleep = bed.sleep.lock();
        sleep.woken = true;
        if !sleep.listens {
            bed.wake.notify_one();
        } else if let Some(bell) = self.bell.get() {
            bell.ring();
        }
    }

    /// Wakes all.
    pub(crate) fn wake_all(&self) {
        for index in 0..self.beds.len() {
            self.wake(index);
        }
    }

    /// Sleeps until it is woken or has slept long enough, unless there is something to do.
    pub(crate) fn sleep(&self, index: usize, sleeper: &mut impl Sleeper) {
        self.list.lock().push(index);
        self.count.fetch_add(1, Ordering::SeqCst);
        // Work may have come between our last look and our entry into the list; whoever queues after it wakes us.
        let nothing = sleeper.has_nothing();
        sleeper.steps_out();
        if nothing {
            self.lie_down(index, sleeper);
        }
        let mut list = self.list.lock();
        if let Some(at) = list.iter().position(|i| *i == index) {
            list.swap_remove(at);
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn lie_down(&self, index: usize, sleeper: &mut impl Sleeper) {
        let bed = &self.beds[index];
        let mut sleep = bed.sleep.lock();
        if !sleep.woken {
            let wait = sleeper.how_long();
            if let Some(ear) = sleeper.ear() {
                sleep.listens = true;
                drop(sleep);
                sleeper.hear(ear, wait);
                sleep = bed.sleep.lock();
                sleep.listens = false;
            } else if let Some(wait) = wait {
                bed.wake.wait_for(&mut sleep, wait);
            } else {
                bed.wake.wait(&mut sleep);
            }
        }
        sleep.woken = false;
    }

    /// Waits outside the list, where only [`Idle::wake`] wakes it, until this is so. Who makes it so wakes the worker after that.
    pub(crate) fn rest_until(&self, index: usize, mut is_so: impl FnMut() -> bool) {
        let bed = &self.beds[index];
        let mut sleep = bed.sleep.lock();
        while !is_so() {
            bed.wake.wait(&mut sleep);
        }
        sleep.woken = false;
    }
}
