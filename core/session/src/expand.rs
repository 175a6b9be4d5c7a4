//! Macros run: the compile time's own little image. In: a request of the checker, with the definitions it needs. Out: what they printed.
//!
//! Each level has a database, a compiler and an image of its own, made when the first macro is met; a macro that needs another macro to be
//! compiled is served by the next level. A run is a process with limits of time and memory; whatever it does, the image of the program
//! being compiled does not notice.

use nostos_abi::code::CellId;
use nostos_check::deep::deep;
use nostos_check::expand::{Expander, Failure, Request, clean, evaluation, evaluation_errors};
use nostos_check::hir::{Body, FnDef};
use nostos_check::query::{self, Database, Origin};
use nostos_check::ty::FnId;
use nostos_codegen::{CellOwner, Codegen, Options};
use nostos_runtime::{Config, ExitReason, Image, Stream};
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// How long a macro may run, in milliseconds; `NOSTOS_MACRO_TIME` says otherwise.
const TIME: u64 = 1000;
/// How large its heap may get, in megabytes; `NOSTOS_MACRO_MEMORY` says otherwise.
const MEMORY: u64 = 64;
/// How many levels of macros may need each other.
const LEVELS: usize = 8;
/// What the text of an answer starts with, so that other output is told apart.
const ANSWER: char = '\u{E015}';

fn setting(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok().and_then(|text| text.parse().ok());
    set.unwrap_or(usual)
}

fn time() -> Duration {
    Duration::from_millis(setting("NOSTOS_MACRO_TIME", TIME))
}

fn megabytes() -> usize {
    (setting("NOSTOS_MACRO_MEMORY", MEMORY) as usize) << 20
}

/// Runs macros by the just-in-time compiler.
#[derive(Default)]
pub struct Macros {
    state: Mutex<Option<State>>,
    /// What is being expanded at the levels above, outermost first.
    chain: Mutex<Vec<Arc<str>>>,
    /// What macros print is nobody's business.
    quiet: bool,
}

impl Macros {
    /// For a database of a program.
    pub fn new() -> Arc<Macros> {
        Arc::default()
    }

    /// For an editor, whose screen is not for macros to print on.
    pub fn quiet() -> Arc<Macros> {
        Arc::new(Macros {
            quiet: true,
            ..Macros::default()
        })
    }
}

struct State {
    compile: Arc<Mutex<Compile>>,
    image: Arc<Image>,
    next: Arc<Macros>,
    printed: Arc<Mutex<Vec<String>>>,
    /// Nanoseconds spent compiling for running macros, and whether some are being spent now.
    compiling: Arc<AtomicU64>,
    busy: Arc<AtomicBool>,
}

struct Compile {
    db: Database,
    codegen: Codegen,
    files: BTreeMap<Arc<str>, Arc<str>>,
    /// What has been compiled, as it was then.
    compiled: FxHashMap<FnId, (Arc<Body>, Arc<FnDef>)>,
}

impl Expander for Macros {
    fn run(&self, request: &Request) -> Result<Arc<str>, Failure> {
        let mut chain = self.chain.lock().clone();
        let needs_itself = chain.contains(&request.of);
        chain.push(request.of.clone());
        if needs_itself || chain.len() > LEVELS {
            let names: Vec<&str> = chain.iter().map(|name| &**name).collect();
            return Err(Failure::Run(
                format!("needs itself to be expanded: {}", names.join(" → ")).into(),
            ));
        }
        let mut held = self.state.lock();
        let state: &mut Option<State> = &mut held;
        if state.is_none() {
            *state = Some(State::new(self.quiet).map_err(|error| {
                Failure::Run(format!("cannot be run: no image starts: {error}").into())
            })?);
        }
        deep(|| {
            let known = state.as_ref().expect("made above");
            *known.next.chain.lock() = chain.clone();
            known.compile.lock().sources(&request.sources);
            if known.compile.lock().reshaped() {
                // Compiled code holds values of the old shape: everything starts anew.
                *state = Some(State::new(self.quiet).map_err(|error| {
                    Failure::Run(format!("cannot be run: no image starts: {error}").into())
                })?);
            }
            let state = state.as_ref().expect("made above");
            *state.next.chain.lock() = chain;
            state.run(request)
        })
    }
}

impl State {
    fn new(quiet: bool) -> std::io::Result<State> {
        let next = match quiet {
            true => Macros::quiet(),
            false => Macros::new(),
        };
        let mut db = Database::new();
        for (path, text) in nostos_std::FILES {
            db.set_file(path, text, Origin::Std);
        }
        db.set_expander(next.clone());
        let compile = Arc::new(Mutex::new(Compile {
            db,
            codegen: Codegen::new(Options::default()),
            files: BTreeMap::new(),
            compiled: FxHashMap::default(),
        }));
        let printed: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = printed.clone();
        let mut config = Config::from_env();
        config.workers = 1;
        config.gc_stress = false;
        config.stack_stress = false;
        config.heap_limit = megabytes();
        config.inspect = false;
        config.output = Arc::new(move |stream, text: &str| match text.strip_prefix(ANSWER) {
            Some(answer) if stream == Stream::Out => sink.lock().push(answer.into()),
            // What a macro prints is for whoever compiles, and not part of the program's output.
            _ if quiet => {}
            _ => eprint!("{}", clean(text)),
        });
        let image = Image::new(config)?;
        let weak = Arc::downgrade(&image);
        let compiler = compile.clone();
        let (compiling, busy): (Arc<AtomicU64>, Arc<AtomicBool>) = Default::default();
        let (spent, working) = (compiling.clone(), busy.clone());
        image.set_compiler(Box::new(move |cell| {
            let Some(image) = weak.upgrade() else {
                return Err("the compile time is over".into());
            };
            working.store(true, Ordering::Relaxed);
            let begin = Instant::now();
            let result = compiler.lock().publish(&image, cell);
            spent.fetch_add(begin.elapsed().as_nanos() as u64, Ordering::Relaxed);
            working.store(false, Ordering::Relaxed);
            result
        }));
        Ok(State {
            compile,
            image,
            next,
            printed,
            compiling,
            busy,
        })
    }

