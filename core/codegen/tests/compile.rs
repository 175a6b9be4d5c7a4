//! Hand-made typed bodies through the whole of codegen, with Cranelift's verifier on: what comes out is complete and inert.
#![forbid(unsafe_code)]

mod support;

use nostos_abi::code::{CodeObject, Symbol};
use nostos_check::hir::*;
use nostos_check::ty::*;
use nostos_codegen::{Codegen, Options, Tiers};
use std::sync::Arc;
use support::*;

const OPTIONS: Options = Options {
    debug_sites: true,
    keep_vars: false,
    verifier: true,
    tiers: Tiers::Best,
};

fn compile(program: &Program, id: FnId) -> Vec<CodeObject> {
    compile_at(program, id, vec![])
}

/// Compiles with both back ends, with and without sites; checks what must hold of every code object.
fn compile_at(program: &Program, id: FnId, types: Vec<Ty>) -> Vec<CodeObject> {
    let mut all = Vec::new();
    let ways = [Tiers::Quick, Tiers::Best].map(|tiers| [(tiers, false), (tiers, true)]);
    for (tiers, debug_sites) in ways.concat() {
        let mut codegen = Codegen::new(Options {
            debug_sites,
            tiers,
            ..OPTIONS
        });
        let cell = codegen.fn_cell(&FnInst {
            id,
            args: types.clone().into(),
        });
        let mut open = vec![cell];
        let mut seen = std::collections::HashSet::new();
        all.clear();
        while let Some(cell) = open.pop() {
            if !seen.insert(cell)
                || matches!(
                    codegen.owner(cell),
                    Some(nostos_codegen::CellOwner::Inner(_))
                )
            {
                continue;
            }
            let batch = codegen.compile(program, cell).expect("it compiles");
            assert_eq!(batch.code[0].0, cell, "the cell asked for comes first");
            for (_, code) in batch.code {
                check(&code);
                assert!(debug_sites || code.sites.is_empty());
                open.extend(&code.uses);
                all.push(code);
            }
        }
    }
    all
}

fn check(code: &CodeObject) {
    assert!(!code.bytes.is_empty());
    assert!(
        code.calls.windows(2).all(|w| w[0].ret < w[1].ret),
        "{}: calls sorted",
        code.name
    );
    assert!(
        code.lines.windows(2).all(|w| w[0].0 <= w[1].0),
        "{}: lines sorted",
        code.name
    );
    for call in &code.calls {
        assert!(
            call.roots.iter().all(|r| r % 8 == 0 && *r < call.span),
            "{}: roots in the frame",
            code.name
        );
    }
    for site in &code.sites {
        assert!(
            code.calls.iter().any(|c| c.ret == site.ret),
            "{}: a site is a call",
            code.name
        );
        assert!(
            code.relocs
                .iter()
                .any(|r| r.offset == site.ret - 4 && r.symbol == Symbol::DebugHook)
        );
    }
    for local in &code.locals {
        assert!(
            local.fp_offset < 0 && local.scope.0 < local.scope.1,
            "{}: {local:?}",
            code.name
        );
    }
}

#[test]
fn arithmetic_calls_and_if() {
    let mut p = Program::new();
    let fib = p.function("fib", vec![Ty::INT], Ty::INT);
    p.define(fib, |m| {
        let n = LocalId(0);
        let (a, two) = (m.get(n), m.int(2));
        let small = m.prim(PrimOp::Lt, vec![a, two], Ty::Bool);
        let rec = |m: &mut Maker, k: i64| {
            let (n, k) = (m.get(n), m.int(k));
            let arg = m.prim(PrimOp::Sub, vec![n, k], Ty::INT);
            m.call(fib, vec![arg], Ty::INT)
        };
        let (x, y) = (rec(m, 1), rec(m, 2));
        let sum = m.prim(PrimOp::Add, vec![x, y], Ty::INT);
        let n = m.get(n);
        m.iff(small, n, sum)
    });
    let code = compile(&p, fib);
    assert_eq!(code.len(), 1);
    let fib = &code[0];
    assert_eq!((&*fib.name, &*fib.file, fib.arity), ("fib", "test.nos", 1));
    assert_eq!(
        fib.locals.iter().map(|l| &*l.name).collect::<Vec<_>>(),
        ["a"]
    );
    // Two calls, the safepoint's slow path and the site.
    assert_eq!(fib.calls.len(), 3 + fib.sites.len());
    assert!(!fib.sites.is_empty() && !fib.lines.is_empty() && !fib.cfi.is_empty());
}

