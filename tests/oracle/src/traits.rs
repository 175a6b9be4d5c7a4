//! Traits of a program: methods with defaults, supertraits, implementations for built-in, declared and generic types, functions with bounds.

use crate::expr::Scope;
use crate::program::Gen;
use crate::types::T;

/// A trait of the program.
#[derive(Clone, Debug)]
pub(crate) struct Trait {
    name: String,
    /// Its method that gives an Int.
    size: String,
    /// Its method with a parameter and a default body: parameter, result.
    with: (String, T, T),
    /// Its method that gives a value of the type itself.
    again: String,
    /// What it extends.
    above: Option<usize>,
    /// Types of the program that implement it; a generic one does when its argument does.
    adts: Vec<usize>,
    /// A function with a bound: it takes two such values and gives what `with` gives.
    bounded: String,
}

impl Gen {
    /// Declares traits, implements them, and declares functions that use them.
    pub(crate) fn traits(&mut self, out: &mut String) {
        for number in 0..self.few(2) {
            let mut made = self.declare_trait(number, out);
            made.adts = self.implement(&made, out);
            let Trait {
                name,
                size,
                with,
                again,
                bounded,
                ..
            } = &made;
            let (param, result) = (with.1.text(&self.adts), with.2.text(&self.adts));
            let more = *self.r.of(&["", " + Show", " + Eq + Show"]);
            out.push_str(&format!(
                "{bounded}[A: {name}{more}](x: A, ys: List[A], k: {param}) -> {result} = if ys.map(y => y.{size}()).sum() < x.{again}().{size}() then x.{}(k) else ys.fold(x, (a, b) => if a.{size}() > b.{size}() then a else b).{}(k)\n",
                with.0, with.0
            ));
            self.traits.push(made);
        }
    }

    /// Methods are known in all programs that are checked together, so their names are nobody else's.
    fn method(&mut self, prefix: &str) -> String {
        let name = self.name(prefix);
        format!("{name}x{}", self.seed)
    }

    fn declare_trait(&mut self, number: usize, out: &mut String) -> Trait {
        let above = (number > 0 && self.r.chance(40)).then(|| self.r.below(number));
        let made = Trait {
            name: format!("Tr{number}"),
            size: self.method("size"),
            with: (self.method("with"), self.ty(1), self.ty(1)),
            again: self.method("again"),
            above,
            adts: Vec::new(),
            bounded: self.name("bounded"),
        };
        self.fuel = 10;
        let default = self.expr(&made.with.2, 2, &[("k".into(), made.with.1.clone(), false)]);
        let extends = above.map_or(String::new(), |at| format!(": {}", self.traits[at].name));
        let (k, result) = (made.with.1.text(&self.adts), made.with.2.text(&self.adts));
        let given = if self.r.chance(30) {
            format!(" = {}", self.literal(&made.with.1, &[]))
        } else {
            String::new()
        };
        out.push_str(&format!(
            "trait {}{extends}\n  {}(self) -> Int\n  {}(self, k: {k}{given}) -> {result} = if self.{}() > 3 then {default} else {}\n  {}(self) -> Self\nend\n",
            made.name,
            made.size,
            made.with.0,
            made.size,
            self.leaf(&made.with.2, &[]),
            made.again
        ));
        made
    }

    fn implement(&mut self, made: &Trait, out: &mut String) -> Vec<usize> {
        let Trait {
            name, size, again, ..
        } = made;
        let int = self.literal(&T::Int, &[]);
        out.push_str(&format!(
            "Int: {name}\n  {size}(self) = self % 50\n  {again}(self) = self + {int}\nend\n"
        ));
        self.fuel = 8;
        let own = [
            ("self".to_string(), T::Str, false),
            ("k".to_string(), made.with.1.clone(), false),
        ];
        let (string, with) = (
            self.leaf(&T::Str, &own[..1]),
            self.expr(&made.with.2, 2, &own),
        );
        let (k, result) = (made.with.1.text(&self.adts), made.with.2.text(&self.adts));
        out.push_str(&format!(
            "String: {name}\n  {size}(self) = self.length()\n  {again}(self) = {string}\n  {}(self, k: {k}) -> {result} = {with}\nend\n",
            made.with.0
        ));
        out.push_str(&format!(
            "Option[T]: {name} when T: {name}\n  {size}(self) = match self {{ Some(x) -> x.{size}() + 1, None -> 0 }}\n  {again}(self) = self.map(x => x.{again}())\nend\n"
        ));
        out.push_str(&format!(
            "List[T]: {name} when T: {name}\n  {size}(self) = self.fold(0, (n, x) => n + x.{size}())\n  {again}(self) = match self {{ [x, y | _] -> [y.{again}(), x], _ -> self }}\nend\n"
        ));
        out.push_str(&format!(
            "(A, B): {name} when A: {name}, B: {name}\n  {size}(self) = self.0.{size}() - self.1.{size}()\n  {again}(self) = (self.0.{again}(), self.1)\nend\n"
        ));
        let mut adts = Vec::new();
        for number in 0..self.adts.len() {
            let above = made.above.map(|at| self.traits[at].adts.contains(&number));
            if above == Some(false) || !self.r.chance(60) {
                continue;
            }
            self.implement_adt(made, number, out);
            adts.push(number);
        }
        adts
    }

