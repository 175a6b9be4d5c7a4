//! The questions of editors about names and texts: symbols, uses, renames, completion, signatures, hints, folds. Parameters in, LSP's JSON out.

use crate::{Open, Server, asked_at, paths, to_range};
use lsp_types as lsp;
use nostos_ide::{
    Analysis, Completion, CompletionKind, DocumentSymbol, Place, Position, SymbolKind,
};
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
            "textDocument/formatting" | "textDocument/rangeFormatting" => self.formatting(&params),
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
            "textDocument/completion" => self.probing(&params, |analysis, name, at| {
                analysis
                    .completion(name, at)
                    .iter()
                    .map(completion)
                    .collect()
            }),
            "textDocument/signatureHelp" => self.probing(&params, |analysis, name, at| {
                let Some(help) = analysis.signature_help(name, at) else {
                    return Value::Null;
                };
                let signatures = help.signatures.iter().map(|signature| {
                    let params = signature
                        .params
                        .iter()
                        .map(|param| json!({ "label": param }));
                    json!({
                        "label": signature.label,
                        "documentation": markdown(signature.documentation.as_deref()),
                        "parameters": params.collect::<Vec<Value>>(),
                    })
                });
                json!({
                    "signatures": signatures.collect::<Vec<Value>>(),
                    "activeSignature": help.active,
                    "activeParameter": help.param,
                })
            }),
            "textDocument/inlayHint" => self.with_document(&params, |_, analysis, open| {
                let range = params["range"].clone();
                let range: lsp::Range = serde_json::from_value(range)
                    .map_err(|error| (BAD_PARAMS, error.to_string()))?;
                let lines = range.start.line..range.end.line.saturating_add(1);
                let hints = analysis.inlay_hints(&open.name, lines);
                let hints = hints.iter().map(|hint| {
                    let at = json!({ "line": hint.at.line, "character": hint.at.character });
                    let kind = if hint.parameter { 2 } else { 1 };
                    json!({ "position": at, "label": hint.text, "kind": kind })
                });
                Ok(hints.collect())
            }),
            "textDocument/codeAction" => self.with_document(&params, |_, analysis, open| {
                let range: lsp::Range = serde_json::from_value(params["range"].clone())
                    .map_err(|error| (BAD_PARAMS, error.to_string()))?;
                let found = analysis.diagnostics(&open.name);
                let touches = |d: &&nostos_ide::Diagnostic| {
                    d.range.start.line <= range.end.line && range.start.line <= d.range.end.line
                };
                let fixes = found.iter().filter(touches).filter_map(|d| d.fix.as_ref());
                let actions = fixes.map(|fix| {
                    let edits = fix.edits.iter();
                    let edits =
                        edits.map(|(at, new)| json!({ "range": to_range(at), "newText": new }));
                    let edits: Vec<Value> = edits.collect();
                    json!({
                        "title": fix.title,
                        "kind": "quickfix",
                        "isPreferred": true,
                        "edit": { "changes": { open.uri.as_str(): edits } },
                    })
                });
                Ok(actions.collect())
            }),
            "textDocument/foldingRange" => self.with_document(&params, |_, analysis, open| {
                let found = analysis.folding_ranges(&open.name);
                let rows = found.iter();
                Ok(rows
                    .map(|(start, end)| json!({ "startLine": start, "endLine": end }))
                    .collect())
            }),
            "textDocument/selectionRange" => self.with_document(&params, |_, analysis, open| {
                let places = params["positions"].clone();
                let places: Vec<lsp::Position> = serde_json::from_value(places)
                    .map_err(|error| (BAD_PARAMS, error.to_string()))?;
                let chains = places.iter().map(|at| {
                    let at = Position {
                        line: at.line,
                        character: at.character,
                    };
                    let ranges = analysis.selection_ranges(&open.name, at);
                    let none = json!({ "range": to_range(&(at..at)) });
                    let outermost_first = ranges.iter().rev();
                    let chain = outermost_first.fold(None, |outer: Option<Value>, range| {
                        let mut row = json!({ "range": to_range(range) });
                        if let Some(outer) = outer {
                            row["parent"] = outer;
                        }
                        Some(row)
                    });
                    chain.unwrap_or(none)
                });
                Ok(chains.collect())
            }),
            _ => return None,
        })
    }

    /// Asks about a place what has to try other texts for its answer.
    fn probing(
        &mut self,
        params: &Value,
        f: impl FnOnce(&mut Analysis, &str, Position) -> Value,
    ) -> Answer {
        let (path, at) = asked_at(params.clone()).map_err(|why| (BAD_PARAMS, why))?;
        let Some(open) = path.and_then(|path| self.open.get(&path)) else {
            return Ok(Value::Null);
        };
        match self.projects.get_mut(&open.project) {
            Some(analysis) => Ok(f(analysis, &open.name, at)),
            None => Ok(Value::Null),
        }
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

fn markdown(text: Option<&str>) -> Value {
    text.map_or(
        Value::Null,
        |text| json!({ "kind": "markdown", "value": text }),
    )
}

fn completion(found: &Completion) -> Value {
    let kind = match found.kind {
        CompletionKind::Method => 2,
        CompletionKind::Function => 3,
        CompletionKind::Constructor => 4,
        CompletionKind::Field => 5,
        CompletionKind::Local => 6,
        CompletionKind::Type => 7,
        CompletionKind::Trait => 8,
        CompletionKind::Module => 9,
        CompletionKind::Keyword => 14,
        CompletionKind::Value => 21,
    };
    let mut out = json!({
        "label": found.label,
        "kind": kind,
        "sortText": format!("{}{}", found.rank, found.label),
        "textEdit": { "range": to_range(&found.range), "newText": found.label },
    });
    if let Some(detail) = &found.detail {
        out["detail"] = json!(detail);
    }
    if let Some(text) = &found.documentation {
        out["documentation"] = markdown(Some(text));
    }
    out
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
