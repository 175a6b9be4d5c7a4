//! Expressions.

use super::{Done, MAX_ATTEMPTS, Mark, Parser};
use crate::ast::BinaryOp;
use crate::kind::Kind;

impl Parser<'_> {
    /// An expression; an empty error when there is none.
    pub(super) fn expr(&mut self) -> Done {
        self.binary(0)
    }

    /// An expression where also a binding or assignment may stand: bodies, branches, arms.
    pub(super) fn body(&mut self) -> Done {
        if self.is_binding_at(self.pos) {
            let mark = self.open();
            return self.binding(mark);
        }
        let done = self.expr();
        self.assignment(done)
    }

    /// `pattern (: Type)? = e`, the node being open already.
    pub(super) fn binding(&mut self, mark: Mark) -> Done {
        self.pattern();
        if self.eat(Kind::Colon) {
            self.type_expr();
        }
        if self.expect(Kind::Eq) {
            self.nested(|parser| parser.body());
        }
        self.finish(mark, Kind::BindExpr)
    }

    /// `target = e`, `target += e` when an assignment operator follows.
    pub(super) fn assignment(&mut self, target: Done) -> Done {
        if self.at_newline()
            || !matches!(
                self.current(),
                Kind::Eq | Kind::PlusEq | Kind::MinusEq | Kind::StarEq | Kind::SlashEq
            )
        {
            return target;
        }
        if !self.is_place(target) {
            self.error(
                "this cannot be assigned to".to_owned(),
                Some("names, fields and `xs[i]` can"),
            );
        }
        let mark = self.around(target);
        self.bump();
        self.nested(|parser| parser.body());
        self.finish(mark, Kind::AssignExpr)
    }

    fn is_place(&self, target: Done) -> bool {
        matches!(
            self.kind_of(target),
            Some(
                Kind::NameExpr
                    | Kind::FieldExpr
                    | Kind::TupleFieldExpr
                    | Kind::IndexExpr
                    | Kind::SpliceExpr
                    | Kind::Error
            )
        )
    }

    fn binary(&mut self, min: u8) -> Done {
        self.nested(|parser| {
            let mut lhs = parser.unary();
            while let Some(op) = BinaryOp::from_kind(parser.current()) {
                if op.precedence() < min || (parser.at_newline() && op != BinaryOp::Pipe) {
                    break;
                }
                let mark = parser.around(lhs);
                parser.bump();
                let right = if op.is_right_associative() {
                    op.precedence()
                } else {
                    op.precedence() + 1
                };
                parser.binary(right);
                lhs = parser.finish(mark, Kind::BinaryExpr);
            }
            lhs
        })
    }

    fn unary(&mut self) -> Done {
        match self.current() {
            Kind::Minus | Kind::Bang | Kind::NotKw => self.nested(|parser| {
                let mark = parser.open();
                parser.bump();
                parser.unary();
                parser.finish(mark, Kind::UnaryExpr)
            }),
            Kind::Tilde if !self.is_lambda_at(self.pos) => self.nested(|parser| parser.splice()),
            _ => {
                let primary = self.primary();
                self.postfix(primary)
            }
        }
    }

    /// `~` and what it splices: a name with what follows it, parentheses, `if` …
    pub(super) fn splice(&mut self) -> Done {
        let mark = self.open();
        self.bump();
        if self.at(Kind::Tilde) {
            self.nested(|parser| parser.splice());
        } else {
            let primary = self.primary();
            self.postfix(primary);
        }
        self.finish(mark, Kind::SpliceExpr)
    }

    fn postfix(&mut self, mut done: Done) -> Done {
        // `f[T]` directly behind which a call must come.
        loop {
            let newline = self.at_newline();
            match self.current() {
                Kind::LParen if !newline => {
                    let mark = self.around(done);
                    self.arg_list();
                    done = self.finish(mark, Kind::CallExpr);
                }
                Kind::LBracket if !newline => done = self.brackets(done),
                Kind::LBrace if !newline && self.ends_in_upper() && self.is_record_braces() => {
                    let mark = self.around(done);
                    self.arg_list();
                    done = self.finish(mark, Kind::CallExpr);
                }
                Kind::Dot => done = self.dot(done),
                Kind::Question if !newline => {
                    let mark = self.around(done);
                    self.bump();
                    done = self.finish(mark, Kind::QuestionExpr);
                }
                _ => return done,
            }
        }
    }

    /// Whether the token before this one is a capitalised name.
    fn ends_in_upper(&self) -> bool {
        self.pos > 0 && self.input.kinds[self.pos as usize - 1] == Kind::UpperIdent
    }

    /// `f[T](…)`, `Array[T]` or `xs[i]`.
    fn brackets(&mut self, base: Done) -> Done {
        let of_upper = self.ends_in_upper();
        let mark = self.around(base);
        if self.is_type_args(of_upper) {
            self.type_arg_list();
            if self.at(Kind::LParen) && !self.at_newline() {
                self.arg_list();
                return self.finish(mark, Kind::CallExpr);
            }
            return self.finish(mark, Kind::TypeAppExpr);
        }
        let outer = self.enter(false);
        self.expr();
        self.leave(outer, Kind::RBracket);
        self.finish(mark, Kind::IndexExpr)
    }

    /// `.name`, `.name(…)`, `.0`.
    fn dot(&mut self, receiver: Done) -> Done {
        let mark = self.around(receiver);
        self.bump();
        if self.eat(Kind::Int) {
            return self.finish(mark, Kind::TupleFieldExpr);
        }
        let is_upper = self.at(Kind::UpperIdent);
        if self.at(Kind::Tilde) {
            self.splice();
        } else if self.is_word_at(self.pos) && !self.at_newline() {
            self.bump();
        } else {
            self.error_expected("a field or method name");
            return self.finish(mark, Kind::FieldExpr);
        }
        if self.at_newline() {
            return self.finish(mark, Kind::FieldExpr);
        }
        match self.current() {
            Kind::LParen => self.arg_list(),
            Kind::LBrace if is_upper && self.is_record_braces() => self.arg_list(),
            Kind::LBracket if self.is_type_args(false) => {
                self.type_arg_list();
                self.arg_list();
            }
            _ => return self.finish(mark, Kind::FieldExpr),
        }
        self.finish(mark, Kind::MethodCallExpr)
    }

    /// `(a, name: b)`, or the same in braces behind a constructor.
    pub(super) fn arg_list(&mut self) {
        let mark = self.open();
        let close = if self.at(Kind::LBrace) {
            Kind::RBrace
        } else {
            Kind::RParen
        };
        let outer = self.enter(false);
        self.comma_list(close, false, |parser| {
            let arg = parser.open();
            // `match :b { … }` begins with a keyword and an atom, not with a name.
            let named = parser.is_word_at(parser.pos)
                && parser.nth(1) == Kind::Colon
                && (parser.is_glued(parser.pos + 1) || !parser.is_atom_at(parser.pos + 1));
            if named {
                parser.bump();
                parser.bump();
            }
            parser.arg_value(close);
            parser.finish(arg, Kind::Arg);
        });
        self.leave(outer, close);
        self.finish(mark, Kind::ArgList);
    }

    /// An expression; or else code that only a macro can take: a statement, a definition, a pattern.
    fn arg_value(&mut self, close: Kind) {
        let start = (
            self.pos,
            self.events.len(),
            self.errors.len(),
            self.last_error,
        );
        self.expr();
        let is_clean = |parser: &Self| {
            let ends = parser.at_limit() || parser.at(Kind::Comma) || parser.at(close);
            ends && parser.errors.len() == start.2
        };
        if is_clean(self) || self.attempts == MAX_ATTEMPTS {
            return;
        }
        let as_expr = (
            self.pos,
            self.events.split_off(start.1),
            self.errors.split_off(start.2),
            self.last_error,
        );
        let assigns = matches!(
            self.current(),
            Kind::Eq | Kind::PlusEq | Kind::MinusEq | Kind::StarEq | Kind::SlashEq
        );
        self.attempts += 1;
        for as_statement in [true, false] {
            if as_statement && !assigns {
                continue;
            }
            (self.pos, self.last_error) = (start.0, start.3);
            if as_statement {
                self.statement();
            } else {
                self.pattern();
            }
            if is_clean(self) {
                self.attempts -= 1;
                return;
            }
            self.events.truncate(start.1);
            self.errors.truncate(start.2);
        }
        self.attempts -= 1;
        // It is none of these: what is wrong with the expression is told.
        self.pos = as_expr.0;
        self.events.extend(as_expr.1);
        self.errors.extend(as_expr.2);
        self.last_error = as_expr.3;
    }

    fn primary(&mut self) -> Done {
        if self.is_lambda_at(self.pos) {
            return self.lambda();
        }
        match self.current() {
            Kind::Int | Kind::Float | Kind::Char | Kind::TrueKw | Kind::FalseKw => {
                self.single(Kind::LiteralExpr)
            }
            Kind::StringOpen | Kind::RawString => self.string(),
            Kind::Ident if self.is_async() => {
                let mark = self.open();
                self.bump();
                // Sums too: nothing else could be done with a task there. `async f() :: tasks` is a list of tasks.
                self.binary(BinaryOp::Add.precedence());
                self.finish(mark, Kind::AsyncExpr)
            }
            // The line after an unfinished one: better to miss an operand than to swallow a definition.
            Kind::Ident if self.newline_before(self.pos) && self.is_fn_def_at(self.pos) => {
                self.missing("an expression")
            }
            Kind::Ident
            | Kind::UpperIdent
            | Kind::SelfKw
            | Kind::SelfTypeKw
            | Kind::ToKw
            | Kind::FromKw
            | Kind::TestKw => self.single(Kind::NameExpr),
            Kind::Underscore => {
                self.error(
                    "`_` has no value".to_owned(),
                    Some("it stands only in patterns"),
                );
                self.single(Kind::Error)
            }
            Kind::Colon if self.is_atom_at(self.pos) => {
                let mark = self.open();
                self.bump();
                self.bump();
                self.finish(mark, Kind::AtomExpr)
            }
            Kind::LParen => self.parens(),
            Kind::LBracket => self.list(),
            Kind::LBrace => self.braces(),
            Kind::MapOpen => self.map(),
            Kind::SetOpen => self.set(),
            Kind::IfKw => self.if_expr(),
            Kind::MatchKw => self.match_expr(),
            Kind::ReceiveKw => self.receive_expr(),
            Kind::TryKw => self.try_expr(),
            Kind::WhileKw => self.while_expr(),
            Kind::ForKw => self.for_expr(),
            Kind::DoKw => self.do_block(),
            Kind::BreakKw => self.jump(Kind::BreakExpr),
            Kind::ContinueKw => self.single(Kind::ContinueExpr),
            Kind::ReturnKw => self.jump(Kind::ReturnExpr),
            Kind::SpawnKw | Kind::SpawnLinkKw | Kind::SpawnMonitorKw => self.spawn(),
            Kind::UnsafeKw => {
                let mark = self.open();
                self.bump();
                self.block();
                self.finish(mark, Kind::UnsafeExpr)
            }
            Kind::QuoteKw => self.quote(),
            _ => self.missing("an expression"),
        }
    }

    fn single(&mut self, kind: Kind) -> Done {
        let mark = self.open();
        self.bump();
        self.finish(mark, kind)
    }

    /// `async` and something to run, on one line; otherwise it is a plain name. Brackets with no space before them call or index it.
    fn is_async(&self) -> bool {
        let next = self.pos + 1;
        self.at_word("async")
            && !self.newline_before(next)
            && match self.kind_at(next) {
                Kind::LParen | Kind::LBracket => !self.is_glued(next),
                Kind::Minus => !self.is_glued(next) && self.is_glued(next + 1),
                Kind::Colon => self.is_atom_at(next) && !self.is_glued(next),
                Kind::Int
                | Kind::Float
                | Kind::Char
                | Kind::TrueKw
                | Kind::FalseKw
                | Kind::StringOpen
                | Kind::RawString
                | Kind::Ident
                | Kind::UpperIdent
                | Kind::SelfKw
                | Kind::FromKw
                | Kind::TestKw
                | Kind::NotKw
                | Kind::Bang
                | Kind::Tilde
                | Kind::LBrace
                | Kind::MapOpen
                | Kind::SetOpen
                | Kind::IfKw
                | Kind::MatchKw
                | Kind::ReceiveKw
                | Kind::TryKw
                | Kind::WhileKw
                | Kind::ForKw
                | Kind::DoKw
                | Kind::SpawnKw
                | Kind::SpawnLinkKw
                | Kind::SpawnMonitorKw
                | Kind::UnsafeKw
                | Kind::QuoteKw => true,
                _ => false,
            }
    }

    /// `"…${e}…"` or `'…'`.
    pub(super) fn string(&mut self) -> Done {
        let mark = self.open();
        if self.eat(Kind::RawString) {
            return self.finish(mark, Kind::StringExpr);
        }
        self.bump();
        loop {
            match self.current() {
                Kind::StringText => self.bump(),
                Kind::InterpOpen => {
                    let outer = self.enter(false);
                    self.expr();
                    self.leave(outer, Kind::InterpClose);
                }
                Kind::StringClose => {
                    self.bump();
                    break;
                }
                _ => break,
            }
        }
        self.finish(mark, Kind::StringExpr)
    }

    /// `x => e`, `(x: A, y) -> B => e`, `(x) -> e`.
    fn lambda(&mut self) -> Done {
        let mark = self.open();
        let start = self.pos;
        if self.at(Kind::LParen) {
            self.param_list();
        } else {
            let list = self.open();
            let param = self.open();
            self.primary_pattern();
            self.finish(param, Kind::Param);
            self.finish(list, Kind::ParamList);
        }
        let has_type = self.at(Kind::Arrow)
            && self.input.kinds[start as usize] == Kind::LParen
            && self.is_typed_lambda(start, self.pos);
        if has_type {
            self.return_type();
        }
        self.bump();
        self.nested(|parser| parser.body());
        self.finish(mark, Kind::LambdaExpr)
    }

    /// `()`, `(e)`, `(a, b)`.
    fn parens(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        let mut count = 0;
        self.comma_list(Kind::RParen, false, |parser| {
            parser.expr();
            count += 1;
        });
        self.leave(outer, Kind::RParen);
        self.finish(
            mark,
            if count == 1 {
                Kind::ParenExpr
            } else {
                Kind::TupleExpr
            },
        )
    }

    /// `[a, b]`, `[h | t]`, `[a..b]`.
    fn list(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::Pipe, false, |parser| {
            let element = parser.expr();
            if matches!(parser.current(), Kind::DotDot | Kind::DotDotEq) {
                let range = parser.around(element);
                parser.bump();
                parser.expr();
                parser.finish(range, Kind::RangeExpr);
            }
        });
        if self.eat(Kind::Pipe) {
            self.expr();
        }
        self.leave(outer, Kind::RBracket);
        self.finish(mark, Kind::ListExpr)
    }

    /// A block, or a tuple with an atom.
    pub(super) fn braces(&mut self) -> Done {
        if !self.is_brace_tuple(self.pos) {
            return self.block();
        }
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RBrace, false, |parser| {
            parser.expr();
        });
        self.leave(outer, Kind::RBrace);
        self.finish(mark, Kind::TupleExpr)
    }

    fn map(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RBrace, false, |parser| {
            let entry = parser.open();
            parser.expr();
            if parser.expect(Kind::Colon) {
                parser.expr();
            }
            parser.finish(entry, Kind::MapEntry);
        });
        self.leave(outer, Kind::RBrace);
        self.finish(mark, Kind::MapExpr)
    }

    fn set(&mut self) -> Done {
        let mark = self.open();
        let outer = self.enter(false);
        self.comma_list(Kind::RBrace, false, |parser| {
            parser.expr();
        });
        self.leave(outer, Kind::RBrace);
        self.finish(mark, Kind::SetExpr)
    }

    /// `break e`, `return e`: the value must start on the same line.
    fn jump(&mut self, kind: Kind) -> Done {
        let mark = self.open();
        self.bump();
        if !self.at_newline() && self.starts_expr() {
            self.expr();
        }
        self.finish(mark, kind)
    }

    fn spawn(&mut self) -> Done {
        let mark = self.open();
        self.bump();
        if !self.at_newline() {
            match self.current() {
                Kind::LBrace => {
                    self.block();
                }
                Kind::DoKw => {
                    self.do_block();
                }
                Kind::LParen => self.arg_list(),
                _ if self.starts_expr() && !self.at(Kind::Minus) && !self.at(Kind::LBracket) => {
                    self.error_expected("`{` or `(`");
                    self.skip_to(|parser| {
                        parser.at_newline()
                            || matches!(parser.current(), Kind::Comma | Kind::Semicolon)
                    });
                }
                _ => {}
            }
        }
        self.finish(mark, Kind::SpawnExpr)
    }

    /// `quote(e)`, `quote { … }`.
    fn quote(&mut self) -> Done {
        let mark = self.open();
        self.bump();
        match self.current() {
            Kind::LBrace if self.is_arm_at(self.pos + 1) => self.quoted_arms(),
            Kind::LBrace => self.block(),
            Kind::DoKw => self.do_block(),
            Kind::LParen => self.parens(),
            _ => self.missing("`(` or `{`"),
        };
        self.finish(mark, Kind::QuoteExpr)
    }
}
