//! What processes share and wait for besides messages: channels, locks of module-level variables, sockets.
//!
//! Who cannot go on is noted as waiting and parks; who makes room or brings something wakes one who waits, and that one tries again from the beginning.

use crate::op::Answer;
use crate::process::Process;
use crate::value::{Value, deep_copy};
use crate::world::World;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::rc::Rc;

/// Something processes hold handles of; a copy of a handle is the same thing.
#[derive(Debug)]
pub(crate) enum Resource {
    Channel(Channel),
    Socket(i64, RefCell<Socket>),
    Guard(#[expect(dead_code, reason = "it is there to be dropped")] Guard),
}

/// Something that the host has open by a number, and closes when the guard goes.
#[derive(Debug)]
pub(crate) struct Guard(pub(crate) nostos_host::Thing, pub(crate) i64);

impl Drop for Guard {
    fn drop(&mut self) {
        nostos_host::forget(self.0, self.1);
    }
}

pub(crate) fn host_guard(p: &mut Process, thing: i64, number: i64) -> Answer {
    let thing = match thing {
        0 => nostos_host::Thing::File,
        _ => nostos_host::Thing::Program,
    };
    let open = &mut p.unguarded;
    let known = (open.iter()).position(|guard| (guard.0, guard.1) == (thing, number));
    let guard = known.map_or_else(|| Guard(thing, number), |at| open.swap_remove(at));
    value(Value::Handle(Rc::new(Resource::Guard(guard))))
}

/// A queue of values, each of them nobody else's.
#[derive(Debug)]
pub(crate) struct Channel {
    id: i64,
    capacity: usize,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Value>,
    closed: bool,
    /// Processes that wait for a value, and those that wait for room, in order.
    receivers: VecDeque<u64>,
    senders: VecDeque<u64>,
}

/// A socket that never blocks.
#[derive(Debug)]
pub(crate) enum Socket {
    Listener(TcpListener),
    /// With the bytes of a character of which the rest is to come.
    Stream(TcpStream, Vec<u8>),
    Datagrams(UdpSocket),
    Closed,
}

/// A re-entrant lock and who waits for it.
pub(crate) struct Lock {
    owner: u64,
    depth: u64,
    waiting: VecDeque<u64>,
}

/// All locks, and which one a process waits for.
#[derive(Default)]
pub(crate) struct Locks {
    held: FxHashMap<i64, Lock>,
    waits: FxHashMap<u64, i64>,
}

fn value(value: Value) -> Answer {
    Answer::Value(value)
}

fn error(kind: &str, why: impl Into<String>) -> Answer {
    Answer::Error(kind.into(), why.into())
}

fn channel(handle: &Value) -> (Rc<Resource>, impl Fn(&Rc<Resource>) -> &Channel) {
    let resource = handle.handle().clone();
    (resource, |resource| match &**resource {
        Resource::Channel(channel) => channel,
        Resource::Socket(..) | Resource::Guard(_) => panic!("a socket is no channel"),
    })
}

impl<'w> World<'w> {
    // Channels.

    pub(crate) fn channel_new(&mut self, capacity: i64) -> Answer {
        if capacity == 0 {
            return error("Panic", "a channel holds at least one value");
        }
        value(Value::Handle(Rc::new(Resource::Channel(Channel {
            id: self.fresh_ref(),
            capacity: usize::try_from(capacity).unwrap_or(usize::MAX),
            state: RefCell::default(),
        }))))
    }

    pub(crate) fn channel_send(&mut self, p: &mut Process<'w>, a: &[Value]) -> Answer {
        if let Some(answer) = self.back_with_locks(p) {
            return answer;
        }
        self.back_from_channel(p);
        let (resource, channel) = channel(&a[0]);
        let channel = channel(&resource);
        let mut state = channel.state.borrow_mut();
        if state.closed {
            return error("ChannelClosed", "send on a closed channel");
        }
        if state.queue.len() >= channel.capacity {
            state.senders.push_back(p.pid);
            drop(state);
            p.waits_for = Some(resource.clone());
            self.lend_locks(p);
            return Answer::Wait(None);
        }
        state.queue.push_back(deep_copy(&a[1]));
        let woken = state.receivers.pop_front();
        drop(state);
        self.nudge(woken);
        value(Value::Unit)
    }

