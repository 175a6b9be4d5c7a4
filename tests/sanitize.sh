#!/usr/bin/env bash
# Tests under AddressSanitizer: the runtime's own, and programs of tests/lang given by a part of their path (`tests/sanitize.sh processes`), or with `all`
# all of them. Works with the stable compiler, whose sanitizers are behind a switch. Generated code is not instrumented: what is found are wrong accesses of
# the runtime, to whatever memory that has been freed or never was the allocator's. Says 0 when nothing was found.
set -eu
cd "$(dirname "$0")/.."

target=x86_64-unknown-linux-gnu
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=address --cfg nostos_asan"
# Only for the target, not for build scripts: so it is named. A process's stack is not the thread's, and frames that return into others are not copies on a
# fake one. An image's constants and code stay until the end, so leaks are not told.
export ASAN_OPTIONS="detect_stack_use_after_return=0:detect_leaks=0:abort_on_error=0:${ASAN_OPTIONS:-}"

cargo test --target $target -p nostos-runtime

[ $# -gt 0 ] || exit 0
cargo build --target $target -p nostos-cli
bin="${CARGO_TARGET_DIR:-target}/$target/debug/nostos"
only="$1"
[ "$only" != all ] || only=""
# The tests themselves are built as usual: they only run the program.
unset RUSTFLAGS RUSTC_BOOTSTRAP
NOSTOS_BIN="$(realpath "$bin")" ONLY="$only" cargo test -p nostos-tests --test lang
