//! What the collector needs of each descriptor, in a table that is read without locks and only ever grows.

use nostos_abi::desc::{Desc, Layout};
use nostos_abi::object::{HEADER_DESC_MASK, Lane};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to find the refs of an object and its end.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
enum Kind {
    /// `words` payload words; the mask says which are refs.
    Fixed,
    /// As `Fixed`, but the mask is the address of a slice of bools with `words` entries, kept for ever.
    Wide,
    /// A count, then groups of `words` words.
    Elements,
    /// A length in bytes, then the bytes.
    Bytes,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
    words: u32,
    mask: u64,
}

const CHUNK: usize = 1 << 10;
const CHUNKS: usize = 1 << 12;

/// The table. One writer at a time (the image's lock); readers only know indices that were written before the code using them was published.
pub(crate) struct Traces {
    chunks: Box<[AtomicUsize]>,
    len: AtomicUsize,
}

impl Traces {
    pub(crate) fn new() -> Self {
        Traces {
            chunks: (0..CHUNKS).map(|_| AtomicUsize::new(0)).collect(),
            len: AtomicUsize::new(0),
        }
    }

    /// Number of descriptors known.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Adds the next descriptor.
    pub(crate) fn push(&self, desc: &Desc) {
        let index = self.len.load(Ordering::Relaxed);
        let entry = entry_of(desc);
        let chunk = &self.chunks[index / CHUNK];
        if chunk.load(Ordering::Relaxed) == 0 {
            let empty = Entry {
                kind: Kind::Fixed,
                words: 1,
                mask: 0,
            };
            let fresh: Box<[Entry]> = vec![empty; CHUNK].into_boxed_slice();
            chunk.store(
                Box::into_raw(fresh).cast::<Entry>() as usize,
                Ordering::Release,
            );
        }
        let at = chunk.load(Ordering::Relaxed) as *mut Entry;
        // SAFETY: the chunk has CHUNK entries, and no reader knows this index before `len` is raised.
        unsafe { at.add(index % CHUNK).write(entry) };
        self.len.store(index + 1, Ordering::Release);
    }

    #[inline]
    fn get(&self, header: u64) -> Entry {
        let index = (header & HEADER_DESC_MASK) as usize;
        debug_assert!(index < self.len(), "unknown descriptor {index}");
        let chunk = self.chunks[index / CHUNK].load(Ordering::Acquire) as *const Entry;
        // SAFETY: headers hold indices that were pushed, and chunks are never freed while objects exist.
        unsafe { *chunk.add(index % CHUNK) }
    }

    /// Size of the object in bytes, with its header.
    ///
    /// # Safety
    /// `payload` are the words after a header `header` of a live object (or of its copy).
    #[inline]
    pub(crate) unsafe fn bytes(&self, header: u64, payload: *const u64) -> usize {
        let entry = self.get(header);
        // SAFETY: every object has at least one payload word.
        let first = || unsafe { *payload } as usize;
        match entry.kind {
            Kind::Fixed | Kind::Wide => 8 + entry.words as usize * 8,
            Kind::Elements => 16 + first() * entry.words as usize * 8,
            Kind::Bytes => 16 + first().next_multiple_of(8),
        }
    }

    /// May objects with this header hold refs? Of those of a fixed size it is not asked.
    pub(crate) fn has_refs(&self, header: u64) -> bool {
        let entry = self.get(header);
        match entry.kind {
            Kind::Fixed | Kind::Wide => true,
            Kind::Elements => entry.mask != 0,
            Kind::Bytes => false,
        }
    }

    /// The words of an element, when objects with this header are a count and elements.
    pub(crate) fn stride(&self, header: u64) -> Option<usize> {
        let entry = self.get(header);
        matches!(entry.kind, Kind::Elements).then_some(entry.words as usize)
    }

