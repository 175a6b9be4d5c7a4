//! Expressions of a wanted type.

use crate::program::Gen;
use crate::types::{SIZED, T};

/// Names in sight: type, and whether they may be assigned.
pub(crate) type Scope<'a> = &'a [(String, T, bool)];

pub(crate) fn and(scope: Scope<'_>, more: Vec<(String, T, bool)>) -> Vec<(String, T, bool)> {
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

    pub(crate) fn literal(&mut self, ty: &T, scope: Scope<'_>) -> String {
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
            T::Big => (*self
                .r
                .of(&["0n", "7n", "(-3n)", "12345678901234567890123n"]))
            .into(),
            T::Dec => (*self.r.of(&["0d", "1.5d", "(-0.25d)", "10d", "123456.789d"])).into(),
            T::F32 => (*self.r.of(&["0.0f32", "1.5f32", "(-0.1f32)", "1.0e10f32"])).into(),
            T::Var(_) => {
                let known: Vec<&String> =
                    scope.iter().filter(|s| s.1 == *ty).map(|s| &s.0).collect();
                match known.first() {
                    Some(name) => (*name).clone(),
                    // Nothing is known of the type.
                    None => self.typed(ty, "panic(\"no value\")"),
                }
            }
            T::Param => panic!("parameters are replaced"),
        }
    }

    pub(crate) fn leaf(&mut self, ty: &T, scope: Scope<'_>) -> String {
        self.expr(ty, 0, scope)
    }

    /// Where nothing else may say what type it is.
    pub(crate) fn typed(&mut self, ty: &T, text: &str) -> String {
        format!("assertType[{}]({text})", ty.text(&self.adts))
    }

    pub(crate) fn construct(
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
        let text = match self.r.below(40) {
            26..=36 => return self.wider(ty, depth, scope),
            37..=39 => return self.by_trait(ty, depth, scope),
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
    pub(crate) fn in_loop(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
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
            .chain(&self.module_funs)
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
        let qualified = fun.name.contains('.');
        // Named arguments want a receiver of known type.
        let dotted =
            !qualified && !named && args.first().is_some_and(|first| !first.0) && self.r.chance(25);
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
}
