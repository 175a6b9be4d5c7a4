//! The tutorial: lessons as text, and what tells that a step of one is done.
//!
//! A lesson is a file of lines. `title`, `file` (opened when the lesson begins), `say` (what it is about), and steps: for whom
//! (`all`, `helix`, `standard`), what must hold, `|`, what to do. Commands in braces become the keys of whoever reads.

use super::tests::TestState;
use super::{Link, Panel, Popup, State, VIEWS, View};
use crate::commands::{Cmd, Ctx, by_name, keys_of};
use crate::editor::{Mode, Preset, motion};
use std::sync::OnceLock;

const TEXTS: &[&str] = &[
    include_str!("../../tutor/lessons/01.txt"),
    include_str!("../../tutor/lessons/02.txt"),
    include_str!("../../tutor/lessons/03.txt"),
    include_str!("../../tutor/lessons/04.txt"),
    include_str!("../../tutor/lessons/05.txt"),
    include_str!("../../tutor/lessons/06.txt"),
    include_str!("../../tutor/lessons/07.txt"),
    include_str!("../../tutor/lessons/08.txt"),
    include_str!("../../tutor/lessons/09.txt"),
    include_str!("../../tutor/lessons/10.txt"),
    include_str!("../../tutor/lessons/11.txt"),
    include_str!("../../tutor/lessons/12.txt"),
];

/// The files of the project the tutorial works on: name and text.
pub const PROJECT: &[(&str, &str)] = &[
    ("main.nos", include_str!("../../tutor/project/main.nos")),
    (
        "practice.txt",
        include_str!("../../tutor/project/practice.txt"),
    ),
];

/// One lesson.
#[derive(Debug, Default)]
pub struct Lesson {
    /// Its name.
    pub title: String,
    /// The file that is opened.
    pub file: Option<String>,
    /// What it is about, for each preset.
    say: Vec<(Option<Preset>, String)>,
    /// What to do.
    steps: Vec<Step>,
}

/// One step of a lesson.
#[derive(Debug)]
pub struct Step {
    preset: Option<Preset>,
    check: String,
    argument: String,
    /// What to do, in words.
    pub words: String,
}

/// How the model was when a step began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    cursor: Option<(usize, usize)>,
    version: Option<(usize, u64)>,
    loaded: Option<u64>,
    values: usize,
    line: Option<u64>,
}

/// Where somebody is in the tutorial.
#[derive(Clone, Debug, Default)]
pub struct Tutor {
    /// The lesson, from 0.
    pub lesson: usize,
    /// The step among those of the preset.
    pub step: usize,
    /// How it was when the step began.
    pub base: Base,
    /// The file of the lesson is to be opened.
    pub enters: bool,
}

/// What a step can wait for, in the lessons' words. A name may need an argument.
pub const CHECKS: &[(&str, bool)] = &[
    ("help", false),
    ("closed", false),
    ("view", true),
    ("at", true),
    ("wide", false),
    ("last", false),
    ("first", false),
    ("inserting", false),
    ("normal", false),
    ("changed", false),
    ("gone", true),
    ("text", true),
    ("saved", false),
    ("list", false),
    ("file", true),
    ("live", false),
    ("value", false),
    ("process", true),
    ("panel", true),
    ("stuck", true),
    ("finding", true),
    ("near", true),
    ("arm", true),
    ("loaded", false),
    ("drained", true),
    ("break-at", true),
    ("stopped", false),
    ("stepped", false),
    ("no-break", false),
    ("running", false),
    ("prefix", false),
    ("tested", false),
];

fn preset(word: &str) -> Result<Option<Preset>, String> {
    match word {
        "all" => Ok(None),
        "helix" => Ok(Some(Preset::Helix)),
        "standard" => Ok(Some(Preset::Standard)),
        _ => Err(format!("`{word}` is nobody")),
    }
}

