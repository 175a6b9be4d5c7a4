//! One step after the other: an expression is evaluated by asking for its operands' values, and a value is handed to whoever waits for it.
//!
//! A process is data (see [`crate::process`]); nothing here calls itself for the program's calls, so their depth is no matter, and a call in
//! tail position takes its caller's place.

use crate::leaf;
use crate::op::{self, Answer};
use crate::prim;
use crate::process::{Asked, Exit, Next, Process, Reason, Wait};
use crate::resource::Guard;
use crate::value::{Closure, Value};
use crate::world::World;
use nostos_abi::builtin::Fault;
use nostos_abi::code::CellId;
use nostos_check::ty::Ty;
use nostos_codegen::ir::{Arg, Expr, Kind, Tree, VarId};
use nostos_codegen::layout::{Form, TyId};
use nostos_host::Attempt;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;

/// Calls and rounds of loops in a time slice.
pub(crate) const SLICE: u32 = 2000;
/// Words of variables and pending work a process may have: far more than a million frames take.
const DEEPEST: usize = 1 << 25;
/// Deeper messages are not looked through for another type.
const DEPTH_MAX: usize = 4000;

/// Why a process does not simply go on.
pub(crate) enum Halt {
    /// Its slice is over.
    Yielded,
    /// It waits.
    Parked,
    /// It waits for the outside, which has to be asked again and again.
    Polled,
    /// It has ended.
    Ended(Reason),
}

pub(crate) type Step<'w> = Result<Next<'w>, Halt>;

/// What an operation needs before it is applied.
enum Operand<'w> {
    Expr(&'w Expr),
    /// A variable's slot: a shared one's cell.
    Slot(VarId),
}

impl<'w> World<'w> {
    /// Runs a process for a slice.
    pub(crate) fn run_slice(&mut self, p: &mut Process<'w>) -> Halt {
        p.reductions = SLICE;
        let mut next = p
            .next
            .take()
            .expect("a process that runs has something to do");
        loop {
            match self.step(p, next) {
                Ok(after) => next = after,
                Err(halt) => return halt,
            }
        }
    }

