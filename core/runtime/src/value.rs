//! Values as people see them: words come in, bounded text and children go out.
//!
//! Words of a live heap are read through the kernel, so that a wrong address gives "?" and not a crash. The reader sees to it that the
//! process does not move its objects meanwhile: it is stopped, or owned by whoever looks.

mod entries;
mod list;

use crate::builtin::number::float_text;
use crate::builtin::string::{char_of, push_char_quoted, push_quoted};
use crate::message::View as Copied;
use entries::Entries;
pub use list::Lists;
use nostos_abi::desc::{Ctor, DescTable, ShapeId, ShapeKind, View};
use nostos_abi::object::{HEADER_DESC_MASK, inline_bytes, is_immediate};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

/// Where refs point into.
#[derive(Clone, Copy)]
pub(crate) enum Memory<'a> {
    /// Addresses of this operating-system process.
    Live,
    /// A message in transit.
    Message(Copied<'a>),
    /// A heap that was copied out, and what it refers to beside.
    Survey(&'a crate::survey::Copied),
}

/// The lanes of a value.
#[derive(Clone, Copy, Debug)]
pub struct Lanes<'a>(pub &'a [u64]);

/// A value of a known type: what a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its type.
    pub shape: ShapeId,
    /// Its lanes.
    pub lanes: Vec<u64>,
}

/// Where the values of a process lie that somebody looks at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// In its heap; it is stopped.
    Heap,
    /// In the message with this place in its mailbox.
    Message(usize),
}

/// Values of one origin, while nobody changes them.
pub struct Reading<'a> {
    pub(crate) table: &'a DescTable,
    pub(crate) memory: Memory<'a>,
    pub(crate) lists: &'a Lists,
    /// The value a message holds.
    pub root: Option<Value>,
}

impl Reading<'_> {
    /// As people read it, bounded.
    pub fn render(&self, value: &Value) -> String {
        render(self.table, self.memory, value.shape, Lanes(&value.lanes))
    }

    /// As people read it, a string without its quotes.
    pub fn render_bare(&self, value: &Value) -> String {
        render_bare(self.table, self.memory, value.shape, Lanes(&value.lanes))
    }

    /// As people read it, up to a megabyte.
    pub fn render_whole(&self, value: &Value) -> String {
        let mut printer = Printer {
            whole: true,
            ..Printer::new(self.table, self.memory)
        };
        printer.value(value.shape, &value.lanes, 0);
        printer.out
    }

    /// How many parts a value has, and a page of them.
    pub fn children(&self, value: &Value, start: usize, count: usize) -> (usize, Vec<Child>) {
        children(self.table, self.memory, self.lists, value, start, count)
    }

    /// The entries of the library's maps, and the members of its sets as keys of themselves: how many, and a page of them. `None`: it is another value.
    pub fn entries(
        &self,
        value: &Value,
        start: usize,
        count: usize,
    ) -> Option<(usize, Vec<(Value, Value)>)> {
        let range = start..start.saturating_add(count);
        entries(self.table, self.memory, value, range)
    }

    /// The name of a type.
    pub fn shape_name(&self, shape: ShapeId) -> String {
        let known = self.table.shapes.get(shape.0 as usize);
        known.map_or_else(|| "?".to_string(), |s| s.name.clone())
    }

    /// The address of the object that a value is, if it is one in the heap.
    pub fn address(&self, value: &Value) -> Option<u64> {
        let first = *value.lanes.first()?;
        let is_object = self
            .table
            .shapes
            .get(value.shape.0 as usize)?
            .lanes
            .first()
            .is_some_and(|lane| *lane == nostos_abi::object::Lane::Ref);
        let lives = matches!(self.memory, Memory::Live);
        (lives && is_object && !is_immediate(first) && first != 0).then_some(first)
    }
}

/// Text longer than this is cut.
const TEXT_MAX: usize = 400;
/// The same for who wants all.
const WHOLE_MAX: usize = 1 << 20;
/// Deeper parts are not shown.
const DEPTH_MAX: usize = 6;
/// Elements of one list that are shown.
const ELEMENTS_MAX: usize = 50;
/// Longest string that is read.
const STRING_MAX: usize = 1 << 16;

