//! A very small code generator: Cranelift functions over `abi`, as inert code objects.

use cranelift_codegen::ir::{
    self, AbiParam, BlockArg, ExtFuncData, ExternalName, Function, InstBuilder, MemFlagsData,
    Signature, Type, UserExternalName, UserFuncName, Value,
    condcodes::IntCC,
    types::{F64, I64},
};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, FinalizedRelocTarget, binemit};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use nostos_abi::builtin::Op;
use nostos_abi::code::{CallSite, CellId, CodeObject, Reloc, RelocKind, Site, StaticWord, Symbol};
use nostos_abi::object::Lane;
use nostos_abi::process as abi;

/// Builds one function.
pub struct Fun<'a, 'b> {
    pub b: &'a mut FunctionBuilder<'b>,
    symbols: &'a mut Vec<Symbol>,
    tail: ir::SigRef,
}

pub fn flags() -> MemFlagsData {
    MemFlagsData::trusted()
}

fn isa() -> OwnedTargetIsa {
    let mut s = settings::builder();
    for (k, v) in [
        ("opt_level", "none"),
        ("preserve_frame_pointers", "true"),
        ("is_pic", "false"),
        ("enable_probestack", "false"),
        ("enable_pinned_reg", "true"),
        ("use_colocated_libcalls", "false"),
        ("enable_verifier", "true"),
    ] {
        s.set(k, v).unwrap();
    }
    cranelift_native::builder()
        .unwrap()
        .finish(settings::Flags::new(s))
        .unwrap()
}

fn clif(lane: Lane) -> Type {
    match lane {
        Lane::Float => F64,
        Lane::Raw | Lane::Ref => I64,
    }
}

/// A function from lanes to lanes.
pub fn function(
    name: &str,
    params: &[Lane],
    results: &[Lane],
    statics: Vec<Vec<StaticWord>>,
    build: impl FnOnce(&mut Fun, &[Value]),
) -> CodeObject {
    let isa = isa();
    let mut ctx = Context::new();
    let mut sig = Signature::new(CallConv::Tail);
    sig.params = params.iter().map(|l| AbiParam::new(clif(*l))).collect();
    sig.returns = results.iter().map(|l| AbiParam::new(clif(*l))).collect();
    ctx.func = Function::with_name_signature(UserFuncName::user(1, 0), sig);
    let mut fctx = FunctionBuilderContext::new();
    let mut symbols = Vec::new();
    {
        let mut b = FunctionBuilder::new(&mut ctx.func, &mut fctx);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let values = b.block_params(entry).to_vec();
        for (v, lane) in values.iter().zip(params) {
            if *lane == Lane::Ref {
                b.declare_value_needs_stack_map(*v);
            }
        }
        let tail = b.import_signature(Signature::new(CallConv::Tail));
        let mut fun = Fun {
            b: &mut b,
            symbols: &mut symbols,
            tail,
        };
        fun.prologue();
        build(&mut fun, &values);
        b.seal_all_blocks();
        b.finalize(isa.frontend_config());
    }
    ctx.compile(&*isa, &mut Default::default())
        .unwrap_or_else(|e| {
            panic!(
                "{}",
                cranelift_codegen::print_errors::pretty_error(e.func, e.inner)
            )
        });
    let code = ctx.compiled_code().unwrap();
    let buffer = &code.buffer;
    let relocs = buffer.relocs().iter().map(|r| {
        let symbol = match &r.target {
            FinalizedRelocTarget::ExternalName(ExternalName::User(u)) => {
                let user = &ctx.func.params.user_named_funcs()[*u];
                symbols[user.index as usize].clone()
            }
            other => panic!("{other:?}"),
        };
        Reloc {
            offset: r.offset,
            kind: match r.kind {
                binemit::Reloc::Abs8 => RelocKind::Abs8,
                binemit::Reloc::X86CallPCRel4 | binemit::Reloc::X86PCRel4 => RelocKind::PcRel4,
                other => panic!("{other:?}"),
            },
            symbol,
            addend: r.addend,
        }
    });
    let span = buffer.frame_layout().unwrap().frame_to_fp_offset;
    let maps: Vec<_> = buffer.user_stack_maps().to_vec();
    let mut calls: Vec<CallSite> = buffer
        .call_sites()
        .map(|c| {
            let map = maps.iter().find(|m| m.0 == c.ret_addr);
            let mut roots: Vec<u32> = map
                .map(|m| m.2.entries().map(|e| e.1).collect())
                .unwrap_or_default();
            roots.sort_unstable();
            let handler = c.exception_handlers.iter().find_map(|h| match h {
                cranelift_codegen::FinalizedMachExceptionHandler::Default(at)
                | cranelift_codegen::FinalizedMachExceptionHandler::Tag(_, at) => Some(*at),
                cranelift_codegen::FinalizedMachExceptionHandler::Context(_) => None,
            });
            CallSite {
                ret: c.ret_addr,
                span: map.map_or(c.frame_offset.unwrap_or(span), |m| m.1),
                roots,
                handler,
                line: 0,
            }
        })
        .collect();
    calls.sort_by_key(|c| c.ret);
    let sites = buffer
        .patchable_call_sites()
        .enumerate()
        .map(|(i, s)| Site {
            ret: s.ret_addr,
            len: s.len as u8,
            line: i as u32 + 1,
            column: 1,
            is_statement: true,
        });
    CodeObject {
        name: name.into(),
        file: "test.nos".into(),
        line: 1,
        optimised: true,
        bytes: code.code_buffer().to_vec(),
        align: 16,
        relocs: relocs.collect(),
        calls,
        sites: sites.collect(),
        statics,
        ..CodeObject::default()
    }
}