#[test]
fn every_operation_of_every_width() {
    use PrimOp::*;
    let ints = [
        Add,
        Sub,
        Mul,
        Div,
        Rem,
        Pow,
        And,
        Or,
        Xor,
        ShiftLeft,
        ShiftRight,
        ShiftRightLogical,
    ];
    let mut p = Program::new();
    for width in [
        IntTy::I8,
        IntTy::I16,
        IntTy::I32,
        IntTy::I64,
        IntTy::U8,
        IntTy::U16,
        IntTy::U32,
        IntTy::U64,
    ] {
        let ty = Ty::Int(width);
        for op in ints {
            let f = p.function("f", vec![ty.clone(), ty.clone()], ty.clone());
            p.define(f, |m| {
                let args = vec![m.get(LocalId(0)), m.get(LocalId(1))];
                m.prim(op, args, ty.clone())
            });
            compile(&p, f);
        }
        let rows = [
            (Neg, ty.clone()),
            (Abs, ty.clone()),
            (Complement, ty.clone()),
            (ToFloat, Ty::Float),
            (ToFloat32, Ty::Float32),
        ];
        for (op, result) in rows
            .into_iter()
            .chain([IntTy::I8, IntTy::U32].map(|w| (ToInt(w), Ty::Int(w))))
        {
            let f = p.function("f", vec![ty.clone()], result.clone());
            p.define(f, |m| {
                let args = vec![m.get(LocalId(0))];
                m.prim(op, args, result)
            });
            compile(&p, f);
        }
    }
    for ty in [Ty::Float, Ty::Float32] {
        for op in [Add, Sub, Mul, Div, Rem, Pow] {
            let f = p.function("f", vec![ty.clone(), ty.clone()], ty.clone());
            p.define(f, |m| {
                let args = vec![m.get(LocalId(0)), m.get(LocalId(1))];
                m.prim(op, args, ty.clone())
            });
            compile(&p, f);
        }
        for op in [Neg, Abs, Sqrt, Floor, Ceil, Round, Trunc] {
            let f = p.function("f", vec![ty.clone()], ty.clone());
            p.define(f, |m| {
                let args = vec![m.get(LocalId(0))];
                m.prim(op, args, ty.clone())
            });
            compile(&p, f);
        }
    }
}

#[test]
fn comparisons_of_everything() {
    let mut p = Program::new();
    let point = p.data(
        "Point",
        0,
        true,
        vec![("Point", vec![("x", Ty::INT), ("y", Ty::Float)])],
    );
    let shape = p.data(
        "Shape",
        0,
        false,
        vec![
            ("Circle", vec![("", Ty::Float)]),
            (
                "Named",
                vec![("", Ty::String), ("", Ty::Adt(point, [].into()))],
            ),
            ("Dot", vec![]),
        ],
    );
    let types = [
        Ty::INT,
        Ty::Float,
        Ty::Bool,
        Ty::Char,
        Ty::String,
        Ty::Unit,
        Ty::Tuple([Ty::INT, Ty::String].into()),
        list_of(Ty::INT),
        list_of(list_of(Ty::String)),
        Ty::Adt(point, [].into()),
        Ty::Adt(shape, [].into()),
        Ty::Array(Arc::new(list_of(Ty::INT))),
    ];
    let builtins: Vec<(FnId, Ty, usize)> = [
        ("equals", Ty::Bool, 2),
        ("compare", Ty::INT, 2),
        ("hash", Ty::INT, 1),
        ("show", Ty::String, 1),
        ("copy", Ty::Param(0), 1),
    ]
    .into_iter()
    .map(|(name, result, n)| {
        (
            p.builtin(name, 1, vec![Ty::Param(0); n], result.clone()),
            result,
            n,
        )
    })
    .collect();
    for ty in types {
        for (builtin, result, n) in &builtins {
            let result = result.substitute(std::slice::from_ref(&ty));
            let f = p.function("f", vec![ty.clone(); *n], result.clone());
            p.define(f, |m| {
                let args = (0..*n as u32).map(|i| m.get(LocalId(i))).collect();
                m.call_at(*builtin, vec![ty.clone()], args, result)
            });
            compile(&p, f);
        }
    }
}

