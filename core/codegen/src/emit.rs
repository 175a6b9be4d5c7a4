//! IR functions to CLIF, to machine code, to inert code objects.
//!
//! Values are lanes; every ref lane that is not a constant is declared to the stack maps in [`Emit::tracked`], the one place that does it.
//! Helpers that may suspend go through the shim, so that every call is a safepoint; no address into a heap object or the stack lives across one.

mod call;
mod constant;
mod control;
mod data;
mod debug;
mod expr;
mod object;
mod prim;
mod process;
mod since;

use crate::ir;
use crate::layout::{Layouts, TyId};
use crate::meaning::Meaning;
use crate::quick::{Quick, Source};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    AbiParam, Block, FuncRef, Function, GlobalValueData, InstBuilder, MemFlagsData, SigRef,
    Signature, SourceLoc, StackSlot, Type, UserExternalName, UserFuncName, Value, types,
};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, ir::ExtFuncData, ir::ExternalName};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use nostos_abi::builtin::Leaf;
use nostos_abi::code::{CellId, CodeObject, StaticWord, Symbol};
use nostos_abi::object::Lane;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// The lanes of a value.
type Lanes = SmallVec<[Value; 4]>;

/// Calls of quickly made code before it is made well: about what Cranelift costs more.
const HOT_AFTER: u64 = 1000;

/// How well to compile a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tier {
    /// In one pass, with a counter of calls that asks for better code.
    QuickUntilHot,
    /// In one pass.
    Quick,
    /// By Cranelift.
    Best,
}

/// For which back end a function becomes CLIF.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Quick {
        counts: bool,
    },
    Best,
    /// Not the function itself, but what reserves the stack for it.
    Guard {
        bytes: u32,
    },
}

/// The counter of a function that counts is its first constant object's second word.
const COUNTER: Symbol = Symbol::Static(0);

/// What is known of a function in CLIF besides the CLIF.
struct Built {
    debug: debug::Scopes,
    slots: FxHashMap<ir::VarId, StackSlot>,
    names: Names,
    statics: Vec<Vec<StaticWord>>,
    uses: Vec<CellId>,
    refs: Vec<Value>,
    kept: Vec<(StackSlot, i32)>,
    in_place: FxHashSet<ir::VarId>,
}

/// A compiled function.
pub struct Emitted {
    /// Its code.
    pub code: CodeObject,
    /// The quick back end made it.
    pub quick: bool,
    /// Bytes of stack it may take before it looks at the limit: its frame, and the arguments that a call in tail position leaves in its place.
    pub stack: u32,
}

/// The machine and what is reused from one function to the next.
pub struct Emitter {
    /// Optimises in the mid-end.
    optimise: OwnedTargetIsa,
    /// Lowers without another mid-end run, which would share stack addresses again.
    lower: OwnedTargetIsa,
    ctx: Context,
    fctx: FunctionBuilderContext,
    quick: Quick,
    sites: bool,
    keeps: bool,
    want_clif: bool,
    /// The CLIF of the last function, when wanted.
    pub clif: String,
}

impl Emitter {
    /// For this machine.
    pub fn new(sites: bool, keeps: bool, verify: bool) -> Emitter {
        Emitter {
            optimise: isa("speed", verify),
            lower: isa("none", verify),
            ctx: Context::new(),
            fctx: FunctionBuilderContext::new(),
            quick: Quick::default(),
            sites,
            keeps,
            want_clif: false,
            clif: String::new(),
        }
    }

    /// Keeps the CLIF of each function in [`Emitter::clif`], for tests and for people.
    pub fn keep_clif(&mut self) {
        self.want_clif = true;
    }

    /// Compiles one function.
    ///
    /// Panics when Cranelift refuses it: that is our bug.
    pub fn emit(
        &mut self,
        meaning: &dyn Meaning,
        layouts: &mut Layouts,
        cell: CellId,
        function: &ir::Function,
        tier: Tier,
    ) -> Emitted {
        let hot = tier == Tier::QuickUntilHot;
        let made = match tier {
            Tier::Best => None,
            Tier::Quick | Tier::QuickUntilHot => {
                self.emit_quick(meaning, layouts, cell, function, hot)
            }
        };
        let quick = made.is_some();
        let code = made.unwrap_or_else(|| self.emit_best(meaning, layouts, cell, function));
        let calls = self.ctx.func.dfg.signatures.values();
        let words = calls.map(|sig| sig.params.len()).max().unwrap_or(0);
        let stack = code.frame_size + 8 * words as u32;
        Emitted { code, quick, stack }
    }