impl Memory<'_> {
    /// Reads words; none when the address is not readable.
    pub(crate) fn words(&self, address: u64, count: usize) -> Option<Vec<u64>> {
        match self {
            Memory::Live => {
                let mut words = vec![0; count];
                read_live(address, &mut words)?;
                Some(words)
            }
            Memory::Message(fragment) => match fragment.object(address) {
                Some(words) if words.len() >= count => Some(words[..count].to_vec()),
                Some(_) => None,
                None => Memory::Live.words(address, count),
            },
            // The heap itself is another by now.
            Memory::Survey(copied) => copied.read(address, count),
        }
    }
}

/// Reads words of this operating-system process; none when not all can be read.
fn read_live(address: u64, words: &mut [u64]) -> Option<()> {
    let bytes = size_of_val(words);
    // SAFETY: they are as many bytes, of which every value makes a word.
    let bytes = unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), bytes) };
    memory()?.read_exact_at(bytes, address).ok()
}

fn memory() -> Option<&'static File> {
    static MEMORY: OnceLock<Option<File>> = OnceLock::new();
    MEMORY
        .get_or_init(|| File::open("/proc/self/mem").ok())
        .as_ref()
}

/// The descriptor of the object a ref points to.
pub(crate) fn desc_index(memory: Memory, word: u64) -> Option<u32> {
    if is_immediate(word) {
        return None;
    }
    let header = memory.words(word, 1)?[0];
    Some((header & HEADER_DESC_MASK) as u32)
}

/// The first payload words of the object a ref points to.
pub(crate) fn payload(memory: Memory, word: u64, count: usize) -> Option<Vec<u64>> {
    if is_immediate(word) {
        return None;
    }
    let words = memory.words(word, count + 1)?;
    Some(words[1..].to_vec())
}

/// The text of a string value.
pub(crate) fn string_text(memory: Memory, lanes: &[u64]) -> Option<String> {
    let words: [u64; 3] = lanes.try_into().ok()?;
    if let Some((bytes, len)) = inline_bytes(words) {
        return String::from_utf8(bytes.get(..len)?.to_vec()).ok();
    }
    if words[0] == 0 {
        return Some(String::new());
    }
    let (offset, len) = (words[1] as usize, words[2] as usize);
    let cut = len.min(STRING_MAX);
    let first = offset / 8;
    let count = (offset + cut).div_ceil(8) - first;
    let words = memory.words(words[0] + 16 + first as u64 * 8, count)?;
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let bytes = bytes.get(offset - first * 8..offset - first * 8 + cut)?;
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if cut < len {
        text.push('…');
    }
    Some(text)
}

/// As inside data: strings quoted. Bounded.
pub(crate) fn render(table: &DescTable, memory: Memory, shape: ShapeId, lanes: Lanes) -> String {
    let mut printer = Printer::new(table, memory);
    printer.value(shape, lanes.0, 0);
    printer.out
}

/// As `show` writes it: a string or character bare.
pub(crate) fn render_bare(
    table: &DescTable,
    memory: Memory,
    shape: ShapeId,
    lanes: Lanes,
) -> String {
    match table.shapes.get(shape.0 as usize).map(|s| &s.kind) {
        Some(ShapeKind::String) => string_text(memory, lanes.0).unwrap_or_else(|| "?".into()),
        Some(ShapeKind::Char) => char_of(lanes.0.first().copied().unwrap_or(0)).into(),
        _ => render(table, memory, shape, lanes),
    }
}

/// A boxed value: what was sent, thrown or returned by an entry; a string bare when `bare`.
pub(crate) fn render_boxed(table: &DescTable, memory: Memory, word: u64, bare: bool) -> String {
    match unbox(table, memory, word) {
        Some(value) if bare => render_bare(table, memory, value.shape, Lanes(&value.lanes)),
        Some(value) => render(table, memory, value.shape, Lanes(&value.lanes)),
        None => "?".into(),
    }
}