impl Fun<'_, '_> {
    fn import(
        &mut self,
        symbol: Symbol,
        colocated: bool,
        patchable: bool,
        sig: Signature,
    ) -> ir::FuncRef {
        let index = self.symbols.len() as u32;
        self.symbols.push(symbol);
        let signature = self.b.import_signature(sig);
        let name = self
            .b
            .func
            .declare_imported_user_function(UserExternalName {
                namespace: 0,
                index,
            });
        self.b.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated,
            patchable,
        })
    }

    pub fn process(&mut self) -> Value {
        self.b.ins().get_pinned_reg(I64)
    }

    pub fn int(&mut self, n: i64) -> Value {
        self.b.ins().iconst(I64, n)
    }

    /// The safepoint at function entry and loop heads.
    pub fn prologue(&mut self) {
        let p = self.process();
        let left = self.b.ins().load(I64, flags(), p, abi::REDUCTIONS);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.ins().store(flags(), left, p, abi::REDUCTIONS);
        let address = self.b.ins().iadd_imm_s(p, i64::from(abi::STACK_LIMIT));
        let limit = self.b.ins().atomic_load(I64, flags(), address);
        let sp = self.b.ins().get_stack_pointer(I64);
        let low = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        let zero = self.int(0);
        let used = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, left, zero);
        let either = self.b.ins().bor(low, used);
        let (slow, go) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(either, slow, &[], go, &[]);
        self.b.switch_to_block(slow);
        self.op(Op::Poll, &[]);
        self.b.ins().jump(go, &[]);
        self.b.switch_to_block(go);
    }

    /// Calls a helper through the shim.
    pub fn op(&mut self, op: Op, args: &[Value]) -> Vec<Value> {
        self.store_args(args);
        let sig = self.shim_signature();
        let shim = self.import(Symbol::Shim, true, false, sig);
        let number = self.int(op as i64);
        self.b.ins().call(shim, &[number]);
        self.results(op)
    }

    fn shim_signature(&self) -> Signature {
        let mut sig = Signature::new(CallConv::Tail);
        sig.params.push(AbiParam::new(I64));
        sig
    }

    fn store_args(&mut self, args: &[Value]) {
        let p = self.process();
        for (i, arg) in args.iter().enumerate() {
            self.b
                .ins()
                .store(flags(), *arg, p, abi::ARGS + i as i32 * 8);
        }
    }

    fn results(&mut self, op: Op) -> Vec<Value> {
        let p = self.process();
        let info = op.info();
        let mut out = Vec::new();
        for (i, lane) in info.results.iter().enumerate() {
            let v = self
                .b
                .ins()
                .load(clif(*lane), flags(), p, abi::ARGS + i as i32 * 8);
            if *lane == Lane::Ref {
                self.b.declare_value_needs_stack_map(v);
            }
            out.push(v);
        }
        out
    }

    /// A call of a function of raw lanes in a `try`: `handler` gets the thrown word, builds the rest of that path and ends it.
    pub fn try_call(
        &mut self,
        cell: CellId,
        args: &[Value],
        handler: impl FnOnce(&mut Self, Value),
    ) -> Value {
        let mut sig = Signature::new(CallConv::Tail);
        sig.params = args.iter().map(|_| AbiParam::new(I64)).collect();
        sig.returns.push(AbiParam::new(I64));
        let sig = self.b.import_signature(sig);
        let word = self.address(Symbol::Cell(cell));
        let code = self.b.ins().load(I64, MemFlagsData::new(), word, 0);
        let (ok, caught) = (self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(ok, I64);
        let thrown = self.b.append_block_param(caught, I64);
        self.b.append_block_param(caught, I64);
        self.b.declare_value_needs_stack_map(thrown);
        self.b.set_cold_block(caught);
        let dfg = &mut self.b.func.dfg;
        let lists = &mut dfg.value_lists;
        let exn = [BlockArg::TryCallExn(0), BlockArg::TryCallExn(1)];
        let handler_call = ir::BlockCall::new(caught, exn, lists);
        let ok_call = ir::BlockCall::new(ok, [BlockArg::TryCallRet(0)], lists);
        let table = dfg.exception_tables.push(ir::ExceptionTableData::new(
            sig,
            ok_call,
            [ir::ExceptionTableItem::Default(handler_call)],
        ));
        self.b.ins().try_call_indirect(code, args, table);
        self.b.switch_to_block(caught);
        handler(self, thrown);
        self.b.switch_to_block(ok);
        result
    }

    /// A call through a cell, as generated code does it.
    pub fn call(&mut self, cell: CellId, args: &[(Value, Lane)], results: &[Lane]) -> Vec<Value> {
        let mut sig = Signature::new(CallConv::Tail);
        sig.params = args.iter().map(|a| AbiParam::new(clif(a.1))).collect();
        sig.returns = results.iter().map(|l| AbiParam::new(clif(*l))).collect();
        let sig = self.b.import_signature(sig);
        let word = self.address(Symbol::Cell(cell));
        let code = self.b.ins().load(I64, MemFlagsData::new(), word, 0);
        let args: Vec<Value> = args.iter().map(|a| a.0).collect();
        let call = self.b.ins().call_indirect(sig, code, &args);
        let out = self.b.inst_results(call).to_vec();
        for (v, lane) in out.iter().zip(results) {
            if *lane == Lane::Ref {
                self.b.declare_value_needs_stack_map(*v);
            }
        }
        out
    }

    /// The address of a symbol, absolute.
    pub fn address(&mut self, symbol: Symbol) -> Value {
        let sig = Signature::new(CallConv::Tail);
        let f = self.import(symbol, false, false, sig);
        self.b.ins().func_addr(I64, f)
    }

    /// A breakpoint site.
    pub fn site(&mut self) {
        let sig = Signature::new(CallConv::PreserveAll);
        let hook = self.import(Symbol::DebugHook, true, true, sig);
        self.b.ins().call(hook, &[]);
        let _ = self.tail;
    }

    /// A new object: inline bump allocation with the slow path in the runtime.
    pub fn alloc(&mut self, desc: u32, fields: &[Value]) -> Value {
        let p = self.process();
        let bytes = 8 + fields.len() as i64 * 8;
        let top = self.b.ins().load(I64, flags(), p, abi::HEAP_TOP);
        let new_top = self.b.ins().iadd_imm_s(top, bytes);
        let limit = self.b.ins().load(I64, flags(), p, abi::HEAP_LIMIT);
        let full = self
            .b
            .ins()
            .icmp(IntCC::UnsignedGreaterThan, new_top, limit);
        let (slow, fast, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let object = self.b.append_block_param(done, I64);
        self.b.declare_value_needs_stack_map(object);
        self.b.ins().brif(full, slow, &[], fast, &[]);
        self.b.switch_to_block(slow);
        let (header, size) = (self.int(i64::from(desc)), self.int(bytes));
        let at = self.op(Op::AllocSlow, &[header, size])[0];
        self.b.ins().jump(done, &[at.into()]);
        self.b.switch_to_block(fast);
        self.b.ins().store(flags(), new_top, p, abi::HEAP_TOP);
        let header = self.int(i64::from(desc));
        self.b.ins().store(flags(), header, top, 0);
        self.b.ins().jump(done, &[top.into()]);
        self.b.switch_to_block(done);
        for (i, field) in fields.iter().enumerate() {
            self.b
                .ins()
                .store(flags(), *field, object, 8 + i as i32 * 8);
        }
        object
    }

    /// Word `i` of an object's payload.
    pub fn field(&mut self, object: Value, i: i32, lane: Lane) -> Value {
        let v = self.b.ins().load(clif(lane), flags(), object, 8 + i * 8);
        if lane == Lane::Ref {
            self.b.declare_value_needs_stack_map(v);
        }
        v
    }

    /// `if cond { yes } else { no }`, both giving one value.
    pub fn choose(
        &mut self,
        cond: Value,
        lane: Lane,
        yes: impl FnOnce(&mut Self) -> Value,
        no: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let (a, b, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let result = self.b.append_block_param(done, clif(lane));
        if lane == Lane::Ref {
            self.b.declare_value_needs_stack_map(result);
        }
        self.b.ins().brif(cond, a, &[], b, &[]);
        self.b.switch_to_block(a);
        let v = yes(self);
        self.b.ins().jump(done, &[v.into()]);
        self.b.switch_to_block(b);
        let v = no(self);
        self.b.ins().jump(done, &[v.into()]);
        self.b.switch_to_block(done);
        result
    }

    /// `for i in 0..n` with an accumulator.
    pub fn fold(
        &mut self,
        n: Value,
        start: Value,
        lane: Lane,
        body: impl FnOnce(&mut Self, Value, Value) -> Value,
    ) -> Value {
        let (head, inside, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        let i = self.b.append_block_param(head, I64);
        let acc = self.b.append_block_param(head, clif(lane));
        let result = self.b.append_block_param(done, clif(lane));
        if lane == Lane::Ref {
            self.b.declare_value_needs_stack_map(acc);
            self.b.declare_value_needs_stack_map(result);
        }
        let zero = self.int(0);
        self.b.ins().jump(head, &[zero.into(), start.into()]);
        self.b.switch_to_block(head);
        self.prologue();
        let more = self.b.ins().icmp(IntCC::SignedLessThan, i, n);
        self.b.ins().brif(more, inside, &[], done, &[acc.into()]);
        self.b.switch_to_block(inside);
        let next = body(self, acc, i);
        let i = self.b.ins().iadd_imm_s(i, 1);
        self.b.ins().jump(head, &[i.into(), next.into()]);
        self.b.switch_to_block(done);
        result
    }
}
