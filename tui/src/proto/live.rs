//! Numbers of the running image and of its heaps: the census, seconds of collections, snapshots with types, objects and who refers to whom.

use super::{Pid, Place, list, number, place, text};
use serde_json::Value;

/// Classes of pauses: shorter than 1 µs, 2 µs, 4 µs …
pub const CLASSES: usize = 22;

/// How many processes are at what.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// How many there are.
    pub processes: u64,
    /// By state: running, runnable, waiting, sleeping, blocked, stopped.
    pub states: [u64; 6],
    /// Of the blocked ones those in a blocking call, and those that wait for the outside.
    pub blocked: (u64, u64),
    /// Messages that wait.
    pub messages: u64,
    /// Mailboxes with more than a thousand.
    pub long_mailboxes: u64,
    /// Bytes of all heaps.
    pub heap: u64,
    /// Deadlines that processes wait for.
    pub timers: u64,
    /// Processes made so far.
    pub spawned: u64,
}

/// The names of [`Census::states`].
pub const STATES: [&str; 6] = [
    "running", "runnable", "waiting", "sleeping", "blocked", "stopped",
];

/// The pauses of one second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Second {
    /// Which, since the image began.
    pub at: u64,
    /// The longest pause of a minor collection.
    pub minor: u64,
    /// And of a major one.
    pub major: u64,
    /// All together.
    pub pause: u64,
}

/// A heap snapshot as it was made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Made {
    /// The image's number for it.
    pub number: u64,
    /// How many processes it is of, and how many there were.
    pub processes: (u64, u64),
    /// Count and bytes of living objects.
    pub alive: (u64, u64),
    /// And of garbage.
    pub garbage: (u64, u64),
    /// How often objects refer to what is not in it.
    pub left_out: u64,
    /// How often processes were held, nanoseconds altogether, nanoseconds at most.
    pub held: (u64, u64, u64),
}

/// Living objects of one type: count, own bytes, retained bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TypeRow {
    /// The type.
    pub name: String,
    /// Count, own bytes, retained bytes.
    pub sums: [u64; 3],
}

/// A living object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Object {
    /// Its number in the snapshot.
    pub object: u64,
    /// Whose it is.
    pub process: Pid,
    /// Its type.
    pub ty: String,
    /// It, shown.
    pub value: String,
    /// Own bytes.
    pub bytes: u64,
    /// What would go with it.
    pub retained: u64,
}

/// A step of a path, or one that refers to an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// What the process keeps, in words, and where that is.
    Root(String, Option<Place>),
    /// An object and the part of it that leads on.
    Object(Object, String),
}

/// All about an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// It.
    pub object: Object,
    /// How many parts it has.
    pub total: u64,
    /// The first of them: name, value, the object it is.
    pub fields: Vec<(String, String, Option<u64>)>,
    /// A shortest way to it.
    pub path: Vec<Step>,
    /// How many refer to it.
    pub referred: u64,
    /// Some of those.
    pub referrers: Vec<Step>,
    /// The object without which it would not be alive.
    pub above: Option<u64>,
}

/// The whole of `nostos/scheduler` but the workers.
pub fn census(body: &Value) -> Census {
    let states = &body["states"];
    Census {
        processes: number(body, "processes"),
        states: STATES.map(|name| number(states, name)),
        blocked: (
            number(&body["blocked"], "jobs"),
            number(&body["blocked"], "outside"),
        ),
        messages: number(body, "messages"),
        long_mailboxes: number(body, "longMailboxes"),
        heap: number(body, "heapBytes"),
        timers: number(body, "timers"),
        spawned: number(body, "spawned"),
    }
}

/// How often pauses of each class were.
pub fn pauses(body: &Value) -> [u64; CLASSES] {
    let mut out = [0; CLASSES];
    let told = body["pauses"].as_array().map_or(&[][..], Vec::as_slice);
    for (i, n) in told.iter().enumerate() {
        // A newer image may tell more of them.
        out[i.min(CLASSES - 1)] += n.as_u64().unwrap_or(0);
    }
    out
}

/// The seconds of `nostos/gcStats`.
pub fn seconds(body: &Value) -> Vec<Second> {
    list(body, "seconds", |s| Second {
        at: number(s, "at"),
        minor: number(s, "minorNanos"),
        major: number(s, "majorNanos"),
        pause: number(s, "pauseNanos"),
    })
}

/// `nostos/heapSnapshot`.
pub fn made(body: &Value) -> Made {
    let pair = |key: &str| (number(&body[key], "count"), number(&body[key], "bytes"));
    let held = |key: &str| number(&body["stops"], key);
    Made {
        number: number(body, "snapshot"),
        processes: (number(body, "processes"), number(body, "totalProcesses")),
        alive: pair("objects"),
        garbage: pair("garbage"),
        left_out: number(body, "leftOut"),
        held: (held("count"), held("totalNanos"), held("maxNanos")),
    }
}

/// `nostos/heapTypes`: the rows and how many there are.
pub fn types(body: &Value) -> (Vec<TypeRow>, u64) {
    let rows = list(body, "types", |t| TypeRow {
        name: text(t, "type"),
        sums: ["count", "bytes", "retained"].map(|key| number(t, key)),
    });
    let total = body["total"].as_u64().unwrap_or(rows.len() as u64);
    (rows, total)
}

/// Nanoseconds since the image began, of `nostos/scheduler`; `None`: an older one does not say.
pub fn now_nanos(body: &Value) -> Option<u64> {
    body["nowNanos"].as_u64()
}

fn object(body: &Value) -> Object {
    Object {
        object: number(body, "object"),
        process: number(body, "process"),
        ty: text(body, "type"),
        value: text(body, "value"),
        bytes: number(body, "bytes"),
        retained: number(body, "retained"),
    }
}

/// `nostos/heapObjects`: the rows and how many there are.
pub fn objects(body: &Value) -> (Vec<Object>, u64) {
    let rows = list(body, "objects", object);
    let total = body["total"].as_u64().unwrap_or(rows.len() as u64);
    (rows, total)
}

fn step(body: &Value) -> Step {
    match body["root"].as_str() {
        Some("frame") => {
            let at = serde_json::json!({ "path": body["file"], "line": body["line"] });
            Step::Root(text(body, "function"), place(&at))
        }
        Some(what) => Step::Root(what.to_owned(), None),
        None => Step::Object(object(body), text(body, "field")),
    }
}

/// `nostos/heapObject`.
pub fn report(body: &Value) -> Report {
    Report {
        object: object(body),
        total: number(body, "total"),
        fields: list(body, "fields", |f| {
            (text(f, "name"), text(f, "value"), f["object"].as_u64())
        }),
        path: list(body, "path", step),
        referred: number(body, "totalReferrers"),
        referrers: list(body, "referrers", step),
        above: body["dominator"].as_u64(),
    }
}
