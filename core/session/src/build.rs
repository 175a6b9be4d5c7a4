//! Sources to published code. In: texts, and requests for cells that have no code yet. Out: batches for the runtime.
//!
//! The database holds the texts of the running program and nothing else: a batch of edits that does not check is taken back
//! before anybody else can look, so that what is compiled late is compiled from what runs.

use crate::debug::Finding;
use crate::eval::Scrap;
use crate::expand::Macros;
use crate::project::Project;
use crate::report;
use nostos_abi::code::{CellId, CodeObject};
use nostos_check::diagnostic::{Diagnostic, Severity};
use nostos_check::hir::{Body, FnDef, FnInst, FnKind, TypeDef};
use nostos_check::query::{self, Database, Origin};
use nostos_check::ty::FnId;
use nostos_codegen::{CellOwner, Codegen, Options};
use nostos_runtime::Image;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// How many functions are published in one step when everything is compiled.
const BATCH: usize = 512;

/// File, text, and names and shapes of the locals that are spoken of.
pub type Question = (String, String, Vec<(String, u32)>);
/// An expression's cell, the descriptor of its closure, and its type; or why there is none.
pub type Prepared = Result<(CellId, u32, String), String>;

/// What has been compiled for a debugger, which asks the same again and again.
#[derive(Default)]
pub struct Ready {
    version: u64,
    known: FxHashMap<Question, Prepared>,
}

impl Ready {
    /// Questions that are remembered.
    const MOST: usize = 1000;

    /// What came of a question before.
    pub fn get(&mut self, version: u64, question: &Question) -> Option<Prepared> {
        if self.version != version {
            self.version = version;
            self.known.clear();
        }
        self.known.get(question).cloned()
    }

    /// Remembers what came of it.
    pub fn put(&mut self, question: Question, prepared: Prepared) {
        if self.known.len() >= Self::MOST {
            self.known.clear();
        }
        self.known.insert(question, prepared);
    }
}

/// The compiler's half of an image.
pub struct Build {
    /// Meaning.
    pub db: Database,
    /// Translation.
    pub codegen: Codegen,
    /// Expressions over locals that have been compiled for this version of the sources, or refused.
    pub ready: Ready,
    /// The project's texts as they run.
    pub texts: BTreeMap<String, String>,
    /// Definitions given to the REPL: they stand behind the main file's text.
    pub scraps: Vec<Scrap>,
    /// The main file's text without them.
    pub main_text: String,
    /// Called after each publication, before whoever asked for the code goes on.
    pub(crate) shown: Vec<Show>,
    /// How often texts have been replaced.
    pub(crate) edits: u64,
    /// Called with the addresses of code that has been freed, before there can be other code at them.
    pub(crate) forgotten: Vec<Forget>,
    /// What has been compiled, as it was then.
    compiled: FxHashMap<FnId, Compiled>,
    /// The version of the bodies that all of it was last compared with.
    compared: u64,
}

/// Looks at new code. Must not ask for the build, which is held, and given.
pub(crate) type Show = Box<dyn FnMut(&Build) + Send>;

/// Forgets code. Must not ask for the build, which is held.
pub(crate) type Forget = Box<dyn FnMut(&[Range<usize>]) + Send>;

/// A definition as it was when it was compiled.
struct Compiled {
    body: Arc<Body>,
    def: Arc<FnDef>,
}

/// What a batch of edits changes in the running image.
pub struct Plan {
    /// Definitions to be compiled anew.
    pub changed: Vec<FnId>,
    /// Compiled definitions that stay as they are.
    pub unchanged: usize,
}

/// Why a batch is not taken.
pub enum Refused {
    /// It does not check.
    Wrong(Vec<Finding>),
    /// A type has another shape now, and compiled code holds values of the old one.
    Reshaped(Vec<Arc<TypeDef>>),
}

impl Build {
    /// A build of a project: std and its files, nothing compiled.
    pub fn new(project: &Project, options: Options) -> Build {
        Build {
            db: database(&project.files),
            codegen: Codegen::new(options),
            ready: Ready::default(),
            texts: project.files.clone(),
            scraps: Vec::new(),
            main_text: project.files[&project.main].clone(),
            shown: Vec::new(),
            edits: 0,
            forgotten: Vec::new(),
            compiled: FxHashMap::default(),
            compared: 0,
        }
    }

