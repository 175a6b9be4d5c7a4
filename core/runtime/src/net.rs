//! TCP and UDP: sockets as resources of the image, and hearing from the system which of them, and which pipes of other programs, have something to do.
//!
//! An op tries; what would block notes the process at the socket, under the socket's lock, and parks. Whoever hears of the socket takes that lock and wakes
//! all who are noted: they try again. So nothing that happens between the attempt and the note is lost. There is no thread for this: a worker that
//! finds nothing to do listens before it sleeps, one that sleeps does so while it listens, and one that is busy listens from time to time.

use crate::core::Core;
use crate::mutex::{Mutex, MutexGuard};
use crate::resource::Resource;
use crate::scheduler::Worker;
use crate::signals::{self, Subscriber};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream, UdpSocket};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use nostos_host::Awaited;
use rustc_hash::FxHashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// Most bytes one read takes.
const READ_MOST: usize = 1 << 20;

/// Most bytes of a datagram.
const DATAGRAM_MOST: usize = 1 << 16;

/// A listening or a connected socket, or one for datagrams.
#[derive(Debug)]
pub(crate) struct Socket {
    token: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    io: Io,
    /// Processes to be woken when the system tells of the socket.
    waiting: Vec<u64>,
    /// Bytes that have been read but not given: the beginning of a character.
    rest: Vec<u8>,
    /// There may be something to read. When everything has been read, the system tells of what comes next.
    readable: bool,
    /// Nothing more comes: that is told only once.
    ended: bool,
}

#[derive(Debug)]
enum Io {
    Listener(TcpListener),
    Stream(TcpStream),
    Datagrams(UdpSocket),
    Closed,
}

/// What an attempt gave; an error is a sentence.
pub(crate) type Attempt<T> = Result<Option<T>, String>;

/// Made with the first socket.
#[derive(Default)]
pub(crate) struct Net {
    reactor: OnceLock<Result<Reactor, String>>,
    pub(crate) subscribers: Mutex<Vec<Subscriber>>,
}

struct Reactor {
    registry: Arc<Registry>,
    sockets: Mutex<FxHashMap<usize, Weak<Resource>>>,
    next: AtomicUsize,
    heard: Mutex<Heard>,
}

/// For the one who listens.
struct Heard {
    poll: Poll,
    events: Events,
}

const WAKE: Token = Token(0);
/// The pipe through which signals come.
pub(crate) const SIGNALS: Token = Token(usize::MAX);

impl Net {
    fn reactor(&self, core: &Core) -> Result<&Reactor, String> {
        let made = self
            .reactor
            .get_or_init(|| Reactor::new(core).map_err(|e| sentence("the network", &e)));
        made.as_ref().map_err(Clone::clone)
    }

    /// Listens on a port of all addresses of this machine.
    pub(crate) fn listen(&self, core: &Core, port: u16) -> Result<Arc<Resource>, String> {
        let reactor = self.reactor(core)?;
        let address = SocketAddr::from(([0, 0, 0, 0], port));
        let listener = TcpListener::bind(address);
        let listener = listener.map_err(|e| sentence(&format!("port {port}"), &e))?;
        reactor.add(Io::Listener(listener))
    }

    /// Begins to connect; [`Socket::connected`] tells when it is done.
    pub(crate) fn connect(
        &self,
        core: &Core,
        address: &str,
        port: u16,
    ) -> Result<Arc<Resource>, String> {
        let reactor = self.reactor(core)?;
        let ip = address
            .parse()
            .map_err(|_| format!("{address}: not an address"))?;
        let stream = TcpStream::connect(SocketAddr::new(ip, port));
        let stream = stream.map_err(|e| sentence(&format!("{address}:{port}"), &e))?;
        reactor.add(Io::Stream(stream))
    }

    /// A socket for datagrams, on a port of all addresses of this machine.
    pub(crate) fn bind(&self, core: &Arc<Core>, port: u16) -> Result<Arc<Resource>, String> {
        let reactor = self.reactor(core)?;
        let socket = UdpSocket::bind(SocketAddr::from(([0, 0, 0, 0], port)));
        let socket = socket.map_err(|e| sentence(&format!("port {port}"), &e))?;
        reactor.add(Io::Datagrams(socket))
    }

