//! Heaps that are collected, and what is sent from one to another, without a stack: roots are the words of the argument area. For miri.

use crate::blob::Blobs;
use crate::code::registry::Registry;
use crate::heap::Policy;
use crate::heap::collect::{Tools, allocate, allocate_large, collect};
use crate::heap::stats::{Reason, Totals};
use crate::heap::trace::Traces;
use crate::mail::Chunks;
use crate::mailbox::{self, Queue};
use crate::message::{Fragment, Scratch};
use crate::process::{Own, Process};
use crate::resource::Resource;
use nostos_abi::desc::{Desc, DescTable, Layout, ShapeId, View, fixed};
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_abi::object::{header, immediate, is_immediate};
use std::cell::RefCell;
use std::sync::Arc;

/// `(tail, number)`.
const PAIR: u32 = fixed::FIRST_FREE;
/// An array of refs.
const REFS: u32 = PAIR + 1;

struct Image {
    traces: Traces,
    totals: Totals,
    blobs: Arc<Blobs>,
    policy: Policy,
}

impl Image {
    fn new(stress: bool) -> Self {
        let traces = Traces::new();
        let known = DescTable::new();
        for desc in &known.descs {
            traces.push(desc);
        }
        let push = |layout| {
            let view = View::Boxed(ShapeId(fixed::SHAPE_INT));
            traces.push(&Desc { layout, view });
        };
        while traces.len() < PAIR as usize {
            push(Layout::Fixed(vec![Raw]));
        }
        push(Layout::Fixed(vec![Ref, Raw]));
        push(Layout::Elements(vec![Ref]));
        Image {
            traces,
            totals: Totals::default(),
            blobs: Arc::default(),
            policy: Policy {
                stress,
                limit: 64 << 20,
            },
        }
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            traces: &self.traces,
            registry: &Registry,
            totals: &self.totals,
            blobs: &self.blobs,
            policy: self.policy,
        }
    }
}

/// A process whose argument words are all roots.
struct Run<'a> {
    image: &'a Image,
    process: Process,
}

impl<'a> Run<'a> {
    fn new(image: &'a Image) -> Self {
        let run = Run {
            image,
            process: Process::new(),
        };
        for word in &run.process.args {
            word.set(immediate(0));
        }
        run.own().arg_roots = (1 << run.process.args.len()) - 1;
        run
    }

    #[allow(clippy::mut_from_ref)]
    fn own(&self) -> &mut Own {
        // SAFETY: one thread has the process, and no test keeps such a reference over another call.
        unsafe { self.process.own() }
    }

    fn root(&self, index: usize) -> u64 {
        self.process.args[index].get()
    }

    fn set_root(&self, index: usize, word: u64) {
        self.process.args[index].set(word);
    }

    /// Puts a number before the list in this root.
    fn push(&self, root: usize, number: u64) {
        let at = allocate(
            self.image.tools(),
            &self.process,
            self.own(),
            header(PAIR),
            24,
        );
        let at = at.expect("there is room");
        // SAFETY: it has a header and two words.
        unsafe {
            at.add(1).write(self.root(root));
            at.add(2).write(number);
        }
        self.set_root(root, at as u64);
    }

    fn large(&self, desc: u32, words: usize, fill: u64) -> u64 {
        let bytes = 16 + words * 8;
        let len = if desc == REFS { words } else { words * 8 };
        let tools = self.image.tools();
        let at = allocate_large(tools, &self.process, self.own(), header(desc), bytes, true);
        let at = at.expect("there is room");
        // SAFETY: it has a header, a length and so many words.
        unsafe {
            at.add(1).write(len as u64);
            (0..words).for_each(|i| at.add(2 + i).write(fill));
        }
        at as u64
    }

    fn collect(&self, reason: Reason) {
        collect(self.image.tools(), &self.process, self.own(), reason, 0).expect("there is room");
    }

    fn end(self) {
        self.own().heap.reset(&self.process, self.image.policy);
    }
}

/// The numbers of a list.
fn numbers(mut list: u64) -> Vec<u64> {
    let mut all = Vec::new();
    while !is_immediate(list) {
        let pair = list as *const u64;
        // SAFETY: lists of these tests are of live pairs.
        unsafe {
            all.push(*pair.add(2));
            list = *pair.add(1);
        }
    }
    all
}

fn both(test: impl Fn(&Image)) {
    test(&Image::new(false));
    test(&Image::new(true));
}

#[test]
fn what_is_reached_survives() {
    const COUNT: u64 = if cfg!(miri) { 15 } else { 60 };
    const LAST: u64 = COUNT - 3;
    both(|image| {
        let run = Run::new(image);
        for number in 0..COUNT {
            run.push(0, number);
            run.push(1, 100 + number);
            if number == LAST - 1 {
                run.set_root(1, immediate(0));
            }
        }
        run.set_root(2, run.root(0));
        run.collect(Reason::NurseryFull);
        run.collect(Reason::Asked);
        assert_eq!(run.root(0), run.root(2), "sharing is kept");
        assert!(numbers(run.root(0)).into_iter().eq((0..COUNT).rev()));
        assert!(
            numbers(run.root(1))
                .into_iter()
                .eq((LAST..COUNT).map(|n| 100 + n).rev())
        );
        run.end();
    });
}

