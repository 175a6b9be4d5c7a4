//! What has been sent to a process and not yet been looked at by it: letters one behind the other in chunks of memory, where any thread may write and
//! only the owner reads.
//!
//! One word says everything: the chunk that is being filled, how far it is claimed, or that there is none and whether the owner waits. Whoever sends
//! claims room by an exchange of that word, writes the letter there, and writes its head last; whoever finds no room puts a new chunk in, with its
//! letter in it already, which refers to the one before. Since the word is the whole state, an address that comes back does no harm. A process that
//! waits has no chunk. Why it is so: docs/decisions/010-mail.md. Absent: what letters say.

use crate::sync::{AtomicU64, CHUNK_WORDS, MODEL, Ordering, SPINS, spin};
use std::alloc::{Layout, handle_alloc_error};
use std::cell::RefCell;

/// Nothing has arrived, and the owner does not wait.
const EMPTY: u64 = 0;
/// Nothing has arrived, and the owner has left its worker until something does.
const WAITING: u64 = 1;
/// Above: an address, whose lowest bits are free, with the chunk's class in them and a position above it.
const CLASS_SHIFT: u32 = 1;
const CLASS: u64 = 0b110;
const POSITION_SHIFT: u32 = 48;
const ADDRESS: u64 = (1 << POSITION_SHIFT) - ALIGN as u64;
const ALIGN: usize = 64;

/// Words at the beginning of a chunk. The mail word whose place the chunk took; once the reader knows the chunk behind this one, that one's place.
const LINK: usize = 0;
/// For the reader: how many letters here have been read but kept, and above that how far it is filled, once that is certain.
const KEPT: usize = 1;
const FIRST: usize = 2;
const FILL_SHIFT: u32 = 32;
const ONE_KEPT: u64 = 1;

/// Words of a letter: what it is, for whom, from whom, what it says.
const HEAD: usize = 0;
const TO: usize = 1;
const FROM: usize = 2;
const PAYLOAD: usize = 3;

const READY: u64 = 1;
const KIND_SHIFT: u32 = 8;
const LEN_SHIFT: u32 = 16;
const DESC_SHIFT: u32 = 32;

/// The longest payload of a letter, in words.
pub(crate) const PAYLOAD_MAX: usize = CHUNK_WORDS[CHUNK_WORDS.len() - 1] / 16;

/// What is written on a letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cover {
    /// For whom: when it arrives, the block may be another's already.
    pub(crate) to: u64,
    pub(crate) from: u64,
    pub(crate) desc: u32,
    /// What its payload is; for the reader.
    pub(crate) kind: u8,
}

/// A position in a chunk, in the encoding of the mail word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Place(u64);

impl Place {
    fn new(chunk: *mut AtomicU64, class: usize, position: usize) -> Self {
        let address = chunk as u64;
        debug_assert!(address & !ADDRESS == 0);
        Place(address | (class as u64) << CLASS_SHIFT | (position as u64) << POSITION_SHIFT)
    }

    fn position(self) -> usize {
        (self.0 >> POSITION_SHIFT) as usize
    }

    fn class(self) -> usize {
        ((self.0 & CLASS) >> CLASS_SHIFT) as usize
    }

    #[inline]
    pub(crate) fn is_somewhere(self) -> bool {
        self.0 > WAITING
    }

    fn same_chunk(self, other: Place) -> bool {
        (self.0 ^ other.0) << (u64::BITS - POSITION_SHIFT) == 0
    }

    fn moved(self, words: usize) -> Place {
        Place(self.0 + ((words as u64) << POSITION_SHIFT))
    }

    /// The first letter of its chunk.
    fn start(self) -> Place {
        Place(self.0 & (ADDRESS | CLASS) | (FIRST as u64) << POSITION_SHIFT)
    }

    fn chunk(self) -> *mut AtomicU64 {
        (self.0 & ADDRESS) as *mut AtomicU64
    }

    /// A word of its chunk's head.
    ///
    /// # Safety
    /// The chunk is alive as long as the reference.
    #[inline]
    unsafe fn header<'a>(self, word: usize) -> &'a AtomicU64 {
        // SAFETY: chunks are made of `AtomicU64`s, at least `FIRST` of them; it is alive.
        unsafe { &*self.chunk().add(word) }
    }

    /// How far its chunk is filled.
    ///
    /// # Safety
    /// The chunk is alive, and the caller the mail's owner; that holds for [`Place::set_fill`], too.
    unsafe fn fill(self) -> usize {
        // SAFETY: as the caller promises.
        let kept = unsafe { self.header(KEPT) }.load(Ordering::Relaxed);
        (kept >> FILL_SHIFT) as usize
    }

