//! Evaluation in the image: what a REPL or a debugger's console is given, and what came of it.
//!
//! An expression is compiled like any other code and runs in a process of its own. A definition joins the main module, behind the text that is
//! on disk, until the image ends; a later one of the same name takes its place.

use crate::debug::{Cancel, Finding, Refusal};
use crate::live::Session;
use nostos_check::deep::deep;
use nostos_check::diagnostic::Diagnostic;
use nostos_check::query;
use nostos_runtime::Finished;
use nostos_syntax::ast::Item;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long an expression may take before it is ended: whoever asked waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether the answer is still wanted.
const GLANCE: Duration = Duration::from_millis(10);

/// A definition given to the REPL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scrap {
    /// What it defines.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What came of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluated {
    /// The value as `show` writes it inside data; for definitions, what was defined.
    pub text: String,
    /// Its type as written in source; empty for definitions.
    pub ty: String,
}

impl Session {
    /// Evaluates an expression or takes a definition, in the main module.
    pub fn evaluate(&self, input: &str) -> Result<Evaluated, Refusal> {
        self.evaluate_until(input, &Cancel::default())
    }

    /// The same, until somebody does not want it any more.
    pub fn evaluate_until(&self, input: &str, cancel: &Cancel) -> Result<Evaluated, Refusal> {
        match definitions(input) {
            Some(scraps) => self.define(scraps),
            None => self.expression(input, cancel),
        }
    }

    fn expression(&self, input: &str, cancel: &Cancel) -> Result<Evaluated, Refusal> {
        let (cell, ty, bare) = deep(|| -> Result<_, Refusal> {
            let mut build = self.build.lock();
            let build = &mut *build;
            // A watch asks the same at every stop: it is compiled once. No file has this name, so no question over a frame is the same.
            let question = (String::new(), input.to_owned(), Vec::new());
            if let Some(Ok((cell, bare, ty))) = build.ready.get(self.version(), &question) {
                build.compile(&self.image, cell)?;
                return Ok((cell, ty, bare == 1));
            }
            let scope = build
                .db
                .file_id(&self.project.main)
                .ok_or("the main module is gone")?;
            let wrong = |found: Vec<Diagnostic>| {
                Refusal(found.iter().map(sentence).collect::<Vec<_>>().join("\n"))
            };
            let body = query::expression(&build.db, scope, &[], input).map_err(wrong)?;
            let ty = query::render_ty(&build.db, &body.result);
            // By `show`, as the program itself would write it (a map is its entries, not its trie); what has no `show`, a function, as the debugger does.
            let shown = query::shown_expression(&build.db, scope, &[], input);
            let bare = shown.is_ok();
            let cell = build.codegen.entry_cell(shown.unwrap_or(body));
            build.compile(&self.image, cell)?;
            let prepared = (cell, u32::from(bare), ty.clone());
            build.ready.put(question, Ok(prepared));
            Ok((cell, ty, bare))
        })?;
        let (pid, answer) = self
            .image
            .call(cell)
            .map_err(|error| Refusal(format!("cannot start a process: {error}")))?;
        let finished = self.finished(pid, &answer, cancel)?;
        match self.image.render_result(&finished, bare) {
            Some(text) => Ok(Evaluated { text, ty }),
            None => Err(Refusal(finished.reason.to_string())),
        }
    }

    /// What came of an expression that runs in the process `pid`; one that takes too long is ended.
    pub(crate) fn finished(
        &self,
        pid: u64,
        answer: &Receiver<Finished>,
        cancel: &Cancel,
    ) -> Result<Finished, Refusal> {
        self.evaluating.lock().insert(pid);
        let finished = self.await_finished(pid, answer, cancel);
        self.evaluating.lock().remove(&pid);
        finished
    }

    /// Is this the thread that hears of stops? What it evaluates must not stop, as nobody would hear of that.
    pub(crate) fn hears_here(&self) -> bool {
        self.hears.get() == Some(&std::thread::current().id())
    }

    /// Does this process evaluate an expression for somebody who waits?
    pub(crate) fn is_evaluating(&self, pid: u64) -> bool {
        self.evaluating.lock().contains(&pid)
    }