    /// 1: got a value; 0: none in this time; −1: closed, and none is left.
    pub(crate) fn channel_receive(&mut self, p: &mut Process<'w>, a: &[Value]) -> Answer {
        if let Some(answer) = self.back_with_locks(p) {
            return answer;
        }
        self.back_from_channel(p);
        let (resource, channel) = channel(&a[0]);
        let (millis, keep) = (a[1].word(), a[2].word() != 0);
        let patience = self.patience(p, millis);
        let mut state = channel(&resource).state.borrow_mut();
        let found = if keep {
            state.queue.front().cloned()
        } else {
            state.queue.pop_front()
        };
        let Some(found) = found else {
            if state.closed {
                return value(Value::Word(-1));
            }
            let Some(deadline) = patience else {
                return value(Value::Word(0));
            };
            state.receivers.push_back(p.pid);
            drop(state);
            p.waits_for = Some(resource.clone());
            self.lend_locks(p);
            return Answer::Wait(Some(deadline));
        };
        // What is kept, or lies behind, is there for the next one.
        let next = if state.queue.is_empty() {
            None
        } else {
            state.receivers.pop_front()
        };
        let sender = if keep {
            None
        } else {
            state.senders.pop_front()
        };
        drop(state);
        self.nudge(next);
        self.nudge(sender);
        p.taken = Some(deep_copy(&found));
        value(Value::Word(1))
    }

    /// 1: there is something to be had; 0: the process is noted as one that waits for it.
    pub(crate) fn channel_watch(&mut self, p: &mut Process<'w>, handle: &Value) -> Answer {
        let (resource, channel) = channel(handle);
        let mut state = channel(&resource).state.borrow_mut();
        if !state.queue.is_empty() || state.closed {
            return value(Value::Word(1));
        }
        state.receivers.push_back(p.pid);
        drop(state);
        p.watched.push(resource);
        value(Value::Word(0))
    }

    /// Waits for the channels it is noted at; 0: nothing came in time.
    pub(crate) fn channel_park(&mut self, p: &mut Process<'w>, millis: i64) -> Answer {
        if let Some(answer) = self.back_with_locks(p) {
            return answer;
        }
        let patience = self.patience(p, millis);
        // What came before it parks finds it running.
        let come = p.watched.iter().any(|resource| match &**resource {
            Resource::Channel(channel) => {
                let state = channel.state.borrow();
                !state.queue.is_empty() || state.closed
            }
            Resource::Guard(_) | Resource::Socket(..) => false,
        });
        if !come
            && !std::mem::take(&mut p.parked)
            && let Some(deadline) = patience
        {
            p.parked = true;
            self.lend_locks(p);
            return Answer::Wait(Some(deadline));
        }
        p.parked = false;
        for resource in std::mem::take(&mut p.watched) {
            self.forget(&resource, p.pid, true);
        }
        value(Value::Word(i64::from(patience.is_some())))
    }

    pub(crate) fn channel_close(&mut self, handle: &Value) {
        let (resource, channel) = channel(handle);
        let mut state = channel(&resource).state.borrow_mut();
        state.closed = true;
        let receivers = std::mem::take(&mut state.receivers);
        let senders = std::mem::take(&mut state.senders);
        drop(state);
        for pid in receivers.into_iter().chain(senders) {
            self.nudge(Some(pid));
        }
    }

    pub(crate) fn channel_close_with(&mut self, handle: &Value, pid: u64) {
        match self.relations.get_mut(&pid) {
            Some(relations) => relations.closes.push(handle.clone()),
            None => self.channel_close(handle),
        }
    }

    pub(crate) fn channel_word(&self, a: &[Value]) -> Answer {
        let (resource, channel) = channel(&a[0]);
        let channel = channel(&resource);
        let state = channel.state.borrow();
        value(Value::Word(match a[1].word() {
            0 => channel.id,
            1 => state.queue.len() as i64,
            _ => i64::from(state.closed),
        }))
    }

    fn back_from_channel(&mut self, p: &mut Process<'w>) {
        if let Some(resource) = p.waits_for.take() {
            self.forget(&resource, p.pid, false);
        }
    }

