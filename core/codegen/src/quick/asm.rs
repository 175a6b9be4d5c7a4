//! Bytes of x86-64: only the forms that the quick back end uses. In: registers and operands. Out: bytes, and the places where addresses are still to be written.

use nostos_abi::code::Symbol;

/// An integer register by its encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reg(pub(super) u8);

pub(super) const RAX: Reg = Reg(0);
pub(super) const RCX: Reg = Reg(1);
pub(super) const RDX: Reg = Reg(2);
pub(super) const RSP: Reg = Reg(4);
pub(super) const RBP: Reg = Reg(5);
pub(super) const RSI: Reg = Reg(6);
pub(super) const RDI: Reg = Reg(7);
pub(super) const R8: Reg = Reg(8);
pub(super) const R9: Reg = Reg(9);
pub(super) const R10: Reg = Reg(10);
pub(super) const R11: Reg = Reg(11);
/// The process.
pub(super) const R15: Reg = Reg(15);

/// A float register by its encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Xmm(pub(super) u8);

/// A memory operand.
#[derive(Clone, Debug)]
pub(super) enum Mem {
    /// A register plus an offset.
    Base(Reg, i32),
    /// At a symbol plus an offset, which must lie in the arena.
    Near(Symbol, i32),
}

/// Conditions as the machine numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Cond {
    Overflow = 0,
    NoOverflow = 1,
    Below = 2,
    AboveEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowEqual = 6,
    Above = 7,
    Sign = 8,
    Parity = 10,
    NoParity = 11,
    Less = 12,
    GreaterEqual = 13,
    LessEqual = 14,
    Greater = 15,
}

impl Cond {
    /// The opposite.
    pub(super) fn not(self) -> Cond {
        use Cond::*;
        match self {
            Overflow => NoOverflow,
            NoOverflow => Overflow,
            Below => AboveEqual,
            AboveEqual => Below,
            Equal => NotEqual,
            NotEqual => Equal,
            BelowEqual => Above,
            Above => BelowEqual,
            Sign => panic!("never negated"),
            Parity => NoParity,
            NoParity => Parity,
            Less => GreaterEqual,
            GreaterEqual => Less,
            LessEqual => Greater,
            Greater => LessEqual,
        }
    }
}

/// A place in the code, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(pub(super) u32);

const UNBOUND: u32 = u32::MAX;

/// Two-operand arithmetic with the same encoding scheme: the opcode of `op reg, r/m`, and the extension for `op r/m, imm`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Alu {
    Add,
    Or,
    And,
    Sub,
    Xor,
    Cmp,
}

impl Alu {
    fn number(self) -> u8 {
        match self {
            Alu::Add => 0,
            Alu::Or => 1,
            Alu::And => 4,
            Alu::Sub => 5,
            Alu::Xor => 6,
            Alu::Cmp => 7,
        }
    }
}

/// What has been written so far.
#[derive(Default)]
pub(super) struct Asm {
    pub(super) bytes: Vec<u8>,
    /// Where each label is.
    labels: Vec<u32>,
    /// Four bytes at an offset that lead to a label.
    jumps: Vec<(u32, Label)>,
    /// Four bytes at an offset that lead from the start of their table to a label.
    table: Vec<(u32, u32, Label)>,
    /// Four bytes at an offset, relative to their end plus so much, that lead to a symbol.
    pub(super) near: Vec<(u32, Symbol, i64)>,
    /// Eight bytes at an offset that are a symbol's address.
    pub(super) far: Vec<(u32, Symbol)>,
}

