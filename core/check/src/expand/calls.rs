//! Calls of macros in bodies: a function as written in, the same function without calls of macros out.
//!
//! The outermost call is expanded first, on the text of its arguments; what comes back may call macros again. Places in an expansion are those of
//! the arguments they come from, or else the call's, so that diagnostics, breakpoints and stack traces stay in the text a person wrote.

use super::closure::Seen;
use super::hygiene;
use super::items::{self, Items};
use super::render::{self, Naming, Rendered, Segment};
use super::run::{Argument, Evaluate, run, run_text, sentence, shown};
use super::table::{self, Layer, MacroHead, may_expand};
use super::walk::{self, Visitor};
use super::{Failure, absolute, clean, library};
use crate::db::{
    Db, FnNode, Project, file_items, fn_entry, fn_module, main_part, source_of, written,
};
use crate::hir::{Expansion, MADE, Span, told};
use crate::lower::Lower;
use crate::lower::outline::whole;
use crate::raw::{Arg, Code, Expr, ExprKind, Function, Lit, Name, QuotePart, Stmt};
use crate::resolve;
use crate::ty::{FileId, FnId};
use crate::types::Finding;
use nostos_syntax::ast::Item;
use nostos_syntax::{Entry, MARK, MARK_END};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How deep expansions may give calls of macros again.
const MAX_DEPTH: u32 = 100;
/// How many expansions one definition may need.
const MAX_EXPANSIONS: u32 = 10_000;

/// The text a definition stands in when that is not its file.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// The expansion.
    pub text: Name,
    /// Where the definition starts in it.
    pub start: u32,
    /// Which pieces of it stand in the item that was expanded, relative to that item.
    pub segments: Vec<Segment>,
    /// What stands for all the rest: the decorators or the call, relative to that item.
    pub whole: Span,
    /// The length of that item.
    pub len: u32,
    /// What expanded it.
    pub by: Name,
}

/// A call and what it became.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// The call, relative to the definition.
    pub span: Span,
    /// The call in the text the definition stands in.
    pub written: Span,
    /// What was called.
    pub name: Name,
    /// The expansion, calls in it expanded too; with marks.
    pub text: String,
    /// It stands where a statement may.
    pub statement: bool,
}

/// A function without calls of macros.
#[derive(Clone, PartialEq, Debug)]
pub struct Expanded {
    /// It.
    pub def: Arc<Function>,
    /// What went wrong.
    pub errors: Vec<Finding>,
    /// The calls there were.
    pub sites: Vec<Site>,
    /// Bound names that are told apart by their marks.
    pub kept: FxHashSet<Name>,
    /// The texts that calls became, by their places.
    pub expansions: Arc<Vec<Expansion>>,
}

/// A function as inference sees it: without calls of macros, and perhaps without its body (see [`crate::lower::outline`]).
pub fn function(db: &dyn Db, _: Project, id: FnId) -> Option<Arc<Function>> {
    function_at(db, db.fn_node(id))
}

// Asked for very often, so it has a memory of its own, found by index.
#[salsa::tracked(returns(clone))]
fn function_at(db: &dyn Db, node: FnNode) -> Option<Arc<Function>> {
    let (project, id) = (db.project(), node.id(db));
    let file = source_of(db, project, db.ids().fn_key(id).file)?;
    if may_expand(db, project, file) {
        Some(expanded(db, project, id)?.def.clone())
    } else {
        fn_entry(db, project, id, |entry| entry.def.clone())
    }
}

