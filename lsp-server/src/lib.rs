//! The language server: LSP on one side, [`nostos_ide`] on the other. Reads the project's files that are not open in the editor.
//!
//! On save, images that run the project are asked to load the change.
#![forbid(unsafe_code)]

mod formatting;
mod paths;
mod questions;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use lsp_types::{self as lsp, Uri};
use nostos_ide::{Analysis, Position, Severity};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an image may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves the editor on stdin and stdout until it says goodbye; the status for the shell.
pub fn run() -> i32 {
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection);
    drop(connection);
    let written = threads.join();
    match (served, written) {
        (Ok(()), Ok(())) => 0,
        (Err(error), _) => {
            eprintln!("nostos-lsp: {error}");
            1
        }
        (_, Err(error)) => {
            eprintln!("nostos-lsp: {error}");
            1
        }
    }
}

/// Serves one editor.
///
/// # Errors
/// When the editor breaks the protocol's order, or is gone without a goodbye.
pub fn serve(connection: &Connection) -> Result<(), Box<dyn Error + Send + Sync>> {
    connection.initialize(json!({
        "textDocumentSync": { "openClose": true, "change": 1, "save": true },
        "hoverProvider": true,
        "definitionProvider": true,
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "renameProvider": { "prepareProvider": true },
        "completionProvider": { "triggerCharacters": ["."] },
        "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
        "inlayHintProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "foldingRangeProvider": true,
        "selectionRangeProvider": true,
        "documentFormattingProvider": true,
        "documentRangeFormattingProvider": true,
    }))?;
    let mut server = Server {
        out: connection,
        projects: HashMap::new(),
        open: BTreeMap::new(),
    };
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                server.request(request)?;
            }
            Message::Notification(note) => server.notification(note)?,
            // We ask the editor nothing.
            Message::Response(_) => {}
        }
    }
    Ok(())
}

struct Server<'a> {
    out: &'a Connection,
    /// By directory; a file that belongs to no project is one of its own, by its path.
    projects: HashMap<PathBuf, Analysis>,
    open: BTreeMap<PathBuf, Open>,
}

/// A file in the editor.
struct Open {
    uri: Uri,
    project: PathBuf,
    name: String,
}

type Sent = Result<(), Box<dyn Error + Send + Sync>>;

