//! The views give the pieces that their names promise.
#![forbid(unsafe_code)]

use nostos_syntax::ast::{
    self, BinaryOp, Expr, ForHead, Item, Pat, Stmt, StringPart, TypeBody, TypeExpr,
};
use nostos_syntax::literal::Literal;
use nostos_syntax::{Entry, Parse, parse, parse_as};

/// The expression behind `x = `.
fn with_expr(source: &str, test: impl FnOnce(Expr<'_>)) {
    let text = format!("x = {source}");
    let parse = parse(&text);
    assert_eq!(parse.errors(), [], "{text}");
    let Some(Item::Value(item)) = parse.file().items().next() else {
        panic!("{text} is a value")
    };
    test(item.value().unwrap());
}

fn item(parse: &Parse) -> Item<'_> {
    assert_eq!(parse.errors(), [], "{}", parse.text());
    parse.file().items().next().unwrap()
}

fn texts<'t>(nodes: impl Iterator<Item = ast::Token<'t>>) -> Vec<&'t str> {
    nodes.map(|node| node.text()).collect()
}

#[test]
fn functions() {
    let parse = parse("@memo\npub f[T: Ord + Show](a: T, (b, c), d = 1) when a > b -> Int = a");
    let Item::Fn(function) = item(&parse) else {
        panic!()
    };
    assert_eq!(function.name().unwrap().text(), "f");
    assert!(function.is_pub());
    assert_eq!(function.decorators().count(), 1);
    let bounds: Vec<_> = function
        .type_params()
        .flat_map(|param| param.bounds())
        .map(|bound| bound.text())
        .collect();
    assert_eq!(bounds, ["Ord", "Show"]);
    let params: Vec<_> = function
        .params()
        .map(|param| {
            (
                param.pattern().unwrap().text(),
                param.ty().map(|ty| ty.text()),
                param.default().map(|e| e.text()),
            )
        })
        .collect();
    assert_eq!(
        params,
        [
            ("a", Some("T"), None),
            ("(b, c)", None, None),
            ("d", None, Some("1"))
        ]
    );
    assert_eq!(function.guard().unwrap().expr().unwrap().text(), "a > b");
    assert_eq!(function.return_type().unwrap().text(), "Int");
    assert_eq!(function.body().unwrap().text(), "a");
}

#[test]
fn types() {
    let answers: &[(&str, &str)] = &[
        (
            "type P = { x: Int, private y: [Int] }",
            "record x:Int y:[Int]",
        ),
        (
            "type S = A(Int, T) | B{b: Int} | C",
            "variants A(Int,T) B(b:Int) C()",
        ),
        ("type A = B", "variants B()"),
        ("type H = (Int, T) -> Bool", "fn Int,T to Bool"),
        ("type H = ((Int, T)) -> Bool", "fn (Int, T) to Bool"),
        ("type L = List[Int]", "path List of Int"),
        ("type N =", "empty"),
    ];
    for (source, answer) in answers {
        let parse = parse(source);
        let Item::Type(def) = item(&parse) else {
            panic!("{source}")
        };
        let field = |field: ast::Field<'_>| {
            let name = field
                .name()
                .map(|name| format!("{}:", name.text()))
                .unwrap_or_default();
            name + field.ty().unwrap().text()
        };
        let found = match def.body() {
            TypeBody::Record(fields) => format!(
                "record {}",
                fields.fields().map(field).collect::<Vec<_>>().join(" ")
            ),
            TypeBody::Variants(list) => {
                let variants = list.variants().map(|variant| {
                    let fields: Vec<_> = variant.fields().map(field).collect();
                    format!("{}({})", variant.name().unwrap().text(), fields.join(","))
                });
                format!("variants {}", variants.collect::<Vec<_>>().join(" "))
            }
            TypeBody::Alias(TypeExpr::Fn(function)) => {
                let params: Vec<_> = function.params().iter().map(|ty| ty.text()).collect();
                format!(
                    "fn {} to {}",
                    params.join(","),
                    function.result().unwrap().text()
                )
            }
            TypeBody::Alias(TypeExpr::Path(path)) => {
                format!(
                    "path {} of {}",
                    path.name().unwrap().text(),
                    path.args().next().unwrap().text()
                )
            }
            TypeBody::Alias(other) => panic!("{other:?}"),
            TypeBody::Empty => "empty".to_owned(),
        };
        assert_eq!(found, *answer);
    }
}

