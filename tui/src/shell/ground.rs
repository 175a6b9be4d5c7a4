//! The terminal's background: the question (OSC 11), and its answer among the keys.
//!
//! crossterm does not know such answers and takes them for keys: `alt-]`, then characters, then `alt-\` or `^g`. They are told by
//! their shape and taken out; keys that only begin like one are given back as they were. Nothing waits for an answer, no key is lost.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::time::Duration;

/// What is it?
pub const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";
/// The pieces of an answer follow one another faster than this, keys of a person do not.
const PAUSE: Duration = Duration::from_millis(100);
/// No answer is longer.
const LONGEST: usize = 40;

/// Whether the terminal is one that may be asked.
pub fn answers() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    !matches!(term.as_str(), "" | "dumb" | "linux")
}

/// Looks for the answer among events.
#[derive(Default)]
pub struct Ground {
    held: Vec<Event>,
    text: String,
}

impl Ground {
    /// How long to wait for more of what looks like an answer.
    pub fn waits(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(PAUSE)
    }

    /// What was held back and was no answer.
    pub fn give_back(&mut self) -> Vec<Event> {
        self.text.clear();
        std::mem::take(&mut self.held)
    }

    /// Takes an event; gives the events that are not part of an answer, and whether the background is light when one is complete.
    pub fn take(&mut self, event: Event) -> (Vec<Event>, Option<bool>) {
        let key = match &event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(*key),
            _ => None,
        };
        if self.held.is_empty() {
            return match key {
                Some(key) if is(key, ']', KeyModifiers::ALT) => {
                    self.held.push(event);
                    (Vec::new(), None)
                }
                _ => (vec![event], None),
            };
        }
        self.held.push(event);
        let Some(key) = key else {
            return (self.give_back(), None);
        };
        if is(key, '\\', KeyModifiers::ALT) || is(key, 'g', KeyModifiers::CONTROL) {
            let light = light(&self.text);
            let held = self.give_back();
            return match light {
                Some(_) => (Vec::new(), light),
                None => (held, None),
            };
        }
        match key.code {
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => {
                self.text.push(c);
                const HEAD: &str = "11;rgb";
                let n = self.text.len().min(HEAD.len());
                if self.text.get(..n) == HEAD.get(..n) && self.text.len() < LONGEST {
                    return (Vec::new(), None);
                }
            }
            _ => {}
        }
        (self.give_back(), None)
    }
}

fn is(key: KeyEvent, c: char, modifiers: KeyModifiers) -> bool {
    key.code == KeyCode::Char(c) && key.modifiers == modifiers
}

/// Whether `11;rgb:ffff/ffff/ffff` is light.
fn light(answer: &str) -> Option<bool> {
    let colour = answer.strip_prefix("11;rgb")?;
    let colour = colour.strip_prefix('a').unwrap_or(colour);
    let parts: Vec<f64> = colour
        .strip_prefix(':')?
        .split('/')
        .map(|part| {
            let most = 16f64.powi(i32::try_from(part.len()).ok()?) - 1.0;
            Some(f64::from(u32::from_str_radix(part, 16).ok()?) / most)
        })
        .collect::<Option<_>>()?;
    let [r, g, b, ..] = parts[..] else {
        return None;
    };
    Some(0.299 * r + 0.587 * g + 0.114 * b > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        let mut out = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let (c, modifiers) = match c {
                '\x1b' => (chars.next().unwrap_or(' '), KeyModifiers::ALT),
                '\x07' => ('g', KeyModifiers::CONTROL),
                c if c.is_uppercase() => (c, KeyModifiers::SHIFT),
                c => (c, KeyModifiers::NONE),
            };
            out.push(Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers)));
        }
        out
    }

    fn run(text: &str) -> (usize, Option<bool>) {
        let mut ground = Ground::default();
        let (mut passed, mut found) = (0, None);
        for event in keys(text) {
            let (events, light) = ground.take(event);
            passed += events.len();
            found = found.or(light);
        }
        passed += ground.give_back().len();
        (passed, found)
    }

    #[test]
    fn answers_are_taken_out_and_keys_let_through() {
        assert_eq!(run("\x1b]11;rgb:ffff/FFFF/ffff\x1b\\"), (0, Some(true)));
        assert_eq!(run("ab\x1b]11;rgb:1e1e/1e1e/2e2e\x07c"), (3, Some(false)));
        assert_eq!(run("\x1b]11;rgba:ff/ff/ff/ff\x07"), (0, Some(true)));
        // These only begin like one.
        assert_eq!(run("\x1b]"), (1, None));
        assert_eq!(run("\x1b]dx"), (3, None));
        assert_eq!(run("\x1b]11;x"), (5, None));
        assert_eq!(run("\x1b]11;rgb:zz/1/2\x07"), (15, None));
        assert_eq!(run(&format!("\x1b]11;rgb:{}", "f".repeat(60))), (68, None));
    }
}