    /// The process tries again when one of these is ready, as long as the watch is there.
    pub(crate) fn watch(
        &self,
        core: &Core,
        awaited: Vec<Awaited>,
        pid: u64,
    ) -> Result<Arc<Resource>, String> {
        let watch = self.reactor(core)?.watch(awaited, pid);
        watch.map_err(|e| sentence("waiting for a program", &e))
    }

    /// What the system tells of besides sockets.
    pub(crate) fn registry(&self, core: &Arc<Core>) -> Result<&Registry, String> {
        Ok(&self.reactor(core)?.registry)
    }

    /// A connection that a listener has taken.
    pub(crate) fn accepted(&self, core: &Core, stream: TcpStream) -> Result<Arc<Resource>, String> {
        self.reactor(core)?.add(Io::Stream(stream))
    }
}

impl Net {
    /// Has the program opened a socket?
    pub(crate) fn is_open(&self) -> bool {
        self.reactor.get().is_some()
    }
}

impl Net {
    /// To listen to the system, unless there is no socket, or another does.
    pub(crate) fn ear(&self) -> Option<Ear<'_>> {
        let reactor = self.reactor.get()?.as_ref().ok()?;
        let heard = reactor.heard.try_lock()?;
        Some(Ear { reactor, heard })
    }
}

/// Hears from the system.
pub(crate) struct Ear<'a> {
    reactor: &'a Reactor,
    heard: MutexGuard<'a, Heard>,
}

impl Ear<'_> {
    /// Waits until the system tells something, or so long, or until the waker is used; `woken` gets the processes that are to try again.
    pub(crate) fn hear(&mut self, core: &Core, wait: Option<Duration>, woken: &mut Vec<u64>) {
        let Heard { poll, events } = &mut *self.heard;
        if let Some(wait) = wait
            && !wait.is_zero()
        {
            // The system counts what it waits for events in milliseconds; this wait is exact.
            let mut fd = libc::pollfd {
                fd: poll.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            let wait = libc::timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(wait.subsec_nanos()),
            };
            // SAFETY: the calls reads and writes just these.
            unsafe { libc::ppoll(&raw mut fd, 1, &raw const wait, std::ptr::null()) };
        }
        if let Err(e) = poll.poll(events, wait.map(|_| Duration::ZERO)) {
            assert!(
                e.kind() == ErrorKind::Interrupted,
                "waiting for the network: {e}"
            );
            return;
        }
        for event in &*events {
            if event.token() == SIGNALS {
                signals::deliver(core);
                continue;
            }
            let socket = self.reactor.sockets.lock().get(&event.token().0).cloned();
            match socket.and_then(|known| known.upgrade()).as_deref() {
                Some(Resource::Socket(socket)) => socket.heard(event, woken),
                Some(Resource::Watch(watch)) => woken.push(watch.pid),
                _ => {}
            }
        }
    }
}

