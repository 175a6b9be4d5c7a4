//! CLIF to x86-64 in one pass: machine code for functions that are not known to be hot, some ten times faster to make than by Cranelift.
//!
//! In: CLIF as [`crate::emit`] builds it for this tier (no variables, no safepoint spills) and the values that are references. Out: [`Machine`].
//! Every value that outlives its instruction has a word in the frame, so that a throw, a move of the stack and a collection at any call find everything
//! there; between neighbouring instructions one integer stays in `rax` and one float in `xmm0`. Constants and addresses are made where they are used.
//! Absent: loops of the source (the optimiser takes these functions at once), and the rarer instructions, for which [`Unsupported`] is the answer.

mod asm;
mod call;
mod inst;
mod live;

use asm::{Asm, Label, Mem, R15, RAX, RBP, Reg, Xmm};
use cranelift_codegen::ir::{
    Block, DebugTag, Function, Inst, InstructionData, Opcode, SourceLoc, StackSlot, Type, Value,
    ValueDef, types,
};
use live::Facts;
use nostos_abi::builtin::Op;
use nostos_abi::code::{CellId, Symbol};
use nostos_abi::process::{ARGS, FRAME_MAX};
use smallvec::SmallVec;

/// What this back end does not know.
#[derive(Debug)]
pub(crate) struct Unsupported;

/// A call in the code.
#[derive(Debug)]
pub(crate) struct MachineCall {
    /// Offset of the return address.
    pub(crate) ret: u32,
    /// The references in the frame, by their distances below the frame pointer.
    pub(crate) roots: Vec<i32>,
    /// Where a throw lands.
    handler: Option<Label>,
    /// The same as an offset, in the end.
    pub(crate) lands: Option<u32>,
    /// The visible locals, as [`crate::emit`] numbers them.
    pub(crate) scope: Option<u32>,
    /// A breakpoint site.
    pub(crate) site: bool,
}

/// Machine code and what is known of it.
#[derive(Default)]
pub(crate) struct Machine {
    asm: Asm,
    /// Calls in order.
    pub(crate) calls: Vec<MachineCall>,
    /// Offsets from which the code belongs to a place in the source.
    pub(crate) lines: Vec<(u32, SourceLoc)>,
    /// Distance from the stack pointer to the frame pointer.
    pub(crate) frame: u32,
    /// Where each stack slot is, below the frame pointer.
    pub(crate) slots: Vec<i32>,
    /// Where the caller's registers are, below the frame pointer, when they are saved.
    pub(crate) saved: Option<i32>,
}

impl Machine {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.asm.bytes
    }

    /// Offset, symbol and addend of four bytes relative to themselves.
    pub(crate) fn near(&self) -> &[(u32, Symbol, i64)] {
        &self.asm.near
    }

    /// Offset and symbol of eight absolute bytes.
    pub(crate) fn far(&self) -> &[(u32, Symbol)] {
        &self.asm.far
    }
}

/// What to compile.
pub(crate) struct Source<'a> {
    pub(crate) func: &'a Function,
    /// Values the collector must know.
    pub(crate) refs: &'a [Value],
    /// Words in stack slots that are references at every call: slot and offset. They start as null.
    pub(crate) kept: &'a [(StackSlot, i32)],
    /// The symbols by the numbers they have in `func`.
    pub(crate) symbols: &'a [Symbol],
    /// The counter of calls that are left until the cell is hot, and the cell.
    pub(crate) hot: Option<(Symbol, CellId)>,
}

/// The callee-saved registers, in the order in which they are kept.
pub(crate) const SAVED: [u8; 4] = [3, 12, 13, 14];

/// What a value is when it is used.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Class {
    /// In the frame, or held.
    Home,
    /// These bits.
    Bits(i64),
    /// The address of a symbol, by number.
    Symbol(u32),
    /// The process plus an offset.
    Process(i32),
    /// So far below the frame pointer.
    Frame(i32),
    /// The stack pointer.
    Stack,
}

