//! A few hundred generated programs; the long run is the program `generated`.
#![forbid(unsafe_code)]

use nostos_oracle::program::Gen;
use nostos_oracle::run::{Bench, Verdict};

#[test]
fn both_evaluations_agree() {
    agree(1..151, false);
}

#[test]
fn both_evaluations_agree_under_a_stressed_collector() {
    agree(1001..1031, true);
}

fn agree(seeds: std::ops::Range<u64>, stress: bool) {
    let mut bench = Bench::new(true, stress);
    let mut wrong = Vec::new();
    let count = seeds.end - seeds.start;
    let mut same = 0;
    for seed in seeds {
        match bench.compare(&Gen::well(seed)) {
            Verdict::Same => same += 1,
            Verdict::TooLong => {}
            other => wrong.push(format!("seed {seed}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same * 2 > count, "only {same} of {count} were compared");
}

#[test]
fn wrong_programs_are_refused() {
    let mut bench = Bench::new(false, false);
    let mut accepted = Vec::new();
    for seed in 1..201 {
        let (text, what) = Gen::ill(seed);
        if bench.errors(&text).is_empty() {
            accepted.push(format!("seed {seed}: {what}"));
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}
