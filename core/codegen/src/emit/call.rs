//! Calls through cells and closures, helpers, safepoints.

use super::debug::tail_signature;
use super::{COUNTER, Emit, Frame, Lanes, Place, lane_type, trusted};
use crate::ir::{Arg, Expr, Kind, Tree, VarId};
use crate::layout::TyId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, FuncRef, Inst, InstBuilder,
    SigRef, Signature, Value, types,
};
use nostos_abi::builtin::{Leaf, Op};
use nostos_abi::code::{CellId, Symbol};
use nostos_abi::object::{HEADER_BYTES, Lane};
use nostos_abi::process::{ARGS, REDUCTIONS, STACK_LIMIT};
use nostos_check::hir::PrimOp;
use smallvec::SmallVec;

/// What is called.
#[derive(Clone, Copy)]
enum Target {
    Known(FuncRef),
    Address(Value),
}

impl<'f> Emit<'_, 'f> {
    /// Calls a helper through the shim.
    pub(super) fn op(&mut self, op: Op, args: &[Value]) -> Lanes {
        let process = self.process();
        for (i, arg) in args.iter().enumerate() {
            self.b
                .ins()
                .store(trusted(), *arg, process, ARGS + 8 * i as i32);
        }
        let sig = tail_signature([Lane::Raw].into_iter(), std::iter::empty());
        let shim = self.import(Symbol::Shim, sig, false);
        let number = self.word(i64::from(op as u32));
        let sig = self.b.func.dfg.ext_funcs[shim].signature;
        self.finish_call(Target::Known(shim), sig, &[number], &[]);
        let process = self.process();
        let results = op.info().results.iter().enumerate();
        results
            .map(|(i, lane)| {
                let value =
                    self.b
                        .ins()
                        .load(lane_type(*lane), trusted(), process, ARGS + 8 * i as i32);
                self.tracked(*lane, value)
            })
            .collect()
    }

    /// Calls a pure helper.
    pub(super) fn leaf(&mut self, leaf: Leaf, args: &[Value]) -> Lanes {
        let function = self.leaf_ref(leaf);
        let inst = self.b.ins().call(function, args);
        self.note_call(inst);
        SmallVec::from_slice(self.b.inst_results(inst))
    }

    /// Safepoint: is the stack short, is attention wanted, is the time slice over?
    pub(super) fn poll(&mut self) {
        if self.quick {
            return self.poll_in_order();
        }
        let process = self.process();
        let stack = self.b.ins().get_stack_pointer(types::I64);
        let address = self.b.ins().iadd_imm_s(process, i64::from(STACK_LIMIT));
        // A plain load would be shared between the rounds of a loop.
        let limit = self.b.ins().atomic_load(types::I64, trusted(), address);
        let had = self
            .b
            .ins()
            .load(types::I64, trusted(), process, REDUCTIONS);
        let left = self.b.ins().iadd_imm_s(had, -1);
        self.b.ins().store(trusted(), left, process, REDUCTIONS);
        let low = self.b.ins().icmp(IntCC::UnsignedLessThan, stack, limit);
        let over = self
            .b
            .ins()
            .icmp_imm_s(IntCC::SignedLessThanOrEqual, had, 0);
        let slow = self.b.create_block();
        let second = self.b.create_block();
        let go_on = self.b.create_block();
        self.b.set_cold_block(slow);
        self.b.ins().brif(low, slow, &[], second, &[]);
        self.enter(second);
        self.b.ins().brif(over, slow, &[], go_on, &[]);
        self.enter(slow);
        self.op(Op::Poll, &[]);
        self.b.ins().jump(go_on, &[]);
        self.enter(go_on);
    }

    /// The same, each word used where it is loaded.
    fn poll_in_order(&mut self) {
        let process = self.process();
        let stack = self.b.ins().get_stack_pointer(types::I64);
        let address = self.b.ins().iadd_imm_s(process, i64::from(STACK_LIMIT));
        let limit = self.b.ins().atomic_load(types::I64, trusted(), address);
        let low = self.b.ins().icmp(IntCC::UnsignedLessThan, stack, limit);
        let slow = self.b.create_block();
        let second = self.b.create_block();
        let go_on = self.b.create_block();
        self.b.set_cold_block(slow);
        self.b.ins().brif(low, slow, &[], second, &[]);
        self.enter(second);
        let had = self
            .b
            .ins()
            .load(types::I64, trusted(), process, REDUCTIONS);
        let left = self.b.ins().iadd_imm_s(had, -1);
        self.b.ins().store(trusted(), left, process, REDUCTIONS);
        let over = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        self.b.ins().brif(over, slow, &[], go_on, &[]);
        self.enter(slow);
        self.op(Op::Poll, &[]);
        self.b.ins().jump(go_on, &[]);
        self.enter(go_on);
    }

    /// A safepoint that makes sure of so much stack.
    pub(super) fn reserve(&mut self, bytes: u32) {
        let process = self.process();
        let stack = self.b.ins().get_stack_pointer(types::I64);
        let lowest = self.b.ins().iadd_imm_s(stack, -i64::from(bytes));
        let address = self.b.ins().iadd_imm_s(process, i64::from(STACK_LIMIT));
        let limit = self.b.ins().atomic_load(types::I64, trusted(), address);
        let low = self.b.ins().icmp(IntCC::UnsignedLessThan, lowest, limit);
        let (slow, go_on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        self.b.ins().brif(low, slow, &[], go_on, &[]);
        self.enter(slow);
        let bytes = self.word(i64::from(bytes));
        self.op(Op::Reserve, &[bytes]);
        self.b.ins().jump(go_on, &[]);
        self.enter(go_on);
    }

    /// A round of a loop counts like a call: the next call reaches better code.
    pub(super) fn count_round(&mut self) {
        if !self.counts {
            return;
        }
        let counter = self.address(COUNTER);
        let had = self
            .b
            .ins()
            .load(types::I64, trusted(), counter, HEADER_BYTES);
        let left = self.b.ins().iadd_imm_s(had, -1);
        self.b.ins().store(trusted(), left, counter, HEADER_BYTES);
        let hot = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let (slow, go_on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        self.b.ins().brif(hot, slow, &[], go_on, &[]);
        self.enter(slow);
        let counter = self.address(COUNTER);
        let never = self.word(i64::from(i32::MAX));
        self.b.ins().store(trusted(), never, counter, HEADER_BYTES);
        let cell = self.word(i64::from(self.cell.0));
        self.op(Op::Hot, &[cell]);
        self.b.ins().jump(go_on, &[]);
        self.enter(go_on);
    }

    /// Does the body call anything? A function that does not needs no check of its own at entry.
    pub(super) fn calls_something(&self) -> bool {
        calls(&self.f.body)
    }

    pub(super) fn call(&mut self, cell: CellId, args: &'f [Arg], ty: TyId) -> Lanes {
        let (values, sig) = self.arguments(args, ty);
        let code = self.cell_code(cell);
        let sig = self.sig(sig);
        let lanes = self.layouts.lanes(ty);
        self.finish_call(Target::Address(code), sig, &values, &lanes)
    }

    /// Calls in tail position; the frame is gone before.
    pub(super) fn tail_call(&mut self, cell: CellId, args: &'f [Arg]) {
        let (values, sig) = self.arguments(args, self.f.result);
        let code = self.cell_code(cell);
        let sig = self.sig(sig);
        if let Some(again) = self.again.filter(|_| cell == self.cell) {
            // Not swapped meanwhile: the frame can stay.
            let own = self.address(Symbol::Own);
            let same = self.b.ins().icmp(IntCC::Equal, code, own);
            let (stay, leave) = (self.b.create_block(), self.b.create_block());
            self.b.set_cold_block(leave);
            self.b.ins().brif(same, stay, &[], leave, &[]);
            self.enter(stay);
            self.jump(again, &values);
            self.enter(leave);
        }
        self.b.ins().return_call_indirect(sig, code, &values);
    }

    fn arguments(&mut self, args: &'f [Arg], ty: TyId) -> (Vec<Value>, Signature) {
        let mut values = Vec::new();
        let mut lanes = Vec::new();
        for arg in args {
            match arg {
                Arg::Value(e) => {
                    let value = self.value(e);
                    values.extend(value);
                    lanes.extend(self.layouts.lanes(e.ty).iter().copied());
                }
                Arg::Capture(var) => {
                    values.extend(self.raw_var(*var));
                    let var = &self.f.vars[var.0 as usize];
                    if var.shared {
                        lanes.push(Lane::Ref);
                    } else {
                        lanes.extend(self.layouts.lanes(var.ty).iter().copied());
                    }
                }
            }
        }
        let results = self.layouts.lanes(ty);
        (
            values,
            tail_signature(lanes.into_iter(), results.iter().copied()),
        )
    }

    pub(super) fn cell_code(&mut self, cell: CellId) -> Value {
        let cell = self.address(Symbol::Cell(cell));
        self.b.ins().load(types::I64, trusted(), cell, 0)
    }

    pub(super) fn call_value(&mut self, function: &'f Expr, args: &'f [Expr], ty: TyId) -> Lanes {
        let (code, values, sig) = self.value_call(function, args, ty);
        let lanes = self.layouts.lanes(ty);
        self.finish_call(Target::Address(code), sig, &values, &lanes)
    }

    pub(super) fn tail_call_value(&mut self, function: &'f Expr, args: &'f [Expr]) {
        let (code, values, sig) = self.value_call(function, args, self.f.result);
        self.b.ins().return_call_indirect(sig, code, &values);
    }

    fn value_call(
        &mut self,
        function: &'f Expr,
        args: &'f [Expr],
        ty: TyId,
    ) -> (Value, Vec<Value>, SigRef) {
        let closure = self.value(function)[0];
        let mut values = vec![closure];
        let mut lanes = vec![Lane::Ref];
        for arg in args {
            values.extend(self.value(arg));
            lanes.extend(self.layouts.lanes(arg.ty).iter().copied());
        }
        let results = self.layouts.lanes(ty);
        let sig = tail_signature(lanes.into_iter(), results.iter().copied());
        let sig = self.sig(sig);
        let cell = self
            .b
            .ins()
            .load(types::I64, trusted(), closure, HEADER_BYTES);
        let code = self.b.ins().load(types::I64, trusted(), cell, 0);
        (code, values, sig)
    }

    pub(super) fn sig(&mut self, sig: Signature) -> SigRef {
        if let Some(known) = self.sigs.get(&sig) {
            return *known;
        }
        let reference = self.b.import_signature(sig.clone());
        self.sigs.insert(sig, reference);
        reference
    }

    /// The call itself: with a handler when a `try` is around it.
    fn finish_call(
        &mut self,
        target: Target,
        sig: SigRef,
        args: &[Value],
        results: &[Lane],
    ) -> Lanes {
        let Some(handler) = self.handler() else {
            let inst = match target {
                Target::Known(function) => self.b.ins().call(function, args),
                Target::Address(code) => self.b.ins().call_indirect(sig, code, args),
            };
            self.note_call(inst);
            let values: Lanes = SmallVec::from_slice(self.b.inst_results(inst));
            let tracked = values.iter().zip(results);
            return tracked.map(|(v, l)| self.tracked(*l, *v)).collect();
        };
        let back = self.b.create_block();
        let values: Lanes = results
            .iter()
            .map(|lane| {
                let value = self.b.append_block_param(back, lane_type(*lane));
                self.tracked(*lane, value)
            })
            .collect();
        let pool = &mut self.b.func.dfg.value_lists;
        let returned: Vec<BlockArg> = (0..results.len() as u32)
            .map(BlockArg::TryCallRet)
            .collect();
        let normal = BlockCall::new(back, returned, pool);
        let thrown = BlockCall::new(handler, [BlockArg::TryCallExn(0)], pool);
        let table = ExceptionTableData::new(sig, normal, [ExceptionTableItem::Default(thrown)]);
        let table = self.b.func.dfg.exception_tables.push(table);
        let inst: Inst = match target {
            Target::Known(function) => self.b.ins().try_call(function, args, table),
            Target::Address(code) => self.b.ins().try_call_indirect(code, args, table),
        };
        self.note_call(inst);
        self.enter(back);
        values
    }

    /// Where a throw here lands.
    fn handler(&self) -> Option<Block> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Try { handler, .. } => *handler,
            Frame::Loop { .. } => None,
        })
    }

    /// May a call here replace the frame?
    pub(super) fn may_tail(&self) -> bool {
        !self
            .frames
            .iter()
            .any(|frame| matches!(frame, Frame::Try { .. }))
    }

    /// The lanes a variable is passed in: a shared one's cell.
    pub(super) fn raw_var(&mut self, var: VarId) -> Lanes {
        match self.places[var.0 as usize].clone() {
            Place::Once(lanes) => self.held(var, lanes),
            Place::Many(variables) => variables.iter().map(|v| self.b.use_var(*v)).collect(),
            Place::Kept(slot) => {
                let kinds = self.slot_lanes(var);
                let each = kinds.iter().enumerate();
                each.map(|(i, lane)| {
                    let ins = self.b.ins();
                    let value = ins.stack_load(types::I64, lane_type(*lane), slot, i as i32 * 8);
                    self.tracked(*lane, value)
                })
                .collect()
            }
            Place::Unset => panic!(
                "{}: variable {var:?} is used before it is bound",
                self.f.name
            ),
        }
    }
}

