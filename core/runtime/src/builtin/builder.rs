//! String builders: a stack of growing strings outside of the heap. An exception may leave builders open; closing one drops those above it.

use super::number::float_text;
use super::string::{char_of, push_quoted};
use crate::dispatch::{Ctx, Flow};
use std::fmt::Write;

pub(crate) fn start(ctx: &mut Ctx) -> Flow {
    let builders = &mut ctx.own.rare().builders;
    builders.push(String::new());
    let depth = builders.len() as u64;
    ctx.put(0, depth);
    Ok(())
}

fn with_innermost(ctx: &mut Ctx, f: impl FnOnce(&mut String, &Ctx)) -> Flow {
    let mut text = ctx.own.rare().builders.pop().unwrap_or_default();
    f(&mut text, ctx);
    ctx.own.rare().builders.push(text);
    Ok(())
}

pub(crate) fn push(ctx: &mut Ctx) -> Flow {
    with_innermost(ctx, |out, ctx| out.push_str(ctx.text(0)))
}

pub(crate) fn push_char(ctx: &mut Ctx) -> Flow {
    with_innermost(ctx, |out, ctx| out.push(char_of(ctx.arg(0))))
}

pub(crate) fn push_int(ctx: &mut Ctx) -> Flow {
    with_innermost(ctx, |out, ctx| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", ctx.arg(0) as i64);
    })
}

pub(crate) fn push_float(ctx: &mut Ctx) -> Flow {
    with_innermost(ctx, |out, ctx| {
        out.push_str(&float_text(f64::from_bits(ctx.arg(0))));
    })
}

pub(crate) fn push_quoted_op(ctx: &mut Ctx) -> Flow {
    with_innermost(ctx, |out, ctx| push_quoted(out, ctx.text(0)))
}

pub(crate) fn finish(ctx: &mut Ctx) -> Flow {
    let depth = (ctx.arg(0) as usize).max(1);
    let builders = &mut ctx.own.rare().builders;
    builders.truncate(depth);
    let text = if builders.len() == depth {
        builders.pop().unwrap_or_default()
    } else {
        String::new()
    };
    ctx.put_text(0, &text)
}
