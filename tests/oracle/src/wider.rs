//! More ways to make a value of any type: tasks, channels, local functions of several clauses and with `?`, functions as values, cells shared by closures, early returns, generic functions and traits.

use crate::expr::{Scope, and};
use crate::program::Gen;
use crate::types::T;

impl Gen {
    /// Ways that need more than an expression.
    pub(crate) fn wider(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> Option<String> {
        let name = ty.text(&self.adts);
        let small = depth.min(1);
        let text = match self.r.below(17) {
            0 => {
                // What a task throws is thrown where it is awaited.
                let value = self.expr(ty, depth, scope);
                match self.r.below(4) {
                    0 => format!("await(Task.async(() => {value}))"),
                    1 => {
                        let (a, b) = (self.name("t"), self.name("t"));
                        let other = self.ty(1);
                        let first = self.expr(&other, small, scope);
                        let x = self.name("x");
                        let inner = and(scope, vec![(x.clone(), other, false)]);
                        let last = self.expr(ty, small, &inner);
                        format!(
                            "{{ {a} = async {{ {first} }}; {b} = async {{ {value} }}; await({b}); {x} = await({a}); {last} }}"
                        )
                    }
                    _ => format!("await(async {{ {value} }})"),
                }
            }
            1 => {
                // What is sent is computed before: a sender that throws would leave its receiver waiting.
                let (ch, a, b) = (self.name("ch"), self.name("v"), self.name("v"));
                let (x, y) = (self.name("x"), self.name("x"));
                let (first, second) = (self.expr(ty, depth, scope), self.expr(ty, small, scope));
                let inner = and(
                    scope,
                    vec![
                        (x.clone(), ty.clone(), false),
                        (y.clone(), ty.clone(), false),
                    ],
                );
                let last = self.expr(ty, small, &inner);
                let new = *self
                    .r
                    .of(&["Chan.new()", "Chan.bounded(1)", "Chan.bounded(4)"]);
                format!(
                    "{{ {a} = {first}; {b} = {second}; {ch}: Chan[{name}] = {new}; spawn {{ {ch}.send({a}); {ch}.send({b}) }}; {x} = {ch}.recv(); {y} = {ch}.recv(); {last} }}"
                )
            }
            2 => {
                // Messages of two types, taken in the other order.
                let (me, a, b) = (self.name("me"), self.name("v"), self.name("v"));
                let (x, y) = (self.name("x"), self.name("y"));
                let (s, t) = (self.name("t"), self.name("t"));
                let other = self.ty(1);
                let (first, second) =
                    (self.expr(ty, small, scope), self.expr(&other, small, scope));
                let inner = and(
                    scope,
                    vec![
                        (x.clone(), ty.clone(), false),
                        (y.clone(), other.clone(), false),
                    ],
                );
                let last = self.expr(ty, depth, &inner);
                let other = other.text(&self.adts);
                format!(
                    "{{ {a} = {first}; {b} = {second}; {me} = self(); spawn {{ {me} <- (:{s}, {a}); {me} <- (:{t}, {b}) }}; {y} = receive {{ (:{t}, z: {other}) -> z }}; {x} = receive {{ (:{s}, z: {name}) -> z }}; {last} }}"
                )
            }
            3 => {
                // A local function with `?`.
                let (g, o, y) = (self.name("g"), self.name("o"), self.name("y"));
                let from = self.ty(1);
                let inner = and(scope, vec![(y.clone(), from.clone(), false)]);
                let value = self.expr(ty, small, &inner);
                let otherwise = self.expr(ty, small, scope);
                if self.r.chance(50) {
                    let opt = T::Opt(Box::new(from.clone()));
                    let arg = self.expr(&opt, depth, scope);
                    format!(
                        "{{ {g}({o}: {}) -> Option[{name}] = {{ {y} = {o}?; Some({value}) }}; {g}({arg}).unwrapOr({otherwise}) }}",
                        opt.text(&self.adts)
                    )
                } else {
                    let res = T::Res(Box::new(from.clone()));
                    let arg = self.expr(&res, depth, scope);
                    format!(
                        "{{ {g}({o}: {}) -> Result[{name}, String] = {{ {y} = {o}?; Ok({value}) }}; match {g}({arg}) {{ Ok(z) -> z, Err(_) -> {otherwise} }} }}",
                        res.text(&self.adts)
                    )
                }
            }
            4 => {
                // Several clauses, a guard among them.
                let (g, n) = (self.name("g"), self.name("n"));
                let inner = and(scope, vec![(n.clone(), T::Int, false)]);
                let (zero, less) = (self.expr(ty, small, scope), self.expr(ty, small, &inner));
                let more = self.expr(ty, depth, &inner);
                let arg = self.expr(&T::Int, small, scope);
                format!(
                    "{{ {g}(0) = {zero}; {g}({n}) when {n} < 0 = {less}; {g}({n}) = {more}; {g}({arg}) }}"
                )
            }
            5 => {
                // Functions in a list, a tuple, an option.
                let (x, f) = (self.name("x"), self.name("f"));
                let from = self.ty(1);
                let inner = and(scope, vec![(x.clone(), from.clone(), false)]);
                let (a, b) = (self.expr(ty, small, &inner), self.expr(ty, small, &inner));
                let arg = self.expr(&from, depth, scope);
                let from = from.text(&self.adts);
                let (a, b) = (
                    format!("(({x}: {from}) => {a})"),
                    format!("(({x}: {from}) => {b})"),
                );
                match self.r.below(4) {
                    0 => format!("{{ {f} = [{a}, {b}]; {f}[1]({arg}) }}"),
                    1 => format!("{{ {f} = ({a}, {b}); ({f}.0)({arg}) }}"),
                    2 => format!("[{a}, {b}].map({f} => {f}({arg})).last()"),
                    _ => {
                        let test = self.expr(&T::Bool, small, scope);
                        format!("{{ {f} = if {test} then {a} else {b}; {f}({arg}) }}")
                    }
                }
            }
            6 => {
                // A function that gives a function.
                let (g, a, b) = (self.name("g"), self.name("x"), self.name("x"));
                let (s, t) = (self.ty(1), self.ty(1));
                let inner = and(
                    scope,
                    vec![(a.clone(), s.clone(), false), (b.clone(), t.clone(), false)],
                );
                let value = self.expr(ty, depth, &inner);
                let (p, q) = (self.expr(&s, small, scope), self.expr(&t, small, scope));
                let (s, t) = (s.text(&self.adts), t.text(&self.adts));
                format!("{{ {g}({a}: {s}) = ({b}: {t}) => {value}; {g}({p})({q}) }}")
            }
            7 => {
                // A cell that two closures share; one changes it, one reads it.
                let (c, set, get) = (self.name("c"), self.name("set"), self.name("get"));
                let first = self.expr(ty, depth, scope);
                let inner = and(scope, vec![(c.clone(), ty.clone(), true)]);
                let next = self.in_loop(ty, small, &inner);
                format!(
                    "{{ var {c} = {first}; {set} = () => {{ {c} = {next}; {c} }}; {get} = () => {c}; {set}(); {set}(); {get}() }}"
                )
            }
            8 => {
                // Out of a loop in a lambda, early.
                let x = self.name("x");
                let item = self.ty(1);
                let list = self.expr(&T::List(Box::new(item.clone())), small, scope);
                let inner = and(scope, vec![(x.clone(), item, false)]);
                let test = self.expr(&T::Bool, small, &inner);
                let (early, late) = (self.expr(ty, small, &inner), self.expr(ty, depth, scope));
                format!(
                    "(() => {{ for {x} in ({list}).take(6) {{ if {test} {{ return {early} }} }}; {late} }})()"
                )
            }
            9 => {
                // Several types thrown and caught, a log of what ran.
                let (log, e, f) = (self.name("log"), self.name("e"), self.name("e"));
                let (a, b) = (self.ty(1), self.ty(0));
                let (c, d) = (
                    self.expr(&T::Bool, small, scope),
                    self.expr(&T::Bool, small, scope),
                );
                let (x, y) = (self.expr(&a, small, scope), self.expr(&b, small, scope));
                let body = self.expr(ty, depth, scope);
                let (of_a, of_b) = (
                    self.expr(ty, small, &and(scope, vec![(e.clone(), a.clone(), false)])),
                    self.expr(ty, small, &and(scope, vec![(f.clone(), b.clone(), false)])),
                );
                let rest = self.expr(ty, 0, scope);
                // Two arms of one type would be one too many.
                let second = match a == b {
                    true => String::new(),
                    false => format!("{f}: {} -> {of_b}\n ", b.text(&self.adts)),
                };
                format!(
                    "{{ var {log} = 0; out{log} = try {{ if {c} {{ throw({x}) }}; if {d} {{ throw({y}) }}; {body} }} catch {{\n {e}: {} -> {of_a}\n {second}_ -> {rest}\n}} finally {{ {log} += 1 }}; if {log} == 1 then out{log} else {rest} }}",
                    a.text(&self.adts)
                )
            }
            10 => format!("copy({})", self.expr(ty, depth, scope)),
            11 => {
                // A polymorphic local function at three types.
                let (g, x, y) = (self.name("g"), self.name("x"), self.name("y"));
                let (s, t) = (self.ty(1), self.ty(1));
                let a = self.expr(ty, depth, scope);
                let (b, c) = (self.expr(&s, small, scope), self.expr(&t, small, scope));
                format!(
                    "{{ {g}({x}, {y}) = [({y}, {x})]; {g}({b}, {c}).length(); {g}({c}, {b}); {g}({b}, {a}).head().0 }}"
                )
            }
            12 | 13 => return self.generic_call(ty, depth, scope),
            14 => {
                // A later handler, an inner one passes on what it does not take.
                let e = self.name("e");
                let body = self.expr(ty, depth, scope);
                let (a, b) = (self.expr(ty, small, scope), self.expr(ty, small, scope));
                let test = self.expr(&T::Bool, small, scope);
                format!(
                    "(try {{ try {{ if {test} then throw((7, true)) else {body} }} catch {{ {e}: Char -> {a} }} }} catch {{ ({e}: Int, true) -> {b} }})"
                )
            }
            15 => {
                // A subject of two parts.
                let (a, b) = (self.ty(1), self.ty(0));
                let of = T::Tuple(vec![T::Opt(Box::new(a.clone())), b.clone()]);
                let subject = self.expr(&of, depth, scope);
                let (x, y) = (self.name("y"), self.name("y"));
                let inner = and(
                    scope,
                    vec![(x.clone(), a, false), (y.clone(), b.clone(), false)],
                );
                let some = self.expr(ty, small, &inner);
                let inner = and(scope, vec![(y.clone(), b, false)]);
                let none = self.expr(ty, small, &inner);
                format!("(match {subject} {{ (Some({x}), {y}) -> {some}, (None, {y}) -> {none} }})")
            }
            _ => {
                // Counted down in a loop with `while`, left in the middle.
                let (n, v) = (self.name("n"), self.name("w"));
                let start = self.expr(ty, depth, scope);
                let inner = and(
                    scope,
                    vec![(v.clone(), ty.clone(), true), (n.clone(), T::Int, true)],
                );
                let test = self.expr(&T::Bool, small, &inner);
                let step = self.in_loop(ty, small, &inner);
                let rounds = self.r.between(1, 5);
                format!(
                    "{{ var {n} = {rounds}; var {v} = {start}; while {n} > 0 {{ {n} -= 1; if {test} {{ continue }}; {v} = {step} }}; {v} }}"
                )
            }
        };
        Some(text)
    }

    /// A call of a generic function whose result can be of this type.
    fn generic_call(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> Option<String> {
        let mut found = Vec::new();
        for (at, fun) in self.generics.iter().enumerate() {
            let mut args = vec![None; fun.count];
            if fits(&fun.result, ty, &mut args) {
                found.push((at, args));
            }
        }
        if found.is_empty() {
            return None;
        }
        let (at, args) = self.r.of(&found).clone();
        let fun = self.generics[at].clone();
        let mut types = Vec::new();
        for arg in args {
            let ty = match arg {
                Some(ty) => ty,
                None => self.ty(1),
            };
            if !ty.ordered(&self.adts) {
                return None;
            }
            types.push(ty);
        }
        let mut args = Vec::new();
        for (_, param) in &fun.params {
            args.push(self.expr(&param.instance(&types), depth, scope));
        }
        let given = if self.r.chance(20) {
            let types: Vec<String> = types.iter().map(|t| t.text(&self.adts)).collect();
            format!("[{}]", types.join(", "))
        } else {
            String::new()
        };
        Some(format!("{}{given}({})", fun.name, args.join(", ")))
    }
}

/// Whether a type with parameters can be this one, and what they then are.
fn fits(with: &T, ty: &T, args: &mut [Option<T>]) -> bool {
    match (with, ty) {
        (T::Var(i), _) => match &args[*i] {
            Some(known) => known == ty,
            None => {
                args[*i] = Some(ty.clone());
                true
            }
        },
        (T::List(a), T::List(b))
        | (T::Opt(a), T::Opt(b))
        | (T::Res(a), T::Res(b))
        | (T::Set(a), T::Set(b)) => fits(a, b, args),
        (T::Map(k, v), T::Map(l, w)) => fits(k, l, args) && fits(v, w, args),
        (T::Tuple(a), T::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fits(a, b, args))
        }
        (T::Adt(i, Some(a)), T::Adt(j, Some(b))) => i == j && fits(a, b, args),
        _ => with == ty,
    }
}
