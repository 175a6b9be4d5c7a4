//! Type expressions, type parameters and bounds.

use super::{Done, Parser};
use crate::kind::Kind;

impl Parser<'_> {
    /// A type, `A -> B` included.
    pub(super) fn type_expr(&mut self) -> Done {
        self.nested(|parser| {
            let left = parser.type_without_arrow();
            if !parser.at(Kind::Arrow) || parser.at_newline() {
                return left;
            }
            let mark = parser.around(left);
            parser.bump();
            parser.type_expr();
            parser.finish(mark, Kind::FnType)
        })
    }

    /// A type in front of an arrow that is not its own.
    pub(super) fn type_without_arrow(&mut self) -> Done {
        match self.current() {
            Kind::UpperIdent | Kind::Ident | Kind::SelfTypeKw => self.path_type(),
            Kind::LBracket => {
                let mark = self.open();
                let outer = self.enter(false);
                self.type_expr();
                self.leave(outer, Kind::RBracket);
                self.finish(mark, Kind::ListType)
            }
            Kind::LParen => {
                let mark = self.open();
                let outer = self.enter(false);
                let mut count = 0;
                self.comma_list(Kind::RParen, false, |parser| {
                    parser.type_expr();
                    count += 1;
                });
                self.leave(outer, Kind::RParen);
                self.finish(
                    mark,
                    if count == 1 {
                        Kind::ParenType
                    } else {
                        Kind::TupleType
                    },
                )
            }
            Kind::Tilde => {
                let mark = self.open();
                self.bump();
                self.splice_operand(super::Spliced::Type);
                self.finish(mark, Kind::SpliceType)
            }
            Kind::SelfKw => {
                self.error(
                    "expected a type, found `self`".to_owned(),
                    Some("the type is `Self`"),
                );
                let mark = self.open();
                self.bump();
                self.finish(mark, Kind::Error)
            }
            _ => self.missing("a type"),
        }
    }

    /// `M.T[A, B]`: a type, or a trait in a bound.
    fn path_type(&mut self) -> Done {
        let mark = self.open();
        self.bump();
        while self.at(Kind::Dot)
            && !self.at_newline()
            && matches!(self.nth(1), Kind::Ident | Kind::UpperIdent)
        {
            self.bump();
            self.bump();
        }
        if self.at(Kind::LBracket) && !self.at_newline() {
            self.type_arg_list();
        }
        self.finish(mark, Kind::PathType)
    }

    /// `[A, B]` behind a name.
    pub(super) fn type_arg_list(&mut self) {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RBracket, false, |parser| {
            parser.type_expr();
        });
        self.leave(outer, Kind::RBracket);
        self.finish(mark, Kind::TypeArgList);
    }

    /// `-> T` or `: T`.
    pub(super) fn return_type(&mut self) {
        let mark = self.open();
        self.bump();
        self.type_expr();
        self.finish(mark, Kind::RetType);
    }

    /// `[T: Ord + Show, U]`.
    pub(super) fn type_param_list(&mut self) {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RBracket, false, |parser| parser.type_param());
        self.leave(outer, Kind::RBracket);
        self.finish(mark, Kind::TypeParamList);
    }

    fn type_param(&mut self) {
        let mark = self.open();
        if matches!(self.current(), Kind::Ident | Kind::UpperIdent) {
            self.bump();
            if self.eat(Kind::Colon) {
                self.bounds(false);
            }
        } else {
            self.error_expected("a type parameter");
        }
        self.finish(mark, Kind::TypeParam);
    }

    /// `T: Show, U: Eq + Ord` behind the `when` of an implementation.
    pub(super) fn conditions(&mut self) {
        let mark = self.open();
        self.type_param();
        while self.at(Kind::Comma) {
            self.bump();
            self.type_param();
        }
        self.finish(mark, Kind::TypeParamList);
    }

    /// `Ord + Show`; where `commas` are allowed also `Ord, Show`.
    pub(super) fn bounds(&mut self, commas: bool) {
        let mark = self.open();
        loop {
            if matches!(self.current(), Kind::UpperIdent | Kind::Ident) {
                self.path_type();
            } else {
                self.error_expected("a trait");
                break;
            }
            if self.at_newline() || !(self.at(Kind::Plus) || (commas && self.at(Kind::Comma))) {
                break;
            }
            self.bump();
        }
        self.finish(mark, Kind::BoundList);
    }

    /// `a.b.C`, as far as it goes on one line.
    pub(super) fn path(&mut self) {
        let mark = self.open();
        let is_name = self.at(Kind::UpperIdent) || self.is_name_at(self.pos);
        if is_name {
            self.bump();
            while self.at(Kind::Dot)
                && !self.at_newline()
                && self.is_word_at(self.pos + 1)
                && !(self.context.newlines && self.newline_before(self.pos + 1))
            {
                self.bump();
                self.bump();
            }
        } else {
            self.error_expected("a name");
        }
        self.finish(mark, Kind::Path);
    }
}
