//! Expressions of a wanted type.

use crate::program::Gen;
use crate::types::{SIZED, T};

/// Names in sight: type, and whether they may be assigned.
pub(crate) type Scope<'a> = &'a [(String, T, bool)];

fn and(scope: Scope<'_>, more: Vec<(String, T, bool)>) -> Vec<(String, T, bool)> {
    let mut all = scope.to_vec();
    all.extend(more);
    all
}

/// A string's text as in source.
fn quoted(text: &str) -> String {
    format!("{text:?}").replace("\\'", "'")
}

impl Gen {
    /// An expression of this type.
    pub(crate) fn expr(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
        if let Some(left) = self.wrong_in {
            if left == 0 {
                self.wrong_in = None;
                return self.mistake(ty, scope);
            }
            self.wrong_in = Some(left - 1);
        }
        self.fuel -= 1;
        let known: Vec<String> = scope
            .iter()
            .filter(|(_, t, _)| t == ty)
            .map(|(n, ..)| n.clone())
            .chain(
                self.values
                    .iter()
                    .filter(|v| v.1 == *ty)
                    .map(|v| v.0.clone()),
            )
            .collect();
        let short = depth == 0 || self.fuel < 0;
        if !known.is_empty() && self.r.chance(if short { 80 } else { 30 }) {
            return self.r.of(&known).clone();
        }
        if short {
            return self.literal(ty, scope);
        }
        let depth = depth - 1;
        if self.r.chance(45) {
            return self.own(ty, depth, scope);
        }
        for _ in 0..4 {
            if let Some(text) = self.general(ty, depth, scope) {
                return text;
            }
        }
        self.own(ty, depth, scope)
    }

