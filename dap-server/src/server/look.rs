//! Requests that look: threads, frames, scopes, variables, expressions, sources, memory.

use super::{Answer, Connection, DEAD, MAX_FRAMES, State, arguments, lock, refuse};
use crate::protocol::{self, ValueFormat};
use crate::wire::Request;
use nostos_session::debug::{self, Cancel, Page, Pid, Place, ScopeKind};
use serde_json::{Value, json};

/// Threads in one answer: with a hundred thousand processes nobody reads on.
const MAX_THREADS: usize = 500;
/// Numbered variables in one answer, when the client does not page.
const MAX_PAGE: usize = 1000;
/// Bytes in one answer.
const MAX_MEMORY: i64 = 1 << 20;

impl Connection {
    pub(super) fn threads(&self, state: &mut State) -> Answer {
        let rows = self.target.threads(MAX_THREADS);
        state.announced.extend(rows.iter().map(|row| row.0));
        let threads: Vec<_> = rows.iter().map(protocol::thread).collect();
        Ok(json!({ "threads": threads }))
    }

    pub(super) fn stack_trace(&self, state: &mut State, args: &Value) -> Answer {
        let args: protocol::StackTraceArguments = arguments(args)?;
        let frames = self.target.frames(args.thread_id).map_err(refuse)?;
        let levels = args
            .levels
            .filter(|levels| *levels > 0)
            .unwrap_or(MAX_FRAMES);
        let page = Page {
            start: args.start_frame.unwrap_or(0),
            count: levels.min(MAX_FRAMES),
        };
        // A function that ended with a call left no frame; a label stands for it.
        let shown: Vec<Shown> = frames
            .iter()
            .enumerate()
            .flat_map(|(index, frame)| {
                let label = frame.tail.as_deref().map(Shown::Label);
                label.into_iter().chain([Shown::Frame(index)])
            })
            .collect();
        let total = shown.len();
        let rows: Vec<_> = page
            .of(total)
            .map(|at| {
                let index = match shown[at] {
                    Shown::Frame(index) => index,
                    Shown::Label(name) => return label(state.handle(), name),
                };
                let frame = &frames[index];
                let id = state.frame(args.thread_id, index);
                protocol::StackFrame {
                    id,
                    name: frame.name.clone(),
                    source: frame.at.as_ref().map(|at| protocol::Source::of(&at.path)),
                    line: frame.at.as_ref().map_or(0, |at| state.line(at.line)),
                    column: frame.at.as_ref().map_or(0, |at| state.column(at.column)),
                    instruction_pointer_reference: Some(address(frame.pc)),
                    module_id: frame.at.as_ref().map(|at| at.path.clone()),
                    presentation_hint: frame.subtle.then(|| "subtle".into()),
                }
            })
            .collect();
        Ok(json!({ "stackFrames": rows, "totalFrames": total }))
    }

    pub(super) fn scopes(&self, state: &mut State, args: &Value) -> Answer {
        let args: protocol::ScopesArguments = arguments(args)?;
        let (pid, index) = *state.frames.get(&args.frame_id).ok_or(DEAD)?;
        let scopes = self.target.scopes(pid, index).map_err(refuse)?;
        let scopes: Vec<_> = scopes
            .iter()
            .map(|scope| {
                let (name, hint, place) = match scope.kind {
                    ScopeKind::Locals => ("Locals", Some("locals"), Place::Locals(index)),
                    ScopeKind::Captured => ("Captured", None, Place::Captured(index)),
                    ScopeKind::Process => ("Process", None, Place::Process),
                    ScopeKind::Mailbox => ("Mailbox", None, Place::Mailbox),
                    ScopeKind::Links => ("Links", None, Place::Links),
                    ScopeKind::Message => ("Message", None, Place::Message),
                    ScopeKind::Heap => ("Heap", None, Place::Heap),
                };
                let mut row = json!({
                    "name": name,
                    "variablesReference": state.place(pid, place),
                    "expensive": matches!(scope.kind, ScopeKind::Mailbox | ScopeKind::Heap),
                });
                if scope.named + scope.indexed > 0 {
                    row["namedVariables"] = json!(scope.named);
                    row["indexedVariables"] = json!(scope.indexed);
                }
                if let Some(hint) = hint {
                    row["presentationHint"] = json!(hint);
                }
                row
            })
            .collect();
        Ok(json!({ "scopes": scopes }))
    }

