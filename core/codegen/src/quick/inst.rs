//! One instruction at a time.

use super::asm::*;
use super::{Class, Unsupported, Work};
use cranelift_codegen::ir::condcodes::{CondCode, FloatCC, IntCC};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Inst, InstructionData, JumpTable, Opcode, Value, types,
};
use nostos_abi::code::Symbol;
use smallvec::SmallVec;

/// The second operand of a machine operation.
enum Operand {
    Number(i32),
    Reg(Reg),
    Mem(Mem),
}

impl Work<'_, '_> {
    pub(super) fn inst(&mut self, inst: Inst, next: Option<Block>) -> Result<(), Unsupported> {
        let result = self.func.dfg.inst_results(inst).first().copied();
        if let Some(result) = result
            && self.class(result) != Class::Home
        {
            return Ok(());
        }
        match self.func.dfg.insts[inst] {
            InstructionData::Load {
                opcode,
                arg,
                offset,
                ..
            } => {
                let half = match opcode {
                    Opcode::Load => false,
                    Opcode::Uload32 => true,
                    _ => return Err(Unsupported),
                };
                self.load_from(inst, arg, offset.into(), half);
            }
            InstructionData::LoadNoOffset {
                opcode: Opcode::AtomicLoad,
                arg,
                ..
            } => self.load_from(inst, arg, 0, false),
            InstructionData::LoadNoOffset {
                opcode: Opcode::Bitcast,
                arg,
                ..
            } => self.bitcast(arg, result.expect("a bitcast gives a value")),
            InstructionData::Store {
                opcode: Opcode::Store,
                args,
                offset,
                ..
            } => self.store_to(args[0], args[1], offset.into()),
            InstructionData::Binary { opcode, args } => {
                self.binary(
                    opcode,
                    args,
                    result.expect("a binary operation gives a value"),
                )?;
            }
            InstructionData::Unary { opcode, arg } => {
                self.unary(
                    opcode,
                    arg,
                    result.expect("a unary operation gives a value"),
                )?;
            }
            InstructionData::Ternary {
                opcode: Opcode::Select,
                args,
            } => self.select(args, result.expect("a selection gives a value")),
            InstructionData::IntCompare { args, cond, .. } => {
                if self.ty(args[0]) != types::I64 {
                    return Err(Unsupported);
                }
                self.compare(
                    inst,
                    args,
                    cond,
                    result.expect("a comparison gives a value"),
                );
            }
            InstructionData::FloatCompare { args, cond, .. } => {
                self.compare_floats(
                    inst,
                    args,
                    cond,
                    result.expect("a comparison gives a value"),
                )?;
            }
            InstructionData::Jump { destination, .. } => {
                self.edge(&destination, true);
                self.go(&destination, next);
            }
            InstructionData::Brif { arg, blocks, .. } => self.branch(arg, blocks, next),
            InstructionData::BranchTable { arg, table, .. } => self.table(arg, table),
            InstructionData::Call {
                opcode, func_ref, ..
            } => {
                if opcode != Opcode::Call {
                    return Err(Unsupported);
                }
                self.call_known(inst, func_ref, None)?;
                self.results(inst);
            }
            InstructionData::CallIndirect {
                opcode, sig_ref, ..
            } => {
                let args = self.func.dfg.inst_args(inst);
                let sig = &self.func.dfg.signatures[sig_ref];
                match opcode {
                    Opcode::CallIndirect => {
                        self.call_address(inst, args[0], &args[1..], sig, None);
                        self.results(inst);
                    }
                    Opcode::ReturnCallIndirect => self.tail_call(args[0], &args[1..], sig),
                    _ => return Err(Unsupported),
                }
            }
            InstructionData::TryCall {
                func_ref,
                exception,
                ..
            } => {
                let handler = self.handler(exception)?;
                self.call_known(inst, func_ref, Some(handler))?;
                self.returned(exception, next);
            }
            InstructionData::TryCallIndirect { exception, .. } => {
                let args = self.func.dfg.inst_args(inst);
                let handler = self.handler(exception)?;
                let sig = self.func.dfg.exception_tables[exception].signature();
                let sig = &self.func.dfg.signatures[sig];
                self.call_address(inst, args[0], &args[1..], sig, Some(handler));
                self.returned(exception, next);
            }
            InstructionData::MultiAry {
                opcode: Opcode::Return,
                ..
            } => self.return_(inst),
            InstructionData::Trap {
                opcode: Opcode::Trap,
                ..
            } => self.asm().trap(),
            _ => return Err(Unsupported),
        }
        Ok(())
    }

