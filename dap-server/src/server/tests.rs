//! Conversations with a scripted image of three processes, over a socket pair as in life.

use super::*;
use debug::{
    Breakpoint, Edit, Frame, GcStats, Go, Heap, Location, Message, Order, Process, Program, Reload,
    Scope, ScopeKind, State as Run, StepTarget, Variable, Wish, Worker,
};
use nostos_session::debug;
use nostos_session::debug::told::{Teller, queue};
use std::io::Write;
use std::process::{Command, Stdio};

#[path = "../../tests/shared/packages.rs"]
mod packages;

#[derive(Default)]
struct Fake {
    listeners: Mutex<Vec<Teller>>,
    log: Mutex<Vec<String>>,
}

impl Fake {
    fn say(&self, event: &Event) {
        lock(&self.listeners).retain(|listener| listener.tell(event));
    }

    fn note(&self, text: impl Into<String>) {
        lock(&self.log).push(text.into());
    }
}

fn at(line: u32) -> Location {
    Location {
        path: "/p/main.nos".into(),
        line,
        column: 3,
    }
}

fn process(pid: Pid) -> Process {
    Process {
        pid,
        name: (pid == 1).then(|| "main".into()),
        function: "bank.account".into(),
        state: if pid == 2 { Run::Stopped } else { Run::Waiting },
        mailbox: pid,
        reductions: 100 * pid,
        heap_bytes: 4096,
        old_bytes: 0,
        gc_count: 0,
        gc_nanos: 0,
        links: vec![],
        parent: (pid > 1).then_some(1),
        at: Some(at(7)),
        supervises: pid == 1,
    }
}

fn value(name: &str, text: &str, place: Option<Place>) -> Variable {
    Variable {
        name: name.into(),
        value: text.into(),
        ty: "Int".into(),
        named: 0,
        indexed: 3,
        place,
        address: None,
    }
}

impl Target for Fake {
    fn program(&self) -> Program {
        Program {
            root: "/p".into(),
            main: "main.nos".into(),
            version: 1,
        }
    }
    fn processes(&self, order: Order, limit: usize) -> (Vec<Process>, usize) {
        let mut rows: Vec<_> = (1..=3).map(process).collect();
        if order == Order::Mailbox {
            rows.reverse();
        }
        rows.truncate(if limit == 0 { 3 } else { limit });
        (rows, 3)
    }
    fn choose(
        &self,
        order: Order,
        range: std::ops::Range<usize>,
        lets: Option<&nostos_session::debug::Lets<'_>>,
    ) -> nostos_session::debug::Chosen {
        let (mut rows, total) = self.processes(order, 0);
        rows.retain(|row| {
            lets.is_none_or(|lets| {
                lets(&nostos_session::debug::Glance {
                    pid: row.pid,
                    name: row.name.as_deref(),
                    state: row.state,
                    mailbox: row.mailbox,
                    reductions: row.reductions,
                    heap_bytes: row.heap_bytes,
                    links: row.links.len() as u64,
                    function: &|| row.function.clone(),
                })
            })
        });
        let matched = rows.len();
        let range = range.start.min(matched)..range.end.min(matched);
        nostos_session::debug::Chosen {
            rows: rows[range].to_vec(),
            matched,
            total,
        }
    }
    fn parents(&self) -> Vec<(Pid, Option<Pid>)> {
        (1..=3).map(|pid| (pid, process(pid).parent)).collect()
    }
    fn process(&self, pid: Pid) -> Option<Process> {
        (1..=3).contains(&pid).then(|| process(pid))
    }
    fn frames(&self, pid: Pid) -> Result<Vec<Frame>, Refusal> {
        match pid {
            1..=3 => Ok((0..5)
                .map(|i| Frame {
                    name: format!("bank.f{i}"),
                    at: (i < 4).then(|| at(7 + i)),
                    subtle: i == 4,
                    pc: 0x1000 + u64::from(i),
                    tail: None,
                })
                .collect()),
            99 => panic!("a bug of ours"),
            _ => Err(format!("there is no process {pid}").into()),
        }
    }
    fn scopes(&self, _: Pid, _: usize) -> Result<Vec<Scope>, Refusal> {
        Ok(vec![
            Scope {
                kind: ScopeKind::Locals,
                named: 2,
                indexed: 0,
            },
            Scope {
                kind: ScopeKind::Mailbox,
                named: 0,
                indexed: 2,
            },
        ])
    }
    fn variables(
        &self,
        _: Pid,
        place: &Place,
        page: Option<Page>,
    ) -> Result<Vec<Variable>, Refusal> {
        Ok(match (place, page) {
            (Place::Locals(frame), None) => {
                let list = Place::Value {
                    shape: 11,
                    lanes: vec![0x1000],
                    message: None,
                    standing: None,
                };
                vec![
                    value("n", &frame.to_string(), None),
                    value("xs", "[1, 2, 3]", Some(list)),
                ]
            }
            (Place::Value { .. }, Some(page)) => page
                .of(3)
                .map(|i| value(&i.to_string(), "1", None))
                .collect(),
            _ => vec![],
        })
    }
    fn evaluate(
        &self,
        frame: Option<(Pid, usize)>,
        text: &str,
        _: &Cancel,
    ) -> Result<Variable, Refusal> {
        match text {
            "boom" => Err("`boom` is not { defined }".into()),
            _ => Ok(value(text, &format!("{frame:?}"), None)),
        }
    }
    fn mailbox(&self, _: Pid, page: Page) -> Result<(usize, Vec<Message>), Refusal> {
        let message = |index| Message {
            index,
            ty: "Msg".into(),
            value: "Deposit(5)".into(),
            from: Some(1),
            age_ms: Some(70),
            at: Some(at(7)),
        };
        Ok((2, page.of(2).map(message).collect()))
    }
    fn trace(&self, pid: Pid, on: bool) -> Result<(), Refusal> {
        match (pid, on) {
            (9, true) => Err("there is no process 9".into()),
            _ => Ok(()),
        }
    }

