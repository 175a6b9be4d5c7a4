//! The copying collector (Cheney 1970; generations as in OCaml's: what survives one minor collection is promoted).
//!
//! A minor collection copies the live objects of the nursery to the old space. Roots: the refs the stack maps name, the argument
//! area, the last thrown value, the remembered set. A major one copies nursery and old space to a new old space and frees
//! the large objects that were not reached; of blobs, which others may have too, it gives its counts back. Queued messages are outside, so they are no roots.

use super::held::Held;
use super::space::{Mark, Space};
use super::stats::{Collection, Reason};
use super::trace::Traces;
use super::{
    Grown, Heap, LARGE_BYTES, NURSERY_FIRST, NURSERY_MAX, NURSERY_MIN, NURSERY_USUAL, OutOfMemory,
    Policy,
};
use crate::blob::Blobs;
use crate::code::registry::Registry;
use crate::process::{Own, Process};
use crate::walk;
use nostos_abi::object::{
    HEADER_COUNTED, HEADER_DESC_MASK, HEADER_FORWARDED, HEADER_LARGE, HEADER_MARKED, HEADER_STATIC,
    HEADER_WATCHED, is_immediate,
};
use std::sync::Arc;
use std::time::Instant;

/// What a collection needs of the image.
#[derive(Clone, Copy)]
pub(crate) struct Tools<'a> {
    pub(crate) traces: &'a Traces,
    pub(crate) registry: &'a Registry,
    pub(crate) totals: &'a super::stats::Totals,
    pub(crate) blobs: &'a Arc<Blobs>,
    pub(crate) policy: Policy,
}

/// Memory for an object of `bytes`; collects when there is no room. The object's header is written, its payload is not.
#[inline]
pub(crate) fn allocate(
    tools: Tools,
    process: &Process,
    own: &mut Own,
    header: u64,
    bytes: usize,
) -> Result<*mut u64, OutOfMemory> {
    if bytes >= LARGE_BYTES {
        return allocate_large(tools, process, own, header, bytes, false);
    }
    reserve(tools, process, own, bytes)?;
    let at = own.heap.bump(process, bytes);
    // SAFETY: `bump` gave `bytes` ≥ 16 writable bytes.
    unsafe { at.write(header) };
    Ok(at)
}

/// Memory for a large object; as for [`allocate`]. `fixed`: nobody writes it after its maker has filled it.
#[cold]
pub(crate) fn allocate_large(
    tools: Tools,
    process: &Process,
    own: &mut Own,
    header: u64,
    bytes: usize,
    fixed: bool,
) -> Result<*mut u64, OutOfMemory> {
    if tools.policy.stress {
        collect(tools, process, own, Reason::Stress, 0)?;
    } else if own.heap.wants_major() {
        collect(tools, process, own, Reason::OldSpaceGrown, 0)?;
    }
    if own.heap.used(process) + bytes > tools.policy.limit {
        collect(tools, process, own, Reason::OldSpaceGrown, 0)?;
        if own.heap.used(process) + bytes > tools.policy.limit {
            return Err(OutOfMemory);
        }
    }
    Ok(match tools.traces.has_refs(header) {
        true => own.heap.take_large(header, bytes),
        false => own.heap.take_blob(tools.blobs, header, bytes, fixed),
    })
}

/// Makes sure that `bytes` can be taken from the nursery without a collection.
#[inline]
pub(crate) fn reserve(
    tools: Tools,
    process: &Process,
    own: &mut Own,
    bytes: usize,
) -> Result<(), OutOfMemory> {
    if tools.policy.stress {
        return collect(tools, process, own, Reason::Stress, bytes);
    }
    if own.heap.has_room(process, bytes) {
        return Ok(());
    }
    collect(tools, process, own, Reason::NurseryFull, bytes)
}