/// The value in a box.
pub(crate) fn unbox(table: &DescTable, memory: Memory, word: u64) -> Option<Value> {
    let desc = table.descs.get(desc_index(memory, word)? as usize)?;
    match &desc.view {
        View::Boxed(shape) | View::VarCell(shape) => {
            let known = table.shapes.get(shape.0 as usize)?;
            // A tuple or record that is boxed by itself is its own box.
            let own_box = match &known.kind {
                ShapeKind::Tuple { boxed, .. } | ShapeKind::Record { boxed, .. } => {
                    boxed.is_some_and(|d| Some(d) == desc_index(memory, word))
                }
                _ => false,
            };
            let lanes = if own_box {
                vec![word]
            } else {
                payload(memory, word, known.lanes.len().max(1))?[..known.lanes.len()].to_vec()
            };
            Some(Value {
                shape: *shape,
                lanes,
            })
        }
        View::Ctor { shape, .. } | View::Array(shape) => Some(Value {
            shape: *shape,
            lanes: vec![word],
        }),
        View::StringBytes | View::Closure { .. } | View::Internal(_) => None,
    }
}

/// One part of a value.
#[derive(Clone, Debug)]
pub struct Child {
    /// Field name, `0`, `1`, … for positions.
    pub name: String,
    /// It.
    pub value: Value,
}

/// How many children a value has, and those from `start`, at most `count`.
pub(crate) fn children(
    table: &DescTable,
    memory: Memory,
    lists: &Lists,
    value: &Value,
    start: usize,
    count: usize,
) -> (usize, Vec<Child>) {
    let range = start..start.saturating_add(count);
    page_of(table, memory, Some(lists), value, range)
}

/// How many parts an object has, and a page of them: of a list's cell its own two, not the list's elements.
pub(crate) fn parts(
    table: &DescTable,
    memory: Memory,
    value: &Value,
    start: usize,
    count: usize,
) -> (usize, Vec<Child>) {
    let shape = table.shapes.get(value.shape.0 as usize);
    if let Some(ShapeKind::Variant { ctors, boxed }) = shape.map(|s| &s.kind)
        && let Some((ctor, words)) = constructor(table, memory, ctors, *boxed, &value.lanes)
    {
        let all = ctor_fields(table, ctor, &words);
        let total = all.len();
        return (total, all.into_iter().skip(start).take(count).collect());
    }
    let range = start..start.saturating_add(count);
    page_of(table, memory, None, value, range)
}

/// A page of the children of a value; without `lists` the first of a long list, and that there are more.
fn page_of(
    table: &DescTable,
    memory: Memory,
    lists: Option<&Lists>,
    value: &Value,
    range: Range<usize>,
) -> (usize, Vec<Child>) {
    let (start, count) = (range.start, range.len());
    let Some(shape) = table.shapes.get(value.shape.0 as usize) else {
        return (0, Vec::new());
    };
    let page = |all: Vec<Child>| {
        let total = all.len();
        (total, all.into_iter().skip(start).take(count).collect())
    };
    match &shape.kind {
        ShapeKind::Tuple { fields, boxed } => {
            let named = fields.iter().enumerate().map(|(i, f)| (i.to_string(), *f));
            page(fields_of(table, memory, value, named, boxed.is_some()))
        }
        ShapeKind::Record { fields, boxed } => {
            let named = fields.iter().cloned();
            page(fields_of(table, memory, value, named, boxed.is_some()))
        }
        ShapeKind::Variant { ctors, boxed } => {
            if is_list(ctors) {
                return match lists {
                    Some(lists) => list::page(table, memory, lists, ctors, value, range),
                    None => {
                        let (all, more) = list::first(table, memory, ctors, value, range.end);
                        (all.len() + usize::from(more), all)
                    }
                };
            }
            let Some((ctor, words)) = constructor(table, memory, ctors, *boxed, &value.lanes)
            else {
                return (0, Vec::new());
            };
            page(ctor_fields(table, ctor, &words))
        }
        ShapeKind::Array(element) => {
            let Some(head) = value.lanes.first().and_then(|w| payload(memory, *w, 1)) else {
                return (0, Vec::new());
            };
            let total = head[0] as usize;
            let lanes = table
                .shapes
                .get(element.0 as usize)
                .map_or(1, |s| s.lanes.len());
            let from = start.min(total);
            let to = (from + count).min(total);
            let base = value.lanes[0] + 16 + (from * lanes) as u64 * 8;
            let words = memory.words(base, (to - from) * lanes).unwrap_or_default();
            let all = (from..to)
                .zip(words.chunks_exact(lanes.max(1)))
                .map(|(i, lanes)| Child {
                    name: i.to_string(),
                    value: Value {
                        shape: *element,
                        lanes: lanes.to_vec(),
                    },
                });
            (total, all.collect())
        }
        ShapeKind::Unit
        | ShapeKind::Int(_)
        | ShapeKind::UInt(_)
        | ShapeKind::Float
        | ShapeKind::Float32
        | ShapeKind::Bool
        | ShapeKind::Char
        | ShapeKind::String
        | ShapeKind::Atom
        | ShapeKind::Pid
        | ShapeKind::Ref
        | ShapeKind::Function
        | ShapeKind::Opaque => (0, Vec::new()),
    }
}

