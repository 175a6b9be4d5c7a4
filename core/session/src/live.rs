//! The session: one program, its build and its image.
//!
//! A reload is a transaction: a batch of texts is checked as a whole; wrong ones leave everything as it was, right ones are compiled beside the
//! running program and published in one step. Batches queue on the build's lock.

use crate::build::{Build, Refused};
use crate::debug::told::{Teller, Told, queue};
use crate::debug::{Event, Finding, Pid, Reload};
use crate::eval::Answers;
use crate::project::Project;
use crate::report;
use nostos_abi::code::CellId;
use nostos_check::deep::deep;
use nostos_check::diagnostic::Diagnostic;
use nostos_check::query;
use nostos_check::render::Style;
use nostos_check::ty::FnId;
use nostos_codegen::{Options, Tiers};
use nostos_runtime::{Config, Image};
use parking_lot::Mutex;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::ThreadId;
use std::time::Instant;

/// A program that runs or may run.
pub struct Session {
    /// The processes.
    pub image: Arc<Image>,
    /// Where the sources are.
    pub project: Project,
    pub(crate) build: Mutex<Build>,
    version: AtomicU64,
    listeners: Mutex<Vec<Listener>>,
    /// Processes that evaluate expressions.
    pub(crate) evaluating: Mutex<FxHashSet<Pid>>,
    /// The thread that decides whether who has stopped goes on.
    pub(crate) hears: OnceLock<ThreadId>,
    /// The last values of expressions, which can be looked into.
    pub(crate) answers: Mutex<Answers>,
    /// The test that runs instead of `main`.
    test: OnceLock<FnId>,
    /// The texts on disk when their files were last loaded: what the watcher finds unchanged is no news to it.
    seen: Mutex<BTreeMap<String, String>>,
}

/// Processes that a listener is told of when they begin, at most: a program may start millions a minute, and what is told waits in a queue until it is heard.
const MOST_STARTS: usize = 1000;

/// Who hears what happens.
struct Listener {
    teller: Teller,
    /// How many processes it has been told of that began.
    starts: usize,
    /// Those it is to hear of when they end: told as begun, or stopped.
    known: FxHashSet<Pid>,
}

impl Listener {
    /// Is there nobody any more?
    fn tell(&mut self, event: &Event) -> bool {
        let wanted = match event {
            Event::Started(pid) => {
                let more = self.starts < MOST_STARTS;
                if more {
                    self.starts += 1;
                    self.known.insert(*pid);
                }
                more
            }
            Event::Stopped { pid, .. } => {
                self.known.insert(*pid);
                true
            }
            Event::Exited(pid) => self.known.remove(pid),
            _ => true,
        };
        wanted && !self.teller.tell(event)
    }
}

/// Why a program does not start.
pub struct Unfit {
    /// For people.
    pub text: String,
    /// For editors.
    pub findings: Vec<Finding>,
}

/// The options, with the back ends that `NOSTOS_TIERS` names (`quick`: everything it can by the quick one; `best`: everything by Cranelift), and
/// without places to stop at when `NOSTOS_SITES` is `none`: what they cost is measured against that.
fn asked(options: Options) -> Options {
    let tiers = match std::env::var("NOSTOS_TIERS").as_deref() {
        Ok("quick") => Tiers::Quick,
        Ok("best") => Tiers::Best,
        _ => options.tiers,
    };
    let unwanted = std::env::var_os("NOSTOS_SITES").is_some_and(|sites| sites == "none");
    Options {
        tiers,
        debug_sites: options.debug_sites && !unwanted,
        ..options
    }
}

impl Session {
    /// Checks a program and makes an image for it. Nothing runs yet.
    pub fn new(
        project: Project,
        options: Options,
        config: Config,
        style: Style,
    ) -> Result<Arc<Session>, Unfit> {
        let session = Session::without_main(project, options, config, style)?;
        if query::main_fn(&session.build.lock().db).is_none() {
            return Err(Unfit {
                text: no_main(&session.project),
                findings: Vec::new(),
            });
        }
        Ok(session)
    }

