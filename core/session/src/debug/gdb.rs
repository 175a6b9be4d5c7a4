//! The program's code for gdb and lldb, through the GDB JIT interface.

use super::described::Told;
use crate::live::Session;
use nostos_abi::code::CodeObject;
use nostos_codegen::dwarf::{self, Placed};
use nostos_runtime as runtime;
use parking_lot::Mutex;
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::sync::{Arc, Weak};

/// Shows gdb or lldb the program's code, when the operating-system process is traced or `NOSTOS_GDB` is set.
pub fn show_gdb(session: &Arc<Session>) {
    let asked =
        std::env::var_os("NOSTOS_GDB").is_some_and(|value| !value.is_empty() && value != "0");
    if !asked && !is_traced() {
        return;
    }
    let root = session.project.root.to_string_lossy().into_owned();
    let shown = Arc::new(Mutex::new(Shown::new(&session.image, root)));
    let mut build = session.build.lock();
    let there = shown.clone();
    build.shown.push(Box::new(move |_| there.lock().show()));
    build
        .forgotten
        .push(Box::new(move |freed| shown.lock().forget(freed)));
}

/// What gdb has been shown.
struct Shown {
    image: Weak<runtime::Image>,
    root: String,
    /// What types it has been told of.
    types: Told,
    /// Addresses of what it knows.
    loaded: FxHashSet<usize>,
    /// ELF files, and the addresses of the code they are about.
    files: Vec<(runtime::Registered, Vec<usize>)>,
}

impl Shown {
    /// Nothing yet.
    fn new(image: &Arc<runtime::Image>, root: String) -> Shown {
        Shown {
            image: Arc::downgrade(image),
            root,
            types: Told::default(),
            loaded: FxHashSet::default(),
            files: Vec::new(),
        }
    }

    /// Shows code that is new.
    fn show(&mut self) {
        let Some(image) = self.image.upgrade() else {
            return;
        };
        let codes = image.codes().into_iter();
        let new: Vec<_> = codes
            .filter(|code| self.loaded.insert(code.address))
            .collect();
        let mut placed = placed(&new);
        // Calls of the runtime go through these; a debugger that does not know them cannot tell such a call from a jump.
        let jump = CodeObject {
            name: "nostos_jump".into(),
            ..CodeObject::default()
        };
        for (address, len) in image.jumps() {
            if self.loaded.insert(address) {
                let (address, len) = (address as u64, len as u64);
                placed.push(Placed {
                    code: &jump,
                    address,
                    len,
                });
            }
        }
        if !placed.is_empty() {
            // Types first: a debugger that stops because of the code finds them.
            runtime::describe_types(image.with_descs(|descs| self.types.news(descs)));
            let elf = image.with_descs(|descs| dwarf::elf(&placed, descs, &self.root));
            let addresses = placed.iter().map(|part| part.address as usize).collect();
            self.files.push((runtime::register_elf(&elf), addresses));
        }
    }

    /// Takes files back that are about code that is gone. What else was in them is shown anew with the next code.
    fn forget(&mut self, freed: &[Range<usize>]) {
        let is_gone = |address: &usize| freed.iter().any(|code| code.start == *address);
        let loaded = &mut self.loaded;
        self.files.retain(|(_, addresses)| {
            let stays = !addresses.iter().any(is_gone);
            if !stays {
                for address in addresses {
                    loaded.remove(address);
                }
            }
            stays
        });
        self.show();
    }
}

/// Linux says who traces a process.
fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim() != "0")
}

/// Code where it lies, as the writer of debug information takes it.
pub(super) fn placed(codes: &[Arc<runtime::Code>]) -> Vec<Placed<'_>> {
    let each = codes.iter();
    each.map(|code| Placed {
        code: &code.object,
        address: code.address as u64,
        len: code.len as u64,
    })
    .collect()
}
