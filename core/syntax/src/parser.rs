//! Tokens to a tree: the machinery. The grammar is in the children of this module.
//!
//! The grammar emits a flat list of events; [`build`] turns them into the tree and puts the trivia back in.
//! Every bracketed group is entered with a limit, so that no mistake inside it can leak out.

use crate::brackets::{self, Brackets};
use crate::error::{MAX_ERRORS, SyntaxError};
use crate::kind::Kind;
use crate::lexer::Token;
use crate::tree::{Builder, TextRange, Tree};

mod blocks;
mod exprs;
mod items;
mod lookahead;
mod patterns;
mod types;

/// How deep expressions, patterns and types may nest.
const MAX_NESTING: u32 = 500;
/// How deep the tree may be; chains such as `a + b + …` reach it without nesting.
const MAX_DEPTH: usize = 4000;

/// How many arguments in each other are read again as statements or patterns, so that the time stays that of reading a few times.
const MAX_ATTEMPTS: u32 = 2;

const NEWLINE: u8 = 1;
const SPACE: u8 = 2;
const COLUMN_0: u8 = 4;
const STRAY: u8 = 8;

/// What the parser sees: the tokens without trivia, ending with `Eof`.
pub(crate) struct Input<'a> {
    pub kinds: Vec<Kind>,
    text: &'a str,
    tokens: &'a [Token],
    /// For each token here its index in `tokens`.
    index: Vec<u32>,
    flags: Vec<u8>,
}

impl<'a> Input<'a> {
    fn new(text: &'a str, tokens: &'a [Token]) -> Input<'a> {
        let mut input = Input {
            kinds: Vec::with_capacity(tokens.len() / 2 + 1),
            text,
            tokens,
            index: Vec::with_capacity(tokens.len() / 2 + 1),
            flags: Vec::with_capacity(tokens.len() / 2 + 1),
        };
        let mut flags = NEWLINE | COLUMN_0;
        for (at, token) in tokens.iter().enumerate() {
            if token.kind.is_trivia() {
                flags = match token.kind {
                    Kind::Newline => flags | NEWLINE | SPACE | COLUMN_0,
                    _ => (flags | SPACE) & !COLUMN_0,
                };
            } else {
                input.kinds.push(token.kind);
                input.index.push(at as u32);
                input.flags.push(flags);
                flags = 0;
            }
        }
        input
    }

    pub fn range(&self, at: usize) -> TextRange {
        let index = self.index[at] as usize;
        let start = self.tokens[index].start;
        let end = self.tokens.get(index + 1).map_or(start, |next| next.start);
        TextRange::new(start, end)
    }

    pub fn text(&self, at: usize) -> &'a str {
        &self.text[self.range(at).span()]
    }

    /// For people: from 1.
    pub fn line_of(&self, at: usize) -> usize {
        let start = self.range(at).start as usize;
        1 + self.text.as_bytes()[..start]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }

    pub fn is_column_0(&self, at: usize) -> bool {
        self.flags[at] & COLUMN_0 != 0
    }

    fn newline_before(&self, at: usize) -> bool {
        self.flags[at] & NEWLINE != 0
    }

    /// Whether the token at `at` looks like the start of an item, or like the `end` of one; for recovery at column 0.
    pub fn starts_item(&self, at: usize) -> bool {
        let next = self.kinds.get(at + 1).copied().unwrap_or(Kind::Eof);
        match self.kinds[at] {
            Kind::TypeKw
            | Kind::VarKw
            | Kind::MvarKw
            | Kind::ConstKw
            | Kind::TraitKw
            | Kind::ModuleKw
            | Kind::UseKw
            | Kind::ImportKw
            | Kind::PubKw
            | Kind::PrivateKw
            | Kind::ExternKw
            | Kind::MacroKw
            | Kind::TemplateKw
            | Kind::EndKw => true,
            Kind::TestKw => next == Kind::StringOpen,
            Kind::At => matches!(next, Kind::Ident),
            Kind::Ident => matches!(next, Kind::LParen | Kind::LBracket | Kind::Eq | Kind::Colon),
            Kind::UpperIdent => matches!(next, Kind::Colon | Kind::LBracket),
            _ => false,
        }
    }
}

