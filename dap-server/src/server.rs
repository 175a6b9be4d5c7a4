//! One client's conversation with an image: requests in, responses and events out.
//!
//! A thread is a process, and a stop is that process's alone. Numbers of frames and of variables are this connection's own; they die when their process goes on.
//! Whatever comes in, a request is answered once, and the conversation goes on.

use crate::framing::{Decoder, Piece};
use crate::progress::Progress;
use crate::protocol::{self, arguments};
use crate::wire::{self, Incoming, Request, Wire};
use nostos_session::debug::told::{Told, Wish};
use nostos_session::debug::{
    Cancel, Event, Filter, Gone, How, Page, Pid, Place, Refusal, Target, Thrown, Why,
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `thread` events of one connection; afterwards clients learn of processes by asking.
const MAX_THREAD_EVENTS: usize = 500;
/// Frames in one answer.
const MAX_FRAMES: usize = 2000;

mod breakpoints;
mod code;
mod data;
mod heap;
mod list;
mod look;
mod run;

use breakpoints::breakpoint;

static CLIENTS: AtomicU64 = AtomicU64::new(1);

/// Talks to one client until it disconnects or hangs up, or the program has ended and it has been told.
///
/// # Errors
/// When the stream cannot be shared between the reading and the writing thread.
pub fn serve(target: Arc<dyn Target>, mut stream: UnixStream) -> io::Result<()> {
    // A client that does not read must not keep the image's threads for ever.
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let output = stream.try_clone()?;
    let hang_up = stream.try_clone()?;
    // Listening starts before the first request is read: nothing that a request causes is missed.
    let told = target.listen();
    let connection = Arc::new(Connection {
        client: CLIENTS.fetch_add(1, Ordering::Relaxed),
        wish: told.wish(),
        events: Mutex::new(Some(told)),
        wire: Wire::new(output),
        state: Mutex::new(State::default()),
        closed: AtomicBool::new(false),
        target,
    });
    let pump = {
        let connection = Arc::clone(&connection);
        std::thread::Builder::new()
            .name("debug events".into())
            .spawn(move || {
                connection.pump();
                // Wakes the reader; what is written already still arrives.
                let _ = hang_up.shutdown(Shutdown::Read);
            })
    };
    let mut decoder = Decoder::default();
    let mut chunk = vec![0; 64 << 10];
    while !connection.closed.load(Ordering::Acquire) {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => decoder.push(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        }
        while let Some(piece) = decoder.next_piece() {
            connection.take(piece);
        }
    }
    connection.close();
    if let Ok(pump) = pump {
        // A pump that panicked has nothing left to say.
        let _ = pump.join();
    }
    Ok(())
}

struct Connection {
    client: u64,
    target: Arc<dyn Target>,
    wire: Wire,
    state: Mutex<State>,
    events: Mutex<Option<Told>>,
    wish: Wish,
    closed: AtomicBool,
}

#[derive(Default)]
struct State {
    initialized: bool,
    columns_from_0: bool,
    lines_from_0: bool,
    hears_of_changes: bool,
    shows_progress: bool,
    /// Nothing is to stop.
    no_debug: bool,
    launched: bool,
    stop_on_entry: bool,
    /// What stands still when it goes is to stay so.
    stays: bool,
    /// Stops that were told of when the session began, whose event may still come.
    told_early: HashSet<Pid>,
    stopped: HashSet<Pid>,
    /// The times at which something was let go on at this client's request: it knows.
    gone_by_us: HashSet<u64>,
    /// When this client let processes go on, and when all: news of earlier stops may still come.
    gone_at: HashMap<Pid, u64>,
    all_gone_at: u64,
    frames: HashMap<i64, (Pid, usize)>,
    places: HashMap<i64, (Pid, Place)>,
    next_handle: i64,
    announced: HashSet<Pid>,
    announcements: usize,
    exceptions: HashMap<Pid, Thrown>,
    /// Requests that are being answered on threads of their own.
    slow: HashMap<i64, Arc<Cancel>>,
}

impl State {
    fn frame(&mut self, pid: Pid, index: usize) -> i64 {
        let id = self.handle();
        self.frames.insert(id, (pid, index));
        id
    }

    fn place(&mut self, pid: Pid, place: Place) -> i64 {
        let id = self.handle();
        self.places.insert(id, (pid, place));
        id
    }

    fn handle(&mut self) -> i64 {
        self.next_handle += 1;
        self.next_handle
    }

    fn went_on(&mut self, pid: Pid) {
        self.stopped.remove(&pid);
        self.exceptions.remove(&pid);
        self.frames.retain(|_, (owner, _)| *owner != pid);
        self.places.retain(|_, (owner, _)| *owner != pid);
    }

    /// This client has let a process go on, or all.
    fn goes_on(&mut self, pid: Pid, gone: Gone) {
        self.gone_by_us.insert(gone.turn);
        match gone.all {
            true => {
                self.all_gone_at = gone.turn;
                self.gone_at.clear();
                self.all_went_on();
            }
            false => {
                self.gone_at.insert(pid, gone.turn);
                self.went_on(pid);
            }
        }
    }

    /// Is a stop over that came at this time?
    fn is_over(&self, pid: Pid, turn: u64) -> bool {
        let gone_at = self.gone_at.get(&pid).copied().unwrap_or_default();
        turn < gone_at.max(self.all_gone_at)
    }

    fn all_went_on(&mut self) {
        self.stopped.clear();
        self.exceptions.clear();
        self.frames.clear();
        self.places.clear();
    }

    fn line(&self, line: u32) -> i64 {
        i64::from(line) - i64::from(self.lines_from_0)
    }

    fn column(&self, column: u32) -> i64 {
        i64::from(column.max(1)) - i64::from(self.columns_from_0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Answer = Result<Value, String>;

fn refuse(refusal: Refusal) -> String {
    refusal.0
}

impl Connection {
    fn take(self: &Arc<Self>, piece: Piece) {
        let body = match piece {
            Piece::Body(body) => body,
            Piece::Nonsense(why) => {
                self.complain(&why);
                return;
            }
        };
        match wire::read(&body) {
            Incoming::Request(request) => self.answer(request),
            // The image asks nothing of its clients, so there is nothing to match a response to.
            Incoming::Other(_) => {}
            Incoming::Broken(request, why) => {
                self.sent(self.wire.respond(&request, Err(why)));
            }
        }
    }

    fn complain(&self, why: &str) {
        self.sent(self.wire.event(
            "output",
            json!({ "category": "console", "output": format!("debugger: {why}\n") }),
        ));
    }

    /// A client that cannot be written to is gone.
    fn sent(&self, result: io::Result<()>) {
        if result.is_err() {
            self.closed.store(true, Ordering::Release);
        }
    }

    fn answer(self: &Arc<Self>, request: Request) {
        // These may take long: code of the program runs, or the compiler. Others go on meanwhile.
        let command = request.command.as_str();
        let is_slow = matches!(
            command,
            "evaluate" | "setVariable" | "setExpression" | "nostos/reload"
        ) || command.starts_with("nostos/heap")
            || self.is_of_heap(&request);
        if is_slow {
            let connection = Arc::clone(self);
            let cancel = Arc::<Cancel>::default();
            lock(&self.state)
                .slow
                .insert(request.seq, Arc::clone(&cancel));
            let spawned = std::thread::Builder::new()
                .name("debug request".into())
                .spawn({
                    let request = request.clone();
                    move || {
                        let progress = connection.progress(&request);
                        let result = connection.guarded(|| connection.slow(&request, &cancel));
                        drop(progress);
                        lock(&connection.state).slow.remove(&request.seq);
                        connection.sent(connection.wire.respond(&request, result));
                    }
                });
            if let Err(error) = spawned {
                self.sent(self.wire.respond(&request, Err(error.to_string())));
            }
            return;
        }
        // The lock is held until the response is out, so that events which the request causes come after it.
        let mut state = lock(&self.state);
        let result = self.guarded(|| self.handle(&mut state, &request));
        let succeeded = result.is_ok();
        self.sent(self.wire.respond(&request, result));
        if succeeded {
            self.afterwards(&mut state, &request);
        }
    }

    /// Shows that a request takes long, if it does and the client wants to know.
    fn progress(self: &Arc<Self>, request: &Request) -> Option<Progress> {
        if !lock(&self.state).shows_progress {
            return None;
        }
        let title = match request.command.as_str() {
            "nostos/reload" => "Compiling",
            heap if heap.starts_with("nostos/heap") || heap == "variables" => {
                "Looking through the heap"
            }
            _ => "Evaluating",
        };
        let cancellable = request.command == "evaluate";
        let tells = Arc::clone(self);
        let tell = move |name: &str, body| tells.sent(tells.wire.event(name, body));
        Some(Progress::new(
            title.into(),
            cancellable.then_some(request.seq),
            tell,
        ))
    }

    /// Our own bug in one request is that request's error.
    fn guarded(&self, f: impl FnOnce() -> Answer) -> Answer {
        catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(format!(
                "a bug in the debugger: {}",
                text.unwrap_or_default()
            ))
        })
    }

    fn handle(&self, state: &mut State, request: &Request) -> Answer {
        let args = &request.arguments;
        if state.no_debug
            && let Some(answer) = breakpoints::not_debugged(&request.command, args)
        {
            return answer;
        }
        // Who wants something to stop waits for it, and does not only look.
        if matches!(
            request.command.as_str(),
            "setBreakpoints"
                | "setFunctionBreakpoints"
                | "setInstructionBreakpoints"
                | "setDataBreakpoints"
                | "setExceptionBreakpoints"
                | "pause"
        ) {
            self.target.attach(self.client);
        }
        match request.command.as_str() {
            "initialize" => self.initialize(state, args),
            "launch" => {
                let args: protocol::LaunchArguments = arguments(args)?;
                state.launched = true;
                state.no_debug = args.no_debug;
                state.stop_on_entry = args.stop_on_entry && !args.no_debug;
                let together = args.all_stop && !args.no_debug;
                self.target.attach(self.client);
                self.target.stop_together(self.client, together);
                Ok(Value::Null)
            }
            "attach" => {
                let args: protocol::AttachArguments = arguments(args)?;
                self.target.attach(self.client);
                self.target.stop_together(self.client, args.all_stop);
                Ok(Value::Null)
            }
            "configurationDone" => Ok(Value::Null),
            "setBreakpoints" => self.set_breakpoints(state, args),
            "breakpointLocations" => self.breakpoint_locations(state, args),
            "setFunctionBreakpoints" => self.set_function_breakpoints(state, args),
            "setInstructionBreakpoints" => self.set_instruction_breakpoints(state, args),
            "dataBreakpointInfo" => self.data_breakpoint_info(state, args),
            "setDataBreakpoints" => self.set_data_breakpoints(state, args),
            "disassemble" => self.disassemble(state, args),
            "setExceptionBreakpoints" => self.set_exception_breakpoints(args),
            "exceptionInfo" => self.exception_info(state, args),
            "terminateThreads" => self.terminate_threads(args),
            "loadedSources" => {
                let sources = self.target.sources();
                let sources = sources.iter().map(|path| protocol::Source::listed(path));
                Ok(json!({ "sources": sources.collect::<Vec<_>>() }))
            }
            "source" => self.source(args),
            "modules" => self.modules(args),
            "completions" => self.completions(state, args),
            "readMemory" => self.read_memory(args),
            "cancel" => {
                let _: protocol::CancelArguments = arguments(args)?;
                let asked = protocol::cancelled(args).and_then(|id| state.slow.get(&id));
                if let Some(cancel) = asked {
                    cancel.now();
                }
                Ok(Value::Null)
            }
            "threads" => self.threads(state),
            "stackTrace" => self.stack_trace(state, args),
            "scopes" => self.scopes(state, args),
            "variables" => self.variables(state, args),
            "continue" => self.resume(state, args, How::Continue),
            "restartFrame" => self.restart_frame(state, args),
            "gotoTargets" => self.goto_targets(state, args),
            "goto" => self.goto(state, args),
            "stepInTargets" => self.step_in_targets(state, args),
            "nostos/tree" => self.tree(args),
            "next" => self.resume(state, args, How::Over),
            "stepIn" => self.resume(state, args, How::In),
            "stepOut" => self.resume(state, args, How::Out),
            "nostos/nextMessage" => {
                let args: protocol::ThreadArguments = arguments(args)?;
                let pid = args.thread_id;
                let gone = self.target.next_message(pid).map_err(refuse)?;
                state.goes_on(pid, gone);
                Ok(Value::Null)
            }
            "pause" => {
                let args: protocol::ThreadArguments = arguments(args)?;
                self.target.pause(args.thread_id).map_err(refuse)?;
                Ok(Value::Null)
            }
            "terminate" => Ok(Value::Null),
            "disconnect" => {
                let args: protocol::DisconnectArguments = arguments(args)?;
                if state.launched && args.terminate_debuggee == Some(false) {
                    // Before the answer: whoever gets that is gone.
                    self.target.leave();
                }
                Ok(Value::Null)
            }
            "nostos/image" => {
                let program = self.target.program();
                Ok(json!({
                    "root": program.root,
                    "main": program.main,
                    "version": program.version,
                    "pid": std::process::id(),
                }))
            }
            "nostos/processes" => self.processes(args),
            "nostos/message" => self.message(state, args),
            "nostos/mailbox" => {
                let args: protocol::MailboxArguments = arguments(args)?;
                let page = Page {
                    start: args.start.unwrap_or(0),
                    count: args.count.unwrap_or(100).max(1),
                };
                let (total, messages) = self.target.mailbox(args.process, page).map_err(refuse)?;
                let messages: Vec<_> = messages.iter().map(protocol::message_row).collect();
                let shapes = self.target.shapes(args.process).map_err(refuse)?;
                let shapes: Vec<_> = shapes.iter().map(protocol::shape).collect();
                Ok(json!({ "total": total, "messages": messages, "shapes": shapes }))
            }
            "nostos/trace" => self.trace(args),
            "nostos/events" => self.events(args),
            "nostos/stack" => {
                let args: protocol::ProcessArguments = arguments(args)?;
                let frames = self.target.frames(args.process).map_err(refuse)?;
                let rows: Vec<_> = frames
                    .iter()
                    .take(MAX_FRAMES)
                    .map(protocol::plain_frame)
                    .collect();
                Ok(json!({ "frames": rows, "total": frames.len() }))
            }
            "nostos/gcStats" => {
                let args: protocol::GcStatsArguments = arguments(args)?;
                let stats = self.target.gc_stats(args.process);
                Ok(protocol::gc_stats(&stats, args.after.unwrap_or(0)))
            }
            "nostos/scheduler" => {
                let workers: Vec<_> = self
                    .target
                    .scheduler()
                    .iter()
                    .map(protocol::worker)
                    .collect();
                let args: protocol::SchedulerArguments = arguments(args)?;
                let mut body = match args.census {
                    Some(false) => json!({}),
                    Some(true) | None => protocol::census(&self.target.census()),
                };
                body["workers"] = json!(workers);
                body["nowNanos"] = json!(self.target.now_nanos());
                Ok(body)
            }
            unknown => Err(format!("`{unknown}` is no request this debugger knows")),
        }
    }

    /// What must come after the response.
    fn afterwards(&self, state: &mut State, request: &Request) {
        match request.command.as_str() {
            "launch" | "attach" => self.sent(self.wire.event("initialized", Value::Null)),
            "configurationDone" => {
                self.target.release(state.stop_on_entry);
                // What others, or an earlier client, have stopped.
                for (pid, why) in self.target.standing() {
                    if !state.stopped.contains(&pid) {
                        state.told_early.insert(pid);
                        let told = self.tell_stop(state, pid, why, false);
                        self.sent(told);
                    }
                }
            }
            "terminate" => self.target.terminate(),
            "disconnect" => {
                let args: protocol::DisconnectArguments =
                    arguments(&request.arguments).unwrap_or_default();
                let terminate = args.terminate_debuggee.unwrap_or(state.launched);
                state.stays = args.suspend_debuggee && !terminate;
                state.launched = false;
                self.closed.store(true, Ordering::Release);
                if terminate {
                    self.target.terminate();
                }
            }
            _ => {}
        }
    }

    fn initialize(&self, state: &mut State, args: &Value) -> Answer {
        if state.initialized {
            return Err("the session is initialized already".into());
        }
        let args: protocol::InitializeArguments = arguments(args)?;
        state.initialized = true;
        if args.reads_output {
            self.wish.no_output();
        }
        state.lines_from_0 = args.lines_start_at1 == Some(false);
        state.columns_from_0 = args.columns_start_at1 == Some(false);
        state.hears_of_changes = args.supports_invalidated_event;
        state.shows_progress = args.supports_progress_reporting;
        Ok(protocol::capabilities(false))
    }

    /// Tells the client what happens, until it is gone or the program has ended.
    fn pump(&self) {
        let Some(events) = lock(&self.events).take() else {
            return;
        };
        while !self.closed.load(Ordering::Acquire) {
            match events.recv_timeout(Duration::from_millis(100)) {
                Ok(event) => {
                    let last = matches!(event, Event::Ended { .. });
                    self.tell(event);
                    if last {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn tell(&self, event: Event) {
        let mut state = lock(&self.state);
        let result = match event {
            Event::Stopped {
                pid,
                why,
                all,
                turn,
            } => {
                if state.is_over(pid, turn) {
                    return;
                }
                if state.told_early.remove(&pid) && state.stopped.contains(&pid) {
                    return;
                }
                self.tell_stop(&mut state, pid, why, all)
            }
            Event::AllResumed { pid, turn } => {
                if state.gone_by_us.remove(&turn) {
                    return;
                }
                state.all_went_on();
                self.wire.event(
                    "continued",
                    json!({ "threadId": pid, "allThreadsContinued": true }),
                )
            }
            Event::Resumed { pid, turn } => {
                if state.gone_by_us.remove(&turn) {
                    return;
                }
                state.went_on(pid);
                self.wire.event(
                    "continued",
                    json!({ "threadId": pid, "allThreadsContinued": false }),
                )
            }
            Event::Started(pid) => {
                if state.announcements >= MAX_THREAD_EVENTS {
                    return;
                }
                state.announcements += 1;
                state.announced.insert(pid);
                self.wire
                    .event("thread", json!({ "reason": "started", "threadId": pid }))
            }
            Event::Exited(pid) => {
                state.went_on(pid);
                state.gone_at.remove(&pid);
                if !state.announced.remove(&pid) {
                    return;
                }
                self.wire
                    .event("thread", json!({ "reason": "exited", "threadId": pid }))
            }
            Event::Breakpoint(changed) => {
                let body =
                    json!({ "reason": "changed", "breakpoint": breakpoint(&state, &changed) });
                self.wire.event("breakpoint", body)
            }
            Event::BreakpointGone(gone) => {
                let body = json!({ "reason": "removed", "breakpoint": breakpoint(&state, &gone) });
                self.wire.event("breakpoint", body)
            }
            Event::Output { error, text, .. } => {
                let category = if error { "stderr" } else { "stdout" };
                self.wire
                    .event("output", json!({ "category": category, "output": text }))
            }
            Event::Log { text, at, .. } => {
                let body = json!({
                    "category": "console",
                    "output": format!("{text}\n"),
                    "source": protocol::Source::of(&at.path),
                    "line": state.line(at.line),
                });
                self.wire.event("output", body)
            }
            Event::Reloaded(reload) => self
                .wire
                .event("nostos/reloaded", protocol::reload(&reload)),
            Event::Ended { status } => self
                .wire
                .event("exited", json!({ "exitCode": status }))
                .and_then(|()| self.wire.event("terminated", json!({}))),
        };
        drop(state);
        self.sent(result);
    }

    fn tell_stop(&self, state: &mut State, pid: Pid, why: Why, all: bool) -> io::Result<()> {
        state.stopped.insert(pid);
        let mut body = stopped(&why);
        body["threadId"] = json!(pid);
        body["allThreadsStopped"] = json!(all);
        if let Why::Exception(thrown) = why {
            state.exceptions.insert(pid, thrown);
        }
        self.wire.event("stopped", body)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let (launched, stays) = {
            let mut state = lock(&self.state);
            (std::mem::take(&mut state.launched), state.stays)
        };
        self.target.forget(self.client, stays);
        // Who launched a program and vanished without a word cannot stop it any more.
        if launched {
            self.target.terminate();
        }
    }
}

const DEAD: &str = "this handle is from before the process went on";

fn stopped(why: &Why) -> Value {
    match why {
        Why::Breakpoint(ids) => json!({
            "reason": "breakpoint",
            "description": "Stopped at a breakpoint",
            "hitBreakpointIds": ids,
        }),
        Why::Gone => json!({ "reason": "goto", "description": "Sent here" }),
        Why::Restarted => json!({ "reason": "restart", "description": "Entered anew" }),
        Why::Step => json!({ "reason": "step", "description": "Stepped" }),
        Why::Pause => json!({ "reason": "pause", "description": "Paused" }),
        Why::Together => json!({
            "reason": "pause",
            "description": "Stopped with the others",
            "preserveFocusHint": true,
        }),
        Why::Entry => json!({ "reason": "entry", "description": "Stopped at the entry" }),
        Why::Function(ids) => json!({ "reason": "function breakpoint", "hitBreakpointIds": ids }),
        Why::Instruction(ids) => {
            json!({ "reason": "instruction breakpoint", "hitBreakpointIds": ids })
        }
        Why::Data { ids, text, reads } => {
            let way = if *reads { "read" } else { "changed" };
            json!({
                "reason": "data breakpoint",
                "description": format!("{text} was {way}"),
                "hitBreakpointIds": ids,
            })
        }
        Why::Message { ids, sent, text } => {
            let way = if *sent { "Sends" } else { "Received" };
            let mut body = json!({
                "reason": if ids.is_empty() { "step" } else { "function breakpoint" },
                "description": format!("{way} a message"),
                "text": format!("{way} {text}"),
            });
            if !ids.is_empty() {
                body["hitBreakpointIds"] = json!(ids);
            }
            body
        }
        Why::Ending { ids, text } => json!({
            "reason": "function breakpoint",
            "description": "About to end",
            "text": format!("About to end: {text}"),
            "hitBreakpointIds": ids,
        }),
        Why::Exception(thrown) => {
            let description = match thrown.filter {
                Filter::Uncaught => "Uncaught exception",
                Filter::All => "Exception",
                Filter::LinkedExit => "Linked exit",
            };
            json!({ "reason": "exception", "description": description, "text": thrown.text })
        }
    }
}

#[cfg(test)]
mod tests;
