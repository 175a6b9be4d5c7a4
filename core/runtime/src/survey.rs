//! A process's heap copied out, to be looked at while the process runs on: its objects as a graph, what keeps which alive and how much.
//!
//! In: a process, held at safepoints for one bounded piece of copying each. Out: a [`Survey`], which belongs to whoever asked. Absent: types, beyond what
//! descriptors say.
//!
//! The first stop takes what moves: roots, nursery, and the old objects that refer to it; and it notes how far the old space is filled. What lies before that
//! is copied piece by piece, and stays where it is until the next major collection, which is put off meanwhile. If there is one all the same, all
//! begins anew, and the third time everything is copied in one stop. Between the pieces the program may write into arrays and `var`s: what is written
//! there then refers to objects that were made meanwhile. Those are left out, and counted: nothing here ever looks into the heap again, which is no longer
//! what it was.

mod dominators;
mod objects;

use crate::blob::Blob;
use crate::code::Code;
use crate::core::Core;
use crate::heap::trace::Traces;
use crate::mutex::Mutex;
use crate::process::{Own, Process};
use crate::value::Memory;
use crate::walk;
use dominators::{Edges, Tree};
use nostos_abi::object::{HEADER_DESC_MASK, is_immediate};
pub use objects::{FieldLine, ObjectLine, ObjectReport, Step, TypeLine};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Words copied in one stop.
const PIECE: usize = 64 << 10;
/// Remembered objects up to this many words are copied whole in the first stop; of larger ones the elements that refer to the nursery.
const REMEMBERED: usize = 1 << 10;
/// How often it is tried piece by piece.
const TRIES: usize = 2;

/// See the module.
pub struct Survey {
    /// Whose heap it was.
    pub pid: u64,
    /// How often the process was held.
    pub stops: usize,
    /// For how long altogether.
    pub held: Duration,
    /// For how long at most at a time.
    pub longest: Duration,
    /// How often living objects refer to what was made while they were copied.
    pub left_out: usize,
    memory: Copied,
    nodes: Vec<Node>,
    roots: Vec<Root>,
    /// What refers to what; the roots are the edges of the node behind the last.
    edges: Edges,
    tree: Tree,
    retained: Vec<u64>,
    /// For each node one from which it can be reached in the fewest steps.
    whence: Vec<u32>,
    /// The type whose objects were asked for last, and they.
    found: Mutex<Option<(String, Arc<[u32]>)>>,
}

/// An object.
#[derive(Clone, Copy, Debug)]
struct Node {
    address: usize,
    desc: u32,
    bytes: usize,
}

/// A word outside of the heap that refers into it.
struct Root {
    word: u64,
    place: Place,
}

/// Where a root is.
enum Place {
    /// In a frame: its function and where it goes on there.
    Frame(Arc<Code>, u32),
    /// What the process was started with or is about to give the runtime.
    Argument,
    /// What was thrown last.
    Thrown,
    /// A value that the process keeps by name.
    Local,
}

/// The copied words. Blobs are not copied: a count keeps them, and nobody writes them. Neither are constants, which stay for ever.
#[derive(Default)]
pub(crate) struct Copied {
    /// By address; they do not overlap.
    spans: Vec<Span>,
    /// By address.
    blobs: Vec<Blob>,
    /// Where constants are.
    constants: Range<usize>,
}

/// Words as they were in the first stop, for those that referred to the nursery: when the rest of their objects is copied, the nursery is another.
#[derive(Default)]
struct Noted {
    /// Addresses, and how many of the words are from there on.
    at: Vec<(usize, usize)>,
    words: Vec<u64>,
}

struct Span {
    base: usize,
    words: Vec<u64>,
    /// How many words it is to have.
    len: usize,
    /// It is one object.
    large: bool,
}

impl Span {
    fn end(&self) -> usize {
        self.base + self.words.len() * 8
    }
}

impl Copied {
    fn span(&self, address: usize) -> Option<&Span> {
        let after = self.spans.partition_point(|span| span.base <= address);
        let span = &self.spans[after.checked_sub(1)?];
        (address < span.end()).then_some(span)
    }

