//! What it costs that code can be stopped: the same programs without places to stop at, with them, and under a debugger whose breakpoints nothing comes to.
//!
//! In: a `nostos` program and the sources in `nos/sites/`. Out: a table of processor times and ratios. All variants live at the same time and work in turns,
//! a line of input a round, so that a slow moment of the machine meets all of them. Absent: thresholds.

use crate::machine;
use crate::measure::median;
use nostos_dap::client::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// An answer of a debugger takes less than this.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rounds in which code becomes hot.
const WARM: usize = 4;

/// Programs: name, argument, argument that only shows that everything works.
const PROGRAMS: [(&str, &str, &str); 2] = [("fib", "31", "20"), ("cells", "4000000", "1000")];

/// Where a breakpoint is: the text that marks its line.
type Breakpoint = Option<&'static str>;

/// How a program runs.
const WAYS: [(&str, Way); 5] = [
    ("without sites", Way::Bare),
    ("with sites", Way::Plain),
    ("under a debugger", Way::Debugged(None)),
    (
        "a breakpoint in another function",
        Way::Debugged(Some("# in another function")),
    ),
    (
        "a breakpoint in the same function",
        Way::Debugged(Some("# in the same function")),
    ),
];

#[derive(Clone, Copy)]
enum Way {
    Bare,
    Plain,
    Debugged(Breakpoint),
}

/// Measures and prints.
///
/// # Errors
/// A sentence when a program does not do what it should.
pub fn report(nostos: &Path, bench: &Path, rounds: usize, quick: bool) -> Result<(), String> {
    let rounds = if quick { 1 } else { rounds };
    println!(
        "| program | how it runs | ms a round, median and best | ratio, median of the rounds | ratio of the best |"
    );
    println!("|---|---|---|---|---|");
    for (name, arg, quick_arg) in PROGRAMS {
        let source = bench.join(format!("nos/sites/{name}.nos"));
        let arg = if quick { quick_arg } else { arg };
        let times =
            measure(nostos, &source, arg, rounds).map_err(|why| format!("{name}: {why}"))?;
        for ((way, _), row) in WAYS.iter().zip(&times) {
            println!("{}", line(name, way, row, &times[0]));
        }
    }
    Ok(())
}

fn line(name: &str, way: &str, times: &[f64], base: &[f64]) -> String {
    let sorted = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers
    };
    let ratios = sorted(times.iter().zip(base).map(|(a, b)| a / b).collect());
    let (times, base) = (sorted(times.to_vec()), sorted(base.to_vec()));
    format!(
        "| {name} | {way} | {:.1}, {:.1} | {:.3} | {:.3} |",
        median(&times) * 1e3,
        times[0] * 1e3,
        median(&ratios),
        times[0] / base[0],
    )
}

/// Seconds of processor time, by way and round.
fn measure(
    nostos: &Path,
    source: &Path,
    arg: &str,
    rounds: usize,
) -> Result<Vec<Vec<f64>>, String> {
    let mut running = Vec::new();
    for (_, way) in WAYS {
        running.push(Running::start(nostos, source, arg, way)?);
    }
    let mut times = vec![Vec::new(); running.len()];
    let mut answer: Option<String> = None;
    for round in 0..WARM + rounds {
        for i in 0..running.len() {
            // Each is the first in its turn.
            let i = (i + round) % running.len();
            let (took, told) = running[i].round()?;
            if *answer.get_or_insert_with(|| told.clone()) != told {
                return Err(format!("{} gives {told:?}, others {answer:?}", WAYS[i].0));
            }
            if round >= WARM {
                times[i].push(took);
            }
        }
    }
    Ok(times)
}

/// A program that waits for a line, with the debugger that looks after it.
struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _debugger: Option<Client>,
}

impl Running {
    fn start(nostos: &Path, source: &Path, arg: &str, way: Way) -> Result<Running, String> {
        let mut command = Command::new(nostos);
        // One worker: the others' idling is not what is asked for.
        command.args(["run", "--workers", "1"]);
        let socket = match way {
            Way::Bare => {
                command.env("NOSTOS_SITES", "none");
                None
            }
            Way::Plain => None,
            Way::Debugged(_) => {
                let socket = socket();
                command
                    .arg(format!("--inspect={}", socket.display()))
                    .arg("--wait");
                Some(socket)
            }
        };
        command.arg(source).arg(arg);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn();
        let mut child = child.map_err(|e| format!("{}: {e}", nostos.display()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("it has no pipes".into());
        };
        let mut running = Running {
            child,
            input,
            output: BufReader::new(output),
            _debugger: None,
        };
        if let (Some(socket), Way::Debugged(breakpoint)) = (socket, way) {
            running._debugger = Some(attached(&socket, source, breakpoint)?);
        }
        Ok(running)
    }

    /// Seconds, and what it has written.
    fn round(&mut self) -> Result<(f64, String), String> {
        let wrong = |error: std::io::Error| error.to_string();
        let mut told = String::new();
        let before = machine::processor_time(self.child.id()).map_err(wrong)?;
        self.input.write_all(b"go\n").map_err(wrong)?;
        self.output.read_line(&mut told).map_err(wrong)?;
        let after = machine::processor_time(self.child.id()).map_err(wrong)?;
        match told.is_empty() {
            true => Err("it has ended".into()),
            false => Ok((after - before, told)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("bench-{}-{number}.sock", std::process::id());
    nostos_dap::endpoint::directory().join(name)
}

/// A debugger that has let `main` begin.
fn attached(socket: &Path, source: &Path, breakpoint: Breakpoint) -> Result<Client, String> {
    let until = Instant::now() + PATIENCE;
    let mut client = loop {
        match Client::connect(socket, PATIENCE) {
            Ok(client) => break client,
            Err(why) if Instant::now() > until => return Err(why.to_string()),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut ask = |command: &str, args: &Value| {
        let answer = client.request(command, args);
        answer.map_err(|why| format!("{command}: {why}"))
    };
    ask("attach", &json!({}))?;
    if let Some(mark) = breakpoint {
        let text = std::fs::read_to_string(source).map_err(|e| e.to_string())?;
        let line = text.lines().position(|line| line.contains(mark));
        let line = line.ok_or_else(|| format!("no line is marked `{mark}`"))? + 1;
        let set = ask(
            "setBreakpoints",
            &json!({ "source": { "path": source }, "breakpoints": [{ "line": line }] }),
        )?;
        if set["breakpoints"][0]["verified"] != true || set["breakpoints"][0]["line"] != line {
            return Err(format!("no breakpoint in line {line}: {set}"));
        }
    }
    ask("configurationDone", &json!({}))?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn ratios_are_those_of_rounds() {
        let base = [0.010, 0.020, 0.010];
        let times = [0.011, 0.020, 0.012];
        assert_eq!(
            line("p", "w", &times, &base),
            "| p | w | 12.0, 11.0 | 1.100 | 1.100 |"
        );
    }
}
