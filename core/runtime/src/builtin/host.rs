//! Rows that the host crate does: arguments out of the argument area, results into it. What waits leaves the worker.

use super::io;
use crate::blocking::Job;
use crate::dispatch::{Ctx, Flow, Halt};
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use nostos_host::{Attempt, LOOK_AGAIN_MILLIS, Value, Waits};

pub(crate) fn call(ctx: &mut Ctx, op: Op) -> Flow {
    if nostos_host::waits(op) == Some(Waits::Long) {
        return ask_program(ctx, op);
    }
    let args = nostos_host::values_of(op.info().args)
        .map(|(at, lane)| match lane {
            Lane::Ref => Value::Text(ctx.owned_text(at)),
            Lane::Raw => Value::Int(ctx.arg(at) as i64),
            Lane::Float => Value::Float(f64::from_bits(ctx.arg(at))),
        })
        .collect();
    if matches!(nostos_host::waits(op), Some(Waits::Briefly)) {
        let most = ctx.core.config.heap_limit;
        return io::start(ctx, Job::Host(op, args, most));
    }
    // A search in a long text takes its time.
    ctx.worker.go_outside(ctx.process, ctx.own);
    let outcome = nostos_host::call(op, &args, ctx.core.config.heap_limit);
    ctx.worker.come_back();
    match outcome {
        Ok(values) => put(ctx, values),
        Err(failure) => Err(Halt::error(failure.kind, failure.message)),
    }
}

/// Asks another program, and again when it may have an answer.
fn ask_program(ctx: &mut Ctx, op: Op) -> Flow {
    ctx.own.waits_for = None;
    let mut progress = std::mem::take(&mut ctx.own.progress);
    let bytes = match op {
        Op::ExecWrite => ctx.text(1).as_bytes(),
        _ => &[],
    };
    let most = ctx.core.config.heap_limit;
    let attempt = nostos_host::attempt(op, ctx.arg(0) as i64, bytes, &mut progress, most);
    let awaited = match attempt.map_err(|failure| Halt::error(failure.kind, failure.message))? {
        Attempt::Done(values) => return put(ctx, values),
        Attempt::Later(awaited) => awaited,
    };
    ctx.own.progress = progress;
    if awaited.is_empty() {
        let again = ctx.core.timers.now() + LOOK_AGAIN_MILLIS * 1_000_000;
        return ctx.wait_for_resource(op, again);
    }
    let core = &ctx.worker.core;
    let watch = core.net.watch(core, awaited, ctx.process.pid());
    ctx.own.waits_for = Some(watch.map_err(|why| Halt::error("io_error", why))?);
    ctx.wait_for_resource(op, u64::MAX)
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
