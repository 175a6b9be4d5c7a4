//! Messages in transit: values copied out of a sender's heap into one block, and from there into the receiver's heap.
//!
//! Inside a block a ref is the object's offset from the block's start; constants keep their addresses. Offsets are below
//! [`FIRST_ADDRESS`], constants above, so that the two cannot be mixed up. Sharing within a value is kept, and nothing recurses. Blobs are not copied:
//! they keep their addresses, too, and the block holds a count of each.

use crate::blob::{Blob, FIRST_ADDRESS};
use crate::heap::held::Held;
use crate::heap::trace::Traces;
use crate::mail::PAYLOAD_MAX;
use crate::resource;
use nostos_abi::object::{
    HEADER_DESC_MASK, HEADER_FORWARDED, HEADER_SHARED, HEADER_STATIC, is_immediate,
};
use rustc_hash::FxHashMap;
use std::ops::Deref;

/// The first object's offset: not 0, which is null.
const FIRST_OFFSET: u64 = 8;

/// A copied value. Invariant: `root` is a ref in the block's terms (offset, constant or immediate).
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment {
    words: Words,
    root: u64,
}

/// A copied value that lies somewhere: in a [`Fragment`], or in the mail. The same invariant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    words: &'a [u64],
    root: u64,
    /// What the block holds counts of.
    counted: Option<&'a Counted>,
}

/// The block; that of a small message lies in the message itself, since most are small and memory from the system costs more than the copy.
#[derive(Clone, Debug)]
enum Words {
    Inline(u8, [u64; INLINE]),
    Boxed(Box<[u64]>),
    /// With handles among the objects, or with blobs.
    Counted(Box<Counted>),
}

/// Words with handle objects among them, each of which holds a count, or with refs to blobs.
#[derive(Debug)]
struct Counted {
    words: Box<[u64]>,
    /// Where the payload words of handles are.
    handles: Box<[usize]>,
    /// A count of each blob, once.
    blobs: Box<[Blob]>,
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        for &at in &self.handles {
            // SAFETY: the word is that of a handle of ours; the copy has one of its own.
            unsafe { resource::retain(self.words[at]) };
        }
        Counted {
            words: self.words.clone(),
            handles: self.handles.clone(),
            blobs: self.blobs.clone(),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        for &at in &self.handles {
            // SAFETY: the word is that of a handle of ours, which goes now.
            unsafe { resource::release(self.words[at]) };
        }
    }
}

const INLINE: usize = 4;

impl Default for Words {
    fn default() -> Self {
        Words::Inline(0, [0; INLINE])
    }
}

impl From<&[u64]> for Words {
    fn from(words: &[u64]) -> Self {
        if words.len() > INLINE {
            return Words::Boxed(words.into());
        }
        let mut inline = [0; INLINE];
        inline[..words.len()].copy_from_slice(words);
        Words::Inline(words.len() as u8, inline)
    }
}

impl Deref for Words {
    type Target = [u64];
    fn deref(&self) -> &[u64] {
        match self {
            Words::Inline(len, words) => &words[..usize::from(*len)],
            Words::Boxed(words) => words,
            Words::Counted(counted) => &counted.words,
        }
    }
}

/// Work space of a copy, kept by each worker.
#[derive(Default)]
pub(crate) struct Scratch {
    /// What was gathered: whole objects.
    pub(crate) words: Vec<u64>,
    /// What the copy overwrote in the source: object, header, first payload word.
    undo: Vec<(*mut u64, u64, u64)>,
    /// Where the payload words of handles are.
    handles: Vec<usize>,
    /// Blobs are copied like anything else.
    whole: bool,
    blobs: Vec<Blob>,
    /// The blobs met, and their refs in the block's terms: nothing can be noted in them.
    met: FxHashMap<u64, u64>,
}

impl Fragment {
    /// A value that needs no block: an immediate or a constant.
    pub(crate) fn plain(root: u64) -> Self {
        Fragment {
            words: Words::default(),
            root,
        }
    }

    /// A value that its maker has laid out: the first object is the root, refs are [`Fragment::offset`]s.
    pub(crate) fn of_words(words: &[u64]) -> Self {
        Fragment {
            words: words.into(),
            root: FIRST_OFFSET,
        }
    }

    /// How a block refers to the object that begins at this word.
    pub(crate) fn offset(word: usize) -> u64 {
        FIRST_OFFSET + word as u64 * 8
    }

