//! `nostos-dap`: a client on stdio, an image behind a socket, and what lies between them: launching, relaying, and a clean end whoever dies first.
//!
//! The adapter answers `initialize` itself, because there is no image yet; `launch` and `attach` bring one, and everything else is the image's to answer.

use crate::endpoint;
use crate::framing::{self, Decoder, Piece};
use crate::listen::{Gate, Verdict};
use crate::progress::Progress;
use crate::protocol::{self, AttachArguments, LaunchArguments};
use crate::wire::{self, Incoming, Request, Wire};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

mod coming;

use coming::{Coming, Terminal};

/// How long an image may take to answer a farewell.
const FAREWELL: Duration = Duration::from_secs(3);

/// A program that takes nothing from us for so long stands still. Of a long message the first part may go, and then it is as long again.
const UNREAD: Duration = Duration::from_secs(5);

/// Runs the adapter until its client is gone. `image` is the command that runs an image, without its arguments.
pub fn run(image: &[OsString], input: impl Read, output: impl Write + Send + 'static) {
    run_behind(image, input, output, None);
}

/// As [`run`], for a client that may have to say who it is.
pub fn run_behind(
    image: &[OsString],
    mut input: impl Read,
    output: impl Write + Send + 'static,
    gate: Option<Arc<Gate>>,
) {
    let adapter = Arc::new_cyclic(|own| {
        Mutex::new(Adapter {
            own: own.clone(),
            image: image.to_vec(),
            gate,
            initialize: Value::Null,
            shared: Arc::new(Shared {
                wire: Wire::new(output),
                in_terminal: AtomicBool::new(false),
                pending: Mutex::default(),
                changed: Condvar::new(),
            }),
            link: None,
            launched: Value::Null,
            coming: None,
            waiters: Vec::new(),
            done: false,
        })
    });
    let mut decoder = Decoder::default();
    let mut chunk = vec![0; 64 << 10];
    while !lock(&adapter).done {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => decoder.push(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let adapter = lock(&adapter);
                if adapter.is_shut() {
                    adapter.complain(&error.to_string());
                }
                break;
            }
        }
        while let Some(piece) = decoder.next_piece() {
            let mut adapter = lock(&adapter);
            if !adapter.done {
                adapter.take(piece);
            }
        }
    }
    Adapter::end(&adapter);
}

struct Adapter {
    /// For the threads that wait for programs to come up.
    own: Weak<Mutex<Adapter>>,
    image: Vec<OsString>,
    gate: Option<Arc<Gate>>,
    initialize: Value,
    shared: Arc<Shared>,
    link: Option<Link>,
    /// What the program was launched with.
    launched: Value,
    /// A program that is being launched.
    coming: Option<Coming>,
    /// Who waits for programs, one that is not wanted any more among them.
    waiters: Vec<JoinHandle<()>>,
    done: bool,
}

/// What the thread that reads from the image needs too.
struct Shared {
    wire: Wire,
    /// What the program writes is in the client's terminal already.
    in_terminal: AtomicBool,
    pending: Mutex<Pending>,
    changed: Condvar,
}

/// Requests the image has not answered; when it dies, the adapter does.
#[derive(Default)]
struct Pending {
    requests: HashMap<i64, Request>,
    image_gone: bool,
}

/// The connection to an image.
struct Link {
    stream: UnixStream,
    child: Option<Arc<Mutex<Child>>>,
    reader: JoinHandle<()>,
    fate: Arc<Fate>,
    /// A program in a terminal, which looks whether this is there until it is let go.
    terminal: Option<Terminal>,
}

/// What is to become of a program whose connection ends.
#[derive(Default)]
struct Fate {
    /// Its end is nothing the client is to hear of.
    replaced: AtomicBool,
    /// It is left to itself.
    left: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// A client that cannot be written to has closed its end; reading from it will say so.
    fn respond(&self, request: &Request, result: Result<Value, String>) {
        let _ = self.wire.respond(request, result);
    }

