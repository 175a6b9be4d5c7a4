//! Values as the interpreter has them: plain owned Rust data, counted references for what is shared within a process.
//!
//! Absent: lanes, headers, a heap. What two processes must not share is copied by [`deep_copy`].

use crate::resource::Resource;
use nostos_abi::code::CellId;
use nostos_codegen::layout::TyId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Fields of data; a list's cell has two.
pub(crate) type Fields = SmallVec<[Value; 2]>;

/// A value. Which of these it is, its type says.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// `()`, and whatever stands where nobody looks.
    Unit,
    /// Integers (extended to 64 bits), booleans, characters, atoms, pids, references.
    Word(i64),
    /// Both widths of floats; the narrow ones are exact.
    Float(f64),
    /// A string.
    Text(Rc<Text>),
    /// A constructor without fields.
    Ctor(u32),
    /// A tuple, a record, or a constructor with fields.
    Data(Rc<Data>),
    /// A mutable array.
    Array(Rc<RefCell<Vec<Value>>>),
    /// A function value.
    Closure(Rc<Closure>),
    /// The cell of a captured `var`.
    Cell(Rc<RefCell<Value>>),
    /// Something outside of processes: a channel, a socket.
    Handle(Rc<Resource>),
    /// A value with its type: a message, something thrown, a module-level value.
    Boxed(Rc<Boxed>),
}

/// Part of a shared text, so that taking strings apart from the front costs no copies.
#[derive(Debug)]
pub(crate) struct Text {
    whole: Arc<str>,
    from: usize,
    to: usize,
}

/// Data with fields. They are assigned only in records of a `var type`.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) ctor: u32,
    pub(crate) fields: RefCell<Fields>,
}

/// A function with what it captured: values, and cells of shared variables.
#[derive(Debug)]
pub(crate) struct Closure {
    pub(crate) cell: CellId,
    pub(crate) name: Arc<str>,
    pub(crate) captures: Vec<Value>,
}

/// A value and its type.
#[derive(Debug)]
pub(crate) struct Boxed {
    pub(crate) ty: TyId,
    pub(crate) value: Value,
}

impl Value {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Value {
        let whole = text.into();
        let to = whole.len();
        Value::Text(Rc::new(Text { whole, from: 0, to }))
    }

    pub(crate) fn bool(truth: bool) -> Value {
        Value::Word(i64::from(truth))
    }

    pub(crate) fn data(ctor: u32, fields: impl IntoIterator<Item = Value>) -> Value {
        let fields: Fields = fields.into_iter().collect();
        if fields.is_empty() {
            return Value::Ctor(ctor);
        }
        Value::Data(Rc::new(Data {
            ctor,
            fields: RefCell::new(fields),
        }))
    }

    pub(crate) fn tuple(fields: impl IntoIterator<Item = Value>) -> Value {
        Value::data(0, fields)
    }

    pub(crate) fn boxed(ty: TyId, value: Value) -> Value {
        match value {
            Value::Boxed(_) if ty == TyId::BOX => value,
            _ => Value::Boxed(Rc::new(Boxed { ty, value })),
        }
    }

    /// The bits of a one-word value.
    ///
    /// # Panics
    /// Here and below: when the value is of another type, which the checker and the lowering exclude.
    pub(crate) fn word(&self) -> i64 {
        match self {
            Value::Word(bits) => *bits,
            other => panic!("a word was expected: {other:?}"),
        }
    }

    pub(crate) fn float(&self) -> f64 {
        match self {
            Value::Float(x) => *x,
            other => panic!("a float was expected: {other:?}"),
        }
    }

    pub(crate) fn str(&self) -> &str {
        match self {
            Value::Text(text) => &text.whole[text.from..text.to],
            other => panic!("a string was expected: {other:?}"),
        }
    }

    /// The part of a string between two byte offsets on character boundaries.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Value {
        match self {
            Value::Text(text) => Value::Text(Rc::new(Text {
                whole: text.whole.clone(),
                from: text.from + from,
                to: text.from + to,
            })),
            other => panic!("a string was expected: {other:?}"),
        }
    }

    /// The constructor's number.
    pub(crate) fn ctor(&self) -> u32 {
        match self {
            Value::Ctor(ctor) => *ctor,
            Value::Data(data) => data.ctor,
            other => panic!("data was expected: {other:?}"),
        }
    }

    /// A field's value.
    pub(crate) fn field(&self, field: u32) -> Value {
        self.as_data().fields.borrow()[field as usize].clone()
    }

    pub(crate) fn as_data(&self) -> &Rc<Data> {
        match self {
            Value::Data(data) => data,
            other => panic!("data with fields was expected: {other:?}"),
        }
    }

    pub(crate) fn array(&self) -> &Rc<RefCell<Vec<Value>>> {
        match self {
            Value::Array(items) => items,
            other => panic!("an array was expected: {other:?}"),
        }
    }

    pub(crate) fn closure(&self) -> &Rc<Closure> {
        match self {
            Value::Closure(closure) => closure,
            other => panic!("a function was expected: {other:?}"),
        }
    }

    pub(crate) fn handle(&self) -> &Rc<Resource> {
        match self {
            Value::Handle(resource) => resource,
            other => panic!("a handle was expected: {other:?}"),
        }
    }

    pub(crate) fn as_boxed(&self) -> &Rc<Boxed> {
        match self {
            Value::Boxed(boxed) => boxed,
            other => panic!("a box was expected: {other:?}"),
        }
    }
}

