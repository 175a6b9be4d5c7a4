//! Mailboxes: the letters of [`crate::mail`] as messages, in the order in which they came, and what else other threads write, under a lock.
//!
//! What has not been refused yet lies where it was written; what has been is noted in a list, with what a receive compares, and stays where it is until
//! it is taken. A cursor says how far this receive has looked, so what it has refused is not looked at again.

use crate::exit::ExitReason;
use crate::heap::trace::Traces;
use crate::mail::{Chunks, Cover, Mail, PAYLOAD_MAX, Place, Reader};
use crate::marks::{Begin, Marks};
use crate::message::{self, Fragment, Scratch, View};
use crate::relations::Relations;
use crate::resource;
use crate::timer::{self, Timers};
use nostos_abi::object::{HEADER_DESC_MASK, HEADER_STATIC};
use std::cell::RefCell;
use std::collections::VecDeque;

/// A letter's payload is the objects of a value.
const OBJECTS: u8 = 0;
/// It is the address of a constant.
const CONSTANT: u8 = 1;
/// It is the address of a boxed [`Fragment`]: of a value that is large, or has handles or blobs.
const BOXED: u8 = 2;
/// It is one object without refs.
const FLAT: u8 = 3;
/// Beside one of these: two words behind the payload say when and where it was sent. They are written while the image is inspected.
const STAMPED: u8 = 0x80;

/// When a message was sent, in the scheduler's nanoseconds, and where: a number of the debugger's, see [`crate::debug::Places`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) at: u64,
    pub(crate) place: u64,
}

/// Sends a copy of the running process's value `root`. True: the receiver waits, and the caller must schedule it.
///
/// # Safety
/// `root` is a live box of a heap the caller owns.
#[inline(always)]
pub(crate) unsafe fn post_copy(
    mail: &Mail,
    chunks: &RefCell<Chunks>,
    (to, from): (u64, u64),
    (traces, scratch): (&Traces, &RefCell<Scratch>),
    root: u64,
) -> bool {
    let object = root as *const u64;
    // SAFETY: a box has a header.
    let header = unsafe { *object };
    let mut cover = Cover {
        to,
        from,
        desc: (header & HEADER_DESC_MASK) as u32,
        kind: OBJECTS,
    };
    if header & HEADER_STATIC != 0 {
        cover.kind = CONSTANT;
        return mail.push(chunks, cover, root, &[]);
    }
    // Most messages are one small object without refs.
    if let Some(bytes) = traces.flat_bytes(header)
        && bytes <= PAYLOAD_MAX * 8
        && !resource::is_handle(header)
    {
        // SAFETY: the object has this many words, and nobody changes them while it is copied.
        let rest = unsafe { std::slice::from_raw_parts(object.add(1), bytes / 8 - 1) };
        cover.kind = FLAT;
        return mail.push(chunks, cover, header & HEADER_DESC_MASK, rest);
    }
    // SAFETY: as the caller promises.
    unsafe { post_gathered(mail, chunks, cover, traces, scratch, root) }
}

/// As [`post_copy`], with a stamp.
///
/// # Safety
/// As there.
#[cold]
pub(crate) unsafe fn post_stamped(
    mail: &Mail,
    chunks: &RefCell<Chunks>,
    (to, from): (u64, u64),
    (traces, scratch): (&Traces, &RefCell<Scratch>),
    root: u64,
    stamp: Stamp,
) -> bool {
    // SAFETY: a box has a header.
    let header = unsafe { *(root as *const u64) };
    let mut cover = Cover {
        to,
        from,
        desc: (header & HEADER_DESC_MASK) as u32,
        kind: OBJECTS | STAMPED,
    };
    let behind = [stamp.at, stamp.place];
    if header & HEADER_STATIC != 0 {
        cover.kind = CONSTANT | STAMPED;
        return mail.push(chunks, cover, root, &behind);
    }
    let scratch = &mut *scratch.borrow_mut();
    // SAFETY: as the caller promises.
    let root = unsafe { message::gather(traces, scratch, root) };
    if scratch.words.len() + behind.len() <= PAYLOAD_MAX && !scratch.counts() {
        scratch.words.extend(behind);
        if let [first, rest @ ..] = scratch.words.as_slice() {
            return mail.push(chunks, cover, *first, rest);
        }
    }
    cover.kind = BOXED | STAMPED;
    let boxed = Box::into_raw(Box::new(scratch.fragment(root)));
    mail.push(chunks, cover, boxed as u64, &behind)
}