#[test]
fn an_old_object_may_refer_to_a_young_one() {
    both(|image| {
        let run = Run::new(image);
        run.push(0, 1);
        run.collect(Reason::Asked);
        run.push(1, 2);
        let old = run.root(0);
        // SAFETY: a live pair, which is remembered before anything is collected.
        unsafe { (old as *mut u64).add(1).write(run.root(1)) };
        run.own().heap.remember(old);
        run.set_root(1, immediate(0));
        run.collect(Reason::NurseryFull);
        assert_eq!(numbers(run.root(0)), [1, 2]);
        run.end();
    });
}

#[test]
fn large_objects_and_blobs() {
    both(|image| {
        let run = Run::new(image);
        run.push(0, 7);
        let array = run.large(REFS, 4096, immediate(0));
        run.set_root(1, array);
        run.push(0, 8);
        // SAFETY: an element of the array, which is remembered since it was made.
        unsafe { (array as *mut u64).add(2 + 4095).write(run.root(0)) };
        run.own().heap.remember(array);
        run.set_root(0, immediate(0));
        run.set_root(2, run.large(fixed::STRING_BYTES, 1024, 5));
        run.collect(Reason::NurseryFull);
        run.collect(Reason::Asked);
        assert_eq!(image.blobs.count(), 1);
        // SAFETY: as above.
        let list = unsafe { *(run.root(1) as *const u64).add(2 + 4095) };
        assert_eq!(numbers(list), [8, 7]);
        run.set_root(1, immediate(0));
        run.set_root(2, immediate(0));
        run.collect(Reason::Asked);
        assert_eq!(run.own().heap.large().count(), 0);
        assert_eq!(image.blobs.count(), 0);
        run.end();
    });
}

#[test]
fn copies_have_their_own_objects() {
    both(|image| {
        let (one, other) = (Run::new(image), Run::new(image));
        for number in 0..20 {
            one.push(0, number);
        }
        let scratch = &mut Scratch::default();
        // SAFETY: a live list.
        let copy = unsafe { Fragment::copy(&image.traces, scratch, one.root(0)) };
        one.end();
        let own = other.own();
        let at = own
            .heap
            .room_for(&other.process, copy.bytes(), image.policy);
        // SAFETY: the heap has just made this room.
        let root = unsafe { copy.load(&image.traces, at.address, at.bits, &mut own.heap.held) };
        other.set_root(0, root);
        other.collect(Reason::Asked);
        assert!(numbers(other.root(0)).into_iter().eq((0..20).rev()));
        other.end();
    });
}

/// A string that is a blob, and a handle, in a message that nobody takes and in one that somebody does.
#[test]
fn counts_go_with_messages() {
    both(|image| {
        let run = Run::new(image);
        let resource = Arc::new(Resource);
        let handle = header(fixed::HANDLE);
        let at = allocate(image.tools(), &run.process, run.own(), handle, 16);
        let at = at.expect("there is room");
        // SAFETY: it has a header and one word, which is a count.
        unsafe { at.add(1).write(Arc::into_raw(resource.clone()) as u64) };
        run.own().heap.held.push_handle(at as usize);
        run.set_root(0, at as u64);
        run.push(0, 1);
        run.set_root(1, run.large(fixed::STRING_BYTES, 1024, 5));
        run.push(1, 2);
        let (mut queue, chunks) = (Queue::default(), RefCell::<Chunks>::default());
        let tools = (&image.traces, &RefCell::<Scratch>::default());
        let mail = &run.process.mail;
        for root in [0, 1, 0, 1] {
            // SAFETY: a live pair of a heap of ours.
            unsafe { mailbox::post_copy(mail, &chunks, (7, 7), tools, run.root(root)) };
        }
        assert_eq!(Arc::strong_count(&resource), 4);
        queue.accept(mail, 7, &chunks);
        let mut loaded = Vec::new();
        for message in queue.iter().take(2) {
            let own = run.own();
            let bytes = message.value.bytes();
            let at = own.heap.room_for(&run.process, bytes, image.policy);
            let held = &mut own.heap.held;
            // SAFETY: the heap has just made this room.
            loaded.push(unsafe { message.value.load(&image.traces, at.address, at.bits, held) });
        }
        run.set_root(2, loaded[0]);
        run.set_root(3, loaded[1]);
        queue.clear(mail, &chunks);
        assert_eq!(Arc::strong_count(&resource), 3);
        run.set_root(0, immediate(0));
        run.set_root(1, immediate(0));
        run.collect(Reason::Asked);
        assert_eq!(Arc::strong_count(&resource), 2);
        assert_eq!(image.blobs.count(), 1);
        run.end();
        assert_eq!(Arc::strong_count(&resource), 1);
        assert_eq!(image.blobs.count(), 0);
    });
}
