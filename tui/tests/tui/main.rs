//! Tests of the terminal IDE: the model with a scripted image, its screens as text, and a few runs in a real pseudo-terminal.
#![forbid(unsafe_code)]

mod driver;
mod edits;
mod fake;
mod format;
mod guide;
mod heaps;
mod inspect;
mod kept;
mod language;
mod live;
mod model;
mod newcomer;
mod random;
mod screens;
mod stops;
mod tests;
mod tty;
mod windows;
