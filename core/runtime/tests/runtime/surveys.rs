//! Heaps looked through while their process runs, collects and ends.

use crate::heap::lists;
use crate::jit::{Fun, function};
use crate::processes::receive;
use crate::world::{ARRAY, CONS, MODES, Mode, World};
use cranelift_codegen::ir::{InstBuilder, Value};
use nostos_abi::builtin::Op;
use nostos_abi::code::CellId;
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_runtime::{Step, Survey};

/// Elements of an array: so many that it is large.
const ARRAY_LEN: i64 = 5000;

/// Of its living objects: how many, their bytes, and what those of the tests' types retain.
fn told(world: &World, survey: &Survey) -> (usize, u64, u64) {
    let types = world.image.with_descs(|table| survey.types(table));
    let test = types.iter().find(|line| line.name == "test");
    test.map_or((0, 0, 0), |test| (test.objects, test.bytes, test.retained))
}

/// Keeps a list and a large array whose first element is a second list; then does something, with the array at hand, and ends with a message.
fn keeper(kept: i64, then: impl FnOnce(&mut Fun, Value)) -> nostos_abi::code::CodeObject {
    function("main", &[], &[Ref], vec![], move |f, _| {
        let n = f.int(kept);
        let list = f.call(CellId(0), &[(n, Raw)], &[Ref])[0];
        let (header, count, lanes) = (f.int(i64::from(ARRAY)), f.int(ARRAY_LEN), f.int(1));
        let array = f.op(Op::NewArray, &[header, count, lanes])[0];
        let other = f.call(CellId(0), &[(n, Raw)], &[Ref])[0];
        f.b.ins().store(crate::jit::flags(), other, array, 16);
        f.op(Op::Remember, &[array]);
        then(f, array);
        let first = f.field(array, 1, Ref);
        let sum = f.call(CellId(1), &[(list, Ref)], &[Raw])[0];
        let second = f.call(CellId(1), &[(first, Ref)], &[Raw])[0];
        let sum = f.b.ins().iadd(sum, second);
        crate::processes::give_boxed(f, sum);
    })
}

fn wait(f: &mut Fun, _: Value) {
    receive(f, -1);
}

/// Makes garbage for ever.
fn churn(f: &mut Fun, _: Value) {
    let (many, zero) = (f.int(1 << 40), f.int(0));
    f.fold(many, zero, Raw, |f, acc, i| {
        let null = f.int(1);
        let cell = f.alloc(CONS, &[i, null]);
        let value: Value = f.field(cell, 0, Raw);
        f.b.ins().iadd(acc, value)
    });
}

/// Cells of each of the two lists.
fn kept(mode: Mode) -> i64 {
    if mode.stressed() { 60 } else { 3000 }
}