    fn literal(&mut self, ty: &T, scope: Scope<'_>) -> String {
        match ty {
            T::Int => {
                let n = *self.r.of(&[
                    "0",
                    "1",
                    "2",
                    "3",
                    "7",
                    "10",
                    "100",
                    "(-1)",
                    "(-5)",
                    "4611686018427387904",
                    "9223372036854775807",
                    "0xFF",
                    "1_000",
                    "(-37)",
                    "63",
                ]);
                n.into()
            }
            T::Bool => (*self.r.of(&["true", "false"])).into(),
            T::Str => {
                let texts = [
                    "",
                    "a",
                    "xyz",
                    "hello",
                    "ünï",
                    "quo\"te",
                    "line\nend",
                    "twenty-two bytes long!",
                    "a longer text that does not lie inline",
                    "12",
                    "GET /x",
                    "back\\slash",
                ];
                quoted(self.r.of::<&str>(&texts))
            }
            T::Float => (*self.r.of(&[
                "0.0", "0.5", "1.5", "(-2.25)", "100.0", "3.75", "1.0e20", "0.1", "1.2e-10",
            ]))
            .into(),
            T::Char => (*self.r.of(&["'a'", "'Z'", "'é'", "'\\n'", "'0'", "'\\''"])).into(),
            T::Atom => (*self.r.of(&["(:ok)", "(:no)", "(:left)"])).into(),
            T::Sized(i) => {
                let suffix = SIZED[*i].1;
                let n = *self.r.of(&["0", "1", "7", "100", "127"]);
                format!("{n}{suffix}")
            }
            T::List(item) => {
                let items: Vec<String> = (0..self.r.below(4))
                    .map(|_| self.leaf(item, scope))
                    .collect();
                if items.is_empty() {
                    return self.typed(ty, "[]");
                }
                format!("[{}]", items.join(", "))
            }
            T::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|t| self.leaf(t, scope)).collect();
                format!("({})", items.join(", "))
            }
            T::Opt(item) => {
                if self.r.chance(35) {
                    return self.typed(ty, "None");
                }
                format!("Some({})", self.leaf(item, scope))
            }
            T::Res(item) => {
                let inner = if self.r.chance(35) {
                    format!("Err({})", self.leaf(&T::Str, scope))
                } else {
                    format!("Ok({})", self.leaf(item, scope))
                };
                self.typed(ty, &inner)
            }
            T::Map(key, value) => {
                let entries: Vec<String> = (0..self.r.below(4))
                    .map(|_| format!("{}: {}", self.leaf(key, scope), self.leaf(value, scope)))
                    .collect();
                self.typed(ty, &format!("%{{{}}}", entries.join(", ")))
            }
            T::Set(item) => {
                let items: Vec<String> = (0..self.r.below(4))
                    .map(|_| self.leaf(item, scope))
                    .collect();
                self.typed(ty, &format!("#{{{}}}", items.join(", ")))
            }
            T::Adt(number, arg) => self.construct(*number, arg.as_deref(), 0, scope),
            T::Param => panic!("parameters are replaced"),
        }
    }

    fn leaf(&mut self, ty: &T, scope: Scope<'_>) -> String {
        self.expr(ty, 0, scope)
    }

    /// Where nothing else may say what type it is.
    fn typed(&mut self, ty: &T, text: &str) -> String {
        format!("assertType[{}]({text})", ty.text(&self.adts))
    }

    fn construct(
        &mut self,
        number: usize,
        arg: Option<&T>,
        depth: usize,
        scope: Scope<'_>,
    ) -> String {
        let adt = self.adts[number].clone();
        // The first constructor ends.
        let which = if depth == 0 && adt.recursive {
            0
        } else {
            self.r.below(adt.ctors.len())
        };
        let ctor = adt.ctors[which].clone();
        let mut args: Vec<String> = Vec::new();
        for (_, ty) in &ctor.fields {
            let ty = ty.with(arg);
            args.push(self.expr(&ty, depth, scope));
        }
        let mut text = ctor.name.clone();
        if !args.is_empty() {
            if ctor.named && self.r.chance(40) {
                let mut named: Vec<String> = ctor
                    .fields
                    .iter()
                    .zip(&args)
                    .map(|((name, _), arg)| format!("{name}: {arg}"))
                    .collect();
                if self.r.chance(50) {
                    named.reverse();
                }
                args = named;
            }
            text = format!("{text}({})", args.join(", "));
        }
        if arg.is_some() {
            let ty = T::Adt(number, arg.map(|t| Box::new(t.clone())));
            return self.typed(&ty, &text);
        }
        text
    }

    /// Ways to make a value of any type.
    fn general(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> Option<String> {
        let text = match self.r.below(26) {
            0 | 1 => {
                let c = self.expr(&T::Bool, depth, scope);
                let (a, b) = (self.expr(ty, depth, scope), self.expr(ty, depth, scope));
                match self.r.below(3) {
                    0 => format!("(if {c} {{ {a} }} else {{ {b} }})"),
                    _ => format!("(if {c} then {a} else {b})"),
                }
            }
            2 | 3 => {
                let other = self.ty(2);
                let name = self.name("v");
                let value = self.expr(&other, depth, scope);
                let inner = and(scope, vec![(name.clone(), other, false)]);
                let body = self.expr(ty, depth, &inner);
                format!("{{ {name} = {value}; {body} }}")
            }
            4 => {
                let (a, b) = (self.ty(1), self.ty(1));
                let (x, y) = (self.name("x"), self.name("y"));
                let pair = self.expr(&T::Tuple(vec![a.clone(), b.clone()]), depth, scope);
                let inner = and(scope, vec![(x.clone(), a, false), (y.clone(), b, false)]);
                let body = self.expr(ty, depth, &inner);
                format!("{{ ({x}, {y}) = {pair}; {body} }}")
            }
            5..=8 => self.matched(ty, depth, scope),
            9 | 10 => return self.called(ty, depth, scope),
            11 => {
                // A lambda, applied at once or by name.
                let (a, b) = (self.ty(1), self.ty(1));
                let (x, y, f) = (self.name("x"), self.name("y"), self.name("f"));
                let inner = and(
                    scope,
                    vec![(x.clone(), a.clone(), false), (y.clone(), b.clone(), false)],
                );
                let body = self.expr(ty, depth, &inner);
                let (p, q) = (self.expr(&a, depth, scope), self.expr(&b, depth, scope));
                let (a, b) = (a.text(&self.adts), b.text(&self.adts));
                format!("{{ {f} = ({x}: {a}, {y}: {b}) => {body}; {f}({p}, {q}) }}")
            }
            12 => {
                // A cell that closures share.
                let (cell, set, arg) = (self.name("c"), self.name("set"), self.name("z"));
                let first = self.expr(ty, depth, scope);
                let inner = and(scope, vec![(arg.clone(), ty.clone(), false)]);
                let changed = self.expr(ty, depth.min(1), &inner);
                let last = self.expr(ty, depth.min(1), scope);
                format!(
                    "{{ var {cell} = {first}; {set} = ({arg}: {}) => {{ {cell} = {changed} }}; {set}({last}); {set}({cell}); {cell} }}",
                    ty.text(&self.adts)
                )
            }
            13 => {
                // A local function in a loop of its own, its last call in tail position.
                let (g, k, acc) = (self.name("g"), self.name("k"), self.name("acc"));
                let start = self.expr(ty, depth.min(1), scope);
                let inner = and(
                    scope,
                    vec![(k.clone(), T::Int, false), (acc.clone(), ty.clone(), false)],
                );
                let step = self.in_loop(ty, depth.min(2), &inner);
                let rounds = self.r.between(1, 4);
                format!(
                    "{{ {g}({k}: Int, {acc}: {}) = if {k} == 0 then {acc} else {g}({k} - 1, {step}); {g}({rounds}, {start}) }}",
                    ty.text(&self.adts)
                )
            }
            14 => {
                // A polymorphic local function at two types.
                let (g, x) = (self.name("g"), self.name("x"));
                let other = self.ty(1);
                let (a, b) = (self.expr(ty, depth, scope), self.expr(&other, depth, scope));
                format!("{{ {g}({x}) = ({x}, 1); {g}({b}).1; {g}({a}).0 }}")
            }
            15 => {
                let (v, i) = (self.name("w"), self.name("i"));
                let start = self.expr(ty, depth.min(1), scope);
                let inner = and(
                    scope,
                    vec![(v.clone(), ty.clone(), true), (i.clone(), T::Int, false)],
                );
                let step = self.in_loop(ty, depth.min(2), &inner);
                let rounds = self.r.below(5);
                let skip = match self.r.below(4) {
                    0 => format!("if {i} == 1 {{ continue }}; "),
                    1 => format!("if {i} == 3 {{ break }}; "),
                    _ => String::new(),
                };
                format!(
                    "{{ var {v} = {start}; for {i} = 0 to {rounds} {{ {skip}{v} = {step} }}; {v} }}"
                )
            }
            16 => {
                let (v, x) = (self.name("w"), self.name("x"));
                let item = self.ty(0);
                let items = self.expr(&T::List(Box::new(item.clone())), depth.min(2), scope);
                let start = self.expr(ty, depth.min(1), scope);
                let inner = and(
                    scope,
                    vec![(v.clone(), ty.clone(), true), (x.clone(), item, false)],
                );
                let step = self.in_loop(ty, depth.min(1), &inner);
                format!(
                    "{{ var {v} = {start}; for {x} in ({items}).take(5) {{ {v} = {step} }}; {v} }}"
                )
            }
            17 => {
                // A loop left with a value.
                let i = self.name("i");
                let inner = and(scope, vec![(i.clone(), T::Int, true)]);
                let value = self.expr(ty, depth, &inner);
                let rounds = self.r.below(4);
                format!(
                    "{{ var {i} = 0; while true {{ if {i} >= {rounds} {{ break {value} }}; {i} += 1 }} }}"
                )
            }
            18 | 19 => {
                let thrown = [T::Int, T::Str, T::Tuple(vec![T::Str, T::Int]), self.ty(1)];
                let thrown = self.r.of(&thrown).clone();
                let (n, c) = (self.name("e"), self.expr(&T::Bool, depth, scope));
                let value = self.expr(&thrown, depth.min(1), scope);
                let body = self.expr(ty, depth, scope);
                let inner = and(scope, vec![(n.clone(), thrown.clone(), false)]);
                let caught = self.expr(ty, depth.min(2), &inner);
                let other = match self.r.below(3) {
                    0 => format!(", _ -> {}", self.expr(ty, depth.min(1), scope)),
                    _ => String::new(),
                };
                let last = match self.r.below(3) {
                    0 => " finally { counted(2, 0) }",
                    _ => "",
                };
                format!(
                    "(try {{ if {c} then throw({value}) else {body} }} catch {{ {n}: {} -> {caught}{other} }}{last})",
                    thrown.text(&self.adts)
                )
            }
            20 => {
                // Through another process.
                let (v, me, r) = (self.name("v"), self.name("me"), self.name("r"));
                let tag = self.name("t");
                let value = self.expr(ty, depth, scope);
                format!(
                    "{{ {v} = {value}; {me} = self(); spawn {{ {me} <- (:{tag}, {v}) }}; receive {{ (:{tag}, {r}: {}) -> {r} }} }}",
                    ty.text(&self.adts)
                )
            }
            21 => {
                // A function as a message; its answer comes back.
                let (f, me, p, r) = (
                    self.name("f"),
                    self.name("me"),
                    self.name("q"),
                    self.name("r"),
                );
                let (tag, back, c) = (self.name("t"), self.name("t"), self.name("c"));
                let value = self.expr(ty, depth, scope);
                let v = self.name("v");
                let ty = ty.text(&self.adts);
                format!(
                    "{{ {v} = {value}; {me} = self(); {p} = spawn {{ receive {{ (:{tag}, {c}: Pid, {f}: (() -> {ty})) -> {c} <- (:{back}, {f}()) }} }}; {p} <- (:{tag}, {me}, () => {v}); receive {{ (:{back}, {r}: {ty}) -> {r} }} }}"
                )
            }
            22 => {
                // Out of an array.
                let a = self.name("a");
                let (x, y) = (
                    self.expr(ty, depth, scope),
                    self.expr(ty, depth.min(1), scope),
                );
                let at = self.r.below(4);
                format!("{{ {a} = Array.make(3, {x}); {a}[1] = {y}; {a}[2] = {a}[1]; {a}[{at}] }}")
            }
            23 => return self.taken_out(ty, depth, scope),
            24 => {
                let f = self.expr(ty, depth, scope);
                let n = self.name("x");
                format!("{{ {n} = {f}; ({n}, 0) |> flipped() |> flipped() }}.0")
            }
            _ => {
                let x = self.name("x");
                let inner = and(scope, vec![(x.clone(), ty.clone(), false)]);
                let step = self.expr(ty, depth.min(1), &inner);
                let start = self.expr(ty, depth, scope);
                format!("twice(({x}: {}) => {step}, {start})", ty.text(&self.adts))
            }
        };
        Some(text)
    }

    /// What is done again and again must not let its own value grow.
    fn in_loop(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
        let outer = std::mem::replace(&mut self.repeated, true);
        let depth = if ty.grows(&self.adts) { 0 } else { depth };
        let text = self.expr(ty, depth, scope);
        self.repeated = outer;
        text
    }

    fn called(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> Option<String> {
        let fitting: Vec<_> = self
            .funs
            .iter()
            .filter(|f| f.result == *ty)
            .cloned()
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let fun = self.r.of(&fitting).clone();
        let mut args: Vec<(bool, String)> = Vec::new();
        let mut named = false;
        for (name, ty, default) in &fun.params {
            if default.is_some() && self.r.chance(40) {
                // What follows must be named.
                named = true;
                continue;
            }
            let arg = self.expr(ty, depth, scope);
            named |= self.r.chance(15);
            args.push((named, if named { format!("{name}: {arg}") } else { arg }));
        }
        let dotted = args.first().is_some_and(|first| !first.0) && self.r.chance(25);
        let mut args = args.into_iter().map(|(_, arg)| arg);
        if dotted {
            let first = args.next().expect("there is one");
            let rest: Vec<String> = args.collect();
            return Some(format!("({first}).{}({})", fun.name, rest.join(", ")));
        }
        let args: Vec<String> = args.collect();
        Some(format!("{}({})", fun.name, args.join(", ")))
    }

    /// Out of something larger: a field, an element, an entry.
    fn taken_out(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> Option<String> {
        match self.r.below(5) {
            0 => {
                let mut items = vec![self.ty(0), self.ty(1), self.ty(0)];
                let at = self.r.below(3);
                items[at] = ty.clone();
                let tuple = self.expr(&T::Tuple(items), depth, scope);
                Some(format!("({tuple}).{at}"))
            }
            1 => {
                let list = self.expr(&T::List(Box::new(ty.clone())), depth, scope);
                let at = self.r.below(3);
                let otherwise = self.expr(ty, depth.min(1), scope);
                Some(format!(
                    "(try {{ ({list})[{at}] }} catch {{ (_, _) -> {otherwise} }})"
                ))
            }
            2 => {
                let key = self.ty(0);
                let map = T::Map(Box::new(key.clone()), Box::new(ty.clone()));
                let (map, key) = (self.expr(&map, depth, scope), self.leaf(&key, scope));
                let otherwise = self.expr(ty, depth.min(1), scope);
                Some(format!("({map}).lookup({key}).unwrapOr({otherwise})"))
            }
            3 => {
                let opt = self.expr(&T::Opt(Box::new(ty.clone())), depth, scope);
                let otherwise = self.expr(ty, depth.min(1), scope);
                Some(format!("({opt}).unwrapOr({otherwise})"))
            }
            _ => {
                let records: Vec<usize> = (0..self.adts.len())
                    .filter(|i| self.adts[*i].record)
                    .collect();
                let mut found = Vec::new();
                for i in records {
                    let arg = self.adts[i].generic.then(|| ty.clone());
                    for (name, field) in &self.adts[i].ctors[0].fields {
                        if field.with(arg.as_ref().or(Some(&T::Int))) == *ty {
                            found.push((i, arg.clone(), name.clone()));
                        }
                    }
                }
                if found.is_empty() {
                    return None;
                }
                let (i, arg, name) = self.r.of(&found).clone();
                let record = self.expr(&T::Adt(i, arg.map(Box::new)), depth, scope);
                Some(format!("({record}).{name}"))
            }
        }
    }

    /// Ways to make a value of this type in particular.
    fn own(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
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
            T::Atom => self.literal(ty, scope),
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
        match self.r.below(18) {
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
                let (x, y) = (self.weighed(depth, scope), self.r.below(5));
                match self.r.below(3) {
                    0 => format!("({x}).weight()"),
                    1 => format!("({x}).heavier(by: {y})"),
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
    fn weighed(&mut self, depth: usize, scope: Scope<'_>) -> String {
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
        self.expr(&ty, depth, scope)
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
        match self.r.below(13) {
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