/// What to parse a text as.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entry {
    /// A file: items.
    File,
    /// Statements, as in a block: what a REPL or debugger evaluates. The root's one child node is a bare `Block`.
    Statements,
}

/// Parses tokens that end with `Eof`.
pub(crate) fn parse(
    text: &str,
    tokens: &[Token],
    entry: Entry,
    errors: &mut Vec<SyntaxError>,
) -> Tree {
    let mut input = Input::new(text, tokens);
    let Brackets {
        close_of,
        stray,
        errors: bracket_errors,
    } = brackets::pair(&input);
    errors.extend(bracket_errors);
    for at in stray {
        input.flags[at as usize] |= STRAY;
    }
    let mut parser = Parser::new(&input, &close_of, false);
    parser.root(entry);
    if parser.missing_end {
        // Somewhere an `end` is missing; with definitions at column 0 closing everything, the mistake stays in its own.
        parser = Parser::new(&input, &close_of, true);
        parser.root(entry);
    }
    let Parser {
        events,
        errors: grammar_errors,
        ..
    } = parser;
    errors.extend(grammar_errors);
    build(text, tokens, events, errors)
}

#[derive(Clone, Copy, Debug)]
enum Event {
    /// Opens a node. When `outer` is not 0, the node that is to be opened before it is that many events later.
    Open {
        kind: Kind,
        outer: u32,
    },
    Token,
    Close,
    /// An open that came to nothing, or one that was done earlier.
    Nothing,
}

/// A node that is open; must be given to `finish` or `abandon`.
#[must_use]
struct Mark(u32);

/// A finished node, which may still get a parent.
#[derive(Clone, Copy)]
struct Done(u32);

/// What holds inside a group of brackets or a head.
#[derive(Clone, Copy)]
struct Context {
    /// The token before which everything here ends.
    limit: u32,
    /// New lines end statements.
    newlines: bool,
    /// `x -> e` is not a lambda.
    no_arrow: bool,
    /// `Name {` is not a record.
    no_brace: bool,
}

/// Where something is spliced that is no expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spliced {
    /// The name of a definition, before its parameters.
    Name,
    /// A pattern.
    Pattern,
    /// A type.
    Type,
}

struct Parser<'a> {
    input: &'a Input<'a>,
    close_of: &'a [u32],
    pos: u32,
    context: Context,
    nesting: u32,
    events: Vec<Event>,
    errors: Vec<SyntaxError>,
    /// The token at which the last error was, to not report twice.
    last_error: u32,
    /// An item at column 0 ends every `end`-form that is open.
    column_0_ends: bool,
    missing_end: bool,
    /// How many arguments around here are being read as something else than expressions.
    attempts: u32,
}

impl<'a> Parser<'a> {
    fn new(input: &'a Input<'a>, close_of: &'a [u32], column_0_ends: bool) -> Parser<'a> {
        let limit = input.kinds.len() as u32 - 1;
        Parser {
            input,
            close_of,
            pos: 0,
            context: Context {
                limit,
                newlines: true,
                no_arrow: false,
                no_brace: false,
            },
            nesting: 0,
            events: Vec::with_capacity(input.kinds.len() * 3),
            errors: Vec::new(),
            last_error: u32::MAX,
            column_0_ends,
            missing_end: false,
            attempts: 0,
        }
    }

    fn root(&mut self, entry: Entry) {
        let root = self.open();
        match entry {
            Entry::File => self.items(items::Place::File),
            Entry::Statements => {
                let block = self.open();
                self.statements(&[]);
                self.finish(block, Kind::Block);
            }
        }
        self.finish(root, Kind::SourceFile);
    }

    // Looking.

    fn at(&self, kind: Kind) -> bool {
        self.current() == kind
    }

    fn current(&self) -> Kind {
        if self.pos < self.context.limit {
            self.input.kinds[self.pos as usize]
        } else {
            Kind::Eof
        }
    }

    fn nth(&self, ahead: u32) -> Kind {
        self.kind_at(self.pos + ahead)
    }

    /// The kind of any token in the present group.
    fn kind_at(&self, pos: u32) -> Kind {
        if pos < self.context.limit {
            self.input.kinds[pos as usize]
        } else {
            Kind::Eof
        }
    }

    fn newline_before(&self, pos: u32) -> bool {
        self.input.newline_before(pos as usize)
    }

    /// The statement ends here, were it not for operators that may lead a line.
    fn at_newline(&self) -> bool {
        self.context.newlines && self.newline_before(self.pos)
    }

    fn at_limit(&self) -> bool {
        self.pos >= self.context.limit
    }

    /// The current token directly follows the one before it.
    fn is_glued(&self, pos: u32) -> bool {
        self.input.flags[pos as usize] & (SPACE | NEWLINE) == 0
    }

    fn text_at(&self, pos: u32) -> &'a str {
        self.input.text(pos as usize)
    }

