//! Text objects: what a character names around the cursor (`mi(`, `maf`), and the nodes of the syntax tree.
//!
//! Functions, types, tests, parameters and comments are the grammar's (its `textobjects` query); words, paragraphs, brackets and
//! quotes are read from the text. Nothing is changed here.

use super::document::Document;
use super::motion::{self, line_of};
use super::selection::Range;
use super::syntax::Language;
use ropey::Rope;
use tree_sitter::Node;

/// What can be named after `mi` and `ma`.
pub const OBJECTS: &[(char, &str)] = &[
    ('w', "word"),
    ('W', "blank-separated word"),
    ('p', "paragraph"),
    ('f', "function"),
    ('t', "type, trait"),
    ('T', "test"),
    ('a', "argument, parameter"),
    ('c', "comment"),
    ('m', "closest pair"),
    ('(', "parentheses"),
    ('[', "brackets"),
    ('{', "braces"),
    ('<', "angle brackets"),
    ('"', "double quotes"),
    ('\'', "quotes"),
    ('`', "backticks"),
];

/// How far a bracket's partner is looked for, in characters.
const REACH: usize = 200_000;

/// The opening and closing marks a character stands for; others surround as themselves.
pub fn pair(c: char) -> (char, char) {
    match c {
        '(' | ')' => ('(', ')'),
        '[' | ']' => ('[', ']'),
        '{' | '}' => ('{', '}'),
        '<' | '>' => ('<', '>'),
        c => (c, c),
    }
}

/// The object of a character at a range.
pub fn object(
    doc: &Document,
    language: Option<&Language>,
    r: Range,
    name: char,
    around: bool,
) -> Option<Range> {
    let text = doc.text();
    let at = r.cursor(text);
    let found = match name {
        'w' | 'W' => word(text, at, name == 'W', around),
        'p' => Some(paragraph(text, at, around)),
        'f' | 't' | 'T' | 'a' | 'c' => {
            let kind = match name {
                'f' => "function",
                't' => "class",
                'T' => "test",
                'a' => "parameter",
                _ => "comment",
            };
            node_object(doc, language?, at, kind, around)
        }
        'm' => {
            let (open, close) = closest(text, r)?;
            Some(if around {
                (open, close + 1)
            } else {
                (open + 1, close)
            })
        }
        c if !c.is_alphanumeric() => {
            let (open, close) = surrounding(text, at, c, 1)?;
            Some(if around {
                (open, close + 1)
            } else {
                (open + 1, close)
            })
        }
        _ => None,
    };
    found
        .filter(|(from, to)| from < to)
        .map(|(from, to)| Range::new(from, to))
}

fn word(text: &Rope, at: usize, long: bool, around: bool) -> Option<(usize, usize)> {
    let kind = |i: usize| {
        text.get_char(i)
            .filter(|c| !c.is_whitespace())
            .map(|c| long || c.is_alphanumeric() || c == '_')
    };
    let here = kind(at)?;
    let (mut from, mut to) = (at, at + 1);
    while from > 0 && kind(from - 1) == Some(here) {
        from -= 1;
    }
    while kind(to) == Some(here) {
        to += 1;
    }
    if around {
        let blank = |i: usize| text.get_char(i).is_some_and(|c| c == ' ' || c == '\t');
        let end = to;
        while blank(to) {
            to += 1;
        }
        while to == end && from > 0 && blank(from - 1) {
            from -= 1;
        }
    }
    Some((from, to))
}

fn paragraph(text: &Rope, at: usize, around: bool) -> (usize, usize) {
    let count = motion::line_count(text);
    let blank = |l: usize| text.line(l).chars().all(char::is_whitespace);
    let line = line_of(text, at).min(count - 1);
    let kind = blank(line);
    let (mut first, mut last) = (line, line + 1);
    while first > 0 && blank(first - 1) == kind {
        first -= 1;
    }
    while last < count && blank(last) == kind {
        last += 1;
    }
    while around && last < count && blank(last) != kind {
        last += 1;
        if !kind && last < count && !blank(last) {
            break;
        }
    }
    (text.line_to_char(first), text.line_to_char(last))
}

