//! Runs texts: a bench holds one image and one compiler, in which the library is checked and compiled once for many programs.

use nostos_check::deep::deep;
use nostos_check::diagnostic::Severity;
use nostos_check::query::{self, Origin};
use nostos_codegen::Options;
use nostos_interp::{Code, Reason};
use nostos_runtime::{Config, ExitReason, Image};
use nostos_session::build::Build;
use nostos_session::project::Project;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a compiled program may take: the interpreter has just run it within its steps.
const PATIENCE: Duration = Duration::from_secs(60);

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

/// An image with its compiler, for many programs one after the other.
pub struct Bench {
    build: Arc<Mutex<Build>>,
    image: Option<Arc<Image>>,
    written: Arc<Mutex<String>>,
    file: Option<String>,
    count: u32,
    slices: u64,
}

impl Bench {
    /// `compiled`: programs are to be run by the image too, collecting at every allocation if `stress`.
    pub fn new(compiled: bool, stress: bool) -> Bench {
        let files = BTreeMap::from([("none.nos".to_string(), String::new())]);
        let project = Project {
            root: PathBuf::new(),
            main: "none.nos".into(),
            single: true,
            files,
        };
        let options = Options {
            debug_sites: true,
            verifier: false,
            ..Options::default()
        };
        let build = Arc::new(Mutex::new(deep(|| Build::new(&project, options))));
        let written = Arc::new(Mutex::new(String::new()));
        let image = compiled.then(|| image(&build, &written, stress));
        Bench {
            build,
            image,
            written,
            file: Some("none.nos".into()),
            count: 0,
            slices: if stress { 60 } else { 1500 },
        }
    }

    /// Makes this text the program.
    fn load(&mut self, text: &str) {
        let name = format!("g{}.nos", self.count);
        self.count += 1;
        let mut build = self.build.lock();
        // A name of its own, so that its types are nobody else's.
        if let Some(old) = self.file.replace(name.clone()) {
            build.db.remove_file(&old);
        }
        build.db.set_file(&name, text, Origin::Project);
    }

    /// The errors of a text.
    pub fn errors(&mut self, text: &str) -> Vec<String> {
        self.load(text);
        deep(|| {
            let build = self.build.lock();
            query::project_diagnostics(&build.db)
                .into_iter()
                .filter(|found| found.severity == Severity::Error)
                .map(|found| format!("{} at {}", found.message, found.range.start))
                .collect()
        })
    }

    /// Interprets a program and, when there is an image, compares what its code gives.
    pub fn compare(&mut self, text: &str) -> Verdict {
        let errors = self.errors(text);
        if !errors.is_empty() {
            return Verdict::Refused(errors);
        }
        let Some(expected) = self.interpreted() else {
            return Verdict::TooLong;
        };
        if self.image.is_none() {
            return Verdict::Same;
        }
        let found = match self.compiled() {
            Ok(found) => found,
            Err(why) => return Verdict::Differs(why),
        };
        if expected == found {
            return Verdict::Same;
        }
        Verdict::Differs(difference(&expected, &found))
    }

    /// What the interpreter gives, unless it takes too long.
    fn interpreted(&self) -> Option<Result> {
        deep(|| {
            let mut build = self.build.lock();
            let build = &mut *build;
            let main = query::main_fn(&build.db).expect("generated programs have a main");
            let entry = build.codegen.entry_cell(query::entry(&build.db, main));
            let mut out = String::new();
            let mut output = |stream, text: &str| {
                if stream == nostos_interp::Stream::Out {
                    out.push_str(text);
                }
            };
            let mut config = nostos_interp::Config::new(&mut output);
            config.slices = self.slices;
            let code = Code::new();
            let ended = nostos_interp::run(&build.db, &mut build.codegen, &code, entry, config);
            let end = match ended {
                Ok(Reason::Failed(why, _)) if why.contains("limit of steps") => return None,
                Ok(Reason::Failed(why, _)) => why,
                Ok(other) => format!("{other:?}"),
                Err(why) => why,
            };
            Some(Result { out, end })
        })
    }

    fn compiled(&self) -> std::result::Result<Result, String> {
        let image = self.image.as_ref().expect("asked for");
        self.written.lock().clear();
        let entry = deep(|| {
            let mut build = self.build.lock();
            let main = query::main_fn(&build.db).expect("generated programs have a main");
            let entry = query::entry(&build.db, main);
            let entry = build.codegen.entry_cell(entry);
            build.compile(image, entry)?;
            Ok::<_, String>(entry)
        })?;
        let (pid, answer) = image.call(entry).map_err(|error| error.to_string())?;
        let finished = answer.recv_timeout(PATIENCE).map_err(|_| {
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

fn image(build: &Arc<Mutex<Build>>, written: &Arc<Mutex<String>>, stress: bool) -> Arc<Image> {
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
    let (weak, build) = (Arc::downgrade(&image), build.clone());
    image.set_compiler(Box::new(move |cell| match weak.upgrade() {
        Some(image) => deep(|| build.lock().compile(&image, cell)),
        None => Err("the image is shutting down".into()),
    }));
    image
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
