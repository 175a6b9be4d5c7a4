//! From an op number to its Rust function, on the worker's stack; and from its answer back to the shim.

use crate::blob::BLOB_BYTES;
use crate::blocking::{Job, Outcome};
use crate::builtin::{
    builder, channel, foreign, host, io, net, number, process as proc_ops, string,
};
use crate::core::Core;
use crate::debug;
use crate::heap::collect;
use crate::heap::stats::Reason;
use crate::interrupt;
use crate::mailbox::Parked;
use crate::process::{Own, Process, Resume, attention};
use crate::scheduler::Worker;
use crate::shim::{CONTINUE, Leave, THROW};
use crate::throw;
use nostos_abi::builtin::{Fault, Op};
use nostos_abi::code::CellId;
use nostos_abi::object::Lane;

/// What an op works on. The process is suspended in the shim; the op runs on the worker's stack.
pub(crate) struct Ctx<'a> {
    pub(crate) core: &'a Core,
    pub(crate) worker: &'a Worker,
    pub(crate) process: &'a Process,
    pub(crate) own: &'a mut Own,
}

/// Why an op does not simply go on.
pub(crate) enum Halt {
    /// Throws the runtime's own error: a pair of strings. Boxed, so that the usual answer fits into registers.
    Fault(Box<(String, String)>),
    /// Throws a boxed value of this heap.
    Throw(u64),
    /// Back to the worker.
    Leave(Leave),
}

pub(crate) type Flow<T = ()> = Result<T, Halt>;

impl Halt {
    /// The error `(kind, message)`.
    pub(crate) fn error(kind: &str, message: impl Into<String>) -> Halt {
        Halt::Fault(Box::new((kind.into(), message.into())))
    }
}

/// Which argument words of each op are refs.
const ARG_ROOTS: [u32; Op::ALL.len()] = {
    let mut masks = [0; Op::ALL.len()];
    let mut op = 0;
    while op < masks.len() {
        let args = Op::ALL[op].info().args;
        let mut i = 0;
        while i < args.len() {
            if matches!(args[i], Lane::Ref) {
                masks[op] |= 1 << i;
            }
            i += 1;
        }
        op += 1;
    }
    masks
};

/// The shim calls this. A panic in here would unwind into generated code, so the ABI makes it an abort.
pub(crate) extern "sysv64" fn dispatch(op: u32, process: *const Process) -> usize {
    // SAFETY: the shim passes the pinned register, which holds the running process; its worker pointer was set by the worker below us on this very stack.
    let (process, worker) = unsafe { (&*process, &*(*process).worker.get()) };
    // SAFETY: this worker owns the running process, and does not use its own reference while the process runs.
    let own = unsafe { process.own() };
    // What is done most often, in few steps when nothing is special.
    const SEND: u32 = Op::Send as u32;
    const RECEIVE_ONLY: u32 = Op::ReceiveOnly as u32;
    match op {
        SEND if worker.is_plain(process) => {
            own.arg_roots = 0;
            proc_ops::send_plain(worker, process);
            return CONTINUE;
        }
        RECEIVE_ONLY if worker.is_plain(process) => {
            own.arg_roots = 0;
            let desc = process.args[1].get() as u32;
            if let Some(root) = proc_ops::receive_plain(worker, process, own, desc) {
                process.args[0].set(root);
                return CONTINUE;
            }
            if proc_ops::waits_plain(process, own) {
                return Leave::Wait as usize;
            }
        }
        _ => {}
    }
    dispatch_any(op, process, worker, own)
}

