//! The VS Code extension: packed by Microsoft's own packer, looked into, and, when asked for, used in VS Code itself on examples/bank.
//!
//! The session is big (the workbench and a browser): `cargo test -p nostos-tests --test vscode -- --ignored`, with `NOSTOS_VSCODE` naming the folder into
//! which tests/editors/tools.sh has installed them.
#![forbid(unsafe_code)]

use nostos_tests::{binaries, nostos, npm_install, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PACKER: &str = "@vscode/vsce@3.9.2";

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{text}");
    text
}

/// What tests leave behind lies beside the program's own build.
fn home() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows itself");
    let target = own.ancestors().nth(3).expect("target/debug/deps/test");
    let home = target.join("tmp/vscode");
    std::fs::create_dir_all(&home).expect("a folder");
    home
}

/// The packed extension.
fn package() -> &'static Path {
    static PACKAGE: OnceLock<PathBuf> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let home = home();
        let packer = home.join("node_modules/@vscode/vsce/vsce");
        if !packer.is_file() {
            npm_install(&home, PACKER);
        }
        let package = home.join("nostos.vsix");
        run(Command::new("node")
            .current_dir(workspace().join("editors/vscode"))
            .arg(&packer)
            .args([
                "package",
                "--no-dependencies",
                "--allow-missing-repository",
                "--out",
            ])
            .arg(&package));
        package
    })
}

#[test]
fn the_package_holds_what_it_names() {
    let script = workspace().join("tests/editors/package.js");
    let told = run(Command::new("node")
        .arg(script)
        .arg(package())
        .arg(workspace().join("examples"))
        .arg(nostos()));
    assert!(!told.contains("FAIL"), "{told}");
}

#[test]
#[ignore = "wants VS Code and a browser: see the head of this file"]
fn a_session_on_the_bank() {
    let tools =
        std::env::var_os("NOSTOS_VSCODE").expect("NOSTOS_VSCODE: where tools.sh has installed");
    let pictures = home().join("pictures");
    let script = workspace().join("tests/editors/session.js");
    let told = run(Command::new("node")
        .arg(script)
        .arg(tools)
        .arg(binaries())
        .arg(package())
        .arg(workspace().join("examples"))
        .arg(&pictures));
    println!("{told}pictures are in {}", pictures.display());
}
