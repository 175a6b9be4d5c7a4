//! Shapes as DWARF types, for debuggers that know nothing of Nostos: scalars as scalars, everything else as structures of words.
//! Each type is made once per unit, when the first variable needs it; an entry exists before its parts, so recursive types end.

use std::collections::HashMap;

use gimli::write::{AttributeValue, Unit, UnitEntryId};
use gimli::{DwAte, constants as dw};
use nostos_abi::desc::{DescTable, ShapeId, ShapeKind};
use nostos_abi::object::{HEADER_BYTES, Lane};

pub(super) struct Types<'a> {
    shapes: &'a DescTable,
    values: HashMap<ShapeId, UnitEntryId>,
    cells: HashMap<ShapeId, UnitEntryId>,
    word: Option<UnitEntryId>,
    double: Option<UnitEntryId>,
}

impl<'a> Types<'a> {
    pub(super) fn new(shapes: &'a DescTable) -> Self {
        Types {
            shapes,
            values: HashMap::new(),
            cells: HashMap::new(),
            word: None,
            double: None,
        }
    }

    /// The type of a value where it is stored inline.
    pub(super) fn value(&mut self, unit: &mut Unit, id: ShapeId) -> UnitEntryId {
        if let Some(&known) = self.values.get(&id) {
            return known;
        }
        let shape = &self.shapes.shapes[id.0 as usize];
        let name = shape.name.as_str();
        match &shape.kind {
            ShapeKind::Int(_) => self.scalar(unit, id, name, dw::DW_ATE_signed, 8),
            ShapeKind::UInt(_) => self.scalar(unit, id, name, dw::DW_ATE_unsigned, 8),
            // lldb calls base types after C's; the name of another type it keeps.
            ShapeKind::Atom | ShapeKind::Pid | ShapeKind::Ref => {
                let word = self.word(unit);
                let entry = unit.add(unit.root(), dw::DW_TAG_typedef);
                let named = unit.get_mut(entry);
                named.set(dw::DW_AT_name, AttributeValue::String(name.into()));
                named.set(dw::DW_AT_type, AttributeValue::UnitRef(word));
                self.values.insert(id, entry);
                entry
            }
            ShapeKind::Float | ShapeKind::Float32 => {
                self.scalar(unit, id, name, dw::DW_ATE_float, 8)
            }
            // The lane is a little-endian word, so its first bytes are the value.
            ShapeKind::Bool => self.scalar(unit, id, name, dw::DW_ATE_boolean, 1),
            ShapeKind::Char => self.scalar(unit, id, name, dw::DW_ATE_UTF, 4),
            ShapeKind::Unit => {
                let entry = structure(unit, name, 0);
                self.values.insert(id, entry);
                entry
            }
            ShapeKind::String => {
                let entry = structure(unit, name, 24);
                self.values.insert(id, entry);
                for (i, field) in ["head", "offset", "length"].iter().enumerate() {
                    let word = self.word(unit);
                    member(unit, entry, field, word, i as u64 * 8);
                }
                entry
            }
            ShapeKind::Tuple { fields, boxed } => {
                let fields = fields
                    .iter()
                    .enumerate()
                    .map(|(i, shape)| (format!("_{i}"), *shape))
                    .collect();
                self.product(unit, id, name, fields, boxed.is_some())
            }
            ShapeKind::Record { fields, boxed } => {
                self.product(unit, id, name, fields.clone(), boxed.is_some())
            }
            ShapeKind::Variant {
                ctors,
                boxed: false,
            } => {
                let lanes = shape.lanes.clone();
                let tags: Vec<&str> = ctors.iter().map(|ctor| ctor.name.as_str()).collect();
                let entry = structure(unit, name, lanes.len() as u64 * 8);
                self.values.insert(id, entry);
                // A single constructor needs no tag lane.
                let tagged = ctors.len() != 1;
                if tagged {
                    let tag = enumeration(unit, name, &tags);
                    member(unit, entry, "tag", tag, 0);
                }
                for (i, lane) in lanes.iter().enumerate().skip(usize::from(tagged)) {
                    let ty = self.lane(unit, *lane);
                    member(unit, entry, &format!("w{i}"), ty, i as u64 * 8);
                }
                entry
            }
            ShapeKind::Variant { boxed: true, .. }
            | ShapeKind::Function
            | ShapeKind::Array(_)
            | ShapeKind::Opaque => {
                if shape.lanes.len() != 1 {
                    return self.words(unit, id, name, &shape.lanes);
                }
                let pointer = unit.add(unit.root(), dw::DW_TAG_pointer_type);
                self.values.insert(id, pointer);
                let object = self.object(unit, name, Vec::new());
                point(unit, pointer, object);
                pointer
            }
        }
    }

    /// The type of a slot that holds the shared cell of a captured `var`.
    pub(super) fn cell(&mut self, unit: &mut Unit, id: ShapeId) -> UnitEntryId {
        if let Some(&known) = self.cells.get(&id) {
            return known;
        }
        let pointer = unit.add(unit.root(), dw::DW_TAG_pointer_type);
        self.cells.insert(id, pointer);
        let name = format!("var {}", self.shapes.shapes[id.0 as usize].name);
        let object = self.object(unit, &name, vec![("value".to_owned(), id)]);
        point(unit, pointer, object);
        pointer
    }

