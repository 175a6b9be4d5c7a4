//! Sending a stopped process to another statement of the function it is in: which statements can be, and going there.
//!
//! What is left of the function from that statement on is compiled as a function of the locals it needs, and called in the place of the frame. So a
//! statement can be gone to where all of those have their values, and whose block has the function's value: nothing around it is left or entered.

use super::*;
use crate::build::Build;
use crate::debug::{Gone, StepTarget, Unit};
use look::pc_of;
use nostos_abi::code::{LocalVar, Made};
use nostos_check::deep::deep;
use nostos_check::ty::FnId;
use nostos_codegen::rest::Bound;
use runtime::Instead;

/// Stopped processes that are asked where they can be sent.
const MAX_ASKED: usize = 64;
/// Offers that are remembered.
const MAX_OFFERS: usize = 1000;
/// Characters of a statement that is offered.
const LABEL: usize = 60;

/// Statements that were offered.
#[derive(Default)]
pub(super) struct Offered {
    last: u64,
    known: BTreeMap<u64, Offer>,
}

/// A statement of a function's body as it was.
#[derive(Clone, PartialEq, Eq)]
struct Offer {
    of: FnId,
    made: Made,
    start: u32,
}

/// The frame that would be sent.
struct Here {
    line: runtime::FrameLine,
    /// Its place among the frames of generated code.
    index: usize,
}

impl Here {
    fn made(&self) -> Made {
        // What is left of a function is of the function.
        let made = self.line.code.object.made;
        Made {
            rest: false,
            ..made
        }
    }

    /// The locals of the frame that have values now, with their places in the list of its code.
    fn visible(&self) -> impl Iterator<Item = (usize, &LocalVar)> {
        let at = (pc_of(&self.line) - self.line.code.address as u64) as u32;
        let all = self.line.code.object.locals.iter().enumerate();
        all.filter(move |(_, local)| (local.scope.0..local.scope.1).contains(&at))
    }

    /// The places of these locals; none, when one of them has no value.
    fn locals(&self, wanted: &[Bound]) -> Option<Vec<usize>> {
        let place = |(name, bound): &Bound| {
            let is_it = |local: &LocalVar| *local.name == **name && local.at == *bound;
            let mut found = self.visible().filter(|(_, local)| is_it(local));
            let first = found.next().filter(|_| !name.is_empty())?;
            found.next().is_none().then_some(first.0)
        };
        wanted.iter().map(place).collect()
    }
}

impl Debugger {
    /// See [`Target::goto_targets`].
    pub(super) fn goals_of(
        &self,
        path: &str,
        line: u32,
        column: Option<u32>,
    ) -> Result<Vec<StepTarget>, Refusal> {
        let Some(file) = self.session.name_of(path) else {
            return Ok(Vec::new());
        };
        let stopped: Vec<Pid> = {
            let state = self.state.lock();
            let told = state.stopped.iter().filter(|(_, stop)| stop.why.is_some());
            told.map(|(pid, _)| *pid).take(MAX_ASKED).collect()
        };
        let mut found: Vec<(Offer, StepTarget)> = Vec::new();
        for pid in stopped {
            let Ok(here) = self.here(pid) else {
                continue;
            };
            if here.line.code.object.file == file {
                deep(|| self.offers(&here, line, column, &mut found));
            }
        }
        found.sort_by_key(|(_, target)| target.start);
        let mut offered = self.goals.lock();
        let each = found.into_iter().map(|(offer, target)| {
            let mut known = offered.known.iter();
            let known = known.find(|(_, known)| **known == offer).map(|(id, _)| *id);
            let id = known.unwrap_or_else(|| {
                offered.last += 1;
                let id = offered.last;
                offered.known.insert(id, offer);
                id
            });
            StepTarget { id, ..target }
        });
        let targets = each.collect();
        while offered.known.len() > MAX_OFFERS {
            offered.known.pop_first();
        }
        Ok(targets)
    }

