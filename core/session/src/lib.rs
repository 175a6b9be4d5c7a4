//! The living image: sources, code and processes, held together. Owns the project's files, the build, swaps, evaluation and the debugger's view.
#![forbid(unsafe_code)]

pub mod debug;
pub mod project;
pub mod watch;