/// What a function becomes.
#[salsa::tracked(returns(clone))]
pub fn expanded(db: &dyn Db, project: Project, id: FnId) -> Option<Arc<Expanded>> {
    let def = whole(&written(db, project, id)?);
    let main = main_part(db, id);
    let (module, _) = fn_module(db, project, main)?;
    let path = db.ids().module_path(module);
    let file = db.ids().fn_key(id).file;
    let unchanged = |def| {
        Some(Arc::new(Expanded {
            def,
            errors: Vec::new(),
            sites: Vec::new(),
            kept: FxHashSet::default(),
            expansions: Arc::default(),
        }))
    };
    let mut copy = (*def).clone();
    let bound = hygiene::bound(&mut copy);
    let mut look = Look {
        db,
        project,
        module: &path,
        bound: &bound,
        found: false,
    };
    walk::function(&mut look, &mut copy);
    let source = definition_source(db, project, id);
    if !look.found && source.is_none() {
        return unchanged(def);
    }
    let (text, start) = match &source {
        Some(source) => (source.text.clone(), source.start),
        None => {
            let items = file_items(db, source_of(db, project, file)?);
            let entry = &items.fns[*items.fn_index.get(&main)?];
            let text = source_of(db, project, file)?.text(db);
            (text, entry.place.start)
        }
    };
    let mut expand = Expand {
        db,
        project,
        module: &path,
        bound: &bound,
        file,
        text: &text[start as usize..],
        count: &mut 0,
        depth: 0,
        quoted: false,
        macro_body: table::is_macro(db, project, main),
        used: false,
        label: String::new(),
        errors: Vec::new(),
        sites: Vec::new(),
        made: &mut Made::default(),
    };
    let mut new = (*def).clone();
    walk::function(&mut expand, &mut new);
    let (mut errors, mut sites) = (expand.errors, expand.sites);
    let mut made = std::mem::take(expand.made);
    let kept = hygiene::settle(db, project, module, &mut new);
    if let Some(source) = source {
        let start = made.add(&source.by, &source.text, source.whole);
        let last = made.expansions.len() - 1;
        let there = |span: Span| Span {
            start: span.start + source.start,
            end: span.end + source.start,
        };
        let to = |span: Span| match span.start < MADE {
            true => render::map(&source.segments, there(span), source.whole),
            false => span,
        };
        // Only in bodies it matters what is run where.
        let bodies = |new: &mut Function| -> Vec<Option<Arc<Expr>>> {
            let clauses = new.clauses.iter_mut();
            clauses.map(|clause| clause.body.take()).collect()
        };
        let mut taken = bodies(&mut new);
        walk::function(&mut walk::Spans(to), &mut new);
        let mut inside = walk::Spans(|span: Span| match span.start < MADE {
            true => placed(&source.segments, there(span), start),
            false => span,
        });
        for body in taken.iter_mut().flatten() {
            inside.expr(Arc::make_mut(body));
        }
        for (clause, body) in new.clauses.iter_mut().zip(taken) {
            clause.body = body;
        }
        for expansion in &mut made.expansions[..last] {
            expansion.call = (inside.0)(expansion.call);
        }
        new.span = Span {
            start: 0,
            end: source.len,
        };
        for error in &mut errors {
            error.span = to(error.span);
        }
        for site in &mut sites {
            site.span = to(site.span);
        }
    }
    for expansion in &mut made.expansions {
        let is_there = |name: &&Name| expansion.text.contains(&***name);
        expansion.kept = kept.iter().filter(is_there).cloned().collect();
        expansion.kept.sort();
    }
    for error in &mut errors {
        error.span = told(&made.expansions, error.span);
    }
    for site in &mut sites {
        site.span = told(&made.expansions, site.span);
    }
    Some(Arc::new(Expanded {
        def: Arc::new(new),
        errors,
        sites,
        kept,
        expansions: Arc::new(made.expansions),
    }))
}

/// What macros made of calls in a function.
pub fn expansions(db: &dyn Db, project: Project, id: FnId) -> Arc<Vec<Expansion>> {
    let none = Arc::default;
    let key = db.ids().fn_key(id);
    match source_of(db, project, key.file) {
        Some(file) if may_expand(db, project, file) => {
            expanded(db, project, id).map_or_else(none, |expanded| expanded.expansions.clone())
        }
        _ => none(),
    }
}

/// The texts that calls of one definition became so far.
#[derive(Default)]
struct Made {
    expansions: Vec<Expansion>,
    len: u32,
}