#[inline(never)]
fn dispatch_any(op: u32, process: &Process, worker: &Worker, own: &mut Own) -> usize {
    let mut ctx = Ctx {
        core: &worker.core,
        worker,
        process,
        own,
    };
    let op = Op::ALL[op as usize];
    ctx.own.arg_roots = ARG_ROOTS[op as usize];
    if ctx.core.config.stack_stress {
        ctx.move_stack();
    }
    // What is done often comes first, and the many others do not make its frame larger.
    let flow = match op {
        Op::Send => proc_ops::send(&mut ctx),
        Op::ReceiveOnly => proc_ops::receive_only(&mut ctx),
        Op::ReceiveOf => proc_ops::receive_of(&mut ctx),
        Op::ReceiveSince => proc_ops::receive_since(&mut ctx),
        Op::MakeRef => proc_ops::make_ref(&mut ctx),
        Op::ReceiveFirst => proc_ops::receive_first(&mut ctx),
        Op::ReceiveTaken => proc_ops::receive_taken(&mut ctx),
        op => run(&mut ctx, op),
    };
    match flow {
        Ok(()) => {
            ctx.own.arg_roots = 0;
            CONTINUE
        }
        Err(Halt::Leave(leave)) => {
            ctx.own.arg_roots = 0;
            leave as usize
        }
        Err(halt) => answer(&mut ctx, Err(halt)),
    }
}

/// Before a process runs again: what it had been waiting for becomes the op's result.
#[inline(always)]
pub(crate) fn settle(worker: &Worker, process: &Process, own: &mut Own, how: Resume) -> usize {
    if matches!(how, Resume::Go) {
        return CONTINUE;
    }
    if matches!(how, Resume::Received)
        && worker.is_plain(process)
        && own.parking == Parked::Receive
        && !own.uses_locks
        && let Some(desc) = own.queue.wanted_only()
        && let Some(root) = proc_ops::receive_plain(worker, process, own, desc)
    {
        process.args[0].set(root);
        return CONTINUE;
    }
    settle_any(worker, process, own, how)
}

#[inline(never)]
fn settle_any(worker: &Worker, process: &Process, own: &mut Own, how: Resume) -> usize {
    let mut ctx = Ctx {
        core: &worker.core,
        worker,
        process,
        own,
    };
    let flow = match how {
        Resume::Go => Ok(()),
        Resume::Received => proc_ops::received(&mut ctx),
        Resume::Throw => Err(Halt::Throw(ctx.own.thrown)),
        Resume::Restart => {
            crate::restart::enter(&mut ctx);
            Ok(())
        }
        Resume::Interrupted => {
            ctx.wait_no_more();
            Err(Halt::error(interrupt::KIND, "the program was interrupted"))
        }
        Resume::Again(op) => {
            ctx.own.arg_roots = ARG_ROOTS[op as usize];
            run(&mut ctx, op)
        }
        Resume::Job(outcome) => match *outcome {
            Outcome::Done => Ok(()),
            Outcome::Flag(flag) => {
                ctx.put(0, u64::from(flag));
                Ok(())
            }
            Outcome::Text(text) => ctx.put_text(0, &text),
            Outcome::Values(values) => host::put(&mut ctx, values),
            Outcome::Opened(guard) => {
                ctx.put(0, guard.1 as u64);
                ctx.own.rare().unguarded.push(guard);
                Ok(())
            }
            Outcome::Threw(failure) => Err(Halt::error(failure.kind, failure.message)),
            Outcome::Failed(why) => Err(Halt::error("io_error", why)),
        },
    };
    match flow {
        Ok(()) => {
            ctx.own.arg_roots = 0;
            CONTINUE
        }
        flow => answer(&mut ctx, flow),
    }
}

#[cold]
#[inline(never)]
fn answer(ctx: &mut Ctx, flow: Flow) -> usize {
    let code = match flow {
        Ok(()) => CONTINUE,
        Err(Halt::Leave(leave)) => leave as usize,
        Err(Halt::Throw(payload)) => throw::throw(ctx, payload),
        Err(Halt::Fault(error)) => {
            let payload = throw::error_pair(ctx, &error.0, &error.1);
            throw::throw(ctx, payload)
        }
    };
    ctx.own.arg_roots = 0;
    debug_assert!(code != THROW || ctx.process.throw_pc.get() != 0);
    code
}

