//! The program's code for Linux's perf, when `NOSTOS_PERF` is `jitdump`.

use crate::live::Session;
use nostos_runtime as runtime;
use parking_lot::Mutex;
use rustc_hash::FxHashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Writes down all code of the program, as it comes, if somebody asks for that.
///
/// # Errors
/// A sentence: the file cannot be made.
pub fn dump_for_perf(session: &Arc<Session>) -> Result<(), String> {
    if std::env::var_os("NOSTOS_PERF").is_none_or(|value| value.is_empty()) {
        return Ok(());
    }
    let directory = std::env::var_os("JITDUMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let mut dump = runtime::JitDump::create(&directory)
        .map_err(|error| format!("no file for perf in {}: {error}", directory.display()))?;
    let root = session.project.root.clone();
    let image = Arc::downgrade(&session.image);
    // Addresses; other code may come to lie where there was some before.
    let known: Arc<Mutex<FxHashSet<usize>>> = Arc::default();
    let mut build = session.build.lock();
    let there = Arc::clone(&known);
    let mut works = true;
    let mut add = move |code: &runtime::Code| {
        let file = match code.object.file.as_str() {
            "" => String::new(),
            file => root.join(file).to_string_lossy().into_owned(),
        };
        // A full disk ends the record, not the program.
        works = works && dump.add(code, &file).is_ok();
    };
    build.shown.push(Box::new(move |_| {
        let Some(image) = image.upgrade() else {
            return;
        };
        let mut known = there.lock();
        for code in image.codes() {
            if known.insert(code.address) {
                add(&code);
            }
        }
    }));
    build.forgotten.push(Box::new(move |freed| {
        let mut known = known.lock();
        for code in freed {
            known.remove(&code.start);
        }
    }));
    Ok(())
}
