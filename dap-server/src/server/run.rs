//! Requests that let processes go on.

use super::breakpoints::from_1;
use super::{Answer, Connection, DEAD, State, arguments, refuse};
use crate::protocol;
use nostos_session::debug::{Go, How, StepTarget, Unit};
use serde_json::{Value, json};

impl Connection {
    pub(super) fn resume(&self, state: &mut State, args: &Value, how: How) -> Answer {
        let args: protocol::ResumeArguments = arguments(args)?;
        let pid = args.thread_id;
        let unit = match args.granularity.as_deref() {
            None | Some("statement") => Unit::Statement,
            Some("line") => Unit::Line,
            Some("instruction") => Unit::Instruction,
            Some(other) => {
                return Err(format!(
                    "`{other}` is no granularity: `statement`, `line` or `instruction`"
                ));
            }
        };
        let target = match args.target_id {
            Some(id) => Some(u64::try_from(id).map_err(|_| "there is no such target")?),
            None => None,
        };
        let go = Go {
            how,
            unit,
            target,
            alone: args.single_thread,
        };
        let gone = self.target.go(pid, &go).map_err(refuse)?;
        state.goes_on(pid, gone);
        match how {
            How::Continue => Ok(json!({ "allThreadsContinued": gone.all })),
            How::Over | How::In | How::Out => Ok(Value::Null),
        }
    }

    pub(super) fn step_in_targets(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::ScopesArguments = arguments(args)?;
        let (pid, index) = *state.frames.get(&args.frame_id).ok_or(DEAD)?;
        let found = self.target.step_in_targets(pid, index).map_err(refuse)?;
        let targets: Vec<_> = found
            .iter()
            .map(|target| step_target(state, target))
            .collect();
        Ok(json!({ "targets": targets }))
    }

    pub(super) fn restart_frame(&self, state: &mut State, args: &Value) -> Answer {
        let args: protocol::ScopesArguments = arguments(args)?;
        let (pid, index) = *state.frames.get(&args.frame_id).ok_or(DEAD)?;
        let gone = self.target.restart_frame(pid, index).map_err(refuse)?;
        state.goes_on(pid, gone);
        Ok(Value::Null)
    }

    pub(super) fn goto_targets(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::GotoTargetsArguments = arguments(args)?;
        let path = args.source.meant().ok_or("a source needs a path")?;
        let line = from_1(args.line, state.lines_from_0);
        let column = args.column.map(|c| from_1(c, state.columns_from_0));
        let found = self.target.goto_targets(&path, line, column);
        let targets: Vec<_> = found
            .map_err(refuse)?
            .iter()
            .map(|target| step_target(state, target))
            .collect();
        Ok(json!({ "targets": targets }))
    }

    pub(super) fn goto(&self, state: &mut State, args: &Value) -> Answer {
        let args: protocol::GotoArguments = arguments(args)?;
        let pid = args.thread_id;
        let target = u64::try_from(args.target_id).map_err(|_| "there is no such target")?;
        let gone = self.target.goto(pid, target).map_err(refuse)?;
        state.goes_on(pid, gone);
        Ok(Value::Null)
    }

    /// `nostos/trace`
    pub(super) fn trace(&self, args: &Value) -> Answer {
        let args: protocol::TraceArguments = arguments(args)?;
        self.target.trace(args.process, args.on).map_err(refuse)?;
        Ok(json!({ "traced": args.on }))
    }

    /// `nostos/events`
    pub(super) fn events(&self, args: &Value) -> Answer {
        let args: protocol::EventsArguments = arguments(args)?;
        let (events, traced) = self.target.past(args.process, args.since);
        let rows: Vec<_> = events.iter().map(protocol::past_event).collect();
        Ok(json!({ "traced": traced, "events": rows }))
    }
}

/// A place in the source to step into or to go to.
fn step_target(state: &State, target: &StepTarget) -> Value {
    json!({
        "id": target.id,
        "label": target.label,
        "line": state.line(target.start.0),
        "column": state.column(target.start.1),
        "endLine": state.line(target.end.0),
        "endColumn": state.column(target.end.1),
    })
}
