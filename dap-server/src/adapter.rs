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
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a launched image may take to open its socket.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an image may take to answer a farewell.
const FAREWELL: Duration = Duration::from_secs(3);

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
    let mut adapter = Adapter {
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
        in_terminal: None,
        done: false,
    };
    let mut decoder = Decoder::default();
    let mut chunk = vec![0; 64 << 10];
    while !adapter.done {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => decoder.push(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                if adapter.is_shut() {
                    adapter.complain(&error.to_string());
                }
                break;
            }
        }
        while let Some(piece) = decoder.next_piece() {
            if !adapter.done {
                adapter.take(piece);
            }
        }
    }
    adapter.end();
}

struct Adapter {
    image: Vec<OsString>,
    gate: Option<Arc<Gate>>,
    initialize: Value,
    shared: Arc<Shared>,
    link: Option<Link>,
    /// What the program was launched with.
    launched: Value,
    /// A program that the client is asked to run in a terminal.
    in_terminal: Option<InTerminal>,
    done: bool,
}

/// A launch that waits for the client's word.
struct InTerminal {
    /// The number of the question.
    asked: i64,
    request: Request,
    body: Vec<u8>,
    socket: PathBuf,
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
    /// Its end is nothing the client is to hear of.
    replaced: Arc<AtomicBool>,
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

    fn request(&mut self, request: Request, body: &[u8]) {
        match request.command.as_str() {
            "initialize" if self.link.is_none() => {
                self.initialize = request.arguments.clone();
                self.shared
                    .respond(&request, Ok(protocol::capabilities(true)));
            }
            "launch" | "attach" if self.link.is_some() => {
                self.shared
                    .respond(&request, Err("a program is being debugged already".into()));
            }
            "launch" if self.wants_terminal(&request.arguments) => {
                self.ask_for_terminal(request, body);
            }
            "launch" => self.bring(request, body, Adapter::launch),
            "attach" => {
                self.bring(request, body, Adapter::attach);
                if self.link.is_some() {
                    // Only who launched a program can start it again.
                    let capabilities = json!({ "supportsRestartRequest": false });
                    let body = json!({ "capabilities": capabilities });
                    self.shared.event("capabilities", body);
                }
            }
            "restart" => self.restart(&request),
            "disconnect" => {
                self.forward(&request, body);
                self.wait_for(request.seq);
                self.done = true;
                let args: protocol::DisconnectArguments =
                    protocol::arguments(&request.arguments).unwrap_or_default();
                if args.terminate_debuggee == Some(false)
                    && let Some(link) = &mut self.link
                {
                    link.child = None;
                }
            }
            _ => self.forward(&request, body),
        }
    }

    fn bring(
        &mut self,
        request: Request,
        body: &[u8],
        how: impl FnOnce(&mut Adapter, &Value) -> Result<Link, String>,
    ) {
        match how(self, &request.arguments) {
            Ok(link) => {
                self.link = Some(link);
                self.launched = request.arguments.clone();
                let initialize = json!({
                    "seq": 0, "type": "request", "command": "initialize", "arguments": self.initialize
                });
                self.send(initialize.to_string().as_bytes());
                self.forward(&request, body);
            }
            Err(why) => self.shared.respond(&request, Err(why)),
        }
    }

