//! Any text parses: nothing panics, no byte is lost, and it takes no longer than a second per 100 KB.
#![no_main]

mod clock;

use libfuzzer_sys::fuzz_target;
use std::time::Duration;

/// Of a second per 100 KB; five times that, because this build counts what it covers.
const NANOS_PER_BYTE: u64 = 50_000;
/// For what does not depend on the text.
const ALWAYS: Duration = Duration::from_secs(1);

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (parse, elapsed) = clock::timed(|| nostos_syntax::parse(&text));
    let mut end = 0;
    for token in parse.tree().tokens() {
        assert_eq!(token.range().start, end, "tokens have no gaps");
        end = token.range().end;
    }
    assert_eq!(end as usize, text.len(), "no byte is lost");
    for error in parse.errors() {
        assert!(text.get(error.range.span()).is_some(), "{error:?}");
    }
    let limit = ALWAYS + Duration::from_nanos(NANOS_PER_BYTE * text.len() as u64);
    assert!(elapsed < limit, "it took {elapsed:?}");
});
