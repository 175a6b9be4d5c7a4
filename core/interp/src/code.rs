//! Lowered functions by cell. They stay where they are once put here, so that a machine can hold references into them.

use nostos_abi::code::CellId;
use nostos_codegen::ir::Function;
use std::cell::OnceCell;

const CHUNK: usize = 1024;
const CHUNKS: usize = 8192;

type Chunk = Box<[OnceCell<Function>]>;

/// The functions of one interpreted program.
pub struct Code {
    chunks: Box<[OnceCell<Chunk>]>,
}

impl Code {
    /// Without any.
    pub fn new() -> Code {
        Code {
            chunks: (0..CHUNKS).map(|_| OnceCell::new()).collect(),
        }
    }

    pub(crate) fn get(&self, cell: CellId) -> Option<&Function> {
        let at = cell.0 as usize;
        self.chunks.get(at / CHUNK)?.get()?[at % CHUNK].get()
    }

    /// Keeps the first function it is given for a cell.
    pub(crate) fn put(&self, cell: CellId, function: Function) {
        let at = cell.0 as usize;
        let chunk =
            self.chunks[at / CHUNK].get_or_init(|| (0..CHUNK).map(|_| OnceCell::new()).collect());
        // A second one would be the same function lowered again.
        let _ = chunk[at % CHUNK].set(function);
    }
}

impl Default for Code {
    fn default() -> Self {
        Code::new()
    }
}
