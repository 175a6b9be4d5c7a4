//! Branches, matches, loops.

use super::data::with_fields;
use super::{Emit, Frame, Lanes};
use crate::ir::{Expr, Kind, Match, Tree, VarId};
use crate::layout::TyId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use cranelift_frontend::Switch;
use nostos_abi::builtin::Fault;
use nostos_abi::object::immediate;
use nostos_check::hir::PrimOp;

/// The blocks of a match's arms.
pub(super) struct Arms {
    blocks: Vec<Block>,
    /// The locals visible where an arm is reached.
    scopes: Vec<Option<u32>>,
}

impl<'f> Emit<'_, 'f> {
    /// Goes to one block or the other.
    pub(super) fn branch(&mut self, condition: &'f Expr, then: Block, otherwise: Block) {
        match &condition.kind {
            Kind::Word(0) => {
                self.b.ins().jump(otherwise, &[]);
            }
            Kind::Word(_) => {
                self.b.ins().jump(then, &[]);
            }
            Kind::Prim(PrimOp::Not, args) => self.branch(&args[0], otherwise, then),
            Kind::If(parts) => {
                let (yes, no) = (self.b.create_block(), self.b.create_block());
                self.branch(&parts[0], yes, no);
                self.enter(yes);
                self.branch(&parts[1], then, otherwise);
                self.enter(no);
                self.branch(&parts[2], then, otherwise);
            }
            _ => {
                let outer = self.at;
                self.set_at(condition.at);
                let value = self.condition(condition);
                self.set_at(outer);
                self.b.ins().brif(value, then, &[], otherwise, &[]);
            }
        }
    }

    /// Something that is zero for false.
    fn condition(&mut self, e: &'f Expr) -> Value {
        if let Kind::Prim(op, args) = &e.kind
            && let Some(flag) = self.compare(*op, args)
        {
            return flag;
        }
        let lanes = self.value(e);
        match lanes.first() {
            Some(value) => *value,
            // It never comes back.
            None => self.word(0),
        }
    }

    pub(super) fn match_(&mut self, made: &'f Match, to: Option<(Block, TyId)>) {
        let outer = self.debug.now;
        for (var, value) in &made.subjects {
            let lanes = self.value(value);
            self.bind(*var, lanes);
        }
        let fail = self.b.create_block();
        self.b.set_cold_block(fail);
        let arms = self.tree_with_arms(&made.tree, made.arms.len(), fail);
        self.enter(fail);
        if self.b.is_unreachable() {
            self.trap();
        } else {
            let zero = self.word(0);
            self.fault(Fault::NoMatch, zero, zero);
        }
        self.arms(&arms, &made.arms, outer, to);
        // What a destructuring binding has named stays visible.
        if let (
            [Some(scope)],
            [
                Expr {
                    kind: Kind::Unit, ..
                },
            ],
        ) = (&arms.scopes[..], &made.arms[..])
        {
            self.debug.now = *scope;
        }
    }

    /// Emits a tree at the end of the current block; its arms are still to be filled.
    pub(super) fn tree_with_arms(&mut self, tree: &'f Tree, count: usize, fail: Block) -> Arms {
        let mut arms = Arms {
            blocks: (0..count).map(|_| self.b.create_block()).collect(),
            scopes: vec![None; count],
        };
        self.tree(tree, fail, &mut arms);
        arms
    }

    /// Several trees share arms.
    pub(super) fn new_arms(&mut self, count: usize) -> Arms {
        Arms {
            blocks: (0..count).map(|_| self.b.create_block()).collect(),
            scopes: vec![None; count],
        }
    }

    /// Fills the arms' blocks.
    pub(super) fn arms(
        &mut self,
        arms: &Arms,
        bodies: &'f [Expr],
        outer: u32,
        to: Option<(Block, TyId)>,
    ) {
        self.arms_after(arms, bodies, outer, to, |_, _| {});
    }

    /// The same, with something to do first in each.
    pub(super) fn arms_after(
        &mut self,
        arms: &Arms,
        bodies: &'f [Expr],
        outer: u32,
        to: Option<(Block, TyId)>,
        mut first: impl FnMut(&mut Self, usize),
    ) {
        for (i, body) in bodies.iter().enumerate() {
            self.enter(arms.blocks[i]);
            let Some(scope) = arms.scopes[i] else {
                // No leaf leads here.
                self.trap();
                continue;
            };
            self.debug.now = scope;
            first(self, i);
            self.flow(body, to);
        }
        self.debug.now = outer;
    }

    /// Ends the current block.
    pub(super) fn tree(&mut self, tree: &'f Tree, fail: Block, arms: &mut Arms) {
        let scope = self.debug.now;
        match tree {
            Tree::Fail => {
                self.b.ins().jump(fail, &[]);
            }
            Tree::Arm(arm) => {
                arms.scopes[*arm as usize].get_or_insert(self.debug.now);
                self.b.ins().jump(arms.blocks[*arm as usize], &[]);
            }
            Tree::Let(var, value, then) => {
                let lanes = self.value(value);
                self.bind(*var, lanes);
                self.tree(then, fail, arms);
            }
            Tree::Test(test, then, otherwise) => {
                let (yes, yes_tree) = self.tree_block(then, fail, arms);
                let (no, no_tree) = self.tree_block(otherwise, fail, arms);
                self.branch(test, yes, no);
                self.tree_blocks([yes_tree, no_tree], fail, arms);
            }
            Tree::Ctor(var, cases, default) => self.by_ctor(*var, cases, default, fail, arms),
            Tree::Word(var, cases, default) => {
                let value = self.read(*var)[0];
                let (default, default_tree) = self.tree_block(default, fail, arms);
                let mut trees = vec![default_tree];
                let mut targets = Vec::new();
                for (bits, case) in cases {
                    let (block, tree) = self.tree_block(case, fail, arms);
                    trees.push(tree);
                    targets.push((*bits as u64, block));
                }
                self.switch(value, &targets, Some(default));
                self.tree_blocks(trees, fail, arms);
            }
            Tree::First(trees) => {
                let Some((last, before)) = trees.split_last() else {
                    self.b.ins().jump(fail, &[]);
                    return;
                };
                for tree in before {
                    let next = self.b.create_block();
                    self.tree(tree, next, arms);
                    self.debug.now = scope;
                    self.enter(next);
                }
                self.tree(last, fail, arms);
            }
        }
        self.debug.now = scope;
    }

    /// The block a subtree begins in, and the subtree when it is still to be emitted there.
    fn tree_block(
        &mut self,
        tree: &'f Tree,
        fail: Block,
        arms: &mut Arms,
    ) -> (Block, Option<(Block, &'f Tree)>) {
        match tree {
            Tree::Fail => (fail, None),
            Tree::Arm(arm) => {
                arms.scopes[*arm as usize].get_or_insert(self.debug.now);
                (arms.blocks[*arm as usize], None)
            }
            Tree::Let(..) | Tree::Test(..) | Tree::Ctor(..) | Tree::Word(..) | Tree::First(_) => {
                let block = self.b.create_block();
                (block, Some((block, tree)))
            }
        }
    }

    fn tree_blocks(
        &mut self,
        trees: impl IntoIterator<Item = Option<(Block, &'f Tree)>>,
        fail: Block,
        arms: &mut Arms,
    ) {
        for (block, tree) in trees.into_iter().flatten() {
            self.enter(block);
            self.tree(tree, fail, arms);
        }
    }

    fn by_ctor(
        &mut self,
        var: VarId,
        cases: &'f [(u32, Tree)],
        default: &'f Tree,
        fail: Block,
        arms: &mut Arms,
    ) {
        let ty = self.f.vars[var.0 as usize].ty;
        let data = self.layouts.data(ty);
        let lanes = self.read(var);
        let exhaustive = cases.len() == data.ctors.len();
        let (default, default_tree) = if exhaustive {
            (fail, None)
        } else {
            self.tree_block(default, fail, arms)
        };
        let mut trees = vec![default_tree];
        let mut target: Vec<Option<Block>> = vec![None; data.ctors.len()];
        for (ctor, case) in cases {
            let (block, tree) = self.tree_block(case, fail, arms);
            trees.push(tree);
            target[*ctor as usize] = Some(block);
        }
        let block_of = |ctor: u32| target[ctor as usize].unwrap_or(default);
        let otherwise = (!exhaustive).then_some(default);
        if data.ctors.len() == 1 {
            self.b.ins().jump(block_of(0), &[]);
        } else if data.tagged {
            let targets: Vec<(u64, Block)> = cases
                .iter()
                .map(|(ctor, _)| (u64::from(*ctor), block_of(*ctor)))
                .collect();
            self.switch(lanes[0], &targets, otherwise);
        } else {
            let value = lanes[0];
            let objects = with_fields(&data);
            let constants: Vec<u32> = (0..data.ctors.len() as u32)
                .filter(|ctor| data.ctors[*ctor as usize].desc.is_none())
                .collect();
            if !constants.is_empty() && !objects.is_empty() {
                let constant = self.b.ins().band_imm_u(value, 1);
                let (yes, no) = (self.b.create_block(), self.b.create_block());
                self.b.ins().brif(constant, yes, &[], no, &[]);
                self.enter(yes);
                self.constants(value, &constants, &block_of);
                self.enter(no);
                self.objects(value, &objects, &block_of);
            } else if objects.is_empty() {
                self.constants(value, &constants, &block_of);
            } else {
                self.objects(value, &objects, &block_of);
            }
        }
        self.tree_blocks(trees, fail, arms);
    }

    fn constants(&mut self, value: Value, ctors: &[u32], block_of: &dyn Fn(u32) -> Block) {
        let targets: Vec<(u64, Block)> = ctors
            .iter()
            .map(|c| (immediate(*c), block_of(*c)))
            .collect();
        self.switch(value, &targets, None);
    }

    fn objects(&mut self, value: Value, objects: &[(u32, u32)], block_of: &dyn Fn(u32) -> Block) {
        if let [(ctor, _)] = objects {
            self.b.ins().jump(block_of(*ctor), &[]);
            return;
        }
        let desc = self.desc_of(value);
        let targets: Vec<(u64, Block)> = objects
            .iter()
            .map(|(c, d)| (u64::from(*d), block_of(*c)))
            .collect();
        self.switch(desc, &targets, None);
    }

    /// Jumps by value. Without a default the targets are all there can be.
    fn switch(&mut self, value: Value, targets: &[(u64, Block)], default: Option<Block>) {
        let (otherwise, targets) = match (default, targets.split_last()) {
            (Some(default), _) => (default, targets),
            (None, Some(((_, last), before))) => (*last, before),
            (None, None) => {
                self.trap();
                return;
            }
        };
        match targets {
            [] => {
                self.b.ins().jump(otherwise, &[]);
            }
            [(bits, block)] => {
                let is = self.b.ins().icmp_imm_s(IntCC::Equal, value, *bits as i64);
                self.b.ins().brif(is, *block, &[], otherwise, &[]);
            }
            _ => {
                let mut switch = Switch::new();
                for (bits, block) in targets {
                    switch.set_entry(u128::from(*bits), *block);
                }
                switch.emit(&mut self.b, value, otherwise);
            }
        }
    }

    // Loops.

    pub(super) fn while_(&mut self, parts: &'f [Expr; 3], ty: TyId) -> Lanes {
        let [condition, body, step] = parts;
        let scope = self.debug.now;
        let (leave, lanes) = self.join(ty);
        let (head, inside, next) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let done = self.b.create_block();
        self.b.ins().jump(head, &[]);
        self.b.switch_to_block(head);
        self.poll();
        self.count_round();
        self.branch(condition, inside, done);
        self.enter(inside);
        self.frames.push(Frame::Loop { leave, next, ty });
        self.value(body);
        self.debug.now = scope;
        if body.ty == TyId::NEVER {
            self.trap();
        } else {
            self.b.ins().jump(next, &[]);
        }
        self.frames.pop();
        self.enter(next);
        self.value(step);
        self.b.ins().jump(head, &[]);
        self.b.seal_block(head);
        self.enter(done);
        let nothing = self.zeros(ty);
        self.jump(leave, &nothing);
        self.enter(leave);
        self.debug.now = scope;
        lanes
    }

    fn innermost_loop(&self) -> (usize, Block, Block, TyId) {
        let mut frames = self.frames.iter().enumerate().rev();
        let found = frames.find_map(|(depth, frame)| match frame {
            Frame::Loop { leave, next, ty } => Some((depth + 1, *leave, *next, *ty)),
            Frame::Try { .. } => None,
        });
        found.expect("the checker refuses break and continue outside of loops")
    }

    pub(super) fn break_(&mut self, value: Option<&'f Expr>) {
        let (depth, leave, _, ty) = self.innermost_loop();
        let lanes = match value {
            Some(value) => {
                let lanes = self.value(value);
                self.fitted(value.ty, lanes, ty)
            }
            None => self.zeros(ty),
        };
        self.unwind_frames(depth);
        self.jump(leave, &lanes);
        self.dead();
    }

    pub(super) fn continue_(&mut self) {
        let (depth, _, next, _) = self.innermost_loop();
        self.unwind_frames(depth);
        self.b.ins().jump(next, &[]);
        self.dead();
    }
}
