//! The protocol's structs: those of the `dap` crate where they are right, our own where they are not.
//!
//! Wrong in the crate (0.4.1-alpha1): the field names of `Source`, `SourceBreakpoint`, `Breakpoint` and `ExceptionBreakpointsFilter`, and so everything that holds
//! one of them. Requests are read leniently: what is missing has its default, what is too much is ignored, `arguments: {}` is as good as none.

use dap::types::Thread;
use nostos_session::debug;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

mod capabilities;

pub use capabilities::capabilities;

/// Reads the arguments of a request; the error is a sentence for the client.
pub fn arguments<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    let value = match value {
        Value::Null => Value::Object(Map::new()),
        // A list would do for a struct, field by field.
        Value::Object(_) => value.clone(),
        _ => return Err("malformed arguments: they are no object".into()),
    };
    serde_json::from_value(value).map_err(|error| format!("malformed arguments: {error}"))
}

/// A source file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How to ask for its text, when it is on no disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_reference: Option<i64>,
    /// For people: where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// `deemphasize` for what is not the user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<String>,
}

/// References of texts that macros made are numbers from here on.
const EXPANSIONS: i64 = 1 << 24;

/// The number and name of a text that a macro made.
pub fn made(path: &str) -> Option<(i64, &str)> {
    let (number, name) = path.strip_prefix("expansion:")?.split_once('/')?;
    Some((number.parse().ok()?, name))
}

impl Source {
    /// The source of a place in the program. The embedded library has no path on disk, but a number by which its text is asked for.
    pub fn of(path: &str) -> Source {
        let name = path.rsplit('/').next().map(str::to_owned);
        if path.starts_with('/') {
            return Source {
                name,
                path: Some(path.to_owned()),
                ..Source::default()
            };
        }
        if let Some((number, name)) = made(path) {
            return Source {
                name: Some(name.to_owned()),
                source_reference: Some(EXPANSIONS + number),
                origin: Some("made by a macro".into()),
                ..Source::default()
            };
        }
        let files = nostos_session::library().position(|file| file == path);
        Source {
            name: Some(path.to_owned()),
            source_reference: files.map(|at| at as i64 + 1),
            origin: Some("embedded in the program".into()),
            presentation_hint: Some("deemphasize".into()),
            ..Source::default()
        }
    }

    /// As one of a list: VS Code leaves out what has no path. Elsewhere it has none, or clients that do not know the numbers would look for it on the disk.
    pub fn listed(path: &str) -> Source {
        Source {
            path: Some(path.to_owned()),
            ..Source::of(path)
        }
    }

    /// What the program calls the source that a client means.
    pub fn meant(&self) -> Option<String> {
        let library = |reference: i64| {
            if reference > EXPANSIONS {
                return Some(format!("expansion:{}", reference - EXPANSIONS));
            }
            let at = usize::try_from(reference).ok()?.checked_sub(1)?;
            nostos_session::library().nth(at).map(str::to_owned)
        };
        let of_library = self.source_reference.and_then(library);
        of_library
            .or_else(|| self.path.clone())
            .or_else(|| self.name.clone())
    }
}

/// One frame of a `stackTrace`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackFrame {
    /// Unique in the session.
    pub id: i64,
    /// Function.
    pub name: String,
    /// File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Line; 0 without a source.
    pub line: i64,
    /// Column; 0 without a source.
    pub column: i64,
    /// Where its code is, for `disassemble`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_pointer_reference: Option<String>,
    /// The file again, as a module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module_id: Option<String>,
    /// `subtle` for what is not the user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<String>,
}

/// A variable.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// 0: it has no parts.
    pub variables_reference: i64,
    /// How many of its parts have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<i64>,
    /// And numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<i64>,
    /// An expression for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_name: Option<String>,
    /// The address of the object it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reference: Option<String>,
}

/// A breakpoint as it is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Breakpoint {
    /// Unique in the image; 0, which is not told: there is none.
    #[serde(skip_serializing_if = "is_none")]
    pub id: i64,
    /// Does code answer to it?
    pub verified: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// Column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<i64>,
}

fn is_none(id: &i64) -> bool {
    *id == 0
}

/// `initialize`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitializeArguments {
    /// Does the client count lines from 1? Missing: yes.
    pub lines_start_at1: Option<bool>,
    /// And columns?
    pub columns_start_at1: Option<bool>,
    /// Does it want to hear that values have changed?
    pub supports_invalidated_event: bool,
    /// Does it show that something takes long?
    pub supports_progress_reporting: bool,
    /// Does what the program writes come to it another way? The adapter says so of programs that it launches.
    #[serde(rename = "nostos/readsOutput")]
    pub reads_output: bool,
}