impl Asm {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.labels.clear();
        self.jumps.clear();
        self.table.clear();
        self.near.clear();
        self.far.clear();
    }

    pub(super) fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    pub(super) fn bind(&mut self, label: Label) {
        debug_assert_eq!(self.labels[label.0 as usize], UNBOUND);
        self.labels[label.0 as usize] = self.here();
    }

    pub(super) fn offset(&self, label: Label) -> u32 {
        let at = self.labels[label.0 as usize];
        assert!(at != UNBOUND, "a label that is nowhere");
        at
    }

    /// Writes the distances of all jumps.
    pub(super) fn resolve(&mut self) {
        let jumps = std::mem::take(&mut self.jumps);
        for (at, label) in &jumps {
            let distance = self.offset(*label) as i32 - (*at as i32 + 4);
            self.write(*at, distance);
        }
        self.jumps = jumps;
        for i in 0..self.table.len() {
            let (at, start, label) = self.table[i];
            let distance = self.offset(label) as i32 - start as i32;
            self.write(at, distance);
        }
    }

    /// Overwrites four bytes.
    pub(super) fn write(&mut self, at: u32, value: i32) {
        self.bytes[at as usize..at as usize + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn word4(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// `prefix REX op modrm(reg, mem)`; `after` bytes of immediate follow.
    fn mem(&mut self, prefix: Option<u8>, wide: bool, op: &[u8], reg: u8, mem: &Mem, after: i32) {
        if let Some(prefix) = prefix {
            self.byte(prefix);
        }
        let base = match mem {
            Mem::Base(base, _) => base.0,
            Mem::Near(..) => 0,
        };
        let rex = 0x40 | u8::from(wide) << 3 | (reg >> 3) << 2 | base >> 3;
        if rex != 0x40 {
            self.byte(rex);
        }
        self.bytes.extend_from_slice(op);
        let reg = (reg & 7) << 3;
        match mem {
            Mem::Near(symbol, offset) => {
                self.byte(reg | 5);
                let extra = i64::from(*offset) - 4 - i64::from(after);
                self.near.push((self.here(), symbol.clone(), extra));
                self.word4(0);
            }
            Mem::Base(base, offset) => {
                let low = base.0 & 7;
                let mode = match *offset {
                    0 if low != 5 => 0,
                    -128..=127 => 0x40,
                    _ => 0x80,
                };
                self.byte(mode | reg | low);
                if low == 4 {
                    self.byte(0x24);
                }
                match mode {
                    0 => {}
                    0x40 => self.byte(*offset as u8),
                    _ => self.word4(*offset),
                }
            }
        }
    }

    /// `prefix REX op modrm(reg, rm)`.
    fn both(&mut self, prefix: Option<u8>, wide: bool, op: &[u8], reg: u8, rm: u8) {
        if let Some(prefix) = prefix {
            self.byte(prefix);
        }
        let rex = 0x40 | u8::from(wide) << 3 | (reg >> 3) << 2 | rm >> 3;
        if rex != 0x40 {
            self.byte(rex);
        }
        self.bytes.extend_from_slice(op);
        self.byte(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    // Moves.

    pub(super) fn load(&mut self, to: Reg, from: &Mem) {
        self.mem(None, true, &[0x8b], to.0, from, 0);
    }

    /// The low half; the high one becomes zero.
    pub(super) fn load_half(&mut self, to: Reg, from: &Mem) {
        self.mem(None, false, &[0x8b], to.0, from, 0);
    }

    pub(super) fn store(&mut self, from: Reg, to: &Mem) {
        self.mem(None, true, &[0x89], from.0, to, 0);
    }

    /// Eight bytes: the number, its sign extended.
    pub(super) fn store_number(&mut self, number: i32, to: &Mem) {
        self.mem(None, true, &[0xc7], 0, to, 4);
        self.word4(number);
    }

    pub(super) fn lea(&mut self, to: Reg, of: &Mem) {
        self.mem(None, true, &[0x8d], to.0, of, 0);
    }

    pub(super) fn copy(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.both(None, true, &[0x8b], to.0, from.0);
        }
    }

    /// Leaves the flags alone.
    pub(super) fn number(&mut self, to: Reg, number: i64) {
        if u32::try_from(number).is_ok() {
            if to.0 >= 8 {
                self.byte(0x41);
            }
            self.byte(0xb8 | to.0 & 7);
            self.word4(number as u32 as i32);
        } else if let Ok(small) = i32::try_from(number) {
            self.both(None, true, &[0xc7], 0, to.0);
            self.word4(small);
        } else {
            self.byte(0x48 | to.0 >> 3);
            self.byte(0xb8 | to.0 & 7);
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
    }

    pub(super) fn far_address(&mut self, to: Reg, symbol: Symbol) {
        self.byte(0x48 | to.0 >> 3);
        self.byte(0xb8 | to.0 & 7);
        self.far.push((self.here(), symbol));
        self.bytes.extend_from_slice(&[0; 8]);
    }

    pub(super) fn push(&mut self, reg: Reg) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x50 | reg.0 & 7);
    }

    pub(super) fn pop(&mut self, reg: Reg) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x58 | reg.0 & 7);
    }

    // Arithmetic.

    pub(super) fn alu(&mut self, op: Alu, to: Reg, with: Reg) {
        self.both(None, true, &[op.number() << 3 | 3], to.0, with.0);
    }

    pub(super) fn alu_mem(&mut self, op: Alu, to: Reg, with: &Mem) {
        self.mem(None, true, &[op.number() << 3 | 3], to.0, with, 0);
    }

    pub(super) fn alu_number(&mut self, op: Alu, to: Reg, number: i32) {
        if let Ok(byte) = i8::try_from(number) {
            self.both(None, true, &[0x83], op.number(), to.0);
            self.byte(byte as u8);
        } else {
            self.both(None, true, &[0x81], op.number(), to.0);
            self.word4(number);
        }
    }

    pub(super) fn multiply(&mut self, to: Reg, with: Reg) {
        self.both(None, true, &[0x0f, 0xaf], to.0, with.0);
    }

    pub(super) fn multiply_number(&mut self, to: Reg, number: i32) {
        self.both(None, true, &[0x69], to.0, to.0);
        self.word4(number);
    }

    pub(super) fn negate(&mut self, reg: Reg) {
        self.both(None, true, &[0xf7], 3, reg.0);
    }

    pub(super) fn complement(&mut self, reg: Reg) {
        self.both(None, true, &[0xf7], 2, reg.0);
    }

    /// rdx:rax by the register; quotient in rax, remainder in rdx.
    pub(super) fn divide(&mut self, by: Reg, signed: bool) {
        if signed {
            self.bytes.extend_from_slice(&[0x48, 0x99]);
        } else {
            self.bytes.extend_from_slice(&[0x31, 0xd2]);
        }
        self.both(None, true, &[0xf7], if signed { 7 } else { 6 }, by.0);
    }

    /// By the count in cl: 4 left, 5 right, 7 right with the sign.
    pub(super) fn shift(&mut self, kind: u8, reg: Reg) {
        self.both(None, true, &[0xd3], kind, reg.0);
    }

    pub(super) fn shift_number(&mut self, kind: u8, reg: Reg, count: u8) {
        self.both(None, true, &[0xc1], kind, reg.0);
        self.byte(count);
    }

    /// Extends the low 8, 16 or 32 bits.
    pub(super) fn extend(&mut self, to: Reg, from: Reg, bits: u32, signed: bool) {
        match (bits, signed) {
            (8, false) => self.both(None, true, &[0x0f, 0xb6], to.0, from.0),
            (8, true) => self.both(None, true, &[0x0f, 0xbe], to.0, from.0),
            (16, false) => self.both(None, true, &[0x0f, 0xb7], to.0, from.0),
            (16, true) => self.both(None, true, &[0x0f, 0xbf], to.0, from.0),
            (32, false) => self.both(None, false, &[0x8b], to.0, from.0),
            (32, true) => self.both(None, true, &[0x63], to.0, from.0),
            _ => panic!("an extension of {bits} bits"),
        }
    }

    pub(super) fn test(&mut self, reg: Reg) {
        self.both(None, true, &[0x85], reg.0, reg.0);
    }

    pub(super) fn test_byte(&mut self, reg: Reg) {
        debug_assert!(reg.0 < 4);
        self.both(None, false, &[0x84], reg.0, reg.0);
    }

    /// 0 or 1 in the whole register, which is one of the first four.
    pub(super) fn set(&mut self, condition: Cond, reg: Reg) {
        self.set_byte(condition, reg);
        self.both(None, false, &[0x0f, 0xb6], reg.0, reg.0);
    }

    pub(super) fn set_byte(&mut self, condition: Cond, reg: Reg) {
        debug_assert!(reg.0 < 4);
        self.both(None, false, &[0x0f, 0x90 | condition as u8], 0, reg.0);
    }

    pub(super) fn copy_if(&mut self, condition: Cond, to: Reg, from: Reg) {
        self.both(None, true, &[0x0f, 0x40 | condition as u8], to.0, from.0);
    }

    pub(super) fn decrement(&mut self, mem: &Mem) {
        self.mem(None, true, &[0xff], 1, mem, 0);
    }

    // Floats.

    pub(super) fn load_float(&mut self, to: Xmm, from: &Mem) {
        self.mem(Some(0xf2), false, &[0x0f, 0x10], to.0, from, 0);
    }

    pub(super) fn store_float(&mut self, from: Xmm, to: &Mem) {
        self.mem(Some(0xf2), false, &[0x0f, 0x11], from.0, to, 0);
    }

    pub(super) fn copy_float(&mut self, to: Xmm, from: Xmm) {
        if to != from {
            // movaps
            self.both(None, false, &[0x0f, 0x28], to.0, from.0);
        }
    }

    pub(super) fn float_of_bits(&mut self, to: Xmm, from: Reg) {
        self.both(Some(0x66), true, &[0x0f, 0x6e], to.0, from.0);
    }

    pub(super) fn bits_of_float(&mut self, to: Reg, from: Xmm) {
        self.both(Some(0x66), true, &[0x0f, 0x7e], from.0, to.0);
    }

    /// 0x58 add, 0x59 multiply, 0x5c subtract, 0x5e divide, 0x51 square root.
    pub(super) fn float(&mut self, op: u8, to: Xmm, with: Xmm) {
        self.both(Some(0xf2), false, &[0x0f, op], to.0, with.0);
    }

    pub(super) fn compare_floats(&mut self, a: Xmm, b: Xmm) {
        self.both(Some(0x66), false, &[0x0f, 0x2e], a.0, b.0);
    }

    pub(super) fn float_of_int(&mut self, to: Xmm, from: Reg) {
        self.both(Some(0xf2), true, &[0x0f, 0x2a], to.0, from.0);
    }

    /// Truncates; what does not fit gives the smallest integer.
    pub(super) fn int_of_float(&mut self, to: Reg, from: Xmm) {
        self.both(Some(0xf2), true, &[0x0f, 0x2c], to.0, from.0);
    }

    pub(super) fn narrow_float(&mut self, to: Xmm, from: Xmm) {
        self.both(Some(0xf2), false, &[0x0f, 0x5a], to.0, from.0);
    }

    pub(super) fn widen_float(&mut self, to: Xmm, from: Xmm) {
        self.both(Some(0xf3), false, &[0x0f, 0x5a], to.0, from.0);
    }

    pub(super) fn zero_float(&mut self, to: Xmm) {
        // xorps
        self.both(None, false, &[0x0f, 0x57], to.0, to.0);
    }

    // Control.

    pub(super) fn jump(&mut self, to: Label) {
        self.byte(0xe9);
        self.jumps.push((self.here(), to));
        self.word4(0);
    }

    pub(super) fn jump_if(&mut self, condition: Cond, to: Label) {
        self.bytes
            .extend_from_slice(&[0x0f, 0x80 | condition as u8]);
        self.jumps.push((self.here(), to));
        self.word4(0);
    }

    pub(super) fn jump_reg(&mut self, to: Reg) {
        self.both(None, false, &[0xff], 4, to.0);
    }

    pub(super) fn call_reg(&mut self, to: Reg) {
        self.both(None, false, &[0xff], 2, to.0);
    }

    pub(super) fn call_mem(&mut self, to: &Mem) {
        self.mem(None, false, &[0xff], 2, to, 0);
    }

    pub(super) fn call_near(&mut self, to: Symbol) {
        self.byte(0xe8);
        self.near.push((self.here(), to, -4));
        self.word4(0);
    }

    pub(super) fn leave(&mut self) {
        self.byte(0xc9);
    }

    /// Returns and drops so many bytes of arguments.
    pub(super) fn ret(&mut self, drop: u32) {
        if drop == 0 {
            self.byte(0xc3);
        } else {
            let drop = u16::try_from(drop).expect("few arguments");
            self.byte(0xc2);
            self.bytes.extend_from_slice(&drop.to_le_bytes());
        }
    }

    pub(super) fn trap(&mut self) {
        self.bytes.extend_from_slice(&[0x0f, 0x0b]);
    }

    /// Takes so many bytes from the stack pointer, to be written later with [`Asm::write`]. → Where.
    pub(super) fn reserve(&mut self) -> u32 {
        self.both(None, true, &[0x81], 5, RSP.0);
        self.word4(0);
        self.here() - 4
    }

    /// A table of distances from its own start, reached through `rax`; the index is in `rcx`.
    pub(super) fn jump_through(&mut self, targets: impl Iterator<Item = Label>) {
        // lea rax, [rip + 9]; movsxd rcx, [rax + 4 * rcx]; add rax, rcx; jmp rax
        self.bytes
            .extend_from_slice(&[0x48, 0x8d, 0x05, 9, 0, 0, 0]);
        self.bytes.extend_from_slice(&[0x48, 0x63, 0x0c, 0x88]);
        self.bytes.extend_from_slice(&[0x48, 0x01, 0xc8]);
        self.bytes.extend_from_slice(&[0xff, 0xe0]);
        let table = self.here();
        for target in targets {
            self.table.push((self.here(), table, target));
            self.word4(0);
        }
    }
}
