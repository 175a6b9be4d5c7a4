//! Processes made by hand: messages, timers, exceptions, preemption.

use crate::jit::{Fun, flags, function};
use crate::world::{CLOSURE, CONS, MESSAGE, MODES, Mode, OTHER, World};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use nostos_abi::builtin::{Fault, Op};
use nostos_abi::code::{CellId, CodeObject, Symbol};
use nostos_abi::desc::fixed;
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_runtime::{ExitReason, ProcessLine, Rank, State};
use std::time::{Duration, Instant};

/// Receives the next message, whatever it is: → the boxed message.
pub fn receive(f: &mut Fun, timeout: i64) -> Value {
    let timeout = f.int(timeout);
    f.op(Op::ReceiveFirst, &[timeout]);
    let message = f.op(Op::ReceiveLoad, &[])[0];
    f.op(Op::ReceiveTake, &[]);
    message
}

/// A closure of the cell that captures a null and a number.
pub fn closure(f: &mut Fun, cell: u32, number: Value) -> Value {
    let null = f.int(1);
    let address = f.address(Symbol::Cell(CellId(cell)));
    f.alloc(CLOSURE, &[address, null, number])
}

pub fn send(f: &mut Fun, to: Value, number: Value) {
    let me = f.op(Op::SelfPid, &[])[0];
    let message = f.alloc(MESSAGE, &[me, number]);
    f.op(Op::Send, &[to, message]);
}

pub fn give_boxed(f: &mut Fun, n: Value) {
    let boxed = f.alloc(fixed::BOXED_INT, &[n]);
    f.b.ins().return_(&[boxed]);
}

/// Answers each message with its number plus one, until a negative one.
pub fn pong() -> CodeObject {
    function("pong", &[Ref], &[], vec![], |f, _| {
        let (head, done) = (f.b.create_block(), f.b.create_block());
        f.b.ins().jump(head, &[]);
        f.b.switch_to_block(head);
        f.prologue();
        let message = receive(f, -1);
        let from = f.field(message, 0, Raw);
        let n = f.field(message, 1, Raw);
        let stop = f.b.ins().icmp_imm_s(IntCC::SignedLessThan, n, 0);
        let answer = f.b.create_block();
        f.b.ins().brif(stop, done, &[], answer, &[]);
        f.b.switch_to_block(answer);
        let n = f.b.ins().iadd_imm_s(n, 1);
        send(f, from, n);
        f.b.ins().jump(head, &[]);
        f.b.switch_to_block(done);
        f.b.ins().return_(&[]);
    })
}

pub fn ping(rounds: i64) -> CodeObject {
    function("ping", &[], &[Ref], vec![], move |f, _| {
        let zero = f.int(0);
        let c = closure(f, 1, zero);
        let other = f.op(Op::Spawn, &[c])[0];
        let rounds = f.int(rounds);
        let total = f.fold(rounds, zero, Raw, |f, acc, i| {
            send(f, other, i);
            let answer = receive(f, -1);
            let n = f.field(answer, 1, Raw);
            f.b.ins().iadd(acc, n)
        });
        let stop = f.int(-1);
        send(f, other, stop);
        give_boxed(f, total);
    })
}

#[test]
fn ping_pong() {
    for mode in MODES {
        let world = World::new(mode);
        let rounds = if mode.stressed() { 200 } else { 20_000 };
        world.publish(vec![(0, ping(rounds)), (1, pong())]);
        assert_eq!(world.run(0), Ok(rounds * (rounds + 1) / 2), "{mode:?}");
    }
}

