//! Which definitions of a text are not as in the text the image runs.
//!
//! What both texts begin and end with is passed over piece by piece, so that a small change in a large file costs little. What
//! is between is cut into definitions, which begin in the first column; comments and blank lines make no difference.

use ropey::Rope;
use std::collections::HashSet;
use std::ops::Range;

/// The pieces of a text, and whether they come from its end.
struct Pieces<'a> {
    all: ropey::iter::Chunks<'a>,
    back: bool,
    here: &'a [u8],
}

impl<'a> Pieces<'a> {
    fn of(text: &'a Rope, back: bool) -> Pieces<'a> {
        let all = if back {
            text.chunks_at_byte(text.len_bytes()).0.reversed()
        } else {
            text.chunks()
        };
        Pieces {
            all,
            back,
            here: &[],
        }
    }

    fn fill(&mut self) -> usize {
        while self.here.is_empty() {
            match self.all.next() {
                Some(piece) => self.here = piece.as_bytes(),
                None => break,
            }
        }
        self.here.len()
    }

    fn take(&mut self, n: usize) -> &'a [u8] {
        let here = self.here;
        let (taken, rest) = if self.back {
            let (rest, taken) = here.split_at(here.len() - n);
            (taken, rest)
        } else {
            here.split_at(n)
        };
        self.here = rest;
        taken
    }
}

/// How many bytes two texts have in common at one of their ends.
fn common(a: &Rope, b: &Rope, back: bool) -> usize {
    let (mut a, mut b) = (Pieces::of(a, back), Pieces::of(b, back));
    let mut n = 0;
    loop {
        let len = a.fill().min(b.fill());
        if len == 0 {
            return n;
        }
        let (x, y) = (a.take(len), b.take(len));
        // Pieces that were not touched are the same memory.
        if x.as_ptr() != y.as_ptr() && x != y {
            let pairs = x.iter().zip(y);
            let equal = if back {
                pairs.rev().take_while(|(p, q)| p == q).count()
            } else {
                pairs.take_while(|(p, q)| p == q).count()
            };
            return n + equal;
        }
        n += len;
    }
}

/// Whether a definition begins with this line.
fn begins(text: &Rope, line: usize) -> bool {
    let first = text.line(line).chars().next();
    first.is_some_and(|c| !c.is_whitespace() && !matches!(c, '}' | ')' | ']' | '#'))
}

/// The definitions that touch a part of a text: their lines, and what they are without comments and blank lines.
fn definitions(text: &Rope, part: Range<usize>) -> Vec<(Range<usize>, String)> {
    let lines = text.len_lines();
    let mut from = text.byte_to_line(part.start);
    while from > 0 && !begins(text, from) {
        from -= 1;
    }
    let mut to = text.byte_to_line(part.end) + 1;
    while to < lines && !begins(text, to) {
        to += 1;
    }
    let mut out: Vec<(Range<usize>, String)> = Vec::new();
    for n in from..to {
        let line = text.line(n).to_string();
        let code = line.trim_end();
        let matters = !code.is_empty() && !code.trim_start().starts_with('#');
        match out.last_mut() {
            Some((range, body)) if matters && !begins(text, n) => {
                range.end = n + 1;
                body.push_str(code);
                body.push('\n');
            }
            _ if matters => out.push((n..n + 1, format!("{code}\n"))),
            _ => {}
        }
    }
    out
}

/// The lines of the definitions in `new` that `old` does not have.
pub fn changed(old: &Rope, new: &Rope) -> Vec<Range<usize>> {
    let most = old.len_bytes().min(new.len_bytes());
    let start = common(old, new, false);
    if start == old.len_bytes() && start == new.len_bytes() {
        return Vec::new();
    }
    let end = common(old, new, true).min(most - start);
    let known: HashSet<String> = definitions(old, start..old.len_bytes() - end)
        .into_iter()
        .map(|(_, body)| body)
        .collect();
    definitions(new, start..new.len_bytes() - end)
        .into_iter()
        .filter(|(_, body)| !known.contains(body))
        .map(|(lines, _)| lines)
        .collect()
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    const OLD: &str = "# one\na(x) =\n  x + 1\n\n# two\nb(x) = {\n  x\n}\n\nc() = 3\n";

    fn lines(new: &str) -> Vec<Range<usize>> {
        changed(&Rope::from_str(OLD), &Rope::from_str(new))
    }

    #[test]
    fn only_what_changed_is_marked() {
        assert!(lines(OLD).is_empty());
        assert_eq!(lines(&OLD.replace("x + 1", "x + 2")), [1..3]);
        assert_eq!(lines(&OLD.replace("  x\n}", "  x * x\n}")), [5..8]);
        // The one between two changed ones is as it was.
        let both = OLD.replace("x + 1", "x + 2").replace("c() = 3", "c() = 4");
        assert_eq!(lines(&both), [1..3, 9..10]);
        assert!(lines(&OLD.replace("# two", "# three\n\n# four")).is_empty());
        assert_eq!(lines(&format!("new() = 1\n{OLD}")), [0..1]);
        assert_eq!(lines(&format!("{OLD}\nnew() = 1")), [11..12]);
        assert!(lines(&OLD.replace("b(x) = {\n  x\n}\n\n", "")).is_empty());
        assert!(lines("").is_empty());
    }

    #[test]
    fn a_long_text_is_compared_by_its_pieces() {
        let old: String = (0..5000)
            .map(|n| format!("f{n}(x) =\n  x + {n}\n\n"))
            .collect();
        let new = old
            .replace("  x + 77\n", "  x - 77\n")
            .replace("  x + 4100\n", "  x\n");
        let found = changed(&Rope::from_str(&old), &Rope::from_str(&new));
        assert_eq!(found, [231..233, 12300..12302]);
    }
}