#[test]
fn loops_and_variables() {
    let mut p = Program::new();
    let f = p.function("sum", vec![Ty::INT], Ty::INT);
    p.define(f, |m| {
        let total = m.var("total", Ty::INT);
        let i = m.local("i", Ty::INT);
        let zero = m.int(0);
        let start = m.let_(total, zero);
        let (t, k) = (m.get(total), m.get(i));
        let sum = m.prim(PrimOp::Add, vec![t, k], Ty::INT);
        let add = m.e(ExprKind::Assign(total, Box::new(sum)), Ty::Unit);
        let (k, limit) = (m.get(i), m.int(1000));
        let large = m.prim(PrimOp::Gt, vec![k, limit], Ty::Bool);
        let leave = m.e(ExprKind::Break(None), Ty::Never);
        let unit = m.unit();
        let mut check = m.iff(large, leave, unit);
        check.ty = Ty::Unit;
        let body = m.block(vec![Stmt::Expr(check)], add);
        let (from, to) = (m.int(0), m.get(LocalId(0)));
        let each = m.e(
            ExprKind::ForRange {
                local: i,
                from: Box::new(from),
                to: Box::new(to),
                body: Box::new(body),
            },
            Ty::Unit,
        );
        let result = m.get(total);
        m.block(vec![start, Stmt::Expr(each)], result)
    });
    let code = compile(&p, f);
    let mut names: Vec<&str> = code[0].locals.iter().map(|l| &*l.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["a", "i", "total"]);
}

#[test]
fn lists_matches_and_closures() {
    let mut p = Program::new();
    let (a, b) = (Ty::Param(0), Ty::Param(1));
    let fun = Ty::Fn([a.clone()].into(), Arc::new(b.clone()));
    let map = p.declare(
        "map",
        2,
        vec![list_of(a.clone()), fun],
        list_of(b.clone()),
        FnKind::Nostos,
    );
    p.define(map, |m| {
        let (h, t) = (m.local("h", a.clone()), m.local("t", list_of(a.clone())));
        let (f, head) = (m.get(LocalId(1)), m.get(h));
        let first = m.apply(f, vec![head], b.clone());
        let (tail, f) = (m.get(t), m.get(LocalId(1)));
        let rest = m.call_at(
            map,
            vec![a.clone(), b.clone()],
            vec![tail, f],
            list_of(b.clone()),
        );
        let cons = m.construct(1, vec![first, rest], list_of(b.clone()));
        let nil = m.construct(0, vec![], list_of(b.clone()));
        let arms = vec![
            arm(pat(PatKind::Ctor(0, vec![]), list_of(a.clone())), nil),
            arm(
                pat(
                    PatKind::Ctor(1, vec![bind(h, a.clone()), bind(t, list_of(a.clone()))]),
                    list_of(a.clone()),
                ),
                cons,
            ),
        ];
        let list = m.get(LocalId(0));
        m.matching(list, arms, list_of(b.clone()))
    });
    let main = p.function("main", vec![Ty::INT], list_of(Ty::String));
    let show = p.builtin("show", 1, vec![Ty::Param(0)], Ty::String);
    p.define(main, |m| {
        let x = m.local("x", Ty::INT);
        m.locals[0].captured = true;
        let (k, n) = (m.get(x), m.get(LocalId(0)));
        let sum = m.prim(PrimOp::Mul, vec![k, n], Ty::INT);
        let text = m.call_at(show, vec![Ty::INT], vec![sum], Ty::String);
        let literal = m.text("a string that is longer than twenty-two bytes");
        let text = m.e(ExprKind::Concat(vec![text, literal]), Ty::String);
        let f = m.lambda(vec![x], vec![LocalId(0)], text);
        let items = (0..200).map(|i| m.int(i)).collect();
        let list = m.list(items, Ty::INT);
        m.call_at(
            map,
            vec![Ty::INT, Ty::String],
            vec![list, f],
            list_of(Ty::String),
        )
    });
    let code = compile(&p, main);
    let mut names: Vec<&str> = code.iter().map(|c| &*c.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["main", "main.lambda@103", "map[Int, String]"]);
    let lambda = code
        .iter()
        .find(|c| c.name.contains("lambda"))
        .expect("there");
    assert_eq!(lambda.statics.len(), 1, "the long literal");
    let map = code
        .iter()
        .find(|c| c.name.starts_with("map"))
        .expect("there");
    assert!(map.calls.iter().any(|c| !c.roots.is_empty()));
}

