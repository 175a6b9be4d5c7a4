//! Freeing code: what cells no longer go to and no process is in goes, with all that is known of it. See docs/decisions/013-code-is-freed.md.
//!
//! In: which code has been replaced, and the processes' stacks. Out: the addresses that are free now. Function values need no look: they hold cells, never code.

use super::Code;
use crate::core::Core;
use crate::process::{Own, Process};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Bytes of replaced code that are worth a pause.
const WORTH: usize = 16 << 10;
/// And for every living process, whose stack is to be looked at.
const WORTH_PER_PROCESS: usize = 64;
/// What is known of a code beside its bytes, about, so that many small ones count as what they cost.
const KNOWN_BYTES: usize = 1 << 10;

/// Code whose cell goes elsewhere.
#[derive(Default)]
pub(crate) struct Replaced {
    codes: Vec<Arc<Code>>,
    bytes: usize,
    /// Bytes of what the last sweep found in use.
    in_use: usize,
}

impl Replaced {
    /// A cell has left this code.
    pub(super) fn add(&mut self, code: &Arc<Code>) {
        self.bytes += code.len + KNOWN_BYTES;
        self.codes.push(code.clone());
    }
}

/// Addresses that are looked for in stacks.
struct Marks {
    /// Candidates by address; the ranges do not overlap.
    codes: Vec<(Arc<Code>, bool)>,
    low: usize,
    high: usize,
}

impl Marks {
    fn new(mut codes: Vec<Arc<Code>>) -> Marks {
        codes.sort_unstable_by_key(|code| code.address);
        codes.dedup_by_key(|code| code.address);
        let low = codes.first().map_or(0, |code| code.address);
        let high = codes.last().map_or(0, |code| code.address + code.len);
        Marks {
            codes: codes.into_iter().map(|code| (code, false)).collect(),
            low,
            high,
        }
    }

    /// The word may be an address in a code, its end included: a return address there belongs to it.
    fn word(&mut self, word: usize) {
        if !(self.low..=self.high).contains(&word) {
            return;
        }
        let after = self.codes.partition_point(|(code, _)| code.address <= word);
        // The end of one may be the beginning of the next.
        for (code, marked) in self.codes[..after].iter_mut().rev().take(2) {
            *marked |= word <= code.address + code.len;
        }
    }

    /// The words of a suspended process's stack.
    ///
    /// # Safety
    /// The words between the addresses are readable, and nobody writes them meanwhile.
    unsafe fn stack(&mut self, range: Range<usize>) {
        let mut at = range.start as *const usize;
        while (at as usize) < range.end {
            // SAFETY: inside of the range.
            self.word(unsafe { *at });
            // SAFETY: at most one word past the last one.
            at = unsafe { at.add(1) };
        }
    }

    /// All that a process which does not run may go on with.
    fn process(&mut self, process: &Process, own: &Own) {
        if let Some(stack) = &own.stack {
            // SAFETY: the caller owns the process, so it does not run, and these are the live words of its stack.
            unsafe { self.stack(process.saved_sp.get()..stack.top()) };
        }
        for word in own.frozen.iter().flat_map(|frozen| frozen.words()) {
            self.word(*word as usize);
        }
        for word in own.rare_if_any().iter().flat_map(|rare| &rare.trace) {
            self.word(*word);
        }
        let restart = own.rare_if_any().and_then(|rare| rare.restart.as_ref());
        if let Some(restart) = restart {
            self.word(restart.address());
        }
    }
}

impl Core {
    /// Is there so much replaced code that a sweep is worth its pause?
    pub(crate) fn wants_sweep(&self) -> bool {
        let memory = self.code.lock();
        let replaced = &memory.replaced;
        if self.config.code_stress {
            return replaced.bytes > 0;
        }
        let worth = WORTH + self.alive() as usize * WORTH_PER_PROCESS;
        replaced.bytes > worth.max(replaced.in_use * 2)
    }

    /// Frees replaced code that no process is in, and gives the addresses. Not to be called by a worker that runs a process.
    pub(crate) fn sweep(&self) -> Vec<Range<usize>> {
        self.scheduler.paused(|| self.sweep_now())
    }

    /// No worker runs generated code or is in the runtime for it.
    fn sweep_now(&self) -> Vec<Range<usize>> {
        // Of a worker with two processes only one's stack is known. Another sweep will come.
        if self.debug.deciding.load(Ordering::SeqCst) > 0 {
            return Vec::new();
        }
        let retired = self.registry.retired();
        let candidates = {
            let mut memory = self.code.lock();
            let mut codes = std::mem::take(&mut memory.replaced.codes);
            // A cell may have gone back.
            codes
                .retain(|code| memory.cells.target(&memory.arena, code.cell) != Some(code.address));
            codes
        };
        let mut marks = Marks::new(candidates);
        for process in self.table.iter() {
            // Who looks at it is done soon. The stack of one that a worker holds while it is outside is known by the worker.
            let mine = loop {
                if process.acquire_to_look() {
                    break true;
                }
                if process.is_on_worker() {
                    break false;
                }
                std::thread::yield_now();
            };
            if mine {
                // SAFETY: just acquired; no other reference to the owner's part exists.
                marks.process(process, unsafe { process.own() });
                process.release();
            }
        }
        for slot in self.scheduler.slots() {
            let (words, trace) = slot.outside();
            // SAFETY: the worker told its process's stack when it left and stays outside while there is this pause.
            unsafe { marks.stack(words) };
            for word in trace {
                marks.word(word);
            }
        }
        let mut held = self.code.lock();
        let memory = &mut *held;
        let mut freed = Vec::new();
        memory.replaced.bytes = 0;
        for (code, in_use) in marks.codes {
            if in_use {
                memory.replaced.add(&code);
                continue;
            }
            let calls = code.object.calls.iter();
            // SAFETY: only frames lead to what is known of a return address. No frame is in this code, whoever looks at frames holds their process, and none
            // of those that were held have such a frame.
            unsafe {
                let addresses = calls.map(|call| code.address + call.ret as usize);
                self.registry.remove(addresses);
            }
            memory.codes.remove(&code.address);
            for pair in &code.private {
                memory.arena.give_pair(*pair);
            }
            memory
                .arena
                .give_code(code.address, code.len)
                .expect("the kernel writes code memory, as it did when the code was published");
            freed.push(code.address..code.address + code.len);
        }
        memory.replaced.in_use = memory.replaced.bytes;
        // Who arms a site takes the code first, and the breakpoints then.
        drop(held);
        self.debug.forget(&freed);
        // SAFETY: workers look things up only inside, and others only while they hold a process; every process has been held here since.
        unsafe { self.registry.drop_retired(retired) };
        freed
    }
}
