//! The terminal IDE as a person has it: the program in a pseudo-terminal of 200×50, keys in, bytes out.
//!
//! In: a release `nostos-tui`, `nos/tui/main.nos`, a generated file. Out: figures on standard output. A frame is over when the
//! program says so (`CSI ? 2026 l`); what the kernel and this program's reader take is in the figures.

use crate::{generate, machine};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Columns and rows.
const SIZE: (u16, u16) = (200, 50);
/// What ends a frame.
const END: &[u8] = b"\x1b[?2026l";
/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// Lines of the long file.
const LINES: usize = 50_000;
/// What is at rest is watched for so long.
const REST: Duration = Duration::from_secs(10);

type Done<T> = Result<T, String>;

fn said<T, E: std::fmt::Display>(result: Result<T, E>) -> Done<T> {
    result.map_err(|e| e.to_string())
}

/// One of the things that are measured.
type Part = fn(&Bench<'_>) -> Done<()>;

/// A program in a terminal.
struct Terminal {
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser,
    begun: Instant,
    /// Bytes so far.
    bytes: usize,
    /// The end of what came, where an end of a frame may have begun.
    tail: Vec<u8>,
}

impl Terminal {
    fn start(program: &Path, args: &[String], home: &Path) -> Done<Terminal> {
        let size = PtySize {
            rows: SIZE.1,
            cols: SIZE.0,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = said(native_pty_system().openpty(size))?;
        let mut command = CommandBuilder::new(program);
        command.args(args);
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
        ] {
            command.env(name, value);
        }
        command.env("XDG_STATE_HOME", home);
        command.env("XDG_CONFIG_HOME", home);
        let mut reader = said(pair.master.try_clone_reader())?;
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(n) = reader.read(&mut bytes) {
                if n == 0 || send.send((Instant::now(), bytes[..n].to_vec())).is_err() {
                    return;
                }
            }
        });
        let writer = said(pair.master.take_writer())?;
        let (rows, cols) = (NonZeroU16::new(SIZE.1), NonZeroU16::new(SIZE.0));
        let parser = vt100::Parser::new(rows.ok_or("no rows")?, cols.ok_or("no columns")?, 0);
        let begun = Instant::now();
        let child = said(pair.slave.spawn_command(command))?;
        drop(pair.slave);
        Ok(Terminal {
            _master: pair.master,
            child,
            writer,
            output,
            parser,
            begun,
            bytes: 0,
            tail: Vec::new(),
        })
    }

    fn pid(&self) -> Done<u32> {
        self.child.process_id().ok_or_else(|| "it has ended".into())
    }

    /// Takes what came; `true`: a frame has ended in it.
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.bytes += bytes.len();
        self.parser.process(bytes);
        self.tail.extend_from_slice(bytes);
        let ended = self.tail.windows(END.len()).any(|w| w == END);
        let keep = self.tail.len().min(END.len() - 1);
        self.tail.drain(..self.tail.len() - keep);
        ended
    }

    fn send(&mut self, keys: &str) -> Done<()> {
        said(self.writer.write_all(keys.as_bytes()))?;
        said(self.writer.flush())
    }

    /// The time of the next end of a frame.
    fn frame(&mut self) -> Done<Instant> {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_timeout(end - Instant::now()) {
                Ok((at, bytes)) => {
                    if self.take(&bytes) {
                        return Ok(at);
                    }
                }
                Err(_) => return Err(format!("no frame came:\n{}", self.contents())),
            }
        }
    }

    /// Takes what comes until nothing has come for so long.
    fn quiet(&mut self, pause: Duration) {
        while let Ok((_, bytes)) = self.output.recv_timeout(pause) {
            self.take(&bytes);
        }
    }

    /// Takes what comes for so long.
    fn watch(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match self.output.recv_timeout(left) {
                Ok((_, bytes)) => {
                    self.take(&bytes);
                }
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(left),
            }
        }
    }

    fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    /// The time when the screen first had the text.
    fn shows(&mut self, text: &str) -> Done<Instant> {
        let end = Instant::now() + DEADLINE;
        let mut at = Instant::now();
        while !self.contents().contains(text) {
            match self.output.recv_timeout(end - Instant::now()) {
                Ok((when, bytes)) => {
                    at = when;
                    self.take(&bytes);
                }
                Err(_) => return Err(format!("never shown: {text}\n{}", self.contents())),
            }
        }
        Ok(at)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Times in microseconds, and what of them is told.
#[derive(Default)]
struct Times(Vec<f64>, Vec<f64>);

impl Times {
    fn at(&self, share: f64) -> f64 {
        Times::share(&self.0, share)
    }

    fn share(all: &[f64], share: f64) -> f64 {
        let mut sorted = all.to_vec();
        sorted.sort_by(f64::total_cmp);
        let i = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
        sorted.get(i).copied().unwrap_or(f64::NAN)
    }

    fn row(&self, what: &str) -> String {
        let ms = |all: &[f64], share| format!("{:.2}", Times::share(all, share) / 1000.0);
        let clock = [0.5, 0.95, 0.99, 1.0]
            .map(|share| ms(&self.0, share))
            .join(" | ");
        let own = [0.5, 0.99, 1.0].map(|share| ms(&self.1, share)).join(" | ");
        format!("| {what} | {clock} | {own} | {} |", self.0.len())
    }
}

/// Processor time of the thread that draws, in microseconds.
fn drawn(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/schedstat")).unwrap_or_default();
    let first = text.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    first.unwrap_or(f64::NAN) / 1e3
}

/// From key to frame, a key at a time; between two keys what comes by itself is waited for.
fn strokes(t: &mut Terminal, keys: &[&str], pause: Duration, times: &mut Times) -> Done<()> {
    let pid = t.pid()?;
    for key in keys {
        t.quiet(pause);
        let (asked, before) = (Instant::now(), drawn(pid));
        t.send(key)?;
        let shown = t.frame()?.duration_since(asked);
        times.1.push(drawn(pid) - before);
        times.0.push(shown.as_secs_f64() * 1e6);
    }
    t.quiet(pause);
    Ok(())
}

/// A line of `/proc/PID/smaps_rollup` in megabytes.
fn memory(pid: u32, what: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|l| l.strip_prefix(what)?.strip_prefix(':'));
    let kilobytes = lines.filter_map(|l| l.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kilobytes.sum::<f64>() / 1000.0
}

/// Everything that is measured, and where.
struct Bench<'a> {
    program: &'a Path,
    bench: &'a Path,
    /// A folder of its own; gone at the end.
    folder: PathBuf,
    /// The project with the long file.
    long: PathBuf,
}