fn node_object(
    doc: &Document,
    language: &Language,
    at: usize,
    kind: &str,
    around: bool,
) -> Option<(usize, usize)> {
    let (text, tree) = (doc.text(), doc.syntax.tree()?);
    let byte = text.char_to_byte(at);
    let wanted = format!("{kind}.{}", if around { "around" } else { "inside" });
    let holds = |r: &(usize, usize)| r.0 <= byte && byte < r.1.max(r.0 + 1);
    let mut found = language.objects(tree, text, &wanted, byte, byte + 1);
    let mut best = found
        .iter()
        .copied()
        .filter(holds)
        .min_by_key(|r| r.1 - r.0);
    if best.is_none() && around {
        // The query has no `around` for parameters: the comma and blank that go with one are found here.
        found = language.objects(tree, text, &format!("{kind}.inside"), byte, byte + 1);
        best = found
            .iter()
            .copied()
            .filter(holds)
            .min_by_key(|r| r.1 - r.0);
        let (from, to) = best.map(|r| (text.byte_to_char(r.0), text.byte_to_char(r.1)))?;
        return Some(with_comma(text, from, to));
    }
    best.map(|r| (text.byte_to_char(r.0), text.byte_to_char(r.1)))
}

fn with_comma(text: &Rope, from: usize, to: usize) -> (usize, usize) {
    let blank = |i: usize| text.get_char(i).is_some_and(char::is_whitespace);
    let mut end = to;
    while blank(end) {
        end += 1;
    }
    if text.get_char(end) == Some(',') {
        end += 1;
        while blank(end) {
            end += 1;
        }
        return (from, end);
    }
    let mut start = from;
    while start > 0 && blank(start - 1) {
        start -= 1;
    }
    if start > 0 && text.char(start - 1) == ',' {
        (start - 1, to)
    } else {
        (from, to)
    }
}

/// The pair of marks of a kind around a position, the `n`th from inside: where both stand.
pub fn surrounding(text: &Rope, at: usize, c: char, n: usize) -> Option<(usize, usize)> {
    let (open, close) = pair(c);
    if open == close {
        return quoted(text, at, c);
    }
    let mut start = at;
    let mut found = None;
    for i in 0..n {
        let here = text.get_char(start)?;
        let from = if i == 0 && here == open {
            start
        } else {
            before(text, start, open, close)?
        };
        let to = after(text, from + 1, open, close)?;
        found = Some((from, to));
        start = from;
    }
    found
}

fn before(text: &Rope, at: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0usize;
    let mut chars = text.chars_at(at);
    for i in (at.saturating_sub(REACH)..at).rev() {
        match chars.prev()? {
            c if c == close => depth += 1,
            c if c == open && depth == 0 => return Some(i),
            c if c == open => depth -= 1,
            _ => {}
        }
    }
    None
}

