//! The client of an image's debug endpoint: messages framed as `Content-Length: N`, a reader thread, replies matched to requests.
//!
//! Requests go out with a tag of the caller's; what comes in is handed on as [`Incoming`]: the reply with its tag, an event, or the end
//! of the connection. What the messages mean is not known here.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The largest message taken; a longer one ends the connection.
const LIMIT: usize = 256 << 20;

/// What comes from the image.
#[derive(Debug)]
pub enum Incoming<T> {
    /// The answer to a request.
    Reply {
        /// What the caller gave with the request.
        tag: T,
        /// The body, or the image's words why not.
        result: Result<Value, String>,
        /// Microseconds since the request.
        micros: u64,
    },
    /// Something happened.
    Event {
        /// Its name.
        name: String,
        /// Its body.
        body: Value,
    },
    /// The image hung up, or spoke nonsense. Nothing comes after this.
    Lost(String),
}

type Waiting<T> = Arc<Mutex<HashMap<u64, (T, Instant)>>>;

/// One connection. Dropping it hangs up.
pub struct Client<T> {
    stream: UnixStream,
    waiting: Waiting<T>,
    next: u64,
}

impl<T: Send + 'static> Client<T> {
    /// Takes over a connected socket; `incoming` is called on the reader thread.
    pub fn new(
        stream: UnixStream,
        incoming: impl Fn(Incoming<T>) + Send + 'static,
    ) -> io::Result<Client<T>> {
        let waiting: Waiting<T> = Arc::default();
        let reader = BufReader::new(stream.try_clone()?);
        // An image that no longer reads must not hang the screen.
        stream.set_write_timeout(Some(std::time::Duration::from_secs(2)))?;
        let table = Arc::clone(&waiting);
        std::thread::Builder::new()
            .name("image reader".to_owned())
            .spawn(move || listen(reader, &table, incoming))?;
        Ok(Client {
            stream,
            waiting,
            next: 1,
        })
    }

    /// Sends a request; the reply comes with `tag`.
    pub fn request(&mut self, tag: T, command: &str, arguments: &Value) -> io::Result<()> {
        let seq = self.next;
        self.next += 1;
        lock(&self.waiting).insert(seq, (tag, Instant::now()));
        let message =
            json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments });
        write_message(&mut self.stream, &message).inspect_err(|_| {
            lock(&self.waiting).remove(&seq);
        })
    }
}

impl<T> Drop for Client<T> {
    fn drop(&mut self) {
        // The peer may be gone already; then there is nothing to hang up.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

fn lock<T>(table: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen<T>(
    mut reader: BufReader<UnixStream>,
    waiting: &Waiting<T>,
    incoming: impl Fn(Incoming<T>),
) {
    let why = loop {
        let message = match read_message(&mut reader) {
            Ok(Some(message)) => message,
            Ok(None) => break "the image ended".to_owned(),
            Err(e) => break e.to_string(),
        };
        match message["type"].as_str() {
            Some("event") => {
                let name = message["event"].as_str().unwrap_or_default().to_owned();
                incoming(Incoming::Event {
                    name,
                    body: message["body"].clone(),
                });
            }
            Some("response") => {
                let seq = message["request_seq"].as_u64().unwrap_or(0);
                let Some((tag, asked)) = lock(waiting).remove(&seq) else {
                    continue;
                };
                let micros = asked.elapsed().as_micros() as u64;
                let result = if message["success"].as_bool().unwrap_or(false) {
                    Ok(message["body"].clone())
                } else {
                    Err(refusal(&message))
                };
                incoming(Incoming::Reply {
                    tag,
                    result,
                    micros,
                });
            }
            _ => {}
        }
    };
    incoming(Incoming::Lost(why));
}

/// The words of a failed response: the error's format with its variables, or the short message.
fn refusal(message: &Value) -> String {
    let error = &message["body"]["error"];
    if let Some(format) = error["format"].as_str().filter(|f| !f.is_empty()) {
        let mut out = format.to_owned();
        for (name, value) in error["variables"].as_object().into_iter().flatten() {
            out = out.replace(&format!("{{{name}}}"), value.as_str().unwrap_or_default());
        }
        return out;
    }
    message["message"]
        .as_str()
        .filter(|m| !m.is_empty())
        .unwrap_or("the image refused")
        .to_owned()
}

/// Writes one framed message.
pub fn write_message(out: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    framed.extend_from_slice(body.as_bytes());
    out.write_all(&framed)?;
    out.flush()
}

/// Reads one framed message; `None` at the end of the stream between messages.
pub fn read_message(input: &mut impl BufRead) -> io::Result<Option<Value>> {
    let nonsense = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        if input.by_ref().take(4096).read_line(&mut line)? == 0 {
            return match length {
                None => Ok(None),
                Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        match header.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = Some(
                    value
                        .trim()
                        .parse::<usize>()
                        .map_err(|_| nonsense(format!("bad length `{}`", value.trim())))?,
                );
            }
            Some(_) => {}
            None => {
                return Err(nonsense(
                    "not a debug protocol: a header without `:`".to_owned(),
                ));
            }
        }
    }
    let length = length.ok_or_else(|| nonsense("a message without Content-Length".to_owned()))?;
    if length > LIMIT {
        return Err(nonsense(format!("a message of {length} bytes")));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|e| nonsense(format!("bad JSON: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_survives_a_round_trip_and_refuses_nonsense() {
        let mut bytes = Vec::new();
        write_message(&mut bytes, &json!({"a": "ü"})).unwrap();
        write_message(&mut bytes, &json!([1])).unwrap();
        let mut input = io::Cursor::new(bytes);
        assert_eq!(read_message(&mut input).unwrap(), Some(json!({"a": "ü"})));
        assert_eq!(read_message(&mut input).unwrap(), Some(json!([1])));
        assert_eq!(read_message(&mut input).unwrap(), None);
        for bad in [
            "hello\r\n\r\n",
            "Content-Length: x\r\n\r\n",
            "Content-Length: 5\r\n\r\n{}",
            "A: b\r\n\r\n",
            "Content-Length: 999999999999\r\n\r\n",
        ] {
            assert!(
                read_message(&mut io::Cursor::new(bad)).is_err(),
                "{bad:?} was taken"
            );
        }
    }
}
