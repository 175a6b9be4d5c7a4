//! No text makes the checker panic, and none needs more than the stack it asks for.
#![forbid(unsafe_code)]

use nostos_check::query::{self, Database, Origin};

fn check(text: &str) {
    let mut db = Database::new();
    db.set_file("main.nos", text, Origin::Project);
    query::diagnostics(&db);
    for id in query::functions(&db) {
        query::fn_def(&db, id);
        query::body(&db, id);
    }
    if let Some(main) = query::main_fn(&db).filter(|_| query::diagnostics(&db).is_empty()) {
        query::entry(&db, main);
    }
}

fn deep(act: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(16 << 20)
        .spawn(act)
        .expect("a thread");
    thread.join().expect("no panic");
}

/// Texts around the language: every one is cut and mangled below.
const SEEDS: &[&str] = &[
    "type S = A(Int) | B{x: Int} | C\ntrait T\n m(self, k: Int = 1) -> Self\n d(self) = self.m()\nend\nS: T\n m(self, k) = self\nend\nmain() = A(1).d().m(k: 2)\n",
    "f(0) = 1\nf(n) when n > 0 = n * f(n - 1)\ng(x) = x.f().h(1)[0].1?\nmain() = { var x = 1\n x += 2\n x[0] = 3\n y = z => z + x\n y(f(3)) }\n",
    "module M\n pub type R = { a: Int, private b: M.R }\n use M.{R as Q}\n pub k = 1\nend\nuse M.*\ntype A = B\ntype B = A\nmain() = M.k + R(1, 2).a\n",
    "w(s) = receive { (p: Pid, n) when n > 0 -> p <- n\n :stop -> ()\n x -> w(x)\n after 10 -> throw((1, \"a\")) }\nmain() = try { spawn { w(1) } <- [1, 2 | []] } catch { e -> \"${e}\" } finally { () }\n",
    "main() = match %{\"a\": #{1}} { %{\"a\": #{1}} -> [x, y | z] = [1..3]\n {:a, _} -> 1\n 'c'..'d' | ^q -> 2\n p @ (a, b) -> a }\n",
    "sig : (List[a], a -> b) -> List[b]\nsig([], _) = []\nsig([h | t], f) = f(h) :: sig(t, f)\ntest \"t\" = { sig([1], x -> x) }\nextern e(x: Int) -> Int from \"c\"\nmvar m: Int = 0\n",
];

#[test]
fn cut_texts() {
    deep(|| {
        for seed in SEEDS {
            check(seed);
            for at in (0..seed.len())
                .filter(|at| seed.is_char_boundary(*at))
                .step_by(3)
            {
                check(&seed[..at]);
                check(&seed[at..]);
            }
        }
    });
}

#[test]
fn mangled_texts() {
    deep(|| {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let pieces: Vec<&str> = SEEDS
            .iter()
            .flat_map(|s| s.split_inclusive([' ', '\n', '(', ')', '.', ',']))
            .collect();
        for _ in 0..1500 {
            let count = 3 + next(40);
            let text: String = (0..count).map(|_| pieces[next(pieces.len())]).collect();
            check(&text);
        }
    });
}

#[test]
fn deep_texts() {
    deep(|| {
        let nest = |open: &str, inner: &str, close: &str, times: usize| {
            format!(
                "main() = {}{inner}{}\n",
                open.repeat(times),
                close.repeat(times)
            )
        };
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{ ", " }"),
            ("if true then ", " else 1"),
            ("(x => ", ")(1)"),
            ("Some(", ")"),
            ("-", ""),
        ] {
            check(&nest(open, "1", close, 400));
            check(&nest(open, "1", close, 10_000));
        }
        check(&format!("main() = 1{}\n", " + 1".repeat(3_000)));
        check(&format!("main() = \"a\"{}\n", " ++ \"b\"".repeat(3_000)));
        check(&format!("main() = [{}]\n", "1, ".repeat(3_000)));
        check(&format!(
            "main() = {{\n{} 1 }}\n",
            "println(1)\n".repeat(3_000)
        ));
        let arms: String = (0..3_000).map(|i| format!("{i} -> {i}\n")).collect();
        check(&format!("main() = match 5 {{\n{arms}}}\n"));
        let ctors: Vec<String> = (0..500).map(|i| format!("C{i}(Int)")).collect();
        check(&format!("type T = {}\nmain() = C7(1)\n", ctors.join(" | ")));
        let chain: String = (0..2_000)
            .map(|i| format!("f{i}(x) = f{}(x)\n", i + 1))
            .collect();
        check(&format!("{chain}f2000(x) = x\nmain() = f0(1)\n"));
    });
}

/// One database through many edits, with the library: what a day of typing is.
#[test]
fn edits_beside_the_library() {
    deep(|| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let nos = |dir: std::path::PathBuf| {
            let mut files: Vec<_> = std::fs::read_dir(dir)
                .expect("it is there")
                .map(|e| e.expect("readable").path())
                .collect();
            files.retain(|path| path.extension().is_some_and(|e| e == "nos"));
            files.sort();
            files
        };
        let mut db = Database::new();
        for path in nos(root.join("../../std")) {
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .to_string();
            db.set_file(
                &name,
                &std::fs::read_to_string(&path).expect("readable"),
                Origin::Std,
            );
        }
        let programs: Vec<String> = nos(root.join("tests/data"))
            .iter()
            .map(|path| std::fs::read_to_string(path).expect("readable"))
            .collect();
        let pieces: Vec<&str> = programs
            .iter()
            .map(|p| {
                p.split_once("\n#= answers")
                    .map_or(p.as_str(), |(program, _)| program)
            })
            .flat_map(|p| p.split_inclusive('\n'))
            .collect();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        for round in 0..400 {
            let text: String = if round % 2 == 0 {
                (0..20).map(|_| pieces[next(pieces.len())]).collect()
            } else {
                let mut text: String = {
                    let start = next(pieces.len());
                    pieces[start..(start + 25).min(pieces.len())].concat()
                };
                for _ in 0..4 {
                    let at = next(text.len());
                    if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                        text.remove(at);
                    }
                }
                text
            };
            db.set_file("main.nos", &text, Origin::Project);
            query::diagnostics(&db);
            for id in query::functions(&db) {
                query::fn_def(&db, id);
                query::body(&db, id);
            }
        }
    });
}

/// Found by fuzzing: each use of such a function brought the next, and the checker never came back.
#[test]
fn calls_that_bring_each_other_end() {
    deep(|| {
        let texts = [
            "power(self,Int)=if ()else self.power(n\nmain()=\"\".power(3",
            "f(x, n) = if n == 0 then 0 else x.f(n - 1)\nmain() = \"a\".f(3)\n",
            "f(x) = x.f()\nmain() = f(3)\n",
            "a(x) = x.b()\nb(x) = x.a()\nmain() = a(3)\n",
            "map(x, g) = (x.map(g), x.map(g))\nmain() = map(3, y => y)\n",
            "f(x) = (x, x).f()\nmain() = f(3)\n",
            "f(x, y) = (x.f(y), [y].f(x))\nmain() = f(3, 4)\n",
            "main() = { g(x) = x.g(); g(3) }\n",
        ];
        texts.into_iter().for_each(check);
    });
}
