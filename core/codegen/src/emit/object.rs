//! Compiled code to an inert code object: relocations by symbol, stack maps and handlers by return address, sites, lines, locals.

use super::Names;
use super::debug::Scopes;
use crate::ir::{self, VarId};
use crate::layout::Layouts;
use crate::meaning::Meaning;
use cranelift_codegen::binemit::Reloc as MachineReloc;
use cranelift_codegen::ir::{DebugTag, ExternalName, Function, StackSlot};
use cranelift_codegen::isa::unwind::UnwindInst;
use cranelift_codegen::{CompiledCode, FinalizedMachExceptionHandler, FinalizedRelocTarget};
use nostos_abi::code::{
    CallSite, CellId, Cfi, CodeObject, LocalVar, Reloc, RelocKind, Site, StaticWord, Symbol,
};
use rustc_hash::FxHashMap;

/// What a code object is made of.
pub(super) struct Input<'a> {
    pub meaning: &'a dyn Meaning,
    pub layouts: &'a Layouts,
    pub function: &'a ir::Function,
    pub func: &'a Function,
    pub code: &'a CompiledCode,
    pub names: &'a Names,
    pub statics: Vec<Vec<StaticWord>>,
    pub uses: Vec<CellId>,
    pub scopes: &'a Scopes,
    pub slots: &'a FxHashMap<VarId, StackSlot>,
}

pub(super) fn code_object(input: Input<'_>) -> CodeObject {
    let buffer = &input.code.buffer;
    let frame_size = buffer
        .frame_layout()
        .map_or(0, |layout| layout.frame_to_fp_offset);
    let file = input.function.file;
    let positions = Positions::new(&input);
    CodeObject {
        name: input.function.name.clone(),
        file: file.map_or(String::new(), |file| input.meaning.path(file).to_string()),
        line: file.map_or(0, |file| input.meaning.position(file, input.function.at).0),
        arity: input.function.arity,
        bytes: input.code.code_buffer().to_vec(),
        align: buffer.alignment.max(16),
        relocs: relocs(&input),
        calls: calls(&input, &positions, frame_size),
        sites: sites(&input, &positions),
        lines: positions.lines.clone(),
        locals: locals(&input, frame_size),
        frame_size,
        cfi: cfi(&input),
        statics: input.statics,
        uses: input.uses,
    }
}

/// Source positions by code offset.
struct Positions {
    /// (start, line, column), sorted; line 0 where there is none.
    lines: Vec<(u32, u32, u32)>,
}

impl Positions {
    fn new(input: &Input<'_>) -> Positions {
        let mut lines: Vec<(u32, u32, u32)> = Vec::new();
        let Some(file) = input.function.file else {
            return Positions { lines };
        };
        let mut known: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for range in input.code.buffer.get_srclocs_sorted() {
            if range.loc.is_default() || range.start == range.end {
                continue;
            }
            let byte = range.loc.bits();
            let (line, column) = *known
                .entry(byte)
                .or_insert_with(|| input.meaning.position(file, byte));
            if lines
                .last()
                .is_some_and(|last| (last.1, last.2) == (line, column))
            {
                continue;
            }
            lines.push((range.start, line, column));
        }
        Positions { lines }
    }

    fn at(&self, offset: u32) -> (u32, u32) {
        let after = self.lines.partition_point(|(start, ..)| *start <= offset);
        match after.checked_sub(1) {
            Some(i) => (self.lines[i].1, self.lines[i].2),
            None => (0, 0),
        }
    }
}

fn relocs(input: &Input<'_>) -> Vec<Reloc> {
    let each = input.code.buffer.relocs().iter();
    each.map(|reloc| {
        let (symbol, extra) = match &reloc.target {
            FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                let name = &input.func.params.user_named_funcs()[*name];
                (input.names.symbols[name.index as usize].clone(), 0)
            }
            FinalizedRelocTarget::Func(offset) => (Symbol::Own, i64::from(*offset)),
            FinalizedRelocTarget::ExternalName(other) => {
                panic!("{}: a relocation to {other:?}", input.function.name)
            }
        };
        let kind = match reloc.kind {
            MachineReloc::Abs8 => RelocKind::Abs8,
            MachineReloc::X86PCRel4 | MachineReloc::X86CallPCRel4 => RelocKind::PcRel4,
            other => panic!("{}: a relocation of kind {other:?}", input.function.name),
        };
        Reloc {
            offset: reloc.offset,
            kind,
            symbol,
            addend: reloc.addend + extra,
        }
    })
    .collect()
}

/// Every call, also without roots, so that an unknown return address is an error.
fn calls(input: &Input<'_>, positions: &Positions, frame_size: u32) -> Vec<CallSite> {
    let buffer = &input.code.buffer;
    let mut roots: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (ret, span, map) in buffer.user_stack_maps() {
        debug_assert_eq!(
            *span, frame_size,
            "{}: stack map of another frame size",
            input.function.name
        );
        let slots = roots.entry(*ret).or_default();
        slots.extend(map.entries().map(|(_, offset)| offset));
        slots.sort_unstable();
        slots.dedup();
    }
    let mut calls: Vec<CallSite> = buffer
        .call_sites()
        .map(|site| CallSite {
            ret: site.ret_addr,
            span: site.frame_offset.unwrap_or(frame_size),
            roots: roots.remove(&site.ret_addr).unwrap_or_default(),
            handler: site
                .exception_handlers
                .iter()
                .find_map(|handler| match handler {
                    FinalizedMachExceptionHandler::Default(offset)
                    | FinalizedMachExceptionHandler::Tag(_, offset) => Some(*offset),
                    FinalizedMachExceptionHandler::Context(_) => None,
                }),
            line: positions.at(site.ret_addr - 1).0,
        })
        .collect();
    assert!(
        roots.is_empty(),
        "{}: roots at no call",
        input.function.name
    );
    calls.sort_by_key(|call| call.ret);
    calls
}