/// Collects, and leaves a nursery with room for `need` bytes.
pub(crate) fn collect(
    tools: Tools,
    process: &Process,
    own: &mut Own,
    reason: Reason,
    need: usize,
) -> Result<(), OutOfMemory> {
    let before = own.heap.used(process);
    let noted = reason != Reason::NurseryFull || own.heap.stats().is_noted(before);
    let start = noted.then(Instant::now);
    let old_before = own.heap.old().used();
    let major = match reason {
        Reason::NurseryFull => false,
        Reason::OldSpaceGrown | Reason::Asked => true,
        Reason::Stress => {
            let count = &mut own.heap.grown().stress_count;
            *count += 1;
            before < 256 << 10 || count.is_multiple_of(256)
        }
    };
    let young_before = own.heap.young_used(process);
    run(tools, process, own, major);
    let promoted = if major {
        young_before.min(own.heap.old().used())
    } else {
        own.heap.old().used() - old_before
    };
    // A full nursery may have filled the old space.
    let grown = !major && own.heap.wants_major();
    if grown {
        run(tools, process, own, true);
    }
    if major || grown {
        own.heap.grown().after_major = own.heap.old_used();
    }
    let depth = own
        .stack
        .as_ref()
        .map_or(0, |s| s.top() - process.saved_sp.get());
    resize_nursery(own, young_before, promoted, depth, need, tools.policy);
    own.heap.publish_nursery(process, tools.policy);
    if tools.policy.stress {
        super::verify::verify(tools, process, own);
    }
    let after = own.heap.used(process);
    let stats = &mut own.heap.grown().stats;
    if let Some(start) = start {
        let collection = Collection {
            pid: process.pid(),
            reason: if grown { Reason::OldSpaceGrown } else { reason },
            major: major || grown,
            pause: start.elapsed(),
            before,
            after,
            promoted,
            at: tools.totals.now(),
        };
        tools
            .totals
            .record(collection, stats.stands_for(&collection));
        stats.record(collection);
    } else {
        // A heap so small that it is not noted is far from a major collection.
        stats.count_one();
        tools
            .totals
            .count_one(false, before.saturating_sub(after), promoted);
    }
    if after + need > tools.policy.limit {
        return Err(OutOfMemory);
    }
    Ok(())
}

/// A nursery so large that the next collection is worth its fixed costs: scanning the stack and what is likely to survive.
fn resize_nursery(
    own: &mut Own,
    young_before: usize,
    promoted: usize,
    depth: usize,
    need: usize,
    policy: Policy,
) {
    let len = own.heap.nursery.len();
    let survived_much = promoted * 8 > young_before;
    // One that allocates a little each time it is woken has many fellows: small nurseries stay in the cache, large ones are only dirtied.
    let calm = std::mem::take(&mut own.calm) && !survived_much;
    let mut want = len.max(NURSERY_MIN);
    if len == NURSERY_FIRST {
        // It allocates after all.
        want = NURSERY_MIN * 2;
    } else if young_before * 2 > len
        && (len < NURSERY_USUAL / 4 || survived_much)
        && !calm
        && len < NURSERY_USUAL
    {
        want = (len * 2).clamp(NURSERY_MIN, NURSERY_USUAL);
    }
    // Large live data: so that the number of minor collections per major one stays bounded.
    want = want.max((own.heap.grown().after_major / 2).min(NURSERY_MAX));
    // Deep recursion: scanning the stack costs as much as it is deep.
    want = want.max((depth * 2).min(NURSERY_MAX * 4));
    if policy.stress {
        want = NURSERY_MIN;
    }
    want = want.max(need.next_multiple_of(NURSERY_MIN));
    let shrink = len > want * 4;
    if len < want || shrink || policy.stress {
        own.heap.nursery = super::Block::new(want);
    }
}

fn run(tools: Tools, process: &Process, own: &mut Own, major: bool) {
    let arg_roots = own.arg_roots;
    let (heap, thrown, locals) = own.roots();
    let (young_base, young_end) = heap.young_range(process);
    let Heap {
        nursery,
        grown,
        held,
    } = heap;
    let grown: &mut Grown = grown.get_or_insert_default();
    let from = if major {
        std::mem::take(&mut grown.old)
    } else {
        Space::default()
    };
    let scan = grown.old.mark();
    let mut copier = Copier {
        traces: tools.traces,
        young_base,
        young_len: young_end - young_base,
        major,
        to: std::mem::take(&mut grown.old),
        marked: Vec::new(),
        held,
    };
    // SAFETY: the owner runs this at a safepoint: the roots below are all there are, and they are aligned words of live memory.
    unsafe {
        each_root(tools.registry, process, thrown, locals, arg_roots, |slot| {
            copier.visit(slot);
        });
        if !major {
            for &object in &grown.remembered {
                copier.visit_object(object as *mut u64);
            }
        }
        copier.drain(scan);
    }
    for &object in &grown.remembered {
        let at = object as *mut u64;
        // SAFETY: remembered objects are old or large ones; in a major collection old ones are now forwarded or dead, but their memory is still there.
        unsafe { *at |= HEADER_WATCHED };
    }
    grown.remembered.clear();
    grown.old = copier.to;
    let held = copier.held;
    // SAFETY: nursery and old space are freed later.
    unsafe {
        held.follow_handles(|object| {
            major || object.wrapping_sub(young_base) < young_end - young_base
        });
    }
    if major {
        held.sweep_blobs(tools.policy.stress);
    }
    if major {
        grown.large.retain(|block| {
            let at = block.base() as *mut u64;
            // SAFETY: a large object's header is the first word of its block.
            let header = unsafe { *at };
            let live = header & HEADER_MARKED != 0;
            // SAFETY: as above.
            unsafe { *at = (header & !HEADER_MARKED) | HEADER_WATCHED };
            if !live && tools.policy.stress {
                block.poison();
            }
            live
        });
        grown.large_bytes = grown.large.iter().map(super::Block::len).sum();
    }
    if tools.policy.stress {
        from.poison();
        nursery.poison();
    }
    process.heap_top.set(nursery.base());
}

