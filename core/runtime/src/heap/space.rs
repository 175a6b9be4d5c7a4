//! Memory for objects: single blocks and the chunked old space.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error};

/// Poison of memory that nobody may look at any more; an odd byte so that a stray ref lane of it is no aligned address.
pub(super) const POISON: u8 = 0xdb;

/// A block of memory, 16-byte aligned. Invariant: `base` is 0, or an allocation of `len` bytes that this value owns.
#[derive(Debug)]
pub(crate) struct Block {
    base: usize,
    len: usize,
}

impl Block {
    /// No memory.
    pub(crate) fn empty() -> Self {
        Block { base: 0, len: 0 }
    }

    /// Memory with anything in it.
    pub(crate) fn new(len: usize) -> Self {
        let layout = layout(len);
        // SAFETY: `layout` has a size above zero.
        let base = unsafe { alloc(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        Block {
            base: base as usize,
            len: layout.size(),
        }
    }

    /// Memory full of zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        let layout = layout(len);
        // SAFETY: `layout` has a size above zero.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        Block {
            base: base as usize,
            len: layout.size(),
        }
    }

    pub(crate) fn base(&self) -> usize {
        self.base
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn end(&self) -> usize {
        self.base + self.len
    }

    /// Fills it with poison.
    pub(crate) fn poison(&self) {
        if self.len > 0 {
            // SAFETY: the block owns these bytes, and its objects have been moved out.
            unsafe { std::ptr::write_bytes(self.base as *mut u8, POISON, self.len) };
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.base != 0 {
            // SAFETY: allocated by `new` or `zeroed` with the layout of this length.
            unsafe { dealloc(self.base as *mut u8, layout(self.len)) };
        }
    }
}

fn layout(len: usize) -> Layout {
    let len = len.max(16).next_multiple_of(16);
    // Where mimalloc cannot know that a block is aligned it takes more than it is asked for, and of a power of two a quarter would be lost.
    let align = if len > 4096 && len.is_power_of_two() {
        4096
    } else {
        16
    };
    Layout::from_size_align(len, align).expect("a heap block's size")
}

/// A list of blocks with objects one after the other in each.
#[derive(Debug, Default)]
pub(crate) struct Space {
    chunks: Vec<Chunk>,
    used: usize,
    reserved: usize,
}

#[derive(Debug)]
struct Chunk {
    block: Block,
    top: usize,
}

/// A place in a space, to scan from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    chunk: usize,
    address: usize,
}

const CHUNK_MIN: usize = 2 << 10;
const CHUNK_MAX: usize = 4 << 20;

impl Space {
    /// Of no memory.
    pub(crate) const EMPTY: Space = Space {
        chunks: Vec::new(),
        used: 0,
        reserved: 0,
    };

    /// Room for an object (or for several in one piece).
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) -> usize {
        self.used += bytes;
        if let Some(chunk) = self.chunks.last_mut()
            && chunk.top + bytes <= chunk.block.end()
        {
            let at = chunk.top;
            chunk.top += bytes;
            return at;
        }
        self.grow(bytes)
    }

    #[cold]
    fn grow(&mut self, bytes: usize) -> usize {
        let len = self.reserved.clamp(CHUNK_MIN, CHUNK_MAX).max(bytes);
        let block = Block::new(len);
        let at = block.base();
        self.reserved += block.len();
        self.chunks.push(Chunk {
            block,
            top: at + bytes,
        });
        at
    }

    /// Bytes of objects.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Bytes of blocks.
    pub(crate) fn reserved(&self) -> usize {
        self.reserved
    }

    /// Is this the address of one of its objects?
    pub(crate) fn contains(&self, address: usize) -> bool {
        self.chunks
            .iter()
            .any(|c| c.block.base() <= address && address < c.top)
    }

    /// From where to where its objects lie now.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.chunks.iter().map(|c| (c.block.base(), c.top))
    }

    /// Its end now.
    pub(crate) fn mark(&self) -> Mark {
        match self.chunks.last() {
            Some(chunk) => Mark {
                chunk: self.chunks.len() - 1,
                address: chunk.top,
            },
            None => Mark {
                chunk: 0,
                address: 0,
            },
        }
    }

    /// The object at the mark, or none when the mark is at the end. The caller steps the mark over it with [`Mark::step`].
    #[inline]
    pub(crate) fn at(&self, mark: &mut Mark) -> Option<*mut u64> {
        loop {
            let chunk = self.chunks.get(mark.chunk)?;
            if mark.address == 0 {
                mark.address = chunk.block.base();
            }
            if mark.address < chunk.top {
                return Some(mark.address as *mut u64);
            }
            if mark.chunk + 1 >= self.chunks.len() {
                return None;
            }
            *mark = Mark {
                chunk: mark.chunk + 1,
                address: 0,
            };
        }
    }

    /// Fills all of it with poison.
    pub(crate) fn poison(&self) {
        for chunk in &self.chunks {
            chunk.block.poison();
        }
    }
}

impl Mark {
    /// The start of a space.
    pub(crate) const START: Mark = Mark {
        chunk: 0,
        address: 0,
    };

    /// Goes over an object of this size.
    #[inline]
    pub(crate) fn step(&mut self, bytes: usize) {
        self.address += bytes;
    }
}
