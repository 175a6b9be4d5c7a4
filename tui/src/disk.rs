//! Files on disk: reading what can be edited, writing without losing anything, listing a project.

use crate::editor::document::Stamp;
use crate::state::WriteError;
use ropey::Rope;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The largest file that is opened.
pub const LARGEST: u64 = 64 << 20;
/// Files listed in a project.
const MOST: usize = 200_000;

/// Reads a file for editing. A missing file is an empty one without a stamp; the error says what is wrong with it.
pub fn read(path: &Path) -> Result<(Rope, Option<Stamp>), String> {
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Rope::new(), None)),
        Err(e) => return Err(said(&e)),
    };
    if meta.is_dir() {
        return Err("is a directory".to_owned());
    }
    if !meta.is_file() {
        return Err("is neither a file nor a directory".to_owned());
    }
    if meta.len() > LARGEST {
        return Err(format!(
            "is too large: {}; up to {} can be edited",
            crate::text::bytes(meta.len()),
            crate::text::bytes(LARGEST)
        ));
    }
    let bytes = fs::read(path).map_err(|e| said(&e))?;
    if bytes.iter().take(8192).any(|b| *b == 0) {
        return Err("is a binary file".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        format!("is not UTF-8: the first bad byte is in line {line}")
    })?;
    Ok((Rope::from_str(&text), Some(stamp(&meta))))
}

/// How a file is on disk now; `None`: it is gone.
pub fn look(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(|m| stamp(&m))
}

fn said(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::PermissionDenied => "may not be read: permission denied".to_owned(),
        _ => format!("cannot be read: {e}"),
    }
}

fn stamp(meta: &fs::Metadata) -> Stamp {
    let modified = meta
        .modified()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |d| d.as_nanos());
    Stamp {
        modified,
        len: meta.len(),
    }
}

/// Writes a file: beside it first, then in its place, so that a crash leaves the old or the new text. With `expected`, a file that
/// somebody else changed is left alone.
pub fn write(path: &Path, text: &Rope, expected: Option<Stamp>) -> Result<Stamp, WriteError> {
    let failed = |e: io::Error| WriteError::Failed(e.to_string());
    // A link is written through, not replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let now = fs::metadata(&target);
    if let (Some(expected), Ok(meta)) = (expected, &now)
        && stamp(meta) != expected
    {
        return Err(WriteError::ChangedOnDisk);
    }
    if now.as_ref().is_ok_and(|m| m.permissions().readonly()) {
        return Err(WriteError::Failed("the file is read-only".to_owned()));
    }
    let dir = target
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(failed)?;
    let name = target
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let temporary = dir.join(format!(".{name}.{}.nostos", std::process::id()));
    let result = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)?;
        if let Ok(meta) = &now {
            file.set_permissions(meta.permissions())?;
        }
        for chunk in text.chunks() {
            file.write_all(chunk.as_bytes())?;
        }
        file.sync_data()?;
        fs::rename(&temporary, &target)?;
        fs::metadata(&target)
    })();
    match result {
        Ok(meta) => Ok(stamp(&meta)),
        Err(e) => {
            // The reason of the failure matters, not whether the half-written file could be removed.
            let _ = fs::remove_file(&temporary);
            Err(failed(e))
        }
    }
}

/// The files of a project, relative, sources first; hidden ones and build folders are left out.
pub fn list(root: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let folder_of = |e: &fs::DirEntry| e.file_type().is_ok_and(|t| t.is_dir());
        let entries = entries.flatten().map(|e| (e.path(), folder_of(&e)));
        let mut entries: Vec<(PathBuf, bool)> = entries.collect();
        entries.sort();
        for (path, is_folder) in entries {
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            if name.starts_with('.') || matches!(name.as_str(), "target" | "node_modules" | "build")
            {
                continue;
            }
            if is_folder {
                folders.push(path);
            } else if let Ok(short) = path.strip_prefix(root) {
                out.push(short.to_string_lossy().into_owned());
            }
            if out.len() >= MOST {
                return sorted(out);
            }
        }
    }
    sorted(out)
}

fn sorted(mut files: Vec<String>) -> Vec<String> {
    let rank = |f: &String| (!f.ends_with(".nos"), f.matches('/').count());
    files.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    files
}

/// Lines that a search lists.
pub const MOST_FOUND: usize = 2_000;

/// Lines of a project's sources that match, as file, line from 0 and text; open texts are searched instead of their files.
pub fn search(
    root: &Path,
    regex: &regex::Regex,
    open: &[(PathBuf, Rope)],
) -> Vec<(PathBuf, usize, String)> {
    /// Longer files are data.
    const LONGEST: u64 = 1 << 20;
    let mut out = Vec::new();
    for name in list(root) {
        let path = root.join(&name);
        let text = match open.iter().find(|(p, _)| *p == path) {
            Some((_, text)) => text.to_string(),
            None if fs::metadata(&path).is_ok_and(|m| m.len() <= LONGEST) => {
                match fs::read_to_string(&path) {
                    Ok(text) => text,
                    Err(_) => continue,
                }
            }
            None => continue,
        };
        for (line, said) in text.lines().enumerate().filter(|(_, l)| regex.is_match(l)) {
            out.push((path.clone(), line, said.chars().take(200).collect()));
            if out.len() >= MOST_FOUND {
                return out;
            }
        }
    }
    out
}
