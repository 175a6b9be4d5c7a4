//! The questions of editors about names: symbols, uses, renames. Parameters in, LSP's JSON out.

use crate::{Open, Server, paths, to_range};
use lsp_types as lsp;
use nostos_ide::{Analysis, DocumentSymbol, Place, Position, SymbolKind};
use serde_json::{Value, json};

/// What a request gets: its result, or a code and a sentence.
type Answer = Result<Value, (i32, String)>;

/// The request cannot be met, though it is well formed (LSP's `RequestFailed`).
const REFUSED: i32 = -32803;
const BAD_PARAMS: i32 = -32602;

impl Server<'_> {
    /// The answer to a question, if this is one.
    pub(crate) fn question(&mut self, method: &str, params: Value) -> Option<Answer> {
        Some(match method {
            "workspace/symbol" => self.workspace_symbols(&params),
            "textDocument/documentSymbol" => self.with_document(&params, |_, analysis, open| {
                let found = analysis.document_symbols(&open.name);
                Ok(found.iter().map(document_symbol).collect())
            }),
            "textDocument/references" => {
                let definition = params["context"]["includeDeclaration"] == json!(true);
                self.at_place(params, |server, analysis, open, at| {
                    let found = analysis.references(&open.name, at, definition);
                    let places = found
                        .iter()
                        .filter_map(|place| server.location(open, place));
                    Ok(places.collect())
                })
            }
            "textDocument/documentHighlight" => self.at_place(params, |_, analysis, open, at| {
                let found = analysis.highlight(&open.name, at);
                Ok(found
                    .iter()
                    .map(|range| json!({ "range": to_range(range) }))
                    .collect())
            }),
            "textDocument/prepareRename" => self.at_place(params, |_, analysis, open, at| {
                let found = analysis.prepare_rename(&open.name, at).map_err(refused)?;
                Ok(json!({ "range": to_range(&found.range), "placeholder": found.name }))
            }),
            "textDocument/rename" => {
                let new = params["newName"].as_str().unwrap_or_default().to_owned();
                self.at_place(params, |server, analysis, open, at| {
                    let edits = analysis.rename(&open.name, at, &new).map_err(refused)?;
                    let mut changes = serde_json::Map::new();
                    for edit in edits {
                        let Some(uri) = server.uri_of(open, &edit.place.path) else {
                            continue;
                        };
                        let row =
                            json!({ "range": to_range(&edit.place.range), "newText": edit.text });
                        let rows = changes.entry(uri.as_str()).or_insert_with(|| json!([]));
                        if let Some(rows) = rows.as_array_mut() {
                            rows.push(row);
                        }
                    }
                    Ok(json!({ "changes": changes }))
                })
            }
            _ => return None,
        })
    }

    /// Asks about an open document; `null` for one that is not open.
    pub(crate) fn with_document(
        &self,
        params: &Value,
        f: impl FnOnce(&Self, &Analysis, &Open) -> Answer,
    ) -> Answer {
        let document = params["textDocument"].clone();
        let document: lsp::TextDocumentIdentifier =
            serde_json::from_value(document).map_err(|error| (BAD_PARAMS, error.to_string()))?;
        let path = paths::from_uri(&document.uri);
        let Some(open) = path.and_then(|path| self.open.get(&path)) else {
            return Ok(Value::Null);
        };
        match self.projects.get(&open.project) {
            Some(analysis) => f(self, analysis, open),
            None => Ok(Value::Null),
        }
    }

    /// Asks about a place in an open document.
    pub(crate) fn at_place(
        &self,
        params: Value,
        f: impl FnOnce(&Self, &Analysis, &Open, Position) -> Answer,
    ) -> Answer {
        let at: lsp::Position = serde_json::from_value(params["position"].clone())
            .map_err(|error| (BAD_PARAMS, error.to_string()))?;
        let at = Position {
            line: at.line,
            character: at.character,
        };
        self.with_document(&params, |server, analysis, open| {
            f(server, analysis, open, at)
        })
    }

    fn workspace_symbols(&self, params: &Value) -> Answer {
        let letters = params["query"].as_str().unwrap_or_default();
        let mut out = Vec::new();
        for (project, analysis) in &self.projects {
            let Some(open) = self.open.values().find(|open| open.project == *project) else {
                continue;
            };
            for symbol in analysis.workspace_symbols(letters) {
                if let Some(location) = self.location(open, &symbol.place) {
                    out.push(json!({
                        "name": symbol.name,
                        "kind": kind(symbol.kind),
                        "location": location,
                        "containerName": symbol.container,
                    }));
                }
            }
        }
        Ok(out.into())
    }

    fn location(&self, open: &Open, place: &Place) -> Option<Value> {
        let uri = self.uri_of(open, &place.path)?;
        Some(json!({ "uri": uri, "range": to_range(&place.range) }))
    }
}

fn refused(why: String) -> (i32, String) {
    (REFUSED, why)
}

fn document_symbol(symbol: &DocumentSymbol) -> Value {
    let inner: Vec<Value> = symbol.inner.iter().map(document_symbol).collect();
    json!({
        "name": symbol.name,
        "kind": kind(symbol.kind),
        "range": to_range(&symbol.range),
        "selectionRange": to_range(&symbol.name_range),
        "children": inner,
    })
}

/// LSP's number.
fn kind(kind: SymbolKind) -> u32 {
    match kind {
        SymbolKind::Module => 2,
        SymbolKind::Impl => 5,
        SymbolKind::Method | SymbolKind::Test => 6,
        SymbolKind::Field => 8,
        SymbolKind::Type => 10,
        SymbolKind::Trait => 11,
        SymbolKind::Function | SymbolKind::Macro => 12,
        SymbolKind::Variable => 13,
        SymbolKind::Constant => 14,
        SymbolKind::Variant => 22,
        SymbolKind::Record => 23,
    }
}