    fn past(&self, _: Pid, since: u64) -> (Vec<debug::PastEvent>, bool) {
        let event = debug::PastEvent {
            number: since + 1,
            at_ms: 12,
            kind: "send",
            text: "Ok(0)".into(),
            other: Some(3),
        };
        (vec![event], true)
    }

    fn shapes(&self, _: Pid) -> Result<Vec<debug::Shape>, Refusal> {
        Ok(vec![debug::Shape {
            name: "Msg.Deposit".into(),
            count: 2,
            refused: true,
        }])
    }
    fn heap(&self, _: Pid, types: bool) -> Result<Heap, Refusal> {
        let by_type = [("Int".into(), 2, 32)].into_iter().filter(|_| types);
        Ok(Heap {
            young: (10, 20),
            by_type: by_type.collect(),
            ..Heap::default()
        })
    }
    fn gc_stats(&self, _: Option<Pid>) -> GcStats {
        let collection = |number| debug::Collection {
            pid: 3,
            major: false,
            reason: "nursery full".into(),
            pause_nanos: 1,
            before: 2,
            after: 1,
            promoted: 0,
            at_ms: 5,
            number,
        };
        GcStats {
            collections: vec![collection(2), collection(1)],
            noted: 2,
            blobs: (1, 5000),
            ..GcStats::default()
        }
    }
    fn scheduler(&self) -> Vec<Worker> {
        vec![Worker {
            id: 0,
            running: Some(3),
            queue: 1,
            reductions: 5,
            steals: 0,
            idle: false,
            switches: 9,
            slept_nanos: 70,
        }]
    }
    fn census(&self) -> debug::Census {
        debug::Census {
            processes: 3,
            states: vec![("waiting", 2), ("running", 1)],
            blocked: (0, 1),
            ..debug::Census::default()
        }
    }
    fn now_nanos(&self) -> u64 {
        100
    }
    fn set_breakpoints(&self, _: u64, path: &str, wishes: &[Wish]) -> Vec<Breakpoint> {
        let set = |wish: &Wish| Breakpoint {
            id: u64::from(wish.line),
            verified: wish.line < 100,
            at: Location {
                path: path.into(),
                line: wish.line + 1,
                column: 0,
            },
            message: (wish.line >= 100).then(|| "there is no code there".into()),
        };
        wishes.iter().map(set).collect()
    }
    fn threads(&self, _: usize) -> Vec<(Pid, String)> {
        (1..=3).map(|pid| (pid, process(pid).what())).collect()
    }
    fn kill(&self, pid: Pid) -> Result<(), Refusal> {
        self.note(format!("kill {pid}"));
        Ok(())
    }
    fn change(&self, _: Pid, _: &Place, name: &str, text: &str) -> Result<Variable, Refusal> {
        Ok(value(name, text, None))
    }
    fn whole(&self, _: Pid, _: &Place) -> Result<String, Refusal> {
        Ok("whole".into())
    }
    fn complete(&self, _: Option<(Pid, usize)>, text: &str) -> Vec<debug::Completion> {
        vec![debug::Completion {
            label: format!("{text}…"),
            detail: String::new(),
            kind: "variable",
        }]
    }
    fn sources(&self) -> Vec<String> {
        vec!["/p/main.nos".into(), "std/list.nos".into()]
    }
    fn source(&self, path: &str) -> Result<String, Refusal> {
        Ok(format!("# {path}"))
    }
    fn memory(&self, _: u64, count: usize) -> Vec<u8> {
        vec![0; count.min(4)]
    }
    fn breakpoint_locations(&self, _: &str, lines: (u32, u32)) -> Vec<Location> {
        (lines.0..=lines.1).map(at).collect()
    }
    fn set_function_breakpoints(&self, _: u64, wishes: &[(String, Wish)]) -> Vec<Breakpoint> {
        let set = |(name, _): &(String, Wish)| Breakpoint {
            id: name.len() as u64,
            verified: true,
            at: at(3),
            message: None,
        };
        wishes.iter().map(set).collect()
    }
    fn stop_on(&self, _: u64, wishes: &[debug::ExceptionWish]) {
        let filters: Vec<_> = wishes.iter().map(|wish| wish.filter).collect();
        self.note(format!("{filters:?}"));
    }
    fn go(&self, pid: Pid, go: &Go) -> Result<Gone, Refusal> {
        let how = go.how;
        if pid != 2 {
            return Err(format!("process {pid} is not stopped").into());
        }
        let gone = Gone {
            all: false,
            turn: 1,
        };
        self.say(&Event::Resumed { pid, turn: 1 });
        if how != How::Continue {
            self.say(&Event::Stopped {
                pid,
                why: Why::Step,
                all: false,
                turn: 1,
            });
        }
        Ok(gone)
    }
    fn attach(&self, _: u64) {}
    fn stop_together(&self, _: u64, on: bool) {
        if on {
            self.note("together");
        }
    }
    fn standing(&self) -> Vec<(Pid, Why)> {
        Vec::new()
    }
    fn set_instruction_breakpoints(
        &self,
        _: u64,
        wishes: &[debug::InstructionWish],
    ) -> Vec<Breakpoint> {
        let set = |wish: &debug::InstructionWish| Breakpoint {
            id: wish.address,
            verified: true,
            at: at(7),
            message: None,
        };
        wishes.iter().map(set).collect()
    }
    fn disassemble(
        &self,
        address: u64,
        _: i64,
        count: usize,
    ) -> Result<Vec<debug::Instruction>, Refusal> {
        let line = |i: usize| debug::Instruction {
            address: address + i as u64,
            bytes: vec![0x90],
            text: "nop".into(),
            symbol: (i == 0).then(|| "bank.f0".into()),
            at: (i == 0).then(|| at(7)),
        };
        Ok((0..count).map(line).collect())
    }
    fn data_breakpoint(
        &self,
        _: Option<(Pid, &Place)>,
        name: &str,
    ) -> Result<(String, String, bool), Refusal> {
        Ok((name.into(), name.into(), false))
    }
    fn set_data_breakpoints(&self, _: u64, wishes: &[debug::DataWish]) -> Vec<Breakpoint> {
        let set = |wish: &debug::DataWish| Breakpoint {
            id: wish.data.len() as u64,
            verified: true,
            at: at(0),
            message: None,
        };
        wishes.iter().map(set).collect()
    }
    fn restart_frame(&self, pid: Pid, _: usize) -> Result<Gone, Refusal> {
        let go = Go {
            how: How::In,
            ..Go::default()
        };
        self.go(pid, &go)
    }
    fn step_in_targets(&self, _: Pid, _: usize) -> Result<Vec<StepTarget>, Refusal> {
        Ok(vec![StepTarget {
            id: 1,
            label: "bank.f1".into(),
            start: (7, 3),
            end: (7, 9),
        }])
    }
    fn goto_targets(&self, _: &str, line: u32, _: Option<u32>) -> Result<Vec<StepTarget>, Refusal> {
        let target = StepTarget {
            id: 1,
            label: "x = 1".into(),
            start: (line, 3),
            end: (line, 8),
        };
        Ok(vec![target])
    }
    fn goto(&self, pid: Pid, _: u64) -> Result<Gone, Refusal> {
        self.restart_frame(pid, 0)
    }
    fn waits(&self) -> Vec<(Pid, Pid)> {
        vec![(3, 2)]
    }
    fn next_message(&self, pid: Pid) -> Result<Gone, Refusal> {
        self.go(pid, &Go::default())
    }
    fn pause(&self, pid: Pid) -> Result<(), Refusal> {
        self.say(&Event::Stopped {
            pid,
            why: Why::Pause,
            all: false,
            turn: 1,
        });
        Ok(())
    }
    fn reload(&self, edits: &[Edit]) -> Reload {
        Reload {
            ok: true,
            version: 2,
            unchanged: edits.len(),
            ..Reload::default()
        }
    }
    fn listen(&self) -> Told {
        let (teller, told) = queue();
        lock(&self.listeners).push(teller);
        told
    }
    fn release(&self, stop: bool) {
        self.note(format!("release {stop}"));
        self.say(&Event::Stopped {
            pid: 2,
            why: Why::Breakpoint(vec![7]),
            all: false,
            turn: 0,
        });
    }
    fn terminate(&self) {
        self.note("terminate");
        self.say(&Event::Ended { status: 143 });
    }
    fn leave(&self) {
        self.note("leave");
    }
    fn forget(&self, _: u64, _: bool) {
        self.note("forget");
    }
}

