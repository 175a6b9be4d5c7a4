//! Conditions that are decided on the spot: whole numbers and truth values of the frame, compared and counted with.
//!
//! In: the text of a condition, and where variables are. Out: false, or "perhaps". What is not understood here is "perhaps", and asked in the usual way.

use nostos_runtime::SiteFrame;

/// A condition over variables by their distance from the frame pointer.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Quick {
    Int(i64),
    Bool(bool),
    /// A whole number of the frame.
    IntAt(i64),
    /// A truth value of the frame.
    BoolAt(i64),
    Not(Box<Quick>),
    Minus(Box<Quick>),
    Both(Box<Quick>, Op, Box<Quick>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessEqual,
    More,
    MoreEqual,
    Add,
    Sub,
    Mul,
    Rem,
}

/// What a variable is, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    Int(i64),
    Bool(i64),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Int(i64),
    Bool(bool),
}

/// Understands a condition; `slot` says where a variable is.
pub(super) fn understand(text: &str, slot: impl Fn(&str) -> Option<Slot>) -> Option<Quick> {
    let mut reader = Reader {
        rest: text.trim_start(),
        slot: &slot,
    };
    let quick = reader.level(0)?;
    reader.rest.is_empty().then_some(quick)
}

impl Quick {
    /// Is it false for sure?
    pub(super) fn is_false(&self, frame: &SiteFrame) -> bool {
        self.answer(&|offset| frame.word(offset)) == Some(Answer::Bool(false))
    }

    fn answer(&self, word: &impl Fn(i64) -> Option<u64>) -> Option<Answer> {
        Some(match self {
            Quick::Int(number) => Answer::Int(*number),
            Quick::Bool(truth) => Answer::Bool(*truth),
            Quick::IntAt(offset) => Answer::Int(word(*offset)? as i64),
            Quick::BoolAt(offset) => Answer::Bool(word(*offset)? & 1 == 1),
            Quick::Not(inner) => match inner.answer(word)? {
                Answer::Bool(truth) => Answer::Bool(!truth),
                Answer::Int(_) => return None,
            },
            Quick::Minus(inner) => match inner.answer(word)? {
                Answer::Int(number) => Answer::Int(number.wrapping_neg()),
                Answer::Bool(_) => return None,
            },
            Quick::Both(left, op, right) => {
                let left = left.answer(word)?;
                match (op, left) {
                    (Op::And, Answer::Bool(false)) | (Op::Or, Answer::Bool(true)) => {
                        return Some(left);
                    }
                    _ => {}
                }
                both(left, *op, right.answer(word)?)?
            }
        })
    }
}

fn both(left: Answer, op: Op, right: Answer) -> Option<Answer> {
    let (a, b) = match (left, right) {
        (Answer::Int(a), Answer::Int(b)) => (a, b),
        (Answer::Bool(a), Answer::Bool(b)) => {
            return Some(Answer::Bool(match op {
                Op::Or => a || b,
                Op::And => a && b,
                Op::Equal => a == b,
                Op::Unequal => a != b,
                _ => return None,
            }));
        }
        _ => return None,
    };
    Some(match op {
        Op::Equal => Answer::Bool(a == b),
        Op::Unequal => Answer::Bool(a != b),
        Op::Less => Answer::Bool(a < b),
        Op::LessEqual => Answer::Bool(a <= b),
        Op::More => Answer::Bool(a > b),
        Op::MoreEqual => Answer::Bool(a >= b),
        Op::Add => Answer::Int(a.wrapping_add(b)),
        Op::Sub => Answer::Int(a.wrapping_sub(b)),
        Op::Mul => Answer::Int(a.wrapping_mul(b)),
        // Of other signs, and of zero, the language says what happens.
        Op::Rem if a >= 0 && b > 0 => Answer::Int(a % b),
        Op::Rem | Op::Or | Op::And => return None,
    })
}

/// Operators from the loosest to the tightest.
const LEVELS: &[&[(&str, Op)]] = &[
    &[("||", Op::Or)],
    &[("&&", Op::And)],
    &[
        ("==", Op::Equal),
        ("!=", Op::Unequal),
        ("<=", Op::LessEqual),
        (">=", Op::MoreEqual),
        ("<", Op::Less),
        (">", Op::More),
    ],
    &[("+", Op::Add), ("-", Op::Sub)],
    &[("*", Op::Mul), ("%", Op::Rem)],
];

