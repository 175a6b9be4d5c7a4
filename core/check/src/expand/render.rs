//! What a macro answered, made readable to the parser: splices fill their places, pieces of the source know where they stood.
//!
//! The answer is text with characters of a private area between, written by `std/syntax.nos` and the lowering of quotes:
//!
//! | text | is |
//! |---|---|
//! | name `E000` module `#` number `E001` | a marked name; without the number it is of this expansion; `$…` is a generated name |
//! | `E002` offset `E003` code `E004` | code that stands at this offset of the caller's text |
//! | `E005` place value `E006` | a value that fills a place |
//! | `E007` text `E008` | a String |
//! | `E009` text `E00A` | another plain value, as `show` writes it |
//! | `E00B` (value `E00C`)* `E00D` | a list |
//! | `E00E` name `E00F` code `E010` | a definition, parameter or field: its name or itself |
//!
//! Places: `s` statement or item, `e` operand, `a` element of a sequence, `n` name, `p` parameter, `m` pattern, `t` type.

use crate::hir::Span;
use crate::raw::Name;
use nostos_syntax::ast::{Expr, Stmt};
use nostos_syntax::{Entry, Kind, MARK, MARK_END};
use rustc_hash::FxHashSet;

/// A piece of rendered text that stands in the caller's text too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// First byte here.
    pub start: u32,
    /// One past the last byte here.
    pub end: u32,
    /// First byte there.
    pub origin: u32,
}

/// Readable code and where its pieces come from.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Rendered {
    /// The code; names may carry marks.
    pub text: String,
    /// In the order of the text, apart from each other.
    pub segments: Vec<Segment>,
}

impl Rendered {
    /// Where a place of the rendered text stands in the caller's; `whole` when it stands nowhere.
    pub fn map(&self, span: Span, whole: Span) -> Span {
        map(&self.segments, span, whole)
    }

    fn append(&mut self, other: Rendered) {
        let offset = self.text.len() as u32;
        self.text.push_str(&other.text);
        self.segments
            .extend(other.segments.into_iter().map(|segment| Segment {
                start: segment.start + offset,
                end: segment.end + offset,
                origin: segment.origin,
            }));
    }

    fn around(self, before: &str, after: &str) -> Rendered {
        let mut out = Rendered {
            text: before.into(),
            segments: Vec::new(),
        };
        out.append(self);
        out.text.push_str(after);
        out
    }
}

/// See [`Rendered::map`].
pub fn map(segments: &[Segment], span: Span, whole: Span) -> Span {
    let after = segments.partition_point(|segment| segment.start <= span.start);
    match after.checked_sub(1).map(|at| segments[at]) {
        Some(segment) if span.end <= segment.end && span.start < segment.end => Span {
            start: segment.origin + (span.start - segment.start),
            end: segment.origin + (span.end - segment.start),
        },
        _ => whole,
    }
}

/// How names of an expansion are told from those of others.
#[derive(Default)]
pub struct Naming {
    /// The number of the expansion within its definition.
    pub number: u32,
    /// What generated names end with.
    pub label: String,
    /// Names that the expansion defines for others to see: they get no mark.
    pub open: FxHashSet<Name>,
}

enum Piece {
    Text(String),
    Group(u32, Vec<Piece>),
    Slot(char, Vec<Piece>),
    Str(String),
    Literal(String),
    List(Vec<Vec<Piece>>),
    Two(String, Vec<Piece>),
}

/// Renders an answer.
pub fn render(encoded: &str, naming: &Naming) -> Rendered {
    let mut reader = Reader {
        chars: encoded.chars().collect(),
        at: 0,
    };
    let pieces = reader.pieces(&[]);
    let mut writer = Writer {
        naming,
        generated: Vec::new(),
        types: 0,
    };
    writer.fill('s', pieces)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    /// Pieces up to one of the ends, which is taken.
    fn pieces(&mut self, ends: &[char]) -> Vec<Piece> {
        let mut out = Vec::new();
        let mut text = String::new();
        while let Some(&c) = self.chars.get(self.at) {
            self.at += 1;
            if ends.contains(&c) {
                break;
            }
            let piece = match c {
                '\u{E002}' => {
                    let origin = self.until('\u{E003}').parse().unwrap_or(0);
                    Piece::Group(origin, self.pieces(&['\u{E004}']))
                }
                '\u{E005}' => {
                    let place = self.chars.get(self.at).copied().unwrap_or('e');
                    self.at += 1;
                    Piece::Slot(place, self.pieces(&['\u{E006}']))
                }
                '\u{E007}' => Piece::Str(self.until('\u{E008}')),
                '\u{E009}' => Piece::Literal(self.until('\u{E00A}')),
                '\u{E00B}' => {
                    let mut elements = Vec::new();
                    while let Some(&c) = self.chars.get(self.at) {
                        if c == '\u{E00D}' {
                            self.at += 1;
                            break;
                        }
                        elements.push(self.pieces(&['\u{E00C}']));
                    }
                    Piece::List(elements)
                }
                '\u{E00E}' => {
                    let name = self.until('\u{E00F}');
                    Piece::Two(name, self.pieces(&['\u{E010}']))
                }
                c => {
                    text.push(c);
                    continue;
                }
            };
            if !text.is_empty() {
                out.push(Piece::Text(std::mem::take(&mut text)));
            }
            out.push(piece);
        }
        if !text.is_empty() {
            out.push(Piece::Text(text));
        }
        out
    }

    fn until(&mut self, end: char) -> String {
        let rest = &self.chars[self.at..];
        let len = rest.iter().position(|c| *c == end).unwrap_or(rest.len());
        self.at = (self.at + len + 1).min(self.chars.len());
        rest[..len].iter().collect()
    }
}