/// Many senders, each sending 0, 1, 2, …: per sender the numbers arrive in order, and none is lost.
#[test]
fn order_holds_for_each_of_many_senders() {
    for mode in MODES {
        let world = World::new(mode);
        let (senders, each) = if mode.stressed() { (5, 20) } else { (20, 500) };
        // The closure's number is the receiver.
        let sender = function("sender", &[Ref], &[], vec![], move |f, p| {
            let to = f.field(p[0], 2, Raw);
            let (n, zero) = (f.int(each), f.int(0));
            f.fold(n, zero, Raw, |f, acc, i| {
                send(f, to, i);
                acc
            });
            f.b.ins().return_(&[]);
        });
        // Counts messages whose number is not that of its sender's last plus one; senders have consecutive pids.
        let main = function("main", &[], &[Ref], vec![], move |f, _| {
            let me = f.op(Op::SelfPid, &[])[0];
            let (senders_, zero) = (f.int(senders), f.int(0));
            let header = f.int(i64::from(crate::world::ARRAY));
            let one = f.int(1);
            let (slots, lanes) = (f.int(senders + 2), one);
            let next = f.op(Op::NewArray, &[header, slots, lanes])[0];
            let first = f.fold(senders_, zero, Raw, |f, _, i| {
                let c = closure(f, 1, me);
                let pid = f.op(Op::Spawn, &[c])[0];
                f.b.ins().isub(pid, i)
            });
            let all = f.int(senders * each);
            let wrong = f.fold(all, zero, Raw, |f, wrong, _| {
                let message = receive(f, -1);
                let from = f.field(message, 0, Raw);
                let n = f.field(message, 1, Raw);
                let index = f.b.ins().isub(from, first);
                let offset = f.b.ins().imul_imm_s(index, 8);
                let at = f.b.ins().iadd(next, offset);
                // The array's lanes are refs, so the expected number is kept as an immediate.
                let held =
                    f.b.ins()
                        .load(cranelift_codegen::ir::types::I64, flags(), at, 16);
                let expected = f.b.ins().ushr_imm_u(held, 1);
                let right = f.b.ins().icmp(IntCC::Equal, expected, n);
                let n = f.b.ins().iadd_imm_s(n, 1);
                let n = f.b.ins().ishl_imm_u(n, 1);
                let n = f.b.ins().bor_imm_u(n, 1);
                f.b.ins().store(flags(), n, at, 16);
                let miss = f.b.ins().bxor_imm_u(right, 1);
                let miss = f.b.ins().uextend(cranelift_codegen::ir::types::I64, miss);
                f.b.ins().iadd(wrong, miss)
            });
            give_boxed(f, wrong);
        });
        world.publish(vec![(0, main), (1, sender)]);
        assert_eq!(world.run(0), Ok(0), "{mode:?}");
    }
}

/// Refused messages stay, in order: the `OTHER` one is taken from behind the rest.
#[test]
fn selective_receive_leaves_the_others_in_order() {
    for mode in MODES {
        let world = World::new(mode);
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let me = f.op(Op::SelfPid, &[])[0];
            for n in [1, 2] {
                let n = f.int(n);
                send(f, me, n);
            }
            let seven = f.int(700);
            let other = f.alloc(OTHER, &[seven]);
            f.op(Op::Send, &[me, other]);
            let never = f.int(-1);
            f.op(Op::ReceiveFirst, &[never]);
            for _ in 0..2 {
                f.op(Op::ReceiveNext, &[]);
            }
            let taken = f.op(Op::ReceiveLoad, &[])[0];
            f.op(Op::ReceiveTake, &[]);
            let taken = f.field(taken, 0, Raw);
            let first = receive(f, -1);
            let first = f.field(first, 1, Raw);
            let second = receive(f, -1);
            let second = f.field(second, 1, Raw);
            let first = f.b.ins().imul_imm_s(first, 10);
            let sum = f.b.ins().iadd(taken, first);
            let sum = f.b.ins().iadd(sum, second);
            give_boxed(f, sum);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(712), "{mode:?}");
    }
}

#[test]
fn receive_gives_up_after_its_time_and_sleep_takes_its_time() {
    for mode in MODES {
        let world = World::new(mode);
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let before = f.op(Op::MonotonicNanos, &[])[0];
            let ms = f.int(20);
            f.op(Op::Sleep, &[ms]);
            let timeout = f.int(10);
            let late = f.op(Op::ReceiveFirst, &[timeout])[0];
            let late = f.b.ins().ineg(late);
            let after = f.op(Op::MonotonicNanos, &[])[0];
            let took = f.b.ins().isub(after, before);
            let enough =
                f.b.ins()
                    .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, took, 30_000_000);
            let enough = f.b.ins().uextend(cranelift_codegen::ir::types::I64, enough);
            let late = f.b.ins().imul_imm_s(late, 10);
            let sum = f.b.ins().iadd(enough, late);
            give_boxed(f, sum);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(11), "{mode:?}");
    }
}

/// An endless loop on the only worker does not keep others from running.
#[test]
fn loops_are_preempted_and_can_be_killed() {
    for stack_stress in [false, true] {
        let mode = Mode {
            workers: 1,
            gc_stress: false,
            stack_stress,
        };
        let world = World::new(mode);
        let forever = function("forever", &[Ref], &[], vec![], |f, _| {
            let head = f.b.create_block();
            f.b.ins().jump(head, &[]);
            f.b.switch_to_block(head);
            f.prologue();
            f.b.ins().jump(head, &[]);
        });
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let zero = f.int(0);
            let c = closure(f, 1, zero);
            let loops = f.op(Op::Spawn, &[c])[0];
            let ms = f.int(5);
            f.op(Op::Sleep, &[ms]);
            f.op(Op::Kill, &[loops]);
            let ms = f.int(5);
            f.op(Op::Sleep, &[ms]);
            let alive = f.op(Op::IsAlive, &[loops])[0];
            give_boxed(f, alive);
        });
        world.publish(vec![(0, main), (1, forever)]);
        assert_eq!(world.run(0), Ok(0));
    }
}

