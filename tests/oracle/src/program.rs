//! A whole program: declarations that use each other, and a `main` that prints what random expressions give.

use crate::generics::Generic;
use crate::random::Random;
use crate::traits::Trait;
use crate::types::{Adt, Ctor, Fun, T};
use crate::wrong::DEFINITIONS;

/// What every program uses: small functions of many kinds, two traits and two types. A file of its own, so that it is checked and compiled once for many.
pub const COMMON: &str = r#"
pub twice(f, x) = f(f(x))
pub compose[A, B, C](f: A -> B, g: B -> C) -> A -> C = x => g(f(x))
pub larger[A: Ord](a: A, b: A) -> A = if a < b then b else a
pub flipped(p) = (p.1, p.0)
pub counted(n, acc) = if n <= 0 then acc else counted(n - 1, acc + 1)
pub evenly(n) = if n <= 0 then true else oddly(n - 1)
pub oddly(n) = if n <= 0 then false else evenly(n - 1)
pub sumTo(0) = 0
pub sumTo(n) when n > 40 = sumTo(40)
pub sumTo(n) when n < 0 = -1
pub sumTo(n) = n + sumTo(n - 1)
pub described(x: Int) -> String = "int ${x}"
pub described(x: String) -> String = "text " ++ x.take(20)
pub described(x: Int, y: Int) -> String = "pair ${x} ${y}"
pub clipped(s: String, n: Int = 12, mark: String = ".") -> String = if s.length() > n then s.take(n) ++ mark else s
pub half(n: Int) -> Option[Int] = if n % 2 == 0 then Some(n / 2) else None
pub quarter(n: Int) -> Option[Int] = { h = half(n)?; q = half(h)?; Some(q + 1) }
pub checked(n: Int) -> Result[Int, String] = if n < 0 then Err("negative") else Ok(n)
pub bothChecked(a: Int, b: Int) -> Result[Int, String] = { x = checked(a)?; y = checked(b)?; Ok(x + y) }
pub firstAbove(xs: List[Int], n: Int) -> Int = { for x in xs { if x > n { return x } }; -1 }

pub type Counter = { n: Int, name: String }
pub var type Tally = { hits: Int, last: String }
pub bumped(t: Tally, s: String) -> Int = { t.hits = t.hits + 1; t.last = s.take(9); t.hits }

pub type Light = Red | Green(Int) | Blue{b: String}
hiddenAway(n: Int) -> Int = n

pub trait Weighed
  weight(self) -> Int
  heavier(self, by: Int = 2) -> Int = self.weight() * by
end
pub trait Tagged: Weighed
  tag(self) -> String
  full(self, sep: String = "/") -> String = self.tag() ++ sep ++ show(self.weight())
end
Int: Weighed  weight(self) = self % 1000 end
Int: Tagged  tag(self) = "int" end
String: Weighed  weight(self) = self.length() end
String: Tagged
  tag(self) = "text " ++ self.take(5)
  full(self, sep: String = "!") -> String = self.take(3) ++ sep
end
Bool: Weighed
  weight(self) = if self then 1 else 0
  heavier(self, by: Int = 5) -> Int = by
end
Option[T]: Weighed when T: Weighed  weight(self) = match self { Some(x) -> x.weight() + 1, None -> 0 } end
List[T]: Weighed when T: Weighed  weight(self) = self.fold(0, (sum, x) => sum + x.weight()) end
pub total[A: Weighed](x: A, y: A) -> Int = x.weight() + y.heavier(by: 3)
pub labels[A: Tagged](xs: List[A]) -> String = xs.map(x => x.full()).join(",").take(60)

pub guarded(f: () -> String) -> String = try { f().take(400) } catch {
  (a: String, b: String) -> "threw ${a}: ${b}".take(200)
  s: String -> "threw text " ++ s.take(100)
  n: Int -> "threw ${n}"
  _ -> "threw something"
}
"#;

/// How a program begins.
const USE: &str = "use common.*\n";

