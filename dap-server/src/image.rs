//! An image and its endpoint: what `nostos run` does, and what editors start when they launch a program.

use crate::endpoint::{self, Endpoint};
use nostos_session::debug::debugger::Debugger;
use nostos_session::debug::gdb::show_gdb;
use nostos_session::debug::perf::dump_for_perf;
use nostos_session::debug::{Event, Target};
use nostos_session::live::Session;
use nostos_session::project::Project;
use nostos_session::{
    Config, Interrupts, NOT_READ, Options, Style, WhenFull, print, report, watch,
};
use std::io::{IsTerminal, Read as _, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// What to run and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Command {
    /// Open a debug socket; `Some(None)`: at the usual place.
    pub inspect: Option<Option<PathBuf>>,
    /// `main` starts when a client says so.
    pub wait: bool,
    /// End when the operating-system process does that has started us.
    pub with_parent: Option<i32>,
    /// End when the debugger does that had us started in a terminal, until it has connected.
    pub with_launcher: bool,
    /// Worker threads; missing: one per core.
    pub workers: Option<usize>,
    /// Messages a process may have waiting, and what happens with more.
    pub mailbox_limit: Option<(usize, WhenFull)>,
    /// Bytes all processes may hold together.
    pub memory_limit: Option<usize>,
    /// Schedule by this number, with one worker.
    pub seed: Option<u64>,
    /// The title of a test that runs instead of `main`, or `FILE:TITLE`.
    pub test: Option<String>,
    /// A source file, or a directory with `main.nos`.
    pub program: PathBuf,
    /// The program's own.
    pub args: Vec<String>,
}

const USAGE: &str = "[--inspect[=SOCKET]] [--wait] [--workers N] [--test=TITLE] FILE|DIR [ARGS…]";

/// Runs an image with these arguments; the status for the shell.
pub fn image_main(args: Vec<String>) -> i32 {
    match parse(args) {
        Ok(command) => run(command),
        Err(why) => {
            eprintln!("Error: {why}\n  usage: {USAGE}");
            2
        }
    }
}

/// Reads the arguments; everything after the program is the program's.
///
/// # Errors
/// A sentence for the person who wrote them.
pub fn parse(args: Vec<String>) -> Result<Command, String> {
    let mut command = Command::default();
    let mut args = args.into_iter();
    let mut program = None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--inspect" => command.inspect = Some(None),
            "--wait" => command.wait = true,
            "--with-launcher" => command.with_launcher = true,
            "--workers" => command.workers = Some(number(args.next())?),
            "--" => {
                program = args.next();
                break;
            }
            option if option.starts_with("--inspect=") => {
                command.inspect = Some(Some(PathBuf::from(&option["--inspect=".len()..])));
            }
            option if option.starts_with("--test=") => {
                command.test = Some(option["--test=".len()..].to_owned());
            }
            option if option.starts_with("--with-parent=") => {
                let pid = option["--with-parent=".len()..].parse();
                command.with_parent = Some(pid.map_err(|_| format!("`{option}`: no process"))?);
            }
            option if option.starts_with("--workers=") => {
                command.workers = Some(number(Some(option["--workers=".len()..].to_owned()))?);
            }
            option if option.starts_with('-') && option.len() > 1 => {
                return Err(format!("`{option}` is no option"));
            }
            _ => {
                program = Some(arg);
                break;
            }
        }
    }
    command.program = program
        .map(PathBuf::from)
        .ok_or("there is no program to run")?;
    command.args = args.collect();
    Ok(command)
}

fn number(text: Option<String>) -> Result<usize, String> {
    let text = text.ok_or("`--workers` needs a number")?;
    match text.parse() {
        Ok(number @ 1..=1024) => Ok(number),
        Ok(_) | Err(_) => Err(format!("`{text}` is no number of workers: 1 to 1024")),
    }
}