/// `launch`. The image reads `stop_on_entry` alone; the adapter the rest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LaunchArguments {
    /// A source file, or a directory with `main.nos`.
    pub program: Option<String>,
    /// The program's own.
    pub args: Vec<String>,
    /// Run the test with this title, or `FILE:TITLE`, instead of `main`.
    pub test: Option<String>,
    /// Where to run.
    pub cwd: Option<String>,
    /// Variables to set; null takes one away.
    pub env: Map<String, Value>,
    /// Stop at the first statement of `main`.
    pub stop_on_entry: bool,
    /// Run, and do not stop at anything.
    pub no_debug: bool,
    /// When one process stops, all do.
    pub all_stop: bool,
    /// Worker threads.
    pub workers: Option<usize>,
    /// Where its input and output are: `internalConsole`, or the client's `integratedTerminal` or `externalTerminal`.
    pub console: Option<String>,
}

/// `attach`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachArguments {
    /// The image's socket.
    pub socket: Option<String>,
    /// Or its operating-system process.
    pub pid: Option<u32>,
    /// When one process stops, all do.
    pub all_stop: bool,
}

/// `nostos/message`.
#[derive(Clone, Debug, Deserialize)]
pub struct MessageArguments {
    /// Whose mailbox.
    pub process: u64,
    /// The message's place in it.
    pub index: usize,
}

/// `setBreakpoints`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetBreakpointsArguments {
    /// The file.
    pub source: Source,
    /// All that are wanted there.
    #[serde(default)]
    pub breakpoints: Option<Vec<SourceBreakpoint>>,
    /// The old way to say it.
    #[serde(default)]
    pub lines: Option<Vec<i64>>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceBreakpoint {
    /// Line.
    pub line: i64,
    /// Column.
    #[serde(default)]
    pub column: Option<i64>,
    /// Expression.
    #[serde(default)]
    pub condition: Option<String>,
    /// Which hits count.
    #[serde(default)]
    pub hit_condition: Option<String>,
    /// Print instead of stopping.
    #[serde(default)]
    pub log_message: Option<String>,
}

/// `setFunctionBreakpoints`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetFunctionBreakpointsArguments {
    /// All that are wanted.
    pub breakpoints: Vec<FunctionBreakpoint>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionBreakpoint {
    /// `bank.account`.
    pub name: String,
    /// Expression.
    #[serde(default)]
    pub condition: Option<String>,
    /// Which hits count.
    #[serde(default)]
    pub hit_condition: Option<String>,
}

/// `setExceptionBreakpoints`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetExceptionBreakpointsArguments {
    /// Names of filters.
    pub filters: Vec<String>,
    /// The same, with conditions.
    pub filter_options: Option<Vec<FilterOption>>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterOption {
    /// Name of a filter.
    pub filter_id: String,
    /// Expression.
    #[serde(default)]
    pub condition: Option<String>,
}

/// `breakpointLocations`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointLocationsArguments {
    /// The file.
    pub source: Source,
    /// First line.
    pub line: i64,
    /// Last line; missing: the first.
    #[serde(default)]
    pub end_line: Option<i64>,
    /// Where in the first line.
    #[serde(default)]
    pub column: Option<i64>,
    /// Where in the last line.
    #[serde(default)]
    pub end_column: Option<i64>,
}

/// `terminateThreads`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TerminateThreadsArguments {
    /// Which.
    pub thread_ids: Vec<u64>,
}

/// `source`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceArguments {
    /// The source as it was told.
    pub source: Option<Source>,
    /// Its number alone.
    pub source_reference: i64,
}

/// `modules`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModulesArguments {
    /// First.
    pub start_module: Option<usize>,
    /// How many; 0: all.
    pub module_count: Option<usize>,
}

/// `completions`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionsArguments {
    /// Where; missing: in the module of `main`.
    #[serde(default)]
    pub frame_id: Option<i64>,
    /// What has been typed.
    pub text: String,
    /// Up to where, in UTF-16 units.
    pub column: i64,
    /// In which of its lines.
    #[serde(default)]
    pub line: Option<i64>,
}

/// `readMemory`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadMemoryArguments {
    /// An address.
    pub memory_reference: String,
    /// Bytes from there.
    #[serde(default)]
    pub offset: Option<i64>,
    /// How many.
    pub count: i64,
}

