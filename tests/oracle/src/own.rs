//! Expressions of each type by its own means: operators, library functions, constructors.

use crate::expr::{Scope, and};
use crate::program::Gen;
use crate::types::{SIZED, T};

impl Gen {
    /// Ways to make a value of this type in particular.
    pub(crate) fn own(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
        match ty {
            T::Int => self.int(depth, scope),
            T::Bool => self.bool(depth, scope),
            T::Str => self.string(depth, scope),
            T::Float => {
                let a = self.expr(&T::Float, depth, scope);
                match self.r.below(7) {
                    0..=2 => {
                        let b = self.expr(&T::Float, depth, scope);
                        let op = *self.r.of(&["+", "-", "*", "/"]);
                        format!("({a} {op} {b})")
                    }
                    3 => format!("({}).toFloat()", self.expr(&T::Int, depth, scope)),
                    4 => format!("({a}).abs().sqrt()"),
                    5 => format!(
                        "({a}).{}().toFloat()",
                        self.r.of(&["floor", "ceil", "round"])
                    ),
                    _ => format!("(-{a})"),
                }
            }
            T::Char => {
                let s = self.expr(&T::Str, depth, scope);
                let other = self.leaf(&T::Char, scope);
                let c = self.name("ch");
                format!("(match ({s}).chars() {{ [{c} | _] -> {c}, [] -> {other} }})")
            }
            T::Atom | T::Var(_) => self.literal(ty, scope),
            T::Big | T::Dec | T::F32 => {
                let a = self.expr(ty, depth, scope);
                let b = self.expr(ty, depth.min(1), scope);
                match self.r.below(5) {
                    0 if *ty == T::Big => {
                        format!("({}).toBigInt()", self.expr(&T::Int, depth, scope))
                    }
                    0 if *ty == T::F32 => {
                        format!("({}).asFloat32()", self.expr(&T::Float, depth, scope))
                    }
                    1 => format!("(-{a})"),
                    2 if *ty == T::Big => {
                        let op = *self.r.of(&["/", "%"]);
                        format!("({a} {op} {b})")
                    }
                    _ => {
                        let op = *self.r.of(&["+", "-", "*"]);
                        format!("({a} {op} {b})")
                    }
                }
            }
            T::Sized(i) => {
                let a = self.expr(ty, depth, scope);
                match self.r.below(4) {
                    0 | 1 => {
                        let b = self.expr(ty, depth, scope);
                        let op = *self.r.of(&["+", "-", "*", "/", "%"]);
                        format!("({a} {op} {b})")
                    }
                    _ => format!("({}).{}()", self.expr(&T::Int, depth, scope), SIZED[*i].2),
                }
            }
            T::List(item) => self.list(ty, item, depth, scope),
            T::Tuple(items) => {
                let parts: Vec<String> = items.iter().map(|t| self.expr(t, depth, scope)).collect();
                format!("({})", parts.join(", "))
            }
            T::Opt(item) => {
                let a = self.expr(ty, depth, scope);
                match self.r.below(5) {
                    0 => {
                        let x = self.name("x");
                        let inner = and(scope, vec![(x.clone(), (**item).clone(), false)]);
                        let body = self.expr(item, depth, &inner);
                        format!("({a}).map({x} => {body})")
                    }
                    1 => {
                        let list = self.expr(&T::List(item.clone()), depth, scope);
                        let x = self.name("x");
                        let inner = and(scope, vec![(x.clone(), (**item).clone(), false)]);
                        let test = self.expr(&T::Bool, depth, &inner);
                        format!("({list}).find({x} => {test})")
                    }
                    2 => format!("({a}).orElse({})", self.expr(ty, depth.min(1), scope)),
                    _ => format!("Some({})", self.expr(item, depth, scope)),
                }
            }
            T::Res(item) => {
                let a = self.expr(ty, depth, scope);
                match self.r.below(3) {
                    0 => {
                        let x = self.name("x");
                        let inner = and(scope, vec![(x.clone(), (**item).clone(), false)]);
                        let body = self.expr(item, depth, &inner);
                        format!("({a}).map({x} => {body})")
                    }
                    1 => {
                        let e = self.name("e");
                        format!("({a}).mapErr({e} => {e}.take(7) ++ \"!\")")
                    }
                    _ => self.literal(ty, scope),
                }
            }
            T::Map(key, value) => {
                let a = self.expr(ty, depth, scope);
                match self.r.below(5) {
                    0 | 1 => {
                        let (k, v) = (self.leaf(key, scope), self.expr(value, depth.min(2), scope));
                        format!("({a}).insert({k}, {v})")
                    }
                    2 => format!("({a}).remove({})", self.leaf(key, scope)),
                    3 => format!("({a}).union({})", self.expr(ty, depth.min(1), scope)),
                    _ => {
                        let (k, v) = (self.name("k"), self.name("v"));
                        let inner = and(
                            scope,
                            vec![
                                (k.clone(), (**key).clone(), false),
                                (v.clone(), (**value).clone(), false),
                            ],
                        );
                        let body = self.expr(value, depth.min(2), &inner);
                        format!("({a}).map(({k}, {v}) => {body})")
                    }
                }
            }
            T::Set(item) => {
                let a = self.expr(ty, depth, scope);
                let b = self.expr(ty, depth.min(1), scope);
                match self.r.below(5) {
                    0 => format!("({a}).insert({})", self.leaf(item, scope)),
                    1 => format!("({a}).remove({})", self.leaf(item, scope)),
                    2 => format!("({a}).union({b})"),
                    3 => format!("({a}).intersection({b})"),
                    _ => format!("({a}).difference({b})"),
                }
            }
            T::Adt(number, arg) => {
                let adt = self.adts[*number].clone();
                if adt.record && !adt.mutable && self.r.chance(35) {
                    let a = self.expr(ty, depth, scope);
                    let (name, field) = self.r.of(&adt.ctors[0].fields).clone();
                    let value = self.expr(&field.with(arg.as_deref()), depth, scope);
                    return format!("{}({a}, {name}: {value})", adt.name);
                }
                if adt.mutable && self.r.chance(50) {
                    let m = self.name("m");
                    let a = self.expr(ty, depth, scope);
                    let (name, field) = self.r.of(&adt.ctors[0].fields).clone();
                    let value = self.expr(&field.with(arg.as_deref()), depth, scope);
                    return format!("{{ {m} = copy({a}); {m}.{name} = {value}; {m} }}");
                }
                self.construct(*number, arg.as_deref(), depth, scope)
            }
            T::Param => panic!("parameters are replaced"),
        }
    }

