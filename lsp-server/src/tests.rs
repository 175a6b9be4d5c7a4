//! An editor at the other end of a channel.

use super::*;

struct Editor {
    connection: Connection,
    next: i32,
}

impl Editor {
    fn note(&self, method: &str, params: Value) {
        let note = Notification::new(method.into(), params);
        self.connection
            .sender
            .send(note.into())
            .expect("the server listens");
    }

    fn request(&mut self, method: &str, params: Value) -> Response {
        self.next += 1;
        let request = Request::new(self.next.into(), method.into(), params);
        self.connection
            .sender
            .send(request.into())
            .expect("the server listens");
        loop {
            if let Message::Response(response) = self.receive() {
                return response;
            }
        }
    }

    fn receive(&self) -> Message {
        let wait = Duration::from_secs(20);
        self.connection
            .receiver
            .recv_timeout(wait)
            .expect("the server answers")
    }

    /// The messages of the next diagnostics, with their first lines.
    fn diagnostics(&self) -> Vec<(u64, String)> {
        loop {
            let Message::Notification(note) = self.receive() else {
                continue;
            };
            if note.method != "textDocument/publishDiagnostics" {
                continue;
            }
            let found = note.params["diagnostics"]
                .as_array()
                .expect("a list")
                .clone();
            let line = |row: &Value| row["range"]["start"]["line"].as_u64().expect("a line");
            let text = |row: &Value| row["message"].as_str().expect("a text").to_owned();
            return found.iter().map(|row| (line(row), text(row))).collect();
        }
    }
}

#[test]
fn an_editor_opens_changes_and_closes_a_file() {
    let (ours, theirs) = Connection::memory();
    let server = std::thread::spawn(move || serve(&theirs).expect("a session in order"));
    let mut editor = Editor {
        connection: ours,
        next: 0,
    };
    let capabilities = editor.request("initialize", json!({ "capabilities": {} }));
    assert!(capabilities.response_kind_is_ok());
    editor.note("initialized", json!({}));

    let uri = "file:///nowhere/at/all.nos";
    let document = json!({ "uri": uri, "languageId": "nostos", "version": 1, "text": "main() = nonsense(1)\n" });
    editor.note("textDocument/didOpen", json!({ "textDocument": document }));
    let found = editor.diagnostics();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, 0, "{found:?}");
    assert!(found[0].1.contains("nonsense"), "{found:?}");

    let change = json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "text": "main() = 1\n" }] });
    editor.note("textDocument/didChange", change);
    assert_eq!(editor.diagnostics(), []);

    let place =
        json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 9 } });
    let hover = editor.request("textDocument/hover", place);
    let hover = serde_json::to_value(&hover).expect("JSON");
    assert!(
        hover["result"]["contents"]["value"]
            .as_str()
            .is_some_and(|text| text.contains("Int")),
        "{hover}"
    );

    // A macro's call is what it becomes; what it is given is itself.
    let text = "macro twice(e) = quote {\n  first = ~e\n  first + ~e\n}\nmain() = twice(5 * 8)\n";
    let change = json!({ "textDocument": { "uri": uri, "version": 3 }, "contentChanges": [{ "text": text }] });
    editor.note("textDocument/didChange", change);
    assert_eq!(editor.diagnostics(), []);
    for (character, expected) in [
        (10, "```nostos\nfirst = (5 * 8)\nfirst + (5 * 8)\n```"),
        (17, "```nostos\nInt\n```"),
    ] {
        let place = json!({ "textDocument": { "uri": uri }, "position": { "line": 4, "character": character } });
        let hover = editor.request("textDocument/hover", place);
        let hover = serde_json::to_value(&hover).expect("JSON");
        assert_eq!(hover["result"]["contents"]["value"], expected, "{hover}");
    }

    // What is malformed or unknown costs nothing but its own answer.
    editor.note("textDocument/didChange", json!({ "textDocument": 5 }));
    assert!(
        !editor
            .request("textDocument/unknown", json!({}))
            .response_kind_is_ok()
    );
    assert!(
        !editor
            .request("textDocument/hover", json!([]))
            .response_kind_is_ok()
    );

    editor.note(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": uri } }),
    );
    assert_eq!(editor.diagnostics(), []);
    editor.request("shutdown", Value::Null);
    editor.note("exit", Value::Null);
    server.join().expect("the server ends in order");
}

