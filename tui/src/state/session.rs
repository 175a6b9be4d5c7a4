//! What is kept from one session to the next, as JSON: open files with their places and undo trees, windows, breakpoints, histories.

use super::{State, VIEWS};
use crate::editor::document::Document;
use crate::editor::history::History;
use crate::editor::selection::{Range, Selection};
use crate::editor::windows::{Node, Parked};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// Lines of a history that are kept.
const LINES: usize = 200;

/// One file.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Its absolute path.
    pub path: PathBuf,
    selection: Value,
    scroll: (usize, usize),
    stamp: Value,
    undo: Value,
}

/// What the last session left.
#[derive(Debug, Clone)]
pub struct Session {
    /// The files, in order of their tabs.
    pub files: Vec<Saved>,
    value: Value,
}

fn ranges(selection: &Selection) -> Value {
    json!({"ranges": selection.ranges().iter().map(|r| [r.anchor, r.head]).collect::<Vec<_>>(), "main": selection.primary_index()})
}

fn number(value: &Value) -> usize {
    value
        .as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}

fn selection(value: &Value, doc: &Document) -> Selection {
    let len = doc.text().len_chars();
    let all = value["ranges"].as_array().into_iter().flatten();
    let all =
        all.map(|r| Range::new(number(&r[0]).min(len), number(&r[1]).min(len)).wide(doc.text()));
    Selection::new(all.collect(), number(&value["main"]))
}

fn stamp(doc: &Document) -> Value {
    doc.disk
        .map_or(Value::Null, |s| json!([s.modified.to_string(), s.len]))
}

fn tree(node: &Node) -> Value {
    match node {
        Node::Leaf(id) => json!(id),
        Node::Split { stacked, parts } => {
            let parts: Vec<Value> = parts.iter().map(|(n, w)| json!([tree(n), w])).collect();
            json!({"stacked": stacked, "parts": parts})
        }
    }
}

fn node(value: &Value) -> Option<Node> {
    if let Some(id) = value.as_u64() {
        return Some(Node::Leaf(usize::try_from(id).ok()?));
    }
    let parts = value["parts"].as_array().filter(|p| p.len() > 1)?;
    let parts: Option<Vec<(Node, u16)>> = parts
        .iter()
        .map(|p| {
            Some((
                node(&p[0])?,
                u16::try_from(p[1].as_u64()?).ok()?.clamp(1, 1000),
            ))
        })
        .collect();
    Some(Node::Split {
        stacked: value["stacked"].as_bool()?,
        parts: parts?,
    })
}

fn last(lines: &[String]) -> &[String] {
    &lines[lines.len().saturating_sub(LINES)..]
}

impl Session {
    /// The session of a model, as text.
    pub fn write(state: &State) -> String {
        let docs = &state.editor.docs;
        let at = |id: usize| docs.iter().position(|d| d.id == id);
        let files: Vec<Value> = docs
            .iter()
            .map(|d| {
                // Undo goes on only from the text that is on disk.
                let undo = (!d.is_changed()).then(|| d.history().to_json()).flatten();
                json!({"path": d.path, "selection": ranges(&d.selection), "scroll": [d.scroll.0, d.scroll.1], "stamp": stamp(d), "undo": undo})
            })
            .collect();
        let mut parked = Map::new();
        for (id, p) in &state.editor.windows.parked {
            let file = at(p.doc);
            parked.insert(id.to_string(), json!({"file": file, "selection": ranges(&p.selection), "scroll": [p.scroll.0, p.scroll.1]}));
        }
        let breakpoints: Vec<Value> = state
            .breakpoints
            .iter()
            .map(|(path, all)| {
                json!([
                    path,
                    all.iter()
                        .map(|b| json!([b.line, b.condition, b.hits, b.log, b.off]))
                        .collect::<Vec<_>>()
                ])
            })
            .collect();
        let view = VIEWS
            .iter()
            .find(|v| v.1 == state.view)
            .map_or('1', |v| v.0);
        json!({
            "version": 1,
            "files": files,
            "current": state.editor.current,
            "windows": {"tree": tree(state.editor.windows.tree()), "focus": state.editor.windows.focus, "parked": parked},
            "breakpoints": breakpoints,
            "view": view.to_string(),
            "repl": last(&state.repl.history),
            "console": last(&state.console.history),
            "commands": last(&state.command_history),
            "folders": state.tree.open,
            "filter": state.filter,
            "watches": state.watches,
            "named": state.named_breaks.iter().map(|(name, b)| json!([name, b.condition, b.hits, b.off])).collect::<Vec<_>>(),
            "thrown": state.debugging.filters.iter().filter(|f| f.on).map(|f| json!([f.id, f.condition])).collect::<Vec<_>>(),
            "muted": state.muted,
            "tree": state.as_tree,
            "sort": state.sort,
        })
        .to_string()
    }

