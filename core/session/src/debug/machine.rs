//! Machine code for people: bytes and where they lie in, instructions as text out; and whom a call instruction calls. For x86-64, as the code generator is.

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) address: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) text: String,
    /// The word from which it takes an address to call or load, if that is fixed.
    pub(super) word: Option<u64>,
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Line;
    use iced_x86::{
        Decoder, DecoderOptions, Formatter as _, Instruction, Mnemonic, NasmFormatter, OpKind,
        Register,
    };

    /// Instructions before a call among which the callee's address is looked for.
    const BACK: usize = 24;

    fn word_of(instruction: &Instruction) -> Option<u64> {
        let memory = (0..instruction.op_count()).any(|i| instruction.op_kind(i) == OpKind::Memory);
        (memory && instruction.is_ip_rel_memory_operand())
            .then(|| instruction.ip_rel_memory_address())
    }

    pub(in super::super) fn lines(bytes: &[u8], start: u64) -> Vec<Line> {
        let mut decoder = Decoder::with_ip(64, bytes, start, DecoderOptions::NONE);
        let mut formatter = NasmFormatter::new();
        let options = formatter.options_mut();
        options.set_first_operand_char_index(8);
        options.set_rip_relative_addresses(true);
        options.set_space_after_operand_separator(true);
        options.set_branch_leading_zeros(false);
        options.set_hex_prefix("0x");
        options.set_hex_suffix("");
        let mut out = Vec::new();
        while decoder.can_decode() {
            let at = decoder.position();
            let instruction = decoder.decode();
            let mut text = String::new();
            formatter.format(&instruction, &mut text);
            out.push(Line {
                address: instruction.ip(),
                bytes: bytes[at..decoder.position()].to_vec(),
                text,
                word: word_of(&instruction),
            });
        }
        out
    }

    pub(in super::super) fn called_through(bytes: &[u8], start: u64, ret: u64) -> Option<u64> {
        let mut decoder = Decoder::with_ip(64, bytes, start, DecoderOptions::NONE);
        let mut before = Vec::new();
        while decoder.can_decode() && decoder.ip() < ret {
            before.push(decoder.decode());
        }
        let call = before.pop().filter(|last| last.next_ip() == ret)?;
        if call.mnemonic() != Mnemonic::Call {
            return None;
        }
        if call.op0_kind() != OpKind::Register {
            return word_of(&call);
        }
        let register: Register = call.op0_register();
        let writer = before.iter().rev().take(BACK).find(|instruction| {
            instruction.op0_kind() == OpKind::Register
                && instruction.op0_register().full_register() == register
                && !matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test)
        })?;
        (writer.mnemonic() == Mnemonic::Mov)
            .then(|| word_of(writer))
            .flatten()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn code_is_read_and_calls_are_understood() {
            // mov rax, [rip+0x10]; mov rdi, rbx; call rax; ret
            let code = [
                0x48, 0x8b, 0x05, 0x10, 0, 0, 0, 0x48, 0x89, 0xdf, 0xff, 0xd0, 0xc3,
            ];
            let texts: Vec<String> = lines(&code, 0x1000).into_iter().map(|l| l.text).collect();
            assert_eq!(
                texts,
                [
                    "mov     rax, [rip+0x10]",
                    "mov     rdi, rbx",
                    "call    rax",
                    "ret"
                ]
            );
            assert_eq!(called_through(&code, 0x1000, 0x100c), Some(0x1017));
            assert_eq!(called_through(&code, 0x1000, 0x100a), None);
        }
    }
}

/// The instructions of a stretch of code.
pub(super) fn lines(bytes: &[u8], start: u64) -> Vec<Line> {
    #[cfg(target_arch = "x86_64")]
    return x86::lines(bytes, start);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (bytes, start);
        Vec::new()
    }
}

/// The word through which the call before `ret` calls, if its instructions say so.
pub(super) fn called_through(bytes: &[u8], start: u64, ret: u64) -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    return x86::called_through(bytes, start, ret);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (bytes, start, ret);
        None
    }
}

/// Is there a disassembler for this machine?
pub(super) const KNOWN: bool = cfg!(target_arch = "x86_64");