#[test]
fn an_editor_asks_about_names() {
    let (ours, theirs) = Connection::memory();
    let server = std::thread::spawn(move || serve(&theirs).expect("a session in order"));
    let mut editor = Editor {
        connection: ours,
        next: 0,
    };
    editor.request("initialize", json!({ "capabilities": {} }));
    editor.note("initialized", json!({}));
    let uri = "file:///nowhere/at/names.nos";
    let text = "## Twice as much.\nhelper(n) = n * 2\nmain() = helper(1)\n";
    let document = json!({ "uri": uri, "languageId": "nostos", "version": 1, "text": text });
    editor.note("textDocument/didOpen", json!({ "textDocument": document }));
    let document = json!({ "uri": uri });
    let mut ask = |method: &str, more: Value| {
        let mut params =
            json!({ "textDocument": document, "position": { "line": 2, "character": 11 } });
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        serde_json::to_value(editor.request(method, params)).expect("JSON")
    };
    let symbols = ask("textDocument/documentSymbol", json!({}));
    assert_eq!(symbols["result"][0]["name"], "helper", "{symbols}");
    assert_eq!(symbols["result"][0]["kind"], 12, "{symbols}");
    let symbols = ask("workspace/symbol", json!({ "query": "hp" }));
    assert_eq!(symbols["result"][0]["name"], "helper", "{symbols}");
    let context = json!({ "context": { "includeDeclaration": false } });
    let found = ask("textDocument/references", context);
    assert_eq!(found["result"].as_array().map(Vec::len), Some(1), "{found}");
    let found = ask("textDocument/documentHighlight", json!({}));
    assert_eq!(found["result"].as_array().map(Vec::len), Some(2), "{found}");
    let found = ask("textDocument/prepareRename", json!({}));
    assert_eq!(found["result"]["placeholder"], "helper", "{found}");
    let found = ask("textDocument/rename", json!({ "newName": "twice" }));
    let edits = &found["result"]["changes"][uri];
    assert_eq!(edits.as_array().map(Vec::len), Some(2), "{found}");
    let found = ask("textDocument/rename", json!({ "newName": "if" }));
    let why = found["error"]["message"].as_str().unwrap_or_default();
    assert!(why.contains("word of the language"), "{found}");
    let found = ask("textDocument/completion", json!({}));
    assert_eq!(found["result"][0]["label"], "helper", "{found}");
    assert_eq!(
        found["result"][0]["documentation"]["value"], "Twice as much.",
        "{found}"
    );
    let inside = json!({ "position": { "line": 2, "character": 16 } });
    let found = ask("textDocument/signatureHelp", inside);
    assert_eq!(
        found["result"]["signatures"][0]["parameters"][0]["label"], "n: Int",
        "{found}"
    );
    let all =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 3, "character": 0 } });
    let found = ask("textDocument/inlayHint", json!({ "range": all }));
    assert_eq!(found["result"][0]["label"], ": Int", "{found}");
    let found = ask("textDocument/codeAction", json!({ "range": all }));
    assert_eq!(found["result"], json!([]), "{found}");
    let found = ask("textDocument/foldingRange", json!({}));
    assert_eq!(found["result"], json!([]), "{found}");
    let places = json!({ "positions": [{ "line": 2, "character": 11 }] });
    let found = ask("textDocument/selectionRange", places);
    assert_eq!(
        found["result"][0]["range"]["end"]["character"], 15,
        "{found}"
    );
    assert!(found["result"][0]["parent"]["range"].is_object(), "{found}");
    let wrong = text.replace("= helper", "= hepler");
    let change = json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "text": wrong }] });
    editor.note("textDocument/didChange", change);
    let range = json!({ "textDocument": { "uri": uri }, "range": all });
    let found = editor.request("textDocument/codeAction", range);
    let found = serde_json::to_value(found).expect("JSON");
    let action = &found["result"][0];
    assert_eq!(action["title"], "write `helper`", "{found}");
    let edit = &action["edit"]["changes"][uri][0];
    assert_eq!(edit["newText"], "helper", "{found}");
    assert_eq!(edit["range"]["start"]["character"], 9, "{found}");
    editor.request("shutdown", Value::Null);
    editor.note("exit", Value::Null);
    server.join().expect("the server ends in order");
}

