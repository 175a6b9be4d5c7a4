//! What is coloured how: `highlights.txt` has sources and below each its words with their captures. `BLESS=1` rewrites the answers.

use std::collections::BTreeMap;
use std::path::Path;

use tree_sitter::{Language, Parser, Query, QueryCursor, StreamingIterator};

#[test]
fn queries_fit_the_grammar() {
    let language: Language = tree_sitter_nostos::LANGUAGE.into();
    for (name, text) in [
        ("highlights", tree_sitter_nostos::HIGHLIGHTS_QUERY),
        ("locals", tree_sitter_nostos::LOCALS_QUERY),
        ("tags", tree_sitter_nostos::TAGS_QUERY),
        ("indents", tree_sitter_nostos::INDENTS_QUERY),
        ("folds", tree_sitter_nostos::FOLDS_QUERY),
        ("textobjects", tree_sitter_nostos::TEXTOBJECTS_QUERY),
    ] {
        if let Err(error) = Query::new(&language, text) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn captures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/highlights.txt");
    let file = std::fs::read_to_string(&path).unwrap();
    let mut blessed = String::new();
    for case in file
        .split("\n=== ")
        .map(|case| case.strip_prefix("=== ").unwrap_or(case))
    {
        let (title, rest) = case.split_once('\n').unwrap();
        let source = rest.split_once("\n---").map_or(rest, |(source, _)| source);
        blessed += &format!("=== {title}\n{source}\n---\n{}\n", capture_list(source));
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &blessed).unwrap();
    } else {
        assert!(
            blessed.trim_end() == file.trim_end(),
            "captures have changed (BLESS=1 rewrites the answers):\n{blessed}"
        );
    }
}

/// `text capture`, one line per node that is coloured, punctuation left out. The last pattern wins.
fn capture_list(source: &str) -> String {
    let language: Language = tree_sitter_nostos::LANGUAGE.into();
    let mut parser = Parser::new();
    parser.set_language(&language).unwrap();
    let tree = parser.parse(source, None).unwrap();
    assert!(
        !tree.root_node().has_error(),
        "{source}\n{}",
        tree.root_node().to_sexp()
    );
    let query = Query::new(&language, tree_sitter_nostos::HIGHLIGHTS_QUERY).unwrap();
    let mut cursor = QueryCursor::new();
    let mut best: BTreeMap<(usize, usize), (usize, u32)> = BTreeMap::new();
    let mut captures = cursor.captures(&query, tree.root_node(), source.as_bytes());
    while let Some((found, index)) = captures.next() {
        let capture = found.captures()[*index];
        let entry = best
            .entry((capture.node.start_byte(), capture.node.end_byte()))
            .or_default();
        *entry = (*entry).max((found.pattern_index, capture.index));
    }
    let mut out = String::new();
    for ((start, end), (_, index)) in best {
        let name = query.capture_names()[index as usize];
        if !name.starts_with("punctuation") {
            out += &format!("{} {name}\n", source[start..end].replace('\n', " "));
        }
    }
    out
}
