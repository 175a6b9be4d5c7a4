//! Large objects without refs, counted: their bytes lie once in the image, however many heaps and messages refer to them.
//!
//! A blob is an object like any other, with a count before its header. It is not written after it is *shared* (`HEADER_SHARED`: strings from their
//! making, arrays when the library has frozen them), not even its header: two heaps may read it at once. So a collection notes in its own heap's table
//! what it has reached (see [`crate::heap`]), and a copy into a message leaves no trace in it. Why it is so: docs/decisions/015-shared-blobs.md.

use nostos_abi::object::{HEADER_COUNTED, HEADER_LARGE, HEADER_SHARED};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

/// Byte objects of at least this size are blobs. Smaller ones are copied in less time than it takes to make, count and free a blob.
pub(crate) const BLOB_BYTES: usize = 4 << 10;
/// Addresses below are no blob's that is shared: in a message they would be offsets. Miri's are low, and its messages short.
pub(crate) const FIRST_ADDRESS: u64 = if cfg!(miri) { 1 << 14 } else { 1 << 40 };

/// The blobs of an image.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    /// How many there are.
    count: AtomicUsize,
    /// Their bytes, each counted once.
    bytes: AtomicUsize,
    /// Bytes that heaps have reported as theirs (`Process::heap_bytes`): each counted as often as there are heaps that have it.
    reported: AtomicUsize,
}

impl Blobs {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Their bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Their bytes as often as they are part of what heaps say of themselves.
    pub(crate) fn reported(&self) -> usize {
        self.reported.load(Ordering::Relaxed)
    }

    /// A heap says now that it has `now` bytes of them, and said `before`.
    pub(crate) fn report(&self, before: usize, now: usize) {
        self.reported
            .fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }
}

/// What lies before the object.
#[repr(C, align(16))]
struct Prefix {
    count: AtomicUsize,
    /// Bytes of the object.
    bytes: usize,
    blobs: Arc<Blobs>,
}

/// One count of a blob. Invariant: it was made by [`Blob::new`], and this is one of its counts.
#[derive(Debug)]
pub(crate) struct Blob(NonNull<Prefix>);

// SAFETY: the count is atomic; the object is written only while one thread has it, as its `HEADER_SHARED` says.
unsafe impl Send for Blob {}
// SAFETY: as above.
unsafe impl Sync for Blob {}

fn layout(bytes: usize) -> Layout {
    let all = size_of::<Prefix>() + bytes;
    Layout::from_size_align(all, align_of::<Prefix>()).expect("a blob's size")
}

impl Blob {
    /// A new object of this many bytes; its header is written, its payload is not. `fixed`: nobody writes it after its maker has filled it, so it may be shared.
    pub(crate) fn new(blobs: &Arc<Blobs>, header: u64, bytes: usize, fixed: bool) -> Self {
        let layout = layout(bytes);
        // SAFETY: the layout has a size above zero.
        let Some(prefix) = NonNull::new(unsafe { alloc(layout) }.cast::<Prefix>()) else {
            handle_alloc_error(layout);
        };
        blobs.count.fetch_add(1, Ordering::Relaxed);
        blobs.bytes.fetch_add(bytes, Ordering::Relaxed);
        let blob = Blob(prefix);
        // SAFETY: the memory was just taken, aligned for a prefix and with room for it and the object, and nobody else knows it.
        unsafe {
            prefix.write(Prefix {
                count: AtomicUsize::new(1),
                bytes,
                blobs: blobs.clone(),
            });
            let object = blob.address() as *mut u64;
            object.write(header | HEADER_LARGE | HEADER_COUNTED);
            if fixed {
                share(object as u64);
            }
        }
        blob
    }

    /// One more count of the blob whose object this is.
    ///
    /// # Safety
    /// `object` is a blob's, somebody has a count of it meanwhile, and its header says that it is shared.
    pub(crate) unsafe fn of(object: u64) -> Self {
        let prefix = object as usize - size_of::<Prefix>();
        // SAFETY: a blob's object lies behind its prefix.
        let blob = unsafe { Blob(NonNull::new_unchecked(prefix as *mut Prefix)) };
        let one_more = blob.clone();
        // The count it has been taken for was another's.
        std::mem::forget(blob);
        one_more
    }

    fn prefix(&self) -> &Prefix {
        // SAFETY: by the invariant the memory is there as long as this count.
        unsafe { self.0.as_ref() }
    }

    /// Where the object is.
    pub(crate) fn address(&self) -> usize {
        self.0.as_ptr() as usize + size_of::<Prefix>()
    }

