//! `try` and `receive`.

use super::{Emit, Frame};
use crate::ir::{Kind, Receive, Tree, Try, Typed, VarId};
use crate::layout::TyId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use nostos_check::ty::Ty;
use smallvec::smallvec;

/// How far a message comes out of the mailbox.
#[derive(Clone, Copy)]
enum Load {
    /// It is loaded; taken as well where that is certain.
    Taken,
    /// It is loaded only.
    Seen,
    /// It has been loaded before; it is taken where that is certain.
    Only,
}

impl<'f> Emit<'_, 'f> {
    /// Ends the block; the value goes to the join, or to the caller.
    pub(super) fn try_(&mut self, try_: &'f Try, to: Option<(Block, TyId)>) {
        let Some(finally) = &try_.finally else {
            self.try_catch(try_, to);
            return;
        };
        let scope = self.debug.now;
        let (handler, thrown) = self.handler_block();
        self.frames.push(Frame::Try {
            handler: Some(handler),
            finally: Some(finally),
        });
        let ty = to.map_or(self.f.result, |(_, ty)| ty);
        let (done, lanes) = self.join(ty);
        self.try_catch(try_, Some((done, ty)));
        self.frames.pop();
        self.enter(done);
        self.debug.now = scope;
        self.value(finally);
        match to {
            Some((join, _)) => self.jump(join, &lanes),
            None => self.give_back(ty, &lanes),
        }
        self.enter(handler);
        self.debug.now = scope;
        if self.b.is_unreachable() {
            self.trap();
        } else {
            self.value(finally);
            self.throw(thrown);
        }
        self.debug.now = scope;
    }

    fn try_catch(&mut self, try_: &'f Try, to: Option<(Block, TyId)>) {
        if try_.catch.is_empty() {
            self.flow(&try_.body, to);
            return;
        }
        let scope = self.debug.now;
        let (handler, thrown) = self.handler_block();
        self.frames.push(Frame::Try {
            handler: Some(handler),
            finally: None,
        });
        match to {
            Some((join, ty)) => self.flow_into(&try_.body, join, ty),
            None => {
                let lanes = self.value(&try_.body);
                self.debug.now = scope;
                if try_.body.ty == TyId::NEVER {
                    self.trap();
                } else {
                    self.give_back(try_.body.ty, &lanes);
                }
            }
        }
        self.frames.pop();
        self.enter(handler);
        self.debug.now = scope;
        let mut arms = self.new_arms(try_.arms.len());
        if self.b.is_unreachable() {
            // Nothing in the body can throw.
            self.trap();
        } else {
            let desc = self.desc_of(thrown);
            for group in &try_.catch {
                let other = self.b.create_block();
                self.group(group, desc, other, &mut arms, |_, _| thrown);
                self.debug.now = scope;
                self.enter(other);
            }
            self.throw(thrown);
        }
        self.arms(&arms, &try_.arms, scope, to);
    }

    /// Where a throw lands, and what was thrown.
    fn handler_block(&mut self) -> (Block, Value) {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        let thrown = self.b.append_block_param(block, types::I64);
        self.tracked(Lane::Ref, thrown);
        (block, thrown)
    }

    /// Ends the block: arms for values of one type, or on to `other`.
    fn group(
        &mut self,
        group: &'f Typed,
        desc: Value,
        other: Block,
        arms: &mut super::control::Arms,
        load: impl Fn(&mut Self, Load) -> Value,
    ) {
        if let Some(ty) = group.ty {
            let shape = self.layouts.get(ty).shape;
            let open = self.layouts.table.is_open(shape);
            let wanted = self.layouts.box_desc(ty);
            let is = self
                .b
                .ins()
                .icmp_imm_s(IntCC::Equal, desc, i64::from(wanted));
            let fits = self.b.create_block();
            if !open {
                self.b.ins().brif(is, fits, &[], other, &[]);
                self.enter(fits);
                let boxed = load(self, Load::Taken);
                let lanes = self.unboxed(ty, boxed);
                self.bind(group.subject, lanes);
                self.tree(&group.tree, other, arms);
                return;
            }
            // Values of other types may be of this one, too: see `DescTable::fits`.
            let (perhaps, convert, take, seen) = (
                self.b.create_block(),
                self.b.create_block(),
                self.b.create_block(),
                self.b.create_block(),
            );
            let boxed = self.b.append_block_param(seen, types::I64);
            self.tracked(Lane::Ref, boxed);
            self.b.ins().brif(is, fits, &[], perhaps, &[]);
            self.enter(fits);
            let exact = load(self, Load::Taken);
            self.jump(seen, &[exact]);
            self.enter(perhaps);
            let wanted = self.word(i64::from(wanted));
            let may = self.op(Op::BoxFits, &[desc, wanted])[0];
            self.b.ins().brif(may, convert, &[], other, &[]);
            self.enter(convert);
            let other_box = load(self, Load::Seen);
            let made = self.op(Op::BoxAs, &[other_box, wanted])[0];
            self.b.ins().brif(made, take, &[], other, &[]);
            self.enter(take);
            load(self, Load::Only);
            self.jump(seen, &[made]);
            self.enter(seen);
            let lanes = self.unboxed(ty, boxed);
            self.bind(group.subject, lanes);
        } else {
            self.bind(group.subject, smallvec![]);
        }
        self.tree(&group.tree, other, arms);
    }

    /// Ends the block; the value goes to the join, or to the caller.
    pub(super) fn receive(&mut self, receive: &'f Receive, to: Option<(Block, TyId)>) {
        let scope = self.debug.now;
        let timeout = match &receive.after {
            Some((time, _)) => self.value(time)[0],
            None => self.word(-1),
        };
        if let [group] = receive.groups.as_slice()
            && let Some(descs) = self.descs_of(&receive.groups)
            && self.is_certain(&group.tree)
        {
            self.receive_only(receive, group, timeout, descs[0], to);
            return;
        }
        let wanted = self.descs_of(&receive.groups).map(|descs| {
            let pair = |a: u32, b: u32| i64::from(a) | i64::from(b) << 32;
            [pair(descs[0], descs[1]), pair(descs[2], descs[3])]
        });
        let first = match (self.oldest(&receive.groups), wanted) {
            (Some(reference), wanted) => {
                let [a, b] = wanted.unwrap_or([-1, -1]).map(|pair| self.word(pair));
                self.op(Op::ReceiveSince, &[timeout, a, b, reference])[0]
            }
            (None, Some(wanted)) => {
                let [a, b] = wanted.map(|pair| self.word(pair));
                self.op(Op::ReceiveOf, &[timeout, a, b])[0]
            }
            (None, None) => self.op(Op::ReceiveFirst, &[timeout])[0],
        };
        let (look, again, passed) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let desc = self.b.append_block_param(look, types::I64);
        self.b.ins().jump(look, &[first.into()]);
        self.b.switch_to_block(look);
        let late = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, desc, 0);
        let some = self.b.create_block();
        self.b.ins().brif(late, passed, &[], some, &[]);
        self.enter(some);
        let mut arms = self.new_arms(receive.arms.len());
        // Whether the message is out of the mailbox when an arm has been chosen.
        let mut taken = vec![false; receive.arms.len()];
        for group in &receive.groups {
            let other = self.b.create_block();
            let certain = group.ty.is_some() && self.is_certain(&group.tree);
            if certain {
                mark(&group.tree, &mut taken);
            }
            self.group(group, desc, other, &mut arms, |emit, load| match load {
                Load::Taken if certain => emit.op(Op::ReceiveTaken, &[])[0],
                Load::Taken | Load::Seen => emit.op(Op::ReceiveLoad, &[])[0],
                Load::Only => {
                    if certain {
                        emit.op(Op::ReceiveTake, &[]);
                    }
                    desc
                }
            });
            self.debug.now = scope;
            self.enter(other);
        }
        // Refused by all arms.
        self.b.ins().jump(again, &[]);
        self.enter(again);
        let next = self.op(Op::ReceiveNext, &[])[0];
        self.b.ins().jump(look, &[next.into()]);
        self.b.seal_block(look);
        self.enter(passed);
        match &receive.after {
            Some((_, then)) => self.flow(then, to),
            None => self.trap(),
        }
        self.arms_after(&arms, &receive.arms, scope, to, |emit, arm| {
            if !taken[arm] {
                emit.op(Op::ReceiveTake, &[]);
            }
        });
    }

    /// A receive that takes the first message of one type, whatever it says.
    fn receive_only(
        &mut self,
        receive: &'f Receive,
        group: &'f Typed,
        timeout: Value,
        desc: u32,
        to: Option<(Block, TyId)>,
    ) {
        let scope = self.debug.now;
        let desc = self.word(i64::from(desc));
        let boxed = self.op(Op::ReceiveOnly, &[timeout, desc])[0];
        let (some, passed, never) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        self.b.ins().brif(boxed, some, &[], passed, &[]);
        self.enter(some);
        let mut arms = self.new_arms(receive.arms.len());
        let ty = group.ty.expect("a group with a descriptor has a type");
        let lanes = self.unboxed(ty, boxed);
        self.bind(group.subject, lanes);
        self.tree(&group.tree, never, &mut arms);
        self.debug.now = scope;
        self.enter(never);
        self.trap();
        self.debug.now = scope;
        self.enter(passed);
        match &receive.after {
            Some((_, then)) => self.flow(then, to),
            None => self.trap(),
        }
        self.arms(&arms, &receive.arms, scope, to);
    }

    /// The oldest of the references one of which each message bears that a receive takes. `None`: it takes others, too.
    fn oldest(&mut self, groups: &[Typed]) -> Option<Value> {
        let vars = &self.f.vars;
        let is_fixed = |var: VarId| {
            let var = &vars[var.0 as usize];
            !var.shared && !var.multi
        };
        let is_ref = |ty| self.layouts.get(ty).ty == Ty::Ref;
        let references = super::since::references(groups, is_ref, is_fixed);
        let mut oldest = None;
        for var in references {
            let reference = self.raw_var(var)[0];
            oldest = Some(match oldest {
                None => reference,
                Some(known) => {
                    let is_older = self.b.ins().icmp(IntCC::SignedLessThan, reference, known);
                    self.b.ins().select(is_older, reference, known)
                }
            });
        }
        oldest
    }

    /// The descriptors of all messages that a receive may take, the last one repeated; `None`: there are others or too many.
    fn descs_of(&mut self, groups: &[Typed]) -> Option<[u32; 4]> {
        let mut descs = [0; 4];
        if groups.is_empty() || groups.len() > descs.len() {
            return None;
        }
        for (i, group) in groups.iter().enumerate() {
            let ty = group.ty?;
            let shape = self.layouts.get(ty).shape;
            if self.layouts.table.is_open(shape) {
                return None;
            }
            descs[i..].fill(self.layouts.box_desc(ty));
        }
        Some(descs)
    }

    /// Does some arm take every value, without asking the program (whose guards may throw)?
    fn is_certain(&self, tree: &Tree) -> bool {
        match tree {
            Tree::Fail | Tree::Test(..) => false,
            Tree::Arm(_) => true,
            Tree::Let(_, _, then) => self.is_certain(then),
            Tree::Ctor(var, cases, otherwise) => {
                let of = self.f.vars[var.0 as usize].ty;
                let complete = cases.len() == self.layouts.data(of).ctors.len();
                cases.iter().all(|case| self.is_certain(&case.1))
                    && (complete || self.is_certain(otherwise))
            }
            Tree::Word(_, cases, otherwise) => {
                cases.iter().all(|case| self.is_certain(&case.1)) && self.is_certain(otherwise)
            }
            Tree::First(trees) => {
                let certain = trees.iter().position(|tree| self.is_certain(tree));
                certain.is_some_and(|at| !trees[..at].iter().any(asks))
            }
        }
    }
}

