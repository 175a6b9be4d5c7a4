//! What a program declares besides types and plain functions: generic functions, modules, values that processes share, aliases, constants, ways to show.

use crate::program::Gen;
use crate::types::{Fun, T};

/// A generic function.
#[derive(Clone, Debug)]
pub(crate) struct Generic {
    /// Its name.
    pub name: String,
    /// How many type parameters it has; each has the bounds [`BOUNDS`].
    pub count: usize,
    /// Parameters: name, type.
    pub params: Vec<(String, T)>,
    /// Result.
    pub result: T,
}

/// What the body of a generic function may do with values of its parameters' types.
const BOUNDS: &str = "Eq + Ord + Show + Hash + Copy";

impl Gen {
    /// Generic functions: their bodies are random expressions in which values of unknown types are moved about, compared and shown.
    pub(crate) fn generic_functions(&mut self, out: &mut String) {
        for _ in 0..self.few(2) {
            let count = self.r.between(1, 2);
            self.variables = count;
            let mut params: Vec<(String, T)> = Vec::new();
            for at in 0..count {
                params.push((self.name("p"), T::Var(at)));
            }
            for _ in 0..self.r.below(3) {
                let ty = self.ty(2);
                params.push((self.name("p"), ty));
            }
            let result = match self.r.below(4) {
                0 => T::Var(0),
                1 => T::List(Box::new(T::Var(0))),
                _ => self.ty(2),
            };
            let scope: Vec<(String, T, bool)> = params
                .iter()
                .map(|(name, ty)| (name.clone(), ty.clone(), false))
                .collect();
            self.fuel = 15;
            let body = self.expr(&result, 4, &scope);
            self.variables = 0;
            let name = self.name("generic");
            let bounds: Vec<String> = (0..count)
                .map(|at| format!("{}: {BOUNDS}", T::Var(at).text(&self.adts)))
                .collect();
            let head: Vec<String> = params
                .iter()
                .map(|(name, ty)| format!("{name}: {}", ty.text(&self.adts)))
                .collect();
            out.push_str(&format!(
                "{name}[{}]({}) -> {} = {body}\n",
                bounds.join(", "),
                head.join(", "),
                result.text(&self.adts)
            ));
            self.generics.push(Generic {
                name,
                count,
                params,
                result,
            });
        }
    }

    /// A module in the file; what is private in it is used by what is public.
    pub(crate) fn module(&mut self, out: &mut String) {
        if !self.r.chance(40) {
            return;
        }
        let module = self.name("Mod");
        out.push_str(&format!("module {module}\n"));
        let inner = self.r.chance(30).then(|| self.name("Inner"));
        if let Some(inner) = &inner {
            out.push_str(&format!("  module {inner}\n"));
        }
        let path = match &inner {
            Some(inner) => format!("{module}.{inner}"),
            None => module,
        };
        let (hidden, value) = (self.name("hidden"), self.name("inside"));
        let (from, ty) = (self.ty(1), self.ty(1));
        self.fuel = 15;
        let scope = [("p".to_string(), from.clone(), false)];
        let body = self.expr(&ty, 3, &scope);
        let (of, to) = (from.text(&self.adts), ty.text(&self.adts));
        out.push_str(&format!("    {hidden}(p: {of}) -> {to} = {body}\n"));
        let known = self.ty(1);
        let text = self.expr(&known, 2, &[]);
        out.push_str(&format!(
            "    pub {value}: {} = {text}\n",
            known.text(&self.adts)
        ));
        let mut made = Vec::new();
        for _ in 0..self.r.between(1, 2) {
            let name = self.name("open");
            let scope = [
                ("p".to_string(), from.clone(), false),
                // Not for pins.
                (value.clone(), known.clone(), true),
                (format!("{hidden}(p)"), ty.clone(), true),
            ];
            let result = self.ty(1);
            self.fuel = 15;
            let body = self.expr(&result, 3, &scope);
            let default = if self.r.chance(30) {
                Some(self.literal(&from, &[]))
            } else {
                None
            };
            let given = default
                .as_ref()
                .map_or(String::new(), |text| format!(" = {text}"));
            out.push_str(&format!(
                "    pub {name}(p: {of}{given}) -> {} = {body}\n",
                result.text(&self.adts)
            ));
            made.push(Fun {
                name: format!("{path}.{name}"),
                params: vec![("p".into(), from.clone(), default)],
                result,
            });
        }
        if inner.is_some() {
            out.push_str("  end\n");
        }
        out.push_str("end\n");
        self.values.push((format!("{path}.{value}"), known));
        self.module_funs.extend(made);
    }

    /// A cell of the module. It is read anywhere and written by `main` alone, while nothing else runs.
    pub(crate) fn shared(&mut self, out: &mut String) {
        if !self.r.chance(40) {
            return;
        }
        let ty = self.ty(2);
        if ty.grows(&self.adts) {
            return;
        }
        let name = self.name("shared");
        self.fuel = 8;
        let text = self.expr(&ty, 2, &[]);
        out.push_str(&format!("mvar {name}: {} = {text}\n", ty.text(&self.adts)));
        self.values.push((name.clone(), ty.clone()));
        self.cells.push((name, ty));
    }

    /// A statement of `main` that writes a shared cell.
    pub(crate) fn write_shared(&mut self) -> Option<String> {
        if self.cells.is_empty() {
            return None;
        }
        let (name, ty) = self.r.of(&self.cells).clone();
        self.fuel = 12;
        if self.r.chance(50) {
            let text = self.expr(&ty, 2, &[]);
            return Some(format!("try {{ {name} = {text} }} catch {{ _ -> () }}"));
        }
        let x = self.name("x");
        let text = self.expr(&ty, 2, &[(x.clone(), ty.clone(), false)]);
        Some(format!(
            "try {{ {name}.update({x} => {text}) }} catch {{ _ -> () }}"
        ))
    }

    /// Own ways to show, constants and aliases.
    pub(crate) fn extras(&mut self, out: &mut String) {
        for number in 0..self.adts.len() {
            let adt = &self.adts[number];
            if !adt.generic && !adt.record && self.r.chance(15) {
                out.push_str(&format!(
                    "{}: Show  show(self) = match self {{ {}_ -> \"other {}\" }} end\n",
                    adt.name,
                    if adt.ctors.len() > 1 && adt.ctors[0].fields.is_empty() {
                        format!("{} -> \"first\", ", adt.ctors[0].name)
                    } else {
                        String::new()
                    },
                    adt.name
                ));
            }
        }
        if self.r.chance(40) {
            let name = format!("LIMIT{}", self.r.below(9));
            let ty = [T::Int, T::Str, T::Float][self.r.below(3)].clone();
            let text = self.literal(&ty, &[]);
            out.push_str(&format!("const {name} = {text}\n"));
            self.values.push((name, ty));
        }
        if self.r.chance(40) {
            let name = self.name("Alias");
            let ty = self.ty(2);
            out.push_str(&format!("type {name} = {}\n", ty.text(&self.adts)));
            self.aliases.push((name, ty));
        }
    }
}
