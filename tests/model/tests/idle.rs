//! Workers that sleep, `core/runtime/src/idle.rs`: nothing that was queued stays while all sleep, and one of those who sleep listens to the system.
//!
//! Necessary, as a model with each of them taken away has shown: the fence before the look at the list, that a worker is in the list (and counted, by a
//! sequentially consistent step) before it looks for work, that `woken` is looked at under the bed's lock and that it stays until then, that a listener
//! says so before it lets that lock go, and that who ceases to listen for long wakes another.
#![forbid(unsafe_code)]

#[path = "../../../core/runtime/src/idle.rs"]
#[allow(dead_code)]
mod idle;
use nostos_runtime_model::sync;

use idle::{Bell, Idle, Sleeper};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;
use nostos_model::explore;
use std::time::Duration;
use sync::{Condvar, Mutex, MutexGuard};

/// What the system has to tell.
#[derive(Default)]
struct System {
    told: Mutex<Told>,
    change: Condvar,
}

#[derive(Default)]
struct Told {
    events: usize,
    rung: bool,
}

impl System {
    fn happens(&self) {
        self.told.lock().events += 1;
        self.change.notify_one();
    }
}

struct Ring(Arc<System>);

impl Bell for Ring {
    fn ring(&self) {
        self.0.told.lock().rung = true;
        self.0.change.notify_one();
    }
}

struct Image {
    idle: Idle<Ring>,
    /// How much is queued. A count, so that nothing but its own order makes it seen.
    queued: AtomicUsize,
    done: AtomicUsize,
    heard: AtomicUsize,
    stopping: AtomicBool,
    /// Is there something to listen to?
    open: bool,
    system: Arc<System>,
    listens: Mutex<()>,
}

struct Night<'a>(&'a Image);

impl<'a> Sleeper for Night<'a> {
    type Ear = MutexGuard<'a, ()>;

    fn has_nothing(&self) -> bool {
        self.0.queued.load(Ordering::Acquire) == 0 && !self.0.stopping.load(Ordering::SeqCst)
    }

    fn steps_out(&self) {}

    fn how_long(&self) -> Option<Duration> {
        None
    }

    fn ear(&self) -> Option<Self::Ear> {
        self.0.open.then(|| self.0.listens.try_lock()).flatten()
    }

    fn hear(&mut self, ear: Self::Ear, _: Option<Duration>) {
        let system = &self.0.system;
        let mut told = system.told.lock();
        while told.events == 0 && !told.rung {
            system.change.wait(&mut told);
        }
        told.rung = false;
        let events = std::mem::take(&mut told.events);
        drop(told);
        drop(ear);
        self.0.heard.fetch_add(events, Ordering::AcqRel);
    }
}

impl Image {
    fn new(workers: usize, open: bool) -> Arc<Self> {
        let system = Arc::new(System::default());
        let idle = Idle::new(workers);
        idle.set_bell(Ring(system.clone()));
        Arc::new(Image {
            idle,
            queued: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            heard: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            open,
            system,
            listens: Mutex::default(),
        })
    }

    fn queue(&self) {
        self.queued.fetch_add(1, Ordering::Release);
        self.idle.wake_one();
    }

    /// Takes one of what is queued.
    fn take(&self) -> bool {
        let mut queued = self.queued.load(Ordering::Acquire);
        while queued > 0 {
            let less = queued - 1;
            let order = (Ordering::AcqRel, Ordering::Acquire);
            match self.queued.compare_exchange(queued, less, order.0, order.1) {
                Ok(_) => return true,
                Err(now) => queued = now,
            }
        }
        false
    }

    fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        loom::sync::atomic::fence(Ordering::SeqCst);
        self.idle.wake_all();
    }

    /// A worker, until so much is done; who sleeps for ever is the end of the model.
    fn work(&self, index: usize, all: usize) {
        while self.done.load(Ordering::Relaxed) < all && !self.stopping.load(Ordering::Relaxed) {
            if self.take() {
                if self.done.fetch_add(1, Ordering::Relaxed) + 1 == all {
                    self.stop();
                }
            } else {
                self.idle.sleep(index, &mut Night(self));
            }
        }
    }
}

fn all_is_done(preemptions: usize, workers: usize, all: usize, open: bool) {
    explore(preemptions, move || {
        let image = Image::new(workers, open);
        let handles: Vec<_> = (0..workers)
            .map(|index| {
                let image = image.clone();
                thread::spawn(move || image.work(index, all))
            })
            .collect();
        for _ in 0..all {
            image.queue();
        }
        for handle in handles {
            handle.join().expect("a worker");
        }
        assert_eq!(image.done.load(Ordering::Relaxed), all);
    });
}

#[test]
fn what_is_queued_is_found() {
    all_is_done(3, 1, 2, false);
}

#[test]
fn also_by_one_who_listens() {
    all_is_done(3, 1, 2, true);
}

#[test]
fn by_one_of_two() {
    all_is_done(2, 2, 1, false);
}

#[test]
fn by_one_of_two_of_whom_one_listens() {
    all_is_done(2, 2, 1, true);
}

/// The first who hears of something leaves for long: until somebody has heard of more. It says so, as callers of [`Idle::wake_one`] do.
#[test]
fn who_listened_hands_over() {
    explore(2, || {
        let image = Image::new(2, true);
        let first = Arc::new(AtomicBool::new(true));
        let handles: Vec<_> = (0..2)
            .map(|index| {
                let (image, first) = (image.clone(), first.clone());
                let heard = |image: &Image| image.heard.load(Ordering::Acquire);
                thread::spawn(move || {
                    while heard(&image) < 2 {
                        image.idle.sleep(index, &mut Night(&image));
                        if heard(&image) == 1 && first.swap(false, Ordering::AcqRel) {
                            image.idle.wake_one();
                            image.system.happens();
                            while heard(&image) < 2 {
                                thread::yield_now();
                            }
                        }
                    }
                    image.stop();
                })
            })
            .collect();
        image.system.happens();
        for handle in handles {
            handle.join().expect("a worker");
        }
    });
}