/// The back end, with what it uses again for the next function.
#[derive(Default)]
pub(crate) struct Quick {
    out: Machine,
    facts: Facts,
    /// By value: uses still to come.
    left: Vec<u32>,
    /// By value: where it is, below the frame pointer; 0 for nowhere.
    homes: Vec<i32>,
    /// Words for values that do not leave their block: all, and those free now.
    locals: Vec<i32>,
    pool: Vec<i32>,
    /// Bytes of the frame in use.
    depth: i32,
    labels: Vec<Option<Label>>,
    /// What is in `rax` and in `xmm0`, and whether it still has to be written to its home.
    int: Option<(Value, bool)>,
    float: Option<(Value, bool)>,
    /// A comparison whose result only the next instruction wants, in the flags.
    flags: Option<(Value, asm::Cond)>,
    /// A function's address that only the next instruction wants: the cell it is in.
    callee: Option<(Value, Symbol)>,
    order: Vec<Block>,
}

impl Quick {
    /// Compiles a function. What comes out is good until the next one.
    pub(crate) fn compile(&mut self, source: &Source<'_>) -> Result<&Machine, Unsupported> {
        let func = source.func;
        self.facts.gather(func, source.refs);
        self.out.asm.clear();
        self.out.calls.clear();
        self.out.lines.clear();
        self.out.slots.clear();
        self.out.saved = None;
        self.left.clone_from(&self.facts.uses);
        self.homes.clear();
        self.homes.resize(func.dfg.num_values(), 0);
        self.locals.clear();
        self.labels.clear();
        self.labels.resize(func.dfg.num_blocks(), None);
        self.depth = 0;
        for slot in func.sized_stack_slots.values() {
            self.depth += (slot.size as i32 + 7) & !7;
            self.out.slots.push(self.depth);
        }
        let (warm, cold): (Vec<Block>, Vec<Block>) = self
            .facts
            .order
            .iter()
            .partition(|block| !func.layout.is_cold(**block));
        self.order.clear();
        self.order.extend(warm);
        self.order.extend(cold);
        if self.facts.handler.contains(&true) {
            self.depth += 8 * SAVED.len() as i32;
            self.out.saved = Some(self.depth);
        }
        let mut work = Work {
            q: self,
            func,
            source,
        };
        let reserved = work.prologue()?;
        for at in 0..work.q.order.len() {
            work.block(at)?;
        }
        work.cold_entry();
        if self.depth > FRAME_MAX as i32 {
            return Err(Unsupported);
        }
        self.out.frame = ((self.depth + 15) & !15) as u32;
        self.out.asm.write(reserved, self.out.frame as i32);
        self.out.asm.resolve();
        for call in &mut self.out.calls {
            call.lands = call.handler.map(|label| self.out.asm.offset(label));
        }
        Ok(&self.out)
    }
}

/// One compilation.
struct Work<'q, 'a> {
    q: &'q mut Quick,
    func: &'a Function,
    source: &'a Source<'a>,
}

impl Work<'_, '_> {
    fn asm(&mut self) -> &mut Asm {
        &mut self.q.out.asm
    }

    fn ty(&self, value: Value) -> Type {
        self.func.dfg.value_type(value)
    }

    fn is_float(&self, value: Value) -> bool {
        matches!(self.ty(value), types::F64 | types::F32)
    }

    /// What a value is made of where it is used.
    fn class(&self, value: Value) -> Class {
        let dfg = &self.func.dfg;
        let ValueDef::Result(inst, 0) = dfg.value_def(value) else {
            return Class::Home;
        };
        match dfg.insts[inst] {
            InstructionData::UnaryImm { imm, .. } => Class::Bits(imm.bits()),
            InstructionData::UnaryIeee64 { imm, .. } => Class::Bits(imm.bits() as i64),
            InstructionData::UnaryGlobalValue { global_value, .. } => {
                Class::Symbol(global_value.as_u32())
            }
            InstructionData::NullAry {
                opcode: Opcode::GetPinnedReg,
            } => Class::Process(0),
            InstructionData::NullAry {
                opcode: Opcode::GetStackPointer,
            } => Class::Stack,
            InstructionData::StackAddr {
                stack_slot, offset, ..
            } => {
                let at = self.q.out.slots[stack_slot.as_u32() as usize];
                Class::Frame(at - i32::from(offset))
            }
            InstructionData::Binary {
                opcode: Opcode::Iadd,
                args,
            } if self.is_process(args[0]) => match self.class(args[1]) {
                Class::Bits(offset) => Class::Process(offset as i32),
                _ => Class::Home,
            },
            _ => Class::Home,
        }
    }