/// Calls `f` with every word outside of the heap that may refer into it.
///
/// # Safety
/// The caller owns the process, which is suspended in the shim (or has never run); `f` may write the words it is given.
pub(crate) unsafe fn each_root(
    registry: &Registry,
    process: &Process,
    thrown: &mut u64,
    locals: &mut [(u64, u64)],
    arg_roots: u32,
    mut f: impl FnMut(*mut u64),
) {
    let mut mask = arg_roots;
    while mask != 0 {
        f(process.args[mask.trailing_zeros() as usize].as_ptr());
        mask &= mask - 1;
    }
    f(thrown);
    for (_, word) in locals {
        f(word);
    }
    if process.saved_sp.get() == 0 {
        return;
    }
    // SAFETY: as the caller promises; root offsets are from the frame's own stack map.
    unsafe {
        walk::frames(registry, process, |frame| {
            for &offset in &frame.mapped.roots {
                f((frame.sp + offset as usize) as *mut u64);
            }
            true
        });
    }
}

struct Copier<'a> {
    traces: &'a Traces,
    young_base: usize,
    young_len: usize,
    major: bool,
    to: Space,
    /// Large objects reached but not yet scanned.
    marked: Vec<*mut u64>,
    held: &'a mut Held,
}

impl Copier<'_> {
    /// Updates one ref.
    #[inline]
    unsafe fn visit(&mut self, slot: *mut u64) {
        // SAFETY: the caller gives an aligned, live word.
        let word = unsafe { *slot };
        if is_immediate(word) {
            return;
        }
        let young = (word as usize).wrapping_sub(self.young_base) < self.young_len;
        if !young && !self.major {
            return;
        }
        let object = word as *mut u64;
        // SAFETY: a ref that is no immediate points to an object's header.
        let header = unsafe { *object };
        if header & HEADER_FORWARDED != 0 {
            // SAFETY: a forwarded object's first payload word is where it went.
            unsafe { *slot = *object.add(1) };
        } else if header & HEADER_STATIC != 0 {
            // Constants stay, and refer to constants only.
        } else if header & HEADER_COUNTED != 0 {
            self.held.mark(word as usize);
        } else if header & HEADER_LARGE != 0 {
            if header & HEADER_MARKED == 0 {
                // SAFETY: as above.
                unsafe { *object = header | HEADER_MARKED };
                self.marked.push(object);
            }
        } else {
            // SAFETY: the object is live and has this header.
            unsafe {
                let bytes = self.traces.bytes(header, object.add(1));
                let copy = self.to.take(bytes) as *mut u64;
                std::ptr::copy_nonoverlapping(object.add(1), copy.add(1), bytes / 8 - 1);
                *copy = (header & HEADER_DESC_MASK) | HEADER_WATCHED;
                *object = header | HEADER_FORWARDED;
                *object.add(1) = copy as u64;
                *slot = copy as u64;
            }
        }
    }

    /// Updates the refs of an object that stays where it is.
    unsafe fn visit_object(&mut self, object: *mut u64) {
        // SAFETY: the caller gives a live object.
        unsafe {
            let traces = self.traces;
            traces.each_ref(*object, object.add(1), |slot| self.visit(slot));
        }
    }

    /// Scans what has been copied or marked until nothing new turns up.
    unsafe fn drain(&mut self, mut scan: Mark) {
        loop {
            while let Some(object) = self.to.at(&mut scan) {
                // SAFETY: everything in the new space is a whole object.
                unsafe {
                    let bytes = self.traces.bytes(*object, object.add(1));
                    self.visit_object(object);
                    scan.step(bytes);
                }
            }
            match self.marked.pop() {
                // SAFETY: marked objects are live large ones.
                Some(object) => unsafe { self.visit_object(object) },
                None => return,
            }
        }
    }
}
