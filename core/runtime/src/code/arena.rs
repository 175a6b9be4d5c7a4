//! The reservation that holds cells, constant objects and machine code within reach of a rel32 of each other.
//!
//! Cells and constants are ordinary writable memory. Code pages are never writable: they are private, anonymous, read-execute and
//! written through `/proc/self/mem`, so that gdb can insert breakpoints and no page is ever writable and executable.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

const CELL_BYTES: usize = 32 << 20;
const STATIC_BYTES: usize = 256 << 20;
const CODE_BYTES: usize = 512 << 20;
const TOTAL: usize = CELL_BYTES + STATIC_BYTES + CODE_BYTES;

/// Most cells an image can have.
pub(crate) const MAX_CELLS: usize = CELL_BYTES / 8;

/// Invariant: `base` is the start of a reservation of `TOTAL` bytes that lives as long as this value.
pub(crate) struct Arena {
    base: usize,
    mem: File,
    code_top: usize,
    /// Stretches of code memory below `code_top` that have been given back: offset and length, no two of them touching.
    free: BTreeMap<usize, usize>,
    /// Bytes of them.
    free_bytes: usize,
    static_top: usize,
    /// Places of two words among the constants that have been given back.
    free_pairs: Vec<usize>,
}

/// Code is taken and given back in pieces of so many bytes.
const GRAIN: usize = 16;