    fn step(&mut self, p: &mut Process<'w>, next: Next<'w>) -> Step<'w> {
        match next {
            Next::Eval(e) => self.eval(p, e),
            Next::Give(value) => self.give(p, value),
            Next::Tree(tree) => self.tree(p, tree),
            Next::Refused => self.refused(p),
            Next::Throw(thrown) => self.unwind(p, thrown),
            Next::Leave(exit) => self.leave(p, exit),
            Next::Again(e, args) => self.run_op(p, e, args),
            Next::Look => self.look(p),
            Next::Ask(asked) => self.ask(p, asked),
        }
    }

    /// Asks another program, until it has an answer. Others run meanwhile.
    fn ask(&mut self, p: &mut Process<'w>, mut asked: Box<Asked>) -> Step<'w> {
        let Asked { op, args, at, .. } = &*asked;
        let (op, at) = (*op, *at);
        let handle = match args.first() {
            Some(nostos_host::Value::Int(handle)) => *handle,
            _ => 0,
        };
        let text = match args.get(1) {
            Some(nostos_host::Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let mut progress = asked.progress;
        let outcome =
            match nostos_host::attempt(op, handle, text.as_bytes(), &mut progress, op::MAX_BYTES) {
                Ok(Attempt::Done(values)) => Ok(values),
                Ok(Attempt::Later(_)) => {
                    self.now += 500_000;
                    asked.progress = progress;
                    p.next = Some(Next::Ask(asked));
                    return Err(Halt::Polled);
                }
                Err(failure) => Err(failure),
            };
        match op::answered(outcome) {
            Answer::Error(kind, message) => Ok(self.error(p, &kind, &message, at)),
            Answer::Value(value) => Ok(Next::Give(value)),
            _ => panic!("the host answers"),
        }
    }

    // Expressions.

    fn eval(&mut self, p: &mut Process<'w>, e: &'w Expr) -> Step<'w> {
        if let Some(value) = simple(p, e) {
            return Ok(Next::Give(value));
        }
        match &e.kind {
            Kind::Let(var, value) => {
                p.waits.push(Wait::Let(*var));
                Ok(Next::Eval(value))
            }
            Kind::Assign(var, value) => {
                p.waits.push(Wait::Assign(*var));
                Ok(Next::Eval(value))
            }
            Kind::If(parts) => {
                p.waits.push(Wait::Branches(parts));
                Ok(Next::Eval(&parts[0]))
            }
            Kind::Block(items) => Ok(block(p, items)),
            Kind::Match(made) => self.subjects(p, e, made, 0),
            Kind::While(parts) => {
                p.waits.push(Wait::Condition(e, p.values.len()));
                Ok(Next::Eval(&parts[0]))
            }
            Kind::Break(None) => Ok(Next::Leave(Exit::Break(None))),
            Kind::Break(Some(value)) => {
                p.waits.push(Wait::Break);
                Ok(Next::Eval(value))
            }
            Kind::Continue => Ok(Next::Leave(Exit::Continue)),
            Kind::Return(None) => Ok(Next::Leave(Exit::Return(Value::Unit))),
            Kind::Return(Some(value)) => {
                // Unless there is a handler around, nothing of this frame is needed any more but its variables.
                let frame = p.waits.iter().rposition(is_frame).expect("a frame");
                let handled = |wait: &Wait<'_>| matches!(wait, Wait::Catch(..) | Wait::Finally(..));
                if p.waits[frame..].iter().any(handled) {
                    p.waits.push(Wait::Return);
                } else {
                    p.waits.truncate(frame + 1);
                }
                Ok(Next::Eval(value))
            }
            Kind::Try(made) => {
                if let Some(finally) = &made.finally {
                    p.waits.push(Wait::Finally(finally, p.values.len()));
                }
                if !made.catch.is_empty() {
                    p.waits.push(Wait::Catch(made, p.values.len()));
                }
                Ok(Next::Eval(&made.body))
            }
            Kind::Receive(receive) => match &receive.after {
                Some((time, _)) => {
                    p.waits.push(Wait::Timeout(receive));
                    Ok(Next::Eval(time))
                }
                None => {
                    p.waits.push(Wait::Receiving {
                        receive,
                        cursor: 0,
                        group: 0,
                        deadline: u64::MAX,
                    });
                    Ok(Next::Look)
                }
            },
            Kind::Unit
            | Kind::Word(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Var(_)
            | Kind::Function(..)
            | Kind::Closure(..)
            | Kind::Site => panic!("simple"),
            Kind::Call(..)
            | Kind::CallValue(..)
            | Kind::Op(..)
            | Kind::Leaf(..)
            | Kind::Prim(..)
            | Kind::Make(..)
            | Kind::Chain(..)
            | Kind::Get(..)
            | Kind::Set(..)
            | Kind::Tag(_)
            | Kind::Box(_)
            | Kind::Unbox(_)
            | Kind::Throw(_)
            | Kind::Fault(..)
            | Kind::ArrayMake(..)
            | Kind::ArrayLength(_)
            | Kind::ArrayGet(_)
            | Kind::ArraySet(_)
            | Kind::ArrayCopy(_) => self.operands(p, e, 0),
        }
    }

    /// Evaluates an operation's operands from this one on, then applies it.
    fn operands(&mut self, p: &mut Process<'w>, e: &'w Expr, from: u32) -> Step<'w> {
        let mut number = from;
        while let Some(operand) = operand(e, number as usize) {
            match operand {
                Operand::Slot(var) => p.values.push(p.slot(var).clone()),
                Operand::Expr(part) => match simple(p, part) {
                    Some(value) => p.values.push(value),
                    None => {
                        p.waits.push(Wait::Operand(e, number));
                        return Ok(Next::Eval(part));
                    }
                },
            }
            number += 1;
        }
        self.apply(p, e, number as usize)
    }

    /// Applies an operation to the last so many values.
    fn apply(&mut self, p: &mut Process<'w>, e: &'w Expr, count: usize) -> Step<'w> {
        if let Kind::Call(cell, _) = &e.kind {
            return self.call(p, e, *cell, count, None);
        }
        let from = p.values.len() - count;
        if let Kind::CallValue(..) = &e.kind {
            let closure = p.values.remove(from);
            let closure = closure.closure().clone();
            return self.call(p, e, closure.cell, count - 1, Some(&closure));
        }
        let args: SmallVec<[Value; 4]> = p.values.drain(from..).collect();
        let value = match &e.kind {
            Kind::Prim(op, parts) => {
                let typed = parts.iter().find(|part| part.ty != TyId::NEVER);
                let operand = typed.unwrap_or(&parts[0]).ty;
                let layouts = self.codegen.layouts();
                let (operand, result) = (&layouts.get(operand).ty, &layouts.get(e.ty).ty);
                match prim::apply(*op, &args, operand, result) {
                    Ok(value) => value,
                    Err(fault) => return Ok(self.fault(p, fault, 0, 0, e.at)),
                }
            }
            Kind::Leaf(leaf, _) => match leaf::of(*leaf) {
                Some(run) => run(&args),
                None => return Ok(self.missing(p, leaf.info().name, e.at)),
            },
            Kind::Op(..) => return self.run_op(p, e, args),
            Kind::Make(ctor, _) if e.ty == TyId::UNIT => {
                let _ = ctor;
                Value::Unit
            }
            Kind::Make(ctor, _) => Value::data(*ctor, args),
            Kind::Chain(ctor, items, _) => {
                let mut rest = args.into_iter().rev();
                let mut value = rest.next().expect("a chain has a tail");
                for item in items.iter().rev() {
                    let mut fields: SmallVec<[Value; 4]> = (&mut rest).take(item.len()).collect();
                    fields.reverse();
                    fields.push(value);
                    value = Value::data(*ctor, fields);
                }
                value
            }
            Kind::Get(_, _, field) => args[0].field(*field),
            Kind::Set(_, field, _) => {
                let record = args[0].as_data();
                let new = args[1].clone();
                let old = std::mem::replace(&mut record.fields.borrow_mut()[*field as usize], new);
                drop(old);
                Value::Unit
            }
            Kind::Tag(_) => Value::Word(i64::from(args[0].ctor())),
            Kind::Box(part) => Value::boxed(part.ty, args[0].clone()),
            Kind::Unbox(_) => args[0].as_boxed().value.clone(),
            Kind::Throw(_) => return Ok(self.throw(p, args[0].clone(), e.at)),
            Kind::Fault(fault, _) => {
                let (a, b) = (args[0].word(), args[1].word());
                return Ok(self.fault(p, *fault, a, b, e.at));
            }
            Kind::ArrayMake(_, item) => {
                let count = args[0].word();
                if !(0..=1 << 40).contains(&count) {
                    let why = format!("an array cannot have {count} elements");
                    return Ok(self.error(p, "Panic", &why, e.at));
                }
                if count as usize > self.config.words {
                    return Ok(self.fault(p, Fault::OutOfMemory, 0, 0, e.at));
                }
                let item = match item {
                    Some(_) => args[1].clone(),
                    None => Value::Unit,
                };
                Value::Array(Rc::new(RefCell::new(vec![item; count as usize])))
            }
            Kind::ArrayLength(_) => Value::Word(args[0].array().borrow().len() as i64),
            Kind::ArrayGet(_) => {
                let items = args[0].array().borrow();
                let index = args[1].word();
                match usize::try_from(index).ok().and_then(|i| items.get(i)) {
                    Some(item) => item.clone(),
                    None => {
                        let length = items.len() as i64;
                        drop(items);
                        return Ok(self.fault(p, Fault::IndexOutOfBounds, index, length, e.at));
                    }
                }
            }
            Kind::ArraySet(_) => {
                let mut items = args[0].array().borrow_mut();
                let index = args[1].word();
                let length = items.len() as i64;
                match usize::try_from(index).ok().and_then(|i| items.get_mut(i)) {
                    Some(item) => {
                        let old = std::mem::replace(item, args[2].clone());
                        drop(items);
                        drop(old);
                        Value::Unit
                    }
                    None => {
                        drop(items);
                        return Ok(self.fault(p, Fault::IndexOutOfBounds, index, length, e.at));
                    }
                }
            }
            Kind::ArrayCopy(_) => {
                let items = args[0].array().borrow().clone();
                Value::Array(Rc::new(RefCell::new(items)))
            }
            _ => panic!("not an operation"),
        };
        Ok(Next::Give(value))
    }

    /// Does an op, for the first time or again.
    fn run_op(&mut self, p: &mut Process<'w>, e: &'w Expr, args: SmallVec<[Value; 4]>) -> Step<'w> {
        let Kind::Op(op, _) = &e.kind else {
            panic!("not an op");
        };
        let answer = match (op::of(*op), nostos_host::waits(*op)) {
            (Some(run), _) => run(self, p, &args),
            (None, Some(nostos_host::Waits::Long)) => {
                let asked = Asked {
                    op: *op,
                    args: op::host_args(*op, &args),
                    progress: 0,
                    at: e.at,
                };
                return Ok(Next::Ask(Box::new(asked)));
            }
            (None, Some(_)) => {
                let outcome = nostos_host::call(*op, &op::host_args(*op, &args), op::MAX_BYTES);
                if let Some(thing) = nostos_host::opens(*op)
                    && let Ok([nostos_host::Value::Int(number)]) = outcome.as_deref()
                {
                    p.unguarded.push(Guard(thing, *number));
                }
                op::answered(outcome)
            }
            (None, None) => return Ok(self.missing(p, op.info().name, e.at)),
        };
        // What it did may have come back to this process.
        p.mailbox.extend(self.posted.drain(..));
        if let Some(reason) = self.doomed.take() {
            p.quiet = true;
            return Err(Halt::Ended(reason));
        }
        match answer {
            Answer::Value(value) => Ok(Next::Give(value)),
            Answer::Error(kind, message) => Ok(self.error(p, &kind, &message, e.at)),
            Answer::Yield => {
                p.next = Some(Next::Give(Value::Unit));
                Err(Halt::Yielded)
            }
            Answer::Park => {
                p.next = Some(Next::Give(Value::Unit));
                Err(Halt::Parked)
            }
            Answer::Wait(deadline) => {
                p.waiting = true;
                p.patience = deadline;
                p.deadline = deadline.filter(|deadline| *deadline != u64::MAX);
                p.next = Some(Next::Again(e, args));
                Err(Halt::Parked)
            }
            Answer::Poll => {
                p.next = Some(Next::Again(e, args));
                Err(Halt::Polled)
            }
            Answer::Exit(reason) => {
                p.quiet = true;
                Err(Halt::Ended(reason))
            }
        }
    }

    /// Calls a cell's function with the last so many values.
    fn call(
        &mut self,
        p: &mut Process<'w>,
        e: &'w Expr,
        cell: CellId,
        count: usize,
        closure: Option<&Rc<Closure>>,
    ) -> Step<'w> {
        let function = match self.function(cell) {
            Ok(function) => function,
            Err(why) => return Ok(self.error(p, "CompileError", &why, e.at)),
        };
        if p.values.len() + 3 * p.waits.len() > DEEPEST {
            return Ok(self.fault(p, Fault::StackOverflow, 0, 0, e.at));
        }
        let from = p.values.len() - count;
        let args: SmallVec<[Value; 8]> = p.values.drain(from..).collect();
        let tail = p.waits.last().is_some_and(is_frame)
            && self.fits(e.ty, p.function.result)
            && !p.function.kept.contains(&cell);
        if tail {
            p.values.truncate(p.base);
        } else {
            p.waits.push(Wait::Caller {
                function: p.function,
                base: p.base,
                at: e.at,
            });
            p.base = p.values.len();
        }
        self.enter(p, function, args.into_iter(), closure);
        let next = Next::Eval(&function.body);
        self.round(p, next)
    }

    /// Makes a function the one at hand, its variables at the base.
    pub(crate) fn enter(
        &self,
        p: &mut Process<'w>,
        function: &'w nostos_codegen::ir::Function,
        args: impl Iterator<Item = Value>,
        closure: Option<&Rc<Closure>>,
    ) {
        p.function = function;
        p.values
            .resize_with(p.base + function.vars.len(), || Value::Unit);
        for (i, (param, arg)) in function.params.iter().zip(args).enumerate() {
            // Captured variables come as their cells; a parameter that closures share gets its cell here.
            if i < function.arity as usize {
                p.bind(*param, arg);
            } else {
                p.set_slot(*param, arg);
            }
        }
        if let (Some(closure), Some(captured)) = (closure, &function.closure) {
            for (var, value) in captured.iter().zip(&closure.captures) {
                p.set_slot(*var, value.clone());
            }
        }
    }

    /// May a value of the one type stand for a result of the other without a change?
    fn fits(&self, from: TyId, to: TyId) -> bool {
        let layouts = self.codegen.layouts();
        from == to || from == TyId::NEVER || layouts.get(from).lanes == layouts.get(to).lanes
    }

    /// One more call or round of a loop.
    fn round(&mut self, p: &mut Process<'w>, next: Next<'w>) -> Step<'w> {
        if p.reductions == 0 {
            p.next = Some(next);
            return Err(Halt::Yielded);
        }
        p.reductions -= 1;
        Ok(next)
    }

    // Values.

    fn give(&mut self, p: &mut Process<'w>, value: Value) -> Step<'w> {
        let wait = p.waits.pop().expect("somebody waits");
        match wait {
            Wait::End => Err(Halt::Ended(Reason::Normal)),
            Wait::Caller { function, base, .. } => {
                p.values.truncate(p.base);
                p.function = function;
                p.base = base;
                Ok(Next::Give(value))
            }
            Wait::Rest(items) => Ok(block(p, items)),
            Wait::Let(var) => {
                p.bind(var, value);
                Ok(Next::Give(Value::Unit))
            }
            Wait::Assign(var) => {
                p.assign(var, value);
                Ok(Next::Give(Value::Unit))
            }
            Wait::Operand(e, number) => {
                p.values.push(value);
                self.operands(p, e, number + 1)
            }
            Wait::Branches(parts) => {
                let branch = if value.word() != 0 { 1 } else { 2 };
                Ok(Next::Eval(&parts[branch]))
            }
            Wait::Subject(e, made, number) => {
                p.bind(made.subjects[number as usize].0, value);
                self.subjects(p, e, made, number + 1)
            }
            Wait::TreeLet(var, then) => {
                p.bind(var, value);
                Ok(Next::Tree(then))
            }
            Wait::TreeTest(then, otherwise) => {
                Ok(Next::Tree(if value.word() != 0 { then } else { otherwise }))
            }
            Wait::Condition(e, depth) => {
                if value.word() == 0 {
                    return Ok(Next::Give(self.zero(e.ty)));
                }
                p.waits.push(Wait::Body(e, depth));
                Ok(Next::Eval(&loop_parts(e)[1]))
            }
            Wait::Body(e, depth) => {
                p.waits.push(Wait::Step(e, depth));
                Ok(Next::Eval(&loop_parts(e)[2]))
            }
            Wait::Step(e, depth) => {
                p.waits.push(Wait::Condition(e, depth));
                self.round(p, Next::Eval(&loop_parts(e)[0]))
            }
            Wait::Break => Ok(Next::Leave(Exit::Break(Some(value)))),
            Wait::Return => Ok(Next::Leave(Exit::Return(value))),
            Wait::Catch(..) => Ok(Next::Give(value)),
            Wait::Finally(finally, _) => {
                p.waits.push(Wait::Resume(Box::new(Next::Give(value))));
                Ok(Next::Eval(finally))
            }
            Wait::Resume(next) => Ok(*next),
            Wait::Timeout(receive) => {
                let millis = u64::try_from(value.word()).unwrap_or(0);
                // A negative time is no time limit.
                let deadline = if value.word() < 0 {
                    u64::MAX
                } else {
                    self.in_millis(millis)
                };
                p.waits.push(Wait::Receiving {
                    receive,
                    cursor: 0,
                    group: 0,
                    deadline,
                });
                Ok(Next::Look)
            }
            Wait::Arms(..) | Wait::Others(_) | Wait::Catching(..) | Wait::Receiving { .. } => {
                panic!("a tree ends in an arm or is refused")
            }
        }
    }

    /// What stands for a value of a type where there is none: after a loop that was not left by a `break`.
    pub(crate) fn zero(&self, ty: TyId) -> Value {
        match &self.codegen.layouts().get(ty).ty {
            Ty::Int(_) | Ty::Bool | Ty::Char | Ty::Atom | Ty::Pid | Ty::Ref => Value::Word(0),
            Ty::Float | Ty::Float32 => Value::Float(0.0),
            Ty::String => Value::text(""),
            _ => Value::Unit,
        }
    }

    // Matches.

    fn subjects(
        &mut self,
        p: &mut Process<'w>,
        e: &'w Expr,
        made: &'w nostos_codegen::ir::Match,
        number: u32,
    ) -> Step<'w> {
        match made.subjects.get(number as usize) {
            Some((_, subject)) => {
                p.waits.push(Wait::Subject(e, made, number));
                Ok(Next::Eval(subject))
            }
            None => {
                p.waits.push(Wait::Arms(e, made));
                Ok(Next::Tree(&made.tree))
            }
        }
    }

    fn tree(&mut self, p: &mut Process<'w>, tree: &'w Tree) -> Step<'w> {
        match tree {
            Tree::Fail => Ok(Next::Refused),
            Tree::Arm(arm) => Ok(self.arm(p, *arm as usize)),
            Tree::Let(var, value, then) => {
                p.waits.push(Wait::TreeLet(*var, then));
                Ok(Next::Eval(value))
            }
            Tree::Test(test, then, otherwise) => {
                p.waits.push(Wait::TreeTest(then, otherwise));
                Ok(Next::Eval(test))
            }
            Tree::Ctor(var, cases, otherwise) => {
                let ctor = p.read(*var).ctor();
                let case = cases.iter().find(|(number, _)| *number == ctor);
                Ok(Next::Tree(case.map_or(otherwise, |(_, tree)| tree)))
            }
            Tree::Word(var, cases, otherwise) => {
                let bits = p.read(*var).word();
                let case = cases.iter().find(|(case, _)| *case == bits);
                Ok(Next::Tree(case.map_or(otherwise, |(_, tree)| tree)))
            }
            Tree::First(trees) => match trees.split_first() {
                None => Ok(Next::Refused),
                Some((first, others)) => {
                    if !others.is_empty() {
                        p.waits.push(Wait::Others(others));
                    }
                    Ok(Next::Tree(first))
                }
            },
        }
    }

    /// An arm takes the value: its body takes the place of the match.
    fn arm(&mut self, p: &mut Process<'w>, arm: usize) -> Next<'w> {
        loop {
            match p.waits.pop().expect("a match is being decided") {
                Wait::Others(_) => {}
                Wait::Arms(_, made) => return Next::Eval(&made.arms[arm]),
                Wait::Catching(made, ..) => return Next::Eval(&made.arms[arm]),
                Wait::Receiving {
                    receive, cursor, ..
                } => {
                    p.mailbox.remove(cursor as usize);
                    return Next::Eval(&receive.arms[arm]);
                }
                _ => panic!("a match is being decided"),
            }
        }
    }

    fn refused(&mut self, p: &mut Process<'w>) -> Step<'w> {
        match p.waits.pop().expect("a match is being decided") {
            Wait::Others(trees) => self.tree_of(p, trees),
            Wait::Arms(e, _) => Ok(self.fault(p, Fault::NoMatch, 0, 0, e.at)),
            Wait::Catching(made, group, thrown) => Ok(self.catch(p, made, group, thrown)),
            receiving @ Wait::Receiving { .. } => {
                p.waits.push(receiving);
                Ok(Next::Look)
            }
            _ => panic!("a match is being decided"),
        }
    }

    fn tree_of(&mut self, p: &mut Process<'w>, trees: &'w [Tree]) -> Step<'w> {
        let (first, others) = trees.split_first().expect("not empty");
        if !others.is_empty() {
            p.waits.push(Wait::Others(others));
        }
        self.tree(p, first)
    }

    // Messages.

    /// Whether a message or exception may be taken as one of another type: see `DescTable::fits`.
    pub(crate) fn takes(&self, want: TyId, have: TyId, value: &Value) -> bool {
        let layouts = self.codegen.layouts();
        want == have
            || layouts
                .table
                .fits(layouts.get(have).shape, layouts.get(want).shape)
                && self.is_of(want, have, value, 0)
    }

    fn is_of(&self, want: TyId, have: TyId, value: &Value, depth: usize) -> bool {
        if want == have || want == TyId::NEVER {
            return true;
        }
        if have == TyId::UNIT || depth > DEPTH_MAX {
            return false;
        }
        let layouts = self.codegen.layouts();
        let (Form::Data(from), Form::Data(to)) = (&layouts.get(have).form, &layouts.get(want).form)
        else {
            return false;
        };
        let mut value = value.clone();
        loop {
            let ctor = value.ctor() as usize;
            let (Some(from), Some(to)) = (from.ctors.get(ctor), to.ctors.get(ctor)) else {
                return false;
            };
            let mut more = None;
            let fields = from.fields.iter().zip(&to.fields).enumerate();
            for (at, ((_, part), (_, wanted))) in fields {
                let field = value.field(at as u32);
                // A last field of the type itself, as of a list, is no deeper.
                if at + 1 == from.fields.len() && (*part, *wanted) == (have, want) {
                    more = Some(field);
                } else if !self.is_of(*wanted, *part, &field, depth + 1) {
                    return false;
                }
            }
            match more {
                Some(next) => value = next,
                None => return true,
            }
        }
    }

    fn look(&mut self, p: &mut Process<'w>) -> Step<'w> {
        match self.take_locks_back(p) {
            None => {}
            Some(Answer::Error(kind, why)) => return Ok(self.error(p, &kind, &why, 0)),
            Some(_) => {
                p.waiting = true;
                p.next = Some(Next::Look);
                return Err(Halt::Parked);
            }
        }
        let Some(Wait::Receiving {
            receive,
            mut cursor,
            mut group,
            deadline,
        }) = p.waits.pop()
        else {
            panic!("nobody receives");
        };
        while let Some(message) = p.mailbox.get(cursor as usize) {
            let Some(typed) = receive.groups.get(group as usize) else {
                cursor += 1;
                group = 0;
                continue;
            };
            group += 1;
            match typed.ty {
                Some(ty) if !self.takes(ty, message.ty, &message.value) => continue,
                Some(_) => {
                    let value = message.value.clone();
                    p.bind(typed.subject, value);
                }
                None => {}
            }
            p.waits.push(Wait::Receiving {
                receive,
                cursor,
                group,
                deadline,
            });
            return Ok(Next::Tree(&typed.tree));
        }
        if deadline <= self.now {
            let (_, then) = receive.after.as_ref().expect("only `after` has a time");
            return Ok(Next::Eval(then));
        }
        p.waits.push(Wait::Receiving {
            receive,
            cursor,
            group: 0,
            deadline,
        });
        self.lend_locks(p);
        p.receives = true;
        p.deadline = (deadline != u64::MAX).then_some(deadline);
        p.next = Some(Next::Look);
        Err(Halt::Parked)
    }
}

/// The value of an expression that needs no other's.
fn simple<'w>(p: &Process<'w>, e: &'w Expr) -> Option<Value> {
    Some(match &e.kind {
        Kind::Unit | Kind::Site => Value::Unit,
        Kind::Word(bits) => Value::Word(*bits),
        Kind::Float(bits) => Value::Float(f64::from_bits(*bits)),
        Kind::String(text) => Value::text(text.clone()),
        Kind::Var(var) => p.read(*var),
        Kind::Function(cell, name) => Value::Closure(Rc::new(Closure {
            cell: *cell,
            name: name.clone(),
            captures: Vec::new(),
        })),
        Kind::Closure(cell, name, captured) => Value::Closure(Rc::new(Closure {
            cell: *cell,
            name: name.clone(),
            captures: captured.iter().map(|var| p.slot(*var).clone()).collect(),
        })),
        _ => return None,
    })
}