trait Outcome {
    fn response_kind_is_ok(&self) -> bool;
}

impl Outcome for Response {
    fn response_kind_is_ok(&self) -> bool {
        serde_json::to_value(self).is_ok_and(|value| value.get("result").is_some())
    }
}

#[test]
fn an_editor_asks_for_the_style() {
    let (ours, theirs) = Connection::memory();
    let server = std::thread::spawn(move || serve(&theirs).expect("a session in order"));
    let mut editor = Editor {
        connection: ours,
        next: 0,
    };
    editor.request("initialize", json!({ "capabilities": {} }));
    editor.note("initialized", json!({}));
    let uri = "file:///nowhere/at/style.nos";
    let text = "# \u{1F600}\nf( x )=\"\u{1F600}\"++x\ng( )=1\n";
    let document = json!({ "uri": uri, "languageId": "nostos", "version": 1, "text": text });
    editor.note("textDocument/didOpen", json!({ "textDocument": document }));
    let options = json!({ "tabSize": 4, "insertSpaces": false });
    let mut ask = |method: &str, more: Value| {
        let mut params = json!({ "textDocument": { "uri": uri }, "options": options });
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        serde_json::to_value(editor.request(method, params)).expect("JSON")["result"].clone()
    };
    let edit = |line, from, to, text| {
        let start = json!({ "line": line, "character": from });
        let end = json!({ "line": line, "character": to });
        json!({ "range": { "start": start, "end": end }, "newText": text })
    };
    let second = [edit(2, 2, 3, ""), edit(2, 4, 4, " "), edit(2, 5, 5, " ")];
    let whole = ask("textDocument/formatting", json!({}));
    let rows = whole.as_array().expect("edits");
    // A smiley is two columns of UTF-16.
    let first = [
        edit(1, 2, 3, ""),
        edit(1, 4, 5, ""),
        edit(1, 6, 6, " "),
        edit(1, 7, 7, " "),
        edit(1, 11, 11, " "),
        edit(1, 13, 13, " "),
    ];
    assert_eq!(rows, &[&first[..], &second[..]].concat(), "{whole}");
    let start = json!({ "line": 2, "character": 1 });
    let range = json!({ "start": start, "end": { "line": 3, "character": 0 } });
    let part = ask("textDocument/rangeFormatting", json!({ "range": range }));
    assert_eq!(part.as_array().expect("edits"), &second, "{part}");
    let mut change = |version: u32, text: &str| {
        let document = json!({ "uri": uri, "version": version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        editor.note("textDocument/didChange", change);
        let params = json!({ "textDocument": { "uri": uri }, "options": options });
        let answer = editor.request("textDocument/formatting", params);
        serde_json::to_value(answer).expect("JSON")["result"].clone()
    };
    let wrong = change(2, "f( = 1\n");
    assert_eq!(wrong, Value::Null, "mistakes are left alone");
    assert_eq!(change(3, "f() = 1\n"), json!([]));
    editor.request("shutdown", Value::Null);
    editor.note("exit", Value::Null);
    server.join().expect("the server ends in order");
}