    /// Ends the program and launches it anew, with the same arguments or others. The client is asked for its breakpoints again, by `initialized`.
    fn restart(&mut self, request: &Request) {
        if self.link.as_ref().is_none_or(|link| link.child.is_none()) {
            let why = "only a program that was launched here can be restarted";
            return self.shared.respond(request, Err(why.into()));
        }
        let mut args = match request.arguments["arguments"].is_object() {
            true => request.arguments["arguments"].clone(),
            false => self.launched.clone(),
        };
        if !args["program"].is_string() {
            args["program"] = self.launched["program"].clone();
        }
        if let Some(link) = self.link.take() {
            link.replaced.store(true, Ordering::Release);
            part(link);
        }
        *lock(&self.shared.pending) = Pending::default();
        match self.launch(&args) {
            Ok(link) => {
                self.link = Some(link);
                self.shared.respond(request, Ok(Value::Null));
                // Nobody waits for their answers.
                for (command, arguments) in
                    [("initialize", &self.initialize.clone()), ("launch", &args)]
                {
                    let message = json!({
                        "seq": 0, "type": "request", "command": command, "arguments": arguments
                    });
                    self.send(message.to_string().as_bytes());
                }
                self.launched = args;
            }
            Err(why) => {
                self.shared.respond(request, Err(why));
                self.shared.event("terminated", json!({}));
            }
        }
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
        if let Some(link) = &mut self.link {
            // An image that cannot be written to is dead; the thread that reads from it settles what is pending.
            let _ = framing::write_body(&mut link.stream, body);
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

    /// The command that runs a program, with its arguments. In a terminal its parent is none of ours.
    fn command(
        &self,
        args: &LaunchArguments,
        socket: &Path,
        in_terminal: bool,
    ) -> Result<Vec<OsString>, String> {
        let program = args.program.as_ref().filter(|program| !program.is_empty());
        let program =
            program.ok_or("`program` is missing: a source file, or a directory with main.nos")?;
        let mut command = self.image.clone();
        command.extend([concat_os("--inspect=", socket), "--wait".into()]);
        if !in_terminal {
            command.push("--with-parent".into());
        }
        if let Some(workers) = args.workers {
            command.extend(["--workers".into(), workers.to_string().into()]);
        }
        command.extend(["--".into(), program.into()]);
        command.extend(args.args.iter().map(Into::into));
        Ok(command)
    }

    fn wants_terminal(&self, args: &Value) -> bool {
        let can = self.initialize["supportsRunInTerminalRequest"] == true;
        can && matches!(
            args["console"].as_str(),
            Some("integratedTerminal" | "externalTerminal")
        )
    }

    fn ask_for_terminal(&mut self, request: Request, body: &[u8]) {
        match self.terminal_question(&request.arguments) {
            Ok((asked, socket)) => {
                self.in_terminal = Some(InTerminal {
                    asked,
                    request,
                    body: body.to_vec(),
                    socket,
                });
            }
            Err(why) => self.shared.respond(&request, Err(why)),
        }
    }

    fn terminal_question(&self, args: &Value) -> Result<(i64, PathBuf), String> {
        let args: LaunchArguments = protocol::arguments(args)?;
        let socket =
            fresh_socket().map_err(|error| format!("no place for a debug socket: {error}"))?;
        let command = self.command(&args, &socket, true)?;
        let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
        let kind = match args.console.as_deref() {
            Some("externalTerminal") => "external",
            _ => "integrated",
        };
        let program = Path::new(args.program.as_deref().unwrap_or_default());
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let folder = program.parent().unwrap_or(program).to_string_lossy();
        let texts = args.env.iter().map(|(name, value)| {
            let value = match value {
                Value::Null | Value::String(_) => value.clone(),
                other => json!(other.to_string()),
            };
            (name.clone(), value)
        });
        let env: serde_json::Map<String, Value> = texts.collect();
        let question = json!({
            "kind": kind,
            "title": format!("Nostos: {name}"),
            "cwd": args.cwd.as_deref().unwrap_or(&folder),
            "args": words,
            "env": env,
        });
        let asked = self.shared.wire.ask("runInTerminal", question);
        asked
            .map(|asked| (asked, socket))
            .map_err(|error| error.to_string())
    }

    /// The client has answered something that it was asked.
    fn answered(&mut self, message: &Value) {
        let asked = |launch: &mut InTerminal| message["request_seq"] == launch.asked;
        let Some(launch) = self.in_terminal.take_if(asked) else {
            return;
        };
        let InTerminal {
            request,
            body,
            socket,
            ..
        } = launch;
        if message["success"] != true {
            let why = message["message"].as_str().unwrap_or("it refuses");
            let why = format!("the client cannot run the program in a terminal: {why}");
            return self.shared.respond(&request, Err(why));
        }
        self.shared.in_terminal.store(true, Ordering::Release);
        self.bring(request, &body, |adapter, _| {
            let stream = adapter.slowly("Compiling", || connect_to(&socket, None))?;
            adapter.link(stream, None)
        });
    }

    /// Does what may take long, and shows it as progress if it does.
    fn slowly<T>(&self, title: &str, work: impl FnOnce() -> T) -> T {
        let shows = self.initialize["supportsProgressReporting"] == true;
        let progress = shows.then(|| {
            let shared = Arc::clone(&self.shared);
            Progress::new(title.to_owned(), None, move |name, body| {
                shared.event(name, body);
            })
        });
        let result = work();
        drop(progress);
        result
    }

    fn launch(&mut self, args: &Value) -> Result<Link, String> {
        let args: LaunchArguments = protocol::arguments(args)?;
        let socket =
            fresh_socket().map_err(|error| format!("no place for a debug socket: {error}"))?;
        let words = self.command(&args, &socket, false)?;
        let (head, tail) = words
            .split_first()
            .ok_or("there is no command that runs an image")?;
        let mut command = Command::new(head);
        command.args(tail);
        if let Some(cwd) = args.cwd.filter(|cwd| !cwd.is_empty()) {
            if !Path::new(&cwd).is_dir() {
                return Err(format!("`cwd` is no directory: {cwd}"));
            }
            command.current_dir(cwd);
        }
        for (name, value) in &args.env {
            match value {
                Value::Null => command.env_remove(name),
                Value::String(text) => command.env(name, text),
                other => command.env(name, other.to_string()),
            };
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("{} cannot be run: {error}", head.display()))?;
        let pipes = [
            child.stdout.take().map(|pipe| self.relay("stdout", pipe)),
            child.stderr.take().map(|pipe| self.relay("stderr", pipe)),
        ];
        let pipes: Vec<JoinHandle<()>> = pipes.into_iter().flatten().collect();
        let connected = self.slowly("Compiling", || connect_to(&socket, Some(&mut child)));
        let stream = match connected {
            Ok(stream) => stream,
            Err(why) => {
                // Both fail when the child has ended already, which is what is wanted.
                let _ = child.kill();
                let _ = child.wait();
                join_soon(pipes);
                let _ = std::fs::remove_file(&socket);
                return Err(why);
            }
        };
        self.link(stream, Some((child, pipes, socket)))
    }

    fn attach(&mut self, args: &Value) -> Result<Link, String> {
        let args: AttachArguments = protocol::arguments(args)?;
        let socket = match (args.socket.filter(|socket| !socket.is_empty()), args.pid) {
            (Some(socket), _) => PathBuf::from(socket),
            (None, Some(pid)) => endpoint::path_of(pid),
            (None, None) => return Err("`socket` or `pid` is missing".into()),
        };
        let stream = endpoint::connect(&socket)
            .map_err(|error| format!("no image answers on {}: {error}", socket.display()))?;
        self.link(stream, None)
    }

    fn link(
        &self,
        stream: UnixStream,
        launched: Option<(Child, Vec<JoinHandle<()>>, PathBuf)>,
    ) -> Result<Link, String> {
        let replaced = Arc::<AtomicBool>::default();
        let input = stream.try_clone().map_err(|error| error.to_string())?;
        let shared = Arc::clone(&self.shared);
        let (child, rest) = match launched {
            Some((child, pipes, socket)) => {
                (Some(Arc::new(Mutex::new(child))), Some((pipes, socket)))
            }
            None => (None, None),
        };
        let reader = {
            let child = child.clone();
            let replaced = Arc::clone(&replaced);
            std::thread::Builder::new()
                .name("image".into())
                .spawn(move || listen(input, &shared, child.zip(rest), &replaced))
                .map_err(|error| error.to_string())?
        };
        Ok(Link {
            stream,
            child,
            reader,
            replaced,
        })
    }

    /// Hands the program's output on as it comes.
    fn relay(
        &self,
        category: &'static str,
        mut pipe: impl Read + Send + 'static,
    ) -> JoinHandle<()> {
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || {
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
        })
    }

    /// The client has gone: what it launched goes too.
    fn end(mut self) {
        if let Some(link) = self.link.take() {
            part(link);
        }
    }
}

/// Hangs up; a program that was launched here ends.
fn part(link: Link) {
    if let Some(child) = &link.child {
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
    while !link.reader.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

type Launched = (Arc<Mutex<Child>>, (Vec<JoinHandle<()>>, PathBuf));

/// Reads from the image until it is gone, then settles what it left open.
fn listen(
    mut input: UnixStream,
    shared: &Shared,
    launched: Option<Launched>,
    replaced: &AtomicBool,
) {
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
            if replaced.load(Ordering::Acquire) {
                continue;
            }
            told |= message["event"] == "terminated";
            if let Some(message) = relayed(shared, message, launched.is_some()) {
                let _ = shared.wire.send(message);
            }
        }
    }
    let mut status = None;
    if let Some((child, (pipes, socket))) = launched {
        status = Some(wait(&child));
        // All the program wrote comes before the news that it has ended.
        join_soon(pipes);
        // An image that was killed could not take its socket away.
        let _ = std::fs::remove_file(socket);
    }
    if replaced.load(Ordering::Acquire) {
        return settle(shared, false);
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

fn connect_to(socket: &Path, mut child: Option<&mut Child>) -> Result<UnixStream, String> {
    let until = Instant::now() + PATIENCE;
    loop {
        match endpoint::connect(socket) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(format!("{}: {error}", socket.display()));
            }
            // It is not there yet.
            Err(_) => {}
        }
        let ended = child.as_mut().map_or(Ok(None), |child| child.try_wait());
        match ended {
            Ok(Some(status)) => {
                return Err(format!(
                    "the program does not start ({status}); its output says why"
                ));
            }
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) => return Err("the program does not open its debug socket".into()),
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn fresh_socket() -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let dir = endpoint::directory();
    endpoint::make_directory(&dir)?;
    endpoint::sweep(&dir);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(dir.join(format!("dap-{}-{number}.sock", std::process::id())))
}

fn concat_os(prefix: &str, path: &Path) -> OsString {
    let mut out = OsString::from(prefix);
    out.push(path);
    out
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
