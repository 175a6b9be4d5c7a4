//! Lowers typed bodies to monomorphic IR, one cell at a time: the function and the lambdas and local functions in it.
//!
//! Types become concrete, methods are selected, captures explicit, patterns decision trees, and what the checker left as names of builtins becomes helpers.

mod call;
mod derive;
mod expr;
mod foreign;
mod inline;
mod intrinsic;
mod json;
mod pat;
mod prim;
mod process;

pub use inline::Templates;

use crate::ir::{self, Expr, Function, Kind, Var, VarId};
use crate::layout::{Layouts, TyId};
use crate::meaning::Meaning;
use crate::mono::{CellOwner, Cells, Synth};
use crate::rest::{Rest, Versions};
use nostos_abi::builtin::Op;
use nostos_abi::code::{CellId, Made};
use nostos_check::hir::{self, Body, FnDef, FnInst, FnKind, LocalFnId, LocalId, PrimOp, Selected};
use nostos_check::ty::{FileId, FnId, Ty};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Why a cell could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError(pub String);

/// Functions with the cells they belong to.
pub type Lowered = Vec<(CellId, Function)>;

/// What lowering reads and adds to.
pub struct World<'a> {
    /// The checked program.
    pub meaning: &'a dyn Meaning,
    /// Layouts, descriptors.
    pub layouts: &'a mut Layouts,
    /// The numbering of cells.
    pub cells: &'a mut Cells,
    /// How many module-level values have been numbered.
    pub globals: &'a mut Globals,
    /// Bodies of entry cells.
    pub entries: &'a [Arc<Body>],
    /// What is left of functions.
    pub rests: &'a [Rest],
    /// The numbers of bodies.
    pub versions: &'a mut Versions,
    /// Small functions of the library.
    pub templates: &'a mut Templates,
    /// Places to stop at are wanted.
    pub sites: bool,
}

/// The numbers under which the runtime keeps module-level values, by the cells of what gives them.
#[derive(Default)]
pub struct Globals {
    count: i64,
    known: FxHashMap<CellId, i64>,
}

impl Globals {
    /// The value's number; a new one unless it has one.
    fn number(&mut self, cell: CellId) -> i64 {
        *self.known.entry(cell).or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    /// What the cell gives from now on is another value.
    pub(crate) fn forget(&mut self, cell: CellId) {
        self.known.remove(&cell);
    }
}

/// Lowers what a cell stands for. The first function is the cell's own.
pub fn lower_cell(world: World<'_>, cell: CellId) -> Result<Lowered, CompileError> {
    let owner = world.cells.owner(cell).cloned();
    let mut ctx = Ctx::new(world, cell);
    match owner {
        Some(CellOwner::Fn(inst)) => ctx.lower_fn(&inst)?,
        Some(CellOwner::Thunk(selected, ty)) => ctx.lower_thunk(&selected, &ty),
        Some(CellOwner::Synth(synth, ty)) => ctx.lower_synth(synth, &ty),
        Some(CellOwner::Entry(number)) => {
            let body = ctx.world.entries[number as usize].clone();
            ctx.lower_entry(body);
        }
        Some(CellOwner::Rest(number)) => {
            let rests = ctx.world.rests;
            let rest = &rests[number as usize];
            let body = rest
                .body
                .as_ref()
                .ok_or_else(|| CompileError(format!("{} has another text by now", rest.name)))?;
            ctx.lower_rest(rest, body);
        }
        Some(CellOwner::Inner(of)) => {
            return Err(CompileError(format!(
                "{cell:?} is published with {of:?} only"
            )));
        }
        None => return Err(CompileError(format!("there is no {cell:?}"))),
    }
    if let Some(error) = ctx.error {
        return Err(error);
    }
    ctx.done.reverse();
    Ok(ctx.done)
}

/// One compilation.
struct Ctx<'a> {
    world: World<'a>,
    cell: CellId,
    /// The function's name with its type arguments.
    name: String,
    def: Option<Arc<FnDef>>,
    body: Option<Arc<Body>>,
    /// Of the functions that come of it; `root` is each one's own.
    made: Made,
    subst: Vec<Ty>,
    fun: Fun,
    local_fns: FxHashMap<(LocalFnId, Vec<Ty>), CellId>,
    done: Lowered,
    error: Option<CompileError>,
    /// How many inlined calls are open: functions of the library that call each other must not be inlined for ever.
    inlining: u32,
}

/// The function being lowered.
#[derive(Default)]
struct Fun {
    vars: Vec<Var>,
    map: FxHashMap<LocalId, VarId>,
    /// See [`Function::kept`].
    kept: Vec<CellId>,
    /// See [`Made::root`].
    root: u32,
}

