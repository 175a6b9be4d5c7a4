//! Publishing: a batch of code objects becomes executable, its return addresses become known, its cells flip.
//!
//! A batch is relocated in a buffer laid out like its final place (see [`super::link`]); breakpoint sites become NOPs there, and the whole is
//! copied into the arena, whose pages are never writable (see docs/decisions/001-code-memory.md).

use super::arena::Arena;
use super::cells::Cells;
use super::link::Linker;
use super::registry::{Mapped, Registry};
use super::sweep::Replaced;
use super::{Code, SITE_BYTES, SITE_NOP};
use cranelift_codegen::isa::OwnedTargetIsa;
use nostos_abi::code::{CellId, CodeObject, RelocKind, StaticWord, Symbol};
use nostos_abi::object::{HEADER_STATIC, header};
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::io;
use std::sync::Arc;

/// What publishing a batch gave.
#[derive(Debug, Default)]
pub struct Published {
    /// The new code, in the batch's order.
    pub code: Vec<Arc<Code>>,
    /// Cells that had code before.
    pub replaced: Vec<CellId>,
}

/// Why a batch could not be published. Nothing of it has taken effect.
#[derive(Debug)]
pub struct PublishError(pub String);

impl std::fmt::Display for PublishError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot publish code: {}", self.0)
    }
}

impl std::error::Error for PublishError {}

impl From<io::Error> for PublishError {
    fn from(e: io::Error) -> Self {
        PublishError(e.to_string())
    }
}

impl From<cranelift_module::ModuleError> for PublishError {
    fn from(e: cranelift_module::ModuleError) -> Self {
        PublishError(e.to_string())
    }
}

/// Addresses of the runtime's own entry points that code may refer to.
pub(crate) struct Entries {
    pub(crate) shim: usize,
    pub(crate) hook: usize,
    pub(crate) compile: usize,
    pub(crate) leaf: fn(nostos_abi::builtin::Leaf) -> usize,
}

/// All code of an image. Behind a mutex: one batch is published at a time.
pub(crate) struct CodeMemory {
    pub(crate) arena: Arena,
    pub(crate) cells: Cells,
    /// By start address.
    pub(crate) codes: BTreeMap<usize, Arc<Code>>,
    /// What cells no longer go to; frames may still be in it.
    pub(super) replaced: Replaced,
    /// Constants that look alike are one: the hash of the words and their number, and where they are.
    constants: FxHashMap<(u64, usize), usize>,
    /// Jumps inside the arena to targets outside of its reach.
    veneers: FxHashMap<usize, usize>,
    entries: Entries,
    isa: OwnedTargetIsa,
}

impl CodeMemory {
    pub(crate) fn new(entries: Entries) -> io::Result<Self> {
        let mut memory = CodeMemory {
            arena: Arena::new()?,
            cells: Cells::default(),
            codes: BTreeMap::new(),
            replaced: Replaced::default(),
            constants: FxHashMap::default(),
            veneers: FxHashMap::default(),
            entries,
            isa: super::link::isa()?,
        };
        memory.veneer(memory.entries.compile)?;
        Ok(memory)
    }

    /// The code a cell goes to.
    pub(crate) fn of_cell(&self, id: CellId) -> Option<Arc<Code>> {
        let address = self.cells.target(&self.arena, id)?;
        self.codes.get(&address).cloned()
    }

    /// The cell's address; a new cell gets its lazy stub.
    pub(crate) fn ensure_cell(&mut self, id: CellId) -> io::Result<usize> {
        let compile = self.veneer(self.entries.compile)?;
        self.cells.ensure(&mut self.arena, id, compile)
    }

    /// A jump to `target` that lies within the arena.
    fn veneer(&mut self, target: usize) -> io::Result<usize> {
        if let Some(&known) = self.veneers.get(&target) {
            return Ok(known);
        }
        let (at, _) = self.arena.take_code(16, 16)?;
        let mut bytes = vec![0xff, 0x25, 0, 0, 0, 0]; // jmp [rip+0]
        bytes.extend_from_slice(&(target as u64).to_le_bytes());
        self.arena.write_code(at, &bytes)?;
        self.veneers.insert(target, at);
        Ok(at)
    }

    /// The veneers: address and length.
    pub(crate) fn jumps(&self) -> Vec<(usize, usize)> {
        self.veneers.values().map(|at| (*at, 14)).collect()
    }

