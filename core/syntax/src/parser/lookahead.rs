//! Telling constructs apart that start alike, by looking past whole groups of brackets. Nothing here moves the parser.

use super::{Parser, Spliced};
use crate::ast::BinaryOp;
use crate::brackets;
use crate::kind::Kind;

impl Parser<'_> {
    /// The token behind the group of brackets at `pos`, when the group is closed properly inside the present one.
    pub(super) fn after_group(&self, pos: u32) -> Option<u32> {
        let close = self.close_of[pos as usize];
        let is_closed = close < self.context.limit
            && self.kind_at(close) == brackets::closer(self.kind_at(pos));
        is_closed.then_some(close + 1)
    }

    /// A name or any keyword, where keywords may be names: behind dots, before colons of fields and arguments.
    pub(super) fn is_word_at(&self, pos: u32) -> bool {
        let kind = self.kind_at(pos);
        matches!(kind, Kind::Ident | Kind::UpperIdent) || kind.is_keyword()
    }

    /// A lower-case name, or a keyword that may be one.
    pub(super) fn is_name_at(&self, pos: u32) -> bool {
        matches!(
            self.kind_at(pos),
            Kind::Ident | Kind::SelfKw | Kind::ToKw | Kind::FromKw | Kind::TestKw
        )
    }

    /// `==(`, `+(` and the like: the name of a method behind an operator, in traits and implementations.
    pub(super) fn is_operator_method(&self) -> bool {
        self.nth(1) == Kind::LParen
            && BinaryOp::from_kind(self.current()).is_some_and(BinaryOp::is_method)
    }

    /// `:name` without space between.
    pub(super) fn is_atom_at(&self, pos: u32) -> bool {
        self.kind_at(pos) == Kind::Colon
            && self.is_word_at(pos + 1)
            && self.is_glued(pos + 1)
            && self.kind_at(pos + 1) != Kind::UpperIdent
    }

    /// The end of the type that starts at `pos`, if there is one.
    pub(super) fn skip_type(&self, mut pos: u32) -> Option<u32> {
        loop {
            pos = match self.kind_at(pos) {
                Kind::LParen | Kind::LBracket => self.after_group(pos)?,
                Kind::Tilde => self.skip_splice(pos + 1, Spliced::Type)?,
                Kind::Ident | Kind::UpperIdent | Kind::SelfTypeKw => {
                    let mut end = pos + 1;
                    while self.kind_at(end) == Kind::Dot
                        && matches!(self.kind_at(end + 1), Kind::Ident | Kind::UpperIdent)
                    {
                        end += 2;
                    }
                    if self.kind_at(end) == Kind::LBracket && !self.newline_before(end) {
                        end = self.after_group(end)?;
                    }
                    end
                }
                _ => return None,
            };
            if self.kind_at(pos) != Kind::Arrow
                || (self.context.newlines && self.newline_before(pos))
            {
                return Some(pos);
            }
            pos += 1;
        }
    }

    /// Whether `kind` stands at `pos` on the same line.
    fn is_same_line(&self, pos: u32, kind: Kind) -> bool {
        self.kind_at(pos) == kind && !self.newline_before(pos)
    }

    /// The token behind `name [T]? ( … )` at `pos`.
    pub(super) fn after_head(&self, pos: u32) -> Option<u32> {
        let mut pos = pos + 1;
        if self.kind_at(pos) == Kind::LBracket && !self.newline_before(pos) {
            pos = self.after_group(pos)?;
        }
        if !self.is_same_line(pos, Kind::LParen) {
            return None;
        }
        self.after_group(pos)
    }

    /// `name(…) =`, with a guard or result type in between: a clause of a function.
    pub(super) fn is_fn_def_at(&self, pos: u32) -> bool {
        self.is_name_at(pos)
            && self
                .after_head(pos)
                .is_some_and(|end| self.is_definition_tail(end))
    }

    /// Whether what follows a head at `pos` makes it a definition.
    pub(super) fn is_definition_tail(&self, pos: u32) -> bool {
        if pos >= self.context.limit || self.newline_before(pos) {
            return false;
        }
        match self.kind_at(pos) {
            Kind::Eq | Kind::WhenKw => true,
            Kind::Arrow | Kind::Colon => self
                .skip_type(pos + 1)
                .is_some_and(|end| self.is_same_line(end, Kind::Eq)),
            _ => false,
        }
    }

    /// `~name(…) =`: a definition whose name is spliced in. Gives the place of the parameters.
    pub(super) fn spliced_head(&self) -> Option<u32> {
        let pos = self.skip_splice(self.pos + 1, Spliced::Name)?;
        let is_head = self.is_same_line(pos, Kind::LParen);
        let end = is_head.then(|| self.after_group(pos)).flatten()?;
        self.is_definition_tail(end).then_some(pos)
    }

    /// The token behind what is spliced at `pos` where no whole expression may stand.
    pub(super) fn skip_splice(&self, mut pos: u32, spliced: Spliced) -> Option<u32> {
        if self.kind_at(pos) == Kind::LParen {
            return self.after_group(pos);
        }
        if !self.is_word_at(pos) {
            return None;
        }
        // These make names; behind any other, parentheses may be parameters or a constructor's fields.
        let mut calls = matches!(self.text_at(pos), "ident" | "gensym");
        pos += 1;
        loop {
            match self.kind_at(pos) {
                Kind::Dot if self.is_word_at(pos + 1) => {
                    calls = spliced == Spliced::Pattern && self.text_at(pos + 1) != "name";
                    pos += 2;
                }
                Kind::LParen if self.is_glued(pos) && (calls || spliced == Spliced::Type) => {
                    pos = self.after_group(pos)?;
                    calls = false;
                }
                Kind::LBracket
                    if self.is_glued(pos)
                        && (self.kind_at(pos + 1) == Kind::Int
                            || self
                                .after_group(pos)
                                .is_some_and(|end| self.kind_at(end) == Kind::Dot)) =>
                {
                    pos = self.after_group(pos)?;
                    calls = false;
                }
                _ => return Some(pos),
            }
        }
    }

    /// `Type: Trait`, and not a value with a type.
    pub(super) fn is_impl_at(&self, pos: u32) -> bool {
        let starts = match self.kind_at(pos) {
            Kind::UpperIdent | Kind::LParen | Kind::LBracket => true,
            Kind::Tilde => true,
            Kind::Ident => self.kind_at(pos + 1) == Kind::Dot,
            _ => false,
        };
        starts
            && self.skip_type(pos).is_some_and(|end| {
                self.is_same_line(end, Kind::Colon)
                    && !self.is_atom_at(end)
                    && self
                        .skip_type(end + 1)
                        .is_some_and(|end| !self.is_same_line(end, Kind::Eq))
            })
    }

    /// The token behind the pattern at `pos`, as far as a statement can start with one.
    fn skip_pattern(&self, mut pos: u32) -> Option<u32> {
        loop {
            pos = match self.kind_at(pos) {
                Kind::UpperIdent => {
                    let mut end = pos + 1;
                    while self.kind_at(end) == Kind::Dot
                        && self.kind_at(end + 1) == Kind::UpperIdent
                    {
                        end += 2;
                    }
                    match self.kind_at(end) {
                        Kind::LParen | Kind::LBrace if !self.newline_before(end) => {
                            self.after_group(end)?
                        }
                        _ => end,
                    }
                }
                Kind::Ident
                    if self.kind_at(pos + 1) == Kind::Dot
                        && self.kind_at(pos + 2) == Kind::UpperIdent =>
                {
                    pos += 2;
                    continue;
                }
                Kind::Minus | Kind::Caret => {
                    pos += 1;
                    continue;
                }
                Kind::Tilde => {
                    let end = self.skip_splice(pos + 1, Spliced::Pattern)?;
                    match self.kind_at(end) {
                        Kind::LParen if self.is_glued(end) => self.after_group(end)?,
                        _ => end,
                    }
                }
                Kind::Colon if self.is_atom_at(pos) => pos + 2,
                Kind::StringOpen => {
                    let mut end = pos + 1;
                    while self.kind_at(end) == Kind::StringText {
                        end += 1;
                    }
                    if self.kind_at(end) != Kind::StringClose {
                        return None;
                    }
                    end + 1
                }
                Kind::Underscore
                | Kind::Int
                | Kind::Float
                | Kind::Char
                | Kind::RawString
                | Kind::TrueKw
                | Kind::FalseKw => pos + 1,
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::MapOpen | Kind::SetOpen => {
                    self.after_group(pos)?
                }
                _ if self.is_name_at(pos) => pos + 1,
                _ => return None,
            };
            match self.kind_at(pos) {
                Kind::At | Kind::Pipe | Kind::DotDot | Kind::DotDotEq
                    if !self.newline_before(pos) =>
                {
                    pos += 1
                }
                _ => return Some(pos),
            }
        }
    }

    /// `pattern ->` or `pattern when`, which is no lambda.
    pub(super) fn is_arm_at(&self, pos: u32) -> bool {
        let Some(end) = self.skip_pattern(pos) else {
            return false;
        };
        end < self.context.limit
            && matches!(self.kind_at(end), Kind::Arrow | Kind::WhenKw)
            // `~name(…) -> T = e`
            && !self.is_definition_tail(end)
            && !self.is_lambda_at(pos)
    }

    /// `pattern =` or `pattern: Type =`.
    pub(super) fn is_binding_at(&self, pos: u32) -> bool {
        let Some(end) = self.skip_pattern(pos) else {
            return false;
        };
        if end >= self.context.limit || (self.context.newlines && self.newline_before(end)) {
            return false;
        }
        match self.kind_at(end) {
            Kind::Eq => true,
            Kind::Colon => self
                .skip_type(end + 1)
                .is_some_and(|end| self.is_same_line(end, Kind::Eq)),
            _ => false,
        }
    }

    /// The arrow that makes what starts at `pos` the parameters of a lambda, if one does.
    pub(super) fn is_lambda_at(&self, pos: u32) -> bool {
        let end = match self.kind_at(pos) {
            Kind::Underscore => pos + 1,
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::MapOpen => {
                match self.after_group(pos) {
                    Some(end) => end,
                    None => return false,
                }
            }
            Kind::UpperIdent => match self.skip_pattern(pos) {
                Some(end) => end,
                None => return false,
            },
            _ if self.is_name_at(pos) => pos + 1,
            // In a quote, `~name => e`.
            Kind::Tilde if self.is_name_at(pos + 1) && self.kind_at(pos + 2) == Kind::FatArrow => {
                pos + 2
            }
            _ => return false,
        };
        if end >= self.context.limit || (self.context.newlines && self.newline_before(end)) {
            return false;
        }
        match self.kind_at(end) {
            Kind::FatArrow => true,
            Kind::Arrow => {
                !self.context.no_arrow
                    || (self.kind_at(pos) == Kind::LParen && self.is_typed_lambda(pos, end))
            }
            _ => false,
        }
    }

    /// `(x: A) -> B => e`: the arrow at `arrow` gives the result's type, the body comes behind `=>`.
    pub(super) fn is_typed_lambda(&self, open: u32, arrow: u32) -> bool {
        let Some(end) = self.skip_type(arrow + 1) else {
            return false;
        };
        if !self.is_same_line(end, Kind::FatArrow) {
            return false;
        }
        // `x -> y => e` is two lambdas unless something shows that `y` is a type.
        matches!(self.kind_at(arrow + 1), Kind::UpperIdent | Kind::SelfTypeKw)
            || (open + 1..arrow).any(|pos| self.input.kinds[pos as usize] == Kind::Colon)
    }

    /// Whether the braces at `pos` are a tuple: their elements are separated by commas alone, and one is an atom.
    pub(super) fn is_brace_tuple(&self, pos: u32) -> bool {
        let close = self.close_of[pos as usize].min(self.context.limit);
        let mut at = pos + 1;
        let mut commas = 0;
        let mut atom = false;
        let mut element_start = true;
        while at < close {
            let kind = self.input.kinds[at as usize];
            if element_start {
                let is_atom = kind == Kind::Colon && self.is_glued(at + 1) && at + 1 < close;
                let next = if at + 2 < close {
                    self.input.kinds[at as usize + 2]
                } else {
                    Kind::Comma
                };
                atom |= is_atom && next == Kind::Comma;
            } else if self.newline_before(at)
                && kind != Kind::Comma
                && self.ends_statement_before(at)
            {
                return false;
            }
            element_start = false;
            match kind {
                Kind::Comma => {
                    commas += 1;
                    element_start = true;
                }
                Kind::Semicolon | Kind::Eq | Kind::Arrow | Kind::WhenKw => return false,
                _ => {}
            }
            at = match kind {
                Kind::LParen
                | Kind::LBracket
                | Kind::LBrace
                | Kind::MapOpen
                | Kind::SetOpen
                | Kind::InterpOpen => self.close_of[at as usize] + 1,
                _ => at + 1,
            };
        }
        atom && commas > 0
    }

    /// Whether a line may end before the token at `pos`: not behind an operator, not before a leading dot.
    fn ends_statement_before(&self, pos: u32) -> bool {
        let before = self.input.kinds[pos as usize - 1];
        let here = self.input.kinds[pos as usize];
        let goes_on = BinaryOp::from_kind(before).is_some()
            || matches!(
                before,
                Kind::FatArrow
                    | Kind::ThenKw
                    | Kind::ElseKw
                    | Kind::IfKw
                    | Kind::NotKw
                    | Kind::Bang
            );
        let leads = matches!(
            here,
            Kind::Dot | Kind::PipeGt | Kind::ElseKw | Kind::CatchKw | Kind::FinallyKw
        );
        !goes_on && !leads
    }

    /// Whether the braces at the current token hold arms, rather than being the pattern of the first arm of an `end`-form.
    pub(super) fn is_arms_group(&self) -> bool {
        match self.after_group(self.pos) {
            None => true,
            Some(end) => {
                !matches!(self.kind_at(end), Kind::Arrow | Kind::WhenKw | Kind::At)
                    && !self.is_same_line(end, Kind::Pipe)
            }
        }
    }

    /// `Name { field: …`, where a record may stand.
    pub(super) fn is_record_braces(&self) -> bool {
        self.at(Kind::LBrace)
            && !self.newline_before(self.pos)
            && (!self.context.no_brace || self.is_glued(self.pos))
            && self.is_word_at(self.pos + 1)
            && self.kind_at(self.pos + 2) == Kind::Colon
            && self
                .after_group(self.pos)
                .is_some_and(|end| !matches!(self.kind_at(end), Kind::FatArrow | Kind::Arrow))
    }

    /// Whether the brackets at the current token hold types: `f[Int](x)`, `Array[Int].make(3)`.
    pub(super) fn is_type_args(&self, of_upper: bool) -> bool {
        let Some(end) = self.after_group(self.pos) else {
            return false;
        };
        let follows =
            self.is_same_line(end, Kind::LParen) || (of_upper && self.is_same_line(end, Kind::Dot));
        if !follows {
            return false;
        }
        let mut upper = false;
        for pos in self.pos + 1..end - 1 {
            match self.input.kinds[pos as usize] {
                Kind::UpperIdent | Kind::SelfTypeKw => upper = true,
                Kind::Tilde => upper = true,
                // The type of nothing; called is something.
                Kind::LParen
                    if self.input.kinds[pos as usize + 1] == Kind::RParen
                        && !matches!(
                            self.input.kinds[pos as usize - 1],
                            Kind::Ident | Kind::RParen | Kind::RBracket
                        ) =>
                {
                    upper = true;
                }
                // A call inside means values.
                Kind::Ident if self.input.kinds[pos as usize + 1] == Kind::LParen => return false,
                Kind::Ident
                | Kind::Comma
                | Kind::Dot
                | Kind::Arrow
                | Kind::LParen
                | Kind::RParen
                | Kind::LBracket
                | Kind::RBracket => {}
                _ => return false,
            }
        }
        upper
    }

    /// Whether an expression can start with this token.
    pub(super) fn starts_expr(&self) -> bool {
        match self.current() {
            Kind::Ident
            | Kind::UpperIdent
            | Kind::Underscore
            | Kind::Int
            | Kind::Float
            | Kind::Char
            | Kind::RawString
            | Kind::StringOpen
            | Kind::LParen
            | Kind::LBracket
            | Kind::LBrace
            | Kind::MapOpen
            | Kind::SetOpen
            | Kind::Minus
            | Kind::Bang
            | Kind::NotKw
            | Kind::Tilde
            | Kind::IfKw
            | Kind::MatchKw
            | Kind::SelfKw
            | Kind::SelfTypeKw
            | Kind::TryKw
            | Kind::DoKw
            | Kind::WhileKw
            | Kind::ForKw
            | Kind::ToKw
            | Kind::BreakKw
            | Kind::ContinueKw
            | Kind::ReturnKw
            | Kind::SpawnKw
            | Kind::SpawnLinkKw
            | Kind::SpawnMonitorKw
            | Kind::ReceiveKw
            | Kind::UnsafeKw
            | Kind::FromKw
            | Kind::TestKw
            | Kind::QuoteKw
            | Kind::TrueKw
            | Kind::FalseKw => true,
            Kind::Colon => self.is_atom_at(self.pos),
            _ => false,
        }
    }
}