impl<'a> Ctx<'a> {
    fn new(world: World<'a>, cell: CellId) -> Self {
        Ctx {
            world,
            cell,
            name: String::new(),
            def: None,
            body: None,
            made: Made::default(),
            subst: Vec::new(),
            fun: Fun::default(),
            local_fns: FxHashMap::default(),
            done: Vec::new(),
            error: None,
            inlining: 0,
        }
    }

    fn lower_fn(&mut self, inst: &FnInst) -> Result<(), CompileError> {
        let def = self.world.meaning.fn_def(inst.id);
        self.name = self.inst_name(&def, &inst.args);
        let body = match &def.kind {
            FnKind::Nostos | FnKind::Global => self.world.meaning.body(inst.id),
            FnKind::Builtin(_) | FnKind::Foreign { .. } => return Err(self.no_body()),
        };
        let Some(body) = body else {
            return Err(self.no_body());
        };
        let is_global = matches!(def.kind, FnKind::Global);
        self.def = Some(def);
        self.subst = inst.args.to_vec();
        self.body = Some(body.clone());
        self.made.version = self.world.versions.of(inst.id, &body);
        self.fun.root = body.value.span.start;
        let arity = body.params.len() as u32;
        let params: Vec<VarId> = body.params.iter().map(|p| self.var(*p)).collect();
        let result = self.ty(&body.result);
        let mut value = self.body_expr(&body.value);
        if is_global {
            value = self.global_getter(value, result);
        }
        self.finish(
            self.cell,
            self.name.clone(),
            arity,
            params,
            None,
            result,
            value,
        );
        Ok(())
    }

    /// The locals it needs are its parameters: after those that a caller gives, of which there are none, so that shared ones come in their cells.
    fn lower_rest(&mut self, rest: &Rest, body: &Arc<Body>) {
        self.def = Some(self.world.meaning.fn_def(rest.inst.id));
        self.name = rest.name.clone();
        self.subst = rest.inst.args.to_vec();
        self.body = Some(body.clone());
        self.made = rest.made;
        self.fun.root = rest.made.root;
        let params: Vec<VarId> = body.params.iter().map(|p| self.var(*p)).collect();
        let result = self.ty(&body.result);
        let value = self.body_expr(&body.value);
        let name = self.name.clone();
        self.finish(self.cell, name, 0, params, None, result, value);
    }

    fn lower_entry(&mut self, body: Arc<Body>) {
        let def = self.world.meaning.fn_def(body.owner);
        self.name = def.name.to_string();
        self.def = Some(def);
        self.body = Some(body.clone());
        // The locals a debugger's expression sees come in the closure it is called through.
        let locals: Vec<VarId> = body.params.iter().map(|p| self.var(*p)).collect();
        let closure = (!locals.is_empty()).then_some(locals);
        let value = self.body_expr(&body.value);
        let at = value.at;
        let boxed = Expr::new(Kind::Box(Box::new(value)), TyId::BOX, at);
        let name = self.name.clone();
        self.finish(self.cell, name, 0, vec![], closure, TyId::BOX, boxed);
    }

    /// `p = get(n); if p is null { p = set(n, box(value)) }; unbox(p)`
    fn global_getter(&mut self, value: Expr, ty: TyId) -> Expr {
        let number = self.world.globals.number(self.cell);
        let at = value.at;
        let concrete = self.ty_of(ty);
        let boxed = Expr::new(Kind::Box(Box::new(value)), TyId::BOX, at);
        let (get, first) = if self.world.meaning.holds_mutable(&concrete) {
            (Op::LocalGet, self.own_copy(number, boxed, at))
        } else {
            let id = Expr::word(number, TyId::INT, at);
            let set = Kind::Op(Op::GlobalSet, vec![id, boxed]);
            (Op::GlobalGet, Expr::new(set, TyId::BOX, at))
        };
        let id = Expr::word(number, TyId::INT, at);
        let get = Expr::new(Kind::Op(get, vec![id]), TyId::BOX, at);
        let known = self.temp(TyId::BOX);
        let use_known = || Expr::new(Kind::Var(known), TyId::BOX, at);
        let absent = Expr::new(
            Kind::Prim(PrimOp::Eq, vec![use_known(), Expr::word(0, TyId::INT, at)]),
            TyId::BOOL,
            at,
        );
        let choice = Expr::new(
            Kind::If(Box::new([absent, first, use_known()])),
            TyId::BOX,
            at,
        );
        let unbox = Expr::new(Kind::Unbox(Box::new(choice)), ty, at);
        Expr::new(Kind::Block(vec![self.let_(known, get), unbox]), ty, at)
    }

