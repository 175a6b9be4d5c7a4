//! Words and heap objects: what a lane holds, what a header says.
//!
//! A *lane* is one 8-byte word of a value. A `Raw` or `Float` lane is bits; a `Ref` lane is a tagged word:
//! 0 is null, low bit 1 is an immediate, anything else points to the header of a heap object (8-byte aligned).

/// What one word of a value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// 64 bits the collector never looks at: integers, booleans, characters, tags, the tail words of a string.
    Raw,
    /// An IEEE double; the same to the collector as `Raw`, kept in float registers by generated code.
    Float,
    /// A tagged reference.
    Ref,
}

/// Values of at most this many lanes are kept inline; larger or recursive ones are boxed.
pub const MAX_INLINE_LANES: usize = 4;

/// Size of the header word of every heap object, in bytes. The payload follows it.
pub const HEADER_BYTES: i32 = 8;

/// Header, bits 0..32: index of the object's [`crate::desc::Desc`].
pub const HEADER_DESC_MASK: u64 = 0xffff_ffff;
/// Header, bit 32: the object is immortal (string literals, closures of named functions); the collector leaves it.
pub const HEADER_STATIC: u64 = 1 << 32;
/// Header, bit 33: the object has moved; the word after the header is its new address (every object has ≥ 1 payload word).
pub const HEADER_FORWARDED: u64 = 1 << 33;
/// Header, bits 34..40: the collector's own.
pub const HEADER_GC_SHIFT: u32 = 34;
/// Header, bit 34 (the first of the collector's): the object is old and not yet in the remembered set, so a store of a ref into it
/// must be followed by [`crate::builtin::Op::Remember`] of it. The collector sets it when it promotes, `Remember` clears it; fresh and static objects do not have it.
pub const HEADER_WATCHED: u64 = 1 << HEADER_GC_SHIFT;
/// Header, bit 35: a large object without refs, with a count before its header (a blob); the other bits of the collector's mean nothing then.
pub const HEADER_COUNTED: u64 = 1 << 35;
/// Header, bit 36: a large object; it never moves.
pub const HEADER_LARGE: u64 = 1 << 36;
/// Header, bit 37: reached in the major collection going on.
pub const HEADER_MARKED: u64 = 1 << 37;
/// Header, bit 38: a blob that nobody writes any more, its header included: several heaps may refer to it.
pub const HEADER_SHARED: u64 = 1 << 38;
/// Header, bits 40..64: for [`crate::desc::Layout::Bytes`] and [`crate::desc::Layout::Elements`] nothing; the length is the first payload word.
pub const HEADER_SPARE_SHIFT: u32 = 40;

/// Makes the header of a fresh object.
pub const fn header(desc: u32) -> u64 {
    desc as u64
}

/// The immediate for the constant constructor `ctor` of a boxed variant.
pub const fn immediate(ctor: u32) -> u64 {
    ((ctor as u64) << 1) | 1
}

/// Is this ref lane an immediate (or null) rather than a pointer?
pub const fn is_immediate(word: u64) -> bool {
    word & 1 == 1 || word == 0
}

/// Strings are three lanes: `[Ref, Raw, Raw]`.
///
/// Inline (≤ 22 bytes): byte 0 of word 0 is `(len << 1) | 1`, bytes 1..23 are the text, the rest zero. Else word 0 points to an object
/// with [`crate::desc::Layout::Bytes`], word 1 is the byte offset into its bytes, word 2 the length in bytes; a substring shares.
/// Equal inline strings have equal words; a string of ≤ 22 bytes is always inline (canonical form).
pub const STRING_LANES: [Lane; 3] = [Lane::Ref, Lane::Raw, Lane::Raw];
/// Longest inline string, in bytes.
pub const STRING_INLINE_MAX: usize = 22;

/// The three words of an inline string, or `None` when it is too long.
pub fn inline_string(text: &str) -> Option<[u64; 3]> {
    if text.len() > STRING_INLINE_MAX {
        return None;
    }
    let mut bytes = [0u8; 24];
    bytes[0] = ((text.len() as u8) << 1) | 1;
    bytes[1..1 + text.len()].copy_from_slice(text.as_bytes());
    let word =
        |i: usize| u64::from_le_bytes(bytes[i * 8..i * 8 + 8].try_into().expect("eight bytes"));
    Some([word(0), word(1), word(2)])
}

/// The text of an inline string given its words; `None` when word 0 is a pointer or null.
pub fn inline_bytes(words: [u64; 3]) -> Option<([u8; 24], usize)> {
    if words[0] & 1 == 0 {
        return None;
    }
    let mut bytes = [0u8; 24];
    for (i, word) in words.iter().enumerate() {
        bytes[i * 8..i * 8 + 8].copy_from_slice(&word.to_le_bytes());
    }
    let len = (bytes[0] >> 1) as usize;
    bytes.copy_within(1.., 0);
    Some((bytes, len))
}
