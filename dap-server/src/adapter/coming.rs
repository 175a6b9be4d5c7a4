//! Launches: a program is run, by the adapter or in a terminal of its client's, and waited for on a thread of its own, so that the client is heard meanwhile.
//!
//! In: `launch`, or a `restart` that has ended the program there was. Out: a connection to the image, or a refusal; or nothing, as nobody wants it any more.

use super::*;
use std::process::Command;

/// How long a launched image may take to open its socket.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that is being launched.
pub(super) struct Coming {
    /// What wants it: a launch, or a restart.
    pub(super) request: Request,
    args: Value,
    /// The message, of a launch, which the image gets.
    body: Option<Vec<u8>>,
    /// The number of the question whether the client runs it, while that is open.
    asked: Option<i64>,
    terminal: Option<Terminal>,
    unwanted: Arc<AtomicBool>,
    /// What else the client has asked for meanwhile.
    pub(super) queued: Vec<(Request, Vec<u8>)>,
}

/// A program in a terminal: nobody here is its parent.
pub(super) struct Terminal {
    pub(super) socket: PathBuf,
    /// What the program looks for until it is debugged: it goes with us, whatever our end is.
    _launcher: endpoint::Launcher,
}

/// A program that we run.
struct Started {
    child: Child,
    pipes: Vec<JoinHandle<()>>,
    socket: PathBuf,
}

