//! Microsoft's packages that the tests use: the client, and the protocol's definitions.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const CLIENT: &str = "@vscode/debugadapter-testsupport@1.68.0";

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .expect("a folder of the workspace")
        .to_path_buf()
}

/// The packages, fetched when they are not there yet.
pub fn modules() -> PathBuf {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(fetch).join("node_modules")
}

fn fetch() -> PathBuf {
    // The folder for what tests leave behind, beside the one this program lies in.
    let own = std::env::current_exe().expect("a program knows itself");
    let target = own.ancestors().nth(3).expect("target/debug/deps/test");
    let home = target.join("tmp/npm");
    if !home
        .join("node_modules/@vscode/debugadapter-testsupport/package.json")
        .is_file()
    {
        std::fs::create_dir_all(&home).expect("a folder");
        let status = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(&home)
            .arg(CLIENT)
            .status()
            .expect("npm runs");
        assert!(status.success(), "npm cannot install {CLIENT}");
    }
    home
}
