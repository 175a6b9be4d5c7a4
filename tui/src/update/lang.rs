//! The language features: questions to the analysis, what is done with its answers, completion while typing, renaming.
//!
//! Nothing here waits: a question goes out as an effect, and an answer that is not to the newest question of its kind, or to a text
//! that is not there any more, is dropped.

use super::{offers, pickers, typed};
use crate::analysis::question::{Answer, Candidate, FileEdits, Found, Question, Spot, Topic};
use crate::analysis::speaks;
use crate::commands::Cmd;
use crate::editor::change::Transaction;
use crate::editor::document::Document;
use crate::editor::selection::{Range, Selection};
use crate::editor::{Mode, Preset, motion};
use crate::keys::{Code, Key};
use crate::state::{
    Action, Choices, Cursor, Effect, Item, Panel, Popup, PromptKind, State, Tone, View,
};
use crate::text::count;
use ropey::Rope;

/// How long the cursor rests before anybody asks about its place, in milliseconds.
const REST: u64 = 150;

/// Sends a question about the text on the screen.
fn ask(state: &mut State, topic: Topic, out: &mut Vec<Effect>) {
    let everywhere = matches!(
        topic,
        Topic::ProjectSymbols | Topic::References(_) | Topic::Callers(_) | Topic::Rename(..)
    );
    let Some(doc) = state.editor.doc().filter(|d| speaks(&d.path)) else {
        return;
    };
    let open = if everywhere {
        let all = state.editor.docs.iter().filter(|d| speaks(&d.path));
        all.map(|d| (d.path.clone(), d.text().clone())).collect()
    } else {
        Vec::new()
    };
    state.lang.number += 1;
    let number = state.lang.number;
    out.push(Effect::Question(Question {
        number,
        doc: doc.id,
        version: doc.version(),
        path: doc.path.clone(),
        text: doc.text().clone(),
        topic: topic.clone(),
        open,
    }));
    state.lang.wanted.retain(|(t, _)| !t.same_kind(&topic));
    state.lang.wanted.push((topic, number));
}

/// The commands that ask about the place of the cursor.
pub fn ask_here(state: &mut State, cmd: Cmd, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return state.say(Tone::Plain, "no file is open; space f finds one");
    };
    if !speaks(&doc.path) {
        return state.say(Tone::Plain, "this file is not of the language");
    }
    let at = doc.cursor();
    let name = motion::name_at(doc.text(), at);
    match (cmd, name) {
        (Cmd::FindDefinition, _) => ask(state, Topic::ProjectSymbols, out),
        (Cmd::Complete, _) => {
            state.lang.instead = Some(Vec::new());
            state.lang.choices = None;
            state.lang.by_hand = true;
            if state.playing == 0 {
                ask(state, Topic::Complete(at), out);
            }
        }
        (_, None) => state.say(Tone::Plain, "there is no name under the cursor"),
        (Cmd::Callers, Some((from, _))) => ask(state, Topic::Callers(from), out),
        (_, Some((from, _))) => ask(state, Topic::References(from), out),
    }
}

/// Asks for the new name of what is under the cursor.
pub fn ask_name(state: &mut State) {
    let name = state.editor.doc().and_then(|d| {
        let (from, to) = motion::name_at(d.text(), d.cursor())?;
        Some(d.text().slice(from..to).to_string())
    });
    match name {
        Some(name) => typed::open(state, PromptKind::Command, &format!("rename {name}")),
        None => state.say(Tone::Plain, "there is no name under the cursor"),
    }
}

/// Asks what a rename would change.
pub fn rename(state: &mut State, new: &str, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return state.say(Tone::Plain, "no file is open");
    };
    match motion::name_at(doc.text(), doc.cursor()) {
        _ if new.is_empty() => state.say(Tone::Plain, "what shall it be called?"),
        _ if !speaks(&doc.path) => state.say(Tone::Plain, "this file is not of the language"),
        Some((from, _)) => ask(state, Topic::Rename(from, new.to_owned()), out),
        None => state.say(Tone::Plain, "there is no name under the cursor"),
    }
}

/// Renames as it was shown: one step of undo in each file. A file that is not open is opened, changed and not saved.
pub fn rename_now(state: &mut State) {
    let Some((new, files)) = state.lang.renaming.take() else {
        return;
    };
    let stale = files.iter().any(|f| {
        let open = state.doc_of(&f.path);
        open.is_some_and(|i| *state.editor.docs[i].text() != f.text)
    });
    if stale {
        return state.say(
            Tone::Bad,
            "the text has changed meanwhile; nothing is renamed",
        );
    }
    let places: usize = files.iter().map(|f| f.edits.len()).sum();
    let said = in_files(places, files.len());
    for file in files {
        let i = match state.doc_of(&file.path) {
            Some(i) => i,
            None => open_beside(state, &file),
        };
        let doc = &mut state.editor.docs[i];
        doc.commit();
        let transaction = Transaction::new(doc.text(), file.edits);
        doc.edit(transaction, None);
        doc.commit();
    }
    state.editor.follow = true;
    state.say(
        Tone::Good,
        format!("{new}: {said} renamed; space w saves them"),
    );
}