/// Runs an image until its program ends; the status for the shell.
pub fn run(command: Command) -> i32 {
    let parent = match command.with_parent.map(Parent::watch).transpose() {
        Ok(parent) => parent,
        Err(error) => return fail(&error),
    };
    let launcher = match (command.with_launcher, &command.inspect) {
        (true, Some(Some(socket))) => match endpoint::find_launcher(socket) {
            Ok(launcher) => Some(launcher),
            Err(error) => {
                let why = format!("the debugger that wants this program is gone: {error}");
                return fail(&why);
            }
        },
        _ => None,
    };
    // Without them the system ends the program at the first one, as it does any other.
    let interrupts = Interrupts::take_over();
    let told: Arc<OnceLock<Arc<Session>>> = Arc::default();
    let mut config = Config {
        args: command.args.clone(),
        inspect: command.inspect.is_some(),
        ..Config::from_env()
    };
    if let Some(workers) = command.workers {
        config.workers = workers;
    }
    config.mailbox_limit = command.mailbox_limit.or(config.mailbox_limit);
    config.memory_limit = command.memory_limit.or(config.memory_limit);
    if let Some(limit) = config.memory_limit {
        // One process alone hears of it where it takes the memory.
        config.heap_limit = config.heap_limit.min(limit);
    }
    if command.seed.is_some() {
        config.seed = command.seed;
        config.workers = 1;
    }
    if command.inspect.is_some() {
        let told = Arc::clone(&told);
        config.output = Arc::new(move |stream, text: &str| {
            let read = print(stream, text);
            if let Some(session) = told.get() {
                // In order: the socket goes, too.
                if !read {
                    session.image.end(NOT_READ);
                }
                let error = stream == nostos_session::Stream::Err;
                session.tell(&Event::Output {
                    error,
                    text: text.to_owned(),
                    pid: None,
                });
            }
        });
    }
    let project = match Project::open(&command.program) {
        Ok(project) => project,
        Err(error) => return fail(&error),
    };
    let options = Options {
        keep_vars: command.inspect.is_some(),
        ..Options::default()
    };
    let session = match &command.test {
        None => Session::new(project, options, config, style()),
        Some(test) => Session::of_test(project, options, config, style(), test),
    };
    let session = match session {
        Ok(session) => session,
        Err(unfit) => {
            eprint!("{}", unfit.text);
            return 1;
        }
    };
    if let Ok(interrupts) = &interrupts {
        interrupts.end(&session.image);
    }
    if let Err(problem) = dump_for_perf(&session) {
        return fail(&problem);
    }
    let status = match &command.inspect {
        None => {
            show_gdb(&session);
            begin(&session, None)
        }
        Some(socket) => {
            // The session is there, and nobody has set the cell before.
            let _ = told.set(Arc::clone(&session));
            inspected(&session, socket.clone(), &command, (parent, launcher))
        }
    };
    // Destructors of a program's threads have nothing to save; stdout is what must be out.
    let _ = std::io::stdout().flush();
    // The process ends now. To take its database apart first would be a tenth of what a small program costs.
    std::mem::forget(session);
    status
}

fn inspected(
    session: &Arc<Session>,
    socket: Option<PathBuf>,
    command: &Command,
    (parent, launcher): (Option<Parent>, Option<UnixStream>),
) -> i32 {
    let debugger = match Debugger::new(session) {
        Ok(debugger) => debugger,
        Err(error) => return fail(&error),
    };
    if parent.is_some() {
        debugger.when_left(Box::new(write_nowhere));
    }
    let usual = socket.is_none();
    let target: Arc<dyn Target> = debugger.clone();
    if let Some(parent) = &parent {
        // From here on it ends in order.
        let mut known = parent.target.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(&target));
    }
    let endpoint = match Endpoint::open(socket, target) {
        Ok(endpoint) => endpoint,
        Err(error) => return fail(&format!("the debug socket cannot be opened: {error}")),
    };
    let waiting = Arc::new(AtomicBool::new(true));
    if let Some(mut launcher) = launcher {
        let (target, waiting) = (debugger.clone(), Arc::clone(&waiting));
        let waits = std::thread::Builder::new()
            .name("launcher".into())
            .spawn(move || {
                // It says nothing: what comes is its end.
                let _ = launcher.read(&mut [0]);
                if waiting.load(Ordering::Acquire) {
                    target.terminate();
                }
            });
        if let Err(error) = waits {
            return fail(&error);
        }
    }
    if usual {
        eprintln!("debug socket: {}", endpoint.path().display());
    }
    let reload = Arc::clone(session);
    let watcher = watch::watch(&session.project, move || {
        if let Some(told) = reload.reload_changed() {
            eprint!("{}", report::reload(&told));
        }
    });
    if let Err(why) = &watcher {
        // Editors can still ask for a reload.
        eprintln!("{why}");
    }
    let released = !command.wait || debugger.await_release();
    // From here on the launcher's connection tells when it is gone, and then the image ends in order.
    waiting.store(false, Ordering::Release);
    if let Some(parent) = &parent {
        parent.let_go.store(true, Ordering::Release);
    }
    let status = if !released {
        143
    } else {
        begin(session, Some(&debugger))
    };
    debugger.ended(status);
    endpoint.close();
    status
}