/// The client's end.
struct Client {
    stream: UnixStream,
    decoder: Decoder,
    seq: i64,
    server: Option<std::thread::JoinHandle<()>>,
    /// All that the server has said.
    heard: Vec<String>,
}

impl Client {
    fn new(target: &Arc<Fake>) -> Self {
        let (ours, theirs) = UnixStream::pair().expect("a socket pair");
        ours.set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        let target: Arc<dyn Target> = target.clone();
        let server = std::thread::spawn(move || serve(target, theirs).expect("a socket"));
        Client {
            stream: ours,
            decoder: Decoder::default(),
            seq: 0,
            server: Some(server),
            heard: Vec::new(),
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    fn body(&mut self, body: &str) {
        crate::framing::write_body(&mut self.stream, body.as_bytes()).expect("the server reads");
    }

    fn next(&mut self) -> Value {
        let mut chunk = [0; 4096];
        loop {
            if let Some(piece) = self.decoder.next_piece() {
                let Piece::Body(body) = piece else {
                    panic!("the server wrote {piece:?}")
                };
                let message: Value = serde_json::from_slice(&body).expect("the server writes JSON");
                self.heard.push(message.to_string());
                return message;
            }
            let n = self.stream.read(&mut chunk).expect("the server answers");
            assert!(n > 0, "the server hung up");
            self.decoder.push(&chunk[..n]);
        }
    }

    /// The next message that is not of another kind; all others are dropped.
    fn event(&mut self, name: &str) -> Value {
        loop {
            let message = self.next();
            if message["event"] == name {
                return message["body"].clone();
            }
        }
    }

    fn request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        self.seq += 1;
        let seq = self.seq;
        self.body(
            &json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments })
                .to_string(),
        );
        loop {
            let message = self.next();
            if message["type"] == "response" && message["request_seq"] == seq {
                assert_eq!(message["command"], command);
                return match message["success"].as_bool() {
                    Some(true) => Ok(message["body"].clone()),
                    _ => Err(message["message"].as_str().expect("a sentence").to_owned()),
                };
            }
        }
    }

    fn ok(&mut self, command: &str, arguments: Value) -> Value {
        self.request(command, arguments).expect(command)
    }

    fn hang_up(mut self) {
        // The server may have hung up first.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.server
            .take()
            .expect("one")
            .join()
            .expect("the server ends in order");
        self.fits();
    }

    /// All that came is as the protocol says.
    fn fits(&self) {
        let mut check = Command::new("node")
            .arg(packages::workspace().join("tests/dap/schema.js"))
            .arg(packages::modules())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let mut input = check.stdin.take().expect("a pipe");
        for message in &self.heard {
            writeln!(input, "{message}").expect("it reads");
        }
        drop(input);
        let output = check.wait_with_output().expect("node runs");
        let wrong = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{wrong}");
    }
}