fn sites(input: &Input<'_>, positions: &Positions) -> Vec<Site> {
    let mut sites: Vec<Site> = input
        .code
        .buffer
        .patchable_call_sites()
        .map(|site| {
            let (line, column) = positions.at(site.ret_addr - 1);
            Site {
                ret: site.ret_addr,
                len: site.len as u8,
                line,
                column,
                is_statement: true,
            }
        })
        .collect();
    sites.sort_by_key(|site| site.ret);
    sites
}

/// A local is visible from the first to the last call of each run of calls in whose scope it is.
fn locals(input: &Input<'_>, frame_size: u32) -> Vec<LocalVar> {
    let buffer = &input.code.buffer;
    let Some(layout) = buffer.frame_layout() else {
        return Vec::new();
    };
    let patchable: FxHashMap<u32, u32> = buffer
        .patchable_call_sites()
        .map(|s| (s.ret_addr, s.len))
        .collect();
    let mut tags: Vec<(u32, u32)> = buffer
        .debug_tags()
        .filter_map(|list| match list.tags.first() {
            Some(DebugTag::User(scope)) => Some((list.offset, scope - 1)),
            Some(DebugTag::StackSlot(_)) | None => None,
        })
        .collect();
    tags.sort_unstable();
    let size = input.code.code_buffer().len() as u32;
    // The sets from the smallest to the one at hand, and since when each has been visible.
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut found: Vec<(VarId, u32, u32)> = Vec::new();
    let mut before = 0;
    let var = |set: u32| input.scopes.get(set).expect("an open set has a local").var;
    for (offset, set) in &tags {
        // A breakpoint stands at the start of its site, a caller at its return address.
        let start = offset - patchable.get(offset).copied().unwrap_or(1);
        let mut new = Vec::new();
        let mut at = *set;
        while let Some(scope) = input.scopes.get(at) {
            if open.get(scope.size as usize - 1).is_some_and(|o| o.0 == at) {
                break;
            }
            new.push(at);
            at = scope.parent;
        }
        let closed: Vec<(u32, u32)> = open.drain(input.scopes.size(at) as usize..).collect();
        // The same local by way of another set stays visible.
        let mut stays: FxHashMap<VarId, u32> = closed.iter().map(|o| (var(o.0), o.1)).collect();
        for set in new.iter().rev() {
            open.push((*set, stays.remove(&var(*set)).unwrap_or(start)));
        }
        found.extend(stays.into_iter().map(|(var, from)| (var, from, before + 1)));
        before = *offset;
    }
    found.extend(open.into_iter().map(|(set, from)| (var(set), from, size)));
    found.sort_by_key(|(var, from, _)| (*from, var.0));
    let file = input.function.file;
    found
        .into_iter()
        .map(|(var, from, to)| {
            let info = &input.function.vars[var.0 as usize];
            let slot = layout.stackslots[input.slots[&var]].offset;
            LocalVar {
                name: info.name.to_string(),
                shape: input.layouts.get(info.ty).shape,
                fp_offset: slot as i32 - frame_size as i32,
                boxed_var: info.shared,
                scope: (from, to),
                is_param: input.function.params.contains(&var),
                line: file.map_or(0, |file| input.meaning.position(file, info.at).0),
            }
        })
        .collect()
}

fn cfi(input: &Input<'_>) -> Vec<(u32, Cfi)> {
    let mut steps = Vec::new();
    let mut clobbers = 0;
    for (offset, inst) in &input.code.buffer.unwind_info {
        match inst {
            UnwindInst::PushFrameRegs {
                offset_upward_to_caller_sp,
            } => {
                let up = *offset_upward_to_caller_sp as i32;
                steps.push((*offset, Cfi::CfaStackPointer(up)));
                steps.push((*offset, Cfi::Saved(RBP, -up)));
            }
            UnwindInst::DefineNewFrame {
                offset_upward_to_caller_sp,
                offset_downward_to_clobbers,
            } => {
                clobbers = (offset_upward_to_caller_sp + offset_downward_to_clobbers) as i32;
                steps.push((
                    *offset,
                    Cfi::CfaFramePointer(*offset_upward_to_caller_sp as i32),
                ));
            }
            UnwindInst::SaveReg {
                clobber_offset,
                reg,
            } => {
                if let Some(number) = dwarf_register(reg.hw_enc()) {
                    steps.push((
                        *offset,
                        Cfi::Saved(number, *clobber_offset as i32 - clobbers),
                    ));
                }
            }
            UnwindInst::StackAlloc { .. }
            | UnwindInst::RegStackOffset { .. }
            | UnwindInst::Aarch64SetPointerAuth { .. } => {}
        }
    }
    steps
}

const RBP: u16 = 6;

/// DWARF's number of an x86-64 integer register.
fn dwarf_register(encoding: u8) -> Option<u16> {
    const NUMBERS: [u16; 16] = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];
    NUMBERS.get(encoding as usize).copied()
}
