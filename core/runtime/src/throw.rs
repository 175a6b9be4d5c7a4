//! Exceptions: a walk over the frames to the first call site with a handler; nothing is done on the way, so nothing is paid when nothing is thrown.

use crate::core::Core;
use crate::debug::StopReason;
use crate::dispatch::Ctx;
use crate::exit::{ExitReason, Failure, TraceLine};
use crate::process::{Process, Resume};
use crate::shim::{Leave, THROW};
use crate::value::{self, Memory};
use crate::walk;
use nostos_abi::desc::fixed;
use nostos_abi::object::{header, inline_string};

/// Frames of a trace that are kept at each end.
const TRACE_ENDS: usize = 24;

/// Unwinds to the handler; without one, the process ends.
pub(crate) fn throw(ctx: &mut Ctx, payload: u64) -> usize {
    // A handler that throws the same value on has not made a new error: the first trace says where it came from.
    let fresh = ctx.own.thrown != payload || payload == 0;
    if fresh {
        ctx.own.rare().trace.clear();
    }
    ctx.own.thrown = payload;
    let (process, trace) = (ctx.process, &mut ctx.own.rare().trace);
    let mut caught = false;
    let mut left_out = 0;
    // SAFETY: we own the process, which is suspended in the shim.
    unsafe {
        walk::frames(&ctx.core.registry, process, |frame| {
            if fresh {
                if trace.len() < 2 * TRACE_ENDS {
                    trace.push(frame.ret);
                } else {
                    // A ring of the last ones behind the first ones.
                    trace[TRACE_ENDS + left_out % TRACE_ENDS] = frame.ret;
                    left_out += 1;
                }
            }
            let Some(handler) = frame.mapped.handler else {
                return true;
            };
            process.throw_pc.set(handler);
            process.throw_fp.set(frame.fp);
            process.throw_sp.set(frame.sp);
            process.throw_payload.set(payload);
            caught = true;
            false
        });
    }
    if fresh && left_out > 0 {
        trace[TRACE_ENDS..].rotate_left(left_out % TRACE_ENDS);
    }
    if caught {
        let stops = &ctx.core.debug.stop_on_thrown;
        if fresh && stops.load(std::sync::atomic::Ordering::Relaxed) && !ctx.own.unhindered {
            // Its stack may move meanwhile, so the handler is looked for again.
            ctx.own.rare().stopped = Some(StopReason::Thrown);
            ctx.own.resume = Resume::Throw;
            return Leave::Stop as usize;
        }
        return THROW;
    }
    let mut lines: Vec<TraceLine> = Vec::new();
    for (i, &ret) in ctx.own.rare().trace.iter().enumerate() {
        if left_out > 0 && i == TRACE_ENDS {
            push_line(&mut lines, TraceLine::Omitted(left_out));
        }
        if let Some(line) = trace_line(ctx.core, ret) {
            push_line(&mut lines, line);
        }
    }
    let message = describe(ctx.core, payload);
    if ctx.core.interruption.has_begun() && message.starts_with(crate::interrupt::KIND) {
        ctx.own.exit = Some(ExitReason::Shutdown.into());
        ctx.own.quiet = true;
        return Leave::Exit as usize;
    }
    ctx.own.exit = Some(
        ExitReason::Failed(Box::new(Failure {
            message,
            trace: lines,
        }))
        .into(),
    );
    let stops = &ctx.core.debug.stop_on_uncaught;
    if stops.load(std::sync::atomic::Ordering::Relaxed) && !ctx.own.unhindered {
        // The frames are still there to be looked at. `Worker::resume` finds the exit reason when it goes on.
        ctx.own.rare().stopped = Some(StopReason::Uncaught);
        return Leave::Stop as usize;
    }
    Leave::Exit as usize
}

/// Where a process is that has frames and does not run; the outermost frames of a deep one are left out.
pub(crate) fn trace_of(core: &Core, process: &Process) -> Vec<TraceLine> {
    let mut lines = Vec::new();
    // SAFETY: the caller owns the process, which has frames and is suspended in the shim.
    unsafe {
        walk::frames(&core.registry, process, |frame| {
            if let Some(line) = trace_line(core, frame.ret) {
                push_line(&mut lines, line);
            }
            lines.len() < 2 * TRACE_ENDS
        });
    }
    lines
}

