//! The shell around the model: the terminal, threads, files, the image. Everything that is not pure is here or called from here.
//!
//! Threads send messages to one loop; the loop hands events to `update`, does the effects, and draws when something changed. While
//! nothing happens it sleeps.

mod ground;
mod terminal;
mod tests;
mod workers;

use crate::analysis::{Analyser, Ide};
use crate::client::{Client, Incoming};
use crate::launch::{Running, Source};
use crate::state::{Ask, Effect, Event, Link, State};
use crate::update::{self, update};
use crate::view::{Caret, view};
use crate::{grammar, theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use terminal::Screen;

/// How the program was started.
pub struct Options {
    /// The project's directory, absolute.
    pub root: PathBuf,
    /// The file to open first, absolute.
    pub file: Option<PathBuf>,
    /// The project's directory, or the one file of it: what its tests are run by.
    pub project: PathBuf,
    /// Where the image comes from.
    pub source: Source,
    /// Colours by name; else chosen by the terminal.
    pub theme: Option<String>,
    /// Marks without Unicode.
    pub ascii: bool,
    /// Keys without modes.
    pub standard: bool,
    /// The file was named, not found.
    pub named: bool,
    /// Nothing is asked and nothing comes back: as if there had been no session.
    pub fresh: bool,
    /// Where to begin in the tutorial, if that is taken.
    pub tutor: Option<usize>,
    /// The last session comes back.
    pub restore: bool,
    /// Mistakes found before, to be said.
    pub wrong: Vec<String>,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The user has left.
    Left,
    /// The user wants to take the tutorial, then come back.
    Tutor,
}

/// The settings of the user and the project, and what is wrong with them; keys are bound at once.
fn configure(root: &std::path::Path) -> (crate::options::Config, Vec<String>) {
    let (mut all, mut wrong) = (crate::options::Config::default(), Vec::new());
    for path in crate::swap::configs(root) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => {
                wrong.push(format!("{}: {e}", path.display()));
                continue;
            }
        };
        match crate::options::parse(&text) {
            Ok(config) => {
                all.settings.extend(config.settings);
                all.keys.extend(config.keys);
            }
            Err(why) => wrong.push(format!("{}: {why}", path.display())),
        }
    }
    if !all.keys.is_empty() {
        let (binds, bad) = crate::commands::merged(&all.keys);
        wrong.extend(bad);
        crate::commands::install(binds);
    }
    (all, wrong)
}

/// What the threads send to the loop.
pub(crate) enum Message {
    Event(Event),
    /// The terminal has a new size.
    Resized,
    /// The terminal has the focus.
    Focused,
    /// The terminal is gone.
    Hangup,
    Started(u32, Result<(UnixStream, Running), String>),
    FromImage(u32, Incoming<Ask>),
    Buried(u32, String),
}

/// The number of an image to start, the one before it, and the test it is to run instead of `main`.
type Start = (u32, Option<Running>, Option<String>);

struct Shell {
    messages: Sender<Message>,
    files: Sender<workers::FileJob>,
    /// As `files`, for what goes through many of them: nobody waits for that to open one.
    searcher: Sender<workers::FileJob>,
    parser: Sender<workers::ParseJob>,
    analyser: Sender<workers::AnalyseJob>,
    formatter: Sender<crate::state::formatting::Formatting>,
    launcher: Sender<Start>,
    tester: tests::Tester,
    /// Counts starts, so that news of an image that was replaced are told from those of the new one.
    generation: Arc<AtomicU32>,
    client: Option<Client<Ask>>,
    running: Option<Running>,
    quit: bool,
    redraw: bool,
    tutor: bool,
    /// Where the progress in the tutorial is kept.
    lesson: Option<PathBuf>,
}

