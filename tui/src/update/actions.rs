//! What each command does to the model.

use super::{
    breaks, debug, files, guide, heaps, image, lang, lists, moves, pickers, processes, rollback,
    tests, traps, tutor, typed,
};
use crate::commands::{Cmd, info};
use crate::editor::select::Pick;
use crate::editor::selection::{Range, Selection};
use crate::editor::windows::Way;
use crate::editor::{Mode, edit, motion};
use crate::state::heaps::Then;
use crate::state::{
    Action, AfterSave, Ask, Cursor, Effect, Entry, Item, Link, Panel, Popup, PromptKind, SORTS,
    State, Tone, VIEWS, View,
};
use serde_json::json;

pub fn run(state: &mut State, cmd: Cmd, count: Option<usize>, out: &mut Vec<Effect>) {
    if let Some((_, view, ..)) = VIEWS.iter().find(|(_, _, c, ..)| *c == cmd) {
        return switch(state, *view, out);
    }
    match cmd {
        Cmd::Save | Cmd::SaveOnly => match state.editor.doc().map(|d| d.id) {
            Some(id) => files::write(
                state,
                id,
                if cmd == Cmd::Save {
                    AfterSave::Load
                } else {
                    AfterSave::Stay
                },
                false,
                out,
            ),
            None => state.say(Tone::Plain, "no file is open"),
        },
        Cmd::SaveAll => {
            let ids: Vec<usize> = state.unsaved().map(|d| d.id).collect();
            if ids.is_empty() {
                state.say(Tone::Plain, "everything is saved");
            }
            for id in ids {
                files::write(state, id, AfterSave::Load, false, out);
            }
        }
        Cmd::Reload => {
            let ids: Vec<usize> = state.editor.docs.iter().map(|d| d.id).collect();
            image::load(state, &ids, out);
        }
        Cmd::Quit if state.guide.tutor.is_some() => guide::leave_tutor(state, out),
        Cmd::Quit => files::quit(state, out),
        Cmd::Welcome => guide::welcome(state),
        Cmd::Tutor => guide::tutor(state, out),
        Cmd::TutorNext => tutor::pass(state, out),
        Cmd::TutorBack => tutor::back(state, out),
        Cmd::TutorLeave => guide::leave_tutor(state, out),
        Cmd::Suspend => out.push(Effect::Suspend),
        Cmd::Redraw => out.push(Effect::Redraw),
        Cmd::Help => state.popup = Some(Popup::Help { top: 0 }),
        Cmd::Palette => pickers::palette(state),
        Cmd::CommandLine => typed::open(state, PromptKind::Command, ""),
        Cmd::FindFile => {
            out.push(Effect::ListFiles);
            let rows = crate::state::Rows::default();
            let rows = rows.and_files(&state.files, &state.root, "");
            pickers::pick_rows(state, "files", rows);
        }
        Cmd::FindBuffer => {
            let items = state.editor.docs.iter().map(|d| Item {
                label: d.name.clone(),
                detail: if d.is_changed() {
                    "changed".to_owned()
                } else {
                    String::new()
                },
                action: Action::Show(d.id, d.cursor()),
            });
            pickers::pick(state, "open files", items.collect());
        }
        Cmd::Format | Cmd::FormatSelection => {
            super::format::run(state, cmd == Cmd::FormatSelection, out)
        }
        Cmd::FindText => typed::open(state, PromptKind::Command, "grep "),
        Cmd::References | Cmd::Callers | Cmd::Complete => lang::ask_here(state, cmd, out),
        Cmd::ChoiceNext | Cmd::ChoiceBack | Cmd::ChoiceTake | Cmd::ChoiceClose => {
            lang::choose(state, cmd)
        }
        Cmd::Rename => lang::ask_name(state),
        Cmd::Fix => lang::fix(state),
        Cmd::HintsToggle => lang::turn_hints(state),
        Cmd::FindDefinition if state.lang.ready => lang::ask_here(state, cmd, out),
        Cmd::FindDefinition => {
            // The same shape by which the definitions of one file are told from other lines.
            let shape = r#"^(?:(?:pub|private|type|trait|macro|template|extern|mvar|var|const|test|module) )*(?:[A-Za-z_]\w*|"[^"]*")\s*[(=\[:{]"#;
            if let Ok(regex) = regex::Regex::new(shape) {
                typed::search_with(state, regex, "definitions", out);
            }
        }
        Cmd::FindProcess => pickers::processes(state),
        Cmd::Findings => pickers::findings(state),
        Cmd::FindJump => pickers::jumps(state),
        Cmd::FindDiagnostic => pickers::diagnostics(state),
        Cmd::FindSymbol => pickers::symbols(state),
        Cmd::PanelNext | Cmd::PanelBack => {
            let panels = state.panels();
            let at = panels.iter().position(|p| *p == state.panel()).unwrap_or(0);
            let step = if cmd == Cmd::PanelNext {
                1
            } else {
                panels.len() - 1
            };
            state
                .focus
                .insert(state.view, panels[(at + step) % panels.len()]);
        }
        Cmd::SplitBelow | Cmd::SplitBeside => {
            focus_editor(state);
            state.editor.split(cmd == Cmd::SplitBelow);
        }
        Cmd::WindowNext => {
            let order = state.editor.windows.order();
            let at = order
                .iter()
                .position(|id| *id == state.editor.windows.focus);
            match at
                .and_then(|i| order.get(i + 1))
                .filter(|_| state.panel() == Panel::Editor)
            {
                Some(next) => state.editor.focus_window(*next),
                None => {
                    run(state, Cmd::PanelNext, None, out);
                    if state.panel() == Panel::Editor && state.view == View::Code {
                        state.editor.focus_window(order[0]);
                    }
                }
            }
        }
        Cmd::WindowLeft | Cmd::WindowDown | Cmd::WindowUp | Cmd::WindowRight => {
            let way = match cmd {
                Cmd::WindowLeft => Way::Left,
                Cmd::WindowDown => Way::Down,
                Cmd::WindowUp => Way::Up,
                _ => Way::Right,
            };
            go_beside(state, way);
        }
        Cmd::WindowClose => {
            if state.panel() != Panel::Editor || !state.editor.close_window() {
                state.say(Tone::Plain, "this is the only window; ^w x closes the file");
            }
        }
        Cmd::WindowOnly => state.editor.only_window(),
        Cmd::WindowTaller => state.editor.windows.resize(true, 20),
        Cmd::WindowShorter => state.editor.windows.resize(true, -20),
        Cmd::WindowWider => state.editor.windows.resize(false, 20),
        Cmd::WindowNarrower => state.editor.windows.resize(false, -20),
        Cmd::WrapToggle => {
            state.editor.wrap = !state.editor.wrap;
            for doc in &mut state.editor.docs {
                doc.scroll.1 = 0;
            }
            state.editor.follow = true;
            state.say(
                Tone::Plain,
                if state.editor.wrap {
                    "long lines are wrapped"
                } else {
                    "long lines are cut"
                },
            );
        }
        Cmd::TreeToggle => {
            state.tree.shown = Some(!state.tree_shown());
            out.push(Effect::ListFiles);
        }
        Cmd::Standing => {
            let on = &mut state.guide.panels.on;
            *on = !*on;
            if *on && state.size.0 < 160 {
                state.say(Tone::Plain, "the panels beside the code need 160 columns");
            }
        }
        Cmd::StandingFocus | Cmd::OutlineFocus => {
            let panel = if cmd == Cmd::OutlineFocus {
                Panel::Outline
            } else {
                Panel::Side
            };
            state.guide.panels.on = true;
            state.view = View::Code;
            if state.panels().contains(&panel) {
                state.focus.insert(View::Code, panel);
            } else {
                state.say(
                    Tone::Plain,
                    "there is nothing to show, or no room: it needs 160 columns",
                );
            }
        }
        Cmd::Mute => {
            let panel = state.panel();
            super::panels::mute(state, panel, out);
        }
        Cmd::TreeFocus => {
            state.tree.shown = Some(true);
            state.view = View::Code;
            state.focus.insert(View::Code, Panel::Tree);
            if let Some(name) = state.editor.doc().map(|d| d.name.clone()) {
                state.tree.reveal(&state.files, &name);
            }
            out.push(Effect::ListFiles);
        }
        Cmd::ConfigOpen => match state.config.clone() {
            Some(path) => {
                state.editor.mark_jump();
                files::goto(state, path, None, out);
            }
            None => state.say(Tone::Plain, "there is no home to keep settings in"),
        },
        Cmd::Settings => super::pickers::settings(state),
        Cmd::PanelZoom => state.zoom = !state.zoom,
        Cmd::Freeze => match state.frozen.take() {
            Some(_) => image::poll_now(state, out),
            None => state.frozen = Some(state.now),
        },
        Cmd::Back if heaps::back(state) => {}
        Cmd::Back => back(state),
        Cmd::ImageRestart => image::start(state, out),
        Cmd::ImageStop => out.push(Effect::StopImage),
        Cmd::DebugGo => debug::go(state, "continue", out),
        Cmd::DebugOver => debug::go(state, "next", out),
        Cmd::DebugInto => debug::go(state, "stepIn", out),
        Cmd::DebugOut => debug::go(state, "stepOut", out),
        Cmd::DebugPause => debug::pause(state, out),
        Cmd::DebugGoAll => debug::go_all(state, out),
        Cmd::BreakToggle => match state.editor.doc().map(|d| (d.path.clone(), d.line())) {
            Some((path, line)) => breaks::toggle(state, path, line, out),
            None => state.say(Tone::Plain, "no file is open"),
        },
        Cmd::BreakClear => {
            breaks::clear(state, out);
        }
        Cmd::BreakList => {
            let items = breaks::items(state);
            pickers::pick(state, "breakpoints", items);
        }
        Cmd::BreakCondition => breaks::ask_for(state, "break-if"),
        Cmd::BreakHits => breaks::ask_for(state, "break-hits"),
        Cmd::BreakLog => breaks::ask_for(state, "break-log"),
        Cmd::BreakOn => breaks::ask_for(state, "break-on"),
        Cmd::BreakOff => breaks::switch_here(state, out),
        Cmd::BreakData => traps::ask_data(state, out),
        Cmd::BreakException => traps::choose(state),
        Cmd::DebugMessage => moves::next_message(state, out),
        Cmd::DebugSame => moves::next_of_shape(state, out),
        Cmd::DebugInstruction => moves::instruction(state, out),
        Cmd::DebugRestart => moves::restart(state, out),
        Cmd::DebugGoto => moves::go_to_line(state, out),
        Cmd::DebugCode => moves::disassemble(state, out),
        Cmd::DebugAssign => moves::ask_value(state),
        Cmd::DebugEval => moves::evaluate_here(state, out),
        Cmd::DebugEdit => moves::edit_here(state, out),
        Cmd::PauseOrGo => moves::pause_or_go(state, out),
        Cmd::Trace => super::past::turn(state, out),
        Cmd::RollBack => rollback::back(state, out),
        Cmd::BreakMessage => breaks::ask_for_message(state),
        Cmd::TestAll
        | Cmd::TestHere
        | Cmd::TestFailed
        | Cmd::TestStop
        | Cmd::TestOnSave
        | Cmd::TestDebug => tests::command(state, cmd, out),
        Cmd::ListTree => processes::turn(state, out),
        Cmd::Kill => processes::ask_kill(state),
        Cmd::Watch => debug::ask_watch(state),
        Cmd::LastLoad => pickers::last_load(state),
        Cmd::EvalLine => eval_line(state, out),
        Cmd::Inspect => inspect(state, out),
        Cmd::ReplEvaluate => {
            if state.view == View::Debug {
                state.focus.insert(View::Debug, Panel::Console);
            } else {
                if !matches!(state.view, View::Code | View::Repl) {
                    state.view = View::Repl;
                }
                state.focus.insert(state.view, Panel::Repl);
            }
        }
        Cmd::Definition => definition(state, out),
        Cmd::JumpBack | Cmd::JumpForward => jump(state, cmd == Cmd::JumpBack, out),
        Cmd::DiagnosticNext | Cmd::DiagnosticBack => {
            let Some(doc) = state.editor.doc() else {
                return;
            };
            let here = doc.cursor();
            let mut places: Vec<usize> = doc.all_diagnostics().map(|d| d.from).collect();
            places.sort_unstable();
            let found = if cmd == Cmd::DiagnosticNext {
                places.iter().find(|p| **p > here).or(places.first())
            } else {
                places.iter().rev().find(|p| **p < here).or(places.last())
            };
            match found.copied() {
                Some(at) => state.editor.goto(at),
                None => state.say(Tone::Good, "no diagnostics in this file"),
            }
        }
        Cmd::BufferNext | Cmd::BufferBack => {
            let n = state.editor.docs.len().max(1);
            let step = if cmd == Cmd::BufferNext { 1 } else { n - 1 };
            let next = (state.editor.current + step) % n;
            state.editor.show(next);
        }
        Cmd::BufferClose => files::ask_close(state, out),
        Cmd::Search => typed::open(state, PromptKind::Search, ""),
        Cmd::SearchReverse => typed::open(state, PromptKind::SearchBack, ""),
        Cmd::SelectMatches => typed::open(state, PromptKind::Pick(Pick::Matches), ""),
        Cmd::SplitMatches => typed::open(state, PromptKind::Pick(Pick::Between), ""),
        Cmd::KeepMatches => typed::open(state, PromptKind::Pick(Pick::Keep), ""),
        Cmd::DropMatches => typed::open(state, PromptKind::Pick(Pick::Drop), ""),
        Cmd::ReplaceAll => typed::open(state, PromptKind::Command, "s/"),
        Cmd::SelectNextSame => select_next_same(state),
        Cmd::RepeatMotion => {
            if let Some((cmd, c)) = state.editor.last_find {
                edit::find_char(&mut state.editor, cmd, c, count.unwrap_or(1));
            }
        }
        Cmd::RepeatInsert => {
            let keys = state.insertion.clone();
            super::keys::play(state, &keys, count.unwrap_or(1), out);
        }
        Cmd::MacroRecord => record(state),
        Cmd::MacroPlay => {
            let name = state.editor.registers.chosen.take().unwrap_or('@');
            match crate::keys::parse(&state.editor.registers.read(name).concat()) {
                Ok(keys) if !keys.is_empty() => {
                    super::keys::play(state, &keys, count.unwrap_or(1), out)
                }
                Ok(_) => state.say(Tone::Plain, "nothing is recorded; Q records"),
                Err(why) => state.say(Tone::Bad, why),
            }
        }
        Cmd::PasteClip => {
            state.editor.registers.chosen = Some('+');
            edit::run(&mut state.editor, Cmd::PasteAfter, count);
        }
        Cmd::ShowRegisters => pickers::registers(state),
        Cmd::UndoTree => pickers::undo_tree(state),
        Cmd::FileUnder => file_under(state, out),
        Cmd::DiagnosticFirst | Cmd::DiagnosticLast => {
            let places = state
                .editor
                .doc()
                .into_iter()
                .flat_map(|d| d.all_diagnostics())
                .map(|d| d.from);
            let found = if cmd == Cmd::DiagnosticFirst {
                places.min()
            } else {
                places.max()
            };
            match found {
                Some(at) => state.editor.goto(at),
                None => state.say(Tone::Good, "no diagnostics in this file"),
            }
        }
        Cmd::BufferLast => {
            let before = state.editor.before;
            if let Some(i) = state.editor.docs.iter().position(|d| Some(d.id) == before) {
                state.editor.show(i);
            }
        }
        Cmd::SearchNext | Cmd::SearchBack => search(state, cmd == Cmd::SearchBack),
        Cmd::SearchName => {
            let Some(doc) = state.editor.doc() else {
                return;
            };
            let range = doc.selection.primary();
            let word = if range.to() - range.from() > 1 {
                Some((range.from(), range.to()))
            } else {
                motion::name_at(doc.text(), doc.cursor())
            };
            let Some((from, to)) = word else { return };
            let pattern = regex::escape(&doc.text().slice(from..to).to_string());
            typed::set_search(state, &pattern);
            search(state, false);
        }
        Cmd::FindChar
        | Cmd::TillChar
        | Cmd::FindCharBack
        | Cmd::TillCharBack
        | Cmd::ReplaceChar
        | Cmd::SelectInside
        | Cmd::SelectAround
        | Cmd::SurroundAdd
        | Cmd::SurroundDrop
        | Cmd::SurroundChange
        | Cmd::ChooseRegister
        | Cmd::InsertRegister => {
            state.first_char = None;
            state.wants_char = Some(cmd);
            state.count = count;
        }
        Cmd::YankClip => {
            let pieces = state.editor.register('.');
            if !pieces.is_empty() {
                state.editor.registers.write('+', pieces);
                state.say(Tone::Good, "copied");
            }
        }
        Cmd::ListDown => lists::walk(state, 1, out),
        Cmd::ListUp => lists::walk(state, -1, out),
        Cmd::ListPageDown => lists::walk(state, 10, out),
        Cmd::ListPageUp => lists::walk(state, -10, out),
        Cmd::ListFirst => lists::walk(state, isize::MIN / 2, out),
        Cmd::ListLast => lists::walk(state, isize::MAX / 2, out),
        Cmd::ListOpen => lists::open_row(state, out),
        Cmd::ListLeft | Cmd::ListRight => lists::sideways(state, cmd == Cmd::ListRight, out),
        Cmd::ListFilter if state.view == View::Tests => tests::ask_filter(state),
        Cmd::ListFilter => {
            let filter = if heaps::is_here(state) {
                state.heaps.filter.clone()
            } else {
                state.filter.clone()
            };
            typed::open(state, PromptKind::Filter, &filter);
        }
        Cmd::ListSort if heaps::is_here(state) => heaps::sort(state),
        Cmd::ListSort => {
            state.sort = (state.sort + 1) % SORTS.len();
            state.processes = Cursor::default();
            image::poll_now(state, out);
        }
        Cmd::ListSource => lists::open_source(state, out),
        Cmd::ListCopy => lists::copy_row(state, out),
        Cmd::ListRefresh => {
            state.image.in_flight.clear();
            image::poll_now(state, out);
        }
        Cmd::HeapSnapshot => heaps::take_here(state, out),
        Cmd::HeapSnapshotAll => heaps::take(state, None, Then::Show, out),
        Cmd::HeapCompare => heaps::compare(state, out),
        Cmd::HeapMark => heaps::mark(state),
        Cmd::HeapName => heaps::ask_name(state),
        Cmd::HeapForget => heaps::forget(state, out),
        Cmd::GcAlone => heaps::alone(state, out),
        Cmd::GcWindow => state.live.since_start = !state.live.since_start,
        Cmd::DebugThis => match state.selected.filter(|p| state.stops.contains_key(p)) {
            Some(pid) => {
                lists::debug(state, pid, out);
            }
            None => state.say(Tone::Plain, "this process is not stopped; p pauses it"),
        },
        Cmd::LineRun => typed::run_line(state, out),
        Cmd::LineUp | Cmd::LineDown => {
            if state.prompt.is_some() {
                typed::walk(state, cmd == Cmd::LineUp);
            } else if let Some(repl) = repl(state) {
                repl.walk(cmd == Cmd::LineUp);
            }
        }
        Cmd::LineScrollUp | Cmd::LineScrollDown => {
            let page = usize::from(state.size.1) / 2;
            if let Some(repl) = repl(state) {
                repl.scroll = if cmd == Cmd::LineScrollUp {
                    (repl.scroll + page).min(repl.entries.len())
                } else {
                    repl.scroll.saturating_sub(page)
                };
            }
        }
        Cmd::LineAnswerOlder | Cmd::LineAnswerNewer => {
            if let Some(repl) = repl(state) {
                repl.choose(cmd == Cmd::LineAnswerOlder);
            }
        }
        Cmd::LineInspect => super::inspect::answer(state, out),
        Cmd::LineHistory => {
            let lines = repl(state).map(|r| r.history.clone()).unwrap_or_default();
            let items = lines.into_iter().rev().map(|line| Item {
                label: line.replace('\n', " "),
                detail: String::new(),
                action: Action::Recall(line),
            });
            pickers::pick(state, "older lines", items.collect());
        }
        Cmd::LineStop => {
            if let Some(repl) = repl(state) {
                repl.input.take();
                repl.above.clear();
                repl.at = None;
                if std::mem::take(&mut repl.waiting) {
                    repl.push(Entry::Note("no longer waited for".to_owned()));
                }
            }
        }
        Cmd::LineComplete => typed::complete(state, out),
        Cmd::LineLeft
        | Cmd::LineRight
        | Cmd::LineHome
        | Cmd::LineEnd
        | Cmd::LineBackspace
        | Cmd::LineDelete
        | Cmd::LineKillWord
        | Cmd::LineKill => {
            if let Some(prompt) = &mut state.prompt {
                if cmd == Cmd::LineBackspace && prompt.input.text().is_empty() {
                    return typed::cancel(state);
                }
                prompt.input.run(cmd);
                typed::preview(state);
            } else if let Some(repl) = repl(state) {
                // Before the first character of a line is the end of the one above.
                let first = cmd == Cmd::LineBackspace && repl.input.cursor() == 0;
                let above = if first { repl.above.pop() } else { None };
                match above {
                    Some(above) => {
                        let rest = repl.input.take();
                        repl.input.set(&above);
                        repl.input.insert(&rest);
                    }
                    None => {
                        repl.input.run(cmd);
                    }
                }
            }
        }
        _ => {
            if !edit::run(&mut state.editor, cmd, count) && state.editor.doc().is_none() {
                state.say(Tone::Plain, "no file is open; space f finds one");
            }
        }
    }
}

