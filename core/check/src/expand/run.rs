//! Running a macro: its arguments as values or as syntax, and what went wrong in words. What becomes of the answer in the text is [`super::calls`]'s.

use super::closure::Seen;
use super::table::MacroHead;
use super::{Failure, Request, clean, closure, library, quoted};
use crate::db::{Db, Project};
use crate::raw::Name;
use crate::ty::FileId;
use nostos_syntax::Entry;

/// A text on one line and not too long.
pub fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = clean(&words.join(" "));
    match line.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// What to tell about a failure.
pub fn sentence(name: &str, failure: &Failure) -> (String, Option<String>) {
    match failure {
        Failure::Check(sentences) => match sentences.first() {
            Some(first) if first.starts_with("Wrong number of arguments") => {
                (first.to_string(), None)
            }
            first => {
                let what = match name {
                    "comptime" | "eval" => "this cannot be computed at compile time".to_string(),
                    _ => format!("the macro `{name}` cannot be run"),
                };
                let why = first.map_or("it does not check", |s| s);
                (format!("{what}: {why}"), None)
            }
        },
        Failure::Run(why) => (format!("the macro `{name}` {why}"), None),
    }
}

/// An argument of a macro.
pub struct Argument {
    /// `name: e`
    pub name: Option<Name>,
    /// Its text.
    pub code: String,
    /// Where that stands.
    pub origin: u32,
    /// A plain value.
    pub literal: bool,
}

impl Argument {
    fn text(&self, as_value: bool) -> String {
        let label = self
            .name
            .as_ref()
            .map_or_else(String::new, |name| format!("{}: ", super::plain(name)));
        if as_value && self.literal {
            return format!("{label}{}", self.code);
        }
        let code = format!("\u{E002}{}\u{E003}{}\u{E004}", self.origin, self.code);
        format!("{label}{}({})", library("argOf"), quoted(&code))
    }
}

/// Runs a macro on arguments, the item it decorates before them.
///
/// An argument is syntax; where the macro does not check with that, a literal is given as the value it is.
pub fn run(
    db: &dyn Db,
    project: Project,
    head: &MacroHead,
    item: Option<&str>,
    args: &[Argument],
    seen: Seen,
) -> Result<Name, Failure> {
    let sources = closure::sources(db, project, head.file, vec![head.name.clone()], seen);
    let attempt = |as_values: bool| {
        let mut list: Vec<String> = item.map(str::to_string).into_iter().collect();
        list.extend(args.iter().map(|arg| arg.text(as_values)));
        let text = format!(
            "{}({}({}))",
            library("answerOf"),
            head.name,
            list.join(", ")
        );
        let request = Request {
            of: head.qualified(),
            sources: sources.clone(),
            module: head.module.clone(),
            text: text.into(),
        };
        super::answer(db, project, request)
    };
    let literals = args.iter().any(|arg| arg.literal);
    // Decorators are given settings, macros code.
    let first = item.is_some() && literals;
    match attempt(first) {
        Err(Failure::Check(first_wrong)) if literals => match attempt(!first) {
            Err(Failure::Check(wrong)) => {
                Err(Failure::Check(if first { wrong } else { first_wrong }))
            }
            other => other,
        },
        other => other,
    }
}

/// An expression to be computed at compile time.
pub struct Evaluate<'a> {
    /// The file it stands in.
    pub file: FileId,
    /// The module.
    pub module: &'a str,
    /// It.
    pub code: &'a str,
    /// A call that prints what it gives.
    pub call: String,
}

/// Computes an expression.
pub fn run_text(
    db: &dyn Db,
    project: Project,
    of: Evaluate<'_>,
    seen: Seen,
) -> Result<Name, Failure> {
    let parse = nostos_syntax::parse_expansion(of.code, Entry::Statements);
    let names = parse
        .statements()
        .map_or_else(Vec::new, |block| closure::names_of(block.node()));
    let request = Request {
        of: format!("{}: {}", of.module, of.code).into(),
        sources: closure::sources(db, project, of.file, names, seen),
        module: of.module.into(),
        text: of.call.into(),
    };
    super::answer(db, project, request)
}
