//! Microsoft's packages that the tests use: the client, and the protocol's definitions.

use nostos_tests::npm_install;
pub use nostos_tests::workspace;
use std::path::PathBuf;
use std::sync::OnceLock;

const CLIENT: &str = "@vscode/debugadapter-testsupport@1.68.0";

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
    let client = "node_modules/@vscode/debugadapter-testsupport/package.json";
    if !home.join(client).is_file() {
        npm_install(&home, CLIENT);
    }
    home
}