    // Memory.

    /// The place a value points to, plus an offset; in `spare` if the pointer has to be loaded. Uses the value.
    fn place(&mut self, base: Value, offset: i32, spare: Reg) -> Mem {
        let mem = match self.class(base) {
            Class::Process(at) => Mem::Base(R15, at + offset),
            Class::Frame(below) => Mem::Base(RBP, offset - below),
            Class::Symbol(global) => match self.symbol(global) {
                near @ (Symbol::Cell(_) | Symbol::Static(_) | Symbol::Own) => {
                    Mem::Near(near, offset)
                }
                Symbol::Shim | Symbol::DebugHook | Symbol::Leaf(_) => {
                    self.load(spare, base);
                    Mem::Base(spare, offset)
                }
            },
            Class::Home | Class::Bits(_) | Class::Stack if self.holds(base) => {
                Mem::Base(RAX, offset)
            }
            Class::Home | Class::Bits(_) | Class::Stack => {
                self.load(spare, base);
                Mem::Base(spare, offset)
            }
        };
        self.consume(base);
        mem
    }

    fn load_from(&mut self, inst: Inst, base: Value, offset: i32, half: bool) {
        let result = self.func.dfg.first_result(inst);
        if self.is_float(result) {
            let from = self.place(base, offset, RCX);
            self.drop_float();
            self.asm().load_float(Xmm(0), &from);
            return self.made_float(result);
        }
        if let Class::Symbol(global) = self.class(base)
            && offset == 0
            && self.q.facts.uses[result.as_u32() as usize] == 1
            && let cell @ Symbol::Cell(_) = self.symbol(global)
            && self.is_next_callee(inst, result)
        {
            self.consume(base);
            self.q.callee = Some((result, cell));
            return;
        }
        let from = self.place(base, offset, RCX);
        self.drop_int();
        if half {
            self.asm().load_half(RAX, &from);
        } else {
            self.asm().load(RAX, &from);
        }
        self.made(result);
    }

    fn is_next_callee(&self, inst: Inst, value: Value) -> bool {
        let Some(next) = self.func.layout.next_inst(inst) else {
            return false;
        };
        let indirect = matches!(
            self.func.dfg.insts[next].opcode(),
            Opcode::CallIndirect | Opcode::TryCallIndirect | Opcode::ReturnCallIndirect
        );
        indirect && self.func.dfg.inst_args(next)[0] == value
    }

    fn store_to(&mut self, value: Value, base: Value, offset: i32) {
        if let Class::Bits(bits) = self.class(value)
            && let Ok(number) = i32::try_from(bits)
        {
            let to = self.place(base, offset, RCX);
            self.consume(value);
            return self.asm().store_number(number, &to);
        }
        let to = self.place(base, offset, RCX);
        if self.holds_float(value) {
            self.asm().store_float(Xmm(0), &to);
        } else if self.holds(value) {
            self.asm().store(RAX, &to);
        } else {
            self.load(RDX, value);
            self.asm().store(RDX, &to);
        }
        self.consume(value);
    }

    // Arithmetic.

    fn operand(&mut self, value: Value) -> Operand {
        match self.class(value) {
            Class::Bits(bits) => match i32::try_from(bits) {
                Ok(number) => Operand::Number(number),
                Err(_) => {
                    self.load(RCX, value);
                    Operand::Reg(RCX)
                }
            },
            Class::Process(0) => Operand::Reg(R15),
            Class::Stack => Operand::Reg(RSP),
            Class::Home if !self.holds(value) && !self.holds_float(value) => {
                Operand::Mem(self.read(value))
            }
            Class::Home | Class::Process(_) | Class::Symbol(_) | Class::Frame(_) => {
                self.load(RCX, value);
                Operand::Reg(RCX)
            }
        }
    }