/// A process that fails is reported with its trace; the one that spawned it goes on.
#[test]
fn an_uncaught_exception_ends_its_process_only() {
    for mode in MODES {
        let world = World::new(mode);
        let divide = function("bank.divide", &[Ref], &[], vec![], |f, _| {
            let (code, zero) = (f.int(Fault::DivisionByZero as i64), f.int(0));
            f.op(Op::Fault, &[code, zero, zero]);
            f.b.ins().return_(&[]);
        });
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let zero = f.int(0);
            let c = closure(f, 1, zero);
            f.op(Op::Spawn, &[c]);
            let ms = f.int(20);
            f.op(Op::Sleep, &[ms]);
            let answer = f.int(42);
            give_boxed(f, answer);
        });
        world.publish(vec![(0, main), (1, divide)]);
        assert_eq!(world.run(0), Ok(42), "{mode:?}");
        let errors = world.errors();
        assert_eq!(
            errors,
            "Process <pid 2> ended: DivisionByZero: Division by zero\n  at bank.divide (test.nos:1)\n",
            "{mode:?}"
        );
    }
}

/// Thrown three frames down, caught here, with a collection on the way; then once more, thrown on by a handler.
#[test]
fn exceptions_reach_their_handlers() {
    for mode in MODES {
        let world = World::new(mode);
        // thrower(n): calls itself n times, then throws a boxed 100 + n₀.
        let thrower = function("thrower", &[Raw, Raw], &[Raw], vec![], |f, p| {
            let zero = f.int(0);
            let last = f.b.ins().icmp(IntCC::Equal, p[0], zero);
            let result = f.choose(
                last,
                Raw,
                |f| {
                    let value = f.b.ins().iadd_imm_s(p[1], 100);
                    let thrown = f.alloc(OTHER, &[value]);
                    f.op(Op::Throw, &[thrown]);
                    value
                },
                |f| {
                    let less = f.b.ins().iadd_imm_s(p[0], -1);
                    f.call(CellId(1), &[(less, Raw), (p[1], Raw)], &[Raw])[0]
                },
            );
            f.b.ins().return_(&[result]);
        });
        let rethrow = function("rethrow", &[Raw], &[Raw], vec![], |f, p| {
            let three = f.int(3);
            let result = f.try_call(CellId(1), &[three, p[0]], |f, thrown| {
                let null = f.int(1);
                f.alloc(CONS, &[null, null]);
                f.op(Op::Throw, &[thrown]);
                let zero = f.int(0);
                f.b.ins().return_(&[zero]);
            });
            f.b.ins().return_(&[result]);
        });
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let (n, zero) = (f.int(10), f.int(0));
            let total = f.fold(n, zero, Raw, |f, acc, i| {
                let done = f.b.create_block();
                let value =
                    f.b.append_block_param(done, cranelift_codegen::ir::types::I64);
                let result = f.try_call(CellId(2), &[i], |f, thrown| {
                    let n = f.field(thrown, 0, Raw);
                    f.b.ins().jump(done, &[n.into()]);
                });
                f.b.ins().jump(done, &[result.into()]);
                f.b.switch_to_block(done);
                f.b.ins().iadd(acc, value)
            });
            give_boxed(f, total);
        });
        world.publish(vec![(0, main), (1, thrower), (2, rethrow)]);
        assert_eq!(world.run(0), Ok(1045), "{mode:?}");
    }
}