    /// Reads what [`Session::write`] wrote; `None`: it is of another version, or broken.
    pub fn read(text: &str) -> Option<Session> {
        let value: Value = serde_json::from_str(text)
            .ok()
            .filter(|v: &Value| v["version"] == 1)?;
        let files = value["files"].as_array()?.iter().map(|f| {
            Some(Saved {
                path: PathBuf::from(f["path"].as_str()?),
                selection: f["selection"].clone(),
                scroll: (number(&f["scroll"][0]), number(&f["scroll"][1])),
                stamp: f["stamp"].clone(),
                undo: f["undo"].clone(),
            })
        });
        let files: Option<Vec<Saved>> = files.collect();
        Some(Session {
            files: files?,
            value,
        })
    }

    /// What needs no file: histories, breakpoints, folders.
    pub fn begin(&self, state: &mut State) {
        let lines = |v: &Value| -> Vec<String> {
            v.as_array()
                .into_iter()
                .flatten()
                .filter_map(|l| l.as_str().map(str::to_owned))
                .collect()
        };
        state.repl.history = lines(&self.value["repl"]);
        state.console.history = lines(&self.value["console"]);
        state.command_history = lines(&self.value["commands"]);
        state.tree.open = lines(&self.value["folders"]).into_iter().collect();
        state.filter = self.value["filter"].as_str().unwrap_or_default().to_owned();
        state.watches = lines(&self.value["watches"]);
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let named = self.value["named"].as_array().into_iter().flatten();
        let named = named.map(|row| {
            // A bare name is one without conditions.
            let name = if row.is_array() { &row[0] } else { row };
            let bp = super::Breakpoint {
                condition: text(&row[1]),
                hits: text(&row[2]),
                off: row[3].as_bool().unwrap_or(false),
                ..Default::default()
            };
            (text(name), bp)
        });
        state.named_breaks = named.collect();
        state.muted = lines(&self.value["muted"]).into_iter().collect();
        for row in self.value["thrown"].as_array().into_iter().flatten() {
            let mut filters = state.debugging.filters.iter_mut();
            if let Some(f) = filters.find(|f| row[0] == f.id.as_str()) {
                (f.on, f.condition) = (true, text(&row[1]));
            }
        }
        state.as_tree = self.value["tree"].as_bool().unwrap_or(false);
        state.sort = number(&self.value["sort"]).min(super::SORTS.len() - 1);
        for row in self.value["breakpoints"].as_array().into_iter().flatten() {
            if let Some(path) = row[0].as_str() {
                let all = row[1].as_array().into_iter().flatten();
                // A bare number is a line without more.
                let all = all.map(|l| super::Breakpoint {
                    line: number(if l.is_array() { &l[0] } else { l }),
                    condition: text(&l[1]),
                    hits: text(&l[2]),
                    log: text(&l[3]),
                    off: l[4].as_bool().unwrap_or(false),
                    ..Default::default()
                });
                state.breakpoints.insert(PathBuf::from(path), all.collect());
            }
        }
    }

    /// A file is open: its place comes back, and its undo tree if nobody changed it meanwhile.
    pub fn place(&self, doc: &mut Document) {
        let Some(saved) = self.files.iter().find(|f| f.path == doc.path) else {
            return;
        };
        doc.selection = selection(&saved.selection, doc);
        doc.scroll = (
            saved.scroll.0.min(doc.text().len_lines().saturating_sub(1)),
            saved.scroll.1,
        );
        if saved.stamp == stamp(doc)
            && let Some(history) = History::from_json(&saved.undo)
        {
            doc.restore_history(history);
        }
    }

    /// All files are open: windows, the current file and the view come back.
    pub fn finish(&self, state: &mut State) {
        let index: HashMap<&PathBuf, usize> = state
            .editor
            .docs
            .iter()
            .enumerate()
            .map(|(i, d)| (&d.path, i))
            .collect();
        let file = |v: &Value| {
            self.files
                .get(number(v))
                .and_then(|f| index.get(&f.path).copied())
        };
        let mut parked = BTreeMap::new();
        for (id, p) in self.value["windows"]["parked"]
            .as_object()
            .into_iter()
            .flatten()
        {
            if let (Ok(id), Some(i)) = (id.parse(), file(&p["file"])) {
                let doc = &state.editor.docs[i];
                let scroll = (number(&p["scroll"][0]), number(&p["scroll"][1]));
                parked.insert(
                    id,
                    Parked {
                        doc: doc.id,
                        selection: selection(&p["selection"], doc),
                        scroll,
                    },
                );
            }
        }
        let current = file(&self.value["current"]);
        if let Some(tree) = node(&self.value["windows"]["tree"]) {
            state
                .editor
                .windows
                .restore(tree, parked, number(&self.value["windows"]["focus"]));
        }
        if let Some(i) = current {
            state.editor.current = i;
            state.editor.follow = true;
        }
    }
}
