//! The GDB JIT interface: in-memory ELF files with DWARF that gdb and lldb read when they are attached.
//! The names and the layout are those of gdb's manual, "JIT Compilation Interface".

use crate::mutex::Mutex;

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

/// Shows a debugger the ELF file. It stays registered as long as the program runs.
pub fn register_elf(elf: &[u8]) {
    let _one = LOCK.lock();
    let symfile: &'static [u8] = Vec::leak(elf.to_vec());
    let entry = Box::leak(Box::new(CodeEntry {
        next: std::ptr::null_mut(),
        prev: std::ptr::null_mut(),
        symfile: symfile.as_ptr(),
        size: symfile.len() as u64,
    }));
    let entry: *mut CodeEntry = entry;
    // SAFETY: the lock makes us the only writer; entries are leaked, so the list never dangles; the debugger reads only while the program is stopped in the call below.
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
}