    /// Words that were copied; none if they were not.
    pub(crate) fn words(&self, address: u64, count: usize) -> Option<&[u64]> {
        let address = address as usize;
        let span = self.span(address)?;
        span.words[(address - span.base) / 8..].get(..count)
    }

    /// The same, and words of what need not be copied. None of anything else.
    pub(crate) fn read(&self, address: u64, count: usize) -> Option<Vec<u64>> {
        if let Some(words) = self.words(address, count) {
            return Some(words.to_vec());
        }
        let whole = address as usize..(address as usize).checked_add(count.checked_mul(8)?)?;
        let is_in = |outer: Range<usize>| outer.start <= whole.start && whole.end <= outer.end;
        let stays = is_in(self.constants.clone()) || {
            let after = self.blobs.partition_point(|b| b.address() <= whole.start);
            let blob = after.checked_sub(1).map(|at| &self.blobs[at]);
            blob.is_some_and(|blob| is_in(blob.address()..blob.address() + blob.bytes()))
        };
        stays.then(|| Memory::Live.words(address, count))?
    }

    /// Does this refer to an object that was neither copied nor is a constant?
    fn is_stranger(&self, word: u64) -> bool {
        word != 0 && !is_immediate(word) && !self.constants.contains(&(word as usize))
    }

    /// Puts noted words over what was copied later.
    fn put_back(&mut self, noted: &Noted) {
        let mut words = noted.words.as_slice();
        for &(address, len) in &noted.at {
            let (these, rest) = words.split_at(len);
            words = rest;
            let after = self.spans.partition_point(|span| span.base <= address);
            let span = after.checked_sub(1).map(|at| &mut self.spans[at]);
            let place = span.and_then(|span| {
                let from = (address - span.base) / 8;
                span.words.get_mut(from..from + len)
            });
            if let Some(place) = place {
                place.copy_from_slice(these);
            }
        }
    }
}

impl Noted {
    /// Takes note of an old object's words, or if there are many of those elements of it that refer to what lies in this range.
    ///
    /// # Safety
    /// It is a live object, and nobody writes it now.
    unsafe fn take(&mut self, traces: &Traces, object: usize, young: &Range<usize>) {
        let at = object as *const u64;
        // SAFETY: as the caller promises.
        let (header, bytes) = unsafe { (*at, traces.bytes(*at, at.add(1))) };
        let (payload, words) = (object + 8, bytes / 8);
        let (begin, stride) = match traces.stride(header) {
            Some(stride) if words > REMEMBERED => (payload + 8, stride * 8),
            // SAFETY: the object has so many words.
            _ => return unsafe { self.push(object, words) },
        };
        // SAFETY: as above; the refs are read only.
        unsafe {
            traces.each_ref(header, payload as *mut u64, |slot| {
                let element = begin + (slot as usize - begin) / stride * stride;
                let is_noted = self.at.last().is_some_and(|last| last.0 == element);
                if young.contains(&(*slot as usize)) && !is_noted {
                    self.push(element, stride / 8);
                }
            });
        }
    }

    /// # Safety
    /// There are so many words, and nobody writes them now.
    unsafe fn push(&mut self, address: usize, words: usize) {
        // SAFETY: as the caller promises.
        let these = unsafe { std::slice::from_raw_parts(address as *const u64, words) };
        self.words.extend_from_slice(these);
        self.at.push((address, words));
    }
}

impl Core {
    /// Looks through the heap of a process. `None`: there is no such process, or it ended meanwhile.
    pub(crate) fn survey(&self, pid: u64) -> Option<Survey> {
        let mut stops = Stops::default();
        for attempt in 0..=TRIES {
            let piece = if attempt < TRIES { PIECE } else { usize::MAX };
            match self.copy_heap(pid, piece, &mut stops) {
                Some(Some((memory, roots))) => {
                    return Some(Survey::new(&self.traces, pid, stops, memory, roots));
                }
                // It was collected meanwhile.
                Some(None) => {}
                None => return None,
            }
        }
        None
    }