    fn scalar(
        &mut self,
        unit: &mut Unit,
        id: ShapeId,
        name: &str,
        encoding: DwAte,
        bytes: u64,
    ) -> UnitEntryId {
        let entry = base(unit, name, encoding, bytes);
        self.values.insert(id, entry);
        entry
    }

    fn product(
        &mut self,
        unit: &mut Unit,
        id: ShapeId,
        name: &str,
        fields: Vec<(String, ShapeId)>,
        boxed: bool,
    ) -> UnitEntryId {
        if boxed {
            let pointer = unit.add(unit.root(), dw::DW_TAG_pointer_type);
            self.values.insert(id, pointer);
            let object = self.object(unit, name, fields);
            point(unit, pointer, object);
            return pointer;
        }
        let entry = structure(unit, name, 0);
        self.values.insert(id, entry);
        let size = self.fields(unit, entry, fields, 0);
        unit.get_mut(entry)
            .set(dw::DW_AT_byte_size, AttributeValue::Udata(size));
        entry
    }

    /// A heap object: the header word, then the fields.
    fn object(
        &mut self,
        unit: &mut Unit,
        name: &str,
        fields: Vec<(String, ShapeId)>,
    ) -> UnitEntryId {
        let entry = structure(unit, name, 0);
        let word = self.word(unit);
        member(unit, entry, "header", word, 0);
        let size = self.fields(unit, entry, fields, HEADER_BYTES as u64);
        unit.get_mut(entry)
            .set(dw::DW_AT_byte_size, AttributeValue::Udata(size));
        entry
    }

    /// Adds the fields one after the other from `at`; gives the offset after the last.
    fn fields(
        &mut self,
        unit: &mut Unit,
        entry: UnitEntryId,
        fields: Vec<(String, ShapeId)>,
        mut at: u64,
    ) -> u64 {
        for (name, shape) in fields {
            let ty = self.value(unit, shape);
            member(unit, entry, &name, ty, at);
            at += self.shapes.shapes[shape.0 as usize].lanes.len() as u64 * 8;
        }
        at
    }

    fn words(&mut self, unit: &mut Unit, id: ShapeId, name: &str, lanes: &[Lane]) -> UnitEntryId {
        let entry = structure(unit, name, lanes.len() as u64 * 8);
        self.values.insert(id, entry);
        for (i, lane) in lanes.iter().enumerate() {
            let ty = self.lane(unit, *lane);
            member(unit, entry, &format!("w{i}"), ty, i as u64 * 8);
        }
        entry
    }

    fn lane(&mut self, unit: &mut Unit, lane: Lane) -> UnitEntryId {
        match lane {
            Lane::Float => *self
                .double
                .get_or_insert_with(|| base(unit, "double", dw::DW_ATE_float, 8)),
            Lane::Raw | Lane::Ref => self.word(unit),
        }
    }

    fn word(&mut self, unit: &mut Unit) -> UnitEntryId {
        *self
            .word
            .get_or_insert_with(|| base(unit, "unsigned long", dw::DW_ATE_unsigned, 8))
    }
}

fn base(unit: &mut Unit, name: &str, encoding: DwAte, bytes: u64) -> UnitEntryId {
    let id = unit.add(unit.root(), dw::DW_TAG_base_type);
    let entry = unit.get_mut(id);
    entry.set(dw::DW_AT_name, AttributeValue::String(name.into()));
    entry.set(dw::DW_AT_encoding, AttributeValue::Encoding(encoding));
    entry.set(dw::DW_AT_byte_size, AttributeValue::Udata(bytes));
    id
}

fn structure(unit: &mut Unit, name: &str, bytes: u64) -> UnitEntryId {
    let id = unit.add(unit.root(), dw::DW_TAG_structure_type);
    let entry = unit.get_mut(id);
    entry.set(dw::DW_AT_name, AttributeValue::String(name.into()));
    entry.set(dw::DW_AT_byte_size, AttributeValue::Udata(bytes));
    id
}

fn enumeration(unit: &mut Unit, name: &str, names: &[&str]) -> UnitEntryId {
    let id = unit.add(unit.root(), dw::DW_TAG_enumeration_type);
    let entry = unit.get_mut(id);
    let text = |text: &str| AttributeValue::String(text.into());
    entry.set(dw::DW_AT_name, text(&format!("tag of {name}")));
    entry.set(dw::DW_AT_byte_size, AttributeValue::Udata(8));
    for (i, name) in names.iter().enumerate() {
        let value = unit.add(id, dw::DW_TAG_enumerator);
        let entry = unit.get_mut(value);
        entry.set(dw::DW_AT_name, text(name));
        entry.set(dw::DW_AT_const_value, AttributeValue::Udata(i as u64));
    }
    id
}

fn member(unit: &mut Unit, parent: UnitEntryId, name: &str, ty: UnitEntryId, offset: u64) {
    let id = unit.add(parent, dw::DW_TAG_member);
    let entry = unit.get_mut(id);
    entry.set(dw::DW_AT_name, AttributeValue::String(name.into()));
    entry.set(dw::DW_AT_type, AttributeValue::UnitRef(ty));
    entry.set(
        dw::DW_AT_data_member_location,
        AttributeValue::Udata(offset),
    );
}

fn point(unit: &mut Unit, pointer: UnitEntryId, target: UnitEntryId) {
    let entry = unit.get_mut(pointer);
    entry.set(dw::DW_AT_byte_size, AttributeValue::Udata(8));
    entry.set(dw::DW_AT_type, AttributeValue::UnitRef(target));
}