    /// Processes share nothing: what could be changed in place is evaluated once and copied for each process at its first use.
    fn own_copy(&mut self, number: i64, boxed: Expr, at: u32) -> Expr {
        let op = |op: Op, args: Vec<Expr>, ty: TyId| Expr::new(Kind::Op(op, args), ty, at);
        let word = |bits: i64| Expr::word(bits, TyId::INT, at);
        // A cell like those of `mvar`s, whose numbers are not negative, holds the first value.
        let cell = -1 - number;
        let made = self.temp(TyId::BOX);
        let read = || Expr::new(Kind::Var(made), TyId::BOX, at);
        let known = op(Op::MvarIsSet, vec![word(cell)], TyId::BOOL);
        let set = op(Op::MvarSet, vec![word(cell), boxed], TyId::UNIT);
        let set = Expr::new(
            Kind::If(Box::new([known, Expr::unit(at), set])),
            TyId::UNIT,
            at,
        );
        let items = vec![
            set,
            self.let_(made, op(Op::MvarGet, vec![word(cell)], TyId::BOX)),
            op(Op::LocalSet, vec![word(number), read()], TyId::UNIT),
            read(),
        ];
        Expr::new(Kind::Block(items), TyId::BOX, at)
    }

    fn lower_thunk(&mut self, selected: &Selected, ty: &Ty) {
        let Ty::Fn(params, result) = ty else {
            panic!("a thunk for {ty:?}");
        };
        self.name = self.selected_name(selected);
        let mut vars = Vec::new();
        let mut args = Vec::new();
        for param in params.iter() {
            let ty = self.ty(param);
            let var = self.temp(ty);
            vars.push(var);
            args.push(Expr::new(Kind::Var(var), ty, 0));
        }
        let result = self.ty(result);
        let value = self.call_selected(selected, args, result, 0);
        let arity = params.len() as u32;
        let name = self.name.clone();
        self.finish(self.cell, name, arity, vars, Some(vec![]), result, value);
    }

    /// Closes the function at hand and files it under its cell.
    #[allow(clippy::too_many_arguments)]
    fn finish(
        &mut self,
        cell: CellId,
        name: String,
        arity: u32,
        params: Vec<VarId>,
        closure: Option<Vec<VarId>>,
        result: TyId,
        body: Expr,
    ) {
        let fun = std::mem::take(&mut self.fun);
        let at = body.at;
        // A lambda has no definition but itself.
        let whole = cell == self.cell && closure.is_none();
        let start = self
            .def
            .as_ref()
            .filter(|_| whole)
            .map_or(at, |def| def.start);
        self.done.push((
            cell,
            Function {
                name,
                file: self.file(),
                at,
                start,
                base: self.base(),
                expansions: self.expansions(),
                made: Made {
                    root: fun.root,
                    ..self.made
                },
                arity,
                params,
                closure,
                vars: fun.vars,
                result,
                kept: fun.kept,
                body,
            },
        ));
    }

    /// Lowers a lambda, or a local function (whose captures then are additional parameters), into a function of its own.
    #[allow(clippy::too_many_arguments)]
    fn inner(
        &mut self,
        cell: CellId,
        name: String,
        params: &[LocalId],
        captures: &[LocalId],
        as_closure: bool,
        result: &Ty,
        value: &hir::Expr,
    ) {
        let outer = std::mem::take(&mut self.fun);
        self.fun.root = value.span.start;
        let arity = params.len() as u32;
        let mut params: Vec<VarId> = params.iter().map(|p| self.var(*p)).collect();
        let captured: Vec<VarId> = captures.iter().map(|c| self.var(*c)).collect();
        let closure = if as_closure {
            Some(captured)
        } else {
            params.extend(captured);
            None
        };
        let result = self.ty(result);
        let body = self.body_expr(value);
        self.finish(cell, name, arity, params, closure, result, body);
        self.fun = outer;
    }

    fn ty(&mut self, ty: &Ty) -> TyId {
        let concrete = self.concrete(ty);
        self.world.layouts.of(self.world.meaning, &concrete)
    }

    fn concrete(&self, ty: &Ty) -> Ty {
        ty.substitute(&self.subst)
    }

    /// The type a number stands for.
    fn ty_of(&self, id: TyId) -> Ty {
        self.world.layouts.get(id).ty.clone()
    }

    fn at(&self, span: hir::Span) -> u32 {
        match span.start {
            made @ hir::MADE.. => made,
            start => self.base() + start,
        }
    }

    fn file(&self) -> Option<FileId> {
        // What the checker itself makes, such as the entry, is in no file.
        let file = self.def.as_ref().map(|def| def.file);
        file.filter(|file| file.0 != u32::MAX)
    }

