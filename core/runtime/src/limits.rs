//! The limit of what all processes hold together: a thread adds it up now and then, and ends the one that holds most when it is too much.

use crate::core::Core;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The shortest time between two looks; a look at very many processes is followed by a longer one.
const PAUSE: Duration = Duration::from_millis(10);
/// Looks take at most one part in so many of the thread's time.
const SHARE: u32 = 20;
/// How many mailboxes are looked into, those with the most messages; of the others a message counts as so many bytes.
const MAILBOXES: usize = 16;
const MESSAGE: usize = 128;
/// How long one that is to end may take before another one is looked for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts the thread, if there is a limit.
pub(crate) fn watch(core: &Arc<Core>) -> io::Result<()> {
    let Some(limit) = core.config.memory_limit else {
        return Ok(());
    };
    let core = Arc::downgrade(core);
    std::thread::Builder::new()
        .name("nostos-memory".into())
        .spawn(move || {
            let mut pause = PAUSE;
            loop {
                std::thread::sleep(pause);
                let Some(core) = core.upgrade() else { return };
                let began = Instant::now();
                if let Some(pid) = over(&core, limit) {
                    let text = format!("OutOfMemory: the processes hold more than {limit} bytes");
                    core.end_offender(None, pid, text);
                    let until = Instant::now() + PATIENCE;
                    while alive(&core, pid) && Instant::now() < until {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                pause = PAUSE.max(began.elapsed() * SHARE);
            }
        })?;
    Ok(())
}

fn alive(core: &Core, pid: u64) -> bool {
    core.table
        .get(pid)
        .is_some_and(|p| p.inbox.lock().pid == pid)
}

/// The process that holds most, when all together hold more than the limit. A blob counts once for the image, and for each process that has it.
fn over(core: &Core, limit: usize) -> Option<u64> {
    // Heaps say one after the other what they have, so the larger of what was said of blobs before and after is taken off.
    let reported = core.blobs.reported();
    let mut all: Vec<(u64, usize, usize)> = core
        .table
        .iter()
        .map(|p| {
            let heap = p.heap_bytes.load(Ordering::Relaxed);
            (p.pid(), heap, p.messages())
        })
        .collect();
    let reported = reported.max(core.blobs.reported());
    let most = MAILBOXES.min(all.len());
    if all.len() > MAILBOXES {
        all.select_nth_unstable_by_key(MAILBOXES, |(_, _, messages)| std::cmp::Reverse(*messages));
    }
    let mut total = 0;
    let mut largest = (0, 0);
    for (i, &(pid, heap, messages)) in all.iter().enumerate() {
        let waiting = if i < most && messages > 1000 {
            core.mailbox_bytes(pid).map_or(0, |bytes| bytes.0)
        } else {
            messages * MESSAGE
        };
        total += heap + waiting;
        largest = largest.max((heap + waiting, pid));
    }
    let blobs = core.blobs.bytes();
    if total.saturating_sub(reported) + blobs <= limit {
        return None;
    }
    // Few messages may be large ones.
    for &(pid, heap, messages) in all.iter().take(most) {
        if blobs > 0 && messages > 0 {
            let (bytes, blobs) = core.mailbox_bytes(pid).unwrap_or_default();
            largest = largest.max((heap + bytes + blobs, pid));
        }
    }
    Some(largest.1)
}