/// Runs until the user leaves.
pub fn run(options: Options) -> io::Result<Exit> {
    let (messages, inbox) = channel();
    let language = grammar::language();
    let analyser: Box<dyn Analyser> = Box::new(Ide::new(options.root.clone()));
    let generation: Arc<AtomicU32> = Arc::default();
    let folder = crate::swap::folder(&options.root);
    let (config, mut wrong) = configure(&options.root);
    let mut shell = Shell {
        files: workers::files(&options.root, folder.clone(), messages.clone()),
        searcher: workers::files(&options.root, None, messages.clone()),
        parser: workers::parser(language.clone(), messages.clone()),
        analyser: workers::analyser(analyser, messages.clone()),
        formatter: workers::formatter(messages.clone()),
        tester: tests::Tester::new(options.project, messages.clone()),
        messages: messages.clone(),
        launcher: launcher(options.source, Arc::clone(&generation), messages.clone())?,
        generation,
        client: None,
        running: None,
        quit: false,
        redraw: false,
        tutor: false,
        lesson: crate::swap::lesson_file(),
    };
    let tell = messages.clone();
    let mut screen = Screen::enter(messages)?;
    let mut state = State::new(options.root.clone(), screen.size()?);
    state.patience = Duration::from_millis(2);
    state.waker = crate::state::Waker(Arc::new(move || {
        // The loop may have ended; then nobody waits for what was found.
        let _ = tell.send(Message::Event(Event::Found));
    }));
    state.editor.language = language;
    state.guide.usual = terminal::theme();
    state.theme = state.guide.usual;
    if options.ascii || terminal::wants_ascii() {
        state.glyphs = theme::Glyphs::ascii();
    }
    state.config = crate::swap::configs(&options.root).into_iter().next();
    wrong.extend(options.wrong);
    wrong.extend(crate::options::apply(&mut state, &config));
    // What was said on the command line and by the terminal comes before what is configured.
    if let Some(theme) = options.theme.as_deref().and_then(theme::Theme::named) {
        (state.theme, state.guide.follow) = (theme, false);
    } else if theme::without_colours() {
        (state.theme, state.guide.follow) = (theme::Theme::mono(), false);
    }
    if options.standard {
        update::preset(&mut state, crate::editor::Preset::Standard);
    }
    let mut effects = vec![Effect::ListFiles];
    let last = folder
        .as_deref()
        .and_then(crate::swap::session)
        .filter(|_| options.restore);
    if let Some(last) = last {
        effects.extend(update(&mut state, Event::Session(last)));
    }
    if let Some(path) = options
        .file
        .filter(|_| state.restoring.is_none() || options.named)
    {
        effects.push(Effect::Read {
            path,
            goto: None,
            revert: false,
        });
    }
    update::start(&mut state, &mut effects);
    if !wrong.is_empty() {
        let (title, text) = ("mistakes in the settings".to_owned(), wrong.join("\n"));
        state.popup = Some(crate::state::Popup::Info { title, text });
    }
    let first = !options.fresh && state.config.as_ref().is_some_and(|c| !c.exists());
    if let Some(lesson) = options.tutor {
        // Its project is thrown away.
        (state.settings.session, state.settings.swap) = (false, false);
        state.guide.tutor = Some(crate::state::Tutor {
            lesson,
            enters: true,
            ..Default::default()
        });
    }
    if first && state.popup.is_none() {
        update::welcome(&mut state);
    }
    shell.perform(effects, &mut screen)?;
    let result = shell.serve(&mut state, &mut screen, &inbox);
    drop(screen);
    // What is to be kept is written before the program ends.
    let (done, last) = channel();
    if shell.files.send(workers::FileJob::End(done)).is_ok() {
        let _ = last.recv_timeout(Duration::from_secs(5));
    }
    shell.client = None;
    if let Some(mut running) = shell.running.take() {
        running.stop();
    }
    result.map(|()| if shell.tutor { Exit::Tutor } else { Exit::Left })
}

