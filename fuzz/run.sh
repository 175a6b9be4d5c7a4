#!/bin/sh
# Builds a target with coverage counters and fuzzes it: run.sh parse|check SECONDS
set -e
cd "$(dirname "$0")"
target=$1
seconds=${2:-60}
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1"
# With a target named, build scripts do not get these flags.
host=$(rustc -vV | sed -n "s/^host: //p")
cargo build --release --target "$host" --bin "$target"
mkdir -p "corpus/$target" "artifacts/$target"
exec "$CARGO_TARGET_DIR/$host/release/$target" "corpus/$target" ../tests/lang ../tests/check ../std \
  -dict=nostos.dict -max_total_time="$seconds" -max_len=4000 -timeout=600 -entropic=0 -rss_limit_mb=4000 -artifact_prefix="artifacts/$target/"
