//! The one mutex type of this room.

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
