//! A process that comes to rest, `core/runtime/src/park.rs` with the real mail: whoever ends its wait queues it, exactly once, and nothing that
//! was sent to it or asked of it stays unseen.
//!
//! Necessary, as a model with each of them taken away has shown: that who queues is who ended the wait in the mail word, that a worker which has written that
//! its process waits looks once more whether something was asked, that both this writing and the asking are sequentially consistent, and that the process is
//! given free by a release, after all that (else who looks at it sees old words).
#![forbid(unsafe_code)]

#[path = "../../../core/runtime/src/park.rs"]
#[allow(dead_code)]
mod park;
use nostos_runtime_model::sync;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;
use nostos_model::explore;
use nostos_runtime_model::{Mailbox, Receiver, Sender};
use park::Owner;
use std::sync::Mutex;
use sync::{AtomicU32, AtomicUsize as Word};

const STOP: u32 = 2;
const REAL_LIMIT: usize = 64;

#[derive(Default)]
struct Process {
    owner: Owner,
    attention: AtomicU32,
    limit: Word,
    mail: Mailbox,
    /// What only the owner touches: nobody ever waits for this lock, and it orders nothing that loom knows of.
    own: Mutex<Receiver>,
    /// The owner's, too: how often it has run.
    runs: AtomicUsize,
    ends: AtomicUsize,
    /// It lies in a queue.
    queued: AtomicBool,
    /// What it has seen.
    letters: AtomicUsize,
    stops: AtomicUsize,
}

impl Process {
    /// Somebody has ended its wait.
    fn schedule(&self) {
        assert!(!self.queued.swap(true, Ordering::AcqRel), "queued twice");
    }

    fn send(&self, number: u64) {
        if Sender::default().send(&self.mail, (1, number)) {
            self.schedule();
        }
    }

    /// As a deadline does.
    fn wake(&self) {
        if self.mail.wake() {
            self.schedule();
        }
    }

    fn stop(&self) {
        park::ask(&self.attention, &self.limit, STOP);
        self.wake();
    }

    /// One stay on a worker, which it leaves to wait.
    fn run(&self) {
        while !self.owner.acquire_to_run() {
            thread::yield_now();
        }
        let runs = self.runs.load(Ordering::Relaxed);
        let mut receiver = self.own.try_lock().expect("one owner at a time");
        if self.attention.load(Ordering::Acquire) & STOP != 0 {
            self.attention.fetch_and(!STOP, Ordering::SeqCst);
            self.stops.fetch_add(1, Ordering::Relaxed);
        }
        park::set_limit(&self.attention, &self.limit, REAL_LIMIT);
        while let Some(letter) = receiver.next(&self.mail) {
            letter.pass();
            self.letters.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(self.runs.load(Ordering::Relaxed), runs, "two owners");
        self.runs.store(runs + 1, Ordering::Relaxed);
        let wait = || {
            let waits = receiver.wait(&self.mail);
            self.ends.store(runs + 1, Ordering::Relaxed);
            drop(receiver);
            waits
        };
        let is_called = || self.attention.load(Ordering::SeqCst) != 0;
        if park::come_to_rest(&self.owner, wait, is_called, || self.mail.wake()) {
            self.schedule();
        }
    }

    /// A worker: takes what is queued until this is so. Nobody else would queue it then, so a lost wake-up is a model without end, which loom reports.
    fn work_until(&self, is_so: impl Fn(&Process) -> bool) -> usize {
        let mut runs = 0;
        while !is_so(self) {
            if self.queued.swap(false, Ordering::AcqRel) {
                self.run();
                runs += 1;
            } else {
                thread::yield_now();
            }
        }
        runs
    }
}

fn begin() -> Arc<Process> {
    let process = Arc::new(Process::default());
    process.schedule();
    process
}

#[test]
fn letters_wake() {
    explore(3, || {
        let process = begin();
        let sender = {
            let process = process.clone();
            thread::spawn(move || (0..2).for_each(|number| process.send(number)))
        };
        process.work_until(|p| p.letters.load(Ordering::Relaxed) == 2);
        sender.join().expect("the sender");
        process.work_until(|p| !p.queued.load(Ordering::Relaxed));
    });
}

#[test]
fn what_is_asked_is_seen() {
    explore(3, || {
        let process = begin();
        let debugger = {
            let process = process.clone();
            thread::spawn(move || process.stop())
        };
        process.work_until(|p| p.stops.load(Ordering::Relaxed) == 1);
        debugger.join().expect("the debugger");
    });
}

#[test]
fn a_letter_and_a_stop() {
    explore(2, || {
        let process = begin();
        let spawn = |f: fn(&Process)| {
            let process = process.clone();
            thread::spawn(move || f(&process))
        };
        let both = [spawn(|p| p.send(0)), spawn(Process::stop)];
        process.work_until(|p| {
            p.stops.load(Ordering::Relaxed) == 1 && p.letters.load(Ordering::Relaxed) == 1
        });
        for other in both {
            other.join().expect("a thread");
        }
    });
}

/// Two workers, of which the second sends: it may come to run the process before the first has let it go.
#[test]
fn another_worker_takes_it() {
    explore(3, || {
        let process = Arc::new(Process::default());
        let take = |p: &Process| {
            while p.queued.swap(false, Ordering::AcqRel) {
                p.run();
            }
        };
        let other = {
            let process = process.clone();
            thread::spawn(move || {
                process.send(0);
                take(&process);
            })
        };
        process.run();
        take(&process);
        other.join().expect("a worker");
        take(&process);
        assert_eq!(process.letters.load(Ordering::Relaxed), 1);
        assert!(process.mail.wake(), "it waits");
    });
}

/// Somebody looks at it while it runs, or waits, or comes to rest: never half-way.
#[test]
fn who_looks_sees_it_at_rest() {
    explore(3, || {
        let process = Arc::new(Process::default());
        let looker = {
            let process = process.clone();
            thread::spawn(move || {
                if process.owner.acquire_to_look() {
                    let receiver = process.own.try_lock().expect("one owner at a time");
                    let runs = process.runs.load(Ordering::Relaxed);
                    assert_eq!(runs, process.ends.load(Ordering::Relaxed));
                    drop(receiver);
                    process.owner.release();
                }
            })
        };
        process.run();
        looker.join().expect("who looks");
    });
}

/// A running process that is asked meets it at its next safepoint: its limit is not put back over the question.
#[test]
fn a_question_is_met_at_the_next_safepoint() {
    explore(3, || {
        let process = Arc::new(Process::default());
        let asker = {
            let process = process.clone();
            thread::spawn(move || park::ask(&process.attention, &process.limit, STOP))
        };
        park::set_limit(&process.attention, &process.limit, REAL_LIMIT);
        asker.join().expect("who asks");
        assert_eq!(process.limit.load(Ordering::Relaxed), usize::MAX);
    });
}