/// A server's connections are open files, of which the system allows few at first and more to who asks.
fn allow_many_files() {
    // SAFETY: plain data; the calls read and write just this.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            // Where it is not allowed there are fewer connections, and the one too many says so.
            let _ = libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

impl Reactor {
    fn new(core: &Core) -> io::Result<Reactor> {
        allow_many_files();
        let poll = Poll::new()?;
        let registry = Arc::new(poll.registry().try_clone()?);
        core.scheduler.set_waker(Waker::new(&registry, WAKE)?);
        Ok(Reactor {
            registry,
            sockets: Mutex::default(),
            next: AtomicUsize::new(1),
            heard: Mutex::new(Heard {
                poll,
                events: Events::with_capacity(256),
            }),
        })
    }

    fn add(&self, io: Io) -> Result<Arc<Resource>, String> {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let resource = Arc::new(Resource::Socket(Socket {
            token,
            state: Mutex::new(State {
                io,
                waiting: Vec::new(),
                rest: Vec::new(),
                readable: true,
                ended: false,
            }),
        }));
        self.know(token, &resource);
        if let Resource::Socket(socket) = &*resource {
            let both = Interest::READABLE | Interest::WRITABLE;
            let registered = match &mut socket.state.lock().io {
                Io::Listener(listener) => {
                    self.registry
                        .register(listener, Token(token), Interest::READABLE)
                }
                Io::Stream(stream) => self.registry.register(stream, Token(token), both),
                Io::Datagrams(socket) => self.registry.register(socket, Token(token), both),
                Io::Closed => Ok(()),
            };
            registered.map_err(|e| sentence("the network", &e))?;
        }
        Ok(resource)
    }

    fn know(&self, token: usize, resource: &Arc<Resource>) {
        let mut sockets = self.sockets.lock();
        // Those that nobody has any more go when there are twice as many as before.
        if sockets.len() == sockets.capacity() {
            sockets.retain(|_, known| known.strong_count() > 0);
        }
        // Whoever listens must find it from the first event on, as nothing is told twice.
        sockets.insert(token, Arc::downgrade(resource));
    }

    fn watch(&self, awaited: Vec<Awaited>, pid: u64) -> io::Result<Arc<Resource>> {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let resource = Arc::new(Resource::Watch(Watch {
            awaited,
            pid,
            registry: self.registry.clone(),
        }));
        self.know(token, &resource);
        if let Resource::Watch(Watch { awaited, .. }) = &*resource {
            for Awaited { fd, writes } in awaited {
                let interest = if *writes {
                    Interest::WRITABLE
                } else {
                    Interest::READABLE
                };
                let mut source = SourceFd(&fd.as_raw_fd());
                self.registry
                    .register(&mut source, Token(token), interest)?;
            }
        }
        Ok(resource)
    }
}

/// Pipes of another program, or its end, that a process waits for.
#[derive(Debug)]
pub(crate) struct Watch {
    awaited: Vec<Awaited>,
    pid: u64,
    registry: Arc<Registry>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        for Awaited { fd, .. } in &self.awaited {
            // One that could not be registered cannot be taken out either.
            let _ = self.registry.deregister(&mut SourceFd(&fd.as_raw_fd()));
        }
    }
}

/// An error of the system without its number.
fn sentence(about: &str, error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    format!("{about}: {text}")
}

impl Socket {
    /// For people, and to tell sockets apart.
    pub(crate) fn id(&self) -> u64 {
        self.token as u64
    }

    /// The port it has on this machine; 0 when it is closed.
    pub(crate) fn port(&self) -> u16 {
        let state = self.state.lock();
        let address = match &state.io {
            Io::Listener(listener) => listener.local_addr(),
            Io::Stream(stream) => stream.local_addr(),
            Io::Datagrams(socket) => socket.local_addr(),
            Io::Closed => return 0,
        };
        address.map_or(0, |a| a.port())
    }

    /// A connection that somebody has made to this listener.
    pub(crate) fn accept(&self, me: u64) -> Attempt<TcpStream> {
        let mut state = self.state.lock();
        let Io::Listener(listener) = &state.io else {
            return Err("the socket is closed".into());
        };
        match listener.accept() {
            Ok((stream, _)) => {
                // Small answers must not wait for more to come.
                let _ = stream.set_nodelay(true);
                Ok(Some(stream))
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                state.waiting.push(me);
                Ok(None)
            }
            Err(e) => Err(sentence("accept", &e)),
        }
    }

    /// Has the connection come about?
    pub(crate) fn connected(&self, me: u64) -> Attempt<()> {
        let mut state = self.state.lock();
        let Io::Stream(stream) = &state.io else {
            return Err("the socket is closed".into());
        };
        if let Ok(Some(e)) | Err(e) = stream.take_error() {
            return Err(sentence("connect", &e));
        }
        match stream.peer_addr() {
            Ok(_) => {
                let _ = stream.set_nodelay(true);
                Ok(Some(()))
            }
            Err(e) if e.kind() == ErrorKind::NotConnected => {
                state.waiting.push(me);
                Ok(None)
            }
            Err(e) => Err(sentence("connect", &e)),
        }
    }

    /// Reads up to so many bytes of text into the beginning of `room`, and gives how many there are; none at the end. A character is never cut in two.
    pub(crate) fn read(&self, me: u64, most: usize, room: &mut Vec<u8>) -> Attempt<usize> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let Io::Stream(stream) = &mut state.io else {
            return Err("the socket is closed".into());
        };
        let most = most.clamp(1, READ_MOST);
        loop {
            if !state.readable {
                state.waiting.push(me);
                return Ok(None);
            }
            let known = state.rest.len();
            if room.len() < known + most {
                room.resize(known + most, 0);
            }
            room[..known].copy_from_slice(&state.rest);
            match stream.read(&mut room[known..known + most]) {
                Ok(0) => {
                    state.rest.clear();
                    return Ok(Some(known));
                }
                Ok(n) => {
                    // Less than there was room for is all there is.
                    state.readable = n == most || state.ended;
                    let whole = whole_characters(&room[..known + n]);
                    state.rest.clear();
                    state.rest.extend_from_slice(&room[whole..known + n]);
                    if whole > 0 {
                        return Ok(Some(whole));
                    }
                    // The rest of a character is on its way.
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => state.readable = false,
                Err(e) => return Err(sentence("read", &e)),
            }
        }
    }