impl Made {
    /// One more; the place of its first byte.
    fn add(&mut self, by: &Name, text: &str, call: Span) -> u32 {
        let start = MADE + self.len;
        self.len += text.len() as u32 + 1;
        self.expansions.push(Expansion {
            start,
            by: by.clone(),
            text: text.into(),
            kept: Vec::new(),
            call,
        });
        start
    }
}

/// Where a place of a rendered text is: in the caller's text if it comes from there, else in the expansion that starts at this place.
fn placed(segments: &[Segment], span: Span, start: u32) -> Span {
    let made = Span {
        start: span.start + start,
        end: span.end + start,
    };
    render::map(segments, span, made)
}

/// Where a function stands when an item was expanded to it. A query of its own, so that edits of the file do not concern every function.
#[salsa::tracked(returns(clone))]
fn definition_source(db: &dyn Db, project: Project, id: FnId) -> Option<Arc<Source>> {
    let file = db.ids().fn_key(id).file;
    let items = file_items(db, source_of(db, project, file)?);
    items.sources.get(&main_part(db, id)).cloned()
}

/// Whether there is anything to do.
struct Look<'a> {
    db: &'a dyn Db,
    project: Project,
    module: &'a str,
    bound: &'a FxHashSet<Name>,
    found: bool,
}

impl Visitor for Look<'_> {
    fn expr(&mut self, e: &mut Expr) {
        self.found |= match &e.kind {
            ExprKind::Quote(_) | ExprKind::Splice(_) | ExprKind::Code(Code::Decorated) => true,
            ExprKind::Call(callee, _, args) => {
                is_eval(callee, args)
                    || called(self.db, self.project, self.module, self.bound, e).is_some()
            }
            ExprKind::MethodCall(..) => {
                called(self.db, self.project, self.module, self.bound, e).is_some()
            }
            _ => false,
        };
        if !self.found {
            walk::expr(self, e);
        }
    }
}

fn is_eval(callee: &Expr, args: &[Arg]) -> bool {
    matches!(&callee.kind, ExprKind::Name(name) if **name == *"eval") && args.len() == 1
}

/// Whether an expression depends on what the definition around it binds, so that only its run can compute it.
fn mentions_locals(e: &Expr, bound: &FxHashSet<Name>) -> bool {
    hygiene::free(&mut e.clone())
        .iter()
        .any(|name| bound.contains(name))
}

/// The macro that an expression calls; not what a local of the same name holds.
fn called(
    db: &dyn Db,
    project: Project,
    module: &str,
    bound: &FxHashSet<Name>,
    e: &Expr,
) -> Option<MacroHead> {
    match &e.kind {
        ExprKind::Call(callee, types, _) if types.is_empty() => match &callee.kind {
            ExprKind::Name(name) if !bound.contains(name) => {
                table::resolve(db, project, module, std::slice::from_ref(name))
            }
            _ => None,
        },
        ExprKind::MethodCall(receiver, name, _, types, _) if types.is_empty() => {
            let qualified = path_of(receiver).and_then(|mut path| {
                path.push(name.clone());
                table::resolve(db, project, module, &path)
            });
            qualified.or_else(|| table::behind_dot(db, project, module, name))
        }
        _ => None,
    }
}

fn path_of(e: &Expr) -> Option<Vec<Name>> {
    match &e.kind {
        ExprKind::Name(name) => Some(vec![name.clone()]),
        ExprKind::Field(base, name, _) => {
            let mut path = path_of(base)?;
            path.push(name.clone());
            Some(path)
        }
        _ => None,
    }
}

struct Expand<'a> {
    db: &'a dyn Db,
    project: Project,
    module: &'a str,
    /// What the definition binds: such a name is no macro's.
    bound: &'a FxHashSet<Name>,
    file: FileId,
    /// The text that places are of.
    text: &'a str,
    count: &'a mut u32,
    depth: u32,
    /// Inside the splices of a quote, where `~` before a value means nothing more.
    quoted: bool,
    /// What is expanded is the code of a macro, where `eval` is a function that gives syntax.
    macro_body: bool,
    /// What is looked at is used where syntax cannot be: as a condition, an operand, a statement whose value nobody wants.
    used: bool,
    /// Tells generated names of different definitions apart.
    label: String,
    errors: Vec<Finding>,
    sites: Vec<Site>,
    made: &'a mut Made,
}

