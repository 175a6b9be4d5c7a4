//! The tutorial goes on: after every event the step is looked at, and the next one begins when it is done.

use super::files;
use crate::state::{Effect, Popup, State, Tone, lessons};

/// Opens what the lesson works on, and goes on when its step is done.
pub fn follow(state: &mut State, out: &mut Vec<Effect>) {
    let Some(tutor) = &mut state.guide.tutor else {
        return;
    };
    if std::mem::take(&mut tutor.enters) {
        let file = lessons().get(tutor.lesson).and_then(|l| l.file.clone());
        if let Some(file) = file {
            let path = state.root.join(file);
            let open = state.editor.doc().is_some_and(|d| d.path == path);
            if !open {
                let view = state.view;
                files::goto(state, path, None, out);
                state.view = view;
            }
        }
        begin(state);
        return;
    }
    if matches!(state.popup, Some(Popup::Welcome(_))) {
        return;
    }
    let Some(tutor) = &state.guide.tutor else {
        return;
    };
    let steps = lessons()
        .get(tutor.lesson)
        .map(|l| l.steps(state.editor.preset));
    let done = steps
        .as_ref()
        .and_then(|s| s.get(tutor.step))
        .is_some_and(|step| state.step_done(step, &tutor.base));
    if done {
        advance(state, out);
    }
}

/// The step begins: what is now is what it is measured by.
fn begin(state: &mut State) {
    let base = state.tutor_base();
    if let Some(tutor) = &mut state.guide.tutor {
        tutor.base = base;
    }
}

fn advance(state: &mut State, out: &mut Vec<Effect>) {
    let keys = state.editor.preset;
    let Some(tutor) = &mut state.guide.tutor else {
        return;
    };
    tutor.step += 1;
    let steps = lessons()
        .get(tutor.lesson)
        .map_or(0, |l| l.steps(keys).len());
    if tutor.step >= steps && tutor.lesson + 1 < lessons().len() {
        let done = &lessons()[tutor.lesson].title;
        enter(state, 1, out);
        state.say(Tone::Good, format!("lesson done: {done}"));
    } else if tutor.step > steps {
        tutor.step = steps;
    }
    begin(state);
}

fn enter(state: &mut State, by: isize, out: &mut Vec<Effect>) {
    let Some(tutor) = &mut state.guide.tutor else {
        return;
    };
    let last = lessons().len() - 1;
    tutor.lesson = tutor.lesson.saturating_add_signed(by).min(last);
    tutor.step = 0;
    tutor.enters = true;
    out.push(Effect::KeepLesson(if tutor.lesson == last {
        0
    } else {
        tutor.lesson
    }));
    follow(state, out);
}

/// Passes a step over.
pub fn pass(state: &mut State, out: &mut Vec<Effect>) {
    match &state.guide.tutor {
        Some(_) => advance(state, out),
        None => state.say(Tone::Plain, "no tutorial is taken; :tutor begins it"),
    }
}

/// Back to the beginning of the lesson, from there to the one before.
pub fn back(state: &mut State, out: &mut Vec<Effect>) {
    match &state.guide.tutor {
        Some(tutor) => {
            let by = if tutor.step > 0 { 0 } else { -1 };
            enter(state, by, out);
        }
        None => state.say(Tone::Plain, "no tutorial is taken; :tutor begins it"),
    }
}
