//! Native stacks of processes: pooled 64 KiB slots in one lazily committed reservation, and big ones of their own for deep recursion.
//!
//! A suspended stack can be copied elsewhere: nothing but the chain of saved frame pointers refers to its addresses (see docs/decisions/).

use crate::heap::{Heap, Policy};
use crate::mutex::Mutex;
use crate::process::Process;
use crate::shim::{self, SAVED_BYTES};
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of a small stack.
pub(crate) const SLOT: usize = 64 << 10;
/// Where the reservations should lie: below the stacks of worker threads, so that debuggers that expect callers at higher addresses can unwind from a process to its worker.
const HINT: usize = 0x2000_0000_0000;
/// Address space of a big stack.
const BIG: usize = 1 << 30;
/// Words of a fresh stack: the shim's save area, the entry's address, padding.
const FRESH_WORDS: usize = 8;
const POISON: u8 = 0x5d;
/// Parked processes with more bytes of frames than this keep their stack.
const FROZEN_MAX: usize = 4 << 10;

/// A stack in use: its base, and in the bits that addresses of pages leave free its colour and whether it is big. Invariant: the memory from the base on
/// belongs to this process alone.
#[derive(Debug)]
pub(crate) struct Stack(NonZeroUsize);

const BIG_BIT: usize = 1;
/// Bytes at the top not used (stress varies them, so that relocation bugs show).
const COLOUR_BITS: usize = 0xfc0;

impl Stack {
    fn new(base: usize, bits: usize) -> Self {
        debug_assert!(base & (COLOUR_BITS | BIG_BIT) == 0 && bits & !(COLOUR_BITS | BIG_BIT) == 0);
        Stack(NonZeroUsize::new(base | bits).expect("a stack is not at 0"))
    }

    fn base(&self) -> usize {
        self.0.get() & !(COLOUR_BITS | BIG_BIT)
    }

    fn colour(&self) -> usize {
        self.0.get() & COLOUR_BITS
    }

    fn is_big(&self) -> bool {
        self.0.get() & BIG_BIT != 0
    }

    fn len(&self) -> usize {
        if self.is_big() { BIG } else { SLOT }
    }

    /// Its upper end.
    pub(crate) fn top(&self) -> usize {
        self.base() + self.len() - self.colour()
    }

    /// Is it as good as a fresh small one?
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_big() && self.colour() == colour(self.base())
    }

    /// Bytes in use by a suspended process.
    pub(crate) fn used(&self, process: &Process) -> usize {
        self.top() - process.saved_sp.get()
    }
}

/// The frames of a parked process that gave its stack up: a word that says how many words, and these. They lie behind the nursery's objects, where nothing
/// is allocated until the process has a stack again, or in memory of their own. Frame pointers in them are those of the old place, which the process's saved
/// stack pointer still tells.
#[derive(Debug)]
pub(crate) struct Frozen(NonZeroUsize);

const OWN_BIT: usize = 1;

impl Frozen {
    fn at(&self) -> *const u64 {
        (self.0.get() & !OWN_BIT) as *const u64
    }

    /// The frames.
    pub(crate) fn words(&self) -> &[u64] {
        // SAFETY: made by `Stacks::freeze` of so many words, which stay as they are until it is gone.
        unsafe { std::slice::from_raw_parts(self.at().add(1), *self.at() as usize) }
    }

    /// Bytes of frames.
    pub(crate) fn bytes(&self) -> usize {
        self.words().len() * 8
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        if self.0.get() & OWN_BIT != 0 {
            let words = 1 + self.words().len();
            let slice = std::ptr::slice_from_raw_parts_mut(self.at().cast_mut(), words);
            // SAFETY: it was a box of so many words, and belongs to this value alone.
            drop(unsafe { Box::from_raw(slice) });
        }
    }
}

/// The pool of an image.
pub(crate) struct Stacks {
    base: usize,
    slots: usize,
    fresh: AtomicUsize,
    free: Mutex<Vec<usize>>,
    /// Length of `free`, for a glance without the lock.
    free_count: AtomicUsize,
    /// Stacks that may be in use before parked processes give theirs up.
    hot: usize,
    /// Most bytes a stack may grow to.
    limit: usize,
}