struct Reader<'a, F> {
    rest: &'a str,
    slot: &'a F,
}

impl<F: Fn(&str) -> Option<Slot>> Reader<'_, F> {
    fn level(&mut self, level: usize) -> Option<Quick> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        let mut compared = false;
        while let Some((text, op)) = operators
            .iter()
            .find(|(text, _)| self.rest.starts_with(text))
        {
            // `++` and `<-` are other operators; `a < b < c` is none.
            let after = &self.rest[text.len()..];
            if after.starts_with(['+', '-', '=', '<', '>', '|', '&']) && *op != Op::Sub || compared
            {
                return None;
            }
            compared = level == 2;
            self.rest = after.trim_start();
            let right = self.level(level + 1)?;
            left = Quick::Both(Box::new(left), *op, Box::new(right));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Quick> {
        if let Some(rest) = self.rest.strip_prefix('!') {
            self.rest = rest.trim_start();
            return Some(Quick::Not(Box::new(self.unary()?)));
        }
        if let Some(rest) = self.rest.strip_prefix('-') {
            self.rest = rest.trim_start();
            return Some(Quick::Minus(Box::new(self.unary()?)));
        }
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest.trim_start();
            let inner = self.level(0)?;
            self.rest = self.rest.strip_prefix(')')?.trim_start();
            return Some(inner);
        }
        let of_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = self
            .rest
            .find(|c: char| !of_word(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        // A call, a field, an element, a decimal number, a constructor with parts.
        if word.is_empty() || rest.starts_with(['(', '.', '[', '{', '"']) {
            return None;
        }
        self.rest = rest.trim_start();
        // Juxtaposition is nothing we know.
        if self.rest.starts_with(|c: char| of_word(c) || c == '"') {
            return None;
        }
        match word {
            "true" => Some(Quick::Bool(true)),
            "false" => Some(Quick::Bool(false)),
            _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
                word.parse().ok().map(Quick::Int)
            }
            _ => (self.slot)(word).map(|slot| match slot {
                Slot::Int(offset) => Quick::IntAt(offset),
                Slot::Bool(offset) => Quick::BoolAt(offset),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` is 7, `m` is −3, `ok` is true.
    fn told(text: &str) -> Option<Answer> {
        let slot = |name: &str| match name {
            "n" => Some(Slot::Int(-8)),
            "m" => Some(Slot::Int(-16)),
            "ok" => Some(Slot::Bool(-24)),
            _ => None,
        };
        let word = |offset: i64| match offset {
            -8 => Some(7),
            -16 => Some(-3i64 as u64),
            -24 => Some(1),
            _ => None,
        };
        understand(text, slot)?.answer(&word)
    }

    #[test]
    fn conditions_of_numbers_are_decided_and_others_left_alone() {
        for (text, expected) in [
            ("n == 7", Some(true)),
            ("n > 7 || m < 0", Some(true)),
            ("n > 7 && nobody", None),
            ("n % 2 == 0", Some(false)),
            ("m % 2 == 0", None),
            ("n - 1 - 1 == 5", Some(true)),
            ("n + m * 2 == 1", Some(true)),
            ("(n + m) * 2 == 8", Some(true)),
            ("!ok", Some(false)),
            ("ok && n != 7", Some(false)),
            ("-m == 3", Some(true)),
            ("n > -1", Some(true)),
            ("9223372036854775807 + 1 < 0", Some(true)),
            ("n < 1 < 2", None),
            ("n == 7.0", None),
            ("f(n)", None),
            ("n.show()", None),
            ("xs[n] == 1", None),
            ("n ++ n == 1", None),
            ("n == \"a\"", None),
            ("if ok then n == 1 else true", None),
            ("n ==", None),
            ("", None),
        ] {
            assert_eq!(told(text), expected.map(Answer::Bool), "{text}");
        }
        assert_eq!(told("n + 1"), Some(Answer::Int(8)));
    }
}
