//! Matches: a subject, arms that take it apart, and an arm for what the others leave.

use crate::expr::Scope;
use crate::program::Gen;
use crate::types::{SIZED, T};

/// Names a pattern binds.
type Bound = Vec<(String, T, bool)>;

impl Gen {
    /// A match whose arms give this type.
    pub(crate) fn matched(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
        if self.r.chance(35) {
            return self.by_constructor(ty, depth, scope);
        }
        let of = self.ty(2);
        let subject = self.expr(&of, depth, scope);
        let mut arms = Vec::new();
        for _ in 0..self.r.between(1, 3) {
            let mut bound = Vec::new();
            let pattern = self.pattern(&of, 2, &mut bound, scope);
            arms.push(self.arm(&pattern, bound, ty, depth, scope));
        }
        let rest = self.expr(ty, depth.min(2), scope);
        arms.push(format!("_ -> {rest}"));
        format!("(match {subject} {{ {} }})", arms.join(", "))
    }

    /// One arm for each constructor, exactly.
    fn by_constructor(&mut self, ty: &T, depth: usize, scope: Scope<'_>) -> String {
        let of = match self.r.below(4) {
            0 => T::Opt(Box::new(self.ty(1))),
            1 => T::Res(Box::new(self.ty(1))),
            2 => T::Bool,
            _ => self.declared(),
        };
        let subject = self.expr(&of, depth, scope);
        let mut arms = Vec::new();
        let mut case = |g: &mut Gen, name: &str, fields: &[T]| {
            let mut bound = Vec::new();
            let names: Vec<String> = fields
                .iter()
                .map(|field| {
                    if g.r.chance(20) {
                        return "_".to_string();
                    }
                    let name = g.name("y");
                    bound.push((name.clone(), field.clone(), false));
                    name
                })
                .collect();
            let pattern = if names.is_empty() {
                name.to_string()
            } else {
                format!("{name}({})", names.join(", "))
            };
            // A guard alone leaves the case open: the same pattern without one follows.
            if g.r.chance(20) {
                let mut inner = scope.to_vec();
                inner.extend(bound.clone());
                let guard = g.expr(&T::Bool, 1, &inner);
                let body = g.expr(ty, depth.min(2), &inner);
                arms.push(format!("{pattern} when {guard} -> {body}"));
            }
            let arm = g.arm_without_guard(&pattern, bound, ty, depth, scope);
            arms.push(arm);
        };
        match &of {
            T::Opt(item) => {
                case(self, "Some", std::slice::from_ref(item));
                case(self, "None", &[]);
            }
            T::Res(item) => {
                case(self, "Ok", std::slice::from_ref(item));
                case(self, "Err", &[T::Str]);
            }
            T::Bool => {
                case(self, "true", &[]);
                case(self, "false", &[]);
            }
            T::Adt(number, arg) => {
                for ctor in self.adts[*number].ctors.clone() {
                    let fields: Vec<T> = ctor
                        .fields
                        .iter()
                        .map(|(_, t)| t.with(arg.as_deref()))
                        .collect();
                    case(self, &ctor.name, &fields);
                }
            }
            _ => panic!("it has constructors"),
        }
        format!("(match {subject} {{ {} }})", arms.join(", "))
    }

    fn declared(&mut self) -> T {
        if self.adts.is_empty() {
            return T::Opt(Box::new(T::Int));
        }
        let number = self.r.below(self.adts.len());
        let arg = if self.adts[number].generic {
            Some(Box::new(self.ty(1)))
        } else {
            None
        };
        T::Adt(number, arg)
    }

    fn arm(
        &mut self,
        pattern: &str,
        bound: Bound,
        ty: &T,
        depth: usize,
        scope: Scope<'_>,
    ) -> String {
        let mut inner = scope.to_vec();
        inner.extend(bound.clone());
        if self.r.chance(25) {
            let guard = self.expr(&T::Bool, 1, &inner);
            let body = self.expr(ty, depth, &inner);
            return format!("{pattern} when {guard} -> {body}");
        }
        self.arm_without_guard(pattern, bound, ty, depth, scope)
    }

    fn arm_without_guard(
        &mut self,
        pattern: &str,
        bound: Bound,
        ty: &T,
        depth: usize,
        scope: Scope<'_>,
    ) -> String {
        let mut inner = scope.to_vec();
        inner.extend(bound);
        let body = self.expr(ty, depth, &inner);
        format!("{pattern} -> {body}")
    }

