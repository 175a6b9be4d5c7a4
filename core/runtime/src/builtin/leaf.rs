//! Leaves: called directly by generated code with the SystemV convention. They allocate nothing, never throw, and return soon.

use super::string::{byte_offset, char_of, text_of};
use nostos_abi::builtin::Leaf;
use std::hash::Hasher;

/// The address generated code calls.
pub(crate) fn address(leaf: Leaf) -> usize {
    match leaf {
        Leaf::StringEq => string_eq as *const () as usize,
        Leaf::StringCompare => string_compare as *const () as usize,
        Leaf::StringHash => string_hash as *const () as usize,
        Leaf::StringLength => string_length as *const () as usize,
        Leaf::StringByteLength => string_byte_length as *const () as usize,
        Leaf::StringCharAt => string_char_at as *const () as usize,
        Leaf::StringByteAt => string_byte_at as *const () as usize,
        Leaf::StringByteOffset => string_byte_offset as *const () as usize,
        Leaf::StringFind => string_find as *const () as usize,
        Leaf::StringFindLast => string_find_last as *const () as usize,
        Leaf::StringStartsWith => string_starts_with as *const () as usize,
        Leaf::StringEndsWith => string_ends_with as *const () as usize,
        Leaf::StringIsInt => string_is_int as *const () as usize,
        Leaf::StringToInt => string_to_int as *const () as usize,
        Leaf::StringIsFloat => string_is_float as *const () as usize,
        Leaf::StringToFloat => string_to_float as *const () as usize,
        Leaf::ArrayFreeze => array_freeze as *const () as usize,
        Leaf::IntHash => int_hash as *const () as usize,
        Leaf::IntPopCount => int_pop_count as *const () as usize,
        Leaf::IntPow => int_pow as *const () as usize,
        Leaf::FloatPow => float_pow as *const () as usize,
        Leaf::FloatSin => float_sin as *const () as usize,
        Leaf::FloatCos => float_cos as *const () as usize,
        Leaf::FloatTan => float_tan as *const () as usize,
        Leaf::FloatAtan2 => float_atan2 as *const () as usize,
        Leaf::FloatExp => float_exp as *const () as usize,
        Leaf::FloatLog => float_log as *const () as usize,
        Leaf::FloatLog10 => float_log10 as *const () as usize,
        Leaf::FloatRem => float_rem as *const () as usize,
        Leaf::CharToUpper => char_to_upper as *const () as usize,
        Leaf::CharToLower => char_to_lower as *const () as usize,
        Leaf::CharIsSpace => char_is_space as *const () as usize,
        Leaf::CharIsLetter => char_is_letter as *const () as usize,
        Leaf::CharIsDigit => char_is_digit as *const () as usize,
    }
}

const NONE: u64 = u64::MAX;

extern "sysv64" fn string_eq(a: u64, b: u64, c: u64, x: u64, y: u64, z: u64) -> u64 {
    // Strings of up to 22 bytes are inline, so an inline one equals nothing but its own words.
    if (a | x) & 1 == 1 {
        return u64::from((a, b, c) == (x, y, z));
    }
    u64::from(c == z && text_of(&[a, b, c]) == text_of(&[x, y, z]))
}

extern "sysv64" fn string_compare(a: u64, b: u64, c: u64, x: u64, y: u64, z: u64) -> i64 {
    text_of(&[a, b, c]).cmp(text_of(&[x, y, z])) as i64
}

extern "sysv64" fn string_hash(a: u64, b: u64, c: u64) -> u64 {
    let words = [a, b, c];
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text_of(&words).as_bytes());
    int_hash(hasher.finish())
}

extern "sysv64" fn string_length(a: u64, b: u64, c: u64) -> u64 {
    let words = [a, b, c];
    text_of(&words).chars().count() as u64
}

extern "sysv64" fn string_byte_length(a: u64, b: u64, c: u64) -> u64 {
    text_of(&[a, b, c]).len() as u64
}

extern "sysv64" fn string_char_at(a: u64, b: u64, c: u64, offset: i64) -> u64 {
    let words = [a, b, c];
    let rest = usize::try_from(offset)
        .ok()
        .and_then(|at| text_of(&words).get(at..));
    rest.and_then(|s| s.chars().next())
        .map_or(0, |c| u64::from(u32::from(c)))
}

extern "sysv64" fn string_byte_at(a: u64, b: u64, c: u64, offset: i64) -> u64 {
    let words = [a, b, c];
    let byte = usize::try_from(offset)
        .ok()
        .and_then(|at| text_of(&words).as_bytes().get(at));
    byte.map_or(NONE, |b| u64::from(*b))
}

extern "sysv64" fn string_byte_offset(a: u64, b: u64, c: u64, index: i64) -> u64 {
    byte_offset(text_of(&[a, b, c]), index).map_or(NONE, |at| at as u64)
}