#[test]
fn a_session_from_launch_to_the_end() {
    let fake = Arc::new(Fake::default());
    let mut client = Client::new(&fake);
    let capabilities = client.ok("initialize", json!({ "adapterID": "nostos" }));
    assert_eq!(capabilities["supportsConfigurationDoneRequest"], true);
    client.ok("launch", json!({ "program": "x", "stopOnEntry": true }));
    client.event("initialized");
    let set = client.ok(
        "setBreakpoints",
        json!({ "source": { "path": "/p/main.nos" }, "breakpoints": [{ "line": 6 }, { "line": 100 }] }),
    );
    assert_eq!(set["breakpoints"][0]["verified"], true);
    assert_eq!(set["breakpoints"][0]["line"], 7);
    assert_eq!(set["breakpoints"][1]["verified"], false);
    client.ok(
        "setExceptionBreakpoints",
        json!({ "filters": ["uncaught"] }),
    );
    client.ok("configurationDone", Value::Null);
    let stop = client.event("stopped");
    assert_eq!(stop["threadId"], 2);
    assert_eq!(stop["reason"], "breakpoint");
    assert_eq!(stop["allThreadsStopped"], false);
    let threads = client.ok("threads", json!({}));
    assert_eq!(threads["threads"][0]["name"], "main <1>");
    assert_eq!(threads["threads"][1]["name"], "bank.account <2>");
    let stack = client.ok(
        "stackTrace",
        json!({ "threadId": 2, "startFrame": 1, "levels": 2 }),
    );
    assert_eq!(stack["totalFrames"], 5);
    assert_eq!(stack["stackFrames"].as_array().map(Vec::len), Some(2));
    assert_eq!(stack["stackFrames"][0]["line"], 8);
    assert_eq!(stack["stackFrames"][0]["source"]["path"], "/p/main.nos");
    let frame = stack["stackFrames"][0]["id"].clone();
    let scopes = client.ok("scopes", json!({ "frameId": frame }));
    assert_eq!(scopes["scopes"][0]["name"], "Locals");
    let locals = scopes["scopes"][0]["variablesReference"].clone();
    let variables = client.ok("variables", json!({ "variablesReference": locals }));
    assert_eq!(variables["variables"][0]["value"], "1");
    let list = variables["variables"][1]["variablesReference"].clone();
    let page = json!({ "variablesReference": list, "filter": "indexed", "start": 1, "count": 1 });
    assert_eq!(
        client.ok("variables", page)["variables"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let result = client.ok(
        "evaluate",
        json!({ "expression": "n + 1", "frameId": frame }),
    );
    assert_eq!(result["result"], "Some((2, 1))");
    assert_eq!(
        client.request("evaluate", json!({ "expression": "boom" })),
        Err("`boom` is not { defined }".into())
    );
    client.ok("next", json!({ "threadId": 2 }));
    assert_eq!(client.event("stopped")["reason"], "step");
    let dead = client.request("scopes", json!({ "frameId": frame }));
    assert_eq!(dead, Err(DEAD.into()));
    let dead = client.request("variables", json!({ "variablesReference": list }));
    assert_eq!(dead, Err(DEAD.into()));
    client.ok("continue", json!({ "threadId": 2 }));
    assert!(
        client
            .request("continue", json!({ "threadId": 3 }))
            .is_err()
    );
    client.ok("disconnect", json!({}));
    client.hang_up();
    let log = lock(&fake.log).clone();
    assert_eq!(log, ["[Uncaught]", "release true", "terminate", "forget"]);
}

#[test]
fn two_clients_see_the_same_stops_and_go_ons() {
    let fake = Arc::new(Fake::default());
    let (mut one, mut two) = (Client::new(&fake), Client::new(&fake));
    for client in [&mut one, &mut two] {
        client.ok("initialize", json!({}));
        client.ok("attach", json!({}));
    }
    one.ok("pause", json!({ "threadId": 2 }));
    assert_eq!(one.event("stopped")["threadId"], 2);
    assert_eq!(two.event("stopped")["threadId"], 2);
    one.ok("continue", json!({ "threadId": 2 }));
    assert_eq!(two.event("continued")["threadId"], 2);
    one.hang_up();
    two.ok("threads", json!({}));
    two.hang_up();
    // Neither launched it, so it runs on.
    assert_eq!(lock(&fake.log).clone(), ["forget", "forget"]);
}

#[test]
fn a_client_that_launched_and_vanished_takes_the_program_with_it() {
    let fake = Arc::new(Fake::default());
    let mut client = Client::new(&fake);
    client.ok("initialize", json!({}));
    client.ok("launch", json!({}));
    client.hang_up();
    assert_eq!(lock(&fake.log).clone(), ["forget", "terminate"]);
}

#[test]
fn the_views_of_a_running_image() {
    let fake = Arc::new(Fake::default());
    let mut client = Client::new(&fake);
    client.ok("initialize", json!({}));
    assert_eq!(client.ok("nostos/image", json!({}))["root"], "/p");
    let rows = client.ok("nostos/processes", json!({ "sort": "mailbox", "limit": 2 }));
    assert_eq!(rows["total"], 3);
    assert_eq!(rows["processes"][0]["id"], 3);
    assert_eq!(rows["processes"][0]["state"], "waiting");
    assert_eq!(rows["processes"][0]["source"], "/p/main.nos");
    let asked = json!({ "sort": "mailbox", "filter": "mbox<3 account", "start": 1, "limit": 5 });
    let rows = client.ok("nostos/processes", asked);
    assert_eq!((&rows["total"], &rows["matched"]), (&json!(3), &json!(2)));
    assert_eq!(rows["processes"].as_array().map(Vec::len), Some(1));
    assert_eq!(rows["processes"][0]["id"], 1);
    assert_eq!(rows["filter"], "mbox<3 account");
    let mut ids = |asked: Value| -> (Vec<u64>, u64) {
        let told = client.ok("nostos/tree", asked);
        let rows = told["processes"].as_array().expect("rows");
        let ids = rows.iter().filter_map(|r| r["id"].as_u64()).collect();
        (ids, told["matched"].as_u64().expect("a number"))
    };
    assert_eq!(ids(json!({})), (vec![1, 2, 3], 3));
    assert_eq!(ids(json!({ "start": 1, "limit": 1 })), (vec![2], 3));
    assert_eq!(ids(json!({ "folded": [1] })), (vec![1], 1));
    assert_eq!(ids(json!({ "filter": "pid=3" })), (vec![1, 3], 2));
    let mailbox = client.ok("nostos/mailbox", json!({ "process": 2, "start": 1 }));
    assert_eq!(
        mailbox["messages"],
        json!([{ "index": 1, "type": "Msg", "value": "Deposit(5)", "from": 1, "ageMs": 70, "line": 7, "source": "/p/main.nos" }])
    );
    assert_eq!(
        client.ok("nostos/stack", json!({ "process": 3 }))["frames"][0]["line"],
        7
    );
    assert_eq!(
        client.ok("nostos/heap", json!({ "process": 3 }))["byType"][0]["bytes"],
        32
    );
    let traced = client.ok("nostos/trace", json!({ "process": 3, "on": true }));
    assert_eq!(traced["traced"], true);
    let refused = json!({ "process": 9, "on": true });
    let refused = client.request("nostos/trace", refused);
    assert_eq!(refused, Err("there is no process 9".to_owned()));
    let events = client.ok("nostos/events", json!({ "process": 3, "since": 4 }));
    let event = json!({ "number": 5, "atMs": 12, "kind": "send", "text": "Ok(0)", "process": 3 });
    assert_eq!(events, json!({ "traced": true, "events": [event] }));
    let sizes = client.ok("nostos/heap", json!({ "process": 3, "types": false }));
    assert_eq!(
        (&sizes["young"]["used"], &sizes["byType"]),
        (&json!(10), &json!([]))
    );
    let gc = client.ok("nostos/gcStats", Value::Null);
    assert_eq!(
        (&gc["minor"]["count"], &gc["blobs"]["bytes"]),
        (&json!(0), &json!(5000))
    );
    let new = client.ok("nostos/gcStats", json!({ "after": 1 }));
    assert_eq!(new["collections"].as_array().map(Vec::len), Some(1));
    assert_eq!(new["collections"][0]["number"], 2);
    let scheduler = client.ok("nostos/scheduler", json!({}));
    let worker = &scheduler["workers"][0];
    assert_eq!(
        (&worker["running"], &worker["sleptNanos"]),
        (&json!(3), &json!(70))
    );
    assert_eq!(
        (
            &scheduler["states"]["waiting"],
            &scheduler["blocked"]["outside"]
        ),
        (&json!(2), &json!(1))
    );
    let few = client.ok("nostos/scheduler", json!({ "census": false }));
    assert_eq!(
        (&few["states"], &few["nowNanos"]),
        (&Value::Null, &json!(100))
    );
    let files = json!({ "files": [{ "path": "/p/main.nos", "text": "main() = 1" }] });
    assert_eq!(client.ok("nostos/reload", files)["version"], 2);
    client.hang_up();
}

#[test]
fn after_any_nonsense_the_session_answers() {
    let fake = Arc::new(Fake::default());
    let mut client = Client::new(&fake);
    client.ok("initialize", json!({}));
    for raw in [
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 1e9\r\n\r\n",
        "Content-Length: 18446744073709551616\r\n\r\n",
        "Content-Length\r\n\r\n",
        "\r\n\r\n\r\n",
        "X: y\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\0\0\0\0\n\n",
    ] {
        client.raw(raw.as_bytes());
        client.ok("threads", Value::Null);
    }
    for body in [
        "",
        "null",
        "[]",
        "{",
        "\"x\"",
        "{}",
        "{\"type\":\"event\"}",
        "{\"type\":\"response\"}",
        "{\"type\":3}",
        "\u{feff}{}",
        "[[[[[[[[",
    ] {
        client.body(body);
        client.ok("threads", Value::Null);
    }
    let deep = "[".repeat(100_000);
    client.body(&deep);
    client.ok("threads", Value::Null);
    // Requests: whatever is wrong, their number is answered.
    for (body, seq) in [
        (r#"{"seq":901,"type":"request"}"#, 901),
        (r#"{"seq":902,"type":"request","command":5}"#, 902),
        (r#"{"seq":903,"type":"request","command":"threads",}"#, 903),
        (r#"{"seq":904,"type":"request","command":"nonsense"}"#, 904),
        (r#"{"seq":905,"type":"query","command":"threads"}"#, 905),
        (
            r#"{"seq":906,"type":"request","command":"stackTrace"}"#,
            906,
        ),
        (
            r#"{"seq":907,"type":"request","command":"stackTrace","arguments":[]}"#,
            907,
        ),
        (
            r#"{"seq":908,"type":"request","command":"stackTrace","arguments":{"threadId":"2"}}"#,
            908,
        ),
        (
            r#"{"seq":909,"type":"request","command":"stackTrace","arguments":{"threadId":-1}}"#,
            909,
        ),
        (
            r#"{"seq":910,"type":"request","command":"stackTrace","arguments":{"threadId":1e300}}"#,
            910,
        ),
        (
            r#"{"seq":911,"type":"request","command":"scopes","arguments":{"frameId":123456}}"#,
            911,
        ),
        (
            r#"{"seq":912,"type":"request","command":"variables","arguments":{"variablesReference":0}}"#,
            912,
        ),
        (
            r#"{"seq":913,"type":"request","command":"setBreakpoints","arguments":{"source":{}}}"#,
            913,
        ),
        (
            r#"{"seq":914,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":"x"},"breakpoints":[{}]}}"#,
            914,
        ),
        (
            r#"{"seq":915,"type":"request","command":"evaluate","arguments":{}}"#,
            915,
        ),
        (
            r#"{"seq":916,"type":"request","command":"initialize"}"#,
            916,
        ),
        (
            r#"{"seq":917,"type":"request","command":"setExceptionBreakpoints","arguments":{"filters":["x"]}}"#,
            917,
        ),
        (
            r#"{"seq":918,"type":"request","command":"nostos/processes","arguments":{"sort":"colour"}}"#,
            918,
        ),
        (
            r#"{"seq":920,"type":"request","command":"nostos/processes","arguments":{"filter":"size>3"}}"#,
            920,
        ),
        // A panic of ours is the request's error.
        (
            r#"{"seq":919,"type":"request","command":"stackTrace","arguments":{"threadId":99}}"#,
            919,
        ),
    ] {
        client.body(body);
        loop {
            let message = client.next();
            if message["type"] == "response" {
                assert_eq!(message["request_seq"], seq, "{body}");
                assert_eq!(message["success"], false, "{body}");
                break;
            }
        }
        client.ok("threads", json!({}));
    }
    // Extremes that are well formed are no mistakes.
    client.ok(
        "setBreakpoints",
        json!({ "source": { "path": "x" }, "breakpoints": [{ "line": i64::MAX }, { "line": -5 }], "sourceModified": true }),
    );
    client.ok(
        "stackTrace",
        json!({ "threadId": 2, "startFrame": u32::MAX, "levels": 5 }),
    );
    client.hang_up();
}

use crate::endpoint::{self, Endpoint};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

fn private_dir(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("nostos-test-{}-{name}", std::process::id()));
    endpoint::make_directory(&dir).expect("a directory");
    dir
}

impl Client {
    fn over(stream: UnixStream) -> Self {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        Client {
            stream,
            decoder: Decoder::default(),
            seq: 0,
            server: None,
            heard: Vec::new(),
        }
    }
}

#[test]
fn the_endpoint_is_private_serves_many_and_leaves_nothing() {
    let dir = private_dir("endpoint");
    let path = dir.join("image.sock");
    // What a killed image left behind is no obstacle.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a stale socket"));
    let fake = Arc::new(Fake::default());
    let open = || Endpoint::open(Some(path.clone()), fake.clone());
    let endpoint = open().expect("an endpoint");
    assert_eq!(
        std::fs::metadata(&path).expect("a socket").mode() & 0o777,
        0o600
    );
    assert!(open().is_err(), "two images on one socket");
    let mut clients: Vec<Client> = (0..3)
        .map(|_| Client::over(UnixStream::connect(&path).expect("it listens")))
        .collect();
    for client in &mut clients {
        client.ok("initialize", json!({}));
        client.ok("attach", json!({}));
    }
    fake.say(&Event::Ended { status: 3 });
    endpoint.close();
    for client in &mut clients {
        assert_eq!(client.event("exited")["exitCode"], 3);
        client.event("terminated");
    }
    assert!(!path.exists());
    // A directory that others can write to is not used.
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).expect("it is ours");
    assert!(endpoint::make_directory(&dir).is_err());
    std::fs::remove_dir_all(&dir).expect("it is ours");
}

#[test]
fn the_adapter_relays_and_outlives_the_image() {
    let dir = private_dir("adapter");
    let path = dir.join("image.sock");
    let fake = Arc::new(Fake::default());
    let endpoint = Endpoint::open(Some(path.clone()), fake.clone()).expect("an endpoint");
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let output = theirs.try_clone().expect("a second handle");
    let adapter =
        std::thread::spawn(move || crate::adapter::run(&["false".into()], theirs, output));
    let mut client = Client::over(ours);
    client.raw(b"Content-Length: nonsense\r\n\r\n");
    client.ok("initialize", json!({ "linesStartAt1": false }));
    assert!(
        client.request("threads", json!({})).is_err(),
        "there is no image yet"
    );
    assert!(client.request("launch", json!({})).is_err(), "no program");
    assert!(
        client.request("launch", json!({ "program": "x" })).is_err(),
        "`false` is no image"
    );
    assert!(
        client
            .request("attach", json!({ "socket": "/nowhere" }))
            .is_err()
    );
    client.ok("attach", json!({ "socket": path }));
    client.event("initialized");
    assert!(
        client.request("attach", json!({ "socket": path })).is_err(),
        "one is enough"
    );
    assert_eq!(
        client.ok("threads", json!({}))["threads"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
    let stack = client.ok("stackTrace", json!({ "threadId": 2 }));
    assert_eq!(
        stack["stackFrames"][0]["line"], 6,
        "the image knows how this client counts"
    );
    client.ok("pause", json!({ "threadId": 2 }));
    assert_eq!(client.event("stopped")["reason"], "pause");
    fake.say(&Event::Ended { status: 0 });
    client.event("exited");
    client.event("terminated");
    endpoint.close();
    assert!(
        client.request("threads", json!({})).is_err(),
        "the image is gone"
    );
    client.ok("disconnect", json!({}));
    adapter.join().expect("the adapter ends in order");
    client.fits();
    std::fs::remove_dir_all(&dir).expect("it is ours");
}
