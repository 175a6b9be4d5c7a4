//! Machine code as the debugger shows it: instructions with the lines they belong to, and breakpoints among them.
//!
//! Generated code stops at its sites only, where the collector finds every reference: a breakpoint at an instruction is one at the next site.

use super::*;
use crate::debug::{Instruction, InstructionWish, machine};
use nostos_abi::code::CellId;

/// Bytes of a word.
const WORD: usize = 8;

impl Debugger {
    /// The functions with code, in order of addresses.
    fn codes(&self) -> Vec<Arc<runtime::Code>> {
        self.session.image.codes()
    }

    /// The bytes of a function as they are while no breakpoint is set in it.
    fn bytes_of(code: &runtime::Code) -> Vec<u8> {
        let mut bytes = memory::read(code.address as u64, code.len);
        for site in &code.object.sites {
            let end = site.ret as usize;
            let start = end - usize::from(site.len);
            if let Some(bytes) = bytes.get_mut(start..end) {
                bytes.copy_from_slice(&[0x0f, 0x1f, 0x44, 0x00, 0x00]);
            }
        }
        bytes
    }

    /// Whose code the word at this address leads to now.
    fn behind(codes: &[Arc<runtime::Code>], word: u64) -> Option<&Arc<runtime::Code>> {
        let bytes: [u8; WORD] = memory::read(word, WORD).try_into().ok()?;
        let target = u64::from_le_bytes(bytes) as usize;
        let at = codes.binary_search_by_key(&target, |code| code.address);
        at.ok().map(|at| &codes[at])
    }

    /// The cell that a frame has called, and its name, if the instructions before where it goes on tell.
    pub(super) fn called_at(
        codes: &[Arc<runtime::Code>],
        frame: &runtime::FrameLine,
    ) -> Option<(CellId, String)> {
        let code = &frame.code;
        let bytes = Self::bytes_of(code);
        let start = code.address as u64;
        let word = machine::called_through(&bytes, start, start + u64::from(frame.offset))?;
        let callee = Self::behind(codes, word)?;
        let named = !callee.object.file.is_empty();
        named.then(|| (callee.cell, callee.object.name.clone()))
    }

    /// See [`Target::disassemble`].
    pub(super) fn instructions(
        &self,
        address: u64,
        offset: i64,
        count: usize,
    ) -> Result<Vec<Instruction>, Refusal> {
        if !machine::KNOWN {
            return Err("there is a disassembler for x86-64 only".into());
        }
        self.look_at_sources();
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let codes = self.codes();
        let after = codes.partition_point(|code| code.address as u64 <= address);
        let inside = |code: &&Arc<runtime::Code>| address < (code.address + code.len) as u64;
        let home = after.checked_sub(1).filter(|at| inside(&&codes[*at]));
        let Some(home) = home else {
            return Err(Refusal(format!(
                "there is no generated code at {address:#x}"
            )));
        };
        let read = |at: usize| {
            let code = &codes[at];
            machine::lines(&Self::bytes_of(code), code.address as u64)
        };
        // Functions before and behind it as far as they are asked for.
        let mut lines = read(home);
        let mut zero =
            lines.partition_point(|line| line.address + line.bytes.len() as u64 <= address) as i64;
        let mut first = home;
        while zero + offset < 0 && first > 0 {
            first -= 1;
            let mut before = read(first);
            zero += before.len() as i64;
            before.append(&mut lines);
            lines = before;
        }
        let mut last = home;
        while zero + offset + count as i64 > lines.len() as i64 && last + 1 < codes.len() {
            last += 1;
            lines.extend(read(last));
        }
        let mut told: Option<(String, u32)> = None;
        let rows = (0..count as i64).map(|i| {
            let line = usize::try_from(zero + offset + i)
                .ok()
                .and_then(|at| lines.get(at));
            let Some(line) = line else {
                // Clients count on as many rows as they asked for.
                return Instruction::none(address.wrapping_add_signed(offset + i));
            };
            let function = state.symbols.function(line.address);
            let row = function.and_then(|function| Some((function, function.row(line.address)?)));
            let place = row.map(|(function, row)| (function.file.clone(), row.line));
            let at = row
                .filter(|_| place != told)
                .map(|(function, row)| self.location(&function.file, row.line, row.column));
            told = place;
            let home = codes.partition_point(|code| code.address as u64 <= line.address);
            let home = &codes[home - 1];
            let symbol = (line.address == home.address as u64).then(|| home.object.name.clone());
            let callee = line.word.and_then(|word| Self::behind(&codes, word));
            let site =
                home.object.sites.iter().any(|site| {
                    home.address as u64 + u64::from(site.ret) - SITE_BYTES == line.address
                });
            let note = match (callee, site) {
                (Some(callee), _) => format!("  ; {}", callee.object.name),
                (None, true) => "  ; breakpoints go here".to_owned(),
                (None, false) => String::new(),
            };
            Instruction {
                address: line.address,
                bytes: line.bytes.clone(),
                text: line.text.clone() + &note,
                symbol,
                at,
            }
        });
        Ok(rows.collect())
    }

    /// See [`Target::set_instruction_breakpoints`].
    pub(super) fn break_at_instructions(
        &self,
        client: u64,
        wishes: &[InstructionWish],
    ) -> Vec<Breakpoint> {
        let new = wishes
            .iter()
            .map(|wish| (What::Instruction(wish.address), wish.wish.clone()));
        self.replace(
            client,
            |what| matches!(what, What::Instruction(_)),
            new.collect(),
        )
    }
}

/// The function and the first site at or behind an address.
pub(super) fn site_at(
    symbols: &Symbols,
    address: u64,
) -> Option<(String, crate::debug::symbols::Row)> {
    let function = symbols.function(address)?;
    let mut sites: Vec<_> = function.sites().collect();
    sites.sort_unstable_by_key(|row| row.address);
    let row = sites
        .into_iter()
        .find(|row| row.address + SITE_BYTES > address)?;
    Some((function.file.clone(), row))
}
