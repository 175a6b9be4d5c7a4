//! What events do to the model. Pure: no clock, no files, no sockets; what the world should do comes out as effects.
//!
//! Keys become commands here (`keys` and `mouse`), commands are run in `actions`, files in `files`, the image in `image`.

mod actions;
mod asked;
mod breaks;
mod debug;
mod files;
mod format;
mod guide;
mod heaps;
mod image;
mod inspect;
mod keys;
mod lang;
mod lists;
mod mouse;
mod moves;
mod offers;
mod panels;
mod past;
mod pickers;
mod processes;
mod rollback;
mod session;
mod tests;
mod traps;
mod tutor;
mod typed;

pub use actions::help_rows;
pub use guide::welcome;
pub use image::start;
pub use lang::hints;
pub use typed::{candidates, preset};

/// Milliseconds between two looks at the open files on disk.
const LOOK: u64 = 2000;

use crate::analysis::Definition;
use crate::editor::edit;
use crate::layout::{self, Layout};
use crate::state::{Effect, Event, Panel, State, Tone};

/// Changes the model; gives back what is to be done.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut out = Vec::new();
    if matches!(event, Event::Key(_) | Event::Mouse(_) | Event::Paste(_)) {
        image::attend(state);
    }
    match event {
        Event::Key(key) => keys::key(state, key, &mut out),
        Event::Mouse(mouse) => mouse::mouse(state, mouse, &mut out),
        Event::Paste(text) => keys::paste(state, &text),
        Event::Resize(width, height) => state.size = (width, height),
        Event::Tick(now) => {
            state.now = now;
            for doc in &mut state.editor.docs {
                doc.set_clock(now);
            }
            image::poll(state, &mut out);
            lang::tick(state, &mut out);
            if now >= state.looked + LOOK && !state.editor.docs.is_empty() {
                state.looked = now;
                let all = state.editor.docs.iter().map(|d| (d.id, d.path.clone()));
                out.push(Effect::Stat(all.collect()));
            }
        }
        Event::SwapFound {
            path,
            text,
            age,
            running,
        } => session::found(state, &path, text, age, running),
        Event::Grepped(tests::SCAN, found) => tests::scanned(state, found),
        Event::Grepped(title, found) => pickers::lines(state, title, found),
        Event::Session(text) => session::restore(state, &text, &mut out),
        Event::Stamps(all) => session::stamps(state, all, &mut out),
        Event::Connected => image::connected(state, &mut out),
        Event::NoImage(why) => image::lost(state, why),
        Event::Image(incoming) => image::incoming(state, incoming, &mut out),
        Event::ImageSays(line) => image::says(state, &line),
        Event::FileRead {
            path,
            goto,
            result,
            revert,
        } => files::read(state, path, goto, result, revert, &mut out),
        Event::Peeked(path, text) => {
            state.sources.insert(path, text);
        }
        Event::FileWritten {
            doc,
            revision,
            then,
            result,
        } => files::written(state, doc, revision, then, result, &mut out),
        Event::Files(files) => {
            if state.files.is_empty() {
                tests::scan(state, &mut out);
            }
            state.files = files;
        }
        Event::Found => pickers::look(state),
        Event::Tested(run, said) => tests::said(state, run, &said),
        Event::TestsOver(run, why) => tests::over(state, run, why),
        Event::Parsed { doc, version, tree } => {
            if let Some(doc) = state.editor.docs.iter_mut().find(|d| d.id == doc) {
                out.extend(doc.syntax.install(version, tree).map(Effect::Discard));
            }
        }
        Event::Formatted(done) => format::formatted(state, done, &mut out),
        Event::Diagnosed {
            doc,
            version,
            diagnostics,
        } => {
            if let Some(doc) = state
                .editor
                .docs
                .iter_mut()
                .find(|d| d.id == doc && d.version() == version)
            {
                doc.diagnostics = diagnostics;
            }
        }
        Event::Defined { name, place } => match place {
            Some(Definition::Here(path, line, column)) => {
                files::goto(state, path, Some((line, column)), &mut out)
            }
            Some(Definition::Library(title, text)) => {
                state.popup = Some(crate::state::Popup::Info { title, text })
            }
            None => state.say(Tone::Bad, format!("no definition of `{name}` found")),
        },
        Event::Hovered(text) => match text {
            Some(text) => {
                state.popup = Some(crate::state::Popup::Info {
                    title: "here".to_owned(),
                    text,
                })
            }
            None => state.say(Tone::Plain, "nothing is known about this place"),
        },
        Event::Answered(answer) => lang::answered(state, answer, &mut out),
        Event::Ground(light) => guide::ground(state, light),
        Event::Trouble(text) => state.say(Tone::Bad, text),
    }
    settle(state, &mut out);
    tutor::follow(state, &mut out);
    out
}

