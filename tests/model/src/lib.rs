//! Nothing by itself: its tests try all interleavings of the runtime's lock-free parts, whose sources they include. A crate of its own, so that what that
//! needs does not change how the others are built.
#![forbid(unsafe_code)]
