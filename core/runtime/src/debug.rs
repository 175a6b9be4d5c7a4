//! Stops: breakpoint sites that are armed and disarmed while the program runs, stepping, pausing a process, and the events that tell of it.
//!
//! Sites are patched while no worker runs generated code. An armed site calls the hook stub, which enters the shim with `Op::DebugStop`;
//! whether the process then really stops is decided here.

use crate::code::{Code, SITE_BYTES, SITE_NOP};
use crate::core::Core;
use crate::decide::Condition;
use crate::dispatch::{Ctx, Flow, Halt};
use crate::exit::ExitReason;
use crate::look::Standing;
use crate::mailbox::Parked;
use crate::mutex::{Mutex, RwLock};
use crate::process::{Own, Process, Resume, State, Step, attention};
use crate::shim::{self, Leave};
use crate::walk;
use crate::watch::SharedWatch;
use nostos_abi::builtin::Op;
use nostos_abi::object::HEADER_DESC_MASK;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

/// What happens in an image, for those who subscribed.
#[derive(Clone, Debug)]
pub enum Event {
    /// A process began.
    Started {
        /// Its number.
        pid: u64,
    },
    /// A process was stopped.
    Stopped {
        /// Its number.
        pid: u64,
        /// In which stop: the news may be older than what it does now.
        standing: Standing,
        /// Why and where.
        reason: StopReason,
    },
    /// A process ended.
    Exited {
        /// Its number.
        pid: u64,
        /// Why.
        reason: ExitReason,
    },
}

/// Why a process was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// It reached an armed site; the address is that of [`Code::address`] + `ret`.
    Breakpoint(usize),
    /// It has made the step asked for.
    Step(usize),
    /// Both: the site to which it has stepped is armed too.
    StepOnto(usize),
    /// It was asked to.
    Pause,
    /// It has thrown what nobody catches; when it goes on, it ends.
    Uncaught,
    /// It has thrown what somebody catches; the walk to the handler comes when it goes on.
    Thrown,
    /// A process it is linked to has ended; when it goes on, it ends too.
    Linked,
    /// It has taken a message in a box of this descriptor, which it has not looked at yet.
    Received(u32),
    /// It is about to send such a message.
    Sent(u32),
    /// It is about to end; when it goes on, it does.
    Ending,
    /// It has given the watched value of this number another one.
    Changed(u64),
    /// The frame of the watched value of this number has ended.
    Lost(u64),
    /// It has read or written a watched `mvar`.
    Shared {
        /// Which.
        key: u64,
        /// Written.
        writes: bool,
    },
}

/// Whose ends stop them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ends {
    /// Processes with these numbers.
    pub pids: Vec<u64>,
    /// Processes of these names.
    pub names: Vec<String>,
    /// All of them.
    pub all: bool,
}

/// Messages that are sent are watched.
pub(crate) const SENT: u32 = 1;
/// Messages that are received are.
pub(crate) const RECEIVED: u32 = 2;

/// Somebody is traced: what is sent and received is kept, and nobody stops for it.
pub(crate) const TRACED: u32 = 4;

/// Which exceptions stop a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stops {
    /// Those that nobody catches.
    pub uncaught: bool,
    /// Those that somebody catches.
    pub thrown: bool,
    /// The end of a process it is linked to.
    pub linked: bool,
}

/// How a stopped process goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Until something stops it.
    Continue,
    /// To the next statement, wherever.
    StepIn,
    /// To the next statement of this function or of a caller.
    StepOver,
    /// To the next statement of a caller.
    StepOut,
    /// As it was going on before: who was told of the stop does not want it.
    AsBefore,
}

/// Asked before a breakpoint stops a process: (pid, site address, the frame there) → stop?
pub type StopFilter = Box<dyn Fn(u64, usize, &SiteFrame) -> bool + Send + Sync>;

/// The frame of a process that has reached a site, while it stands there.
#[derive(Clone, Copy, Debug)]
pub struct SiteFrame {
    /// The frame pointer.
    fp: usize,
    /// Where the stack is in use.
    stack: (usize, usize),
}

