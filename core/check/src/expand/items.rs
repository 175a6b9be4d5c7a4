//! Decorators, and calls of macros where definitions stand: an item as written in, the text of the items it becomes out.

use super::closure::Seen;
use super::reflect;
use super::render::{self, Naming, Rendered, Segment};
use super::run::{Argument, Evaluate, run, run_text, sentence, shown};
use super::table::{self, Layer, MacroHead, path_of};
use super::{Failure, absolute, library, plain};
use crate::db::{Db, Project};
use crate::hir::Span;
use crate::raw::Name;
use crate::ty::FileId;
use nostos_syntax::ast::{self, Expr, Item, Stmt};
use nostos_syntax::{Entry, Node};
use rustc_hash::FxHashSet;
use std::cell::RefCell;

/// Places from here on are of the item as written; those below of the text as the decorators so far have made it.
const WRITTEN: u32 = 1 << 30;
/// How deep items may expand to items that expand.
pub const MAX_DEPTH: u32 = 50;

/// What an item becomes.
pub struct Expansion {
    /// Items, to be parsed.
    pub text: String,
    /// Which pieces of the text stand in the item, relative to its start.
    pub segments: Vec<Segment>,
    /// What went wrong: places in the text that the item stands in, sentences.
    pub errors: Vec<(std::ops::Range<u32>, String)>,
    /// What expanded it.
    pub by: Name,
    /// Bytes of the item in the text it stands in.
    pub range: std::ops::Range<u32>,
    /// What is pointed at for all that stands nowhere in the item: the decorators or the call, relative to its start.
    pub whole: Span,
}

/// Expands the items of a file.
pub struct Items<'a> {
    /// Queries.
    pub db: &'a dyn Db,
    /// The project.
    pub project: Project,
    /// The file.
    pub file: FileId,
    /// What may be looked at.
    pub layer: Layer,
    /// What items before have been expanded to: names, and where the item starts.
    pub earlier: RefCell<Vec<(Name, u32)>>,
}

