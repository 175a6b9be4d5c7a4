//! Breakpoints that are patched while the program runs, steps, pauses.

use crate::jit::function;
use crate::world::{CONS, MODES, Mode, World};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use nostos_abi::code::{CellId, CodeObject};
use nostos_abi::desc::fixed;
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_runtime::{Event, How, State, StopReason};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// `main`: calls `inner` (one site) `n` times, with a site before each call; gives the sum of 0..n.
fn program(n: i64) -> Vec<(u32, CodeObject)> {
    let inner = function("inner", &[Raw, Ref], &[Raw], vec![], |f, p| {
        f.site();
        let n = f.field(p[1], 0, Raw);
        let zero = f.b.ins().isub(n, p[0]);
        let n = f.b.ins().iadd(p[0], zero);
        f.b.ins().return_(&[n]);
    });
    let main = function("main", &[], &[Ref], vec![], move |f, _| {
        let (n, zero) = (f.int(n), f.int(0));
        let total = f.fold(n, zero, Raw, |f, acc, i| {
            let null = f.int(1);
            let cell = f.alloc(CONS, &[i, null]);
            f.site();
            let x = f.call(CellId(1), &[(i, Raw), (cell, Ref)], &[Raw])[0];
            f.b.ins().iadd(acc, x)
        });
        let boxed = f.alloc(fixed::BOXED_INT, &[total]);
        f.b.ins().return_(&[boxed]);
    });
    vec![(0, main), (1, inner)]
}

/// Address of the only site of a function.
pub fn site(world: &World, name: &str) -> usize {
    let codes = world.image.codes();
    let code = codes.iter().find(|c| c.object.name == name).unwrap();
    code.address + code.object.sites[0].ret as usize
}

/// The next stop.
pub fn stopped(events: &Receiver<Event>) -> (u64, StopReason) {
    loop {
        match events.recv_timeout(Duration::from_secs(20)).unwrap() {
            Event::Stopped { pid, reason, .. } => return (pid, reason),
            Event::Started { .. } | Event::Exited { .. } => {}
        }
    }
}

/// A loop with two sites in it runs until its cell `more` says no, and gives how often a call gave a wrong answer. Its sites are patched all the time.
#[test]
fn sites_are_patched_while_a_loop_runs() {
    for mode in MODES {
        let world = World::new(mode);
        let mut program = program(0);
        let looping = function("main", &[], &[Ref], vec![], |f, _| {
            let (head, done) = (f.b.create_block(), f.b.create_block());
            let wrong = f.b.append_block_param(head, I64);
            let zero = f.int(0);
            f.b.ins().jump(head, &[zero.into()]);
            f.b.switch_to_block(head);
            f.prologue();
            let null = f.int(1);
            let cell = f.alloc(CONS, &[wrong, null]);
            f.site();
            let x = f.call(CellId(1), &[(wrong, Raw), (cell, Ref)], &[Raw])[0];
            let miss = f.b.ins().icmp(IntCC::NotEqual, x, wrong);
            let miss = f.b.ins().uextend(I64, miss);
            let wrong = f.b.ins().iadd(wrong, miss);
            let more = f.call(CellId(2), &[], &[Raw])[0];
            f.b.ins().brif(more, head, &[wrong.into()], done, &[]);
            f.b.switch_to_block(done);
            let boxed = f.alloc(fixed::BOXED_INT, &[wrong]);
            f.b.ins().return_(&[boxed]);
        });
        let more = |n: i64| {
            function("more", &[], &[Raw], vec![], move |f, _| {
                let n = f.int(n);
                f.b.ins().return_(&[n]);
            })
        };
        program[0].1 = looping;
        program.push((2, more(1)));
        world.publish(program);
        // Never a stop: the process only makes the detour.
        world.image.set_stop_filter(Box::new(|_, _, _| false));
        let sites = [site(&world, "inner"), site(&world, "main")];
        let (_, answer) = world.image.call(CellId(0)).unwrap();
        for poke in 0..if mode.stressed() { 50 } else { 500 } {
            world.image.arm(&sites[poke % 3 / 2..], poke % 2 == 0);
        }
        world.publish(vec![(2, more(0))]);
        let finished = answer.recv_timeout(Duration::from_secs(60)).unwrap();
        let text = world.image.render_result(&finished, true);
        assert_eq!(text.as_deref(), Some("0"), "{mode:?}");
    }
}

#[test]
fn a_process_stops_steps_and_goes_on() {
    for mode in MODES {
        let world = World::new(mode);
        world.publish(program(4));
        let events = world.image.events();
        let (main, inner) = (site(&world, "main"), site(&world, "inner"));
        world.image.arm(&[inner], true);
        let (pid, answer) = world.image.call(CellId(0)).unwrap();
        assert_eq!(stopped(&events), (pid, StopReason::Breakpoint(inner)));
        let frames = world.image.frames(pid, 10).unwrap();
        let names: Vec<&str> = frames.iter().map(|f| f.code.object.name.as_str()).collect();
        assert_eq!(names, ["inner", "main"]);
        assert_eq!(world.image.process(pid).unwrap().line.state, State::Stopped);

        // Out of `inner`: the next site is in `main`. Over its call: the breakpoint inside has precedence.
        assert!(world.image.resume(pid, How::StepOut));
        assert_eq!(stopped(&events), (pid, StopReason::Step(main)));
        assert!(world.image.resume(pid, How::StepOver));
        assert_eq!(stopped(&events), (pid, StopReason::Breakpoint(inner)));
        world.image.arm(&[inner], false);
        assert!(world.image.resume(pid, How::StepOut));
        assert_eq!(stopped(&events), (pid, StopReason::Step(main)));
        assert!(world.image.resume(pid, How::StepIn));
        assert_eq!(stopped(&events), (pid, StopReason::Step(inner)));
        assert!(world.image.resume(pid, How::StepOut));
        assert_eq!(stopped(&events), (pid, StopReason::Step(main)));
        assert!(world.image.resume(pid, How::Continue));
        assert!(!world.image.resume(pid, How::Continue));
        let finished = answer.recv_timeout(Duration::from_secs(20)).unwrap();
        let text = world.image.render_result(&finished, true);
        assert_eq!(text.as_deref(), Some("6"), "{mode:?}");
    }
}

#[test]
fn a_running_process_is_paused_and_looked_at() {
    let mode = Mode {
        workers: 2,
        gc_stress: false,
        stack_stress: false,
    };
    let world = World::new(mode);
    world.publish(program(i64::MAX));
    let events = world.image.events();
    let (pid, _answer) = world.image.call(CellId(0)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while world.image.process(pid).unwrap().line.reductions == 0 {
        assert!(Instant::now() < deadline);
    }
    // Frames of a running process, at its next safepoint.
    let frames = world.image.frames(pid, 10).unwrap();
    assert_eq!(frames.last().unwrap().code.object.name, "main");
    assert!(world.image.stop(pid));
    assert_eq!(stopped(&events), (pid, StopReason::Pause));
    let before = world.image.process(pid).unwrap().line.reductions;
    std::thread::sleep(Duration::from_millis(5));
    let after = world.image.process(pid).unwrap().line.reductions;
    assert_eq!(before, after);
    assert!(world.image.resume(pid, How::Continue));
    while world.image.process(pid).unwrap().line.reductions == after {
        assert!(Instant::now() < deadline);
    }
    world.image.kill(pid);
    while world.image.process(pid).is_some() {
        assert!(Instant::now() < deadline);
    }
}
