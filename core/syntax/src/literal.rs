//! What literals stand for: numbers with suffixes, chars, strings with escapes.

use crate::kind::Kind;
use crate::tree::Node;

/// The value of a literal. Signs are not part of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// No suffix. `u128::MAX` stands for anything larger still; the checker compares with the range of its type.
    Int(u128),
    /// `1u8`.
    Sized(u128, SizedInt),
    /// `1n`: decimal or, behind `0x` or `0b`, other digits, without `_`.
    BigInt {
        /// 10, 16, 8 or 2.
        radix: u32,
        /// The digits.
        digits: String,
    },
    /// `1.5`.
    Float(f64),
    /// `1.5f32`.
    Float32(f32),
    /// `1.5d`, without `_` and suffix.
    Decimal(String),
    /// `'c'`.
    Char(char),
    /// `"…"` without interpolation.
    String(String),
    /// `true`, `false`.
    Bool(bool),
}

/// The sized integers.
#[allow(missing_docs, reason = "each name says it all")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SizedInt {
    I8,
    I16,
    I32,
    U8,
    U16,
    U32,
    U64,
}

/// The value of a number, char or bool token or of a `StringExpr`; `None` when it is malformed or has interpolated parts.
pub fn value(node: Node<'_>) -> Option<Literal> {
    match node.kind() {
        Kind::Int | Kind::Float => number(node.text()).ok(),
        Kind::TrueKw => Some(Literal::Bool(true)),
        Kind::FalseKw => Some(Literal::Bool(false)),
        Kind::Char => {
            let text = node.text();
            let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
            let mut chars = unescape(inner)
                .ok()?
                .chars()
                .collect::<Vec<_>>()
                .into_iter();
            chars
                .next()
                .filter(|_| chars.next().is_none())
                .map(Literal::Char)
        }
        Kind::RawString => unescape(node.text().strip_prefix('\'')?.strip_suffix('\'')?)
            .ok()
            .map(Literal::String),
        Kind::StringExpr => {
            let mut out = String::new();
            for child in node.children() {
                match child.kind() {
                    Kind::StringText => out.push_str(&unescape(child.text()).ok()?),
                    Kind::StringOpen | Kind::StringClose => {}
                    Kind::RawString => return value(child),
                    _ => return None,
                }
            }
            Some(Literal::String(out))
        }
        _ => None,
    }
}

/// Reads a number token; the error is a message for its author.
pub fn number(text: &str) -> Result<Literal, String> {
    let (radix, rest) = match text.get(..2) {
        Some("0x" | "0X") => (16, &text[2..]),
        Some("0b" | "0B") => (2, &text[2..]),
        Some("0o" | "0O") => (8, &text[2..]),
        _ => (10, text),
    };
    let (digits, suffix) = split_suffix(rest, radix);
    let clean: String = digits.chars().filter(|c| *c != '_').collect();
    let is_float = radix == 10 && clean.contains(['.', 'e', 'E']);
    if clean.is_empty() {
        return Err(format!("`{text}` has no digits"));
    }
    if let Some(bad) = clean.chars().find(|c| !is_float && !c.is_digit(radix)) {
        return Err(format!("`{bad}` is not a digit of base {radix}"));
    }
    let magnitude = || u128::from_str_radix(&clean, radix).unwrap_or(u128::MAX);
    let sized = |size| Ok(Literal::Sized(magnitude(), size));
    match suffix {
        "f32" if radix == 10 => Ok(Literal::Float32(
            clean.parse().map_err(|_| malformed(text))?,
        )),
        "d" if radix == 10 => Ok(Literal::Decimal(clean)),
        "" if is_float => Ok(Literal::Float(clean.parse().map_err(|_| malformed(text))?)),
        "" => Ok(Literal::Int(magnitude())),
        _ if is_float => Err(format!(
            "`{suffix}` is not a suffix for a number with a fraction; known are `f32` and `d`"
        )),
        "n" => Ok(Literal::BigInt {
            radix,
            digits: clean,
        }),
        "i8" => sized(SizedInt::I8),
        "i16" => sized(SizedInt::I16),
        "i32" => sized(SizedInt::I32),
        "i64" => Ok(Literal::Int(magnitude())),
        "u8" => sized(SizedInt::U8),
        "u16" => sized(SizedInt::U16),
        "u32" => sized(SizedInt::U32),
        "u64" => sized(SizedInt::U64),
        _ => Err(format!(
            "unknown number suffix `{suffix}`; known are i8 i16 i32 i64 u8 u16 u32 u64 f32 n d"
        )),
    }
}

