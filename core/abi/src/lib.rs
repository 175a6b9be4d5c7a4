//! The shape of memory and of compiled code, written once.
//!
//! In: nothing. Out: constants, layouts, descriptors, the builtin table and the inert code object, for `codegen`
//! (which emits code that obeys them) and `runtime` (which asserts its own structs against them at compile time).
//! Absent: any behaviour; nothing here touches memory.
#![forbid(unsafe_code)]

pub mod builtin;
pub mod code;
pub mod desc;
mod fits;
pub mod object;
pub mod process;
