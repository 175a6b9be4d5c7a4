//! Lists of processes: a range of any order, or of the tree of who started whom, of those a filter lets through.
//!
//! A million processes are looked through here, so that a client has only the rows it shows.

use super::{Answer, Connection, arguments, lock};
use crate::filter::{Filter, Seen};
use crate::protocol::{self, ProcessesArguments};
use nostos_session::debug::{Glance, Lets, Order, Pid};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// Rows of a tree that are told at once.
const MAX_TREE: usize = 1000;

/// A row of the tree: who, how deep, and how many stand below.
struct Row {
    pid: Pid,
    depth: usize,
    below: usize,
}

impl Connection {
    pub(super) fn processes(&self, args: &Value) -> Answer {
        let args: ProcessesArguments = arguments(args)?;
        let order = match args.sort.as_deref() {
            None | Some("id") => Order::Id,
            Some("mailbox") => Order::Mailbox,
            Some("reductions") => Order::Reductions,
            Some("heap") => Order::Heap,
            Some("name") => Order::Name,
            Some("state") => Order::State,
            Some("links") => Order::Links,
            Some(other) => {
                return Err(format!(
                    "`{other}` is no order: id, mailbox, reductions, heap, name, state, links"
                ));
            }
        };
        let filter = Filter::parse(&args.filter)?;
        let takes = |glance: &Glance<'_>| passes(&filter, glance);
        let lets: Option<&Lets<'_>> = (!filter.is_empty()).then_some(&takes);
        let end = match args.limit {
            None | Some(0) => usize::MAX,
            Some(limit) => args.start.saturating_add(limit),
        };
        let chosen = self.target.choose(order, args.start..end, lets);
        let rows: Vec<_> = chosen.rows.iter().map(protocol::process_row).collect();
        Ok(json!({
            "processes": rows,
            "total": chosen.total,
            "matched": chosen.matched,
            "start": args.start,
            "sort": args.sort.unwrap_or_else(|| "id".to_owned()),
            "filter": args.filter,
        }))
    }

    /// Processes below who started them, each followed by its own; and their links to others.
    pub(super) fn tree(&self, args: &Value) -> Answer {
        let args: ProcessesArguments = arguments(args)?;
        let limit = args.limit.unwrap_or(MAX_TREE).clamp(1, MAX_TREE);
        let filter = Filter::parse(&args.filter)?;
        let mut rows = in_order(self.target.parents());
        let total = rows.len();
        if !filter.is_empty() {
            let taken = Mutex::new(HashSet::new());
            let take = |glance: &Glance<'_>| {
                if passes(&filter, glance) {
                    lock(&taken).insert(glance.pid);
                }
                false
            };
            self.target.choose(Order::Id, 0..0, Some(&take));
            let taken = lock(&taken);
            // From the end, as whoever stands above comes before: `need` is how deep the last kept row hangs.
            let mut need = 0;
            let mut kept: Vec<Row> = Vec::new();
            for row in rows.into_iter().rev() {
                if row.depth < need || taken.contains(&row.pid) {
                    need = row.depth;
                    kept.push(row);
                }
            }
            kept.reverse();
            rows = kept;
        }
        let folded: HashSet<Pid> = args.folded.iter().copied().collect();
        let mut hidden = usize::MAX;
        rows.retain(|row| {
            if row.depth > hidden {
                return false;
            }
            hidden = match folded.contains(&row.pid) {
                true => row.depth,
                false => usize::MAX,
            };
            true
        });
        let waits: HashMap<Pid, Pid> = self.target.waits().into_iter().collect();
        let window = rows.iter().skip(args.start).take(limit);
        let shown = window.filter_map(|row| {
            let process = self.target.process(row.pid)?;
            let mut told = protocol::process_row(&process);
            told["depth"] = json!(row.depth);
            told["below"] = json!(row.below);
            told["supervisor"] = json!(process.supervises);
            if let Some(other) = waits.get(&row.pid) {
                told["waitsFor"] = json!(other);
            }
            Some(told)
        });
        let shown: Vec<Value> = shown.collect();
        Ok(json!({
            "processes": shown,
            "total": total,
            "matched": rows.len(),
            "start": args.start,
            "sort": "tree",
            "filter": args.filter,
        }))
    }
}

fn passes(filter: &Filter, glance: &Glance<'_>) -> bool {
    filter.takes(&Seen {
        pid: glance.pid,
        name: glance.name,
        state: glance.state.word(),
        mailbox: glance.mailbox,
        reductions: glance.reductions,
        heap: glance.heap_bytes,
        links: glance.links,
        function: glance.function,
    })
}

/// All processes, each followed by those it started, by number.
fn in_order(mut parents: Vec<(Pid, Option<Pid>)>) -> Vec<Row> {
    parents.sort_unstable();
    let pids: Vec<Pid> = parents.iter().map(|(pid, _)| *pid).collect();
    // Whose parent has ended stands at the top.
    let known = |parent: &Pid| pids.binary_search(parent).is_ok();
    let mut below: Vec<(Option<Pid>, Pid)> = parents
        .iter()
        .map(|(pid, parent)| (parent.filter(|p| p != pid && known(p)), *pid))
        .collect();
    below.sort_unstable();
    let children = |parent: Option<Pid>| {
        let first = below.partition_point(|(p, _)| *p < parent);
        let count = below[first..].partition_point(|(p, _)| *p == parent);
        &below[first..first + count]
    };
    let mut out: Vec<Row> = Vec::with_capacity(pids.len());
    let mut open: Vec<(Pid, usize)> = children(None).iter().rev().map(|(_, p)| (*p, 0)).collect();
    while let Some((pid, depth)) = open.pop() {
        out.push(Row {
            pid,
            depth,
            below: 0,
        });
        let own = children(Some(pid)).iter().rev();
        open.extend(own.map(|(_, child)| (*child, depth + 1)));
    }
    // Those above a row are told of it when their last one is passed.
    let mut above: Vec<usize> = Vec::new();
    for i in 0..=out.len() {
        let depth = out.get(i).map_or(0, |row| row.depth);
        while above.len() > depth {
            if let Some(ancestor) = above.pop() {
                out[ancestor].below = i - ancestor - 1;
            }
        }
        above.push(i);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_how_many_stand_below() {
        let rows = in_order(vec![
            (1, None),
            (2, Some(1)),
            (5, Some(2)),
            (3, Some(1)),
            (4, Some(77)),
            (6, Some(5)),
        ]);
        let told: Vec<_> = rows.iter().map(|r| (r.pid, r.depth, r.below)).collect();
        assert_eq!(
            told,
            [
                (1, 0, 4),
                (2, 1, 2),
                (5, 2, 1),
                (6, 3, 0),
                (3, 1, 0),
                (4, 0, 0)
            ]
        );
    }
}