fn parse(text: &str) -> Result<Lesson, String> {
    let mut out = Lesson::default();
    for line in text.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (first, rest.split_once(" | ")) {
            ("title", _) => out.title = rest.to_owned(),
            ("file", _) => out.file = Some(rest.to_owned()),
            ("say", _) => out.say.push((None, rest.to_owned())),
            (who, Some((check, words))) => {
                let (check, argument) = check.split_once(' ').unwrap_or((check, ""));
                if !CHECKS.contains(&(check, !argument.is_empty())) {
                    return Err(format!("`{check}` is nothing to wait for"));
                }
                out.steps.push(Step {
                    preset: preset(who)?,
                    check: check.to_owned(),
                    argument: argument.to_owned(),
                    words: words.to_owned(),
                });
            }
            (who, None) => match rest.strip_prefix("say ") {
                Some(words) => out.say.push((preset(who)?, words.to_owned())),
                None => return Err(format!("`{line}` is no line of a lesson")),
            },
        }
    }
    Ok(out)
}

/// All lessons.
pub fn lessons() -> &'static [Lesson] {
    static LESSONS: OnceLock<Vec<Lesson>> = OnceLock::new();
    LESSONS.get_or_init(|| {
        let all = TEXTS.iter().map(|text| parse(text));
        all.collect::<Result<_, _>>()
            .expect("the lessons are written in their notation")
    })
}

impl Lesson {
    /// What it is about, for who has these keys.
    pub fn say(&self, keys: Preset) -> String {
        let mine = self.say.iter().filter(|(p, _)| p.is_none_or(|p| p == keys));
        mine.map(|(_, words)| words.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The steps for who has these keys.
    pub fn steps(&self, keys: Preset) -> Vec<&Step> {
        let mine = self.steps.iter();
        mine.filter(|s| s.preset.is_none_or(|p| p == keys))
            .collect()
    }
}

/// The words of a lesson as pieces: text, and whether it is keys. Commands in braces become the keys they have in the editor,
/// `{list:command}` those they have in lists; without keys they are typed.
pub fn pieces(text: &str, keys: Preset) -> Vec<(String, bool)> {
    let editor: &[Ctx] = match keys {
        Preset::Helix => &[Ctx::Always, Ctx::Normal, Ctx::Insert, Ctx::Calm],
        Preset::Standard => &[Ctx::Standard, Ctx::Always, Ctx::Insert],
    };
    let lists = &[
        Ctx::Always,
        Ctx::Debug,
        Ctx::Processes,
        Ctx::List,
        Ctx::Digits,
        Ctx::Calm,
    ];
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, then) = after.split_once('}').unwrap_or((after, ""));
        let (contexts, name): (&[Ctx], &str) = match inside.strip_prefix("list:") {
            Some(name) => (lists, name),
            None => (editor, inside),
        };
        let Some(cmd) = by_name(name) else {
            // A brace of its own: code.
            let at = before.len() + 1;
            out.push((rest[..at].to_owned(), false));
            rest = &rest[at..];
            continue;
        };
        out.push((before.to_owned(), false));
        out.push((spoken(contexts, cmd, name, keys), true));
        rest = then;
    }
    out.push((rest.to_owned(), false));
    out.retain(|(text, _)| !text.is_empty());
    out
}

fn spoken(contexts: &[Ctx], cmd: Cmd, name: &str, keys: Preset) -> String {
    match (keys_of(contexts, cmd), keys) {
        (Some(keys), _) => keys,
        (None, Preset::Helix) => format!(":{name}"),
        (None, Preset::Standard) => format!("^g {name}"),
    }
}

impl State {
    /// How it is now, for the step that begins.
    pub fn tutor_base(&self) -> Base {
        let doc = self.editor.doc();
        Base {
            cursor: doc.map(|d| (d.id, d.cursor())),
            version: doc.map(|d| (d.id, d.version())),
            loaded: self.image.reload.as_ref().map(|(_, at)| *at),
            values: self.repl.answers(),
            line: self.stopped_line(),
        }
    }

    fn stopped_line(&self) -> Option<u64> {
        let stop = self.stops.get(&self.debugged?)?;
        Some(stop.here()?.place.as_ref()?.line as u64)
    }

    fn mailbox_of(&self, name: &str) -> Option<u64> {
        let all = &self.image.processes;
        let found = all.iter().find(|p| p.name.as_deref() == Some(name));
        found.map(|p| p.mailbox)
    }

