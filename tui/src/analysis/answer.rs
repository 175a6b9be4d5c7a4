//! Answers of the language's own analysis, in the editor's words: characters instead of UTF-16 columns, paths instead of names.

use super::question::{Candidate, FileEdits, Found, Question, Signature, Spot, Topic};
use super::{Ide, position};
use crate::disk;
use crate::editor::known::Symbol;
use crate::editor::motion;
use nostos_ide::{CompletionKind, DocumentSymbol, Place, Position, SymbolKind};
use ropey::Rope;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

impl Ide {
    pub(super) fn answered(&mut self, q: &Question) -> Found {
        for (path, text) in &q.open {
            self.tell(path, text);
        }
        if let Topic::Typed(typed) = &q.topic {
            return Found::Candidates(self.typed(&q.path, typed));
        }
        let name = self.tell(&q.path, &q.text);
        let text = &q.text;
        let at = |at: usize| position(text, at);
        match &q.topic {
            Topic::Complete(place) => {
                let found = self.analysis.completion(&name, at(*place)).into_iter();
                Found::Candidates(found.map(candidate).collect())
            }
            // No text of a document is asked about.
            Topic::Typed(_) => Found::Nothing,
            Topic::Signature(place) => {
                let help = self.analysis.signature_help(&name, at(*place));
                Found::Signature(help.and_then(|help| {
                    let others = help.signatures.len() - 1;
                    let it = help.signatures.into_iter().nth(help.active)?;
                    Some(Signature {
                        active: parameter(&it.label, &it.params, help.param),
                        label: it.label,
                        others,
                    })
                }))
            }
            Topic::Uses(place) => {
                let found = self.analysis.highlight(&name, at(*place)).into_iter();
                Found::Uses(found.map(|r| characters(text, &r)).collect())
            }
            Topic::Hints(lines) => {
                let lines = lines.start as u32..lines.end as u32;
                let found = self.analysis.inlay_hints(&name, lines).into_iter();
                Found::Hints(found.map(|h| (character(text, h.at), h.text)).collect())
            }
            Topic::Symbols => {
                let mut out = Vec::new();
                flatten(text, &self.analysis.document_symbols(&name), 0, &mut out);
                Found::Symbols(out)
            }
            Topic::ProjectSymbols => {
                self.refresh(q);
                let all = self.analysis.workspace_symbols("");
                let spots = all.into_iter().filter_map(|s| {
                    let said = if s.container.is_empty() {
                        s.name.clone()
                    } else {
                        format!("{}.{}", s.container, s.name)
                    };
                    let mut spot = self.spot(&s.place)?;
                    let file = s.place.path.trim_end_matches(".nos");
                    spot.said = format!("{:<6}{said}  {file}", word_of(s.kind));
                    spot.detail = format!("{}:{}", s.place.path, spot.line + 1);
                    Some(spot)
                });
                Found::Spots(spots.collect())
            }
            Topic::References(place) => {
                self.refresh(q);
                let found = self.analysis.references(&name, at(*place), true);
                let here = self.analysis.definition(&name, at(*place));
                let spots = found.iter().filter_map(|place| {
                    let mut spot = self.spot(place)?;
                    if here.as_ref() == Some(place) {
                        spot.detail = "defined here".to_owned();
                    }
                    Some(spot)
                });
                Found::Spots(spots.collect())
            }
            Topic::Callers(place) => {
                self.refresh(q);
                let found = self.analysis.references(&name, at(*place), false);
                Found::Spots(self.callers(&found))
            }
            Topic::Rename(place, new) => {
                self.refresh(q);
                Found::Renamed(self.renamed(&name, at(*place), new))
            }
        }
    }

    /// Reads what others have changed on disk since, but not what is open.
    fn refresh(&mut self, q: &Question) {
        let files = disk::list(&self.textual.root).into_iter();
        let files: Vec<String> = files.filter(|f| f.ends_with(".nos")).collect();
        let gone: Vec<String> = self
            .stamps
            .keys()
            .filter(|f| !files.contains(f))
            .cloned()
            .collect();
        for file in gone {
            self.stamps.remove(&file);
            self.analysis.remove_file(&file);
        }
        for file in files {
            let path = self.textual.root.join(&file);
            if q.path == path || q.open.iter().any(|(open, _)| *open == path) {
                // As it was on disk does not matter, and is read anew once it is closed.
                self.stamps.remove(&file);
            } else if self.stamps.get(&file) != disk::look(&path).as_ref() {
                self.read(&file);
            }
        }
    }

    /// A line of the project; `None` in the library.
    fn spot(&self, place: &Place) -> Option<Spot> {
        let text = self.analysis.text(&place.path)?;
        let path = self.textual.root.join(&place.path);
        let line = place.range.start.line as usize;
        if place.path.starts_with("std/") && !path.is_file() {
            return None;
        }
        let said = text.lines().nth(line).unwrap_or_default();
        let units = place.range.start.character as usize;
        let mut passed = 0;
        let before = said.chars().take_while(|c| {
            passed += c.len_utf16();
            passed <= units
        });
        Some(Spot {
            column: before.count(),
            said: format!("{}:{}  {}", place.path, line + 1, said.trim()),
            detail: String::new(),
            path,
            line,
        })
    }