/// Fields one after the other, in the lanes or in the object they point to.
fn fields_of(
    table: &DescTable,
    memory: Memory,
    value: &Value,
    fields: impl Iterator<Item = (String, ShapeId)>,
    boxed: bool,
) -> Vec<Child> {
    let fields: Vec<_> = fields.collect();
    let width = |shape: ShapeId| {
        table
            .shapes
            .get(shape.0 as usize)
            .map_or(0, |s| s.lanes.len())
    };
    let total: usize = fields.iter().map(|f| width(f.1)).sum();
    let words = if boxed {
        match value.lanes.first().and_then(|w| payload(memory, *w, total)) {
            Some(words) => words,
            None => return Vec::new(),
        }
    } else {
        value.lanes.clone()
    };
    let mut at = 0;
    let mut all = Vec::new();
    for (name, shape) in fields {
        let end = at + width(shape);
        let Some(lanes) = words.get(at..end) else {
            break;
        };
        all.push(Child {
            name,
            value: Value {
                shape,
                lanes: lanes.to_vec(),
            },
        });
        at = end;
    }
    all
}

/// The constructor of a variant's value, and the words its places refer to.
pub(crate) fn constructor<'t>(
    table: &'t DescTable,
    memory: Memory,
    ctors: &'t [Ctor],
    boxed: bool,
    lanes: &[u64],
) -> Option<(&'t Ctor, Vec<u64>)> {
    let first = lanes.first().copied().unwrap_or(0);
    if !boxed {
        // A single constructor needs no lane that says which.
        let index = if ctors.len() == 1 { 0 } else { first as usize };
        return Some((ctors.get(index)?, lanes.to_vec()));
    }
    if first & 1 == 1 {
        return Some((ctors.get(first as usize >> 1)?, Vec::new()));
    }
    let desc = table.descs.get(desc_index(memory, first)? as usize)?;
    let View::Ctor { ctor, .. } = desc.view else {
        return None;
    };
    let ctor = ctors.get(ctor as usize)?;
    let words = ctor
        .places
        .iter()
        .flatten()
        .max()
        .map_or(0, |w| *w as usize + 1);
    Some((ctor, payload(memory, first, words)?))
}

fn ctor_fields(_: &DescTable, ctor: &Ctor, words: &[u64]) -> Vec<Child> {
    let mut all = Vec::new();
    for (i, ((name, shape), places)) in ctor.fields.iter().zip(&ctor.places).enumerate() {
        let lanes = places.iter().map(|p| words.get(*p as usize).copied());
        let Some(lanes) = lanes.collect::<Option<Vec<u64>>>() else {
            continue;
        };
        let name = if name.is_empty() {
            i.to_string()
        } else {
            name.clone()
        };
        all.push(Child {
            name,
            value: Value {
                shape: *shape,
                lanes,
            },
        });
    }
    all
}