/// Shows a view.
pub fn switch(state: &mut State, view: View, out: &mut Vec<Effect>) {
    if state.view == View::Code
        && view != View::Code
        && state.editor.mode == crate::editor::Mode::Insert
    {
        edit::run(&mut state.editor, Cmd::NormalMode, None);
    }
    heaps::enter(state, view);
    state.view = view;
    state.zoom = false;
    if view == View::Tests {
        tests::scan(state, out);
    }
    image::poll_now(state, out);
}

pub fn repl(state: &mut State) -> Option<&mut crate::state::Repl> {
    match state.panel() {
        Panel::Repl => Some(&mut state.repl),
        Panel::Console => Some(&mut state.console),
        _ => None,
    }
}

fn back(state: &mut State) {
    if state.prompt.is_some() {
        return typed::cancel(state);
    }
    if state.zoom {
        state.zoom = false;
        return;
    }
    let first = state.panels()[0];
    if state.panel() != first {
        state.focus.insert(state.view, first);
    } else if state.view == View::Processes && !state.filter.is_empty() {
        state.filter.clear();
    } else if state.view == View::Tests && !state.tests.filter.is_empty() {
        state.tests.filter.clear();
    } else {
        state.view = View::Code;
        state.focus.insert(View::Code, Panel::Editor);
    }
}

