//! Sending a frame elsewhere: entering a function anew in which a stopped process is: its frame and those it has called go, and it is called again by its caller, with the arguments
//! it has now (arguments do not change, but a function that calls itself in the place of its own frame has those of its latest call).
//!
//! Or another function is called in the place of the frame, with some of its locals: what is left of it from another statement on.
//!
//! What is asked for is noted while the process stands still, and done by the worker that resumes it: no collection and no move of the stack come between.
//! The process goes on in the stub that compiles cells, as if the caller had called a cell and the stub had just found its code: the stub loads the
//! argument registers and jumps. Registers that functions save for their callers are found as their call-frame information says.

use crate::code::Code;
use crate::core::Core;
use crate::debug::StopReason;
use crate::dispatch::Ctx;
use crate::look::Standing;
use crate::process::Resume;
use crate::shim::{self, SAVED_BYTES};
use crate::walk;
use nostos_abi::code::{CellId, Cfi};
use nostos_abi::object::Lane;
use std::sync::Arc;

/// Which frame, what is called in its place, and where the arguments are.
#[derive(Debug)]
pub(crate) struct Restart {
    code: Arc<Code>,
    /// Its place among the process's frames of generated code, from the innermost.
    index: usize,
    /// How many bytes of arguments on the stack the frame would take away when it returns.
    drops: u32,
    /// Each lane's distance from the frame pointer, and whether it is passed as a float.
    lanes: Vec<(i32, bool)>,
}

impl Restart {
    /// Where the process will go on.
    pub(crate) fn address(&self) -> usize {
        self.code.address
    }
}

/// What is called in the place of a frame, with which of the frame's locals.
#[derive(Clone, Debug)]
pub struct Instead {
    /// Its cell, which has code.
    pub cell: CellId,
    /// The code of the frame it was made for, and where in it the frame was.
    pub code: Arc<Code>,
    /// See `code`.
    pub offset: u32,
    /// The arguments: places in the frame's code's list of locals.
    pub locals: Vec<usize>,
}

/// Integer and float argument registers of the convention of generated code.
const INTS: usize = 6;
const FLOATS: usize = 8;
/// DWARF numbers of the registers in a suspended stack, from its saved stack pointer upwards.
const SAVED: [u16; 4] = [14, 13, 12, 3];

impl Core {
    /// Notes that a process, when it goes on from this stop, is to enter the function of a frame anew, in the newest code of this cell if it is the frame's; `frame` counts its frames of generated code.
    pub(crate) fn restart(
        &self,
        standing: Standing,
        frame: usize,
        instead: Option<&Instead>,
        newest: Option<CellId>,
    ) -> Result<(), String> {
        let called = instead.map(|instead| (instead, self.code.lock().of_cell(instead.cell)));
        let newest = newest.and_then(|cell| self.code.lock().of_cell(cell));
        let found = self.look_standing(standing, |process, own| {
            let waits = !matches!(own.resume, Resume::Go | Resume::Throw);
            let stopped = own.rare_if_any().and_then(|rare| rare.stopped);
            let ends = own.exit.is_some() && stopped != Some(StopReason::Uncaught);
            if waits || ends {
                return Err(
                    "it stands in the middle of something that cannot be taken back: a receive, a wait, its end".to_owned(),
                );
            }
            // The lock would be taken once more and let go once.
            if own.uses_locks && self.shared.holds(process.pid()) {
                return Err("it is in the middle of a change of a module-level variable".to_owned());
            }
            if !self.ensure_frames(process, own) {
                return Err("it has no frames".to_owned());
            }
            let mut at = None;
            let mut left = frame;
            // SAFETY: the process stands still, and we own it.
            unsafe {
                walk::frames(&self.registry, process, |known| {
                    let Some(code) = &known.mapped.code else {
                        return true;
                    };
                    if left > 0 {
                        left -= 1;
                        return true;
                    }
                    at = Some((code.clone(), code.offset(known.ret)));
                    false
                });
            }
            let (code, offset) = at.ok_or("there is no such frame")?;
            // What calls another in its own place has made room for that one's arguments at once, above its frame, and returns as if it had been called with them.
            let drops = code.object.takes + frame_address(&code) - 16;
            let (code, lanes) = match called {
                None => {
                    let lanes = self.lanes_of(&code, offset)?;
                    // What the cell goes to by now takes the same arguments: with another signature it had another cell.
                    let newest = newest.filter(|newest| {
                        newest.cell == code.cell
                            && newest.object.optimised == code.object.optimised
                    });
                    (newest.unwrap_or(code), lanes)
                }
                Some((instead, known)) => {
                    if !Arc::ptr_eq(&code, &instead.code) || offset != instead.offset {
                        return Err("this frame is not the one it was meant for".to_owned());
                    }
                    let lanes = self.lanes_in(&code, offset, &instead.locals)?;
                    (known.ok_or("what is left of it has no code")?, lanes)
                }
            };
            own.exit = None;
            own.thrown = 0;
            own.resume = Resume::Restart;
            own.rare().restart = Some(Restart {
                code,
                index: frame,
                drops,
                lanes,
            });
            Ok(())
        });
        found.ok_or("it has gone on meanwhile")?
    }