#[test]
fn a_shared_variable_lives_in_a_cell() {
    let mut p = Program::new();
    let f = p.function("counter", vec![], Ty::INT);
    p.define(f, |m| {
        let n = m.var("n", list_of(Ty::INT));
        m.locals[n.0 as usize].captured = true;
        let nil = m.list(vec![], Ty::INT);
        let start = m.let_(n, nil);
        let (one, old) = (m.int(1), m.get(n));
        let more = m.construct(1, vec![one, old], list_of(Ty::INT));
        let push = m.e(ExprKind::Assign(n, Box::new(more)), Ty::Unit);
        let lambda = m.lambda(vec![], vec![n], push);
        let ty = lambda.ty.clone();
        let f = m.local("f", ty);
        let bind_f = m.let_(f, lambda);
        let call = |m: &mut Maker| {
            let f = m.get(f);
            m.apply(f, vec![], Ty::Unit)
        };
        let (first, second) = (call(m), call(m));
        let zero = m.int(0);
        m.block(
            vec![start, bind_f, Stmt::Expr(first), Stmt::Expr(second)],
            zero,
        )
    });
    let code = compile(&p, f);
    let main = code.iter().find(|c| c.name == "counter").expect("there");
    assert!(main.locals.iter().any(|l| l.name == "n" && l.boxed_var));
}

#[test]
fn many_arms_compile_to_one_switch() {
    let mut p = Program::new();
    let f = p.function("f", vec![Ty::INT], Ty::INT);
    p.define(f, |m| {
        let mut arms: Vec<Arm> = (0..5000)
            .map(|i| arm(int_pat(i * 7 % 5003), m.int(i)))
            .collect();
        arms.push(arm(wild(Ty::INT), m.int(-1)));
        let n = m.get(LocalId(0));
        m.matching(n, arms, Ty::INT)
    });
    compile(&p, f);
}

#[test]
fn patterns_of_all_kinds() {
    let mut p = Program::new();
    let pair = Ty::Tuple([Ty::INT, list_of(Ty::String)].into());
    let f = p.function("f", vec![pair.clone(), Ty::String], Ty::String);
    p.define(f, |m| {
        let (x, whole, guard, made) = (
            m.local("x", Ty::INT),
            m.local("w", list_of(Ty::String)),
            m.local("y", Ty::INT),
            m.local("", Ty::INT),
        );
        let strings = list_of(Ty::String);
        let nil = || pat(PatKind::Ctor(0, vec![]), strings.clone());
        let tuple = |a: Pat, b: Pat| pat(PatKind::Tuple(vec![a, b]), pair.clone());
        let mut arms = vec![];
        let choice = pat(
            PatKind::Or(vec![
                int_pat(1),
                int_pat(2),
                pat(PatKind::Range(10, 20, true), Ty::INT),
            ]),
            Ty::INT,
        );
        let t = m.text("small or teen");
        arms.push(arm(tuple(choice, nil()), t));
        let hello = pat(
            PatKind::Literal(Literal::String("hello".into())),
            Ty::String,
        );
        let cons = pat(PatKind::Ctor(1, vec![hello, nil()]), strings.clone());
        let t = m.text("hello alone");
        arms.push(arm(
            tuple(
                bind(x, Ty::INT),
                pat(PatKind::Bind(whole, Some(Box::new(cons))), strings.clone()),
            ),
            t,
        ));
        let t = m.text("positive");
        let (y, zero) = (m.get(guard), m.int(0));
        let positive = m.prim(PrimOp::Gt, vec![y, zero], Ty::Bool);
        arms.push(Arm {
            guard: Some(Box::new(positive)),
            ..arm(tuple(bind(guard, Ty::INT), wild(strings.clone())), t)
        });
        let (seen, five) = (m.get(made), m.int(5));
        let five = m.prim(PrimOp::Eq, vec![seen, five], Ty::Bool);
        let t = m.text("pinned");
        arms.push(arm(
            tuple(
                pat(PatKind::Test(made, Box::new(five)), Ty::INT),
                wild(strings.clone()),
            ),
            t,
        ));
        let (seen, two) = (m.get(made), m.int(2));
        let half = m.prim(PrimOp::Div, vec![seen, two], Ty::INT);
        let t = m.text("viewed");
        arms.push(arm(
            tuple(
                pat(
                    PatKind::View(made, Box::new(half), Box::new(int_pat(4))),
                    Ty::INT,
                ),
                wild(strings.clone()),
            ),
            t,
        ));
        let scrutinee = m.get(LocalId(0));
        m.matching(scrutinee, arms, Ty::String)
    });
    compile(&p, f);
}