extern "sysv64" fn string_find(a: u64, b: u64, c: u64, x: u64, y: u64, z: u64) -> u64 {
    let (words, needle) = ([a, b, c], [x, y, z]);
    text_of(&words)
        .find(text_of(&needle))
        .map_or(NONE, |at| at as u64)
}

extern "sysv64" fn string_find_last(a: u64, b: u64, c: u64, x: u64, y: u64, z: u64) -> u64 {
    let (words, needle) = ([a, b, c], [x, y, z]);
    text_of(&words)
        .rfind(text_of(&needle))
        .map_or(NONE, |at| at as u64)
}

extern "sysv64" fn string_starts_with(a: u64, b: u64, c: u64, x: u64, y: u64, z: u64) -> u64 {
    u64::from(text_of(&[a, b, c]).starts_with(text_of(&[x, y, z])))
}

extern "sysv64" fn string_ends_with(a: u64, b: u64, c: u64, x: u64, y: u64, z: u64) -> u64 {
    u64::from(text_of(&[a, b, c]).ends_with(text_of(&[x, y, z])))
}

fn parse_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// As floats are written in source or shown: `1`, `1.5`, `-2e10`, `inf`; not `infinity`, `.5` or `+nan`.
fn parse_float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts_right = digits.starts_with(|c: char| c.is_ascii_digit());
    if starts_right || matches!(digits, "inf" | "NaN") {
        text.parse().ok()
    } else {
        None
    }
}

extern "sysv64" fn string_is_int(a: u64, b: u64, c: u64) -> u64 {
    u64::from(parse_int(text_of(&[a, b, c])).is_some())
}

extern "sysv64" fn string_to_int(a: u64, b: u64, c: u64) -> i64 {
    parse_int(text_of(&[a, b, c])).unwrap_or(0)
}

extern "sysv64" fn string_is_float(a: u64, b: u64, c: u64) -> u64 {
    u64::from(parse_float(text_of(&[a, b, c])).is_some())
}

extern "sysv64" fn string_to_float(a: u64, b: u64, c: u64) -> f64 {
    parse_float(text_of(&[a, b, c])).unwrap_or(0.0)
}

extern "sysv64" fn array_freeze(array: u64) {
    // SAFETY: the library passes a live array of numbers, which generated code of its owner has made.
    unsafe { crate::blob::share(array) };
}

/// The finaliser of MurmurHash3.
extern "sysv64" fn int_hash(n: u64) -> u64 {
    let mut h = n ^ (n >> 33);
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

extern "sysv64" fn int_pop_count(n: u64) -> u64 {
    u64::from(n.count_ones())
}

extern "sysv64" fn int_pow(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 if exponent % 2 == 0 => 1,
            -1 => -1,
            _ => 0,
        };
    }
    let (mut result, mut base, mut exponent) = (1i64, base, exponent as u64);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

extern "sysv64" fn float_pow(x: f64, y: f64) -> f64 {
    x.powf(y)
}

extern "sysv64" fn float_sin(x: f64) -> f64 {
    x.sin()
}

extern "sysv64" fn float_cos(x: f64) -> f64 {
    x.cos()
}

extern "sysv64" fn float_tan(x: f64) -> f64 {
    x.tan()
}

extern "sysv64" fn float_atan2(y: f64, x: f64) -> f64 {
    y.atan2(x)
}

extern "sysv64" fn float_exp(x: f64) -> f64 {
    x.exp()
}

extern "sysv64" fn float_log(x: f64) -> f64 {
    x.ln()
}

extern "sysv64" fn float_log10(x: f64) -> f64 {
    x.log10()
}

extern "sysv64" fn float_rem(x: f64, y: f64) -> f64 {
    x % y
}

fn one_to_one(c: char, mut mapped: impl Iterator<Item = char>) -> u64 {
    let first = mapped.next();
    let only = if mapped.next().is_none() { first } else { None };
    u64::from(u32::from(only.unwrap_or(c)))
}

extern "sysv64" fn char_to_upper(c: u64) -> u64 {
    let c = char_of(c);
    one_to_one(c, c.to_uppercase())
}

extern "sysv64" fn char_to_lower(c: u64) -> u64 {
    let c = char_of(c);
    one_to_one(c, c.to_lowercase())
}

extern "sysv64" fn char_is_space(c: u64) -> u64 {
    u64::from(char_of(c).is_whitespace())
}

extern "sysv64" fn char_is_letter(c: u64) -> u64 {
    u64::from(char_of(c).is_alphabetic())
}

extern "sysv64" fn char_is_digit(c: u64) -> u64 {
    u64::from(char_of(c).is_ascii_digit())
}