fn malformed(text: &str) -> String {
    format!("`{text}` is not a number")
}

/// Splits digits from the suffix. In base 16 letters up to `f` are digits.
fn split_suffix(text: &str, radix: u32) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let is_part = match radix {
            16 => byte.is_ascii_hexdigit() || byte == b'_',
            10 => {
                byte.is_ascii_digit()
                    || byte == b'_'
                    || byte == b'.'
                    || (matches!(byte, b'e' | b'E') && exponent(&bytes[at + 1..]))
                    || (matches!(byte, b'+' | b'-')
                        && at > 0
                        && matches!(bytes[at - 1], b'e' | b'E'))
            }
            _ => byte.is_ascii_digit() || byte == b'_',
        };
        if !is_part {
            break;
        }
        at += 1;
    }
    text.split_at(at)
}

fn exponent(rest: &[u8]) -> bool {
    match rest {
        [b'+' | b'-', digit, ..] => digit.is_ascii_digit(),
        [digit, ..] => digit.is_ascii_digit(),
        [] => false,
    }
}

/// Decodes the escapes of a string's or char's text; on failure the place in `text` of the bad escape, its length and a message.
pub fn unescape(text: &str) -> Result<String, BadEscape> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let start = text.len() - rest.len() + at;
        let body = &rest[at + 1..];
        let Some(letter) = body.chars().next() else {
            return Err(BadEscape {
                start,
                len: 1,
                message: "an escape needs a character behind `\\`".into(),
            });
        };
        let mut used = letter.len_utf8();
        match letter {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            '0' => out.push('\0'),
            '\\' | '"' | '\'' | '$' => out.push(letter),
            'u' => {
                let digits = body[1..]
                    .strip_prefix('{')
                    .and_then(|inner| inner.split_once('}'))
                    .map(|(digits, _)| digits);
                let Some(digits) = digits.filter(|digits| !digits.is_empty() && digits.len() <= 6)
                else {
                    return Err(BadEscape {
                        start,
                        len: 2,
                        message: "write the code of a character as `\\u{1F600}`".into(),
                    });
                };
                used += digits.len() + 2;
                match u32::from_str_radix(digits, 16)
                    .ok()
                    .and_then(char::from_u32)
                {
                    Some(character) => out.push(character),
                    None => {
                        return Err(BadEscape {
                            start,
                            len: 1 + used,
                            message: format!("`{digits}` is not the code of a character"),
                        });
                    }
                }
            }
            _ => {
                return Err(BadEscape {
                    start,
                    len: 1 + used,
                    message: format!("unknown escape `\\{letter}`"),
                });
            }
        }
        rest = &body[used..];
    }
    out.push_str(rest);
    Ok(out)
}

/// An escape that means nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadEscape {
    /// The byte of the `\` in the text given.
    pub start: usize,
    /// How many bytes are wrong.
    pub len: usize,
    /// What is wrong.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_they_say() {
        let answers = [
            ("1_000", Literal::Int(1000)),
            ("0xFF", Literal::Int(255)),
            ("0b1010", Literal::Int(10)),
            ("0xFFu8", Literal::Sized(255, SizedInt::U8)),
            ("3.5", Literal::Float(3.5)),
            ("1.0e2", Literal::Float(100.0)),
            ("1.2e-1", Literal::Float(0.12)),
            ("2f32", Literal::Float32(2.0)),
            ("1.5d", Literal::Decimal("1.5".into())),
            (
                "12n",
                Literal::BigInt {
                    radix: 10,
                    digits: "12".into(),
                },
            ),
        ];
        for (text, value) in answers {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        for bad in ["2x", "0x", "0b12", "1.5u8", "1.0n"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn escapes_decode() {
        assert_eq!(unescape(r#"a\n\u{48}\"\\"#).unwrap(), "a\nH\"\\");
        assert_eq!(unescape(r"ab\q").unwrap_err().start, 2);
        assert!(unescape(r"\u{D800}").is_err());
        assert!(unescape(r"\u12").is_err());
    }
}
