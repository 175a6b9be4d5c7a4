//! Hand-made typed bodies compiled and run: codegen and runtime together, without checker.
#![forbid(unsafe_code)]

#[path = "../../codegen/tests/support/mod.rs"]
mod support;

use nostos_abi::code::CellId;
use nostos_check::hir::*;
use nostos_check::ty::*;
use nostos_codegen::meaning::Meaning;
use nostos_codegen::{Codegen, Options};
use nostos_runtime::{Config, Image};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;

/// What `main` gives, as shown; or why it failed.
fn run(program: Program, main: FnId) -> String {
    let mut config = Config::from_env();
    config.workers = 2;
    let image = Image::new(config).expect("an image");
    let program = Arc::new(program);
    let codegen = Arc::new(Mutex::new(Codegen::new(Options {
        debug_sites: true,
        verifier: true,
        ..Options::default()
    })));
    let entry = {
        let body = program.body(main).expect("a body");
        codegen.lock().expect("not poisoned").entry_cell(body)
    };
    let weak = Arc::downgrade(&image);
    let shared = codegen.clone();
    image.set_compiler(Box::new(move |cell: CellId| {
        let image = weak.upgrade().ok_or("the image is gone")?;
        let mut codegen = shared.lock().map_err(|_| "poisoned")?;
        let batch = codegen.compile(&*program, cell).map_err(|e| e.0)?;
        image.add_descs(codegen.descs());
        image.publish(batch.code).map_err(|e| format!("{e:?}"))?;
        Ok(())
    }));
    let (_, answer) = image.call(entry).expect("it starts");
    let finished = answer
        .recv_timeout(Duration::from_secs(60))
        .expect("it ends");
    match image.render_result(&finished, false) {
        Some(text) => text,
        None => format!("{:?}", finished.reason),
    }
}

#[test]
fn calls_and_arithmetic() {
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
    let main = p.function("main", vec![], Ty::INT);
    p.define(main, |m| {
        let n = m.int(20);
        m.call(fib, vec![n], Ty::INT)
    });
    assert_eq!(run(p, main), "6765");
}

fn map_program() -> (Program, FnId) {
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
    (p, map)
}

#[test]
fn lists_closures_and_strings() {
    let (mut p, map) = map_program();
    let show = p.builtin("show", 1, vec![Ty::Param(0)], Ty::String);
    let main = p.function("main", vec![], list_of(Ty::String));
    p.define(main, |m| {
        let n = m.local("n", Ty::INT);
        m.locals[n.0 as usize].captured = true;
        let seven = m.int(7);
        let bind_n = m.let_(n, seven);
        let x = m.local("x", Ty::INT);
        let (k, c) = (m.get(x), m.get(n));
        let product = m.prim(PrimOp::Mul, vec![k, c], Ty::INT);
        let text = m.call_at(show, vec![Ty::INT], vec![product], Ty::String);
        let literal = m.text(" is a text that is longer than twenty-two bytes");
        let text = m.e(ExprKind::Concat(vec![text, literal]), Ty::String);
        let f = m.lambda(vec![x], vec![n], text);
        let items = (0..3).map(|i| m.int(i)).collect();
        let list = m.list(items, Ty::INT);
        let mapped = m.call_at(
            map,
            vec![Ty::INT, Ty::String],
            vec![list, f],
            list_of(Ty::String),
        );
        m.block(vec![bind_n], mapped)
    });
    let text = run(p, main);
    let tail = "is a text that is longer than twenty-two bytes\"";
    // Shown by the runtime, which knows no `Show` of lists.
    for n in [0, 7, 14] {
        assert!(text.contains(&format!("\"{n} {tail}")), "{text}");
    }
}

#[test]
fn a_long_loop_and_a_long_tail_recursion() {
    let mut p = Program::new();
    let down = p.function("down", vec![Ty::INT, Ty::INT], Ty::INT);
    p.define(down, |m| {
        let (n, zero) = (m.get(LocalId(0)), m.int(0));
        let done = m.prim(PrimOp::Eq, vec![n, zero], Ty::Bool);
        let (n, one) = (m.get(LocalId(0)), m.int(1));
        let less = m.prim(PrimOp::Sub, vec![n, one], Ty::INT);
        let (n, acc) = (m.get(LocalId(0)), m.get(LocalId(1)));
        let sum = m.prim(PrimOp::Add, vec![acc, n], Ty::INT);
        let again = m.call(down, vec![less, sum], Ty::INT);
        let acc = m.get(LocalId(1));
        m.iff(done, acc, again)
    });
    let main = p.function("main", vec![], Ty::INT);
    p.define(main, |m| {
        let (n, zero) = (m.int(3_000_000), m.int(0));
        m.call(down, vec![n, zero], Ty::INT)
    });
    assert_eq!(run(p, main), "4500001500000");
}

