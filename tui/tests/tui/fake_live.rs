//! What the scripted image says of itself: collections, workers, heap snapshots.

use serde_json::{Value, json};

/// Snapshots that were made, and how often was asked.
#[derive(Default)]
pub struct Numbers {
    asked: u64,
    gc_asked: u64,
    taken: u64,
    /// Snapshots that are kept.
    pub kept: Vec<u64>,
    /// Of those asked for: whose, `null` for all.
    pub of: Vec<Value>,
}

const TYPES: [(&str, u64, u64, u64); 6] = [
    ("Map[String, Int]", 41_000, 22_020_096, 34_603_008),
    ("List[Int]", 310_000, 9_437_184, 9_437_184),
    ("String", 88_120, 5_242_880, 5_242_880),
    ("Msg", 12_000, 393_216, 393_216),
    ("function loop", 1, 48, 34_700_000),
    ("Array[(String, Int)]", 12, 98_304, 1_204_000),
];

impl Numbers {
    /// The answer to a question about numbers, if it is one.
    pub fn answer(&mut self, command: &str, arguments: &Value) -> Option<Result<Value, String>> {
        Some(match command {
            "nostos/gcStats" => Ok(self.collections(arguments)),
            "nostos/scheduler" => Ok(self.scheduler()),
            "nostos/heapSnapshot" => self.take(arguments),
            "nostos/heapTypes" => self.known(arguments).map(|n| {
                let rows = TYPES.iter().filter(|t| n > 1 || t.0 != "Array[(String, Int)]");
                let rows = rows.filter(|t| n < 2 || t.0 != "function loop");
                let rows: Vec<Value> = rows
                    .map(|(name, count, bytes, retained)| {
                        let more = if *name == "String" { n } else { 1 };
                        json!({ "type": name, "count": count * more, "bytes": bytes * more, "retained": retained * more })
                    })
                    .collect();
                json!({ "total": rows.len(), "types": rows })
            }),
            "nostos/heapObjects" => self.known(arguments).map(|_| {
                let count = arguments["count"].as_u64().unwrap_or(100).min(600);
                let rows: Vec<Value> = (0..count).map(|i| object(i, arguments["type"].as_str().unwrap_or_default())).collect();
                json!({ "total": 41_000, "objects": rows })
            }),
            "nostos/heapObject" => self.known(arguments).and_then(|_| {
                let n = arguments["object"].as_u64().unwrap_or(0);
                if n == 12 {
                    return Err("there is no object 12 in this snapshot".to_owned());
                }
                let mut body = object(n, "Map[String, Int]");
                body["total"] = json!(1204);
                body["fields"] = json!([
                    { "name": "key", "value": "\"alice\"", "object": 7 },
                    { "name": "value", "value": "30" },
                    { "name": "left", "value": "%{\"ann\": 3, \"bea\": 12}", "object": n + 1 },
                ]);
                let mut below = object(0, "List[Int]");
                below["field"] = json!("rest");
                body["path"] = json!([
                    { "root": "frame", "function": "bank.loop/2", "file": "bank.nos", "line": 6 },
                    below, body.clone(),
                ]);
                body["referrers"] = json!([{ "root": "an argument" }, below]);
                body["totalReferrers"] = json!(2);
                body["dominator"] = json!(0);
                Ok(body)
            }),
            "nostos/heapForget" => self.known(arguments).map(|n| {
                self.kept.retain(|k| *k != n);
                Value::Null
            }),
            _ => return None,
        })
    }

    fn known(&self, arguments: &Value) -> Result<u64, String> {
        let n = arguments["snapshot"].as_u64().unwrap_or(0);
        if self.kept.contains(&n) {
            return Ok(n);
        }
        Err(format!(
            "there is no heap snapshot {n}: the last 4 are kept"
        ))
    }

    fn take(&mut self, arguments: &Value) -> Result<Value, String> {
        let most = arguments["bytes"].as_u64().unwrap_or(u64::MAX);
        if arguments["process"] == 2 && most < 39_845_888 {
            return Err(format!(
                "the heap of process 2 has 39845888 bytes, and the snapshot was to have {most} at most"
            ));
        }
        self.taken += 1;
        self.kept.push(self.taken);
        if self.kept.len() > 4 {
            self.kept.remove(0);
        }
        self.of.push(arguments["process"].clone());
        let all = arguments["process"].is_null();
        Ok(json!({
            "snapshot": self.taken,
            "processes": if all { json!([1, 2, 3, 4]) } else { json!([arguments["process"]]) },
            "totalProcesses": if all { 5 } else { 1 },
            "objects": { "count": 451_121, "bytes": 37_093_424 + self.taken * 5_242_880 },
            "garbage": { "count": 800, "bytes": 1_310_720 },
            "leftOut": 2,
            "stops": { "count": 70, "totalNanos": 31_000_000, "maxNanos": 1_900_000 },
        }))
    }

