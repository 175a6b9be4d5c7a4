//! The other end: a client that asks one thing at a time, for tools that are no debugger.

use crate::endpoint;
use crate::framing::{self, Decoder, Piece};
use serde_json::{Value, json};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A connection to an image.
pub struct Client {
    stream: UnixStream,
    decoder: Decoder,
    seq: i64,
}

impl Client {
    /// Connects and introduces itself. Each answer may take as long as `patience`.
    ///
    /// # Errors
    /// When nobody listens, or who listens does not speak the protocol.
    pub fn connect(socket: &Path, patience: Duration) -> io::Result<Client> {
        let stream = endpoint::connect(socket)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        let mut client = Client {
            stream,
            decoder: Decoder::default(),
            seq: 0,
        };
        client.request(
            "initialize",
            &json!({ "adapterID": "nostos", "clientID": "nostos" }),
        )?;
        Ok(client)
    }

    /// Asks, and waits for the answer; events that come meanwhile are dropped.
    ///
    /// # Errors
    /// When the connection breaks, or the image refuses; then with its words.
    pub fn request(&mut self, command: &str, arguments: &Value) -> io::Result<Value> {
        self.seq += 1;
        let message = json!({ "seq": self.seq, "type": "request", "command": command, "arguments": arguments });
        framing::write_body(&mut self.stream, message.to_string().as_bytes())?;
        loop {
            let message = self.next()?;
            if message["type"] != "response" || message["request_seq"] != self.seq {
                continue;
            }
            if message["success"] == true {
                return Ok(message["body"].clone());
            }
            let why = message["message"].as_str().unwrap_or("the image refuses");
            return Err(io::Error::other(why));
        }
    }

    fn next(&mut self) -> io::Result<Value> {
        let mut chunk = [0; 8 << 10];
        loop {
            if let Some(piece) = self.decoder.next_piece() {
                let Piece::Body(body) = piece else { continue };
                return Ok(serde_json::from_slice(&body)?);
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => self.decoder.push(&chunk[..n]),
            }
        }
    }
}

/// The images of this user that run a project: their sockets at the usual place.
pub fn images_of(root: &Path, patience: Duration) -> Vec<PathBuf> {
    let Ok(root) = root.canonicalize() else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(endpoint::directory()) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "sock")
        })
        .filter(|path| {
            let told = Client::connect(path, patience)
                .and_then(|mut client| client.request("nostos/image", &Value::Null));
            told.is_ok_and(|body| {
                body["root"]
                    .as_str()
                    .is_some_and(|at| Path::new(at) == root)
            })
        })
        .collect()
}