    fn emit_quick(
        &mut self,
        meaning: &dyn Meaning,
        layouts: &mut Layouts,
        cell: CellId,
        function: &ir::Function,
        hot: bool,
    ) -> Option<CodeObject> {
        let how = How::Quick { counts: hot };
        let built = self.build(layouts, cell, function, how);
        if self.want_clif {
            self.clif = self.ctx.func.display().to_string();
        }
        let source = Source {
            func: &self.ctx.func,
            refs: &built.refs,
            kept: &built.kept,
            symbols: &built.names.symbols,
            hot: hot.then_some((COUNTER, cell)),
        };
        let machine = self.quick.compile(&source).ok()?;
        Some(object::quick_object(
            object::Known {
                meaning,
                layouts,
                function,
                scopes: &built.debug,
                slots: &built.slots,
                in_place: &built.in_place,
            },
            &self.ctx.func.signature,
            machine,
            built.statics,
            built.uses,
        ))
    }

    fn emit_best(
        &mut self,
        meaning: &dyn Meaning,
        layouts: &mut Layouts,
        cell: CellId,
        function: &ir::Function,
    ) -> CodeObject {
        let built = self.build(layouts, cell, function, How::Best);
        if self.want_clif {
            self.clif = self.ctx.func.display().to_string();
        }
        self.optimised(meaning, layouts, function, built)
    }

    /// A function that makes sure of so many bytes of stack and goes on in another cell, whose code takes a frame of that size.
    pub fn emit_guard(
        &mut self,
        meaning: &dyn Meaning,
        layouts: &mut Layouts,
        body: CellId,
        function: &ir::Function,
        bytes: u32,
    ) -> CodeObject {
        let built = self.build(layouts, body, function, How::Guard { bytes });
        self.optimised(meaning, layouts, function, built)
    }

    /// The function in the context, by Cranelift.
    fn optimised(
        &mut self,
        meaning: &dyn Meaning,
        layouts: &Layouts,
        function: &ir::Function,
        built: Built,
    ) -> CodeObject {
        let mut plane = ControlPlane::default();
        if let Err(error) = self.ctx.optimize(&*self.optimise, &mut plane) {
            let text = cranelift_codegen::print_errors::pretty_error(&self.ctx.func, error);
            panic!("{}: {text}", function.name);
        }
        crate::sink::sink_stack_addresses(&mut self.ctx.func);
        if let Err(error) = self.ctx.compile(&*self.lower, &mut plane) {
            let text = cranelift_codegen::print_errors::pretty_error(error.func, error.inner);
            panic!("{}: {text}", function.name);
        }
        let code = self.ctx.take_compiled_code().expect("just compiled");
        object::code_object(
            object::Known {
                meaning,
                layouts,
                function,
                scopes: &built.debug,
                slots: &built.slots,
                in_place: &built.in_place,
            },
            &self.ctx.func,
            &code,
            &built.names,
            built.statics,
            built.uses,
        )
    }