/// Does a tree ask the program, which may throw?
fn asks(tree: &Tree) -> bool {
    match tree {
        Tree::Fail | Tree::Arm(_) => false,
        Tree::Test(..) => true,
        Tree::Let(_, value, then) => {
            !matches!(value.kind, Kind::Var(_) | Kind::Get(..)) || asks(then)
        }
        Tree::Ctor(_, cases, otherwise) => {
            cases.iter().any(|case| asks(&case.1)) || asks(otherwise)
        }
        Tree::Word(_, cases, otherwise) => {
            cases.iter().any(|case| asks(&case.1)) || asks(otherwise)
        }
        Tree::First(trees) => trees.iter().any(asks),
    }
}

/// Notes the arms that a tree leads to.
fn mark(tree: &Tree, arms: &mut [bool]) {
    match tree {
        Tree::Fail => {}
        Tree::Arm(arm) => arms[*arm as usize] = true,
        Tree::Let(_, _, then) => mark(then, arms),
        Tree::Test(_, then, otherwise) => {
            mark(then, arms);
            mark(otherwise, arms);
        }
        Tree::Ctor(_, cases, otherwise) => {
            cases.iter().for_each(|case| mark(&case.1, arms));
            mark(otherwise, arms);
        }
        Tree::Word(_, cases, otherwise) => {
            cases.iter().for_each(|case| mark(&case.1, arms));
            mark(otherwise, arms);
        }
        Tree::First(trees) => trees.iter().for_each(|tree| mark(tree, arms)),
    }
}
