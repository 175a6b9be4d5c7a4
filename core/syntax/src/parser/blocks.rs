//! Statements, blocks, and the expressions that are made of blocks and arms.

use super::{Done, Parser};
use crate::kind::Kind;

impl Parser<'_> {
    /// `{ … }` as statements, whatever they look like; an empty error when there is no brace.
    pub(super) fn block(&mut self) -> Done {
        if !self.at(Kind::LBrace) {
            return self.missing("`{`");
        }
        self.nested(|parser| {
            let mark = parser.open();
            let outer = parser.enter(true);
            parser.statements(&[]);
            parser.leave(outer, Kind::RBrace);
            parser.finish(mark, Kind::Block)
        })
    }

    /// `do … end`.
    pub(super) fn do_block(&mut self) -> Done {
        self.nested(|parser| {
            let mark = parser.open();
            let keyword = parser.pos;
            parser.bump();
            parser.end_form(|parser| parser.statements(&[Kind::EndKw]));
            parser.close_with_end(keyword);
            parser.finish(mark, Kind::Block)
        })
    }

    /// The body of a loop: braces or `do … end`.
    fn loop_body(&mut self) -> Done {
        if self.at(Kind::DoKw) {
            self.do_block()
        } else {
            self.block()
        }
    }

    /// The inside of an `end`-form: new lines count again, even within parentheses.
    fn end_form(&mut self, part: impl FnOnce(&mut Self)) {
        self.with(
            |context| {
                context.newlines = true;
                context.no_arrow = false;
                context.no_brace = false;
            },
            part,
        );
    }

    fn close_with_end(&mut self, keyword: u32) {
        if !self.eat(Kind::EndKw) {
            self.error_no_end(keyword);
        }
    }

    /// An `end`-form that started before ends here although its `end` is missing.
    pub(super) fn at_column_0_item(&self) -> bool {
        let pos = self.pos as usize;
        self.column_0_ends
            && !self.at_limit()
            && self.input.is_column_0(pos)
            && self.input.starts_item(pos)
            && !self.at(Kind::EndKw)
            && self.close_of_context_is_file()
    }

    /// No bracket is open around here.
    fn close_of_context_is_file(&self) -> bool {
        self.context.limit as usize == self.input.kinds.len() - 1
    }

    /// Statements up to the end of the group or one of the keywords in `until`.
    pub(super) fn statements(&mut self, until: &[Kind]) {
        loop {
            while matches!(self.current(), Kind::Semicolon | Kind::Comma) {
                self.bump();
            }
            if self.at_limit()
                || until.contains(&self.current())
                || (!until.is_empty() && self.at_column_0_item())
            {
                return;
            }
            let before = self.pos;
            self.statement();
            let is_end = self.at_limit()
                || until.contains(&self.current())
                || self.newline_before(self.pos)
                || matches!(self.current(), Kind::Semicolon | Kind::Comma);
            if self.pos == before {
                // The statement has said what is wrong.
                self.skip_to(|parser| {
                    parser.newline_before(parser.pos)
                        || parser.at(Kind::Semicolon)
                        || until.contains(&parser.current())
                });
            } else if !is_end {
                self.error_expected("a new line or `;`");
                self.skip_to(|parser| {
                    parser.newline_before(parser.pos)
                        || parser.at(Kind::Semicolon)
                        || until.contains(&parser.current())
                });
            }
        }
    }

    pub(super) fn statement(&mut self) {
        match self.current() {
            Kind::VarKw if self.nth(1) != Kind::TypeKw => {
                let mark = self.open();
                self.bump();
                self.binding(mark);
            }
            Kind::At
            | Kind::VarKw
            | Kind::TypeKw
            | Kind::TraitKw
            | Kind::ModuleKw
            | Kind::UseKw
            | Kind::ImportKw
            | Kind::ConstKw
            | Kind::MvarKw
            | Kind::ExternKw
            | Kind::MacroKw
            | Kind::TemplateKw
            | Kind::PubKw
            | Kind::PrivateKw => self.item(super::items::Place::Block),
            Kind::TestKw if self.nth(1) == Kind::StringOpen => {
                self.item(super::items::Place::Block)
            }
            Kind::Tilde if self.spliced_head().is_some() || self.is_impl_at(self.pos) => {
                self.item(super::items::Place::Block)
            }
            Kind::UpperIdent if self.is_impl_at(self.pos) => self.item(super::items::Place::Block),
            _ if self.is_fn_def_at(self.pos) || self.is_local_signature() => {
                self.item(super::items::Place::Block)
            }
            _ => {
                self.body();
            }
        }
    }

    /// `name : Type` alone on its line.
    fn is_local_signature(&self) -> bool {
        self.is_name_at(self.pos)
            && self.nth(1) == Kind::Colon
            && !self.newline_before(self.pos + 1)
            && self.skip_type(self.pos + 2).is_some_and(|end| {
                end >= self.context.limit
                    || self.newline_before(end)
                    || self.kind_at(end) == Kind::Semicolon
            })
    }

    pub(super) fn if_expr(&mut self) -> Done {
        // One loop for a whole chain of `else if`, so that it may be long.
        let mut open = vec![self.open()];
        loop {
            self.bump();
            self.condition();
            let with_then = self.at(Kind::ThenKw);
            if with_then {
                self.bump();
                self.nested(|parser| parser.body());
            } else if self.at(Kind::LBrace) {
                self.braces();
            } else {
                self.missing("`then` or `{`");
            }
            if !self.at(Kind::ElseKw) {
                break;
            }
            self.bump();
            if self.at(Kind::IfKw) {
                open.push(self.open());
                continue;
            }
            if self.at(Kind::LBrace) && !with_then && !self.is_lambda_at(self.pos) {
                self.braces();
            } else {
                self.nested(|parser| parser.body());
            }
            break;
        }
        let outermost = open.remove(0);
        while let Some(inner) = open.pop() {
            self.finish(inner, Kind::IfExpr);
        }
        self.finish(outermost, Kind::IfExpr)
    }

    /// A condition or other head that ends at `{`, `then` or a new line.
    fn head(&mut self, part: impl FnOnce(&mut Self)) {
        self.with(
            |context| {
                context.no_brace = true;
                context.no_arrow = true;
            },
            part,
        );
    }

    /// What `if` and `while` look at. `=` is taken for the `==` that was meant.
    fn condition(&mut self) {
        self.head(|parser| {
            let condition = parser.expr();
            if parser.at(Kind::Eq) {
                let message = "`=` does not compare".to_owned();
                parser.error(message, Some("`==` does; `=` binds a name"));
                let mark = parser.around(condition);
                parser.bump();
                parser.expr();
                parser.finish(mark, Kind::BinaryExpr);
            }
        });
    }

    pub(super) fn while_expr(&mut self) -> Done {
        let mark = self.open();
        self.bump();
        self.condition();
        self.loop_body();
        self.finish(mark, Kind::WhileExpr)
    }

    pub(super) fn for_expr(&mut self) -> Done {
        let mark = self.open();
        self.bump();
        self.pattern();
        if self.eat(Kind::Eq) {
            self.head(|parser| {
                parser.expr();
                if parser.expect(Kind::ToKw) {
                    parser.expr();
                } else {
                    parser.empty(Kind::Error);
                }
            });
        } else if self.at_word("in") {
            self.bump();
            self.head(|parser| {
                parser.expr();
            });
        } else {
            self.missing("`=` or `in`");
        }
        self.loop_body();
        self.finish(mark, Kind::ForExpr)
    }

    pub(super) fn match_expr(&mut self) -> Done {
        let mark = self.open();
        let keyword = self.pos;
        self.bump();
        self.with(
            |context| {
                context.newlines = true;
                context.no_brace = true;
                context.no_arrow = true;
            },
            |parser| parser.expr(),
        );
        self.arms_or_end_form(keyword, false);
        self.finish(mark, Kind::MatchExpr)
    }

    pub(super) fn receive_expr(&mut self) -> Done {
        let mark = self.open();
        let keyword = self.pos;
        self.bump();
        self.arms_or_end_form(keyword, true);
        if self.at(Kind::AfterKw) {
            self.after_clause();
        }
        self.finish(mark, Kind::ReceiveExpr)
    }

    fn arms_or_end_form(&mut self, keyword: u32, with_after: bool) {
        self.nested(|parser| {
            if parser.at(Kind::LBrace) && parser.is_arms_group() {
                parser.braced_arms(with_after);
            } else {
                parser.end_form(|parser| parser.arms(&[Kind::EndKw], with_after));
                parser.close_with_end(keyword);
            }
            Done(0)
        });
    }

    fn braced_arms(&mut self, with_after: bool) {
        let outer = self.enter(true);
        self.arms(&[], with_after);
        self.leave(outer, Kind::RBrace);
    }

    /// Arms up to the end of the group or one of the keywords in `until`.
    fn arms(&mut self, until: &[Kind], with_after: bool) {
        loop {
            while matches!(self.current(), Kind::Semicolon | Kind::Comma | Kind::Pipe) {
                self.bump();
            }
            if self.at_limit()
                || until.contains(&self.current())
                || (!until.is_empty() && self.at_column_0_item())
            {
                return;
            }
            let before = self.pos;
            if with_after && self.at(Kind::AfterKw) {
                self.after_clause();
            } else {
                self.arm();
            }
            let is_end = self.at_limit()
                || until.contains(&self.current())
                || self.newline_before(self.pos)
                || (with_after && self.at(Kind::AfterKw))
                || matches!(self.current(), Kind::Semicolon | Kind::Comma | Kind::Pipe);
            if self.pos == before || !is_end {
                self.error_expected("a new line or `,`");
                self.skip_to(|parser| {
                    parser.newline_before(parser.pos)
                        || matches!(parser.current(), Kind::Semicolon | Kind::Comma)
                        || until.contains(&parser.current())
                });
            }
        }
    }

    /// `p when g -> e`.
    fn arm(&mut self) {
        let mark = self.open();
        let before = self.pos;
        let is_splice = self.at(Kind::Tilde);
        self.arm_pattern();
        if self.at(Kind::WhenKw) {
            self.guard();
        }
        if is_splice && self.ends_arm() {
            // In a quote: arms are spliced here.
        } else if self.at(Kind::Arrow) {
            self.bump();
            self.nested(|parser| parser.body());
        } else if self.at(Kind::FatArrow) {
            self.error(
                "expected `->`, found `=>`".to_owned(),
                Some("arms have `->`; `=>` makes a function"),
            );
            self.skip_to(|_| true);
            self.expr();
        } else if self.pos > before {
            self.error_expected("`->`");
        }
        self.finish(mark, Kind::Arm);
    }

    fn ends_arm(&self) -> bool {
        self.at_limit()
            || self.newline_before(self.pos)
            || matches!(self.current(), Kind::Semicolon | Kind::Comma | Kind::EndKw)
    }

    /// `{ p -> e, … }` of a quote.
    pub(super) fn quoted_arms(&mut self) -> Done {
        let mark = self.open();
        self.braced_arms(false);
        self.finish(mark, Kind::Block)
    }

    /// `when e`, in front of an arrow, `=` or a result type.
    pub(super) fn guard(&mut self) {
        let mark = self.open();
        self.bump();
        self.with(|context| context.no_arrow = true, |parser| parser.expr());
        self.finish(mark, Kind::Guard);
    }

    fn after_clause(&mut self) {
        let mark = self.open();
        self.bump();
        self.with(|context| context.no_arrow = true, |parser| parser.expr());
        if self.expect(Kind::Arrow) {
            self.nested(|parser| parser.body());
        }
        self.finish(mark, Kind::AfterClause);
    }

    pub(super) fn try_expr(&mut self) -> Done {
        self.nested(|parser| {
            let mark = parser.open();
            let keyword = parser.pos;
            parser.bump();
            let mut needs_end = false;
            if parser.at(Kind::LBrace) && !parser.is_binding_at(parser.pos) {
                parser.block();
            } else {
                needs_end = true;
                parser.bare_block(&[Kind::CatchKw, Kind::FinallyKw, Kind::EndKw]);
            }
            if parser.at(Kind::CatchKw) {
                let clause = parser.open();
                parser.bump();
                if parser.at(Kind::LBrace) && parser.is_arms_group() {
                    parser.braced_arms(false);
                    // `try f() catch { … }` is whole; an `end` on its line may still follow.
                    needs_end &= parser.newline_before(keyword + 1)
                        || (parser.at(Kind::EndKw) && !parser.newline_before(parser.pos));
                } else {
                    needs_end = true;
                    parser.end_form(|parser| parser.arms(&[Kind::FinallyKw, Kind::EndKw], false));
                }
                parser.finish(clause, Kind::CatchClause);
            }
            if parser.at(Kind::FinallyKw) {
                let clause = parser.open();
                parser.bump();
                if parser.at(Kind::LBrace) {
                    parser.block();
                } else {
                    needs_end = true;
                    parser.bare_block(&[Kind::EndKw]);
                }
                parser.finish(clause, Kind::FinallyClause);
            }
            if needs_end {
                parser.close_with_end(keyword);
            }
            parser.finish(mark, Kind::TryExpr)
        })
    }

    fn bare_block(&mut self, until: &[Kind]) {
        let mark = self.open();
        self.end_form(|parser| parser.statements(until));
        self.finish(mark, Kind::Block);
    }
}
