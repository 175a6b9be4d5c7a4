//! What the image says, as small structs read from the JSON of its debug protocol.
//!
//! Reading is lenient: a field that is missing or of another kind becomes empty, so that an older or newer image still shows what
//! it can. Writing is plain `json!` at the place that asks.

pub mod live;

use serde_json::Value;

/// The number of a process.
pub type Pid = u64;

/// What a process does right now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum RunState {
    /// Stopped by the debugger.
    Stopped,
    /// On a worker.
    Running,
    /// Wants a worker.
    Runnable,
    /// In a blocking call.
    Blocked,
    /// In `receive`.
    Waiting,
    /// In `sleep`.
    Sleeping,
    /// Ended.
    Exited,
    /// Something this program does not know.
    Other,
}

impl RunState {
    fn read(word: &str) -> RunState {
        match word {
            "stopped" => RunState::Stopped,
            "running" => RunState::Running,
            "runnable" => RunState::Runnable,
            "blocked" => RunState::Blocked,
            "waiting" => RunState::Waiting,
            "sleeping" => RunState::Sleeping,
            "exited" => RunState::Exited,
            _ => RunState::Other,
        }
    }

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            RunState::Stopped => "stopped",
            RunState::Running => "running",
            RunState::Runnable => "runnable",
            RunState::Blocked => "blocked",
            RunState::Waiting => "waiting",
            RunState::Sleeping => "sleeping",
            RunState::Exited => "exited",
            RunState::Other => "unknown",
        }
    }
}

/// One row of the list of processes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its number.
    pub id: Pid,
    /// Its registered name.
    pub name: Option<String>,
    /// What it runs.
    pub function: String,
    /// What it does.
    pub state: RunState,
    /// Messages waiting.
    pub mailbox: u64,
    /// Reductions since it began.
    pub reductions: u64,
    /// Bytes of heap.
    pub heap: u64,
    /// Bytes of them in the old generation.
    pub old: u64,
    /// Collections so far.
    pub gc_count: u64,
    /// Nanoseconds spent in them.
    pub gc_nanos: u64,
    /// Linked processes.
    pub links: Vec<Pid>,
    /// Who spawned it.
    pub parent: Option<Pid>,
    /// Where it is.
    pub place: Option<Place>,
    /// How deep it is in the tree, if that was asked for.
    pub depth: u64,
    /// How many stand below it there, if the image says so.
    pub below: Option<u64>,
    /// It looks after the ends of others.
    pub supervisor: bool,
    /// The stopped process it waits for.
    pub waits_for: Option<Pid>,
}

/// A line of a source file, from 1.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Place {
    /// The path as the image gave it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// Messages of a mailbox that look alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Type and constructor.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// The receive in which the process waits takes none of them.
    pub refused: bool,
}

impl Shape {
    /// Type and constructor without their module.
    pub fn short(&self) -> &str {
        let dots = self.name.rmatch_indices('.').nth(1);
        dots.map_or(&self.name, |(at, _)| &self.name[at + 1..])
    }

    /// Whether a message has this shape.
    pub fn is_of(&self, m: &Message) -> bool {
        match self.name.strip_prefix(m.ty.as_str()) {
            Some("") => true,
            Some(rest) => {
                let head = m.value.split(|c: char| !c.is_alphanumeric() && c != '_');
                rest.strip_prefix('.') == head.into_iter().next()
            }
            None => false,
        }
    }
}

/// A message in a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its place in the queue.
    pub index: u64,
    /// Its type.
    pub ty: String,
    /// Its value, shown.
    pub value: String,
    /// Who sent it.
    pub from: Option<Pid>,
    /// How long it waits.
    pub age_ms: Option<u64>,
}

/// One frame of a stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The handle, in a stopped process.
    pub id: Option<u64>,
    /// The function.
    pub name: String,
    /// The line, if it has one.
    pub place: Option<Place>,
    /// Where its code is in memory.
    pub code: Option<String>,
    /// Its function was loaded anew since.
    pub stale: bool,
}