    /// Its chunk is filled up to here.
    unsafe fn set_fill(self) {
        // SAFETY: as the caller promises.
        let word = unsafe { self.header(KEPT) };
        let kept = u64::from(word.load(Ordering::Relaxed) as u32);
        let fill = (self.position() as u64) << FILL_SHIFT;
        word.store(kept | fill, Ordering::Relaxed);
    }

    /// A word of the letter here.
    ///
    /// # Safety
    /// As above, and a letter that long was claimed here.
    #[inline]
    unsafe fn word<'a>(self, word: usize) -> &'a AtomicU64 {
        // SAFETY: claimed letters lie within their chunk.
        unsafe { &*self.chunk().add(self.position() + word) }
    }

    /// What is written on the letter.
    ///
    /// # Safety
    /// The place is of a letter that [`Reader::next`] has given, and that has been neither passed by [`Reader::step`] without [`Reader::keep`] nor released.
    #[inline(always)]
    pub(crate) unsafe fn cover(self) -> Cover {
        // SAFETY: as the caller promises; the head was read as ready, so its words are written.
        unsafe {
            let head = self.word(HEAD).load(Ordering::Relaxed);
            Cover {
                to: self.word(TO).load(Ordering::Relaxed),
                from: self.word(FROM).load(Ordering::Relaxed),
                desc: (head >> DESC_SHIFT) as u32,
                kind: (head >> KIND_SHIFT) as u8,
            }
        }
    }

    /// Where its payload lies, and how many words it has.
    ///
    /// # Safety
    /// As for [`Place::cover`].
    #[inline(always)]
    pub(crate) unsafe fn payload(self) -> (*const u64, usize) {
        // SAFETY: as the caller promises.
        unsafe {
            let len = self.word(HEAD).load(Ordering::Relaxed) >> LEN_SHIFT & 0xffff;
            let at = self.chunk().add(self.position() + PAYLOAD);
            (at.cast::<u64>(), len as usize)
        }
    }

    /// Writes a letter; its head last.
    ///
    /// # Safety
    /// The room was claimed by the caller, or the chunk is still its own.
    #[inline(always)]
    unsafe fn write(self, cover: Cover, first: u64, rest: &[u64]) {
        let len = rest.len() as u64 + 1;
        let head = READY
            | u64::from(cover.kind) << KIND_SHIFT
            | len << LEN_SHIFT
            | u64::from(cover.desc) << DESC_SHIFT;
        // SAFETY: as the caller promises; nobody reads before the head is there.
        unsafe {
            self.word(TO).store(cover.to, Ordering::Relaxed);
            self.word(FROM).store(cover.from, Ordering::Relaxed);
            self.word(PAYLOAD).store(first, Ordering::Relaxed);
            if rest.len() <= 8 || MODEL {
                for (i, word) in rest.iter().enumerate() {
                    self.word(PAYLOAD + 1 + i).store(*word, Ordering::Relaxed);
                }
            } else {
                let to = self.chunk().add(self.position() + PAYLOAD + 1);
                std::ptr::copy_nonoverlapping(rest.as_ptr(), to.cast(), rest.len());
            }
            self.word(HEAD).store(head, Ordering::Release);
        }
    }
}

/// Chunks that nobody uses, by class. Invariant: all their words are 0.
#[derive(Default)]
pub(crate) struct Chunks([Vec<*mut AtomicU64>; CHUNK_WORDS.len()]);

/// How many bytes of each class are kept.
const SPARE: usize = 256 << 10;

impl Chunks {
    #[inline(always)]
    fn take(&mut self, class: usize) -> *mut AtomicU64 {
        match self.0[class].pop() {
            Some(chunk) => chunk,
            None => make(class),
        }
    }

    /// The first place of a new chunk that is to follow this one, with room for a letter of this size.
    #[inline(always)]
    fn take_for(&mut self, last: Place, size: usize) -> Place {
        let mut class = 0;
        if last.is_somewhere() {
            class = (last.class() + 1).min(CHUNK_WORDS.len() - 1);
        }
        while FIRST + size > CHUNK_WORDS[class] {
            class += 1;
        }
        Place::new(self.take(class), class, FIRST)
    }