/// Measures and prints.
pub fn report(program: &Path, bench: &Path, parts: &[String]) -> Done<()> {
    let program =
        said(program.canonicalize()).map_err(|e| format!("{}: {e}", program.display()))?;
    let folder = std::env::temp_dir().join(format!("nostos-bench-tui-{}", std::process::id()));
    let long = folder.join("long");
    said(fs::create_dir_all(&long))?;
    said(fs::copy(
        bench.join("nos/tui/main.nos"),
        long.join("main.nos"),
    ))?;
    said(fs::write(long.join("long.nos"), generate::long(LINES)))?;
    let b = Bench {
        program: &program,
        bench,
        folder: folder.clone(),
        long,
    };
    for line in machine::describe(&[]) {
        println!("{line}");
    }
    let all: [(&str, Part); 6] = [
        ("start", |b| b.starts()),
        ("memory", |b| b.memory()),
        ("rest", |b| b.rest()),
        ("key", |b| b.keys(0)),
        ("full", |b| b.keys(2)),
        ("million", |b| b.million()),
    ];
    let wanted = |name: &str| parts.is_empty() || parts.iter().any(|p| p == name);
    let result = all
        .iter()
        .filter(|(name, _)| wanted(name))
        .try_for_each(|(_, part)| part(&b));
    // What is left of it is in a temporary folder.
    let _ = fs::remove_dir_all(folder);
    result
}