/// `disassemble`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisassembleArguments {
    /// An address.
    pub memory_reference: String,
    /// Bytes from there.
    #[serde(default)]
    pub offset: Option<i64>,
    /// Instructions from there.
    #[serde(default)]
    pub instruction_offset: Option<i64>,
    /// How many.
    pub instruction_count: i64,
}

/// `setInstructionBreakpoints`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetInstructionBreakpointsArguments {
    /// All that are wanted.
    pub breakpoints: Vec<InstructionBreakpoint>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstructionBreakpoint {
    /// An address.
    pub instruction_reference: String,
    /// Bytes from there.
    #[serde(default)]
    pub offset: Option<i64>,
    /// Expression.
    #[serde(default)]
    pub condition: Option<String>,
    /// Which hits count.
    #[serde(default)]
    pub hit_condition: Option<String>,
}

/// `dataBreakpointInfo`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataBreakpointInfoArguments {
    /// The scope or value it is in.
    #[serde(default)]
    pub variables_reference: Option<i64>,
    /// Its name; without a scope an expression.
    pub name: String,
    /// Where.
    #[serde(default)]
    pub frame_id: Option<i64>,
}

/// `setDataBreakpoints`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetDataBreakpointsArguments {
    /// All that are wanted.
    pub breakpoints: Vec<DataBreakpoint>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataBreakpoint {
    /// From `dataBreakpointInfo`.
    pub data_id: String,
    /// `read`, `write` or `readWrite`.
    #[serde(default)]
    pub access_type: Option<String>,
    /// Expression.
    #[serde(default)]
    pub condition: Option<String>,
    /// Which hits count.
    #[serde(default)]
    pub hit_condition: Option<String>,
}

/// `setVariable`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableArguments {
    /// The scope or value it is in.
    pub variables_reference: i64,
    /// Its name.
    pub name: String,
    /// An expression.
    pub value: String,
    /// How.
    #[serde(default)]
    pub format: Option<ValueFormat>,
}

/// `setExpression`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExpressionArguments {
    /// A variable, or an element of one.
    pub expression: String,
    /// An expression.
    pub value: String,
    /// Where.
    #[serde(default)]
    pub frame_id: Option<i64>,
    /// How.
    #[serde(default)]
    pub format: Option<ValueFormat>,
}

/// `cancel`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CancelArguments {
    /// Which request.
    pub request_id: Option<i64>,
    /// Or that of this progress.
    pub progress_id: Option<String>,
}

/// The request that a `cancel` means.
pub fn cancelled(args: &Value) -> Option<i64> {
    let args: CancelArguments = arguments(args).ok()?;
    let of_progress = || crate::progress::request_of(args.progress_id.as_deref()?);
    args.request_id.or_else(of_progress)
}

/// How values are written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValueFormat {
    /// Numbers in base 16.
    pub hex: bool,
}

/// `continue`, `next`, `stepIn`, `stepOut`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeArguments {
    /// A process.
    pub thread_id: u64,
    /// The others stay stopped.
    #[serde(default)]
    pub single_thread: bool,
    /// What a step is made of.
    #[serde(default)]
    pub granularity: Option<String>,
    /// From `stepInTargets`.
    #[serde(default)]
    pub target_id: Option<i64>,
}

/// Arguments that name a thread.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadArguments {
    /// A process.
    pub thread_id: u64,
}

/// `stackTrace`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackTraceArguments {
    /// A process.
    pub thread_id: u64,
    /// First frame.
    #[serde(default)]
    pub start_frame: Option<usize>,
    /// How many; 0: all.
    #[serde(default)]
    pub levels: Option<usize>,
}

/// `scopes`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopesArguments {
    /// From a `stackTrace`.
    pub frame_id: i64,
}

/// `gotoTargets`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GotoTargetsArguments {
    /// The file.
    pub source: Source,
    /// The line.
    pub line: i64,
    /// From here on in the line.
    #[serde(default)]
    pub column: Option<i64>,
}

/// `goto`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GotoArguments {
    /// The process.
    pub thread_id: u64,
    /// From `gotoTargets`.
    pub target_id: i64,
}

/// `variables`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariablesArguments {
    /// From `scopes`, `variables` or `evaluate`.
    pub variables_reference: i64,
    /// `named` or `indexed`; missing: both.
    #[serde(default)]
    pub filter: Option<String>,
    /// First numbered one.
    #[serde(default)]
    pub start: Option<usize>,
    /// How many numbered ones; 0: all.
    #[serde(default)]
    pub count: Option<usize>,
    /// How.
    #[serde(default)]
    pub format: Option<ValueFormat>,
}