    /// A contextual word, such as `as`.
    fn at_word(&self, word: &str) -> bool {
        self.at(Kind::Ident) && self.text_at(self.pos) == word
    }

    // Moving.

    fn bump(&mut self) {
        debug_assert!(self.pos < self.context.limit);
        self.events.push(Event::Token);
        self.pos += 1;
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let here = self.at(kind);
        if here {
            self.bump();
        }
        here
    }

    /// Eats the token or says that it is missing.
    fn expect(&mut self, kind: Kind) -> bool {
        let here = self.eat(kind);
        if !here {
            self.error_expected(kind.describe());
        }
        here
    }

    // Nodes.

    fn open(&mut self) -> Mark {
        self.events.push(Event::Nothing);
        Mark(self.events.len() as u32 - 1)
    }

    fn finish(&mut self, mark: Mark, kind: Kind) -> Done {
        self.events[mark.0 as usize] = Event::Open { kind, outer: 0 };
        self.events.push(Event::Close);
        Done(mark.0)
    }

    /// Opens a node around one that is finished.
    fn around(&mut self, inner: Done) -> Mark {
        let mark = self.open();
        if let Event::Open { outer, .. } = &mut self.events[inner.0 as usize] {
            *outer = mark.0 - inner.0;
        }
        mark
    }

    fn kind_of(&self, done: Done) -> Option<Kind> {
        match self.events[done.0 as usize] {
            Event::Open { kind, .. } => Some(kind),
            Event::Token | Event::Close | Event::Nothing => None,
        }
    }

    fn empty(&mut self, kind: Kind) -> Done {
        let mark = self.open();
        self.finish(mark, kind)
    }

    // Groups.

    /// Steps into the brackets at the current token. What is inside ends before the closing one.
    fn enter(&mut self, newlines: bool) -> Context {
        let outer = self.context;
        let close = self.close_of[self.pos as usize].min(outer.limit);
        self.bump();
        self.context = Context {
            limit: close,
            newlines,
            no_arrow: false,
            no_brace: false,
        };
        outer
    }

    /// Steps out again: what is left over is an error, the closing bracket is eaten.
    fn leave(&mut self, outer: Context, close: Kind) {
        if self.pos < self.context.limit {
            self.error_expected(close.describe());
            self.skip_to(|_| false);
        }
        self.context = outer;
        if self.at(close) {
            self.bump();
        }
    }

    /// Runs `part` under a changed context.
    fn with<T>(
        &mut self,
        change: impl FnOnce(&mut Context),
        part: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.context;
        change(&mut self.context);
        let result = part(self);
        self.context = outer;
        result
    }

    /// `part` separated by commas up to the end of the group or `until`.
    fn comma_list(
        &mut self,
        until: Kind,
        newline_separates: bool,
        mut part: impl FnMut(&mut Self),
    ) {
        while !self.at_limit() && !self.at(until) {
            let before = self.pos;
            part(self);
            if self.at_limit() || self.at(until) {
                break;
            }
            if self.eat(Kind::Comma)
                || (newline_separates && self.pos > before && self.newline_before(self.pos))
            {
                continue;
            }
            self.error_expected("`,`");
            if self.pos == before || !self.newline_before(self.pos) {
                self.skip_to(|parser| parser.at(Kind::Comma) || parser.at(until));
                self.eat(Kind::Comma);
            }
        }
    }

    // Mistakes.