impl Server<'_> {
    fn notification(&mut self, note: Notification) -> Sent {
        match note.method.as_str() {
            "textDocument/didOpen" => {
                let Ok(params) =
                    serde_json::from_value::<lsp::DidOpenTextDocumentParams>(note.params)
                else {
                    return Ok(());
                };
                self.opened(params.text_document.uri, &params.text_document.text)
            }
            "textDocument/didChange" => {
                let Ok(params) =
                    serde_json::from_value::<lsp::DidChangeTextDocumentParams>(note.params)
                else {
                    return Ok(());
                };
                // We asked for whole texts, so the last one is the file.
                let Some(change) = params.content_changes.into_iter().next_back() else {
                    return Ok(());
                };
                self.opened(params.text_document.uri, &change.text)
            }
            "textDocument/didSave" => {
                if let Ok(params) =
                    serde_json::from_value::<lsp::DidSaveTextDocumentParams>(note.params)
                {
                    self.saved(&params.text_document.uri);
                }
                Ok(())
            }
            "textDocument/didClose" => {
                let Ok(params) =
                    serde_json::from_value::<lsp::DidCloseTextDocumentParams>(note.params)
                else {
                    return Ok(());
                };
                self.closed(&params.text_document.uri)
            }
            // `$/…` and `initialized` may be ignored; so may what we did not ask for.
            _ => Ok(()),
        }
    }

    fn request(&mut self, request: Request) -> Sent {
        let result = match request.method.as_str() {
            "textDocument/hover" => self.at_cursor(request.params, |server, open, at| {
                let hover = server.projects.get(&open.project)?.hover(&open.name, at)?;
                let text = json!({ "kind": "markdown", "value": hover.text });
                Some(json!({ "contents": text, "range": to_range(&hover.range) }))
            }),
            "textDocument/definition" => self.at_cursor(request.params, |server, open, at| {
                let place = server
                    .projects
                    .get(&open.project)?
                    .definition(&open.name, at)?;
                let uri = server.uri_of(open, &place.path)?;
                Some(json!({ "uri": uri, "range": to_range(&place.range) }))
            }),
            other => {
                let (params, method) = (request.params, other.to_owned());
                // A mistake of ours costs its own answer and nothing else.
                let asked = std::panic::AssertUnwindSafe(|| self.question(&method, params));
                let result = match std::panic::catch_unwind(asked) {
                    Ok(Some(result)) => result,
                    Ok(None) => Err((
                        -32601,
                        format!("`{method}` is no request this server knows"),
                    )),
                    Err(_) => Err((
                        -32603,
                        format!("`{method}` failed: a mistake in nostos-lsp"),
                    )),
                };
                return self.answer(request.id, result);
            }
        };
        self.answer(request.id, result.map_err(|text| (-32602, text)))
    }

    fn at_cursor(
        &self,
        params: Value,
        f: impl FnOnce(&Self, &Open, Position) -> Option<Value>,
    ) -> Result<Value, String> {
        let (path, at) = asked_at(params)?;
        let Some(open) = path.and_then(|path| self.open.get(&path)) else {
            return Ok(Value::Null);
        };
        Ok(f(self, open, at).unwrap_or(Value::Null))
    }

    fn answer(&self, id: RequestId, result: Result<Value, (i32, String)>) -> Sent {
        let response = match result {
            Ok(value) => Response::new_ok(id, value),
            Err((code, text)) => Response::new_err(id, code, text),
        };
        Ok(self.out.sender.send(response.into())?)
    }

    /// The library has no file on disk, so there is nowhere to go.
    fn uri_of(&self, open: &Open, name: &str) -> Option<Uri> {
        if name == open.name {
            return Some(open.uri.clone());
        }
        if !open.project.is_dir() {
            return None;
        }
        let path = open.project.join(name);
        path.is_file().then(|| paths::to_uri(&path)).flatten()
    }

    fn opened(&mut self, uri: Uri, text: &str) -> Sent {
        let Some(path) = paths::from_uri(&uri) else {
            return Ok(());
        };
        let (root, name) = paths::project_of(&path);
        let project = root.clone().unwrap_or_else(|| path.clone());
        let analysis = self.projects.entry(project.clone()).or_insert_with(|| {
            let mut analysis = Analysis::with_macros(nostos_dap::expander());
            for (name, text) in root.iter().flat_map(|root| paths::sources(root)) {
                analysis.set_file(&name, &text);
            }
            analysis
        });
        analysis.set_file(&name, text);
        self.open.insert(
            path,
            Open {
                uri,
                project: project.clone(),
                name,
            },
        );
        self.publish(&project)
    }

    fn closed(&mut self, uri: &Uri) -> Sent {
        let Some(path) = paths::from_uri(uri) else {
            return Ok(());
        };
        let Some(open) = self.open.remove(&path) else {
            return Ok(());
        };
        if let Some(analysis) = self.projects.get_mut(&open.project) {
            // From now on the file on disk is what counts.
            match std::fs::read_to_string(&path) {
                Ok(text) => analysis.set_file(&open.name, &text),
                Err(_) => analysis.remove_file(&open.name),
            }
        }
        self.send_diagnostics(open.uri, &[])?;
        if self
            .open
            .values()
            .any(|other| other.project == open.project)
        {
            self.publish(&open.project)
        } else {
            self.projects.remove(&open.project);
            Ok(())
        }
    }

    /// Tells the editor about all open files of a project: a change in one may break another.
    fn publish(&self, project: &Path) -> Sent {
        let Some(analysis) = self.projects.get(project) else {
            return Ok(());
        };
        for open in self.open.values().filter(|open| open.project == project) {
            self.send_diagnostics(open.uri.clone(), &analysis.diagnostics(&open.name))?;
        }
        Ok(())
    }

    fn send_diagnostics(&self, uri: Uri, found: &[nostos_ide::Diagnostic]) -> Sent {
        let diagnostics: Vec<Value> = found
            .iter()
            .map(|found| {
                let message = match &found.hint {
                    Some(hint) => format!("{}\nhint: {hint}", found.message),
                    None => found.message.clone(),
                };
                let severity = match found.severity {
                    Severity::Error => 1,
                    Severity::Warning => 2,
                };
                json!({ "range": to_range(&found.range), "severity": severity, "source": "nostos", "message": message })
            })
            .collect();
        let params = json!({ "uri": uri, "diagnostics": diagnostics });
        let note = Notification::new("textDocument/publishDiagnostics".into(), params);
        Ok(self.out.sender.send(note.into())?)
    }

    /// Asks the images that run this project to load the file. In the background: an image that is busy must not keep the editor waiting.
    fn saved(&self, uri: &Uri) {
        let Some(path) = paths::from_uri(uri) else {
            return;
        };
        let Some(open) = self.open.get(&path) else {
            return;
        };
        let root = match open.project.is_dir() {
            true => open.project.clone(),
            false => open
                .project
                .parent()
                .map(Path::to_path_buf)
                .unwrap_or_default(),
        };
        std::thread::spawn(move || {
            for socket in nostos_dap::client::images_of(&root, PATIENCE) {
                let arguments = json!({ "files": [{ "path": path }] });
                // An image that refuses has said why to its own clients, and the editor shows the same diagnostics.
                let _ = nostos_dap::client::Client::connect(&socket, PATIENCE)
                    .and_then(|mut client| client.request("nostos/reload", &arguments));
            }
        });
    }
}

/// The file and the place in it that a question is about; no file: one that cannot be ours.
fn asked_at(params: Value) -> Result<(Option<PathBuf>, Position), String> {
    let params: lsp::TextDocumentPositionParams =
        serde_json::from_value(params).map_err(|error| error.to_string())?;
    let at = Position {
        line: params.position.line,
        character: params.position.character,
    };
    Ok((paths::from_uri(&params.text_document.uri), at))
}

fn to_range(range: &Range<Position>) -> Value {
    let position = |at: Position| json!({ "line": at.line, "character": at.character });
    json!({ "start": position(range.start), "end": position(range.end) })
}

#[cfg(test)]
mod tests;