    /// Takes a chunk back of which this much was used.
    #[inline(always)]
    fn give(&mut self, place: Place, used: usize) {
        let (chunk, class) = (place.chunk(), place.class());
        // SAFETY: nobody else knows the chunk any more, and it has that many words.
        unsafe { clear(chunk, used) };
        let free = &mut self.0[class];
        if free.len() < free.capacity() {
            free.push(chunk);
        } else {
            keep_or_free(free, chunk, class);
        }
    }
}

// SAFETY: free chunks belong to whoever holds the list.
unsafe impl Send for Chunks {}

impl Drop for Chunks {
    fn drop(&mut self) {
        for (class, free) in self.0.iter_mut().enumerate() {
            for chunk in free.drain(..) {
                // SAFETY: it came from `make` and is nobody's.
                unsafe { free_chunk(chunk, class) };
            }
        }
    }
}

fn layout(class: usize) -> Layout {
    let bytes = CHUNK_WORDS[class] * size_of::<AtomicU64>();
    // For anything between a line and a page, mimalloc takes more than it is asked for, and of the larger classes a quarter would be lost.
    let align = if bytes < 4096 { ALIGN } else { 4096 };
    Layout::from_size_align(bytes, align).expect("a chunk's size")
}

#[cold]
fn make(class: usize) -> *mut AtomicU64 {
    let layout = layout(class);
    // SAFETY: the layout has a size above zero.
    let chunk = unsafe { std::alloc::alloc_zeroed(layout) }.cast::<AtomicU64>();
    if chunk.is_null() {
        handle_alloc_error(layout);
    }
    if MODEL {
        for i in 0..CHUNK_WORDS[class] {
            // SAFETY: the chunk was just made with this many words.
            unsafe { chunk.add(i).write(AtomicU64::new(0)) };
        }
    }
    chunk
}

/// The list of free chunks is full: it grows up to a size, then chunks go.
#[cold]
fn keep_or_free(free: &mut Vec<*mut AtomicU64>, chunk: *mut AtomicU64, class: usize) {
    let most = SPARE / 8 / CHUNK_WORDS[class];
    if free.len() < most {
        free.reserve_exact(most - free.len());
        free.push(chunk);
    } else {
        // SAFETY: it came from `make` and is nobody's.
        unsafe { free_chunk(chunk, class) };
    }
}

/// # Safety
/// The chunk came from [`make`], and nobody uses it.
unsafe fn free_chunk(chunk: *mut AtomicU64, class: usize) {
    // SAFETY: as the caller promises.
    unsafe { std::alloc::dealloc(chunk.cast(), layout(class)) };
}

/// # Safety
/// The caller alone knows the chunk, which has so many words.
#[inline]
unsafe fn clear(chunk: *mut AtomicU64, words: usize) {
    if !MODEL && words > 16 {
        // SAFETY: as the caller promises; zeros are what fresh chunks have.
        unsafe { std::ptr::write_bytes(chunk, 0, words) };
        return;
    }
    for i in 0..words {
        // SAFETY: as the caller promises.
        unsafe { &*chunk.add(i) }.store(0, Ordering::Relaxed);
    }
}

/// See the module. Invariant: above [`WAITING`] it is a [`Place`] in a chunk from [`make`], up to which letters were claimed.
#[derive(Debug, Default)]
pub(crate) struct Mail(AtomicU64);

impl Mail {
    /// Appends a letter whose payload is `first` and `rest`. True: the owner waits, and the caller must schedule it.
    #[inline(always)]
    pub(crate) fn push(
        &self,
        chunks: &RefCell<Chunks>,
        cover: Cover,
        first: u64,
        rest: &[u64],
    ) -> bool {
        let size = PAYLOAD + 1 + rest.len();
        debug_assert!(rest.len() < PAYLOAD_MAX);
        let mut word = Place(self.0.load(Ordering::Relaxed));
        while word.is_somewhere() && word.position() + size <= CHUNK_WORDS[word.class()] {
            match self.exchange(word, word.moved(size)) {
                Ok(()) => {
                    // SAFETY: the exchange claimed this room. The chunk stays until all claimed letters have been read.
                    unsafe { word.write(cover, first, rest) };
                    return false;
                }
                Err(now) => word = now,
            }
        }
        // SAFETY: nobody else knows the chunk, and the letter fits.
        let own = unsafe {
            let own = chunks.borrow_mut().take_for(word, size);
            own.write(cover, first, rest);
            own.header(LINK).store(word.0, Ordering::Relaxed);
            own
        };
        match self.exchange(word, own.moved(size)) {
            Ok(()) => word.0 == WAITING,
            Err(now) => self.push_again(chunks, now, own, size, cover, first, rest),
        }
    }