/// Bytes at the top of a small stack left unused, so that the hot ends of many stacks do not share the same few sets of a cache.
fn colour(base: usize) -> usize {
    const COLOURS: usize = 61;
    (base / SLOT) % COLOURS * 64
}

/// Why a stack cannot grow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overflow;

impl Stacks {
    /// Reserves address space for as many slots as the kernel allows, up to a million.
    pub(crate) fn new(limit: usize, hot: usize) -> io::Result<Self> {
        let mut slots = 1usize << 20;
        loop {
            match reserve(slots * SLOT) {
                Ok(base) => {
                    return Ok(Stacks {
                        base,
                        slots,
                        fresh: AtomicUsize::new(0),
                        free: Mutex::new(Vec::new()),
                        free_count: AtomicUsize::new(0),
                        hot,
                        limit: limit.clamp(SLOT, BIG),
                    });
                }
                Err(_) if slots > 64 => slots /= 4,
                Err(e) => return Err(e),
            }
        }
    }

    /// A small stack.
    pub(crate) fn take(&self) -> io::Result<Stack> {
        let recycled = if self.free_count.load(Ordering::Relaxed) > 0 {
            let mut free = self.free.lock();
            let popped = free.pop();
            self.free_count.store(free.len(), Ordering::Relaxed);
            popped
        } else {
            None
        };
        let base = match recycled {
            Some(base) => base,
            None => {
                let index = self.fresh.fetch_add(1, Ordering::Relaxed);
                if index >= self.slots {
                    self.fresh.fetch_sub(1, Ordering::Relaxed);
                    return Err(io::Error::other("out of process stacks"));
                }
                self.base + index * SLOT
            }
        };
        Ok(Stack::new(base, colour(base)))
    }

    /// Takes a stack back.
    pub(crate) fn give(&self, stack: Stack) {
        if stack.is_big() {
            // SAFETY: a big stack is a mapping of its own, which nobody uses any more.
            unsafe { libc::munmap(stack.base() as *mut libc::c_void, BIG) };
        } else {
            let mut free = self.free.lock();
            free.push(stack.base());
            self.free_count.store(free.len(), Ordering::Relaxed);
        }
    }

    /// Are there so many stacks in use that a process that parks should give up its own?
    #[inline(always)]
    pub(crate) fn is_short(&self) -> bool {
        self.fresh.load(Ordering::Relaxed) >= self.hot
            && self.free_count.load(Ordering::Relaxed) == 0
    }

    /// Copies the frames of a suspended process out, if they are few: into its nursery if there is room. The stack is then free for others.
    pub(crate) fn freeze(
        process: &Process,
        stack: &Stack,
        heap: &mut Heap,
        policy: Policy,
    ) -> Option<Frozen> {
        let (sp, used) = (process.saved_sp.get(), stack.used(process));
        if stack.is_big() || used > FROZEN_MAX {
            return None;
        }
        // SAFETY: these are the live words of a stack whose process the caller owns; stack pointers are aligned to words.
        let words = unsafe { std::slice::from_raw_parts(sp as *const u64, used / 8) };
        let len = words.len() as u64;
        let at = match heap.spare(process, used + 8, policy) {
            Some(spare) => {
                // SAFETY: there is room for so many words, which nobody uses before the frames are put back.
                unsafe {
                    spare.write(len);
                    std::ptr::copy_nonoverlapping(words.as_ptr(), spare.add(1), words.len());
                }
                spare as usize
            }
            None => {
                let boxed: Box<[u64]> = std::iter::once(len).chain(words.iter().copied()).collect();
                Box::into_raw(boxed).cast::<u64>() as usize | OWN_BIT
            }
        };
        NonZeroUsize::new(at).map(Frozen)
    }

