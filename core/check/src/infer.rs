//! Inference of one group of definitions: raw definitions in, signatures, typed bodies and findings out.
//!
//! One pass makes HIR whose types hold variables and whose undecided calls and operators are holes; obligations wait in a list until the types
//! they depend on are known. At the end literals default to Int, what is left over becomes type parameters and constraints (a group of
//! unannotated functions) or is an error, and [`finish`](self::finish) replaces variables and holes.

mod call;
mod constraint;
mod control;
mod ctor;
mod ctor_pattern;
mod dot;
mod dot_goal;
mod doubts;
mod expr;
mod field;
mod finish;
mod group;
mod instance;
mod literal;
mod method;
mod mvar;
mod name;
mod operator;
mod pattern;
mod plain;
pub mod select;
mod settle;
mod statics;
mod stmt;
pub mod unify;
mod uses;
mod waiting;

pub use group::{entry, expression, infer_group, signature};
pub(crate) use stmt::pattern_names;

use crate::db::{Db, Project};
use crate::hir::{self, Expr, ExprKind, Local, LocalFnId, LocalId, Span};
use crate::ids::ModuleId;
use crate::raw::{BinaryOp, Name};
use crate::signature::{Constraint, ParamSig};
use crate::ty::{FnId, TraitId, Ty};
use crate::types::{Finding, Known};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use unify::Table;

/// Parameters of local functions get numbers from here on until the owner's are counted.
const LOCAL_PARAMS: u32 = 1 << 24;

const TOO_LARGE: &str = "type mismatch: a type here has more than 100,000 parts";

/// What a name in scope means.
#[derive(Clone, Debug)]
enum Binding {
    Local(LocalId),
    LocalFn(LocalFnId),
    /// A value that needs no evaluation: see [`plain`].
    LocalValue(LocalFnId),
}

/// A local function's type.
#[derive(Clone, Debug)]
struct LocalScheme {
    /// Its own parameters are `first .. first + count`.
    first: u32,
    count: u32,
    params: Vec<ParamSig>,
    result: Ty,
    constraints: Vec<Constraint>,
}

/// A loop.
#[derive(Debug)]
struct Loop {
    /// What `break` gives.
    value: Ty,
}

/// What belongs to one function of the group.
#[derive(Default)]
struct Member {
    owner: Option<FnId>,
    locals: Vec<Local>,
    local_fns: Vec<hir::LocalFn>,
    local_schemes: Vec<LocalScheme>,
    /// The local function around each local function.
    local_parents: Vec<Option<LocalFnId>>,
    /// The local functions being inferred, innermost last.
    local_stack: Vec<LocalFnId>,
    /// The module its names are looked up in.
    module: Option<ModuleId>,
    /// Names in scope, innermost last.
    names: Vec<(Name, Binding, u32)>,
    /// How many `unsafe` blocks deep.
    unsafe_depth: u32,
    /// How many functions deep.
    depth: u32,
    loops: Vec<Loop>,
    /// What `return` gives, per function.
    returns: Vec<Ty>,
    /// What each function around does with `mvar`s, innermost last.
    mvar_uses: Vec<Vec<mvar::MvarUse>>,
    /// Locals that are read somewhere.
    used: FxHashSet<LocalId>,
    findings: Vec<Finding>,
    /// What is no mistake, but most likely not what was meant.
    doubts: Vec<Finding>,
    /// What is known where [`crate::query::PROBE`] stands.
    probe: Option<crate::query::Probe>,
    /// Types of what receive and catch arms take, whether a catch's, and the local when the pattern is a bare name or wild.
    arms: Vec<ArmType>,
    /// Types whose methods without `self` are called, for which only inference says what they are.
    statics: Vec<(Ty, Name, Span)>,
    /// Integer literals to be compared with the range of their type.
    literals: Vec<(i128, Ty, Span)>,
}

