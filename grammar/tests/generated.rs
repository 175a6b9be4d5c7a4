//! `src/parser.c` is what the generator makes of `grammar.js`, and nobody has changed one without the other.
//!
//! Without the generator (npm's `tree-sitter-cli`, found as `tree-sitter` on the path or by `TREE_SITTER`) fingerprints of both are compared with those
//! noted when they were last generated, in `src/generated-from.txt`; with it the parser is generated anew. `BLESS=1` notes the fingerprints.

use std::path::{Path, PathBuf};
use std::process::Command;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// FNV-1a: enough to notice a change.
fn fingerprint(file: &str) -> u64 {
    let bytes = std::fs::read(room().join(file)).expect("sources can be read");
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn the_parser_is_the_grammars() {
    let now: String = ["grammar.js", "src/parser.c"]
        .map(|file| format!("{file} {:016x}\n", fingerprint(file)))
        .concat();
    let note = room().join("src/generated-from.txt");
    if std::env::var_os("BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&note, &now).expect("the note can be written");
    }
    let noted = std::fs::read_to_string(&note).expect("the note can be read");
    assert_eq!(
        noted, now,
        "run `tree-sitter generate --js-runtime native` in grammar/, then this test with BLESS=1"
    );
}

#[test]
fn generating_again_changes_nothing() {
    let generator =
        std::env::var_os("TREE_SITTER").unwrap_or_else(|| std::ffi::OsString::from("tree-sitter"));
    let place = std::env::temp_dir().join(format!("nostos-grammar-{}", std::process::id()));
    std::fs::create_dir_all(place.join("src")).expect("a temporary folder");
    for file in ["grammar.js", "tree-sitter.json"] {
        std::fs::copy(room().join(file), place.join(file)).expect("sources can be copied");
    }
    let ran = Command::new(generator)
        .current_dir(&place)
        .args(["generate", "--js-runtime", "native"])
        .output();
    // Where there is no generator, the fingerprints have to do.
    let outcome = ran.ok().map(|output| {
        let made = std::fs::read(place.join("src/parser.c")).unwrap_or_default();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said, made)
    });
    std::fs::remove_dir_all(&place).expect("the temporary folder can be removed");
    if let Some((success, said, made)) = outcome {
        assert!(success, "{said}");
        let kept = std::fs::read(room().join("src/parser.c")).expect("sources can be read");
        assert!(made == kept, "src/parser.c is not what the generator makes");
    }
}
