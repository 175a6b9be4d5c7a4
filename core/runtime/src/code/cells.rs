//! Cells: one word per redefinable function, at an address that never changes; calls load the code's address from it.
//! A cell without code points to its own lazy stub, which names the cell and goes on to the compile stub of [`crate::shim`].

use super::arena::Arena;
use nostos_abi::code::CellId;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

const STUB_BYTES: usize = 16;
const BLOCK: u32 = 256;

/// The cells that exist so far and where their stubs are.
#[derive(Default)]
pub(crate) struct Cells {
    /// Address of the stub block of each [`BLOCK`] cells.
    blocks: Vec<usize>,
}

impl Cells {
    /// Makes sure that the cell exists, and gives its address.
    pub(crate) fn ensure(
        &mut self,
        arena: &mut Arena,
        id: CellId,
        compile_stub: usize,
    ) -> io::Result<usize> {
        while self.blocks.len() as u32 * BLOCK <= id.0 {
            let first = self.blocks.len() as u32 * BLOCK;
            let (block, _) = arena.take_code(STUB_BYTES * BLOCK as usize, STUB_BYTES)?;
            let mut bytes = Vec::with_capacity(STUB_BYTES * BLOCK as usize);
            for i in 0..BLOCK {
                // mov eax, cell number; jmp compile stub
                let at = block + i as usize * STUB_BYTES;
                bytes.push(0xb8);
                bytes.extend_from_slice(&(first + i).to_le_bytes());
                bytes.push(0xe9);
                let distance = compile_stub as i64 - (at as i64 + 10);
                let distance = i32::try_from(distance).expect("stubs and arena are within reach");
                bytes.extend_from_slice(&distance.to_le_bytes());
                bytes.resize((i as usize + 1) * STUB_BYTES, 0xcc);
            }
            arena.write_code(block, &bytes)?;
            for i in 0..BLOCK {
                let stub = block + i as usize * STUB_BYTES;
                word(arena, CellId(first + i)).store(stub, Ordering::Release);
            }
            self.blocks.push(block);
        }
        Ok(arena.cell(id.0))
    }

    /// The stub of a cell that exists.
    pub(crate) fn stub(&self, id: CellId) -> usize {
        self.blocks[(id.0 / BLOCK) as usize] + (id.0 % BLOCK) as usize * STUB_BYTES
    }

    /// The address a call through the cell goes to now, and whether that is real code.
    pub(crate) fn target(&self, arena: &Arena, id: CellId) -> Option<usize> {
        if self.blocks.len() as u32 * BLOCK <= id.0 {
            return None;
        }
        let now = word(arena, id).load(Ordering::Acquire);
        (now != self.stub(id)).then_some(now)
    }

    /// Gives the cell new code.
    pub(crate) fn flip(&self, arena: &Arena, id: CellId, code: usize) {
        word(arena, id).store(code, Ordering::Release);
    }
}

/// The cell's word. Generated code reads it with plain loads, which on x86-64 are acquire loads.
fn word(arena: &Arena, id: CellId) -> &AtomicUsize {
    // SAFETY: `Arena::cell` checks the bound; the word is aligned, lives as long as the arena, and is only accessed atomically by us.
    unsafe { &*(arena.cell(id.0) as *const AtomicUsize) }
}
