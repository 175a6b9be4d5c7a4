//! Calls and returns: where arguments and results are, with and without handlers, in the place of the frame.

use super::asm::*;
use super::{Class, SAVED, Unsupported, Work};
use cranelift_codegen::ir::{Block, BlockArg, ExceptionTable, Inst, Signature, Value};
use cranelift_codegen::isa::CallConv;
use nostos_abi::code::Symbol;
use smallvec::SmallVec;

/// Where an argument is passed.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Int(Reg),
    Float(Xmm),
    /// On the stack, so far from the start of the arguments there.
    Stack(i32),
}

const INTS: [Reg; 6] = [RDI, RSI, RDX, RCX, R8, R9];
const RESULTS: [Reg; 8] = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10];
const FLOATS: u8 = 8;

/// The places of a signature's parameters.
pub(super) fn places(sig: &Signature) -> SmallVec<[At; 8]> {
    let (mut ints, mut floats, mut stack) = (0, 0, 0);
    let mut place = |float: bool| {
        if float && floats < FLOATS {
            floats += 1;
            At::Float(Xmm(floats - 1))
        } else if !float && ints < INTS.len() {
            ints += 1;
            At::Int(INTS[ints - 1])
        } else {
            stack += 8;
            At::Stack(stack - 8)
        }
    };
    let params = sig.params.iter();
    params.map(|p| place(p.value_type.is_float())).collect()
}

/// Bytes of arguments on the stack.
fn stack_bytes(places: &[At]) -> i32 {
    let words = places.iter().filter(|p| matches!(p, At::Stack(_))).count() as i32;
    (words * 8 + 15) & !15
}

impl Work<'_, '_> {
    pub(super) fn handler(&mut self, exception: ExceptionTable) -> Result<Label, Unsupported> {
        let table = &self.func.dfg.exception_tables[exception];
        let pool = &self.func.dfg.value_lists;
        let [thrown, _] = table.all_branches() else {
            return Err(Unsupported);
        };
        Ok(self.label(thrown.block(pool)))
    }

    pub(super) fn call_known(
        &mut self,
        inst: Inst,
        func_ref: cranelift_codegen::ir::FuncRef,
        handler: Option<Label>,
    ) -> Result<(), Unsupported> {
        let callee = &self.func.dfg.ext_funcs[func_ref];
        let sig = &self.func.dfg.signatures[callee.signature];
        let cranelift_codegen::ir::ExternalName::User(name) = &callee.name else {
            return Err(Unsupported);
        };
        let symbol = self.named(*name);
        let places = places(sig);
        if stack_bytes(&places) > 0 {
            return Err(Unsupported);
        }
        let site = sig.call_conv == CallConv::PreserveAll;
        let args = self.func.dfg.inst_args(inst);
        self.arguments(args, &places);
        self.drop_all();
        self.asm().call_near(symbol);
        self.note_call(inst, handler, site);
        Ok(())
    }

    pub(super) fn call_address(
        &mut self,
        inst: Inst,
        callee: Value,
        args: &[Value],
        sig: &Signature,
        handler: Option<Label>,
    ) {
        let places = places(sig);
        let stack = stack_bytes(&places);
        if stack > 0 {
            self.asm().alu_number(Alu::Sub, RSP, stack);
        }
        let cell = self.callee(callee);
        self.arguments(args, &places);
        self.drop_all();
        // The callee takes its arguments off the stack.
        match cell {
            Some(cell) => self.asm().call_mem(&Mem::Near(cell, 0)),
            None => self.asm().call_reg(R11),
        }
        self.note_call(inst, handler, false);
    }

    /// The cell the callee's address is to be loaded from, if nothing else wants it; else the address is in `r11`.
    fn callee(&mut self, callee: Value) -> Option<Symbol> {
        match self.q.callee.take() {
            Some((value, cell)) if value == callee => {
                self.consume(callee);
                Some(cell)
            }
            _ => {
                self.take(R11, callee);
                None
            }
        }
    }

    /// Arguments to where they are passed; `r10` is used on the way, `rax` stays.
    fn arguments(&mut self, args: &[Value], places: &[At]) {
        for (arg, place) in args.iter().zip(places) {
            if let At::Stack(offset) = place {
                self.take(R10, *arg);
                self.asm().store(R10, &Mem::Base(RSP, *offset));
            }
        }
        self.registers(args, places);
    }

    fn registers(&mut self, args: &[Value], places: &[At]) {
        // From the last float to the first, because one may be in `xmm0`.
        for (arg, place) in args.iter().zip(places).rev() {
            match place {
                At::Int(reg) => self.take(*reg, *arg),
                At::Float(reg) => self.take_float_argument(*reg, *arg),
                At::Stack(_) => {}
            }
        }
    }