    /// Copies the value `root` of the running process.
    ///
    /// # Safety
    /// `root` is a live ref of a heap the caller owns.
    pub(crate) unsafe fn copy(traces: &Traces, scratch: &mut Scratch, root: u64) -> Self {
        if is_immediate(root) {
            return Fragment::plain(root);
        }
        // SAFETY: `root` is no immediate, so it points to a live object's header.
        let header = unsafe { *(root as *const u64) };
        if header & HEADER_STATIC != 0 {
            return Fragment::plain(root);
        }
        // Most messages are one small object without refs.
        if let Some(bytes) = traces.flat_bytes(header)
            && bytes <= INLINE * 8
            && !resource::is_handle(header)
        {
            let mut words = [0; INLINE];
            words[0] = header & HEADER_DESC_MASK;
            for (i, word) in words.iter_mut().enumerate().take(bytes / 8).skip(1) {
                // SAFETY: the object has this many words.
                *word = unsafe { *(root as *const u64).add(i) };
            }
            return Fragment {
                words: Words::Inline((bytes / 8) as u8, words),
                root: FIRST_OFFSET,
            };
        }
        // SAFETY: as the caller promises.
        let root = unsafe { gather(traces, scratch, root) };
        scratch.fragment(root)
    }

    /// The same, but blobs are copied, too.
    ///
    /// # Safety
    /// As there.
    pub(crate) unsafe fn copy_whole(traces: &Traces, scratch: &mut Scratch, root: u64) -> Self {
        scratch.whole = true;
        // SAFETY: as the caller promises.
        let copy = unsafe { Fragment::copy(traces, scratch, root) };
        scratch.whole = false;
        copy
    }

    /// The value where it lies.
    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        let counted = match &self.words {
            Words::Counted(counted) => Some(&**counted),
            _ => None,
        };
        View {
            words: &self.words,
            root: self.root,
            counted,
        }
    }

    /// Bytes of its objects.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }

    /// See [`View::load`].
    ///
    /// # Safety
    /// As there.
    pub(crate) unsafe fn load(
        &self,
        traces: &Traces,
        to: *mut u64,
        bits: u64,
        held: &mut Held,
    ) -> u64 {
        // SAFETY: as the caller promises.
        unsafe { self.view().load(traces, to, bits, held) }
    }

    /// The same block with more objects behind, and another root.
    pub(crate) fn extended(&self, more: &[u64], root: u64) -> Self {
        let words = [&*self.words, more].concat();
        let words = match &self.words {
            Words::Counted(counted) => {
                // The copy has counts of its own; handles stay where they are.
                let mut counted = counted.clone();
                counted.words = words.into();
                Words::Counted(counted)
            }
            _ => words.as_slice().into(),
        };
        Fragment { words, root }
    }

    /// The value's ref in the block's terms.
    pub(crate) fn root(&self) -> u64 {
        self.root
    }
}

impl Scratch {
    /// What was gathered, as a block of its own.
    pub(crate) fn fragment(&mut self, root: u64) -> Fragment {
        let words = if self.counts() {
            Words::Counted(Box::new(Counted {
                words: self.words.as_slice().into(),
                handles: std::mem::take(&mut self.handles).into(),
                blobs: std::mem::take(&mut self.blobs).into(),
            }))
        } else {
            self.words.as_slice().into()
        };
        Fragment { words, root }
    }

    /// Are there handles or blobs in what was gathered?
    pub(crate) fn counts(&self) -> bool {
        !self.handles.is_empty() || !self.blobs.is_empty()
    }
}

impl<'a> View<'a> {
    /// A value without handles. Its first object is the root.
    #[inline]
    pub(crate) fn of_words(words: &'a [u64]) -> Self {
        View {
            words,
            root: FIRST_OFFSET,
            counted: None,
        }
    }

    /// A value that needs no block: an immediate or a constant.
    #[inline]
    pub(crate) fn plain(root: u64) -> Self {
        View {
            words: &[],
            root,
            counted: None,
        }
    }