    /// As above, when another sender was faster with its chunk. The letter is in ours already, but now there may be room in the other.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    fn push_again(
        &self,
        chunks: &RefCell<Chunks>,
        mut word: Place,
        own: Place,
        size: usize,
        cover: Cover,
        first: u64,
        rest: &[u64],
    ) -> bool {
        loop {
            let fits = word.is_somewhere() && word.position() + size <= CHUNK_WORDS[word.class()];
            let wanted = if fits {
                word.moved(size)
            } else {
                // SAFETY: nobody else knows the chunk.
                unsafe { own.header(LINK).store(word.0, Ordering::Relaxed) };
                own.moved(size)
            };
            match self.exchange(word, wanted) {
                Ok(()) if fits => {
                    // SAFETY: as in `push`.
                    unsafe { word.write(cover, first, rest) };
                    chunks.borrow_mut().give(own, FIRST + size);
                    return false;
                }
                Ok(()) => return word.0 == WAITING,
                Err(now) => word = now,
            }
        }
    }

    #[inline]
    fn exchange(&self, old: Place, new: Place) -> Result<(), Place> {
        // Acquire as well: the chunk's memory was made ready by who put it in, and who finds the owner waiting may hand it to another thread.
        self.0
            .compare_exchange(old.0, new.0, Ordering::AcqRel, Ordering::Relaxed)
            .map(drop)
            .map_err(Place)
    }

    /// Is there something that the owner has possibly not read?
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) > WAITING
    }

    /// Ends the wait without a letter. True: it waited, and the caller must schedule it.
    pub(crate) fn wake(&self) -> bool {
        self.0
            .compare_exchange(WAITING, EMPTY, Ordering::SeqCst, Ordering::Relaxed)
            .is_ok()
    }
}

/// The owner's end.
///
/// Invariant: `at` and `newest` are both nowhere, or both in chunks of the mail; from the former's chunk the links lead to the latter's, and all but the
/// latter know how far they are filled. `end` is that of the former's chunk as far as known.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The next letter.
    at: Place,
    end: u32,
    /// The mail word when it was last read.
    newest: Place,
    /// Words in chunks between the two.
    ahead: u32,
}

impl Reader {
    /// The next letter, if there is one that has been written to its end. The mail is always the same one, and the caller owns the process.
    #[inline(always)]
    pub(crate) fn next(&mut self, mail: &Mail, chunks: &RefCell<Chunks>) -> Option<Place> {
        if self.at.position() == self.end as usize
            && !(self.is_behind(mail) && self.more(mail, chunks))
        {
            return None;
        }
        // SAFETY: the place is before `end`, so a letter was claimed here, and its chunk lives until it has been read.
        let head = unsafe { self.at.word(HEAD) };
        if head.load(Ordering::Acquire) == 0 && !finishes(head) {
            return None;
        }
        Some(self.at)
    }

    /// Everything known has been read: what has come since?
    fn more(&mut self, mail: &Mail, chunks: &RefCell<Chunks>) -> bool {
        if self.at.is_somewhere() && !self.at.same_chunk(self.newest) {
            let old = self.at;
            // SAFETY: the chunk is before the newest one, so it knows its successor; that one is alive.
            unsafe {
                self.at = Place(old.header(LINK).load(Ordering::Relaxed)).start();
                self.end = if self.at.same_chunk(self.newest) {
                    self.newest.position() as u32
                } else {
                    let fill = self.at.fill() as u32;
                    self.ahead = self.ahead.saturating_sub(fill);
                    fill
                };
            }
            retire(old, &mut chunks.borrow_mut());
            return true;
        }
        let word = Place(mail.0.load(Ordering::Acquire));
        if word == self.newest || !word.is_somewhere() {
            return false;
        }
        if word.same_chunk(self.newest) {
            self.end = word.position() as u32;
        } else {
            self.link(word);
        }
        self.newest = word;
        // Perhaps nothing but a further chunk has come.
        self.at.position() < self.end as usize || self.more(mail, chunks)
    }

    /// Leads from where it reads to the chunk of `word`.
    fn link(&mut self, word: Place) {
        let mut later = word;
        // SAFETY: chunks of the mail from the newest one back to where it reads are alive.
        let mut prev = Place(unsafe { later.header(LINK) }.load(Ordering::Relaxed));
        loop {
            if !prev.is_somewhere() {
                debug_assert!(!self.at.is_somewhere());
                self.at = later.start();
                self.end = later.position() as u32;
                return;
            }
            if !later.same_chunk(word) {
                self.ahead = self.ahead.saturating_add(later.position() as u32);
            }
            // SAFETY: as above; the owner alone reads and writes these words from now on.
            let before = unsafe {
                let before = Place(prev.header(LINK).load(Ordering::Relaxed));
                prev.header(LINK).store(later.0, Ordering::Relaxed);
                prev.set_fill();
                before
            };
            if prev.same_chunk(self.newest) {
                self.end = prev.position() as u32;
                return;
            }
            (later, prev) = (prev, before);
        }
    }

