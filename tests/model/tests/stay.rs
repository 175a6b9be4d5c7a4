//! The thread that looks for workers outside, `core/runtime/src/stay.rs`: it never sleeps while somebody is outside who has not been seen.
//!
//! Necessary, as a model with each of them taken away has shown: that going outside and falling asleep are sequentially consistent stores, that the thread
//! looks once more after it has said that it sleeps, and that the word that wakes it stays until it is read.
#![forbid(unsafe_code)]

#[path = "../../../core/runtime/src/stay.rs"]
mod stay;
use nostos_runtime_model::sync;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use nostos_model::explore;
use stay::{Lookout, Stay};
use sync::{Condvar, Mutex};

#[derive(Default)]
struct Image {
    lookout: Lookout,
    workers: [Stay; 2],
    seen: [(Mutex<At>, Condvar); 2],
    stopping: AtomicBool,
}

#[derive(Default, PartialEq)]
enum At {
    #[default]
    Unseen,
    Seen,
    Back,
}

impl Image {
    fn is_anybody_outside(&self) -> bool {
        self.workers.iter().any(Stay::is_outside)
    }

    /// Goes outside, and comes back only when it has been seen there.
    fn go_outside(&self, worker: usize) {
        self.workers[worker].begin();
        if self.lookout.is_asleep() {
            self.lookout.look_again();
        }
        let (at, change) = &self.seen[worker];
        let mut at = at.lock();
        while *at != At::Seen {
            change.wait(&mut at);
        }
        self.workers[worker].end();
        *at = At::Back;
        change.notify_one();
    }

    /// Sees those who are outside now, and waits until they are back; how many there were.
    fn look(&self) -> usize {
        let mut found = 0;
        for (worker, (at, change)) in self.workers.iter().zip(&self.seen) {
            if !worker.is_outside() {
                continue;
            }
            let mut at = at.lock();
            *at = At::Seen;
            change.notify_one();
            while *at != At::Back {
                change.wait(&mut at);
            }
            found += 1;
        }
        found
    }
}

fn seen(preemptions: usize, workers: usize) {
    explore(preemptions, move || {
        let image = Arc::new(Image::default());
        let handles: Vec<_> = (0..workers)
            .map(|worker| {
                let image = image.clone();
                thread::spawn(move || image.go_outside(worker))
            })
            .collect();
        // Everybody must be seen; a thread that sleeps while nobody wakes it is the end of the model.
        let mut missing = workers;
        while missing > 0 {
            missing -= image.look();
            if missing > 0 && !image.is_anybody_outside() {
                let over = || image.stopping.load(Ordering::SeqCst);
                image.lookout.sleep(|| image.is_anybody_outside(), over);
            }
        }
        for handle in handles {
            handle.join().expect("a worker");
        }
        assert!(!image.is_anybody_outside());
    });
}

#[test]
fn one_outside() {
    seen(3, 1);
}

#[test]
fn two_outside() {
    seen(2, 2);
}

/// The image ends while the thread falls asleep.
#[test]
fn it_ends() {
    explore(3, || {
        let image = Arc::new(Image::default());
        let thread = {
            let image = image.clone();
            thread::spawn(move || {
                let over = || image.stopping.load(Ordering::SeqCst);
                while !over() {
                    image.lookout.sleep(|| image.is_anybody_outside(), over);
                }
            })
        };
        image.stopping.store(true, Ordering::SeqCst);
        image.lookout.wake_up();
        thread.join().expect("it ends");
    });
}