/// See [`Member::arms`].
#[derive(Clone)]
struct ArmType {
    ty: Ty,
    span: Span,
    catch: bool,
    bare: Option<Option<LocalId>>,
}

/// A member while its group is inferred: monomorphic.
#[derive(Clone)]
struct MonoSig {
    params: Vec<ParamSig>,
    result: Ty,
    value: bool,
}

/// An expression that waits for its types.
enum Hole {
    Call {
        args: Vec<Expr>,
        ty: Ty,
        span: Span,
    },
    Value {
        ty: Ty,
        span: Span,
    },
    Binary {
        op: BinaryOp,
        lhs: Expr,
        rhs: Expr,
        ty: Ty,
        span: Span,
    },
    Field {
        base: Expr,
        name: Name,
        ty: Ty,
        span: Span,
    },
    /// `e?` on a value of a type that is not known yet.
    Question {
        operand: Expr,
        ty: Ty,
        span: Span,
    },
    /// A construction or update of a record, told apart by the type of the one positional argument.
    Record {
        base: Expr,
        open: u32,
        fields: Vec<(u32, Expr)>,
        ty: Ty,
        span: Span,
    },
    Done(Expr),
}

/// What must be decided or hold.
#[derive(Clone, Debug)]
enum Goal {
    Trait {
        ty: Ty,
        of: TraitId,
    },
    /// `name(args…)`; `dot`: written `args[0].name(…)`.
    Dot {
        name: Name,
        args: Vec<Ty>,
        result: Ty,
        owner: FnId,
        dot: bool,
    },
    /// What the parameters of a trait are that a type implements.
    TraitArgs {
        ty: Ty,
        of: TraitId,
        args: Vec<Ty>,
    },
    Field {
        base: Ty,
        name: Name,
        result: Ty,
        owner: FnId,
    },
    Binary {
        op: BinaryOp,
        lhs: Ty,
        rhs: Ty,
        result: Ty,
    },
    /// `e?` in a function that gives `returns`.
    Question {
        operand: Ty,
        result: Ty,
        returns: Ty,
    },
    /// `R(base, f: v)`: `base` is of type `result`, or of that of the field that is not named.
    Record {
        base: Ty,
        open: Ty,
        result: Ty,
    },
}

/// A goal, for whom, and the hole that waits for it.
#[derive(Clone, Debug)]
struct Pending {
    goal: Goal,
    span: Span,
    member: usize,
    hole: Option<u32>,
    /// The function whose use brought it.
    via: Option<Name>,
    /// How many uses of functions, one bringing the next, brought it.
    depth: u32,
}

/// The state of an inference.
pub(crate) struct Infer<'db> {
    db: &'db dyn Db,
    project: Project,
    known: Arc<Known>,
    uses: uses::Uses,
    /// A written signature that is taken to hold while its function is inferred.
    taken: Option<(FnId, Arc<crate::signature::Signature>)>,
    module: ModuleId,
    table: Table,
    pending: Vec<Pending>,
    holes: Vec<Hole>,
    members: Vec<Member>,
    /// The member being inferred.
    at: usize,
    group: FxHashMap<FnId, MonoSig>,
    /// For what is made while a goal is tried.
    depth: u32,
    /// How many calls that functions brought have been chosen.
    brought: u32,
    /// What rigid parameters implement.
    bounds: Vec<(Ty, TraitId)>,
    /// What the parameters of traits in the bounds are.
    bound_args: Vec<crate::signature::BoundArgs>,
    /// Names of rigid parameters, for messages.
    param_names: Vec<Name>,
    /// Next number for parameters of local functions.
    next_local_param: u32,
    /// What `Self` is.
    self_ty: Option<Ty>,
    /// Type names in scope besides the module's.
    type_names: Vec<(Name, Ty)>,
    /// Closed types known to implement a trait.
    proven: FxHashSet<(Ty, TraitId)>,
    /// Declared parameters may yet be any type: while a constraint is looked at.
    open_params: bool,
    /// Types taken to implement a trait while their parts are looked at.
    assumed: Vec<(Ty, TraitId)>,
}

