//! The gate to generated code, `core/runtime/src/gate.rs`: while it is closed nobody is inside, and nobody is left before it.
//!
//! Necessary, as a model with each of them taken away has shown: that both the worker's step in and the closing are sequentially consistent stores (else each
//! misses the other), that stepping out is a release (else code is seen half written), that those who wait are told under their lock, and that who waits
//! looks at the gate under it.
#![forbid(unsafe_code)]

#[path = "../../../core/runtime/src/gate.rs"]
#[allow(dead_code)]
mod gate;
use nostos_runtime_model::sync;

use gate::{Gate, Inside};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use nostos_model::explore;

/// A site of two words, which is never seen half patched by who is inside.
#[derive(Default)]
struct Image {
    gate: Gate,
    workers: [Inside; 2],
    site: [AtomicUsize; 2],
    running: AtomicUsize,
}

impl Image {
    fn run(&self, worker: usize) {
        self.gate.enter(&self.workers[worker]);
        self.running.fetch_add(1, Ordering::Relaxed);
        let first = self.site[0].load(Ordering::Relaxed);
        thread::yield_now();
        assert_eq!(first, self.site[1].load(Ordering::Relaxed), "half patched");
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.workers[worker].step_out();
    }

    fn patch(&self) {
        let workers = self.workers.iter();
        self.gate.closed(workers, || {
            assert_eq!(self.running.load(Ordering::Relaxed), 0, "who is inside?");
            let next = self.site[1].load(Ordering::Relaxed) + 1;
            self.site[0].store(next, Ordering::Relaxed);
            self.site[1].store(next, Ordering::Relaxed);
        });
    }
}

fn all(preemptions: usize, workers: usize, turns: usize, patches: usize) {
    explore(preemptions, move || {
        let image = Arc::new(Image::default());
        let mut handles: Vec<_> = (0..workers)
            .map(|worker| {
                let image = image.clone();
                thread::spawn(move || (0..turns).for_each(|_| image.run(worker)))
            })
            .collect();
        for _ in 1..patches {
            let image = image.clone();
            handles.push(thread::spawn(move || image.patch()));
        }
        image.patch();
        for handle in handles {
            handle.join().expect("nobody is left before the gate");
        }
        assert_eq!(image.site[1].load(Ordering::Relaxed), patches);
    });
}

#[test]
fn nobody_is_inside_while_it_is_closed() {
    all(3, 1, 2, 1);
}

#[test]
fn two_workers() {
    all(2, 2, 1, 1);
}

#[test]
fn one_at_a_time_closes_it() {
    all(2, 1, 1, 2);
}