    /// As [`Work::take_float`], but `r11` may hold the callee.
    fn take_float_argument(&mut self, to: Xmm, value: Value) {
        if let Class::Bits(bits) = self.class(value)
            && bits != 0
        {
            if to == Xmm(0) {
                self.drop_float();
            }
            self.asm().number(R10, bits);
            self.asm().float_of_bits(to, R10);
            self.consume(value);
        } else {
            self.take_float(to, value);
        }
    }

    /// Results of a call to their homes; the first stays held.
    pub(super) fn results(&mut self, inst: Inst) {
        let (mut ints, mut floats) = (0, 0);
        for result in self.func.dfg.inst_results(inst) {
            let float = self.is_float(*result);
            let number = if float { &mut floats } else { &mut ints };
            let at = *number;
            *number += 1;
            match (float, at) {
                (false, 0) => self.made(*result),
                (true, 0) => self.made_float(*result),
                _ if self.q.facts.uses[result.as_u32() as usize] == 0 => {}
                (false, at) => {
                    let home = self.home(*result);
                    self.asm().store(RESULTS[at], &home);
                }
                (true, at) => {
                    let home = self.home(*result);
                    self.asm().store_float(Xmm(at as u8), &home);
                }
            }
        }
    }

    /// The results of a call with a handler are parameters of the block it returns to.
    pub(super) fn returned(&mut self, exception: ExceptionTable, next: Option<Block>) {
        let table = &self.func.dfg.exception_tables[exception];
        let normal = *table.normal_return();
        let pool = &self.func.dfg.value_lists;
        let params = self.func.dfg.block_params(normal.block(pool));
        let (mut ints, mut floats) = (0, 0);
        for (param, arg) in params.iter().zip(normal.args(pool)) {
            assert!(
                matches!(arg, BlockArg::TryCallRet(_)),
                "a call returns to a block of its own"
            );
            let used = self.q.facts.uses[param.as_u32() as usize] > 0;
            if self.is_float(*param) {
                if used {
                    let home = self.home(*param);
                    self.asm().store_float(Xmm(floats), &home);
                }
                floats += 1;
            } else {
                if used {
                    let home = self.home(*param);
                    self.asm().store(RESULTS[ints], &home);
                }
                ints += 1;
            }
        }
        self.go(&normal, next);
    }

    fn restore(&mut self) {
        if let Some(saved) = self.q.out.saved {
            for (i, reg) in SAVED.iter().enumerate() {
                let at = Mem::Base(RBP, -saved + 8 * i as i32);
                self.asm().load(Reg(*reg), &at);
            }
        }
    }

    pub(super) fn return_(&mut self, inst: Inst) {
        let values = self.func.dfg.inst_args(inst);
        let (mut ints, mut floats) = (0, 0);
        let places: SmallVec<[At; 8]> = values
            .iter()
            .map(|value| {
                if self.is_float(*value) {
                    floats += 1;
                    At::Float(Xmm(floats - 1))
                } else {
                    ints += 1;
                    At::Int(RESULTS[ints - 1])
                }
            })
            .collect();
        // The first comes last: it may be held in the very register.
        self.registers(values, &places);
        self.restore();
        let drop = stack_bytes(&self::places(&self.func.signature));
        self.asm().leave();
        self.asm().ret(drop as u32);
    }

    pub(super) fn tail_call(&mut self, callee: Value, args: &[Value], sig: &Signature) {
        let to = places(sig);
        let (new, old) = (stack_bytes(&to), stack_bytes(&places(&self.func.signature)));
        if let Some(cell) = self.callee(callee) {
            self.asm().load(R11, &Mem::Near(cell, 0));
        }
        if new == 0 && old == 0 {
            self.registers(args, &to);
            self.restore();
            self.asm().leave();
            self.asm().jump_reg(R11);
            return;
        }
        // First below the frame, then up to where the callee wants them: they may lie over what they are made of.
        if new > 0 {
            self.asm().alu_number(Alu::Sub, RSP, new);
        }
        self.arguments(args, &to);
        self.restore();
        let up = 16 + old - new;
        let asm = self.asm();
        asm.load(R10, &Mem::Base(RBP, 8));
        asm.load(RAX, &Mem::Base(RBP, 0));
        for word in (0..new / 8).rev() {
            asm.load_float(Xmm(15), &Mem::Base(RSP, 8 * word));
            asm.store_float(Xmm(15), &Mem::Base(RBP, up + 8 * word));
        }
        asm.lea(RSP, &Mem::Base(RBP, up - 8));
        asm.store(R10, &Mem::Base(RSP, 0));
        asm.copy(RBP, RAX);
        asm.jump_reg(R11);
    }
}
