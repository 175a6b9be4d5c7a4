//! Meaning to inert code: monomorphic IR, layouts, CLIF, code objects with stack maps, breakpoint sites and names for a debugger.
//!
//! In: the checked program, asked cell by cell. Out: [`CodeObject`]s, which `runtime` publishes, and the descriptor table that says what is in memory.
//! Absent: execution; nothing here runs what it makes, and no address is baked in.
#![forbid(unsafe_code)]

pub mod dwarf;
pub mod emit;
pub mod ir;
pub mod layout;
pub mod lower;
pub mod meaning;
pub mod mono;
mod quick;
pub mod rest;
mod sink;

pub use lower::CompileError;
pub use mono::{CellOwner, Synth};

use emit::{Emitter, Tier};
use ir::Function;
use layout::{Layouts, TyId};
use lower::World;
use meaning::Meaning;
use mono::Cells;
use nostos_abi::code::{CellId, CodeObject};
use nostos_abi::desc::{DescTable, ShapeId};
use nostos_abi::object::Lane;
use nostos_abi::process::FRAME_MAX;
use nostos_check::hir::{Body, FnInst, TypeDef};
use nostos_check::ty::{FnId, Ty};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How to compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Every statement is a place to stop at, and named locals live in frame slots.
    pub debug_sites: bool,
    /// A `var` of a plain type is read and written in its frame slot, so that a debugger can change it.
    pub keep_vars: bool,
    /// Cranelift's verifier runs on everything.
    pub verifier: bool,
    /// Which back end compiles what.
    pub tiers: Tiers,
}

/// Which back end compiles what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tiers {
    /// The quick one first, Cranelift what has loops and what turns out to be hot.
    Mixed,
    /// The quick one all it can; for tests.
    Quick,
    /// Cranelift everything.
    Best,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            debug_sites: true,
            keep_vars: false,
            verifier: cfg!(debug_assertions),
            tiers: Tiers::Mixed,
        }
    }
}

/// What one compilation gives.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The function asked for first, then what must be published with it: its lambdas and local functions.
    pub code: Vec<(CellId, CodeObject)>,
}

/// The compiler of one image.
pub struct Codegen {
    layouts: Layouts,
    cells: Cells,
    globals: lower::Globals,
    entries: Vec<Arc<Body>>,
    rests: Vec<rest::Rest>,
    versions: rest::Versions,
    templates: lower::Templates,
    emitter: Emitter,
    options: Options,
    /// Lambdas and local functions that were compiled quickly, to be compiled well when they are hot.
    inner: FxHashMap<CellId, Function>,
}

impl Codegen {
    /// With nothing compiled yet.
    pub fn new(options: Options) -> Codegen {
        Codegen {
            layouts: Layouts::new(),
            cells: Cells::default(),
            globals: lower::Globals::default(),
            entries: Vec::new(),
            rests: Vec::new(),
            versions: rest::Versions::default(),
            templates: lower::Templates::default(),
            emitter: Emitter::new(options.debug_sites, options.keep_vars, options.verifier),
            options,
            inner: FxHashMap::default(),
        }
    }

    /// Descriptors, shapes and atoms so far. Hand new ones to the runtime before publishing what needs them.
    pub fn descs(&self) -> &DescTable {
        &self.layouts.table
    }

    /// Layouts so far, by the numbers of types that lowered functions carry.
    pub fn layouts(&self) -> &Layouts {
        &self.layouts
    }

    /// The cell calls to a function at concrete types go through; new or known.
    pub fn fn_cell(&mut self, inst: &FnInst) -> CellId {
        self.cells.of(CellOwner::Fn(inst.clone()))
    }

    /// The cell of a closed body without parameters; its code gives the boxed value.
    pub fn entry_cell(&mut self, body: Arc<Body>) -> CellId {
        self.entries.push(body);
        let number = self.entries.len() as u32 - 1;
        self.cells.of(CellOwner::Entry(number))
    }

    /// The descriptor of the closure object through which an entry cell with locals is called: the payload is the cell's address,
    /// then the locals' lanes in order (of one that lives in a cell object: the reference to it).
    pub fn entry_closure(&mut self, meaning: &dyn Meaning, cell: CellId) -> Option<u32> {
        let Some(CellOwner::Entry(number)) = self.cells.owner(cell) else {
            return None;
        };
        let body = self.entries[*number as usize].clone();
        let mut lanes = Vec::new();
        let mut captured = Vec::new();
        for param in &body.params {
            let local = &body.locals[param.0 as usize];
            let id = self.layouts.of(meaning, &local.ty);
            captured.push((local.name.to_string(), self.layouts.get(id).shape));
            if local.mutable && local.captured {
                lanes.push(Lane::Ref);
            } else {
                lanes.extend(self.layouts.get(id).lanes.iter().copied());
            }
        }
        Some(self.layouts.closure_desc("expression", captured, lanes))
    }

