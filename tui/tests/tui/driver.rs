//! Drives the model as the shell does, but in one thread: effects are done at once against a scripted image and real files.

use crate::fake::{self, World};
use nostos_tui::analysis::question::{Answer, Found};
use nostos_tui::analysis::{Analyser, Ide};
use nostos_tui::client::Incoming;
use nostos_tui::disk;
use nostos_tui::editor::document::{Diag, Severity};
use nostos_tui::keys;
use nostos_tui::state::{Ask, Effect, Event, State};
use nostos_tui::update::{self, update};
use nostos_tui::view::{Caret, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;

/// A model, its image and its project on disk.
pub struct Driver {
    pub state: State,
    pub world: World,
    pub root: PathBuf,
    pub quit: bool,
    pub copied: Vec<String>,
    now: u64,
    alive: bool,
    /// Unsaved texts that were kept.
    pub kept: HashMap<PathBuf, String>,
    /// Unsaved texts that are found when a file is opened.
    pub found: HashMap<PathBuf, String>,
    /// The session that was kept.
    pub session: Option<String>,
    /// Who answers questions about the language, besides the script.
    pub analyser: Option<Ide>,
    /// Answers that have not arrived: they wait here while `slow`.
    pub late: Vec<Answer>,
    /// The analysis takes its time.
    pub slow: bool,
    /// The lesson of the tutorial that was kept.
    pub lesson: Option<usize>,
    /// The program gives way to the tutorial.
    pub tutor: bool,
    /// Starting the image fails with these words.
    pub broken: Option<String>,
    /// What a run of tests says; none: it goes on.
    pub tested: Option<Vec<serde_json::Value>>,
    /// The runs that were asked for: number, titles.
    pub runs: Vec<(u32, Vec<String>)>,
    /// Runs that were stopped.
    pub stopped: usize,
    /// The test that the image was started with.
    pub debugged: Option<String>,
}

impl Driver {
    /// The bank, with `bank.nos` open and the image live.
    pub fn new(name: &str, size: (u16, u16)) -> Driver {
        let root = project(name);
        let mut driver = Driver::bare(root, size);
        driver.open("bank.nos");
        driver.start();
        driver
    }

    /// A model without a file and without an image.
    pub fn bare(root: PathBuf, size: (u16, u16)) -> Driver {
        let mut state = State::new(root.clone(), size);
        state.name = "bank".to_owned();
        state.editor.language = nostos_tui::grammar::language();
        Driver {
            state,
            world: World::new(),
            root,
            quit: false,
            copied: Vec::new(),
            now: 0,
            alive: false,
            analyser: None,
            late: Vec::new(),
            slow: false,
            broken: None,
            lesson: None,
            tutor: false,
            kept: HashMap::new(),
            found: HashMap::new(),
            session: None,
            tested: None,
            runs: Vec::new(),
            stopped: 0,
            debugged: None,
        }
    }

    pub fn start(&mut self) {
        let mut effects = vec![Effect::ListFiles];
        update::start(&mut self.state, &mut effects);
        self.perform(effects);
        self.wait(0);
    }

    /// The bank has tests, and a run of them says what became of them.
    pub fn with_tests(&mut self) {
        std::fs::write(self.root.join("bank_test.nos"), fake::TESTS).expect("it is writable");
        self.tested = Some(fake::tested(&self.root));
        self.perform(vec![Effect::ListFiles]);
    }

    pub fn open(&mut self, file: &str) {
        let path = self.root.join(file);
        self.perform(vec![Effect::Read {
            path,
            goto: None,
            revert: false,
        }]);
    }

    /// Types keys in the notation of the key table.
    pub fn keys(&mut self, script: &str) {
        for key in keys::parse(script).expect("the test's keys are written right") {
            self.event(Event::Key(key));
        }
    }

    /// The answers that were late arrive.
    pub fn answers(&mut self) {
        self.slow = false;
        for answer in std::mem::take(&mut self.late) {
            self.event(Event::Answered(answer));
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.event(Event::Tick(self.now));
    }

    pub fn event(&mut self, event: Event) {
        let effects = update(&mut self.state, event);
        self.perform(effects);
    }

    /// The image dies.
    pub fn kill(&mut self) {
        self.alive = false;
        self.event(Event::Image(Incoming::Lost(
            "the image was killed by signal 9".to_owned(),
        )));
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut queue: VecDeque<Effect> = effects.into();
        while let Some(effect) = queue.pop_front() {
            let mut events = Vec::new();
            match effect {
                Effect::StartImage => match &self.broken {
                    Some(why) => events.push(Event::NoImage(why.clone())),
                    None => {
                        let crowd = self.world.crowd;
                        self.world = World::new();
                        self.world.crowd = crowd;
                        self.alive = true;
                        events.push(Event::Connected);
                    }
                },
                Effect::StartTest(title) => {
                    self.debugged = Some(title);
                    self.world = World::new();
                    self.alive = true;
                    events.push(Event::Connected);
                }
                Effect::RunTests { run, titles, .. } => {
                    self.runs.push((run, titles));
                    if let Some(said) = &self.tested {
                        let each = said.iter().cloned();
                        events.extend(each.map(|said| Event::Tested(run, said)));
                        events.push(Event::TestsOver(run, None));
                    }
                }
                Effect::StopTests => self.stopped += 1,
                Effect::StopImage => {
                    self.alive = false;
                    events.push(Event::Image(Incoming::Lost(
                        "the image was stopped".to_owned(),
                    )));
                }
                Effect::Request(tag, command, arguments) if self.alive => {
                    events.extend(self.ask(tag, command, &arguments))
                }
                Effect::Request(..) => {}
                Effect::Read { path, goto, revert } => {
                    let result = disk::read(&path);
                    events.push(Event::FileRead {
                        path,
                        goto,
                        result,
                        revert,
                    });
                }
                Effect::Peek(path) => {
                    let text = disk::read(&path).ok().map(|(text, _)| text);
                    events.push(Event::Peeked(path, text));
                }
                Effect::Write {
                    doc,
                    path,
                    text,
                    revision,
                    expected,
                    then,
                } => {
                    let result = disk::write(&path, &text, expected);
                    events.push(Event::FileWritten {
                        doc,
                        revision,
                        then,
                        result,
                    });
                }
                Effect::ListFiles => events.push(Event::Files(std::sync::Arc::new(
                    disk::list(&self.root).into(),
                ))),
                Effect::Parse {
                    doc,
                    version,
                    text,
                    old,
                } => {
                    let language = self.state.editor.language.clone();
                    let tree = language.and_then(|l| l.parse(&text, old.as_ref()));
                    events.extend(tree.map(|tree| Event::Parsed { doc, version, tree }));
                }
                Effect::Format(wanted) => events.push(Event::Formatted(wanted.run())),
                Effect::Analyse {
                    doc,
                    version,
                    text,
                    path,
                } if self.analyser.is_some() => {
                    let analyser = self.analyser.as_mut().expect("there is one");
                    let diagnostics = analyser.diagnostics(&path, &text);
                    events.push(Event::Diagnosed {
                        doc,
                        version,
                        diagnostics,
                    });
                }
                Effect::Closed { path, .. } => {
                    if let Some(analyser) = &mut self.analyser {
                        analyser.closed(&path);
                    }
                }
                Effect::Analyse {
                    doc, version, text, ..
                } => {
                    // The scripted analyser knows one mistake.
                    let text = text.to_string();
                    let found = text.find("retyr").map(|byte| {
                        let from = text[..byte].chars().count();
                        let hint = Some("did you mean retry?".to_owned());
                        Diag {
                            from,
                            to: from + 5,
                            severity: Severity::Error,
                            message: "unknown function `retyr`".to_owned(),
                            hint,
                            fix: vec![(from, from + 5, "retry".to_owned())],
                        }
                    });
                    events.push(Event::Diagnosed {
                        doc,
                        version,
                        diagnostics: found.into_iter().collect(),
                    });
                }
                Effect::Define {
                    path,
                    text,
                    at,
                    name,
                } => {
                    use nostos_tui::analysis::Textual;
                    let place = Textual {
                        root: self.root.clone(),
                    }
                    .definition(&path, &text, at);
                    events.push(Event::Defined { name, place });
                }
                Effect::Question(q) => {
                    let found = match &mut self.analyser {
                        Some(analyser) => analyser.answer(&q),
                        None => Found::Nothing,
                    };
                    let answer = Answer {
                        number: q.number,
                        doc: q.doc,
                        version: q.version,
                        topic: q.topic,
                        found,
                    };
                    if self.slow {
                        self.late.push(answer);
                    } else {
                        events.push(Event::Answered(answer));
                    }
                }
                Effect::Hover { .. } => events.push(Event::Hovered(Some(
                    "loop : (Int, List[Int]) -> ()".to_owned(),
                ))),
                Effect::Grep { regex, open, title } => {
                    events.push(Event::Grepped(
                        title,
                        disk::search(&self.root, &regex, &open),
                    ));
                }
                Effect::Swap { path, text } => {
                    self.kept.insert(path, text.to_string());
                }
                Effect::Unswap(path) => {
                    self.kept.remove(&path);
                    self.found.remove(&path);
                }
                Effect::FindSwap(path) => {
                    if let Some(text) = self.found.get(&path) {
                        let text = ropey::Rope::from_str(text);
                        events.push(Event::SwapFound {
                            path,
                            text,
                            age: 90,
                            running: None,
                        });
                    }
                }
                Effect::KeepSession(text) => self.session = Some(text),
                Effect::Stat(all) => {
                    let all = all.into_iter().map(|(id, path)| (id, disk::look(&path)));
                    events.push(Event::Stamps(all.collect()));
                }
                Effect::Copy(text) => self.copied.push(text),
                Effect::Quit => self.quit = true,
                Effect::Configure(path, values) => {
                    nostos_tui::swap::configure(&path, &values).expect("it is writable")
                }
                Effect::KeepLesson(lesson) => self.lesson = Some(lesson),
                Effect::Tutor => self.tutor = true,
                Effect::Suspend | Effect::Redraw | Effect::Discard(_) => {}
            }
            for event in events {
                queue.extend(update(&mut self.state, event));
            }
        }
    }

    fn ask(&mut self, tag: Ask, command: &str, arguments: &serde_json::Value) -> Vec<Event> {
        let found = self.world.handle(command, arguments);
        if found.hangs_up {
            self.alive = false;
            return vec![Event::Image(Incoming::Lost(
                "the image was killed by signal 9".to_owned(),
            ))];
        }
        let mut out = vec![Event::Image(Incoming::Reply {
            tag,
            result: found.reply,
            micros: 400,
        })];
        out.extend(found.events.into_iter().map(|(name, body)| {
            Event::Image(Incoming::Event {
                name: name.to_owned(),
                body,
            })
        }));
        out
    }

    /// The screen as a buffer.
    pub fn draw(&self) -> (Buffer, Option<Caret>) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.state.size.0, self.state.size.1));
        let caret = view(&self.state, &mut buffer);
        (buffer, caret)
    }

    /// The screen as text; the cursor is shown below it.
    pub fn screen(&self) -> String {
        let (buffer, caret) = self.draw();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += unicode_width::UnicodeWidthStr::width(symbol).max(1) as u16;
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        if let Some(c) = caret {
            out.push_str(&format!(
                "cursor {},{} {}\n",
                c.x,
                c.y,
                if c.bar { "bar" } else { "block" }
            ));
        }
        out
    }

    /// The text of the open document.
    pub fn text(&self) -> String {
        self.state
            .editor
            .doc()
            .map(|d| d.text().to_string())
            .unwrap_or_default()
    }
}

/// A fresh project on disk.
pub fn project(name: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("nostos-tui-test-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).expect("the temporary directory is writable");
    std::fs::write(root.join("bank.nos"), fake::BANK).expect("it is");
    std::fs::write(root.join("main.nos"), fake::MAIN).expect("it is");
    std::fs::canonicalize(root).expect("it is there")
}
