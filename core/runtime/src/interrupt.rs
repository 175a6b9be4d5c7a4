//! The end of an interrupted program. The first SIGINT ends it in order, see [`crate::image::Image::interrupt`]; the second at once.
//!
//! The signal is blocked in all threads, and one waits for it: a handler might run on a process's stack.

use crate::core::Core;
use crate::exit::ExitReason;
use crate::image::Image;
use crate::signals;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Status of a program that was interrupted, as of one that SIGINT ended: 128 + 2.
pub(crate) const STATUS: i32 = 130;
/// The kind of the exception by which a process hears of it.
pub(crate) const KIND: &str = "Interrupted";
/// How long supervisors, and then the main process, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// And then the others.
const REST: Duration = Duration::from_secs(1);

/// How far an interruption has come.
#[derive(Default)]
pub(crate) struct Interruption(AtomicU8);

impl Interruption {
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    /// The program waits for it before it ends.
    pub(crate) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 1
    }

    /// Now it has begun; false: it had.
    fn begins(&self) -> bool {
        self.0.swap(1, Ordering::SeqCst) == 0
    }

    pub(crate) fn is_over(&self) {
        self.0.store(2, Ordering::SeqCst);
    }
}

/// SIGINT, taken over from the system.
pub struct Interrupts {
    image: Arc<OnceLock<Arc<Image>>>,
}

impl Interrupts {
    /// From now on the signal comes here. To be called before other threads are started, which inherit that. Without an image it ends the program at once.
    pub fn take_over() -> io::Result<Interrupts> {
        let set = signals::block();
        let image: Arc<OnceLock<Arc<Image>>> = Arc::default();
        let known = image.clone();
        std::thread::Builder::new()
            .name("nostos-interrupts".into())
            .spawn(move || {
                signals::take_here();
                let mut first = true;
                loop {
                    let mut signal = 0;
                    // SAFETY: the set is one of the caller's, and `signal` outlives the call.
                    if unsafe { libc::sigwait(&raw const set, &raw mut signal) } != 0 {
                        continue;
                    }
                    match known.get() {
                        Some(image) if first => {
                            first = false;
                            let image = image.clone();
                            let ending = std::thread::Builder::new()
                                .name("nostos-ending".into())
                                .spawn(move || image.interrupt());
                            if ending.is_ok() {
                                continue;
                            }
                        }
                        Some(_) | None => {}
                    }
                    // SAFETY: ends the process; nothing is left to be written, output is flushed line by line.
                    unsafe { libc::_exit(STATUS) };
                }
            })?;
        Ok(Interrupts { image })
    }

    /// The image that is ended in order; the first one counts.
    pub fn end(&self, image: &Arc<Image>) {
        // Another one is ended at once.
        let _ = self.image.set(image.clone());
    }
}

impl Core {
    /// See [`Image::interrupt`].
    pub(crate) fn interrupt_all(&self) {
        if !self.interruption.begins() {
            return;
        }
        let main = self.main();
        let until = Instant::now() + PATIENCE;
        // Those that no other supervisor looks after, the last one first, as they end their children.
        let mut roots = self.roots();
        roots.retain(|pid| *pid != main);
        roots.sort_unstable();
        while let Some(root) = roots.pop() {
            self.exit_signal(None, root, main, &ExitReason::Shutdown, false);
            self.await_ends(until, |pid| pid == root);
        }
        self.interrupt(main, main);
        self.await_ends(until, |pid| pid == main);
        let mut others = Vec::new();
        self.table.iter().for_each(|p| others.push(p.pid()));
        for pid in others.into_iter().filter(|pid| *pid != main) {
            self.interrupt(pid, main);
        }
        self.await_ends(Instant::now() + REST, |pid| pid != main);
        self.end_interrupted();
    }

    /// Supervisors that are not themselves looked after by one.
    fn roots(&self) -> Vec<u64> {
        let supervises = |pid: u64| {
            self.table.get(pid).is_some_and(|process| {
                let inbox = process.inbox.lock();
                let relations = inbox.relations.as_ref();
                inbox.pid == pid && relations.is_some_and(|r| r.supervises)
            })
        };
        let mut roots = Vec::new();
        for process in self.table.iter() {
            let (pid, parent) = (process.pid(), process.parent.load(Ordering::Relaxed));
            if pid != 0 && supervises(pid) && !supervises(parent) {
                roots.push(pid);
            }
        }
        roots
    }

    /// Waits until none of these processes is left.
    fn await_ends(&self, until: Instant, which: impl Fn(u64) -> bool) {
        while Instant::now() < until && self.table.iter().any(|p| p.pid() != 0 && which(p.pid())) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