    /// Bytes of the object.
    pub(crate) fn bytes(&self) -> usize {
        self.prefix().bytes
    }

    /// Whose accounts it is in.
    pub(crate) fn blobs(&self) -> &Arc<Blobs> {
        &self.prefix().blobs
    }

    /// Does nobody else have a count of it?
    pub(crate) fn is_only(&self) -> bool {
        self.prefix().count.load(Ordering::Acquire) == 1
    }

    /// Fills it with poison, if it is about to be freed.
    pub(crate) fn poison(&self, poison: u8) {
        if self.is_only() {
            // SAFETY: this is the only count, and its owner is about to give it back.
            unsafe { std::ptr::write_bytes(self.address() as *mut u8, poison, self.bytes()) };
        }
    }
}

impl Clone for Blob {
    fn clone(&self) -> Self {
        // As `Arc`: whoever has a count keeps the memory alive, so there is nothing to order.
        let before = self.prefix().count.fetch_add(1, Ordering::Relaxed);
        assert!(before < isize::MAX as usize, "too many counts of a blob");
        Blob(self.0)
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        if self.prefix().count.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // All that others have read of it was before they gave their counts back.
        fence(Ordering::Acquire);
        // SAFETY: it was the last count: nobody else knows the memory, which `new` took with this layout.
        unsafe {
            let prefix = self.0.read();
            prefix.blobs.count.fetch_sub(1, Ordering::Relaxed);
            prefix
                .blobs
                .bytes
                .fetch_sub(prefix.bytes, Ordering::Relaxed);
            dealloc(self.0.as_ptr().cast(), layout(prefix.bytes));
        }
    }
}

/// Nobody will write this object again. One that is no blob stays as it is: it is copied.
///
/// # Safety
/// `object` is a live object of a heap the caller owns, and holds no refs.
pub(crate) unsafe fn share(object: u64) {
    let at = object as *mut u64;
    // SAFETY: a live object has a header. One that is not shared is this heap's alone, so it may be written; a shared or constant one is not.
    unsafe {
        let header = *at;
        if header & HEADER_COUNTED != 0 && header & HEADER_SHARED == 0 && object >= FIRST_ADDRESS {
            at.write(header | HEADER_SHARED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Blob, Blobs};
    use nostos_abi::desc::fixed;
    use nostos_abi::object::{HEADER_SHARED, header};
    use std::sync::Arc;

    fn filled(blobs: &Arc<Blobs>, words: usize) -> Blob {
        let bytes = 16 + words * 8;
        let blob = Blob::new(blobs, header(fixed::STRING_BYTES), bytes, true);
        let at = blob.address() as *mut u64;
        // SAFETY: the object has a header, a length and `words` words.
        unsafe {
            at.add(1).write(words as u64 * 8);
            for i in 0..words {
                at.add(2 + i).write(i as u64);
            }
        }
        blob
    }

    #[test]
    fn it_goes_with_its_last_count() {
        let blobs = Arc::new(Blobs::default());
        let one = filled(&blobs, 10);
        assert_eq!((blobs.count(), blobs.bytes()), (1, 96));
        let two = one.clone();
        // SAFETY: two counts are there.
        let three = unsafe { Blob::of(one.address() as u64) };
        drop(one);
        drop(three);
        assert!(two.is_only());
        assert_eq!((blobs.count(), blobs.bytes()), (1, 96));
        drop(two);
        assert_eq!((blobs.count(), blobs.bytes()), (0, 0));
        assert_eq!(Arc::strong_count(&blobs), 1);
    }

    #[test]
    fn what_may_still_be_written_is_not_shared() {
        let blobs = Arc::new(Blobs::default());
        for fixed in [false, true] {
            let blob = Blob::new(&blobs, header(fixed::STRING_BYTES), 64, fixed);
            // SAFETY: it is there.
            let header = unsafe { *(blob.address() as *const u64) };
            // With low addresses nothing is.
            let high = blob.address() as u64 >= super::FIRST_ADDRESS;
            assert_eq!(header & HEADER_SHARED != 0, fixed && high);
        }
    }

    #[test]
    fn threads_count_at_once() {
        let blobs = Arc::new(Blobs::default());
        let blob = filled(&blobs, 100);
        let rounds = if cfg!(miri) { 20 } else { 2000 };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let mine = blob.clone();
                scope.spawn(move || {
                    for _ in 0..rounds {
                        let another = mine.clone();
                        // SAFETY: `another` is a count of it; the object has so many words.
                        assert_eq!(unsafe { *(another.address() as *const u64).add(101) }, 99);
                    }
                });
            }
            drop(blob);
        });
        assert_eq!(blobs.count(), 0);
    }
}
