//! Compiled code to an inert code object: relocations by symbol, stack maps and handlers by return address, sites, lines, locals.

use super::Names;
use super::debug::Scopes;
use crate::ir::{self, VarId};
use crate::layout::Layouts;
use crate::meaning::Meaning;
use crate::quick::{Machine, SAVED};
use cranelift_codegen::binemit::Reloc as MachineReloc;
use cranelift_codegen::ir::{
    AbiParam, DebugTag, ExternalName, Function, Signature, SourceLoc, StackSlot,
};
use cranelift_codegen::isa::unwind::UnwindInst;
use cranelift_codegen::{CompiledCode, FinalizedMachExceptionHandler, FinalizedRelocTarget};
use nostos_abi::code::{
    CallSite, CellId, Cfi, CodeObject, Expanded, Expansion, LocalVar, Reloc, RelocKind, Site,
    StaticWord, Symbol,
};
use nostos_abi::desc::ShapeId;
use nostos_check::hir::{MADE, expansion_at};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What is known of a function besides its machine code.
pub(super) struct Known<'a> {
    pub meaning: &'a dyn Meaning,
    pub layouts: &'a Layouts,
    pub function: &'a ir::Function,
    pub scopes: &'a Scopes,
    pub slots: &'a FxHashMap<VarId, StackSlot>,
    /// Variables whose slot is their place.
    pub in_place: &'a FxHashSet<VarId>,
}

/// Cranelift's code.
struct Input<'a> {
    known: Known<'a>,
    func: &'a Function,
    code: &'a CompiledCode,
    names: &'a Names,
}

pub(super) fn code_object(
    known: Known<'_>,
    func: &Function,
    code: &CompiledCode,
    names: &Names,
    statics: Vec<Vec<StaticWord>>,
    uses: Vec<CellId>,
) -> CodeObject {
    let input = Input {
        known,
        func,
        code,
        names,
    };
    let buffer = &code.buffer;
    let frame_size = buffer
        .frame_layout()
        .map_or(0, |layout| layout.frame_to_fp_offset);
    let ranges = buffer.get_srclocs_sorted().iter();
    let ranges = ranges.filter(|range| !range.loc.is_default() && range.start != range.end);
    let positions = Positions::new(&input.known, ranges.map(|range| (range.start, range.loc)));
    let patchable: FxHashMap<u32, u32> = buffer
        .patchable_call_sites()
        .map(|s| (s.ret_addr, s.len))
        .collect();
    let tags = buffer
        .debug_tags()
        .filter_map(|list| match list.tags.first() {
            Some(DebugTag::User(scope)) => Some((list.offset, scope - 1)),
            Some(DebugTag::StackSlot(_)) | None => None,
        });
    let size = code.code_buffer().len() as u32;
    let (locals, params) = buffer.frame_layout().map_or((Vec::new(), None), |layout| {
        let at = |slot: StackSlot| layout.stackslots[slot].offset as i32 - frame_size as i32;
        let locals = locals(&input.known, tags.collect(), &patchable, size, at);
        (locals, params(&input.known, at))
    });
    CodeObject {
        optimised: true,
        bytes: code.code_buffer().to_vec(),
        align: buffer.alignment.max(16),
        relocs: relocs(&input),
        takes: stack_bytes(&func.signature),
        calls: calls(&input, &positions, frame_size),
        sites: sites(&input, &positions),
        locals,
        params,
        frame_size,
        cfi: cfi(&input),
        ..described(&input.known, positions, statics, uses)
    }
}

/// Bytes of arguments on the stack: those that find no register.
fn stack_bytes(sig: &Signature) -> u32 {
    let is_float = |param: &&AbiParam| param.value_type.is_float();
    let floats = sig.params.iter().filter(is_float).count();
    let ints = sig.params.len() - floats;
    let words = ints.saturating_sub(6) + floats.saturating_sub(8);
    (words as u32 * 8).next_multiple_of(16)
}

/// Where the parameters are, if all are kept in the frame as they are passed.
fn params(known: &Known<'_>, slot_at: impl Fn(StackSlot) -> i32) -> Option<Vec<(ShapeId, i32)>> {
    let function = known.function;
    if function.closure.is_some() {
        return None;
    }
    let each = function.params.iter().map(|var| {
        let info = &function.vars[var.0 as usize];
        let slot = known.slots.get(var).filter(|_| !info.shared)?;
        Some((known.layouts.get(info.ty).shape, slot_at(*slot)))
    });
    each.collect()
}

