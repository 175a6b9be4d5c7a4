//! Steps: what they are made of where one is more than the next statement, and the calls one can step into.
//!
//! The runtime steps from statement to statement. A step of lines takes several of them; a step into one call of several is a breakpoint, for that
//! process alone, at the first statement of what is called, and a step over the statement in case it never gets there.

use super::*;
use crate::debug::{Go, Gone, StepTarget, Unit};
use look::nobody;
use nostos_check::hir::visit::{Part, parts};
use nostos_check::hir::{Callee, Expr, ExprKind, Span, Stmt, told};
use nostos_check::ty::FnId;

/// Frames that are counted to tell a call from its caller.
const DEEP: usize = 4096;
/// Calls in a statement that can be chosen from.
const MAX_TARGETS: usize = 100;
/// Offers of such calls that are remembered.
const MAX_OFFERS: usize = 1000;

/// Functions that were offered to be stepped into.
#[derive(Default)]
pub(super) struct Targets {
    last: u64,
    known: BTreeMap<u64, String>,
}

/// A step that is more than one of the runtime's.
#[derive(Clone, Debug)]
pub(super) struct Stepping {
    how: How,
    unit: Unit,
    /// Where it began: the function's code, the line, and how many frames there were.
    from: (usize, (u32, u32), usize),
}

impl Debugger {
    /// Notes what a process is to do that is about to go on.
    pub(super) fn begin_step(&self, pid: Pid, go: &Go) -> Result<(), Refusal> {
        self.end_step(pid);
        if let Some(target) = go.target {
            let known = self.targets.lock().known.get(&target).cloned();
            let name = known.ok_or("there is no such target; ask `stepInTargets` again")?;
            self.compile_named(&name);
            self.break_in(pid, &name);
        }
        if matches!(go.unit, Unit::Line | Unit::Instruction)
            && matches!(go.how, How::Over | How::In)
        {
            let here = self.place_of(pid)?;
            let step = Stepping {
                how: go.how,
                unit: go.unit,
                from: here,
            };
            self.steps.lock().insert(pid, step);
        }
        Ok(())
    }

    /// It has stopped: nothing is left of its step.
    pub(super) fn end_step(&self, pid: Pid) {
        self.steps.lock().remove(&pid);
        let had = {
            let mut state = self.state.lock();
            let before = state.breakpoints.len();
            let its = |what: &What| matches!(what, What::Into(of, _) if *of == pid);
            state.breakpoints.retain(|known| !its(&known.what));
            state.breakpoints.len() < before
        };
        if had {
            self.arm();
        }
    }

    /// See [`Target::restart_frame`].
    pub(super) fn restart(&self, pid: Pid, frame: usize) -> Result<Gone, Refusal> {
        let standing = self.standing(pid)?;
        let wanted = self.frame_line(pid, frame)?;
        let image = &self.session.image;
        let all = image.frames(pid, MAX_FRAMES).ok_or_else(|| nobody(pid))?;
        let index = all.iter().position(|frame| frame.fp == wanted.fp);
        let index = index.ok_or("there is no such frame")?;
        // Of what is left of a function, the function's own first statement is meant. A lambda's arguments are not where its caller would put them.
        let object = &wanted.code.object;
        let noted = match object.made.rest || object.params.is_none() {
            true => self.to_head(standing, wanted, index),
            // Code that was loaded since is what it goes on in.
            false => image.restart(standing, index, None, Some(wanted.code.cell)),
        };
        noted.map_err(|why| Refusal(format!("this frame cannot be restarted: {why}")))?;
        self.to_first_statement(pid, Unit::Restart)
    }

    /// Lets a process go on whose frame has been sent elsewhere, to the first statement there.
    pub(super) fn to_first_statement(&self, pid: Pid, unit: Unit) -> Result<Gone, Refusal> {
        let step = Stepping {
            how: How::In,
            unit,
            from: (0, (0, 0), 0),
        };
        self.steps.lock().insert(pid, step);
        let gone = self.goes_as_told(pid, runtime::How::StepIn, true);
        gone.ok_or_else(|| {
            // The next stop is not for this.
            self.end_step(pid);
            not_standing(pid)
        })
    }

    /// One of the runtime's steps is done: is the whole one? Otherwise how it goes on.
    pub(super) fn stepped(&self, pid: Pid) -> Result<Why, runtime::How> {
        let step = self.steps.lock().get(&pid).cloned();
        let Some(step) = step else {
            return Ok(Why::Step);
        };
        let here = self.place_of(pid);
        let how = match step.how {
            How::In => runtime::How::StepIn,
            _ => runtime::How::StepOver,
        };
        match here {
            _ if step.unit == Unit::Restart => Ok(Why::Restarted),
            _ if step.unit == Unit::Goto => Ok(Why::Gone),
            Ok(here) if step.unit == Unit::Line && here == step.from => Err(how),
            _ => Ok(Why::Step),
        }
    }