    pub(super) fn variables(&self, state: &mut State, args: &Value) -> Answer {
        let args: protocol::VariablesArguments = arguments(args)?;
        let (pid, place) = placed(state, &args)?;
        let rows = self.rows(pid, &place, &args)?;
        Ok(variables(state, pid, rows, args.format))
    }

    /// The same for what takes long: others are answered meanwhile.
    fn variables_of_heap(&self, args: &Value) -> Answer {
        let args: protocol::VariablesArguments = arguments(args)?;
        let (pid, place) = placed(&lock(&self.state), &args)?;
        let rows = self.rows(pid, &place, &args)?;
        let mut state = lock(&self.state);
        // The process may have gone on.
        placed(&state, &args)?;
        Ok(variables(&mut state, pid, rows, args.format))
    }

    /// Is this about a place in a heap, where much has to be looked through?
    pub(super) fn is_of_heap(&self, request: &Request) -> bool {
        let reference = request.arguments["variablesReference"].as_i64();
        request.command == "variables"
            && reference.is_some_and(|reference| {
                let state = lock(&self.state);
                let place = state.places.get(&reference);
                matches!(place, Some((_, Place::HeapPart(_))))
            })
    }

    fn rows(
        &self,
        pid: Pid,
        place: &Place,
        args: &protocol::VariablesArguments,
    ) -> Result<Vec<debug::Variable>, String> {
        let page = Page {
            start: args.start.unwrap_or(0),
            count: args
                .count
                .filter(|count| *count > 0)
                .unwrap_or(MAX_PAGE)
                .min(MAX_PAGE),
        };
        let mut rows = Vec::new();
        if args.filter.as_deref() != Some("indexed") {
            rows = self.target.variables(pid, place, None).map_err(refuse)?;
        }
        if args.filter.as_deref() != Some("named") {
            rows.extend(
                self.target
                    .variables(pid, place, Some(page))
                    .map_err(refuse)?,
            );
        }
        Ok(rows)
    }

    /// A message that waits, as a value that can be opened.
    pub(super) fn message(&self, state: &mut State, args: &Value) -> Answer {
        let args: protocol::MessageArguments = arguments(args)?;
        let page = Page {
            start: args.index,
            count: 1,
        };
        let found = self
            .target
            .variables(args.process, &Place::Mailbox, Some(page));
        let row = found.map_err(refuse)?.into_iter().next();
        let mut row = row.ok_or("this message is no longer there")?;
        // Who runs takes messages out: what has this number then may be another one.
        row.place = row.place.filter(|_| state.stopped.contains(&args.process));
        let row = variable(state, args.process, row, ValueFormat::default());
        serde_json::to_value(row).map_err(|error| error.to_string())
    }

    pub(super) fn slow(&self, request: &Request, cancel: &Cancel) -> Answer {
        let args = &request.arguments;
        if request.command == "nostos/reload" {
            let args: protocol::ReloadArguments = arguments(args)?;
            let edits: Vec<_> = args
                .files
                .into_iter()
                .map(|file| debug::Edit {
                    path: file.path,
                    text: file.text,
                })
                .collect();
            return Ok(protocol::reload(&self.target.reload(&edits)));
        }
        match request.command.as_str() {
            "nostos/heap" => {
                let args: protocol::HeapArguments = arguments(args)?;
                let types = args.types.unwrap_or(true);
                let heap = self.target.heap(args.process, types).map_err(refuse)?;
                return Ok(protocol::heap(&heap));
            }
            about if about.starts_with("nostos/heap") => return self.heap_request(about, args),
            "variables" => return self.variables_of_heap(args),
            "setVariable" => return self.set_variable(args),
            "setExpression" => return self.set_expression(args),
            _ => {}
        }
        let args: protocol::EvaluateArguments = arguments(args)?;
        let frame = match args.frame_id {
            None => None,
            Some(id) => Some(*lock(&self.state).frames.get(&id).ok_or(DEAD)?),
        };
        let result = self
            .target
            .evaluate(frame, &args.expression, cancel)
            .map_err(refuse)?;
        let whole = match (args.context.as_deref(), frame, &result.place) {
            (Some("clipboard"), Some((pid, _)), Some(place)) => {
                Some(self.target.whole(pid, place).map_err(refuse)?)
            }
            _ => None,
        };
        let format = args.format.unwrap_or_default();
        let text = whole.unwrap_or_else(|| formatted(&result.value, &result.ty, format));
        let mut state = lock(&self.state);
        let reference = match (frame, result.place) {
            (Some((pid, _)), Some(place)) => state.place(pid, place),
            // It is nobody's: it stays when processes go on.
            (None, Some(place)) => state.place(0, place),
            (_, None) => 0,
        };
        let mut body =
            json!({ "result": text, "type": result.ty, "variablesReference": reference });
        if reference != 0 {
            body["namedVariables"] = json!(result.named);
            body["indexedVariables"] = json!(result.indexed);
        }
        if let Some(at) = result.address.filter(|_| frame.is_some()) {
            body["memoryReference"] = json!(address(at));
        }
        Ok(body)
    }

