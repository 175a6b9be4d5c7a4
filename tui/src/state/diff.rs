//! How two shown values differ: short ones with what differs marked inside, long ones line by line.

/// Values longer than this are broken into lines.
const SHORT: usize = 56;
/// Lines that are compared, at most, between a common beginning and a common end: the work grows with their product.
const MOST: usize = 400;
/// Lines a value is broken into, at most.
const BROKEN: usize = 20_000;
/// Levels that are indented.
const DEEPEST: usize = 20;
/// Equal lines kept around those that differ.
const AROUND: usize = 2;

/// Which of the two a line is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// What was expected.
    Expected,
    /// What was there.
    Actual,
    /// Both.
    Same,
    /// So many lines of both are left out.
    Gap(usize),
    /// So many lines are not compared.
    Cut(usize),
}

/// A line of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Whose it is.
    pub side: Side,
    /// Its text.
    pub text: String,
    /// What of it differs, in bytes.
    pub differs: std::ops::Range<usize>,
}

impl Line {
    fn new(side: Side, text: &str, differs: std::ops::Range<usize>) -> Line {
        Line {
            side,
            text: text.to_owned(),
            differs,
        }
    }
}

/// Compares two values as they are shown.
pub fn of(expected: &str, actual: &str) -> Vec<Line> {
    let short = |text: &str| text.chars().count() <= SHORT && !text.contains('\n');
    if short(expected) && short(actual) {
        let (left, right) = inside(expected, actual);
        return vec![
            Line::new(Side::Expected, expected, left),
            Line::new(Side::Actual, actual, right),
        ];
    }
    let (left, right) = (broken(expected), broken(actual));
    folded(lines(&left, &right))
}

/// What lies between a common beginning and a common end.
fn inside(a: &str, b: &str) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs
            .take_while(|(x, y)| x == y)
            .map(|(x, _)| x.len_utf8())
            .sum()
    };
    // A number or a word differs as a whole.
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut begin = same(&mut a.chars().zip(b.chars()));
    while let Some(c) = a[..begin].chars().next_back().filter(|c| part(*c)) {
        begin -= c.len_utf8();
    }
    let (ra, rb) = (&a[begin..], &b[begin..]);
    let mut end = same(&mut ra.chars().rev().zip(rb.chars().rev()));
    while let Some(c) = ra[ra.len() - end..].chars().next().filter(|c| part(*c)) {
        end -= c.len_utf8();
    }
    (begin..a.len() - end, begin..b.len() - end)
}

/// A value with a line for each of its parts, indented by depth.
fn broken(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut line = String::new();
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut chars = text.chars().peekable();
    let flush = |line: &mut String, out: &mut Vec<String>, depth: usize| {
        if !line.trim().is_empty() {
            out.push(line.trim_end().to_owned());
        }
        *line = "  ".repeat(depth.min(DEEPEST));
    };
    while let Some(c) = chars.next() {
        if out.len() == BROKEN {
            line.push(c);
            line.extend(chars);
            break;
        }
        if quoted {
            line.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match c {
            '\n' => flush(&mut line, &mut out, depth),
            '"' => {
                quoted = true;
                line.push(c);
            }
            '(' | '[' | '{' => {
                line.push(c);
                let rest: String = chars.clone().take(SHORT).collect();
                match closing(&rest) {
                    // What is short stays in one piece.
                    Some(end) => {
                        line.push_str(&rest[..end]);
                        for _ in rest[..end].chars() {
                            chars.next();
                        }
                    }
                    None => {
                        depth += 1;
                        flush(&mut line, &mut out, depth);
                    }
                }
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                flush(&mut line, &mut out, depth);
                line.push(c);
            }
            ',' => {
                line.push(c);
                flush(&mut line, &mut out, depth);
            }
            ' ' if line.trim().is_empty() => {}
            c => line.push(c),
        }
    }
    flush(&mut line, &mut out, 0);
    out
}

/// Where a bracket that has been opened is closed, behind it.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (1_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + c.len_utf8());
                }
            }
            _ => {}
        }
    }
    None
}

/// What lies between a common beginning and a common end is compared.
fn lines(a: &[String], b: &[String]) -> Vec<Line> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let ends = rest_a.iter().rev().zip(rest_b.iter().rev());
    let tail = ends.take_while(|(a, b)| a == b).count();
    let (end_a, end_b) = (rest_a.len() - tail, rest_b.len() - tail);
    let same = |line: &String| Line::new(Side::Same, line, 0..0);
    let mut out: Vec<Line> = a[..head].iter().map(same).collect();
    out.extend(between(
        &rest_a[..end_a.min(MOST)],
        &rest_b[..end_b.min(MOST)],
    ));
    let left = end_a.saturating_sub(MOST) + end_b.saturating_sub(MOST);
    if left > 0 {
        out.push(Line::new(Side::Cut(left), "", 0..0));
    }
    out.extend(rest_a[end_a..].iter().map(same));
    out
}