impl Visitor for Expand<'_> {
    fn expr(&mut self, e: &mut Expr) {
        let used = std::mem::replace(&mut self.used, false);
        match &mut e.kind {
            ExprKind::Quote(parts) => {
                let before = std::mem::replace(&mut self.quoted, true);
                let mut parts = std::mem::take(parts);
                self.parts(&mut parts);
                self.quoted = before;
                *e = quote(self.module, parts, e.span);
            }
            ExprKind::Splice(inner) => {
                let mut inner = std::mem::replace(&mut **inner, empty(e.span));
                match head(&mut inner) {
                    // `~comptime(e).field`: what stands behind the value is for the run time.
                    Some(known) if !self.quoted => {
                        let (value, span) = (comptime(known).cloned(), known.span);
                        known.kind = match value.and_then(|value| self.comptime(&value, span)) {
                            Some(stmts) => ExprKind::Block(stmts),
                            None => ExprKind::Error,
                        };
                        single(known);
                        *e = inner;
                        walk::expr(self, e);
                    }
                    _ if self.quoted => {
                        *e = inner;
                        self.used = used;
                        self.expr(e);
                    }
                    _ => {
                        self.errors.push(Finding {
                            span: e.span,
                            message: "`~` splices into a quote, and this is none".into(),
                            hint: Some("`~comptime(e)` is allowed everywhere".into()),
                        });
                        e.kind = ExprKind::Error;
                    }
                }
            }
            _ => {
                if let Some(stmts) = self.call(e, used) {
                    e.kind = match stmts {
                        Some(stmts) => ExprKind::Block(stmts),
                        None => ExprKind::Error,
                    };
                    single(e);
                    return;
                }
                match &mut e.kind {
                    ExprKind::Binary(_, a, b) => {
                        self.operand(a);
                        self.operand(b);
                    }
                    ExprKind::Not(a) | ExprKind::Neg(a) => self.operand(a),
                    ExprKind::If(condition, a, b) => {
                        self.operand(condition);
                        self.expr(a);
                        b.iter_mut().for_each(|b| self.expr(b));
                    }
                    ExprKind::While(condition, body) => {
                        self.operand(condition);
                        self.operand(body);
                    }
                    _ => walk::expr(self, e),
                }
            }
        }
    }

    fn block(&mut self, stmts: &mut Vec<Stmt>) {
        let mut out = Vec::with_capacity(stmts.len());
        let mut rest = std::mem::take(stmts).into_iter();
        while let Some(mut stmt) = rest.next() {
            if let Stmt::Expr(e) = &stmt
                && e.kind == ExprKind::Code(Code::Decorated)
            {
                let span = e.span;
                match self.decorated(span) {
                    Some(stmts) => {
                        if let Some(site) = self.sites.last_mut() {
                            site.statement = true;
                        }
                        rest.next();
                        out.extend(stmts);
                    }
                    None => out.push(Stmt::Expr(empty(span))),
                }
                continue;
            }
            let used = rest.len() > 0;
            if let Stmt::Expr(e) = &mut stmt
                && let Some(expansion) = self.call(e, used)
            {
                if expansion.is_some()
                    && let Some(site) = self.sites.last_mut()
                {
                    site.statement = true;
                }
                match expansion {
                    Some(stmts) => out.extend(stmts),
                    None => out.push(Stmt::Expr(Expr {
                        kind: ExprKind::Error,
                        span: e.span,
                    })),
                }
                continue;
            }
            walk::block(self, std::slice::from_mut(&mut stmt));
            out.push(stmt);
        }
        *stmts = out;
    }
}

/// A block of one expression is the expression.
fn single(e: &mut Expr) {
    if let ExprKind::Block(stmts) = &mut e.kind
        && let [Stmt::Expr(_)] = stmts.as_slice()
        && let Some(Stmt::Expr(only)) = stmts.pop()
    {
        *e = only;
    }
}