impl SiteFrame {
    /// The word at this distance from the frame pointer, if that is in the stack.
    pub fn word(&self, offset: i64) -> Option<u64> {
        let at = self.fp.checked_add_signed(offset as isize)?;
        let inside = at >= self.stack.0 && at.checked_add(8)? <= self.stack.1;
        // SAFETY: a word of the stack of a process that stands still while the filter is asked.
        (inside && at % 8 == 0).then(|| unsafe { *(at as *const u64) })
    }
}

/// Conditions with the addresses of their cells.
type Settled = Arc<[(Condition, usize)]>;

/// The image's debugging state.
#[derive(Default)]
pub(crate) struct Debug {
    /// Where messages were sent.
    pub(crate) places: crate::places::Places,
    /// What traced processes did.
    pub(crate) pasts: crate::past::Pasts,
    subscribers: Mutex<Vec<Sender<Event>>>,
    watched: AtomicBool,
    /// Nobody wants to know of processes that begin.
    quiet_starts: AtomicBool,
    /// Workers that have a second process, which decides a condition for their first one.
    pub(crate) deciding: AtomicUsize,
    /// Addresses (of the return) of the sites that are breakpoints.
    breakpoints: RwLock<FxHashSet<usize>>,
    /// Stepping processes; while there are any, all sites are armed.
    stepping: AtomicUsize,
    /// Processes stop before they end by an exception.
    pub(crate) stop_on_uncaught: AtomicBool,
    /// And where they throw what is caught.
    pub(crate) stop_on_thrown: AtomicBool,
    /// And before a linked process's end ends them.
    pub(crate) stop_on_linked: AtomicBool,
    /// Which ways of messages are watched.
    watched_ways: AtomicU32,
    /// Ways and descriptors of messages that nobody who watches wants to see.
    unwanted: RwLock<FxHashSet<(u32, u32)>>,
    /// Processes that are being ended so, while it is so.
    linked: Mutex<FxHashSet<u64>>,
    /// Some processes stop before they end.
    watches_ends: AtomicBool,
    ends: Mutex<Ends>,
    /// `mvar`s that are watched.
    watches_shared: AtomicBool,
    shared: RwLock<Vec<SharedWatch>>,
    /// Where processes have sent their last message, in an image that is inspected.
    pub(crate) sent_to: Mutex<FxHashMap<u64, u64>>,
    pub(crate) filter: OnceLock<StopFilter>,
    /// Conditions of sites, with the addresses of their cells: unless one of them may be true, nobody stops there.
    pub(crate) conditions: RwLock<FxHashMap<usize, Settled>>,
}

impl Debug {
    /// Are messages of this way watched?
    #[inline(always)]
    pub(crate) fn watches(&self, way: u32) -> bool {
        self.watched_ways.load(Ordering::Relaxed) & way != 0
    }

    /// Watches messages; what was not wanted before may be now.
    pub(crate) fn watch(&self, sent: bool, received: bool) {
        self.unwanted.write().clear();
        let ways = (u32::from(sent) * SENT) | (u32::from(received) * RECEIVED);
        self.set_ways(SENT | RECEIVED, ways);
    }

    /// Somebody is traced from now on, or nobody.
    pub(crate) fn trace(&self, any: bool) {
        self.set_ways(TRACED, u32::from(any) * TRACED);
    }

