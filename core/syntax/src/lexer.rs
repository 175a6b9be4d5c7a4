//! Text to tokens: every byte in exactly one of them.
//!
//! Strings are split into their parts here, so that what stands inside `${…}` is lexed like all other code.
//! An unclosed string ends at its line when the rest of the file makes more sense that way.

use crate::error::{MAX_ERRORS, SyntaxError};
use crate::kind::Kind;
use crate::literal;
use crate::tree::TextRange;

/// One token; it ends where the next one starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    pub start: u32,
}

pub(crate) struct Lexed {
    /// Ends with `Eof` at the end of the text.
    pub tokens: Vec<Token>,
    pub errors: Vec<SyntaxError>,
}

/// What follows a name that an expansion has marked: [`MARK`], which quote it comes from, [`MARK_END`].
pub const MARK: char = '\u{E000}';
/// See [`MARK`].
pub const MARK_END: char = '\u{E001}';

/// `marked`: names may carry marks, as in expansions; in files nobody can write them.
pub(crate) fn lex(text: &str, marked: bool) -> Lexed {
    let mut lexer = Lexer {
        marked,
        text,
        bytes: text.as_bytes(),
        pos: 0,
        tokens: Vec::with_capacity(text.len() / 3 + 8),
        errors: Vec::new(),
        strings: Vec::new(),
        one_line_until: 0,
        rewound: 0,
    };
    lexer.run();
    Lexed {
        tokens: lexer.tokens,
        errors: lexer.errors,
    }
}

/// A string that has been opened and not yet closed.
struct OpenString {
    start: usize,
    /// Its opening token and the errors before it, to go back to.
    token: usize,
    errors: usize,
    /// Inside `${…}`: the place of the `${` and the number of braces open in it.
    interpolation: Option<(usize, u32)>,
}

struct Lexer<'a> {
    marked: bool,
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    tokens: Vec<Token>,
    errors: Vec<SyntaxError>,
    strings: Vec<OpenString>,
    /// Strings that start before this byte may not span lines.
    one_line_until: usize,
    /// Bytes lexed twice so far; bounded, so that lexing stays linear.
    rewound: usize,
}

