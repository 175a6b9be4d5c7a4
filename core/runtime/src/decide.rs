//! Conditions of breakpoints, decided where a site is reached: compiled like any expression, and called in a process of their own on the same worker,
//! in the middle of the op that the armed site is. Nobody is stopped or woken for that, so it takes about as long as starting a process.
//!
//! A condition that does not come to its end at once (it waits, throws, or computes for longer than a turn) is ended, and says "perhaps": then the
//! process stops, and the debugger asks in its usual way.

use crate::core::Core;
use crate::debug::SiteFrame;
use crate::dispatch::Ctx;
use crate::exit::ExitReason;
use crate::message::Fragment;
use crate::value::{self, Memory};
use nostos_abi::code::CellId;
use nostos_abi::object::header;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;

/// A compiled condition over variables of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// What is called.
    pub cell: CellId,
    /// The descriptor of the closure it is called through.
    pub desc: u32,
    /// Each captured variable: its first lane's distance from the frame pointer, how many lanes, and whether the slot holds a cell with them.
    pub captures: Vec<(i64, usize, bool)>,
}

impl Core {
    /// The address of the cell of a condition, so that it need not be looked for again.
    pub(crate) fn settle_condition(&self, condition: &Condition) -> Option<usize> {
        self.code.lock().ensure_cell(condition.cell).ok()
    }
}

/// Is it false for sure?
pub(crate) fn is_false(ctx: &Ctx, condition: &Condition, cell: usize, frame: &SiteFrame) -> bool {
    // What it calls may come by a site with a condition, but nothing stops the process it runs in.
    answer(ctx, condition, cell, frame) == Some(false)
}

fn answer(ctx: &Ctx, condition: &Condition, cell: usize, frame: &SiteFrame) -> Option<bool> {
    let mut closure = vec![header(condition.desc), cell as u64];
    for &(offset, lanes, in_cell) in &condition.captures {
        for i in 0..lanes as i64 {
            closure.push(match in_cell {
                false => frame.word(offset + 8 * i)?,
                true => Memory::Live.words(frame.word(offset)? + 8 + 8 * i as u64, 1)?[0],
            });
        }
    }
    let core = ctx.core;
    let copy = {
        let mut scratch = ctx.worker.scratch.borrow_mut();
        // SAFETY: the closure is laid out as its descriptor says; what its lanes refer to is in the heap of the process that has reached the site,
        // which this worker owns.
        unsafe { Fragment::copy(&core.traces, &mut scratch, closure.as_mut_ptr() as u64) }
    };
    let (sender, receiver) = channel();
    let pid = core.start_quietly(ctx.worker, &copy, sender)?;
    let process = core.table.get(pid)?;
    core.debug.deciding.fetch_add(1, Ordering::SeqCst);
    ctx.worker.run_within(ctx.process, process.into());
    core.debug.deciding.fetch_sub(1, Ordering::SeqCst);
    let Ok(finished) = receiver.try_recv() else {
        core.kill(Some(ctx.worker), pid, ExitReason::Killed);
        return None;
    };
    let result = finished.result.as_ref()?.view();
    let table = core.descs.read();
    let value = value::unbox(&table, Memory::Message(result), result.root())?;
    Some(value.lanes.first()? & 1 == 1)
}
