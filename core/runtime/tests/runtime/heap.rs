//! Allocation, moving collections, deep recursion.

use crate::jit::function;
use crate::world::{ARRAY, CONS, MODES, World};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use nostos_abi::builtin::Op;
use nostos_abi::code::CellId;
use nostos_abi::desc::fixed;
use nostos_abi::object::Lane::{Raw, Ref};

/// `range(n)`: the list n, n−1, …, 1 as cons cells; `sum(list)`; both recursive where they should be.
pub fn lists() -> Vec<(u32, nostos_abi::code::CodeObject)> {
    let range = function("range", &[Raw], &[Ref], vec![], |f, p| {
        let null = f.int(1);
        let zero = f.int(0);
        let empty = f.b.ins().icmp(IntCC::Equal, p[0], zero);
        let result = f.choose(
            empty,
            Ref,
            |_| null,
            |f| {
                let less = f.b.ins().iadd_imm_s(p[0], -1);
                let rest = f.call(CellId(0), &[(less, Raw)], &[Ref])[0];
                f.alloc(CONS, &[p[0], rest])
            },
        );
        f.b.ins().return_(&[result]);
    });
    let sum = function("sum", &[Ref], &[Raw], vec![], |f, p| {
        let (head, more, done) = (f.b.create_block(), f.b.create_block(), f.b.create_block());
        let list = f.b.append_block_param(head, I64);
        f.b.declare_value_needs_stack_map(list);
        let acc = f.b.append_block_param(head, I64);
        let zero = f.int(0);
        f.b.ins().jump(head, &[p[0].into(), zero.into()]);
        f.b.switch_to_block(head);
        f.prologue();
        let end = f.b.ins().icmp_imm_s(IntCC::Equal, list, 1);
        f.b.ins().brif(end, done, &[], more, &[]);
        f.b.switch_to_block(more);
        let value = f.field(list, 0, Raw);
        let next = f.field(list, 1, Ref);
        let acc2 = f.b.ins().iadd(acc, value);
        f.b.ins().jump(head, &[next.into(), acc2.into()]);
        f.b.switch_to_block(done);
        f.b.ins().return_(&[acc]);
    });
    vec![(0, range), (1, sum)]
}

/// `main`: builds lists again and again while holding one, and sums.
pub fn main_of_lists(n: i64, rounds: i64) -> nostos_abi::code::CodeObject {
    function("main", &[], &[Ref], vec![], move |f, _| {
        let n = f.int(n);
        let held = f.call(CellId(0), &[(n, Raw)], &[Ref])[0];
        let rounds = f.int(rounds);
        let zero = f.int(0);
        let total = f.fold(rounds, zero, Raw, |f, acc, _| {
            let list = f.call(CellId(0), &[(n, Raw)], &[Ref])[0];
            let s = f.call(CellId(1), &[(list, Ref)], &[Raw])[0];
            f.b.ins().iadd(acc, s)
        });
        let last = f.call(CellId(1), &[(held, Ref)], &[Raw])[0];
        let total = f.b.ins().iadd(total, last);
        let boxed = f.alloc(fixed::BOXED_INT, &[total]);
        f.b.ins().return_(&[boxed]);
    })
}

#[test]
fn lists_survive_moving_collections() {
    for mode in MODES {
        let world = World::new(mode);
        world.publish(lists());
        let (n, rounds) = if mode.stressed() {
            (60, 5)
        } else {
            (1000, 300)
        };
        world.publish(vec![(2, main_of_lists(n, rounds))]);
        let expected = (rounds + 1) * n * (n + 1) / 2;
        assert_eq!(world.run(2), Ok(expected), "{mode:?}");
        let stats = world.image.gc_stats();
        assert!(
            stats.minor.count + stats.major.count > 1,
            "{mode:?}: {stats:?}"
        );
    }
}

