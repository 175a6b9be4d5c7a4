//! The project on disk: a path in; its source files out, by the names modules are made from. Absent: meaning, and any change to the disk.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The sources of a program: one file, or a directory with `main.nos`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The directory that module paths are relative to; absolute.
    pub root: PathBuf,
    /// Name of the file with `main`, relative to `root`.
    pub main: String,
    /// A program of one file: its neighbours are not part of it.
    pub single: bool,
    /// Text by path relative to `root`, with `/` between folders.
    pub files: BTreeMap<String, String>,
}

/// Why a project cannot be opened. `Display` says it to a person.
#[derive(Debug)]
pub enum OpenError {
    /// Nothing is there.
    Missing(PathBuf),
    /// A directory without `main.nos`.
    NoMain(PathBuf),
    /// A file that is no source file by its name.
    NotSource(PathBuf),
    /// Not text: the offset of the first byte that is no UTF-8, and its line.
    NotUtf8 {
        path: PathBuf,
        offset: usize,
        line: usize,
    },
    /// A file of 4 GiB or more: positions are 32 bits wide.
    TooLarge(PathBuf),
    /// The operating system refused.
    Io(PathBuf, io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Missing(path) => {
                write!(f, "there is no file or directory {}", path.display())
            }
            OpenError::NoMain(path) => write!(
                f,
                "{} has no main.nos: a program is a file, or a directory with main.nos in it",
                path.display()
            ),
            OpenError::NotSource(path) => {
                write!(
                    f,
                    "{} is not a Nostos source file: its name does not end in .nos",
                    path.display()
                )
            }
            OpenError::NotUtf8 { path, offset, line } => write!(
                f,
                "{} is not UTF-8 text: byte {offset}, in line {line}, does not belong to any character",
                path.display()
            ),
            OpenError::TooLarge(path) => write!(
                f,
                "{} is too large: a source file has at most 1 GiB",
                path.display()
            ),
            OpenError::Io(path, error) => write!(f, "cannot read {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for OpenError {}

/// Folders that hold no sources of the program.
const SKIPPED: [&str; 2] = ["target", "node_modules"];
/// Largest source file.
const MAX_BYTES: u64 = 1 << 30;

impl Project {
    /// Reads a program from a file or a directory.
    pub fn open(path: &Path) -> Result<Project, OpenError> {
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenError::Missing(path.into()),
            _ => OpenError::Io(path.into(), error),
        })?;
        let absolute =
            std::fs::canonicalize(path).map_err(|error| OpenError::Io(path.into(), error))?;
        if meta.is_dir() {
            if !absolute.join("main.nos").is_file() {
                return Err(OpenError::NoMain(path.into()));
            }
            let mut project = Project {
                root: absolute,
                main: "main.nos".into(),
                single: false,
                files: BTreeMap::new(),
            };
            project.files = project.read_all()?;
            return Ok(project);
        }
        if absolute
            .extension()
            .is_none_or(|extension| extension != "nos")
        {
            return Err(OpenError::NotSource(path.into()));
        }
        let name = absolute
            .file_name()
            .expect("a file has a name")
            .to_string_lossy()
            .into_owned();
        let root = absolute
            .parent()
            .expect("a file is in a directory")
            .to_path_buf();
        let files = BTreeMap::from([(name.clone(), read_source(&absolute)?)]);
        Ok(Project {
            root,
            main: name,
            single: true,
            files,
        })
    }

    /// Reads the sources as they are on disk now.
    pub fn read_all(&self) -> Result<BTreeMap<String, String>, OpenError> {
        if self.single {
            return Ok(BTreeMap::from([(
                self.main.clone(),
                read_source(&self.root.join(&self.main))?,
            )]));
        }
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let entries =
                std::fs::read_dir(&folder).map_err(|error| OpenError::Io(folder.clone(), error))?;
            for entry in entries {
                let entry = entry.map_err(|error| OpenError::Io(folder.clone(), error))?;
                let path = entry.path();
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let kind = entry
                    .file_type()
                    .map_err(|error| OpenError::Io(path.clone(), error))?;
                // Links to folders are not followed: they may lead in a circle.
                if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
                    folders.push(path);
                } else if !kind.is_dir() && name.ends_with(".nos") && !name.starts_with('.') {
                    let relative = self.relative(&path).expect("the path is below the root");
                    files.insert(relative, read_source(&path)?);
                }
            }
        }
        Ok(files)
    }

    /// The text of one file as it is on disk now, if it is there and is text.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        read_source(&self.absolute(name)).ok()
    }

    /// The name a path has inside the project, if it is part of it.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.root).ok()?;
        let parts: Vec<_> = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        let name = parts.join("/");
        (!self.single || name == self.main).then_some(name)
    }

    /// The path on disk of a file of the project.
    pub fn absolute(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

fn read_source(path: &Path) -> Result<String, OpenError> {
    let io = |error| OpenError::Io(path.into(), error);
    if std::fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
        return Err(OpenError::TooLarge(path.into()));
    }
    let bytes = std::fs::read(path).map_err(io)?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1;
        OpenError::NotUtf8 {
            path: path.into(),
            offset,
            line,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir =
            std::env::temp_dir().join(format!("nostos-project-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn a_directory_is_read_with_its_folders_but_not_hidden_ones() {
        let dir = folder("tree");
        for (name, text) in [
            ("main.nos", "a"),
            ("a/b.nos", "b"),
            (".git/c.nos", "c"),
            ("target/d.nos", "d"),
            ("e.txt", "e"),
        ] {
            std::fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.join(name), text).unwrap();
        }
        let project = Project::open(&dir).unwrap();
        assert_eq!(
            project.files.keys().collect::<Vec<_>>(),
            ["a/b.nos", "main.nos"]
        );
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn what_cannot_be_opened_is_said_in_words() {
        let dir = folder("bad");
        let say = |path: &Path| Project::open(path).unwrap_err().to_string();
        assert!(say(&dir.join("none")).contains("there is no file or directory"));
        assert!(say(&dir).contains("has no main.nos"));
        std::fs::write(dir.join("x.txt"), "").unwrap();
        assert!(say(&dir.join("x.txt")).contains("does not end in .nos"));
        std::fs::write(dir.join("main.nos"), b"a\nb\xff").unwrap();
        assert!(say(&dir).contains("byte 3, in line 2"));
        std::fs::remove_dir_all(dir).unwrap();
    }
}