    fn is_process(&self, value: Value) -> bool {
        let dfg = &self.func.dfg;
        let inst = dfg.value_def(value).inst();
        inst.is_some_and(|inst| dfg.insts[inst].opcode() == Opcode::GetPinnedReg)
    }

    fn symbol(&self, global: u32) -> Symbol {
        use cranelift_codegen::ir::{ExternalName, GlobalValue, GlobalValueData};
        let data = &self.func.global_values[GlobalValue::from_u32(global)];
        let GlobalValueData::Symbol {
            name: ExternalName::User(name),
            ..
        } = data
        else {
            panic!("only symbols have addresses here");
        };
        self.named(*name)
    }

    fn named(&self, name: cranelift_codegen::ir::UserExternalNameRef) -> Symbol {
        let name = &self.func.params.user_named_funcs()[name];
        self.source.symbols[name.index as usize].clone()
    }

    // Where values are.

    /// Is the value used again?
    fn needed(&self, value: Value) -> bool {
        let at = value.as_u32() as usize;
        if self.q.facts.global[at] {
            self.q.facts.uses[at] > 0
        } else {
            self.q.left[at] > 0
        }
    }

    /// Its word in the frame, which it gets now if it has none.
    fn home(&mut self, value: Value) -> Mem {
        let at = value.as_u32() as usize;
        if self.q.homes[at] == 0 {
            let free = match self.q.facts.global[at] {
                true => None,
                false => self.q.pool.pop(),
            };
            self.q.homes[at] = free.unwrap_or_else(|| {
                self.q.depth += 8;
                if !self.q.facts.global[at] {
                    self.q.locals.push(self.q.depth);
                }
                self.q.depth
            });
        }
        Mem::Base(RBP, -self.q.homes[at])
    }

    /// The word of a value that has one. Code that runs earlier may be written later, so one that leaves its block may get it only now.
    fn read(&mut self, value: Value) -> Mem {
        let at = value.as_u32() as usize;
        let known = self.q.homes[at] != 0 || self.q.facts.global[at];
        assert!(known, "{value} is used before it is made");
        self.home(value)
    }

    /// One use less.
    fn consume(&mut self, value: Value) {
        let at = value.as_u32() as usize;
        self.q.left[at] -= 1;
        if self.q.left[at] == 0 && !self.q.facts.global[at] && self.q.homes[at] != 0 {
            self.q.pool.push(self.q.homes[at]);
            self.q.homes[at] = 0;
        }
    }

    /// Writes what is held to its home if it is used again.
    fn settle_int(&mut self) {
        if let Some((value, true)) = self.q.int {
            if self.needed(value) {
                let home = self.home(value);
                self.asm().store(RAX, &home);
            }
            self.q.int = Some((value, false));
        }
    }

    fn settle_float(&mut self) {
        if let Some((value, true)) = self.q.float {
            if self.needed(value) {
                let home = self.home(value);
                self.asm().store_float(Xmm(0), &home);
            }
            self.q.float = Some((value, false));
        }
    }

    /// Before `rax` is overwritten.
    fn drop_int(&mut self) {
        self.settle_int();
        self.q.int = None;
    }

    fn drop_float(&mut self) {
        self.settle_float();
        self.q.float = None;
    }

    fn drop_all(&mut self) {
        self.drop_int();
        self.drop_float();
    }

    fn holds(&self, value: Value) -> bool {
        self.q.int.is_some_and(|(held, _)| held == value)
    }

    fn holds_float(&self, value: Value) -> bool {
        self.q.float.is_some_and(|(held, _)| held == value)
    }

