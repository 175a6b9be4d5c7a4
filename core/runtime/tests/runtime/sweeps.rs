//! Code that has been replaced goes when no process is in it, and not before.

use crate::jit::function;
use crate::stops::{site, stopped};
use crate::world::{MODES, World};
use cranelift_codegen::ir::InstBuilder;
use nostos_abi::code::{CellId, CodeObject};
use nostos_abi::desc::fixed;
use nostos_abi::object::Lane::{Raw, Ref};
use nostos_runtime::{How, StopReason};
use std::time::Duration;

/// Adds a number to its argument, after a site; the more `work`, the longer the code.
fn inner(add: i64, work: i64) -> (u32, CodeObject) {
    let code = function("inner", &[Raw], &[Raw], vec![], move |f, p| {
        f.site();
        let mut sum = p[0];
        for _ in 0..work {
            let part = f.int(add);
            sum = f.b.ins().iadd(sum, part);
        }
        f.b.ins().return_(&[sum]);
    });
    (1, code)
}

/// The sum of what `inner` makes of 0..n.
fn main(n: i64) -> (u32, CodeObject) {
    let code = function("main", &[], &[Ref], vec![], move |f, _| {
        let (n, zero) = (f.int(n), f.int(0));
        let total = f.fold(n, zero, Raw, |f, acc, i| {
            let x = f.call(CellId(1), &[(i, Raw)], &[Raw])[0];
            f.b.ins().iadd(acc, x)
        });
        let boxed = f.alloc(fixed::BOXED_INT, &[total]);
        f.b.ins().return_(&[boxed]);
    });
    (0, code)
}

#[test]
fn only_code_that_nobody_is_in_is_freed() {
    for mode in MODES {
        let world = World::with(mode, |config| config.code_stress = true);
        let image = &world.image;
        world.publish(vec![main(2), inner(100, 1)]);
        let events = image.events();
        let breakpoint = site(&world, "inner");
        image.arm(&[breakpoint], true);
        let (pid, answer) = image.call(CellId(0)).unwrap();
        assert_eq!(stopped(&events), (pid, StopReason::Breakpoint(breakpoint)));
        assert!(image.sweep().is_empty(), "nothing has been replaced");

        // The process stays in the first version. Those after it come and go, at the same few places.
        world.publish(vec![inner(200, 1)]);
        assert!(image.sweep().is_empty(), "a process is in it: {mode:?}");
        let used = image.scheduler().code_bytes;
        for work in 0..100 {
            world.publish(vec![inner(1000, work % 7)]);
            assert_eq!(image.sweep().len(), 1, "{mode:?}");
        }
        world.publish(vec![inner(1000, 1)]);
        assert_eq!(image.sweep().len(), 1);
        assert_eq!(image.scheduler().code_bytes, used);
        assert_eq!(image.frames(pid, 10).unwrap().len(), 2);
        assert_eq!(image.codes().len(), 3);

        // It ends its call in the old code, and the next one is of the new.
        assert!(image.resume(pid, How::Continue));
        let finished = answer.recv_timeout(Duration::from_secs(20)).unwrap();
        let text = image.render_result(&finished, true);
        assert_eq!(text.as_deref(), Some("1101"), "{mode:?}");
        let freed = image.sweep();
        assert_eq!(freed.len(), 1, "{mode:?}");
        assert!(freed[0].contains(&(breakpoint - 1)));
        assert_eq!(image.codes().len(), 2);
        assert_eq!(world.run(0), Ok(2001));
    }
}

/// Two processes call what is replaced and freed all the time.
#[test]
fn code_is_freed_under_running_processes() {
    for mode in MODES {
        let world = World::with(mode, |config| config.code_stress = true);
        let image = &world.image;
        let n = if mode.stressed() { 2_000 } else { 200_000 };
        world.publish(vec![main(n), inner(1, 1)]);
        let answers: Vec<_> = (0..2).map(|_| image.call(CellId(0)).unwrap().1).collect();
        let mut freed = 0;
        for _ in 0..if mode.stressed() { 30 } else { 300 } {
            world.publish(vec![inner(1, 1), main(n)]);
            freed += image.sweep().len();
        }
        for answer in answers {
            let finished = answer.recv_timeout(Duration::from_secs(60)).unwrap();
            let text = image.render_result(&finished, true);
            let sum = n * (n - 1) / 2 + n;
            assert_eq!(text, Some(sum.to_string()), "{mode:?}");
        }
        assert!(freed > 0);
        image.sweep();
        assert_eq!(image.codes().len(), 2, "{mode:?}");
    }
}
