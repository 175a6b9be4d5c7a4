//! A process's own heap: a bump nursery, an old space that survivors are copied to, large objects that stay where they are.
//! Only its owner moves objects, and only at a safepoint. Messages wait outside (see [`crate::message`]).

pub(crate) mod collect;
pub(crate) mod held;
pub(crate) mod space;
pub(crate) mod stats;
pub(crate) mod trace;
pub(crate) mod verify;

use crate::blob::{Blob, Blobs};
use crate::process::Process;
use held::Held;
use nostos_abi::object::{HEADER_LARGE, HEADER_WATCHED};
use space::{Block, Space};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Objects of at least this many bytes are large.
pub(crate) const LARGE_BYTES: usize = 32 << 10;
/// Size of the nursery that holds what a process is given to begin with; many never need more.
const NURSERY_FIRST: usize = 256;
/// Smallest size of a nursery that has been collected.
const NURSERY_MIN: usize = 1 << 10;
/// A nursery up to this size is kept for the next process of the same block.
const NURSERY_KEPT: usize = 16 << 10;
/// The nursery of a process that collects more than once between two waits grows up to here, and further only for large heaps and deep stacks.
const NURSERY_USUAL: usize = 1 << 20;
/// The largest nursery.
const NURSERY_MAX: usize = 32 << 20;
/// The old space is collected when it holds this much, or twice what the last major collection left.
const MAJOR_MIN: usize = 1 << 20;

/// Behaviour switches, the same for all heaps of an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Collect at every allocation, move everything, poison and verify.
    pub(crate) stress: bool,
    /// A process whose heap outgrows this gets an exception.
    pub(crate) limit: usize,
}

/// Why there is no memory: the process's limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutOfMemory;

/// See the module.
pub(crate) struct Heap {
    /// Its real end is here; the process's `heap_limit` is 0 instead under stress.
    nursery: Block,
    grown: Option<Box<Grown>>,
    pub(crate) held: Held,
}

/// What the heaps of most processes never have: those that end, or wait for ever, before their first collection, and without large objects.
#[derive(Default)]
struct Grown {
    old: Space,
    large_bytes: usize,
    /// Old and large objects that may refer to the nursery.
    remembered: Vec<usize>,
    /// Bytes in use after the last major collection.
    after_major: usize,
    /// Large objects with refs: the blocks they fill. Others are blobs.
    large: Vec<Block>,
    /// See [`Heap::put_off_major`].
    put_off: bool,
    /// Stress: collections so far, to make only some of them major when the heap is big.
    stress_count: u64,
    stats: stats::Ring,
}

/// Of a heap that was never collected.
static NO_STATS: stats::Ring = stats::Ring::EMPTY;
static NO_SPACE: Space = Space::EMPTY;

impl Heap {
    /// An empty heap; memory is taken at the first allocation.
    pub(crate) fn new() -> Self {
        Heap {
            nursery: Block::empty(),
            grown: None,
            held: Held::default(),
        }
    }

    fn grown(&mut self) -> &mut Grown {
        self.grown.get_or_insert_default()
    }

    /// The old space.
    #[inline]
    pub(crate) fn old(&self) -> &Space {
        self.grown.as_ref().map_or(&NO_SPACE, |grown| &grown.old)
    }

    /// Bytes of the old space in use, and of large objects. Blobs are counted in full, whoever else has them.
    #[inline]
    fn old_used(&self) -> usize {
        let grown = self.grown.as_ref();
        let own = grown.map_or(0, |grown| grown.old.used() + grown.large_bytes);
        own + self.held.blob_bytes()
    }

    /// Large objects with refs: the blocks they fill.
    fn blocks(&self) -> &[Block] {
        self.grown.as_ref().map_or(&[], |grown| &grown.large)
    }

    /// Large objects, blobs among them: where they are.
    pub(crate) fn large(&self) -> impl Iterator<Item = *mut u64> {
        let blocks = self.blocks().iter().map(|block| block.base() as *mut u64);
        let blobs = self.held.blobs().map(|blob| blob.address() as *mut u64);
        blocks.chain(blobs)
    }

