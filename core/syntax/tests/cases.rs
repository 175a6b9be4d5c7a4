//! Questions and answers in one file. `tests/trees/*.txt` ask for trees, `tests/errors/*.txt` for errors; in each a case is
//! a line `=== name`, the source, a line `---`, the answer. `BLESS=1` rewrites the answers.
#![forbid(unsafe_code)]

use std::path::Path;

use nostos_syntax::{Kind, LineIndex, Node, Parse};

#[test]
fn trees() {
    check_folder("trees", |parse| {
        let mut out = String::new();
        for child in parse.tree().root().child_nodes() {
            outline(child, &mut out);
            out.push('\n');
        }
        out + &errors(parse)
    });
}

#[test]
fn messages() {
    check_folder("errors", errors);
}

/// One line per child: nodes in parentheses with their kinds, tokens as they are, brackets and commas left out.
fn outline(node: Node<'_>, out: &mut String) {
    let kind = node.kind();
    if kind.is_token() {
        if !matches!(
            kind,
            Kind::LParen
                | Kind::RParen
                | Kind::LBracket
                | Kind::RBracket
                | Kind::LBrace
                | Kind::RBrace
                | Kind::Comma
                | Kind::Semicolon
        ) {
            out.push(' ');
            out.push_str(
                &node
                    .text()
                    .escape_debug()
                    .to_string()
                    .replace("\\\"", "\"")
                    .replace("\\'", "'"),
            );
        }
        return;
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push(' ');
    }
    out.push('(');
    let name = format!("{kind:?}");
    let short = name
        .strip_suffix("Expr")
        .filter(|short| !short.is_empty() && *short != "Item")
        .unwrap_or(&name);
    out.push_str(short);
    for child in node.children().filter(|child| !child.kind().is_trivia()) {
        outline(child, out);
    }
    out.push(')');
}

/// `line:column-line:column message`, from 1, ends excluded; hints on lines of their own.
fn errors(parse: &Parse) -> String {
    let index = LineIndex::new(parse.text());
    let mut out = String::new();
    for error in parse.errors() {
        let (start, end) = (
            index.line_col(error.range.start),
            index.line_col(error.range.end),
        );
        out += &format!(
            "{}:{}-{}:{} {}\n",
            start.line + 1,
            start.col + 1,
            end.line + 1,
            end.col + 1,
            error.message
        );
        if let Some(hint) = &error.hint {
            out += &format!("    hint: {hint}\n");
        }
    }
    out
}

fn check_folder(name: &str, answer: impl Fn(&Parse) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name);
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = std::fs::read_to_string(&path).unwrap();
        let mut blessed = String::new();
        for case in file
            .split("\n=== ")
            .map(|case| case.strip_prefix("=== ").unwrap_or(case))
        {
            let (title, rest) = case
                .split_once('\n')
                .expect("a case has a name and a source");
            let (source, expected) = rest
                .split_once("\n---\n")
                .or(rest.split_once("\n---"))
                .unwrap_or((rest, ""));
            let parse = nostos_syntax::parse(source);
            let text: String = parse.tree().tokens().map(|token| token.text()).collect();
            assert_eq!(text, source, "{title}: the tree has all the text");
            let actual = answer(&parse);
            if actual.trim_end() != expected.trim_end() {
                wrong.push(format!(
                    "{}: {title}\n{source}\nexpected:\n{}\nfound:\n{actual}",
                    path.display(),
                    expected.trim_end()
                ));
            }
            blessed += &format!("=== {title}\n{source}\n---\n{actual}\n");
            seen += 1;
        }
        if bless {
            std::fs::write(&path, blessed).unwrap();
        }
    }
    assert!(seen > 0, "no cases in tests/{name}");
    assert!(
        bless || wrong.is_empty(),
        "{}\n(BLESS=1 rewrites the answers)",
        wrong.join("\n")
    );
}