    fn set_ways(&self, of: u32, to: u32) {
        let change = |ways: u32| Some((ways & !of) | to);
        // The function always gives a value, so this cannot fail.
        let _ = self
            .watched_ways
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    /// Messages of this kind are not to stop anybody.
    pub(crate) fn pass_over(&self, reason: StopReason) {
        match reason {
            StopReason::Sent(desc) => self.unwanted.write().insert((SENT, desc)),
            StopReason::Received(desc) => self.unwanted.write().insert((RECEIVED, desc)),
            StopReason::Breakpoint(_)
            | StopReason::StepOnto(_)
            | StopReason::Step(_)
            | StopReason::Pause
            | StopReason::Uncaught
            | StopReason::Thrown
            | StopReason::Linked
            | StopReason::Ending
            | StopReason::Changed(_)
            | StopReason::Lost(_)
            | StopReason::Shared { .. } => false,
        };
    }

    /// Which `mvar`s are watched from now on.
    pub(crate) fn watch_shared(&self, watches: Vec<SharedWatch>) {
        let any = !watches.is_empty();
        *self.shared.write() = watches;
        self.watches_shared.store(any, Ordering::Relaxed);
    }

    /// A process has read or written an `mvar`; the op's result is in place.
    #[inline]
    pub(crate) fn shared(&self, own: &mut Own, key: u64, writes: bool) -> Flow {
        let watches = self.watches_shared.load(Ordering::Relaxed);
        match watches && crate::watch::shared(own, &self.shared.read(), key, writes) {
            true => Err(Halt::Leave(Leave::Stop)),
            false => Ok(()),
        }
    }

    /// Whose ends stop them from now on.
    pub(crate) fn watch_ends(&self, ends: Ends) {
        let any = ends.all || !ends.pids.is_empty() || !ends.names.is_empty();
        *self.ends.lock() = ends;
        self.watches_ends.store(any, Ordering::Relaxed);
    }

    /// A process is at its end: does it stop there, once?
    #[inline]
    pub(crate) fn stops_at_end(&self, process: &Process, own: &mut Own) -> bool {
        self.watches_ends.load(Ordering::Relaxed) && self.is_watched_end(process, own)
    }

    #[cold]
    fn is_watched_end(&self, process: &Process, own: &mut Own) -> bool {
        let told = own.rare_if_any().is_some_and(|rare| rare.told_end);
        if told || own.wants_result {
            return false;
        }
        let wanted = {
            let ends = self.ends.lock();
            let named = || {
                let inbox = process.inbox.lock();
                let name = inbox.name();
                name.is_some_and(|name| ends.names.contains(name))
            };
            ends.all || ends.pids.contains(&process.pid()) || named()
        };
        if wanted {
            own.exit.get_or_insert_with(|| ExitReason::Normal.into());
            let rare = own.rare();
            rare.told_end = true;
            rare.stopped = Some(StopReason::Ending);
        }
        wanted
    }

    /// A linked process's end is ending this one.
    pub(crate) fn ends_linked(&self, pid: u64) {
        if self.stop_on_linked.load(Ordering::Relaxed) {
            self.linked.lock().insert(pid);
        }
    }

    /// Is this process to stop before it ends?
    pub(crate) fn stops_linked(&self, pid: u64) -> bool {
        self.stop_on_linked.load(Ordering::Relaxed) && self.linked.lock().remove(&pid)
    }

    /// Events from now on.
    pub(crate) fn subscribe(&self) -> Receiver<Event> {
        let (sender, receiver) = channel();
        self.subscribers.lock().push(sender);
        self.watched.store(true, Ordering::Release);
        receiver
    }

    /// Is it told when a process begins?
    #[inline]
    pub(crate) fn tells_starts(&self) -> bool {
        self.watched.load(Ordering::Relaxed) && !self.quiet_starts.load(Ordering::Relaxed)
    }

    /// From now on it is told, or not.
    pub(crate) fn tell_starts(&self, on: bool) {
        self.quiet_starts.store(!on, Ordering::Relaxed);
    }

    /// There is no code at these addresses any more.
    pub(crate) fn forget(&self, freed: &[Range<usize>]) {
        let is_gone = |site: &usize| freed.iter().any(|code| code.contains(&(site - 1)));
        self.breakpoints.write().retain(|site| !is_gone(site));
        self.conditions.write().retain(|site, _| !is_gone(site));
    }

    /// Tells the subscribers, if there are any.
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        if !self.watched.load(Ordering::Relaxed) {
            return;
        }
        let event = event();
        self.subscribers
            .lock()
            .retain(|s| s.send(event.clone()).is_ok());
    }
}

