//! `workloads.toml`: what is measured, and how much of it.

use crate::load::Load;
use serde::Deserialize;
use std::path::Path;

/// One row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Also the name of the peers' sources.
    pub name: String,
    /// A few words for people.
    pub what: String,
    /// The program in Nostos, from the workspace's folder.
    pub nostos: String,
    /// Arguments of a measured run.
    pub args: Vec<String>,
    /// Arguments of a run that shows only that it works.
    pub quick: Vec<String>,
    /// What is counted.
    pub operation: String,
    /// How many of them a measured run makes.
    pub operations: u64,
    /// It is a server, which writes its port and is asked so often over each of so many connections. Its processor time is what counts.
    #[serde(default)]
    pub served: Option<Load>,
    /// The same of a run that shows only that it works.
    #[serde(default)]
    pub quick_served: Option<Load>,
    /// Ours is also run on one worker, in the same rounds, to see what the others bring.
    #[serde(default)]
    pub alone: bool,
    /// Left out unless asked for.
    #[serde(default)]
    pub more: bool,
}

#[derive(Deserialize)]
struct File {
    workload: Vec<Workload>,
}

/// Reads the list.
pub fn load(path: &Path) -> Result<Vec<Workload>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let file: File = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(file.workload)
}

/// The program that does nothing. What it costs is taken off every other.
pub fn empty() -> Workload {
    Workload {
        name: "empty".into(),
        what: "start-up: a program that does nothing".into(),
        nostos: "bench/nos/empty.nos".into(),
        args: Vec::new(),
        quick: Vec::new(),
        operation: "start".into(),
        operations: 1,
        served: None,
        quick_served: None,
        alone: false,
        more: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_has_its_sources() {
        let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
        let list = load(&bench.join("workloads.toml")).expect("the list can be read");
        for workload in list.iter().chain([&empty()]) {
            assert!(
                bench.join("..").join(&workload.nostos).exists(),
                "{}",
                workload.nostos
            );
            for source in ["erl/NAME.erl", "go/NAME.go"] {
                let source = source.replace("NAME", &workload.name);
                assert!(bench.join(&source).exists(), "{source}");
            }
        }
    }
}
