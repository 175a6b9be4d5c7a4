//! Strings: three words, inline up to 22 bytes, else a shared object with offset and length.

use crate::dispatch::{Ctx, Flow, Halt};
use nostos_abi::desc::fixed;
use nostos_abi::object::{STRING_INLINE_MAX, header, inline_string};

/// Most bytes a string may have.
const MAX_BYTES: usize = 1 << 40;

impl Ctx<'_> {
    /// The string in argument words `i..i + 3`. It may lie in those words themselves, so it is good until a result is put or something is allocated.
    pub(crate) fn text(&self, i: usize) -> &str {
        let words = self.process.args[i..i + 3].as_ptr().cast::<u64>();
        // SAFETY: three words of the argument area that the builtin table says are a string; its text is UTF-8 as all strings are.
        unsafe { text_at(words) }
    }

    /// A copy of the string in argument words `i..i + 3`.
    pub(crate) fn owned_text(&self, i: usize) -> String {
        self.text(i).to_string()
    }

    /// Makes a string value; may collect. `text` must not lie in the heap or in the argument area.
    pub(crate) fn new_string(&mut self, text: &str) -> Flow<[u64; 3]> {
        if let Some(words) = inline_string(text) {
            return Ok(words);
        }
        let (object, bytes) = self.new_bytes(text.len())?;
        bytes.copy_from_slice(text.as_bytes());
        Ok([object, 0, text.len() as u64])
    }

    /// Puts a string as result words `i..i + 3`; as for [`Ctx::new_string`].
    pub(crate) fn put_text(&mut self, i: usize, text: &str) -> Flow {
        let words = self.new_string(text)?;
        self.put_words(i, words);
        Ok(())
    }

    pub(crate) fn put_words(&mut self, i: usize, words: [u64; 3]) {
        for (k, word) in words.into_iter().enumerate() {
            self.put(i + k, word);
        }
    }

    /// A bytes object of this length and its bytes; may collect.
    fn new_bytes(&mut self, len: usize) -> Flow<(u64, &mut [u8])> {
        if len > MAX_BYTES {
            return Err(Halt::error("Panic", "the string is too long"));
        }
        let padded = len.next_multiple_of(8);
        let at = self.allocate_bytes(header(fixed::STRING_BYTES), 16 + padded)?;
        // SAFETY: `allocate` gave a header, a length word and `padded` bytes, which are this object's alone.
        let bytes = unsafe {
            at.add(1).write(len as u64);
            if padded > 0 {
                at.add(1 + padded / 8).write(0);
            }
            std::slice::from_raw_parts_mut(at.add(2).cast::<u8>(), len)
        };
        Ok((at as u64, bytes))
    }
}

/// The text of a string value.
///
/// # Safety
/// `words` points to the three words of a string that stay as they are during `'a`.
pub(crate) unsafe fn text_at<'a>(words: *const u64) -> &'a str {
    // SAFETY: as the caller promises: inline text follows the length byte, long text lies in the object at offset and length; all text is UTF-8.
    unsafe {
        let first = *words;
        if first & 1 == 1 {
            let len = (first as u8 >> 1) as usize;
            let start = words.cast::<u8>().add(1);
            return std::str::from_utf8_unchecked(std::slice::from_raw_parts(start, len));
        }
        if first == 0 {
            return "";
        }
        let (offset, len) = (*words.add(1) as usize, *words.add(2) as usize);
        let start = (first as *const u8).add(16 + offset);
        std::str::from_utf8_unchecked(std::slice::from_raw_parts(start, len))
    }
}

/// The string in three words that were passed by value; `words` holds its text when it is inline.
pub(crate) fn text_of(words: &[u64; 3]) -> &str {
    // SAFETY: the words are those of a string in a register triple of generated code, which keeps them alive during the call.
    unsafe { text_at(words.as_ptr()) }
}

pub(crate) fn concat(ctx: &mut Ctx) -> Flow {
    let (a, b) = (ctx.text(0).len(), ctx.text(3).len());
    if b == 0 {
        return Ok(());
    }
    if a == 0 {
        let words = [ctx.arg(3), ctx.arg(4), ctx.arg(5)];
        ctx.put_words(0, words);
        return Ok(());
    }
    if a + b <= STRING_INLINE_MAX {
        let mut bytes = [0u8; STRING_INLINE_MAX];
        bytes[..a].copy_from_slice(ctx.text(0).as_bytes());
        bytes[a..a + b].copy_from_slice(ctx.text(3).as_bytes());
        ctx.put_words(0, inline_bytes(&bytes[..a + b]));
        return Ok(());
    }
    let (object, bytes) = ctx.new_bytes(a + b)?;
    let bytes: *mut [u8] = bytes;
    // SAFETY: the new object overlaps neither operand; the operands are read after the allocation, through the argument area that the collector kept up to date.
    let bytes = unsafe { &mut *bytes };
    bytes[..a].copy_from_slice(ctx.text(0).as_bytes());
    bytes[a..].copy_from_slice(ctx.text(3).as_bytes());
    ctx.put_words(0, [object, 0, (a + b) as u64]);
    Ok(())
}

/// The words of an inline string; the bytes are UTF-8 as they come from strings.
fn inline_bytes(bytes: &[u8]) -> [u64; 3] {
    let mut all = [0u8; 24];
    all[0] = (bytes.len() as u8) << 1 | 1;
    all[1..=bytes.len()].copy_from_slice(bytes);
    let word =
        |i: usize| u64::from_le_bytes(all[i * 8..i * 8 + 8].try_into().expect("eight bytes"));
    [word(0), word(1), word(2)]
}

