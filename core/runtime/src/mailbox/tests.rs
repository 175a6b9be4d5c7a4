//! Mailboxes by question and answer: order, refusals, what is taken out of the middle.

use super::*;

const ME: u64 = 7;

fn send(mail: &Mail, chunks: &RefCell<Chunks>, from: u64, number: u64) -> bool {
    let cover = Cover {
        to: ME,
        from,
        desc: (number % 10) as u32,
        kind: CONSTANT,
    };
    mail.push(chunks, cover, number, &[])
}

fn receive(queue: &mut Queue, mail: &Mail, chunks: &RefCell<Chunks>) -> Option<(u64, u64)> {
    queue.start(u64::MAX, Wanted::ANY, false);
    queue.peek(mail, ME, chunks)?;
    // SAFETY: it is taken or refused when we are done with it.
    let message = unsafe { queue.current() }.expect("it was peeked");
    let got = (message.from, message.value.root());
    queue.take(chunks);
    Some(got)
}

#[test]
fn who_sends_first_wakes_and_the_order_is_kept() {
    let (mail, mut queue, chunks) = (Mail::default(), Queue::default(), &RefCell::default());
    assert!(queue.wait(&mail, chunks));
    assert!(!queue.wait(&mail, chunks));
    assert!(send(&mail, chunks, 1, 10));
    assert!(!send(&mail, chunks, 1, 11));
    assert!(!queue.wait(&mail, chunks));
    assert!(!mail.wake());
    assert_eq!(receive(&mut queue, &mail, chunks), Some((1, 10)));
    assert_eq!(receive(&mut queue, &mail, chunks), Some((1, 11)));
    assert_eq!(receive(&mut queue, &mail, chunks), None);
    assert!(queue.wait(&mail, chunks));
    assert!(mail.wake());
    queue.clear(&mail, chunks);
}

#[test]
fn what_is_refused_stays_in_order_over_many_chunks() {
    let (mail, mut queue, chunks) = (Mail::default(), Queue::default(), &RefCell::default());
    const COUNT: u64 = if cfg!(miri) { 40 } else { 4000 };
    for number in 0..COUNT {
        send(&mail, chunks, 1, number);
    }
    // Those that end in 3, then those that end in 5, then the rest.
    for wanted in [3, 5] {
        for i in 0..COUNT / 10 {
            if i % 2 == 0 {
                queue.start(u64::MAX, Wanted::ANY, false);
                while queue.peek(&mail, ME, chunks) != Some(wanted) {}
            } else {
                queue.start(
                    u64::MAX,
                    Wanted::packed(9 << 32 | 8, u64::from(wanted)),
                    false,
                );
                while queue
                    .peek(&mail, ME, chunks)
                    .is_some_and(|desc| desc != wanted)
                {}
            }
            // SAFETY: it is used before it is taken.
            let message = unsafe { queue.current() }.expect("it was peeked");
            let root = message.value.root();
            assert_eq!(root, i * 10 + u64::from(wanted));
            queue.take(chunks);
        }
    }
    queue.accept(&mail, ME, chunks);
    assert_eq!(queue.len() as u64, COUNT / 10 * 8);
    let rest: Vec<u64> = queue.iter().map(|m| m.value.root()).collect();
    let left = (0..COUNT).filter(|n| n % 10 != 3 && n % 10 != 5);
    assert_eq!(rest, left.collect::<Vec<_>>());
    queue.clear(&mail, chunks);
    assert!(queue.wait(&mail, chunks));
}

