//! Leaves of the builtin table: pure functions of words, floats and strings.

use crate::value::Value;
use nostos_abi::builtin::Leaf;
use std::cmp::Ordering;

/// What a leaf of the table gives.
pub(crate) type Run = fn(&[Value]) -> Value;

/// What a leaf does; `None` for one the interpreter does not have.
pub(crate) fn of(leaf: Leaf) -> Option<Run> {
    let run: Run = match leaf {
        Leaf::StringEq => |args| Value::bool(args[0].str() == args[1].str()),
        Leaf::StringCompare => |args| {
            Value::Word(match args[0].str().cmp(args[1].str()) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })
        },
        Leaf::StringHash => |args| Value::Word(text_hash(args[0].str())),
        Leaf::StringLength => |args| Value::Word(args[0].str().chars().count() as i64),
        Leaf::StringByteLength => |args| Value::Word(args[0].str().len() as i64),
        Leaf::StringCharAt => |args| {
            let at = usize::try_from(args[1].word()).ok();
            let rest = at.and_then(|at| args[0].str().get(at..));
            let first = rest.and_then(|rest| rest.chars().next());
            Value::Word(first.map_or(0, |c| i64::from(u32::from(c))))
        },
        Leaf::StringByteAt => |args| {
            let at = usize::try_from(args[1].word()).ok();
            let byte = at.and_then(|at| args[0].str().as_bytes().get(at));
            Value::Word(byte.map_or(-1, |byte| i64::from(*byte)))
        },
        Leaf::StringByteOffset => |args| offset(byte_offset(args[0].str(), args[1].word())),
        Leaf::StringFind => |args| offset(args[0].str().find(args[1].str())),
        Leaf::StringFindLast => |args| offset(args[0].str().rfind(args[1].str())),
        Leaf::StringStartsWith => |args| Value::bool(args[0].str().starts_with(args[1].str())),
        Leaf::StringEndsWith => |args| Value::bool(args[0].str().ends_with(args[1].str())),
        Leaf::StringIsInt => |args| Value::bool(int_of(args[0].str()).is_some()),
        Leaf::StringToInt => |args| Value::Word(int_of(args[0].str()).unwrap_or(0)),
        Leaf::StringIsFloat => |args| Value::bool(float_of(args[0].str()).is_some()),
        Leaf::StringToFloat => |args| Value::Float(float_of(args[0].str()).unwrap_or(0.0)),
        Leaf::IntHash => |args| Value::Word(int_hash(args[0].word())),
        Leaf::IntPopCount => |args| Value::Word(i64::from(args[0].word().count_ones())),
        Leaf::ArrayFreeze => |_| Value::Unit,
        Leaf::IntPow => |args| Value::Word(int_pow(args[0].word(), args[1].word())),
        Leaf::FloatPow => |args| Value::Float(args[0].float().powf(args[1].float())),
        Leaf::FloatSin => |args| Value::Float(args[0].float().sin()),
        Leaf::FloatCos => |args| Value::Float(args[0].float().cos()),
        Leaf::FloatTan => |args| Value::Float(args[0].float().tan()),
        Leaf::FloatAtan2 => |args| Value::Float(args[0].float().atan2(args[1].float())),
        Leaf::FloatExp => |args| Value::Float(args[0].float().exp()),
        Leaf::FloatLog => |args| Value::Float(args[0].float().ln()),
        Leaf::FloatLog10 => |args| Value::Float(args[0].float().log10()),
        Leaf::FloatRem => |args| Value::Float(args[0].float() % args[1].float()),
        Leaf::CharToUpper => |args| {
            let c = char_of(args[0].word());
            one_to_one(c, c.to_uppercase())
        },
        Leaf::CharToLower => |args| {
            let c = char_of(args[0].word());
            one_to_one(c, c.to_lowercase())
        },
        Leaf::CharIsSpace => |args| Value::bool(char_of(args[0].word()).is_whitespace()),
        Leaf::CharIsLetter => |args| Value::bool(char_of(args[0].word()).is_alphabetic()),
        Leaf::CharIsDigit => |args| Value::bool(char_of(args[0].word()).is_ascii_digit()),
        // Rows are added to the table from other rooms; what is not here is an error that names it, when it is reached.
        #[allow(unreachable_patterns, reason = "the table grows")]
        _ => return None,
    };
    Some(run)
}

fn offset(at: Option<usize>) -> Value {
    Value::Word(at.map_or(-1, |at| at as i64))
}

/// Byte offset of a character; the length is allowed.
pub(crate) fn byte_offset(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    let ends = std::iter::once(text.len());
    let starts = text.char_indices().map(|(at, _)| at);
    starts.chain(ends).nth(index)
}

pub(crate) fn char_of(word: i64) -> char {
    let scalar = u32::try_from(word).ok().and_then(char::from_u32);
    scalar.unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn one_to_one(c: char, mut mapped: impl Iterator<Item = char>) -> Value {
    let only = match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    };
    Value::Word(i64::from(u32::from(only)))
}

fn int_of(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// As floats are written in source or shown.
fn float_of(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = unsigned.starts_with(|c: char| c.is_ascii_digit());
    if number || unsigned == "inf" || unsigned == "NaN" {
        text.parse().ok()
    } else {
        None
    }
}

/// The finaliser of MurmurHash3.
fn int_hash(n: i64) -> i64 {
    let mut h = n as u64;
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (h ^ (h >> 33)) as i64
}

fn text_hash(text: &str) -> i64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text.as_bytes());
    int_hash(hasher.finish() as i64)
}

/// Wrapping; a negative exponent gives what is left of the quotient.
fn int_pow(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 => 1 - 2 * (exponent & 1),
            _ => 0,
        };
    }
    let mut result = 1i64;
    let (mut base, mut exponent) = (base, exponent);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}
