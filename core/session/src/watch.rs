//! The watcher: the fallback way to reload. Changes on disk in; one call per quiet moment out.

use crate::project::Project;
use notify_debouncer_full::notify::{EventKind, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, new_debouncer};
use std::time::Duration;

/// How long the disk must be quiet before a change counts: editors write in several steps.
const QUIET: Duration = Duration::from_millis(50);

/// Watches until dropped.
pub struct Watcher {
    _debouncer: Box<dyn std::any::Any + Send>,
}

/// Calls `changed` on a thread of its own whenever sources of the project have changed on disk.
pub fn watch(project: &Project, changed: impl Fn() + Send + 'static) -> Result<Watcher, String> {
    let files = project.clone();
    let mut debouncer = new_debouncer(QUIET, None, move |result: DebounceEventResult| {
        // Errors of the watcher itself (an overflowed queue) may hide changes: look at the disk then, too.
        let relevant = match result {
            Ok(events) => events.iter().any(|event| {
                !matches!(event.kind, EventKind::Access(_))
                    && event.paths.iter().any(|path| {
                        path.extension().is_some_and(|extension| extension == "nos")
                            && files.relative(path).is_some()
                    })
            }),
            Err(_) => true,
        };
        if relevant {
            changed();
        }
    })
    .map_err(|error| format!("cannot watch {}: {error}", project.root.display()))?;
    let mode = if project.single {
        RecursiveMode::NonRecursive
    } else {
        RecursiveMode::Recursive
    };
    debouncer
        .watch(&project.root, mode)
        .map_err(|error| format!("cannot watch {}: {error}", project.root.display()))?;
    Ok(Watcher {
        _debouncer: Box::new(debouncer),
    })
}
