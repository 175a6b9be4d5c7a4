//! Macros: calls, decorators and compile-time values in a definition as written; a definition without them, and where each piece came from.
//!
//! A macro is a function on syntax. It is checked like every function, and run by whoever set the [`Expander`], which this room only names: the
//! request carries the text of all definitions the macro needs, so an answer depends on nothing else. What comes back is text again
//! ([`render`] makes it readable to the parser), parsed, lowered and put in the place of the call. Two layers: decorators and calls where items
//! stand are expanded while the items of a file are collected ([`items`]), calls in bodies while a function is asked for ([`calls`]).

pub mod calls;
pub mod closure;
pub mod explain;
pub mod hygiene;
pub mod items;
pub mod print;
pub mod reflect;
pub mod render;
pub mod run;
pub mod table;
pub mod walk;

use crate::db::{Db, Project};
use crate::hir::Body;
use crate::ids::{Container, FnKey, Part};
use crate::infer;
use crate::lower::Lower;
use crate::query::Database;
use crate::raw::Name;
use crate::ty::FileId;
use nostos_syntax::{Entry, MARK, MARK_END};
use std::sync::Arc;

/// What is to be run at compile time.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// What it is for, to tell a macro that needs itself.
    pub of: Name,
    /// The definitions it needs: paths and texts, everything else left out.
    pub sources: Arc<Vec<(Name, Name)>>,
    /// The module whose names the text sees.
    pub module: Name,
    /// A call that prints its answer.
    pub text: Name,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Failure {
    /// The text or what it calls does not check: sentences.
    Check(Vec<Name>),
    /// It did not end well: what is to be said behind the macro's name.
    Run(Name),
}

/// Runs code at compile time. A pure function of the request but for the limits of time and memory.
pub trait Expander: Send + Sync {
    /// What the text printed.
    fn run(&self, request: &Request) -> Result<Name, Failure>;
}

/// The answer to a request, once for as long as nothing in it changes.
#[salsa::tracked(returns(clone))]
pub fn answer(db: &dyn Db, project: Project, request: Request) -> Result<Name, Failure> {
    let _ = project;
    match db.expander() {
        Some(expander) => expander.run(&request),
        None => Err(Failure::Run("cannot be run: no code may run here".into())),
    }
}

/// The body that answers a request, in the expander's database.
pub fn evaluation(db: &Database, module: &str, text: &str) -> Result<Arc<Body>, Vec<Name>> {
    let project = db.project();
    let parse = nostos_syntax::parse_expansion(text, Entry::Statements);
    if !parse.errors().is_empty() {
        return Err(parse
            .errors()
            .iter()
            .map(|error| clean(&error.message).into())
            .collect());
    }
    let module = db.ids().module(module);
    let owner = db.ids().function(FnKey {
        file: FileId(u32::MAX),
        container: Container::Module(module),
        name: "<macro>".into(),
        arity: 0,
        overload: "".into(),
        part: Part::Entry,
    });
    let block = parse.statements().expect("statements parse to a block");
    let span = crate::hir::Span {
        start: 0,
        end: text.len() as u32,
    };
    let value = Lower { base: 0 }.repl(&block.stmts().collect::<Vec<_>>(), span);
    infer::expression(db, project, module, owner, &[], &value, false)
        .map(Arc::new)
        .map_err(|findings| {
            let mut out: Vec<Name> = Vec::new();
            for finding in findings {
                let mut sentence = clean(&finding.message);
                if let Some(hint) = finding.hint {
                    sentence = format!("{sentence} ({})", clean(&hint));
                }
                if !out.iter().any(|other| **other == *sentence) {
                    out.push(sentence.into());
                }
            }
            out
        })
}

/// The findings of the functions that a request needs: they are told where they stand, too; here they keep what is broken from being run.
pub fn evaluation_errors(db: &Database) -> Vec<Name> {
    let project = db.project();
    let mut out: Vec<Name> = Vec::new();
    for id in crate::query::functions(db) {
        for finding in crate::query::fn_findings(db, project, id).0.iter() {
            out.push(clean(&finding.message).into());
        }
    }
    out
}

/// A marked name that means what `name` means in a module, wherever it stands.
pub fn absolute(module: &str, name: &str) -> String {
    format!("{name}{MARK}{module}{MARK_END}")
}

/// A function of the library's module for macros.
pub(crate) fn library(name: &str) -> String {
    absolute("std.syntax", name)
}

/// A name without its mark.
pub fn plain(name: &str) -> &str {
    match name.find(MARK) {
        Some(at) if name.ends_with(MARK_END) => &name[..at],
        _ => name,
    }
}

/// The module that a marked name belongs to, and the name.
pub fn marked(name: &str) -> Option<(&str, &str)> {
    let inner = name.strip_suffix(MARK_END)?;
    let (plain, mark) = inner.split_once(MARK)?;
    let module = mark.split_once('#').map_or(mark, |(module, _)| module);
    Some((plain, module))
}

/// What a bound name is called for people that is told from others of its spelling by its mark: as in the text its macro made.
pub fn told_apart(name: &str) -> Option<Name> {
    let inner = name.strip_suffix(MARK_END)?;
    let (plain, mark) = inner.split_once(MARK)?;
    Some(match mark.split_once('#') {
        Some((_, number)) => format!("{plain}_{number}").into(),
        None => plain.into(),
    })
}

/// A text for people: without marks.
pub fn clean(text: &str) -> String {
    if !text.contains(MARK) {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            MARK => inside = true,
            MARK_END => inside = false,
            _ if inside => {}
            c => out.push(c),
        }
    }
    out
}

/// A string literal of the language.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' => out.push_str("\\u{24}"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