impl Drop for Data {
    /// Long lists are taken apart in a loop: a recursion would be as deep as they are long.
    fn drop(&mut self) {
        let fields = self.fields.get_mut();
        if !fields.iter().any(|field| matches!(field, Value::Data(_))) {
            return;
        }
        let mut open = std::mem::take(fields);
        while let Some(value) = open.pop() {
            if let Value::Data(data) = value
                && let Some(mut last) = Rc::into_inner(data)
            {
                open.append(last.fields.get_mut());
            }
        }
    }
}

/// A copy that shares nothing with the original and has the same sharing within: what another process gets.
pub(crate) fn deep_copy(value: &Value) -> Value {
    Copier::default().copy(value)
}

#[derive(Default)]
struct Copier {
    /// Copies by the addresses of their originals, which live as long as the copier.
    seen: FxHashMap<usize, Value>,
}

fn key<T: ?Sized>(original: &Rc<T>) -> usize {
    Rc::as_ptr(original).cast::<()>().addr()
}

impl Copier {
    fn copy(&mut self, value: &Value) -> Value {
        match value {
            // Strings never change; a handle's copy is a handle of the same thing.
            Value::Unit
            | Value::Word(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Ctor(_)
            | Value::Handle(_) => value.clone(),
            Value::Data(data) => self.data(data),
            Value::Array(items) => {
                if let Some(known) = self.seen.get(&key(items)) {
                    return known.clone();
                }
                let copy = Rc::new(RefCell::new(Vec::new()));
                self.seen.insert(key(items), Value::Array(copy.clone()));
                for item in items.borrow().iter() {
                    let item = self.copy(item);
                    copy.borrow_mut().push(item);
                }
                Value::Array(copy)
            }
            Value::Cell(cell) => {
                if let Some(known) = self.seen.get(&key(cell)) {
                    return known.clone();
                }
                let copy = Rc::new(RefCell::new(Value::Unit));
                self.seen.insert(key(cell), Value::Cell(copy.clone()));
                let content = self.copy(&cell.borrow());
                *copy.borrow_mut() = content;
                Value::Cell(copy)
            }
            // A closure leads back to itself only through a cell.
            Value::Closure(closure) => Value::Closure(Rc::new(Closure {
                cell: closure.cell,
                name: closure.name.clone(),
                captures: closure.captures.iter().map(|c| self.copy(c)).collect(),
            })),
            Value::Boxed(boxed) => Value::Boxed(Rc::new(Boxed {
                ty: boxed.ty,
                value: self.copy(&boxed.value),
            })),
        }
    }

    /// Long lists nest in the last field: that one is followed in a loop.
    fn data(&mut self, data: &Rc<Data>) -> Value {
        if let Some(known) = self.seen.get(&key(data)) {
            return known.clone();
        }
        let first = self.shell(data);
        let (mut from, mut to) = (data.clone(), first.clone());
        loop {
            let fields = from.fields.borrow().clone();
            let (last, before) = fields.split_last().expect("data has fields");
            for field in before {
                let field = self.copy(field);
                to.fields.borrow_mut().push(field);
            }
            match last {
                Value::Data(next) if !self.seen.contains_key(&key(next)) => {
                    let shell = self.shell(next);
                    to.fields.borrow_mut().push(Value::Data(shell.clone()));
                    (from, to) = (next.clone(), shell);
                }
                last => {
                    let last = self.copy(last);
                    to.fields.borrow_mut().push(last);
                    return Value::Data(first);
                }
            }
        }
    }

    /// A copy that is still to be filled.
    fn shell(&mut self, data: &Rc<Data>) -> Rc<Data> {
        let shell = Rc::new(Data {
            ctor: data.ctor,
            fields: RefCell::new(Fields::new()),
        });
        self.seen.insert(key(data), Value::Data(shell.clone()));
        shell
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, deep_copy};

    fn list(length: i64) -> Value {
        let mut list = Value::Ctor(0);
        for n in 0..length {
            list = Value::data(1, [Value::Word(n), list]);
        }
        list
    }

    #[test]
    fn long_lists_are_copied_and_dropped_without_deep_recursion() {
        let original = list(1_000_000);
        let copy = deep_copy(&original);
        original.as_data().fields.borrow_mut()[0] = Value::Word(-1);
        assert_eq!(copy.field(0).word(), 999_999);
        assert_eq!(copy.field(1).field(0).word(), 999_998);
    }

    #[test]
    fn sharing_within_a_copy_is_kept_and_with_the_original_is_not() {
        let shared = Value::Array(Default::default());
        let pair = deep_copy(&Value::tuple([shared.clone(), shared.clone()]));
        pair.field(0).array().borrow_mut().push(Value::Word(1));
        assert_eq!(pair.field(1).array().borrow().len(), 1);
        assert_eq!(shared.array().borrow().len(), 0);
    }
}
