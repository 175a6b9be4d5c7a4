//! What a file defines: names with kinds and places, from its tree alone, so that a text with mistakes has them too.

use crate::ask::{Ask, ends};
use crate::{Place, Position};
use nostos_check::ty::FileId;
use nostos_syntax::Node;
use nostos_syntax::ast::{self, Item, Pat, TypeBody};
use std::ops::Range;

/// What kind of thing a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum SymbolKind {
    Module,
    Function,
    Method,
    Constant,
    Variable,
    Type,
    Record,
    Variant,
    Field,
    Trait,
    Impl,
    Macro,
    Test,
}

/// Something that a file defines.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DocumentSymbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub range: Range<Position>,
    /// Its name's place.
    pub name_range: Range<Position>,
    /// What it contains.
    pub inner: Vec<DocumentSymbol>,
}

/// Something that the project defines.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WorkspaceSymbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Its name's place.
    pub place: Place,
    /// What it stands in: a module, type, trait or implementation; empty at the top of a file.
    pub container: String,
}

impl Ask<'_> {
    /// What a file defines, in the order of its text.
    pub fn document_symbols(&self, file: FileId) -> Vec<DocumentSymbol> {
        let Some(parse) = self.parse(file) else {
            return Vec::new();
        };
        let Some(source) = ast::SourceFile::cast(parse.tree().root()) else {
            return Vec::new();
        };
        let items: Vec<Item<'_>> = source.items().collect();
        self.symbols_of(file, &items, false)
    }

    /// What the project defines whose name has the letters of `wanted` in this order; everything for the empty one.
    pub fn workspace_symbols(&self, wanted: &str) -> Vec<WorkspaceSymbol> {
        let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
        let mut out = Vec::new();
        for file in self.files() {
            let path = self.db.path(file).to_string();
            let mut todo: Vec<(DocumentSymbol, String)> = self
                .document_symbols(file)
                .into_iter()
                .map(|symbol| (symbol, String::new()))
                .rev()
                .collect();
            while let Some((symbol, container)) = todo.pop() {
                let within = match container.as_str() {
                    "" => symbol.name.clone(),
                    outer => format!("{outer}.{}", symbol.name),
                };
                let inner = symbol.inner.into_iter().rev();
                todo.extend(inner.map(|inner| (inner, within.clone())));
                if has_letters(&symbol.name, &wanted) {
                    out.push(WorkspaceSymbol {
                        name: symbol.name,
                        kind: symbol.kind,
                        place: Place {
                            path: path.clone(),
                            range: symbol.name_range,
                        },
                        container,
                    });
                }
            }
        }
        out
    }

    fn symbols_of(&self, file: FileId, items: &[Item<'_>], members: bool) -> Vec<DocumentSymbol> {
        let mut out: Vec<DocumentSymbol> = Vec::new();
        let mut last: Option<(&str, usize)> = None;
        for item in items {
            let clause = match item {
                Item::Fn(def) => def.name().map(|name| (name.text(), def.params().count())),
                _ => None,
            };
            // The clauses of a function are one thing.
            if clause.is_some()
                && clause == last
                && let Some(first) = out.last_mut()
            {
                first.range.end = self.range(file, &ends(item.node())).end;
                continue;
            }
            last = clause;
            self.symbols_of_item(file, *item, members, &mut out);
        }
        out
    }

    fn symbols_of_item(
        &self,
        file: FileId,
        item: Item<'_>,
        member: bool,
        out: &mut Vec<DocumentSymbol>,
    ) {
        let node = item.node();
        let mut push = |name: Node<'_>, text: &str, kind, inner| {
            out.push(DocumentSymbol {
                name: text.to_owned(),
                kind,
                range: self.range(file, &ends(node)),
                name_range: self.range(file, &ends(name)),
                inner,
            });
        };
        let mut named = |name: Option<Node<'_>>, kind, inner| {
            if let Some(name) = name {
                push(name, name.text(), kind, inner);
            }
        };
        match item {
            Item::Fn(def) => {
                let kind = match member {
                    true => SymbolKind::Method,
                    false => SymbolKind::Function,
                };
                named(def.name(), kind, Vec::new());
            }
            Item::Extern(def) => named(def.name(), SymbolKind::Function, Vec::new()),
            Item::Type(def) => {
                let (kind, inner) = match def.body() {
                    TypeBody::Record(fields) => {
                        (SymbolKind::Record, self.fields(file, fields.fields()))
                    }
                    TypeBody::Variants(variants) => {
                        let variants = variants.variants().filter_map(|variant| {
                            let name = variant.name()?;
                            Some(DocumentSymbol {
                                name: name.text().to_owned(),
                                kind: SymbolKind::Variant,
                                range: self.range(file, &ends(variant.node())),
                                name_range: self.range(file, &ends(name)),
                                inner: self.fields(file, variant.fields()),
                            })
                        });
                        (SymbolKind::Type, variants.collect())
                    }
                    TypeBody::Alias(_) | TypeBody::Empty => (SymbolKind::Type, Vec::new()),
                };
                named(def.name(), kind, inner);
            }
            Item::Trait(def) => {
                let members: Vec<Item<'_>> = def.members().collect();
                let inner = self.symbols_of(file, &members, true);
                named(def.name(), SymbolKind::Trait, inner);
            }
            Item::Impl(def) => {
                let members: Vec<Item<'_>> = def.members().collect();
                let inner = self.symbols_of(file, &members, true);
                if let Some(target) = def.target() {
                    let traits: Vec<&str> = def.traits().map(|of| of.text()).collect();
                    let text = format!("{}: {}", target.text(), traits.join(", "));
                    push(target.node(), &text, SymbolKind::Impl, inner);
                }
            }
            Item::Module(def) => {
                let items: Vec<Item<'_>> = def.items().collect();
                let inner = self.symbols_of(file, &items, false);
                if let Some(path) = def.path() {
                    push(path.node(), path.text(), SymbolKind::Module, inner);
                }
            }
            Item::Value(def) => {
                for name in def.pattern().map_or_else(Vec::new, pattern_names) {
                    named(Some(name), SymbolKind::Constant, Vec::new());
                }
            }
            Item::Const(def) => named(def.name(), SymbolKind::Constant, Vec::new()),
            Item::Mvar(def) => named(def.name(), SymbolKind::Variable, Vec::new()),
            Item::Macro(def) => named(def.name(), SymbolKind::Macro, Vec::new()),
            Item::Test(def) => {
                if let Some(title) = def.title() {
                    let text = title.plain_value().unwrap_or_default();
                    let text = match text.trim().is_empty() {
                        true => title.text(),
                        false => text.as_str(),
                    };
                    push(title.node(), text, SymbolKind::Test, Vec::new());
                }
            }
            Item::Signature(_) | Item::Use(_) | Item::Expr(_) => {}
        }
    }

    fn fields<'t>(
        &self,
        file: FileId,
        fields: impl Iterator<Item = ast::Field<'t>>,
    ) -> Vec<DocumentSymbol> {
        let fields = fields.filter_map(|field| {
            let name = field.name()?;
            Some(DocumentSymbol {
                name: name.text().to_owned(),
                kind: SymbolKind::Field,
                range: self.range(file, &ends(field.node())),
                name_range: self.range(file, &ends(name)),
                inner: Vec::new(),
            })
        });
        fields.collect()
    }
}

/// The names that a pattern of a module-level value binds.
fn pattern_names(pattern: Pat<'_>) -> Vec<Node<'_>> {
    if let Pat::Ctor(ctor) = pattern
        && !ctor.has_parens()
        && !ctor.has_braces()
    {
        return ctor.name().into_iter().collect();
    }
    let nodes = pattern.node().descendants();
    nodes
        .filter_map(Pat::cast)
        .filter_map(|pat| match pat {
            Pat::Name(name) => name.name(),
            _ => None,
        })
        .collect()
}

/// Whether a name has these letters, in this order.
fn has_letters(name: &str, wanted: &[char]) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    wanted.iter().all(|c| letters.any(|other| other == *c))
}
