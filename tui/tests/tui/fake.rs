//! A scripted image: answers the debug protocol about a small bank that never runs.
//!
//! In-process tests call [`World::handle`]; `serve` puts it behind a socket for tests through a terminal and for looking at screens.

#[path = "fake_live.rs"]
mod fake_live;

use fake_live::Numbers;
use nostos_tui::client::{read_message, write_message};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;

/// The project's files.
#[allow(dead_code)]
pub const BANK: &str = r#"# One account: the balance is the state of the loop.
type Msg = Deposit(Int) | Withdraw(Pid, Int) | Audit

pub account(start: Int) = loop(start, [])

loop(balance: Int, log: List[Int]) = receive {
  Deposit(n) -> loop(balance + n, n :: log)
  Withdraw(c, n) when n <= balance -> {
    c <- Ok(n)
    loop(balance - n, n :: log)
  }
  Withdraw(c, n) -> {
    c <- Err("short by ${n - balance}")
    loop(balance, log)
  }
}

# Move money; both accounts are processes.
pub transfer(from: Pid, to: Pid, amount: Int) = {
  from <- Withdraw(self(), amount)
  receive {
    Ok(_)       -> to <- Deposit(amount)
    Err(reason) -> println("denied: ${reason}")
    after 5_000 -> println("no answer")
  }
}
"#;

#[allow(dead_code)]
pub const MAIN: &str = r#"use bank.*

main() = {
  alice = spawn { account(100) }
  bob = spawn { account(0) }
  register("alice", alice)
  register("bob", bob)
  for i = 0 to 3 {
    transfer(alice, bob, 30)
  }
}
"#;

/// Tests of the bank, in a file of their own.
#[allow(dead_code)]
pub const TESTS: &str = r#"use bank.*

test "a deposit is kept" = assert_eq(5, balance(deposit(account(0), 5)))

test "a transfer keeps the total" = {
  a = spawn { account(100) }
  b = spawn { account(0) }
  transfer(a, b, 30)
  assert_eq(70, balance(a))
}

test "the log is in order" = assert_eq(log(), [Withdraw(a, 30), Deposit(30)])

test "an empty account refuses" = throw(("io_error", "no bank"))
"#;

/// What a run of them says, on disk below this folder.
#[allow(dead_code)]
pub fn tested(root: &std::path::Path) -> Vec<Value> {
    let path = root.join("bank_test.nos").display().to_string();
    let bank = root.join("bank.nos").display().to_string();
    let all = [
        (3, "a deposit is kept"),
        (5, "a transfer keeps the total"),
        (12, "the log is in order"),
        (14, "an empty account refuses"),
    ];
    let of = |event: &str, (line, name): (u64, &str)| json!({ "event": event, "file": path, "line": line, "name": name });
    let mut out: Vec<Value> = all.iter().map(|t| of("discovered", *t)).collect();
    let mut end = |t: (u64, &str), event: &str, ms: f64, more: Value| {
        out.push(of("started", t));
        if t.0 == 5 {
            out.push(
                json!({ "event": "output", "stream": "stdout", "text": "denied: short by 30\nagain\n" }),
            );
        }
        let mut said = of(event, t);
        said["ms"] = json!(ms);
        for (key, value) in more.as_object().into_iter().flatten() {
            said[key] = value.clone();
        }
        out.push(said);
    };
    let place = |function: &str, file: &str, line: u64| json!({ "function": function, "file": file, "line": line, "own": !file.starts_with("std/") });
    end(all[0], "passed", 0.4, json!({}));
    end(
        all[1],
        "failed",
        12.25,
        json!({
            "message": "Panic: Assertion failed: 70 != 100", "left": "70", "right": "100",
            "trace": [place("std.prelude.assert_eq[Int]", "std/prelude.nos", 97), place("test a transfer keeps the total", &path, 9)],
        }),
    );
    let log = |first: &str, n: u64| {
        format!("[{first}(<pid 4>, {n}), Deposit(30), Withdraw(<pid 4>, 5), Audit, Deposit(5)]")
    };
    end(
        all[2],
        "failed",
        3.1,
        json!({
            "message": "Panic: Assertion failed", "left": log("Withdraw", 30), "right": log("Withdraw", 31),
            "trace": [place("test the log is in order", &path, 12)],
        }),
    );
    end(
        all[3],
        "failed",
        0.2,
        json!({
            "message": "io_error: no bank",
            "trace": [place("bank.transfer", &bank, 20), place("test an empty account refuses", &path, 14)],
        }),
    );
    out.push(json!({ "event": "done", "passed": 1, "failed": 3, "skipped": 0, "ms": 16.0 }));
    out
}

