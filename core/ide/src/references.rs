//! Where a name is used, and giving it another.
//!
//! A rename is tried on a copy of the project before it is told: it counts only if the same places mean the same thing afterwards.

use crate::ask::{Ask, ends, word_at};
use crate::names::{Names, Symbol};
use crate::{Analysis, Place, Position, Severity};
use nostos_check::ty::FileId;
use nostos_syntax::ast;
use nostos_syntax::{Kind, LineIndex, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(crate) const NOTHING: &str = "there is no name of the program here";

/// A name that can be renamed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Renaming {
    /// Where it stands.
    pub range: Range<Position>,
    /// The name.
    pub name: String,
}

/// A change of text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Edit {
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// A place that refers to a symbol.
struct Use {
    file: FileId,
    range: Range<u32>,
    /// A field pattern without a pattern, `{x}`: a field and a local at once.
    short: bool,
    definition: bool,
}

/// Edits by file, in bytes: from, to, new text, and where in that the name is.
type Edits = BTreeMap<FileId, Vec<(Range<u32>, String, u32)>>;

impl Ask<'_> {
    fn symbols_at(&self, file: FileId, at: Position) -> Option<(Range<u32>, String, Vec<Symbol>)> {
        let offset = self.offset(file, at)?;
        let mut names = Names::new(self, file)?;
        let parse = names.parse.clone();
        let token = word_at(&parse, offset)?;
        let found = names.resolve(token);
        (!found.is_empty()).then(|| (ends(token), token.text().to_owned(), found))
    }

    /// Where the name at a place is defined.
    pub fn definition(&self, file: FileId, at: Position) -> Option<Place> {
        let (_, _, found) = self.symbols_at(file, at)?;
        let mut places = found.iter().filter_map(|symbol| self.place_of(symbol));
        let (file, range) = places.next()?;
        Some(self.place(file, &range))
    }

    /// All uses of any of the symbols, in files and order.
    fn uses(&self, wanted: &[Symbol], files: &[FileId]) -> Vec<Use> {
        let places: Vec<(FileId, Range<u32>)> = wanted
            .iter()
            .filter_map(|symbol| self.place_of(symbol))
            .collect();
        let mut words: BTreeSet<String> = BTreeSet::new();
        for (file, range) in &places {
            let text = self.db.text(*file);
            words.extend(
                text.get(range.start as usize..range.end as usize)
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned),
            );
        }
        for symbol in wanted {
            if let Symbol::Module(id) = symbol {
                use nostos_check::db::Db as _;
                let path = self.db.ids().module_path(*id);
                words.extend(path.rsplit('.').next().map(str::to_owned));
            }
        }
        // What a `use` calls otherwise.
        for file in files {
            let Some(parse) = self.parse(*file) else {
                continue;
            };
            for node in parse.tree().root().child_nodes() {
                let Some(decl) = ast::UseDecl::cast(node) else {
                    continue;
                };
                let whole = decl
                    .path()
                    .and_then(|path| path.segments().last())
                    .map(|last| (Some(last), decl.alias()));
                let names = decl.names().map(|name| (name.name(), name.alias()));
                for (name, alias) in whole.into_iter().chain(names) {
                    if let (Some(name), Some(alias)) = (name, alias)
                        && words.contains(name.text())
                    {
                        words.insert(alias.text().to_owned());
                    }
                }
            }
        }
        let mut out = Vec::new();
        for file in files {
            let text = self.db.text(*file);
            if !words.iter().any(|word| text.contains(word.as_str())) {
                continue;
            }
            let Some(mut names) = Names::new(self, *file) else {
                continue;
            };
            let parse = names.parse.clone();
            for token in parse.tree().tokens() {
                if !words.contains(token.text()) {
                    continue;
                }
                let found = names.resolve(token);
                if found.iter().any(|symbol| wanted.contains(symbol)) {
                    let range = ends(token);
                    out.push(Use {
                        file: *file,
                        short: token.parent().is_some_and(|parent| {
                            ast::FieldPat::cast(parent).is_some_and(|f| f.pattern().is_none())
                        }),
                        definition: places.contains(&(*file, range.clone())),
                        range,
                    });
                }
            }
        }
        out
    }

    pub fn references(&self, file: FileId, at: Position, definition: bool) -> Option<Vec<Place>> {
        let (_, _, wanted) = self.symbols_at(file, at)?;
        let found = self.uses(&wanted, &self.files());
        let found = found.iter().filter(|found| definition || !found.definition);
        Some(
            found
                .map(|found| self.place(found.file, &found.range))
                .collect(),
        )
    }

    pub fn highlight(&self, file: FileId, at: Position) -> Option<Vec<Range<Position>>> {
        let (_, _, wanted) = self.symbols_at(file, at)?;
        let found = self.uses(&wanted, &[file]);
        Some(
            found
                .iter()
                .map(|found| self.range(file, &found.range))
                .collect(),
        )
    }

    pub fn prepare_rename(&self, file: FileId, at: Position) -> Result<Renaming, String> {
        let (range, name, _) = self.renamed(file, at)?;
        Ok(Renaming {
            range: self.range(file, &range),
            name,
        })
    }

    /// The name at a place and what it refers to, if that can have another name.
    fn renamed(
        &self,
        file: FileId,
        at: Position,
    ) -> Result<(Range<u32>, String, Vec<Symbol>), String> {
        let (range, name, mut wanted) = self
            .symbols_at(file, at)
            .ok_or_else(|| NOTHING.to_owned())?;
        // Of a field's name that binds a local, it is the local that people mean.
        if let [Symbol::Field(..), Symbol::Local(..)] = wanted.as_slice() {
            wanted.remove(0);
        }
        for symbol in &wanted {
            let Some((place, there)) = self.place_of(symbol) else {
                return Err(NOTHING.to_owned());
            };
            if self.is_library(place) {
                return Err(format!("`{name}` belongs to the library"));
            }
            let text = self.db.text(place);
            let defined = &text[there.start as usize..there.end as usize];
            if matches!(symbol, Symbol::Module(_)) && there.is_empty() {
                let path = self.db.path(place);
                return Err(format!(
                    "the module `{name}` is the file `{path}`: rename the file"
                ));
            }
            if defined != name {
                return Err(format!("`{name}` is what a `use` calls `{defined}` here"));
            }
            if let Symbol::Fn(id) = symbol {
                if nostos_check::query::main_fn(self.db) == Some(*id) {
                    return Err("the program starts with `main`".to_owned());
                }
                if self.is_macro(*id) {
                    return Err(format!(
                        "`{name}` is a macro, whose uses may be in what other macros make"
                    ));
                }
            }
        }
        Ok((range, name, wanted))
    }

    /// The edits of a rename, and where the name is meant afterwards.
    fn renaming(
        &self,
        file: FileId,
        at: Position,
        new: &str,
    ) -> Result<(Edits, Vec<(FileId, u32)>), String> {
        let (_, name, wanted) = self.renamed(file, at)?;
        allowed(&name, new)?;
        let files = self.files();
        let field = matches!(wanted.as_slice(), [Symbol::Field(..)]);
        self.understood(&name, &wanted, &files)?;
        let mut edits = Edits::new();
        let mut meant = Vec::new();
        for found in self.uses(&wanted, &files) {
            let text = self.db.text(found.file);
            let here = &text[found.range.start as usize..found.range.end as usize];
            if here != name {
                meant.push((found.file, found.range.start));
                continue;
            }
            let (text, inner) = match (found.short, field) {
                (false, _) => (new.to_owned(), 0),
                (true, true) => (format!("{new}: {name}"), 0),
                (true, false) => (format!("{name}: {new}"), name.len() as u32 + 2),
            };
            edits
                .entry(found.file)
                .or_default()
                .push((found.range, text, inner));
        }
        Ok((edits, meant))
    }

    /// Refuses when a place with the name cannot be understood.
    fn understood(&self, name: &str, wanted: &[Symbol], files: &[FileId]) -> Result<(), String> {
        for file in files {
            if !self.db.text(*file).contains(name) {
                continue;
            }
            let Some(mut names) = Names::new(self, *file) else {
                continue;
            };
            let parse = names.parse.clone();
            for token in parse.tree().tokens().filter(|token| token.text() == name) {
                let is_name = matches!(token.kind(), Kind::Ident | Kind::UpperIdent);
                if !is_name {
                    continue;
                }
                let at = self.range(*file, &ends(token)).start.line + 1;
                let path = self.db.path(*file);
                let found = names.resolve(token);
                let other = found.iter().any(|symbol| !wanted.contains(symbol));
                if found.iter().any(|symbol| wanted.contains(symbol))
                    && other
                    && token
                        .parent()
                        .is_none_or(|parent| parent.kind() != Kind::FieldPat)
                {
                    return Err(format!(
                        "`{name}` stands for several things at {path}:{at}, which would need another name too"
                    ));
                }
                if found.is_empty() && in_quote(token) {
                    return Err(format!(
                        "`{name}` stands in a macro's quote at {path}:{at}, where it may mean this"
                    ));
                }
                if found.is_empty() && !names.sound_at(token.range().start) {
                    return Err(format!(
                        "there is an error around {path}:{at}, so it is not known whether `{name}` means this there"
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Analysis {
    pub(crate) fn checked_rename(
        &self,
        path: &str,
        at: Position,
        new: &str,
    ) -> Result<Vec<Edit>, String> {
        let found = self.ask(path, |ask, file| Some(ask.renaming(file, at, new)));
        let (edits, unchanged) = found.unwrap_or_else(|| Err(NOTHING.to_owned()))?;
        let mut after = match &self.expander {
            Some(expander) => Analysis::with_macros(expander.clone()),
            None => Analysis::new(),
        };
        let ask = Ask { db: &self.db };
        // Where the name has to be meant: path and place in the new text.
        let mut meant: BTreeSet<(String, Position)> = BTreeSet::new();
        let mut probe = None;
        for file in ask.files() {
            let (text, path) = (self.db.text(file), self.db.path(file));
            let none = Vec::new();
            let own = edits.get(&file).unwrap_or(&none);
            let (mut out, mut from) = (String::new(), 0);
            let mut names = Vec::new();
            let mut kept = unchanged.iter().filter(|(of, _)| *of == file).peekable();
            for (range, new_text, inner) in own {
                while let Some((_, start)) = kept.next_if(|(_, start)| *start < range.start) {
                    names.push(out.len() as u32 + (start - from));
                }
                out += &text[from as usize..range.start as usize];
                names.push(out.len() as u32 + inner);
                out += new_text;
                from = range.end;
            }
            for (_, start) in kept {
                names.push(out.len() as u32 + (start - from));
            }
            out += &text[from as usize..];
            let index = LineIndex::new(&out);
            for name in names {
                let at = crate::position(&index, name);
                probe.get_or_insert((path.to_string(), at));
                meant.insert((path.to_string(), at));
            }
            after.set_file(&path, &out);
        }
        let errors = |analysis: &Analysis, path: &str| -> Vec<String> {
            let found = analysis.diagnostics(path);
            let errors = found
                .iter()
                .filter(|found| found.severity == Severity::Error);
            errors.map(|error| error.message.clone()).collect()
        };
        for file in ask.files() {
            let path = self.db.path(file);
            let (before, now) = (errors(self, &path), errors(&after, &path));
            if now.len() > before.len() {
                let new_one = now.iter().find(|message| !before.contains(message));
                let why = new_one.or(now.last()).map_or("", String::as_str);
                return Err(format!(
                    "with the name `{new}` the program has an error: {why}"
                ));
            }
        }
        let there = probe.map_or_else(Vec::new, |(path, at)| after.references(&path, at, true));
        let there: BTreeSet<(String, Position)> = there
            .into_iter()
            .map(|place| (place.path, place.range.start))
            .collect();
        if there != meant {
            let odd = there.symmetric_difference(&meant).next();
            let odd = odd.map_or_else(String::new, |(path, at)| {
                format!(": see {path}:{}", at.line + 1)
            });
            return Err(format!(
                "`{new}` means something else already where this is used{odd}"
            ));
        }
        let mut out = Vec::new();
        for (file, own) in &edits {
            for (range, text, _) in own {
                out.push(Edit {
                    place: ask.place(*file, range),
                    text: text.clone(),
                });
            }
        }
        Ok(out)
    }
}

fn in_quote(token: Node<'_>) -> bool {
    token.ancestors().any(|node| node.kind() == Kind::QuoteExpr)
}

/// Whether a name can become another.
fn allowed(old: &str, new: &str) -> Result<(), String> {
    if old == new {
        return Err(format!("it is called `{old}` already"));
    }
    let parse = nostos_syntax::parse_as(new, nostos_syntax::Entry::Statements);
    let token = parse.tree().tokens().next();
    let kind = token.filter(|token| token.text() == new).map(Node::kind);
    let upper = |name: &str| name.starts_with(char::is_uppercase);
    match kind {
        Some(kind) if kind.is_keyword() => Err(format!("`{new}` is a word of the language")),
        Some(Kind::Ident | Kind::UpperIdent) if new != "_" => match (upper(old), upper(new)) {
            (true, false) => Err(format!(
                "`{new}` begins with a small letter: types, constructors, traits and constants begin with a capital"
            )),
            (false, true) => Err(format!(
                "`{new}` begins with a capital: values, functions and fields begin with a small letter"
            )),
            _ => Ok(()),
        },
        _ => Err(format!("`{new}` is no name")),
    }
}