    fn int(&mut self, depth: usize, scope: Scope<'_>) -> String {
        let a = self.expr(&T::Int, depth, scope);
        match self.r.below(22) {
            18 | 19 => {
                let by = self.sized_by_trait(depth, scope);
                by.unwrap_or_else(|| format!("(-{a})"))
            }
            20 => {
                let arr = self.name("a");
                let b = self.expr(&T::Int, depth.min(1), scope);
                format!(
                    "{{ {arr} = newInt64Array(3); {arr}[0] = {a}; {arr}[2] = {arr}[0] + {b}; {arr}.toList().sum() }}"
                )
            }
            21 => {
                let s = self.expr(&T::Str, depth, scope);
                match self.r.below(3) {
                    0 => format!("({s}).toInt().unwrapOr({a})"),
                    1 => format!("({s}).indexOf(\"l\").unwrapOr(-1)"),
                    _ => format!("({s}).split(\"l\").length()"),
                }
            }
            0..=3 => {
                let b = self.expr(&T::Int, depth, scope);
                format!("({a} {} {b})", self.r.of(&["+", "-", "*"]))
            }
            4 => {
                let b = self.expr(&T::Int, depth, scope);
                format!("({a} {} {b})", self.r.of(&["/", "%"]))
            }
            5 => {
                let item = self.ty(1);
                format!(
                    "({}).length()",
                    self.expr(&T::List(Box::new(item)), depth, scope)
                )
            }
            6 => format!("({}).length()", self.expr(&T::Str, depth, scope)),
            7 => format!(
                "({}).sum()",
                self.expr(&T::List(Box::new(T::Int)), depth, scope)
            ),
            8 => {
                let item = self.ty(1);
                let (s, x) = (self.name("s"), self.name("x"));
                let list = self.expr(&T::List(Box::new(item.clone())), depth, scope);
                let inner = and(
                    scope,
                    vec![(s.clone(), T::Int, false), (x.clone(), item, false)],
                );
                let body = self.expr(&T::Int, depth, &inner);
                format!("({list}).take(9).fold({a}, ({s}, {x}) => {body})")
            }
            9 => {
                let b = self.expr(&T::Int, depth, scope);
                let op = *self.r.of(&[
                    "bitAnd",
                    "bitOr",
                    "bitXor",
                    "shiftLeft",
                    "shiftRight",
                    "shiftRightLogical",
                    "min",
                    "max",
                ]);
                format!("({a}).{op}({b})")
            }
            10 => {
                let ((ty, x), y) = (self.weighed(depth, scope), self.r.below(5));
                match self.r.below(3) {
                    0 => format!("({x}).weight()"),
                    // Named arguments want a receiver of known type.
                    1 => format!("{}.heavier(by: {y})", self.typed(&ty, &x)),
                    _ => format!("({x}).heavier()"),
                }
            }
            11 => {
                let t = self.name("m");
                let s = self.expr(&T::Str, depth, scope);
                format!("{{ {t} = Tally({a}, \"x\"); bumped({t}, {s}); bumped({t}, {t}.last) }}")
            }
            12 => (*self.r.of(&[
                "counted(5, 0)",
                "sumTo(12)",
                "firstAbove([1, 5, 9], 4)",
                "sumTo(-3)",
            ]))
            .into(),
            13 => format!("bothChecked({a}, 3).unwrapOr(-9)"),
            14 => format!("quarter({a}).unwrapOr(0)"),
            15 => {
                let i = self.r.below(7);
                format!("({}).toInt()", self.expr(&T::Sized(i), depth, scope))
            }
            16 => format!("larger({a}, {})", self.expr(&T::Int, depth, scope)),
            _ => format!("(-{a})"),
        }
    }