    fn event(&self, name: &str, body: Value) {
        let _ = self.wire.event(name, body);
    }
}

impl Adapter {
    fn take(&mut self, piece: Piece) {
        let body = match piece {
            Piece::Body(body) => body,
            Piece::Nonsense(why) => {
                // Of a stranger it is no slip: a browser, most likely.
                self.done = self.is_shut();
                return self.complain(&why);
            }
        };
        match wire::read(&body) {
            Incoming::Request(request) => match self.gate.as_ref().map(|gate| gate.judge(&request))
            {
                None | Some(Verdict::Pass) => self.request(request, &body),
                Some(Verdict::Refuse(why)) => self.shared.respond(&request, Err(why.into())),
                Some(Verdict::Close(why)) => {
                    self.done = true;
                    self.shared.respond(&request, Err(why.into()));
                }
            },
            Incoming::Other(message) => self.answered(&message),
            Incoming::Broken(request, why) => self.shared.respond(&request, Err(why)),
        }
    }

    /// The client has not said who it is.
    fn is_shut(&self) -> bool {
        self.gate.as_ref().is_some_and(|gate| !gate.is_open())
    }

    fn complain(&self, why: &str) {
        let text = format!("debugger: {why}\n");
        self.shared
            .event("output", json!({ "category": "console", "output": text }));
    }

    fn request(&mut self, mut request: Request, body: &[u8]) {
        let command = request.command.as_str();
        if let Some(coming) = &mut self.coming {
            match command {
                "launch" | "attach" => {
                    let why = "a program is being launched already";
                    return self.shared.respond(&request, Err(why.into()));
                }
                "cancel" if protocol::cancelled(&request.arguments) == Some(coming.request.seq) => {
                    self.give_up("cancelled");
                    return self.shared.respond(&request, Ok(Value::Null));
                }
                "terminate" => {
                    // A restart that fails tells of the end itself.
                    let told = coming.request.command == "restart";
                    self.give_up("the program is not wanted any more");
                    self.shared.respond(&request, Ok(Value::Null));
                    if !told {
                        self.shared.event("terminated", json!({}));
                    }
                    return;
                }
                "disconnect" => self.give_up("the client has disconnected"),
                // It waits, as if it had come a little later.
                _ => return coming.queued.push((request, body.to_vec())),
            }
        }
        match request.command.as_str() {
            "initialize" if self.link.is_none() => {
                self.initialize = request.arguments.take();
                self.shared
                    .respond(&request, Ok(protocol::capabilities(true)));
            }
            "launch" | "attach" if self.link.is_some() => {
                self.shared
                    .respond(&request, Err("a program is being debugged already".into()));
            }
            "launch" => {
                let args = request.arguments.clone();
                self.launch(request, args, Some(body.to_vec()));
            }
            "attach" => self.attach(request, body),
            "restart" => self.restart(request),
            "disconnect" => {
                let args: protocol::DisconnectArguments =
                    protocol::arguments(&request.arguments).unwrap_or_default();
                if args.terminate_debuggee == Some(false)
                    && let Some(link) = &self.link
                {
                    link.fate.left.store(true, Ordering::Release);
                }
                self.forward(&request, body);
                self.wait_for(request.seq);
                self.done = true;
            }
            _ => self.forward(&request, body),
        }
    }

    /// A program has been connected to: introduces the client, and hands on what asked for it.
    fn introduce(&mut self, link: Link, args: Value) {
        let mut about = self.initialize.clone();
        if about.is_object() && (link.child.is_some() || link.terminal.is_some()) {
            about["nostos/readsOutput"] = json!(true);
        }
        self.link = Some(link);
        self.launched = args;
        let initialize = json!({
            "seq": 0, "type": "request", "command": "initialize", "arguments": about
        });
        self.send(initialize.to_string().as_bytes());
    }