    /// A process waits no more; if it had been woken for something, the next one is told.
    pub(crate) fn forget(&mut self, resource: &Resource, pid: u64, passes_on: bool) {
        let Resource::Channel(channel) = resource else {
            return;
        };
        let mut state = channel.state.borrow_mut();
        state.receivers.retain(|waiting| *waiting != pid);
        state.senders.retain(|waiting| *waiting != pid);
        let receiver = if passes_on && !state.queue.is_empty() {
            state.receivers.pop_front()
        } else {
            None
        };
        let sender = if passes_on && state.queue.len() < channel.capacity {
            state.senders.pop_front()
        } else {
            None
        };
        drop(state);
        self.nudge(receiver);
        self.nudge(sender);
    }

    /// The deadline of an op, which may have waited before; `None`: its time is up.
    fn patience(&mut self, p: &mut Process<'w>, millis: i64) -> Option<u64> {
        let deadline = match p.patience.take() {
            Some(known) => known,
            None if millis < 0 => u64::MAX,
            None => self.in_millis(millis as u64),
        };
        let waits = millis != 0 && (deadline == u64::MAX || self.now < deadline);
        waits.then_some(deadline)
    }

    // Locks.

    pub(crate) fn lock(&mut self, me: u64, key: i64) -> Answer {
        let locks = &mut self.locks;
        let Some(lock) = locks.held.get_mut(&key) else {
            let lock = Lock {
                owner: me,
                depth: 1,
                waiting: VecDeque::new(),
            };
            locks.held.insert(key, lock);
            return value(Value::Unit);
        };
        if lock.owner == me {
            // Handed over while it waited; or taken once more.
            if locks.waits.remove(&me).is_none() {
                lock.depth += 1;
            }
            return value(Value::Unit);
        }
        if locks.waits.contains_key(&me) {
            return Answer::Wait(None);
        }
        lock.waiting.push_back(me);
        let mut holder = lock.owner;
        while let Some(next) = locks.waits.get(&holder).and_then(|k| locks.held.get(k)) {
            if next.owner == holder {
                // It has been handed over and its new owner has yet to wake.
                break;
            }
            holder = next.owner;
            if holder == me {
                let lock = locks.held.get_mut(&key).expect("it is held");
                lock.waiting.pop_back();
                let why = "processes wait for each other's module-level variables";
                return error("Deadlock", why);
            }
        }
        locks.waits.insert(me, key);
        Answer::Wait(None)
    }

    pub(crate) fn unlock(&mut self, me: u64, key: i64) {
        let lock = self.locks.held.get_mut(&key);
        if let Some(lock) = lock.filter(|lock| lock.owner == me) {
            lock.depth -= 1;
            if lock.depth == 0 {
                self.hand_over(key);
            }
        }
    }

    /// A process is about to wait for others: they may have its locks meanwhile, else those it waits for might wait for it.
    pub(crate) fn lend_locks(&mut self, p: &mut Process<'w>) {
        if !p.lent.is_empty() {
            return;
        }
        let mine = self
            .locks
            .held
            .iter()
            .filter(|(_, lock)| lock.owner == p.pid);
        p.lent = mine.map(|(key, lock)| (*key, lock.depth)).collect();
        p.lent
            .sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
        for &(key, _) in p.lent.iter().rev() {
            self.hand_over(key);
        }
    }

    /// Takes lent locks back. `Some`: there is something in the way.
    pub(crate) fn take_locks_back(&mut self, p: &mut Process<'w>) -> Option<Answer> {
        while let Some(&(key, depth)) = p.lent.last() {
            match self.lock(p.pid, key) {
                Answer::Value(_) => {
                    let lock = self.locks.held.get_mut(&key).expect("it is held");
                    lock.depth = depth;
                    p.lent.pop();
                }
                wait @ Answer::Wait(_) => return Some(wait),
                deadlock => {
                    p.lent.clear();
                    return Some(deadlock);
                }
            }
        }
        None
    }

    /// The same for an op that is tried again; its deadline is not what it waits for meanwhile.
    fn back_with_locks(&mut self, p: &mut Process<'w>) -> Option<Answer> {
        if p.lent.is_empty() {
            return None;
        }
        p.put_off = p.put_off.or(p.patience);
        let answer = self.take_locks_back(p);
        if answer.is_none() {
            p.patience = p.put_off.take();
        }
        answer
    }

