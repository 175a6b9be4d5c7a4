//! All interleavings (with two or three preemptions) of senders and a receiver over the source of the lock-free mail itself.
//!
//! Words of chunks are loom's atomics, and chunks have room for one or two letters, so that every way through is met.

#[path = "../../../core/runtime/src/mail.rs"]
#[allow(dead_code)]
mod mail;

/// What `core/runtime/src/sync.rs` is to the runtime.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};

    pub(crate) const MODEL: bool = true;
    pub(crate) const CHUNK_WORDS: [usize; 3] = [6, 10, 16];
    pub(crate) const SPINS: u32 = 1;

    pub(crate) fn spin() {
        loom::thread::yield_now();
    }
}

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mail::{Chunks, Cover, Mail, Place, Reader};
use std::cell::RefCell;

fn send(mail: &Mail, chunks: &RefCell<Chunks>, from: u64, number: u64) -> bool {
    let cover = Cover {
        to: number,
        from,
        desc: 0,
        kind: 0,
    };
    mail.push(chunks, cover, number, &[])
}

fn explore(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.max_branches = 20_000;
    model.check(f);
}

/// The receiver waits when there is nothing, and goes on when it was woken: nothing is lost, doubled or out of order, and each wait has one waker.
fn deliver(senders: u64, each: u64, keep: bool) {
    // More senders are far more interleavings: seconds and minutes.
    explore(if senders > 1 { 2 } else { 3 }, move || {
        let mail = Arc::new(Mail::default());
        let woken = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..senders)
            .map(|from| {
                let (mail, woken) = (mail.clone(), woken.clone());
                thread::spawn(move || {
                    let chunks = RefCell::default();
                    for number in 0..each {
                        if send(&mail, &chunks, from, number) {
                            woken.fetch_add(1, Ordering::AcqRel);
                        }
                    }
                })
            })
            .collect();
        let chunks = RefCell::default();
        let mut reader = Reader::default();
        let mut next = vec![0; senders as usize];
        let mut kept: Vec<(Place, u64)> = Vec::new();
        let mut waits = 0;
        let mut got = 0;
        while got < senders * each {
            match reader.next(&mail, &chunks) {
                Some(place) => {
                    // SAFETY: the reader has just given it.
                    let cover = unsafe { place.cover() };
                    let expected = &mut next[cover.from as usize];
                    assert_eq!(cover.to, *expected);
                    *expected += 1;
                    got += 1;
                    if keep && got % 2 == 1 {
                        kept.push((place, cover.to));
                        reader.keep();
                    }
                    reader.step();
                }
                None => {
                    if reader.wait(&mail, &chunks) {
                        waits += 1;
                        while woken.load(Ordering::Acquire) < waits {
                            thread::yield_now();
                        }
                    } else {
                        thread::yield_now();
                    }
                }
            }
        }
        for (place, number) in kept {
            // SAFETY: it was kept and has not been released.
            assert_eq!(unsafe { place.cover() }.to, number);
            reader.release(place, &chunks);
        }
        assert!(!reader.is_behind(&mail));
        assert!(reader.close(&mail, &chunks));
        assert_eq!(woken.load(Ordering::Acquire), waits);
        for handle in handles {
            handle.join().expect("a sender");
        }
    });
}

#[test]
fn one_sender() {
    deliver(1, 4, false);
}

#[test]
fn two_senders() {
    deliver(2, 2, false);
}

#[test]
fn what_is_kept_stays() {
    deliver(1, 3, true);
}

/// A deadline or a kill ends a wait at the same moment as a letter: one of the two wakes, never both, and the letter is there.
#[test]
fn one_waker() {
    explore(3, || {
        let mail = Arc::new(Mail::default());
        let (mut reader, chunks) = (Reader::default(), RefCell::default());
        assert!(reader.wait(&mail, &chunks));
        let sender = {
            let mail = mail.clone();
            thread::spawn(move || send(&mail, &RefCell::default(), 1, 0))
        };
        let timed = mail.wake();
        let sent = sender.join().expect("the sender");
        assert!(timed != sent);
        assert!(reader.next(&mail, &chunks).is_some());
        reader.step();
        assert!(reader.wait(&mail, &chunks));
    });
}
