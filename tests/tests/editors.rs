//! The files for Neovim and Helix. Neovim runs without a window, with its own language client on `nostos-lsp`; where it is not installed, this says so.
//! Of Helix the configuration is read, and its way of talking to a debugger, which is stricter than the protocol, is gone through.
#![forbid(unsafe_code)]

use nostos_tests::{binaries, finish, workspace};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// A folder of this test alone, with a copy of the bank in it; it is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn with_bank(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("nostos-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("bank")).expect("a folder");
        let path = path.canonicalize().expect("it is there");
        for entry in std::fs::read_dir(workspace().join("examples/bank")).expect("the bank") {
            let from = entry.expect("a file").path();
            let to = path.join("bank").join(from.file_name().expect("a name"));
            std::fs::copy(from, to).expect("a copy");
        }
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the way of nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn neovim_talks_to_the_language_server_and_tells_its_debugger() {
    if Command::new("nvim").arg("--version").output().is_err() {
        eprintln!("not tested: nvim is not installed");
        return;
    }
    let folder = Folder::with_bank("nvim");
    let lua = folder.0.join("lua");
    std::fs::create_dir_all(&lua).expect("a folder");
    let ours = workspace().join("editors/nvim/nostos.lua");
    std::fs::copy(ours, lua.join("nostos.lua")).expect("a copy");
    let out = folder.0.join("out");
    let mut command = Command::new("nvim");
    command
        .args(["--headless", "-u", "NONE", "-i", "NONE", "--cmd"])
        .arg(format!("set runtimepath+={}", folder.0.display()))
        .arg("-c")
        .arg(format!(
            "luafile {}",
            workspace().join("tests/editors/nvim.lua").display()
        ))
        .env("BIN", binaries())
        .env("BANK", folder.0.join("bank"))
        .env("OUT", &out)
        // Nothing of the user's own is read or written.
        .env("XDG_DATA_HOME", &folder.0)
        .env("XDG_STATE_HOME", &folder.0)
        .env("XDG_CACHE_HOME", &folder.0);
    let outcome = finish(command);
    let told = std::fs::read_to_string(out).unwrap_or_default();
    assert_eq!(told.trim(), "ok", "{}{}", outcome.out, outcome.err);
}

/// What may be said to the adapter, by request, as VS Code is told.
fn attributes() -> serde_json::Value {
    let manifest = workspace().join("editors/vscode/package.json");
    let manifest = std::fs::read_to_string(manifest).expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("it is JSON");
    manifest["contributes"]["debuggers"][0]["configurationAttributes"].clone()
}

#[test]
fn vs_code_is_told_what_the_adapter_takes() {
    let page = std::fs::read_to_string(workspace().join("docs/debugging.md")).expect("the page");
    for request in ["launch", "attach"] {
        let head = format!("* `{request}`: ");
        let line = page.lines().find_map(|line| line.strip_prefix(&head));
        let (said, _) = line.and_then(|line| line.split_once(". ")).expect("a list");
        let names = said.split('`').skip(1).step_by(2);
        // VS Code itself says whether breakpoints count; and a file is no attribute.
        let names: Vec<&str> = names
            .filter(|name| !["main.nos", "noDebug"].contains(name))
            .collect();
        assert!(names.len() > 2, "{names:?}");
        let known = &attributes()[request]["properties"];
        for name in names {
            assert!(known[name].is_object(), "{request} has no {name}");
        }
    }
}

fn helix() -> toml::Value {
    let path = workspace().join("editors/helix/languages.toml");
    let text = std::fs::read_to_string(path).expect("the file");
    text.parse::<toml::Table>().expect("it is TOML").into()
}

#[test]
fn helix_is_told_what_the_adapter_knows() {
    let file = helix();
    let language = &file["language"][0];
    let server = language["language-servers"][0].as_str().expect("a name");
    assert_eq!(
        file["language-server"][server]["command"].as_str(),
        Some("nostos-lsp")
    );
    let debugger = &language["debugger"];
    assert_eq!(debugger["command"].as_str(), Some("nostos-dap"));
    assert_eq!(debugger["transport"].as_str(), Some("stdio"));
    let attributes = attributes();
    let mut requests = BTreeSet::new();
    for template in debugger["templates"].as_array().expect("a list") {
        let request = template["request"].as_str().expect("a request");
        requests.insert(request);
        for name in template["args"].as_table().expect("a table").keys() {
            assert!(
                attributes[request]["properties"][name].is_object(),
                "{request} has no {name}"
            );
        }
        let asked = template["completion"].as_array().expect("a list").len();
        let used = template["args"].to_string().matches("{0}").count();
        assert_eq!(asked, used, "{template}");
    }
    assert_eq!(requests, BTreeSet::from(["attach", "launch"]));
}

#[test]
fn a_debugger_as_strict_as_helix_gets_through_a_session() {
    let mut command = Command::new("node");
    command
        .arg(workspace().join("tests/editors/helix.js"))
        .arg(binaries().join("nostos-dap"))
        .arg(workspace().join("examples/bank"));
    let outcome = finish(command);
    assert_eq!(outcome.status, Some(0), "{}{}", outcome.out, outcome.err);
}
