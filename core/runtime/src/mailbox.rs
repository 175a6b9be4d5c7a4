//! Mailboxes: an inbox that senders append to under a short lock, and the owner's queue that takes the inbox over in one piece.
//! Selective receive walks the queue with a cursor, so what has been refused is not looked at again in the same receive.

use crate::exit::ExitReason;
use crate::message::Fragment;
use crate::relations::Relations;
use std::collections::VecDeque;

/// One message.
#[derive(Debug)]
pub(crate) struct Message {
    /// Descriptor of its box: what a receive arm compares.
    pub(crate) desc: u32,
    /// Who sent it.
    pub(crate) from: u64,
    pub(crate) value: Fragment,
}

/// What a process off its worker waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Parked {
    /// Nothing: it runs or is in a run queue.
    #[default]
    No,
    /// A message or its deadline.
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
    pub(crate) messages: Vec<Message>,
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

/// The owner's queue.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    messages: VecDeque<Message>,
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
        let message = self.messages.get(self.cursor)?;
        self.peeked = true;
        Some(message.desc)
    }

    /// The message just peeked.
    #[inline]
    pub(crate) fn current(&self) -> Option<&Message> {
        if !self.peeked {
            return None;
        }
        self.messages.get(self.cursor)
    }

    /// Takes the message just peeked out.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Message> {
        if !std::mem::take(&mut self.peeked) {
            return None;
        }
        if self.cursor == 0 {
            return self.messages.pop_front();
        }
        self.messages.remove(self.cursor)
    }

    /// Takes over what has arrived.
    #[inline]
    pub(crate) fn accept(&mut self, arrived: &mut Vec<Message>) {
        if arrived.len() == 1 {
            self.messages.extend(arrived.pop());
        } else {
            self.messages.extend(arrived.drain(..));
        }
    }

    /// Takes out the messages that `unwanted` says. No receive is going on.
    pub(crate) fn discard(&mut self, mut unwanted: impl FnMut(&Message) -> bool) {
        self.messages.retain(|message| !unwanted(message));
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The messages, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
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