    /// Goes over the letter that [`Reader::next`] gave. Unless it is kept, its words are not looked at again.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        // SAFETY: it is there, as `next` has said.
        let len = unsafe { self.at.payload() }.1;
        self.at = self.at.moved(PAYLOAD + len);
    }

    /// The letter that [`Reader::next`] gave stays where it is until it is released.
    pub(crate) fn keep(&mut self) {
        // SAFETY: its chunk is alive, and these words are the owner's.
        let kept = unsafe { self.at.header(KEPT) };
        kept.store(kept.load(Ordering::Relaxed) + ONE_KEPT, Ordering::Relaxed);
    }

    /// A kept letter goes.
    pub(crate) fn release(&mut self, place: Place, chunks: &RefCell<Chunks>) {
        // SAFETY: a chunk with kept letters is alive, and these words are the owner's.
        let left = unsafe {
            let kept = place.header(KEPT);
            let left = kept.load(Ordering::Relaxed) - ONE_KEPT;
            kept.store(left, Ordering::Relaxed);
            left as u32
        };
        if left == 0 && !(self.at.is_somewhere() && place.same_chunk(self.at)) {
            // SAFETY: as above; it was retired, so it knows its fill.
            chunks.borrow_mut().give(place, unsafe { place.fill() });
        }
    }

    /// Is there a letter that has not been read?
    #[inline]
    pub(crate) fn is_behind(&self, mail: &Mail) -> bool {
        let word = Place(mail.0.load(Ordering::Relaxed));
        word.is_somewhere() && word != self.at
    }

    /// How far the mail is filled now with letters that have not been read; nowhere: all have been.
    #[inline]
    pub(crate) fn unread_to(&self, mail: &Mail) -> Place {
        // Acquire: what was made before a letter that lies before this place was made before what the owner does now.
        let word = Place(mail.0.load(Ordering::Acquire));
        if word.is_somewhere() && word != self.at {
            word
        } else {
            Place::default()
        }
    }

    /// Where it reads next.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        self.at
    }

    /// About how many words of letters there are that have not been read, as far as known.
    pub(crate) fn unread_words(&self) -> usize {
        let newest = if self.at.same_chunk(self.newest) {
            0
        } else {
            self.newest.position().saturating_sub(FIRST)
        };
        (self.end as usize - self.at.position()) + self.ahead as usize + newest
    }

    /// The owner's process is to wait. False: something has arrived, so it must not.
    #[inline(always)]
    pub(crate) fn wait(&mut self, mail: &Mail, chunks: &RefCell<Chunks>) -> bool {
        self.leave(mail, chunks, WAITING)
    }

    /// Gives the chunk back, if everything has been read.
    pub(crate) fn close(&mut self, mail: &Mail, chunks: &RefCell<Chunks>) -> bool {
        self.leave(mail, chunks, EMPTY)
    }

    #[inline(always)]
    fn leave(&mut self, mail: &Mail, chunks: &RefCell<Chunks>, state: u64) -> bool {
        let exchange =
            mail.0
                .compare_exchange(self.at.0, state, Ordering::SeqCst, Ordering::Relaxed);
        if exchange.is_err() {
            return false;
        }
        // Nobody writes to the chunk any more.
        if self.at.is_somewhere() {
            retire(std::mem::take(&mut self.at), &mut chunks.borrow_mut());
            self.newest = Place(EMPTY);
            self.end = 0;
        }
        true
    }
}

/// Looks for a while whether a letter's head is written.
#[cold]
fn finishes(head: &AtomicU64) -> bool {
    (0..SPINS).any(|_| {
        spin();
        head.load(Ordering::Acquire) != 0
    })
}

/// All letters of the chunk have been read; it goes, unless some are kept.
#[inline(always)]
fn retire(end: Place, chunks: &mut Chunks) {
    // SAFETY: the reader is just leaving the chunk, and these words are the owner's.
    unsafe {
        if end.header(KEPT).load(Ordering::Relaxed) as u32 == 0 {
            chunks.give(end, end.position());
        } else {
            end.set_fill();
        }
    }
}
