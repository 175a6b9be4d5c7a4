//! Relocation of a batch in a buffer laid out like its final place: code objects and the addresses they refer to come in, the batch's bytes go out.
//!
//! The optimising back end's code goes through a `JITModule`, whose memory is that buffer; addresses relative to the instruction are given to it shifted by
//! the distance between the two places. The module names and declares everything a relocation refers to, which is a tenth of compiling where nothing is
//! optimised, so the quick back end's code, with its two kinds of relocations, is done by hand (see docs/decisions/009-two-back-ends.md).

use super::publish::PublishError;
use crate::mutex::Mutex;
use cranelift_codegen::binemit::Reloc as ClifReloc;
use cranelift_codegen::ir::Signature;
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{BranchProtection, JITBuilder, JITMemoryKind, JITMemoryProvider, JITModule};
use cranelift_module::{Linkage, Module, ModuleReloc, ModuleRelocTarget, ModuleResult};
use nostos_abi::code::{CodeObject, RelocKind};
use rustc_hash::FxHashMap;
use std::io;
use std::sync::Arc;

/// What the module is told of the machine.
pub(super) fn isa() -> io::Result<OwnedTargetIsa> {
    let mut flags = settings::builder();
    flags
        .set("is_pic", "false")
        .expect("cranelift knows this flag");
    cranelift_native::builder()
        .map_err(io::Error::other)?
        .finish(settings::Flags::new(flags))
        .map_err(io::Error::other)
}

/// A batch on its way.
pub(super) struct Linker<'a> {
    base: usize,
    image: Vec<u8>,
    optimised: Vec<Part<'a>>,
}

/// An object, where in the batch it lies, and what each of its relocations refers to.
struct Part<'a> {
    object: &'a CodeObject,
    offset: usize,
    targets: Vec<usize>,
}

impl<'a> Linker<'a> {
    /// A batch of so many bytes that will lie at `base`.
    pub(super) fn new(base: usize, total: usize) -> Self {
        Linker {
            base,
            image: vec![0xcc; total],
            optimised: Vec::new(),
        }
    }

    /// Adds an object at this offset; `targets` are the addresses its relocations refer to, within reach of those that are relative.
    pub(super) fn add(
        &mut self,
        object: &'a CodeObject,
        offset: usize,
        targets: Vec<usize>,
    ) -> Result<(), PublishError> {
        if object.optimised {
            self.optimised.push(Part {
                object,
                offset,
                targets,
            });
            return Ok(());
        }
        self.image[offset..offset + object.bytes.len()].copy_from_slice(&object.bytes);
        for (reloc, target) in object.relocs.iter().zip(targets) {
            let at = offset + reloc.offset as usize;
            match reloc.kind {
                RelocKind::Abs8 => {
                    let value = target.wrapping_add_signed(reloc.addend as isize);
                    self.image[at..at + 8].copy_from_slice(&value.to_le_bytes());
                }
                RelocKind::PcRel4 => {
                    let distance = target as i64 + reloc.addend - (self.base + at) as i64;
                    let distance = i32::try_from(distance).map_err(io::Error::other)?;
                    self.image[at..at + 4].copy_from_slice(&distance.to_le_bytes());
                }
            }
        }
        Ok(())
    }

    /// The batch's bytes.
    pub(super) fn finish(mut self, isa: &OwnedTargetIsa) -> Result<Vec<u8>, PublishError> {
        if self.optimised.is_empty() {
            return Ok(self.image);
        }
        let places = self.optimised.iter().map(|part| part.offset).collect();
        let staging = Staging::new(self.image.len(), places);
        let shift = staging.base.wrapping_sub(self.base);
        // What every reloc refers to, named by its number: first all names, since the builder wants them before the module is made.
        let mut builder =
            JITBuilder::with_isa(isa.clone(), cranelift_module::default_libcall_names());
        let mut imports: FxHashMap<usize, u32> = FxHashMap::default();
        let mut plans = Vec::with_capacity(self.optimised.len());
        for part in &self.optimised {
            let mut plan = Vec::with_capacity(part.targets.len());
            for (reloc, target) in part.object.relocs.iter().zip(&part.targets) {
                let (kind, target) = match reloc.kind {
                    RelocKind::Abs8 => (ClifReloc::Abs8, *target),
                    RelocKind::PcRel4 => (ClifReloc::X86PCRel4, target.wrapping_add(shift)),
                };
                let next = imports.len() as u32;
                let import = *imports.entry(target).or_insert_with(|| {
                    builder.symbol(format!("x{next}"), target as *const u8);
                    next
                });
                plan.push((reloc.offset, kind, import, reloc.addend));
            }
            plans.push(plan);
        }
        let bytes = staging.bytes.clone();
        builder.memory_provider(Box::new(staging));
        let mut module = JITModule::new(builder);
        let signature = Signature::new(CallConv::Tail);
        let mut declared = Vec::with_capacity(imports.len());
        for number in 0..imports.len() {
            let name = format!("x{number}");
            declared.push(module.declare_function(&name, Linkage::Import, &signature)?);
        }
        for (part, plan) in self.optimised.iter().zip(plans) {
            let relocs: Vec<ModuleReloc> = plan
                .into_iter()
                .map(|(offset, kind, import, addend)| ModuleReloc {
                    offset,
                    kind,
                    name: ModuleRelocTarget::user(0, declared[import as usize].as_u32()),
                    addend,
                })
                .collect();
            let id = module.declare_anonymous_function(&signature)?;
            let align = u64::from(part.object.align.max(16));
            module.define_function_bytes(id, align, &part.object.bytes, &relocs)?;
        }
        module.finalize_definitions()?;
        drop(module);
        let staged = bytes.take();
        for part in &self.optimised {
            let range = part.offset..part.offset + part.object.bytes.len();
            self.image[range.clone()].copy_from_slice(&staged[range]);
        }
        Ok(self.image)
    }
}

/// The buffer a module writes and relocates in; shared with the linker, which takes the bytes out when the module is done.
#[derive(Clone)]
struct Bytes(Arc<Mutex<Vec<u64>>>);

impl Bytes {
    fn take(&self) -> Vec<u8> {
        let words = std::mem::take(&mut *self.0.lock());
        words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }
}

/// A module's memory.
struct Staging {
    bytes: Bytes,
    base: usize,
    len: usize,
    /// Where the functions go, in the order in which they are defined, the last one first.
    places: Vec<usize>,
}

impl Staging {
    fn new(len: usize, mut places: Vec<usize>) -> Self {
        let mut words = vec![0xcccc_cccc_cccc_cccc_u64; len.div_ceil(8)];
        let base = words.as_mut_ptr() as usize;
        places.reverse();
        Staging {
            bytes: Bytes(Arc::new(Mutex::new(words))),
            base,
            len,
            places,
        }
    }
}

impl JITMemoryProvider for Staging {
    fn allocate(&mut self, size: usize, _align: u64, _: JITMemoryKind) -> io::Result<*mut u8> {
        // Alignment counts in the final place, of which this is an image; x86 does not mind where the bytes are staged.
        match self.places.pop() {
            Some(start) if start + size <= self.len => Ok((self.base + start) as *mut u8),
            _ => Err(io::Error::other("a batch outgrew its staging buffer")),
        }
    }

    // SAFETY: the staging buffer is freed by its owner; there is nothing to do, so nothing to break.
    unsafe fn free_memory(&mut self) {}

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        Ok(())
    }
}
