//! Values of a stopped process as variables: the library's lists, maps and sets as what they mean, everything else as it is made.

use super::{Page, Place, Variable};
use nostos_runtime::{Child, Image, Value};

/// Entries of a map shown on one line.
const SHOWN: usize = 20;
/// Deepest fork of a map: one for each bit of a hash, and some to spare.
const MAX_DEPTH: usize = 80;

/// A value with a name.
pub(super) fn variable(image: &Image, name: &str, value: &Value) -> Variable {
    let ty = image.shape_name(value.shape);
    let text = text(image, value, &ty);
    let (named, indexed) = match kind(&ty) {
        Kind::Plain => (image.children(value, 0, 0).0, 0),
        Kind::Sequence => (0, image.children(value, 0, 0).0),
        Kind::Map => (0, size(image, value)),
        Kind::Set => (0, members(image, value).map_or(0, |map| size(image, &map))),
    };
    let place = (named + indexed > 0).then(|| Place::Value {
        shape: value.shape.0,
        lanes: value.lanes.clone(),
    });
    Variable {
        name: name.into(),
        value: text,
        ty,
        named,
        indexed,
        place,
    }
}

/// The named parts of a value, or the numbered ones of a page.
pub(super) fn parts(image: &Image, value: &Value, page: Option<Page>) -> Vec<Variable> {
    let ty = image.shape_name(value.shape);
    let children = |start, count| {
        let (_, children) = image.children(value, start, count);
        children
            .iter()
            .map(|child| variable(image, &child.name, &child.value))
            .collect()
    };
    let entries = |map: &Value, page: Page, of_set: bool| {
        let entries = entries(image, map, page.of(size(image, map)));
        let rows = entries
            .iter()
            .enumerate()
            .map(|(i, (key, value))| match of_set {
                true => variable(image, &(page.start + i).to_string(), key),
                false => variable(image, &image.render(key.shape, &key.lanes), value),
            });
        rows.collect()
    };
    match (kind(&ty), page) {
        (Kind::Plain, None) => children(0, usize::MAX),
        (Kind::Sequence, Some(page)) => {
            let count = if page.count == 0 {
                usize::MAX
            } else {
                page.count
            };
            children(page.start, count)
        }
        (Kind::Map, Some(page)) => entries(value, page, false),
        (Kind::Set, Some(page)) => {
            members(image, value).map_or_else(Vec::new, |map| entries(&map, page, true))
        }
        (Kind::Plain, Some(_)) | (Kind::Sequence | Kind::Map | Kind::Set, None) => Vec::new(),
    }
}

/// The value of `name`, `name.field`, `name.0` or `name[3]`, read in place. `None`: it is something else, or not there.
pub(super) fn by_path(image: &Image, locals: &[Variable], text: &str) -> Option<Variable> {
    let steps = path(text)?;
    let (first, rest) = steps.split_first()?;
    let mut found = locals.iter().find(|local| local.name == *first)?.clone();
    for step in rest {
        let Some(Place::Value { shape, lanes }) = &found.place else {
            return None;
        };
        let value = Value {
            shape: nostos_abi::desc::ShapeId(*shape),
            lanes: lanes.clone(),
        };
        found = match step.strip_prefix('[') {
            Some(index) if found.indexed > 0 => {
                let start = index.parse().ok()?;
                parts(image, &value, Some(Page { start, count: 1 }))
                    .into_iter()
                    .next()?
            }
            Some(_) => return None,
            None => parts(image, &value, None)
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
                if !inner[..end].bytes().all(|b| b.is_ascii_digit())
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

enum Kind {
    Plain,
    Sequence,
    Map,
    Set,
}

/// The library's types are told by their names, which a program's own types of the same name do not have: those are qualified or shadow them for the whole program.
fn kind(ty: &str) -> Kind {
    match ty.split_once('[').map(|(name, _)| name) {
        Some("List" | "Array") => Kind::Sequence,
        Some("Map") => Kind::Map,
        Some("Set") => Kind::Set,
        _ => Kind::Plain,
    }
}

fn text(image: &Image, value: &Value, ty: &str) -> String {
    let render = |value: &Value| image.render(value.shape, &value.lanes);
    let (map, open, of_set) = match kind(ty) {
        Kind::Plain | Kind::Sequence => return render(value),
        Kind::Map => (value.clone(), "%{", false),
        Kind::Set => match members(image, value) {
            Some(map) => (map, "#{", true),
            None => return render(value),
        },
    };
    let total = size(image, &map);
    let shown: Vec<String> = entries(image, &map, 0..total.min(SHOWN))
        .iter()
        .map(|(key, value)| match of_set {
            true => render(key),
            false => format!("{}: {}", render(key), render(value)),
        })
        .collect();
    let more = if total > SHOWN { ", …" } else { "" };
    format!("{open}{}{more}}}", shown.join(", "))
}

fn child(image: &Image, value: &Value, name: &str) -> Option<Value> {
    let (_, children) = image.children(value, 0, 8);
    children
        .into_iter()
        .find(|child| child.name == name)
        .map(|child| child.value)
}

/// The map a set is made of.
fn members(image: &Image, set: &Value) -> Option<Value> {
    child(image, set, "members")
}

fn size(image: &Image, map: &Value) -> usize {
    let entries = child(image, map, "entries");
    entries
        .and_then(|entries| entries.lanes.first().copied())
        .unwrap_or(0) as usize
}

/// Entries of a map in the order of its trie (`std/map.nos`): a tip, a leaf with hash, key and value, a clash with a list of pairs, a fork with two tries.
fn entries(image: &Image, map: &Value, range: std::ops::Range<usize>) -> Vec<(Value, Value)> {
    let mut out = Vec::new();
    let mut passed = 0;
    let mut todo: Vec<(Value, usize)> = child(image, map, "root")
        .into_iter()
        .map(|root| (root, 0))
        .collect();
    while let Some((trie, depth)) = todo.pop() {
        if passed >= range.end || depth > MAX_DEPTH {
            break;
        }
        let (_, parts) = image.children(&trie, 0, 4);
        let mut parts: Vec<Value> = parts.into_iter().map(|Child { value, .. }| value).collect();
        let mut pass = |key: Value, value: Value| {
            if range.contains(&passed) {
                out.push((key, value));
            }
            passed += 1;
        };
        match parts.len() {
            2 => {
                let (_, pairs) = image.children(&parts[1], 0, range.end);
                for pair in pairs {
                    let (_, mut pair) = image.children(&pair.value, 0, 2);
                    if let (Some(value), Some(key)) = (pair.pop(), pair.pop()) {
                        pass(key.value, value.value);
                    }
                }
            }
            3 => {
                if let (Some(value), Some(key)) = (parts.pop(), parts.pop()) {
                    pass(key, value);
                }
            }
            4 => {
                if let (Some(ones), Some(zeros)) = (parts.pop(), parts.pop()) {
                    todo.push((ones, depth + 1));
                    todo.push((zeros, depth + 1));
                }
            }
            _ => {}
        }
    }
    out
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
