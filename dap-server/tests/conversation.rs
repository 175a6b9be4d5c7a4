//! `nostos-dap` as others see it: through Microsoft's test client, and killed at bad moments.
#![forbid(unsafe_code)]

#[path = "shared/packages.rs"]
mod packages;

use packages::{modules, workspace};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ADAPTER: &str = env!("CARGO_BIN_EXE_nostos-dap");

/// Runs one of the scripts in tests/dap; `ONLY=text` restricts it to the tests with such names.
fn script(name: &str) {
    let mut command = Command::new("node");
    command
        .arg(workspace().join("tests/dap").join(name))
        .args([
            ADAPTER.as_ref(),
            workspace().join("examples").as_path(),
            modules().as_path(),
        ])
        .args(std::env::var_os("ONLY"));
    let output = command.output().expect("node runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_session_on_the_bank() {
    script("bank.js");
}

#[test]
fn breakpoints() {
    script("breakpoints.js");
}

#[test]
fn what_breakpoints_survive() {
    script("survive.js");
}

#[test]
fn changing_values() {
    script("change.js");
}

#[test]
fn heaps() {
    script("heap.js");
}

#[test]
fn the_life_of_a_session() {
    script("life.js");
}

#[test]
fn messages() {
    script("messages.js");
}

#[test]
fn what_can_be_seen() {
    script("look.js");
}

#[test]
fn the_protocol() {
    script("protocol.js");
}

#[test]
fn all_at_once_or_one_alone() {
    script("world.js");
}

#[test]
fn frames() {
    script("frames.js");
}

#[test]
fn what_macros_made() {
    script("expansions.js");
}

#[test]
fn going_to_statements() {
    script("goto.js");
}

#[test]
fn data_breakpoints() {
    script("data.js");
}

#[test]
fn deaths() {
    script("death.js");
}

#[test]
#[ignore = "prints how long things take, for people"]
fn speed() {
    script("speed.js");
}

struct Adapter(Child);

impl Adapter {
    fn new() -> Self {
        let child = Command::new(ADAPTER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the adapter starts");
        Adapter(child)
    }

    fn send(&mut self, body: &str) {
        let input = self.0.stdin.as_mut().expect("a pipe");
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the adapter reads");
        input.flush().expect("the adapter reads");
    }

    /// Reads until the text has come.
    fn until(&mut self, text: &str) -> String {
        let output = self.0.stdout.as_mut().expect("a pipe");
        let (mut seen, mut byte) = (Vec::new(), [0]);
        while !String::from_utf8_lossy(&seen).ends_with(text) {
            let n = output.read(&mut byte).expect("the adapter writes");
            assert!(n == 1, "no {text} in {}", String::from_utf8_lossy(&seen));
            seen.push(byte[0]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    fn launch(&mut self) {
        let program = workspace().join("examples/bank");
        self.send(r#"{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"nostos"}}"#);
        self.send(&format!(
            r#"{{"seq":2,"type":"request","command":"launch","arguments":{{"program":"{}","args":["serve"]}}}}"#,
            program.display()
        ));
        self.until(r#""event":"initialized""#);
    }
}

/// Operating-system processes whose command line names this adapter's socket.
fn images_of(adapter: u32) -> Vec<u32> {
    let mark = format!("dap-{adapter}-");
    let entries = std::fs::read_dir("/proc").expect("Linux");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            line.contains("--inspect=") && line.contains(&mark)
        })
        .collect()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_is_left_when_the_adapter_or_its_client_is_killed() {
    for (at, configured) in [("before main", false), ("while it runs", true)] {
        for kill in [true, false] {
            let mut adapter = Adapter::new();
            let id = adapter.0.id();
            adapter.launch();
            if configured {
                adapter.send(r#"{"seq":3,"type":"request","command":"configurationDone"}"#);
                adapter.until("Good morning");
            }
            assert_eq!(images_of(id).len(), 1, "{at}");
            if kill {
                adapter.0.kill().expect("it runs");
            } else {
                drop(adapter.0.stdin.take());
            }
            adapter.0.wait().expect("it ends");
            wait_until(at, || images_of(id).is_empty());
            // It ends in order, whether it ran or waited for its first client.
            let mark = format!("dap-{id}-");
            let left = std::fs::read_dir(nostos_dap::endpoint::directory())
                .expect("it was used")
                .flatten()
                .filter(|entry| entry.file_name().to_string_lossy().contains(&mark));
            let left: Vec<_> = left.collect();
            assert!(left.is_empty(), "{at}, killed: {kill}, {left:?}");
        }
    }
}

#[test]
fn the_adapter_outlives_a_killed_image() {
    let mut adapter = Adapter::new();
    adapter.launch();
    adapter.send(r#"{"seq":3,"type":"request","command":"configurationDone"}"#);
    adapter.until("Good morning");
    let images = images_of(adapter.0.id());
    let status = Command::new("kill")
        .args(["-KILL", &images[0].to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
    adapter.until(r#""exitCode":137"#);
    adapter.until(r#""event":"terminated""#);
    adapter.send(r#"{"seq":4,"type":"request","command":"threads"}"#);
    adapter.until("the program has ended");
    adapter.send(r#"{"seq":5,"type":"request","command":"disconnect"}"#);
    adapter.until(r#""request_seq":5,"success":true"#);
    assert!(adapter.0.wait().expect("it ends").success());
}
