//! Rows that the host crate does: arguments out of the argument area, results into it. What waits leaves the worker.

use super::io;
use crate::blocking::Job;
use crate::dispatch::{Ctx, Flow, Halt};
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use nostos_host::{Value, Waits};

pub(crate) fn call(ctx: &mut Ctx, op: Op) -> Flow {
    let args = nostos_host::values_of(op.info().args)
        .map(|(at, lane)| match lane {
            Lane::Ref => Value::Text(ctx.owned_text(at)),
            Lane::Raw => Value::Int(ctx.arg(at) as i64),
            Lane::Float => Value::Float(f64::from_bits(ctx.arg(at))),
        })
        .collect();
    if matches!(nostos_host::waits(op), Some(Waits::Briefly | Waits::Long)) {
        return io::start(ctx, Job::Host(op, args));
    }
    // A search in a long text takes its time.
    ctx.worker.go_outside(ctx.process, ctx.own);
    let outcome = nostos_host::call(op, &args);
    ctx.worker.come_back();
    match outcome {
        Ok(values) => put(ctx, values),
        Err(failure) => Err(Halt::error(failure.kind, failure.message)),
    }
}

/// Results; at most one of them is a text, so that making it moves nothing that was put before.
pub(crate) fn put(ctx: &mut Ctx, values: Vec<Value>) -> Flow {
    // Arguments are no longer needed, and the collector must not take results for them.
    let mut texts = Vec::new();
    let mut at = 0;
    for value in &values {
        match value {
            Value::Text(text) => {
                texts.push((at, text));
                at += 3;
            }
            Value::Int(_) | Value::Float(_) => at += 1,
        }
    }
    debug_assert!(texts.len() <= 1);
    for (at, text) in texts {
        ctx.put_text(at, text)?;
    }
    let mut at = 0;
    for value in values {
        match value {
            Value::Text(_) => at += 3,
            Value::Int(n) => {
                ctx.put(at, n as u64);
                at += 1;
            }
            Value::Float(x) => {
                ctx.put(at, x.to_bits());
                at += 1;
            }
        }
    }
    Ok(())
}