    /// The same for a program that need not have a `main`.
    pub(crate) fn without_main(
        project: Project,
        options: Options,
        config: Config,
        style: Style,
    ) -> Result<Arc<Session>, Unfit> {
        let (build, wrong) = deep(|| {
            let build = Build::new(&project, asked(options));
            let wrong = build.errors();
            (build, wrong)
        });
        if !wrong.is_empty() {
            return Err(unfit(&build, &project, &wrong, style));
        }
        let image = Image::new(config).map_err(|error| Unfit {
            text: format!("Error: the image cannot start: {error}\n"),
            findings: Vec::new(),
        })?;
        let seen = Mutex::new(project.files.clone());
        let session = Arc::new(Session {
            image: image.clone(),
            project,
            build: Mutex::new(build),
            version: AtomicU64::new(1),
            listeners: Mutex::default(),
            evaluating: Mutex::default(),
            hears: OnceLock::new(),
            answers: Mutex::default(),
            test: OnceLock::new(),
            seen,
        });
        let weak = Arc::downgrade(&session);
        image.set_compiler(Box::new(move |cell| match weak.upgrade() {
            Some(session) => session.build.lock().compile(&session.image, cell),
            None => Err("the image is shutting down".into()),
        }));
        let weak = Arc::downgrade(&session);
        image.set_improver(Box::new(move |cell| {
            if let Some(session) = weak.upgrade() {
                session.build.lock().improve(&session.image, cell);
            }
        }));
        Ok(session)
    }

    /// The same for a program of which the test with this title, or `FILE:TITLE`, runs instead of `main`.
    pub fn of_test(
        project: Project,
        options: Options,
        config: Config,
        style: Style,
        name: &str,
    ) -> Result<Arc<Session>, Unfit> {
        let session = Session::without_main(project, options, config, style)?;
        match session.test_called(name) {
            Some(test) => {
                // Nobody else has seen the session yet.
                let _ = session.test.set(test);
                Ok(session)
            }
            None => Err(Unfit {
                text: format!("Error: no test is called `{name}`\n"),
                findings: Vec::new(),
            }),
        }
    }

    /// What runs when the program begins: `main`, or a test.
    pub(crate) fn begins_with(&self, build: &Build) -> Option<FnId> {
        let test = self.test.get().copied();
        test.or_else(|| query::main_fn(&build.db))
    }

    /// The cell that starts the program.
    pub fn entry(&self) -> Result<CellId, String> {
        deep(|| {
            let mut build = self.build.lock();
            let main = self
                .begins_with(&build)
                .ok_or("the program has no function main")?;
            let body = query::entry(&build.db, main);
            let cell = build.codegen.entry_cell(body);
            build.compile(&self.image, cell)?;
            Ok(cell)
        })
    }

    /// From now on, what happens. Of processes that begin, only the first thousand are told, and of ends those of these and of who was stopped.
    pub fn listen(&self) -> Told {
        let (teller, told) = queue();
        let mut listeners = self.listeners.lock();
        listeners.push(Listener {
            teller,
            starts: 0,
            known: FxHashSet::default(),
        });
        self.image.tell_starts(true);
        told
    }

    /// Tells everyone who listens.
    pub fn tell(&self, event: &Event) {
        let mut listeners = self.listeners.lock();
        listeners.retain_mut(|listener| !listener.tell(event));
        if matches!(event, Event::Started(_)) {
            let wanted = listeners.iter().any(|known| known.starts < MOST_STARTS);
            self.image.tell_starts(wanted);
        }
    }

    /// The version of the sources that runs: 1, and one more for every reload that changed something.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Loads what is on disk now.
    pub fn reload_from_disk(&self) -> Reload {
        match self.project.read_all() {
            Ok(files) => {
                let mut edits: BTreeMap<String, Option<String>> = self
                    .build
                    .lock()
                    .texts
                    .keys()
                    .map(|name| (name.clone(), None))
                    .collect();
                edits.extend(files.into_iter().map(|(name, text)| (name, Some(text))));
                self.load(edits)
            }
            Err(error) => self.refuse(vec![self.at_main(error.to_string(), None)]),
        }
    }

