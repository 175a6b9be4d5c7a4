//! Starting an image: a child process, its socket, the connection.
//!
//! The child is this program again with a hidden first argument, so that one file is enough; it listens on a socket in a fresh
//! directory that only the user can enter.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The hidden first argument that makes this program an image.
pub const IMAGE: &str = "__image";
/// The hidden first argument that makes this program run tests.
pub const TEST: &str = "__test";
/// How long an image may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);
/// Lines of its standard error that are kept for when it dies.
const TAIL: usize = 30;

/// Where the image comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// This program, or another one, started with these arguments before the socket's.
    Start {
        /// The program.
        program: PathBuf,
        /// Its first arguments.
        first: Vec<String>,
        /// The project.
        project: PathBuf,
        /// The arguments of the Nostos program.
        args: Vec<String>,
    },
    /// A socket somebody else listens on.
    Attach(PathBuf),
}

/// The socket of an image that is named by its path or by the number of its process.
pub fn socket_of(image: PathBuf) -> PathBuf {
    let number = image.to_str().and_then(|t| t.parse().ok());
    match number.filter(|_| !image.exists()) {
        Some(pid) => socket_of_process(pid),
        None => image,
    }
}

/// The socket an operating-system process has: its usual one, the one its command line names, or one of the images it started.
fn socket_of_process(pid: u32) -> PathBuf {
    let usual = nostos_dap::endpoint::path_of(pid);
    if usual.exists() {
        return usual;
    }
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let named = words.split(|b| *b == 0).find_map(|word| {
        let path = word.strip_prefix(b"--inspect=")?;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(path)))
    });
    if let Some(path) = named.filter(|p| p.exists()) {
        return path;
    }
    // The debug adapter names the sockets of its images after itself.
    let mark = format!("dap-{pid}-");
    let folder = fs::read_dir(nostos_dap::endpoint::directory());
    let mut started: Vec<PathBuf> = folder
        .into_iter()
        .flatten()
        .flatten()
        .filter(|f| f.file_name().to_string_lossy().starts_with(&mark))
        .map(|f| f.path())
        .collect();
    started.sort();
    started.pop().unwrap_or(usual)
}

/// A started image: the process if it is ours, and what it last said.
pub struct Running {
    child: Option<Child>,
    tail: Arc<Mutex<Vec<String>>>,
    folder: Option<PathBuf>,
}

impl Source {
    /// Starts the image and connects. Takes up to half a minute, unless `given_up` says so; the error is for people. Until it is let go, the image
    /// ends with this process.
    ///
    /// `test`: it runs this test instead of `main`.
    pub fn open(
        &self,
        test: Option<&str>,
        given_up: &dyn Fn() -> bool,
    ) -> Result<(UnixStream, Running), String> {
        match self {
            Source::Attach(_) if test.is_some() => {
                Err("an image that was attached to runs no tests; ^r goes back to it".to_owned())
            }
            Source::Attach(socket) => {
                let stream = nostos_dap::endpoint::connect(socket)
                    .map_err(|e| format!("no image at {}: {e}", socket.display()))?;
                Ok((
                    stream,
                    Running {
                        child: None,
                        tail: Arc::default(),
                        folder: None,
                    },
                ))
            }
            Source::Start {
                program,
                first,
                project,
                args,
            } => {
                let folder =
                    fresh_folder().map_err(|e| format!("no folder for the image's socket: {e}"))?;
                let socket = folder.join("image");
                let mut command = Command::new(program);
                command
                    .args(first)
                    .arg(format!("--inspect={}", socket.display()))
                    .arg("--wait")
                    .arg(format!("--with-parent={}", std::process::id()))
                    .args(test.map(|title| format!("--test={title}")))
                    .arg(project)
                    .args(args);
                command
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                let child = command.spawn();
                let mut child = child
                    .map_err(|e| format!("the image does not start: {}: {e}", program.display()))?;
                let tail = Arc::new(Mutex::new(Vec::new()));
                drain(child.stdout.take(), None);
                drain(child.stderr.take(), Some(Arc::clone(&tail)));
                let mut running = Running {
                    child: Some(child),
                    tail,
                    folder: Some(folder),
                };
                match running.reach(&socket, given_up) {
                    Ok(stream) => Ok((stream, running)),
                    Err(why) => {
                        running.stop();
                        Err(why)
                    }
                }
            }
        }
    }
}

