//! Two grammars, one language: what the compiler's parser accepts, this one accepts too.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path
                .file_name()
                .is_some_and(|name| name != "target" && name != ".git")
            {
                sources(&path, out);
            }
        } else if path.extension().is_some_and(|extension| extension == "nos") {
            out.push(path);
        }
    }
}

fn parser() -> tree_sitter::Parser {
    let mut parser = tree_sitter::Parser::new();
    parser
        .set_language(&tree_sitter_nostos::LANGUAGE.into())
        .expect("the parser's ABI is known to the library");
    parser
}

/// The first place that this grammar does not understand.
fn first_error(tree: &tree_sitter::Tree) -> Option<String> {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            let place = node.start_position();
            return Some(format!(
                "{}:{} {}",
                place.row + 1,
                place.column + 1,
                node.to_sexp()
            ));
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
        }
    }
}

#[test]
fn every_source_of_the_repository_parses_with_both() {
    let mut paths = Vec::new();
    sources(&root(), &mut paths);
    let mut parser = parser();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if !nostos_syntax::parse(&text).errors().is_empty() {
            continue;
        }
        seen += 1;
        let tree = parser.parse(&text, None).unwrap();
        if let Some(error) = first_error(&tree) {
            wrong.push(format!("{}:{error}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 20, "only {seen} sources found");
}

#[test]
fn every_case_of_the_parser_tests_parses_with_both() {
    let mut parser = parser();
    let mut wrong = Vec::new();
    for name in ["items", "exprs", "patterns", "types"] {
        let file =
            std::fs::read_to_string(root().join(format!("core/syntax/tests/trees/{name}.txt")))
                .unwrap();
        for case in file
            .split("\n=== ")
            .map(|case| case.strip_prefix("=== ").unwrap_or(case))
        {
            let (title, rest) = case.split_once('\n').unwrap();
            let (source, _) = rest.split_once("\n---\n").unwrap();
            let tree = parser.parse(source, None).unwrap();
            if let Some(error) = first_error(&tree) {
                wrong.push(format!("{name}: {title}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_sources_end_too() {
    let mut parser = parser();
    let nests = ["(", "[", "{", "\"${", "match x\n", "f() = {\n"].map(|open| open.repeat(2_000));
    for text in nests.iter().map(String::as_str).chain([
        "\"",
        "'",
        "#*",
        "#",
        "type T =",
        "type T =\n# c",
        "a\n# c\n",
        "\u{feff}a = 1\r\nb = 2\r\n",
    ]) {
        let tree = parser.parse(text, None).unwrap();
        assert_eq!(tree.root_node().end_byte(), text.len());
    }
}

#[test]
fn mutilated_sources_end_too() {
    let mut paths = Vec::new();
    sources(&root().join("core/syntax/tests/data"), &mut paths);
    paths.sort();
    let mut parser = parser();
    // xorshift: the same numbers on every run.
    let mut state = 99u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit.max(1) as u64) as usize
    };
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let characters: Vec<char> = text.chars().collect();
        for _ in 0..60 {
            let mut piece: Vec<char> = characters[below(characters.len())..]
                .iter()
                .copied()
                .take(800)
                .collect();
            for _ in 0..5 {
                let at = below(piece.len());
                let end = (at + below(12)).min(piece.len());
                let moved: Vec<char> = piece.drain(at..end).collect();
                let to = below(piece.len() + 1);
                piece.splice(to..to, moved);
            }
            let text: String = piece.into_iter().collect();
            let tree = parser.parse(&text, None).unwrap();
            assert_eq!(tree.root_node().end_byte(), text.len());
        }
    }
}
