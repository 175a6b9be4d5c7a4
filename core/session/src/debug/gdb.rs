//! The program's code for gdb and lldb, through the GDB JIT interface.

use crate::live::Session;
use nostos_abi::code::CodeObject;
use nostos_codegen::dwarf::{self, Placed};
use nostos_runtime as runtime;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Shows gdb or lldb the program's code, when the operating-system process is traced or `NOSTOS_GDB` is set.
pub fn show_gdb(session: &Arc<Session>) {
    let asked =
        std::env::var_os("NOSTOS_GDB").is_some_and(|value| !value.is_empty() && value != "0");
    if !asked && !is_traced() {
        return;
    }
    let image = Arc::downgrade(&session.image);
    let root = session.project.root.to_string_lossy().into_owned();
    let mut loaded = FxHashSet::default();
    let shown: crate::build::Show = Box::new(move || {
        let Some(image) = image.upgrade() else { return };
        let new: Vec<_> = image
            .codes()
            .into_iter()
            .filter(|code| loaded.insert(code.address))
            .collect();
        let mut placed: Vec<Placed> = new
            .iter()
            .map(|code| Placed {
                code: &code.object,
                address: code.address as u64,
                len: code.len as u64,
            })
            .collect();
        // Calls of the runtime go through these; a debugger that does not know them cannot tell such a call from a jump.
        let jump = CodeObject {
            name: "nostos_jump".into(),
            ..CodeObject::default()
        };
        for (address, len) in image.jumps() {
            if loaded.insert(address) {
                let (address, len) = (address as u64, len as u64);
                placed.push(Placed {
                    code: &jump,
                    address,
                    len,
                });
            }
        }
        runtime::register_elf(&image.with_descs(|descs| dwarf::elf(&placed, descs, &root)));
    });
    session.build.lock().shown.push(shown);
}

/// Linux says who traces a process.
fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim() != "0")
}
