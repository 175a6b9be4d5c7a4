//! Breakpoints of messages: `receive PATTERN when CONDITION` and `send …`, written where names of functions are.
//!
//! The runtime stops whoever sends or receives while there is such a wish; whether a message is meant is decided here, and kinds that no wish can mean
//! do not stop anybody again.

use super::*;
use crate::debug::Shape;
use nostos_syntax::Entry;

/// The name by which a pattern's expression knows the message; nobody writes such a name.
const MESSAGE: &str = "the_message_that_is_debugged";

/// Messages of a mailbox that are told apart by kind.
const SHAPED: usize = 10_000;

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// A process is about to send it.
    Sent,
    /// A process has taken it.
    Received,
}

/// What a name of a function breakpoint says, when it is about messages: the way, and a pattern with its guard.
pub(super) fn wish(name: &str) -> Option<(Way, String)> {
    let (word, pattern) = name.trim().split_once(char::is_whitespace)?;
    let way = match word {
        "receive" => Way::Received,
        "send" => Way::Sent,
        _ => return None,
    };
    Some((way, pattern.trim().to_owned()))
}

/// Why a pattern is none.
pub(super) fn complaint(pattern: &str) -> Option<String> {
    let parse = nostos_syntax::parse_as(&question(pattern, None), Entry::Statements);
    let wrong = !parse.errors().is_empty();
    wrong.then(|| format!("`{pattern}` is no pattern, or its guard no expression"))
}

/// Is it meant, and does the condition hold?
fn question(pattern: &str, condition: Option<&str>) -> String {
    let holds = condition.unwrap_or("true");
    format!("match {MESSAGE} {{\n  {pattern} -> {{ {holds} }}\n  _ -> false\n}}")
}

impl Debugger {
    /// Tells the runtime which messages to stop for.
    pub(super) fn watch_messages(&self) {
        let state = self.state.lock();
        let any = |way: Way| {
            let mut each = state.breakpoints.iter();
            each.any(|known| match &known.what {
                What::Message(known, _) => *known == way,
                What::Next(_) => way == Way::Received,
                _ => false,
            })
        };
        let (sent, received) = (any(Way::Sent), any(Way::Received));
        drop(state);
        self.session.image.watch_messages(sent, received);
    }

    /// A process has stopped for a message: does it stay so?
    pub(super) fn message(
        &self,
        pid: Pid,
        way: Way,
        reason: runtime::StopReason,
    ) -> Result<Why, runtime::How> {
        let image = &self.session.image;
        let (Some(standing), Some(value)) = (image.standing(pid), image.stopped_message(pid))
        else {
            return Err(runtime::How::AsBefore);
        };
        let text = self
            .reading(pid, values::Root::heap(None), |reading| {
                reading.render(&value)
            })
            .unwrap_or_default();
        let message = [Known {
            name: MESSAGE.into(),
            value,
            captured: false,
            spot: None,
        }];
        let (wishes, next, others_wait) = {
            let mut state = self.state.lock();
            let known = state.breakpoints.len();
            if way == Way::Received {
                let asked = |what: &What| matches!(what, What::Next(of) if *of == pid);
                state.breakpoints.retain(|known| !asked(&known.what));
            }
            let next = state.breakpoints.len() < known;
            let each = state.breakpoints.iter();
            let wishes: Vec<(u64, String, Wish)> = each
                .filter_map(|known| match &known.what {
                    What::Message(of, pattern) if *of == way => {
                        Some((known.id, pattern.clone(), known.wish.clone()))
                    }
                    _ => None,
                })
                .collect();
            let mut each = state.breakpoints.iter();
            let others_wait =
                way == Way::Received && each.any(|known| matches!(known.what, What::Next(_)));
            (wishes, next, others_wait)
        };
        if next {
            self.watch_messages();
        }
        let mut possible = false;
        let mut ids = Vec::new();
        for (id, pattern, wish) in wishes {
            let question = question(&pattern, wish.condition.as_deref());
            let files = self.files_from(pid).into_iter();
            let mut files =
                files.filter(|file| self.session.makes_sense(file, &message, &question));
            let Some(file) = files.next() else { continue };
            possible = true;
            let answer = self.session.evaluate_over(
                &file,
                &message,
                standing,
                &question,
                &Cancel::default(),
            );
            let meant = match answer {
                Ok(outcome) => outcome.text == "true",
                Err(refusal) => {
                    let text = format!("`{pattern}` cannot be asked of a message: {refusal}");
                    let at = self.location(&file, 0, 0);
                    self.session.tell(&Event::Log { text, at, pid });
                    true
                }
            };
            if meant && self.counts(id, &wish) {
                ids.push(id);
            }
        }
        // Somebody's next message may be of any kind.
        if !possible && !others_wait {
            self.session.image.pass_over(reason);
        }
        if ids.is_empty() && !next {
            return Err(runtime::How::AsBefore);
        }
        Ok(Why::Message {
            ids,
            sent: way == Way::Sent,
            text,
        })
    }