    /// `rax = a op b`
    fn arithmetic(&mut self, op: Alu, a: Value, b: Value) {
        let with = self.operand(b);
        self.take(RAX, a);
        match with {
            Operand::Number(number) => self.asm().alu_number(op, RAX, number),
            Operand::Reg(reg) => self.asm().alu(op, RAX, reg),
            Operand::Mem(mem) => self.asm().alu_mem(op, RAX, &mem),
        }
        self.consume(b);
    }

    fn binary(&mut self, op: Opcode, args: [Value; 2], to: Value) -> Result<(), Unsupported> {
        if !matches!(self.ty(to), types::I64 | types::F64) {
            return Err(Unsupported);
        }
        let [mut a, mut b] = args;
        if self.holds(b) && !self.holds(a) {
            std::mem::swap(&mut a, &mut b);
        }
        match op {
            Opcode::Iadd => self.arithmetic(Alu::Add, a, b),
            Opcode::Band => self.arithmetic(Alu::And, a, b),
            Opcode::Bor => self.arithmetic(Alu::Or, a, b),
            Opcode::Bxor => self.arithmetic(Alu::Xor, a, b),
            Opcode::Isub => self.arithmetic(Alu::Sub, args[0], args[1]),
            Opcode::Imul => match self.class(b) {
                Class::Bits(bits) if i32::try_from(bits).is_ok() => {
                    self.take(RAX, a);
                    self.consume(b);
                    self.asm().multiply_number(RAX, bits as i32);
                }
                _ => {
                    self.take(RCX, b);
                    self.take(RAX, a);
                    self.asm().multiply(RAX, RCX);
                }
            },
            Opcode::Sdiv | Opcode::Udiv | Opcode::Srem | Opcode::Urem => {
                self.take(RCX, args[1]);
                self.take(RAX, args[0]);
                let signed = matches!(op, Opcode::Sdiv | Opcode::Srem);
                self.asm().divide(RCX, signed);
                if matches!(op, Opcode::Srem | Opcode::Urem) {
                    self.asm().copy(RAX, RDX);
                }
            }
            Opcode::Ishl | Opcode::Ushr | Opcode::Sshr => {
                let kind = match op {
                    Opcode::Ishl => 4,
                    Opcode::Ushr => 5,
                    _ => 7,
                };
                if let Class::Bits(count) = self.class(args[1]) {
                    self.take(RAX, args[0]);
                    self.consume(args[1]);
                    self.asm().shift_number(kind, RAX, count as u8 & 63);
                } else {
                    self.take(RCX, args[1]);
                    self.take(RAX, args[0]);
                    self.asm().shift(kind, RAX);
                }
            }
            Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv => {
                let code = match op {
                    Opcode::Fadd => 0x58,
                    Opcode::Fmul => 0x59,
                    Opcode::Fsub => 0x5c,
                    _ => 0x5e,
                };
                self.take_float(Xmm(1), args[1]);
                self.take_float(Xmm(0), args[0]);
                self.asm().float(code, Xmm(0), Xmm(1));
                self.made_float(to);
                return Ok(());
            }
            _ => return Err(Unsupported),
        }
        self.made(to);
        Ok(())
    }