    /// A function as CLIF, in the context.
    fn build(
        &mut self,
        layouts: &mut Layouts,
        cell: CellId,
        function: &ir::Function,
        how: How,
    ) -> Built {
        self.ctx.clear();
        let mut sig = Signature::new(CallConv::Tail);
        let lanes = param_lanes(layouts, function);
        sig.params
            .extend(lanes.iter().flatten().map(|l| AbiParam::new(lane_type(*l))));
        let results = layouts.lanes(function.result);
        sig.returns
            .extend(results.iter().map(|l| AbiParam::new(lane_type(*l))));
        self.ctx.func = Function::with_name_signature(UserFuncName::user(0, 0), sig);
        let builder = FunctionBuilder::new(&mut self.ctx.func, &mut self.fctx);
        let mut emit = Emit {
            b: builder,
            f: function,
            layouts,
            places: vec![Place::Unset; function.vars.len()],
            frames: Vec::new(),
            sites: self.sites,
            keeps: self.keeps,
            debug: debug::Scopes::default(),
            slots: FxHashMap::default(),
            held: FxHashMap::default(),
            local_of: FxHashMap::default(),
            calls: 0,
            names: Names::default(),
            statics: Vec::new(),
            texts: FxHashMap::default(),
            closures: FxHashMap::default(),
            uses: Vec::new(),
            sigs: FxHashMap::default(),
            cell,
            again: None,
            at: 0,
            quick: matches!(how, How::Quick { .. }),
            counts: how == How::Quick { counts: true },
            refs: Vec::new(),
            kept: Vec::new(),
        };
        if emit.counts {
            // Read and written by the code itself; nothing refers to it as an object.
            let counter = vec![StaticWord::Bits(0), StaticWord::Bits(HOT_AFTER)];
            emit.statics.push(counter);
        }
        match how {
            How::Guard { bytes } => emit.guard(bytes),
            How::Quick { .. } | How::Best => emit.function(),
        }
        let Emit {
            b,
            debug,
            slots,
            names,
            statics,
            uses,
            refs,
            kept,
            places,
            ..
        } = emit;
        let in_place = places.iter().enumerate();
        let in_place = in_place.filter(|(_, place)| matches!(place, Place::Kept(_)));
        let in_place = in_place.map(|(i, _)| ir::VarId(i as u32)).collect();
        b.finalize(self.optimise.frontend_config());
        Built {
            debug,
            slots,
            names,
            statics,
            uses,
            refs,
            kept,
            in_place,
        }
    }
}

/// May a single call of the function take long in its own code? It loops, and not only once over a list.
pub fn is_kernel(function: &ir::Function) -> bool {
    call::loops(&function.body) > 1
}

fn isa(opt_level: &str, verify: bool) -> OwnedTargetIsa {
    let mut flags = settings::builder();
    let verify = if verify { "true" } else { "false" };
    for (name, value) in [
        ("opt_level", opt_level),
        ("preserve_frame_pointers", "true"),
        ("enable_pinned_reg", "true"),
        ("is_pic", "false"),
        ("unwind_info", "true"),
        ("use_colocated_libcalls", "false"),
        ("enable_probestack", "false"),
        ("enable_verifier", verify),
    ] {
        flags.set(name, value).expect("a flag of this Cranelift");
    }
    let builder = cranelift_native::builder().expect("a machine Cranelift knows");
    builder
        .finish(settings::Flags::new(flags))
        .expect("flags that agree")
}

/// The lanes of the closure, if the function is one, and of each parameter: a captured variable that others share comes as its cell.
fn param_lanes(layouts: &Layouts, function: &ir::Function) -> Vec<SmallVec<[Lane; 4]>> {
    let cell = || SmallVec::from_slice(&[Lane::Ref]);
    let closure = function.closure.iter().map(|_| cell());
    let params = function.params.iter().enumerate().map(|(i, param)| {
        let var = &function.vars[param.0 as usize];
        if var.shared && is_captured(function, i) {
            cell()
        } else {
            SmallVec::from_slice(&layouts.lanes(var.ty))
        }
    });
    closure.chain(params).collect()
}

/// Whether a parameter is a captured variable: those come after what a caller gives.
fn is_captured(function: &ir::Function, param: usize) -> bool {
    param as u32 >= function.arity
}

fn lane_type(lane: Lane) -> Type {
    match lane {
        Lane::Raw | Lane::Ref => types::I64,
        Lane::Float => types::F64,
    }
}

/// Memory that is mapped, aligned and ours.
fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// Where a variable's value is.
#[derive(Clone)]
enum Place {
    Unset,
    /// Given a value once: the value (a shared one: the reference to its cell).
    Once(Lanes),
    /// Given values in several places.
    Many(SmallVec<[Variable; 4]>),
    /// The same, for the quick back end and for who is debugged.
    Kept(StackSlot),
}

/// What a `break`, `return` or throw inside it has to do with.
#[derive(Clone, Copy)]
enum Frame<'f> {
    Loop {
        leave: Block,
        next: Block,
        ty: TyId,
    },
    Try {
        handler: Option<Block>,
        finally: Option<&'f ir::Expr>,
    },
}