    fn implement_adt(&mut self, made: &Trait, number: usize, out: &mut String) {
        let adt = self.adts[number].clone();
        let mut arms = Vec::new();
        for ctor in &adt.ctors {
            let mut sum = vec![format!("{}", self.r.below(9))];
            let mut parts = Vec::new();
            for (at, (_, ty)) in ctor.fields.iter().enumerate() {
                let used = *ty == T::Param || *ty == T::Int || *ty == T::Str;
                if used {
                    parts.push(format!("q{at}"));
                    sum.push(format!("q{at}.{}()", made.size));
                } else {
                    parts.push("_".to_string());
                }
            }
            let pattern = if parts.is_empty() {
                ctor.name.clone()
            } else {
                format!("{}({})", ctor.name, parts.join(", "))
            };
            arms.push(format!("{pattern} -> {}", sum.join(" + ")));
        }
        let head = if adt.generic {
            format!("{}[T]: {} when T: {}", adt.name, made.name, made.name)
        } else {
            format!("{}: {}", adt.name, made.name)
        };
        out.push_str(&format!(
            "{head}\n  {}(self) = match self {{ {} }}\n  {}(self) = self\nend\n",
            made.size,
            arms.join(", "),
            made.again
        ));
    }

    /// An Int by a method of a trait of the program.
    pub(crate) fn sized_by_trait(&mut self, depth: usize, scope: Scope<'_>) -> Option<String> {
        if self.traits.is_empty() {
            return None;
        }
        let made = self.r.of(&self.traits).clone();
        let ty = self.implementer(&made, 2);
        let value = self.expr(&ty, depth, scope);
        Some(match self.r.below(4) {
            0 => format!("({value}).{}().{}()", made.again, made.size),
            1 => {
                let list = self.expr(&T::List(Box::new(ty)), depth.min(1), scope);
                let x = self.name("x");
                format!(
                    "({list}).map({x} => {x}.{}()).fold(({value}).{}(), (a, b) => a + b)",
                    made.size, made.size
                )
            }
            _ => format!("({value}).{}()", made.size),
        })
    }

    /// A value of this type by a method of a trait or a function with a bound.
    pub(crate) fn by_trait(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> Option<String> {
        let fitting: Vec<Trait> = self
            .traits
            .iter()
            .filter(|t| t.with.2 == *ty)
            .cloned()
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let made = self.r.of(&fitting).clone();
        let of = self.implementer(&made, 2);
        let value = self.expr(&of, depth, scope);
        let k = self.expr(&made.with.1, depth.min(1), scope);
        if self.r.chance(60) {
            return Some(format!("({value}).{}({k})", made.with.0));
        }
        let list = self.expr(&T::List(Box::new(of)), depth.min(1), scope);
        Some(format!("{}({value}, {list}, {k})", made.bounded))
    }

    /// A type that implements the trait.
    fn implementer(&mut self, made: &Trait, depth: usize) -> T {
        if depth > 0 && self.r.chance(40) {
            let inner = Box::new(self.implementer(made, depth - 1));
            return match self.r.below(3) {
                0 => T::List(inner),
                1 => T::Opt(inner),
                _ => T::Tuple(vec![*inner, self.implementer(made, 0)]),
            };
        }
        if made.adts.is_empty() || self.r.chance(40) {
            return [T::Int, T::Str][self.r.below(2)].clone();
        }
        let number = *self.r.of(&made.adts);
        let arg = self.adts[number]
            .generic
            .then(|| Box::new(self.implementer(made, 0)));
        T::Adt(number, arg)
    }
}
