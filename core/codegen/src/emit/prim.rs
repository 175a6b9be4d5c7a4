//! Machine operations. An integer narrower than 64 bits is kept extended in its lane; every operation that could leave its range extends again.

use super::Emit;
use crate::ir::Expr;
use crate::layout::TyId;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use nostos_abi::builtin::Fault;
use nostos_check::hir::PrimOp;
use nostos_check::ty::{IntTy, Ty};

impl<'f> Emit<'_, 'f> {
    /// A comparison as a flag, if the operation is one.
    pub(super) fn compare(&mut self, op: PrimOp, args: &'f [Expr]) -> Option<Value> {
        let (int, float) = match op {
            PrimOp::Eq => (IntCC::Equal, FloatCC::Equal),
            PrimOp::Ne => (IntCC::NotEqual, FloatCC::NotEqual),
            PrimOp::Lt => (IntCC::SignedLessThan, FloatCC::LessThan),
            PrimOp::Le => (IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual),
            PrimOp::Gt => (IntCC::SignedGreaterThan, FloatCC::GreaterThan),
            PrimOp::Ge => (IntCC::SignedGreaterThanOrEqual, FloatCC::GreaterThanOrEqual),
            _ => return None,
        };
        let operand = self.operand(args);
        let a = self.value(&args[0]);
        let b = self.value(&args[1]);
        let (Some(a), Some(b)) = (a.first().copied(), b.first().copied()) else {
            // One of them never comes back.
            return Some(self.b.ins().iconst(types::I8, 0));
        };
        Some(match operand {
            Ty::Float | Ty::Float32 => self.b.ins().fcmp(float, a, b),
            Ty::Int(width) if is_signed(width) => self.b.ins().icmp(int, a, b),
            _ => self.b.ins().icmp(int.unsigned(), a, b),
        })
    }

    fn operand(&self, args: &[Expr]) -> Ty {
        let known = args
            .iter()
            .find(|a| a.ty != TyId::NEVER)
            .unwrap_or(&args[0]);
        self.layouts.get(known.ty).ty.clone()
    }

    pub(super) fn prim(&mut self, op: PrimOp, args: &'f [Expr], ty: TyId) -> Value {
        if let Some(flag) = self.compare(op, args) {
            return self.b.ins().uextend(types::I64, flag);
        }
        let operand = self.operand(args);
        let mut values = Vec::with_capacity(2);
        for arg in args {
            let lanes = self.value(arg);
            let value = lanes.first().copied();
            values.push(value.unwrap_or_else(|| match operand {
                Ty::Float | Ty::Float32 => self.b.ins().f64const(0.0),
                _ => self.word(0),
            }));
        }
        match operand {
            Ty::Float => self.float(op, &values),
            Ty::Float32 => {
                let value = self.float(op, &values);
                match self.layouts.get(ty).ty {
                    Ty::Float32 => self.rounded(value),
                    _ => value,
                }
            }
            Ty::Int(width) => self.int(op, &values, width),
            _ => self.int(op, &values, IntTy::U64),
        }
    }

    fn int(&mut self, op: PrimOp, values: &[Value], width: IntTy) -> Value {
        let a = values[0];
        let b = values.get(1).copied().unwrap_or(a);
        let signed = is_signed(width);
        let result = match op {
            PrimOp::Add => self.b.ins().iadd(a, b),
            PrimOp::Sub => self.b.ins().isub(a, b),
            PrimOp::Mul => self.b.ins().imul(a, b),
            PrimOp::Div | PrimOp::Rem => self.divide(op, a, b, signed),
            PrimOp::Neg => self.b.ins().ineg(a),
            PrimOp::Abs if signed => self.b.ins().iabs(a),
            PrimOp::Abs => a,
            PrimOp::Not => {
                let flag = self.b.ins().icmp_imm_s(IntCC::Equal, a, 0);
                return self.b.ins().uextend(types::I64, flag);
            }
            PrimOp::And => return self.b.ins().band(a, b),
            PrimOp::Or => return self.b.ins().bor(a, b),
            PrimOp::Xor => return self.b.ins().bxor(a, b),
            PrimOp::Complement => self.b.ins().bnot(a),
            PrimOp::ShiftLeft | PrimOp::ShiftRight | PrimOp::ShiftRightLogical => {
                let count = self.b.ins().band_imm_u(b, i64::from(bits(width)) - 1);
                match op {
                    PrimOp::ShiftLeft => self.b.ins().ishl(a, count),
                    PrimOp::ShiftRight if signed => return self.b.ins().sshr(a, count),
                    _ => {
                        let a = self.zero_extended(a, width);
                        self.b.ins().ushr(a, count)
                    }
                }
            }
            PrimOp::ToInt(to) => return self.extended(a, to),
            PrimOp::ToFloat => return self.float_of(a, signed),
            PrimOp::ToFloat32 => {
                let value = self.float_of(a, signed);
                return self.rounded(value);
            }
            PrimOp::ToChar => return a,
            PrimOp::FloatFromBits => {
                return self
                    .b
                    .ins()
                    .bitcast(types::F64, super::MemFlagsData::new(), a);
            }
            PrimOp::Eq | PrimOp::Ne | PrimOp::Lt | PrimOp::Le | PrimOp::Gt | PrimOp::Ge => {
                panic!("compared before")
            }
            PrimOp::Pow => panic!("a helper's work"),
            PrimOp::Sqrt
            | PrimOp::Floor
            | PrimOp::Ceil
            | PrimOp::Round
            | PrimOp::Trunc
            | PrimOp::FloatBits => {
                panic!("{op:?} of an integer")
            }
        };
        self.extended(result, width)
    }

    /// By zero is a fault; the smallest by −1 wraps.
    fn divide(&mut self, op: PrimOp, a: Value, b: Value, signed: bool) -> Value {
        let constant = self.known(b);
        if !matches!(constant, Some(c) if c != 0) {
            let (zero, go_on) = (self.b.create_block(), self.b.create_block());
            self.b.set_cold_block(zero);
            self.b.ins().brif(b, go_on, &[], zero, &[]);
            self.enter(zero);
            let nothing = self.word(0);
            self.fault(Fault::DivisionByZero, nothing, nothing);
            self.enter(go_on);
        }
        let division = op == PrimOp::Div;
        if !signed {
            return if division {
                self.b.ins().udiv(a, b)
            } else {
                self.b.ins().urem(a, b)
            };
        }
        match constant {
            Some(-1) if division => self.b.ins().ineg(a),
            Some(-1) => self.word(0),
            Some(_) if division => self.b.ins().sdiv(a, b),
            Some(_) => self.b.ins().srem(a, b),
            None => {
                // Dividing the smallest by −1 traps on the machine: divide by 1 instead, then mend.
                let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
                let one = self.word(1);
                let safe = self.b.ins().select(minus, one, b);
                if division {
                    let quotient = self.b.ins().sdiv(a, safe);
                    let negative = self.b.ins().ineg(a);
                    self.b.ins().select(minus, negative, quotient)
                } else {
                    self.b.ins().srem(a, safe)
                }
            }
        }
    }

    fn known(&self, value: Value) -> Option<i64> {
        let dfg = &self.b.func.dfg;
        let inst = dfg.value_def(value).inst()?;
        match dfg.insts[inst] {
            cranelift_codegen::ir::InstructionData::UnaryImm { imm, .. } => Some(imm.bits()),
            _ => None,
        }
    }

    fn float(&mut self, op: PrimOp, values: &[Value]) -> Value {
        let a = values[0];
        let b = values.get(1).copied().unwrap_or(a);
        match op {
            PrimOp::Add => self.b.ins().fadd(a, b),
            PrimOp::Sub => self.b.ins().fsub(a, b),
            PrimOp::Mul => self.b.ins().fmul(a, b),
            PrimOp::Div => self.b.ins().fdiv(a, b),
            PrimOp::Neg => self.b.ins().fneg(a),
            PrimOp::Abs => self.b.ins().fabs(a),
            PrimOp::Sqrt => self.b.ins().sqrt(a),
            PrimOp::Floor => self.b.ins().floor(a),
            PrimOp::Ceil => self.b.ins().ceil(a),
            PrimOp::Trunc => self.b.ins().trunc(a),
            PrimOp::Round => {
                // The largest double below one half: adding one half itself would round up what is just below it.
                let half = self.b.ins().f64const(0.499_999_999_999_999_94);
                let half = self.b.ins().fcopysign(half, a);
                let sum = self.b.ins().fadd(a, half);
                self.b.ins().trunc(sum)
            }
            PrimOp::ToInt(IntTy::U64) => self.b.ins().fcvt_to_uint_sat(types::I64, a),
            PrimOp::ToInt(width) => self.saturated(a, width),
            PrimOp::ToFloat => a,
            PrimOp::ToFloat32 => self.rounded(a),
            PrimOp::FloatBits => self
                .b
                .ins()
                .bitcast(types::I64, super::MemFlagsData::new(), a),
            PrimOp::Eq | PrimOp::Ne | PrimOp::Lt | PrimOp::Le | PrimOp::Gt | PrimOp::Ge => {
                panic!("compared before")
            }
            PrimOp::Rem | PrimOp::Pow => panic!("a helper's work"),
            PrimOp::Not | PrimOp::And | PrimOp::Or | PrimOp::Xor | PrimOp::Complement => {
                panic!("{op:?} of a float")
            }
            PrimOp::ShiftLeft | PrimOp::ShiftRight | PrimOp::ShiftRightLogical => {
                panic!("{op:?} of a float")
            }
            PrimOp::ToChar | PrimOp::FloatFromBits => panic!("{op:?} of a float"),
        }
    }

    fn saturated(&mut self, a: Value, width: IntTy) -> Value {
        let wide = self.b.ins().fcvt_to_sint_sat(types::I64, a);
        let (low, high): (i64, i64) = match width {
            IntTy::I8 => (i8::MIN.into(), i8::MAX.into()),
            IntTy::I16 => (i16::MIN.into(), i16::MAX.into()),
            IntTy::I32 => (i32::MIN.into(), i32::MAX.into()),
            IntTy::U8 => (0, u8::MAX.into()),
            IntTy::U16 => (0, u16::MAX.into()),
            IntTy::U32 => (0, u32::MAX.into()),
            IntTy::I64 | IntTy::U64 => return wide,
        };
        let low = self.word(low);
        let high = self.word(high);
        let above = self.b.ins().smax(wide, low);
        self.b.ins().smin(above, high)
    }

    fn float_of(&mut self, a: Value, signed: bool) -> Value {
        if signed {
            self.b.ins().fcvt_from_sint(types::F64, a)
        } else {
            self.b.ins().fcvt_from_uint(types::F64, a)
        }
    }

    fn rounded(&mut self, a: Value) -> Value {
        let narrow = self.b.ins().fdemote(types::F32, a);
        self.b.ins().fpromote(types::F64, narrow)
    }

    fn extended(&mut self, a: Value, width: IntTy) -> Value {
        let Some(narrow) = narrow_type(width) else {
            return a;
        };
        let a = self.b.ins().ireduce(narrow, a);
        if is_signed(width) {
            self.b.ins().sextend(types::I64, a)
        } else {
            self.b.ins().uextend(types::I64, a)
        }
    }

    fn zero_extended(&mut self, a: Value, width: IntTy) -> Value {
        let Some(narrow) = narrow_type(width) else {
            return a;
        };
        let a = self.b.ins().ireduce(narrow, a);
        self.b.ins().uextend(types::I64, a)
    }
}

fn narrow_type(width: IntTy) -> Option<Type> {
    match width {
        IntTy::I8 | IntTy::U8 => Some(types::I8),
        IntTy::I16 | IntTy::U16 => Some(types::I16),
        IntTy::I32 | IntTy::U32 => Some(types::I32),
        IntTy::I64 | IntTy::U64 => None,
    }
}

fn is_signed(width: IntTy) -> bool {
    matches!(width, IntTy::I8 | IntTy::I16 | IntTy::I32 | IntTy::I64)
}

fn bits(width: IntTy) -> u32 {
    match width {
        IntTy::I8 | IntTy::U8 => 8,
        IntTy::I16 | IntTy::U16 => 16,
        IntTy::I32 | IntTy::U32 => 32,
        IntTy::I64 | IntTy::U64 => 64,
    }
}