fn definition(state: &mut State, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let at = doc.cursor();
    let Some((from, to)) = motion::name_at(doc.text(), at) else {
        return state.say(Tone::Plain, "there is no name under the cursor");
    };
    let name = doc.text().slice(from..to).to_string();
    out.push(Effect::Define {
        path: doc.path.clone(),
        text: doc.text().clone(),
        at: from,
        name,
    });
    state.editor.mark_jump();
}

fn focus_editor(state: &mut State) {
    state.view = View::Code;
    state.focus.insert(View::Code, Panel::Editor);
}

/// To the window beside this one; at the edge to the panel that is there.
fn go_beside(state: &mut State, way: Way) {
    if state.view != View::Code {
        return;
    }
    match (state.panel(), way) {
        (Panel::Editor, way) => match (state.editor.windows.beside(way), way) {
            (Some(id), _) => state.editor.focus_window(id),
            (None, Way::Left) if state.tree_shown() => {
                state.focus.insert(View::Code, Panel::Tree);
            }
            (None, Way::Down) => {
                state.focus.insert(View::Code, Panel::Repl);
            }
            (None, Way::Left | Way::Up | Way::Right) => {}
        },
        (Panel::Tree, Way::Right) | (Panel::Repl, Way::Up) => focus_editor(state),
        _ => {}
    }
}