    /// A closure object that lives for ever and calls the cell.
    pub(crate) fn static_closure(&mut self, id: CellId) -> io::Result<usize> {
        let cell = self.ensure_cell(id)?;
        let kind = header(nostos_abi::desc::fixed::ENTRY_CLOSURE) | HEADER_STATIC;
        self.constant(&[kind, cell as u64])
    }

    /// The code whose machine code ends at or encloses the return address.
    pub(crate) fn find(&self, address: usize) -> Option<&Arc<Code>> {
        let (_, code) = self.codes.range(..address).next_back()?;
        code.contains(address).then_some(code)
    }

    /// Makes the batch executable and known, but flips no cell yet.
    pub(crate) fn place(
        &mut self,
        registry: &Registry,
        batch: Vec<(CellId, CodeObject)>,
    ) -> Result<Vec<Arc<Code>>, PublishError> {
        for (cell, object) in &batch {
            self.ensure_cell(*cell)?;
            check(object)?;
        }
        let mut offsets = Vec::with_capacity(batch.len());
        let mut total = 0usize;
        for (_, object) in &batch {
            total = total.next_multiple_of((object.align as usize).max(16));
            offsets.push(total);
            total += object.bytes.len();
        }
        let (base, recycled) = self.arena.take_code(total, 64)?;
        let mut linker = Linker::new(base, total);
        let mut private = Vec::with_capacity(batch.len());
        for ((_, object), offset) in batch.iter().zip(&offsets) {
            let (statics, own) = self.place_statics(object)?;
            private.push(own);
            let mut targets = Vec::with_capacity(object.relocs.len());
            for reloc in &object.relocs {
                let target = self.address_of(&reloc.symbol, &statics, base + offset)?;
                targets.push(match reloc.kind {
                    RelocKind::Abs8 => target,
                    RelocKind::PcRel4 => self.within_reach(target, &reloc.symbol)?,
                });
            }
            linker.add(object, *offset, targets)?;
        }
        let mut image = linker.finish(&self.isa)?;

        let mut placed = Vec::with_capacity(batch.len());
        let mut roots = Vec::with_capacity(batch.len());
        for (((cell, mut object), offset), private) in batch.into_iter().zip(offsets).zip(private) {
            let mut armed = Vec::with_capacity(object.sites.len());
            for site in &object.sites {
                let start = offset + site.ret as usize - SITE_BYTES;
                let call = &mut image[start..start + SITE_BYTES];
                armed.push((&*call).try_into().expect("five bytes"));
                call.copy_from_slice(&SITE_NOP);
            }
            let len = object.bytes.len();
            object.bytes = Vec::new();
            object.relocs = Vec::new();
            object.statics = Vec::new();
            let calls = object.calls.iter_mut();
            let calls = calls.map(|call| std::mem::take(&mut call.roots).into_boxed_slice());
            roots.push(calls.collect::<Vec<_>>());
            placed.push(Arc::new(Code {
                cell,
                address: base + offset,
                len,
                object,
                armed,
                private,
            }));
        }
        self.arena.write_code(base, &image)?;
        if recycled {
            crate::debug::synchronise_cores();
        }
        map_calls(registry, &placed, roots);
        let codes = placed.iter().map(|code| (code.address, code.clone()));
        self.codes.extend(codes);
        Ok(placed)
    }

    /// Copies the constants of an object to where they stay, and gives their addresses; and those of what is the code's own.
    fn place_statics(&mut self, object: &CodeObject) -> io::Result<(Vec<usize>, Vec<usize>)> {
        let mut addresses = Vec::with_capacity(object.statics.len());
        let mut private = Vec::new();
        for words in &object.statics {
            let own = is_private(words);
            let mut bits = Vec::with_capacity(words.len());
            for word in words {
                bits.push(match word {
                    StaticWord::Bits(bits) => *bits,
                    StaticWord::Cell(cell) => self.ensure_cell(*cell)? as u64,
                    // What is referred to comes first, as whoever made the object had to know its number.
                    StaticWord::Static(other) => addresses[*other as usize] as u64,
                });
            }
            if own {
                let at = self.arena.take_pair()?;
                for (i, word) in bits.iter().enumerate() {
                    self.arena.write_static(at + i * 8, *word);
                }
                private.push(at);
                addresses.push(at);
                continue;
            }
            // The collector leaves an object alone only if its header says so; whoever made it may have forgotten.
            bits[0] |= HEADER_STATIC;
            addresses.push(self.constant(&bits)?);
        }
        Ok((addresses, private))
    }