    /// Loads what has changed on disk since it was last loaded. A client may have loaded something else meanwhile, such as an older text: that stays
    /// until the file changes again, however late the news of an earlier change comes. `None`: nothing has changed.
    pub fn reload_changed(&self) -> Option<Reload> {
        let mut seen = self.seen.lock();
        let files = match self.project.read_all() {
            Ok(files) => files,
            Err(error) => {
                return Some(self.refuse(vec![self.at_main(error.to_string(), None)]));
            }
        };
        let gone = seen.keys().filter(|name| !files.contains_key(*name));
        let mut edits: BTreeMap<String, Option<String>> =
            gone.map(|name| (name.clone(), None)).collect();
        let news = files
            .iter()
            .filter(|(name, text)| seen.get(*name) != Some(*text));
        edits.extend(news.map(|(name, text)| (name.clone(), Some(text.clone()))));
        if edits.is_empty() {
            return None;
        }
        let reload = self.load_here(edits);
        if reload.ok {
            *seen = files;
        }
        Some(reload)
    }

    /// Replaces texts of the running program (`None`: the file is gone) and swaps in what changed.
    pub fn load(&self, edits: BTreeMap<String, Option<String>>) -> Reload {
        let mut seen = self.seen.lock();
        // Read before the load: what is saved later is news.
        let on_disk: Vec<(String, Option<String>)> = edits
            .keys()
            .map(|name| (name.clone(), self.project.read(name)))
            .collect();
        let reload = self.load_here(edits);
        if reload.ok {
            for (name, text) in on_disk {
                match text {
                    Some(text) => seen.insert(name, text),
                    None => seen.remove(&name),
                };
            }
        }
        reload
    }

    fn load_here(&self, mut edits: BTreeMap<String, Option<String>>) -> Reload {
        let mut main = edits.get(&self.project.main).cloned().flatten();
        if let Some(text) = &mut main {
            let build = self.build.lock();
            *text = build.without_scraps(text).to_owned();
            let composed = build.with_scraps(text);
            edits.insert(self.project.main.clone(), Some(composed));
        }
        let reload = self.swap(edits);
        if let (true, Some(text)) = (reload.ok, main) {
            self.build.lock().main_text = text;
        }
        reload
    }

    /// The transaction behind every reload.
    pub(crate) fn swap(&self, edits: BTreeMap<String, Option<String>>) -> Reload {
        deep(|| self.swap_here(edits))
    }

    fn swap_here(&self, mut edits: BTreeMap<String, Option<String>>) -> Reload {
        let begin = Instant::now();
        let mut build = self.build.lock();
        edits.retain(|name, text| build.texts.get(name) != text.as_ref());
        if edits.is_empty() {
            return Reload {
                ok: true,
                version: self.version(),
                ..Reload::default()
            };
        }
        let plan = match build.edit(&self.project, &edits) {
            Ok(plan) => plan,
            Err(refused) => {
                drop(build);
                return self.refuse(self.findings(refused));
            }
        };
        let changed = plan
            .changed
            .iter()
            .map(|&id| query::fn_def(&build.db, id).name.to_string())
            .collect();
        let cells: Vec<CellId> = plan
            .changed
            .iter()
            .flat_map(|&id| build.codegen.cells_of(id).to_vec())
            .collect();
        let published = build.publish(&self.image, &cells);
        build.sweep(&self.image);
        drop(build);
        if let Err(message) = published {
            return self.refuse(vec![self.at_main(message, None)]);
        }
        let reload = Reload {
            ok: true,
            version: self.version.fetch_add(1, Ordering::Relaxed) + 1,
            changed,
            unchanged: plan.unchanged,
            findings: Vec::new(),
            micros: begin.elapsed().as_micros() as u64,
        };
        self.tell(&Event::Reloaded(reload.clone()));
        reload
    }