/// Receives of several kinds in turns, with guards that refuse, against the plainest mailbox there is.
#[test]
fn it_receives_what_a_list_would() {
    let (mail, mut queue, chunks) = (Mail::default(), Queue::default(), &RefCell::default());
    let mut list: Vec<u64> = Vec::new();
    let mut state = 1u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    for _ in 0..if cfg!(miri) { 60 } else { 3000 } {
        for _ in 0..random(4) {
            let number = random(1000);
            send(&mail, chunks, 1, number);
            list.push(number);
        }
        if random(8) == 0 {
            queue.accept(&mail, ME, chunks);
        }
        let (a, b, remainder) = (random(10), random(10), random(3));
        let (wanted, has): (_, &dyn Fn(u64) -> bool) = match random(4) {
            0 => (Wanted::ANY, &|_| true),
            1 => (Wanted::one(a as u32), &|n| n % 10 == a),
            _ => (Wanted::packed(a | b << 32, a | b << 32), &|n| {
                n % 10 == a || n % 10 == b
            }),
        };
        queue.start(u64::MAX, wanted, false);
        let mut got = None;
        while queue.peek(&mail, ME, chunks).is_some() {
            // SAFETY: it is used before it is taken or refused.
            let number = unsafe { queue.current() }
                .expect("it was peeked")
                .value
                .root();
            assert!(has(number));
            if number % 3 == remainder {
                queue.take(chunks);
                got = Some(number);
                break;
            }
        }
        let at = list.iter().position(|n| has(*n) && n % 3 == remainder);
        assert_eq!(got, at.map(|at| list.remove(at)));
    }
    queue.clear(&mail, chunks);
    assert!(queue.wait(&mail, chunks));
}

#[test]
fn what_was_meant_for_another_goes() {
    let (mail, mut queue, chunks) = (Mail::default(), Queue::default(), &RefCell::default());
    let value = Fragment::of_words(&[1; 100]);
    post(&mail, (6, 2), 1, value.clone(), None);
    post(&mail, (ME, 2), 1, value.clone(), None);
    post(&mail, (6, 2), 1, value, None);
    queue.start(u64::MAX, Wanted::ANY, false);
    assert_eq!(queue.peek(&mail, ME, chunks), Some(1));
    // SAFETY: it is taken or refused when we are done with it.
    let message = unsafe { queue.current() }.expect("it was peeked");
    assert_eq!((message.from, message.value.bytes()), (2, 800));
    assert_eq!(queue.peek(&mail, ME, chunks), None);
    assert_eq!(queue.len(), 1);
    queue.clear(&mail, chunks);
}

#[test]
fn stamps_are_no_part_of_the_value() {
    let (mail, mut queue, chunks) = (Mail::default(), Queue::default(), &RefCell::default());
    let small = Fragment::of_words(&[1; 3]);
    let stamp = Stamp { at: 70, place: 9 };
    post(&mail, (ME, 2), 1, small.clone(), Some(stamp));
    post(&mail, (ME, 2), 1, small, None);
    let cover = Cover {
        to: ME,
        from: 3,
        desc: 1,
        kind: CONSTANT | STAMPED,
    };
    mail.push(chunks, cover, 4096, &[71, 8]);
    queue.accept(&mail, ME, chunks);
    let seen = queue.iter().map(|m| {
        let stamp = m.stamp.map(|s| (s.at, s.place));
        (m.from, m.value.bytes(), m.value.root() == 4096, stamp)
    });
    let expected = [
        (2, 24, false, Some((70, 9))),
        (2, 24, false, None),
        (3, 0, true, Some((71, 8))),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    queue.clear(&mail, chunks);
}

#[test]
fn many_senders_lose_nothing() {
    const EACH: u64 = if cfg!(miri) { 50 } else { 50_000 };
    let mail = Mail::default();
    std::thread::scope(|scope| {
        for from in 0..3 {
            let mail = &mail;
            scope.spawn(move || {
                let chunks = &RefCell::default();
                for number in 0..EACH {
                    send(mail, chunks, from, number);
                }
            });
        }
        let (mut queue, chunks) = (Queue::default(), &RefCell::default());
        let mut next = [0; 3];
        while next.iter().sum::<u64>() < 3 * EACH {
            let Some((from, number)) = receive(&mut queue, &mail, chunks) else {
                std::thread::yield_now();
                continue;
            };
            assert_eq!(number, next[from as usize], "of sender {from}");
            next[from as usize] += 1;
        }
        queue.clear(&mail, chunks);
    });
}
