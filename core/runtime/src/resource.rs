//! What the image owns and processes hold by handles: channels, sockets, and whatever else is closed when nobody has it any more.
//!
//! A handle is a small object of the descriptor [`fixed::HANDLE`] whose one payload word is a counted pointer. Each object of a heap and each one in a
//! message in transit holds one count; a heap keeps a list of its handle objects, which the collector goes through when it has moved what lives.

use crate::channel::Channel;
use crate::core::Core;
use crate::net::{Socket, Watch};
use crate::process::Process;
use crate::scheduler::Worker;
use nostos_abi::desc::fixed;
use nostos_abi::object::{HEADER_DESC_MASK, header};
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) enum Resource {
    Channel(Channel),
    Socket(Socket),
    Watch(Watch),
    Guard(#[expect(dead_code, reason = "it is there to be dropped")] Guard),
}

/// Something that the host has open by a number, and closes when the guard goes.
#[derive(Debug)]
pub(crate) struct Guard(pub(crate) nostos_host::Thing, pub(crate) i64);

impl Guard {
    pub(crate) fn is(&self, thing: nostos_host::Thing, number: i64) -> bool {
        (self.0, self.1) == (thing, number)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        nostos_host::forget(self.0, self.1);
    }
}

/// Words of a handle object.
pub(crate) const HANDLE_WORDS: usize = 2;

/// The words of a new handle object; it holds the count that is given.
pub(crate) fn handle_words(resource: Arc<Resource>) -> [u64; HANDLE_WORDS] {
    [header(fixed::HANDLE), Arc::into_raw(resource) as u64]
}

/// Is this the header of a handle?
#[inline]
pub(crate) fn is_handle(header: u64) -> bool {
    header & HEADER_DESC_MASK == u64::from(fixed::HANDLE)
}

/// One more handle object with this payload word exists.
///
/// # Safety
/// The word is that of a handle object that exists.
pub(crate) unsafe fn retain(word: u64) {
    // SAFETY: `handle_words` made the word of an `Arc`, and the object that the caller knows holds a count of it.
    unsafe { Arc::increment_strong_count(word as *const Resource) }
}

/// A handle object with this payload word is gone.
///
/// # Safety
/// The word is that of a handle object, which is not used any more.
pub(crate) unsafe fn release(word: u64) {
    // SAFETY: as for `retain`; the count was the object's.
    unsafe { drop(Arc::from_raw(word as *const Resource)) }
}

/// What a handle object stands for.
///
/// # Safety
/// `object` is a live object.
pub(crate) unsafe fn resource_at(object: u64) -> Arc<Resource> {
    // SAFETY: a live object has a header and a payload word; that of a handle is a counted pointer, of which the copy takes a count of its own.
    unsafe {
        let at = object as *const u64;
        assert!(is_handle(*at), "the library passes handles only");
        retain(*at.add(1));
        Arc::from_raw(*at.add(1) as *const Resource)
    }
}

impl Core {
    /// A process that waits for a resource shall try again. If it has not come to rest yet, it will do so at once.
    pub(crate) fn nudge(&self, worker: Option<&Worker>, pid: u64) {
        let Some(process) = self.table.get(pid) else {
            return;
        };
        if nudged(process, pid) {
            self.schedule(worker, process.into());
        }
    }
}

/// True: it was parked and is to be scheduled.
fn nudged(process: &Process, pid: u64) -> bool {
    use crate::mailbox::Parked;
    let mut inbox = process.inbox.lock();
    if inbox.pid != pid {
        return false;
    }
    if inbox.parked == Parked::Resource {
        inbox.parked = Parked::No;
        inbox.deadline = 0;
        return true;
    }
    inbox.nudged = true;
    false
}