/// Sends what refers to other objects, is large, or has handles or blobs.
///
/// # Safety
/// As for [`post_copy`].
#[inline(never)]
unsafe fn post_gathered(
    mail: &Mail,
    chunks: &RefCell<Chunks>,
    mut cover: Cover,
    traces: &Traces,
    scratch: &RefCell<Scratch>,
    root: u64,
) -> bool {
    let scratch = &mut *scratch.borrow_mut();
    // SAFETY: as the caller promises.
    let root = unsafe { message::gather(traces, scratch, root) };
    if scratch.words.len() <= PAYLOAD_MAX
        && !scratch.counts()
        && let [first, rest @ ..] = scratch.words.as_slice()
    {
        return mail.push(chunks, cover, *first, rest);
    }
    cover.kind = BOXED;
    let boxed = Box::into_raw(Box::new(scratch.fragment(root)));
    mail.push(chunks, cover, boxed as u64, &[])
}

/// Sends a value that the runtime has made: an object. True: the receiver waits, and the caller must schedule it.
pub(crate) fn post(
    mail: &Mail,
    (to, from): (u64, u64),
    desc: u32,
    value: Fragment,
    stamp: Option<Stamp>,
) -> bool {
    let mut cover = Cover {
        to,
        from,
        desc,
        kind: OBJECTS,
    };
    let chunks = &RefCell::default();
    if stamp.is_none()
        && let Some([first, rest @ ..]) = value.view().letter()
    {
        return mail.push(chunks, cover, *first, rest);
    }
    cover.kind = BOXED;
    let boxed = Box::into_raw(Box::new(value)) as u64;
    match stamp {
        None => mail.push(chunks, cover, boxed, &[]),
        Some(stamp) => {
            cover.kind |= STAMPED;
            mail.push(chunks, cover, boxed, &[stamp.at, stamp.place])
        }
    }
}

/// A message in the mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    /// Who sent it.
    pub(crate) from: u64,
    /// Descriptor of its box.
    pub(crate) desc: u32,
    pub(crate) value: View<'a>,
    /// When and where it was sent, if the image is inspected.
    pub(crate) stamp: Option<Stamp>,
}

impl Message<'_> {
    /// # Safety
    /// The letter at this place has been given by the reader, and not gone; it does not go as long as the message is used.
    #[inline]
    unsafe fn at(place: Place) -> Self {
        // SAFETY: as the caller promises. A letter's kind says what its payload is.
        unsafe {
            let cover = place.cover();
            let (words, mut len) = place.payload();
            let mut stamp = None;
            if cover.kind & STAMPED != 0 {
                len -= 2;
                stamp = Some(Stamp {
                    at: *words.add(len),
                    place: *words.add(len + 1),
                });
            }
            let value = match cover.kind & !STAMPED {
                OBJECTS | FLAT => View::of_words(std::slice::from_raw_parts(words, len)),
                CONSTANT => View::plain(*words),
                _ => (*(*words as *const Fragment)).view(),
            };
            Message {
                from: cover.from,
                desc: cover.desc,
                value,
                stamp,
            }
        }
    }
}

/// What a letter holds goes with it.
///
/// # Safety
/// As for [`Message::at`], and the letter goes now.
#[inline(always)]
unsafe fn drop_value(place: Place) {
    // SAFETY: as the caller promises; a boxed fragment belongs to its letter alone.
    unsafe {
        if place.cover().kind & !STAMPED == BOXED {
            drop_fragment(*place.payload().0 as *mut Fragment);
        }
    }
}

