//! Cells: which function at which types has which number.
//!
//! A named function keeps its cell for life; lambdas and local functions get fresh ones with every compilation of their owner, so that old closures keep their old code.

use nostos_abi::code::CellId;
use nostos_check::hir::{FnInst, Selected};
use nostos_check::ty::{FnId, Ty};
use rustc_hash::FxHashMap;

/// A function made by codegen for a type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Synth {
    /// `(a, b) -> Bool`
    Eq,
    /// `(a, b) -> Int`
    Compare,
    /// `(a) -> Int`
    Hash,
    /// `(a) -> ()`: appends to the innermost builder, as inside data.
    ShowInto,
    /// `(a) -> String`, as inside data.
    Show,
    /// `(a) -> a`
    Copy,
    /// `(a) -> Json`
    JsonEncode,
    /// `(Json) -> a`
    JsonDecode,
}

/// What a cell's code is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CellOwner {
    /// A named function at concrete types; for a module-level value, its getter.
    Fn(FnInst),
    /// What stands for a named function, method or operation used as a value of this function type: takes the closure first.
    Thunk(Selected, Ty),
    /// A function codegen makes for a type.
    Synth(Synth, Ty),
    /// A closed body without parameters, by number.
    Entry(u32),
    /// What is left of a function from a statement on, by number.
    Rest(u32),
    /// A lambda, local function or its closure form; published with the cell that is named.
    Inner(CellId),
}

/// The numbering.
#[derive(Default)]
pub struct Cells {
    owners: Vec<CellOwner>,
    known: FxHashMap<CellOwner, CellId>,
    by_fn: FxHashMap<FnId, Vec<CellId>>,
}

impl Cells {
    /// The cell of something that keeps its cell.
    pub fn of(&mut self, owner: CellOwner) -> CellId {
        if let Some(cell) = self.known.get(&owner) {
            return *cell;
        }
        let cell = self.add(owner.clone());
        if let CellOwner::Fn(inst) = &owner {
            self.by_fn.entry(inst.id).or_default().push(cell);
        }
        self.known.insert(owner, cell);
        cell
    }

    /// A fresh cell for a lambda or local function of `of`.
    pub fn inner(&mut self, of: CellId) -> CellId {
        self.add(CellOwner::Inner(of))
    }

    /// What a cell's code is.
    pub fn owner(&self, cell: CellId) -> Option<&CellOwner> {
        self.owners.get(cell.0 as usize)
    }

    /// Does the owner have this cell, and no later one?
    pub fn is_current(&self, owner: &CellOwner, cell: CellId) -> bool {
        self.known.get(owner) == Some(&cell)
    }

    /// The cells of a function's instances.
    pub fn cells_of(&self, id: FnId) -> &[CellId] {
        self.by_fn.get(&id).map_or(&[], |cells| cells)
    }

    /// A function's signature has changed: whoever asks for it from now on gets a fresh cell. → The cells so far; callers compiled earlier keep them.
    pub fn renew(&mut self, id: FnId) -> Vec<CellId> {
        let old = self.by_fn.remove(&id).unwrap_or_default();
        for cell in &old {
            self.known.remove(&self.owners[cell.0 as usize]);
        }
        old
    }

    fn add(&mut self, owner: CellOwner) -> CellId {
        self.owners.push(owner);
        CellId(self.owners.len() as u32 - 1)
    }
}