    /// The main file as it is compiled: its text, then the REPL's definitions.
    pub fn with_scraps(&self, main: &str) -> String {
        self.scraps.iter().fold(main.to_string(), |text, scrap| {
            format!("{text}\n{}\n", scrap.text)
        })
    }

    /// The same the other way: without the REPL's definitions, if they are there.
    pub fn without_scraps<'a>(&self, main: &'a str) -> &'a str {
        main.strip_suffix(&*self.with_scraps("")).unwrap_or(main)
    }

    /// The errors of the program as it stands; warnings are left out.
    pub fn errors(&self) -> Vec<Diagnostic> {
        errors(&self.db)
    }

    /// Compiles a cell and publishes what came of it. The error is a sentence for the process that called the function.
    pub fn compile(&mut self, image: &Image, cell: CellId) -> Result<(), String> {
        // Two processes may have called the function at once: the first had it compiled.
        if image.has_code(cell) {
            Ok(())
        } else {
            self.publish(image, &[cell])
        }
    }

    /// Compiles a hot cell well and publishes that. When it cannot be published, what there is goes on.
    pub fn improve(&mut self, image: &Image, cell: CellId) {
        let batch = self.codegen.improve(&self.db, cell);
        if batch.code.is_empty() {
            return;
        }
        image.add_descs(self.codegen.descs());
        let mut shown = std::mem::take(&mut self.shown);
        // When it cannot be published, what there is goes on.
        let _ = image.improve(batch.code, || shown.iter_mut().for_each(|show| show(self)));
        self.shown = shown;
    }

    /// Compiles all that `main` may call and every function whose types are known, in batches, before anything runs. → How many were compiled.
    pub fn compile_all(&mut self, image: &Image) -> Result<usize, String> {
        let main = query::main_fn(&self.db).ok_or("the program has no function main")?;
        let entry = query::entry(&self.db, main);
        let mut work = vec![self.codegen.entry_cell(entry)];
        for id in query::functions(&self.db) {
            let def = query::fn_def(&self.db, id);
            if def.type_params == 0
                && matches!(def.kind, FnKind::Nostos | FnKind::Global)
                && !query::is_declaration(&self.db, id)
            {
                let args = [].into();
                work.push(self.codegen.fn_cell(&FnInst { id, args }));
            }
        }
        work.reverse();
        let mut seen: FxHashSet<CellId> = work.iter().copied().collect();
        let mut compiled = 0;
        let mut code = Vec::new();
        while let Some(cell) = work.pop() {
            if image.has_code(cell) {
                continue;
            }
            let batch = self
                .codegen
                .compile(&self.db, cell)
                .map_err(|error| error.0)?;
            compiled += batch.code.len();
            seen.extend(batch.code.iter().map(|(cell, _)| *cell));
            for (_, object) in &batch.code {
                work.extend(object.uses.iter().filter(|cell| seen.insert(**cell)));
            }
            code.extend(batch.code);
            if let Some(CellOwner::Fn(inst)) = self.codegen.owner(cell) {
                self.remember(inst.id);
            }
            if code.len() >= BATCH {
                self.place(image, std::mem::take(&mut code))?;
            }
        }
        self.place(image, code)?;
        Ok(compiled)
    }

    /// Compiles cells anew and publishes them in one step.
    pub fn publish(&mut self, image: &Image, cells: &[CellId]) -> Result<(), String> {
        let published = self.try_publish(image, cells);
        if published.is_err() {
            // What runs is not what was compared with last.
            self.compared = 0;
        }
        published
    }

    fn try_publish(&mut self, image: &Image, cells: &[CellId]) -> Result<(), String> {
        let mut code = Vec::new();
        for &cell in cells {
            let batch = self
                .codegen
                .compile(&self.db, cell)
                .map_err(|error| error.0)?;
            code.extend(batch.code);
            if let Some(CellOwner::Fn(inst)) = self.codegen.owner(cell) {
                self.remember(inst.id);
            }
        }
        self.place(image, code)
    }

    /// Frees code that has been replaced and is not in use.
    pub fn sweep(&mut self, image: &Image) {
        let freed = image.sweep();
        if !freed.is_empty() {
            for forget in &mut self.forgotten {
                forget(&freed);
            }
        }
    }

    fn place(&mut self, image: &Image, code: Vec<(CellId, CodeObject)>) -> Result<(), String> {
        image.add_descs(self.codegen.descs());
        let mut shown = std::mem::take(&mut self.shown);
        // A breakpoint is there at the first call.
        let placed = image.publish_shown(code, || shown.iter_mut().for_each(|show| show(self)));
        self.shown = shown;
        placed.map(|_| ()).map_err(|error| error.to_string())
    }

    fn remember(&mut self, owner: FnId) {
        if let Some(body) = query::body(&self.db, owner) {
            let def = query::fn_def(&self.db, owner);
            self.compiled.insert(owner, Compiled { body, def });
        }
    }

    /// Replaces texts (`None`: the file is gone) if the program still checks and no living shape changes; else leaves all as it was.
    pub fn edit(
        &mut self,
        project: &Project,
        edits: &BTreeMap<String, Option<String>>,
    ) -> Result<Plan, Refused> {
        let before = self.texts.clone();
        self.edits += 1;
        for (name, text) in edits {
            set_text(&mut self.db, &mut self.texts, name, text.as_deref());
        }
        let found = errors(&self.db);
        let reshaped = if found.is_empty() {
            self.reshaped()
        } else {
            Vec::new()
        };
        if found.is_empty() && reshaped.is_empty() {
            return Ok(self.plan());
        }
        // Positions are those of the new texts: look them up before these go.
        let found: Vec<Finding> = found
            .iter()
            .map(|found| report::finding(&self.db, project, found))
            .collect();
        self.edits += 1;
        for name in edits.keys() {
            let old = before.get(name).map(String::as_str);
            set_text(&mut self.db, &mut self.texts, name, old);
        }
        Err(if found.is_empty() {
            Refused::Reshaped(reshaped)
        } else {
            Refused::Wrong(found)
        })
    }

    /// Types that compiled code has a layout of and that are another shape now.
    fn reshaped(&self) -> Vec<Arc<TypeDef>> {
        self.codegen
            .types()
            .filter(|old| *query::type_def(&self.db, old.id) != ***old)
            .cloned()
            .collect()
    }

    fn plan(&mut self) -> Plan {
        let mut plan = Plan {
            changed: Vec::new(),
            unchanged: 0,
        };
        let edited = query::changed_since(&self.db, self.compared);
        self.compared = query::version(&self.db);
        for (&id, compiled) in &self.compiled {
            if edited.as_ref().is_some_and(|edited| !edited.contains(&id)) {
                plan.unchanged += 1;
                continue;
            }
            match query::body(&self.db, id) {
                // Gone from the sources: frames and values may still refer to it, so the old code stays.
                None => {}
                Some(body) if body == compiled.body => plan.unchanged += 1,
                Some(_) => plan.changed.push(id),
            }
        }
        for &id in &plan.changed {
            let (old, new) = (&self.compiled[&id].def, query::fn_def(&self.db, id));
            if (&old.params, &old.result, old.type_params)
                != (&new.params, &new.result, new.type_params)
            {
                // Callers compiled against the old signature keep the old cell.
                self.codegen.renew(id);
            }
        }
        plan.changed.sort();
        plan
    }
}

/// A database with std and these files.
pub fn database(files: &BTreeMap<String, String>) -> Database {
    let mut db = Database::new();
    db.set_expander(Macros::new());
    for (path, text) in nostos_std::FILES {
        db.set_file(path, text, Origin::Std);
    }
    for (path, text) in files {
        db.set_file(path, text, Origin::Project);
    }
    db
}

/// The errors of a program, warnings left out.
pub fn errors(db: &Database) -> Vec<Diagnostic> {
    query::project_diagnostics(db)
        .into_iter()
        .filter(|found| found.severity == Severity::Error)
        .collect()
}

fn set_text(
    db: &mut Database,
    texts: &mut BTreeMap<String, String>,
    name: &str,
    text: Option<&str>,
) {
    match text {
        Some(text) => {
            db.set_file(name, text, Origin::Project);
            texts.insert(name.into(), text.into());
        }
        None => {
            db.remove_file(name);
            texts.remove(name);
        }
    }
}