impl Bench<'_> {
    fn open(&self, args: &[&str]) -> Done<Terminal> {
        let mut all = vec!["--fresh".to_owned()];
        all.extend(args.iter().map(|a| (*a).to_owned()));
        Terminal::start(self.program, &all, &self.folder.join("home"))
    }

    /// The long project with its image, which has so many processes; the long file is shown.
    fn crowded(&self, processes: &str, burners: &str) -> Done<Terminal> {
        let long = self.long.to_string_lossy();
        let mut t = self.open(&[&long, processes, burners])?;
        t.shows("main.nos")?;
        t.send(":open long.nos\r")?;
        t.shows("What module 0 is about")?;
        t.shows(&format!(
            "{} proc",
            grouped(1 + number(processes)? + number(burners)?)
        ))?;
        // The first colours and the first check of 50,000 lines come after that.
        t.watch(Duration::from_secs(5));
        Ok(t)
    }

    fn keys(&self, burners: u32) -> Done<()> {
        let mut t = self.crowded("100000", &burners.to_string())?;
        println!(
            "\nfrom key to frame, {LINES} lines, 100,000 processes that work{}, milliseconds; own: processor time of the thread that draws",
            match burners {
                0 => String::new(),
                n => format!(" and {n} that never wait"),
            }
        );
        println!("| what | p50 | p95 | p99 | max | own p50 | own p99 | own max | keys |");
        println!("|---|---|---|---|---|---|---|---|---|");
        let pause = Duration::from_millis(25);
        t.send("25000G")?;
        t.quiet(pause * 10);
        let text = "area(s: Shape0, n: Int) = match s {\r  Circle0(r) -> r * 2.5 # round\r  Rect0(w, h) -> w + h\r}\r\r";
        let letters: Vec<String> = text.repeat(5).chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        t.send("o")?;
        t.quiet(pause * 10);
        let mut times = Times::default();
        strokes(&mut t, &letters, pause, &mut times)?;
        println!("{}", times.row("typing in the middle"));
        t.send("\x1b")?;
        t.quiet(pause * 10);
        for (what, keys, times_over) in [
            (
                "moving: j k w b l h",
                &["j", "j", "w", "w", "b", "l", "k", "h"][..],
                50,
            ),
            (
                "page down and up",
                &["\x1b[6~", "\x1b[6~", "\x1b[5~"][..],
                60,
            ),
            ("undo and redo", &["u", "U"][..], 20),
            (
                "picker of files: open, type, close",
                &[" ", "f", "l", "\x1b"][..],
                25,
            ),
            ("to Processes and back", &["\x1b2", "\x1b1"][..], 50),
        ] {
            let mut times = Times::default();
            strokes(&mut t, &keys.repeat(times_over), pause, &mut times)?;
            println!("{}", times.row(what));
        }
        t.send("\x1b2")?;
        t.quiet(Duration::from_millis(500));
        let mut times = Times::default();
        strokes(
            &mut t,
            &["j", "j", "j", "k", "s"].repeat(40),
            pause,
            &mut times,
        )?;
        println!("{}", times.row("in Processes: j k, sort"));
        Ok(())
    }

    /// Processor time and bytes while nothing happens.
    fn rest(&self) -> Done<()> {
        println!("\nat rest for {} s", REST.as_secs());
        println!("| what | bytes written | processor time, ms | of a core |\n|---|---|---|---|");
        let long = self.long.to_string_lossy();
        let none = self.folder.join("nobody").to_string_lossy().into_owned();
        let mut t = self.open(&["--attach", &none, &long])?;
        t.shows("main.nos")?;
        self.watch_rest("code, without an image", &mut t)?;
        let mut t = self.crowded("1000", "0")?;
        self.watch_rest("code, 1,000 processes that work", &mut t)?;
        drop(t);
        let quiet = self.folder.join("quiet");
        said(fs::create_dir_all(&quiet))?;
        let text = "type Nothing = Nothing\n\nmain() = {\n  println(\"ready\")\n  receive { Nothing -> () }\n}\n";
        said(fs::write(quiet.join("main.nos"), text))?;
        let mut t = self.open(&[&quiet.to_string_lossy()])?;
        t.shows("1 proc")?;
        self.watch_rest("code, an image that waits", &mut t)?;
        t.send("\x1b2")?;
        self.watch_rest("Processes, an image that waits", &mut t)
    }

    fn watch_rest(&self, what: &str, t: &mut Terminal) -> Done<()> {
        t.watch(Duration::from_secs(8));
        let pid = t.pid()?;
        let (bytes, time) = (t.bytes, said(machine::processor_time(pid))?);
        t.watch(REST);
        let took = said(machine::processor_time(pid))? - time;
        println!(
            "| {what} | {} | {:.2} | {:.3} % |",
            t.bytes - bytes,
            took * 1e3,
            took * 100.0 / REST.as_secs_f64()
        );
        Ok(())
    }

    /// From the start of the program to its first frame, and to the frame with the file's text.
    fn starts(&self) -> Done<()> {
        println!("\nfrom the start of the program, milliseconds (median and worst of 15)");
        println!("| what | first frame | text shown |\n|---|---|---|");
        let bank = self.bench.join("../examples/bank");
        let bank = said(bank.canonicalize())?.to_string_lossy().into_owned();
        let long = self.long.join("long.nos").to_string_lossy().into_owned();
        let cases = [
            ("examples/bank", bank.as_str(), "A small bank"),
            ("50,000 lines", &long, "What module 0 is about"),
        ];
        for (what, path, text) in cases {
            let (mut first, mut shown) = (Times::default(), Times::default());
            for _ in 0..15 {
                let mut t = self.open(&[path])?;
                let at = t.frame()?;
                first.0.push(at.duration_since(t.begun).as_secs_f64() * 1e6);
                let at = match t.contents().contains(text) {
                    true => at,
                    false => t.shows(text)?,
                };
                shown.0.push(at.duration_since(t.begun).as_secs_f64() * 1e6);
            }
            let both = |t: &Times| format!("{:.1}, {:.1}", t.at(0.5) / 1e3, t.at(1.0) / 1e3);
            println!("| {what} | {} | {} |", both(&first), both(&shown));
        }
        for (what, path, text) in cases {
            let Some(peer) = peer() else {
                println!("| nvim is not installed | | |");
                break;
            };
            let mut shown = Times::default();
            for _ in 0..15 {
                let args = vec!["--clean".to_owned(), in_folder(path)];
                let mut t = Terminal::start(&peer, &args, &self.folder.join("home"))?;
                let at = t.shows(text)?;
                shown.0.push(at.duration_since(t.begun).as_secs_f64() * 1e6);
            }
            println!(
                "| {what}, nvim --clean | | {:.1}, {:.1} |",
                shown.at(0.5) / 1e3,
                shown.at(1.0) / 1e3
            );
        }
        Ok(())
    }

    /// Memory after everything has come to rest.
    fn memory(&self) -> Done<()> {
        println!("\nmemory, MB (resident; private: what no other program has too)");
        println!("| what | resident | private | file |\n|---|---|---|---|");
        let none = self.folder.join("nobody").to_string_lossy().into_owned();
        let bank = said(self.bench.join("../examples/bank").canonicalize())?;
        let long = self.long.join("long.nos");
        let size = said(fs::metadata(&long))?.len() as f64 / 1e6;
        for (what, path, text, mb) in [
            ("examples/bank", bank.clone(), "A small bank", 0.0),
            ("50,000 lines", long.clone(), "What module 0 is about", size),
        ] {
            let path = path.to_string_lossy();
            let mut t = self.open(&["--attach", &none, &path])?;
            t.shows(text)?;
            t.watch(Duration::from_secs(10));
            let pid = t.pid()?;
            let row = |t: &str, pid, mb: f64| {
                let private = memory(pid, "Private_Dirty") + memory(pid, "Private_Clean");
                println!(
                    "| {t} | {:.1} | {private:.1} | {mb:.2} |",
                    memory(pid, "Rss")
                );
            };
            row(what, pid, mb);
            if mb > 0.0 {
                t.send("25000Go")?;
                for _ in 0..200 {
                    t.send("x")?;
                    t.watch(Duration::from_millis(50));
                }
                t.watch(Duration::from_secs(5));
                row("50,000 lines, 200 letters typed", pid, mb);
            }
            if let Some(peer) = peer() {
                let args = vec!["--clean".to_owned(), in_folder(&path)];
                let mut t = Terminal::start(&peer, &args, &self.folder.join("home"))?;
                t.shows(text)?;
                t.watch(Duration::from_secs(2));
                row(&format!("{what}, nvim --clean"), t.pid()?, mb);
            }
        }
        Ok(())
    }

    /// A list of a million processes: how long each look at it takes, from key to frame with the new rows.
    fn million(&self) -> Done<()> {
        let text = fs::read_to_string(self.bench.join("../tests/soak/crowd.nos"));
        let folder = self.folder.join("million");
        said(fs::create_dir_all(&folder))?;
        said(fs::write(folder.join("main.nos"), said(text)?))?;
        let mut t = self.open(&[&folder.to_string_lossy(), "1000000"])?;
        t.shows("1,000,001 proc")?;
        println!("\na million processes, from key to what was asked for, milliseconds");
        println!("| what | took |\n|---|---|");
        t.send("\x1b2")?;
        t.quiet(Duration::from_secs(2));
        for (what, keys, text) in [
            ("its first rows", String::new(), "1,000,001 procs"),
            ("the last rows", "G".to_owned(), "<1000001>"),
            ("back to the first", "gg".to_owned(), "100"),
            (
                "a filter of one process in a million",
                "/pid=777777\r".to_owned(),
                "<777777>",
            ),
        ] {
            let asked = Instant::now();
            t.send(&keys)?;
            let at = t.shows(text)?;
            let took = at.max(asked).duration_since(asked);
            println!("| {what} | {:.0} |", took.as_secs_f64() * 1e3);
            t.quiet(Duration::from_secs(2));
        }
        Ok(())
    }
}

fn number(text: &str) -> Done<u64> {
    said(text.parse())
}

fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

/// An editor to compare with.
fn peer() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|p| p.join("nvim"))
        .find(|p| p.is_file())
}

/// The file itself where a path is a project.
fn in_folder(path: &str) -> String {
    match Path::new(path).is_dir() {
        true => format!("{path}/main.nos"),
        false => path.to_owned(),
    }
}
