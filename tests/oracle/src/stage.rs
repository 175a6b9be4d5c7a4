//! A thread with a deep stack that owns the compiler: whoever needs it sends the work there. A thread for each piece of work would ask for fresh memory each time.

use nostos_session::build::Build;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};

type Work = Box<dyn FnOnce(&mut Build) + Send>;

/// Where the compiler is.
#[derive(Clone)]
pub(crate) struct Stage(Sender<Work>);

/// Address space only: as in `nostos_check::deep`.
const STACK: usize = 1 << 30;

impl Stage {
    /// With the compiler that `build` makes. It ends with its last handle.
    pub(crate) fn new(build: impl FnOnce() -> Build + Send + 'static) -> Stage {
        let (sender, receiver) = channel::<Work>();
        std::thread::Builder::new()
            .name("stage".into())
            .stack_size(STACK)
            .spawn(move || {
                let mut build = build();
                for work in receiver {
                    work(&mut build);
                }
            })
            .expect("a thread for the compiler");
        Stage(sender)
    }

    /// Does this with the compiler and waits for it. Its panic is ours.
    pub(crate) fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Build) -> T + Send + 'static,
    ) -> T {
        let (sender, receiver) = channel();
        let work = move |build: &mut Build| {
            let result = catch_unwind(AssertUnwindSafe(|| work(build)));
            // Whoever asked is waiting below.
            let _ = sender.send(result);
        };
        self.0.send(Box::new(work)).expect("the stage stands");
        match receiver.recv().expect("work ends") {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        }
    }
}