/// Makes one program.
pub struct Gen {
    pub(crate) r: Random,
    pub(crate) adts: Vec<Adt>,
    pub(crate) funs: Vec<Fun>,
    /// Module-level values.
    pub(crate) values: Vec<(String, T)>,
    /// Declared types with implementations of `Weighed`.
    pub(crate) weighed: Vec<usize>,
    pub(crate) fuel: i32,
    pub(crate) generics: Vec<Generic>,
    /// Functions of the program's modules.
    pub(crate) module_funs: Vec<Fun>,
    /// Cells that processes share.
    pub(crate) cells: Vec<(String, T)>,
    pub(crate) aliases: Vec<(String, T)>,
    pub(crate) traits: Vec<Trait>,
    /// How many type parameters are in sight.
    pub(crate) variables: usize,
    pub(crate) seed: u64,
    /// Most programs are small, so that there can be many.
    small: bool,
    next: u32,
    /// How many expressions are made before one that is wrong; `None`: all are right.
    pub(crate) wrong_in: Option<u32>,
    /// What has been made wrong, and its text.
    pub(crate) wrong: Option<(&'static str, String)>,
    /// Inside something that runs many times.
    pub(crate) repeated: bool,
}

impl Gen {
    /// For this seed.
    pub fn new(seed: u64) -> Gen {
        Gen {
            r: Random::new(seed),
            adts: Vec::new(),
            funs: Vec::new(),
            values: Vec::new(),
            weighed: Vec::new(),
            fuel: 0,
            generics: Vec::new(),
            module_funs: Vec::new(),
            cells: Vec::new(),
            aliases: Vec::new(),
            traits: Vec::new(),
            variables: 0,
            seed,
            small: false,
            next: 0,
            wrong_in: None,
            wrong: None,
            repeated: false,
        }
    }

    /// A well-typed program; it uses the module `common`, whose text is [`COMMON`].
    pub fn well(seed: u64) -> String {
        Gen::new(seed).program()
    }

    /// A program as one file.
    pub fn alone(text: &str) -> String {
        format!("{}\n{}", COMMON.trim_start(), text.trim_start_matches(USE))
    }

    /// A program with one mistake, and what that is.
    pub fn ill(seed: u64) -> (String, String) {
        if Random::new(!seed).chance(25) {
            let mut gen_ = Gen::new(seed);
            let text = gen_.program();
            let wrong = *gen_.r.of(DEFINITIONS);
            // Before or behind what is right.
            let text = match text.strip_prefix(USE) {
                Some(rest) if gen_.r.chance(50) => format!("{USE}{wrong}\n{rest}"),
                _ => format!("{text}{wrong}\n"),
            };
            return (text, format!("a definition: {wrong}"));
        }
        for attempt in 0.. {
            let mut gen_ = Gen::new(seed);
            let deep = gen_.r.below(120 + attempt) >> (attempt / 20).min(6);
            gen_.wrong_in = Some(deep as u32);
            let text = gen_.program();
            // Some expressions are made and then not used.
            if let Some((what, part)) = gen_.wrong
                && text.contains(&part)
            {
                return (text, format!("{what}: {part}"));
            }
        }
        unreachable!("attempts do not end")
    }

    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    fn program(&mut self) -> String {
        let mut out = String::from(USE);
        self.small = self.r.chance(75);
        self.types(&mut out);
        self.impls(&mut out);
        self.extras(&mut out);
        self.traits(&mut out);
        for _ in 0..self.r.below(3) {
            let ty = self.ty(1);
            let name = self.name("value");
            self.fuel = 12;
            let text = self.expr(&ty, 2, &[]);
            out.push_str(&format!("{name}: {} = {text}\n", ty.text(&self.adts)));
            self.values.push((name, ty));
        }
        self.module(&mut out);
        self.shared(&mut out);
        self.generic_functions(&mut out);
        for _ in 0..self.few(3) {
            self.function(&mut out);
        }
        out.push_str("main() = {\n");
        let (least, most) = if self.small { (1, 2) } else { (2, 5) };
        for i in 0..self.r.between(least, most) {
            if self.r.chance(30)
                && let Some(written) = self.write_shared()
            {
                out.push_str(&format!("  {written}\n"));
            }
            let ty = self.ty(2);
            self.fuel = if self.small { 16 } else { 40 };
            let text = self.expr(&ty, 5, &[]);
            match self.r.below(4) {
                0 => {
                    let line = self.name("line");
                    out.push_str(&format!("  {line} = () => show({text})\n"));
                    out.push_str(&format!("  println(\"{i} ${{guarded({line})}}\")\n"));
                }
                1 => out.push_str(&format!("  println(guarded(() => \"{i} ${{{text}}}\"))\n")),
                _ => out.push_str(&format!("  println(guarded(() => show({text})))\n")),
            }
        }
        out.push_str("  println(\"end\")\n}\n");
        out
    }