/// Opens a text without showing it.
fn open_beside(state: &mut State, file: &FileEdits) -> usize {
    let id = state.editor.fresh_id();
    let name = state.short(&file.path).into_owned();
    let (path, text) = (file.path.clone(), file.text.clone());
    state
        .editor
        .docs
        .push(Document::new(id, path, name, text, file.disk));
    state.editor.docs.len() - 1
}

fn in_files(places: usize, files: usize) -> String {
    format!(
        "{} in {}",
        count(places as u64, "place"),
        count(files as u64, "file")
    )
}

/// Does what the hint of a diagnostic says, as one step of undo.
pub fn fix(state: &mut State) {
    let Some(doc) = state.editor.doc_mut() else {
        return;
    };
    let at = doc.cursor();
    let Some((diag, _)) = doc.fixable(at) else {
        let why = "nothing on this line can be mended by itself";
        return state.say(Tone::Plain, why);
    };
    let (edits, said) = (diag.fix.clone(), diag.hint.clone());
    doc.commit();
    let transaction = Transaction::new(doc.text(), edits);
    doc.edit(transaction, None);
    doc.commit();
    let text = doc.text().clone();
    if state.editor.mode != Mode::Insert {
        let doc = &mut state.editor.docs[state.editor.current];
        doc.selection = doc.selection.map(|r| r.wide(&text));
    }
    state.editor.follow = true;
    state.say(Tone::Good, format!("done: {}", said.unwrap_or_default()));
}

/// Shows what is left out, or not.
pub fn hints(state: &mut State, on: bool) {
    state.settings.hints = on;
    for doc in &mut state.editor.docs {
        doc.known.hints.clear();
        doc.known.hints_of = None;
    }
    state.lang.wake = Some(state.now);
}

/// The other way round.
pub fn turn_hints(state: &mut State) {
    let on = !state.settings.hints;
    hints(state, on);
    let words = [
        "what is left out is not shown",
        "types and names that are left out are shown",
    ];
    state.say(Tone::Plain, words[usize::from(on)]);
}

/// Takes an answer.
pub fn answered(state: &mut State, mut answer: Answer, out: &mut Vec<Effect>) {
    if !matches!(answer.found, Found::Nothing) {
        state.lang.ready = true;
    }
    if !state.lang.is_newest(&answer.topic, answer.number) {
        return;
    }
    if let Topic::Typed(_) = answer.topic {
        return offers::known(state, answer, out);
    }
    let found = std::mem::replace(&mut answer.found, Found::Nothing);
    match (found, &answer.topic) {
        (Found::Candidates(all), Topic::Complete(at)) => {
            offer(state, answer.doc, answer.version, *at, all)
        }
        (Found::Signature(found), _) => {
            let here = state.editor.doc().is_some_and(|d| d.id == answer.doc);
            let typing = state.editor.mode == Mode::Insert && state.panel() == Panel::Editor;
            state.lang.signature = found.filter(|_| here && typing);
        }
        (Found::Uses(places), _) => {
            if let Some(doc) = same(state, &answer) {
                doc.known.uses = places;
            }
        }
        (Found::Hints(hints), Topic::Hints(lines)) => {
            let lines = lines.clone();
            if let Some(doc) = same(state, &answer) {
                doc.known.hints = hints;
                doc.known.hints_of = Some((answer.version, lines));
            }
        }
        (Found::Symbols(symbols), _) => {
            if let Some(doc) = same(state, &answer) {
                doc.known.symbols = symbols;
                doc.known.symbols_of = Some(answer.version);
            }
        }
        (Found::Spots(spots), topic) => {
            let title = match topic {
                Topic::ProjectSymbols => "definitions",
                Topic::Callers(_) => "callers",
                _ => "references",
            };
            places(state, title, spots);
        }
        (Found::Renamed(Err(why)), _) => state.say(Tone::Bad, why),
        (Found::Renamed(Ok((old, files))), Topic::Rename(_, new)) => {
            let number = files.iter().map(|f| f.edits.len()).sum();
            let mut text = format!("{old} → {new}: {}", in_files(number, files.len()));
            if let [one] = files.as_slice() {
                text.push_str(&format!(" ({})", state.short(&one.path)));
            }
            if number == 0 {
                return state.say(Tone::Plain, "it is called so already");
            }
            state.lang.renaming = Some((new.clone(), files));
            state.popup = Some(Popup::Question {
                text,
                answers: vec![('y', "rename", Action::Rename)],
            });
        }
        (Found::Nothing, topic) => {
            let waited = matches!(
                topic,
                Topic::References(_) | Topic::Callers(_) | Topic::Rename(..)
            );
            if waited {
                state.say(Tone::Plain, "nobody here can answer that");
            }
        }
        (Found::Candidates(_) | Found::Hints(_) | Found::Renamed(_), _) => {}
    }
}

