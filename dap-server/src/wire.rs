//! One writer per connection: it numbers what goes out and keeps messages whole.

use crate::framing;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// The sending half of a connection. May be shared between threads.
pub struct Wire {
    out: Mutex<(Box<dyn Write + Send>, i64)>,
}

/// A request as far as it could be made out. Every one gets exactly one response.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its number.
    pub seq: i64,
    /// What it wants.
    pub command: String,
    /// With what.
    pub arguments: Value,
}

impl Wire {
    /// Takes over a stream.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Wire {
            out: Mutex::new((Box::new(out), 0)),
        }
    }

    /// Sends a message as it is, but for its number.
    pub fn send(&self, message: Value) -> io::Result<()> {
        self.number(message).map(|_| ())
    }

    /// Asks the client for something; the number that its answer will name.
    pub fn ask(&self, command: &str, arguments: Value) -> io::Result<i64> {
        let request = json!({ "type": "request", "command": command, "arguments": arguments });
        self.number(request)
    }

    fn number(&self, mut message: Value) -> io::Result<i64> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.1 += 1;
        let seq = out.1;
        message["seq"] = json!(seq);
        framing::write_body(&mut out.0, message.to_string().as_bytes())?;
        Ok(seq)
    }

    /// Sends an event.
    pub fn event(&self, name: &str, body: Value) -> io::Result<()> {
        let mut message = json!({ "seq": 0, "type": "event", "event": name });
        if !body.is_null() {
            message["body"] = body;
        }
        self.send(message)
    }

    /// Answers a request.
    pub fn respond(&self, request: &Request, result: Result<Value, String>) -> io::Result<()> {
        let mut message = json!({
            "seq": 0,
            "type": "response",
            "request_seq": request.seq,
            "success": result.is_ok(),
            "command": request.command,
        });
        match result {
            Ok(Value::Null) => {}
            Ok(body) => message["body"] = body,
            Err(why) => {
                // `{name}` in a format is a variable; the sentence may hold source text with braces of its own.
                message["body"] = json!({
                    "error": { "id": 1, "format": "{why}", "variables": { "why": why }, "showUser": is_for_users(request) }
                });
                message["message"] = json!(why);
            }
        }
        self.send(message)
    }
}

/// Whether only a message tells a person that a request has failed: VS Code says nothing of a launch whose error is not for users.
fn is_for_users(request: &Request) -> bool {
    matches!(
        request.command.as_str(),
        "launch" | "attach" | "restart" | "restartFrame" | "goto" | "terminateThreads"
    )
}

/// What a body turned out to be.
#[derive(Debug)]
pub enum Incoming {
    /// To be answered.
    Request(Request),
    /// Not a request, but well formed: an event or a response.
    Other(Value),
    /// To be answered with this sentence.
    Broken(Request, String),
}

/// Reads a body. Whatever it is, a `seq` in it is found, so that the client's promise is settled.
pub fn read(body: &[u8]) -> Incoming {
    let mut value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => {
            let request = Request {
                seq: scan_number(body, "seq").unwrap_or(0),
                command: scan_text(body, "command").unwrap_or_default(),
                arguments: Value::Null,
            };
            return Incoming::Broken(request, format!("malformed JSON: {error}"));
        }
    };
    let seq = value["seq"].as_i64();
    let request = Request {
        seq: seq.unwrap_or(0),
        command: value["command"].as_str().unwrap_or_default().to_owned(),
        // They may be large, and no other message has them.
        arguments: value
            .get_mut("arguments")
            .map(Value::take)
            .unwrap_or_default(),
    };
    let broken = |request, why: &str| Incoming::Broken(request, why.to_owned());
    match value["type"].as_str() {
        Some("request") if seq.is_none() => broken(request, "a request without a number `seq`"),
        Some("request") if !value["command"].is_string() => {
            broken(request, "a request without a `command`")
        }
        Some("request") => Incoming::Request(request),
        Some("event" | "response") => Incoming::Other(value),
        Some(other) => broken(request, &format!("`{other}` is no type of message")),
        None => broken(request, "a message without a `type`"),
    }
}

/// The number after the first `"key":` of a text that is not JSON.
fn scan_number(body: &[u8], key: &str) -> Option<i64> {
    let text = String::from_utf8_lossy(body);
    let digits: String = after_key(&text, key)?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

fn scan_text(body: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let rest = after_key(&text, key)?.strip_prefix('"')?;
    rest.split_once('"').map(|(text, _)| text.to_owned())
}

fn after_key<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{key}\""))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}