/// Evaluates all of them; the last one's value is the block's.
fn block<'w>(p: &mut Process<'w>, items: &'w [Expr]) -> Next<'w> {
    match items {
        [] => Next::Give(Value::Unit),
        [last] => Next::Eval(last),
        [first, rest @ ..] => {
            p.waits.push(Wait::Rest(rest));
            Next::Eval(first)
        }
    }
}

pub(crate) fn loop_parts(e: &Expr) -> &[Expr; 3] {
    match &e.kind {
        Kind::While(parts) => parts,
        _ => panic!("not a loop"),
    }
}

fn is_frame(wait: &Wait<'_>) -> bool {
    matches!(wait, Wait::Caller { .. } | Wait::End)
}

/// An operation's operand of this number, in the order of evaluation.
fn operand(e: &Expr, number: usize) -> Option<Operand<'_>> {
    let one = |part| (number == 0).then_some(part);
    let part = match &e.kind {
        Kind::Call(_, args) => match args.get(number)? {
            Arg::Value(part) => Some(part),
            Arg::Capture(var) => return Some(Operand::Slot(*var)),
        },
        Kind::CallValue(function, args) => match number {
            0 => Some(&**function),
            _ => args.get(number - 1),
        },
        Kind::Op(_, args) | Kind::Leaf(_, args) | Kind::Prim(_, args) | Kind::Make(_, args) => {
            args.get(number)
        }
        Kind::Chain(_, items, tail) => {
            let width = items.first().map_or(0, Vec::len);
            if number < items.len() * width {
                items[number / width].get(number % width)
            } else {
                (number == items.len() * width).then_some(&**tail)
            }
        }
        Kind::Get(part, ..)
        | Kind::Tag(part)
        | Kind::Box(part)
        | Kind::Unbox(part)
        | Kind::Throw(part)
        | Kind::ArrayLength(part)
        | Kind::ArrayCopy(part) => one(&**part),
        Kind::Set(record, _, value) => match number {
            0 => Some(&**record),
            1 => Some(&**value),
            _ => None,
        },
        Kind::Fault(_, parts) | Kind::ArrayGet(parts) => parts.get(number),
        Kind::ArraySet(parts) => parts.get(number),
        Kind::ArrayMake(count, item) => match number {
            0 => Some(&**count),
            1 => item.as_deref(),
            _ => None,
        },
        _ => None,
    };
    part.map(Operand::Expr)
}