impl Running {
    fn reach(&mut self, socket: &Path, given_up: &dyn Fn() -> bool) -> Result<UnixStream, String> {
        let begun = Instant::now();
        loop {
            if let Ok(stream) = nostos_dap::endpoint::connect(socket) {
                return Ok(stream);
            }
            let ended = self
                .child
                .as_mut()
                .and_then(|c| c.try_wait().ok().flatten());
            if let Some(status) = ended {
                return Err(self.epitaph(status));
            }
            if given_up() {
                return Err("given up".to_owned());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!(
                    "the image does not listen after {} s",
                    PATIENCE.as_secs()
                ));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits a moment for the process to end by itself, ends it if it does not, and says how it ended.
    pub fn bury(mut self) -> String {
        let begun = Instant::now();
        let status = loop {
            match self.child.as_mut().map(|c| c.try_wait()) {
                Some(Ok(None)) if begun.elapsed() < Duration::from_secs(1) => {
                    std::thread::sleep(Duration::from_millis(10))
                }
                Some(Ok(status)) => break status,
                Some(Err(_)) | None => break None,
            }
        };
        let said = match (status, &self.child) {
            (Some(status), _) => self.epitaph(status),
            (None, Some(_)) => "the image hung up".to_owned(),
            (None, None) => "the image closed the connection".to_owned(),
        };
        self.stop();
        said
    }

    /// Ends the process, if it is ours.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself; both calls only have to leave nothing behind.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(folder) = self.folder.take() {
            let _ = fs::remove_dir_all(folder);
        }
    }

    fn epitaph(&self, status: ExitStatus) -> String {
        // The thread that reads standard error may be a moment behind the end.
        std::thread::sleep(Duration::from_millis(20));
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = tail
            .iter()
            .map(|l| l.trim_end())
            .filter(|l| !l.is_empty())
            .collect();
        // Of a list of errors the first is the one to begin with.
        let main = lines
            .iter()
            .find(|l| l.starts_with("Error"))
            .or(lines.last())
            .map(|l| format!(": {}", l.trim()))
            .unwrap_or_default();
        let how = match (status.code(), status.signal()) {
            (Some(0), _) => "the image has ended".to_owned(),
            (Some(code), _) => format!("the image ended with status {code}{main}"),
            (None, Some(signal)) => format!("the image was killed by signal {signal}{main}"),
            (None, None) => format!("the image ended{main}"),
        };
        format!("{how}\n{}", lines.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads a pipe to its end, so that the child never blocks on it.
fn drain(pipe: Option<impl io::Read + Send + 'static>, keep: Option<Arc<Mutex<Vec<String>>>>) {
    let Some(pipe) = pipe else { return };
    let work = move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            if let Some(keep) = &keep {
                let mut tail = keep.lock().unwrap_or_else(PoisonError::into_inner);
                tail.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                if tail.len() > TAIL {
                    tail.remove(0);
                }
            }
            line.clear();
        }
    };
    // Without the thread the child's output stays unread; it still runs.
    let _ = std::thread::Builder::new()
        .name("image output".to_owned())
        .spawn(work);
}

/// A new directory only the user can enter, below the user's own runtime directory.
fn fresh_folder() -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let uid = rustix::process::getuid().as_raw();
    let base = match std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|p| p.is_dir())
    {
        Some(dir) => dir.join("nostos"),
        None => PathBuf::from(format!("/tmp/nostos-{uid}")),
    };
    match fs::DirBuilder::new().mode(0o700).create(&base) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    // Somebody else may have made it first in /tmp; then it is not ours to use.
    let meta = fs::symlink_metadata(&base)?;
    if !meta.is_dir() || meta.uid() != uid || meta.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(format!(
            "{} is not a private directory of yours",
            base.display()
        )));
    }
    loop {
        let folder = base.join(format!(
            "tui-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
            Ok(()) => return Ok(folder),
        }
    }
}
