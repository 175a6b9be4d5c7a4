//! Ops of the builtin table: those that need the process, the other processes, or the world outside.
//!
//! What the emitter itself calls (allocation, safepoints, the parts of `receive`) has no meaning here and never appears in the IR.

use crate::leaf::{byte_offset, char_of};
use crate::process::{Message, Process, Reason};
use crate::resource;
use crate::value::{Value, deep_copy};
use crate::world::{Stream, World};
use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use std::io;
use std::path::Path;

/// Digits after the point that are given at most.
const MAX_DECIMALS: i64 = 1000;
/// Most bytes of a repeated string, and of one that is read.
pub(crate) const MAX_BYTES: usize = 1 << 32;

/// What an op gives.
pub(crate) enum Answer {
    /// Its value.
    Value(Value),
    /// Throws a pair of strings.
    Error(String, String),
    /// Ends the slice.
    Yield,
    /// Parks; the process has been told what it waits for.
    Park,
    /// Parks until somebody nudges the process or the time has come; then the op is tried again.
    Wait(Option<u64>),
    /// The same, for the outside.
    Poll,
    /// Ends the process, without a word.
    Exit(Reason),
}

/// What an op of the table does.
pub(crate) type Run = for<'w> fn(&mut World<'w>, &mut Process<'w>, &[Value]) -> Answer;

/// The ops that the emitter itself calls: none of them is ever in the IR.
pub(crate) const EMITTED: &[Op] = &[
    Op::AllocSlow,
    Op::Poll,
    Op::Reserve,
    Op::Compile,
    Op::Hot,
    Op::DebugStop,
    Op::Exit,
    Op::Throw,
    Op::Fault,
    Op::Remember,
    Op::NewArray,
    Op::ReceiveFirst,
    Op::ReceiveOf,
    Op::ReceiveSince,
    Op::ReceiveOnly,
    Op::ReceiveNext,
    Op::ReceiveLoad,
    Op::BoxFits,
    Op::BoxAs,
    Op::ReceiveTake,
    Op::ReceiveTaken,
];

