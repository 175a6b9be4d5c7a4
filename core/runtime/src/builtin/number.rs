//! Numbers as text.

use crate::dispatch::{Ctx, Flow};
use std::fmt::Write;

/// Digits after the point that `FloatToFixed` gives at most.
const MAX_DECIMALS: i64 = 1000;

pub(crate) fn int_to_string(ctx: &mut Ctx) -> Flow {
    let n = ctx.arg(0) as i64;
    let mut text = SmallText::default();
    let _ = write!(text, "{n}");
    ctx.put_text(0, text.as_str())
}

pub(crate) fn uint_to_string(ctx: &mut Ctx) -> Flow {
    let n = ctx.arg(0);
    let mut text = SmallText::default();
    let _ = write!(text, "{n}");
    ctx.put_text(0, text.as_str())
}

pub(crate) fn float_to_string(ctx: &mut Ctx) -> Flow {
    let text = float_text(f64::from_bits(ctx.arg(0)));
    ctx.put_text(0, &text)
}

pub(crate) fn float32_to_string(ctx: &mut Ctx) -> Flow {
    let narrow = f64::from_bits(ctx.arg(0)) as f32;
    ctx.put_text(0, &format!("{narrow:?}"))
}

pub(crate) fn float_to_fixed(ctx: &mut Ctx) -> Flow {
    let x = f64::from_bits(ctx.arg(0));
    let decimals = (ctx.arg(1) as i64).clamp(0, MAX_DECIMALS) as usize;
    let text = format!("{x:.decimals$}");
    ctx.put_text(0, &text)
}

/// The shortest decimal that reads back, with a point or an exponent: `1.0`, `0.1`, `1e20`, `inf`.
pub(crate) fn float_text(x: f64) -> String {
    format!("{x:?}")
}

/// Text of at most 32 bytes, on the stack.
#[derive(Default)]
struct SmallText {
    bytes: [u8; 32],
    len: usize,
}

impl SmallText {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("only whole strings are written")
    }
}

impl Write for SmallText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(std::fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
