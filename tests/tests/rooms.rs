//! The walls of the architecture: crate edges point down, and `unsafe` has one room.
#![forbid(unsafe_code)]

use nostos_tests::workspace;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which crates of ours each crate may name. `nostos-std` is text: a leaf.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("nostos-syntax", &[]),
    ("nostos-abi", &[]),
    ("nostos-std", &[]),
    ("nostos-host", &["nostos-abi"]),
    ("tree-sitter-nostos", &[]),
    ("nostos-format", &["nostos-syntax"]),
    ("nostos-check", &["nostos-syntax"]),
    (
        "nostos-codegen",
        &["nostos-check", "nostos-syntax", "nostos-abi"],
    ),
    ("nostos-runtime", &["nostos-abi", "nostos-host"]),
    (
        "nostos-interp",
        &[
            "nostos-check",
            "nostos-abi",
            "nostos-codegen",
            "nostos-host",
        ],
    ),
    (
        "nostos-session",
        &[
            "nostos-syntax",
            "nostos-check",
            "nostos-abi",
            "nostos-codegen",
            "nostos-runtime",
            "nostos-interp",
            "nostos-std",
        ],
    ),
    (
        "nostos-ide",
        &["nostos-check", "nostos-syntax", "nostos-std"],
    ),
    ("nostos-dap", &["nostos-session"]),
    ("nostos-lsp", &["nostos-ide", "nostos-dap", "nostos-format"]),
    (
        "nostos-tui",
        &[
            "nostos-ide",
            "nostos-dap",
            "nostos-format",
            "tree-sitter-nostos",
        ],
    ),
    (
        "nostos-cli",
        &[
            "nostos-dap",
            "nostos-format",
            "nostos-lsp",
            "nostos-tui",
            "nostos-session",
            "tree-sitter-nostos",
        ],
    ),
    ("nostos-tests", &[]),
    ("nostos-runtime-model", &[]),
    ("nostos-runtime-bare", &["nostos-abi"]),
    ("nostos-model", &[]),
    (
        "nostos-bench",
        &[
            "nostos-syntax",
            "nostos-check",
            "nostos-runtime",
            "nostos-session",
            "nostos-dap",
        ],
    ),
    (
        "nostos-oracle",
        &[
            "nostos-abi",
            "nostos-check",
            "nostos-codegen",
            "nostos-interp",
            "nostos-runtime",
            "nostos-session",
        ],
    ),
];

/// Rooms that may hold `unsafe` code: the runtime, with the crates that its sources are compiled into for models, and the C binding of the generated parser.
const UNSAFE_ROOMS: &[&str] = &[
    "core/runtime",
    "core/runtime/model",
    "core/runtime/bare",
    "grammar",
];

fn manifests() -> BTreeMap<PathBuf, toml::Table> {
    let root: toml::Table = read(&workspace().join("Cargo.toml"));
    let members = root["workspace"]["members"]
        .as_array()
        .expect("members are a list");
    members
        .iter()
        .map(|member| {
            let dir = PathBuf::from(member.as_str().expect("members are paths"));
            let manifest = read(&workspace().join(&dir).join("Cargo.toml"));
            (dir, manifest)
        })
        .collect()
}

fn read(path: &std::path::Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.parse()
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn edges_point_down() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_NAME.iter().copied().collect();
    let manifests = manifests();
    let ours: Vec<String> = manifests
        .values()
        .map(|m| m["package"]["name"].as_str().expect("a name").to_owned())
        .collect();
    let mut wrong = Vec::new();
    for (dir, manifest) in &manifests {
        let name = manifest["package"]["name"].as_str().expect("a name");
        let Some(may_name) = allowed.get(name) else {
            wrong.push(format!(
                "{}: {name} has no row in the table of rooms",
                dir.display()
            ));
            continue;
        };
        // Tests may reach anywhere, so `dev-dependencies` are free.
        for section in ["dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for named in dependencies.keys().filter(|d| ours.contains(d)) {
                if !may_name.contains(&named.as_str()) {
                    wrong.push(format!("{}: {name} names {named}", dir.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "edges that point up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn unsafe_has_one_room() {
    let mut wrong = Vec::new();
    for (dir, manifest) in &manifests() {
        let roots = crate_roots(&workspace().join(dir), manifest);
        assert!(!roots.is_empty(), "{} has no crate root", dir.display());
        for root in roots {
            let text = std::fs::read_to_string(&root).expect("a crate root can be read");
            let forbids = text
                .lines()
                .any(|line| line.trim() == "#![forbid(unsafe_code)]");
            let exempt = UNSAFE_ROOMS
                .iter()
                .any(|room| dir == std::path::Path::new(room));
            if !forbids && !exempt {
                wrong.push(root.display().to_string());
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "without #![forbid(unsafe_code)]:\n{}",
        wrong.join("\n")
    );
}

/// Every file that is compiled as a crate of its own.
fn crate_roots(dir: &std::path::Path, manifest: &toml::Table) -> Vec<PathBuf> {
    let library = manifest.get("lib").and_then(|lib| lib.get("path"));
    let library = library.and_then(toml::Value::as_str);
    let mut roots: Vec<PathBuf> = [library.unwrap_or("src/lib.rs"), "src/main.rs", "build.rs"]
        .iter()
        .map(|f| dir.join(f))
        .filter(|f| f.exists())
        .collect();
    for folder in ["src/bin", "tests", "benches"] {
        let Ok(entries) = std::fs::read_dir(dir.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("a folder can be read").path();
            if path.extension().is_some_and(|e| e == "rs") {
                roots.push(path);
            }
        }
    }
    roots
}