    /// Forty collections at first, then three more each second.
    fn collections(&mut self, arguments: &Value) -> Value {
        let own = arguments["process"].as_u64();
        if own.is_none() {
            self.gc_asked += 1;
        }
        let n = self.gc_asked.saturating_sub(1);
        let noted = 40 + n * 3;
        let after = arguments["after"].as_u64().unwrap_or(0);
        let now_ms = 61_000 + n * 1000;
        let at = |number: u64| 25_000 + number * 900;
        let rows: Vec<Value> = (after.max(noted.saturating_sub(256)) + 1..=noted)
            .rev()
            .filter(|i| own.is_none_or(|pid| 2 + i % 3 == pid))
            .map(|i| {
                let major = i % 13 == 5;
                let pause = if major { 4_100_000 + i * 50_000 } else { 120_000 + i * i % 7 * 90_000 };
                json!({
                    "process": 2 + i % 3, "kind": if major { "major" } else { "minor" },
                    "reason": if major { "old space grown" } else { "nursery full" },
                    "pauseNanos": pause, "before": 4_194_304 + i * 100_000, "after": 900_000 + i * 40_000,
                    "promoted": i * 12_288, "atMs": at(i), "number": if own.is_some() { 0 } else { i },
                })
            })
            .collect();
        let seconds: Vec<Value> = (2 + n..62 + n)
            .map(|at| {
                let major = if at % 17 == 3 { 4_400_000 } else { 0 };
                let minor = 110_000 + at * at % 23 * 40_000;
                json!({ "at": at, "minorNanos": minor, "majorNanos": major, "pauseNanos": minor * 2 + major })
            })
            .collect();
        let mut minor = [0u64; 22];
        (minor[6], minor[7], minor[8], minor[9], minor[10], minor[11]) =
            (12, 81 + 20 * n, 64 + 9 * n, 40, 13, 2);
        let mut major = [0u64; 22];
        major[13] = 3 + n;
        let sum = |pauses: &[u64; 22], total: u64, max: u64| {
            let count: u64 = pauses.iter().sum();
            json!({ "count": count, "totalNanos": total, "maxNanos": max, "pauses": pauses })
        };
        let mut body = json!({
            "collections": rows,
            "minor": sum(&minor, 61_000_000 + n * 7_000_000, 1_900_000),
            "major": sum(&major, 14_300_000 + n * 4_400_000, 6_000_000),
            "reclaimed": 900_000_000 + n * 48_000_000, "promoted": 31_000_000 + n * 1_300_000,
            "noted": noted, "seconds": seconds,
            "blobs": { "count": 12, "bytes": 3_250_000 }, "nowMs": now_ms,
        });
        if own.is_some() {
            body["own"] = json!({ "minor": 39, "major": 2, "pauseNanos": 21_000_000 });
        }
        body
    }

    fn scheduler(&mut self) -> Value {
        self.asked += 1;
        let n = self.asked;
        let second = 1_000_000_000u64;
        let worker = |id: u64,
                      running: Option<u64>,
                      queue: u64,
                      red: u64,
                      steals: u64,
                      busy: u64| {
            json!({
                "id": id, "running": running, "queue": queue, "reductions": n * red, "steals": steals * n, "idle": running.is_none(),
                "switches": n * red / 500, "sleptNanos": n * second * (100 - busy) / 100,
            })
        };
        json!({
            "workers": [
                worker(1, Some(3), 10, 9_800_000, 12, 92),
                worker(2, None, 0, 2_100_000, 1, 37),
            ],
            "processes": 5,
            "states": { "running": 1, "runnable": 0, "waiting": 2, "sleeping": 1, "blocked": 1, "stopped": 0 },
            "blocked": { "jobs": 0, "outside": 1 },
            "messages": 49_515 + n * 40, "longMailboxes": 2, "heapBytes": 42_000_000 + n * n % 11 * 900_000,
            "timers": 1, "spawned": 7, "nowNanos": n * second,
        })
    }
}

fn object(n: u64, ty: &str) -> Value {
    let text = match ty {
        "String" => format!("\"a name of customer {n}\""),
        "List[Int]" => "[30, 5, 12, 7, …]".to_owned(),
        _ => format!("%{{\"alice\": {}, \"bob\": 12, …}}", 30 + n),
    };
    json!({ "object": n, "process": 2, "type": ty, "value": text, "bytes": 48 + n % 3 * 8, "retained": 34_603_008 / (n + 1) })
}
