//! A process's heap copied out, to be looked at while the process runs on: its objects as a graph, what keeps which alive and how much.
//!
//! In: a process, held at safepoints for one bounded piece of copying each. Out: a [`Survey`], which belongs to whoever asked. Absent: types, beyond what
//! descriptors say.
//!
//! The first stop takes what moves: roots, nursery, and the old objects that refer to it; and it notes how far the old space is filled. What lies before that
//! is copied piece by piece, and stays where it is until the next major collection, which is put off meanwhile. If there is one all the same, all
//! begins anew, and the third time everything is copied in one stop. Between the pieces the program may write into arrays and `var`s: what is written
//! there then is not in the survey, and neither is what it refers to.

mod dominators;
mod objects;

use crate::blob::Blob;
use crate::code::Code;
use crate::core::Core;
use crate::heap::trace::Traces;
use crate::process::{Own, Process};
use crate::walk;
use dominators::{Edges, Tree};
use nostos_abi::object::{HEADER_DESC_MASK, is_immediate};
pub use objects::{FieldLine, ObjectLine, ObjectReport, Step, TypeLine};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Words copied in one stop.
const PIECE: usize = 64 << 10;
/// Remembered objects up to this many words are copied in the first stop.
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
    memory: Copied,
    nodes: Vec<Node>,
    roots: Vec<Root>,
    tree: Tree,
    retained: Vec<u64>,
    /// For each node one from which it can be reached in the fewest steps.
    whence: Vec<u32>,
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

/// The copied words. Large objects without refs are not copied: a count keeps them.
#[derive(Default)]
pub(crate) struct Copied {
    /// By address; they do not overlap.
    spans: Vec<Span>,
    blobs: Vec<Blob>,
    /// Objects as they were in the first stop, if they referred to the nursery: by address.
    remembered: FxHashMap<usize, Box<[u64]>>,
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
        if let Some(words) = self.remembered.get(&address) {
            return words.get(..count);
        }
        let span = self.span(address)?;
        span.words[(address - span.base) / 8..].get(..count)
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
        let mut memory = Copied::default();
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
                    // SAFETY: remembered objects are live.
                    unsafe {
                        let at = object as *const u64;
                        let words = self.traces.bytes(*at, at.add(1)) / 8;
                        if words <= REMEMBERED {
                            let copy = std::slice::from_raw_parts(at, words);
                            memory.remembered.insert(object, copy.into());
                        }
                    }
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
        let edges = edges_of(traces, &memory, &nodes, &numbers, &roots);
        // The roots are the edges of the node behind the last.
        let root = nodes.len() as u32;
        let tree = dominators::dominators(&edges, root);
        let mut retained = vec![0u64; nodes.len() + 1];
        for &node in tree.order.iter().skip(1).rev() {
            let node = node as usize;
            retained[node] += nodes[node].bytes as u64;
            retained[tree.above[node] as usize] += retained[node];
        }
        Survey {
            pid,
            stops: stops.count,
            held: stops.held,
            longest: stops.longest,
            whence: shortest(&edges, root),
            memory,
            nodes,
            roots,
            tree,
            retained,
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

/// What refers to what; what is behind refs to constants, and to objects made meanwhile, is left out.
fn edges_of(
    traces: &Traces,
    memory: &Copied,
    nodes: &[Node],
    numbers: &Numbers,
    roots: &[Root],
) -> Edges {
    let mut starts = Vec::with_capacity(nodes.len() + 2);
    let mut targets = Vec::new();
    for node in nodes {
        starts.push(targets.len());
        if let Some(words) = memory.words(node.address as u64, node.bytes / 8) {
            let payload = words[1..].as_ptr().cast_mut();
            // SAFETY: the words are the copy of an object with this header; they are only read.
            unsafe {
                traces.each_ref(words[0], payload, |slot| targets.extend(numbers.of(*slot)));
            }
        }
    }
    starts.push(targets.len());
    targets.extend(roots.iter().filter_map(|root| numbers.of(root.word)));
    starts.push(targets.len());
    Edges { starts, targets }
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
