//! The image's debug socket: who may connect, where it lies, and what is left of it at the end (nothing).

use crate::server;
use nostos_session::debug::Target;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A socket of this age that nobody listens on is a dead image's.
const YOUTH: Duration = Duration::from_secs(60);
/// How long an ended program waits for its clients to have read the news.
const FAREWELL: Duration = Duration::from_secs(3);

/// An open socket. Several clients at once; only this user's.
pub struct Endpoint {
    path: PathBuf,
    /// Which file the socket is: what lies at the path later may be somebody else's.
    file: Option<(u64, u64)>,
    /// The thread that accepts is woken by this, whatever has become of the path.
    socket: UnixListener,
    closed: Arc<AtomicBool>,
    clients: Clients,
    listener: Option<JoinHandle<()>>,
}

type Clients = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// The directory of this user's sockets: below `$XDG_RUNTIME_DIR` when there is one.
pub fn directory() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(dir) if Path::new(&dir).is_absolute() => PathBuf::from(dir).join("nostos"),
        _ => std::env::temp_dir().join(format!("nostos-{}", uid())),
    }
}

/// Where the image with this operating-system process has its socket, unless it was told otherwise.
pub fn path_of(pid: u32) -> PathBuf {
    directory().join(format!("{pid}.sock"))
}

/// Takes away the sockets in a directory of ours that images left behind which were killed. Young ones may be about to be listened on.
pub fn sweep(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_old = std::fs::symlink_metadata(&path)
            .and_then(|found| found.modified())
            .is_ok_and(|then| then.elapsed().is_ok_and(|age| age > YOUTH));
        let is_socket = path
            .extension()
            .is_some_and(|extension| extension == "sock");
        if is_old && is_socket {
            // It stays when it is no socket, or when somebody listens.
            let _ = clear_stale(&path);
        }
    }
}

fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes the directory of the sockets, for its owner alone.
///
/// # Errors
/// When it cannot be made, or when there is one that others could put things into.
pub fn make_directory(dir: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(dir)
    {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = std::fs::symlink_metadata(dir)?;
    let why = if found.is_symlink() {
        "is a symbolic link".to_owned()
    } else if !found.is_dir() {
        "is no directory".to_owned()
    } else if found.uid() != uid() {
        format!("belongs to the user {}, not to {}", found.uid(), uid())
    } else if found.mode() & 0o077 != 0 {
        let mode = found.mode() & 0o777;
        format!("is open to others (its mode is {mode:o}, not 700)")
    } else {
        return Ok(());
    };
    let why = format!(
        "{} {why}; debug sockets lie in a directory of their user alone",
        dir.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Connects to an image of this user. Somebody else's, who may have put a socket where ours would be, is told nothing.
///
/// # Errors
/// When nobody listens, or somebody else does.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    of_this_user(UnixStream::connect(path)?)
}

fn of_this_user(stream: UnixStream) -> io::Result<UnixStream> {
    let peer = rustix::net::sockopt::socket_peercred(&stream)?.uid.as_raw();
    if peer == uid() {
        return Ok(stream);
    }
    let why = format!(
        "it is a program of the user {peer}, and you are {}; who is to debug it is who runs it",
        uid()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Where who launches an image in a terminal waits for it: beside its socket, in a namespace in which nothing is left of who has died.
///
/// # Errors
/// When the path is too long.
fn launcher_at(socket: &Path) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(socket.as_os_str().as_encoded_bytes())
}

/// Connects to who launches this image in a terminal.
///
/// # Errors
/// When nobody waits for it, or somebody else does.
pub fn find_launcher(socket: &Path) -> io::Result<UnixStream> {
    of_this_user(UnixStream::connect_addr(&launcher_at(socket)?)?)
}

/// What an image in a terminal looks for: its connection ends when this is dropped, or who holds it dies. Nothing protects such a name, and everybody can
/// read it: strangers are turned away.
pub struct Launcher {
    socket: UnixListener,
}

impl Launcher {
    /// Waits for the image that is to have this socket.
    ///
    /// # Errors
    /// When the path is too long or somebody waits there already.
    pub fn new(socket: &Path) -> io::Result<Launcher> {
        let socket = UnixListener::bind_addr(&launcher_at(socket)?)?;
        let listener = socket.try_clone()?;
        std::thread::Builder::new()
            .name("terminal".into())
            .spawn(move || {
                let mut images = Vec::new();
                loop {
                    match listener.accept() {
                        Ok((stream, _)) if is_ours(&stream) => images.push(stream),
                        Ok(_) => {}
                        // It was shut.
                        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return,
                        Err(_) => std::thread::sleep(Duration::from_millis(50)),
                    }
                }
            })?;
        Ok(Launcher { socket })
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        wake(&self.socket);
    }
}

/// Ends the waiting of a thread for somebody to connect.
fn wake(listener: &UnixListener) {
    // It is a socket, and listens: nothing else can be wrong.
    let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Both);
}

impl Endpoint {
    /// Opens the socket; `None`: at the usual place.
    ///
    /// # Errors
    /// When the socket cannot be made, or somebody listens there already.
    pub fn open(path: Option<PathBuf>, target: Arc<dyn Target>) -> io::Result<Endpoint> {
        let path = match path {
            Some(path) => path,
            None => {
                make_directory(&directory())?;
                sweep(&directory());
                path_of(std::process::id())
            }
        };
        clear_stale(&path)?;
        let listener = UnixListener::bind(&path)?;
        // Until the mode is set, the check of the peer is what keeps others out.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let file = file_at(&path);
        let socket = listener.try_clone()?;
        let closed = Arc::new(AtomicBool::new(false));
        let clients: Clients = Arc::default();
        let thread = std::thread::Builder::new()
            .name("debug endpoint".into())
            .spawn({
                let (closed, clients) = (Arc::clone(&closed), Arc::clone(&clients));
                move || accept(&listener, &target, &closed, &clients)
            })?;
        Ok(Endpoint {
            path,
            file,
            socket,
            closed,
            clients,
            listener: Some(thread),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The program has ended: lets the clients read that, then takes the socket away.
    pub fn close(mut self) {
        self.shut();
        let until = Instant::now() + FAREWELL;
        let clients =
            std::mem::take(&mut *self.clients.lock().unwrap_or_else(PoisonError::into_inner));
        for client in clients {
            while !client.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
            if client.is_finished() {
                // A thread that panicked has said so on stderr.
                let _ = client.join();
            }
        }
    }

    fn shut(&mut self) {
        let Some(thread) = self.listener.take() else {
            return;
        };
        self.closed.store(true, Ordering::Release);
        wake(&self.socket);
        if self.file.is_some() && file_at(&self.path) == self.file {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = thread.join();
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shut();
    }
}

fn file_at(path: &Path) -> Option<(u64, u64)> {
    let found = std::fs::symlink_metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// A socket that nobody listens on any more is in the way; anything else is somebody's.
fn clear_stale(path: &Path) -> io::Result<()> {
    let Ok(found) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        let why = format!("{} exists and is no socket", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    match UnixStream::connect(path) {
        Ok(_) => {
            let why = format!("somebody listens on {} already", path.display());
            Err(io::Error::new(io::ErrorKind::AddrInUse, why))
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        // Whoever has it was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // That nobody listens is not said by this: we may be out of descriptors, for one.
        Err(error) => Err(error),
    }
}

fn accept(
    listener: &UnixListener,
    target: &Arc<dyn Target>,
    closed: &AtomicBool,
    clients: &Clients,
) {
    for stream in listener.incoming() {
        if closed.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else {
            // Out of file descriptors, most likely: better slow than a spinning core.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if !is_ours(&stream) {
            continue;
        }
        let target = Arc::clone(target);
        let thread = std::thread::Builder::new()
            .name("debug client".into())
            .spawn(move || {
                // A stream that cannot be shared is a client that cannot be served; it sees the end of the connection.
                let _ = server::serve(target, stream);
            });
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|client| !client.is_finished());
        clients.extend(thread);
    }
}

fn is_ours(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid.as_raw() == uid())
}
