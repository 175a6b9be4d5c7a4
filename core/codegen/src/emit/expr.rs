//! Expressions as values, and in tail position.

use super::{Emit, Frame, Lanes, Place, lane_type, trusted};
use crate::ir::{Expr, Kind, VarId};
use crate::layout::TyId;
use cranelift_codegen::ir::{InstBuilder, Value};
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use nostos_abi::process::PID;
use smallvec::{SmallVec, smallvec};

impl<'f> Emit<'_, 'f> {
    /// An expression's lanes. What does not come back leaves its code in a block nothing leads to.
    pub(super) fn value(&mut self, e: &'f Expr) -> Lanes {
        let outer = self.at;
        self.set_at(e.at);
        let lanes = self.value_of(e);
        self.set_at(outer);
        lanes
    }

    fn value_of(&mut self, e: &'f Expr) -> Lanes {
        match &e.kind {
            Kind::Unit => smallvec![],
            Kind::Word(bits) => smallvec![self.word(*bits)],
            Kind::Float(bits) => smallvec![self.b.ins().f64const(f64::from_bits(*bits))],
            Kind::String(text) => self.text(text),
            Kind::Var(var) => self.read(*var),
            Kind::Let(var, value) => {
                let lanes = self.value(value);
                self.bind(*var, lanes);
                smallvec![]
            }
            Kind::Assign(var, value) => {
                let lanes = self.value(value);
                self.assign(*var, lanes);
                smallvec![]
            }
            Kind::Function(cell, name) => smallvec![self.constant_closure(*cell, name)],
            Kind::Closure(cell, name, captures) => {
                smallvec![self.new_closure(*cell, name, captures)]
            }
            Kind::Call(cell, args) => self.call(*cell, args, e.ty),
            Kind::CallValue(function, args) => self.call_value(function, args, e.ty),
            Kind::Op(Op::SelfPid, _) => {
                let process = self.process();
                let pid = self
                    .b
                    .ins()
                    .load(lane_type(Lane::Raw), trusted(), process, PID);
                smallvec![pid]
            }
            Kind::Op(op, args) => {
                let values = self.flat(args);
                self.op(*op, &values)
            }
            Kind::Leaf(leaf, args) => {
                let values = self.flat(args);
                self.leaf(*leaf, &values)
            }
            Kind::Prim(op, args) => smallvec![self.prim(*op, args, e.ty)],
            Kind::Make(_, fields) if !fields.is_empty() && self.is_constant(e) => {
                let words = self.constant(e);
                self.constant_lanes(e.ty, &words)
            }
            Kind::Make(ctor, fields) => {
                let fields: Vec<Lanes> = fields.iter().map(|f| self.value(f)).collect();
                self.make(e.ty, *ctor, &fields)
            }
            Kind::Chain(ctor, items, tail) => self.chain(e.ty, *ctor, items, tail),
            Kind::Get(value, ctor, field) => {
                let ty = value.ty;
                let lanes = self.value(value);
                self.get(ty, &lanes, *ctor, *field)
            }
            Kind::Set(record, field, value) => {
                let ty = record.ty;
                let record = self.value(record);
                let value = self.value(value);
                self.set_field(ty, record[0], *field, &value);
                smallvec![]
            }
            Kind::Tag(value) => {
                let ty = value.ty;
                let lanes = self.value(value);
                smallvec![self.tag(ty, &lanes)]
            }
            Kind::If(parts) => {
                let (join, lanes) = self.join(e.ty);
                let (then, otherwise) = (self.b.create_block(), self.b.create_block());
                self.branch(&parts[0], then, otherwise);
                for (block, part) in [(then, &parts[1]), (otherwise, &parts[2])] {
                    self.enter(block);
                    self.flow_into(part, join, e.ty);
                }
                self.enter(join);
                lanes
            }
            Kind::Site => {
                self.site();
                smallvec![]
            }
            Kind::Block(items) => {
                let scope = self.debug.now;
                let mut lanes = smallvec![];
                for item in items {
                    lanes = self.value(item);
                }
                self.debug.now = scope;
                // What never comes here still has the shape of what would.
                if e.ty != TyId::NEVER && items.last().is_some_and(|e| e.ty == TyId::NEVER) {
                    lanes = self.zeros(e.ty);
                }
                lanes
            }
            Kind::Match(made) => {
                let (join, lanes) = self.join(e.ty);
                self.match_(made, Some((join, e.ty)));
                self.enter(join);
                lanes
            }
            Kind::While(parts) => self.while_(parts, e.ty),
            Kind::Break(value) => {
                self.break_(value.as_deref());
                smallvec![]
            }
            Kind::Continue => {
                self.continue_();
                smallvec![]
            }
            Kind::Return(value) => {
                self.return_(value.as_deref());
                self.dead();
                smallvec![]
            }
            Kind::Box(value) => {
                let ty = value.ty;
                let lanes = self.value(value);
                smallvec![self.boxed(ty, &lanes)]
            }
            Kind::Unbox(value) => {
                let boxed = self.value(value)[0];
                self.unboxed(e.ty, boxed)
            }
            Kind::Throw(value) => {
                let boxed = self.value(value)[0];
                self.throw(boxed);
                self.dead();
                smallvec![]
            }
            Kind::Fault(fault, details) => {
                let first = self.value(&details[0])[0];
                let second = self.value(&details[1])[0];
                self.fault(*fault, first, second);
                self.dead();
                smallvec![]
            }
            Kind::Try(try_) => {
                let (join, lanes) = self.join(e.ty);
                self.try_(try_, Some((join, e.ty)));
                self.enter(join);
                lanes
            }
            Kind::Receive(receive) => {
                let (join, lanes) = self.join(e.ty);
                self.receive(receive, Some((join, e.ty)));
                self.enter(join);
                lanes
            }
            Kind::ArrayMake(count, value) => {
                smallvec![self.array_make(e.ty, count, value.as_deref())]
            }
            Kind::ArrayLength(array) => smallvec![self.array_length(array)],
            Kind::ArrayGet(parts) => self.array_get(&parts[0], &parts[1]),
            Kind::ArraySet(parts) => {
                self.array_set(&parts[0], &parts[1], &parts[2]);
                smallvec![]
            }
            Kind::ArrayCopy(array) => smallvec![self.array_copy(array)],
        }
    }

    /// An expression whose value is the function's. Ends the block.
    pub(super) fn tail(&mut self, e: &'f Expr) {
        let outer = self.at;
        self.set_at(e.at);
        match &e.kind {
            Kind::Call(cell, args) if self.fits_tail(e) && !self.f.kept.contains(cell) => {
                self.tail_call(*cell, args);
            }
            Kind::CallValue(function, args) if self.fits_tail(e) => {
                self.tail_call_value(function, args)
            }
            Kind::If(parts) => {
                let (then, otherwise) = (self.b.create_block(), self.b.create_block());
                self.branch(&parts[0], then, otherwise);
                for (block, part) in [(then, &parts[1]), (otherwise, &parts[2])] {
                    self.enter(block);
                    let scope = self.debug.now;
                    self.tail(part);
                    self.debug.now = scope;
                }
            }
            Kind::Block(items) if !items.is_empty() => {
                let scope = self.debug.now;
                let (last, before) = items.split_last().expect("not empty");
                for item in before {
                    self.value(item);
                }
                self.tail(last);
                self.debug.now = scope;
            }
            Kind::Match(made) => self.match_(made, None),
            Kind::Try(try_) => self.try_(try_, None),
            Kind::Receive(receive) => self.receive(receive, None),
            Kind::Return(value) => self.return_(value.as_deref()),
            _ => {
                let lanes = self.value(e);
                if e.ty == TyId::NEVER {
                    self.trap();
                } else {
                    self.give_back(e.ty, &lanes);
                }
            }
        }
        self.set_at(outer);
    }

    fn fits_tail(&self, e: &Expr) -> bool {
        let fits = e.ty == TyId::NEVER
            || self.layouts.get(e.ty).lanes == self.layouts.get(self.f.result).lanes;
        fits && self.may_tail()
    }

    /// Ends the block with the value handed to the join, or to the caller.
    pub(super) fn flow(&mut self, e: &'f Expr, to: Option<(cranelift_codegen::ir::Block, TyId)>) {
        let scope = self.debug.now;
        match to {
            Some((join, ty)) => self.flow_into(e, join, ty),
            None => self.tail(e),
        }
        self.debug.now = scope;
    }

    pub(super) fn flow_into(&mut self, e: &'f Expr, join: cranelift_codegen::ir::Block, ty: TyId) {
        let scope = self.debug.now;
        let lanes = self.value(e);
        self.debug.now = scope;
        if e.ty == TyId::NEVER {
            self.trap();
        } else {
            let lanes = self.fitted(e.ty, lanes, ty);
            self.jump(join, &lanes);
        }
    }

    /// A value where another type is expected: only unit takes anything.
    pub(super) fn fitted(&mut self, from: TyId, lanes: Lanes, to: TyId) -> Lanes {
        if self.layouts.get(from).lanes == self.layouts.get(to).lanes {
            return lanes;
        }
        self.zeros(to)
    }

    pub(super) fn give_back(&mut self, ty: TyId, lanes: &Lanes) {
        let lanes = self.fitted(ty, lanes.clone(), self.f.result);
        self.b.ins().return_(&lanes);
    }

    pub(super) fn flat(&mut self, args: &'f [Expr]) -> Vec<Value> {
        let mut values = Vec::new();
        for arg in args {
            values.extend(self.value(arg));
        }
        values
    }

    pub(super) fn read(&mut self, var: VarId) -> Lanes {
        let lanes = self.raw_var(var);
        let info = &self.f.vars[var.0 as usize];
        if !info.shared {
            return lanes;
        }
        self.load_payload(lanes[0], info.ty)
    }

    /// Gives a variable its first value.
    pub(super) fn bind(&mut self, var: VarId, lanes: Lanes) {
        if self.f.vars[var.0 as usize].shared {
            let cell = self.new_var_cell(var, &lanes);
            self.define(var, smallvec![cell]);
        } else {
            self.define(var, lanes);
        }
    }

    /// Records where a variable (a shared one: its cell) is, and shows it to the debugger.
    pub(super) fn define(&mut self, var: VarId, lanes: Lanes) {
        let info = &self.f.vars[var.0 as usize];
        // Cranelift's frames know the roots in their slots only while a local is shown.
        let plain = !info.shared && !self.layouts.lanes(info.ty).contains(&Lane::Ref);
        if info.multi && (self.quick || self.keeps && plain) {
            self.keep(var, &lanes);
        } else if info.multi {
            if matches!(self.places[var.0 as usize], Place::Unset) {
                let kinds = if info.shared {
                    vec![Lane::Ref]
                } else {
                    self.layouts.lanes(info.ty).to_vec()
                };
                let variables = kinds
                    .iter()
                    .map(|lane| {
                        let variable = self.b.declare_var(lane_type(*lane));
                        if *lane == Lane::Ref {
                            self.b.declare_var_needs_stack_map(variable);
                        }
                        variable
                    })
                    .collect();
                self.places[var.0 as usize] = Place::Many(variables);
            }
            self.set_variables(var, &lanes);
        } else {
            self.places[var.0 as usize] = Place::Once(lanes.clone());
        }
        self.show_local(var, &lanes);
    }

    /// Writes the slot that is a variable's place.
    fn keep(&mut self, var: VarId, lanes: &Lanes) {
        let new = !self.slots.contains_key(&var);
        self.write_slot(var, lanes);
        if new {
            let slot = self.slots[&var];
            let kinds = self.slot_lanes(var);
            let refs = kinds.iter().enumerate().filter(|l| *l.1 == Lane::Ref);
            self.kept.extend(refs.map(|(i, _)| (slot, i as i32 * 8)));
            self.places[var.0 as usize] = Place::Kept(slot);
        }
    }

    fn set_variables(&mut self, var: VarId, lanes: &Lanes) {
        if matches!(self.places[var.0 as usize], Place::Kept(_)) {
            return self.keep(var, lanes);
        }
        let Place::Many(variables) = self.places[var.0 as usize].clone() else {
            panic!(
                "{}: variable {var:?} is assigned but was bound once",
                self.f.name
            );
        };
        for (variable, value) in variables.iter().zip(lanes) {
            self.b.def_var(*variable, *value);
        }
    }

    fn assign(&mut self, var: VarId, lanes: Lanes) {
        let info = &self.f.vars[var.0 as usize];
        if info.shared {
            let cell = self.raw_var(var)[0];
            self.store_payload(cell, info.ty, &lanes);
            self.remember(cell, info.ty);
        } else {
            self.set_variables(var, &lanes);
            self.update_local(var, &lanes);
        }
    }

    /// Leaves the function, through the `finally`s around.
    pub(super) fn return_(&mut self, value: Option<&'f Expr>) {
        if self.may_tail() {
            match value {
                Some(value) => self.tail(value),
                None => {
                    let lanes = self.zeros(self.f.result);
                    self.b.ins().return_(&lanes);
                }
            }
            return;
        }
        let (ty, lanes) = match value {
            Some(value) => (value.ty, self.value(value)),
            None => (TyId::UNIT, SmallVec::new()),
        };
        if ty == TyId::NEVER {
            self.trap();
            return;
        }
        self.unwind_frames(0);
        self.give_back(ty, &lanes);
    }

    /// Runs the `finally`s of the frames above this depth, innermost first; the frames themselves stay for the code that follows.
    pub(super) fn unwind_frames(&mut self, depth: usize) {
        let saved = self.frames.clone();
        while self.frames.len() > depth {
            let frame = self.frames.pop().expect("longer than the depth");
            if let Frame::Try {
                finally: Some(finally),
                ..
            } = frame
            {
                self.value(finally);
            }
        }
        self.frames = saved;
    }

    pub(super) fn throw(&mut self, boxed: Value) {
        self.op(Op::Throw, &[boxed]);
        self.trap();
    }

    pub(super) fn fault(&mut self, fault: nostos_abi::builtin::Fault, first: Value, second: Value) {
        let code = self.word(i64::from(fault as u32));
        self.op(Op::Fault, &[code, first, second]);
        self.trap();
    }

    /// The lanes of a type in an object's payload.
    pub(super) fn load_payload(&mut self, object: Value, ty: TyId) -> Lanes {
        let lanes = self.layouts.lanes(ty);
        let each = lanes.iter().enumerate();
        each.map(|(i, lane)| self.load_word(object, i as u32, *lane))
            .collect()
    }

    pub(super) fn load_word(&mut self, object: Value, word: u32, lane: Lane) -> Value {
        let offset = nostos_abi::object::HEADER_BYTES + 8 * word as i32;
        let value = self
            .b
            .ins()
            .load(lane_type(lane), trusted(), object, offset);
        self.tracked(lane, value)
    }
}
