//! The language corpus: every program of `tests/lang`, in every mode, writes what its comments say. `BLESS=1` rewrites them.
#![forbid(unsafe_code)]

use nostos_tests::{MODES, corpus};

#[test]
fn one_worker() {
    corpus("lang", MODES[0]);
}

#[test]
fn two_workers() {
    corpus("lang", MODES[1]);
}

#[test]
fn stressed_collector() {
    corpus("lang", MODES[2]);
}

#[test]
fn stressed_stack() {
    corpus("lang", MODES[3]);
}

#[test]
fn interpreted() {
    corpus("lang", MODES[4]);
}

#[test]
fn stressed_collector_optimised() {
    corpus("lang", MODES[5]);
}

#[test]
fn stressed_stack_optimised() {
    corpus("lang", MODES[6]);
}