    /// A process has ended: all its locks go on.
    pub(crate) fn unlock_all(&mut self, me: u64) {
        if let Some(key) = self.locks.waits.remove(&me)
            && let Some(lock) = self.locks.held.get_mut(&key)
        {
            lock.waiting.retain(|pid| *pid != me);
        }
        let mine = self.locks.held.iter().filter(|(_, lock)| lock.owner == me);
        let mut mine: Vec<i64> = mine.map(|(key, _)| *key).collect();
        mine.sort_unstable();
        for key in mine {
            self.hand_over(key);
        }
    }

    fn hand_over(&mut self, key: i64) {
        let Some(lock) = self.locks.held.get_mut(&key) else {
            return;
        };
        match lock.waiting.pop_front() {
            Some(next) => {
                lock.owner = next;
                lock.depth = 1;
                self.nudge(Some(next));
            }
            None => {
                self.locks.held.remove(&key);
            }
        }
    }

    // Sockets: each op tries; one that would block is tried again when nobody else can run.

    fn socket_of(&mut self, socket: Socket) -> Answer {
        let id = self.fresh_ref();
        value(Value::Handle(Rc::new(Resource::Socket(
            id,
            RefCell::new(socket),
        ))))
    }

    pub(crate) fn tcp_listen(&mut self, port: i64) -> Answer {
        let Ok(number) = u16::try_from(port) else {
            return io(format!("there is no port {port}"));
        };
        let listener = TcpListener::bind(("127.0.0.1", number));
        match listener.and_then(|l| l.set_nonblocking(true).map(|()| l)) {
            Ok(listener) => self.socket_of(Socket::Listener(listener)),
            Err(why) => io(sentence(&format!("port {port}"), &why)),
        }
    }

    pub(crate) fn udp_bind(&mut self, port: i64) -> Answer {
        let Ok(number) = u16::try_from(port) else {
            return io(format!("there is no port {port}"));
        };
        let bound = UdpSocket::bind(("0.0.0.0", number));
        match bound.and_then(|s| s.set_nonblocking(true).map(|()| s)) {
            Ok(bound) => self.socket_of(Socket::Datagrams(bound)),
            Err(why) => io(sentence(&format!("port {port}"), &why)),
        }
    }

    pub(crate) fn tcp_accept(&mut self, handle: &Value) -> Answer {
        let (_, socket) = socket(handle);
        let accepted = match &*socket.borrow() {
            Socket::Listener(listener) => listener.accept(),
            _ => return io("the socket is closed".into()),
        };
        match accepted.and_then(|(stream, _)| stream.set_nonblocking(true).map(|()| stream)) {
            Ok(stream) => self.socket_of(Socket::Stream(stream, Vec::new())),
            Err(why) if why.kind() == ErrorKind::WouldBlock => Answer::Poll,
            Err(why) => io(sentence("accept", &why)),
        }
    }