    /// Where large objects with refs lie.
    pub(crate) fn blocks_ranges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.blocks()
            .iter()
            .map(|block| (block.base(), block.end()))
    }

    /// A count of each of its blobs.
    pub(crate) fn held_blobs(&self) -> impl Iterator<Item = Blob> {
        self.held.blobs().cloned()
    }

    /// Old and large objects that may refer to the nursery.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = usize> {
        let grown = self.grown.iter();
        grown.flat_map(|grown| grown.remembered.iter().copied())
    }

    /// Somebody looks through the old space piece by piece: let it grow more than usual meanwhile, or no longer.
    pub(crate) fn put_off_major(&mut self, off: bool) {
        if let Some(grown) = &mut self.grown {
            grown.put_off = off;
        }
    }

    /// Is this the address of a large object?
    pub(crate) fn has_large(&self, address: usize) -> bool {
        let mut blocks = self.blocks().iter();
        self.held.has_blob(address) || blocks.any(|block| block.base() == address)
    }

    /// Count and bytes of those blobs that another heap or a message has, too.
    pub(crate) fn shared(&self) -> (usize, usize) {
        let shared = self.held.blobs().filter(|blob| !blob.is_only());
        shared.fold((0, 0), |(count, bytes), blob| {
            (count + 1, bytes + blob.bytes())
        })
    }

    /// Its collections.
    pub(crate) fn stats(&self) -> &stats::Ring {
        self.grown.as_ref().map_or(&NO_STATS, |grown| &grown.stats)
    }

    /// Does the nursery have room for this many bytes?
    #[inline]
    pub(crate) fn has_room(&self, process: &Process, bytes: usize) -> bool {
        process.heap_top.get() + bytes <= self.nursery.end()
    }

    /// Takes bytes of the nursery that [`Heap::has_room`] confirmed.
    #[inline]
    pub(crate) fn bump(&self, process: &Process, bytes: usize) -> *mut u64 {
        let at = process.heap_top.get();
        debug_assert!(at + bytes <= self.nursery.end());
        process.heap_top.set(at + bytes);
        at as *mut u64
    }

    /// A new large object without refs. Nothing of it is written but the header. `fixed`: it may be shared as soon as its maker has filled it.
    pub(crate) fn take_blob(
        &mut self,
        blobs: &Arc<Blobs>,
        header: u64,
        bytes: usize,
        fixed: bool,
    ) -> *mut u64 {
        let blob = Blob::new(blobs, header, bytes, fixed);
        let at = blob.address() as *mut u64;
        self.held.push_blob(blob);
        at
    }

    /// A new large object's memory, zeroed. It counts as old and remembered, since its first stores have no barrier.
    pub(crate) fn take_large(&mut self, header: u64, bytes: usize) -> *mut u64 {
        let block = Block::zeroed(bytes);
        let at = block.base() as *mut u64;
        // SAFETY: the block was just made and has room for a header.
        unsafe { at.write(header | HEADER_LARGE) };
        let grown = self.grown();
        grown.large_bytes += bytes;
        grown.large.push(block);
        grown.remembered.push(at as usize);
        at
    }

    /// Room in the old space for `bytes` of objects that refer to nothing young.
    pub(crate) fn take_old(&mut self, bytes: usize) -> *mut u64 {
        self.grown().old.take(bytes) as *mut u64
    }

    /// Puts an old object into the remembered set.
    pub(crate) fn remember(&mut self, object: u64) {
        let at = object as *mut u64;
        // SAFETY: generated code passes a live object of this heap, or a constant.
        let header = unsafe { *at };
        if header & HEADER_WATCHED != 0 {
            // SAFETY: watched objects are this heap's own.
            unsafe { *at = header & !HEADER_WATCHED };
            self.grown().remembered.push(object as usize);
        }
    }

    /// Bytes in use: nursery, old space, large objects.
    pub(crate) fn used(&self, process: &Process) -> usize {
        self.young_used(process) + self.old_used()
    }

    /// Bytes reserved.
    pub(crate) fn reserved(&self) -> usize {
        let old = self.grown.as_ref();
        let old = old.map_or(0, |grown| grown.old.reserved() + grown.large_bytes);
        self.nursery.len() + old + self.held.blob_bytes()
    }

    /// Used and reserved bytes of the nursery and of the old space; count and bytes of large objects.
    pub(crate) fn spaces(&self, process: &Process) -> [(usize, usize); 3] {
        let large_bytes = self.old_used() - self.old().used();
        [
            (self.young_used(process), self.nursery.len()),
            (self.old().used(), self.old().reserved()),
            (self.blocks().len() + self.held.blob_count(), large_bytes),
        ]
    }

    fn young_used(&self, process: &Process) -> usize {
        process.heap_top.get().saturating_sub(self.nursery.base())
    }

    /// The nursery's objects, for a heap walk.
    pub(crate) fn young_range(&self, process: &Process) -> (usize, usize) {
        (
            self.nursery.base(),
            self.nursery.base() + self.young_used(process),
        )
    }

    /// Has the old space grown so much that a major collection is due?
    pub(crate) fn wants_major(&self) -> bool {
        self.wants_major_for(0)
    }

    /// The same with so many bytes more.
    pub(crate) fn wants_major_for(&self, bytes: usize) -> bool {
        let grown = self.grown.as_ref();
        let after_major = grown.map_or(0, |grown| grown.after_major);
        let put_off = grown.is_some_and(|grown| grown.put_off);
        let usual = MAJOR_MIN.max(after_major * 2);
        self.old_used() + bytes > if put_off { usual * 2 } else { usual }
    }

    /// Points the process's allocation words at the nursery.
    fn publish_nursery(&self, process: &Process, policy: Policy) {
        process.heap_top.set(self.nursery.base());
        let limit = if policy.stress { 0 } else { self.nursery.end() };
        process.heap_limit.set(limit);
        self.publish(process);
    }

    /// Says how large it is.
    #[inline]
    pub(crate) fn publish(&self, process: &Process) {
        self.held.report();
        let used = self.used(process);
        process.heap_bytes.store(used, Ordering::Relaxed);
    }

    /// Gives everything back; the process has ended. A small nursery is kept for the block's next process.
    pub(crate) fn reset(&mut self, process: &Process, policy: Policy) {
        self.held.release();
        self.grown = None;
        if self.nursery.len() > NURSERY_KEPT {
            self.nursery = Block::empty();
        }
        self.publish_nursery(process, policy);
    }
}