/// Does the body call its own cell in tail position (outside of `try`)?
pub(super) fn calls_itself(e: &Expr, cell: CellId) -> bool {
    let own = |e: &Expr| calls_itself(e, cell);
    match &e.kind {
        Kind::Call(callee, _) => *callee == cell,
        Kind::If(parts) => own(&parts[1]) || own(&parts[2]),
        Kind::Block(items) => items.last().is_some_and(own),
        Kind::Match(made) => made.arms.iter().any(own),
        Kind::Receive(receive) => {
            receive.arms.iter().any(own) || receive.after.iter().any(|(_, then)| own(then))
        }
        _ => false,
    }
}

/// How much a body loops: 0 not at all, 1 over lists one after the other, more otherwise. Calls are no loops.
pub(super) fn loops(e: &Expr) -> u32 {
    let any = |items: &[Expr]| items.iter().map(loops).max().unwrap_or(0);
    match &e.kind {
        Kind::While(parts) => {
            let inside = any(&parts[..]);
            inside + if walks_list(&parts[0]) { 1 } else { 2 }
        }
        Kind::ArrayMake(..) | Kind::ArrayCopy(_) => 2,
        Kind::Unit
        | Kind::Word(_)
        | Kind::Float(_)
        | Kind::String(_)
        | Kind::Var(_)
        | Kind::Function(..)
        | Kind::Closure(..)
        | Kind::Site
        | Kind::Break(None)
        | Kind::Continue
        | Kind::Return(None) => 0,
        Kind::Let(_, value) | Kind::Assign(_, value) | Kind::Tag(value) | Kind::Get(value, ..) => {
            loops(value)
        }
        Kind::Unbox(value) | Kind::Break(Some(value)) | Kind::Return(Some(value)) => loops(value),
        Kind::ArrayLength(value) | Kind::Box(value) | Kind::Throw(value) => loops(value),
        Kind::Leaf(_, args)
        | Kind::Prim(_, args)
        | Kind::Block(args)
        | Kind::Op(_, args)
        | Kind::Make(_, args) => any(args),
        Kind::If(parts) | Kind::ArraySet(parts) => any(&parts[..]),
        Kind::ArrayGet(parts) | Kind::Fault(_, parts) => any(&parts[..]),
        Kind::Set(record, _, value) => loops(record).max(loops(value)),
        Kind::Call(_, args) => {
            let values = args.iter().map(|arg| match arg {
                Arg::Value(e) => loops(e),
                Arg::Capture(_) => 0,
            });
            values.max().unwrap_or(0)
        }
        Kind::CallValue(function, args) => loops(function).max(any(args)),
        Kind::Chain(_, items, tail) => {
            let items = items.iter().map(|item| any(item)).max();
            loops(tail).max(items.unwrap_or(0))
        }
        Kind::Match(made) => {
            let subjects = made.subjects.iter().map(|(_, e)| loops(e)).max();
            let arms = any(&made.arms).max(loops_in(&made.tree));
            arms.max(subjects.unwrap_or(0))
        }
        Kind::Try(made) => {
            let groups = made.catch.iter().map(|group| loops_in(&group.tree)).max();
            let finally = made.finally.as_ref().map_or(0, loops);
            let arms = any(&made.arms).max(groups.unwrap_or(0));
            loops(&made.body).max(finally).max(arms)
        }
        Kind::Receive(made) => {
            let groups = made.groups.iter().map(|group| loops_in(&group.tree)).max();
            let after = made.after.as_ref();
            let after = after.map_or(0, |(time, then)| loops(time).max(loops(then)));
            any(&made.arms).max(groups.unwrap_or(0)).max(after)
        }
    }
}

