//! Names of concrete types, as shapes carry them: which of two types a value may have at once.

/// What an arm does not look at has this type.
pub const UNSEEN: &str = "Never";

/// What nothing fixed.
const LEFT_OPEN: &str = "()";

/// Whether values of type `have` may be taken where `want` is, parts that nothing fixed standing for anything.
pub fn fits(have: &str, want: &str) -> bool {
    have == want
        || match (parts(have), parts(want)) {
            (Some((h, having)), Some((w, wanting))) => {
                h == w
                    && having.len() == wanting.len()
                    && having.iter().zip(&wanting).all(|(have, want)| {
                        *have == LEFT_OPEN || *want == UNSEEN || fits(have, want)
                    })
            }
            _ => false,
        }
}

/// Whether another type's values might be of this one, too.
pub fn is_open(want: &str) -> bool {
    want.contains(UNSEEN) || want.contains('[')
}

/// `Result[Int, ()]`: the name and its arguments; `(Int, a)`: `(` and the parts.
fn parts(name: &str) -> Option<(&str, Vec<&str>)> {
    let open = name.find(['(', '['])?;
    let head = &name[..open];
    if head.contains("->") {
        return None;
    }
    let mut depth = 0;
    let (mut from, mut items) = (open + 1, Vec::new());
    for (at, c) in name.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    if at + 1 != name.len() {
                        return None;
                    }
                    items.push(&name[from..at]);
                }
            }
            ',' if depth == 1 => {
                items.push(&name[from..at]);
                from = at + 2;
            }
            _ => {}
        }
    }
    let head = if head.is_empty() { "(" } else { head };
    Some((head, items))
}

#[cfg(test)]
mod tests {
    use super::{fits, is_open};

    #[test]
    fn leftovers_fit_anything() {
        for (have, want, answer) in [
            ("Int", "Int", true),
            ("Int", "String", false),
            ("()", "Int", false),
            ("Result[Int, ()]", "Result[Int, String]", true),
            ("Result[Int, ()]", "Result[Float, String]", false),
            ("Option[Int]", "Option[()]", false),
            ("(Int, Int)", "(Never, Int)", true),
            ("(Int, Int, Int)", "(Never, Int)", false),
            ("(Atom, List[()])", "(Atom, List[Int])", true),
            (
                "(Atom, Option[(Int, ())])",
                "(Never, Option[(Int, List[Char])])",
                true,
            ),
            ("() -> List[()]", "() -> List[Int]", false),
        ] {
            assert_eq!(fits(have, want), answer, "{have} as {want}");
        }
        assert!(is_open("(Pid, Result[Int, String])") && !is_open("(Pid, Int)"));
    }
}