    fn refuse(&self, findings: Vec<Finding>) -> Reload {
        let reload = Reload {
            ok: false,
            version: self.version(),
            findings,
            ..Reload::default()
        };
        self.tell(&Event::Reloaded(reload.clone()));
        reload
    }

    fn findings(&self, refused: Refused) -> Vec<Finding> {
        match refused {
            Refused::Wrong(findings) => findings,
            Refused::Reshaped(types) => {
                let hint = "restart the image to load this change; until then the old code runs";
                let say = |name: &str| {
                    format!(
                        "the type {name} has another shape now, and running processes may hold values of the old one"
                    )
                };
                types
                    .iter()
                    .map(|old| self.at_main(say(&old.name), Some(hint.into())))
                    .collect()
            }
        }
    }

    fn at_main(&self, message: String, hint: Option<String>) -> Finding {
        let path = self
            .project
            .absolute(&self.project.main)
            .to_string_lossy()
            .into_owned();
        Finding {
            path,
            start: (0, 0),
            end: (0, 0),
            error: true,
            message,
            hint,
        }
    }
}

/// What is said of a program that cannot be started.
pub(crate) fn no_main(project: &Project) -> String {
    format!(
        "Error: {} has no function main\n  hint: a program starts with `main() = …`; it may take a list of strings, the arguments\n",
        project.main
    )
}

pub(crate) fn unfit(build: &Build, project: &Project, wrong: &[Diagnostic], style: Style) -> Unfit {
    let text = report::found(&build.db, wrong, style).text;
    let findings = wrong
        .iter()
        .map(|found| report::finding(&build.db, project, found))
        .collect();
    Unfit { text, findings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_news_of_a_change_does_not_undo_a_later_load() {
        let folder = std::env::temp_dir().join(format!("nostos-late-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).expect("a file");
        };
        let old = "f() = 1\nmain() = ()\n";
        let new = "f() = 2\nmain() = ()\n";
        write("main.nos", old);
        let session = Session::new(
            Project::open(&folder).expect("a project"),
            Options::default(),
            Config::from_env(),
            Style::Plain,
        );
        let session = session.unwrap_or_else(|unfit| panic!("{}", unfit.text));
        let load = |text: &str| {
            let edits = BTreeMap::from([("main.nos".to_owned(), Some(text.to_owned()))]);
            assert!(session.load(edits).ok);
        };
        let value = |text: &str| session.evaluate(text).expect("a value").text;
        // Saved, loaded, and taken back before the watcher hears of it.
        write("main.nos", new);
        load(new);
        load(old);
        assert!(session.reload_changed().is_none());
        assert_eq!(value("f()"), "1");
        // The change of another file does not undo it either.
        write("other.nos", "pub g() = 3\n");
        assert!(session.reload_changed().is_some_and(|r| r.ok));
        assert_eq!(value("f()"), "1");
        // What is refused stays news, until it fits.
        write("main.nos", "f() = nobody\nmain() = ()\n");
        assert!(session.reload_changed().is_some_and(|r| !r.ok));
        assert!(session.reload_changed().is_some_and(|r| !r.ok));
        write("main.nos", "f() = 4\nmain() = ()\n");
        assert!(session.reload_changed().is_some_and(|r| r.ok));
        assert_eq!(value("f()"), "4");
        assert!(session.reload_changed().is_none());
        // The text that runs may be given back, with what the REPL has added to it.
        assert_eq!(value("h() = f() + 1"), "h");
        let runs = session.build.lock().texts["main.nos"].clone();
        assert!(runs.contains("h()"));
        let path = folder.join("main.nos").display().to_string();
        let shown = session.source_text(&path).expect("it is there");
        assert!(shown.contains("f() = 4") && !shown.contains("h()"));
        load(&runs.replace("f() = 4", "f() = 5"));
        assert_eq!(value("h()"), "6");
        // Asked for by name, what is on disk is loaded whatever was seen of it.
        assert!(session.reload_from_disk().ok);
        assert_eq!(value("h()"), "5");
        std::fs::remove_dir_all(&folder).expect("a folder");
    }
}
