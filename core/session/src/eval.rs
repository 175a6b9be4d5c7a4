//! Evaluation in the image: what a REPL or a debugger's console is given, and what came of it.
//!
//! An expression is compiled like any other code and runs in a process of its own. A definition joins the main module, behind the text that is
//! on disk, until the image ends; a later one of the same name takes its place.

use crate::debug::{Cancel, Finding, Refusal};
use crate::live::Session;
use nostos_check::deep::deep;
use nostos_check::diagnostic::Diagnostic;
use nostos_check::query;
use nostos_runtime::{ExitReason, Finished, Lists, Reading, TraceLine, Value};
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

/// How many values are kept to be looked into.
const ANSWERS: usize = 32;

/// The value of an expression and its text are asked for in one, under this name, which nobody writes.
const VALUE: &str = "the_value_that_is_asked_for";

/// Values of expressions by their numbers, the newest last.
#[derive(Default)]
pub struct Answers {
    kept: std::collections::VecDeque<(u64, Answer)>,
    last: u64,
}

/// A value that is kept.
#[derive(Clone)]
pub(crate) struct Answer {
    finished: Finished,
    /// It is the second of a pair, behind its text.
    paired: bool,
}

impl Answers {
    fn keep(&mut self, answer: Answer) -> u64 {
        self.last += 1;
        self.kept.push_back((self.last, answer));
        if self.kept.len() > ANSWERS {
            self.kept.pop_front();
        }
        self.last
    }
}

/// What an expression runs as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Itself: it has no text of its own.
    Bare,
    /// Its text.
    Shown,
    /// Its text and itself.
    Paired,
}

impl Form {
    fn number(self) -> u32 {
        self as u32
    }

    fn of(number: u32) -> Form {
        match number {
            1 => Form::Shown,
            2 => Form::Paired,
            _ => Form::Bare,
        }
    }
}

/// What came of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluated {
    /// The number under which the value is kept for a while.
    pub answer: Option<u64>,
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
        let (cell, ty, form) = deep(|| -> Result<_, Refusal> {
            let mut build = self.build.lock();
            let build = &mut *build;
            // A watch asks the same at every stop: it is compiled once. No file has this name, so no question over a frame is the same.
            let question = (String::new(), input.to_owned(), Vec::new());
            if let Some(Ok((cell, bare, ty))) = build.ready.get(self.version(), &question) {
                build.compile(&self.image, cell)?;
                return Ok((cell, ty, Form::of(bare)));
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
            let both = format!("{VALUE} = {{\n{input}\n}}\n(show({VALUE}), {VALUE})");
            let both = query::expression(&build.db, scope, &[], &both);
            let paired = format!("(String, {ty})");
            let both = both
                .ok()
                .filter(|both| query::render_ty(&build.db, &both.result) == paired);
            let (form, body) = match both {
                Some(both) => (Form::Paired, both),
                None => match query::shown_expression(&build.db, scope, &[], input) {
                    Ok(shown) => (Form::Shown, shown),
                    Err(_) => (Form::Bare, body),
                },
            };
            let cell = build.codegen.entry_cell(body);
            build.compile(&self.image, cell)?;
            let prepared = (cell, form.number(), ty.clone());
            build.ready.put(question, Ok(prepared));
            Ok((cell, ty, form))
        })?;
        let (pid, answer) = self
            .image
            .call(cell)
            .map_err(|error| Refusal(format!("cannot start a process: {error}")))?;
        let finished = self.finished(pid, &answer, cancel)?;
        let text = match form {
            Form::Paired => self
                .image
                .reading_result(&finished, &Lists::default(), |reading| {
                    let (_, parts) = reading.children(reading.root.as_ref()?, 0, 1);
                    Some(reading.render_bare(&parts.first()?.value))
                }),
            form => Some(self.image.render_result(&finished, form == Form::Shown)),
        };
        let Some(text) = text.flatten() else {
            return Err(Refusal(failure(self, &finished)));
        };
        let paired = form == Form::Paired;
        let kept = (form != Form::Shown).then(|| Answer { finished, paired });
        let answer = kept.map(|answer| self.answers.lock().keep(answer));
        Ok(Evaluated { answer, text, ty })
    }

    /// Looks at a value that is kept; none: it is no longer.
    pub(crate) fn reading_answer<T>(
        &self,
        number: u64,
        f: impl FnOnce(&Reading<'_>, &Value) -> T,
    ) -> Option<T> {
        let answers = self.answers.lock();
        let found = answers.kept.iter().find(|(of, _)| *of == number);
        let answer = found.map(|(_, answer)| answer.clone())?;
        drop(answers);
        self.image
            .reading_result(&answer.finished, &Lists::default(), |reading| {
                let root = reading.root.clone()?;
                let value = match answer.paired {
                    true => reading.children(&root, 1, 1).1.into_iter().next()?.value,
                    false => root,
                };
                Some(f(reading, &value))
            })?
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
                answer: None,
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

/// Why there is no value, and the innermost place of the project where that came about.
fn failure(session: &Session, finished: &Finished) -> String {
    let why = finished.reason.to_string();
    let ExitReason::Failed(failure) = &finished.reason else {
        return why;
    };
    let place = failure.trace.iter().find_map(|line| match line {
        TraceLine::Frame { file, line, .. } if session.is_own(file) => Some((file, line)),
        _ => None,
    });
    match place {
        Some((file, line)) if !why.contains(&format!("{file}:{line}")) => {
            format!("{why} ({file}:{line})")
        }
        _ => why,
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
        // The value itself is kept for a while; it is what was asked for, and not its text.
        let answer = session.evaluate("(1, \"a\")").expect("a value").answer;
        let looked = session.reading_answer(answer.expect("it is kept"), |reading, value| {
            let (all, parts) = reading.children(value, 0, 2);
            (all, reading.render(&parts[1].value))
        });
        assert_eq!(looked, Some((2, "\"a\"".to_owned())));
        for _ in 0..ANSWERS {
            session.evaluate("1").expect("a value");
        }
        let gone = session.reading_answer(answer.expect("it was kept"), |_, _| ());
        assert_eq!(gone, None);
        // Where it went wrong is said.
        let why = session
            .evaluate("[1][5]")
            .expect_err("there are not so many");
        assert!(why.0.contains("IndexOutOfBounds"), "{why}");
        // A definition may mean something else by it.
        session.evaluate("f() = 3").expect("a definition");
        assert_eq!(evaluated("f()").0, "3");
        session.evaluate("f() = 4").expect("a definition");
        assert_eq!(evaluated("f()").0, "4");
        std::fs::remove_dir_all(&folder).expect("it was made");
    }
}