impl Shell {
    fn serve(
        &mut self,
        state: &mut State,
        screen: &mut Screen,
        inbox: &Receiver<Message>,
    ) -> io::Result<()> {
        let begun = Instant::now();
        let mut drawn: Option<Option<Caret>> = None;
        let mut asked = false;
        loop {
            let area = Rect::new(0, 0, state.size.0, state.size.1);
            let mut buffer = Buffer::empty(area);
            let caret = view(state, &mut buffer);
            // A frame that equals the last one writes nothing.
            if self.redraw || drawn != Some(caret) || !screen.shows(&buffer) {
                screen.draw(buffer, caret, std::mem::take(&mut self.redraw))?;
                drawn = Some(caret);
            }
            // The first frame waits for no answer.
            if !std::mem::replace(&mut asked, true) && !theme::without_colours() {
                screen.ask_ground()?;
            }
            let now = begun.elapsed().as_millis() as u64;
            let live = state.image.link == Link::Live && state.frozen.is_none();
            // Nothing to ask and nothing to keep: it sleeps.
            let wake = live
                .then_some(state.next_poll)
                .into_iter()
                .chain(state.wake)
                .chain(state.lang.wake)
                .chain(state.tests.run.as_ref().map(|_| now + 1000))
                .min();
            let first = if let Some(wake) = wake {
                match inbox.recv_timeout(Duration::from_millis(wake.saturating_sub(now).max(1))) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            } else {
                match inbox.recv() {
                    Ok(message) => Some(message),
                    Err(_) => return Ok(()),
                }
            };
            self.event(
                state,
                Event::Tick(begun.elapsed().as_millis() as u64),
                screen,
            )?;
            // Everything that has come meanwhile is handled before the next frame, but not without end.
            let mut next = first;
            for _ in 0..1000 {
                let Some(message) = next else { break };
                self.message(state, message, screen)?;
                next = inbox.try_recv().ok();
            }
            if let Some(message) = next {
                self.message(state, message, screen)?;
            }
            if self.quit {
                return Ok(());
            }
        }
    }

    fn event(&mut self, state: &mut State, event: Event, screen: &mut Screen) -> io::Result<()> {
        let effects = update(state, event);
        self.perform(effects, screen)
    }

    fn message(
        &mut self,
        state: &mut State,
        message: Message,
        screen: &mut Screen,
    ) -> io::Result<()> {
        let event = match message {
            Message::Event(event) => event,
            Message::Resized => {
                let (width, height) = screen.size()?;
                self.redraw = true;
                Event::Resize(width, height)
            }
            Message::Focused => {
                if state.guide.follow {
                    screen.ask_ground()?;
                }
                return Ok(());
            }
            Message::Hangup => {
                self.quit = true;
                return Ok(());
            }
            Message::Started(generation, _) if generation != self.current() => return Ok(()),
            Message::Started(_, Err(why)) => Event::NoImage(why),
            Message::Started(generation, Ok((stream, running))) => {
                let messages = self.messages.clone();
                let client = Client::new(stream, move |incoming| {
                    // The loop may have ended; then nobody wants to know.
                    let _ = messages.send(Message::FromImage(generation, incoming));
                });
                match client {
                    Ok(client) => {
                        self.client = Some(client);
                        self.running = Some(running);
                        Event::Connected
                    }
                    Err(e) => Event::NoImage(format!("no connection to the image: {e}")),
                }
            }
            Message::FromImage(generation, _) if generation != self.current() => return Ok(()),
            Message::FromImage(generation, Incoming::Lost(why)) => {
                self.client = None;
                self.bury(generation, why);
                return Ok(());
            }
            Message::FromImage(_, incoming) => Event::Image(incoming),
            Message::Buried(generation, _) if generation != self.current() => return Ok(()),
            Message::Buried(_, why) => Event::Image(Incoming::Lost(why)),
        };
        self.event(state, event, screen)
    }

    /// The number of the newest image.
    fn current(&self) -> u32 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Finds out how an image ended, without keeping the screen waiting.
    fn bury(&mut self, generation: u32, why: String) {
        let Some(running) = self.running.take() else {
            let _ = self.messages.send(Message::Buried(generation, why));
            return;
        };
        let messages = self.messages.clone();
        std::thread::spawn(move || {
            let _ = messages.send(Message::Buried(generation, running.bury()));
        });
    }