    /// Something with an implementation of `Weighed`.
    fn weighed(&mut self, depth: usize, scope: Scope<'_>) -> (T, String) {
        let mut ty = match self.r.below(4) {
            0 => T::Str,
            1 => T::Bool,
            2 if !self.weighed.is_empty() => T::Adt(*self.r.of(&self.weighed.clone()), None),
            _ => T::Int,
        };
        match self.r.below(4) {
            0 => ty = T::List(Box::new(ty)),
            1 => ty = T::Opt(Box::new(ty)),
            _ => {}
        }
        let value = self.expr(&ty, depth, scope);
        (ty, value)
    }

    fn bool(&mut self, depth: usize, scope: Scope<'_>) -> String {
        match self.r.below(8) {
            0 | 1 => {
                let (a, b) = (
                    self.expr(&T::Bool, depth, scope),
                    self.expr(&T::Bool, depth, scope),
                );
                format!("({a} {} {b})", self.r.of(&["&&", "||"]))
            }
            2 => format!("(!{})", self.expr(&T::Bool, depth, scope)),
            3 => {
                let ty = self.ty(2);
                let (a, b) = (self.expr(&ty, depth, scope), self.expr(&ty, depth, scope));
                format!("({a} {} {b})", self.r.of(&["==", "!="]))
            }
            4 | 5 => {
                let mut ty = self.ty(2);
                if !ty.ordered(&self.adts) {
                    ty = T::Int;
                }
                let (a, b) = (self.expr(&ty, depth, scope), self.expr(&ty, depth, scope));
                format!("({a} {} {b})", self.r.of(&["<", "<=", ">", ">="]))
            }
            6 => {
                let item = self.ty(0);
                let list = self.expr(&T::List(Box::new(item.clone())), depth, scope);
                format!("({list}).contains({})", self.leaf(&item, scope))
            }
            _ => {
                let item = self.ty(0);
                let set = self.expr(&T::Set(Box::new(item.clone())), depth, scope);
                format!("({set}).contains({})", self.leaf(&item, scope))
            }
        }
    }