#[inline(never)]
fn run(ctx: &mut Ctx, op: Op) -> Flow {
    match op {
        Op::AllocSlow => {
            let at = ctx.allocate(ctx.arg(0), ctx.arg(1) as usize)?;
            ctx.put(0, at as u64);
            Ok(())
        }
        Op::Poll => poll(ctx, 0),
        Op::Reserve => poll(ctx, ctx.arg(0) as usize),
        Op::Compile => compile(ctx),
        Op::Hot => {
            let cell = CellId(ctx.arg(0) as u32);
            ctx.worker.leave_with(ctx.process, ctx.own);
            ctx.core.improve(cell);
            ctx.worker.enter_again();
            Ok(())
        }
        Op::DebugStop => debug::reached(ctx),
        Op::Exit => proc_ops::exit(ctx),
        Op::Throw => Err(Halt::Throw(ctx.arg(0))),
        Op::Fault => Err(fault(ctx.arg(0), ctx.arg(1), ctx.arg(2))),
        Op::Remember => {
            ctx.own.heap.remember(ctx.arg(0));
            Ok(())
        }
        Op::NewArray => new_array(ctx),
        Op::GlobalGet => {
            ctx.put(0, ctx.core.global(ctx.arg(0)));
            Ok(())
        }
        Op::GlobalSet => proc_ops::global_set(ctx),

        Op::Spawn => proc_ops::spawn(ctx, proc_ops::Relation::None),
        Op::SpawnLink => proc_ops::spawn(ctx, proc_ops::Relation::Link),
        Op::SpawnMonitor => proc_ops::spawn(ctx, proc_ops::Relation::Monitor),
        Op::Send => proc_ops::send(ctx),
        Op::SendWatched => proc_ops::send_watched(ctx),
        Op::ReceiveFirst => proc_ops::receive_first(ctx),
        Op::ReceiveOf => proc_ops::receive_of(ctx),
        Op::ReceiveSince => proc_ops::receive_since(ctx),
        Op::ReceiveOnly => proc_ops::receive_only(ctx),
        Op::ReceiveNext => proc_ops::receive_next(ctx),
        Op::ReceiveLoad => proc_ops::receive_load(ctx),
        Op::BoxFits => proc_ops::box_fits(ctx),
        Op::BoxAs => proc_ops::box_as(ctx),
        Op::ReceiveTake => proc_ops::receive_take(ctx),
        Op::ReceiveTaken => proc_ops::receive_taken(ctx),
        Op::SelfPid => {
            ctx.put(0, ctx.process.pid());
            Ok(())
        }
        Op::Sleep => proc_ops::sleep(ctx),
        Op::Register => proc_ops::register(ctx),
        Op::Unregister => proc_ops::unregister(ctx),
        Op::Whereis => proc_ops::whereis(ctx),
        Op::IsAlive => proc_ops::is_alive(ctx),
        Op::ExitWith => proc_ops::exit_with(ctx),
        Op::Kill => proc_ops::kill(ctx),
        Op::Link => proc_ops::link(ctx),
        Op::Unlink => proc_ops::unlink(ctx),
        Op::Monitor => proc_ops::monitor(ctx),
        Op::Demonitor => proc_ops::demonitor(ctx),
        Op::TrapExit => proc_ops::trap_exit(ctx),
        Op::Supervises => proc_ops::supervises(ctx),
        Op::ExitSignal => proc_ops::exit_signal(ctx),
        Op::ChanNew => channel::new(ctx),
        Op::ChanSend => channel::send(ctx),
        Op::ChanReceive => channel::receive(ctx),
        Op::ChanWatch => channel::watch(ctx),
        Op::ChanPark => channel::park(ctx),
        Op::Taken => channel::taken(ctx),
        Op::ChanClose => channel::close(ctx),
        Op::ChanCloseWith => channel::close_with(ctx),
        Op::ChanWord => channel::word(ctx),
        Op::Caught => channel::caught(ctx),
        Op::TcpListen => net::listen(ctx),
        Op::TcpPort => net::local_port(ctx),
        Op::TcpId => net::id(ctx),
        Op::TcpAccept => net::accept(ctx),
        Op::TcpConnect => net::connect(ctx),
        Op::TcpRead => net::read(ctx),
        Op::TcpWrite => net::write(ctx),
        Op::TcpClose => net::close(ctx),
        Op::TcpResolve => {
            let job = Job::Resolve(ctx.owned_text(0));
            io::start(ctx, job)
        }
        Op::UdpBind => net::udp_bind(ctx),
        Op::UdpSend => net::udp_send(ctx),
        Op::UdpReceive => net::udp_receive(ctx),
        Op::SignalSubscribe => net::signal_subscribe(ctx),
        Op::SignalUnsubscribe => net::signal_unsubscribe(ctx),
        Op::HostGuard => net::host_guard(ctx),
        Op::HostKeep => Ok(()),
        Op::MvarLock => channel::shared_lock(ctx),
        Op::MvarUnlock => channel::shared_unlock(ctx),
        Op::MvarIsSet => channel::shared_is_set(ctx),
        Op::MvarGet => channel::shared_get(ctx),
        Op::MvarSet => channel::shared_set(ctx),
        Op::LocalGet => channel::local_get(ctx),
        Op::LocalSet => channel::local_set(ctx),
        Op::ForeignSymbol => foreign::symbol(ctx),
        Op::CString => foreign::c_string(ctx),
        Op::CText => foreign::c_text(ctx),
        Op::ForeignCall => foreign::call(ctx),
        Op::ProcessAfter => proc_ops::process_after(ctx),
        Op::ProcessWord => proc_ops::process_word(ctx),
        Op::ProcessParent => proc_ops::process_parent(ctx),
        Op::ProcessLink => proc_ops::process_link(ctx),
        Op::ProcessName => proc_ops::process_name(ctx),
        Op::MakeRef => proc_ops::make_ref(ctx),
        Op::Yield => Err(Halt::Leave(Leave::Yield)),

        Op::Print => io::write(ctx, crate::config::Stream::Out, ""),
        Op::Println => io::write(ctx, crate::config::Stream::Out, "\n"),
        Op::Eprint => io::write(ctx, crate::config::Stream::Err, ""),
        Op::Eprintln => io::write(ctx, crate::config::Stream::Err, "\n"),
        Op::FileReadAll => {
            let job = Job::ReadAll(ctx.owned_text(0), ctx.core.config.heap_limit);
            io::start(ctx, job)
        }
        Op::FileWriteAll => {
            let job = Job::WriteAll(ctx.owned_text(0), ctx.owned_text(3).into_bytes());
            io::start(ctx, job)
        }
        Op::FileAppend => {
            let job = Job::Append(ctx.owned_text(0), ctx.owned_text(3).into_bytes());
            io::start(ctx, job)
        }
        Op::FileExists => {
            let job = Job::Exists(ctx.owned_text(0));
            io::start(ctx, job)
        }
        Op::FileRemove => {
            let job = Job::Remove(ctx.owned_text(0));
            io::start(ctx, job)
        }
        Op::DirList => {
            let job = Job::List(ctx.owned_text(0));
            io::start(ctx, job)
        }
        Op::DirCreateAll => {
            let job = Job::CreateAll(ctx.owned_text(0));
            io::start(ctx, job)
        }
        Op::EnvGet => io::env_get(ctx),
        Op::EnvCwd => io::env_cwd(ctx),
        Op::ArgCount => {
            ctx.put(0, ctx.core.config.args.len() as u64);
            Ok(())
        }
        Op::ArgGet => io::arg_get(ctx),
        Op::MonotonicNanos => {
            ctx.put(0, ctx.core.timers.now());
            Ok(())
        }
        Op::NowMillis => io::now_millis(ctx),
        Op::RandomBits => io::random_bits(ctx),

        Op::StringConcat => string::concat(ctx),
        Op::StringSlice => string::slice(ctx),
        Op::StringSubstring => string::substring(ctx),
        Op::IntToString => number::int_to_string(ctx),
        Op::UIntToString => number::uint_to_string(ctx),
        Op::FloatToString => number::float_to_string(ctx),
        Op::Float32ToString => number::float32_to_string(ctx),
        Op::FloatToFixed => number::float_to_fixed(ctx),
        Op::CharToString => string::char_to_string(ctx),
        Op::StringQuote => string::quote(ctx),
        Op::CharQuote => string::char_quote(ctx),
        Op::AtomToString => string::atom_to_string(ctx),
        Op::StringToUpper => string::map_text(ctx, |s| s.to_uppercase()),
        Op::StringToLower => string::map_text(ctx, |s| s.to_lowercase()),
        Op::StringTrim => string::trim(ctx, true, true),
        Op::StringTrimStart => string::trim(ctx, true, false),
        Op::StringTrimEnd => string::trim(ctx, false, true),
        Op::StringReplaceAll => string::replace_all(ctx),
        Op::StringRepeat => string::repeat(ctx),
        Op::StringReverse => string::map_text(ctx, |s| s.chars().rev().collect()),
        Op::BuilderStart => builder::start(ctx),
        Op::BuilderPush => builder::push(ctx),
        Op::BuilderPushChar => builder::push_char(ctx),
        Op::BuilderPushInt => builder::push_int(ctx),
        Op::BuilderPushFloat => builder::push_float(ctx),
        Op::BuilderPushQuoted => builder::push_quoted_op(ctx),
        Op::BuilderFinish => builder::finish(ctx),
        Op::Collect => ctx.collect(),
        Op::HeapBytes => {
            ctx.put(0, ctx.own.heap.used(ctx.process) as u64);
            Ok(())
        }
        Op::CollectionCount => {
            ctx.put(0, ctx.own.heap.stats().count());
            Ok(())
        }
        Op::ProcessCount => {
            ctx.put(0, ctx.core.alive());
            Ok(())
        }
        Op::RuntimeWord => {
            let word = ctx.core.runtime_word(ctx.arg(0), ctx.arg(1) as usize);
            ctx.put(0, word);
            Ok(())
        }
        other => host::call(ctx, other),
    }
}

