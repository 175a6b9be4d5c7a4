//! The Nostos grammar for tree-sitter, as a Rust crate: the generated parser and the queries for editors.
//! The parser is made from `grammar.js` by `tree-sitter generate --js-runtime native` and committed.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_nostos() -> *const ();
}

/// The language, for `tree_sitter::Parser::set_language`.
// SAFETY: the generated function returns a pointer to a constant that lives as long as the program.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_nostos) };

/// What the nodes are and which fields they have, as JSON.
pub const NODE_TYPES: &str = include_str!("node-types.json");

/// Colours.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../queries/highlights.scm");

/// Scopes, definitions and references of local names.
pub const LOCALS_QUERY: &str = include_str!("../queries/locals.scm");

/// Definitions and references by name.
pub const TAGS_QUERY: &str = include_str!("../queries/tags.scm");

/// Where lines are indented.
pub const INDENTS_QUERY: &str = include_str!("../queries/indents.scm");

/// What may be folded.
pub const FOLDS_QUERY: &str = include_str!("../queries/folds.scm");

/// Functions, types, parameters and comments to select.
pub const TEXTOBJECTS_QUERY: &str = include_str!("../queries/textobjects.scm");
