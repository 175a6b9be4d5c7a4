//! Requests about machine code.

use super::breakpoints::{breakpoint, filled};
use super::look::{address, address_in};
use super::{Answer, Connection, State, arguments, refuse};
use crate::protocol;
use nostos_session::debug::{InstructionWish, Wish};
use serde_json::{Value, json};

/// Instructions in one answer.
const MAX_INSTRUCTIONS: i64 = 10_000;

impl Connection {
    pub(super) fn disassemble(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::DisassembleArguments = arguments(args)?;
        let base = address_in(&args.memory_reference)?;
        let at = base.wrapping_add_signed(args.offset.unwrap_or(0));
        let far = |number: i64| number.clamp(-MAX_INSTRUCTIONS, MAX_INSTRUCTIONS);
        let offset = far(args.instruction_offset.unwrap_or(0));
        let count = far(args.instruction_count).max(0) as usize;
        let found = self.target.disassemble(at, offset, count).map_err(refuse)?;
        let rows: Vec<_> = found
            .iter()
            .map(|instruction| {
                let mut row = json!({
                    "address": address(instruction.address),
                    "instruction": instruction.text,
                });
                if instruction.bytes.is_empty() {
                    row["presentationHint"] = json!("invalid");
                } else {
                    let bytes = instruction.bytes.iter().map(|byte| format!("{byte:02x}"));
                    row["instructionBytes"] = json!(bytes.collect::<Vec<_>>().join(" "));
                }
                if let Some(symbol) = &instruction.symbol {
                    row["symbol"] = json!(symbol);
                }
                if let Some(at) = &instruction.at {
                    row["location"] = json!(protocol::Source::of(&at.path));
                    row["line"] = json!(state.line(at.line));
                    if at.column > 0 {
                        row["column"] = json!(state.column(at.column));
                    }
                }
                row
            })
            .collect();
        Ok(json!({ "instructions": rows }))
    }

    pub(super) fn set_instruction_breakpoints(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::SetInstructionBreakpointsArguments = arguments(args)?;
        let wishes: Result<Vec<InstructionWish>, String> = args
            .breakpoints
            .into_iter()
            .map(|wish| {
                let base = address_in(&wish.instruction_reference)?;
                Ok(InstructionWish {
                    address: base.wrapping_add_signed(wish.offset.unwrap_or(0)),
                    wish: Wish {
                        condition: filled(wish.condition),
                        hits: filled(wish.hit_condition),
                        ..Wish::default()
                    },
                })
            })
            .collect();
        let set = self
            .target
            .set_instruction_breakpoints(self.client, &wishes?);
        let set: Vec<_> = set.iter().map(|set| breakpoint(state, set)).collect();
        Ok(json!({ "breakpoints": set }))
    }
}