fn loops_in(tree: &Tree) -> u32 {
    let below = |cases: &mut dyn Iterator<Item = &Tree>, default: &Tree| {
        let most = cases.map(loops_in).max().unwrap_or(0);
        most.max(loops_in(default))
    };
    match tree {
        Tree::Fail | Tree::Arm(_) => 0,
        Tree::Let(_, value, then) => loops(value).max(loops_in(then)),
        Tree::Test(test, then, otherwise) => {
            let tests = loops(test);
            tests.max(loops_in(then)).max(loops_in(otherwise))
        }
        Tree::Ctor(_, cases, default) => below(&mut cases.iter().map(|case| &case.1), default),
        Tree::Word(_, cases, default) => below(&mut cases.iter().map(|case| &case.1), default),
        Tree::First(trees) => trees.iter().map(loops_in).max().unwrap_or(0),
    }
}

/// The condition of `for x in list`.
fn walks_list(condition: &Expr) -> bool {
    match &condition.kind {
        Kind::Prim(PrimOp::Eq, operands) => matches!(operands[0].kind, Kind::Tag(_)),
        _ => false,
    }
}

fn calls(e: &Expr) -> bool {
    let any = |items: &[Expr]| items.iter().any(calls);
    match &e.kind {
        Kind::Unit
        | Kind::Word(_)
        | Kind::Float(_)
        | Kind::String(_)
        | Kind::Var(_)
        | Kind::Function(..) => false,
        Kind::Site | Kind::Break(None) | Kind::Continue | Kind::Return(None) => false,
        Kind::Let(_, value) | Kind::Assign(_, value) | Kind::Tag(value) | Kind::Get(value, ..) => {
            calls(value)
        }
        Kind::Unbox(value) | Kind::Break(Some(value)) | Kind::Return(Some(value)) => calls(value),
        Kind::ArrayLength(value) => calls(value),
        Kind::Leaf(_, args) | Kind::Prim(_, args) | Kind::Block(args) => any(args),
        Kind::If(parts) => any(&parts[..]),
        Kind::Call(..) | Kind::CallValue(..) | Kind::Op(..) | Kind::Closure(..) => true,
        // Small values are made without a call, but whether they are is the layout's matter: take it that they allocate.
        Kind::Make(..) | Kind::Chain(..) | Kind::Set(..) | Kind::Box(_) => true,
        Kind::Match(_) | Kind::While(_) | Kind::Throw(_) | Kind::Fault(..) => true,
        Kind::Try(_) | Kind::Receive(_) | Kind::ArrayMake(..) | Kind::ArrayGet(_) => true,
        Kind::ArraySet(_) | Kind::ArrayCopy(_) => true,
    }
}
