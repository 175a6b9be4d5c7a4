//! A process: its frames and pending work as plain lists, so that nothing it does is deep in Rust's own stack, and it can be put aside at any time.

use crate::resource::{Guard, Resource};
use crate::value::{Value, deep_copy};
use nostos_abi::builtin::Op;
use nostos_codegen::ir::{Expr, Function, Match, Receive, Tree, Try, VarId};
use nostos_codegen::layout::TyId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::rc::Rc;

/// What a process does next.
pub(crate) enum Next<'w> {
    /// Evaluates.
    Eval(&'w Expr),
    /// Hands a value to whoever waits for it.
    Give(Value),
    /// Decides by a tree.
    Tree(&'w Tree),
    /// The tree at hand does not take the value.
    Refused,
    /// Unwinds with a box.
    Throw(Value),
    /// Leaves a loop, a round of it, or the function.
    Leave(Exit),
    /// Tries an op again, with its arguments.
    Again(&'w Expr, SmallVec<[Value; 4]>),
    /// Looks at the message under the cursor of the innermost receive.
    Look,
    /// Asks another program again.
    Ask(Box<Asked>),
}

/// What another program is asked.
pub(crate) struct Asked {
    pub(crate) op: Op,
    pub(crate) args: Vec<nostos_host::Value>,
    /// How far it has come.
    pub(crate) progress: usize,
    /// The place in the source.
    pub(crate) at: u32,
}

/// A way out of what is being done, through the `finally`s around.
pub(crate) enum Exit {
    /// Of the innermost loop, with its value.
    Break(Option<Value>),
    /// Of this round of the innermost loop.
    Continue,
    /// Of the function.
    Return(Value),
}

/// What waits for a value, innermost last.
pub(crate) enum Wait<'w> {
    /// The process's end.
    End,
    /// The caller: its function, where its variables begin, and where the call is in the source.
    Caller {
        function: &'w Function,
        base: usize,
        at: u32,
    },
    /// What follows in a block.
    Rest(&'w [Expr]),
    /// A variable's first value.
    Let(VarId),
    /// A variable's new value.
    Assign(VarId),
    /// An operation that needs its operand of this number, and then those behind it.
    Operand(&'w Expr, u32),
    /// The branches of an `if`.
    Branches(&'w [Expr; 3]),
    /// A match's subject of this number.
    Subject(&'w Expr, &'w Match, u32),
    /// A match whose tree is being walked.
    Arms(&'w Expr, &'w Match),
    /// Trees to try when the one being walked refuses.
    Others(&'w [Tree]),
    /// The variable a tree binds, and how it goes on.
    TreeLet(VarId, &'w Tree),
    /// How a tree goes on when its test holds, and when it does not.
    TreeTest(&'w Tree, &'w Tree),
    /// A loop's condition.
    Condition(&'w Expr, usize),
    /// A loop's body.
    Body(&'w Expr, usize),
    /// A loop's step.
    Step(&'w Expr, usize),
    /// The value of a `break`.
    Break,
    /// The value of a `return` that cannot take the frame's place.
    Return,
    /// The body of a `try` with arms; so many values are on the stack.
    Catch(&'w Try, usize),
    /// A `catch` whose group before this number is looked at, for what was thrown.
    Catching(&'w Try, u32, Value),
    /// The body or an arm of a `try` with a `finally`.
    Finally(&'w Expr, usize),
    /// A `finally`, and what goes on behind it.
    Resume(Box<Next<'w>>),
    /// The milliseconds of a receive.
    Timeout(&'w Receive),
    /// A receive at the message of this number; it gives up at a time.
    Receiving {
        receive: &'w Receive,
        cursor: u32,
        group: u32,
        deadline: u64,
    },
}

/// A message, or something thrown: a box's content.
pub(crate) struct Message {
    pub(crate) ty: TyId,
    pub(crate) value: Value,
}

/// Why a process ended.
#[derive(Clone, Debug)]
pub enum Reason {
    /// Its function returned.
    Normal,
    /// It was told to end, in order.
    Shutdown,
    /// Somebody killed it.
    Killed,
    /// It was not there: what a link to or a monitor of a dead process says.
    NoProcess,
    /// It called `exit`.
    Custom(String),
    /// It threw what nobody caught: what people read of it, and where it was thrown.
    Failed(String, Vec<crate::trace::Line>),
}

impl Reason {
    pub(crate) fn is_abnormal(&self) -> bool {
        !matches!(self, Reason::Normal)
    }
}

/// See the module.
pub(crate) struct Process<'w> {
    pub(crate) pid: u64,
    /// The function at hand.
    pub(crate) function: &'w Function,
    /// Where its variables begin in `values`.
    pub(crate) base: usize,
    /// Variables and operands of all frames.
    pub(crate) values: Vec<Value>,
    pub(crate) waits: Vec<Wait<'w>>,
    /// What it does when it runs again.
    pub(crate) next: Option<Next<'w>>,
    /// Steps of this slice that are left.
    pub(crate) reductions: u32,
    pub(crate) builders: Vec<String>,
    pub(crate) mailbox: VecDeque<Message>,
    /// The box last thrown, and where that was.
    pub(crate) thrown: Option<Value>,
    pub(crate) trace: Vec<crate::trace::Line>,
    pub(crate) collections: i64,
    /// When it wants to be woken; it is parked then.
    pub(crate) deadline: Option<u64>,
    /// It waits for a channel, a lock or a socket.
    pub(crate) waiting: bool,
    /// What it is noted at as waiting.
    pub(crate) waits_for: Option<Rc<Resource>>,
    /// The channels it is noted at together, and whether it has parked for them.
    pub(crate) watched: Vec<Rc<Resource>>,
    pub(crate) parked: bool,
    /// The deadline of an op that is tried again.
    pub(crate) patience: Option<u64>,
    /// The locks it lends while it waits for others: which and how deep, the last one to be taken back first.
    pub(crate) lent: Vec<(i64, u64)>,
    /// `patience` of an op that waits for lent locks first.
    pub(crate) put_off: Option<u64>,
    /// What its last receive from a channel got.
    pub(crate) taken: Option<Value>,
    /// What it has opened and not made a handle of yet; closed with its end.
    pub(crate) unguarded: Vec<Guard>,
    /// Module-level values that each process has for itself.
    pub(crate) locals: FxHashMap<i64, Value>,
    /// It waits for a message.
    pub(crate) receives: bool,
    /// Nothing is written about its end: it came over a link, or it called `exit`.
    pub(crate) quiet: bool,
    /// Who started it, 0 for the main process.
    pub(crate) parent: u64,
    /// 0 runnable, 1 running, 2 waiting, 3 sleeping: as of when it last ran.
    pub(crate) state: i64,
    /// Slices it has had.
    pub(crate) slices: i64,
}

impl<'w> Process<'w> {
    pub(crate) fn new(pid: u64, function: &'w Function) -> Process<'w> {
        Process {
            pid,
            function,
            base: 0,
            values: Vec::new(),
            waits: vec![Wait::End],
            next: None,
            reductions: 0,
            builders: Vec::new(),
            mailbox: VecDeque::new(),
            thrown: None,
            trace: Vec::new(),
            collections: 0,
            deadline: None,
            receives: false,
            waiting: false,
            waits_for: None,
            watched: Vec::new(),
            parked: false,
            patience: None,
            lent: Vec::new(),
            put_off: None,
            taken: None,
            unguarded: Vec::new(),
            locals: FxHashMap::default(),
            quiet: false,
            parent: 0,
            state: 0,
            slices: 0,
        }
    }

    /// What a variable's slot holds: the value, or the cell of a shared one.
    pub(crate) fn slot(&self, var: VarId) -> &Value {
        &self.values[self.base + var.0 as usize]
    }

    pub(crate) fn set_slot(&mut self, var: VarId, value: Value) {
        let at = self.base + var.0 as usize;
        self.values[at] = value;
    }

    /// A variable's value.
    pub(crate) fn read(&self, var: VarId) -> Value {
        let slot = self.slot(var);
        if !self.function.vars[var.0 as usize].shared {
            return slot.clone();
        }
        match slot {
            Value::Cell(cell) => cell.borrow().clone(),
            other => panic!("a shared variable has a cell: {other:?}"),
        }
    }

    /// Gives a variable its first value.
    pub(crate) fn bind(&mut self, var: VarId, value: Value) {
        let shared = self.function.vars[var.0 as usize].shared;
        self.set_slot(
            var,
            if shared {
                Value::Cell(Rc::new(value.into()))
            } else {
                value
            },
        );
    }

    /// Gives a variable a new value.
    pub(crate) fn assign(&mut self, var: VarId, value: Value) {
        if !self.function.vars[var.0 as usize].shared {
            self.set_slot(var, value);
            return;
        }
        match self.slot(var) {
            Value::Cell(cell) => {
                let cell = cell.clone();
                // Dropping the old value must not find the cell borrowed.
                let old = cell.replace(value);
                drop(old);
            }
            other => panic!("a shared variable has a cell: {other:?}"),
        }
    }
}

impl Message {
    /// A message of what a box holds, apart from its sender.
    pub(crate) fn of(boxed: &Value) -> Message {
        let boxed = boxed.as_boxed();
        Message {
            ty: boxed.ty,
            value: deep_copy(&boxed.value),
        }
    }
}
