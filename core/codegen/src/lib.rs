//! Room to be filled.
#![forbid(unsafe_code)]

pub mod dwarf;