    fn unary(&mut self, op: Opcode, arg: Value, to: Value) -> Result<(), Unsupported> {
        let bits = self.ty(arg).bits();
        match op {
            Opcode::Ireduce => self.take(RAX, arg),
            Opcode::Uextend | Opcode::Sextend => {
                self.take(RAX, arg);
                let signed = op == Opcode::Sextend;
                self.asm().extend(RAX, RAX, bits, signed);
            }
            Opcode::Ineg => {
                self.take(RAX, arg);
                self.asm().negate(RAX);
            }
            Opcode::Bnot => {
                self.take(RAX, arg);
                self.asm().complement(RAX);
            }
            Opcode::Iabs => {
                self.take(RAX, arg);
                self.asm().copy(RCX, RAX);
                self.asm().negate(RAX);
                self.asm().copy_if(Cond::Sign, RAX, RCX);
            }
            Opcode::Fneg | Opcode::Fabs => {
                self.take(RAX, arg);
                let (mask, alu) = match op {
                    Opcode::Fneg => (i64::MIN, Alu::Xor),
                    _ => (i64::MAX, Alu::And),
                };
                self.asm().number(RCX, mask);
                self.asm().alu(alu, RAX, RCX);
                self.drop_float();
                self.asm().float_of_bits(Xmm(0), RAX);
                self.made_float(to);
                return Ok(());
            }
            Opcode::Sqrt => {
                self.take_float(Xmm(0), arg);
                self.asm().float(0x51, Xmm(0), Xmm(0));
                self.made_float(to);
                return Ok(());
            }
            Opcode::Fdemote => {
                self.take_float(Xmm(0), arg);
                self.asm().narrow_float(Xmm(0), Xmm(0));
                self.made_float(to);
                return Ok(());
            }
            Opcode::Fpromote => {
                self.take_float(Xmm(0), arg);
                self.asm().widen_float(Xmm(0), Xmm(0));
                self.made_float(to);
                return Ok(());
            }
            Opcode::FcvtFromSint if bits == 64 => {
                self.take(RAX, arg);
                self.drop_float();
                self.asm().zero_float(Xmm(0));
                self.asm().float_of_int(Xmm(0), RAX);
                self.made_float(to);
                return Ok(());
            }
            Opcode::FcvtToSintSat if self.ty(to) == types::I64 => {
                self.take_float(Xmm(0), arg);
                self.drop_int();
                self.saturated();
            }
            _ => return Err(Unsupported),
        }
        self.made(to);
        Ok(())
    }

    /// `rax` = `xmm0` truncated; nothing for what is no number, the nearest for what does not fit.
    fn saturated(&mut self) {
        let asm = self.asm();
        let (done, number) = (asm.label(), asm.label());
        asm.int_of_float(RAX, Xmm(0));
        asm.alu_number(Alu::Cmp, RAX, 1);
        asm.jump_if(Cond::NoOverflow, done);
        // The smallest integer is what the machine gives for all that does not fit.
        asm.compare_floats(Xmm(0), Xmm(0));
        asm.jump_if(Cond::NoParity, number);
        asm.number(RAX, 0);
        asm.jump(done);
        asm.bind(number);
        asm.zero_float(Xmm(1));
        asm.compare_floats(Xmm(0), Xmm(1));
        asm.jump_if(Cond::Below, done);
        asm.number(RAX, i64::MAX);
        asm.bind(done);
    }

    fn bitcast(&mut self, arg: Value, to: Value) {
        if self.is_float(to) {
            self.take(RAX, arg);
            self.drop_float();
            self.asm().float_of_bits(Xmm(0), RAX);
            self.made_float(to);
        } else {
            self.take(RAX, arg);
            self.made(to);
        }
    }

    fn select(&mut self, args: [Value; 3], to: Value) {
        let [condition, yes, no] = args;
        self.take(RDX, yes);
        self.take(RCX, no);
        let byte = self.ty(condition) == types::I8;
        self.take(RAX, condition);
        self.test(byte);
        self.asm().copy_if(Cond::Equal, RDX, RCX);
        if self.is_float(to) {
            self.drop_float();
            self.asm().float_of_bits(Xmm(0), RDX);
            self.made_float(to);
        } else {
            self.asm().copy(RAX, RDX);
            self.made(to);
        }
    }

    fn test(&mut self, byte: bool) {
        if byte {
            self.asm().test_byte(RAX);
        } else {
            self.asm().test(RAX);
        }
    }