/// The operating-system process that has started us. Until a client lets `main` start, nobody else knows of this image, and it ends with it.
///
/// The system's own signal would come at the end of the thread that has started us, and not at all when that was before we asked for it.
struct Parent {
    target: Arc<Mutex<Option<Arc<dyn Target>>>>,
    let_go: Arc<AtomicBool>,
}

impl Parent {
    fn watch(pid: i32) -> std::io::Result<Parent> {
        let parent = Parent {
            target: Arc::default(),
            let_go: Arc::default(),
        };
        let (target, let_go) = (Arc::clone(&parent.target), Arc::clone(&parent.let_go));
        std::thread::Builder::new()
            .name("parent".into())
            .spawn(move || {
                while !let_go.load(Ordering::Acquire) {
                    let now = rustix::process::getppid();
                    if rustix::process::Pid::as_raw(now) != pid {
                        match &*target.lock().unwrap_or_else(PoisonError::into_inner) {
                            Some(target) => target.terminate(),
                            // It compiles, and has nothing to put away: the socket comes later.
                            None => std::process::exit(143),
                        }
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            })?;
        Ok(parent)
    }
}

/// What the program writes goes nowhere from now on: who has read it is leaving, and to write for nobody would end the program.
fn write_nowhere() {
    let Ok(nowhere) = std::fs::OpenOptions::new().write(true).open("/dev/null") else {
        return;
    };
    // If that fails the program ends when it writes next, as any does whose output nobody reads.
    let _ = rustix::stdio::dup2_stdout(&nowhere);
    let _ = rustix::stdio::dup2_stderr(&nowhere);
}

fn begin(session: &Session, debugger: Option<&Debugger>) -> i32 {
    let started = session.entry().and_then(|entry| {
        session
            .image
            .start(entry)
            .map_err(|error| error.to_string())
    });
    match started {
        Ok(main) => {
            if let Some(debugger) = debugger {
                debugger.began(main);
            }
            session.image.run().code
        }
        Err(why) => fail(&why),
    }
}

fn fail(error: &dyn std::fmt::Display) -> i32 {
    eprintln!("Error: {error}");
    1
}

/// Colours when a person reads.
fn style() -> Style {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stderr().is_terminal() && !plain {
        Style::Ansi
    } else {
        Style::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Command, String> {
        parse(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn options_come_before_the_program_and_arguments_after() {
        let command = parsed("--inspect=/x --wait --workers 2 dir --wait -x").expect("right");
        assert_eq!(command.inspect, Some(Some("/x".into())));
        assert!(command.wait);
        assert_eq!(command.workers, Some(2));
        assert_eq!(command.program, PathBuf::from("dir"));
        assert_eq!(command.args, ["--wait", "-x"]);
        let odd = parsed("--inspect -- --odd-name a").expect("right");
        assert_eq!(
            (odd.inspect, odd.program),
            (Some(None), PathBuf::from("--odd-name"))
        );
        for wrong in [
            "",
            "--workers",
            "--workers 0",
            "--workers x a",
            "--nonsense a",
            "--inspect",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
