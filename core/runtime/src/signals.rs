//! Signals of the system as messages: who subscribes to one gets the message it has given, whenever the signal comes.
//!
//! Those that can be subscribed to are blocked in all threads but one (see [`crate::interrupt`]), where, unless somebody has subscribed, they do what they
//! always do. The handler runs there, never on a process's stack, and writes the signal's number into a pipe that the reactor reads.

use crate::core::Core;
use crate::mailbox;
use crate::message::Fragment;
use crate::net::{Net, SIGNALS};
use mio::Interest;
use mio::unix::pipe::{Receiver, Sender};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Those that can be subscribed to. SIGINT is not among them: it ends the program in order.
pub(crate) const ALL: [i32; 5] = [
    libc::SIGHUP,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGWINCH,
];

/// Who wants to be told of a signal, and how.
pub(crate) struct Subscriber {
    pub(crate) number: i32,
    pub(crate) pid: u64,
    pub(crate) desc: u32,
    pub(crate) message: Fragment,
}

/// One thread takes these signals, so that a handler runs where it may.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The writing end of the pipe; −1: there is none yet.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// The pipe; it stays, since a signal may come at any time.
static ENDS: Mutex<Option<(Sender, Receiver)>> = Mutex::new(None);

/// A set of those that can be subscribed to, and perhaps SIGINT.
fn set(with_interrupt: bool) -> libc::sigset_t {
    // SAFETY: the set is initialised by `sigemptyset` before it is used.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in ALL {
            libc::sigaddset(&raw mut set, signal);
        }
        if with_interrupt {
            libc::sigaddset(&raw mut set, libc::SIGINT);
        }
        set
    }
}

/// All threads that are started from here on leave signals to others; gives SIGINT, which one of them is to wait for.
pub(crate) fn block() -> libc::sigset_t {
    let all = set(true);
    // SAFETY: the sets are initialised before they are used, and outlive the calls.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
        let mut known: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGINT, std::ptr::null(), &raw mut known);
        // Who started this program may have told it to ignore interrupts.
        if known.sa_sigaction == libc::SIG_DFL {
            set_action(libc::SIGINT, pass_on as *const () as libc::sighandler_t);
        }
        let mut interrupt = std::mem::zeroed();
        libc::sigemptyset(&raw mut interrupt);
        libc::sigaddset(&raw mut interrupt, libc::SIGINT);
        interrupt
    }
}

/// A thread that is just starting another program has got SIGINT: it is for the one that waits for it.
extern "C" fn pass_on(number: i32) {
    // SAFETY: `kill` may be called in a handler; the signal goes to this very process.
    unsafe { libc::kill(libc::getpid(), number) };
}

/// Runs `f`, which starts another program: that inherits which signals this thread leaves to others, and so must find none.
pub(crate) fn for_others<T>(f: impl FnOnce() -> T) -> T {
    if !TAKEN.load(Ordering::SeqCst) {
        return f();
    }
    let all = set(true);
    // SAFETY: the sets are initialised before they are used, and outlive the calls. This thread runs no process, so handlers may run on it.
    unsafe {
        let mut before = std::mem::zeroed();
        libc::sigemptyset(&raw mut before);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const all, &raw mut before);
        let result = f();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        result
    }
}

/// On the one thread that is to take the signals, which all others block.
pub(crate) fn take_here() {
    let all = set(false);
    // SAFETY: the set outlives the call.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const all, std::ptr::null_mut()) };
    TAKEN.store(true, Ordering::SeqCst);
}

extern "C" fn came(number: i32) {
    let byte = number as u8;
    // SAFETY: `write` may be called in a handler; the byte outlives the call. A full pipe has enough to tell of. The thread's error number is put back.
    unsafe {
        let error = *libc::__errno_location();
        libc::write(PIPE.load(Ordering::SeqCst), (&raw const byte).cast(), 1);
        *libc::__errno_location() = error;
    }
}

/// What the signal does from now on.
fn set_action(number: i32, action: libc::sighandler_t) {
    // SAFETY: the structure is plain data; the handler does only what handlers may.
    unsafe {
        let mut how: libc::sigaction = std::mem::zeroed();
        how.sa_sigaction = action;
        how.sa_flags = libc::SA_RESTART;
        libc::sigaction(number, &raw const how, std::ptr::null_mut());
    }
}

impl Net {
    /// From now on the subscriber is told. It may have subscribed before: then its message is another one now.
    pub(crate) fn subscribe(&self, core: &Arc<Core>, subscriber: Subscriber) -> Result<(), String> {
        if !TAKEN.load(Ordering::SeqCst) || !ALL.contains(&subscriber.number) {
            return Err("signals cannot be subscribed to here".into());
        }
        self.open_pipe(core)?;
        let number = subscriber.number;
        let mut subscribers = self.subscribers.lock();
        subscribers.retain(|s| (s.number, s.pid) != (number, subscriber.pid));
        subscribers.push(subscriber);
        set_action(number, came as *const () as libc::sighandler_t);
        Ok(())
    }

    fn open_pipe(&self, core: &Arc<Core>) -> Result<(), String> {
        let registry = self.registry(core)?;
        let mut ends = ENDS.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.is_none() {
            let made = mio::unix::pipe::new().and_then(|(sender, mut receiver)| {
                registry.register(&mut receiver, SIGNALS, Interest::READABLE)?;
                Ok((sender, receiver))
            });
            let (sender, receiver) = made.map_err(|e| format!("signals: {e}"))?;
            PIPE.store(sender.as_raw_fd(), Ordering::SeqCst);
            *ends = Some((sender, receiver));
        }
        Ok(())
    }

    /// The process is not told any more. When nobody is, the signal does what it always does.
    pub(crate) fn unsubscribe(&self, number: i32, pid: u64) {
        let mut subscribers = self.subscribers.lock();
        let before = subscribers.len();
        subscribers.retain(|s| (s.number, s.pid) != (number, pid));
        if subscribers.len() < before && subscribers.iter().all(|s| s.number != number) {
            set_action(number, libc::SIG_DFL);
        }
    }
}

/// Signals have come.
pub(crate) fn deliver(core: &Core) {
    let mut numbers = [0; 256];
    loop {
        let count = {
            let mut ends = ENDS.lock().unwrap_or_else(PoisonError::into_inner);
            let read = ends
                .as_mut()
                .map(|(_, receiver)| receiver.read(&mut numbers));
            match read {
                Some(Ok(count @ 1..)) => count,
                _ => return,
            }
        };
        for number in &numbers[..count] {
            tell(core, i32::from(*number));
        }
    }
}

fn tell(core: &Core, number: i32) {
    let is_alive = |pid: u64| core.table.get(pid).is_some_and(|p| p.pid() == pid);
    let mut subscribers = core.net.subscribers.lock();
    subscribers.retain(|s| is_alive(s.pid));
    let mut told = false;
    for subscriber in subscribers.iter().filter(|s| s.number == number) {
        let Some(process) = core.table.get(subscriber.pid) else {
            continue;
        };
        told = true;
        let (pid, desc) = (subscriber.pid, subscriber.desc);
        let message = subscriber.message.clone();
        if mailbox::post(&process.mail, (pid, 0), desc, message, core.stamp()) {
            core.schedule(None, process.into());
        }
    }
    drop(subscribers);
    if !told {
        // All who had subscribed have ended: the signal does what it always does.
        set_action(number, libc::SIG_DFL);
        // SAFETY: a signal to this very process.
        unsafe { libc::kill(libc::getpid(), number) };
    }
}
