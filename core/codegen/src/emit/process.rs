//! `try` and `receive`.

use super::{Emit, Frame};
use crate::ir::{Receive, Try, Typed};
use crate::layout::TyId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use smallvec::smallvec;

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
                self.group(group, desc, other, &mut arms, |_| thrown);
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
        load: impl FnOnce(&mut Self) -> Value,
    ) {
        if let Some(ty) = group.ty {
            let wanted = self.layouts.box_desc(ty);
            let is = self
                .b
                .ins()
                .icmp_imm_s(IntCC::Equal, desc, i64::from(wanted));
            let fits = self.b.create_block();
            self.b.ins().brif(is, fits, &[], other, &[]);
            self.enter(fits);
            let boxed = load(self);
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
        self.op(Op::ReceiveStart, &[timeout]);
        let (next, wait, passed) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
        let desc = self.op(Op::ReceivePeek, &[])[0];
        let none = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, desc, 0);
        let some = self.b.create_block();
        self.b.ins().brif(none, wait, &[], some, &[]);
        self.enter(some);
        let mut arms = self.new_arms(receive.arms.len());
        for group in &receive.groups {
            let other = self.b.create_block();
            self.group(group, desc, other, &mut arms, |emit| {
                emit.op(Op::ReceiveLoad, &[])[0]
            });
            self.debug.now = scope;
            self.enter(other);
        }
        // Refused by all arms.
        self.b.ins().jump(next, &[]);
        self.enter(wait);
        let late = self.op(Op::ReceiveWait, &[])[0];
        self.b.ins().brif(late, passed, &[], next, &[]);
        self.b.seal_block(next);
        self.enter(passed);
        match &receive.after {
            Some((_, then)) => self.flow(then, to),
            None => self.trap(),
        }
        self.arms_after(&arms, &receive.arms, scope, to, |emit| {
            emit.op(Op::ReceiveTake, &[]);
        });
    }
}