/// What an op does; `None` for one the interpreter does not have.
pub(crate) fn of(op: Op) -> Option<Run> {
    let run: Run = match op {
        Op::GlobalGet => |w, _, a| {
            let known = w.globals.get(&a[0].word());
            ok(known.cloned().unwrap_or(Value::Word(0)))
        },
        Op::GlobalSet => |w, _, a| {
            let new = deep_copy(&a[1]);
            ok(w.globals.entry(a[0].word()).or_insert(new).clone())
        },

        Op::Spawn => |w, _, a| match w.spawn(&a[0]) {
            Ok(pid) => word(pid as i64),
            Err(answer) => answer,
        },
        Op::SpawnLink => |w, p, a| match w.spawn(&a[0]) {
            Ok(pid) => {
                w.link(p.pid, pid);
                word(pid as i64)
            }
            Err(answer) => answer,
        },
        Op::SpawnMonitor => |w, p, a| match w.spawn(&a[0]) {
            Ok(pid) => {
                let reference = w.monitor(p.pid, pid);
                ok(Value::tuple([
                    Value::Word(pid as i64),
                    Value::Word(reference),
                ]))
            }
            Err(answer) => answer,
        },
        Op::Send => |w, _, a| {
            w.deliver(pid(&a[0]), Message::of(&a[1]));
            ok(Value::Unit)
        },
        Op::SendWatched => |w, _, a| {
            let (to, reference) = (pid(&a[0]), a[1].word());
            let relations = w.relations.get(&to);
            if relations.is_some_and(|r| r.watching.iter().any(|w| w.0 == reference)) {
                w.deliver(to, Message::of(&a[2]));
            }
            ok(Value::Unit)
        },
        Op::SelfPid => |_, p, _| word(p.pid as i64),
        Op::Sleep => |w, p, a| match u64::try_from(a[0].word()) {
            Ok(millis @ 1..) => {
                p.deadline = Some(w.in_millis(millis));
                Answer::Park
            }
            Ok(0) | Err(_) => Answer::Yield,
        },
        Op::Register => |w, _, a| {
            let (name, pid) = (a[0].str(), pid(&a[1]));
            let free = !w.names.contains_key(name);
            match w.relations.get_mut(&pid) {
                Some(relations) if free && relations.name.is_none() => {
                    relations.name = Some(name.to_string());
                    w.names.insert(name.to_string(), pid);
                    truth(true)
                }
                Some(_) | None => truth(false),
            }
        },
        Op::Unregister => |w, _, a| {
            let pid = w.names.remove(a[0].str());
            if let Some(relations) = pid.and_then(|pid| w.relations.get_mut(&pid)) {
                relations.name = None;
            }
            truth(pid.is_some())
        },
        Op::Whereis => |w, _, a| word(w.names.get(a[0].str()).map_or(0, |pid| *pid as i64)),
        Op::IsAlive => |w, _, a| truth(w.relations.contains_key(&pid(&a[0]))),
        Op::ExitWith => |w, _, a| Answer::Exit(w.reason_of(&a[0], a[1].str())),
        Op::Kill => |w, _, a| {
            w.kill(pid(&a[0]), Reason::Killed);
            ok(Value::Unit)
        },
        Op::Link => |w, p, a| {
            let other = pid(&a[0]);
            if !w.link(p.pid, other) {
                w.exit_signal(p.pid, other, &Reason::NoProcess, false);
            }
            ok(Value::Unit)
        },
        Op::Unlink => |w, p, a| {
            w.unlink(p.pid, pid(&a[0]));
            ok(Value::Unit)
        },
        Op::Monitor => |w, p, a| word(w.monitor(p.pid, pid(&a[0]))),
        Op::Demonitor => |w, p, a| {
            w.demonitor(p, a[0].word());
            ok(Value::Unit)
        },
        Op::TrapExit => |w, p, a| {
            w.of(p.pid).traps_exits = a[0].word() != 0;
            ok(Value::Unit)
        },
        Op::Supervises => |w, p, _| {
            w.of(p.pid).supervises = true;
            ok(Value::Unit)
        },
        Op::ExitSignal => |w, p, a| {
            let reason = w.reason_of(&a[1], a[2].str());
            w.exit_signal(pid(&a[0]), p.pid, &reason, false);
            ok(Value::Unit)
        },
        Op::ProcessAfter => |w, _, a| {
            let own = pid(&a[0]);
            let mut all: Vec<u64> = w.relations.keys().copied().collect();
            all.sort_unstable();
            let after = all.iter().find(|pid| **pid > own).or(all.first());
            word(after.map_or(own, |pid| *pid) as i64)
        },
        Op::ProcessWord => |w, p, a| word(process_word(w, p, pid(&a[0]), a[1].word())),
        Op::ProcessParent => |w, p, a| {
            let of = pid(&a[0]);
            let parent = if of == p.pid {
                Some(p.parent)
            } else {
                w.processes.get(&of).map(|p| p.parent)
            };
            word(parent.unwrap_or(0) as i64)
        },
        Op::ProcessLink => |w, _, a| {
            let links = w.relations.get(&pid(&a[0])).map(|r| &r.links);
            let index = usize::try_from(a[1].word()).ok();
            let link = index.and_then(|index| links?.get(index));
            word(link.map_or(0, |pid| *pid as i64))
        },
        Op::ProcessName => |w, _, a| {
            let relations = w.relations.get(&pid(&a[0]));
            text(relations.and_then(|r| r.name.as_deref()).unwrap_or(""))
        },
        Op::MakeRef => |w, _, _| word(w.fresh_ref()),
        Op::Yield => |_, _, _| Answer::Yield,
        Op::ProcessCount => |w, _, _| word(w.relations.len() as i64),

        Op::ChanNew => |w, _, a| w.channel_new(a[0].word()),
        Op::ChanSend => |w, p, a| w.channel_send(p, a),
        Op::ChanReceive => |w, p, a| w.channel_receive(p, a),
        Op::ChanWatch => |w, p, a| w.channel_watch(p, &a[0]),
        Op::ChanPark => |w, p, a| w.channel_park(p, a[0].word()),
        Op::Taken => |_, p, _| ok(p.taken.take().expect("a receive got a value")),
        Op::ChanClose => |w, _, a| {
            w.channel_close(&a[0]);
            ok(Value::Unit)
        },
        Op::ChanCloseWith => |w, _, a| {
            w.channel_close_with(&a[0], pid(&a[1]));
            ok(Value::Unit)
        },
        Op::ChanWord => |w, _, a| w.channel_word(a),
        Op::Caught => |_, p, _| ok(p.thrown.clone().expect("something was thrown")),
        Op::MvarLock => |w, p, a| w.lock(p.pid, a[0].word()),
        Op::MvarUnlock => |w, p, a| {
            w.unlock(p.pid, a[0].word());
            ok(Value::Unit)
        },
        Op::MvarIsSet => |w, _, a| truth(w.shared.contains_key(&a[0].word())),
        Op::MvarGet => |w, _, a| ok(deep_copy(&w.shared[&a[0].word()])),
        Op::MvarSet => |w, _, a| {
            w.shared.insert(a[0].word(), deep_copy(&a[1]));
            ok(Value::Unit)
        },
        Op::LocalGet => |_, p, a| {
            let known = p.locals.get(&a[0].word());
            ok(known.cloned().unwrap_or(Value::Word(0)))
        },
        Op::LocalSet => |_, p, a| {
            p.locals.insert(a[0].word(), a[1].clone());
            ok(Value::Unit)
        },
        Op::TcpListen => |w, _, a| w.tcp_listen(a[0].word()),
        Op::TcpPort => |_, _, a| resource::tcp_port(&a[0]),
        Op::TcpId => |_, _, a| resource::tcp_id(&a[0]),
        Op::TcpAccept => |w, _, a| w.tcp_accept(&a[0]),
        Op::TcpConnect => |w, _, a| w.tcp_connect(a[0].str(), a[1].word()),
        Op::TcpRead => |_, _, a| resource::tcp_read(&a[0], a[1].word()),
        Op::TcpWrite => |_, _, a| resource::tcp_write(&a[0], a[1].str()),
        Op::TcpClose => |_, _, a| resource::tcp_close(&a[0]),
        Op::TcpResolve => |_, _, a| resource::tcp_resolve(a[0].str()),
        Op::UdpBind => |w, _, a| w.udp_bind(a[0].word()),
        Op::UdpSend => |_, _, a| resource::udp_send(&a[0], a[1].str(), a[2].word(), a[3].str()),
        Op::UdpReceive => |_, _, a| resource::udp_receive(&a[0]),
        Op::SignalSubscribe => |_, _, _| {
            let why = "signals cannot be subscribed to in an interpreted program";
            Answer::Error("io_error".into(), why.into())
        },
        Op::SignalUnsubscribe => |_, _, _| ok(Value::Unit),
        Op::HostGuard => |_, p, a| resource::host_guard(p, a[0].word(), a[1].word()),
        Op::HostKeep => |_, _, _| ok(Value::Unit),

        Op::Print => |w, _, a| w.write(Stream::Out, a[0].str(), ""),
        Op::Println => |w, _, a| w.write(Stream::Out, a[0].str(), "\n"),
        Op::Eprint => |w, _, a| w.write(Stream::Err, a[0].str(), ""),
        Op::Eprintln => |w, _, a| w.write(Stream::Err, a[0].str(), "\n"),
        Op::FileReadAll => |_, _, a| match nostos_host::read_all(a[0].str(), MAX_BYTES) {
            Ok(content) => text(content),
            Err(failure) => Answer::Error(failure.kind.into(), failure.message),
        },
        Op::FileWriteAll => |_, _, a| done(a[0].str(), std::fs::write(a[0].str(), a[1].str())),
        Op::FileAppend => |_, _, a| done(a[0].str(), append(a[0].str(), a[1].str())),
        Op::FileExists => |_, _, a| truth(Path::new(a[0].str()).exists()),
        Op::FileRemove => |_, _, a| done(a[0].str(), std::fs::remove_file(a[0].str())),
        Op::DirList => |_, _, a| match list(a[0].str()) {
            Ok(names) => text(names),
            Err(error) => failed(a[0].str(), &error),
        },
        Op::DirCreateAll => |_, _, a| done(a[0].str(), std::fs::create_dir_all(a[0].str())),
        Op::EnvGet => |_, _, a| {
            let name = a[0].str();
            let askable = !name.is_empty() && !name.contains(['=', '\0']);
            let value = askable.then(|| std::env::var(name).ok()).flatten();
            let content = Value::text(value.as_deref().unwrap_or(""));
            ok(Value::tuple([Value::bool(value.is_some()), content]))
        },
        Op::EnvCwd => |_, _, _| match std::env::current_dir() {
            Ok(path) => text(path.to_string_lossy()),
            Err(error) => io_error(error.to_string()),
        },
        Op::ArgCount => |w, _, _| word(w.config.args.len() as i64),
        Op::ArgGet => |w, _, a| {
            let index = usize::try_from(a[0].word()).ok();
            let arg = index.and_then(|index| w.config.args.get(index));
            text(arg.map_or("", String::as_str))
        },
        Op::MonotonicNanos => |w, _, _| word(w.tick() as i64),
        Op::NowMillis => |w, _, _| word(w.began_millis + (w.tick() / 1_000_000) as i64),
        Op::RandomBits => |w, _, _| word(w.random()),
        // One worker, no heap: what there is to say of them is nothing.
        Op::RuntimeWord => |w, _, a| match a[0].word() {
            0 => word(1),
            1 | 2 => word(w.relations.len() as i64),
            _ => word(0),
        },
        Op::Collect => |_, p, _| {
            p.collections += 1;
            ok(Value::Unit)
        },
        Op::HeapBytes => |_, p, _| word(heap_bytes(p)),
        Op::CollectionCount => |_, p, _| word(p.collections),

        Op::StringConcat => |_, _, a| match (a[0].str(), a[1].str()) {
            (_, "") => ok(a[0].clone()),
            ("", _) => ok(a[1].clone()),
            (first, second) => text([first, second].concat()),
        },
        Op::StringSlice => |_, _, a| {
            let whole = a[0].str();
            let asked = |arg: &Value| usize::try_from(arg.word()).unwrap_or(0);
            let (asked_from, asked_to) = (asked(&a[1]), asked(&a[2]));
            let (from, to) = (asked_from.min(whole.len()), asked_to.min(whole.len()));
            if !whole.is_char_boundary(from) || !whole.is_char_boundary(to) {
                let why = format!("bytes {asked_from} to {asked_to} of a string cut a character");
                return Answer::Error("Panic".into(), why);
            }
            ok(a[0].slice(from.min(to), to))
        },
        Op::StringSubstring => |_, _, a| {
            let whole = a[0].str();
            let place = |arg: &Value| byte_offset(whole, arg.word().max(0)).unwrap_or(whole.len());
            let (from, to) = (place(&a[1]), place(&a[2]));
            ok(a[0].slice(from, to.max(from)))
        },
        Op::IntToString => |_, _, a| text(a[0].word().to_string()),
        Op::UIntToString => |_, _, a| text((a[0].word() as u64).to_string()),
        Op::FloatToString => |_, _, a| text(float_text(a[0].float())),
        Op::Float32ToString => |_, _, a| text(format!("{:?}", a[0].float() as f32)),
        Op::FloatToFixed => |_, _, a| {
            let decimals = a[1].word().clamp(0, MAX_DECIMALS) as usize;
            text(format!("{:.decimals$}", a[0].float()))
        },
        Op::CharToString => |_, _, a| text(char_of(a[0].word()).to_string()),
        Op::StringQuote => |_, _, a| text(quoted(a[0].str())),
        Op::CharQuote => |_, _, a| text(char_quoted(char_of(a[0].word()))),
        Op::AtomToString => |w, _, a| text(w.atom(a[0].word())),
        Op::StringToUpper => |_, _, a| text(a[0].str().to_uppercase()),
        Op::StringToLower => |_, _, a| text(a[0].str().to_lowercase()),
        Op::StringTrim => |_, _, a| text(a[0].str().trim()),
        Op::StringTrimStart => |_, _, a| text(a[0].str().trim_start()),
        Op::StringTrimEnd => |_, _, a| text(a[0].str().trim_end()),
        Op::StringReplaceAll => |_, _, a| match a[1].str() {
            "" => ok(a[0].clone()),
            from => text(a[0].str().replace(from, a[2].str())),
        },
        Op::StringRepeat => |_, _, a| {
            let times = usize::try_from(a[1].word()).unwrap_or(0);
            let bytes = a[0].str().len().checked_mul(times);
            if bytes.is_none_or(|bytes| bytes > MAX_BYTES) {
                return Answer::Error("Panic".into(), "the string is too long".into());
            }
            text(a[0].str().repeat(times))
        },
        Op::StringReverse => |_, _, a| text(a[0].str().chars().rev().collect::<String>()),

        Op::BuilderStart => |_, p, _| {
            p.builders.push(String::new());
            word(p.builders.len() as i64)
        },
        Op::BuilderPush => |_, p, a| build(p, a[0].str()),
        Op::BuilderPushChar => |_, p, a| build(p, &char_of(a[0].word()).to_string()),
        Op::BuilderPushInt => |_, p, a| build(p, &a[0].word().to_string()),
        Op::BuilderPushFloat => |_, p, a| build(p, &float_text(a[0].float())),
        Op::BuilderPushQuoted => |_, p, a| build(p, &quoted(a[0].str())),
        Op::BuilderFinish => |_, p, a| {
            // An exception may have left builders open above this one.
            p.builders.truncate(a[0].word() as usize);
            text(p.builders.pop().expect("it was opened"))
        },

        // Rows are added to the table from other rooms; what is not here is an error that names it, when it is reached.
        _ => return None,
    };
    Some(run)
}