/// A safepoint's slow path; so many bytes more of the stack are wanted.
fn poll(ctx: &mut Ctx, bytes: usize) -> Flow {
    let short = |ctx: &Ctx| {
        let stack = ctx.own.stack.as_ref().expect("a running process has one");
        // The frame that checked is the shim's caller: above the save area, the frame pointer and the return address.
        let sp = ctx.process.saved_sp.get() + crate::shim::SAVED_BYTES + 16;
        sp.saturating_sub(bytes) < ctx.core.stacks.soft_limit(stack)
    };
    if short(ctx) {
        let grown = ctx.core.stacks.grow(ctx.process, &mut ctx.own.stack);
        if grown.is_err() || short(ctx) {
            return Err(fault(Fault::StackOverflow as u64, 0, 0));
        }
        ctx.core.reset_limit(ctx.process, ctx.own);
    }
    let asked = ctx
        .process
        .attention
        .load(std::sync::atomic::Ordering::SeqCst);
    if asked & (attention::KILL | attention::STOP) != 0
        && let Some(leave) = ctx.core.attend(ctx.process, ctx.own)
    {
        return Err(Halt::Leave(leave));
    }
    if asked != 0 || ctx.process.reductions.get() <= 0 {
        return Err(Halt::Leave(Leave::Yield));
    }
    ctx.core.reset_limit(ctx.process, ctx.own);
    Ok(())
}