    /// The system has told of it: `woken` gets the processes that are to try again.
    fn heard(&self, event: &Event, woken: &mut Vec<u64>) {
        let mut state = self.state.lock();
        state.ended |= event.is_read_closed() || event.is_error();
        state.readable |= event.is_readable() || state.ended;
        woken.append(&mut state.waiting);
    }

    /// Writes what it can from this byte on; gives how far it has come, and whether that was all.
    pub(crate) fn write(
        &self,
        me: u64,
        bytes: &[u8],
        mut from: usize,
    ) -> Result<(usize, bool), String> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let Io::Stream(stream) = &mut state.io else {
            return Err("the socket is closed".into());
        };
        while from < bytes.len() {
            match stream.write(&bytes[from..]) {
                Ok(n) => from += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    state.waiting.push(me);
                    return Ok((from, false));
                }
                Err(e) => return Err(sentence("write", &e)),
            }
        }
        Ok((from, true))
    }

    /// Sends a datagram.
    pub(crate) fn send_to(&self, me: u64, address: &str, port: u16, bytes: &[u8]) -> Attempt<()> {
        let ip = address
            .parse()
            .map_err(|_| format!("{address}: not an address"))?;
        let mut state = self.state.lock();
        let Io::Datagrams(socket) = &state.io else {
            return Err("the socket is closed".into());
        };
        loop {
            match socket.send_to(bytes, SocketAddr::new(ip, port)) {
                Ok(_) => return Ok(Some(())),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    state.waiting.push(me);
                    return Ok(None);
                }
                Err(e) => return Err(sentence(&format!("{address}:{port}"), &e)),
            }
        }
    }

    /// A datagram that has come.
    pub(crate) fn receive_from(&self, me: u64) -> Attempt<(SocketAddr, Vec<u8>)> {
        let mut state = self.state.lock();
        let Io::Datagrams(socket) = &state.io else {
            return Err("the socket is closed".into());
        };
        let mut bytes = vec![0; DATAGRAM_MOST];
        loop {
            match socket.recv_from(&mut bytes) {
                Ok((count, from)) => {
                    bytes.truncate(count);
                    return Ok(Some((from, bytes)));
                }
                // An earlier datagram found nobody at its port; that is nothing to who waits for others.
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::Interrupted | ErrorKind::ConnectionRefused
                    ) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    state.waiting.push(me);
                    return Ok(None);
                }
                Err(e) => return Err(sentence("receive", &e)),
            }
        }
    }

    /// Closes it; who waits for it gets an error.
    pub(crate) fn close(&self, core: &Core, worker: &Worker) {
        let mut state = self.state.lock();
        state.io = Io::Closed;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for pid in waiting {
            core.nudge(Some(worker), pid);
        }
    }
}

/// How many bytes come before a character that is not complete.
fn whole_characters(bytes: &[u8]) -> usize {
    // The last character begins at most four bytes before the end.
    for back in 1..=bytes.len().min(4) {
        let at = bytes.len() - back;
        let width = match bytes[at] {
            0x00..=0x7f => 1,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => continue,
        };
        return if width > back { at } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::whole_characters;

    #[test]
    fn characters_are_not_cut() {
        for (bytes, whole) in [
            (&b""[..], 0),
            (b"abc", 3),
            ("aé".as_bytes(), 3),
            (&"aé".as_bytes()[..2], 1),
            (&"€".as_bytes()[..2], 0),
            (&"x😀".as_bytes()[..4], 1),
            ("x😀".as_bytes(), 5),
            (&[0x80, 0x80, 0x80, 0x80, 0x80], 5),
        ] {
            assert_eq!(whole_characters(bytes), whole, "{bytes:?}");
        }
    }
}
