//! Any text parses: nothing is lost, nothing panics, nothing overflows, whatever is in it.
#![forbid(unsafe_code)]

use std::path::Path;

use nostos_syntax::ast;
use nostos_syntax::{Entry, Parse, parse, parse_as};

fn samples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// What holds for every text.
fn check(text: &str) -> Parse {
    let parse = parse(text);
    let tree = parse.tree();
    let mut end = 0;
    let mut back = String::with_capacity(text.len());
    for token in tree.tokens() {
        assert_eq!(token.range().start, end, "tokens have no gaps");
        end = token.range().end;
        back.push_str(token.text());
    }
    assert_eq!(back, text);
    for node in tree.root().descendants() {
        if let Some(parent) = node.parent() {
            assert!(
                parent.range().covers(node.range()),
                "{parent:?} covers {node:?}"
            );
        }
    }
    for error in parse.errors() {
        assert!(error.range.end as usize <= text.len());
        assert!(
            text.is_char_boundary(error.range.start as usize)
                && text.is_char_boundary(error.range.end as usize)
        );
    }
    walk(&parse);
    parse
}

/// Views of broken trees answer too.
fn walk(parse: &Parse) {
    let mut seen = 0;
    for node in parse
        .tree()
        .root()
        .child_nodes()
        .flat_map(|item| item.descendants())
    {
        if let Some(item) = ast::Item::cast(node) {
            seen += item.decorators().count()
                + usize::from(item.name().is_some() && item.doc().is_some());
        }
        seen += match ast::Expr::cast(node) {
            Some(ast::Expr::Call(call)) => {
                let args = call.args().filter(|arg| arg.value().is_some()).count();
                args + usize::from(call.callee().is_some())
            }
            Some(ast::Expr::Binary(binary)) => usize::from(
                binary.lhs().is_some() && binary.op().is_some() && binary.rhs().is_some(),
            ),
            Some(ast::Expr::If(parts)) => {
                usize::from(parts.condition().is_some() && parts.then_branch().is_some())
            }
            Some(ast::Expr::Literal(literal)) => usize::from(literal.value().is_some()),
            Some(ast::Expr::String(string)) => {
                string.parts().count() + string.plain_value().map_or(0, |text| text.len())
            }
            Some(ast::Expr::Lambda(lambda)) => {
                lambda.params().count() + usize::from(lambda.body().is_some())
            }
            Some(ast::Expr::For(head)) => {
                usize::from(head.pattern().is_some() && head.body().is_some())
            }
            Some(expr) => expr.node().tokens().count(),
            None => 0,
        };
        if let Some(pattern) = ast::Pat::cast(node) {
            seen += pattern
                .node()
                .child_nodes()
                .filter_map(ast::Pat::cast)
                .count();
        }
    }
    assert!(
        seen <= 20 * parse.text().len(),
        "views do not invent children"
    );
}

/// xorshift: the same numbers on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

#[test]
fn truncated_samples() {
    for text in samples() {
        let mut random = Random(text.len() as u64 + 1);
        for _ in 0..150 {
            let mut at = random.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            check(&text[..at]);
            check(&text[at..]);
        }
    }
}

#[test]
fn mutated_samples() {
    const PIECES: &[&str] = &[
        "\"",
        "'",
        "${",
        "}",
        "{",
        "(",
        ")",
        "[",
        "]",
        "#*",
        "*#",
        "#{",
        "%{",
        "end",
        "match ",
        "\n",
        "=",
        "->",
        "=>",
        "|",
        ",",
        ":",
        "..",
        "~",
        "@",
        "when ",
        "if ",
        "else ",
        "try ",
        "catch ",
        "\\",
        "ä",
        "type ",
        "receive ",
        "0x",
        "\n\nf(x) = ",
        "&",
        "\r\n",
        "\u{0}",
    ];
    let samples = samples();
    let mut random = Random(42);
    for round in 0..1500 {
        let text = &samples[round % samples.len()];
        // A window keeps a round short; mistakes are local anyway.
        let mut characters: Vec<char> = text.chars().collect();
        let start = random.below(characters.len());
        characters = characters[start..(start + 600).min(characters.len())].to_vec();
        for _ in 0..1 + random.below(6) {
            let at = random.below(characters.len() + 1);
            match random.below(4) {
                0 if at < characters.len() => drop(characters.remove(at)),
                1 => {
                    let piece = PIECES[random.below(PIECES.len())];
                    characters.splice(at..at, piece.chars());
                }
                2 => {
                    let end = (at + random.below(20)).min(characters.len());
                    characters.drain(at..end);
                }
                _ => {
                    let from = random.below(characters.len());
                    let end = (from + random.below(30)).min(characters.len());
                    let copy = characters[from..end].to_vec();
                    characters.splice(at..at, copy);
                }
            }
        }
        check(&characters.into_iter().collect::<String>());
    }
}