/// `evaluate`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluateArguments {
    /// Source text.
    pub expression: String,
    /// Where; missing: in the module of `main`.
    #[serde(default)]
    pub frame_id: Option<i64>,
    /// `clipboard` wants all of it.
    #[serde(default)]
    pub context: Option<String>,
    /// How.
    #[serde(default)]
    pub format: Option<ValueFormat>,
}

/// `disconnect`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DisconnectArguments {
    /// End the program? Missing: when this client launched it.
    pub terminate_debuggee: Option<bool>,
    /// What stands still stays so.
    pub suspend_debuggee: bool,
}

/// `nostos/processes`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessesArguments {
    /// `id`, `mailbox`, `reductions`, `heap`, `name`, `state` or `links`.
    pub sort: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
    /// From this row on.
    pub start: usize,
    /// Only those this lets through, in the language of [`crate::filter`].
    pub filter: String,
    /// In a tree: whose own are left out.
    pub folded: Vec<u64>,
}

/// `nostos/mailbox`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailboxArguments {
    /// Whose.
    pub process: u64,
    /// First message.
    #[serde(default)]
    pub start: Option<usize>,
    /// How many.
    #[serde(default)]
    pub count: Option<usize>,
}

/// `nostos/trace`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceArguments {
    /// Whom.
    pub process: u64,
    /// Or no longer.
    pub on: bool,
}

/// `nostos/events`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsArguments {
    /// Whose.
    pub process: u64,
    /// Those behind this number.
    #[serde(default)]
    pub since: u64,
}

/// `nostos/stack`, `nostos/heap`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessArguments {
    /// Whose.
    pub process: u64,
}

/// `nostos/gcStats`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GcStatsArguments {
    /// Whose; missing: all.
    pub process: Option<u64>,
    /// Only collections that came after the one of this number.
    pub after: Option<u64>,
}

/// `nostos/scheduler`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchedulerArguments {
    /// Are the processes to be counted? Each of them is looked at for that.
    pub census: Option<bool>,
}

/// `nostos/heap`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapArguments {
    /// Whose.
    pub process: u64,
    /// Are the objects to be counted by type?
    pub types: Option<bool>,
}

/// `nostos/reload`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReloadArguments {
    /// These; missing or empty: what changed on disk.
    pub files: Vec<ReloadFile>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReloadFile {
    /// The file.
    pub path: String,
    /// Its text; missing: as on disk.
    #[serde(default)]
    pub text: Option<String>,
}

/// A process as a thread.
pub fn thread((pid, what): &(debug::Pid, String)) -> Thread {
    Thread {
        id: *pid as i64,
        name: format!("{what} <{pid}>"),
    }
}

/// A process as a row of `nostos/processes`.
pub fn process_row(process: &debug::Process) -> Value {
    let mut row = json!({
        "id": process.pid,
        "function": process.function,
        "state": process.state.word(),
        "mailbox": process.mailbox,
        "reductions": process.reductions,
        "heapBytes": process.heap_bytes,
        "oldBytes": process.old_bytes,
        "gcCount": process.gc_count,
        "gcNanos": process.gc_nanos,
        "links": process.links,
    });
    if let Some(name) = &process.name {
        row["name"] = json!(name);
    }
    if let Some(parent) = process.parent {
        row["parent"] = json!(parent);
    }
    if let Some(at) = &process.at {
        row["line"] = json!(at.line);
        row["source"] = json!(at.path);
    }
    row
}

/// A message as `nostos/mailbox` tells it.
pub fn message_row(message: &debug::Message) -> Value {
    let mut row = json!({ "index": message.index, "type": message.ty, "value": message.value });
    if let Some(from) = message.from {
        row["from"] = json!(from);
    }
    if let Some(age) = message.age_ms {
        row["ageMs"] = json!(age);
    }
    if let Some(at) = &message.at {
        row["line"] = json!(at.line);
        row["source"] = json!(at.path);
    }
    row
}

/// A kind of messages as `nostos/mailbox` tells it.
pub fn shape(shape: &debug::Shape) -> Value {
    json!({ "shape": shape.name, "count": shape.count, "refused": shape.refused })
}

/// An event of `nostos/events`.
pub fn past_event(event: &debug::PastEvent) -> Value {
    let mut row = json!({
        "number": event.number,
        "atMs": event.at_ms,
        "kind": event.kind,
        "text": event.text,
    });
    if let Some(other) = event.other {
        row["process"] = json!(other);
    }
    row
}

