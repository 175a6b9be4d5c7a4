//! The standard library's sources, embedded, so that one program file runs anywhere.
//!
//! In: the `.nos` files beside this crate. Out: their paths and texts, prelude first. Absent: any meaning; `check` reads them like any other file.
#![forbid(unsafe_code)]

/// Every file of the library: its path (`"std/list.nos"`) and its text. All their public items are visible to every program without `use`.
pub const FILES: &[(&str, &str)] = &[
    ("std/prelude.nos", include_str!("../prelude.nos")),
    ("std/number.nos", include_str!("../number.nos")),
    ("std/char.nos", include_str!("../char.nos")),
    ("std/string.nos", include_str!("../string.nos")),
    ("std/option.nos", include_str!("../option.nos")),
    ("std/result.nos", include_str!("../result.nos")),
    ("std/list.nos", include_str!("../list.nos")),
    ("std/array.nos", include_str!("../array.nos")),
    ("std/map.nos", include_str!("../map.nos")),
    ("std/set.nos", include_str!("../set.nos")),
    ("std/bigint.nos", include_str!("../bigint.nos")),
    ("std/decimal.nos", include_str!("../decimal.nos")),
    ("std/bytes.nos", include_str!("../bytes.nos")),
    ("std/encoding.nos", include_str!("../encoding.nos")),
    ("std/regex.nos", include_str!("../regex.nos")),
    ("std/file.nos", include_str!("../file.nos")),
    ("std/dir.nos", include_str!("../dir.nos")),
    ("std/exec.nos", include_str!("../exec.nos")),
    ("std/env.nos", include_str!("../env.nos")),
    ("std/time.nos", include_str!("../time.nos")),
    ("std/process.nos", include_str!("../process.nos")),
    ("std/channel.nos", include_str!("../channel.nos")),
    ("std/task.nos", include_str!("../task.nos")),
    ("std/supervisor.nos", include_str!("../supervisor.nos")),
    ("std/genserver.nos", include_str!("../genserver.nos")),
    ("std/tcp.nos", include_str!("../tcp.nos")),
    ("std/udp.nos", include_str!("../udp.nos")),
    ("std/signal.nos", include_str!("../signal.nos")),
    ("std/http.nos", include_str!("../http.nos")),
    ("std/runtime.nos", include_str!("../runtime.nos")),
    ("std/random.nos", include_str!("../random.nos")),
    ("std/json.nos", include_str!("../json.nos")),
    ("std/mvar.nos", include_str!("../mvar.nos")),
    ("std/syntax.nos", include_str!("../syntax.nos")),
];
