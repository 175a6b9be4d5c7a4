//! How processes hang together: links, monitors, and what they tell of an end. By the rules of OTP.
//!
//! Each side of a link or monitor lies in its own process's inbox, and only one inbox is locked at a time. A signal counts only if the
//! receiver still has its side: who has unlinked or demonitored hears nothing any more, however late the signal comes.

use crate::builtin::string::text_at;
use crate::core::Core;
use crate::exit::{ExitReason, Failure};
use crate::mailbox::{self, Inbox, Parked};
use crate::message::Fragment;
use crate::process::{Process, attention};
use crate::resource::Resource;
use crate::scheduler::Worker;
use nostos_abi::desc::{Signals, fixed};
use nostos_abi::object::{header, inline_string};
use std::sync::Arc;

/// What most processes have none of; see the module.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    /// Processes whose abnormal exit ends this one, and the other way round.
    pub(crate) links: Vec<u64>,
    /// Who watches this process: (pid, reference).
    pub(crate) monitors: Vec<(u64, u64)>,
    /// Whom this process watches: (reference, pid).
    pub(crate) watching: Vec<(u64, u64)>,
    /// Its registered name.
    pub(crate) name: Option<String>,
    /// Exit signals become messages instead.
    pub(crate) traps_exits: bool,
    /// It looks after its children's ends itself.
    pub(crate) supervises: bool,
    /// Channels that are closed when it ends.
    pub(crate) closes: Vec<Arc<Resource>>,
}

impl Core {
    /// Links two living processes; false: the other is gone.
    pub(crate) fn link(&self, own: &Process, other: u64) -> bool {
        let me = own.pid();
        if other == me {
            return true;
        }
        {
            let mut inbox = own.inbox.lock();
            let links = &mut inbox.relations().links;
            if links.contains(&other) {
                return true;
            }
            links.push(other);
        }
        let linked = self.with_inbox(other, |_, inbox| inbox.relations().links.push(me));
        if linked.is_none() {
            self.forget_link(own, other);
        }
        linked.is_some()
    }

    /// Takes a link apart. Whatever the other does from now on, no signal comes of it.
    pub(crate) fn unlink(&self, own: &Process, other: u64) {
        let me = own.pid();
        if self.forget_link(own, other) {
            self.with_inbox(other, |_, inbox| {
                inbox.relations().links.retain(|l| *l != me)
            });
        }
    }

    fn forget_link(&self, own: &Process, other: u64) -> bool {
        let mut inbox = own.inbox.lock();
        let Some(relations) = &mut inbox.relations else {
            return false;
        };
        let before = relations.links.len();
        relations.links.retain(|l| *l != other);
        relations.links.len() < before
    }

    /// Begins to watch a process. That of one that is gone has ended with `NoProcess`.
    pub(crate) fn monitor(&self, worker: &Worker, own: &Process, other: u64) -> u64 {
        let reference = self.fresh_ref();
        let me = own.pid();
        own.inbox
            .lock()
            .relations()
            .watching
            .push((reference, other));
        let watched = self.with_inbox(other, |_, inbox| {
            inbox.relations().monitors.push((me, reference));
        });
        if watched.is_none() {
            self.tell_down(Some(worker), me, reference, other, &ExitReason::NoProcess);
        }
        reference
    }

    /// Stops watching. False: a `Down` has come already, which the caller takes out of its mailbox if it is still there.
    pub(crate) fn demonitor(&self, own: &Process, reference: u64) -> bool {
        let watched = {
            let mut inbox = own.inbox.lock();
            let Some(relations) = &mut inbox.relations else {
                return false;
            };
            let at = relations.watching.iter().position(|w| w.0 == reference);
            at.map(|at| relations.watching.swap_remove(at).1)
        };
        if let Some(other) = watched {
            self.with_inbox(other, |_, inbox| {
                inbox.relations().monitors.retain(|m| m.1 != reference);
            });
        }
        watched.is_some()
    }

    /// Calls `f` with the inbox of a living process, under its lock.
    fn with_inbox<'a, T>(
        &'a self,
        pid: u64,
        f: impl FnOnce(&'a Process, &mut Inbox) -> T,
    ) -> Option<T> {
        let process = self.table.get(pid)?;
        let mut inbox = process.inbox.lock();
        (inbox.pid == pid).then(|| f(process, &mut inbox))
    }

    /// The processes that hung together with one that has ended hear of it.
    pub(crate) fn tell_end(
        &self,
        worker: &Worker,
        pid: u64,
        relations: Relations,
        reason: &ExitReason,
    ) {
        for (reference, other) in relations.watching {
            self.with_inbox(other, |_, inbox| {
                inbox.relations().monitors.retain(|m| m.1 != reference);
            });
        }
        for resource in relations.closes {
            close(self, worker, &resource);
        }
        for other in relations.links {
            self.exit_signal(Some(worker), other, pid, reason, true);
        }
        for (watcher, reference) in relations.monitors {
            self.tell_down(Some(worker), watcher, reference, pid, reason);
        }
    }