impl Arena {
    /// Reserves address space; nothing is touched yet.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice aliases nothing.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                TOTAL,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = base as usize;
        // SAFETY: the range is the code part of the mapping just made, still untouched.
        let sealed = unsafe {
            libc::mprotect(
                (base + CELL_BYTES + STATIC_BYTES) as *mut libc::c_void,
                CODE_BYTES,
                libc::PROT_READ | libc::PROT_EXEC,
            )
        };
        if sealed != 0 {
            return Err(io::Error::last_os_error());
        }
        let mem = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/proc/self/mem")?;
        Ok(Arena {
            base,
            mem,
            code_top: 0,
            free: BTreeMap::new(),
            free_bytes: 0,
            static_top: 0,
            free_pairs: Vec::new(),
        })
    }

    /// Address of a cell.
    pub(crate) fn cell(&self, number: u32) -> usize {
        assert!((number as usize) < MAX_CELLS, "too many cells");
        self.base + number as usize * 8
    }

    /// Takes `bytes` of code memory, aligned to `align`; and whether other code has been there before.
    pub(crate) fn take_code(&mut self, bytes: usize, align: usize) -> io::Result<(usize, bool)> {
        let align = align.max(GRAIN);
        let bytes = bytes.next_multiple_of(GRAIN);
        let first = self.base + CELL_BYTES + STATIC_BYTES;
        let fitting = self.free.iter().find_map(|(&at, &len)| {
            let start = at.next_multiple_of(align);
            (start + bytes <= at + len).then_some((at, len, start))
        });
        if let Some((at, len, start)) = fitting {
            self.free.remove(&at);
            if start > at {
                self.free.insert(at, start - at);
            }
            let end = start + bytes;
            if end < at + len {
                self.free.insert(end, at + len - end);
            }
            self.free_bytes -= bytes;
            return Ok((first + start, true));
        }
        // What is free at the end is not large enough, but a beginning.
        let end = self.code_top;
        let tail = self
            .free
            .last_key_value()
            .filter(|(at, len)| *at + *len == end);
        let tail = tail.map_or(end, |(at, _)| *at);
        let start = tail.next_multiple_of(align);
        if start + bytes > CODE_BYTES {
            return Err(io::Error::other("code memory is used up"));
        }
        let recycled = self.free.remove(&tail).is_some();
        if start > tail {
            self.free.insert(tail, start - tail);
        }
        self.code_top = start + bytes;
        self.free_bytes = self.free_bytes + start - end;
        Ok((first + start, recycled))
    }

    /// Takes code memory back. Who jumps there nevertheless gets a trap.
    pub(crate) fn give_code(&mut self, address: usize, bytes: usize) -> io::Result<()> {
        let bytes = bytes.next_multiple_of(GRAIN);
        self.write_code(address, &vec![0xcc; bytes])?;
        self.free_bytes += bytes;
        let mut start = address - self.base - CELL_BYTES - STATIC_BYTES;
        let mut end = start + bytes;
        if let Some((&at, &len)) = self.free.range(..start).next_back()
            && at + len == start
        {
            self.free.remove(&at);
            start = at;
        }
        if let Some(len) = self.free.remove(&end) {
            end += len;
        }
        self.free.insert(start, end - start);
        Ok(())
    }

    /// Takes `words` words of constant memory.
    pub(crate) fn take_static(&mut self, words: usize) -> io::Result<usize> {
        let start = self.static_top;
        if start + words * 8 > STATIC_BYTES {
            return Err(io::Error::other("constant memory is used up"));
        }
        self.static_top = start + words * 8;
        Ok(self.base + CELL_BYTES + start)
    }

    /// Where constants are, and will be.
    pub(crate) fn constants(&self) -> Range<usize> {
        let start = self.base + CELL_BYTES;
        start..start + STATIC_BYTES
    }

    /// Writes machine code. The kernel writes on our behalf, so the pages stay read-execute.
    pub(crate) fn write_code(&self, address: usize, bytes: &[u8]) -> io::Result<()> {
        let start = self.base + CELL_BYTES + STATIC_BYTES;
        assert!(
            address >= start && address + bytes.len() <= start + CODE_BYTES,
            "a write outside of the code arena"
        );
        self.mem.write_all_at(bytes, address as u64)
    }

    /// Takes two words of constant memory, which may have been others' before.
    pub(crate) fn take_pair(&mut self) -> io::Result<usize> {
        match self.free_pairs.pop() {
            Some(pair) => Ok(pair),
            None => self.take_static(2),
        }
    }

    /// Takes two words back that nothing refers to any more.
    pub(crate) fn give_pair(&mut self, address: usize) {
        self.free_pairs.push(address);
    }

    /// A word of constant memory that has been taken.
    pub(crate) fn read_static(&self, address: usize) -> u64 {
        let start = self.base + CELL_BYTES;
        assert!(
            address.is_multiple_of(8) && (start..start + self.static_top).contains(&address),
            "a look outside of the constants"
        );
        // SAFETY: aligned and inside the constants, as just asserted, which are not written once they are known.
        unsafe { (address as *const u64).read() }
    }

    /// Writes a word of constant memory that nobody else can see yet, or can see any more.
    pub(crate) fn write_static(&self, address: usize, word: u64) {
        let start = self.base + CELL_BYTES;
        assert!(
            address.is_multiple_of(8) && (start..start + STATIC_BYTES).contains(&address),
            "a write outside of the constants"
        );
        // SAFETY: aligned and inside the writable constant part, as just asserted; nobody else reads the words, as said above.
        unsafe { (address as *mut u64).write(word) }
    }

    /// Bytes of code and constants in use.
    pub(crate) fn used(&self) -> (usize, usize) {
        (self.code_top - self.free_bytes, self.static_top)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the image drops its arena after its workers have ended, so nothing runs or reads here any more.
        unsafe { libc::munmap(self.base as *mut libc::c_void, TOTAL) };
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    fn code_memory_is_used_again() {
        let mut arena = Arena::new().expect("address space");
        let take = |arena: &mut Arena, bytes| arena.take_code(bytes, 64).expect("room");
        let places: Vec<usize> = (0..8).map(|_| take(&mut arena, 100).0).collect();
        let used = arena.used().0;
        for at in [1, 3, 2, 6] {
            arena.give_code(places[at], 100).expect("written");
        }
        assert_eq!(arena.used().0, used - 4 * 112);
        // Neighbours have become one, with what alignment had left between them.
        assert_eq!(take(&mut arena, 300), (places[1], true));
        assert_eq!(take(&mut arena, 100), (places[6], true));
        assert_eq!(take(&mut arena, 100), (places[7] + 128, false));
        assert_eq!(arena.used().0, used - 2 * 112 + 304);
        // The last one goes, and a larger one begins where it began.
        arena.give_code(places[7] + 128, 100).expect("written");
        assert_eq!(take(&mut arena, 1000), (places[7] + 128, true));
    }
}