    /// `Some(None)`: objects have moved before all were copied.
    fn copy_heap(
        &self,
        pid: u64,
        piece: usize,
        stops: &mut Stops,
    ) -> Option<Option<(Copied, Vec<Root>)>> {
        let all = piece == usize::MAX;
        let mut memory = Copied {
            constants: self.code.lock().arena.constants(),
            ..Copied::default()
        };
        let mut noted = Noted::default();
        let mut roots = Vec::new();
        let young = self.look(pid, |process, own| own.heap.young_range(process))?;
        // Filled with something, so that its pages are there.
        let mut spare = vec![1u64; (young.1 - young.0) / 8];
        let first = self.look(pid, |process, own| {
            stops.time(|| {
                self.ensure_frames(process, own);
                self.copy_roots(process, own, &mut roots);
                let (young, end) = own.heap.young_range(process);
                memory.take(young, end, false);
                memory.spans[0].words = std::mem::take(&mut spare);
                memory.spans[0].words.truncate((end - young) / 8);
                memory.prepare(0, usize::MAX);
                // SAFETY: the nursery's objects are there as long as the process is held.
                unsafe { memory.fill(0, usize::MAX) };
                for object in own.heap.remembered() {
                    // SAFETY: remembered objects are live, and the process is held.
                    unsafe { noted.take(&self.traces, object, &(young..end)) };
                }
                for (from, to) in own.heap.old().ranges() {
                    memory.take(from, to, false);
                }
                for (from, to) in own.heap.blocks_ranges() {
                    memory.take(from, to, true);
                }
                memory.blobs.extend(own.heap.held_blobs());
                own.heap.put_off_major(true);
                let mut at = 1;
                while all && at < memory.spans.len() {
                    memory.prepare(at, usize::MAX);
                    // SAFETY: these are the heap's, and it is held.
                    unsafe { memory.fill(at, usize::MAX) };
                    at += 1;
                }
                own.heap.stats().major
            })
        })?;
        let mut moved = false;
        let mut at = 1;
        while at < memory.spans.len() && !moved && !all {
            memory.prepare(at, piece);
            let done = self.look(pid, |_, own| {
                stops.time(|| {
                    if own.heap.stats().major != first {
                        return None;
                    }
                    // SAFETY: old space and large objects stay where they are between major collections, and there was none.
                    Some(unsafe { memory.fill(at, piece) })
                })
            })?;
            match done {
                Some(true) => at += 1,
                Some(false) => {}
                None => moved = true,
            }
        }
        self.look(pid, |_, own| own.heap.put_off_major(false))?;
        memory.spans.retain(|span| !span.words.is_empty());
        memory.spans.sort_by_key(|span| span.base);
        memory.blobs.sort_by_key(Blob::address);
        memory.put_back(&noted);
        Some((!moved).then_some((memory, roots)))
    }

    fn copy_roots(&self, process: &Process, own: &mut Own, roots: &mut Vec<Root>) {
        let mut mask = own.arg_roots;
        while mask != 0 {
            let word = process.args[mask.trailing_zeros() as usize].get();
            let place = Place::Argument;
            roots.push(Root { word, place });
            mask &= mask - 1;
        }
        let (_, thrown, locals) = own.roots();
        let place = Place::Thrown;
        roots.push(Root {
            word: *thrown,
            place,
        });
        for &mut (_, word) in locals {
            let place = Place::Local;
            roots.push(Root { word, place });
        }
        if own.stack.is_none() || process.saved_sp.get() == 0 {
            return;
        }
        // SAFETY: the process is held, has a stack, and is suspended in the shim; root offsets are from each frame's own stack map.
        unsafe {
            walk::frames(&self.registry, process, |frame| {
                let Some(code) = &frame.mapped.code else {
                    return true;
                };
                for &offset in &frame.mapped.roots {
                    let word = *((frame.sp + offset as usize) as *const u64);
                    if !is_immediate(word) {
                        let place = Place::Frame(code.clone(), code.offset(frame.ret));
                        roots.push(Root { word, place });
                    }
                }
                true
            });
        }
    }
}

impl Copied {
    /// Memory that is to be copied.
    fn take(&mut self, base: usize, end: usize, large: bool) {
        let len = (end - base) / 8;
        self.spans.push(Span {
            base,
            words: Vec::new(),
            len,
            large,
        });
    }