    /// Closes a channel when a process ends; at once, if it has.
    pub(crate) fn close_with(&self, worker: &Worker, pid: u64, resource: Arc<Resource>) {
        let kept = self.with_inbox(pid, |_, inbox| {
            inbox.relations().closes.push(resource.clone());
        });
        if kept.is_none() {
            close(self, worker, &resource);
        }
    }

    fn tell_down(
        &self,
        worker: Option<&Worker>,
        watcher: u64,
        reference: u64,
        pid: u64,
        reason: &ExitReason,
    ) {
        let Some(signals) = self.signals() else {
            return;
        };
        let wakes = self.with_inbox(watcher, |process, inbox| {
            let watching = &mut inbox.relations().watching;
            let at = watching.iter().position(|w| w.0 == reference)?;
            watching.swap_remove(at);
            let value = down(signals, reference, pid, reason);
            let wakes = mailbox::post(
                &process.mail,
                (watcher, pid),
                signals.down_box,
                value,
                self.stamp(),
            );
            wakes.then_some(process)
        });
        if let Some(Some(process)) = wakes {
            self.schedule(worker, process.into());
        }
    }

    /// Sends to who still watches the sender under this reference; `post` says whether it is to be scheduled.
    pub(crate) fn send_watched(
        &self,
        worker: &Worker,
        to: u64,
        reference: u64,
        post: impl FnOnce(&Process) -> bool,
    ) {
        let wakes = self.with_inbox(to, |process, inbox| {
            let relations = inbox.relations.as_ref()?;
            relations.watching.iter().find(|w| w.0 == reference)?;
            post(process).then_some(process)
        });
        if let Some(Some(process)) = wakes {
            self.schedule(Some(worker), process.into());
        }
    }

    /// An exit signal arrives: a message for who traps them, nothing when it is `Normal` and another's, else the end. One of a link counts if the link is still there.
    pub(crate) fn exit_signal(
        &self,
        worker: Option<&Worker>,
        to: u64,
        from: u64,
        reason: &ExitReason,
        of_link: bool,
    ) {
        let signals = self.signals();
        let wakes = self.with_inbox(to, |process, inbox| {
            if of_link {
                let links = &mut inbox.relations().links;
                let at = links.iter().position(|l| *l == from)?;
                links.swap_remove(at);
            }
            let traps = inbox.relations.as_ref().is_some_and(|r| r.traps_exits);
            if traps && let Some(signals) = signals {
                let value = exit(signals, from, reason);
                let wakes = mailbox::post(
                    &process.mail,
                    (to, from),
                    signals.exit_box,
                    value,
                    self.stamp(),
                );
                return wakes.then_some(process);
            }
            if (!reason.is_abnormal() && from != to) || inbox.killed.is_some() {
                return None;
            }
            if of_link {
                self.debug.ends_linked(to);
            }
            end(process, inbox, reason.clone()).then_some(process)
        });
        if let Some(Some(process)) = wakes {
            self.schedule(worker, process.into());
        }
    }

    /// Ends another process with this reason, whether it traps exits or not.
    pub(crate) fn kill(&self, worker: Option<&Worker>, pid: u64, reason: ExitReason) {
        let wakes = self.with_inbox(pid, |process, inbox| {
            let first = inbox.killed.is_none();
            (first && end(process, inbox, reason)).then_some(process)
        });
        if let Some(Some(process)) = wakes {
            self.schedule(worker, process.into());
        }
    }

    /// Ends a process that has gone over a limit; people are told, with where it was.
    pub(crate) fn end_offender(&self, worker: Option<&Worker>, pid: u64, message: String) {
        let trace = Vec::new();
        let reason = ExitReason::Failed(Box::new(Failure { message, trace }));
        let wakes = self.with_inbox(pid, |process, inbox| {
            let first = inbox.killed.is_none();
            inbox.offends |= first;
            (first && end(process, inbox, reason)).then_some(process)
        });
        if let Some(Some(process)) = wakes {
            self.schedule(worker, process.into());
        }
    }

    /// Tells a process that the program is being interrupted: one that traps exits by `Exit(from, Shutdown)`, another by an exception.
    pub(crate) fn interrupt(&self, pid: u64, from: u64) {
        let traps = self.with_inbox(pid, |_, inbox| {
            let relations = inbox.relations.as_ref();
            relations.is_some_and(|r| r.traps_exits)
        });
        match traps {
            None => {}
            Some(true) => self.exit_signal(None, pid, from, &ExitReason::Shutdown, false),
            Some(false) => {
                let wakes = self.with_inbox(pid, |process, inbox| {
                    process.ask(attention::INTERRUPT);
                    wake(process, inbox).then_some(process)
                });
                if let Some(Some(process)) = wakes {
                    self.schedule_outside(process.into());
                }
            }
        }
    }