/// The state of the script.
#[derive(Default)]
pub struct World {
    asked: u64,
    /// Collections, workers, heap snapshots.
    pub numbers: Numbers,
    breakpoints: BTreeMap<String, Vec<u64>>,
    stopped_at: Option<(String, u64)>,
    balance: i64,
    version: u64,
    /// Names of functions and messages to stop at.
    pub named: Vec<Value>,
    /// What was asked about lines, as it came.
    pub lines: Value,
    /// Everything the debugger wanted besides, as it came: command and arguments.
    pub wanted: Vec<(String, Value)>,
    /// What the next load swaps.
    pub swaps: Option<String>,
    /// The text that was loaded last.
    pub loaded: Option<String>,
    /// Messages the process of the debugger has received.
    received: u64,
    /// It keeps what happens.
    pub traced: bool,
    /// Processes that were ended.
    pub ended: Vec<u64>,
    /// What it was launched with.
    pub launched: Value,
    /// How many processes there are besides the scripted ones.
    pub crowd: u64,
    /// Nothing changes any more.
    pub quiet: bool,
}

/// A reply, the events that follow it, and whether the image hangs up then.
pub struct Answer {
    pub reply: Result<Value, String>,
    pub events: Vec<(&'static str, Value)>,
    pub hangs_up: bool,
}

fn answer(body: Value) -> Answer {
    Answer {
        reply: Ok(body),
        events: Vec::new(),
        hangs_up: false,
    }
}

fn refuse(why: &str) -> Answer {
    Answer {
        reply: Err(why.to_owned()),
        events: Vec::new(),
        hangs_up: false,
    }
}

const ALICE: u64 = 2;

impl World {
    pub fn new() -> World {
        World {
            balance: 12,
            version: 1,
            ..World::default()
        }
    }

    fn stop(&mut self, reason: &str) -> (&'static str, Value) {
        let text = if reason == "breakpoint" {
            "Withdraw(<pid 5>, 30)"
        } else {
            ""
        };
        let at = self.stopped_at.as_ref().map(|(_, line)| 1000 + line);
        (
            "stopped",
            json!({ "reason": reason, "threadId": ALICE, "text": text, "allThreadsStopped": false,
                    "hitBreakpointIds": if reason == "breakpoint" { at.into_iter().collect() } else { Vec::<u64>::new() } }),
        )
    }

    fn first_breakpoint(&self) -> Option<(String, u64)> {
        self.breakpoints
            .iter()
            .find_map(|(path, lines)| lines.first().map(|l| (path.clone(), *l)))
    }