    /// A pattern for values of this type; what it binds goes to `bound`.
    fn pattern(&mut self, ty: &T, depth: usize, bound: &mut Bound, scope: Scope<'_>) -> String {
        let plain = depth == 0 || self.r.chance(25);
        if plain {
            if self.r.chance(30) {
                return "_".into();
            }
            let name = self.name("y");
            bound.push((name.clone(), ty.clone(), false));
            return name;
        }
        if self.r.chance(10) {
            let name = self.name("whole");
            let inner = self.pattern(ty, depth - 1, bound, scope);
            bound.push((name.clone(), ty.clone(), false));
            return format!("({name} @ {inner})");
        }
        let pinned: Vec<String> = scope
            .iter()
            .filter(|(_, t, mutable)| t == ty && !mutable)
            .map(|(name, ..)| name.clone())
            .collect();
        if !pinned.is_empty() && self.r.chance(12) {
            return format!("^{}", self.r.of(&pinned));
        }
        match ty {
            T::Int => (*self.r.of(&[
                "0",
                "(1 | 2)",
                "1..10",
                "1..=10",
                "-1",
                "(7 | 100 | 3)",
                "50..100",
            ]))
            .into(),
            T::Bool => (*self.r.of(&["true", "false"])).into(),
            T::Str => match self.r.below(4) {
                0 => {
                    let rest = self.name("y");
                    bound.push((rest.clone(), T::Str, false));
                    format!("[\"h\" | {rest}]")
                }
                1 => "(\"a\" | \"xyz\")".into(),
                2 => "\"\"".into(),
                _ => "\"hello\"".into(),
            },
            T::Float => (*self.r.of(&["0.5", "1.5", "0.0"])).into(),
            T::Char => (*self.r.of(&["'a'", "('Z' | 'é')"])).into(),
            T::Atom => (*self.r.of(&[":ok", "(:no | :left)"])).into(),
            T::Sized(i) => format!("{}{}", self.r.of(&["0", "1", "7"]), SIZED[*i].1),
            T::List(item) => {
                let count = self.r.below(3);
                let heads: Vec<String> = (0..count)
                    .map(|_| self.pattern(item, depth - 1, bound, scope))
                    .collect();
                if count > 0 && self.r.chance(50) {
                    let rest = self.name("y");
                    bound.push((rest.clone(), ty.clone(), false));
                    format!("[{} | {rest}]", heads.join(", "))
                } else {
                    format!("[{}]", heads.join(", "))
                }
            }
            T::Tuple(items) => {
                let parts: Vec<String> = items
                    .iter()
                    .map(|t| self.pattern(t, depth - 1, bound, scope))
                    .collect();
                format!("({})", parts.join(", "))
            }
            T::Opt(item) => {
                if self.r.chance(30) {
                    return "None".into();
                }
                format!("Some({})", self.pattern(item, depth - 1, bound, scope))
            }
            T::Res(item) => {
                if self.r.chance(40) {
                    return format!("Err({})", self.pattern(&T::Str, depth - 1, bound, scope));
                }
                format!("Ok({})", self.pattern(item, depth - 1, bound, scope))
            }
            T::Adt(number, arg) => {
                let adt = self.adts[*number].clone();
                let ctor = self.r.of(&adt.ctors).clone();
                let parts: Vec<(String, String)> = ctor
                    .fields
                    .iter()
                    .map(|(name, t)| {
                        let t = t.with(arg.as_deref());
                        (name.clone(), self.pattern(&t, depth - 1, bound, scope))
                    })
                    .collect();
                if parts.is_empty() {
                    return ctor.name;
                }
                if ctor.named && self.r.chance(50) {
                    let parts: Vec<String> = parts
                        .iter()
                        .map(|(name, p)| format!("{name}: {p}"))
                        .collect();
                    return format!("{}{{{}}}", ctor.name, parts.join(", "));
                }
                let parts: Vec<String> = parts.into_iter().map(|(_, p)| p).collect();
                format!("{}({})", ctor.name, parts.join(", "))
            }
            T::Map(key, value) if matches!(**key, T::Int | T::Str) => {
                let key = if **key == T::Int { "1" } else { "\"a\"" };
                format!("%{{{key}: {}}}", self.pattern(value, 1, bound, scope))
            }
            T::Big => (*self.r.of(&["0n", "7n"])).into(),
            T::Dec => (*self.r.of(&["0d", "1.5d"])).into(),
            T::F32 => "1.5f32".into(),
            T::Map(..) | T::Set(_) | T::Var(_) | T::Param => "_".into(),
        }
    }
}
