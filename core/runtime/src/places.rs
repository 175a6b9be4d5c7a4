//! Where messages were sent, while the image is inspected: files and lines by number, so that a letter holds a word.
//!
//! They are looked up when the message is sent, since its code may be gone when somebody asks.

use crate::core::Core;
use crate::mailbox::Stamp;
use crate::mutex::Mutex;
use crate::process::Process;
use crate::walk;
use rustc_hash::FxHashMap;

/// Frames of the library that are passed over at most before the first one of the program.
const FRAMES: usize = 16;

/// Files and lines by number; 0 is nowhere.
#[derive(Default)]
pub(crate) struct Places(Mutex<Known>);

#[derive(Default)]
struct Known {
    list: Vec<(String, u32)>,
    numbers: FxHashMap<String, FxHashMap<u32, u64>>,
}

impl Places {
    fn number(&self, file: &str, line: u32) -> u64 {
        let mut known = self.0.lock();
        if let Some(number) = known.numbers.get(file).and_then(|lines| lines.get(&line)) {
            return *number;
        }
        known.list.push((file.to_string(), line));
        let number = known.list.len() as u64;
        let lines = known.numbers.entry(file.to_string()).or_default();
        lines.insert(line, number);
        number
    }

    /// The file and the line of a number.
    pub(crate) fn get(&self, number: u64) -> Option<(String, u32)> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.0.lock().list.get(index).cloned()
    }
}

impl Core {
    /// What is written on a message of the runtime's own.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.config.inspect.then(|| Stamp {
            at: self.timers.now(),
            place: 0,
        })
    }

    /// What is written on a message of the running process: the innermost place that is not in the library, if there is one.
    #[cold]
    pub(crate) fn stamp_here(&self, process: &Process) -> Stamp {
        let (mut place, mut left) = (0, FRAMES);
        // SAFETY: the caller's process is in an op, so it is suspended in the shim, and the caller's worker owns it.
        unsafe {
            walk::frames(&self.registry, process, |frame| {
                left -= 1;
                let Some(code) = &frame.mapped.code else {
                    return left > 0;
                };
                let file = code.object.file.as_str();
                let of_program = !file.is_empty() && !file.starts_with("std/");
                if of_program {
                    place = self
                        .debug
                        .places
                        .number(file, code.line_at(code.offset(frame.ret)));
                }
                !of_program && left > 0
            });
        }
        Stamp {
            at: self.timers.now(),
            place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn a_place_has_one_number() {
        let places = Places::default();
        let (a, b) = (places.number("a.nos", 3), places.number("b.nos", 3));
        assert_ne!(a, b);
        assert_eq!(places.number("a.nos", 3), a);
        assert_eq!(places.get(b), Some(("b.nos".to_string(), 3)));
        assert_eq!(places.get(0), None);
    }
}