/// The first call of a cell. Nothing here allocates in or moves the process's heap: the callee's arguments are not roots.
fn compile(ctx: &mut Ctx) -> Flow {
    let cell = CellId(ctx.arg(0) as u32);
    loop {
        ctx.worker.leave_with(ctx.process, ctx.own);
        let compiled = ctx.core.compile(cell);
        ctx.worker.enter_again();
        if let Err(why) = compiled {
            return Err(Halt::error("CompileError", why));
        }
        // Meanwhile there may have been a pause in which the code was replaced and freed: only what the cell holds now is sure to stay.
        if let Some(address) = ctx.core.code_of(cell) {
            ctx.put(0, address as u64);
            return Ok(());
        }
    }
}

fn new_array(ctx: &mut Ctx) -> Flow {
    let (header, count, lanes) = (ctx.arg(0), ctx.arg(1) as i64, ctx.arg(2));
    // Far above every limit, and its product with the lanes does not overflow.
    if !(0..=1 << 40).contains(&count) {
        return Err(Halt::error(
            "Panic",
            format!("an array cannot have {count} elements"),
        ));
    }
    let words = count as usize * lanes as usize;
    let at = ctx.allocate(header, 16 + words * 8)?;
    // SAFETY: `allocate` gave a header, a count and `words` words.
    unsafe {
        at.add(1).write(count as u64);
        std::ptr::write_bytes(at.add(2), 0, words);
    }
    ctx.put(0, at as u64);
    Ok(())
}