/// A cell is compiled at its first call, with its arguments kept; float and stack arguments too.
#[test]
fn cells_are_compiled_at_their_first_call() {
    for mode in MODES {
        let world = World::new(mode);
        let image = std::sync::Arc::downgrade(&world.image);
        world.image.set_compiler(Box::new(move |cell| {
            let lanes = [
                Raw,
                Ref,
                Raw,
                Raw,
                Raw,
                Raw,
                Raw,
                nostos_abi::object::Lane::Float,
            ];
            let object = function("late", &lanes, &[Raw], vec![], |f, p| {
                let head = f.field(p[1], 0, Raw);
                let x =
                    f.b.ins()
                        .fcvt_to_sint(cranelift_codegen::ir::types::I64, p[7]);
                let mut sum = f.b.ins().iadd(head, x);
                for i in [0, 2, 3, 4, 5, 6] {
                    sum = f.b.ins().iadd(sum, p[i]);
                }
                f.b.ins().return_(&[sum]);
            });
            let image = image.upgrade().ok_or("the image is gone")?;
            image
                .publish(vec![(cell, object)])
                .map(|_| ())
                .map_err(|e| e.to_string())
        }));
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let (n, zero) = (f.int(3), f.int(0));
            let total = f.fold(n, zero, Raw, |f, acc, i| {
                let thousand = f.int(1000);
                let null = f.int(1);
                let cell = f.alloc(CONS, &[thousand, null]);
                let x = f.b.ins().f64const(0.5e6);
                let args = [i, cell, i, i, i, i, i];
                let mut args: Vec<_> = args
                    .into_iter()
                    .enumerate()
                    .map(|(k, v)| (v, if k == 1 { Ref } else { Raw }))
                    .collect();
                args.push((x, nostos_abi::object::Lane::Float));
                let s = f.call(CellId(7), &args, &[Raw])[0];
                f.b.ins().iadd(acc, s)
            });
            give_boxed(f, total);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(3 * 501_000 + 6 * 3), "{mode:?}");
    }
}

/// New code for a cell is what the next call reaches, also in a loop that runs.
#[test]
fn replaced_code_is_called_next() {
    let world = World::new(MODES[1]);
    let constant = |n: i64| {
        function("answer", &[], &[Raw], vec![], move |f, _| {
            let n = f.int(n);
            f.b.ins().return_(&[n]);
        })
    };
    let main = function("main", &[], &[Ref], vec![], |f, _| {
        let (head, done) = (f.b.create_block(), f.b.create_block());
        f.b.ins().jump(head, &[]);
        f.b.switch_to_block(head);
        f.prologue();
        let n = f.call(CellId(1), &[], &[Raw])[0];
        let two = f.b.ins().icmp_imm_s(IntCC::Equal, n, 2);
        f.b.ins().brif(two, done, &[], head, &[]);
        f.b.switch_to_block(done);
        give_boxed(f, n);
    });
    world.publish(vec![(0, main), (1, constant(1))]);
    let (_, answer) = world.image.call(CellId(0)).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    world.publish(vec![(1, constant(2))]);
    let finished = answer.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(finished.reason, ExitReason::Normal));
    assert_eq!(world.image.render_result(&finished, true).unwrap(), "2");
}

#[test]
fn waiting_processes_can_be_looked_at() {
    let world = World::new(MODES[1]);
    let main = function("main", &[], &[Ref], vec![], |f, _| {
        let me = f.op(Op::SelfPid, &[])[0];
        let n = f.int(5);
        let other = f.alloc(OTHER, &[n]);
        f.op(Op::Send, &[me, other]);
        let never = f.int(-1);
        f.op(Op::ReceiveFirst, &[never]);
        f.op(Op::ReceiveNext, &[]);
        give_boxed(f, n);
    });
    world.publish(vec![(0, main)]);
    let (pid, _answer) = world.image.call(CellId(0)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while world.image.processes()[0].state != State::Waiting {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    let (count, messages) = world.image.mailbox(pid, 0..10).unwrap();
    assert_eq!((count, messages[0].text.as_str()), (1, "5"));
    let frames = world.image.frames(pid, 10).unwrap();
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].code.object.name, "main");
    let heap = world.image.heap(pid).unwrap();
    assert_eq!(heap[0].name, "Int");
    assert!(world.image.process(pid).unwrap().stack_used > 0);
    world.image.kill(pid);
}