fn described(
    known: &Known<'_>,
    positions: Positions,
    statics: Vec<Vec<StaticWord>>,
    uses: Vec<CellId>,
) -> CodeObject {
    let file = known.function.file;
    CodeObject {
        name: known.function.name.clone(),
        file: file.map_or(String::new(), |file| known.meaning.path(file).to_string()),
        line: file.map_or(0, |file| {
            let start = known.function.told(known.function.start);
            known.meaning.position(file, start).0
        }),
        arity: known.function.arity,
        made: known.function.made,
        lines: positions.lines,
        expansions: expansions(known),
        expanded: positions.expanded,
        statics,
        uses,
        ..CodeObject::default()
    }
}

/// The texts that macros made, for whoever is shown them.
fn expansions(known: &Known<'_>) -> Vec<Arc<Expansion>> {
    let function = known.function;
    let Some(file) = function.file else {
        return Vec::new();
    };
    // A lambda's name begins with its owner's, an instance's types stand behind.
    let of = function.name.split(['[', '@']).next();
    let of = of.unwrap_or_default().trim_end_matches(".lambda");
    let each = function.expansions.iter().enumerate();
    each.map(|(number, expansion)| {
        let at = function.told(expansion.start);
        Arc::new(Expansion {
            by: expansion.by.to_string(),
            of: of.to_owned(),
            number: number as u32,
            text: expansion.text.to_string(),
            kept: expansion.kept.iter().map(ToString::to_string).collect(),
            line: known.meaning.position(file, at).0,
        })
    })
    .collect()
}

/// The quick back end's code.
pub(super) fn quick_object(
    known: Known<'_>,
    sig: &Signature,
    machine: &Machine,
    statics: Vec<Vec<StaticWord>>,
    uses: Vec<CellId>,
) -> CodeObject {
    let positions = Positions::new(&known, machine.lines.iter().copied());
    let frame_size = machine.frame;
    let mut calls: Vec<CallSite> = Vec::with_capacity(machine.calls.len());
    let mut sites = Vec::new();
    let mut tags = Vec::new();
    let mut patchable = FxHashMap::default();
    for call in &machine.calls {
        let (line, column) = positions.at(call.ret - 1);
        let below = call.roots.iter().map(|below| frame_size - *below as u32);
        let mut roots: Vec<u32> = below.collect();
        roots.sort_unstable();
        roots.dedup();
        calls.push(CallSite {
            ret: call.ret,
            span: frame_size,
            roots,
            handler: call.lands,
            line,
        });
        if let Some(scope) = call.scope {
            tags.push((call.ret, scope - 1));
        }
        if call.site {
            patchable.insert(call.ret, SITE_BYTES);
            sites.push(Site {
                ret: call.ret,
                len: SITE_BYTES as u8,
                line,
                column,
                is_statement: true,
            });
        }
    }
    let near = machine.near().iter().map(|(offset, symbol, addend)| Reloc {
        offset: *offset,
        kind: RelocKind::PcRel4,
        symbol: symbol.clone(),
        addend: *addend,
    });
    let far = machine.far().iter().map(|(offset, symbol)| Reloc {
        offset: *offset,
        kind: RelocKind::Abs8,
        symbol: symbol.clone(),
        addend: 0,
    });
    let size = machine.bytes().len() as u32;
    let at = |slot: StackSlot| -machine.slots[slot.as_u32() as usize];
    CodeObject {
        bytes: machine.bytes().to_vec(),
        align: 16,
        relocs: near.chain(far).collect(),
        calls,
        sites,
        locals: locals(&known, tags, &patchable, size, at),
        params: params(&known, at),
        takes: stack_bytes(sig),
        frame_size,
        cfi: quick_cfi(machine),
        ..described(&known, positions, statics, uses)
    }
}

/// `push rbp; mov rbp, rsp; sub rsp, …`, then the caller's registers if they are saved.
fn quick_cfi(machine: &Machine) -> Vec<(u32, Cfi)> {
    let mut steps = vec![
        (1, Cfi::CfaStackPointer(16)),
        (1, Cfi::Saved(RBP, -16)),
        (4, Cfi::CfaFramePointer(16)),
    ];
    if let Some(below) = machine.saved {
        for (i, reg) in SAVED.iter().enumerate() {
            let number = dwarf_register(*reg).expect("a register of the machine");
            let at = -16 - below + 8 * i as i32;
            // True once they are all written; until then the registers themselves still hold the same.
            steps.push((11 + 28, Cfi::Saved(number, at)));
        }
    }
    steps
}