    /// Where these locals of a frame are.
    fn lanes_in(
        &self,
        code: &Code,
        offset: u32,
        locals: &[usize],
    ) -> Result<Vec<(i32, bool)>, String> {
        let table = self.descs.read();
        let mut lanes = Vec::new();
        for local in locals {
            let local = code.object.locals.get(*local).filter(|local| {
                let (from, to) = local.scope;
                (from..to).contains(&(offset.max(1) - 1))
            });
            let local = local.ok_or("a name that is needed has no value here")?;
            // A name that lambdas share is passed on as the cell they share.
            if local.boxed_var {
                lanes.push((local.fp_offset, false));
                continue;
            }
            let shape = table.shapes.get(local.shape.0 as usize);
            let shape = shape.ok_or("a name that is needed has no value here")?;
            for (i, lane) in shape.lanes.iter().enumerate() {
                lanes.push((local.fp_offset + 8 * i as i32, matches!(lane, Lane::Float)));
            }
        }
        Ok(lanes)
    }

    /// Where the arguments of a function are, when its frame stands at this offset.
    fn lanes_of(&self, code: &Code, offset: u32) -> Result<Vec<(i32, bool)>, String> {
        let object = &code.object;
        let params = object.params.as_ref();
        let params = params.ok_or("what this function was called with is not known: it is a lambda, or an argument has no name")?;
        let table = self.descs.read();
        let mut lanes = Vec::new();
        for (shape, fp_offset) in params {
            let visible = object.locals.iter().any(|local| {
                let (from, to) = local.scope;
                local.fp_offset == *fp_offset && (from..to).contains(&(offset.max(1) - 1))
            });
            let shape = table.shapes.get(shape.0 as usize);
            let shape = shape.filter(|_| visible);
            let shape = shape.ok_or("an argument of this function is not there any more")?;
            for (i, lane) in shape.lanes.iter().enumerate() {
                lanes.push((fp_offset + 8 * i as i32, matches!(lane, Lane::Float)));
            }
        }
        Ok(lanes)
    }
}

/// How far above the frame pointer of this code the canonical frame address is.
fn frame_address(code: &Code) -> u32 {
    let mut steps = code.object.cfi.iter();
    let above = steps.find_map(|(_, step)| match step {
        Cfi::CfaFramePointer(above) => Some(*above as u32),
        Cfi::CfaStackPointer(_) | Cfi::Saved(..) => None,
    });
    above.unwrap_or(16)
}

/// The worker is about to resume the process: puts its stack so that it enters the function.
pub(crate) fn enter(ctx: &mut Ctx) {
    let Some(restart) = ctx.own.rare().restart.take() else {
        return;
    };
    let process = ctx.process;
    let words = process.saved_sp.get() as *const u64;
    // SAFETY: we own the process, which is suspended in the shim; the stack is laid out as the shim says.
    let mut saved: [u64; 4] = unsafe { [*words, *words.add(1), *words.add(2), *words.add(3)] };
    let mut left = restart.index;
    let mut at = None;
    // SAFETY: as above.
    unsafe {
        walk::frames(&ctx.core.registry, process, |frame| {
            let Some(code) = &frame.mapped.code else {
                return true;
            };
            let offset = code.offset(frame.ret);
            for (from, step) in &code.object.cfi {
                let Cfi::Saved(register, below) = step else {
                    continue;
                };
                let place = SAVED.iter().position(|known| known == register);
                if let Some(place) = place.filter(|_| *from <= offset) {
                    let cfa = frame.fp as i64 + i64::from(frame_address(code));
                    saved[place] = *((cfa + i64::from(*below)) as *const u64);
                }
            }
            if left == 0 {
                at = Some(frame.fp);
                return false;
            }
            left -= 1;
            true
        });
    }
    let fp =
        at.expect("the frame was there when it was asked for, and the process has not run since");
    let lanes: Vec<(u64, bool)> = restart
        .lanes
        .iter()
        // SAFETY: a word of the frame, as the debug information of its code says.
        .map(|(below, float)| unsafe { (*((fp as i64 + i64::from(*below)) as *const u64), *float) })
        .collect();
    let (mut ints, mut floats, mut stack) = (Vec::new(), Vec::new(), Vec::new());
    for (lane, float) in lanes {
        match float {
            true if floats.len() < FLOATS => floats.push(lane),
            false if ints.len() < INTS => ints.push(lane),
            _ => stack.push(lane),
        }
    }
    // What the caller expects to be taken away ends where it always did; what is called may take more of it or less.
    // SAFETY: a frame begins with its caller's frame pointer and where it returns to.
    let (caller, back) = unsafe { (*(fp as *const u64), *((fp + 8) as *const u64)) };
    let fp = fp + restart.drops as usize - restart.code.object.takes as usize;
    let frame = shim::COMPILE_SPAN as usize;
    // From the stub's saved frame pointer downwards: its arguments, the return address into it, its frame pointer and what the shim saves.
    let below = fp - frame;
    let sp = below - 16 - SAVED_BYTES;
    // SAFETY: the arguments on the stack lie where the caller has put them; everything else lies below the frame that goes, on the process's own
    // stack, whose limit leaves far more room than this.
    unsafe {
        for (i, lane) in stack.iter().enumerate() {
            *((fp + 16 + 8 * i) as *mut u64) = *lane;
        }
        for (i, lane) in ints.iter().enumerate() {
            *((below + 8 * i) as *mut u64) = *lane;
        }
        for (i, lane) in floats.iter().enumerate() {
            *((below + 8 * (INTS + i)) as *mut u64) = *lane;
        }
        *((fp + 8) as *mut u64) = back;
        *(fp as *mut u64) = caller;
        *((below - 8) as *mut u64) = shim::compile_return() as u64;
        *((below - 16) as *mut u64) = fp as u64;
        for (i, word) in saved.iter().enumerate() {
            *((sp + 8 * i) as *mut u64) = *word;
        }
    }
    process.saved_sp.set(sp);
    process.args[0].set(restart.code.address as u64);
}
