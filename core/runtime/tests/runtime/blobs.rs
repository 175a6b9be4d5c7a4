//! Large strings that are shared: who has a count of them, until when, and what they are charged to.

use crate::jit::{Fun, function};
use crate::processes::{closure, give_boxed, receive};
use crate::world::{MODES, Mode, World};
use cranelift_codegen::ir::{InstBuilder, Value};
use nostos_abi::builtin::Op;
use nostos_abi::code::CodeObject;
use nostos_abi::desc::{Desc, Layout, View};
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_abi::object::inline_string;
use nostos_runtime::WhenFull;
use std::time::Duration;

/// A message: a string.
const TEXT: u32 = crate::world::OTHER + 1;
/// Bytes of the strings here.
const BYTES: i64 = 100_000;
/// With its header and length.
const OBJECT: usize = BYTES as usize + 16;

fn world(mode: Mode, change: impl FnOnce(&mut nostos_runtime::Config)) -> World {
    let world = World::with(mode, change);
    let mut table = crate::world::descs();
    let text = table.add(Desc {
        layout: Layout::Fixed(vec![Ref, Raw, Raw]),
        view: View::Internal("text"),
    });
    assert_eq!(text, TEXT);
    world.image.add_descs(&table);
    world
}

/// A new large string, in a box.
fn text(f: &mut Fun) -> Value {
    let mut args: Vec<Value> = inline_string("0123456789")
        .into_iter()
        .flatten()
        .map(|word| f.int(word as i64))
        .collect();
    args.push(f.int(BYTES / 10));
    let made = f.op(Op::StringRepeat, &args);
    f.alloc(TEXT, &[made[0], made[1], made[2]])
}

fn gone(world: &World) -> (usize, usize) {
    for _ in 0..500 {
        if world.image.blobs().0 == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    world.image.blobs()
}

/// Never receives anything.
fn deaf() -> CodeObject {
    function("deaf", &[Ref], &[], vec![], |f, _| {
        let long = f.int(1_000_000);
        f.op(Op::Sleep, &[long]);
        f.b.ins().return_(&[]);
    })
}

#[test]
fn what_waits_for_somebody_goes_with_him() {
    for mode in MODES {
        let world = world(mode, |_| {});
        // One string to three processes, twice each; two of them are killed, the third never asks for it.
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let zero = f.int(0);
            let pids: Vec<Value> = (0..3)
                .map(|_| {
                    let c = closure(f, 1, zero);
                    f.op(Op::Spawn, &[c])[0]
                })
                .collect();
            let message = text(f);
            for pid in &pids {
                f.op(Op::Send, &[*pid, message]);
                f.op(Op::Send, &[*pid, message]);
            }
            f.op(Op::Kill, &[pids[0]]);
            f.op(Op::Kill, &[pids[1]]);
            give_boxed(f, pids[2]);
        });
        world.publish(vec![(0, main), (1, deaf())]);
        let last = world.run(0).unwrap();
        // The third's are in its mailbox; who made it has ended.
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(world.image.blobs(), (1, OBJECT), "{mode:?}");
        world.image.kill(last as u64);
        assert_eq!(gone(&world), (0, 0), "{mode:?}");
    }
}

#[test]
fn a_collection_gives_counts_back() {
    for mode in MODES {
        let world = world(mode, |_| {});
        let rounds = if mode.stressed() { 20 } else { 500 };
        let expected = rounds * BYTES;
        let main = function("main", &[], &[Ref], vec![], move |f, _| {
            let zero = f.int(0);
            let (me, rounds) = (f.op(Op::SelfPid, &[])[0], f.int(rounds));
            let total = f.fold(rounds, zero, Raw, |f, acc, _| {
                let message = text(f);
                f.op(Op::Send, &[me, message]);
                let got = receive(f, -1);
                let bytes = f.field(got, 2, Raw);
                f.b.ins().iadd(acc, bytes)
            });
            let major = f.int(1);
            f.op(Op::Collect, &[major]);
            give_boxed(f, total);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(expected), "{mode:?}");
        assert_eq!(gone(&world), (0, 0), "{mode:?}");
    }
}

/// A message that is not let into a full mailbox leaves no count behind.
#[test]
fn a_full_mailbox_keeps_no_more() {
    for mode in MODES {
        let world = world(mode, |config| {
            config.mailbox_limit = Some((2, WhenFull::Drop));
        });
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let zero = f.int(0);
            let c = closure(f, 1, zero);
            let pid = f.op(Op::Spawn, &[c])[0];
            let many = f.int(10);
            f.fold(many, zero, Raw, |f, acc, _| {
                let message = text(f);
                f.op(Op::Send, &[pid, message]);
                acc
            });
            give_boxed(f, pid);
        });
        world.publish(vec![(0, main), (1, deaf())]);
        let pid = world.run(0).unwrap() as u64;
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(world.image.blobs(), (2, 2 * OBJECT), "{mode:?}");
        world.image.kill(pid);
        assert_eq!(gone(&world), (0, 0), "{mode:?}");
    }
}

/// A hundred processes that all have the same megabyte stay far below a limit of twenty.
#[test]
fn the_image_counts_a_blob_once() {
    let mode = MODES[1];
    let world = world(mode, |config| config.memory_limit = Some(20 << 20));
    let keeper = function("keeper", &[Ref], &[], vec![], |f, _| {
        let got = receive(f, -1);
        let long = f.int(1_000_000);
        f.op(Op::Sleep, &[long]);
        // Alive till here.
        f.field(got, 2, Raw);
        f.b.ins().return_(&[]);
    });
    let main = function("main", &[], &[Ref], vec![], |f, _| {
        let mut message = text(f);
        for _ in 0..4 {
            let words: Vec<Value> = [Ref, Raw, Raw]
                .into_iter()
                .enumerate()
                .map(|(i, lane)| f.field(message, i as i32, lane))
                .collect();
            let twice = [&words[..], &words[..]].concat();
            let made = f.op(Op::StringConcat, &twice);
            message = f.alloc(TEXT, &[made[0], made[1], made[2]]);
        }
        let (zero, many) = (f.int(0), f.int(100));
        let sent = f.fold(many, zero, Raw, |f, acc, _| {
            let c = closure(f, 1, zero);
            let pid = f.op(Op::Spawn, &[c])[0];
            f.op(Op::Send, &[pid, message]);
            f.b.ins().iadd_imm_s(acc, 1)
        });
        give_boxed(f, sent);
    });
    world.publish(vec![(0, main), (1, keeper)]);
    assert_eq!(world.run(0), Ok(100));
    // Each of them is charged with it, for people and for its own limit.
    let charged = || {
        let lines = world.image.processes();
        lines.iter().filter(|l| l.heap_bytes > 1_600_000).count()
    };
    for _ in 0..1000 {
        if charged() == 100 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(charged(), 100);
    // Some looks of who keeps the limit.
    std::thread::sleep(Duration::from_millis(100));
    assert!(
        !world.errors().contains("OutOfMemory"),
        "{}",
        world.errors()
    );
    assert_eq!(charged(), 100);
}