    /// Does only the next instruction want the value, as a condition to jump on?
    fn is_next_condition(&self, inst: Inst, value: Value) -> bool {
        let next = self.func.layout.next_inst(inst);
        self.q.facts.uses[value.as_u32() as usize] == 1
            && next.is_some_and(|next| {
                matches!(self.func.dfg.insts[next], InstructionData::Brif { arg, .. } if arg == value)
            })
    }

    fn compare(&mut self, inst: Inst, args: [Value; 2], cond: IntCC, to: Value) {
        let [mut a, mut b] = args;
        let mut cond = cond;
        if self.holds(b) && !self.holds(a) {
            std::mem::swap(&mut a, &mut b);
            cond = cond.swap_args();
        }
        self.arithmetic(Alu::Cmp, a, b);
        let cond = match cond {
            IntCC::Equal => Cond::Equal,
            IntCC::NotEqual => Cond::NotEqual,
            IntCC::SignedLessThan => Cond::Less,
            IntCC::SignedLessThanOrEqual => Cond::LessEqual,
            IntCC::SignedGreaterThan => Cond::Greater,
            IntCC::SignedGreaterThanOrEqual => Cond::GreaterEqual,
            IntCC::UnsignedLessThan => Cond::Below,
            IntCC::UnsignedLessThanOrEqual => Cond::BelowEqual,
            IntCC::UnsignedGreaterThan => Cond::Above,
            IntCC::UnsignedGreaterThanOrEqual => Cond::AboveEqual,
        };
        self.flag(inst, cond, to);
    }

    /// The flags have a comparison's result.
    fn flag(&mut self, inst: Inst, cond: Cond, to: Value) {
        if self.is_next_condition(inst, to) {
            self.q.flags = Some((to, cond));
        } else {
            self.asm().set(cond, RAX);
            self.made(to);
        }
    }

    fn compare_floats(
        &mut self,
        inst: Inst,
        args: [Value; 2],
        cond: FloatCC,
        to: Value,
    ) -> Result<(), Unsupported> {
        let [a, b] = args;
        if self.ty(a) != types::F64 {
            return Err(Unsupported);
        }
        self.take_float(Xmm(1), b);
        self.take_float(Xmm(0), a);
        self.drop_int();
        let (first, second) = match cond {
            FloatCC::LessThan | FloatCC::LessThanOrEqual => (Xmm(1), Xmm(0)),
            _ => (Xmm(0), Xmm(1)),
        };
        self.asm().compare_floats(first, second);
        match cond {
            FloatCC::LessThan | FloatCC::GreaterThan => self.flag(inst, Cond::Above, to),
            FloatCC::LessThanOrEqual | FloatCC::GreaterThanOrEqual => {
                self.flag(inst, Cond::AboveEqual, to);
            }
            FloatCC::Equal => {
                self.asm().set_byte(Cond::NoParity, RCX);
                self.asm().set(Cond::Equal, RAX);
                self.asm().alu(Alu::And, RAX, RCX);
                self.asm().extend(RAX, RAX, 8, false);
                self.made(to);
            }
            FloatCC::NotEqual => {
                self.asm().set_byte(Cond::Parity, RCX);
                self.asm().set(Cond::NotEqual, RAX);
                self.asm().alu(Alu::Or, RAX, RCX);
                self.asm().extend(RAX, RAX, 8, false);
                self.made(to);
            }
            _ => return Err(Unsupported),
        }
        Ok(())
    }

    // Edges.

