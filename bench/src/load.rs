//! Questions to a server, over many connections at once: what comes back, and the processor time that the server took for it.
//!
//! In: a port of this machine. Each connection sends sixteen letters, waits until they have come back, and sends the next. One thread does all of it, so it
//! answers as fast as one core can, and the server is never without questions. Absent: what the server costs before its first connection.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde::Deserialize;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const QUESTION: &[u8] = b"sixteen letters!";

/// What a server is asked.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// All of them are open at once.
    pub connections: usize,
    /// Questions of each connection.
    pub questions: usize,
}

struct Client {
    stream: TcpStream,
    /// Questions left, the one on its way among them.
    left: usize,
    /// Bytes of the answer that are still to come.
    due: usize,
}

impl Load {
    /// Asks all questions; gives how many bytes came back.
    pub fn ask(&self, port: u16, patience: Duration) -> io::Result<usize> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(256);
        let mut clients = Vec::with_capacity(self.connections);
        for number in 0..self.connections {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let stream = std::net::TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let registry = poll.registry();
            registry.register(&mut stream, Token(number), Interest::READABLE)?;
            clients.push(Client {
                stream,
                left: self.questions,
                due: QUESTION.len(),
            });
        }
        let ends = Instant::now() + patience;
        let (mut asking, mut bytes) = (self.connections, 0);
        for client in &mut clients {
            client.stream.write_all(QUESTION)?;
        }
        while asking > 0 {
            let left = ends.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match poll.poll(&mut events, Some(left)) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                done => done?,
            }
            for event in &events {
                let client = &mut clients[event.token().0];
                let asked = client.left > 0;
                bytes += client.go_on()?;
                asking -= usize::from(asked && client.left == 0);
            }
        }
        Ok(bytes)
    }
}

impl Client {
    /// What is still to come of the answer.
    fn answer(&self) -> &'static [u8] {
        &QUESTION[QUESTION.len() - self.due..]
    }

    /// Reads what has come, and asks the next question when the answer to the last one is whole. Gives how many bytes came.
    fn go_on(&mut self) -> io::Result<usize> {
        let (mut buffer, mut bytes) = ([0; 64], 0);
        while self.left > 0 {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(got) if got > self.due || buffer[..got] != self.answer()[..got] => {
                    return Err(io::Error::other("the answer is another than the question"));
                }
                Ok(got) => {
                    bytes += got;
                    self.due -= got;
                    if self.due == 0 {
                        self.left -= 1;
                        self.due = QUESTION.len();
                        if self.left > 0 {
                            self.stream.write_all(QUESTION)?;
                        }
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(bytes)
    }
}
