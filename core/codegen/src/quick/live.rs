//! What the quick back end must know before it writes: which blocks are reached, how often and where values are used, and which references are alive
//! over each call. In: CLIF and the set of values that are references. Out: [`Facts`].

use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, Value};

const NONE: u32 = u32::MAX;

/// See the module. Its buffers are used again for the next function.
#[derive(Default)]
pub(super) struct Facts {
    /// Blocks that are reached, in order of the layout.
    pub(super) order: Vec<Block>,
    /// By value: how often it is used.
    pub(super) uses: Vec<u32>,
    /// By value: used in another block than the one that makes it.
    pub(super) global: Vec<bool>,
    /// By block: a throw may land in it.
    pub(super) handler: Vec<bool>,
    /// By value: the block that makes it, by place in `order`.
    made: Vec<u32>,
    /// By block: its place in `order`.
    place: Vec<u32>,
    /// By value: its number among the references.
    number: Vec<u32>,
    /// The references that are used.
    refs: Vec<Value>,
    /// Words of a set of references.
    words: usize,
    /// By place in `order`: the references alive at the block's start.
    live_in: Vec<u64>,
    /// By instruction, for calls: where its set starts in `sets`.
    set_of: Vec<u32>,
    sets: Vec<u64>,
    live: Vec<u64>,
    stack: Vec<Block>,
}

fn reset<T: Clone>(list: &mut Vec<T>, len: usize, value: T) {
    list.clear();
    list.resize(len, value);
}

impl Facts {
    pub(super) fn gather(&mut self, func: &Function, refs: &[Value]) {
        let values = func.dfg.num_values();
        reset(&mut self.uses, values, 0);
        reset(&mut self.global, values, false);
        reset(&mut self.made, values, NONE);
        reset(&mut self.number, values, NONE);
        reset(&mut self.handler, func.dfg.num_blocks(), false);
        reset(&mut self.place, func.dfg.num_blocks(), NONE);
        self.reach(func);
        let straight = self.count(func);
        self.refs.clear();
        for value in refs {
            let at = value.as_u32() as usize;
            if self.uses[at] > 0 && self.number[at] == NONE {
                self.number[at] = self.refs.len() as u32;
                self.refs.push(*value);
            }
        }
        self.flow(func, straight);
    }

    /// References alive at the start of the function: parameters.
    pub(super) fn at_entry(&self, mut each: impl FnMut(Value)) {
        let words: Vec<u64> = self.live_in[..self.words].to_vec();
        self.each(&words, &mut each);
    }

    /// References alive behind a call, without its own results.
    pub(super) fn over_call(&self, inst: Inst, mut each: impl FnMut(Value)) {
        let start = self.set_of[inst.as_u32() as usize] as usize;
        self.each(&self.sets[start..start + self.words], &mut each);
    }

