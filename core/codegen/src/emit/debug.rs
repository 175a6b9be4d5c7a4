//! What a debugger needs: places to stop at, and named locals in frame slots with the code in which they are visible.
//!
//! A local is visible, and its slot a root, exactly where its binding has run: a call lists the slots of the locals in scope and no others,
//! so that stale slots are neither read nor kept alive.

use super::{Emit, Lanes, Place, lane_type};
use crate::ir::VarId;
use cranelift_codegen::ir::{
    AbiParam, Block, DebugTag, Inst, InstBuilder, Signature, StackSlotData, StackSlotKind,
    UserStackMapEntry, Value, types,
};
use cranelift_codegen::isa::CallConv;
use nostos_abi::code::Symbol;
use nostos_abi::object::Lane;

/// So many locals are visible at once and no more: a list of them stands at every call, and generated functions have tens of thousands of both.
const SHOWN: u32 = 256;

/// Sets of visible locals, each its parent and one more; 0 is the empty set.
#[derive(Default)]
pub(super) struct Scopes {
    entries: Vec<Scope>,
    /// The set at hand.
    pub(super) now: u32,
}

/// A set that is not empty.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// The local that it has and its parent has not.
    pub(super) var: VarId,
    pub(super) parent: u32,
    /// How many locals are in it.
    pub(super) size: u32,
    /// The smallest set with the same references: itself if its local is one.
    refs: u32,
}

/// What is known of the value of a local that lies in its slot.
pub(super) struct Held {
    lanes: Lanes,
    /// The first lane of what it was bound to.
    bound: Value,
    /// How many calls there were before.
    calls: u32,
    /// Where it was read; `None`: it is the local's first value, which is there wherever the local is.
    block: Option<Block>,
}

impl Scopes {
    fn push(&mut self, var: VarId, is_ref: bool) {
        let number = self.entries.len() as u32 + 1;
        let refs = self.get(self.now).map_or(0, |scope| scope.refs);
        self.entries.push(Scope {
            var,
            parent: self.now,
            size: self.size(self.now) + 1,
            refs: if is_ref { number } else { refs },
        });
        self.now = number;
    }

    /// A set by number; `None` for the empty one.
    pub(super) fn get(&self, set: u32) -> Option<Scope> {
        Some(self.entries[(set as usize).checked_sub(1)?])
    }

    /// How many locals a set has.
    pub(super) fn size(&self, set: u32) -> u32 {
        self.get(set).map_or(0, |scope| scope.size)
    }

    /// The locals of a set that hold references, innermost first.
    fn refs(&self, set: u32) -> impl Iterator<Item = VarId> + '_ {
        let smallest = |set: u32| self.get(set).map_or(0, |scope| scope.refs);
        let mut at = smallest(set);
        std::iter::from_fn(move || {
            let scope = self.get(at)?;
            at = smallest(scope.parent);
            Some(scope.var)
        })
    }
}

impl Emit<'_, '_> {
    /// A call that the publisher turns into a no-op until a breakpoint is set.
    pub(super) fn site(&mut self) {
        if !self.sites {
            return;
        }
        let sig = Signature::new(CallConv::PreserveAll);
        let hook = self.import(Symbol::DebugHook, sig, true);
        let inst = self.b.ins().call(hook, &[]);
        self.note_call(inst);
    }

    /// Roots in debug slots, and the visible locals, of a call.
    pub(super) fn note_call(&mut self, inst: Inst) {
        if !self.sites {
            return;
        }
        self.calls += 1;
        let visible: Vec<VarId> = self.debug.refs(self.debug.now).collect();
        for var in visible {
            let slot = self.slots[&var];
            for (i, lane) in self.slot_lanes(var).iter().enumerate() {
                if *lane == Lane::Ref {
                    let entry = UserStackMapEntry {
                        ty: types::I64,
                        slot,
                        offset: i as u32 * 8,
                    };
                    self.b.func.dfg.append_user_stack_map_entry(inst, entry);
                }
            }
        }
        // One more, because an empty tag list would not be kept.
        let tag = DebugTag::User(self.debug.now + 1);
        self.b.func.debug_tags.set(inst, [tag]);
    }

    pub(super) fn slot_lanes(&self, var: VarId) -> Vec<Lane> {
        let var = &self.f.vars[var.0 as usize];
        if var.shared {
            vec![Lane::Ref]
        } else {
            self.layouts.lanes(var.ty).to_vec()
        }
    }