impl<'db> Infer<'db> {
    pub(crate) fn new(db: &'db dyn Db, project: Project, module: ModuleId) -> Self {
        Infer {
            db,
            project,
            known: crate::types::known(db, project),
            uses: uses::Uses::Fix,
            taken: None,
            module,
            table: Table::default(),
            pending: Vec::new(),
            holes: Vec::new(),
            members: vec![Member::default()],
            at: 0,
            group: FxHashMap::default(),
            depth: 0,
            brought: 0,
            bounds: Vec::new(),
            bound_args: Vec::new(),
            param_names: Vec::new(),
            next_local_param: LOCAL_PARAMS,
            self_ty: None,
            type_names: Vec::new(),
            proven: FxHashSet::default(),
            open_params: false,
            assumed: Vec::new(),
        }
    }

    fn me(&mut self) -> &mut Member {
        &mut self.members[self.at]
    }

    /// Makes a member the current one; answers which was.
    fn enter(&mut self, member: usize) -> usize {
        let before = std::mem::replace(&mut self.at, member);
        if let Some(module) = self.members[member].module {
            self.module = module;
        }
        before
    }

    fn owner(&self) -> FnId {
        self.members[self.at]
            .owner
            .expect("a member has its owner while it is inferred")
    }

    fn report(&mut self, span: Span, message: impl Into<String>) {
        self.me().findings.push(Finding::new(span, message));
    }

    fn report_hint(&mut self, span: Span, message: impl Into<String>, hint: Option<String>) {
        self.me().findings.push(Finding {
            span,
            message: message.into(),
            hint,
        });
    }

    fn fresh(&mut self) -> Ty {
        self.table.fresh()
    }