/// The arguments of a row of the host crate.
pub(crate) fn host_args(op: Op, args: &[Value]) -> Vec<nostos_host::Value> {
    let lanes = nostos_host::values_of(op.info().args);
    lanes
        .zip(args)
        .map(|((_, lane), arg)| match lane {
            Lane::Ref => nostos_host::Value::Text(arg.str().to_string()),
            Lane::Raw => nostos_host::Value::Int(arg.word()),
            Lane::Float => nostos_host::Value::Float(arg.float()),
        })
        .collect()
}

/// What the host crate gave.
pub(crate) fn answered(outcome: nostos_host::Outcome) -> Answer {
    let values = match outcome {
        Ok(values) => values,
        Err(failure) => return Answer::Error(failure.kind.into(), failure.message),
    };
    let mut values: Vec<Value> = values
        .into_iter()
        .map(|value| match value {
            nostos_host::Value::Text(text) => Value::text(text),
            nostos_host::Value::Int(word) => Value::Word(word),
            nostos_host::Value::Float(float) => Value::Float(float),
        })
        .collect();
    ok(match values.len() {
        0 => Value::Unit,
        1 => values.remove(0),
        _ => Value::tuple(values),
    })
}

fn pid(value: &Value) -> u64 {
    value.word() as u64
}