#[test]
fn traits_and_modules() {
    let parse = parse("Option[T]: Show when T: Show\n  ==(self, o) = true\n  show(self) = 1\nend");
    let Item::Impl(block) = item(&parse) else {
        panic!()
    };
    assert_eq!(block.target().unwrap().text(), "Option[T]");
    assert_eq!(
        block.traits().map(|name| name.text()).collect::<Vec<_>>(),
        ["Show"]
    );
    assert_eq!(
        block
            .conditions()
            .next()
            .unwrap()
            .bounds()
            .next()
            .unwrap()
            .text(),
        "Show"
    );
    assert_eq!(
        texts(block.members().filter_map(|member| member.name())),
        ["==", "show"]
    );

    let parse = nostos_syntax::parse("use a.b.{c, d as e, T}");
    let Item::Use(import) = item(&parse) else {
        panic!()
    };
    assert_eq!(texts(import.path().unwrap().segments()), ["a", "b"]);
    let names: Vec<_> = import
        .names()
        .map(|name| {
            (
                name.name().unwrap().text(),
                name.alias().map(|alias| alias.text()),
            )
        })
        .collect();
    assert_eq!(names, [("c", None), ("d", Some("e")), ("T", None)]);
    assert!(!import.is_all());
}

#[test]
fn calls() {
    with_expr("a.b[Int](1, c: 2).d", |expr| {
        let Expr::Field(field) = expr else { panic!() };
        assert_eq!(field.name().unwrap().text(), "d");
        let Some(Expr::MethodCall(call)) = field.receiver() else {
            panic!()
        };
        assert_eq!(
            (call.receiver().unwrap().text(), call.name().unwrap().text()),
            ("a", "b")
        );
        assert_eq!(
            call.type_args().map(|ty| ty.text()).collect::<Vec<_>>(),
            ["Int"]
        );
        let args: Vec<_> = call
            .args()
            .map(|arg| {
                (
                    arg.name().map(|name| name.text()),
                    arg.value().unwrap().text(),
                )
            })
            .collect();
        assert_eq!(args, [(None, "1"), (Some("c"), "2")]);
    });
    with_expr("a + b * c", |expr| {
        let Expr::Binary(binary) = expr else { panic!() };
        assert_eq!(
            (binary.op(), binary.rhs().unwrap().text()),
            (Some(BinaryOp::Add), "b * c")
        );
    });
}

#[test]
fn branches() {
    with_expr("if a then b else if c { d } else { e }", |expr| {
        let Expr::If(outer) = expr else { panic!() };
        assert_eq!(
            (
                outer.condition().unwrap().text(),
                outer.then_branch().unwrap().text()
            ),
            ("a", "b")
        );
        let Some(Expr::If(inner)) = outer.else_branch() else {
            panic!()
        };
        assert_eq!(inner.else_branch().unwrap().text(), "{ e }");
    });
    with_expr(
        "match a { n: Int when n > 0 -> b = 1, Some(x) @ all -> c }",
        |expr| {
            let Expr::Match(matching) = expr else {
                panic!()
            };
            let arms: Vec<_> = matching.arms().collect();
            let Some(Pat::Typed(typed)) = arms[0].pattern() else {
                panic!()
            };
            assert_eq!(
                (typed.pattern().unwrap().text(), typed.ty().unwrap().text()),
                ("n", "Int")
            );
            assert_eq!(arms[0].guard().unwrap().expr().unwrap().text(), "n > 0");
            assert!(matches!(arms[0].body(), Some(Expr::Bind(_))));
            let Some(Pat::As(both)) = arms[1].pattern() else {
                panic!()
            };
            assert_eq!(
                (both.name().unwrap().text(), both.pattern().unwrap().text()),
                ("all", "Some(x)")
            );
        },
    );
    with_expr("receive { a -> b\n after 10 -> c }", |expr| {
        let Expr::Receive(receive) = expr else {
            panic!()
        };
        let after = receive.after().unwrap();
        assert_eq!(
            (
                receive.arms().count(),
                after.timeout().unwrap().text(),
                after.body().unwrap().text()
            ),
            (1, "10", "c")
        );
    });
    with_expr("try { a } catch { e -> b } finally { c }", |expr| {
        let Expr::Try(attempt) = expr else { panic!() };
        assert_eq!(attempt.body().unwrap().stmts().count(), 1);
        assert_eq!(attempt.catch().unwrap().arms().count(), 1);
        assert_eq!(attempt.finally().unwrap().body().unwrap().text(), "{ c }");
    });
}

