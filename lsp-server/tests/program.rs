//! The program `nostos-lsp` as an editor starts it: messages on stdin and stdout, and its end.
#![forbid(unsafe_code)]

use nostos_tests::{Outcome, finish_with};
use serde_json::{Value, json};
use std::process::Command;

fn framed(messages: &[Value]) -> String {
    let frame = |message: &Value| {
        let body = message.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    };
    messages.iter().map(frame).collect()
}

fn told(input: &str) -> Outcome {
    finish_with(Command::new(env!("CARGO_BIN_EXE_nostos-lsp")), input)
}

fn request(id: u32, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

#[test]
fn a_session_in_order_ends_with_success() {
    let outcome = told(&framed(&[
        request(1, "initialize", json!({ "capabilities": {} })),
        json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }),
        request(2, "shutdown", Value::Null),
        json!({ "jsonrpc": "2.0", "method": "exit" }),
    ]));
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.out.contains("\"hoverProvider\""), "{outcome:?}");
    assert!(outcome.out.contains("\"id\":2"), "{outcome:?}");
    assert_eq!(outcome.err, "");
}

#[test]
fn an_editor_that_is_gone_takes_its_server_with_it() {
    for input in [
        String::new(),
        framed(&[request(1, "initialize", json!({ "capabilities": {} }))]),
        "Content-Length: 20\r\n\r\n{".to_owned(),
    ] {
        let outcome = told(&input);
        assert!(!outcome.timed_out, "{input:?}: {outcome:?}");
        assert!(!outcome.err.contains("panicked"), "{input:?}: {outcome:?}");
    }
}