    /// Puts tokens into an error node until `stop` holds or the group ends; brackets inside are skipped as wholes. Takes at least one
    /// token unless the group ends here.
    fn skip_to(&mut self, stop: impl Fn(&Self) -> bool) {
        if self.at_limit() {
            return;
        }
        let mark = self.open();
        let mut first = true;
        while !self.at_limit() && (first || !stop(self)) {
            first = false;
            self.skip_one();
        }
        self.finish(mark, Kind::Error);
    }

    /// Takes one token, or a group of brackets with all that is inside.
    fn skip_one(&mut self) {
        let end = match self.current() {
            Kind::LParen
            | Kind::LBracket
            | Kind::LBrace
            | Kind::MapOpen
            | Kind::SetOpen
            | Kind::InterpOpen => (self.close_of[self.pos as usize] + 1).min(self.context.limit),
            _ => self.pos + 1,
        };
        while self.pos < end {
            self.bump();
        }
    }

    /// Reports that something is missing at the current token, or behind the line before it.
    fn error_expected(&mut self, what: &str) {
        let is_line_end = self.at_newline() && self.pos > 0 && !self.at_limit();
        let found = if is_line_end {
            "the end of the line".to_owned()
        } else {
            self.describe_here()
        };
        let hint = self.foreign_hint();
        self.error(format!("expected {what}, found {found}"), hint);
    }

    /// Reports that nothing can start with the current token.
    fn error_start(&mut self, what: &str) {
        let message = format!("expected {what}, found {}", self.describe_here());
        let hint = self
            .at(Kind::EndKw)
            .then_some("nothing is open here that `end` could close");
        if self.last_error != self.pos && self.input.flags[self.pos as usize] & STRAY == 0 {
            self.last_error = self.pos;
            self.error_at(self.input.range(self.pos as usize), message, hint);
        }
    }

    /// What to write instead of words and signs that other languages have here.
    fn foreign_hint(&self) -> Option<&'static str> {
        if self.at_newline() {
            return None;
        }
        let before = if self.pos > 0 {
            self.text_at(self.pos - 1)
        } else {
            ""
        };
        match (before, self.text_at(self.pos)) {
            ("let" | "val", _) => {
                Some("a binding needs no word: `x = …`, or `var x = …` when it changes")
            }
            ("fn" | "fun" | "func" | "function" | "def", _) => {
                Some("a function is written `name(parameters) = body`")
            }
            ("struct" | "enum" | "class" | "data", _) => Some("a type is written `type Name = …`"),
            ("elif" | "elsif" | "elseif", _) | (_, "elif" | "elsif" | "elseif") => {
                Some("write `else if`")
            }
            (_, "and") => Some("`&&` is the logical and"),
            (_, "or") => Some("`||` is the logical or"),
            _ => None,
        }
    }

    /// The current token as a person would name it, even at the end of a group.
    fn describe_here(&self) -> String {
        let kind = self.input.kinds[self.pos as usize];
        match kind {
            Kind::Ident | Kind::UpperIdent | Kind::Int | Kind::Float => {
                format!("`{}`", self.text_at(self.pos))
            }
            _ => kind.describe().to_owned(),
        }
    }

    /// Reports a mistake at the current token, once per token.
    fn error(&mut self, message: String, hint: Option<&str>) {
        let is_virtual = self.at_limit() && self.is_unclosed_limit();
        let is_stray = self.input.flags[self.pos as usize] & STRAY != 0 || self.at(Kind::Unknown);
        if self.last_error == self.pos || is_virtual || is_stray {
            return;
        }
        self.last_error = self.pos;
        let range = self.error_range();
        self.error_at(range, message, hint);
    }

    /// The current token; the end of the one before it when that is on an earlier line.
    fn error_range(&self) -> TextRange {
        let here = self.input.range(self.pos as usize);
        if self.pos > 0 && (self.newline_before(self.pos) || here.is_empty()) {
            let end = self.input.range(self.pos as usize - 1).end;
            TextRange::new(end, end)
        } else {
            here
        }
    }

    fn error_at(&mut self, range: TextRange, message: String, hint: Option<&str>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError {
                range,
                message,
                hint: hint.map(str::to_owned),
            });
        }
    }

    /// The group ends here only because its bracket was never closed, which has been reported.
    fn is_unclosed_limit(&self) -> bool {
        !matches!(
            self.input.kinds[self.context.limit as usize],
            Kind::Eof | Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose
        )
    }

    /// Reports an `end`-form without its `end`, at the keyword that opened it.
    fn error_no_end(&mut self, keyword: u32) {
        self.missing_end = true;
        // Of several that end at one place the innermost is enough.
        if self.last_error == self.pos {
            return;
        }
        let kind = self.input.kinds[keyword as usize];
        let what = if kind.is_keyword() {
            kind.describe()
        } else {
            "implementation"
        };
        let range = self.input.range(keyword as usize);
        self.error_at(
            range,
            format!("this {what} is never closed"),
            Some("close it with `end`"),
        );
        self.last_error = self.pos;
    }

    /// An operand that is not there. Takes no token.
    fn missing(&mut self, what: &str) -> Done {
        self.error_expected(what);
        self.empty(Kind::Error)
    }

    /// Counts one level of nesting around `part`; past the limit swallows what is there.
    fn nested(&mut self, part: impl FnOnce(&mut Self) -> Done) -> Done {
        if self.nesting >= MAX_NESTING {
            let range = self.error_range();
            self.error_at(
                range,
                "nested too deeply".to_owned(),
                Some("give inner parts names of their own"),
            );
            let mark = self.open();
            let mut blocks = 0;
            while !self.at_limit() && !self.at_newline() {
                match self.current() {
                    Kind::Comma | Kind::Semicolon => break,
                    Kind::EndKw if blocks == 0 => break,
                    Kind::EndKw => blocks -= 1,
                    Kind::DoKw => blocks += 1,
                    _ => {}
                }
                self.skip_one();
            }
            // What is missing now has been skipped.
            self.last_error = self.pos;
            return self.finish(mark, Kind::Error);
        }
        self.nesting += 1;
        let done = part(self);
        self.nesting -= 1;
        done
    }
}

