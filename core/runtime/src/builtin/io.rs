//! Output, files, environment, clocks, random bits.

use crate::blocking::Job;
use crate::config::Stream;
use crate::dispatch::{Ctx, Flow, Halt};
use crate::shim::Leave;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) fn write(ctx: &mut Ctx, stream: Stream, end: &str) -> Flow {
    let output = &ctx.core.config.output;
    let text = ctx.text(0);
    // A slow reader holds up nobody else. The heap is still ours, so the text stays where it is.
    ctx.worker.go_outside(ctx.process, ctx.own);
    if end.is_empty() {
        output(stream, text);
    } else {
        // One piece, so that lines of several processes do not mix.
        let mut line = String::with_capacity(text.len() + end.len());
        line.push_str(text);
        line.push_str(end);
        output(stream, &line);
    }
    ctx.worker.come_back();
    Ok(())
}

/// Leaves for the blocking pool.
pub(crate) fn start(ctx: &mut Ctx, job: Job) -> Flow {
    ctx.own.rare().job = Some(job);
    Err(Halt::Leave(Leave::Job))
}

pub(crate) fn env_get(ctx: &mut Ctx) -> Flow {
    // A name with `=` or NUL is no variable's, and asking the system for one would panic.
    let name = ctx.text(0);
    let askable = !name.is_empty() && !name.contains(['=', '\0']);
    let value = if askable {
        std::env::var(name).ok()
    } else {
        None
    };
    match value {
        Some(text) => {
            ctx.put_text(1, &text)?;
            ctx.put(0, 1);
        }
        None => {
            ctx.put_text(1, "")?;
            ctx.put(0, 0);
        }
    }
    Ok(())
}

pub(crate) fn env_cwd(ctx: &mut Ctx) -> Flow {
    match std::env::current_dir() {
        Ok(path) => ctx.put_text(0, &path.to_string_lossy()),
        Err(e) => Err(Halt::error("io_error", e.to_string())),
    }
}

pub(crate) fn arg_get(ctx: &mut Ctx) -> Flow {
    let index = ctx.arg(0) as usize;
    let core = ctx.core;
    let text = core.config.args.get(index).map_or("", String::as_str);
    ctx.put_text(0, text)
}

pub(crate) fn now_millis(ctx: &mut Ctx) -> Flow {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as u64);
    ctx.put(0, millis);
    Ok(())
}

pub(crate) fn random_bits(ctx: &mut Ctx) -> Flow {
    if let Some(bits) = ctx.core.random_bits() {
        ctx.put(0, bits);
        return Ok(());
    }
    // Each `RandomState` has keys of its own, seeded by the operating system.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(ctx.core.timers.now());
    let bits = hasher.finish();
    ctx.put(0, bits);
    Ok(())
}