#[test]
fn thrown_and_caught() {
    let mut p = Program::new();
    let pair = Ty::Tuple([Ty::String, Ty::String].into());
    let risky = p.function("risky", vec![Ty::INT], Ty::INT);
    p.define(risky, |m| {
        let (a, zero) = (m.int(1), m.get(LocalId(0)));
        m.prim(PrimOp::Div, vec![a, zero], Ty::INT)
    });
    let main = p.function("main", vec![], pair.clone());
    p.define(main, |m| {
        let (kind, text) = (m.local("kind", Ty::String), m.local("text", Ty::String));
        let zero = m.int(0);
        let body = m.call(risky, vec![zero], Ty::INT);
        let (k, t) = (m.text("no"), m.text("throw"));
        let none = m.e(ExprKind::Tuple(vec![k, t]), pair.clone());
        let body = m.block(vec![Stmt::Expr(body)], none);
        let (k, t) = (m.get(kind), m.get(text));
        let caught = m.e(ExprKind::Tuple(vec![k, t]), pair.clone());
        let arms = vec![arm(
            pat(
                PatKind::Tuple(vec![bind(kind, Ty::String), bind(text, Ty::String)]),
                pair.clone(),
            ),
            caught,
        )];
        m.e(
            ExprKind::Try {
                body: Box::new(body),
                arms,
                finally: None,
            },
            pair.clone(),
        )
    });
    assert_eq!(run(p, main), "(\"DivisionByZero\", \"Division by zero\")");
}

#[test]
fn processes_exchange_messages() {
    let mut p = Program::new();
    let this = p.builtin("self", 0, vec![], Ty::Pid);
    let send = p.builtin("send", 1, vec![Ty::Pid, Ty::Param(0)], Ty::Unit);
    let spawn = p.builtin(
        "spawn",
        1,
        vec![Ty::Fn([].into(), Arc::new(Ty::Param(0)))],
        Ty::Pid,
    );
    let message = Ty::Tuple([Ty::Pid, list_of(Ty::INT)].into());
    let server = p.function("server", vec![Ty::INT], Ty::Unit);
    p.define(server, |m| {
        let (from, list) = (m.local("from", Ty::Pid), m.local("list", list_of(Ty::INT)));
        let (count, to, l) = (m.get(LocalId(0)), m.get(from), m.get(list));
        let more = m.construct(1, vec![count, l], list_of(Ty::INT));
        let reply = m.call_at(send, vec![list_of(Ty::INT)], vec![to, more], Ty::Unit);
        let (count, one) = (m.get(LocalId(0)), m.int(1));
        let next = m.prim(PrimOp::Add, vec![count, one], Ty::INT);
        let again = m.call(server, vec![next], Ty::Unit);
        let body = m.block(vec![Stmt::Expr(reply)], again);
        let request = pat(
            PatKind::Tuple(vec![bind(from, Ty::Pid), bind(list, list_of(Ty::INT))]),
            message.clone(),
        );
        m.e(
            ExprKind::Receive {
                arms: vec![arm(request, body)],
                after: None,
            },
            Ty::Unit,
        )
    });
    let rounds = p.function(
        "rounds",
        vec![Ty::Pid, Ty::INT, list_of(Ty::INT)],
        list_of(Ty::INT),
    );
    p.define(rounds, |m| {
        let (n, zero) = (m.get(LocalId(1)), m.int(0));
        let done = m.prim(PrimOp::Eq, vec![n, zero], Ty::Bool);
        let me = m.call(this, vec![], Ty::Pid);
        let (to, l) = (m.get(LocalId(0)), m.get(LocalId(2)));
        let request = m.e(ExprKind::Tuple(vec![me, l]), message.clone());
        let sent = m.call_at(send, vec![message.clone()], vec![to, request], Ty::Unit);
        let got = m.local("got", list_of(Ty::INT));
        let (pid, n, one, l) = (m.get(LocalId(0)), m.get(LocalId(1)), m.int(1), m.get(got));
        let less = m.prim(PrimOp::Sub, vec![n, one], Ty::INT);
        let again = m.call(rounds, vec![pid, less, l], list_of(Ty::INT));
        let receive = m.e(
            ExprKind::Receive {
                arms: vec![arm(bind(got, list_of(Ty::INT)), again)],
                after: None,
            },
            list_of(Ty::INT),
        );
        let work = m.block(vec![Stmt::Expr(sent)], receive);
        let l = m.get(LocalId(2));
        m.iff(done, l, work)
    });
    let main = p.function("main", vec![], list_of(Ty::INT));
    p.define(main, |m| {
        let zero = m.int(0);
        let work = m.call(server, vec![zero], Ty::Unit);
        let lambda = m.lambda(vec![], vec![], work);
        let pid = m.call_at(spawn, vec![Ty::Unit], vec![lambda], Ty::Pid);
        let (n, nil) = (m.int(20), m.list(vec![], Ty::INT));
        m.call(rounds, vec![pid, n, nil], list_of(Ty::INT))
    });
    let text = run(p, main);
    assert!(text.contains("19") && text.contains("0"), "{text}");
}

#[test]
fn an_uncaught_exception_is_the_exit_reason() {
    let mut p = Program::new();
    let main = p.function("main", vec![], Ty::INT);
    p.define(main, |m| {
        let five = m.int(5);
        let thrown = m.e(ExprKind::Throw(Box::new(five)), Ty::Never);
        let one = m.int(1);
        m.block(vec![Stmt::Expr(thrown)], one)
    });
    let text = run(p, main);
    assert!(text.contains('5'), "{text}");
}