#[test]
fn exceptions_and_finally() {
    let mut p = Program::new();
    let risky = p.function("risky", vec![Ty::INT], Ty::INT);
    let pair = Ty::Tuple([Ty::String, Ty::String].into());
    p.define(risky, |m| {
        let a = m.get(LocalId(0));
        let zero = m.int(0);
        m.prim(PrimOp::Div, vec![a, zero], Ty::INT)
    });
    let println = p.builtin("printlnString", 0, vec![Ty::String], Ty::Unit);
    let f = p.function("f", vec![Ty::INT], Ty::INT);
    p.define(f, |m| {
        let (kind, text) = (m.local("kind", Ty::String), m.local("text", Ty::String));
        let a = m.get(LocalId(0));
        let body = m.call(risky, vec![a], Ty::INT);
        let early = m.int(7);
        let early = m.e(ExprKind::Return(Some(Box::new(early))), Ty::Never);
        let arms = vec![
            arm(
                pat(
                    PatKind::Tuple(vec![bind(kind, Ty::String), bind(text, Ty::String)]),
                    pair.clone(),
                ),
                early,
            ),
            Arm {
                any: true,
                ..arm(wild(Ty::String), m.int(-1))
            },
        ];
        let done = m.text("done");
        let finally = m.call(println, vec![done], Ty::Unit);
        let try_ = m.e(
            ExprKind::Try {
                body: Box::new(body),
                arms,
                finally: Some(Box::new(finally)),
            },
            Ty::INT,
        );
        let code = m.int(3);
        let thrown = m.e(ExprKind::Throw(Box::new(code)), Ty::Never);
        let zero = m.int(0);
        let a = m.get(LocalId(0));
        let test = m.prim(PrimOp::Gt, vec![a, zero], Ty::Bool);
        let mut choice = m.iff(test, try_, thrown);
        choice.ty = Ty::INT;
        choice
    });
    let code = compile(&p, f);
    let f = code.iter().find(|c| c.name == "f").expect("there");
    assert!(f.calls.iter().any(|c| c.handler.is_some()));
}

#[test]
fn processes_and_globals() {
    let mut p = Program::new();
    let this = p.builtin("self", 0, vec![], Ty::Pid);
    let send = p.builtin("send", 1, vec![Ty::Pid, Ty::Param(0)], Ty::Unit);
    let spawn = p.builtin(
        "spawn",
        1,
        vec![Ty::Fn([].into(), Arc::new(Ty::Param(0)))],
        Ty::Pid,
    );
    let global = p.declare("limits", 0, vec![], list_of(Ty::INT), FnKind::Global);
    p.define(global, |m| {
        let items = vec![m.int(1), m.int(2)];
        m.list(items, Ty::INT)
    });
    let message = Ty::Tuple([Ty::Pid, Ty::INT].into());
    let server = p.function("server", vec![Ty::INT], Ty::Unit);
    p.define(server, |m| {
        let (from, n) = (m.local("from", Ty::Pid), m.local("n", Ty::INT));
        let (k, total, to) = (m.get(n), m.get(LocalId(0)), m.get(from));
        let sum = m.prim(PrimOp::Add, vec![total, k], Ty::INT);
        let reply = m.call_at(send, vec![Ty::INT], vec![to, sum], Ty::Unit);
        let (total, k) = (m.get(LocalId(0)), m.get(n));
        let sum = m.prim(PrimOp::Add, vec![total, k], Ty::INT);
        let again = m.call(server, vec![sum], Ty::Unit);
        let body = m.block(vec![Stmt::Expr(reply)], again);
        let (k, zero) = (m.get(n), m.int(0));
        let positive = m.prim(PrimOp::Gt, vec![k, zero], Ty::Bool);
        let request = pat(
            PatKind::Tuple(vec![bind(from, Ty::Pid), bind(n, Ty::INT)]),
            message.clone(),
        );
        let stop = m.unit();
        let arms = vec![
            Arm {
                guard: Some(Box::new(positive)),
                ..arm(request, body)
            },
            arm(
                pat(PatKind::Literal(Literal::Atom("stop".into())), Ty::Atom),
                stop,
            ),
        ];
        let (time, unit) = (m.int(5000), m.unit());
        m.e(
            ExprKind::Receive {
                arms,
                after: Some(Box::new((time, unit))),
            },
            Ty::Unit,
        )
    });
    let main = p.function("main", vec![], list_of(Ty::INT));
    p.define(main, |m| {
        let zero = m.int(0);
        let work = m.call(server, vec![zero], Ty::Unit);
        let lambda = m.lambda(vec![], vec![], work);
        let pid = m.local("pid", Ty::Pid);
        let spawned = m.call_at(spawn, vec![Ty::Unit], vec![lambda], Ty::Pid);
        let start = m.let_(pid, spawned);
        let me = m.call(this, vec![], Ty::Pid);
        let (to, two) = (m.get(pid), m.int(2));
        let request = m.e(ExprKind::Tuple(vec![me, two]), message.clone());
        let sent = m.call_at(send, vec![message.clone()], vec![to, request], Ty::Unit);
        let limits = m.e(ExprKind::Global(global), list_of(Ty::INT));
        m.block(vec![start, Stmt::Expr(sent)], limits)
    });
    let code = compile(&p, main);
    assert!(code.iter().any(|c| c.name == "limits"));
    assert!(code.iter().any(|c| c.name == "server"));
}