    /// The definitions that hold places, each once.
    fn callers(&self, places: &[Place]) -> Vec<Spot> {
        let mut symbols: BTreeMap<&str, Vec<DocumentSymbol>> = BTreeMap::new();
        let mut out: Vec<(Place, Spot)> = Vec::new();
        for place in places {
            let all = symbols
                .entry(&place.path)
                .or_insert_with(|| self.analysis.document_symbols(&place.path));
            let mut names = Vec::new();
            let mut inner: &[DocumentSymbol] = all;
            let mut deepest = None;
            while let Some(symbol) = inner.iter().find(|s| holds(&s.range, place.range.start)) {
                names.push(symbol.name.clone());
                deepest = Some(symbol);
                inner = &symbol.inner;
            }
            // The place where it is imported calls nothing.
            let Some(symbol) = deepest else { continue };
            let definition = Place {
                path: place.path.clone(),
                range: symbol.name_range.clone(),
            };
            if let Some((_, spot)) = out.iter_mut().find(|(d, _)| *d == definition) {
                let times: usize = spot
                    .detail
                    .split(' ')
                    .next()
                    .map_or(1, |n| n.parse().unwrap_or(1));
                spot.detail = format!("{} calls", times + 1);
                continue;
            }
            let Some(mut spot) = self.spot(place) else {
                continue;
            };
            let module = place.path.trim_end_matches(".nos").replace('/', ".");
            spot.said = format!("{module}.{}  {}", names.join("."), spot.said);
            spot.detail = "1 call".to_owned();
            out.push((definition, spot));
        }
        out.into_iter().map(|(_, spot)| spot).collect()
    }

    fn renamed(
        &mut self,
        name: &str,
        at: Position,
        new: &str,
    ) -> Result<(String, Vec<FileEdits>), String> {
        let old = self.analysis.prepare_rename(name, at)?.name;
        let edits = self.analysis.rename(name, at, new)?;
        let mut files: Vec<FileEdits> = Vec::new();
        for edit in edits {
            let path = self.textual.root.join(&edit.place.path);
            let i = match files.iter().position(|f| f.path == path) {
                Some(i) => i,
                None => {
                    let text = self.analysis.text(&edit.place.path);
                    let text = text.ok_or("a file went away meanwhile")?;
                    files.push(FileEdits {
                        path,
                        text: Rope::from_str(&text),
                        disk: self.stamps.get(&edit.place.path).copied(),
                        edits: Vec::new(),
                    });
                    files.len() - 1
                }
            };
            let file = &mut files[i];
            let (from, to) = characters(&file.text, &edit.place.range);
            file.edits.push((from, to, edit.text));
        }
        Ok((old, files))
    }
}

fn holds(range: &Range<Position>, at: Position) -> bool {
    range.start <= at && at < range.end
}

fn character(text: &Rope, at: Position) -> usize {
    motion::from_utf16(text, at.line as usize, at.character as usize)
}

fn characters(text: &Rope, range: &Range<Position>) -> (usize, usize) {
    (character(text, range.start), character(text, range.end))
}

fn flatten(text: &Rope, all: &[DocumentSymbol], depth: usize, out: &mut Vec<Symbol>) {
    for symbol in all {
        let (from, to) = characters(text, &symbol.range);
        out.push(Symbol {
            name: symbol.name.clone(),
            kind: word_of(symbol.kind),
            depth,
            from,
            to,
            at: character(text, symbol.name_range.start),
        });
        flatten(text, &symbol.inner, depth + 1, out);
    }
}

/// Where a parameter stands in a label: the parameters are in it in their order.
fn parameter(label: &str, params: &[String], active: usize) -> Option<Range<usize>> {
    let mut from = label.find('(').map_or(0, |i| i + 1);
    for (i, param) in params.iter().enumerate() {
        let start = from + label.get(from..)?.find(param.as_str())?;
        from = start + param.len();
        if i == active {
            return Some(start..from);
        }
    }
    None
}

/// A completion as the lists have it.
pub(super) fn candidate(found: nostos_ide::Completion) -> Candidate {
    Candidate {
        label: found.label,
        kind: kind_of(found.kind),
        detail: found.detail.unwrap_or_default(),
        docs: found.documentation.unwrap_or_default(),
        rank: found.rank,
    }
}

fn kind_of(kind: CompletionKind) -> &'static str {
    match kind {
        CompletionKind::Field => "field",
        CompletionKind::Local => "local",
        CompletionKind::Method => "method",
        CompletionKind::Function => "fn",
        CompletionKind::Value => "value",
        CompletionKind::Constructor => "ctor",
        CompletionKind::Type => "type",
        CompletionKind::Trait => "trait",
        CompletionKind::Module => "module",
        CompletionKind::Keyword => "word",
    }
}

fn word_of(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Module => "mod",
        SymbolKind::Function => "fn",
        SymbolKind::Method => "method",
        SymbolKind::Constant => "const",
        SymbolKind::Variable => "var",
        SymbolKind::Type | SymbolKind::Record => "type",
        SymbolKind::Variant => "ctor",
        SymbolKind::Field => "field",
        SymbolKind::Trait => "trait",
        SymbolKind::Impl => "impl",
        SymbolKind::Macro => "macro",
        SymbolKind::Test => "test",
    }
}

/// Whether a path is one of the language.
pub fn speaks(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "nos")
}