/// The document of an answer, if its text is still the one that was asked about.
fn same<'a>(state: &'a mut State, answer: &Answer) -> Option<&'a mut Document> {
    let mut docs = state.editor.docs.iter_mut();
    docs.find(|d| d.id == answer.doc && d.version() == answer.version)
}

fn places(state: &mut State, title: &'static str, spots: Vec<Spot>) {
    let items = spots.into_iter().map(|s| Item {
        label: s.said,
        detail: s.detail,
        action: Action::Spot(s.path, s.line, s.column),
    });
    let items = items.collect();
    pickers::pick(state, title, items);
}

/// The word before a character: where it begins.
fn word_before(text: &Rope, at: usize) -> usize {
    let mut from = at;
    while from > 0 && is_name(text.char(from - 1)) {
        from -= 1;
    }
    from
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The head of the main cursor, where text is typed.
fn head(doc: &Document) -> usize {
    doc.selection.primary().head.min(doc.text().len_chars())
}

/// Shows what could be typed, if that place is still written at.
fn offer(state: &mut State, id: usize, version: u64, asked_at: usize, all: Vec<Candidate>) {
    let writes = state.editor.mode == Mode::Insert
        && state.panel() == Panel::Editor
        && state.popup.is_none()
        && state.prompt.is_none();
    let by_hand = state.lang.by_hand;
    let Some(doc) = state.editor.doc().filter(|d| d.id == id && writes) else {
        return;
    };
    let (text, at) = (doc.text(), head(doc));
    let from = word_before(text, at);
    // What was typed meanwhile must belong to the same word.
    let same = if version == doc.version() {
        at == asked_at
    } else {
        at > asked_at && from <= asked_at && word_before(text, asked_at) == from
    };
    if !same {
        return;
    }
    let mut choices = Choices {
        doc: id,
        from,
        asked: text.slice(from..asked_at).to_string(),
        all,
        shown: Vec::new(),
        cursor: Cursor::default(),
        chosen: by_hand,
    };
    let word = text.slice(from..at).to_string();
    choices.fit(&word);
    let useless =
        choices.shown.len() == 1 && !by_hand && choices.current().is_some_and(|c| c.label == word);
    if choices.shown.is_empty() {
        if by_hand {
            state.say(Tone::Plain, "nothing fits here");
        }
    } else if useless {
        state.lang.choices = None;
    } else {
        state.lang.choices = Some(choices);
    }
}

/// Keys of the list.
pub fn choose(state: &mut State, cmd: Cmd) {
    let Some(mut choices) = state.lang.choices.take().filter(|c| !c.shown.is_empty()) else {
        return;
    };
    state.lang.instead = Some(Vec::new());
    let rows = choices.shown.len();
    match cmd {
        Cmd::ChoiceNext if !choices.chosen => choices.chosen = true,
        Cmd::ChoiceNext => choices.cursor.row = (choices.cursor.row + 1) % rows,
        Cmd::ChoiceBack => {
            choices.chosen = true;
            choices.cursor.row = (choices.cursor.row + rows - 1) % rows;
        }
        Cmd::ChoiceTake => {
            if let Some(candidate) = choices.current() {
                let label = candidate.label.clone();
                take(state, choices.from, &label);
            }
            return;
        }
        _ => return,
    }
    choices.cursor.fit(rows, crate::view::choice_rows(state));
    state.lang.choices = Some(choices);
}

/// Types a name in place of what was typed of it, at every cursor where that stands.
fn take(state: &mut State, from: usize, label: &str) {
    let preset = state.editor.preset;
    let Some(doc) = state.editor.doc_mut() else {
        return;
    };
    let text = doc.text().clone();
    let typed: Vec<char> = text.slice(from..head(doc)).chars().collect();
    let word: String = typed.iter().collect();
    let edits: Vec<(usize, usize, String)> = doc
        .selection
        .ranges()
        .iter()
        .map(|r| {
            let start = r.from().saturating_sub(typed.len());
            if r.is_empty()
                && text
                    .slice(start..r.from())
                    .chars()
                    .eq(typed.iter().copied())
            {
                return (start, r.to(), label.to_owned());
            }
            // Another word there: what comes after the typed letters goes behind it.
            let rest = label.strip_prefix(&word).unwrap_or_default();
            (r.to(), r.to(), rest.to_owned())
        })
        .collect();
    // Without modes it is a step of its own for undo; else the whole insertion is one.
    if preset == Preset::Standard {
        doc.commit();
    }
    let landed: Vec<usize> = edits
        .iter()
        .scan(0isize, |shift, (from, to, new)| {
            let len = new.chars().count();
            let at = from.saturating_add_signed(*shift) + len;
            *shift += len as isize - (to - from) as isize;
            Some(at)
        })
        .collect();
    let transaction = Transaction::new(&text, edits);
    let primary = doc.selection.primary_index();
    let ranges = landed.into_iter().map(Range::point).collect();
    let selection = Selection::new(ranges, primary);
    doc.edit(transaction, Some(selection));
    if preset == Preset::Standard {
        doc.commit();
    }
    state.editor.follow = true;
    let key = |c: char| Key::plain(Code::Char(c));
    let erase = typed.iter().map(|_| Key::plain(Code::Backspace));
    state.lang.instead = Some(erase.chain(label.chars().map(key)).collect());
}

/// After every event: the list and the signature follow what is typed, or go.
pub fn settle(state: &mut State, out: &mut Vec<Effect>) {
    let typed = state.lang.typed.take();
    let shown = matches!(state.view, View::Code | View::Debug);
    let Some(doc) = state.editor.doc().filter(|d| shown && speaks(&d.path)) else {
        state.lang.choices = None;
        state.lang.signature = None;
        state.lang.wake = None;
        state.lang.seen = None;
        return;
    };
    let at = head(doc);
    let writes = state.editor.mode == Mode::Insert
        && state.panel() == Panel::Editor
        && state.popup.is_none()
        && state.prompt.is_none();
    let now = (doc.id, doc.version(), at);
    let top = doc.scroll.0;
    let window = (top, top + state.editor.rows);
    let before = state.lang.seen.replace(now);
    let moved = before != Some(now);
    if moved || state.lang.window != window {
        state.lang.window = window;
        state.lang.wake = Some(state.now + REST);
    }
    if !writes {
        state.lang.choices = None;
        state.lang.signature = None;
        return;
    }
    if !moved {
        return;
    }
    let text = doc.text().clone();
    let from = word_before(&text, at);
    let word = text.slice(from..at).to_string();
    if let Some(choices) = &mut state.lang.choices {
        let same = choices.doc == now.0 && choices.from == from && word.starts_with(&choices.asked);
        if same {
            choices.fit(&word);
            choices.chosen = state.lang.by_hand;
        }
        let typed_out = choices.shown.len() == 1
            && !choices.chosen
            && choices.current().is_some_and(|c| c.label == word);
        // What fits nothing is hidden, and comes back when the wrong letter is taken out.
        if typed_out {
            choices.shown.clear();
        }
        if !same {
            state.lang.choices = None;
        }
    }
    let begun = match typed {
        Some('.') => at > 1 && !text.char(at - 2).is_whitespace() && text.char(at - 2) != '.',
        Some(c) => is_name(c) && at - from >= 2 && !word.starts_with(|c: char| c.is_ascii_digit()),
        None => false,
    };
    let auto = state.settings.complete;
    if begun && auto && state.lang.list().is_none() {
        state.lang.by_hand = false;
        ask(state, Topic::Complete(at), out);
    }
    let called = matches!(typed, Some('(' | ','));
    if state.settings.signature && (called || state.lang.signature.is_some()) {
        ask(state, Topic::Signature(at), out);
    }
}

/// The cursor has rested: what depends on its place is asked.
pub fn tick(state: &mut State, out: &mut Vec<Effect>) {
    if state.lang.wake.is_none_or(|at| state.now < at) {
        return;
    }
    state.lang.wake = None;
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let (at, version) = (doc.cursor(), doc.version());
    let known = &doc.known;
    if known.symbols_of != Some(version) {
        ask(state, Topic::Symbols, out);
    }
    // A screen above and below is asked for too: scrolling shows it at once.
    let (top, end) = state.lang.window;
    let covered = state.editor.doc().and_then(|d| d.known.hints_of.clone());
    let covered =
        covered.is_some_and(|(of, lines)| of == version && lines.start <= top && end <= lines.end);
    if state.settings.hints && !covered {
        let rows = end - top;
        ask(
            state,
            Topic::Hints(top.saturating_sub(rows)..end + rows),
            out,
        );
    }
    let Some(doc) = state.editor.doc_mut() else {
        return;
    };
    let name = motion::name_at(doc.text(), at).filter(|(from, to)| (*from..*to).contains(&at));
    let inside = name.is_some_and(|n| doc.known.uses.contains(&n));
    if !inside {
        doc.known.uses.clear();
        if let (Some((from, _)), true) = (name, state.settings.uses) {
            ask(state, Topic::Uses(from), out);
        }
    }
}
