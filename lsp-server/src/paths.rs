//! Between the editor's URIs and a project's paths.

use lsp_types::Uri;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

/// The path of a `file:` URI; `None` for others (an unsaved buffer, a file inside of an archive).
pub fn from_uri(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // The authority is empty, or names this machine.
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut input = path.bytes();
    while let Some(byte) = input.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(input.next()?).to_digit(16);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The URI of an absolute path.
pub fn to_uri(path: &Path) -> Option<Uri> {
    let mut out = String::from("file://");
    for byte in path.to_str()?.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out += &format!("%{other:02X}"),
        }
    }
    Uri::from_str(&out).ok()
}

/// The project a file belongs to: the nearest directory above it that has a `main.nos`, if any; and the file's name in it.
pub fn project_of(file: &Path) -> (Option<PathBuf>, String) {
    let name = |path: &Path| path.to_string_lossy().into_owned();
    for dir in file.ancestors().skip(1) {
        if dir.join("main.nos").is_file() {
            let inside = file.strip_prefix(dir).map_or_else(|_| name(file), name);
            return (Some(dir.to_path_buf()), inside);
        }
    }
    let alone = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    (None, alone.unwrap_or_default())
}

/// The source files below a directory, by their names in it. Hidden directories are left out, and what cannot be read.
pub fn sources(root: &Path) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(dir) = todo.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            // A link to a directory may lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
            } else if path.extension().is_some_and(|extension| extension == "nos")
                && let (Ok(text), Ok(inside)) =
                    (std::fs::read_to_string(&path), path.strip_prefix(root))
            {
                out.push((inside.to_string_lossy().into_owned(), text));
            }
        }
    }
    out.sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_and_paths_are_the_same_thing() {
        for (path, uri) in [
            ("/a/b.nos", "file:///a/b.nos"),
            ("/ä b/c#1.nos", "file:///%C3%A4%20b/c%231.nos"),
        ] {
            let made = to_uri(Path::new(path)).expect("a URI");
            assert_eq!(made.as_str(), uri);
            assert_eq!(from_uri(&made).as_deref(), Some(Path::new(path)));
        }
        let other = Uri::from_str("untitled:Untitled-1").expect("a URI");
        assert_eq!(from_uri(&other), None);
    }
}