    /// The value's bits in a register other than `rax`, or in `rax` when nothing is held there. Touches neither flags nor other registers.
    fn load(&mut self, to: Reg, value: Value) {
        if self.holds(value) {
            return self.asm().copy(to, RAX);
        }
        if self.holds_float(value) {
            return self.asm().bits_of_float(to, Xmm(0));
        }
        match self.class(value) {
            Class::Home => {
                let home = self.read(value);
                self.asm().load(to, &home);
            }
            Class::Bits(bits) => self.asm().number(to, bits),
            Class::Symbol(global) => match self.symbol(global) {
                near @ (Symbol::Cell(_) | Symbol::Static(_) | Symbol::Own) => {
                    self.asm().lea(to, &Mem::Near(near, 0));
                }
                far @ (Symbol::Shim | Symbol::DebugHook | Symbol::Leaf(_)) => {
                    self.asm().far_address(to, far);
                }
            },
            Class::Process(0) => self.asm().copy(to, R15),
            Class::Process(offset) => self.asm().lea(to, &Mem::Base(R15, offset)),
            Class::Frame(below) => self.asm().lea(to, &Mem::Base(RBP, -below)),
            Class::Stack => self.asm().copy(to, asm::RSP),
        }
    }

    /// A use of the value in a register that may be overwritten.
    fn take(&mut self, to: Reg, value: Value) {
        if to != RAX {
            self.load(to, value);
            self.consume(value);
        } else if self.holds(value) {
            self.consume(value);
            self.drop_int();
        } else {
            self.drop_int();
            self.load(to, value);
            self.consume(value);
        }
    }

    /// The same for a float.
    fn take_float(&mut self, to: Xmm, value: Value) {
        if self.holds_float(value) {
            self.asm().copy_float(to, Xmm(0));
            self.consume(value);
            if to == Xmm(0) {
                self.drop_float();
            }
            return;
        }
        if to == Xmm(0) {
            self.drop_float();
        }
        match self.class(value) {
            Class::Bits(0) => self.asm().zero_float(to),
            Class::Bits(bits) => {
                self.asm().number(asm::R11, bits);
                self.asm().float_of_bits(to, asm::R11);
            }
            _ => {
                let home = self.read(value);
                self.asm().load_float(to, &home);
            }
        }
        self.consume(value);
    }

    /// `rax` has just got the value.
    fn made(&mut self, value: Value) {
        debug_assert!(self.q.int.is_none());
        if self.needed(value) {
            self.q.int = Some((value, true));
        }
    }

    fn made_float(&mut self, value: Value) {
        debug_assert!(self.q.float.is_none());
        if self.needed(value) {
            self.q.float = Some((value, true));
        }
    }

    // Calls as the collector and the debugger see them.

    fn note_call(&mut self, inst: Inst, handler: Option<Label>, site: bool) {
        let mut alive: SmallVec<[Value; 16]> = SmallVec::new();
        self.q.facts.over_call(inst, |value| alive.push(value));
        let mut roots = Vec::with_capacity(alive.len() + 4);
        for value in alive {
            self.read(value);
            roots.push(self.q.homes[value.as_u32() as usize]);
        }
        if let Some(entries) = self.func.dfg.user_stack_map_entries(inst) {
            let slots = &self.q.out.slots;
            let at = |slot: StackSlot| slots[slot.as_u32() as usize];
            roots.extend(entries.iter().map(|e| at(e.slot) - e.offset as i32));
        }
        let scope = match self.func.debug_tags.get(inst).first() {
            Some(DebugTag::User(scope)) => Some(*scope),
            Some(DebugTag::StackSlot(_)) | None => None,
        };
        self.push_call(roots, handler, scope, site);
    }

    fn push_call(
        &mut self,
        mut roots: Vec<i32>,
        handler: Option<Label>,
        scope: Option<u32>,
        site: bool,
    ) {
        let slots = &self.q.out.slots;
        let kept = self.source.kept.iter();
        roots.extend(kept.map(|(slot, offset)| slots[slot.as_u32() as usize] - offset));
        self.q.out.calls.push(MachineCall {
            ret: self.q.out.asm.here(),
            roots,
            handler,
            lands: None,
            scope,
            site,
        });
    }

