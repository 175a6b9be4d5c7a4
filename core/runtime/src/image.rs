//! An image: everything live. The face of this room for `session`.

use crate::code::Code;
use crate::code::publish::{PublishError, Published};
use crate::config::Config;
use crate::core::{Compiler, Core, Improver};
use crate::debug::{Ends, Event, How, StopFilter, StopReason, Stops};
use crate::decide::Condition;
use crate::exit::{ExitReason, ExitStatus, Finished};
use crate::heap::stats::GcStats;
use crate::look::{
    Census, Chosen, FrameLine, HeapLine, MessageLine, ProcessDetail, ProcessLine, Rank,
    SchedulerStats, Spot, Standing,
};
use crate::mutex::Mutex;
use crate::past::PastEvent;
use crate::restart::Instead;
use crate::scheduler::{Scheduler, Worker};
use crate::survey::Survey;
use crate::value::{self, Lists, Memory, Origin, Reading, Value};
use crate::watch::SharedWatch;
use nostos_abi::code::{CellId, CodeObject};
use nostos_abi::desc::{DescTable, ShapeId};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

/// Workers call the compiler, whose recursion follows the nesting of the program's text. Address space only: pages come as they are used.
pub(crate) const COMPILER_STACK: usize = 256 << 20;

/// See the module. Dropping it ends all processes.
pub struct Image {
    core: Arc<Core>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Image {
    /// Starts the workers; there is nothing for them to do yet.
    pub fn new(config: Config) -> io::Result<Arc<Image>> {
        let workers = config.workers.max(1);
        let (scheduler, queues) = Scheduler::new(workers);
        let core = Arc::new(Core::new(config, scheduler)?);
        let mut threads = Vec::with_capacity(workers);
        for (index, queue) in queues.into_iter().enumerate() {
            let core = core.clone();
            let thread = std::thread::Builder::new()
                .name(format!("nostos-worker-{index}"))
                .stack_size(COMPILER_STACK)
                .spawn(move || Worker::new(core, index, queue).run())?;
            threads.push(thread);
        }
        crate::limits::watch(&core)?;
        Ok(Arc::new(Image {
            core,
            threads: Mutex::new(threads),
        }))
    }

    /// Sets what compiles a cell that is called for the first time. It is called on a worker's own stack and must publish the cell. Once only.
    pub fn set_compiler(&self, compiler: Compiler) {
        assert!(
            self.core.compiler.set(compiler).is_ok(),
            "an image has one compiler"
        );
    }

    /// Sets what makes better code of a cell that is hot. It is called on a worker's own stack. Once only.
    pub fn set_improver(&self, improver: Improver) {
        assert!(
            self.core.improver.set(improver).is_ok(),
            "an image has one improver"
        );
    }

    /// Takes over the entries of the table that this image does not know yet. To be called before code that uses them is published.
    pub fn add_descs(&self, table: &DescTable) {
        let mut known = self.core.descs.write();
        for desc in table.descs.iter().skip(known.descs.len()) {
            self.core.traces.push(desc);
            known.descs.push(desc.clone());
        }
        let shapes = known.shapes.len();
        known
            .shapes
            .extend(table.shapes.iter().skip(shapes).cloned());
        let atoms = known.atoms.len();
        known.atoms.extend(table.atoms.iter().skip(atoms).cloned());
        if let Some(signals) = table.signals {
            self.core.signals.get_or_init(|| signals);
        }
    }

    /// Makes a batch of code what calls reach from now on. When it replaces code, all its cells flip while no worker runs generated code.
    pub fn publish(&self, batch: Vec<(CellId, CodeObject)>) -> Result<Published, PublishError> {
        self.publish_shown(batch, || ())
    }

    /// The same. Before any call reaches the code, somebody may look at it and arm sites in it.
    ///
    /// # Errors
    /// As of [`Image::publish`].
    pub fn publish_shown(
        &self,
        batch: Vec<(CellId, CodeObject)>,
        show: impl FnOnce(),
    ) -> Result<Published, PublishError> {
        let core = &self.core;
        let (code, replaced) = {
            let mut memory = core.code.lock();
            let replaced: Vec<CellId> = batch
                .iter()
                .filter(|(cell, _)| memory.cells.target(&memory.arena, *cell).is_some())
                .map(|(cell, _)| *cell)
                .collect();
            (memory.place(&core.registry, batch)?, replaced)
        };
        core.patch_new(&code);
        show();
        let flip = || {
            let mut memory = core.code.lock();
            for code in &code {
                memory.flip(code.cell, code.address);
            }
        };
        if replaced.is_empty() {
            flip();
        } else {
            core.scheduler.paused(flip);
        }
        Ok(Published { code, replaced })
    }

    /// Gives cells code that does the same as what they have, so calls may reach the one or the other: nobody is stopped. It is shown as by
    /// [`Image::publish_shown`].
    pub fn improve(
        &self,
        batch: Vec<(CellId, CodeObject)>,
        show: impl FnOnce(),
    ) -> Result<Published, PublishError> {
        let core = &self.core;
        let code = core.code.lock().place(&core.registry, batch)?;
        core.patch_new(&code);
        show();
        let mut memory = core.code.lock();
        for code in &code {
            memory.flip(code.cell, code.address);
        }
        Ok(Published {
            code,
            replaced: Vec::new(),
        })
    }

    /// Makes a cell call its lazy stub again: the next call compiles it anew. Frames of the old code go on in it.
    pub fn unpublish(&self, cells: &[CellId]) {
        let core = &self.core;
        core.scheduler.paused(|| {
            let mut memory = core.code.lock();
            for cell in cells {
                if memory.ensure_cell(*cell).is_ok() {
                    let stub = memory.cells.stub(*cell);
                    memory.flip(*cell, stub);
                }
            }
        });
    }

    /// Frees code that has been replaced and that no process is in, if there is enough of it to be worth a pause. → The addresses; there may be other code
    /// at them from the next publication on.
    pub fn sweep(&self) -> Vec<Range<usize>> {
        if self.core.wants_sweep() {
            self.core.sweep()
        } else {
            Vec::new()
        }
    }

    /// Has the cell code?
    pub fn has_code(&self, cell: CellId) -> bool {
        let memory = self.core.code.lock();
        memory.cells.target(&memory.arena, cell).is_some()
    }

    /// The code versions there are, in order of addresses.
    pub fn codes(&self) -> Vec<Arc<Code>> {
        self.core.code.lock().codes.values().cloned().collect()
    }

    /// Jumps of ours in code memory, to be known to debuggers that unwind through them: address and length.
    pub fn jumps(&self) -> Vec<(usize, usize)> {
        self.core.code.lock().jumps()
    }

    /// Starts the main process: it calls the entry cell. [`Image::run`] waits for its end.
    pub fn start(&self, entry: CellId) -> io::Result<u64> {
        let pid = self.core.start(entry, None)?;
        self.core.set_main(pid);
        self.schedule(pid);
        Ok(pid)
    }

    /// Waits until the main process has ended.
    pub fn run(&self) -> ExitStatus {
        self.core.await_end()
    }

    /// How the main process ended, if it has.
    pub fn end_status(&self) -> Option<ExitStatus> {
        self.core.end_status()
    }

    /// Runs a closed cell in a process of its own; the answer comes when it ends. Its number comes first, so that it can be killed.
    pub fn call(&self, cell: CellId) -> io::Result<(u64, Receiver<Finished>)> {
        let (sender, receiver) = channel();
        let pid = self.core.start(cell, Some(sender))?;
        self.schedule(pid);
        Ok((pid, receiver))
    }

    /// As [`Image::call`], for a cell that is entered through a closure of this descriptor: its captured lanes are values of the process
    /// `owner`, read in that stop of it. They are copied, so what the call does to them is not seen there. `unhindered`: no breakpoint or other stop of a
    /// debugger holds it, as that debugger waits for it.
    pub fn call_with(
        &self,
        cell: CellId,
        desc: u32,
        lanes: &[u64],
        owner: Standing,
        unhindered: bool,
    ) -> io::Result<(u64, Receiver<Finished>)> {
        let (sender, receiver) = channel();
        let pid = self
            .core
            .start_with(cell, desc, lanes, owner, sender, unhindered)?;
        self.schedule(pid);
        Ok((pid, receiver))
    }

    fn schedule(&self, pid: u64) {
        if let Some(process) = self.core.table.get(pid) {
            self.core.schedule_outside(process.into());
        }
    }

    /// The result of a call as people read it (a string bare or quoted); none when it did not end normally.
    pub fn render_result(&self, finished: &Finished, bare: bool) -> Option<String> {
        let result = finished.result.as_ref()?;
        let table = self.core.descs.read();
        let memory = Memory::Message(result.view());
        Some(value::render_boxed(&table, memory, result.root(), bare))
    }

    /// Looks at the result of a call; none when it did not end normally.
    pub fn reading_result<T>(
        &self,
        finished: &Finished,
        lists: &Lists,
        f: impl FnOnce(&Reading<'_>) -> T,
    ) -> Option<T> {
        let result = finished.result.as_ref()?;
        let table = self.core.descs.read();
        let memory = Memory::Message(result.view());
        Some(f(&Reading {
            table: &table,
            memory,
            lists,
            root: value::unbox(&table, memory, result.root()),
        }))
    }

    /// The type of a call's result.
    pub fn result_shape(&self, finished: &Finished) -> Option<ShapeId> {
        let result = finished.result.as_ref()?;
        let table = self.core.descs.read();
        let value = value::unbox(&table, Memory::Message(result.view()), result.root())?;
        Some(value.shape)
    }

    /// Ends the program in order, as SIGINT does: supervisors first, and they their children, then the main process, then the others. Returns when it is over.
    pub fn interrupt(&self) {
        self.core.interrupt_all();
    }

    /// Ends the program with this status, its processes where they are.
    pub fn end(&self, code: i32) {
        self.core.end(code);
    }

    /// Ends a process.
    pub fn kill(&self, pid: u64) {
        self.core.kill(None, pid, ExitReason::Killed);
    }

    /// Ends the main process because who runs the program wants that: nothing is said of it.
    pub fn dismiss(&self, main: u64) {
        self.core.dismissed.store(true, Ordering::SeqCst);
        self.kill(main);
    }

    /// All living processes.
    pub fn processes(&self) -> Vec<ProcessLine> {
        self.core.process_lines()
    }

    /// The first ones of an order, and how many there are.
    pub fn first_processes(&self, rank: Rank, limit: usize) -> (Vec<ProcessLine>, usize) {
        self.core.first_processes(rank, limit)
    }

    /// Those in a range of an order (`None`: by name), of those that are let through; who asks no other question of the image meanwhile.
    pub fn choose_processes(
        &self,
        by: Option<Rank>,
        range: Range<usize>,
        lets: Option<&dyn Fn(&ProcessLine) -> bool>,
    ) -> Chosen {
        self.core.choose_processes(by, range, lets)
    }

    /// Every process and who started it; 0 for nobody.
    pub fn parents(&self) -> Vec<(u64, u64)> {
        self.core.parents()
    }

    /// More about one.
    pub fn process(&self, pid: u64) -> Option<ProcessDetail> {
        self.core.process_detail(pid)
    }

    /// How many messages wait for it, and those of the range, oldest first.
    pub fn mailbox(&self, pid: u64, range: Range<usize>) -> Option<(usize, Vec<MessageLine>)> {
        self.core.message_lines(pid, range)
    }

    /// The heap of a process copied out, with what keeps what alive; the process runs on between short stops. `None`: there is no such process.
    pub fn survey(&self, pid: u64) -> Option<Survey> {
        self.core.survey(pid)
    }

    /// Large strings, Bytes and arrays of numbers: how many there are, and their bytes, each counted once.
    pub fn blobs(&self) -> (usize, usize) {
        (self.core.blobs.count(), self.core.blobs.bytes())
    }

    /// The objects of its heap by kind, largest first.
    pub fn heap(&self, pid: u64) -> Option<Vec<HeapLine>> {
        self.core.heap_lines(pid)
    }

    /// The image's collections.
    pub fn gc_stats(&self) -> GcStats {
        self.core.totals.read()
    }

    /// How many processes are at what, and what they have.
    pub fn census(&self) -> Census {
        self.core.census()
    }

    /// Time since the image's start.
    pub fn now(&self) -> std::time::Duration {
        self.core.totals.now()
    }

    /// The workers.
    pub fn scheduler(&self) -> SchedulerStats {
        self.core.scheduler_stats()
    }

    /// Its frames, innermost first, at most `limit`; addresses in them are good only while the process is stopped.
    pub fn frames(&self, pid: u64, limit: usize) -> Option<Vec<FrameLine>> {
        self.core.frame_lines(pid, limit)
    }

    /// The value of this type whose lanes (or whose `var` cell) are at the address, in a stopped process.
    pub fn read(&self, shape: ShapeId, address: usize, boxed_var: bool) -> Option<Value> {
        self.core.read_value(shape, address, boxed_var)
    }

    /// Looks at values of a process: of its heap when it is stopped, or of a message that waits for it. `None`: it is gone, or the message is.
    pub fn reading<T>(
        &self,
        pid: u64,
        origin: Origin,
        lists: &Lists,
        f: impl FnOnce(&Reading<'_>) -> T,
    ) -> Option<T> {
        self.core.reading(pid, origin, lists, f)
    }

    /// Puts the result of a call in the place of a value of a stopped process.
    ///
    /// # Errors
    /// A sentence, when the call did not end normally or its result is of another type.
    pub fn write(
        &self,
        standing: Standing,
        spot: Spot,
        shape: ShapeId,
        finished: &Finished,
    ) -> Result<(), String> {
        self.core.write_value(standing, spot, shape, finished)
    }

    /// The stop in which a process stands still; none: it does not. What is then read of it can be used with [`Image::call_with`] and [`Image::write`],
    /// which refuse when it has gone on meanwhile.
    pub fn standing(&self, pid: u64) -> Option<Standing> {
        self.core.standing(pid)
    }

    /// The message for which a process is stopped, as a value of its heap.
    pub fn stopped_message(&self, pid: u64) -> Option<Value> {
        self.core.look(pid, |_, own| {
            let root = own.rare_if_any()?.message;
            let table = self.core.descs.read();
            value::unbox(&table, Memory::Live, root)
        })?
    }

    /// Keeps what happens to a process from now on, or no longer. False: too many are traced.
    pub fn trace(&self, pid: u64, on: bool) -> bool {
        self.core.trace(pid, on)
    }

    /// Traces nobody any more.
    pub fn trace_nobody(&self) {
        self.core.trace_nobody();
    }

    /// What has happened to a traced process behind the event of this number, and whether it is traced still; none: it was not.
    pub fn past(&self, pid: u64, since: u64) -> Option<(Vec<PastEvent>, bool)> {
        self.core.past(pid, since)
    }

    /// Stops processes that are about to send messages, or have just taken one.
    pub fn watch_messages(&self, sent: bool, received: bool) {
        self.core.debug.watch(sent, received);
    }

    /// Messages of the kind that stopped a process are not to stop any more, until messages are watched anew.
    pub fn pass_over(&self, reason: StopReason) {
        self.core.debug.pass_over(reason);
    }

    /// What a process has thrown last, as a value of its heap; it is stopped.
    pub fn thrown(&self, pid: u64) -> Option<Value> {
        self.core.look(pid, |_, own| {
            let table = self.core.descs.read();
            value::unbox(&table, Memory::Live, own.thrown)
        })?
    }

    /// Calls `f` with the descriptors so far.
    pub fn with_descs<T>(&self, f: impl FnOnce(&DescTable) -> T) -> T {
        f(&self.core.descs.read())
    }

    /// The name of a type.
    pub fn shape_name(&self, shape: ShapeId) -> String {
        let table = self.core.descs.read();
        table
            .shapes
            .get(shape.0 as usize)
            .map_or_else(|| "?".to_string(), |s| s.name.clone())
    }

    /// Makes sites breakpoints or ordinary again; a site's address is its code's address + `ret`.
    pub fn arm(&self, sites: &[usize], on: bool) {
        self.core.arm(sites, on);
    }

    /// Sets what is asked before a breakpoint stops a process. Once only.
    pub fn set_stop_filter(&self, filter: StopFilter) {
        assert!(
            self.core.debug.filter.set(filter).is_ok(),
            "an image has one stop filter"
        );
    }

    /// Which exceptions stop a process.
    pub fn stop_on(&self, stops: Stops) {
        let debug = &self.core.debug;
        let set = |flag: &AtomicBool, on: bool| flag.store(on, Ordering::Relaxed);
        set(&debug.stop_on_uncaught, stops.uncaught);
        set(&debug.stop_on_thrown, stops.thrown);
        set(&debug.stop_on_linked, stops.linked);
    }

    /// Notes that a process, when it goes on from this stop, enters the function of a frame anew, with the arguments it has now. `frame` is its place
    /// in [`Image::frames`]. With `instead` something else is called in its place; with `newest`, the cell of its code, what was loaded for that since.
    ///
    /// # Errors
    /// A sentence, when that cannot be.
    pub fn restart(
        &self,
        standing: Standing,
        frame: usize,
        instead: Option<&Instead>,
        newest: Option<CellId>,
    ) -> Result<(), String> {
        self.core.restart(standing, frame, instead, newest)
    }

    /// Makes a value of a stopped process one that can be watched; its number. None: it is not there.
    pub fn watch(&self, standing: Standing, spot: Spot, shape: ShapeId) -> Option<u64> {
        self.core.watch(standing, spot, shape)
    }

    /// From now on the value of this number stops its process when it has changed, or not. False: it is gone.
    pub fn watch_on(&self, pid: u64, id: u64, on: bool) -> bool {
        self.core.watch_on(pid, id, on)
    }

    /// Which `mvar`s stop who reads or writes them.
    pub fn watch_shared(&self, watches: Vec<SharedWatch>) {
        self.core.debug.watch_shared(watches);
    }

    /// Decides breakpoints at a site where it is reached: unless one of these may be true, nobody stops there.
    pub fn decide(&self, site: usize, conditions: Vec<Condition>) {
        let settled = conditions.into_iter().map(|condition| {
            let cell = self.core.settle_condition(&condition)?;
            Some((condition, cell))
        });
        if let Some(settled) = settled.collect::<Option<Vec<_>>>() {
            let mut known = self.core.debug.conditions.write();
            known.insert(site, settled.into());
        }
    }

    /// No site has conditions any more.
    pub fn forget_conditions(&self) {
        self.core.debug.conditions.write().clear();
    }

    /// Processes whose ends stop them.
    pub fn watch_ends(&self, ends: Ends) {
        self.core.debug.watch_ends(ends);
    }

    /// Processes that wait for a message, and have sent their last one to one of these: who, and to whom. Known of an image that is inspected.
    pub fn waits_for(&self, others: &[u64]) -> Vec<(u64, u64)> {
        if others.is_empty() {
            return Vec::new();
        }
        let sent = self.core.debug.sent_to.lock();
        let each = sent.iter().map(|(pid, to)| (*pid, *to));
        let waiting = |pid: u64| {
            let process = self.core.table.get(pid);
            process.is_some_and(|p| p.pid() == pid && p.state() == crate::process::State::Waiting)
        };
        each.filter(|(pid, to)| others.contains(to) && waiting(*pid))
            .collect()
    }

    /// Why a stopped process will end when it goes on, if it will.
    pub fn exit_reason(&self, pid: u64) -> Option<ExitReason> {
        self.core.look(pid, |_, own| own.exit.as_deref().cloned())?
    }

    /// Asks a process to stop at its next safepoint; an event tells when it has.
    pub fn stop(&self, pid: u64) -> bool {
        self.core.stop(pid)
    }

    /// Lets a stopped process go on.
    pub fn resume(&self, pid: u64, how: How) -> bool {
        self.core.go_on(pid, None, how)
    }

    /// Lets a process go on from this stop. False: it has done so already.
    pub fn resume_from(&self, standing: Standing, how: How) -> bool {
        self.core.go_on(standing.pid(), Some(standing), how)
    }

    /// Are processes that begin events, and that they end? That one ends that has been stopped is told in any case. At first all are: who hears of more than
    /// it wants has them queued.
    pub fn tell_starts(&self, on: bool) {
        self.core.debug.tell_starts(on);
    }

    /// What happens from now on.
    pub fn events(&self) -> Receiver<Event> {
        self.core.debug.subscribe()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        self.core.scheduler.stop();
        let own = std::thread::current().id();
        let slots = self.core.scheduler.slots();
        for (thread, slot) in self.threads.lock().drain(..).zip(slots) {
            // Nobody knows when a C function comes back. Its worker ends then, and holds what it needs until then.
            if slot.stay.is_outside() {
                continue;
            }
            // The last owner may let go on a worker, in the compiler's callback say; that worker cannot wait for itself.
            if thread.thread().id() != own && thread.join().is_err() {
                eprintln!("a worker of the image had panicked");
            }
        }
    }
}