    fn perform(&mut self, effects: Vec<Effect>, screen: &mut Screen) -> io::Result<()> {
        // A worker whose thread has died has said so already; its jobs are lost.
        for effect in effects {
            match effect {
                Effect::StartImage => self.start(None),
                Effect::StartTest(title) => self.start(Some(title)),
                Effect::RunTests { run, titles, limit } => self.tester.run(run, &titles, limit),
                Effect::StopTests => self.tester.stop(),
                Effect::StopImage => {
                    if self.client.take().is_some() {
                        if let Some(running) = &mut self.running {
                            running.stop();
                        }
                        self.bury(self.current(), "the image was stopped".to_owned());
                    }
                }
                Effect::Request(ask, command, arguments) => {
                    if let Some(client) = &mut self.client
                        && let Err(e) = client.request(ask, command, &arguments)
                    {
                        self.client = None;
                        self.bury(self.current(), format!("the image does not listen: {e}"));
                    }
                }
                Effect::Read { path, goto, revert } => {
                    let _ = self
                        .files
                        .send(workers::FileJob::Read { path, goto, revert });
                }
                Effect::Peek(path) => {
                    let _ = self.files.send(workers::FileJob::Peek(path));
                }
                Effect::Write {
                    doc,
                    path,
                    text,
                    revision,
                    expected,
                    then,
                } => {
                    let _ = self.files.send(workers::FileJob::Write {
                        doc,
                        path,
                        text,
                        revision,
                        expected,
                        then,
                    });
                }
                Effect::Grep { regex, open, title } => {
                    let _ = self
                        .searcher
                        .send(workers::FileJob::Grep { regex, open, title });
                }
                Effect::Swap { path, text } => {
                    let _ = self.files.send(workers::FileJob::Keep { path, text });
                }
                Effect::Unswap(path) => {
                    let _ = self.files.send(workers::FileJob::Drop(path));
                }
                Effect::FindSwap(path) => {
                    let _ = self.files.send(workers::FileJob::Find(path));
                }
                Effect::KeepSession(text) => {
                    let _ = self.files.send(workers::FileJob::Session(text));
                }
                Effect::Stat(all) => {
                    let _ = self.files.send(workers::FileJob::Stat(all));
                }
                Effect::ListFiles => {
                    let _ = self.searcher.send(workers::FileJob::List);
                }
                Effect::Parse {
                    doc,
                    version,
                    text,
                    old,
                } => {
                    let _ = self.parser.send(workers::ParseJob::Parse {
                        doc,
                        version,
                        text,
                        old,
                    });
                }
                Effect::Discard(tree) => {
                    let _ = self.parser.send(workers::ParseJob::Discard(tree));
                }
                Effect::Format(wanted) => {
                    let _ = self.formatter.send(wanted);
                }
                Effect::Analyse {
                    doc,
                    path,
                    version,
                    text,
                } => {
                    let _ = self.analyser.send(workers::AnalyseJob::Check {
                        doc,
                        path,
                        version,
                        text,
                    });
                }
                Effect::Closed { doc, path } => {
                    let _ = self.analyser.send(workers::AnalyseJob::Close { doc, path });
                }
                Effect::Define {
                    path,
                    text,
                    at,
                    name,
                } => {
                    let _ = self.analyser.send(workers::AnalyseJob::Define {
                        path,
                        text,
                        at,
                        name,
                    });
                }
                Effect::Question(question) => {
                    let _ = self.analyser.send(workers::AnalyseJob::Ask(question));
                }
                Effect::Hover { path, text, at } => {
                    let _ = self
                        .analyser
                        .send(workers::AnalyseJob::Hover { path, text, at });
                }
                Effect::Copy(text) => screen.copy(&text)?,
                Effect::Configure(path, values) => {
                    let _ = self.files.send(workers::FileJob::Configure(path, values));
                }
                Effect::KeepLesson(lesson) => {
                    if let Some(path) = self.lesson.clone() {
                        let _ = self.files.send(workers::FileJob::Lesson(path, lesson));
                    }
                }
                Effect::Tutor => self.tutor = true,
                Effect::Suspend => {
                    screen.suspend()?;
                    self.redraw = true;
                    let _ = self.messages.send(Message::Resized);
                }
                Effect::Redraw => self.redraw = true,
                Effect::Quit => self.quit = true,
            }
        }
        Ok(())
    }

    fn start(&mut self, test: Option<String>) {
        let generation = self.generation.fetch_add(1, Ordering::SeqCst) + 1;
        self.client = None;
        // The thread has ended only if the program is ending.
        let _ = self.launcher.send((generation, self.running.take(), test));
    }
}

/// The thread that starts images. It lives as long as the program, because images end with the thread that started them.
fn launcher(
    source: Source,
    newest: Arc<AtomicU32>,
    messages: Sender<Message>,
) -> io::Result<Sender<Start>> {
    let (starts, inbox) = channel::<Start>();
    let work = move || {
        while let Ok((generation, old, test)) = inbox.recv() {
            drop(old);
            let stale = || newest.load(Ordering::SeqCst) != generation;
            if !stale()
                && messages
                    .send(Message::Started(
                        generation,
                        source.open(test.as_deref(), &stale),
                    ))
                    .is_err()
            {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("launcher".to_owned())
        .spawn(work)?;
    Ok(starts)
}