impl Heap {
    /// Memory behind the nursery's objects that stays as it is until the next allocation, if there is so much.
    pub(crate) fn spare(
        &mut self,
        process: &Process,
        bytes: usize,
        policy: Policy,
    ) -> Option<*mut u64> {
        if self.nursery.len() == 0 && bytes <= NURSERY_FIRST {
            self.nursery = Block::new(NURSERY_FIRST);
            self.publish_nursery(process, policy);
        }
        self.has_room(process, bytes)
            .then(|| process.heap_top.get() as *mut u64)
    }
}

/// Where copied objects may go.
pub(crate) struct Room {
    pub(crate) address: *mut u64,
    /// Bits for the headers of objects there.
    pub(crate) bits: u64,
}

impl Heap {
    /// Room for a copied value, without a collection: in the nursery, or else in the old space.
    #[inline]
    pub(crate) fn room_for(&mut self, process: &Process, bytes: usize, policy: Policy) -> Room {
        if bytes == 0 {
            return Room {
                address: std::ptr::NonNull::<u64>::dangling().as_ptr(),
                bits: 0,
            };
        }
        if self.nursery.len() == 0 && bytes <= NURSERY_FIRST / 2 {
            self.nursery = Block::new(NURSERY_FIRST);
            self.publish_nursery(process, policy);
        }
        if self.has_room(process, bytes) {
            return Room {
                address: self.bump(process, bytes),
                bits: 0,
            };
        }
        Room {
            address: self.take_old(bytes),
            bits: HEADER_WATCHED,
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.held.release();
    }
}