/// A process that runs [`keeper`] and has made what it keeps.
fn begun(mode: Mode, then: impl FnOnce(&mut Fun, Value)) -> (World, u64) {
    let world = World::new(mode);
    world.publish(lists());
    world.publish(vec![(2, keeper(kept(mode), then))]);
    let (pid, _answer) = world.image.call(CellId(2)).unwrap();
    let cells = 2 * kept(mode) as usize;
    let is_there = || {
        let survey = world.image.survey(pid);
        survey.is_some_and(|survey| told(&world, &survey).0 > cells)
    };
    let mut there = false;
    for _ in 0..20_000 {
        there = is_there();
        if there {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(there, "{mode:?}: it has not come so far");
    (world, pid)
}

fn surveyed(mode: Mode, rounds: usize, then: impl FnOnce(&mut Fun, Value)) {
    let kept = kept(mode);
    let cells = 2 * kept as usize;
    // A header and two words each; a header, a count and the elements.
    let all = cells as u64 * 24 + 16 + ARRAY_LEN as u64 * 8;
    let (world, pid) = begun(mode, then);
    for _ in 0..rounds {
        let survey = world.image.survey(pid).unwrap();
        let (objects, bytes, retained) = told(&world, &survey);
        // What it is just making is alive, too.
        assert!(
            (cells + 1..cells + 3).contains(&objects),
            "{mode:?}: {objects}"
        );
        assert!((all..all + 48).contains(&bytes), "{mode:?}: {bytes}");
        assert_eq!(retained, bytes, "{mode:?}");
        assert_eq!(survey.alive().0, objects);
        let (_, first) = world
            .image
            .with_descs(|table| survey.objects(table, "test", 0, 1));
        // The array, with the second list.
        assert_eq!(first[0].retained, all - kept as u64 * 24, "{mode:?}");
        let report = world
            .image
            .with_descs(|table| survey.object(table, first[0].object, 0, 10))
            .unwrap();
        assert_eq!(report.path.len(), 2, "{mode:?}: {:?}", report.path);
        let Step::Frame { function, .. } = &report.path[0] else {
            panic!("{mode:?}: {:?}", report.path);
        };
        assert_eq!(function, "main");
        // The frame refers to the array, and the array to the second list's first cell; each cell to the next.
        assert_eq!(
            (report.referred, &report.referrers[0]),
            (1, &report.path[0])
        );
        let below = world
            .image
            .with_descs(|table| survey.objects(table, "test", 1, 1).1);
        let below = world
            .image
            .with_descs(|table| survey.object(table, below[0].object, 0, 0))
            .unwrap();
        assert!(
            matches!(
                &below.referrers[..],
                [Step::Object(..)] | [Step::Frame { .. }]
            ),
            "{mode:?}: {:?}",
            below.referrers
        );
    }
    world.image.kill(pid);
}

#[test]
fn the_processes_are_counted() {
    for mode in MODES {
        let (world, pid) = begun(mode, wait);
        let mut census = world.image.census();
        for _ in 0..20_000 {
            if census.waiting > 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
            census = world.image.census();
        }
        assert!(census.processes >= 1 && census.waiting >= 1, "{census:?}");
        assert!(census.heap as i64 >= 2 * kept(mode) * 24, "{census:?}");
        let slept = || world.image.scheduler().workers[0].slept;
        let first = slept();
        for _ in 0..20_000 {
            if slept() > first {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(slept() > first, "nobody has anything to do");
        world.image.kill(pid);
    }
}

#[test]
fn a_waiting_process() {
    for mode in MODES {
        surveyed(mode, 3, wait);
    }
}

#[test]
fn one_that_makes_garbage() {
    for mode in MODES {
        surveyed(mode, if mode.stressed() { 3 } else { 30 }, churn);
    }
}

/// Puts ever new lists into the array.
fn rewrite(f: &mut Fun, array: Value, cells: i64) {
    let (many, zero) = (f.int(1 << 40), f.int(0));
    f.fold(many, zero, Raw, |f, acc, _| {
        let n = f.int(cells);
        let list = f.call(CellId(0), &[(n, Raw)], &[Ref])[0];
        f.b.ins().store(crate::jit::flags(), list, array, 16);
        f.op(Op::Remember, &[array]);
        acc
    });
}

/// What the array refers to is either in the survey as a whole, or counted: it was put there meanwhile.
#[test]
fn a_large_array_that_is_written_all_the_time() {
    for mode in MODES {
        let cells = kept(mode);
        let (world, pid) = begun(mode, move |f, array| rewrite(f, array, cells));
        let own = 16 + ARRAY_LEN as u64 * 8;
        let list = cells as u64 * 24;
        for _ in 0..if mode.stressed() { 3 } else { 50 } {
            let survey = world.image.survey(pid).unwrap();
            let found = world.image.with_descs(|table| {
                let (_, all) = survey.objects(table, "test", 0, usize::MAX);
                all.into_iter().find(|line| line.bytes == own)
            });
            let array = found.expect("it is kept").retained;
            match survey.left_out {
                0 => assert_eq!(array, own + list, "{mode:?}"),
                1 => assert_eq!(array, own, "{mode:?}"),
                more => panic!("{mode:?}: {more}"),
            }
        }
        world.image.kill(pid);
    }
}

#[test]
fn nobody() {
    let world = World::new(MODES[0]);
    assert!(world.image.survey(12345).is_none());
}