fn empty(span: Span) -> Expr {
    Expr {
        kind: ExprKind::Error,
        span,
    }
}

/// `comptime(e)`
fn comptime(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Call(callee, _, args) if args.len() == 1 => match &callee.kind {
            ExprKind::Name(name) if super::plain(name) == "comptime" => Some(&args[0].value),
            _ => None,
        },
        _ => None,
    }
}

/// The `comptime(e)` that an expression begins with.
fn head(e: &mut Expr) -> Option<&mut Expr> {
    if comptime(e).is_some() {
        return Some(e);
    }
    match &mut e.kind {
        ExprKind::Field(inner, ..)
        | ExprKind::MethodCall(inner, ..)
        | ExprKind::Element(inner, _)
        | ExprKind::Index(inner, _)
        | ExprKind::Question(inner)
        | ExprKind::Call(inner, ..) => head(inner),
        _ => None,
    }
}

/// The code that builds what a quote holds.
fn quote(module: &str, parts: Vec<QuotePart>, span: Span) -> Expr {
    let build = Build { module, span };
    let list = build.list(parts);
    build.call("quoteOf", vec![list])
}

struct Build<'a> {
    module: &'a str,
    span: Span,
}

impl Build<'_> {
    fn expr(&self, kind: ExprKind) -> Expr {
        Expr {
            kind,
            span: self.span,
        }
    }

    fn call(&self, name: &str, args: Vec<Expr>) -> Expr {
        let callee = self.expr(ExprKind::Name(library(name).into()));
        let args = args
            .into_iter()
            .map(|value| Arg { name: None, value })
            .collect();
        self.expr(ExprKind::Call(Box::new(callee), Vec::new(), args))
    }

    fn text(&self, text: &str) -> Expr {
        self.expr(ExprKind::Literal(Lit::String(text.into())))
    }

    fn list(&self, parts: Vec<QuotePart>) -> Expr {
        let mut out = Vec::new();
        for part in parts {
            match part {
                QuotePart::Text(text) => {
                    let mark = format!("{MARK}{}{MARK_END}", self.module);
                    let text = text.replace(&format!("{MARK}{MARK_END}"), &mark);
                    out.push(self.text(&text));
                }
                QuotePart::Splice(place, value) => {
                    let mut slot = self.call("slotOf", vec![self.text(&place.to_string())]);
                    if let ExprKind::Call(_, _, args) = &mut slot.kind {
                        // What cannot be spliced is reported where it stands.
                        slot.span = value.span;
                        args.push(Arg { name: None, value });
                    }
                    out.push(slot);
                }
                QuotePart::Value(place, value) => {
                    out.push(self.text(&format!("\u{E005}{place}")));
                    out.push(self.call("valueOf", vec![value]));
                    out.push(self.text("\u{E006}"));
                }
                QuotePart::If(condition, a, b) => {
                    let a = self.call("joinOf", vec![self.list(a)]);
                    let b = self.call("joinOf", vec![self.list(b)]);
                    out.push(self.expr(ExprKind::If(condition, Box::new(a), Some(Box::new(b)))));
                }
            }
        }
        self.expr(ExprKind::List(out, None))
    }
}