/// More processes wait than there are hot stacks: they give theirs up, can be looked at all the same, and answer when woken.
#[test]
fn thousands_wait_without_a_stack() {
    for mode in MODES {
        let world = World::new(mode);
        let n = if mode.stressed() { 100 } else { 3_000 };
        let waits = function("waits", &[Ref], &[], vec![], |f, p| {
            let boss = f.field(p[0], 2, Raw);
            let message = receive(f, -1);
            let n = f.field(message, 1, Raw);
            send(f, boss, n);
            f.b.ins().return_(&[]);
        });
        // Spawns them, waits for the host's word, wakes each with its number and adds the answers up.
        let main = function("main", &[], &[Ref], vec![], move |f, _| {
            let me = f.op(Op::SelfPid, &[])[0];
            let (n, zero) = (f.int(n), f.int(0));
            // Their numbers need not follow each other: who spawns may go on on another worker.
            let null = f.int(1);
            let all = f.fold(n, null, Ref, |f, acc, _| {
                let c = closure(f, 1, me);
                let pid = f.op(Op::Spawn, &[c])[0];
                f.alloc(CONS, &[pid, acc])
            });
            let (head, go) = (f.b.create_block(), f.b.create_block());
            f.b.ins().jump(head, &[]);
            f.b.switch_to_block(head);
            let ms = f.int(1);
            f.op(Op::Sleep, &[ms]);
            let more = f.call(CellId(2), &[], &[Raw])[0];
            f.b.ins().brif(more, head, &[], go, &[]);
            f.b.switch_to_block(go);
            f.fold(n, all, Ref, |f, left, i| {
                let to = f.field(left, 0, Raw);
                send(f, to, i);
                f.field(left, 1, Ref)
            });
            let sum = f.fold(n, zero, Raw, |f, acc, _| {
                let message = receive(f, -1);
                let i = f.field(message, 1, Raw);
                f.b.ins().iadd(acc, i)
            });
            give_boxed(f, sum);
        });
        let more = |n: i64| {
            function("more", &[], &[Raw], vec![], move |f, _| {
                let n = f.int(n);
                f.b.ins().return_(&[n]);
            })
        };
        world.publish(vec![(0, main), (1, waits), (2, more(1))]);
        let (main, answer) = world.image.call(CellId(0)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let waiting = || {
            let lines = world.image.processes();
            lines.iter().filter(|l| l.state == State::Waiting).count() as i64
        };
        while waiting() < n {
            assert!(Instant::now() < deadline, "{mode:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
        for line in world.image.processes().iter().rev().take(20) {
            let frames = world.image.frames(line.pid, 5).unwrap();
            assert!(frames.len() == 1, "{mode:?}");
        }
        // A part of the list begins like the whole.
        for rank in [
            Rank::Pid,
            Rank::Messages,
            Rank::Reductions,
            Rank::Heap,
            Rank::Links,
        ] {
            let (first, total) = world.image.first_processes(rank, 7);
            assert_eq!((first.len(), total), (7, n as usize + 1), "{rank:?}");
            let by = |line: &ProcessLine| match rank {
                Rank::Pid => u64::MAX - line.pid,
                Rank::Messages => line.mailbox as u64,
                Rank::Reductions | Rank::Busy => line.reductions,
                Rank::Heap => line.heap_bytes as u64,
                Rank::Links => line.links as u64,
                Rank::State => 0,
            };
            // The main process goes on meanwhile.
            let keys = |lines: &[ProcessLine]| {
                let still = lines.iter().filter(|line| line.pid != main);
                let mut keys: Vec<u64> = still.map(by).collect();
                keys.sort_unstable_by_key(|key| std::cmp::Reverse(*key));
                keys.truncate(6);
                keys
            };
            let shown = keys(&first);
            assert_eq!(
                shown,
                keys(&world.image.processes())[..shown.len()],
                "{rank:?}"
            );
        }
        // Ranges lie behind one another, and a filter leaves out.
        let pids = |by, range, lets: Option<&dyn Fn(&ProcessLine) -> bool>| {
            let chosen = world.image.choose_processes(by, range, lets);
            let pids: Vec<u64> = chosen.lines.iter().map(|line| line.pid).collect();
            (pids, chosen.matched, chosen.total)
        };
        let all = n as usize + 1;
        for by in [None, Some(Rank::Pid), Some(Rank::Links)] {
            let (whole, matched, total) = pids(by, 0..usize::MAX, None);
            assert_eq!((whole.len(), matched, total), (all, all, all), "{by:?}");
            for range in [0..5, 3..9, all - 2..all + 4, all..all + 1, 4..4] {
                let end = range.end.min(all);
                let wanted = &whole[range.start..end];
                assert_eq!(pids(by, range, None).0, wanted, "{by:?}");
            }
            let even = |line: &ProcessLine| line.pid.is_multiple_of(2);
            let evens: Vec<u64> = whole.iter().copied().filter(|p| p % 2 == 0).collect();
            let (some, matched, total) = pids(by, 1..4, Some(&even));
            assert_eq!((matched, total), (evens.len(), all), "{by:?}");
            assert_eq!(some, evens[1..4], "{by:?}");
        }
        assert_eq!(world.image.parents().len(), all);
        world.publish(vec![(2, more(0))]);
        let finished = answer.recv_timeout(Duration::from_secs(60)).unwrap();
        let text = world.image.render_result(&finished, true);
        assert_eq!(text, Some((n * (n - 1) / 2).to_string()), "{mode:?}");
    }
}
