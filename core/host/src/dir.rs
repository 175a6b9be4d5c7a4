//! Directories and the environment.

use crate::{Outcome, done};
use std::fs;

pub(crate) fn create(path: &str) -> Outcome {
    done(fs::create_dir(path), path)
}

pub(crate) fn remove(path: &str) -> Outcome {
    done(fs::remove_dir(path), path)
}

pub(crate) fn remove_all(path: &str) -> Outcome {
    done(fs::remove_dir_all(path), path)
}

/// `name=value`, each followed by a NUL, sorted by name; what is not Unicode is left out.
pub(crate) fn variables() -> String {
    let mut all: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    all.sort();
    all.iter().map(|(n, v)| format!("{n}={v}\0")).collect()
}