impl Items<'_> {
    /// A decorated item: its clauses when it is a function, else itself. `None`: nothing decorates it.
    pub fn decorated(&self, module: &str, items: &[Item<'_>]) -> Option<Expansion> {
        self.decorated_from(module, items, &mut 0)
    }

    /// The same, where expansions have been counted before.
    pub fn decorated_from(
        &self,
        module: &str,
        items: &[Item<'_>],
        count: &mut u32,
    ) -> Option<Expansion> {
        let first = *items.first()?;
        let decorators: Vec<ast::Decorator<'_>> = first.decorators().collect();
        let last_decorator = decorators.last()?.node().range().end;
        let text = first.node().tree().text();
        let range = first.node().range().start..items[items.len() - 1].node().range().end;
        // What stands between, comments say, is not the item's.
        let start = first
            .node()
            .children()
            .find(|child| child.range().start >= last_decorator && !child.kind().is_trivia())
            .map_or(last_decorator, |child| child.range().start);
        let whole = &text[start as usize..range.end as usize];
        let mut work = Work {
            items: self,
            module,
            text,
            base: range.start,
            current: Rendered {
                text: whole.into(),
                segments: vec![Segment {
                    start: 0,
                    end: whole.len() as u32,
                    origin: start - range.start,
                }],
            },
            errors: Vec::new(),
            name: reflect::name_of(first).unwrap_or_default(),
            count: *count,
        };
        let mut by = Name::from("");
        if work.name.is_empty() {
            let message = "only functions and types can be decorated";
            work.errors
                .push((node_range(decorators[0].node()), message.into()));
        } else {
            for decorator in decorators.into_iter().rev() {
                if let Some(name) = work.decorator(decorator) {
                    by = name;
                }
            }
        }
        *count = work.count;
        Some(Expansion {
            text: work.current.text,
            segments: work.current.segments,
            errors: work.errors,
            by,
            whole: Span {
                start: 0,
                end: last_decorator - range.start,
            },
            range,
        })
    }

    /// A call where a definition may stand. `None`: it calls no macro.
    pub fn call(&self, module: &str, item: ast::ItemExpr<'_>) -> Option<Expansion> {
        let Some(Expr::Call(call)) = item.expr() else {
            return None;
        };
        let path = path_of(call.callee()?)?;
        let node = item.node();
        let range = node_range(node);
        let head = table::resolve_in(self.db, self.project, module, &path, self.layer);
        let (name, answer) = match head {
            Some(head) => {
                let args = arguments(call.args(), range.start, 0);
                (
                    head.name.clone(),
                    run(self.db, self.project, &head, None, &args, self.seen()),
                )
            }
            None if path.len() == 1 && plain(&path[0]) == "eval" => {
                let source = call.args().next()?.value()?;
                ("eval".into(), self.eval(module, source))
            }
            None => return None,
        };
        let mut out = Expansion {
            text: String::new(),
            segments: Vec::new(),
            errors: Vec::new(),
            by: name.clone(),
            range: range.clone(),
            whole: Span {
                start: 0,
                end: range.end - range.start,
            },
        };
        match answer {
            Ok(answer) => {
                let rendered = items_of(&answer, 1, &format!("{name}_"));
                if let Some(problem) = problem(&name, &rendered.text) {
                    out.errors.push((range, problem));
                } else {
                    out.text = rendered.text;
                    out.segments = rendered.segments;
                }
            }
            Err(failure) => out.errors.push((range, sentence(&name, &failure).0)),
        }
        Some(out)
    }

    fn seen(&self) -> Seen {
        Seen {
            layer: self.layer,
            earlier: Some((self.file, self.earlier.borrow().clone())),
        }
    }

    fn eval(&self, module: &str, source: Expr<'_>) -> Result<Name, Failure> {
        if let Expr::String(string) = source
            && let Some(text) = string.plain_value()
        {
            return Ok(text.into());
        }
        let code = source.text();
        let call = format!(
            "{}({}(({code})))",
            library("answerOf"),
            absolute("std.syntax", "eval")
        );
        let request = Evaluate {
            file: self.file,
            module,
            code,
            call,
        };
        run_text(self.db, self.project, request, self.seen())
    }
}

fn node_range(node: Node<'_>) -> std::ops::Range<u32> {
    node.range().start..node.range().end
}

fn arguments<'t>(
    args: impl Iterator<Item = ast::Arg<'t>>,
    base: u32,
    offset: u32,
) -> Vec<Argument> {
    args.filter_map(|arg| {
        let node = arg.code()?;
        let literal = arg.value().is_some_and(|value| match value {
            Expr::Literal(_) | Expr::Atom(_) => true,
            Expr::String(string) => string.plain_value().is_some(),
            _ => false,
        });
        Some(Argument {
            name: arg.name().map(|name| name.text().into()),
            code: node.text().into(),
            origin: node.range().start - base + offset,
            literal,
        })
    })
    .collect()
}

/// An answer as items: what they define is for all to see, so it carries no marks.
fn items_of(answer: &str, number: u32, label: &str) -> Rendered {
    let mut naming = Naming {
        number,
        label: label.into(),
        open: FxHashSet::default(),
    };
    let first = render::render(answer, &naming);
    naming.open = defined(&first.text);
    render::render(answer, &naming)
}

fn defined(text: &str) -> FxHashSet<Name> {
    let parse = nostos_syntax::parse_expansion(text, Entry::File);
    let mut out = FxHashSet::default();
    table::collect(
        &parse.file().items().collect::<Vec<_>>(),
        "",
        &mut |_, item| {
            let name = match item {
                Item::Value(def) => def.pattern().map(|pattern| pattern.node()),
                Item::Signature(def) => def.name(),
                other => other.name(),
            };
            out.extend(name.map(|name| Name::from(plain(name.text()))));
        },
    );
    out
}

fn problem(name: &str, text: &str) -> Option<String> {
    let parse = nostos_syntax::parse_expansion(text, Entry::File);
    let error = parse.errors().first()?;
    Some(format!(
        "the expansion of `{name}` is no definition: {}; it expands to `{}`",
        error.message,
        shown(text)
    ))
}

struct Work<'a> {
    items: &'a Items<'a>,
    module: &'a str,
    /// The text the item stands in, and where it starts.
    text: &'a str,
    base: u32,
    /// The item as the decorators so far have made it; origins relative to the item.
    current: Rendered,
    errors: Vec<(std::ops::Range<u32>, String)>,
    name: String,
    count: u32,
}