    /// The words, if they can be a letter as they are.
    pub(crate) fn letter(self) -> Option<&'a [u64]> {
        let small = self.words.len() <= PAYLOAD_MAX && self.root == FIRST_OFFSET;
        (small && self.counted.is_none()).then_some(self.words)
    }

    /// Bytes of its objects.
    #[inline]
    pub(crate) fn bytes(self) -> usize {
        self.words.len() * 8
    }

    /// Does it hold counts, of handles or blobs? Such a value is to be loaded even if it has no bytes of its own.
    #[inline]
    pub(crate) fn holds(self) -> bool {
        self.counted.is_some()
    }

    /// Are there blobs in it?
    #[inline]
    pub(crate) fn has_blobs(self) -> bool {
        self.counted
            .is_some_and(|counted| !counted.blobs.is_empty())
    }

    fn blobs(self) -> impl Iterator<Item = &'a Blob> {
        self.counted.into_iter().flat_map(|counted| &counted.blobs)
    }

    /// Bytes of the blobs it refers to.
    pub(crate) fn blob_bytes(self) -> usize {
        self.blobs().map(Blob::bytes).sum()
    }

    /// Bytes of those that a heap does not refer to yet.
    #[cold]
    pub(crate) fn new_blob_bytes(self, held: &Held) -> usize {
        let new = self.blobs().filter(|blob| !held.has_blob(blob.address()));
        new.map(Blob::bytes).sum()
    }

    /// Copies the objects to `to` and gives the value's ref there.
    ///
    /// # Safety
    /// `to` has [`Fragment::bytes`] writable bytes in a heap the caller owns; `bits` are set in the header of each object (those of the old space, or of constants).
    /// Handles among them and blobs are added to `held`.
    #[inline(always)]
    pub(crate) unsafe fn load(
        self,
        traces: &Traces,
        to: *mut u64,
        bits: u64,
        held: &mut Held,
    ) -> u64 {
        // Most are one small object without refs.
        if let Some((header, rest)) = self.words.split_first()
            && self.counted.is_none()
            && traces.flat_bytes(*header) == Some(self.words.len() * 8)
        {
            // SAFETY: the caller gave room for all words, in memory that no one else uses.
            unsafe {
                to.write(header | bits);
                for (i, word) in rest.iter().enumerate() {
                    to.add(1 + i).write(*word);
                }
            }
            return to as u64;
        }
        // SAFETY: as the caller promises.
        unsafe { self.load_all(traces, to, bits, held) }
    }

    /// # Safety
    /// As for [`View::load`].
    #[inline(never)]
    unsafe fn load_all(self, traces: &Traces, to: *mut u64, bits: u64, held: &mut Held) -> u64 {
        let base = to as u64;
        let relocate = |word: u64| {
            if is_immediate(word) || word >= FIRST_ADDRESS {
                word
            } else {
                base + word - FIRST_OFFSET
            }
        };
        // SAFETY: the caller gave room for all words, in memory that no one else uses.
        unsafe { std::ptr::copy_nonoverlapping(self.words.as_ptr(), to, self.words.len()) };
        let mut at = 0;
        while at < self.words.len() {
            // SAFETY: the block holds whole objects, and so does its copy.
            unsafe {
                let object = to.add(at);
                let header = *object;
                let bytes = traces.bytes(header, object.add(1));
                traces.each_ref(header, object.add(1), |slot| *slot = relocate(*slot));
                *object = header | bits;
                at += bytes / 8;
            }
        }
        if let Some(counted) = self.counted {
            for &payload in &counted.handles {
                // SAFETY: the word is that of a handle of ours; its copy has one of its own.
                unsafe { resource::retain(self.words[payload]) };
                held.push_handle(to as usize + (payload - 1) * 8);
            }
            for blob in &counted.blobs {
                held.adopt(blob);
            }
        }
        relocate(self.root)
    }

    /// The reference in a message that [`crate::relations`] made of the end of a watched process.
    pub(crate) fn down_reference(self) -> Option<u64> {
        self.words.get(3).copied()
    }

    /// The value for a reader that does not own a heap: its root and a function from refs to the words of the object.
    pub(crate) fn object(self, word: u64) -> Option<&'a [u64]> {
        let index = word.checked_sub(FIRST_OFFSET)? as usize / 8;
        self.words.get(index..)
    }

    /// The value's ref in the block's terms.
    pub(crate) fn root(self) -> u64 {
        self.root
    }
}