    fn attach(&mut self, request: Request, body: &[u8]) {
        match self.connect(&request.arguments) {
            Ok(link) => {
                self.introduce(link, request.arguments.clone());
                self.forward(&request, body);
                // Only who launched a program can start it again.
                let capabilities = json!({ "supportsRestartRequest": false });
                let body = json!({ "capabilities": capabilities });
                self.shared.event("capabilities", body);
            }
            Err(why) => self.shared.respond(&request, Err(why)),
        }
    }

    /// Ends the program and launches it anew, with the same arguments or others. The client is asked for its breakpoints again, by `initialized`.
    fn restart(&mut self, request: Request) {
        let was_launched = |link: &Link| link.child.is_some() || link.terminal.is_some();
        if !self.link.as_ref().is_some_and(was_launched) {
            let why = "only a program that was launched here can be restarted";
            return self.shared.respond(&request, Err(why.into()));
        }
        let mut args = match request.arguments["arguments"].is_object() {
            true => request.arguments["arguments"].clone(),
            false => self.launched.clone(),
        };
        if !args["program"].is_string() {
            args["program"] = self.launched["program"].clone();
        }
        if let Some(link) = self.link.take() {
            link.fate.replaced.store(true, Ordering::Release);
            part(link);
            // What stood still is gone; clients would take the old program's stops for the new one's.
            let body = json!({ "threadId": 1, "allThreadsContinued": true });
            self.shared.event("continued", body);
        }
        settle(&self.shared, false);
        self.launch(request, args, None);
    }

    /// Hands a request on; when there is nobody to hand it to, answers it.
    fn forward(&mut self, request: &Request, body: &[u8]) {
        let gone = {
            let mut pending = lock(&self.shared.pending);
            if self.link.is_some() && !pending.image_gone {
                pending.requests.insert(request.seq, request.clone());
                false
            } else {
                true
            }
        };
        if !gone {
            self.send(body);
            return;
        }
        let result = match request.command.as_str() {
            "disconnect" | "terminate" => Ok(Value::Null),
            _ if self.link.is_some() => Err("the program has ended".into()),
            _ => Err("no program is being debugged yet".into()),
        };
        self.shared.respond(request, result);
    }

    fn send(&mut self, body: &[u8]) {
        if let Some(link) = &mut self.link
            && framing::write_body(&mut link.stream, body).is_err()
        {
            // It is dead, or stands still with half a message in its ears: it is hung up on. The thread that reads from it settles what is pending.
            let _ = link.stream.shutdown(Shutdown::Both);
        }
    }

