//! The long run: `cargo run --release -p nostos-oracle --bin generated -- --well 100000 --ill 20000 --seed 1`. `--show SEED` and `--show-ill SEED` print a program.
//!
//! Programs are made, checked and run by children, each with a database and an image of its own for some hundreds of them: what one program
//! breaks, be it the whole child, is known by its seed, and the others go on. No clock judges but that of the processor's time.
//! What differs is written to standard output with its seed; the status tells whether anything did.
#![forbid(unsafe_code)]

use nostos_oracle::program::Gen;
use nostos_oracle::run::{Bench, Verdict, ticks};
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Programs of one child.
const CHUNK: u64 = 1200;
/// Programs that are checked together.
const BATCH: u64 = 60;
/// Seconds of the processor's time without a word from a child until it hangs.
const SILENCE: f64 = 300.0;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str| -> Option<u64> {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse().ok()
    };
    if let Some(seed) = number("--show") {
        print!("{}", Gen::alone(&Gen::well(seed)));
        return;
    }
    if let Some(seed) = number("--show-ill") {
        let (text, what) = Gen::ill(seed);
        print!("# {what}\n{}", Gen::alone(&text));
        return;
    }
    let seed = number("--seed").unwrap_or(1);
    let stress = args.iter().any(|arg| arg == "--stress");
    if let Some(step) = number("--child") {
        match (number("--well"), number("--ill")) {
            (Some(count), _) => well(seed, count, step, stress),
            (_, Some(count)) => ill(seed, count, step),
            _ => {}
        }
        return;
    }
    let mut bad = 0;
    for (kind, otherwise) in [("--well", 1000), ("--ill", 200)] {
        let mut run = Run {
            kind,
            stress,
            next: seed,
            end: seed + number(kind).unwrap_or(otherwise),
            time: 0.0,
            verdicts: [0; 4],
        };
        run.all();
        bad += run.verdicts[BAD];
    }
    std::process::exit(i32::from(bad > 0));
}

/// Indexes of counters: what was to be, what took too long, what must not be.
const GOOD: usize = 0;
const LONG: usize = 1;
const BAD: usize = 2;

/// The parent's view of one run.
struct Run {
    kind: &'static str,
    stress: bool,
    /// The first seed without a verdict.
    next: u64,
    end: u64,
    /// Seconds of the processor.
    time: f64,
    verdicts: [u64; 4],
}

impl Run {
    fn all(&mut self) {
        let begin = self.next;
        let mut singles = 0;
        while self.next < self.end {
            // After a child broke while it checked several programs, one at a time shows which one it was.
            let step = if singles > 0 { 1 } else { BATCH };
            let from = self.next;
            let count = (self.end - from).min(if singles > 0 { singles } else { CHUNK });
            let broken = self.child(count, step);
            let done = self.next - from;
            match broken {
                None => singles = singles.saturating_sub(done),
                Some((how, alone)) if alone => {
                    println!("{} seed {}: {how}", self.kind, self.next);
                    self.verdicts[BAD] += 1;
                    self.next += 1;
                    singles = singles.saturating_sub(done + 1);
                }
                Some(_) => singles = BATCH,
            }
            let [good, long, bad, _] = self.verdicts;
            eprintln!(
                "{} {} of {}: {good} good, {long} too long, {bad} bad, {:.0} s of a processor",
                self.kind,
                self.next - begin,
                self.end - begin,
                self.time
            );
        }
        let [good, long, bad, _] = self.verdicts;
        println!(
            "{} {} from {begin}: {good} good, {long} too long, {bad} bad, {:.1} s of a processor",
            self.kind,
            self.end - begin,
            self.time
        );
    }

    /// Lets a child do some programs. → How it broke, and whether the next seed's program did that.
    fn child(&mut self, count: u64, step: u64) -> Option<(String, bool)> {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        let (seed, count, step) = (self.next.to_string(), count.to_string(), step.to_string());
        command.args(["--child", &step, "--seed", &seed, self.kind, &count]);
        if self.stress {
            command.arg("--stress");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a child");
        let lines = lines(&mut child);
        let id = child.id().to_string();
        let (mut used, mut heard) = (0.0, 0.0);
        let mut alone = false;
        let hangs = loop {
            let line = lines.recv_timeout(Duration::from_secs(1));
            used = ticks(&id).unwrap_or(used).max(used);
            match line {
                Ok(line) => {
                    heard = used;
                    alone = self.heard(&line);
                }
                Err(RecvTimeoutError::Disconnected) => break false,
                Err(RecvTimeoutError::Timeout) if used - heard > SILENCE => break true,
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        self.time += used;
        if hangs {
            child.kill().expect("a child can be ended");
        }
        let status = child.wait().expect("a child ends");
        let how = if hangs {
            "it does not end".to_string()
        } else if !status.success() {
            format!("the child ended with {status}")
        } else {
            return None;
        };
        Some((how, alone || step == "1"))
    }

    /// Takes a child's line. → Whether it is now at work on one program only.
    fn heard(&mut self, line: &str) -> bool {
        match line {
            "run" => return true,
            "check" => return false,
            "good" => self.verdicts[GOOD] += 1,
            "long" => self.verdicts[LONG] += 1,
            bad => {
                self.verdicts[BAD] += 1;
                println!("{} seed {}: {bad}", self.kind, self.next);
            }
        }
        self.next += 1;
        false
    }
}

fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    let out = child.stdout.take().expect("it is a pipe");
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A child's work: verdicts, one on a line, in the order of seeds.
fn well(seed: u64, count: u64, step: u64, stress: bool) {
    let mut bench = Bench::new(true, stress);
    for first in (seed..seed + count).step_by(step as usize) {
        let texts: Vec<String> = (first..(first + step).min(seed + count))
            .map(Gen::well)
            .collect();
        println!("check");
        bench.load(&texts);
        for at in 0..texts.len() {
            println!("run");
            let verdict = catch_unwind(AssertUnwindSafe(|| bench.compare(at)));
            match verdict {
                Ok(Verdict::Same) => println!("good"),
                Ok(Verdict::TooLong) => println!("long"),
                Ok(Verdict::Refused(errors)) => println!("refused: {errors:?}"),
                Ok(Verdict::Differs(how)) => println!("{how:?}"),
                // The image may be in any state: the rest is for the next child.
                Err(_) => std::process::exit(101),
            }
        }
    }
}

fn ill(seed: u64, count: u64, step: u64) {
    let mut bench = Bench::new(false, false);
    for first in (seed..seed + count).step_by(step as usize) {
        let (texts, whats): (Vec<String>, Vec<String>) = (first..(first + step).min(seed + count))
            .map(Gen::ill)
            .unzip();
        println!("check");
        bench.load(&texts);
        for (at, what) in whats.iter().enumerate() {
            match bench.errors(at) {
                [] => println!("accepted: {what:?}"),
                _ => println!("good"),
            }
        }
    }
}