#[test]
fn random_tokens() {
    const WORDS: &[&str] = &[
        "f", "X", "1", "\"a\"", "'c'", ":a", "(", ")", "[", "]", "{", "}", "%{", "#{", ",", ";",
        "\n", "\n", " ", "=", "->", "=>", "<-", "|", "|>", "::", ":", ".", "..", "+", "-", "~",
        "@", "^", "?", "!", "if", "then", "else", "match", "receive", "after", "try", "catch",
        "finally", "end", "do", "while", "for", "in", "to", "type", "trait", "module", "use",
        "pub", "private", "spawn", "quote", "test", "macro", "template", "extern", "from", "when",
        "var", "const", "mvar", "return", "break", "async", "self", "Self", "_", "\"${", "}\"",
        "unsafe",
    ];
    let mut random = Random(7);
    for _ in 0..3000 {
        let text: String = (0..random.below(40))
            .map(|_| format!("{} ", WORDS[random.below(WORDS.len())]))
            .collect();
        check(&text);
        check(&format!("f() = {{ {text} }}"));
        assert_eq!(parse_as(&text, Entry::Statements).text(), text);
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_more() {
    let n = 10_000;
    let nests: &[(&str, &str, &str)] = &[
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("#{", "1", "}"),
        ("%{1: ", "1", "}"),
        ("f(", "1", ")"),
        ("x => ", "1", ""),
        ("-", "1", ""),
        ("~", "x", ""),
        ("if a then ", "1", ""),
        ("if a { ", "1", " }"),
        ("do ", "1", " end"),
        ("match x { _ -> ", "1", " }"),
        ("try { ", "1", " } catch { e -> 2 }"),
        ("\"${", "1", "}\""),
        ("a = ", "1", ""),
        ("a :: ", "b", ""),
        ("a ** ", "b", ""),
        ("return ", "1", ""),
        ("async ", "f", ""),
        ("quote { ", "1", " }"),
    ];
    for (open, middle, close) in nests {
        let text = format!(
            "f() = {}{middle}{}\ng() = 1\n",
            open.repeat(n),
            close.repeat(n)
        );
        let parse = check(&text);
        assert!(
            parse
                .errors()
                .iter()
                .any(|error| error.message == "nested too deeply"),
            "{open}: {:?}",
            parse.errors()
        );
        assert_eq!(parse.errors().len(), 1, "{open}: {:?}", parse.errors());
        let last = parse.file().items().last().and_then(|item| item.name());
        assert_eq!(last.map(|name| name.text()), Some("g"), "{open}");
    }
    let others: &[(&str, &str, &str)] = &[
        ("f(", "x", ") = 1"),
        ("f(a: ", "X", ") = 1"),
        ("type T = ", "A", ""),
        ("module M\n", "", "\nend"),
    ];
    for (before, middle, after) in others {
        for (open, close) in [("(", ")"), ("[", "]"), ("Some(", ")"), ("A -> ", "")] {
            check(&format!(
                "{before}{}{middle}{}{after}\n",
                open.repeat(n),
                close.repeat(n)
            ));
        }
    }
    check(&"module M\n".repeat(n));
    check(&"(".repeat(n));
    check(&")".repeat(n));
    check(&"([{".repeat(n));
    check(&"\"${".repeat(n));
    check(&"\"${\n".repeat(n));
    check(&"'".repeat(n));
    check(&"\"\n".repeat(n));
    check(&"\"\na\"b".repeat(n));
    check(&"f(x".repeat(n));
    check(&"f() = match x\n".repeat(n));
}

#[test]
fn long_chains_are_fine_up_to_a_limit() {
    let accepted = [
        format!("f() = {}1\n", "1 + ".repeat(3_000)),
        format!("f() = x{}\n", ".g(1)".repeat(3_000)),
        format!("f(n) = {}0\n", "if n == 1 then 2 else ".repeat(2_000)),
        format!("f(n) = match n {{\n{}}}\n", "  1 -> 2\n".repeat(5_000)),
        format!("f() = [{}]\n", "1, ".repeat(100_000)),
        format!("type T = {}Z\n", "A | ".repeat(500)),
        format!("type T = {{ {} }}\n", "a: Int, ".repeat(2_000)),
    ];
    for text in accepted {
        assert_eq!(check(&text).errors(), [], "{}", &text[..30]);
    }
    for text in [
        format!("f() = {}1\n", "1 + ".repeat(20_000)),
        format!("f() = x{}\n", ".g".repeat(20_000)),
    ] {
        let parse = check(&text);
        assert_eq!(parse.errors().len(), 1);
        assert_eq!(parse.errors()[0].message, "nested too deeply");
        assert!(
            parse
                .tree()
                .root()
                .descendants()
                .step_by(100)
                .all(|node| node.ancestors().count() <= 4001)
        );
    }
}

#[test]
fn five_megabytes() {
    let unit = samples().concat();
    let text = unit.repeat(5_000_000 / unit.len() + 1);
    let parse = parse(&text);
    assert_eq!(parse.errors(), []);
    assert_eq!(
        parse
            .tree()
            .tokens()
            .map(|token| token.range().len() as usize)
            .sum::<usize>(),
        text.len()
    );
    // The same with a mistake at the start, which must not make every later line dear.
    let parse = nostos_syntax::parse(&format!("f() = \"open\ng() = (\n{text}"));
    assert!(!parse.errors().is_empty());
}

#[test]
fn equality_is_that_of_texts() {
    assert_eq!(parse("a = 1"), parse("a = 1"));
    assert_ne!(parse("a = 1"), parse("a = 2"));
    assert_ne!(parse("a = 1"), parse_as("a = 1", Entry::Statements));
}

#[test]
fn ids_within_an_item_do_not_depend_on_what_is_before_it() {
    let item = "f(x) = x + g(x)\n";
    let ids = |text: &str| {
        let parse = parse(text);
        let item = parse.file().items().last().unwrap().node();
        item.descendants()
            .map(|node| (node.id().0 - item.id().0, node.kind()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(item),
        ids(&format!("# a comment\na = [1, 2]\n\n{item}"))
    );
}

#[test]
fn documentation() {
    let parse = parse(
        "## The file.\n\n## Adds.\n## Two lines.\n@memo\nadd(a) = a\n\n## Lost.\n\nsub(a) = a\n",
    );
    let docs: Vec<_> = parse.file().items().map(|item| item.doc()).collect();
    assert_eq!(parse.file().doc().as_deref(), Some("The file."));
    assert_eq!(docs, [Some("Adds.\nTwo lines.".to_owned()), None]);
}
