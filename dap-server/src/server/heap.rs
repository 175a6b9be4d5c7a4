//! Requests about heap snapshots: `nostos/heapSnapshot`, `nostos/heapTypes`, `nostos/heapObjects`, `nostos/heapObject`, `nostos/heapForget`.

use super::{Connection, refuse};
use crate::protocol::arguments;
use nostos_session::debug::{HeapObject, HeapStep, HeapType, Heaps};
use serde::Deserialize;
use serde_json::{Value, json};

/// Rows in one answer, if the client does not say how many.
const ROWS: usize = 100;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Take {
    process: Option<u64>,
    bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Types {
    snapshot: u64,
    since: Option<u64>,
    filter: Option<String>,
    start: Option<usize>,
    count: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Objects {
    snapshot: u64,
    #[serde(rename = "type")]
    type_name: String,
    start: Option<usize>,
    count: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    snapshot: u64,
    object: u64,
    start: Option<usize>,
    count: Option<usize>,
}

#[derive(Deserialize)]
struct Forget {
    snapshot: u64,
}

impl Connection {
    pub(super) fn heap_request(&self, command: &str, args: &Value) -> Result<Value, String> {
        let heaps = self.target.heaps();
        let heaps = heaps.ok_or("this image takes no heap snapshots")?;
        answer(heaps, command, args)
    }
}

fn answer(heaps: &Heaps, command: &str, args: &Value) -> Result<Value, String> {
    match command {
        "nostos/heapSnapshot" => {
            let args: Take = arguments(args)?;
            let made = heaps.take(args.process, args.bytes).map_err(refuse)?;
            let pair = |(count, bytes): (u64, u64)| json!({ "count": count, "bytes": bytes });
            Ok(json!({
                "snapshot": made.snapshot,
                "atMs": made.at_ms,
                "processes": made.processes,
                "totalProcesses": made.of,
                "objects": pair(made.alive),
                "garbage": pair(made.garbage),
                "leftOut": made.left_out,
                "stops": { "count": made.stops, "totalNanos": made.held_nanos, "maxNanos": made.longest_nanos },
            }))
        }
        "nostos/heapTypes" => {
            let args: Types = arguments(args)?;
            let mut rows = heaps.types(args.snapshot, args.since).map_err(refuse)?;
            if let Some(filter) = args.filter {
                let filter = filter.to_lowercase();
                rows.retain(|row| row.name.to_lowercase().contains(&filter));
            }
            let (start, count) = (args.start.unwrap_or(0), args.count.unwrap_or(ROWS));
            let page: Vec<_> = rows.iter().skip(start).take(count).map(type_row).collect();
            Ok(json!({ "total": rows.len(), "types": page }))
        }
        "nostos/heapObjects" => {
            let args: Objects = arguments(args)?;
            let (start, count) = (args.start.unwrap_or(0), args.count.unwrap_or(ROWS));
            let found = heaps.objects(args.snapshot, &args.type_name, start, count);
            let (total, rows) = found.map_err(refuse)?;
            let rows: Vec<_> = rows.iter().map(object_row).collect();
            Ok(json!({ "total": total, "objects": rows }))
        }
        "nostos/heapObject" => {
            let args: Object = arguments(args)?;
            let (start, count) = (args.start.unwrap_or(0), args.count.unwrap_or(ROWS));
            let report = heaps.object(args.snapshot, args.object, start, count);
            let report = report.map_err(refuse)?;
            let fields: Vec<_> = report
                .fields
                .iter()
                .map(|(name, value, object)| json!({ "name": name, "value": value, "object": object }))
                .collect();
            let path: Vec<_> = report.path.iter().map(step_row).collect();
            let mut body = object_row(&report.object);
            body["total"] = json!(report.total);
            body["fields"] = json!(fields);
            body["path"] = json!(path);
            let referrers: Vec<_> = report.referrers.iter().map(step_row).collect();
            body["referrers"] = json!(referrers);
            body["totalReferrers"] = json!(report.referred);
            body["dominator"] = json!(report.above);
            Ok(body)
        }
        "nostos/heapForget" => {
            let args: Forget = arguments(args)?;
            heaps.forget(args.snapshot).map_err(refuse)?;
            Ok(Value::Null)
        }
        unknown => Err(format!("`{unknown}` is no request this debugger knows")),
    }
}

fn type_row(row: &HeapType) -> Value {
    let [count, bytes, retained] = row.now;
    let mut told =
        json!({ "type": row.name, "count": count, "bytes": bytes, "retained": retained });
    if let Some(before) = row.before {
        let growth = |i: usize| row.now[i] as i64 - before[i] as i64;
        told["growth"] = json!({ "count": growth(0), "bytes": growth(1), "retained": growth(2) });
    }
    told
}

fn object_row(row: &HeapObject) -> Value {
    json!({
        "object": row.object,
        "process": row.process,
        "type": row.type_name,
        "value": row.text,
        "bytes": row.bytes,
        "retained": row.retained,
    })
}

fn step_row(step: &HeapStep) -> Value {
    match step {
        HeapStep::Frame(function, file, line) => {
            json!({ "root": "frame", "function": function, "file": file, "line": line })
        }
        HeapStep::Root(what) => json!({ "root": what }),
        HeapStep::Object(object, part) => {
            let mut row = object_row(object);
            row["field"] = json!(part);
            row
        }
    }
}