impl Lexer<'_> {
    fn run(&mut self) {
        loop {
            while self.pos < self.bytes.len() {
                self.token();
            }
            let Some(outermost) = self.strings.first() else {
                break;
            };
            if outermost.start < self.one_line_until {
                // It was on the last line, which ends with the file.
                self.close_unterminated();
            } else {
                let start = outermost.start;
                let line = self.bytes[start..].iter().position(|byte| *byte == b'\n');
                self.rewind(0, line.map_or(self.bytes.len(), |at| start + at));
            }
        }
        self.push(Kind::Eof, self.pos);
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token {
            kind,
            start: start as u32,
        });
    }

    fn error(&mut self, start: usize, end: usize, message: impl Into<String>, hint: Option<&str>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError {
                range: TextRange::new(start as u32, end as u32),
                message: message.into(),
                hint: hint.map(str::to_owned),
            });
        }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self) {
        let start = self.pos;
        let byte = self.bytes[start];
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b' ' | b'\t' => self.white_space(),
            b'\n' => self.new_line(),
            b'\r' if self.byte(1) == b'\n' => self.new_line(),
            b'0'..=b'9' => self.number(),
            b'"' => self.open_string(),
            b'\'' => self.single_quoted(),
            b'#' => self.hash(),
            b'{' => {
                self.count_brace(1);
                self.operator(Kind::LBrace, 1);
            }
            b'}' => self.close_brace(),
            b'%' if self.byte(1) == b'{' => {
                self.count_brace(1);
                self.operator(Kind::MapOpen, 2);
            }
            _ if byte < 0x80 => match self.punctuation(byte) {
                Some((kind, len)) => self.operator(kind, len),
                None => self.unknown(),
            },
            _ => {
                let first = self.text[start..].chars().next().expect("the text goes on");
                if first.is_alphabetic() {
                    self.word();
                } else if first.is_whitespace() || first == '\u{feff}' {
                    self.white_space();
                } else {
                    self.unknown();
                }
            }
        }
    }

    fn operator(&mut self, kind: Kind, len: usize) {
        self.push(kind, self.pos);
        self.pos += len;
    }

    fn punctuation(&self, byte: u8) -> Option<(Kind, usize)> {
        let next = self.byte(1);
        Some(match (byte, next) {
            (b'(', _) => (Kind::LParen, 1),
            (b')', _) => (Kind::RParen, 1),
            (b'[', _) => (Kind::LBracket, 1),
            (b']', _) => (Kind::RBracket, 1),
            (b',', _) => (Kind::Comma, 1),
            (b';', _) => (Kind::Semicolon, 1),
            (b':', b':') => (Kind::ColonColon, 2),
            (b':', _) => (Kind::Colon, 1),
            (b'.', b'.') if self.byte(2) == b'=' => (Kind::DotDotEq, 3),
            (b'.', b'.') => (Kind::DotDot, 2),
            (b'.', _) => (Kind::Dot, 1),
            (b'=', b'=') => (Kind::EqEq, 2),
            (b'=', b'>') => (Kind::FatArrow, 2),
            (b'=', _) => (Kind::Eq, 1),
            (b'!', b'=') => (Kind::NotEq, 2),
            (b'!', _) => (Kind::Bang, 1),
            (b'<', b'=') => (Kind::LtEq, 2),
            (b'<', b'-') => (Kind::SendArrow, 2),
            (b'<', _) => (Kind::Lt, 1),
            (b'>', b'=') => (Kind::GtEq, 2),
            (b'>', _) => (Kind::Gt, 1),
            (b'-', b'>') => (Kind::Arrow, 2),
            (b'-', b'=') => (Kind::MinusEq, 2),
            (b'-', _) => (Kind::Minus, 1),
            (b'+', b'+') => (Kind::PlusPlus, 2),
            (b'+', b'=') => (Kind::PlusEq, 2),
            (b'+', _) => (Kind::Plus, 1),
            (b'*', b'*') => (Kind::StarStar, 2),
            (b'*', b'=') => (Kind::StarEq, 2),
            (b'*', _) => (Kind::Star, 1),
            (b'/', b'=') => (Kind::SlashEq, 2),
            (b'/', _) => (Kind::Slash, 1),
            (b'%', _) => (Kind::Percent, 1),
            (b'|', b'>') => (Kind::PipeGt, 2),
            (b'|', b'|') => (Kind::PipePipe, 2),
            (b'|', _) => (Kind::Pipe, 1),
            (b'&', b'&') => (Kind::AmpAmp, 2),
            (b'?', _) => (Kind::Question, 1),
            (b'~', _) => (Kind::Tilde, 1),
            (b'@', _) => (Kind::At, 1),
            (b'^', _) => (Kind::Caret, 1),
            _ => return None,
        })
    }

    fn unknown(&mut self) {
        let start = self.pos;
        let character = self.text[start..].chars().next().expect("the text goes on");
        self.pos += character.len_utf8();
        self.push(Kind::Unknown, start);
        let hint = match character {
            '&' => Some("`&&` is the logical and; bits are combined with `bitAnd`"),
            '$' => Some("`${…}` has a meaning only inside a string"),
            '“' | '”' => Some("strings stand in straight quotes: \"…\""),
            '‘' | '’' => Some("characters stand in straight quotes: 'c'"),
            _ => None,
        };
        self.error(
            start,
            self.pos,
            format!("`{}` has no meaning here", character.escape_debug()),
            hint,
        );
    }

    fn word(&mut self) {
        let start = self.pos;
        self.skip_word();
        let word = &self.text[start..self.pos];
        let kind = match word.as_bytes()[0] {
            b'_' if word.len() == 1 => Kind::Underscore,
            b'_' => Kind::Ident,
            // The longest keyword has 13 letters; the check saves most look-ups.
            b'a'..=b'z' | b'S' if word.len() <= 13 => {
                let plain = if word.as_bytes()[0] == b'S' {
                    Kind::UpperIdent
                } else {
                    Kind::Ident
                };
                Kind::keyword(word).unwrap_or(plain)
            }
            b'A'..=b'Z' => Kind::UpperIdent,
            0x80.. if word.chars().next().is_some_and(char::is_uppercase) => Kind::UpperIdent,
            _ => Kind::Ident,
        };
        if self.marked
            && self.text[self.pos..].starts_with(MARK)
            && let Some(end) = self.text[self.pos..].find(MARK_END)
        {
            self.pos += end + MARK_END.len_utf8();
        }
        self.push(kind, start);
    }

    fn skip_word(&mut self) {
        while self.pos < self.bytes.len() {
            let byte = self.bytes[self.pos];
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.pos += 1;
            } else if byte >= 0x80 {
                let character = self.text[self.pos..]
                    .chars()
                    .next()
                    .expect("the text goes on");
                if !character.is_alphanumeric() {
                    break;
                }
                self.pos += character.len_utf8();
            } else {
                break;
            }
        }
    }

    fn white_space(&mut self) {
        let start = self.pos;
        while self.pos < self.bytes.len() {
            let byte = self.bytes[self.pos];
            if byte == b' ' || byte == b'\t' {
                self.pos += 1;
            } else if byte >= 0x80 {
                let character = self.text[self.pos..]
                    .chars()
                    .next()
                    .expect("the text goes on");
                if !character.is_whitespace() && character != '\u{feff}' {
                    break;
                }
                self.pos += character.len_utf8();
            } else {
                break;
            }
        }
        self.push(Kind::Whitespace, start);
    }

    /// One token for line ends and the blank lines behind them, up to the last line end.
    fn new_line(&mut self) {
        let start = self.pos;
        if let Some(open) = self.strings.last()
            && (open.start < self.one_line_until)
        {
            self.close_unterminated();
        }
        let mut end = self.pos;
        loop {
            match self.byte(0) {
                b'\n' => {
                    self.pos += 1;
                    end = self.pos;
                }
                b' ' | b'\t' | b'\r' if self.pos < self.bytes.len() => self.pos += 1,
                _ => break,
            }
        }
        self.pos = end;
        self.push(Kind::Newline, start);
    }

    fn number(&mut self) {
        let start = self.pos;
        // Behind a dot a number is a tuple index, so that `t.0.1` is two of them.
        if self
            .tokens
            .last()
            .is_some_and(|token| token.kind == Kind::Dot)
        {
            while self.byte(0).is_ascii_digit() {
                self.pos += 1;
            }
            return self.push(Kind::Int, start);
        }
        let mut kind = Kind::Int;
        let has_radix =
            self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X' | b'b' | b'B' | b'o' | b'O');
        if !has_radix {
            self.skip_digits();
            if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
                kind = Kind::Float;
                self.pos += 1;
                self.skip_digits();
            }
            if matches!(self.byte(0), b'e' | b'E') {
                let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
                if self.byte(1 + sign).is_ascii_digit() {
                    kind = Kind::Float;
                    self.pos += 1 + sign;
                    self.skip_digits();
                }
            }
        }
        let plain_end = self.pos;
        self.skip_word();
        if self.pos > plain_end
            && let Err(message) = literal::number(&self.text[start..self.pos])
        {
            self.error(start, self.pos, message, None);
        }
        self.push(kind, start);
    }

    fn skip_digits(&mut self) {
        while self.byte(0).is_ascii_digit() || self.byte(0) == b'_' {
            self.pos += 1;
        }
    }

    /// `#`: a comment or the start of a set.
    fn hash(&mut self) {
        let start = self.pos;
        match self.byte(1) {
            b'{' => {
                self.count_brace(1);
                self.operator(Kind::SetOpen, 2);
            }
            b'*' => {
                match self.text[start + 2..].find("*#") {
                    Some(at) => self.pos = start + 2 + at + 2,
                    None => {
                        self.pos = self.bytes.len();
                        self.error(
                            start,
                            start + 2,
                            "this comment is never closed",
                            Some("close it with `*#`"),
                        );
                    }
                }
                self.push(Kind::BlockComment, start);
            }
            second => {
                let is_doc = second == b'#' && self.byte(2) != b'#';
                let line = &self.bytes[start..];
                let len = line
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .unwrap_or(line.len());
                self.pos += if line[..len].ends_with(b"\r") {
                    len - 1
                } else {
                    len
                };
                self.push(
                    if is_doc {
                        Kind::DocComment
                    } else {
                        Kind::LineComment
                    },
                    start,
                );
            }
        }
    }

    fn single_quoted(&mut self) {
        let start = self.pos;
        let mut at = start + 1;
        let mut line_end = None;
        let mut characters = 0;
        let mut closed = false;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'\'' => {
                    closed = true;
                    break;
                }
                b'\\' if self.bytes[at + 1..].starts_with(b"u{") => {
                    at += 3;
                    while at < self.bytes.len() && self.bytes[at].is_ascii_hexdigit() {
                        at += 1;
                    }
                    at += usize::from(self.bytes.get(at) == Some(&b'}'));
                    characters += 1;
                }
                b'\\' if at + 1 < self.bytes.len() && self.bytes[at + 1] != b'\n' => {
                    at += 1;
                    at += self.char_len(at);
                    characters += 1;
                }
                b'\n' => {
                    line_end.get_or_insert(at);
                    at += 1;
                    characters += 1;
                }
                _ => {
                    at += self.char_len(at);
                    characters += 1;
                }
            }
        }
        if closed && (line_end.is_none() || !self.glued_to_word(at + 1)) {
            self.pos = at + 1;
            self.check_escapes(start + 1, at);
            return self.push(
                if characters == 1 {
                    Kind::Char
                } else {
                    Kind::RawString
                },
                start,
            );
        }
        self.pos = line_end.unwrap_or(self.bytes.len());
        self.push(Kind::RawString, start);
        self.error(
            start,
            self.pos,
            "this text is never closed",
            Some("close it with `'`"),
        );
    }

    fn char_len(&self, at: usize) -> usize {
        match self.bytes[at] {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
        }
    }

    /// A closing quote directly in front of a word was more likely meant to open: the string before it was not closed.
    fn glued_to_word(&self, at: usize) -> bool {
        self.bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    }

    fn open_string(&mut self) {
        let open = OpenString {
            start: self.pos,
            token: self.tokens.len(),
            errors: self.errors.len(),
            interpolation: None,
        };
        self.strings.push(open);
        self.operator(Kind::StringOpen, 1);
        self.string_text();
    }

    /// Text of the innermost string, up to its end or the next `${`.
    fn string_text(&mut self) {
        let start = self.pos;
        let one_line = self
            .strings
            .last()
            .is_some_and(|open| open.start < self.one_line_until);
        let mut has_escape = false;
        loop {
            let byte = match self.bytes.get(self.pos) {
                None => break,
                Some(byte) => *byte,
            };
            match byte {
                b'"' => break,
                b'$' if self.byte(1) == b'{' => break,
                b'\\' if !(one_line && self.byte(1) == b'\n') => {
                    has_escape = true;
                    self.pos += 1;
                    if self.pos < self.bytes.len() {
                        self.pos += self.char_len(self.pos);
                    }
                }
                b'\n' if one_line => break,
                _ => self.pos += 1,
            }
        }
        if one_line && matches!(self.bytes.get(self.pos), None | Some(b'\n')) {
            // Brackets and commas that end the line were hardly meant to be text.
            let text = self.text[start..self.pos].trim_end_matches(|c| " \t\r,;)]}".contains(c));
            self.pos = start + text.len();
            if self.pos > start {
                self.push(Kind::StringText, start);
            }
            return self.close_unterminated();
        }
        if self.pos > start {
            self.push(Kind::StringText, start);
            if has_escape {
                self.check_escapes(start, self.pos);
            }
        }
        match self.bytes.get(self.pos) {
            Some(b'"') => self.close_string(),
            Some(b'$') => {
                let at = self.pos;
                self.operator(Kind::InterpOpen, 2);
                let open = self.strings.last_mut().expect("text stands in a string");
                open.interpolation = Some((at, 0));
            }
            // Unclosed: `run` finds out at the end of the text.
            _ => {}
        }
    }

    fn close_string(&mut self) {
        let open = self.strings.last().expect("text stands in a string");
        let start = open.start;
        if start >= self.one_line_until && self.glued_to_word(self.pos + 1) {
            let line_end = self.bytes[start..self.pos]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(at) = line_end {
                return self.rewind(self.strings.len() - 1, start + at);
            }
        }
        self.strings.pop();
        self.operator(Kind::StringClose, 1);
    }

    /// Goes back to an open string and lexes on with strings confined to their lines up to byte `until`.
    fn rewind(&mut self, string: usize, until: usize) {
        let open = &self.strings[string];
        self.rewound += self.pos - open.start;
        self.pos = open.start;
        self.tokens.truncate(open.token);
        self.errors.truncate(open.errors);
        self.strings.truncate(string);
        self.one_line_until = if self.rewound > self.bytes.len() + 10_000 {
            usize::MAX
        } else {
            until
        };
    }

    /// Ends all open strings here with tokens of no length, so that they stay balanced, and reports the outermost.
    fn close_unterminated(&mut self) {
        let mut report = (0, 0);
        while let Some(open) = self.strings.pop() {
            if open.interpolation.is_some() {
                self.push(Kind::InterpClose, self.pos);
            }
            self.push(Kind::StringClose, self.pos);
            report = (open.start, open.interpolation.map_or(0, |(at, _)| at));
        }
        match report {
            (start, 0) => self.error(
                start,
                self.pos,
                "this string is never closed",
                Some("close it with `\"`"),
            ),
            (_, at) => self.error(
                at,
                at + 2,
                "this `${` is never closed",
                Some("close it with `}`"),
            ),
        }
    }

    fn count_brace(&mut self, change: u32) {
        if let Some(OpenString {
            interpolation: Some((_, braces)),
            ..
        }) = self.strings.last_mut()
        {
            *braces += change;
        }
    }

    fn close_brace(&mut self) {
        match self.strings.last_mut() {
            Some(
                open @ OpenString {
                    interpolation: Some((_, 0)),
                    ..
                },
            ) => {
                open.interpolation = None;
                self.operator(Kind::InterpClose, 1);
                self.string_text();
            }
            Some(OpenString {
                interpolation: Some((_, braces)),
                ..
            }) => {
                *braces -= 1;
                self.operator(Kind::RBrace, 1);
            }
            _ => self.operator(Kind::RBrace, 1),
        }
    }

    fn check_escapes(&mut self, start: usize, end: usize) {
        if let Err(bad) = literal::unescape(&self.text[start..end]) {
            let at = start + bad.start;
            self.error(
                at,
                at + bad.len,
                bad.message,
                Some("known are \\n \\r \\t \\0 \\\\ \\\" \\' \\$ \\u{…}"),
            );
        }
    }
}
