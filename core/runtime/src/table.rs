//! Process numbers and the blocks they name. Numbers count up; a number's low bits choose its slot, so a look-up is two loads.

use crate::mutex::Mutex;
use crate::process::Process;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// Most processes alive at once.
const SLOTS: usize = 1 << 22;
const CHUNK: usize = 1 << 12;

/// All processes of an image. Blocks are made by [`Table::add_blocks`] and live as long as the table.
pub(crate) struct Table {
    chunks: Box<[AtomicPtr<[AtomicPtr<Process>; CHUNK]>]>,
    next: AtomicU64,
    /// Blocks are made several at a time, and stay where they are.
    blocks: Mutex<Vec<Box<[Process]>>>,
    chunk_owner: Mutex<Vec<Box<[AtomicPtr<Process>; CHUNK]>>>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Table {
            chunks: (0..SLOTS / CHUNK)
                .map(|_| AtomicPtr::new(std::ptr::null_mut()))
                .collect(),
            next: AtomicU64::new(1),
            blocks: Mutex::new(Vec::new()),
            chunk_owner: Mutex::new(Vec::new()),
        }
    }

    /// Keeps blocks for ever.
    pub(crate) fn add_blocks(&self, blocks: Box<[Process]>) -> &[Process] {
        let at = std::ptr::from_ref::<[Process]>(&*blocks);
        self.blocks.lock().push(blocks);
        // SAFETY: boxed blocks stay where they are until the table is dropped, which outlives the borrow of it.
        unsafe { &*at }
    }

    /// The first of so many numbers that nobody has had.
    pub(crate) fn numbers(&self, count: u64) -> u64 {
        self.next.fetch_add(count, Ordering::Relaxed)
    }

    /// A number for the block, of those that `number` gives. The block's inbox must know it before this returns to others; so the caller passes what sets it.
    pub(crate) fn enter(
        &self,
        process: &Process,
        number: impl Fn() -> u64,
        announce: impl Fn(u64),
    ) -> Option<u64> {
        for _ in 0..SLOTS {
            let pid = number();
            let slot = self.slot_or_new(pid);
            if slot.load(Ordering::Relaxed).is_null() {
                announce(pid);
                let block = std::ptr::from_ref::<Process>(process).cast_mut();
                let won = slot.compare_exchange(
                    std::ptr::null_mut(),
                    block,
                    Ordering::Release,
                    Ordering::Relaxed,
                );
                if won.is_ok() {
                    return Some(pid);
                }
            }
        }
        None
    }

    /// Forgets a number.
    pub(crate) fn leave(&self, pid: u64) {
        if let Some(slot) = self.slot(pid) {
            slot.store(std::ptr::null_mut(), Ordering::Release);
        }
    }

    /// The block in the number's slot: the process of that number, or, if that is gone, possibly another one. Compare under the inbox's lock.
    #[inline]
    pub(crate) fn get(&self, pid: u64) -> Option<&Process> {
        let block = self.slot(pid)?.load(Ordering::Acquire);
        // SAFETY: slots hold null or blocks that live as long as the table.
        unsafe { block.as_ref() }
    }

    /// The living process in the next place that is taken after this one's, beginning anew behind the last one. At worst it is this one.
    pub(crate) fn after(&self, pid: u64) -> u64 {
        let own = pid as usize & (SLOTS - 1);
        self.first_in(own + 1, SLOTS)
            .or_else(|| self.first_in(0, own))
            .unwrap_or(pid)
    }

    fn first_in(&self, mut index: usize, end: usize) -> Option<u64> {
        while index < end {
            let chunk = self.chunks[index / CHUNK].load(Ordering::Acquire);
            // SAFETY: chunks are null or live as long as the table.
            let Some(chunk) = (unsafe { chunk.as_ref() }) else {
                index = (index / CHUNK + 1) * CHUNK;
                continue;
            };
            // SAFETY: as in `get`.
            let process = unsafe { chunk[index % CHUNK].load(Ordering::Acquire).as_ref() };
            if let Some(pid) = process.map(Process::pid).filter(|pid| *pid != 0) {
                return Some(pid);
            }
            index += 1;
        }
        None
    }

    /// All blocks of living processes, in order of slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Process> {
        self.chunks
            .iter()
            .filter_map(|c| {
                // SAFETY: chunks are null or live as long as the table.
                unsafe { c.load(Ordering::Acquire).as_ref() }
            })
            .flat_map(|chunk| chunk.iter())
            .filter_map(|slot| {
                // SAFETY: as in `get`.
                unsafe { slot.load(Ordering::Acquire).as_ref() }
            })
    }

    /// Calls `f` with all blocks of living processes. Of a million of them the memory is what takes time, so the next ones are asked for meanwhile.
    pub(crate) fn each(&self, mut f: impl FnMut(&Process)) {
        /// Blocks that are on their way.
        const AHEAD: usize = 24;
        for chunk in &self.chunks {
            // SAFETY: chunks are null or live as long as the table.
            let Some(chunk) = (unsafe { chunk.load(Ordering::Acquire).as_ref() }) else {
                continue;
            };
            for (i, slot) in chunk.iter().enumerate() {
                if let Some(later) = chunk.get(i + AHEAD) {
                    let block = later.load(Ordering::Relaxed);
                    // The words that lists of processes show lie behind one another.
                    // SAFETY: to prefetch is never an access, whatever the address.
                    unsafe {
                        let shown = block.cast::<i8>().wrapping_add(Process::SHOWN);
                        _mm_prefetch::<_MM_HINT_T0>(shown);
                        _mm_prefetch::<_MM_HINT_T0>(shown.wrapping_add(64));
                    }
                }
                // SAFETY: as in `get`.
                if let Some(process) = unsafe { slot.load(Ordering::Acquire).as_ref() } {
                    f(process);
                }
            }
        }
    }

    #[inline]
    fn slot(&self, pid: u64) -> Option<&AtomicPtr<Process>> {
        let index = pid as usize & (SLOTS - 1);
        let chunk = self.chunks[index / CHUNK].load(Ordering::Acquire);
        // SAFETY: chunks are null or live as long as the table.
        let chunk = unsafe { chunk.as_ref() }?;
        Some(&chunk[index % CHUNK])
    }

    fn slot_or_new(&self, pid: u64) -> &AtomicPtr<Process> {
        let index = pid as usize & (SLOTS - 1);
        loop {
            if let Some(slot) = self.slot(pid) {
                return slot;
            }
            let mut owner = self.chunk_owner.lock();
            let at = &self.chunks[index / CHUNK];
            if at.load(Ordering::Acquire).is_null() {
                let mut fresh = Box::new([const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNK]);
                at.store(&raw mut *fresh, Ordering::Release);
                owner.push(fresh);
            }
        }
    }
}