/// There is no heap to be measured; what a process keeps is counted roughly.
fn heap_bytes(p: &Process<'_>) -> i64 {
    16 * (p.values.len() + p.mailbox.len()) as i64
}

/// What `ProcessWord` says of a process; −1: it is gone.
fn process_word(w: &World<'_>, own: &Process<'_>, pid: u64, which: i64) -> i64 {
    let Some(relations) = w.relations.get(&pid) else {
        return -1;
    };
    let p = if pid == own.pid {
        own
    } else {
        &w.processes[&pid]
    };
    match which {
        0 => p.state,
        1 => p.mailbox.len() as i64,
        2 => p.slices * i64::from(crate::machine::SLICE),
        3 => heap_bytes(p),
        4 => p.parent as i64,
        5 => i64::from(relations.traps_exits),
        6 => relations.links.len() as i64,
        7 => relations.monitors.len() as i64,
        _ => i64::from(relations.supervises),
    }
}

fn ok(value: Value) -> Answer {
    Answer::Value(value)
}

fn word(word: i64) -> Answer {
    ok(Value::Word(word))
}

fn truth(truth: bool) -> Answer {
    ok(Value::bool(truth))
}

fn text(text: impl Into<std::sync::Arc<str>>) -> Answer {
    ok(Value::text(text))
}