#[test]
fn local_functions_and_function_values() {
    let mut p = Program::new();
    let twice = p.function("twice", vec![Ty::INT], Ty::INT);
    p.define(twice, |m| {
        let (a, two) = (m.get(LocalId(0)), m.int(2));
        m.prim(PrimOp::Mul, vec![a, two], Ty::INT)
    });
    let int_to_int = Ty::Fn([Ty::INT].into(), Arc::new(Ty::INT));
    let main = p.function("main", vec![Ty::INT], Ty::INT);
    p.define(main, |m| {
        m.locals[0].captured = true;
        let k = m.local("k", Ty::INT);
        let (x, y) = (m.get(k), m.get(LocalId(0)));
        let sum = m.prim(PrimOp::Add, vec![x, y], Ty::INT);
        m.local_fns.push(LocalFn {
            name: "plus".into(),
            type_params: 0,
            first_param: 0,
            params: vec![k],
            result: Ty::INT,
            captures: vec![LocalId(0)],
            value: sum,
            span: Span { start: 5, end: 20 },
        });
        let three = m.int(3);
        let direct = m.e(
            ExprKind::Call(Callee::Local(LocalFnId(0), [].into()), vec![three]),
            Ty::INT,
        );
        let value = m.e(
            ExprKind::FnValue(Callee::Local(LocalFnId(0), [].into())),
            int_to_int.clone(),
        );
        let through = m.apply(value, vec![direct], Ty::INT);
        let named = m.e(
            ExprKind::FnValue(Callee::Fn(FnInst {
                id: twice,
                args: [].into(),
            })),
            int_to_int.clone(),
        );
        let result = m.apply(named, vec![through], Ty::INT);
        m.block(vec![Stmt::LocalFn(LocalFnId(0))], result)
    });
    let code = compile(&p, main);
    let plus = code.iter().filter(|c| c.name == "main.plus").count();
    assert_eq!(plus, 2, "the function and its closure form");
    assert_eq!(
        code.iter().filter(|c| c.name == "twice").count(),
        2,
        "the function and its thunk"
    );
}

#[test]
fn small_functions_of_the_library_take_the_place_of_calls() {
    let mut p = Program::new();
    let half = p.function("std.half", vec![Ty::INT], Ty::INT);
    p.define(half, |m| {
        let (a, two) = (m.get(LocalId(0)), m.int(2));
        m.prim(PrimOp::Div, vec![a, two], Ty::INT)
    });
    let square = p.function("std.square", vec![Ty::INT], Ty::INT);
    p.define(square, |m| {
        let (a, again) = (m.get(LocalId(0)), m.get(LocalId(0)));
        m.prim(PrimOp::Mul, vec![a, again], Ty::INT)
    });
    let limit = p.declare("std.limit", 0, vec![], Ty::INT, FnKind::Global);
    p.define(limit, |m| m.int(100));
    for id in [half, square, limit] {
        p.in_std(id);
    }
    let main = p.function("main", vec![Ty::INT], Ty::INT);
    p.define(main, |m| {
        let a = m.get(LocalId(0));
        let halved = m.call(half, vec![a], Ty::INT);
        let squared = m.call(square, vec![halved], Ty::INT);
        let limit = m.e(ExprKind::Global(limit), Ty::INT);
        m.prim(PrimOp::Add, vec![squared, limit], Ty::INT)
    });
    let mut names: Vec<String> = compile(&p, main).into_iter().map(|c| c.name).collect();
    names.sort_unstable();
    // A parameter used twice would be evaluated twice; a module-level value is evaluated once.
    assert_eq!(names, ["main", "std.limit", "std.square"]);
}