/// The longest common lines stay, the others are of one side.
fn between(a: &[String], b: &[String]) -> Vec<Line> {
    let wide = b.len() + 1;
    let mut best = vec![0_u32; (a.len() + 1) * wide];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            best[i * wide + j] = match a[i] == b[j] {
                true => best[(i + 1) * wide + j + 1] + 1,
                false => best[(i + 1) * wide + j].max(best[i * wide + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out: Vec<Line> = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push(Line::new(Side::Same, &a[i], 0..0));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && best[(i + 1) * wide + j] >= best[i * wide + j + 1]
        {
            out.push(Line::new(Side::Expected, &a[i], 0..a[i].len()));
            i += 1;
        } else {
            out.push(Line::new(Side::Actual, &b[j], 0..b[j].len()));
            j += 1;
        }
    }
    // One line for one line: what differs inside is marked.
    for at in 1..out.len() {
        let alone = |side: Side, k: Option<usize>| {
            k.and_then(|k| out.get(k)).is_none_or(|l| l.side != side)
        };
        if out[at - 1].side == Side::Expected
            && out[at].side == Side::Actual
            && alone(Side::Expected, at.checked_sub(2))
            && alone(Side::Actual, Some(at + 1))
        {
            let (left, right) = inside(&out[at - 1].text, &out[at].text);
            out[at - 1].differs = left;
            out[at].differs = right;
        }
    }
    out
}

/// Long stretches of equal lines are left out.
fn folded(all: Vec<Line>) -> Vec<Line> {
    let mut near: Vec<bool> = (0..all.len())
        .map(|i| {
            let from = i.saturating_sub(AROUND);
            let to = (i + AROUND + 1).min(all.len());
            all[from..to].iter().any(|line| line.side != Side::Same)
        })
        .collect();
    // A mark takes as much room as the one line it stands for.
    for i in 0..near.len() {
        near[i] |= (i == 0 || near[i - 1]) && near.get(i + 1).is_none_or(|n| *n);
    }
    let mut out: Vec<Line> = Vec::new();
    for (line, near) in all.into_iter().zip(near) {
        match out.last_mut() {
            _ if near => out.push(line),
            Some(Line {
                side: Side::Gap(n), ..
            }) => *n += 1,
            _ => out.push(Line::new(Side::Gap(1), "", 0..0)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &str, actual: &str) -> Vec<String> {
        of(expected, actual)
            .into_iter()
            .map(|line| {
                let sign = match line.side {
                    Side::Expected => "-",
                    Side::Actual => "+",
                    Side::Same => return format!(" {}", line.text),
                    Side::Gap(n) => return format!("({n})"),
                    Side::Cut(n) => return format!("(cut {n})"),
                };
                let (from, to) = (line.differs.start, line.differs.end);
                let text = &line.text;
                format!(
                    "{sign}{}<{}>{}",
                    &text[..from],
                    &text[from..to],
                    &text[to..]
                )
            })
            .collect()
    }

    #[test]
    fn short_values_are_marked_inside() {
        assert_eq!(shown("70", "100"), ["-<70>", "+<100>"]);
        assert_eq!(
            shown("[Ok(1), Ok(2)]", "[Ok(1), Err(2)]"),
            ["-[Ok(1), <Ok>(2)]", "+[Ok(1), <Err>(2)]"]
        );
        assert_eq!(shown("\"aüb\"", "\"aüc\""), ["-\"<aüb>\"", "+\"<aüc>\""]);
        assert_eq!(shown("", "x"), ["-<>", "+<x>"]);
        assert_eq!(shown("aa", "a"), ["-<aa>", "+<a>"]);
    }

    #[test]
    fn long_values_are_compared_by_their_parts() {
        let list = |n: usize, odd: usize| {
            let each =
                (0..n).map(|i| format!("Entry(\"row, {i}\", {})", if i == odd { 0 } else { i }));
            format!("[{}]", each.collect::<Vec<_>>().join(", "))
        };
        assert_eq!(
            shown(&list(9, 99), &list(9, 4)),
            [
                "(3)",
                "   Entry(\"row, 2\", 2),",
                "   Entry(\"row, 3\", 3),",
                "-  Entry(\"row, 4\", <4>),",
                "+  Entry(\"row, 4\", <0>),",
                "   Entry(\"row, 5\", 5),",
                "   Entry(\"row, 6\", 6),",
                "(3)",
            ]
        );
        // What differs far behind is found, too; and of very many differences the first ones.
        let shown_far = shown(&list(3_000, 9_999), &list(3_000, 2_500));
        assert_eq!(shown_far[3], "-  Entry(\"row, 2500\", <2500>),");
        assert_eq!(shown_far.len(), 8);
        let others = list(3_000, 9_999).replace("row", "line");
        let cut = shown(&list(3_000, 9_999), &others);
        assert!(cut.contains(&"(cut 5200)".to_owned()), "{cut:?}");
        // Whatever it is, something is said of both, and it ends.
        let deep = |n: &str| format!("{}{n}{}", "Cons(1, ".repeat(100_000), ")".repeat(100_000));
        assert!(of(&deep("1"), &deep("2")).len() > 1);
        let long = "x".repeat(100);
        assert_eq!(shown(&long, "y").len(), 2);
        assert!(of(&"[".repeat(100), &")".repeat(100)).len() > 1);
    }
}
