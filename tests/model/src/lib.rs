//! How the models try interleavings. The models are its tests: all orders of events in the runtime's lock-free parts, of the sources themselves.
//! A crate of its own, so that what that needs does not change how the others are built.
#![forbid(unsafe_code)]

/// Tries all interleavings with so many preemptions.
pub fn explore(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.max_branches = 20_000;
    model.check(f);
}
