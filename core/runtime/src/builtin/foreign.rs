//! Functions of C libraries: found by name, called on the worker's stack with whatever registers hold.

use crate::dispatch::{Ctx, Flow, Halt};
use crate::process::State;
use nostos_abi::process::SLICE;
use std::arch::x86_64::_rdtsc;
use std::ffi::{CStr, CString};
use std::time::Duration;

/// About how long a look at a process takes.
const LOOK: Duration = Duration::from_micros(5);

/// (library, symbol) → address.
pub(crate) fn symbol(ctx: &mut Ctx) -> Flow {
    let (library, symbol) = (ctx.owned_text(0), ctx.owned_text(3));
    let address = ctx.core.foreign.find(&library, &symbol);
    match address {
        Ok(address) => {
            ctx.put(0, address as u64);
            Ok(())
        }
        Err(why) => Err(Halt::error("ForeignError", why)),
    }
}

/// A text as C has it; kept until this process's next foreign call is over.
pub(crate) fn c_string(ctx: &mut Ctx) -> Flow {
    let Ok(text) = CString::new(ctx.text(0)) else {
        return Err(Halt::error(
            "ForeignError",
            "a text with a NUL in it cannot be given to C",
        ));
    };
    ctx.put(0, text.as_ptr() as u64);
    ctx.own.rare().c_strings.push(text);
    Ok(())
}

/// A C text as ours; none for null.
pub(crate) fn c_text(ctx: &mut Ctx) -> Flow {
    let at = ctx.arg(0) as *const libc::c_char;
    if at.is_null() {
        return ctx.put_text(0, "");
    }
    // SAFETY: the program says in an `unsafe` block that the function gave a C string.
    let text = unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned();
    ctx.put_text(0, &text)
}

/// What C takes is taken from the slice: calls that are too short for others to take the worker's place would add up to seconds otherwise. With a seed the
/// order of turns must not depend on time.
fn charge(ctx: &Ctx, ticks: u64) {
    const TICKS: u64 = 8;
    let used = match ctx.core.config.seed {
        None => (ticks / TICKS).clamp(1, SLICE as u64) as i64,
        Some(_) => 1,
    };
    let left = &ctx.process.reductions;
    left.set(left.get() - used);
}

/// Any C function: six integers, eight floats.
type Function<R> =
    extern "C" fn(u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64) -> R;

/// (address, kind of the result and which floats are `Float32`, six integers, eight floats) → the result's bits.
pub(crate) fn call(ctx: &mut Ctx) -> Flow {
    let (address, kind, narrow) = (ctx.arg(0) as usize, ctx.arg(1) & 0xff, ctx.arg(1) >> 8);
    let int: [u64; 6] = std::array::from_fn(|i| ctx.arg(2 + i));
    let float: [f64; 8] = std::array::from_fn(|i| {
        let value = f64::from_bits(ctx.arg(8 + i));
        // A float of half the width is in the low half of its register.
        match narrow >> i & 1 {
            0 => value,
            _ => f64::from_bits(u64::from((value as f32).to_bits())),
        }
    });
    let [a, b, c, d, e, f] = int;
    let [s, t, u, v, w, x, y, z] = float;
    let process = ctx.process;
    // The call may take long or wait. Meanwhile nobody waits for this worker, and who wants to look at the process can.
    // SAFETY: every processor of this architecture counts its time.
    let begun = unsafe { _rdtsc() };
    ctx.worker.go_outside(ctx.process, ctx.own);
    process.set_state(State::Blocked);
    process.release();
    // SAFETY: the program says in an `unsafe` block that the function at this address takes what it passes. By the System V convention each class of
    // arguments has its registers, whatever the function's own parameters, and those it does not take do no harm.
    let result = unsafe {
        match kind {
            0 => {
                let function: Function<u64> = std::mem::transmute(address);
                function(a, b, c, d, e, f, s, t, u, v, w, x, y, z)
            }
            1 => {
                let function: Function<f64> = std::mem::transmute(address);
                function(a, b, c, d, e, f, s, t, u, v, w, x, y, z).to_bits()
            }
            _ => {
                let function: Function<f32> = std::mem::transmute(address);
                f64::from(function(a, b, c, d, e, f, s, t, u, v, w, x, y, z)).to_bits()
            }
        }
    };
    while !process.acquire_to_run() {
        std::thread::sleep(LOOK);
    }
    // SAFETY: just acquired; the reference from before it was let go is replaced by this one and not used again.
    ctx.own = unsafe { process.own() };
    process.set_state(State::Running);
    ctx.worker.come_back();
    // SAFETY: as above.
    let ticks = unsafe { _rdtsc() }.wrapping_sub(begun);
    charge(ctx, ticks);
    ctx.own.rare().c_strings.clear();
    ctx.put(0, result);
    super::process::attend(ctx)
}