/// A process is about to send a message: stops it once for each.
#[cold]
pub(crate) fn sends(ctx: &mut Ctx, op: Op, root: u64) -> Flow {
    // It goes on after such a stop.
    if ctx.own.rare().message == root {
        ctx.own.rare().message = 0;
        return Ok(());
    }
    if !stops_for(ctx, SENT, root, StopReason::Sent) {
        return Ok(());
    }
    ctx.own.resume = Resume::Again(op);
    Err(Halt::Leave(Leave::Stop))
}

/// A process has taken a message; the op's result is in place.
pub(crate) fn received(ctx: &mut Ctx, root: u64) -> Flow {
    match stops_for(ctx, RECEIVED, root, StopReason::Received) {
        true => Err(Halt::Leave(Leave::Stop)),
        false => Ok(()),
    }
}

/// Notes why a process stops, if anybody wants to see messages of this kind. No collection moves the message while it stands still.
fn stops_for(ctx: &mut Ctx, way: u32, root: u64, reason: impl Fn(u32) -> StopReason) -> bool {
    if ctx.own.unhindered {
        return false;
    }
    // SAFETY: a box in the heap of the running process, which we own.
    let desc = unsafe { *(root as *const u64) & HEADER_DESC_MASK } as u32;
    if ctx.core.debug.unwanted.read().contains(&(way, desc)) {
        return false;
    }
    let rare = ctx.own.rare();
    rare.stopped = Some(reason(desc));
    rare.message = root;
    true
}

/// An armed site was reached. The walk begins with the hook's own frame; the site's function comes next.
pub(crate) fn reached(ctx: &mut Ctx) -> Flow {
    if ctx.own.unhindered {
        return Ok(());
    }
    let stack_top = ctx.own.stack.as_ref().map_or(0, crate::stack::Stack::top);
    let mut at = None;
    // SAFETY: we own the process, which is suspended in the shim.
    unsafe {
        walk::frames(&ctx.core.registry, ctx.process, |frame| {
            if shim::is_hook_return(frame.ret) {
                return true;
            }
            at = Some((frame.ret, frame.fp, frame.mapped.code.clone()));
            false
        });
    }
    let Some((site, fp, Some(code))) = at else {
        return Ok(());
    };
    let depth = stack_top - fp;
    let frame = SiteFrame {
        fp,
        stack: (ctx.process.saved_sp.get(), stack_top),
    };
    let statement = code
        .site_at(code.offset(site))
        .is_none_or(|s| s.is_statement);
    let stepped = statement
        && match ctx.own.rare_if_any().map_or(Step::None, |rare| rare.step) {
            Step::None => false,
            Step::In => true,
            Step::Over { depth: from } => depth <= from,
            Step::Out { depth: from } => depth < from,
        };
    let asked = ctx.process.attention.load(Ordering::SeqCst) & attention::STOP != 0;
    // Who is asked to stop just where a breakpoint is stops for that. If it is not wanted after all, it stops at its next safepoint.
    let here = (site, &*code, depth);
    let reason = if let Some(watched) = crate::watch::at_site(ctx.core, ctx.process, ctx.own, here)
    {
        watched
    } else if ctx.core.debug.breakpoints.read().contains(&site)
        && !is_decided(ctx, site, &frame)
        && wanted(ctx, site, &frame)
    {
        match stepped {
            true => StopReason::StepOnto(site),
            false => StopReason::Breakpoint(site),
        }
    } else if asked {
        ctx.process
            .attention
            .fetch_and(!attention::STOP, Ordering::SeqCst);
        StopReason::Pause
    } else if stepped {
        StopReason::Step(site)
    } else {
        return Ok(());
    };
    ctx.own.rare().stopped = Some(reason);
    Err(Halt::Leave(Leave::Stop))
}

/// Are all conditions of this site false?
fn is_decided(ctx: &Ctx, site: usize, frame: &SiteFrame) -> bool {
    let conditions = ctx.core.debug.conditions.read().get(&site).cloned();
    conditions.is_some_and(|all| {
        let mut each = all.iter();
        each.all(|(condition, cell)| crate::decide::is_false(ctx, condition, *cell, frame))
    })
}