    fn string(&mut self, depth: usize, scope: Scope<'_>) -> String {
        match self.r.below(15) {
            0 | 1 => {
                let (a, b) = (
                    self.expr(&T::Str, depth, scope),
                    self.expr(&T::Str, depth, scope),
                );
                format!("({a} ++ {b}).take(70)")
            }
            2..=4 => {
                let (s, t) = (self.ty(2), self.ty(1));
                let (a, b) = (
                    self.expr(&s, depth, scope),
                    self.expr(&t, depth.min(2), scope),
                );
                format!("\"<${{{a}}}|${{{b}}}>\".take(80)")
            }
            5 | 6 => {
                let ty = self.ty(2);
                format!("show({}).take(80)", self.expr(&ty, depth, scope))
            }
            7 => {
                let s = self.expr(&T::Str, depth, scope);
                let (i, j) = (self.r.below(5), self.r.below(9));
                format!("({s}).substring({i}, {j})")
            }
            8 => {
                let list = self.expr(&T::List(Box::new(T::Str)), depth, scope);
                format!("({list}).join(\"-\").take(70)")
            }
            9 => {
                let s = self.expr(&T::Str, depth, scope);
                let op = *self.r.of(&[
                    "toUpper()",
                    "toLower()",
                    "trim()",
                    "reverse()",
                    "replace(\"l\", \"r\")",
                    "padStart(6)",
                    "replaceAll(\"a\", \"bb\").take(70)",
                ]);
                format!("({s}).{op}")
            }
            10 => {
                let s = self.expr(&T::Str, depth, scope);
                match self.r.below(3) {
                    0 => format!("clipped({s}, mark: \"~\")"),
                    1 => format!("({s}).clipped(4)"),
                    _ => format!("clipped(n: 2, s: {s})"),
                }
            }
            11 => {
                let a = self.expr(&T::Int, depth, scope);
                match self.r.below(3) {
                    0 => format!("described({a})"),
                    1 => format!("described({a}, 2)"),
                    _ => format!("described({})", self.expr(&T::Str, depth, scope)),
                }
            }
            12 => {
                let a = self.expr(&T::Int, depth, scope);
                match self.r.below(3) {
                    0 => format!("({a}).full(\":\")"),
                    1 => format!("labels([{a}, 3])"),
                    _ => format!("({}).full()", self.expr(&T::Str, depth, scope)),
                }
            }
            13 => {
                // How another process ends.
                let body = self.expr(&T::Int, depth, scope);
                let (p, r, d) = (self.name("q"), self.name("r"), self.name("d"));
                let v = self.name("v");
                format!(
                    "{{ {v} = {body}; ({p}, {r}) = spawn_monitor(() => {{ if {v} % 2 == 0 then exit({v}) else () }}); receive {{ Down({d}, _, why) when {d} == {r} -> show(why).take(70) }} }}"
                )
            }
            _ => {
                let s = self.expr(&T::Str, depth, scope);
                let rest = self.name("rest");
                format!(
                    "(match {s} {{ [\"GET \" | {rest}] -> {rest}, \"\" -> \"nothing\", _ -> \"other\" }})"
                )
            }
        }
    }