#[test]
fn a_million_frames_deep() {
    let mode = MODES[0];
    let world = World::new(mode);
    world.publish(lists());
    world.publish(vec![(2, main_of_lists(1_000_000, 0))]);
    assert_eq!(world.run(2), Ok(1_000_000 * 1_000_001 / 2));
}

#[test]
fn endless_recursion_ends_only_its_process() {
    for mode in MODES {
        let world = World::with(mode, |c| c.stack_limit = 1 << 20);
        let forever = function("forever", &[], &[Ref], vec![], |f, _| {
            let inner = f.call(CellId(5), &[], &[Ref])[0];
            let boxed = f.alloc(CONS, &[inner, inner]);
            f.b.ins().return_(&[boxed]);
        });
        world.publish(lists());
        world.publish(vec![(5, forever), (2, main_of_lists(10, 1))]);
        let failed = world.run(5).unwrap_err();
        assert_eq!(failed, "Panic: stack overflow", "{mode:?}");
        assert_eq!(world.run(2), Ok(110), "{mode:?}");
    }
}

/// An old array is written with young objects: the remembered set keeps them alive.
#[test]
fn old_objects_remember_young_ones() {
    for mode in MODES {
        let world = World::new(mode);
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let (header, count, lanes) = (f.int(i64::from(ARRAY)), f.int(10), f.int(1));
            let array = f.op(Op::NewArray, &[header, count, lanes])[0];
            let major = f.int(1);
            f.op(Op::Collect, &[major]);
            let zero = f.int(0);
            f.fold(count, zero, Raw, |f, acc, i| {
                let null = f.int(1);
                let cell = f.alloc(CONS, &[i, null]);
                let offset = f.b.ins().imul_imm_s(i, 8);
                let at = f.b.ins().iadd(array, offset);
                f.b.ins().store(crate::jit::flags(), cell, at, 16);
                f.op(Op::Remember, &[array]);
                // Garbage, so that the nursery is collected.
                let many = f.int(400);
                f.fold(many, null, Ref, |f, acc, i| f.alloc(CONS, &[i, acc]));
                acc
            });
            let total = f.fold(count, zero, Raw, |f, acc, i| {
                let offset = f.b.ins().imul_imm_s(i, 8);
                let at = f.b.ins().iadd(array, offset);
                let cell = f.b.ins().load(I64, crate::jit::flags(), at, 16);
                let value = f.field(cell, 0, Raw);
                f.b.ins().iadd(acc, value)
            });
            let boxed = f.alloc(fixed::BOXED_INT, &[total]);
            f.b.ins().return_(&[boxed]);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(45), "{mode:?}");
    }
}

/// Who keeps more than the limit gets an exception; others live on.
#[test]
fn a_heap_that_outgrows_its_limit_ends_its_process() {
    for mode in MODES {
        let limit = if mode.gc_stress { 64 << 10 } else { 16 << 20 };
        let world = World::with(mode, |c| c.heap_limit = limit);
        let hog = function("hog", &[], &[Ref], vec![], |f, _| {
            let (forever, null) = (f.int(i64::MAX), f.int(1));
            let list = f.fold(forever, null, Ref, |f, acc, i| f.alloc(CONS, &[i, acc]));
            f.b.ins().return_(&[list]);
        });
        let huge = function("huge", &[], &[Ref], vec![], |f, _| {
            let (header, count, lanes) = (f.int(i64::from(ARRAY)), f.int(1 << 30), f.int(1));
            let array = f.op(Op::NewArray, &[header, count, lanes])[0];
            f.b.ins().return_(&[array]);
        });
        world.publish(lists());
        world.publish(vec![(5, hog), (6, huge), (2, main_of_lists(10, 1))]);
        let failed = Err("OutOfMemory: Out of memory".to_string());
        assert_eq!(world.run(5), failed, "{mode:?}");
        assert_eq!(world.run(6), failed, "{mode:?}");
        assert_eq!(world.run(2), Ok(110), "{mode:?}");
    }
}