fn after(text: &Rope, at: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0usize;
    for (i, c) in text.chars_at(at).take(REACH).enumerate() {
        match c {
            c if c == open => depth += 1,
            c if c == close && depth == 0 => return Some(at + i),
            c if c == close => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Quotes pair up from the start of the line on; an escaped one is none.
fn quoted(text: &Rope, at: usize, quote: char) -> Option<(usize, usize)> {
    let line = line_of(text, at);
    let start = text.line_to_char(line);
    let mut open = None;
    let mut escaped = false;
    for (i, c) in text.line(line).chars().enumerate() {
        let here = start + i;
        if c == quote && !escaped {
            match open.take() {
                None if here > at => return None,
                None => open = Some(here),
                Some(from) if at <= here => return Some((from, here)),
                Some(_) => {}
            }
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// The closest pair of any kind that holds the range and is wider than it.
pub fn closest(text: &Rope, r: Range) -> Option<(usize, usize)> {
    let at = r.cursor(text);
    let (from, to) = (r.from(), r.to());
    ['(', '[', '{', '<', '"', '\'', '`']
        .into_iter()
        .flat_map(|c| (1..4).filter_map(move |n| surrounding(text, at, c, n)))
        .filter(|(open, close)| {
            *open <= from && to <= close + 1 && (close + 1 - open) > (to - from)
        })
        .min_by_key(|(open, close)| close - open)
}

/// The next or previous object of a capture.
pub fn neighbour(
    doc: &Document,
    language: &Language,
    r: Range,
    capture: &str,
    ahead: bool,
) -> Option<Range> {
    let (text, tree) = (doc.text(), doc.syntax.tree()?);
    let chars = |(from, to): (usize, usize)| (text.byte_to_char(from), text.byte_to_char(to));
    if ahead {
        let byte = text.char_to_byte(r.cursor(text));
        let next = language.next_object(tree, text, capture, byte)?;
        let (from, to) = chars(next);
        return Some(Range::new(from, to));
    }
    let byte = text.char_to_byte(r.from());
    // Most often it is near: the window grows only while nothing is found.
    let mut reach = 16 << 10;
    loop {
        let start = byte.saturating_sub(reach);
        let all = language.objects(tree, text, capture, start, byte);
        let last = all.into_iter().filter(|o| o.0 < byte).max_by_key(|o| o.0);
        match last {
            Some(o) => {
                let (from, to) = chars(o);
                return Some(Range::new(to, from));
            }
            None if start == 0 => return None,
            None => reach *= 4,
        }
    }
}

fn node_of<'a>(doc: &'a Document, r: Range) -> Option<(Node<'a>, usize, usize)> {
    let text = doc.text();
    let (from, to) = (text.char_to_byte(r.from()), text.char_to_byte(r.to()));
    let node = doc
        .syntax
        .tree()?
        .root_node()
        .descendant_for_byte_range(from, to)?;
    Some((node, from, to))
}

fn range_of(doc: &Document, node: Node<'_>) -> Range {
    let text = doc.text();
    let len = text.len_bytes();
    Range::new(
        text.byte_to_char(node.start_byte().min(len)),
        text.byte_to_char(node.end_byte().min(len)),
    )
}

/// The smallest node that is wider than a range.
pub fn wider(doc: &Document, r: Range) -> Option<Range> {
    let (mut node, from, to) = node_of(doc, r)?;
    while node.start_byte() >= from && node.end_byte() <= to {
        node = node.parent()?;
    }
    Some(range_of(doc, node))
}

/// The first part of the node a range selects.
pub fn first_child(doc: &Document, r: Range) -> Option<Range> {
    let (mut node, ..) = node_of(doc, r)?;
    loop {
        let child = node.named_child(0).or_else(|| node.child(0))?;
        let range = range_of(doc, child);
        if range != Range::new(r.from(), r.to()) {
            return Some(range);
        }
        node = child;
    }
}

/// The node with the same extent that is highest in the tree.
fn topmost<'a>(doc: &'a Document, r: Range) -> Option<Node<'a>> {
    let (mut node, ..) = node_of(doc, r)?;
    while let Some(up) = node
        .parent()
        .filter(|p| p.byte_range() == node.byte_range())
    {
        node = up;
    }
    Some(node)
}

/// The node beside the one a range selects, or beside the closest of its ancestors that has one.
pub fn sibling(doc: &Document, r: Range, ahead: bool) -> Option<Range> {
    let mut node = topmost(doc, r)?;
    loop {
        let found = if ahead {
            node.next_named_sibling()
        } else {
            node.prev_named_sibling()
        };
        match found {
            Some(found) => return Some(range_of(doc, found)),
            None => node = node.parent()?,
        }
    }
}

/// All nodes beside a range's node, or all parts of it.
pub fn family(doc: &Document, r: Range, inner: bool) -> Vec<Range> {
    let Some(node) = topmost(doc, r) else {
        return Vec::new();
    };
    let Some(parent) = (if inner { Some(node) } else { node.parent() }) else {
        return Vec::new();
    };
    let mut cursor = parent.walk();
    parent
        .named_children(&mut cursor)
        .map(|n| range_of(doc, n))
        .collect()
}
