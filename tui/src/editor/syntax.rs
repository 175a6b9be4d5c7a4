//! Colours of source text: the syntax tree of one document and what to paint from it.
//!
//! The tree is parsed elsewhere (a worker); here it is shifted along with each edit, so that colours stay where they belong until
//! the new tree is there, and later edits are replayed on it. Terminal colours are absent: the answer is a [`Role`].

use ropey::Rope;
use tree_sitter::{
    InputEdit, ParseOptions, Parser, Query, QueryCursor, StreamingIterator, TextProvider, Tree,
};

/// What a piece of source text is, for the theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Role {
    /// A word of the language.
    Keyword,
    /// A function's name.
    Function,
    /// A type.
    Type,
    /// A constructor of a variant.
    Constructor,
    /// Text literals.
    Text,
    /// Escapes and the marks of interpolation.
    Escape,
    /// Numbers, characters, atoms, booleans.
    Number,
    /// Comments.
    Comment,
    /// Operators.
    Operator,
    /// Brackets and commas.
    Punctuation,
    /// Parameters.
    Parameter,
    /// Fields.
    Property,
    /// Modules.
    Module,
    /// Everything else.
    Plain,
}

/// A grammar with its highlighting query, ready for use by any thread.
pub struct Language {
    grammar: tree_sitter::Language,
    query: Query,
    roles: Vec<Role>,
    /// Functions, types, parameters, comments.
    objects: Option<Query>,
    /// What can be folded.
    folds: Option<Query>,
    /// What is indented inside.
    indents: Option<Query>,
}

impl Language {
    /// Compiles the query; an error is a fault of the grammar's crate.
    pub fn new(grammar: tree_sitter::Language, query: &str) -> Result<Language, String> {
        let query = Query::new(&grammar, query).map_err(|e| e.to_string())?;
        let roles = query.capture_names().iter().map(|n| role(n)).collect();
        Ok(Language {
            grammar,
            query,
            roles,
            objects: None,
            folds: None,
            indents: None,
        })
    }

    /// With the query for indentation.
    pub fn with_indents(mut self, query: &str) -> Language {
        self.indents = Query::new(&self.grammar, query).ok();
        self
    }

    /// The row on which the innermost thing begins that is open at a byte and indented inside; `Some(None)` if nothing is. `None` where the
    /// text around is not whole, or there is no query.
    pub fn open_row(&self, tree: &Tree, text: &Rope, byte: usize) -> Option<Option<usize>> {
        let query = self.indents.as_ref()?;
        let index = query.capture_index_for_name("indent")?;
        let root = tree.root_node();
        let mut cursor = root.walk();
        let around = root
            .children(&mut cursor)
            .find(|c| c.start_byte() <= byte && byte <= c.end_byte());
        match around {
            Some(item) if item.has_error() => return None,
            None if root.has_error() => return None,
            _ => {}
        }
        let mut found: Option<(usize, usize)> = None;
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(byte.saturating_sub(1)..byte + 1);
        let mut matches = cursor.matches(query, root, RopeText(text));
        while let Some(one) = matches.next() {
            for c in one.captures().iter().filter(|c| c.index == index) {
                let (start, end) = (c.node.start_byte(), c.node.end_byte());
                if start < byte && byte < end && found.is_none_or(|(from, _)| from < start) {
                    found = Some((start, c.node.start_position().row));
                }
            }
        }
        Some(found.map(|(_, row)| row))
    }

    /// With the queries for text objects and folds; one that does not fit the grammar is left out.
    pub fn with_structure(mut self, objects: &str, folds: &str) -> Language {
        self.objects = Query::new(&self.grammar, objects).ok();
        self.folds = Query::new(&self.grammar, folds).ok();
        self
    }