    pub fn handle(&mut self, command: &str, arguments: &Value) -> Answer {
        match command {
            "initialize" => {
                let mut a = answer(json!({ "supportsConfigurationDoneRequest": true }));
                a.events.push(("initialized", json!({})));
                a
            }
            "configurationDone" => {
                let mut a = answer(json!({}));
                a.events.push((
                    "output",
                    json!({ "category": "stdout", "output": "bank is open\n" }),
                ));
                if let Some(place) = self.first_breakpoint() {
                    self.stopped_at = Some(place);
                    a.events.push(self.stop("breakpoint"));
                }
                a
            }
            "setBreakpoints" => {
                let path = arguments["source"]["path"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let lines: Vec<u64> = arguments["breakpoints"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|b| b["line"].as_u64())
                    .collect();
                let replies: Vec<Value> = lines
                    .iter()
                    .map(|l| if *l < 4 { json!({ "verified": false, "line": l, "message": "no code on this line" }) } else { json!({ "verified": true, "line": l, "id": 1000 + l }) })
                    .collect();
                self.lines = arguments["breakpoints"].clone();
                self.breakpoints.insert(path, lines);
                answer(json!({ "breakpoints": replies }))
            }
            "setFunctionBreakpoints" => {
                self.named = arguments["breakpoints"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let replies: Vec<Value> = self
                    .named
                    .iter()
                    .map(|b| {
                        if b["name"] == "nobody" {
                            json!({ "verified": false, "message": "no function is called so" })
                        } else {
                            json!({ "verified": true, "id": 77 })
                        }
                    })
                    .collect();
                answer(json!({ "breakpoints": replies }))
            }
            "terminateThreads" => {
                let ids = arguments["threadIds"].as_array().into_iter().flatten();
                self.ended.extend(ids.filter_map(Value::as_u64));
                answer(json!({}))
            }
            "nostos/tree" => {
                let mut found = self.processes(arguments);
                let stopped = self.stopped_at.is_some();
                if let Ok(body) = &mut found.reply {
                    for row in body["processes"].as_array_mut().into_iter().flatten() {
                        row["depth"] = json!(u64::from(row["id"] != 1));
                        row["supervisor"] = json!(row["id"] == 1);
                        if stopped && row["id"] == 5 {
                            row["waitsFor"] = json!(ALICE);
                        }
                    }
                }
                found
            }
            "threads" => answer(
                json!({ "threads": [{ "id": 1, "name": "main" }, { "id": 2, "name": "alice" }, { "id": 3, "name": "bob" }] }),
            ),
            "stackTrace" => {
                let Some((path, line)) = &self.stopped_at else {
                    return refuse("the process is not stopped");
                };
                answer(json!({ "stackFrames": [
                    { "id": 100, "name": "bank.loop/2", "source": { "path": path, "name": "bank.nos" }, "line": line, "column": 1,
                      "instructionPointerReference": "0x14" },
                    { "id": 101, "name": "bank.account/1", "source": { "path": path, "name": "bank.nos" }, "line": 4, "column": 1 },
                    { "id": 102, "name": "process entry", "line": 0, "column": 0 },
                ], "totalFrames": 3 }))
            }
            "scopes" => answer(json!({ "scopes": [
                { "name": "Locals", "variablesReference": 1000, "expensive": false },
                { "name": "Process", "variablesReference": 1001, "expensive": false },
                { "name": "Mailbox", "variablesReference": 1002, "expensive": true },
            ] })),
            "variables" => match arguments["variablesReference"].as_u64() {
                Some(1000) => answer(json!({ "variables": [
                    { "name": "balance", "value": self.balance.to_string(), "type": "Int", "variablesReference": 0 },
                    { "name": "n", "value": "30", "type": "Int", "variablesReference": 0 },
                    { "name": "c", "value": "<pid 5>", "type": "Pid", "variablesReference": 0 },
                    { "name": "log", "value": "[30, 5, 12, 7]", "type": "List[Int]", "variablesReference": 1010, "indexedVariables": 4 },
                ] })),
                Some(1001) => answer(
                    json!({ "variables": [{ "name": "id", "value": "<pid 2>", "type": "Pid", "variablesReference": 0 }] }),
                ),
                Some(1002) => answer(
                    json!({ "variables": [{ "name": "[0]", "value": "Deposit(12)", "type": "Msg", "variablesReference": 0 }] }),
                ),
                Some(2000) => {
                    let start = arguments["start"].as_u64().unwrap_or(0);
                    let count = arguments["count"].as_u64().unwrap_or(1000);
                    let rows: Vec<Value> = (start..250.min(start + count))
                        .map(|i| json!({ "name": i.to_string(), "value": format!("Entry({i})"), "type": "Entry", "variablesReference": 3000 + i, "namedVariables": 2 }))
                        .collect();
                    answer(json!({ "variables": rows }))
                }
                Some(i @ 3000..) => answer(json!({ "variables": [
                    { "name": "amount", "value": (i - 3000).to_string(), "type": "Int", "variablesReference": 0 },
                    { "name": "from", "value": "<pid 5>", "type": "Pid", "variablesReference": 0 },
                ] })),
                Some(1010) => answer(json!({ "variables": [
                    { "name": "[0]", "value": "30", "type": "Int", "variablesReference": 0 },
                    { "name": "[1]", "value": "5", "type": "Int", "variablesReference": 0 },
                ] })),
                _ => refuse("this handle died when the process went on"),
            },
            "next" | "stepIn" | "stepOut" => {
                if let Some((_, line)) = &mut self.stopped_at {
                    *line += 1;
                }
                self.balance += 30;
                let mut a = answer(json!({}));
                a.events.push(self.stop("step"));
                a
            }
            "pause" => {
                let path = self
                    .first_breakpoint()
                    .map_or_else(|| "bank.nos".to_owned(), |(p, _)| p);
                self.stopped_at = Some((path, 6));
                let mut a = answer(json!({}));
                a.events.push(self.stop("pause"));
                a
            }
            "continue" => {
                self.stopped_at = None;
                let mut a = answer(json!({ "allThreadsContinued": false }));
                a.events.push((
                    "continued",
                    json!({ "threadId": arguments["threadId"], "allThreadsContinued": false }),
                ));
                a
            }
            "evaluate" => self.evaluate(arguments),
            "setExceptionBreakpoints"
            | "dataBreakpointInfo"
            | "setDataBreakpoints"
            | "setExpression"
            | "restartFrame"
            | "gotoTargets"
            | "goto"
            | "disassemble"
            | "exceptionInfo"
            | "nostos/nextMessage"
            | "nostos/trace"
            | "nostos/events" => {
                self.wanted.push((command.to_owned(), arguments.clone()));
                self.debugs(command, arguments)
            }
            "nostos/processes" => self.processes(arguments),
            "nostos/mailbox" => {
                let n: u64 = if arguments["process"] == 3 { 0 } else { 48_112 };
                let shapes = [
                    "Deposit(12)",
                    "Withdraw(<pid 5>, 30)",
                    "Audit",
                    "Deposit(5)",
                    "Deposit(900)",
                ];
                let rows: Vec<Value> = (0..n.min(60))
                    .map(|i| json!({ "index": i, "type": "Msg", "value": shapes[(i % 5) as usize], "from": 5 + i % 3, "ageMs": 41_200 - i * 37 }))
                    .collect();
                let shapes = [
                    ("Msg.Deposit", 41_900, false),
                    ("Msg.Withdraw", 5_880, false),
                    ("Msg.Audit", 332, true),
                ];
                let shapes: Vec<Value> = shapes
                    .iter()
                    .filter(|_| n > 0)
                    .map(|(shape, count, refused)| json!({ "shape": shape, "count": count, "refused": refused }))
                    .collect();
                answer(json!({ "total": n, "messages": rows, "shapes": shapes }))
            }
            "nostos/message" => match arguments["index"].as_u64() {
                Some(i @ 0..60) => answer(json!({
                    "name": i.to_string(), "value": format!("Withdraw(<pid 5>, {i})"), "type": "Msg", "variablesReference": 3000 + i, "namedVariables": 2,
                })),
                _ => refuse("this message is no longer there"),
            },
            "completions" => {
                let text = arguments["text"].as_str().unwrap_or_default();
                let word = text
                    .rsplit(|c: char| !c.is_alphanumeric())
                    .next()
                    .unwrap_or_default();
                let all = [
                    ("transfer", "function"),
                    ("translate", "function"),
                    ("balance", "variable"),
                ];
                let found: Vec<Value> = all
                    .iter()
                    .filter(|(name, _)| name.starts_with(word))
                    .map(
                        |(name, kind)| json!({ "label": name, "type": kind, "length": word.len() }),
                    )
                    .collect();
                answer(json!({ "targets": found }))
            }
            "nostos/stack" => {
                let path = self
                    .first_breakpoint()
                    .map_or_else(|| "bank.nos".to_owned(), |(p, _)| p);
                answer(json!({ "frames": [
                    { "name": "bank.loop/2", "source": path, "line": 6 },
                    { "name": "bank.account/1", "source": path, "line": 4 },
                    { "name": "process entry" },
                ] }))
            }
            "nostos/heap" if arguments["types"] == false => answer(json!({
                "young": { "used": 1_310_720, "capacity": 4_194_304 }, "old": { "used": 9_035_651_584u64, "capacity": 11_050_331_648u64 },
                "large": { "count": 3, "bytes": 5_242_880 }, "byType": [],
            })),
            "nostos/heap" => answer(json!({
                "young": { "used": 1_310_720, "capacity": 4_194_304 }, "old": { "used": 35_651_584, "capacity": 50_331_648 },
                "large": { "count": 3, "bytes": 5_242_880 },
                "byType": [
                    { "type": "Map[String, Int]", "count": 41_000, "bytes": 22_020_096 },
                    { "type": "List[Int]", "count": 310_000, "bytes": 9_437_184 },
                    { "type": "String", "count": 88_120, "bytes": 5_242_880 },
                    { "type": "Msg", "count": 12_000, "bytes": 393_216 },
                ],
            })),
            "nostos/reload" => self.reload(arguments),
            "source" => match &self.loaded {
                Some(text) => answer(json!({ "content": text })),
                None => refuse("it is no file of the program"),
            },
            "launch" => {
                self.launched = arguments.clone();
                answer(json!({}))
            }
            "attach" | "disconnect" | "terminate" => answer(json!({})),
            other => match self.numbers.answer(other, arguments) {
                Some(Ok(body)) => answer(body),
                Some(Err(why)) => refuse(&why),
                None => refuse(&format!("unknown request `{other}`")),
            },
        }
    }

    /// What a debugger wants besides breakpoints of lines.
    fn debugs(&mut self, command: &str, arguments: &Value) -> Answer {
        let verified = |n: usize| {
            answer(json!({ "breakpoints": vec![json!({ "verified": true, "id": 90 }); n] }))
        };
        match command {
            "setExceptionBreakpoints" => verified(1),
            "setDataBreakpoints" => {
                verified(arguments["breakpoints"].as_array().map_or(0, Vec::len))
            }
            "dataBreakpointInfo" if arguments["name"] == "log" => {
                answer(json!({ "dataId": null, "description": "`log` is no `var`" }))
            }
            "dataBreakpointInfo" => {
                let name = arguments["name"].as_str().unwrap_or_default();
                answer(
                    json!({ "dataId": format!("d-{name}"), "description": name, "accessTypes": ["write"] }),
                )
            }
            "setExpression" => {
                let value = arguments["value"].as_str().unwrap_or_default();
                match value.parse() {
                    Ok(n) => {
                        self.balance = n;
                        answer(json!({ "value": value, "type": "Int", "variablesReference": 0 }))
                    }
                    Err(_) => refuse("this is no Int"),
                }
            }
            "gotoTargets" if arguments["line"] == 10 => answer(
                json!({ "targets": [{ "id": 5, "label": "loop(balance - n, n :: log)", "line": 10 }] }),
            ),
            "gotoTargets" => answer(json!({ "targets": [] })),
            "goto" | "restartFrame" => {
                let line = if command == "goto" { 10 } else { 7 };
                if let Some((_, at)) = &mut self.stopped_at {
                    *at = line;
                }
                let mut a = answer(json!({}));
                a.events
                    .push(self.stop(if command == "goto" { "goto" } else { "restart" }));
                a
            }
            "nostos/nextMessage" => {
                self.received += 1;
                self.balance += 5;
                let message =
                    ["Deposit(5)", "Audit", "Withdraw(<pid 5>, 30)"][(self.received % 3) as usize];
                let mut a = answer(json!({}));
                a.events.push((
                    "stopped",
                    json!({ "reason": "step", "threadId": ALICE, "description": "Received a message", "text": format!("Received {message}") }),
                ));
                a
            }
            "exceptionInfo" => answer(json!({
                "exceptionId": "NoMoney", "description": "short by 18", "breakMode": "always",
                "details": { "message": "short by 18", "stackTrace": "bank.loop bank.nos:13\nbank.account bank.nos:4",
                    "innerException": [{ "message": "the till is shut", "stackTrace": "" }] },
            })),
            "disassemble" => answer(json!({ "instructions": [
                { "address": "0x10", "instruction": "mov rax, rdi", "symbol": "bank.loop", "line": 6, "location": { "path": "bank.nos" } },
                { "address": "0x14", "instruction": "cmp rax, rsi", "line": 8, "location": { "path": "bank.nos" } },
            ] })),
            "nostos/trace" => {
                self.traced = arguments["on"] == true;
                answer(json!({ "traced": self.traced }))
            }
            _ => {
                let since = arguments["since"].as_u64().unwrap_or(0);
                let mut rows = vec![
                    json!({ "number": 1, "atMs": 10_251_120, "kind": "recv", "text": "Deposit(12)", "process": 5 }),
                    json!({ "number": 2, "atMs": 10_251_334, "kind": "send", "text": "Ok(0)", "process": 7 }),
                    json!({ "number": 3, "atMs": 10_251_402, "kind": "recv", "text": "Withdraw(<pid 5>, 30)", "process": 5 }),
                ];
                rows.retain(|r| r["number"].as_u64() > Some(since));
                answer(json!({ "traced": self.traced, "events": rows }))
            }
        }
    }

    fn evaluate(&mut self, arguments: &Value) -> Answer {
        let gives = |value: &str, ty: &str| {
            answer(json!({ "result": value, "type": ty, "variablesReference": 0 }))
        };
        match arguments["expression"].as_str().unwrap_or_default() {
            "1 + 2" => gives("3", "Int"),
            "find(alice)" => gives("<pid 2>", "Pid"),
            "entries" => answer(json!({
                "result": "[Entry(0), Entry(1), …]", "type": "List[Entry]", "variablesReference": 2000, "indexedVariables": 250,
            })),
            "balance(\nalice)" => gives("105", "Int"),
            "transfer(alice, bob, 30)" => gives("Ok(30)", "Result[Int, String]"),
            "balance" | "balance - n" if arguments["frameId"].is_null() => {
                refuse("unknown variable `balance`")
            }
            "balance" => gives(&self.balance.to_string(), "Int"),
            "balance - n" => gives(&(self.balance - 30).to_string(), "Int"),
            "die" => Answer {
                hangs_up: true,
                ..refuse("never seen")
            },
            "stop" => match self.first_breakpoint() {
                Some(place) => {
                    self.stopped_at = Some(place);
                    let mut a = gives("()", "()");
                    a.events.push(self.stop("breakpoint"));
                    a
                }
                None => refuse("there is no breakpoint"),
            },
            "hello" => {
                let mut a = gives("()", "()");
                a.events.push((
                    "output",
                    json!({ "category": "stdout", "output": "hello, world\nand " }),
                ));
                a.events.push((
                    "output",
                    json!({ "category": "stdout", "output": "more\n" }),
                ));
                a
            }
            other => refuse(&format!("unknown variable `{other}`")),
        }
    }

    fn processes(&mut self, arguments: &Value) -> Answer {
        self.asked += u64::from(!self.quiet);
        let n = self.asked;
        let stopped = self.stopped_at.is_some();
        let mut rows = vec![
            json!({ "id": 1, "function": "main.main/0", "state": "waiting", "mailbox": 0, "reductions": 120_000 + n * 100, "heapBytes": 9_318,
                    "oldBytes": 0, "gcCount": 1, "gcNanos": 20_000, "links": [2, 3] }),
            json!({ "id": 2, "name": "alice", "function": "bank.account/1", "state": if stopped { "stopped" } else { "waiting" }, "mailbox": 48_000 + n * 40,
                    "reductions": n * 1_200_000, "heapBytes": 39_845_888, "oldBytes": 35_651_584, "gcCount": 41, "gcNanos": n * 7_400_000, "links": [1], "parent": 1 }),
            json!({ "id": 3, "name": "bob", "function": "bank.account/1", "state": "running", "mailbox": 1_204, "reductions": n * 9_800_000,
                    "heapBytes": 2_202_010, "oldBytes": 0, "gcCount": 3, "gcNanos": n * 600_000, "links": [1], "parent": 1 }),
            json!({ "id": 4, "function": "bank.ledger/0", "state": "blocked", "mailbox": 311, "reductions": n * 400_000, "heapBytes": 901_120,
                    "oldBytes": 0, "gcCount": 2, "gcNanos": 9_000, "links": [1], "parent": 1 }),
            json!({ "id": 5, "function": "bank.audit/0", "state": "sleeping", "mailbox": 0, "reductions": n * 12_000, "heapBytes": 14_336,
                    "oldBytes": 0, "gcCount": 0, "gcNanos": 0, "links": [], "parent": 1 }),
        ];
        let limit = arguments["limit"].as_u64().unwrap_or(1000);
        if self.crowd >= 9_000 {
            return self.many(rows, arguments);
        }
        for i in 0..self.crowd.min(limit) {
            rows.push(json!({ "id": 10 + i, "function": "http.worker/1", "state": "waiting", "mailbox": i % 3, "reductions": i * 1000, "heapBytes": 2_096,
                              "oldBytes": 0, "gcCount": 0, "gcNanos": 0, "links": [1], "parent": 1 }));
        }
        let total = 5 + self.crowd - self.ended.len() as u64;
        rows.retain(|r| !self.ended.contains(&r["id"].as_u64().unwrap_or(0)));
        rows.truncate(limit as usize);
        answer(json!({ "processes": rows, "total": total }))
    }

    /// A crowd is sorted and filtered here, and told by ranges.
    fn many(&self, first: Vec<Value>, arguments: &Value) -> Answer {
        let text = |key: &str| arguments[key].as_str().unwrap_or_default();
        let number = |key: &str| arguments[key].as_u64().unwrap_or(0) as usize;
        let row = |i: usize| match first.get(i) {
            Some(row) => row.clone(),
            None => {
                json!({ "id": i + 5, "function": "http.worker/1", "state": "waiting", "mailbox": i % 300, "reductions": i * 1000,
                            "heapBytes": 2_096, "oldBytes": 0, "gcCount": 0, "gcNanos": 0, "links": [1], "parent": 1 })
            }
        };
        let total = first.len() + self.crowd as usize;
        let filter =
            nostos_tui::filter::Filter::parse(text("filter")).expect("it was parsed before");
        let passes = |row: &Value| {
            let (rows, _) = nostos_tui::proto::processes(&json!({ "processes": [row] }));
            nostos_tui::filter::takes(&filter, &rows[0])
        };
        let chosen: Vec<usize> = match filter.is_empty() {
            true => (0..total).collect(),
            false => (0..total).filter(|i| passes(&row(*i))).collect(),
        };
        let window = chosen.iter().skip(number("start")).take(number("limit"));
        let rows: Vec<Value> = window.map(|i| row(*i)).collect();
        answer(
            json!({ "processes": rows, "total": total, "matched": chosen.len(), "start": number("start"),
                       "sort": text("sort"), "filter": text("filter") }),
        )
    }

    fn reload(&mut self, arguments: &Value) -> Answer {
        let text = arguments["files"][0]["text"].as_str().unwrap_or_default();
        let path = arguments["files"][0]["path"].clone();
        let bad = text
            .lines()
            .enumerate()
            .find_map(|(n, line)| line.find("retyr").map(|column| (n, column)));
        match bad {
            Some((line, column)) => answer(json!({
                "ok": false, "version": self.version, "changed": [], "unchanged": 12, "micros": 900,
                "diagnostics": [{ "path": path, "severity": "error", "message": "unknown function `retyr`", "hint": "did you mean retry?",
                    "range": { "start": { "line": line, "character": column }, "end": { "line": line, "character": column + 5 } } }],
            })),
            None => {
                self.version += 1;
                self.loaded = Some(text.to_owned());
                let swapped = self
                    .swaps
                    .take()
                    .unwrap_or_else(|| "bank.transfer".to_owned());
                let changed: Vec<String> = Some(swapped)
                    .filter(|s| !s.is_empty())
                    .into_iter()
                    .collect();
                answer(
                    json!({ "ok": true, "version": self.version, "changed": changed, "unchanged": 11, "diagnostics": [], "micros": 4_100 }),
                )
            }
        }
    }
}

/// Serves one connection until it ends. Not every user of this file needs it.
#[allow(dead_code)]
pub fn serve(stream: UnixStream, world: &mut World) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut seq = 0;
    while let Some(request) = read_message(&mut reader)? {
        let command = request["command"].as_str().unwrap_or_default();
        let found = world.handle(command, &request["arguments"]);
        if found.hangs_up {
            return Ok(());
        }
        seq += 1;
        let mut reply = json!({ "seq": seq, "type": "response", "request_seq": request["seq"], "command": command });
        match found.reply {
            Ok(body) => {
                reply["success"] = json!(true);
                reply["body"] = body;
            }
            Err(why) => {
                reply["success"] = json!(false);
                reply["message"] = json!("failed");
                reply["body"] = json!({ "error": { "id": 1, "format": why } });
            }
        }
        write_message(&mut writer, &reply)?;
        for (name, body) in found.events {
            seq += 1;
            write_message(
                &mut writer,
                &json!({ "seq": seq, "type": "event", "event": name, "body": body }),
            )?;
        }
    }
    Ok(())
}
