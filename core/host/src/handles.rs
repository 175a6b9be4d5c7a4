//! Numbers that stand for something open. They are never used twice, so a stale one is an error and not somebody else's.

use crate::Failure;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A table of open things.
pub(crate) struct Handles<T> {
    state: Mutex<State<T>>,
    what: &'static str,
}

struct State<T> {
    open: Option<HashMap<i64, Arc<Mutex<T>>>>,
    next: i64,
}

impl<T> Handles<T> {
    pub(crate) const fn new(what: &'static str) -> Self {
        let state = State {
            open: None,
            next: 1,
        };
        Handles {
            state: Mutex::new(state),
            what,
        }
    }

    pub(crate) fn add(&self, value: T) -> i64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.next;
        state.next += 1;
        let open = state.open.get_or_insert_default();
        open.insert(number, Arc::new(Mutex::new(value)));
        number
    }

    fn get(&self, number: i64) -> Result<Arc<Mutex<T>>, Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let found = state.open.as_ref().and_then(|open| open.get(&number));
        found.cloned().ok_or_else(|| self.gone())
    }

    fn gone(&self) -> Failure {
        Failure {
            kind: "io_error",
            message: format!("the {} is closed", self.what),
        }
    }

    /// Works on an open thing; others wait for it.
    pub(crate) fn with<R>(
        &self,
        number: i64,
        f: impl FnOnce(&mut T) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let found = self.get(number)?;
        let mut value = found.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut value)
    }

    /// Forgets it; what still works on it finishes first.
    pub(crate) fn remove(&self, number: i64) -> Result<Arc<Mutex<T>>, Failure> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let found = state.open.as_mut().and_then(|open| open.remove(&number));
        found.ok_or_else(|| self.gone())
    }
}
