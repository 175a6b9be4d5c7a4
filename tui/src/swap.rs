//! What is kept between sessions on disk: unsaved texts and the session of each project, in the user's folder for state.
//!
//! Every function may fail without harm: then nothing is kept.

use ropey::Rope;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::{fs, process};

/// The folder for what is kept of a project; `None`: there is no home to keep it in.
pub fn folder(root: &Path) -> Option<PathBuf> {
    let var = |name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let state = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|h| h.join(".local/state")))?;
    Some(state.join("nostos/tui").join(name_for(root)))
}

/// Where settings are read from: the user's file, then the project's.
pub fn configs(root: &Path) -> Vec<PathBuf> {
    let var = |name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let user = var("XDG_CONFIG_HOME").or_else(|| var("HOME").map(|h| h.join(".config")));
    user.map(|u| u.join("nostos/tui.toml"))
        .into_iter()
        .chain([root.join(".nostos/tui.toml")])
        .collect()
}

fn name_for(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!("{name}-{:016x}", hasher.finish())
}

fn place(folder: &Path, path: &Path) -> PathBuf {
    folder.join(format!("{}.unsaved", name_for(path)))
}

fn replace(target: &Path, write: impl FnOnce(&mut fs::File) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    // A name of its own for each process: two editors of one project do not write into one another's file.
    let temporary = target.with_extension(format!("{}.new", process::id()));
    let mut file = fs::File::create(&temporary)?;
    write(&mut file)?;
    fs::rename(&temporary, target)
}

/// Keeps an unsaved text. What another process kept of this file is set aside, not lost.
pub fn keep(folder: &Path, path: &Path, text: &Rope) -> io::Result<()> {
    let target = place(folder, path);
    if owner(&target).is_some_and(|pid| pid != process::id()) {
        fs::rename(&target, target.with_extension("older"))?;
    }
    replace(&target, |file| {
        writeln!(file, "nostos-tui {} {}", process::id(), path.display())?;
        text.write_to(io::BufWriter::new(file))
    })
}

fn owner(kept: &Path) -> Option<u32> {
    let mut line = String::new();
    io::BufReader::new(fs::File::open(kept).ok()?)
        .take(4096)
        .read_line(&mut line)
        .ok()?;
    line.strip_prefix("nostos-tui ")?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// Forgets the unsaved text of a file, if it is ours or of a process that is gone.
pub fn drop_kept(folder: &Path, path: &Path) {
    let target = place(folder, path);
    if owner(&target).is_some_and(|pid| pid == process::id() || !runs(pid)) {
        // A file that is gone already is what we want.
        let _ = fs::remove_file(target);
    }
}

/// The unsaved text of a file: text, age in seconds, and the process that keeps it if that still runs.
pub fn find(folder: &Path, path: &Path) -> Option<(Rope, u64, Option<u32>)> {
    let target = place(folder, path);
    let pid = owner(&target)?;
    if pid == process::id() {
        return None;
    }
    let all = fs::read_to_string(&target).ok()?;
    let age = fs::metadata(&target)
        .ok()?
        .modified()
        .ok()?
        .elapsed()
        .map_or(0, |d| d.as_secs());
    let text = all.split_once('\n')?.1;
    Some((Rope::from_str(text), age, runs(pid).then_some(pid)))
}

fn runs(pid: u32) -> bool {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|p| rustix::process::test_kill_process(p).is_ok())
}

/// Keeps a session.
pub fn keep_session(folder: &Path, text: &str) -> io::Result<()> {
    replace(&folder.join("session.json"), |file| {
        file.write_all(text.as_bytes())
    })
}

/// Writes settings into a file; what else it says stays.
pub fn configure(path: &Path, values: &[(&'static str, String)]) -> io::Result<()> {
    let old = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(e),
    };
    let text = crate::options::merge(&old, values);
    replace(path, |file| file.write_all(text.as_bytes()))
}

/// Where the progress in the tutorial is kept.
pub fn lesson_file() -> Option<PathBuf> {
    Some(folder(Path::new("/"))?.parent()?.join("tutor"))
}

/// Keeps the lesson somebody is at.
pub fn keep_lesson(path: &Path, lesson: usize) -> io::Result<()> {
    replace(path, |file| writeln!(file, "{lesson}"))
}

/// The lesson that was kept; the first if there is none.
pub fn lesson() -> usize {
    let text = lesson_file().and_then(|p| fs::read_to_string(p).ok());
    let kept = text.and_then(|t| t.trim().parse().ok()).unwrap_or(0);
    // Another version may have had more of them.
    kept.min(crate::state::lessons().len() - 1)
}

/// A project for the tutorial in a new folder of the system's place for such things.
pub fn tutor_project() -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    for n in 0.. {
        let folder = std::env::temp_dir().join(format!("nostos-tutor-{}-{n}", process::id()));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(e) => return Err(e),
            Ok(()) => {}
        }
        let project = folder.join("post-office");
        fs::create_dir(&project)?;
        for (name, text) in crate::state::PROJECT {
            fs::write(project.join(name), text)?;
        }
        return Ok(project);
    }
    unreachable!("there are numbers without end")
}

/// The session that was kept.
pub fn session(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("session.json")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsaved_text_is_kept_until_it_is_dropped() {
        let folder = std::env::temp_dir().join(format!("nostos-swap-{}", process::id()));
        let path = Path::new("/x/a.nos");
        keep(&folder, path, &Rope::from_str("one\ntwo")).unwrap();
        // Ours is not offered to us.
        assert!(find(&folder, path).is_none());
        let kept = place(&folder, path);
        let text = fs::read_to_string(&kept).unwrap();
        // A number no process has.
        fs::write(
            &kept,
            text.replacen(&process::id().to_string(), "4194399", 1),
        )
        .unwrap();
        let (found, _, running) = find(&folder, path).unwrap();
        assert_eq!((found.to_string().as_str(), running), ("one\ntwo", None));
        keep(&folder, path, &Rope::from_str("three")).unwrap();
        assert!(kept.with_extension("older").exists());
        drop_kept(&folder, path);
        assert!(!kept.exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
