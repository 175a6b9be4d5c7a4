//! A deep stack for work whose recursion follows the nesting of a program's text, which people and generators make as deep as they like.

/// Address space only: pages are used as far as the recursion goes.
const STACK: usize = 1 << 30;

/// Runs `work` on a thread of its own with a deep stack, and waits for it. Its panic is ours.
///
/// # Panics
/// When the operating system has no thread to give.
pub fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("nostos-check".into())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .expect("a thread for the checker");
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
