//! Meaning: syntax trees in; names, types, typed bodies and diagnostics out. Pure: no files, no clock, no globals.
#![forbid(unsafe_code)]

mod captures;
mod cycles;
pub mod db;
pub mod deep;
pub mod diagnostic;
pub mod dump;
mod edits;
pub mod exhaustive;
pub mod expand;
pub mod hir;
pub mod ids;
mod impls;
mod infer;
pub mod items;
pub mod json;
pub mod lower;
mod print;
pub mod query;
pub mod raw;
pub mod render;
pub mod resolve;
mod scc;
pub mod scope;
pub mod signature;
mod traits;
pub mod ty;
pub mod types;