    /// Room for the next words of a span, made while the process runs: memory that is touched first takes longer than copying.
    fn prepare(&mut self, span: usize, most: usize) {
        let span = &mut self.spans[span];
        let room = span.len.min(span.words.len().saturating_add(most));
        span.words.resize(room, 0);
    }

    /// Copies what there is room for and has not been copied, the last so many words at most. True: that was the last of the span.
    ///
    /// # Safety
    /// The memory that was taken note of is still there, and nobody writes it now.
    unsafe fn fill(&mut self, span: usize, most: usize) -> bool {
        let span = &mut self.spans[span];
        let from = span.words.len().saturating_sub(most);
        let to = &mut span.words[from..];
        if !to.is_empty() {
            // SAFETY: as the caller promises; the words are as many, and ours.
            unsafe {
                let from = (span.base as *const u64).add(from);
                std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len());
            }
        }
        span.words.len() == span.len
    }
}

/// How the process was held.
#[derive(Clone, Copy, Default)]
struct Stops {
    count: usize,
    held: Duration,
    longest: Duration,
}

impl Stops {
    fn time<T>(&mut self, f: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = f();
        let took = began.elapsed();
        self.count += 1;
        self.held += took;
        self.longest = self.longest.max(took);
        done
    }
}

impl Survey {
    fn new(traces: &Traces, pid: u64, stops: Stops, memory: Copied, roots: Vec<Root>) -> Self {
        let nodes = nodes_of(traces, &memory);
        let numbers = Numbers::new(&memory, &nodes);
        let (edges, strangers) = edges_of(traces, &memory, &nodes, &numbers, &roots);
        let root = nodes.len() as u32;
        let tree = dominators::dominators(&edges, root);
        let mut retained = vec![0u64; nodes.len() + 1];
        for &node in tree.order.iter().skip(1).rev() {
            let node = node as usize;
            retained[node] += nodes[node].bytes as u64;
            retained[tree.above[node] as usize] += retained[node];
        }
        let lives = |node: &&u32| tree.above[**node as usize] != dominators::NONE;
        let left_out = strangers.iter().filter(lives).count();
        Survey {
            pid,
            left_out,
            stops: stops.count,
            held: stops.held,
            longest: stops.longest,
            whence: shortest(&edges, root),
            edges,
            memory,
            nodes,
            roots,
            tree,
            retained,
            found: Mutex::default(),
        }
    }

    /// The object at an address of the heap as it was.
    fn node_at(&self, address: u64) -> Option<u32> {
        let address = address as usize;
        let found = self.nodes.binary_search_by_key(&address, |n| n.address);
        found.ok().map(|node| node as u32)
    }
}

/// Objects by address.
fn nodes_of(traces: &Traces, memory: &Copied) -> Vec<Node> {
    let mut nodes = Vec::new();
    for span in &memory.spans {
        let mut at = 0;
        while at + 1 < span.words.len() {
            let header = span.words[at];
            // SAFETY: spans are copies of whole objects one after the other, or begin with one.
            let bytes = unsafe { traces.bytes(header, span.words[at + 1..].as_ptr()) };
            nodes.push(Node {
                address: span.base + at * 8,
                desc: (header & HEADER_DESC_MASK) as u32,
                bytes,
            });
            if span.large {
                break;
            }
            at += bytes / 8;
        }
    }
    for blob in &memory.blobs {
        // SAFETY: a count of the blob keeps its header, of which the descriptor never changes.
        let header = unsafe { *(blob.address() as *const u64) };
        nodes.push(Node {
            address: blob.address(),
            desc: (header & HEADER_DESC_MASK) as u32,
            bytes: blob.bytes(),
        });
    }
    nodes.sort_unstable_by_key(|node| node.address);
    nodes
}

/// From addresses to nodes: for each span one number per word.
struct Numbers<'a> {
    memory: &'a Copied,
    /// In the order of the spans.
    of_words: Vec<Vec<u32>>,
    others: FxHashMap<usize, u32>,
}

impl<'a> Numbers<'a> {
    fn new(memory: &'a Copied, nodes: &[Node]) -> Self {
        let none =
            |span: &Span| vec![dominators::NONE; if span.large { 1 } else { span.words.len() }];
        let mut numbers = Numbers {
            memory,
            of_words: memory.spans.iter().map(none).collect(),
            others: FxHashMap::default(),
        };
        for (i, node) in nodes.iter().enumerate() {
            match numbers.place(node.address) {
                Some((span, word)) => numbers.of_words[span][word] = i as u32,
                None => _ = numbers.others.insert(node.address, i as u32),
            }
        }
        numbers
    }

