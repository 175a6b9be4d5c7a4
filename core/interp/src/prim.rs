//! Machine operations on plain values. Integers are kept extended to 64 bits from their width, as everywhere.

use crate::value::Value;
use nostos_abi::builtin::Fault;
use nostos_check::hir::PrimOp;
use nostos_check::ty::{IntTy, Ty};
use std::rc::Rc;

/// Applies an operation; `operand` is its operands' type, `result` the type of what it gives.
pub(crate) fn apply(op: PrimOp, args: &[Value], operand: &Ty, result: &Ty) -> Result<Value, Fault> {
    match operand {
        Ty::Float | Ty::Float32 => Ok(float(op, args, matches!(result, Ty::Float32))),
        Ty::Int(width) => int(op, args, *width),
        _ => int(op, args, IntTy::U64),
    }
}

fn int(op: PrimOp, args: &[Value], width: IntTy) -> Result<Value, Fault> {
    // A box is never the word it is compared with: that word says "none".
    if let (PrimOp::Eq, [Value::Boxed(_), Value::Word(_)] | [Value::Word(_), Value::Boxed(_)]) =
        (op, args)
    {
        return Ok(Value::bool(false));
    }
    // Opaque values are themselves and nothing else.
    let same = match args {
        [Value::Handle(a), Value::Handle(b)] => Some(Rc::ptr_eq(a, b)),
        [Value::Boxed(a), Value::Boxed(b)] => Some(Rc::ptr_eq(a, b)),
        _ => None,
    };
    match (op, same) {
        (PrimOp::Eq, Some(same)) => return Ok(Value::bool(same)),
        (PrimOp::Ne, Some(same)) => return Ok(Value::bool(!same)),
        _ => {}
    }
    let a = args[0].word();
    let b = args.get(1).map_or(0, Value::word);
    let signed = is_signed(width);
    let order = if signed {
        a.cmp(&b)
    } else {
        (a as u64).cmp(&(b as u64))
    };
    let bits = bits(width);
    let shift = (b as u32) & (bits - 1);
    let word = match op {
        PrimOp::Eq => return Ok(Value::bool(order.is_eq())),
        PrimOp::Ne => return Ok(Value::bool(order.is_ne())),
        PrimOp::Lt => return Ok(Value::bool(order.is_lt())),
        PrimOp::Le => return Ok(Value::bool(order.is_le())),
        PrimOp::Gt => return Ok(Value::bool(order.is_gt())),
        PrimOp::Ge => return Ok(Value::bool(order.is_ge())),
        PrimOp::Add => a.wrapping_add(b),
        PrimOp::Sub => a.wrapping_sub(b),
        PrimOp::Mul => a.wrapping_mul(b),
        PrimOp::Div | PrimOp::Rem if b == 0 => return Err(Fault::DivisionByZero),
        PrimOp::Div if signed => a.wrapping_div(b),
        PrimOp::Rem if signed => a.wrapping_rem(b),
        PrimOp::Div => ((a as u64) / (b as u64)) as i64,
        PrimOp::Rem => ((a as u64) % (b as u64)) as i64,
        PrimOp::Neg => a.wrapping_neg(),
        PrimOp::Abs if signed => a.wrapping_abs(),
        PrimOp::Abs => a,
        PrimOp::Not => return Ok(Value::bool(a == 0)),
        PrimOp::And => a & b,
        PrimOp::Or => a | b,
        PrimOp::Xor => a ^ b,
        PrimOp::Complement => !a,
        PrimOp::ShiftLeft => a << shift,
        PrimOp::ShiftRight if signed => a >> shift,
        PrimOp::ShiftRight | PrimOp::ShiftRightLogical => {
            let unsigned = (a as u64) & (u64::MAX >> (64 - bits));
            (unsigned >> shift) as i64
        }
        PrimOp::ToInt(to) => return Ok(Value::Word(extended(a, to))),
        PrimOp::ToFloat => return Ok(Value::Float(float_of(a, signed))),
        PrimOp::ToFloat32 => return Ok(Value::Float(rounded(float_of(a, signed)))),
        PrimOp::ToChar => return Ok(Value::Word(a)),
        PrimOp::FloatFromBits => return Ok(Value::Float(f64::from_bits(a as u64))),
        PrimOp::Pow
        | PrimOp::Sqrt
        | PrimOp::Floor
        | PrimOp::Ceil
        | PrimOp::Round
        | PrimOp::Trunc
        | PrimOp::FloatBits => panic!("{op:?} of an integer"),
    };
    Ok(Value::Word(extended(word, width)))
}

fn float(op: PrimOp, args: &[Value], narrow: bool) -> Value {
    let a = args[0].float();
    let b = args.get(1).map_or(0.0, Value::float);
    let x = match op {
        PrimOp::Eq => return Value::bool(a == b),
        PrimOp::Ne => return Value::bool(a != b),
        PrimOp::Lt => return Value::bool(a < b),
        PrimOp::Le => return Value::bool(a <= b),
        PrimOp::Gt => return Value::bool(a > b),
        PrimOp::Ge => return Value::bool(a >= b),
        PrimOp::Add => a + b,
        PrimOp::Sub => a - b,
        PrimOp::Mul => a * b,
        PrimOp::Div => a / b,
        PrimOp::Neg => -a,
        PrimOp::Abs => a.abs(),
        PrimOp::Sqrt => a.sqrt(),
        PrimOp::Floor => a.floor(),
        PrimOp::Ceil => a.ceil(),
        PrimOp::Trunc => a.trunc(),
        PrimOp::Round => a.round(),
        PrimOp::ToInt(width) => return Value::Word(saturated(a, width)),
        PrimOp::ToFloat => a,
        PrimOp::ToFloat32 => rounded(a),
        PrimOp::FloatBits => return Value::Word(a.to_bits() as i64),
        PrimOp::Rem
        | PrimOp::Pow
        | PrimOp::Not
        | PrimOp::And
        | PrimOp::Or
        | PrimOp::Xor
        | PrimOp::Complement
        | PrimOp::ShiftLeft
        | PrimOp::ShiftRight
        | PrimOp::ShiftRightLogical
        | PrimOp::ToChar
        | PrimOp::FloatFromBits => panic!("{op:?} of a float"),
    };
    Value::Float(if narrow { rounded(x) } else { x })
}

/// The bits of an integer of this width, extended to 64.
fn extended(bits: i64, width: IntTy) -> i64 {
    match width {
        IntTy::I8 => i64::from(bits as i8),
        IntTy::I16 => i64::from(bits as i16),
        IntTy::I32 => i64::from(bits as i32),
        IntTy::U8 => i64::from(bits as u8),
        IntTy::U16 => i64::from(bits as u16),
        IntTy::U32 => i64::from(bits as u32),
        IntTy::I64 | IntTy::U64 => bits,
    }
}

/// The integer nearest to the truncated float; 0 for none.
fn saturated(x: f64, width: IntTy) -> i64 {
    match width {
        IntTy::I8 => (x as i8).into(),
        IntTy::I16 => (x as i16).into(),
        IntTy::I32 => (x as i32).into(),
        IntTy::I64 => x as i64,
        IntTy::U8 => (x as u8).into(),
        IntTy::U16 => (x as u16).into(),
        IntTy::U32 => (x as u32).into(),
        IntTy::U64 => x as u64 as i64,
    }
}

fn float_of(bits: i64, signed: bool) -> f64 {
    if signed {
        bits as f64
    } else {
        bits as u64 as f64
    }
}

fn rounded(x: f64) -> f64 {
    f64::from(x as f32)
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
