//! The long run: `cargo run -p nostos-oracle --bin generated -- --well 100000 --ill 20000 --seed 1`. `--show SEED` and `--show-ill SEED` print a program.
//!
//! Programs are made and run in batches, each in an image of its own. What differs is written to standard output with its seed; the status tells whether anything did.
#![forbid(unsafe_code)]

use nostos_oracle::program::Gen;
use nostos_oracle::run::{Bench, Verdict};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Programs in one image.
const BATCH: u64 = 100;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str| -> Option<u64> {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse().ok()
    };
    if let Some(seed) = number("--show") {
        print!("{}", Gen::well(seed));
        return;
    }
    if let Some(seed) = number("--show-ill") {
        let (text, what) = Gen::ill(seed);
        print!("# {what}\n{text}");
        return;
    }
    let seed = number("--seed").unwrap_or(1);
    let stress = args.iter().any(|arg| arg == "--stress");
    let mut bad = well(seed, number("--well").unwrap_or(1000), stress);
    bad += ill(seed, number("--ill").unwrap_or(200));
    std::process::exit(i32::from(bad > 0));
}

fn well(seed: u64, count: u64, stress: bool) -> u64 {
    let begin = Instant::now();
    let (mut same, mut long, mut bad) = (0, 0, 0);
    let mut bench = Bench::new(true, stress);
    for i in 0..count {
        if i % BATCH == 0 && i > 0 {
            bench = Bench::new(true, stress);
            let seconds = begin.elapsed().as_secs_f64();
            eprintln!("{i} of {count}: {same} same, {long} too long, {bad} bad, {seconds:.0} s");
        }
        let text = Gen::well(seed + i);
        let verdict = catch_unwind(AssertUnwindSafe(|| bench.compare(&text)));
        match verdict {
            Ok(Verdict::Same) => same += 1,
            Ok(Verdict::TooLong) => long += 1,
            Ok(Verdict::Refused(errors)) => {
                bad += 1;
                println!("seed {}: refused: {}", seed + i, errors.join("; "));
            }
            Ok(Verdict::Differs(how)) => {
                bad += 1;
                println!("seed {}: {how}", seed + i);
            }
            Err(_) => {
                bad += 1;
                println!("seed {}: a panic", seed + i);
                bench = Bench::new(true, stress);
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("well-typed: {same} the same, {long} too long, {bad} bad, {seconds:.1} s");
    bad
}

fn ill(seed: u64, count: u64) -> u64 {
    let begin = Instant::now();
    let mut bad = 0;
    let mut bench = Bench::new(false, false);
    for i in 0..count {
        if i % (10 * BATCH) == 0 && i > 0 {
            bench = Bench::new(false, false);
        }
        let (text, what) = Gen::ill(seed + i);
        match catch_unwind(AssertUnwindSafe(|| bench.errors(&text))) {
            Ok(errors) if errors.is_empty() => {
                bad += 1;
                println!("ill seed {}: accepted: {what}", seed + i);
            }
            Ok(_) => {}
            Err(_) => {
                bad += 1;
                println!("ill seed {}: a panic: {what}", seed + i);
                bench = Bench::new(false, false);
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "ill-typed: {} refused, {bad} bad, {seconds:.1} s",
        count - bad
    );
    bad
}