    /// The object's size in bytes, when it is of a fixed size and holds no refs.
    #[inline]
    pub(crate) fn flat_bytes(&self, header: u64) -> Option<usize> {
        let entry = self.get(header);
        let flat = matches!(entry.kind, Kind::Fixed) && entry.mask == 0;
        flat.then_some(8 + entry.words as usize * 8)
    }

    /// Calls `f` with the address of every ref lane of the object.
    ///
    /// # Safety
    /// As for [`Traces::bytes`]; `f` may write the lane it is given and nothing else of the object.
    #[inline]
    pub(crate) unsafe fn each_ref(
        &self,
        header: u64,
        payload: *mut u64,
        mut f: impl FnMut(*mut u64),
    ) {
        let entry = self.get(header);
        match entry.kind {
            Kind::Fixed => {
                let mut mask = entry.mask;
                while mask != 0 {
                    // SAFETY: mask bits are below the number of payload words.
                    f(unsafe { payload.add(mask.trailing_zeros() as usize) });
                    mask &= mask - 1;
                }
            }
            Kind::Wide => {
                // SAFETY: `entry_of` leaked a slice of this length at this address.
                let refs = unsafe {
                    std::slice::from_raw_parts(entry.mask as *const bool, entry.words as usize)
                };
                for (i, _) in refs.iter().enumerate().filter(|(_, is_ref)| **is_ref) {
                    // SAFETY: there is one entry for each payload word.
                    f(unsafe { payload.add(i) });
                }
            }
            Kind::Elements => {
                if entry.mask == 0 {
                    return;
                }
                // SAFETY: word 0 is the count, and that many groups follow.
                let (count, first) = unsafe { (*payload as usize, payload.add(1)) };
                for i in 0..count {
                    let mut mask = entry.mask;
                    while mask != 0 {
                        let lane = i * entry.words as usize + mask.trailing_zeros() as usize;
                        // SAFETY: inside of group `i`.
                        f(unsafe { first.add(lane) });
                        mask &= mask - 1;
                    }
                }
            }
            Kind::Bytes => {}
        }
    }
}

fn entry_of(desc: &Desc) -> Entry {
    let is_ref = |lanes: &[Lane]| -> Vec<bool> { lanes.iter().map(|l| *l == Lane::Ref).collect() };
    let fixed = |refs: Vec<bool>| {
        let words = refs.len() as u32;
        assert!(words > 0, "an object needs a payload word: {desc:?}");
        if words <= 64 {
            return Entry {
                kind: Kind::Fixed,
                words,
                mask: mask_of(&refs),
            };
        }
        let kept: &'static [bool] = Vec::leak(refs);
        Entry {
            kind: Kind::Wide,
            words,
            mask: kept.as_ptr() as u64,
        }
    };
    match &desc.layout {
        Layout::Fixed(lanes) => fixed(is_ref(lanes)),
        Layout::Closure(lanes) => {
            let mut refs = vec![false];
            refs.extend(is_ref(lanes));
            fixed(refs)
        }
        Layout::Elements(lanes) => {
            assert!(lanes.len() <= 64, "elements of more than 64 lanes");
            Entry {
                kind: Kind::Elements,
                words: lanes.len() as u32,
                mask: mask_of(&is_ref(lanes)),
            }
        }
        Layout::Bytes => Entry {
            kind: Kind::Bytes,
            words: 0,
            mask: 0,
        },
    }
}

fn mask_of(refs: &[bool]) -> u64 {
    refs.iter()
        .enumerate()
        .fold(0, |mask, (i, is_ref)| mask | (u64::from(*is_ref) << i))
}

impl Drop for Traces {
    fn drop(&mut self) {
        for chunk in &self.chunks {
            let at = chunk.load(Ordering::Relaxed) as *mut Entry;
            if !at.is_null() {
                // SAFETY: it came from a box of CHUNK entries, and the image that could read it is gone.
                drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(at, CHUNK)) });
            }
        }
    }
}
