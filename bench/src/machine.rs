//! What was measured on, for the heading of a table that is kept.

use crate::peer::Peer;

/// Lines about the machine and the versions of all columns.
pub fn describe(peers: &[Peer]) -> Vec<String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    let mut lines = vec![format!("{cores} cores of {model}")];
    for peer in peers {
        if let Ok(version) = peer.version() {
            lines.push(format!("{}: {version}", peer.heading()));
        }
    }
    lines
}

/// Seconds of processor time that the threads of a process have taken.
pub fn processor_time(pid: u32) -> std::io::Result<f64> {
    let mut nanos = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // One that has just ended has no times any more.
        let text = std::fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        let first = text.split(' ').next().and_then(|n| n.parse::<u64>().ok());
        nanos += first.unwrap_or(0);
    }
    Ok(nanos as f64 / 1e9)
}