/// Adds a line; a recursion's many equal ones become two with a count between them.
fn push_line(lines: &mut Vec<TraceLine>, line: TraceLine) {
    let more = match (&lines[..], &line) {
        ([.., TraceLine::Frame { .. }, TraceLine::Omitted(_)], TraceLine::Omitted(n)) => *n,
        ([.., last, TraceLine::Omitted(_)], same) if last == same => 1,
        ([.., before, last], same) if before == last && last == same => {
            let last = lines.len() - 1;
            lines[last] = TraceLine::Omitted(1);
            1
        }
        _ => 0,
    };
    match lines.last_mut() {
        Some(TraceLine::Omitted(n)) if more > 0 => *n += more,
        _ => lines.push(line),
    }
}

/// What people read of a return address; nothing for the runtime's own stubs and for glue without a file.
pub(crate) fn trace_line(core: &Core, ret: usize) -> Option<TraceLine> {
    let code = core.registry.find(ret)?.code.as_ref()?;
    if code.object.file.is_empty() && code.object.line == 0 {
        return None;
    }
    Some(TraceLine::Frame {
        name: code.object.name.clone(),
        file: code.object.file.clone(),
        line: code.line_at(code.offset(ret)),
    })
}

/// A thrown value as people read it. It is live: the process is being ended by its owner.
fn describe(core: &Core, payload: u64) -> String {
    let table = core.descs.read();
    let memory = Memory::Live;
    if value::desc_index(memory, payload) == Some(fixed::ERROR_PAIR)
        && let Some(words) = value::payload(memory, payload, 6)
        && let Some(kind) = value::string_text(memory, &words[..3])
        && let Some(text) = value::string_text(memory, &words[3..])
    {
        return format!("{kind}: {text}");
    }
    value::render_boxed(&table, memory, payload, true)
}

/// A `(String, String)` of the runtime. Memory for it is taken even when the limit has been reached.
pub(crate) fn error_pair(ctx: &mut Ctx, kind: &str, message: &str) -> u64 {
    let kind = inline_string(kind).unwrap_or([1, 0, 0]);
    let text = match inline_string(message) {
        Some(words) => words,
        None => match ctx.new_string(message) {
            Ok(words) => words,
            Err(_) => inline_string("out of memory").unwrap_or([1, 0, 0]),
        },
    };
    // The text is no root, so the pair must not collect: it goes to the old space, and is remembered because the text may be young.
    let at = ctx.own.heap.take_old(56);
    // SAFETY: the space gave seven words.
    unsafe {
        at.write(header(fixed::ERROR_PAIR) | nostos_abi::object::HEADER_WATCHED);
        for (i, word) in kind.into_iter().chain(text).enumerate() {
            at.add(1 + i).write(word);
        }
    }
    ctx.own.heap.remember(at as u64);
    at as u64
}

#[cfg(test)]
mod tests {
    use super::{TraceLine, push_line};

    fn shown(names: &[&str]) -> String {
        let mut lines = Vec::new();
        for name in names {
            let line = match name.parse() {
                Ok(n) => TraceLine::Omitted(n),
                Err(_) => TraceLine::Frame {
                    name: (*name).into(),
                    file: String::new(),
                    line: 1,
                },
            };
            push_line(&mut lines, line);
        }
        let texts = lines.iter().map(|l| match l {
            TraceLine::Frame { name, .. } => name.clone(),
            TraceLine::Omitted(n) => format!("+{n}"),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn equal_lines_are_counted() {
        for (names, expected) in [
            (&["a", "b", "c"][..], "a b c"),
            (&["a", "a", "b"], "a a b"),
            (&["a", "a", "a", "a", "b"], "a +3 b"),
            (&["a", "a", "a", "100", "a", "a", "b"], "a +104 b"),
            (&["a", "b", "100", "a", "b"], "a b +100 a b"),
        ] {
            assert_eq!(shown(names), expected, "{names:?}");
        }
    }
}