/// Length of a call with a distance of four bytes.
const SITE_BYTES: u32 = 5;

/// Source positions by code offset.
#[derive(Default)]
struct Positions {
    /// (start, line, column), sorted; line 0 where there is none.
    lines: Vec<(u32, u32, u32)>,
    /// What is of expansions.
    expanded: Vec<Expanded>,
}

impl Positions {
    /// From code offsets with the places in the source that they begin.
    fn new(known: &Known<'_>, starts: impl Iterator<Item = (u32, SourceLoc)>) -> Positions {
        let Some(file) = known.function.file else {
            return Positions::default();
        };
        let mut lines: Vec<(u32, u32, u32)> = Vec::new();
        let mut expanded: Vec<Expanded> = Vec::new();
        let expansions = &known.function.expansions;
        let mut seen: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for (start, at) in starts {
            let byte = at.bits();
            let within = expansion_at(expansions, byte).map(|expansion| {
                let which = expansions.iter().position(|other| other == expansion);
                (which.unwrap_or(0) as u32, byte - expansion.start)
            });
            if expanded
                .last()
                .map_or(within.is_some(), |last| last.1 != within)
            {
                expanded.push((start, within));
            }
            let byte = known.function.told(byte);
            let (line, column) = *seen
                .entry(byte)
                .or_insert_with(|| known.meaning.position(file, byte));
            if lines
                .last()
                .is_some_and(|last| (last.1, last.2) == (line, column))
            {
                continue;
            }
            lines.push((start, line, column));
        }
        Positions { lines, expanded }
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
                panic!("{}: a relocation to {other:?}", input.known.function.name)
            }
        };
        let kind = match reloc.kind {
            MachineReloc::Abs8 => RelocKind::Abs8,
            MachineReloc::X86PCRel4 | MachineReloc::X86CallPCRel4 => RelocKind::PcRel4,
            other => panic!(
                "{}: a relocation of kind {other:?}",
                input.known.function.name
            ),
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
            input.known.function.name
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
        input.known.function.name
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
///
/// In: the scope of each call by its return address, the lengths of those that are breakpoint sites, and where slots are from the frame pointer.
fn locals(
    known: &Known<'_>,
    mut tags: Vec<(u32, u32)>,
    patchable: &FxHashMap<u32, u32>,
    size: u32,
    slot_at: impl Fn(StackSlot) -> i32,
) -> Vec<LocalVar> {
    tags.sort_unstable();
    // The sets from the smallest to the one at hand, and since when each has been visible.
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut found: Vec<(VarId, u32, u32)> = Vec::new();
    let mut before = 0;
    let var = |set: u32| known.scopes.get(set).expect("an open set has a local").var;
    for (offset, set) in &tags {
        // A breakpoint stands at the start of its site, a caller at its return address.
        let start = offset - patchable.get(offset).copied().unwrap_or(1);
        let mut new = Vec::new();
        let mut at = *set;
        while let Some(scope) = known.scopes.get(at) {
            if open.get(scope.size as usize - 1).is_some_and(|o| o.0 == at) {
                break;
            }
            new.push(at);
            at = scope.parent;
        }
        let closed: Vec<(u32, u32)> = open.drain(known.scopes.size(at) as usize..).collect();
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
    let file = known.function.file;
    found
        .into_iter()
        .map(|(var, from, to)| {
            let info = &known.function.vars[var.0 as usize];
            LocalVar {
                name: info.name.to_string(),
                shape: known.layouts.get(info.ty).shape,
                fp_offset: slot_at(known.slots[&var]),
                boxed_var: info.shared,
                scope: (from, to),
                is_param: known.function.params.contains(&var),
                is_captured: known
                    .function
                    .closure
                    .as_ref()
                    .is_some_and(|captures| captures.contains(&var)),
                in_place: info.shared || known.in_place.contains(&var),
                line: file.map_or(0, |file| {
                    let at = known.function.told(info.at);
                    known.meaning.position(file, at).0
                }),
                at: match info.at {
                    made @ MADE.. => made,
                    at => at.saturating_sub(known.function.base),
                },
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
