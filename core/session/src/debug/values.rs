//! Values of a stopped process as variables: the library's lists, maps and sets as what they mean, everything else as it is made.

use super::{Page, Place, Variable};
use nostos_runtime::{Origin, Reading, Standing, Value};

/// Where values are found: in the heap of a process as it stands in a stop, or in a message.
#[derive(Clone, Copy)]
pub(super) struct Root {
    pub(super) origin: Origin,
    /// The stop that what is in the heap was found in.
    pub(super) standing: Option<Standing>,
    /// Or in the value that is kept under this number.
    pub(super) answer: Option<u64>,
}

impl Root {
    /// In the heap, in this stop.
    pub(super) fn heap(standing: Option<Standing>) -> Root {
        Root {
            origin: Origin::Heap,
            standing,
            answer: None,
        }
    }

    /// In this value of an expression.
    pub(super) fn answer(number: u64) -> Root {
        Root {
            answer: Some(number),
            ..Root::heap(None)
        }
    }

    /// In this message.
    pub(super) fn message(index: usize) -> Root {
        Root {
            origin: Origin::Message(index),
            standing: None,
            answer: None,
        }
    }
}

/// A value with a name, of this root.
pub(super) fn variable(reading: &Reading<'_>, root: Root, name: &str, value: &Value) -> Variable {
    let ty = reading.shape_name(value.shape);
    let (named, indexed) = match reading.entries(value, 0, 0) {
        Some((total, _)) => (0, total),
        None if is_sequence(&ty) => (0, reading.children(value, 0, 0).0),
        None => (reading.children(value, 0, 0).0, 0),
    };
    let (shape, lanes) = (value.shape.0, value.lanes.clone());
    let place = (named + indexed > 0).then_some(match root.answer {
        Some(number) => Place::Answer {
            number,
            shape,
            lanes,
        },
        None => Place::Value {
            shape,
            lanes,
            message: match root.origin {
                Origin::Heap => None,
                Origin::Message(index) => Some(index),
            },
            standing: root.standing,
        },
    });
    Variable {
        name: name.into(),
        value: reading.render(value),
        ty,
        named,
        indexed,
        place,
        address: reading.address(value),
    }
}

/// The named parts of a value, or the numbered ones of a page. Entries of maps count as numbered, so that clients page them.
pub(super) fn parts(
    reading: &Reading<'_>,
    root: Root,
    value: &Value,
    page: Option<Page>,
) -> Vec<Variable> {
    let (start, count) = match page {
        Some(Page { start, count: 0 }) => (start, usize::MAX),
        Some(Page { start, count }) => (start, count),
        None => (0, usize::MAX),
    };
    let wanted = if page.is_some() { count } else { 0 };
    if let Some((_, entries)) = reading.entries(value, start, wanted) {
        let of_set = reading.shape_name(value.shape).starts_with("Set");
        let rows = entries
            .iter()
            .enumerate()
            .map(|(i, (key, value))| match of_set {
                true => variable(reading, root, &(start + i).to_string(), key),
                false => variable(reading, root, &reading.render(key), value),
            });
        return rows.collect();
    }
    if is_sequence(&reading.shape_name(value.shape)) != page.is_some() {
        return Vec::new();
    }
    let (_, children) = reading.children(value, start, count);
    children
        .iter()
        .map(|child| variable(reading, root, &child.name, &child.value))
        .collect()
}

/// The library's types are told by their names, which a program's own types do not have: those are qualified, or shadow them for the whole program.
fn is_sequence(ty: &str) -> bool {
    matches!(ty.split_once('['), Some(("List" | "Array", _)))
}

/// The value of `name`, `name.field`, `name.0` or `name[3]`, read in place. `None`: it is something else, or not there.
pub(super) fn by_path(
    reading: &Reading<'_>,
    root: Root,
    locals: &[Variable],
    text: &str,
) -> Option<Variable> {
    let steps = path(text)?;
    let (first, rest) = steps.split_first()?;
    let mut found = locals.iter().find(|local| local.name == *first)?.clone();
    for step in rest {
        let Some(Place::Value { shape, lanes, .. }) = &found.place else {
            return None;
        };
        let value = Value {
            shape: nostos_abi::desc::ShapeId(*shape),
            lanes: lanes.clone(),
        };
        found = match step.strip_prefix('[') {
            Some(index) if found.indexed > 0 => {
                let start = index.parse().ok()?;
                parts(reading, root, &value, Some(Page { start, count: 1 }))
                    .into_iter()
                    .next()?
            }
            Some(_) => return None,
            None => parts(reading, root, &value, None)
                .into_iter()
                .find(|part| part.name == *step)?,
        };
    }
    found.name = text.trim().to_owned();
    Some(found)
}

/// `a.b[3].0` as `a`, `b`, `[3`, `0`; `None` for anything that is more than a path.
fn path(text: &str) -> Option<Vec<&str>> {
    let mut rest = text.trim();
    let mut steps = Vec::new();
    let word = |text: &str| {
        text.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(text.len())
    };
    loop {
        let end = match rest.strip_prefix('[') {
            Some(inner) if !steps.is_empty() => {
                let end = word(inner);
                if end == 0
                    || !inner[..end].bytes().all(|b| b.is_ascii_digit())
                    || !inner[end..].starts_with(']')
                {
                    return None;
                }
                steps.push(&rest[..=end]);
                end + 2
            }
            _ => {
                let end = word(rest);
                if end == 0 || steps.is_empty() && rest.starts_with(|c: char| c.is_ascii_digit()) {
                    return None;
                }
                steps.push(&rest[..end]);
                end
            }
        };
        rest = &rest[end..];
        rest = match rest.strip_prefix('.') {
            Some(after) => after,
            None if rest.is_empty() => return Some(steps),
            None if rest.starts_with('[') => rest,
            None => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_path_is_names_and_indices() {
        for (text, steps) in [
            ("a", Some(vec!["a"])),
            (" state.entries ", Some(vec!["state", "entries"])),
            ("t.0.1", Some(vec!["t", "0", "1"])),
            ("xs[3].name", Some(vec!["xs", "[3", "name"])),
            ("xs[3][4]", Some(vec!["xs", "[3", "[4"])),
            ("a + b", None),
            ("f(a)", None),
            ("1", None),
            ("", None),
            ("a.", None),
            ("xs[i]", None),
            ("xs[]", None),
        ] {
            assert_eq!(path(text), steps, "{text}");
        }
    }
}