fn wanted(ctx: &Ctx, site: usize, frame: &SiteFrame) -> bool {
    let Some(filter) = ctx.core.debug.filter.get() else {
        return true;
    };
    // It may take locks whose holder waits for a pause.
    ctx.worker.leave_with(ctx.process, ctx.own);
    let wanted = filter(ctx.process.pid(), site, frame);
    ctx.worker.enter_again();
    wanted
}

impl Core {
    /// Makes these sites breakpoints, or ordinary again. Not to be called by a worker that runs a process.
    pub(crate) fn arm(&self, sites: &[usize], on: bool) {
        let codes: Vec<Arc<Code>> = {
            // Under both locks, as code that is freed goes out of the one and then of the other: what is gone must not come back.
            let memory = self.code.lock();
            let mut breakpoints = self.debug.breakpoints.write();
            let mut codes = Vec::new();
            for &site in sites {
                let code = memory.find(site);
                if on && code.is_some() {
                    breakpoints.insert(site);
                } else {
                    breakpoints.remove(&site);
                }
                codes.extend(code.cloned());
            }
            codes
        };
        self.scheduler.paused(|| self.patch(&codes));
    }

    /// Writes every site of these codes as it should be now. No worker runs generated code, or the codes are not reachable yet.
    pub(crate) fn patch(&self, codes: &[Arc<Code>]) {
        let all = self.debug.stepping.load(Ordering::SeqCst) > 0;
        let memory = self.code.lock();
        let breakpoints = self.debug.breakpoints.read();
        for code in codes {
            // It may have been freed since it was found.
            let known = memory.codes.get(&code.address);
            if !known.is_some_and(|known| Arc::ptr_eq(known, code)) {
                continue;
            }
            for (site, call) in code.object.sites.iter().zip(&code.armed) {
                let ret = code.address + site.ret as usize;
                let armed = all || breakpoints.contains(&ret);
                let bytes = if armed { call } else { &SITE_NOP };
                let at = ret - SITE_BYTES;
                if !holds(at, bytes) {
                    memory.arena.write_code(at, bytes).expect(
                        "the kernel writes code memory, as it did when the code was published",
                    );
                }
            }
        }
        drop(memory);
        synchronise_cores();
    }

    fn patch_everything(&self) {
        let codes: Vec<Arc<Code>> = self.code.lock().codes.values().cloned().collect();
        self.scheduler.paused(|| self.patch(&codes));
    }

    /// A stepping process begins (+1) or ceases (−1) to step.
    fn count_stepping(&self, before: Step, after: Step) {
        match (before == Step::None, after == Step::None) {
            (true, false) => {
                if self.debug.stepping.fetch_add(1, Ordering::SeqCst) == 0 {
                    self.patch_everything();
                }
            }
            (false, true) => {
                if self.debug.stepping.fetch_sub(1, Ordering::SeqCst) == 1 {
                    self.patch_everything();
                }
            }
            (true, true) | (false, false) => {}
        }
    }

    /// A process begins to watch values of its own, or ceases to.
    pub(crate) fn count_watching(&self, before: bool, after: bool) {
        let step = |on: bool| if on { Step::In } else { Step::None };
        self.count_stepping(step(before), step(after));
    }

    /// The process ends while it steps.
    pub(crate) fn end_step(&self, before: Step) {
        self.count_stepping(before, Step::None);
    }

    /// Asks a process to stop at its next safepoint. False: there is no such process.
    pub(crate) fn stop(&self, pid: u64) -> bool {
        let Some(process) = self.table.get(pid) else {
            return false;
        };
        let mut inbox = process.inbox.lock();
        if inbox.pid != pid {
            return false;
        }
        if inbox.parked == Parked::Stop {
            return true;
        }
        process.ask(attention::STOP);
        let parked = matches!(inbox.parked, Parked::Sleep | Parked::Resource);
        if parked {
            inbox.parked = Parked::No;
        }
        let wakes = parked || process.mail.wake();
        drop(inbox);
        if wakes {
            self.schedule_outside(process.into());
        }
        true
    }

