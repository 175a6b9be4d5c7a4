//! What happens, on its way to one who listens: a queue in which only so much of the program's output waits.
//!
//! In: events. Out: the same, in order, with a note in the place of output that found no room: a program may write faster than anybody reads.

use super::Event;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Bytes of output that wait, at most and but for the last piece.
const ROOM: usize = 4 << 20;

/// The end of who tells.
pub struct Teller {
    sender: Sender<Event>,
    output: Arc<Mutex<Output>>,
}

/// The end of who listens.
pub struct Told {
    receiver: Receiver<Event>,
    output: Arc<Mutex<Output>>,
    note: Mutex<Option<Event>>,
}

/// What a listener wants to hear.
#[derive(Clone)]
pub struct Wish(Arc<Mutex<Output>>);

#[derive(Default)]
struct Output {
    /// Bytes that wait.
    waiting: usize,
    /// Bytes that found no room since all that waits was told.
    left_out: usize,
    unwanted: bool,
}

/// A queue.
pub fn queue() -> (Teller, Told) {
    let (sender, receiver) = channel();
    let output = Arc::<Mutex<Output>>::default();
    let teller = Teller {
        sender,
        output: Arc::clone(&output),
    };
    let told = Told {
        receiver,
        output,
        note: Mutex::default(),
    };
    (teller, told)
}

/// The room that an event takes of which there may be any number.
fn size(event: &Event) -> Option<usize> {
    match event {
        Event::Output { text, .. } | Event::Log { text, .. } => {
            Some(text.len() + size_of::<Event>())
        }
        _ => None,
    }
}

impl Teller {
    /// Is there somebody who listens?
    pub fn tell(&self, event: &Event) -> bool {
        if let Some(size) = size(event) {
            let mut output = self.output.lock();
            if output.unwanted && matches!(event, Event::Output { .. }) {
                return true;
            }
            // Once something is left out, all is until the note about it is in its place.
            if output.left_out > 0 || output.waiting >= ROOM {
                output.left_out += size - size_of::<Event>();
                return true;
            }
            output.waiting += size;
        }
        self.sender.send(event.clone()).is_ok()
    }
}

impl Told {
    /// The next event, if it comes in time.
    ///
    /// # Errors
    /// When it does not, or nobody tells any more.
    pub fn recv_timeout(&self, time: Duration) -> Result<Event, RecvTimeoutError> {
        if let Some(note) = self.note.lock().take() {
            return Ok(note);
        }
        let event = self.receiver.recv_timeout(time)?;
        self.took(&event);
        Ok(event)
    }

    /// From now on, what it wants.
    pub fn wish(&self) -> Wish {
        Wish(Arc::clone(&self.output))
    }

    fn took(&self, event: &Event) {
        let Some(size) = size(event) else { return };
        let mut output = self.output.lock();
        output.waiting -= size;
        if output.waiting == 0 && output.left_out > 0 {
            let bytes = std::mem::take(&mut output.left_out);
            *self.note.lock() = Some(Event::Output {
                error: true,
                text: format!("… {bytes} bytes of output left out\n"),
                pid: None,
            });
        }
    }
}

impl Iterator for Told {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some(note) = self.note.get_mut().take() {
            return Some(note);
        }
        let event = self.receiver.recv().ok()?;
        self.took(&event);
        Some(event)
    }
}

impl Wish {
    /// What the program writes, it reads elsewhere.
    pub fn no_output(&self) {
        self.0.lock().unwanted = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(text: &str) -> Event {
        Event::Output {
            error: false,
            text: text.into(),
            pid: None,
        }
    }

    #[test]
    fn output_that_nobody_reads_does_not_pile_up() {
        let (teller, mut told) = queue();
        let chunk = "x".repeat(1 << 20);
        for _ in 0..100 {
            assert!(teller.tell(&print(&chunk)));
        }
        assert!(teller.tell(&Event::Ended { status: 3 }));
        let mut heard = 0;
        let note = loop {
            match told.next() {
                Some(Event::Output { text, .. }) if text == chunk => heard += 1,
                Some(Event::Output { text, .. }) => break text,
                other => panic!("{other:?}"),
            }
        };
        assert!((4..=5).contains(&heard), "{heard}");
        let left = (100 - heard) << 20;
        assert_eq!(note, format!("… {left} bytes of output left out\n"));
        assert!(matches!(told.next(), Some(Event::Ended { status: 3 })));
        // There is room again.
        assert!(teller.tell(&print("more")));
        assert!(matches!(told.next(), Some(Event::Output { text, .. }) if text == "more"));
    }

    #[test]
    fn who_reads_output_elsewhere_hears_the_rest() {
        let (teller, mut told) = queue();
        told.wish().no_output();
        assert!(teller.tell(&print("text")));
        assert!(teller.tell(&Event::Exited(7)));
        assert!(matches!(told.next(), Some(Event::Exited(7))));
        drop(told);
        assert!(!teller.tell(&Event::Exited(7)));
    }
}
