//! Mistakes: expressions that are wrong wherever they stand, whatever is around them.

use crate::expr::Scope;
use crate::program::Gen;
use crate::types::T;
use crate::wrong::EXPRESSIONS;

impl Gen {
    /// An expression in the place of one of this type, with exactly one mistake in it.
    pub(crate) fn mistake(&mut self, ty: &T, scope: Scope<'_>) -> String {
        let wanted = ty.text(&self.adts);
        let (what, text) = match self.r.below(48) {
            0 => {
                let other = self.unlike(ty);
                let value = self.expr(&other, 1, scope);
                (
                    "a value of another type",
                    format!("assertType[{wanted}]({value})"),
                )
            }
            1 => ("an unknown variable", self.name("nowhere")),
            2 => {
                let arg = self.expr(&T::Int, 1, scope);
                (
                    "an unknown function",
                    format!("{}({arg})", self.name("nothing")),
                )
            }
            3 => ("too many arguments", self.plainly("counted(1, 2, 3)", ty)),
            4 => ("too few arguments", self.plainly("counted(1)", ty)),
            5 => (
                "an argument of another type",
                self.plainly("firstAbove(3, [1])", ty),
            ),
            6 => {
                let (a, b) = (self.expr(&T::Int, 1, scope), self.expr(&T::Str, 1, scope));
                (
                    "a number and a text added",
                    self.plainly(&format!("({a} + {b})"), ty),
                )
            }
            7 => {
                let value = self.expr(ty, 1, scope);
                (
                    "a number for a condition",
                    format!("(if 1 then {value} else {value})"),
                )
            }
            8 => (
                "branches of two types",
                self.plainly("(if true then 1 else \"a\")", ty),
            ),
            9 => ("elements of two types", self.plainly("[1, \"a\"]", ty)),
            10 => {
                let value = self.expr(ty, 1, scope);
                (
                    "a missing case",
                    format!("(match Some(1) {{ Some(_) -> {value} }})"),
                )
            }
            11 => {
                let x = self.name("x");
                let value = self.expr(ty, 1, scope);
                (
                    "a new value for an immutable name",
                    format!("{{ {x} = 1; {x} = 2; {value} }}"),
                )
            }
            12 => ("a number called", self.plainly("(3)(4)", ty)),
            13 => (
                "a field that is not there",
                self.plainly("Counter(1, \"a\").missing", ty),
            ),
            14 => (
                "a method that is not there",
                self.plainly("(1).noSuchMethod()", ty),
            ),
            15 => ("too many fields", self.plainly("Counter(1, \"a\", 2)", ty)),
            16 => (
                "a field of another type",
                self.plainly("Counter(\"a\", \"a\")", ty),
            ),
            17 => (
                "functions compared",
                self.plainly("((x: Int) => x) == ((y: Int) => y)", ty),
            ),
            18 => {
                let value = self.expr(ty, 1, scope);
                (
                    "patterns of another type",
                    format!("(match 1 {{ \"a\" -> {value}, _ -> {value} }})"),
                )
            }
            19 => (
                "a trait without an implementation",
                self.plainly("total((1, 2), (3, 4))", ty),
            ),
            20 => (
                "an unknown named argument",
                self.plainly("clipped(\"a\", nobody: 3)", ty),
            ),
            21 => ("a text negated", self.plainly("(-\"a\")", ty)),
            22 => (
                "a lambda with too many parameters",
                self.plainly("[1].map((a, b, c) => 1)", ty),
            ),
            23..=44 => ("one of many", {
                let text = *self.r.of(EXPRESSIONS);
                self.plainly(text, ty)
            }),
            _ => (
                "an annotation that is wrong",
                self.plainly("{ z: Int = \"a\"; z }", ty),
            ),
        };
        self.wrong = Some((what, text.clone()));
        text
    }

    /// The text is evaluated first; what it gives does not matter. Only the mistake in it may be what is wrong.
    fn plainly(&mut self, text: &str, ty: &T) -> String {
        let name = self.name("ignored");
        let value = self.expr(ty, 0, &[]);
        format!("{{ {name} = {text}; {value} }}")
    }

    /// A type whose values never fit.
    fn unlike(&mut self, ty: &T) -> T {
        match ty {
            T::Str => T::Bool,
            T::Bool => T::Str,
            _ => [T::Str, T::Bool][self.r.below(2)].clone(),
        }
    }
}
