//! Checks a heap from end to end. Only under `NOSTOS_GC=stress`, after every collection.

use super::collect::{Tools, each_root};
use super::space::Mark;
use crate::process::{Own, Process};
use nostos_abi::object::{HEADER_DESC_MASK, HEADER_FORWARDED, HEADER_STATIC, is_immediate};

/// Panics when a root or an object refers to something that is no object. The nursery is empty.
pub(crate) fn verify(tools: Tools, process: &Process, own: &mut Own) {
    let mut bad: Option<(u64, &str)> = None;
    let heap = &own.heap;
    let check = |word: u64, whence: &'static str, bad: &mut Option<(u64, &str)>| {
        if is_immediate(word) {
            return;
        }
        let aligned = word.is_multiple_of(8);
        let large = heap.has_large(word as usize);
        // A static object is told by its header, which may only be read once the address is plausible.
        let known = aligned && (large || heap.old().contains(word as usize) || word >> 40 != 0);
        if !known {
            *bad = Some((word, whence));
            return;
        }
        // SAFETY: the word is in a live block, or, for a static object, in the arena; anything else is the bug we look for, and a fault here shows it as well.
        let header = unsafe { *(word as *const u64) };
        let ours = large || heap.old().contains(word as usize);
        let index = (header & HEADER_DESC_MASK) as usize;
        if header & HEADER_FORWARDED != 0
            || index >= tools.traces.len()
            || (!ours && header & HEADER_STATIC == 0)
        {
            *bad = Some((word, whence));
        }
    };
    let (mut thrown, mut locals) = (
        own.thrown,
        own.rare_if_any()
            .map_or_else(Vec::new, |rare| rare.locals.clone()),
    );
    // SAFETY: the owner calls this at a safepoint; the words are only read.
    unsafe {
        each_root(
            tools.registry,
            process,
            &mut thrown,
            &mut locals,
            own.arg_roots,
            |slot| {
                check(*slot, "a root", &mut bad);
            },
        );
    }
    let mut scan = Mark::START;
    while let Some(object) = heap.old().at(&mut scan) {
        // SAFETY: the old space holds whole objects, one after the other.
        unsafe {
            tools.traces.each_ref(*object, object.add(1), |slot| {
                check(*slot, "an object", &mut bad)
            });
            scan.step(tools.traces.bytes(*object, object.add(1)));
        }
    }
    for object in heap.large() {
        // SAFETY: these are live objects of the heap's.
        unsafe {
            tools.traces.each_ref(*object, object.add(1), |slot| {
                check(*slot, "a large object", &mut bad)
            });
        }
    }
    if let Some((word, whence)) = bad {
        panic!(
            "heap of process {} is broken: {whence} holds {word:#x}",
            process.pid()
        );
    }
}