    fn list(&mut self, ty: &T, item: &T, depth: usize, scope: Scope<'_>) -> String {
        match self.r.below(18) {
            13 => {
                let (y, n) = (self.name("x"), self.r.below(3));
                let list = self.expr(ty, depth, scope);
                let inner = and(scope, vec![(y.clone(), item.clone(), false)]);
                let test = self.expr(&T::Bool, depth.min(1), &inner);
                match n {
                    0 => format!("({list}).partition({y} => {test}).0"),
                    1 => format!("({list}).takeWhile({y} => {test})"),
                    _ => format!("({list}).dropWhile({y} => {test})"),
                }
            }
            14 => {
                let other = T::List(Box::new(self.ty(1)));
                let (list, zipped) = (
                    self.expr(ty, depth, scope),
                    self.expr(&other, depth.min(1), scope),
                );
                format!("({list}).zip({zipped}).unzip().0")
            }
            15 => {
                let (s, x) = (self.name("s"), self.name("x"));
                let start = self.expr(item, depth.min(1), scope);
                let from = self.ty(0);
                let list = self.expr(&T::List(Box::new(from.clone())), depth, scope);
                let inner = and(
                    scope,
                    vec![(s.clone(), item.clone(), false), (x.clone(), from, false)],
                );
                let body = self.in_loop(item, depth.min(1), &inner);
                format!("({list}).take(5).scanl({start}, ({s}, {x}) => {body})")
            }
            16 => {
                let (a, b) = (self.name("a"), self.name("b"));
                let list = self.expr(ty, depth, scope);
                let inner = and(scope, vec![(a.clone(), item.clone(), false)]);
                let key = self.expr(&T::Int, depth.min(1), &inner);
                format!(
                    "{{ {b} = ({list}).map({a} => ({key}, {a})); {b}.map(({a}, _) => {a}).sort().take(4).flatMap({a} => {b}.find((k, _) => k == {a}).toList()).map((_, v) => v) }}"
                )
            }
            17 => format!("({}).unique()", self.expr(ty, depth, scope)),
            0 | 1 => {
                let items: Vec<String> = (0..self.r.between(1, 3))
                    .map(|_| self.expr(item, depth, scope))
                    .collect();
                format!("[{}]", items.join(", "))
            }
            2 => {
                let (a, b) = (self.expr(ty, depth, scope), self.expr(ty, depth, scope));
                format!("({a} ++ {b}).take(12)")
            }
            3 | 4 => {
                let from = self.ty(1);
                let x = self.name("x");
                let list = self.expr(&T::List(Box::new(from.clone())), depth, scope);
                let inner = and(scope, vec![(x.clone(), from, false)]);
                let body = self.expr(item, depth, &inner);
                let how = if self.r.chance(15) { "pmap" } else { "map" };
                format!("({list}).take(6).{how}({x} => {body})")
            }
            5 => {
                let x = self.name("x");
                let list = self.expr(ty, depth, scope);
                let inner = and(scope, vec![(x.clone(), item.clone(), false)]);
                format!(
                    "({list}).filter({x} => {})",
                    self.expr(&T::Bool, depth, &inner)
                )
            }
            6 => {
                let (a, b) = (self.expr(item, depth, scope), self.expr(ty, depth, scope));
                format!("({a} :: {b}).take(12)")
            }
            7 => {
                let (a, b) = (self.expr(item, depth, scope), self.expr(ty, depth, scope));
                format!("[{a} | {b}].take(12)")
            }
            8 => format!("({}).reverse()", self.expr(ty, depth, scope)),
            9 if item.ordered(&self.adts) => format!("({}).sort()", self.expr(ty, depth, scope)),
            10 => {
                let (a, b) = (self.name("a"), self.name("b"));
                let other = self.ty(0);
                let pairs = T::List(Box::new(T::Tuple(vec![item.clone(), other.clone()])));
                let pairs = self.expr(&pairs, depth, scope);
                let inner = and(
                    scope,
                    vec![(a.clone(), item.clone(), false), (b.clone(), other, false)],
                );
                let body = self.expr(item, depth.min(2), &inner);
                format!("({pairs}).map(({a}, {b}) => {body})")
            }
            11 if *item == T::Int => "[1..5]".into(),
            _ => {
                let xs = self.name("xs");
                let list = self.expr(ty, depth, scope);
                let value = self.expr(item, depth.min(1), scope);
                format!(
                    "{{ var {xs} = {list}; if {xs}.length() > 1 {{ {xs}[1] = {value} }}; {xs} }}"
                )
            }
        }
    }
}
