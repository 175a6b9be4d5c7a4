//! TCP and UDP: sockets as resources of the image, and one thread that hears from the system which of them have something to do.
//!
//! An op tries; what would block notes the process at the socket, under the socket's lock, and parks. The reactor takes that lock when the system tells of
//! the socket, and wakes all who are noted: they try again. So nothing that happens between the attempt and the note is lost.

use crate::core::Core;
use crate::mutex::Mutex;
use crate::resource::Resource;
use crate::signals::{self, Subscriber};
use mio::net::{TcpListener, TcpStream, UdpSocket};
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use rustc_hash::FxHashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

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

/// The thread, and what it knows. It is started with the first socket.
#[derive(Default)]
pub(crate) struct Net {
    reactor: OnceLock<Result<Reactor, String>>,
    pub(crate) subscribers: Mutex<Vec<Subscriber>>,
}

struct Reactor {
    registry: Registry,
    shared: Arc<Shared>,
}

struct Shared {
    sockets: Mutex<FxHashMap<usize, Weak<Resource>>>,
    next: AtomicUsize,
    closing: AtomicBool,
    waker: Waker,
}

const WAKE: Token = Token(0);
/// The pipe through which signals come.
pub(crate) const SIGNALS: Token = Token(usize::MAX);

impl Net {
    fn reactor(&self, core: &Arc<Core>) -> Result<&Reactor, String> {
        let made = self
            .reactor
            .get_or_init(|| Reactor::start(core).map_err(|e| sentence("the network", &e)));
        made.as_ref().map_err(Clone::clone)
    }

    /// Listens on a port of all addresses of this machine.
    pub(crate) fn listen(&self, core: &Arc<Core>, port: u16) -> Result<Arc<Resource>, String> {
        let reactor = self.reactor(core)?;
        let address = SocketAddr::from(([0, 0, 0, 0], port));
        let listener = TcpListener::bind(address);
        let listener = listener.map_err(|e| sentence(&format!("port {port}"), &e))?;
        reactor.add(Io::Listener(listener))
    }

    /// Begins to connect; [`Socket::connected`] tells when it is done.
    pub(crate) fn connect(
        &self,
        core: &Arc<Core>,
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

    /// What the system tells of besides sockets.
    pub(crate) fn registry(&self, core: &Arc<Core>) -> Result<&Registry, String> {
        Ok(&self.reactor(core)?.registry)
    }

    /// A connection that a listener has taken.
    pub(crate) fn accepted(
        &self,
        core: &Arc<Core>,
        stream: TcpStream,
    ) -> Result<Arc<Resource>, String> {
        self.reactor(core)?.add(Io::Stream(stream))
    }
}

impl Net {
    /// Has the program opened a socket?
    pub(crate) fn is_open(&self) -> bool {
        self.reactor.get().is_some()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if let Some(Ok(reactor)) = self.reactor.get() {
            reactor.shared.closing.store(true, Ordering::SeqCst);
            // The thread sees the flag at its next event at the latest; without the core it does nothing.
            let _ = reactor.shared.waker.wake();
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
    fn start(core: &Arc<Core>) -> io::Result<Reactor> {
        allow_many_files();
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let shared = Arc::new(Shared {
            sockets: Mutex::default(),
            next: AtomicUsize::new(1),
            closing: AtomicBool::new(false),
            waker: Waker::new(&registry, WAKE)?,
        });
        let (core, known) = (Arc::downgrade(core), shared.clone());
        std::thread::Builder::new()
            .name("nostos-net".into())
            .spawn(move || serve(poll, &core, &known))?;
        Ok(Reactor { registry, shared })
    }

    fn add(&self, mut io: Io) -> Result<Arc<Resource>, String> {
        let token = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let both = Interest::READABLE | Interest::WRITABLE;
        let added = match &mut io {
            Io::Listener(listener) => {
                self.registry
                    .register(listener, Token(token), Interest::READABLE)
            }
            Io::Stream(stream) => self.registry.register(stream, Token(token), both),
            Io::Datagrams(socket) => self.registry.register(socket, Token(token), both),
            Io::Closed => Ok(()),
        };
        added.map_err(|e| sentence("the network", &e))?;
        let socket = Arc::new(Resource::Socket(Socket {
            token,
            state: Mutex::new(State {
                io,
                waiting: Vec::new(),
                rest: Vec::new(),
            }),
        }));
        let mut sockets = self.shared.sockets.lock();
        // Those that nobody has any more go when there are twice as many as before.
        if sockets.len() == sockets.capacity() {
            sockets.retain(|_, known| known.strong_count() > 0);
        }
        sockets.insert(token, Arc::downgrade(&socket));
        Ok(socket)
    }
}

fn serve(mut poll: Poll, core: &Weak<Core>, shared: &Shared) {
    let mut events = Events::with_capacity(256);
    while !shared.closing.load(Ordering::SeqCst) {
        if let Err(e) = poll.poll(&mut events, None) {
            assert!(
                e.kind() == ErrorKind::Interrupted,
                "waiting for the network: {e}"
            );
            continue;
        }
        let Some(core) = core.upgrade() else {
            return;
        };
        for event in &events {
            if event.token() == SIGNALS {
                signals::deliver(&core);
                continue;
            }
            let socket = shared.sockets.lock().get(&event.token().0).cloned();
            if let Some(socket) = socket.and_then(|known| known.upgrade())
                && let Resource::Socket(socket) = &*socket
            {
                let waiting = std::mem::take(&mut socket.state.lock().waiting);
                for pid in waiting {
                    core.nudge(None, pid);
                }
            }
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
            Ok((stream, _)) => Ok(Some(stream)),
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
                // Small answers must not wait for more to come.
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

    /// Up to so many bytes of text; nothing at the end. A character is never cut in two; bytes that are no text are replaced.
    pub(crate) fn read(&self, me: u64, most: usize) -> Attempt<String> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let Io::Stream(stream) = &mut state.io else {
            return Err("the socket is closed".into());
        };
        let mut bytes = std::mem::take(&mut state.rest);
        let known = bytes.len();
        bytes.resize(known + most.clamp(1, READ_MOST), 0);
        loop {
            match stream.read(&mut bytes[known..]) {
                Ok(0) => {
                    bytes.truncate(known);
                    return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
                }
                Ok(n) => {
                    bytes.truncate(known + n);
                    let whole = whole_characters(&bytes);
                    state.rest = bytes.split_off(whole);
                    if bytes.is_empty() {
                        // The rest of a character is on its way.
                        bytes = std::mem::take(&mut state.rest);
                        drop(guard);
                        self.state.lock().rest = bytes;
                        return self.read(me, most);
                    }
                    return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    bytes.truncate(known);
                    state.rest = bytes;
                    state.waiting.push(me);
                    return Ok(None);
                }
                Err(e) => return Err(sentence("read", &e)),
            }
        }
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
    pub(crate) fn close(&self, core: &Core) {
        let mut state = self.state.lock();
        state.io = Io::Closed;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for pid in waiting {
            core.nudge(None, pid);
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