    /// An expression in place of one that has been reported.
    fn error_expr(&self, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Literal(hir::Literal::Unit),
            ty: Ty::Error,
            span,
        }
    }

    fn new_local(&mut self, name: Name, ty: Ty, mutable: bool, span: Span) -> LocalId {
        let name = crate::expand::told_apart(&name).unwrap_or(name);
        let me = self.me();
        me.locals.push(Local {
            name,
            ty,
            mutable,
            captured: false,
            span,
        });
        LocalId(me.locals.len() as u32 - 1)
    }

    /// A local the compiler makes.
    fn temp(&mut self, ty: Ty, span: Span) -> LocalId {
        self.new_local("".into(), ty, false, span)
    }

    fn bind_name(&mut self, name: Name, binding: Binding) {
        let depth = self.me().depth;
        self.me().names.push((name, binding, depth));
    }

    fn lookup(&self, name: &str) -> Option<(Binding, u32)> {
        let me = &self.members[self.at];
        me.names
            .iter()
            .rev()
            .find(|(other, _, _)| **other == *name)
            .map(|(_, binding, depth)| (binding.clone(), *depth))
    }

    /// Runs `act` with names that end with it.
    fn scoped<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> R {
        let count = self.me().names.len();
        let result = act(self);
        self.me().names.truncate(count);
        result
    }

    /// Unifies what was found with what was expected; reports a mismatch at `span`.
    fn expect(&mut self, expected: &Ty, found: &Ty, span: Span) -> bool {
        if self.table.unify(expected, found).is_ok() {
            return true;
        }
        if self.table.too_large() {
            self.report(span, TOO_LARGE);
            return false;
        }
        let (expected, found) = (self.table.deep(expected), self.table.deep(found));
        if !has_error(&expected) && !has_error(&found) {
            let hint = self.mismatch_hint(&expected, &found);
            let unknown = |ty: &Ty| matches!(ty, Ty::Infer(var) if !self.table.is_literal(*var));
            let own = if unknown(&expected) || unknown(&found) {
                ": the type would contain itself"
            } else {
                ""
            };
            let function = match (&expected, &found) {
                (Ty::Fn(..), Ty::Fn(..)) => "",
                (Ty::Fn(..), _) => "function ",
                _ => "",
            };
            let message = format!(
                "type mismatch: expected {function}`{}`, found `{}`{own}",
                self.show(&expected),
                self.show(&found)
            );
            self.report_hint(span, message, hint);
        }
        false
    }

    fn mismatch_hint(&self, expected: &Ty, found: &Ty) -> Option<String> {
        match (expected, found) {
            (Ty::Float, Ty::Int(_)) => {
                Some("`toFloat` converts; a literal is written with a point: `1.0`".into())
            }
            (Ty::Float, Ty::Infer(var)) if self.table.is_literal(*var) => {
                Some("a Float literal is written with a point: `1.0`".into())
            }
            (Ty::Int(_), Ty::Float) => Some("`toInt`, `round`, `floor` or `ceil` convert".into()),
            (Ty::String, other) if !matches!(other, Ty::Fn(..)) => {
                Some("`show` or \"${…}\" make text of a value".into())
            }
            _ => None,
        }
    }

    /// A module for people.
    fn module_name(&self, module: ModuleId) -> Name {
        crate::types::module_name(self.db, self.project, module)
    }

    /// A type for people, in this inference.
    fn show(&self, ty: &Ty) -> String {
        let ty = self.table.deep(ty);
        crate::print::Printer {
            db: self.db,
            project: self.project,
            params: &self.param_names,
            literal: &|var| self.table.is_literal(var),
        }
        .ty(&ty)
    }

    fn later(&mut self, goal: Goal, span: Span, hole: Option<u32>) {
        let member = self.at;
        self.pending.push(Pending {
            goal,
            span,
            member,
            hole,
            via: None,
            depth: self.depth,
        });
    }

    fn hole(&mut self, hole: Hole, ty: Ty, span: Span) -> (u32, Expr) {
        self.holes.push(hole);
        let number = self.holes.len() as u32 - 1;
        (
            number,
            Expr {
                kind: ExprKind::Hole(number),
                ty,
                span,
            },
        )
    }

    /// The outermost form of a type; pending goals are tried when it is not known yet.
    fn known_form(&mut self, ty: &Ty) -> Ty {
        match self.table.shallow(ty) {
            Ty::Infer(_) => {
                self.solve();
                self.table.shallow(ty)
            }
            form => form,
        }
    }

    /// Lowers a written type in this context.
    fn lower_type(&mut self, written: &crate::raw::TypeExpr) -> Ty {
        let mut lower = crate::types::TypeLower::new(
            self.db,
            self.project,
            self.module,
            crate::types::Variables::Lower,
        );
        lower.names = self.type_names.clone();
        lower.self_ty = self.self_ty.clone();
        lower.next = u32::MAX / 2;
        let first = lower.next;
        let ty = lower.lower(written);
        let (findings, count, names) = (lower.findings, lower.next - first, lower.names);
        self.me().findings.extend(findings);
        // A lower-case name that the head does not know stands for some type that inference finds.
        let args: Vec<Ty> = (0..count).map(|_| self.fresh()).collect();
        for (name, ty) in names {
            if matches!(ty, Ty::Param(i) if i >= first) {
                self.type_names
                    .push((name, unify::instantiate(&ty, first, &args)));
            }
        }
        unify::instantiate(&ty, first, &args)
    }
}

/// Whether an error has been reported for a part of this type.
fn has_error(ty: &Ty) -> bool {
    match ty {
        Ty::Error => true,
        Ty::Tuple(items) | Ty::Adt(_, items) => items.iter().any(has_error),
        Ty::Fn(params, result) => params.iter().any(has_error) || has_error(result),
        Ty::Array(item) => has_error(item),
        _ => false,
    }
}