    fn await_finished(
        &self,
        pid: u64,
        answer: &Receiver<Finished>,
        cancel: &Cancel,
    ) -> Result<Finished, Refusal> {
        let until = Instant::now() + PATIENCE;
        loop {
            match answer.recv_timeout(GLANCE) {
                Ok(finished) => return Ok(finished),
                Err(RecvTimeoutError::Disconnected) => return Err("the image has ended".into()),
                Err(RecvTimeoutError::Timeout) if cancel.is_asked() => {
                    self.image.kill(pid);
                    return Err("cancelled".into());
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() >= until => {
                    self.image.kill(pid);
                    return Err(Refusal(format!(
                        "no value after {} seconds, so it was ended (`spawn` lets it go on by itself)",
                        PATIENCE.as_secs()
                    )));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn define(&self, scraps: Vec<Scrap>) -> Result<Evaluated, Refusal> {
        let names: Vec<String> = scraps.iter().map(|scrap| scrap.name.clone()).collect();
        let (before, text) = {
            let mut build = self.build.lock();
            let before = build.scraps.clone();
            build.scraps.retain(|known| !names.contains(&known.name));
            build.scraps.extend(scraps);
            (before, build.with_scraps(&build.main_text))
        };
        let reload = self.swap(BTreeMap::from([(self.project.main.clone(), Some(text))]));
        if reload.ok {
            return Ok(Evaluated {
                text: names.join(", "),
                ty: String::new(),
            });
        }
        self.build.lock().scraps = before;
        Err(Refusal(
            reload
                .findings
                .iter()
                .map(finding_sentence)
                .collect::<Vec<_>>()
                .join("\n"),
        ))
    }
}

fn sentence(found: &Diagnostic) -> String {
    with_hint(&found.message, found.hint.as_deref())
}

fn finding_sentence(found: &Finding) -> String {
    with_hint(&found.message, found.hint.as_deref())
}

fn with_hint(message: &str, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{message} ({hint})"),
        None => message.into(),
    }
}

/// The definitions an input consists of; `None` when it is an expression.
fn definitions(input: &str) -> Option<Vec<Scrap>> {
    let parse = nostos_syntax::parse(input);
    let mut scraps: Vec<Scrap> = Vec::new();
    for item in parse.file().items() {
        let name = match item {
            Item::Expr(_) => return None,
            Item::Fn(def) => def.name().map(|name| name.text().to_string()),
            _ => None,
        };
        let range = item.node().range();
        let text = input[range.start as usize..range.end as usize].trim_end();
        let name =
            name.unwrap_or_else(|| text.split('=').next().unwrap_or(text).trim().to_string());
        match scraps.last_mut() {
            // Clauses of one function stay together.
            Some(last) if last.name == name => {
                last.text.push('\n');
                last.text.push_str(text);
            }
            _ => scraps.push(Scrap {
                name,
                text: text.into(),
            }),
        }
    }
    (!scraps.is_empty()).then_some(scraps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;
    use nostos_check::render::Style;
    use nostos_codegen::Options;
    use nostos_runtime::Config;

    #[test]
    fn what_is_asked_again_is_compiled_once() {
        let folder = std::env::temp_dir().join(format!("nostos-asked-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("main.nos"), "main() = ()\n").expect("a file");
        let project = Project::open(&folder).expect("a project");
        let session = Session::new(
            project,
            Options::default(),
            Config::from_env(),
            Style::Plain,
        );
        let session = session.unwrap_or_else(|unfit| panic!("{}", unfit.text));
        let evaluated = |text: &str| {
            let value = session.evaluate(text).expect("a value").text;
            (value, session.image.codes().len())
        };
        let first = evaluated("[1, 2].map(x => x + 1)");
        assert_eq!(first.0, "[2, 3]");
        assert_eq!(evaluated("[1, 2].map(x => x + 1)"), first);
        let other = evaluated("[1, 2].map(x => x + 2)");
        assert!(other.1 > first.1);
        // A definition may mean something else by it.
        session.evaluate("f() = 3").expect("a definition");
        assert_eq!(evaluated("f()").0, "3");
        session.evaluate("f() = 4").expect("a definition");
        assert_eq!(evaluated("f()").0, "4");
        std::fs::remove_dir_all(&folder).expect("it was made");
    }
}