/// # Safety
/// It came from `Box::into_raw`, and nobody uses it any more.
#[cold]
unsafe fn drop_fragment(fragment: *mut Fragment) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(fragment) });
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
    /// The deadline of the entry that the timers hold for this process; 0: there is none.
    pub(crate) timer_at: u64,
    /// Where it lies.
    pub(crate) timer: timer::Entry,
    /// Set when it is to end.
    pub(crate) killed: Option<Box<ExitReason>>,
    /// It ends since it has gone over a limit: that is told to people.
    pub(crate) offends: bool,
    /// Links, monitors and the like, once there are any.
    pub(crate) relations: Option<Box<Relations>>,
}

impl Inbox {
    /// Its relations, to be changed.
    pub(crate) fn relations(&mut self) -> &mut Relations {
        self.relations.get_or_insert_default()
    }

    /// When it wants to be woken, `u64::MAX`: never. An entry of the timers that is not later stays where it is.
    pub(crate) fn set_deadline(&mut self, timers: &Timers, deadline: u64) {
        self.deadline = 0;
        if deadline < self.timer_at || deadline == u64::MAX {
            self.cancel_timer(timers);
        }
        if deadline != u64::MAX {
            self.deadline = deadline;
            if self.timer_at == 0 {
                self.timer_at = deadline;
                self.timer = timers.add(deadline, self.pid);
            }
        }
    }

    /// The timers hold nothing for it any more.
    pub(crate) fn cancel_timer(&mut self, timers: &Timers) {
        let at = std::mem::take(&mut self.timer_at);
        if at != 0 {
            timers.cancel(self.timer, at, self.pid);
        }
    }

    /// Its registered name.
    pub(crate) fn name(&self) -> Option<&String> {
        self.relations.as_ref()?.name.as_ref()
    }
}

/// A message that has been refused, or looked at from outside. What a receive compares lies here, so that one that refuses many does not touch them.
#[derive(Clone, Copy, Debug)]
struct Entry {
    desc: u32,
    place: Place,
}

/// The boxes whose messages a receive looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    all: bool,
    descs: [u32; 4],
}

impl Wanted {
    /// All.
    pub(crate) const ANY: Wanted = Wanted {
        all: true,
        descs: [0; 4],
    };

    /// Of one kind.
    #[inline]
    pub(crate) fn one(desc: u32) -> Self {
        Wanted {
            all: false,
            descs: [desc; 4],
        }
    }

    /// Of four kinds, two in a word.
    #[inline]
    pub(crate) fn packed(a: u64, b: u64) -> Self {
        Wanted {
            all: false,
            descs: [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32],
        }
    }

    #[inline]
    fn has(&self, desc: u32) -> bool {
        let [a, b, c, d] = self.descs;
        self.all | (a == desc) | (b == desc) | (c == desc) | (d == desc)
    }
}

/// What a receive that wants certain messages has found: none among the first so many of those kept.
#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    wanted: Wanted,
    len: usize,
}

/// What most processes never have. Invariant: the places are letters that the reader keeps.
#[derive(Debug, Default)]
struct Kept {
    list: VecDeque<Entry>,
    /// Of the last two kinds of receive that had to pass some.
    passed: [Passed; 2],
    /// Which of the two was used last.
    now: usize,
    /// Where references were made.
    marks: Marks,
}

/// The owner's end of the mailbox.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    reader: Reader,
    kept: Option<Box<Kept>>,
    /// Index of one kept; at their end: the next unread letter.
    cursor: usize,
    /// The message at the cursor, if it has been peeked: the next peek refuses it.
    peeked: Place,
    /// When this receive gives up, in the scheduler's nanoseconds; `u64::MAX`: never.
    pub(crate) deadline: u64,
    wanted: Wanted,
    /// This receive takes the first message that it wants.
    pub(crate) takes: bool,
}