fn jump(state: &mut State, back: bool, out: &mut Vec<Effect>) {
    let place = if back {
        let Some(here) = state.editor.doc().map(|d| (d.path.clone(), d.cursor())) else {
            return;
        };
        state.editor.jumps.back(here)
    } else {
        state.editor.jumps.forward()
    };
    let Some((path, at)) = place else {
        return state.say(
            Tone::Plain,
            if back {
                "no earlier place"
            } else {
                "no later place"
            },
        );
    };
    files::goto(state, path, None, out);
    state.editor.goto(at);
}

fn record(state: &mut State) {
    match state.recording.take() {
        Some((name, keys)) => {
            state.say(
                Tone::Good,
                format!(
                    "{} recorded in {name}; q plays",
                    crate::text::count(keys.len() as u64, "key")
                ),
            );
            state
                .editor
                .registers
                .write(name, vec![crate::keys::write(&keys)]);
        }
        None => {
            let name = state.editor.registers.chosen.take().unwrap_or('@');
            state.recording = Some((name, Vec::new()));
        }
    }
}

/// One more selection of the text that is selected; without one the name under the cursor becomes it.
fn select_next_same(state: &mut State) {
    let Some(doc) = state.editor.doc_mut() else {
        return;
    };
    let r = doc.selection.primary();
    if r.to() - r.from() <= 1 {
        if let Some((from, to)) = motion::name_at(doc.text(), doc.cursor()) {
            doc.selection = Selection::single(Range::new(from, to));
        }
        return;
    }
    let pattern = regex::escape(&doc.text().slice(r.from()..r.to()).to_string());
    let Ok(regex) = regex::Regex::new(&pattern) else {
        return;
    };
    state.editor.search = Some(regex);
    let mode = std::mem::replace(&mut state.editor.mode, Mode::Select);
    state.editor.search_from(r.to(), false);
    state.editor.mode = mode;
}