/// Symbols by the numbers their names have in CLIF.
#[derive(Default)]
struct Names {
    symbols: Vec<Symbol>,
    values: FxHashMap<Symbol, cranelift_codegen::ir::GlobalValue>,
    functions: FxHashMap<Symbol, FuncRef>,
}

struct Emit<'a, 'f> {
    b: FunctionBuilder<'a>,
    f: &'f ir::Function,
    layouts: &'a mut Layouts,
    places: Vec<Place>,
    frames: Vec<Frame<'f>>,
    sites: bool,
    /// Plain variables live in their slots.
    keeps: bool,
    debug: debug::Scopes,
    slots: FxHashMap<ir::VarId, StackSlot>,
    /// Locals with references that are in their slots, as they were read last.
    held: FxHashMap<ir::VarId, debug::Held>,
    /// Which local, and which of its lanes, such a value is; and what the local was bound to.
    local_of: FxHashMap<Value, (ir::VarId, usize, Value)>,
    /// Calls so far.
    calls: u32,
    names: Names,
    statics: Vec<Vec<StaticWord>>,
    texts: FxHashMap<std::sync::Arc<str>, u32>,
    closures: FxHashMap<CellId, u32>,
    uses: Vec<CellId>,
    sigs: FxHashMap<Signature, SigRef>,
    cell: CellId,
    /// Where a call to itself in tail position goes while the cell still holds this code.
    again: Option<Block>,
    /// Byte offset in the file of what is being emitted.
    at: u32,
    /// For the quick back end, which finds the roots itself and knows no variables.
    quick: bool,
    /// Its code counts calls and rounds of loops.
    counts: bool,
    /// Values that are references, for it.
    refs: Vec<Value>,
    /// Words of variables that are references, for it.
    kept: Vec<(StackSlot, i32)>,
}

