//! Runs texts: a bench holds one image and one compiler, in which the library is checked and compiled once for many programs.

use crate::program::COMMON;
use crate::stage::Stage;
use nostos_abi::code::CellId;
use nostos_check::diagnostic::Severity;
use nostos_check::query::{self, Origin};
use nostos_check::ty::FileId;
use nostos_codegen::Options;
use nostos_interp::{Code, Reason};
use nostos_runtime::{Config, ExitReason, Finished, Image};
use nostos_session::build::Build;
use nostos_session::project::Project;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How much of the processor's time a compiled program may take, in seconds: the interpreter has just run it within its steps.
const PATIENCE: f64 = 60.0;
/// How often the clocks are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// This many looks in a row without any time used: it waits for ever. What waits for a processor is not idle, so there are many.
const IDLE_LOOKS: u32 = 120;

/// The file of [`COMMON`].
const COMMON_FILE: &str = "common.nos";

/// What became of a program.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both evaluations agree.
    Same,
    /// The interpreter gave up; it was not compiled.
    TooLong,
    /// It does not check: the diagnostics.
    Refused(Vec<String>),
    /// They differ, or one of them broke: how.
    Differs(String),
}

/// What one evaluation gave.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Result {
    out: String,
    end: String,
}

/// An image with its compiler, for many programs: some at a time are files of one project, so that the library is looked through once for all of them.
pub struct Bench {
    stage: Stage,
    image: Option<Arc<Image>>,
    written: Arc<Mutex<String>>,
    /// The programs at hand: paths, files, errors.
    files: Vec<Program>,
    count: u32,
    slices: u64,
}

#[derive(Clone)]
struct Program {
    path: String,
    file: FileId,
    errors: Vec<String>,
}

impl Bench {
    /// `compiled`: programs are to be run by the image too, collecting at every allocation if `stress`.
    pub fn new(compiled: bool, stress: bool) -> Bench {
        let stage = Stage::new(|| {
            let files = BTreeMap::from([(COMMON_FILE.to_string(), COMMON.to_string())]);
            let project = Project {
                root: PathBuf::new(),
                main: COMMON_FILE.into(),
                single: true,
                files,
            };
            let options = Options {
                debug_sites: true,
                verifier: false,
                ..Options::default()
            };
            Build::new(&project, options)
        });
        let written = Arc::new(Mutex::new(String::new()));
        let image = compiled.then(|| image(&stage, &written, stress));
        Bench {
            stage,
            image,
            written,
            files: Vec::new(),
            count: 0,
            slices: if stress { 60 } else { 1500 },
        }
    }

    /// Makes these texts the programs at hand and checks them.
    pub fn load(&mut self, texts: &[String]) {
        let old = std::mem::take(&mut self.files);
        // A name of its own, so that its types are nobody else's.
        let first = self.count;
        let named = texts.iter().zip(first..);
        let named: Vec<(String, String)> = named
            .map(|(text, number)| (format!("g{number}.nos"), text.clone()))
            .collect();
        self.count += texts.len() as u32;
        self.files = self.stage.with(move |build| load(build, &old, named));
    }

    /// The errors of a loaded program.
    pub fn errors(&self, at: usize) -> &[String] {
        &self.files[at].errors
    }

    /// Interprets a loaded program and, when there is an image, compares what its code gives.
    pub fn compare(&mut self, at: usize) -> Verdict {
        if !self.errors(at).is_empty() {
            return Verdict::Refused(self.errors(at).to_vec());
        }
        let (program, slices) = (self.files[at].clone(), self.slices);
        let Some(expected) = self
            .stage
            .with(move |build| interpreted(build, &program, slices))
        else {
            return Verdict::TooLong;
        };
        let Some(image) = self.image.clone() else {
            return Verdict::Same;
        };
        let found = match self.compiled(image, at) {
            Ok(found) => found,
            Err(why) => return Verdict::Differs(why),
        };
        if expected == found {
            return Verdict::Same;
        }
        Verdict::Differs(difference(&expected, &found))
    }

    fn compiled(&self, image: Arc<Image>, at: usize) -> std::result::Result<Result, String> {
        self.written.lock().clear();
        let (shared, program) = (image.clone(), self.files[at].clone());
        let entry = self.stage.with(move |build| {
            let entry = entry(build, &program);
            build.compile(&shared, entry)?;
            Ok::<_, String>(entry)
        })?;
        let (pid, answer) = image.call(entry).map_err(|error| error.to_string())?;
        let finished = patiently(&answer).ok_or_else(|| {
            image.kill(pid);
            "the compiled program does not end".to_string()
        })?;
        let end = match finished.reason {
            ExitReason::Failed(failure) => failure.message,
            other => format!("{other:?}"),
        };
        let out = self.written.lock().clone();
        Ok(Result { out, end })
    }
}