    /// How many of something there are: as many as that, or one at most in small programs.
    pub(crate) fn few(&mut self, most: usize) -> usize {
        if self.small {
            usize::from(self.r.chance(35))
        } else {
            self.r.between(0, most)
        }
    }

    fn types(&mut self, out: &mut String) {
        for number in 0..self.r.between(1, if self.small { 2 } else { 4 }) {
            let adt = self.adt(number);
            out.push_str(&declaration(&adt, &self.adts));
            self.adts.push(adt);
        }
    }

    fn adt(&mut self, number: usize) -> Adt {
        let generic = self.r.chance(30);
        let record = self.r.chance(40);
        let mutable = record && !generic && self.r.chance(15);
        let mut adt = Adt {
            name: format!("Ty{number}"),
            generic,
            record,
            mutable,
            recursive: false,
            ctors: Vec::new(),
        };
        let count = if record {
            1
        } else {
            *self.r.of(&[1, 2, 2, 3, 3, 4, 7])
        };
        for ctor in 0..count {
            let name = if record {
                adt.name.clone()
            } else {
                format!("C{number}x{ctor}")
            };
            let named = record || self.r.chance(25);
            let least = usize::from(record || (named && count > 1));
            let mut fields = Vec::new();
            for field in 0..self.r.between(least, if record { 5 } else { 3 }) {
                let mut ty = if generic && self.r.chance(40) {
                    T::Param
                } else {
                    self.ty(1)
                };
                // The first constructor ends the recursion of the others.
                if !record && ctor > 0 && self.r.chance(15) {
                    adt.recursive = true;
                    ty = T::Adt(number, generic.then(|| Box::new(T::Param)));
                }
                fields.push((format!("f{field}"), ty));
            }
            let named = named && !fields.is_empty();
            adt.ctors.push(Ctor {
                name,
                named,
                fields,
            });
        }
        let used = adt.ctors.iter().flat_map(|c| &c.fields);
        if generic && !used.clone().any(|(_, t)| mentions_param(t)) {
            let ctor = adt.ctors.len() - 1;
            let field = adt.ctors[ctor].fields.len();
            adt.ctors[ctor].fields.push((format!("f{field}"), T::Param));
            if record {
                adt.ctors[ctor].named = true;
            }
        }
        adt
    }

    fn impls(&mut self, out: &mut String) {
        for number in 0..self.adts.len() {
            let adt = self.adts[number].clone();
            if adt.generic || !self.r.chance(50) {
                continue;
            }
            let own = T::Adt(number, None);
            self.fuel = 8;
            let weight = self.expr(&T::Int, 2, &[("self".into(), own.clone(), false)]);
            out.push_str(&format!(
                "{}: Weighed  weight(self) = {weight} end\n",
                adt.name
            ));
            if self.r.chance(50) {
                let by = self.expr(&T::Int, 1, &[]);
                let name = adt.name.to_lowercase();
                out.push_str(&format!(
                    "{}: Tagged\n  tag(self) = \"{name}\"\n  full(self, sep: String = \"#\") -> String = sep ++ show({by})\nend\n",
                    adt.name
                ));
            }
            self.weighed.push(number);
        }
    }

