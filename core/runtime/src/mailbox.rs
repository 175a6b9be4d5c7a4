//! Mailboxes: the owner's queue, which takes over in one piece what has arrived (see [`crate::mail`]), and what else other threads write, under a lock.
//! Selective receive walks the queue with a cursor, so what has been refused is not looked at again in the same receive.

use crate::exit::ExitReason;
use crate::mail::Mail;
use crate::message::Fragment;
use crate::relations::Relations;
use std::collections::VecDeque;

/// One message.
#[derive(Debug)]
pub(crate) struct Message {
    /// The one that came before it, while it lies in the mail word.
    pub(crate) next: *mut Message,
    /// For whom: when it arrives, the block may be another's already.
    to: u64,
    /// Who sent it.
    pub(crate) from: u64,
    pub(crate) value: Fragment,
    /// Descriptor of its box: what a receive arm compares.
    pub(crate) desc: u32,
}

// SAFETY: `next` is followed only by who took the chain out of the mail word, and a fragment belongs to no thread.
unsafe impl Send for Message {}
// SAFETY: as above; a shared message is only read.
unsafe impl Sync for Message {}

impl Message {
    pub(crate) fn new(to: u64, desc: u32, from: u64, value: Fragment) -> Self {
        Message {
            next: std::ptr::null_mut(),
            to,
            from,
            value,
            desc,
        }
    }
}

/// What a process off its worker waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Parked {
    /// Nothing: it runs or is in a run queue.
    #[default]
    No,
    /// A message or its deadline. The mail word says so, not [`Inbox::parked`].
    Receive,
    /// Its deadline.
    Sleep,
    /// Something of the image's, or its deadline: then it tries again.
    Resource,
    /// The blocking pool.
    Job,
    /// The debugger.
    Stop,
}

/// The part of a process that other threads write, under its lock.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// The process this block belongs to now, 0 when it is free. Whoever came by a number compares.
    pub(crate) pid: u64,
    pub(crate) parked: Parked,
    /// What it was about to wait for has happened before it was parked.
    pub(crate) nudged: bool,
    /// When a parked process wants to be woken, in the scheduler's nanoseconds; 0: not.
    pub(crate) deadline: u64,
    /// The earliest entry the timers hold for this process; 0: none.
    pub(crate) timer_at: u64,
    /// Set when it is to end.
    pub(crate) killed: Option<ExitReason>,
    /// Links, monitors and the like, once there are any.
    pub(crate) relations: Option<Box<Relations>>,
}

impl Inbox {
    /// Its relations, to be changed.
    pub(crate) fn relations(&mut self) -> &mut Relations {
        self.relations.get_or_insert_default()
    }

    /// Its registered name.
    pub(crate) fn name(&self) -> Option<&String> {
        self.relations.as_ref()?.name.as_ref()
    }
}

/// A message in the queue. What a receive compares lies here, so that one that refuses many does not touch them.
#[derive(Debug)]
struct Entry {
    desc: u32,
    message: Box<Message>,
}

/// The owner's queue.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    messages: VecDeque<Entry>,
    cursor: usize,
    /// The message at the cursor has been peeked: the next peek refuses it.
    peeked: bool,
    /// When this receive gives up, in the scheduler's nanoseconds; `u64::MAX`: never.
    pub(crate) deadline: u64,
}

impl Queue {
    /// A receive begins at the head.
    #[inline]
    pub(crate) fn start(&mut self, deadline: u64) {
        self.cursor = 0;
        self.peeked = false;
        self.deadline = deadline;
    }

    /// The next message not yet refused.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u32> {
        if std::mem::take(&mut self.peeked) {
            self.cursor += 1;
        }
        let entry = self.messages.get(self.cursor)?;
        self.peeked = true;
        Some(entry.desc)
    }

    /// The message just peeked.
    #[inline]
    pub(crate) fn current(&self) -> Option<&Message> {
        if !self.peeked {
            return None;
        }
        let entry = self.messages.get(self.cursor)?;
        Some(&entry.message)
    }

    /// Takes the message just peeked out.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Box<Message>> {
        if !std::mem::take(&mut self.peeked) {
            return None;
        }
        let entry = if self.cursor == 0 {
            self.messages.pop_front()
        } else {
            self.messages.remove(self.cursor)
        };
        entry.map(|entry| entry.message)
    }

    /// Takes over what has arrived for process `pid`. What was meant for the block's former process goes.
    #[inline]
    pub(crate) fn accept(&mut self, mail: &Mail, pid: u64) {
        mail.take(|message| {
            if message.to == pid {
                let desc = message.desc;
                self.messages.push_back(Entry { desc, message });
            }
        });
    }

    /// Takes out the messages that `unwanted` says. No receive is going on.
    pub(crate) fn discard(&mut self, mut unwanted: impl FnMut(&Message) -> bool) {
        self.messages.retain(|entry| !unwanted(&entry.message));
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The messages, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().map(|entry| &*entry.message)
    }

    /// Drops all; the process has ended.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.cursor = 0;
        self.peeked = false;
        if self.messages.capacity() > 64 {
            self.messages = VecDeque::new();
        }
    }
}