    /// Extents in bytes of all objects of a capture that touch a byte range.
    pub fn objects(
        &self,
        tree: &Tree,
        text: &Rope,
        capture: &str,
        from: usize,
        to: usize,
    ) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        self.each_object(tree, text, capture, from, to, |o| {
            out.push(o);
            true
        });
        out
    }

    /// The first object of a capture that starts behind a byte.
    pub fn next_object(
        &self,
        tree: &Tree,
        text: &Rope,
        capture: &str,
        byte: usize,
    ) -> Option<(usize, usize)> {
        let mut found = None;
        self.each_object(tree, text, capture, byte, text.len_bytes(), |o| {
            if o.0 > byte {
                found = Some(o);
            }
            found.is_none()
        });
        found
    }

    fn each_object(
        &self,
        tree: &Tree,
        text: &Rope,
        capture: &str,
        from: usize,
        to: usize,
        mut each: impl FnMut((usize, usize)) -> bool,
    ) {
        let Some(query) = &self.objects else { return };
        let Some(index) = query.capture_index_for_name(capture) else {
            return;
        };
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(from..to);
        let mut matches = cursor.matches(query, tree.root_node(), RopeText(text));
        while let Some(found) = matches.next() {
            // Several nodes of one match (comments in a row) are one object.
            let nodes = found
                .captures()
                .iter()
                .filter(|c| c.index == index)
                .map(|c| c.node.byte_range());
            let extent = nodes.fold(None, |all: Option<(usize, usize)>, n| {
                Some(all.map_or((n.start, n.end), |(a, b)| (a.min(n.start), b.max(n.end))))
            });
            if extent.is_some_and(|e| !each(e)) {
                return;
            }
        }
    }

    /// Rows from and to of everything that can be folded and touches a byte range.
    pub fn folds(&self, tree: &Tree, text: &Rope, from: usize, to: usize) -> Vec<(usize, usize)> {
        let Some(query) = &self.folds else {
            return Vec::new();
        };
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(from..to);
        let mut out = Vec::new();
        let mut matches = cursor.matches(query, tree.root_node(), RopeText(text));
        while let Some(found) = matches.next() {
            for c in found.captures() {
                let (first, last) = (c.node.start_position().row, c.node.end_position());
                // A node that ends with a line break does not hold the next line.
                let last = if last.column == 0 {
                    last.row.saturating_sub(1)
                } else {
                    last.row
                };
                if last > first {
                    out.push((first, last));
                }
            }
        }
        out
    }

    /// A new tree for `text`, re-using what `old` (already shifted) still knows. `None` for texts above the size limit.
    pub fn parse(&self, text: &Rope, old: Option<&Tree>) -> Option<Tree> {
        const TOO_LARGE: usize = 20 << 20;
        if text.len_bytes() > TOO_LARGE {
            return None;
        }
        let mut parser = Parser::new();
        parser.set_language(&self.grammar).ok()?;
        let mut read = |byte: usize, _| -> &[u8] {
            if byte >= text.len_bytes() {
                return &[];
            }
            let (chunk, start, _, _) = text.chunk_at_byte(byte);
            &chunk.as_bytes()[byte - start..]
        };
        parser.parse_with_options(&mut read, old, Some(ParseOptions::new()))
    }

    /// What is in the byte range, in painting order: a later span covers an earlier one.
    pub fn spans(
        &self,
        tree: &Tree,
        text: &Rope,
        from: usize,
        to: usize,
    ) -> Vec<(usize, usize, Role)> {
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(from..to);
        let mut out = Vec::new();
        let mut captures = cursor.captures(&self.query, tree.root_node(), RopeText(text));
        while let Some((found, index)) = captures.next() {
            let capture = found.captures()[*index];
            out.push((
                capture.node.start_byte(),
                capture.node.end_byte(),
                self.roles[capture.index as usize],
            ));
        }
        out
    }
}

fn role(capture: &str) -> Role {
    match capture {
        "variable.parameter" => return Role::Parameter,
        "variable.member" | "variable.other.member" => return Role::Property,
        "string.escape" | "string.special" | "punctuation.special" | "escape" => {
            return Role::Escape;
        }
        "string.special.symbol" | "character" => return Role::Number,
        "type.enum.variant" => return Role::Constructor,
        "keyword.operator" => return Role::Operator,
        _ => {}
    }
    match capture.split('.').next().unwrap_or(capture) {
        "keyword" | "conditional" | "repeat" | "include" | "exception" => Role::Keyword,
        "function" | "method" => Role::Function,
        "type" | "trait" => Role::Type,
        "constructor" => Role::Constructor,
        "string" => Role::Text,
        "number" | "constant" | "boolean" | "float" => Role::Number,
        "comment" => Role::Comment,
        "operator" => Role::Operator,
        "punctuation" => Role::Punctuation,
        "property" | "field" => Role::Property,
        "module" | "namespace" => Role::Module,
        "attribute" | "label" => Role::Escape,
        _ => Role::Plain,
    }
}

struct RopeText<'a>(&'a Rope);

impl<'a> TextProvider<&'a [u8]> for RopeText<'a> {
    type I = std::iter::Map<ropey::iter::Chunks<'a>, fn(&'a str) -> &'a [u8]>;

    fn text(&mut self, node: tree_sitter::Node<'_>) -> Self::I {
        let end = node.end_byte().min(self.0.len_bytes());
        let start = node.start_byte().min(end);
        self.0.byte_slice(start..end).chunks().map(str::as_bytes)
    }
}

/// The tree of one document. Invariant: `tree` is shifted to the document's current text.
#[derive(Default)]
pub struct Syntax {
    tree: Option<Tree>,
    edits: Vec<(u64, InputEdit)>,
}

impl Syntax {
    /// The shifted tree.
    pub fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }

    /// Shifts the tree along an edit that makes `version`.
    pub fn edit(&mut self, version: u64, edit: InputEdit) {
        if let Some(tree) = &mut self.tree {
            tree.edit(&edit);
        }
        self.edits.push((version, edit));
    }

    /// Takes over the tree of `version` and replays what was edited since. Gives the old tree back: freeing a large one takes
    /// milliseconds, which is for another thread.
    pub fn install(&mut self, version: u64, mut tree: Tree) -> Option<Tree> {
        self.edits.retain(|(v, _)| *v > version);
        for (_, edit) in &self.edits {
            tree.edit(edit);
        }
        self.tree.replace(tree)
    }
}