    fn each(&self, words: &[u64], each: &mut impl FnMut(Value)) {
        for (i, word) in words.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                each(self.refs[i * 64 + rest.trailing_zeros() as usize]);
                rest &= rest - 1;
            }
        }
    }

    fn reach(&mut self, func: &Function) {
        self.order.clear();
        let entry = func.layout.entry_block().expect("a function has a block");
        self.stack.push(entry);
        self.place[entry.as_u32() as usize] = 0;
        while let Some(block) = self.stack.pop() {
            let Some(last) = func.layout.last_inst(block) else {
                continue;
            };
            let dfg = &func.dfg;
            for call in dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
            {
                let to = call.block(&dfg.value_lists);
                if self.place[to.as_u32() as usize] == NONE {
                    self.place[to.as_u32() as usize] = 0;
                    self.stack.push(to);
                }
            }
        }
        for block in func.layout.blocks() {
            if self.place[block.as_u32() as usize] != NONE {
                self.place[block.as_u32() as usize] = self.order.len() as u32;
                self.order.push(block);
            }
        }
    }

    /// Counts uses. → Does every edge lead forward?
    fn count(&mut self, func: &Function) -> bool {
        let dfg = &func.dfg;
        let mut straight = true;
        for (at, block) in self.order.iter().enumerate() {
            let at = at as u32;
            for param in dfg.block_params(*block) {
                self.made[param.as_u32() as usize] = at;
                // Whoever jumps here writes it.
                self.global[param.as_u32() as usize] = true;
            }
            for inst in func.layout.block_insts(*block) {
                let mut used = |value: Value| {
                    let i = value.as_u32() as usize;
                    self.uses[i] += 1;
                    self.global[i] |= self.made[i] != at;
                };
                dfg.inst_args(inst).iter().for_each(|value| used(*value));
                let to =
                    dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
                for call in to {
                    let target = call.block(&dfg.value_lists);
                    straight &= self.place[target.as_u32() as usize] > at;
                    for arg in call.args(&dfg.value_lists) {
                        match arg {
                            BlockArg::Value(value) => used(value),
                            BlockArg::TryCallExn(_) => {
                                self.handler[target.as_u32() as usize] = true;
                            }
                            BlockArg::TryCallRet(_) => {}
                        }
                    }
                }
                for result in dfg.inst_results(inst) {
                    self.made[result.as_u32() as usize] = at;
                }
            }
        }
        straight
    }

    fn add(&mut self, value: Value) {
        let number = self.number[value.as_u32() as usize];
        if number != NONE {
            self.live[number as usize / 64] |= 1 << (number % 64);
        }
    }

    fn remove(&mut self, value: Value) {
        let number = self.number[value.as_u32() as usize];
        if number != NONE {
            self.live[number as usize / 64] &= !(1 << (number % 64));
        }
    }

    /// Walks backwards until nothing changes.
    fn flow(&mut self, func: &Function, straight: bool) {
        self.words = self.refs.len().div_ceil(64).max(1);
        let words = self.words;
        reset(&mut self.live, words, 0);
        reset(&mut self.live_in, words * self.order.len(), 0);
        reset(&mut self.set_of, func.dfg.num_insts(), 0);
        loop {
            self.sets.clear();
            let mut changed = false;
            for at in (0..self.order.len()).rev() {
                self.block(func, at);
                let known = &mut self.live_in[at * words..(at + 1) * words];
                if known != &self.live[..] {
                    known.copy_from_slice(&self.live);
                    changed = true;
                }
            }
            if straight || !changed {
                break;
            }
        }
        // The parameters are alive when the function starts.
        let entry = self.order[0];
        self.live.copy_from_slice(&self.live_in[..words]);
        for param in func.dfg.block_params(entry) {
            self.add(*param);
        }
        self.live_in[..words].copy_from_slice(&self.live);
    }

    /// Leaves in `live` what is alive at a block's start.
    fn block(&mut self, func: &Function, at: usize) {
        let (dfg, words) = (&func.dfg, self.words);
        let block = self.order[at];
        self.live.fill(0);
        let mut next = func.layout.last_inst(block);
        let last = next.expect("a reached block is not empty");
        for call in dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            let to = self.place[call.block(&dfg.value_lists).as_u32() as usize] as usize;
            for word in 0..words {
                self.live[word] |= self.live_in[to * words + word];
            }
        }
        for call in dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            for arg in call.args(&dfg.value_lists) {
                if let BlockArg::Value(value) = arg {
                    self.add(value);
                }
            }
        }
        while let Some(inst) = next {
            for result in dfg.inst_results(inst) {
                self.remove(*result);
            }
            if dfg.insts[inst].opcode().is_call() {
                self.set_of[inst.as_u32() as usize] = self.sets.len() as u32;
                self.sets.extend_from_slice(&self.live);
            }
            for arg in dfg.inst_args(inst) {
                self.add(*arg);
            }
            next = func.layout.prev_inst(inst);
        }
        for param in dfg.block_params(block) {
            self.remove(*param);
        }
    }
}
