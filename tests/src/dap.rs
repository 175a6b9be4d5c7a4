//! A small client of an image's debug socket, written from the protocol's description and not from our server.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection. Events that come while something else is awaited are kept, in order.
pub struct Client {
    stream: UnixStream,
    incoming: Receiver<Value>,
    kept: Vec<Value>,
    seq: i64,
}

impl Client {
    /// Connects as soon as somebody listens, and attaches.
    pub fn attach(socket: &Path) -> Result<Client, String> {
        let until = Instant::now() + PATIENCE;
        let stream = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > until => {
                    return Err(format!("{}: {error}", socket.display()));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let reader = stream.try_clone().map_err(|e| e.to_string())?;
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(reader);
            while let Some(message) = read(&mut reader) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut client = Client {
            stream,
            incoming,
            kept: Vec::new(),
            seq: 0,
        };
        client.request("initialize", json!({ "adapterID": "test" }))?;
        client.request("attach", json!({}))?;
        client.request("configurationDone", json!({}))?;
        Ok(client)
    }

    /// Asks and waits for the answer: the body, or the message of a refusal.
    pub fn request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        self.seq += 1;
        let seq = self.seq;
        let body =
            json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments })
                .to_string();
        write!(self.stream, "Content-Length: {}\r\n\r\n{body}", body.len())
            .map_err(|e| format!("{command}: {e}"))?;
        let response = self
            .wait(|message| message["type"] == "response" && message["request_seq"] == seq)
            .ok_or_else(|| format!("no answer to {command}"))?;
        if response["success"] == true {
            return Ok(response["body"].clone());
        }
        Err(format!(
            "{command}: {}",
            response["message"].as_str().unwrap_or_default()
        ))
    }

    /// Events that have come are of no interest any more.
    pub fn forget_events(&mut self) {
        self.kept.clear();
    }

    /// The next event of that name: its body. Earlier ones of other names stay.
    pub fn event(&mut self, name: &str) -> Option<Value> {
        self.wait(|message| message["type"] == "event" && message["event"] == name)
            .map(|message| message["body"].clone())
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return Some(self.kept.remove(at));
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.checked_duration_since(Instant::now())?;
            let message = self.incoming.recv_timeout(left).ok()?;
            if wanted(&message) {
                return Some(message);
            }
            self.kept.push(message);
        }
    }
}

/// One framed message; `None` at the end, or when what comes is no message.
fn read(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" if length.is_some() => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse::<usize>().ok();
                }
            }
        }
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
