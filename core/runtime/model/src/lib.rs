//! The runtime's lock-free mail made of loom's atomics, for the models in `tests/model`, which hold no unsafe code: here is what makes its use safe.
//!
//! In: `core/runtime/src/mail.rs` itself. Out: [`Mailbox`] and its two ends, and [`sync`], of which the models of the safe parts are made, too.
//! Absent: the runtime, which does not know of this crate.

#[path = "../../src/mail.rs"]
#[allow(dead_code)]
mod mail;
pub mod sync;

use mail::{Chunks, Cover, Mail, Place, Reader};
use std::cell::RefCell;

/// What has been sent to a process.
#[derive(Default)]
pub struct Mailbox(Mail);

/// A thread that sends.
#[derive(Default)]
pub struct Sender(RefCell<Chunks>);

/// What a letter says: from whom, and a number.
pub type Said = (u64, u64);

/// The end of the mailbox's owner. One mailbox has one, and one receiver stays with its mailbox.
#[derive(Default)]
pub struct Receiver {
    reader: Reader,
    chunks: RefCell<Chunks>,
}

/// The next letter, which lies where it was written until it is passed.
pub struct Letter<'a> {
    receiver: &'a mut Receiver,
    place: Place,
}

/// A letter that stays where it was written until it is released. To lose one leaves its memory to nobody.
pub struct Kept(Place);

impl Sender {
    /// Sends a letter. True: the owner waits, and the caller must wake it.
    pub fn send(&self, to: &Mailbox, (from, number): Said) -> bool {
        let cover = Cover {
            to: number,
            from,
            desc: 0,
            kind: 0,
        };
        to.0.push(&self.0, cover, number, &[])
    }
}

impl Mailbox {
    /// Ends the wait without a letter. True: it waited, and the caller must wake the owner.
    pub fn wake(&self) -> bool {
        self.0.wake()
    }
}

impl Receiver {
    /// The next letter, if it is there.
    pub fn next(&mut self, mailbox: &Mailbox) -> Option<Letter<'_>> {
        let place = self.reader.next(&mailbox.0, &self.chunks)?;
        Some(Letter {
            receiver: self,
            place,
        })
    }

    /// Has something come that has not been looked at?
    pub fn is_behind(&self, mailbox: &Mailbox) -> bool {
        self.reader.is_behind(&mailbox.0)
    }

    /// The owner is to wait. False: something has come, so it must not.
    pub fn wait(&mut self, mailbox: &Mailbox) -> bool {
        self.reader.wait(&mailbox.0, &self.chunks)
    }

    /// Gives the memory back, if everything has been read.
    pub fn close(&mut self, mailbox: &Mailbox) -> bool {
        self.reader.close(&mailbox.0, &self.chunks)
    }

    /// A kept letter goes.
    pub fn release(&mut self, letter: Kept) {
        self.reader.release(letter.0, &self.chunks);
    }
}

impl Letter<'_> {
    /// What it says.
    pub fn said(&self) -> Said {
        said(self.place)
    }

    /// Goes over it.
    pub fn pass(self) {
        self.receiver.reader.step();
    }

    /// Goes over it, and it stays.
    pub fn keep(self) -> Kept {
        self.receiver.reader.keep();
        self.receiver.reader.step();
        Kept(self.place)
    }
}

impl Kept {
    /// What it says.
    pub fn said(&self) -> Said {
        said(self.0)
    }
}

/// Callers have a place that the reader has given: of a letter that has not been passed, since that would have taken the [`Letter`], or of a kept one that
/// has not been released, since that would have taken the [`Kept`].
fn said(place: Place) -> Said {
    // SAFETY: see above.
    let cover = unsafe { place.cover() };
    (cover.from, cover.to)
}