    /// Notes a call of the program's to a function of the library that cannot call back.
    fn keep_frame(&mut self, cell: CellId, inst: &FnInst, def: &FnDef) {
        let in_library = |file| self.world.meaning.path(file).starts_with("std/");
        let functions = |ty: &Ty| matches!(ty, Ty::Fn(..));
        let kept = !self.fun.kept.contains(&cell)
            && !def.params.iter().chain(inst.args.iter()).any(functions)
            && in_library(def.file)
            && self.file().is_some_and(|file| !in_library(file));
        if kept {
            self.fun.kept.push(cell);
        }
    }

    /// Where the definition starts.
    fn base(&self) -> u32 {
        self.def.as_ref().map_or(0, |def| def.start)
    }

    fn expansions(&self) -> Arc<Vec<hir::Expansion>> {
        let body = self.body.as_ref();
        body.map_or_else(Arc::default, |body| body.expansions.clone())
    }

    fn line(&self, at: u32) -> u32 {
        let body = self.body.as_ref();
        let at = body.map_or(at, |body| ir::told(&body.expansions, self.base(), at));
        self.file()
            .map_or(0, |file| self.world.meaning.position(file, at).0)
    }

    fn body(&self) -> Arc<Body> {
        self.body.clone().expect("only bodies have locals")
    }

    /// The variable of a local, new or known.
    fn var(&mut self, local: LocalId) -> VarId {
        if let Some(var) = self.fun.map.get(&local) {
            return *var;
        }
        let body = self.body();
        let info = &body.locals[local.0 as usize];
        let ty = self.ty(&info.ty);
        let var = self.new_var(Var {
            name: info.name.clone(),
            ty,
            shared: info.mutable && info.captured,
            multi: info.mutable && !info.captured,
            at: self.at(info.span),
        });
        self.fun.map.insert(local, var);
        var
    }

    /// A fresh variable for a made-up local of a pattern, which may be lowered more than once.
    fn fresh(&mut self, local: LocalId) -> VarId {
        self.fun.map.remove(&local);
        self.var(local)
    }

    fn temp(&mut self, ty: TyId) -> VarId {
        self.new_var(Var {
            name: "".into(),
            ty,
            shared: false,
            multi: false,
            at: 0,
        })
    }

    fn new_var(&mut self, var: Var) -> VarId {
        self.fun.vars.push(var);
        VarId(self.fun.vars.len() as u32 - 1)
    }

    fn read(&self, var: VarId, at: u32) -> Expr {
        Expr::new(Kind::Var(var), self.fun.vars[var.0 as usize].ty, at)
    }

    fn let_(&self, var: VarId, value: Expr) -> Expr {
        let at = value.at;
        Expr::new(Kind::Let(var, Box::new(value)), TyId::UNIT, at)
    }

    fn assign(&self, var: VarId, value: Expr) -> Expr {
        let at = value.at;
        Expr::new(Kind::Assign(var, Box::new(value)), TyId::UNIT, at)
    }

    fn synth_cell(&mut self, synth: Synth, ty: &Ty) -> CellId {
        self.world.cells.of(CellOwner::Synth(synth, ty.clone()))
    }

    fn selected_name(&self, selected: &Selected) -> String {
        match selected {
            Selected::Fn(inst) => {
                let def = self.world.meaning.fn_def(inst.id);
                self.inst_name(&def, &inst.args)
            }
            Selected::Derived(derived, of) => {
                format!(
                    "{}.{derived:?}",
                    self.world.layouts.type_name(self.world.meaning, of)
                )
            }
            Selected::Prim(op) => format!("{op:?}"),
            Selected::FieldCall(field) => format!("field {field}"),
            Selected::WithDefaults(inner, _) | Selected::Splat(inner, _) => {
                self.selected_name(inner)
            }
        }
    }

    fn inst_name(&self, def: &FnDef, args: &[Ty]) -> String {
        if args.is_empty() {
            return def.name.to_string();
        }
        let names: Vec<String> = args
            .iter()
            .map(|t| self.world.layouts.type_name(self.world.meaning, t))
            .collect();
        format!("{}[{}]", def.name, names.join(", "))
    }

    fn no_body(&self) -> CompileError {
        CompileError(format!("{} has no body", self.name))
    }

    /// Notes a mistake that is not ours (a missing implementation, a library that is not there) and goes on; the cell is not compiled.
    fn fail(&mut self, message: String, ty: TyId, at: u32) -> Expr {
        if self.error.is_none() {
            self.error = Some(CompileError(format!("{}: {message}", self.name)));
        }
        let _ = ty;
        Expr::new(Kind::Block(vec![Expr::unit(at)]), TyId::NEVER, at)
    }

    fn owner(&self) -> FnId {
        self.body().owner
    }
}