/// `List[T]` of the standard library, told by its constructors.
fn is_list(ctors: &[Ctor]) -> bool {
    matches!(ctors, [nil, cons] if nil.name == "Nil" && nil.fields.is_empty() && cons.name == "Cons" && cons.fields.len() == 2)
}

/// Entries of the library's maps, and members of its sets as keys of themselves: how many, and a page of them. `None`: it is another value.
pub(crate) fn entries(
    table: &DescTable,
    memory: Memory,
    value: &Value,
    range: Range<usize>,
) -> Option<(usize, Vec<(Value, Value)>)> {
    let total = entries::count(table, memory, value)?;
    let end = range.end.min(total);
    let all = match entries::of(table, memory, value, end)? {
        Entries::Map(entries) => entries,
        Entries::Set(members) => members.into_iter().map(|m| (m.clone(), m)).collect(),
    };
    let start = range.start.min(end);
    Some((total, all.into_iter().take(end).skip(start).collect()))
}

struct Printer<'a> {
    table: &'a DescTable,
    memory: Memory<'a>,
    out: String,
    /// Little is left out.
    whole: bool,
}

impl<'a> Printer<'a> {
    fn new(table: &'a DescTable, memory: Memory<'a>) -> Self {
        Printer {
            table,
            memory,
            out: String::new(),
            whole: false,
        }
    }

    /// How many elements are shown.
    fn elements(&self) -> usize {
        if self.whole { WHOLE_MAX } else { ELEMENTS_MAX }
    }

    fn full(&mut self) -> bool {
        let max = if self.whole { WHOLE_MAX } else { TEXT_MAX };
        if self.out.len() > max {
            if !self.out.ends_with('…') {
                self.out.push('…');
            }
            return true;
        }
        false
    }

    fn value(&mut self, id: ShapeId, lanes: &[u64], depth: usize) {
        if self.full() {
            return;
        }
        let Some(shape) = self.table.shapes.get(id.0 as usize) else {
            self.out.push('?');
            return;
        };
        if lanes.len() != shape.lanes.len() {
            self.out.push('?');
            return;
        }
        if depth > if self.whole { 100 } else { DEPTH_MAX } {
            self.out.push('…');
            return;
        }
        let first = lanes.first().copied().unwrap_or(0);
        match &shape.kind {
            ShapeKind::Unit => self.out.push_str("()"),
            ShapeKind::Int(_) => self.out.push_str(&(first as i64).to_string()),
            ShapeKind::UInt(_) => self.out.push_str(&first.to_string()),
            ShapeKind::Float => self.out.push_str(&float_text(f64::from_bits(first))),
            ShapeKind::Float32 => {
                let x = f64::from_bits(first) as f32;
                self.out.push_str(&format!("{x:?}"));
            }
            ShapeKind::Bool => self.out.push_str(if first == 0 { "false" } else { "true" }),
            ShapeKind::Char => push_char_quoted(&mut self.out, char_of(first)),
            ShapeKind::String => match string_text(self.memory, lanes) {
                Some(text) => {
                    let cut = text.char_indices().nth(TEXT_MAX).map(|(i, _)| i);
                    push_quoted(&mut self.out, &text[..cut.unwrap_or(text.len())]);
                }
                None => self.out.push('?'),
            },
            ShapeKind::Atom => match self.table.atoms.get(first as usize) {
                Some(name) => self.out.push_str(&format!(":{name}")),
                None => self.out.push('?'),
            },
            ShapeKind::Pid => self.out.push_str(&format!("<pid {first}>")),
            ShapeKind::Ref => self.out.push_str(&format!("<ref {first}>")),
            ShapeKind::Function => self.function(first),
            ShapeKind::Opaque => self.out.push_str(&format!("<{}>", shape.name)),
            ShapeKind::Tuple { .. } => self.parts(id, lanes, depth, "(", ")", false),
            ShapeKind::Record { .. } | ShapeKind::Variant { .. }
                if self.collection(id, lanes, depth) => {}
            ShapeKind::Record { .. } => {
                let name = shape.name.split('[').next().unwrap_or_default();
                let name = name.rsplit('.').next().unwrap_or_default();
                let open = format!("{name}{{");
                self.parts(id, lanes, depth, &open, "}", true);
            }
            ShapeKind::Array(_) => self.parts(id, lanes, depth, "[", "]", false),
            ShapeKind::Variant { ctors, boxed } => {
                if is_list(ctors) {
                    self.parts(id, lanes, depth, "[", "]", false);
                    return;
                }
                match constructor(self.table, self.memory, ctors, *boxed, lanes) {
                    Some((ctor, _)) if ctor.fields.is_empty() => self.out.push_str(&ctor.name),
                    Some((ctor, _)) => {
                        let open = format!("{}(", ctor.name);
                        self.parts(id, lanes, depth, &open, ")", false);
                    }
                    None => self.out.push('?'),
                }
            }
        }
    }

