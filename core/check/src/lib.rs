//! Meaning: syntax trees in; names, types, typed bodies and diagnostics out. Pure: no files, no clock, no globals.
#![forbid(unsafe_code)]

pub mod diagnostic;
pub mod exhaustive;
pub mod hir;
pub mod render;
pub mod ty;