    /// Whether a step is done.
    pub fn step_done(&self, step: &Step, base: &Base) -> bool {
        let argument = step.argument.as_str();
        let doc = self.editor.doc();
        let text = || doc.map(|d| d.text().to_string()).unwrap_or_default();
        let line = || {
            doc.map(|d| d.text().line(d.line()).to_string())
                .unwrap_or_default()
        };
        match step.check.as_str() {
            "help" => matches!(self.popup, Some(Popup::Help { .. })),
            "list" => matches!(self.popup, Some(Popup::Picker { .. })),
            "closed" => self.popup.is_none() && self.pending.is_empty(),
            "prefix" => !self.pending.is_empty(),
            "view" => VIEWS
                .iter()
                .any(|(_, view, _, name, _)| *view == self.view && name.to_lowercase() == argument),
            "file" => doc.is_some_and(|d| d.name == argument),
            "at" => self.popup.is_none() && self.prompt.is_none() && line().contains(argument),
            "near" => {
                let Some(doc) = doc.filter(|_| self.view == View::Code && self.popup.is_none())
                else {
                    return false;
                };
                let at = doc.line();
                let lines = at.saturating_sub(6)..(at + 7).min(doc.text().len_lines());
                self.tutor_base().cursor != base.cursor
                    && lines
                        .map(|l| doc.text().line(l).to_string())
                        .any(|l| l.contains(argument))
            }
            "wide" => doc.is_some_and(|d| {
                let r = d.selection.primary();
                r.to() - r.from() > 1
            }),
            "last" => doc.is_some_and(|d| d.line() + 2 >= motion::line_count(d.text())),
            "first" => doc.is_some_and(|d| d.line() == 0),
            "inserting" => self.editor.mode == Mode::Insert,
            "normal" => self.editor.mode == Mode::Normal,
            "changed" => self.tutor_base().version != base.version,
            "gone" => !text().contains(argument),
            "text" => text().contains(argument),
            "saved" => doc.is_some_and(|d| !d.is_changed()),
            "live" => self.image.link == Link::Live && self.image.total > 0,
            "value" => self.repl.answers() > base.values,
            "process" => {
                self.view == View::Processes
                    && self
                        .selected_process()
                        .is_some_and(|p| p.name.as_deref() == Some(argument))
            }
            "panel" => self.view == View::Processes && self.panel() == Panel::Mailbox,
            "stuck" => self.mailbox_of(argument).is_some_and(|n| n > 20),
            "finding" => self
                .findings()
                .iter()
                .any(|f| f.key == format!("mailbox {argument}")),
            "arm" => text()
                .lines()
                .any(|l| l.trim_start().starts_with(&format!("{argument}(")) && l.contains("->")),
            "loaded" => {
                self.image.reload.as_ref().is_some_and(|(r, _)| r.ok)
                    && self.image.reload.as_ref().map(|(_, at)| *at) != base.loaded
            }
            "drained" => {
                self.view == View::Processes && self.mailbox_of(argument).is_some_and(|n| n < 20)
            }
            "break-at" => self.breakpoints.iter().any(|(path, all)| {
                let Some(doc) = self.doc_of(path).map(|i| &self.editor.docs[i]) else {
                    return false;
                };
                all.iter().any(|b| {
                    let line = doc.text().get_line(b.line);
                    line.is_some_and(|l| l.to_string().contains(argument))
                })
            }),
            "stopped" => self.stopped_line().is_some(),
            "stepped" => {
                let line = self.stopped_line();
                line.is_some() && line != base.line
            }
            "no-break" => self.breakpoints.values().all(Vec::is_empty),
            "running" => self.stops.is_empty(),
            "tested" => self.tests.all.iter().any(|t| t.state == TestState::Passed),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_written_in_their_notation_and_name_commands() {
        for lesson in TEXTS.iter().map(|t| parse(t).unwrap()) {
            assert!(!lesson.title.is_empty());
            for keys in [Preset::Helix, Preset::Standard] {
                let steps = lesson.steps(keys);
                let words = steps.iter().map(|s| s.words.clone());
                for text in words.chain([lesson.say(keys)]) {
                    assert!(!text.is_empty(), "{}", lesson.title);
                    for inside in text.split('{').skip(1) {
                        let name = inside.split('}').next().unwrap_or_default();
                        let name = name.strip_prefix("list:").unwrap_or(name);
                        assert!(
                            by_name(name).is_some() || name == "`." || name.starts_with('`'),
                            "{name} in {text}"
                        );
                    }
                }
            }
        }
    }
}
