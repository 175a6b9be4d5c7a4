//! The fields of a process's control block that generated code reads and writes, as byte offsets from the pinned register (r15).
//!
//! `runtime`'s `#[repr(C)]` struct is asserted against these at compile time. Everything after [`PRIVATE`] is the runtime's own.

/// Next free byte of the nursery (bump pointer). Under `NOSTOS_GC=stress` the limit is 0, so that every allocation takes the slow path.
pub const HEAP_TOP: i32 = 0;
/// End of the nursery; `top + size > limit` calls [`crate::builtin::Op::AllocSlow`].
pub const HEAP_LIMIT: i32 = 8;
/// `sp < limit` at function entry and loop back-edges calls [`crate::builtin::Op::Poll`]; another thread sets it to `usize::MAX` to get attention (read it with `atomic_load`).
pub const STACK_LIMIT: i32 = 16;
/// Reductions left in this slice (i64); decremented at function entry and back-edges, below 0 calls `Poll`.
pub const REDUCTIONS: i32 = 24;
/// Saved stack pointer while helpers run or the process is suspended.
pub const SAVED_SP: i32 = 32;
/// The worker's stack pointer, to run helpers on.
pub const WORKER_SP: i32 = 40;
/// Address of the runtime's dispatcher, called by the shim.
pub const DISPATCH: i32 = 48;
/// Where a throw lands: program counter, frame pointer, stack pointer, payload (a ref).
pub const THROW_PC: i32 = 56;
/// See [`THROW_PC`].
pub const THROW_FP: i32 = 64;
/// See [`THROW_PC`].
pub const THROW_SP: i32 = 72;
/// See [`THROW_PC`].
pub const THROW_PAYLOAD: i32 = 80;
/// Spare word for generated code and the shim.
pub const SCRATCH: i32 = 88;
/// Arguments and results of helpers: [`ARG_WORDS`] words. A helper's signature in the builtin table says which are refs; the collector treats those as roots while the helper runs.
pub const ARGS: i32 = 96;
/// Length of the argument area, in words.
pub const ARG_WORDS: usize = 16;
/// The process's own number; read only. So `self()` is one load.
pub const PID: i32 = ARGS + (ARG_WORDS as i32) * 8;
/// The first byte that generated code knows nothing of.
pub const PRIVATE: i32 = PID + 8;

/// Reductions in one slice.
pub const SLICE: i64 = 2000;
/// Bytes below the stack limit that leaf helpers called directly may use.
pub const STACK_HEADROOM: usize = 8 * 1024;
/// Bytes of the largest frame that a function may take before it looks at the limit. Larger ones are reserved first, by a function that does only that.
pub const FRAME_MAX: usize = STACK_HEADROOM / 2;
