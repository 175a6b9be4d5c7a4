//! The sample files cover the whole language page: they parse without error.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

#[test]
fn samples_parse_without_errors() {
    let mut seen = 0;
    for entry in std::fs::read_dir(data()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let parse = nostos_syntax::parse(&text);
        let index = nostos_syntax::LineIndex::new(&text);
        let errors: Vec<String> = parse
            .errors()
            .iter()
            .map(|error| {
                let place = index.line_col(error.range.start);
                format!(
                    "{}:{}:{} {}",
                    path.display(),
                    place.line + 1,
                    place.col + 1,
                    error.message
                )
            })
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
        assert_eq!(round_trip(&parse), text);
        seen += 1;
    }
    assert!(seen >= 4);
}

fn round_trip(parse: &nostos_syntax::Parse) -> String {
    parse.tree().tokens().map(|token| token.text()).collect()
}
