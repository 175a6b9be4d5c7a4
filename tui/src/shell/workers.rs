//! Threads that do slow work: files, parsing, analysis. Of several jobs for one text only the newest is done.

use super::Message;
use crate::analysis::Analyser;
use crate::analysis::question::{Answer, Question};
use crate::disk;
use crate::editor::document::Stamp;
use crate::editor::syntax::Language;
use crate::state::formatting::Formatting;
use crate::state::{AfterSave, Event};
use ropey::Rope;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use tree_sitter::Tree;

pub enum FileJob {
    Read {
        path: PathBuf,
        goto: Option<(usize, usize)>,
        revert: bool,
    },
    Write {
        doc: usize,
        path: PathBuf,
        text: Rope,
        revision: usize,
        expected: Option<Stamp>,
        then: AfterSave,
    },
    Peek(PathBuf),
    List,
    Keep {
        path: PathBuf,
        text: Rope,
    },
    Grep {
        regex: regex::Regex,
        open: Vec<(PathBuf, Rope)>,
        title: &'static str,
    },
    Drop(PathBuf),
    Find(PathBuf),
    Session(String),
    Configure(PathBuf, Vec<(&'static str, String)>),
    Lesson(PathBuf, usize),
    Stat(Vec<(usize, PathBuf)>),
    /// Everything before this is done.
    End(Sender<()>),
}

pub enum ParseJob {
    Parse {
        doc: usize,
        version: u64,
        text: Rope,
        old: Option<Tree>,
    },
    /// Only to be freed here and not on the thread that draws.
    Discard(Tree),
}

pub enum AnalyseJob {
    Check {
        doc: usize,
        path: PathBuf,
        version: u64,
        text: Rope,
    },
    Close {
        doc: usize,
        path: PathBuf,
    },
    Define {
        path: PathBuf,
        text: Rope,
        at: usize,
        name: String,
    },
    Hover {
        path: PathBuf,
        text: Rope,
        at: usize,
    },
    Ask(Question),
}

/// How much these threads give way to the one that draws.
const NICE: i32 = 5;

/// A thread that does jobs in order; before each, what has come meanwhile is looked at, and `stale` tells which jobs a newer one replaces.
/// Those that are `urgent` come first.
fn spawn<J: Send + 'static>(
    name: &str,
    out: Sender<Message>,
    stale: impl Fn(&J, &J) -> bool + Send + 'static,
    urgent: impl Fn(&J) -> bool + Send + 'static,
    mut work: impl FnMut(J) -> Option<Event> + Send + 'static,
) -> Sender<J> {
    let (jobs, inbox) = channel::<J>();
    let body = move || {
        // The thread that draws goes first where there are fewer cores than work. Where that is not allowed, all are equal.
        let _ = rustix::process::setpriority_process(None, NICE);
        let mut waiting: VecDeque<J> = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match inbox.recv() {
                    Ok(job) => waiting.push_back(job),
                    Err(_) => return,
                }
            }
            while let Ok(newer) = inbox.try_recv() {
                waiting.retain(|old| !stale(old, &newer));
                waiting.push_back(newer);
            }
            let next = waiting.iter().position(&urgent).unwrap_or(0);
            let Some(job) = waiting.remove(next) else {
                continue;
            };
            if let Some(event) = work(job)
                && out.send(Message::Event(event)).is_err()
            {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .expect("the system gives threads");
    jobs
}

pub fn files(root: &Path, folder: Option<PathBuf>, out: Sender<Message>) -> Sender<FileJob> {
    let root = root.to_owned();
    spawn(
        "files",
        out,
        |old, new| match (old, new) {
            (FileJob::Keep { path: old, .. }, FileJob::Keep { path: new, .. }) => old == new,
            (FileJob::List, FileJob::List) => true,
            _ => false,
        },
        |_| false,
        move |job| {
            // Where nothing can be kept, nothing is: editing goes on.
            let folder = folder.as_deref();
            Some(match job {
                FileJob::Keep { path, text } => {
                    let why = crate::swap::keep(folder?, &path, &text).err()?;
                    Event::Trouble(format!("unsaved text cannot be kept: {why}"))
                }
                FileJob::Grep { regex, open, title } => {
                    Event::Grepped(title, disk::search(&root, &regex, &open))
                }
                FileJob::Drop(path) => {
                    crate::swap::drop_kept(folder?, &path);
                    return None;
                }
                FileJob::Find(path) => {
                    let (text, age, running) = crate::swap::find(folder?, &path)?;
                    Event::SwapFound {
                        path,
                        text,
                        age,
                        running,
                    }
                }
                FileJob::Session(text) => {
                    let why = crate::swap::keep_session(folder?, &text).err()?;
                    Event::Trouble(format!("the session cannot be kept: {why}"))
                }
                FileJob::Configure(path, values) => {
                    let why = crate::swap::configure(&path, &values).err()?;
                    Event::Trouble(format!("{}: {why}", path.display()))
                }
                FileJob::Lesson(path, lesson) => {
                    let why = crate::swap::keep_lesson(&path, lesson).err()?;
                    Event::Trouble(format!("the place in the tutorial cannot be kept: {why}"))
                }
                FileJob::Stat(all) => Event::Stamps(
                    all.into_iter()
                        .map(|(id, path)| (id, disk::look(&path)))
                        .collect(),
                ),
                FileJob::End(done) => {
                    let _ = done.send(());
                    return None;
                }
                FileJob::Read { path, goto, revert } => {
                    let result = disk::read(&path);
                    Event::FileRead {
                        path,
                        goto,
                        result,
                        revert,
                    }
                }
                FileJob::Peek(path) => {
                    let text = disk::read(&path).ok().map(|(text, _)| text);
                    Event::Peeked(path, text)
                }
                FileJob::Write {
                    doc,
                    path,
                    text,
                    revision,
                    expected,
                    then,
                } => {
                    let result = disk::write(&path, &text, expected);
                    Event::FileWritten {
                        doc,
                        revision,
                        then,
                        result,
                    }
                }
                FileJob::List => Event::Files(Arc::new(disk::list(&root).into())),
            })
        },
    )
}

pub fn parser(language: Option<Arc<Language>>, out: Sender<Message>) -> Sender<ParseJob> {
    let stale = |old: &ParseJob, new: &ParseJob| match (old, new) {
        (ParseJob::Parse { doc: old, .. }, ParseJob::Parse { doc: new, .. }) => old == new,
        _ => false,
    };
    spawn(
        "parser",
        out,
        stale,
        |_| false,
        move |job| match job {
            ParseJob::Parse {
                doc,
                version,
                text,
                old,
            } => {
                let tree = language.as_ref()?.parse(&text, old.as_ref())?;
                Some(Event::Parsed { doc, version, tree })
            }
            ParseJob::Discard(tree) => {
                drop(tree);
                None
            }
        },
    )
}

/// Formats; of what was asked for by itself only the newest, but each save is waited for.
pub fn formatter(out: Sender<Message>) -> Sender<Formatting> {
    let stale = |old: &Formatting, new: &Formatting| {
        old.doc == new.doc && old.saving.is_none() && new.saving.is_none()
    };
    let work = |wanted: Formatting| Some(Event::Formatted(wanted.run()));
    spawn("formatter", out, stale, |_| false, work)
}

pub fn analyser(mut analyser: Box<dyn Analyser>, out: Sender<Message>) -> Sender<AnalyseJob> {
    let stale = |old: &AnalyseJob, new: &AnalyseJob| match (old, new) {
        (AnalyseJob::Check { doc: old, .. }, AnalyseJob::Check { doc: new, .. }) => old == new,
        (AnalyseJob::Ask(old), AnalyseJob::Ask(new)) => old.topic.same_kind(&new.topic),
        _ => false,
    };
    // A change here may be a mistake there: the other open files are told of too, after the one that changed.
    let mut open: HashMap<usize, (PathBuf, u64, Rope)> = HashMap::new();
    let tell = out.clone();
    // Who types waits for these; what is wrong can be said later.
    let urgent =
        |job: &AnalyseJob| !matches!(job, AnalyseJob::Check { .. } | AnalyseJob::Close { .. });
    spawn("analyser", out, stale, urgent, move |job| {
        Some(match job {
            AnalyseJob::Check {
                doc,
                path,
                version,
                text,
            } => {
                let diagnostics = analyser.diagnostics(&path, &text);
                tell.send(Message::Event(Event::Diagnosed {
                    doc,
                    version,
                    diagnostics,
                }))
                .ok()?;
                open.insert(doc, (path, version, text));
                for (other, (path, version, text)) in open.iter().filter(|(id, _)| **id != doc) {
                    let diagnostics = analyser.diagnostics(path, text);
                    tell.send(Message::Event(Event::Diagnosed {
                        doc: *other,
                        version: *version,
                        diagnostics,
                    }))
                    .ok()?;
                }
                return None;
            }
            AnalyseJob::Close { doc, path } => {
                open.remove(&doc);
                analyser.closed(&path);
                for (doc, (path, version, text)) in &open {
                    let diagnostics = analyser.diagnostics(path, text);
                    tell.send(Message::Event(Event::Diagnosed {
                        doc: *doc,
                        version: *version,
                        diagnostics,
                    }))
                    .ok()?;
                }
                return None;
            }
            AnalyseJob::Define {
                path,
                text,
                at,
                name,
            } => Event::Defined {
                name,
                place: analyser.definition(&path, &text, at),
            },
            AnalyseJob::Ask(question) => Event::Answered(Answer {
                found: analyser.answer(&question),
                number: question.number,
                doc: question.doc,
                version: question.version,
                topic: question.topic,
            }),
            AnalyseJob::Hover { path, text, at } => {
                Event::Hovered(analyser.hover(&path, &text, at))
            }
        })
    })
}
