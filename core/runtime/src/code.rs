//! Code memory: inert code objects come in, published code with stable cells and mapped return addresses goes out.
//! Nothing here runs code; [`crate::shim`] does.

pub(crate) mod arena;
pub(crate) mod cells;
mod link;
pub(crate) mod publish;
pub(crate) mod registry;
pub(crate) mod sweep;

use nostos_abi::code::{CallSite, CellId, CodeObject, LocalVar, Site};

/// One published function version. Its machine code lives until a sweep finds that its cell goes elsewhere and that no process is in it.
#[derive(Debug)]
pub struct Code {
    /// The cell it was published for.
    pub cell: CellId,
    /// Address of its first byte.
    pub address: usize,
    /// Length of the machine code in bytes.
    pub len: usize,
    /// The object it was made from, without its machine code.
    pub object: CodeObject,
    /// For each site, the bytes of the real call: what arming writes.
    pub(crate) armed: Vec<[u8; SITE_BYTES]>,
    /// Pairs of words among the constants that only this code uses.
    pub(crate) private: Vec<usize>,
}

/// Length of a breakpoint site on x86-64.
pub(crate) const SITE_BYTES: usize = 5;
/// The five-byte NOP a disarmed site holds.
pub(crate) const SITE_NOP: [u8; SITE_BYTES] = [0x0f, 0x1f, 0x44, 0x00, 0x00];

impl Code {
    /// Does this address lie in it (a return address after its last byte counts)?
    pub fn contains(&self, address: usize) -> bool {
        address > self.address && address <= self.address + self.len
    }

    /// Offset of an address from its start.
    pub fn offset(&self, address: usize) -> u32 {
        (address - self.address) as u32
    }

    /// Line of the source that the instruction before `offset` belongs to; the function's own line when the table does not say.
    pub fn line_at(&self, offset: u32) -> u32 {
        if let Some(call) = self.call_at(offset)
            && call.line != 0
        {
            return call.line;
        }
        let after = self.object.lines.partition_point(|row| row.0 < offset);
        match after.checked_sub(1) {
            Some(i) if self.object.lines[i].1 != 0 => self.object.lines[i].1,
            _ => self.object.line,
        }
    }

    /// The breakpoint site whose call returns to `offset`.
    pub fn site_at(&self, offset: u32) -> Option<&Site> {
        let i = self
            .object
            .sites
            .binary_search_by_key(&offset, |s| s.ret)
            .ok()?;
        Some(&self.object.sites[i])
    }

    /// Locals in scope at `offset`.
    pub fn locals_at(&self, offset: u32) -> impl Iterator<Item = &LocalVar> {
        self.object
            .locals
            .iter()
            .filter(move |l| l.scope.0 <= offset && offset <= l.scope.1)
    }

    /// The call whose return address is `offset`.
    pub fn call_at(&self, offset: u32) -> Option<&CallSite> {
        let i = self
            .object
            .calls
            .binary_search_by_key(&offset, |c| c.ret)
            .ok()?;
        Some(&self.object.calls[i])
    }
}
