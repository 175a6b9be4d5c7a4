//! Channels: queues of values in transit that any number of processes send to and receive from. The image owns them; processes hold handles.
//!
//! Who cannot go on is noted as waiting and parks; who makes room or brings a value wakes one who waits, and that one tries again from the beginning.
//! So a wake-up is never more than a hint: a process that has been killed meanwhile passes it on.

use crate::core::Core;
use crate::message::Fragment;
use crate::mutex::Mutex;
use crate::scheduler::Worker;
use std::collections::VecDeque;

/// See the module.
#[derive(Debug)]
pub(crate) struct Channel {
    /// For people, and to tell channels apart.
    pub(crate) id: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Fragment>,
    capacity: usize,
    closed: bool,
    /// Numbers of the processes that wait for a value, and of those that wait for room, in order.
    receivers: VecDeque<u64>,
    senders: VecDeque<u64>,
}

/// What became of an attempt.
#[derive(Debug)]
pub(crate) enum Attempt<T> {
    Done(T),
    /// Not now: the process has been noted, if it wants to wait.
    Wait,
    Closed,
}

impl Channel {
    pub(crate) fn new(id: u64, capacity: usize) -> Self {
        Channel {
            id,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                capacity,
                closed: false,
                receivers: VecDeque::new(),
                senders: VecDeque::new(),
            }),
        }
    }

    /// Values in it.
    pub(crate) fn len(&self) -> usize {
        self.state.lock().queue.len()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Appends a value, unless the channel is full: then it is given back, and the sender will be woken.
    pub(crate) fn send(
        &self,
        core: &Core,
        worker: &Worker,
        me: u64,
        value: impl FnOnce() -> Fragment,
    ) -> Attempt<()> {
        let mut state = self.state.lock();
        if state.closed {
            return Attempt::Closed;
        }
        if state.queue.len() >= state.capacity {
            state.senders.push_back(me);
            return Attempt::Wait;
        }
        state.queue.push_back(value());
        let woken = state.receivers.pop_front();
        drop(state);
        if let Some(pid) = woken {
            core.nudge(Some(worker), pid);
        }
        Attempt::Done(())
    }

    /// The oldest value: taken out, or a copy if it is to be kept.
    pub(crate) fn receive(
        &self,
        core: &Core,
        worker: &Worker,
        me: u64,
        keep: bool,
        wait: bool,
    ) -> Attempt<Fragment> {
        let mut state = self.state.lock();
        let value = if keep {
            state.queue.front().cloned()
        } else {
            state.queue.pop_front()
        };
        let Some(value) = value else {
            if state.closed {
                return Attempt::Closed;
            }
            if wait {
                state.receivers.push_back(me);
            }
            return Attempt::Wait;
        };
        // What is kept, or lies behind, is there for the next one.
        let next = if state.queue.is_empty() {
            None
        } else {
            state.receivers.pop_front()
        };
        let sender = if keep {
            None
        } else {
            state.senders.pop_front()
        };
        drop(state);
        for pid in next.into_iter().chain(sender) {
            core.nudge(Some(worker), pid);
        }
        Attempt::Done(value)
    }

    /// True: there is something to be had; else the process is noted as one that waits for it.
    pub(crate) fn watch(&self, me: u64) -> bool {
        let mut state = self.state.lock();
        if !state.queue.is_empty() || state.closed {
            return true;
        }
        state.receivers.push_back(me);
        false
    }

    /// No more values come; those in it can still be received.
    pub(crate) fn close(&self, core: &Core, worker: Option<&Worker>) {
        let mut state = self.state.lock();
        state.closed = true;
        let waiting: Vec<u64> = std::mem::take(&mut state.receivers)
            .into_iter()
            .chain(std::mem::take(&mut state.senders))
            .collect();
        drop(state);
        for pid in waiting {
            core.nudge(worker, pid);
        }
    }

    /// The process waits no more; if it had been woken for something, the next one is told.
    pub(crate) fn forget(&self, core: &Core, worker: &Worker, me: u64, passes_on: bool) {
        let mut state = self.state.lock();
        state.receivers.retain(|pid| *pid != me);
        state.senders.retain(|pid| *pid != me);
        if !passes_on {
            return;
        }
        let receiver = if state.queue.is_empty() {
            None
        } else {
            state.receivers.pop_front()
        };
        let sender = if state.queue.len() < state.capacity {
            state.senders.pop_front()
        } else {
            None
        };
        drop(state);
        for pid in receiver.into_iter().chain(sender) {
            core.nudge(Some(worker), pid);
        }
    }
}
