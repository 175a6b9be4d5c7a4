//! The one walker of process stacks: collector, unwinder, debugger and backtraces all go through [`frames`].

use crate::code::registry::{Mapped, Registry};
use crate::process::Process;
use crate::shim::SAVED_BYTES;

/// One frame of generated code (or of a stub of ours). Addresses are valid while the process stays suspended.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// Where the frame goes on.
    pub(crate) ret: usize,
    /// What is known of it there.
    pub(crate) mapped: &'a Mapped,
    /// Its stack pointer.
    pub(crate) sp: usize,
    /// Its frame pointer.
    pub(crate) fp: usize,
}

/// Calls `f` with the frames of a suspended process, innermost first, until it gives false.
///
/// # Safety
/// The caller owns the process, which is suspended in the shim: its saved stack pointer is that of the shim's save area.
pub(crate) unsafe fn frames<'a>(
    registry: &'a Registry,
    process: &Process,
    mut f: impl FnMut(Frame<'a>) -> bool,
) {
    let mut link = (process.saved_sp.get() + SAVED_BYTES) as *const usize;
    loop {
        // SAFETY: `link` is the saved-frame-pointer slot of a frame on the stack: the shim's at first, then as linked by frame pointers, which end with 0.
        let (fp, ret) = unsafe { (*link, *link.add(1)) };
        // The frame whose frame pointer is 0 is the entry stub's.
        if fp == 0 {
            return;
        }
        let mapped = registry.expect(ret);
        let frame = Frame {
            ret,
            mapped,
            sp: fp - mapped.span as usize,
            fp,
        };
        if !f(frame) {
            return;
        }
        link = fp as *const usize;
    }
}