    fn parts(
        &mut self,
        shape: ShapeId,
        lanes: &[u64],
        depth: usize,
        open: &str,
        close: &str,
        named: bool,
    ) {
        let value = Value {
            shape,
            lanes: lanes.to_vec(),
        };
        let (total, parts) = page_of(self.table, self.memory, None, &value, 0..self.elements());
        self.out.push_str(open);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            if self.full() {
                return;
            }
            if named {
                self.out.push_str(&part.name);
                self.out.push_str(": ");
            }
            self.value(part.value.shape, &part.value.lanes, depth + 1);
        }
        if total > parts.len() {
            self.out.push_str(", …");
        }
        self.out.push_str(close);
    }

    /// A map or a set of the library, in the order of its keys as shown. False: it is none.
    fn collection(&mut self, shape: ShapeId, lanes: &[u64], depth: usize) -> bool {
        let value = Value {
            shape,
            lanes: lanes.to_vec(),
        };
        let Some(entries) = entries::of(self.table, self.memory, &value, self.elements() + 1)
        else {
            return false;
        };
        let mut shown: Vec<(String, Option<String>)> = match entries {
            Entries::Map(entries) => entries
                .iter()
                .map(|(k, v)| (self.apart(k, depth), Some(self.apart(v, depth))))
                .collect(),
            Entries::Set(members) => members
                .iter()
                .map(|m| (self.apart(m, depth), None))
                .collect(),
        };
        let is_map = self.table.shapes[shape.0 as usize].name.starts_with("Map[");
        shown.sort_by(|a, b| match (a.0.parse::<i64>(), b.0.parse::<i64>()) {
            (Ok(m), Ok(n)) => m.cmp(&n),
            _ => a.0.cmp(&b.0),
        });
        let more = shown.len() > self.elements();
        self.out.push_str(if is_map { "%{" } else { "#{" });
        for (i, (key, value)) in shown.iter().take(self.elements()).enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            if self.full() {
                return true;
            }
            self.out.push_str(key);
            if let Some(value) = value {
                self.out.push_str(": ");
                self.out.push_str(value);
            }
        }
        self.out.push_str(if more { ", …}" } else { "}" });
        true
    }

    /// The text of a part, by itself.
    fn apart(&self, value: &Value, depth: usize) -> String {
        let mut printer = Printer::new(self.table, self.memory);
        printer.whole = self.whole;
        printer.value(value.shape, &value.lanes, depth + 1);
        printer.out
    }

    fn function(&mut self, word: u64) {
        let desc = desc_index(self.memory, word).and_then(|d| self.table.descs.get(d as usize));
        match desc.map(|d| &d.view) {
            Some(View::Closure { name, .. }) => self.out.push_str(&format!("<function {name}>")),
            _ => self.out.push_str("<function>"),
        }
    }
}

#[cfg(test)]
mod tests;