    fn place(&self, address: usize) -> Option<(usize, usize)> {
        let spans = &self.memory.spans;
        let at = spans.partition_point(|span| span.base <= address);
        let at = at.checked_sub(1)?;
        let word = (address - spans[at].base) / 8;
        (word < self.of_words[at].len()).then_some((at, word))
    }

    fn of(&self, word: u64) -> Option<u32> {
        if is_immediate(word) {
            return None;
        }
        let address = word as usize;
        let node = match self.place(address) {
            Some((span, word)) => self.of_words[span][word],
            None => *self.others.get(&address)?,
        };
        (node != dominators::NONE).then_some(node)
    }
}

/// What refers to what; what is behind refs to constants, and to objects made meanwhile, is left out. And who refers to such objects, for each ref once.
fn edges_of(
    traces: &Traces,
    memory: &Copied,
    nodes: &[Node],
    numbers: &Numbers,
    roots: &[Root],
) -> (Edges, Vec<u32>) {
    let mut starts = Vec::with_capacity(nodes.len() + 2);
    let mut targets = Vec::new();
    let mut strangers = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        starts.push(targets.len());
        if let Some(words) = memory.words(node.address as u64, node.bytes / 8) {
            let payload = words[1..].as_ptr().cast_mut();
            // SAFETY: the words are the copy of an object with this header; they are only read.
            unsafe {
                traces.each_ref(words[0], payload, |slot| match numbers.of(*slot) {
                    Some(node) => targets.push(node),
                    None if memory.is_stranger(*slot) => strangers.push(i as u32),
                    None => {}
                });
            }
        }
    }
    starts.push(targets.len());
    targets.extend(roots.iter().filter_map(|root| numbers.of(root.word)));
    starts.push(targets.len());
    (Edges { starts, targets }, strangers)
}

/// For each node one that refers to it on a shortest way from the root.
fn shortest(edges: &Edges, root: u32) -> Vec<u32> {
    let mut whence = vec![dominators::NONE; edges.nodes()];
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&from) = found.get(at) {
        at += 1;
        for &to in edges.of(from) {
            if whence[to as usize] == dominators::NONE && to != root {
                whence[to as usize] = from;
                found.push(to);
            }
        }
    }
    whence
}

#[cfg(test)]
mod tests {
    use super::{Copied, Noted, Span};

    fn span(base: usize, words: &[u64]) -> Span {
        Span {
            base,
            words: words.to_vec(),
            len: words.len(),
            large: false,
        }
    }

    #[test]
    fn only_copies_and_what_stays_is_read() {
        // Words that are there, as constants are, and their neighbours, as a heap's are.
        let live = [7u64, 8, 9, 10];
        let at = live.as_ptr() as usize;
        let copied = Copied {
            spans: vec![span(64, &[1, 2, 3])],
            constants: at..at + 16,
            ..Copied::default()
        };
        let read = |address: usize, count| copied.read(address as u64, count);
        assert_eq!(read(72, 2), Some(vec![2, 3]));
        assert_eq!(read(72, 3), None);
        assert_eq!(read(88, 1), None);
        assert_eq!(read(at, 2), Some(vec![7, 8]));
        assert_eq!(read(at + 8, 2), None);
        assert_eq!(read(at + 16, 1), None);
        assert_eq!(read(usize::MAX - 7, usize::MAX / 4), None);
    }

    #[test]
    fn what_was_noted_first_holds() {
        let mut copied = Copied {
            spans: vec![span(64, &[1, 2, 3]), span(128, &[4, 5])],
            ..Copied::default()
        };
        copied.put_back(&Noted {
            at: vec![(128, 1), (72, 2), (136, 2), (1000, 1)],
            words: vec![40, 20, 30, 50, 60, 0],
        });
        assert_eq!(copied.spans[0].words, [1, 20, 30]);
        assert_eq!(copied.spans[1].words, [40, 5]);
    }
}