    fn set_variable(&self, args: &Value) -> Answer {
        let args: protocol::SetVariableArguments = arguments(args)?;
        let found = lock(&self.state)
            .places
            .get(&args.variables_reference)
            .cloned();
        let (pid, place) = found.ok_or(DEAD)?;
        self.change(pid, &place, &args.name, &args.value, args.format)
    }

    fn set_expression(&self, args: &Value) -> Answer {
        let args: protocol::SetExpressionArguments = arguments(args)?;
        let id = args
            .frame_id
            .ok_or("without a frame there is nothing to set")?;
        let found = lock(&self.state).frames.get(&id).copied();
        let (pid, frame) = found.ok_or(DEAD)?;
        let place = Place::Locals(frame);
        self.change(pid, &place, &args.expression, &args.value, args.format)
    }

    fn change(
        &self,
        pid: Pid,
        place: &Place,
        name: &str,
        text: &str,
        format: Option<ValueFormat>,
    ) -> Answer {
        let now = self.target.change(pid, place, name, text).map_err(refuse)?;
        let mut state = lock(&self.state);
        if state.hears_of_changes {
            // What is computed from it, and what other frames show.
            let body = json!({ "areas": ["variables"], "threadId": pid });
            self.sent(self.wire.event("invalidated", body));
        }
        let row = variable(&mut state, pid, now, format.unwrap_or_default());
        let mut body = serde_json::to_value(row).map_err(|error| error.to_string())?;
        if let Some(body) = body.as_object_mut() {
            body.remove("name");
        }
        Ok(body)
    }

    pub(super) fn source(&self, args: &Value) -> Answer {
        let args: protocol::SourceArguments = arguments(args)?;
        let mut source = args.source.unwrap_or_default();
        source.source_reference = source
            .source_reference
            .filter(|reference| *reference != 0)
            .or(Some(args.source_reference));
        let path = source.meant().ok_or("which source?")?;
        let text = self.target.source(&path).map_err(refuse)?;
        Ok(json!({ "content": text, "mimeType": "text/x-nostos" }))
    }

    pub(super) fn modules(&self, args: &Value) -> Answer {
        let args: protocol::ModulesArguments = arguments(args)?;
        let program = self.target.program();
        let mut sources = self.target.sources();
        sources.retain(|path| protocol::made(path).is_none());
        let page = Page {
            start: args.start_module.unwrap_or(0),
            count: args.module_count.unwrap_or(0),
        };
        let rows: Vec<_> = sources[page.of(sources.len())]
            .iter()
            .map(|path| {
                let inside = path.strip_prefix(&program.root).unwrap_or(path);
                let name = inside.trim_matches('/').trim_end_matches(".nos");
                let mut row = json!({
                    "id": path,
                    "name": name.replace('/', "."),
                    "isUserCode": path.starts_with('/'),
                    "isOptimized": false,
                    "symbolStatus": "Symbols loaded",
                    "version": program.version.to_string(),
                });
                if path.starts_with('/') {
                    row["path"] = json!(path);
                }
                row
            })
            .collect();
        Ok(json!({ "modules": rows, "totalModules": sources.len() }))
    }

    pub(super) fn completions(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::CompletionsArguments = arguments(args)?;
        let frame = match args.frame_id {
            None => None,
            Some(id) => Some(*state.frames.get(&id).ok_or(DEAD)?),
        };
        let number = |number: i64, from_0: bool| {
            usize::try_from(number.saturating_sub(i64::from(!from_0))).unwrap_or(0)
        };
        let line = args.line.map_or(0, |line| number(line, state.lines_from_0));
        let text = args.text.split('\n').nth(line).unwrap_or_default();
        let units: Vec<u16> = text
            .encode_utf16()
            .take(number(args.column, state.columns_from_0))
            .collect();
        let before = String::from_utf16_lossy(&units);
        // What is completed is replaced as a whole, and counted in UTF-16 units. Without `start`, as clients differ in what they count it from.
        let of_name = |c: &char| c.is_alphanumeric() || *c == '_';
        let length: usize = before
            .chars()
            .rev()
            .take_while(of_name)
            .map(char::len_utf16)
            .sum();
        let found = self.target.complete(frame, &before);
        let targets: Vec<_> = found
            .iter()
            .map(|completion| {
                let mut row = json!({
                    "label": completion.label,
                    "type": completion.kind,
                    "length": length,
                });
                if !completion.detail.is_empty() {
                    row["detail"] = json!(completion.detail);
                }
                row
            })
            .collect();
        Ok(json!({ "targets": targets }))
    }