/// `nostos/stack`: a frame without a handle.
pub fn plain_frame(frame: &debug::Frame) -> Value {
    match &frame.at {
        Some(at) => json!({ "name": frame.name, "source": at.path, "line": at.line }),
        None => json!({ "name": frame.name }),
    }
}

/// `nostos/heap`.
pub fn heap(heap: &debug::Heap) -> Value {
    let by_type: Vec<Value> = heap
        .by_type
        .iter()
        .map(|(name, count, bytes)| json!({ "type": name, "count": count, "bytes": bytes }))
        .collect();
    json!({
        "young": { "used": heap.young.0, "capacity": heap.young.1 },
        "old": { "used": heap.old.0, "capacity": heap.old.1 },
        "large": { "count": heap.large.0, "bytes": heap.large.1 },
        "shared": { "count": heap.shared.0, "bytes": heap.shared.1 },
        "byType": by_type,
    })
}

/// `nostos/gcStats`.
pub fn gc_stats(stats: &debug::GcStats, after: u64) -> Value {
    let sum = |sum: &debug::GcSum| {
        json!({
            "count": sum.count,
            "totalNanos": sum.total_nanos,
            "maxNanos": sum.max_nanos,
            "pauses": sum.pauses,
        })
    };
    let collections: Vec<Value> = stats
        .collections
        .iter()
        .filter(|gc| gc.number == 0 || gc.number > after)
        .map(|gc| {
            json!({
                "process": gc.pid,
                "kind": if gc.major { "major" } else { "minor" },
                "reason": gc.reason,
                "pauseNanos": gc.pause_nanos,
                "before": gc.before,
                "after": gc.after,
                "promoted": gc.promoted,
                "atMs": gc.at_ms,
                "number": gc.number,
            })
        })
        .collect();
    let seconds = stats.seconds.iter().map(|second| {
        json!({
            "at": second.at,
            "minorNanos": second.minor_nanos,
            "majorNanos": second.major_nanos,
            "pauseNanos": second.pause_nanos,
        })
    });
    let mut body = json!({
        "collections": collections,
        "minor": sum(&stats.minor),
        "major": sum(&stats.major),
        "reclaimed": stats.reclaimed,
        "promoted": stats.promoted,
        "noted": stats.noted,
        "seconds": seconds.collect::<Vec<_>>(),
        "blobs": { "count": stats.blobs.0, "bytes": stats.blobs.1 },
        "nowMs": stats.now_ms,
    });
    if let Some(own) = &stats.own {
        body["own"] =
            json!({ "minor": own.minor, "major": own.major, "pauseNanos": own.pause_nanos });
    }
    body
}

/// The rest of `nostos/scheduler`.
pub fn census(census: &debug::Census) -> Value {
    let states: serde_json::Map<String, Value> = census
        .states
        .iter()
        .map(|(name, count)| ((*name).to_owned(), json!(count)))
        .collect();
    json!({
        "processes": census.processes,
        "states": states,
        "blocked": { "jobs": census.blocked.0, "outside": census.blocked.1 },
        "messages": census.messages,
        "longMailboxes": census.long_mailboxes,
        "heapBytes": census.heap,
        "timers": census.timers,
        "spawned": census.spawned,
    })
}

/// `nostos/scheduler`.
pub fn worker(worker: &debug::Worker) -> Value {
    let mut row = json!({
        "id": worker.id,
        "queue": worker.queue,
        "reductions": worker.reductions,
        "steals": worker.steals,
        "idle": worker.idle,
        "switches": worker.switches,
        "sleptNanos": worker.slept_nanos,
    });
    if let Some(pid) = worker.running {
        row["running"] = json!(pid);
    }
    row
}

/// A diagnostic, with positions from 0 as editors count them.
pub fn finding(finding: &debug::Finding) -> Value {
    let position = |(line, character): (u32, u32)| json!({ "line": line, "character": character });
    let mut row = json!({
        "path": finding.path,
        "range": { "start": position(finding.start), "end": position(finding.end) },
        "severity": if finding.error { "error" } else { "warning" },
        "message": finding.message,
    });
    if let Some(hint) = &finding.hint {
        row["hint"] = json!(hint);
    }
    row
}

/// `nostos/reload` and the event `nostos/reloaded`.
pub fn reload(reload: &debug::Reload) -> Value {
    let diagnostics: Vec<Value> = reload.findings.iter().map(finding).collect();
    json!({
        "ok": reload.ok,
        "version": reload.version,
        "changed": reload.changed,
        "unchanged": reload.unchanged,
        "diagnostics": diagnostics,
        "micros": reload.micros,
    })
}