    fn signals(&self) -> Option<Signals> {
        self.signals.get().copied()
    }

    /// The reason in the lanes of a boxed `ExitReason` of the running process, or that of any other boxed value: its text.
    ///
    /// # Safety
    /// `boxed` is a live ref to a box.
    pub(crate) unsafe fn reason_of(&self, boxed: u64, text: &str) -> ExitReason {
        // SAFETY: boxes are objects, so there is a header and at least one payload word; an `ExitReason`'s has four.
        let (desc, tag) = unsafe {
            let at = boxed as *const u64;
            (
                (*at & nostos_abi::object::HEADER_DESC_MASK) as u32,
                *at.add(1),
            )
        };
        if self.signals().is_none_or(|s| s.reason_box != desc) {
            return ExitReason::Custom(text.into());
        }
        // SAFETY: as above; constructors with a text hold its lanes behind the tag.
        let own = || unsafe { text_at((boxed as *const u64).add(2)) }.to_string();
        match tag {
            0 => ExitReason::Normal,
            1 => ExitReason::Shutdown,
            2 => ExitReason::Killed,
            3 => ExitReason::NoProcess,
            4 => ExitReason::Failed(Box::new(Failure {
                message: own(),
                trace: Vec::new(),
            })),
            _ => ExitReason::Custom(own()),
        }
    }
}

fn close(core: &Core, worker: &Worker, resource: &Resource) {
    match resource {
        Resource::Channel(channel) => channel.close(core, Some(worker)),
        Resource::Socket(socket) => socket.close(core, worker),
        Resource::Guard(_) | Resource::Watch(_) => {}
    }
}

/// Asks a process to end; true: it was parked and is to be scheduled.
fn end(process: &Process, inbox: &mut Inbox, reason: ExitReason) -> bool {
    inbox.killed = Some(reason.into());
    process.ask(attention::KILL);
    if inbox.parked == Parked::Stop {
        inbox.parked = Parked::No;
        return true;
    }
    wake(process, inbox)
}

/// Lets a process run that waits for something; true: the caller schedules it.
fn wake(process: &Process, inbox: &mut Inbox) -> bool {
    let parked = matches!(inbox.parked, Parked::Sleep | Parked::Resource);
    if parked {
        inbox.parked = Parked::No;
    }
    parked || process.mail.wake()
}

/// The four lanes of a reason, and the words of its text when that does not lie in them; `at` is the offset those words will have.
fn reason_words(reason: &ExitReason, at: u64) -> ([u64; 4], Vec<u64>) {
    let (tag, text) = match reason {
        ExitReason::Normal => (0, ""),
        ExitReason::Shutdown => (1, ""),
        ExitReason::Killed => (2, ""),
        ExitReason::NoProcess => (3, ""),
        ExitReason::Failed(failure) => (4, failure.message.as_str()),
        ExitReason::Custom(text) => (5, text.as_str()),
    };
    if tag < 4 {
        return ([tag, 0, 0, 0], Vec::new());
    }
    if let Some([a, b, c]) = inline_string(text) {
        return ([tag, a, b, c], Vec::new());
    }
    let mut bytes = vec![header(fixed::STRING_BYTES), text.len() as u64];
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        bytes.push(u64::from_le_bytes(word));
    }
    ([tag, at, 0, text.len() as u64], bytes)
}

/// `Down(reference, pid, reason)`, boxed.
fn down(signals: Signals, reference: u64, pid: u64, reason: &ExitReason) -> Fragment {
    boxed(signals.down_box, signals.down, &[reference, pid], reason)
}

/// `Exit(pid, reason)`, boxed.
fn exit(signals: Signals, pid: u64, reason: &ExitReason) -> Fragment {
    boxed(signals.exit_box, signals.exit, &[pid], reason)
}

/// A box of a ref to an object of these words and a reason.
fn boxed(outer: u32, inner: u32, raw: &[u64], reason: &ExitReason) -> Fragment {
    // Two words of the box; the object's header, its raw words, four of the reason; then the text.
    let object = 2;
    let text = object + 1 + raw.len() + 4;
    let (lanes, bytes) = reason_words(reason, Fragment::offset(text));
    let mut words = vec![header(outer), Fragment::offset(object), header(inner)];
    words.extend_from_slice(raw);
    words.extend_from_slice(&lanes);
    words.extend_from_slice(&bytes);
    Fragment::of_words(&words)
}
