//! No text and no place makes a question panic, and answers are within the text.
#![forbid(unsafe_code)]

use nostos_ide::{Analysis, Position};

const SEEDS: &[&str] = &[
    "type S = A(Int) | B{x: Int} | C\ntrait T\n m(self, k: Int = 1) -> Self\n d(self) = self.m()\nend\nS: T\n m(self, k) = self\nend\nmain() = A(1).d().m(k: 2)\n",
    "module M\n pub type R = { a: Int, private b: M.R }\n use M.{R as Q}\n pub k = 1\nend\nuse M.*\ntype A = B\ntype B = A\nmain() = M.k + R(1, 2).a\n",
    "f(0) = 1\nf(n) when n > 0 = n * f(n - 1)\ng({x, y: [h | t]}) = x.f().h(1)[0].1?\nmain() = { var x = 1\n x += 2\n y = z => z + x\n go(0) = 0\n go(k) = go(k - 1)\n y(f(3)) |> f }\n",
    "macro twice(e) = quote { ~e + ~e }\n@memo\nh(a = 1, b: Int) = twice(a)\nw(s) = receive { (p: Pid, n) when n > 0 -> p <- n\n x @ [q, ^r] -> w(x)\n after 10 -> throw((1, \"ä😀${s}\")) }\nmvar m: Int = 0\n(c, d) = (1, 2)\ntest \"t\" = { m = c }\n",
];

/// Asks everything at a place.
fn ask(analysis: &mut Analysis, text: &str, at: Position) {
    let path = "main.nos";
    let lines = text.lines().count() as u32 + 1;
    analysis.set_file(path, text);
    analysis.hover(path, at);
    analysis.definition(path, at);
    analysis.highlight(path, at);
    for place in analysis.references(path, at, true) {
        assert!(place.range.start.line < lines, "{place:?} in {text:?}");
    }
    let _ = analysis.prepare_rename(path, at);
    analysis.completion(path, at);
    analysis.signature_help(path, at);
    analysis.inlay_hints(path, 0..lines);
    analysis.document_symbols(path);
    analysis.folding_ranges(path);
    analysis.selection_ranges(path, at);
    assert_eq!(analysis.text(path).as_deref(), Some(text));
}

#[test]
fn cut_and_mangled_texts() {
    let mut analysis = Analysis::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for round in 0..48 {
        let seed = SEEDS[round % SEEDS.len()];
        let mut text: Vec<char> = seed.chars().collect();
        for _ in 0..next(6) {
            let (from, len) = (next(text.len()), next(9));
            let end = (from + len).min(text.len());
            let piece: Vec<char> = text.drain(from..end).collect();
            let to = next(text.len());
            if next(2) == 0 {
                text.splice(to..to, piece);
            }
        }
        let text: String = text.into_iter().take(1 + next(400)).collect();
        for _ in 0..2 {
            let line = next(text.lines().count() + 1) as u32;
            let character = next(40) as u32;
            ask(&mut analysis, &text, Position { line, character });
        }
    }
}