/// Replaces programs and checks the new ones.
fn load(build: &mut Build, old: &[Program], texts: Vec<(String, String)>) -> Vec<Program> {
    for old in old {
        build.db.remove_file(&old.path);
    }
    let mut programs = Vec::new();
    for (path, text) in texts {
        let file = build.db.set_file(&path, &text, Origin::Project);
        let errors = Vec::new();
        programs.push(Program { path, file, errors });
    }
    for found in query::project_diagnostics(&build.db) {
        if found.severity != Severity::Error {
            continue;
        }
        let Some(program) = programs.iter_mut().find(|p| p.file == found.file) else {
            panic!("an error in the common file: {}", found.message);
        };
        let error = format!("{} at {}", found.message, found.range.start);
        program.errors.push(error);
    }
    programs
}

/// A cell that enters a program's `main`.
fn entry(build: &mut Build, program: &Program) -> CellId {
    let name = format!("{}.main", program.path.trim_end_matches(".nos"));
    let main = query::functions_of_file(&build.db, program.file)
        .into_iter()
        .rev()
        .find(|id| *query::fn_def(&build.db, *id).name == *name)
        .expect("generated programs have a main");
    build.codegen.entry_cell(query::entry(&build.db, main))
}

/// What the interpreter gives, unless it takes too long.
fn interpreted(build: &mut Build, program: &Program, slices: u64) -> Option<Result> {
    let entry = entry(build, program);
    let mut out = String::new();
    let mut output = |stream, text: &str| {
        if stream == nostos_interp::Stream::Out {
            out.push_str(text);
        }
    };
    let mut config = nostos_interp::Config::new(&mut output);
    config.slices = slices;
    let code = Code::new();
    let ended = nostos_interp::run(&build.db, &mut build.codegen, &code, entry, config);
    let end = match ended {
        Ok(Reason::Failed(why, _)) if why.contains("limit of steps") => return None,
        Ok(Reason::Failed(why, _)) => why,
        Ok(other) => format!("{other:?}"),
        Err(why) => why,
    };
    Some(Result { out, end })
}

fn image(stage: &Stage, written: &Arc<Mutex<String>>, stress: bool) -> Arc<Image> {
    let sink = written.clone();
    let config = Config {
        workers: 1,
        gc_stress: stress,
        output: Arc::new(move |stream, text: &str| {
            if stream == nostos_runtime::Stream::Out {
                sink.lock().push_str(text);
            }
        }),
        ..Config::from_env()
    };
    let image = Image::new(config).expect("an image starts");
    let (weak, stage) = (Arc::downgrade(&image), stage.clone());
    image.set_compiler(Box::new(move |cell| match weak.upgrade() {
        Some(image) => stage.with(move |build| build.compile(&image, cell)),
        None => Err("the image is shutting down".into()),
    }));
    image
}

/// Waits as long as the program may be at work, however slow the machine is. `None`: it is not, or not to any end.
fn patiently(answer: &Receiver<Finished>) -> Option<Finished> {
    let begin = used();
    let (mut last, mut idle) = (begin, 0);
    loop {
        match answer.recv_timeout(LOOK) {
            Ok(finished) => return Some(finished),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = used();
        idle = if now > last { 0 } else { idle + 1 };
        last = now;
        if now - begin > PATIENCE || idle > IDLE_LOOKS {
            return None;
        }
    }
}

/// Seconds of the processor that this operating system process has used; where that is not known, of the clock.
fn used() -> f64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    ticks("self").unwrap_or_else(|| BEGIN.get_or_init(Instant::now).elapsed().as_secs_f64())
}

/// Seconds of the processor used by a process, as Linux tells.
pub fn ticks(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before may have blanks in it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields
        .get(11..13)?
        .iter()
        .filter_map(|n| n.parse::<f64>().ok())
        .sum();
    Some(ticks / 100.0)
}

fn difference(expected: &Result, found: &Result) -> String {
    let (a, b): (Vec<_>, Vec<_>) = (expected.out.lines().collect(), found.out.lines().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    format!(
        "after {same} equal lines:\n  interpreted {:?}\n  compiled    {:?}\n  ends: {} / {}",
        a.get(same),
        b.get(same),
        expected.end,
        found.end
    )
}