    fn run(&self, request: &Request) -> Result<Arc<str>, Failure> {
        let cell = {
            let mut compile = self.compile.lock();
            compile.sources(&request.sources);
            compile
                .renew(&self.image)
                .map_err(|error| Failure::Run(format!("cannot be compiled: {error}").into()))?;
            let body =
                evaluation(&compile.db, &request.module, &request.text).map_err(Failure::Check)?;
            let errors = evaluation_errors(&compile.db);
            if !errors.is_empty() {
                return Err(Failure::Check(errors));
            }
            let cell = compile.codegen.entry_cell(body);
            compile
                .publish(&self.image, cell)
                .map_err(|error| Failure::Run(format!("cannot be compiled: {error}").into()))?;
            cell
        };
        self.printed.lock().clear();
        let (pid, ended) = self
            .image
            .call(cell)
            .map_err(|error| Failure::Run(format!("cannot be run: {error}").into()))?;
        let limit = time();
        let (begin, before) = (Instant::now(), self.compiling.load(Ordering::Relaxed));
        let finished = loop {
            // To compile what the macro calls is not the macro's time.
            let compiled = self.compiling.load(Ordering::Relaxed) - before;
            let end = limit + Duration::from_nanos(compiled);
            match ended.recv_timeout(end.saturating_sub(begin.elapsed())) {
                Ok(finished) => break finished,
                Err(RecvTimeoutError::Timeout) => {
                    let now = self.compiling.load(Ordering::Relaxed) - before;
                    if self.busy.load(Ordering::Relaxed) || now > compiled {
                        std::thread::sleep(Duration::from_millis(1));
                        continue;
                    }
                    self.image.kill(pid);
                    return Err(Failure::Run(
                        format!("ran for more than {} ms and was ended", limit.as_millis()).into(),
                    ));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::Run("ended with the compile time".into()));
                }
            }
        };
        match finished.reason {
            ExitReason::Normal => {}
            ExitReason::Failed(failure) => {
                return Err(Failure::Run(
                    format!("failed: {}", clean(&failure.message)).into(),
                ));
            }
            other => return Err(Failure::Run(format!("ended: {other}").into())),
        }
        match self.printed.lock().pop() {
            Some(answer) => Ok(answer.into()),
            None => Err(Failure::Run("gave no answer".into())),
        }
    }
}

impl Compile {
    /// Makes the files those of the request.
    fn sources(&mut self, sources: &[(Arc<str>, Arc<str>)]) {
        let gone: Vec<Arc<str>> = self
            .files
            .keys()
            .filter(|path| !sources.iter().any(|(other, _)| other == *path))
            .cloned()
            .collect();
        for path in gone {
            self.db.remove_file(&path);
            self.files.remove(&path);
        }
        for (path, text) in sources {
            if self.files.get(path) != Some(text) {
                self.db.set_file(path, text, Origin::Project);
                self.files.insert(path.clone(), text.clone());
            }
        }
    }

    /// Whether a type that code has been compiled with has another shape now.
    fn reshaped(&self) -> bool {
        let mut present = FxHashSet::default();
        for path in self.files.keys() {
            if let Some(file) = self.db.file_id(path) {
                present.extend(query::types_of_file(&self.db, file));
            }
        }
        self.codegen
            .types()
            .any(|old| present.contains(&old.id) && *old != query::type_def(&self.db, old.id))
    }

    /// Compiles anew what is there in another form than when it was compiled.
    fn renew(&mut self, image: &Image) -> Result<(), String> {
        let mut cells = Vec::new();
        for (&id, (body, def)) in &self.compiled {
            match query::body(&self.db, id) {
                Some(now) if now != *body => {
                    let new = query::fn_def(&self.db, id);
                    if (&def.params, &def.result, def.type_params)
                        != (&new.params, &new.result, new.type_params)
                    {
                        self.codegen.renew(id);
                    }
                    cells.extend(self.codegen.cells_of(id));
                }
                _ => {}
            }
        }
        cells
            .into_iter()
            .try_for_each(|cell| self.compile(image, cell))
    }

    fn publish(&mut self, image: &Image, cell: CellId) -> Result<(), String> {
        if image.has_code(cell) {
            return Ok(());
        }
        self.compile(image, cell)
    }

    fn compile(&mut self, image: &Image, cell: CellId) -> Result<(), String> {
        let batch = self
            .codegen
            .compile(&self.db, cell)
            .map_err(|error| error.0)?;
        image.add_descs(self.codegen.descs());
        image
            .publish(batch.code)
            .map_err(|error| error.to_string())?;
        if let Some(CellOwner::Fn(inst)) = self.codegen.owner(cell)
            && let Some(body) = query::body(&self.db, inst.id)
        {
            let def = query::fn_def(&self.db, inst.id);
            self.compiled.insert(inst.id, (body, def));
        }
        Ok(())
    }
}
