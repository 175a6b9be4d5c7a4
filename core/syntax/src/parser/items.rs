//! Items: definitions, and what stands in traits, implementations and modules.

use super::{Mark, Parser};
use crate::kind::Kind;

/// Where an item stands; it decides what `name(…)` alone means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Module,
    Trait,
    Impl,
    Block,
}

impl Parser<'_> {
    /// Items up to the end of the group, or `end` where one belongs.
    pub(super) fn items(&mut self, place: Place) {
        loop {
            while self.at(Kind::Semicolon) {
                self.bump();
            }
            let has_end = place != Place::File;
            if self.at_limit() || (has_end && (self.at(Kind::EndKw) || self.at_column_0_item())) {
                return;
            }
            let before = self.pos;
            self.item(place);
            if self.pos == before {
                self.skip_to_item();
            } else if !(self.at_limit()
                || self.newline_before(self.pos)
                || matches!(self.current(), Kind::Semicolon | Kind::EndKw))
            {
                self.error_expected("a new line");
                self.skip_to_item();
            }
        }
    }

    /// Skips what cannot be understood: up to a line that starts an item.
    fn skip_to_item(&mut self) {
        self.skip_to(|parser| {
            let pos = parser.pos as usize;
            parser.newline_before(parser.pos)
                && (parser.input.starts_item(pos)
                    || parser.input.is_column_0(pos)
                    || parser.input.kinds[pos] == Kind::EndKw)
        });
    }

    /// One item. Takes no token when nothing here looks like one, and says so.
    pub(super) fn item(&mut self, place: Place) {
        let mark = self.open();
        let start = self.pos;
        while self.at(Kind::At) {
            self.decorator();
        }
        if matches!(self.current(), Kind::PubKw | Kind::PrivateKw) {
            self.bump();
        }
        match self.current() {
            Kind::TypeKw => self.type_def(mark),
            Kind::VarKw if self.nth(1) == Kind::TypeKw => self.type_def(mark),
            Kind::VarKw => {
                self.bump();
                self.value_def(mark);
            }
            Kind::TraitKw => self.trait_def(mark),
            Kind::ModuleKw => self.module_def(mark),
            Kind::UseKw | Kind::ImportKw => self.use_decl(mark),
            Kind::ConstKw => self.named_value(mark, Kind::ConstDef),
            Kind::MvarKw => self.named_value(mark, Kind::MvarDef),
            Kind::ExternKw => self.extern_def(mark),
            Kind::MacroKw | Kind::TemplateKw => self.macro_def(mark),
            Kind::TestKw if self.nth(1) == Kind::StringOpen => self.test_def(mark),
            Kind::Tilde if self.spliced_head().is_some() => self.fn_def(mark),
            _ if self.is_definition_head(place) => self.fn_def(mark),
            _ if self.is_name_at(self.pos)
                && self.nth(1) == Kind::Colon
                && !self.newline_before(self.pos + 1) =>
            {
                self.signature_or_value(mark);
            }
            _ if self.is_impl_at(self.pos) => self.impl_def(mark),
            _ if self.is_binding_at(self.pos) => self.value_def(mark),
            _ if self.starts_expr() && self.pos == start => {
                self.body();
                self.finish(mark, Kind::ItemExpr);
            }
            _ => {
                self.error_start("a definition");
                if self.pos > start {
                    self.finish(mark, Kind::Error);
                } else {
                    // Nothing was taken, so nothing is left open.
                    let Mark(_) = mark;
                }
            }
        }
    }

    /// `name(…)` that is a definition here, or was meant as one.
    fn is_definition_head(&self, place: Place) -> bool {
        let is_member = matches!(place, Place::Trait | Place::Impl);
        if !self.is_name_at(self.pos) {
            return is_member && self.is_operator_method();
        }
        let Some(end) = self.after_head(self.pos) else {
            return false;
        };
        // A body without `=` in front.
        let is_likely = end < self.context.limit
            && !self.newline_before(end)
            && matches!(
                self.kind_at(end),
                Kind::LBrace | Kind::Arrow | Kind::Colon | Kind::DoKw
            );
        is_member || self.is_definition_tail(end) || (is_likely && place != Place::Block)
    }

    /// `@name`, `@name(args)`.
    fn decorator(&mut self) {
        let mark = self.open();
        self.bump();
        self.path();
        if self.at(Kind::LParen) && self.is_glued(self.pos) {
            self.arg_list();
        }
        self.finish(mark, Kind::Decorator);
    }

    /// A name to define.
    fn name(&mut self) {
        if self.is_name_at(self.pos) || self.is_operator_method() {
            self.bump();
        } else if self.at(Kind::Tilde) {
            let mark = self.open();
            let splice = self.open();
            self.bump();
            self.splice_operand(super::Spliced::Name);
            self.finish(splice, Kind::SpliceExpr);
            self.finish(mark, Kind::SpliceName);
        } else {
            self.error_expected("a name");
        }
    }

    fn upper_name(&mut self) {
        if self.at(Kind::UpperIdent) {
            self.bump();
        } else if self.at(Kind::Tilde) {
            self.name();
        } else {
            self.error_expected("a capitalised name");
            if self.at(Kind::Ident) && !self.at_newline() {
                self.skip_to(|_| true);
            }
        }
    }

    /// `name[T](params) when g -> T = body`; in traits the body may be missing.
    fn fn_def(&mut self, mark: Mark) {
        self.name();
        self.fn_head();
        let is_signature = self.at_limit()
            || self.newline_before(self.pos)
            || matches!(self.current(), Kind::Semicolon | Kind::EndKw);
        if self.at(Kind::Eq) && !self.newline_before(self.pos) {
            self.bump();
            self.body();
        } else if !is_signature {
            self.error("expected `=` before the body".to_owned(), None);
            if self.starts_expr() {
                self.expr();
            }
        }
        self.finish(mark, Kind::FnDef);
    }

    fn fn_head(&mut self) {
        if self.at(Kind::LBracket) && !self.newline_before(self.pos) {
            self.type_param_list();
        }
        if self.at(Kind::LParen) {
            self.param_list();
        } else {
            self.error_expected("`(`");
        }
        if self.at(Kind::WhenKw) && !self.newline_before(self.pos) {
            self.guard();
        }
        if matches!(self.current(), Kind::Arrow | Kind::Colon) && !self.newline_before(self.pos) {
            self.return_type();
        }
        // The other order reads well too.
        if self.at(Kind::WhenKw) && !self.newline_before(self.pos) {
            self.guard();
        }
    }

    /// `(pattern: Type = default, …)`.
    pub(super) fn param_list(&mut self) {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RParen, false, |parser| {
            let param = parser.open();
            parser.pattern();
            if parser.eat(Kind::Colon) {
                parser.type_expr();
            }
            if parser.at(Kind::Eq) {
                let default = parser.open();
                parser.bump();
                parser.expr();
                parser.finish(default, Kind::Default);
            }
            parser.finish(param, Kind::Param);
        });
        self.leave(outer, Kind::RParen);
        self.finish(mark, Kind::ParamList);
    }

    /// `name : Type`, or `name: Type = e`.
    fn signature_or_value(&mut self, mark: Mark) {
        let is_value = self
            .skip_type(self.pos + 2)
            .is_some_and(|end| self.kind_at(end) == Kind::Eq && !self.newline_before(end));
        if is_value {
            return self.value_def(mark);
        }
        self.bump();
        self.bump();
        self.type_expr();
        self.finish(mark, Kind::Signature);
    }

    /// `pattern: Type = e`.
    fn value_def(&mut self, mark: Mark) {
        self.pattern();
        if self.eat(Kind::Colon) {
            self.type_expr();
        }
        if self.expect(Kind::Eq) {
            self.body();
        }
        self.finish(mark, Kind::ValueDef);
    }

    /// `const NAME: T = e`, `mvar name: T = e`.
    fn named_value(&mut self, mark: Mark, kind: Kind) {
        self.bump();
        if matches!(self.current(), Kind::Ident | Kind::UpperIdent) {
            self.bump();
        } else {
            self.error_expected("a name");
        }
        if self.eat(Kind::Colon) {
            self.type_expr();
        }
        if self.expect(Kind::Eq) {
            self.body();
        }
        self.finish(mark, kind);
    }

    fn type_def(&mut self, mark: Mark) {
        let start = self.pos;
        self.eat(Kind::VarKw);
        self.bump();
        self.upper_name();
        if self.at(Kind::LBracket) && !self.newline_before(self.pos) {
            self.type_param_list();
        }
        if self.expect(Kind::Eq) && self.has_type_body(start) {
            self.type_body();
        }
        self.finish(mark, Kind::TypeDef);
    }

    /// Whether what follows `=` belongs to the type definition that starts at `start`, or it is an empty type.
    fn has_type_body(&self, start: u32) -> bool {
        if self.at_limit() {
            return false;
        }
        if !self.newline_before(self.pos) {
            return !matches!(self.current(), Kind::Semicolon | Kind::EndKw);
        }
        match self.current() {
            Kind::LBrace | Kind::Pipe => true,
            // On a line of its own, it is the type's unless it starts an item of its own.
            Kind::UpperIdent => {
                !self.is_impl_at(self.pos)
                    && !self.is_binding_at(self.pos)
                    && (self.is_indented(self.pos) || !self.is_indented(start))
            }
            Kind::LParen | Kind::LBracket => {
                self.is_indented(self.pos)
                    && !self.is_binding_at(self.pos)
                    && !self.is_impl_at(self.pos)
            }
            _ => false,
        }
    }

    fn is_indented(&self, pos: u32) -> bool {
        self.newline_before(pos) && !self.input.is_column_0(pos as usize)
    }

    fn type_body(&mut self) {
        if self.at(Kind::LBrace) {
            self.field_list(Kind::RBrace);
        } else if self.at(Kind::Pipe) || self.is_variants() {
            let list = self.open();
            self.eat(Kind::Pipe);
            loop {
                let variant = self.open();
                self.upper_name();
                if !self.newline_before(self.pos) {
                    match self.current() {
                        Kind::LParen => self.field_list(Kind::RParen),
                        Kind::LBrace => self.field_list(Kind::RBrace),
                        _ => {}
                    }
                }
                self.finish(variant, Kind::Variant);
                // No item starts with `|`, so here it may lead a line.
                if !self.eat(Kind::Pipe) {
                    break;
                }
            }
            self.finish(list, Kind::VariantList);
        } else {
            self.type_expr();
        }
    }

    /// `A`, `A(…)`, `A{…}`, followed by `|` or the end of the definition.
    fn is_variants(&self) -> bool {
        if !matches!(self.current(), Kind::UpperIdent) {
            return false;
        }
        let mut end = self.pos + 1;
        if matches!(self.kind_at(end), Kind::LParen | Kind::LBrace) && !self.newline_before(end) {
            match self.after_group(end) {
                Some(after) => end = after,
                None => return true,
            }
        }
        end >= self.context.limit
            || self.newline_before(end)
            || matches!(
                self.kind_at(end),
                Kind::Pipe | Kind::Semicolon | Kind::EndKw
            )
    }

    /// `{ private x: Int, y: Int }`, `(Float, Float)`.
    fn field_list(&mut self, close: Kind) {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(close, true, |parser| {
            let field = parser.open();
            if parser.at(Kind::PrivateKw) && parser.nth(1) != Kind::Colon {
                parser.bump();
            }
            if parser.is_word_at(parser.pos) && parser.nth(1) == Kind::Colon {
                parser.bump();
                parser.bump();
            } else if close == Kind::RBrace {
                parser.error_expected("a field: `name: Type`");
            }
            parser.type_expr();
            if parser.at(Kind::Eq) {
                let default = parser.open();
                parser.bump();
                parser.expr();
                parser.finish(default, Kind::Default);
            }
            parser.finish(field, Kind::Field);
        });
        self.leave(outer, close);
        self.finish(mark, Kind::FieldList);
    }

    fn trait_def(&mut self, mark: Mark) {
        let keyword = self.pos;
        self.bump();
        self.upper_name();
        if self.at(Kind::LBracket) && !self.newline_before(self.pos) {
            self.type_param_list();
        }
        if self.at(Kind::Colon) {
            self.bump();
            self.bounds(true);
        }
        self.members(keyword, Place::Trait);
        self.finish(mark, Kind::TraitDef);
    }

    fn impl_def(&mut self, mark: Mark) {
        let first = self.pos;
        self.type_expr();
        self.bump();
        self.bounds(true);
        if self.at(Kind::WhenKw) {
            self.bump();
            self.conditions();
        }
        self.members(first, Place::Impl);
        self.finish(mark, Kind::ImplDef);
    }

    fn module_def(&mut self, mark: Mark) {
        let keyword = self.pos;
        self.bump();
        self.path();
        self.members(keyword, Place::Module);
        self.finish(mark, Kind::ModuleDef);
    }

    /// What stands in an `end`-form of items, and its `end`.
    fn members(&mut self, keyword: u32, place: Place) {
        if self.nesting >= super::MAX_NESTING {
            self.error("nested too deeply".to_owned(), None);
            return self.skip_to(|_| false);
        }
        self.nesting += 1;
        self.items(place);
        self.nesting -= 1;
        if !self.eat(Kind::EndKw) {
            self.error_no_end(keyword);
        }
    }

    /// `use m.*`, `use m.{a, b as c}`, `use m.name`.
    fn use_decl(&mut self, mark: Mark) {
        self.bump();
        if self.at_newline() {
            self.error_expected("a module");
            self.finish(mark, Kind::UseDecl);
            return;
        }
        self.path();
        if self.at(Kind::Dot) {
            self.bump();
            match self.current() {
                Kind::Star => self.bump(),
                Kind::LBrace => {
                    let list = self.open();
                    let outer = self.enter(false);
                    self.comma_list(Kind::RBrace, true, |parser| {
                        let name = parser.open();
                        if parser.is_word_at(parser.pos) {
                            parser.bump();
                            parser.alias();
                        } else {
                            parser.error_expected("a name");
                        }
                        parser.finish(name, Kind::UseName);
                    });
                    self.leave(outer, Kind::RBrace);
                    self.finish(list, Kind::UseList);
                }
                _ => self.error_expected("a name, `*` or `{`"),
            }
        } else if !self.at_newline() {
            self.alias();
        }
        self.finish(mark, Kind::UseDecl);
    }

    fn alias(&mut self) {
        if self.at_word("as") {
            self.bump();
            if self.is_word_at(self.pos) {
                self.bump();
            } else {
                self.error_expected("a name");
            }
        }
    }

    fn extern_def(&mut self, mark: Mark) {
        self.bump();
        self.name();
        self.fn_head();
        if self.expect(Kind::FromKw) {
            self.string_or_missing();
        }
        self.finish(mark, Kind::ExternDef);
    }

    fn test_def(&mut self, mark: Mark) {
        self.bump();
        self.string_or_missing();
        self.expect(Kind::Eq);
        self.body();
        self.finish(mark, Kind::TestDef);
    }

    fn string_or_missing(&mut self) {
        if matches!(self.current(), Kind::StringOpen | Kind::RawString) {
            self.string();
        } else {
            self.missing("a string");
        }
    }

    fn macro_def(&mut self, mark: Mark) {
        self.bump();
        self.name();
        if self.at(Kind::LParen) {
            self.param_list();
        } else {
            self.error_expected("`(`");
        }
        if self.expect(Kind::Eq) {
            self.body();
        }
        self.finish(mark, Kind::MacroDef);
    }
}