impl Expand<'_> {
    fn parts(&mut self, parts: &mut [QuotePart]) {
        for part in parts {
            match part {
                QuotePart::Text(_) => {}
                QuotePart::Splice(_, e) | QuotePart::Value(_, e) => self.expr(e),
                QuotePart::If(c, a, b) => {
                    self.operand(c);
                    self.parts(a);
                    self.parts(b);
                }
            }
        }
    }

    fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    fn report(&mut self, span: Span, message: String, hint: Option<String>) {
        self.errors.push(Finding {
            span,
            message: clean(&message),
            hint: hint.map(|hint| clean(&hint)),
        });
    }

    fn operand(&mut self, e: &mut Expr) {
        self.used = true;
        self.expr(e);
        self.used = false;
    }

    /// When `e` calls a macro: what it becomes, or nothing when that has been reported.
    fn call(&mut self, e: &Expr, used: bool) -> Option<Option<Vec<Stmt>>> {
        if let ExprKind::Call(callee, _, args) = &e.kind
            && !self.quoted
            && !self.macro_body
            && is_eval(callee, args)
            && !mentions_locals(&args[0].value, self.bound)
            && self.is_library_eval()
        {
            let args = args.clone();
            return Some(self.eval(&args[0].value, e.span));
        }
        let head = called(self.db, self.project, self.module, self.bound, e)?;
        // In a macro a macro is a function on syntax: what it gives is spliced.
        if (self.quoted || self.macro_body) && !used {
            return None;
        }
        let (receiver, args) = match &e.kind {
            ExprKind::Call(_, _, args) => (None, args),
            ExprKind::MethodCall(receiver, name, _, _, args) => {
                let is_path = path_of(receiver).is_some_and(|mut path| {
                    path.push(name.clone());
                    table::resolve(self.db, self.project, self.module, &path).is_some()
                });
                (Some(&**receiver).filter(|_| !is_path), args)
            }
            _ => return None,
        };
        let first = receiver.map(|value| (None, value));
        let args: Vec<Argument> = first
            .into_iter()
            .chain(args.iter().map(|arg| (arg.name.clone(), &arg.value)))
            .map(|(name, value)| Argument {
                name,
                code: self.slice(value.span).to_string(),
                origin: value.span.start,
                literal: matches!(&value.kind, ExprKind::Literal(lit) if !matches!(lit, Lit::Unit)),
            })
            .collect();
        Some(self.expansion(&head, &args, e.span))
    }

    fn is_library_eval(&self) -> bool {
        let module = self.db.ids().module(self.module);
        let levels = resolve::values(self.db, self.project, module, "eval".into());
        let library = self.db.ids().module("std.syntax");
        levels
            .first()
            .is_some_and(|nearest| nearest.iter().all(|head| head.module == library))
    }

    fn expansion(&mut self, head: &MacroHead, args: &[Argument], span: Span) -> Option<Vec<Stmt>> {
        let answer = run(self.db, self.project, head, None, args, Seen::ALL);
        self.finish(&head.name.clone(), answer, span)
    }

    fn eval(&mut self, source: &Expr, span: Span) -> Option<Vec<Stmt>> {
        let answer = match &source.kind {
            ExprKind::Literal(Lit::String(text)) => Ok(text.clone()),
            _ => {
                let code = self.slice(source.span).to_string();
                let call = format!(
                    "{}({}(({code})))",
                    library("answerOf"),
                    absolute("std.syntax", "eval")
                );
                self.evaluate(&code, call)
            }
        };
        self.finish("eval", answer, span)
    }

    fn comptime(&mut self, value: &Expr, span: Span) -> Option<Vec<Stmt>> {
        let code = self.slice(value.span).to_string();
        let call = format!(
            "{}({}({}(({code}))))",
            library("answerOf"),
            library("argOf"),
            library("valueOf")
        );
        let answer = self.evaluate(&code, call);
        self.finish("comptime", answer, span)
    }

    fn evaluate(&self, code: &str, call: String) -> Result<Name, Failure> {
        let request = Evaluate {
            file: self.file,
            module: self.module,
            code,
            call,
        };
        run_text(self.db, self.project, request, Seen::ALL)
    }

    /// What a decorated local function becomes.
    fn decorated(&mut self, span: Span) -> Option<Vec<Stmt>> {
        if self.depth >= MAX_DEPTH {
            self.report(span, "this decorator expands without end".into(), None);
            return None;
        }
        let text = self.slice(span).to_string();
        let parse = nostos_syntax::parse_expansion(&text, Entry::File);
        let items: Vec<Item<'_>> = parse.file().items().collect();
        let expand = Items {
            db: self.db,
            project: self.project,
            file: self.file,
            layer: Layer::Bodies,
            earlier: std::cell::RefCell::default(),
        };
        let expansion = expand.decorated_from(self.module, &items, self.count)?;
        let items::Expansion {
            text,
            mut segments,
            errors,
            by,
            ..
        } = expansion;
        for (range, message) in errors {
            let there = Span {
                start: span.start + range.start,
                end: span.start + range.end,
            };
            self.report(there, message, None);
        }
        for segment in &mut segments {
            segment.origin += span.start;
        }
        self.statements(&by, Rendered { text, segments }, span)
    }

    /// Makes an answer statements of this definition.
    fn finish(
        &mut self,
        name: &str,
        answer: Result<Name, Failure>,
        span: Span,
    ) -> Option<Vec<Stmt>> {
        *self.count += 1;
        if self.depth >= MAX_DEPTH || *self.count > MAX_EXPANSIONS {
            if *self.count <= MAX_EXPANSIONS + 1 {
                self.report(
                    span,
                    format!("the macro `{name}` expands without end"),
                    Some("a macro that calls itself must stop at some argument".into()),
                );
            }
            return None;
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                let (message, hint) = sentence(name, &failure);
                self.report(span, message, hint);
                return None;
            }
        };
        let naming = Naming {
            number: *self.count,
            label: format!("{}{}_", self.label, *self.count),
            open: FxHashSet::default(),
        };
        self.statements(name, render::render(&answer, &naming), span)
    }

    /// Statements of an expansion, calls in them expanded too.
    fn statements(&mut self, name: &str, rendered: Rendered, span: Span) -> Option<Vec<Stmt>> {
        let Rendered { text, segments } = rendered;
        let parse = nostos_syntax::parse_expansion(&text, Entry::Statements);
        if let Some(error) = parse.errors().first() {
            let hint = Some(format!("it expands to `{}`", shown(&text)));
            self.report(
                span,
                format!("the expansion of `{name}` is no code: {}", error.message),
                hint,
            );
            return None;
        }
        let block = parse.statements().expect("statements parse to a block");
        let all = Span {
            start: 0,
            end: text.len() as u32,
        };
        let lowered = Lower { base: 0 }.repl(&block.stmts().collect::<Vec<_>>(), all);
        let ExprKind::Block(mut stmts) = lowered.kind else {
            return None;
        };
        let start = self.made.add(&name.into(), &text, span);
        let first = self.made.expansions.len();
        let mut inner = Expand {
            db: self.db,
            project: self.project,
            module: self.module,
            bound: self.bound,
            file: self.file,
            text: &text,
            count: &mut *self.count,
            depth: self.depth + 1,
            quoted: false,
            macro_body: self.macro_body,
            used: false,
            label: self.label.clone(),
            errors: Vec::new(),
            sites: Vec::new(),
            made: &mut *self.made,
        };
        inner.block(&mut stmts);
        let (errors, sites) = (inner.errors, inner.sites);
        let full = with_sites(&text, &sites, 0);
        let to = |place: Span| match place.start < MADE {
            true => placed(&segments, place, start),
            false => place,
        };
        for expansion in &mut self.made.expansions[first..] {
            expansion.call = to(expansion.call);
        }
        let mut move_all = walk::Spans(to);
        walk::block(&mut move_all, &mut stmts);
        self.errors.extend(errors.into_iter().map(|mut error| {
            error.span = to(error.span);
            error
        }));
        self.sites.push(Site {
            span,
            written: span,
            name: name.into(),
            text: full,
            statement: false,
        });
        Some(stmts)
    }
}

/// A text with calls replaced by what they became. `start`: where the definition stands in the text.
pub fn with_sites(text: &str, sites: &[Site], start: u32) -> String {
    let mut sites: Vec<&Site> = sites.iter().collect();
    sites.sort_by_key(|site| site.written.start);
    let mut out = String::new();
    let mut at = 0;
    for site in sites {
        let from = (site.written.start + start) as usize;
        let to = (site.written.end + start) as usize;
        if from < at || to > text.len() {
            continue;
        }
        out.push_str(&text[at..from]);
        match site.statement {
            true => out.push_str(site.text.trim()),
            false => out.push_str(&render::as_operand(&site.text)),
        }
        at = to;
    }
    out.push_str(&text[at..]);
    out
}
