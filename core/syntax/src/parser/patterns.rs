//! Patterns.

use super::{Done, Parser, Spliced};
use crate::kind::Kind;

impl Parser<'_> {
    /// A pattern with alternatives, without a type.
    pub(super) fn pattern(&mut self) -> Done {
        self.or_pattern(true)
    }

    /// The pattern of an arm: perhaps with a type, which may not be a function's.
    pub(super) fn arm_pattern(&mut self) -> Done {
        let done = self.or_pattern(true);
        if !self.at(Kind::Colon) {
            return done;
        }
        let mark = self.around(done);
        self.bump();
        self.type_without_arrow();
        self.finish(mark, Kind::TypedPat)
    }

    /// A pattern inside brackets: perhaps with any type.
    fn typed_pattern(&mut self, alternatives: bool) -> Done {
        let done = self.or_pattern(alternatives);
        if !self.at(Kind::Colon) {
            return done;
        }
        let mark = self.around(done);
        self.bump();
        self.type_expr();
        self.finish(mark, Kind::TypedPat)
    }

    fn or_pattern(&mut self, alternatives: bool) -> Done {
        self.nested(|parser| {
            let first = parser.as_pattern();
            if !alternatives || !parser.at(Kind::Pipe) || parser.at_newline() {
                return first;
            }
            let mark = parser.around(first);
            while parser.at(Kind::Pipe) && !parser.at_newline() {
                parser.bump();
                parser.as_pattern();
            }
            parser.finish(mark, Kind::OrPat)
        })
    }

    fn as_pattern(&mut self) -> Done {
        let left = self.primary_pattern();
        if !self.at(Kind::At) || self.at_newline() {
            return left;
        }
        let mark = self.around(left);
        self.bump();
        self.primary_pattern();
        self.finish(mark, Kind::AsPat)
    }

    /// A pattern without `|`, `@` and type.
    pub(super) fn primary_pattern(&mut self) -> Done {
        match self.current() {
            Kind::Underscore => self.single_pattern(Kind::WildPat),
            Kind::Int
            | Kind::Float
            | Kind::Char
            | Kind::RawString
            | Kind::StringOpen
            | Kind::TrueKw
            | Kind::FalseKw
            | Kind::Minus => {
                let start = self.literal_pattern();
                if !matches!(self.current(), Kind::DotDot | Kind::DotDotEq) || self.at_newline() {
                    return start;
                }
                let mark = self.around(start);
                self.bump();
                self.literal_pattern();
                self.finish(mark, Kind::RangePat)
            }
            Kind::UpperIdent => self.constructor_pattern(),
            Kind::Ident if self.nth(1) == Kind::Dot => self.constructor_pattern(),
            Kind::Colon if self.is_atom_at(self.pos) => {
                let mark = self.open();
                self.bump();
                self.bump();
                self.finish(mark, Kind::AtomPat)
            }
            Kind::LParen => self.paren_pattern(),
            Kind::LBracket => self.list_pattern(),
            Kind::LBrace => self.brace_pattern(),
            Kind::MapOpen => self.map_pattern(),
            Kind::SetOpen => {
                let mark = self.open();
                let outer = self.enter(false);
                self.comma_list(Kind::RBrace, false, |parser| {
                    parser.or_pattern(true);
                });
                self.leave(outer, Kind::RBrace);
                self.finish(mark, Kind::SetPat)
            }
            Kind::Caret => {
                let mark = self.open();
                self.bump();
                if self.is_name_at(self.pos) {
                    self.bump();
                } else {
                    self.error_expected("a name");
                }
                self.finish(mark, Kind::PinPat)
            }
            Kind::Tilde => {
                let mark = self.open();
                self.bump();
                self.splice_operand(Spliced::Pattern);
                let done = self.finish(mark, Kind::SplicePat);
                if !self.at(Kind::LParen) || !self.is_glued(self.pos) {
                    return done;
                }
                // A constructor whose name is spliced.
                let mark = self.around(done);
                self.constructor_args(Kind::RParen);
                self.finish(mark, Kind::CtorPat)
            }
            _ if self.is_name_at(self.pos) => self.single_pattern(Kind::NamePat),
            kind if kind.is_keyword() => {
                let message = format!("{} is a keyword and cannot be a name", kind.describe());
                self.error(message, None);
                // Taken as the name it was meant to be, unless it starts something else.
                if matches!(
                    self.nth(1),
                    Kind::Comma | Kind::Eq | Kind::Arrow | Kind::Colon
                ) || self.pos + 1 >= self.context.limit
                {
                    self.single_pattern(Kind::Error)
                } else {
                    self.empty(Kind::Error)
                }
            }
            _ => self.missing("a pattern"),
        }
    }

    fn single_pattern(&mut self, kind: Kind) -> Done {
        let mark = self.open();
        self.bump();
        self.finish(mark, kind)
    }

    /// What is spliced where no whole expression may stand: parentheses, or a name with fields, indexes and the calls that `spliced` allows.
    pub(super) fn splice_operand(&mut self, spliced: Spliced) {
        match self.current() {
            Kind::LParen => {
                let mark = self.open();
                let outer = self.enter(false);
                self.expr();
                self.leave(outer, Kind::RParen);
                self.finish(mark, Kind::ParenExpr);
            }
            _ if self.is_word_at(self.pos) => {
                let end = self.skip_splice(self.pos, spliced).unwrap_or(self.pos + 1);
                let name = self.open();
                self.bump();
                let mut done = self.finish(name, Kind::NameExpr);
                while self.pos < end {
                    let outer = self.around(done);
                    let kind = match self.current() {
                        Kind::Dot => {
                            self.bump();
                            self.bump();
                            if self.pos < end && self.at(Kind::LParen) {
                                self.arg_list();
                                Kind::MethodCallExpr
                            } else {
                                Kind::FieldExpr
                            }
                        }
                        Kind::LParen => {
                            self.arg_list();
                            Kind::CallExpr
                        }
                        _ => {
                            let group = self.enter(false);
                            self.expr();
                            self.leave(group, Kind::RBracket);
                            Kind::IndexExpr
                        }
                    };
                    done = self.finish(outer, kind);
                }
            }
            _ => {
                self.missing("a name");
            }
        }
    }

    fn literal_pattern(&mut self) -> Done {
        let mark = self.open();
        let negative = self.eat(Kind::Minus);
        match self.current() {
            Kind::Int | Kind::Float => self.bump(),
            _ if negative => self.error_expected("a number"),
            Kind::Char | Kind::TrueKw | Kind::FalseKw => self.bump(),
            Kind::StringOpen => {
                let start = self.pos;
                self.string();
                let parts = start + 1..self.pos;
                if parts
                    .clone()
                    .any(|pos| self.input.kinds[pos as usize] == Kind::InterpOpen)
                {
                    let range = self
                        .input
                        .range(start as usize)
                        .to(self.input.range(self.pos as usize - 1));
                    self.error_at(
                        range,
                        "a string in a pattern cannot have `${…}`".to_owned(),
                        Some("compare with `when`"),
                    );
                }
            }
            Kind::RawString => {
                self.string();
            }
            _ => self.error_expected("a literal"),
        }
        self.finish(mark, Kind::LiteralPat)
    }

    /// `a.b.Some(x)`, `Sq{side: s}`.
    fn constructor_pattern(&mut self) -> Done {
        let mark = self.open();
        self.path();
        if !self.at_newline() {
            match self.current() {
                Kind::LParen => self.constructor_args(Kind::RParen),
                Kind::LBrace => self.constructor_args(Kind::RBrace),
                _ => {}
            }
        }
        self.finish(mark, Kind::CtorPat)
    }

    fn constructor_args(&mut self, close: Kind) {
        let outer = self.enter(false);
        self.comma_list(close, false, |parser| {
            let in_braces = close == Kind::RBrace;
            let named = parser.is_word_at(parser.pos) && parser.nth(1) == Kind::Colon;
            if in_braces || (named && !parser.is_generic_type_at(parser.pos + 2)) {
                parser.field_pattern();
            } else {
                parser.typed_pattern(true);
            }
        });
        self.leave(outer, close);
    }

    /// `Map[K, V]`, which no pattern looks like.
    fn is_generic_type_at(&self, pos: u32) -> bool {
        self.kind_at(pos) == Kind::UpperIdent
            && self
                .skip_type(pos)
                .is_some_and(|end| self.kind_at(end - 1) == Kind::RBracket)
    }

    /// `x: p`, `y` or `_` in a record pattern.
    fn field_pattern(&mut self) {
        if self.at(Kind::Underscore) || self.at(Kind::DotDot) {
            self.single_pattern(Kind::RestPat);
            return;
        }
        let mark = self.open();
        if self.is_word_at(self.pos) {
            self.bump();
            if self.eat(Kind::Colon) {
                self.or_pattern(true);
            }
        } else {
            self.error_expected("a field name");
        }
        self.finish(mark, Kind::FieldPat);
    }

    /// `()`, `(p)`, `(p, q: T)`.
    fn paren_pattern(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        let count = self.pattern_elements(Kind::RParen);
        self.leave(outer, Kind::RParen);
        self.finish(
            mark,
            if count == 1 {
                Kind::ParenPat
            } else {
                Kind::TuplePat
            },
        )
    }

    fn pattern_elements(&mut self, close: Kind) -> usize {
        let mut count = 0;
        self.comma_list(close, false, |parser| {
            parser.typed_pattern(true);
            count += 1;
        });
        count
    }

    fn list_pattern(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::Pipe, false, |parser| {
            parser.typed_pattern(false);
        });
        if self.eat(Kind::Pipe) {
            self.typed_pattern(false);
        }
        self.leave(outer, Kind::RBracket);
        self.finish(mark, Kind::ListPat)
    }

    /// `{x: p, y, _}`, or a tuple with an atom.
    fn brace_pattern(&mut self) -> Done {
        let mark = self.open();
        if self.is_brace_tuple(self.pos) || self.is_atom_at(self.pos + 1) {
            let outer = self.enter(false);
            let count = self.pattern_elements(Kind::RBrace);
            self.leave(outer, Kind::RBrace);
            return self.finish(
                mark,
                if count == 1 {
                    Kind::ParenPat
                } else {
                    Kind::TuplePat
                },
            );
        }
        let outer = self.enter(false);
        self.comma_list(Kind::RBrace, false, |parser| parser.field_pattern());
        self.leave(outer, Kind::RBrace);
        self.finish(mark, Kind::RecordPat)
    }

    fn map_pattern(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RBrace, false, |parser| {
            let entry = parser.open();
            parser.primary_pattern();
            if parser.expect(Kind::Colon) {
                parser.or_pattern(true);
            }
            parser.finish(entry, Kind::MapPatEntry);
        });
        self.leave(outer, Kind::RBrace);
        self.finish(mark, Kind::MapPat)
    }
}
