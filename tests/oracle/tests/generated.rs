//! A few hundred generated programs; the long run is the program `generated`.
#![forbid(unsafe_code)]

use nostos_oracle::program::Gen;
use nostos_oracle::run::{Bench, Verdict};

/// Programs that are checked together.
const BATCH: usize = 15;

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
    let seeds: Vec<u64> = seeds.collect();
    let mut same = 0;
    for batch in seeds.chunks(BATCH) {
        bench.load(
            &batch
                .iter()
                .map(|seed| Gen::well(*seed))
                .collect::<Vec<_>>(),
        );
        for (at, seed) in batch.iter().enumerate() {
            match bench.compare(at) {
                Verdict::Same => same += 1,
                Verdict::TooLong => {}
                other => wrong.push(format!("seed {seed}: {other:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same * 2 > seeds.len(), "only {same} were compared");
}

#[test]
fn wrong_programs_are_refused() {
    let mut bench = Bench::new(false, false);
    let mut accepted = Vec::new();
    let seeds: Vec<u64> = (1..201).collect();
    for batch in seeds.chunks(BATCH) {
        let (texts, whats): (Vec<_>, Vec<_>) = batch.iter().map(|seed| Gen::ill(*seed)).unzip();
        bench.load(&texts);
        for (at, seed) in batch.iter().enumerate() {
            if bench.errors(at).is_empty() {
                accepted.push(format!("seed {seed}: {}", whats[at]));
            }
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}