    fn function(&mut self, out: &mut String) {
        let result = self.ty(2);
        let mut params = Vec::new();
        for i in 0..self.r.between(1, 4) {
            let ty = self.ty(2);
            let default = if i > 0 && self.r.chance(25) {
                self.fuel = 6;
                Some(self.expr(&ty, 1, &[]))
            } else {
                None
            };
            params.push((self.name("p"), ty, default));
        }
        // Defaults stand at the end.
        params.sort_by_key(|p| p.2.is_some());
        let scope: Vec<(String, T, bool)> = params
            .iter()
            .map(|(name, ty, _)| (name.clone(), ty.clone(), false))
            .collect();
        self.fuel = if self.small { 12 } else { 30 };
        let name = self.name("fn");
        let written = |g: &Gen, p: &(String, T, Option<String>)| {
            let ty = p.1.text(&g.adts);
            match &p.2 {
                Some(default) => format!("{}: {ty} = {default}", p.0),
                None => format!("{}: {ty}", p.0),
            }
        };
        let head: Vec<String> = params.iter().map(|p| written(self, p)).collect();
        let head = format!(
            "{name}({}) -> {} =",
            head.join(", "),
            result.text(&self.adts)
        );
        let body = self.expr(&result, 4, &scope);
        if self.r.chance(30) {
            let test = self.expr(&T::Bool, 2, &scope);
            let early = self.expr(&result, 2, &scope);
            out.push_str(&format!(
                "{head} {{\n  if {test} {{ return {early} }}\n  {body}\n}}\n"
            ));
        } else {
            out.push_str(&format!("{head} {body}\n"));
        }
        self.funs.push(Fun {
            name,
            params,
            result,
        });
    }

    /// A random type; `depth` levels of others in it.
    pub(crate) fn ty(&mut self, depth: usize) -> T {
        let simple = depth == 0 || self.r.chance(45);
        if self.variables > 0 && self.r.chance(25) {
            return T::Var(self.r.below(self.variables));
        }
        if simple {
            return match self.r.below(17) {
                0..=4 => T::Int,
                5 | 6 => T::Str,
                7 => T::Bool,
                8 | 9 => T::Float,
                10 => T::Char,
                11 => T::Atom,
                12 => T::Big,
                13 => T::Dec,
                14 => T::F32,
                _ => T::Sized(self.r.below(7)),
            };
        }
        let inner = |g: &mut Gen| Box::new(g.ty(depth - 1));
        match self.r.below(12) {
            0 | 1 => T::List(inner(self)),
            2 | 3 => {
                let count = self.r.between(2, 4);
                T::Tuple((0..count).map(|_| self.ty(depth - 1)).collect())
            }
            4 => T::Opt(inner(self)),
            5 => T::Res(inner(self)),
            6 => T::Map(Box::new(self.ty(0)), inner(self)),
            7 => T::Set(Box::new(self.ty(0))),
            _ if self.adts.is_empty() => T::Tuple(vec![T::Int, self.ty(depth - 1)]),
            _ => self.some_adt(depth),
        }
    }

    fn some_adt(&mut self, depth: usize) -> T {
        let number = self.r.below(self.adts.len());
        let arg = if self.adts[number].generic {
            Some(Box::new(self.ty(depth - 1)))
        } else {
            None
        };
        T::Adt(number, arg)
    }
}

fn mentions_param(ty: &T) -> bool {
    match ty {
        T::Param => true,
        T::List(t) | T::Opt(t) | T::Res(t) | T::Set(t) => mentions_param(t),
        T::Map(k, v) => mentions_param(k) || mentions_param(v),
        T::Tuple(items) => items.iter().any(mentions_param),
        T::Adt(_, arg) => arg.as_ref().is_some_and(|t| mentions_param(t)),
        _ => false,
    }
}

fn declaration(adt: &Adt, before: &[Adt]) -> String {
    let mut known = before.to_vec();
    known.push(adt.clone());
    let head = format!(
        "{}type {}{} = ",
        if adt.mutable { "var " } else { "" },
        adt.name,
        if adt.generic { "[T]" } else { "" }
    );
    let fields = |ctor: &Ctor| -> String {
        let all = ctor.fields.iter().map(|(name, ty)| match ctor.named {
            true => format!("{name}: {}", ty.text(&known)),
            false => ty.text(&known),
        });
        all.collect::<Vec<_>>().join(", ")
    };
    if adt.record {
        return format!("{head}{{ {} }}\n", fields(&adt.ctors[0]));
    }
    let ctors = adt
        .ctors
        .iter()
        .map(|ctor| match (ctor.fields.is_empty(), ctor.named) {
            (true, _) => ctor.name.clone(),
            (false, true) => format!("{}{{{}}}", ctor.name, fields(ctor)),
            (false, false) => format!("{}({})", ctor.name, fields(ctor)),
        });
    format!("{head}{}\n", ctors.collect::<Vec<_>>().join(" | "))
}
