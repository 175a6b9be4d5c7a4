//! What has been sent to a process and not yet been looked at by it: one word, which any thread may push to and only the owner empties.
//!
//! The word is a Treiber stack that is only ever taken whole, so that a node's address may come back without harm (R. K. Treiber, "Systems
//! Programming: Coping with Parallelism", 1986). It also says whether the owner waits: the push that finds it waiting wakes it, and no other does.

use crate::mailbox::Message;
use std::sync::atomic::{AtomicU64, Ordering};

/// Nothing has arrived, and the owner does not wait.
const EMPTY: u64 = 0;
/// Nothing has arrived, and the owner has left its worker until something does.
const WAITING: u64 = 1;
/// Above: a node's address in the low bits, in the others how many nodes there are, as far as they can say.
const ADDRESS_BITS: u32 = 48;
const ADDRESS: u64 = (1 << ADDRESS_BITS) - 1;
const COUNT_MAX: u64 = u64::MAX >> ADDRESS_BITS;

/// See the module. Invariant: above [`WAITING`] the address is that of the first of a chain of nodes that came from `Box::into_raw` and that nobody
/// else holds; the last one's `next` is null.
#[derive(Debug, Default)]
pub(crate) struct Mail(AtomicU64);

impl Mail {
    /// Appends a message. True: the owner waits, and the caller must schedule it.
    #[inline]
    pub(crate) fn push(&self, message: Box<Message>) -> bool {
        let node = Box::into_raw(message);
        let address = node as u64;
        debug_assert!(address > WAITING && address <= ADDRESS);
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            // SAFETY: the node is ours until the exchange below publishes it.
            unsafe { (*node).next = chain(word) };
            let count = ((word >> ADDRESS_BITS) + 1).min(COUNT_MAX);
            let pushed = address | count << ADDRESS_BITS;
            // Acquire as well: who finds the owner waiting may hand it to another thread.
            let exchange =
                self.0
                    .compare_exchange_weak(word, pushed, Ordering::AcqRel, Ordering::Relaxed);
            match exchange {
                Ok(_) => return word == WAITING,
                Err(now) => word = now,
            }
        }
    }

    /// Takes everything over and calls `f` with each message, oldest first. The caller owns the process.
    #[inline]
    pub(crate) fn take(&self, mut f: impl FnMut(Box<Message>)) {
        if !self.has_any() {
            return;
        }
        let mut newest = chain(self.0.swap(EMPTY, Ordering::Acquire));
        let mut oldest: *mut Message = std::ptr::null_mut();
        while !newest.is_null() {
            // SAFETY: the chain was taken out whole, so its nodes are ours.
            let next = unsafe { std::mem::replace(&mut (*newest).next, oldest) };
            oldest = newest;
            newest = next;
        }
        while !oldest.is_null() {
            // SAFETY: as above; each node came from a box and is met once.
            let message = unsafe { Box::from_raw(oldest) };
            oldest = message.next;
            f(message);
        }
    }

    /// Has anything arrived?
    #[inline]
    pub(crate) fn has_any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > WAITING
    }

    /// How many messages have arrived; of very many, how many at least.
    pub(crate) fn count(&self) -> usize {
        (self.0.load(Ordering::Relaxed) >> ADDRESS_BITS) as usize
    }

    /// The owner's process has left and is to wait. False: something has arrived, so it must not.
    #[inline]
    pub(crate) fn wait(&self) -> bool {
        self.0
            .compare_exchange(EMPTY, WAITING, Ordering::SeqCst, Ordering::Relaxed)
            .is_ok()
    }

    /// Ends the wait without a message. True: it waited, and the caller must schedule it.
    pub(crate) fn wake(&self) -> bool {
        self.0
            .compare_exchange(WAITING, EMPTY, Ordering::SeqCst, Ordering::Relaxed)
            .is_ok()
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        self.take(drop);
    }
}

#[inline]
fn chain(word: u64) -> *mut Message {
    if word <= WAITING {
        return std::ptr::null_mut();
    }
    (word & ADDRESS) as *mut Message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Fragment;

    fn message(from: u64, number: u64) -> Box<Message> {
        Box::new(Message::new(1, 0, from, Fragment::plain(number)))
    }

    #[test]
    fn who_pushes_first_wakes_and_the_order_is_kept() {
        let mail = Mail::default();
        assert!(mail.wait());
        assert!(!mail.wait());
        assert!(mail.push(message(1, 10)));
        assert!(!mail.push(message(1, 11)));
        assert!(!mail.wait());
        assert!(!mail.wake());
        assert_eq!(mail.count(), 2);
        let mut got = Vec::new();
        mail.take(|m| got.push(m.value.root()));
        assert_eq!(got, [10, 11]);
        assert!(mail.wait());
        assert!(mail.wake());
    }

    #[test]
    fn many_senders_lose_nothing() {
        const EACH: u64 = if cfg!(miri) { 50 } else { 50_000 };
        let mail = Mail::default();
        std::thread::scope(|scope| {
            for from in 0..3 {
                let mail = &mail;
                scope.spawn(move || {
                    for number in 0..EACH {
                        mail.push(message(from, number));
                    }
                });
            }
            let mut next = [0; 3];
            while next.iter().sum::<u64>() < 3 * EACH {
                mail.take(|m| {
                    let from = m.from as usize;
                    assert_eq!(m.value.root(), next[from], "of sender {from}");
                    next[from] += 1;
                });
                std::thread::yield_now();
            }
        });
    }
}
