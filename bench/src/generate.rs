//! A project of any size in ordinary code: records, variants, generics, closures, traits, strings, matches. In: a number of lines. Out: texts by path.
//!
//! The same number gives the same texts. Modules of about 500 lines, each using the one before it; all functions are reached from `main`.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Lines per module, about.
const MODULE: usize = 500;

/// The files of a project of about `lines` lines, `main.nos` among them.
pub fn project(lines: usize) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let (mut written, mut number) = (0, 0);
    while written < lines {
        let text = module(number, MODULE);
        written += count(&text);
        files.insert(format!("mod{number}.nos"), text);
        number += 1;
    }
    let mut main = String::new();
    for m in 0..number {
        writeln!(main, "use mod{m}.run{m}").expect(FITS);
    }
    main.push_str("main() = {\n");
    for m in 0..number {
        writeln!(main, "  run{m}()").expect(FITS);
    }
    main.push_str("  println(\"done\")\n}\n");
    files.insert("main.nos".into(), main);
    files
}

/// One file of about `lines` lines; `run0` reaches all of it.
pub fn long(lines: usize) -> String {
    module(0, lines)
}

/// Lines of a text.
pub fn count(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count()
}

/// The path and the new text of an edit in one body, in the middle of the project.
pub fn edit(files: &BTreeMap<String, String>) -> (String, String) {
    let path = format!("mod{}.nos", (files.len() - 1) / 2);
    let text = files[&path].replacen("sum += item.size", "sum += item.size + 1", 1);
    (path, text)
}

const FITS: &str = "a string takes what is written";

fn module(m: usize, lines: usize) -> String {
    let mut t = String::new();
    if m > 0 {
        let p = m - 1;
        writeln!(t, "use mod{p}.{{score{p}, Item{p}}}\n").expect(FITS);
    }
    write!(
        t,
        r#"## What module {m} is about.
pub type Item{m} = {{ name: String, size: Int, price: Float }}
pub type Shape{m} = Circle{m}(Float) | Rect{m}(Float, Float) | Empty{m}
type Tree{m}[T] = Leaf{m} | Node{m}(Tree{m}[T], T, Tree{m}[T])

trait Priced{m}
  cost{m}(self) -> Float
  dear{m}(self) -> Bool = self.cost{m}() > 100.0
end

Item{m}: Priced{m}
  cost{m}(self) = self.price * 1.2
end

Shape{m}: Priced{m}
  cost{m}(self) = match self {{
    Circle{m}(r) -> r * 2.0
    Rect{m}(w, h) -> w + h
    Empty{m} -> 0.0
  }}
end

pub score{m}(item) = item.size * 2 + {m}

insert{m}[T: Ord](tree: Tree{m}[T], x: T) -> Tree{m}[T] = match tree {{
  Leaf{m} -> Node{m}(Leaf{m}, x, Leaf{m})
  Node{m}(l, y, r) when x < y -> Node{m}(insert{m}(l, x), y, r)
  Node{m}(l, y, r) -> Node{m}(l, y, insert{m}(r, x))
}}

depth{m}(Leaf{m}) = 0
depth{m}(Node{m}(l, _, r)) = 1 + max(depth{m}(l), depth{m}(r))

"#
    )
    .expect(FITS);
    let mut i = 0;
    while count(&t) < lines {
        part(&mut t, m, i);
        i += 1;
    }
    writeln!(t, "pub run{m}() = {{").expect(FITS);
    for i in 0..i {
        writeln!(t, "  work{m}_{i}({i})").expect(FITS);
    }
    t.push_str("  ()\n}\n");
    t
}

/// Some functions that differ in names and numbers from those of other parts, and one that calls them.
fn part(t: &mut String, m: usize, i: usize) {
    write!(
        t,
        r#"## Adds up the sizes, number {i}.
total{m}_{i}(items: List[Item{m}]) = {{
  var sum = 0
  for item in items {{
    if item.size > {i} {{
      sum += item.size
    }} else {{
      sum = sum + 1
    }}
  }}
  sum + {i}
}}

area{m}_{i}(s: Shape{m}) = match s {{
  Circle{m}(r) -> 3.14 * r * r
  Rect{m}(w, h) -> w * h + {i}.5
  Empty{m} -> 0.0
}}

describe{m}_{i}(item: Item{m}) -> String = {{
  label = if item.dear{m}() then "big" else "small"
  price = item.cost{m}()
  "${{item.name}}: ${{label}} ${{price}}"
}}

count{m}_{i}([]) = 0
count{m}_{i}([x | rest]) when x > {i} = 1 + count{m}_{i}(rest)
count{m}_{i}([_ | rest]) = count{m}_{i}(rest)

names{m}_{i}(items: List[Item{m}]) =
  items
    .filter(x => x.size > {i})
    .map(x => x.name.toUpper())
    .join(", ")

"#
    )
    .expect(FITS);
    match i % 3 {
        0 => write!(
            t,
            r#"kind{m}_{i}(n) = match n % 7 {{
  0 -> "none"
  1 | 2 -> "few ${{n}}"
  k when k > {i} -> "many"
  _ -> "some"
}}

"#
        ),
        1 => write!(
            t,
            r#"half{m}_{i}(n: Int) -> Result[Int, String] =
  if n % 2 == 0 then Ok(n / 2) else Err("odd ${{n}}")

quarter{m}_{i}(n: Int) -> Result[Int, String] = {{
  h = half{m}_{i}(n)?
  half{m}_{i}(h)
}}

kind{m}_{i}(n) = match quarter{m}_{i}(n) {{
  Ok(q) -> show(q)
  Err(why) -> why ++ "!"
}}

"#
        ),
        _ => write!(
            t,
            r#"adder{m}_{i}(k) = (x) => x + k * {i}

twice{m}_{i}(f, x) = f(f(x))

kind{m}_{i}(n) = {{
  add = adder{m}_{i}(n)
  pairs = [(1, "a"), (n, "b")].map((k, s) => s ++ show(add(k)))
  "${{twice{m}_{i}(add, n)}} ${{pairs}}"
}}

"#
        ),
    }
    .expect(FITS);
    write!(
        t,
        r#"work{m}_{i}(n) = {{
  xs = range(0, n)
  ys = xs.map(x => x * {i} + 1)
  a = area{m}_{i}(Rect{m}(1.0, 2.0))
  item = Item{m}("a${{n}}", n, a)
  tree = ys.fold(Leaf{m}, (t, y) => insert{m}(t, y))
  c = count{m}_{i}(ys) + depth{m}(tree)
  t = total{m}_{i}([item, Item{m}(item, size: n + 1)])
  println("${{describe{m}_{i}(item)}} ${{c}} ${{t}} ${{names{m}_{i}([item])}} ${{score{m}(item)}} ${{kind{m}_{i}(n)}}")
  c + t
}}

"#
    )
    .expect(FITS);
}