impl Started {
    fn end(mut self) {
        end_child(&mut self.child);
        join_soon(self.pipes);
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Adapter {
    /// Launches a program; who asked is answered when it has come up.
    pub(super) fn launch(&mut self, request: Request, args: Value, body: Option<Vec<u8>>) {
        let (started, asked, terminal) = match self.wants_terminal(&args) {
            true => match self.ask_for_terminal(&args) {
                Ok((asked, terminal)) => (None, Some(asked), Some(terminal)),
                Err(why) => return self.refuse(&request, why),
            },
            false => match self.start(&args) {
                Ok(started) => (Some(started), None, None),
                Err(why) => return self.refuse(&request, why),
            },
        };
        self.coming = Some(Coming {
            request,
            args,
            body,
            asked,
            terminal,
            unwanted: Arc::default(),
            queued: Vec::new(),
        });
        if let Some(started) = started {
            let socket = started.socket.clone();
            self.await_image(socket, Some(started));
        }
    }

    /// Nothing comes of a launch, or of a restart, which leaves no program.
    fn refuse(&self, request: &Request, why: String) {
        self.shared.respond(request, Err(why));
        if request.command == "restart" {
            self.shared.event("terminated", json!({}));
        }
    }

    /// The client has answered something that it was asked.
    pub(super) fn answered(&mut self, message: &Value) {
        let Some(coming) = &mut self.coming else {
            return;
        };
        if coming
            .asked
            .take_if(|asked| message["request_seq"] == *asked)
            .is_none()
        {
            return;
        }
        if message["success"] != true {
            let why = message["message"].as_str().unwrap_or("it refuses");
            let why = format!("the client cannot run the program in a terminal: {why}");
            return self.give_up(&why);
        }
        if let Some(terminal) = &coming.terminal {
            let socket = terminal.socket.clone();
            self.await_image(socket, None);
        }
    }

    /// Waits for an image to open its socket, and shows that as progress if it takes long.
    fn await_image(&mut self, socket: PathBuf, started: Option<Started>) {
        let Some(coming) = &self.coming else {
            return;
        };
        let (own, unwanted) = (self.own.clone(), Arc::clone(&coming.unwanted));
        let shows = self.initialize["supportsProgressReporting"] == true;
        let progress = shows.then(|| {
            let shared = Arc::clone(&self.shared);
            let request = Some(coming.request.seq);
            Progress::new("Compiling".into(), request, move |name, body| {
                shared.event(name, body);
            })
        });
        self.waiters.retain(|waiter| !waiter.is_finished());
        // The thread takes over what has been started, or does not come to be.
        let started = Arc::new(Mutex::new(started));
        let its = Arc::clone(&started);
        let waits = move || {
            let mut started = lock(&its).take();
            let child = started.as_mut().map(|started| &mut started.child);
            let connected = connect_to(&socket, child, &unwanted);
            drop(progress);
            let left = match own.upgrade() {
                Some(adapter) => lock(&adapter).has_come(&unwanted, connected, started),
                None => started,
            };
            if let Some(started) = left {
                started.end();
            }
        };
        let waiter = std::thread::Builder::new()
            .name("launch".into())
            .spawn(waits);
        match waiter {
            Ok(waiter) => self.waiters.push(waiter),
            Err(error) => {
                let started = lock(&started).take();
                if let Some(started) = started {
                    started.end();
                }
                self.give_up(&format!("the program cannot be waited for: {error}"));
            }
        }
    }

    /// A program has come up, or has not. → It, if nobody wants it any more.
    fn has_come(
        &mut self,
        unwanted: &Arc<AtomicBool>,
        connected: Result<UnixStream, String>,
        started: Option<Started>,
    ) -> Option<Started> {
        let its = |coming: &mut Coming| Arc::ptr_eq(&coming.unwanted, unwanted);
        let Some(coming) = self.coming.take_if(its) else {
            return started;
        };
        let stream = match connected {
            Ok(stream) => stream,
            Err(why) => {
                if let Some(started) = started {
                    // What it wrote comes before the news that it has ended.
                    started.end();
                }
                self.turn_down(&coming.request, coming.queued, why);
                return None;
            }
        };
        let in_terminal = coming.terminal.is_some();
        self.shared
            .in_terminal
            .store(in_terminal, Ordering::Release);
        let Coming {
            request,
            args,
            body,
            terminal,
            queued,
            ..
        } = coming;
        let launched = started.map(|started| (started.child, started.pipes, started.socket));
        match self.link(stream, launched, terminal) {
            Ok(link) => self.introduce(link, args.clone()),
            Err(why) => {
                self.turn_down(&request, queued, why);
                return None;
            }
        }
        match body {
            Some(body) => self.forward(&request, &body),
            None => {
                self.shared.respond(&request, Ok(Value::Null));
                // Nobody waits for its answer.
                let message = json!({
                    "seq": 0, "type": "request", "command": "launch", "arguments": args
                });
                self.send(message.to_string().as_bytes());
            }
        }
        for (request, body) in queued {
            self.request(request, &body);
        }
        None
    }

    /// The program that is being launched is not wanted any more, or cannot be had.
    pub(super) fn give_up(&mut self, why: &str) {
        if let Some(coming) = self.coming.take() {
            coming.unwanted.store(true, Ordering::Release);
            self.turn_down(&coming.request, coming.queued, why.to_owned());
        }
    }

    fn turn_down(&self, request: &Request, queued: Vec<(Request, Vec<u8>)>, why: String) {
        self.refuse(request, why);
        for (request, _) in queued {
            let why = "no program is being debugged";
            self.shared.respond(&request, Err(why.into()));
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
        command.push(match in_terminal {
            true => "--with-launcher".into(),
            false => format!("--with-parent={}", std::process::id()).into(),
        });
        if let Some(workers) = args.workers {
            command.extend(["--workers".into(), workers.to_string().into()]);
        }
        if let Some(test) = args.test.as_ref().filter(|test| !test.is_empty()) {
            command.push(format!("--test={test}").into());
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

    /// Asks the client to run the program in a terminal. → The number of the question, and what the program looks for.
    fn ask_for_terminal(&self, args: &Value) -> Result<(i64, Terminal), String> {
        let args: LaunchArguments = protocol::arguments(args)?;
        let no_place = |error| format!("no place for a debug socket: {error}");
        // Its launcher's name follows from it, and whoever guesses that could be there first.
        let guess = random().map_err(no_place)?;
        let socket = fresh_socket(&format!("-{guess:016x}")).map_err(no_place)?;
        let command = self.command(&args, &socket, true)?;
        let launcher = endpoint::Launcher::new(&socket).map_err(no_place)?;
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
        let terminal = Terminal {
            socket,
            _launcher: launcher,
        };
        asked
            .map(|asked| (asked, terminal))
            .map_err(|error| error.to_string())
    }

    /// Runs the program.
    fn start(&self, args: &Value) -> Result<Started, String> {
        let args: LaunchArguments = protocol::arguments(args)?;
        let socket =
            fresh_socket("").map_err(|error| format!("no place for a debug socket: {error}"))?;
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
        let child = command
            .spawn()
            .map_err(|error| format!("{} cannot be run: {error}", head.display()))?;
        let mut started = Started {
            child,
            pipes: Vec::new(),
            socket,
        };
        let out = started.child.stdout.take();
        let err = started.child.stderr.take();
        let pipes = [
            out.map(|pipe| self.relay("stdout", pipe)),
            err.map(|pipe| self.relay("stderr", pipe)),
        ];
        for pipe in pipes.into_iter().flatten() {
            match pipe {
                Ok(pipe) => started.pipes.push(pipe),
                Err(error) => {
                    started.end();
                    return Err(format!("what the program writes cannot be read: {error}"));
                }
            }
        }
        Ok(started)
    }
}

/// Connects to an image as soon as it listens, unless it ends or is not wanted any more.
fn connect_to(
    socket: &Path,
    mut child: Option<&mut Child>,
    unwanted: &AtomicBool,
) -> Result<UnixStream, String> {
    let until = Instant::now() + PATIENCE;
    while !unwanted.load(Ordering::Acquire) {
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
    Err("it is not wanted any more".into())
}

fn random() -> io::Result<u64> {
    let mut bits = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bits)?;
    Ok(u64::from_be_bytes(bits))
}

fn fresh_socket(more: &str) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let dir = endpoint::directory();
    endpoint::make_directory(&dir)?;
    endpoint::sweep(&dir);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(dir.join(format!("dap-{}-{number}{more}.sock", std::process::id())))
}

fn concat_os(prefix: &str, path: &Path) -> OsString {
    let mut out = OsString::from(prefix);
    out.push(path);
    out
}