impl Work<'_> {
    fn decorator(&mut self, decorator: ast::Decorator<'_>) -> Option<Name> {
        let range = node_range(decorator.node());
        let path: Vec<Name> = decorator
            .path()?
            .segments()
            .map(|s| s.text().into())
            .collect();
        let (db, project) = (self.items.db, self.items.project);
        let layer = self.items.layer;
        let Some(head) = table::resolve_in(db, project, self.module, &path, layer) else {
            let table = table::known(db, project, layer);
            let hint =
                crate::resolve::did_you_mean(plain(path.last()?), table.keys().map(|name| &**name))
                    .map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            let message = format!("unknown template `{}`{hint}", super::clean(&path.join(".")));
            self.errors.push((range, message));
            return None;
        };
        self.count += 1;
        if let Err(message) = self.apply(&head, decorator) {
            self.errors.push((range, message));
        }
        Some(head.name)
    }

    fn apply(&mut self, head: &MacroHead, decorator: ast::Decorator<'_>) -> Result<(), String> {
        let text = self.current.text.clone();
        let parse = nostos_syntax::parse_expansion(&text, Entry::File);
        let items: Vec<Item<'_>> = parse.file().items().collect();
        let at = items
            .iter()
            .position(|item| reflect::name_of(*item).as_deref() == Some(&self.name))
            .ok_or_else(|| {
                format!(
                    "the decorators below left nothing with the name `{}` to decorate",
                    self.name
                )
            })?;
        let mut clauses = Vec::new();
        let (item, target) = match items[at] {
            Item::Fn(_) => {
                for item in &items[at..] {
                    match item {
                        Item::Fn(def) if reflect::name_of(*item).as_deref() == Some(&self.name) => {
                            clauses.push(*def);
                        }
                        _ => break,
                    }
                }
                let start = clauses[0].node().range().start;
                let end = clauses[clauses.len() - 1].node().range().end;
                (reflect::function(&clauses, &text), start..end)
            }
            Item::Type(def) => (reflect::type_def(def), node_range(def.node())),
            _ => return Err("only functions and types can be decorated".into()),
        };
        let args = decorator
            .arg_list()
            .map_or_else(Vec::new, |list| arguments(list.args(), self.base, WRITTEN));
        let (db, project) = (self.items.db, self.items.project);
        let answer = run(db, project, head, Some(&item), &args, self.items.seen())
            .map_err(|failure| sentence(&head.name, &failure).0)?;
        let label = format!("{}_", self.name);
        let mut rendered = items_of(&answer, self.count, &label);
        let as_items = clauses.is_empty() || self.is_items(&rendered.text);
        if !as_items {
            let naming = Naming {
                number: self.count,
                label,
                open: FxHashSet::default(),
            };
            rendered = render::render(&answer, &naming);
        }
        let rendered = self.settle_origins(rendered);
        let (before, after) = (0..target.start, target.end..text.len() as u32);
        let mut out = slice(&self.current, before);
        if as_items {
            if let Some(problem) = problem(&head.name, &rendered.text) {
                return Err(problem);
            }
            append(&mut out, rendered);
        } else {
            let body = nostos_syntax::parse_expansion(&rendered.text, Entry::Statements);
            if let Some(error) = body.errors().first() {
                return Err(format!(
                    "the expansion of `{}` is no body: {}; it expands to `{}`",
                    head.name,
                    error.message,
                    shown(&rendered.text)
                ));
            }
            append(&mut out, self.head(&clauses, &text));
            out.text.push_str("{\n");
            append(&mut out, rendered);
            out.text.push_str("\n}");
        }
        append(&mut out, slice(&self.current, after));
        self.current = out;
        Ok(())
    }

    /// Everything of a function before its body.
    fn head(&self, clauses: &[ast::FnDef<'_>], text: &str) -> Rendered {
        let first = clauses[0];
        let start = first.node().range().start;
        let known = reflect::params(clauses);
        if !known.by_match {
            let end = first
                .body()
                .map_or(first.node().range().end, |body| body.node().range().start);
            return slice(&self.current, start..end);
        }
        let name_end = crate::lower::fn_name_token(first).map_or(start, |name| name.range().end);
        let params: Vec<String> = known
            .names
            .iter()
            .zip(&known.types)
            .map(|(name, ty)| match ty.is_empty() {
                true => name.clone(),
                false => format!("{name}: {ty}"),
            })
            .collect();
        let generics = first
            .node()
            .child(nostos_syntax::Kind::TypeParamList)
            .map_or("", |list| list.text());
        let result = clauses
            .iter()
            .find_map(|clause| clause.return_type())
            .map_or_else(String::new, |ty| format!(" -> {}", ty.text()));
        Rendered {
            text: format!(
                "{}{generics}({}){result} = ",
                &text[start as usize..name_end as usize],
                params.join(", ")
            ),
            segments: Vec::new(),
        }
    }

    /// Whether an answer defines things, rather than being a new body of the function.
    fn is_items(&self, text: &str) -> bool {
        let parse = nostos_syntax::parse_expansion(text, Entry::Statements);
        let Some(block) = parse.statements() else {
            return false;
        };
        let stmts: Vec<Stmt<'_>> = block.stmts().collect();
        let expands = |e: Expr<'_>| match e {
            Expr::Call(call) => call
                .callee()
                .and_then(path_of)
                .is_some_and(|path| plain(&path[path.len() - 1]) == "eval" || self.is_macro(&path)),
            _ => false,
        };
        let defines = |stmt: &Stmt<'_>| match stmt {
            Stmt::Fn(_) | Stmt::Item(_) => true,
            Stmt::Expr(e) => expands(*e),
        };
        let fits = |stmt: &Stmt<'_>| defines(stmt) || matches!(stmt, Stmt::Expr(Expr::Bind(_)));
        stmts
            .iter()
            .any(|stmt| matches!(stmt, Stmt::Fn(_) | Stmt::Item(_)))
            && stmts.last().is_some_and(fits)
    }

    fn is_macro(&self, path: &[Name]) -> bool {
        let Items {
            db, project, layer, ..
        } = *self.items;
        table::resolve_in(db, project, self.module, path, layer).is_some()
    }

    /// Origins in the text so far become origins in the item as written.
    fn settle_origins(&self, mut rendered: Rendered) -> Rendered {
        let mut segments = Vec::new();
        for segment in rendered.segments {
            let len = segment.end - segment.start;
            if segment.origin >= WRITTEN {
                segments.push(Segment {
                    origin: segment.origin - WRITTEN,
                    ..segment
                });
                continue;
            }
            let there = slice(&self.current, segment.origin..segment.origin + len);
            segments.extend(there.segments.into_iter().map(|inner| Segment {
                start: inner.start + segment.start,
                end: inner.end + segment.start,
                origin: inner.origin,
            }));
        }
        rendered.segments = segments;
        debug_assert!(self.base as usize <= self.text.len());
        rendered
    }
}