    /// Writes the parameters of the block an edge leads to. What is held in `rax` may be used when this is the only way on.
    fn edge(&mut self, call: &BlockCall, only: bool) {
        let pool = &self.func.dfg.value_lists;
        let params = self.func.dfg.block_params(call.block(pool));
        let mut moves: SmallVec<[(Value, Value); 8]> = SmallVec::new();
        for (param, arg) in params.iter().zip(call.args(pool)) {
            let BlockArg::Value(arg) = arg else {
                panic!("a result on an edge that is no call's");
            };
            if self.q.facts.uses[param.as_u32() as usize] == 0 || *param == arg {
                self.consume(arg);
            } else {
                moves.push((*param, arg));
            }
        }
        // Does a parameter that is written early serve as a later argument?
        let crossed = moves
            .iter()
            .enumerate()
            .any(|(i, (param, _))| moves[i + 1..].iter().any(|(_, arg)| arg == param));
        if crossed {
            self.drop_all();
            for (_, arg) in &moves {
                self.load(RAX, *arg);
                self.asm().push(RAX);
                self.consume(*arg);
            }
            for (param, _) in moves.iter().rev() {
                let home = self.home(*param);
                self.asm().pop(RAX);
                self.asm().store(RAX, &home);
            }
            return;
        }
        if only {
            let held = |w: &Self, arg: Value| w.holds(arg) || w.holds_float(arg);
            let mut rest = SmallVec::<[(Value, Value); 8]>::new();
            for (i, (param, arg)) in moves.iter().enumerate() {
                // A parameter that an argument before it still is must wait.
                let early = moves[..i].iter().any(|(_, before)| before == param);
                if held(self, *arg) && !early {
                    let home = self.home(*param);
                    if self.holds(*arg) {
                        self.asm().store(RAX, &home);
                    } else {
                        self.asm().store_float(Xmm(0), &home);
                    }
                    self.consume(*arg);
                } else {
                    rest.push((*param, *arg));
                }
            }
            moves = rest;
        }
        self.settle_int();
        self.settle_float();
        for (param, arg) in moves {
            let home = self.home(param);
            if let Class::Bits(bits) = self.class(arg)
                && let Ok(number) = i32::try_from(bits)
            {
                self.asm().store_number(number, &home);
            } else {
                self.load(RCX, arg);
                self.asm().store(RCX, &home);
            }
            self.consume(arg);
        }
    }

    pub(super) fn go(&mut self, call: &BlockCall, next: Option<Block>) {
        let block = call.block(&self.func.dfg.value_lists);
        if next != Some(block) {
            let label = self.label(block);
            self.asm().jump(label);
        }
    }

    fn branch(&mut self, arg: Value, blocks: [BlockCall; 2], next: Option<Block>) {
        let cond = match self.q.flags.take() {
            Some((value, cond)) if value == arg => {
                self.consume(arg);
                cond
            }
            _ => {
                let byte = self.ty(arg) == types::I8;
                self.take(RAX, arg);
                self.test(byte);
                Cond::NotEqual
            }
        };
        // Stores do not touch the flags.
        self.settle_int();
        self.settle_float();
        let [then, otherwise] = blocks;
        let pool = &self.func.dfg.value_lists;
        let (yes, no) = (then.block(pool), otherwise.block(pool));
        if then.len(pool) == 0 && otherwise.len(pool) == 0 && next == Some(yes) {
            let label = self.label(no);
            self.asm().jump_if(cond.not(), label);
            return;
        }
        if then.len(pool) == 0 {
            let label = self.label(yes);
            self.asm().jump_if(cond, label);
        } else {
            let past = self.asm().label();
            self.asm().jump_if(cond.not(), past);
            self.edge(&then, false);
            self.go(&then, None);
            self.asm().bind(past);
        }
        self.edge(&otherwise, false);
        self.go(&otherwise, next);
    }

    fn table(&mut self, arg: Value, table: JumpTable) {
        let bits = self.ty(arg).bits();
        self.take(RAX, arg);
        if bits < 64 {
            self.asm().extend(RAX, RAX, bits, false);
        }
        self.drop_all();
        let data = &self.func.dfg.jump_tables[table];
        let pool = &self.func.dfg.value_lists;
        let label = self.label(data.default_block().block(pool));
        let count = data.as_slice().len() as i32;
        self.asm().alu_number(Alu::Cmp, RAX, count);
        self.asm().jump_if(Cond::AboveEqual, label);
        self.asm().copy(RCX, RAX);
        let blocks: Vec<Label> = data
            .as_slice()
            .iter()
            .map(|call| {
                assert!(call.len(pool) == 0, "a jump table's edge with arguments");
                self.label(call.block(pool))
            })
            .collect();
        self.asm().jump_through(blocks.into_iter());
    }
}