impl Kept {
    /// What receives like this have passed: as noted, or in the place of the lesser of the two.
    fn passed_by(&mut self, wanted: Wanted) -> Passed {
        if self.passed[self.now].wanted != wanted {
            let same = |p: &Passed| p.wanted == wanted;
            self.now = self.passed.iter().position(same).unwrap_or_else(|| {
                let fewest = usize::from(self.passed[1].len < self.passed[0].len);
                self.passed[fewest] = Passed { wanted, len: 0 };
                fewest
            });
        }
        self.passed[self.now]
    }

    /// The message at this index goes.
    fn remove(&mut self, index: usize) {
        if index == 0 {
            self.list.pop_front();
        } else {
            self.list.remove(index);
        }
        for passed in &mut self.passed {
            passed.len -= usize::from(passed.len > index);
        }
        self.marks.removed(index);
    }

    /// Has it nothing to say of what comes next?
    #[inline]
    fn is_idle(&self) -> bool {
        self.list.is_empty() && !self.marks.awaits()
    }
}

/// The next letter, when there is nothing special about it; see [`Queue::next_plain`].
pub(crate) enum Plain<'a> {
    /// A constant's address.
    Constant(u64),
    /// The words of an object without refs.
    Flat(&'a [u64]),
}

impl Queue {
    /// What a receive of one kind mostly finds: nothing was refused, and the next letter is of that kind. It goes by [`Queue::pass_plain`].
    ///
    /// # Safety
    /// The words are not used after that.
    #[inline(always)]
    pub(crate) unsafe fn next_plain<'a>(
        &mut self,
        mail: &Mail,
        pid: u64,
        desc: u32,
        chunks: &RefCell<Chunks>,
    ) -> Option<Plain<'a>> {
        if self.remembers() {
            return None;
        }
        let place = self.reader.next(mail, chunks)?;
        // SAFETY: the reader has just given it, and it stays until the caller lets it go.
        let (cover, (words, len)) = unsafe { (place.cover(), place.payload()) };
        if cover.to != pid || cover.desc != desc {
            return None;
        }
        match cover.kind {
            // SAFETY: a constant's letter has its address, the others' payload is `len` words.
            CONSTANT => Some(Plain::Constant(unsafe { *words })),
            // SAFETY: as above.
            FLAT => Some(Plain::Flat(unsafe {
                std::slice::from_raw_parts(words, len)
            })),
            _ => None,
        }
    }

    /// The letter that [`Queue::next_plain`] gave goes.
    #[inline(always)]
    pub(crate) fn pass_plain(&mut self) {
        self.reader.step();
    }

    /// Is there nothing, so that a receive of any kind has to wait?
    #[inline(always)]
    pub(crate) fn is_bare(&self, mail: &Mail) -> bool {
        !self.remembers() && !self.reader.is_behind(mail)
    }

    /// Is anything kept, or to be noted as the reader goes on?
    #[inline(always)]
    fn remembers(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| !kept.is_idle())
    }

    /// The kind that the receive wants which is to take the first message of one kind.
    #[inline(always)]
    pub(crate) fn wanted_only(&self) -> Option<u32> {
        self.takes.then_some(self.wanted.descs[0])
    }

    /// A receive begins at the head.
    #[inline(always)]
    pub(crate) fn start(&mut self, deadline: u64, wanted: Wanted, takes: bool) {
        self.cursor = 0;
        self.peeked = Place::default();
        self.deadline = deadline;
        self.wanted = wanted;
        self.takes = takes;
    }

    /// A receive begins that wants only messages with this reference, or one made later: behind those that were there when it was made.
    pub(crate) fn start_since(
        &mut self,
        reference: u64,
        mail: &Mail,
        pid: u64,
        chunks: &RefCell<Chunks>,
    ) {
        let Some(kept) = self.kept.as_deref() else {
            return;
        };
        self.cursor = match kept.marks.begin(reference) {
            Begin::Kept(index) => index,
            Begin::Ahead(place) => {
                let ahead = |queue: &Queue| {
                    let kept = queue.kept.as_deref();
                    kept.is_some_and(|kept| kept.marks.begin(reference) == Begin::Ahead(place))
                };
                while ahead(self)
                    && let Some((letter, _)) = self.unread(mail, pid, chunks)
                {
                    self.keep(letter);
                }
                self.len()
            }
        };
    }

    /// A reference is about to be made: how far the mailbox is filled, for [`Queue::mark`].
    #[inline]
    pub(crate) fn filled(&self, mail: &Mail) -> Place {
        self.reader.unread_to(mail)
    }

    /// A reference has been made.
    #[inline]
    pub(crate) fn mark(&mut self, reference: u64, filled: Place) {
        let kept = self.len();
        if kept > 0 || filled.is_somewhere() {
            let marks = &mut self.kept.get_or_insert_default().marks;
            marks.note(reference, kept, filled);
        }
    }

    /// The next message not yet refused. What was meant for the block's former process goes.
    #[inline(always)]
    pub(crate) fn peek(&mut self, mail: &Mail, pid: u64, chunks: &RefCell<Chunks>) -> Option<u32> {
        if self.peeked.is_somewhere() {
            self.refuse();
        }
        if self.cursor < self.len()
            && let Some(desc) = self.peek_kept()
        {
            return Some(desc);
        }
        loop {
            let (place, desc) = self.unread(mail, pid, chunks)?;
            if self.wanted.has(desc) {
                self.peeked = place;
                return Some(desc);
            }
            self.keep(place);
            self.cursor += 1;
        }
    }

    /// The message just peeked is none that this receive takes.
    fn refuse(&mut self) {
        let place = std::mem::take(&mut self.peeked);
        if self.cursor == self.len() {
            self.keep(place);
        }
        self.cursor += 1;
    }

    /// The next of the messages that have been refused before.
    #[inline(never)]
    fn peek_kept(&mut self) -> Option<u32> {
        let kept = self.kept.as_deref_mut()?;
        if !self.wanted.all {
            let passed = kept.passed_by(self.wanted);
            let begun = self.cursor;
            // Nothing in the first so many is wanted, as an earlier receive that wanted the same has found.
            self.cursor = begun.max(passed.len);
            let mut left = kept.list.range(self.cursor..);
            let skipped = left.position(|entry| self.wanted.has(entry.desc));
            self.cursor = skipped.map_or(kept.list.len(), |n| self.cursor + n);
            if begun <= passed.len {
                kept.passed[kept.now].len = self.cursor;
            }
        }
        let entry = kept.list.get(self.cursor)?;
        self.peeked = entry.place;
        Some(entry.desc)
    }

    /// The next unread letter for this process.
    #[inline(always)]
    fn unread(&mut self, mail: &Mail, pid: u64, chunks: &RefCell<Chunks>) -> Option<(Place, u32)> {
        loop {
            let place = self.reader.next(mail, chunks)?;
            // SAFETY: the reader has just given it.
            let cover = unsafe { place.cover() };
            if cover.to == pid {
                return Some((place, cover.desc));
            }
            self.pass(place);
        }
    }

    /// The next letter, which this is, goes.
    #[inline(always)]
    fn pass(&mut self, place: Place) {
        // SAFETY: the reader has just given it, and it is passed now.
        unsafe { drop_value(place) };
        self.reader.step();
        if let Some(kept) = self.kept.as_deref_mut() {
            kept.marks.reached(self.reader.place(), kept.list.len());
        }
    }

    /// Notes the next letter, which this is, as a message that stays.
    fn keep(&mut self, place: Place) {
        // SAFETY: the reader has just given it.
        let desc = unsafe { place.cover() }.desc;
        let kept = self.kept.get_or_insert_default();
        kept.list.push_back(Entry { desc, place });
        self.reader.keep();
        self.reader.step();
        kept.marks.reached(self.reader.place(), kept.list.len());
    }

    /// The message just peeked.
    ///
    /// # Safety
    /// It is not used any more when it is taken, discarded or refused.
    #[inline]
    pub(crate) unsafe fn current<'a>(&self) -> Option<Message<'a>> {
        // SAFETY: it is kept, or the next one, and stays where it is as long as the caller uses it.
        self.peeked
            .is_somewhere()
            .then(|| unsafe { Message::at(self.peeked) })
    }

    /// Takes the message just peeked out.
    #[inline(always)]
    pub(crate) fn take(&mut self, chunks: &RefCell<Chunks>) {
        let place = std::mem::take(&mut self.peeked);
        if !place.is_somewhere() {
            return;
        }
        if self.cursor == self.len() {
            self.pass(place);
        } else {
            self.take_kept(place, chunks);
        }
    }

    #[inline(never)]
    fn take_kept(&mut self, place: Place, chunks: &RefCell<Chunks>) {
        let Some(kept) = self.kept.as_deref_mut() else {
            return;
        };
        // SAFETY: the place is that of a message of ours, which goes now.
        unsafe { drop_value(place) };
        kept.remove(self.cursor);
        self.reader.release(place, chunks);
    }

    /// Takes over what has arrived for process `pid`, so that [`Queue::iter`] and [`Queue::len`] tell of all.
    pub(crate) fn accept(&mut self, mail: &Mail, pid: u64, chunks: &RefCell<Chunks>) {
        while let Some((place, _)) = self.unread(mail, pid, chunks) {
            self.keep(place);
        }
    }

    /// Takes out the first message that `unwanted` says, of those taken over since this reference was made. No receive is going on.
    pub(crate) fn discard_since(
        &mut self,
        reference: u64,
        chunks: &RefCell<Chunks>,
        mut unwanted: impl FnMut(Message<'_>) -> bool,
    ) {
        let Some(kept) = self.kept.as_deref_mut() else {
            return;
        };
        let Begin::Kept(begin) = kept.marks.begin(reference) else {
            return;
        };
        let found = kept.list.range(begin..).enumerate().find(|(_, entry)| {
            // SAFETY: kept letters are there until they are released.
            unwanted(unsafe { Message::at(entry.place) })
        });
        if let Some((behind, &Entry { place, .. })) = found {
            // SAFETY: as above, and it goes now.
            unsafe { drop_value(place) };
            kept.remove(begin + behind);
            self.reader.release(place, chunks);
        }
    }

    /// Messages taken over.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.list.len())
    }

    /// About how many messages there are; exact when all have been looked at.
    #[inline]
    pub(crate) fn estimate(&self) -> usize {
        // A small message is five words.
        self.len() + self.reader.unread_words().div_ceil(5)
    }

    /// About how many words of letters there are that it has not read, as far as it knows.
    #[inline]
    pub(crate) fn unread_words(&self) -> usize {
        self.reader.unread_words()
    }

    /// The messages taken over, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Message<'_>> {
        // SAFETY: kept letters are there until they are released, which the borrow excludes.
        self.kept
            .iter()
            .flat_map(|kept| &kept.list)
            .map(|entry| unsafe { Message::at(entry.place) })
    }

    /// Have there come messages that have not been looked at?
    #[inline]
    pub(crate) fn is_behind(&self, mail: &Mail) -> bool {
        self.reader.is_behind(mail)
    }

    /// The process is to wait. False: something has arrived, so it must not.
    #[inline]
    pub(crate) fn wait(&mut self, mail: &Mail, chunks: &RefCell<Chunks>) -> bool {
        self.reader.wait(mail, chunks)
    }

    /// Drops all; the process has ended, and nobody sends to it who does not already.
    pub(crate) fn clear(&mut self, mail: &Mail, chunks: &RefCell<Chunks>) {
        for entry in self.kept.take().into_iter().flat_map(|kept| kept.list) {
            // SAFETY: kept letters are there until they are released, and this one goes now.
            unsafe { drop_value(entry.place) };
            self.reader.release(entry.place, chunks);
        }
        self.cursor = 0;
        self.peeked = Place::default();
        while mail.is_open() {
            while let Some(place) = self.reader.next(mail, chunks) {
                self.pass(place);
            }
            if self.reader.close(mail, chunks) || !self.reader.is_behind(mail) {
                break;
            }
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod since;

#[cfg(test)]
mod tests;