    /// Lets a stopped process go on, if it stands in that stop (none: in any). False: it does not.
    pub(crate) fn go_on(&self, pid: u64, standing: Option<Standing>, how: How) -> bool {
        let Some(process) = self.table.get(pid) else {
            return false;
        };
        {
            let inbox = process.inbox.lock();
            if inbox.pid != pid || inbox.parked != Parked::Stop {
                return false;
            }
        }
        let gone = self.with_owned(process, |own| {
            let stop = own.rare_if_any().map_or(0, |rare| rare.went_on);
            // Meanwhile it may have ended, and the block be another's.
            if process.pid() != pid {
                return None;
            }
            if standing.is_some_and(|standing| standing != Standing::new(pid, stop)) {
                return None;
            }
            let depth = self.stop_depth(process, own);
            let after = match how {
                How::AsBefore => own.rare().step,
                How::Continue => Step::None,
                How::StepIn => Step::In,
                How::StepOver => Step::Over { depth },
                How::StepOut => Step::Out { depth },
            };
            if how != How::AsBefore {
                // It had been asked to stop when it did so by itself.
                process
                    .attention
                    .fetch_and(!attention::STOP, Ordering::SeqCst);
            }
            crate::watch::forget_idle(own);
            let rare = own.rare();
            rare.went_on += 1;
            let stopped = rare.stopped.take();
            if !matches!(stopped, Some(StopReason::Sent(_))) {
                rare.message = 0;
            }
            let by_watch = matches!(stopped, Some(StopReason::Changed(_) | StopReason::Lost(_)));
            if how == How::AsBefore && by_watch && matches!(own.resume, Resume::Go) {
                // The site may be a breakpoint as well, or the end of a step.
                own.resume = Resume::Again(Op::DebugStop);
            }
            let rare = own.rare();
            Some((std::mem::replace(&mut rare.step, after), after))
        });
        let Some((before, after)) = gone else {
            return false;
        };
        self.count_stepping(before, after);
        let mut inbox = process.inbox.lock();
        // Meanwhile it may have been killed and be gone, or another caller was faster.
        if inbox.pid != pid || inbox.parked != Parked::Stop {
            return false;
        }
        inbox.parked = Parked::No;
        drop(inbox);
        process.set_state(State::Runnable);
        self.schedule_outside(process.into());
        true
    }

    /// Distance of the innermost function's frame from the stack's top: larger is deeper.
    fn stop_depth(&self, process: &Process, own: &mut Own) -> usize {
        self.ensure_frames(process, own);
        let Some(stack) = &own.stack else {
            return 0;
        };
        let mut depth = 0;
        // SAFETY: the caller owns the stopped process.
        unsafe {
            walk::frames(&self.registry, process, |frame| {
                depth = stack.top() - frame.fp;
                frame.mapped.code.is_none()
            });
        }
        depth
    }
}

fn holds(at: usize, bytes: &[u8; SITE_BYTES]) -> bool {
    // SAFETY: a site lies in published code, which is readable and not unmapped while the image lives.
    unsafe { *(at as *const [u8; SITE_BYTES]) == *bytes }
}

/// Makes other cores fetch patched instructions anew (they do not run generated code now, but they may have fetched some before).
pub(crate) fn synchronise_cores() {
    const PRIVATE_EXPEDITED_SYNC_CORE: libc::c_long = 1 << 5;
    const REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: libc::c_long = 1 << 6;
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let call = |command: libc::c_long| {
        // SAFETY: membarrier takes three integers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    };
    // Kernels without it: the workers' way through the kernel out of the pause has to do, as on every x86 since the Pentium it does.
    if *REGISTERED.get_or_init(|| call(REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)) {
        call(PRIVATE_EXPEDITED_SYNC_CORE);
    }
}