/// A part of a text with the origins of its pieces.
pub fn slice(of: &Rendered, range: std::ops::Range<u32>) -> Rendered {
    let segments = of
        .segments
        .iter()
        .filter_map(|segment| {
            let start = segment.start.max(range.start);
            let end = segment.end.min(range.end);
            (start < end).then(|| Segment {
                start: start - range.start,
                end: end - range.start,
                origin: segment.origin + (start - segment.start),
            })
        })
        .collect();
    Rendered {
        text: of.text[range.start as usize..range.end as usize].into(),
        segments,
    }
}

fn append(to: &mut Rendered, part: Rendered) {
    let offset = to.text.len() as u32;
    to.text.push_str(&part.text);
    to.segments
        .extend(part.segments.into_iter().map(|segment| Segment {
            start: segment.start + offset,
            end: segment.end + offset,
            origin: segment.origin,
        }));
}

/// Origins through one more layer: `inner` is of an item that starts at `start` of a text whose pieces have these origins.
pub fn through(inner: &[Segment], start: u32, outer: &[Segment]) -> Vec<Segment> {
    let mut out = Vec::new();
    for segment in inner {
        let from = Span {
            start: segment.origin + start,
            end: segment.origin + start + (segment.end - segment.start),
        };
        let nowhere = Span {
            start: u32::MAX,
            end: u32::MAX,
        };
        let there = render::map(outer, from, nowhere);
        if there != nowhere {
            out.push(Segment {
                origin: there.start,
                ..*segment
            });
        }
    }
    out
}
