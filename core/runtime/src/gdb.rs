//! The GDB JIT interface: in-memory ELF files with DWARF that gdb and lldb read when they are attached.
//! The names and the layout are those of gdb's manual, "JIT Compilation Interface".
//!
//! Beside them, for the scripts in editors/gdb: the program's types as text.

use crate::mutex::Mutex;
use std::sync::atomic::{AtomicPtr, Ordering};

#[repr(C)]
struct CodeEntry {
    next: *mut CodeEntry,
    prev: *mut CodeEntry,
    symfile: *const u8,
    size: u64,
}

#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut CodeEntry,
    first: *mut CodeEntry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// gdb puts a breakpoint here and reads the descriptor when it is hit.
// SAFETY: the name is the one gdb looks for; nothing else in this program has it.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // SAFETY: an empty instruction sequence; it keeps the call from being optimised away.
    unsafe { std::arch::asm!("", options(nostack, preserves_flags)) };
}

// SAFETY: as above: this is the symbol's one definition.
#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor = Descriptor {
    version: 1,
    action: 0,
    relevant: std::ptr::null_mut(),
    first: std::ptr::null_mut(),
};

static LOCK: Mutex<()> = Mutex::new(());

/// A piece of the description of types. Scripts read these three words.
#[repr(C)]
struct Piece {
    before: *mut Piece,
    text: *const u8,
    bytes: u64,
}

/// The newest piece; scripts know this name.
// SAFETY: nothing else in this program has the name.
#[unsafe(no_mangle)]
static NOSTOS_DEBUG_TYPES: AtomicPtr<Piece> = AtomicPtr::new(std::ptr::null_mut());

/// Adds to what debuggers' scripts know of the program's types. It stays for the rest of the program, as the types do.
pub fn describe_types(text: String) {
    if text.is_empty() {
        return;
    }
    let _one = LOCK.lock();
    let text = text.into_bytes().leak();
    let piece = Box::into_raw(Box::new(Piece {
        before: NOSTOS_DEBUG_TYPES.load(Ordering::Relaxed),
        text: text.as_ptr(),
        bytes: text.len() as u64,
    }));
    NOSTOS_DEBUG_TYPES.store(piece, Ordering::Release);
}

/// An ELF file that debuggers see, until this is dropped.
pub struct Registered(*mut CodeEntry);

// SAFETY: the entry is touched under the lock alone, by whichever thread.
unsafe impl Send for Registered {}

/// Shows a debugger the ELF file.
pub fn register_elf(elf: &[u8]) -> Registered {
    let _one = LOCK.lock();
    let symfile: Box<[u8]> = elf.into();
    let size = symfile.len() as u64;
    let entry = Box::into_raw(Box::new(CodeEntry {
        next: std::ptr::null_mut(),
        prev: std::ptr::null_mut(),
        symfile: Box::into_raw(symfile).cast(),
        size,
    }));
    // SAFETY: the lock makes us the only writer; entries stay in the list until they are dropped, which takes them out; the debugger reads only while the program
    // is stopped in the call below.
    unsafe {
        let descriptor = &raw mut __jit_debug_descriptor;
        let first = (*descriptor).first;
        (*entry).next = first;
        if !first.is_null() {
            (*first).prev = entry;
        }
        (*descriptor).first = entry;
        (*descriptor).relevant = entry;
        (*descriptor).action = REGISTER;
    }
    __jit_debug_register_code();
    Registered(entry)
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _one = LOCK.lock();
        // SAFETY: as above; the entry came from a box in `register_elf`, and so did its file. The debugger has let go of both when the call returns.
        unsafe {
            let descriptor = &raw mut __jit_debug_descriptor;
            let CodeEntry { next, prev, .. } = *self.0;
            match prev.is_null() {
                true => (*descriptor).first = next,
                false => (*prev).next = next,
            }
            if !next.is_null() {
                (*next).prev = prev;
            }
            (*descriptor).relevant = self.0;
            (*descriptor).action = UNREGISTER;
            __jit_debug_register_code();
            (*descriptor).relevant = std::ptr::null_mut();
            let entry = Box::from_raw(self.0);
            let file =
                std::ptr::slice_from_raw_parts_mut(entry.symfile.cast_mut(), entry.size as usize);
            drop(Box::from_raw(file));
        }
    }
}