    /// Copies frames back, to a stack nobody runs on.
    pub(crate) fn thaw(process: &Process, frozen: Frozen, stack: &Stack) {
        let sp = stack.top() - frozen.bytes();
        let (words, to) = (frozen.words(), sp as *mut u64);
        // SAFETY: frozen frames are smaller than a stack, and this one is the process's alone.
        unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), to, words.len()) };
        relink(sp, sp.wrapping_sub(process.saved_sp.get()));
        process.saved_sp.set(sp);
    }

    /// Gives the process a stack on which it starts at the entry stub.
    pub(crate) fn start(&self, process: &Process, stack: &Stack) {
        let sp = stack.top() - FRESH_WORDS * 8;
        // SAFETY: the words are the top of a stack nobody runs on yet.
        let words = unsafe { std::slice::from_raw_parts_mut(sp as *mut usize, FRESH_WORDS) };
        words.fill(0);
        words[5] = shim::entry_address();
        process.saved_sp.set(sp);
    }

    /// The lowest address generated code may push to.
    pub(crate) fn soft_limit(&self, stack: &Stack) -> usize {
        let floor = if stack.is_big() {
            stack.base() + BIG - self.limit
        } else {
            stack.base()
        };
        floor.max(stack.base()) + nostos_abi::process::STACK_HEADROOM
    }

    /// Moves a suspended process to a big stack.
    pub(crate) fn grow(
        &self,
        process: &Process,
        stack: &mut Option<Stack>,
    ) -> Result<(), Overflow> {
        let held = stack.as_ref().expect("a suspended process has a stack");
        if held.is_big() || self.limit <= SLOT {
            return Err(Overflow);
        }
        let base = reserve(BIG).map_err(|_| Overflow)?;
        let big = Stack::new(base, BIG_BIT);
        relocate(process, held, &big);
        let old = stack.replace(big).expect("it was there a moment ago");
        self.give(old);
        Ok(())
    }

    /// Stress: moves a suspended process to another small stack and poisons the old one.
    pub(crate) fn move_elsewhere(
        &self,
        process: &Process,
        stack: &mut Option<Stack>,
    ) -> io::Result<()> {
        let held = stack.as_ref().expect("a suspended process has a stack");
        if held.is_big() {
            return Ok(());
        }
        let mut other = self.take()?;
        // Another offset each time, and never so much that the frames no longer fit.
        let used = held.used(process);
        let colour = (held.colour() + 64) % 1024;
        if used + colour + 2 * nostos_abi::process::STACK_HEADROOM < SLOT {
            other = Stack::new(other.base(), colour);
        }
        relocate(process, held, &other);
        // SAFETY: the frames have been copied out of the old stack, which nobody uses now.
        unsafe { std::ptr::write_bytes(held.base() as *mut u8, POISON, SLOT) };
        let old = stack.replace(other).expect("it was there a moment ago");
        // To the other end of the list, so that the next move finds another slot.
        let mut free = self.free.lock();
        free.insert(0, old.base());
        self.free_count.store(free.len(), Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        // SAFETY: the image's workers have ended, so no process runs on these stacks any more.
        unsafe { libc::munmap(self.base as *mut libc::c_void, self.slots * SLOT) };
    }
}

fn reserve(bytes: usize) -> io::Result<usize> {
    // SAFETY: without MAP_FIXED the address is a hint, so the mapping overlaps nothing.
    let base = unsafe {
        libc::mmap(
            HINT as *mut libc::c_void,
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    if bytes != BIG {
        // SAFETY: the range was mapped just now. Huge pages would make every first stack cost 2 MiB.
        unsafe { libc::madvise(base, bytes, libc::MADV_NOHUGEPAGE) };
    }
    Ok(base as usize)
}

/// Copies the frames of a suspended process from one stack to the top of another and relinks the saved frame pointers.
fn relocate(process: &Process, from: &Stack, to: &Stack) {
    let sp = process.saved_sp.get();
    let used = from.top() - sp;
    let new_sp = to.top() - used;
    let delta = new_sp.wrapping_sub(sp);
    // SAFETY: `used` bytes are the live part of the old stack, and fit below the new one's top: small stacks have one size, big ones are larger.
    unsafe { std::ptr::copy_nonoverlapping(sp as *const u8, new_sp as *mut u8, used) };
    relink(new_sp, delta);
    process.saved_sp.set(new_sp);
}

/// Adds `delta` to the saved frame pointers of frames that were copied to `sp`.
fn relink(sp: usize, delta: usize) {
    if delta == 0 {
        return;
    }
    let mut link = (sp + SAVED_BYTES) as *mut usize;
    loop {
        // SAFETY: the chain starts in the shim's save area and was just copied; each link points to the next, all within the live part.
        let fp = unsafe { *link };
        if fp == 0 {
            break;
        }
        let moved = fp.wrapping_add(delta);
        // SAFETY: as above.
        unsafe { *link = moved };
        link = moved as *mut usize;
    }
}
