//! Gives each use of a stack address its own copy, right before the use, between the mid-end and lowering.
//!
//! The same is done to the addresses of symbols, for another reason: shared, each would keep a callee-saved register busy over all calls.
//!
//! A stack may move at every call, so no address into it may live across one. The mid-end takes such addresses for pure values and
//! shares them over calls; nothing after it shares again. Proven by the prototypes (see the design notes on movable frames).

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef,
};

/// How many additions on a stack address are followed.
const DEPTH: u32 = 4;

/// Rewrites the function; panics when a stack address is passed to a block, which cannot be made movable.
pub fn sink_stack_addresses(func: &mut Function) {
    let has_any = func.layout.blocks().any(|block| {
        let mut insts = func.layout.block_insts(block);
        insts.any(|inst| is_address(func, inst) || is_symbol(func, inst))
    });
    if !has_any {
        return;
    }
    let mut pos = FuncCursor::new(func);
    while pos.next_block().is_some() {
        while let Some(inst) = pos.next_inst() {
            sink_into(&mut pos, inst);
            let dfg = &pos.func.dfg;
            for call in dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
            {
                for arg in call.args(&dfg.value_lists) {
                    if let Some(value) = arg.as_value() {
                        assert!(
                            derived(pos.func, value, DEPTH).is_none(),
                            "a stack address as a block argument"
                        );
                    }
                }
            }
        }
    }
}

fn sink_into(pos: &mut FuncCursor<'_>, inst: Inst) {
    let first = pos.func.dfg.inst_results(inst).first().copied();
    if first.is_some_and(|value| derived(pos.func, value, DEPTH).is_some()) {
        return;
    }
    for i in 0..pos.func.dfg.inst_args(inst).len() {
        let value = pos.func.dfg.inst_args(inst)[i];
        if let Some(def) = symbol(pos.func, value) {
            if pos.func.layout.prev_inst(inst) != Some(def) {
                let InstructionData::UnaryGlobalValue { global_value, .. } =
                    pos.func.dfg.insts[def]
                else {
                    unreachable!("a symbol's address is made by this");
                };
                let ty = pos.func.dfg.value_type(value);
                let copy = pos.ins().symbol_value(ty, global_value);
                pos.func.dfg.inst_args_mut(inst)[i] = copy;
            }
            continue;
        }
        let Some(def) = derived(pos.func, value, DEPTH) else {
            continue;
        };
        if is_address(pos.func, def) && pos.func.layout.prev_inst(inst) == Some(def) {
            continue;
        }
        let copy = copy_here(pos, value);
        pos.func.dfg.inst_args_mut(inst)[i] = copy;
    }
}

fn is_address(func: &Function, inst: Inst) -> bool {
    matches!(
        func.dfg.insts[inst],
        InstructionData::StackAddr { .. }
            | InstructionData::NullAry {
                opcode: Opcode::GetStackPointer | Opcode::GetFramePointer,
                ..
            }
    )
}

fn is_symbol(func: &Function, inst: Inst) -> bool {
    matches!(
        func.dfg.insts[inst],
        InstructionData::UnaryGlobalValue {
            opcode: Opcode::SymbolValue,
            ..
        }
    )
}

fn symbol(func: &Function, value: Value) -> Option<Inst> {
    let value = func.dfg.resolve_aliases(value);
    match func.dfg.value_def(value) {
        ValueDef::Result(def, _) if is_symbol(func, def) => Some(def),
        _ => None,
    }
}

/// The instruction that makes this stack address, if it is one.
fn derived(func: &Function, value: Value, depth: u32) -> Option<Inst> {
    let value = func.dfg.resolve_aliases(value);
    let ValueDef::Result(def, _) = func.dfg.value_def(value) else {
        return None;
    };
    if is_address(func, def) {
        return Some(def);
    }
    let sum = matches!(
        func.dfg.insts[def],
        InstructionData::Binary {
            opcode: Opcode::Iadd | Opcode::Isub,
            ..
        }
    );
    let from_address = depth > 0 && sum && {
        let mut args = func.dfg.inst_args(def).iter();
        args.any(|arg| derived(func, *arg, depth - 1).is_some())
    };
    from_address.then_some(def)
}

fn copy_here(pos: &mut FuncCursor<'_>, value: Value) -> Value {
    let value = pos.func.dfg.resolve_aliases(value);
    let Some(def) = derived(pos.func, value, DEPTH) else {
        return value;
    };
    let ty = pos.func.dfg.value_type(value);
    match pos.func.dfg.insts[def] {
        InstructionData::StackAddr {
            stack_slot, offset, ..
        } => pos.ins().stack_addr(ty, stack_slot, offset),
        InstructionData::NullAry {
            opcode: Opcode::GetStackPointer,
        } => pos.ins().get_stack_pointer(ty),
        InstructionData::NullAry { .. } => pos.ins().get_frame_pointer(ty),
        InstructionData::Binary { opcode, args } => {
            let left = copy_here(pos, args[0]);
            let right = copy_here(pos, args[1]);
            if opcode == Opcode::Iadd {
                pos.ins().iadd(left, right)
            } else {
                pos.ins().isub(left, right)
            }
        }
        _ => unreachable!("derived finds only these"),
    }
}