/// Copies the value into the scratch's words and gives its ref there. What it overwrites in the source meanwhile is put back.
///
/// # Safety
/// As for [`Fragment::copy`].
pub(crate) unsafe fn gather(traces: &Traces, scratch: &mut Scratch, root: u64) -> u64 {
    scratch.words.clear();
    scratch.undo.clear();
    if !scratch.met.is_empty() {
        scratch.met.clear();
    }
    // SAFETY: the caller owns the heap that `root` and all it refers to are in.
    let root = unsafe { enter(traces, scratch, root) };
    let mut at = 0;
    while at < scratch.words.len() {
        let header = scratch.words[at];
        let payload = scratch.words[at + 1..].as_mut_ptr();
        // SAFETY: `enter` appends whole objects, so the payload belongs to this header.
        let bytes = unsafe { traces.bytes(header, payload) };
        let start = at + 1;
        let mut refs: smallrefs::Refs = smallrefs::Refs::default();
        let base = payload as usize;
        // SAFETY: as above; the lanes are only noted.
        unsafe {
            traces.each_ref(header, payload, |slot| {
                refs.push(start + (slot as usize - base) / 8);
            });
        }
        for lane in refs.iter() {
            let word = scratch.words[lane];
            // SAFETY: the word was copied from a live object of the caller's heap.
            scratch.words[lane] = unsafe { enter(traces, scratch, word) };
        }
        at += bytes / 8;
    }
    for &(object, header, first) in &scratch.undo {
        // SAFETY: these are the caller's objects, which nobody else sees while it copies.
        unsafe {
            *object = header;
            *object.add(1) = first;
        }
    }
    root
}

/// Copies the object a ref points to into the block, unless that was done before, and gives the ref in the block's terms.
unsafe fn enter(traces: &Traces, scratch: &mut Scratch, word: u64) -> u64 {
    if is_immediate(word) {
        return word;
    }
    let object = word as *mut u64;
    // SAFETY: the caller passes refs of live objects.
    unsafe {
        let header = *object;
        if header & HEADER_STATIC != 0 {
            return word;
        }
        if header & HEADER_SHARED != 0 {
            return enter_blob(traces, scratch, object);
        }
        let first = *object.add(1);
        if header & HEADER_FORWARDED != 0 {
            return first;
        }
        let bytes = traces.bytes(header, object.add(1));
        let offset = scratch.words.len() as u64 * 8 + FIRST_OFFSET;
        let words = std::slice::from_raw_parts(object, bytes / 8);
        scratch.words.extend_from_slice(words);
        let at = (offset - FIRST_OFFSET) as usize / 8;
        scratch.words[at] = header & HEADER_DESC_MASK;
        if resource::is_handle(header) {
            // The copy has a count of its own.
            resource::retain(first);
            scratch.handles.push(at + 1);
        }
        scratch.undo.push((object, header, first));
        *object = header | HEADER_FORWARDED;
        *object.add(1) = offset;
        offset
    }
}

/// A blob is not copied, unless everything is. Others may read its header now, so what becomes of it is noted elsewhere.
///
/// # Safety
/// It is a shared blob that the caller's heap has a count of.
#[cold]
unsafe fn enter_blob(traces: &Traces, scratch: &mut Scratch, object: *mut u64) -> u64 {
    let word = object as u64;
    if let Some(known) = scratch.met.get(&word) {
        return *known;
    }
    let mut known = word;
    // SAFETY: as the caller promises.
    unsafe {
        if scratch.whole {
            known = Fragment::offset(scratch.words.len());
            let bytes = traces.bytes(*object, object.add(1));
            scratch.words.push(*object & HEADER_DESC_MASK);
            let payload = std::slice::from_raw_parts(object.add(1), bytes / 8 - 1);
            scratch.words.extend_from_slice(payload);
        } else {
            scratch.blobs.push(Blob::of(word));
        }
    }
    scratch.met.insert(word, known);
    known
}

/// The ref lanes of one object, without an allocation for small objects.
mod smallrefs {
    #[derive(Default)]
    pub(super) struct Refs {
        inline: [usize; 8],
        len: usize,
        more: Vec<usize>,
    }

    impl Refs {
        pub(super) fn push(&mut self, lane: usize) {
            if self.len < self.inline.len() {
                self.inline[self.len] = lane;
                self.len += 1;
            } else {
                self.more.push(lane);
            }
        }

        pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
            self.inline[..self.len]
                .iter()
                .copied()
                .chain(self.more.iter().copied())
        }
    }
}
