//! Everything at once for a while: processes that talk, sleep and allocate, a host that looks, stops, resumes, arms and kills.

use crate::jit::function;
use crate::processes::{closure, give_boxed, receive, send};
use crate::world::{CONS, MODES, Mode, World};
use cranelift_codegen::ir::InstBuilder;
use nostos_abi::builtin::Op;
use nostos_abi::code::{CellId, CodeObject};
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_runtime::{Event, How};
use std::time::Duration;

/// The closure's number is the boss: sends 0..n to it, with garbage, sleeps and sites on the way.
fn talker(n: i64) -> CodeObject {
    function("talker", &[Ref], &[], vec![], move |f, p| {
        let boss = f.field(p[0], 2, Raw);
        let (n, zero) = (f.int(n), f.int(0));
        f.fold(n, zero, Raw, |f, acc, i| {
            let (many, null) = (f.int(30), f.int(1));
            f.fold(many, null, Ref, |f, acc, i| f.alloc(CONS, &[i, acc]));
            f.site();
            send(f, boss, i);
            // Waits for nothing: the timer ends it.
            let timeout = f.int(1);
            f.op(Op::ReceiveFirst, &[timeout]);
            acc
        });
        f.b.ins().return_(&[]);
    })
}

fn program(talkers: i64, each: i64) -> Vec<(u32, CodeObject)> {
    let forever = function("forever", &[Ref], &[], vec![], |f, _| {
        let head = f.b.create_block();
        f.b.ins().jump(head, &[]);
        f.b.switch_to_block(head);
        f.prologue();
        f.site();
        f.b.ins().jump(head, &[]);
    });
    let main = function("main", &[], &[Ref], vec![], move |f, _| {
        let me = f.op(Op::SelfPid, &[])[0];
        let (n, zero) = (f.int(talkers), f.int(0));
        f.fold(n, zero, Raw, |f, acc, _| {
            let c = closure(f, 1, me);
            f.op(Op::Spawn, &[c]);
            acc
        });
        let c = closure(f, 2, me);
        f.op(Op::Spawn, &[c]);
        let all = f.int(talkers * each);
        let sum = f.fold(all, zero, Raw, |f, acc, _| {
            let message = receive(f, -1);
            let i = f.field(message, 1, Raw);
            f.b.ins().iadd(acc, i)
        });
        give_boxed(f, sum);
    });
    vec![(0, main), (1, talker(each)), (2, forever)]
}

fn soak(mode: Mode, talkers: i64, each: i64) {
    let world = World::new(mode);
    let image = &world.image;
    world.publish(program(talkers, each));
    let events = image.events();
    let sites: Vec<usize> = image
        .codes()
        .iter()
        .flat_map(|c| c.object.sites.iter().map(|s| c.address + s.ret as usize))
        .collect();
    let (main, answer) = image.call(CellId(0)).unwrap();
    // A generator of the simplest kind (Knuth's), so that a failure can be had again.
    let mut state = 0x5eed_u64;
    let mut random = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % n
    };
    let finished = loop {
        let processes = image.processes();
        if !processes.is_empty() {
            let pid = processes[random(processes.len())].pid;
            match random(8) {
                0 => drop(image.process(pid)),
                1 => drop(image.heap(pid)),
                2 => drop(image.frames(pid, 20)),
                3 => drop(image.mailbox(pid, 0..5)),
                4 => {
                    image.stop(pid);
                }
                5 => image.arm(&sites[..random(sites.len() + 1)], random(2) == 0),
                6 => drop((image.scheduler(), image.gc_stats())),
                _ => {
                    image.resume(pid, How::StepIn);
                }
            }
        }
        // Whatever has stopped goes on, one way or another.
        while let Ok(event) = events.try_recv() {
            if let Event::Stopped { pid, .. } = event {
                let how = [How::Continue, How::StepIn, How::StepOver, How::StepOut][random(4)];
                image.resume(pid, how);
            }
        }
        match answer.recv_timeout(Duration::from_micros(200)) {
            Ok(finished) => break finished,
            Err(_) => {
                for line in image.processes() {
                    if line.state == nostos_runtime::State::Stopped && random(4) == 0 {
                        image.resume(line.pid, How::Continue);
                    }
                }
            }
        }
    };
    let text = image.render_result(&finished, true);
    let expected = talkers * each * (each - 1) / 2;
    assert_eq!(
        text,
        Some(expected.to_string()),
        "{mode:?} main {main}: {finished:?}"
    );
    assert_eq!(world.errors(), "");
    for line in image.processes() {
        image.kill(line.pid);
    }
    let mut rounds = 0;
    while !image.processes().is_empty() {
        rounds += 1;
        assert!(rounds < 60_000, "{mode:?}: {:?}", image.processes());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn everything_at_once() {
    for mode in MODES {
        if mode.stressed() {
            soak(mode, 6, 10);
        } else {
            soak(mode, 60, 30);
        }
    }
}
