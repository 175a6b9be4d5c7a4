//! Decorated items as values of the compile time: what `fn.name`, `fn.body`, `typeDef.fields` … are.

use super::{library, quoted};
use nostos_syntax::ast::{self, Item};
use nostos_syntax::{Kind, Node};

/// A piece of the text as syntax that remembers where it stood.
fn code(node: Node<'_>) -> String {
    group(node.range().start, node.text())
}

fn group(origin: u32, text: &str) -> String {
    format!("\u{E002}{origin}\u{E003}{text}\u{E004}")
}

/// One way to look at the parameters of all clauses.
pub struct Params {
    /// A name for each.
    pub names: Vec<String>,
    /// The annotated type, empty without one.
    pub types: Vec<String>,
    /// Several clauses, or one that does more than name its parameters.
    pub by_match: bool,
}

/// The parameters of a function's clauses.
pub fn params(clauses: &[ast::FnDef<'_>]) -> Params {
    let arity = clauses[0].params().count();
    let by_match = clauses.len() > 1;
    let plain = |clause: &ast::FnDef<'_>, at: usize| match clause.params().nth(at)?.pattern()? {
        ast::Pat::Name(name) => Some(name.node().text().to_string()),
        ast::Pat::Typed(typed) => match typed.pattern()? {
            ast::Pat::Name(name) => Some(name.node().text().to_string()),
            _ => None,
        },
        _ => None,
    };
    let mut names: Vec<String> = Vec::new();
    for at in 0..arity {
        let candidate = clauses.iter().find_map(|clause| plain(clause, at));
        // A name that another parameter has in some clause would mean two things.
        let elsewhere = |name: &str| {
            clauses.iter().any(|clause| {
                clause.params().enumerate().any(|(other, param)| {
                    other != at
                        && param
                            .node()
                            .descendants()
                            .any(|n| n.kind() == Kind::Ident && n.text() == name)
                })
            })
        };
        names.push(match candidate {
            Some(name) if !elsewhere(&name) => name,
            _ => format!("arg{at}__"),
        });
    }
    let types = (0..arity)
        .map(|at| {
            clauses
                .iter()
                .filter_map(|clause| clause.params().nth(at))
                .find_map(crate::lower::param_type)
                .map_or_else(String::new, |ty| ty.text().to_string())
        })
        .collect();
    Params {
        names,
        types,
        by_match,
    }
}

/// What `fn` is.
pub fn function(clauses: &[ast::FnDef<'_>], text: &str) -> String {
    let first = clauses[0];
    let known = params(clauses);
    let mut list = Vec::new();
    for (at, param) in first.params().enumerate() {
        let default = param.default().map_or("", |e| e.text());
        let source = if known.by_match {
            let ty = &known.types[at];
            match ty.is_empty() {
                true => known.names[at].clone(),
                false => format!("{}: {ty}", known.names[at]),
            }
        } else {
            code(param.node())
        };
        list.push(format!(
            "{}({}, {}, {}, {})",
            library("paramOf"),
            quoted(&known.names[at]),
            quoted(&known.types[at]),
            quoted(default),
            quoted(&source)
        ));
    }
    let body = if known.by_match {
        by_match(clauses, &known)
    } else {
        first
            .body()
            .map_or_else(String::new, |body| code(body.node()))
    };
    let result = clauses
        .iter()
        .find_map(|clause| clause.return_type())
        .map_or("", |ty| ty.text());
    let start = first.node().range().start;
    let end = clauses[clauses.len() - 1].node().range().end;
    let source = group(start, &text[start as usize..end as usize]);
    let name = crate::lower::fn_name(first);
    format!(
        "{}({}, [{}], {}, {}, {})",
        library("fnOf"),
        quoted(&name),
        list.join(", "),
        quoted(&body),
        quoted(result),
        quoted(&source)
    )
}

/// The clauses of a function as arms.
fn by_match(clauses: &[ast::FnDef<'_>], known: &Params) -> String {
    let scrutinee = match known.names.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    };
    let mut out = format!("match {scrutinee} {{\n");
    for clause in clauses {
        let patterns: Vec<String> = clause
            .params()
            .enumerate()
            .map(|(at, param)| match param.pattern() {
                // The parameter has the name already, and a bound name is compared.
                Some(pattern) if pattern.text() == known.names[at] => "_".into(),
                Some(ast::Pat::Typed(typed)) => typed
                    .pattern()
                    .map_or_else(|| "_".into(), |p| code(p.node())),
                Some(pattern) => code(pattern.node()),
                None => "_".into(),
            })
            .collect();
        match patterns.as_slice() {
            [one] => out.push_str(one),
            several => out.push_str(&format!("({})", several.join(", "))),
        }
        if let Some(guard) = clause.guard().and_then(|guard| guard.expr()) {
            out.push_str(" when ");
            out.push_str(&code(guard.node()));
        }
        out.push_str(" -> ");
        match clause.body() {
            Some(body) => out.push_str(&code(body.node())),
            None => out.push_str("()"),
        }
        out.push('\n');
    }
    out.push('}');
    out
}

/// What `typeDef` is.
pub fn type_def(def: ast::TypeDef<'_>) -> String {
    let name = def.name().map_or("", |name| name.text());
    let params: Vec<String> = def
        .type_params()
        .filter_map(|param| Some(quoted(param.name()?.text())))
        .collect();
    let constructors: Vec<String> = match def.body() {
        ast::TypeBody::Record(fields) => vec![constructor(name, fields.fields())],
        ast::TypeBody::Variants(list) => list
            .variants()
            .map(|variant| {
                constructor(
                    variant.name().map_or("", |name| name.text()),
                    variant.fields(),
                )
            })
            .collect(),
        ast::TypeBody::Alias(_) | ast::TypeBody::Empty => Vec::new(),
    };
    format!(
        "{}({}, [{}], [{}], {})",
        library("typeOf"),
        quoted(name),
        params.join(", "),
        constructors.join(", "),
        quoted(&code(def.node()))
    )
}

fn constructor<'t>(name: &str, fields: impl Iterator<Item = ast::Field<'t>>) -> String {
    let fields: Vec<String> = fields
        .enumerate()
        .map(|(at, field)| {
            let name = match field.name() {
                Some(name) => name.text().to_string(),
                None => format!("_{at}"),
            };
            format!(
                "{}({}, {})",
                library("fieldOf"),
                quoted(&name),
                quoted(field.ty().map_or("", |ty| ty.text()))
            )
        })
        .collect();
    format!(
        "{}({}, [{}])",
        library("constructorOf"),
        quoted(name),
        fields.join(", ")
    )
}

/// The item's name, when it is one that can be decorated.
pub fn name_of(item: Item<'_>) -> Option<String> {
    match item {
        Item::Fn(def) => Some(super::plain(&crate::lower::fn_name(def)).to_string()),
        Item::Type(def) => Some(super::plain(def.name()?.text()).to_string()),
        _ => None,
    }
}
