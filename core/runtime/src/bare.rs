//! Not of the runtime: the root of a crate that holds those of its modules which need no generated code, for miri, which runs no machine code and compiles
//! no code generator in a time that anybody waits for. Neighbours that they name, but do not need here, are stubs. `tests/README.md` says how it is run.
//!
//! In: heaps, messages, mail and mailboxes, blobs, timers, the table of processes, as they are. Absent, since out of miri's reach: stacks and the shim (they are
//! assembly and switch stacks), the memory of generated code (mapped and written while it runs), the system's sockets.
#![allow(dead_code, unused_imports)]

mod blob;
mod exit;
mod heap;
mod mail;
mod mailbox;
mod marks;
mod message;
mod mutex;
mod park;
mod process;
mod sync;
mod table;
mod timer;

#[cfg(test)]
mod bare_tests;

/// Stubs: processes here have no stack, so a walk meets no frame, and nobody runs, stops or watches them.
mod stubs {
    use nostos_abi::desc::fixed;
    use nostos_abi::object::HEADER_DESC_MASK;
    use std::sync::Arc;

    pub(crate) struct Worker;
    pub(crate) struct Nothing;

    #[derive(Debug)]
    pub(crate) struct Stack;

    impl Stack {
        pub(crate) fn top(&self) -> usize {
            0
        }
    }

    pub(crate) struct Mapped {
        pub(crate) roots: Box<[u32]>,
    }

    pub(crate) struct Frame<'a> {
        pub(crate) mapped: &'a Mapped,
        pub(crate) sp: usize,
    }

    pub(crate) struct Registry;

    /// # Safety
    /// As the real one, whose place it takes.
    pub(crate) unsafe fn frames<'a>(
        _: &'a Registry,
        _: &crate::process::Process,
        _: impl FnMut(Frame<'a>) -> bool,
    ) {
    }

    #[derive(Debug)]
    pub(crate) struct Resource;

    pub(crate) fn is_handle(header: u64) -> bool {
        header & HEADER_DESC_MASK == u64::from(fixed::HANDLE)
    }

    /// # Safety
    /// As the real one.
    pub(crate) unsafe fn retain(word: u64) {
        // SAFETY: as there.
        unsafe { Arc::increment_strong_count(word as *const Resource) }
    }

    /// # Safety
    /// As the real one.
    pub(crate) unsafe fn release(word: u64) {
        // SAFETY: as there.
        unsafe { drop(Arc::from_raw(word as *const Resource)) }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Relations {
        pub(crate) name: Option<String>,
        pub(crate) links: Vec<u64>,
    }
}

mod scheduler {
    pub(crate) use crate::stubs::Worker;
}
mod stack {
    pub(crate) use crate::stubs::{Nothing as Frozen, Stack};
}
mod walk {
    pub(crate) use crate::stubs::frames;
}
mod code {
    pub(crate) mod registry {
        pub(crate) use crate::stubs::Registry;
    }
}
mod resource {
    pub(crate) use crate::stubs::{Nothing as Guard, Resource, is_handle, release, retain};
}
mod relations {
    pub(crate) use crate::stubs::Relations;
}
mod blocking {
    pub(crate) use crate::stubs::{Nothing as Job, Nothing as Outcome};
}
mod debug {
    pub(crate) use crate::stubs::Nothing as StopReason;
}
mod restart {
    pub(crate) use crate::stubs::Nothing as Restart;
}
mod watch {
    pub(crate) use crate::stubs::Nothing as Watch;
}
