//! Any text checks: there may be diagnostics, never a panic, and it takes no longer than a second per 100 KB.
#![no_main]

mod clock;

use libfuzzer_sys::fuzz_target;
use nostos_check::deep::deep;
use nostos_check::query::{self, Database, Origin};
use std::cell::RefCell;
use std::time::Duration;

/// Of a second per 100 KB; five times that, because this build counts what it covers.
const NANOS_PER_BYTE: u64 = 50_000;
/// For what does not depend on the text.
const ALWAYS: Duration = Duration::from_secs(2);
/// Texts that one database sees: it remembers names for ever.
const TEXTS: u32 = 3000;

thread_local! {
    static DATABASE: RefCell<(Database, u32)> = RefCell::new((library(), 0));
}

fn library() -> Database {
    let mut db = Database::new();
    for (path, text) in nostos_std::FILES {
        db.set_file(path, text, Origin::Std);
    }
    db.set_file("fuzz.nos", "", Origin::Project);
    let warm = &mut db;
    deep(move || query::project_diagnostics(warm).len());
    db
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    DATABASE.with_borrow_mut(|(db, count)| {
        *count += 1;
        if *count > TEXTS {
            (*db, *count) = (library(), 0);
        }
        let (database, fuzzed): (&mut Database, &str) = (db, &text);
        let (diagnostics, elapsed) = deep(move || {
            clock::timed(|| {
                database.set_file("fuzz.nos", fuzzed, Origin::Project);
                query::project_diagnostics(database)
            })
        });
        for found in &diagnostics {
            assert!(found.range.start <= found.range.end, "{found:?}");
            assert!(found.range.end as usize <= text.len() + 1, "{found:?}");
        }
        let limit = ALWAYS + Duration::from_nanos(NANOS_PER_BYTE * text.len() as u64);
        assert!(elapsed < limit, "it took {elapsed:?}");
    });
});
