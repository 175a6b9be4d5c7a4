//! Runs programs in turns and times them, from the start of the process to the end of its output.

use crate::load::Load;
use crate::machine;
use crate::peer::Program;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A program that takes longer is ended; its row says so.
const PATIENCE: Duration = Duration::from_secs(300);

/// What one peer did with one workload.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// The peer has no source of it.
    Absent,
    /// Seconds without start-up, per round, ascending.
    Times(Vec<f64>),
    /// It failed, or wrote something else than the others; a sentence.
    Wrong(String),
}

impl Cell {
    /// The middle one of the times, in seconds.
    pub fn median(&self) -> Option<f64> {
        match self {
            Cell::Times(times) => Some(median(times)),
            Cell::Absent | Cell::Wrong(_) => None,
        }
    }
}

/// The middle one of sorted numbers, or the mean of the two middle ones.
pub fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

/// What a program measures itself it writes to standard error, as `figure NAME NUMBER`: the medians, as one line for each figure.
#[derive(Default)]
pub struct Figures(Vec<(String, Vec<Vec<f64>>)>);

impl Figures {
    fn add(&mut self, peer: usize, of: usize, errors: &str) {
        for line in errors.lines() {
            let mut words = line.split_whitespace();
            let (Some("figure"), Some(name), Some(number)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let Ok(number) = number.parse() else {
                continue;
            };
            let at = self.0.iter().position(|(known, _)| known == name);
            let at = at.unwrap_or_else(|| {
                self.0.push((name.into(), vec![Vec::new(); of]));
                self.0.len() - 1
            });
            self.0[at].1[peer].push(number);
        }
    }

    /// For people; peers without a figure are left out.
    pub fn lines(mut self, workload: &str, headings: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, peers) in &mut self.0 {
            let told = peers
                .iter_mut()
                .zip(headings)
                .filter(|(n, _)| !n.is_empty());
            let told = told.map(|(numbers, heading)| {
                numbers.sort_by(f64::total_cmp);
                format!("{heading} {}", median(numbers))
            });
            let told: Vec<String> = told.collect();
            lines.push(format!("{workload}, {name}: {}", told.join(", ")));
        }
        lines
    }
}

/// Runs all programs once per round, one after the other, so that a slow minute of the machine meets all of them.
/// `base`: what start-up costs each of them; it is taken off.
pub fn measure(
    name: &str,
    programs: &[Option<Program>],
    rounds: u32,
    base: &[Option<f64>],
) -> (Vec<Cell>, Figures) {
    let mut figures = Figures::default();
    let mut cells: Vec<Cell> = programs
        .iter()
        .map(|p| p.as_ref().map_or(Cell::Absent, |_| Cell::Times(Vec::new())))
        .collect();
    let progress = std::io::stderr().is_terminal();
    let mut answer: Option<(&str, String)> = None;
    for round in 1..=rounds {
        if progress {
            eprint!("\r{name}: round {round} of {rounds}   ");
        }
        // From the right, so that the others settle what is right and we are measured against them.
        for (i, program) in programs.iter().enumerate().rev() {
            let (Some(program), Cell::Times(times)) = (program, &mut cells[i]) else {
                continue;
            };
            let outcome = match program.served {
                Some(load) => served(program, load),
                None => once(program),
            };
            let outcome = outcome.map(|(seconds, output, errors)| {
                figures.add(i, programs.len(), &errors);
                (seconds, output)
            });
            let outcome = outcome.and_then(|(seconds, output)| match &answer {
                Some((who, expected)) if *expected != output => Err(format!(
                    "{} writes {:?}, {who} {expected:?}",
                    program.heading,
                    excerpt(&output)
                )),
                Some(_) => Ok(seconds),
                None => {
                    answer = Some((program.heading, output));
                    Ok(seconds)
                }
            });
            match outcome {
                Ok(seconds) if program.served.is_some() => times.push(seconds),
                Ok(seconds) => times.push(seconds - base.get(i).copied().flatten().unwrap_or(0.0)),
                Err(why) => cells[i] = Cell::Wrong(format!("{name}: {why}")),
            }
        }
    }
    if progress {
        eprintln!();
    }
    for cell in &mut cells {
        if let Cell::Times(times) = cell {
            times.sort_by(f64::total_cmp);
        }
    }
    (cells, figures)
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Seconds, and what it wrote: its answer, and beside it.
fn once(program: &Program) -> Result<(f64, String, String), String> {
    let heading = program.heading;
    let mut command = program.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|e| format!("{heading} does not start: {e}"))?;
    let (mut stdout, mut stderr) = match (child.stdout.take(), child.stderr.take()) {
        (Some(out), Some(err)) => (out, err),
        _ => return Err(format!("{heading} has no output")),
    };
    let (sender, done) = mpsc::channel();
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.read_to_end(&mut bytes);
        // The other end has gone when the program took too long.
        let _ = sender.send(());
        read.map(|_| bytes)
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).map(|_| bytes)
    });
    let in_time = done.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        // It may have ended in this very moment.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| format!("{heading}: {e}"))?;
    let seconds = started.elapsed().as_secs_f64();
    if !in_time {
        return Err(format!("{heading} took longer than {PATIENCE:?}"));
    }
    let text = |handle: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| match handle.join() {
        Ok(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(Err(_)) | Err(_) => String::new(),
    };
    let (out, err) = (text(out), text(err));
    if status.success() {
        return Ok((seconds, out, err));
    }
    Err(format!(
        "{heading} ends with {status}: {}",
        excerpt(err.trim())
    ))
}

/// Seconds of processor time that a server took for its questions, and what came back.
fn served(program: &Program, load: Load) -> Result<(f64, String, String), String> {
    let heading = program.heading;
    let mut command = program.command();
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn();
    let mut child = child.map_err(|e| format!("{heading} does not start: {e}"))?;
    let asked = ask(&mut child, load).map_err(|e| format!("{heading}: {e}"));
    // It may have ended by itself, which is no success either.
    let _ = child.kill();
    child.wait().map_err(|e| format!("{heading}: {e}"))?;
    let (seconds, bytes) = asked?;
    Ok((seconds, format!("{bytes}\n"), String::new()))
}

fn ask(child: &mut Child, load: Load) -> std::io::Result<(f64, usize)> {
    let out = child.stdout.take();
    let out = out.ok_or_else(|| std::io::Error::other("it has no output"))?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let port = line.trim().parse();
    let port = port.map_err(|_| std::io::Error::other(format!("{line:?} is no port")))?;
    let before = machine::processor_time(child.id())?;
    let bytes = load.ask(port, PATIENCE)?;
    Ok((machine::processor_time(child.id())? - before, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_medians_by_peer() {
        let mut figures = Figures::default();
        figures.add(1, 2, "figure bytes 30\nelse");
        figures.add(0, 2, "figure bytes 10");
        figures.add(0, 2, "figure bytes 20");
        assert_eq!(
            figures.lines("idle", &["us", "them"]),
            ["idle, bytes: us 15, them 30"]
        );
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 3.0, 9.0]), 2.5);
    }
}