/// After every event: the window follows the cursor, lists stay inside their rows, changed texts are parsed.
fn settle(state: &mut State, out: &mut Vec<Effect>) {
    let layout = Layout::of(state);
    if let (Some(slot), Some(doc)) = (layout.find(Panel::Editor), state.editor.doc()) {
        let gutter = layout::gutter(doc, slot.area.width);
        let (rows, cols) = (
            usize::from(slot.area.height),
            usize::from(slot.area.width.saturating_sub(gutter)),
        );
        let resized = (state.editor.rows, state.editor.cols) != (rows, cols);
        (state.editor.rows, state.editor.cols) = (rows, cols);
        let wrap = state.editor.wrap_at();
        let doc = &mut state.editor.docs[state.editor.current];
        // Whoever goes into a fold opens it.
        let (text, line) = (doc.text().clone(), doc.line());
        if !doc.folds.is_empty() && doc.folds.open(&text, line, false) {
            state.editor.follow = true;
        }
        if (state.editor.follow || resized) && rows > 0 {
            edit::follow_cursor(doc, rows, cols, wrap, state.settings.margin);
        }
        state.editor.follow = false;
    }
    for doc in &mut state.editor.docs {
        if doc.path.extension().is_some_and(|e| e == "nos") {
            doc.compare();
        }
    }
    tests::follow(state);
    let height = |panel| layout.find(panel).map_or(1, |s| usize::from(s.area.height));
    let files = if layout.find(Panel::Tree).is_some() {
        state.tree.rows(&state.files).len()
    } else {
        0
    };
    state.tree.cursor.fit(files, height(Panel::Tree));
    if layout.find(Panel::Processes).is_some() {
        let rows = state.process_rows();
        state
            .processes
            .fit(rows, height(Panel::Processes).saturating_sub(1));
    }
    state.mailbox.fit(
        state.detail.messages.len(),
        height(Panel::Mailbox).saturating_sub(1),
    );
    state
        .stack
        .fit(state.detail.frames.len(), height(Panel::Stack));
    // What is not on the screen stays as it is.
    let room = |panel, above: usize| {
        layout
            .find(panel)
            .map(|_| height(panel) - above.min(height(panel)))
    };
    if layout.find(Panel::Heap).is_some() {
        let (rows, above) = (state.heap_rows(), crate::view::heap_above(state));
        if let Some(room) = room(Panel::Heap, above) {
            state.heap_cursor().fit(rows, room);
        }
    }
    if let Some(room) = room(Panel::Snapshots, 1) {
        state.heaps.list.fit(state.heaps.snaps.len(), room);
    }
    if let Some(room) = room(Panel::Workers, 1) {
        state.workers.fit(state.image.workers.len(), room);
    }
    if let Some(room) = room(Panel::Collectors, 1) {
        state.collectors.fit(state.collectors().len(), room);
    }
    if let Some(room) = room(Panel::Collections, 1) {
        let rows = state.shown_collections().len();
        state.collections.fit(rows, room);
    }
    if layout.find(Panel::Tests).is_some() {
        let rows = state.tests.rows(&state.root).len();
        state.tests.cursor.fit(rows, height(Panel::Tests));
    }
    let stop = state.debugged.and_then(|pid| state.stops.get(&pid));
    let (frames, rows) = stop.map_or((0, 0), |s| (s.frames.len(), s.rows().len()));
    state.frames.fit(frames, height(Panel::Frames));
    state.locals.fit(rows, height(Panel::Locals));
    let events = state.past_events().len();
    state.past.fit(events, height(Panel::Past));
    panels::settle(state, &layout);
    if let Some(text) = state.editor.registers.clipboard.take() {
        out.push(Effect::Copy(text));
    }
    files::follow_edits(state, out);
    lang::settle(state, out);
    session::keep(state, out);
    files::peek(state, out);
}
