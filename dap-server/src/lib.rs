//! The debug protocol: DAP on one side, [`nostos_session::debug::Target`] on the other.
//!
//! The image's endpoint ([`endpoint`]) and the adapter on stdio ([`adapter`]) speak the same messages; the page `docs/debugging.md` says which.
//! Absent: any knowledge of how a process is stopped or a value is read.
#![forbid(unsafe_code)]

pub mod adapter;
pub mod client;
pub mod endpoint;
pub mod filter;
pub mod framing;
pub mod image;
pub mod listen;
mod progress;
pub mod protocol;
pub mod server;
pub mod tested;
pub mod wire;

pub use image::image_main;
pub use nostos_session::expander;
pub use tested::test_main;
