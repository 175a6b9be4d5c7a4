//! The library's documentation: every public function says what it does, and `docs/language/library.md` lists them. `BLESS=1` rewrites that page.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::path::Path;

/// A public item: the module it is in, its first line, its documentation.
struct Item {
    module: String,
    head: String,
    doc: String,
}

/// The public items of a library file, in order, with what is not documented.
fn items_of(text: &str) -> (Vec<Item>, Vec<String>) {
    let (mut items, mut bare) = (Vec::new(), Vec::new());
    let (mut module, mut doc) = (String::new(), Vec::new());
    for line in text.lines() {
        let inner = line.trim_start();
        if let Some(said) = inner.strip_prefix("## ") {
            doc.push(said.to_string());
            continue;
        }
        if let Some(name) = line.strip_prefix("pub module ") {
            module = name.to_string();
        } else if line == "end" {
            module.clear();
        } else if let Some(item) = inner.strip_prefix("pub ") {
            let within = line.len() > inner.len();
            let head = head_of(item);
            if doc.is_empty() {
                bare.push(head.clone());
            }
            items.push(Item {
                module: if within {
                    module.clone()
                } else {
                    String::new()
                },
                head,
                doc: doc.join(" "),
            });
        }
        doc.clear();
    }
    (items, bare)
}

/// A definition without its body.
fn head_of(item: &str) -> String {
    let item = item.strip_prefix("extern ").unwrap_or(item);
    let ends = [" = ", " from \"nostos\""];
    let mut depth = 0;
    for (at, c) in item.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ' ' if depth == 0 && ends.iter().any(|end| item[at..].starts_with(end)) => {
                return shown(item, &item[..at]);
            }
            _ => {}
        }
    }
    shown(item, item.trim_end_matches([' ', '=', '{']))
}

/// Of a type, what it is made of is worth reading where programs make it themselves.
fn shown(item: &str, head: &str) -> String {
    let is_type = item.starts_with("type ") || item.starts_with("var type ");
    let own = head.rsplit(' ').next().unwrap_or_default();
    let own = own.split('[').next().unwrap_or_default();
    let hidden = item.contains(&format!("= {own} {{")) || item.contains("private ");
    if is_type && !hidden && !item.ends_with('{') {
        return item.to_string();
    }
    head.to_string()
}

fn page() -> (String, Vec<String>) {
    let mut out = String::from(
        "# The library\n\nMade from the documentation comments of `std/`. Everything here is visible without `use`, and is also a method on its first argument: \
         `length(xs)`, `xs.length()`, `List.length(xs)`. What stands under a module is written with its name: `File.readAll(path)`. \
         Calls that wait park the process, never the worker. What is only called by syntax or derived code is left out.\n",
    );
    let mut missing = Vec::new();
    for (path, text) in nostos_std::FILES {
        let (items, bare) = items_of(text);
        missing.extend(bare.into_iter().map(|item| format!("{path}: {item}")));
        let about = text.lines().next().unwrap_or_default();
        let name = path.trim_start_matches("std/").trim_end_matches(".nos");
        let _ = write!(out, "\n## {name}\n\n{}\n\n", about.trim_start_matches("# "));
        for item in items {
            let Item { module, head, doc } = item;
            if head.starts_with("json")
                && (head.starts_with("jsonOf")
                    || head.starts_with("jsonTo") && !head.starts_with("jsonToType"))
            {
                continue;
            }
            let dot = if module.is_empty() { "" } else { "." };
            let _ = writeln!(out, "* `{module}{dot}{head}`: {doc}");
        }
    }
    (out, missing)
}

#[test]
fn every_public_item_is_documented() {
    let (_, missing) = page();
    assert!(missing.is_empty(), "without `##`:\n{}", missing.join("\n"));
}

#[test]
fn the_page_is_made_of_the_comments() {
    let (made, _) = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language/library.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &made).expect("the page can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        made == there,
        "docs/language/library.md is not what std/ says; `BLESS=1 cargo test -p nostos-tests --test library` writes it"
    );
}

#[test]
fn no_function_of_the_library_is_inferred_with_another() {
    // The checker does not look for groups in the library: to annotate is all it takes.
    use nostos_check::query::{self, Database, Origin};
    let mut db = Database::new();
    let mut files = Vec::new();
    for (path, text) in nostos_std::FILES {
        files.push(db.set_file(path, text, Origin::Std));
    }
    let functions = files
        .iter()
        .flat_map(|file| query::functions_of_file(&db, *file));
    let silent: Vec<String> = functions
        .filter(|id| query::inferred_from(&db, *id).is_some_and(|from| !from.is_empty()))
        .map(|id| query::fn_def(&db, id).name.to_string())
        .collect();
    assert_eq!(silent, Vec::<String>::new(), "to be annotated");
}