/// Something that happened to a process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastEvent {
    /// Its number; later ones have larger ones.
    pub number: u64,
    /// When, in milliseconds since the image began.
    pub at: u64,
    /// `recv`, `send`, `spawn`, `link`, `exit`.
    pub kind: String,
    /// The message, the function, the reason.
    pub text: String,
    /// The other process.
    pub other: Option<Pid>,
}

/// A named value that may be expanded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, shown.
    pub value: String,
    /// Its type.
    pub ty: String,
    /// The handle of its parts; 0: none.
    pub reference: u64,
    /// How many parts, if said.
    pub parts: u64,
}

/// The heap of one process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heap {
    /// Used and capacity of the nursery.
    pub young: (u64, u64),
    /// Used and capacity of the old generation.
    pub old: (u64, u64),
    /// Count and bytes of large objects.
    pub large: (u64, u64),
    /// Of those: what others have, too.
    pub shared: (u64, u64),
    /// Type, count, bytes; the largest first.
    pub by_type: Vec<(String, u64, u64)>,
}

/// One collection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection {
    /// Whose heap.
    pub process: Pid,
    /// Minor or major.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// How long the process stood still.
    pub pause_nanos: u64,
    /// Bytes before.
    pub before: u64,
    /// Bytes after.
    pub after: u64,
    /// Bytes moved to the old generation.
    pub promoted: u64,
    /// When, in milliseconds since the image began.
    pub at_ms: u64,
    /// The image's number for it; 0 if it gave none.
    pub number: u64,
}

/// Sums of one kind of collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GcSum {
    /// How many.
    pub count: u64,
    /// Nanoseconds together.
    pub total_nanos: u64,
    /// The longest.
    pub max_nanos: u64,
    /// How many there were of each class.
    pub pauses: [u64; live::CLASSES],
}

/// What `nostos/gcStats` tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GcStats {
    /// The last collections, the newest first.
    pub collections: Vec<Collection>,
    /// All minor ones.
    pub minor: GcSum,
    /// All major ones.
    pub major: GcSum,
    /// Of the process that was asked about: minor, major, nanoseconds.
    pub own: Option<(u64, u64, u64)>,
    /// Bytes found to be garbage, and bytes moved to old generations.
    pub moved: (u64, u64),
    /// The number of the last collection that was noted.
    pub noted: u64,
    /// The last seconds with a collection, the oldest first.
    pub seconds: Vec<live::Second>,
    /// Count and bytes of blobs.
    pub blobs: (u64, u64),
    /// Milliseconds since the image began.
    pub now_ms: u64,
}

/// One worker thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Worker {
    /// Its number.
    pub id: u64,
    /// What it runs.
    pub running: Option<Pid>,
    /// Its run queue.
    pub queue: u64,
    /// Reductions so far.
    pub reductions: u64,
    /// Processes it took from others.
    pub steals: u64,
    /// Whether it has nothing to do.
    pub idle: bool,
    /// Processes it has begun to run.
    pub switches: u64,
    /// Nanoseconds it had nothing to do.
    pub slept: Option<u64>,
}

/// A diagnostic of the image, lines and columns from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageDiag {
    /// The file.
    pub path: String,
    /// First line and column.
    pub start: (usize, usize),
    /// Last line and column.
    pub end: (usize, usize),
    /// `error`, `warning`, or something else.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

/// What came of loading code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reload {
    /// Whether the new code runs.
    pub ok: bool,
    /// The version that runs now.
    pub version: u64,
    /// Definitions that changed.
    pub changed: Vec<String>,
    /// How many did not.
    pub unchanged: u64,
    /// What the image has to say.
    pub diagnostics: Vec<ImageDiag>,
    /// How long it took.
    pub micros: u64,
}

fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn some_text(value: &Value, key: &str) -> Option<String> {
    value[key]
        .as_str()
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
}

fn number(value: &Value, key: &str) -> u64 {
    match &value[key] {
        Value::Number(n) => n
            .as_u64()
            .or_else(|| n.as_f64().map(|f| f.max(0.0) as u64))
            .unwrap_or(0),
        Value::Array(a) => a.len() as u64,
        _ => 0,
    }
}

fn list<T>(value: &Value, key: &str, f: impl Fn(&Value) -> T) -> Vec<T> {
    value[key]
        .as_array()
        .map(|a| a.iter().map(f).collect())
        .unwrap_or_default()
}

fn path(value: &Value) -> Option<String> {
    let source = &value["source"];
    let path = source
        .as_str()
        .or_else(|| source["path"].as_str())
        .or_else(|| value["path"].as_str());
    path.filter(|p| !p.is_empty()).map(str::to_owned)
}

fn place(value: &Value) -> Option<Place> {
    let line = number(value, "line") as usize;
    path(value)
        .filter(|_| line > 0)
        .map(|path| Place { path, line })
}

/// `nostos/processes`: the rows and how many there are.
pub fn processes(body: &Value) -> (Vec<Process>, u64) {
    let rows = list(body, "processes", |p| Process {
        id: number(p, "id"),
        name: some_text(p, "name"),
        function: text(p, "function"),
        state: RunState::read(p["state"].as_str().unwrap_or_default()),
        mailbox: number(p, "mailbox"),
        reductions: number(p, "reductions"),
        heap: number(p, "heapBytes"),
        old: number(p, "oldBytes"),
        gc_count: number(p, "gcCount"),
        gc_nanos: number(p, "gcNanos"),
        links: list(p, "links", |l| l.as_u64().unwrap_or(0)),
        parent: p["parent"].as_u64(),
        place: place(p),
        depth: number(p, "depth"),
        below: p["below"].as_u64(),
        supervisor: p["supervisor"].as_bool().unwrap_or(false),
        waits_for: p["waitsFor"].as_u64(),
    });
    let total = body["total"].as_u64().unwrap_or(rows.len() as u64);
    (rows, total)
}

/// `nostos/mailbox`: the messages and how many there are.
pub fn mailbox(body: &Value) -> (Vec<Message>, u64) {
    let rows = list(body, "messages", |m| Message {
        index: number(m, "index"),
        ty: text(m, "type"),
        value: text(m, "value"),
        from: m["from"].as_u64(),
        age_ms: m["ageMs"].as_u64(),
    });
    let total = body["total"].as_u64().unwrap_or(rows.len() as u64);
    (rows, total)
}

/// The shapes of `nostos/mailbox`.
pub fn shapes(body: &Value) -> Vec<Shape> {
    list(body, "shapes", |s| Shape {
        name: text(s, "shape"),
        count: number(s, "count"),
        refused: s["refused"].as_bool().unwrap_or(false),
    })
}

/// `stackTrace` and `nostos/stack`.
pub fn frames(body: &Value) -> Vec<Frame> {
    let key = if body["stackFrames"].is_array() {
        "stackFrames"
    } else {
        "frames"
    };
    list(body, key, |f| Frame {
        id: f["id"].as_u64(),
        name: text(f, "name"),
        place: place(f),
        code: some_text(f, "instructionPointerReference"),
        stale: false,
    })
}

/// `nostos/events`.
pub fn past(body: &Value) -> Vec<PastEvent> {
    list(body, "events", |e| PastEvent {
        number: number(e, "number"),
        at: number(e, "atMs"),
        kind: text(e, "kind"),
        text: text(e, "text"),
        other: e["process"].as_u64(),
    })
}

/// `scopes`: name and handle.
pub fn scopes(body: &Value) -> Vec<(String, u64)> {
    list(body, "scopes", |s| {
        (text(s, "name"), number(s, "variablesReference"))
    })
}

