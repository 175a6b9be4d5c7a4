//! Tests: receives by reference look only at what came since, and miss nothing.

use super::*;

const ME: u64 = 7;
/// Boxes of the messages: with references, and others.
const BEARS: u32 = 1;
const OTHER: u32 = 2;

struct Bench {
    mail: Mail,
    queue: Queue,
    chunks: RefCell<Chunks>,
    /// The last reference made.
    last: u64,
}

impl Bench {
    fn new() -> Self {
        Bench {
            mail: Mail::default(),
            queue: Queue::default(),
            chunks: RefCell::default(),
            last: 0,
        }
    }

    fn send(&self, desc: u32, number: u64) {
        let cover = Cover {
            to: ME,
            from: 1,
            desc,
            kind: CONSTANT,
        };
        self.mail.push(&self.chunks, cover, number, &[]);
    }

    fn make_ref(&mut self) -> u64 {
        let filled = self.queue.filled(&self.mail);
        self.last += 1;
        self.queue.mark(self.last, filled);
        self.last
    }

    /// Receives by reference. → how many messages it looked at, and whether it found one.
    fn receive(&mut self, reference: u64) -> (usize, bool) {
        let (mail, chunks) = (&self.mail, &self.chunks);
        let wanted = Wanted::one(BEARS);
        self.queue.start(u64::MAX, wanted, false);
        self.queue.start_since(reference, mail, ME, chunks);
        let mut looked = 0;
        while self.queue.peek(mail, ME, chunks).is_some() {
            looked += 1;
            if self.number() == reference {
                self.queue.take(chunks);
                return (looked, true);
            }
        }
        (looked, false)
    }

    /// Receives the first one of all.
    fn first(&mut self) -> Option<u64> {
        self.queue.start(u64::MAX, Wanted::ANY, false);
        self.queue.peek(&self.mail, ME, &self.chunks)?;
        let number = self.number();
        self.queue.take(&self.chunks);
        Some(number)
    }

    /// What the message just peeked says.
    fn number(&self) -> u64 {
        // SAFETY: the number is copied at once.
        unsafe { self.queue.current() }
            .expect("it was peeked")
            .value
            .root()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.queue.clear(&self.mail, &self.chunks);
        assert!(self.queue.wait(&self.mail, &self.chunks));
    }
}

#[test]
fn what_was_there_before_is_not_looked_at() {
    const COUNT: u64 = if cfg!(miri) { 60 } else { 20_000 };
    const ROUNDS: u64 = if cfg!(miri) { 20 } else { 100 };
    let mut bench = Bench::new();
    let old = bench.make_ref();
    for _ in 0..COUNT {
        bench.send(BEARS, old);
    }
    // Marks on letters that nobody has read, several at once, and nested.
    let refs: Vec<u64> = (0..5)
        .map(|_| {
            let made = bench.make_ref();
            bench.send(BEARS, made);
            made
        })
        .collect();
    assert_eq!(bench.receive(refs[3]), (1, true));
    for _ in 0..ROUNDS {
        let inner = bench.make_ref();
        assert_eq!(bench.receive(inner), (0, false), "nothing there yet");
        bench.send(BEARS, old);
        bench.send(BEARS, inner);
        assert_eq!(bench.receive(inner), (2, true));
        assert_eq!(bench.first(), Some(old));
    }
    for made in [refs[0], refs[4], refs[2]] {
        let (looked, found) = bench.receive(made);
        assert!(found && looked <= 3, "{looked} for {made}");
    }
    // What is left is in order, and the oldest one found last.
    for _ in 0..COUNT - ROUNDS {
        assert_eq!(bench.first(), Some(old));
    }
    assert_eq!(bench.first(), Some(refs[1]));
    for _ in 0..ROUNDS {
        assert_eq!(bench.first(), Some(old));
    }
    assert_eq!(bench.first(), None);
}

/// Many references are more than there are marks: each is found, and looks at a part of what is there.
#[test]
#[cfg_attr(miri, ignore = "a quarter of an hour")]
fn many_references_share_the_marks() {
    const EACH: u64 = if cfg!(miri) { 3 } else { 100 };
    let mut bench = Bench::new();
    let mut refs = Vec::new();
    for _ in 0..100 {
        let made = bench.make_ref();
        refs.push(made);
        for _ in 0..EACH {
            bench.send(BEARS, 0);
        }
        // Half of them before anything is read, half after.
        if refs.len() > 50 {
            assert!(!bench.receive(made).1);
        }
    }
    for made in &refs {
        bench.send(BEARS, *made);
    }
    let mut all = 0;
    for made in refs.iter().rev() {
        let (looked, found) = bench.receive(*made);
        assert!(found);
        all += looked;
    }
    let without = (100 * EACH as usize + 50) * 100;
    assert!(all < without * 3 / 4, "{all} of {without}");
}

/// All in turns, against the plainest mailbox there is.
#[test]
fn it_receives_what_a_list_would() {
    let mut bench = Bench::new();
    let mut list: Vec<(u32, u64)> = Vec::new();
    let mut refs: Vec<u64> = Vec::new();
    let mut state = 5u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let mut found = 0;
    for _ in 0..if cfg!(miri) { 300 } else { 30_000 } {
        match random(10) {
            0..4 => {
                let reference = match refs.len() as u64 {
                    0 => 0,
                    some => refs[random(some) as usize],
                };
                let desc = if random(4) == 0 { OTHER } else { BEARS };
                bench.send(desc, reference);
                list.push((desc, reference));
            }
            4 | 5 => {
                let made = bench.make_ref();
                refs.push(made);
                if refs.len() > 12 {
                    refs.remove(random(6) as usize);
                }
                // Another process's, which nobody marks.
                bench.last += random(2);
            }
            6 | 7 if !refs.is_empty() => {
                let reference = refs[random(refs.len() as u64) as usize];
                let at = list.iter().position(|m| *m == (BEARS, reference));
                assert_eq!(bench.receive(reference).1, at.is_some());
                found += usize::from(at.is_some());
                at.map(|at| list.remove(at));
            }
            8 => {
                let first = (!list.is_empty()).then(|| list.remove(0).1);
                assert_eq!(bench.first(), first);
            }
            _ => {
                if random(2) == 0 {
                    bench.queue.accept(&bench.mail, ME, &bench.chunks);
                }
                if random(3) == 0
                    && let Some(reference) = refs.last()
                {
                    bench.queue.accept(&bench.mail, ME, &bench.chunks);
                    let is = |m: &Message<'_>| m.desc == BEARS && m.value.root() == *reference;
                    bench
                        .queue
                        .discard_since(*reference, &bench.chunks, |m| is(&m));
                    let at = list.iter().position(|m| *m == (BEARS, *reference));
                    at.map(|at| list.remove(at));
                }
                // All of it has been read: the process waits, and its chunk goes.
                if list.is_empty() {
                    while bench.first().is_some() {}
                    bench.queue.wait(&bench.mail, &bench.chunks);
                }
            }
        }
    }
    assert!(found > 10);
    bench.queue.accept(&bench.mail, ME, &bench.chunks);
    let rest: Vec<_> = bench
        .queue
        .iter()
        .map(|m| (m.desc, m.value.root()))
        .collect();
    assert_eq!(rest, list);
}