    /// Compiles a cell's code.
    pub fn compile(&mut self, meaning: &dyn Meaning, cell: CellId) -> Result<Batch, CompileError> {
        let lowered = self.lower(meaning, cell)?;
        let mut batch = Batch::default();
        for (number, (cell, function)) in lowered.into_iter().enumerate() {
            let tier = match self.options.tiers {
                Tiers::Mixed if emit::is_kernel(&function) => Tier::Best,
                Tiers::Mixed => Tier::QuickUntilHot,
                Tiers::Quick => Tier::Quick,
                Tiers::Best => Tier::Best,
            };
            let quick = self.emit(meaning, &mut batch, cell, &function, tier);
            // The cell's own function can be had again from the text.
            if number > 0 && quick && tier == Tier::QuickUntilHot {
                self.inner.insert(cell, function);
            }
        }
        Ok(batch)
    }

    /// Better code for a cell whose quickly made code is called a lot, with what must be published with it. Nothing, when there is none to be had:
    /// the cell is of an earlier version of its function, or has been improved.
    pub fn improve(&mut self, meaning: &dyn Meaning, cell: CellId) -> Batch {
        let mut batch = Batch::default();
        let owner = self.cells.owner(cell);
        let lowered = match owner {
            Some(CellOwner::Inner(_)) => match self.inner.remove(&cell) {
                Some(function) => vec![(cell, function)],
                None => return batch,
            },
            Some(owner) if self.cells.is_current(owner, cell) => {
                self.lower_again(meaning, cell).unwrap_or_default()
            }
            Some(_) | None => return batch,
        };
        for (number, (cell, function)) in lowered.into_iter().enumerate() {
            let tier = match number {
                0 => Tier::Best,
                _ => Tier::QuickUntilHot,
            };
            let quick = self.emit(meaning, &mut batch, cell, &function, tier);
            if quick {
                self.inner.insert(cell, function);
            }
        }
        batch
    }

    /// Adds a function's code to the batch, in two cells if its frame is large; whether it is quickly made.
    fn emit(
        &mut self,
        meaning: &dyn Meaning,
        batch: &mut Batch,
        cell: CellId,
        function: &Function,
        tier: Tier,
    ) -> bool {
        let layouts = &mut self.layouts;
        let made = self.emitter.emit(meaning, layouts, cell, function, tier);
        if made.stack <= FRAME_MAX as u32 {
            batch.code.push((cell, made.code));
            return made.quick;
        }
        let body = self.cells.inner(cell);
        let emitter = &mut self.emitter;
        let guard = emitter.emit_guard(meaning, layouts, body, function, made.stack);
        batch.code.push((cell, guard));
        batch.code.push((body, made.code));
        made.quick
    }

    /// A cell's functions as typed monomorphic IR, before any machine is involved.
    pub fn lower(
        &mut self,
        meaning: &dyn Meaning,
        cell: CellId,
    ) -> Result<lower::Lowered, CompileError> {
        self.globals.forget(cell);
        self.lower_again(meaning, cell)
    }

    /// The same for code that takes the place of what does the same: a module-level value stays the value it is.
    fn lower_again(
        &mut self,
        meaning: &dyn Meaning,
        cell: CellId,
    ) -> Result<lower::Lowered, CompileError> {
        self.layouts.know_signals(meaning);
        let world = World {
            meaning,
            layouts: &mut self.layouts,
            cells: &mut self.cells,
            globals: &mut self.globals,
            entries: &self.entries,
            rests: &self.rests,
            versions: &mut self.versions,
            templates: &mut self.templates,
            sites: self.options.debug_sites,
        };
        lower::lower_cell(world, cell)
    }

    /// What a cell's code is.
    pub fn owner(&self, cell: CellId) -> Option<CellOwner> {
        self.cells.owner(cell).cloned()
    }

    /// The cells that hold instances of a function: what a swap of it recompiles.
    pub fn cells_of(&self, id: FnId) -> Vec<CellId> {
        self.cells.cells_of(id).to_vec()
    }

    /// A function's signature has changed: whoever calls it from now on gets a fresh cell; callers compiled earlier keep the old one.
    pub fn renew(&mut self, id: FnId) {
        self.cells.renew(id);
    }

    /// The declared types that compiled code may hold values of, as they were when they were laid out.
    pub fn types(&self) -> impl Iterator<Item = &Arc<TypeDef>> {
        self.layouts.declared()
    }

    /// The concrete type behind a shape; `None` when several types share it.
    pub fn type_of(&self, shape: ShapeId) -> Option<Ty> {
        self.layouts.type_of(shape).cloned()
    }

    /// The number of a concrete type.
    pub fn type_id(&mut self, meaning: &dyn Meaning, ty: &Ty) -> TyId {
        self.layouts.of(meaning, ty)
    }

    /// The shape of a concrete type.
    pub fn shape(&mut self, meaning: &dyn Meaning, ty: &Ty) -> ShapeId {
        let id = self.layouts.of(meaning, ty);
        self.layouts.get(id).shape
    }
}