/// `variables`.
pub fn variables(body: &Value) -> Vec<Variable> {
    list(body, "variables", variable)
}

/// One of them, or `nostos/message`.
pub fn variable(v: &Value) -> Variable {
    Variable {
        name: text(v, "name"),
        value: text(v, "value"),
        ty: text(v, "type"),
        reference: number(v, "variablesReference"),
        parts: number(v, "indexedVariables") + number(v, "namedVariables"),
    }
}

/// `nostos/heap`.
pub fn heap(body: &Value) -> Heap {
    let pair = |key: &str, a: &str, b: &str| (number(&body[key], a), number(&body[key], b));
    let mut by_type = list(body, "byType", |t| {
        (text(t, "type"), number(t, "count"), number(t, "bytes"))
    });
    by_type.sort_by_key(|(_, _, bytes)| std::cmp::Reverse(*bytes));
    Heap {
        young: pair("young", "used", "capacity"),
        old: pair("old", "used", "capacity"),
        large: pair("large", "count", "bytes"),
        shared: pair("shared", "count", "bytes"),
        by_type,
    }
}

/// `nostos/gcStats`.
pub fn gc_stats(body: &Value) -> GcStats {
    let sum = |key: &str| GcSum {
        count: number(&body[key], "count"),
        total_nanos: number(&body[key], "totalNanos"),
        max_nanos: number(&body[key], "maxNanos"),
        pauses: live::pauses(&body[key]),
    };
    let mut collections = list(body, "collections", |c| Collection {
        process: number(c, "process"),
        kind: text(c, "kind"),
        reason: text(c, "reason"),
        pause_nanos: number(c, "pauseNanos"),
        before: number(c, "before"),
        after: number(c, "after"),
        promoted: number(c, "promoted"),
        at_ms: number(c, "atMs"),
        number: number(c, "number"),
    });
    collections.sort_by_key(|c| std::cmp::Reverse(c.at_ms));
    GcStats {
        collections,
        minor: sum("minor"),
        major: sum("major"),
        own: body["own"].is_object().then(|| {
            let own = |key: &str| number(&body["own"], key);
            (own("minor"), own("major"), own("pauseNanos"))
        }),
        moved: (number(body, "reclaimed"), number(body, "promoted")),
        noted: number(body, "noted"),
        seconds: live::seconds(body),
        blobs: (
            number(&body["blobs"], "count"),
            number(&body["blobs"], "bytes"),
        ),
        now_ms: number(body, "nowMs"),
    }
}

/// `nostos/scheduler`.
pub fn workers(body: &Value) -> Vec<Worker> {
    list(body, "workers", |w| Worker {
        id: number(w, "id"),
        running: w["running"].as_u64(),
        queue: number(w, "queue"),
        reductions: number(w, "reductions"),
        steals: number(w, "steals"),
        idle: w["idle"].as_bool().unwrap_or(w["running"].is_null()),
        switches: number(w, "switches"),
        slept: w["sleptNanos"].as_u64(),
    })
}

/// `nostos/reload` and the event `nostos/reloaded`.
pub fn reload(body: &Value) -> Reload {
    let at = |v: &Value| (number(v, "line") as usize, number(v, "character") as usize);
    Reload {
        ok: body["ok"].as_bool().unwrap_or(false),
        version: number(body, "version"),
        changed: list(body, "changed", |c| {
            c.as_str().map_or_else(|| c.to_string(), str::to_owned)
        }),
        unchanged: number(body, "unchanged"),
        diagnostics: list(body, "diagnostics", |d| ImageDiag {
            path: path(d).unwrap_or_default(),
            start: at(&d["range"]["start"]),
            end: at(&d["range"]["end"]),
            severity: text(d, "severity"),
            message: text(d, "message"),
            hint: some_text(d, "hint"),
        }),
        micros: number(body, "micros"),
    }
}