#[test]
fn loops_and_lambdas() {
    with_expr("for i = 0 to n + 1 { i }", |expr| {
        let Expr::For(head) = expr else { panic!() };
        let ForHead::Range {
            from: Some(from),
            to: Some(to),
        } = head.head()
        else {
            panic!()
        };
        assert_eq!(
            (from.text(), to.text(), head.body().unwrap().text()),
            ("0", "n + 1", "{ i }")
        );
    });
    with_expr("for (k, v) in m { k }", |expr| {
        let Expr::For(head) = expr else { panic!() };
        let ForHead::In(Some(iterable)) = head.head() else {
            panic!()
        };
        assert_eq!(
            (
                head.pattern().unwrap().text(),
                iterable.text(),
                head.body().unwrap().text()
            ),
            ("(k, v)", "m", "{ k }")
        );
    });
    with_expr("(a: Int, b) -> Int => a", |expr| {
        let Expr::Lambda(lambda) = expr else { panic!() };
        assert_eq!(lambda.params().count(), 2);
        assert_eq!(
            (
                lambda.return_type().unwrap().text(),
                lambda.body().unwrap().text()
            ),
            ("Int", "a")
        );
    });
}

#[test]
fn literals() {
    with_expr(r#""a\n${b + 1}c""#, |expr| {
        let Expr::String(string) = expr else { panic!() };
        let parts: Vec<_> = string
            .parts()
            .map(|part| match part {
                StringPart::Text(text) => text.text(),
                StringPart::Interp(expr) => expr.text(),
            })
            .collect();
        assert_eq!(parts, ["a\\n", "b + 1", "c"]);
        assert_eq!(string.plain_value(), None);
    });
    with_expr(r#""a\n\u{41}""#, |expr| {
        let Expr::String(string) = expr else { panic!() };
        assert_eq!(string.plain_value().as_deref(), Some("a\nA"));
    });
    for (source, value) in [
        ("'c'", Literal::Char('c')),
        ("'\\n'", Literal::Char('\n')),
        ("0xFF", Literal::Int(255)),
        ("true", Literal::Bool(true)),
    ] {
        with_expr(source, |expr| {
            let Expr::Literal(literal) = expr else {
                panic!()
            };
            assert_eq!(literal.value(), Some(value));
        });
    }
    with_expr("'two'", |expr| {
        let Expr::String(string) = expr else { panic!() };
        assert_eq!(string.plain_value().as_deref(), Some("two"));
    });
}

#[test]
fn statements() {
    let parse = parse_as(
        "var x: Int = 1\nf(a) = a\nx += 1\nxs[0] = 2\nh : Int",
        Entry::Statements,
    );
    assert_eq!(parse.errors(), []);
    let stmts: Vec<_> = parse.statements().unwrap().stmts().collect();
    let Stmt::Expr(Expr::Bind(binding)) = stmts[0] else {
        panic!()
    };
    assert!(binding.is_var());
    assert_eq!(
        (
            binding.ty().unwrap().text(),
            binding.value().unwrap().text()
        ),
        ("Int", "1")
    );
    assert!(matches!(stmts[1], Stmt::Fn(_)));
    let Stmt::Expr(Expr::Assign(assignment)) = stmts[2] else {
        panic!()
    };
    assert_eq!(
        (assignment.op(), assignment.target().unwrap().text()),
        (ast::AssignOp::Add, "x")
    );
    let Stmt::Expr(Expr::Assign(assignment)) = stmts[3] else {
        panic!()
    };
    assert_eq!(
        (assignment.op(), assignment.target().unwrap().text()),
        (ast::AssignOp::Set, "xs[0]")
    );
    assert!(matches!(stmts[4], Stmt::Item(Item::Signature(_))));
}