impl<'f> Emit<'_, 'f> {
    fn function(&mut self) {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        self.b.seal_block(entry);
        self.set_at(self.f.at);
        let mut start = entry;
        // The quick back end's functions call themselves through the cell: it may have better code by then.
        let again = !self.quick && call::calls_itself(&self.f.body, self.cell);
        if again {
            let params = self.b.block_params(entry).to_vec();
            start = self.b.create_block();
            self.b.append_block_params_for_function_params(start);
            self.jump(start, &params);
            self.b.switch_to_block(start);
            self.again = Some(start);
        }
        let mut values = self.params(start).into_iter();
        let closure = self.f.closure.as_ref().map(|_| {
            let closure = values.next();
            closure.expect("a closure is the first parameter")[0]
        });
        let mut shared = Vec::new();
        for ((i, param), values) in self.f.params.iter().enumerate().zip(values) {
            if self.f.vars[param.0 as usize].shared && !is_captured(self.f, i) {
                shared.push((*param, values));
            } else {
                self.define(*param, values);
            }
        }
        if again || self.calls_something() {
            self.poll();
        }
        if let (Some(closure), Some(captures)) = (closure, &self.f.closure) {
            self.load_captures(closure, captures);
        }
        for (param, values) in shared {
            let cell = self.new_var_cell(param, &values);
            self.define(param, SmallVec::from_slice(&[cell]));
        }
        self.tail(&self.f.body);
        self.b.seal_all_blocks();
    }

    /// Only makes sure of the stack, and goes on in the cell.
    fn guard(&mut self, bytes: u32) {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.enter(entry);
        self.set_at(self.f.at);
        let params: Vec<Value> = self.params(entry).into_iter().flatten().collect();
        self.reserve(bytes);
        let code = self.cell_code(self.cell);
        let sig = self.sig(self.b.func.signature.clone());
        self.b.ins().return_call_indirect(sig, code, &params);
    }

    /// The parameters of a block that has those of the function: the closure, if it is one, and each parameter's lanes.
    fn params(&mut self, block: Block) -> Vec<Lanes> {
        let mut values = self.b.block_params(block).to_vec().into_iter();
        let lanes = param_lanes(self.layouts, self.f);
        let one = |lanes: SmallVec<[Lane; 4]>| {
            let tracked = lanes.iter().map(|lane| {
                let value = values.next().expect("a parameter for each lane");
                self.tracked(*lane, value)
            });
            tracked.collect()
        };
        lanes.into_iter().map(one).collect()
    }

    /// The one place where ref lanes become known to the stack maps.
    fn tracked(&mut self, lane: Lane, value: Value) -> Value {
        if lane == Lane::Ref {
            if self.quick {
                self.refs.push(value);
            } else {
                self.b.declare_value_needs_stack_map(value);
            }
        }
        value
    }

    /// A block with a parameter for each lane of a type.
    fn join(&mut self, ty: TyId) -> (Block, Lanes) {
        let block = self.b.create_block();
        let lanes = self.layouts.lanes(ty);
        let values = lanes
            .iter()
            .map(|lane| {
                let value = self.b.append_block_param(block, lane_type(*lane));
                self.tracked(*lane, value)
            })
            .collect();
        (block, values)
    }

    fn jump(&mut self, block: Block, lanes: &[Value]) {
        let args: SmallVec<[_; 4]> = lanes.iter().map(|v| (*v).into()).collect();
        self.b.ins().jump(block, args.iter());
    }

    fn enter(&mut self, block: Block) {
        self.b.switch_to_block(block);
        self.b.seal_block(block);
    }

    /// Code after something that does not come back goes here, and nowhere.
    fn dead(&mut self) {
        let block = self.b.create_block();
        self.enter(block);
    }

    fn trap(&mut self) {
        let code = cranelift_codegen::ir::TrapCode::unwrap_user(1);
        self.b.ins().trap(code);
    }

    fn word(&mut self, bits: i64) -> Value {
        self.b.ins().iconst(types::I64, bits)
    }

    fn zero(&mut self, lane: Lane) -> Value {
        match lane {
            Lane::Raw | Lane::Ref => self.word(0),
            Lane::Float => self.b.ins().f64const(0.0),
        }
    }

    /// Lanes for a place of this type when there is no value.
    fn zeros(&mut self, ty: TyId) -> Lanes {
        let lanes = self.layouts.lanes(ty);
        lanes.iter().map(|lane| self.zero(*lane)).collect()
    }

    fn process(&mut self) -> Value {
        self.b.ins().get_pinned_reg(types::I64)
    }

    fn set_at(&mut self, at: u32) {
        if at != 0 && at != self.at {
            self.at = at;
            self.b.set_srcloc(SourceLoc::new(at));
        }
    }

    /// The address of a symbol.
    fn address(&mut self, symbol: Symbol) -> Value {
        if let Symbol::Cell(cell) = symbol
            && !self.uses.contains(&cell)
        {
            self.uses.push(cell);
        }
        let known = self.names.values.get(&symbol).copied();
        let global = known.unwrap_or_else(|| {
            let name = self.external(symbol.clone());
            let global = self.b.create_global_value(GlobalValueData::Symbol {
                name,
                offset: 0.into(),
                colocated: false,
                tls: false,
            });
            self.names.values.insert(symbol, global);
            global
        });
        self.b.ins().symbol_value(types::I64, global)
    }

    fn external(&mut self, symbol: Symbol) -> ExternalName {
        let index = self.names.symbols.len() as u32;
        self.names.symbols.push(symbol);
        let name = UserExternalName {
            namespace: 0,
            index,
        };
        ExternalName::user(self.b.func.declare_imported_user_function(name))
    }

    fn import(&mut self, symbol: Symbol, sig: Signature, near: bool) -> FuncRef {
        if let Some(function) = self.names.functions.get(&symbol) {
            return *function;
        }
        let signature = self.b.import_signature(sig);
        let name = self.external(symbol.clone());
        let function = self.b.import_function(ExtFuncData {
            name,
            signature,
            colocated: near,
            patchable: near,
        });
        self.names.functions.insert(symbol, function);
        function
    }

    fn leaf_ref(&mut self, leaf: Leaf) -> FuncRef {
        let info = leaf.info();
        let mut sig = Signature::new(CallConv::SystemV);
        sig.params
            .extend(info.args.iter().map(|l| AbiParam::new(lane_type(*l))));
        sig.returns
            .extend(info.results.iter().map(|l| AbiParam::new(lane_type(*l))));
        self.import(Symbol::Leaf(leaf), sig, false)
    }
}