    pub(crate) fn tcp_connect(&mut self, address: &str, port: i64) -> Answer {
        let Ok(number) = u16::try_from(port) else {
            return io(format!("there is no port {port}"));
        };
        let Ok(ip) = address.parse() else {
            return io(format!("{address}: not an address"));
        };
        let stream = TcpStream::connect(SocketAddr::new(ip, number));
        match stream.and_then(|s| s.set_nonblocking(true).map(|()| s)) {
            Ok(stream) => self.socket_of(Socket::Stream(stream, Vec::new())),
            Err(why) => io(sentence("connect", &why)),
        }
    }
}

fn socket(handle: &Value) -> (i64, &RefCell<Socket>) {
    match &**handle.handle() {
        Resource::Socket(id, socket) => (*id, socket),
        Resource::Channel(_) | Resource::Guard(_) => panic!("a channel is no socket"),
    }
}

fn io(why: String) -> Answer {
    error("io_error", why)
}

fn sentence(about: &str, error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    format!("{about}: {text}")
}

pub(crate) fn tcp_port(handle: &Value) -> Answer {
    let (_, socket) = socket(handle);
    let address = match &*socket.borrow() {
        Socket::Listener(listener) => listener.local_addr(),
        Socket::Stream(stream, _) => stream.local_addr(),
        Socket::Datagrams(socket) => socket.local_addr(),
        Socket::Closed => return value(Value::Word(0)),
    };
    value(Value::Word(address.map_or(0, |a| i64::from(a.port()))))
}

pub(crate) fn tcp_id(handle: &Value) -> Answer {
    value(Value::Word(socket(handle).0))
}

pub(crate) fn tcp_read(handle: &Value, most: i64) -> Answer {
    let (_, socket) = socket(handle);
    let mut socket = socket.borrow_mut();
    let Socket::Stream(stream, rest) = &mut *socket else {
        return io("the socket is closed".into());
    };
    let mut more = vec![0; usize::try_from(most).unwrap_or(0).clamp(1, 1 << 20)];
    match stream.read(&mut more) {
        Ok(count) => {
            let mut bytes = std::mem::take(rest);
            bytes.extend_from_slice(&more[..count]);
            if count > 0
                && let Err(cut) = std::str::from_utf8(&bytes)
                && cut.error_len().is_none()
            {
                *rest = bytes.split_off(cut.valid_up_to());
                if bytes.is_empty() {
                    return Answer::Poll;
                }
            }
            value(Value::text(String::from_utf8_lossy(&bytes)))
        }
        Err(why) if why.kind() == ErrorKind::WouldBlock => Answer::Poll,
        Err(why) => io(sentence("read", &why)),
    }
}

pub(crate) fn tcp_write(handle: &Value, text: &str) -> Answer {
    let (_, socket) = socket(handle);
    let mut socket = socket.borrow_mut();
    let Socket::Stream(stream, _) = &mut *socket else {
        return io("the socket is closed".into());
    };
    // Written as a whole: what the other side does not read, the system keeps.
    let written = stream
        .set_nonblocking(false)
        .and_then(|()| stream.write_all(text.as_bytes()))
        .and_then(|()| stream.set_nonblocking(true));
    match written {
        Ok(()) => value(Value::Unit),
        Err(why) => io(sentence("write", &why)),
    }
}

pub(crate) fn tcp_close(handle: &Value) -> Answer {
    *socket(handle).1.borrow_mut() = Socket::Closed;
    value(Value::Unit)
}

pub(crate) fn tcp_resolve(host: &str) -> Answer {
    match (host, 0).to_socket_addrs() {
        Ok(mut found) => match found.next() {
            Some(address) => value(Value::text(address.ip().to_string())),
            None => io(format!("{host}: no address")),
        },
        Err(why) => io(sentence(host, &why)),
    }
}

pub(crate) fn udp_send(handle: &Value, address: &str, port: i64, data: &str) -> Answer {
    let (_, socket) = socket(handle);
    let Ok(number) = u16::try_from(port) else {
        return io(format!("there is no port {port}"));
    };
    let Ok(ip) = address.parse() else {
        return io(format!("{address}: not an address"));
    };
    let bytes: Vec<u8> = data.chars().map(|c| c as u8).collect();
    match &*socket.borrow() {
        Socket::Datagrams(socket) => match socket.send_to(&bytes, SocketAddr::new(ip, number)) {
            Ok(_) => value(Value::Unit),
            Err(why) if why.kind() == ErrorKind::WouldBlock => Answer::Poll,
            Err(why) => io(sentence(&format!("{address}:{port}"), &why)),
        },
        _ => io("the socket is closed".into()),
    }
}

pub(crate) fn udp_receive(handle: &Value) -> Answer {
    let (_, socket) = socket(handle);
    let mut bytes = vec![0; 1 << 16];
    let received = match &*socket.borrow() {
        Socket::Datagrams(socket) => socket.recv_from(&mut bytes),
        _ => return io("the socket is closed".into()),
    };
    match received {
        Ok((count, from)) => {
            let data: String = bytes[..count].iter().copied().map(char::from).collect();
            let text = format!("{} {}\n{data}", from.ip(), from.port());
            value(Value::text(text))
        }
        Err(why) if why.kind() == ErrorKind::WouldBlock => Answer::Poll,
        Err(why) => io(sentence("receive", &why)),
    }
}
