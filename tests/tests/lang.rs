//! The language corpus: every program of `tests/lang`, in every mode, writes what its comments say. `BLESS=1` rewrites them.
#![forbid(unsafe_code)]

use nostos_tests::{
    MODES, Mode, answers_of, blessed, blessing, check_all, compare, expected, programs, run,
};

#[test]
fn one_worker() {
    corpus(MODES[0]);
}

#[test]
fn two_workers() {
    corpus(MODES[1]);
}

#[test]
fn stressed_collector() {
    corpus(MODES[2]);
}

#[test]
fn stressed_stack() {
    corpus(MODES[3]);
}

#[test]
fn interpreted() {
    corpus(MODES[4]);
}

#[test]
fn stressed_collector_optimised() {
    corpus(MODES[5]);
}

#[test]
fn stressed_stack_optimised() {
    corpus(MODES[6]);
}

/// `ONLY=text` restricts the corpus to programs whose path contains the text.
fn corpus(mode: Mode) {
    let only = std::env::var("ONLY").unwrap_or_default();
    let chosen: Vec<_> = programs("lang")
        .into_iter()
        .filter(|p| p.to_string_lossy().contains(&only))
        .collect();
    check_all(mode.name, &chosen, |program| {
        let file = answers_of(program);
        let text =
            std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let wanted = expected(&text);
        if mode.stress && wanted.skip_stress && !mode.interpret {
            return Ok(());
        }
        // Foreign calls need `unsafe` code, which the interpreter has none of.
        if mode.interpret && text.lines().any(|line| line == "# interpret: skip") {
            return Ok(());
        }
        let args = match &wanted.stress_args {
            Some(args) if mode.stress => args,
            _ => &wanted.args,
        };
        let outcome = run(mode, program, args);
        if blessing() && mode.workers == 1 && !mode.interpret && !outcome.timed_out {
            return std::fs::write(&file, blessed(&text, &outcome)).map_err(|e| e.to_string());
        }
        let label = format!("{} ({})", program.display(), mode.name);
        compare(&label, &wanted, &outcome)
    });
}
