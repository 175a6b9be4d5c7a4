//! The runtime with code made by hand: no front end, no code generator. Every program runs plainly and under both stress switches.

mod blobs;
mod builtins;
mod heap;
mod jit;
mod processes;
mod soak;
mod stops;
mod surveys;
mod sweeps;
mod world;
