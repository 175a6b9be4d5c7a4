//! Exceptions and other ways out: of loops, of functions, through the `finally`s around.

use crate::machine::{Halt, Step, loop_parts};
use crate::process::{Exit, Next, Process, Reason, Wait};
use crate::trace;
use crate::value::{Data, Value};
use crate::world::World;
use nostos_abi::builtin::Fault;
use nostos_codegen::ir::Try;
use nostos_codegen::layout::TyId;
use std::rc::Rc;

impl<'w> World<'w> {
    /// One of the runtime's own errors.
    pub(crate) fn error(
        &mut self,
        p: &mut Process<'w>,
        kind: &str,
        message: &str,
        at: u32,
    ) -> Next<'w> {
        let pair = Value::tuple([Value::text(kind), Value::text(message)]);
        self.throw(p, Value::boxed(TyId::ERROR_PAIR, pair), at)
    }

    pub(crate) fn fault(
        &mut self,
        p: &mut Process<'w>,
        fault: Fault,
        a: i64,
        b: i64,
        at: u32,
    ) -> Next<'w> {
        let (kind, message) = match fault {
            Fault::DivisionByZero => ("DivisionByZero", "Division by zero".to_string()),
            Fault::IndexOutOfBounds => (
                "IndexOutOfBounds",
                format!("Index {a} out of bounds, length is {b}"),
            ),
            Fault::NoMatch => ("Panic", "Non-exhaustive match".to_string()),
            Fault::StackOverflow => ("Panic", "stack overflow".to_string()),
            Fault::OutOfMemory => ("OutOfMemory", "Out of memory".to_string()),
        };
        self.error(p, kind, &message, at)
    }

    pub(crate) fn missing(&mut self, p: &mut Process<'w>, name: &str, at: u32) -> Next<'w> {
        let why = format!("the interpreter has no builtin {name}");
        self.error(p, "Panic", &why, at)
    }

    /// Throws a box; where it is thrown first, its trace is taken.
    pub(crate) fn throw(&mut self, p: &mut Process<'w>, thrown: Value, at: u32) -> Next<'w> {
        let again = p
            .thrown
            .as_ref()
            .is_some_and(|last| self.is_same(last, &thrown));
        if !again {
            p.trace = trace::taken(self.meaning, p, at);
            p.thrown = Some(thrown.clone());
        }
        Next::Throw(thrown)
    }

    /// Are the boxes one object? Boxed tuples and records are their own boxes.
    fn is_same(&self, a: &Value, b: &Value) -> bool {
        let (a, b) = (a.as_boxed(), b.as_boxed());
        Rc::ptr_eq(a, b)
            || match (&a.value, &b.value) {
                (Value::Data(x), Value::Data(y)) => {
                    self.codegen.layouts().is_own_box(a.ty) && Rc::<Data>::ptr_eq(x, y)
                }
                _ => false,
            }
    }

    pub(crate) fn unwind(&mut self, p: &mut Process<'w>, thrown: Value) -> Step<'w> {
        loop {
            match p.waits.pop().expect("the end is the last to wait") {
                Wait::End => {
                    let message = self.described(&thrown);
                    return Err(Halt::Ended(Reason::Failed(
                        message,
                        std::mem::take(&mut p.trace),
                    )));
                }
                Wait::Caller { function, base, .. } => {
                    p.values.truncate(p.base);
                    p.function = function;
                    p.base = base;
                }
                Wait::Catch(made, depth) => {
                    p.values.truncate(depth);
                    return Ok(self.catch(p, made, 0, thrown));
                }
                Wait::Finally(finally, depth) => {
                    p.values.truncate(depth);
                    p.waits.push(Wait::Resume(Box::new(Next::Throw(thrown))));
                    return Ok(Next::Eval(finally));
                }
                _ => {}
            }
        }
    }

    /// Offers what was thrown to the groups of a `catch` from this one on.
    pub(crate) fn catch(
        &mut self,
        p: &mut Process<'w>,
        made: &'w Try,
        from: u32,
        thrown: Value,
    ) -> Next<'w> {
        let boxed = thrown.as_boxed().clone();
        for (number, group) in made.catch.iter().enumerate().skip(from as usize) {
            match group.ty {
                Some(ty) if !self.takes(ty, boxed.ty, &boxed.value) => continue,
                Some(_) => p.bind(group.subject, boxed.value.clone()),
                None => {}
            }
            p.waits
                .push(Wait::Catching(made, number as u32 + 1, thrown));
            return Next::Tree(&group.tree);
        }
        Next::Throw(thrown)
    }

    pub(crate) fn leave(&mut self, p: &mut Process<'w>, exit: Exit) -> Step<'w> {
        loop {
            let wait = p
                .waits
                .pop()
                .expect("the checker refuses exits from nothing");
            match (wait, &exit) {
                (Wait::Finally(finally, depth), _) => {
                    p.values.truncate(depth);
                    p.waits.push(Wait::Resume(Box::new(Next::Leave(exit))));
                    return Ok(Next::Eval(finally));
                }
                (Wait::Body(e, depth), Exit::Break(value)) => {
                    p.values.truncate(depth);
                    let value = value.clone().unwrap_or_else(|| self.zero(e.ty));
                    return Ok(Next::Give(value));
                }
                (Wait::Body(e, depth), Exit::Continue) => {
                    p.values.truncate(depth);
                    p.waits.push(Wait::Step(e, depth));
                    return Ok(Next::Eval(&loop_parts(e)[2]));
                }
                (frame @ (Wait::Caller { .. } | Wait::End), Exit::Return(value)) => {
                    p.waits.push(frame);
                    return Ok(Next::Give(value.clone()));
                }
                (Wait::Caller { .. } | Wait::End, _) => panic!("no loop in this function"),
                _ => {}
            }
        }
    }
}