struct Writer<'a> {
    naming: &'a Naming,
    /// Generated names in the order they are met.
    generated: Vec<String>,
    /// Type variables made for parameters without a type.
    types: u32,
}

impl Writer<'_> {
    /// Code, every slot in it filled.
    fn code(&mut self, pieces: Vec<Piece>) -> Rendered {
        let mut out = Rendered::default();
        let mut drop_comma = false;
        for piece in pieces {
            let (part, sequence) = match piece {
                Piece::Text(text) => {
                    let mut part = Rendered::default();
                    self.text(&text, &mut part.text);
                    (part, false)
                }
                Piece::Group(origin, pieces) => {
                    let mut part = self.code(pieces);
                    part.segments = vec![Segment {
                        start: 0,
                        end: part.text.len() as u32,
                        origin,
                    }];
                    (part, false)
                }
                Piece::Slot(place, pieces) => {
                    (self.fill(place, pieces), matches!(place, 'a' | 'p' | 't'))
                }
                value => (self.value('e', value), false),
            };
            if sequence && part.text.is_empty() {
                // Nothing was spliced: the comma beside it goes too.
                let kept = out.text.trim_end().len();
                if out.text[..kept].ends_with(',') {
                    out.text.truncate(kept - 1);
                } else {
                    drop_comma = true;
                }
                continue;
            }
            if std::mem::take(&mut drop_comma) && part.text.trim_start().starts_with(',') {
                let rest = part.text.trim_start()[1..].trim_start().to_string();
                // What begins with a comma is a text between splices: nothing in it has an origin.
                out.text.push_str(&rest);
                continue;
            }
            out.append(part);
        }
        out
    }

    /// What stands in a place.
    fn fill(&mut self, place: char, mut pieces: Vec<Piece>) -> Rendered {
        let single = match pieces.as_slice() {
            [Piece::Text(_) | Piece::Group(..)] => false,
            [_] => true,
            _ => false,
        };
        if single && let Some(value) = pieces.pop() {
            return match value {
                Piece::Slot('s' | 'e', inner) => self.fill(place, inner),
                value => self.value(place, value),
            };
        }
        let code = self.code(pieces);
        match place {
            'e' => operand(code, true),
            'a' => operand(code, false),
            't' if code.text.contains("->") => code.around("(", ")"),
            'm' if code.text.contains('|') => code.around("(", ")"),
            _ => code,
        }
    }

    fn value(&mut self, place: char, value: Piece) -> Rendered {
        let plain = |text: String| Rendered {
            text,
            segments: Vec::new(),
        };
        match value {
            Piece::Str(text) => plain(match place {
                't' if text.is_empty() => {
                    self.types += 1;
                    format!("t__{}", self.types)
                }
                'n' | 'p' | 't' => text,
                _ => super::quoted(&text),
            }),
            Piece::Literal(text) if place == 'e' && text.starts_with('-') => {
                plain(format!("({text})"))
            }
            Piece::Literal(text) => plain(text),
            Piece::Two(_, code) if matches!(place, 's' | 'p') => self.code(code),
            Piece::Two(name, _) => plain(name),
            Piece::List(elements) => self.list(place, elements),
            Piece::Slot(inner, pieces) => self.fill(inner, pieces),
            code @ (Piece::Text(_) | Piece::Group(..)) => self.code(vec![code]),
        }
    }

    fn list(&mut self, place: char, elements: Vec<Vec<Piece>>) -> Rendered {
        let values = elements.iter().any(|element| {
            matches!(
                element.as_slice(),
                [Piece::Str(_) | Piece::Literal(_) | Piece::List(_)]
            )
        });
        let (open, between, close, inner) = match place {
            's' if !values => ("", "\n", "", 's'),
            'a' if !values => ("", ", ", "", 'a'),
            'p' => ("", ", ", "", 'p'),
            't' => ("", ", ", "", 't'),
            'n' => ("", "", "", 'n'),
            _ => ("[", ", ", "]", 'a'),
        };
        let mut out = Rendered {
            text: open.into(),
            segments: Vec::new(),
        };
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                out.text.push_str(between);
            }
            out.append(self.fill(inner, element));
        }
        out.text.push_str(close);
        out
    }

    /// Code without pieces in it: marks get their numbers.
    fn text(&mut self, text: &str, out: &mut String) {
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            out.push_str(&rest[..at]);
            let inner = &rest[at + MARK.len_utf8()..];
            let end = inner.find(MARK_END).unwrap_or(inner.len());
            let mark = &inner[..end];
            rest = inner.get(end + MARK_END.len_utf8()..).unwrap_or("");
            if let Some(number) = mark.strip_prefix('$') {
                let known = self.generated.iter().position(|other| other == number);
                let at = known.unwrap_or_else(|| {
                    self.generated.push(number.into());
                    self.generated.len() - 1
                });
                out.push_str(&format!("__{}{}", self.naming.label, at + 1));
                continue;
            }
            let own = format!("#{}", self.naming.number);
            if mark.contains('#') && !mark.ends_with(&own) {
                out.push_str(&format!("{MARK}{mark}{MARK_END}"));
                continue;
            }
            let name_start = out
                .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
                .map_or(0, |at| {
                    at + out[at..].chars().next().map_or(1, char::len_utf8)
                });
            let contextual = matches!(&out[name_start..], "as" | "in" | "async" | "eval");
            if mark.is_empty() || contextual || self.naming.open.contains(&out[name_start..]) {
                continue;
            }
            let number = if mark.contains('#') { "" } else { &own };
            out.push_str(&format!("{MARK}{mark}{number}{MARK_END}"));
        }
        out.push_str(rest);
    }
}

