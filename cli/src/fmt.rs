//! `nostos fmt`: files in, the same files in the one style. Files with mistakes, and those that are in the style already, are not touched.

use nostos_format::{Refused, format};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What the files were found to be.
#[derive(Default)]
struct Outcome {
    unformatted: usize,
    failed: bool,
}

/// Formats what is named, or only looks; the status for the shell.
pub(crate) fn run(paths: &[PathBuf], check: bool) -> i32 {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut outcome = Outcome::default();
    for path in paths {
        if path.as_os_str() == "-" {
            from_input(check, &mut outcome);
            continue;
        }
        let mut files = Vec::new();
        if path.is_dir() {
            if let Err(error) = collect(path, &mut files) {
                outcome.fail(path, &error);
            }
        } else {
            files.push(path.clone());
        }
        for file in files {
            let file = file.strip_prefix("./").unwrap_or(&file);
            one(file, check, &mut outcome);
        }
    }
    i32::from(outcome.failed || (check && outcome.unformatted > 0))
}

impl Outcome {
    fn fail(&mut self, path: &Path, why: &dyn std::fmt::Display) {
        eprintln!("Error: {}: {why}", path.display());
        self.failed = true;
    }

    /// A file that is not in the style. Who reads no further has seen enough.
    fn found(&mut self, path: &Path) {
        self.unformatted += 1;
        match writeln!(std::io::stdout(), "{}", path.display()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => self.fail(path, &error),
            _ => {}
        }
    }

    fn refused(&mut self, path: &Path, why: &Refused) {
        self.failed = true;
        match why {
            Refused::Mistakes { line, column, .. } => {
                eprintln!("Error: {}:{line}:{column}: {why}", path.display());
            }
            Refused::Unsure => eprintln!("Error: {}: {why}", path.display()),
        }
    }
}

fn from_input(check: bool, outcome: &mut Outcome) {
    let path = Path::new("<stdin>");
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        return outcome.fail(path, &error);
    }
    let formatted = match format(&text) {
        Ok(formatted) => formatted,
        Err(refused) => {
            // Who filters a buffer through us must get it back.
            outcome.refused(path, &refused);
            text.clone()
        }
    };
    if check {
        if formatted != text {
            outcome.found(path);
        }
    } else if let Err(error) = std::io::stdout().write_all(formatted.as_bytes()) {
        outcome.fail(path, &error);
    }
}

fn one(path: &Path, check: bool, outcome: &mut Outcome) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return outcome.fail(path, &error),
    };
    match format(&text) {
        Ok(formatted) if formatted == text => {}
        Ok(formatted) => {
            if check {
                outcome.found(path);
            } else if let Err(error) = replace(path, &formatted) {
                outcome.fail(path, &error);
            }
        }
        Err(refused) => outcome.refused(path, &refused),
    }
}

/// Writes a file so that at any moment all of the old or all of the new text is there.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // A link stays a link.
    let path = path.canonicalize()?;
    let mode = std::fs::metadata(&path)?.permissions();
    if mode.readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format_args!(".{}.new", std::process::id()).to_string());
    let beside = path.with_file_name(name);
    let written = std::fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(mode)?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)
    });
    if written.is_err() {
        // The error that matters is the first one.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// All sources below `dir`, in order; not those in hidden directories, and not through links.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(dir)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        if kind.is_dir() && !hidden {
            collect(&path, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|e| e == "nos") {
            files.push(path);
        }
    }
    Ok(())
}
