//! Exceptions that stop a process: which ones, and what is told of them.

use super::*;
use runtime::{ExitReason, TraceLine};

impl Debugger {
    /// Instead of what this client wanted before.
    pub(super) fn want_exceptions(&self, client: u64, wishes: &[ExceptionWish]) {
        let stops = {
            let mut state = self.state.lock();
            state.exceptions.retain(|(known, _)| *known != client);
            let new = wishes.iter().map(|wish| (client, wish.clone()));
            state.exceptions.extend(new);
            let any = |filter| state.exceptions.iter().any(|(_, w)| w.filter == filter);
            runtime::Stops {
                uncaught: any(Filter::Uncaught) || any(Filter::All),
                thrown: any(Filter::All),
                linked: any(Filter::LinkedExit),
            }
        };
        self.session.image.stop_on(stops);
    }

    /// A process has stopped for an exception: does it stay so?
    pub(super) fn exception(&self, pid: Pid, filter: Filter) -> Result<Why, runtime::How> {
        let thrown = self.thrown(pid, filter);
        let wishes: Vec<ExceptionWish> = {
            let state = self.state.lock();
            let each = state.exceptions.iter().map(|(_, wish)| wish);
            // Who wants all wants those that nobody catches, too.
            let fits = |wish: &&ExceptionWish| {
                wish.filter == filter || filter == Filter::Uncaught && wish.filter == Filter::All
            };
            each.filter(fits).cloned().collect()
        };
        let value = self.session.image.thrown(pid);
        let value = value.filter(|_| filter != Filter::LinkedExit);
        let extra = value.map(|value| Known {
            name: "exception".into(),
            value,
            captured: false,
            spot: None,
        });
        let stays = wishes.iter().any(|wish| match &wish.condition {
            None => true,
            Some(condition) => self.is_true(pid, condition, extra.as_ref()),
        });
        if stays {
            Ok(Why::Exception(thrown))
        } else {
            Err(runtime::How::AsBefore)
        }
    }

    /// What is told of an exception.
    fn thrown(&self, pid: Pid, filter: Filter) -> Thrown {
        let image = &self.session.image;
        let reason = image.exit_reason(pid);
        let failure = match &reason {
            Some(ExitReason::Failed(failure)) => Some(failure),
            _ => None,
        };
        let trace: Vec<String> = match (failure, filter) {
            // Where the linked process failed, which is not here.
            (Some(failure), _) => failure.trace.iter().map(|line| self.line(line)).collect(),
            (None, Filter::LinkedExit) => Vec::new(),
            (None, Filter::Uncaught | Filter::All) => self.trace(pid),
        };
        if filter == Filter::LinkedExit {
            let text = reason.map(|reason| reason.to_string()).unwrap_or_default();
            let (kind, _) = kind_of(&text);
            let cause = Thrown {
                filter: Filter::Uncaught,
                kind,
                text: text.clone(),
                cause: None,
                trace,
            };
            return Thrown {
                filter,
                kind: "LinkedExit".into(),
                text: format!("a linked process has ended: {text}"),
                cause: Some(Box::new(cause)),
                trace: self.trace(pid),
            };
        }
        let value = image.thrown(pid);
        let told = value.and_then(|value| {
            let shown = self.reading(pid, values::Root::heap(None), |reading| {
                (reading.shape_name(value.shape), reading.render(&value))
            });
            shown.ok()
        });
        let (ty, shown) = told.unwrap_or_default();
        let text = match &reason {
            Some(reason) => reason.to_string(),
            None => shown,
        };
        // A pair of strings is the runtime's own way: what kind of error, and what happened.
        let (kind, text) = match ty == "(String, String)" && reason.is_none() {
            true => pair(&text),
            false if ty == "(String, String)" => (kind_of(&text).0, text),
            false => (ty, text),
        };
        Thrown {
            filter,
            kind,
            text,
            cause: None,
            trace,
        }
    }

    fn trace(&self, pid: Pid) -> Vec<String> {
        let frames = self.frames(pid).unwrap_or_default();
        let lines = frames.iter().take(100).map(|frame| match &frame.at {
            Some(at) => format!("at {} ({}:{})", frame.name, at.path, at.line),
            None => format!("at {}", frame.name),
        });
        lines.collect()
    }

    fn line(&self, line: &TraceLine) -> String {
        match line {
            TraceLine::Frame { name, file, line } => {
                format!("at {name} ({}:{line})", self.session.path_of(file))
            }
            TraceLine::Omitted(count) => format!("… {count} more"),
        }
    }
}

/// `Kind: text` in two.
fn kind_of(text: &str) -> (String, String) {
    match text.split_once(": ") {
        Some((kind, rest)) if kind.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            (kind.into(), rest.into())
        }
        _ => (text.into(), text.into()),
    }
}

/// `("Kind", "text")` as kind, and `Kind: text`.
fn pair(shown: &str) -> (String, String) {
    let parts = shown
        .strip_prefix("(\"")
        .and_then(|rest| rest.strip_suffix("\")"))
        .and_then(|rest| rest.split_once("\", \""));
    match parts {
        Some((kind, text)) => (kind.into(), format!("{kind}: {text}")),
        None => (shown.into(), shown.into()),
    }
}