    fn label(&mut self, block: Block) -> Label {
        let at = block.as_u32() as usize;
        if let Some(label) = self.q.labels[at] {
            return label;
        }
        let label = self.asm().label();
        self.q.labels[at] = Some(label);
        label
    }

    fn at(&mut self, inst: Inst) {
        let at = self.func.srcloc(inst);
        if at.is_default() {
            return;
        }
        let here = self.q.out.asm.here();
        match self.q.out.lines.last_mut() {
            Some(last) if last.1 == at => {}
            Some(last) if last.0 == here => last.1 = at,
            _ => self.q.out.lines.push((here, at)),
        }
    }

    // The function's ends.

    /// → Where the frame's size is to be written.
    fn prologue(&mut self) -> Result<u32, Unsupported> {
        let asm = self.asm();
        asm.push(RBP);
        asm.copy(RBP, asm::RSP);
        let reserved = asm.reserve();
        if let Some(saved) = self.q.out.saved {
            for (i, reg) in SAVED.iter().enumerate() {
                let at = Mem::Base(RBP, -saved + 8 * i as i32);
                self.asm().store(Reg(*reg), &at);
            }
        }
        let entry = self.q.order[0];
        let params = self.func.dfg.block_params(entry);
        let places = call::places(&self.func.signature);
        for (param, place) in params.iter().zip(places) {
            if self.q.facts.uses[param.as_u32() as usize] == 0 {
                continue;
            }
            let home = self.home(*param);
            match place {
                call::At::Int(reg) => self.asm().store(reg, &home),
                call::At::Float(reg) => self.asm().store_float(reg, &home),
                call::At::Stack(offset) => {
                    self.asm().load(RAX, &Mem::Base(RBP, 16 + offset));
                    self.asm().store(RAX, &home);
                }
            }
        }
        for (slot, offset) in self.source.kept {
            let below = self.q.out.slots[slot.as_u32() as usize];
            self.asm().store_number(0, &Mem::Base(RBP, offset - below));
        }
        if let Some((counter, _)) = &self.source.hot {
            let (slow, go_on) = (self.asm().label(), self.asm().label());
            debug_assert_eq!((slow.0, go_on.0), (0, 1));
            self.asm().decrement(&Mem::Near(counter.clone(), 8));
            self.asm().jump_if(asm::Cond::Sign, slow);
            self.asm().bind(go_on);
        }
        Ok(reserved)
    }

    /// The cell is hot: has it compiled well, for the calls after this one.
    fn cold_entry(&mut self) {
        let Some((counter, cell)) = &self.source.hot else {
            return;
        };
        let (slow, go_on) = (Label(0), Label(1));
        self.asm().bind(slow);
        self.asm()
            .store_number(i32::MAX, &Mem::Near(counter.clone(), 8));
        self.asm()
            .store_number(cell.0 as i32, &Mem::Base(R15, ARGS));
        self.asm().number(asm::RDI, Op::Hot as i64);
        self.asm().call_near(Symbol::Shim);
        let mut roots = Vec::new();
        let homes = &self.q.homes;
        self.q
            .facts
            .at_entry(|value| roots.push(homes[value.as_u32() as usize]));
        self.push_call(roots, None, None, false);
        self.asm().jump(go_on);
    }

    fn block(&mut self, at: usize) -> Result<(), Unsupported> {
        let block = self.q.order[at];
        let next = self.q.order.get(at + 1).copied();
        self.q.pool.clone_from(&self.q.locals);
        self.q.int = None;
        self.q.float = None;
        let label = self.label(block);
        self.asm().bind(label);
        if self.q.facts.handler[block.as_u32() as usize] {
            // What was thrown comes in `rax`, and every way here is a throw.
            let thrown = self.func.dfg.block_params(block)[0];
            if self.q.facts.uses[thrown.as_u32() as usize] > 0 {
                let home = self.home(thrown);
                self.asm().store(RAX, &home);
            }
        }
        for inst in self.func.layout.block_insts(block) {
            self.at(inst);
            self.inst(inst, next)?;
        }
        Ok(())
    }
}
