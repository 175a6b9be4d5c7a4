//! All interleavings (with two or three preemptions) of senders and a receiver over the source of the lock-free mail itself, `core/runtime/src/mail.rs`.
#![forbid(unsafe_code)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use nostos_model::explore;
use nostos_runtime_model::{Kept, Mailbox, Receiver, Sender};

/// The receiver waits when there is nothing, and goes on when it was woken: nothing is lost, doubled or out of order, and each wait has one waker.
fn deliver(senders: u64, each: u64, keep: bool) {
    // More senders are far more interleavings: seconds and minutes.
    explore(if senders > 1 { 2 } else { 3 }, move || {
        let mail = Arc::new(Mailbox::default());
        let woken = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..senders)
            .map(|from| {
                let (mail, woken) = (mail.clone(), woken.clone());
                thread::spawn(move || {
                    let sender = Sender::default();
                    for number in 0..each {
                        if sender.send(&mail, (from, number)) {
                            woken.fetch_add(1, Ordering::AcqRel);
                        }
                    }
                })
            })
            .collect();
        let mut receiver = Receiver::default();
        let mut next = vec![0; senders as usize];
        let mut kept: Vec<(Kept, u64)> = Vec::new();
        let mut waits = 0;
        let mut got = 0;
        while got < senders * each {
            if let Some(letter) = receiver.next(&mail) {
                let (from, number) = letter.said();
                let expected = &mut next[from as usize];
                assert_eq!(number, *expected);
                *expected += 1;
                got += 1;
                if keep && got % 2 == 1 {
                    kept.push((letter.keep(), number));
                } else {
                    letter.pass();
                }
            } else if receiver.wait(&mail) {
                waits += 1;
                while woken.load(Ordering::Acquire) < waits {
                    thread::yield_now();
                }
            } else {
                thread::yield_now();
            }
        }
        for (letter, number) in kept {
            assert_eq!(letter.said().1, number);
            receiver.release(letter);
        }
        assert!(!receiver.is_behind(&mail));
        assert!(receiver.close(&mail));
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
        let mail = Arc::new(Mailbox::default());
        let mut receiver = Receiver::default();
        assert!(receiver.wait(&mail));
        let sender = {
            let mail = mail.clone();
            thread::spawn(move || Sender::default().send(&mail, (1, 0)))
        };
        let timed = mail.wake();
        let sent = sender.join().expect("the sender");
        assert!(timed != sent);
        receiver.next(&mail).expect("the letter").pass();
        assert!(receiver.wait(&mail));
    });
}
