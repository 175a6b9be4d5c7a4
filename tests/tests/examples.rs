//! The examples do what they promise: full size with one and two workers, smaller sizes in every mode.
#![forbid(unsafe_code)]

use nostos_tests::{
    Expected, MODES, Mode, blessing, check_all, compare, run, run_nostos, workspace,
};
use std::collections::HashMap;
use std::fmt::Write as _;

/// An example with arguments, and the file of `tests/examples` that holds its output.
struct Case {
    example: &'static str,
    args: &'static [&'static str],
    answer: &'static str,
    /// Small enough for the stress modes.
    small: bool,
}

const CASES: &[Case] = &[
    Case {
        example: "bank",
        args: &[],
        answer: "bank",
        small: true,
    },
    Case {
        example: "ring",
        args: &[],
        answer: "ring",
        small: false,
    },
    Case {
        example: "ring",
        args: &["2000"],
        answer: "ring-small",
        small: true,
    },
    Case {
        example: "trees",
        args: &[],
        answer: "trees",
        small: false,
    },
    Case {
        example: "trees",
        args: &["6"],
        answer: "trees-small",
        small: true,
    },
    Case {
        example: "nbody",
        args: &[],
        answer: "nbody",
        small: false,
    },
    Case {
        example: "nbody",
        args: &["500"],
        answer: "nbody-small",
        small: true,
    },
    Case {
        example: "site",
        args: &["examples/site/content"],
        answer: "site",
        small: true,
    },
    Case {
        example: "json",
        args: &["tests/examples/people.json", "tests/examples/broken.json"],
        answer: "json",
        small: true,
    },
    Case {
        example: "json",
        args: &["--sort", "tests/examples/people.json"],
        answer: "json-sorted",
        small: true,
    },
];

#[test]
fn full_size() {
    let runs: Vec<(&Case, Mode)> = CASES
        .iter()
        .flat_map(|case| MODES[..2].iter().map(move |mode| (case, *mode)))
        .collect();
    check_all("examples", &runs, |(case, mode)| check(case, *mode));
}

#[test]
fn small_size_under_stress() {
    let small = CASES.iter().filter(|case| case.small);
    let runs: Vec<(&Case, Mode)> = small
        .flat_map(|case| MODES[2..].iter().map(move |mode| (case, *mode)))
        .collect();
    check_all("examples under stress", &runs, |(case, mode)| {
        check(case, *mode)
    });
}

fn check(case: &Case, mode: Mode) -> Result<(), String> {
    let args: Vec<String> = case.args.iter().map(|&a| a.to_owned()).collect();
    let outcome = run(
        mode,
        &workspace().join("examples").join(case.example),
        &args,
    );
    let file = workspace()
        .join("tests/examples")
        .join(format!("{}.out", case.answer));
    if blessing() && mode.workers == 1 {
        return std::fs::write(&file, &outcome.out).map_err(|e| e.to_string());
    }
    let out = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    compare(
        &format!("{} {:?} ({})", case.example, case.args, mode.name),
        &Expected {
            out,
            ..Expected::default()
        },
        &outcome,
    )
}

#[test]
fn the_tests_of_the_bank_pass() {
    let bank = workspace().join("examples/bank");
    let outcome = run_nostos(&["test", &bank.display().to_string()]);
    let last = outcome.out.lines().last();
    assert_eq!(last, Some("4 tests: 4 passed, 0 failed"), "{}", outcome.out);
}

/// The words are counted here as well, by other means, so that nobody has to believe a stored answer.
#[test]
fn wordcount_counts_a_real_text() {
    let big = text(220_000);
    assert!(big.len() >= 1_000_000, "{} bytes", big.len());
    let small = text(400);
    let dir = std::env::temp_dir().join(format!("nostos-wordcount-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let runs: Vec<(&str, &String, Mode)> = MODES
        .iter()
        .map(|mode| {
            if mode.stress {
                ("small.txt", &small, *mode)
            } else {
                ("big.txt", &big, *mode)
            }
        })
        .collect();
    std::fs::write(dir.join("big.txt"), &big).expect("written");
    std::fs::write(dir.join("small.txt"), &small).expect("written");
    check_all("wordcount", &runs, |(name, text, mode)| {
        let args = [dir.join(name).display().to_string(), "12".to_owned()];
        let outcome = run(*mode, &workspace().join("examples/wordcount"), &args);
        compare(
            &format!("wordcount {name} ({})", mode.name),
            &Expected {
                out: counted(text, 12),
                ..Expected::default()
            },
            &outcome,
        )
    });
    std::fs::remove_dir_all(&dir).expect("removed");
}

const WORDS: &[&str] = &[
    "the",
    "and",
    "of",
    "to",
    "a",
    "in",
    "that",
    "it",
    "process",
    "message",
    "waits",
    "bank",
    "Zürich",
    "naïve",
    "heap",
    "don't",
    "stack",
    "frame",
    "lane",
    "cell",
    "worker",
    "swap",
    "stops",
    "resumes",
    "image",
    "handle",
    "snapshot",
    "face",
    "über",
    "well-known",
    "light",
    "first",
];

/// Words by Zipf's law, with punctuation, capitals and lines; the same ones every time.
fn text(words: usize) -> String {
    let mut text = String::new();
    let mut state = 1u64;
    for i in 0..words {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // The square of a uniform number favours the front of the list.
        let uniform = (state >> 40) as f64 / (1u64 << 24) as f64;
        let word = WORDS[(uniform * uniform * WORDS.len() as f64) as usize];
        match i % 13 {
            0 => text.push_str(&word.to_uppercase()),
            5 => _ = write!(text, "“{word}”,"),
            9 => _ = write!(text, "{word}."),
            _ => text.push_str(word),
        }
        text.push_str(if i % 11 == 10 { "\n" } else { " " });
    }
    text
}

fn counted(text: &str, top: usize) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in &words {
        *counts.entry(word).or_default() += 1;
    }
    let mut out = format!(
        "{} words, {} of them different\n",
        words.len(),
        counts.len()
    );
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    for (word, count) in sorted.into_iter().take(top) {
        _ = writeln!(out, "{count:>8}  {word}");
    }
    out
}