    /// Was it sent to the statement it is at? Then that is why it stops.
    pub(super) fn is_sent(&self, pid: Pid) -> bool {
        let steps = self.steps.lock();
        steps.get(&pid).is_some_and(|step| step.unit == Unit::Goto)
    }

    /// Is it to stop in the library too?
    pub(super) fn steps_by_instruction(&self, pid: Pid) -> bool {
        let steps = self.steps.lock();
        steps
            .get(&pid)
            .is_some_and(|step| step.unit == Unit::Instruction)
    }

    fn place_of(&self, pid: Pid) -> Result<(usize, (u32, u32), usize), Refusal> {
        let frames = self.frame_lines(pid, DEEP)?;
        let first = frames.first().ok_or("this process has no frames")?;
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let pc = pc_of(first);
        let function = state.symbols.function(pc);
        let spot = function.and_then(|function| function.spot(pc));
        let line = spot.map_or((0, first.line), |spot| (spot.text, spot.line));
        Ok((first.code.address, line, frames.len()))
    }

    /// See [`Target::step_in_targets`].
    pub(super) fn calls_ahead(&self, pid: Pid, frame: usize) -> Result<Vec<StepTarget>, Refusal> {
        let line = self.frame_line(pid, frame)?;
        self.look_at_sources();
        let (file, row) = {
            let mut state = self.state.lock();
            self.refresh(&mut state);
            let pc = pc_of(&line);
            let function = state.symbols.function(pc);
            let function = function.ok_or("this frame has no debug information")?;
            let row = function.row(pc).ok_or("this frame has no line")?;
            (function.file.clone(), row)
        };
        let found = {
            let build = self.session.build.lock();
            let db = &build.db;
            let id = db.file_id(&file).ok_or("the file of this frame is gone")?;
            let index = db.line_index(id);
            let mut found = Vec::new();
            for owner in query::functions_of_file(db, id) {
                let def = query::fn_def(db, owner);
                let at = |offset: u32| {
                    let place = index.line_col(def.start + offset);
                    (place.line + 1, place.col + 1)
                };
                let Some(body) = query::body(db, owner) else {
                    continue;
                };
                // What a macro made stands where the call does.
                let told = |span: Span| told(&body.expansions, span);
                if !(at(0).0..=at(def.len).0).contains(&row.line) {
                    continue;
                }
                let mut each = |span: Span, id: FnId, statement: u32| {
                    let begin = at(told(Span {
                        start: statement,
                        end: statement,
                    })
                    .start);
                    let span = told(span);
                    if begin.0 == row.line && (row.column == 0 || begin.1 == row.column) {
                        found.push((id, at(span.start), at(span.end)));
                    }
                };
                calls_in(&body.value, body.value.span.start, &mut each);
                for local in &body.local_fns {
                    calls_in(&local.value, local.value.span.start, &mut each);
                }
            }
            let named = found.into_iter().filter_map(|(id, start, end)| {
                let def = query::fn_def(db, id);
                let own = build.texts.contains_key(&*db.path(def.file).to_string());
                let is_there = def.kind == FnKind::Nostos && own;
                is_there.then(|| (def.name.to_string(), start, end))
            });
            named.take(MAX_TARGETS).collect::<Vec<_>>()
        };
        let mut targets = self.targets.lock();
        let each = found.into_iter().map(|(name, start, end)| {
            targets.last += 1;
            let id = targets.last;
            targets.known.insert(id, name.clone());
            StepTarget {
                id,
                label: name,
                start,
                end,
            }
        });
        let offered = each.collect();
        while targets.known.len() > MAX_OFFERS {
            targets.known.pop_first();
        }
        Ok(offered)
    }
}

/// Gives the calls of known functions in an expression, in the order in which they happen, with where the statement begins they are in.
fn calls_in(expr: &Expr, statement: u32, each: &mut impl FnMut(Span, FnId, u32)) {
    if let ExprKind::Block(stmts, value) = &expr.kind {
        for stmt in stmts {
            match stmt {
                Stmt::Expr(part) => calls_in(part, part.span.start, each),
                Stmt::Let { value, span, .. } => calls_in(value, span.start, each),
                Stmt::LocalFn(_) => {}
            }
        }
        return calls_in(value, value.span.start, each);
    }
    parts(expr, &mut |part| {
        if let Part::Expr(part) = part {
            calls_in(part, statement, each);
        }
    });
    if let ExprKind::Call(Callee::Fn(inst), _) = &expr.kind {
        each(expr.span, inst.id, statement);
    }
}
