//! Requests that say where and when a process is to stop.

use super::{Answer, Connection, State, arguments, refuse};
use crate::protocol;
use nostos_session::debug::{self, ExceptionWish, Filter, Thrown, Wish};
use serde_json::{Value, json};

impl Connection {
    pub(super) fn set_breakpoints(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::SetBreakpointsArguments = arguments(args)?;
        let path = args.source.meant().ok_or("a source needs a path")?;
        let wanted = match (args.breakpoints, args.lines) {
            (Some(wanted), _) => wanted,
            (None, lines) => lines
                .unwrap_or_default()
                .into_iter()
                .map(|line| protocol::SourceBreakpoint {
                    line,
                    column: None,
                    condition: None,
                    hit_condition: None,
                    log_message: None,
                })
                .collect(),
        };
        let wishes: Vec<Wish> = wanted
            .into_iter()
            .map(|wish| Wish {
                line: from_1(wish.line, state.lines_from_0),
                column: wish
                    .column
                    .map(|column| from_1(column, state.columns_from_0)),
                condition: filled(wish.condition),
                hits: filled(wish.hit_condition),
                log: filled(wish.log_message),
            })
            .collect();
        let set = self.target.set_breakpoints(self.client, &path, &wishes);
        let set: Vec<_> = set.iter().map(|b| breakpoint(state, b)).collect();
        Ok(json!({ "breakpoints": set }))
    }

    pub(super) fn breakpoint_locations(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::BreakpointLocationsArguments = arguments(args)?;
        let path = args.source.meant().ok_or("a source needs a path")?;
        let first = from_1(args.line, state.lines_from_0);
        let last = args
            .end_line
            .map_or(first, |line| from_1(line, state.lines_from_0));
        let column = |column: Option<i64>| column.map(|c| from_1(c, state.columns_from_0));
        let (from, to) = (column(args.column), column(args.end_column));
        let found = self.target.breakpoint_locations(&path, (first, last));
        let inside = found.iter().filter(|at| {
            let after = from.is_none_or(|from| at.line > first || at.column >= from);
            after && to.is_none_or(|to| at.line < last || at.column <= to)
        });
        let rows: Vec<_> = inside
            .map(|at| json!({ "line": state.line(at.line), "column": state.column(at.column) }))
            .collect();
        Ok(json!({ "breakpoints": rows }))
    }

    pub(super) fn set_function_breakpoints(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::SetFunctionBreakpointsArguments = arguments(args)?;
        let wishes: Vec<(String, Wish)> = args
            .breakpoints
            .into_iter()
            .map(|wish| {
                let condition = filled(wish.condition);
                let hits = filled(wish.hit_condition);
                let wanted = Wish {
                    condition,
                    hits,
                    ..Wish::default()
                };
                (wish.name, wanted)
            })
            .collect();
        let set = self.target.set_function_breakpoints(self.client, &wishes);
        let set: Vec<_> = set.iter().map(|b| breakpoint(state, b)).collect();
        Ok(json!({ "breakpoints": set }))
    }

    pub(super) fn set_exception_breakpoints(&self, args: &Value) -> Answer {
        let args: protocol::SetExceptionBreakpointsArguments = arguments(args)?;
        let plain = args.filters.into_iter().map(|filter| (filter, None));
        let options = args.filter_options.unwrap_or_default().into_iter();
        let options = options.map(|option| (option.filter_id, filled(option.condition)));
        let wishes: Result<Vec<ExceptionWish>, String> = plain
            .chain(options)
            .map(|(name, condition)| {
                let filter = match name.as_str() {
                    "uncaught" => Filter::Uncaught,
                    "all" => Filter::All,
                    "linked exit" => Filter::LinkedExit,
                    unknown => {
                        return Err(format!(
                            "`{unknown}` is no exception filter; there are `uncaught`, `all` and `linked exit`"
                        ));
                    }
                };
                Ok(ExceptionWish { filter, condition })
            })
            .collect();
        let wishes = wishes?;
        self.target.stop_on(self.client, &wishes);
        let set = vec![json!({ "verified": true }); wishes.len()];
        Ok(json!({ "breakpoints": set }))
    }

    pub(super) fn exception_info(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::ThreadArguments = arguments(args)?;
        let thrown = state.exceptions.get(&args.thread_id);
        let thrown = thrown.ok_or("this process did not stop for an exception")?;
        let mode = match thrown.filter {
            Filter::Uncaught => "unhandled",
            Filter::All | Filter::LinkedExit => "always",
        };
        Ok(json!({
            "exceptionId": thrown.kind,
            "description": thrown.text,
            "breakMode": mode,
            "details": details(thrown),
        }))
    }

    pub(super) fn terminate_threads(&self, args: &Value) -> Answer {
        let args: protocol::TerminateThreadsArguments = arguments(args)?;
        for pid in args.thread_ids {
            self.target.kill(pid).map_err(refuse)?;
        }
        Ok(Value::Null)
    }
}

/// The answer to a request for breakpoints in a program that is run and not debugged: as many as are wanted, none of them verified.
pub(super) fn not_debugged(command: &str, args: &Value) -> Option<Answer> {
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    let wanted = match command {
        "setBreakpoints"
        | "setFunctionBreakpoints"
        | "setInstructionBreakpoints"
        | "setDataBreakpoints" => count(&args["breakpoints"]),
        "setExceptionBreakpoints" => count(&args["filters"]) + count(&args["filterOptions"]),
        _ => return None,
    };
    let row = json!({ "verified": false, "message": "the program is run and not debugged" });
    Some(Ok(json!({ "breakpoints": vec![row; wanted] })))
}

/// An exception with what caused it, and what caused that.
fn details(thrown: &Thrown) -> Value {
    let mut row = json!({
        "message": thrown.text,
        "typeName": thrown.kind,
        "stackTrace": thrown.trace.join("\n"),
    });
    if let Some(cause) = &thrown.cause {
        row["innerException"] = json!([details(cause)]);
    }
    row
}

pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

pub(super) fn from_1(number: i64, from_0: bool) -> u32 {
    u32::try_from(number.saturating_add(i64::from(from_0))).unwrap_or(0)
}

pub(super) fn breakpoint(state: &State, set: &debug::Breakpoint) -> protocol::Breakpoint {
    let known = set.at.line > 0;
    protocol::Breakpoint {
        id: set.id as i64,
        verified: set.verified,
        message: set.message.clone(),
        source: known.then(|| protocol::Source::of(&set.at.path)),
        line: known.then(|| state.line(set.at.line)),
        column: (known && set.at.column > 0).then(|| state.column(set.at.column)),
    }
}