    /// Writes a named local's slot; it is visible from here on.
    pub(super) fn show_local(&mut self, var: VarId, lanes: &Lanes) {
        // It may be bound where its code is written out a second time.
        self.held.remove(&var);
        let full = self.debug.size(self.debug.now) >= SHOWN;
        if !self.sites || full || self.f.vars[var.0 as usize].name.is_empty() {
            return;
        }
        if !matches!(self.places[var.0 as usize], Place::Kept(_)) {
            self.write_slot(var, lanes);
        }
        let is_ref = self.slot_lanes(var).contains(&Lane::Ref);
        self.debug.push(var, is_ref);
        if is_ref && !self.quick {
            let held = Held {
                lanes: lanes.clone(),
                bound: lanes[0],
                calls: self.calls,
                block: None,
            };
            self.hold(var, held);
        }
    }

    fn hold(&mut self, var: VarId, held: Held) {
        let kinds = self.slot_lanes(var);
        let refs = kinds.iter().zip(&held.lanes).enumerate();
        let refs = refs.filter(|(_, (lane, _))| **lane == Lane::Ref);
        self.local_of
            .extend(refs.map(|(i, (_, value))| (*value, (var, i, held.bound))));
        self.held.insert(var, held);
    }

    /// A value that was read before a call, for use behind it: if it is a local's, that is read again.
    pub(super) fn anew(&mut self, value: Value) -> Value {
        let Some(&(var, lane, bound)) = self.local_of.get(&value) else {
            return value;
        };
        // It may have been bound anew.
        if self.held.get(&var).is_none_or(|held| held.bound != bound) {
            return value;
        }
        match &self.places[var.0 as usize] {
            Place::Once(lanes) => {
                let lanes = lanes.clone();
                self.held(var, lanes)[lane]
            }
            Place::Unset | Place::Many(_) | Place::Kept(_) => value,
        }
    }

    /// A local that was given its value once: these lanes, or after a call what its slot holds. A reference that lived over a call as a value
    /// would have a second slot, with another store and the same load.
    pub(super) fn held(&mut self, var: VarId, lanes: Lanes) -> Lanes {
        let Some(held) = self.held.get(&var) else {
            return lanes;
        };
        let here = self.b.current_block();
        if held.calls == self.calls && (held.block.is_none() || held.block == here) {
            return held.lanes.clone();
        }
        // Calls know the slot while the local is shown, and no longer.
        if !self.debug.refs(self.debug.now).any(|shown| shown == var) {
            return lanes;
        }
        let slot = self.slots[&var];
        let kinds = self.slot_lanes(var);
        let each = kinds.iter().zip(&lanes).enumerate();
        let read: Lanes = each
            .map(|(i, (lane, value))| match lane {
                Lane::Ref => {
                    let ins = self.b.ins();
                    let value = ins.stack_load(types::I64, lane_type(*lane), slot, i as i32 * 8);
                    self.tracked(*lane, value)
                }
                Lane::Raw | Lane::Float => *value,
            })
            .collect();
        let held = Held {
            lanes: read.clone(),
            bound: lanes[0],
            calls: self.calls,
            block: here,
        };
        self.hold(var, held);
        read
    }

    /// Keeps the slot of a visible local up to date.
    pub(super) fn update_local(&mut self, var: VarId, lanes: &Lanes) {
        let kept = matches!(self.places[var.0 as usize], Place::Kept(_));
        let known = self.sites && !self.f.vars[var.0 as usize].shared && !kept;
        if known && self.slots.contains_key(&var) {
            self.write_slot(var, lanes);
        }
    }

    pub(super) fn write_slot(&mut self, var: VarId, lanes: &Lanes) {
        let slot = match self.slots.get(&var) {
            Some(slot) => *slot,
            None => {
                let size = (lanes.len() as u32 * 8).max(8);
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3);
                let slot = self.b.create_sized_stack_slot(data);
                self.slots.insert(var, slot);
                slot
            }
        };
        for (i, value) in lanes.iter().enumerate() {
            self.b
                .ins()
                .stack_store(types::I64, *value, slot, i as i32 * 8);
        }
    }
}

/// A signature of lanes.
pub(super) fn tail_signature(
    params: impl Iterator<Item = Lane>,
    results: impl Iterator<Item = Lane>,
) -> Signature {
    let mut sig = Signature::new(CallConv::Tail);
    sig.params
        .extend(params.map(|l| AbiParam::new(lane_type(l))));
    sig.returns
        .extend(results.map(|l| AbiParam::new(lane_type(l))));
    sig
}