/// Opens what is named under the cursor: a path, or a module.
fn file_under(state: &mut State, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let text = doc.text();
    let part = |i: usize| {
        text.get_char(i)
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
    };
    let (mut from, mut to) = (doc.cursor(), doc.cursor());
    while from > 0 && part(from - 1) {
        from -= 1;
    }
    while part(to) {
        to += 1;
    }
    let name = text.slice(from..to).to_string();
    let name = name.trim_matches('.');
    let beside = doc
        .path
        .parent()
        .map_or_else(|| state.root.clone(), Into::into);
    let module = format!("{}.nos", name.replace('.', "/"));
    let names = [name, &module];
    let known = |p: &std::path::PathBuf| {
        state.files.iter().any(|f| state.root.join(f) == *p) || state.doc_of(p).is_some()
    };
    let found = [&beside, &state.root]
        .into_iter()
        .flat_map(|d| names.iter().map(move |n| d.join(n)))
        .find(known);
    match found {
        Some(path) => {
            state.editor.mark_jump();
            files::goto(state, path, None, out);
        }
        None => state.say(Tone::Plain, format!("`{name}` is no file of the project")),
    }
}

fn search(state: &mut State, back: bool) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    if state.editor.search.is_none() {
        return state.say(Tone::Plain, "nothing was searched for; / does");
    }
    let range = doc.selection.primary();
    let from = if back { range.from() } else { range.to() };
    if !state.editor.search_from(from, back) {
        state.say(Tone::Bad, "not found");
    }
}