    pub(super) fn read_memory(&self, args: &Value) -> Answer {
        let args: protocol::ReadMemoryArguments = arguments(args)?;
        let base = address_in(&args.memory_reference)?;
        let count = args.count.clamp(0, MAX_MEMORY);
        let at = base.wrapping_add_signed(args.offset.unwrap_or(0));
        let bytes = self.target.memory(at, count as usize);
        let unreadable = count - bytes.len() as i64;
        let mut body = json!({ "address": address(at), "data": base64(&bytes) });
        if unreadable > 0 {
            body["unreadableBytes"] = json!(unreadable);
        }
        Ok(body)
    }
}

/// A row of a stack.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Frame(usize),
    Label(&'a str),
}

fn label(id: i64, name: &str) -> protocol::StackFrame {
    protocol::StackFrame {
        id,
        name: format!("[tail call in {name}]"),
        source: None,
        line: 0,
        column: 0,
        instruction_pointer_reference: None,
        module_id: None,
        presentation_hint: Some("label".into()),
    }
}

/// The number a reference to memory is.
pub(super) fn address_in(reference: &str) -> Result<u64, String> {
    let reference = reference.trim();
    let number = match reference.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => reference.parse().ok(),
    };
    number.ok_or_else(|| format!("`{reference}` is no address"))
}

pub(super) fn address(at: u64) -> String {
    format!("{at:#x}")
}

/// What a number stands for.
fn placed(state: &State, args: &protocol::VariablesArguments) -> Result<(Pid, Place), String> {
    let found = state.places.get(&args.variables_reference);
    Ok(found.ok_or(DEAD)?.clone())
}

fn variables(
    state: &mut State,
    pid: Pid,
    rows: Vec<debug::Variable>,
    format: Option<ValueFormat>,
) -> Value {
    let format = format.unwrap_or_default();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| variable(state, pid, row, format))
        .collect();
    json!({ "variables": rows })
}

fn variable(
    state: &mut State,
    pid: Pid,
    row: debug::Variable,
    format: ValueFormat,
) -> protocol::Variable {
    let reference = row.place.map_or(0, |place| state.place(pid, place));
    // Otherwise it is seen when it is opened.
    let is_known = reference != 0 && row.named + row.indexed > 0;
    protocol::Variable {
        value: formatted(&row.value, &row.ty, format),
        name: row.name,
        ty: (!row.ty.is_empty()).then_some(row.ty),
        variables_reference: reference,
        named_variables: is_known.then_some(row.named as i64),
        indexed_variables: is_known.then_some(row.indexed as i64),
        evaluate_name: None,
        memory_reference: row.address.map(address),
    }
}

/// Whole numbers as the client wants them.
fn formatted(text: &str, ty: &str, format: ValueFormat) -> String {
    let whole = ty.starts_with("Int") || ty.starts_with("UInt") || ty == "Byte";
    match text.parse::<i128>() {
        Ok(number) if format.hex && whole && number < 0 => format!("-{:#x}", -number),
        Ok(number) if format.hex && whole => format!("{number:#x}"),
        _ => text.to_owned(),
    }
}

/// The usual alphabet, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4 {
            let digit = (word >> (18 - 6 * i)) & 63;
            out.push(if i > chunk.len() {
                '='
            } else {
                char::from(DIGITS[digit as usize])
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_base_64() {
        for (bytes, text) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("abcd", "YWJjZA=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn whole_numbers_are_written_in_base_16_for_who_wants_that() {
        let hex = ValueFormat { hex: true };
        for (text, ty, expected) in [
            ("255", "Int", "0xff"),
            ("-16", "Int", "-0x10"),
            ("255", "Float", "255"),
            ("[1]", "List[Int]", "[1]"),
        ] {
            assert_eq!(formatted(text, ty, hex), expected);
            assert_eq!(formatted(text, ty, ValueFormat::default()), text);
        }
    }
}
