//! Entries of the library's maps and members of its sets, told by their types' names and fields; anything that looks different is shown as it is made.

use super::{Child, Memory, Value, constructor, page_of};
use nostos_abi::desc::{DescTable, ShapeKind};

/// Most levels: one for each five bits of a hash, and some to spare.
const DEPTH_MAX: usize = 20;

/// Most nodes below a node.
const NODES_MAX: usize = 32;

/// What the library's collection holds.
pub(super) enum Entries {
    /// Keys and values.
    Map(Vec<(Value, Value)>),
    /// Members.
    Set(Vec<Value>),
}

/// At most `limit` entries of a map or members of a set.
pub(super) fn of(
    table: &DescTable,
    memory: Memory,
    value: &Value,
    limit: usize,
) -> Option<Entries> {
    let name = table.shapes.get(value.shape.0 as usize)?.name.as_str();
    if name.starts_with("Set[") {
        let members = field(table, memory, value, "members")?;
        let Entries::Map(entries) = of(table, memory, &members, limit)? else {
            return None;
        };
        return Some(Entries::Set(entries.into_iter().map(|e| e.0).collect()));
    }
    if !name.starts_with("Map[") {
        return None;
    }
    let root = field(table, memory, value, "root")?;
    let mut entries = Vec::new();
    collect(table, memory, &root, limit, DEPTH_MAX, &mut entries)?;
    Some(Entries::Map(entries))
}

/// How many entries a map has, or members a set.
pub(super) fn count(table: &DescTable, memory: Memory, value: &Value) -> Option<usize> {
    let name = table.shapes.get(value.shape.0 as usize)?.name.as_str();
    if name.starts_with("Set[") {
        return count(table, memory, &field(table, memory, value, "members")?);
    }
    if !name.starts_with("Map[") {
        return None;
    }
    let entries = field(table, memory, value, "entries")?;
    entries.lanes.first().map(|count| *count as usize)
}

/// Of what is no list.
fn children(
    table: &DescTable,
    memory: Memory,
    value: &Value,
    start: usize,
    count: usize,
) -> (usize, Vec<Child>) {
    page_of(
        table,
        memory,
        None,
        value,
        start..start.saturating_add(count),
    )
}

fn field(table: &DescTable, memory: Memory, value: &Value, name: &str) -> Option<Value> {
    let (_, fields) = children(table, memory, value, 0, 8);
    Some(fields.into_iter().find(|f| f.name == name)?.value)
}

/// Walks a node: `Branch(bits, bits, array of pairs, array of nodes)`, `Clash(array of pairs)`.
fn collect(
    table: &DescTable,
    memory: Memory,
    node: &Value,
    limit: usize,
    depth: usize,
    entries: &mut Vec<(Value, Value)>,
) -> Option<()> {
    if entries.len() >= limit {
        return Some(());
    }
    let ShapeKind::Variant { ctors, boxed } = &table.shapes.get(node.shape.0 as usize)?.kind else {
        return None;
    };
    let (ctor, _) = constructor(table, memory, ctors, *boxed, &node.lanes)?;
    let (_, parts) = children(table, memory, node, 0, 8);
    let part = |i: usize| parts.get(i).map(|p| p.value.clone());
    let (pairs, below) = match ctor.name.as_str() {
        "Branch" if depth > 0 => (part(2)?, Some(part(3)?)),
        "Clash" => (part(0)?, None),
        _ => return None,
    };
    let (_, pairs) = children(table, memory, &pairs, 0, limit);
    for pair in pairs {
        let (_, both) = children(table, memory, &pair.value, 0, 2);
        let mut both = both.into_iter().map(|c| c.value);
        entries.push((both.next()?, both.next()?));
    }
    if let Some(below) = below {
        let (_, nodes) = children(table, memory, &below, 0, NODES_MAX);
        for inner in nodes {
            collect(table, memory, &inner.value, limit, depth - 1, entries)?;
        }
    }
    Some(())
}