/// The selection if it is more than a cursor, else the line.
fn eval_line(state: &mut State, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let r = doc.selection.primary();
    let text = if r.to() - r.from() > 1 {
        doc.text().slice(r.from()..r.to())
    } else {
        doc.text().line(doc.line())
    };
    let expression = text.to_string().trim().to_owned();
    typed::evaluate(state, Panel::Repl, &expression, out);
}

/// In a stopped process the value under the cursor, else what the analyser knows.
fn inspect(state: &mut State, out: &mut Vec<Effect>) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let at = doc.cursor();
    let name =
        motion::name_at(doc.text(), at).map(|(from, to)| doc.text().slice(from..to).to_string());
    let frame = state
        .debugged
        .and_then(|p| state.stops.get(&p))
        .and_then(|s| s.here())
        .and_then(|f| f.id);
    match (frame, name) {
        (Some(id), Some(name)) if state.image.link == Link::Live => {
            out.push(Effect::Request(
                Ask::Hover(name.clone()),
                "evaluate",
                json!({ "expression": name, "frameId": id, "context": "hover" }),
            ));
        }
        _ => out.push(Effect::Hover {
            path: doc.path.clone(),
            text: doc.text().clone(),
            at,
        }),
    }
}

/// The text of the help: keys, name and description of what works here.
pub fn help_rows(state: &State) -> Vec<(String, &'static str)> {
    let contexts = state.contexts();
    crate::commands::continuations(&contexts, &[])
        .into_iter()
        .map(|b| (crate::keys::show(&b.keys), info(b.cmd).1))
        .collect()
}