/// Makes the tree: nodes start at their first token, trivia stands before the nodes that follow it.
fn build(
    text: &str,
    tokens: &[Token],
    mut events: Vec<Event>,
    errors: &mut Vec<SyntaxError>,
) -> Tree {
    let mut builder = Builder::with_capacity(tokens.len() + events.len() / 2);
    let mut next = 0;
    let mut kinds = Vec::new();
    // Nodes that were dropped because the tree got too deep.
    let mut dropped = 0u32;
    let mut reported = false;
    for at in 0..events.len() {
        match events[at] {
            Event::Open { .. } => {
                let mut from = at;
                while let Event::Open { kind, outer } = events[from] {
                    events[from] = Event::Nothing;
                    kinds.push(kind);
                    if outer == 0 {
                        break;
                    }
                    from += outer as usize;
                }
                for kind in kinds.drain(..).rev() {
                    if builder.depth() > 0 {
                        trivia(&mut builder, tokens, &mut next);
                    }
                    let start = if builder.depth() == 0 {
                        0
                    } else {
                        tokens[next].start
                    };
                    if builder.depth() < MAX_DEPTH {
                        builder.open(kind, start);
                    } else {
                        if dropped == 0 {
                            builder.spoil();
                            if !std::mem::replace(&mut reported, true) {
                                errors.push(SyntaxError {
                                    range: TextRange::new(start, start),
                                    message: "nested too deeply".to_owned(),
                                    hint: Some("this chain of operators or calls is too long; give parts of it names".to_owned()),
                                });
                            }
                        }
                        dropped += 1;
                    }
                }
            }
            Event::Token => {
                trivia(&mut builder, tokens, &mut next);
                builder.token(tokens[next].kind, tokens[next].start);
                next += 1;
            }
            Event::Close if dropped > 0 => dropped -= 1,
            Event::Close => {
                if builder.depth() == 1 {
                    trivia(&mut builder, tokens, &mut next);
                }
                builder.close();
            }
            Event::Nothing => {}
        }
    }
    debug_assert_eq!(
        next,
        tokens.len() - 1,
        "every token but `Eof` is in the tree"
    );
    builder.finish(text)
}

fn trivia(builder: &mut Builder, tokens: &[Token], next: &mut usize) {
    while tokens[*next].kind.is_trivia() {
        builder.token(tokens[*next].kind, tokens[*next].start);
        *next += 1;
    }
}