    /// The address of a constant object: of an equal one that is there already, or of a new one.
    fn constant(&mut self, words: &[u64]) -> io::Result<usize> {
        let hash = BuildHasherDefault::<FxHasher>::default().hash_one(words);
        let known = self.constants.get(&(hash, words.len())).copied();
        let is = |at: usize| {
            let mut own = words.iter().enumerate();
            own.all(|(i, word)| self.arena.read_static(at + i * 8) == *word)
        };
        if let Some(at) = known.filter(|at| is(*at)) {
            return Ok(at);
        }
        let at = self.arena.take_static(words.len())?;
        for (i, word) in words.iter().enumerate() {
            self.arena.write_static(at + i * 8, *word);
        }
        self.constants.insert((hash, words.len()), at);
        Ok(at)
    }

    /// Lets the cell go to this code from now on. What it went to before is kept until it is known that nobody is in it.
    pub(crate) fn flip(&mut self, id: CellId, to: usize) {
        let before = self.cells.target(&self.arena, id);
        self.cells.flip(&self.arena, id, to);
        if let Some(old) = before
            .filter(|old| *old != to)
            .and_then(|at| self.codes.get(&at))
        {
            self.replaced.add(old);
        }
    }

    fn address_of(
        &mut self,
        symbol: &Symbol,
        statics: &[usize],
        own: usize,
    ) -> Result<usize, PublishError> {
        Ok(match symbol {
            Symbol::Cell(cell) => self.ensure_cell(*cell)?,
            Symbol::Static(index) => statics[*index as usize],
            Symbol::Shim => self.entries.shim,
            Symbol::DebugHook => self.entries.hook,
            Symbol::Leaf(leaf) => (self.entries.leaf)(*leaf),
            Symbol::Own => own,
        })
    }

    /// The target itself if a rel32 from the arena reaches it, else a jump to it.
    fn within_reach(&mut self, target: usize, symbol: &Symbol) -> io::Result<usize> {
        match symbol {
            Symbol::Cell(_) | Symbol::Static(_) | Symbol::Own => Ok(target),
            Symbol::Shim | Symbol::DebugHook | Symbol::Leaf(_) => self.veneer(target),
        }
    }
}

/// Two words that only the code reads and writes: nothing refers to them as an object, so they have no header.
fn is_private(words: &[StaticWord]) -> bool {
    matches!(words, [StaticWord::Bits(0), StaticWord::Bits(_)])
}

/// Refuses what would corrupt memory later.
fn check(object: &CodeObject) -> Result<(), PublishError> {
    let len = object.bytes.len() as u32;
    let sites_fit = object
        .sites
        .iter()
        .all(|s| s.len as usize == SITE_BYTES && s.ret <= len && s.ret >= SITE_BYTES as u32);
    let sorted = object.calls.is_sorted_by_key(|c| c.ret)
        && object.sites.is_sorted_by_key(|s| s.ret)
        && object.lines.is_sorted_by_key(|l| l.0);
    let roots_fit = object
        .calls
        .iter()
        .all(|c| c.roots.iter().all(|r| r % 8 == 0 && *r < c.span.max(8)));
    let statics_fit = object.relocs.iter().all(|r| match r.symbol {
        Symbol::Static(i) => (i as usize) < object.statics.len(),
        _ => true,
    }) && object.statics.iter().enumerate().all(|(i, words)| {
        let mut words = words.iter();
        !words.any(|word| matches!(word, StaticWord::Static(other) if *other as usize >= i))
    });
    if sites_fit && sorted && roots_fit && statics_fit && len > 0 {
        Ok(())
    } else {
        Err(PublishError(format!(
            "`{}` is malformed (sites {sites_fit}, sorted {sorted}, roots {roots_fit}, statics {statics_fit})",
            object.name
        )))
    }
}

/// Makes a batch's return addresses known. The roots are kept there and nowhere else.
fn map_calls(registry: &Registry, placed: &[Arc<Code>], roots: Vec<Vec<Box<[u32]>>>) {
    let codes = placed.iter().zip(roots);
    registry.insert(codes.flat_map(|(code, roots)| {
        code.object.calls.iter().zip(roots).map(|(call, roots)| {
            let mapped = Mapped {
                code: Some(code.clone()),
                span: call.span,
                roots,
                handler: call.handler.map(|h| code.address + h as usize),
            };
            (code.address + call.ret as usize, mapped)
        })
    }));
}