/// The runtime's own errors; codes are [`Fault`]'s.
pub(crate) fn fault(code: u64, a: u64, b: u64) -> Halt {
    const DIVISION: u64 = Fault::DivisionByZero as u64;
    const INDEX: u64 = Fault::IndexOutOfBounds as u64;
    const MATCH: u64 = Fault::NoMatch as u64;
    const STACK: u64 = Fault::StackOverflow as u64;
    const MEMORY: u64 = Fault::OutOfMemory as u64;
    let (kind, message) = match code {
        DIVISION => ("DivisionByZero", "Division by zero".to_string()),
        INDEX => (
            "IndexOutOfBounds",
            format!("Index {} out of bounds, length is {}", a as i64, b as i64),
        ),
        MATCH => ("Panic", "Non-exhaustive match".to_string()),
        STACK => ("Panic", "stack overflow".to_string()),
        MEMORY => ("OutOfMemory", "Out of memory".to_string()),
        other => ("Panic", format!("fault {other}")),
    };
    Halt::error(kind, message)
}

impl Ctx<'_> {
    /// Word `i` of the argument area.
    #[inline]
    pub(crate) fn arg(&self, i: usize) -> u64 {
        self.process.args[i].get()
    }

    /// Sets a result.
    #[inline]
    pub(crate) fn put(&mut self, i: usize, word: u64) {
        self.process.args[i].set(word);
    }

    /// Memory for an object; may collect. Its payload must be filled before the next safepoint.
    #[inline]
    pub(crate) fn allocate(&mut self, header: u64, bytes: usize) -> Flow<*mut u64> {
        let tools = self.core.tools(self.process);
        collect::allocate(tools, self.process, self.own, header, bytes)
            .map_err(|_| fault(Fault::OutOfMemory as u64, 0, 0))
    }

    /// The same for bytes that are filled before anything else happens, and never written again.
    pub(crate) fn allocate_bytes(&mut self, header: u64, bytes: usize) -> Flow<*mut u64> {
        if bytes < BLOB_BYTES {
            return self.allocate(header, bytes);
        }
        let tools = self.core.tools(self.process);
        collect::allocate_large(tools, self.process, self.own, header, bytes, true)
            .map_err(|_| fault(Fault::OutOfMemory as u64, 0, 0))
    }

    fn collect(&mut self) -> Flow {
        let tools = self.core.tools(self.process);
        collect::collect(tools, self.process, self.own, Reason::Asked, 0)
            .map_err(|_| fault(Fault::OutOfMemory as u64, 0, 0))
    }

    fn move_stack(&mut self) {
        let moved = self
            .core
            .stacks
            .move_elsewhere(self.process, &mut self.own.stack);
        // Without another slot the process stays where it is; that is no error, just less of a test.
        if moved.is_ok()
            && self
                .process
                .stack_limit
                .load(std::sync::atomic::Ordering::Relaxed)
                != usize::MAX
        {
            self.core.reset_limit(self.process, self.own);
        }
    }
}