    /// See [`Target::shapes`].
    pub(super) fn shapes_of(&self, pid: Pid) -> Result<Vec<Shape>, Refusal> {
        let image = &self.session.image;
        // It looks at all that is there before it waits.
        let state = image.process(pid).map(|detail| detail.line.state);
        let refused = state == Some(runtime::State::Waiting);
        let (_, lines) = image.mailbox(pid, 0..SHAPED).ok_or_else(|| nobody(pid))?;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in lines {
            *counts
                .entry(shape_of(&line.type_name, &line.text))
                .or_default() += 1;
        }
        let each = counts.into_iter().map(|(name, count)| Shape {
            name,
            count,
            refused,
        });
        let mut shapes: Vec<Shape> = each.collect();
        shapes.sort_by_key(|shape| std::cmp::Reverse(shape.count));
        Ok(shapes)
    }

    /// The project's files, that of the process's innermost frame first: what a constructor is called depends on where one stands.
    fn files_from(&self, pid: Pid) -> Vec<String> {
        let frames = self.frame_lines(pid, LOOK_FRAMES).unwrap_or_default();
        let mut files: Vec<String> = frames
            .iter()
            .map(|frame| frame.code.object.file.clone())
            .find(|file| self.session.is_own(file))
            .into_iter()
            .collect();
        let first = files.first().cloned();
        let others = self.session.own_files().into_iter();
        files.extend(others.filter(|file| Some(file) != first.as_ref()));
        files
    }
}

/// A message's type, and the constructor of a value that has one.
fn shape_of(ty: &str, shown: &str) -> String {
    let word = shown
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(shown, |end| &shown[..end]);
    let is_ctor =
        word.starts_with(|c: char| c.is_uppercase()) && ty.split('[').next() != Some(word);
    match is_ctor {
        true => format!("{ty}.{word}"),
        false => ty.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_message_breakpoints_are_told_from_those_of_functions() {
        let pattern = |name: &str| wish(name).map(|(way, pattern)| (way == Way::Sent, pattern));
        for (name, expected) in [
            ("receive Stop", Some((false, "Stop"))),
            ("send (_, n) when n > 1", Some((true, "(_, n) when n > 1"))),
            ("receiver", None),
            ("bank.send", None),
            ("send", None),
        ] {
            let expected = expected.map(|(sent, text)| (sent, text.to_owned()));
            assert_eq!(pattern(name), expected, "{name}");
        }
        for (ty, shown, shape) in [
            ("Request", "Withdraw(<pid 1>, 2)", "Request.Withdraw"),
            ("Point", "Point{x: 1}", "Point"),
            ("Option[Int]", "None", "Option[Int].None"),
            ("(Ref, Answer)", "(<ref 1>, Done(3))", "(Ref, Answer)"),
            ("String", "\"A\"", "String"),
        ] {
            assert_eq!(shape_of(ty, shown), shape);
        }
        assert_eq!(complaint("Withdraw(_, n) when n > 10"), None);
        assert!(complaint("Withdraw(_, when").is_some());
    }
}
