//! The front door: a text to a [`Parse`].

use std::fmt;
use std::sync::Arc;

use crate::ast::{Block, SourceFile};
use crate::error::SyntaxError;
use crate::parser::{self, Entry};
use crate::tree::Tree;
use crate::{ast, lexer};

/// A parsed text. Cheap to clone; equal when the texts are, because the tree is a function of the text.
#[derive(Clone)]
pub struct Parse {
    inner: Arc<Inner>,
}

struct Inner {
    entry: Entry,
    marked: bool,
    tree: Tree,
    errors: Vec<SyntaxError>,
}

/// Parses the text of a file. Never fails: what is wrong is in [`Parse::errors`], and the tree has all the text.
/// Texts are below 4 GiB.
pub fn parse(text: &str) -> Parse {
    parse_as(text, Entry::File)
}

/// Parses a text as a file or as statements.
pub fn parse_as(text: &str, entry: Entry) -> Parse {
    parse_text(text, entry, false)
}

/// Parses what a macro made, whose names may carry marks (see [`crate::MARK`]).
pub fn parse_expansion(text: &str, entry: Entry) -> Parse {
    parse_text(text, entry, true)
}

fn parse_text(text: &str, entry: Entry, marked: bool) -> Parse {
    assert!(
        u32::try_from(text.len()).is_ok(),
        "a source text has fewer than 2^32 bytes"
    );
    let lexed = lexer::lex(text, marked);
    let mut errors = lexed.errors;
    let tree = parser::parse(text, &lexed.tokens, entry, &mut errors);
    errors.sort_by_key(|error| error.range);
    Parse {
        inner: Arc::new(Inner {
            entry,
            marked,
            tree,
            errors,
        }),
    }
}

impl Parse {
    /// The lossless tree.
    pub fn tree(&self) -> &Tree {
        &self.inner.tree
    }

    /// All mistakes, in the order of the text.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.inner.errors
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        self.tree().text()
    }

    /// The view of the whole file.
    pub fn file(&self) -> SourceFile<'_> {
        SourceFile::cast(self.tree().root()).expect("the root is a file")
    }

    /// The statements of a text parsed with [`Entry::Statements`].
    pub fn statements(&self) -> Option<Block<'_>> {
        ast::one(self.tree().root())
    }
}

impl PartialEq for Parse {
    fn eq(&self, other: &Parse) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
            || (self.inner.entry == other.inner.entry
                && self.inner.marked == other.inner.marked
                && self.text() == other.text())
    }
}

impl Eq for Parse {}

impl fmt::Debug for Parse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parse")
            .field("bytes", &self.text().len())
            .field("errors", &self.errors())
            .finish()
    }
}

const _: fn() = || {
    fn shareable<T: Send + Sync + 'static>() {}
    shareable::<Parse>();
};