    /// The statements of a line to which this frame can be sent.
    fn offers(
        &self,
        here: &Here,
        line: u32,
        column: Option<u32>,
        found: &mut Vec<(Offer, StepTarget)>,
    ) {
        let mut build = self.session.build.lock();
        let Build { db, codegen, .. } = &mut *build;
        let cell = here.line.code.cell;
        let Some(of) = codegen.inst_of(cell).map(|inst| inst.id) else {
            return;
        };
        let def = query::fn_def(db, of);
        if def.kind == FnKind::Global {
            return;
        }
        let index = db.line_index(def.file);
        let place = |offset: u32| {
            let at = index.line_col(def.start + offset);
            (at.line + 1, at.col + 1)
        };
        let wanted = |(start, _)| {
            let (row, begin) = place(start);
            row == line && column.is_none_or(|column| begin >= column)
        };
        let goals = codegen.goals(db, cell, here.made(), wanted);
        let text = build.texts.get(&here.line.code.object.file);
        for goal in goals.unwrap_or_default() {
            let (start, end) = goal.span;
            let made = here.made();
            let offer = Offer {
                of,
                made,
                start: goal.start,
            };
            let is_known = found.iter().any(|(known, _)| *known == offer);
            if is_known || here.locals(&goal.needs).is_none() {
                continue;
            }
            let from = (def.start + start) as usize;
            let to = (def.start + end) as usize;
            let written = text.and_then(|text| text.get(from..to)).unwrap_or_default();
            let first = written.lines().next().unwrap_or_default();
            let target = StepTarget {
                id: 0,
                label: first.chars().take(LABEL).collect(),
                start: place(start),
                end: place(end),
            };
            found.push((offer, target));
        }
    }

    /// See [`Target::goto`].
    pub(super) fn go_to(&self, pid: Pid, target: u64) -> Result<Gone, Refusal> {
        let offer = self.goals.lock().known.get(&target).cloned();
        let offer = offer.ok_or("there is no such target; ask `gotoTargets` again")?;
        let cannot = |why: &str| Refusal(format!("it cannot be sent there: {why}"));
        // Noted before the frames are looked at: who goes on meanwhile has others.
        let standing = self.standing(pid)?;
        let here = self.here(pid)?;
        let made = here.made();
        let cell = here.line.code.cell;
        let is_same = {
            let build = self.session.build.lock();
            let inst = build.codegen.inst_of(cell);
            inst.is_some_and(|inst| inst.id == offer.of)
        };
        if !is_same || made.root != offer.made.root {
            return Err(cannot("the process is in another function"));
        }
        if made.version != offer.made.version {
            return Err(cannot(
                "its function has been changed since this was offered",
            ));
        }
        self.send(standing, &here, Some(offer.start))
            .map_err(|why| cannot(&why))?;
        self.to_first_statement(pid, Unit::Goto)
    }

    /// Notes that a frame goes to its first statement, when its arguments are not to be had but what that needs is.
    pub(super) fn to_head(
        &self,
        standing: runtime::Standing,
        frame: runtime::FrameLine,
        index: usize,
    ) -> Result<(), String> {
        self.send(standing, &Here { line: frame, index }, None)
    }

    /// Notes that a frame, as it was in this stop, goes to the statement that starts there, or to its first.
    fn send(
        &self,
        standing: runtime::Standing,
        here: &Here,
        start: Option<u32>,
    ) -> Result<(), String> {
        // What is compiled must be found on the lines where it is now.
        self.look_at_sources();
        let (cell, locals) = deep(|| {
            let mut build = self.session.build.lock();
            let Build { db, codegen, .. } = &mut *build;
            let (cell, made) = (here.line.code.cell, here.made());
            // What is left of it would give its value to nobody.
            let of = codegen.inst_of(cell).map(|inst| inst.id);
            if of.is_some_and(|of| query::fn_def(db, of).kind == FnKind::Global) {
                return Err("it makes the value of a module-level name".to_owned());
            }
            let start = match start {
                Some(start) => start,
                None => codegen.head(db, cell, made)?,
            };
            let seen = here.visible();
            let mut seen: Vec<Bound> = seen.map(|(_, v)| (v.name.as_str().into(), v.at)).collect();
            seen.retain(|one| here.locals(std::slice::from_ref(one)).is_some());
            let name = &here.line.code.object.name;
            let (rest, params) = codegen.rest_cell(db, cell, made, name, start, &seen)?;
            let locals = here.locals(&params);
            let locals = locals.ok_or("a name that is needed has no value here")?;
            build.compile(&self.session.image, rest)?;
            Ok::<_, String>((rest, locals))
        })?;
        let image = &self.session.image;
        let instead = Instead {
            cell,
            code: here.line.code.clone(),
            offset: here.line.offset,
            locals,
        };
        image.restart(standing, here.index, Some(&instead), None)
    }

    /// The innermost frame of the project.
    fn here(&self, pid: Pid) -> Result<Here, Refusal> {
        let all = self.session.image.frames(pid, MAX_FRAMES);
        let all = all.ok_or_else(|| look::nobody(pid))?;
        let is_own = |frame: &runtime::FrameLine| self.session.is_own(&frame.code.object.file);
        let index = all.iter().position(is_own);
        let index = index.ok_or("it is in no function of the project")?;
        let line = all.into_iter().nth(index).ok_or("it has no frames")?;
        Ok(Here { line, index })
    }
}