/// Replaces the string in words 0..3 by the part between two byte offsets on character boundaries. Long parts share the bytes.
fn put_slice(ctx: &mut Ctx, from: usize, to: usize) {
    let text = ctx.text(0);
    let to = to.min(text.len());
    let from = from.min(to);
    if to - from <= STRING_INLINE_MAX {
        let words = inline_bytes(&text.as_bytes()[from..to]);
        ctx.put_words(0, words);
    } else {
        // Longer than an inline string, so it is an object.
        let offset = ctx.arg(1) + from as u64;
        ctx.put(1, offset);
        ctx.put(2, (to - from) as u64);
    }
}

pub(crate) fn slice(ctx: &mut Ctx) -> Flow {
    let (from, to) = (ctx.arg(3) as i64, ctx.arg(4) as i64);
    let text = ctx.text(0);
    let (from, to) = (from.max(0) as usize, to.max(0) as usize);
    if text.is_char_boundary(from.min(text.len())) && text.is_char_boundary(to.min(text.len())) {
        put_slice(ctx, from, to);
        return Ok(());
    }
    Err(Halt::error(
        "Panic",
        format!("bytes {from} to {to} of a string cut a character"),
    ))
}

pub(crate) fn substring(ctx: &mut Ctx) -> Flow {
    let (from, to) = (ctx.arg(3) as i64, ctx.arg(4) as i64);
    let text = ctx.text(0);
    let from = byte_offset(text, from.max(0)).unwrap_or(text.len());
    let to = byte_offset(text, to.max(0)).unwrap_or(text.len());
    put_slice(ctx, from, to.max(from));
    Ok(())
}

/// Byte offset of character `index`; the length is allowed.
pub(crate) fn byte_offset(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    if text.len() == index || text.is_ascii() {
        return (index <= text.len() && (text.is_ascii() || index == 0))
            .then_some(index)
            .or_else(|| slow_offset(text, index));
    }
    slow_offset(text, index)
}

fn slow_offset(text: &str, index: usize) -> Option<usize> {
    let mut at = 0;
    for (offset, _) in text.char_indices() {
        if at == index {
            return Some(offset);
        }
        at += 1;
    }
    (at == index).then_some(text.len())
}

pub(crate) fn trim(ctx: &mut Ctx, start: bool, end: bool) -> Flow {
    let text = ctx.text(0);
    let from = if start {
        text.len() - text.trim_start().len()
    } else {
        0
    };
    let to = if end {
        text.trim_end().len()
    } else {
        text.len()
    };
    put_slice(ctx, from, to.max(from));
    Ok(())
}

pub(crate) fn map_text(ctx: &mut Ctx, f: impl FnOnce(&str) -> String) -> Flow {
    let text = f(ctx.text(0));
    ctx.put_text(0, &text)
}

pub(crate) fn replace_all(ctx: &mut Ctx) -> Flow {
    let from = ctx.text(3);
    if from.is_empty() || !ctx.text(0).contains(from) {
        return Ok(());
    }
    let text = ctx.text(0).replace(from, ctx.text(6));
    ctx.put_text(0, &text)
}

pub(crate) fn repeat(ctx: &mut Ctx) -> Flow {
    let n = (ctx.arg(3) as i64).max(0) as usize;
    let len = ctx.text(0).len();
    if len
        .checked_mul(n)
        .is_none_or(|bytes| bytes > MAX_BYTES || bytes > ctx.core.config.heap_limit)
    {
        return Err(Halt::error("Panic", "the string is too long"));
    }
    map_text(ctx, |s| s.repeat(n))
}

/// The character of a raw lane.
pub(crate) fn char_of(word: u64) -> char {
    char::from_u32(word as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

pub(crate) fn char_to_string(ctx: &mut Ctx) -> Flow {
    let mut buffer = [0; 4];
    let text = char_of(ctx.arg(0)).encode_utf8(&mut buffer);
    ctx.put_text(0, text)
}

pub(crate) fn quote(ctx: &mut Ctx) -> Flow {
    map_text(ctx, |s| {
        let mut out = String::with_capacity(s.len() + 2);
        push_quoted(&mut out, s);
        out
    })
}

pub(crate) fn char_quote(ctx: &mut Ctx) -> Flow {
    let mut out = String::new();
    push_char_quoted(&mut out, char_of(ctx.arg(0)));
    ctx.put_text(0, &out)
}

/// As in source, in double quotes.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        push_escaped(out, c, '"');
    }
    out.push('"');
}

/// As in source, in single quotes.
pub(crate) fn push_char_quoted(out: &mut String, c: char) {
    out.push('\'');
    push_escaped(out, c, '\'');
    out.push('\'');
}

fn push_escaped(out: &mut String, c: char, quote: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0' => out.push_str("\\0"),
        '\\' => out.push_str("\\\\"),
        c if c == quote => {
            out.push('\\');
            out.push(c);
        }
        c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
        c => out.push(c),
    }
}

pub(crate) fn atom_to_string(ctx: &mut Ctx) -> Flow {
    let text = {
        let table = ctx.core.descs.read();
        match table.atoms.get(ctx.arg(0) as usize) {
            Some(name) => format!(":{name}"),
            None => format!(":atom{}", ctx.arg(0)),
        }
    };
    ctx.put_text(0, &text)
}