    fn wait_for(&self, seq: i64) {
        let until = Instant::now() + FAREWELL;
        let mut pending = lock(&self.shared.pending);
        while pending.requests.contains_key(&seq) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            pending = self
                .shared
                .changed
                .wait_timeout(pending, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn connect(&self, args: &Value) -> Result<Link, String> {
        let args: AttachArguments = protocol::arguments(args)?;
        let socket = match (args.socket.filter(|socket| !socket.is_empty()), args.pid) {
            (Some(socket), _) => PathBuf::from(socket),
            (None, Some(pid)) => endpoint::path_of(pid),
            (None, None) => return Err("`socket` or `pid` is missing".into()),
        };
        let stream = endpoint::connect(&socket)
            .map_err(|error| format!("no image answers on {}: {error}", socket.display()))?;
        self.link(stream, None, None)
    }

    fn link(
        &self,
        stream: UnixStream,
        launched: Option<(Child, Vec<JoinHandle<()>>, PathBuf)>,
        terminal: Option<Terminal>,
    ) -> Result<Link, String> {
        let fate = Arc::<Fate>::default();
        let shared = Arc::clone(&self.shared);
        let (child, rest) = match launched {
            Some((child, pipes, socket)) => {
                (Some(Arc::new(Mutex::new(child))), Some((pipes, socket)))
            }
            None => (None, None),
        };
        let left = child
            .clone()
            .zip(rest.as_ref().map(|(_, socket)| socket.clone()));
        let reader = stream.set_write_timeout(Some(UNREAD)).and_then(|()| {
            let input = stream.try_clone()?;
            let child = child.clone();
            let fate = Arc::clone(&fate);
            std::thread::Builder::new()
                .name("image".into())
                .spawn(move || listen(input, &shared, child.zip(rest), &fate))
        });
        let reader = reader.map_err(|error| {
            if let Some((child, socket)) = left {
                end_child(&mut lock(&child));
                let _ = std::fs::remove_file(socket);
            }
            error.to_string()
        })?;
        Ok(Link {
            stream,
            child,
            reader,
            fate,
            terminal,
        })
    }

    /// Hands the program's output on as it comes.
    fn relay(
        &self,
        category: &'static str,
        mut pipe: impl Read + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        let shared = Arc::clone(&self.shared);
        let relay = move || {
            let mut text = Text::default();
            let mut chunk = [0; 8 << 10];
            loop {
                let n = match pipe.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(n) => n,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                let output = text.push(&chunk[..n]);
                if !output.is_empty() {
                    shared.event("output", json!({ "category": category, "output": output }));
                }
            }
        };
        std::thread::Builder::new()
            .name(category.into())
            .spawn(relay)
    }

    /// The client has gone: what it launched goes too.
    fn end(adapter: &Mutex<Adapter>) {
        let (link, waiters) = {
            let mut adapter = lock(adapter);
            adapter.give_up("the client has gone");
            (adapter.link.take(), std::mem::take(&mut adapter.waiters))
        };
        if let Some(link) = link {
            part(link);
        }
        for waiter in waiters {
            // One that panicked has nothing more to end.
            let _ = waiter.join();
        }
    }
}

/// Hangs up; a program that was launched here ends, unless it is left to itself.
fn part(link: Link) {
    let left = link.fate.left.load(Ordering::Acquire);
    if let Some(child) = link.child.as_ref().filter(|_| !left) {
        let until = Instant::now() + Duration::from_millis(300);
        let ended = |child: &Mutex<Child>| !matches!(lock(child).try_wait(), Ok(None));
        let _ = link.stream.shutdown(Shutdown::Write);
        // The image ends by itself when its launcher hangs up; one that is stuck is killed.
        while !ended(child) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        if !ended(child) {
            let _ = lock(child).kill();
        }
    } else {
        let _ = link.stream.shutdown(Shutdown::Both);
    }
    let until = Instant::now() + FAREWELL;
    if let Some(terminal) = link.terminal.as_ref().filter(|_| !left) {
        // It ends when its launcher hangs up, and takes its socket away.
        while terminal.socket.exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    while !link.reader.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

type Launched = (Arc<Mutex<Child>>, (Vec<JoinHandle<()>>, PathBuf));

/// Reads from the image until it is gone, then settles what it left open.
fn listen(mut input: UnixStream, shared: &Shared, launched: Option<Launched>, fate: &Fate) {
    let mut decoder = Decoder::default();
    let mut chunk = vec![0; 64 << 10];
    let mut told = false;
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => decoder.push(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        }
        while let Some(piece) = decoder.next_piece() {
            let Piece::Body(body) = piece else { continue };
            let Ok(message) = serde_json::from_slice::<Value>(&body) else {
                continue;
            };
            if fate.replaced.load(Ordering::Acquire) {
                continue;
            }
            told |= message["event"] == "terminated";
            if let Some(message) = relayed(shared, message, launched.is_some()) {
                let _ = shared.wire.send(message);
            }
        }
    }
    if fate.left.load(Ordering::Acquire) {
        settle(shared, true);
        if let Some((child, _)) = launched {
            // This adapter may serve others, and hear of its end. Without the thread it stays in the system's list until we end.
            let _ = std::thread::Builder::new()
                .name("left".into())
                .spawn(move || lock(&child).wait());
        }
        return;
    }
    let mut status = None;
    if let Some((child, (pipes, socket))) = launched {
        status = Some(wait(&child));
        // All the program wrote comes before the news that it has ended.
        join_soon(pipes);
        // An image that was killed could not take its socket away.
        let _ = std::fs::remove_file(socket);
    }
    if fate.replaced.load(Ordering::Acquire) {
        // What it has left open was answered when it was replaced; what is open now is asked of another.
        return;
    }
    settle(shared, true);
    if let Some(status) = status {
        shared.event("exited", json!({ "exitCode": status }));
        shared.event("terminated", json!({}));
    } else if !told {
        shared.event("terminated", json!({}));
    }
}

/// Answers what the image has left open; `gone`: for good.
fn settle(shared: &Shared, gone: bool) {
    let left = {
        let mut pending = lock(&shared.pending);
        pending.image_gone = gone;
        std::mem::take(&mut pending.requests)
    };
    for request in left.values() {
        let result = match request.command.as_str() {
            "disconnect" | "terminate" => Ok(Value::Null),
            _ => Err("the program has ended".into()),
        };
        shared.respond(request, result);
    }
    shared.changed.notify_all();
}

/// What of the image's messages the client gets: not the answer to our own `initialize`; and of a program we launched, its output and its end are ours to tell.
fn relayed(shared: &Shared, message: Value, launched: bool) -> Option<Value> {
    if message["type"] == "response" {
        let seq = message["request_seq"].as_i64()?;
        let known = lock(&shared.pending).requests.remove(&seq).is_some();
        shared.changed.notify_all();
        return known.then_some(message);
    }
    let ours = match message["event"].as_str() {
        Some("exited" | "terminated") => launched,
        Some("output") => {
            (launched || shared.in_terminal.load(Ordering::Acquire))
                && matches!(
                    message["body"]["category"].as_str(),
                    Some("stdout" | "stderr")
                )
        }
        _ => false,
    };
    (!ours).then_some(message)
}

/// Ends a program. It may have ended already, which is what is wanted.
fn end_child(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn wait(child: &Mutex<Child>) -> i32 {
    let until = Instant::now() + FAREWELL;
    loop {
        match lock(child).try_wait() {
            Ok(Some(status)) => {
                use std::os::unix::process::ExitStatusExt as _;
                return status
                    .code()
                    .or_else(|| status.signal().map(|signal| 128 + signal))
                    .unwrap_or(1);
            }
            Ok(None) => {}
            Err(_) => return 1,
        }
        if Instant::now() > until {
            // It has closed its socket and does not end: it hangs.
            let _ = lock(child).kill();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits for the pipes' ends, but not for a grandchild that keeps one open.
fn join_soon(pipes: Vec<JoinHandle<()>>) {
    let until = Instant::now() + Duration::from_secs(1);
    while pipes.iter().any(|pipe| !pipe.is_finished()) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Bytes to text, piece by piece: a character cut in two waits for its rest.
#[derive(Default)]
struct Text {
    rest: Vec<u8>,
}

impl Text {
    fn push(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let keep = match std::str::from_utf8(&self.rest) {
            Err(error) if error.error_len().is_none() => self.rest.len() - error.valid_up_to(),
            _ => 0,
        };
        let tail = self.rest.split_off(self.rest.len() - keep);
        let text = String::from_utf8_lossy(&self.rest).into_owned();
        self.rest = tail;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_are_cut_in_two_come_out_whole() {
        let mut text = Text::default();
        let bytes = "aü€b".as_bytes();
        let mut out = String::new();
        for byte in bytes {
            out += &text.push(&[*byte]);
        }
        assert_eq!(out, "aü€b");
        assert_eq!(text.push(&[0xff, b'x']), "\u{fffd}x");
    }
}
