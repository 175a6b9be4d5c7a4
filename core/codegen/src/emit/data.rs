//! Values in lanes and objects: constructors, fields, boxes, closures, cells, strings, arrays; allocation and the write barrier.

use super::{Emit, Lanes, lane_type, trusted};
use crate::ir::{Expr, VarId};
use crate::layout::{Data, Form, TyId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::Switch;
use nostos_abi::builtin::{Fault, Op};
use nostos_abi::code::{CellId, StaticWord, Symbol};
use nostos_abi::desc::fixed;
use nostos_abi::object::{
    HEADER_BYTES, HEADER_STATIC, HEADER_WATCHED, Lane, header, immediate, inline_string,
};
use nostos_abi::process::{HEAP_LIMIT, HEAP_TOP};
use smallvec::smallvec;
use std::sync::Arc;

/// Items of a long chain that are alive at once.
const PIECE: usize = 64;

impl<'f> Emit<'_, 'f> {
    /// A new object of this many payload words, its header written. The payload must be filled before the next safepoint.
    pub(super) fn alloc(&mut self, desc: u32, words: u32) -> Value {
        let bytes = i64::from(HEADER_BYTES) + 8 * i64::from(words);
        let process = self.process();
        let top = self.b.ins().load(types::I64, trusted(), process, HEAP_TOP);
        let next = self.b.ins().iadd_imm_s(top, bytes);
        let limit = self
            .b
            .ins()
            .load(types::I64, trusted(), process, HEAP_LIMIT);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, next, limit);
        let (slow, fast, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        self.b.set_cold_block(slow);
        let object = self.b.append_block_param(done, types::I64);
        self.tracked(Lane::Ref, object);
        self.b.ins().brif(full, slow, &[], fast, &[]);
        self.enter(slow);
        let head = self.word(header(desc) as i64);
        let size = self.word(bytes);
        let made = self.op(Op::AllocSlow, &[head, size]);
        self.jump(done, &made);
        self.enter(fast);
        let process = self.process();
        self.b.ins().store(trusted(), next, process, HEAP_TOP);
        let head = self.word(header(desc) as i64);
        self.b.ins().store(trusted(), head, top, 0);
        self.jump(done, &[top]);
        self.enter(done);
        object
    }

    fn store_word(&mut self, object: Value, word: u32, value: Value) {
        let offset = HEADER_BYTES + 8 * word as i32;
        self.b.ins().store(trusted(), value, object, offset);
    }

    /// Writes a value's lanes from the first payload word on; a value without lanes leaves one zero word.
    pub(super) fn store_payload(&mut self, object: Value, ty: TyId, lanes: &Lanes) {
        let _ = ty;
        for (i, value) in lanes.iter().enumerate() {
            self.store_word(object, i as u32, *value);
        }
        if lanes.is_empty() {
            let zero = self.word(0);
            self.store_word(object, 0, zero);
        }
    }

    /// The write barrier: an old object that may now refer to a young one must be known.
    pub(super) fn remember(&mut self, object: Value, stored: TyId) {
        if !self.layouts.get(stored).lanes.contains(&Lane::Ref) {
            return;
        }
        let head = self.b.ins().load(types::I64, trusted(), object, 0);
        let watched = self.b.ins().band_imm_u(head, HEADER_WATCHED as i64);
        let (slow, go_on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        self.b.ins().brif(watched, slow, &[], go_on, &[]);
        self.enter(slow);
        self.op(Op::Remember, &[object]);
        self.b.ins().jump(go_on, &[]);
        self.enter(go_on);
    }

    // Strings.

    pub(super) fn text(&mut self, text: &Arc<str>) -> Lanes {
        if let Some(words) = inline_string(text) {
            return words.iter().map(|word| self.word(*word as i64)).collect();
        }
        let object = self.static_text(text);
        let object = self.address(Symbol::Static(object));
        let offset = self.word(0);
        let length = self.word(text.len() as i64);
        smallvec![object, offset, length]
    }

    pub(super) fn static_text(&mut self, text: &Arc<str>) -> u32 {
        let known = self.texts.get(text).copied();
        known.unwrap_or_else(|| {
            let mut words = vec![
                StaticWord::Bits(header(fixed::STRING_BYTES) | HEADER_STATIC),
                StaticWord::Bits(text.len() as u64),
            ];
            for chunk in text.as_bytes().chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                words.push(StaticWord::Bits(u64::from_le_bytes(word)));
            }
            self.statics.push(words);
            let number = self.statics.len() as u32 - 1;
            self.texts.insert(text.clone(), number);
            number
        })
    }

    // Data.

    pub(super) fn make(&mut self, ty: TyId, ctor: u32, fields: &[Lanes]) -> Lanes {
        if ty == TyId::UNIT {
            return smallvec![];
        }
        let data = self.layouts.data(ty);
        let layout = &data.ctors[ctor as usize];
        if !data.boxed {
            let kinds = self.layouts.lanes(ty);
            let mut lanes: Vec<Option<Value>> = vec![None; kinds.len()];
            if data.tagged {
                lanes[0] = Some(self.word(i64::from(ctor)));
            }
            for (field, places) in fields.iter().zip(&layout.places) {
                for (value, place) in field.iter().zip(places) {
                    lanes[*place as usize] = Some(*value);
                }
            }
            let filled = lanes.into_iter().zip(kinds.iter());
            return filled
                .map(|(lane, kind)| lane.unwrap_or_else(|| self.zero(*kind)))
                .collect();
        }
        let Some(desc) = layout.desc else {
            return smallvec![self.word(immediate(ctor) as i64)];
        };
        let object = self.alloc(desc, layout.payload.len() as u32);
        let fields: Vec<Lanes> = fields
            .iter()
            .map(|lanes| lanes.iter().map(|value| self.anew(*value)).collect())
            .collect();
        self.fill(object, &data, ctor, &fields);
        smallvec![object]
    }

    fn fill(&mut self, object: Value, data: &Data, ctor: u32, fields: &[Lanes]) {
        let layout = &data.ctors[ctor as usize];
        for (field, places) in fields.iter().zip(&layout.places) {
            for (value, place) in field.iter().zip(places) {
                self.store_word(object, *place, *value);
            }
        }
        if layout.places.iter().all(Vec::is_empty) {
            let zero = self.word(0);
            self.store_word(object, 0, zero);
        }
    }

    pub(super) fn chain(
        &mut self,
        ty: TyId,
        ctor: u32,
        items: &'f [Vec<Expr>],
        tail: &'f Expr,
    ) -> Lanes {
        let constant = |item: &Vec<Expr>| item.iter().all(|f| self.is_constant(f));
        let from = if self.is_constant(tail) {
            items
                .iter()
                .rposition(|item| !constant(item))
                .map_or(0, |last| last + 1)
        } else {
            items.len()
        };
        // Of a long one not all items are alive at once: a piece is made when its items are known, and hung on the piece before it.
        let data = self.layouts.data(ty);
        let end = data.ctors.iter().position(|c| c.fields.is_empty());
        let mut pieces = Vec::new();
        let mut left = &items[..from];
        if let (true, Some(end)) = (data.boxed, end) {
            while left.len() > PIECE {
                let heads = self.heads(&left[..PIECE]);
                let end = smallvec![self.word(immediate(end as u32) as i64)];
                pieces.push(self.links(ty, ctor, &left[..PIECE], heads, end));
                left = &left[PIECE..];
                if let [.., (_, last), (next, _)] = &pieces[..] {
                    self.hang(ty, ctor, last[0], next[0]);
                }
            }
        }
        let heads = self.heads(left);
        let lanes = if self.is_constant(tail) {
            let mut words = self.constant(tail);
            for item in items[from..].iter().rev() {
                let mut fields: Vec<Vec<StaticWord>> =
                    item.iter().map(|f| self.constant(f)).collect();
                fields.push(words);
                words = self.constant_data(ty, ctor, &fields);
            }
            self.constant_lanes(ty, &words)
        } else {
            self.value(tail)
        };
        if left.is_empty() {
            return lanes;
        }
        let (first, _) = self.links(ty, ctor, left, heads, lanes);
        let Some((_, last)) = pieces.last() else {
            return first;
        };
        self.hang(ty, ctor, last[0], first[0]);
        pieces.swap_remove(0).0
    }

    /// The fields of the links of a chain, as far as they are not constants, which are made where they are stored.
    fn heads(&mut self, items: &'f [Vec<Expr>]) -> Vec<Vec<Option<Lanes>>> {
        let mut heads = Vec::with_capacity(items.len());
        for item in items {
            let field = |f| (!self.is_constant(f)).then(|| self.value(f));
            heads.push(item.iter().map(field).collect());
        }
        heads
    }

    /// Links of a chain before its rest: the first and the last of them.
    fn links(
        &mut self,
        ty: TyId,
        ctor: u32,
        items: &'f [Vec<Expr>],
        heads: Vec<Vec<Option<Lanes>>>,
        rest: Lanes,
    ) -> (Lanes, Lanes) {
        let mut lanes = rest;
        let mut last = None;
        for (item, heads) in items.iter().zip(heads).rev() {
            let mut fields: Vec<Lanes> = Vec::with_capacity(item.len() + 1);
            for (expr, head) in item.iter().zip(heads) {
                fields.push(head.unwrap_or_else(|| self.value(expr)));
            }
            fields.push(lanes);
            lanes = self.make(ty, ctor, &fields);
            last.get_or_insert_with(|| lanes.clone());
        }
        (lanes.clone(), last.unwrap_or(lanes))
    }

    /// Lets a link of a chain go on with another.
    fn hang(&mut self, ty: TyId, ctor: u32, link: Value, rest: Value) {
        let data = self.layouts.data(ty);
        let layout = &data.ctors[ctor as usize];
        let place = layout.places[layout.fields.len() - 1][0];
        self.store_word(link, place, rest);
        self.remember(link, ty);
    }

    pub(super) fn get(&mut self, ty: TyId, lanes: &Lanes, ctor: u32, field: u32) -> Lanes {
        let data = self.layouts.data(ty);
        let layout = &data.ctors[ctor as usize];
        let places = &layout.places[field as usize];
        if !data.boxed {
            return places.iter().map(|place| lanes[*place as usize]).collect();
        }
        let kinds = self.layouts.lanes(layout.fields[field as usize].1);
        let each = places.iter().zip(kinds.iter());
        each.map(|(place, kind)| self.load_word(lanes[0], *place, *kind))
            .collect()
    }

    pub(super) fn set_field(&mut self, ty: TyId, object: Value, field: u32, value: &Lanes) {
        let data = self.layouts.data(ty);
        let layout = &data.ctors[0];
        for (value, place) in value.iter().zip(&layout.places[field as usize]) {
            self.store_word(object, *place, *value);
        }
        self.remember(object, layout.fields[field as usize].1);
    }

    /// The constructor's number.
    pub(super) fn tag(&mut self, ty: TyId, lanes: &Lanes) -> Value {
        let data = self.layouts.data(ty);
        if data.tagged {
            return lanes[0];
        }
        if data.ctors.len() == 1 {
            return self.word(0);
        }
        let value = lanes[0];
        let with_fields: Vec<(u32, u32)> = with_fields(&data);
        let number = self.b.ins().ushr_imm_u(value, 1);
        if with_fields.is_empty() {
            return number;
        }
        let constant = self.b.ins().band_imm_u(value, 1);
        if let [(ctor, _)] = with_fields[..] {
            let ctor = self.word(i64::from(ctor));
            return self.b.ins().select(constant, number, ctor);
        }
        let (object, done) = (self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(done, types::I64);
        if with_fields.len() < data.ctors.len() {
            self.b
                .ins()
                .brif(constant, done, &[number.into()], object, &[]);
        } else {
            self.b.ins().jump(object, &[]);
        }
        self.enter(object);
        let desc = self.desc_of(value);
        let mut switch = Switch::new();
        let mut blocks = Vec::new();
        for (ctor, desc) in &with_fields {
            let block = self.b.create_block();
            switch.set_entry(u128::from(*desc), block);
            blocks.push((block, *ctor));
        }
        let never = self.b.create_block();
        switch.emit(&mut self.b, desc, never);
        for (block, ctor) in blocks {
            self.enter(block);
            let ctor = self.word(i64::from(ctor));
            self.jump(done, &[ctor]);
        }
        self.enter(never);
        self.trap();
        self.enter(done);
        result
    }

    /// The descriptor index in an object's header.
    pub(super) fn desc_of(&mut self, object: Value) -> Value {
        self.b.ins().uload32(trusted(), object, 0)
    }

    // Boxes.

    pub(super) fn boxed(&mut self, ty: TyId, lanes: &Lanes) -> Value {
        if ty == TyId::BOX || self.layouts.is_own_box(ty) {
            return lanes[0];
        }
        let desc = self.layouts.box_desc(ty);
        let object = self.alloc(desc, lanes.len().max(1) as u32);
        self.store_payload(object, ty, lanes);
        object
    }

    pub(super) fn unboxed(&mut self, ty: TyId, object: Value) -> Lanes {
        if self.layouts.is_own_box(ty) {
            return smallvec![object];
        }
        self.load_payload(object, ty)
    }

    pub(super) fn new_var_cell(&mut self, var: VarId, lanes: &Lanes) -> Value {
        let ty = self.f.vars[var.0 as usize].ty;
        let desc = self.layouts.var_cell_desc(ty);
        let object = self.alloc(desc, lanes.len().max(1) as u32);
        self.store_payload(object, ty, lanes);
        object
    }

    // Closures.

    pub(super) fn constant_closure(&mut self, cell: CellId, name: &str) -> Value {
        let number = self.static_closure(cell, name);
        self.address(Symbol::Static(number))
    }

    pub(super) fn static_closure(&mut self, cell: CellId, name: &str) -> u32 {
        let known = self.closures.get(&cell).copied();
        known.unwrap_or_else(|| {
            let desc = self.layouts.closure_desc(name, vec![], vec![]);
            self.statics.push(vec![
                StaticWord::Bits(header(desc) | HEADER_STATIC),
                StaticWord::Cell(cell),
            ]);
            if !self.uses.contains(&cell) {
                self.uses.push(cell);
            }
            let number = self.statics.len() as u32 - 1;
            self.closures.insert(cell, number);
            number
        })
    }

    pub(super) fn new_closure(&mut self, cell: CellId, name: &str, captures: &[VarId]) -> Value {
        let mut lanes = Vec::new();
        let mut shown = Vec::new();
        let mut values = Vec::new();
        for var in captures {
            values.extend(self.raw_var(*var));
            let info = &self.f.vars[var.0 as usize];
            shown.push((info.name.to_string(), self.layouts.get(info.ty).shape));
            lanes.extend(self.captured_lanes(*var));
        }
        let desc = self.layouts.closure_desc(name, shown, lanes);
        let object = self.alloc(desc, 1 + values.len() as u32);
        let cell = self.address(Symbol::Cell(cell));
        self.store_word(object, 0, cell);
        for (i, value) in values.iter().enumerate() {
            self.store_word(object, 1 + i as u32, *value);
        }
        object
    }

    fn captured_lanes(&self, var: VarId) -> Vec<Lane> {
        let info = &self.f.vars[var.0 as usize];
        if info.shared {
            vec![Lane::Ref]
        } else {
            self.layouts.lanes(info.ty).to_vec()
        }
    }

    pub(super) fn load_captures(&mut self, closure: Value, captures: &[VarId]) {
        let mut word = 1;
        for var in captures {
            let mut values = Lanes::new();
            for lane in self.captured_lanes(*var) {
                values.push(self.load_word(closure, word, lane));
                word += 1;
            }
            self.define(*var, values);
        }
    }

    // Arrays: payload word 0 is the count.

    fn array_parts(&self, ty: TyId) -> (TyId, u32) {
        match self.layouts.get(ty).form {
            Form::Array(item, desc) => (item, desc),
            Form::Plain | Form::Function | Form::Data(_) => {
                panic!("not an array: {:?}", self.layouts.get(ty).ty)
            }
        }
    }

    pub(super) fn array_make(
        &mut self,
        ty: TyId,
        count: &'f Expr,
        value: Option<&'f Expr>,
    ) -> Value {
        let (item, desc) = self.array_parts(ty);
        let count = self.value(count)[0];
        let lanes = value.map(|value| self.value(value));
        let width = self.layouts.get(item).lanes.len();
        let array = self.new_array(desc, count, width);
        let Some(lanes) = lanes else {
            return array;
        };
        // A fresh array may be large, and so old: the barrier after the filling covers all of it.
        let zero = self.word(0);
        let (head, body, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let i = self.b.append_block_param(head, types::I64);
        self.jump(head, &[zero]);
        self.b.switch_to_block(head);
        let more = self.b.ins().icmp(IntCC::SignedLessThan, i, count);
        self.b.ins().brif(more, body, &[], done, &[]);
        self.enter(body);
        let at = self.element_address(array, i, width);
        for (k, value) in lanes.iter().enumerate() {
            self.b
                .ins()
                .store(trusted(), *value, at, 2 * HEADER_BYTES + 8 * k as i32);
        }
        let next = self.b.ins().iadd_imm_s(i, 1);
        self.jump(head, &[next]);
        self.b.seal_block(head);
        self.enter(done);
        self.remember(array, item);
        array
    }

    fn new_array(&mut self, desc: u32, count: Value, width: usize) -> Value {
        let head = self.word(header(desc) as i64);
        let width = self.word(width as i64);
        self.op(Op::NewArray, &[head, count, width])[0]
    }

    /// The array's address plus the element's offset (without the two first words).
    fn element_address(&mut self, array: Value, index: Value, width: usize) -> Value {
        let offset = self.b.ins().imul_imm_s(index, 8 * width as i64);
        self.b.ins().iadd(array, offset)
    }

    pub(super) fn array_length(&mut self, array: &'f Expr) -> Value {
        let array = self.value(array)[0];
        self.load_word(array, 0, Lane::Raw)
    }

    /// An index within bounds, or a fault.
    fn checked(&mut self, array: Value, index: Value) {
        let length = self.load_word(array, 0, Lane::Raw);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        let (outside, go_on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(outside);
        self.b.ins().brif(inside, go_on, &[], outside, &[]);
        self.enter(outside);
        self.fault(Fault::IndexOutOfBounds, index, length);
        self.enter(go_on);
    }

    pub(super) fn array_get(&mut self, array: &'f Expr, index: &'f Expr) -> Lanes {
        let (item, _) = self.array_parts(array.ty);
        let array = self.value(array)[0];
        let index = self.value(index)[0];
        self.checked(array, index);
        let lanes = self.layouts.lanes(item);
        let at = self.element_address(array, index, lanes.len());
        let each = lanes.iter().enumerate();
        each.map(|(k, lane)| {
            let offset = 2 * HEADER_BYTES + 8 * k as i32;
            let value = self.b.ins().load(lane_type(*lane), trusted(), at, offset);
            self.tracked(*lane, value)
        })
        .collect()
    }

    pub(super) fn array_set(&mut self, array: &'f Expr, index: &'f Expr, value: &'f Expr) {
        let (item, _) = self.array_parts(array.ty);
        let array = self.value(array)[0];
        let index = self.value(index)[0];
        let lanes = self.value(value);
        self.checked(array, index);
        let at = self.element_address(array, index, lanes.len());
        for (k, value) in lanes.iter().enumerate() {
            self.b
                .ins()
                .store(trusted(), *value, at, 2 * HEADER_BYTES + 8 * k as i32);
        }
        self.remember(array, item);
    }

    pub(super) fn array_copy(&mut self, array: &'f Expr) -> Value {
        let (item, desc) = self.array_parts(array.ty);
        let from = self.value(array)[0];
        let width = self.layouts.get(item).lanes.len();
        let count = self.load_word(from, 0, Lane::Raw);
        let to = self.new_array(desc, count, width);
        let words = self.b.ins().imul_imm_s(count, width as i64);
        let zero = self.word(0);
        let (head, body, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let i = self.b.append_block_param(head, types::I64);
        self.jump(head, &[zero]);
        self.b.switch_to_block(head);
        let more = self.b.ins().icmp(IntCC::SignedLessThan, i, words);
        self.b.ins().brif(more, body, &[], done, &[]);
        self.enter(body);
        let source = self.element_address(from, i, 1);
        let target = self.element_address(to, i, 1);
        let word = self
            .b
            .ins()
            .load(types::I64, trusted(), source, 2 * HEADER_BYTES);
        self.b
            .ins()
            .store(trusted(), word, target, 2 * HEADER_BYTES);
        let next = self.b.ins().iadd_imm_s(i, 1);
        self.jump(head, &[next]);
        self.b.seal_block(head);
        self.enter(done);
        self.remember(to, item);
        to
    }
}

/// Constructors that are objects, with their descriptors.
pub(super) fn with_fields(data: &Data) -> Vec<(u32, u32)> {
    let numbered = data.ctors.iter().enumerate();
    numbered
        .filter_map(|(ctor, layout)| layout.desc.map(|desc| (ctor as u32, desc)))
        .collect()
}