impl World<'_> {
    fn write(&mut self, stream: Stream, text: &str, end: &str) -> Answer {
        (self.config.output)(stream, &[text, end].concat());
        ok(Value::Unit)
    }

    /// `:name`
    pub(crate) fn atom(&self, number: i64) -> String {
        let names = &self.codegen.descs().atoms;
        match usize::try_from(number).ok().and_then(|i| names.get(i)) {
            Some(name) => format!(":{name}"),
            None => format!(":atom{number}"),
        }
    }
}

fn build(p: &mut Process<'_>, text: &str) -> Answer {
    let innermost = p.builders.last_mut().expect("a builder is open");
    innermost.push_str(text);
    ok(Value::Unit)
}

/// The shortest decimal that reads back.
pub(crate) fn float_text(x: f64) -> String {
    format!("{x:?}")
}

/// As in source, in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let inside: String = text.chars().map(|c| escaped(c, '"')).collect();
    format!("\"{inside}\"")
}

/// As in source, in single quotes.
pub(crate) fn char_quoted(c: char) -> String {
    format!("'{}'", escaped(c, '\''))
}

fn escaped(c: char, quote: char) -> String {
    match c {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\0' => "\\0".into(),
        '\\' => "\\\\".into(),
        c if c == quote => format!("\\{c}"),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.into(),
    }
}

fn done(path: &str, result: io::Result<()>) -> Answer {
    match result {
        Ok(()) => Answer::Value(Value::Unit),
        Err(error) => failed(path, &error),
    }
}

fn failed(path: &str, error: &io::Error) -> Answer {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    io_error(format!("{path}: {text}"))
}

fn io_error(why: String) -> Answer {
    Answer::Error("io_error".into(), why)
}

fn append(path: &str, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?;
    file.write_all(text.as_bytes())
}

fn list(path: &str) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join("\n"))
}