/// Code as one operand of whatever stands around it.
fn operand(code: Rendered, tight: bool) -> Rendered {
    let parse = nostos_syntax::parse_expansion(&code.text, Entry::Statements);
    if !parse.errors().is_empty() {
        return code;
    }
    let Some(block) = parse.statements() else {
        return code;
    };
    let mut stmts = block.stmts();
    match (stmts.next(), stmts.next()) {
        (None, _) => code.around("(", ")"),
        (Some(Stmt::Expr(Expr::Bind(_) | Expr::Assign(_))), _) | (Some(_), Some(_)) => {
            code.around("{ ", " }")
        }
        (Some(Stmt::Expr(e)), None) => {
            let whole = matches!(
                e.node().kind(),
                Kind::NameExpr
                    | Kind::LiteralExpr
                    | Kind::StringExpr
                    | Kind::AtomExpr
                    | Kind::ParenExpr
                    | Kind::TupleExpr
                    | Kind::ListExpr
                    | Kind::MapExpr
                    | Kind::SetExpr
                    | Kind::Block
                    | Kind::CallExpr
                    | Kind::MethodCallExpr
                    | Kind::FieldExpr
                    | Kind::TupleFieldExpr
                    | Kind::IndexExpr
            );
            match (whole || !tight, code.text.contains('\n')) {
                (true, _) => code,
                (false, true) => code.around("{ ", " }"),
                (false, false) => code.around("(", ")"),
            }
        }
        (Some(_), None) => code.around("{ ", " }"),
    }
}

/// Code as one operand of whatever stands around it.
pub fn as_operand(code: &str) -> String {
    let code = Rendered {
        text: code.trim().into(),
        segments: Vec::new(),
    };
    operand(code, true).text
}

/// A name for people: what cannot be told apart without its mark gets its number.
pub fn readable(text: &str, kept: &FxHashSet<Name>) -> String {
    readable_places(text, kept).0
}

/// The same, with places of the text behind marks and where they are without.
pub fn readable_places(text: &str, kept: &FxHashSet<Name>) -> (String, Vec<(u32, u32)>) {
    if !text.contains(MARK) {
        return (text.to_string(), Vec::new());
    }
    let mut places = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        let inner = &rest[at + MARK.len_utf8()..];
        let end = inner.find(MARK_END).unwrap_or(inner.len());
        let mark = &inner[..end];
        rest = inner.get(end + MARK_END.len_utf8()..).unwrap_or("");
        let start = out
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |at| {
                at + out[at..].chars().next().map_or(1, char::len_utf8)
            });
        let full = format!("{}{MARK}{mark}{MARK_END}", &out[start..]);
        if kept.contains(full.as_str())
            && let Some((_, number)) = mark.split_once('#')
        {
            out.push_str(&format!("_{number}"));
        }
        places.push(((text.len() - rest.len()) as u32, out.len() as u32));
    }
    out.push_str(rest);
    (out, places)
}
