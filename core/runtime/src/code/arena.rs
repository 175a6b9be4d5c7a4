//! The reservation that holds cells, constant objects and machine code within reach of a rel32 of each other.
//!
//! Cells and constants are ordinary writable memory. Code pages are never writable: they are private, anonymous, read-execute and
//! written through `/proc/self/mem`, so that gdb can insert breakpoints and no page is ever writable and executable.

use std::fs::{File, OpenOptions};
use std::io;
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
    static_top: usize,
}

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
            static_top: 0,
        })
    }

    /// Address of a cell.
    pub(crate) fn cell(&self, number: u32) -> usize {
        assert!((number as usize) < MAX_CELLS, "too many cells");
        self.base + number as usize * 8
    }

    /// Takes `bytes` of code memory, aligned to `align`.
    pub(crate) fn take_code(&mut self, bytes: usize, align: usize) -> io::Result<usize> {
        let start = self.code_top.next_multiple_of(align.max(16));
        if start + bytes > CODE_BYTES {
            return Err(io::Error::other("code memory is used up"));
        }
        self.code_top = start + bytes;
        Ok(self.base + CELL_BYTES + STATIC_BYTES + start)
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

    /// Writes machine code. The kernel writes on our behalf, so the pages stay read-execute.
    pub(crate) fn write_code(&self, address: usize, bytes: &[u8]) -> io::Result<()> {
        let start = self.base + CELL_BYTES + STATIC_BYTES;
        assert!(
            address >= start && address + bytes.len() <= start + CODE_BYTES,
            "a write outside of the code arena"
        );
        self.mem.write_all_at(bytes, address as u64)
    }

    /// Writes a word of constant memory that nobody else can see yet.
    pub(crate) fn write_static(&self, address: usize, word: u64) {
        let start = self.base + CELL_BYTES;
        assert!(
            address.is_multiple_of(8) && (start..start + STATIC_BYTES).contains(&address),
            "a write outside of the constants"
        );
        // SAFETY: aligned and inside the writable constant part, as just asserted; the words are fresh, so nobody reads them yet.
        unsafe { (address as *mut u64).write(word) }
    }

    /// Bytes of code and constants in use.
    pub(crate) fn used(&self) -> (usize, usize) {
        (self.code_top, self.static_top)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the image drops its arena after its workers have ended, so nothing runs or reads here any more.
        unsafe { libc::munmap(self.base as *mut libc::c_void, TOTAL) };
    }
}
